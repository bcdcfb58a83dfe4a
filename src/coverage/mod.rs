//! The logic: what a set of filters would catch, and an event they miss.
//!
//! Everything along the chain that depends on the event is a [`Predicate`] over events: a control's requirement,
//! a trail's selectors, a metric filter. [`covers`] decides whether one implies another under an [`EventModel`]
//! and a [`Scope`], and proves a "no" with a whole CloudTrail record.
//!
//! Knows nothing of SQL, AWS, files or output. Uses `pattern` alone.

mod answer;
mod compare;
mod conditions;
mod counted;
mod decide;
mod decimal;
mod event_machine;
mod event_rule;
mod formula;
mod frame;
mod ground;
mod language;
mod lower;
mod machine;
mod matchers;
mod mentions;
mod model;
mod predicate;
mod routine;
mod search;
mod smt;
mod state;
mod table;
mod witness;

pub use answer::{Premise, Undecided};
pub use compare::{by_name, noise, relation};
pub use counted::{Counted, counted};
pub use decide::{Missed, covers, example, missed, rests_on};
pub use routine::is_nearly_everything;

pub use matchers::Matchers;
pub use mentions::event_names;
pub use model::{EventModel, Origin, Part, Scope};
pub use predicate::{Is, Predicate, Test};
pub use smt::smt_question;
pub use table::{Row, TruthTable, truth_table};

use serde_json::Value;

/// The answer to "does `deployed` match every event that `required` matches?".
#[derive(Debug, Clone, PartialEq)]
pub enum Covers {
    /// Yes, under these assumptions: semantics that AWS does not document, or facts of the event model. Often none.
    Yes {
        /// What it rests on.
        assumptions: Vec<Premise>,
    },
    /// No: this event is required and nothing deployed matches it. A whole CloudTrail record.
    No {
        /// The event.
        missed: Value,
    },
    /// Not decided.
    Unknown {
        /// Why.
        reason: Undecided,
    },
}

impl Covers {
    /// Whether the answer is yes.
    pub fn is_yes(&self) -> bool {
        matches!(self, Self::Yes { .. })
    }
}

/// How what is deployed stands to what is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RelationKind {
    /// They match the same events.
    Equivalent,
    /// Deployed matches all that is required, and more.
    Broader,
    /// Deployed matches only required events, and not all of them.
    Narrower,
    /// Each matches events that the other does not; some events they share.
    Overlapping,
    /// No event matches both.
    Disjoint,
    /// Not decided.
    Unknown,
}

impl RelationKind {
    /// The word for it in every format.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equivalent => "equivalent",
            Self::Broader => "broader",
            Self::Narrower => "narrower",
            Self::Overlapping => "overlapping",
            Self::Disjoint => "disjoint",
            Self::Unknown => "unknown",
        }
    }
}

/// Both directions of the comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    /// How they stand to each other.
    pub kind: RelationKind,
    /// Whether deployed catches every required event: the direction that matters.
    pub covers: Covers,
    /// An event that deployed matches and nobody asked for.
    pub extra: Option<Value>,
    /// What the answers rest on, those of the other direction included where the kind is equivalent.
    pub assumptions: Vec<Premise>,
    /// Why the kind is unknown, where it is.
    pub reason: Option<Undecided>,
}

/// Which filters catch the required events of one name.
#[derive(Debug, Clone, PartialEq)]
pub struct NameCoverage {
    /// The event name.
    pub name: String,
    /// Whether all deployed filters together catch every required event of this name.
    pub covers: Covers,
    /// The deployed predicates, by position, that each catch all of them alone.
    pub by: Vec<usize>,
}

/// What the deployed filters match beyond the requirement.
#[derive(Debug, Clone, PartialEq)]
pub struct Noise {
    /// What kind of surplus it is.
    pub class: NoiseClass,
    /// An event that is matched and was not asked for; none where the class is [`NoiseClass::None`].
    pub extra: Option<Value>,
    /// One that happens in any account all day, where such a one is matched: the filter is noisy.
    pub routine: Option<Value>,
}

/// Kinds of surplus, from harmless to fatal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoiseClass {
    /// Nothing beyond the requirement.
    None,
    /// Events of these names, that nobody asked for.
    Names(Vec<String>),
    /// Events of no particular name.
    Some,
    /// Any event of these sources.
    Sources(Vec<String>),
    /// Nearly every event: an alarm on it stays in ALARM and tells nothing (delivery-chain fact 1).
    NearlyEverything,
    /// Not decided, and why.
    Unknown(Undecided),
}
