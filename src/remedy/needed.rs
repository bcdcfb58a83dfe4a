//! What of a plan is not needed: changes that others name stay, and settings of alarms are put back one by one.

use serde_json::Value;

use super::resource::{Alarm, Change, Resource};

/// Settings that AWS takes together or not at all (PutMetricAlarm).
const TOGETHER: [&[&str]; 2] = [
    &[
        "Statistic",
        "ExtendedStatistic",
        "EvaluateLowSampleCountPercentile",
    ],
    &["EvaluationPeriods", "DatapointsToAlarm", "EvaluationWindow"],
];

/// The ways to put back one setting of an alarm that a change sets otherwise, or those that belong together; none where it sets
/// one alone.
pub(super) fn without_one_setting(change: &Change) -> Vec<impl Fn(&Change) -> Change + use<>> {
    let (Some(Resource::Alarm(before)), Resource::Alarm(after)) = (&change.before, &change.after)
    else {
        return Vec::new();
    };
    let mut changed: Vec<Vec<String>> = Vec::new();
    let both = before.settings.keys().chain(after.settings.keys());
    for setting in both.filter(|it| before.settings.get(*it) != after.settings.get(*it)) {
        let alone = [setting.as_str()];
        let together = TOGETHER
            .into_iter()
            .find(|it| it.contains(&setting.as_str()));
        let group: Vec<String> = together
            .unwrap_or(&alone)
            .iter()
            .map(|it| (*it).to_owned())
            .collect();
        if !changed.contains(&group) {
            changed.push(group);
        }
    }
    if changed.len() < 2 {
        changed.clear();
    }
    let put_back = |group: Vec<String>| {
        let before = before.clone();
        move |change: &Change| {
            let mut change = change.clone();
            if let Resource::Alarm(after) = &mut change.after {
                restore(after, &before, &group);
            }
            change
        }
    };
    changed.into_iter().map(put_back).collect()
}

fn restore(alarm: &mut Alarm, before: &Alarm, settings: &[String]) {
    for setting in settings {
        match before.settings.get(setting) {
            Some(value) => alarm.settings.insert(setting.clone(), value.clone()),
            None => alarm.settings.remove(setting),
        };
    }
}

/// Adds what the changes at these positions cannot be made without, whichever finding it was made for: what others rest on
/// stands before them.
pub(super) fn with_prerequisites(changes: &[Change], needs: &mut Vec<usize>) {
    for (position, change) in changes.iter().enumerate().rev() {
        let needed = needs.iter().filter_map(|it| changes.get(*it));
        if !needs.contains(&position) && is_prerequisite(change, needed) {
            needs.push(position);
        }
    }
    needs.sort_unstable();
}

/// Whether others cannot be made without what a change creates: they name it.
pub(super) fn is_prerequisite<'c>(
    change: &Change,
    others: impl IntoIterator<Item = &'c Change>,
) -> bool {
    if change.before.is_some() {
        return false;
    }
    let names: &[&String] = match &change.after {
        Resource::Bucket(it) => &[&it.name],
        Resource::Role(it) => &[&it.arn],
        // A metric filter has its name, a trail its ARN.
        Resource::LogGroup(it) => &[&it.name, &it.arn],
        Resource::Topic(it) => &[&it.arn],
        Resource::Key(it) => &[&it.id],
        _ => return false,
    };
    let mut others = others.into_iter().filter(|other| *other != change);
    others.any(|other| {
        let fields = Value::Object(other.after.fields());
        names.iter().any(|name| mentions(&fields, name))
    })
}

/// Whether a text is among the values of a document.
fn mentions(value: &Value, text: &str) -> bool {
    match value {
        Value::String(one) => one == text,
        Value::Array(items) => items.iter().any(|item| mentions(item, text)),
        Value::Object(fields) => fields.values().any(|field| mentions(field, text)),
        _ => false,
    }
}
