//! One account in one region where a trail or its log group lives: log groups, filters, alarms, topics.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_cloudwatch::operation::describe_alarm_history::DescribeAlarmHistoryOutput;
use aws_sdk_cloudwatch::operation::describe_alarms::DescribeAlarmsOutput;
use aws_sdk_cloudwatch::operation::list_alarm_mute_rules::ListAlarmMuteRulesOutput;
use aws_sdk_cloudwatch::types::{AlarmType, HistoryItemType, MetricAlarm};
use aws_sdk_cloudwatchlogs::operation::describe_account_policies::DescribeAccountPoliciesOutput;
use aws_sdk_cloudwatchlogs::operation::describe_log_groups::DescribeLogGroupsOutput;
use aws_sdk_cloudwatchlogs::operation::describe_metric_filters::DescribeMetricFiltersOutput;
use aws_sdk_cloudwatchlogs::operation::describe_subscription_filters::DescribeSubscriptionFiltersOutput;
use aws_sdk_cloudwatchlogs::types::PolicyType;
use aws_sdk_eventbridge::operation::list_rules::ListRulesOutput;
use aws_sdk_eventbridge::operation::list_targets_by_rule::ListTargetsByRuleOutput;

use super::ask::Place;
use super::pages::{Pages, for_each};
use super::topic;

/// Namespace and name of a metric.
type Metric = (String, String);

/// Asks everything about a region; gives the topics of other accounts that its alarms name.
pub(super) async fn collect(place: Arc<Place>, groups: BTreeSet<String>) -> BTreeSet<String> {
    let metrics = for_each(groups, |group| {
        let place = Arc::clone(&place);
        async move { log_group(&place, &group).await }
    });
    let alarms = alarms_and_topics(&place);
    let (metrics, (alarms, foreign), (), ()) = tokio::join!(
        metrics,
        alarms,
        account_policies(&place),
        mute_rules(&place)
    );
    // None where a list of filters is not known: then every alarm may be one of theirs.
    let metrics: Option<Vec<Vec<Metric>>> = metrics.into_iter().collect();
    let metrics = metrics.map(|metrics| metrics.into_iter().flatten().collect());
    history(&place, &alarms, metrics.as_ref()).await;
    foreign
}

/// A log group with its filters; gives the metrics that they write, None where they are not known.
async fn log_group(place: &Arc<Place>, name: &str) -> Option<Vec<Metric>> {
    let client = place.logs();
    let group = place.ask_pages(
        "DescribeLogGroups",
        |page: &DescribeLogGroupsOutput| page.next_token(),
        |token, capture| {
            client
                .describe_log_groups()
                // By prefix: the answer to a name pattern lacks the class.
                .log_group_name_prefix(name)
                .set_next_token(token)
                .customize()
                .interceptor(capture)
                .send()
        },
    );
    let filters = place.ask_pages(
        "DescribeMetricFilters",
        |page: &DescribeMetricFiltersOutput| page.next_token(),
        |token, capture| {
            client
                .describe_metric_filters()
                .log_group_name(name)
                .set_next_token(token)
                .customize()
                .interceptor(capture)
                .send()
        },
    );
    let subscriptions = place.ask_pages(
        "DescribeSubscriptionFilters",
        |page: &DescribeSubscriptionFiltersOutput| page.next_token(),
        |token, capture| {
            client
                .describe_subscription_filters()
                .log_group_name(name)
                .set_next_token(token)
                .customize()
                .interceptor(capture)
                .send()
        },
    );
    let transformer = place.ask("GetTransformer", |capture| {
        client
            .get_transformer()
            .log_group_identifier(name)
            .customize()
            .interceptor(capture)
            .send()
    });
    let protection = place.ask("GetDataProtectionPolicy", |capture| {
        client
            .get_data_protection_policy()
            .log_group_identifier(name)
            .customize()
            .interceptor(capture)
            .send()
    });
    let (_, filters, _, _, _) =
        tokio::join!(group, filters, subscriptions, transformer, protection);
    if filters.refused.is_some() {
        return None;
    }
    let transformations = filters
        .pages
        .iter()
        .flat_map(|page| page.metric_filters())
        .flat_map(|filter| filter.metric_transformations());
    Some(
        transformations
            .map(|metric| {
                (
                    metric.metric_namespace().to_owned(),
                    metric.metric_name().to_owned(),
                )
            })
            .collect(),
    )
}

async fn account_policies(place: &Arc<Place>) {
    let kinds = [
        PolicyType::DataProtectionPolicy,
        PolicyType::SubscriptionFilterPolicy,
        PolicyType::TransformerPolicy,
    ];
    for_each(kinds, |kind| {
        let place = Arc::clone(place);
        async move {
            let client = place.logs();
            place
                .ask_pages(
                    "DescribeAccountPolicies",
                    |page: &DescribeAccountPoliciesOutput| page.next_token(),
                    |token, capture| {
                        client
                            .describe_account_policies()
                            .policy_type(kind.clone())
                            .set_next_token(token)
                            .customize()
                            .interceptor(capture)
                            .send()
                    },
                )
                .await;
        }
    })
    .await;
}

/// What is needed of an alarm to follow it.
#[derive(Debug)]
struct Alarm {
    name: String,
    actions: Vec<String>,
    /// The one metric that it reads; None for metric math, composite and log alarms.
    metric: Option<Metric>,
}

async fn alarms_and_topics(place: &Arc<Place>) -> (Vec<Alarm>, BTreeSet<String>) {
    let alarms = alarms(place).await;
    let topics: BTreeSet<String> = alarms
        .iter()
        .flat_map(|alarm| &alarm.actions)
        .filter(|action| action.split(':').nth(2) == Some("sns"))
        .cloned()
        .collect();
    let foreign = topics
        .iter()
        .filter(|topic| topic::owner(topic) != Some(place.account.id.as_str()))
        .cloned()
        .collect();
    topic::collect(place, topics).await;
    (alarms, foreign)
}

/// Alarms of all three types. A server that refuses the question as a whole is asked for each type alone: it may be
/// older than log alarms, or the caller allowed to see metric alarms and no composite ones.
async fn alarms(place: &Place) -> Vec<Alarm> {
    let all = [
        AlarmType::MetricAlarm,
        AlarmType::CompositeAlarm,
        AlarmType::LogAlarm,
    ];
    let mut answer = alarms_of(place, &all).await;
    if answer.pages.is_empty()
        && answer
            .refused
            .as_ref()
            .is_some_and(|refused| refused.by_aws)
    {
        for kind in all {
            answer.pages.extend(alarms_of(place, &[kind]).await.pages);
        }
    }
    let metric_alarms = answer.pages.iter().flat_map(|page| page.metric_alarms());
    let composite_alarms = answer.pages.iter().flat_map(|page| page.composite_alarms());
    let log_alarms = answer.pages.iter().flat_map(|page| page.log_alarms());
    let mut alarms: Vec<Alarm> = metric_alarms.filter_map(metric_alarm).collect();
    alarms.extend(composite_alarms.filter_map(|alarm| {
        Some(Alarm {
            name: alarm.alarm_name()?.to_owned(),
            actions: alarm.alarm_actions().to_vec(),
            metric: None,
        })
    }));
    alarms.extend(log_alarms.filter_map(|alarm| {
        Some(Alarm {
            name: alarm.alarm_name()?.to_owned(),
            actions: alarm.alarm_actions().to_vec(),
            metric: None,
        })
    }));
    alarms
}

fn metric_alarm(alarm: &MetricAlarm) -> Option<Alarm> {
    let metric = match (alarm.namespace(), alarm.metric_name()) {
        (Some(namespace), Some(name)) => Some((namespace.to_owned(), name.to_owned())),
        _ => None,
    };
    Some(Alarm {
        name: alarm.alarm_name()?.to_owned(),
        actions: alarm.alarm_actions().to_vec(),
        metric,
    })
}

async fn alarms_of(place: &Place, kinds: &[AlarmType]) -> Pages<DescribeAlarmsOutput> {
    let client = place.cloudwatch();
    place
        .ask_pages(
            "DescribeAlarms",
            |page: &DescribeAlarmsOutput| page.next_token(),
            |token, capture| {
                client
                    .describe_alarms()
                    // Without it the answer has metric alarms alone.
                    .set_alarm_types(Some(kinds.to_vec()))
                    .max_records(100)
                    .set_next_token(token)
                    .customize()
                    .interceptor(capture)
                    .send()
            },
        )
        .await
}

/// Executed actions of the alarms that notify somebody about a metric of the trails' filters.
async fn history(place: &Arc<Place>, alarms: &[Alarm], metrics: Option<&BTreeSet<Metric>>) {
    let of_the_chain = alarms.iter().filter(|alarm| {
        !alarm.actions.is_empty()
            && match (&alarm.metric, metrics) {
                (Some(metric), Some(metrics)) => metrics.contains(metric),
                _ => true,
            }
    });
    let names: Vec<String> = of_the_chain.map(|alarm| alarm.name.clone()).collect();
    for_each(names, |name| {
        let place = Arc::clone(place);
        async move {
            let client = place.cloudwatch();
            place
                .ask_pages(
                    "DescribeAlarmHistory",
                    |page: &DescribeAlarmHistoryOutput| page.next_token(),
                    |token, capture| {
                        client
                            .describe_alarm_history()
                            .alarm_name(&name)
                            .set_alarm_types(Some(vec![
                                AlarmType::MetricAlarm,
                                AlarmType::CompositeAlarm,
                                AlarmType::LogAlarm,
                            ]))
                            .history_item_type(HistoryItemType::Action)
                            .max_records(100)
                            .set_next_token(token)
                            .customize()
                            .interceptor(capture)
                            .send()
                    },
                )
                .await;
        }
    })
    .await;
}

async fn mute_rules(place: &Arc<Place>) {
    let client = place.cloudwatch();
    let listed = place
        .ask_pages(
            "ListAlarmMuteRules",
            |page: &ListAlarmMuteRulesOutput| page.next_token(),
            |token, capture| {
                client
                    .list_alarm_mute_rules()
                    .set_next_token(token)
                    .customize()
                    .interceptor(capture)
                    .send()
            },
        )
        .await;
    let names: BTreeSet<String> = listed
        .pages
        .iter()
        .flat_map(|page| page.alarm_mute_rule_summaries())
        .filter_map(|rule| rule.alarm_mute_rule_arn())
        .filter_map(|arn| arn.splitn(7, ':').nth(6).map(str::to_owned))
        .collect();
    for_each(names, |name| {
        let place = Arc::clone(place);
        async move {
            let client = place.cloudwatch();
            let _ = place
                .ask("GetAlarmMuteRule", |capture| {
                    client
                        .get_alarm_mute_rule()
                        .alarm_mute_rule_name(name)
                        .customize()
                        .interceptor(capture)
                        .send()
                })
                .await;
        }
    })
    .await;
}

/// EventBridge rules and their targets: monitoring beside the chain. Scheduled rules have no targets worth knowing.
pub(super) async fn event_rules(place: &Arc<Place>) {
    let client = place.events();
    let listed = place
        .ask_pages(
            "ListRules",
            |page: &ListRulesOutput| page.next_token(),
            |token, capture| {
                client
                    .list_rules()
                    .set_next_token(token)
                    .customize()
                    .interceptor(capture)
                    .send()
            },
        )
        .await;
    let names: BTreeSet<String> = listed
        .pages
        .iter()
        .flat_map(|page| page.rules())
        .filter(|rule| rule.event_pattern().is_some())
        .filter_map(|rule| rule.name().map(str::to_owned))
        .collect();
    for_each(names, |name| {
        let place = Arc::clone(place);
        async move {
            let client = place.events();
            place
                .ask_pages(
                    "ListTargetsByRule",
                    |page: &ListTargetsByRuleOutput| page.next_token(),
                    |token, capture| {
                        client
                            .list_targets_by_rule()
                            .rule(&name)
                            .set_next_token(token)
                            .customize()
                            .interceptor(capture)
                            .send()
                    },
                )
                .await;
        }
    })
    .await;
}
