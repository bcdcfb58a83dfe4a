//! Attestations: a person accepts a named finding, with a reason, an evidence reference and a last day. An accepted
//! finding keeps its status; it is shown as accepted and counted apart. Nothing is accepted silently, for ever, or by pattern:
//! accounts are listed one by one, and what lasts longer than eighteen months says why.

use std::path::Path;

use serde::Deserialize;

use super::analysis::{Analysis, SnapshotSummary};
use super::finding::{Attestation, Finding, NotAccepted, RefusedAttestation};
use crate::aws::arn;

/// How many months an attestation may last beyond the snapshot without saying why.
const MONTHS: i8 = 18;

/// Why an attestation file cannot be used. The user who wrote it can fix each of these.
#[derive(Debug, thiserror::Error)]
pub enum AttestationError {
    /// The file cannot be read.
    #[error("attestation file `{path}` cannot be read")]
    Read {
        /// The file.
        path: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file is no TOML, or has a missing or unknown key.
    #[error("attestation file `{path}` is not valid: {message}")]
    Parse {
        /// The file.
        path: String,
        /// What is wrong and where.
        message: String,
    },
    /// An entry says nothing where it must say something.
    #[error("attestation {position} of `{path}`: {fault}")]
    Entry {
        /// The file.
        path: String,
        /// Which entry, from 1.
        position: usize,
        /// What is wrong with it.
        fault: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    accept: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    control: String,
    account: Option<String>,
    accounts: Option<Vec<String>>,
    reason: String,
    by: String,
    evidence: String,
    expires: toml::Value,
    longer_because: Option<String>,
}

impl Entry {
    /// The accounts that it speaks about: one, or a list.
    fn accounts(&self) -> Result<Vec<String>, String> {
        let accounts = match (&self.account, &self.accounts) {
            (Some(one), None) => vec![one.clone()],
            (None, Some(list)) if !list.is_empty() => list.clone(),
            (None, Some(_)) => return Err("`accounts` is empty".to_owned()),
            (None, None) => return Err("it names neither `account` nor `accounts`".to_owned()),
            (Some(_), Some(_)) => {
                return Err("it names both `account` and `accounts`; one is enough".to_owned());
            }
        };
        match accounts.iter().find(|it| !arn::is_account(it)) {
            Some(other) => Err(format!(
                "the account `{other}` is not 12 digits; each account is listed, there is no wildcard"
            )),
            None => Ok(accounts),
        }
    }
}

/// Reads an attestation file.
pub fn read(path: &Path) -> Result<Vec<Attestation>, AttestationError> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|source| AttestationError::Read {
        path: name.clone(),
        source,
    })?;
    parse(&text, &name)
}

/// What is wrong with a file, and in which line.
fn told(error: &toml::de::Error, text: &str) -> String {
    let message = error.message().trim_end_matches('.');
    let before = error.span().and_then(|span| text.get(..span.start));
    match before {
        Some(before) => format!("line {}: {message}", before.matches('\n').count() + 1),
        None => message.to_owned(),
    }
}

/// Parses the text of an attestation file; `path` is for messages.
pub fn parse(text: &str, path: &str) -> Result<Vec<Attestation>, AttestationError> {
    let file: File = toml::from_str(text).map_err(|error| AttestationError::Parse {
        path: path.to_owned(),
        message: told(&error, text),
    })?;
    let mut attestations: Vec<Attestation> = Vec::new();
    for (index, entry) in file.accept.into_iter().enumerate() {
        let fault = |fault: String| AttestationError::Entry {
            path: path.to_owned(),
            position: index + 1,
            fault,
        };
        let expires = day(&entry.expires).ok_or_else(|| {
            fault("`expires` is no day; expected one such as 2027-01-31".to_owned())
        })?;
        for (key, value) in [
            ("control", &entry.control),
            ("reason", &entry.reason),
            ("by", &entry.by),
            ("evidence", &entry.evidence),
        ] {
            if value.trim().is_empty() {
                return Err(fault(format!("`{key}` is empty")));
            }
        }
        if entry
            .longer_because
            .as_ref()
            .is_some_and(|why| why.trim().is_empty())
        {
            return Err(fault("`longer_because` is empty".to_owned()));
        }
        for account in entry.accounts().map_err(fault)? {
            let is_same = |it: &Attestation| it.control == entry.control && it.account == account;
            if attestations.iter().any(is_same) {
                return Err(fault(format!(
                    "control `{}` of account {account} is attested twice",
                    entry.control
                )));
            }
            attestations.push(Attestation {
                control: entry.control.clone(),
                account,
                reason: entry.reason.clone(),
                by: entry.by.clone(),
                evidence: entry.evidence.clone(),
                expires: expires.clone(),
                longer_because: entry.longer_because.clone(),
            });
        }
    }
    Ok(attestations)
}

/// A TOML date, or a string that is one, as `YYYY-MM-DD`.
fn day(value: &toml::Value) -> Option<String> {
    let text = match value {
        toml::Value::Datetime(datetime) if datetime.time.is_none() => datetime.to_string(),
        toml::Value::String(text) => text.clone(),
        _ => return None,
    };
    let date: jiff::civil::Date = text.parse().ok()?;
    (date.to_string() == text).then_some(text)
}

/// Accepts the findings that the attestations name. "Today" is the day of the snapshot, so that the answer never
/// depends on when it is asked.
pub fn apply(analysis: &mut Analysis, attestations: &[Attestation]) {
    let today = day_of(&analysis.snapshot);
    for attestation in attestations {
        let finding = analysis.findings.iter_mut().find(|finding| {
            finding.account == attestation.account && finding.control == attestation.control
        });
        let refused = match finding {
            None => Some(NotAccepted::NoSuchFinding),
            Some(finding) => accept(finding, attestation, &today).err(),
        };
        if let Some(why) = refused {
            analysis.refused.push(RefusedAttestation {
                attestation: attestation.clone(),
                why,
            });
        }
    }
}

/// The day of a snapshot.
pub fn day_of(snapshot: &SnapshotSummary) -> String {
    let time = snapshot.finished_at.as_ref();
    time.unwrap_or(&snapshot.started_at)
        .chars()
        .take(10)
        .collect()
}

/// Accepts a finding of a snapshot of this day; the error says why it is left as it is.
pub fn accept(
    finding: &mut Finding,
    attestation: &Attestation,
    today: &str,
) -> Result<(), NotAccepted> {
    check(finding, attestation, today)?;
    finding.accepted = Some(attestation.clone());
    Ok(())
}

/// Whether an attestation accepts a finding; the error says why not.
fn check(finding: &Finding, attestation: &Attestation, today: &str) -> Result<(), NotAccepted> {
    if !finding.is_open() {
        return Err(NotAccepted::NothingToAccept {
            status: finding.status,
        });
    }
    let expires = &attestation.expires;
    // Days in this form are in the order of their texts.
    if expires.as_str() < today {
        return Err(NotAccepted::Expired {
            expires: expires.clone(),
            snapshot: today.to_owned(),
        });
    }
    if attestation.longer_because.is_none() && latest(today).is_some_and(|last| *expires > last) {
        return Err(NotAccepted::LastsTooLong {
            expires: expires.clone(),
            snapshot: today.to_owned(),
            months: MONTHS,
        });
    }
    Ok(())
}

/// The last day that needs no reason; none where the snapshot's own day does not read as one.
fn latest(today: &str) -> Option<String> {
    let today: jiff::civil::Date = today.parse().ok()?;
    let last = today.checked_add(jiff::Span::new().months(MONTHS)).ok()?;
    Some(last.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::about::about;
    use crate::analyze::decision::Decision;
    use crate::analyze::{SnapshotSummary, Status, Why};
    use crate::control::Registry;

    const ENTRY: &str = r#"
[[accept]]
control = "root_usage"
account = "111122223333"
reason = "watched by the SIEM"
by = "Jo"
evidence = "TICKET-1"
expires = 2026-06-30
"#;

    fn analysis(finished_at: &str, status: Status) -> Analysis {
        let registry = Registry::builtin().unwrap();
        let benchmark = registry.default_benchmark().unwrap();
        let control = about(
            &registry,
            benchmark,
            registry.control("root_usage").unwrap(),
        );
        let decision = Decision::new(status, Why::NoRequirement);
        Analysis {
            snapshot: SnapshotSummary {
                finished_at: Some(finished_at.into()),
                ..Default::default()
            },
            findings: vec![decision.finding("111122223333", &control)],
            ..Default::default()
        }
    }

    #[test]
    fn a_finding_is_accepted_until_the_last_day() {
        let attestations = parse(ENTRY, "a.toml").unwrap();
        for (at, accepted) in [
            ("2026-06-30T23:00:00.000Z", true),
            ("2026-07-01T00:00:00.000Z", false),
        ] {
            for status in [Status::Fail, Status::Unknown] {
                let mut analysis = analysis(at, status);
                apply(&mut analysis, &attestations);
                assert_eq!(analysis.findings[0].accepted.is_some(), accepted);
                assert_eq!(
                    analysis.findings[0].status, status,
                    "accepting changes no status"
                );
                assert_eq!(analysis.refused.len(), usize::from(!accepted));
            }
        }
    }

    #[test]
    fn one_entry_speaks_for_a_list_of_accounts() {
        let many = ENTRY.replace(
            "account = \"111122223333\"",
            "accounts = [\"111122223333\", \"444455556666\"]",
        );
        let attestations = parse(&many, "a.toml").unwrap();
        assert_eq!(attestations.len(), 2);
        assert_eq!(attestations[1].account, "444455556666");
        assert_eq!(attestations[0].by, attestations[1].by);
        let twice = many.replace("444455556666", "111122223333");
        assert!(
            parse(&twice, "a.toml")
                .unwrap_err()
                .to_string()
                .contains("twice")
        );
    }

    #[test]
    fn what_lasts_longer_than_eighteen_months_says_why_or_is_refused() {
        for (day, longer, accepted) in [
            ("2026-06-30", "", true),
            ("2026-07-01", "", false),
            ("2099-12-31", "", false),
            (
                "2099-12-31",
                "longer_because = \"the contract ends then\"\n",
                true,
            ),
        ] {
            let text = ENTRY.replace("2026-06-30", day) + longer;
            let mut analysis = analysis("2024-12-30T10:00:00.000Z", Status::Fail);
            apply(&mut analysis, &parse(&text, "a.toml").unwrap());
            assert_eq!(analysis.findings[0].accepted.is_some(), accepted, "{text}");
            assert!(
                accepted
                    || matches!(
                        analysis.refused[0].why,
                        NotAccepted::LastsTooLong { months: 18, .. }
                    )
            );
        }
    }

    #[test]
    fn what_matches_nothing_is_refused_and_told() {
        let mut attestations = parse(ENTRY, "a.toml").unwrap();
        let mut passed = analysis("2026-01-01T00:00:00.000Z", Status::Pass);
        apply(&mut passed, &attestations);
        assert!(passed.findings[0].accepted.is_none());
        let status = Status::Pass;
        assert_eq!(
            passed.refused[0].why,
            NotAccepted::NothingToAccept { status }
        );
        attestations[0].account = "444455556666".into();
        let mut other = analysis("2026-01-01T00:00:00.000Z", Status::Fail);
        apply(&mut other, &attestations);
        assert!(other.findings[0].accepted.is_none());
        assert_eq!(other.refused[0].why, NotAccepted::NoSuchFinding);
    }

    #[test]
    fn a_file_with_a_hole_is_an_error_that_names_it() {
        for (from, to, said) in [
            (
                "reason = \"watched by the SIEM\"",
                "reason = \" \"",
                "`reason` is empty",
            ),
            ("by = \"Jo\"\n", "", "missing field `by`"),
            ("2026-06-30", "\"soon\"", "`expires` is no day"),
            ("2026-06-30", "2026-06-30T10:00:00Z", "`expires` is no day"),
            ("111122223333", "*", "there is no wildcard"),
            ("account = \"111122223333\"\n", "", "neither `account` nor"),
            (
                "account = \"111122223333\"",
                "accounts = []",
                "`accounts` is empty",
            ),
            ("evidence", "evidnce", "unknown field `evidnce`"),
        ] {
            let error = parse(&ENTRY.replace(from, to), "a.toml")
                .unwrap_err()
                .to_string();
            assert!(error.contains(said), "{error}");
        }
        let twice = parse(&ENTRY.repeat(2), "a.toml").unwrap_err().to_string();
        assert!(
            twice.contains("attestation 2") && twice.contains("twice"),
            "{twice}"
        );
    }

    /// The parser's drawing of the place came out as one line with `\\n` in it.
    #[test]
    fn what_is_wrong_with_a_file_is_one_line_with_its_number() {
        let error = parse("# ours\n[[accept]]\ncontrol = \"root_usage\"\n", "a.toml");
        let error = error.unwrap_err().to_string();
        let start = "attestation file `a.toml` is not valid: line 2: missing field";
        assert!(error.starts_with(start) && !error.contains('\n'), "{error}");
    }
}
