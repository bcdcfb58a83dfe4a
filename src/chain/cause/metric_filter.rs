//! What is said of a metric filter: its pattern, its criteria, its metric.

use serde::Serialize;

/// Why a link about a metric filter has its verdict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum MetricFilterCause {
    /// It counts what its pattern matches.
    CountsByPattern,
    /// Its pattern does not match the event.
    PatternDoesNotMatch,
    /// It looks for a phrase in the text of the record where it was meant to look at fields: quotes around the whole
    /// pattern, or braces left out.
    PatternIsPhrase,
    /// No metric filter matches the event.
    NoFilterMatches,
    /// The same of an account that has rules of EventBridge: no filter and no rule.
    NoFilterOrRuleMatches,
    /// Its pattern does not parse here.
    PatternNotUnderstood {
        /// What the parser says.
        error: String,
    },
    /// The log group has no metric filter.
    LogGroupHasNoFilter,
    /// Field selection criteria choose the log group's records.
    SelectionChooses,
    /// Field selection criteria leave them out.
    SelectionLeavesOut,
    /// Field selection criteria that are not understood.
    SelectionNotUnderstood {
        /// What the parser says.
        error: String,
    },
    /// What @aws.account is for a member's records is not documented.
    MemberAccountFieldNotDocumented,
    /// What @aws.region is for a record that a trail delivers from another Region is not documented.
    RegionFieldNotDocumented,
    /// The dimensions that it writes are not those that the alarm reads.
    DimensionsDiffer {
        /// Names written.
        written: Vec<String>,
        /// Names read.
        read: Vec<String>,
    },
    /// The value of a dimension is another.
    DimensionValueDiffers {
        /// The dimension.
        dimension: String,
        /// What the alarm reads.
        read: String,
        /// What the log group's records have.
        written: String,
    },
    /// A dimension from a selector that is not evaluated.
    DimensionNotEvaluated {
        /// The dimension.
        dimension: String,
        /// Its selector.
        selector: String,
    },
    /// The alarm reads events with one value of a field alone.
    DimensionValueRead {
        /// The field.
        field: String,
        /// The value.
        value: String,
    },
    /// An event without the field writes no metric.
    DimensionFieldNeeded {
        /// The field.
        field: String,
    },
    /// An event without the field publishes no value.
    ValueFieldNeeded {
        /// The field.
        field: String,
    },
    /// Too many values of the field may disable the filter.
    DimensionTakesManyValues {
        /// The field.
        field: String,
    },
    /// Other filters write the same metric.
    SharesMetric {
        /// Their names.
        filters: Vec<String>,
    },
    /// It writes no metric.
    WritesNoMetric,
}
