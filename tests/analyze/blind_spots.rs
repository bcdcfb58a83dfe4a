//! The quietest way to blind a watch: single calls that break the proof of a control, and whether anybody hears of them.

use serde_json::json;
use trailproof::analyze::{Analysis, BlindSpot, Heard, Options, Status};
use trailproof::chain::verdict::{ApiCall, LinkId};
use trailproof::control::Registry;
use trailproof::pattern::{Matcher, Semantics, parse_for_creation};

use super::super::support::controls::{alarm_name, filter_name, metric_name, monitored};
use super::super::support::world::{
    ACCOUNT, HOME, LOG_GROUP, NAMESPACE, REGIONS, Rule, Site, World,
};
use super::{analyzed, expect};
use crate::chain::log_alarms::{QUERY, queried};

const CHANGES: &str = "monitoring_changes";
const RULE_CHANGES: &str = "event_rule_changes";

fn blind(world: &World, control: &str) -> Vec<BlindSpot> {
    let options = Options {
        controls: vec![control.to_owned()],
        blind_spots: true,
        ..Options::default()
    };
    let analysis: Analysis = analyzed(world, &options);
    assert_eq!(analysis.findings[0].status, Status::Pass);
    analysis.findings[0].blind_spots.clone().unwrap()
}

fn of<'a>(spots: &'a [BlindSpot], name: &str) -> &'a BlindSpot {
    let found = spots.iter().find(|it| it.call.name == name);
    found.unwrap_or_else(|| panic!("{name}: {spots:#?}"))
}

/// The complete account with a filter and an alarm for changes of the watch, at the same topic.
fn watched() -> World {
    let registry = Registry::builtin().unwrap();
    let pattern = &registry.control(CHANGES).unwrap().alternatives[0].pattern;
    let mut world = World::complete();
    world.add_filter(json!({
        "filterName": filter_name(CHANGES),
        "filterPattern": pattern,
        "metricTransformations": [{"metricName": metric_name(CHANGES), "metricNamespace": NAMESPACE, "metricValue": "1"}],
        "creationTime": 1_760_000_000_000_u64,
        "logGroupName": LOG_GROUP,
        "applyOnTransformedLogs": false,
    }));
    let site = Site::new(
        super::super::support::world::ACCOUNT,
        super::super::support::world::HOME,
    );
    let alarm = site.metric_alarm(CHANGES);
    assert_eq!(alarm["AlarmName"], alarm_name(CHANGES));
    world.add_metric_alarm(alarm);
    world
}

#[test]
fn changes_of_the_watch_are_a_control_beside_cis() {
    expect(
        &World::complete(),
        "trailproof",
        CHANGES,
        Status::Fail,
        Some(LinkId::F01),
    );
    let found = expect(&watched(), "trailproof", CHANGES, Status::Pass, None);
    assert!(found.audit_steps.is_none());
    let mut narrow = watched();
    narrow.selectors(
        "EventSelectors",
        json!([{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": true}]),
    );
    // All of them are writes, by the event model.
    expect(&narrow, "trailproof", CHANGES, Status::Pass, None);
}

#[test]
fn the_call_that_blinds_a_trail_is_heard_by_nobody_under_cis_alone() {
    let spots = blind(&World::complete(), "cloudtrail_changes");
    let selectors = of(&spots, "PutEventSelectors");
    let unheard = Heard::No {
        only_by_itself: false,
    };
    assert_eq!(selectors.link, LinkId::S01);
    assert_eq!(selectors.heard, unheard);
    // CIS asks for these of trails.
    for name in ["StopLogging", "DeleteTrail", "UpdateTrail"] {
        assert!(
            matches!(of(&spots, name).heard, Heard::Yes { .. }),
            "{name}"
        );
    }
    for name in [
        "PutMetricFilter",
        "DeleteMetricFilter",
        "DeleteLogGroup",
        "DeleteAlarms",
        "DisableAlarmActions",
        "PutMetricAlarm",
        "PutAlarmMuteRule",
        "DeleteTopic",
        "SetTopicAttributes",
        "Unsubscribe",
    ] {
        assert_eq!(of(&spots, name).heard, unheard, "{name}");
    }
    // No key, no transformer, no composite alarm: nothing to take away there.
    for name in ["DisableKey", "PutTransformer", "PutCompositeAlarm"] {
        assert!(!spots.iter().any(|it| it.call.name == name), "{name}");
    }
    let pattern = selectors.pattern().unwrap();
    let parsed = parse_for_creation(&pattern).unwrap();
    let event =
        json!({"eventSource": "cloudtrail.amazonaws.com", "eventName": "PutEventSelectors"});
    assert!(
        Matcher::new(&parsed, &Semantics::default()).matches_event(&event),
        "{pattern}"
    );
}

#[test]
fn a_filter_does_not_hear_its_own_deletion() {
    let spots = blind(&watched(), "cloudtrail_changes");
    assert!(matches!(
        of(&spots, "PutEventSelectors").heard,
        Heard::Yes { .. }
    ));
    assert!(matches!(
        of(&spots, "DeleteMetricFilter").heard,
        Heard::Yes { .. }
    ));
    assert!(matches!(
        of(&spots, "DisableAlarmActions").heard,
        Heard::Yes { .. }
    ));
    let itself = Heard::No {
        only_by_itself: true,
    };
    // The one log group and the one topic take the watch of the watch with them.
    for name in ["DeleteLogGroup", "DeleteTopic", "Unsubscribe"] {
        assert_eq!(of(&spots, name).heard, itself, "{name}");
    }
    let mut options = super::only("trailproof", CHANGES);
    options.blind_spots = true;
    let own = analyzed(&watched(), &options)
        .findings
        .remove(0)
        .blind_spots
        .unwrap();
    for name in ["DeleteMetricFilter", "DeleteAlarms"] {
        assert_eq!(of(&own, name).heard, itself, "{name}");
    }
}

/// The record of the call is delivered by the role that the call has just taken the permission from.
#[test]
fn what_is_done_to_the_role_of_a_trail_is_heard_by_no_filter_behind_it() {
    let calls = [
        "DeleteRolePolicy",
        "DetachRolePolicy",
        "PutRolePolicy",
        "AttachRolePolicy",
        "UpdateAssumeRolePolicy",
        "PutRolePermissionsBoundary",
    ];
    let spots = blind(&World::complete(), "cloudtrail_changes");
    for name in calls {
        let spot = of(&spots, name);
        assert_eq!(spot.link, LinkId::T04, "{name}");
        assert_eq!(spot.call.source, "iam.amazonaws.com", "{name}");
        assert_eq!(spot.subject.name, "cloudtrail-to-logs", "{name}");
        // CIS asks for changes of IAM policies: the filter for them is behind the same trail.
        let by_cis = !["UpdateAssumeRolePolicy", "PutRolePermissionsBoundary"].contains(&name);
        let heard = Heard::No {
            only_by_itself: by_cis,
        };
        assert_eq!(spot.heard, heard, "{name}");
    }
    let guide = std::fs::read_to_string(crate::support::project("docs/blind-spots.md")).unwrap();
    let pattern = guide
        .lines()
        .find(|line| line.starts_with('{') && line.contains("iam.amazonaws.com"))
        .unwrap();
    let parsed = parse_for_creation(pattern).unwrap();
    for name in calls {
        let event = json!({"eventSource": "iam.amazonaws.com", "eventName": name});
        assert!(
            Matcher::new(&parsed, &Semantics::default()).matches_event(&event),
            "{name}"
        );
    }
    // Rules need no role of the trail.
    let spots = blind(&ruled(&[("watch", trail_changes())]), "cloudtrail_changes");
    assert!(!spots.iter().any(|it| it.link == LinkId::T04), "{spots:#?}");
}

#[test]
fn what_has_a_second_way_is_no_blind_spot() {
    let mut world = watched();
    world.edit("sns", "ListSubscriptionsByTopic", |answer| {
        let list = answer["Subscriptions"].as_array_mut().unwrap();
        let mut second = list[0].clone();
        let arn = second["SubscriptionArn"].as_str().unwrap().to_owned();
        second["SubscriptionArn"] = json!(format!("{arn}9"));
        second["Endpoint"] = json!("second@example.com");
        list.push(second);
    });
    world.deny("sns", "GetSubscriptionAttributes");
    let options = Options {
        controls: vec!["cloudtrail_changes".to_owned()],
        blind_spots: true,
        assume: vec![trailproof::chain::Assumption::NoFilterPolicies],
        ..Options::default()
    };
    let finding = analyzed(&world, &options).findings.remove(0);
    assert_eq!(finding.status, Status::Pass);
    let spots = finding.blind_spots.unwrap();
    assert!(
        !spots.iter().any(|it| it.call.name == "Unsubscribe"),
        "{spots:#?}"
    );
    assert!(spots.iter().any(|it| it.call.name == "DeleteTopic"));
}

#[test]
fn only_what_passes_has_blind_spots_and_only_where_they_are_asked_for() {
    let finding = super::finding(&World::complete(), "cis-aws", "cloudtrail_changes");
    assert!(finding.blind_spots.is_none());
    let options = Options {
        controls: vec!["cloudtrail_changes".to_owned()],
        blind_spots: true,
        ..Options::default()
    };
    let finding = analyzed(&World::empty(), &options).findings.remove(0);
    assert!(finding.blind_spots.is_none());
    // Of a record nothing is said, rather than that no call could end it.
    let options = Options {
        controls: vec!["cloudtrail_all_regions".to_owned()],
        blind_spots: true,
        ..Options::default()
    };
    let finding = analyzed(&World::complete(), &options).findings.remove(0);
    assert_eq!(finding.status, Status::Pass);
    assert!(finding.blind_spots.is_none());
}

#[test]
fn the_controls_ask_for_every_call_of_the_table_and_no_filter_text_is_too_long() {
    let registry = Registry::builtin().unwrap();
    let asked = [CHANGES, RULE_CHANGES].map(|control| {
        let pattern = &registry.control(control).unwrap().alternatives[0].pattern;
        parse_for_creation(pattern).unwrap()
    });
    let hears = |call: ApiCall| {
        let event = json!({"eventSource": call.source, "eventName": call.name});
        let hears = |pattern| Matcher::new(pattern, &Semantics::default()).matches_event(&event);
        asked.iter().filter(|pattern| hears(pattern)).count() == 1
    };
    let mut calls = 0;
    for call in LinkId::ALL.iter().flat_map(|id| id.calls()) {
        // Changes of roles are another control's.
        assert_eq!(hears(call), call.source != "iam.amazonaws.com", "{call:?}");
        calls += 1;
    }
    assert!(calls > 20, "{calls}");
}

#[test]
fn reports_name_the_silent_calls_each_once() {
    use trailproof::report::{self, About, Dossier, Format, Style, View};
    let options = Options {
        blind_spots: true,
        ..Options::default()
    };
    let analysis = analyzed(&World::complete(), &options);
    let dossier = Dossier {
        analysis: &analysis,
        about: &About::default(),
    };
    let view = View {
        style: Style {
            width: 80,
            ..Style::default()
        },
        blind_spots: true,
        ..View::default()
    };
    let table = report::analysis(dossier, Format::Table, view);
    assert!(table.contains("The quietest ways to blind account 111122223333"));
    let any = format!(
        "x DeleteMetricFilter of logs.amazonaws.com on any of {} filters",
        monitored().len()
    );
    assert!(table.contains(&any));
    assert_eq!(
        table
            .matches("x PutEventSelectors of cloudtrail.amazonaws.com")
            .count(),
        1
    );
    assert!(
        table.contains("o StopLogging, DeleteTrail, UpdateTrail: somebody would hear of these")
    );
    assert!(table.lines().all(|line| line.chars().count() <= 80));
    let html = report::analysis(dossier, Format::Html, View::default());
    assert!(html.contains("What would blind it unheard"));
    // A filter behind the trail whose role is changed would not get the record: none is advised there.
    assert!(html.contains("nobody would hear of it; a filter behind another trail that would"));
    let json = report::analysis(dossier, Format::Json, View::default());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let spots = json["findings"][4]["blind_spots"].as_array().unwrap();
    let found = spots
        .iter()
        .find(|it| it["event_name"] == "PutEventSelectors")
        .unwrap();
    assert_eq!(
        (&found["heard"], &found["only_by_itself"]),
        (&json!("no"), &json!(false))
    );
    // Not asked for, not there.
    let analysis = analyzed(&World::complete(), &Options::default());
    let dossier = Dossier {
        analysis: &analysis,
        about: &About::default(),
    };
    let plain = report::analysis(dossier, Format::Json, View::default());
    assert!(!plain.contains("blind_spots"));
}

/// An account that rules of these patterns watch in every Region.
fn ruled(patterns: &[(&str, serde_json::Value)]) -> World {
    let rules: Vec<Rule> = patterns
        .iter()
        .map(|(name, pattern)| Rule::of(name, pattern.clone()))
        .collect();
    World::watched_by_rules(&REGIONS, &REGIONS, &rules)
}

fn trail_changes() -> serde_json::Value {
    json!({"source": ["aws.cloudtrail"], "detail": {"eventName":
        ["CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"]}})
}

/// What the organization's trail records of the account that holds its log group, and of the one that owns it, is heard for all.
#[test]
fn a_call_in_another_account_of_the_organization_is_heard_by_its_trail() {
    let path = super::super::support::project("snapshots/organization.trailproof");
    let snapshot = trailproof::snapshot::Snapshot::open(&path).unwrap();
    let options = Options {
        controls: vec!["cloudtrail_changes".to_owned()],
        blind_spots: true,
        ..Options::default()
    };
    let registry = Registry::builtin().unwrap();
    let analysis = trailproof::analyze::analyze(&snapshot, &registry, &options).unwrap();
    let mut foreign = 0;
    for finding in analysis.findings {
        for spot in finding.blind_spots.unwrap_or_default() {
            let heard = matches!(spot.heard, Heard::Yes { .. });
            if ["StopLogging", "DeleteTrail", "UpdateTrail"].contains(&spot.call.name) {
                assert!(heard, "{}: {spot:?}", finding.account);
            } else if spot.subject.account != finding.account {
                // The other account may have a watch of its own.
                assert_eq!(spot.heard, Heard::Unknown, "{}: {spot:?}", finding.account);
                foreign += 1;
            }
        }
    }
    assert!(foreign > 10, "{foreign}");
}

/// Where a composite alarm carries the action, nobody silences the watch by the switch of the alarm below it.
#[test]
fn the_switch_of_a_composite_alarm_is_a_blind_spot_and_that_of_the_alarm_below_is_none() {
    let mut world = World::complete();
    let site = Site::new(ACCOUNT, HOME);
    let below = alarm_name("cloudtrail_changes");
    world.edit_alarm("cloudtrail_changes", |alarm| {
        alarm["AlarmActions"] = json!([]);
    });
    world.add_composite_alarm(site.composite_alarm("top", &format!("ALARM(\"{below}\")")));
    let spots = blind(&world, "cloudtrail_changes");
    let on = |name: &str| {
        let of_call = spots.iter().filter(|it| it.call.name == name);
        let mut alarms: Vec<&str> = of_call.map(|it| it.subject.name.as_str()).collect();
        alarms.sort_unstable();
        alarms
    };
    for name in [
        "DisableAlarmActions",
        "PutAlarmMuteRule",
        "PutCompositeAlarm",
    ] {
        assert_eq!(on(name), ["top"], "{name}");
    }
    let mut both = [below.as_str(), "top"];
    both.sort_unstable();
    assert_eq!(on("DeleteAlarms"), both);
    assert_eq!(on("PutMetricAlarm"), [below.as_str()]);
}

#[test]
fn an_alarm_is_changed_by_the_call_that_makes_its_kind() {
    let of_alarms = |spots: &[BlindSpot]| -> Vec<&str> {
        let kinds = ["PutMetricAlarm", "PutLogAlarm", "PutMetricFilter"];
        let names = spots.iter().map(|it| it.call.name);
        names.filter(|name| kinds.contains(name)).collect()
    };
    let by_query = queried(QUERY, |_| {});
    assert_eq!(
        of_alarms(&blind(&by_query, "cloudtrail_changes")),
        ["PutLogAlarm"]
    );
    let by_filter = blind(&World::complete(), "cloudtrail_changes");
    assert_eq!(of_alarms(&by_filter), ["PutMetricFilter", "PutMetricAlarm"]);
}

#[test]
fn what_takes_a_rule_away_is_a_blind_spot() {
    let spots = blind(&ruled(&[("watch", trail_changes())]), "cloudtrail_changes");
    let unheard = Heard::No {
        only_by_itself: false,
    };
    for (name, link) in [
        ("DisableRule", LinkId::E02),
        ("PutRule", LinkId::E05),
        ("DeleteRule", LinkId::E08),
        ("RemoveTargets", LinkId::E12),
        ("PutTargets", LinkId::E12),
    ] {
        let of_rules: Vec<_> = spots.iter().filter(|it| it.call.name == name).collect();
        assert_eq!(of_rules.len(), REGIONS.len(), "{name}: one in each Region");
        assert!(of_rules.iter().all(|it| it.link == link), "{name}");
        assert!(of_rules.iter().all(|it| it.heard == unheard), "{name}");
    }
    for name in ["SetTopicAttributes", "DeleteTopic", "Unsubscribe"] {
        assert_eq!(of(&spots, name).heard, unheard, "{name}");
    }
    // Neither a key nor a bus of its own nor a filter is there to be taken away.
    for (source, name) in [
        ("kms.amazonaws.com", "DisableKey"),
        ("kms.amazonaws.com", "DeleteAlias"),
        ("events.amazonaws.com", "DeleteEventBus"),
        ("events.amazonaws.com", "RemovePermission"),
        ("logs.amazonaws.com", "PutMetricFilter"),
    ] {
        let call = ApiCall { source, name };
        assert!(!spots.iter().any(|it| it.call == call), "{name}");
    }
}

/// A statement of a topic's policy is taken away by a call of its own, and an alias is where the topic names its key by one.
#[test]
fn a_statement_and_an_alias_can_be_taken_away() {
    let permission = |spots: &[BlindSpot]| {
        let mut found = spots.iter().filter(|it| it.call.name == "RemovePermission");
        found.any(|it| it.link == LinkId::N04)
    };
    let alias = |spots: &[BlindSpot]| {
        let mut found = spots.iter().filter(|it| it.call.name == "DeleteAlias");
        found.any(|it| it.link == LinkId::N06)
    };
    let spots = blind(&World::complete(), "cloudtrail_changes");
    assert!(permission(&spots) && !alias(&spots), "{spots:#?}");
    for (id, by_alias) in [("alias/alerts", true), ("0f7d5b9e", false)] {
        let mut world = World::complete();
        world.edit_topic(|topic| topic["KmsMasterKeyId"] = json!(id));
        let arn = format!("arn:aws:kms:{HOME}:{ACCOUNT}:key/0f7d5b9e");
        let metadata = json!({"KeyMetadata": {"AWSAccountId": ACCOUNT, "KeyId": "0f7d5b9e", "Arn": arn, "Enabled": true,
            "KeyState": "Enabled", "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"}});
        let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",
            "Action": "kms:*", "Resource": "*"}]});
        world.answer("kms", "DescribeKey", json!({"KeyId": id}), metadata);
        let asked = json!({"KeyId": arn, "PolicyName": "default"});
        let answer = json!({"Policy": policy.to_string(), "PolicyName": "default"});
        world.answer("kms", "GetKeyPolicy", asked, answer);
        let spots = blind(&world, "cloudtrail_changes");
        assert_eq!(alias(&spots), by_alias, "{id}: {spots:#?}");
        assert!(spots.iter().any(|it| it.call.name == "DisableKey"), "{id}");
    }
}

#[test]
fn a_rule_does_not_hear_its_own_end_and_another_rule_does() {
    let rules = [
        ("watch", trail_changes()),
        ("rules", json!({"source": ["aws.events"]})),
    ];
    let spots = blind(&ruled(&rules), "cloudtrail_changes");
    for name in ["DisableRule", "DeleteRule", "RemoveTargets"] {
        assert!(
            matches!(of(&spots, name).heard, Heard::Yes { .. }),
            "{name}"
        );
    }
    let mut options = super::only("trailproof", RULE_CHANGES);
    options.blind_spots = true;
    let finding = analyzed(&ruled(&rules), &options).findings.remove(0);
    assert_eq!(finding.status, Status::Pass);
    let own = finding.blind_spots.unwrap();
    assert_eq!(
        of(&own, "DisableRule").heard,
        Heard::No {
            only_by_itself: true
        }
    );
}

/// Rules that forward to a bus of the account's own, whose rule tells; the bus may have a key.
fn forwarded(key: Option<&str>) -> World {
    let mut world = ruled(&[("forward", json!({"source": [{"prefix": "aws."}]}))]);
    for region in REGIONS {
        let arn =
            |service: &str, what: &str| format!("arn:aws:{service}:{region}:{ACCOUNT}:{what}");
        let bus = arn("events", "event-bus/security");
        let mut described = json!({"Name": "security", "Arn": bus});
        if let Some(id) = key {
            let id = arn("kms", id);
            described["KmsKeyIdentifier"] = json!(id);
            let arn = arn("kms", "key/0f7d5b9e");
            let metadata = json!({"KeyMetadata": {"AWSAccountId": ACCOUNT, "KeyId": "0f7d5b9e", "Arn": arn, "Enabled": true,
                "KeyState": "Enabled", "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"}});
            let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",
                "Action": "kms:*", "Resource": "*"}]});
            for (operation, asked, answer) in [
                ("DescribeKey", json!({"KeyId": id}), metadata),
                (
                    "GetKeyPolicy",
                    json!({"KeyId": arn, "PolicyName": "default"}),
                    json!({"Policy": policy.to_string(), "PolicyName": "default"}),
                ),
            ] {
                world.answer_of(ACCOUNT, region, ("kms", operation), asked, answer);
            }
        }
        world.answer_of(
            ACCOUNT,
            region,
            ("events", "DescribeEventBus"),
            json!({"Name": "security"}),
            described,
        );
        for answer in world.answers_to("events", "ListTargetsByRule") {
            if answer.region == region {
                answer.output = Ok(json!({"Targets": [{"Id": "bus", "Arn": bus}]}));
            }
        }
        world.answer_of(
            ACCOUNT,
            region,
            ("events", "ListRules"),
            json!({"EventBusName": "security"}),
            json!({"Rules": [{"Name": "watch", "Arn": arn("events", "rule/security/watch"), "State":
                "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", "EventBusName": "security",
                "EventPattern": trail_changes().to_string()}]}),
        );
        world.answer_of(
            ACCOUNT,
            region,
            ("events", "ListTargetsByRule"),
            json!({"Rule": "watch", "EventBusName": "security"}),
            json!({"Targets": [{"Id": "topic", "Arn": arn("sns", "events")}]}),
        );
    }
    world
}

/// The key of a bus is not that of the topic.
#[test]
fn the_key_of_a_bus_is_a_blind_spot() {
    for (key, calls) in [
        (None, &[][..]),
        (Some("key/0f7d5b9e"), &["DisableKey", "PutKeyPolicy"]),
        (
            Some("alias/bus"),
            &["DeleteAlias", "DisableKey", "PutKeyPolicy"],
        ),
    ] {
        let spots = blind(&forwarded(key), "cloudtrail_changes");
        let of_keys = spots
            .iter()
            .filter(|it| it.link == LinkId::E26 && it.subject.region == HOME);
        let named: std::collections::BTreeSet<&str> = of_keys
            .map(|it| it.call.name)
            .filter(|name| ["DeleteAlias", "DisableKey", "PutKeyPolicy"].contains(name))
            .collect();
        assert!(named.iter().eq(calls), "{key:?}: {named:?}");
    }
}

#[test]
fn the_rule_of_the_bus_that_events_are_forwarded_to_is_a_blind_spot() {
    let spots = blind(&forwarded(None), "cloudtrail_changes");
    let rules: std::collections::BTreeSet<&str> = spots
        .iter()
        .filter(|it| it.call.name == "DisableRule" && it.subject.region == HOME)
        .map(|it| it.subject.name.as_str())
        .collect();
    assert_eq!(rules.len(), 2, "{rules:?}");
    assert!(spots.iter().any(|it| it.call.name == "DeleteEventBus"));
}
