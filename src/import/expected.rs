//! What a folder should hold besides, by what it holds: a trail whose status nobody asked is a file that is missing.
//!
//! Only questions without which a verdict cannot be reached are missed; the table of operations says which.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer;
use super::index;
use super::plan::{Mention, Plan};
use crate::aws::arn::{self, Arn, log_group_name, partition_of_region};
use crate::snapshot::operations::{self, Need, Operation, UNKNOWN_FILE};

/// A failed call for each question that has no file. With a list of calls in the folder, the regions are those asked.
pub(super) fn missing(plans: &[Plan], has_list: bool) -> Vec<Plan> {
    let latest = plans.iter().map(|plan| plan.at).max();
    let mut accounts: BTreeMap<&str, Account<'_>> = BTreeMap::new();
    for plan in plans {
        if plan.account.is_empty() || plan.operation == UNKNOWN_FILE {
            continue;
        }
        let account = accounts.entry(&plan.account).or_insert_with(|| Account {
            id: &plan.account,
            plans: Vec::new(),
            asked: HashMap::new(),
            latest: latest.unwrap_or(Timestamp::UNIX_EPOCH),
        });
        account.add(plan);
    }
    let mut missing = Vec::new();
    for account in accounts.values() {
        // Of an account whose role could not be assumed nothing else was asked.
        if account
            .plans
            .iter()
            .any(|plan| plan.operation.name != "AssumeRole")
        {
            account.miss_all(has_list, &mut missing);
        }
    }
    missing
}

/// Regions to look into, with the log groups in each.
type Deep = BTreeMap<String, BTreeSet<String>>;

/// What was asked of an account, whether it was answered or not.
struct Account<'p> {
    id: &'p str,
    plans: Vec<&'p Plan>,
    /// Region and operation -> subjects.
    asked: HashMap<(&'p str, &'static str), HashSet<String>>,
    latest: Timestamp,
}

impl<'p> Account<'p> {
    fn add(&mut self, plan: &'p Plan) {
        self.plans.push(plan);
        // Who asked is the same wherever it is asked.
        let region = if plan.operation.name == "GetCallerIdentity" {
            "us-east-1"
        } else {
            &plan.region
        };
        self.asked
            .entry((region, plan.operation.name))
            .or_default()
            .extend(
                plan.operation
                    .subjects(&plan.account, &plan.region, &plan.request),
            );
    }

    /// What the answers to an operation mention, with the region that answered.
    fn mentions(&self, name: &str) -> impl Iterator<Item = (&'p str, &'p Mention)> {
        self.plans
            .iter()
            .filter(move |plan| plan.operation.name == name)
            .filter_map(|plan| Some((plan.region.as_str(), plan.outcome.as_ref().ok()?)))
            .flat_map(|(region, answer)| {
                answer.mentions.iter().map(move |mention| (region, mention))
            })
    }

    fn miss_all(&self, has_list: bool, missing: &mut Vec<Plan>) {
        let mut miss = |region: &str, service: &str, name: &str, request: Value| {
            if let Some(operation) = operations::find(service, name)
                && operation.need == Need::Needed
            {
                missing.extend(self.miss(region, operation, request));
            }
        };
        miss("us-east-1", "sts", "GetCallerIdentity", json!({}));
        if !has_list {
            for (_, mention) in self.mentions("ListRegions") {
                if let Mention::Region(region) = mention {
                    miss(region, "cloudtrail", "DescribeTrails", json!({}));
                }
            }
        }
        let (trails, deep) = self.trails();
        for (arn, home) in trails {
            miss(
                &home,
                "cloudtrail",
                "GetTrailStatus",
                json!({ "Name": arn }),
            );
            miss(
                &home,
                "cloudtrail",
                "GetEventSelectors",
                json!({ "TrailName": arn }),
            );
        }
        for (region, groups) in deep {
            for group in groups {
                let prefix = json!({ "logGroupNamePrefix": group });
                miss(&region, "logs", "DescribeLogGroups", prefix);
                let name = json!({ "logGroupName": group });
                miss(&region, "logs", "DescribeMetricFilters", name);
            }
            for kind in ["MetricAlarm", "CompositeAlarm", "LogAlarm"] {
                miss(
                    &region,
                    "monitoring",
                    "DescribeAlarms",
                    json!({ "AlarmTypes": [kind] }),
                );
            }
        }
        let topics: BTreeSet<_> = self.mentions("DescribeAlarms").collect();
        for (region, mention) in topics {
            if let Mention::Topic(topic) = mention {
                let topic = json!({ "TopicArn": topic });
                miss(region, "sns", "GetTopicAttributes", topic.clone());
                miss(region, "sns", "ListSubscriptionsByTopic", topic);
            }
        }
        for (region, mention) in self.mentions("ListSubscriptionsByTopic") {
            if let Mention::Subscription(arn) = mention {
                let subscription = json!({ "SubscriptionArn": arn });
                miss(region, "sns", "GetSubscriptionAttributes", subscription);
            }
        }
    }

    /// A failed call unless somebody asked this, or asked for everything of its kind.
    fn miss(&self, region: &str, operation: &'static Operation, request: Value) -> Option<Plan> {
        let subjects = operation.subjects(self.id, region, &request);
        let asked = self.asked.get(&(region, operation.name));
        let is_asked = |subject: &String| {
            asked.is_some_and(|asked| asked.contains(subject) || asked.contains(""))
        };
        if subjects.iter().all(is_asked) {
            return None;
        }
        let about = subjects
            .iter()
            .find(|subject| !subject.is_empty())
            .map_or_else(String::new, |s| format!(" about `{s}`"));
        let (name, cli) = (operation.name, index::cli_name(operation.name));
        let product = if operation.service == "monitoring" {
            "cloudwatch"
        } else {
            operation.service
        };
        let account = self.id;
        // Of these the file says in its name what was asked.
        let part = match request.get("AlarmTypes").and_then(|types| types.get(0)) {
            Some(Value::String(kind)) => format!(".{kind}"),
            _ => String::new(),
        };
        let why = format!(
            "no file for {name}{about}: expected `{account}/{region}/{product}.{cli}{part}.json` or the like"
        );
        Some(Plan {
            account: account.to_owned(),
            region: region.to_owned(),
            operation,
            request,
            at: self.latest,
            source: None,
            file: None,
            damaged: false,
            outcome: Err(answer::unusable(why)),
        })
    }

    /// Trails with their home regions, and the regions to look into with the log groups in each.
    fn trails(&self) -> (BTreeSet<(String, String)>, Deep) {
        let mut trails = BTreeSet::new();
        let mut deep = Deep::new();
        for (region, mention) in self.mentions("DescribeTrails") {
            let Mention::Trail {
                arn,
                home,
                log_group,
            } = mention
            else {
                continue;
            };
            let home = home.as_deref().unwrap_or(region);
            if partition_of_region(home) != partition_of_region(region) {
                continue;
            }
            trails.insert((arn.clone(), home.to_owned()));
            // The trail of an organization is watched where it was made.
            if arn::account(arn) == Some(self.id) {
                deep.entry(home.to_owned()).or_default();
            }
            if let Some(group) = log_group
                && let Some(parts) = Arn::parse(group)
                && parts.account == self.id
            {
                deep.entry(parts.region.to_owned())
                    .or_default()
                    .insert(log_group_name(group).to_owned());
            }
        }
        (trails, deep)
    }
}
