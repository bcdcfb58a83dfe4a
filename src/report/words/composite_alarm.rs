//! Composite alarms in words.

use crate::aws::composite::{Fault, Suppression};
use crate::chain::cause::CompositeAlarmCause;

use super::quoted;

/// The cause as a sentence.
pub(super) fn sentence(cause: &CompositeAlarmCause) -> String {
    match cause {
        CompositeAlarmCause::FollowsAlarm => "it follows the alarm".to_owned(),
        CompositeAlarmCause::MaskedByOthers { now } if now.is_empty() => {
            "while another of its alarms is in ALARM, an event makes no further notification"
                .to_owned()
        }
        CompositeAlarmCause::MaskedByOthers { now } => format!(
            "{} holds it in ALARM now: until it leaves, an event makes no notification",
            quoted(now)
        ),
    }
}

/// What is wrong with a rule.
pub(super) fn fault(fault: &Fault) -> String {
    match fault {
        Fault::HangsOnStates { alarms } => format!(
            "whether it goes into ALARM hangs on the state of {} when the event comes; in the state of now it does",
            quoted(alarms)
        ),
        Fault::NeedsStates { alarms } => format!(
            "it needs other alarms in states that they are not in: {}",
            quoted(alarms)
        ),
        Fault::HeldInAlarm { alarms } => format!(
            "{} holds it in ALARM, so an event makes no transition",
            quoted(alarms)
        ),
        Fault::MovesTogether { alarms } => format!(
            "the event moves {} as well, and then its rule is not true",
            quoted(alarms)
        ),
        Fault::TimingDecides { alarms } => format!(
            "whether it goes into ALARM depends on when the event moves {}",
            quoted(alarms)
        ),
        Fault::DoesNotFollow { child } => {
            format!("it does not go into ALARM when `{child}` does, whatever the other alarms do")
        }
        Fault::DoesNotDepend { child } => format!("its rule does not depend on `{child}`"),
        Fault::AlwaysTrue => {
            "its rule is true without any event, so it makes no transition".to_owned()
        }
        Fault::DependsOnItself => "it depends on itself, so it is not evaluated".to_owned(),
        Fault::RuleNotListed => "its rule is not in the snapshot".to_owned(),
        Fault::RuleNotUnderstood { error } => error.clone(),
        Fault::RulesTooLarge => {
            "the rules of the composite alarms below it are too large together".to_owned()
        }
        Fault::TooManyStates => "too many alarms occur more than once in its rule".to_owned(),
        Fault::PrecedenceDecides => {
            "its rule mixes AND and OR without parentheses, and its readings differ".to_owned()
        }
        Fault::ChildElsewhere { child } => {
            format!("its rule names `{child}`, an alarm of another account or Region")
        }
        Fault::ChildNotListed { child } => format!(
            "its rule names `{child}`, which is not among the alarms that AWS lists; what becomes of such a rule is not documented"
        ),
    }
}

/// What a suppressor does.
pub(super) fn suppression(suppression: &Suppression) -> String {
    match suppression {
        Suppression::LeavesBeforeWaitEnds { wait, stays } => format!(
            "it waits {wait} seconds for its suppressor, and is back from ALARM after {stays}"
        ),
        Suppression::MayLeaveBeforeWaitEnds { wait } => format!(
            "it waits {wait} seconds for its suppressor, and may be back from ALARM by then"
        ),
        Suppression::EventMovesSuppressor { suppressor } => format!(
            "the event moves its suppressor `{suppressor}` into ALARM as well, and so the action is dropped"
        ),
        Suppression::EventMayMoveSuppressor { suppressor } => format!(
            "the event may move its suppressor `{suppressor}` into ALARM as well, and so drop the action"
        ),
        Suppression::SuppressorInAlarm { suppressor } => {
            format!("its suppressor `{suppressor}` is in ALARM: it does not act")
        }
        Suppression::SuppressorMayBeInAlarm { suppressor } => format!(
            "it does not act while its suppressor `{suppressor}` is in ALARM; it is not now, and whether it is when the event comes is not known"
        ),
        Suppression::SuppressorNotListed { suppressor } => {
            format!("its suppressor `{suppressor}` is not among the alarms that AWS lists")
        }
    }
}
