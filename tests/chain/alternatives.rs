//! X ids: seen, told, never counted.

use super::*;
use crate::support::world::{HOME, LOG_GROUP, Site};

/// Takes the account's alarms away and adds something else; the only thing that may change is what was seen.
fn seen(id: LinkId, add: impl FnOnce(&mut World)) -> Link {
    let without = |world: &mut World| {
        world.edit("monitoring", "DescribeAlarms", |output| {
            output["MetricAlarms"] = json!([])
        });
    };
    let bare = chain_of(&world(without));
    assert!(bare.alternatives.is_empty());
    let chain = chain_of(&world(|world| {
        without(world);
        add(world);
    }));
    assert_eq!(chain.sound_paths().count(), 0, "never counted");
    let found = chain.alternatives.iter().find(|link| link.id == id);
    found
        .unwrap_or_else(|| panic!("{id} is not seen: {:#?}", chain.alternatives))
        .clone()
}

fn rule(world: &mut World, state: &str, detail_type: &str) {
    let pattern = json!({"source": ["aws.iam"], "detail-type": [detail_type]}).to_string();
    for answer in world.answers_to("events", "ListRules") {
        if answer.region == HOME {
            answer.output = Ok(json!({"Rules": [{
                "Name": "tell",
                "Arn": format!("arn:aws:events:{HOME}:{ACCOUNT}:rule/tell"),
                "EventPattern": pattern,
                "State": state,
                "EventBusName": "default",
            }]}));
        }
    }
    world.answer(
        "events",
        "ListTargetsByRule",
        json!({"Rule": "tell"}),
        json!({"Targets": [{"Id": "1", "Arn": Site::new(ACCOUNT, HOME).topic_arn()}]}),
    );
}

#[test]
fn x01_event_bridge_rule_on_cloudtrail_events() {
    let link = seen(LinkId::X01, |world| {
        rule(world, "ENABLED", "AWS API Call via CloudTrail")
    });
    assert!(
        sentence(&link.cause).ends_with("sends to sns"),
        "{}",
        sentence(&link.cause)
    );
    let chain = chain_of(&world(|world| {
        rule(world, "DISABLED", "AWS API Call via CloudTrail")
    }));
    assert!(chain.alternatives.is_empty());
}

#[test]
fn x02_event_bridge_rule_on_alarm_state_changes() {
    seen(LinkId::X02, |world| {
        rule(world, "ENABLED", "CloudWatch Alarm State Change")
    });
}

#[test]
fn x04_log_alarm_on_the_log_group() {
    let alarm = |group: &str| {
        json!({
            "AlarmName": "query",
            "AlarmArn": Site::new(ACCOUNT, HOME).alarm_arn("query"),
            "ActionsEnabled": true,
            "AlarmActions": [Site::new(ACCOUNT, HOME).topic_arn()],
            "OKActions": [],
            "InsufficientDataActions": [],
            "StateValue": "OK",
            "ScheduledQueryConfiguration": {
                "QueryString": "filter eventName = 'StopLogging'",
                "LogGroupIdentifiers": [group],
            },
            "QueryResultsToEvaluate": 1,
            "QueryResultsToAlarm": 1,
            "Threshold": 1.0,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        })
    };
    let arn = Site::new(ACCOUNT, HOME).log_group_arn();
    seen(LinkId::X04, |world| {
        world.add_log_alarm(alarm(&arn));
    });
    let chain = chain_of(&world(|world| {
        world.add_log_alarm(alarm(
            "arn:aws:logs:us-east-1:777788889999:log-group:/cloudtrail/management-events",
        ));
    }));
    assert!(
        chain.alternatives.is_empty(),
        "a log group of the same name in another account"
    );
}

#[test]
fn x05_subscription_filter_to_a_siem() {
    let link = seen(LinkId::X05, |world| {
        world.edit("logs", "DescribeSubscriptionFilters", |output| {
            output["subscriptionFilters"] = json!([{
                "filterName": "siem",
                "logGroupName": LOG_GROUP,
                "filterPattern": "",
                "destinationArn": format!("arn:aws:firehose:{HOME}:{ACCOUNT}:deliverystream/siem"),
                "distribution": "ByLogStream",
                "creationTime": 1_760_000_000_000_u64,
            }]);
        });
    });
    assert!(
        sentence(&link.cause).contains("firehose"),
        "{}",
        sentence(&link.cause)
    );
}
