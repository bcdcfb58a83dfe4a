//! One line a finding, as RFC 4180 has it.

use std::borrow::Cow;

use crate::analyze::Analysis;

use super::printable::{one_line, unprintable};
use super::words;

/// The columns, in order.
const COLUMNS: &str = "account,control,benchmark,benchmark_id,status,audit_steps,broken_link,reason,witness,accepted_by,accepted_until";

/// The analysis as CSV with a header line.
pub(super) fn render(analysis: &Analysis) -> String {
    let mut out = format!("{COLUMNS}\r\n");
    for finding in &analysis.findings {
        let witness = finding
            .witness
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        let audit_steps = finding
            .audit_steps
            .as_ref()
            .map_or(String::new(), |audit_steps| audit_steps.answer.to_string());
        let fields = [
            finding.account.as_str(),
            &finding.control,
            &analysis.benchmark,
            finding.benchmark_id.as_deref().unwrap_or_default(),
            finding.status.as_str(),
            &audit_steps,
            finding.broken_link.map_or("", |id| id.code()),
            &words::reason(finding),
            &witness,
            finding
                .accepted
                .as_ref()
                .map_or("", |accepted| &accepted.by),
            finding
                .accepted
                .as_ref()
                .map_or("", |accepted| &accepted.expires),
        ];
        out.push_str(&record(&fields.map(field)));
    }
    out
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
