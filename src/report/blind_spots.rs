//! Blind spots for people: the calls that would break a proof, account by account, those that nobody hears first.

use crate::analyze::{Analysis, BlindSpot, Finding, Heard};
use crate::chain::verdict::ApiCall;

use super::text::{Colour, Page, count};
use super::words;

/// One call on one resource, with the controls whose proof it breaks.
pub(super) struct Spot<'a> {
    pub(super) spot: &'a BlindSpot,
    pub(super) controls: Vec<&'a Finding>,
}

/// The blind spots of an account, each once, in the order of the chain.
pub(super) fn of_account<'a>(analysis: &'a Analysis, account: &str) -> Vec<Spot<'a>> {
    let mut spots: Vec<Spot<'a>> = Vec::new();
    let findings = analysis.findings.iter().filter(|it| it.account == account);
    for finding in findings {
        for spot in finding.blind_spots.iter().flatten() {
            let same =
                |it: &&mut Spot<'_>| it.spot.call == spot.call && it.spot.subject == spot.subject;
            match spots.iter_mut().find(same) {
                Some(known) => known.controls.push(finding),
                None => spots.push(Spot {
                    spot,
                    controls: vec![finding],
                }),
            }
        }
    }
    spots.sort_by_key(|it| (it.spot.link.station(), it.spot.link));
    spots
}

/// Whether anybody asked for them.
pub(super) fn asked(analysis: &Analysis) -> bool {
    analysis.findings.iter().any(|it| it.blind_spots.is_some())
}

/// Whether nobody would hear of it.
pub(super) fn silent(spot: &BlindSpot) -> bool {
    !matches!(spot.heard, Heard::Yes { .. })
}

/// `PutEventSelectors on trail `x``, with its source.
pub(super) fn call(spot: &BlindSpot) -> String {
    let subject = words::subject(&spot.subject);
    if spot.call == ApiCall::UNSUBSCRIBE_LINK {
        return format!("the unsubscribe link in a message, {subject}");
    }
    format!("{} of {} on {subject}", spot.call.name, spot.call.source)
}

/// What becomes of the call.
pub(super) fn heard(spot: &BlindSpot) -> String {
    let pattern = spot.pattern().unwrap_or_default();
    match &spot.heard {
        Heard::Yes { by } => format!("heard by {}", words::carried(by)),
        Heard::No {
            only_by_itself: false,
        } => format!("nobody would hear of it; a filter that would: {pattern}"),
        Heard::No {
            only_by_itself: true,
        } => format!(
            "it takes away what alone would hear it; on another filter, alarm and topic: {pattern}"
        ),
        Heard::NotRecorded => {
            "CloudTrail does not record it: confirm the subscription with AuthenticateOnUnsubscribe"
                .to_owned()
        }
        Heard::Unknown => {
            format!("whether anybody would hear of it is not known; a filter that would: {pattern}")
        }
    }
}

/// The controls whose proof it breaks: `15 controls`, or their numbers where they are few.
pub(super) fn breaks(spot: &Spot<'_>) -> String {
    const NAMED: usize = 4;
    if spot.controls.len() > NAMED {
        return count(spot.controls.len(), "control");
    }
    let numbers: Vec<&str> = spot
        .controls
        .iter()
        .map(|it| it.benchmark_id.as_deref().unwrap_or(&it.control))
        .collect();
    numbers.join(", ")
}

/// The section of the table.
pub(super) fn text(page: &mut Page, analysis: &Analysis) {
    if !asked(analysis) {
        return;
    }
    let style = page.style;
    for account in &analysis.accounts {
        let spots = of_account(analysis, &account.account);
        page.heading(&format!(
            "The quietest ways to blind account {}",
            account.account
        ));
        if spots.is_empty() {
            let none = "no single call breaks the proof of a control that passes";
            page.paragraph(2, "", none);
            continue;
        }
        let (quiet, loud): (Vec<_>, Vec<_>) = spots.iter().partition(|it| silent(it.spot));
        for it in quiet {
            let what = call(it.spot);
            let text = format!("{what} (breaks {} by {})", breaks(it), it.spot.link);
            page.paragraph(2, &style.paint(Colour::Red, "x"), &text);
            page.paragraph(4, "", &heard(it.spot));
        }
        if !loud.is_empty() {
            let names: Vec<&str> = loud.iter().map(|it| it.spot.call.name).collect();
            let text = format!("{}: somebody would hear of these", names.join(", "));
            page.paragraph(2, &style.paint(Colour::Green, "o"), &text);
        }
    }
}
