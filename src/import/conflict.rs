//! Several files that answer one question: copies are let be, and where two answers differ nobody knows which is right, so
//! that neither is used.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::answer;
use super::folder::Folder;
use super::plan::Plan;
use super::subject;
use crate::snapshot::operations::{AskedIn, UNKNOWN_FILE};

/// Finds the questions to which two files say different things, and spoils those calls.
pub(super) fn settle(folder: &Folder, plans: &mut [Plan]) {
    let mut spoiled: BTreeMap<usize, String> = BTreeMap::new();
    for (key, asked) in questions(plans) {
        if differ(folder, plans, &key, &asked) {
            let why = complaint(folder, plans, &key, &asked);
            for (index, _) in asked {
                spoiled.entry(index).or_insert_with(|| why.clone());
            }
        }
    }
    for (index, why) in spoiled {
        // What is wrong with a damaged file is said already.
        if let Some(plan) = plans.get_mut(index).filter(|plan| plan.outcome.is_ok()) {
            plan.spoil(why);
        }
    }
}

/// account, region (empty where the answer is the same in all), service, operation, subject
type Key = (String, String, &'static str, &'static str, String);

/// The files that answer a question: each with whether it is about everything while the question is about one thing.
type Asked = Vec<(usize, bool)>;

/// The questions about which more than one file says something.
fn questions(plans: &[Plan]) -> Vec<(Key, Asked)> {
    let mut asked: HashMap<Key, Asked> = HashMap::new();
    for (index, plan) in plans.iter().enumerate() {
        let operation = plan.operation;
        if operation == UNKNOWN_FILE || !(plan.outcome.is_ok() || plan.damaged) {
            continue;
        }
        let everywhere = operation.reach == AskedIn::Global;
        for subject in operation.subjects(&plan.account, &plan.region, &plan.request) {
            let key = (
                plan.account.clone(),
                if everywhere {
                    String::new()
                } else {
                    plan.region.clone()
                },
                operation.service,
                operation.name,
                subject,
            );
            asked.entry(key).or_default().push((index, false));
        }
    }
    // What is said of everything is said of each.
    let whole: Vec<(Key, Asked)> = asked
        .keys()
        .filter(|key| !key.4.is_empty())
        .filter_map(|key| {
            let everything = (key.0.clone(), key.1.clone(), key.2, key.3, String::new());
            let all = asked.get(&everything)?;
            Some((
                key.clone(),
                all.iter().map(|(index, _)| (*index, true)).collect(),
            ))
        })
        .collect();
    for (key, all) in whole {
        asked.entry(key).or_default().extend(all);
    }
    let sources = |asked: &[(usize, bool)]| {
        let sources: HashSet<Option<usize>> = asked
            .iter()
            .filter_map(|(index, _)| plans.get(*index))
            .map(|plan| plan.source)
            .collect();
        sources.len()
    };
    let mut several: Vec<_> = asked
        .into_iter()
        .filter(|(_, asked)| asked.len() > 1 && sources(asked) > 1)
        .collect();
    several.sort();
    several
}

/// Whether the files say different things about the subject.
fn differ(folder: &Folder, plans: &[Plan], key: &Key, asked: &[(usize, bool)]) -> bool {
    let narrow = asked.iter().any(|(_, narrow)| *narrow);
    let mut first: Option<Value> = None;
    let mut by_source: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for (index, _) in asked {
        if let Some(plan) = plans.get(*index) {
            by_source.entry(plan.source).or_default().push(*index);
        }
    }
    for indices in by_source.values() {
        let mut said = Vec::new();
        for plan in indices.iter().filter_map(|index| plans.get(*index)) {
            let Some(value) = read(folder, plan) else {
                return true;
            };
            said.push(subject::about(plan.operation, &key.4, &value, narrow));
        }
        let said = Value::Array(said);
        match &first {
            None => first = Some(said),
            Some(first) if *first == said => {}
            Some(_) => return true,
        }
    }
    false
}

/// The answer of a call; none where it has none.
pub(super) fn read(folder: &Folder, plan: &Plan) -> Option<Value> {
    let part = plan.outcome.as_ref().ok()?.part.as_ref();
    let file = folder.get(plan.file?)?;
    let value = answer::parse(&file.name, &file.read().ok()?).ok()?;
    Some(match part {
        Some(part) => part.of(value),
        None => value,
    })
}

fn complaint(folder: &Folder, plans: &[Plan], key: &Key, asked: &[(usize, bool)]) -> String {
    let names: BTreeSet<&str> = asked
        .iter()
        .filter_map(|(index, _)| folder.get(plans.get(*index)?.file?))
        .map(|file| file.name.as_str())
        .collect();
    let shown: Vec<String> = names
        .iter()
        .take(3)
        .map(|name| format!("`{name}`"))
        .collect();
    let more = match names.len().saturating_sub(shown.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let (account, region, _, operation, subject) = key;
    let about = if subject.is_empty() {
        String::new()
    } else {
        format!(" about `{subject}`")
    };
    let place = if region.is_empty() {
        format!("`{account}`")
    } else {
        format!("`{account}`, `{region}`")
    };
    format!(
        "{}{more} answer {operation}{about} in {place} differently; keep the one that is right",
        shown.join(", ")
    )
}
