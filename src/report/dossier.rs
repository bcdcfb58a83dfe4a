//! What the formats for programs and archives share: each finding with what a reader of a single row needs to know of it,
//! and what was seen of the snapshot besides its findings. The one place that turns a finding into severity, fingerprint,
//! fix and evidence, so that no two formats say different things.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use crate::analyze::{Analysis, ControlSummary, Finding, FrameworkSections, Note, Remark, Status};
use crate::aws::arn::Arn;
use crate::chain::verdict::Subject;

use super::fix::Fix;
use super::repair::{self, Repair};
use super::text::{some, witness_line};
use super::words;

/// What judged.
pub(super) const ANALYZER: &str = concat!("trailproof ", env!("CARGO_PKG_VERSION"));

/// What a report is made of.
#[derive(Debug, Clone, Copy)]
pub struct Dossier<'a> {
    /// The findings.
    pub analysis: &'a Analysis,
    /// What else the snapshot says.
    pub about: &'a About,
}

/// What a report says of a snapshot besides its findings. Everything may be missing: a report then says less.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The snapshot's path as a relative reference, for formats that want a file.
    pub file: String,
    /// The snapshot as it was named on the command line, quoted for a shell.
    pub argument: String,
    /// That, and the options that say which questions were asked: what a next command begins with.
    pub again: String,
    /// The options that name the controls which alone were asked for, each with a blank before it.
    pub narrowed: String,
    /// The option that names what was accepted, with a blank before it.
    pub accepting: String,
    /// The accounts by id.
    pub accounts: BTreeMap<String, AboutAccount>,
    /// How many other accounts the snapshot holds, about which nobody asked.
    pub left_out_accounts: usize,
    /// Active accounts of the organization, where it was listed.
    pub organization_accounts: Option<usize>,
    /// The evidence rows that findings cite.
    pub evidence: BTreeMap<i64, EvidenceRow>,
    /// The fix of each finding, by account and control, where it was looked for.
    pub fixes: BTreeMap<(String, String), Fix>,
}

impl About {
    /// What is to be known of the commands of a fix before they are pasted.
    pub(super) fn pasted(&self, finding: &Finding) -> String {
        format!(
            "what is pasted changes whatever stands there by now, in the account of the credentials; `trailproof remediate {} \
             --account {} --control {}` prints a script that looks first whether something else stands there, refuses to run in \
             another account, changes nothing twice and takes its changes back",
            self.again, finding.account, finding.control
        )
    }

    /// Who asked, each identity once, in order.
    pub(super) fn callers(&self) -> Vec<&str> {
        let callers = self.accounts.values().filter_map(|it| it.caller.as_deref());
        let callers: BTreeSet<&str> = callers.collect();
        callers.into_iter().collect()
    }

    /// How many Regions were asked for trails, and how many of them answered, over all accounts.
    pub(super) fn regions(&self) -> (usize, usize) {
        let accounts = self.accounts.values();
        accounts.fold((0, 0), |(asked, answered), it| {
            (asked + it.regions, answered + it.regions_answered)
        })
    }
}

/// What was seen of one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AboutAccount {
    /// Its name in the organization.
    pub name: Option<String>,
    /// Who asked.
    pub caller: Option<String>,
    /// Regions that are enabled, as far as AWS told them, and others that were asked for trails.
    pub regions: usize,
    /// Of those: Regions that were asked for trails and answered.
    pub regions_answered: usize,
    /// Calls that were recorded.
    pub calls: usize,
}

/// One recorded call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceRow {
    /// Region asked.
    pub region: String,
    /// Endpoint prefix.
    pub service: String,
    /// API operation.
    pub operation: String,
    /// When the answer was complete.
    pub at: String,
    /// Error code, where there was no answer.
    pub error: Option<String>,
    /// Digest of the answer's bytes.
    pub sha256: String,
}

/// A finding with what a reader of this one row needs.
pub(super) struct Item<'a> {
    pub(super) finding: &'a Finding,
    pub(super) control: Option<&'a ControlSummary>,
    /// Stable over runs and wordings: account, control, what is wrong, and with which resource.
    pub(super) fingerprint: String,
}

impl<'a> Dossier<'a> {
    /// The findings in their order.
    pub(super) fn items(self) -> impl Iterator<Item = Item<'a>> {
        let findings = self.analysis.findings.iter();
        findings.map(move |finding| self.item(finding))
    }

    /// A finding of this analysis, or of an account that it does not hold.
    pub(super) fn item<'f>(self, finding: &'f Finding) -> Item<'f>
    where
        'a: 'f,
    {
        Item {
            finding,
            control: self.analysis.control(finding),
            fingerprint: fingerprint(finding),
        }
    }

    /// What to paste for a finding; none where no fix was looked for, nothing is open, or evidence alone is missing.
    pub(super) fn fix(self, item: &Item<'_>) -> Option<&'a Fix> {
        let finding = item.finding;
        let key = (finding.account.clone(), finding.control.clone());
        let fix = self.about.fixes.get(&key)?;
        let tells = !fix.commands.is_empty() || repair::by_change(finding);
        (item.open() && tells).then_some(fix)
    }

    /// What is to be changed, in general; nothing where a fix was tried, whose commands say it of this very account.
    pub(super) fn repairs(self, item: &Item<'_>) -> Vec<Repair> {
        match self.fix(item) {
            Some(fix) if !fix.commands.is_empty() => Vec::new(),
            _ => repair::repairs(item.finding, item.control),
        }
    }

    /// How many accounts the snapshot holds, those about which nobody asked among them.
    pub(super) fn recorded_accounts(self) -> usize {
        self.analysis.accounts.len() + self.about.left_out_accounts
    }

    /// `, 1 of them asked about`; nothing where all were.
    pub(super) fn asked_about(self) -> String {
        match self.about.left_out_accounts {
            0 => String::new(),
            _ => format!(", {} of them asked about", self.analysis.accounts.len()),
        }
    }

    /// The account's name, where it has one.
    pub(super) fn account_name(self, account: &str) -> Option<&'a str> {
        self.about.accounts.get(account)?.name.as_deref()
    }

    /// What findings rest on, for formats that have a place for names and values: which snapshot, collected when and by whom,
    /// how completely it was answered, what judged it, and what was assumed. Of one account, its own caller and Regions.
    pub(super) fn provenance(self, of: Option<&str>) -> Vec<(&'static str, String)> {
        let (analysis, about) = (self.analysis, self.about);
        let seen = of.and_then(|account| about.accounts.get(account));
        let (callers, (regions, answered)) = match (of, seen) {
            (None, _) => (about.callers(), about.regions()),
            (Some(_), Some(it)) => (
                it.caller.as_deref().into_iter().collect(),
                (it.regions, it.regions_answered),
            ),
            (Some(_), None) => (Vec::new(), (0, 0)),
        };
        let mut facts = vec![
            ("analyzer", ANALYZER.to_owned()),
            ("producer", analysis.snapshot.producer.clone()),
            ("collected_at", self.time().to_owned()),
        ];
        let callers: Vec<String> = callers.into_iter().map(str::to_owned).collect();
        if !callers.is_empty() {
            facts.push(("collected_by", some(&callers)));
        }
        if regions > 0 {
            facts.push(("regions_answered", format!("{answered} of {regions}")));
        }
        let recorded = self.recorded_accounts();
        let accounts = match about.organization_accounts {
            Some(all) => format!("{recorded} of {all}"),
            None => recorded.to_string(),
        };
        facts.push(("accounts", format!("{accounts}{}", self.asked_about())));
        if let Some(digest) = &analysis.snapshot.root_sha256 {
            facts.push(("root_sha256", digest.clone()));
        }
        if !analysis.snapshot.verified {
            facts.push((
                "verified",
                "no: the file was not checked when it was opened".to_owned(),
            ));
        }
        let premises = words::premises(&analysis.premises);
        if !premises.is_empty() {
            let options: Vec<String> = premises.into_iter().map(|(option, _)| option).collect();
            facts.push(("assumed", options.join(", ")));
        }
        facts
    }

    /// When the snapshot was finished, or begun where it never was.
    pub(super) fn time(self) -> &'a str {
        let snapshot = &self.analysis.snapshot;
        snapshot
            .finished_at
            .as_deref()
            .unwrap_or(&snapshot.started_at)
    }

    /// That time in milliseconds since 1970, for formats that count.
    pub(super) fn milliseconds(self) -> i64 {
        self.time()
            .parse::<jiff::Timestamp>()
            .map_or(0, jiff::Timestamp::as_millisecond)
    }
}

impl<'a> Item<'a> {
    /// `5.3 root_usage`, or the control alone where the benchmark gives no number.
    pub(super) fn numbered(&self) -> String {
        match &self.finding.benchmark_id {
            Some(number) => format!("{number} {}", self.finding.control),
            None => self.finding.control.clone(),
        }
    }

    /// Fail or unknown, and nobody accepted it.
    pub(super) fn open(&self) -> bool {
        matches!(self.finding.status, Status::Fail | Status::Unknown)
            && self.finding.accepted.is_none()
    }

    /// Reason, lost event and acceptance, a sentence each: readers of findings show the first where there is little room.
    pub(super) fn told(&self) -> String {
        let mut text = words::reason(self.finding);
        if let Some(witness) = &self.finding.witness {
            let line = witness_line(witness, &self.finding.marks);
            text.push_str(&format!(". Lost: {line}"));
        }
        if let Some(accepted) = &self.finding.accepted {
            text.push_str(&format!(". It is {}", words::accepted(accepted)));
        }
        text
    }

    /// The evidence rows that it rests on, for people.
    pub(super) fn evidence(&self) -> String {
        let unnamed = |note: &Note| note.about == Remark::NamesNoEvidence;
        match self.finding.evidence.is_empty() {
            true if self.finding.notes.iter().any(unnamed) => "not named by the query".to_owned(),
            true => "none".to_owned(),
            false => self.evidence_ids(", "),
        }
    }

    /// The same as numbers alone.
    pub(super) fn evidence_ids(&self, between: &str) -> String {
        let rows = self.finding.evidence.iter();
        rows.map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(between)
    }

    /// What to change first; none where nothing is wrong.
    pub(super) fn fix(&self) -> Option<String> {
        let repairs = repair::repairs(self.finding, self.control);
        repairs.into_iter().next().map(|repair| repair.text)
    }

    /// What a reader may open next.
    pub(super) fn reference(&self) -> Option<&'a str> {
        let references = &self.control?.references;
        references
            .iter()
            .map(String::as_str)
            .find(|reference| reference.starts_with("https://"))
    }

    /// The frameworks that sources map to the control.
    pub(super) fn frameworks(&self) -> &'a [FrameworkSections] {
        self.control.map_or(&[], |control| &control.frameworks)
    }

    /// The resource that decides.
    pub(super) fn subject(&self) -> Option<&'a Subject> {
        self.finding.why.stop()?.subject.as_ref()
    }

    /// The Region of the resource that decides, or of the path.
    pub(super) fn region(&self) -> &'a str {
        let of_subject = self.subject().map(|subject| subject.region.as_str());
        let path = self.finding.paths.first();
        let arns = [
            path.and_then(|path| path.action.as_deref()),
            path.and_then(|path| path.log_group.as_deref()),
            path.and_then(|path| path.trail.as_deref()),
        ];
        let of_path = arns.into_iter().flatten().filter_map(Arn::parse);
        of_subject
            .into_iter()
            .chain(of_path.map(|arn| arn.region))
            .find(|region| !region.is_empty())
            .unwrap_or("us-east-1")
    }

    /// The partition of the account, from the ARN of the path's trail.
    pub(super) fn partition(&self) -> &'a str {
        self.finding
            .paths
            .first()
            .and_then(|path| path.trail.as_deref())
            .and_then(Arn::parse)
            .map_or("aws", |arn| arn.partition)
    }
}

/// Over account, control, the code of what is wrong and the resource that it is wrong with: no wording is in it, so it
/// stays when sentences change.
pub(super) fn fingerprint(finding: &Finding) -> String {
    let code = finding.why.code();
    let subject = finding.why.stop().and_then(|stop| stop.subject.as_ref());
    let subject = subject.map_or(String::new(), |subject| {
        // The ARN says it all where there is one; else kind and names do.
        subject.arn.clone().unwrap_or_else(|| {
            let within = subject.within.as_deref().unwrap_or_default();
            let place = [
                subject.account.as_str(),
                &subject.region,
                within,
                &subject.name,
            ];
            format!("{:?}/{}", subject.kind, place.join("/"))
        })
    });
    let mut hash = Sha256::new();
    for part in [&finding.account, &finding.control, &code, &subject] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex(&hash.finalize())
}

/// Bytes as lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every evidence row that a report may show, each once and in order.
pub fn cited(analysis: &Analysis) -> BTreeSet<i64> {
    let mut rows = BTreeSet::new();
    for finding in &analysis.findings {
        rows.extend(&finding.evidence);
        let links = finding.paths.iter().flat_map(|path| &path.links);
        rows.extend(links.flat_map(|link| &link.evidence));
    }
    rows
}

/// `snapshots/my file.trailproof` as a relative URI reference; of an absolute path, or one that leaves the folder, the
/// file's name.
pub fn file_reference(path: &str) -> String {
    let path = path.replace('\\', "/");
    let path = path.strip_prefix("./").unwrap_or(&path);
    let leaves =
        path.starts_with('/') || path.split('/').any(|part| part == "..") || path.contains("://");
    let path = if leaves {
        path.rsplit('/').next().unwrap_or(path)
    } else {
        path
    };
    let mut out = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_relative_to_the_repository() {
        for (path, expected) in [
            ("a/b c.trailproof", "a/b%20c.trailproof"),
            ("./x.trailproof", "x.trailproof"),
            ("/home/me/x.trailproof", "x.trailproof"),
            ("../x:y", "x%3Ay"),
            ("file://etc/x", "x"),
        ] {
            assert_eq!(file_reference(path), expected);
        }
    }
}
