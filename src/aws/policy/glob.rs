//! The wildcards of policies: `*` for any text, `?` for one character, and ARNs compared part by part.

use crate::aws::answer::Answer;

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

/// Whether an ARN matches an ARN pattern. Condition operators compare the six parts one by one, a resource element is
/// described as a text with wildcards; where the two readings differ the answer is open.
pub(super) fn matches_arn(pattern: &str, arn: &str) -> Answer {
    let as_text = matches(pattern, arn);
    let mut wanted = pattern.splitn(6, ':');
    let by_parts = arn
        .splitn(6, ':')
        .all(|part| wanted.next().is_none_or(|wanted| matches(wanted, part)));
    if as_text == by_parts {
        return as_text.into();
    }
    Answer::Maybe(format!(
        "whether the ARN pattern `{pattern}` matches across colons"
    ))
}
