//! Log alarms in words.

use crate::chain::cause::LogAlarmCause as Cause;

/// The cause as a sentence.
pub(super) fn sentence(cause: &Cause) -> String {
    match cause {
        Cause::QueryFinds => "its query finds records by their fields".to_owned(),
        Cause::QueryLeavesOut => "its query does not find the event".to_owned(),
        Cause::QueryNotDecided => {
            "whether its query finds an event that lacks the field, or has another type there, is not documented".to_owned()
        }
        Cause::QueryNotRead { part } => format!("`{part}` of its query is not read"),
        Cause::QueryNotShown => "its query is not shown whole".to_owned(),
        Cause::QueryOnTransformed => {
            "a transformer may change the records before its query sees them".to_owned()
        }
        Cause::OneRecordIsEnough => "one record makes it go off".to_owned(),
        Cause::AggregationNotRead { expression } => {
            format!("its aggregation `{expression}` is not read; `count(*)` is")
        }
        Cause::ThresholdNotDecided { condition } => {
            format!("its condition `{condition}` is not that of one record")
        }
        Cause::SeveralResults { results } => {
            format!("{results} of its query results have to breach, and one event is not known to be in as many")
        }
        Cause::NoRowsNotDecided { treat_missing_data } => format!(
            "what a run without rows does to it, with missing data treated as {treat_missing_data}, is not documented"
        ),
        Cause::ScheduleNotRead { expression } => {
            format!("its schedule `{expression}` is not a rate, and what falls between two runs is not known")
        }
        Cause::FallsBetweenRuns { window, rate } => format!(
            "it looks at {window} seconds every {rate} seconds, so that events fall between two runs"
        ),
        Cause::LooksBackTooShort { seconds } => format!(
            "it looks back {seconds} seconds, and CloudTrail may deliver a record later than that"
        ),
        Cause::LooksBack { seconds } => format!(
            "it looks back {seconds} seconds: what CloudTrail delivers later than that is lost"
        ),
        Cause::CompositeAbove => {
            "a composite alarm looks at it, and AWS says of metric alarms and composite alarms alone that a rule may hold them"
                .to_owned()
        }
    }
}
