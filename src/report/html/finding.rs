//! One finding on the page: a line that opens into the chain, the pattern, the witness, the evidence and the fix.

use crate::analyze::{Finding, Mark, PathSummary, Status};
use crate::aws::arn::short_name;
use crate::chain::verdict::Verdict;
use crate::control::Section;

use super::super::dossier::{Dossier, Item};
use super::super::text::{audit_steps_word, count, json_document, short_names, status_word};
use super::super::{blind_spots, repair, words};
use super::{chain, controls, sentence, text};

/// A finding. Without `whole` only what a reader acts on: reason, witness in a line, fix, evidence ids.
pub(super) fn finding(out: &mut String, dossier: Dossier<'_>, item: &Item<'_>, whole: bool) {
    let finding = item.finding;
    // What was accepted is neither red nor open.
    let (status, word) = match finding.accepted {
        Some(_) => ("accepted", "accepted"),
        None => (finding.status.as_str(), status_word(finding.status)),
    };
    let link = finding
        .broken_link
        .map_or(String::new(), |id| format!(" <code>{}</code>", id.code()));
    out.push_str(&format!(
        "<details class=\"finding\" id=\"{}\" data-status=\"{status}\"><summary><span class=\"word {status}\">{word}</span>\
         <span class=\"title\">{} {}{link}</span><span class=\"soft\">{} severity</span></summary><div class=\"body\">\n",
        anchor(&finding.account, &finding.control),
        text(finding.benchmark_id.as_deref().unwrap_or_default()),
        text(&finding.title),
        finding.severity,
    ));
    out.push_str(&format!("<p>{}.</p>\n", sentence(&words::reason(finding))));
    if let Some(accepted) = &finding.accepted {
        out.push_str(&format!(
            "<p><strong>Attested:</strong> {}</p>\n",
            text(&words::accepted(accepted))
        ));
    }
    let spots = finding.blind_spots.iter().flatten();
    let quiet: Vec<String> = spots
        .filter(|spot| blind_spots::silent(spot))
        .map(|spot| {
            let told = format!("{}: {}", blind_spots::call(spot), blind_spots::heard(spot));
            format!("<li><code>{}</code> {}</li>", spot.link, sentence(&told))
        })
        .collect();
    if !quiet.is_empty() {
        out.push_str(&format!(
            "<h4>What would blind it unheard</h4><ul>{}</ul>
",
            quiet.join("")
        ));
    }
    to_change(out, dossier, item);
    if let Some(steps) = &finding.audit_steps {
        out.push_str(&format!(
            "<p class=\"soft\">The benchmark's audit steps, word by word: {}. {}</p>\n",
            audit_steps_word(steps.answer),
            sentence(&short_names(&words::audit_steps::told(steps)))
        ));
    }
    if whole {
        let decides = match finding.status {
            Status::Pass => finding.paths.as_slice(),
            _ => finding.paths.get(..1).unwrap_or_default(),
        };
        if let Some(path) = decides.first() {
            out.push_str("<h4>The chain</h4>\n");
            let asks = item.control.map_or(Section::Monitoring, |it| it.section);
            chain::draw(out, asks, finding, path);
        }
        asked(out, item);
        for path in decides {
            deployed(out, item, path);
            links(out, dossier, path);
        }
        let all = finding.paths.len() + finding.paths_left_out;
        more_paths(out, dossier, finding, all - decides.len());
        if let Some(witness) = &finding.witness {
            out.push_str(&format!(
                "<h4>Witness: {}</h4><pre class=\"record\" tabindex=\"0\">",
                words::witness(&finding.why)
            ));
            for line in json_document(witness).lines() {
                out.push_str(&text(line));
                out.push('\n');
            }
            out.push_str("</pre>\n");
        }
        remarks(out, item);
    } else if let Some(witness) = &finding.witness {
        let line = super::super::text::witness_line(witness, &finding.marks);
        out.push_str(&format!(
            "<p class=\"soft\">Lost event: {}</p>\n",
            text(&line)
        ));
    }
    out.push_str(&format!(
        "<p class=\"soft\">Control <a href=\"#{}\"><code>{}</code></a>, evidence rows {}, fingerprint <code>{}</code></p>\n</div></details>\n",
        controls::anchor(&finding.control),
        text(&finding.control),
        match finding.evidence.as_slice() {
            [] => item.evidence(),
            cited => rows(cited, dossier),
        },
        item.fingerprint
    ));
}

/// The fix as commands to paste where one was looked for, else what has to be changed.
fn to_change(out: &mut String, dossier: Dossier<'_>, item: &Item<'_>) {
    if let Some(repair) = dossier.repairs(item).first() {
        out.push_str(&format!(
            "<h4>{}</h4><p>{}</p>\n",
            match repair::by_change(item.finding) {
                true => "What to change",
                false => "What to do",
            },
            sentence(&repair.text)
        ));
    }
    let Some(fix) = dossier.fix(item) else {
        return;
    };
    let tried = match fix.commands.is_empty() {
        true => "No change that may be proposed repairs it",
        false => "The fix, tried on a copy of the facts",
    };
    out.push_str(&format!("<h4>{tried}</h4><ul>\n"));
    for line in &fix.told {
        out.push_str(&format!("<li>{}</li>\n", sentence(line.trim())));
    }
    out.push_str("</ul>\n");
    if fix.commands.is_empty() {
        return;
    }
    out.push_str("<pre tabindex=\"0\">");
    for line in &fix.commands {
        out.push_str(&text(line));
        out.push('\n');
    }
    let pasted = dossier.about.pasted(item.finding);
    out.push_str(&format!(
        "</pre>\n<p class=\"soft\">Before you paste: {}.</p>\n",
        sentence(&pasted)
    ));
}

/// An id that is unique on the page.
pub(super) fn anchor(account: &str, control: &str) -> String {
    text(&format!("{account}-{control}").replace(char::is_whitespace, "-"))
}

fn rows(rows: &[i64], dossier: Dossier<'_>) -> String {
    if rows.is_empty() {
        return "none".to_owned();
    }
    let cited: Vec<String> = rows
        .iter()
        .map(|row| match dossier.about.evidence.contains_key(row) {
            true => format!("<a href=\"#e{row}\">{row}</a>"),
            false => row.to_string(),
        })
        .collect();
    cited.join(", ")
}

fn asked(out: &mut String, item: &Item<'_>) {
    let finding = item.finding;
    let Some(requirement) = &finding.requirement else {
        return;
    };
    let marks: Vec<&Mark> = finding
        .marks
        .iter()
        .filter(|mark| mark.filter.is_none())
        .collect();
    out.push_str(&format!(
        "<h4>What is asked ({})</h4><pre tabindex=\"0\">{}</pre>\n",
        text(&requirement.label),
        marked(&requirement.text, &marks)
    ));
    said(out, &marks);
    if let Some(names) = finding
        .names
        .as_ref()
        .filter(|names| !names.missing.is_empty())
    {
        let missing: Vec<String> = names
            .missing
            .iter()
            .map(|name| format!("<code>{}</code>", text(name)))
            .collect();
        out.push_str(&format!(
            "<p>Events heard: {} of {}; not {}</p>\n",
            names.covered.len(),
            names.covered.len() + names.missing.len(),
            missing.join(", ")
        ));
    }
}

fn deployed(out: &mut String, item: &Item<'_>, path: &PathSummary) {
    // The parts at fault are of filters' patterns.
    let (what, name, marked_by) = match (&path.filter, &path.rule) {
        (Some(filter), _) => ("metric filter", filter.as_str(), Some(filter)),
        (None, Some(rule)) => ("EventBridge rule", short_name(rule), None),
        (None, None) => return,
    };
    let Some(pattern) = &path.pattern else {
        return;
    };
    let marks: Vec<&Mark> = item
        .finding
        .marks
        .iter()
        .filter(|mark| marked_by.is_some() && mark.filter.as_ref() == marked_by)
        .collect();
    out.push_str(&format!(
        "<h4>What is deployed: {what} <code>{}</code></h4><pre tabindex=\"0\">{}</pre>\n",
        text(name),
        marked(pattern, &marks)
    ));
    said(out, &marks);
}

fn said(out: &mut String, marks: &[&Mark]) {
    let mut said = Vec::new();
    for mark in marks {
        if !said.contains(&mark.kind) {
            said.push(mark.kind);
            out.push_str(&format!(
                "<p class=\"soft\">Marked: {}</p>\n",
                sentence(words::mark(mark.kind))
            ));
        }
    }
}

/// A pattern with the parts at fault marked.
fn marked(pattern: &str, marks: &[&Mark]) -> String {
    let mut out = String::new();
    let mut open = false;
    for (at, c) in pattern.char_indices() {
        let inside = marks.iter().any(|mark| mark.span.contains(&at));
        if inside != open {
            out.push_str(if inside { "<mark>" } else { "</mark>" });
            open = inside;
        }
        out.push_str(&text(c.encode_utf8(&mut [0; 4])));
    }
    if open {
        out.push_str("</mark>");
    }
    out
}

fn links(out: &mut String, dossier: Dossier<'_>, path: &PathSummary) {
    if path.links.is_empty() {
        return;
    }
    out.push_str(
        "<div class=\"scroll\"><table class=\"links stack\"><thead><tr><th scope=\"col\">link</th><th scope=\"col\">verdict</th>\
         <th scope=\"col\">why</th><th scope=\"col\">evidence</th></tr></thead><tbody>\n",
    );
    for link in &path.links {
        let fields: Vec<String> = link
            .fields
            .iter()
            .filter(|(name, _)| name != "filterPattern")
            .map(|(name, value)| format!("{name}={}", super::super::text::cut(value, 160)))
            .collect();
        let fields = if fields.is_empty() {
            String::new()
        } else {
            format!("<br><code>{}</code>", text(&fields.join(", ")))
        };
        // On paper what is sound runs on in lines, without its fields.
        let sound = match link.verdict {
            Verdict::Ok => " class=\"ok\"",
            _ => "",
        };
        out.push_str(&format!(
            "<tr{}><td><code>{}</code></td><td>{}</td><td class=\"long\">{}{fields}</td><td data-of=\"evidence\">{}</td></tr>\n",
            sound,
            link.id.code(),
            link.verdict.word(),
            sentence(&words::sentence(&link.cause)),
            rows(&link.evidence, dossier)
        ));
    }
    out.push_str("</tbody></table></div>\n");
}

/// How many paths are not drawn, and what draws those that a finding holds.
fn more_paths(out: &mut String, dossier: Dossier<'_>, finding: &Finding, more: usize) {
    if more == 0 {
        return;
    }
    let told = match finding.status {
        Status::Pass => format!("{} carry the same events", count(more, "more path")),
        _ => format!(
            "{}; `trailproof explain {} {} --full` shows {}",
            count(more, "other path"),
            dossier.about.again,
            finding.control,
            match finding.paths_left_out {
                0 => "what is wrong on each".to_owned(),
                left_out => format!("all but {left_out}"),
            }
        ),
    };
    out.push_str(&format!("<p class=\"soft\">And {}.</p>\n", sentence(&told)));
}

fn remarks(out: &mut String, item: &Item<'_>) {
    let finding = item.finding;
    let assumptions = words::assumptions(finding);
    if finding.notes.is_empty() && assumptions.is_empty() {
        return;
    }
    out.push_str("<h4>Worth knowing</h4><ul>\n");
    for note in &finding.notes {
        let id = note
            .link
            .map_or(String::new(), |id| format!("<code>{}</code> ", id.code()));
        out.push_str(&format!("<li>{id}{}</li>\n", sentence(&words::note(note))));
    }
    for assumption in &assumptions {
        out.push_str(&format!("<li>assumed: {}</li>\n", sentence(assumption)));
    }
    out.push_str("</ul>\n");
}
