//! Other monitoring seen (X ids): reported beside the findings, never counted as a path.
//!
//! Whether such monitoring catches an event and tells a person is not decided here; that it is there is worth saying.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Error;
use super::cause::OtherMonitoringCause;
use super::facts::{Asked, Facts, RuleRow, targets_question};
use super::judgement::{Context, fine, why};
use super::log_alarm;
use super::log_group_id::LogGroupId;
use super::verdict::{Link, LinkId};
use crate::aws::arn;

/// Everything that looks like other monitoring of an account's events. `places` are the log groups of its trails.
pub(super) fn seen(
    facts: &Facts<'_>,
    context: &Context,
    places: &[LogGroupId],
) -> Result<Vec<Link>, Error> {
    let mut links = Vec::new();
    for rule in facts.event_rules(&context.account)? {
        links.extend(event_rule(facts, &rule)?);
    }
    for place in places {
        links.extend(log_alarms(facts, place)?);
        links.extend(subscription_filters(facts, place)?);
    }
    Ok(links)
}

/// X01 and X02.
fn event_rule(facts: &Facts<'_>, rule: &RuleRow) -> Result<Option<Link>, Error> {
    let enabled = rule
        .state
        .as_deref()
        .is_some_and(|state| state.starts_with("ENABLED"));
    let pattern = rule.pattern.as_str();
    let types = detail_types(pattern);
    let id = if types.iter().any(|text| text.ends_with("via CloudTrail")) {
        LinkId::X01
    } else if types
        .iter()
        .any(|text| text == "CloudWatch Alarm State Change")
    {
        LinkId::X02
    } else {
        return Ok(None);
    };
    if !enabled {
        return Ok(None);
    }
    let targets = facts.event_targets(rule)?;
    let (subject, asked) = facts.asked_targets(rule)?;
    let unknown = (!matches!(asked, Asked::Answered { .. }) && targets.is_empty())
        .then(|| Box::new(why(targets_question(rule, &subject), &asked)));
    let cause = OtherMonitoringCause::EventRule {
        region: rule.region.clone(),
        on_alarm_states: id == LinkId::X02,
        targets: services(targets.iter().map(|target| target.arn.as_str())),
        unknown,
    };
    Ok(Some(
        fine(id, rule.subject(), cause)
            .field("EventPattern", pattern)
            .field("State", rule.state.as_deref().unwrap_or("absent"))
            .evidence([rule.evidence]),
    ))
}

/// The `detail-type` values of an event pattern, where they are plain strings.
fn detail_types(pattern: &str) -> Vec<String> {
    let Ok(pattern) = serde_json::from_str::<Value>(pattern) else {
        return Vec::new();
    };
    let types = pattern.get("detail-type").and_then(Value::as_array);
    types
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// X04: an alarm on a query over the trail's log group needs no metric filter.
fn log_alarms(facts: &Facts<'_>, place: &LogGroupId) -> Result<Vec<Link>, Error> {
    let mut links = Vec::new();
    for alarm in log_alarm::on(facts, place)? {
        let text = log_alarm::query_string(&alarm).unwrap_or("absent");
        links.push(
            fine(LinkId::X04, alarm.subject(), OtherMonitoringCause::LogAlarm)
                .field("QueryString", text)
                .field("ActionsEnabled", alarm.actions_enabled)
                .evidence([alarm.evidence]),
        );
    }
    Ok(links)
}

/// X05: subscription filters of the log group, and those of the account that may apply to it.
fn subscription_filters(facts: &Facts<'_>, place: &LogGroupId) -> Result<Vec<Link>, Error> {
    let mut links = Vec::new();
    for filter in facts.subscription_filters(&place.account, &place.region, &place.name)? {
        links.push(
            fine(
                LinkId::X05,
                place.subject(),
                OtherMonitoringCause::SubscriptionFilter {
                    filter: filter.name.clone(),
                    destination: service(&filter.destination_arn).to_owned(),
                },
            )
            .field("destinationArn", &filter.destination_arn)
            .field("filterPattern", &filter.pattern)
            .evidence([filter.evidence]),
        );
    }
    for policy in facts.account_policies(&place.account, &place.region)? {
        if policy.policy_type != "SUBSCRIPTION_FILTER_POLICY" {
            continue;
        }
        links.push(
            fine(
                LinkId::X05,
                place.subject(),
                OtherMonitoringCause::SubscriptionFilterPolicy {
                    policy: policy.name.clone(),
                    selection_criteria: policy.selection_criteria.clone(),
                },
            )
            .field("policyDocument", &policy.document)
            .evidence([policy.evidence]),
        );
    }
    Ok(links)
}

/// The services behind ARNs, each once, in order.
fn services<'a>(arns: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let services: BTreeSet<&str> = arns.into_iter().map(service).collect();
    services.into_iter().map(str::to_owned).collect()
}

fn service(arn: &str) -> &str {
    arn::service(arn).unwrap_or(arn)
}
