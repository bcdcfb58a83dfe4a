//! L ids.

use super::*;
use crate::support::world::{HOME, LOG_GROUP, MEMBER, Site};

fn edit_group(world: &mut World, change: impl Fn(&mut Value)) {
    world.edit("logs", "DescribeLogGroups", |output| {
        change(&mut output["logGroups"][0])
    });
}

#[test]
fn l01_log_group_does_not_exist() {
    fault(LinkId::L01, Verdict::Broken, |world| {
        world.edit("logs", "DescribeLogGroups", |output| {
            output["logGroups"] = json!([])
        });
        world.edit("logs", "DescribeMetricFilters", |output| {
            output["metricFilters"] = json!([])
        });
    });
    // Filters that are listed prove that it exists: which of the two answers is right is not known.
    fault(LinkId::L01, Verdict::Unknown, |world| {
        world.edit("logs", "DescribeLogGroups", |output| {
            output["logGroups"] = json!([])
        });
    });
    fault(LinkId::L01, Verdict::Broken, |world| {
        let code = "ResourceNotFoundException";
        world.fail("logs", "DescribeLogGroups", 400, code);
        world.fail("logs", "DescribeMetricFilters", 400, code);
    });
}

#[test]
fn l01_a_log_group_whose_name_only_begins_so_is_another() {
    fault(LinkId::L01, Verdict::Broken, |world| {
        edit_group(world, |group| {
            let arn = format!("{}-old", Site::new(ACCOUNT, HOME).log_group_arn());
            group["logGroupName"] = json!(format!("{LOG_GROUP}-old"));
            group["arn"] = json!(format!("{arn}:*"));
            group["logGroupArn"] = json!(arn);
        });
        world.edit("logs", "DescribeMetricFilters", |output| {
            output["metricFilters"] = json!([])
        });
    });
}

#[test]
fn l01_denied_is_unknown() {
    let link = fault(LinkId::L01, Verdict::Unknown, |world| {
        world.deny("logs", "DescribeLogGroups");
        world.deny("logs", "DescribeMetricFilters");
    });
    assert!(
        sentence(&link.cause).contains("logs:DescribeLogGroups"),
        "{}",
        sentence(&link.cause)
    );
}

#[test]
fn l02_log_group_class_has_no_metric_filters() {
    for class in ["INFREQUENT_ACCESS", "ESSENTIALS", "DELIVERY"] {
        fault(LinkId::L02, Verdict::Broken, |world| {
            edit_group(world, |group| group["logGroupClass"] = json!(class));
        });
    }
    fault(LinkId::L02, Verdict::Weak, |world| {
        edit_group(world, |group| {
            group
                .as_object_mut()
                .expect("an object")
                .remove("logGroupClass");
        });
    });
}

#[test]
fn l03_a_namesake_in_another_account_is_not_the_trails_log_group() {
    // The member has a log group, filters, alarms and a topic of the same names; its trail delivers elsewhere.
    let mut world = World::organization();
    let member = Site::new(MEMBER, HOME);
    let mut own = World::of(&member);
    own.answers.retain(|answer| {
        !["sts", "account", "organizations", "cloudtrail", "events"]
            .contains(&answer.service.as_str())
    });
    world.answers.extend(own.answers);
    let chain = chain_of_account(&world, MEMBER);
    let looks_alike: Vec<&Path> = chain
        .paths
        .iter()
        .filter(|path| path.link(LinkId::L03).is_some())
        .collect();
    assert!(!looks_alike.is_empty());
    for path in &looks_alike {
        assert_eq!(path.verdict(), Verdict::Broken, "{path:#?}");
    }
    for path in chain.sound_paths() {
        let owner = Site::new(ACCOUNT, HOME);
        assert_eq!(
            path.log_group.as_deref(),
            Some(owner.log_group_arn().as_str())
        );
        assert!(
            path.alarm
                .as_ref()
                .is_some_and(|alarm| alarm.arn.contains(ACCOUNT))
        );
    }
    world.only_account(MEMBER);
    assert_eq!(chain_of_account(&world, MEMBER).sound_paths().count(), 0);
}

#[test]
fn l03_a_namesake_in_another_region_is_not_the_trails_log_group() {
    let mut world = World::complete();
    for answer in &mut world.answers {
        if answer.service == "logs" {
            answer.region = "eu-west-1".to_owned();
            if let Ok(output) = &mut answer.output {
                *output =
                    serde_json::from_str(&output.to_string().replace("us-east-1", "eu-west-1"))
                        .expect("JSON");
            }
        }
    }
    let chain = chain_of(&world);
    assert_eq!(chain.sound_paths().count(), 0);
    assert!(!links_of(&chain, LinkId::L03).is_empty());
}

fn protect(world: &mut World, identifier: &str) {
    protect_with(
        world,
        &format!("arn:aws:dataprotection::aws:data-identifier/{identifier}"),
    );
}

fn protect_with(world: &mut World, identifier: &str) {
    edit_group(world, |group| {
        group["dataProtectionStatus"] = json!("ACTIVATED")
    });
    let policy = json!({
        "Name": "mask",
        "Version": "2021-06-01",
        "Statement": [
            {"DataIdentifier": [identifier],
             "Operation": {"Audit": {"FindingsDestination": {}}}},
            {"DataIdentifier": [identifier],
             "Operation": {"Deidentify": {"MaskConfig": {}}}},
        ],
    });
    world.edit("logs", "GetDataProtectionPolicy", |output| {
        output["policyDocument"] = json!(policy.to_string())
    });
}

#[test]
fn l04_data_protection_masks_what_the_pattern_reads() {
    let reads_address = |world: &mut World| {
        world.edit_filter(CONTROL, |filter| {
            filter["filterPattern"] =
                json!(r#"{ ($.eventName = *Trail) || ($.eventName = *Logging) || ($.sourceIPAddress = "10.0.0.1") }"#);
        });
    };
    fault(LinkId::L04, Verdict::Weak, |world| {
        reads_address(world);
        protect(world, "IpAddress");
    });
    fault(LinkId::L04, Verdict::Weak, |world| {
        reads_address(world);
        edit_group(world, |group| {
            group["inheritedProperties"] = json!(["ACCOUNT_DATA_PROTECTION"])
        });
    });
    remark(LinkId::L04, |world| {
        reads_address(world);
        protect(world, "EmailAddress");
    });
    remark(LinkId::L04, |world| protect(world, "IpAddress"));
    fault(LinkId::L04, Verdict::Unknown, |world| {
        protect_with(world, "an expression of the account's own");
    });
}

fn protect_by(world: &mut World, regex: &str) {
    protect_with(world, "Own");
    world.edit("logs", "GetDataProtectionPolicy", |output| {
        let text = output["policyDocument"].as_str().expect("a policy");
        let mut policy: Value = serde_json::from_str(text).expect("JSON");
        policy["Configuration"] =
            json!({"CustomDataIdentifier": [{"Name": "Own", "Regex": regex}]});
        output["policyDocument"] = json!(policy.to_string());
    });
}

#[test]
fn l04_a_custom_identifier_that_finds_a_value_that_is_asked_for_loses_the_event() {
    for regex in ["StopLogging", "Stop[A-Z]+", "[A-Za-z]*Logging"] {
        let chain = chain_of(&world(|world| protect_by(world, regex)));
        let path = path_of(&chain, CONTROL);
        let conditions: Vec<_> = path
            .conditions
            .iter()
            .filter(|it| it.id == LinkId::L04)
            .collect();
        assert!(!conditions.is_empty(), "{regex}: {path:#?}");
        assert!(conditions.iter().all(|it| it.cause.code() == "masks"));
        for (name, heard) in [("StopLogging", false), ("CreateTrail", true)] {
            let event = json!({ "eventName": name });
            let mut events = conditions.iter().map(|it| &it.events);
            let all = events.all(|it| it.matches(&event, &Semantics::default()));
            assert_eq!(all, heard, "{regex}: {name}");
        }
    }
    for regex in ["EMP-[0-9]{5}", "[0-9]{12}"] {
        remark(LinkId::L04, |world| protect_by(world, regex));
    }
}

#[test]
fn l01_metric_filters_that_are_listed_prove_their_log_group_and_its_class() {
    let chain = chain_of(&world(|world| {
        world.deny("logs", "DescribeLogGroups");
    }));
    assert_eq!(path_of(&chain, CONTROL).verdict(), Verdict::Ok);
}

#[test]
fn l03_a_log_group_where_aws_documents_no_delivery_is_unknown() {
    for place in ["eu-west-1:111122223333", "us-east-1:999988887777"] {
        let chain = chain_of(&world(|world| {
            world.edit_trail(|trail| {
                trail["CloudWatchLogsLogGroupArn"] =
                    json!(format!("arn:aws:logs:{place}:log-group:{LOG_GROUP}:*"));
            });
        }));
        assert_eq!(chain.sound_paths().count(), 0, "{place}");
        let said = links_of(&chain, LinkId::L03);
        assert!(
            said.iter()
                .any(|link| link.cause.code() == "place_not_documented"),
            "{place}: {said:?}"
        );
    }
}

#[test]
fn l06_a_transformer_policy_for_another_prefix_does_not_concern_the_group() {
    let with = |criteria: &str| {
        chain_of(&world(|world| {
            world.edit_filter(CONTROL, |filter| {
                filter["applyOnTransformedLogs"] = json!(true)
            });
            world.fail("logs", "GetTransformer", 400, "ResourceNotFoundException");
            world.edit("logs", "DescribeAccountPolicies", |output| {
                output["accountPolicies"] = json!([{
                    "policyName": "own", "policyType": "TRANSFORMER_POLICY", "scope": "ALL",
                    "selectionCriteria": criteria,
                    "policyDocument": "[{\"parseToOCSF\": {\"eventSource\": \"CloudTrail\"}}]",
                }]);
            });
        }))
    };
    let other = with("LogGroupNamePrefix IN [\"/aws/lambda\"]");
    assert!(path_of(&other, CONTROL).verdict().is_sound());
    let ours = with(&format!("LogGroupNamePrefix IN [\"{}\"]", &LOG_GROUP[..5]));
    assert_eq!(path_of(&ours, CONTROL).verdict(), Verdict::Unknown);
}

#[test]
fn l05_key_of_the_log_group_is_disabled() {
    fault(LinkId::L05, Verdict::Weak, |world| {
        let key = format!("arn:aws:kms:{HOME}:{ACCOUNT}:key/1");
        edit_group(world, |group| group["kmsKeyId"] = json!(key));
        world.answer(
            "kms",
            "DescribeKey",
            json!({"KeyId": key}),
            json!({"KeyMetadata": {"KeyId": "1", "Arn": key, "KeyState": "Disabled", "KeyManager": "CUSTOMER"}}),
        );
    });
}

/// Parses the records and deletes a key of theirs.
fn delete(world: &mut World, key: &str) {
    let processors = json!([{"parseJSON": {}}, {"deleteKeys": {"withKeys": [key]}}]);
    world.edit("logs", "GetTransformer", |output| {
        *output = json!({"logGroupIdentifier": LOG_GROUP, "transformerConfig": processors.clone()});
    });
}

fn transform(world: &mut World) {
    delete(world, "eventName");
}

#[test]
fn l06_filter_sees_transformed_records() {
    let on_transformed = |world: &mut World| {
        world.edit_filters(|filter| filter["applyOnTransformedLogs"] = json!(true));
    };
    fault(LinkId::L06, Verdict::Unknown, |world| {
        on_transformed(world);
        transform(world);
    });
    let link = fault(LinkId::L06, Verdict::Unknown, |world| {
        on_transformed(world);
        world.deny("logs", "GetTransformer");
    });
    assert!(
        sentence(&link.cause).contains("logs:GetTransformer"),
        "{}",
        sentence(&link.cause)
    );
    fault(LinkId::L06, Verdict::Weak, |world| {
        on_transformed(world);
        delete(world, "requestParameters");
    });
    remark(LinkId::L06, on_transformed);
    let raw = chain_of(&world(transform));
    assert_eq!(
        path_of(&raw, CONTROL).verdict(),
        Verdict::Ok,
        "a filter on the raw records does not care"
    );
}

#[test]
fn l06_the_accounts_transformer_counts_too() {
    fault(LinkId::L06, Verdict::Unknown, |world| {
        world.edit_filters(|filter| filter["applyOnTransformedLogs"] = json!(true));
        for answer in world.answers_to("logs", "DescribeAccountPolicies") {
            if answer.request["policyType"] == "TRANSFORMER_POLICY" {
                answer.output = Ok(json!({"accountPolicies": [{
                    "policyName": "all", "policyType": "TRANSFORMER_POLICY",
                    "policyDocument": r#"[{"parseJSON": {}}, {"renameKeys": {"entries": [{"key": "eventName", "renameTo": "name"}]}}]"#,
                    "accountId": ACCOUNT, "scope": "ALL",
                }]}));
            }
        }
    });
}

#[test]
fn l07_metric_extraction_policy_is_no_fault() {
    remark(LinkId::L07, |world| {
        world.answer(
            "logs",
            "DescribeAccountPolicies",
            json!({"policyType": "METRIC_EXTRACTION_POLICY"}),
            json!({"accountPolicies": [{
                "policyName": "metrics", "policyType": "METRIC_EXTRACTION_POLICY", "policyDocument": "{}",
                "accountId": ACCOUNT, "scope": "ALL",
            }]}),
        );
    });
}

#[test]
fn l08_retention_changes_nothing() {
    let chain = chain_of(&world(|world| {
        edit_group(world, |group| group["retentionInDays"] = json!(1))
    }));
    assert_eq!(path_of(&chain, CONTROL).verdict(), Verdict::Ok);
}
