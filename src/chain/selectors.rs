//! Event selectors: which events a trail records (S ids), as conditions on the event.
//!
//! A trail records an event if any of its selectors matches. Only management events count here: every event that the
//! benchmarks ask about is one.

use std::collections::BTreeSet;

use crate::coverage::Predicate;

use super::Error;
use super::cause::EventSelectorsCause;
use super::facts::{
    AdvancedSelector, Asked, BasicSelector, Facts, FieldCondition, Question, SelectorRows, TrailRow,
};
use super::judgement::{Context, Judgement, fine};
use super::trail;
use super::verdict::{Link, LinkId, Verdict};

const KMS: &str = "kms.amazonaws.com";

/// The management events that one selector matches.
#[derive(Clone, Debug)]
struct Selected {
    /// None: both read and write; otherwise the value of `readOnly`.
    read_only: Option<bool>,
    /// What else is asked of the event.
    rest: Predicate,
    /// Event sources left out.
    excluded: Vec<String>,
    /// A condition that this version does not know how to read.
    obscure: Option<String>,
}

impl Selected {
    fn read_or_write(&self) -> Predicate {
        match self.read_only {
            None => Predicate::Always,
            Some(true) => Predicate::is_true("readOnly"),
            Some(false) => Predicate::is_false("readOnly"),
        }
    }

    fn events(&self) -> Predicate {
        Predicate::all([self.read_or_write(), self.rest.clone()])
    }
}

/// What the event selectors of a trail record.
pub(super) fn judge(
    facts: &Facts<'_>,
    context: &Context,
    trail: &TrailRow,
) -> Result<Judgement, Error> {
    if let Some((account, evidence)) = told(facts, context, trail)? {
        let rows = facts.selectors(account, trail)?;
        return Ok(decide(context, trail, &rows, evidence));
    }
    let mut judgement = Judgement::default();
    // The trail itself says that it has no selectors of its own.
    if trail.has_custom_event_selectors == Some(false) {
        return Ok(no_selectors(trail, trail.evidence));
    }
    judgement.say(trail::unanswered_by_tellers(
        facts,
        context,
        trail,
        LinkId::S10,
        "GetEventSelectors",
    )?);
    Ok(judgement)
}

/// The account that was told the event selectors of a trail, with the evidence row.
pub(super) fn told<'t>(
    facts: &Facts<'_>,
    context: &'t Context,
    trail: &'t TrailRow,
) -> Result<Option<(&'t str, i64)>, Error> {
    for account in trail::tellers(context, trail) {
        let question = Question {
            account,
            region: &trail.home_region,
            service: "cloudtrail",
            operation: "GetEventSelectors",
            subject: &trail.arn,
        };
        if let Asked::Answered { evidence } = facts.asked(question)? {
            return Ok(Some((account, evidence)));
        }
    }
    Ok(None)
}

fn decide(context: &Context, trail: &TrailRow, rows: &SelectorRows, evidence: i64) -> Judgement {
    match (rows.basic.as_slice(), rows.advanced.as_slice()) {
        ([], []) => no_selectors(trail, evidence),
        (basic, []) => basic_selectors(trail, basic),
        (_, advanced) => advanced_selectors(context, trail, advanced),
    }
}

/// S09: without custom selectors a trail records all management events.
fn no_selectors(trail: &TrailRow, evidence: i64) -> Judgement {
    let mut judgement = Judgement::default();
    let custom = trail.has_custom_event_selectors;
    let link = if custom == Some(true) {
        Link::new(
            LinkId::S09,
            Verdict::Unknown,
            trail.subject(),
            EventSelectorsCause::CustomSelectorsNotShown,
        )
    } else {
        fine(
            LinkId::S09,
            trail.subject(),
            EventSelectorsCause::NoCustomSelectors,
        )
    };
    let shown = custom.map_or_else(|| "absent".to_owned(), |custom| custom.to_string());
    judgement.say(
        link.field("HasCustomEventSelectors", shown)
            .evidence(BTreeSet::from([evidence, trail.evidence])),
    );
    judgement
}

fn basic_selectors(trail: &TrailRow, selectors: &[BasicSelector]) -> Judgement {
    let management: Vec<&BasicSelector> = selectors
        .iter()
        .filter(|selector| selector.include_management_events)
        .collect();
    let evidence: Vec<i64> = selectors
        .first()
        .map(|selector| selector.evidence)
        .into_iter()
        .collect();
    let mut judgement = Judgement::default();
    if management.is_empty() {
        judgement.say(
            Link::new(
                LinkId::S01,
                Verdict::Broken,
                trail.subject(),
                EventSelectorsCause::NoManagementEvents,
            )
            .field("IncludeManagementEvents", false)
            .evidence(evidence),
        );
        return judgement;
    }
    judgement.say(
        fine(
            LinkId::S01,
            trail.subject(),
            EventSelectorsCause::ManagementEvents,
        )
        .field("IncludeManagementEvents", true)
        .evidence(evidence.iter().copied()),
    );
    let selected: Vec<Selected> = management
        .iter()
        .map(|selector| {
            let excluded = selector.exclude_management_event_sources.to_vec();
            let (read_only, obscure) = match selector.read_write_type.as_str() {
                "All" => (None, None),
                "ReadOnly" => (Some(true), None),
                "WriteOnly" => (Some(false), None),
                other => (None, Some(format!("ReadWriteType `{other}`"))),
            };
            Selected {
                read_only,
                rest: not_from(&excluded),
                excluded,
                obscure,
            }
        })
        .collect();
    let restriction = Restriction {
        trail,
        selected: &selected,
        form: &BASIC,
        evidence: &evidence,
    };
    restriction.tell(&mut judgement);
    judgement
}

fn advanced_selectors(
    context: &Context,
    trail: &TrailRow,
    selectors: &[AdvancedSelector],
) -> Judgement {
    let management: Vec<&AdvancedSelector> = selectors
        .iter()
        .filter(|selector| is_management(selector))
        .collect();
    let evidence: Vec<i64> = selectors
        .first()
        .map(|selector| selector.evidence)
        .into_iter()
        .collect();
    let mut judgement = Judgement::default();
    if management.is_empty() {
        judgement.say(
            Link::new(
                LinkId::S06,
                Verdict::Broken,
                trail.subject(),
                EventSelectorsCause::NoManagementEvents,
            )
            .field("eventCategory", "no Equals [\"Management\"]")
            .evidence(evidence),
        );
        return judgement;
    }
    let names: Vec<&str> = management
        .iter()
        .filter_map(|selector| selector.name.as_deref())
        .collect();
    judgement.say(
        fine(
            LinkId::S06,
            trail.subject(),
            EventSelectorsCause::ManagementEvents,
        )
        .field("eventCategory", "Equals [\"Management\"]")
        .field("Name", names.join(", "))
        .evidence(evidence.iter().copied()),
    );
    let selected: Vec<Selected> = management
        .iter()
        .map(|selector| selected(selector))
        .collect();
    let selected = without_obscure(context, selected);
    let restriction = Restriction {
        trail,
        selected: &selected,
        form: &ADVANCED,
        evidence: &evidence,
    };
    restriction.tell(&mut judgement);
    judgement
}

/// The selectors without those that are not understood, where the others match everything: these take nothing away.
fn without_obscure(context: &Context, selected: Vec<Selected>) -> Vec<Selected> {
    let (obscure, clear): (Vec<_>, Vec<_>) = selected
        .iter()
        .cloned()
        .partition(|one| one.obscure.is_some());
    if obscure.is_empty() || clear.is_empty() {
        return selected;
    }
    let all = Predicate::any(clear.iter().map(Selected::events));
    if context.has_some(&!all) {
        return selected;
    }
    clear
}

/// The ids under which restrictions are told, and how the selectors are written.
struct Form {
    read: LinkId,
    write: LinkId,
    kms: LinkId,
    other: LinkId,
    /// The field that tells reads from writes, with what it is of reads alone and of writes alone.
    access: [&'static str; 3],
    /// The field that leaves out event sources, and the operator before their list.
    exclusion: [&'static str; 2],
}

/// `EventSelectors`.
const BASIC: Form = Form {
    read: LinkId::S02,
    write: LinkId::S03,
    kms: LinkId::S04,
    other: LinkId::S05,
    access: ["ReadWriteType", "ReadOnly", "WriteOnly"],
    exclusion: ["ExcludeManagementEventSources", ""],
};

/// `AdvancedEventSelectors`.
const ADVANCED: Form = Form {
    read: LinkId::S07,
    write: LinkId::S07,
    kms: LinkId::S08,
    other: LinkId::S08,
    access: ["readOnly", "true", "false"],
    exclusion: ["eventSource", "NotEquals "],
};

/// Splits "any selector matches" into conditions, so that an event that is not recorded can be told why.
struct Restriction<'a> {
    trail: &'a TrailRow,
    selected: &'a [Selected],
    form: &'static Form,
    evidence: &'a [i64],
}

impl Restriction<'_> {
    fn tell(&self, judgement: &mut Judgement) {
        // One selector that takes everything makes the others irrelevant, obscure ones included.
        let everything = |one: &Selected| {
            one.read_only.is_none() && one.rest == Predicate::Always && one.obscure.is_none()
        };
        if self.selected.iter().any(everything) {
            return;
        }
        let obscure = self.selected.iter().find_map(|one| one.obscure.as_deref());
        if let Some(what) = obscure {
            let cause = EventSelectorsCause::SelectorNotUnderstood {
                condition: what.to_owned(),
            };
            judgement.say(self.link(self.form.other, Verdict::Unknown, cause));
        }
        self.access(judgement);
        let events = Predicate::any(self.selected.iter().map(Selected::events));
        self.sources(&events, judgement);
        judgement.require(
            self.form.other,
            self.trail.subject(),
            EventSelectorsCause::NotSelected,
            events,
        );
    }

    fn link(&self, id: LinkId, verdict: Verdict, cause: EventSelectorsCause) -> Link {
        Link::new(id, verdict, self.trail.subject(), cause).evidence(self.evidence.iter().copied())
    }

    /// Reads alone, or writes alone.
    fn access(&self, judgement: &mut Judgement) {
        let all_are = |read| self.selected.iter().all(|one| one.read_only == Some(read));
        let [field, reads, writes] = self.form.access;
        let halves = [
            (
                true,
                self.form.read,
                reads,
                EventSelectorsCause::ReadEventsOnly,
                Predicate::is_true("readOnly"),
            ),
            (
                false,
                self.form.write,
                writes,
                EventSelectorsCause::WriteEventsOnly,
                Predicate::is_false("readOnly"),
            ),
        ];
        for (read, id, value, cause, events) in halves {
            if all_are(read) {
                let link = self.link(id, Verdict::Degraded, cause.clone());
                judgement.say(link.field(field, value));
                judgement.require(id, self.trail.subject(), cause, events);
            }
        }
    }

    /// The event sources that are left out. An event of one is recorded only by a selector that does not leave it out.
    fn sources(&self, events: &Predicate, judgement: &mut Judgement) {
        let excluded = self.selected.iter().flat_map(|one| &one.excluded);
        let sources: BTreeSet<&String> = excluded.collect();
        let [field, operator] = self.form.exclusion;
        for source in sources {
            let by_all = self
                .selected
                .iter()
                .all(|one| one.excluded.contains(source));
            let id = match source.as_str() {
                KMS => self.form.kms,
                _ => self.form.other,
            };
            let cause = EventSelectorsCause::SourceExcluded {
                event_source: source.clone(),
                by_all,
            };
            let link = self.link(id, Verdict::Degraded, cause.clone());
            judgement.say(link.field(field, format!("{operator}[\"{source}\"]")));
            let other_sources = Predicate::Not(Box::new(Predicate::equals("eventSource", source)));
            let events = Predicate::any([other_sources, events.clone()]);
            judgement.require(id, self.trail.subject(), cause, events);
        }
    }
}

fn is_management(selector: &AdvancedSelector) -> bool {
    selector.fields.iter().any(|condition| {
        condition.field == "eventCategory"
            && condition.operator == "Equals"
            && condition
                .operands
                .iter()
                .any(|operand| operand == "Management")
    })
}

fn selected(selector: &AdvancedSelector) -> Selected {
    let mut selected = Selected {
        read_only: None,
        rest: Predicate::Always,
        excluded: Vec::new(),
        obscure: None,
    };
    let mut rest = Vec::new();
    for condition in &selector.fields {
        let operands = &condition.operands;
        match (condition.field.as_str(), condition.operator.as_str()) {
            // Checked by is_management; the other categories of the same list are not management events.
            ("eventCategory", "Equals") => {}
            ("readOnly", "Equals") => match halves(operands) {
                Some([true, true]) => {}
                Some([false, false]) => rest.push(Predicate::Never),
                Some([reads, _]) => {
                    // All conditions of a selector have to hold: reads that are writes are nothing.
                    if selected.read_only.is_some_and(|known| known != reads) {
                        rest.push(Predicate::Never);
                    }
                    selected.read_only = Some(reads);
                }
                None => selected.obscure = Some(shown(condition)),
            },
            ("eventSource", "NotEquals") => selected.excluded.extend(operands.iter().cloned()),
            _ => {}
        }
        match field_predicate(condition, operands) {
            Some(predicate) => rest.push(predicate),
            None => selected.obscure = Some(shown(condition)),
        }
    }
    selected.rest = Predicate::all(rest);
    selected
}

/// Whether `readOnly Equals` these lets reads through, and writes; none where it compares with something else.
fn halves(operands: &[String]) -> Option<[bool; 2]> {
    let known = |it: &String| it == "true" || it == "false";
    let named = |text: &str| operands.iter().any(|operand| operand == text);
    let halves = [named("true"), named("false")];
    operands.iter().all(known).then_some(halves)
}

/// A condition of an advanced event selector on a management event; none where the field is not one of its.
///
/// Values of a positive operator are alternatives, values of a negative one all have to differ.
fn field_predicate(condition: &FieldCondition, operands: &[String]) -> Option<Predicate> {
    let path = match condition.field.as_str() {
        "eventCategory" | "readOnly" if condition.operator == "Equals" => {
            return Some(Predicate::Always);
        }
        "eventName"
        | "eventSource"
        | "eventType"
        | "sessionCredentialFromConsole"
        | "userIdentity.arn" => condition.field.as_str(),
        _ => return None,
    };
    by_operator(path, &condition.operator, operands)
}

/// What an operator of an advanced event selector asks of a field of the record; none where it is not one of them.
pub(super) fn by_operator(path: &str, operator: &str, operands: &[String]) -> Option<Predicate> {
    let any = |one: fn(&str, &str) -> Predicate| {
        Predicate::any(operands.iter().map(|operand| one(path, operand)))
    };
    let none = |one: fn(&str, &str) -> Predicate| Predicate::Not(Box::new(any(one)));
    match operator {
        "Equals" => Some(any(Predicate::equals)),
        "StartsWith" => Some(any(Predicate::starts_with)),
        "EndsWith" => Some(any(Predicate::ends_with)),
        "NotEquals" => Some(none(Predicate::equals)),
        "NotStartsWith" => Some(none(Predicate::starts_with)),
        "NotEndsWith" => Some(none(Predicate::ends_with)),
        _ => None,
    }
}

fn not_from(sources: &[String]) -> Predicate {
    if sources.is_empty() {
        return Predicate::Always;
    }
    Predicate::Not(Box::new(Predicate::one_of("eventSource", sources)))
}

pub(super) fn shown(condition: &FieldCondition) -> String {
    format!(
        "{} {} {}",
        condition.field, condition.operator, condition.operands
    )
}
