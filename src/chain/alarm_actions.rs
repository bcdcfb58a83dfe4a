//! An alarm that goes into ALARM: does it act, and on what (A ids that are not arithmetic).

use serde_json::Value;

use super::Error;
use super::cause::AlarmCause;
use super::facts::{Action, AlarmRow, Facts, StateRow};
use super::judgement::{Judgement, fine, seconds_between};
use super::verdict::{Kind, Link, LinkId, Subject, Verdict};
use crate::aws::arn;

/// An evaluation a minute, and the few older datapoints that CloudWatch looks at: an alarm may stay in ALARM for so much
/// longer than its own window says (A15).
const EVALUATION_SLACK: i64 = 15 * 60;

/// The actions of an alarm for ALARM.
pub(super) fn actions(facts: &Facts<'_>, alarm: &AlarmRow) -> Result<Vec<Action>, Error> {
    let actions = facts.actions(&alarm.account, &alarm.arn)?;
    let on_alarm = actions.iter().filter(|action| action.on_state == "ALARM");
    Ok(on_alarm.cloned().collect())
}

/// A03: why an alarm tells nobody.
pub(super) fn no_action(facts: &Facts<'_>, alarm: &AlarmRow, id: LinkId) -> Result<Link, Error> {
    let actions = facts.actions(&alarm.account, &alarm.arn)?;
    let other_state = actions
        .iter()
        .map(|action| action.on_state.clone())
        .find(|state| state != "ALARM");
    let cause = AlarmCause::NoAction { other_state };
    Ok(Link::new(id, Verdict::Broken, alarm.subject(), cause)
        .field("AlarmActions", "[]")
        .evidence([alarm.evidence]))
}

/// A02: the switch over all actions of an alarm.
pub(super) fn enabled(alarm: &AlarmRow, id: LinkId) -> Link {
    let link = if alarm.actions_enabled {
        fine(id, alarm.subject(), AlarmCause::ActionsEnabled)
    } else {
        Link::new(
            id,
            Verdict::Broken,
            alarm.subject(),
            AlarmCause::ActionsDisabled,
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
) -> Result<Judgement, Error> {
    let mut judgement = Judgement::default();
    warm_up(facts, alarm, &mut judgement)?;
    let Some(state) = facts.alarm_state(&alarm.account, &alarm.arn)? else {
        return Ok(judgement);
    };
    let evaluation = state.evaluation_state.as_deref();
    if let Some(evaluation) = evaluation {
        let (verdict, cause) = match evaluation {
            "EVALUATION_ERROR" => (Verdict::Broken, AlarmCause::EvaluationError),
            // Both pass, or do not: what the alarm does meanwhile is not known.
            "EVALUATION_FAILURE" => (Verdict::Unknown, AlarmCause::EvaluationFailure),
            _ => (Verdict::Unknown, AlarmCause::PartialData),
        };
        judgement.say(
            Link::new(LinkId::A14, verdict, alarm.subject(), cause)
                .field("EvaluationState", evaluation)
                .evidence([state.evidence]),
        );
    }
    match state.state_value.as_str() {
        "ALARM" => judgement.say(in_alarm(facts, alarm, &state, coalescing)?),
        "INSUFFICIENT_DATA" if alarm.kind == "metric" => judgement.say(
            fine(LinkId::A16, alarm.subject(), AlarmCause::InsufficientData)
                .field("StateValue", "INSUFFICIENT_DATA")
                .evidence([state.evidence]),
        ),
        _ => {}
    }
    Ok(judgement)
}

/// Whether an alarm may not be evaluated: it warms up, or its evaluation has errors (A13, A14).
pub(super) fn is_idle(facts: &Facts<'_>, alarm: &AlarmRow) -> Result<bool, Error> {
    let said = state(facts, alarm, None)?;
    let idles =
        |link: &Link| matches!(link.id, LinkId::A13 | LinkId::A14) && !link.verdict.is_sound();
    Ok(said.links.iter().any(|link| idles(link)))
}

/// A15: an event makes no transition while the alarm is in ALARM already.
fn in_alarm(
    facts: &Facts<'_>,
    alarm: &AlarmRow,
    state: &StateRow,
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
    let (verdict, cause) = match (age, window) {
        (Some(age), Some(window)) if age <= window => {
            let seconds = age.max(0);
            (Verdict::Degraded, AlarmCause::JustInAlarm { seconds })
        }
        (Some(seconds), _) => (Verdict::Broken, AlarmCause::SitsInAlarm { seconds }),
        (None, _) => (Verdict::Unknown, AlarmCause::InAlarmSinceUnknown),
    };
    Ok(Link::new(LinkId::A15, verdict, alarm.subject(), cause)
        .field("StateValue", "ALARM")
        .field("StateTransitionedTimestamp", since.unwrap_or("absent"))
        .evidence([state.evidence]))
}

/// A13.
fn warm_up(facts: &Facts<'_>, alarm: &AlarmRow, judgement: &mut Judgement) -> Result<(), Error> {
    let minutes = alarm
        .warm_up
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
        fine(LinkId::A13, alarm.subject(), AlarmCause::WarmUpOver)
    } else {
        let cause = AlarmCause::WarmingUp {
            minutes,
            updated: updated.clone(),
        };
        Link::new(LinkId::A13, Verdict::Broken, alarm.subject(), cause)
    };
    judgement.say(
        link.field("WarmUpPeriodDurationInMinutes", minutes)
            .field("AlarmConfigurationUpdatedTimestamp", updated)
            .evidence([alarm.evidence]),
    );
    Ok(())
}

/// A18: an action that is no topic.
pub(super) fn other_action(alarm: &AlarmRow, action: &Action) -> Link {
    let service = arn::service(&action.arn).unwrap_or_default().to_owned();
    let (verdict, cause) = match service.as_str() {
        "ssm-incidents" => (Verdict::Weak, AlarmCause::ResponsePlan),
        "automate" | "autoscaling" | "ec2" | "swf" => {
            (Verdict::Broken, AlarmCause::ActionTellsNobody { service })
        }
        _ => (Verdict::Unknown, AlarmCause::ActionNotFollowed { service }),
    };
    Link::new(
        LinkId::A18,
        verdict,
        Subject::of_arn(Kind::AlarmAction, &action.arn),
        cause,
    )
    .field("AlarmActions", &action.arn)
    .evidence([action.evidence, alarm.evidence])
}
