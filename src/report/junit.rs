//! JUnit XML, as build servers read it: a suite an account, a case a control. A fail is a failure, what is not decided is
//! an error, what was accepted or asks for nothing is skipped and says why.

use crate::analyze::Status;

use super::dossier::{Dossier, Item};
use super::printable::one_line;
use super::text::witness_line;
use super::words;

/// The analysis as XML.
pub(super) fn render(dossier: Dossier<'_>) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let summary = dossier.analysis.summary();
    let items: Vec<Item<'_>> = dossier.items().collect();
    let all = Counts::of(items.iter());
    out.push_str(&format!(
        "<testsuites name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n",
        content(&dossier.analysis.benchmark_title),
        summary.pass + summary.fail + summary.unknown + summary.not_applicable,
        all.failures,
        all.errors,
    ));
    // Findings come account by account.
    for cases in items.chunk_by(|one, next| one.finding.account == next.finding.account) {
        let account = cases.first().map_or("", |item| &item.finding.account);
        let counts = Counts::of(cases.iter());
        let name = match dossier.account_name(account) {
            Some(name) => format!("{account} ({name})"),
            None => account.to_owned(),
        };
        out.push_str(&format!(
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" timestamp=\"{}\" time=\"0\">\n",
            content(&name),
            cases.len(),
            counts.failures,
            counts.errors,
            counts.skipped,
            content(second(dossier.time())),
        ));
        out.push_str("    <properties>\n");
        for (name, value) in dossier.provenance(Some(account)) {
            out.push_str(&format!(
                "      <property name=\"{name}\" value=\"{}\"/>\n",
                content(&value)
            ));
        }
        out.push_str("    </properties>\n");
        for item in cases {
            case(&mut out, item, &dossier.analysis.benchmark);
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

#[derive(Default)]
struct Counts {
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn of<'a>(items: impl Iterator<Item = &'a Item<'a>>) -> Self {
        let mut counts = Self::default();
        for item in items {
            match (item.finding.status, item.open()) {
                (Status::Fail, true) => counts.failures += 1,
                (Status::Unknown, true) => counts.errors += 1,
                (Status::Pass, _) => {}
                _ => counts.skipped += 1,
            }
        }
        counts
    }
}

fn case(out: &mut String, item: &Item<'_>, benchmark: &str) {
    let finding = item.finding;
    out.push_str(&format!(
        "    <testcase name=\"{}\" classname=\"{}\" time=\"0\"",
        content(&format!("{}: {}", item.numbered(), finding.title)),
        content(&format!("trailproof.{benchmark}.{}", finding.account)),
    ));
    let id = finding
        .broken_link
        .map_or(finding.status.as_str(), |id| id.code());
    let element = match (finding.status, item.open()) {
        (Status::Pass, _) => None,
        (Status::Fail, true) => Some("failure"),
        (Status::Unknown, true) => Some("error"),
        _ => Some("skipped"),
    };
    out.push_str(">\n");
    if element == Some("skipped") {
        out.push_str(&format!(
            "      <skipped message=\"{}\"/>\n",
            content(&item.told())
        ));
    } else if let Some(element) = element {
        // Some servers show the text alone, others the message above it.
        let mut lines = vec![words::reason(finding)];
        if let Some(witness) = &finding.witness {
            lines.push(format!("lost: {}", witness_line(witness, &finding.marks)));
        }
        if let Some(fix) = item.fix() {
            lines.push(format!("what to change: {fix}"));
        }
        let text: Vec<String> = lines.iter().map(|line| content(line)).collect();
        out.push_str(&format!(
            "      <{element} message=\"{}\" type=\"{}\">{}</{element}>\n",
            content(&words::reason(finding)),
            content(id),
            text.join("\n"),
        ));
    }
    out.push_str(&format!(
        "      <system-out>{}</system-out>\n    </testcase>\n",
        content(&rests_on(item))
    ));
}

/// What a case that passes tells too: how grave a fail would be, what was looked at, and by what it is known again.
fn rests_on(item: &Item<'_>) -> String {
    format!(
        "severity: {}; evidence rows: {}; fingerprint: {}",
        item.finding.severity.as_str(),
        item.evidence(),
        item.fingerprint
    )
}

/// `2026-11-20T10:00:09.123Z` without its fraction, which some readers refuse.
fn second(time: &str) -> &str {
    time.get(..19).unwrap_or(time)
}

/// Text between tags or quotes. Characters that XML cannot hold were spelled out.
fn content(text: &str) -> String {
    let mut out = String::new();
    for c in one_line(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c => out.push(c),
        }
    }
    out
}
