//! The chain of one path as a drawing: a box a station, the link that drops the event crossed.

use crate::analyze::{Finding, PathSummary, Status};
use crate::aws::arn::short_name;
use crate::chain::verdict::{Station, Verdict};

use super::super::explain::{PARTS, station_names};
use super::super::text::cut;
use super::text;

const WIDTH: usize = 400;
const BOX: usize = 46;
const GAP: usize = 18;
/// How much of a name fits into a box.
const NAME: usize = 42;

/// The drawing of the path that decides.
pub(super) fn draw(out: &mut String, finding: &Finding, path: &PathSummary) {
    let names = station_names(path);
    let stop = finding
        .broken_link
        .filter(|_| matches!(finding.status, Status::Fail | Status::Unknown));
    let mut boxes = Vec::new();
    let mut reached = true;
    for ((station, stations), name) in PARTS.iter().zip(names) {
        let of_rules = stations.contains(&Station::Rule);
        let of_alarms = [Station::LogGroup, Station::MetricFilter, Station::Alarm]
            .iter()
            .any(|station| stations.contains(station));
        // A path runs through an alarm or through a rule.
        if (of_rules && path.rule.is_none()) || (of_alarms && path.rule.is_some()) {
            continue;
        }
        let links = path
            .links
            .iter()
            .filter(|link| stations.contains(&link.id.station()));
        let worst = Verdict::worst(links.map(|link| link.verdict));
        let stops = reached && stop.is_some_and(|id| stations.contains(&id.station()));
        let class = match (stops, finding.status, worst, name) {
            (true, Status::Unknown, ..) => "unknown",
            (true, ..) => "broken",
            (_, _, Verdict::Broken, _) => "broken",
            (_, _, Verdict::Unknown, _) => "unknown",
            (_, _, _, None) => "missing",
            (_, _, Verdict::Degraded | Verdict::Weak, _) => "weak",
            _ => "ok",
        };
        boxes.push((*station, name, class, stops, reached));
        if stops {
            reached = false;
        }
    }
    let height = boxes.len() * (BOX + GAP) - GAP + 4;
    let told: Vec<String> = boxes
        .iter()
        .map(|(station, name, class, ..)| {
            format!(
                "{station} {}: {}",
                name.map_or("none", short_name),
                said(class)
            )
        })
        .collect();
    out.push_str(&format!(
        "<svg class=\"chain\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\">",
        text(&told.join("; "))
    ));
    for (index, (station, name, class, stops, reached)) in boxes.into_iter().enumerate() {
        let top = index * (BOX + GAP) + 2;
        if index > 0 {
            let way = if reached { "way" } else { "way cut" };
            out.push_str(&format!(
                "<line class=\"{way}\" x1=\"30\" y1=\"{}\" x2=\"30\" y2=\"{top}\"/>",
                top - GAP
            ));
        }
        let sign = match class {
            "ok" => "✓",
            "broken" => "✗",
            "unknown" => "?",
            "missing" => "–",
            _ => "!",
        };
        let id = stop.filter(|_| stops).map_or(String::new(), |id| {
            format!(
                "<text class=\"sign\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{} stops here</text>",
                WIDTH - 12,
                top + 18,
                id.code()
            )
        });
        out.push_str(&format!(
            "<g class=\"{class}\"><rect class=\"box\" x=\"2\" y=\"{top}\" width=\"{}\" height=\"{BOX}\" rx=\"6\"/>\
             <text class=\"sign\" x=\"22\" y=\"{}\">{sign}</text><text class=\"small\" x=\"48\" y=\"{}\">{station}</text>\
             <text x=\"48\" y=\"{}\">{}</text>{id}</g>",
            WIDTH - 4,
            top + 28,
            top + 17,
            top + 36,
            text(&cut(name.map_or("none", short_name), NAME)),
        ));
    }
    out.push_str("</svg>\n");
}

fn said(class: &str) -> &'static str {
    match class {
        "ok" => "passes it on",
        "broken" => "drops it",
        "unknown" => "not known",
        "missing" => "not there",
        _ => "passes it on, with a remark",
    }
}
