//! Answers that lost a part on their way into the folder: a page of a list, a member to `--query`, their form to a pipe.

use std::fs;

use serde_json::{Value, json};

use super::{Hand, assert_one, facts, imported};

/// The complete account with its list of alarms in pages of one alarm, by these names.
fn paged(name: impl Fn(usize) -> String) -> (Hand, usize) {
    let mut hand = Hand::new();
    let answer = hand.answer("monitoring", "DescribeAlarms");
    hand.remove("cloudwatch-describe-alarms.");
    let alarms = answer["MetricAlarms"].as_array().unwrap().clone();
    for (index, alarm) in alarms.iter().enumerate() {
        let mut page = json!({"MetricAlarms": [alarm], "CompositeAlarms": [], "LogAlarms": []});
        if index + 1 < alarms.len() {
            page["NextToken"] = json!(format!("token-{index}"));
        }
        hand.write(&name(index), &page);
    }
    (hand, alarms.len())
}

fn alarms(hand: &Hand) -> i64 {
    let snapshot = imported(&hand.folder, &[]);
    let connection = trailproof::snapshot::Snapshot::open(&snapshot).unwrap();
    let sql = "select count(*) from alarm";
    let count = connection.connection().query_row(sql, [], |row| row.get(0));
    count.unwrap()
}

/// Numbers are compared as numbers: the tenth page comes after the second.
#[test]
fn fifteen_pages_are_one_list() {
    for first in [0, 1] {
        let (hand, pages) = paged(|index| format!("describe-alarms.{}.json", index + first));
        assert!(pages > 10);
        assert_eq!(alarms(&hand), i64::try_from(pages).unwrap());
    }
}

/// A page in the middle was lost, and its alarms counted as not there.
#[test]
fn a_hole_between_pages_is_a_gap() {
    let (hand, _) = paged(|index| format!("describe-alarms-page{}.json", index + 1));
    fs::remove_file(hand.place().join("describe-alarms-page7.json")).unwrap();
    let parts = [
        "describe-alarms-page6.json",
        "describe-alarms-page8.json",
        "a page between",
    ];
    assert_one(&hand.unusable(), &parts);
    assert_eq!(alarms(&hand), 0);
}

/// Days are no pages: a list of yesterday that goes on and one of today are two answers.
#[test]
fn lists_of_two_days_are_not_joined() {
    for days in [
        ["20261119", "20261120"],
        ["2026-12-01", "2026-12-02"],
        ["2026_11_01", "2026_11_02"],
    ] {
        let mut hand = Hand::new();
        let answer = hand.answer("monitoring", "DescribeAlarms");
        hand.remove("cloudwatch-describe-alarms.");
        let (old, new) = answer["MetricAlarms"].as_array().unwrap().split_at(5);
        for (day, alarms, token) in [(days[0], old, json!("token")), (days[1], new, Value::Null)] {
            let page = json!({"MetricAlarms": alarms, "CompositeAlarms": [], "LogAlarms": [], "NextToken": token});
            hand.write(&format!("describe-alarms_{day}.json"), &page);
        }
        assert_one(&hand.unusable(), &[days[0], days[1], "differently"]);
        assert_eq!(alarms(&hand), 0, "{days:?}");
    }
}

/// `--query` left out the actions, and every alarm counted as one without.
#[test]
fn a_member_that_is_always_printed_and_is_not_there_was_cut_out() {
    for (service, operation, file, list, member) in [
        (
            "monitoring",
            "DescribeAlarms",
            "cloudwatch-describe-alarms.",
            "MetricAlarms",
            "AlarmActions",
        ),
        (
            "monitoring",
            "DescribeAlarms",
            "cloudwatch-describe-alarms.",
            "MetricAlarms",
            "ActionsEnabled",
        ),
        (
            "logs",
            "DescribeMetricFilters",
            "logs-describe-metric-filters.",
            "metricFilters",
            "metricTransformations",
        ),
        (
            "logs",
            "DescribeMetricFilters",
            "logs-describe-metric-filters.",
            "metricFilters",
            "filterPattern",
        ),
        (
            "cloudtrail",
            "DescribeTrails",
            "cloudtrail-describe-trails.",
            "trailList",
            "S3BucketName",
        ),
    ] {
        let mut hand = Hand::new();
        let mut answer = hand.answer(service, operation);
        answer[list][0].as_object_mut().unwrap().remove(member);
        let path = hand.files(file).remove(0);
        fs::write(&path, answer.to_string()).unwrap();
        let missing = format!("`{member}` is missing in an item of `{list}`; leave `--query` out");
        assert_one(&hand.unusable(), &[&missing]);
    }
}

#[test]
fn an_item_that_is_in_a_list_twice_and_differently_is_a_gap() {
    for (service, operation, file, list, member) in [
        (
            "monitoring",
            "DescribeAlarms",
            "cloudwatch-describe-alarms.",
            "MetricAlarms",
            "ActionsEnabled",
        ),
        (
            "logs",
            "DescribeMetricFilters",
            "logs-describe-metric-filters.",
            "metricFilters",
            "filterPattern",
        ),
    ] {
        let mut hand = Hand::new();
        let mut answer = hand.answer(service, operation);
        let path = hand.files(file).remove(0);
        let mut second = answer[list][0].clone();
        answer[list].as_array_mut().unwrap().push(second.clone());
        fs::write(&path, answer.to_string()).unwrap();
        // A copy says nothing new.
        assert_eq!(hand.unusable(), Vec::<String>::new(), "{operation}");
        second[member] = json!("changed");
        answer[list].as_array_mut().unwrap().push(second);
        fs::write(&path, answer.to_string()).unwrap();
        assert_one(&hand.unusable(), &[list, "twice, and differently"]);
    }
}

/// What a file is in place of an answer is said in its own words.
#[test]
fn a_form_that_is_not_read_is_named() {
    let answer = r#"{"MetricAlarms": [], "CompositeAlarms": [], "LogAlarms": []}"#;
    for (bytes, said) in [
        (b"\x1f\x8b\x08\0\0".to_vec(), "is compressed; unpack it"),
        (b"PK\x03\x04".to_vec(), "is compressed; unpack it"),
        (
            b"MetricAlarms:\n- AlarmName: a\n".to_vec(),
            "is not JSON; ask with `--output json`",
        ),
        (
            b"-----\n|  DescribeAlarms  |\n".to_vec(),
            "is not JSON; ask with `--output json`",
        ),
        (b"null".to_vec(), "is not JSON; ask with `--output json`"),
        (
            b"[]".to_vec(),
            "holds a list and no answer; leave `--query` out",
        ),
        (b" \r\n".to_vec(), "is empty"),
        (
            format!("{answer}\n{answer}\n").into_bytes(),
            "holds several JSON documents, the second from line 2 on",
        ),
        (answer.as_bytes()[..20].to_vec(), "is cut off"),
        (format!("{answer} and more").into_bytes(), "is not JSON: "),
    ] {
        let hand = Hand::new();
        let path = hand.files("cloudwatch-describe-alarms.").remove(0);
        fs::write(&path, &bytes).unwrap();
        assert_one(&hand.unusable(), &["cloudwatch-describe-alarms.", said]);
    }
}

/// A mark before UTF-8 and Windows' line ends change nothing.
#[test]
fn a_mark_and_line_ends_of_windows_change_nothing() {
    let hand = Hand::new();
    let whole = facts(&imported(&hand.folder, &[]));
    for entry in fs::read_dir(hand.place()).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        if !text.is_empty() {
            let text = text.replace('\n', "\r\n");
            fs::write(&path, format!("\u{feff}{text}\r\n")).unwrap();
        }
    }
    assert_eq!(facts(&imported(&hand.folder, &[])), whole);
}
