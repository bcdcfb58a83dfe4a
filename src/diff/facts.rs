//! Fact tables compared row by row, in the order of their keys, so that memory holds one row of each side.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use crate::chain::cause::Outcome;
use crate::chain::facts::{Asked, Facts, Question};
use crate::snapshot::merge::{Side as Keyed, merge};
use crate::snapshot::{Snapshot, TABLES, VOLATILE_COLUMNS, VOLATILE_TABLES, operations};

use super::meaning::meaning;
use super::{Change, Error, FactChange, Field, FieldChange, GapChange, Presence, Side, Unseen};

/// Tables about the asking rather than about the account, and those that [`presence`] and [`gaps`] tell.
const NOT_CONFIGURATION: [&str; 5] = ["absent", "account", "answered", "gap", "region"];

/// Keys that say more than the primary key: an action moved up in its list is the same action.
const IDENTITIES: [(&str, &[&str]); 1] = [(
    "alarm_action",
    &["account", "alarm_arn", "on_state", "action_arn"],
)];

/// Tables of which AWS is asked resource by resource, and the table that lists those resources by the last part of its key:
/// nobody asks about a resource that is not there.
const ASKED_OF_EACH: [(&str, &str); 8] = [
    ("trail_status", "trail"),
    ("trail_delivery", "trail"),
    ("event_selector", "trail"),
    ("advanced_event_selector", "trail"),
    ("advanced_event_selector_field", "trail"),
    ("subscription_attributes", "subscription"),
    ("mute_rule_target", "mute_rule"),
    ("event_target", "event_rule"),
];

/// Resources that one side alone has, by table, account, the last part of their key, and that side.
type Alone = BTreeSet<(String, String, String, Side)>;

/// Every fact that differs, by account, kind and key.
pub(super) fn changes(baseline: &Snapshot, current: &Snapshot) -> Result<Vec<FactChange>, Error> {
    let mut changes = Vec::new();
    let (baseline, current) = (File::new(baseline)?, File::new(current)?);
    let mut new = Alone::new();
    for table in TABLES {
        if VOLATILE_TABLES.contains(table) || NOT_CONFIGURATION.contains(table) {
            continue;
        }
        let before = changes.len();
        compare(table, &baseline, &current, &new, &mut changes)?;
        if ASKED_OF_EACH.iter().any(|(_, lists)| lists == table) {
            new.extend(changes.iter().skip(before).filter_map(on_one_side));
        }
    }
    changes.sort_by(|a: &FactChange, b: &FactChange| {
        (&a.account, &a.kind, &a.resource).cmp(&(&b.account, &b.kind, &b.resource))
    });
    Ok(changes)
}

fn on_one_side(change: &FactChange) -> Option<(String, String, String, Side)> {
    let side = match change.change {
        Change::Added(_) => Side::Current,
        Change::Removed(_) => Side::Baseline,
        Change::Changed(_) | Change::Unseen { .. } => return None,
    };
    let last = change.resource.last()?.clone();
    Some((change.kind.clone(), change.account.clone(), last, side))
}

/// Whether a fact is about a resource that its side alone has.
fn is_of(new: &Alone, change: &FactChange, on: Side) -> bool {
    let lists = ASKED_OF_EACH.iter().find(|(kind, _)| *kind == change.kind);
    lists.is_some_and(|(_, lists)| {
        change.resource.iter().any(|part| {
            new.contains(&(
                (*lists).to_owned(),
                change.account.clone(),
                part.clone(),
                on,
            ))
        })
    })
}

/// One side.
struct File<'s> {
    snapshot: &'s Snapshot,
    facts: Facts<'s>,
    accounts: BTreeSet<String>,
    /// Why the other side says nothing about what a call told, by its evidence row: one call tells thousands of facts.
    unseen: RefCell<BTreeMap<i64, Option<Unseen>>>,
}

impl<'s> File<'s> {
    fn new(snapshot: &'s Snapshot) -> Result<Self, Error> {
        let facts = Facts::new(snapshot.connection(), &[])?;
        let mut statement = snapshot
            .connection()
            .prepare("select account from account")?;
        let accounts = statement
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        Ok(Self {
            snapshot,
            facts,
            accounts,
            unseen: RefCell::default(),
        })
    }

    /// Why `other` says nothing about a fact that this side read by a call.
    fn unseen(&self, evidence: i64, other: &Self) -> Result<Option<Unseen>, Error> {
        if let Some(known) = self.unseen.borrow().get(&evidence) {
            return Ok(known.clone());
        }
        let why = unseen(evidence, self.snapshot, &other.facts)?;
        self.unseen.borrow_mut().insert(evidence, why.clone());
        Ok(why)
    }
}

/// The columns of a table: its identity, then the rest.
struct Shape<'t> {
    table: &'t str,
    key: Vec<String>,
    rest: Vec<String>,
}

fn shape<'t>(connection: &Connection, table: &'t str) -> Result<Shape<'t>, rusqlite::Error> {
    let mut statement =
        connection.prepare("select name, pk from pragma_table_info(?1) order by cid")?;
    let columns = statement
        .query_map([table], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let chosen = IDENTITIES
        .iter()
        .find(|(name, _)| *name == table)
        .map(|(_, key)| *key);
    let key: Vec<String> = match chosen {
        Some(key) => key.iter().map(|column| (*column).to_owned()).collect(),
        None => {
            let mut key: Vec<&(String, i64)> = columns.iter().filter(|(_, pk)| *pk > 0).collect();
            key.sort_by_key(|(_, pk)| *pk);
            key.into_iter().map(|(name, _)| name.clone()).collect()
        }
    };
    let rest = columns
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| name != "evidence_id" && !key.contains(name))
        .filter(|name| !VOLATILE_COLUMNS.contains(&(table, name)))
        .filter(|name| chosen.is_none() || name != "position")
        .collect();
    Ok(Shape { table, key, rest })
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Cell {
    Null,
    Integer(i64),
    Text(String),
}

impl Cell {
    fn shown(&self) -> Option<String> {
        match self {
            Cell::Null => None,
            Cell::Integer(number) => Some(number.to_string()),
            Cell::Text(text) => Some(text.clone()),
        }
    }
}

struct Fact {
    key: Vec<Cell>,
    rest: Vec<Cell>,
    evidence: i64,
}

fn fact(row: &Row<'_>, shape: &Shape<'_>) -> Result<Fact, rusqlite::Error> {
    let cell = |index: usize| -> Result<Cell, rusqlite::Error> {
        Ok(match row.get_ref(index)? {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(number) => Cell::Integer(number),
            ValueRef::Real(number) => Cell::Text(number.to_string()),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                Cell::Text(String::from_utf8_lossy(bytes).into_owned())
            }
        })
    };
    let (keys, all) = (shape.key.len(), shape.key.len() + shape.rest.len());
    Ok(Fact {
        key: (0..keys).map(cell).collect::<Result<_, _>>()?,
        rest: (keys..all).map(cell).collect::<Result<_, _>>()?,
        evidence: row.get(all)?,
    })
}

fn compare(
    table: &str,
    baseline: &File<'_>,
    current: &File<'_>,
    new: &Alone,
    changes: &mut Vec<FactChange>,
) -> Result<(), Error> {
    let shape = shape(current.snapshot.connection(), table)?;
    let columns: Vec<&str> = shape
        .key
        .iter()
        .chain(&shape.rest)
        .map(String::as_str)
        .collect();
    let sql = format!(
        "select {}, evidence_id from {table} order by {}",
        columns.join(", "),
        shape.key.join(", ")
    );
    let mut left_statement = baseline.snapshot.connection().prepare(&sql)?;
    let mut right_statement = current.snapshot.connection().prepare(&sql)?;
    let (left, right) = (left_statement.query([])?, right_statement.query([])?);
    let keys: Vec<usize> = (0..shape.key.len()).collect();
    merge(left, right, &keys, |at| {
        let (fact, from, other, on) = match at {
            Keyed::Left(row) => (fact(row, &shape)?, baseline, current, Side::Baseline),
            Keyed::Right(row) => (fact(row, &shape)?, current, baseline, Side::Current),
            Keyed::Both(before, after) => {
                if differ(before, after, &shape)? {
                    changes.push(both(&shape, &fact(before, &shape)?, &fact(after, &shape)?));
                }
                return Ok(());
            }
        };
        changes.extend(alone(&shape, &fact, [from, other], on, new)?);
        Ok(())
    })
}

/// Whether two rows of one key differ in anything else that counts.
fn differ(before: &Row<'_>, after: &Row<'_>, shape: &Shape<'_>) -> Result<bool, rusqlite::Error> {
    let keys = shape.key.len();
    for column in keys..keys + shape.rest.len() {
        if before.get_ref(column)? != after.get_ref(column)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn both(shape: &Shape<'_>, before: &Fact, after: &Fact) -> FactChange {
    let mut change = named(shape, after);
    let fields = shape
        .rest
        .iter()
        .zip(before.rest.iter().zip(&after.rest))
        .filter(|(_, (before, after))| before != after)
        .map(|(name, (before, after))| FieldChange {
            name: name.clone(),
            before: before.shown(),
            after: after.shown(),
            meaning: match (shape.table, name.as_str(), before, after) {
                ("metric_filter", "pattern", Cell::Text(before), Cell::Text(after)) => {
                    Some(meaning(before, after, &change.account))
                }
                _ => None,
            },
        })
        .collect();
    change.change = Change::Changed(fields);
    change
}

/// The change of a fact that one side alone has; none where its whole account is missing there, which is told once.
fn alone(
    shape: &Shape<'_>,
    fact: &Fact,
    [from, other]: [&File<'_>; 2],
    on: Side,
    new: &Alone,
) -> Result<Option<FactChange>, Error> {
    let mut change = named(shape, fact);
    if !other.accounts.contains(&change.account) {
        return Ok(None);
    }
    let unseen = from.unseen(fact.evidence, other)?;
    let unseen = unseen.filter(|it| it.outcome != Outcome::NotAsked || !is_of(new, &change, on));
    change.change = match unseen {
        Some(why) => Change::Unseen { on, why },
        None => {
            let fields = shape
                .rest
                .iter()
                .zip(&fact.rest)
                .map(|(name, cell)| Field {
                    name: name.clone(),
                    value: cell.shown(),
                })
                .collect();
            if on == Side::Baseline {
                Change::Removed(fields)
            } else {
                Change::Added(fields)
            }
        }
    };
    Ok(Some(change))
}

fn named(shape: &Shape<'_>, fact: &Fact) -> FactChange {
    let column = |wanted: &str| {
        let key = shape.key.iter().zip(&fact.key);
        let rest = shape.rest.iter().zip(&fact.rest);
        key.chain(rest)
            .find(|(name, _)| *name == wanted)
            .and_then(|(_, cell)| cell.shown())
    };
    FactChange {
        account: column("account").unwrap_or_default(),
        region: column("region"),
        kind: shape.table.to_owned(),
        resource: shape
            .key
            .iter()
            .zip(&fact.key)
            .filter(|(name, _)| *name != "account" && *name != "region")
            .map(|(_, cell)| cell.shown().unwrap_or_default())
            .collect(),
        change: Change::Changed(Vec::new()),
    }
}

/// Why the other snapshot says nothing about a fact read by this call; none where it answered the same question.
fn unseen(evidence: i64, from: &Snapshot, other: &Facts<'_>) -> Result<Option<Unseen>, Error> {
    let Some(row) = from.evidence(evidence)? else {
        return Ok(None);
    };
    let call = row.call;
    let subjects = operations::find(&call.service, &call.operation).map_or_else(
        || vec![String::new()],
        |operation| operation.subjects(&call.account, &call.region, &call.request),
    );
    let unseen = |outcome| Unseen {
        service: call.service.clone(),
        operation: call.operation.clone(),
        outcome,
    };
    let mut answered = false;
    for subject in &subjects {
        let asked = other.asked(Question {
            account: &call.account,
            region: &call.region,
            service: &call.service,
            operation: &call.operation,
            subject,
        })?;
        if let Asked::Failed { kind, code, .. } = asked {
            let (how, error) = (kind, code);
            return Ok(Some(unseen(Outcome::Failed { how, error })));
        }
        answered |= asked.answered();
    }
    Ok((!answered).then(|| unseen(Outcome::NotAsked)))
}

/// Accounts, and enabled regions of accounts that both sides have, on one side only.
pub(super) fn presence(baseline: &Snapshot, current: &Snapshot) -> Result<Vec<Presence>, Error> {
    const ACCOUNTS: &str = "select account, null from account order by 1";
    const REGIONS: &str = "select account, region from region where status in ('ENABLED', 'ENABLED_BY_DEFAULT', 'ENABLING') order by 1, 2";
    let read =
        |snapshot: &Snapshot, sql: &str| -> Result<BTreeSet<AccountRegion>, rusqlite::Error> {
            let mut statement = snapshot.connection().prepare(sql)?;
            statement
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        };
    let mut out = Vec::new();
    let (left, right) = (read(baseline, ACCOUNTS)?, read(current, ACCOUNTS)?);
    let both: BTreeSet<&str> = left
        .intersection(&right)
        .map(|(account, _)| account.as_str())
        .collect();
    one_sided(&left, &right, &mut out);
    // A side that knows no region of an account could not list them.
    let (left, right) = (read(baseline, REGIONS)?, read(current, REGIONS)?);
    let listed = |rows: &BTreeSet<AccountRegion>| -> BTreeSet<String> {
        rows.iter().map(|(account, _)| account.clone()).collect()
    };
    let listed = [listed(&left), listed(&right)];
    let comparable = |rows: BTreeSet<AccountRegion>| -> BTreeSet<AccountRegion> {
        rows.into_iter()
            .filter(|(account, _)| {
                both.contains(account.as_str()) && listed.iter().all(|it| it.contains(account))
            })
            .collect()
    };
    one_sided(&comparable(left), &comparable(right), &mut out);
    out.sort();
    Ok(out)
}

/// An account, or a Region of one.
type AccountRegion = (String, Option<String>);

fn one_sided(
    left: &BTreeSet<AccountRegion>,
    right: &BTreeSet<AccountRegion>,
    out: &mut Vec<Presence>,
) {
    for (rows, others, on) in [(left, right, Side::Baseline), (right, left, Side::Current)] {
        out.extend(rows.difference(others).map(|(account, region)| Presence {
            account: account.clone(),
            region: region.clone(),
            on,
        }));
    }
}

/// Gaps on one side only, of accounts that both sides have.
pub(super) fn gaps(baseline: &Snapshot, current: &Snapshot) -> Result<Vec<GapChange>, Error> {
    let read = |snapshot: &Snapshot, on: Side| -> Result<Vec<GapChange>, rusqlite::Error> {
        let mut statement = snapshot.connection().prepare(
            "select account, region, service, operation, subject, kind from gap order by 1, 2, 3, 4, 5",
        )?;
        statement
            .query_map([], |row| {
                Ok(GapChange {
                    account: row.get(0)?,
                    region: row.get(1)?,
                    service: row.get(2)?,
                    operation: row.get(3)?,
                    subject: row.get(4)?,
                    kind: row.get(5)?,
                    on,
                })
            })?
            .collect()
    };
    let (left, right) = (
        read(baseline, Side::Baseline)?,
        read(current, Side::Current)?,
    );
    let keys = |gaps: &[GapChange]| -> BTreeSet<[String; 5]> { gaps.iter().map(key).collect() };
    let (of_left, of_right) = (keys(&left), keys(&right));
    let mut out: Vec<GapChange> = left
        .into_iter()
        .filter(|gap| !of_right.contains(&key(gap)))
        .collect();
    out.extend(right.into_iter().filter(|gap| !of_left.contains(&key(gap))));
    out.sort();
    Ok(out)
}

/// What a gap is about, whichever side has it.
fn key(gap: &GapChange) -> [String; 5] {
    [
        &gap.account,
        &gap.region,
        &gap.service,
        &gap.operation,
        &gap.subject,
    ]
    .map(String::clone)
}
