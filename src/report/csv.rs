//! One line a finding, as RFC 4180 has it.

use std::borrow::Cow;

use super::dossier::{Dossier, Item};
use super::printable::{one_line, unprintable};
use super::words;

/// The columns, in order: what a reader sorts and acts by comes first.
const COLUMNS: [&str; 24] = [
    "severity",
    "frameworks",
    "fix",
    "status",
    "account",
    "account_name",
    "benchmark",
    "benchmark_id",
    "control",
    "title",
    "category",
    "audit_steps",
    "broken_link",
    "reason",
    "witness",
    "evidence",
    "assumptions",
    "fingerprint",
    "accepted_by",
    "accepted_until",
    "accepted_because",
    "collected_at",
    "root_sha256",
    "verified",
];

/// The analysis as CSV with a header line; with `failing`, without what passes.
pub(super) fn render(dossier: Dossier<'_>, failing: bool) -> String {
    let mut out = header();
    rows(dossier, dossier.items(), failing, &mut out);
    out
}

/// The header line.
pub(super) fn header() -> String {
    record(&COLUMNS.map(field))
}

/// A line for each of these findings.
pub(super) fn rows<'a>(
    dossier: Dossier<'_>,
    items: impl Iterator<Item = Item<'a>>,
    failing: bool,
    out: &mut String,
) {
    let shown = |item: &Item<'_>| !failing || item.finding.is_open();
    for item in items.filter(shown) {
        let finding = item.finding;
        let frameworks: Vec<String> = item
            .frameworks()
            .iter()
            .map(|framework| match framework.sections.as_slice() {
                [] => framework.title.clone(),
                sections => format!("{}: {}", framework.title, sections.join(", ")),
            })
            .collect();
        let evidence = item.evidence_ids(" ");
        let accepted = finding.accepted.as_ref();
        let premises = words::premises(&dossier.analysis.premises).into_iter();
        let premises = premises.map(|(option, _)| option);
        let assumptions: Vec<String> = words::rests_on(finding).chain(premises).collect();
        let fields = [
            finding.severity.to_string(),
            frameworks.join("; "),
            item.fix().unwrap_or_default(),
            finding.status.as_str().to_owned(),
            finding.account.clone(),
            dossier
                .account_name(&finding.account)
                .unwrap_or_default()
                .to_owned(),
            dossier.analysis.benchmark.clone(),
            finding.benchmark_id.clone().unwrap_or_default(),
            finding.control.clone(),
            finding.title.clone(),
            item.control
                .and_then(|control| control.category.clone())
                .unwrap_or_default(),
            finding
                .audit_steps
                .as_ref()
                .map_or(String::new(), |steps| steps.answer.to_string()),
            finding.broken_link.map_or("", |id| id.code()).to_owned(),
            words::reason(finding),
            finding
                .witness
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            evidence,
            assumptions.join("; "),
            item.fingerprint.clone(),
            accepted.map_or(String::new(), |accepted| accepted.by.clone()),
            accepted.map_or(String::new(), |accepted| accepted.expires.clone()),
            accepted.map_or(String::new(), |accepted| accepted.reason.clone()),
            dossier.time().to_owned(),
            dossier
                .analysis
                .snapshot
                .root_sha256
                .clone()
                .unwrap_or_default(),
            dossier.analysis.snapshot.verified.to_string(),
        ];
        out.push_str(&record(&fields.map(|text| field(&text))));
    }
}

/// A line of fields, ended as RFC 4180 has it.
pub(crate) fn record(fields: &[String]) -> String {
    format!("{}\r\n", fields.join(","))
}

/// A field from data, quoted where it must be, on one line. What a spreadsheet would take for a formula gets an
/// apostrophe in front, which makes it text: a leading `=`, `+`, `-` or `@`, in its full-width form too, after blanks
/// too, and a leading tab or line break.
pub(crate) fn field(text: &str) -> String {
    let formula = |c: char| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
    let hidden = |c: char| c.is_whitespace() || unprintable(c);
    let dangerous = text.starts_with(['\t', '\r', '\n'])
        || text.trim_start_matches(hidden).starts_with(formula);
    let text = one_line(text);
    let text = if dangerous {
        Cow::Owned(format!("'{text}"))
    } else {
        text
    };
    if text.contains([',', '"', ';']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn fields_are_quoted_and_no_formula() {
        assert_eq!(field("plain"), "plain");
        assert_eq!(field("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(field("a\nb"), "a\\nb");
        for formula in [
            "=1",
            "+1",
            "-1",
            "@x",
            "\t=1",
            "\r1",
            "\nx",
            "＝1",
            "＋1",
            "－1",
            "＠x",
            " =1",
            "\u{200b}=1",
        ] {
            assert!(field(formula).starts_with('\''), "{formula:?}");
        }
    }
}
