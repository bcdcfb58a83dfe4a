//! One account in one region where a trail or its log group lives: log groups, filters, alarms, topics.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_cloudwatch::operation::describe_alarms::DescribeAlarmsOutput;
use aws_sdk_cloudwatch::types::{AlarmType, HistoryItemType};
use aws_sdk_cloudwatchlogs::types::PolicyType;

use serde_json::Value;

use super::ask::{AccountRegion, Refused};
use super::pages::{Bound, Pages, ask, ask_pages, for_each};
use super::topic;
use crate::aws::arn::{self, Arn};

/// History of a busy region may have a million items. Those of the chain are few, and the newest come first.
const HISTORY: Bound = Bound {
    pages: 50,
    is_usual: true,
};

/// Asks everything about a region; gives the topics that its alarms name, and their keys.
pub(super) async fn collect(place: Arc<AccountRegion>, groups: BTreeSet<String>) -> Found {
    let about_groups = for_each(groups.clone(), |group| {
        let place = Arc::clone(&place);
        async move { log_group(&place, &group).await }
    });
    let (_, (), found, (), (), ()) = tokio::join!(
        about_groups,
        metric_filters(&place, groups),
        alarms_and_topics(&place),
        account_policies(&place),
        mute_rules(&place),
        history(&place)
    );
    found
}

/// A log group with what hangs on it.
async fn log_group(place: &AccountRegion, name: &str) {
    let client = place.logs();
    let group = ask_pages!(
        place,
        "DescribeLogGroups",
        client
            .describe_log_groups()
            // By prefix: the answer to a name pattern lacks the class.
            .log_group_name_prefix(name)
    );
    let subscriptions = ask_pages!(
        place,
        "DescribeSubscriptionFilters",
        client.describe_subscription_filters().log_group_name(name)
    );
    let transformer = ask!(
        place,
        "GetTransformer",
        client.get_transformer().log_group_identifier(name)
    );
    let protection = ask!(
        place,
        "GetDataProtectionPolicy",
        client
            .get_data_protection_policy()
            .log_group_identifier(name)
    );
    let _ = tokio::join!(group, subscriptions, transformer, protection);
}

/// The metric filters of every log group of the Region: those of a group that no trail delivers to may write the metrics
/// of the chain as well. Where AWS does not let us ask for all, those of the trails' groups.
async fn metric_filters(place: &Arc<AccountRegion>, mut groups: BTreeSet<String>) {
    const NAME: &str = "DescribeMetricFilters";
    let of = |request: &Value, group: Option<&str>| {
        request.get("logGroupName").and_then(Value::as_str) == group
    };
    if place.is_asked(NAME, |request| of(request, None)) {
        let client = place.logs();
        let listed = ask_pages!(
            place,
            "DescribeMetricFilters",
            client.describe_metric_filters()
        )
        .await;
        match &listed.refused {
            // What failed when this could not be answered is asked again: it would stay a gap.
            None => groups
                .retain(|group| place.was_asked(NAME, |request| of(request, Some(group.as_str())))),
            Some(refused) if refused.is_worth_another_way() => {}
            Some(_) => return,
        }
    }
    for_each(groups, |group| {
        let place = Arc::clone(place);
        async move {
            let client = place.logs();
            ask_pages!(
                place,
                "DescribeMetricFilters",
                client.describe_metric_filters().log_group_name(&group)
            )
            .await;
        }
    })
    .await;
}

async fn account_policies(place: &Arc<AccountRegion>) {
    let kinds = [
        PolicyType::DataProtectionPolicy,
        PolicyType::SubscriptionFilterPolicy,
        PolicyType::TransformerPolicy,
    ];
    for_each(kinds, |kind| {
        let place = Arc::clone(place);
        async move {
            let client = place.logs();
            ask_pages!(
                place,
                "DescribeAccountPolicies",
                client.describe_account_policies().policy_type(kind.clone())
            )
            .await;
        }
    })
    .await;
}

/// Alarms, and what is behind the topics that their actions name; gives those topics and their keys.
async fn alarms_and_topics(place: &Arc<AccountRegion>) -> Found {
    let topics: BTreeSet<String> = alarm_actions(place)
        .await
        .into_iter()
        .filter(|action| arn::service(action) == Some("sns"))
        .collect();
    let keys = topic::collect(place, topics.clone()).await;
    topic::keys(place, keys.clone()).await;
    Found { topics, keys }
}

/// Topics and keys that answers name.
#[derive(Debug, Default, Clone)]
pub(super) struct Found {
    pub(super) topics: BTreeSet<String>,
    pub(super) keys: BTreeSet<String>,
}

impl Found {
    fn add(&mut self, other: Self) {
        self.topics.extend(other.topics);
        self.keys.extend(other.keys);
    }
}

/// Actions on ALARM of alarms of all three types. A server that refuses the question as a whole is asked for each type
/// alone: it may be older than log alarms, or the caller allowed to see metric alarms and no composite ones.
async fn alarm_actions(place: &AccountRegion) -> BTreeSet<String> {
    let all = [
        AlarmType::MetricAlarm,
        AlarmType::CompositeAlarm,
        AlarmType::LogAlarm,
    ];
    let mut answer = alarms_of(place, &all).await;
    let refused = answer.refused.as_ref();
    if answer.pages.is_empty() && refused.is_some_and(Refused::is_worth_another_way) {
        for kind in all {
            answer.pages.extend(alarms_of(place, &[kind]).await.pages);
        }
    }
    let mut actions = BTreeSet::new();
    for page in &answer.pages {
        for alarm in page.metric_alarms() {
            actions.extend(alarm.alarm_actions().iter().cloned());
        }
        for alarm in page.composite_alarms() {
            actions.extend(alarm.alarm_actions().iter().cloned());
        }
        for alarm in page.log_alarms() {
            actions.extend(alarm.alarm_actions().iter().cloned());
        }
    }
    actions
}

async fn alarms_of(place: &AccountRegion, kinds: &[AlarmType]) -> Pages<DescribeAlarmsOutput> {
    let client = place.cloudwatch();
    ask_pages!(
        place,
        "DescribeAlarms",
        client
            .describe_alarms()
            // Without it the answer has metric alarms alone.
            .set_alarm_types(Some(kinds.to_vec()))
            .max_records(100)
    )
    .await
}

/// Executed and failed actions of all alarms, and their changes of state.
async fn history(place: &Arc<AccountRegion>) {
    for_each(
        [HistoryItemType::Action, HistoryItemType::StateUpdate],
        |kind| {
            let place = Arc::clone(place);
            async move {
                let is_it = |request: &Value| {
                    request.get("HistoryItemType").and_then(Value::as_str) == Some(kind.as_str())
                };
                if !place.is_asked("DescribeAlarmHistory", is_it) {
                    return;
                }
                let client = place.cloudwatch();
                let request = || {
                    client
                        .describe_alarm_history()
                        .alarm_types(AlarmType::MetricAlarm)
                        .alarm_types(AlarmType::CompositeAlarm)
                        .alarm_types(AlarmType::LogAlarm)
                        .history_item_type(kind.clone())
                        .max_records(100)
                };
                ask_pages!(place, "DescribeAlarmHistory", request(), HISTORY).await;
            }
        },
    )
    .await;
}

async fn mute_rules(place: &Arc<AccountRegion>) {
    let client = place.cloudwatch();
    let listed = ask_pages!(place, "ListAlarmMuteRules", client.list_alarm_mute_rules()).await;
    let names: BTreeSet<String> = listed
        .pages
        .iter()
        .flat_map(|page| page.alarm_mute_rule_summaries())
        .filter_map(|rule| rule.alarm_mute_rule_arn())
        .filter_map(Arn::parse)
        .map(|arn| arn.name().to_owned())
        .collect();
    for_each(names, |name| {
        let place = Arc::clone(place);
        async move {
            let client = place.cloudwatch();
            let _ = ask!(
                place,
                "GetAlarmMuteRule",
                client.get_alarm_mute_rule().alarm_mute_rule_name(&name)
            )
            .await;
        }
    })
    .await;
}

/// Event buses, their rules and the targets of these; gives the topics among the targets and the keys of the buses.
/// Scheduled rules have no targets worth knowing.
pub(super) async fn event_rules(place: &Arc<AccountRegion>) -> Found {
    let buses = async {
        for_each(event_buses(place).await, |bus| {
            let place = Arc::clone(place);
            async move {
                let rules = async {
                    match bus.as_str() {
                        // Asked below, whether the buses can be listed or not.
                        DEFAULT_BUS => BTreeSet::new(),
                        bus => rules_of(&place, Some(bus)).await,
                    }
                };
                let (key, topics) = tokio::join!(key_of_bus(&place, &bus), rules);
                let keys = key.into_iter().collect();
                Found { topics, keys }
            }
        })
        .await
    };
    let (topics, buses) = tokio::join!(rules_of(place, None), buses);
    let mut found = Found {
        topics,
        ..Found::default()
    };
    for of_bus in buses {
        found.add(of_bus);
    }
    found
}

/// The key that a bus is encrypted with, where it is one of the customer's.
async fn key_of_bus(place: &AccountRegion, bus: &str) -> Option<String> {
    let client = place.events();
    let answer = ask!(
        place,
        "DescribeEventBus",
        client.describe_event_bus().name(bus)
    )
    .await;
    let key = answer.ok()?.kms_key_identifier?;
    (!key.is_empty()).then_some(key)
}

/// The bus that CloudTrail events arrive at, and that is meant where none is named.
const DEFAULT_BUS: &str = "default";

/// The names of the buses: at least that of the default one, which is there without being listed.
async fn event_buses(place: &Arc<AccountRegion>) -> BTreeSet<String> {
    if !place.is_asked("ListEventBuses", |_| true) {
        return BTreeSet::new();
    }
    let client = place.events();
    let listed = ask_pages!(place, "ListEventBuses", client.list_event_buses()).await;
    let mut names: BTreeSet<String> = listed
        .pages
        .iter()
        .flat_map(|page| page.event_buses())
        .filter_map(|bus| bus.name().map(str::to_owned))
        .collect();
    if place.is_asked("DescribeEventBus", |request| {
        request.get("Name").and_then(Value::as_str) == Some(DEFAULT_BUS)
    }) {
        names.insert(DEFAULT_BUS.to_owned());
    }
    names
}

/// The rules of a bus, the default one where none is named.
async fn rules_of(place: &Arc<AccountRegion>, bus: Option<&str>) -> BTreeSet<String> {
    let client = place.events();
    let request = || {
        client
            .list_rules()
            .set_event_bus_name(bus.map(str::to_owned))
    };
    let listed = ask_pages!(place, "ListRules", request()).await;
    let names: BTreeSet<String> = listed
        .pages
        .iter()
        .flat_map(|page| page.rules())
        .filter(|rule| rule.event_pattern().is_some())
        .filter_map(|rule| rule.name().map(str::to_owned))
        .collect();
    let topics = for_each(names, |name| {
        let (place, bus) = (Arc::clone(place), bus.map(str::to_owned));
        async move {
            let client = place.events();
            let request = || {
                client
                    .list_targets_by_rule()
                    .rule(&name)
                    .set_event_bus_name(bus.clone())
            };
            let listed = ask_pages!(place, "ListTargetsByRule", request()).await;
            let targets = listed.pages.iter().flat_map(|page| page.targets());
            targets
                .map(|target| target.arn().to_owned())
                .filter(|arn| arn::service(arn) == Some("sns"))
                .collect::<Vec<_>>()
        }
    })
    .await;
    topics.into_iter().flatten().collect()
}
