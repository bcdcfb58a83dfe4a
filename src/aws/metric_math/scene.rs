//! An expression with the values that its metrics may have, played through.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::super::alarm::{
    self, Buckets, Decider, Effect, Emission, Moment, Quiet, Reason, Settings, SilentTimes,
};
use super::alike;
use super::evaluate::{Reading, Setting, Value};
use super::expression::Expression;
use super::times::Times;

/// Most combinations of values that are tried.
const MOST_COMBINATIONS: usize = 4096;

/// And most parts of expressions that are evaluated for it.
const MOST_STEPS: usize = 2_000_000;

/// The values that a metric may have; none for no datapoint.
pub(super) struct Series {
    /// With the event, and log records in every minute.
    busy_event: Option<f64>,
    event: Vec<Option<f64>>,
    /// With several events.
    bursts: Vec<Option<f64>>,
    /// With events all the time.
    flood: Vec<Option<f64>>,
    /// Without any event, and log records in every minute.
    busy_quiet: Option<f64>,
    quiet: Vec<Option<f64>>,
}

impl Series {
    pub(super) fn event(buckets: Buckets) -> Self {
        Self {
            busy_event: buckets.busy_event,
            event: buckets.event,
            bursts: buckets.bursts,
            flood: buckets.flood,
            busy_quiet: buckets.busy_quiet,
            quiet: or_none(buckets.quiet),
        }
    }

    /// A metric without any data.
    pub(super) fn silent() -> Self {
        Self {
            busy_event: None,
            event: vec![None],
            bursts: vec![None],
            flood: vec![None],
            busy_quiet: None,
            quiet: vec![None],
        }
    }

    /// A metric that other filters write. One of them may match another event at the same time.
    pub(super) fn quiet(
        writers: &[Emission],
        fed: bool,
        settings: &Settings,
    ) -> Result<Self, Effect> {
        let read = |writer: &&Emission| {
            settings.unit.is_none() || settings.unit.as_deref() == Some(writer.unit())
        };
        let writers: Vec<Emission> = writers.iter().filter(read).cloned().collect();
        let alone = alarm::buckets(None, &writers, settings)?;
        let busy_quiet = alone.busy_quiet;
        let quiet = or_none(alone.quiet.clone());
        let mut event = if fed && busy_quiet.is_some() {
            alone.quiet
        } else {
            quiet.clone()
        };
        for (index, writer) in writers.iter().enumerate() {
            let mut others = writers.clone();
            others.remove(index);
            let buckets = alarm::buckets(Some(writer), &others, settings)?;
            event.extend(buckets.event.into_iter().chain(buckets.bursts));
        }
        Ok(Self {
            busy_event: busy_quiet,
            bursts: event.clone(),
            event,
            flood: vec![busy_quiet],
            busy_quiet,
            quiet,
        })
    }
}

/// A period without log records has no value, whatever the default.
fn or_none(mut values: Vec<Option<f64>>) -> Vec<Option<f64>> {
    if !values.contains(&None) {
        values.insert(0, None);
    }
    values
}

/// An expression with everything that decides it.
pub(super) struct Scene<'a> {
    returned: &'a str,
    expressions: &'a BTreeMap<String, Expression>,
    series: &'a BTreeMap<String, Series>,
    decider: &'a Decider,
    /// The values of the metrics in an ordinary period without events.
    before: BTreeMap<String, Option<f64>>,
    /// Or the function of time that is not evaluated.
    times: Result<Times<'a>, &'static str>,
    moments: Vec<Moment>,
    steps: Cell<usize>,
}

/// What became of the values tried.
#[derive(Default)]
struct Tally {
    breaching: bool,
    not_breaching: bool,
    missing: bool,
}

impl Tally {
    fn only_breaching(&self) -> bool {
        self.breaching && !self.not_breaching && !self.missing
    }

    fn add(&mut self, breaches: Option<Option<bool>>) {
        match breaches {
            None => self.missing = true,
            Some(Some(true)) => self.breaching = true,
            Some(Some(false)) => self.not_breaching = true,
            Some(None) => (self.breaching, self.not_breaching) = (true, true),
        }
    }
}

impl<'a> Scene<'a> {
    pub(super) fn new(
        returned: &'a str,
        expressions: &'a BTreeMap<String, Expression>,
        series: &'a BTreeMap<String, Series>,
        decider: &'a Decider,
    ) -> Self {
        let times = Times::of(expressions, decider.period);
        let moments = times.as_ref().map(|times| times.moments(decider.period));
        let moments = moments.unwrap_or_default();
        Self {
            returned,
            expressions,
            series,
            decider,
            before: ordinary(series, |series| series.busy_quiet),
            times,
            moments,
            steps: Cell::new(MOST_STEPS),
        }
    }

    /// The effect of one event under one reading of the documentation.
    pub(super) fn effect(&self, reading: Reading) -> Effect {
        self.play(reading).unwrap_or_else(|effect| effect)
    }

    fn play(&self, reading: Reading) -> Result<Effect, Effect> {
        let times = self.times.as_ref().map_err(|name| not_evaluated(name))?;
        let (never, silent) = self.ordinary_losses(times, reading)?;
        if !never.is_empty() {
            return Ok(Effect::Never(never));
        }
        let heard: Vec<Moment> = self
            .moments
            .iter()
            .filter(|moment| !silent.contains(moment))
            .copied()
            .collect();
        let event = self.tally(reading, &heard, |series| &series.event)?;
        let quiet = self.tally(reading, &self.moments, |series| &series.quiet)?;
        if !event.only_breaching() || quiet.breaching {
            return Err(Effect::unknown(Reason::OtherMetricsDecide));
        }
        if !self
            .tally(reading, &heard, |series| &series.bursts)?
            .only_breaching()
        {
            return Err(Effect::unknown(Reason::BurstsLost));
        }
        // With data in some quiet periods only, both have to lead to the same.
        let with_data = self.decider.effect(&Quiet::Filled);
        let without = self.decider.effect(&Quiet::Missing);
        let mut effect = match (quiet.not_breaching, quiet.missing) {
            (true, false) => with_data,
            (false, _) => without,
            (true, true) if alike(&with_data, &without) => with_data,
            // Log records without matches arrive all the time: what they forbid does not happen.
            (true, true) if matches!(with_data, Effect::Never(_)) => with_data,
            (true, true) => return Err(Effect::unknown(Reason::RecordsDecide)),
        };
        if let Effect::Fires(firing) = &mut effect {
            firing.resting = self.decider.resting(quiet.not_breaching, quiet.missing);
            // Of eras the last: the others may be over.
            if let Some(at) = silent.iter().max_by_key(|at| at.era) {
                firing.remarks.push(Reason::TimeLosesEvent { at: *at });
                firing.silent = SilentTimes::new(silent, times.asks());
            }
        }
        Ok(effect)
    }

    /// What is lost in the ordinary course of things: log records arrive all the time, and the other metrics have nothing
    /// to say. The times at which alone it is lost are given beside.
    fn ordinary_losses(
        &self,
        times: &Times<'_>,
        reading: Reading,
    ) -> Result<(Vec<Reason>, Vec<Moment>), Effect> {
        let event = ordinary(self.series, |series| series.busy_event);
        let (mut lost, mut told, mut always) = (Vec::new(), false, 0);
        for moment in &self.moments {
            match self.breaches(reading, *moment, &event)? {
                Some(Some(false)) | None => lost.push(*moment),
                _ => told = true,
            }
            always +=
                usize::from(self.breaches(reading, *moment, &self.before)? == Some(Some(true)));
        }
        // It may be in an era that is over.
        if (1..self.moments.len()).contains(&always)
            && let Some(name) = times.growing()
        {
            return Err(not_evaluated(name));
        }
        let mut never = Vec::new();
        match lost.first() {
            // Minutes are not laid out in time.
            Some(at) if told && times.asks_for("MINUTE") => {
                never.push(Reason::TimeLosesEvent { at: *at });
            }
            Some(_) if told => {}
            Some(_)
                if self
                    .tally(reading, &self.moments, |series| &series.event)?
                    .breaching =>
            {
                let silent = self
                    .series
                    .iter()
                    .filter(|(_, series)| series.event.len() > 1);
                let silent = silent
                    .filter(|(_, series)| series.busy_event == series.busy_quiet)
                    .map(|(id, _)| id.clone());
                never.push(Reason::OthersMustSpeak {
                    silent: silent.collect(),
                });
            }
            Some(_) => never.push(Reason::ExpressionDoesNotBreach),
            None => {}
        }
        if always > 0 {
            never.push(Reason::ExpressionAlwaysBreaches);
        }
        Ok((never, if told { lost } else { Vec::new() }))
    }

    /// Whether the alarm sits in ALARM while events come in every period, whatever the reading.
    pub(super) fn flooded(&self) -> Option<bool> {
        self.times.as_ref().ok()?;
        let mut tally = Tally::default();
        for reading in Reading::ALL {
            let one = self
                .tally(reading, &self.moments, |series| &series.flood)
                .ok()?;
            tally.breaching |= one.breaching;
            tally.not_breaching |= one.not_breaching | one.missing;
        }
        match (tally.breaching, tally.not_breaching) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        }
    }

    /// Tries every combination of the values that the metrics may have.
    fn tally(
        &self,
        reading: Reading,
        moments: &[Moment],
        of: fn(&Series) -> &Vec<Option<f64>>,
    ) -> Result<Tally, Effect> {
        let choices = self.series.values().try_fold(1usize, |product, series| {
            product.checked_mul(of(series).len())
        });
        let few = |choices: &usize| choices.saturating_mul(moments.len()) <= MOST_COMBINATIONS;
        let Some(choices) = choices.filter(few) else {
            return Err(Effect::unknown(Reason::TooManyValues));
        };
        let mut tally = Tally::default();
        for choice in 0..choices {
            let mut rest = choice;
            let mut metrics = BTreeMap::new();
            for (id, series) in self.series {
                let values = of(series);
                metrics.insert(
                    id.clone(),
                    values.get(rest % values.len().max(1)).copied().flatten(),
                );
                rest /= values.len().max(1);
            }
            for moment in moments {
                tally.add(self.breaches(reading, *moment, &metrics)?);
            }
        }
        Ok(tally)
    }

    /// Whether the expression breaches: none where it has no datapoint, and none within where rounding decides.
    fn breaches(
        &self,
        reading: Reading,
        moment: Moment,
        metrics: &BTreeMap<String, Option<f64>>,
    ) -> Result<Option<Option<bool>>, Effect> {
        let problem =
            |problem: String| Effect::unknown(Reason::ExpressionNotUnderstood { problem });
        let setting = Setting {
            expressions: self.expressions,
            metrics,
            before: Some(&self.before),
            moment,
            period: self.decider.period,
            reading,
            steps: &self.steps,
        };
        match setting.query(self.returned).map_err(problem)? {
            Value::Series(value) => Ok(value.map(|value| self.decider.breaches(value, true))),
            Value::Scalar(_) => Err(problem("the expression is a constant".to_owned())),
            Value::Array(_) => Err(problem(
                "the expression returns several time series".to_owned(),
            )),
        }
    }
}

fn not_evaluated(function: &str) -> Effect {
    Effect::unknown(Reason::FunctionNotEvaluated {
        function: function.to_owned(),
    })
}

fn ordinary(
    series: &BTreeMap<String, Series>,
    of: fn(&Series) -> Option<f64>,
) -> BTreeMap<String, Option<f64>> {
    series
        .iter()
        .map(|(id, series)| (id.clone(), of(series)))
        .collect()
}
