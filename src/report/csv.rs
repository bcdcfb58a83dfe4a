//! One line a finding, as RFC 4180 has it.

use crate::analyze::Analysis;

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
            &finding.reason,
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
        out.push_str(&fields.map(field).join(","));
        out.push_str("\r\n");
    }
    out
}

/// A field, quoted where it must be. A leading `=`, `+`, `-` or `@` would be a formula to a spreadsheet: an apostrophe
/// in front makes it text.
fn field(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn fields_are_quoted_and_no_formula() {
        assert_eq!(field("plain"), "plain");
        assert_eq!(field("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(field("=HYPERLINK(1)"), "'=HYPERLINK(1)");
    }
}
