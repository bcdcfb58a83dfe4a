//! Accounts that EventBridge rules watch, family by family: what is reasoned from AWS's documentation, held against the
//! verdict. A wrong pass is what they look for.

use serde_json::{Value, json};
use trailproof::analyze::Status::{self, Fail, Pass, Unknown};
use trailproof::chain::verdict::LinkId;
use trailproof::report::words::reason;

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

#[test]
fn subscriptions_behind_a_rule() {
    let subscribed = |subscriptions: fn(&str) -> Value| {
        edited(|world| {
            for answer in world.answers_to("sns", "ListSubscriptionsByTopic") {
                let topic = answer.request["TopicArn"].as_str().unwrap().to_owned();
                answer.output = Ok(json!({"Subscriptions": subscriptions(&topic)}));
            }
        })
    };
    is(
        "none",
        &subscribed(|_| json!([])),
        CONTROL,
        Fail,
        Some(LinkId::U01),
    );
    let pending = subscribed(|topic| {
        json!([{"SubscriptionArn": "PendingConfirmation", "Owner": ACCOUNT, "Protocol": "email",
            "Endpoint": "security@example.com", "TopicArn": topic}])
    });
    is("pending", &pending, CONTROL, Fail, Some(LinkId::U02));
}

#[test]
fn trails_in_front_of_a_rule() {
    let kms = || json!({"source": ["aws.kms"], "detail": {"eventName": ["DisableKey", "ScheduleKeyDeletion"]}});
    let trail = |pattern: Value, edit: fn(&mut World)| {
        let mut world = ruled(&[Rule::of("watch", pattern)]);
        edit(&mut world);
        world
    };
    let reads = trail(pattern(|_| {}), |world| {
        world.selectors(
            "EventSelectors",
            json!([{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": true}]),
        );
    });
    is("reads alone", &reads, CONTROL, Fail, Some(LinkId::S02));
    let writes = trail(pattern(|_| {}), |world| {
        world.selectors(
            "EventSelectors",
            json!([{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": true}]),
        );
    });
    is("writes alone", &writes, CONTROL, Pass, None);
    let without_kms = trail(kms(), |world| {
        world.selectors(
            "EventSelectors",
            json!([{"ReadWriteType": "All", "IncludeManagementEvents": true,
            "ExcludeManagementEventSources": ["kms.amazonaws.com"]}]),
        );
    });
    is(
        "without KMS",
        &without_kms,
        "cmk_disable_or_delete",
        Fail,
        Some(LinkId::S04),
    );
    let data = trail(pattern(|_| {}), |world| {
        world.selectors(
            "AdvancedEventSelectors",
            json!([{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}]}]),
        );
    });
    is("data events alone", &data, CONTROL, Fail, Some(LinkId::S06));
    let stopped = trail(pattern(|_| {}), |world| {
        world.edit("cloudtrail", "GetTrailStatus", |status| {
            status["IsLogging"] = json!(false)
        });
    });
    is("stopped", &stopped, CONTROL, Fail, Some(LinkId::T01));
    let one_region = trail(pattern(|_| {}), |world| {
        world.single_region(true);
    });
    is(
        "a trail of one Region",
        &one_region,
        CONTROL,
        Fail,
        Some(LinkId::T07),
    );
    // The log group and its delivery have nothing to do with it.
    let no_delivery = trail(pattern(|_| {}), |world| {
        world.edit("cloudtrail", "GetTrailStatus", |status| {
            status["LatestCloudWatchLogsDeliveryError"] = json!("AccessDenied");
        });
    });
    is(
        "no delivery to a log group",
        &no_delivery,
        CONTROL,
        Pass,
        None,
    );
}

#[test]
fn rules_prove_nothing_where_the_account_did_not_tell_its_regions() {
    let denied = edited(|world| {
        world.deny("account", "ListRegions");
    });
    let found = finding(&denied, NEWEST, CONTROL);
    assert_ne!(found.status, Pass, "{}", reason(&found));
    // In every Region that an account always has: there may be others.
    let mut world = World::watched_by_rules(
        &SEVENTEEN,
        &SEVENTEEN,
        &[Rule::of("watch", pattern(|_| {}))],
    );
    is("all Regions", &world, CONTROL, Pass, None);
    world.deny("account", "ListRegions");
    is(
        "those that are known",
        &world,
        CONTROL,
        Unknown,
        Some(LinkId::T07),
    );
    // An alarm on the trail of all Regions does not care.
    let mut alarms = World::complete();
    alarms.deny("account", "ListRegions");
    is("an alarm", &alarms, CONTROL, Pass, None);
}

#[test]
fn one_region_that_could_not_be_listed_leaves_it_open() {
    let world = edited(|world| {
        for answer in world.answers_to("events", "ListRules") {
            if answer.region == "eu-west-1" {
                answer.output = Err(super::super::support::world::ApiError {
                    status: 400,
                    code: "AccessDeniedException".to_owned(),
                    message: "no".to_owned(),
                });
            }
        }
    });
    is(
        "denied in one Region",
        &world,
        CONTROL,
        Unknown,
        Some(LinkId::E02),
    );
}

#[test]
fn rules_fill_each_others_gaps() {
    let of = |names: &[&str]| json!({"detail": {"eventName": names}});
    let both = ruled(&[
        Rule::of("one", of(&NAMES[..3])),
        Rule::of("two", of(&NAMES[3..])),
    ]);
    is("two rules", &both, CONTROL, Pass, None);
    let gap = ruled(&[
        Rule::of("one", of(&NAMES[..2])),
        Rule::of("two", of(&NAMES[3..])),
    ]);
    let found = finding(&gap, NEWEST, CONTROL);
    assert_eq!(found.status, Fail);
    assert_eq!(found.witness.unwrap()["eventName"], "DeleteTrail");
}

#[test]
fn one_hop_across_regions() {
    let central = |role: Option<&str>| {
        let mut world = World::watched_by_rules(
            &REGIONS,
            &["us-east-1"],
            &[Rule::of("watch", pattern(|_| {}))],
        );
        for region in REGIONS.into_iter().filter(|region| *region != "us-east-1") {
            let rule = json!({"Name": "central", "Arn": format!("arn:aws:events:{region}:{ACCOUNT}:rule/central"),
                "EventPattern": "{\"source\":[{\"prefix\":\"aws.\"}]}", "EventBusName": "default",
                "State": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"});
            for answer in world.answers_to("events", "ListRules") {
                if answer.region == region {
                    answer.output = Ok(json!({"Rules": [rule.clone()]}));
                }
            }
            let mut target = json!({"Id": "bus", "Arn": format!("arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default")});
            if let Some(role) = role {
                target["RoleArn"] = json!(role);
            }
            world.answer_of(
                ACCOUNT,
                region,
                ("events", "ListTargetsByRule"),
                json!({"Rule": "central"}),
                json!({"Targets": [target]}),
            );
        }
        world
    };
    let role = format!("arn:aws:iam::{ACCOUNT}:role/events-to-us-east-1");
    let found = finding(&central(Some(&role)), NEWEST, CONTROL);
    assert_eq!(found.status, Pass, "{}", reason(&found));
    assert!(
        found
            .notes
            .iter()
            .any(|note| note.link == Some(LinkId::E24))
    );
    is(
        "without a role",
        &central(None),
        CONTROL,
        Unknown,
        Some(LinkId::E24),
    );
}
