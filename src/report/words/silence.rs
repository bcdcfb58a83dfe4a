//! What keeps an alarm silent, in words.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::aws::mute::Problem;
use crate::chain::cause::{MuteWindow, SilenceCause};

use super::quoted;

/// The cause as a sentence.
pub(super) fn sentence(cause: &SilenceCause) -> String {
    match cause {
        SilenceCause::MuteRuleOver { rule } => format!("the mute rule `{rule}` is over"),
        SilenceCause::MuteLosesNothing { rules } => format!(
            "{} for less time than it stays in ALARM: actions run at the end of the window",
            mutes(rules)
        ),
        SilenceCause::Muted { rules, window } => format!(
            "{}: an event {} is lost, because the alarm is back before the window ends",
            mutes(rules),
            from_to(window)
        ),
        SilenceCause::MutedAlways { rules } => {
            format!("{} all the time: no action ever runs", mutes(rules))
        }
        SilenceCause::MutedPerhaps { rules, window } => {
            format!("{}: an event {} may be lost", mutes(rules), from_to(window))
        }
        SilenceCause::MuteScheduleNotUnderstood { rule, problem } => {
            format!("the mute rule `{rule}`: {}", problem_of(problem))
        }
        SilenceCause::MutedTogether { alarms, window, at } => format!(
            "an event {} is lost: {} muted {}",
            moment(at),
            are(alarms),
            from_to(window)
        ),
        SilenceCause::SilentTogether { alarms, window, at } => format!(
            "an event {} is lost: {} silent {}, by expression or mute rule",
            moment(at),
            are(alarms),
            from_to(window)
        ),
        SilenceCause::MutedTogetherPerhaps { alarms, window } => format!(
            "whether an event {} is lost is not known: {} muted then, perhaps for longer than the stay in ALARM",
            from_to(window),
            are(alarms)
        ),
        SilenceCause::CameWhileMuted { rules } => format!(
            "{}, and at the time of the event it did: the alarm is back before the window ends",
            mutes(rules)
        ),
        SilenceCause::CamePerhapsWhileMuted { rules } => format!(
            "{}, and whether the event was lost by it hangs on when CloudTrail delivered it and on how long the alarm stayed in \
             ALARM",
            mutes(rules)
        ),
        SilenceCause::CameAtSilentHour => {
            "its expression asks for the time, and does not hear at the hour of the event".to_owned()
        }
        SilenceCause::CamePerhapsAtSilentHour => {
            "its expression asks for the time, and does not hear at an hour close to the event: whether it heard hangs on when \
             CloudTrail delivered it"
                .to_owned()
        }
        SilenceCause::KeptInAlarmByItsFilter { filter } => format!(
            "filter `{filter}` matches nearly every event, so the alarm stays in ALARM and never changes state again"
        ),
        SilenceCause::KeptInAlarmByItsQuery => {
            "its query finds nearly every event, so the alarm stays in ALARM and never changes state again".to_owned()
        }
        SilenceCause::PerhapsKeptInAlarmByItsQuery => {
            "its query finds nearly every event; whether that keeps the alarm in ALARM is not known".to_owned()
        }
        SilenceCause::KeptInAlarmByOthers { filters } => format!(
            "{} feeds the same alarm, matches nearly every event and so keeps it in ALARM",
            quoted(filters)
        ),
        SilenceCause::PerhapsKeptInAlarm { filters } => format!(
            "{} matches nearly every event; whether that keeps the alarm in ALARM is not known",
            quoted(filters)
        ),
        SilenceCause::PerhapsKeptByOtherRecords { filters } => format!(
            "{} feeds the same alarm with records of a log group that no trail delivers to; whether they keep it in ALARM is \
             not known",
            quoted(filters)
        ),
    }
}

fn mutes(rules: &[String]) -> String {
    match rules {
        [one] => format!("the mute rule `{one}` mutes it"),
        many => format!("the mute rules {} mute it", quoted(many)),
    }
}

fn are(alarms: &[String]) -> String {
    match alarms {
        [one] => format!("alarm `{one}` is"),
        many => format!("the alarms {} are all", quoted(many)),
    }
}

fn problem_of(problem: &Problem) -> String {
    match problem {
        Problem::Duration { text } => format!("its duration `{text}` is not understood"),
        Problem::Schedule { text } => format!("its schedule `{text}` is not understood"),
        Problem::TimeZone { text } => format!("its time zone `{text}` is not known"),
        Problem::NotActive => {
            "AWS says that it is active, and its schedule says that it is not".to_owned()
        }
    }
}

/// `on a Monday at 02:30 UTC (2026-11-23)`.
fn moment(at: &str) -> String {
    let Ok(at) = at.parse::<Timestamp>() else {
        return format!("at {at}");
    };
    let at = at.to_zoned(TimeZone::UTC);
    at.strftime("on a %A at %H:%M UTC (%Y-%m-%d)").to_string()
}

/// `from 2026-11-23 02:00 to 2026-11-23 04:00 UTC`.
fn from_to(window: &MuteWindow) -> String {
    let shown = |text: &str| {
        text.parse::<Timestamp>().map_or_else(
            |_| text.to_owned(),
            |at| at.strftime("%Y-%m-%d %H:%M").to_string(),
        )
    };
    format!(
        "from {} to {} UTC",
        shown(&window.begin),
        shown(&window.end)
    )
}
