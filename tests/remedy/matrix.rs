//! The closed loop as a matrix: every control at every failure id that an emulator can hold. A broken account is recorded,
//! the printed script is run with the real AWS CLI, what is recorded then passes, running it again changes nothing, and after
//! `rollback` every control is as it was.
//!
//! One account holds each control with another fault, so that a round covers as many pairs as there are controls. Ordinarily
//! ministack runs the first two rounds and moto the first, and both the first fault of rules and of what is recorded: minutes
//! already. `TRAILPROOF_LOOP_ALL=1` runs every control with every fault, on both.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

use crate::support::emulator::Emulator;
use crate::support::project;

/// Faults of one control, in the order of the chain; `faults.py` builds them.
const OF_CONTROL: [&str; 54] = [
    "T01", "S01", "S02", "S03", "S04", "S06", "S07", "S08", "L02", "F01", "F01b", "F01c", "F01d",
    "F02", "F03", "F04", "F05", "F09", "F10", "F12", "A01", "A01b", "A01c", "A02", "A03", "A04",
    "A04b", "A04c", "A05", "A06", "A06b", "A06c", "A07", "A08", "A09", "A10", "A18", "A19", "C02",
    "C05", "C06", "C06b", "N01", "N02", "N04", "N04b", "N04c", "N05", "N06", "N06b", "U01", "U02",
    "U04", "U05",
];

/// Faults of what all controls rest on.
const OF_ACCOUNT: [&str; 11] = [
    "T01", "T01b", "T01c", "T02", "T08", "L01", "S01", "S02", "S03", "S04", "U01",
];

/// Controls of what is recorded, each with a benchmark that asks for it and the faults that it fails of.
const OF_RECORDS: [(&str, &str, &[&str]); 6] = [
    (
        "cloudtrail_all_regions",
        "cis-aws-7.0",
        &["T01", "T01b", "T01c", "T08", "S01", "S02", "S03", "S04"],
    ),
    ("cloudtrail_log_group", "cis-aws-2.0", &["T02", "L01"]),
    ("cloudtrail_file_validation", "cis-aws-7.0", &["T14"]),
    ("cloudtrail_kms", "cis-aws-7.0", &["T16", "T17", "T17b"]),
    ("s3_object_writes", "cis-aws-7.0", &["S11", "S12", "S12b"]),
    ("s3_object_reads", "cis-aws-7.0", &["S11", "S12", "S12c"]),
];

/// The control that the rules of the account of rules are about, and their faults.
const OF_RULES: (&str, &str, [&str; 10]) = (
    "cloudtrail_changes",
    "cis-aws-7.0",
    [
        "E02", "E05", "E05b", "E08", "E08b", "E12", "E13", "E15", "E19", "U01",
    ],
);

/// Faults that a new trail repairs.
const OF_NO_TRAIL: [&str; 2] = ["T01b", "T01c"];

/// Faults that an account may show otherwise than by their id, and why; every other is held by both emulators.
const SHOWN_OTHERWISE: [(&str, &str); 17] = [
    ("S03", "reads are nothing to most controls"),
    ("S04", "KMS is nothing to most controls"),
    ("S08", "KMS is nothing to most controls"),
    (
        "A09",
        "both forget what becomes of percentiles of few samples",
    ),
    ("L02", "moto forgets the class of a log group"),
    ("A10", "both forget the period that CloudWatch refuses"),
    ("A19", "ministack forgets the expression"),
    ("C02", "moto has no composite alarms"),
    ("C05", "ministack refuses the rule, moto has none"),
    ("C06", "moto has no composite alarms"),
    ("C06b", "moto has no composite alarms"),
    (
        "T02",
        "filters are there: no trail delivers to their log group",
    ),
    ("U02", "moto confirms every subscription"),
    ("F01", "a control with the same events has less to repair"),
    ("F01b", "a control with the same events has less to repair"),
    ("F01c", "a control with the same events has less to repair"),
    ("F01d", "a control with the same events has less to repair"),
];

/// Faults that `rollback` does not bring back: a new log group stays, it may hold something by then.
const OF_WHAT_STAYS: [&str; 1] = ["L01"];

/// What alone is run of everything: the number of a round, or a fault.
fn is_wanted(what: &str) -> bool {
    std::env::var("TRAILPROOF_LOOP_ONLY").map_or(true, |only| only == what)
}

/// Whether an emulator can hold what repairs a fault: ministack forgets the log group that CreateTrail is given, and both
/// show the alias that UpdateTrail was given for a key, where AWS shows the key's ARN.
fn can_be_repaired(emulator: &str, fault: &str) -> bool {
    let can = fault != "T16" && (emulator != "ministack" || !OF_NO_TRAIL.contains(&fault));
    if !can {
        eprintln!("{emulator} cannot hold what repairs {fault}: it is not run");
    }
    can
}

/// One account and what is asked of it.
struct Round<'r> {
    account: String,
    order: Value,
    /// The fault of each control.
    faults: BTreeMap<String, String>,
    /// What `collect` is told.
    collect: &'r [&'r str],
    /// What `analyze` and `remediate` are told.
    asked: &'r [&'r str],
}

/// The Regions of what filters and alarms watch.
const TWO_REGIONS: &[&str] = &["--region=eu-west-1", "--region=us-east-1"];

/// What became of the pairs of one emulator.
#[derive(Default)]
struct Tally {
    /// Control and fault that the snapshot shows as such.
    held: usize,
    /// Of those: pairs that pass after the script.
    pass: usize,
    /// Pairs in which the emulator shows something else, with what.
    other: BTreeMap<String, String>,
    /// What went wrong.
    wrong: Vec<String>,
}

impl Tally {
    /// One round's figures at once: all rounds take an hour, and what ends early has then said what it saw.
    fn say(&self, emulator: &str, round: &str) {
        let Self {
            held, pass, other, ..
        } = self;
        let others = other.len();
        eprintln!(
            "{emulator}, {round}: {held} pairs held, {pass} pass, {others} show something else"
        );
        for wrong in &self.wrong {
            eprintln!("{emulator}, {round}: {wrong}");
        }
    }
}

/// The AWS CLI's own code, started once.
struct Cli {
    child: Child,
    socket: PathBuf,
}

impl Cli {
    fn start(folder: &Path) -> Self {
        let socket = folder.join("aws.socket");
        let python = PathBuf::from(std::env::var_os("TRAILPROOF_EMULATORS").unwrap_or_default());
        let mut child = Command::new(python.join("bin/python"))
            .arg(project("tests/emulators/aws_server.py"))
            .arg(&socket)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut hello = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut hello).unwrap();
        assert_eq!(hello.trim(), "ready");
        Self { child, socket }
    }
}

impl Drop for Cli {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// One emulator with the AWS CLI, and a folder for files.
pub(super) struct Rig {
    pub(super) aws: Emulator,
    cli: Cli,
    pub(super) folder: tempfile::TempDir,
}

/// What a finding says: status, failure id, reason.
type Said = (String, String, String);

impl Rig {
    pub(super) fn start(name: &str) -> Option<Self> {
        let aws = Emulator::start(name)?;
        let folder = tempfile::tempdir().unwrap();
        let cli = Cli::start(folder.path());
        Some(Self { aws, cli, folder })
    }

    pub(super) fn command(&self, program: &str, account: &str) -> Command {
        let mut command = self.aws.command(program, account);
        command
            .env("PATH", self.path())
            .env("TRAILPROOF_AWS_SOCKET", &self.cli.socket)
            .env("AWS_REGION", "eu-west-1")
            .env("EMAIL", "security@example.com");
        command
    }

    /// Where programs are looked for: the AWS CLI of the rig first.
    pub(super) fn path(&self) -> String {
        let path = std::env::var("PATH").unwrap_or_default();
        let bin = project("tests/emulators/bin");
        // The environment's own Python is found before any that asks which version is meant.
        let python = std::env::var("TRAILPROOF_EMULATORS").unwrap_or_default();
        format!("{}:{python}/bin:{path}", bin.display())
    }

    pub(super) fn trailproof(&self, account: &str, arguments: &[&str], file: &Path) -> Output {
        self.command(env!("CARGO_BIN_EXE_trailproof"), account)
            .args(arguments)
            .arg(file)
            .output()
            .unwrap()
    }

    /// Records the account into a new file, and gives its findings by control.
    fn record(&self, round: &Round<'_>, name: &str) -> (PathBuf, BTreeMap<String, Said>) {
        let account = &round.account;
        let file = self.folder.path().join(format!("{account}-{name}"));
        let arguments = [&["collect"], round.collect, &["--output"]].concat();
        let output = self.trailproof(account, &arguments, &file);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(file.exists(), "{account}: {error}");
        let arguments = [&["analyze", "--format", "json"], round.asked].concat();
        let output = self.trailproof(account, &arguments, &file);
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{account}: {}", String::from_utf8_lossy(&output.stderr)));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let findings = report["findings"].as_array().unwrap().iter();
        let said = findings
            .map(|it| {
                let said = (
                    text(&it["status"]),
                    text(&it["broken_link"]),
                    text(&it["reason"]),
                );
                (text(&it["control"]), said)
            })
            .collect();
        (file, said)
    }

    /// One account with its faults through the loop.
    fn round(&self, round: &Round<'_>) -> Tally {
        let mut tally = Tally::default();
        let account = round.account.as_str();
        let built = self.aws.order(&round.order);
        let (before_file, before) = self.record(round, "before");
        let script = self.folder.path().join(format!("{account}.sh"));
        let arguments = [&["remediate"], round.asked].concat();
        let output = self.trailproof(account, &arguments, &before_file);
        let open = output.status.code();
        std::fs::write(&script, &output.stdout).unwrap();
        let run = |tally: &mut Tally, what: &str, arguments: &[&str]| {
            let mut command = self.command("sh", account);
            let output = command.arg(&script).args(arguments).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            if !output.status.success() {
                tally.wrong.push(format!("{account} {what}: {said}"));
            }
            said
        };
        run(&mut tally, "the script", &[]);
        let again = run(&mut tally, "the script again", &[]);
        if !again.is_empty() {
            let told = format!("{account}: the second run changes something: {again}");
            tally.wrong.push(told);
        }
        let (_, after) = self.record(round, "after");
        run(&mut tally, "rollback", &["rollback"]);
        let again = run(&mut tally, "rollback again", &["rollback"]);
        if !again.is_empty() {
            let told = format!("{account}: the second rollback changes something: {again}");
            tally.wrong.push(told);
        }
        let (_, back) = self.record(round, "back");
        for (control, fault) in &round.faults {
            let (status, link, reason) = &before[control];
            let pair = format!("{control} {fault}");
            if status == "pass" || !fault.starts_with(link.as_str()) || link.is_empty() {
                let refused = &built["refused"][control];
                let told = match refused.as_str() {
                    Some(refused) => format!("cannot be built: {refused}"),
                    None => format!("{status} {link} {reason}"),
                };
                tally.other.insert(pair.clone(), told);
            } else {
                tally.held += 1;
            }
            let (after, after_link, after_reason) = &after[control];
            if after == "pass" {
                tally.pass += usize::from(!tally.other.contains_key(&pair));
            } else {
                let told = format!("{pair} after its fix: {after} {after_link} {after_reason}");
                tally
                    .wrong
                    .push(format!("{account} (exit {open:?}) {told}"));
            }
            let (back, back_link, _) = &back[control];
            let stays = OF_WHAT_STAYS.contains(&fault.as_str());
            if (back, back_link) != (status, link) && !stays {
                let told =
                    format!("{pair}: {status} {link} before, {back} {back_link} after rollback");
                tally.wrong.push(format!("{account} {told}"));
            }
        }
        tally
    }
}

/// The controls of the benchmark, in its order.
fn controls() -> Vec<String> {
    let registry = trailproof::control::Registry::builtin().unwrap();
    let benchmark = registry.default_benchmark().unwrap();
    let controls = registry.controls_in(benchmark, Some(trailproof::control::Section::Monitoring));
    controls
        .into_iter()
        .map(|(_, control)| control.id.clone())
        .collect()
}

/// Whether everything is run.
fn all() -> bool {
    std::env::var_os("TRAILPROOF_LOOP_ALL").is_some()
}

/// The rounds of faults of single controls: the fault of each control, so many faults further on from round to round.
fn rounds(controls: &[String], step: usize) -> Vec<BTreeMap<String, String>> {
    (0..OF_CONTROL.len())
        .step_by(step)
        .map(|first| {
            let faults = (first..).map(|at| OF_CONTROL[at % OF_CONTROL.len()].to_owned());
            controls.iter().cloned().zip(faults).collect()
        })
        .collect()
}

/// The rounds in which every fault is that of some control.
pub(super) fn each_fault_once() -> Vec<BTreeMap<String, String>> {
    let controls = controls();
    rounds(&controls, controls.len())
}

/// Runs an emulator through so many rounds and faults of the account, or through all.
fn closed_loop(emulator: &str, most_rounds: usize, most_of_account: usize) {
    let most = |number: usize| if all() { usize::MAX } else { number };
    let Some(rig) = Rig::start(emulator) else {
        return;
    };
    let mut tallies = Vec::new();
    let controls = controls();
    let step = if all() { 1 } else { controls.len() };
    for (number, faults) in rounds(&controls, step)
        .into_iter()
        .enumerate()
        .take(most(most_rounds))
    {
        if !is_wanted(&number.to_string()) {
            continue;
        }
        let account = format!("{:012}", 200_000_000_000 + number as u64);
        let order = json!({"build": "faults", "account": account, "broken": faults});
        let tally = rig.round(&Round {
            account,
            order,
            faults,
            collect: TWO_REGIONS,
            asked: &[],
        });
        tally.say(emulator, &format!("round {number}"));
        tallies.push(tally);
    }
    for (number, fault) in OF_ACCOUNT.iter().enumerate().take(most(most_of_account)) {
        if !is_wanted(fault) || !can_be_repaired(emulator, fault) {
            continue;
        }
        let account = format!("{:012}", 300_000_000_000 + number as u64);
        let order = json!({"build": "faults", "account": account, "everything": fault});
        let faults = controls
            .iter()
            .map(|control| (control.clone(), (*fault).to_owned()));
        let tally = rig.round(&Round {
            account,
            order,
            faults: faults.collect(),
            collect: TWO_REGIONS,
            asked: &[],
        });
        tally.say(emulator, fault);
        tallies.push(tally);
    }
    sum_up(emulator, &tallies);
}

/// What was held and passed, and that nothing went wrong.
fn sum_up(emulator: &str, tallies: &[Tally]) {
    let only = std::env::var("TRAILPROOF_LOOP_ONLY");
    assert!(!tallies.is_empty(), "nothing is called {only:?}");
    let sum = |of: fn(&Tally) -> usize| tallies.iter().map(of).sum::<usize>();
    for (pair, told) in tallies.iter().flat_map(|tally| &tally.other) {
        eprintln!("{emulator} shows something else for {pair}: {told}");
    }
    eprintln!(
        "{emulator}: {} pairs of control and fault held, {} of them pass after the printed script; {} show something else",
        sum(|tally| tally.held),
        sum(|tally| tally.pass),
        sum(|tally| tally.other.len())
    );
    let is_known = |pair: &str| {
        let fault = pair.rsplit(' ').next().unwrap_or_default();
        SHOWN_OTHERWISE.iter().any(|(known, _)| *known == fault)
    };
    let mut wrong: Vec<&str> = tallies
        .iter()
        .flat_map(|tally| tally.wrong.iter().map(String::as_str))
        .collect();
    let others = tallies.iter().flat_map(|tally| tally.other.keys());
    wrong.extend(others.map(String::as_str).filter(|pair| !is_known(pair)));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(sum(|tally| tally.held), sum(|tally| tally.pass));
}

/// One control alone at each of its faults, each in an account of its own; ordinarily at the first of them.
fn of_each(
    emulator: &str,
    first: u64,
    pairs: &[(&str, &str, &str)],
    build: &str,
    collect: &[&str],
) {
    let most = if all() { pairs.len() } else { 1 };
    let Some(rig) = Rig::start(emulator) else {
        return;
    };
    let mut tallies = Vec::new();
    for (number, (control, benchmark, fault)) in pairs.iter().enumerate().take(most) {
        if !is_wanted(fault) || !can_be_repaired(emulator, fault) {
            continue;
        }
        let account = format!("{:012}", first + number as u64);
        let tally = rig.round(&Round {
            order: json!({"build": build, "account": account, "fault": fault}),
            account,
            faults: BTreeMap::from([((*control).to_owned(), (*fault).to_owned())]),
            collect,
            asked: &["--benchmark", benchmark, "--control", control],
        });
        tally.say(emulator, &format!("{control} {fault}"));
        tallies.push(tally);
    }
    sum_up(emulator, &tallies);
}

/// The faults of what is recorded.
fn records(emulator: &str) {
    let pairs = OF_RECORDS.iter().flat_map(|(control, benchmark, faults)| {
        faults.iter().map(|fault| (*control, *benchmark, *fault))
    });
    let pairs: Vec<_> = pairs.collect();
    of_each(emulator, 400_000_000_000, &pairs, "recording", TWO_REGIONS);
}

/// The faults of rules in every Region.
fn rules(emulator: &str) {
    let (control, benchmark, faults) = OF_RULES;
    let pairs = faults.map(|fault| (control, benchmark, fault));
    of_each(emulator, 500_000_000_000, &pairs, "ruled", &[]);
}

#[test]
fn every_fault_that_ministack_holds_passes_after_the_printed_script() {
    closed_loop("ministack", 2, 0);
}

#[test]
fn every_fault_that_moto_holds_passes_after_the_printed_script() {
    closed_loop("moto", 1, 0);
}

#[test]
fn faults_of_what_is_recorded_pass_after_the_printed_script_on_ministack() {
    records("ministack");
}

#[test]
fn faults_of_what_is_recorded_pass_after_the_printed_script_on_moto() {
    records("moto");
}

#[test]
fn faults_of_rules_pass_after_the_printed_script_on_ministack() {
    rules("ministack");
}

#[test]
fn faults_of_rules_pass_after_the_printed_script_on_moto() {
    rules("moto");
}
