//! The benchmark's audit steps, word by word. Each case is the complete account but for one thing.

use std::sync::LazyLock;

use serde_json::{Value, json};
use trailproof::analyze::audit_steps::{AuditSteps, judge};
use trailproof::analyze::{Options, Status, analyze};
use trailproof::control::{Answer, Registry};
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
    assert!(audit_steps.reason.contains(part), "{audit_steps:?}");
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
        assert!(audit_steps.reason.contains(part), "{audit_steps:?}");
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

// Where the steps see less than there is to see: the audit steps are met although nobody would be told.

#[test]
fn a_wrong_namespace_is_not_seen() {
    met(&complete(|world| {
        world.edit_alarm(CONTROL, |alarm| alarm["Namespace"] = json!("Elsewhere"));
    }));
}

#[test]
fn disabled_actions_are_not_seen() {
    met(&complete(|world| {
        world.edit_alarm(CONTROL, |alarm| alarm["ActionsEnabled"] = json!(false));
    }));
}

#[test]
fn an_alarm_that_cannot_ring_is_not_seen() {
    met(&complete(|world| {
        world.edit_alarm(CONTROL, |alarm| alarm["Threshold"] = json!(1_000_000.0));
    }));
}

#[test]
fn a_topic_that_alarms_may_not_publish_to_is_not_seen() {
    met(&complete(|world| {
        world.edit_topic(|topic| {
            topic["Policy"] = json!(json!({"Version": "2012-10-17", "Statement": []}).to_string())
        });
    }));
}

#[test]
fn a_filter_policy_that_drops_alarms_is_not_seen() {
    met(&complete(|world| {
        world.edit_subscription_attributes(|it| it["FilterPolicy"] = json!(r#"{"team":["red"]}"#));
    }));
}

#[test]
fn an_excluded_event_source_is_not_seen() {
    met(&complete(|world| {
        world.selectors(
            "EventSelectors",
            json!([{
                "ReadWriteType": "All",
                "IncludeManagementEvents": true,
                "DataResources": [],
                "ExcludeManagementEventSources": ["kms.amazonaws.com"],
            }]),
        );
    }));
}

#[test]
fn one_right_selector_among_others_is_enough() {
    met(&complete(|world| {
        let selector = |kind: &str, management: bool| {
            json!({"ReadWriteType": kind, "IncludeManagementEvents": management, "DataResources": [],
                   "ExcludeManagementEventSources": []})
        };
        world.selectors(
            "EventSelectors",
            json!([selector("WriteOnly", true), selector("All", true)]),
        );
    }));
}

// Where the steps ask for more than is needed: the audit steps are not met although somebody would be told.

#[test]
fn a_reordered_filter_is_another_text() {
    let world = complete(|world| {
        world.edit_filter(CONTROL, |filter| {
            filter["filterPattern"] = json!(
                "{ ($.eventName = StopLogging) || ($.eventName = CreateTrail) || ($.eventName = UpdateTrail) || \
                 ($.eventName = DeleteTrail) || ($.eventName = StartLogging) }"
            );
        });
    });
    not_met(
        &world,
        "3",
        "none of 15 metric filters of log group `/cloudtrail/management-events`",
    );
}

#[test]
fn quotes_that_change_nothing_are_another_text() {
    let world = complete(|world| {
        world.edit_filter(CONTROL, |filter| {
            let quoted = filter["filterPattern"]
                .as_str()
                .unwrap()
                .replace("StopLogging", "\"StopLogging\"");
            filter["filterPattern"] = json!(quoted);
        });
    });
    not_met(&world, "3", "printed filterPattern");
}

#[test]
fn blanks_are_no_difference() {
    met(&complete(|world| {
        world.edit_filter(CONTROL, |filter| {
            let text: String = filter["filterPattern"]
                .as_str()
                .unwrap()
                .split_whitespace()
                .collect();
            filter["filterPattern"] = json!(text.replace("||", "  ||\n"));
        });
    }));
}

#[test]
fn advanced_selectors_are_unknown_to_the_steps() {
    let world = complete(|world| {
        world.selectors(
            "AdvancedEventSelectors",
            json!([{"Name": "all", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]),
        );
    });
    not_met(&world, "1d", "advanced event selectors alone (1)");
}

#[test]
fn two_filters_that_share_the_work_are_no_single_text() {
    let world = complete(|world| {
        world.edit_filter(CONTROL, |filter| {
            filter["filterPattern"] =
                json!("{ ($.eventName = CreateTrail) || ($.eventName = UpdateTrail) }");
        });
        let second = json!({
            "filterName": "second",
            "filterPattern": "{ ($.eventName = DeleteTrail) || ($.eventName = StartLogging) || ($.eventName = StopLogging) }",
            "metricTransformations":
                [{"metricName": "CloudtrailChanges", "metricNamespace": "CISBenchmark", "metricValue": "1"}],
            "creationTime": 1_760_000_000_000_u64,
            "logGroupName": LOG_GROUP,
        });
        world.add_filter(second);
    });
    not_met(&world, "3", "none of 16 metric filters");
}

#[test]
fn metric_math_has_no_metric_name() {
    let world = complete(|world| {
        world.edit_alarm(CONTROL, |alarm| {
            for member in ["MetricName", "Namespace", "Statistic", "Period", "Dimensions"] {
                alarm.as_object_mut().unwrap().remove(member);
            }
            alarm["Metrics"] = json!([{
                "Id": "m1", "ReturnData": true,
                "MetricStat": {"Metric": {"Namespace": "CISBenchmark", "MetricName": "CloudtrailChanges", "Dimensions": []},
                               "Period": 300, "Stat": "Sum"},
            }]);
        });
    });
    not_met(
        &world,
        "5",
        "no metric alarm of us-east-1 has the MetricName `CloudtrailChanges`",
    );
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
        "none of 1 trails has IsMultiRegionTrail true",
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
        "none of 1 with IncludeManagementEvents true and ReadWriteType All",
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

// What could not be collected is unknown, unless something else decides.

#[test]
fn a_denied_question_is_unknown() {
    for (service, operation, step) in [
        ("cloudtrail", "DescribeTrails", "1a"),
        ("cloudtrail", "GetTrailStatus", "1c"),
        ("cloudtrail", "GetEventSelectors", "1d"),
        ("logs", "DescribeMetricFilters", "3"),
        ("monitoring", "DescribeAlarms", "5"),
        ("sns", "ListSubscriptionsByTopic", "7"),
    ] {
        let denied = complete(|world| {
            world.deny(service, operation);
        });
        open(&denied, step, &format!("{operation} "));
        open(
            &denied,
            step,
            "could not be collected: denied (AccessDeniedException)",
        );
        let forgotten = complete(|world| {
            world.forget(service, operation);
        });
        open(&forgotten, step, "was not asked in account 111122223333");
    }
}

/// Whatever else is true of the account: an answer that is missing can make the audit steps unknown, and never the opposite
/// of what it was.
#[test]
fn a_missing_answer_never_turns_the_letter_round() {
    let edits: [fn(&mut World); 8] = [
        |_| {},
        |world| {
            world.single_region(true);
        },
        |world| {
            world.edit("cloudtrail", "GetTrailStatus", |it| {
                it["IsLogging"] = json!(false)
            });
        },
        |world| {
            world.edit("cloudtrail", "GetEventSelectors", |it| {
                it["EventSelectors"] = json!([])
            });
        },
        |world| {
            world.remove_filter(CONTROL);
        },
        |world| {
            world.remove_alarm(CONTROL);
        },
        |world| {
            world.edit_alarm(CONTROL, |it| it["AlarmActions"] = json!([]));
        },
        |world| {
            world.edit_subscription(|it| it["SubscriptionArn"] = json!("PendingConfirmation"));
        },
    ];
    let calls = [
        ("cloudtrail", "DescribeTrails"),
        ("cloudtrail", "GetTrailStatus"),
        ("cloudtrail", "GetEventSelectors"),
        ("logs", "DescribeMetricFilters"),
        ("monitoring", "DescribeAlarms"),
        ("sns", "ListSubscriptionsByTopic"),
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        let whole = audit_steps(&complete(edit)).answer;
        assert_eq!(
            whole,
            if number == 0 {
                Answer::Met
            } else {
                Answer::NotMet
            },
            "{number}"
        );
        for (service, operation) in calls {
            let denied = complete(|world| {
                edit(world);
                world.deny(service, operation);
            });
            let answer = audit_steps(&denied).answer;
            assert!(
                answer == whole || answer == Answer::Unknown,
                "{number} {operation}: {answer}"
            );
        }
    }
}

#[test]
fn a_later_step_that_finds_nothing_decides_over_an_open_one() {
    let world = complete(|world| {
        world
            .deny("cloudtrail", "GetTrailStatus")
            .remove_filter(CONTROL);
    });
    not_met(&world, "3", "none of 14 metric filters");
}

#[test]
fn calls_that_no_step_asks_for_do_not_matter() {
    for (service, operation) in [
        ("sns", "GetTopicAttributes"),
        ("logs", "DescribeLogGroups"),
        ("monitoring", "ListAlarmMuteRules"),
    ] {
        met(&complete(|world| {
            world.deny(service, operation);
        }));
    }
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
        member.reason.contains("TrailNotFoundException"),
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
        apart.reason.contains("MetricName `unauthorized-api-calls`"),
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
fn no_steps_no_letter() {
    let audit_steps = audit_steps_of(
        &World::complete(),
        ACCOUNT,
        "cloudguard",
        "iam_policy_changes",
    );
    assert_eq!(
        (audit_steps.answer, audit_steps.step),
        (Answer::Unknown, None)
    );
    assert!(audit_steps.reason.contains("publishes no audit steps"));
    let audit_steps = audit_steps_of(&World::complete(), ACCOUNT, "cis-aws-7.0", "assume_role");
    assert!(
        audit_steps.reason.contains("does not list this control"),
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
fn status_and_letter_part_in_both_directions() {
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
