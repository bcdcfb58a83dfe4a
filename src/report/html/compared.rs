//! A comparison on a page: what the change did to the posture first, then what was changed.

use crate::analyze::SnapshotSummary;
use crate::diff::{Change, Diff, Direction, FactChange, FindingChange, Side};

use super::super::diff::{
    call, direction_word, meaning_words, nothing, presence_words, resource, side_words, summary,
    values,
};
use super::super::text::witness_line;
use super::super::words;
use super::{sentence, text};

/// How much of a long value is shown.
const VALUE_SHOWN: usize = 400;

pub(super) fn body(out: &mut String, diff: &Diff) {
    out.push_str(&format!(
        "<header>\n<h1>What changed: {}</h1>\n<p class=\"verdict\">{}</p>\n<dl>\n",
        text(&diff.benchmark_title),
        if diff.is_empty() {
            nothing(diff).to_owned()
        } else {
            text(&summary(diff))
        }
    ));
    snapshot(out, "baseline", &diff.baseline);
    snapshot(out, "current", &diff.current);
    for (option, meaning) in words::premises(&diff.premises) {
        out.push_str(&format!(
            "<dt>assumed</dt><dd>{}</dd>\n",
            text(&format!("{option}: {meaning}"))
        ));
    }
    out.push_str("</dl>\n</header>\n<main>\n");
    presence(out, diff);
    posture(out, diff);
    configuration(out, diff);
    gaps(out, diff);
    out.push_str("</main>\n");
}

fn snapshot(out: &mut String, name: &str, side: &SnapshotSummary) {
    let doubts = words::doubts(side).into_iter();
    let doubts = doubts.map(|doubt| format!("; <strong class=\"unknown\">{doubt}</strong>"));
    let doubts: String = doubts.collect();
    let side = text(&words::side(side));
    out.push_str(&format!("<dt>{name}</dt><dd>{side}{doubts}</dd>\n"));
}

fn presence(out: &mut String, diff: &Diff) {
    if diff.presence.is_empty() {
        return;
    }
    out.push_str("<section><h2>Accounts and Regions</h2><ul>\n");
    for presence in &diff.presence {
        let (what, said) = presence_words(presence);
        let class = match presence.on {
            Side::Baseline => "fail",
            Side::Current => "pass",
        };
        out.push_str(&format!(
            "<li>{} <span class=\"{class}\">{said}</span></li>\n",
            text(&what)
        ));
    }
    out.push_str("</ul></section>\n");
}

fn posture(out: &mut String, diff: &Diff) {
    if !diff.findings.is_empty() {
        out.push_str(
            "<section><h2>Posture</h2><div class=\"scroll\"><table class=\"stack\"><thead><tr><th scope=\"col\"></th>\
             <th scope=\"col\">control</th><th scope=\"col\">account</th><th scope=\"col\">before</th>\
             <th scope=\"col\">now</th><th scope=\"col\">why</th></tr></thead><tbody>\n",
        );
        for direction in [Direction::Worse, Direction::Same, Direction::Better] {
            let of = diff.findings.iter().filter(|it| it.direction == direction);
            of.for_each(|change| finding(out, change));
        }
        out.push_str("</tbody></table></div></section>\n");
    }
    for refused in &diff.refused {
        let of = &refused.attestation;
        let what = format!(
            "`{}` in {}: {}",
            of.control,
            of.account,
            words::refusal(&refused.why)
        );
        out.push_str(&format!(
            "<p class=\"unknown\">Attestation refused: {}</p>\n",
            sentence(&what)
        ));
    }
}

fn finding(out: &mut String, change: &FindingChange) {
    let class = match change.direction {
        Direction::Worse => "fail",
        Direction::Same => "unknown",
        Direction::Better => "pass",
    };
    // What it is now explains a loss; what it was explains a gain.
    let told = match change.direction {
        Direction::Better => change.before.as_ref(),
        _ => change.after.as_ref().or(change.before.as_ref()),
    };
    let mut why = told.map_or(String::new(), |side| sentence(&words::reason(side)));
    if let Some((side, witness)) = told.and_then(|side| Some((side, side.witness.as_ref()?))) {
        why.push_str(&format!(
            "<br><span class=\"soft\">lost: {}</span>",
            text(&witness_line(witness, &side.marks))
        ));
    }
    out.push_str(&format!(
        "<tr><td><span class=\"word {class}\">{}</span></td><td>{} <code>{}</code></td><td>{}</td><td data-of=\"before\">{}</td><td data-of=\"now\">{}</td><td>{why}</td></tr>\n",
        direction_word(change.direction),
        text(change.benchmark_id.as_deref().unwrap_or_default()),
        text(&change.control),
        text(&change.account),
        text(&side_words(change.before.as_ref())),
        text(&side_words(change.after.as_ref())),
    ));
}

fn configuration(out: &mut String, diff: &Diff) {
    if diff.facts.is_empty() {
        return;
    }
    out.push_str("<section><h2>Configuration</h2><ul>\n");
    for fact in &diff.facts {
        one_fact(out, fact);
    }
    out.push_str("</ul></section>\n");
}

fn one_fact(out: &mut String, fact: &FactChange) {
    let name = text(&resource(fact));
    match &fact.change {
        Change::Added(_) => out.push_str(&format!("<li>added: {name}</li>\n")),
        Change::Removed(_) => out.push_str(&format!("<li>removed: {name}</li>\n")),
        Change::Unseen { on, why } => {
            let unsaid = match on {
                Side::Baseline => "the current snapshot",
                Side::Current => "the baseline",
            };
            let why = sentence(&words::unseen(why));
            out.push_str(&format!("<li>{name}: {unsaid} does not say: {why}</li>\n"));
        }
        Change::Changed(fields) => {
            out.push_str(&format!("<li>changed: {name}<ul>\n"));
            for field in fields {
                let [before, after] = values(field, VALUE_SHOWN).map(|value| {
                    value.map_or("none".to_owned(), |value| {
                        format!("<code>{}</code>", text(&value))
                    })
                });
                let meaning = field.meaning.as_ref().map_or(String::new(), |meaning| {
                    format!("<br>{}", text(&meaning_words(meaning)))
                });
                out.push_str(&format!(
                    "<li>{}: {before} → {after}{meaning}</li>\n",
                    text(&field.name),
                ));
            }
            out.push_str("</ul></li>\n");
        }
    }
}

fn gaps(out: &mut String, diff: &Diff) {
    if diff.gaps.is_empty() {
        return;
    }
    out.push_str("<section><h2>What could not be read</h2><ul>\n");
    for gap in &diff.gaps {
        let on = match gap.on {
            Side::Baseline => "in the baseline only",
            Side::Current => "in the current snapshot only",
        };
        let what = format!("{on}: {}", call(gap));
        out.push_str(&format!("<li>{}</li>\n", text(&what)));
    }
    out.push_str("</ul></section>\n");
}
