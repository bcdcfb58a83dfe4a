//! Where a command's data goes (standard output) and where its remarks go (standard error).
//! The only place that touches the two streams: the print macros are linted away elsewhere, and there is no way to write
//! that goes around the rule of [`printable`].

use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Write};

use crate::report::printable::{self, Spelling};

/// The output of a command. Data goes out by [`Out::line`], [`Out::text`] and [`Out::json`], remarks by
/// [`Out::message`] and [`Out::warn`].
pub struct Out {
    data: Box<dyn Write>,
    terminal: bool,
    colour_wanted: bool,
    hung_up: bool,
}

impl Out {
    /// Standard output: line by line on a terminal, in large blocks otherwise.
    pub(super) fn standard() -> Self {
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        let data: Box<dyn Write> = if terminal {
            Box::new(stdout)
        } else {
            Box::new(BufWriter::with_capacity(64 * 1024, stdout))
        };
        Self {
            data,
            terminal,
            colour_wanted: colour_wanted(),
            hung_up: false,
        }
    }

    /// Whether data goes to a terminal.
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Whether data may be coloured: on a terminal, unless `NO_COLOR` is set or the terminal is dumb.
    pub fn colour(&self) -> bool {
        self.terminal && self.colour_wanted
    }

    /// Whether messages on standard error may be coloured.
    pub fn styled_messages(&self) -> bool {
        self.colour_wanted && io::stderr().is_terminal()
    }

    /// Writes one line of data: whatever is in it, it stays one line.
    pub fn line(&mut self, text: impl Display) -> io::Result<()> {
        let text = text.to_string();
        let line = printable::one_line(&text);
        let result = self
            .data
            .write_all(line.as_bytes())
            .and_then(|()| self.data.write_all(b"\n"));
        self.note(result)
    }

    /// Writes a document for people: its line breaks are its own, because what was put into it is one line each.
    pub fn text(&mut self, document: &str) -> io::Result<()> {
        let document = printable::block(document, Spelling::Text, self.colour());
        let result = self.data.write_all(document.as_bytes());
        self.note(result)
    }

    /// Writes JSON: what must not be printed is escaped in its strings, which programs read back unchanged.
    pub fn json(&mut self, document: &str) -> io::Result<()> {
        let document = printable::block(document, Spelling::Json, false);
        let result = self.data.write_all(document.as_bytes());
        self.note(result)
    }

    /// Writes one line to standard error: progress, a summary. Nobody listening there is no fault.
    pub fn message(&mut self, text: &str) {
        remark(text);
    }

    /// Writes a `warning: ...` line to standard error.
    pub fn warn(&mut self, text: &str) {
        let text = printable::one_line(text);
        let label = if self.styled_messages() {
            "\u{1b}[1;33mwarning\u{1b}[0m"
        } else {
            "warning"
        };
        self.drawing(&format!("{label}: {text}"));
    }

    /// Writes lines to standard error that were drawn from data of one line each, with a line break at the end.
    pub(super) fn drawing(&mut self, lines: &str) {
        let lines = printable::block(lines, Spelling::Text, self.styled_messages());
        let _ = writeln!(io::stderr().lock(), "{}", lines.trim_end());
    }

    /// Writes what is still buffered.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        let result = self.data.flush();
        self.note(result)
    }

    /// Whether the reader of standard output closed it, which is how `| head` says "enough".
    pub(super) fn reader_hung_up(&self) -> bool {
        self.hung_up
    }

    fn note<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && error.kind() == io::ErrorKind::BrokenPipe
        {
            self.hung_up = true;
        }
        result
    }
}

/// One line on standard error, from wherever an [`Out`] is not at hand. Nobody listening there is no fault.
pub(super) fn remark(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", printable::one_line(text));
}

/// <https://no-color.org>: any non-empty value of `NO_COLOR` switches colour off.
fn colour_wanted() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
