//! Composite alarms above an alarm: which there are, and whether the transition of the alarm below moves them (C ids).

use super::Error;
use super::facts::{AlarmRow, Facts};
use super::stage::Stage;
use super::verdict::{Link, LinkId, Verdict};
use super::watch;

/// A composite alarm above an alarm.
#[derive(Clone, Debug)]
pub(super) struct Above {
    pub(super) alarm: AlarmRow,
    /// ARNs of the alarms below it, from the one that watches the metric upwards.
    pub(super) through: Vec<String>,
    pub(super) stage: Stage,
    /// Whether another composite alarm is above this one.
    pub(super) has_more_above: bool,
}

/// All composite alarms above an alarm.
#[derive(Clone, Debug, Default)]
pub(super) struct Composites {
    pub(super) composites: Vec<Above>,
    /// Not every composite alarm is known.
    pub(super) unknown: Option<Link>,
}

/// Finds the composite alarms whose rule names an alarm.
pub(super) fn above(facts: &Facts<'_>, alarm: &AlarmRow) -> Result<Composites, Error> {
    let mut found = Composites::default();
    let (asked, link) = watch::composites_asked(facts, alarm)?;
    if !asked.answered() {
        found.unknown = Some(link);
    }
    for composite in facts.alarms_of_type(&alarm.account, &alarm.region, "composite")? {
        let rule = composite.alarm_rule.clone().unwrap_or_default();
        if !rule.contains(&alarm.name) {
            continue;
        }
        let mut stage = Stage::default();
        stage.say(
            Link::new(
                LinkId::C01,
                Verdict::Unknown,
                &composite.arn,
                "the composite alarm's rule is not evaluated",
            )
            .field("AlarmRule", rule)
            .evidence([composite.evidence]),
        );
        found.composites.push(Above {
            through: vec![alarm.arn.clone()],
            alarm: composite,
            stage,
            has_more_above: false,
        });
    }
    Ok(found)
}
