//! What the deployed chain does with single events: the same paths, requirements and blame as in an analysis, ready to be
//! asked about many events. Used by `replay`; decides nothing anew.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use crate::aws::mute::Silence;
use crate::chain::cause::SilenceCause;
use crate::chain::verdict::{Kind, LinkId, Subject, Verdict};
use crate::chain::{self, AccountChain, CompositeAlarm, MetricAlarm, Path};
use crate::control::{Benchmark, Control, Registry, Section};
use crate::coverage::Predicate;
use crate::pattern::Pattern;
use crate::snapshot::Snapshot;

use super::about::{self, ControlSummary};
use super::blame::blame;
use super::coverage_memo::CoverageMemo;
use super::finding::Stop;
use super::requirement::{AcceptedForm, requirements};
use super::{Error, Options, accounts, benchmark, controls, facts_error, noise};

/// The chains of a snapshot, ready to be asked about events.
pub struct Hearing<'a> {
    /// Id of the benchmark.
    pub benchmark: String,
    /// The accounts in ascending order.
    pub accounts: Vec<Ears<'a>>,
    /// Filter patterns in place of those of the snapshot, by control.
    pub replaced: Vec<(String, String)>,
    /// The metric alarms of all accounts.
    pub alarms: Vec<MetricAlarm>,
    /// The composite alarms of all accounts.
    pub composites: Vec<CompositeAlarm>,
    /// Whether single controls are asked about, so that alarms behind the filters of others are beside the question.
    pub narrowed: bool,
    /// Controls that are asked about and ask for no events, by id.
    pub without_events: Vec<String>,
    memo: CoverageMemo,
}

/// What one account has to hear with.
pub struct Ears<'a> {
    /// Its paths, with those broken whose alarm noise keeps in ALARM.
    pub chain: AccountChain,
    /// The controls that ask for events, in the benchmark's order.
    pub controls: Vec<Listening<'a>>,
}

/// One control in one account.
pub struct Listening<'a> {
    /// Id of the control.
    pub control: String,
    /// Its number in the benchmark.
    pub number: String,
    /// Its title under the benchmark.
    pub title: String,
    /// The benchmark's own text.
    pub text: String,
    /// The events that the text asks for.
    pub asked: Predicate,
    /// The paths, by position, whose metric filters were made for the control: what else they fire on is its noise.
    pub made_for_it: Vec<usize>,
    requirement: AcceptedForm<'a>,
}

impl<'a> Hearing<'a> {
    /// Reads the chains of a snapshot.
    pub fn new(
        snapshot: &'a Snapshot,
        registry: &'a Registry,
        options: &'a Options,
    ) -> Result<Self, Error> {
        Self::with_patterns(snapshot, registry, options, &[])
    }

    /// The same where the metric filters that were made for some controls have other patterns.
    pub fn with_patterns(
        snapshot: &'a Snapshot,
        registry: &'a Registry,
        options: &'a Options,
        patterns: &[(String, Pattern)],
    ) -> Result<Self, Error> {
        let benchmark = benchmark(registry, options)?;
        let asked: BTreeSet<&str> = controls(registry, benchmark, options)?
            .into_iter()
            .map(|control| control.id.as_str())
            .collect();
        // All of the benchmark: for which control a filter was made shows beside the others alone, asked or not.
        let known = registry.controls_in(benchmark, None).into_iter();
        let known: Vec<&Control> = known.map(|(_, control)| control).collect();
        let mut without_events = Vec::new();
        for control in &known {
            if asked.contains(control.id.as_str()) && own_text(control, benchmark)?.is_none() {
                without_events.push(control.id.clone());
            }
        }
        let memo = CoverageMemo::new(options.strict);
        let mut chains = chain::Reader::new(snapshot, &options.assume).map_err(facts_error)?;
        let mut all = Vec::new();
        let (mut alarms, mut composites) = (Vec::new(), Vec::new());
        for account in accounts(snapshot, options)? {
            let found = chains.metric_alarms(&account);
            alarms.extend(found.map_err(facts_error)?);
            let found = chains.composite_alarms(&account);
            composites.extend(found.map_err(facts_error)?);
            let read = chains.account(&account);
            let mut chain = read.map_err(|source| Error::Chain { account, source })?;
            options.paths.narrow(&mut chain);
            let mut listening = Vec::new();
            for control in &known {
                if let Some(requirement) = own_text(control, benchmark)? {
                    let about = about::about(registry, benchmark, control);
                    listening.push(Listening::new(about, requirement));
                }
            }
            let mut ears = Ears {
                chain,
                controls: listening,
            };
            ears.tell_apart(&memo);
            ears.controls
                .retain(|it| asked.contains(it.control.as_str()));
            for (control, pattern) in patterns {
                ears.replace(control, pattern);
            }
            noise::saturate(&mut ears.chain, &memo);
            all.push(ears);
        }
        Ok(Self {
            benchmark: benchmark.id.clone(),
            accounts: all,
            replaced: patterns
                .iter()
                .map(|(control, pattern)| (control.clone(), pattern.text.clone()))
                .collect(),
            alarms,
            composites,
            narrowed: !options.controls.is_empty(),
            without_events,
            memo,
        })
    }

    /// The link that drops an event which a control asks for and nobody hears of: the one that an analysis would blame.
    pub fn blamed(&self, account: usize, control: usize, event: &Value) -> Option<Stop> {
        let ears = self.accounts.get(account)?;
        let listening = ears.controls.get(control)?;
        Some(blame(&ears.chain, &self.memo, &listening.requirement, event).stop)
    }

    /// The link that leaves open whether a path of an account works.
    pub fn open_link(&self, account: usize, path: usize) -> Option<Stop> {
        let path = self.accounts.get(account)?.chain.paths.get(path)?;
        let open = |link: &&Arc<chain::verdict::Link>| link.verdict == Verdict::Unknown;
        path.links.iter().find(open).map(|link| Stop::of(link))
    }

    /// Why a path that carries an event tells nobody of it at the event's own time.
    pub fn silent(&self, account: usize, path: usize, silence: Silence) -> Option<Stop> {
        let path = self.accounts.get(account)?.chain.paths.get(path)?;
        let alarm = path.alarm.as_ref()?;
        // What the alarm on the metric does not hear, no composite above it does.
        let rules = path.calendar.names.clone();
        // Another path is silent.
        if silence.muted && rules.is_empty() || !silence.muted && path.calendar.hours.is_empty() {
            return None;
        }
        let (id, arn, cause) = match (silence.muted, silence.is_sure()) {
            (true, true) => (
                LinkId::A17,
                alarm.arn.as_str(),
                SilenceCause::CameWhileMuted { rules },
            ),
            (true, false) => (
                LinkId::A17,
                alarm.arn.as_str(),
                SilenceCause::CamePerhapsWhileMuted { rules },
            ),
            (false, true) => (LinkId::A19, alarm.lowest(), SilenceCause::CameAtSilentHour),
            (false, false) => (
                LinkId::A19,
                alarm.lowest(),
                SilenceCause::CamePerhapsAtSilentHour,
            ),
        };
        Some(Stop {
            id,
            subject: Some(Subject::of_arn(Kind::Alarm, arn)),
            cause: cause.into(),
        })
    }
}

/// The benchmark's own text where it has one, else the form to deploy first; none for a control that asks for no events.
fn own_text<'a>(
    control: &'a Control,
    benchmark: &'a Benchmark,
) -> Result<Option<AcceptedForm<'a>>, Error> {
    if control.query.is_some() || control.section() != Section::Monitoring {
        return Ok(None);
    }
    let mut all = requirements(control, benchmark)?;
    let own = all
        .iter()
        .position(|form| form.alternative.kind == benchmark.prints)
        .unwrap_or(0);
    Ok((own < all.len()).then(|| all.swap_remove(own)))
}

impl<'a> Listening<'a> {
    fn new(about: ControlSummary, requirement: AcceptedForm<'a>) -> Self {
        Self {
            number: about.benchmark_id.unwrap_or_else(|| about.id.clone()),
            control: about.id,
            title: about.title,
            text: requirement.alternative.pattern.clone(),
            asked: requirement.events.clone(),
            made_for_it: Vec::new(),
            requirement,
        }
    }
}

/// How sure it is that a metric filter was made for a control.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    Not,
    Perhaps,
    Surely,
}

impl Ears<'_> {
    /// Gives the filters that were made for a control another pattern.
    fn replace(&mut self, control: &str, pattern: &Pattern) {
        let controls = self.controls.iter().filter(|it| it.control == control);
        let paths: Vec<usize> = controls.flat_map(|it| &it.made_for_it).copied().collect();
        let events = Predicate::from_pattern(pattern);
        for index in paths {
            let Some(path) = self.chain.paths.get_mut(index) else {
                continue;
            };
            for condition in &mut path.conditions {
                if condition.id == LinkId::F01 {
                    Arc::make_mut(condition).events = events.clone();
                }
            }
            let conditions = path.conditions.iter();
            path.events = Arc::new(Predicate::all(conditions.map(|it| it.events.clone())));
            if let Some(filter) = &mut path.filter {
                filter.pattern.clone_from(&pattern.text);
            }
        }
    }

    /// Finds out which filters were made for which control. One that shares only some words with a control counts for it
    /// where it was surely made for no other.
    fn tell_apart(&mut self, memo: &CoverageMemo) {
        let chain = &self.chain;
        let made: Vec<Vec<Made>> = self
            .controls
            .iter()
            .map(|control| {
                let paths = chain.paths.iter();
                paths
                    .map(|path| made(memo, chain, path, &control.requirement))
                    .collect()
            })
            .collect();
        let of = |control: &[Made], path: usize| control.get(path).copied().unwrap_or(Made::Not);
        for (control, answers) in self.controls.iter_mut().zip(&made) {
            control.made_for_it = (0..chain.paths.len())
                .filter(|path| match of(answers, *path) {
                    Made::Surely => true,
                    Made::Perhaps => !made.iter().any(|other| of(other, *path) == Made::Surely),
                    Made::Not => false,
                })
                .collect();
        }
    }
}

fn made(
    memo: &CoverageMemo,
    chain: &AccountChain,
    path: &Path,
    requirement: &AcceptedForm<'_>,
) -> Made {
    let pattern = path.pattern();
    let (Some(pattern), true) = (pattern, path.filter.is_some()) else {
        return Made::Not;
    };
    let texts = memo.words(&pattern.events);
    let shared = texts.intersection(&requirement.words).count();
    let all = texts.union(&requirement.words).count();
    let covers = || {
        !memo.saturates(&pattern.events, &Predicate::Always, &chain.scope)
            && memo.covers(&requirement.events, &pattern.events, &chain.scope)
    };
    match shared {
        1.. if shared * 2 >= all => Made::Surely,
        _ if covers() => Made::Surely,
        0 => Made::Not,
        _ => Made::Perhaps,
    }
}
