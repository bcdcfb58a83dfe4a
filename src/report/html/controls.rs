//! What is known of each control whatever an account has: what it is about, how the benchmark wants it assessed, what to do,
//! where to read on, and which sections of frameworks are mapped to it. Once a page, not once a finding.

use crate::analyze::{Analysis, ControlSummary};

use super::text;

/// The controls of the analysis, each folded.
pub(super) fn section(out: &mut String, analysis: &Analysis) {
    if analysis.controls.is_empty() {
        return;
    }
    out.push_str(
        "<section aria-labelledby=\"controls\"><h2 id=\"controls\">Controls, references and frameworks</h2>\n\
         <p>A mapping says that a section asks for monitoring of this kind, not that the control is all that it asks for. \
         <code>trailproof frameworks show</code> names who maps each.</p>\n",
    );
    for control in &analysis.controls {
        one(out, control);
    }
    out.push_str("</section>\n");
}

/// An id that is unique on the page.
pub(super) fn anchor(control: &str) -> String {
    text(&format!("c-{control}").replace(char::is_whitespace, "-"))
}

fn one(out: &mut String, control: &ControlSummary) {
    let number = control.benchmark_id.as_deref().unwrap_or_default();
    let named = format!("{number} {}", control.id);
    out.push_str(&format!(
        "<details class=\"control\" id=\"{}\"><summary>{}: {}</summary><dl>\n",
        anchor(&control.id),
        text(named.trim_start()),
        text(&control.title)
    ));
    let mut row = |label: &str, value: &str| {
        if !value.is_empty() {
            out.push_str(&format!("<dt>{label}</dt><dd>{value}</dd>\n"));
        }
    };
    row(
        "category",
        &text(control.category.as_deref().unwrap_or_default()),
    );
    row("severity", &control.severity.to_string());
    row(
        "level",
        &control
            .level
            .map_or(String::new(), |level| level.to_string()),
    );
    let assessment = control.assessment.map(|it| it.to_string());
    row("assessment", &text(&assessment.unwrap_or_default()));
    row("what to do", &text(&control.remediation));
    let elsewhere = control.elsewhere.iter();
    let elsewhere: Vec<String> = elsewhere
        .map(|(benchmark, number)| text(&format!("{number} in {benchmark}")))
        .collect();
    row("elsewhere", &elsewhere.join("; "));
    row("references", &references(control));
    let frameworks = control.frameworks.iter().map(|framework| {
        let sections = match framework.sections.join(", ") {
            none if none.is_empty() => "no section named".to_owned(),
            sections => sections,
        };
        format!("{}: {}", text(&framework.title), text(&sections))
    });
    row("frameworks", &frameworks.collect::<Vec<_>>().join("; <br>"));
    out.push_str("</dl></details>\n");
}

/// Addresses as links, which open nothing by themselves; anything else, such as an identifier, as it is.
fn references(control: &ControlSummary) -> String {
    let references = control.references.iter().map(|reference| {
        let shown = text(reference);
        match reference.starts_with("https://") {
            true => format!("<a href=\"{shown}\" rel=\"noreferrer\">{shown}</a>"),
            false => shown,
        }
    });
    references.collect::<Vec<_>>().join("; <br>")
}
