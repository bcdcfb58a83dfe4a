//! Accounts that EventBridge rules watch, family by family: what is reasoned from AWS's documentation, held against the
//! verdict. A wrong pass is what they look for.

mod places;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use trailproof::analyze::Status::{self, Fail, Pass, Unknown};
use trailproof::chain::verdict::LinkId;
use trailproof::report::words::reason;

use super::super::support::trailproof;
use super::super::support::world::{ACCOUNT, REGIONS, Rule, SEVENTEEN, World};
use super::finding;

const NEWEST: &str = "cis-aws";
const CONTROL: &str = "cloudtrail_changes";
const NAMES: [&str; 5] = [
    "CreateTrail",
    "UpdateTrail",
    "DeleteTrail",
    "StartLogging",
    "StopLogging",
];

/// A change of a pattern, and a rule of some form that is made from a word.
type Edit = fn(&mut Value);
type Shape = fn(&str) -> String;

fn pattern(change: impl FnOnce(&mut Value)) -> Value {
    let mut pattern = json!({"source": ["aws.cloudtrail"], "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {"eventSource": ["cloudtrail.amazonaws.com"], "eventName": NAMES}});
    change(&mut pattern);
    pattern
}

fn ruled(rules: &[Rule]) -> World {
    World::watched_by_rules(&REGIONS, &REGIONS, rules)
}

fn with(change: impl FnOnce(&mut Value)) -> World {
    ruled(&[Rule::of("watch", pattern(change))])
}

fn edited(edit: impl FnOnce(&mut World)) -> World {
    let mut world = with(|_| {});
    edit(&mut world);
    world
}

#[track_caller]
fn is(what: &str, world: &World, control: &str, status: Status, link: Option<LinkId>) {
    let found = finding(world, NEWEST, control);
    assert_eq!(
        (found.status, found.broken_link),
        (status, link),
        "{what}: {}",
        reason(&found)
    );
}

/// The trail has no log group and so a path that ends at once: it is no filter that would cover the benchmark's text.
#[test]
fn the_form_that_a_rule_covers_most_of_is_reported_where_the_trail_has_no_log_group() {
    let some = ["DeleteRolePolicy", "PutRolePolicy", "CreatePolicy"];
    let rule = json!({"detail-type": ["AWS API Call via CloudTrail"],
        "detail": {"eventSource": ["iam.amazonaws.com"], "eventName": some}});
    let found = finding(
        &ruled(&[Rule::of("watch", rule)]),
        NEWEST,
        "iam_policy_changes",
    );
    let witness = found.witness.as_ref().expect("a witness");
    assert_eq!(
        witness["eventSource"],
        "iam.amazonaws.com",
        "{}",
        reason(&found)
    );
    let names = found.names.as_ref().expect("names");
    assert_eq!(names.covered.len(), 3, "{}", reason(&found));
    assert!(!names.missing.contains(&"CreatePolicy".to_owned()));
}

#[test]
fn rules_of_several_regions_that_carry_a_name_together_are_all_named() {
    let found = finding(&with(|_| {}), NEWEST, CONTROL);
    let names = found.names.as_ref().expect("names");
    assert!(
        names.covered.values().all(|by| by == &["watch"]),
        "{:?}",
        names.covered
    );
}

/// Options whose effect is decided deep inside reach it from the command line.
#[test]
fn options_reach_what_they_ask_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let run = |args: &[&str]| {
        let output = trailproof().args(args).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), text)
    };
    let snapshot = file("rules.trailproof");
    with(|_| {}).write_snapshot(Path::new(&snapshot));
    let control = ["--control", CONTROL];
    let narrowed =
        |options: &[&str]| run(&[&["analyze", &snapshot], &control[..], options].concat());
    assert_eq!(narrowed(&[]).0, Some(0));
    assert_eq!(narrowed(&["--paths", "alarm"]).0, Some(1));
    // Without the event model nobody knows that events of CloudTrail come from its source alone.
    assert_eq!(narrowed(&["--strict"]).0, Some(1));
    let (_, sarif) = narrowed(&[
        "--paths",
        "alarm",
        "--format",
        "sarif",
        "--sarif-file",
        "infra/cloud trail.tf",
    ]);
    assert!(sarif.contains("\"infra/cloud%20trail.tf\""), "{sarif}");
    // Masks of one key are the same; of another they are not.
    let (one, other) = (file("one.key"), file("other.key"));
    fs::write(&one, "sixteen bytes or more").unwrap();
    fs::write(&other, "sixteen other bytes or more").unwrap();
    let masked = [("1", &one), ("2", &one), ("3", &other)].map(|(name, key)| {
        let masked = file(name);
        let code = run(&["redact", &snapshot, "-o", &masked, "--secret", key]).0;
        assert_eq!(code, Some(0));
        fs::read(masked).unwrap()
    });
    assert!(masked[0] == masked[1] && masked[1] != masked[2]);
}

#[test]
fn spellings_that_match_and_those_that_do_not() {
    let other: [(&str, Edit); 16] = [
        ("source in capitals", |it| {
            it["source"] = json!(["aws.CloudTrail"])
        }),
        ("source of another service", |it| {
            it["source"] = json!(["aws.s3"])
        }),
        ("event source as source", |it| {
            it["source"] = json!(["cloudtrail.amazonaws.com"])
        }),
        ("detail type in small letters", |it| {
            it["detail-type"] = json!(["AWS API call via CloudTrail"])
        }),
        ("detail type of service events", |it| {
            it["detail-type"] = json!(["AWS Service Event via CloudTrail"])
        }),
        ("detail type of a sign-in", |it| {
            it["detail-type"] = json!(["AWS Console Sign In via CloudTrail"])
        }),
        ("the name of an action", |it| {
            it["detail"]["eventName"] = json!(NAMES.map(|name| format!("cloudtrail:{name}")))
        }),
        ("a small first letter", |it| {
            it["detail"]["eventName"] = json!([
                "createTrail",
                "updateTrail",
                "deleteTrail",
                "startLogging",
                "stopLogging"
            ])
        }),
        ("one name less", |it| {
            it["detail"]["eventName"] = json!(&NAMES[..4])
        }),
        (
            "a prefix that leaves one out",
            |it| {
                it["detail"]["eventName"] =
                    json!([{"prefix": "Create"}, {"suffix": "Logging"}, "DeleteTrail"])
            },
        ),
        ("event source without its end", |it| {
            it["detail"]["eventSource"] = json!(["cloudtrail"])
        }),
        ("names beside detail", |it| {
            it["eventName"] = it["detail"]["eventName"].take();
            it["detail"].as_object_mut().unwrap().remove("eventName");
        }),
        ("another account", |it| {
            it["account"] = json!(["999988887777"])
        }),
        ("one Region", |it| it["region"] = json!(["us-east-1"])),
        ("reads alone", |it| it["detail"]["readOnly"] = json!([true])),
        ("users alone", |it| {
            it["detail"]["userIdentity"] = json!({"type": ["IAMUser"]})
        }),
    ];
    for (what, change) in other {
        is(what, &with(change), CONTROL, Fail, Some(LinkId::E05));
    }
    let star = with(|it| it["detail"]["eventName"] = json!(["*Trail", "*Logging"]));
    assert_eq!(finding(&star, NEWEST, CONTROL).status, Fail);
    let same: [(&str, Edit); 9] = [
        ("no source", |it| {
            it.as_object_mut().unwrap().remove("source");
        }),
        ("no detail type", |it| {
            it.as_object_mut().unwrap().remove("detail-type");
        }),
        ("whatever the case", |it| {
            let folded = NAMES.map(|name| json!({"equals-ignore-case": name.to_lowercase()}));
            it["detail"]["eventName"] = json!(folded);
        }),
        ("wildcards", |it| {
            it["detail"]["eventName"] = json!([{"wildcard": "*Trail"}, {"wildcard": "*Logging"}])
        }),
        ("writes alone", |it| {
            it["detail"]["readOnly"] = json!([false])
        }),
        ("this account", |it| it["account"] = json!([ACCOUNT])),
        (
            "anything but reads",
            |it| {
                it["detail"]["eventName"] =
                    json!([{"anything-but": {"prefix": ["Get", "List", "Describe", "Lookup"]}}])
            },
        ),
        ("one of two", |it| {
            let detail = it["detail"].take();
            it["$or"] = json!([{"detail": detail}, {"detail": {"eventName": ["RunInstances"]}}]);
            it.as_object_mut().unwrap().remove("detail");
        }),
        ("dotted names", |it| {
            it["detail.eventName"] = it["detail"]["eventName"].take();
            it["detail"].as_object_mut().unwrap().remove("eventName");
        }),
    ];
    for (what, change) in same {
        is(what, &with(change), CONTROL, Pass, None);
    }
}

#[test]
fn states_and_reads() {
    let any = || json!({"detail": {"errorCode": [{"prefix": "AccessDenied"}, {"suffix": "UnauthorizedOperation"}]}});
    let root = || json!({"detail": {"userIdentity": {"type": ["Root"]}}});
    let state = |pattern: Value, state: &str| ruled(&[Rule::of("watch", pattern).in_state(state)]);
    const ALL: &str = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";
    for (what, pattern, control) in [
        ("denied calls", any(), "unauthorized_api_calls"),
        ("root", root(), "root_usage"),
    ] {
        let enabled = state(pattern.clone(), "ENABLED");
        is(what, &enabled, control, Fail, Some(LinkId::E03));
        is(what, &state(pattern.clone(), ALL), control, Pass, None);
        is(
            what,
            &state(pattern, "DISABLED"),
            control,
            Fail,
            Some(LinkId::E02),
        );
    }
    // Writes reach a rule in either state.
    is(
        "writes",
        &state(pattern(|_| {}), "ENABLED"),
        CONTROL,
        Pass,
        None,
    );
    // A rule for writes beside one for reads that is disabled: the reads are lost.
    let both = ruled(&[
        Rule::of("writes", root()).in_state("ENABLED"),
        Rule::of("reads", root()).in_state("DISABLED"),
    ]);
    assert_eq!(finding(&both, NEWEST, "root_usage").status, Fail);
}

/// The topic policies of every Region.
fn policy(statement: impl Fn(&str) -> Value) -> World {
    edited(|world| {
        for region in REGIONS {
            let topic = format!("arn:aws:sns:{region}:{ACCOUNT}:events");
            let policy =
                json!({"Version": "2012-10-17", "Statement": statement(&topic)}).to_string();
            for answer in world.answers_to("sns", "GetTopicAttributes") {
                if answer.region == region {
                    answer.output.as_mut().unwrap()["Attributes"]["Policy"] = json!(policy);
                }
            }
        }
    })
}

#[test]
fn topic_policies() {
    let allow = |change: &dyn Fn(&mut Value)| {
        policy(|topic| {
            let mut statement = json!({"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sns:Publish", "Resource": topic});
            change(&mut statement);
            json!([statement])
        })
    };
    let condition = |operator: &'static str, key: &'static str, value: String| {
        allow(&move |it: &mut Value| it["Condition"] = json!({operator: {key: value}}))
    };
    let rule = |account: &str| format!("arn:aws:events:*:{account}:rule/*");
    let rows: Vec<(&str, World, Status, Option<LinkId>)> = vec![
        ("plain", allow(&|_| {}), Pass, None),
        (
            "everybody",
            allow(&|it| it["Principal"] = json!("*")),
            Pass,
            None,
        ),
        (
            "everybody as AWS",
            allow(&|it| it["Principal"] = json!({"AWS": "*"})),
            Pass,
            None,
        ),
        (
            "several",
            allow(&|it| {
                it["Principal"] =
                    json!({"Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]});
                it["Action"] = json!(["SNS:Publish", "SNS:Subscribe"]);
            }),
            Pass,
            None,
        ),
        (
            "every action",
            allow(&|it| it["Action"] = json!("SNS:*")),
            Pass,
            None,
        ),
        (
            "CloudWatch alone",
            allow(&|it| it["Principal"] = json!({"Service": "cloudwatch.amazonaws.com"})),
            Fail,
            Some(LinkId::E13),
        ),
        (
            "the account",
            allow(&|it| it["Principal"] = json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")})),
            Fail,
            Some(LinkId::E13),
        ),
        (
            "another topic",
            allow(&|it| it["Resource"] = json!(format!("arn:aws:sns:us-east-1:{ACCOUNT}:other"))),
            Fail,
            Some(LinkId::E13),
        ),
        (
            "another action",
            allow(&|it| it["Action"] = json!("sns:Subscribe")),
            Fail,
            Some(LinkId::E13),
        ),
        (
            "refused",
            policy(|topic| {
                json!([
                    {"Effect": "Allow", "Principal": "*", "Action": "sns:*", "Resource": topic},
                    {"Effect": "Deny", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish", "Resource": topic},
                ])
            }),
            Fail,
            Some(LinkId::E13),
        ),
        (
            "our rules",
            condition("ArnLike", "aws:SourceArn", rule(ACCOUNT)),
            Unknown,
            Some(LinkId::E14),
        ),
        (
            "our account",
            condition("StringEquals", "aws:SourceAccount", ACCOUNT.to_owned()),
            Unknown,
            Some(LinkId::E14),
        ),
        // Whether EventBridge says whose rule it is or not: of another account's it is not.
        (
            "rules of another account",
            condition("ArnLike", "aws:SourceArn", rule("999988887777")),
            Fail,
            Some(LinkId::E13),
        ),
        (
            "another account",
            condition(
                "StringEquals",
                "aws:SourceAccount",
                "999988887777".to_owned(),
            ),
            Fail,
            Some(LinkId::E13),
        ),
        (
            "not another account",
            condition(
                "StringNotEquals",
                "aws:SourceAccount",
                "999988887777".to_owned(),
            ),
            Pass,
            None,
        ),
        (
            "our account if it is said",
            condition(
                "StringEqualsIfExists",
                "aws:SourceAccount",
                ACCOUNT.to_owned(),
            ),
            Pass,
            None,
        ),
        (
            "an organization",
            condition(
                "StringEquals",
                "aws:PrincipalOrgID",
                "o-exampleorgid".to_owned(),
            ),
            Fail,
            Some(LinkId::E13),
        ),
        (
            "what SNS gives a topic",
            allow(&|it| {
                it["Principal"] = json!({"AWS": "*"});
                it["Condition"] = json!({"StringEquals": {"AWS:SourceOwner": ACCOUNT}});
            }),
            Fail,
            Some(LinkId::E13),
        ),
    ];
    for (what, world, status, link) in rows {
        is(what, &world, CONTROL, status, link);
    }
}

#[test]
fn targets() {
    let to = |arn: fn(&str) -> String| {
        edited(|world| {
            for answer in world.answers_to("events", "ListTargetsByRule") {
                let arn = arn(&answer.region);
                answer.output = Ok(json!({"Targets": [{"Id": "one", "Arn": arn}]}));
            }
        })
    };
    let machines: [(&str, Shape); 4] = [
        ("lambda", |region| {
            format!("arn:aws:lambda:{region}:{ACCOUNT}:function:notify")
        }),
        ("sqs", |region| {
            format!("arn:aws:sqs:{region}:{ACCOUNT}:alerts")
        }),
        ("states", |region| {
            format!("arn:aws:states:{region}:{ACCOUNT}:stateMachine:notify")
        }),
        ("another system", |region| {
            format!("arn:aws:events:{region}:{ACCOUNT}:api-destination/pager/1")
        }),
    ];
    for (what, arn) in machines {
        let found = finding(&to(arn), NEWEST, CONTROL);
        assert_eq!(found.status, Pass, "{what}");
        assert!(
            found
                .notes
                .iter()
                .any(|note| note.link == Some(LinkId::E22)),
            "{what}"
        );
    }
    let others: [(&str, Shape); 6] = [
        ("logs", |region| {
            format!("arn:aws:logs:{region}:{ACCOUNT}:log-group:/aws/events/all")
        }),
        ("kinesis", |region| {
            format!("arn:aws:kinesis:{region}:{ACCOUNT}:stream/events")
        }),
        ("an instance", |region| {
            format!("arn:aws:events:{region}:{ACCOUNT}:target/stop-instance")
        }),
        ("a build", |region| {
            format!("arn:aws:codebuild:{region}:{ACCOUNT}:project/one")
        }),
        ("a task", |region| {
            format!("arn:aws:ecs:{region}:{ACCOUNT}:cluster/one")
        }),
        ("a document", |region| {
            format!("arn:aws:ssm:{region}:{ACCOUNT}:automation-definition/one:1")
        }),
    ];
    for (what, arn) in others {
        is(what, &to(arn), CONTROL, Unknown, Some(LinkId::E22));
    }
    // The second target tells somebody where the first does not.
    let second = edited(|world| {
        for answer in world.answers_to("events", "ListTargetsByRule") {
            let region = answer.region.clone();
            let topic = |name: &str| format!("arn:aws:sns:{region}:{ACCOUNT}:{name}");
            answer.output = Ok(json!({"Targets": [
                {"Id": "gone", "Arn": "arn:aws:sns:us-gov-west-1:111122223333:gone"}, {"Id": "topic", "Arn": topic("events")}]}));
        }
    });
    is("the second", &second, CONTROL, Pass, None);
}

#[test]
fn inputs_change_what_is_read_and_not_who_is_told() {
    let inputs = [
        json!({"Input": "{\"alert\":\"trail changed\"}"}),
        json!({"Input": "\"trail changed\""}),
        json!({"InputPath": "$.detail"}),
        json!({"InputTransformer": {"InputPathsMap": {"name": "$.detail.eventName"}, "InputTemplate": "\"<name> was called\""}}),
        json!({"InputTransformer": {"InputPathsMap": {"name": "$.detail.eventName"}, "InputTemplate": "{\"name\": <name>}"}}),
    ];
    for input in inputs {
        let world = edited(|world| {
            for answer in world.answers_to("events", "ListTargetsByRule") {
                let targets = answer.output.as_mut().unwrap()["Targets"]
                    .as_array_mut()
                    .unwrap();
                for target in targets {
                    for (name, value) in input.as_object().unwrap() {
                        target[name.as_str()] = value.clone();
                    }
                }
            }
        });
        is(&input.to_string(), &world, CONTROL, Pass, None);
    }
}
