//! Controls and benchmarks as data: against the sources they were read from, as documents, on the command line.

/// `controls list` and `controls show`.
mod command;
/// How alternatives stand to each other.
mod cover;
/// Held against the published texts, numbers and mappings.
mod data;
/// Where following the benchmark breaks it.
mod defects;
/// `docs/controls.md` says what the data says.
mod document;
/// Shape of the files, and their examples.
mod files;
/// Controls of the user.
mod own;
