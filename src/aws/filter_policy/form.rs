//! Texts of a message of which only the form is known beforehand: what they can be, and what they cannot.
//!
//! Read from messages that CloudWatch sent: `StateChangeTime` is `2022-03-04T11:38:59.002+0000`, `Region` is
//! `EU (London)` and never the code of a Region, `Statistic` is `SUM` and never `Sum`.

use serde::Serialize;

/// Each `#` stands for a digit.
const TIME: &str = "20##-##-##T##:##:##.###+0000";

/// What is known of a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "form", rename_all = "snake_case")]
pub enum Form {
    /// Words with spaces between them, in no known order.
    Prose,
    /// A time to the millisecond, in UTC.
    Time,
    /// Such a time, and not before this one.
    TimeFrom {
        /// The first that is possible.
        first: String,
    },
    /// The name that people call a Region by.
    RegionName,
    /// Without small letters.
    Capitals,
    /// This, in small or capital letters.
    Spelled {
        /// The letters.
        text: String,
    },
    /// Anything that is no address.
    Any,
}

impl Form {
    /// Whether the text is this one. Never certain: `Some(false)`, or `None`.
    pub(super) fn equals(&self, text: &str) -> Option<bool> {
        let possible = match self {
            Self::Prose => text.contains(' '),
            Self::Time => is_time(text),
            Self::TimeFrom { first } => is_time(text) && text >= first.as_str(),
            Self::RegionName => text.contains('(') && is_region_name(text),
            Self::Capitals => !text.contains(char::is_lowercase),
            Self::Spelled { text: spelled } => spelled.eq_ignore_ascii_case(text),
            Self::Any => true,
        };
        unless(possible)
    }

    /// As [`Form::equals`], whatever the case.
    pub(super) fn equals_ignoring_case(&self, text: &str) -> Option<bool> {
        match self {
            Self::Capitals | Self::Any => None,
            Self::RegionName => {
                unless(text.contains('(') && !text.contains(|it: char| it.is_ascii_digit()))
            }
            Self::Spelled { text: spelled } => Some(spelled.eq_ignore_ascii_case(text)),
            Self::Prose => self.equals(text),
            Self::Time | Self::TimeFrom { .. } => self.equals(&text.to_ascii_uppercase()),
        }
    }

    /// Whether the text starts so.
    pub(super) fn starts_with(&self, prefix: &str) -> Option<bool> {
        if prefix.is_empty() {
            return Some(true);
        }
        match self {
            Self::Time => part_of_time(TIME.chars(), prefix.chars(), prefix.len()),
            // What begins with less is before it.
            Self::TimeFrom { first } => match first.get(..prefix.len()) {
                Some(begin) if prefix < begin => Some(false),
                _ => part_of_time(TIME.chars(), prefix.chars(), prefix.len()),
            },
            Self::RegionName => unless(is_region_name(prefix)),
            Self::Capitals => unless(!prefix.contains(char::is_lowercase)),
            Self::Spelled { text: spelled } => spelled_part(spelled.get(..prefix.len()), prefix),
            Self::Prose | Self::Any => None,
        }
    }

    /// Whether the text ends so.
    pub(super) fn ends_with(&self, suffix: &str) -> Option<bool> {
        if suffix.is_empty() {
            return Some(true);
        }
        match self {
            Self::Time | Self::TimeFrom { .. } => {
                part_of_time(TIME.chars().rev(), suffix.chars().rev(), suffix.len())
            }
            Self::RegionName => {
                unless(suffix.ends_with(')') && !suffix.contains(|it: char| it.is_ascii_digit()))
            }
            Self::Capitals => unless(!suffix.contains(char::is_lowercase)),
            Self::Spelled { text: spelled } => {
                let start = spelled.len().checked_sub(suffix.len());
                spelled_part(start.and_then(|start| spelled.get(start..)), suffix)
            }
            Self::Prose | Self::Any => None,
        }
    }
}

/// The first time that begins so; none where none does. A whole time is no beginning: that a message comes in the very
/// millisecond is not to be expected.
pub(super) fn first_time(prefix: &str) -> Option<String> {
    const FIRST: &str = "2000-01-01T00:00:00.000+0000";
    let rest = FIRST.get(prefix.len()..).filter(|rest| !rest.is_empty());
    let text = format!("{prefix}{}", rest?);
    let moment = text.get(..23).map(|moment| format!("{moment}Z"))?;
    (is_time(&text) && moment.parse::<jiff::Timestamp>().is_ok()).then_some(text)
}

fn is_time(text: &str) -> bool {
    text.len() == TIME.len() && fits(TIME.chars(), text.chars())
}

/// Whether a text may be the start of a Region's name: those begin with a capital letter and have no digits.
fn is_region_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_uppercase())
        && !text.contains(|it: char| it.is_ascii_digit())
}

/// `false` unless it is possible; then not known.
fn unless(possible: bool) -> Option<bool> {
    if possible { None } else { Some(false) }
}

/// Whether the letters of a part that is spelled in small or capital letters are these.
fn spelled_part(part: Option<&str>, text: &str) -> Option<bool> {
    unless(part.is_some_and(|part| part.eq_ignore_ascii_case(text)))
}

/// Whether each character is the one of the template, or a digit for a `#`.
fn fits(template: impl Iterator<Item = char>, text: impl Iterator<Item = char>) -> bool {
    template
        .zip(text)
        .all(|(wanted, found)| wanted == found || (wanted == '#' && found.is_ascii_digit()))
}

/// Whether every time begins so, or ends so where both are read backwards.
fn part_of_time(
    template: impl Iterator<Item = char> + Clone,
    text: impl Iterator<Item = char>,
    length: usize,
) -> Option<bool> {
    if length > TIME.len() || !fits(template.clone(), text) {
        return Some(false);
    }
    let open = template.take(length).any(|wanted| wanted == '#');
    if open { None } else { Some(true) }
}
