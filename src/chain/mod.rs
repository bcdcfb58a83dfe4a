//! The delivery chain: facts become links and paths. SQL views join; Rust decides.
//!
//! A [`Reader`] walks the candidate paths of one account after the other: trail, log group, metric filter, alarm, topic, subscription.
//! Each kind of resource has a judge that says what is wrong with it as [`verdict::Link`]s, and which events it lets
//! through as [`crate::coverage::Predicate`]s. [`verdict`] holds the words every link speaks.
//!
//! What AWS does with plain values (alarm arithmetic, policies ...) is answered by [`crate::aws`].
//! Nothing here knows what a control asks for, and nothing is written.

mod action_history;
mod alarm_actions;
mod alarm_ends;
mod alarm_evaluation;
mod alarm_message;
mod alternatives;
mod assumption;
mod bus_key;
mod bus_policy;
pub mod cause;
mod channel;
mod composite_alarm;
mod dimensions;
mod event_rule;
pub(crate) mod facts;
mod failure;
mod gap;
mod judgement;
mod log_alarm;
mod log_group;
mod log_group_id;
mod masked;
mod masking;
mod metric_alarm;
mod metric_filter;
mod metrics;
mod moved_alarms;
mod mute_rules;
mod named_key;
mod organization;
mod other_records;
mod path;
mod patterns;
pub mod recording;
mod regions;
mod rule_message;
mod rule_slip;
mod rule_topic;
mod rule_walk;
mod same_events;
mod selectors;
mod subject;
mod subscription;
mod tail;
mod topic;
mod topic_access;
mod topic_key;
mod trail;
mod unseen_filters;
pub mod verdict;
mod walk;
mod watched_metrics;

use crate::snapshot::Snapshot;
use crate::snapshot::operations::{self, Need};

pub use alarm_evaluation::reason_id;
pub use assumption::Assumption;
pub use gap::Gap;
pub use path::{AccountChain, Alarm, Condition, Filter, Path, Rule, Subscription};
pub use tail::MOST_PATHS;
pub use watched_metrics::{
    CompositeAlarm, FailedAction, History, MetricAlarm, NotFollowed, RecordedAlarm, StateChange,
    Writer,
};

/// Why the chain of an account could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The facts cannot be read: the file is damaged, or this is a bug.
    #[error("the facts of the snapshot cannot be read: {0}")]
    Facts(#[from] rusqlite::Error),
}

/// The accounts that were asked, in order.
pub fn accounts(snapshot: &Snapshot) -> Result<Vec<String>, Error> {
    facts::Facts::new(snapshot.connection(), &[])?.accounts()
}

/// Makes the views of this module (`chain_path` and the others) on the snapshot's connection, for queries over them.
pub fn create_views(snapshot: &Snapshot) -> Result<(), Error> {
    facts::Facts::new(snapshot.connection(), &[]).map(|_| ())
}

/// Drops what was put together of the facts for a [`Reader`], after facts were changed on trial.
pub fn forget(snapshot: &Snapshot) -> Result<(), Error> {
    Ok(snapshot.connection().execute_batch(
        "drop table if exists temp.chain_foreign_watch; drop table if exists temp.chain_teller; \
         drop table if exists temp.chain_listed; drop table if exists temp.chain_bus;",
    )?)
}

/// Reads the chains of one snapshot, account by account.
#[derive(Debug)]
pub struct Reader<'s> {
    facts: facts::Facts<'s>,
    shared: walk::Shared,
    extent: tail::Extent,
}

impl<'s> Reader<'s> {
    /// A reader of this snapshot, with what is assumed where a question has no answer.
    pub fn new(snapshot: &'s Snapshot, assumed: &'s [Assumption]) -> Result<Self, Error> {
        Ok(Self {
            facts: facts::Facts::new(snapshot.connection(), assumed)?,
            shared: walk::Shared::default(),
            extent: tail::Extent::Every,
        })
    }

    /// The same for a reader who judges accounts and shows few paths: of paths that differ in names alone, few are read, and
    /// an account with more than [`MOST_PATHS`] others is not read to its end.
    #[must_use]
    pub fn to_judge(mut self) -> Self {
        self.extent = tail::Extent::Judged;
        self
    }

    /// The facts that it reads.
    pub(crate) fn facts(&self) -> &facts::Facts<'s> {
        &self.facts
    }

    /// Everything the snapshot says about how events of one account reach people.
    pub fn account(&mut self, account: &str) -> Result<AccountChain, Error> {
        let facts = self.facts.clone();
        let context = regions::context(&facts, account)?;
        let mut walk = walk::Walk::new(facts.clone(), &context, &mut self.shared, self.extent);
        let paths = walk.paths()?;
        let (trails, too_many) = (walk.trails, walk.too_many);
        let alternatives = alternatives::seen(&facts, &context, &walk.places())?;
        let notes = organization::notes(&facts, &context)?;
        let mut gaps = facts.gaps(account)?;
        gaps.retain(|gap| !is_of_no_account(gap));
        Ok(AccountChain {
            account: context.account,
            partition: context.partition,
            scope: context.scope,
            regions_known: context.regions_known,
            trails,
            too_many,
            paths,
            alternatives,
            notes,
            gaps,
        })
    }

    /// Everything the snapshot says about which events of one account are kept.
    pub fn recording(&self, account: &str) -> Result<recording::AccountRecording, Error> {
        let context = regions::context(&self.facts, account)?;
        recording::read(&self.facts, &context)
    }
}

/// Whether a gap is of a feature that does not exist where it was asked for, and so leaves nothing open.
fn is_of_no_account(gap: &Gap) -> bool {
    let optional = operations::find(&gap.service, &gap.operation)
        .is_some_and(|operation| operation.need == Need::Optional);
    optional && gap::is_unknown_operation(&gap.code)
}

/// The chain of one account; a [`Reader`] is quicker for many.
pub fn account(snapshot: &Snapshot, account: &str) -> Result<AccountChain, Error> {
    Reader::new(snapshot, &[])?.account(account)
}
