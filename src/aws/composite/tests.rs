//! Rules against a plain evaluator of truth tables: every state of every alarm is tried.

use proptest::prelude::*;

use super::*;
use crate::chain::verdict::Cause;

const ACCOUNT: &str = "111122223333";
const REGION: &str = "us-east-1";

fn alarms(states: &[(&str, AlarmState)], rules: &[(&str, &str)]) -> Alarms {
    Alarms {
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        states: states
            .iter()
            .map(|(name, state)| ((*name).to_owned(), *state))
            .collect(),
        rules: rules
            .iter()
            .map(|(name, rule)| ((*name).to_owned(), (*rule).to_owned()))
            .collect(),
        complete: true,
    }
}

const QUIET: [(&str, AlarmState); 4] = [
    ("e", AlarmState::InsufficientData),
    ("a", AlarmState::Ok),
    ("b", AlarmState::InsufficientData),
    ("c", AlarmState::Ok),
];

fn ask(rule: &str) -> Reach {
    reach(
        "top",
        "e",
        &[AlarmState::Ok, AlarmState::InsufficientData],
        &alarms(&QUIET, &[("top", rule)]),
    )
}

fn top() -> Subject {
    Subject::account("top")
}

fn is(rule: &str, id: LinkId, verdict: Verdict) {
    let link = ask(rule).link(&top());
    assert_eq!(
        (link.id, link.verdict),
        (id, verdict),
        "{rule}: {}",
        link.cause.code()
    );
}

#[test]
fn one_child_of_each_kind_of_rule() {
    for rule in [
        "ALARM(e)",
        "ALARM(\"e\")",
        "(ALARM(e))",
        "ALARM(e) OR FALSE",
        "NOT NOT ALARM(e)",
        "AT_LEAST(1, ALARM, (e))",
    ] {
        is(rule, LinkId::C01, Verdict::Ok);
    }
    is(
        "ALARM(arn:aws:cloudwatch:us-east-1:111122223333:alarm:e)",
        LinkId::C01,
        Verdict::Ok,
    );
    is("alarm(e) and True", LinkId::C01, Verdict::Ok);
    for rule in [
        "ALARM(e) OR ALARM(a) OR ALARM(b)",
        "AT_LEAST(1, ALARM, (e, a, b))",
        "AT_LEAST(33%, ALARM, (e, a, b))",
    ] {
        is(rule, LinkId::C03, Verdict::Degraded);
    }
    for rule in [
        "ALARM(e) AND ALARM(a)",
        "AT_LEAST(2, ALARM, (e, a, b))",
        "AT_LEAST(34%, ALARM, (e, a, b))",
    ] {
        is(rule, LinkId::C02, Verdict::Broken);
    }
    is("ALARM(e) AND NOT ALARM(a)", LinkId::C02, Verdict::Weak);
    is("ALARM(e) AND OK(a)", LinkId::C02, Verdict::Weak);
    is("ALARM(e) AND OK(b)", LinkId::C02, Verdict::Broken);
    for rule in [
        "OK(e)",
        "NOT ALARM(e)",
        "ALARM(e) AND FALSE",
        "INSUFFICIENT_DATA(e)",
        "ALARM(a)",
    ] {
        is(rule, LinkId::C02, Verdict::Broken);
    }
    is("ALARM(e) OR TRUE", LinkId::C03, Verdict::Broken);
    is("AT_LEAST(2, NOT OK, (a, e))", LinkId::C02, Verdict::Broken);
}

#[test]
fn an_alarm_that_holds_the_composite_is_named() {
    let mut states = QUIET;
    states[1].1 = AlarmState::Alarm;
    let answer = reach(
        "top",
        "e",
        &[AlarmState::Ok],
        &alarms(&states, &[("top", "ALARM(e) OR ALARM(a) OR ALARM(b)")]),
    );
    assert_eq!(
        answer,
        Reach::Masked {
            now: vec!["a".to_owned()]
        }
    );
    assert!(matches!(answer.link(&top()).cause,
        Cause::Said(said) if said.text.contains("`a`")));
}

#[test]
fn missing_children_cycles_and_foreign_children_stop_the_evaluation() {
    is("ALARM(e) OR ALARM(gone)", LinkId::C05, Verdict::Broken);
    is("ALARM(e) OR ALARM(top)", LinkId::C05, Verdict::Broken);
    is(
        "ALARM(e) OR ALARM(arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a)",
        LinkId::C07,
        Verdict::Broken,
    );
    let mut partial = alarms(&QUIET, &[("top", "ALARM(e) OR ALARM(gone)")]);
    partial.complete = false;
    assert!(matches!(
        reach("top", "e", &[AlarmState::Ok], &partial),
        Reach::Unknown {
            id: LinkId::C05,
            ..
        }
    ));
    let ring = alarms(
        &QUIET,
        &[("top", "ALARM(mid)"), ("mid", "ALARM(e) OR ALARM(top)")],
    );
    assert!(matches!(
        reach("top", "e", &[AlarmState::Ok], &ring),
        Reach::Never {
            id: LinkId::C05,
            ..
        }
    ));
}

#[test]
fn composites_of_composites_are_seen_through() {
    let nested = |top, mid| {
        reach(
            "top",
            "e",
            &[AlarmState::Ok],
            &alarms(&QUIET, &[("top", top), ("mid", mid)]),
        )
    };
    assert_eq!(nested("ALARM(mid)", "ALARM(e)"), Reach::Always);
    assert_eq!(
        nested("ALARM(mid)", "ALARM(e) OR ALARM(a)"),
        Reach::Masked { now: vec![] }
    );
    assert!(matches!(
        nested("OK(mid)", "ALARM(e)"),
        Reach::Never {
            id: LinkId::C02,
            ..
        }
    ));
    assert_eq!(nested("NOT OK(mid)", "ALARM(e)"), Reach::Always);
}

#[test]
fn precedence_that_changes_the_answer_is_unknown() {
    is(
        "ALARM(a) OR ALARM(e) AND ALARM(b)",
        LinkId::C02,
        Verdict::Broken,
    );
    is(
        "ALARM(e) OR ALARM(a) AND ALARM(b)",
        LinkId::C05,
        Verdict::Unknown,
    );
    is(
        "ALARM(e) OR (ALARM(a) AND ALARM(b))",
        LinkId::C03,
        Verdict::Degraded,
    );
    is("ALARM(e) AND TRUE OR FALSE", LinkId::C01, Verdict::Ok);
}

#[test]
fn rules_that_cannot_be_read_are_unknown() {
    for rule in [
        "",
        "ALARM",
        "ALARM(",
        "ALARM()",
        "ALARM(e",
        "ALARM(e) ALARM(a)",
        "ALARM(e) AND",
        "XOR(e)",
        "(ALARM(e)",
        "ALARM(\"e)",
        "AT_LEAST(x, ALARM, (e))",
        "AT_LEAST(1, ALARM, e)",
        "ALARM(e, a)",
        "NOT",
    ] {
        is(rule, LinkId::C05, Verdict::Unknown);
    }
    is(
        &format!("{}ALARM(e){}", "(".repeat(5000), ")".repeat(5000)),
        LinkId::C05,
        Verdict::Unknown,
    );
    is(
        &format!("{}ALARM(e){}", "(".repeat(200), ")".repeat(200)),
        LinkId::C01,
        Verdict::Ok,
    );
    is(
        &format!("{}ALARM(e)", "NOT ".repeat(2500)),
        LinkId::C01,
        Verdict::Ok,
    );
}

#[test]
fn names_may_be_quoted() {
    let name = r#"root "login" (prod), west"#;
    let rule = format!("ALARM(\"{}\")", name.replace('"', "\\\""));
    assert_eq!(
        children(&rule, ACCOUNT, REGION),
        Ok([name.to_owned()].into())
    );
    let states = [(name, AlarmState::Ok)];
    assert_eq!(
        reach(
            "top",
            name,
            &[AlarmState::Ok],
            &alarms(&states, &[("top", &rule)])
        ),
        Reach::Always
    );
}

#[test]
fn a_hundred_children_are_no_burden() {
    let names: Vec<String> = (0..100).map(|number| format!("n{number}")).collect();
    let states: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), AlarmState::Ok))
        .collect();
    let rule = names
        .iter()
        .map(|name| format!("ALARM({name})"))
        .collect::<Vec<_>>()
        .join(" OR ");
    let ask = |rule: &str| {
        reach(
            "top",
            "n7",
            &[AlarmState::Ok],
            &alarms(&states, &[("top", rule)]),
        )
    };
    assert_eq!(ask(&rule), Reach::Masked { now: vec![] });
    assert!(matches!(
        ask(&format!("({rule}) AND ({rule})")),
        Reach::Unknown {
            id: LinkId::C05,
            ..
        }
    ));
    assert!(matches!(
        ask(&format!("AT_LEAST(50, ALARM, ({}))", names.join(","))),
        Reach::Never {
            id: LinkId::C02,
            ..
        }
    ));
}

// Truth tables.

fn holds(rule: &Rule, states: &BTreeMap<String, AlarmState>) -> bool {
    match rule {
        Rule::Constant(value) => *value,
        Rule::State(state, name) => states[name] == *state,
        Rule::Not(rule) => !holds(rule, states),
        Rule::All(rules) => rules.iter().all(|rule| holds(rule, states)),
        Rule::Any(rules) => rules.iter().any(|rule| holds(rule, states)),
        Rule::AtLeast(wanted, rules) => {
            rules.iter().filter(|rule| holds(rule, states)).count() >= *wanted
        }
    }
}

fn rule() -> impl Strategy<Value = String> {
    let state = prop::sample::select(vec!["ALARM", "OK", "INSUFFICIENT_DATA", "ALARM"]);
    let name = prop::sample::select(vec!["e", "e", "a", "b", "c"]);
    let leaf = prop_oneof![
        8 => (state, name).prop_map(|(state, name)| format!("{state}({name})")),
        1 => prop::sample::select(vec!["TRUE", "false"]).prop_map(str::to_owned),
        1 => (0usize..4, prop::sample::select(vec!["ALARM", "NOT OK"]))
            .prop_map(|(wanted, state)| format!("AT_LEAST({wanted}, {state}, (e, a, b))")),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|rule| format!("NOT ({rule})")),
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|rules| format!("({})", rules.join(" AND "))),
            prop::collection::vec(inner, 2..4)
                .prop_map(|rules| format!("({})", rules.join(" OR "))),
        ]
    })
}

proptest! {
    #[test]
    fn pairs_are_those_of_the_truth_table(text in rule(), from in 0usize..3) {
        let rule = rule::parse(&text, Precedence::AndFirst).unwrap();
        let resting = AlarmState::ALL[from];
        let mut expected = Pairs::NONE;
        for number in 0..27 {
            let state = |place: usize| AlarmState::ALL[number / 3usize.pow(u32::try_from(place).unwrap()) % 3];
            let mut states: BTreeMap<String, AlarmState> =
                ["a", "b", "c"].iter().enumerate().map(|(place, name)| ((*name).to_owned(), state(place))).collect();
            states.insert("e".to_owned(), resting);
            let before = holds(&rule, &states);
            states.insert("e".to_owned(), AlarmState::Alarm);
            expected = expected.with(Pairs::of(before, holds(&rule, &states)));
        }
        prop_assert_eq!(pairs(&rule, "e", resting, &Domain::new()), Some(expected));
    }

    #[test]
    fn the_answer_holds_in_the_present_states(text in rule(), numbers in prop::collection::vec(0usize..3, 3)) {
        let mut states = vec![("e", AlarmState::Ok)];
        states.extend(["a", "b", "c"].into_iter().zip(numbers.iter().map(|number| AlarmState::ALL[*number])));
        let answer = reach("top", "e", &[AlarmState::Ok], &alarms(&states, &[("top", &text)]));
        let rule = rule::parse(&text, Precedence::AndFirst).unwrap();
        let mut states: BTreeMap<String, AlarmState> = states.into_iter().map(|(name, state)| (name.to_owned(), state)).collect();
        let before = holds(&rule, &states);
        states.insert("e".to_owned(), AlarmState::Alarm);
        let fires = !before && holds(&rule, &states);
        let expected = match &answer {
            Reach::Always | Reach::Now { .. } => Some(true),
            Reach::Masked { now } => Some(now.is_empty()),
            Reach::Never { .. } => Some(false),
            Reach::Unknown { .. } => None,
        };
        prop_assert_eq!(expected, Some(fires), "{:?}", answer);
    }

    #[test]
    fn no_text_makes_the_parser_stumble(text in "[A-Z(),\" a-e%0-9\\\\]{0,40}") {
        for precedence in Precedence::ALL {
            let _ = rule::parse(&text, precedence);
        }
    }
}
