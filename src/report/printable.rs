//! What may be printed: the one rule for everything that reaches a terminal, a file or a pipe.
//!
//! A snapshot comes from somebody else, and names in it can hold what steers a terminal, turns the direction of a line,
//! hides characters, or starts a line of its own. None of it is printed: each such character is spelled out, so that the
//! reader sees it. [`one_line`] is for data inside a line: nothing in it can end the line. [`block`] is for whole
//! documents, whose own line breaks stay; every document passes it last.

use std::borrow::Cow;

/// How a character that must not be printed is written instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// `\u{202e}`, for people.
    Text,
    /// `\u202e`, which a JSON string reads back as the character itself.
    Json,
}

/// Characters outside ASCII that nobody sees, or that change how others are seen: control and format characters, line and
/// paragraph separators (general categories Cc, Cf, Zl, Zp), the other characters that are ignorable by default
/// (fillers, variation selectors, tags), and noncharacters. In ascending order.
const UNSEEN: &[(u32, u32)] = &[
    (0x7f, 0x9f),
    (0xad, 0xad),
    (0x34f, 0x34f),
    (0x600, 0x605),
    (0x61c, 0x61c),
    (0x6dd, 0x6dd),
    (0x70f, 0x70f),
    (0x890, 0x891),
    (0x8e2, 0x8e2),
    (0x115f, 0x1160),
    (0x17b4, 0x17b5),
    (0x180b, 0x180f),
    (0x200b, 0x200f),
    (0x2028, 0x202e),
    (0x2060, 0x206f),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xfdd0, 0xfdef),
    (0xfe00, 0xfe0f),
    (0xfeff, 0xfeff),
    (0xffa0, 0xffa0),
    (0xfff0, 0xfffb),
    (0xfffe, 0xffff),
    (0x110bd, 0x110bd),
    (0x110cd, 0x110cd),
    (0x13430, 0x1343f),
    (0x1bca0, 0x1bca3),
    (0x1d173, 0x1d17a),
    (0xe0000, 0xe0fff),
];

/// Whether a character must not be printed. A tab and a line break are among them: only a document's own may stay.
pub(crate) fn unprintable(c: char) -> bool {
    let code = u32::from(c);
    if code < 0x7f {
        return code < 0x20;
    }
    // The last two code points of every plane are noncharacters.
    code & 0xfffe == 0xfffe
        || UNSEEN
            .binary_search_by(|(first, last)| {
                if *last < code {
                    std::cmp::Ordering::Less
                } else if *first > code {
                    std::cmp::Ordering::Greater
                } else {
                    std::cmp::Ordering::Equal
                }
            })
            .is_ok()
}

/// Data inside a line: every character that must not be printed is spelled out, line breaks and tabs included.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(unprintable) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if unprintable(c) {
            spell(&mut out, c, Spelling::Text);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// A document: its line breaks and tabs stay, everything else that must not be printed is spelled out. With `colour`, the
/// sequences that switch colour and weight stay too; those that hide text, move the cursor or do anything else never do.
pub(crate) fn block(text: &str, spelling: Spelling, colour: bool) -> Cow<'_, str> {
    let harmless = |c: char| !unprintable(c) || matches!(c, '\n' | '\t');
    // Nearly all that is printed is plain ASCII, which needs no character put together.
    let plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    if text.bytes().all(plain) || text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '\u{1b}'
            && colour
            && let Some(length) = colour_sequence(rest)
        {
            let (sequence, after) = rest.split_at(length);
            out.push_str(sequence);
            rest = after;
            continue;
        }
        // Lines end with both where RFC 4180 asks for it; a carriage return alone would overwrite its line.
        if harmless(c) || rest.starts_with("\r\n") {
            out.push(c);
        } else {
            spell(&mut out, c, spelling);
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    Cow::Owned(out)
}

/// The length of the colour sequence at the start of a text: `ESC [ n ; n m` with weights and foreground colours alone.
fn colour_sequence(text: &str) -> Option<usize> {
    let body = text.strip_prefix("\u{1b}[")?;
    let end = body.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    let (numbers, after) = body.split_at(end);
    let known = |number: &str| {
        matches!(
            number.parse::<u8>(),
            Ok(0 | 1 | 2 | 4 | 22 | 24 | 31..=36 | 39 | 91..=96)
        )
    };
    (after.starts_with('m') && (numbers.is_empty() || numbers.split(';').all(known)))
        .then_some(2 + end + 1)
}

fn spell(out: &mut String, c: char, spelling: Spelling) {
    match (spelling, c) {
        (Spelling::Text, '\n') => out.push_str("\\n"),
        (Spelling::Text, '\r') => out.push_str("\\r"),
        (Spelling::Text, '\t') => out.push_str("\\t"),
        (Spelling::Text, c) => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
        (Spelling::Json, c) => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_hides_or_turns_a_line_is_printed() {
        for c in [
            '\0',
            '\u{7}',
            '\u{8}',
            '\r',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{9b}',
            '\u{ad}',
            '\u{61c}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{2028}',
            '\u{2029}',
            '\u{202e}',
            '\u{2066}',
            '\u{2069}',
            '\u{feff}',
            '\u{fff9}',
            '\u{e0041}',
            '\u{3164}',
            '\u{fdd0}',
            '\u{1fffe}',
            '\u{10ffff}',
        ] {
            assert!(unprintable(c), "{:x}", u32::from(c));
            let text = format!("a{c}b");
            assert_eq!(
                one_line(&text),
                block(&text, Spelling::Text, true),
                "{:x}",
                u32::from(c)
            );
            assert!(!one_line(&text).chars().any(unprintable));
            let json = format!("\"{}\"", block(&text, Spelling::Json, false));
            assert_eq!(
                serde_json::from_str::<String>(&json).unwrap(),
                text,
                "{json}"
            );
        }
        for c in ['a', 'é', '中', '😀', ' ', '\u{a0}', '~', '→'] {
            assert!(!unprintable(c), "{c}");
        }
    }

    #[test]
    fn data_inside_a_line_cannot_end_it() {
        assert_eq!(one_line("a\nb\tc\r"), "a\\nb\\tc\\r");
        assert_eq!(
            block("a\nb\tc\r\nd\re", Spelling::Text, false),
            "a\nb\tc\r\nd\\re"
        );
    }

    #[test]
    fn colour_passes_only_where_it_is_wanted_and_nothing_but_colour() {
        let red = "\u{1b}[1;31mx\u{1b}[0m";
        assert_eq!(block(red, Spelling::Text, true), red);
        assert!(!block(red, Spelling::Text, false).contains('\u{1b}'));
        for hostile in [
            "\u{1b}[8m",
            "\u{1b}[2J",
            "\u{1b}[1A",
            "\u{1b}]0;x\u{7}",
            "\u{1b}[0;8m",
            "\u{1b}",
            "\u{1b}[",
        ] {
            assert!(
                !block(hostile, Spelling::Text, true).contains('\u{1b}'),
                "{hostile:?}"
            );
        }
    }

    #[test]
    fn the_ranges_are_in_order() {
        assert!(
            UNSEEN
                .windows(2)
                .all(|pair| matches!(pair, [(a, b), (c, _)] if a <= b && b < c))
        );
    }
}
