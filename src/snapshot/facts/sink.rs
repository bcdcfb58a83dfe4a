//! Where rows go: inserts into fact tables, and the outcome of every question.

use std::cell::RefCell;
use std::collections::BTreeMap;

use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, params_from_iter};

use super::asks::{Ask, AskEnd};
use super::item::{Fault, Item};
use crate::aws::arn;

/// A row for a fact table: columns with their values.
#[derive(Debug)]
pub(super) struct Row {
    evidence_id: i64,
    cells: Vec<(&'static str, Value)>,
}

impl Row {
    /// A row with the account that was asked.
    pub(super) fn new(ask: &Ask, evidence_id: i64) -> Self {
        Self {
            evidence_id,
            cells: Vec::new(),
        }
        .with("account", ask.account.as_str())
    }

    /// A row read from an item, with the account and region that were asked.
    pub(super) fn regional(ask: &Ask, item: Item<'_>) -> Self {
        Self::new(ask, item.evidence_id).with("region", ask.region.as_str())
    }

    /// Sets a column.
    pub(super) fn with(mut self, column: &'static str, value: impl Cell) -> Self {
        self.cells.retain(|(known, _)| *known != column);
        self.cells.push((column, value.cell()));
        self
    }
}

/// What a column can hold.
pub(super) trait Cell {
    fn cell(self) -> Value;
}

impl Cell for &str {
    fn cell(self) -> Value {
        Value::Text(self.to_owned())
    }
}

impl Cell for String {
    fn cell(self) -> Value {
        Value::Text(self)
    }
}

impl Cell for i64 {
    fn cell(self) -> Value {
        Value::Integer(self)
    }
}

impl Cell for usize {
    fn cell(self) -> Value {
        Value::Integer(i64::try_from(self).unwrap_or(i64::MAX))
    }
}

impl Cell for bool {
    fn cell(self) -> Value {
        Value::Integer(i64::from(self))
    }
}

impl<T: Cell> Cell for Option<T> {
    fn cell(self) -> Value {
        self.map_or(Value::Null, Cell::cell)
    }
}

/// account, region, service, operation, subject
type Key = (String, String, &'static str, &'static str, String);

/// What several answers tell, each of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum About {
    /// A trail, as each Region shows it.
    Trail,
    /// The log group of a trail, as each Region that tells it does.
    TrailLogGroup,
    /// A subscription, as the list of its topic and its attributes show it.
    Subscription,
}

/// What an answer says of something that another answer tells of as well.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) about: About,
    /// Its ARN.
    pub(super) subject: String,
    /// What is said; the same in every answer.
    pub(super) what: String,
    pub(super) evidence_id: i64,
    /// What is wrong where it is not.
    pub(super) why: &'static str,
}

impl Said {
    /// The protocol of a subscription.
    pub(super) fn of_protocol(subscription: &str, protocol: &str, item: Item<'_>) -> Self {
        Self {
            about: About::Subscription,
            subject: subscription.to_owned(),
            what: protocol.to_owned(),
            evidence_id: item.evidence_id,
            why: "the list of the topic and the attributes of the subscription name different protocols",
        }
    }
}

/// account, what it is, its ARN
type Told = (String, About, String);

/// What was said, and the questions that it answers.
type Answer = (Said, Vec<Key>);

/// Takes rows for the fact tables of one database.
pub(super) struct Sink<'c> {
    connection: &'c Connection,
    // One subject can be in several asks (an old server that rejects log alarms is asked again without them):
    // an answer beats an absence, which beats a gap.
    outcomes: RefCell<BTreeMap<Key, AskEnd>>,
    // What was said first, and by whom: answers that contradict each other are none.
    said: RefCell<BTreeMap<Told, Vec<Answer>>>,
}

impl<'c> Sink<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            outcomes: RefCell::default(),
            said: RefCell::default(),
        }
    }

    /// Adds a row unless its key is there already; says whether it was added.
    pub(super) fn insert(&self, table: &str, row: Row) -> Result<bool, Fault> {
        let mut statement = self.connection.prepare_cached(&insert_into(table, &row))?;
        let evidence_id = Value::Integer(row.evidence_id);
        let values = row.cells.iter().map(|(_, value)| value);
        match statement.execute(params_from_iter(values.chain([&evidence_id]))) {
            Ok(changed) => Ok(changed > 0),
            // A value that the format does not know: the response cannot be read as a fact.
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                Err(Fault::Unreadable {
                    evidence_id: row.evidence_id,
                    why: format!("the response does not fit the table `{table}`: {error}"),
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes way for what the trail's home region says of it.
    pub(super) fn forget_trail(&self, account: &str, trail_arn: &str) -> Result<(), Fault> {
        self.connection
            .prepare_cached("delete from trail where account = ?1 and trail_arn = ?2")?
            .execute((account, trail_arn))?;
        Ok(())
    }

    /// Notes what an answer says of something that others tell of as well.
    pub(super) fn said(&self, ask: &Ask, said: Said) {
        // Of those that wait for a confirmation there are many of one name.
        if arn::account(&said.subject).is_none() {
            return;
        }
        let keys = ask.subjects.iter().map(|subject| key(ask, subject));
        let told = (ask.account.clone(), said.about, said.subject.clone());
        let mut all = self.said.borrow_mut();
        all.entry(told).or_default().push((said, keys.collect()));
    }

    /// Turns answers that contradict each other into gaps, and forgets what they said.
    fn settle(&self) -> Result<(), Fault> {
        let mut outcomes = self.outcomes.borrow_mut();
        for ((account, about, subject), said) in self.said.take() {
            let mut different = said.iter().map(|(said, _)| &said.what);
            let first = different.next();
            let same = different.all(|what| Some(what) == first);
            if same {
                continue;
            }
            let tables: &[(&str, &str)] = match about {
                About::Trail | About::TrailLogGroup => {
                    &[("trail", "trail_arn"), ("trail_region", "trail_arn")]
                }
                About::Subscription => &[
                    ("subscription", "subscription_arn"),
                    ("subscription_attributes", "subscription_arn"),
                ],
            };
            for (table, column) in tables {
                let delete = format!("delete from {table} where account = ?1 and {column} = ?2");
                self.connection
                    .prepare_cached(&delete)?
                    .execute((&account, &subject))?;
            }
            for (said, keys) in said {
                for key in keys {
                    let gap = AskEnd::unreadable(said.evidence_id, said.why);
                    outcomes.insert(key, gap);
                }
            }
        }
        Ok(())
    }

    /// Notes how a question ended, for each of its subjects.
    pub(super) fn outcome(&self, ask: &Ask) {
        let mut outcomes = self.outcomes.borrow_mut();
        for subject in &ask.subjects {
            let key = key(ask, subject);
            let better = outcomes
                .get(&key)
                .is_none_or(|known| rank(&ask.outcome) > rank(known));
            if better {
                outcomes.insert(key, ask.outcome.clone());
            }
        }
    }

    /// Writes the outcomes of an account of which everything was told. What was asked before the account was known is kept:
    /// it may be about one that comes later.
    pub(super) fn finish(&self, account: &str) -> Result<(), Fault> {
        self.settle()?;
        let mut others = BTreeMap::new();
        let mut own = self.outcomes.take();
        if account.is_empty() {
            std::mem::swap(&mut others, &mut own);
        } else {
            own.retain(|key, outcome| {
                let is_own = key.0 == account;
                if !is_own {
                    others.insert(key.clone(), outcome.clone());
                }
                is_own
            });
        }
        self.outcomes.replace(others);
        self.write_outcomes(own)
    }

    /// Writes the outcomes that are left.
    pub(super) fn finish_all(&self) -> Result<(), Fault> {
        self.write_outcomes(self.outcomes.take())
    }

    fn write_outcomes(&self, outcomes: BTreeMap<Key, AskEnd>) -> Result<(), Fault> {
        for (key, outcome) in outcomes {
            let (account, region, service, operation, subject) = key;
            let evidence_id = match &outcome {
                AskEnd::Answered { evidence_id }
                | AskEnd::Absent { evidence_id, .. }
                | AskEnd::Gap { evidence_id, .. } => *evidence_id,
            };
            let row = Row {
                evidence_id,
                cells: Vec::new(),
            };
            let row = row
                .with("account", account)
                .with("region", region)
                .with("service", service)
                .with("operation", operation)
                .with("subject", subject);
            match outcome {
                AskEnd::Answered { .. } => self.insert("answered", row)?,
                AskEnd::Absent { code, .. } => self.insert("absent", row.with("code", code))?,
                AskEnd::Gap {
                    kind,
                    code,
                    message,
                    ..
                } => {
                    let row = row.with("kind", kind);
                    self.insert("gap", row.with("code", code).with("message", message))?
                }
            };
        }
        Ok(())
    }
}

/// The statement that adds a row. It is made for every row, so that it is one text and no list of parts.
fn insert_into(table: &str, row: &Row) -> String {
    let mut sql = String::with_capacity(512);
    sql.push_str("insert into ");
    sql.push_str(table);
    sql.push_str(" (");
    for (column, _) in &row.cells {
        sql.push_str(column);
        sql.push_str(", ");
    }
    sql.push_str("evidence_id) values (");
    for _ in &row.cells {
        sql.push_str("?, ");
    }
    sql.push_str("?) on conflict do nothing");
    sql
}

/// What an ask is about one of its subjects.
fn key(ask: &Ask, subject: &str) -> Key {
    (
        account_of(ask),
        ask.region.clone(),
        ask.operation.service,
        ask.operation.name,
        subject.to_owned(),
    )
}

/// The account asked: for GetCallerIdentity, which is asked before it is known, the one that it names.
fn account_of(ask: &Ask) -> String {
    if !ask.account.is_empty() {
        return ask.account.clone();
    }
    ask.pages
        .first()
        .and_then(|page| page.body.get("Account")?.as_str())
        .unwrap_or_default()
        .to_owned()
}

fn rank(outcome: &AskEnd) -> (u8, i64) {
    match outcome {
        AskEnd::Answered { evidence_id } => (3, *evidence_id),
        AskEnd::Absent { evidence_id, .. } => (2, *evidence_id),
        // Of several gaps the newest is told.
        AskEnd::Gap { evidence_id, .. } => (1, *evidence_id),
    }
}
