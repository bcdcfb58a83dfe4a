//! When two filter texts are the same text to somebody who compares them by eye.
//!
//! Not a comparison of meaning: order, parentheses, quotes and letter case all count. `coverage` compares meaning.

/// The text with the blanks dropped that a reader does not see: outside double quotes, blanks next to one of
/// `{}()=!<>&|,` disappear and any other run of blanks is one blank. Inside double quotes nothing changes.
pub fn plain_text(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut quoted = false;
    let mut blank = false;
    for c in text.chars() {
        if quoted {
            plain.push(c);
            quoted = c != '"';
            continue;
        }
        if c.is_whitespace() {
            blank = true;
            continue;
        }
        let visible = |last: char| !is_sign(last) && !is_sign(c);
        if blank && plain.chars().next_back().is_some_and(visible) {
            plain.push(' ');
        }
        blank = false;
        quoted = c == '"';
        plain.push(c);
    }
    plain
}

fn is_sign(c: char) -> bool {
    matches!(
        c,
        '{' | '}' | '(' | ')' | '=' | '!' | '<' | '>' | '&' | '|' | ','
    )
}

/// Whether two texts differ in blanks alone, see [`plain_text`].
pub fn same_text(left: &str, right: &str) -> bool {
    plain_text(left) == plain_text(right)
}
