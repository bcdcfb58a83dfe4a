//! The settings of alarms: the member of the API, its column in the table `alarm`, and its form. Facts are read by this
//! table and `remedy` writes by it, so that a new setting is one row here.

use super::item::{Derived, Item};
use super::sink::Row;

/// How a setting is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A text.
    Text,
    /// A whole number.
    Integer,
    /// A number as its text.
    Number,
    /// True where it is absent, as `PutMetricAlarm` has it.
    Boolean,
    /// JSON.
    Json,
    /// A list as JSON; an empty one is none.
    List,
    /// A list of names and values, as a JSON object; none without a `MetricName`.
    Dimensions,
}

/// The type of alarm that has a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Every type.
    All,
    /// Metric alarms.
    Metric,
    /// Composite alarms.
    Composite,
    /// Log alarms.
    Log,
}

/// A setting of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Column of the table `alarm`.
    pub column: &'static str,
    /// Member of the API.
    pub member: &'static str,
    /// How it is written.
    pub form: Form,
    /// Which alarms have it.
    pub of: Of,
}

const fn setting(of: Of, column: &'static str, member: &'static str, form: Form) -> Setting {
    Setting {
        column,
        member,
        form,
        of,
    }
}

/// Every setting, in the order of the table.
pub const ALARM_SETTINGS: &[Setting] = &[
    setting(Of::All, "description", "AlarmDescription", Form::Text),
    setting(Of::All, "actions_enabled", "ActionsEnabled", Form::Boolean),
    setting(Of::Metric, "namespace", "Namespace", Form::Text),
    setting(Of::Metric, "metric_name", "MetricName", Form::Text),
    setting(Of::Metric, "dimensions", "Dimensions", Form::Dimensions),
    setting(Of::Metric, "statistic", "Statistic", Form::Text),
    setting(
        Of::Metric,
        "extended_statistic",
        "ExtendedStatistic",
        Form::Text,
    ),
    setting(Of::Metric, "period", "Period", Form::Integer),
    setting(Of::Metric, "unit", "Unit", Form::Text),
    setting(
        Of::Metric,
        "evaluation_periods",
        "EvaluationPeriods",
        Form::Integer,
    ),
    setting(
        Of::Metric,
        "datapoints_to_alarm",
        "DatapointsToAlarm",
        Form::Integer,
    ),
    setting(Of::All, "threshold", "Threshold", Form::Number),
    setting(
        Of::All,
        "comparison_operator",
        "ComparisonOperator",
        Form::Text,
    ),
    setting(
        Of::All,
        "treat_missing_data",
        "TreatMissingData",
        Form::Text,
    ),
    setting(
        Of::Metric,
        "evaluate_low_sample_count_percentile",
        "EvaluateLowSampleCountPercentile",
        Form::Text,
    ),
    setting(Of::Metric, "metrics", "Metrics", Form::List),
    setting(
        Of::Metric,
        "threshold_metric_id",
        "ThresholdMetricId",
        Form::Text,
    ),
    setting(
        Of::Metric,
        "evaluation_criteria",
        "EvaluationCriteria",
        Form::Json,
    ),
    setting(
        Of::Metric,
        "evaluation_interval",
        "EvaluationInterval",
        Form::Integer,
    ),
    setting(
        Of::Metric,
        "evaluation_window",
        "EvaluationWindow",
        Form::Json,
    ),
    setting(Of::All, "warm_up", "WarmUpConfiguration", Form::Json),
    setting(
        Of::All,
        "action_configuration",
        "ActionConfiguration",
        Form::Json,
    ),
    setting(Of::Composite, "alarm_rule", "AlarmRule", Form::Text),
    setting(
        Of::Composite,
        "actions_suppressor",
        "ActionsSuppressor",
        Form::Text,
    ),
    setting(
        Of::Composite,
        "suppressor_wait_period",
        "ActionsSuppressorWaitPeriod",
        Form::Integer,
    ),
    setting(
        Of::Composite,
        "suppressor_extension_period",
        "ActionsSuppressorExtensionPeriod",
        Form::Integer,
    ),
    setting(
        Of::Log,
        "scheduled_query",
        "ScheduledQueryConfiguration",
        Form::Json,
    ),
    setting(
        Of::Log,
        "query_results_to_evaluate",
        "QueryResultsToEvaluate",
        Form::Integer,
    ),
    setting(
        Of::Log,
        "query_results_to_alarm",
        "QueryResultsToAlarm",
        Form::Integer,
    ),
];

/// The row of an alarm with its settings.
pub(super) fn columns(mut row: Row, item: Item<'_>, of: Of) -> Derived<Row> {
    for setting in ALARM_SETTINGS {
        if setting.of == Of::All || setting.of == of {
            row = column(row, item, setting)?;
        }
    }
    Ok(row)
}

fn column(row: Row, item: Item<'_>, setting: &Setting) -> Derived<Row> {
    let Setting { column, member, .. } = *setting;
    Ok(match setting.form {
        Form::Text => row.with(column, item.optional_text(member)?),
        Form::Integer => row.with(column, item.integer(member)?),
        Form::Number => row.with(column, item.number(member)?),
        Form::Boolean => row.with(column, item.boolean(member)?.unwrap_or(true)),
        Form::Json => row.with(column, item.json(member)),
        Form::List => {
            let is_empty = item.array(member)?.is_empty();
            let list = (!is_empty).then(|| item.json(member)).flatten();
            row.with(column, list)
        }
        Form::Dimensions => {
            let is_single = item.get("MetricName").is_some();
            let pairs = is_single.then(|| item.dimensions(member)).transpose()?;
            row.with(column, pairs)
        }
    })
}
