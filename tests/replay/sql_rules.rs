//! Event patterns of EventBridge rules in the query for many machines, against the matcher: what AWS's own event-ruler was
//! asked, public rules over real records, small vocabularies, and the report of an account that rules watch.

use serde_json::{Value, json};
use trailproof::coverage::Predicate;
use trailproof::pattern::event::{EventPattern, SignIn};
use trailproof::replay::plan::Plan;
use trailproof::replay::sql::{Dialect, query};

use super::real_records;
use super::sql::{compare, jobs_of, read_and_counted};
use crate::coverage::event_rules::rules_and_records;
use crate::support::shared_lines;
use crate::support::world::{REGIONS, Rule, World};

fn predicates(rules: &[EventPattern]) -> Vec<Predicate> {
    let of_rule = |rule: &EventPattern| {
        let spellings = [SignIn::Spaced, SignIn::Joined].into_iter();
        let rule = rule.clone();
        spellings.map(move |sign_in| Predicate::from_event_pattern(&rule, sign_in))
    };
    rules.iter().flat_map(of_rule).collect()
}

/// Compares so many patterns at a time; gives how many were refused, answers, and records in doubt of how many.
fn compared(
    dialect: Dialect,
    what: &str,
    rules: &[EventPattern],
    records: &[String],
    at_a_time: usize,
) -> Option<(usize, usize, usize)> {
    let (jobs, refused) = jobs_of(dialect, predicates(rules), at_a_time, records);
    let all = jobs.len() * records.len();
    let (answers, doubtful) = compare(dialect, &jobs)?;
    eprintln!(
        "{dialect:?}: {what}: {} rules, {refused} patterns refused, {} records, {answers} answers, {doubtful} of {all} in doubt",
        rules.len(),
        records.len()
    );
    Some((refused, answers, doubtful))
}

/// What event-ruler was asked: its events as records, whatever surrounds them.
fn event_ruler(dialect: Dialect) {
    let Some(lines) = shared_lines("data/event-ruler.jsonl") else {
        return;
    };
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    let rules: Vec<EventPattern> = lines
        .iter()
        .filter_map(|line| EventPattern::parse(&text(line, "pattern")).ok())
        .collect();
    let mut records: Vec<String> = lines
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(&text(line, "event")).ok())
        .filter(|event| event["detail"].is_object())
        .map(|event| event["detail"].to_string())
        .collect();
    records.sort();
    records.dedup();
    if let Some((refused, answers, _)) = compared(dialect, "event-ruler", &rules, &records, 4) {
        assert!(rules.len() > 80 && answers > 10_000, "{answers}");
        assert!(refused * 10 < rules.len(), "{refused}");
    }
}

fn public(dialect: Dialect) {
    let (Some(rows), Some(records)) = (shared_lines("data/event-rules.jsonl"), real_records())
    else {
        return;
    };
    let rules = rows.iter().map(|row| row["pattern"].to_string());
    let rules: Vec<EventPattern> = rules
        .filter_map(|text| EventPattern::parse(&text).ok())
        .collect();
    if let Some((refused, answers, doubtful)) = compared(dialect, "public", &rules, &records, 60) {
        assert!(rules.len() > 40 && answers > 150_000, "{answers}");
        assert_eq!((refused, doubtful), (0, 0));
    }
}

/// Every operator over texts, numbers, lists and envelopes.
fn vocabularies(dialect: Dialect) {
    for (rules, records) in rules_and_records() {
        let records: Vec<String> = records.iter().map(Value::to_string).collect();
        compared(dialect, "a vocabulary", &rules, &records, 4);
    }
}

/// An account that the public rules watch.
fn counts_of_rules(dialect: Dialect) {
    let Some(rows) = shared_lines("data/event-rules.jsonl") else {
        return;
    };
    let rules: Vec<Rule> = (0..)
        .zip(&rows)
        .filter(|(_, row)| EventPattern::parse(&row["pattern"].to_string()).is_ok())
        .map(|(number, row)| Rule::of(&format!("rule-{number}"), row["pattern"].clone()))
        .collect();
    let place = tempfile::tempdir().unwrap();
    let world = place.path().join("world.db");
    World::watched_by_rules(&REGIONS, &REGIONS, &rules).write_snapshot(&world);
    let account = crate::support::world::ACCOUNT;
    let snapshot = super::moved(&world, account, super::LABORATORY, place.path());
    let options = [snapshot.to_str().unwrap()];
    if let Some((read, forms)) = read_and_counted(dialect, &options, place.path()) {
        assert!(forms > 1);
        let heard = read["controls"].as_array().unwrap().iter();
        let heard: u64 = heard.map(|it| it["heard"].as_u64().unwrap()).sum();
        assert!(heard > 0, "rules hear something");
        assert_eq!(read["records"]["doubtful"], json!(0));
    }
}

#[test]
fn duckdb_answers_what_event_ruler_was_asked() {
    event_ruler(Dialect::Duckdb);
}

#[test]
fn duckdb_answers_public_rules_over_real_records() {
    public(Dialect::Duckdb);
}

#[test]
fn duckdb_answers_every_operator_of_event_patterns() {
    vocabularies(Dialect::Duckdb);
}

#[test]
fn duckdb_counts_of_rules_make_the_report_of_the_records() {
    counts_of_rules(Dialect::Duckdb);
}

#[test]
fn spark_answers_what_event_ruler_was_asked() {
    event_ruler(Dialect::Spark);
}

#[test]
fn spark_answers_public_rules_over_real_records() {
    public(Dialect::Spark);
}

#[test]
fn spark_answers_every_operator_of_event_patterns() {
    vocabularies(Dialect::Spark);
}

#[test]
fn spark_counts_of_rules_make_the_report_of_the_records() {
    counts_of_rules(Dialect::Spark);
}

#[test]
fn what_a_dialect_cannot_say_of_a_rule_is_refused_by_name() {
    for (text, named) in [
        (
            r#"{"detail":{"sourceIPAddress":[{"cidr":"2001:db8::/32"}]}}"#,
            "`2001:db8::/32`",
        ),
        (r#"{"detail":{"a..b":["x"]}}"#, "`detail.a..b`"),
        (r#"{"detail":{"a`'\"b":["x"]}}"#, "`$.a`'\"b`"),
    ] {
        let mut plan = Plan::default();
        let rule = EventPattern::parse(text).unwrap();
        plan.questions
            .bit(&Predicate::from_event_pattern(&rule, SignIn::default()));
        for dialect in [Dialect::Duckdb, Dialect::Spark] {
            let refused = query(&plan, dialect).unwrap_err().to_string();
            assert!(refused.contains(named), "{refused}");
        }
    }
}
