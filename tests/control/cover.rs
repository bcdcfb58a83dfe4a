//! How the alternatives of a control stand to each other, decided by the logic that judges accounts.

use trailproof::control::{Control, Registry};
use trailproof::coverage::{Covers, EventModel, Predicate, Scope, covers};
use trailproof::pattern::{Matcher, Semantics, parse};

/// The labels of the alternatives that a filter with this one's pattern covers, itself left out.
pub fn covered_by(control: &Control, label: &str) -> Vec<String> {
    let of = |label: &str| {
        control
            .alternatives
            .iter()
            .find(|it| it.label == label)
            .unwrap()
    };
    let deployed = parse(&of(label).pattern).unwrap();
    let mut covered = Vec::new();
    for other in &control.alternatives {
        let required = parse(&other.pattern).unwrap();
        let answer = covers(
            &Predicate::from_pattern(&required),
            &Predicate::from_pattern(&deployed),
            &EventModel::cloudtrail(),
            &Scope::default(),
        );
        match answer {
            Covers::Yes { .. } => covered.push(other.label.clone()),
            Covers::No { missed } => {
                let matches =
                    |pattern| Matcher::new(pattern, &Semantics::default()).matches_event(&missed);
                assert!(
                    matches(&required) && !matches(&deployed),
                    "{}: {missed}",
                    control.id
                );
            }
            Covers::Unknown { reason } => {
                panic!("{}: {label} covers {}? {reason:?}", control.id, other.label)
            }
        }
    }
    assert!(
        covered.iter().any(|it| it == label),
        "{}: `{label}` covers itself",
        control.id
    );
    covered.retain(|it| it != label);
    covered
}

/// What the notes of the controls say about their texts is so.
#[test]
fn texts_catch_what_the_notes_say_they_catch() {
    let registry = Registry::builtin().unwrap();
    let covered =
        |control: &str, label: &str| covered_by(registry.control(control).unwrap(), label);
    // Exclusions that bind to one of two conditions let more through than those that bind to both.
    assert_eq!(
        covered("unauthorized_api_calls", "anded-exclusions"),
        ["intent"]
    );
    assert!(covered("unauthorized_api_calls", "intent").is_empty());
    // The text that is true for nearly everything.
    assert_eq!(
        covered("unauthorized_api_calls", "ored-exclusions").len(),
        5
    );
    // The form against false alarms does not hear of the root user.
    assert_eq!(covered("console_without_mfa", "sso"), ["security-hub"]);
    // The source misses calls of the same name in other services, which AWS's form and the intent leave out.
    assert_eq!(covered("iam_policy_changes", "intent"), ["security-hub"]);
    assert_eq!(covered("route_table_changes", "event-source"), ["intent"]);
    // Without ClassicLink nothing of the intent is lost, and the text is not covered word by word.
    assert!(covered("vpc_changes", "intent").is_empty());
    assert_eq!(covered("vpc_changes", "text"), ["security-hub", "intent"]);
    // A filter for 4.0 and before does not hear of an edited rule.
    assert_eq!(
        covered("security_group_changes", "six-events"),
        ["security-hub", "intent-1.2"]
    );
    assert_eq!(covered("security_group_changes", "seven-events").len(), 4);
}
