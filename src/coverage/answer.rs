//! What an answer comes with, as data: what a yes rests on, and why there is none. `report` makes the sentences.

use serde::Serialize;

use super::model::Part;

/// What a yes rests on besides the patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Premise {
    /// Semantics that AWS does not document, or that one setting takes as documented.
    Semantics {
        /// The number of the decision in docs/filter-patterns.md: `D4`.
        decision: &'static str,
    },
    /// A part of the event model.
    EventModel {
        /// Which.
        part: Part,
    },
    /// How CloudTrail writes the text of a record (D19).
    RawText,
}

/// Why the decision has no answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Undecided {
    /// A regular expression is outside of AWS's subset (D17).
    RegexOutsideSubset,
    /// A regular expression is too large.
    RegexTooLarge,
    /// A number has more digits than are compared exactly (D26).
    NumberTooLong {
        /// The number as it is written.
        number: String,
    },
    /// A pattern looks at the raw text of the event, and the fields do not decide what it finds there (D19).
    RawText,
    /// The plain matcher does not agree with the event that was found.
    EventRefused,
    /// An event pattern looks into too many lists within one another.
    ListsTooDeep,
    /// A filter pattern and an event pattern both look into one list.
    ListOfBothLanguages {
        /// The field, its names joined by `.`.
        field: String,
    },
    /// There are too many conditions on the elements of one array.
    TooManyElements,
    /// The search took more steps than it may.
    TooManySteps {
        /// So many it may take.
        most: u64,
    },
    /// The conditions on the text of one field are too large together.
    TextTooLarge {
        /// How many there are.
        conditions: usize,
    },
}
