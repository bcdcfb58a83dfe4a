//! A and C ids.

use super::*;
use crate::support::controls::{alarm_name, metric_name};
use crate::support::world::{HOME, NAMESPACE, Site};

fn site() -> Site {
    Site::new(ACCOUNT, HOME)
}

#[test]
fn a01_no_alarm() {
    fault(LinkId::A01, Verdict::Broken, |world| {
        world.remove_alarm(CONTROL);
    });
    let link = fault(LinkId::A01, Verdict::Unknown, |world| {
        world.deny("monitoring", "DescribeAlarms");
    });
    assert!(
        sentence(&link.cause).contains("cloudwatch:DescribeAlarms"),
        "{}",
        sentence(&link.cause)
    );
}

#[test]
fn a01_an_alarm_in_another_namespace_is_none() {
    let link = fault(LinkId::A01, Verdict::Broken, |world| {
        world.edit_alarm(CONTROL, |alarm| alarm["Namespace"] = json!("CISBenchmarks"));
    });
    assert!(
        sentence(&link.cause).contains("CISBenchmarks"),
        "{}",
        sentence(&link.cause)
    );
}

#[test]
fn a01_an_alarm_in_another_region_is_none() {
    let mut world = World::complete();
    let mut elsewhere = World::complete_in("eu-west-1");
    elsewhere
        .answers
        .retain(|answer| answer.service == "monitoring");
    world.remove_alarm(CONTROL);
    world.answers.extend(elsewhere.answers);
    let chain = chain_of(&world);
    let path = path_of(&chain, CONTROL);
    assert_eq!(
        path.link(LinkId::A01).map(|link| link.verdict),
        Some(Verdict::Broken)
    );
}

#[test]
fn a02_actions_are_disabled() {
    fault(LinkId::A02, Verdict::Broken, |world| {
        world.edit_alarm(CONTROL, |alarm| alarm["ActionsEnabled"] = json!(false));
    });
}

#[test]
fn a03_no_action_for_alarm() {
    fault(LinkId::A03, Verdict::Broken, |world| {
        world.edit_alarm(CONTROL, |alarm| alarm["AlarmActions"] = json!([]));
    });
    let link = fault(LinkId::A03, Verdict::Broken, |world| {
        world.edit_alarm(CONTROL, |alarm| {
            alarm["InsufficientDataActions"] = alarm["AlarmActions"].clone();
            alarm["AlarmActions"] = json!([]);
        });
    });
    assert!(
        sentence(&link.cause).contains("INSUFFICIENT_DATA"),
        "{}",
        sentence(&link.cause)
    );
}

#[test]
fn a04_one_event_does_not_breach() {
    fault(LinkId::A04, Verdict::Broken, |world| {
        world.edit_alarm(CONTROL, |alarm| {
            alarm["ComparisonOperator"] = json!("GreaterThanThreshold")
        });
    });
    let link = fault(LinkId::A04, Verdict::Broken, |world| {
        world.edit_alarm(CONTROL, |alarm| alarm["Threshold"] = json!(3.0));
    });
    assert!(
        sentence(&link.cause).contains("3 events"),
        "{}",
        sentence(&link.cause)
    );
}

#[test]
fn a05_two_of_two_datapoints() {
    fault(LinkId::A05, Verdict::Broken, |world| {
        world.edit_alarm(CONTROL, |alarm| {
            alarm["EvaluationPeriods"] = json!(2);
            alarm["TreatMissingData"] = json!("notBreaching");
        });
    });
    fault(LinkId::A05, Verdict::Degraded, |world| {
        world.edit_alarm(CONTROL, |alarm| alarm["EvaluationPeriods"] = json!(2));
    });
}

#[test]
fn a06_always_in_alarm_or_latched() {
    for treatment in ["breaching", "ignore"] {
        fault(LinkId::A06, Verdict::Broken, |world| {
            world.edit_alarm(CONTROL, |alarm| {
                alarm["TreatMissingData"] = json!(treatment)
            });
        });
    }
}

#[test]
fn a07_average_with_default_values() {
    let chain = chain_of(&world(|world| {
        world.edit_filter(CONTROL, |filter| {
            filter["metricTransformations"][0]["defaultValue"] = json!(0.0)
        });
        world.edit_alarm(CONTROL, |alarm| alarm["Statistic"] = json!("Average"));
    }));
    let path = path_of(&chain, CONTROL);
    assert!(!path.sound(), "{path:#?}");
    assert!(path.link(LinkId::A07).is_some(), "{path:#?}");
}

#[test]
fn a08_sample_count_with_default_values() {
    let chain = chain_of(&world(|world| {
        world.edit_filter(CONTROL, |filter| {
            filter["metricTransformations"][0]["defaultValue"] = json!(0.0)
        });
        world.edit_alarm(CONTROL, |alarm| alarm["Statistic"] = json!("SampleCount"));
    }));
    let path = path_of(&chain, CONTROL);
    assert_eq!(path.verdict(), Verdict::Broken);
    assert!(path.link(LinkId::A08).is_some(), "{path:#?}");
}

#[test]
fn a09_percentile_ignored_at_low_sample_counts() {
    fault(LinkId::A09, Verdict::Broken, |world| {
        world.edit_alarm(CONTROL, |alarm| {
            alarm
                .as_object_mut()
                .expect("an object")
                .remove("Statistic");
            alarm["ExtendedStatistic"] = json!("p99");
            alarm["EvaluateLowSampleCountPercentile"] = json!("ignore");
        });
    });
}

#[test]
fn a10_period_below_the_metrics_resolution() {
    fault(LinkId::A10, Verdict::Degraded, |world| {
        world.edit_alarm(CONTROL, |alarm| alarm["Period"] = json!(10));
    });
}

#[test]
fn a11_long_window_coalesces_events() {
    fault(LinkId::A11, Verdict::Degraded, |world| {
        world.edit_alarm(CONTROL, |alarm| {
            alarm["Period"] = json!(86_400);
        });
    });
}

#[test]
fn a12_wall_clock_window() {
    fault(LinkId::A12, Verdict::Degraded, |world| {
        world.edit_alarm(CONTROL, |alarm| {
            alarm["EvaluationWindow"] = json!({"WallClockWindow": {"Timezone": "UTC"}})
        });
    });
}

#[test]
fn a13_warming_up() {
    let warm = |updated: &str| {
        let updated = updated.to_owned();
        move |world: &mut World| {
            world.edit_alarm(CONTROL, |alarm| {
                alarm["WarmUpConfiguration"] = json!({"WarmUpPeriodDurationInMinutes": 120});
                alarm["AlarmConfigurationUpdatedTimestamp"] = json!(updated);
            });
        }
    };
    fault(
        LinkId::A13,
        Verdict::Broken,
        warm("2026-11-20T23:30:00.000000+00:00"),
    );
    remark(LinkId::A13, warm("2026-11-01T00:00:00.000000+00:00"));
}

#[test]
fn a14_evaluation_has_errors() {
    fault(LinkId::A14, Verdict::Broken, |world| {
        world.edit_alarm(CONTROL, |alarm| {
            alarm["EvaluationState"] = json!("EVALUATION_ERROR")
        });
    });
    for state in ["EVALUATION_FAILURE", "PARTIAL_DATA"] {
        fault(LinkId::A14, Verdict::Unknown, |world| {
            world.edit_alarm(CONTROL, |alarm| alarm["EvaluationState"] = json!(state));
        });
    }
}

#[test]
fn a15_alarm_sits_in_alarm() {
    let since = |time: &str| {
        let time = time.to_owned();
        move |world: &mut World| {
            world.edit_alarm(CONTROL, |alarm| {
                alarm["StateValue"] = json!("ALARM");
                alarm["StateTransitionedTimestamp"] = json!(time);
            });
        }
    };
    fault(
        LinkId::A15,
        Verdict::Broken,
        since("2026-11-01T00:00:00.000000+00:00"),
    );
    fault(
        LinkId::A15,
        Verdict::Degraded,
        since("2026-11-20T23:58:00.000000+00:00"),
    );
}

#[test]
fn a16_insufficient_data_is_how_a_sparse_metric_looks() {
    remark(LinkId::A16, |_| {});
}

#[test]
fn a17_mute_rule() {
    let alarm = alarm_name(CONTROL);
    let muted = |expression: &str, duration: &str| {
        let schedule = json!({"Expression": expression, "Duration": duration, "Timezone": "UTC"});
        let alarm = alarm.clone();
        move |world: &mut World| {
            world.mute("nights", schedule, &[&alarm]);
        }
    };
    let nights = finding_of(&world(muted("cron(0 22 * * *)", "PT8H")));
    assert_eq!(
        (nights.status, nights.broken_link),
        (Status::Fail, Some(LinkId::A17))
    );
    fault(
        LinkId::A17,
        Verdict::Broken,
        muted("cron(0 0 * * *)", "P1D"),
    );
    fault(LinkId::A17, Verdict::Unknown, muted("rate(1 day)", "PT1H"));
    let other = chain_of(&world(|world| {
        world.mute(
            "nights",
            json!({"Expression": "cron(0 0 * * *)", "Duration": "P1D"}),
            &["another alarm"],
        );
    }));
    assert_eq!(path_of(&other, CONTROL).verdict(), Verdict::Ok);
}

#[test]
fn a17_mute_rules_that_nobody_could_read() {
    for operation in ["ListAlarmMuteRules", "GetAlarmMuteRule"] {
        let link = fault(LinkId::A17, Verdict::Unknown, |world| {
            world.mute(
                "nights",
                json!({"Expression": "cron(0 0 * * *)", "Duration": "P1D"}),
                &["another alarm"],
            );
            world.deny("monitoring", operation);
        });
        assert!(
            sentence(&link.cause).contains(&format!("cloudwatch:{operation}")),
            "{}",
            sentence(&link.cause)
        );
    }
}

#[test]
fn a18_action_is_not_a_topic() {
    let acts_on = |arn: &str| {
        let arn = arn.to_owned();
        move |world: &mut World| {
            world.edit_alarm(CONTROL, |alarm| alarm["AlarmActions"] = json!([arn]));
        }
    };
    fault(
        LinkId::A18,
        Verdict::Broken,
        acts_on("arn:aws:automate:us-east-1:ec2:stop"),
    );
    fault(
        LinkId::A18,
        Verdict::Unknown,
        acts_on("arn:aws:lambda:us-east-1:111122223333:function:tell"),
    );
    fault(
        LinkId::A18,
        Verdict::Weak,
        acts_on("arn:aws:ssm-incidents::111122223333:response-plan/security"),
    );
}

/// Turns the control's alarm into one on metric math: its metric is `m1`, that of `root_usage` is `m2`.
fn math(world: &mut World, expression: &str) {
    let query = |id: &str, control: &str| {
        json!({"Id": id, "ReturnData": false, "MetricStat": {
            "Metric": {"Namespace": NAMESPACE, "MetricName": metric_name(control), "Dimensions": []},
            "Period": 300, "Stat": "Sum",
        }})
    };
    let returned = json!({"Id": "e1", "Expression": expression, "ReturnData": true});
    world.edit_alarm(CONTROL, |alarm| {
        let alarm = alarm.as_object_mut().expect("an object");
        for key in [
            "MetricName",
            "Namespace",
            "Statistic",
            "Dimensions",
            "Period",
        ] {
            alarm.remove(key);
        }
        alarm.insert(
            "Metrics".to_owned(),
            json!([query("m1", CONTROL), query("m2", "root_usage"), returned]),
        );
    });
}

#[test]
fn a19_metric_math() {
    for good in ["m1", "m1 * 2", "m1 + m2", "SUM([m1, m2])"] {
        let chain = chain_of(&world(|world| math(world, good)));
        let path = path_of(&chain, CONTROL);
        assert!(path.sound(), "{good}: {path:#?}");
    }
    fault(LinkId::A19, Verdict::Broken, |world| math(world, "m2"));
    fault(LinkId::A19, Verdict::Unknown, |world| {
        math(world, "m1 - m2")
    });
    fault(LinkId::A19, Verdict::Unknown, |world| {
        math(world, "ANOMALY_DETECTION_BAND(m1)")
    });
    let scaled = chain_of(&world(|world| math(world, "m1 / 2")));
    assert_eq!(
        path_of(&scaled, CONTROL).verdict(),
        Verdict::Broken,
        "half an event does not breach"
    );
}

fn queries_only(world: &mut World, key: &str, value: &Value) {
    world.edit_alarm(CONTROL, |alarm| {
        let alarm = alarm.as_object_mut().expect("an object");
        for gone in [
            "MetricName",
            "Namespace",
            "Statistic",
            "Dimensions",
            "Period",
        ] {
            alarm.remove(gone);
        }
        alarm.insert(key.to_owned(), value.clone());
    });
}

#[test]
fn a20_metrics_insights() {
    let select = format!(
        "SELECT SUM({}) FROM SCHEMA(\"{NAMESPACE}\")",
        metric_name(CONTROL)
    );
    let metrics = json!([{"Id": "q1", "Expression": select, "Period": 300, "ReturnData": true}]);
    fault(LinkId::A20, Verdict::Unknown, |world| {
        queries_only(world, "Metrics", &metrics)
    });
}

#[test]
fn a21_promql() {
    let criteria = json!({"PromQLCriteria": {"Query": format!("{} > 0", metric_name(CONTROL)), "PendingPeriod": 60}});
    fault(LinkId::A21, Verdict::Unknown, |world| {
        queries_only(world, "EvaluationCriteria", &criteria)
    });
}

#[test]
fn a22_alarm_of_a_monitoring_account() {
    let mut world = World::complete();
    world.remove_alarm(CONTROL);
    let monitoring = Site::new("777788889999", HOME);
    let mut other = World::of(&monitoring);
    other.edit_alarms(|alarm| {
        if alarm["AlarmName"] != alarm_name(CONTROL) {
            alarm["MetricName"] = json!("unrelated");
            return;
        }
        let alarm = alarm.as_object_mut().expect("an object");
        for key in ["MetricName", "Namespace", "Statistic", "Dimensions", "Period"] {
            alarm.remove(key);
        }
        alarm.insert(
            "Metrics".to_owned(),
            json!([{"Id": "m1", "AccountId": ACCOUNT, "ReturnData": true, "MetricStat": {
                "Metric": {"Namespace": NAMESPACE, "MetricName": metric_name(CONTROL), "Dimensions": []},
                "Period": 300, "Stat": "Sum",
            }}]),
        );
    });
    world.answers.extend(other.answers);
    let chain = chain_of(&world);
    let afar = chain
        .paths
        .iter()
        .find(|path| path.link(LinkId::A22).is_some())
        .expect("a path through the other account");
    assert!(
        afar.alarm
            .as_ref()
            .is_some_and(|alarm| alarm.arn.contains("777788889999"))
    );
    assert_ne!(afar.verdict(), Verdict::Ok);
}

/// Takes the topic from the control's alarm and gives it to a composite alarm.
fn under(world: &mut World, rule: &str) {
    world.edit_alarm(CONTROL, |alarm| alarm["AlarmActions"] = json!([]));
    world.add_composite_alarm(site().composite_alarm("security", rule));
}

fn child() -> String {
    format!("ALARM(\"{}\")", alarm_name(CONTROL))
}

fn sibling() -> String {
    format!("ALARM(\"{}\")", alarm_name("root_usage"))
}

#[test]
fn c01_composite_alarm_acts_for_the_alarm() {
    let chain = chain_of(&world(|world| under(world, &child())));
    let path = path_of(&chain, CONTROL);
    assert_eq!(path.verdict(), Verdict::Ok, "{path:#?}");
    let alarm = path.alarm.as_ref().expect("an alarm");
    assert_eq!(alarm.name, "security");
    assert_eq!(alarm.through, [site().alarm_arn(&alarm_name(CONTROL))]);
    let link = fault(LinkId::C01, Verdict::Unknown, |world| {
        world.edit_alarm(CONTROL, |alarm| alarm["AlarmActions"] = json!([]));
        for answer in world.answers_to("monitoring", "DescribeAlarms") {
            answer.request = json!({"AlarmTypes": ["MetricAlarm", "LogAlarm"]});
        }
    });
    assert!(
        sentence(&link.cause).contains("cloudwatch:DescribeAlarms"),
        "{}",
        sentence(&link.cause)
    );
}

#[test]
fn c01_through_two_composite_alarms() {
    let chain = chain_of(&world(|world| {
        world.edit_alarm(CONTROL, |alarm| alarm["AlarmActions"] = json!([]));
        let mut lower = site().composite_alarm("lower", &child());
        lower["AlarmActions"] = json!([]);
        world.add_composite_alarm(lower);
        world.add_composite_alarm(site().composite_alarm("upper", "ALARM(lower)"));
    }));
    let path = path_of(&chain, CONTROL);
    assert_eq!(path.verdict(), Verdict::Ok, "{path:#?}");
    assert_eq!(
        path.alarm.as_ref().map(|alarm| alarm.through.len()),
        Some(2)
    );
}

#[test]
fn c02_composite_alarm_needs_others_too() {
    fault(LinkId::C02, Verdict::Broken, |world| {
        under(world, &format!("{} AND {} AND FALSE", child(), sibling()))
    });
    let chain = chain_of(&world(|world| {
        under(world, &format!("{} AND {}", child(), sibling()))
    }));
    let path = path_of(&chain, CONTROL);
    assert!(
        path.link(LinkId::C02)
            .is_some_and(|link| link.verdict > Verdict::Ok),
        "{path:#?}"
    );
}

#[test]
fn c03_composite_alarm_is_masked_by_others() {
    fault(LinkId::C03, Verdict::Degraded, |world| {
        under(world, &format!("{} OR {}", child(), sibling()))
    });
}

#[test]
fn c04_actions_are_suppressed() {
    let suppressed = |state: &str, wait: i64| {
        let state = state.to_owned();
        move |world: &mut World| {
            under(world, &child());
            let mut maintenance = site().metric_alarm("maintenance");
            maintenance["StateValue"] = json!(state);
            world.add_metric_alarm(maintenance);
            let suppressor = site().alarm_arn(&alarm_name("maintenance"));
            world.edit("monitoring", "DescribeAlarms", |output| {
                output["CompositeAlarms"][0]["ActionsSuppressor"] = json!(suppressor);
                output["CompositeAlarms"][0]["ActionsSuppressorWaitPeriod"] = json!(wait);
                output["CompositeAlarms"][0]["ActionsSuppressorExtensionPeriod"] = json!(60);
            });
        }
    };
    fault(LinkId::C04, Verdict::Broken, suppressed("ALARM", 60));
    fault(LinkId::C04, Verdict::Unknown, suppressed("OK", 60));
    fault(LinkId::C04, Verdict::Broken, suppressed("OK", 7200));
}

#[test]
fn c05_rule_cannot_be_evaluated() {
    fault(LinkId::C05, Verdict::Unknown, |world| {
        under(world, &format!("{} OR ALARM(gone)", child()))
    });
    fault(LinkId::C05, Verdict::Broken, |world| {
        under(world, &format!("{} OR ALARM(security)", child()))
    });
}

#[test]
fn c06_composite_alarm_has_no_action() {
    fault(LinkId::C06, Verdict::Broken, |world| {
        under(world, &child());
        world.edit("monitoring", "DescribeAlarms", |output| {
            output["CompositeAlarms"][0]["AlarmActions"] = json!([])
        });
    });
    fault(LinkId::C06, Verdict::Broken, |world| {
        under(world, &child());
        world.edit("monitoring", "DescribeAlarms", |output| {
            output["CompositeAlarms"][0]["ActionsEnabled"] = json!(false)
        });
    });
}

#[test]
fn c07_child_is_elsewhere() {
    fault(LinkId::C07, Verdict::Broken, |world| {
        under(
            world,
            &format!(
                "{} OR ALARM(\"arn:aws:cloudwatch:eu-west-1:{ACCOUNT}:alarm:other\")",
                child()
            ),
        );
    });
}
