//! `--full`: what is asked, the chain link by link with the fields and evidence rows that decided, the part of the pattern
//! that is missing or too much, and the witness whole.

use crate::analyze::{Finding, Mark, PathSummary, Status};
use crate::aws::arn::{self, short_name};
use crate::chain::verdict::{Link, Station, Verdict};

use super::super::text::{Colour, Page, clean, count, json_document};
use super::super::words;
use super::{shown_fields, shown_rows};

/// The parts of a path as they are drawn, each with the stations whose links belong to it.
const PARTS: [(&str, &[Station]); 7] = [
    ("trail", &[Station::Trail, Station::EventSelectors]),
    ("log group", &[Station::LogGroup]),
    ("metric filter", &[Station::MetricFilter]),
    ("alarm", &[Station::Alarm, Station::CompositeAlarm]),
    ("rule", &[Station::Rule]),
    ("topic", &[Station::Topic]),
    ("subscription", &[Station::Subscription]),
];

/// What is asked, every path link by link, and the witness whole.
pub(super) fn write(page: &mut Page, finding: &Finding) {
    asked(page, finding);
    for (index, path) in finding.paths.iter().enumerate() {
        draw(page, finding, index, path);
    }
    if finding.paths_left_out > 0 {
        page.blank();
        page.line(&format!(
            "and {}, not drawn",
            count(finding.paths_left_out, "more path")
        ));
    }
    witness(page, finding);
}

/// The pattern at fault, with the parts at fault marked; nothing where no part is.
pub(super) fn marks(page: &mut Page, finding: &Finding) {
    let path = finding.paths.first();
    let filter = path.and_then(|path| Some((path.filter.as_ref()?, path.pattern.as_ref()?)));
    let of = |filter: Option<&String>| -> Vec<&Mark> {
        let marks = finding.marks.iter();
        marks
            .filter(|mark| mark.filter.as_ref() == filter)
            .collect()
    };
    if let Some(requirement) = &finding.requirement {
        let marks = of(None);
        if !marks.is_empty() {
            page.line("asked");
            pattern(page, 2, &requirement.text, &marks);
        }
    }
    if let Some((name, text)) = filter {
        let marks = of(Some(name));
        if !marks.is_empty() {
            page.line("deployed");
            pattern(page, 2, text, &marks);
        }
    }
}

fn asked(page: &mut Page, finding: &Finding) {
    let Some(requirement) = &finding.requirement else {
        return;
    };
    page.heading(&format!("What is asked ({})", requirement.label));
    let style = page.style;
    page.paragraph(2, "source:", &requirement.source);
    let marks: Vec<&Mark> = finding
        .marks
        .iter()
        .filter(|mark| mark.filter.is_none())
        .collect();
    pattern(page, 2, &requirement.text, &marks);
    if let Some(names) = &finding.names {
        for (name, filters) in &names.covered {
            let label = format!("{} {name}:", style.paint(Colour::Green, "+"));
            page.paragraph(2, &label, &filters.join(", "));
        }
        for name in &names.missing {
            let sign = style.paint(Colour::Red, "-");
            page.line(&format!("  {sign} {name}: nobody hears of it"));
        }
    }
}

/// A pattern on as many lines as it needs, with the marked parts underlined.
fn pattern(page: &mut Page, indent: usize, text: &str, marks: &[&Mark]) {
    let style = page.style;
    let width = style.width - indent;
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
        page.line(&format!("{pad}{}", shown.trim_end()));
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
            let carets = style.paint(Colour::Red, carets.trim_end());
            page.line(&format!("{pad}{carets}"));
        }
        start = end;
    }
    let mut said = Vec::new();
    for mark in marks {
        if !said.contains(&mark.kind) {
            said.push(mark.kind);
            let sign = if mark.span.is_empty() { "-" } else { "^" };
            page.paragraph(
                indent,
                &style.paint(Colour::Red, sign),
                words::mark(mark.kind),
            );
        }
    }
}

/// One path: every link of the first, of the others what is not `ok`.
fn draw(page: &mut Page, finding: &Finding, index: usize, path: &PathSummary) {
    let style = page.style;
    // The first path of a fail is the one that carries the witness farthest.
    let stop = finding
        .why
        .stop()
        .filter(|_| index == 0 && finding.status == Status::Fail);
    // It may be sound for other events.
    let drops = stop.map_or(String::new(), |stop| {
        format!(", and drops the lost event at {}", stop.id)
    });
    let (number, all) = (index + 1, finding.paths.len() + finding.paths_left_out);
    page.heading(&format!("Path {number} of {all}: {}{drops}", path.verdict));
    let mut drawn = 0;
    for (part, stations, name) in parts(path) {
        let links: Vec<&Link> = path
            .links
            .iter()
            .map(AsRef::as_ref)
            .filter(|link: &&Link| stations.contains(&link.id.station()))
            .collect();
        if name.is_none() && links.is_empty() {
            continue;
        }
        if drawn > 0 {
            page.line("  |");
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
        page.line(&format!("  {sign} {title} {}", clean(shown)));
        if stations.contains(&Station::MetricFilter)
            && path.filter.is_some()
            && let Some(text) = &path.pattern
        {
            let of_this = |mark: &&Mark| mark.filter.is_some() && mark.filter == path.filter;
            let marks: Vec<&Mark> = finding.marks.iter().filter(of_this).collect();
            pattern(page, 6, text, &marks);
        }
        if stations.contains(&Station::Rule)
            && path.rule.is_some()
            && let Some(text) = &path.pattern
        {
            pattern(page, 6, text, &[]);
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
            one_link(page, link);
        }
        if let Some(stop) = stop.filter(|_| stops_here) {
            let said = format!(
                "the lost event stops here: {} {}",
                stop.id,
                words::sentence(&stop.cause)
            );
            page.hanging(6, &style.paint(Colour::Red, "x"), 20, &said);
        }
    }
}

/// The parts of a path with what stands at each.
pub(in super::super) fn parts(
    path: &PathSummary,
) -> impl Iterator<Item = (&'static str, &'static [Station], Option<&str>)> {
    let names = [
        path.trail.as_deref(),
        path.log_group.as_deref(),
        path.filter.as_deref(),
        path.alarm.as_deref(),
        path.rule.as_deref(),
        path.action.as_deref(),
        path.subscription.as_deref(),
    ];
    let at = PARTS.iter().zip(names);
    at.map(|((part, stations), name)| {
        let other = stations
            .contains(&Station::Topic)
            .then(|| not_a_topic(path));
        (other.flatten().unwrap_or(part), *stations, name)
    })
}

/// What AWS calls the resource that a path goes to where it is no topic.
fn not_a_topic(path: &PathSummary) -> Option<&'static str> {
    let service = arn::service(path.action.as_deref()?)?;
    let word = if path.rule.is_some() {
        "target"
    } else {
        "action"
    };
    (service != "sns").then_some(word)
}

fn one_link(page: &mut Page, link: &Link) {
    let style = page.style;
    let label = format!("{} {:<8}", link.id, link.verdict);
    let mut text = words::sentence(&link.cause);
    let fields = shown_fields(link);
    if !fields.is_empty() {
        text.push_str(&format!(" [{fields}]"));
    }
    text.push_str(&shown_rows(link));
    let painted = match link.verdict {
        Verdict::Ok => style.paint(Colour::Green, &label),
        Verdict::Broken => style.paint(Colour::Red, &label),
        _ => style.paint(Colour::Yellow, &label),
    };
    page.hanging(6, &painted, 20, &text);
}

fn witness(page: &mut Page, finding: &Finding) {
    let Some(witness) = &finding.witness else {
        return;
    };
    let title = format!("Witness: {}", words::witness(&finding.why));
    page.heading(&title);
    let text = json_document(witness);
    for line in text.lines() {
        page.line(&format!("  {line}"));
    }
}
