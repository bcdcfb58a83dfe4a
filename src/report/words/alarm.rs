//! Alarms in words: what is said beside what one event does.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::aws::mute::Problem;
use crate::chain::cause::{AlarmCause, MuteWindow, Namesake, Query};

use super::{quoted, span};

/// The cause as a sentence.
pub(super) fn sentence(cause: &AlarmCause) -> String {
    match cause {
        AlarmCause::WatchesMetric => "it watches the metric".to_owned(),
        AlarmCause::NoAlarmWatches { namesake: None } => "no alarm watches it".to_owned(),
        AlarmCause::NoAlarmWatches {
            namesake:
                Some(Namesake {
                    alarm,
                    namespace,
                    metric,
                }),
        } => format!(
            "no alarm watches it: the alarm `{alarm}` watches {metric} in the namespace {namespace}"
        ),
        AlarmCause::InMonitoringAccount { account } => format!(
            "it is an alarm of the monitoring account {account}, and whether that is linked to the metric's account is not in the snapshot"
        ),
        AlarmCause::QueryNotEvaluated { query, metric } => match query {
            Query::Promql => {
                format!("it watches a PromQL query that may select {metric}, which is not evaluated")
            }
            Query::Search => {
                format!("it watches a search that names {metric}, which is not evaluated")
            }
            Query::MetricsInsights => format!(
                "it watches a Metrics Insights query that names {metric}, which is not evaluated"
            ),
        },
        AlarmCause::QueriesNotListed => "its metric queries are not in the snapshot".to_owned(),
        AlarmCause::OneEventFires {
            delay_seconds: 0,
            coalescing_seconds,
        } => format!("one event moves it into ALARM, at most once in {coalescing_seconds} seconds"),
        AlarmCause::OneEventFires {
            delay_seconds,
            coalescing_seconds,
        } => format!(
            "one event moves it into ALARM {delay_seconds} seconds late, at most once in {coalescing_seconds} seconds"
        ),
        AlarmCause::ActionsEnabled => "its actions are enabled".to_owned(),
        AlarmCause::ActionsDisabled => "its actions are disabled".to_owned(),
        AlarmCause::NoAction { other_state: None } => "it has no action".to_owned(),
        AlarmCause::NoAction {
            other_state: Some(state),
        } => format!("it has an action for {state} and none for ALARM"),
        AlarmCause::EvaluationError => {
            "CloudWatch cannot evaluate it: its configuration is in error".to_owned()
        }
        AlarmCause::EvaluationFailure => {
            "CloudWatch could not evaluate it (EVALUATION_FAILURE), and whether it can when the event comes is not known"
                .to_owned()
        }
        AlarmCause::PartialData => {
            "CloudWatch could not get all data that it reads (PARTIAL_DATA)".to_owned()
        }
        AlarmCause::InsufficientData => {
            "it has insufficient data, as it should when nothing happens".to_owned()
        }
        AlarmCause::JustInAlarm { seconds } => format!(
            "it went into ALARM {} before the snapshot: an event makes no notification until it leaves",
            span(*seconds)
        ),
        AlarmCause::SitsInAlarm { seconds } => format!(
            "it has been in ALARM for {}: an event makes no transition, so nobody is told",
            span(*seconds)
        ),
        AlarmCause::InAlarmSinceUnknown => {
            "it is in ALARM, since when is not known: an event makes no notification until it leaves"
                .to_owned()
        }
        AlarmCause::WarmUpOver => "its warm-up is over".to_owned(),
        AlarmCause::WarmingUp { minutes, updated } => format!(
            "it warms up for {minutes} minutes after {updated}: until then it does not act"
        ),
        AlarmCause::ResponsePlan => "the response plan may page its contacts".to_owned(),
        AlarmCause::ActionTellsNobody { service } => {
            format!("it does something with {service} and tells nobody")
        }
        AlarmCause::ActionNotFollowed { service } if service.is_empty() => {
            "whether it tells a person is not in the snapshot".to_owned()
        }
        AlarmCause::ActionNotFollowed { service } => {
            format!("it goes to {service}; whether that tells a person is not in the snapshot")
        }
        _ => muted(cause),
    }
}

/// Mute rules and noise.
fn muted(cause: &AlarmCause) -> String {
    match cause {
        AlarmCause::MuteRuleOver { rule } => format!("the mute rule `{rule}` is over"),
        AlarmCause::MuteLosesNothing { rules } => format!(
            "{} for less time than it stays in ALARM: actions run at the end of the window",
            mutes(rules)
        ),
        AlarmCause::Muted { rules, window } => format!(
            "{}: an event {} is lost, because the alarm is back before the window ends",
            mutes(rules),
            from_to(window)
        ),
        AlarmCause::MutedAlways { rules } => {
            format!("{} all the time: no action ever runs", mutes(rules))
        }
        AlarmCause::MutedPerhaps { rules, window } => {
            format!("{}: an event {} may be lost", mutes(rules), from_to(window))
        }
        AlarmCause::MuteScheduleNotUnderstood { rule, problem } => {
            format!("the mute rule `{rule}`: {}", problem_of(problem))
        }
        AlarmCause::MutedTogether { alarms, window, at } => format!(
            "an event {} is lost: {} muted {}",
            moment(at),
            are(alarms),
            from_to(window)
        ),
        AlarmCause::SilentTogether { alarms, window, at } => format!(
            "an event {} is lost: {} silent {}, by expression or mute rule",
            moment(at),
            are(alarms),
            from_to(window)
        ),
        AlarmCause::MutedTogetherPerhaps { alarms, window } => format!(
            "whether an event {} is lost is not known: {} muted then, perhaps for longer than the stay in ALARM",
            from_to(window),
            are(alarms)
        ),
        AlarmCause::KeptInAlarmByItsFilter { filter } => format!(
            "filter `{filter}` matches nearly every event, so the alarm stays in ALARM and never changes state again"
        ),
        AlarmCause::KeptInAlarmByOthers { filters } => format!(
            "{} feeds the same alarm, matches nearly every event and so keeps it in ALARM",
            quoted(filters)
        ),
        AlarmCause::PerhapsKeptInAlarm { filters } => format!(
            "{} matches nearly every event; whether that keeps the alarm in ALARM is not known",
            quoted(filters)
        ),
        _ => String::new(),
    }
}

fn mutes(rules: &[String]) -> String {
    match rules {
        [one] => format!("the mute rule `{one}` mutes it"),
        many => format!("the mute rules {} mute it", quoted(many)),
    }
}

fn are(alarms: &[String]) -> String {
    match alarms {
        [one] => format!("alarm `{one}` is"),
        many => format!("the alarms {} are all", quoted(many)),
    }
}

fn problem_of(problem: &Problem) -> String {
    match problem {
        Problem::Duration { text } => format!("its duration `{text}` is not understood"),
        Problem::Schedule { text } => format!("its schedule `{text}` is not understood"),
        Problem::TimeZone { text } => format!("its time zone `{text}` is not known"),
        Problem::NotActive => {
            "AWS says that it is active, and its schedule says that it is not".to_owned()
        }
    }
}

/// `on a Monday at 02:30 UTC (2026-11-23)`.
fn moment(at: &str) -> String {
    let Ok(at) = at.parse::<Timestamp>() else {
        return format!("at {at}");
    };
    let at = at.to_zoned(TimeZone::UTC);
    at.strftime("on a %A at %H:%M UTC (%Y-%m-%d)").to_string()
}

/// `from 2026-11-23 02:00 to 2026-11-23 04:00 UTC`.
fn from_to(window: &MuteWindow) -> String {
    let shown = |text: &str| {
        text.parse::<Timestamp>().map_or_else(
            |_| text.to_owned(),
            |at| at.strftime("%Y-%m-%d %H:%M").to_string(),
        )
    };
    format!(
        "from {} to {} UTC",
        shown(&window.begin),
        shown(&window.end)
    )
}
