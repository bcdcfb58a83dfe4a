//! Whom a change touches besides the control that it is made for, and what has to happen after it.

use rusqlite::{Connection, OptionalExtension as _, Result};
use serde::Serialize;
use serde_json::Value;

use super::apply::evaluation;
use super::read;
use super::resource::{Change, Resource, Trail};
use super::taken::{Taken, taken};
use crate::aws::arn::{self, short_name};

/// Something else that a change reaches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "touches", rename_all = "snake_case")]
pub enum Touch {
    /// Alarms that act on what is changed, or read it.
    Alarms {
        /// Which resource is changed.
        of: String,
        /// Their names.
        names: Vec<String>,
    },
    /// Metric filters that feed what is changed.
    Filters {
        /// Which resource is changed.
        of: String,
        /// Their names.
        names: Vec<String>,
    },
    /// What a rule that is changed hands its events to.
    Targets {
        /// Which rule is changed.
        of: String,
        /// Their ARNs.
        arns: Vec<String>,
    },
    /// Rules that publish to a topic that is changed.
    Rules {
        /// Which resource is changed.
        of: String,
        /// Their names.
        names: Vec<String>,
    },
    /// Controls that a metric filter which is changed carries.
    Controls {
        /// Which filter is changed.
        of: String,
        /// Their ids.
        ids: Vec<String>,
    },
    /// Every account of an organization.
    Organization {
        /// The trail.
        of: String,
    },
    /// A new metric filter counts into a metric into which filters of other log groups count, which stay.
    Siblings {
        /// Which filter is made.
        of: String,
        /// The others.
        filters: Vec<Sibling>,
    },
    /// A trail that is made or started records what another one records already, which AWS charges for.
    SecondCopy {
        /// The trail.
        of: String,
        /// The other trail.
        beside: String,
    },
    /// A trail records calls on objects, which AWS charges for by their number.
    DataEvents {
        /// The trail.
        of: String,
    },
    /// The files of a trail are encrypted with another key.
    TrailKey {
        /// The trail.
        of: String,
        /// Where the key is.
        region: String,
    },
    /// Something that was set is not any more.
    Taken {
        /// Which resource is changed.
        of: String,
        /// What it loses.
        what: Taken,
    },
}

/// A metric filter by its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Sibling {
    /// Name of its log group.
    pub log_group: String,
    /// Its name.
    pub name: String,
}

/// A question that nobody asked and that a fix rests on: of what is made, the answer is known; of what else there may be, it is
/// supposed that nothing is in the way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Supposed {
    /// The account that would be asked.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The endpoint prefix of the service.
    pub service: String,
    /// The API operation.
    pub operation: String,
    /// What it asks about; empty for everything.
    pub subject: String,
}

impl Supposed {
    /// Whether the answer is known, since it is about what a change makes.
    pub(super) fn is_about(&self, made: &Resource) -> bool {
        let subject = self.subject.as_str();
        match made {
            Resource::Trail(it) => subject == it.arn,
            Resource::LogGroup(it) => subject == it.name,
            Resource::Topic(it) => subject == it.arn,
            Resource::Key(it) => subject == it.id,
            Resource::Subscription(it) => {
                arn::topic_of_subscription(subject) == Some(it.topic_arn.as_str())
            }
            Resource::Target(_) => self.operation == "ListTargetsByRule",
            _ => false,
        }
    }
}

/// What has to happen before a fix takes effect, that no command does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "wait", rename_all = "snake_case")]
pub enum Wait {
    /// Somebody confirms a subscription.
    Confirmation {
        /// ARN of the topic.
        topic: String,
        /// email, https ...
        protocol: String,
        /// The address; none where the user gives it.
        endpoint: Option<String>,
    },
    /// CloudTrail delivers to the log group.
    Delivery {
        /// ARN of the trail.
        trail: String,
    },
    /// CloudWatch evaluates an alarm that is in ALARM.
    Evaluation {
        /// Name of the alarm.
        alarm: String,
    },
}

/// Whom the changes touch, as things are before them, by the position of the change.
pub(super) fn touches(facts: &Connection, changes: &[Change]) -> Result<Vec<(usize, Touch)>> {
    let mut found = Vec::new();
    for (position, change) in changes.iter().enumerate() {
        found.extend(of_trail(change).into_iter().map(|touch| (position, touch)));
        found.extend(second_copy(facts, change)?.map(|touch| (position, touch)));
        found.extend(siblings(facts, change)?.map(|touch| (position, touch)));
        let Some(before) = &change.before else {
            continue;
        };
        let mut of_change = others(facts, before)?;
        let taken = taken(facts, before, &change.after)?;
        of_change.extend(taken.into_iter().map(|what| Touch::Taken {
            of: before.name().to_owned(),
            what,
        }));
        found.extend(of_change.into_iter().map(|touch| (position, touch)));
    }
    Ok(found)
}

/// What a change of a trail costs, or asks of those who read its files.
fn of_trail(change: &Change) -> Vec<Touch> {
    let Resource::Trail(after) = &change.after else {
        return Vec::new();
    };
    let before = match &change.before {
        Some(Resource::Trail(before)) => Some(before),
        _ => None,
    };
    let of = || after.name.clone();
    let mut found = Vec::new();
    if data_selectors(after) > before.map(data_selectors).unwrap_or_default() {
        found.push(Touch::DataEvents { of: of() });
    }
    if after.kms_key_id.is_some()
        && before.is_none_or(|before| before.kms_key_id != after.kms_key_id)
    {
        let region = after.region.clone();
        found.push(Touch::TrailKey { of: of(), region });
    }
    found
}

/// The filters beside which one is made.
fn siblings(facts: &Connection, change: &Change) -> Result<Option<Touch>> {
    let (None, Resource::MetricFilter(made)) = (&change.before, &change.after) else {
        return Ok(None);
    };
    let place = (made.account.as_str(), made.region.as_str());
    let writers = read::writers(facts, place, &made.namespace, &made.metric)?;
    let sibling = |(log_group, name)| Sibling { log_group, name };
    let filters: Vec<Sibling> = writers.into_iter().map(sibling).collect();
    Ok((!filters.is_empty()).then(|| Touch::Siblings {
        of: made.name.clone(),
        filters,
    }))
}

/// The trail beside which one begins to record.
fn second_copy(facts: &Connection, change: &Change) -> Result<Option<Touch>> {
    let Resource::Trail(after) = &change.after else {
        return Ok(None);
    };
    let recorded = matches!(&change.before, Some(Resource::Trail(before)) if before.logging);
    if recorded || !after.logging {
        return Ok(None);
    }
    let records = |it: &Trail| it.logging && it.multi_region;
    for arn in read::trails(facts, &after.account)? {
        if let Some(other) = read::trail(facts, &arn)?
            && other.arn != after.arn
            && records(&other)
        {
            return Ok(Some(Touch::SecondCopy {
                of: after.name.clone(),
                beside: other.name,
            }));
        }
    }
    Ok(None)
}

/// How many selectors of a trail are for data events, each half of reads and writes by itself.
fn data_selectors(trail: &Trail) -> usize {
    let halves = |selector: &Value| match selector.get("ReadWriteType").and_then(Value::as_str) {
        Some("All") => 2,
        _ => 1,
    };
    let basic = trail.selectors.iter().filter(|selector| {
        let resources = selector.get("DataResources").and_then(Value::as_array);
        resources.is_some_and(|list| !list.is_empty())
    });
    let of_data = |selector: &&Value| {
        let fields = selector.get("FieldSelectors").and_then(Value::as_array);
        let mut fields = fields.into_iter().flatten();
        fields.any(|field| field.get("Equals") == Some(&serde_json::json!(["Data"])))
    };
    let advanced = trail.advanced_selectors.iter().filter(of_data);
    basic.map(halves).sum::<usize>() + advanced.count()
}

/// Who else uses what is changed.
fn others(facts: &Connection, before: &Resource) -> Result<Vec<Touch>> {
    let mut found = Vec::new();
    match before {
        Resource::Trail(trail) if trail.organization => {
            let of = trail.name.clone();
            found.push(Touch::Organization { of });
        }
        Resource::MetricFilter(filter) => {
            let place = (filter.account.as_str(), filter.region.as_str());
            let arns = read::watchers(facts, place, &filter.namespace, &filter.metric)?;
            // Its own alarm is no news.
            if arns.len() > 1 {
                let names = arns.iter().map(|arn| short_name(arn));
                alarms(&mut found, &filter.name, names);
            }
        }
        Resource::Topic(topic) => of_topic(facts, &mut found, &topic.name, &topic.arn)?,
        Resource::Key(key) => {
            let names = of_key(facts, &key.id)?;
            alarms(&mut found, &key.id, names.iter().map(String::as_str));
        }
        Resource::Subscription(subscription) => {
            of_topic(facts, &mut found, before.name(), &subscription.topic_arn)?;
        }
        Resource::Rule(rule) => {
            let targets = read::targets(facts, rule)?;
            // Its own target is no news.
            if targets.len() > 1 {
                found.push(Touch::Targets {
                    of: rule.name.clone(),
                    arns: targets.into_iter().map(|target| target.arn).collect(),
                });
            }
        }
        Resource::Alarm(alarm) => {
            let place = (alarm.account.as_str(), alarm.region.as_str());
            if let Some((namespace, metric)) = alarm.metric() {
                let writers = read::writers(facts, place, namespace, metric)?;
                if writers.len() > 1 {
                    found.push(Touch::Filters {
                        of: alarm.name.clone(),
                        names: writers.into_iter().map(|(_, name)| name).collect(),
                    });
                }
            }
        }
        Resource::MuteRule(rule) if rule.alarms.len() > 1 => {
            let names = rule.alarms.iter().map(String::as_str);
            alarms(&mut found, &rule.name, names);
        }
        _ => {}
    }
    Ok(found)
}

/// Who publishes to a topic.
fn of_topic(facts: &Connection, found: &mut Vec<Touch>, of: &str, topic: &str) -> Result<()> {
    let names = read::acting_on(facts, topic)?;
    alarms(found, of, names.iter().map(String::as_str));
    let names = read::rules_to(facts, topic)?;
    if !names.is_empty() {
        let of = of.to_owned();
        found.push(Touch::Rules { of, names });
    }
    Ok(())
}

fn of_key(facts: &Connection, key: &str) -> Result<Vec<String>> {
    let mut statement =
        facts.prepare("select distinct topic_arn from topic where kms_master_key_id = ?1")?;
    let topics: Vec<String> = statement
        .query_map([key], |row| row.get(0))?
        .collect::<Result<_>>()?;
    let mut names = Vec::new();
    for topic in topics {
        names.extend(read::acting_on(facts, &topic)?);
    }
    Ok(names)
}

fn alarms<'n>(found: &mut Vec<Touch>, of: &str, names: impl Iterator<Item = &'n str>) {
    let names: Vec<String> = names.map(str::to_owned).collect();
    if !names.is_empty() {
        found.push(Touch::Alarms {
            of: of.to_owned(),
            names,
        });
    }
}

/// What has to happen after the changes, by the position of the change; the facts are those before them.
pub(super) fn waits(facts: &Connection, changes: &[Change]) -> Result<Vec<(usize, Wait)>> {
    let mut found = Vec::new();
    for (position, change) in changes.iter().enumerate() {
        match (&change.before, &change.after) {
            (before, Resource::Subscription(after)) => {
                let was = matches!(before, Some(Resource::Subscription(it)) if it.confirmed);
                if !was && after.confirmed {
                    let wait = Wait::Confirmation {
                        topic: after.topic_arn.clone(),
                        protocol: after.protocol.clone(),
                        endpoint: after.endpoint.clone(),
                    };
                    found.push((position, wait));
                }
            }
            (Some(Resource::Trail(before)), Resource::Trail(after)) => {
                let anew = before.logging != after.logging
                    || before.log_group_arn != after.log_group_arn
                    || before.role_arn != after.role_arn;
                if anew {
                    let trail = after.arn.clone();
                    found.push((position, Wait::Delivery { trail }));
                }
            }
            (None, Resource::Trail(after)) => {
                let trail = after.arn.clone();
                found.push((position, Wait::Delivery { trail }));
            }
            (Some(Resource::Alarm(before)), Resource::Alarm(after))
                if evaluation(before) != evaluation(after) =>
            {
                let state: Option<String> = facts
                    .query_row(
                        "select state_value from alarm_state where alarm_arn = ?1 limit 1",
                        [&after.arn],
                        |row| row.get(0),
                    )
                    .optional()?;
                if state.as_deref() == Some("ALARM") {
                    let alarm = after.name.clone();
                    found.push((position, Wait::Evaluation { alarm }));
                }
            }
            _ => {}
        }
    }
    Ok(found)
}
