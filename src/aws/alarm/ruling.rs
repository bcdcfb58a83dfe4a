//! The single-event rule on the samples of a metric filter: every number of default values that a period may hold is
//! tried, because it depends on how many minutes took log records, and every other filter's value beside the event.
//!
//! Each fault is looked for by itself, so that an alarm with two of them tells both. One event lost is enough for
//! [`Effect::Never`]; what depends on something else is [`Effect::Unknown`].

use std::collections::HashMap;

use super::super::Number;
use super::decider::{Decider, Quiet};
use super::effect::Comparison;
use super::evaluator::MissingData;
use super::samples::{PeriodSamples, unit_differs};
use super::statistic::{Computed, Statistic};
use super::{Effect, Emission, Reason, Settings};

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
) -> Result<Effect, Effect> {
    let unit = unit_differs(emission, settings);
    let ruling = match Ruling::new(emission, others, settings) {
        Ok(ruling) => ruling,
        // Whatever else is not known, no data arrives.
        Err(effect) => return Err(unit.map_or(effect, Effect::never)),
    };
    let mut found = Found::default();
    found.never.extend(unit);
    ruling.negatives(&mut found);
    ruling.low_sample_count(&mut found);
    ruling.rests(&mut found);
    ruling.event(&mut found);
    ruling.others(&mut found);
    ruling.bursts(&mut found);
    match ruling.decider.effect(&ruling.quiet()) {
        Effect::Never(reasons) => found.never.extend(reasons),
        Effect::Unknown(reasons) => found.unknown.extend(reasons),
        Effect::Fires(mut firing) if found.is_empty() => {
            let has_data = ruling.samples.default.is_some() || !ruling.samples.others.is_empty();
            firing.resting = ruling.decider.resting(has_data, true);
            return Ok(Effect::Fires(firing));
        }
        Effect::Fires(_) => {}
    }
    Err(found.effect())
}

/// [`flooded`](super::flooded).
pub(super) fn flooded(
    emission: &Emission,
    others: &[Emission],
    settings: &Settings,
) -> Option<bool> {
    if unit_differs(emission, settings).is_some() {
        return Some(false);
    }
    let ruling = Ruling::new(emission, others, settings).ok()?;
    let breaches =
        MANY_EVENTS.map(
            |events| match ruling.statistic.over(&ruling.samples.flood(events)) {
                Computed::Value(value) => ruling.decider.breaches(value, true),
                Computed::Nothing => Some(false),
                Computed::NotDefined => None,
            },
        );
    match Breach::of(breaches) {
        Breach::Always => Some(true),
        Breach::Never => Some(false),
        Breach::Depends => None,
    }
}

/// How many events a period of a filter that matches nearly everything holds: in an account where little happens, and
/// in one where much does.
const MANY_EVENTS: [u64; 2] = [50, 100_000];

/// What is wrong, by how sure it is.
#[derive(Default)]
struct Found {
    never: Vec<Reason>,
    unknown: Vec<Reason>,
}

impl Found {
    fn is_empty(&self) -> bool {
        self.never.is_empty() && self.unknown.is_empty()
    }

    /// One event that is surely lost outweighs what is not known.
    fn effect(self) -> Effect {
        let surely = !self.never.is_empty();
        let mut reasons: Vec<Reason> = Vec::new();
        for reason in if surely { self.never } else { self.unknown } {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        if surely {
            Effect::Never(reasons)
        } else {
            Effect::Unknown(reasons)
        }
    }
}

fn statistic_not_defined(text: &str) -> Reason {
    Reason::StatisticNotDefined {
        statistic: text.to_owned(),
    }
}

/// Everything the rule looks at.
struct Ruling<'a> {
    statistic: Statistic,
    text: &'a str,
    samples: PeriodSamples,
    decider: Decider,
    settings: &'a Settings,
}

impl<'a> Ruling<'a> {
    fn new(
        emission: &Emission,
        others: &[Emission],
        settings: &'a Settings,
    ) -> Result<Self, Effect> {
        let decider = Decider::new(settings)?;
        let samples = PeriodSamples::new(emission, others, settings, decider.period)?;
        let text = settings.statistic.as_deref().unwrap_or_default();
        let Some(statistic) = Statistic::parse(text) else {
            return Err(Effect::unknown(statistic_not_defined(text)));
        };
        Ok(Self {
            statistic,
            text,
            samples,
            decider,
            settings,
        })
    }

    /// Whether a period breaches; none where rounding or a definition that AWS does not give decides. A period without
    /// a datapoint breaches nothing.
    fn breaches(&self, event: bool, defaults: u64, more: &[(f64, u64)]) -> Option<bool> {
        let rounded = defaults > 0 || !more.is_empty();
        match self
            .statistic
            .over(&self.samples.period(event, defaults, more))
        {
            Computed::Value(value) => self.decider.breaches(value, rounded),
            Computed::Nothing => Some(false),
            Computed::NotDefined => None,
        }
    }

    fn negatives(&self, found: &mut Found) {
        let PeriodSamples { event, default, .. } = &self.samples;
        let lowest = event.iter().chain(default).copied().reduce(f64::min);
        if self.statistic.refuses_negative() && lowest.is_some_and(|lowest| lowest < 0.0) {
            found.never.push(Reason::NoValueForNegatives {
                statistic: self.text.to_owned(),
            });
        }
    }

    /// Below the significant number of samples an ignored percentile keeps the state.
    fn low_sample_count(&self, found: &mut Found) {
        match self
            .settings
            .evaluate_low_sample_count_percentile
            .as_deref()
        {
            None | Some("evaluate") => return,
            Some("ignore") => {}
            Some(text) => {
                found.unknown.push(Reason::LowSamplesNotKnown {
                    treatment: text.to_owned(),
                });
                return;
            }
        }
        let Some(needed) = self.statistic.significant_samples() else {
            return;
        };
        let statistic = self.text.to_owned();
        // Other filters on the metric may add samples without bound.
        let most = self.samples.beside_event + self.samples.event.len() as u64;
        if needed.is_finite() && (most as f64) < needed && self.samples.others.is_empty() {
            found.never.push(Reason::LowSamplesIgnored {
                statistic,
                needed: needed.ceil() as u64,
                most,
            });
        } else {
            found
                .unknown
                .push(Reason::LowSamplesMayBeIgnored { statistic });
        }
    }

    /// The period of one event, with every possible number of default values beside it.
    fn event(&self, found: &mut Found) {
        let samples = &self.samples;
        let possible =
            (0..=samples.beside_event).map(|defaults| self.breaches(true, defaults, &[]));
        let dilutes = self.statistic.blends();
        match Breach::of(possible) {
            Breach::Always => {}
            Breach::Depends if samples.beside_event == 0 => {
                found.unknown.push(statistic_not_defined(self.text));
            }
            Breach::Depends => {
                let (statistic, filter) = (self.text.to_owned(), samples.default_by.clone());
                // One default value beside the event already hides it: any other minute with log records does.
                if self.breaches(true, 0, &[]) == Some(true)
                    && self.breaches(true, 1, &[]) == Some(false)
                {
                    found.never.push(Reason::DefaultHidesEvent {
                        statistic,
                        filter,
                        dilutes,
                    });
                } else {
                    found.unknown.push(Reason::DefaultsDecide {
                        statistic,
                        filter,
                        dilutes,
                    });
                }
            }
            Breach::Never => found.never.push(
                self.hidden()
                    .or_else(|| self.needs())
                    .unwrap_or_else(|| self.below()),
            ),
        }
    }

    /// Another filter that matches the same events, where its value alone keeps them from breaching.
    fn hidden(&self) -> Option<Reason> {
        let own = self.samples.event.first()?;
        let (filter, value) = self.samples.beside.first()?;
        let Computed::Value(alone) = self.statistic.over(&[(*own, 1)]) else {
            return None;
        };
        let breaches = self.decider.breaches(alone, false) == Some(true);
        breaches.then(|| Reason::OtherValueHidesEvent {
            statistic: self.text.to_owned(),
            filter: filter.clone(),
            value: Number(*value),
        })
    }

    /// Why one event does not breach, whatever the default values.
    fn below(&self) -> Reason {
        let samples = &self.samples;
        let value = samples.event.first().copied().unwrap_or_default();
        let comparison = Comparison {
            statistic: self.text.to_owned(),
            value: Number(value),
            operator: self.settings.comparison_operator.clone(),
            threshold: Number(self.decider.threshold),
        };
        match (value, self.statistic) {
            (_, Statistic::SampleCount) if samples.default.is_some() => {
                Reason::CountDoesNotBreach(comparison)
            }
            (0.0, _) => Reason::ValueIsZero(comparison),
            (value, _) if value < 0.0 => Reason::ValueIsNegative(comparison),
            (_, Statistic::Average | Statistic::Minimum)
                if samples.default.is_some_and(|default| default < value) =>
            {
                Reason::DilutedEventDoesNotBreach(comparison)
            }
            _ => Reason::EventDoesNotBreach(comparison),
        }
    }

    /// How many events in one period breach, if more do where one does not.
    fn needs(&self) -> Option<Reason> {
        let Self {
            samples, decider, ..
        } = self;
        // Whether matches of one minute are one sample or several is documented for the sum alone.
        let grows = samples.growth();
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
        (events < 1e15).then_some(Reason::NeedsEvents {
            events: events as u64,
            within: decider.period,
        })
    }

    /// What other filters publish in the period of the event: one period in which it is hidden is one event lost.
    fn others(&self, found: &mut Found) {
        let samples = &self.samples;
        // What is lost already needs no other filter's help.
        if self.breaches(true, 0, &[]) != Some(true) {
            return;
        }
        // Many filters publish one value: each is tried once.
        let mut tried: HashMap<u64, Breach> = HashMap::new();
        for (filter, value) in &samples.others {
            let beside = match *value {
                Some(value) => *tried
                    .entry(value.to_bits())
                    .or_insert_with(|| self.beside(value)),
                None if self
                    .statistic
                    .may_be_hidden(self.decider.operator.is_upper()) =>
                {
                    Breach::Depends
                }
                None => Breach::Always,
            };
            let said = || (self.text.to_owned(), filter.clone());
            match (beside, *value) {
                (Breach::Never, Some(value)) => {
                    let (statistic, filter) = said();
                    found.never.push(Reason::OtherValueHidesEvent {
                        statistic,
                        filter,
                        value: Number(value),
                    });
                }
                (Breach::Always, _) => {}
                _ => {
                    let (statistic, filter) = said();
                    found
                        .unknown
                        .push(Reason::OtherValueDecides { statistic, filter });
                }
            }
        }
    }

    /// Whether the event breaches beside another filter's value: never, where it does not beside some number of them.
    fn beside(&self, value: f64) -> Breach {
        let samples = &self.samples;
        let fills = [0, samples.beside_event];
        let whole = fills
            .into_iter()
            .filter(|defaults| self.breaches(true, *defaults, &[]) == Some(true));
        let beside: Vec<Option<bool>> = whole
            .flat_map(|defaults| (1..=samples.minutes).map(move |count| (count, defaults)))
            .map(|(count, defaults)| self.breaches(true, defaults, &[(value, count)]))
            .collect();
        if beside.contains(&Some(false)) {
            Breach::Never
        } else if beside.contains(&None) || !self.holds_beside_many(value) {
            Breach::Depends
        } else {
            Breach::Always
        }
    }

    /// Whether the event breaches beside however many of another filter's values. Whether matches of one minute are one
    /// sample or several is not documented: in a busy account there may be many.
    fn holds_beside_many(&self, value: f64) -> bool {
        let mut many = MANY_EVENTS.into_iter();
        many.all(|count| self.breaches(true, 0, &[(value, count)]) == Some(true))
    }

    /// An alarm that is in ALARM without any event makes no transition when one comes.
    fn rests(&self, found: &mut Found) {
        let Some(default) = self.samples.default else {
            return;
        };
        let filter = self.samples.default_by.clone();
        let threshold = Number(self.decider.threshold);
        if self.breaches(false, self.samples.alone, &[]) == Some(true) {
            let default_breaches = self.decider.operator.holds(default, threshold.0);
            let default = Number(default);
            found
                .never
                .push(if self.statistic == Statistic::SampleCount {
                    Reason::DefaultsCount { filter }
                } else if default_breaches {
                    Reason::DefaultBreaches {
                        filter,
                        default,
                        threshold,
                    }
                } else {
                    Reason::DefaultsAddUp {
                        filter,
                        default,
                        threshold,
                    }
                });
            return;
        }
        let breach = Breach::of(
            (1..=self.samples.alone).map(|defaults| self.breaches(false, defaults, &[])),
        );
        if breach != Breach::Never {
            found.unknown.push(Reason::DefaultsDecideSilence { filter });
        } else if self.decider.missing_data == MissingData::Breaching && self.decider.m == 1 {
            found.unknown.push(Reason::SilenceMayBreach);
        }
    }

    /// Where more events in a period stop breaching, an event in a burst is lost.
    fn bursts(&self, found: &mut Found) {
        let growth = if self.statistic == Statistic::SampleCount {
            1.0
        } else {
            self.samples.growth()
        };
        let upper = self.decider.operator.is_upper();
        if growth == 0.0 || upper == (growth > 0.0) || self.breaches(true, 0, &[]) != Some(true) {
            return;
        }
        let reason = Reason::BurstsStopBreaching {
            operator: self.settings.comparison_operator.clone(),
        };
        match self.statistic {
            Statistic::Sum => found.never.push(reason),
            // Whether matches of one minute are one sample or several is not documented for these.
            _ => found.unknown.push(reason),
        }
    }

    /// What the periods around that of the event may hold at worst.
    fn quiet(&self) -> Quiet {
        if self.samples.default.is_some() {
            return Quiet::Filled;
        }
        let keeps_quiet = |value: Option<f64>| {
            value.is_none_or(|value| self.breaches(false, 0, &[(value, 1)]) != Some(true))
        };
        let other = self
            .samples
            .others
            .iter()
            .find(|(_, value)| self.decider.m > 1 && keeps_quiet(*value));
        other.map_or(Quiet::Missing, |(filter, _)| Quiet::Others(filter.clone()))
    }
}

/// The values that a metric may have in one period, each once; none for no datapoint.
pub(crate) struct Buckets {
    /// With one event, and default values in every other minute.
    pub(crate) busy_event: Option<f64>,
    /// With one event.
    pub(crate) event: Vec<Option<f64>>,
    /// With several.
    pub(crate) bursts: Vec<Option<f64>>,
    /// With events all the time.
    pub(crate) flood: Vec<Option<f64>>,
    /// Without any, with log records in every minute.
    pub(crate) busy_quiet: Option<f64>,
    /// Without any, where log records arrive.
    pub(crate) quiet: Vec<Option<f64>>,
}

/// More values than these are not told apart one by one.
const MOST_VALUES: usize = 64;

/// The values of a metric for the statistic, period and unit in `settings`. Without an `emission` no event reaches it.
pub(crate) fn buckets(
    emission: Option<&Emission>,
    others: &[Emission],
    settings: &Settings,
) -> Result<Buckets, Effect> {
    if let Some(reason) = emission.and_then(|emission| unit_differs(emission, settings)) {
        return Err(Effect::never(reason));
    }
    let decider = Decider::new(settings)?;
    let text = settings.statistic.as_deref().unwrap_or_default();
    let not_defined = || Effect::unknown(statistic_not_defined(text));
    let statistic = Statistic::parse(text).ok_or_else(not_defined)?;
    // Without an event of its own, a filter that publishes nothing by default stands for the metric.
    let nothing = Emission {
        metric_value: "1".to_owned(),
        unit: settings
            .unit
            .clone()
            .or_else(|| others.first()?.unit.clone()),
        ..Emission::default()
    };
    let samples = PeriodSamples::new(
        emission.unwrap_or(&nothing),
        others,
        settings,
        decider.period,
    )?;
    let value = |period: &[(f64, u64)]| match statistic.over(period) {
        Computed::Value(value) => Ok(Some(value)),
        Computed::Nothing => Ok(None),
        Computed::NotDefined => Err(not_defined()),
    };
    let distinct = |periods: &mut dyn Iterator<Item = Vec<(f64, u64)>>| {
        let mut values: Vec<Option<f64>> = Vec::new();
        for period in periods {
            let value = value(&period)?;
            if !values.contains(&value) {
                values.push(value);
            }
            if values.len() > MOST_VALUES {
                return Err(Effect::unknown(Reason::TooManyValues));
            }
        }
        Ok(values)
    };
    let many = |events: f64| -> Vec<(f64, u64)> {
        samples
            .event
            .iter()
            .map(|value| (value * events, 1))
            .collect()
    };
    let mut bursts = Vec::new();
    for events in [2.0, 3.0, 10.0, 1000.0] {
        bursts.extend(distinct(&mut (0..=samples.beside_event).map(|defaults| {
            let mut period = many(events);
            period.push((samples.default.unwrap_or(0.0), defaults));
            period
        }))?);
        if statistic == Statistic::SampleCount {
            // Matches of one minute may count one by one.
            bursts.push(Some(events));
        }
    }
    let with_others = samples.others.iter().filter_map(|(_, value)| *value);
    let mut event = distinct(
        &mut (0..=samples.beside_event).map(|defaults| samples.period(true, defaults, &[])),
    )?;
    for other in with_others {
        // Of each minute one, or as many as there are matches.
        let counts = (1..=samples.minutes).chain(MANY_EVENTS);
        event.extend(distinct(
            &mut counts.map(|count| samples.period(true, 0, &[(other, count)])),
        )?);
    }
    Ok(Buckets {
        busy_event: value(&samples.period(true, samples.beside_event, &[]))?,
        event,
        bursts,
        flood: distinct(&mut MANY_EVENTS.into_iter().map(|events| samples.flood(events)))?,
        busy_quiet: value(&samples.period(false, samples.alone, &[]))?,
        quiet: distinct(
            &mut (1..=samples.alone).map(|defaults| samples.period(false, defaults, &[])),
        )?,
    })
}
