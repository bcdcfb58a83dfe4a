//! Rules against a plain evaluator of truth tables: every state of every alarm is tried.

use proptest::prelude::*;

use super::reach::{Domain, Pairs, pairs, stays};
use super::*;

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
    }
}

const QUIET: [(&str, AlarmState); 4] = [
    ("e", AlarmState::InsufficientData),
    ("a", AlarmState::Ok),
    ("b", AlarmState::InsufficientData),
    ("c", AlarmState::Ok),
];

/// An alarm that goes into ALARM at once and stays for 300 to 900 seconds.
fn at_once(resting: &[AlarmState]) -> Movement {
    Movement {
        enters: 0,
        stay: Stay {
            least: 300,
            most: 900,
        },
        resting: resting.to_vec(),
    }
}

fn moved(movements: &[(&str, Movement)]) -> Moved {
    Moved {
        surely: movements
            .iter()
            .map(|(name, movement)| ((*name).to_owned(), movement.clone()))
            .collect(),
        perhaps: BTreeSet::new(),
    }
}

fn reach_of(child: &str, resting: &[AlarmState], alarms: &Alarms) -> Reach {
    reach("top", child, &moved(&[(child, at_once(resting))]), alarms)
}

fn ask(rule: &str) -> Reach {
    let resting = [AlarmState::Ok, AlarmState::InsufficientData];
    reach_of("e", &resting, &alarms(&QUIET, &[("top", rule)]))
}

/// What the rule does with an event that moves `e` and, in the same way, `twin`.
fn with_twin(rule: &str, twin: Movement) -> CompositeAnswer {
    let states = [
        ("e", AlarmState::Ok),
        ("twin", AlarmState::Ok),
        ("a", AlarmState::Ok),
    ];
    let moved = moved(&[("e", at_once(&[AlarmState::Ok])), ("twin", twin)]);
    reach("top", "e", &moved, &alarms(&states, &[("top", rule)])).answer
}

fn word(answer: &CompositeAnswer) -> &'static str {
    match answer {
        CompositeAnswer::Always => "always",
        CompositeAnswer::Masked { .. } => "masked",
        CompositeAnswer::Never(Fault::AlwaysTrue) => "always true",
        CompositeAnswer::Never(_) => "never",
        CompositeAnswer::Unknown(Fault::HangsOnStates { .. }) => "hangs",
        CompositeAnswer::Unknown(_) => "unknown",
    }
}

fn is(rule: &str, expected: &str) {
    let reach = ask(rule);
    assert_eq!(word(&reach.answer), expected, "{rule}: {reach:?}");
    assert_eq!(reach.at, "top");
}

#[test]
fn siblings_on_the_same_metric_move_together() {
    let twin = || at_once(&[AlarmState::Ok]);
    assert_eq!(
        with_twin("ALARM(e) AND ALARM(twin)", twin()),
        CompositeAnswer::Always
    );
    assert_eq!(
        with_twin("AT_LEAST(2, ALARM, (e, twin, a))", twin()),
        CompositeAnswer::Always
    );
    assert_eq!(
        with_twin("ALARM(e) AND NOT ALARM(twin)", twin()),
        CompositeAnswer::Never(Fault::MovesTogether {
            alarms: vec!["twin".to_owned()]
        })
    );
    assert_eq!(
        word(&with_twin("ALARM(e) AND ALARM(twin) AND ALARM(a)", twin())),
        "never"
    );
}

#[test]
fn siblings_that_move_at_other_times_are_followed_in_time() {
    let course = |enters, least, most| Movement {
        enters,
        stay: Stay { least, most },
        ..at_once(&[AlarmState::Ok])
    };
    // The twin leaves before the alarm does.
    let short = course(0, 60, 200);
    assert_eq!(
        with_twin("ALARM(e) AND NOT ALARM(twin)", short.clone()),
        CompositeAnswer::Always
    );
    assert_eq!(
        with_twin("ALARM(e) AND ALARM(twin)", short),
        CompositeAnswer::Always
    );
    // It comes when the alarm has left, or when it may have.
    assert_eq!(
        word(&with_twin("ALARM(e) AND ALARM(twin)", course(900, 60, 200))),
        "never"
    );
    assert_eq!(
        word(&with_twin("ALARM(e) AND ALARM(twin)", course(400, 60, 200))),
        "unknown"
    );
}

#[test]
fn an_alarm_that_the_event_may_move_decides_nothing() {
    let states = [("e", AlarmState::Ok), ("p", AlarmState::Ok)];
    let moved = Moved {
        perhaps: ["p".to_owned()].into(),
        ..moved(&[("e", at_once(&[AlarmState::Ok]))])
    };
    for (rule, expected) in [
        ("ALARM(e) AND ALARM(p)", "unknown"),
        ("ALARM(e) AND NOT ALARM(p)", "unknown"),
        ("ALARM(e) OR ALARM(p)", "masked"),
    ] {
        let reach = reach("top", "e", &moved, &alarms(&states, &[("top", rule)]));
        assert_eq!(word(&reach.answer), expected, "{rule}: {reach:?}");
    }
}

#[test]
fn a_suppressor_that_the_event_moves_drops_the_action() {
    let states = [
        ("e", AlarmState::Ok),
        ("twin", AlarmState::Ok),
        ("other", AlarmState::Ok),
        ("busy", AlarmState::Alarm),
    ];
    let alarms = alarms(
        &states,
        &[("top", "ALARM(e)"), ("over", "ALARM(e) OR ALARM(other)")],
    );
    let twin = at_once(&[AlarmState::Ok]);
    let moved = moved(&[("e", at_once(&[AlarmState::Ok])), ("twin", twin)]);
    let composite = reach("top", "e", &moved, &alarms)
        .movement
        .expect("it moves");
    let ask = |alarm: &str, wait| {
        let suppressor = Suppressor {
            alarm,
            wait,
            extension: 60,
        };
        suppression(suppressor, &composite, "e", &moved, &alarms)
    };
    for suppressor in ["e", "twin", "over"] {
        assert_eq!(
            ask(suppressor, 60),
            Suppression::EventMovesSuppressor {
                suppressor: suppressor.to_owned()
            }
        );
    }
    assert!(matches!(
        ask("busy", 60),
        Suppression::SuppressorInAlarm { .. }
    ));
    assert!(matches!(
        ask("other", 60),
        Suppression::SuppressorMayBeInAlarm { .. }
    ));
    assert!(matches!(
        ask("gone", 60),
        Suppression::SuppressorNotListed { .. }
    ));
    assert!(matches!(
        ask("other", 7200),
        Suppression::LeavesBeforeWaitEnds {
            wait: 7200,
            stays: 300
        }
    ));
    assert!(matches!(
        ask("other", 600),
        Suppression::MayLeaveBeforeWaitEnds { .. }
    ));
}

#[test]
fn the_composite_whose_rule_is_at_fault_is_named() {
    let alarms = alarms(
        &QUIET,
        &[
            ("top", "ALARM(mid)"),
            ("mid", "ALARM(low)"),
            ("low", "ALARM(e) AND ALARM(a)"),
            ("lost", "ALARM(gap) OR ALARM(e)"),
            ("gap", "ALARM(e) OR ALARM(gone)"),
        ],
    );
    let moved = moved(&[("e", at_once(&[AlarmState::Ok]))]);
    assert_eq!(reach("top", "e", &moved, &alarms).at, "low");
    assert_eq!(reach("lost", "e", &moved, &alarms).at, "gap");
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
        is(rule, "always");
    }
    is(
        "ALARM(arn:aws:cloudwatch:us-east-1:111122223333:alarm:e)",
        "always",
    );
    is("alarm(e) and True", "always");
    for rule in [
        "ALARM(e) OR ALARM(a) OR ALARM(b)",
        "AT_LEAST(1, ALARM, (e, a, b))",
        "AT_LEAST(33%, ALARM, (e, a, b))",
    ] {
        is(rule, "masked");
    }
    for rule in [
        "ALARM(e) AND ALARM(a)",
        "AT_LEAST(2, ALARM, (e, a, b))",
        "AT_LEAST(34%, ALARM, (e, a, b))",
    ] {
        is(rule, "never");
    }
    is("ALARM(e) AND NOT ALARM(a)", "hangs");
    is("ALARM(e) AND OK(a)", "hangs");
    is("ALARM(e) AND OK(b)", "never");
    for rule in [
        "OK(e)",
        "NOT ALARM(e)",
        "ALARM(e) AND FALSE",
        "INSUFFICIENT_DATA(e)",
        "ALARM(a)",
    ] {
        is(rule, "never");
    }
    is("ALARM(e) OR TRUE", "always true");
    is("AT_LEAST(2, NOT OK, (a, e))", "never");
}

#[test]
fn an_alarm_that_holds_the_composite_is_named() {
    let mut states = QUIET;
    states[1].1 = AlarmState::Alarm;
    let reach = reach_of(
        "e",
        &[AlarmState::Ok],
        &alarms(&states, &[("top", "ALARM(e) OR ALARM(a) OR ALARM(b)")]),
    );
    assert_eq!(
        reach.answer,
        CompositeAnswer::Masked {
            now: vec!["a".to_owned()]
        }
    );
}

/// "ALARM(maintenance)" in OK now is no proof that it will be when the event comes.
#[test]
fn the_alarms_that_an_answer_hangs_on_are_named() {
    let hangs_on = |rule: &str| match ask(rule).answer {
        CompositeAnswer::Unknown(Fault::HangsOnStates { alarms }) => alarms,
        other => panic!("{rule}: {other:?}"),
    };
    assert_eq!(hangs_on("(ALARM(e) OR ALARM(b)) AND NOT ALARM(a)"), ["a"]);
    assert_eq!(
        hangs_on("ALARM(e) AND NOT ALARM(a) AND NOT ALARM(c)"),
        ["a", "c"]
    );
}

#[test]
fn missing_children_cycles_and_foreign_children_stop_the_evaluation() {
    is("ALARM(e) OR ALARM(gone)", "unknown");
    is("ALARM(e) OR ALARM(top)", "never");
    is(
        "ALARM(e) OR ALARM(arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a)",
        "never",
    );
    is(
        "ALARM(e) OR ALARM(arn:aws:cloudwatch:us-east-1:444455556666:alarm:a)",
        "unknown",
    );
    let ring = alarms(
        &QUIET,
        &[("top", "ALARM(mid)"), ("mid", "ALARM(e) OR ALARM(top)")],
    );
    assert_eq!(
        reach_of("e", &[AlarmState::Ok], &ring).answer,
        CompositeAnswer::Never(Fault::DependsOnItself)
    );
}

#[test]
fn composites_of_composites_are_seen_through() {
    let nested = |top, mid| {
        let alarms = alarms(&QUIET, &[("top", top), ("mid", mid)]);
        reach_of("e", &[AlarmState::Ok], &alarms).answer
    };
    assert_eq!(nested("ALARM(mid)", "ALARM(e)"), CompositeAnswer::Always);
    assert_eq!(
        nested("ALARM(mid)", "ALARM(e) OR ALARM(a)"),
        CompositeAnswer::Masked { now: vec![] }
    );
    assert_eq!(word(&nested("OK(mid)", "ALARM(e)")), "never");
    assert_eq!(nested("NOT OK(mid)", "ALARM(e)"), CompositeAnswer::Always);
}

#[test]
fn precedence_that_changes_the_answer_is_unknown() {
    is("ALARM(a) OR ALARM(e) AND ALARM(b)", "never");
    is("ALARM(e) OR ALARM(a) AND ALARM(b)", "unknown");
    is("ALARM(e) OR (ALARM(a) AND ALARM(b))", "masked");
    is("ALARM(e) AND TRUE OR FALSE", "always");
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
        is(rule, "unknown");
    }
    is(
        &format!("{}ALARM(e){}", "(".repeat(5000), ")".repeat(5000)),
        "unknown",
    );
    for (levels, word) in [(99, "always"), (200, "unknown")] {
        let rule = format!("{}ALARM(e){}", "(".repeat(levels), ")".repeat(levels));
        is(&rule, word);
    }
    is(&format!("{}ALARM(e)", "NOT ".repeat(2500)), "always");
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
    let alarms = alarms(&states, &[("top", &rule)]);
    assert_eq!(
        reach_of(name, &[AlarmState::Ok], &alarms).answer,
        CompositeAnswer::Always
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
        let alarms = alarms(&states, &[("top", rule)]);
        reach_of("n7", &[AlarmState::Ok], &alarms).answer
    };
    assert_eq!(ask(&rule), CompositeAnswer::Masked { now: vec![] });
    assert_eq!(
        ask(&format!("({rule}) AND ({rule})")),
        CompositeAnswer::Unknown(Fault::TooManyStates)
    );
    let half = format!("AT_LEAST(50, ALARM, ({}))", names.join(","));
    assert_eq!(word(&ask(&half)), "never");
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
        let domain: Domain = [("e".to_owned(), vec![(resting, AlarmState::Alarm)])].into();
        prop_assert_eq!(pairs(&rule, &domain), Some(expected));
        let still: Domain = [("e".to_owned(), stays(&[resting]))].into();
        let moves = pairs(&rule, &still).unwrap();
        prop_assert!(!moves.has(false, true) && !moves.has(true, false));
    }

    #[test]
    fn the_answer_holds_in_the_present_states(text in rule(), numbers in prop::collection::vec(0usize..3, 3)) {
        let mut states = vec![("e", AlarmState::Ok)];
        states.extend(["a", "b", "c"].into_iter().zip(numbers.iter().map(|number| AlarmState::ALL[*number])));
        let answer = reach_of("e", &[AlarmState::Ok], &alarms(&states, &[("top", &text)])).answer;
        let rule = rule::parse(&text, Precedence::AndFirst).unwrap();
        let mut states: BTreeMap<String, AlarmState> = states.into_iter().map(|(name, state)| (name.to_owned(), state)).collect();
        let before = holds(&rule, &states);
        states.insert("e".to_owned(), AlarmState::Alarm);
        let fires = !before && holds(&rule, &states);
        let expected = match &answer {
            CompositeAnswer::Always | CompositeAnswer::Unknown(Fault::HangsOnStates { .. }) => true,
            CompositeAnswer::Masked { now } => now.is_empty(),
            CompositeAnswer::Never(_) => false,
            CompositeAnswer::Unknown(_) => return Err(TestCaseError::fail(format!("{answer:?}"))),
        };
        prop_assert_eq!(expected, fires, "{:?}", answer);
    }

    #[test]
    fn no_text_makes_the_parser_stumble(text in "[A-Z(),\" a-e%0-9\\\\]{0,40}") {
        for precedence in Precedence::ALL {
            let _ = rule::parse(&text, precedence);
        }
    }
}
