//! One record: its text, and where its members lie in it.

use std::borrow::Cow;
use std::ops::Range;

use super::scan::{Member, sign};

/// One CloudTrail record as it was written.
#[derive(Debug, Clone, Copy)]
pub struct Record<'r> {
    /// Its text: a JSON object.
    pub text: &'r str,
    pub(super) members: &'r [Member],
    /// Whether blanks stand between its tokens.
    pub blanks: bool,
}

impl<'r> Record<'r> {
    /// Where the value of a member lies in the text; of several with one name the last (D26).
    pub fn place(&self, name: &str) -> Option<Range<usize>> {
        let bytes = self.text.as_bytes();
        let sign = sign(name.as_bytes());
        let same = |member: &&Member| {
            member.sign == sign && bytes.get(member.name.clone()) == Some(name.as_bytes())
        };
        let member = self.members.iter().rev().find(same)?;
        Some(member.value.clone())
    }

    /// The value of a member as it is written.
    pub fn raw(&self, name: &str) -> Option<&'r str> {
        self.text.get(self.place(name)?)
    }

    /// The value of a member that is a string.
    pub fn string(&self, name: &str) -> Option<Cow<'r, str>> {
        text_of(self.raw(name)?)
    }

    /// The text as CloudTrail delivers it, without blanks between its tokens: what patterns over the raw message see.
    pub fn as_delivered(&self) -> Cow<'r, str> {
        let compact = || serde_json::from_str::<serde_json::Value>(self.text).ok();
        match self.blanks.then(compact).flatten() {
            Some(value) => Cow::Owned(value.to_string()),
            None => Cow::Borrowed(self.text),
        }
    }

    pub(super) fn is_record(&self) -> bool {
        self.place("eventName").is_some() || self.place("eventVersion").is_some()
    }

    /// Whether a name is written with an escape: then the names that are looked for are not to be found by their bytes.
    pub(super) fn has_escaped_names(&self) -> bool {
        let bytes = self.text.as_bytes();
        let escaped = |member: &Member| {
            bytes
                .get(member.name.clone())
                .is_some_and(|name| name.contains(&b'\\'))
        };
        self.members.iter().any(escaped)
    }
}

/// A JSON string as text; none for another value.
pub fn text_of(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str::<String>(raw).ok().map(Cow::Owned)
}
