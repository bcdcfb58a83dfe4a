//! What the audit steps may ask of one account: rows of the fact tables, grouped as AWS's answers group them.
//!
//! The rows are those that the chain reads; what is made of them shares nothing with it. Follows no step.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::chain::Error;
use crate::chain::cause::Outcome;
use crate::chain::facts::{
    AlarmRow, Asked, DataResources, Delivered, Facts, FilterRow, Keeping, Questions, SelectorRows,
    TrailRow,
};
use crate::control::plain_text;
use crate::snapshot::operations::OPERATIONS;

use super::cause::OpenQuestion;

/// A trail with the answers about it.
#[derive(Debug)]
pub(super) struct Trail {
    pub(super) row: TrailRow,
    pub(super) is_logging: Vec<bool>,
    pub(super) selectors: Rc<SelectorRows>,
    pub(super) data_resources: Vec<DataResources>,
    pub(super) keeping: Keeping,
    pub(super) deliveries: Vec<Delivered>,
}

/// A metric filter.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) row: Rc<FilterRow>,
    /// Its pattern as a reader sees it.
    pub(super) plain: String,
    /// The names of its metrics.
    pub(super) metrics: Vec<String>,
}

/// A metric alarm.
#[derive(Debug)]
pub(super) struct Alarm {
    pub(super) row: Rc<AlarmRow>,
    /// `AlarmActions`.
    pub(super) actions: Vec<String>,
}

/// The facts of one account that audit steps ask for, read once for all controls.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) id: String,
    pub(super) trails: Vec<Trail>,
    pub(super) filters: Vec<Filter>,
    /// Metric alarms alone: the steps look at `MetricAlarms` of the answer.
    pub(super) alarms: Vec<Alarm>,
    /// ARNs of subscriptions of the topics that the alarms name, whichever account listed them.
    pub(super) subscriptions: BTreeMap<String, Vec<String>>,
    questions: Rc<Questions>,
    /// Topics that some account was told all subscriptions of.
    listed_topics: Vec<String>,
}

impl Account {
    /// Reads the facts of an account.
    pub(super) fn read(facts: &Facts<'_>, account: &str) -> Result<Self, Error> {
        let mut read = Self {
            id: account.to_owned(),
            trails: Vec::new(),
            filters: filters(&facts.all_filters(account)?),
            alarms: Vec::new(),
            subscriptions: BTreeMap::new(),
            questions: facts.questions(account)?,
            listed_topics: Vec::new(),
        };
        for row in facts.trails(account)?.iter() {
            read.trails.push(Trail {
                is_logging: facts.is_logging(account, &row.arn)?,
                selectors: facts.selectors(account, row)?,
                data_resources: facts.data_resources(account, &row.arn)?,
                keeping: facts.keeping(account, &row.arn)?,
                deliveries: facts.deliveries(account, &row.arn)?,
                row: row.clone(),
            });
        }
        for row in facts.metric_alarms(account)? {
            let actions = facts.actions(account, &row.arn)?;
            let actions = actions.iter().filter(|it| it.on_state == "ALARM");
            let actions: Vec<String> = actions.map(|it| it.arn.clone()).collect();
            for topic in &actions {
                if !read.subscriptions.contains_key(topic) {
                    let arns = facts.subscription_arns(topic)?;
                    read.subscriptions.insert(topic.clone(), arns);
                    if is_listed(facts, topic)? {
                        read.listed_topics.push(topic.clone());
                    }
                }
            }
            read.alarms.push(Alarm { row, actions });
        }
        Ok(read)
    }

    /// What came of a question, in a given Region or any.
    pub(super) fn question(
        &self,
        operation: &'static str,
        about: &str,
        region: Option<&str>,
    ) -> Reply<'_> {
        let service = OPERATIONS.iter().find(|it| it.name == operation);
        let service = service.map_or("", |it| it.service);
        let all = self.questions.by_region(service, operation, about);
        // What is asked of everything in a Region is asked of each there.
        let whole = region.filter(|_| !about.is_empty());
        let whole = whole.map(|_| self.questions.by_region(service, operation, ""));
        let here: Vec<&Asked> = all
            .chain(whole.into_iter().flatten())
            .filter(|(asked, _)| region.is_none_or(|region| *asked == region))
            .map(|(_, asked)| asked)
            .collect();
        if here.iter().any(|it| matches!(it, Asked::Answered { .. })) {
            return Reply::Answered;
        }
        // Who is told that there is no such thing counts among those who got an answer.
        let absent = here.iter().find_map(|it| match it {
            Asked::Absent { code, .. } => Some(code),
            _ => None,
        });
        if let Some(code) = absent {
            return Reply::DoesNotExist(code);
        }
        let is_listed = operation == "ListSubscriptionsByTopic"
            && self.listed_topics.iter().any(|topic| topic == about);
        if is_listed {
            return Reply::Answered;
        }
        let failed = here.iter().rev().find_map(|it| match it {
            Asked::Failed { kind, code, .. } => Some(Outcome::Failed {
                how: kind.clone(),
                error: code.clone(),
            }),
            _ => None,
        });
        Reply::Open(OpenQuestion {
            operation,
            account: self.id.clone(),
            region: region.map(str::to_owned),
            about: about.to_owned(),
            outcome: failed.unwrap_or(Outcome::NotAsked),
            log_group_owner: None,
        })
    }
}

/// What came of a question.
pub(super) enum Reply<'a> {
    /// It was answered.
    Answered,
    /// AWS says by this code that there is no such thing.
    DoesNotExist(&'a str),
    /// It has no answer.
    Open(OpenQuestion),
}

/// Whether some account was told all subscriptions of a topic. That it does not exist, as others may have been told, is
/// another answer.
fn is_listed(facts: &Facts<'_>, topic: &str) -> Result<bool, Error> {
    let operation = "ListSubscriptionsByTopic";
    for account in facts.answered_accounts(operation, topic)?.iter() {
        let questions = facts.questions(account)?;
        let mut outcomes = questions.by_region("sns", operation, topic);
        if outcomes.any(|(_, asked)| matches!(asked, Asked::Answered { .. })) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Rows of one filter follow each other, one a transformation.
fn filters(rows: &[Rc<FilterRow>]) -> Vec<Filter> {
    let mut filters: Vec<Filter> = Vec::new();
    for row in rows {
        let same = |last: &Filter| {
            (&last.row.region, &last.row.log_group_name, &last.row.name)
                == (&row.region, &row.log_group_name, &row.name)
        };
        if !filters.last().is_some_and(same) {
            filters.push(Filter {
                plain: plain_text(&row.pattern),
                row: Rc::clone(row),
                metrics: Vec::new(),
            });
        }
        if let Some(last) = filters.last_mut() {
            last.metrics.extend(row.metric_name.clone());
        }
    }
    filters
}
