//! Trails, event selectors and log groups: use a trail that records what is asked for, else repair the one that is there.

use serde_json::{Value, json};

use super::{Candidate, Case, edit, shared_first};
use crate::analyze::Stop;
use crate::aws::arn::{self, Location};
use crate::chain::verdict::{Kind, LinkId};
use crate::remedy::resource::{Bucket, Change, LogGroup, Role, Trail};
use crate::remedy::{Error, read};

const TRAIL: &str = "management-events";
const LOG_GROUP: &str = "/cloudtrail/management-events";
/// So many event selectors a trail may have (PutEventSelectors).
pub(super) const MOST_SELECTORS: usize = 5;
/// So many filters of a log group may be made anew elsewhere in place of the trail that should feed them.
const FEW_FILTERS: usize = 2;
const ROLE: &str = "cloudtrail-to-cloudwatch-logs";

impl Case<'_> {
    /// A link before the metric filters.
    pub(super) fn before_filter(&self, stop: &Stop) -> Result<Vec<Candidate>, Error> {
        let mut found = Vec::new();
        if matches!(stop.id, LinkId::L06)
            && let Some(filter) = self.filter()?
        {
            found.push(vec![edit(&filter, |it| {
                it.on_transformed_logs = Some(false)
            })]);
        }
        let mut trails = Vec::new();
        match self.trail(stop)? {
            Some(trail) => {
                trails.extend(self.repair_trail(stop.id, &trail)?);
                trails.extend(self.repair_record(stop, &trail)?);
            }
            // Where no trail is to blame there is none to repair: whatever the link is, a trail is what is missing.
            None => trails.push(self.new_trail()?),
        }
        // A second trail costs money, a filter on the log group of one that works does not; many filters are too many to move.
        let path = self.finding.paths.first();
        let group = path.and_then(|path| path.log_group.as_deref());
        let on_it = match group {
            Some(group) => read::filters_on(self.facts, group)?.len(),
            None => 0,
        };
        found.extend(shared_first(
            on_it > FEW_FILTERS,
            trails,
            self.move_filter()?,
        ));
        Ok(found)
    }

    /// The trail that a link is about.
    fn trail(&self, stop: &Stop) -> Result<Option<Trail>, Error> {
        let subject = stop.subject.as_ref();
        let named = subject
            .filter(|subject| subject.kind == Kind::Trail)
            .and_then(|subject| subject.arn.as_deref());
        let on_path = self
            .finding
            .paths
            .first()
            .and_then(|path| path.trail.as_deref());
        match named.or(on_path) {
            Some(arn) => Ok(read::trail(self.facts, arn)?),
            None => Ok(None),
        }
    }

    fn repair_trail(&self, id: LinkId, trail: &Trail) -> Result<Option<Candidate>, Error> {
        let one = |make: fn(&mut Trail)| Some(vec![edit(trail, make)]);
        Ok(match id {
            LinkId::T01 => one(|it| it.logging = true),
            LinkId::T02 | LinkId::L02 | LinkId::L03 => Some(self.deliver(trail, true)?),
            LinkId::T03 => Some(self.deliver(trail, false)?),
            LinkId::T04 | LinkId::T05 => Some(self.deliver_anew(trail)?),
            LinkId::T07 | LinkId::T08 | LinkId::T09 => one(|it| {
                it.multi_region = true;
                it.global_events = true;
            }),
            LinkId::L01 => self.log_group_again(trail),
            LinkId::S01
            | LinkId::S02
            | LinkId::S03
            | LinkId::S04
            | LinkId::S05
            | LinkId::S06
            | LinkId::S07
            | LinkId::S08 => Some(vec![edit(trail, record_all)]),
            _ => None,
        })
    }

    /// A trail that has no log group yet delivers to the one of the filters that none feeds.
    pub(super) fn feed(&self) -> Result<Vec<Candidate>, Error> {
        let mut found = Vec::new();
        for arn in read::trails(self.facts, &self.finding.account)? {
            match read::trail(self.facts, &arn)? {
                Some(trail) if trail.log_group_arn.is_none() => {
                    found.push(self.deliver(&trail, false)?);
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// The trail delivers to a log group: to one that holds filters already, or else to a new one.
    pub(super) fn deliver(&self, trail: &Trail, to_another: bool) -> Result<Candidate, Error> {
        let known = trail.log_group_arn.clone().filter(|_| !to_another);
        let unfed = self.chain.paths.iter().find_map(|path| {
            let group = path.log_group.as_deref().filter(|_| path.trail.is_none())?;
            let here = arn::region(group) == Some(&trail.region)
                && arn::account(group) == Some(&trail.account);
            here.then(|| group.to_owned())
        });
        let partition = read::partition(self.facts, &trail.account)?;
        let group = match known.or(unfed) {
            Some(arn) => LogGroup {
                account: trail.account.clone(),
                region: trail.region.clone(),
                name: arn::short_name(&arn).to_owned(),
                arn,
            },
            None => self.new_log_group(Location {
                partition: &partition,
                region: &trail.region,
                account: &trail.account,
            })?,
        };
        self.deliver_to(trail, &partition, group, trail.role_arn.clone())
    }

    fn deliver_to(
        &self,
        trail: &Trail,
        partition: &str,
        group: LogGroup,
        known_role: Option<String>,
    ) -> Result<Candidate, Error> {
        let mut changes = Vec::new();
        let exists = read::is_log_group(self.facts, &group.arn)?;
        let role = match read::trail_role(self.facts, &group.arn)? {
            Some(arn) => arn,
            None => {
                // The one that the trail has under a name of its own is repaired by name.
                let role = match known_role {
                    Some(arn) => role_of(arn, &trail.account, &group.arn),
                    None => self.new_role(partition, trail, &group.arn)?,
                };
                let arn = role.arn.clone();
                changes.push(super::change(None, role));
                arn
            }
        };
        let arn = group.arn.clone();
        if !exists {
            changes.push(super::change(None, group));
        }
        changes.push(edit(trail, |it| {
            it.log_group_arn = Some(arn);
            it.role_arn = Some(role);
        }));
        Ok(changes)
    }

    /// The same log group by a role that may write to it.
    fn deliver_anew(&self, trail: &Trail) -> Result<Candidate, Error> {
        let partition = read::partition(self.facts, &trail.account)?;
        let Some(group) = trail.log_group_arn.clone() else {
            return self.deliver(trail, true);
        };
        let role = self.new_role(&partition, trail, &group)?;
        let arn = role.arn.clone();
        Ok(vec![
            super::change(None, role),
            edit(trail, |it| it.role_arn = Some(arn)),
        ])
    }

    fn log_group_again(&self, trail: &Trail) -> Option<Candidate> {
        let arn = trail.log_group_arn.clone()?;
        let group = LogGroup {
            account: arn::account(&arn)?.to_owned(),
            region: arn::region(&arn)?.to_owned(),
            name: arn::short_name(&arn).to_owned(),
            arn,
        };
        Some(vec![super::change(None, group)])
    }

    /// A role for a log group, other than the one that the trail has.
    fn new_role(&self, partition: &str, trail: &Trail, group: &str) -> Result<Role, Error> {
        let arn = |name: &str| arn::iam(partition, &trail.account, &format!("role/{name}"));
        let name = self.free(ROLE, |name| Ok(trail.role_arn.as_ref() == Some(&arn(name))))?;
        Ok(role_of(arn(&name), &trail.account, group))
    }

    fn new_log_group(&self, location: Location<'_>) -> Result<LogGroup, Error> {
        let (account, region) = (location.account, location.region);
        let name = self.free(LOG_GROUP, |name| {
            Ok(read::is_log_group(self.facts, &location.log_group(name))?)
        })?;
        Ok(LogGroup {
            account: account.to_owned(),
            region: region.to_owned(),
            arn: location.log_group(&name),
            name,
        })
    }

    /// A trail of every Region, with what it needs; on a log group that holds filters already, where there is one.
    pub(super) fn new_trail(&self) -> Result<Candidate, Error> {
        let account = self.finding.account.as_str();
        let partition = self.chain.partition.as_str();
        let unfed = self
            .chain
            .paths
            .iter()
            .filter(|path| path.trail.is_none())
            .find_map(|path| path.log_group.as_deref());
        let alarms: Option<String> = self.facts.query_row(
            "select max(region) from alarm where account = ?1",
            [account],
            |row| row.get(0),
        )?;
        let region = self
            .asked
            .wishes
            .region
            .clone()
            .or(unfed.and_then(arn::region).map(str::to_owned))
            .or(alarms)
            .unwrap_or_else(|| self.chain.scope.global_region.clone());
        let location = Location {
            partition,
            region: &region,
            account,
        };
        let bucket_of = |trail: &str| format!("{trail}-{account}-{region}");
        let name = self.free(TRAIL, |name| {
            let bucket = bucket_of(name);
            Ok(self.asked.wishes.taken.contains(&bucket)
                || read::is_bucket(self.facts, &bucket)?
                || read::trail(self.facts, &location.trail(name))?.is_some())
        })?;
        let arn = location.trail(&name);
        let bucket = bucket_of(&name);
        let trail = Trail {
            account: account.to_owned(),
            region: region.clone(),
            arn: arn.clone(),
            name,
            multi_region: true,
            global_events: true,
            organization: false,
            logging: true,
            log_group_arn: None,
            role_arn: None,
            bucket: Some(bucket.clone()),
            prefix: None,
            kms_key_id: None,
            validation: true,
            selectors: Vec::new(),
            advanced_selectors: Vec::new(),
        };
        let group = match unfed.filter(|group| arn::region(group) == Some(region.as_str())) {
            Some(group) => LogGroup {
                account: account.to_owned(),
                region: region.clone(),
                arn: group.to_owned(),
                name: arn::short_name(group).to_owned(),
            },
            None => self.new_log_group(location)?,
        };
        let mut changes: Vec<Change> = self.deliver_to(&trail, partition, group, None)?;
        for change in &mut changes {
            if matches!(change.after, crate::remedy::Resource::Trail(_)) {
                change.before = None;
            }
        }
        let bucket = Bucket {
            account: account.to_owned(),
            region: region.clone(),
            name: bucket,
            trail_arn: arn,
        };
        changes.insert(0, super::change(None, bucket));
        Ok(changes)
    }
}

/// A role of this ARN for a log group.
fn role_of(arn: String, account: &str, group: &str) -> Role {
    Role {
        account: account.to_owned(),
        name: arn::role_name(&arn).unwrap_or(ROLE).to_owned(),
        arn,
        log_group_arn: group.to_owned(),
    }
}

/// Every management event is recorded, and whatever else was.
fn record_all(trail: &mut Trail) {
    if !trail.advanced_selectors.is_empty() {
        let is_management = |selector: &Value| {
            let fields = selector.get("FieldSelectors").and_then(Value::as_array);
            fields.into_iter().flatten().any(|field| {
                field.get("Field").and_then(Value::as_str) == Some("eventCategory")
                    && field.get("Equals") == Some(&json!(["Management"]))
            })
        };
        let all = json!({
            "Name": "All management events",
            "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}],
        });
        match trail
            .advanced_selectors
            .iter_mut()
            .find(|it| is_management(it))
        {
            Some(first) => *first = all,
            None => trail.advanced_selectors.push(all),
        }
        let mut seen = false;
        // What the first selector records needs no second one.
        trail
            .advanced_selectors
            .retain(|it| !is_management(it) || !std::mem::replace(&mut seen, true));
        return;
    }
    let of_data = |selector: &Value| {
        let resources = selector.get("DataResources").and_then(Value::as_array);
        resources.is_some_and(|list| !list.is_empty())
    };
    let any_of_data = trail.selectors.iter().any(of_data);
    let room = trail.selectors.len() < MOST_SELECTORS || !trail.selectors.iter().all(of_data);
    // A selector of data events would record more of these, and cost more, if it were the one that is made wider.
    if any_of_data && room {
        trail.selectors.retain(of_data);
        for selector in &mut trail.selectors {
            if let Some(selector) = selector.as_object_mut() {
                selector.insert("IncludeManagementEvents".to_owned(), json!(false));
                selector.insert("ExcludeManagementEventSources".to_owned(), json!([]));
            }
        }
        trail.selectors.insert(0, json!({"DataResources": []}));
        trail.selectors.first_mut().into_iter().for_each(manage_all);
        return;
    }
    if trail.selectors.is_empty() {
        trail.selectors.push(json!({"DataResources": []}));
    }
    trail.selectors.iter_mut().for_each(manage_all);
}

/// An event selector with all management events.
fn manage_all(selector: &mut Value) {
    if let Some(selector) = selector.as_object_mut() {
        selector.insert("ReadWriteType".to_owned(), json!("All"));
        selector.insert("IncludeManagementEvents".to_owned(), json!(true));
        selector.insert("ExcludeManagementEventSources".to_owned(), json!([]));
    }
}
