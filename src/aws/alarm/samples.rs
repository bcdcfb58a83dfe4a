//! The samples of a metric filter that one period of an alarm may hold: what is published for the event, default values, and
//! the values of other filters.

use super::{Effect, Emission, Reason, Settings};

/// The samples that one period may hold.
pub(super) struct PeriodSamples {
    /// What is published for one event: by the filter, and by those that match the same events.
    pub(super) event: Vec<f64>,
    /// Those others by name, with what they publish.
    pub(super) beside: Vec<(String, f64)>,
    pub(super) default: Option<f64>,
    /// The filter that writes the default value.
    pub(super) default_by: String,
    /// The most default samples in the period of an event.
    pub(super) beside_event: u64,
    /// The most default samples in a period without events.
    pub(super) alone: u64,
    /// Filters that match other events, with what they publish, if that is known.
    pub(super) others: Vec<(String, Option<f64>)>,
    pub(super) minutes: u64,
}

impl PeriodSamples {
    pub(super) fn new(
        emission: &Emission,
        others: &[Emission],
        settings: &Settings,
        period: u64,
    ) -> Result<Self, Effect> {
        if settings.unit.is_none() {
            let mut units: Vec<&str> = others
                .iter()
                .chain([emission])
                .map(Emission::unit)
                .collect();
            units.sort_unstable();
            units.dedup();
            if units.len() > 1 {
                let units = units.into_iter().map(str::to_owned).collect();
                return Err(Effect::unknown(Reason::UnitsMixed { units }));
            }
        }
        let minutes = period.div_ceil(60);
        let mut samples = Self {
            event: vec![constant(emission)?],
            beside: Vec::new(),
            default: None,
            default_by: String::new(),
            beside_event: 0,
            alone: 0,
            others: Vec::new(),
            minutes,
        };
        samples.fill(emission, minutes - 1)?;
        // A filter on the alarm's metric in another unit feeds another series.
        for other in others
            .iter()
            .filter(|other| unit_differs(other, settings).is_none())
        {
            if other.same_events {
                let value = constant(other)?;
                samples.event.push(value);
                samples.beside.push((other.filter.clone(), value));
                samples.fill(other, minutes - 1)?;
            } else {
                let value = constant(other).ok();
                samples.others.push((other.filter.clone(), value));
                samples.fill(other, minutes)?;
            }
        }
        Ok(samples)
    }

    /// Counts the default values of one filter.
    pub(super) fn fill(&mut self, emission: &Emission, beside_event: u64) -> Result<(), Effect> {
        let Some(theirs) = emission.default_value else {
            return Ok(());
        };
        if self.default.is_some_and(|ours| ours != theirs) {
            return Err(Effect::unknown(Reason::DefaultsDiffer {
                filters: vec![self.default_by.clone(), emission.filter.clone()],
            }));
        }
        if self.default.is_none() {
            self.default = Some(theirs);
            self.default_by.clone_from(&emission.filter);
        }
        self.beside_event += beside_event;
        self.alone += self.minutes;
        Ok(())
    }

    /// A period with the event if wanted, so many default values, and other samples.
    pub(super) fn period(
        &self,
        event: bool,
        defaults: u64,
        more: &[(f64, u64)],
    ) -> Vec<(f64, u64)> {
        let events = self.event.iter().filter(|_| event).map(|value| (*value, 1));
        events
            .chain([(self.default.unwrap_or(0.0), defaults)])
            .chain(more.iter().copied())
            .collect()
    }

    /// A period of many events.
    pub(super) fn flood(&self, events: u64) -> Vec<(f64, u64)> {
        self.event.iter().map(|value| (*value, events)).collect()
    }

    /// What one event adds to a sum.
    pub(super) fn growth(&self) -> f64 {
        self.event.iter().sum()
    }
}

/// The constant that a filter publishes, or why there is none.
fn constant(emission: &Emission) -> Result<f64, Effect> {
    let text = emission.metric_value.as_str();
    if text.starts_with('$') {
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
        let field = text.to_owned();
        return Err(if is_word {
            Effect::never(Reason::ValueIsText { field })
        } else {
            Effect::unknown(Reason::ValueIsField { field })
        });
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(Effect::unknown(Reason::ValueIsNoNumber {
            value: text.to_owned(),
        })),
    }
}

pub(super) fn unit_differs(emission: &Emission, settings: &Settings) -> Option<Reason> {
    let wanted = settings.unit.as_deref()?;
    let published = emission.unit();
    (wanted != published).then(|| Reason::UnitDiffers {
        read: wanted.to_owned(),
        published: published.to_owned(),
        filter: emission.filter.clone(),
    })
}
