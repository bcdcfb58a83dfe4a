//! Blind spots for people: the calls that would break a proof, account by account, those that nobody hears first.

use crate::analyze::{BlindSpot, Finding, Heard};
use crate::chain::verdict::{ApiCall, Kind, Station};

use super::text::{Colour, Page, count};
use super::words;

/// One call on one resource, with the controls whose proof it breaks.
pub(super) struct Spot<'a> {
    pub(super) spot: &'a BlindSpot,
    pub(super) controls: Vec<&'a Finding>,
}

/// The blind spots of an account, each once, in the order of the chain.
pub(super) fn of_account(findings: &[Finding]) -> Vec<Spot<'_>> {
    let mut spots: Vec<Spot<'_>> = Vec::new();
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

/// Whether something passes whose proof a call could break.
fn any_proof(findings: &[Finding]) -> bool {
    findings.iter().any(|it| it.blind_spots.is_some())
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
    let part = match spot.call.source {
        "kms.amazonaws.com" => "the key of ",
        _ => "",
    };
    format!(
        "{} of {} on {part}{subject}",
        spot.call.name, spot.call.source
    )
}

/// What becomes of the call.
pub(super) fn heard(spot: &BlindSpot) -> String {
    let pattern = spot.pattern().unwrap_or_default();
    // By the time the record of the call comes, the role no longer lets the trail deliver it.
    let filter = match spot.subject.kind {
        Kind::Role => "a filter behind another trail that would",
        _ => "a filter that would",
    };
    match &spot.heard {
        Heard::Yes { by } => format!("heard by {}", words::carried(by)),
        Heard::No {
            only_by_itself: false,
        } => format!("nobody would hear of it; {filter}: {pattern}"),
        Heard::No {
            only_by_itself: true,
        } => {
            let elsewhere = match spot.link.station() {
                Station::Trail | Station::EventSelectors | Station::LogGroup => {
                    "behind another trail"
                }
                _ => "on another filter, alarm and topic",
            };
            format!("it takes away what alone would hear it; {elsewhere}: {pattern}")
        }
        Heard::NotRecorded => {
            "CloudTrail does not record it: confirm the subscription with AuthenticateOnUnsubscribe"
                .to_owned()
        }
        Heard::Unknown => {
            format!("whether anybody would hear of it is not known; {filter}: {pattern}")
        }
    }
}

/// The same call on several resources, with the same outcome.
struct Group<'a> {
    spots: Vec<&'a Spot<'a>>,
    heard: String,
}

impl<'a> Group<'a> {
    fn all(spots: impl IntoIterator<Item = &'a Spot<'a>>) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for spot in spots {
            let heard = heard(spot.spot);
            let same = |it: &&mut Self| {
                let first = it.spots.first();
                first.is_some_and(|it| it.spot.call == spot.spot.call) && it.heard == heard
            };
            match groups.iter_mut().find(same) {
                Some(group) => group.spots.push(spot),
                None => groups.push(Self {
                    spots: vec![spot],
                    heard,
                }),
            }
        }
        groups
    }

    /// The call, on one resource or on many of a kind.
    fn call(&self) -> String {
        match self.spots.as_slice() {
            [] => String::new(),
            [one] => call(one.spot),
            [first, ..] => {
                let subject = words::subject(&first.spot.subject);
                let kind = subject.split(" `").next().unwrap_or_default();
                let call = &first.spot.call;
                let many = count(self.spots.len(), kind);
                format!("{} of {} on any of {many}", call.name, call.source)
            }
        }
    }

    /// The controls whose proof it breaks: `15 controls`, or their numbers where they are few.
    fn breaks(&self) -> String {
        const NAMED: usize = 4;
        let mut numbers: Vec<&str> = Vec::new();
        for finding in self.spots.iter().flat_map(|it| &it.controls) {
            let number = finding.benchmark_id.as_deref().unwrap_or(&finding.control);
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        if numbers.len() > NAMED {
            return count(numbers.len(), "control");
        }
        numbers.join(", ")
    }
}

/// What the table says of an account.
pub(super) fn text(page: &mut Page, account: &str, findings: &[Finding]) {
    let style = page.style;
    let spots = of_account(findings);
    page.heading(&format!("The quietest ways to blind account {account}"));
    if spots.is_empty() {
        let none = match any_proof(findings) {
            true => "no single call breaks the proof of a control that passes",
            false => "no control passes here: there is no proof that a call could break",
        };
        page.paragraph(2, "", none);
        return;
    }
    let (quiet, loud): (Vec<_>, Vec<_>) = spots.iter().partition(|it| silent(it.spot));
    for it in Group::all(quiet.iter().copied()) {
        let link = it.spots.first().map_or("", |it| it.spot.link.code());
        let text = format!("{} (breaks {} by {link})", it.call(), it.breaks());
        page.paragraph(2, &style.paint(Colour::Red, "x"), &text);
        page.paragraph(4, "", &it.heard);
    }
    if !loud.is_empty() {
        let mut names: Vec<&str> = loud.iter().map(|it| it.spot.call.name).collect();
        names.dedup();
        let text = format!("{}: somebody would hear of these", names.join(", "));
        page.paragraph(2, &style.paint(Colour::Green, "o"), &text);
    }
}
