//! What was read: records, and the files that they lay in.

use std::collections::BTreeMap;

use crate::replay::RecordsOutcome;
use crate::replay::records::Leftover;
use crate::report::words;

use super::ReplayDossier;
use super::sentences::{SHOWN, count};

/// What became of the files that were named, and of what lay in folders.
#[derive(Debug, Clone, Default)]
pub struct FilesRead {
    /// How many were read, to their end or not.
    pub read: usize,
    /// How much in folders was left alone, by the reason.
    pub left_alone: BTreeMap<Leftover, usize>,
    /// Files without a CloudTrail record: they hold something else, or nothing.
    pub without_records: Vec<String>,
    /// Values and log events in all files that are no CloudTrail records.
    pub others: u64,
    /// Files and folders that could not be read to their end, and why.
    pub damaged: Vec<(String, String)>,
}

/// What was read, a sentence each.
pub(super) fn read(dossier: ReplayDossier<'_>) -> Vec<String> {
    let records: &RecordsOutcome = &dossier.outcome.records;
    let mut first = format!(
        "{} in {}, {} of them distinct",
        count(records.read, "record"),
        count(dossier.files.read as u64, "file"),
        records.distinct
    );
    if let Some((from, to)) = &records.span {
        first.push_str(&format!(", from {from} to {to}"));
    }
    let mut lines = vec![first];
    let premises = words::premises(dossier.premises).into_iter();
    lines.extend(premises.map(|(option, meaning)| format!("assumed: {option}: {meaning}")));
    let mut remark = |number: u64, what: &str| {
        if number > 0 {
            lines.push(format!("{} {what}", count(number, "record")));
        }
    };
    remark(
        records.duplicates,
        "read again with the same eventID: counted once",
    );
    remark(
        records.outside,
        "outside the time or the accounts asked for",
    );
    remark(
        records.unplaced,
        "without a time or an account: not counted",
    );
    remark(
        records.doubtful,
        "that the query could not decide to the letter: read them with trailproof",
    );
    remark(
        records.strangers.values().sum(),
        "of accounts that the snapshot does not hold: not judged",
    );
    lines.extend(of_files(dossier.files));
    lines
}

/// What was passed over and what is damaged, a sentence each.
fn of_files(files: &FilesRead) -> Vec<String> {
    let mut lines = Vec::new();
    if files.others > 0 {
        let values = count(files.others, "value");
        lines.push(format!(
            "{values} or log events passed over: no CloudTrail records"
        ));
    }
    if let Some(first) = files.without_records.first() {
        let (number, first) = (files.without_records.len() as u64, first);
        lines.push(format!(
            "{} without any CloudTrail record: {first}{}",
            count(number, "file"),
            if number > 1 { " and others" } else { "" }
        ));
    }
    if !files.left_alone.is_empty() {
        let reasons = files.left_alone.iter();
        let reasons = reasons.map(|(why, number)| format!("{number} {}", leftover(*why)));
        let reasons: Vec<String> = reasons.collect();
        lines.push(format!("left alone in folders: {}", reasons.join(", ")));
    }
    for (file, why) in files.damaged.iter().take(SHOWN) {
        lines.push(format!("{file} {why}; the rest of it is not counted"));
    }
    if files.damaged.len() > SHOWN {
        lines.push(format!(
            "{} more files are damaged",
            files.damaged.len() - SHOWN
        ));
    }
    lines
}

/// Why something in a folder was left alone, after its number.
fn leftover(why: Leftover) -> &'static str {
    match why {
        Leftover::NoRecords => "with digests or the files of other services",
        Leftover::OtherName => "without the name of a log file",
        Leftover::Link => "symbolic links",
        Leftover::Special => "that are no files, or lie too deep",
    }
}

/// The name of a reason to leave something alone, for programs.
pub(super) fn code(why: Leftover) -> &'static str {
    match why {
        Leftover::NoRecords => "other_service",
        Leftover::OtherName => "other_name",
        Leftover::Link => "link",
        Leftover::Special => "special",
    }
}
