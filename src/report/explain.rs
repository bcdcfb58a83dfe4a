//! One finding drawn in the terminal: what is asked, the chain link by link with the fields and evidence rows that
//! decided, the part of the pattern that is missing or too much, the witness, and what to change.

use crate::analyze::{Finding, Mark, PathSummary, Status};
use crate::aws::arn::short_name;
use crate::chain::verdict::{Link, LinkId, Station, Verdict};
use crate::control::Control;

use super::text::{
    Colour, Style, WIDTH, audit_steps_word, clean, cut, flat, json_document, paragraph, push_line,
    short_names, wrap,
};
use super::words;

/// How much of a long value is shown.
const VALUE_SHOWN: usize = 160;

/// The parts of a path as they are drawn, each with the stations whose links belong to it.
pub(super) const PARTS: [(&str, &[Station]); 6] = [
    ("trail", &[Station::Trail, Station::EventSelectors]),
    ("log group", &[Station::LogGroup]),
    ("metric filter", &[Station::MetricFilter]),
    ("alarm", &[Station::Alarm, Station::CompositeAlarm]),
    ("topic", &[Station::Topic]),
    ("subscription", &[Station::Subscription]),
];

/// The finding as text.
pub fn explain(finding: &Finding, control: &Control, style: Style) -> String {
    let mut out = String::new();
    let number = finding
        .benchmark_id
        .as_deref()
        .map(|id| format!("{id} "))
        .unwrap_or_default();
    push_line(
        &mut out,
        &format!(
            "{} in account {}: {}",
            style.paint(Colour::Bold, &format!("{number}{}", finding.control)),
            finding.account,
            style.status(finding.status)
        ),
    );
    paragraph(&mut out, 0, "", &finding.title);
    out.push('\n');
    paragraph(&mut out, 0, "", &words::reason(finding));
    if let Some(audit_steps) = &finding.audit_steps {
        let label = format!(
            "the benchmark's audit steps, word by word: {};",
            audit_steps_word(audit_steps.answer)
        );
        paragraph(
            &mut out,
            0,
            "",
            &format!("{label} {}", short_names(&audit_steps.told())),
        );
    }
    if let Some(accepted) = &finding.accepted {
        let text = format!(
            "by {} until {}: {}",
            accepted.by, accepted.expires, accepted.reason
        );
        paragraph(&mut out, 0, "accepted", &text);
    }
    asked(&mut out, finding, style);
    for (index, path) in finding.paths.iter().enumerate() {
        draw(&mut out, finding, index, path, style);
    }
    witness(&mut out, finding, style);
    told(&mut out, finding, style);
    change(&mut out, finding, control, style);
    out
}

fn heading(out: &mut String, text: &str, style: Style) {
    out.push('\n');
    push_line(out, &style.paint(Colour::Bold, text));
}

fn asked(out: &mut String, finding: &Finding, style: Style) {
    let Some(requirement) = &finding.requirement else {
        return;
    };
    heading(
        out,
        &format!("What is asked ({})", requirement.label),
        style,
    );
    paragraph(out, 2, "source:", &requirement.source);
    let marks: Vec<&Mark> = finding
        .marks
        .iter()
        .filter(|mark| mark.filter.is_none())
        .collect();
    pattern(out, 2, &requirement.text, &marks, style);
    if let Some(names) = &finding.names {
        for (name, filters) in &names.covered {
            paragraph(
                out,
                2,
                &format!("{} {name}:", style.paint(Colour::Green, "+")),
                &filters.join(", "),
            );
        }
        for name in &names.missing {
            push_line(
                out,
                &format!("  {} {name}: no sound path", style.paint(Colour::Red, "-")),
            );
        }
    }
}

/// A pattern on as many lines as it needs, with the marked parts underlined.
fn pattern(out: &mut String, indent: usize, text: &str, marks: &[&Mark], style: Style) {
    let width = WIDTH - indent;
    let pad = " ".repeat(indent);
    // Each character as it is shown, with its place in the pattern, which the marks speak of.
    let chars: Vec<(usize, char)> = text
        .char_indices()
        .flat_map(|(at, c)| {
            let shown: Vec<char> = clean(&c.to_string()).chars().collect();
            shown.into_iter().map(move |shown| (at, shown))
        })
        .collect();
    let mut start = 0;
    while start < chars.len() {
        let mut end = (start + width).min(chars.len());
        if end < chars.len()
            && let Some(blank) = chars
                .get(start..end)
                .and_then(|line| line.iter().rposition(|(_, c)| *c == ' '))
            && blank > 0
        {
            end = start + blank + 1;
        }
        let line = chars.get(start..end).unwrap_or_default();
        let shown: String = line.iter().map(|(_, c)| *c).collect();
        push_line(out, &format!("{pad}{}", shown.trim_end()));
        let carets: String = line
            .iter()
            .map(|(at, _)| {
                if marks.iter().any(|mark| mark.span.contains(at)) {
                    '^'
                } else {
                    ' '
                }
            })
            .collect();
        if carets.contains('^') {
            push_line(
                out,
                &format!("{pad}{}", style.paint(Colour::Red, carets.trim_end())),
            );
        }
        start = end;
    }
    let mut said: Vec<&str> = Vec::new();
    for mark in marks {
        if !said.contains(&mark.text.as_str()) {
            said.push(&mark.text);
            let sign = if mark.span.is_empty() { "-" } else { "^" };
            paragraph(out, indent, &style.paint(Colour::Red, sign), &mark.text);
        }
    }
}

/// One path: every link of the first, of the others what is not `ok`.
fn draw(out: &mut String, finding: &Finding, index: usize, path: &PathSummary, style: Style) {
    let title = format!(
        "Path {} of {}: {}",
        index + 1,
        finding.paths.len(),
        path.verdict
    );
    heading(out, &title, style);
    let names = station_names(path);
    // The first path of a fail is the one that carries the witness farthest.
    let stop = finding
        .why
        .stop()
        .filter(|_| index == 0 && finding.status == Status::Fail);
    let mut drawn = 0;
    for ((part, stations), name) in PARTS.iter().zip(names) {
        let links: Vec<&Link> = path
            .links
            .iter()
            .filter(|link| stations.contains(&link.id.station()))
            .collect();
        if name.is_none() && links.is_empty() {
            continue;
        }
        if drawn > 0 {
            out.push_str("  |\n");
        }
        drawn += 1;
        let stops_here = stop.is_some_and(|stop| stations.contains(&stop.id.station()));
        let worst = Verdict::worst(links.iter().map(|link| link.verdict));
        let sign = match worst {
            _ if stops_here => style.paint(Colour::Red, "x"),
            Verdict::Broken => style.paint(Colour::Red, "x"),
            Verdict::Unknown => style.paint(Colour::Yellow, "?"),
            Verdict::Degraded | Verdict::Weak => style.paint(Colour::Yellow, "!"),
            Verdict::Ok => style.paint(Colour::Green, "o"),
        };
        let shown = name.map_or("none", short_name);
        let title = style.paint(Colour::Bold, part);
        push_line(out, &format!("  {sign} {title} {}", clean(shown)));
        if stations.contains(&Station::MetricFilter)
            && let Some(text) = &path.pattern
        {
            let of_this = |mark: &&Mark| mark.filter.is_some() && mark.filter == path.filter;
            let marks: Vec<&Mark> = finding.marks.iter().filter(of_this).collect();
            pattern(out, 6, text, &marks, style);
        }
        // What stops the witness is in order for other events: it is said once, as what it does to this one.
        let replaced = |link: &Link| {
            stop.is_some_and(|stop| stop.id == link.id && link.verdict == Verdict::Ok)
        };
        for link in links
            .into_iter()
            .filter(|link| index == 0 || link.verdict != Verdict::Ok)
            .filter(|link| !replaced(link))
        {
            one_link(out, link, style);
        }
        if let Some(stop) = stop.filter(|_| stops_here) {
            let said = format!(
                "the witness stops here: {} {}",
                stop.id,
                words::sentence(&stop.cause)
            );
            push_line(out, &format!("      {}", style.paint(Colour::Red, &said)));
        }
    }
}

/// What stands at each of the [`PARTS`].
pub(super) fn station_names(path: &PathSummary) -> [Option<&str>; 6] {
    [
        path.trail.as_deref(),
        path.log_group.as_deref(),
        path.filter.as_deref(),
        path.alarm.as_deref(),
        path.action.as_deref(),
        path.subscription.as_deref(),
    ]
}

fn one_link(out: &mut String, link: &Link, style: Style) {
    let label = format!("{} {:<8}", link.id, link.verdict);
    let mut text = words::sentence(&link.cause);
    if !link.fields.is_empty() {
        let fields: Vec<String> = link
            .fields
            .iter()
            // The pattern stands above its links.
            .filter(|(name, _)| name != "filterPattern")
            .map(|(name, value)| format!("{name}={}", cut(value, VALUE_SHOWN)))
            .collect();
        if !fields.is_empty() {
            text.push_str(&format!(" [{}]", fields.join(", ")));
        }
    }
    if !link.evidence.is_empty() {
        let rows: Vec<String> = link.evidence.iter().map(ToString::to_string).collect();
        text.push_str(&format!(" (evidence {})", rows.join(", ")));
    }
    for (position, line) in wrap(&text, WIDTH - 20).iter().enumerate() {
        if position == 0 {
            let painted = match link.verdict {
                Verdict::Ok => style.paint(Colour::Green, &label),
                Verdict::Broken => style.paint(Colour::Red, &label),
                _ => style.paint(Colour::Yellow, &label),
            };
            push_line(out, &format!("      {painted}  {line}"));
        } else {
            push_line(out, &format!("{}{line}", " ".repeat(20)));
        }
    }
}

fn witness(out: &mut String, finding: &Finding, style: Style) {
    let Some(witness) = &finding.witness else {
        return;
    };
    let title = format!("Witness: {}", words::witness(&finding.why));
    heading(out, &title, style);
    let text = json_document(witness);
    for line in text.lines() {
        push_line(out, &format!("  {line}"));
    }
}

fn told(out: &mut String, finding: &Finding, style: Style) {
    if finding.notes.is_empty() && finding.assumptions.is_empty() {
        return;
    }
    heading(out, "Worth knowing", style);
    for note in &finding.notes {
        let label = note.link.map_or("-".to_owned(), |id| format!("- {id}"));
        paragraph(out, 2, &label, &words::note(note));
    }
    for assumption in &finding.assumptions {
        paragraph(out, 2, "- assumed:", assumption);
    }
}

fn change(out: &mut String, finding: &Finding, control: &Control, style: Style) {
    if !matches!(finding.status, Status::Fail | Status::Unknown) {
        return;
    }
    heading(out, "What to change", style);
    if let Some(text) = finding.broken_link.and_then(|id| id.failure().repair) {
        let label = finding
            .broken_link
            .map_or(String::new(), |id| format!("- {id}:"));
        paragraph(out, 2, &label, text);
    }
    // What else is wrong with the path to repair, so that one repair is not followed by the next surprise.
    let others = finding
        .paths
        .first()
        .map(|path| path.links.as_slice())
        .unwrap_or_default();
    let mut seen: Vec<LinkId> = finding.broken_link.into_iter().collect();
    for link in others.iter().filter(|link| link.verdict == Verdict::Broken) {
        if !seen.contains(&link.id)
            && let Some(text) = link.id.failure().repair
        {
            seen.push(link.id);
            paragraph(out, 2, &format!("- then {}:", link.id), text);
        }
    }
    paragraph(out, 2, "-", &flat(&control.remediation));
}
