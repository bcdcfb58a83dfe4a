//! Metric filters in words.

use crate::chain::cause::MetricFilterCause;

/// The cause as a sentence.
pub(super) fn sentence(cause: &MetricFilterCause) -> String {
    match cause {
        MetricFilterCause::CountsByPattern => "it counts what its pattern matches".to_owned(),
        MetricFilterCause::PatternDoesNotMatch => "its pattern does not match the event".to_owned(),
        MetricFilterCause::PatternIsPhrase => {
            "its pattern is quoted or lacks its braces, so it looks for a phrase in the text and not at fields"
                .to_owned()
        }
        MetricFilterCause::NoFilterOrRuleMatches => {
            "no metric filter and no EventBridge rule matches the event".to_owned()
        }
        MetricFilterCause::NoFilterMatches => "no metric filter matches the event".to_owned(),
        MetricFilterCause::PatternNotUnderstood { error } => {
            format!("its pattern does not parse: {error}")
        }
        MetricFilterCause::LogGroupHasNoFilter => "it has no metric filter".to_owned(),
        MetricFilterCause::SelectionChooses => {
            "field selection criteria choose this log group's records".to_owned()
        }
        MetricFilterCause::SelectionLeavesOut => {
            "field selection criteria leave out this log group's records".to_owned()
        }
        MetricFilterCause::SelectionNotUnderstood { error } => {
            format!("field selection criteria are not understood: {error}")
        }
        MetricFilterCause::MemberAccountFieldNotDocumented => {
            "what @aws.account is for a member's records is not documented".to_owned()
        }
        MetricFilterCause::RegionFieldNotDocumented => {
            "what @aws.region is for a record that a trail delivers from another Region is not documented"
                .to_owned()
        }
        MetricFilterCause::DimensionsDiffer { written, read } => {
            match (written.is_empty(), read.is_empty()) {
                (true, _) => format!(
                    "the alarm reads the metric with the dimensions {}, which the filter does not write",
                    read.join(", ")
                ),
                (false, true) => format!(
                    "the filter writes the metric with the dimensions {} alone, the alarm reads it without",
                    written.join(", ")
                ),
                (false, false) => format!(
                    "the filter writes the dimensions {}, the alarm reads {}",
                    written.join(", "),
                    read.join(", ")
                ),
            }
        }
        MetricFilterCause::DimensionValueDiffers {
            dimension,
            read,
            written,
        } => {
            format!("the alarm reads {dimension} = {read}, the log group's records have {written}")
        }
        MetricFilterCause::DimensionNotEvaluated {
            dimension,
            selector,
        } => format!("the dimension {dimension} comes from `{selector}`, which is not evaluated"),
        MetricFilterCause::DimensionValueRead { field, value } => {
            format!("the alarm reads events with {field} = {value} alone")
        }
        MetricFilterCause::DimensionFieldNeeded { field } => {
            format!("an event without {field} writes no metric")
        }
        MetricFilterCause::ValueFieldNeeded { field } => {
            format!("it publishes {field}, and nothing for an event without it")
        }
        MetricFilterCause::DimensionTakesManyValues { field } => format!(
            "CloudWatch Logs may disable the filter when {field} takes more than 1,000 values in an hour"
        ),
        MetricFilterCause::SharesMetric { filters } => format!(
            "shares its metric with {}: while an event of one keeps the alarm in ALARM, one of another makes no notification",
            filters.join(", ")
        ),
        MetricFilterCause::WritesNoMetric => "it writes no metric".to_owned(),
    }
}
