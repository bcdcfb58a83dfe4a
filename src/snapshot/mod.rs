//! The snapshot: one SQLite file that holds what AWS said, and typed facts derived from it.
//!
//! `collect` and `import` record through [`Writer`]; everything later reads through [`Snapshot`]. The format is
//! `schema.sql`; hashes and digests are specified in docs/evidence.md.
//! It never judges: facts are a pure function of evidence, and nothing else is stored.

mod canonical;
mod deadline;
pub mod decode;
mod digest;
pub mod encode;
mod error;
mod evidence;
pub mod facts;
mod file;
mod lock;
pub(crate) mod merge;
mod meta;
pub mod operations;
mod reader;
mod schema;
pub mod signature;
mod slack;
#[cfg(test)]
mod tests;
mod verify;
mod writer;

pub use canonical::canonical_json;
pub use error::{Error, Result};
pub use evidence::{AWS_CLI_JSON, Call, Evidence, MAX_BODY, format_time};
pub use facts::{TABLES, VOLATILE_COLUMNS, VOLATILE_TABLES};
pub use file::{Kind, SnapshotFile, is_same_file, kind_of, open_regular, read_small};
pub use meta::{Meta, State};
pub use reader::{MAX_ROWS, MAX_TEXT, Snapshot};
pub use verify::{Damage, Verification, verify, verify_file};
pub use writer::Writer;

/// The snapshot format that this version reads and writes: `user_version` of the file.
pub const FORMAT: i64 = 1;

/// How this version derives facts from evidence. Every change of a fact table, or of what is written into one, counts it
/// up: facts of another derivation are derived again on reading (CONTRIBUTING.md).
pub const DERIVATION: i64 = 5;

/// `application_id` of the file: "trpl".
pub const APPLICATION_ID: i64 = 0x7472_706c;

/// The format itself.
pub const SCHEMA: &str = include_str!("../../schema.sql");
