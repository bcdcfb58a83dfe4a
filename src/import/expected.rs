//! What a folder should hold besides, by what it holds: a trail whose status nobody asked is a file that is missing.
//!
//! Only questions without which a verdict cannot be reached are missed; the table of operations says which.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::file;
use super::index::{self, Place};
use crate::snapshot::operations::{self, Need, log_group_name, partition_of_region};
use crate::snapshot::{Call, decode};

/// A failed call for each question that has no file. With a list of calls in the folder, the regions are those asked.
pub(super) fn missing(calls: &[Call], has_list: bool) -> Vec<Call> {
    let folder = Folder::new(calls);
    let mut missing = Vec::new();
    for account in &folder.accounts {
        folder.miss(
            &mut missing,
            account,
            "us-east-1",
            ("sts", "GetCallerIdentity"),
            json!({}),
        );
        if !has_list {
            for region in folder.enabled_regions(account) {
                folder.miss(
                    &mut missing,
                    account,
                    &region,
                    ("cloudtrail", "DescribeTrails"),
                    json!({}),
                );
            }
        }
        folder.miss_trails(&mut missing, account);
    }
    missing
}

/// What was asked, whether it was answered or not.
struct Folder<'c> {
    calls: &'c [Call],
    accounts: BTreeSet<&'c str>,
    asked: BTreeSet<(&'c str, &'c str, &'c str, &'c str, String)>,
    latest: Timestamp,
}

impl<'c> Folder<'c> {
    fn new(calls: &'c [Call]) -> Self {
        let mut asked = BTreeSet::new();
        for call in calls {
            if let Some(operation) = operations::find(&call.service, &call.operation) {
                for subject in operation.subjects(&call.account, &call.region, &call.request) {
                    asked.insert((
                        call.account.as_str(),
                        call.region.as_str(),
                        call.service.as_str(),
                        call.operation.as_str(),
                        subject,
                    ));
                }
            }
        }
        // Of an account whose role could not be assumed nothing else was asked.
        let reached = calls
            .iter()
            .filter(|call| call.operation != "AssumeRole" && call.service != "import");
        Self {
            calls,
            accounts: reached
                .map(|call| call.account.as_str())
                .filter(|account| !account.is_empty())
                .collect(),
            asked,
            latest: calls
                .iter()
                .map(|call| call.at)
                .max()
                .unwrap_or(Timestamp::UNIX_EPOCH),
        }
    }

    /// Adds a failed call unless somebody asked this, or asked for everything of its kind.
    fn miss(
        &self,
        missing: &mut Vec<Call>,
        account: &str,
        region: &str,
        (service, name): (&str, &str),
        request: Value,
    ) {
        let Some(operation) =
            operations::find(service, name).filter(|operation| operation.need == Need::Needed)
        else {
            return;
        };
        let subjects = operation.subjects(account, region, &request);
        let is_asked = |subject: &str| {
            // Who asked is the same wherever it is asked.
            let anywhere = name == "GetCallerIdentity";
            self.asked.iter().any(|(of, at, by, what, about)| {
                (*of, *by, *what) == (account, service, name)
                    && (anywhere || *at == region)
                    && (about == subject || about.is_empty())
            })
        };
        let types = name == "DescribeAlarms";
        if subjects.iter().all(|subject| {
            is_asked(subject) || (types && self.asked_type(account, region, subject))
        }) {
            return;
        }
        let about = subjects
            .iter()
            .find(|subject| !subject.is_empty())
            .map_or_else(String::new, |s| format!(" about `{s}`"));
        let cli = index::cli_name(name);
        let product = if service == "monitoring" {
            "cloudwatch"
        } else {
            service
        };
        let why = format!(
            "no file for {name}{about}: expected `{account}/{region}/{product}.{cli}.json` or the like"
        );
        let place = Place {
            account,
            region,
            at: self.latest,
        };
        missing.push(index::call(
            &place,
            operation,
            request,
            Err(file::unusable(why)),
        ));
    }

    fn asked_type(&self, account: &str, region: &str, kind: &str) -> bool {
        self.asked.iter().any(|(of, at, _, what, about)| {
            (*of, *at, *what, about.as_str()) == (account, region, "DescribeAlarms", kind)
        })
    }

    /// The items of a list in every answer of an account.
    fn items(&self, account: &str, name: &str, list: &str) -> Vec<(&'c str, Value)> {
        let answers = self.calls.iter().filter(|call| {
            call.account == account && call.operation == name && call.error.is_none()
        });
        let mut items = Vec::new();
        for call in answers {
            if let Ok(Value::Object(mut body)) = decode::response(call)
                && let Some(Value::Array(list)) = body.remove(list)
            {
                items.extend(list.into_iter().map(|item| (call.region.as_str(), item)));
            }
        }
        items
    }

    fn enabled_regions(&self, account: &str) -> BTreeSet<String> {
        self.items(account, "ListRegions", "Regions")
            .iter()
            .filter(|(_, region)| text(region, "RegionOptStatus") != Some("DISABLED"))
            .filter_map(|(_, region)| text(region, "RegionName").map(str::to_owned))
            .collect()
    }

    fn miss_trails(&self, missing: &mut Vec<Call>, account: &str) {
        // Home region -> log groups in it.
        let mut deep: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut trails: BTreeSet<(String, String)> = BTreeSet::new();
        for (region, trail) in self.items(account, "DescribeTrails", "trailList") {
            let Some(arn) = text(&trail, "TrailARN") else {
                continue;
            };
            let home = text(&trail, "HomeRegion").unwrap_or(region);
            if partition_of_region(home) != partition_of_region(region) {
                continue;
            }
            trails.insert((arn.to_owned(), home.to_owned()));
            // The trail of an organization is watched where it was made.
            if arn.split(':').nth(4) == Some(account) {
                deep.entry(home.to_owned()).or_default();
            }
            if let Some(group) = text(&trail, "CloudWatchLogsLogGroupArn") {
                let mut parts = group.split(':').skip(3);
                if let (Some(region), Some(owner)) = (parts.next(), parts.next())
                    && owner == account
                {
                    deep.entry(region.to_owned())
                        .or_default()
                        .insert(log_group_name(group).to_owned());
                }
            }
        }
        for (arn, home) in trails {
            self.miss(
                missing,
                account,
                &home,
                ("cloudtrail", "GetTrailStatus"),
                json!({"Name": arn}),
            );
            self.miss(
                missing,
                account,
                &home,
                ("cloudtrail", "GetEventSelectors"),
                json!({"TrailName": arn}),
            );
        }
        for (region, groups) in deep {
            for group in groups {
                self.miss(
                    missing,
                    account,
                    &region,
                    ("logs", "DescribeLogGroups"),
                    json!({"logGroupNamePrefix": group}),
                );
                self.miss(
                    missing,
                    account,
                    &region,
                    ("logs", "DescribeMetricFilters"),
                    json!({"logGroupName": group}),
                );
            }
            let types = json!({"AlarmTypes": ["MetricAlarm", "CompositeAlarm", "LogAlarm"]});
            for kind in types
                .get("AlarmTypes")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                self.miss(
                    missing,
                    account,
                    &region,
                    ("monitoring", "DescribeAlarms"),
                    json!({"AlarmTypes": [kind]}),
                );
            }
        }
        let mut topics: BTreeSet<(String, String)> = BTreeSet::new();
        for list in ["MetricAlarms", "CompositeAlarms", "LogAlarms"] {
            for (region, alarm) in self.items(account, "DescribeAlarms", list) {
                let actions = alarm.get("AlarmActions").and_then(Value::as_array);
                let named = actions.into_iter().flatten().filter_map(Value::as_str);
                topics.extend(
                    named
                        .filter(|action| action.split(':').nth(2) == Some("sns"))
                        .map(|topic| (region.to_owned(), topic.to_owned())),
                );
            }
        }
        for (region, topic) in topics {
            self.miss(
                missing,
                account,
                &region,
                ("sns", "GetTopicAttributes"),
                json!({"TopicArn": topic}),
            );
            self.miss(
                missing,
                account,
                &region,
                ("sns", "ListSubscriptionsByTopic"),
                json!({"TopicArn": topic}),
            );
        }
        for (region, subscription) in
            self.items(account, "ListSubscriptionsByTopic", "Subscriptions")
        {
            if let Some(arn) =
                text(&subscription, "SubscriptionArn").filter(|arn| arn.starts_with("arn:"))
            {
                self.miss(
                    missing,
                    account,
                    region,
                    ("sns", "GetSubscriptionAttributes"),
                    json!({"SubscriptionArn": arn}),
                );
            }
        }
    }
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str()
}
