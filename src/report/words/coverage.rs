//! What the coverage decision says, in words: decisions by their number in docs/filter-patterns.md.

use crate::coverage::{Part, Premise, Undecided};

/// What a yes rests on.
pub fn premise(premise: Premise) -> String {
    match premise {
        Premise::Semantics { decision } => semantics(decision),
        Premise::EventModel { part } => format!("event model: {}", event_model(part)),
        Premise::RawText => {
            "raw text (D19): CloudTrail writes field values without escapes and JSON without blanks"
                .to_owned()
        }
    }
}

fn semantics(decision: &str) -> String {
    let (how, said) = match decision {
        "D4" => (
            "observed",
            "`*` inside a value is a wildcard that takes the first occurrence of what follows",
        ),
        "D6" => ("observed", "a string equals a bare number of the same text"),
        "D7" => ("documented", "`=` and `!=` are false on booleans"),
        "D11" => (
            "assumed",
            "a condition on a wildcard selector holds where one selected value meets it",
        ),
        other => return format!("assumed semantics ({other})"),
    };
    format!("{how} semantics ({decision}): {said}")
}

fn event_model(part: Part) -> &'static str {
    match part {
        Part::Fields => "the fields of a CloudTrail management event and their types",
        Part::Sources => "the event sources that have an event of each name (D27)",
        Part::Access => "which events are reads and which are writes",
        Part::Regions => "which events are recorded in the global region only",
        Part::Types => {
            "`eventType` follows from the event name (`AwsApiCall` for an operation of an API, \
             `AwsConsoleSignIn` for `ConsoleLogin`), a sign-in comes from \
             `signin.amazonaws.com`, and an event with an error code is no `AwsServiceEvent` and no sign-in"
        }
        Part::Forms => {
            "`eventVersion` is written 1.NN, `eventTime` as an instant in UTC, account ids are twelve digits, and `MFAUsed` is \
             `Yes` or `No`"
        }
    }
}

/// Why there is no answer.
pub fn undecided(why: &Undecided) -> String {
    match why {
        Undecided::RegexOutsideSubset => {
            "a regular expression is outside of AWS's subset (D17)".to_owned()
        }
        Undecided::RegexTooLarge => "a regular expression is too large to be decided".to_owned(),
        Undecided::NumberTooLong { number } => {
            format!("the number `{number}` is beyond what is compared exactly (D26)")
        }
        Undecided::RawText => {
            "a pattern looks at the raw text of the event, and the fields do not decide what it finds there (D19)"
                .to_owned()
        }
        Undecided::EventRefused => {
            "the event that was found does not stand up to the plain matcher".to_owned()
        }
        Undecided::ListsTooDeep => {
            "an event pattern looks into too many lists within one another to be decided".to_owned()
        }
        Undecided::ListOfBothLanguages { field } => {
            format!("a filter pattern and an event pattern both look into the list at `{field}`")
        }
        Undecided::TooManyElements => {
            "too many conditions on the elements of one array".to_owned()
        }
        Undecided::TooManySteps { most } => format!(
            "the comparison was stopped after {most} steps; these patterns are too entangled to be decided"
        ),
        Undecided::TextTooLarge { conditions } => format!(
            "the conditions on the text of one field are too large to be decided together ({conditions} at once)"
        ),
    }
}
