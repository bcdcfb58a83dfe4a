//! A pattern as a truth table over its conditions, for people.
//!
//! Conditions are looked at in the order written. A row leaves open what no longer matters, and a combination that no
//! event can have (one name twice) is left out.

use std::sync::Arc;

use super::Predicate;
use super::decide::find;
use super::lower::Under;
use super::model::{EventModel, Scope};
use super::search::Ended;
use crate::pattern::ast::{Expr, Pattern, PatternKind, Test};
use crate::pattern::parse;

/// A truth table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthTable {
    /// The conditions, as written, each once.
    pub conditions: Vec<String>,
    /// One row a case, those that match first within each condition.
    pub rows: Vec<Row>,
    /// Whether all cases are there; a pattern can have more than a person reads.
    pub complete: bool,
}

/// One case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What each condition is; none where it does not matter.
    pub truths: Vec<Option<bool>>,
    /// Whether the pattern matches.
    pub matches: bool,
}

/// The truth table of a JSON pattern with at most `limit` rows; none for other kinds of pattern.
pub fn truth_table(pattern: &Pattern, limit: usize) -> Option<TruthTable> {
    let PatternKind::Json(expr) = &pattern.kind else {
        return None;
    };
    let text_of = |test: &Test| {
        pattern
            .text
            .get(test.span.clone())
            .unwrap_or_default()
            .to_owned()
    };
    let mut conditions: Vec<String> = Vec::new();
    for test in expr.tests() {
        let text = text_of(test);
        if !conditions.contains(&text) {
            conditions.push(text);
        }
    }
    let predicates = conditions
        .iter()
        .map(|condition| {
            Some(Predicate::Pattern(Arc::new(
                parse(&format!("{{ {condition} }}")).ok()?,
            )))
        })
        .collect::<Option<Vec<_>>>()?;
    let positions = |test: &Test| {
        conditions
            .iter()
            .position(|condition| *condition == text_of(test))
    };
    let mut builder = Builder {
        expr,
        positions: &positions,
        predicates: &predicates,
        limit,
        rows: Vec::new(),
        complete: true,
    };
    builder.fill(&mut vec![None; conditions.len()], 0, Predicate::Always);
    let Builder { rows, complete, .. } = builder;
    Some(TruthTable {
        conditions,
        rows,
        complete,
    })
}

struct Builder<'a> {
    expr: &'a Expr,
    positions: &'a dyn Fn(&Test) -> Option<usize>,
    predicates: &'a [Predicate],
    limit: usize,
    rows: Vec<Row>,
    complete: bool,
}

impl Builder<'_> {
    fn fill(&mut self, truths: &mut Vec<Option<bool>>, next: usize, so_far: Predicate) {
        if !self.complete {
            return;
        }
        if let Some(matches) = self.value(self.expr, truths) {
            if self.rows.len() == self.limit {
                self.complete = false;
            } else {
                self.rows.push(Row {
                    truths: truths.clone(),
                    matches,
                });
            }
            return;
        }
        let Some(predicate) = self.predicates.get(next) else {
            return;
        };
        for truth in [true, false] {
            let case = so_far.clone().and(if truth {
                predicate.clone()
            } else {
                !predicate.clone()
            });
            let found = find(
                &case,
                Under::recommended(&EventModel::none(), &Scope::default()),
            );
            if matches!(found, Ended::None) {
                continue;
            }
            if let Some(slot) = truths.get_mut(next) {
                *slot = Some(truth);
            }
            self.fill(truths, next + 1, case);
            if let Some(slot) = truths.get_mut(next) {
                *slot = None;
            }
        }
    }

    /// What the expression is whatever the open conditions are; none where they matter.
    fn value(&self, expr: &Expr, truths: &[Option<bool>]) -> Option<bool> {
        match expr {
            Expr::Group(inner, _) => self.value(inner, truths),
            Expr::Test(test) => truths.get((self.positions)(test)?).copied().flatten(),
            Expr::And(operands) => self.joined(operands, truths, false),
            Expr::Or(operands) => self.joined(operands, truths, true),
        }
    }

    fn joined(&self, operands: &[Expr], truths: &[Option<bool>], decisive: bool) -> Option<bool> {
        let mut open = false;
        for operand in operands {
            match self.value(operand, truths) {
                Some(truth) if truth == decisive => return Some(decisive),
                Some(_) => {}
                None => open = true,
            }
        }
        (!open).then_some(!decisive)
    }
}
