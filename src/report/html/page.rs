//! The page around the findings: verdict, scope and completeness, summaries, evidence, sign-off.

use std::collections::BTreeSet;

use crate::analyze::{AccountSummary, Analysis, Finding, Status};
use crate::chain::verdict::Verdict;
use crate::control::Section;

use super::super::NOT_VERIFIED;
use super::super::dossier::{ANALYZER, Dossier, Item};
use super::super::text::{audit_steps_word, count, status_word};
use super::super::words;
use super::finding::{anchor, finding};
use super::summaries::{
    FEW_ACCOUNTS, by_account, by_category, by_framework, counts, grouped, named,
};
use super::{controls, sentence, text};

/// So many findings are shown with their whole chain; beyond them, with what a reader acts on.
const WHOLE: usize = 600;
/// Search and filter, which the page's script shows.
const TOOLS: &str = "<div class=\"tools\" id=\"tools\" hidden><label for=\"search\">Search<input id=\"search\" type=\"search\" autocomplete=\"off\"></label>\
         <label for=\"status\">Status<select id=\"status\"><option value=\"all\">all</option><option value=\"open\">fail or unknown</option>\
         <option value=\"fail\">fail</option><option value=\"unknown\">unknown</option><option value=\"pass\">pass</option>\
         <option value=\"accepted\">accepted</option><option value=\"not_applicable\">not applicable</option></select></label>\
         <button type=\"button\" id=\"all\">Open or close all</button><span id=\"shown\" class=\"soft\" role=\"status\"></span></div>\n";
/// How many gaps of one account are listed.
const GAPS_LISTED: usize = 40;

pub(super) fn body(out: &mut String, dossier: Dossier<'_>) {
    let analysis = dossier.analysis;
    let items: Vec<Item<'_>> = dossier.items().collect();
    out.push_str("<a class=\"skip\" href=\"#findings\">Skip to the findings</a>\n<header>\n");
    let monitoring = !analysis
        .controls
        .iter()
        .all(|it| it.section == Section::Logging);
    out.push_str(&format!(
        "<h1>{} {}</h1>\n",
        if monitoring {
            "Would anybody be told?"
        } else {
            "Is everything recorded?"
        },
        text(&analysis.benchmark_title)
    ));
    out.push_str(&format!("<p class=\"verdict\">{}</p>\n", verdict(dossier)));
    if !dossier.analysis.snapshot.verified {
        out.push_str(&format!(
            "<p><strong class=\"unknown\">{NOT_VERIFIED}</strong></p>\n"
        ));
    }
    let meaning = |section: Section| match section {
        Section::Monitoring => {
            "A control passes when every event that it asks for reaches a confirmed subscriber by proof. A fail shows an event \
             that nobody would hear about, and the link that drops it."
        }
        Section::Logging => {
            "A control on recording passes when every event that it asks for is kept where it asks for it, by proof and whoever \
             is told. A fail shows an event that is not kept, and the link that drops it."
        }
    };
    for section in [Section::Monitoring, Section::Logging] {
        if analysis.controls.iter().any(|it| it.section == section) {
            out.push_str(&format!("<p class=\"soft\">{}</p>\n", meaning(section)));
        }
    }
    out.push_str(
        "<p class=\"soft\">Unknown says what evidence is missing.</p>\n</header>\n<main>\n",
    );
    scope(out, dossier);
    by_account(out, dossier, &items);
    by_category(out, &items);
    by_framework(out, analysis);
    differences(out, &items, analysis.accounts.len() > 1);
    findings(out, dossier, &items);
    seen(out, analysis);
    refused(out, analysis);
    controls::section(out, analysis);
    evidence(out, dossier);
    sign_off(out, dossier);
    out.push_str("</main>\n");
}

/// The answer as on the first screen, then the counts.
fn verdict(dossier: Dossier<'_>) -> String {
    let summary = dossier.analysis.summary();
    let mut parts = vec![
        format!("<span class=\"pass\">{} pass</span>", summary.pass),
        format!("<span class=\"fail\">{} fail</span>", summary.fail),
        format!("<span class=\"unknown\">{} unknown</span>", summary.unknown),
    ];
    if summary.not_applicable > 0 {
        parts.push(format!("{} not applicable", summary.not_applicable));
    }
    format!(
        "{} ({})",
        text(&super::super::verdict(dossier)),
        parts.join(", ")
    )
}

fn scope(out: &mut String, dossier: Dossier<'_>) {
    let mut rows = origin(dossier);
    rows.extend(reach(dossier));
    rows.extend(digests(dossier));
    out.push_str(
        "<section aria-labelledby=\"scope\"><h2 id=\"scope\">Scope and completeness</h2><dl>\n",
    );
    for (label, value) in rows {
        out.push_str(&format!("<dt>{label}</dt><dd>{value}</dd>\n"));
    }
    out.push_str("</dl>\n");
    assumptions(out, dossier);
    out.push_str("</section>\n");
}

/// A label with what stands beside it, as HTML.
type ScopeRow = (&'static str, String);

/// Which file it is, when and by whom it was collected, and whether to its end.
fn origin(dossier: Dossier<'_>) -> Vec<ScopeRow> {
    let (about, snapshot) = (dossier.about, &dossier.analysis.snapshot);
    let mut rows = Vec::new();
    if !about.file.is_empty() {
        rows.push(("snapshot", format!("<code>{}</code>", text(&about.file))));
    }
    rows.push((
        "collected",
        format!(
            "{} to {}, by {}",
            text(&snapshot.started_at),
            text(snapshot.finished_at.as_deref().unwrap_or("never finished")),
            text(&snapshot.producer)
        ),
    ));
    let callers = about.callers();
    if let Some(first) = callers.first() {
        let more = match callers.len() - 1 {
            0 => String::new(),
            1 => " and 1 more identity".to_owned(),
            several => format!(" and {several} more identities"),
        };
        rows.push(("asked by", format!("<code>{}</code>{more}", text(first))));
    }
    let complete = if snapshot.complete {
        "yes: the collection ran to its end"
    } else {
        "<strong class=\"unknown\">no: its collection was cut short, so nothing in it can be a pass</strong>"
    };
    rows.push(("complete", complete.to_owned()));
    rows
}

/// What was asked: accounts, Regions and calls.
fn reach(dossier: Dossier<'_>) -> Vec<ScopeRow> {
    let about = dossier.about;
    let (recorded, asked) = (dossier.recorded_accounts(), dossier.asked_about());
    let accounts = match about.organization_accounts {
        Some(listed) => format!("{recorded} here{asked}; the organization lists {listed} active"),
        None => format!("{}{asked}", count(recorded, "account")),
    };
    let mut rows = vec![("accounts", accounts)];
    let (regions, answered) = about.regions();
    if regions > 0 {
        let calls: usize = about.accounts.values().map(|it| it.calls).sum();
        let of_accounts = dossier.analysis.accounts.iter();
        let gaps: usize = of_accounts.map(|it| it.gaps.len()).sum();
        rows.push((
            "Regions",
            format!("{answered} of {regions} answered which trails they have"),
        ));
        rows.push((
            "calls",
            format!("{calls} recorded, {gaps} without an answer"),
        ));
    }
    rows
}

/// The digests of what was judged, and what judged it.
fn digests(dossier: Dossier<'_>) -> Vec<ScopeRow> {
    let snapshot = &dossier.analysis.snapshot;
    let code = |value: &str| format!("<code>{}</code>", text(value));
    let digests = [
        ("root digest", &snapshot.root_sha256),
        ("facts digest", &snapshot.facts_sha256),
        ("evidence digest", &snapshot.evidence_sha256),
    ];
    let known = digests.into_iter();
    let known = known.filter_map(|(label, digest)| Some((label, code(digest.as_deref()?))));
    let mut rows: Vec<ScopeRow> = known.collect();
    rows.push(("benchmark", code(&dossier.analysis.benchmark)));
    rows.push(("analyzed by", ANALYZER.to_owned()));
    rows
}

fn assumptions(out: &mut String, dossier: Dossier<'_>) {
    let findings = dossier.analysis.findings.iter();
    let premises = words::premises(&dossier.analysis.premises).into_iter();
    let premises = premises.map(|(option, meaning)| format!("{option}: {meaning}"));
    let assumed: BTreeSet<String> = premises.chain(findings.flat_map(words::rests_on)).collect();
    if assumed.is_empty() {
        return;
    }
    out.push_str("<h3>Assumptions in force</h3><ul>\n");
    for assumption in &assumed {
        out.push_str(&format!("<li>{}</li>\n", sentence(assumption)));
    }
    out.push_str("</ul>\n");
}

fn differences(out: &mut String, items: &[Item<'_>], several: bool) {
    let differ: Vec<&Item<'_>> = items
        .iter()
        .filter(|item| item.finding.disagrees())
        .collect();
    if differ.is_empty() {
        return;
    }
    out.push_str(
        "<section aria-labelledby=\"differences\"><h2 id=\"differences\">Audit steps against proof</h2>\
         <p>The benchmark's own audit steps, followed word by word, say something else than the proof here. That is where a checklist would mislead.</p>\n",
    );
    let end = folded(out, differ.len(), "finding");
    out.push_str(
        "<div class=\"scroll\"><table class=\"stack\"><thead><tr><th scope=\"col\">control</th><th scope=\"col\">audit steps</th><th scope=\"col\">proof</th><th scope=\"col\">link</th></tr></thead><tbody>\n",
    );
    for item in differ {
        let finding = item.finding;
        let account = if several {
            format!(" in {}", text(&finding.account))
        } else {
            String::new()
        };
        out.push_str(&format!(
            "<tr><th scope=\"row\"><a href=\"#{}\">{}</a>{account}</th><td data-of=\"audit steps\">{}</td><td data-of=\"proof\" class=\"{}\">{}</td><td>{}</td></tr>\n",
            anchor(&finding.account, &finding.control),
            text(&item.numbered()),
            finding
                .audit_steps
                .as_ref()
                .map_or("", |steps| audit_steps_word(steps.answer)),
            finding.status.as_str(),
            status_word(finding.status),
            linked(finding),
        ));
    }
    out.push_str(&format!("</tbody></table></div>{end}</section>\n"));
}

/// The link that decides, its id as such.
fn linked(finding: &Finding) -> String {
    let (Some(id), Some(told)) = (finding.broken_link, words::link(finding)) else {
        return String::new();
    };
    let meaning = told.strip_prefix(id.code()).unwrap_or(&told);
    format!("<code>{}</code>{}", id.code(), text(meaning))
}

/// Opens a fold around many rows; what closes it.
fn folded(out: &mut String, rows: usize, noun: &str) -> &'static str {
    if rows <= FEW_ACCOUNTS {
        return "";
    }
    out.push_str(&format!(
        "<details><summary>{}</summary>\n",
        count(rows, noun)
    ));
    "</details>"
}

fn findings(out: &mut String, dossier: Dossier<'_>, items: &[Item<'_>]) {
    out.push_str("<section aria-labelledby=\"findings\"><h2 id=\"findings\">Findings</h2>\n");
    out.push_str(&format!(
        "<p class=\"soft\">What is said of a link: {}.</p>\n",
        words::meanings(Verdict::ALL)
    ));
    out.push_str(TOOLS);
    let few = dossier.analysis.accounts.len() <= FEW_ACCOUNTS;
    let mut whole_left = WHOLE;
    for group in grouped(items) {
        let account = group.first().map_or("", |item| &item.finding.account);
        let summary = counts(group);
        let open = if few { " open" } else { "" };
        out.push_str(&format!(
            "<details class=\"account\" id=\"a{0}\" data-account=\"{0}\"{open}><summary>Account {1}: {2} pass, {3} fail, {4} unknown</summary>\n",
            text(account),
            named(dossier, account),
            summary.pass,
            summary.fail,
            summary.unknown
        ));
        let mut passed = Vec::new();
        for item in group {
            if !few && item.finding.status == Status::Pass {
                passed.push(text(&item.numbered()));
                continue;
            }
            let whole = whole_left > 0;
            whole_left = whole_left.saturating_sub(1);
            finding(out, dossier, item, whole);
        }
        if !passed.is_empty() {
            // The filter of the page reads the names between the commas.
            out.push_str(&format!(
                "<p>Pass: <span class=\"passed\">{}</span></p>\n",
                passed.join(", ")
            ));
        }
        out.push_str("</details>\n");
    }
    if whole_left == 0 {
        out.push_str(&format!(
            "<p class=\"soft\">The first {WHOLE} findings are shown with their whole chain; <code>trailproof explain</code> shows that of any other.</p>\n"
        ));
    }
    out.push_str("</section>\n");
}

/// What could not be collected, and what else watches the account.
fn seen(out: &mut String, analysis: &Analysis) {
    let any = |account: &&AccountSummary| {
        !account.gaps.is_empty()
            || !account.other_monitoring.is_empty()
            || !account.notes.is_empty()
    };
    let accounts: Vec<&AccountSummary> = analysis.accounts.iter().filter(any).collect();
    if accounts.is_empty() {
        return;
    }
    out.push_str("<section aria-labelledby=\"seen\"><h2 id=\"seen\">Not collected, and otherwise seen</h2>\n");
    let end = folded(out, accounts.len(), "account");
    for account in accounts {
        out.push_str(&format!(
            "<details><summary>Account {}: {}</summary><ul>\n",
            text(&account.account),
            count(account.gaps.len(), "gap")
        ));
        for gap in account.gaps.iter().take(GAPS_LISTED) {
            out.push_str(&format!(
                "<li>not collected: {}</li>\n",
                sentence(&words::gap(gap))
            ));
        }
        if account.gaps.len() > GAPS_LISTED {
            out.push_str(&format!(
                "<li>and {} more</li>\n",
                count(account.gaps.len() - GAPS_LISTED, "gap")
            ));
        }
        for note in &account.other_monitoring {
            out.push_str(&format!(
                "<li>{}</li>\n",
                sentence(&words::other_monitoring(note))
            ));
        }
        for note in &account.notes {
            out.push_str(&format!("<li>{}</li>\n", sentence(&words::note(note))));
        }
        out.push_str("</ul></details>\n");
    }
    out.push_str(&format!("{end}</section>\n"));
}

fn refused(out: &mut String, analysis: &Analysis) {
    if analysis.refused.is_empty() {
        return;
    }
    out.push_str(
        "<section aria-labelledby=\"refused\"><h2 id=\"refused\">Attestations refused</h2><ul>\n",
    );
    for refused in &analysis.refused {
        out.push_str(&format!(
            "<li>{} in {}: {}</li>\n",
            text(&refused.attestation.control),
            text(&refused.attestation.account),
            sentence(&words::refusal(&refused.why))
        ));
    }
    out.push_str("</ul></section>\n");
}

fn evidence(out: &mut String, dossier: Dossier<'_>) {
    let rows = &dossier.about.evidence;
    if rows.is_empty() {
        return;
    }
    out.push_str(&format!(
        "<section aria-labelledby=\"evidence\"><h2 id=\"evidence\">Evidence</h2>\
         <p>The recorded calls that the findings rest on, each with the SHA-256 of AWS's answer. <code>trailproof verify</code> checks them all.</p>\
         <details><summary>{}</summary><div class=\"scroll\"><table class=\"stack\"><thead><tr><th scope=\"col\">row</th><th scope=\"col\">call</th><th scope=\"col\">Region</th><th scope=\"col\">at</th><th scope=\"col\">SHA-256 of the answer</th></tr></thead><tbody>\n",
        count(rows.len(), "row")
    ));
    for (id, row) in rows {
        let error = row
            .error
            .as_ref()
            .map_or(String::new(), |code| format!(": {}", text(code)));
        out.push_str(&format!(
            "<tr id=\"e{id}\"><th scope=\"row\">{id}</th><td>{} {}{error}</td><td>{}</td><td>{}</td><td class=\"long\"><code>{}</code></td></tr>\n",
            text(&row.service),
            text(&row.operation),
            text(&row.region),
            text(&row.at),
            text(&row.sha256)
        ));
    }
    out.push_str("</tbody></table></div></details></section>\n");
}

fn sign_off(out: &mut String, dossier: Dossier<'_>) {
    let snapshot = &dossier.analysis.snapshot;
    let digest = snapshot
        .root_sha256
        .as_deref()
        .map_or(String::new(), |digest| {
            format!(" with the root digest <code>{}</code>", text(digest))
        });
    out.push_str(&format!(
        "<section aria-labelledby=\"sign-off\" class=\"sign-off\"><h2 id=\"sign-off\">Sign-off</h2>\
         <p>This page was made from the snapshot{digest}. Whoever signs states that they verified the snapshot and reviewed the findings.</p>\
         <div class=\"scroll\"><table><thead><tr><th scope=\"col\">role</th><th scope=\"col\">name</th><th scope=\"col\">date</th><th scope=\"col\">signature</th></tr></thead><tbody>"
    ));
    for role in ["prepared by", "reviewed by", "approved by"] {
        out.push_str(&format!(
            "<tr><th scope=\"row\">{role}</th><td></td><td></td><td></td></tr>"
        ));
    }
    out.push_str("</tbody></table></div></section>\n");
}
