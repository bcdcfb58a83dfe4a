//! AWS's regular expressions (D17) in SMT-LIB. Reads their text anew, so that it shares nothing with the translation that
//! the matcher and the decision use.

use std::iter::Peekable;
use std::str::Chars;

use super::text::{either, literal, sequence, word};

/// The texts in which the expression is found anywhere.
pub(super) fn found_in(source: &str) -> Result<String, String> {
    let mut chars = source.chars().peekable();
    let mut ways = vec![Way::default()];
    while let Some(letter) = chars.next() {
        if letter == '|' {
            ways.push(Way::default());
        } else if let Some(way) = ways.last_mut() {
            way.read(letter, &mut chars)?;
        }
    }
    Ok(either(ways.into_iter().map(Way::texts).collect()))
}

/// One alternative: groups do not exist, so it is a row of pieces and anchors.
#[derive(Default)]
struct Way {
    parts: Vec<Part>,
}

enum Part {
    /// `^`
    Start,
    /// `$`
    End,
    Piece {
        regex: String,
        /// Whether it can be nothing.
        optional: bool,
    },
}

impl Way {
    fn read(&mut self, letter: char, chars: &mut Peekable<Chars<'_>>) -> Result<(), String> {
        let regex = match letter {
            '^' => {
                self.parts.push(Part::Start);
                return Ok(());
            }
            '$' => {
                self.parts.push(Part::End);
                return Ok(());
            }
            '.' => format!("(re.diff re.allchar {})", word("\n")?),
            '[' => class(chars)?,
            '\\' => escaped(chars)?.regex()?,
            letter => word(&letter.to_string())?,
        };
        let (regex, optional) = match chars.peek() {
            Some('*') => (format!("(re.* {regex})"), true),
            Some('+') => (format!("(re.+ {regex})"), false),
            Some('?') => (format!("(re.opt {regex})"), true),
            Some('{') => {
                chars.next();
                let bounds: String = chars.by_ref().take_while(|letter| *letter != '}').collect();
                self.parts.push(repeated(&regex, &bounds)?);
                return Ok(());
            }
            _ => {
                self.parts.push(Part::Piece {
                    regex,
                    optional: false,
                });
                return Ok(());
            }
        };
        chars.next();
        self.parts.push(Part::Piece { regex, optional });
        Ok(())
    }

    /// What stands before an anchor `^`, or behind an anchor `$`, must be able to be nothing; then it is nothing.
    fn texts(self) -> String {
        let first = self
            .parts
            .iter()
            .rposition(|part| matches!(part, Part::Start));
        let last = self.parts.iter().position(|part| matches!(part, Part::End));
        let mut inner = Vec::new();
        for (at, part) in self.parts.into_iter().enumerate() {
            let outside =
                first.is_some_and(|first| at < first) || last.is_some_and(|last| at > last);
            match part {
                Part::Start | Part::End => {}
                Part::Piece { optional, .. } if outside => {
                    if !optional {
                        return "re.none".to_owned();
                    }
                }
                Part::Piece { regex, .. } => inner.push(regex),
            }
        }
        if first.is_none() {
            inner.insert(0, "re.all".to_owned());
        }
        if last.is_none() {
            inner.push("re.all".to_owned());
        }
        sequence(inner)
    }
}

/// `{m}`, `{m,}`, `{,n}`, `{m,n}`.
fn repeated(regex: &str, bounds: &str) -> Result<Part, String> {
    let number = |text: &str| {
        text.parse::<u32>()
            .map_err(|_| format!("the bounds `{{{bounds}}}` are no numbers"))
    };
    let (low, high) = match bounds.split_once(',') {
        None => (number(bounds)?, Some(number(bounds)?)),
        Some(("", high)) => (0, Some(number(high)?)),
        Some((low, "")) => (number(low)?, None),
        Some((low, high)) => (number(low)?, Some(number(high)?)),
    };
    Ok(Part::Piece {
        regex: match high {
            Some(high) => format!("((_ re.loop {low} {high}) {regex})"),
            None => format!("(re.++ ((_ re.^ {low}) {regex}) (re.* {regex}))"),
        },
        optional: low == 0,
    })
}

/// A character or a set of characters.
enum Item {
    One(char),
    Set(String),
}

impl Item {
    fn regex(self) -> Result<String, String> {
        match self {
            Self::One(letter) => word(&letter.to_string()),
            Self::Set(regex) => Ok(regex),
        }
    }
}

fn range(low: char, high: char) -> Result<String, String> {
    let (low, high) = (literal(&low.to_string())?, literal(&high.to_string())?);
    Ok(format!("(re.range {low} {high})"))
}

/// What follows a backslash.
fn escaped(chars: &mut Peekable<Chars<'_>>) -> Result<Item, String> {
    let letter = chars.next().ok_or("a backslash stands at the end")?;
    let ranges: &[(char, char)] = match letter.to_ascii_lowercase() {
        'd' => &[('0', '9')],
        's' => &[('\t', '\r'), (' ', ' ')],
        'w' => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        'x' => {
            let digits: String = chars.by_ref().take(2).collect();
            let code = u32::from_str_radix(&digits, 16)
                .ok()
                .and_then(char::from_u32);
            return code
                .map(Item::One)
                .ok_or_else(|| format!("`\\x{digits}` names no character"));
        }
        _ => return Ok(Item::One(letter)),
    };
    let parts: Result<Vec<String>, String> = ranges
        .iter()
        .map(|(low, high)| range(*low, *high))
        .collect();
    let set = either(parts?);
    Ok(Item::Set(if letter.is_ascii_uppercase() {
        format!("(re.diff re.allchar {set})")
    } else {
        set
    }))
}

/// A class, behind its opening bracket.
fn class(chars: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut parts = Vec::new();
    loop {
        let item = match chars.next().ok_or("a class is not closed")? {
            ']' => break,
            '\\' => escaped(chars)?,
            letter => Item::One(letter),
        };
        let Item::One(low) = item else {
            parts.push(item.regex()?);
            continue;
        };
        // A `-` makes a range unless the class ends behind it.
        let mut ahead = chars.clone();
        if ahead.next() != Some('-') || ahead.peek() == Some(&']') {
            parts.push(word(&low.to_string())?);
            continue;
        }
        chars.next();
        let high = match chars.next().ok_or("a class is not closed")? {
            '\\' => escaped(chars)?,
            letter => Item::One(letter),
        };
        let Item::One(high) = high else {
            return Err("a range ends with a class".into());
        };
        parts.push(range(low, high)?);
    }
    let set = either(parts);
    Ok(if negated {
        format!("(re.diff re.allchar {set})")
    } else {
        set
    })
}
