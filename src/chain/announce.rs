//! An alarm that goes into ALARM: does it act, and on what (A ids that are not arithmetic).

use serde_json::Value;

use super::Error;
use super::cause::Open;
use super::facts::{Action, AlarmRow, AlarmState, Facts, Question};
use super::stage::{Stage, fine, missing, seconds_between, span};
use super::verdict::{Kind, Link, LinkId, Subject, Verdict};
use crate::aws::{arn, mute};

/// An evaluation a minute, and the few older datapoints that CloudWatch looks at: an alarm may stay in ALARM for so much
/// longer than its own window says (A15).
const EVALUATION_SLACK: i64 = 15 * 60;

/// The actions of an alarm for ALARM.
pub(super) fn actions(facts: &Facts<'_>, alarm: &AlarmRow) -> Result<Vec<Action>, Error> {
    let mut actions = facts.actions(&alarm.account, &alarm.arn)?;
    actions.retain(|action| action.on_state == "ALARM");
    Ok(actions)
}

/// A03: why an alarm tells nobody.
pub(super) fn no_action(facts: &Facts<'_>, alarm: &AlarmRow, id: LinkId) -> Result<Link, Error> {
    let other: Vec<String> = facts
        .actions(&alarm.account, &alarm.arn)?
        .into_iter()
        .filter(|action| action.on_state != "ALARM")
        .map(|action| action.on_state)
        .collect();
    let reason = match other.first() {
        None => "alarm has no action".to_owned(),
        Some(state) => format!("alarm has an action for {state} and none for ALARM"),
    };
    Ok(Link::new(id, Verdict::Broken, alarm.subject(), reason)
        .field("AlarmActions", "[]")
        .evidence([alarm.evidence]))
}

/// A02: the switch over all actions of an alarm.
pub(super) fn enabled(alarm: &AlarmRow, id: LinkId) -> Link {
    let link = if alarm.actions_enabled {
        fine(id, alarm.subject(), "alarm actions are enabled")
    } else {
        Link::new(
            id,
            Verdict::Broken,
            alarm.subject(),
            "alarm actions are disabled",
        )
    };
    link.field("ActionsEnabled", alarm.actions_enabled)
        .evidence([alarm.evidence])
}

/// A13 to A16: warm-up, evaluation errors and the state when the alarm was asked.
///
/// `coalescing` is the time that the alarm stays in ALARM after an event, where it is known.
pub(super) fn state(
    facts: &Facts<'_>,
    alarm: &AlarmRow,
    coalescing: Option<u64>,
) -> Result<Stage, Error> {
    let mut stage = Stage::default();
    warm_up(facts, alarm, &mut stage)?;
    let Some(state) = facts.alarm_state(&alarm.account, &alarm.arn)? else {
        return Ok(stage);
    };
    let evaluation = state.evaluation_state.as_deref();
    if let Some(evaluation) = evaluation {
        let (verdict, reason) = match evaluation {
            "EVALUATION_ERROR" => (
                Verdict::Broken,
                "CloudWatch cannot evaluate the alarm: its configuration is in error",
            ),
            "EVALUATION_FAILURE" => (
                Verdict::Weak,
                "CloudWatch could not evaluate the alarm for the time being",
            ),
            _ => (
                Verdict::Weak,
                "CloudWatch could not get all data that the alarm reads",
            ),
        };
        stage.say(
            Link::new(LinkId::A14, verdict, alarm.subject(), reason)
                .field("EvaluationState", evaluation)
                .evidence([state.evidence]),
        );
    }
    match state.state_value.as_str() {
        "ALARM" => stage.say(in_alarm(facts, alarm, &state, coalescing)?),
        "INSUFFICIENT_DATA" if alarm.kind == "metric" => stage.say(
            fine(
                LinkId::A16,
                alarm.subject(),
                "the alarm has insufficient data, as it should when nothing happens",
            )
            .field("StateValue", "INSUFFICIENT_DATA")
            .evidence([state.evidence]),
        ),
        _ => {}
    }
    Ok(stage)
}

/// A15: an event makes no transition while the alarm is in ALARM already.
fn in_alarm(
    facts: &Facts<'_>,
    alarm: &AlarmRow,
    state: &AlarmState,
    coalescing: Option<u64>,
) -> Result<Link, Error> {
    let since = state
        .state_transitioned_time
        .as_deref()
        .or(state.state_updated_time.as_deref());
    let asked_at = facts.recorded_at(state.evidence)?.unwrap_or_default();
    let age = since.and_then(|since| seconds_between(since, &asked_at));
    let window = coalescing
        .and_then(|seconds| i64::try_from(seconds).ok())
        .map(|seconds| seconds + EVALUATION_SLACK);
    let (verdict, reason) = match (age, window) {
        (Some(age), Some(window)) if age <= window => (
            Verdict::Degraded,
            format!(
                "alarm went into ALARM {} before the snapshot: an event makes no notification until it leaves",
                span(age.max(0))
            ),
        ),
        (Some(age), _) => (
            Verdict::Broken,
            format!(
                "alarm has been in ALARM for {}: an event makes no transition, so nobody is told",
                span(age)
            ),
        ),
        (None, _) => (
            Verdict::Weak,
            "alarm is in ALARM, since when is not known".to_owned(),
        ),
    };
    Ok(Link::new(LinkId::A15, verdict, alarm.subject(), reason)
        .field("StateValue", "ALARM")
        .field("StateTransitionedTimestamp", since.unwrap_or("absent"))
        .evidence([state.evidence]))
}

/// A13.
fn warm_up(facts: &Facts<'_>, alarm: &AlarmRow, stage: &mut Stage) -> Result<(), Error> {
    let configuration = alarm
        .warm_up
        .as_deref()
        .and_then(|text| serde_json::from_str::<Value>(text).ok());
    let minutes = configuration
        .as_ref()
        .and_then(|value| value.get("WarmUpPeriodDurationInMinutes"))
        .and_then(Value::as_i64);
    let (Some(minutes), Some(updated)) = (minutes, &alarm.configuration_updated_time) else {
        return Ok(());
    };
    let asked_at = facts.recorded_at(alarm.evidence)?.unwrap_or_default();
    let over =
        seconds_between(updated, &asked_at).is_some_and(|age| age >= minutes.saturating_mul(60));
    let link = if over {
        fine(LinkId::A13, alarm.subject(), "the alarm's warm-up is over")
    } else {
        Link::new(
            LinkId::A13,
            Verdict::Broken,
            alarm.subject(),
            format!(
                "the alarm warms up for {minutes} minutes after {updated}: until then it does not act"
            ),
        )
    };
    stage.say(
        link.field("WarmUpPeriodDurationInMinutes", minutes)
            .field("AlarmConfigurationUpdatedTimestamp", updated)
            .evidence([alarm.evidence]),
    );
    Ok(())
}

/// A18: an action that is no topic.
pub(super) fn other_action(alarm: &AlarmRow, action: &Action) -> Link {
    let service = arn::service(&action.arn).unwrap_or("an unknown service");
    let (verdict, reason) = match service {
        "ssm-incidents" => (
            Verdict::Weak,
            "the response plan may page its contacts".to_owned(),
        ),
        "automate" | "autoscaling" | "ec2" | "swf" => (
            Verdict::Broken,
            format!("the alarm action does something with {service} and tells nobody"),
        ),
        service => (
            Verdict::Unknown,
            format!(
                "the alarm action goes to {service}; whether that tells a person is not in the snapshot"
            ),
        ),
    };
    Link::new(
        LinkId::A18,
        verdict,
        Subject::of_arn(Kind::AlarmAction, &action.arn),
        reason,
    )
    .field("AlarmActions", &action.arn)
    .evidence([action.evidence, alarm.evidence])
}

/// A17: mute rules that name the alarm, and what is not known of them.
pub(super) fn muted(facts: &Facts<'_>, alarm: &AlarmRow) -> Result<Stage, Error> {
    let mut stage = Stage::default();
    let question = mute_question(alarm, "ListAlarmMuteRules", "");
    let asked = facts.asked(question)?;
    if !asked.answered() {
        // Where CloudWatch does not know mute rules there are none, as far as anybody can tell.
        let verdict = if asked.unsupported() {
            Verdict::Weak
        } else {
            Verdict::Unknown
        };
        // The same for every alarm of the Region, and told as such.
        stage.say(missing(
            LinkId::A17,
            verdict,
            Subject::region(&alarm.account, &alarm.region),
            question,
            &asked,
            None,
        ));
    }
    for name in facts.unread_mute_rules(&alarm.account, &alarm.region)? {
        let question = mute_question(alarm, "GetAlarmMuteRule", &name);
        let asked = facts.asked(question)?;
        // A rule that was deleted between the two calls mutes nothing.
        if !asked.answered() {
            stage.say(missing(
                LinkId::A17,
                Verdict::Unknown,
                Subject::region(&alarm.account, &alarm.region),
                question,
                &asked,
                Some(Open::MuteRule { name: name.clone() }),
            ));
        }
    }
    for rule in facts.mute_rules(alarm)? {
        let time = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
        let now = facts.recorded_at(rule.evidence)?;
        let muting = mute::muting(
            &mute::MuteRule {
                expression: rule.expression.clone().unwrap_or_default(),
                duration: rule.duration.clone().unwrap_or_default(),
                timezone: rule.timezone.clone(),
                start: time(&rule.start_time),
                expire: time(&rule.expire_time),
                status: rule.status.clone(),
            },
            time(&now).unwrap_or_default(),
        );
        let mut link = muting.link(&rule.name, &alarm.subject());
        let shown = [
            ("Expression", &rule.expression),
            ("Duration", &rule.duration),
            ("Timezone", &rule.timezone),
        ];
        let shown = shown
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
        link.fields.splice(0..0, shown);
        stage.say(link.evidence([rule.evidence]));
    }
    Ok(stage)
}

fn mute_question<'q>(alarm: &'q AlarmRow, operation: &'q str, subject: &'q str) -> Question<'q> {
    Question {
        account: &alarm.account,
        region: &alarm.region,
        service: "monitoring",
        operation,
        subject,
    }
}
