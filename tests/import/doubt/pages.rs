//! Lists in pages, and lists that answer for many subjects at once.

use super::*;

#[test]
fn pages_of_one_list_are_joined() {
    for (names, joined) in [
        (
            [
                "describe-alarms.1.json",
                "describe-alarms.2.json",
                "describe-alarms.3.json",
            ],
            true,
        ),
        (
            [
                "describe-alarms.json",
                "describe-alarms-page2.json",
                "describe-alarms-page03.json",
            ],
            true,
        ),
        (
            [
                "describe-alarms (1).json",
                "describe-alarms (2).json",
                "describe-alarms (3).json",
            ],
            true,
        ),
        // The page that ends the list is not the last.
        (
            [
                "describe-alarms.2.json",
                "describe-alarms.3.json",
                "describe-alarms.1.json",
            ],
            false,
        ),
        (
            [
                "describe-alarms.old.json",
                "describe-alarms.new.json",
                "describe-alarms.json",
            ],
            false,
        ),
    ] {
        let mut hand = Hand::new();
        hand.remove("cloudwatch-describe-alarms.");
        hand.world.forget("monitoring", "DescribeAlarms");
        let mut all = World::complete();
        let answer = all
            .answers_to("monitoring", "DescribeAlarms")
            .remove(0)
            .output
            .clone()
            .unwrap();
        let alarms = answer["MetricAlarms"].as_array().unwrap().clone();
        let third = alarms.len() / 3;
        let parts = [
            &alarms[..third],
            &alarms[third..2 * third],
            &alarms[2 * third..],
        ];
        for (index, (name, part)) in names.iter().zip(parts).enumerate() {
            let mut page = json!({"MetricAlarms": part, "CompositeAlarms": []});
            if index < 2 {
                page["NextToken"] = json!(format!("token-{index}"));
            }
            hand.write(name, &page);
        }
        let unusable = hand.unusable();
        let snapshot = imported(&hand.folder, &[]);
        let connection = Snapshot::open(&snapshot).unwrap();
        let count: i64 = connection
            .connection()
            .query_row("select count(*) from alarm", [], |row| row.get(0))
            .unwrap();
        if joined {
            assert_eq!(
                count,
                i64::try_from(alarms.len()).unwrap(),
                "{names:?}: {unusable:?}"
            );
            assert_eq!(
                answered(&snapshot, "DescribeAlarms"),
                ["MetricAlarm"],
                "{names:?}"
            );
        } else {
            assert_eq!(count, 0, "{names:?}: {unusable:?}");
            assert_one(&unusable, &[names[0], names[1], "answer DescribeAlarms"]);
        }
    }
}

/// A first page of yesterday and a whole list of today repeat each other.
#[test]
fn pages_that_repeat_an_item_are_two_answers() {
    let mut hand = Hand::new();
    let mut page = hand.answer("monitoring", "DescribeAlarms");
    hand.remove("cloudwatch-describe-alarms.");
    hand.write("describe-alarms.2.json", &page);
    page["NextToken"] = json!("token");
    page["MetricAlarms"].as_array_mut().unwrap().truncate(2);
    page["MetricAlarms"][0]["StateValue"] = json!("ALARM");
    hand.write("describe-alarms.1.json", &page);
    assert_one(
        &hand.unusable(),
        &[
            "describe-alarms.1.json",
            "describe-alarms.2.json",
            "differently",
        ],
    );
}

/// The third page alone was taken for the whole list: what the first two hold was said not to exist.
#[test]
fn a_later_page_alone_is_no_whole_list() {
    for (name, others, missing) in [
        ("describe-alarms.3.json", vec![], "pages 1 to 2 are missing"),
        ("describe-alarms-page2.json", vec![], "page 1 is missing"),
        ("describe-alarms (2).json", vec![], "page 1 is missing"),
        (
            "describe-alarms.4.json",
            vec!["describe-alarms.3.json"],
            "pages 1 to 2 are missing",
        ),
    ] {
        let mut hand = Hand::new();
        let mut page = hand.answer("monitoring", "DescribeAlarms");
        hand.remove("cloudwatch-describe-alarms.");
        hand.write(name, &page);
        page["NextToken"] = json!("token");
        page["MetricAlarms"].as_array_mut().unwrap().truncate(2);
        for other in others {
            hand.write(other, &page);
            assert_one(&hand.unusable(), &[other, missing]);
        }
        assert_one(&hand.unusable(), &[name, missing]);
        let snapshot = imported(&hand.folder, &[]);
        assert!(answered(&snapshot, "DescribeAlarms").is_empty(), "{name}");
    }
    // A Region, a day, the number of a call among many and a list that has no pages are no such numbers.
    for (service, operation, start, name) in [
        (
            "monitoring",
            "DescribeAlarms",
            "cloudwatch-describe-alarms.",
            "describe-alarms.us-east-1.json",
        ),
        (
            "monitoring",
            "DescribeAlarms",
            "cloudwatch-describe-alarms.",
            "describe-alarms_2026-11-20.json",
        ),
        (
            "monitoring",
            "DescribeAlarms",
            "cloudwatch-describe-alarms.",
            "cloudwatch.describe-alarms.00042.json",
        ),
        (
            "cloudtrail",
            "DescribeTrails",
            "cloudtrail-describe-trails.",
            "describe-trails.2.json",
        ),
    ] {
        let mut hand = Hand::new();
        let answer = hand.answer(service, operation);
        hand.remove(start);
        hand.write(name, &answer);
        let unusable = hand.unusable();
        assert!(
            !unusable.iter().any(|message| message.contains(name)),
            "{name}: {unusable:?}"
        );
    }
}

/// Numbers count topics as well as pages.
#[test]
fn numbers_of_files_about_several_topics_are_no_pages() {
    let mut hand = Hand::new();
    let answer = hand.answer("sns", "ListSubscriptionsByTopic");
    hand.remove("sns-list-subscriptions-by-topic.");
    let mut other = answer.clone();
    for one in other["Subscriptions"].as_array_mut().unwrap() {
        one["TopicArn"] = json!(format!("{TOPIC}-2"));
        one["SubscriptionArn"] = json!(format!("{TOPIC}-2:1"));
    }
    hand.write("list-subscriptions-by-topic.1.json", &other);
    hand.write("list-subscriptions-by-topic.2.json", &answer);
    let unusable = hand.unusable();
    assert!(
        !unusable.iter().any(|message| message.contains("page")),
        "{unusable:?}"
    );
}

#[test]
fn a_page_without_the_next_is_told() {
    let mut hand = Hand::new();
    let mut page = hand.answer("events", "ListRules");
    page["NextToken"] = json!("token");
    hand.remove("events-list-rules.");
    hand.write("list-rules.json", &page);
    assert_one(
        &hand.unusable(),
        &["list-rules.json", "first items of a list alone"],
    );
}

#[test]
fn metric_filters_of_all_log_groups_at_once_are_those_of_each() {
    let mut hand = Hand::new();
    let whole = hand.whole();
    let mut answer = hand.answer("logs", "DescribeMetricFilters");
    for filter in answer["metricFilters"].as_array_mut().unwrap() {
        filter["logGroupName"] = json!(LOG_GROUP);
    }
    hand.remove("logs-describe-metric-filters.");
    hand.write("describe-metric-filters.json", &answer);
    assert_eq!(hand.facts(), whole, "{:?}", hand.unusable());
    // Of several log groups they are those of the Region, for which no log group is asked about.
    let mut more = answer["metricFilters"][0].clone();
    more["logGroupName"] = json!("/elsewhere");
    answer["metricFilters"].as_array_mut().unwrap().push(more);
    hand.write("describe-metric-filters.json", &answer);
    assert_eq!(hand.unusable(), Vec::<String>::new());
    let snapshot = imported(&hand.folder, &[]);
    assert_eq!(answered(&snapshot, "DescribeMetricFilters"), [""]);
    // Of one metric they may have been asked for by it.
    let mut one = answer.clone();
    for filter in one["metricFilters"].as_array_mut().unwrap() {
        filter["metricTransformations"][0]["metricName"] = json!("One");
    }
    hand.write("describe-metric-filters.json", &one);
    assert_eq!(hand.unusable(), Vec::<String>::new());
    let snapshot = imported(&hand.folder, &[]);
    assert_eq!(
        answered(&snapshot, "DescribeMetricFilters"),
        [LOG_GROUP, "/elsewhere"]
    );
    hand.write("describe-metric-filters.json", &answer);
    // Pages of it cannot be told apart.
    answer["nextToken"] = json!("token");
    hand.write("describe-metric-filters.1.json", &answer);
    assert!(!hand.unusable().is_empty());
}

#[test]
fn subscriptions_of_all_topics_at_once_are_those_of_each() {
    let mut hand = Hand::new();
    let whole = hand.whole();
    let mut answer = hand.answer("sns", "ListSubscriptionsByTopic");
    for subscription in answer["Subscriptions"].as_array_mut().unwrap() {
        subscription["TopicArn"] = json!(TOPIC);
    }
    hand.remove("sns-list-subscriptions-by-topic.");
    hand.write("list-subscriptions.json", &answer);
    assert_eq!(hand.facts(), whole, "{:?}", hand.unusable());
    let other = json!({"TopicArn": format!("{TOPIC}-2"), "Protocol": "email", "Endpoint": "a@example.com",
        "SubscriptionArn": "PendingConfirmation", "Owner": ACCOUNT});
    answer["Subscriptions"].as_array_mut().unwrap().push(other);
    hand.write("list-subscriptions.json", &answer);
    let snapshot = imported(&hand.folder, &[]);
    // Another account may be subscribed to the second: its owner sees that, this list does not.
    assert_eq!(answered(&snapshot, "ListSubscriptionsByTopic"), [TOPIC]);
    // Nobody is surely told.
    answer["Subscriptions"][0]["SubscriptionArn"] = json!("PendingConfirmation");
    answer["Subscriptions"].as_array_mut().unwrap().truncate(1);
    hand.write("list-subscriptions.json", &answer);
    assert_one(
        &hand.unusable(),
        &["list-subscriptions.json", "another account subscribes"],
    );
}
