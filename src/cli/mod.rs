//! The command line: one file a subcommand.

use std::process::ExitCode;

/// Runs the command that the process arguments name.
pub fn run() -> ExitCode {
    ExitCode::from(2)
}
