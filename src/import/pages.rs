//! Files that hold the pages of one list, as `--starting-token` gives them: joined where none is missing. A list of which
//! a page is missing answers nothing, for what it does not hold may be on that page.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Value, json};

use super::conflict::read;
use super::folder::Folder;
use super::name;
use super::plan::Plan;
use super::subject;
use crate::aws::arn;
use crate::snapshot::operations::Operation;

/// Joins the pages of lists, and spoils those of lists of which one is missing.
pub(super) fn settle(folder: &Folder, plans: &mut [Plan]) {
    headless(folder, plans);
    for pages in series(folder, plans) {
        match hole(&pages) {
            None => {
                let pages: Vec<usize> = pages.into_iter().map(|(_, index)| index).collect();
                join(folder, plans, &pages);
            }
            Some(pair) => tell_hole(folder, plans, &pages, pair),
        }
    }
}

/// Loose files of one place and operation whose names differ by a number alone, where one of them is a page of a list
/// that goes on: in the order of their numbers.
fn series(folder: &Folder, plans: &[Plan]) -> Vec<Vec<(u64, usize)>> {
    let goes_on: HashSet<(&str, &str, &str)> = plans
        .iter()
        .filter(|plan| plan.is_loose() && plan.next().is_some())
        .map(|plan| {
            (
                plan.account.as_str(),
                plan.region.as_str(),
                plan.operation.name,
            )
        })
        .collect();
    let mut series: BTreeMap<_, Vec<(u64, usize)>> = BTreeMap::new();
    for (index, plan) in plans.iter().enumerate() {
        let place = (
            plan.account.as_str(),
            plan.region.as_str(),
            plan.operation.name,
        );
        if !plan.is_loose() || plan.outcome.is_err() || !goes_on.contains(&place) {
            continue;
        }
        if let Some(file) = plan.file.and_then(|file| folder.get(file)) {
            let (name, number) = numbered(&file.name);
            let key = (place.0, place.1, place.2, name);
            series.entry(key).or_default().push((number, index));
        }
    }
    series
        .into_values()
        .map(|mut pages| {
            pages.sort_unstable();
            pages
        })
        // Pages are counted from 0 or 1 on: 20261120 is a day.
        .filter(|pages| pages.len() > 1 && pages.first().is_some_and(|(number, _)| *number < 2))
        .collect()
}

/// Spoils lists of which a file name counts a later page and no file the first ones: what they hold is not known to be absent.
fn headless(folder: &Folder, plans: &mut [Plan]) {
    // By the names without the numbers: the numbers that are there, and the pages.
    let mut lists: BTreeMap<String, (u64, Vec<usize>)> = BTreeMap::new();
    for (index, plan) in plans.iter().enumerate() {
        let Some(file) = plan.file.and_then(|file| folder.get(file)) else {
            continue;
        };
        let is_page = plan.is_loose() && plan.operation.paging.is_some();
        let named = name::by_name(file.file_name()).ok().flatten();
        let Some(named) = named.filter(|named| is_page && named.rest.is_none()) else {
            continue;
        };
        let number = named.page.unwrap_or(1);
        let (base, _) = numbered(&file.name);
        let (first, pages) = lists.entry(base).or_insert((number, Vec::new()));
        *first = number.min(*first);
        pages.push(index);
    }
    for (first, pages) in lists.into_values().filter(|(first, _)| *first > 1) {
        let (noun, verb) = if first > 2 {
            ("pages 1 to", "are")
        } else {
            ("page", "is")
        };
        for index in pages {
            let Some(plan) = plans.get_mut(index).filter(|plan| plan.outcome.is_ok()) else {
                continue;
            };
            let name = plan.file_name(folder);
            plan.spoil(format!(
                "`{name}` is by its name a later page of a list, of which {noun} {} {verb} missing; \
                 give a list that is whole a name without a number",
                first - 1
            ));
        }
    }
}

/// Two pages between whose numbers another is missing.
fn hole(pages: &[(u64, usize)]) -> Option<(usize, usize)> {
    let mut pairs = pages.iter().zip(pages.iter().skip(1));
    let (before, after) = pairs.find(|((one, _), (next, _))| next - one > 1)?;
    Some((before.1, after.1))
}

/// Spoils the pages of a list of which one is missing: what it holds is not known to be absent.
fn tell_hole(
    folder: &Folder,
    plans: &mut [Plan],
    pages: &[(u64, usize)],
    (before, after): (usize, usize),
) {
    let name = |index: usize| plans.get(index).map_or("", |plan| plan.file_name(folder));
    let why = format!(
        "a page between `{}` and `{}` is missing",
        name(before),
        name(after)
    );
    for (_, index) in pages {
        if let Some(plan) = plans.get_mut(*index) {
            plan.spoil(why.clone());
        }
    }
}

/// A file name without the number of its page, and the number: 1 where there is none.
fn numbered(name: &str) -> (String, u64) {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let stem = stem.trim_end_matches([')', ' ']);
    let before = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = stem
        .get(before.len()..)
        .and_then(|digits| digits.parse().ok());
    if ends_with_month(before) {
        return (stem.to_owned(), 1);
    }
    let mut before = before.trim_end_matches(['.', '-', '_', ' ', '(']);
    let lower = before.to_ascii_lowercase();
    if number.is_some() && (lower.ends_with("page") || lower.ends_with("part")) {
        before = before.get(..before.len() - 4).unwrap_or_default();
    }
    let before = before.trim_end_matches(['.', '-', '_', ' ', '(']);
    (before.to_owned(), number.unwrap_or(1))
}

/// Whether a number after it is the day of a date: `2026-11-`.
fn ends_with_month(before: &str) -> bool {
    let digits: Vec<&str> = before.rsplit(['-', '_', '.']).take(3).collect();
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match digits.as_slice() {
        ["", month, year, ..] => {
            month.len() == 2 && is_number(month) && year.len() >= 4 && {
                let year = year.get(year.len() - 4..).unwrap_or_default();
                year.len() == 4 && is_number(year)
            }
        }
        _ => false,
    }
}

/// Makes one list of pages: every one but the last goes on, and none repeats an item of another. Otherwise they are left
/// as they are, and are two answers to one question.
fn join(folder: &Folder, plans: &mut [Plan], pages: &[usize]) {
    let Some(operation) = pages
        .first()
        .and_then(|first| plans.get(*first))
        .map(|plan| plan.operation)
    else {
        return;
    };
    let Some(paging) = operation.paging else {
        return;
    };
    let in_parts = pages
        .iter()
        .filter_map(|index| plans.get(*index))
        .any(|plan| {
            plan.outcome
                .as_ref()
                .is_ok_and(|answer| answer.part.is_some())
        });
    if in_parts {
        for index in pages {
            if let Some(plan) = plans.get_mut(*index) {
                let name = plan.file_name(folder);
                let why = format!(
                    "`{name}` is a page of a list of several subjects; ask about each of them"
                );
                plan.spoil(why);
            }
        }
        return;
    }
    let Some(tokens) = chain(folder, plans, pages, operation) else {
        return;
    };
    let first = pages.first().and_then(|first| plans.get(*first));
    let source = first.and_then(|plan| plan.source);
    let request = together(plans, pages);
    for (position, index) in pages.iter().enumerate() {
        let Some(plan) = plans.get_mut(*index) else {
            continue;
        };
        plan.source = source;
        plan.request.clone_from(&request);
        let token = position
            .checked_sub(1)
            .and_then(|before| tokens.get(before));
        if let (Some(token), Some(members)) = (token, plan.request.as_object_mut()) {
            members.insert(paging.input.to_owned(), json!(token));
        }
    }
}

/// The tokens by which one page leads to the next; none where they are no pages of one list.
fn chain(
    folder: &Folder,
    plans: &[Plan],
    pages: &[usize],
    operation: &Operation,
) -> Option<Vec<String>> {
    let (last, before) = pages.split_last()?;
    if plans.get(*last)?.next().is_some() {
        return None;
    }
    let tokens: Vec<String> = before
        .iter()
        .map(|index| plans.get(*index)?.next().map(str::to_owned))
        .collect::<Option<_>>()?;
    if tokens.iter().collect::<BTreeSet<_>>().len() < tokens.len() {
        return None;
    }
    let first = plans.get(*pages.first()?)?;
    let mut seen: HashSet<(&str, String)> = HashSet::new();
    for index in pages {
        let plan = plans.get(*index)?;
        let same = operation.name == "DescribeAlarms" || plan.request == first.request;
        if !same {
            return None;
        }
        let value = read(folder, plan)?;
        for list in operation.lists {
            let items = value.get(list).and_then(Value::as_array);
            for item in items.into_iter().flatten() {
                if !seen.insert((list, key_of(item, operation))) {
                    return None;
                }
            }
        }
    }
    Some(tokens)
}

/// What tells an item from the others in its list.
fn key_of(item: &Value, operation: &Operation) -> String {
    let name = operation
        .requires
        .first()
        .and_then(|member| subject::text(item, member));
    match name {
        // Subscriptions that are not confirmed have no name.
        Some(name) if operation.name != "ListSubscriptionsByTopic" || arn::is_arn(name) => {
            name.to_owned()
        }
        _ => item.to_string(),
    }
}

/// Lists whose last page no file holds: what is wrong with each. The facts count them as cut short.
pub(super) fn cut_short(folder: &Folder, plans: &[Plan]) -> Vec<String> {
    let token = |plan: &Plan| {
        let member = plan.operation.paging?.input;
        plan.request.get(member)?.as_str().map(str::to_owned)
    };
    let followed: HashSet<(&str, &str, &str, String)> = plans
        .iter()
        .filter_map(|plan| {
            let name = plan.operation.name;
            Some((
                plan.account.as_str(),
                plan.region.as_str(),
                name,
                token(plan)?,
            ))
        })
        .collect();
    plans
        .iter()
        // The newest items of a long history are enough, and the script asks for no more.
        .filter(|plan| plan.operation.name != "DescribeAlarmHistory")
        .filter_map(|plan| {
            let next = plan.next()?.to_owned();
            let name = plan.operation.name;
            let key = (plan.account.as_str(), plan.region.as_str(), name, next);
            let file = folder.get(plan.file?)?;
            (!followed.contains(&key)).then(|| {
                format!(
                    "`{}` holds the first items of a list alone; leave `--max-items` out, or add the page that follows",
                    file.name
                )
            })
        })
        .collect()
}

/// The request of all pages: for alarms, of every type that is in one of them.
fn together(plans: &[Plan], pages: &[usize]) -> Value {
    let requests: Vec<&Value> = pages
        .iter()
        .filter_map(|index| plans.get(*index))
        .map(|plan| &plan.request)
        .collect();
    let Some(mut request) = requests.first().map(|first| (*first).clone()) else {
        return json!({});
    };
    let mut types: Vec<Value> = Vec::new();
    for kind in requests
        .iter()
        .filter_map(|request| request.get("AlarmTypes")?.as_array())
        .flatten()
    {
        if !types.contains(kind) {
            types.push(kind.clone());
        }
    }
    if let (false, Some(members)) = (types.is_empty(), request.as_object_mut()) {
        members.insert("AlarmTypes".to_owned(), Value::Array(types));
    }
    request
}
