//! The wildcards of policies: `*` for any text, `?` for one character, and ARNs compared part by part.

use crate::aws::arn;

/// Whether the text matches the pattern; a wildcard may stand for any characters.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    // `reached[i]`: the pattern read so far matches the first `i` characters.
    let mut reached: Vec<bool> = std::iter::once(true)
        .chain(text.iter().map(|_| false))
        .collect();
    for wanted in pattern {
        let before = reached.clone();
        let mut any = false;
        reached = before
            .iter()
            .enumerate()
            .map(|(end, here)| {
                any |= here;
                let step = || {
                    end.checked_sub(1)
                        .and_then(|last| Some((*before.get(last)?, *text.get(last)?)))
                };
                match wanted {
                    '*' => any,
                    '?' => step().is_some_and(|(reached, _)| reached),
                    exact => step().is_some_and(|(reached, found)| reached && found == exact),
                }
            })
            .collect();
    }
    reached.last().copied().unwrap_or(false)
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
