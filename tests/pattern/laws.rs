//! Laws: what is printed reads back, no text makes the parser panic, two matchers agree.

use super::{arbitrary, naive};
use proptest::prelude::*;
use trailproof::pattern::ast::{Pattern, PatternKind};
use trailproof::pattern::{ErrorKind, Matcher, Semantics, parse};

/// Limits that a random tree may break (D16); such a tree cannot be deployed.
fn is_limit(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TooLong(_)
            | ErrorKind::TooManyRegexes(_)
            | ErrorKind::TooManyWildcardSelectors(_)
    )
}

fn whole(kind: PatternKind) -> Pattern {
    Pattern {
        text: String::new(),
        kind,
        warnings: Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_printed_tree_reads_back_as_the_same_tree(kind in arbitrary::kind()) {
        let printed = whole(kind.clone()).to_string();
        match parse(&printed) {
            Ok(pattern) => {
                prop_assert_eq!(arbitrary::without_spans(&pattern.kind), kind, "{}", printed);
                prop_assert_eq!(&pattern.text, &printed);
            }
            Err(error) => prop_assert!(is_limit(&error.kind), "`{}`: {}", printed, error),
        }
    }

    #[test]
    fn every_span_lies_in_the_text(text in pattern_like()) {
        match parse(&text) {
            Ok(pattern) => {
                for warning in &pattern.warnings {
                    prop_assert!(text.get(warning.span.clone()).is_some(), "{:?}", warning);
                }
                prop_assert!(parse(&pattern.to_string()).is_ok(), "`{}` printed as `{}`", text, pattern);
            }
            Err(error) => {
                prop_assert!(text.get(error.span.clone()).is_some(), "{:?}", error);
                prop_assert!(!error.to_string().contains('\n') || text.contains('\n'));
            }
        }
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in any::<String>()) {
        for text in [text.clone(), format!("{{{text}}}"), format!("[{text}]"), format!("%{text}%"), format!("{{$.a={text}}}")] {
            let _ = parse(&text).map(|pattern| pattern.to_string());
        }
    }

    #[test]
    fn two_matchers_agree_on_events(
        expr in arbitrary::expr(),
        event in arbitrary::event(),
        first in 0..12_usize,
    ) {
        let kind = PatternKind::Json(expr);
        let text = event.to_string();
        let pattern = whole(kind.clone());
        for semantics in Semantics::all().skip(first).step_by(11) {
            let matcher = Matcher::new(&pattern, &semantics);
            let expected = naive::matches(&kind, &text, &semantics);
            prop_assert_eq!(matcher.matches_text(&text), expected, "{} on {} under {}", pattern, text, semantics);
            prop_assert_eq!(matcher.matches_event(&event), expected, "{} on {} under {}", pattern, text, semantics);
        }
    }

    #[test]
    fn two_matchers_agree_on_messages(kind in arbitrary::kind(), message in arbitrary::message()) {
        let pattern = whole(kind.clone());
        for semantics in Semantics::all().step_by(17) {
            let got = Matcher::new(&pattern, &semantics).matches_text(&message);
            prop_assert_eq!(got, naive::matches(&kind, &message, &semantics), "{} on {}", pattern, message);
        }
    }

    /// Blanks between the tokens of an event change nothing.
    #[test]
    fn spread_events_match_as_dense_ones(expr in arbitrary::expr(), event in arbitrary::event()) {
        let pattern = whole(PatternKind::Json(expr));
        let matcher = Matcher::new(&pattern, &Semantics::default());
        let spread = serde_json::to_string_pretty(&event).unwrap();
        prop_assert_eq!(matcher.matches_text(&spread), matcher.matches_event(&event));
    }
}

/// Text made of the tokens of the language, in any order.
fn pattern_like() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "{", "}", "(", ")", "[", "]", "$", ".", "$.a", "$.b.c", "[0]", "[*]", ".*", "['x']", "=",
        "!=", "<", ">=", "==", "!", "&&", "||", "&", "IS", "NOT", "EXISTS", "TRUE", "null", "AND",
        "\"", "\"x\"", "'", "%", "%a+%", "\\", "*", "1", "-2.5", "e3", "abc", "a*b", "é", "\u{a0}",
        "\u{201c}", " ", " ", " ", "\n", ",", "...", "?", "-", "x=1", "w > 2",
    ]);
    let start = prop::sample::select(vec!["{ $.a = ", "{", "[", "%", "", " ", "[a=", "{ ($.a "]);
    (
        start,
        prop::collection::vec(token, 0..14),
        prop::sample::select(vec!["", "}", " }", "]", "%", ") }"]),
    )
        .prop_map(|(start, tokens, end)| format!("{start}{}{end}", tokens.concat()))
}

/// The laws above would hold of two matchers that never match.
#[test]
fn random_events_do_match_random_patterns() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let pairs = (arbitrary::expr(), arbitrary::event());
    let matching = (0..400)
        .filter(|_| {
            let (expr, event) = pairs.new_tree(&mut runner).unwrap().current();
            Matcher::new(&whole(PatternKind::Json(expr)), &Semantics::default())
                .matches_event(&event)
        })
        .count();
    assert!((40..360).contains(&matching), "{matching} of 400 match");
}

#[test]
fn all_settings_are_different_and_begin_with_the_recommended_one() {
    let all: Vec<Semantics> = Semantics::all().collect();
    assert_eq!(all[0], Semantics::default());
    assert_eq!(all.len(), 48);
    for (index, semantics) in all.iter().enumerate() {
        assert!(!all[..index].contains(semantics));
        assert_eq!(semantics.deviations().is_empty(), index == 0);
    }
}
