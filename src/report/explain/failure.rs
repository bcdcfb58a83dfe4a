//! `explain A06`: what an id means, without any snapshot.

use crate::chain::verdict::{LinkId, Verdict};

use super::super::text::{Colour, Page, Style};
use super::super::words;

/// What is said of a link that is not in order.
const SAID: [Verdict; 4] = [
    Verdict::Broken,
    Verdict::Degraded,
    Verdict::Weak,
    Verdict::Unknown,
];

/// Everything that is known of a failure id.
pub fn failure(id: LinkId, style: Style) -> String {
    let failure = id.failure();
    let mut page = Page::new(style);
    let label = style.paint(Colour::Bold, id.code());
    page.paragraph(0, &label, failure.title);
    let station = failure.station.word().replace('_', " ");
    let mut row = |label: &str, text: &str| {
        let label = style.paint(Colour::Dim, label);
        page.hanging(0, &label, 9, text);
    };
    row("where", &station);
    if let Some(says) = failure.says {
        row("says", says);
    }
    if let Some(why) = failure.not_shown {
        row(
            "says",
            &format!("nothing, since a snapshot cannot show it: {why}"),
        );
    }
    row(
        "fix",
        failure.repair.unwrap_or("nothing has to be repaired"),
    );
    row(
        "tools",
        &match failure.peers {
            Some(peers) => format!("also looked at by: {peers}"),
            None => "no other tool that was read looks at it".to_owned(),
        },
    );
    row("words", &words::meanings(SAID));
    page.finish()
}
