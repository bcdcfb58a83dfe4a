//! A replay for a terminal.

use crate::replay::ControlOutcome;
use crate::report::text::{Colour, Page, Style, clean};

use super::sentences::{self, SHOWN, missed_of, undecided_of};
use super::{ReplayDossier, files};

pub(super) fn render(dossier: ReplayDossier<'_>, style: Style) -> String {
    let mut out = Page::new(style);
    for line in files::read(dossier) {
        out.paragraph(0, "", &line);
    }
    let mut account = "";
    for control in &dossier.outcome.controls {
        if control.account != account {
            account = &control.account;
            out.blank();
            let title = style.paint(Colour::Bold, &format!("account {account}"));
            out.line(&title);
            out.line("  asked    heard   missed    noise  control");
        }
        render_control(&mut out, dossier, control, style);
    }
    render_alarms(&mut out, dossier, style);
    let what_if = sentences::what_if(dossier);
    if !what_if.is_empty() {
        out.blank();
        let title = sentences::what_if_title(dossier).to_lowercase();
        out.line(&style.paint(Colour::Bold, &title));
    }
    for line in what_if {
        out.paragraph(2, "", &line);
    }
    out.blank();
    out.paragraph(0, "", sentences::ASSUMED);
    out.line(&sentences::summary(dossier));
    out.finish()
}

/// The column in which the names of controls begin, behind their counts.
const CONTROLS: usize = 36;

/// Alarms that there is something to tell of.
fn render_alarms(out: &mut Page, dossier: ReplayDossier<'_>, style: Style) {
    let alarms = dossier.outcome.alarms.iter();
    let mut alarms = alarms.filter(|it| sentences::is_told(it)).peekable();
    if alarms.peek().is_none() {
        return;
    }
    out.blank();
    out.line(&style.paint(Colour::Bold, "what the alarms would have done"));
    for alarm in alarms {
        let name = format!("{}:", clean(&alarm.name));
        out.paragraph(2, &name, &sentences::alarm(alarm));
        for line in sentences::history(alarm) {
            out.paragraph(4, "", &line);
        }
    }
}

fn render_control(
    out: &mut Page,
    dossier: ReplayDossier<'_>,
    control: &ControlOutcome,
    style: Style,
) {
    let missed = missed_of(control);
    let colour = match (missed, undecided_of(control)) {
        (1.., _) => Colour::Red,
        (0, 1..) => Colour::Yellow,
        _ if control.asked > 0 => Colour::Green,
        _ => Colour::Dim,
    };
    let counts = format!(
        "{:>7} {:>8} {:>8} {:>8}",
        control.asked, control.heard, missed, control.noise.count
    );
    let counts = style.paint(colour, &counts);
    let mut number = control.number.clone();
    if number != control.control {
        number = format!("{number} {}", control.control);
    }
    out.hanging(0, &counts, CONTROLS, &number);
    let rest = |shown: usize| shown.saturating_sub(SHOWN);
    for (label, kinds) in [
        ("missed", &control.missed),
        ("undecided", &control.undecided),
    ] {
        for missed in kinds.iter().take(SHOWN) {
            out.paragraph(10, label, &sentences::missed(missed));
        }
        if rest(kinds.len()) > 0 {
            out.paragraph(10, label, &format!("{} more kinds", rest(kinds.len())));
        }
    }
    let outcome = dossier.outcome;
    let together = sentences::together(control, outcome);
    for line in together
        .iter()
        .chain(&sentences::how_often(control, outcome))
    {
        out.paragraph(10, "", line);
    }
    for surplus in control.noise.by.iter().take(SHOWN) {
        out.paragraph(10, "noise", &sentences::noise(surplus));
    }
    if rest(control.noise.by.len()) > 0 {
        let more = format!("{} more kinds", rest(control.noise.by.len()));
        out.paragraph(10, "noise", &more);
    }
}
