//! The counts of the page: by account, by section and by severity.

use crate::analyze::{Analysis, Summary};
use crate::control::Severity;

use super::super::dossier::{Dossier, Item};
use super::super::sections;
use super::super::text::count;
use super::{sentence, text};

/// More accounts than these are shown closed, their passes in one paragraph, and those in which nothing is open apart.
pub(super) const FEW_ACCOUNTS: usize = 50;

/// The findings of each account, which come together.
pub(super) fn grouped<'a, 'i>(items: &'i [Item<'a>]) -> impl Iterator<Item = &'i [Item<'a>]> {
    items.chunk_by(|one, next| one.finding.account == next.finding.account)
}

/// How many findings there are of each status.
pub(super) fn counts<'a>(items: impl IntoIterator<Item = &'a Item<'a>>) -> Summary {
    let mut summary = Summary::default();
    for item in items {
        summary.count(item.finding);
    }
    summary
}

/// An account as it is named on the page: its id, and its name where it has one.
pub(super) fn named(dossier: Dossier<'_>, account: &str) -> String {
    match dossier.account_name(account) {
        Some(name) => format!("{} {}", text(account), text(name)),
        None => text(account),
    }
}

fn head(out: &mut String, first: &str) {
    out.push_str(&format!(
        "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">{first}</th>"
    ));
    for column in ["pass", "fail", "unknown", "n/a", "accepted"] {
        out.push_str(&format!("<th scope=\"col\" class=\"number\">{column}</th>"));
    }
    out.push_str("</tr></thead><tbody>\n");
}

fn cells(out: &mut String, summary: Summary) {
    for (number, class) in [
        (summary.pass, "pass"),
        (summary.fail, "fail"),
        (summary.unknown, "unknown"),
        (summary.not_applicable, "not_applicable"),
        (summary.accepted, "accepted"),
    ] {
        let class = if number > 0 { class } else { "soft" };
        out.push_str(&format!("<td class=\"number {class}\">{number}</td>"));
    }
    out.push_str("</tr>\n");
}

/// A row an account. Of many, those with something open stand first, the worst before the others; the rest is folded.
pub(super) fn by_account(out: &mut String, dossier: Dossier<'_>, items: &[Item<'_>]) {
    out.push_str("<section aria-labelledby=\"accounts\"><h2 id=\"accounts\">By account</h2>\n");
    let account = |group: &[Item<'_>]| {
        let first = group.first().map(|item| item.finding.account.clone());
        (first.unwrap_or_default(), counts(group))
    };
    let all: Vec<(String, Summary)> = grouped(items).map(account).collect();
    if all.len() <= FEW_ACCOUNTS {
        accounts(out, dossier, &all);
    } else {
        let open = |(_, it): &(String, Summary)| it.fail + it.unknown > it.accepted;
        let (mut open, quiet): (Vec<_>, Vec<_>) = all.into_iter().partition(open);
        open.sort_by_key(|(_, it)| (usize::MAX - it.fail, usize::MAX - it.unknown));
        if open.is_empty() {
            out.push_str("<p>In no account anything is open.</p>\n");
        } else {
            accounts(out, dossier, &open);
        }
        if !quiet.is_empty() {
            let number = count(quiet.len(), "account");
            out.push_str(&format!(
                "<details><summary>{number} in which nothing is open</summary>\n"
            ));
            accounts(out, dossier, &quiet);
            out.push_str("</details>\n");
        }
    }
    out.push_str("</section>\n");
}

fn accounts(out: &mut String, dossier: Dossier<'_>, accounts: &[(String, Summary)]) {
    head(out, "account");
    for (account, summary) in accounts {
        let name = dossier.account_name(account);
        let name = name.map_or(String::new(), |name| format!(" {}", text(name)));
        out.push_str(&format!(
            "<tr data-account=\"{0}\"><th scope=\"row\"><a href=\"#a{0}\">{0}</a>{name}</th>",
            text(account)
        ));
        cells(out, *summary);
    }
    out.push_str("</tbody></table></div>\n");
}

/// By what a control is about, where the benchmark says it, and by severity.
pub(super) fn by_category(out: &mut String, items: &[Item<'_>]) {
    let category = |item: &Item<'_>| item.control.and_then(|control| control.category.clone());
    let mut categories: Vec<String> = items.iter().filter_map(category).collect();
    categories.sort_unstable();
    categories.dedup();
    out.push_str(
        "<section aria-labelledby=\"categories\"><h2 id=\"categories\">By category and severity</h2>",
    );
    head(out, "category");
    for name in categories {
        let of = items
            .iter()
            .filter(|item| category(item).as_ref() == Some(&name));
        out.push_str(&format!("<tr><th scope=\"row\">{}</th>", text(&name)));
        cells(out, counts(of));
    }
    for severity in [Severity::High, Severity::Medium, Severity::Low] {
        let of: Vec<&Item<'_>> = items
            .iter()
            .filter(|item| item.finding.severity == severity)
            .collect();
        if !of.is_empty() {
            out.push_str(&format!("<tr><th scope=\"row\">severity {severity}</th>"));
            cells(out, counts(of));
        }
    }
    out.push_str("</tbody></table></div></section>\n");
}

/// A score a section, where findings are grouped by the sections of a framework.
pub(super) fn by_framework(out: &mut String, analysis: &Analysis) {
    let Some(framework) = &analysis.framework else {
        return;
    };
    out.push_str(&format!(
        "<section aria-labelledby=\"framework\"><h2 id=\"framework\">{}</h2>\n\
         <div class=\"scroll\"><table class=\"stack\"><thead><tr>",
        text(&framework.title)
    ));
    for column in sections::COLUMNS {
        out.push_str(&format!("<th scope=\"col\">{column}</th>"));
    }
    out.push_str("</tr></thead><tbody>\n");
    for [section, score, passes, failing] in sections::rows(analysis, framework) {
        out.push_str(&format!(
            "<tr><th scope=\"row\">{}</th><td>{score}</td><td data-of=\"passes\">{passes}</td><td data-of=\"does not pass\">{}</td></tr>\n",
            text(&section),
            text(&failing)
        ));
    }
    out.push_str("</tbody></table></div>\n");
    for said in sections::below(framework) {
        out.push_str(&format!("<p class=\"soft\">{}</p>\n", sentence(&said)));
    }
    out.push_str("</section>\n");
}
