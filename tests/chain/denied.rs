//! Every API denied in turn: nothing gets better by it, and what needs it says so by name.

use std::collections::BTreeSet;

use trailproof::snapshot::operations::{self, OPERATIONS, Operation};

use super::*;
use crate::support::controls::{alarm_name, monitored};
use crate::support::world::HOME;

/// The complete account with everything in it that a collection can ask about.
fn rich() -> World {
    let mut world = World::complete();
    let key = format!("arn:aws:kms:{HOME}:{ACCOUNT}:key/1234");
    world.edit_topic(|topic| topic["KmsMasterKeyId"] = json!(key));
    world.answer(
        "kms",
        "DescribeKey",
        json!({"KeyId": key}),
        json!({"KeyMetadata": {"KeyId": "1234", "Arn": key, "KeyState": "Enabled", "KeyManager": "CUSTOMER"}}),
    );
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
    }]});
    world.answer(
        "kms",
        "GetKeyPolicy",
        json!({"KeyId": key}),
        json!({"Policy": policy.to_string()}),
    );
    world.mute(
        "nights",
        json!({"Expression": "cron(0 22 * * *)", "Duration": "PT8H"}),
        &["another alarm"],
    );
    world.edit_filters(|filter| filter["applyOnTransformedLogs"] = json!(true));
    world.edit("events", "ListRules", |output| {
        output["Rules"] = json!([{
            "Name": "tell",
            "Arn": format!("arn:aws:events:{HOME}:{ACCOUNT}:rule/tell"),
            "EventPattern": r#"{"detail-type":["AWS API Call via CloudTrail"]}"#,
            "State": "ENABLED",
        }]);
    });
    world.answer(
        "events",
        "ListTargetsByRule",
        json!({"Rule": "tell"}),
        json!({"Targets": []}),
    );
    world.answer(
        "organizations",
        "ListAccounts",
        json!({}),
        json!({"Accounts": []}),
    );
    world.answer("cloudtrail", "ListTrails", json!({}), json!({"Trails": []}));
    world.answer(
        "cloudtrail",
        "ListChannels",
        json!({}),
        json!({"Channels": []}),
    );
    world.answer(
        "observabilityadmin",
        "ListTelemetryRules",
        json!({}),
        json!({"TelemetryRuleSummaries": []}),
    );
    world
}

#[test]
fn a_filter_whose_trail_nobody_may_see_is_not_said_to_be_fed_by_none() {
    let trails = operations::find("cloudtrail", "DescribeTrails").unwrap();
    let chain = chain_of(&denied(&rich(), trails));
    let links_of_filters: Vec<_> = chain
        .paths
        .iter()
        .filter(|path| path.filter.is_some())
        .map(|path| &path.links)
        .collect();
    assert!(!links_of_filters.is_empty());
    for links in links_of_filters {
        assert!(
            links.iter().all(|link| link.id != LinkId::F12),
            "{links:#?}"
        );
        assert!(
            links
                .iter()
                .any(|link| link.id == LinkId::T01 && link.verdict == Verdict::Unknown),
            "{links:#?}"
        );
    }
}

/// Operations without whose answer no path of the rich account can be counted on.
const NEEDED: [&str; 15] = [
    "DescribeAccountPolicies",
    "DescribeAlarmHistory",
    "DescribeAlarms",
    "DescribeKey",
    "DescribeMetricFilters",
    "DescribeTrails",
    "GetAlarmMuteRule",
    "GetEventSelectors",
    "GetKeyPolicy",
    "GetSubscriptionAttributes",
    "GetTopicAttributes",
    "GetTrailStatus",
    "GetTransformer",
    "ListAlarmMuteRules",
    "ListSubscriptionsByTopic",
];

/// What a collection of one account asks; a role that cannot be assumed leaves its account out altogether.
fn asked() -> impl Iterator<Item = &'static Operation> {
    OPERATIONS
        .iter()
        .filter(|operation| operation.name != "AssumeRole")
}

fn denied(world: &World, operation: &Operation) -> World {
    let mut world = world.clone();
    world.deny(operation.service, operation.name);
    world
}

#[test]
fn the_rich_account_is_whole() {
    let chain = chain_of(&rich());
    assert_eq!(
        chain.sound_paths().count(),
        monitored().len(),
        "{:#?}",
        path_of(&chain, CONTROL)
    );
}

#[test]
fn an_operation_that_is_denied_leaves_no_sound_path_or_was_not_needed() {
    let rich = rich();
    let mut needed = BTreeSet::new();
    for operation in asked() {
        let chain = chain_of(&denied(&rich, operation));
        assert!(
            chain.gaps.iter().any(|gap| gap.operation == operation.name),
            "{} is a gap",
            operation.name
        );
        let sound = chain.sound_paths().count();
        if sound > 0 {
            assert_eq!(sound, monitored().len(), "{}: all or none", operation.name);
            continue;
        }
        needed.insert(operation.name);
        // Nothing is known to be wrong: whatever the event, some path may carry it, and says what is missing.
        for region in crate::support::world::REGIONS {
            let open: Vec<&Path> = chain
                .unknown_paths()
                .filter(|path| takes(path, &stop_logging(region)))
                .collect();
            assert!(
                !open.is_empty(),
                "{} in {region}: {:#?}",
                operation.name,
                chain.paths
            );
            let named = open.iter().flat_map(|path| &path.links).any(|link| {
                link.verdict == Verdict::Unknown
                    && sentence(&link.cause).contains(operation.iam_action)
            });
            assert!(named, "{} is not named: {open:#?}", operation.iam_action);
        }
    }
    assert_eq!(needed, BTreeSet::from(NEEDED));
}

/// Accounts in which nobody is told about the control's events, by every kind of fault.
fn wrong() -> Vec<(&'static str, World)> {
    type Fault = fn(&mut World);
    let faults: [(&str, Fault); 21] = [
        ("stopped trail", |world| {
            world.edit("cloudtrail", "GetTrailStatus", |status| {
                status["IsLogging"] = json!(false)
            });
        }),
        ("failing delivery", |world| {
            world.edit("cloudtrail", "GetTrailStatus", |status| {
                status["LatestCloudWatchLogsDeliveryError"] = json!("no");
                status["LatestCloudWatchLogsDeliveryTime"] = Value::Null;
            });
        }),
        ("no log group", |world| {
            world.edit_trail(|trail| trail["CloudWatchLogsLogGroupArn"] = Value::Null);
        }),
        ("no management events", |world| {
            world.selectors(
                "EventSelectors",
                json!([{"ReadWriteType": "All", "IncludeManagementEvents": false}]),
            );
        }),
        ("infrequent access", |world| {
            world.edit("logs", "DescribeLogGroups", |output| {
                output["logGroups"][0]["logGroupClass"] = json!("INFREQUENT_ACCESS");
            });
        }),
        ("deleted log group", |world| {
            world.edit("logs", "DescribeLogGroups", |output| {
                output["logGroups"] = json!([])
            });
        }),
        ("no filters", |world| {
            world.edit("logs", "DescribeMetricFilters", |output| {
                output["metricFilters"] = json!([])
            });
        }),
        ("worthless filters", |world| {
            world.edit_filters(|filter| {
                filter["metricTransformations"][0]["metricValue"] = json!("0")
            });
        }),
        ("no alarms", |world| {
            world.edit("monitoring", "DescribeAlarms", |output| {
                output["MetricAlarms"] = json!([])
            });
        }),
        ("disabled actions", |world| {
            world.edit_alarms(|alarm| alarm["ActionsEnabled"] = json!(false));
        }),
        ("no actions", |world| {
            world.edit_alarms(|alarm| alarm["AlarmActions"] = json!([]));
        }),
        ("thresholds", |world| {
            world.edit_alarms(|alarm| alarm["Threshold"] = json!(100.0));
        }),
        ("latched", |world| {
            world.edit_alarms(|alarm| alarm["StateValue"] = json!("ALARM"));
        }),
        ("muted", |world| {
            let names: Vec<String> = monitored()
                .iter()
                .map(|monitored| alarm_name(monitored.control))
                .collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let schedule = json!({"Expression": "cron(0 0 * * *)", "Duration": "P1D"});
            world.mute("always", schedule, &names);
        }),
        ("no topic", |world| {
            world.fail("sns", "GetTopicAttributes", 404, "NotFound");
        }),
        ("closed topic", |world| {
            world.edit_topic(|topic| {
                topic["Policy"] = json!(r#"{"Version":"2012-10-17","Statement":[]}"#)
            });
        }),
        ("managed key", |world| {
            world.edit_topic(|topic| topic["KmsMasterKeyId"] = json!("alias/aws/sns"));
        }),
        ("disabled key", |world| {
            world.edit("kms", "DescribeKey", |output| {
                output["KeyMetadata"]["KeyState"] = json!("Disabled")
            });
        }),
        ("closed key", |world| {
            world.edit("kms", "GetKeyPolicy", |output| {
                output["Policy"] = json!(r#"{"Version":"2012-10-17","Statement":[]}"#)
            });
        }),
        ("pending subscription", |world| {
            world.edit_subscription_attributes(|one| one["PendingConfirmation"] = json!("true"));
        }),
        ("filter policy", |world| {
            world.edit_subscription_attributes(|one| {
                one["FilterPolicy"] = json!(r#"{"severity":["high"]}"#)
            });
        }),
    ];
    faults
        .into_iter()
        .map(|(name, fault)| {
            let mut world = rich();
            fault(&mut world);
            (name, world)
        })
        .collect()
}

/// A wrong account never passes because of something that was not looked at.
#[test]
fn a_wrong_account_gets_no_sound_path_by_denying_an_operation() {
    for (name, world) in wrong() {
        let chain = chain_of(&world);
        assert_eq!(
            chain.sound_paths().count(),
            0,
            "{name} is wrong: {:#?}",
            chain.paths.first()
        );
        for operation in asked() {
            // Such accounts cannot be: CloudWatch Logs lists no metric filters of a group that is gone or of that class, and
            // where it lists some they prove the group.
            let filters_prove = ["infrequent access", "deleted log group"].contains(&name);
            if filters_prove && operation.name == "DescribeLogGroups" {
                continue;
            }
            let chain = chain_of(&denied(&world, operation));
            assert_eq!(
                chain.sound_paths().count(),
                0,
                "{name}, {} denied",
                operation.name
            );
        }
    }
}

/// What an endpoint without the operation says: AWS in JSON, in XML, in CBOR, and emulators.
const UNKNOWN_OPERATION: [(u16, &str); 4] = [
    (400, "UnknownOperationException"),
    (400, "InvalidAction"),
    (404, "UnknownOperation"),
    (501, "NotImplemented"),
];

#[test]
fn a_feature_that_does_not_exist_there_leaves_nothing_to_remark() {
    let mut rich = rich();
    // Where there are no mute rules nothing can have named one.
    rich.answers
        .retain(|answer| answer.operation != "GetAlarmMuteRule");
    rich.edit("monitoring", "ListAlarmMuteRules", |output| {
        output["AlarmMuteRuleSummaries"] = json!([]);
    });
    // A rule whose targets were not asked for is remarked on whatever else there is.
    rich.edit("events", "ListRules", |output| output["Rules"] = json!([]));
    for (service, operation) in [
        ("monitoring", "ListAlarmMuteRules"),
        ("monitoring", "DescribeAlarmHistory"),
        ("logs", "GetTransformer"),
        ("logs", "DescribeAccountPolicies"),
        ("logs", "GetDataProtectionPolicy"),
        ("events", "ListRules"),
    ] {
        for (status, code) in UNKNOWN_OPERATION {
            let mut world = rich.clone();
            world.fail(service, operation, status, code);
            let chain = chain_of(&world);
            let told = format!("{operation}: {code}");
            assert_eq!(chain.sound_paths().count(), monitored().len(), "{told}");
            let remarks: Vec<&Link> = chain
                .paths
                .iter()
                .flat_map(|path| &path.links)
                .map(AsRef::as_ref)
                .chain(&chain.notes)
                .filter(|link| link.verdict != Verdict::Ok)
                .collect();
            assert!(remarks.is_empty(), "{told}: {remarks:#?}");
            assert!(chain.gaps.is_empty(), "{told}: {:#?}", chain.gaps);
            let finding = finding_of(&world);
            assert_eq!(finding.status, Status::Pass, "{told}: {}", reason(&finding));
        }
    }
}

#[test]
fn an_operation_without_which_nothing_is_decided_stays_unknown_where_it_is_not_known() {
    for (service, operation) in [
        ("cloudtrail", "DescribeTrails"),
        ("monitoring", "DescribeAlarms"),
        ("sns", "GetTopicAttributes"),
    ] {
        for (status, code) in UNKNOWN_OPERATION {
            let finding = finding_of(&world(|world| {
                world.fail(service, operation, status, code);
            }));
            let told = format!("{operation}: {code}: {}", reason(&finding));
            assert_eq!(finding.status, Status::Unknown, "{told}");
        }
    }
}
