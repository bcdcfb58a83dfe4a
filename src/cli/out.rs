//! Where a command's data goes (standard output) and where its remarks go (standard error).
//! The only place that touches the two streams: the print macros are linted away elsewhere, and there is no way to write
//! that goes around the rule of [`printable`].

use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Write};

use crate::report::Style;
use crate::report::printable::{self, Spelling};
use crate::report::text::Colour;

/// The output of a command. Data goes out by [`Out::line`], [`Out::text`] and [`Out::json`], remarks by
/// [`Out::message`] and [`Out::warn`].
pub struct Out {
    data: Box<dyn Write>,
    terminal: bool,
    colour: ColourChoice,
    hung_up: bool,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColourChoice {
    /// On a terminal, unless `NO_COLOR` is set or the terminal is dumb
    #[default]
    Auto,
    /// Always, into files and pipes too
    Always,
    /// Never
    Never,
}

impl Out {
    /// Standard output: line by line on a terminal, in large blocks otherwise.
    pub(super) fn standard(colour: ColourChoice) -> Self {
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
            colour,
            hung_up: false,
        }
    }

    /// Whether data goes to a terminal.
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Whether data may be coloured.
    pub fn colour(&self) -> bool {
        self.coloured(self.terminal)
    }

    /// Whether messages on standard error may be coloured.
    pub fn styled_messages(&self) -> bool {
        self.coloured(io::stderr().is_terminal())
    }

    fn coloured(&self, is_terminal: bool) -> bool {
        match self.colour {
            ColourChoice::Always => true,
            ColourChoice::Never => false,
            ColourChoice::Auto => is_terminal && colour_wanted(),
        }
    }

    /// How documents for people are laid out here: as wide as `COLUMNS` says, else as the terminal is.
    pub fn style(&self) -> Style {
        let columns = std::env::var("COLUMNS").ok();
        let columns = columns.and_then(|text| text.trim().parse::<usize>().ok());
        let terminal = || {
            let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
            Some(usize::from(width.0))
        };
        let width = columns.or_else(|| terminal().filter(|_| self.terminal));
        Style {
            colour: self.colour(),
            // A width of nothing is what some terminals say that do not know theirs.
            width: width
                .filter(|width| *width > 0)
                .map_or(Style::PIPED, |width| width.max(Style::LEAST)),
        }
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

    /// Writes text in lines as wide as the output is, words that are longer unbroken; continuation lines are indented once more.
    pub fn paragraph(&mut self, indent: usize, text: &str) -> io::Result<()> {
        let width = self.style().width;
        let text = printable::one_line(text);
        let mut line = " ".repeat(indent);
        let mut empty = true;
        for word in text.split_whitespace() {
            if !empty && line.chars().count() + 1 + word.chars().count() > width {
                self.line(&line)?;
                line = " ".repeat(if indent == 0 { 0 } else { indent + 2 });
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        self.line(&line)
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
            Colour::Yellow.paint("warning")
        } else {
            "warning".to_owned()
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

    /// What nobody reads any more is no fault, and what was decided stands: the exit code says it all the same.
    fn note(&mut self, result: io::Result<()>) -> io::Result<()> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.hung_up = true;
                self.data = Box::new(io::sink());
                Ok(())
            }
            Err(error) => {
                let system = error.to_string();
                let why = match error.kind() {
                    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "the disk is full",
                    _ => system.as_str(),
                };
                let told = format!("standard output cannot be written: {why}");
                Err(io::Error::new(error.kind(), told))
            }
            Ok(()) => Ok(()),
        }
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
