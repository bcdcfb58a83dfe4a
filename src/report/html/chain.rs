//! The chain of one path as a drawing: a box a station, the link that drops the event crossed.

use crate::analyze::{Finding, PathSummary, Status};
use crate::aws::arn::short_name;
use crate::chain::verdict::{LinkId, Station, Verdict};
use crate::control::Section;

use super::super::explain::parts;
use super::super::text::cut;
use super::text;

const WIDTH: usize = 400;
const BOX: usize = 46;
const GAP: usize = 18;
/// How much of a name fits into a box.
const NAME: usize = 42;

/// The drawing of the path that decides.
pub(super) fn draw(out: &mut String, asks: Section, finding: &Finding, path: &PathSummary) {
    let boxes = boxes(asks, finding, path);
    let height = boxes.len() * (BOX + GAP) - GAP + 4;
    let told: Vec<String> = boxes
        .iter()
        .map(|it| format!("{} {}: {}", it.station, it.shown(), said(it.class)))
        .collect();
    out.push_str(&format!(
        "<svg class=\"chain\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\">",
        text(&told.join("; "))
    ));
    for (index, it) in boxes.iter().enumerate() {
        let top = index * (BOX + GAP) + 2;
        if index > 0 {
            let way = if it.reached { "way" } else { "way cut" };
            out.push_str(&format!(
                "<line class=\"{way}\" x1=\"30\" y1=\"{}\" x2=\"30\" y2=\"{top}\"/>",
                top - GAP
            ));
        }
        it.draw(out, top);
    }
    out.push_str("</svg>\n");
}

/// A station of the chain as it is drawn.
struct Drawn<'a> {
    station: &'static str,
    name: Option<&'a str>,
    class: &'static str,
    /// The link at which the events stop, where they stop here.
    stop: Option<LinkId>,
    /// Whether they come here.
    reached: bool,
}

fn boxes<'a>(asks: Section, finding: &Finding, path: &'a PathSummary) -> Vec<Drawn<'a>> {
    let stop = finding
        .broken_link
        .filter(|_| matches!(finding.status, Status::Fail | Status::Unknown));
    let mut boxes = Vec::new();
    let mut reached = true;
    for (station, stations, name) in parts(path) {
        let of_rules = stations.contains(&Station::Rule);
        let of_alarms = [Station::LogGroup, Station::MetricFilter, Station::Alarm]
            .iter()
            .any(|station| stations.contains(station));
        let passed_by = match asks {
            // A path runs through an alarm or through a rule.
            Section::Monitoring => {
                (of_rules && path.rule.is_none()) || (of_alarms && path.rule.is_some())
            }
            // A record is kept by a trail, or where the trail hands it on; nobody has to be told.
            Section::Logging => name.is_none() && !stations.contains(&Station::Trail),
        };
        if passed_by {
            continue;
        }
        let links = path
            .links
            .iter()
            .filter(|link| stations.contains(&link.id.station()));
        let worst = Verdict::worst(links.map(|link| link.verdict));
        let stop = stop.filter(|id| reached && stations.contains(&id.station()));
        let class = match (stop, finding.status, worst, name) {
            (Some(_), Status::Unknown, ..) => "unknown",
            (Some(_), ..) => "broken",
            (_, _, Verdict::Broken, _) => "broken",
            (_, _, Verdict::Unknown, _) => "unknown",
            (_, _, _, None) => "missing",
            (_, _, Verdict::Degraded | Verdict::Weak, _) => "weak",
            _ => "ok",
        };
        boxes.push(Drawn {
            station,
            name,
            class,
            stop,
            reached,
        });
        reached &= stop.is_none();
    }
    boxes
}

impl Drawn<'_> {
    fn shown(&self) -> &str {
        self.name.map_or("none", short_name)
    }

    fn draw(&self, out: &mut String, top: usize) {
        let sign = match self.class {
            "ok" => "✓",
            "broken" => "✗",
            "unknown" => "?",
            "missing" => "–",
            _ => "!",
        };
        let id = self.stop.map_or(String::new(), |id| {
            format!(
                "<text class=\"sign\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{} stops here</text>",
                WIDTH - 12,
                top + 18,
                id.code()
            )
        });
        let (class, station) = (self.class, self.station);
        out.push_str(&format!(
            "<g class=\"{class}\"><rect class=\"box\" x=\"2\" y=\"{top}\" width=\"{}\" height=\"{BOX}\" rx=\"6\"/>\
             <text class=\"sign\" x=\"22\" y=\"{}\">{sign}</text><text class=\"small\" x=\"48\" y=\"{}\">{station}</text>\
             <text x=\"48\" y=\"{}\">{}</text>{id}</g>",
            WIDTH - 4,
            top + 28,
            top + 17,
            top + 36,
            text(&cut(self.shown(), NAME)),
        ));
    }
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
