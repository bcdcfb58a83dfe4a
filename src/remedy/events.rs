//! Filter patterns made wider by what they lack, and by nothing else; event patterns that match whatever others match.

use std::collections::BTreeSet;

use crate::coverage::{self, EventModel, Predicate, Scope};
use crate::pattern;
use crate::pattern::ast::{Expr, PatternKind};
use crate::pattern::event::{EventPattern, SignIn};

/// The longest filter pattern that CloudWatch Logs takes (API PutMetricFilter).
const LONGEST: usize = 1024;

/// `deployed` with the parts of `required` that it does not match yet; none where one of them asks for no fields, where
/// nothing is lacking, or where the whole would be too long.
pub(super) fn widened(deployed: &str, required: &str, scope: &Scope) -> Option<String> {
    let old = pattern::parse(deployed).ok()?;
    if !matches!(old.kind, PatternKind::Json(_)) {
        return None;
    }
    let lacking = lacking(required, &[Predicate::from_pattern(&old)], scope)?;
    let inner = deployed.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
    let text = format!("{{ {inner} || {} }}", lacking.join(" || "));
    let fits = text.chars().count() <= LONGEST && pattern::parse(&text).is_ok();
    fits.then_some(text)
}

/// The parts of a filter pattern that one of these readings of a deployed pattern does not match; none where there are none, or
/// where it asks for no fields.
pub(super) fn lacking(required: &str, matched: &[Predicate], scope: &Scope) -> Option<Vec<String>> {
    let model = EventModel::cloudtrail();
    let parsed = pattern::parse(required).ok()?;
    let PatternKind::Json(asked) = &parsed.kind else {
        return None;
    };
    let mut lacking: Vec<String> = Vec::new();
    for part in parts(asked, required) {
        let alone = pattern::parse(&format!("{{ {part} }}")).ok()?;
        let wanted = Predicate::from_pattern(&alone);
        let covered = |it: &Predicate| coverage::covers(&wanted, it, &model, scope).is_yes();
        if !matched.iter().all(covered) && !lacking.contains(&part) {
            lacking.push(part);
        }
    }
    (!lacking.is_empty()).then_some(lacking)
}

/// Whether a pattern is another one with more parts, so that it matches whatever that one matches.
pub(super) fn is_widened(old: &str, new: &str) -> bool {
    let inner = |text: &str| -> Option<String> {
        let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?;
        Some(inner.trim().to_owned())
    };
    let (Some(old), Some(new)) = (inner(old), inner(new)) else {
        return false;
    };
    new.strip_prefix(&old)
        .is_some_and(|rest| rest.starts_with(" || "))
}

/// Whether an event pattern of rules matches records, and each of them another one matches as well.
pub(super) fn is_held(old: &str, new: &str, scope: &Scope) -> bool {
    let (Ok(old), Ok(new)) = (EventPattern::parse(old), EventPattern::parse(new)) else {
        return false;
    };
    let model = EventModel::cloudtrail();
    let held = |sign_in| {
        let was = Predicate::from_event_pattern(&old, sign_in);
        let is = Predicate::from_event_pattern(&new, sign_in);
        coverage::covers(&was, &is, &model, scope).is_yes()
            && !coverage::covers(&was, &Predicate::Never, &model, scope).is_yes()
    };
    held(SignIn::Spaced) && held(SignIn::Joined)
}

/// Whether a pattern says nothing of fields, or matches nearly every event: whoever wrote it meant something else.
pub(super) fn means_nothing(deployed: &str, scope: &Scope) -> bool {
    let Ok(pattern) = pattern::parse(deployed) else {
        return true;
    };
    let events = Predicate::from_pattern(&pattern);
    !matches!(pattern.kind, PatternKind::Json(_))
        || coverage::is_nearly_everything(
            &events,
            &Predicate::Always,
            &EventModel::cloudtrail(),
            scope,
        )
}

/// Whether one filter pattern matches whatever another matches.
pub(super) fn is_narrower(old: &str, new: &str, scope: &Scope) -> bool {
    let (Ok(old), Ok(new)) = (pattern::parse(old), pattern::parse(new)) else {
        return false;
    };
    let (old, new) = (Predicate::from_pattern(&old), Predicate::from_pattern(&new));
    coverage::covers(&old, &new, &EventModel::cloudtrail(), scope).is_yes()
}

/// The literal texts that a pattern compares fields with, without the stars at their ends.
pub(super) fn texts(pattern: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if let Ok(parsed) = pattern::parse(pattern)
        && let PatternKind::Json(expr) = &parsed.kind
    {
        found.extend(
            expr.tests()
                .filter_map(|test| Some(test.text()?.trim_matches('*').to_owned())),
        );
    }
    found
}

/// An expression as texts of which any may hold, each as small as its parentheses allow.
fn parts(expr: &Expr, text: &str) -> Vec<String> {
    match expr {
        Expr::Or(any) => any.iter().flat_map(|part| parts(part, text)).collect(),
        Expr::Group(inner, _) => match inner.as_ref() {
            Expr::Or(_) | Expr::Group(..) | Expr::And(_) => parts(inner, text),
            Expr::Test(_) => written(expr, text),
        },
        Expr::And(all) => conjoined(all, text).unwrap_or_else(|| written(expr, text)),
        Expr::Test(_) => written(expr, text)
            .into_iter()
            .map(|part| format!("({part})"))
            .collect(),
    }
}

/// `a && (b || c)` as `(a && b)`, `(a && c)`; none where no one part alone is a choice.
fn conjoined(all: &[Expr], text: &str) -> Option<Vec<String>> {
    let choices: Vec<Vec<String>> = all.iter().map(|part| parts(part, text)).collect();
    let open = |choice: &&Vec<String>| choice.len() > 1;
    if choices.iter().filter(open).count() > 1 {
        return None;
    }
    let most = choices.iter().map(Vec::len).max()?;
    let mut out = Vec::new();
    for index in 0..most {
        let picked: Option<Vec<&str>> = choices
            .iter()
            .map(|choice| choice.get(index).or(choice.first()).map(String::as_str))
            .collect();
        out.push(format!("({})", picked?.join(" && ")));
    }
    Some(out)
}

fn written(expr: &Expr, text: &str) -> Vec<String> {
    text.get(expr.span())
        .map(str::to_owned)
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        Scope {
            account: "111122223333".to_owned(),
            regions: vec!["us-east-1".to_owned()],
            global_region: "us-east-1".to_owned(),
        }
    }

    #[test]
    fn only_what_is_lacking_is_added() {
        let required = "{ ($.eventName = A) || ($.eventName = B) || ($.eventName = C) }";
        assert_eq!(
            widened("{ ($.eventName = B) }", required, &scope()).as_deref(),
            Some("{ ($.eventName = B) || ($.eventName = A) || ($.eventName = C) }")
        );
        assert_eq!(widened(required, required, &scope()), None);
        assert_eq!(widened("\"$.eventName\"", required, &scope()), None);
    }

    #[test]
    fn a_name_behind_a_shared_condition_is_added_with_it() {
        let required = "{ ($.eventSource = s) && (($.eventName = A) || ($.eventName = B)) }";
        assert_eq!(
            widened(
                "{ ($.eventSource = s) && ($.eventName = A) }",
                required,
                &scope()
            )
            .as_deref(),
            Some(
                "{ ($.eventSource = s) && ($.eventName = A) || (($.eventSource = s) && ($.eventName = B)) }"
            )
        );
    }
}
