//! What a rule tells: targets, topics with their policies and keys, subscriptions with their filters.

use super::*;

#[test]
fn e12_rule_without_a_target() {
    let world = by_rule(|world| {
        world.edit("events", "ListTargetsByRule", |output| {
            output["Targets"] = json!([])
        });
    });
    broken_by(LinkId::E12, &world);
    let denied = by_rule(|world| {
        world.deny("events", "ListTargetsByRule");
    });
    open_by(LinkId::E12, &denied, CONTROL);
}

#[test]
fn e13_topic_policy_without_event_bridge() {
    for principal in [
        json!({"Service": "cloudwatch.amazonaws.com"}),
        json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}),
    ] {
        let world = by_rule(|world| {
            topic_policy(
                world,
                &json!([{"Effect": "Allow", "Principal": principal, "Action": "sns:Publish", "Resource": "*"}]),
            );
        });
        let finding = broken_by(LinkId::E13, &world);
        assert!(
            reason(&finding).contains("EventBridge"),
            "{}",
            reason(&finding)
        );
    }
    // The policy that SNS gives a topic by itself.
    let world = by_rule(|world| {
        topic_policy(
            world,
            &json!([{"Sid": "__default_statement_ID", "Effect": "Allow", "Principal": {"AWS": "*"},
            "Action": ["SNS:Publish"], "Resource": "*", "Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}}]),
        );
    });
    let finding = finding_of(&world, CONTROL);
    assert_ne!(finding.status, Status::Pass, "{}", reason(&finding));
}

#[test]
fn e14_topic_policy_with_a_condition() {
    let world = by_rule(|world| {
        topic_policy(
            world,
            &json!([{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish",
            "Resource": "*", "Condition": {"ArnLike": {"aws:SourceArn": format!("arn:aws:events:*:{ACCOUNT}:rule/*")}}}]),
        );
    });
    let finding = open_by(LinkId::E14, &world, CONTROL);
    assert!(
        reason(&finding).contains("aws:SourceArn"),
        "{}",
        reason(&finding)
    );
}

/// A topic that is encrypted with a key of this policy.
fn encrypted(statements: &Value) -> impl Fn(&mut World) + use<> {
    let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    move |world: &mut World| {
        for region in REGIONS {
            let key =
                format!("arn:aws:kms:{region}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555");
            for answer in world.answers_to("sns", "GetTopicAttributes") {
                if answer.region == region {
                    answer.output.as_mut().expect("an answer")["Attributes"]["KmsMasterKeyId"] =
                        json!(key);
                }
            }
            world.answer_of(ACCOUNT, region, ("kms", "DescribeKey"), json!({"KeyId": key}),
                json!({"KeyMetadata": {"KeyId": "11111111-2222-3333-4444-555555555555", "Arn": key, "KeyState": "Enabled",
                    "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"}}));
            world.answer_of(
                ACCOUNT,
                region,
                ("kms", "GetKeyPolicy"),
                json!({"KeyId": key, "PolicyName": "default"}),
                json!({"Policy": policy, "PolicyName": "default"}),
            );
        }
    }
}

#[test]
fn e15_key_policy() {
    let allow = |service: &str, condition: Option<Value>| {
        let mut statement = json!({"Effect": "Allow", "Principal": {"Service": service},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*"});
        if let Some(condition) = condition {
            statement["Condition"] = condition;
        }
        json!([statement])
    };
    passes(
        &by_rule(encrypted(&allow("events.amazonaws.com", None))),
        CONTROL,
    );
    broken_by(
        LinkId::E15,
        &by_rule(encrypted(&allow("cloudwatch.amazonaws.com", None))),
    );
    let source = json!({"StringEquals": {"aws:SourceAccount": ACCOUNT}});
    broken_by(
        LinkId::E15,
        &by_rule(encrypted(&allow("events.amazonaws.com", Some(source)))),
    );
    let managed = by_rule(|world| {
        for answer in world.answers_to("sns", "GetTopicAttributes") {
            answer.output.as_mut().expect("an answer")["Attributes"]["KmsMasterKeyId"] =
                json!("alias/aws/sns");
        }
    });
    broken_by(LinkId::E15, &managed);
}

#[test]
fn e16_topic_in_another_region() {
    let world = by_rule(|world| {
        targets(world, |_, target| {
            target["Arn"] = json!(topic_in("us-east-1"))
        })
    });
    let finding = finding_of(&world, CONTROL);
    assert_eq!(
        (finding.status, finding.broken_link),
        (Status::Fail, Some(LinkId::E16)),
        "{}",
        reason(&finding)
    );
}

#[test]
fn e17_topic_of_another_account() {
    let foreign = |region: &str| format!("arn:aws:sns:{region}:{MEMBER}:{RULE_TOPIC}");
    let world = by_rule(|world| {
        targets(world, |region, target| {
            target["Arn"] = json!(foreign(region))
        })
    });
    broken_by(LinkId::E17, &world);
}

#[test]
fn n07_fifo_topic_as_a_target() {
    let world = by_rule(|world| {
        for answer in world.answers_to("sns", "GetTopicAttributes") {
            answer.output.as_mut().expect("an answer")["Attributes"]["FifoTopic"] = json!("true");
        }
    });
    broken_by(LinkId::N07, &world);
}

#[test]
fn e18_role_on_a_topic() {
    let role = format!("arn:aws:iam::{ACCOUNT}:role/publisher");
    let world = by_rule(|world| targets(world, |_, target| target["RoleArn"] = json!(role)));
    open_by(LinkId::E18, &world, CONTROL);
}

#[test]
fn e19_filter_policy_on_attributes() {
    let world =
        by_rule(|world| filter_policy(world, "MessageAttributes", &json!({"severity": ["high"]})));
    broken_by(LinkId::E19, &world);
}

#[test]
fn e20_filter_policy_on_the_event() {
    let of = |policy: Value| by_rule(|world| filter_policy(world, "MessageBody", &policy));
    passes(&of(json!({"source": ["aws.cloudtrail"]})), CONTROL);
    let finding = broken_by(
        LinkId::E20,
        &of(json!({"detail": {"eventName": ["StopLogging"]}})),
    );
    assert_ne!(
        finding.witness.expect("a witness")["eventName"],
        "StopLogging"
    );
    open_by(
        LinkId::E20,
        &of(json!({"detail": {"eventName": [{"equals-ignore-case": "stoplogging"}]}})),
        CONTROL,
    );
    // A constant message is held against it once and for all.
    let constant = |input: &str| {
        by_rule(|world| {
            filter_policy(world, "MessageBody", &json!({"kind": ["alert"]}));
            targets(world, |_, target| target["Input"] = json!(input));
        })
    };
    passes(&constant(r#"{"kind":"alert"}"#), CONTROL);
    broken_by(LinkId::E20, &constant(r#"{"kind":"news"}"#));
}

#[test]
fn e21_text_under_a_filter_policy_on_the_body() {
    let world = by_rule(|world| {
        filter_policy(world, "MessageBody", &json!({"source": ["aws.cloudtrail"]}));
        targets(world, |_, target| {
            target["InputTransformer"] = json!({"InputPathsMap": {"who": "$.detail.userIdentity.arn"}, "InputTemplate": "\"<who> did it\""});
        });
    });
    broken_by(LinkId::E21, &world);
    // Without a filter policy it does not matter what the message looks like.
    let world = by_rule(|world| {
        targets(world, |_, target| {
            target["InputTransformer"] = json!({"InputTemplate": "\"something happened\""})
        });
    });
    passes(&world, CONTROL);
}

#[test]
fn e22_machines() {
    let to = |service: &str, resource: &str| {
        by_rule(|world| {
            targets(world, |region, target| {
                target["Arn"] = json!(format!("arn:aws:{service}:{region}:{ACCOUNT}:{resource}"));
            });
        })
    };
    let finding = passes(&to("lambda", "function:notify"), CONTROL);
    assert!(
        finding
            .notes
            .iter()
            .any(|note| note.link == Some(LinkId::E22))
    );
    open_by(
        LinkId::E22,
        &to("logs", "log-group:/aws/events/all"),
        CONTROL,
    );
}

#[test]
fn a_function_at_the_end_of_a_rule_is_not_called_a_topic() {
    let world = by_rule(|world| {
        targets(world, |region, target| {
            target["Arn"] = json!(format!("arn:aws:lambda:{region}:{ACCOUNT}:function:notify"));
        });
    });
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("rules.trailproof");
    world.write_snapshot(&snapshot);
    let output = crate::support::trailproof()
        .arg("explain")
        .arg(&snapshot)
        .args([CONTROL, "--full"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("target function:notify"), "{text}");
    assert!(!text.contains("topic function"), "{text}");
}

#[test]
fn what_policies_refuse_to_eventbridge_was_counted_against_a_target_with_a_role() {
    // Whether the role publishes, and so whether EventBridge has to be let, is what three texts of AWS disagree about.
    let role = format!("arn:aws:iam::{ACCOUNT}:role/publisher");
    let world = by_rule(|world| {
        targets(world, |_, target| target["RoleArn"] = json!(role));
        let only = json!({"Service": "cloudwatch.amazonaws.com"});
        topic_policy(
            world,
            &json!([{"Effect": "Allow", "Principal": only, "Action": "sns:Publish", "Resource": "*"}]),
        );
    });
    open_by(LinkId::E18, &world, CONTROL);
}

#[test]
fn a_filter_policy_on_attributes_that_must_be_absent_was_left_open() {
    let absent = json!({"severity": [{"exists": false}]});
    let world = by_rule(|world| filter_policy(world, "MessageAttributes", &absent));
    broken_by(LinkId::E19, &world);
}
