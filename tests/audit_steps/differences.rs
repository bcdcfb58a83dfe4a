//! Where the steps see less than there is to see, and where they ask for more than is needed.

use super::*;
use crate::support::controls::monitored;

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
        &format!(
            "none of {} metric filters of log group `/cloudtrail/management-events`",
            monitored().len()
        ),
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
