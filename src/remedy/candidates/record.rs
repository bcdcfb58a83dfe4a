//! What trails keep: selectors for calls on objects beside those that are there, digests, and a key for the files.

use serde_json::{Value, json};

use super::key::Named;
use super::trail::MOST_SELECTORS;
use super::{Candidate, Case, change, edit};
use crate::analyze::Stop;
use crate::aws::arn;
use crate::chain::verdict::LinkId;
use crate::control::Recorded;
use crate::remedy::document::Service;
use crate::remedy::resource::Trail;
use crate::remedy::{Error, read};

/// The alias of a new key.
const KEY: &str = "alias/cloudtrail";
const OBJECT: &str = "AWS::S3::Object";

impl Case<'_> {
    /// A link about what a trail keeps.
    pub(super) fn repair_record(
        &self,
        stop: &Stop,
        trail: &Trail,
    ) -> Result<Vec<Candidate>, Error> {
        let asked = self.asked.control.recording.as_ref().map(|it| it.of);
        Ok(match (stop.id, asked) {
            (LinkId::T14, _) => vec![vec![edit(trail, |it| it.validation = true)]],
            (LinkId::T16 | LinkId::T17, _) => self.trail_key(stop, trail)?,
            (LinkId::S11 | LinkId::S12, Some(Recorded::S3ObjectWrites)) => {
                self.objects(trail, false)?
            }
            (LinkId::S11 | LinkId::S12, Some(Recorded::S3ObjectReads)) => {
                self.objects(trail, true)?
            }
            _ => Vec::new(),
        })
    }

    fn objects(&self, trail: &Trail, reads: bool) -> Result<Vec<Candidate>, Error> {
        let partition = read::partition(self.facts, &trail.account)?;
        let mut after = trail.clone();
        let added = if trail.advanced_selectors.is_empty() {
            add_basic(&mut after.selectors, &partition, reads)
        } else {
            after.advanced_selectors.push(advanced(reads));
            true
        };
        let candidate = vec![change(Some(trail.clone()), after)];
        Ok(if added { vec![candidate] } else { Vec::new() })
    }

    /// The trail's own key once CloudTrail may use it, else a new one.
    fn trail_key(&self, stop: &Stop, trail: &Trail) -> Result<Vec<Candidate>, Error> {
        let partition = read::partition(self.facts, &trail.account)?;
        let service = Service::Trails(&partition, &trail.account);
        let named = Named {
            account: &trail.account,
            region: &trail.region,
            id: trail.kms_key_id.as_deref(),
        };
        let alias = self.free(KEY, |_| Ok(false))?;
        let new = edit(trail, |it| it.kms_key_id = Some(alias.clone()));
        self.keys(&named, (&alias, new), stop, service)
    }
}

/// One more advanced selector: every call on an object that reads, or writes.
fn advanced(reads: bool) -> Value {
    let what = if reads { "reads" } else { "writes" };
    json!({
        "Name": format!("All {what} of S3 objects"),
        "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": [OBJECT]},
            {"Field": "readOnly", "Equals": [reads.to_string()]},
        ],
    })
}

/// One more basic selector for every object, beside those that are there; one for the other half is made one for both. Not
/// where there is no room. Putting selectors replaces all of them, so that the one which a trail has by itself is among them.
fn add_basic(selectors: &mut Vec<Value>, partition: &str, reads: bool) -> bool {
    if selectors.is_empty() {
        selectors.push(
            json!({"ReadWriteType": "All", "IncludeManagementEvents": true,
            "DataResources": [], "ExcludeManagementEventSources": []}),
        );
    }
    let (this, other) = if reads {
        ("ReadOnly", "WriteOnly")
    } else {
        ("WriteOnly", "ReadOnly")
    };
    let of = |half: &str| {
        json!({"ReadWriteType": half, "IncludeManagementEvents": false,
            "DataResources": [{"Type": OBJECT, "Values": [arn::all_objects(partition)]}],
            "ExcludeManagementEventSources": []})
    };
    if let Some(half) = selectors.iter_mut().find(|it| **it == of(other)) {
        *half = of("All");
        return true;
    }
    let room = selectors.len() < MOST_SELECTORS;
    if room {
        selectors.push(of(this));
    }
    room
}
