//! N04: conditions of topic policies, and which statement and condition a refusal names.

use super::topics::topic;
use super::*;

fn policy(version: &str, statements: &Value) -> impl Fn(&mut World) + use<> {
    let policy = json!({"Version": version, "Statement": statements}).to_string();
    move |world: &mut World| {
        world.edit_topic(|topic| topic["Policy"] = json!(policy));
    }
}

/// The statement that a topic needs, with a condition.
fn with(condition: &Value) -> Value {
    json!({"Sid": "AllowAlarms", "Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish", "Resource": topic(), "Condition": condition})
}

fn broken(version: &str, statements: &Value) -> Link {
    fault(LinkId::N04, Verdict::Broken, policy(version, statements))
}

#[test]
fn keys_that_cloudwatch_never_sends_are_absent() {
    for condition in [
        json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        json!({"ForAnyValue:StringEquals": {"aws:TagKeys": ["team"]}}),
        json!({"ForAnyValue:StringEquals": {"aws:CalledVia": ["athena.amazonaws.com"]}}),
        // The account is in no organization.
        json!({"StringEquals": {"aws:SourceOrgID": "o-exampleorgid"}}),
        json!({"DateGreaterThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}),
        json!({"DateLessThan": {"aws:CurrentTime": "2026-11-01T00:00:00Z"}}),
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:*:alarm:*"}}),
    ] {
        let link = broken("2012-10-17", &json!([with(&condition)]));
        let reason = sentence(&link.cause);
        let key = condition.as_object().unwrap().values().next().unwrap();
        let key = key.as_object().unwrap().keys().next().unwrap();
        assert!(
            reason.contains(key) && reason.contains("`AllowAlarms`"),
            "{reason}"
        );
    }
    for condition in [
        json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}),
        json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}),
        json!({"Null": {"aws:CalledVia": "true"}}),
        json!({"DateGreaterThan": {"aws:CurrentTime": "2026-11-01T00:00:00Z"}}),
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:*:*:alarm:*"}}),
    ] {
        remark(
            LinkId::N04,
            policy("2012-10-17", &json!([with(&condition)])),
        );
    }
}

#[test]
fn the_organization_is_unknown_where_nobody_was_asked() {
    let statement = with(&json!({"StringEquals": {"aws:SourceOrgID": "o-exampleorgid"}}));
    let link = fault(LinkId::N04, Verdict::Unknown, |world| {
        world.forget("organizations", "DescribeOrganization");
        policy("2012-10-17", &json!([statement]))(world);
    });
    assert!(sentence(&link.cause).contains("aws:SourceOrgID"));
}

#[test]
fn variables_are_text_in_version_2008_10_17() {
    let statement = with(&json!({"StringEquals": {"aws:SourceAccount": "${aws:SourceAccount}"}}));
    let link = broken("2008-10-17", &json!([statement]));
    assert!(sentence(&link.cause).contains("${aws:SourceAccount}"));
    remark(LinkId::N04, policy("2012-10-17", &json!([statement])));
}

#[test]
fn the_statement_and_the_condition_that_fail_are_named_with_both_values() {
    let events = json!({"Sid": "Events", "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish", "Resource": topic()});
    let mut unnamed = with(&json!({
        "ArnLike": {"aws:SourceArn": format!("arn:aws:cloudwatch:*:{ACCOUNT}:alarm:*")},
        "StringEquals": {"aws:SourceAccount": "999999999999"},
    }));
    unnamed.as_object_mut().unwrap().remove("Sid");
    // Long enough that no report shows all of the policy.
    let filler: Vec<Value> = (0..20)
        .map(|index| {
            let mut statement = events.clone();
            statement["Sid"] = json!(format!("Events{index}"));
            statement
        })
        .collect();
    let mut statements = filler;
    statements.push(unnamed);
    let link = broken("2012-10-17", &json!(statements));
    let reason = sentence(&link.cause);
    for part in [
        "number 21",
        "StringEquals",
        "aws:SourceAccount",
        "999999999999",
        ACCOUNT,
    ] {
        assert!(reason.contains(part), "{part}: {reason}");
    }
    assert!(!reason.contains("aws:SourceArn"), "{reason}");
    let cause = serde_json::to_value(&link.cause).unwrap();
    assert_eq!(cause["code"], "publish_refused");
    assert_eq!(cause["refusal"]["nearest"]["statement"]["position"], 21);
    let part = &cause["refusal"]["nearest"]["parts"][0];
    assert_eq!(
        (&part["key"], &part["wanted"], &part["sent"]["value"]),
        (
            &json!("aws:SourceAccount"),
            &json!(["999999999999"]),
            &json!(ACCOUNT)
        )
    );
    let names: Vec<&str> = link.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["Statement", "StringEquals aws:SourceAccount", "Policy"]
    );
}

#[test]
fn a_deny_names_its_statement_and_the_condition_that_holds() {
    let deny = json!({"Sid": "OnlyFromHere", "Effect": "Deny", "Principal": "*", "Action": "sns:Publish",
        "Resource": topic(), "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}});
    let link = broken("2012-10-17", &json!([with(&json!({})), deny]));
    let reason = sentence(&link.cause);
    for part in [
        "`OnlyFromHere` denies sns:Publish",
        "aws:SourceVpce",
        "vpce-1",
        "sends none",
    ] {
        assert!(reason.contains(part), "{part}: {reason}");
    }
}

#[test]
fn the_element_that_does_not_fit_is_named() {
    for (element, value) in [
        ("Principal", json!({"Service": "events.amazonaws.com"})),
        ("Action", json!("sns:Subscribe")),
        (
            "Resource",
            json!("arn:aws:sns:us-east-1:111122223333:other"),
        ),
    ] {
        let mut statement = with(&json!({}));
        statement[element] = value.clone();
        let link = broken("2012-10-17", &json!([statement]));
        let reason = sentence(&link.cause);
        let shown = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        assert!(
            reason.contains(element) && reason.contains(&shown),
            "{reason}"
        );
    }
    let link = broken("2012-10-17", &json!([]));
    assert!(sentence(&link.cause).contains("no statement allows sns:Publish"));
}
