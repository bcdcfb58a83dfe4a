//! A replay for a pull request or a wiki: GitHub-flavoured Markdown.

use crate::report::marked::{cell, sentence};

use super::sentences::{self, SHOWN, missed_of};
use super::{ReplayDossier, files};

pub(super) fn render(dossier: ReplayDossier<'_>) -> String {
    let outcome = dossier.outcome;
    let mut out = format!("# Replay: {}\n\n", sentence(&outcome.benchmark));
    for line in files::read(dossier) {
        out.push_str(&format!("- {}\n", sentence(&line)));
    }
    out.push_str("\n| account | no. | control | asked | heard | missed | noise |\n");
    out.push_str("|---|---|---|---|---|---|---|\n");
    for control in &outcome.controls {
        out.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} | {} |\n",
            cell(&control.account),
            cell(&control.number),
            cell(&control.control),
            control.asked,
            control.heard,
            missed_of(control),
            control.noise.count
        ));
    }
    for control in &outcome.controls {
        let kinds = [
            ("missed", &control.missed),
            ("undecided", &control.undecided),
        ];
        let told = kinds.into_iter().flat_map(|(label, kinds)| {
            let kinds = kinds.iter().take(SHOWN);
            kinds.map(move |missed| format!("{label}: {}", sentences::missed(missed)))
        });
        let noise = control.noise.by.iter().take(SHOWN);
        let noise = noise.map(|surplus| format!("noise: {}", sentences::noise(surplus)));
        let often = sentences::how_often(control, outcome);
        let together = sentences::together(control, outcome);
        let told = told.chain(together).chain(often);
        let lines: Vec<String> = told.chain(noise).collect();
        if lines.is_empty() {
            continue;
        }
        let title = format!(
            "{} {} in {}",
            control.number, control.title, control.account
        );
        out.push_str(&format!("\n## {}\n\n", sentence(&title)));
        for line in lines {
            out.push_str(&format!("- {}\n", sentence(&line)));
        }
    }
    let alarms = outcome.alarms.iter();
    let mut alarms = alarms.filter(|it| sentences::is_told(it)).peekable();
    if alarms.peek().is_some() {
        out.push_str("\n## What the alarms would have done\n\n");
    }
    for alarm in alarms {
        let line = format!("`{}`: {}", alarm.name, sentences::alarm(alarm));
        out.push_str(&format!("- {}\n", sentence(&line)));
        for line in sentences::history(alarm) {
            out.push_str(&format!("  - {}\n", sentence(&line)));
        }
    }
    let what_if = sentences::what_if(dossier);
    if !what_if.is_empty() {
        let title = sentences::what_if_title(dossier);
        out.push_str(&format!("\n## {title}\n\n"));
    }
    for line in what_if {
        out.push_str(&format!("- {}\n", sentence(&line)));
    }
    out.push_str(&format!("\n{}\n\n", sentences::ASSUMED));
    out.push_str(&format!("{}.\n", sentence(&sentences::summary(dossier))));
    out
}
