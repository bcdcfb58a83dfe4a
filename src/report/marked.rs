//! Data inside Markdown: it never becomes a link, a mention, a reference, markup, HTML, or the end of a table cell.
//!
//! A backslash does not keep GitHub from turning `@name`, `#1` or an address into a link; a code span does. So a word that
//! could be one stands in a code span, and so does what a sentence quotes in backticks. Everything else is escaped.

use crate::analyze::{Premises, RefusedAttestation};

use super::printable::one_line;

/// A sentence in a paragraph or a list.
pub(super) fn sentence(text: &str) -> String {
    marked(text, false)
}

/// A sentence in a table cell.
pub(super) fn cell(text: &str) -> String {
    marked(text, true)
}

/// What an answer rests on besides the snapshot, a paragraph each.
pub(super) fn premises(out: &mut String, premises: &Premises) {
    for (option, meaning) in super::words::premises(premises) {
        out.push_str(&format!("\n**Assumed (`{option}`): {meaning}.**\n"));
    }
}

/// Attestations that were not accepted, a paragraph each.
pub(super) fn refused(out: &mut String, refused: &[RefusedAttestation]) {
    for refused in refused {
        let of = &refused.attestation;
        let why = super::words::refusal(&refused.why);
        let what = format!("`{}` in {}: {why}", of.control, of.account);
        out.push_str(&format!("\nAttestation refused: {}\n", sentence(&what)));
    }
}

fn marked(text: &str, in_table: bool) -> String {
    let text = one_line(text);
    let parts: Vec<&str> = text.split('`').collect();
    let mut out = String::new();
    for (index, part) in parts.iter().enumerate() {
        // A backtick without its partner is a character like others.
        let quoted = index % 2 == 1 && index + 1 < parts.len();
        if index % 2 == 1 && !quoted {
            out.push_str("&#96;");
        }
        if quoted {
            code(&mut out, part, in_table);
        } else {
            words(&mut out, part, in_table);
        }
    }
    out
}

fn words(out: &mut String, text: &str, in_table: bool) {
    for (index, word) in text.split(' ').enumerate() {
        if index > 0 {
            out.push(' ');
        }
        if links(word) {
            // What the sentence puts around a word is no part of it.
            let inner = word.trim_start_matches('(');
            escaped(out, word.strip_suffix(inner).unwrap_or_default());
            let word = inner.trim_end_matches([':', ',', ';', '.', ')']);
            code(out, word, in_table);
            escaped(out, inner.strip_prefix(word).unwrap_or_default());
        } else {
            escaped(out, word);
        }
    }
}

/// Whether GitHub or GitLab may make a link of a word: an address, a mention, the number of an issue or a commit.
fn links(word: &str) -> bool {
    let lower = word.to_lowercase();
    let commit = |part: &str| {
        part.len() >= 7
            && part.chars().all(|c| c.is_ascii_hexdigit())
            && part.chars().any(|c| c.is_ascii_alphabetic())
    };
    word.contains(['@', '#', '!', '$', '%', '~'])
        || lower.contains("//")
        || lower.contains("www.")
        || lower.contains("mailto:")
        || lower.contains("xmpp:")
        || lower.contains("gh-")
        || lower.split(|c: char| !c.is_alphanumeric()).any(commit)
}

/// A code span. Its content has no backtick; blanks around keep two spans from running into one.
fn code(out: &mut String, text: &str, in_table: bool) {
    if text.trim().is_empty() {
        return;
    }
    if out.ends_with('`') {
        out.push(' ');
    }
    out.push('`');
    for c in text.chars() {
        // The one character that ends a table cell even inside a code span.
        if c == '|' && in_table {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('`');
}

fn escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' => out.push_str("&#124;"),
            '`' => out.push_str("&#96;"),
            '\\' | '*' | '_' | '[' | ']' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{cell, sentence};

    #[test]
    fn nothing_in_data_becomes_a_link_a_mention_or_markup() {
        for (text, expected) in [
            ("plain words", "plain words"),
            ("ask @octocat now", "ask `@octocat` now"),
            ("see https://evil.example/x", "see `https://evil.example/x`"),
            ("www.evil.example", "`www.evil.example`"),
            ("mail a@b.example", "mail `a@b.example`"),
            ("fixes #1", "fixes `#1`"),
            (
                "as eventID 1a2b3c4d-1: lost",
                "as eventID `1a2b3c4d-1`: lost",
            ),
            ("told (@octocat), so", "told (`@octocat`), so"),
            ("@: and #)", "`@`: and `#`)"),
            ("alarm `a|b` fails", "alarm `a|b` fails"),
            ("<img src=x>", "&lt;img src=x&gt;"),
            ("[x](javascript:1)", "\\[x\\](javascript:1)"),
            ("**bold** _it_", "\\*\\*bold\\*\\* \\_it\\_"),
            ("a ` b", "a &#96; b"),
            ("`a``b`", "`a` `b`"),
            ("`` x", " x"),
            ("one\n# two", "`one\\n#` two"),
        ] {
            assert_eq!(sentence(text), expected, "{text}");
        }
        assert_eq!(cell("alarm `a|b` c|d"), "alarm `a\\|b` c&#124;d");
    }
}
