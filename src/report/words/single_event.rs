//! What one event does to an alarm, in words.

use jiff::Timestamp;

use crate::aws::alarm::{Comparison, Moment, Reason};

use super::quoted;

/// The reason as a sentence: a table without a last arm, so that the compiler asks for a sentence for every reason.
pub(super) fn sentence(reason: &Reason) -> String {
    match reason {
        Reason::UnitDiffers {
            read, published, ..
        } => format!("the alarm reads unit `{read}`, the metric filter publishes `{published}`"),
        Reason::UnitsMixed { units } => format!(
            "the metric is published in several units ({}) and the alarm names none: what it does then AWS calls not defined",
            units.join(", ")
        ),
        Reason::ValueIsText { field } => {
            format!("its metric value is the field `{field}`, which is never a number")
        }
        Reason::ValueIsField { field } => format!(
            "its metric value is the field `{field}`: events where it is absent or no number publish nothing"
        ),
        Reason::ValueIsNoNumber { value } => format!("its metric value `{value}` is not a number"),
        Reason::AnomalyBand { operator } => {
            format!("`{operator}` without a fixed threshold depends on a trained anomaly band")
        }
        Reason::MissingDataNotKnown { treatment } => {
            format!("the missing-data treatment `{treatment}` is not known")
        }
        Reason::DatapointsNotPossible => {
            "its M out of N datapoints are not possible numbers".to_owned()
        }
        Reason::PeriodNotPossible => "its period is not one that CloudWatch accepts".to_owned(),
        Reason::StatisticNotDefined { statistic } => {
            format!("AWS does not define the statistic `{statistic}` of so few samples")
        }
        Reason::NoValueForNegatives { statistic } => {
            format!("`{statistic}` has no value where the metric has negative values")
        }
        Reason::LowSamplesNotKnown { treatment } => {
            format!("the low-sample treatment `{treatment}` of percentiles is not known")
        }
        Reason::LowSamplesIgnored {
            statistic,
            needed,
            most,
        } => format!(
            "`{statistic}` is ignored below {needed} samples, and a period with one event has at most {most}"
        ),
        Reason::LowSamplesMayBeIgnored { statistic } => format!(
            "`{statistic}` is ignored at low sample counts, which depend on the log volume"
        ),
        Reason::ValueIsZero(comparison)
        | Reason::ValueIsNegative(comparison)
        | Reason::DilutedEventDoesNotBreach(comparison)
        | Reason::CountDoesNotBreach(comparison)
        | Reason::EventDoesNotBreach(comparison) => compared(comparison),
        Reason::NeedsEvents { events, within } => {
            format!("it needs {events} events within {within} seconds")
        }
        Reason::BurstsStopBreaching { operator } => format!(
            "one event breaches, but several in one period add up and no longer are `{operator}`"
        ),
        Reason::WallClockNotDefined => {
            "how several datapoints of a wall-clock window count when data is missing is not documented"
                .to_owned()
        }
        Reason::ShortPeriodsNotFilled => {
            "default values fill only one period a minute, and it wants several breaching periods"
                .to_owned()
        }
        Reason::ShortPeriod { period } => format!(
            "a period of {period} seconds over a metric published once a minute often leaves it without data"
        ),
        Reason::StaysLong { seconds } => format!(
            "it stays in ALARM for {seconds} seconds, and further events in that time notify nobody"
        ),
        Reason::WallClockDelays { seconds } => format!(
            "a wall-clock window shows a datapoint only after its period ends, up to {seconds} seconds late"
        ),
        Reason::SilenceBreaches => {
            "missing data is treated as breaching, so it is in ALARM whenever no event is matched"
                .to_owned()
        }
        Reason::SilenceMayBreach => {
            "missing data is treated as breaching: in a period without log records it is in ALARM, and an event right after makes no transition"
                .to_owned()
        }
        Reason::Latches => {
            "with missing data ignored the first event moves it into ALARM for ever: later events make no transition"
                .to_owned()
        }
        Reason::LeavesOnRecordsOnly => {
            "with missing data ignored it leaves ALARM only when log records arrive that match nothing"
                .to_owned()
        }
        // M of N, and what default values and other filters do.
        Reason::DefaultsDecide {
            statistic, filter, ..
        } => format!(
            "whether one event breaches depends on how many default values of filter `{filter}` its period holds (`{statistic}`)"
        ),
        Reason::DefaultHidesEvent {
            statistic, filter, ..
        } => format!(
            "`{statistic}` of one event and default values of filter `{filter}` does not breach"
        ),
        Reason::OtherValueHidesEvent {
            statistic,
            filter,
            value,
        } => format!(
            "filter `{filter}` publishes {value} to the same metric, and `{statistic}` of one event and such a value does not breach"
        ),
        Reason::OtherValueDecides { statistic, filter } => format!(
            "filter `{filter}` writes the same metric, and whether `{statistic}` breaches depends on what it publishes"
        ),
        Reason::DefaultsDiffer { filters } => format!(
            "the filters {} fill the metric with different default values",
            quoted(filters)
        ),
        Reason::DefaultsCount { filter } => format!(
            "default values of filter `{filter}` count as samples, so it is in ALARM while log records arrive"
        ),
        Reason::DefaultBreaches {
            filter,
            default,
            threshold,
        } => format!(
            "the default value {default} of filter `{filter}` breaches the threshold {threshold}: the alarm is always in ALARM"
        ),
        Reason::DefaultsAddUp {
            filter,
            default,
            threshold,
        } => format!(
            "default values of {default} of filter `{filter}` add up to the threshold {threshold}: the alarm is always in ALARM"
        ),
        Reason::DefaultsDecideSilence { filter } => format!(
            "whether the alarm is in ALARM without any event depends on how many default values of filter `{filter}` a period holds"
        ),
        Reason::DefaultsOutvote { needed, of } => format!(
            "{needed} of {of} datapoints must breach, and default values keep the others quiet"
        ),
        Reason::OtherValuesOutvote { needed, of, filter } => format!(
            "{needed} of {of} datapoints must breach, and values of filter `{filter}` keep the others quiet"
        ),
        Reason::IgnoredSilenceKeepsState { needed, of } => format!(
            "{needed} of {of} datapoints must breach, and with missing data ignored one event leaves the state as it is"
        ),
        Reason::SilenceOutvotes { needed, of } => format!(
            "{needed} of {of} datapoints must breach, and missing data counts as not breaching"
        ),
        Reason::FiresLate {
            needed,
            of,
            periods,
            delay,
        } => format!(
            "{needed} of {of} datapoints must breach: one event counts only when it is {periods} periods old, {delay} seconds late"
        ),
        // Metric math.
        Reason::QueriesNotUnderstood => "its metric queries are not understood".to_owned(),
        Reason::NotOneReturned => "it does not return exactly one query".to_owned(),
        Reason::ExpressionNotUnderstood { problem } => problem.clone(),
        Reason::FunctionNotEvaluated { function } => {
            format!("the function {function} is not evaluated")
        }
        Reason::MetricsInsights => {
            "what a Metrics Insights query returns depends on all metrics of the account".to_owned()
        }
        Reason::MetricNotKnown { metric } => {
            format!("the values of `{metric}`, which the expression reads, are not known")
        }
        Reason::OtherMetricReturned => {
            "it returns another metric than the one that the filter writes".to_owned()
        }
        Reason::MetricNotRead => "the returned expression does not read the metric".to_owned(),
        Reason::PeriodsDiffer => "the expression reads metrics of different periods".to_owned(),
        Reason::MissingDataDecides => {
            "the answer depends on how missing data counts in the expression, which is not documented for it"
                .to_owned()
        }
        Reason::ExpressionDoesNotBreach => {
            "the expression with one event does not breach the threshold".to_owned()
        }
        Reason::OthersMustSpeak { silent } => format!(
            "the expression loses the event while {} has nothing to say",
            quoted(silent)
        ),
        Reason::TimeLosesEvent { at } => {
            format!("the expression loses events of some times, {}", moment(at))
        }
        Reason::ExpressionAlwaysBreaches => {
            "the expression breaches without any event: the alarm is always in ALARM".to_owned()
        }
        Reason::OtherMetricsDecide => {
            "whether the expression breaches depends on other metrics or on how many log records arrive"
                .to_owned()
        }
        Reason::BurstsLost => "the expression breaches for one event and not for several".to_owned(),
        Reason::TooManyValues => {
            "the metrics of the expression may have too many values".to_owned()
        }
        Reason::RecordsDecide => "the answer depends on how many log records arrive".to_owned(),
        Reason::FillHidesLateData => {
            "FILL takes the place of data that comes late, and the only period looked at is short"
                .to_owned()
        }
        Reason::FillDelays => {
            "FILL takes the place of data that comes late: it may see the event later".to_owned()
        }
        Reason::OtherFiltersDecide => {
            "the answer depends on whether the filters of the other metrics match the event too"
                .to_owned()
        }
    }
}

fn compared(comparison: &Comparison) -> String {
    let Comparison {
        statistic,
        value,
        operator,
        threshold,
    } = comparison;
    format!("`{statistic}` of one event with value {value} is not `{operator}` {threshold}")
}

/// `one of a Saturday at 03:00 UTC`: what an expression does not ask for is the first of its kind.
fn moment(at: &Moment) -> String {
    if let Some(era) = at.era.and_then(|era| Timestamp::from_second(era).ok()) {
        return format!("such as one at {era}");
    }
    const DAYS: [&str; 7] = [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ];
    let day = usize::try_from(at.weekday - 1)
        .ok()
        .and_then(|index| DAYS.get(index))
        .unwrap_or(&"day");
    format!(
        "such as one of a {day} at {:02}:{:02} UTC, the {}th of month {}",
        at.hour, at.minute, at.day, at.month
    )
}
