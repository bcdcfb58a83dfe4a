//! E ids: EventBridge rules as a way to be told.

use super::*;
use crate::support::world::{HOME, MEMBER, RULE_TOPIC, Rule, SEVENTEEN, Site};

const EVERYWHERE: &[&str] = &REGIONS;

/// What cloudtrail_changes asks for, as a rule.
fn trail_changes() -> Value {
    json!({
        "source": ["aws.cloudtrail"],
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {
            "eventSource": ["cloudtrail.amazonaws.com"],
            "eventName": ["CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"],
        },
    })
}

fn root_usage(detail_types: &[&str]) -> Value {
    let mut pattern = json!({"detail": {"userIdentity": {"type": ["Root"]}}});
    if !detail_types.is_empty() {
        pattern["detail-type"] = json!(detail_types);
    }
    pattern
}

const CALLS: &str = "AWS API Call via CloudTrail";
const SIGN_IN: &str = "AWS Console Sign In via CloudTrail";
const SIGNIN: &str = "AWS Console Signin via CloudTrail";

/// The account that this rule watches in every Region, after an edit.
fn watched(rule: Rule, edit: impl FnOnce(&mut World)) -> World {
    let mut world = World::watched_by_rules(&REGIONS, EVERYWHERE, &[rule]);
    edit(&mut world);
    world
}

pub(super) fn by_rule(edit: impl FnOnce(&mut World)) -> World {
    watched(Rule::of("watch", trail_changes()), edit)
}

/// The finding of one control in the world's own account.
pub(super) fn finding_of(world: &World, control: &str) -> Finding {
    analyzed(world, control, &Options::default())
}

/// A custom bus of a Region that was described, encrypted or not.
pub(super) fn described_bus(world: &mut World, region: &str, bus: &str, key: Option<&str>) {
    let mut output =
        json!({"Name": bus, "Arn": format!("arn:aws:events:{region}:{ACCOUNT}:event-bus/{bus}")});
    if let Some(key) = key {
        output["KmsKeyIdentifier"] = json!(key);
    }
    let call = ("events", "DescribeEventBus");
    for answer in world.answers_to(call.0, call.1) {
        if answer.account == ACCOUNT && answer.region == region && answer.request["Name"] == bus {
            answer.output = Ok(output);
            return;
        }
    }
    world.answer_of(ACCOUNT, region, call, json!({"Name": bus}), output);
}

fn analyzed(world: &World, control: &str, options: &Options) -> Finding {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("world.db");
    world.write_snapshot(&path);
    let snapshot = Snapshot::open(&path).expect("a snapshot");
    let options = Options {
        controls: vec![control.to_owned()],
        accounts: vec![ACCOUNT.to_owned()],
        ..options.clone()
    };
    let registry = Registry::builtin().expect("a registry");
    let mut analysis = analyze::analyze(&snapshot, &registry, &options).expect("an analysis");
    analysis.findings.remove(0)
}

/// The finding fails, and this link is to blame.
#[track_caller]
pub(super) fn broken_by(id: LinkId, world: &World) -> Finding {
    let finding = finding_of(world, CONTROL);
    assert_eq!(
        (finding.status, finding.broken_link),
        (Status::Fail, Some(id)),
        "{}",
        reason(&finding)
    );
    crate::remedy::repaired(world, id, &finding);
    finding
}

#[track_caller]
pub(super) fn open_by(id: LinkId, world: &World, control: &str) -> Finding {
    let finding = finding_of(world, control);
    assert_eq!(
        (finding.status, finding.broken_link),
        (Status::Unknown, Some(id)),
        "{}",
        reason(&finding)
    );
    finding
}

#[track_caller]
pub(super) fn passes(world: &World, control: &str) -> Finding {
    let finding = finding_of(world, control);
    assert_eq!(finding.status, Status::Pass, "{}", reason(&finding));
    assert_eq!(finding.why.told_by(), Some(analyze::ToldBy::Eventbridge));
    finding
}

fn topic_in(region: &str) -> String {
    format!("arn:aws:sns:{region}:{ACCOUNT}:{RULE_TOPIC}")
}

/// The targets of the rule in every Region.
fn targets(world: &mut World, change: impl Fn(&str, &mut Value)) {
    for answer in world.answers_to("events", "ListTargetsByRule") {
        let region = answer.region.clone();
        let output = answer.output.as_mut().expect("an answer");
        for target in output["Targets"].as_array_mut().expect("a list") {
            change(&region, target);
        }
    }
}

fn topic_policy(world: &mut World, statements: &Value) {
    let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    for answer in world.answers_to("sns", "GetTopicAttributes") {
        answer.output.as_mut().expect("an answer")["Attributes"]["Policy"] = json!(policy);
    }
}

fn filter_policy(world: &mut World, scope: &str, policy: &Value) {
    for answer in world.answers_to("sns", "GetSubscriptionAttributes") {
        let attributes = &mut answer.output.as_mut().expect("an answer")["Attributes"];
        attributes["FilterPolicy"] = json!(policy.to_string());
        attributes["FilterPolicyScope"] = json!(scope);
    }
}

#[test]
fn a_rule_in_every_region_tells_people_and_the_audit_steps_are_not_met() {
    let finding = passes(&by_rule(|_| {}), CONTROL);
    let steps = finding.audit_steps.as_ref().expect("steps");
    assert!(!format!("{:?}", steps.answer).eq("Met"), "{steps:?}");
    let said = reason(&finding);
    assert!(
        said.contains("somebody is told") && said.contains("metric filter and an alarm"),
        "{said}"
    );
}

#[test]
fn paths_alarm_counts_no_rule() {
    let options = Options {
        paths: analyze::Paths::Alarm,
        ..Options::default()
    };
    let finding = analyzed(&by_rule(|_| {}), CONTROL, &options);
    assert_eq!(finding.status, Status::Fail);
    assert!(finding.why.told_by().is_none());
}

#[test]
fn alarms_that_carry_everything_are_what_is_told_by() {
    let mut world = World::complete();
    world.deploy(HOME, &[Rule::of("watch", trail_changes())]);
    let finding = finding_of(&world, CONTROL);
    assert_eq!(finding.why.told_by(), Some(analyze::ToldBy::Alarm));
}

#[test]
fn e01_no_logging_trail() {
    let world = by_rule(|world| {
        world.edit("cloudtrail", "DescribeTrails", |output| {
            output["trailList"] = json!([])
        });
    });
    let chain = chain_of(&world);
    assert!(
        links_of(&chain, LinkId::E01)
            .iter()
            .any(|link| link.verdict == Verdict::Broken)
    );
    assert_eq!(finding_of(&world, CONTROL).status, Status::Fail);
    // A trail that does not log feeds nothing either.
    let stopped = by_rule(|world| {
        world.edit("cloudtrail", "GetTrailStatus", |output| {
            output["IsLogging"] = json!(false)
        });
    });
    broken_by(LinkId::T01, &stopped);
}

#[test]
fn e01_is_open_for_a_member_of_an_organization() {
    let mut world = World::organization();
    let mut site = Site::new(MEMBER, HOME);
    site.regions.truncate(1);
    for answer in world.answers_to("events", "ListRules") {
        if answer.account == MEMBER && answer.region == HOME {
            answer.output = Ok(
                json!({"Rules": [{"Name": "watch", "Arn": format!("arn:aws:events:{HOME}:{MEMBER}:rule/watch"),
                "EventPattern": trail_changes().to_string(), "State": "ENABLED", "EventBusName": "default"}]}),
            );
        }
    }
    let chain = chain_of_account(&world, MEMBER);
    assert!(
        links_of(&chain, LinkId::E01)
            .iter()
            .any(|link| link.verdict == Verdict::Unknown)
    );
}

#[test]
fn e02_rule_disabled() {
    broken_by(
        LinkId::E02,
        &watched(
            Rule::of("watch", trail_changes()).in_state("DISABLED"),
            |_| {},
        ),
    );
    open_by(
        LinkId::E02,
        &watched(
            Rule::of("watch", trail_changes()).in_state("PAUSED"),
            |_| {},
        ),
        CONTROL,
    );
}

#[test]
fn e03_enabled_leaves_out_reads() {
    let denied = || json!({"detail": {"errorCode": [{"wildcard": "*UnauthorizedOperation"}, {"prefix": "AccessDenied"}]}});
    passes(
        &watched(Rule::of("watch", denied()), |_| {}),
        "unauthorized_api_calls",
    );
    let world = watched(Rule::of("watch", denied()).in_state("ENABLED"), |_| {});
    let finding = finding_of(&world, "unauthorized_api_calls");
    assert_eq!(
        (finding.status, finding.broken_link),
        (Status::Fail, Some(LinkId::E03)),
        "{}",
        reason(&finding)
    );
    // Names and the field agree on the events that CIS lists.
    passes(
        &watched(
            Rule::of("watch", trail_changes()).in_state("ENABLED"),
            |_| {},
        ),
        CONTROL,
    );
}

#[test]
fn e03_is_open_where_name_and_field_disagree() {
    let chain = chain_of(&watched(
        Rule::of("all", json!({"source": [{"prefix": "aws."}]})).in_state("ENABLED"),
        |_| {},
    ));
    assert!(
        links_of(&chain, LinkId::E03)
            .iter()
            .any(|link| link.verdict == Verdict::Unknown)
    );
    let chain = chain_of(&watched(
        Rule::of("watch", trail_changes()).in_state("ENABLED"),
        |_| {},
    ));
    assert!(links_of(&chain, LinkId::E03).is_empty());
}

#[test]
fn e05_pattern_that_does_not_match() {
    let mut pattern = trail_changes();
    pattern["detail"]["eventName"] =
        json!(["CreateTrail", "UpdateTrail", "StartLogging", "StopLogging"]);
    let finding = broken_by(LinkId::E05, &watched(Rule::of("watch", pattern), |_| {}));
    assert_eq!(
        finding.witness.expect("a witness")["eventName"],
        "DeleteTrail"
    );
    // A source of another service never matches.
    let mut pattern = trail_changes();
    pattern["source"] = json!(["aws.iam"]);
    broken_by(LinkId::E05, &watched(Rule::of("watch", pattern), |_| {}));
}

#[test]
fn e07_spelling_of_sign_in() {
    let both = [CALLS, SIGN_IN, SIGNIN];
    let finding = passes(
        &watched(Rule::of("root", root_usage(&both)), |_| {}),
        "root_usage",
    );
    assert!(
        finding
            .notes
            .iter()
            .all(|note| note.link != Some(LinkId::E07))
    );
    passes(
        &watched(Rule::of("root", root_usage(&[])), |_| {}),
        "root_usage",
    );
    let world = watched(Rule::of("root", root_usage(&[CALLS, SIGNIN])), |_| {});
    let finding = open_by(LinkId::E07, &world, "root_usage");
    assert!(reason(&finding).contains(SIGNIN));
    let finding = passes(
        &watched(Rule::of("root", root_usage(&[CALLS, SIGN_IN])), |_| {}),
        "root_usage",
    );
    assert!(
        finding
            .notes
            .iter()
            .any(|note| note.link == Some(LinkId::E07))
    );
    let world = watched(Rule::of("root", root_usage(&[CALLS])), |_| {});
    assert_eq!(
        finding_of(&world, "root_usage").broken_link,
        Some(LinkId::E05)
    );
}

/// Rules in some Regions.
fn in_regions(deployed: &[&str], rule: Rule) -> World {
    World::watched_by_rules(&REGIONS, deployed, &[rule])
}

#[test]
fn e08_rule_in_some_regions() {
    let world = in_regions(
        &["us-east-1", "us-west-2"],
        Rule::of("watch", trail_changes()),
    );
    let finding = broken_by(LinkId::E08, &world);
    assert_eq!(
        finding.witness.expect("a witness")["awsRegion"],
        "eu-west-1"
    );
}

#[test]
fn e09_global_events_elsewhere() {
    let pattern = json!({"source": ["aws.organizations"]});
    let world = in_regions(&["eu-west-1"], Rule::of("organization", pattern.clone()));
    let finding = finding_of(&world, "organizations_changes");
    assert_eq!(
        (finding.status, finding.broken_link),
        (Status::Fail, Some(LinkId::E09)),
        "{}",
        reason(&finding)
    );
    // The Region of global services is enough for them.
    passes(
        &in_regions(&["us-east-1"], Rule::of("organization", pattern)),
        "organizations_changes",
    );
}

#[test]
fn e10_sign_ins_elsewhere() {
    let pattern = json!({"detail": {"eventName": ["ConsoleLogin"]}});
    let world = in_regions(&["us-east-1"], Rule::of("sign-in", pattern));
    let finding = finding_of(&world, "console_auth_failures");
    assert_eq!(
        (finding.status, finding.broken_link),
        (Status::Fail, Some(LinkId::E10)),
        "{}",
        reason(&finding)
    );
}

/// Moves the rule of every Region to a bus of its own.
fn on_bus(world: &mut World, bus: &str) {
    let mut moved = Vec::new();
    for answer in world.answers_to("events", "ListRules") {
        let output = answer.output.as_mut().expect("an answer");
        let mut rules = output["Rules"].as_array().expect("a list").clone();
        for rule in &mut rules {
            rule["EventBusName"] = json!(bus);
            let arn = rule["Arn"]
                .as_str()
                .expect("an ARN")
                .replace(":rule/", &format!(":rule/{bus}/"));
            rule["Arn"] = json!(arn);
        }
        moved.push((answer.region.clone(), rules));
        output["Rules"] = json!([]);
    }
    for (region, rules) in moved {
        described_bus(world, &region, bus, None);
        world.answer_of(
            ACCOUNT,
            &region,
            ("events", "ListRules"),
            json!({"EventBusName": bus}),
            json!({"Rules": rules}),
        );
    }
    for answer in world.answers_to("events", "ListTargetsByRule") {
        answer.request["EventBusName"] = json!(bus);
    }
}

/// Adds a rule to the default bus of every Region that forwards to a bus.
fn forward(world: &mut World, pattern: &Value, to: impl Fn(&str) -> String) {
    let mut regions = Vec::new();
    for answer in world.answers_to("events", "ListRules") {
        if answer.request != json!({}) || answer.account != ACCOUNT {
            continue;
        }
        let region = answer.region.clone();
        answer.output = Ok(
            json!({"Rules": [{"Name": "forward", "Arn": format!("arn:aws:events:{region}:{ACCOUNT}:rule/forward"),
            "EventPattern": pattern.to_string(), "State": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", "EventBusName": "default"}]}),
        );
        regions.push(region);
    }
    for region in regions {
        let bus = to(&region);
        world.answer_of(
            ACCOUNT,
            &region,
            ("events", "ListTargetsByRule"),
            json!({"Rule": "forward"}),
            json!({"Targets": [{"Id": "bus", "Arn": bus}]}),
        );
    }
}

fn own_bus(region: &str) -> String {
    format!("arn:aws:events:{region}:{ACCOUNT}:event-bus/security")
}

#[test]
fn e11_custom_bus_without_forwarding() {
    broken_by(LinkId::E11, &by_rule(|world| on_bus(world, "security")));
    // Forwarded it arrives, and both patterns count.
    let everything = json!({"source": [{"prefix": "aws."}]});
    let world = by_rule(|world| {
        on_bus(world, "security");
        forward(world, &everything, own_bus);
    });
    passes(&world, CONTROL);
    let mut narrow = trail_changes();
    narrow["detail"]["eventName"] = json!(["StopLogging"]);
    let world = by_rule(|world| {
        on_bus(world, "security");
        forward(world, &narrow, own_bus);
    });
    broken_by(LinkId::E05, &world);
}

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
fn a_pattern_that_matches_no_event_is_told_why() {
    let names = || json!({"eventName": ["StopLogging", "DeleteTrail", "UpdateTrail"]});
    let slips = [
        (
            json!({"eventName": ["StopLogging", "DeleteTrail"]}),
            "beside `detail`",
        ),
        (
            json!({"detail-type": ["AWS API call via CloudTrail"], "detail": names()}),
            "not the detail type",
        ),
        (
            json!({"source": ["cloudtrail.amazonaws.com"], "detail": names()}),
            "begins with `aws.`",
        ),
        (
            json!({"detail": {"eventName": ["cloudtrail:StopLogging", "cloudtrail:DeleteTrail"]}}),
            "called `StopLogging`",
        ),
        (
            json!({"source": ["aws.s3"], "detail": {"eventSource": ["cloudtrail.amazonaws.com"], "eventName": ["StopLogging"]}}),
            "do not have the source `aws.s3`",
        ),
    ];
    for (pattern, says) in slips {
        let finding = broken_by(LinkId::E05, &watched(Rule::of("watch", pattern), |_| {}));
        let said = reason(&finding);
        assert!(
            said.contains(says) && said.contains("no event at all"),
            "{said}"
        );
    }
    let star = json!({"detail": {"eventName": ["*"], "userIdentity": {"type": ["Root"]}}});
    let finding = finding_of(&watched(Rule::of("watch", star), |_| {}), "root_usage");
    assert!(
        reason(&finding).contains("is a character"),
        "{}",
        reason(&finding)
    );
    // One alternative that matches something is enough for it not to be a slip.
    let either = json!({"$or": [{"eventName": ["StopLogging"]}, {"detail": {"eventName": ["StopLogging"]}}]});
    let finding = broken_by(LinkId::E05, &watched(Rule::of("watch", either), |_| {}));
    assert!(!reason(&finding).contains("no event at all"));
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
fn e23_forwarded_outside_of_the_snapshot() {
    let world = by_rule(|world| {
        targets(world, |region, target| {
            target["Arn"] = json!(format!(
                "arn:aws:events:{region}:999988887777:event-bus/default"
            ));
        });
    });
    open_by(LinkId::E23, &world, CONTROL);
}

#[test]
fn e24_second_hop_and_bus_policy() {
    let world = by_rule(|world| {
        on_bus(world, "security");
        forward(world, &trail_changes(), own_bus);
        targets(world, |region, target| {
            if target["Id"] == "topic" {
                target["Arn"] = json!(format!("arn:aws:events:{region}:{ACCOUNT}:event-bus/other"));
            }
        });
    });
    broken_by(LinkId::E24, &world);
    // Another account's bus: its policy decides.
    let foreign = |policy: Option<Value>| {
        by_rule(|world| {
            forward(world, &trail_changes(), |region| {
                format!("arn:aws:events:{region}:{MEMBER}:event-bus/default")
            });
            let mut copied: Vec<(String, String, Value, Value)> = Vec::new();
            for answer in &world.answers {
                let call = (answer.service.as_str(), answer.operation.as_str());
                if matches!(call, ("sns", _))
                    || (call == ("events", "ListTargetsByRule")
                        && answer.request["Rule"] == "watch")
                {
                    let moved = |value: &Value| -> Value {
                        serde_json::from_str(&value.to_string().replace(ACCOUNT, MEMBER))
                            .expect("JSON")
                    };
                    copied.push((
                        answer.region.clone(),
                        format!("{}:{}", call.0, call.1),
                        moved(&answer.request),
                        moved(answer.output.as_ref().expect("an answer")),
                    ));
                }
            }
            for region in REGIONS {
                copied.push((region.to_owned(), "events:ListRules".to_owned(), json!({}), json!({"Rules": [{
                    "Name": "watch", "Arn": format!("arn:aws:events:{region}:{MEMBER}:rule/watch"), "EventPattern": trail_changes().to_string(),
                    "State": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", "EventBusName": "default"}]})));
                let mut bus = json!({"Name": "default", "Arn": format!("arn:aws:events:{region}:{MEMBER}:event-bus/default")});
                if let Some(policy) = &policy {
                    bus["Policy"] = json!(policy.to_string());
                }
                copied.push((
                    region.to_owned(),
                    "events:DescribeEventBus".to_owned(),
                    json!({"Name": "default"}),
                    bus,
                ));
            }
            for (region, call, request, output) in copied {
                let (service, operation) = call.split_once(':').expect("a call");
                world.answer_of(MEMBER, &region, (service, operation), request, output);
            }
        })
    };
    broken_by(LinkId::E24, &foreign(None));
    let admits = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")},
        "Action": "events:PutEvents", "Resource": "*"}]});
    passes(&foreign(Some(admits.clone())), CONTROL);
    let mut conditional = admits;
    conditional["Statement"][0]["Condition"] =
        json!({"StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}});
    open_by(LinkId::E24, &foreign(Some(conditional)), CONTROL);
}

#[test]
fn e25_pattern_that_cannot_be_read() {
    let world = by_rule(|world| {
        for answer in world.answers_to("events", "ListRules") {
            let output = answer.output.as_mut().expect("an answer");
            output["Rules"][0]["EventPattern"] =
                json!(r#"{"detail":{"eventName":[{"matches":"Stop.*"}]}}"#);
        }
    });
    open_by(LinkId::E25, &world, CONTROL);
}

#[test]
fn e27_user_notifications() {
    let world = by_rule(|world| {
        for answer in world.answers_to("events", "ListRules") {
            answer.output.as_mut().expect("an answer")["Rules"][0]["ManagedBy"] =
                json!("notifications.amazonaws.com");
        }
    });
    open_by(LinkId::E27, &world, CONTROL);
}

#[test]
fn rules_that_could_not_be_listed_leave_it_open_and_rules_that_were_never_asked_for_say_nothing() {
    let bare = || World::watched_by_rules(&REGIONS, &[], &[]);
    let mut denied = bare();
    denied.deny("events", "ListRules");
    let finding = finding_of(&denied, CONTROL);
    assert_eq!(finding.status, Status::Unknown, "{}", reason(&finding));
    assert!(
        reason(&finding).contains("an EventBridge rule may be there"),
        "{}",
        reason(&finding)
    );
    let mut old = bare();
    for operation in ["ListRules", "ListEventBuses", "DescribeEventBus"] {
        old.forget("events", operation);
    }
    assert_eq!(finding_of(&old, CONTROL).status, Status::Fail);
}

#[test]
fn an_account_watched_by_rules_in_seventeen_regions_passes_and_fails_with_the_one_that_is_missing()
{
    let rules = [
        Rule::of("watch", trail_changes()),
        Rule::of("root", root_usage(&[CALLS, SIGN_IN, SIGNIN])),
    ];
    let whole = World::watched_by_rules(&SEVENTEEN, &SEVENTEEN, &rules);
    passes(&whole, CONTROL);
    passes(&whole, "root_usage");
    let deployed: Vec<&str> = SEVENTEEN
        .into_iter()
        .filter(|region| *region != "ap-northeast-3")
        .collect();
    let world = World::watched_by_rules(&SEVENTEEN, &deployed, &rules);
    let finding = broken_by(LinkId::E08, &world);
    assert_eq!(
        finding.witness.expect("a witness")["awsRegion"],
        "ap-northeast-3"
    );
}
