//! A fake AWS for what no emulator has, and for faults that must hit one call.

use serde_json::json;

use super::{Place, calls, collect, column, facts_digest, gaps, lack, monitored, number, succeed};
use crate::support::fake_aws::{FakeAws, Fault, FaultKind};
use crate::support::world::{ACCOUNT, HOME, LOG_GROUP, Site, World};

/// Collects a world; gives the file.
pub(super) fn recorded(place: &Place, aws: &FakeAws, name: &str) -> std::path::PathBuf {
    let file = place.file(name);
    succeed(&mut collect(&aws.endpoint(), ACCOUNT, &file));
    file
}

/// Collects a world in which answers are missing that a verdict needs; gives the file and what was said.
pub(super) fn recorded_with_gaps(
    place: &Place,
    aws: &FakeAws,
    name: &str,
) -> (std::path::PathBuf, String) {
    let file = place.file(name);
    let text = lack(&mut collect(&aws.endpoint(), ACCOUNT, &file));
    (file, text)
}

#[test]
fn everything_that_the_chain_needs_is_asked() {
    let place = Place::new();
    let aws = FakeAws::serve(&World::complete());
    let file = recorded(&place, &aws, "a.trailproof");
    assert_eq!(gaps(&file), [""; 0]);
    for (table, rows) in [
        ("account", 1),
        ("trail", 1),
        ("trail_status", 1),
        ("event_selector", 1),
        ("log_group", 1),
        ("metric_filter", monitored()),
        ("alarm", monitored()),
        ("topic", 1),
        ("subscription", 1),
        ("subscription_attributes", 1),
    ] {
        assert_eq!(
            number(&file, &format!("select count(*) from {table}")),
            rows,
            "{table}"
        );
    }
}

#[test]
fn collected_and_written_worlds_have_the_same_facts() {
    let place = Place::new();
    let mut world = World::complete();
    // The collector alone asks for a list of trails that needs no region.
    world.answer(
        "cloudtrail",
        "ListTrails",
        json!({}),
        json!({"Trails": [{
            "TrailARN": Site::new(ACCOUNT, HOME).trail_arn(),
            "Name": "management-events",
            "HomeRegion": HOME,
        }]}),
    );
    let aws = FakeAws::serve(&world);
    let collected = recorded(&place, &aws, "collected.trailproof");
    let written = place.file("written.trailproof");
    world.write_snapshot(&written);
    assert_eq!(facts_digest(&collected), facts_digest(&written));
}

#[test]
fn lists_are_read_to_their_last_page() {
    let place = Place::new();
    let world = World::complete();
    let whole = recorded(&place, &FakeAws::serve(&world), "whole.trailproof");
    for page_size in [1, 2, 7] {
        let aws = FakeAws::serve_pages(&world, page_size);
        let paged = recorded(&place, &aws, &format!("{page_size}.trailproof"));
        assert_eq!(
            facts_digest(&whole),
            facts_digest(&paged),
            "pages of {page_size}"
        );
    }
}

#[test]
fn two_collections_of_an_unchanged_account_have_the_same_facts() {
    let place = Place::new();
    let aws = FakeAws::serve_pages(&World::complete(), 4);
    let first = recorded(&place, &aws, "1.trailproof");
    let second = recorded(&place, &aws, "2.trailproof");
    assert_eq!(facts_digest(&first), facts_digest(&second));
    assert_ne!(
        calls(&first),
        calls(&second),
        "times of asking and request ids differ"
    );
}

#[test]
fn a_replay_gives_an_equal_snapshot() {
    let mut world = World::complete();
    world.deny("sns", "GetSubscriptionAttributes");
    let place = Place::new();
    let aws = FakeAws::serve_pages(&world, 4);
    aws.fault(Fault::of(
        "ListRules",
        FaultKind::Error {
            status: 400,
            code: "AccessDeniedException",
        },
    ));
    let (original, text) = recorded_with_gaps(&place, &aws, "original.trailproof");
    assert!(
        text.contains(
            "AccessDeniedException: allow sns:GetSubscriptionAttributes (111122223333, us-east-1)"
        ),
        "{text}"
    );
    assert!(!text.contains("allow events"), "optional: {text}");
    drop(aws);
    let replayed = place.file("replayed.trailproof");
    lack(super::bare(&replayed).arg("--from").arg(&original));
    assert_eq!(calls(&original), calls(&replayed));
    assert_eq!(facts_digest(&original), facts_digest(&replayed));
}

#[test]
fn log_alarms_mute_rules_and_unconfirmed_subscriptions_are_recorded() {
    let site = Site::new(ACCOUNT, HOME);
    let mut world = World::complete();
    world.edit("monitoring", "DescribeAlarms", |output| {
        output["LogAlarms"] = json!([{
            "AlarmName": "by-query",
            "AlarmArn": site.alarm_arn("by-query"),
            "ActionsEnabled": true,
            "AlarmActions": [site.topic_arn()],
            "StateValue": "OK",
            "ScheduledQueryConfiguration": {
                "QueryString": "filter eventName = 'StopLogging'",
                "LogGroupIdentifiers": [site.log_group_arn()],
                "ScheduleConfiguration": {"ScheduleExpression": "rate(5 minutes)"},
            },
            "QueryResultsToEvaluate": 1,
            "QueryResultsToAlarm": 1,
            "Threshold": 0.5,
            "ComparisonOperator": "GreaterThanThreshold",
        }]);
    });
    let rule = format!("arn:aws:cloudwatch:{HOME}:{ACCOUNT}:alarm-mute-rule:weekends");
    world.edit("monitoring", "ListAlarmMuteRules", |output| {
        output["AlarmMuteRuleSummaries"] =
            json!([{"AlarmMuteRuleArn": rule, "Status": "SCHEDULED"}]);
    });
    world.answer("monitoring", "GetAlarmMuteRule", json!({"AlarmMuteRuleName": "weekends"}), json!({
        "Name": "weekends",
        "AlarmMuteRuleArn": rule,
        "Rule": {"Schedule": {"Expression": "cron(0 0 * * 6)", "Duration": "P2D", "Timezone": "UTC"}},
        "MuteTargets": {"AlarmNames": ["by-query"]},
        "StartDate": "2026-01-01T00:00:00.000000+00:00",
        "Status": "SCHEDULED",
    }));
    world.edit("sns", "ListSubscriptionsByTopic", |output| {
        let list = output["Subscriptions"].as_array_mut().unwrap();
        for literal in ["PendingConfirmation", "Deleted"] {
            let mut copy = list[0].clone();
            copy["SubscriptionArn"] = json!(literal);
            copy["Endpoint"] = json!(format!("{literal}@example.com"));
            list.push(copy);
        }
    });
    let place = Place::new();
    let file = recorded(&place, &FakeAws::serve(&world), "a.trailproof");
    assert_eq!(gaps(&file), [""; 0]);
    assert_eq!(
        column(&file, "select name from alarm where type = 'log'"),
        ["by-query"]
    );
    assert_eq!(column(&file, "select duration from mute_rule"), ["P2D"]);
    assert_eq!(
        column(
            &file,
            "select subscription_arn from subscription where subscription_arn not like 'arn:%' order by 1"
        ),
        ["Deleted", "PendingConfirmation"]
    );
}

#[test]
fn an_older_server_that_refuses_log_alarms_is_asked_type_by_type() {
    let mut world = World::complete();
    let whole = world.answers_to("monitoring", "DescribeAlarms")[0]
        .output
        .clone()
        .unwrap();
    world.fail("monitoring", "DescribeAlarms", 400, "ValidationError");
    for (kind, list) in [
        ("MetricAlarm", "MetricAlarms"),
        ("CompositeAlarm", "CompositeAlarms"),
    ] {
        world.answer(
            "monitoring",
            "DescribeAlarms",
            json!({"AlarmTypes": [kind]}),
            json!({list: whole[list]}),
        );
    }
    let place = Place::new();
    let file = recorded(&place, &FakeAws::serve(&world), "a.trailproof");
    assert_eq!(number(&file, "select count(*) from alarm"), monitored());
    assert_eq!(number(&file, "select count(*) from topic"), 1);
    assert_eq!(
        column(
            &file,
            "select subject from gap where operation = 'DescribeAlarms'"
        ),
        ["LogAlarm"],
        "what was answered by type is no gap"
    );
}

#[test]
fn event_buses_rules_and_targets_are_recorded_with_the_topics_that_they_tell() {
    let mut world = World::complete();
    world.add_event_rules();
    let place = Place::new();
    let file = recorded(&place, &FakeAws::serve_pages(&world, 1), "a.trailproof");
    assert_eq!(gaps(&file), [""; 0]);
    assert_eq!(
        column(
            &file,
            "select name || ' ' || coalesce(kms_key_identifier, '-') || ' ' || (policy is not null) from event_bus where region = 'eu-west-1' order by 1"
        ),
        ["default - 0", "security alias/bus-key 1"]
    );
    assert_eq!(
        column(
            &file,
            "select event_bus_name || ' ' || name || ' ' || state || ' ' || coalesce(schedule_expression, '-') || ' ' || coalesce(managed_by, '-') from event_rule order by 1"
        ),
        [
            "default hourly ENABLED rate(1 hour) backup.amazonaws.com",
            "default iam-changes ENABLED - -",
            "security forwarded ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS - -",
        ]
    );
    assert_eq!(
        column(
            &file,
            "select event_bus_name || ' ' || rule_name || ' ' || target_id || ' ' || coalesce(input, input_path, input_transformer) from event_target order by 1"
        ),
        [
            r#"default iam-changes queue $.detail"#,
            r#"default iam-changes topic {"InputPathsMap":{"who":"$.detail.userIdentity.arn"},"InputTemplate":"\"changed by <who>\""}"#,
            r#"security forwarded topic {"text":"something happened"}"#,
        ]
    );
    assert_eq!(
        column(
            &file,
            "select endpoint from subscription where region = 'eu-west-1'"
        ),
        ["events@example.com"]
    );
    let replayed = place.file("replayed.trailproof");
    succeed(super::bare(&replayed).arg("--from").arg(&file));
    assert_eq!(facts_digest(&file), facts_digest(&replayed));
}

#[test]
fn a_snapshot_that_is_older_than_a_question_is_replayed_as_it_is() {
    let mut old = World::complete();
    old.forget("events", "ListEventBuses");
    old.forget("events", "DescribeEventBus");
    old.answers
        .retain(|answer| answer.request["HistoryItemType"] != "StateUpdate");
    let place = Place::new();
    // As an older version recorded it: without the questions, and so without gaps.
    let full = recorded(&place, &FakeAws::serve(&old), "full.trailproof");
    let source = trailproof::snapshot::Snapshot::open(&full).unwrap();
    let older = place.file("older.trailproof");
    let meta = source.meta().clone();
    let mut writer =
        trailproof::snapshot::Writer::create(&older, "test", meta.started_at, false).unwrap();
    source
        .for_each_evidence(|evidence| match evidence.call.error {
            Some((code, _)) if code == "NotInThisWorld" => Ok(()),
            _ => writer.record(&evidence.call).map(drop),
        })
        .unwrap();
    writer.finish(meta.finished_at.unwrap()).unwrap();
    assert_eq!(gaps(&older), [""; 0]);
    let replayed = place.file("replayed.trailproof");
    succeed(super::bare(&replayed).arg("--from").arg(&older));
    assert_eq!(gaps(&replayed), [""; 0]);
    assert_eq!(facts_digest(&older), facts_digest(&replayed));
}

#[test]
fn what_says_whether_records_are_kept_is_a_fact() {
    let mut world = World::complete();
    world.edit("cloudtrail", "GetTrailStatus", |status| {
        status["LatestDigestDeliveryError"] = json!("AccessDenied");
        status["LatestDigestDeliveryTime"] = json!("2026-11-20T10:00:00.000000+00:00");
    });
    world.edit_alarm("root_usage", |alarm| {
        alarm["AlarmDescription"] = json!("Call the owner")
    });
    world.edit("monitoring", "DescribeAlarmHistory", |history| {
        history["AlarmHistoryItems"] = json!([{
            "AlarmName": "root-usage-alarm", "AlarmType": "MetricAlarm", "Timestamp": "2026-11-01T00:00:00.000000+00:00",
            "HistoryItemType": "StateUpdate", "HistorySummary": "Alarm updated from OK to ALARM",
        }]);
    });
    let place = Place::new();
    let file = recorded(&place, &FakeAws::serve(&world), "a.trailproof");
    for (sql, expected) in [
        (
            "select digest_delivery_error from trail_status",
            "AccessDenied",
        ),
        (
            "select digest_delivery_time from trail_delivery",
            "2026-11-20T10:00:00.000Z",
        ),
        (
            "select s3_bucket_name || ' ' || log_file_validation_enabled from trail",
            "trail-logs-111122223333 1",
        ),
        (
            "select description from alarm where description is not null",
            "Call the owner",
        ),
        (
            "select summary from alarm_state_history",
            "Alarm updated from OK to ALARM",
        ),
    ] {
        assert_eq!(column(&file, sql), [expected], "{sql}");
    }
    assert_eq!(number(&file, "select count(*) from alarm_history"), 0);
}

#[test]
fn keys_of_topics_are_asked_for() {
    let mut world = World::complete();
    let key = format!("arn:aws:kms:{HOME}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555");
    world.edit("sns", "GetTopicAttributes", |output| {
        output["Attributes"]["KmsMasterKeyId"] = json!("alias/alerts");
    });
    world.answer("kms", "DescribeKey", json!({"KeyId": "alias/alerts"}), json!({"KeyMetadata": {
        "KeyId": "11111111-2222-3333-4444-555555555555", "Arn": key, "KeyState": "Enabled", "KeyManager": "CUSTOMER",
        "AWSAccountId": ACCOUNT, "Enabled": true,
    }}));
    world.answer(
        "kms",
        "GetKeyPolicy",
        json!({"KeyId": key, "PolicyName": "default"}),
        json!({"Policy": "{}", "PolicyName": "default"}),
    );
    let place = Place::new();
    let file = recorded(&place, &FakeAws::serve(&world), "a.trailproof");
    assert_eq!(gaps(&file), [""; 0]);
    assert_eq!(column(&file, "select key_state from kms_key"), ["Enabled"]);
    assert_eq!(number(&file, "select count(*) from kms_key_policy"), 1);
}

/// Who may not see the filters of every log group sees those of the trail's: both are on record.
#[test]
fn metric_filters_that_may_not_all_be_listed_are_those_of_the_trails_group() {
    let mut world = World::complete();
    world.list_filters_of(&[LOG_GROUP.to_owned()]);
    let place = Place::new();
    let file = recorded(&place, &FakeAws::serve(&world), "a.trailproof");
    assert_eq!(
        gaps(&file),
        ["logs DescribeMetricFilters: AccessDeniedException"]
    );
    assert_eq!(
        number(&file, "select count(*) from metric_filter"),
        monitored()
    );
    assert_eq!(
        column(
            &file,
            "select subject from answered where operation = 'DescribeMetricFilters'"
        ),
        [LOG_GROUP]
    );
    let replayed = place.file("b.trailproof");
    succeed(super::bare(&replayed).arg("--from").arg(&file));
    assert_eq!(facts_digest(&replayed), facts_digest(&file));
    // Where all of them are listed, the group is not asked about.
    let aws = FakeAws::serve(&World::complete());
    recorded(&place, &aws, "c.trailproof");
    let asked = aws.take_asked();
    let asked: Vec<&str> = asked
        .iter()
        .filter(|it| it.operation == "DescribeMetricFilters")
        .map(|it| it.request.as_str())
        .collect();
    assert_eq!(asked, ["{}"]);
}

#[test]
fn named_regions_alone_are_searched_and_trails_followed_home() {
    let place = Place::new();
    let aws = FakeAws::serve(&World::complete());
    let file = place.file("a.trailproof");
    succeed(collect(&aws.endpoint(), ACCOUNT, &file).args(["--region", "eu-west-1"]));
    assert_eq!(
        column(
            &file,
            "select distinct region from evidence where operation = 'DescribeTrails'"
        ),
        ["eu-west-1"]
    );
    assert_eq!(
        column(
            &file,
            "select distinct region from evidence where operation = 'GetTrailStatus'"
        ),
        [HOME]
    );
    assert_eq!(number(&file, "select count(*) from alarm"), monitored());
}

#[test]
fn credentials_never_enter_the_snapshot() {
    let place = Place::new();
    let aws = FakeAws::serve(&World::complete());
    let file = place.file("a.trailproof");
    succeed(
        collect(&aws.endpoint(), ACCOUNT, &file)
            .env("AWS_SECRET_ACCESS_KEY", "my-very-own-secret")
            .env("AWS_SESSION_TOKEN", "my-very-own-token"),
    );
    let bytes = std::fs::read(&file).unwrap();
    for secret in [
        "my-very-own-secret",
        "my-very-own-token",
        "AWS4-HMAC-SHA256",
        "Signature=",
    ] {
        assert!(
            !bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes()),
            "{secret}"
        );
    }
    // Bodies are compressed; requests are read from them.
    let requests = column(&file, "select request from evidence").join(" ");
    assert!(!requests.contains("my-very-own"));
}
