//! Which parts of the patterns explain a fail: of the requirement the part that asks for the witness, of the filter the
//! part that turns it away, and of event selectors and their like the fields for which they do.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use crate::chain::{Filter, Path};
use crate::coverage::Predicate;
use crate::pattern::ast::{Expr, PatternKind, dotted};
use crate::pattern::{self, Matcher, Pattern, Semantics};

use super::finding::{Mark, MarkKind};
use super::requirement::AcceptedForm;

/// The marks for one witness and the path that is blamed.
pub(super) fn marks(
    requirement: &AcceptedForm<'_>,
    witness: &Value,
    path: Option<&Path>,
) -> Vec<Mark> {
    let mut marks = Vec::new();
    if let Predicate::Pattern(pattern) = &requirement.events
        && let PatternKind::Json(expr) = &pattern.kind
    {
        let mut spans = Vec::new();
        asking(expr, witness, &mut spans);
        let whole = expr.span();
        marks.extend(
            spans
                .into_iter()
                .filter(|span| *span != whole)
                .map(|span| Mark {
                    filter: None,
                    span,
                    kind: MarkKind::Asks,
                    field: None,
                }),
        );
    }
    if let Some(path) = path
        && let Some(filter) = &path.filter
        && let Some(pattern) = read(path, filter)
        && let PatternKind::Json(expr) = &pattern.kind
    {
        let first = marks.len();
        turning_away(expr, witness, &filter.name, &mut marks);
        // To underline the whole pattern says nothing.
        for mark in marks
            .iter_mut()
            .skip(first)
            .filter(|mark| mark.span == expr.span())
        {
            mark.span = 0..0;
        }
    }
    if let Some(path) = path {
        marks.extend(unmet(path, witness));
    }
    marks
}

/// The pattern of a filter: as its path has it, where it does.
fn read(path: &Path, filter: &Filter) -> Option<Arc<Pattern>> {
    match path.pattern().map(|condition| &condition.events) {
        Some(Predicate::Pattern(known)) if known.text == filter.pattern => Some(Arc::clone(known)),
        _ => pattern::parse(&filter.pattern).ok().map(Arc::new),
    }
}

/// The fields of the conditions that the witness does not meet, but for patterns.
fn unmet(path: &Path, witness: &Value) -> Vec<Mark> {
    let mut found = Vec::new();
    let conditions = path.conditions.iter();
    for condition in conditions.filter(|condition| !super::holds(&condition.events, witness)) {
        let mut fields = BTreeSet::new();
        tested(&condition.events, &mut fields);
        found.extend(fields.into_iter().map(|field| Mark {
            filter: Some(condition.subject.name.clone()),
            span: 0..0,
            kind: MarkKind::TurnsAway,
            field: Some(field),
        }));
    }
    found
}

fn tested(predicate: &Predicate, fields: &mut BTreeSet<String>) {
    match predicate {
        Predicate::All(parts) | Predicate::Any(parts) => {
            parts.iter().for_each(|part| tested(part, fields));
        }
        Predicate::Not(inner) => tested(inner, fields),
        Predicate::Test(test) => {
            fields.insert(test.path.join("."));
        }
        Predicate::Always | Predicate::Never | Predicate::Event(..) | Predicate::Pattern(_) => {}
    }
}

/// The operands of the outermost `||`s that the witness satisfies.
fn asking(expr: &Expr, witness: &Value, spans: &mut Vec<Range<usize>>) {
    match expr {
        Expr::Or(parts) => {
            for part in parts.iter().filter(|part| holds(part, witness)) {
                asking(part, witness, spans);
            }
        }
        Expr::Group(inner, _) if matches!(**inner, Expr::Or(_)) => asking(inner, witness, spans),
        other => spans.push(other.span()),
    }
}

/// The parts that must hold and do not.
fn turning_away(expr: &Expr, witness: &Value, filter: &str, marks: &mut Vec<Mark>) {
    if holds(expr, witness) {
        return;
    }
    match expr {
        Expr::And(parts) => {
            for part in parts {
                turning_away(part, witness, filter, marks);
            }
        }
        Expr::Group(inner, _) => turning_away(inner, witness, filter, marks),
        Expr::Or(_) => marks.push(Mark {
            filter: Some(filter.to_owned()),
            span: expr.span(),
            kind: MarkKind::NoAlternative,
            field: None,
        }),
        Expr::Test(test) => marks.push(Mark {
            filter: Some(filter.to_owned()),
            span: test.span.clone(),
            kind: MarkKind::TurnsAway,
            field: dotted(&test.selector.steps),
        }),
    }
}

/// Whether a part of a pattern, taken alone, matches.
fn holds(expr: &Expr, witness: &Value) -> bool {
    Matcher::of_expression(expr, &Semantics::default()).matches_event(witness)
}
