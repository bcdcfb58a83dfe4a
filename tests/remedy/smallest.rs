//! The smallest change: what is there is mended in as few changes as it takes, and nothing is made anew beside it.

use serde_json::{Value, json};

use super::people::plan_of;
use crate::support::controls::filter_name;
use crate::support::world::{ACCOUNT, HOME, Rule, SEVENTEEN, World};

const VPC: &str = "vpc_changes";

/// The changes of the plan by which everything passes: `~` what is changed with the members that are, `+` what is made.
fn changes(world: &World) -> Vec<String> {
    let plan = plan_of(world);
    for outcome in plan["outcomes"].as_array().unwrap() {
        assert_eq!(outcome["after"], "pass", "{outcome:#}");
    }
    let changes = plan["changes"].as_array().unwrap().iter();
    changes.map(told).collect()
}

fn told(change: &Value) -> String {
    let (before, after) = (&change["before"], &change["after"]);
    let kind = after["resource"].as_str().unwrap();
    if before.is_null() {
        return format!("+{kind}");
    }
    let members = |of: &Value| {
        let mut members = of.as_object().unwrap().clone();
        if let Some(Value::Object(settings)) = members.remove("settings") {
            members.extend(settings);
        }
        members
    };
    let (before, after) = (members(before), members(after));
    let mut changed: Vec<&str> = before
        .keys()
        .chain(after.keys())
        .filter(|name| before.get(*name) != after.get(*name))
        .map(String::as_str)
        .collect();
    changed.sort_unstable();
    changed.dedup();
    format!("~{kind} {}", changed.join(","))
}

/// The complete account with one alarm set otherwise.
fn alarm(settings: Value) -> World {
    let mut world = World::complete();
    world.edit_alarm(VPC, |alarm| {
        for (name, value) in settings.as_object().unwrap() {
            alarm[name] = value.clone();
        }
    });
    world
}

/// The complete account with one pattern of a filter.
fn pattern(control: &str, pattern: &str) -> World {
    let mut world = World::complete();
    world.edit_filter(control, |filter| filter["filterPattern"] = json!(pattern));
    world
}

#[test]
fn an_alarm_with_five_faults_is_repaired_in_one_edit() {
    let world = alarm(
        json!({"ActionsEnabled": false, "Threshold": 5, "TreatMissingData": "breaching", "Unit": "Seconds",
        "EvaluationPeriods": 3, "DatapointsToAlarm": 3}),
    );
    let changes = changes(&world);
    assert_eq!(changes.len(), 1);
    assert!(
        changes[0].starts_with("~alarm ActionsEnabled,"),
        "{changes:?}"
    );
}

#[test]
fn an_alarm_without_an_action_and_with_a_threshold_is_repaired_in_one_edit() {
    let world = alarm(json!({"ActionsEnabled": false, "AlarmActions": [], "Threshold": 3}));
    assert_eq!(
        changes(&world),
        ["~alarm ActionsEnabled,AlarmActions,Threshold"]
    );
}

#[test]
fn a_setting_of_an_alarm_that_does_no_harm_stays() {
    let world = alarm(
        json!({"Period": 60, "Unit": "Seconds", "Threshold": 9, "ComparisonOperator": "GreaterThanThreshold"}),
    );
    let changes = changes(&world);
    assert_eq!(changes.len(), 1);
    assert!(!changes[0].contains("Period"), "{changes:?}");
}

#[test]
fn an_alarm_that_waits_for_a_deleted_filter_gets_it_back() {
    let mut world = World::complete();
    world.remove_filter(VPC);
    assert_eq!(changes(&world), ["+metric_filter"]);
}

#[test]
fn an_alarm_on_a_misspelt_metric_is_pointed_at_the_right_one() {
    let world = alarm(json!({"MetricName": "VpcChange"}));
    assert_eq!(changes(&world), ["~alarm MetricName"]);
}

#[test]
fn an_alarm_in_another_namespace_and_with_a_threshold_is_repaired_in_one_edit() {
    let world = alarm(json!({"Namespace": "CISBenchmrk", "Threshold": 3}));
    assert_eq!(changes(&world), ["~alarm Namespace,Threshold"]);
}

#[test]
fn a_filter_on_root_that_signs_in_is_widened() {
    let text = "{ ($.eventName = ConsoleLogin) && ($.userIdentity.type = \"Root\") }";
    let mut world = pattern("root_usage", text);
    assert_eq!(changes(&world), ["~metric_filter pattern"]);
    // Also where nothing but what it asks for says what it is for.
    world.edit_filter("root_usage", |filter| filter["filterName"] = json!("x"));
    assert_eq!(changes(&world), ["~metric_filter pattern"]);
}

#[test]
fn a_filter_that_leaves_somebody_out_gets_the_text_of_the_control() {
    let control = "iam_policy_changes";
    let mut world = World::complete();
    world.edit_filter(control, |filter| {
        let text = filter["filterPattern"].as_str().unwrap();
        let inner = text.trim().trim_matches(['{', '}']).to_owned();
        filter["filterPattern"] = json!(format!(
            "{{ ($.userIdentity.userName != \"admin\") && ({inner}) }}"
        ));
    });
    assert_eq!(changes(&world), ["~metric_filter pattern"]);
    // What the new text matches as well is not taken away.
    assert_eq!(plan_of(&world)["touches"], json!([]));
}

#[test]
fn the_filter_that_is_called_like_the_control_is_widened_not_the_one_beside_it() {
    let text = "{ ($.eventName = ConsoleLogin) && \
                ($.userIdentity.sessionContext.attributes.mfaAuthenticated != \"true\") }";
    let world = pattern("console_without_mfa", text);
    let plan = plan_of(&world);
    assert_eq!(changes(&world), ["~metric_filter pattern"]);
    assert_eq!(
        plan["changes"][0]["after"]["name"],
        filter_name("console_without_mfa")
    );
}

#[test]
fn one_filter_of_two_controls_that_lacks_some_of_both_is_widened_once() {
    let mut world = World::complete();
    let both = "{ ($.eventName = CreateVpc) || ($.eventName = DeleteVpc) || ($.eventName = CreateRoute) || \
                ($.eventName = CreateRouteTable) }";
    world.edit_filter(VPC, |filter| {
        filter["filterName"] = json!("network");
        filter["filterPattern"] = json!(both);
    });
    world.remove_filter("route_table_changes");
    world.remove_alarm("route_table_changes");
    assert_eq!(changes(&world), ["~metric_filter pattern"]);
}

/// Most of what a filter asks for is two controls': the one passes by it already, and the output names it.
#[test]
fn what_a_widened_filter_carries_already_is_said() {
    let mut world = World::complete();
    world.edit_filter("nacl_changes", |filter| {
        let own = filter["filterPattern"].as_str().unwrap().trim().to_owned();
        let own = own.trim_matches(['{', '}']).trim();
        let more: Vec<String> = [
            "CreateVpc",
            "DeleteVpc",
            "ModifyVpcAttribute",
            "AcceptVpcPeeringConnection",
            "CreateVpcPeeringConnection",
            "DeleteVpcPeeringConnection",
        ]
        .iter()
        .map(|name| format!("($.eventName = {name})"))
        .collect();
        filter["filterName"] = json!("network");
        filter["filterPattern"] = json!(format!("{{ {own} || {} }}", more.join(" || ")));
    });
    world.remove_filter(VPC);
    world.remove_alarm(VPC);
    assert_eq!(changes(&world), ["~metric_filter pattern"]);
    let plan = plan_of(&world);
    assert_eq!(
        plan["touches"],
        json!([{"touches": "controls", "of": "network", "ids": ["nacl_changes"], "change": 0}])
    );
}

#[test]
fn of_one_alarm_the_action_is_changed_and_of_many_the_topic() {
    let key = |topic: &mut Value| topic["KmsMasterKeyId"] = json!("alias/aws/sns");
    let mut many = World::complete();
    many.edit_topic(key);
    let found = changes(&many);
    assert_eq!(found, ["+key", "~topic kms_key_id"]);
}

#[test]
fn a_key_that_is_in_order_is_used_before_one_is_made() {
    let mut world = World::complete();
    let arn = format!("arn:aws:kms:{HOME}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555");
    let other = format!("arn:aws:sns:{HOME}:{ACCOUNT}:other");
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*"}]});
    world.edit_topic(|topic| topic["KmsMasterKeyId"] = json!("alias/aws/sns"));
    for (call, request, output) in [
        (
            ("kms", "DescribeKey"),
            json!({"KeyId": arn}),
            json!({"KeyMetadata": {"KeyId": "11111111-2222-3333-4444-555555555555", "Arn": arn, "Enabled": true,
                "KeyState": "Enabled", "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT",
                "KeyUsage": "ENCRYPT_DECRYPT"}}),
        ),
        (
            ("kms", "GetKeyPolicy"),
            json!({"KeyId": arn, "PolicyName": "default"}),
            json!({"Policy": policy.to_string(), "PolicyName": "default"}),
        ),
        (
            ("sns", "GetTopicAttributes"),
            json!({"TopicArn": other}),
            json!({"Attributes": {"TopicArn": other, "Owner": ACCOUNT, "KmsMasterKeyId": arn}}),
        ),
    ] {
        world.answer_of(ACCOUNT, HOME, call, request, output);
    }
    let plan = plan_of(&world);
    assert_eq!(changes(&world), ["~topic kms_key_id"]);
    assert_eq!(plan["changes"][0]["after"]["kms_key_id"], arn);
}

/// Of the log group of a trail that was stopped all filters would have to be made anew on another one.
#[test]
fn a_stopped_trail_of_many_filters_is_started_and_its_second_copy_said() {
    let mut world = World::complete();
    let second = format!("arn:aws:cloudtrail:{HOME}:{ACCOUNT}:trail/second");
    for answer in world.answers_to("cloudtrail", "DescribeTrails") {
        if let Ok(output) = &mut answer.output {
            let list = output["trailList"].as_array_mut().unwrap();
            let mut trail = list[0].clone();
            trail["Name"] = json!("second");
            trail["TrailARN"] = json!(second);
            trail
                .as_object_mut()
                .unwrap()
                .remove("CloudWatchLogsLogGroupArn");
            trail
                .as_object_mut()
                .unwrap()
                .remove("CloudWatchLogsRoleArn");
            list.push(trail);
        }
    }
    world.edit("cloudtrail", "GetTrailStatus", |status| {
        status["IsLogging"] = json!(false);
    });
    let selectors = json!({"TrailARN": second, "EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": true,
        "DataResources": [], "ExcludeManagementEventSources": []}]});
    let status =
        json!({"IsLogging": true, "LatestDeliveryTime": "2026-11-20T23:55:00.000000+00:00"});
    for (operation, request, output) in [
        ("GetTrailStatus", json!({"Name": second}), status),
        ("GetEventSelectors", json!({"TrailName": second}), selectors),
    ] {
        world.answer_of(ACCOUNT, HOME, ("cloudtrail", operation), request, output);
    }
    assert_eq!(changes(&world), ["~trail logging"]);
    let plan = plan_of(&world);
    assert_eq!(plan["touches"][0]["touches"], "second_copy");
    assert_eq!(plan["touches"][0]["beside"], "second");
}

#[test]
fn a_rule_with_a_schedule_keeps_it() {
    let wanted = json!({"source": ["aws.cloudtrail"], "detail": {"eventName":
        ["CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"]}});
    let mut world = World::watched_by_rules(&SEVENTEEN, &SEVENTEEN, &[Rule::of("watch", wanted)]);
    for answer in world.answers_to("events", "ListRules") {
        if let Ok(output) = &mut answer.output
            && answer.region == "eu-west-3"
        {
            for rule in output["Rules"].as_array_mut().unwrap() {
                rule["ScheduleExpression"] = json!("rate(1 day)");
                rule["EventPattern"] = json!(
                    r#"{"source":["aws.cloudtrail"],"detail":{"eventName":["CreateTrail"]}}"#
                );
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("rules.trailproof");
    world.write_snapshot(&snapshot);
    for format in ["aws-cli", "terraform"] {
        let output = crate::support::trailproof()
            .arg("remediate")
            .arg(&snapshot)
            .args(["--control", "cloudtrail_changes", "--format", format])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("rate(1 day)"), "{format}: {text}");
    }
}

#[test]
fn what_nobody_asked_is_said_before_a_fix_that_rests_on_it() {
    let plan = plan_of(&World::empty());
    let supposed = plan["supposed"].as_array().unwrap();
    assert!(
        supposed
            .iter()
            .any(|it| it["operation"] == "DescribeAlarms" && it["region"] == HOME),
        "{supposed:?}"
    );
    // Of what is there everything was asked.
    let mut world = World::complete();
    world.remove_alarm(VPC);
    assert_eq!(plan_of(&world)["supposed"], json!([]));
}

/// A setting that changes nothing, and another alarm on the same events, would only seem to help.
#[test]
fn an_alarm_that_is_in_order_and_sits_in_alarm_is_left_to_people() {
    let world = alarm(
        json!({"StateValue": "ALARM", "TreatMissingData": "notBreaching",
        "StateTransitionedTimestamp": "2026-10-01T08:00:00.000000+00:00"}),
    );
    let plan = plan_of(&world);
    assert_eq!(plan["changes"], json!([]));
    let outcomes = plan["outcomes"].as_array().unwrap().iter();
    let open: Vec<&Value> = outcomes.filter(|it| it["after"] != "pass").collect();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0]["broken_link"], "A15");
}
