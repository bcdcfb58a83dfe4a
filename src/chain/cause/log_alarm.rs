//! What is said of log alarms: which records their query finds, and whether a record makes one go off.

use serde::Serialize;

/// Why a link about a log alarm has its verdict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum LogAlarmCause {
    /// Its query finds records by their fields.
    QueryFinds,
    /// The query does not find the event.
    QueryLeavesOut,
    /// Whether a condition of the query holds for an event without the field, or of another type, is not documented.
    QueryNotDecided,
    /// A part of the query that is not read.
    QueryNotRead {
        /// The part.
        part: String,
    },
    /// The configuration of the query is not shown, or lacks a part.
    QueryNotShown,
    /// The query may see transformed records.
    QueryOnTransformed,
    /// One record makes it go off.
    OneRecordIsEnough,
    /// Its aggregation is not `count(*)`.
    AggregationNotRead {
        /// AggregationExpression.
        expression: String,
    },
    /// Its threshold is not that of one record.
    ThresholdNotDecided {
        /// Operator and threshold.
        condition: String,
    },
    /// More than one result has to breach.
    SeveralResults {
        /// QueryResultsToAlarm.
        results: i64,
    },
    /// What no rows and this setting make of it is not documented.
    NoRowsNotDecided {
        /// TreatMissingData.
        treat_missing_data: String,
    },
    /// Its schedule is not a rate.
    ScheduleNotRead {
        /// ScheduleExpression.
        expression: String,
    },
    /// It looks at less time than passes between two runs.
    FallsBetweenRuns {
        /// The window in seconds.
        window: i64,
        /// Seconds from run to run.
        rate: i64,
    },
    /// It looks back so short a time that records may arrive after it.
    LooksBackTooShort {
        /// StartTimeOffset in seconds.
        seconds: i64,
    },
    /// Records that arrive later than this after the call are not seen.
    LooksBack {
        /// StartTimeOffset in seconds.
        seconds: i64,
    },
    /// A composite alarm looks at it, and may act for it.
    CompositeAbove,
}
