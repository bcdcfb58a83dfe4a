//! The alarms of an account as they are run over recorded time: settings, what writes their metrics or stands in their rules, what mutes
//! them, and what CloudWatch has on record of them. Decides nothing; used by `replay`.

use std::rc::Rc;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::alarm_evaluation::{emission, settings};
use super::composite_alarm::Region;
use super::facts::{AlarmRow, Facts, FilterRow, Question, StateItem};
use super::verdict::{Link, LinkId};
use super::{Error, Reader, action_history, alarm_actions, dimensions, mute_rules};
use crate::aws::alarm::Settings;
use crate::aws::arn::{self, Location};
use crate::aws::composite::Alarms;
use crate::aws::mute::Calendar;

pub use super::action_history::FailedAction;

/// What an alarm is beside its settings.
#[derive(Clone, Debug)]
pub struct RecordedAlarm {
    /// ARN.
    pub arn: String,
    /// Name.
    pub name: String,
    /// Its account.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// When its configuration was changed last, RFC 3339.
    pub configured_at: Option<String>,
    /// Its changes of state on record; none where CloudWatch was not asked or did not answer.
    pub history: Option<History>,
    /// Its mute rules.
    pub mutes: Arc<Calendar>,
    /// Whether these are all.
    pub mutes_known: bool,
    /// What is said where it has no action for `ALARM`.
    pub no_action: Option<Arc<Link>>,
}

/// A metric alarm with what writes its metric.
#[derive(Clone, Debug)]
pub struct MetricAlarm {
    /// What it is.
    pub about: RecordedAlarm,
    /// What decides its state.
    pub settings: Settings,
    /// What writes its metric, or why it cannot be followed.
    pub writers: Result<Vec<Writer>, NotFollowed>,
}

/// A composite alarm.
#[derive(Clone, Debug)]
pub struct CompositeAlarm {
    /// What it is.
    pub about: RecordedAlarm,
    /// The alarm that holds its actions back, by name or ARN.
    pub suppressor: Option<String>,
    /// The alarms of its account and Region, its rule among theirs.
    pub alarms: Rc<Alarms>,
}

/// What CloudWatch has on record of an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Changes of state, oldest first.
    pub changes: Vec<StateChange>,
    /// Since when they are whole, RFC 3339: older ones may have been dropped.
    pub from: String,
    /// When they were read.
    pub to: String,
    /// Actions that failed, oldest first; none where they were not asked for.
    pub failed: Option<Vec<FailedAction>>,
}

/// CloudWatch saves the history of an alarm for so many days (user guide, "Viewing and managing alarms").
const DAYS_KEPT: i64 = 30;
/// A collection reads so many items of a Region at most, the newest first.
const ITEMS_READ: i64 = 5_000;

/// A metric filter that writes a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Writer {
    /// ARN of its log group.
    pub log_group: String,
    /// Its name.
    pub filter: String,
    /// What it publishes for an event.
    pub value: f64,
    /// What it publishes in a minute with records and no match.
    pub default: Option<f64>,
}

/// Why an alarm is not run over recorded time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotFollowed {
    /// It watches an expression or a query.
    Expression,
    /// Its metric has dimensions.
    Dimensions,
    /// A filter publishes a field of the event.
    ValueIsField,
    /// No metric filter of the snapshot writes its metric in its unit.
    NoWriter,
}

/// A change of state on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// When, RFC 3339.
    pub time: String,
    /// The state before, as AWS writes it.
    pub from: String,
    /// The state after.
    pub to: String,
}

impl Reader<'_> {
    /// The metric alarms of an account, by ARN.
    pub fn metric_alarms(&self, account: &str) -> Result<Vec<MetricAlarm>, Error> {
        let facts = &self.facts;
        let mut alarms = Vec::new();
        for region in facts.asked_regions(account)? {
            for alarm in facts.alarms_of_type(account, &region, "metric")? {
                alarms.push(metric_alarm(facts, &alarm)?);
            }
        }
        alarms.sort_by(|one, two| one.about.arn.cmp(&two.about.arn));
        alarms.dedup_by(|one, two| one.about.arn == two.about.arn);
        Ok(alarms)
    }

    /// The composite alarms of an account, by ARN.
    pub fn composite_alarms(&self, account: &str) -> Result<Vec<CompositeAlarm>, Error> {
        let facts = &self.facts;
        let mut composites = Vec::new();
        for region in facts.asked_regions(account)? {
            let rows = facts.alarms_of_type(account, &region, "composite")?;
            if rows.is_empty() {
                continue;
            }
            let alarms = Rc::new(Region::read(facts, account, &region)?.into_alarms());
            for row in rows {
                composites.push(CompositeAlarm {
                    about: recorded(facts, &row, LinkId::C06)?,
                    suppressor: row.actions_suppressor.clone(),
                    alarms: Rc::clone(&alarms),
                });
            }
        }
        composites.sort_by(|one, two| one.about.arn.cmp(&two.about.arn));
        composites.dedup_by(|one, two| one.about.arn == two.about.arn);
        Ok(composites)
    }
}

fn metric_alarm(facts: &Facts<'_>, alarm: &AlarmRow) -> Result<MetricAlarm, Error> {
    Ok(MetricAlarm {
        about: recorded(facts, alarm, LinkId::A03)?,
        settings: settings(alarm),
        writers: writers(facts, alarm)?,
    })
}

/// What an alarm is; without an action it has that link.
fn recorded(facts: &Facts<'_>, alarm: &AlarmRow, silent: LinkId) -> Result<RecordedAlarm, Error> {
    let question = Question {
        account: &alarm.account,
        region: &alarm.region,
        service: "monitoring",
        operation: "DescribeAlarmHistory",
        subject: r#"{"HistoryItemType":"StateUpdate"}"#,
    };
    let asked = facts.asked(question)?;
    let read_at = match asked.evidence() {
        Some(evidence) if asked.answered() => facts.recorded_at(evidence)?,
        _ => None,
    };
    let history = match read_at {
        Some(to) => history(facts, alarm, to.to_string())?,
        None => None,
    };
    let acts = !alarm_actions::actions(facts, alarm)?.is_empty();
    let no_action = match acts {
        true => None,
        false => Some(Arc::new(alarm_actions::no_action(facts, alarm, silent)?)),
    };
    let (names, rules) = mute_rules::schedules(facts, alarm)?;
    Ok(RecordedAlarm {
        mutes: Arc::new(Calendar {
            names,
            rules,
            ..Calendar::default()
        }),
        mutes_known: mute_rules::are_known(facts, alarm)?,
        no_action,
        history,
        configured_at: alarm.configuration_updated_time.clone(),
        arn: alarm.arn.clone(),
        name: alarm.name.clone(),
        account: alarm.account.clone(),
        region: alarm.region.clone(),
    })
}

fn history(facts: &Facts<'_>, alarm: &AlarmRow, to: String) -> Result<Option<History>, Error> {
    let Ok(read_at) = to.parse::<Timestamp>() else {
        return Ok(None);
    };
    let kept = read_at.checked_sub(SignedDuration::from_hours(24 * DAYS_KEPT));
    let kept = kept.unwrap_or(read_at);
    let (items, oldest) = facts.state_items(&alarm.account, &alarm.region)?;
    let oldest = oldest.and_then(|time| time.parse::<Timestamp>().ok());
    let from = match oldest {
        Some(oldest) if items >= ITEMS_READ => oldest.max(kept),
        _ => kept,
    };
    let rows = facts.state_history(&alarm.account, &alarm.region, &alarm.name)?;
    let (changes, whole_since) = state_changes(&rows);
    Ok(Some(History {
        changes,
        from: whole_since
            .map_or(from, |since| since.max(from))
            .to_string(),
        to,
        failed: action_history::failed(facts, alarm)?,
    }))
}

fn writers(facts: &Facts<'_>, alarm: &AlarmRow) -> Result<Result<Vec<Writer>, NotFollowed>, Error> {
    let (Some(namespace), Some(metric)) = (&alarm.namespace, &alarm.metric_name) else {
        return Ok(Err(NotFollowed::Expression));
    };
    let dimensions = alarm.dimensions.as_deref();
    if dimensions.is_some_and(|named| !named.is_empty()) {
        return Ok(Err(NotFollowed::Dimensions));
    }
    let rows = facts.writers(&alarm.account, &alarm.region, namespace, metric)?;
    let found = rows
        .iter()
        .filter(|row| dimensions::selectors(row).is_empty())
        .filter(|row| {
            let unit = row.unit.as_deref().unwrap_or("None");
            alarm.unit.as_deref().is_none_or(|wanted| wanted == unit)
        })
        .map(|row| writer(alarm, row))
        .collect::<Result<Vec<_>, _>>();
    Ok(found.and_then(|found| {
        if found.is_empty() {
            Err(NotFollowed::NoWriter)
        } else {
            Ok(found)
        }
    }))
}

fn writer(alarm: &AlarmRow, row: &FilterRow) -> Result<Writer, NotFollowed> {
    let emission = emission(row);
    let value = emission.metric_value.parse::<f64>().ok();
    let location = Location {
        partition: arn::partition(&alarm.arn).unwrap_or("aws"),
        region: &row.region,
        account: &alarm.account,
    };
    Ok(Writer {
        log_group: location.log_group(&row.log_group_name),
        filter: row.name.clone(),
        value: value
            .filter(|value| value.is_finite())
            .ok_or(NotFollowed::ValueIsField)?,
        default: emission.default_value,
    })
}

/// The changes that can be read, and the time of the last item that cannot: up to then some are missing.
fn state_changes(rows: &[StateItem]) -> (Vec<StateChange>, Option<Timestamp>) {
    let mut unread = None;
    let changes = rows.iter().filter_map(|row| {
        let change = state_change(row);
        if change.is_none() {
            unread = row.time.parse::<Timestamp>().ok().or(unread);
        }
        change
    });
    (changes.collect(), unread)
}

/// The states of an item, from its data.
fn state_change(row: &StateItem) -> Option<StateChange> {
    let from = row.data.text("/oldState/stateValue")?;
    let to = row.data.text("/newState/stateValue")?;
    Some(StateChange {
        time: row.time.clone(),
        from: from.to_owned(),
        to: to.to_owned(),
    })
}
