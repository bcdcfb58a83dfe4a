//! The words of the delivery chain: verdicts, the ids of everything that can go wrong, and the link that carries both.
//!
//! [`LinkId`] is the single list of failure modes; tests, docs and reports quantify over [`LinkId::ALL`]. Nothing here decides.

use std::fmt;
use std::str::FromStr;

/// What one link does to a notification, from best to worst. The verdict of a path is the worst of its links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// The error of parsing a [`LinkId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no link has the id `{0}`; ids look like `A05`, and `T01` is the first")]
pub struct UnknownLinkId(String);

/// Defines the enum, the list of all ids and their titles from one table, so that none can be forgotten.
macro_rules! link_ids {
    ($($id:ident $title:literal)*) => {
        /// One thing that can be wrong, or worth saying, at one place of the delivery chain.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum LinkId {
            $(#[doc = $title] $id,)*
        }

        impl LinkId {
            /// Every id in the order of the chain.
            pub const ALL: &[Self] = &[$(Self::$id),*];

            /// The id as written in documentation and output.
            pub fn code(self) -> &'static str {
                match self { $(Self::$id => stringify!($id),)* }
            }

            /// What the id stands for, in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Self::$id => $title,)* }
            }
        }
    };
}

link_ids! {
    T01 "nothing is recorded"
    T02 "trail has no log group"
    T03 "trail has no role for its log group"
    T04 "delivery to the log group fails"
    T05 "delivery to the log group is stale"
    T06 "delivery to the bucket fails"
    T07 "trail records one Region only"
    T08 "single-Region trail outside the global Region"
    T09 "global service events are excluded"
    T10 "organization trail of an account outside the snapshot"
    T11 "delivery role cannot write member log streams"
    T12 "events over 256 KB are not delivered"
    T13 "Organizations events occur in the management account"

    S01 "no event selector logs management events"
    S02 "event selectors log read events only"
    S03 "event selectors log write events only"
    S04 "KMS events are excluded"
    S05 "RDS Data API events are excluded"
    S06 "no advanced event selector logs management events"
    S07 "advanced event selectors restrict read or write"
    S08 "advanced event selectors exclude an event source"
    S09 "no custom event selectors"
    S10 "event selectors unavailable"

    L01 "log group does not exist"
    L02 "log group class has no metric filters"
    L03 "log group is another account's or Region's"
    L04 "data protection masks what the pattern reads"
    L05 "log group key is unusable"
    L06 "filter sees transformed records"
    L07 "metric extraction policy"
    L08 "retention of the log group"
    L09 "CloudTrail records arrive without a trail"

    F01 "no filter pattern matches the required events"
    F02 "metric value is zero"
    F03 "metric value is a field of the event"
    F04 "metric value is negative"
    F05 "dimensions differ from the alarm's"
    F06 "event lacks a dimension's field"
    F07 "too many dimension values disable the filter"
    F08 "default value makes the metric dense"
    F09 "default value breaches the threshold"
    F10 "unit differs from the alarm's"
    F11 "field selection criteria restrict the filter"
    F12 "filter is on a log group no trail delivers to"
    F13 "metric namespace is not allowed"
    F14 "several filters write one metric"
    F15 "metric filter quotas"

    A01 "no alarm watches the metric"
    A02 "alarm actions are disabled"
    A03 "alarm has no action for ALARM"
    A04 "one event does not breach the threshold"
    A05 "one event does not make M of N datapoints breach"
    A06 "alarm is always in ALARM, or latches there"
    A07 "average or minimum with default values"
    A08 "sample count with default values"
    A09 "percentile ignored at low sample counts"
    A10 "period shorter than the metric's resolution"
    A11 "long evaluation window coalesces events"
    A12 "wall-clock window delays the alarm"
    A13 "alarm is warming up"
    A14 "alarm evaluation has errors"
    A15 "alarm sits in ALARM"
    A16 "alarm has insufficient data"
    A17 "alarm mute rule"
    A18 "alarm action is not a topic"
    A19 "metric-math alarm"
    A20 "Metrics Insights alarm"
    A21 "PromQL alarm"
    A22 "alarm watches another account's metric"
    A23 "alarm reached only through other alarms"

    C01 "composite alarm carries the action"
    C02 "composite alarm needs other alarms too"
    C03 "composite alarm is masked by other alarms"
    C04 "composite alarm's actions are suppressed"
    C05 "composite alarm's rule cannot be evaluated"
    C06 "composite alarm has no action"
    C07 "composite alarm's child is elsewhere"

    N01 "topic is in another Region"
    N02 "topic does not exist"
    N03 "topic belongs to another account"
    N04 "topic policy does not let CloudWatch publish"
    N05 "topic is encrypted with the AWS managed key"
    N06 "topic's key does not let CloudWatch encrypt"
    N07 "FIFO topic reaches no person"
    N08 "alarm history shows a failed action"
    N09 "topic data protection policy"

    U01 "topic has no subscription"
    U02 "subscription is pending confirmation"
    U03 "subscription is deleted"
    U04 "filter policy needs message attributes"
    U05 "filter policy rejects the alarm message"
    U06 "endpoint is a machine"
    U07 "anyone on the list can unsubscribe the address"
    U08 "undeliverable messages are discarded"
    U09 "protocol has quotas or Region limits"
    U10 "subscription belongs to another account"

    X01 "EventBridge rule on CloudTrail events"
    X02 "EventBridge rule on alarm state changes"
    X03 "CloudTrail Lake event data store"
    X04 "log alarm on the log group"
    X05 "subscription filter to a SIEM"
    X06 "Security Hub is enabled"
}

impl fmt::Display for LinkId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.code())
    }
}

impl FromStr for LinkId {
    type Err = UnknownLinkId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|id| id.code().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownLinkId(text.to_owned()))
    }
}

/// One verdict on one subject of a path, with the API fields that decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Which of the known conditions this is about.
    pub id: LinkId,
    /// What it does to the notification.
    pub verdict: Verdict,
    /// The ARN or name of the resource.
    pub subject: String,
    /// Why, in one lower-case sentence without a final period.
    pub reason: String,
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
        subject: impl Into<String>,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            id,
            verdict,
            subject: subject.into(),
            reason: reason.into(),
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
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_grouped_numbered_from_one_and_read_back() {
        let codes: BTreeSet<_> = LinkId::ALL.iter().map(|id| id.code()).collect();
        assert_eq!(codes.len(), LinkId::ALL.len());
        for (letter, count) in [
            ("T", 13),
            ("S", 10),
            ("L", 9),
            ("F", 15),
            ("A", 23),
            ("C", 7),
            ("N", 9),
            ("U", 10),
            ("X", 6),
        ] {
            let of_group: Vec<_> = LinkId::ALL
                .iter()
                .filter(|id| id.code().starts_with(letter))
                .map(|id| id.to_string())
                .collect();
            let expected: Vec<_> = (1..=count)
                .map(|number| format!("{letter}{number:02}"))
                .collect();
            assert_eq!(of_group, expected);
        }
        for id in LinkId::ALL {
            assert_eq!(id.code().parse::<LinkId>().as_ref(), Ok(id));
            assert_eq!(id.code().to_lowercase().parse::<LinkId>().as_ref(), Ok(id));
        }
        assert!("A99".parse::<LinkId>().is_err());
        let titles: BTreeSet<_> = LinkId::ALL.iter().map(|id| id.title()).collect();
        assert_eq!(titles.len(), LinkId::ALL.len());
    }

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
