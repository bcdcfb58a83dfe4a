//! The audit steps of the section `logging`: they look at trails alone, some at one and some at every one.
//!
//! As the others they look at nothing that they do not mention.

use jiff::Timestamp;
use serde_json::Value;

use crate::chain::facts::AdvancedSelector;
use crate::control::StepKind;

use super::facts::{Account, Trail};
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
        let (found, asked) = match kind {
            StepKind::FieldSelectorManagement => (
                trail.selectors.advanced.iter().any(takes_all_management),
                "no advanced event selector with eventCategory Equals Management and without readOnly",
            ),
            StepKind::DataResourceAllBuckets => (
                resources().any(is_all_buckets),
                "no data resource of type AWS::S3::Object with the value arn:aws:s3",
            ),
            _ => (resources().next().is_some(), "no data resource"),
        };
        if found {
            return kept(candidate);
        }
        self.selectors_are_others(candidate, trail, asked)
    }

    /// Whether every trail is as the step asks. An account without a trail has none that is otherwise, but a person who
    /// follows the step looks at a list and finds nothing on it.
    pub(super) fn each_trail<'a>(
        &'a self,
        kind: StepKind,
        candidate: &Candidate<'a>,
    ) -> Outlook<'a> {
        if let Err(open) = self.question("DescribeTrails", "", None) {
            return still_open(candidate, open);
        }
        if self.trails.is_empty() {
            return Outlook::missing("DescribeTrails lists no trail".to_owned());
        }
        let mut open = None;
        for trail in &self.trails {
            match self.is_as_asked(kind, trail) {
                Ok(None) => {}
                Ok(Some(lacking)) => {
                    return Outlook::missing(format!("trail `{}` {lacking}", trail.row.name));
                }
                Err(reason) => open = open.or(Some(reason)),
            }
        }
        match open {
            Some(reason) => still_open(candidate, reason),
            None => kept(candidate),
        }
    }

    /// What a trail lacks; the error is why that is not known.
    fn is_as_asked(&self, kind: StepKind, trail: &Trail) -> Result<Option<&'static str>, String> {
        let lacking = match kind {
            StepKind::EachTrailValidates => (trail.keeping.validates != Some(true))
                .then_some("has LogFileValidationEnabled false"),
            StepKind::EachTrailLogGroup => trail
                .row
                .log_group_arn
                .is_none()
                .then_some("names no log group"),
            StepKind::EachTrailKey => trail.keeping.key.is_none().then_some("has no KmsKeyId"),
            _ => {
                if trail.deliveries.is_empty() {
                    self.question("GetTrailStatus", &trail.row.arn, None)?;
                }
                let recent = trail.deliveries.iter().any(|it| {
                    seconds_between(it.time.as_deref(), it.asked.as_deref())
                        .is_some_and(|age| age <= ABOUT_A_DAY)
                });
                (!recent).then_some("has no LatestCloudWatchLogsDeliveryTime of the last day")
            }
        };
        Ok(lacking)
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
        && values.any(|value| value == "arn:aws:s3")
}

fn seconds_between(earlier: Option<&str>, later: Option<&str>) -> Option<i64> {
    let earlier: Timestamp = earlier?.parse().ok()?;
    let later: Timestamp = later?.parse().ok()?;
    Some(later.duration_since(earlier).as_secs())
}
