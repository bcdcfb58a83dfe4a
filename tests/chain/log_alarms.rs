//! Q ids: log alarms, which need no metric filter.

use super::rules::finding_of;
use super::*;
use crate::support::world::{HOME, LOG_GROUP, Site};

pub const QUERY: &str = "fields @timestamp, @message | filter eventSource = \"cloudtrail.amazonaws.com\" and eventName in \
    [\"CreateTrail\", \"UpdateTrail\", \"DeleteTrail\", \"StartLogging\", \"StopLogging\"]";

/// A log alarm with this query over the trail's log group, as DescribeAlarms gives it.
pub fn log_alarm(query: &str) -> Value {
    let site = Site::new(ACCOUNT, HOME);
    json!({
        "AlarmName": "trail-changes",
        "AlarmArn": site.alarm_arn("trail-changes"),
        "ActionsEnabled": true,
        "AlarmActions": [site.topic_arn()],
        "StateValue": "OK",
        "ScheduledQueryConfiguration": {
            "QueryString": query,
            "LogGroupIdentifiers": [LOG_GROUP],
            "ScheduleConfiguration": {"ScheduleExpression": "rate(5 minutes)", "StartTimeOffset": 1800, "EndTimeOffset": 0},
            "AggregationExpression": "count(*)",
        },
        "QueryResultsToEvaluate": 1,
        "QueryResultsToAlarm": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    })
}

/// The complete account without metric filters, with this log alarm.
pub fn queried(query: &str, edit: impl FnOnce(&mut Value)) -> World {
    let mut world = World::complete();
    world.edit("logs", "DescribeMetricFilters", |output| {
        output["metricFilters"] = json!([])
    });
    world.edit("monitoring", "DescribeAlarms", |output| {
        output["MetricAlarms"] = json!([]);
        output["CompositeAlarms"] = json!([]);
    });
    let mut alarm = log_alarm(query);
    edit(&mut alarm);
    world.add_log_alarm(alarm);
    world
}

#[track_caller]
fn is(world: &World, control: &str, status: Status, link: Option<LinkId>) -> Finding {
    let finding = finding_of(world, control);
    let said = reason(&finding);
    assert_eq!(
        (finding.status, finding.broken_link),
        (status, link),
        "{said}"
    );
    finding
}

#[test]
fn a_log_alarm_tells_people_and_the_audit_steps_are_not_met() {
    let finding = is(&queried(QUERY, |_| {}), CONTROL, Status::Pass, None);
    assert_eq!(finding.why.told_by(), Some(analyze::ToldBy::Alarm));
    let said = reason(&finding);
    assert!(
        said.contains("log alarm") && said.contains("trail-changes"),
        "{said}"
    );
    let steps = finding.audit_steps.as_ref().expect("steps");
    assert!(!format!("{:?}", steps.answer).eq("Met"), "{steps:?}");
    // What arrives late is lost, and the finding says so.
    assert!(
        finding
            .notes
            .iter()
            .any(|note| note.link == Some(LinkId::Q03))
    );
}

#[test]
fn q01_query_does_not_find_the_event() {
    let narrow = QUERY.replace("\"CreateTrail\", ", "");
    let finding = is(
        &queried(&narrow, |_| {}),
        CONTROL,
        Status::Fail,
        Some(LinkId::Q01),
    );
    assert_eq!(
        finding.witness.expect("a witness")["eventName"],
        "CreateTrail"
    );
    // One that has to do with something else is not to blame.
    let other = "filter eventName = 'RunInstances'";
    is(
        &queried(other, |_| {}),
        CONTROL,
        Status::Fail,
        Some(LinkId::F01),
    );
    for query in [
        "stats count(*) by eventName",
        "filter @message like /Trail/",
        "filter eventName like /(?i)trail/",
    ] {
        is(
            &queried(query, |_| {}),
            CONTROL,
            Status::Unknown,
            Some(LinkId::Q01),
        );
    }
    is(
        &queried(QUERY, |alarm| {
            alarm["ScheduledQueryConfiguration"]["QueryLanguage"] = json!("SQL");
        }),
        CONTROL,
        Status::Unknown,
        Some(LinkId::Q01),
    );
}

#[test]
fn q01_is_open_where_a_field_is_absent() {
    // Whether `!=` holds for a call of root that nobody invoked for it is not documented.
    let query = "filter userIdentity.type = 'Root' and userIdentity.invokedBy != 'AWS Internal'";
    is(
        &queried(query, |_| {}),
        "root_usage",
        Status::Unknown,
        Some(LinkId::Q01),
    );
    for query in [
        "filter userIdentity.type = 'Root'",
        "filter not (userIdentity.type != 'Root')",
        "filter userIdentity.type in ['Root']",
        "filter userIdentity.type like 'Root'",
        "filter userIdentity.type like /^Root$/",
    ] {
        is(&queried(query, |_| {}), "root_usage", Status::Pass, None);
    }
}

#[test]
fn q02_settings_that_are_not_those_of_one_record() {
    let edits: [fn(&mut Value); 7] = [
        |alarm| alarm["Threshold"] = json!(5.0),
        |alarm| alarm["ComparisonOperator"] = json!("LessThanThreshold"),
        |alarm| alarm["QueryResultsToAlarm"] = json!(2),
        |alarm| alarm["TreatMissingData"] = json!("ignore"),
        |alarm| alarm["TreatMissingData"] = json!("breaching"),
        |alarm| {
            alarm["ScheduledQueryConfiguration"]["AggregationExpression"] =
                json!("count(*) by eventName");
        },
        |alarm| {
            alarm["ScheduledQueryConfiguration"]["AggregationExpression"] = json!("avg(latency)");
        },
    ];
    for edit in edits {
        is(
            &queried(QUERY, edit),
            CONTROL,
            Status::Unknown,
            Some(LinkId::Q02),
        );
    }
    let above_zero = queried(QUERY, |alarm| {
        alarm["Threshold"] = json!(0.0);
        alarm["ComparisonOperator"] = json!("GreaterThanThreshold");
    });
    is(&above_zero, CONTROL, Status::Pass, None);
}

#[test]
fn q03_runs_that_leave_time_out() {
    let schedule = |expression: &str, start: i64, end: i64| {
        let schedule = json!({"ScheduleExpression": expression, "StartTimeOffset": start, "EndTimeOffset": end});
        queried(QUERY, |alarm| {
            alarm["ScheduledQueryConfiguration"]["ScheduleConfiguration"] = schedule;
        })
    };
    for (expression, start, end) in [
        ("rate(1 hour)", 1800, 0),
        ("rate(5 minutes)", 1800, 1740),
        ("rate(5 minutes)", 300, 0),
        ("cron(0/5 * * * ? *)", 1800, 0),
        ("rate(0 minutes)", 1800, 0),
    ] {
        is(
            &schedule(expression, start, end),
            CONTROL,
            Status::Unknown,
            Some(LinkId::Q03),
        );
    }
    is(
        &schedule("rate(1 hour)", 5400, 900),
        CONTROL,
        Status::Pass,
        None,
    );
}

#[test]
fn a_log_alarm_that_acts_on_nothing_or_looks_elsewhere_tells_nobody() {
    let silent = queried(QUERY, |alarm| alarm["AlarmActions"] = json!([]));
    is(&silent, CONTROL, Status::Fail, Some(LinkId::A03));
    let off = queried(QUERY, |alarm| alarm["ActionsEnabled"] = json!(false));
    is(&off, CONTROL, Status::Fail, Some(LinkId::A02));
    let elsewhere = queried(QUERY, |alarm| {
        alarm["ScheduledQueryConfiguration"]["LogGroupIdentifiers"] = json!(["another-group"]);
    });
    is(&elsewhere, CONTROL, Status::Fail, Some(LinkId::F01));
    let mut muted = queried(QUERY, |_| {});
    muted.mute(
        "always",
        json!({"Expression": "cron(0 0 * * *)", "Duration": "P1D"}),
        &["trail-changes"],
    );
    assert_ne!(finding_of(&muted, CONTROL).status, Status::Pass);
}

#[test]
fn a_log_alarm_fills_what_a_filter_leaves_out() {
    let mut world = World::complete();
    world.edit_filter(CONTROL, |filter| {
        filter["filterPattern"] =
            json!("{ $.eventName = StopLogging || $.eventName = StartLogging }");
    });
    world.add_log_alarm(log_alarm(QUERY));
    is(&world, CONTROL, Status::Pass, None);
}
