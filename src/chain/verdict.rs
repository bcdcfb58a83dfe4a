//! The words of the delivery chain: verdicts, and the link that carries one with its subject and cause. Nothing here decides.

use std::fmt;

use serde::Serialize;

pub use super::cause::Cause;
pub use super::failure::{ApiCall, Failure, LinkId, Station, UnknownLinkId};
pub use super::subject::{Kind, Subject};

/// What one link does to a notification, from best to worst. The verdict of a path is the worst of its links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Passes the notification on.
    Ok,
    /// Passes on only some events, or late, or only the first.
    Degraded,
    /// Rests on something that a snapshot cannot show.
    Weak,
    /// The snapshot lacks the evidence.
    Unknown,
    /// Provably no notification.
    Broken,
}

impl Verdict {
    /// Every verdict, from best to worst.
    pub const ALL: [Self; 5] = [
        Self::Ok,
        Self::Degraded,
        Self::Weak,
        Self::Unknown,
        Self::Broken,
    ];

    /// The lower-case word used in output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Weak => "weak",
            Self::Unknown => "unknown",
            Self::Broken => "broken",
        }
    }

    /// The worst of several verdicts; a chain without links has nothing wrong with it.
    pub fn worst(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().max().unwrap_or(Self::Ok)
    }

    /// Whether a path may still be counted on: neither broken nor unknown.
    pub fn is_sound(self) -> bool {
        self < Self::Unknown
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.word())
    }
}

/// One verdict on one subject of a path, with the cause and the API fields that decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Which of the known conditions this is about.
    pub id: LinkId,
    /// What it does to the notification.
    pub verdict: Verdict,
    /// The resource.
    pub subject: Subject,
    /// Why, as data; `report` makes the sentence.
    pub cause: Cause,
    /// API fields and their values that decided the verdict.
    pub fields: Vec<(String, String)>,
    /// Evidence rows that the fields came from.
    pub evidence: Vec<i64>,
}

impl Link {
    /// A link without fields or evidence yet.
    pub fn new(
        id: LinkId,
        verdict: Verdict,
        subject: impl Into<Subject>,
        cause: impl Into<Cause>,
    ) -> Self {
        Self {
            id,
            verdict,
            subject: subject.into(),
            cause: cause.into(),
            fields: Vec::new(),
            evidence: Vec::new(),
        }
    }

    /// Adds an API field and the value that decided.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.fields.push((name.into(), value.to_string()));
        self
    }

    /// Adds evidence rows.
    #[must_use]
    pub fn evidence(mut self, rows: impl IntoIterator<Item = i64>) -> Self {
        self.evidence.extend(rows);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_verdict_wins_and_only_unknown_and_broken_are_unsound() {
        assert_eq!(Verdict::worst([]), Verdict::Ok);
        assert_eq!(
            Verdict::worst([Verdict::Weak, Verdict::Ok, Verdict::Degraded]),
            Verdict::Weak
        );
        assert_eq!(Verdict::worst(Verdict::ALL), Verdict::Broken);
        let unsound: Vec<_> = Verdict::ALL
            .into_iter()
            .filter(|verdict| !verdict.is_sound())
            .collect();
        assert_eq!(unsound, [Verdict::Unknown, Verdict::Broken]);
    }
}
