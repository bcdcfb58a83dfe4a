//! The audit steps of the section `logging`: they look at trails alone, some at one and some at every one.
//!
//! As the others they look at nothing that they do not mention.

use jiff::Timestamp;
use serde_json::Value;

use crate::aws::arn;
use crate::chain::facts::AdvancedSelector;
use crate::control::StepKind;

use super::cause::{SelectorLack, TrailLack};
use super::facts::{Account, Reply, Trail};
use super::steps::{Candidate, Outlook, kept, still_open};

/// "About one day", in seconds: a day and an hour.
const ABOUT_A_DAY: i64 = 25 * 3600;

impl Account {
    /// Whether an event selector of the candidate's trail is as the step asks.
    pub(super) fn selector<'a>(
        &'a self,
        kind: StepKind,
        candidate: &Candidate<'a>,
        trail: &Trail,
    ) -> Outlook<'a> {
        let resources = || {
            trail
                .data_resources
                .iter()
                .flat_map(|it| it.resources.iter())
        };
        let name = trail.row.name.clone();
        let (found, lacking) = match kind {
            StepKind::FieldSelectorManagement => (
                trail.selectors.advanced.iter().any(takes_all_management),
                SelectorLack::NoAdvancedSelectorOfAllEvents { trail: name },
            ),
            StepKind::DataResourceAllBuckets => (
                resources().any(is_all_buckets),
                SelectorLack::NoDataResourceOfAllBuckets { trail: name },
            ),
            _ => (
                resources().next().is_some(),
                SelectorLack::NoDataResource { trail: name },
            ),
        };
        if found {
            return kept(candidate);
        }
        self.selectors_are_others(candidate, trail, lacking)
    }

    /// Whether every trail is as the step asks. An account without a trail has none that is otherwise, but a person who
    /// follows the step looks at a list and finds nothing on it.
    pub(super) fn each_trail<'a>(
        &'a self,
        kind: StepKind,
        candidate: &Candidate<'a>,
    ) -> Outlook<'a> {
        if let Reply::Open(open) = self.question("DescribeTrails", "", None) {
            return still_open(candidate, open);
        }
        if self.trails.is_empty() {
            return Outlook::missing(TrailLack::NoTrail);
        }
        let mut open = None;
        for trail in &self.trails {
            let Some(lacking) = lacking(kind, trail) else {
                continue;
            };
            match self.is_shown(kind, trail) {
                Reply::Open(question) => open = open.or(Some(question)),
                Reply::Answered | Reply::DoesNotExist(_) => return Outlook::missing(lacking),
            }
        }
        match open {
            Some(question) => still_open(candidate, question),
            None => kept(candidate),
        }
    }

    /// Whether it is known what a step looks at: that a trail has no delivery on record is told by its status alone.
    fn is_shown(&self, kind: StepKind, trail: &Trail) -> Reply<'_> {
        if kind == StepKind::EachTrailDelivers && trail.deliveries.is_empty() {
            self.question("GetTrailStatus", &trail.row.arn, None)
        } else {
            Reply::Answered
        }
    }
}

/// What a trail lacks of what a step asks of each.
fn lacking(kind: StepKind, trail: &Trail) -> Option<TrailLack> {
    let name = || trail.row.name.clone();
    match kind {
        StepKind::EachTrailValidates => (trail.keeping.validates != Some(true))
            .then(|| TrailLack::NoLogFileValidation { trail: name() }),
        StepKind::EachTrailLogGroup => trail
            .row
            .log_group_arn
            .is_none()
            .then(|| TrailLack::TrailHasNoLogGroup { trail: name() }),
        StepKind::EachTrailKey => trail
            .keeping
            .key
            .is_none()
            .then(|| TrailLack::NoTrailKey { trail: name() }),
        _ => {
            let is_recent = trail.deliveries.iter().any(|it| {
                seconds_between(it.time.as_deref(), it.asked.as_deref())
                    .is_some_and(|age| age <= ABOUT_A_DAY)
            });
            (!is_recent).then(|| TrailLack::NoRecentDelivery { trail: name() })
        }
    }
}

/// An advanced event selector of management events without the field `readOnly`.
fn takes_all_management(selector: &AdvancedSelector) -> bool {
    let of_management = selector.fields.iter().any(|it| {
        it.field == "eventCategory" && it.operator == "Equals" && *it.operands == ["Management"]
    });
    of_management && selector.fields.iter().all(|it| it.field != "readOnly")
}

/// A data resource of S3 objects with the value `arn:aws:s3`.
fn is_all_buckets(resource: &Value) -> bool {
    let mut values = resource
        .get("Values")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    resource
        .get("Type")
        .is_some_and(|it| it == "AWS::S3::Object")
        && values.any(|value| *value == arn::all_objects("aws"))
}

fn seconds_between(earlier: Option<&str>, later: Option<&str>) -> Option<i64> {
    let earlier: Timestamp = earlier?.parse().ok()?;
    let later: Timestamp = later?.parse().ok()?;
    Some(later.duration_since(earlier).as_secs())
}
