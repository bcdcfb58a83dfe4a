//! The alarms that read the metrics of one account: each is found once, however many filters share a metric.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::Error;
use super::facts::{AlarmRow, Facts, MetricRow};

/// An alarm with what it reads.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) alarm: Rc<AlarmRow>,
    pub(super) reads: Rc<[MetricRow]>,
}

/// A metric, by its account, Region, namespace and name.
type Metric = [String; 4];

/// What the alarms of one account and Region read of it.
#[derive(Debug, Default)]
struct Watched {
    /// By namespace and name of the metric: ARNs of alarms.
    alarms: HashMap<(String, String), Vec<String>>,
    /// By name of the metric: the first namespace in which an alarm reads one of this name, and the alarm.
    namesakes: HashMap<String, (String, String)>,
}

/// By the account that asks and the ARN of the alarm: what it reads; none where the alarm is not in the file.
type Readings = HashMap<(String, String), Option<Rc<Reading>>>;

/// What was read so far.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    alarms: RefCell<Readings>,
    watching: RefCell<HashMap<Metric, Rc<[Rc<Reading>]>>>,
    /// By account and Region.
    watched: RefCell<HashMap<(String, String), Rc<Watched>>>,
}

impl Metrics {
    /// The alarms that read a metric, those of its own account first.
    pub(super) fn watching(
        &self,
        facts: &Facts<'_>,
        metric: [&str; 4],
    ) -> Result<Rc<[Rc<Reading>]>, Error> {
        let key = metric.map(str::to_owned);
        if let Some(known) = self.watching.borrow().get(&key) {
            return Ok(Rc::clone(known));
        }
        let [account, region, namespace, name] = metric;
        let mut found = Vec::new();
        let watched = self.watched(facts, account, region)?;
        let arns = watched.alarms.get(&(namespace.to_owned(), name.to_owned()));
        for arn in arns.into_iter().flatten() {
            found.extend(self.alarm(facts, account, arn)?);
        }
        for (other, arn) in facts.watching_from_afar(account, region, namespace, name)? {
            found.extend(self.alarm(facts, &other, &arn)?);
        }
        let found: Rc<[Rc<Reading>]> = found.into();
        self.watching.borrow_mut().insert(key, Rc::clone(&found));
        Ok(found)
    }

    /// The first alarm of an account and Region that reads a metric of this name in any namespace, with the namespace.
    pub(super) fn namesake(
        &self,
        facts: &Facts<'_>,
        (account, region): (&str, &str),
        name: &str,
    ) -> Result<Option<(String, String)>, Error> {
        let watched = self.watched(facts, account, region)?;
        Ok(watched.namesakes.get(name).cloned())
    }

    fn watched(
        &self,
        facts: &Facts<'_>,
        account: &str,
        region: &str,
    ) -> Result<Rc<Watched>, Error> {
        let key = (account.to_owned(), region.to_owned());
        if let Some(known) = self.watched.borrow().get(&key) {
            return Ok(Rc::clone(known));
        }
        let mut watched = Watched::default();
        for (namespace, name, alarm) in facts.watched(account, region)? {
            let namesake = (namespace.clone(), alarm.clone());
            watched.namesakes.entry(name.clone()).or_insert(namesake);
            let alarms = watched.alarms.entry((namespace, name)).or_default();
            alarms.push(alarm);
        }
        let watched = Rc::new(watched);
        self.watched.borrow_mut().insert(key, Rc::clone(&watched));
        Ok(watched)
    }

    fn alarm(
        &self,
        facts: &Facts<'_>,
        account: &str,
        arn: &str,
    ) -> Result<Option<Rc<Reading>>, Error> {
        let key = (account.to_owned(), arn.to_owned());
        if let Some(known) = self.alarms.borrow().get(&key) {
            return Ok(known.clone());
        }
        let found = match facts.alarm(account, arn)? {
            Some(alarm) => Some(Rc::new(Reading {
                reads: facts.alarm_metrics(&alarm.account, &alarm.arn)?,
                alarm,
            })),
            None => None,
        };
        self.alarms.borrow_mut().insert(key, found.clone());
        Ok(found)
    }
}
