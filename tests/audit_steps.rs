//! The benchmark's audit steps, word by word. Each case is the complete account but for one thing.

mod differences;
mod gaps;

use std::sync::LazyLock;

use serde_json::{Value, json};
use trailproof::analyze::audit_steps::{AuditSteps, judge};
use trailproof::analyze::{Options, Status, analyze};
use trailproof::control::{Answer, Registry};
use trailproof::report::words::audit_steps::reason;
use trailproof::snapshot::Snapshot;

use crate::support::world::{ACCOUNT, HOME, LOG_GROUP, MEMBER, World};

const CONTROL: &str = "cloudtrail_changes";

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| Registry::builtin().unwrap());

fn audit_steps_of(world: &World, account: &str, benchmark: &str, control: &str) -> AuditSteps {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.trailproof");
    world.write_snapshot(&path);
    let snapshot = Snapshot::open(&path).unwrap();
    let registry = &*REGISTRY;
    let benchmark = registry.benchmark(benchmark).unwrap();
    judge(
        &snapshot,
        account,
        benchmark,
        registry.control(control).unwrap(),
    )
    .unwrap()
}

fn audit_steps(world: &World) -> AuditSteps {
    audit_steps_of(world, ACCOUNT, "cis-aws-7.0", CONTROL)
}

#[track_caller]
fn met(world: &World) {
    let audit_steps = audit_steps(world);
    assert_eq!(audit_steps.answer, Answer::Met, "{audit_steps:?}");
    assert_eq!(audit_steps.step, None);
}

#[track_caller]
fn decided(world: &World, answer: Answer, step: &str, part: &str) {
    let audit_steps = audit_steps(world);
    assert_eq!(
        (audit_steps.answer, audit_steps.step.as_deref()),
        (answer, Some(step)),
        "{audit_steps:?}"
    );
    assert!(reason(&audit_steps).contains(part), "{audit_steps:?}");
}

#[track_caller]
fn not_met(world: &World, step: &str, part: &str) {
    decided(world, Answer::NotMet, step, part);
}

#[track_caller]
fn open(world: &World, step: &str, part: &str) {
    decided(world, Answer::Unknown, step, part);
}

fn complete(change: impl Fn(&mut World)) -> World {
    let mut world = World::complete();
    change(&mut world);
    world
}

#[test]
fn the_complete_account_satisfies_every_step() {
    met(&World::complete());
    let audit_steps = audit_steps(&World::complete());
    for part in [
        "trail `management-events`",
        "filter `cloudtrail-changes`",
        "alarm `cis cloudtrail_changes`",
        "topic `arn:",
    ] {
        assert!(reason(&audit_steps).contains(part), "{audit_steps:?}");
    }
}

#[test]
fn every_version_is_followed_for_every_control_it_lists() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.trailproof");
    World::complete().write_snapshot(&path);
    let snapshot = Snapshot::open(&path).unwrap();
    let registry = &*REGISTRY;
    for benchmark in registry.benchmarks() {
        for (number, control) in registry.controls_of(benchmark) {
            let audit_steps = judge(&snapshot, ACCOUNT, benchmark, control).unwrap();
            let expected = match (benchmark.id.as_str(), control.id.as_str()) {
                (_, _) if benchmark.audit.is_empty() => Answer::Unknown,
                // The account has the text of 1.2, and its filters are not named as their metrics.
                (
                    "cis-aws-1.2" | "cis-aws-1.3" | "aws-security-hub" | "lacework",
                    "unauthorized_api_calls",
                ) => Answer::Met,
                (_, "unauthorized_api_calls") => Answer::NotMet,
                // The account has the seven events of 5.0.
                (_, "security_group_changes")
                    if control
                        .printings_for(benchmark)
                        .any(|(alternative, _)| alternative.label == "seven-events") =>
                {
                    Answer::Met
                }
                (_, "security_group_changes") => Answer::NotMet,
                // The account has no quotes in it, as the only transcription at hand has it from 4.0 on.
                (
                    "cis-aws-1.3" | "cis-aws-1.4" | "cis-aws-1.5" | "cis-aws-2.0" | "cis-aws-3.0"
                    | "lacework",
                    "organizations_changes",
                ) => Answer::NotMet,
                // Security Hub prints a form with four clauses, and one of the IAM calls of today.
                ("aws-security-hub", "console_without_mfa") => Answer::NotMet,
                _ => Answer::Met,
            };
            assert_eq!(
                audit_steps.answer, expected,
                "{} {number} {}: {audit_steps:?}",
                benchmark.id, control.id
            );
        }
    }
}

// One step after the other finds nothing.

#[test]
fn the_first_step_that_finds_nothing_is_named() {
    not_met(&World::empty(), "1a", "DescribeTrails lists no trail");
    let single = complete(|world| {
        world.single_region(true);
    });
    not_met(
        &single,
        "1a",
        "the only trail does not have IsMultiRegionTrail true",
    );
    let without_group = complete(|world| {
        world.edit_trail(|trail| {
            trail
                .as_object_mut()
                .unwrap()
                .remove("CloudWatchLogsLogGroupArn");
        });
    });
    not_met(
        &without_group,
        "1b",
        "trail `management-events` names no log group",
    );
    let stopped = complete(|world| {
        world.edit("cloudtrail", "GetTrailStatus", |status| {
            status["IsLogging"] = json!(false)
        });
    });
    not_met(
        &stopped,
        "1c",
        "GetTrailStatus of `management-events` says IsLogging false",
    );
    let reads = complete(|world| {
        world.edit("cloudtrail", "GetEventSelectors", |it| {
            it["EventSelectors"][0]["ReadWriteType"] = json!("WriteOnly")
        });
    });
    not_met(
        &reads,
        "1d",
        "lists one basic selector, and not with IncludeManagementEvents true and ReadWriteType All",
    );
    let unfiltered = complete(|world| {
        world.edit("logs", "DescribeMetricFilters", |it| {
            it["metricFilters"] = json!([])
        });
    });
    not_met(
        &unfiltered,
        "3",
        "log group `/cloudtrail/management-events` has no metric filter",
    );
    let unalarmed = complete(|world| {
        world.remove_alarm(CONTROL);
    });
    not_met(
        &unalarmed,
        "5",
        "no metric alarm of us-east-1 has the MetricName `CloudtrailChanges`",
    );
    let silent = complete(|world| {
        world.edit_alarm(CONTROL, |alarm| alarm["AlarmActions"] = json!([]));
    });
    not_met(
        &silent,
        "6",
        "AlarmActions of `cis cloudtrail_changes` is empty",
    );
    let lambda = complete(|world| {
        world.edit_alarm(CONTROL, |alarm| {
            alarm["AlarmActions"] =
                json!([format!("arn:aws:lambda:{HOME}:{ACCOUNT}:function:page")]);
        });
    });
    not_met(
        &lambda,
        "6",
        "AlarmActions of `cis cloudtrail_changes` names no topic",
    );
    let pending = complete(|world| {
        world.edit_subscription(|it| it["SubscriptionArn"] = json!("PendingConfirmation"));
    });
    not_met(&pending, "7", "is an ARN, but `PendingConfirmation`");
    let nobody = complete(|world| {
        world.edit("sns", "ListSubscriptionsByTopic", |it| {
            it["Subscriptions"] = json!([])
        });
    });
    not_met(&nobody, "7", "has no subscription");
    let gone = complete(|world| {
        world.fail("sns", "ListSubscriptionsByTopic", 404, "NotFound");
    });
    not_met(&gone, "7", "answers NotFound");
}

// Names alone: what the steps note is a name, not an ARN.

#[test]
fn a_member_sees_the_trail_and_cannot_read_its_selectors() {
    let world = World::organization();
    let owner = audit_steps_of(&world, ACCOUNT, "cis-aws-7.0", CONTROL);
    assert_eq!(owner.answer, Answer::Met, "{owner:?}");
    let member = audit_steps_of(&world, MEMBER, "cis-aws-7.0", CONTROL);
    assert_eq!(
        (member.answer, member.step.as_deref()),
        (Answer::Unknown, Some("1d")),
        "{member:?}"
    );
    assert!(
        reason(&member).contains("TrailNotFoundException"),
        "{member:?}"
    );
}

#[test]
fn a_log_group_of_the_same_name_in_the_wrong_account_will_do() {
    let world = complete(|world| {
        world.edit_trail(|trail| {
            trail["CloudWatchLogsLogGroupArn"] = json!(format!(
                "arn:aws:logs:{HOME}:999988887777:log-group:{LOG_GROUP}:*"
            ));
        });
    });
    met(&world);
    let unknown = complete(|world| {
        world.edit_trail(|trail| {
            trail["CloudWatchLogsLogGroupArn"] = json!(format!(
                "arn:aws:logs:{HOME}:999988887777:log-group:theirs:*"
            ));
        });
    });
    open(
        &unknown,
        "3",
        "DescribeMetricFilters of `theirs` was not asked in account 111122223333; the log group is of account 999988887777",
    );
}

// The first control notes the filter's name where the others note the metric's, from 1.4 to 3.0.

#[test]
fn for_one_control_of_1_4_to_3_0_the_filter_is_named_as_the_metric() {
    let named = |world: &mut World| {
        world.edit_filter("unauthorized_api_calls", |filter| {
            filter["filterName"] = json!("UnauthorizedApiCalls")
        });
    };
    let answer = |world: &World, benchmark: &str| {
        audit_steps_of(world, ACCOUNT, benchmark, "unauthorized_api_calls")
    };
    let apart = answer(&World::complete(), "cis-aws-1.4");
    assert_eq!(
        (apart.answer, apart.step.as_deref()),
        (Answer::NotMet, Some("5")),
        "{apart:?}"
    );
    assert!(
        reason(&apart).contains("MetricName `unauthorized-api-calls`"),
        "{apart:?}"
    );
    assert_eq!(answer(&complete(named), "cis-aws-1.4").answer, Answer::Met);
    assert_eq!(
        answer(&World::complete(), "cis-aws-1.3").answer,
        Answer::Met
    );
}

#[test]
fn a_text_of_another_version_is_not_the_text() {
    let world = complete(|world| {
        world.edit_filter("unauthorized_api_calls", |filter| {
            filter["filterPattern"] = json!(
                "{ ($.errorCode =\"*UnauthorizedOperation\") || ($.errorCode =\"AccessDenied*\") && \
                 ($.sourceIPAddress!=\"delivery.logs.amazonaws.com\") && ($.eventName!=\"HeadBucket\") }"
            );
        });
    });
    let answer = |benchmark: &str| {
        audit_steps_of(&world, ACCOUNT, benchmark, "unauthorized_api_calls").answer
    };
    assert_eq!(answer("cis-aws-7.0"), Answer::Met);
    assert_eq!(answer("cis-aws-1.2"), Answer::NotMet);
}

#[test]
fn no_steps_no_answer() {
    let audit_steps = audit_steps_of(
        &World::complete(),
        ACCOUNT,
        "cloudguard",
        "iam_policy_changes",
    );
    assert_eq!(
        (audit_steps.answer, audit_steps.step.as_deref()),
        (Answer::Unknown, None)
    );
    assert!(reason(&audit_steps).contains("publishes no audit steps"));
    let audit_steps = audit_steps_of(&World::complete(), ACCOUNT, "cis-aws-7.0", "assume_role");
    assert!(
        reason(&audit_steps).contains("does not list this control"),
        "{audit_steps:?}"
    );
}

#[test]
fn a_second_trail_that_is_right_is_enough() {
    let world = complete(|world| {
        world.edit("cloudtrail", "DescribeTrails", |output| {
            let mut second: Value = output["trailList"][0].clone();
            second["Name"] = json!("a-broken-one");
            second["TrailARN"] = json!(format!(
                "arn:aws:cloudtrail:{HOME}:{ACCOUNT}:trail/a-broken-one"
            ));
            second
                .as_object_mut()
                .unwrap()
                .remove("CloudWatchLogsLogGroupArn");
            output["trailList"]
                .as_array_mut()
                .unwrap()
                .insert(0, second);
        });
    });
    met(&world);
}

// Status and audit steps side by side: what an auditor wants to see first.

#[test]
fn status_and_audit_steps_part_in_both_directions() {
    use Answer::{Met, NotMet, Unknown};
    use Status::{Fail, Pass, Unknown as Open};
    type Case = (&'static str, fn(&mut World), Status, Answer);
    let cases: [Case; 14] = [
        ("complete", |_| {}, Pass, Met),
        // The audit steps see less.
        (
            "namespace",
            |world| {
                world.edit_alarm(CONTROL, |it| it["Namespace"] = json!("Elsewhere"));
            },
            Fail,
            Met,
        ),
        (
            "disabled",
            |world| {
                world.edit_alarm(CONTROL, |it| it["ActionsEnabled"] = json!(false));
            },
            Fail,
            Met,
        ),
        (
            "threshold",
            |world| {
                world.edit_alarm(CONTROL, |it| it["Threshold"] = json!(100.0));
            },
            Fail,
            Met,
        ),
        (
            "policy",
            |world| {
                world.edit_topic(|it| {
                    it["Policy"] = json!(r#"{"Version":"2012-10-17","Statement":[]}"#)
                });
            },
            Fail,
            Met,
        ),
        (
            "filter policy",
            |world| {
                world.edit_subscription_attributes(|it| {
                    it["FilterPolicy"] = json!(r#"{"team":["red"]}"#)
                });
            },
            Fail,
            Met,
        ),
        (
            "attributes denied",
            |world| {
                world.deny("sns", "GetTopicAttributes");
            },
            Open,
            Met,
        ),
        // The audit steps ask for more.
        (
            "reordered",
            |world| {
                world.edit_filter(CONTROL, |it| {
                    it["filterPattern"] = json!(
                        "{ ($.eventName = StopLogging) || ($.eventName = CreateTrail) || ($.eventName = UpdateTrail) \
                         || ($.eventName = DeleteTrail) || ($.eventName = StartLogging) }"
                    );
                });
            },
            Pass,
            NotMet,
        ),
        (
            "with its source",
            |world| {
                world.edit_filter(CONTROL, |it| {
                    it["filterPattern"] = json!(
                        "{ ($.eventSource = cloudtrail.amazonaws.com) && (($.eventName = CreateTrail) || \
                         ($.eventName = UpdateTrail) || ($.eventName = DeleteTrail) || ($.eventName = StartLogging) || \
                         ($.eventName = StopLogging)) }"
                    );
                });
            },
            Pass,
            NotMet,
        ),
        (
            "advanced selectors",
            |world| {
                world.selectors(
                    "AdvancedEventSelectors",
                    json!([{"Name": "all", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]),
                );
            },
            Pass,
            NotMet,
        ),
        // They agree.
        (
            "pending",
            |world| {
                world.edit_subscription(|it| it["SubscriptionArn"] = json!("PendingConfirmation"));
            },
            Fail,
            NotMet,
        ),
        (
            "stopped",
            |world| {
                world.edit("cloudtrail", "GetTrailStatus", |it| {
                    it["IsLogging"] = json!(false)
                });
            },
            Fail,
            NotMet,
        ),
        (
            "no filter",
            |world| {
                world.remove_filter(CONTROL);
            },
            Fail,
            NotMet,
        ),
        (
            "alarms denied",
            |world| {
                world.deny("monitoring", "DescribeAlarms");
            },
            Open,
            Unknown,
        ),
    ];
    for (name, edit, status, answer) in cases {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.trailproof");
        complete(edit).write_snapshot(&path);
        let options = Options {
            controls: vec![CONTROL.to_owned()],
            ..Options::default()
        };
        let analysis = analyze(&Snapshot::open(&path).unwrap(), &REGISTRY, &options).unwrap();
        let finding = &analysis.findings[0];
        let audit_steps = finding.audit_steps.as_ref().unwrap();
        assert_eq!(
            (finding.status, audit_steps.answer),
            (status, answer),
            "{name}: {finding:#?}"
        );
    }
}

/// With several accounts in the snapshot, the auditor asks whichever may list the topic.
#[test]
fn subscriptions_that_another_account_listed_count() {
    let listed_by_another = |subscriptions: Option<Value>| {
        let mut world = World::complete();
        let mut moved: Vec<_> = world
            .answers
            .iter()
            .filter(|answer| answer.operation == "ListSubscriptionsByTopic")
            .cloned()
            .collect();
        world.deny("sns", "ListSubscriptionsByTopic");
        for answer in &mut moved {
            answer.account = MEMBER.to_owned();
            if let (Some(subscriptions), Ok(output)) = (&subscriptions, &mut answer.output) {
                output["Subscriptions"] = subscriptions.clone();
            }
        }
        world.answers.extend(moved);
        world
    };
    met(&listed_by_another(None));
    let none = audit_steps(&listed_by_another(Some(json!([]))));
    assert_eq!(none.answer, Answer::NotMet, "{none:?}");
}

/// What was found is data before it is a sentence: a code with its values.
#[test]
fn a_cause_has_its_code_and_its_values() {
    let of = |world: &World| serde_json::to_value(audit_steps(world).cause).unwrap();
    assert_eq!(of(&World::empty()), json!({"code": "no_trail"}));
    let stopped = complete(|world| {
        world.edit("cloudtrail", "GetTrailStatus", |status| {
            status["IsLogging"] = json!(false)
        });
    });
    assert_eq!(
        of(&stopped),
        json!({"code": "trail_not_logging", "trail": "management-events"})
    );
    let denied = complete(|world| {
        world.deny("monitoring", "DescribeAlarms");
    });
    assert_eq!(
        of(&denied),
        json!({
            "code": "unanswered",
            "operation": "DescribeAlarms",
            "account": ACCOUNT,
            "region": HOME,
            "about": "MetricAlarm",
            "outcome": {"kind": "failed", "how": "denied", "error": "AccessDeniedException"},
        })
    );
    let met = of(&World::complete());
    assert_eq!(met["code"], "chain_found");
    assert_eq!(met["trail"], "management-events");
}
