//! Kinds of accounts with alarms that no emulator can hold, reasoned out from what AWS documents: mute windows, suppressors,
//! siblings, states of others, other writers of a metric, noise. A table in docs/alarms.md says what each rests on.

use trailproof::chain::cause::{Cause, SilenceCause};
use trailproof::chain::verdict::Kind;
use trailproof::report::words as report;

use super::*;
use crate::support::controls::{alarm_name, metric_name};
use crate::support::world::{HOME, LOG_GROUP, NAMESPACE, Site};

fn site() -> Site {
    Site::new(ACCOUNT, HOME)
}

fn decided(world: &World) -> (Status, Option<LinkId>) {
    let finding = finding_of(world);
    (finding.status, finding.broken_link)
}

const PASS: (Status, Option<LinkId>) = (Status::Pass, None);

fn fails(id: LinkId) -> (Status, Option<LinkId>) {
    (Status::Fail, Some(id))
}

fn unknown(id: LinkId) -> (Status, Option<LinkId>) {
    (Status::Unknown, Some(id))
}

fn schedule(expression: &str, duration: &str) -> Value {
    json!({"Expression": expression, "Duration": duration, "Timezone": "UTC"})
}

/// A second alarm on the control's metric, by the name `twin`.
fn with_twin(world: &mut World, change: impl Fn(&mut Value)) {
    let mut twin = site().metric_alarm(CONTROL);
    twin["AlarmName"] = json!("twin");
    twin["AlarmArn"] = json!(site().alarm_arn("twin"));
    change(&mut twin);
    world.add_metric_alarm(twin);
}

// A1: mute rules.

#[test]
fn an_event_in_a_mute_window_is_lost_and_the_witness_says_when() {
    for (expression, duration) in [
        ("cron(0 2 * * *)", "PT2H"),
        ("cron(0 0 24 DEC *)", "P7D"),
        ("at(2026-11-20T22:00)", "PT8H"),
        ("at(2027-03-01T00:00)", "PT4H"),
    ] {
        let world = world(|world| {
            world.mute(
                "quiet",
                schedule(expression, duration),
                &[&alarm_name(CONTROL)],
            );
        });
        let finding = finding_of(&world);
        assert_eq!(
            (finding.status, finding.broken_link),
            fails(LinkId::A17),
            "{expression}"
        );
        let reason = report::reason(&finding);
        assert!(
            reason.contains("an event on a ") && reason.contains(" UTC"),
            "{reason}"
        );
        let witness = finding.witness.expect("an event");
        let time = witness["eventTime"].as_str().expect("a time");
        assert!(time >= "2026-11-21T00:00:00Z", "{time}");
    }
}

#[test]
fn two_mute_rules_of_twelve_hours_leave_no_moment_out() {
    let world = world(|world| {
        let alarm = alarm_name(CONTROL);
        world.mute("day", schedule("cron(0 6 * * *)", "PT12H"), &[&alarm]);
        world.mute("night", schedule("cron(0 18 * * *)", "PT12H"), &[&alarm]);
    });
    assert_eq!(decided(&world), fails(LinkId::A17));
    let chain = chain_of(&world);
    let link = links_of(&chain, LinkId::A17)
        .into_iter()
        .find(|link| link.verdict == Verdict::Broken);
    assert!(link.is_some(), "the rules together mute always");
}

#[test]
fn windows_shorter_than_the_stay_in_alarm_lose_nothing() {
    let muted = |duration: &str| {
        world(|world| {
            let alarm = alarm_name(CONTROL);
            world.mute("short", schedule("cron(0 2 * * *)", duration), &[&alarm]);
        })
    };
    assert_eq!(decided(&muted("PT5M")), PASS);
    assert_eq!(decided(&muted("PT10M")), unknown(LinkId::A17));
    assert_eq!(decided(&muted("PT30M")), fails(LinkId::A17));
}

#[test]
fn windows_of_two_alarms_lose_what_they_have_in_common() {
    let muted = |other: Value| {
        world(|world| {
            with_twin(world, |_| {});
            let nights = schedule("cron(0 22 * * *)", "PT8H");
            world.mute("nights", nights, &[&alarm_name(CONTROL)]);
            world.mute("other", other.clone(), &["twin"]);
        })
    };
    assert_eq!(decided(&muted(schedule("cron(0 8 * * *)", "PT8H"))), PASS);
    let overlap = muted(schedule("cron(0 4 * * *)", "PT8H"));
    assert_eq!(decided(&overlap), fails(LinkId::A17));
    let reason = report::reason(&finding_of(&overlap));
    assert!(
        reason.contains("`twin`") && reason.contains(&alarm_name(CONTROL)),
        "{reason}"
    );
    // 22:00 to 06:00 in UTC and in Tokyo do not meet.
    let tokyo =
        json!({"Expression": "cron(0 22 * * *)", "Duration": "PT8H", "Timezone": "Asia/Tokyo"});
    assert_eq!(decided(&muted(tokyo)), PASS);
}

// A2: suppressors.

fn suppressed_by(suppressor: &str) -> World {
    world(|world| {
        with_twin(world, |twin| twin["AlarmActions"] = json!([]));
        world.edit_alarm(CONTROL, |alarm| alarm["AlarmActions"] = json!([]));
        let rule = format!("ALARM(\"{}\")", alarm_name(CONTROL));
        let mut over = site().composite_alarm("over", &rule);
        over["AlarmActions"] = json!([]);
        world.add_composite_alarm(over);
        let mut composite = site().composite_alarm("security", &rule);
        composite["ActionsSuppressor"] = json!(site().alarm_arn(suppressor));
        composite["ActionsSuppressorWaitPeriod"] = json!(60);
        composite["ActionsSuppressorExtensionPeriod"] = json!(60);
        world.add_composite_alarm(composite);
    })
}

#[test]
fn a_suppressor_that_the_event_itself_moves_drops_the_action() {
    for suppressor in [alarm_name(CONTROL), "twin".to_owned(), "over".to_owned()] {
        let world = suppressed_by(&suppressor);
        let chain = chain_of(&world);
        let broken = links_of(&chain, LinkId::C04)
            .into_iter()
            .any(|link| link.verdict == Verdict::Broken);
        assert!(broken, "{suppressor}");
        assert_eq!(finding_of(&world).status, Status::Fail, "{suppressor}");
    }
}

#[test]
fn a_suppressor_that_is_missing_or_moves_on_its_own_is_unknown() {
    for suppressor in ["gone".to_owned(), alarm_name("root_usage")] {
        let finding = finding_of(&suppressed_by(&suppressor));
        assert_eq!(finding.status, Status::Unknown, "{suppressor}");
        assert!(report::reason(&finding).contains(&suppressor));
    }
}

// A3 and A4: siblings.

fn ruled(rule: &str) -> World {
    world(|world| {
        with_twin(world, |twin| twin["AlarmActions"] = json!([]));
        world.edit_alarm(CONTROL, |alarm| alarm["AlarmActions"] = json!([]));
        let rule = rule
            .replace("$e", &alarm_name(CONTROL))
            .replace("$r", &alarm_name("root_usage"));
        world.add_composite_alarm(site().composite_alarm("security", &rule));
    })
}

#[test]
fn siblings_on_the_same_metric_fire_together() {
    for rule in [
        "ALARM(\"$e\") AND ALARM(twin)",
        "AT_LEAST(2, ALARM, (\"$e\", twin, \"$r\"))",
    ] {
        assert_eq!(decided(&ruled(rule)), PASS, "{rule}");
    }
    let never = ruled("ALARM(\"$e\") AND NOT ALARM(twin)");
    assert_eq!(decided(&never), fails(LinkId::C02));
}

#[test]
fn filters_with_the_same_pattern_move_the_alarms_of_both_metrics() {
    let world = world(|world| {
        let pattern = crate::support::controls::monitored()
            .into_iter()
            .find(|monitored| monitored.control == CONTROL)
            .map(|monitored| monitored.pattern)
            .expect("a pattern");
        world.add_filter(json!({
            "filterName": "copy",
            "filterPattern": format!("  {pattern} "),
            "metricTransformations": [{"metricName": "copy", "metricNamespace": NAMESPACE, "metricValue": "1"}],
            "logGroupName": LOG_GROUP,
        }));
        with_twin(world, |twin| {
            twin["MetricName"] = json!("copy");
            twin["AlarmActions"] = json!([]);
        });
        world.edit_alarm(CONTROL, |alarm| alarm["AlarmActions"] = json!([]));
        let rule = format!("ALARM(\"{}\") AND ALARM(twin)", alarm_name(CONTROL));
        world.add_composite_alarm(site().composite_alarm("security", &rule));
    });
    assert_eq!(decided(&world), PASS);
}

/// The control's alarm without an action, and a twin on the metric of a filter of this pattern, below a composite alarm.
fn beside_filter(pattern: &str, rule: &str) -> World {
    world(|world| {
        world.add_filter(json!({
            "filterName": "other",
            "filterPattern": pattern,
            "metricTransformations": [{"metricName": "other", "metricNamespace": NAMESPACE, "metricValue": "1"}],
            "logGroupName": LOG_GROUP,
        }));
        with_twin(world, |twin| {
            twin["MetricName"] = json!("other");
            twin["AlarmActions"] = json!([]);
        });
        world.edit_alarm(CONTROL, |alarm| alarm["AlarmActions"] = json!([]));
        let rule = rule.replace("$e", &alarm_name(CONTROL));
        world.add_composite_alarm(site().composite_alarm("security", &rule));
    })
}

#[test]
fn a_filter_that_matches_all_of_the_events_and_more_moves_its_alarm_with_them() {
    let wide =
        "{ $.eventName = *Trail || $.eventName = %Logging$% || $.eventName = PutEventSelectors }";
    let together = beside_filter(wide, "ALARM(\"$e\") AND ALARM(twin)");
    assert_eq!(decided(&together), PASS);
    let apart = beside_filter(wide, "ALARM(\"$e\") AND NOT ALARM(twin)");
    assert_eq!(decided(&apart), fails(LinkId::C02));
    // One that matches some of the events proves nothing of the others.
    let narrow = beside_filter(
        "{ $.eventName = StopLogging }",
        "ALARM(\"$e\") AND ALARM(twin)",
    );
    assert_eq!(decided(&narrow), fails(LinkId::C02));
}

#[test]
fn filters_that_match_all_of_the_events_count_each_of_them() {
    let twice = |pattern: &str| {
        world(|world| {
            beside(world, pattern, json!({"metricValue": "1"}));
            world.edit_alarm(CONTROL, |alarm| alarm["Threshold"] = json!(2.0));
        })
    };
    let wide =
        "{ $.eventName = *Trail || $.eventName = %Logging$% || $.eventName = PutEventSelectors }";
    assert_eq!(decided(&twice(wide)), PASS);
    let narrow = twice("{ $.eventName = StopLogging }");
    assert_eq!(decided(&narrow), fails(LinkId::A04));
}

#[test]
fn states_of_other_alarms_are_no_proof() {
    let rest = ruled("ALARM(\"$e\") AND NOT ALARM(\"$r\")");
    let finding = finding_of(&rest);
    assert_eq!((finding.status, finding.broken_link), unknown(LinkId::C02));
    assert!(report::reason(&finding).contains(&alarm_name("root_usage")));
    let mut held = ruled("ALARM(\"$e\") AND ALARM(\"$r\")");
    assert_eq!(decided(&held), fails(LinkId::C02));
    held.edit_alarm("root_usage", |alarm| alarm["StateValue"] = json!("ALARM"));
    assert_eq!(decided(&held), unknown(LinkId::C02));
    let foreign =
        ruled("ALARM(\"$e\") OR ALARM(\"arn:aws:cloudwatch:us-east-1:777788889999:alarm:other\")");
    assert_eq!(decided(&foreign), unknown(LinkId::C07));
}

#[test]
fn a_promql_selector_that_may_take_the_metric_is_unknown() {
    let asks = |query: &str| {
        world(|world| {
            world.edit_alarm(CONTROL, |alarm| {
                let fields = alarm.as_object_mut().expect("an object");
                for gone in [
                    "MetricName",
                    "Namespace",
                    "Statistic",
                    "Dimensions",
                    "Period",
                ] {
                    fields.remove(gone);
                }
                let criteria = json!({"PromQLCriteria": {"Query": query, "PendingPeriod": 0}});
                fields.insert("EvaluationCriteria".to_owned(), criteria);
            });
        })
    };
    for query in [
        "{__name__=~\"Cloud.*\"} > 0",
        "sum({namespace=\"CISBenchmark\"})",
        &format!("{} > 0", metric_name(CONTROL).to_lowercase()),
    ] {
        assert_eq!(decided(&asks(query)), unknown(LinkId::A21), "{query}");
    }
    for query in ["up{job=\"x\"} == 0", "{\"AWS/EC2.CPU\", a=\"b\"} > 1"] {
        assert_eq!(decided(&asks(query)), fails(LinkId::A01), "{query}");
    }
}

// A6: other writers of the metric.

/// One more filter on the control's metric.
fn beside(world: &mut World, pattern: &str, transformation: Value) {
    let mut written = json!({"metricName": metric_name(CONTROL), "metricNamespace": NAMESPACE});
    let fields = written.as_object_mut().expect("an object");
    for (name, value) in transformation.as_object().expect("an object") {
        fields.insert(name.clone(), value.clone());
    }
    world.add_filter(json!({
        "filterName": "reads",
        "filterPattern": pattern,
        "metricTransformations": [written],
        "logGroupName": LOG_GROUP,
    }));
}

#[test]
fn values_of_other_filters_dilute_the_event() {
    for statistic in ["Average", "Minimum"] {
        let world = world(|world| {
            beside(
                world,
                "{ $.eventSource = s3.amazonaws.com }",
                json!({"metricValue": "0"}),
            );
            world.edit_alarm(CONTROL, |alarm| alarm["Statistic"] = json!(statistic));
        });
        let finding = finding_of(&world);
        assert_eq!(
            (finding.status, finding.broken_link),
            fails(LinkId::F14),
            "{statistic}"
        );
        assert!(report::reason(&finding).contains("`reads`"));
    }
}

#[test]
fn the_filter_that_writes_the_default_value_is_named() {
    let world = world(|world| {
        beside(
            world,
            "{ $.eventSource = s3.amazonaws.com }",
            json!({"metricValue": "1", "defaultValue": 1.0}),
        );
    });
    let finding = finding_of(&world);
    assert_eq!((finding.status, finding.broken_link), fails(LinkId::F09));
    let reason = report::reason(&finding);
    assert!(reason.contains("filter `reads`"), "{reason}");
}

#[test]
fn two_units_and_an_alarm_without_one_are_not_defined() {
    let world = world(|world| {
        beside(
            world,
            "{ $.eventSource = s3.amazonaws.com }",
            json!({"metricValue": "1", "unit": "Count"}),
        );
    });
    assert_eq!(decided(&world), unknown(LinkId::F10));
}

// A7: noise is a property of the alarm.

#[test]
fn a_noisy_filter_is_harmless_where_its_values_do_not_breach() {
    let noisy = |transformation: Value| {
        let world = world(|world| {
            beside(world, "", transformation);
            world.edit_alarm(CONTROL, |alarm| alarm["Unit"] = json!("None"));
        });
        decided(&world)
    };
    assert_eq!(noisy(json!({"metricValue": "1"})).0, Status::Fail);
    assert_eq!(noisy(json!({"metricValue": "0"})), PASS);
    assert_eq!(noisy(json!({"metricValue": "1", "unit": "Seconds"})), PASS);
    let dimension = json!({"metricValue": "1", "dimensions": {"who": "$.userIdentity.type"}});
    assert_eq!(noisy(dimension), PASS);
}

// A8: saturation.

#[test]
fn what_all_people_and_roles_do_saturates() {
    for pattern in [
        "{ $.userIdentity.type != \"AWSService\" }",
        "{ $.userIdentity.invokedBy NOT EXISTS }",
        "{ ($.userIdentity.type = Root) || ($.userIdentity.type = IAMUser) || ($.userIdentity.type = AssumedRole) }",
        "{ $.userIdentity.arn != \"arn:aws:iam::111122223333:user/alice\" }",
        "{ ($.eventName = *) && ($.sourceIPAddress != \"192.0.2.10\") }",
        "{ $.userIdentity.accountId != \"444455556666\" }",
        "{ $.userIdentity.sessionContext.sessionIssuer.userName != \"deployment\" }",
    ] {
        let world = world(|world| also_matches(world, pattern));
        let chain = chain_of(&world);
        assert!(
            path_of(&chain, CONTROL).sound(),
            "the chain alone does not judge noise"
        );
        let finding = finding_of(&world);
        assert_eq!(
            (finding.status, finding.broken_link),
            fails(LinkId::A06),
            "{pattern}"
        );
        let reason = report::reason(&finding);
        assert!(reason.contains("nearly every event"), "{pattern}: {reason}");
    }
}

/// Lets the control's filter match these events too.
fn also_matches(world: &mut World, pattern: &str) {
    let inside = |pattern: &str| {
        let inner = pattern.trim().trim_start_matches('{').trim_end_matches('}');
        inner.trim().to_owned()
    };
    world.edit_filter(CONTROL, |filter| {
        let own = inside(filter["filterPattern"].as_str().expect("a pattern"));
        filter["filterPattern"] = json!(format!("{{ ({own}) || ({}) }}", inside(pattern)));
    });
}

#[test]
fn a_filter_that_fires_on_routine_is_told_to_be_noisy() {
    let world = world(|world| also_matches(world, "{ $.eventName = DescribeInstances }"));
    let finding = finding_of(&world);
    assert_eq!(finding.status, Status::Pass);
    let told: Vec<String> = finding.notes.iter().map(report::note).collect();
    assert!(
        told.iter()
            .any(|note| note.contains("noisy") && note.contains("DescribeInstances")),
        "{told:?}"
    );
}

// A9 and subjects.

#[test]
fn a_statistic_with_absolute_bounds_is_computed() {
    let with = |statistic: &str| {
        world(|world| {
            world.edit_filter(CONTROL, |filter| {
                filter["metricTransformations"][0]["defaultValue"] = json!(0.0)
            });
            world.edit_alarm(CONTROL, |alarm| {
                alarm
                    .as_object_mut()
                    .expect("an object")
                    .remove("Statistic");
                alarm["ExtendedStatistic"] = json!(statistic);
            });
        })
    };
    assert_eq!(decided(&with("TC(0:10)")), PASS);
    assert_eq!(decided(&with("TM(:10)")), fails(LinkId::A07));
}

#[test]
fn reasons_have_subjects_of_the_right_kind() {
    let faulty = |change: &dyn Fn(&mut World)| {
        let chain = chain_of(&world(|world| change(world)));
        let link = path_of(&chain, CONTROL)
            .links
            .iter()
            .find(|link| link.verdict == Verdict::Broken)
            .expect("a fault")
            .clone();
        (link.id, link.subject.kind)
    };
    let unit = |world: &mut World| {
        world.edit_alarm(CONTROL, |alarm| alarm["Unit"] = json!("Seconds"));
    };
    assert_eq!(faulty(&unit), (LinkId::F10, Kind::MetricFilter));
    let value = |world: &mut World| {
        world.edit_filter(CONTROL, |filter| {
            filter["metricTransformations"][0]["metricValue"] = json!("0")
        });
    };
    assert_eq!(faulty(&value), (LinkId::F02, Kind::MetricFilter));
    let threshold = |world: &mut World| {
        world.edit_alarm(CONTROL, |alarm| alarm["Threshold"] = json!(3.0));
    };
    assert_eq!(faulty(&threshold), (LinkId::A04, Kind::Alarm));
}

#[test]
fn the_composite_whose_rule_is_at_fault_is_named() {
    let world = world(|world| {
        world.edit_alarm(CONTROL, |alarm| alarm["AlarmActions"] = json!([]));
        let rule = format!("ALARM(\"{}\") AND FALSE", alarm_name(CONTROL));
        let mut lower = site().composite_alarm("lower", &rule);
        lower["AlarmActions"] = json!([]);
        world.add_composite_alarm(lower);
        world.add_composite_alarm(site().composite_alarm("upper", "ALARM(lower)"));
    });
    let chain = chain_of(&world);
    let link = path_of(&chain, CONTROL)
        .links
        .iter()
        .find(|link| link.verdict == Verdict::Broken)
        .expect("a fault")
        .clone();
    assert_eq!(
        (link.id, link.subject.name.as_str()),
        (LinkId::C02, "lower")
    );
}

#[test]
fn what_is_wrong_further_on_in_the_same_alarm_is_told() {
    let chain = chain_of(&world(|world| {
        world.edit_alarm(CONTROL, |alarm| {
            alarm["Threshold"] = json!(3.0);
            alarm["Unit"] = json!("Seconds");
            alarm["ActionsEnabled"] = json!(false);
            alarm["AlarmActions"] = json!([]);
        });
    }));
    let broken: Vec<LinkId> = path_of(&chain, CONTROL)
        .links
        .iter()
        .filter(|link| link.verdict == Verdict::Broken)
        .map(|link| link.id)
        .collect();
    for id in [LinkId::F10, LinkId::A04, LinkId::A03, LinkId::A02] {
        assert!(broken.contains(&id), "{id}: {broken:?}");
    }
}

#[test]
fn a_mute_window_is_data() {
    let chain = chain_of(&world(|world| {
        let weekly = schedule("cron(0 2 * * SUN)", "PT4H");
        world.mute("weekly", weekly, &[&alarm_name(CONTROL)]);
    }));
    let path = path_of(&chain, CONTROL);
    let link = path.link(LinkId::A17).expect("a link");
    let Cause::Silence(SilenceCause::Muted { rules, window }) = &link.cause else {
        panic!("{link:?}")
    };
    assert_eq!(rules, &["weekly"]);
    assert_eq!(window.begin, "2026-11-22T02:00:00Z");
    assert_eq!(path.muted.sure[0].begin.to_string(), window.begin);
}
