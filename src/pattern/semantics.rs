//! What AWS leaves undocumented, as parameters of the matcher: each pattern is judged under one setting at a time,
//! and two patterns that are compared are judged under the same one.

use std::fmt;

/// A reading of the undocumented parts of the language. The default is the recommended reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Semantics {
    /// D4: how `*` inside a value is matched.
    pub star: Star,
    /// D6: whether a string field equals a bare number of the same text (`"123"` and `123`).
    pub text_equals_number: bool,
    /// D7: what `=` and `!=` say about a boolean field.
    pub booleans: Booleans,
    /// D11: what `!=`, `<` and the like, `IS` and `NOT EXISTS` say over a wildcard selector. (`=` is existential.)
    pub wildcard: Quantifier,
    /// D17: whether a regular expression is applied to the text of a number field.
    pub regex_on_numbers: bool,
}

/// D4: the readings of `*`. They agree where there is no `*`, on `*` alone, on `x*` and on `*x*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Star {
    /// From left to right at the first occurrence of the next literal, without going back; the last literal must end
    /// the value. The only reading that fits every recorded answer of the service.
    Leftmost,
    /// Any text, as in a shell.
    Glob,
    /// A wildcard at either end of the value only; a literal star inside it (user guide of 2018).
    Ends,
}

/// D7: the readings of `=` and `!=` on a boolean field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Booleans {
    /// Both are false: the field is neither string nor number.
    NoMatch,
    /// The field is compared as the text `true` or `false`.
    AsText,
}

/// D11: over how many of the selected values a condition must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Quantifier {
    /// At least one.
    Any,
    /// Each.
    All,
}

impl Default for Semantics {
    fn default() -> Self {
        Self {
            star: Star::Leftmost,
            text_equals_number: true,
            booleans: Booleans::NoMatch,
            wildcard: Quantifier::Any,
            regex_on_numbers: true,
        }
    }
}

impl Semantics {
    /// Every setting there is; the recommended one comes first.
    pub fn all() -> impl Iterator<Item = Self> {
        [Star::Leftmost, Star::Glob, Star::Ends]
            .into_iter()
            .flat_map(|star| {
                [Booleans::NoMatch, Booleans::AsText]
                    .into_iter()
                    .flat_map(move |booleans| {
                        [Quantifier::Any, Quantifier::All]
                            .into_iter()
                            .flat_map(move |wildcard| {
                                [(true, true), (true, false), (false, true), (false, false)]
                                    .into_iter()
                                    .map(move |(text_equals_number, regex_on_numbers)| Self {
                                        star,
                                        text_equals_number,
                                        booleans,
                                        wildcard,
                                        regex_on_numbers,
                                    })
                            })
                    })
            })
    }

    /// The decisions in which this setting differs from the recommended one, such as `["D4"]`.
    pub fn deviations(&self) -> Vec<&'static str> {
        let recommended = Self::default();
        let mut numbers = Vec::new();
        if self.star != recommended.star {
            numbers.push("D4");
        }
        if self.text_equals_number != recommended.text_equals_number {
            numbers.push("D6");
        }
        if self.booleans != recommended.booleans {
            numbers.push("D7");
        }
        if self.wildcard != recommended.wildcard {
            numbers.push("D11");
        }
        if self.regex_on_numbers != recommended.regex_on_numbers {
            numbers.push("D17");
        }
        numbers
    }
}

impl fmt::Display for Semantics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deviations = self.deviations();
        if deviations.is_empty() {
            f.write_str("recommended semantics")
        } else {
            write!(
                f,
                "semantics with the other reading of {}",
                deviations.join(", ")
            )
        }
    }
}
