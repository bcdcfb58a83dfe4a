//! The analysis for a pull request or a wiki: GitHub-flavoured Markdown.

use crate::analyze::{Analysis, Finding, Status};

use super::NOT_VERIFIED;
use super::marked::{cell, sentence};
use super::text::{audit_steps_word, count, status_word, witness_line};
use super::words;

/// The analysis as Markdown; with `failing`, without what passes.
pub(super) fn render(analysis: &Analysis, failing: bool) -> String {
    let summary = analysis.summary();
    let mut out = format!("# {}\n\n", sentence(&analysis.benchmark_title));
    out.push_str(&format!(
        "{} pass, {} fail, {} unknown, {} not applicable",
        summary.pass, summary.fail, summary.unknown, summary.not_applicable
    ));
    if summary.accepted > 0 {
        out.push_str(&format!(", {} accepted by attestation", summary.accepted));
    }
    out.push_str(".\n");
    if !analysis.snapshot.verified {
        out.push_str(&format!("\n**{NOT_VERIFIED}**\n"));
    }
    for assumption in &analysis.assumed {
        out.push_str(&format!(
            "\n**Assumed (`--assume {}`): {}.**\n",
            assumption.word(),
            words::assumed(*assumption)
        ));
    }
    if !analysis.snapshot.complete {
        out.push_str("\n**The snapshot is incomplete: its collection was cut short.**\n");
    }
    for account in &analysis.accounts {
        out.push_str(&format!("\n## Account {}\n\n", sentence(&account.account)));
        out.push_str(
            "| no. | control | status | audit steps | link | why |\n|---|---|---|---|---|---|\n",
        );
        for finding in analysis
            .findings
            .iter()
            .filter(|f| f.account == account.account && (!failing || f.is_open()))
        {
            row(&mut out, finding);
        }
        for gap in &account.gaps {
            out.push_str(&format!(
                "\n- not collected: {}",
                sentence(&words::gap(gap))
            ));
        }
        for note in &account.other_monitoring {
            out.push_str(&format!(
                "\n- other monitoring seen: {}",
                sentence(&words::note(note))
            ));
        }
        if !account.gaps.is_empty() || !account.other_monitoring.is_empty() {
            out.push('\n');
        }
    }
    let differ: Vec<&Finding> = analysis.disagreements().collect();
    if !differ.is_empty() {
        out.push_str(&format!(
            "\n## Audit steps and proof differ ({})\n\n",
            count(differ.len(), "finding")
        ));
        for finding in differ {
            let audit_steps = finding
                .audit_steps
                .as_ref()
                .map_or("", |steps| audit_steps_word(steps.answer));
            let why = finding
                .audit_steps
                .as_ref()
                .map_or(String::new(), |steps| steps.told());
            out.push_str(&format!(
                "- {} {}: audit steps {audit_steps} ({}), proof {}: {}\n",
                sentence(&finding.account),
                sentence(&format!("`{}`", finding.control)),
                sentence(&why),
                finding.status.as_str(),
                sentence(&words::reason(finding)),
            ));
        }
    }
    out
}

fn row(out: &mut String, finding: &Finding) {
    let status = match (&finding.accepted, finding.status) {
        (Some(_), status) => format!("{} (accepted)", status_word(status)),
        (None, Status::Fail) => "**fail**".to_owned(),
        (None, status) => status_word(status).to_owned(),
    };
    let mut why = cell(&words::reason(finding));
    if let Some(accepted) = &finding.accepted {
        why.push_str(&format!("<br>{}", cell(&words::accepted(accepted))));
    }
    if let Some(witness) = &finding.witness {
        let line = witness_line(witness, &finding.marks);
        why.push_str(&format!("<br>witness: {}", cell(&line)));
    }
    out.push_str(&format!(
        "| {} | {} | {status} | {} | {} | {why} |\n",
        cell(finding.benchmark_id.as_deref().unwrap_or_default()),
        cell(&format!("`{}`", finding.control)),
        finding
            .audit_steps
            .as_ref()
            .map_or("", |audit_steps| audit_steps_word(audit_steps.answer)),
        finding.broken_link.map_or("", |id| id.code()),
    ));
}
