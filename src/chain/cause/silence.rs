//! What keeps an alarm silent though one event moves it: mute rules, and filters that keep it in `ALARM`.

use serde::Serialize;

use crate::aws::mute::Problem;

/// Why a link about a silent alarm has its verdict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum SilenceCause {
    /// A mute rule has no window any more.
    MuteRuleOver {
        /// The rule.
        rule: String,
    },
    /// Every window of its mute rules is shorter than it stays in `ALARM`.
    MuteLosesNothing {
        /// The rules.
        rules: Vec<String>,
    },
    /// Events in the windows of its mute rules are lost.
    Muted {
        /// The rules.
        rules: Vec<String>,
        /// The first window in which an event is lost.
        window: MuteWindow,
    },
    /// Its mute rules leave no moment out.
    MutedAlways {
        /// The rules.
        rules: Vec<String>,
    },
    /// Events in the windows of its mute rules may be lost.
    MutedPerhaps {
        /// The rules.
        rules: Vec<String>,
        /// The first window in which an event may be lost.
        window: MuteWindow,
    },
    /// The schedule of a mute rule is not understood.
    MuteScheduleNotUnderstood {
        /// The rule.
        rule: String,
        /// What is in the way.
        problem: Problem,
    },
    /// All alarms for these events are muted at one time.
    MutedTogether {
        /// The alarms.
        alarms: Vec<String>,
        /// The window that they have in common.
        window: MuteWindow,
        /// A moment in it.
        at: String,
    },
    /// All alarms for these events are silent at one time, some by what their expressions ask of the time.
    SilentTogether {
        /// The alarms.
        alarms: Vec<String>,
        /// The time that they have in common.
        window: MuteWindow,
        /// A moment in it.
        at: String,
    },
    /// All alarms for these events may be muted at one time.
    MutedTogetherPerhaps {
        /// The alarms.
        alarms: Vec<String>,
        /// The window that they may have in common.
        window: MuteWindow,
    },
    /// A recorded event came within a window of its mute rules, and the alarm is back before the window ends.
    CameWhileMuted {
        /// The rules.
        rules: Vec<String>,
    },
    /// A recorded event came so that a window of its mute rules may have held the action back for good.
    CamePerhapsWhileMuted {
        /// The rules.
        rules: Vec<String>,
    },
    /// A recorded event came at an hour that its expression leaves out.
    CameAtSilentHour,
    /// A recorded event came so close to an hour that its expression leaves out that it may not have been heard.
    CamePerhapsAtSilentHour,
    /// Its own filter matches nearly every event, which keeps it in `ALARM`.
    KeptInAlarmByItsFilter {
        /// The filter.
        filter: String,
    },
    /// Its own query finds nearly every event, which keeps it in `ALARM`.
    KeptInAlarmByItsQuery,
    /// Its own query finds nearly every event, and whether that keeps it in `ALARM` is not known.
    PerhapsKeptInAlarmByItsQuery,
    /// Another filter that feeds it matches nearly every event, which keeps it in `ALARM`.
    KeptInAlarmByOthers {
        /// The filters.
        filters: Vec<String>,
    },
    /// A filter that feeds it matches nearly every event, and whether that keeps it in `ALARM` is not known.
    PerhapsKeptInAlarm {
        /// The filters.
        filters: Vec<String>,
    },
    /// A filter that feeds it matches records of a log group that no trail delivers to; how often is not known.
    PerhapsKeptByOtherRecords {
        /// The filters.
        filters: Vec<String>,
    },
}

/// A window of time, in RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct MuteWindow {
    /// The first moment.
    pub begin: String,
    /// The first moment after it.
    pub end: String,
}

impl From<crate::aws::mute::Window> for MuteWindow {
    fn from(window: crate::aws::mute::Window) -> Self {
        Self {
            begin: window.begin.to_string(),
            end: window.end.to_string(),
        }
    }
}
