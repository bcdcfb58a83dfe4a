//! N08: what the history of an alarm says of one of its actions, and what it does not.

use super::topics::topic;
use super::*;
use crate::support::controls::alarm_name;

const THEN: &str = "2026-11-10T10:00:00.000000+00:00";
const LATER: &str = "2026-11-12T10:00:00.000000+00:00";
/// Their days.
const THAT_DAY: &str = "2026-11-10";
const LATER_DAY: &str = "2026-11-12";

/// An item of the history, as DescribeAlarmHistory gives it.
fn item(time: &str, summary: &str, data: &Value) -> Value {
    json!({
        "AlarmName": alarm_name(CONTROL),
        "AlarmType": "MetricAlarm",
        "Timestamp": time,
        "HistoryItemType": "Action",
        "HistorySummary": summary,
        "HistoryData": data.to_string(),
    })
}

fn succeeded(time: &str, action: &str) -> Value {
    let message = json!({"AlarmActions": [topic(), format!("{}-2", topic())]}).to_string();
    let data = json!({"actionState": "Succeeded", "notificationResource": action,
        "publishedMessage": json!({"default": message}).to_string()});
    item(
        time,
        &format!("Successfully executed action {action}"),
        &data,
    )
}

fn failed(time: &str, action: &str) -> Value {
    let data = json!({"actionState": "Failed", "notificationResource": action,
        "error": format!("not authorized to perform: SNS:Publish on resource: {action}")});
    item(time, &format!("Failed to execute action {action}"), &data)
}

fn with_history(items: Vec<Value>) -> impl FnOnce(&mut World) {
    move |world: &mut World| {
        world.edit("monitoring", "DescribeAlarmHistory", |output| {
            output["AlarmHistoryItems"] = json!(items);
        });
    }
}

/// The policy of the topic lets nobody of ours publish.
fn close_topic(world: &mut World) {
    world.edit_topic(|topic| {
        topic["Policy"] = json!(json!({"Version": "2012-10-17", "Statement": []}).to_string());
    });
}

fn told(edit: impl FnOnce(&mut World)) -> Option<(Verdict, String)> {
    let chain = chain_of(&world(edit));
    let link = path_of(&chain, CONTROL).link(LinkId::N08)?;
    Some((link.verdict, sentence(&link.cause)))
}

#[test]
fn an_action_on_a_topic_whose_name_begins_alike_is_not_this_one() {
    let namesake = format!("{}-2", topic());
    assert_eq!(told(with_history(vec![failed(THEN, &namesake)])), None);
    assert_eq!(told(with_history(vec![succeeded(THEN, &namesake)])), None);
    // Not by the summary alone either, nor by the ARNs that the message or the error names.
    for summary in [
        format!(
            "Failed to execute action {namesake}. Received error: \"x on {}\"",
            topic()
        ),
        format!("Failed to execute action {namesake}"),
    ] {
        let bare = item(THEN, &summary, &json!({"actionState": "Failed"}));
        assert_eq!(told(with_history(vec![bare])), None, "{summary}");
    }
}

#[test]
fn a_success_of_another_topic_excuses_nothing() {
    let namesake = format!("{}-2", topic());
    let link = fault(LinkId::N02, Verdict::Unknown, |world| {
        world.deny("sns", "GetTopicAttributes");
        with_history(vec![succeeded(THEN, &namesake)])(world);
    });
    assert_eq!(link.verdict, Verdict::Unknown);
    remark_weak(LinkId::N02, |world| {
        world.deny("sns", "GetTopicAttributes");
        with_history(vec![succeeded(LATER, &topic()), failed(THEN, &namesake)])(world);
    });
}

fn remark_weak(id: LinkId, edit: impl FnOnce(&mut World)) {
    let chain = chain_of(&world(edit));
    let link = path_of(&chain, CONTROL).link(id).expect("said");
    assert_eq!(link.verdict, Verdict::Weak, "{link:?}");
}

#[test]
fn a_failure_is_read_from_the_summary_where_there_is_no_data() {
    for summary in [
        format!("Failed to execute action {}", topic()),
        format!(
            "Failed to execute action {}. Received error: \"no\"",
            topic()
        ),
        format!("Failed to execute action \"{}\":", topic()),
    ] {
        let (verdict, reason) = told(with_history(vec![item(THEN, &summary, &json!({}))])).unwrap();
        assert_eq!(verdict, Verdict::Weak, "{summary}");
        assert!(reason.contains(THAT_DAY), "{reason}");
    }
}

#[test]
fn an_old_failure_that_nothing_explains_any_more_is_told_with_its_date() {
    let link = fault(
        LinkId::N08,
        Verdict::Weak,
        with_history(vec![failed(THEN, &topic())]),
    );
    let reason = sentence(&link.cause);
    assert!(
        reason.contains(THAT_DAY) && reason.contains("nothing"),
        "{reason}"
    );
}

#[test]
fn a_failure_that_todays_policy_explains_stays_broken() {
    let (verdict, reason) = told(|world| {
        close_topic(world);
        with_history(vec![failed(THEN, &topic())])(world);
    })
    .unwrap();
    assert_eq!(verdict, Verdict::Broken);
    assert!(reason.contains(THAT_DAY), "{reason}");
}

#[test]
fn the_newest_item_about_the_action_counts() {
    let (verdict, _) = told(with_history(vec![
        failed(THEN, &topic()),
        succeeded(LATER, &topic()),
    ]))
    .unwrap();
    assert_eq!(verdict, Verdict::Ok);
    let (verdict, reason) = told(with_history(vec![
        succeeded(THEN, &topic()),
        failed(LATER, &topic()),
    ]))
    .unwrap();
    assert_eq!(verdict, Verdict::Weak);
    assert!(reason.contains(LATER_DAY), "{reason}");
}

/// CloudWatch gives 4,095 characters of an item's data: one that is cut off may be about this action.
#[test]
fn behind_data_that_is_cut_off_nothing_older_is_the_newest() {
    let mut cut = item(LATER, "Action", &json!({}));
    cut["HistoryData"] = json!("{\"actionState\":\"Failed\",\"notificationResou");
    let link = fault(LinkId::N02, Verdict::Unknown, |world| {
        world.deny("sns", "GetTopicAttributes");
        with_history(vec![cut.clone(), succeeded(THEN, &topic())])(world);
    });
    assert_eq!(link.verdict, Verdict::Unknown);
    // What its summary says is known all the same.
    cut["HistorySummary"] = json!(format!("Successfully executed action {}-2", topic()));
    remark_weak(LinkId::N02, |world| {
        world.deny("sns", "GetTopicAttributes");
        with_history(vec![cut, succeeded(THEN, &topic())])(world);
    });
}
