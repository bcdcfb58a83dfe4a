//! Several accounts of one snapshot were asked about one topic: whoever got an answer counts.

use super::topics::topic;
use super::*;
use crate::support::world::{HOME, ORGANIZATION, Site};

const OTHER: &str = "777788889999";
const THIRD: &str = "222233334444";

/// Moves the successful answers about the topic to another account; the first one is denied.
fn told_to(world: &mut World, operation: &str, account: &str) {
    let moved: Vec<_> = world
        .answers
        .iter()
        .filter(|answer| answer.operation == operation)
        .cloned()
        .map(|mut answer| {
            answer.account = account.to_owned();
            answer
        })
        .collect();
    world.fail("sns", operation, 403, "AuthorizationError");
    world.answers.extend(moved);
}

#[test]
fn attributes_and_subscriptions_are_taken_from_whoever_was_told() {
    for account in [OTHER, THIRD] {
        for operations in [
            vec!["GetTopicAttributes"],
            vec!["ListSubscriptionsByTopic"],
            vec!["GetSubscriptionAttributes"],
            vec![
                "GetTopicAttributes",
                "ListSubscriptionsByTopic",
                "GetSubscriptionAttributes",
            ],
        ] {
            let mut world = World::complete();
            for operation in &operations {
                told_to(&mut world, operation, account);
            }
            let path = chain_of(&world);
            let path = path_of(&path, CONTROL);
            assert_eq!(path.verdict(), Verdict::Ok, "{operations:?} {path:#?}");
        }
    }
}

#[test]
fn a_fault_that_another_account_was_told_of_is_a_fault() {
    let mut empty = World::complete();
    told_to(&mut empty, "ListSubscriptionsByTopic", OTHER);
    for answer in empty.answers_to("sns", "ListSubscriptionsByTopic") {
        if let Ok(output) = &mut answer.output {
            output["Subscriptions"] = json!([]);
        }
    }
    let chain = chain_of(&empty);
    let link = path_of(&chain, CONTROL).link(LinkId::U01).expect("said");
    assert_eq!(link.verdict, Verdict::Broken);

    let mut filtered = World::complete();
    told_to(&mut filtered, "GetSubscriptionAttributes", THIRD);
    filtered.edit_subscription_attributes(|one| one["FilterPolicy"] = json!(r#"{"a": ["b"]}"#));
    let chain = chain_of(&filtered);
    let link = path_of(&chain, CONTROL).link(LinkId::U04).expect("said");
    assert_eq!(link.verdict, Verdict::Broken);
}

#[test]
fn a_topic_that_another_account_was_told_is_missing_is_missing() {
    let mut world = World::complete();
    let gone: Vec<_> = world
        .answers
        .iter()
        .filter(|answer| answer.operation == "GetTopicAttributes")
        .cloned()
        .collect();
    world.deny("sns", "GetTopicAttributes");
    for mut answer in gone {
        answer.account = OTHER.to_owned();
        answer.output = Err(crate::support::world::ApiError {
            status: 404,
            code: "NotFound".to_owned(),
            message: "Topic does not exist".to_owned(),
        });
        world.answers.push(answer);
    }
    let chain = chain_of(&world);
    let link = path_of(&chain, CONTROL).link(LinkId::N02).expect("said");
    assert_eq!(link.verdict, Verdict::Broken);
}

#[test]
fn the_topic_of_an_alarm_in_an_organization_is_read_in_a_third_account() {
    // Neither the alarm's account nor a member owns the topic, and a member was told about it.
    let foreign = Site::new(OTHER, HOME).topic_arn();
    let mut world = World::organization();
    world.edit_alarms(|alarm| alarm["AlarmActions"] = json!([foreign]));
    let member = crate::support::world::MEMBER.to_owned();
    for answer in &mut world.answers {
        if answer.service == "sns" && answer.request["TopicArn"] == json!(topic()) {
            answer.request["TopicArn"] = json!(foreign);
            answer.account.clone_from(&member);
        }
    }
    world.edit_subscription(|one| one["TopicArn"] = json!(foreign));
    world.edit_topic(|topic| {
        topic["TopicArn"] = json!(foreign);
        topic["Owner"] = json!(OTHER);
        topic["Policy"] = json!(
            json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"},
                "Action": "sns:Publish", "Resource": foreign,
                "Condition": {"StringEquals": {"aws:SourceOrgID": ORGANIZATION}}}]})
            .to_string()
        );
    });
    let chain = chain_of(&world);
    assert_eq!(
        path_of(&chain, CONTROL).verdict(),
        Verdict::Ok,
        "{:#?}",
        path_of(&chain, CONTROL)
    );
}

#[test]
fn a_topic_that_counts_no_confirmed_subscription_has_none() {
    let link = fault(LinkId::U01, Verdict::Broken, |world| {
        world.edit_topic(|topic| {
            topic["SubscriptionsConfirmed"] = json!("0");
            topic["SubscriptionsPending"] = json!("2");
        });
        world.deny("sns", "ListSubscriptionsByTopic");
    });
    assert!(sentence(&link.cause).contains("2 that wait"));
}
