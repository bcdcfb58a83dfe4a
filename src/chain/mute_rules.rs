//! Alarm mute rules (A17): the times at which an alarm's action is held back and lost, from facts to
//! [`crate::aws::mute`].

use super::Error;
use super::cause::{Open, SilenceCause};
use super::facts::{AlarmRow, Facts, MuteRuleRow, Question};
use super::judgement::{Judgement, fine, missing};
use super::verdict::{Link, LinkId, Subject, Verdict};
use crate::aws::alarm::{SilentTimes, Stay};
use crate::aws::mute::{self, Windows};

/// The schedules of the mute rules that name an alarm, by the names of the rules. One that is over was in force before.
pub(super) fn schedules(
    facts: &Facts<'_>,
    alarm: &AlarmRow,
) -> Result<(Vec<String>, Vec<mute::MuteSettings>), Error> {
    let mut named = Vec::new();
    for rule in facts.mute_rules(alarm)? {
        let mut schedule = schedule(&rule);
        if schedule.status.as_deref() == Some("EXPIRED") {
            let at = time(facts.recorded_at(rule.evidence)?.as_deref());
            schedule.expire = schedule.expire.or(at);
        }
        named.push((rule.name, schedule));
    }
    Ok(named.into_iter().unzip())
}

/// What the mute rules of an alarm do to an event that has it in ALARM for so long: the links, and the windows in which
/// such an event is lost.
pub(super) fn muted(
    facts: &Facts<'_>,
    alarm: &AlarmRow,
    stay: Stay,
) -> Result<(Judgement, Windows), Error> {
    let mut judgement = Judgement::default();
    unread(facts, alarm, &mut judgement)?;
    let rules = facts.mute_rules(alarm)?;
    let mut laid_out: Vec<(&MuteRuleRow, Windows)> = Vec::new();
    let mut now = None;
    for rule in &rules {
        let at = time(facts.recorded_at(rule.evidence)?.as_deref()).unwrap_or_default();
        now = Some(at);
        match mute::windows(&schedule(rule), at) {
            Ok(windows) if windows.possible.is_empty() => {
                let rule_over = SilenceCause::MuteRuleOver {
                    rule: rule.name.clone(),
                };
                judgement.say(told(fine(LinkId::A17, alarm.subject(), rule_over), &[rule]));
            }
            Ok(windows) => laid_out.push((rule, windows)),
            Err(problem) => {
                let cause = SilenceCause::MuteScheduleNotUnderstood {
                    rule: rule.name.clone(),
                    problem,
                };
                let link = Link::new(LinkId::A17, Verdict::Unknown, alarm.subject(), cause);
                judgement.say(told(link, &[rule]));
            }
        }
    }
    if laid_out.is_empty() {
        return Ok((judgement, Windows::default()));
    }
    let names = laid_out.iter().map(|(rule, _)| rule.name.clone()).collect();
    let active: Vec<&MuteRuleRow> = laid_out.iter().map(|(rule, _)| *rule).collect();
    let windows = mute::union(laid_out.into_iter().map(|(_, windows)| windows));
    let always = now.is_some_and(|now| windows.always(now));
    let lost = windows.lost(stay);
    let (verdict, cause) = match (lost.sure.first(), lost.possible.first()) {
        _ if always => (Verdict::Broken, SilenceCause::MutedAlways { rules: names }),
        (Some(window), _) => (
            Verdict::Degraded,
            SilenceCause::Muted {
                rules: names,
                window: (*window).into(),
            },
        ),
        // What is only possible is decided together with the other alarms for the same events.
        (None, Some(window)) => (
            Verdict::Weak,
            SilenceCause::MutedPerhaps {
                rules: names,
                window: (*window).into(),
            },
        ),
        (None, None) => (Verdict::Ok, SilenceCause::MuteLosesNothing { rules: names }),
    };
    judgement.say(told(
        Link::new(LinkId::A17, verdict, alarm.subject(), cause),
        &active,
    ));
    Ok((judgement, lost))
}

/// The windows in which an alarm hears nothing by its own settings.
pub(super) fn silent(
    facts: &Facts<'_>,
    alarm: &AlarmRow,
    times: &SilentTimes,
) -> Result<Windows, Error> {
    let at = facts.recorded_at(alarm.evidence)?;
    Ok(mute::silent(times, time(at.as_deref()).unwrap_or_default()))
}

/// A link with the schedules that decided.
fn told(mut link: Link, rules: &[&MuteRuleRow]) -> Link {
    for rule in rules {
        let shown = [
            ("Expression", &rule.expression),
            ("Duration", &rule.duration),
            ("Timezone", &rule.timezone),
        ];
        for (name, value) in shown {
            if let Some(value) = value {
                link = link.field(name, value);
            }
        }
        link = link.evidence([rule.evidence]);
    }
    link
}

fn time(text: Option<&str>) -> Option<jiff::Timestamp> {
    text?.parse().ok()
}

fn schedule(rule: &MuteRuleRow) -> mute::MuteSettings {
    mute::MuteSettings {
        expression: rule.expression.clone().unwrap_or_default(),
        duration: rule.duration.clone().unwrap_or_default(),
        timezone: rule.timezone.clone(),
        start: time(rule.start_time.as_deref()),
        expire: time(rule.expire_time.as_deref()),
        status: rule.status.clone(),
    }
}

/// Whether no rule may name the alarm that nobody could read.
pub(super) fn are_known(facts: &Facts<'_>, alarm: &AlarmRow) -> Result<bool, Error> {
    let mut judgement = Judgement::default();
    unread(facts, alarm, &mut judgement)?;
    Ok(judgement.links.is_empty())
}

/// Rules that nobody could read may name the alarm.
fn unread(facts: &Facts<'_>, alarm: &AlarmRow, judgement: &mut Judgement) -> Result<(), Error> {
    // The same for every alarm of the Region, and told as such.
    let region = || Subject::region(&alarm.account, &alarm.region);
    let question = ask(alarm, "ListAlarmMuteRules", "");
    let asked = facts.asked(question)?;
    // Where CloudWatch does not know mute rules there are none.
    if !asked.answered() && !asked.unsupported() {
        let verdict = Verdict::Unknown;
        judgement.say(missing(
            LinkId::A17,
            verdict,
            region(),
            question,
            &asked,
            None,
        ));
    }
    for name in facts
        .unread_mute_rules(&alarm.account, &alarm.region)?
        .iter()
    {
        let question = ask(alarm, "GetAlarmMuteRule", name);
        let asked = facts.asked(question)?;
        // A rule that was deleted between the two calls mutes nothing.
        if !asked.answered() {
            let open = Some(Open::MuteRule { name: name.clone() });
            let verdict = Verdict::Unknown;
            judgement.say(missing(
                LinkId::A17,
                verdict,
                region(),
                question,
                &asked,
                open,
            ));
        }
    }
    Ok(())
}

fn ask<'q>(alarm: &'q AlarmRow, operation: &'q str, subject: &'q str) -> Question<'q> {
    Question {
        account: &alarm.account,
        region: &alarm.region,
        service: "monitoring",
        operation,
        subject,
    }
}
