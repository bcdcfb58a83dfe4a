//! The automata against plain evaluation of the same languages.

use super::*;
use crate::coverage::decimal::{Decimal, Side};
use crate::pattern::Star;
use crate::pattern::ast::Order;

fn texts(letters: &str, length: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..length {
        last = last
            .iter()
            .flat_map(|text| letters.chars().map(move |letter| format!("{text}{letter}")))
            .collect();
        all.extend(last.iter().cloned());
    }
    all
}

#[test]
fn globs_accept_what_the_plain_globs_match() {
    for pattern in texts("ab*", 5) {
        for star in [Star::Leftmost, Star::Glob, Star::Ends] {
            let machine = Machine::Glob(Glob::new(&pattern, star));
            let plain = crate::pattern::Glob::new(&pattern, star);
            for text in texts("ab", 6).iter().chain(&texts("a*", 4)) {
                assert_eq!(
                    machine.accepts(text),
                    plain.matches(text),
                    "`{pattern}` {star:?} on `{text}`"
                );
            }
        }
    }
}

#[test]
fn decimals_compare_as_numbers() {
    let constants = [
        "0", "-0", "1", "1.5", "-1.5", "12", "100", "0.05", "1e2", "15e-1", "+3", "-20.50", "007",
    ];
    let numbers = [
        "0", "1", "-1", "1.5", "1.50", "1.49", "1.51", "-1.5", "-1.6", "12", "12.0", "99.9", "100",
        "100.01", "0.05", "0.050", "0.5", "3", "-20.5", "-20.51", "7", "1000", "10",
    ];
    for constant in constants {
        let value: f64 = constant.parse().unwrap();
        for number in numbers {
            assert!(Plain::holds(number), "{number}");
            let found: f64 = number.parse().unwrap();
            for (side, expected) in [
                (Side::Equal, found == value),
                (Side::Order(Order::Less), found < value),
                (Side::Order(Order::LessOrEqual), found <= value),
                (Side::Order(Order::Greater), found > value),
                (Side::Order(Order::GreaterOrEqual), found >= value),
            ] {
                let machine =
                    Machine::Against(Against::new(Decimal::parse(constant).unwrap(), side));
                assert_eq!(
                    machine.accepts(number),
                    expected,
                    "{number} against {constant}, {side:?}"
                );
            }
        }
    }
    for text in [
        "",
        "-",
        "01",
        "1.",
        ".5",
        "-0",
        "-0.0",
        "1e3",
        "x",
        "1234567890123456",
    ] {
        assert!(!Plain::holds(text), "{text}");
    }
}

#[test]
fn regular_expressions_are_looked_for_anywhere() {
    for (expression, text, expected) in [
        ("b", "abc", true),
        (r"\Ab", "abc", false),
        (r"c\z", "abc", true),
        (r"b\z", "abc", false),
        (r"\A\z", "", true),
        (r"a|\Ab", "xb", false),
        ("[^0-9]", "\u{4e2d}", true),
        ("a.c", "a\nc", false),
        ("x*", "", true),
    ] {
        let machine = Machine::Search(Box::new(WordSearch::new(expression).unwrap()));
        assert_eq!(
            machine.accepts(text),
            expected,
            "`{expression}` on `{text}`"
        );
    }
}

#[test]
fn a_word_meets_all_conditions_or_there_is_none() {
    let glob = |text: &str| Rc::new(Machine::Glob(Glob::new(text, Star::Glob)));
    let mut work = 0;
    let found = word(
        &[
            (glob("*ab*"), true),
            (glob("*ba*"), true),
            (glob("*aa*"), false),
        ],
        [],
        &mut work,
    );
    assert_eq!(found, Word::Found("abba".into()));
    assert_eq!(
        word(&[(glob("a*"), true), (glob("*"), false)], [], &mut work),
        Word::None
    );
    assert_eq!(
        word(&[(glob("a*b"), true), (glob("*b"), false)], [], &mut work),
        Word::None
    );
    let words = Rc::new(Machine::Words(Words::new(["", "a", "b"])));
    assert_eq!(
        word(&[(words, false), (glob("*b"), true)], ["b"], &mut work),
        Word::Found("ab".into())
    );
}
