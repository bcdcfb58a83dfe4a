//! What was read of the accounts that were asked about last: a table once an account, found again by what it is asked by.
//!
//! The account that is judged comes up in every question, and those that many others ask about in most. Few accounts are
//! kept, so memory stays flat, whatever the size of the organization.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::rc::Rc;

use super::{
    Action, AlarmRow, Error, Facts, FilterRow, MetricFilters, MetricRow, Questions, SelectorRows,
    StateRow, SubscriptionAttributes, SubscriptionRow, Topic, TrailRow,
};

/// How many accounts are kept.
const ACCOUNTS: usize = 8;

/// So many answers about single rows are kept.
const ANSWERS: usize = 4096;

/// The accounts read last, and answers that are about no account.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The last used comes last.
    accounts: RefCell<Vec<(String, Rc<AccountRows>)>>,
    /// When an evidence row was recorded.
    pub(super) recorded: Remembered<i64, Option<Rc<str>>>,
    /// By operation and subject: who got an answer.
    pub(super) tellers: Remembered<[String; 2], Rc<[String]>>,
    /// Whether some account has an alarm on a metric of another one.
    pub(super) watches_afar: OnceCell<bool>,
}

/// Rows of one account. What is asked by a key alone is read with its whole table.
#[derive(Debug, Default)]
pub(super) struct AccountRows {
    pub(super) questions: OnceCell<Rc<Questions>>,
    pub(super) organization: OnceCell<Option<(String, String)>>,
    pub(super) trails: OnceCell<Rc<[TrailRow]>>,
    pub(super) selectors: Remembered<String, Rc<SelectorRows>>,
    pub(super) filters: OnceCell<FilterRows>,
    pub(super) alarms: OnceCell<AlarmRows>,
    /// By the ARN of the alarm.
    pub(super) states: OnceCell<HashMap<String, StateRow>>,
    pub(super) metrics: OnceCell<Grouped<String, MetricRow>>,
    pub(super) actions: OnceCell<Grouped<String, Action>>,
    /// Regions and names of the alarms that have a history of actions.
    pub(super) acted: OnceCell<HashSet<(String, String)>>,
    /// Regions that have a mute rule, and their mute rules of which only the summary is known.
    pub(super) muting: OnceCell<HashMap<String, Rc<[String]>>>,
    pub(super) topics: Remembered<String, Option<Rc<Topic>>>,
    pub(super) subscriptions: Remembered<String, Rc<[SubscriptionRow]>>,
    pub(super) attributes: Remembered<String, Option<Rc<SubscriptionAttributes>>>,
}

/// The metric filters of an account, in the order of Region, log group, name and transformation.
#[derive(Debug)]
pub(super) struct FilterRows {
    pub(super) all: MetricFilters,
    /// By Region and log group.
    pub(super) of_group: Grouped<(String, String), Rc<FilterRow>>,
    /// By Region, namespace and name of the metric that they write.
    pub(super) of_metric: Grouped<[String; 3], Rc<FilterRow>>,
}

/// The alarms of an account, in the order of their ARNs.
#[derive(Debug)]
pub(super) struct AlarmRows {
    pub(super) all: Vec<Rc<AlarmRow>>,
    pub(super) by_arn: HashMap<String, Rc<AlarmRow>>,
}

/// Rows by what they are asked by, each list in its order.
#[derive(Debug)]
pub(super) struct Grouped<K, T>(HashMap<K, Rc<[T]>>);

/// Remembered to questions about single rows.
#[derive(Debug)]
pub(super) struct Remembered<K, V>(RefCell<HashMap<K, V>>);

impl Kept {
    /// What is kept of an account: nothing, where it comes up for the first time.
    pub(super) fn account(&self, account: &str) -> Rc<AccountRows> {
        let mut accounts = self.accounts.borrow_mut();
        if let Some((last, rows)) = accounts.last()
            && last == account
        {
            return Rc::clone(rows);
        }
        let known = accounts.iter().position(|(known, _)| known == account);
        let found = match known {
            Some(at) => accounts.remove(at),
            None => {
                if accounts.len() >= ACCOUNTS {
                    accounts.remove(0);
                }
                (account.to_owned(), Rc::default())
            }
        };
        let rows = Rc::clone(&found.1);
        accounts.push(found);
        rows
    }
}

impl<K: Eq + Hash, T> Grouped<K, T> {
    /// Puts rows together that have one key.
    pub(super) fn of(rows: impl IntoIterator<Item = (K, T)>) -> Self {
        let mut groups: HashMap<K, Vec<T>> = HashMap::new();
        for (key, row) in rows {
            groups.entry(key).or_default().push(row);
        }
        let groups = groups.into_iter();
        Self(groups.map(|(key, rows)| (key, rows.into())).collect())
    }

    /// The rows of a key.
    pub(super) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Rc<[T]>
    where
        K: std::borrow::Borrow<Q>,
    {
        self.0.get(key).map_or_else(|| Rc::from([]), Rc::clone)
    }
}

impl<K: Eq + Hash, V: Clone> Remembered<K, V> {
    /// What is known, or read now.
    pub(super) fn get(
        &self,
        key: K,
        read: impl FnOnce(&K) -> Result<V, Error>,
    ) -> Result<V, Error> {
        if let Some(known) = self.0.borrow().get(&key) {
            return Ok(known.clone());
        }
        let found = read(&key)?;
        let mut known = self.0.borrow_mut();
        if known.len() >= ANSWERS {
            known.clear();
        }
        known.insert(key, found.clone());
        Ok(found)
    }
}

impl<K, V> Default for Remembered<K, V> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

/// What a cell holds, read now where nobody asked before.
pub(super) fn once<T>(
    cell: &OnceCell<T>,
    read: impl FnOnce() -> Result<T, Error>,
) -> Result<&T, Error> {
    if let Some(known) = cell.get() {
        return Ok(known);
    }
    let found = read()?;
    Ok(cell.get_or_init(|| found))
}

impl Facts<'_> {
    /// What is kept of an account.
    pub(super) fn rows(&self, account: &str) -> Rc<AccountRows> {
        self.kept.account(account)
    }
}
