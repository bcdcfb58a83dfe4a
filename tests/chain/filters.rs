//! F ids.

use super::*;
use crate::support::controls::metric_name;
use crate::support::world::{HOME, NAMESPACE};

fn transformation(world: &mut World, change: impl Fn(&mut Value)) {
    world.edit_filter(CONTROL, |filter| {
        change(&mut filter["metricTransformations"][0])
    });
}

#[test]
fn f01_no_filter() {
    fault(LinkId::F01, Verdict::Broken, |world| {
        world.edit("logs", "DescribeMetricFilters", |output| {
            output["metricFilters"] = json!([])
        });
    });
    let link = fault(LinkId::F01, Verdict::Unknown, |world| {
        world.deny("logs", "DescribeMetricFilters");
    });
    assert!(
        sentence(&link.cause).contains("logs:DescribeMetricFilters"),
        "{}",
        sentence(&link.cause)
    );
}

#[test]
fn f01_a_pattern_that_matches_something_else_stops_the_event() {
    let chain = chain_of(&world(|world| {
        world.edit_filter(CONTROL, |filter| {
            filter["filterPattern"] = json!("{ $.eventName = CreateTrail }")
        });
    }));
    let path = path_of(&chain, CONTROL);
    assert_eq!(
        path.verdict(),
        Verdict::Ok,
        "what a pattern should match is not the chain's to say"
    );
    assert_eq!(stopped_by(path, &stop_logging(HOME)), Some(LinkId::F01));
}

#[test]
fn f01_a_pattern_that_does_not_parse_is_unknown() {
    fault(LinkId::F01, Verdict::Unknown, |world| {
        world.edit_filter(CONTROL, |filter| {
            filter["filterPattern"] = json!("{ $.eventName = }")
        });
    });
}

#[test]
fn f01_filters_of_a_list_that_was_cut_short_still_count_but_absence_does_not() {
    let mut world = World::complete();
    world.remove_filter(CONTROL);
    world.edit("logs", "DescribeMetricFilters", |output| {
        output["nextToken"] = json!("more")
    });
    let chain = chain_of(&world);
    assert_eq!(path_of(&chain, "root_usage").verdict(), Verdict::Ok);
    let unknown: Vec<&Path> = chain.unknown_paths().collect();
    assert_eq!(unknown.len(), 1, "{unknown:#?}");
    assert!(
        takes(unknown[0], &stop_logging(HOME)),
        "a filter that was not read may match anything"
    );
}

#[test]
fn f02_metric_value_is_zero() {
    fault(LinkId::F02, Verdict::Broken, |world| {
        transformation(world, |one| one["metricValue"] = json!("0"))
    });
}

#[test]
fn f03_metric_value_is_a_field() {
    let chain = chain_of(&world(|world| {
        transformation(world, |one| one["metricValue"] = json!("$.size"))
    }));
    let path = path_of(&chain, CONTROL);
    assert!(!path.sound());
    assert!(
        path.link(LinkId::F03)
            .is_some_and(|link| !link.verdict.is_sound()),
        "{path:#?}"
    );
}

#[test]
fn f04_metric_value_is_negative() {
    let chain = chain_of(&world(|world| {
        transformation(world, |one| one["metricValue"] = json!("-1"))
    }));
    assert_eq!(path_of(&chain, CONTROL).verdict(), Verdict::Broken);
    fault(LinkId::F04, Verdict::Broken, |world| {
        transformation(world, |one| one["metricValue"] = json!("-1"));
        world.edit_alarm(CONTROL, |alarm| {
            alarm
                .as_object_mut()
                .expect("an object")
                .remove("Statistic");
            alarm["ExtendedStatistic"] = json!("p90");
        });
    });
}

#[test]
fn f05_dimensions_differ_from_the_alarms() {
    fault(LinkId::F05, Verdict::Broken, |world| {
        transformation(world, |one| {
            one["dimensions"] = json!({"Region": "$.awsRegion"})
        });
    });
    fault(LinkId::F05, Verdict::Broken, |world| {
        world.edit_alarm(CONTROL, |alarm| {
            alarm["Dimensions"] = json!([{"Name": "Region", "Value": HOME}])
        });
    });
    fault(LinkId::F05, Verdict::Broken, |world| {
        world.edit_filter(CONTROL, |filter| {
            filter["emitSystemFieldDimensions"] = json!(["@aws.account"])
        });
    });
}

#[test]
fn f05_an_alarm_on_one_value_sees_the_events_with_that_value() {
    let same = |world: &mut World| {
        transformation(world, |one| {
            one["dimensions"] = json!({"Region": "$.awsRegion"})
        });
        world.edit_alarm(CONTROL, |alarm| {
            alarm["Dimensions"] = json!([{"Name": "Region", "Value": HOME}])
        });
    };
    fault(LinkId::F05, Verdict::Degraded, same);
    let chain = chain_of(&world(same));
    let path = path_of(&chain, CONTROL);
    assert!(takes(path, &stop_logging(HOME)));
    assert_eq!(
        stopped_by(path, &stop_logging("eu-west-1")),
        Some(LinkId::F05)
    );
}

#[test]
fn f06_event_lacks_the_dimensions_field() {
    let chain = chain_of(&world(|world| {
        transformation(world, |one| {
            one["dimensions"] = json!({"Code": "$.errorCode"})
        });
        world.edit_alarm(CONTROL, |alarm| {
            alarm["Dimensions"] = json!([{"Name": "Code", "Value": "AccessDenied"}])
        });
    }));
    let path = path_of(&chain, CONTROL);
    assert_eq!(
        path.link(LinkId::F06).map(|link| link.verdict),
        Some(Verdict::Degraded)
    );
    assert!(
        !takes(path, &stop_logging(HOME)),
        "the event has no errorCode"
    );
}

#[test]
fn f07_too_many_dimension_values() {
    fault(LinkId::F07, Verdict::Weak, |world| {
        transformation(world, |one| {
            one["dimensions"] = json!({"Who": "$.userIdentity.arn"})
        });
        world.edit_alarm(CONTROL, |alarm| {
            alarm["Dimensions"] = json!([{"Name": "Who", "Value": "somebody"}]);
        });
    });
}

#[test]
fn f08_default_value_of_zero_still_fires() {
    let chain = chain_of(&world(|world| {
        transformation(world, |one| one["defaultValue"] = json!(0.0))
    }));
    let path = path_of(&chain, CONTROL);
    assert!(path.sound(), "{path:#?}");
}

#[test]
fn f08_default_values_keep_two_datapoints_from_breaching() {
    let chain = chain_of(&world(|world| {
        transformation(world, |one| one["defaultValue"] = json!(0.0));
        world.edit_alarm(CONTROL, |alarm| alarm["EvaluationPeriods"] = json!(2));
    }));
    assert_eq!(path_of(&chain, CONTROL).verdict(), Verdict::Broken);
}

#[test]
fn f09_default_value_breaches() {
    let chain = chain_of(&world(|world| {
        transformation(world, |one| one["defaultValue"] = json!(1.0))
    }));
    let path = path_of(&chain, CONTROL);
    assert_eq!(path.verdict(), Verdict::Broken);
    assert!(path.link(LinkId::F09).is_some(), "{path:#?}");
}

#[test]
fn f10_unit_differs() {
    fault(LinkId::F10, Verdict::Broken, |world| {
        world.edit_alarm(CONTROL, |alarm| alarm["Unit"] = json!("Seconds"));
    });
    let chain = chain_of(&world(|world| {
        transformation(world, |one| one["unit"] = json!("Count"));
        world.edit_alarm(CONTROL, |alarm| alarm["Unit"] = json!("Count"));
    }));
    assert_eq!(path_of(&chain, CONTROL).verdict(), Verdict::Ok);
}

#[test]
fn f11_field_selection_criteria() {
    fault(LinkId::F11, Verdict::Broken, |world| {
        world.edit_filter(CONTROL, |filter| {
            filter["fieldSelectionCriteria"] = json!(r#"@aws.region = "mars-west-1""#)
        });
    });
    fault(LinkId::F11, Verdict::Unknown, |world| {
        world.edit_filter(CONTROL, |filter| {
            filter["fieldSelectionCriteria"] = json!("@data.source = x")
        });
    });
    remark(LinkId::F11, |world| {
        world.edit_filter(CONTROL, |filter| {
            filter["fieldSelectionCriteria"] = json!(r#"@aws.region NOT IN ["mars-west-1"]"#)
        });
    });
}

/// The control's filter lies on a log group that no trail delivers to.
fn on_an_orphan(world: &mut World) {
    world.remove_filter(CONTROL);
    world.add_filter(json!({
        "filterName": filter_name(CONTROL),
        "filterPattern": "{ ($.eventName = *Trail) || ($.eventName = *Logging) }",
        "logGroupName": "orphan",
        "metricTransformations": [{"metricName": metric_name(CONTROL), "metricNamespace": NAMESPACE, "metricValue": "1"}],
    }));
}

#[test]
fn f12_filter_on_a_log_group_no_trail_delivers_to() {
    fault(LinkId::F12, Verdict::Broken, on_an_orphan);
}

/// A trail that could hide in a Region that was not asked records that Region alone: the others' events reach no such filter.
#[test]
fn a_region_that_was_not_asked_does_not_hide_what_a_filter_elsewhere_lacks() {
    for silent in ["us-west-2", HOME] {
        let finding = finding_of(&world(|world| {
            on_an_orphan(world);
            world.forget_in(silent, "cloudtrail", "DescribeTrails");
        }));
        assert_eq!(
            (finding.status, finding.broken_link),
            (Status::Fail, Some(LinkId::F12)),
            "{silent}: {}",
            reason(&finding)
        );
        let witness = finding.witness.as_ref().expect("an event");
        assert_ne!(witness["awsRegion"], silent);
    }
}

#[test]
fn f14_two_filters_write_one_metric() {
    remark(LinkId::F14, |world| {
        world.edit_filter("root_usage", |filter| {
            filter["metricTransformations"][0]["metricName"] = json!(metric_name(CONTROL));
        });
        world.remove_alarm("root_usage");
    });
}
