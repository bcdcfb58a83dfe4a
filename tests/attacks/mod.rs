//! Accounts that attack verdicts: tables of what a hostile, careless or unlucky owner changes of the complete account, each
//! with the verdict that AWS's documentation gives it.
//!
//! A table is a TOML file beside this one. `rests` says in a sentence, with its source, why the verdict is right; `expect`
//! is a status and, unless it is a pass, the id of the link that decides. A verdict that turns out wrong gets a row here
//! before it is mended. `TRAILPROOF_ATTACK=words` tries the accounts whose names have these words alone.

mod edit;
mod recorders;

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;
use trailproof::analyze::{Finding, Options, Status};
use trailproof::chain::verdict::LinkId;
use trailproof::import::{self, Defaults};
use trailproof::report::words::{note, reason};
use trailproof::snapshot::Writer;

use self::edit::Edit;
use crate::chain::{CONTROL, findings_by};
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
    /// Another benchmark than the usual.
    #[serde(default)]
    benchmark: Option<String>,
    /// Another account of the world than the usual.
    #[serde(default = "owner")]
    account: String,
    /// Whether the verdict is one of the world's day: a collection is of now.
    #[serde(default)]
    #[cfg_attr(
        not(feature = "collect"),
        allow(dead_code, reason = "without a collector nothing is of now")
    )]
    dated: bool,
    /// Whether the account goes every way in every run.
    #[serde(default)]
    every_way: bool,
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
    /// An account that rules on changes of trails watch in every Region.
    Rules,
    /// The complete account with its trail and all that hangs on it in Ireland.
    Ireland,
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
            Base::Rules => recorders::watched_by_rules(),
            Base::Ireland => World::complete_in("eu-west-1"),
        };
        for edit in &self.edit {
            edit.apply(&mut world);
        }
        world
    }

    /// What is wrong with the verdict, if anything: as recorded, and as imported and as collected where that is asked for.
    fn wrong(&self, ways: &[&Way]) -> Option<String> {
        let world = self.world();
        let directory = tempfile::tempdir().expect("a directory");
        let recorded = directory.path().join("recorded.db");
        world.write_snapshot(&recorded);
        let wrong = self.judge("recorded", &recorded);
        ways.iter().fold(wrong, |wrong, way| {
            wrong.or_else(|| {
                let file = directory.path().join(way.name);
                (way.write)(self, &world, &file)?;
                self.judge(way.name, &file)
            })
        })
    }

    /// What is asked of the account.
    fn options(&self) -> Options {
        Options {
            benchmark: self.benchmark.clone(),
            controls: vec![self.control.clone()],
            ..Options::default()
        }
    }

    fn judge(&self, how: &str, file: &Path) -> Option<String> {
        let findings = findings_by(file, &self.options());
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

/// A way by which an account comes into a snapshot.
struct Way {
    name: &'static str,
    /// Of so many accounts of a table one goes this way; all of them, and where there is no number, with
    /// `TRAILPROOF_THOROUGHNESS`.
    one_of: Option<usize>,
    /// None where the account cannot go this way.
    write: fn(&Case, &World, &Path) -> Option<()>,
}

const WAYS: &[Way] = &[
    Way {
        name: "imported",
        one_of: Some(4),
        write: |_, world, to| {
            import(world, to);
            Some(())
        },
    },
    #[cfg(feature = "collect")]
    Way {
        name: "collected",
        one_of: None,
        write: collect,
    },
];

/// The world as files of the AWS CLI, imported.
fn import(world: &World, to: &Path) {
    let files = to.with_extension("files");
    folder::write(world, &files, folder::Layout::Script);
    let recording = import::read(&files, &Defaults::default()).expect("a folder to import");
    let started = recording.started_at;
    let mut writer = Writer::create(to, "trailproof test", started, false).expect("a file");
    for call in recording.calls() {
        writer.record(&call).expect("an answer is recorded");
    }
    writer.finish(recording.finished_at).expect("a snapshot");
}

/// The world as a fake AWS, collected: over HTTP, in the protocols that AWS speaks. One account asks, and of today.
#[cfg(feature = "collect")]
fn collect(case: &Case, world: &World, to: &Path) -> Option<()> {
    use crate::collect::{collect, written};
    use crate::support::fake_aws::FakeAws;

    let of_one = world.answers.iter().all(|it| it.account == ACCOUNT);
    (of_one && !case.dated).then(|| {
        let aws = FakeAws::serve(world);
        written(&mut collect(&aws.endpoint(), ACCOUNT, to));
    })
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

/// Holds each account of a table against its verdict.
fn hold(file: &str, text: &str) {
    let wrong = wrong(file, text);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The accounts of a table whose verdict is another.
fn wrong(file: &str, text: &str) -> Vec<String> {
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
            let goes = |way: &&Way| {
                let by_turn = way.one_of.is_some_and(|one_of| index % one_of == 0);
                by_turn || case.every_way || thoroughness() > 1
            };
            let ways: Vec<&Way> = WAYS.iter().filter(goes).collect();
            wrong.extend(case.wrong(&ways));
        }
    }
    if !wrong.is_empty() {
        wrong.insert(
            0,
            format!("{file}: {} of {}", wrong.len(), table.case.len()),
        );
    }
    wrong
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
    )+

    const TABLES: &[&str] = &[$(stringify!($name)),+];
    };
}

tables!(
    mute_windows,
    composites,
    metric_math,
    writers,
    histories,
    blamed,
    named_by_parts,
    members,
    saturation,
    statistics,
    topics,
    filter_policies,
    trails,
    recording,
    selectors,
    rules,
    buses,
    event_patterns,
    event_targets,
    kept_records,
    log_alarms,
    untrailed,
    log_groups,
    patterns,
    muted_together,
    moved_states,
    expressions,
    noise,
    key_policies,
    messages,
    deliveries,
    publishers,
    filter_texts,
);

/// Of so many accounts that fail the fix of one is tried in each run, of all with `TRAILPROOF_THOROUGHNESS`.
const ONE_OF_FIXES: usize = 40;

/// What comes of the finding of an account that fails.
fn with_finding<T>(case: &Case, then: impl Fn(&World, &Options, LinkId, &Finding) -> T) -> T {
    let world = case.world();
    let directory = tempfile::tempdir().expect("a directory");
    let recorded = directory.path().join("recorded.db");
    world.write_snapshot(&recorded);
    let options = case.options();
    let findings = findings_by(&recorded, &options);
    let mut findings = findings.iter().filter(|it| it.account == case.account);
    let finding = findings.next().expect("a finding");
    then(
        &world,
        &options,
        finding.broken_link.expect("a link"),
        finding,
    )
}

/// The accounts that fail.
fn failing() -> impl Iterator<Item = Case> {
    let tables = TABLES.iter().flat_map(|table| {
        let file = crate::support::project(&format!("tests/attacks/{table}.toml"));
        let text = std::fs::read_to_string(file).expect("the table");
        let table: Table = toml::from_str(&text).expect("a table");
        table.case
    });
    tables.filter(|case| case.expect.starts_with("fail "))
}

/// What a plan says passes, passes once its script was run in that account.
#[test]
fn fixes_of_attacked_accounts_hold() {
    let only = std::env::var("TRAILPROOF_ATTACK").unwrap_or_default();
    let one_of = if thoroughness() > 1 || !only.is_empty() {
        1
    } else {
        ONE_OF_FIXES
    };
    let tried = failing().filter(|case| case.name.contains(&only));
    let wrong: Vec<String> = tried
        .step_by(one_of)
        .filter_map(|case| {
            let wrong = with_finding(&case, crate::remedy::not_repaired)?;
            Some(format!("{}: {wrong}", case.name))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Accounts of which a fix was missed, or made what is there already.
#[test]
fn the_fix_of_an_account_reuses_what_is_there() {
    for (name, changes) in [
        // The alarm acts itself in place of the composite that another of its children holds in ALARM.
        ("held by another alarm that is in ALARM now", 1),
        // Nobody knows that this topic is not there, so one of another name is made and told.
        (
            "a failed action where nobody may read the policy of the topic",
            3,
        ),
        // Whoever was told the list of subscriptions is told of one more.
        (
            "a list of subscribers that a member of the organization was told",
            1,
        ),
    ] {
        let case = failing().find(|case| case.name == name).expect(name);
        let outcome = with_finding(&case, crate::remedy::outcome_of).expect(name);
        assert_eq!(outcome.after.status, Status::Pass, "{name}");
        assert_eq!(outcome.changes.len(), changes, "{name}");
    }
}

/// Tables that are kept elsewhere, as accounts are that nobody who mends verdicts should know.
#[test]
fn tables_of_a_folder() {
    let Some(folder) = std::env::var_os("TRAILPROOF_ATTACK_TABLES") else {
        eprintln!("skipped: TRAILPROOF_ATTACK_TABLES names no folder of tables");
        return;
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let file = entry.expect("a file").path();
        if file.extension().is_some_and(|it| it == "toml") {
            let text = std::fs::read_to_string(&file).expect("a table");
            found.extend(wrong(&file.display().to_string(), &text));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Every kind of fault has what it rests on and a test that is there, and every table is of some kind.
#[test]
fn the_table_of_kinds_names_what_holds_each() {
    let chapter = std::fs::read_to_string(crate::support::project("docs/delivery-chain.md"));
    let chapter = chapter.expect("the document");
    let (_, kinds) = chapter
        .split_once("## The kinds of faults")
        .expect("the chapter");
    let (kinds, _) = kinds.split_once("\n## ").expect("a chapter behind it");
    let mut known = Vec::new();
    let mut named = BTreeSet::new();
    for line in kinds.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [kind, rests, held] = cells[..] else {
            break;
        };
        if kind == "kind" {
            continue;
        }
        known.push(kind.split_once(' ').expect("a letter and words").0);
        assert!(!rests.is_empty() && held.contains('`'), "{line}");
        for name in held.split('`').skip(1).step_by(2) {
            let is_file = crate::support::project(name).is_file();
            assert!(is_file || TABLES.contains(&name), "{kind}: `{name}`");
            named.insert(name);
        }
    }
    assert!(known.is_sorted_by(|one, next| one < next), "{known:?}");
    let forgotten: Vec<_> = TABLES
        .iter()
        .filter(|table| !named.contains(*table))
        .collect();
    assert!(forgotten.is_empty(), "{forgotten:?}");
}
