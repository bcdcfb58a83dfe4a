//! The wildcards of policies: `*` for any text, `?` for one character, and ARNs compared part by part.

use crate::aws::{arn, wildcard};

/// Whether the text matches the pattern; a wildcard may stand for any characters.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    wildcard::matches(pattern.chars(), text.chars())
}

/// Whether an ARN matches the pattern of a condition operator (`ArnLike` and its kin): the six parts are compared one by
/// one, and no wildcard stands for a colon between them. `None` for a pattern that is no ARN.
pub(super) fn arn_by_parts(pattern: &str, arn: &str) -> Option<bool> {
    let wanted: Vec<&str> = arn::parts(pattern).collect();
    let parts = wanted.iter().zip(arn::parts(arn));
    let matching = parts
        .map(|(wanted, part)| matches(wanted, part))
        .collect::<Vec<_>>();
    match wanted.len() {
        6 => Some(!matching.contains(&false)),
        // What is there of an ARN does not match, whatever the rest would be taken for; the last part stands for nothing
        // that is written.
        _ => {
            let (_, before) = matching.split_last()?;
            before.contains(&false).then_some(false)
        }
    }
}

/// Whether an ARN matches the pattern of a `Resource` element, which is documented as a text with wildcards; `None` where
/// reading it part by part gives another answer.
pub(super) fn resource(pattern: &str, arn: &str) -> Option<bool> {
    let as_text = matches(pattern, arn);
    let mut wanted = arn::parts(pattern);
    let by_parts =
        arn::parts(arn).all(|part| wanted.next().is_none_or(|wanted| matches(wanted, part)));
    (as_text == by_parts).then_some(as_text)
}
