//! The tables of docs/delivery-chain.md are made from the table of failures.

use trailproof::chain::verdict::{LinkId, Station};

use crate::support::golden;
use crate::support::project;

const BEGIN: &str = "<!-- made from the table of failures: begin -->\n";
const END: &str = "<!-- made from the table of failures: end -->\n";

fn heading(station: Station) -> &'static str {
    match station {
        Station::Trail => "Trail",
        Station::EventSelectors => "Event selectors",
        Station::LogGroup => "Log group",
        Station::MetricFilter => "Metric filter",
        Station::Alarm => "Alarm",
        Station::CompositeAlarm => "Composite alarm",
        Station::Rule => "EventBridge",
        Station::Topic => "Topic",
        Station::Subscription => "Subscription",
        Station::OtherMonitoring => "Other monitoring",
    }
}

fn tables() -> String {
    let mut text = String::new();
    for station in Station::ALL {
        text.push_str(&format!(
            "### {}\n\n| id | failure | trailproof | others |\n|---|---|---|---|\n",
            heading(station)
        ));
        for id in LinkId::ALL.iter().filter(|id| id.station() == station) {
            let row = id.failure();
            let says = match (row.says, row.not_shown) {
                (Some(says), _) => says.to_owned(),
                (None, why) => format!("not shown: {}", why.unwrap_or_default()),
            };
            let peers = row.peers.unwrap_or_default();
            text.push_str(&format!("| {id} | {} | {says} | {peers} |\n", row.title));
        }
        text.push('\n');
    }
    text
}

#[test]
fn the_document_holds_every_failure_as_the_table_has_it() {
    let path = project("docs/delivery-chain.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(BEGIN).expect("where the tables begin");
    let (_, after) = rest.split_once(END).expect("where the tables end");
    let wanted = format!("{before}{BEGIN}{}{END}{after}", tables());
    golden::document(&path, &document, &wanted);
}
