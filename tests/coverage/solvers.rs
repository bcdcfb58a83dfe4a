//! The decision against two solvers that nobody here wrote, z3 and cvc5, by the questions of `pattern compare --smt-lib`.
//!
//! A contradiction is a yes to which a solver finds an event, or a no for which it proves that there is none. What a solver
//! does not answer within its bound is counted and said. `tests/run` installs the solvers; without them these tests say "skipped".
//! `TRAILPROOF_SOLVE_ALL` asks about all pairs of public patterns within a control and 5,000 random ones.

use super::pattern;
use crate::support::{project, shared_lines, trailproof};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use trailproof::coverage::{Covers, EventModel, Predicate, Scope, covers, smt_question};
use trailproof::pattern::parse;

/// The Python that has the solvers, or none where there is none: the test then returns at once, having said so.
fn python() -> Option<PathBuf> {
    let found = std::env::var_os("TRAILPROOF_SOLVERS")
        .map(|root| PathBuf::from(root).join("bin/python"))
        .filter(|python| python.exists());
    if found.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "CI must not skip: TRAILPROOF_SOLVERS names no environment with z3 and cvc5"
        );
        eprintln!("skipped: needs z3 and cvc5 under TRAILPROOF_SOLVERS, which tests/run makes");
    }
    found
}

struct Question {
    required: Predicate,
    deployed: Predicate,
    model: EventModel,
    says: String,
}

impl Question {
    fn of(required: &str, deployed: &str, model: EventModel) -> Self {
        Self {
            required: pattern(required),
            deployed: pattern(deployed),
            model,
            says: format!("{required} / {deployed}"),
        }
    }

    fn answer(&self) -> Covers {
        covers(
            &self.required,
            &self.deployed,
            &self.model,
            &Scope::default(),
        )
    }

    fn text(&self) -> Result<String, String> {
        smt_question(
            &self.required,
            &self.deployed,
            &self.model,
            &Scope::default(),
        )
    }
}

/// One solver's answers, in order.
fn solve(python: &Path, solver: &str, questions: &Path) -> Vec<Value> {
    let output = Command::new(python)
        .arg(project("tests/solvers/solve.py"))
        .args([solver.as_ref(), questions.as_os_str()])
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "{solver} failed");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Asks both solvers all questions and holds their answers against ours; both kinds of answer must be common.
fn hold(python: &Path, name: &str, questions: &[Question]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("questions.jsonl");
    let mut lines = String::new();
    for (id, question) in questions.iter().enumerate() {
        let text = question
            .text()
            .unwrap_or_else(|reason| panic!("{}: {reason}", question.says));
        writeln!(lines, "{}", json!({"id": id, "text": text})).unwrap();
    }
    std::fs::write(&path, lines).unwrap();
    let (ours, [z3, cvc5]) = std::thread::scope(|scope| {
        let solvers = ["z3", "cvc5"].map(|solver| {
            let path = &path;
            scope.spawn(move || solve(python, solver, path))
        });
        let ours: Vec<Covers> = questions.iter().map(Question::answer).collect();
        (ours, solvers.map(|solver| solver.join().unwrap()))
    });
    let mut contradictions = Vec::new();
    for (solver, theirs) in [("z3", &z3), ("cvc5", &cvc5)] {
        let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        let (mut total, mut longest) = (0.0, 0.0_f64);
        assert_eq!(theirs.len(), questions.len(), "{solver} answers all");
        for ((question, ours), theirs) in questions.iter().zip(&ours).zip(theirs) {
            let ours = match ours {
                Covers::Yes { .. } => "yes",
                Covers::No { .. } => "no",
                Covers::Unknown { .. } => "unknown",
            };
            let answer = theirs["answer"].as_str().unwrap();
            *counts.entry((ours, answer)).or_default() += 1;
            let milliseconds = theirs["milliseconds"].as_f64().unwrap();
            total += milliseconds;
            longest = longest.max(milliseconds);
            if matches!((ours, answer), ("yes", "sat") | ("no", "unsat")) {
                contradictions.push(format!(
                    "{solver} says {answer}, we say {ours}: {}",
                    question.says
                ));
            }
            assert!(
                ["sat", "unsat", "unknown"].contains(&answer),
                "{solver}: {answer}: {}",
                question.says
            );
        }
        eprintln!(
            "{name}, {solver}: {counts:?}, {:.1} s in all, {longest:.0} ms for one",
            total / 1000.0
        );
        // Both answers are common and nearly all are given, or the test would show little.
        let of = |ours: &str, theirs: &str| counts.get(&(ours, theirs)).copied().unwrap_or(0);
        assert!(
            of("yes", "unsat") * 10 > questions.len() && of("no", "sat") * 10 > questions.len(),
            "{counts:?}"
        );
        let given = of("yes", "unsat") + of("no", "sat");
        assert!(given * 100 > questions.len() * 95, "{counts:?}");
    }
    assert!(contradictions.is_empty(), "{contradictions:#?}");
}

/// Public patterns: pairs within a control, where both answers occur, and a tenth as many across controls.
fn public(all: bool) -> Option<Vec<Question>> {
    let lines = shared_lines("data/patterns.jsonl")?;
    let mut by_control: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in &lines {
        let text = line["pattern"].as_str().unwrap();
        if parse(text).is_ok_and(|parsed| {
            let one = Predicate::from_pattern(&parsed);
            smt_question(&one, &one, &EventModel::cloudtrail(), &Scope::default()).is_ok()
        }) {
            let known = by_control
                .entry(line["control"].as_str().unwrap().to_owned())
                .or_default();
            if !known.iter().any(|other| other == text) {
                known.push(text.to_owned());
            }
        }
    }
    let (other, controls): (Vec<_>, Vec<_>) = by_control
        .iter()
        .partition(|(control, _)| *control == "other");
    let within = controls.iter().flat_map(|(_, texts)| {
        texts
            .iter()
            .flat_map(move |left| texts.iter().map(move |right| (left, right)))
    });
    let everything: Vec<&String> = controls
        .iter()
        .chain(&other)
        .flat_map(|(_, texts)| *texts)
        .collect();
    let across = everything
        .iter()
        .flat_map(|left| everything.iter().map(move |right| (*left, *right)));
    let step = if all { 1 } else { 2 };
    let far = if all { 37 } else { 370 };
    let pairs = within.step_by(step).chain(across.step_by(far));
    Some(
        pairs
            .map(|(required, deployed)| Question::of(required, deployed, EventModel::cloudtrail()))
            .collect(),
    )
}

#[test]
fn no_solver_contradicts_the_decision_on_public_patterns() {
    let Some(python) = python() else { return };
    let all = std::env::var_os("TRAILPROOF_SOLVE_ALL").is_some();
    let Some(questions) = public(all) else { return };
    eprintln!("{} pairs of public patterns", questions.len());
    hold(&python, "public patterns", &questions);
}

#[test]
fn no_solver_contradicts_the_decision_on_random_patterns() {
    let Some(python) = python() else { return };
    let count = if std::env::var_os("TRAILPROOF_SOLVE_ALL").is_some() {
        5_000
    } else {
        1_200
    };
    let questions: Vec<Question> = super::brute::pairs(count)
        .iter()
        .map(|(required, deployed)| Question::of(required, deployed, EventModel::none()))
        .collect();
    hold(&python, "random patterns", &questions);
}

/// Trails and their selectors ask about fields too.
#[test]
fn no_solver_contradicts_the_decision_on_trails_and_selectors() {
    let Some(python) = python() else { return };
    let writes = Predicate::is_false("readOnly");
    let management = Predicate::equals("eventCategory", "Management");
    let without_kms = !Predicate::equals("eventSource", "kms.amazonaws.com");
    let not_aws = !Predicate::starts_with("eventSource", "aws.");
    let regional = Predicate::equals("awsRegion", "eu-west-1");
    let trails = [
        Predicate::Always,
        management.clone(),
        management.clone().and(writes.clone()),
        management.clone().and(Predicate::is_true("readOnly")),
        management.clone().and(without_kms.clone()),
        management
            .clone()
            .and(writes.clone())
            .and(without_kms.clone())
            .and(not_aws),
        regional.clone().and(writes),
        Predicate::one_of("awsRegion", ["us-east-1", "eu-west-1"]),
        !Predicate::missing("errorCode"),
        Predicate::ends_with("eventSource", ".amazonaws.com").and(!regional),
    ];
    let asked = [
        "{ $.eventName = DeleteTrail }",
        "{ ($.eventSource = kms.amazonaws.com) && (($.eventName = DisableKey) || ($.eventName = ScheduleKeyDeletion)) }",
        "{ $.eventName = ConsoleLogin && $.additionalEventData.MFAUsed != \"Yes\" }",
        "{ ($.errorCode = \"*UnauthorizedOperation\") || ($.errorCode = \"AccessDenied*\") }",
        "{ $.eventName = DetachRolePolicy }",
        "ConsoleLogin",
    ];
    let mut questions = Vec::new();
    for text in asked {
        for trail in &trails {
            for other in &trails {
                questions.push(Question {
                    required: pattern(text).and(other.clone()),
                    deployed: pattern(text).and(trail.clone()),
                    model: EventModel::cloudtrail(),
                    says: format!("{text} and {other:?} / {trail:?}"),
                });
            }
        }
    }
    hold(&python, "trails", &questions);
}

/// What docs/filter-patterns.md shows, word by word.
#[test]
fn the_example_of_the_documentation_is_answered_as_it_says() {
    let document = std::fs::read_to_string(project("docs/filter-patterns.md")).unwrap();
    let (required, deployed) = (
        "{ $.eventName = StopLogging && $.errorCode NOT EXISTS }",
        "{ $.eventName = Stop* }",
    );
    for text in [required, deployed] {
        assert!(document.contains(&format!("'{text}'")), "{text}");
    }
    let question = |required: &str, deployed: &str| {
        let output = trailproof()
            .args([
                "pattern",
                "compare",
                "--smt-lib",
                "--required",
                required,
                "--deployed",
                deployed,
            ])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    let text = question(required, deployed);
    for part in [
        "; unsat: no, every event that is asked for is matched.",
        "(declare-const |$.eventName| Value)",
        "(assert required)\n(assert (not deployed))\n(check-sat)\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("question.smt2");
    for (text, expected) in [(text, "unsat\n"), (question(deployed, required), "sat\n")] {
        std::fs::write(&path, text).unwrap();
        let z3 = python.with_file_name("z3");
        let output = Command::new(z3).arg(&path).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    }
}

/// What cannot be asked is an error that says why.
#[test]
fn what_smt_lib_cannot_say_is_an_error() {
    for (pattern, why) in [
        ("%[a-c]x%", "D19"),
        ("{ $.a < 12345678901234567 }", "D26"),
        ("{ $.a = \"\u{30000}\" }", "has no character"),
        // Its form was translated as if the parentheses were letters.
        ("{ $.eventTime = \"2026*\" }", "groups"),
    ] {
        let output = trailproof()
            .args([
                "pattern",
                "compare",
                "--smt-lib",
                "--required",
                pattern,
                "--deployed",
                "{ $.a = 1 }",
            ])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(why), "{pattern}: {said}");
    }
}
