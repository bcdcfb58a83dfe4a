//! What was read: records, and the files that they lay in.

use std::collections::BTreeMap;

use crate::aws::arn;
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
    let records = &dossier.outcome.records;
    let mut first = count(records.read, "record");
    // Of counts that a query made nobody knows the files.
    if dossier.files.read > 0 {
        let files = count(dossier.files.read as u64, "file");
        first.push_str(&format!(" in {files}"));
    }
    first.push_str(&format!(", {} of them judged", records.judged));
    if let Some((from, to)) = &records.span {
        first.push_str(&format!(", from {from} to {to}"));
    }
    let mut lines = vec![first];
    let premises = words::premises(dossier.premises).into_iter();
    lines.extend(premises.map(|(option, meaning)| format!("assumed: {option}: {meaning}")));
    lines.extend(not_judged(records));
    lines.extend(of_files(dossier.files));
    lines
}

/// The records that were read and not judged, a sentence for each reason: with those that were judged they are all.
fn not_judged(records: &RecordsOutcome) -> Vec<String> {
    let strangers = records
        .distinct
        .saturating_sub(records.judged + records.doubtful);
    let reasons = [
        (
            records.duplicates,
            "read again with the same eventID: counted once".to_owned(),
        ),
        (
            records.outside.saturating_sub(records.other_accounts),
            "outside the time asked for".to_owned(),
        ),
        (
            records.other_accounts,
            "of other accounts than those asked for".to_owned(),
        ),
        (
            records.unplaced,
            "without an account, or a time as CloudTrail writes it: not counted".to_owned(),
        ),
        (
            records.doubtful,
            "that the query could not decide to the letter: read them with trailproof".to_owned(),
        ),
        (
            strangers,
            format!(
                "of accounts that the snapshot does not hold, and not judged: {}",
                of_strangers(&records.strangers)
            ),
        ),
    ];
    let told = reasons.into_iter().filter(|(number, _)| *number > 0);
    told.map(|(number, why)| format!("{} {why}", count(number, "record")))
        .collect()
}

/// Accounts with their records, the most first. What stands there and is no account id is not repeated.
fn of_strangers(strangers: &BTreeMap<String, u64>) -> String {
    let mut accounts: Vec<(&String, &u64)> = strangers.iter().collect();
    // The order by id stays among equals.
    accounts.sort_by_key(|(_, number)| std::cmp::Reverse(**number));
    let ids = accounts.iter().filter(|(id, _)| arn::is_account(id));
    let mut named: Vec<String> = ids
        .take(SHOWN)
        .map(|(id, number)| format!("`{id}` ({number})"))
        .collect();
    match accounts.len().saturating_sub(named.len()) {
        0 => {}
        more if named.is_empty() => named.push(format!("{more} that are no account ids")),
        more => named.push(format!("{more} more")),
    }
    named.join(", ")
}

/// Why no record was judged although some were read, in a sentence; none where one was.
pub fn none_judged(records: &RecordsOutcome) -> Option<String> {
    (records.read > 0 && records.judged == 0)
        .then(|| format!("no record was judged: {}", not_judged(records).join("; ")))
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
