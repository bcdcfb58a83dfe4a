//! A comparison of two snapshots for a terminal: what the change did to the posture first, then what was changed.

use crate::analyze::Finding;
use crate::aws::arn::short_name;
use crate::coverage::RelationKind;
use crate::diff::{
    Change, Diff, Direction, FactChange, FieldChange, FindingChange, GapChange, Meaning, Presence,
    Side,
};

use super::table::attestations;
use super::text::{
    Colour, Page, Style, audit_steps_word, clean, count, cut_apart, status_word, witness_line,
};
use super::words;

/// How much of a long value is shown.
const VALUE_SHOWN: usize = 400;

/// The comparison as text.
pub(super) fn render(diff: &Diff, style: Style) -> String {
    let mut page = Page::new(style);
    let out = &mut page;
    let title = style.paint(Colour::Bold, &clean(&diff.benchmark_title));
    out.line(&title);
    for (label, side) in [("baseline:", &diff.baseline), ("current: ", &diff.current)] {
        let mut said = words::side(side);
        for doubt in words::doubts(side) {
            said.push_str(&format!("; {doubt}"));
        }
        out.paragraph(0, label, &said);
    }
    for (option, meaning) in words::premises(&diff.premises) {
        out.paragraph(0, "assumed:", &format!("{option}: {meaning}"));
    }
    if diff.is_empty() {
        attestations(out, &diff.refused);
        out.blank();
        out.line(nothing(diff));
        return page.finish();
    }
    presence(out, diff, style);
    posture(out, diff, style);
    attestations(out, &diff.refused);
    configuration(out, diff, style);
    gaps(out, diff);
    out.blank();
    out.paragraph(0, "", &summary(diff));
    page.finish()
}

/// What is said where nothing is told.
pub(super) fn nothing(diff: &Diff) -> &'static str {
    if diff.new_only {
        "nothing new"
    } else {
        "nothing differs"
    }
}

/// `2 findings worse, 1 better, 13 unchanged; 3 facts changed`.
pub(super) fn summary(diff: &Diff) -> String {
    let mut text = accounts(diff);
    let refused = match diff.refused.len() {
        0 => String::new(),
        several => format!(", {} refused", count(several, "attestation")),
    };
    if diff.new_only {
        let new = count(diff.findings.len(), "finding");
        return format!("{text}{new} new{refused}");
    }
    text += &format!(
        "{} worse, {} better, {} otherwise changed, {} unchanged; {} changed",
        count(diff.count(Direction::Worse), "finding"),
        diff.count(Direction::Better),
        diff.count(Direction::Same),
        diff.unchanged,
        count(
            diff.facts
                .iter()
                .filter(|fact| !matches!(fact.change, Change::Unseen { .. }))
                .count(),
            "fact"
        ),
    );
    let unseen = diff
        .facts
        .iter()
        .filter(|fact| matches!(fact.change, Change::Unseen { .. }))
        .count();
    if unseen > 0 {
        text.push_str(&format!(", {unseen} seen on one side only"));
    }
    text.push_str(&refused);
    text
}

/// `1 account gone, 2 accounts new; `: nothing where both sides have the same accounts.
fn accounts(diff: &Diff) -> String {
    let mut parts = Vec::new();
    for (side, what) in [(Side::Baseline, "gone"), (Side::Current, "new")] {
        let number = diff.accounts().filter(|it| it.on == side).count();
        if number > 0 {
            parts.push(format!("{} {what}", count(number, "account")));
        }
    }
    match parts.is_empty() {
        true => String::new(),
        false => format!("{}; ", parts.join(", ")),
    }
}

/// An account or a Region that one side alone has: what it is, and a sentence about it.
pub(super) fn presence_words(presence: &Presence) -> (String, &'static str) {
    let what = match &presence.region {
        Some(region) => format!("Region {region} of account {}", presence.account),
        None => format!("account {}", presence.account),
    };
    let said = match presence.on {
        Side::Baseline => "is not in the current snapshot",
        Side::Current => "is new",
    };
    (what, said)
}

fn presence(out: &mut Page, diff: &Diff, style: Style) {
    if diff.presence.is_empty() {
        return;
    }
    out.heading("Accounts and Regions");
    for presence in &diff.presence {
        let (what, said) = presence_words(presence);
        let sign = match presence.on {
            Side::Baseline => style.paint(Colour::Red, "-"),
            Side::Current => style.paint(Colour::Green, "+"),
        };
        out.paragraph(2, &sign, &format!("{what} {said}"));
    }
}

fn posture(out: &mut Page, diff: &Diff, style: Style) {
    if diff.findings.is_empty() {
        return;
    }
    out.heading("Posture");
    for direction in [Direction::Worse, Direction::Same, Direction::Better] {
        for change in diff
            .findings
            .iter()
            .filter(|change| change.direction == direction)
        {
            finding(out, change, style);
        }
    }
}

fn finding(out: &mut Page, change: &FindingChange, style: Style) {
    let word = direction_word(change.direction);
    let painted = match change.direction {
        Direction::Worse => style.paint(Colour::Red, word),
        Direction::Same => word.to_owned(),
        Direction::Better => style.paint(Colour::Green, word),
    };
    let number = change
        .benchmark_id
        .as_deref()
        .map(|id| format!("{id} "))
        .unwrap_or_default();
    let what = format!(
        "{number}{} in {}: {} -> {}",
        change.control,
        change.account,
        side_words(change.before.as_ref()),
        side_words(change.after.as_ref())
    );
    out.paragraph(2, &painted, &what);
    // What it is now explains a loss; what it was explains a gain.
    let told = if change.direction == Direction::Better {
        &change.before
    } else {
        &change.after
    };
    if let Some(side) = told.as_ref().or(change.before.as_ref()) {
        let tense = if change.direction == Direction::Better {
            "before:"
        } else {
            ""
        };
        out.paragraph(4, tense, &words::reason(side));
        if let Some(witness) = &side.witness {
            out.paragraph(4, "lost:", &witness_line(witness, &side.marks));
        }
    }
}

/// The direction as it is written in every format.
pub(super) fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::Worse => "worse",
        Direction::Same => "changed",
        Direction::Better => "better",
    }
}

pub(super) fn side_words(side: Option<&Finding>) -> String {
    let Some(side) = side else {
        return "not there".to_owned();
    };
    let mut said = status_word(side.status).to_owned();
    if let Some(id) = side.broken_link {
        said.push_str(&format!(" [{id}]"));
    }
    if let Some(audit_steps) = side.audit_steps.as_ref().map(|steps| steps.answer) {
        said.push_str(&format!(", audit steps {}", audit_steps_word(audit_steps)));
    }
    if let Some(accepted) = &side.accepted {
        said.push_str(&format!(", {}", words::accepted(accepted)));
    }
    said
}

fn configuration(out: &mut Page, diff: &Diff, style: Style) {
    if diff.facts.is_empty() {
        return;
    }
    out.heading("Configuration");
    for fact in &diff.facts {
        let name = resource(fact);
        match &fact.change {
            Change::Added(_) => out.paragraph(2, &style.paint(Colour::Green, "+"), &name),
            Change::Removed(_) => out.paragraph(2, &style.paint(Colour::Red, "-"), &name),
            Change::Unseen { on, why } => {
                let unsaid = if *on == Side::Baseline {
                    "the current snapshot"
                } else {
                    "the baseline"
                };
                out.paragraph(
                    2,
                    &style.paint(Colour::Yellow, "?"),
                    &format!("{name}: {unsaid} does not say: {}", words::unseen(why)),
                );
            }
            Change::Changed(fields) => {
                out.paragraph(2, &style.paint(Colour::Yellow, "~"), &name);
                for change in fields {
                    field(out, change, style);
                }
            }
        }
    }
}

/// `metric filter log-group name (111122223333 us-east-1)`.
pub(super) fn resource(fact: &FactChange) -> String {
    let parts: Vec<&str> = fact
        .resource
        .iter()
        .map(|part| short_name(part))
        .filter(|part| !part.is_empty())
        .collect();
    let place = match &fact.region {
        Some(region) => format!("{} {region}", fact.account),
        None => fact.account.clone(),
    };
    format!(
        "{} {} ({place})",
        fact.kind.replace('_', " "),
        parts.join(" ")
    )
}

/// The values of a field before and after, each cut to `width` around where they differ; none where there was none.
pub(super) fn values(change: &FieldChange, width: usize) -> [Option<String>; 2] {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let [before, after] = cut_apart(&text(&change.before), &text(&change.after), width);
    [
        change.before.as_ref().map(|_| before),
        change.after.as_ref().map(|_| after),
    ]
}

fn field(out: &mut Page, change: &FieldChange, style: Style) {
    let [before, after] =
        values(change, VALUE_SHOWN).map(|value| value.unwrap_or_else(|| "none".to_owned()));
    out.paragraph(
        4,
        &format!("{}:", change.name),
        &format!("{before} -> {after}"),
    );
    let Some(meaning) = &change.meaning else {
        return;
    };
    let painted = match meaning.relation {
        RelationKind::Equivalent => style.paint(Colour::Green, "="),
        RelationKind::Broader => style.paint(Colour::Yellow, ">"),
        RelationKind::Unknown => style.paint(Colour::Yellow, "?"),
        _ => style.paint(Colour::Red, "!"),
    };
    out.paragraph(4, &painted, &meaning_words(meaning));
}

/// What a rewritten pattern means, in words.
pub(super) fn meaning_words(meaning: &Meaning) -> String {
    let mut parts = vec![
        match meaning.relation {
            RelationKind::Equivalent => "it matches the same events as before",
            RelationKind::Broader => "it matches more events than before",
            RelationKind::Narrower => "it matches fewer events than before",
            RelationKind::Overlapping => {
                "it matches some events that it did not, and misses some that it did"
            }
            RelationKind::Disjoint => "it matches none of the events that it did",
            RelationKind::Unknown => "what it means is not decided",
        }
        .to_owned(),
    ];
    if let Some(reason) = meaning.unknown.as_ref().map(words::unrelated) {
        parts.push(reason.clone());
    }
    if let Some(lost) = &meaning.lost {
        parts.push(format!("lost: {}", witness_line(lost, &[])));
    }
    if let Some(gained) = &meaning.gained {
        parts.push(format!("gained: {}", witness_line(gained, &[])));
    }
    parts.join("; ")
}

fn gaps(out: &mut Page, diff: &Diff) {
    if diff.gaps.is_empty() {
        return;
    }
    out.heading("What could not be read");
    for gap in &diff.gaps {
        let of = if gap.subject.is_empty() {
            String::new()
        } else {
            format!(" of {}", short_name(&gap.subject))
        };
        let what = format!(
            "{} {}{of} ({} {}): {}",
            gap.service,
            gap.operation,
            gap.account,
            gap.region,
            words::ended(&gap.kind)
        );
        let label = if gap.on == Side::Baseline {
            "in the baseline only:"
        } else {
            "in the current snapshot only:"
        };
        out.paragraph(2, label, &what);
    }
}

/// A call that one side alone has no answer to.
pub(super) fn call(gap: &GapChange) -> String {
    format!(
        "{} {} {} ({} {}): {}",
        gap.service,
        gap.operation,
        gap.subject,
        gap.account,
        gap.region,
        words::ended(&gap.kind)
    )
}
