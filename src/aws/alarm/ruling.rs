//! The single-event rule on the samples of a metric filter: every number of default values that a period may hold is
//! tried, because it depends on how many minutes took log records.

use super::decider::Decider;
use super::evaluator::MissingData;
use super::statistic::Statistic;
use super::{Emission, Outcome, Settings};
use crate::chain::verdict::LinkId;

/// How the values of a set of possible periods stand to the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Breach {
    Always,
    Never,
    Depends,
}

impl Breach {
    fn of(values: impl IntoIterator<Item = Option<bool>>) -> Self {
        let (mut yes, mut no) = (false, false);
        for value in values {
            yes |= value != Some(false);
            no |= value != Some(true);
        }
        match (yes, no) {
            (true, false) => Self::Always,
            (false, _) => Self::Never,
            (true, true) => Self::Depends,
        }
    }
}

/// [`single_event`](super::single_event); an early answer is an `Err`.
pub(super) fn arithmetic(
    emission: &Emission,
    others: &[Emission],
    settings: &Settings,
) -> Result<Outcome, Outcome> {
    if let Some(outcome) = unit_mismatch(emission, settings) {
        return Err(outcome);
    }
    let decider = Decider::new(settings)?;
    let samples = Samples::new(emission, others, settings, decider.period)?;
    let text = settings.statistic.as_deref().unwrap_or_default();
    let Some(statistic) = Statistic::parse(text) else {
        return Err(Outcome::unknown(
            LinkId::A04,
            format!("the statistic `{text}` of a few samples is not documented"),
        ));
    };
    let lowest = samples
        .default
        .map_or(samples.value, |default| default.min(samples.value));
    if statistic.refuses_negative() && lowest < 0.0 {
        return Err(Outcome::never(
            LinkId::F04,
            format!("`{text}` has no value where the metric has negative values"),
        ));
    }
    Ruling {
        statistic,
        text,
        samples,
        decider,
        settings,
    }
    .decide()
}

fn unit_mismatch(emission: &Emission, settings: &Settings) -> Option<Outcome> {
    let wanted = settings.unit.as_deref()?;
    let published = emission.unit.as_deref().unwrap_or("None");
    (wanted != published).then(|| {
        Outcome::never(
            LinkId::F10,
            format!("the alarm reads unit `{wanted}`, the metric filter publishes `{published}`"),
        )
    })
}

/// The samples that one period may hold.
struct Samples {
    value: f64,
    default: Option<f64>,
    /// The most default samples in the period of an event.
    beside_event: u64,
    /// The most default samples in a period without events.
    alone: u64,
}

impl Samples {
    fn new(
        emission: &Emission,
        others: &[Emission],
        settings: &Settings,
        period: u64,
    ) -> Result<Self, Outcome> {
        let value = constant(emission)?;
        let minutes = period.div_ceil(60);
        // A filter on the alarm's metric in another unit feeds another series, unless the alarm reads all units.
        let others = others
            .iter()
            .filter(|other| unit_mismatch(other, settings).is_none());
        let (mut default, mut filters) = (emission.default_value, 0);
        for other in others {
            match (default, other.default_value) {
                (Some(ours), Some(theirs)) if ours != theirs => {
                    let reason =
                        "several metric filters fill the metric with different default values";
                    return Err(Outcome::unknown(LinkId::F14, reason));
                }
                (_, Some(theirs)) => {
                    default = Some(theirs);
                    filters += 1;
                }
                (_, None) => {}
            }
            if constant(other).is_ok_and(|theirs| (theirs < 0.0) != (value < 0.0)) {
                let reason = "another metric filter writes values of the other sign to the metric";
                return Err(Outcome::unknown(LinkId::F14, reason));
            }
        }
        let own = u64::from(emission.default_value.is_some());
        Ok(Self {
            value,
            default,
            beside_event: own * (minutes - 1) + filters * minutes,
            alone: (own + filters) * minutes,
        })
    }
}

/// The constant that a filter publishes, or why there is none.
fn constant(emission: &Emission) -> Result<f64, Outcome> {
    let text = emission.metric_value.as_str();
    if text.starts_with('$') {
        let reason = format!(
            "the metric value is the field `{text}`: events where it is absent or no number publish nothing"
        );
        // Fields that every CloudTrail record has, and that are never numbers.
        let words = [
            "awsRegion",
            "eventName",
            "eventSource",
            "eventTime",
            "eventType",
            "eventID",
        ];
        let is_word = text
            .strip_prefix("$.")
            .is_some_and(|field| words.contains(&field));
        return Err(if is_word {
            Outcome::never(LinkId::F03, reason)
        } else {
            Outcome::unknown(LinkId::F03, reason)
        });
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(Outcome::unknown(
            LinkId::F03,
            format!("the metric value `{text}` is not a number"),
        )),
    }
}

/// Everything the rule looks at.
struct Ruling<'a> {
    statistic: Statistic,
    text: &'a str,
    samples: Samples,
    decider: Decider,
    settings: &'a Settings,
}

impl Ruling<'_> {
    fn decide(&self) -> Result<Outcome, Outcome> {
        self.low_sample_count()?;
        self.event_breaches()?;
        self.not_always_in_alarm()?;
        self.quiet_stays_quiet()?;
        self.bursts()?;
        Ok(self.decider.outcome(self.samples.default.is_some()))
    }

    fn breaches(&self, value: Option<f64>, defaults: u64) -> Option<bool> {
        let default = self.samples.default.unwrap_or(0.0);
        let result = self.statistic.over(value, default, defaults)?;
        self.decider.breaches(result, defaults > 0)
    }

    /// A09: below the significant number of samples an ignored percentile keeps the state.
    fn low_sample_count(&self) -> Result<(), Outcome> {
        match self
            .settings
            .evaluate_low_sample_count_percentile
            .as_deref()
        {
            None | Some("evaluate") => return Ok(()),
            Some("ignore") => {}
            Some(text) => {
                let reason =
                    format!("the low-sample treatment `{text}` of percentiles is not known");
                return Err(Outcome::unknown(LinkId::A09, reason));
            }
        }
        let Some(needed) = self.statistic.significant_samples() else {
            return Ok(());
        };
        let most = self.samples.beside_event + 1;
        let text = self.text;
        if needed.is_finite() && (most as f64) < needed {
            let reason = format!(
                "`{text}` is ignored below {} samples, and a period with one event has at most {most}",
                needed.ceil()
            );
            return Err(Outcome::never(LinkId::A09, reason));
        }
        Err(Outcome::unknown(
            LinkId::A09,
            format!("`{text}` is ignored at low sample counts, which depend on the log volume"),
        ))
    }

    /// A04, A07, F02, F04, F08: the period of one event, with every possible number of default values beside it.
    fn event_breaches(&self) -> Result<(), Outcome> {
        let Samples {
            value,
            beside_event,
            default,
            ..
        } = self.samples;
        let possible = (0..=beside_event).map(|defaults| self.breaches(Some(value), defaults));
        let threshold = self.decider.threshold;
        let operator = &self.settings.comparison_operator;
        match Breach::of(possible) {
            Breach::Always => Ok(()),
            Breach::Depends => {
                let reason = format!(
                    "whether one event breaches depends on how many default values its period holds (`{}`)",
                    self.text
                );
                let diluted = matches!(self.statistic, Statistic::Average | Statistic::Minimum);
                // One default value beside the event already hides it: any other minute with log records does.
                if diluted
                    && self.breaches(Some(value), 0) == Some(true)
                    && self.breaches(Some(value), 1) == Some(false)
                {
                    let reason = format!(
                        "`{}` of one event and default values does not breach",
                        self.text
                    );
                    return Err(Outcome::never(LinkId::A07, reason));
                }
                Err(Outcome::unknown(
                    if diluted { LinkId::A07 } else { LinkId::F08 },
                    reason,
                ))
            }
            Breach::Never => {
                self.not_always_in_alarm()?;
                if let Some(needs) = self.needs() {
                    return Err(needs);
                }
                let id = match (value, self.statistic) {
                    (_, Statistic::SampleCount) if default.is_some() => LinkId::A08,
                    (0.0, _) => LinkId::F02,
                    (value, _) if value < 0.0 => LinkId::F04,
                    (_, Statistic::Average | Statistic::Minimum)
                        if default.is_some_and(|default| default < value) =>
                    {
                        LinkId::A07
                    }
                    _ => LinkId::A04,
                };
                Err(Outcome::never(
                    id,
                    format!(
                        "`{}` of one event with value {value} is not `{operator}` {threshold}",
                        self.text
                    ),
                ))
            }
        }
    }

    /// How many events in one period breach, if more do where one does not.
    fn needs(&self) -> Option<Outcome> {
        let Self {
            samples, decider, ..
        } = self;
        // Whether matches of one minute are one sample or several is documented for the sum alone.
        let grows = samples.value;
        let adds_nothing = samples.default.is_none_or(|default| default == 0.0);
        let sum = self.statistic == Statistic::Sum
            && adds_nothing
            && decider.missing_data != MissingData::Breaching;
        if !sum || !decider.operator.is_upper() || grows <= 0.0 || decider.m > 1 {
            return None;
        }
        let about = (decider.threshold / grows).floor();
        let events = (0..3)
            .map(|more| about + f64::from(more))
            .find(|events| decider.operator.holds(events * grows, decider.threshold))?;
        (events < 1e15).then_some(Outcome::Needs {
            events: events as u64,
            within: decider.period,
        })
    }

    /// A06, A08, F09: an alarm that is in ALARM without any event makes no transition when one comes.
    fn not_always_in_alarm(&self) -> Result<(), Outcome> {
        let Some(default) = self.samples.default else {
            return match self.decider.outcome(false) {
                always @ Outcome::Never {
                    id: LinkId::A06, ..
                } => Err(always),
                _ => Ok(()),
            };
        };
        let threshold = self.decider.threshold;
        if self.breaches(None, self.samples.alone) != Some(true) {
            return Ok(());
        }
        Err(if self.statistic == Statistic::SampleCount {
            let reason = "default values count as samples, so the alarm is in ALARM while log records arrive";
            Outcome::never(LinkId::A08, reason)
        } else if self.decider.operator.holds(default, threshold) {
            let reason = format!(
                "the default value {default} breaches the threshold {threshold}: the alarm is always in ALARM"
            );
            Outcome::never(LinkId::F09, reason)
        } else {
            let reason = format!(
                "default values of {default} add up to the threshold {threshold}: the alarm is always in ALARM"
            );
            Outcome::never(LinkId::A06, reason)
        })
    }

    /// A06, F08: periods without events must not breach, however many default values they hold.
    fn quiet_stays_quiet(&self) -> Result<(), Outcome> {
        if self.samples.default.is_none() {
            return Ok(());
        }
        let breach =
            Breach::of((1..=self.samples.alone).map(|defaults| self.breaches(None, defaults)));
        if breach != Breach::Never {
            let reason = "whether the alarm is in ALARM without any event depends on how many default values a period holds";
            return Err(Outcome::unknown(LinkId::F08, reason));
        }
        if self.decider.missing_data == MissingData::Breaching && self.decider.m == 1 {
            let reason = "missing data is treated as breaching: in a period without log records the alarm is in ALARM, and an event right after makes no transition";
            return Err(Outcome::unknown(LinkId::A06, reason));
        }
        Ok(())
    }

    /// A04: where more events in a period stop breaching, an event in a burst is lost.
    fn bursts(&self) -> Result<(), Outcome> {
        let Self {
            samples, decider, ..
        } = self;
        let growth = if self.statistic == Statistic::SampleCount {
            1.0
        } else {
            samples.value
        };
        if growth == 0.0 || decider.operator.is_upper() == (growth > 0.0) {
            return Ok(());
        }
        let reason = format!(
            "one event breaches, but several in one period add up and no longer are `{}`",
            self.settings.comparison_operator
        );
        Err(match self.statistic {
            Statistic::Sum => Outcome::never(LinkId::A04, reason),
            // Whether matches of one minute are one sample or several is not documented for these.
            _ => Outcome::unknown(LinkId::A04, reason),
        })
    }
}

/// The values that a metric may have in one period, each once.
pub(crate) struct Buckets {
    /// With one event.
    pub(crate) event: Vec<f64>,
    /// With several.
    pub(crate) bursts: Vec<f64>,
    /// Without any, where log records arrive.
    pub(crate) quiet: Vec<f64>,
}

/// More values than these are not told apart one by one.
const MOST_VALUES: usize = 64;

/// The values of a metric for the statistic, period and unit in `settings`. Without an `emission` no event reaches it.
pub(crate) fn buckets(
    emission: Option<&Emission>,
    others: &[Emission],
    settings: &Settings,
) -> Result<Buckets, Outcome> {
    if let Some(outcome) = emission.and_then(|emission| unit_mismatch(emission, settings)) {
        return Err(outcome);
    }
    let decider = Decider::new(settings)?;
    let text = settings.statistic.as_deref().unwrap_or_default();
    let unknown = |reason: String| Outcome::unknown(LinkId::A19, reason);
    let statistic = Statistic::parse(text).ok_or_else(|| {
        unknown(format!(
            "the statistic `{text}` of a few samples is not documented"
        ))
    })?;
    // Without an event of its own, a filter that publishes nothing by default stands for the metric.
    let nothing = Emission {
        metric_value: "1".to_owned(),
        default_value: None,
        unit: settings.unit.clone(),
    };
    let samples = Samples::new(
        emission.unwrap_or(&nothing),
        others,
        settings,
        decider.period,
    )?;
    let default = samples.default.unwrap_or(0.0);
    let values = |value: Option<f64>, counts: std::ops::RangeInclusive<u64>| {
        let mut values: Vec<f64> = Vec::new();
        for count in counts {
            let value = statistic.over(value, default, count).ok_or_else(|| {
                unknown(format!(
                    "`{text}` of few and different samples is not documented"
                ))
            })?;
            if !values.contains(&value) {
                values.push(value);
            }
            if values.len() > MOST_VALUES {
                return Err(unknown(
                    "the metric may have too many values in one period".to_owned(),
                ));
            }
        }
        Ok(values)
    };
    let mut bursts = Vec::new();
    for events in [2.0, 3.0, 10.0, 1000.0] {
        bursts.extend(values(
            Some(samples.value * events),
            0..=samples.beside_event,
        )?);
        if statistic == Statistic::SampleCount {
            // Matches of one minute may count one by one.
            bursts.push(events);
        }
    }
    Ok(Buckets {
        event: values(Some(samples.value), 0..=samples.beside_event)?,
        bursts,
        quiet: values(None, 1..=samples.alone)?,
    })
}
