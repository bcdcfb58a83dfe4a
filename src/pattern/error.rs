//! Why a text is no filter pattern: the fault, its place, and what AWS would make of it.

use super::ast::Span;
use std::fmt;

/// A text that is no valid filter pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// The whole text.
    pub pattern: String,
    /// The fault.
    pub kind: ErrorKind,
    /// The part of the text that is at fault; empty at the place where something is missing.
    pub span: Span,
}

/// The faults of a pattern text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// D16: the text is longer than 1024 characters.
    #[error("the pattern has {0} characters, 1024 are allowed")]
    TooLong(usize),
    /// Parentheses nested deeper than this parser follows.
    #[error("parentheses are nested more than {0} deep")]
    TooDeep(usize),
    /// D16: more than two regular expressions.
    #[error("the pattern has {0} regular expressions, 2 are allowed")]
    TooManyRegexes(usize),
    /// D16: more than one wildcard in a selector.
    #[error("a selector has more than one wildcard")]
    TooManyWildcards,
    /// D16: more than three selectors with a wildcard.
    #[error("the pattern has {0} selectors with a wildcard, 3 are allowed")]
    TooManyWildcardSelectors(usize),
    /// D14: what the service refused when it was asked to create such a pattern.
    #[error("the pattern starts with a blank")]
    LeadingBlank,
    /// `{}`.
    #[error("there is no condition between the braces")]
    EmptyBraces,
    /// `()`.
    #[error("there is no condition between the parentheses")]
    EmptyParentheses,
    /// `{` without `}`.
    #[error("the opening brace is not closed")]
    UnclosedBrace,
    /// `(` without `)`.
    #[error("the opening parenthesis is not closed")]
    UnclosedParenthesis,
    /// `)` without `(`.
    #[error("a closing parenthesis without an opening one")]
    UnopenedParenthesis,
    /// `[` without `]`.
    #[error("the opening bracket is not closed")]
    UnclosedBracket,
    /// `"` without a second one.
    #[error("the quoted text is not closed")]
    UnclosedQuote,
    /// `%` without a second one.
    #[error("the regular expression is not closed")]
    UnclosedRegex,
    /// Text after the closing brace, bracket or percent sign.
    #[error("text follows the end of the pattern")]
    TrailingText,
    /// Conditions on `$.` fields without braces around them.
    #[error("conditions on JSON fields stand outside braces")]
    MissingBraces,
    /// No condition where one must be.
    #[error("expected a condition")]
    ExpectedCondition,
    /// A condition does not begin with a selector.
    #[error("expected a selector such as `$.eventName`, found `{0}`")]
    ExpectedSelector(String),
    /// `$eventName`.
    #[error("a dot is missing after `$`")]
    MissingDot,
    /// `$`, `$.`, `$..a`.
    #[error("the selector names no property")]
    EmptyStep,
    /// `$.even tName = X`: text copied from a page where the name was broken.
    #[error("a blank splits the name of a field: `{0}`")]
    SplitName(String),
    /// `$.invokedByNOT EXISTS`.
    #[error("a blank is missing before `{0}`")]
    GluedKeyword(&'static str),
    /// `$[0]`, `$[*]`.
    #[error("a selector cannot begin with an array index")]
    RootIndex,
    /// `$.a[x]`.
    #[error("expected a number, `*` or a quoted name in the brackets")]
    BadIndex,
    /// `$.a*`.
    #[error("a wildcard must be a whole step of the selector")]
    PartialWildcard,
    /// No operator after a selector.
    #[error("expected an operator after the selector")]
    ExpectedOperator,
    /// Neither `&&` nor `||` between conditions, or anything else in their place.
    #[error("expected `&&`, `||` or the end of the pattern")]
    ExpectedConnective,
    /// No value after an operator.
    #[error("expected a value after the operator")]
    ExpectedValue,
    /// D16: a numeric operator before something else than a number.
    #[error("`{operator}` needs a number, found `{found}`")]
    NumberExpected {
        /// The operator as written.
        operator: &'static str,
        /// What stands in place of a number.
        found: String,
    },
    /// D12: `'x'`, typographic quotes or backticks.
    #[error("{0} do not quote in a filter pattern")]
    WrongQuotes(&'static str),
    /// D12: `==`.
    #[error("`==` is no operator")]
    DoubleEquals,
    /// D12: `=~` and other operators of other languages.
    #[error("`{0}` is no operator")]
    ForeignOperator(String),
    /// D12: `AND`, `OR`.
    #[error("`{0}` does not connect conditions")]
    WordConnective(String),
    /// D12: `LIKE`, `IN` and other words of other languages.
    #[error("`{0}` is no operator")]
    WordOperator(String),
    /// D12: `!(...)`, `NOT (...)`.
    #[error("there is no negation of a condition")]
    Negation,
    /// D12: `EXISTS`.
    #[error("`EXISTS` is not supported, only `NOT EXISTS`")]
    Exists,
    /// D12: `IS NOT`.
    #[error("`IS NOT` is not supported")]
    IsNot,
    /// Something else than TRUE, FALSE or NULL after `IS`.
    #[error("expected `TRUE`, `FALSE` or `NULL` after `IS`")]
    ExpectedLiteral,
    /// Something else than `EXISTS` after `NOT`.
    #[error("expected `EXISTS` after `NOT`")]
    ExpectedExists,
    /// D12: a keyword in lower or mixed case.
    #[error("keywords are written in upper case, found `{0}`")]
    LowerCaseKeyword(String),
    /// A single `&` or `|`.
    #[error("`{0}` stands alone")]
    SingleConnective(char),
    /// A bare value that goes on after a blank.
    #[error("a value with a blank in it needs double quotes")]
    UnquotedBlank,
    /// D13: a character that no bare value can hold.
    #[error("a bare value cannot hold `{0}`")]
    BareCharacter(char),
    /// A no-break space or another character that looks like nothing.
    #[error("an invisible character U+{:04X} stands in the pattern", u32::from(*.0))]
    Invisible(char),
    /// A field of the event on the right side.
    #[error("a field cannot be compared with another field")]
    SelectorAsValue,
    /// D17: `%%`.
    #[error("the regular expression is empty")]
    EmptyRegex,
    /// D17: a character that AWS does not allow in a regular expression.
    #[error("a regular expression cannot hold `{0}`")]
    RegexCharacter(char),
    /// D17: a construct that AWS does not document.
    #[error("the regular expression is not valid: {0}")]
    BadRegex(&'static str),
    /// More than one `...`.
    #[error("`...` stands for the remaining fields more than once")]
    SecondRest,
    /// `w1=ERROR || w2=WARNING`.
    #[error("the condition names `{found}` inside the field `{field}`")]
    OtherField {
        /// The field that the condition stands in.
        field: String,
        /// The name that the condition asks about.
        found: String,
    },
    /// A condition without the name of its field.
    #[error("expected the name of a field")]
    ExpectedFieldName,
    /// A comma or the closing bracket is missing.
    #[error("expected `,` or `]` after the field")]
    ExpectedFieldEnd,
    /// Parentheses in a space-delimited pattern.
    #[error("a space-delimited pattern has no parentheses")]
    FieldParentheses,
}

impl ErrorKind {
    /// A short stable name of the fault, for grouping.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TooLong(_) => "too-long",
            Self::TooDeep(_) => "too-deep",
            Self::TooManyRegexes(_) => "too-many-regexes",
            Self::TooManyWildcards => "too-many-wildcards",
            Self::TooManyWildcardSelectors(_) => "too-many-wildcard-selectors",
            Self::LeadingBlank => "leading-blank",
            Self::EmptyBraces => "empty-braces",
            Self::EmptyParentheses => "empty-parentheses",
            Self::UnclosedBrace => "unclosed-brace",
            Self::UnclosedParenthesis => "unclosed-parenthesis",
            Self::UnopenedParenthesis => "unopened-parenthesis",
            Self::UnclosedBracket => "unclosed-bracket",
            Self::UnclosedQuote => "unclosed-quote",
            Self::UnclosedRegex => "unclosed-regex",
            Self::TrailingText => "trailing-text",
            Self::MissingBraces => "missing-braces",
            Self::ExpectedCondition => "expected-condition",
            Self::ExpectedSelector(_) => "expected-selector",
            Self::MissingDot => "missing-dot",
            Self::EmptyStep => "empty-step",
            Self::SplitName(_) => "split-name",
            Self::GluedKeyword(_) => "glued-keyword",
            Self::RootIndex => "root-index",
            Self::BadIndex => "bad-index",
            Self::PartialWildcard => "partial-wildcard",
            Self::ExpectedOperator => "expected-operator",
            Self::ExpectedConnective => "expected-connective",
            Self::ExpectedValue => "expected-value",
            Self::NumberExpected { .. } => "number-expected",
            Self::WrongQuotes(_) => "wrong-quotes",
            Self::DoubleEquals => "double-equals",
            Self::ForeignOperator(_) => "foreign-operator",
            Self::WordConnective(_) => "word-connective",
            Self::WordOperator(_) => "word-operator",
            Self::Negation => "negation",
            Self::Exists => "exists",
            Self::IsNot => "is-not",
            Self::ExpectedLiteral => "expected-literal",
            Self::ExpectedExists => "expected-exists",
            Self::LowerCaseKeyword(_) => "lower-case-keyword",
            Self::SingleConnective(_) => "single-connective",
            Self::UnquotedBlank => "unquoted-blank",
            Self::BareCharacter(_) => "bare-character",
            Self::Invisible(_) => "invisible-character",
            Self::SelectorAsValue => "selector-as-value",
            Self::EmptyRegex => "empty-regex",
            Self::RegexCharacter(_) => "regex-character",
            Self::BadRegex(_) => "bad-regex",
            Self::SecondRest => "second-rest",
            Self::OtherField { .. } => "other-field",
            Self::ExpectedFieldName => "expected-field-name",
            Self::ExpectedFieldEnd => "expected-field-end",
            Self::FieldParentheses => "field-parentheses",
        }
    }

    /// What to write instead, where that is known.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::TooLong(_) => "split it into several filters with the same metric",
            Self::TooManyRegexes(_) | Self::TooManyWildcardSelectors(_) => {
                "split it into several filters"
            }
            Self::LeadingBlank => "remove the blank or line break before the first character",
            Self::EmptyBraces => "the empty pattern matches every event",
            Self::MissingBraces => "put the whole pattern between `{` and `}`",
            Self::ExpectedSelector(_) => "name the field with `$.` before it",
            Self::MissingDot => "write `$.` before the name of the field",
            Self::EmptyStep => "write the name right after the dot",
            Self::SplitName(_) => "join the parts, or put the operator between them",
            Self::RootIndex => "name a property first: `$.items[0]`",
            Self::PartialWildcard => "write `.*` or `[*]`, or compare a value with a wildcard",
            Self::NumberExpected { .. } => {
                "write a number without quotes and wildcards, or compare with `=` or `!=`"
            }
            Self::WrongQuotes(_) => "use straight double quotes",
            Self::DoubleEquals => "write `=`",
            Self::ForeignOperator(_) => {
                "the operators are `=`, `!=`, `<`, `<=`, `>`, `>=`, `IS` and `NOT EXISTS`"
            }
            Self::WordConnective(_) | Self::SingleConnective(_) => "write `&&` or `||`",
            Self::WordOperator(_) => {
                "use `=` with `*` in the value, or a regular expression between percent signs"
            }
            Self::Negation => {
                "negate each condition: `!=` in place of `=`; mind that `!=` is false on a missing field"
            }
            Self::Exists => "write `$.field = \"*\"`, which is true for every string and number",
            Self::IsNot => "write `IS TRUE` for `IS NOT FALSE` and the like, or `NOT EXISTS`",
            Self::LowerCaseKeyword(_) => "write it in upper case",
            Self::UnquotedBlank => "put double quotes around the whole value",
            Self::BareCharacter(_) => "put double quotes around the value",
            Self::Invisible(_) => {
                "replace it by a blank or remove it; text copied from a PDF file often holds such characters"
            }
            Self::SelectorAsValue => "put double quotes around the value if `$` belongs to it",
            Self::RegexCharacter(_) => {
                "allowed are letters, digits, blanks, `: _ # = @ / ; , -` and the operators `^ $ ? [ ] { } | \\ * + .`"
            }
            Self::OtherField { .. } => "give each condition to the field that it asks about",
            Self::FieldParentheses => {
                "`&&` binds tighter than `||`; write the condition without parentheses"
            }
            _ => return None,
        })
    }

    /// What AWS would do with such a pattern.
    pub fn aws(&self) -> &'static str {
        match self {
            Self::LeadingBlank | Self::NumberExpected { .. } => {
                "AWS rejects it: the live service answered InvalidParameterException"
            }
            Self::TooLong(_)
            | Self::TooManyRegexes(_)
            | Self::TooManyWildcards
            | Self::TooManyWildcardSelectors(_)
            | Self::EmptyRegex
            | Self::RegexCharacter(_)
            | Self::BadRegex(_)
            | Self::Exists
            | Self::IsNot => "AWS rejects it, by its documentation",
            Self::MissingBraces => "AWS rejects it, or looks for this text in the raw message",
            Self::TooDeep(_) => "AWS may accept it; this tool does not read it",
            _ => "AWS rejects it, or the text means something else than it seems to",
        }
    }
}

impl ParseError {
    /// What to write instead, where that is known.
    pub fn help(&self) -> Option<&'static str> {
        self.kind.help()
    }

    /// What AWS would do with the pattern.
    pub fn aws(&self) -> &'static str {
        self.kind.aws()
    }
}

/// One line: the fault and the offset at which it was found.
impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self
            .pattern
            .get(..self.span.start)
            .map_or(0, |before| before.chars().count());
        write!(f, "{} (at character {})", self.kind, at + 1)
    }
}

impl std::error::Error for ParseError {}
