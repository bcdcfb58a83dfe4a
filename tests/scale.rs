//! What grows: thousands of filters, alarms, paths and accounts come to the answers that few of them come to.
//!
//! Each case took minutes, or gigabytes, while the work grew with the square of what is read. No test asserts a time.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use tempfile::TempDir;
use trailproof::analyze::{self, Analysis, Answers, Inquiry, Options, Status, Summary};
use trailproof::chain::{self, verdict::LinkId};
use trailproof::control::Registry;
use trailproof::diff::{self, Change};
use trailproof::report::{self, About, AboutAccount, Dossier, Flow, Format, View};
use trailproof::snapshot::{Snapshot, TABLES};

use crate::support::{controls, trailproof, world};

#[path = "../benches/support/estate.rs"]
mod estate;

use estate::Shape;

/// The snapshot of a shape.
fn written(folder: &TempDir, shape: &str) -> PathBuf {
    let path = folder.path().join(shape.replace([':', ','], "-"));
    Shape::parse(shape).unwrap().write(&path);
    path
}

fn analyzed(path: &Path, options: &Options) -> Analysis {
    let snapshot = Snapshot::open(path).unwrap();
    analyze::analyze(&snapshot, &Registry::builtin().unwrap(), options).unwrap()
}

fn statuses(analysis: &Analysis) -> Vec<(&str, &str, Status)> {
    let findings = analysis.findings.iter();
    let told = findings.map(|it| (it.account.as_str(), it.control.as_str(), it.status));
    told.collect()
}

/// The answers for a shape are those for the account that it was made of.
fn changes_no_answer(shape: &str) -> Analysis {
    let folder = TempDir::new().unwrap();
    let plain = analyzed(&written(&folder, "filters:0"), &Options::default());
    let grown = analyzed(&written(&folder, shape), &Options::default());
    assert_eq!(statuses(&grown), statuses(&plain), "{shape}");
    grown
}

#[test]
fn two_thousand_other_filters_of_a_log_group_change_no_answer() {
    changes_no_answer("filters:2000");
}

#[test]
fn of_two_thousand_filters_none_is_blamed_for_an_event_that_none_was_made_for() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("broken");
    let mut grown = None;
    Shape::Filters(2_000).each_world(|world| grown = Some(world.clone()));
    let mut grown = grown.unwrap();
    grown.remove_filter("root_usage");
    grown.write_snapshot(&path);
    let analysis = analyzed(&path, &Options::default());
    for finding in &analysis.findings {
        let expected = match finding.control.as_str() {
            "root_usage" => (Status::Fail, Some(LinkId::F01)),
            _ => (Status::Pass, None),
        };
        assert_eq!(
            (finding.status, finding.broken_link),
            expected,
            "{}",
            finding.control
        );
    }
}

#[test]
fn filters_that_share_one_metric_with_many_alarms_change_no_answer() {
    let analysis = changes_no_answer("shared:40,60,2");
    // The account's own filters with an alarm each, forty with sixty each; two addresses.
    let own = controls::monitored().len();
    assert_eq!(analysis.accounts[0].paths, (own + 40 * 60) * 2);
}

#[test]
fn trails_and_addresses_that_differ_in_names_alone_are_counted_and_few_are_read() {
    let analysis = changes_no_answer("grid:12,3,2,12");
    let folder = TempDir::new().unwrap();
    let snapshot = Snapshot::open(&written(&folder, "grid:12,3,2,12")).unwrap();
    let every = chain::account(&snapshot, world::ACCOUNT).unwrap();
    let reader = chain::Reader::new(&snapshot, &[]).unwrap();
    let judged = reader.to_judge().account(world::ACCOUNT).unwrap();
    let own = controls::monitored().len();
    assert_eq!(every.paths.len(), 12 * (own + 3 * 2) * 12);
    assert_eq!(judged.path_count(), every.paths.len());
    assert_eq!(judged.paths.len(), 8 * (own + 3 * 2) * 8);
    assert_eq!(analysis.accounts[0].paths, every.paths.len());
    assert_eq!(analysis.accounts[0].trails, 12);
}

#[test]
fn regular_expressions_and_wildcards_change_no_answer() {
    changes_no_answer("expressions:5");
    changes_no_answer("wildcards:40");
}

#[test]
fn composite_alarms_upon_composite_alarms_change_no_answer() {
    changes_no_answer("composites:300");
}

#[test]
fn accounts_that_two_threads_share_have_the_answers_of_each_alone() {
    let folder = TempDir::new().unwrap();
    let path = written(&folder, "accounts:30");
    let together = analyzed(&path, &Options::default());
    let ids: Vec<String> = together
        .accounts
        .iter()
        .map(|it| it.account.clone())
        .collect();
    assert_eq!(ids.len(), 30);
    for id in &ids[5..25] {
        let alone = Options {
            accounts: vec![id.clone()],
            ..Options::default()
        };
        let alone = analyzed(&path, &alone);
        let of_it = together.findings.iter().filter(|it| it.account == *id);
        assert_eq!(of_it.cloned().collect::<Vec<_>>(), alone.findings, "{id}");
    }
}

/// The document as it is written while accounts are judged.
fn written_meanwhile(inquiry: &Inquiry<'_>, about: &About, format: Format, view: View) -> String {
    let outset = inquiry.outset();
    let dossier = Dossier {
        analysis: &outset,
        about,
    };
    let mut flow = Flow::new(format, view).unwrap();
    let mut text = flow.begin(dossier);
    let mut counts = Summary::default();
    let make = |answers: Answers| {
        let mut counts = Summary::default();
        answers.findings.iter().for_each(|it| counts.count(it));
        let portion = Flow::portion(format, view.failing, dossier, &Arc::new(answers));
        (portion, counts)
    };
    inquiry
        .each(&make, &mut |(portion, more)| {
            text.push_str(&flow.add(dossier, portion));
            counts += more;
            Ok(())
        })
        .unwrap();
    text.push_str(&flow.end(dossier, &counts));
    text
}

#[test]
fn what_is_written_account_by_account_is_what_is_written_of_all_at_once() {
    let folder = TempDir::new().unwrap();
    let registry = Registry::builtin().unwrap();
    let options = Options::default();
    for shape in ["accounts:20", "accounts:2"] {
        let snapshot = Snapshot::open(&written(&folder, shape)).unwrap();
        let analysis = analyze::analyze(&snapshot, &registry, &options).unwrap();
        let inquiry = Inquiry::new(&snapshot, &registry, &options).unwrap();
        let mut about = About::default();
        about.accounts.insert(
            analysis.accounts[1].account.clone(),
            AboutAccount {
                name: Some("second".to_owned()),
                ..AboutAccount::default()
            },
        );
        let dossier = Dossier {
            analysis: &analysis,
            about: &about,
        };
        let plain = View::default();
        let failing = View {
            failing: true,
            ..plain
        };
        let wordy = View {
            details: true,
            gaps: true,
            ..plain
        };
        for (format, view) in [
            (Format::Json, plain),
            (Format::Json, failing),
            (Format::Ocsf, plain),
            (Format::Csv, plain),
            (Format::Csv, failing),
            (Format::Table, plain),
            (Format::Table, failing),
            (Format::Table, wordy),
            (Format::Comment, plain),
        ] {
            let whole = report::analysis(dossier, format, view);
            let meanwhile = written_meanwhile(&inquiry, &about, format, view);
            assert!(meanwhile == whole, "{shape} {format:?} {view:?}");
        }
    }
}

/// As a user gets it: from so many accounts on it is written meanwhile, to a file and to standard output alike.
#[test]
fn many_accounts_are_written_to_a_file_and_to_standard_output_alike() {
    let folder = TempDir::new().unwrap();
    let snapshot = written(&folder, "accounts:17");
    let [json, csv] = ["findings.json", "findings.csv"].map(|name| folder.path().join(name));
    let run = |arguments: &[&str]| {
        let mut command = trailproof();
        let command = command.arg("analyze").arg(&snapshot).args(arguments);
        command.assert().code(1).get_output().clone()
    };
    let both = [
        format!("json={}", json.display()),
        format!("csv={}", csv.display()),
    ];
    let told = run(&["-o", &both[0], "-o", &both[1]]);
    let told = String::from_utf8(told.stderr).unwrap();
    for (format, file) in [("json", &json), ("csv", &csv)] {
        let printed = run(&["--format", format]).stdout;
        assert_eq!(fs::read(file).unwrap(), printed, "{format}");
        assert!(told.contains(&file.display().to_string()), "{told}");
    }
    let whole = run(&[
        "-o",
        &format!("sarif={}", folder.path().join("x.sarif").display()),
    ]);
    let whole = String::from_utf8(whole.stderr).unwrap();
    assert_eq!(told.split("; wrote").next(), whole.split("; wrote").next());
}

#[test]
fn a_thousand_alarms_that_one_call_told_are_a_thousand_changes() {
    let folder = TempDir::new().unwrap();
    let [few, many] = ["alarms:0,0", "alarms:1000,0"].map(|shape| written(&folder, shape));
    let [few, many] = [few, many].map(|path| Snapshot::open(&path).unwrap());
    let registry = Registry::builtin().unwrap();
    let diff = diff::diff(&few, &many, &registry, &Options::default()).unwrap();
    let added = |kind: &str| {
        let changes = diff.facts.iter().filter(|change| change.kind == kind);
        changes
            .filter(|it| matches!(it.change, Change::Added(_)))
            .count()
    };
    assert_eq!((added("alarm"), added("alarm_metric")), (1_000, 1_000));
}

/// The SQL of a source text: its literals that begin with `select` or `with`.
fn statements(source: &str) -> Vec<String> {
    let literals = source.split('"').skip(1).step_by(2);
    let joined = literals.map(|text| {
        let lines = text.split("\\\n").map(str::trim_start);
        lines.collect::<Vec<_>>().concat()
    });
    joined
        .filter(|sql| sql.starts_with("select ") || sql.starts_with("with "))
        .collect()
}

fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection
        .prepare(&format!("explain query plan {sql}"))
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        steps.push(row.get(3).unwrap());
    }
    steps
}

#[test]
fn no_statement_of_the_chain_scans_a_table_that_grows() {
    let folder = TempDir::new().unwrap();
    let snapshot = Snapshot::open(&written(&folder, "filters:0")).unwrap();
    chain::create_views(&snapshot).unwrap();
    let grown: BTreeSet<&str> = TABLES
        .iter()
        .copied()
        .chain([
            "evidence",
            "chain_teller",
            "chain_foreign_watch",
            "chain_listed",
            "chain_bus",
        ])
        .collect();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/chain/facts");
    let mut seen = 0;
    let mut scans = Vec::new();
    for entry in fs::read_dir(sources).unwrap() {
        let source = fs::read_to_string(entry.unwrap().path()).unwrap();
        for sql in statements(&source) {
            seen += 1;
            for step in plan(snapshot.connection(), &sql) {
                let scanned = step
                    .strip_prefix("SCAN ")
                    .and_then(|it| it.split(' ').next());
                if scanned.is_some_and(|table| grown.contains(table)) {
                    scans.push(format!("{step}: {sql}"));
                }
            }
        }
    }
    assert!(seen > 30, "{seen} statements were found");
    assert!(scans.is_empty(), "{scans:#?}");
}
