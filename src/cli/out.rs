//! Where a command's data goes (standard output) and where its remarks go (standard error).
//! The only place that touches the two streams: the print macros are linted away elsewhere.

use std::io::{self, BufWriter, IsTerminal, Write};

/// The output of a command. Write data with `write!`/`writeln!`; send remarks with [`Out::message`].
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

    /// Writes a line to standard error: progress, a summary, an error. Nobody listening there is no fault.
    pub fn message(&mut self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Writes a `warning: ...` line to standard error.
    pub fn warn(&mut self, text: &str) {
        if self.styled_messages() {
            self.message(&format!("\u{1b}[1;33mwarning\u{1b}[0m: {text}"));
        } else {
            self.message(&format!("warning: {text}"));
        }
    }

    /// Writes what is still buffered.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.flush()
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

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.data.write(bytes);
        self.note(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.data.flush();
        self.note(result)
    }
}

/// <https://no-color.org>: any non-empty value of `NO_COLOR` switches colour off.
fn colour_wanted() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
