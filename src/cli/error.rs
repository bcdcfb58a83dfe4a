//! The one error of the command line: what the user reads before exit code 2.

use std::fmt::Write as _;

use crate::report::printable::one_line;
use crate::report::text::Colour;

/// Why a command could not do its job. Made from any error with `?` (its causes are chained with a colon)
/// or with [`Error::new`].
#[derive(Debug)]
pub struct Error {
    message: String,
    help: Option<String>,
    /// Replaces the usual `error: ...` line, for errors that draw their own excerpt.
    drawing: Option<Drawing>,
}

#[derive(Debug)]
struct Drawing {
    plain: String,
    styled: String,
}

impl Error {
    /// An error from its message: lower case, no final period, user input in backticks.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
            drawing: None,
        }
    }

    /// Adds what the user can do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Uses a drawn text (with its own `error: ` line) in place of the message.
    #[must_use]
    pub fn drawn(mut self, plain: String, styled: String) -> Self {
        self.drawing = Some(Drawing { plain, styled });
        self
    }

    /// The message alone, without `error: ` and help.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The text for standard error, without a final line break.
    pub(super) fn render(&self, styled: bool) -> String {
        let message = one_line(&self.message);
        let mut text = match (&self.drawing, styled) {
            (Some(drawing), true) => drawing.styled.clone(),
            (Some(drawing), false) => drawing.plain.clone(),
            (None, true) => format!("{}: {message}", Colour::Red.paint("error")),
            (None, false) => format!("error: {message}"),
        };
        if let Some(help) = &self.help {
            let _ = write!(text, "\nhelp: {}", one_line(help));
        }
        text
    }
}

/// Deliberately not the other way round: `Error` is no `std::error::Error`, so `?` takes every error there is.
impl<E: std::error::Error> From<E> for Error {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            let text = inner.to_string();
            // Some errors already repeat their cause.
            if !message.ends_with(&text) {
                let _ = write!(message, ": {text}");
            }
            cause = inner.source();
        }
        Self::new(message)
    }
}
