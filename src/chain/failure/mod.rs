//! The one table of everything that can go wrong, or is worth saying, along the delivery chain: id, station, title, what
//! trailproof says of it, what repairs it, and which other tools look at all.
//!
//! [`LinkId`], the documentation and the tests are made from it: a new failure is a row here, its judge and its test.
//! Nothing here decides.

use std::fmt;
use std::str::FromStr;

/// A place of the delivery chain, in the order that a notification passes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Station {
    /// The trail itself.
    Trail,
    /// What the trail records.
    EventSelectors,
    /// The log group that the trail delivers to.
    LogGroup,
    /// The metric filter and its metric.
    MetricFilter,
    /// The alarm on the metric.
    Alarm,
    /// An alarm over that alarm.
    CompositeAlarm,
    /// The EventBridge bus that an event arrives at, and the rule on it.
    Rule,
    /// The topic that an alarm action names.
    Topic,
    /// A subscription of the topic.
    Subscription,
    /// Other ways to be told, seen beside the chain.
    OtherMonitoring,
}

impl Station {
    /// Every station in the order of the chain.
    pub const ALL: [Self; 10] = [
        Self::Trail,
        Self::EventSelectors,
        Self::LogGroup,
        Self::MetricFilter,
        Self::Alarm,
        Self::CompositeAlarm,
        Self::Rule,
        Self::Topic,
        Self::Subscription,
        Self::OtherMonitoring,
    ];

    /// The station as it is called in output, in snake case.
    pub fn word(self) -> &'static str {
        match self {
            Self::Trail => "trail",
            Self::EventSelectors => "event_selectors",
            Self::LogGroup => "log_group",
            Self::MetricFilter => "metric_filter",
            Self::Alarm => "alarm",
            Self::CompositeAlarm => "composite_alarm",
            Self::Rule => "rule",
            Self::Topic => "topic",
            Self::Subscription => "subscription",
            Self::OtherMonitoring => "other_monitoring",
        }
    }
}

/// What is known of one failure beside its judge: a row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Where on the chain.
    pub station: Station,
    /// What it stands for, in a few words.
    pub title: &'static str,
    /// The verdicts that it can have, in words; none where a snapshot cannot show it.
    pub says: Option<&'static str>,
    /// Whether it is something that stays undecided, and no fault: its title claims none.
    pub is_open: bool,
    /// Why a snapshot cannot show it: such an id is never a link.
    pub not_shown: Option<&'static str>,
    /// What repairs it, as one clause; none where there is nothing to repair.
    pub repair: Option<&'static str>,
    /// Which other tools look at it, as read in their public sources in 2026; none where none does.
    pub peers: Option<&'static str>,
    /// Single API calls that bring it about on a path that works, each as event source and name; none where none does.
    pub calls: Option<&'static str>,
}

/// An API call, as CloudTrail records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiCall {
    /// `eventSource`.
    pub source: &'static str,
    /// `eventName`.
    pub name: &'static str,
}

impl ApiCall {
    /// The link in a message, which ends a subscription without a sign-in and is not recorded.
    pub const UNSUBSCRIBE_LINK: Self = Self {
        source: "",
        name: "the unsubscribe link in a message",
    };
}

/// The error of parsing a [`LinkId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no link has the id `{0}`; ids look like `A05`, and `T01` is the first")]
pub struct UnknownLinkId(String);

/// Defines the enum, the list of all ids and their rows from one table, so that none can be forgotten.
macro_rules! failures {
    ($($id:ident $station:ident
        title $title:literal
        $(says $says:literal)?
        $(says_open $open:literal)?
        $(not_shown $not_shown:literal)?
        $(repair $repair:literal)?
        $(peers $peers:literal)?
        $(calls $calls:literal)?;
    )*) => {
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

            /// What is known of it.
            pub fn failure(self) -> Failure {
                match self {
                    $(Self::$id => Failure {
                        station: Station::$station,
                        title: $title,
                        says: failures!(@optional $($says)? $($open)?),
                        is_open: failures!(@is_there $($open)?),
                        not_shown: failures!(@optional $($not_shown)?),
                        repair: failures!(@optional $($repair)?),
                        peers: failures!(@optional $($peers)?),
                        calls: failures!(@optional $($calls)?),
                    },)*
                }
            }
        }
    };
    (@is_there) => { false };
    (@is_there $text:literal) => { true };
    (@optional) => { None };
    (@optional $text:literal) => { Some($text) };
}

mod table;

pub use table::LinkId;

impl LinkId {
    /// The place of the chain that it is about.
    pub fn station(self) -> Station {
        self.failure().station
    }

    /// Single API calls that bring it about on a path that works.
    pub fn calls(self) -> impl Iterator<Item = ApiCall> {
        let calls = self.failure().calls.unwrap_or_default();
        calls.split(", ").filter_map(|call| {
            let (source, name) = call.split_once(' ')?;
            Some(ApiCall { source, name })
        })
    }

    /// What the id stands for, in a few words.
    pub fn title(self) -> &'static str {
        self.failure().title
    }
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn ids_are_unique_grouped_by_station_numbered_without_gaps_and_read_back() {
        let mut numbers: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for id in LinkId::ALL {
            let (letter, number) = id.code().split_at(1);
            numbers
                .entry(letter)
                .or_default()
                .push(number.parse().expect("two digits"));
            assert_eq!(id.code().parse::<LinkId>().as_ref(), Ok(id));
            assert_eq!(id.code().to_lowercase().parse::<LinkId>().as_ref(), Ok(id));
        }
        for (letter, numbers) in numbers {
            if letter == "E" {
                // Numbered as the facts about EventBridge are, which have more rows than there are failures.
                assert!(numbers.is_sorted());
                continue;
            }
            let expected: Vec<u32> = (1..).take(numbers.len()).collect();
            assert_eq!(numbers, expected, "{letter}");
        }
        let stations: Vec<Station> = LinkId::ALL.iter().map(|id| id.station()).collect();
        assert!(stations.is_sorted());
        assert!("A99".parse::<LinkId>().is_err());
        let titles: BTreeSet<_> = LinkId::ALL.iter().map(|id| id.title()).collect();
        assert_eq!(titles.len(), LinkId::ALL.len());
    }

    #[test]
    fn a_row_says_a_verdict_or_why_there_is_none_and_its_repair_is_one_clause() {
        for id in LinkId::ALL {
            let row = id.failure();
            assert_ne!(row.says.is_some(), row.not_shown.is_some(), "{id}");
            if let Some(text) = row.repair {
                assert!(
                    !text.ends_with('.') && text.starts_with(char::is_lowercase),
                    "{id}: {text}"
                );
            }
        }
    }
}
