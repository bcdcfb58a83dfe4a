//! The one place where causes become sentences: lower case, without a final period, names in backticks.
//!
//! A file a station of the chain, and one for each other thing that has causes. Nothing reads a sentence: what has to be known
//! about a finding is in its data.

mod alarm;
mod attestation;
pub mod audit_steps;
mod comparison;
mod composite_alarm;
pub mod coverage;
mod event_rule;
mod event_selectors;
mod log_alarm;
mod log_group;
mod metric_filter;
mod other_monitoring;
mod policy;
mod recording;
mod silence;
mod single_event;
mod subject;
mod subscription;
mod topic;
mod trail;
mod unanswered;

use crate::analyze::{
    Carriers, Finding, MarkKind, Names, Note, Paths, Premises, Remark, SnapshotSummary, Status,
    Stop, Surplus, ToldBy, Why,
};
use crate::aws::arn::short_name;
use crate::chain::cause::Unanswered;
use crate::chain::verdict::{Cause, LinkId, Verdict};
use crate::chain::{Assumption, Gap};
use crate::coverage::Counted;

use super::NOT_VERIFIED;

pub use attestation::{accepted, refusal};
pub use comparison::{unrelated, unseen};
pub use recording::witness;
pub use subject::subject;
pub use unanswered::{ALLOW, ended, failed, permission, to_collect, together as unanswered};

/// A cause as a sentence.
pub fn sentence(cause: &Cause) -> String {
    match cause {
        Cause::Unanswered(cause) => unanswered::sentence(cause),
        Cause::Trail(cause) => trail::sentence(cause),
        Cause::EventSelectors(cause) => event_selectors::sentence(cause),
        Cause::LogGroup(cause) => log_group::sentence(cause),
        Cause::MetricFilter(cause) => metric_filter::sentence(cause),
        Cause::Alarm(cause) => alarm::sentence(cause),
        Cause::LogAlarm(cause) => log_alarm::sentence(cause),
        Cause::SingleEvent(reason) => single_event::sentence(reason),
        Cause::CompositeAlarm(cause) => composite_alarm::sentence(cause),
        Cause::CompositeRule(fault) => composite_alarm::fault(fault),
        Cause::Suppression(suppression) => composite_alarm::suppression(suppression),
        Cause::EventRule(cause) => event_rule::sentence(cause),
        Cause::Silence(cause) => silence::sentence(cause),
        Cause::Topic(cause) => topic::sentence(cause),
        Cause::Subscription(cause) => subscription::sentence(cause),
        Cause::OtherMonitoring(cause) => other_monitoring::sentence(cause),
        Cause::Recording(cause) => recording::sentence(cause),
    }
}

/// Why a finding has its status, in one or two sentences.
pub fn reason(finding: &Finding) -> String {
    let text = why(&finding.why);
    match (&finding.why, finding.names.as_ref().and_then(names)) {
        (Why::NobodyHears { .. }, Some(names)) => format!("{text}; {names}"),
        _ => text,
    }
}

fn why(why: &Why) -> String {
    match why {
        Why::Carried(carriers) => carried(carriers),
        Why::NobodyHears { event, stop } => {
            format!("nobody would hear of {}: {}", event_name(event), at(stop))
        }
        Why::Recorded { trails } => recording::recorded(trails),
        Why::NobodyRecords { event, kept, stop } => {
            format!("{}: {}", recording::not_kept(event, *kept), at(stop))
        }
        Why::EvidenceMissing { links, gaps } => {
            let lead = if links.iter().all(|stop| stop.cause.is_lack_of_evidence()) {
                "the snapshot lacks evidence"
            } else {
                "it cannot be decided"
            };
            let mut text = format!("{lead}: {}", first(links, at));
            if !gaps.is_empty() {
                let calls = |gap: &Gap| {
                    let ended = ended(&gap.kind);
                    format!("{} {}, which {ended}", gap.service, gap.operation)
                };
                let mut calls: Vec<String> = gaps.iter().map(calls).collect();
                calls.sort();
                calls.dedup();
                calls.truncate(SHOWN);
                text.push_str(&format!("; not collected: {}", calls.join(", ")));
            }
            text
        }
        Why::Undecided { why } => format!(
            "whether the filters cover it is not decided: {}",
            coverage::undecided(why)
        ),
        Why::Contradiction => {
            "the coverage decision gave two different answers, which is a bug".to_owned()
        }
        Why::TooManyPaths { most } => format!(
            "the account has more than {most} paths from a trail to a subscription, which are not followed to their ends"
        ),
        Why::NoRequirement => "the control asks for nothing under this benchmark".to_owned(),
        Why::Rows { rows, gaps } => {
            let lacking = first(gaps, gap);
            match (rows.is_empty(), gaps.is_empty()) {
                (true, true) => "the query returns no row for this account".to_owned(),
                (true, false) => {
                    format!("the query returns no row, and evidence is missing: {lacking}")
                }
                (false, false) => format!("every row passes, but evidence is missing: {lacking}"),
                (false, true) => first(rows, |(resource, reason)| format!("{resource}: {reason}")),
            }
        }
        Why::CutShort(carriers) if carriers.filters.is_empty() => cut_short().to_owned(),
        Why::CutShort(carriers) => format!("{}: {}", cut_short(), carried(carriers)),
    }
}

/// An event by its name, or where it has none as what is shown.
fn event_name(name: &str) -> &str {
    match name {
        "" => "the event shown",
        name => name,
    }
}

/// How many of several things a sentence names.
const SHOWN: usize = 3;

/// The first few of several things, and how many there are more.
fn first<T>(items: &[T], say: impl Fn(&T) -> String) -> String {
    let said: Vec<String> = items.iter().take(SHOWN).map(say).collect();
    let more = items.len().saturating_sub(SHOWN);
    let rest = if more > 0 {
        format!("; and {more} more")
    } else {
        String::new()
    };
    format!("{}{rest}", said.join("; "))
}

/// Where an event stops: the resource and why.
pub fn at(stop: &Stop) -> String {
    let sentence = sentence(&stop.cause);
    match &stop.subject {
        Some(about) => format!("{}: {sentence}", subject(about)),
        None => sentence,
    }
}

/// `filter `a` → email ops@example.com through alarm `b``; of rules, `EventBridge rule `us-east-1 a` → ...`.
pub fn carried(carriers: &Carriers) -> String {
    let several = |what: &str, names: &[String]| match names {
        [one] => format!("{what} `{one}`"),
        many => format!(
            "{what}s {} together",
            first(many, |name| format!("`{name}`"))
        ),
    };
    let filters = match carriers.filters.as_slice() {
        [] => None,
        [one] => Some(format!("filter `{one}`")),
        many => Some(format!("filters {} together", quoted(many))),
    };
    let rules = (!carriers.rules.is_empty()).then(|| several("EventBridge rule", &carriers.rules));
    let mut text = match (filters, rules) {
        (Some(filters), Some(rules)) => format!("{filters} and {rules}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) if !carriers.alarms.is_empty() => "the query of a log alarm".to_owned(),
        (None, None) => "nothing".to_owned(),
    };
    if !carriers.told.is_empty() {
        text.push_str(&format!(" → {}", endpoints(carriers)));
    }
    if !carriers.alarms.is_empty() {
        text.push_str(&format!(" through alarm {}", quoted(&carriers.alarms)));
    }
    // A target of a rule that is no topic has no endpoint: a function, a queue.
    let who = match carriers.told.is_empty() {
        true => "a machine",
        false => "somebody",
    };
    let lacks = match carriers.told_by() {
        Some(ToldBy::Eventbridge) => NO_ALARM,
        Some(ToldBy::AlarmAndEventbridge) => NO_ALARM_ALONE,
        Some(ToldBy::Alarm) | None => return text,
    };
    text.push_str(&format!("; {who} is told, {lacks}"));
    text
}

fn endpoints(carriers: &Carriers) -> String {
    let told = carriers.told.iter();
    let told: Vec<String> = told
        .map(|(protocol, endpoint)| format!("{protocol} {endpoint}"))
        .collect();
    super::text::some_of(&told, told.len() + carriers.told_left_out)
}

/// Whom several controls alert that alert the same.
pub fn told(carriers: &Carriers) -> String {
    format!("→ {}", endpoints(carriers))
}

/// Why nothing passes of a collection that was cut short.
pub fn cut_short() -> &'static str {
    "the collection was cut short; what it recorded would be a pass"
}

/// What is said where rules alone tell people.
const NO_ALARM: &str =
    "but not as the benchmark's text asks: it wants a metric filter and an alarm";
/// The same where rules fill what alarms leave out.
const NO_ALARM_ALONE: &str =
    "but the alarms alone, which the benchmark's text asks for, leave events out";

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// `17 of 18 events are heard, not UpdatePolicy`; none where all or none are.
pub fn names(names: &Names) -> Option<String> {
    const NAMED: usize = 5;
    let shown: Vec<&str> = names
        .missing
        .iter()
        .take(NAMED)
        .map(String::as_str)
        .collect();
    let more = names.missing.len().saturating_sub(NAMED);
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    Some(format!("{}, not {}{rest}", heard(names)?, shown.join(", ")))
}

/// The same where there is little room: without the names where they are many.
pub fn names_briefly(names: &Names) -> Option<String> {
    let not = match names.missing.as_slice() {
        few @ ([_] | [_, _]) => format!(", not {}", few.join(" and ")),
        _ => String::new(),
    };
    Some(format!("{}{not}", heard(names)?))
}

/// `1 of 18 events is heard`.
fn heard(names: &Names) -> Option<String> {
    let (heard, missing) = (names.covered.len(), names.missing.len());
    if heard == 0 || missing == 0 {
        return None;
    }
    let verb = if heard == 1 { "is" } else { "are" };
    Some(format!(
        "{heard} of {} events {verb} heard",
        heard + missing
    ))
}

/// A snapshot holds no events: how often is for recorded ones to say. What was counted elsewhere is told as the count that
/// it is, with how few records it is of.
fn how_often(counted: Option<&Counted>) -> String {
    let elsewhere = counted.map_or(String::new(), |it| {
        let Counted {
            records,
            of,
            minutes,
        } = it;
        format!(" ({records} of {of} records that a laboratory account made in {minutes} minutes)")
    });
    format!("{elsewhere}; `trailproof replay` counts how often in your records")
}

/// What is said of a link, with its verdict where that is sound and not plainly so.
fn weighed(verdict: Verdict, said: String) -> String {
    match verdict.is_sound() && verdict > Verdict::Ok {
        true => format!("{verdict}: {said}"),
        false => said,
    }
}

/// What calls without an answer say of a link, in one sentence.
pub fn remark_on_calls(verdict: Verdict, asked: &[&Unanswered]) -> String {
    weighed(verdict, unanswered(asked))
}

/// What a note says, without its resource.
pub fn remark(remark: &Remark) -> String {
    match remark {
        Remark::Link { verdict, cause } => weighed(*verdict, sentence(cause)),
        Remark::OtherForm { label, source } => {
            format!("covered is the form `{label}` ({source}), not the benchmark's own text")
        }
        Remark::NamesNoEvidence => {
            "which evidence the query rests on is not known: it returns no column `evidence_id`"
                .to_owned()
        }
        Remark::AlsoFires { on } => match on {
            Surplus::Names { names } => format!("it also fires on {}", names.join(", ")),
            Surplus::Sources { event_sources } => {
                format!("it also fires on any event of {}", event_sources.join(", "))
            }
            Surplus::Some {
                event_name: name,
                event_source,
                counted,
            } => format!(
                "it also fires on events that nobody asked for, such as {} of {event_source}{}",
                event_name(name),
                how_often(counted.as_ref())
            ),
            Surplus::Routine {
                event_name: name,
                event_source,
                counted,
            } => format!(
                "it is noisy: it also fires on {} of {event_source}, which happens all day{}",
                event_name(name),
                how_often(counted.as_ref())
            ),
            Surplus::NearlyEverything => "it fires on nearly every event".to_owned(),
        },
    }
}

/// A note with its resource.
pub fn note(note: &Note) -> String {
    let text = remark(&note.about);
    match &note.subject {
        Some(about) => format!("{}: {text}", subject(about)),
        None => text,
    }
}

/// What to do about a collection that was cut short.
pub const RESUME: &str = "`trailproof collect --resume -o FILE` asks for what is missing";

/// The link that decides, with its title. Where its own question has no answer the fault that a title names is not said to be
/// there.
pub fn link(finding: &Finding) -> Option<String> {
    let id = finding.broken_link?;
    let is_fault = !id.failure().is_open;
    let stop = finding.why.stop();
    let is_open = stop.is_some_and(|stop| stop.cause.is_lack_of_evidence());
    Some(match finding.status {
        Status::Unknown if is_open && is_fault => {
            format!("{id} not known whether: {}", id.title())
        }
        _ => format!("{id} {}", id.title()),
    })
}

/// What the words mean that are said of links: told once where they are used.
pub fn meanings(verdicts: impl IntoIterator<Item = Verdict>) -> String {
    let meaning = |verdict| match verdict {
        Verdict::Ok => "it passes the event on",
        Verdict::Degraded => "some events, late, or only the first",
        Verdict::Weak => "rests on what a snapshot cannot show",
        Verdict::Unknown => "evidence is missing",
        Verdict::Broken => "it drops the event",
    };
    let verdicts = verdicts.into_iter();
    let told: Vec<String> = verdicts
        .map(|verdict| format!("{verdict}: {}", meaning(verdict)))
        .collect();
    told.join("; ")
}

/// What is the matter with a part of a pattern that is marked.
pub fn mark(kind: MarkKind) -> &'static str {
    match kind {
        MarkKind::Asks => "this asks for the lost event, and no path carries it to anybody",
        MarkKind::TurnsAway => "this turns the lost event away",
        MarkKind::NoAlternative => "none of these alternatives matches the lost event",
    }
}

/// What a finding rests on besides the snapshot.
pub fn rests_on(finding: &Finding) -> impl Iterator<Item = String> {
    finding.rests_on.iter().copied().map(coverage::premise)
}

/// The same, and what the user assumes.
pub fn assumptions(finding: &Finding) -> Vec<String> {
    let assumed = finding.assumed.iter();
    let assumed = assumed.map(|assumption| format!("--assume {}", assumption.word()));
    rests_on(finding).chain(assumed).collect()
}

/// Other monitoring that was seen, and whether it may count.
pub fn other_monitoring(note: &Note) -> String {
    let text = self::note(note);
    match note.link {
        Some(LinkId::X01 | LinkId::X04) => {
            format!("another way to be told, counted where it is proven: {text}")
        }
        _ => format!("other monitoring, never counted as a pass: {text}"),
    }
}

/// What an answer rests on besides the snapshot: the option by which the user said so, and what it means.
pub fn premises(premises: &Premises) -> Vec<(String, &'static str)> {
    let assumed = premises.assumed.iter();
    let mut said: Vec<(String, &'static str)> = assumed
        .map(|it| (format!("--assume {}", it.word()), self::assumed(*it)))
        .collect();
    if premises.paths == Paths::Alarm {
        let alone =
            "alarms on metric filters alone count as a way to be told, and no rule of EventBridge";
        said.push(("--paths alarm".to_owned(), alone));
    }
    if premises.strict {
        let nothing =
            "nothing is taken as known of what CloudTrail writes: an event is any JSON object";
        said.push(("--strict".to_owned(), nothing));
    }
    said
}

/// What else a reader must know of an answer that supposes changes; none where it supposes none.
pub fn supposed(snapshot: &SnapshotSummary) -> Option<String> {
    let changes = match snapshot.supposed_changes {
        0 => return None,
        1 => "a change that is not made".to_owned(),
        many => format!("{many} changes that are not made"),
    };
    Some(format!("as it would be after {changes}"))
}

/// How much of a digest is shown: enough to tell two files apart, and to find it in the report that has all of it.
const DIGEST: usize = 12;

/// A digest as people compare it.
pub fn short_digest(digest: &str) -> String {
    digest.chars().take(DIGEST).collect()
}

/// Which snapshot a side of a comparison is: when, by what, how complete, and which file by its root digest.
pub fn side(snapshot: &SnapshotSummary) -> String {
    let when = snapshot
        .finished_at
        .as_ref()
        .unwrap_or(&snapshot.started_at);
    let mut said = format!("snapshot of {when}, by {}", snapshot.producer);
    if !snapshot.complete {
        said.push_str(", incomplete");
    }
    if let Some(digest) = &snapshot.root_sha256 {
        said.push_str(&format!(", root digest {}", short_digest(digest)));
    }
    said
}

/// Why a reader should not take a side of a comparison for what is: each reason in a few words.
pub fn doubts(snapshot: &SnapshotSummary) -> Vec<String> {
    let unchecked = (!snapshot.verified).then(|| NOT_VERIFIED.to_owned());
    unchecked.into_iter().chain(supposed(snapshot)).collect()
}

/// What the user assumes where AWS gave no answer.
pub fn assumed(assumption: Assumption) -> &'static str {
    match assumption {
        Assumption::NoMuteRules => "no alarm mute rule exists where CloudWatch did not say",
        Assumption::NoTransformers => {
            "no transformer changes log records where CloudWatch Logs did not say"
        }
        Assumption::NoFilterPolicies => "no subscription has a filter policy where SNS did not say",
        Assumption::NoFailedActions => "no alarm action failed where CloudWatch did not say",
    }
}

/// A call that failed: what was asked, where, and what came of it.
pub fn gap(gap: &Gap) -> String {
    if gap.is_file() {
        // It names the file.
        return gap.message.clone();
    }
    let mut text = format!("{} {} in {}", gap.service, gap.operation, gap.region);
    if !gap.subject.is_empty() {
        text.push_str(&format!(" of {}", short_name(&gap.subject)));
    }
    text.push_str(&format!(": {}", failed(&gap.kind, &gap.code)));
    text
}

/// Seconds in words that a reader can judge at a glance.
pub(super) fn span(seconds: i64) -> String {
    let (count, unit) = match seconds {
        ..120 => (seconds, "second"),
        120..7200 => (seconds / 60, "minute"),
        7200..172_800 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}
