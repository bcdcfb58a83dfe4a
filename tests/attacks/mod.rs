//! Accounts that attack verdicts: tables of what a hostile, careless or unlucky owner changes of the complete account, each
//! with the verdict that AWS's documentation gives it.
//!
//! A table is a TOML file beside this one. `rests` says in a sentence, with its source, why the verdict is right; `expect`
//! is a status and, unless it is a pass, the id of the link that decides. A verdict that turns out wrong gets a row here
//! before it is mended. `TRAILPROOF_ATTACK=words` tries the accounts whose names have these words alone.

mod edit;

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;
use trailproof::analyze::Finding;
use trailproof::import::{self, Defaults};
use trailproof::report::words::{note, reason};
use trailproof::snapshot::Writer;

use self::edit::Edit;
use crate::chain::{CONTROL, findings_in};
use crate::import::folder;
use crate::support::thoroughness;
use crate::support::world::{ACCOUNT, World};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// Why, and where AWS says so.
    rests: String,
    /// `pass`, `fail A17`, `unknown C02`.
    expect: String,
    /// Words of the reason, or of a note where it passes.
    #[serde(default)]
    says: Vec<String>,
    /// Another control than the usual.
    #[serde(default = "usual")]
    control: String,
    /// Another account of the world than the usual.
    #[serde(default = "owner")]
    account: String,
    #[serde(default)]
    world: Base,
    edit: Vec<Edit>,
}

/// The account that is changed.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Base {
    #[default]
    Complete,
    Organization,
}

fn usual() -> String {
    CONTROL.to_owned()
}

fn owner() -> String {
    ACCOUNT.to_owned()
}

impl Case {
    fn world(&self) -> World {
        let mut world = match self.world {
            Base::Complete => World::complete(),
            Base::Organization => World::organization(),
        };
        for edit in &self.edit {
            edit.apply(&mut world);
        }
        world
    }

    /// What is wrong with the verdict, if anything: as recorded, and as imported where that is asked for.
    fn wrong(&self, import: bool) -> Option<String> {
        let world = self.world();
        let directory = tempfile::tempdir().expect("a directory");
        let recorded = directory.path().join("recorded.db");
        world.write_snapshot(&recorded);
        self.judge("recorded", &recorded).or_else(|| {
            let imported = directory.path().join("imported.db");
            import.then(|| written_by_import(&world, directory.path(), &imported))?;
            self.judge("imported", &imported)
        })
    }

    fn judge(&self, how: &str, file: &Path) -> Option<String> {
        let findings = findings_in(file, std::slice::from_ref(&self.control));
        let finding = findings
            .iter()
            .find(|finding| finding.account == self.account)
            .expect("a finding");
        let (found, told) = (verdict(finding), told(finding));
        let silent = self.says.iter().find(|words| !told.contains(*words));
        (found != self.expect || silent.is_some()).then(|| {
            format!(
                "{}, {how}: expected `{}`, found `{found}`, without {silent:?} in: {told}",
                self.name, self.expect
            )
        })
    }
}

/// The world as files of the AWS CLI, imported.
fn written_by_import(world: &World, directory: &Path, to: &Path) {
    let files = directory.join("files");
    folder::write(world, &files, folder::Layout::Script);
    let recording = import::read(&files, &Defaults::default()).expect("a folder to import");
    let started = recording.started_at;
    let mut writer = Writer::create(to, "trailproof test", started, false).expect("a file");
    for call in recording.calls() {
        writer.record(&call).expect("an answer is recorded");
    }
    writer.finish(recording.finished_at).expect("a snapshot");
}

fn verdict(finding: &Finding) -> String {
    match finding.broken_link {
        Some(link) => format!("{} {link}", finding.status.as_str()),
        None => finding.status.as_str().to_owned(),
    }
}

/// The reason, the notes and the witness.
fn told(finding: &Finding) -> String {
    let mut told = reason(finding);
    for one in &finding.notes {
        told.push_str("; ");
        told.push_str(&note(one));
    }
    if let Some(witness) = &finding.witness {
        told.push_str("; ");
        told.push_str(&witness.to_string());
    }
    told
}

/// Of so many accounts one is imported as well.
const IMPORTED: usize = 4;

/// Holds each account of a table against its verdict.
fn hold(file: &str, text: &str) {
    let table: Table = toml::from_str(text).unwrap_or_else(|error| panic!("{file}: {error}"));
    let only = std::env::var("TRAILPROOF_ATTACK").unwrap_or_default();
    let mut names = BTreeSet::new();
    let mut wrong = Vec::new();
    for (index, case) in table.case.iter().enumerate() {
        assert!(names.insert(&case.name), "{file}: `{}` twice", case.name);
        assert!(
            !case.rests.is_empty(),
            "{file}: `{}` says not why",
            case.name
        );
        if case.name.contains(&only) {
            let import = index % IMPORTED == 0 || thoroughness() > 1;
            wrong.extend(case.wrong(import));
        }
    }
    assert!(
        wrong.is_empty(),
        "{file}: {} of {}\n{}",
        wrong.len(),
        table.case.len(),
        wrong.join("\n")
    );
}

/// A test a table.
macro_rules! tables {
    ($($name:ident),+ $(,)?) => {$(
        #[test]
        fn $name() {
            let file = concat!("tests/attacks/", stringify!($name), ".toml");
            let text = std::fs::read_to_string(crate::support::project(file)).expect("the table");
            hold(file, &text);
        }
    )+};
}

tables!(
    mute_windows,
    composites,
    metric_math,
    writers,
    saturation,
    statistics,
    topics,
    filter_policies,
    trails,
    log_groups,
    patterns,
);
