//! What a change changes, line by line: settings one a line, documents in their own lines.

use serde_json::{Map, Value};

use crate::remedy::{Change, Resource};
use crate::report::printable::one_line;

/// The lines that differ, each with `-` or `+` before it; the lines around them in documents with a blank.
pub(super) fn lines(change: &Change) -> Vec<String> {
    let before = change.before.as_ref().map(flat).unwrap_or_default();
    let after = flat(&change.after);
    let mut out = Vec::new();
    for (name, old) in &before {
        match after.get(name) {
            Some(new) if new == old => {}
            Some(new) => out.extend(both(name, old, new)),
            None => out.push(format!("- {name}: {}", shown(old))),
        }
    }
    for (name, new) in &after {
        if !before.contains_key(name) && change.before.is_some() {
            out.push(format!("+ {name}: {}", shown(new)));
        }
    }
    out.iter().map(|line| one_line(line).into_owned()).collect()
}

/// The settings of a resource; what an alarm or mute rule is set to stands among them.
fn flat(resource: &Resource) -> Map<String, Value> {
    let mut fields = resource.fields();
    if let Some(Value::Object(settings)) = fields.remove("settings") {
        fields.extend(settings);
    }
    fields.retain(|_, value| !value.is_null());
    fields
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn both(name: &str, old: &Value, new: &Value) -> Vec<String> {
    let (Some(old_lines), Some(new_lines)) = (document(old), document(new)) else {
        return vec![
            format!("- {name}: {}", shown(old)),
            format!("+ {name}: {}", shown(new)),
        ];
    };
    let mut out = vec![format!("  {name}:")];
    out.extend(
        differing(&old_lines, &new_lines)
            .into_iter()
            .map(|(sign, line)| format!("{sign}   {line}")),
    );
    out
}

/// The lines of a JSON document; none where the text is none.
fn document(value: &Value) -> Option<Vec<String>> {
    let parsed: Value = match value {
        Value::String(text) if text.trim_start().starts_with('{') => {
            serde_json::from_str(text).ok()?
        }
        Value::Array(_) | Value::Object(_) => value.clone(),
        _ => return None,
    };
    let text = serde_json::to_string_pretty(&parsed).ok()?;
    Some(text.lines().map(str::to_owned).collect())
}

/// The longest common lines stay, everything else is taken away or added.
fn differing<'l>(old: &'l [String], new: &'l [String]) -> Vec<(char, &'l str)> {
    let width = new.len() + 1;
    let mut common = vec![0usize; (old.len() + 1) * width];
    let at = |row: usize, column: usize| row * width + column;
    for (row, left) in old.iter().enumerate().rev() {
        for (column, right) in new.iter().enumerate().rev() {
            let look = |index: usize| common.get(index).copied().unwrap_or_default();
            let best = if left == right {
                look(at(row + 1, column + 1)) + 1
            } else {
                look(at(row + 1, column)).max(look(at(row, column + 1)))
            };
            if let Some(cell) = common.get_mut(at(row, column)) {
                *cell = best;
            }
        }
    }
    let look = |index: usize| common.get(index).copied().unwrap_or_default();
    let (mut row, mut column) = (0, 0);
    let mut out = Vec::new();
    loop {
        match (old.get(row), new.get(column)) {
            (Some(left), Some(right)) if left == right => {
                out.push((' ', left.as_str()));
                row += 1;
                column += 1;
            }
            (Some(left), right)
                if right.is_none() || look(at(row + 1, column)) >= look(at(row, column + 1)) =>
            {
                out.push(('-', left.as_str()));
                row += 1;
            }
            (_, Some(right)) => {
                out.push(('+', right.as_str()));
                column += 1;
            }
            _ => break,
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_shows_what_was_added_between_what_stays() {
        let lines = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let (old, new) = (lines("a b d"), lines("a b c d"));
        let signs: String = differing(&old, &new)
            .iter()
            .map(|(sign, _)| *sign)
            .collect();
        assert_eq!(signs, "  + ");
        let signs: String = differing(&new, &old)
            .iter()
            .map(|(sign, _)| *sign)
            .collect();
        assert_eq!(signs, "  - ");
    }
}
