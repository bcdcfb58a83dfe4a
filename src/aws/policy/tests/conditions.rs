//! Conditions of statements.

use super::*;

#[test]
fn conditions_of_an_allow() {
    for (condition, expected) in [
        (
            json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}),
            "allowed",
        ),
        (
            json!({"StringEquals": {"aws:SourceAccount": ["444455556666", "111122223333"]}}),
            "allowed",
        ),
        (
            json!({"StringEquals": {"aws:SourceAccount": "444455556666"}}),
            "denied",
        ),
        (
            json!({"StringEquals": {"AWS:SourceOwner": "111122223333"}}),
            "allowed",
        ),
        (
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm:*"}}),
            "allowed",
        ),
        (
            json!({"ArnEquals": {"aws:SourceArn": "arn:aws:cloudwatch:*:111122223333:alarm:*"}}),
            "allowed",
        ),
        (
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:us-east-1:111122223333:*:root-login"}}),
            "allowed",
        ),
        (
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:*"}}),
            "denied",
        ),
        (
            json!({"StringLike": {"aws:SourceArn": "arn:aws:cloudwatch:*"}}),
            "allowed",
        ),
        (
            json!({"StringEquals": {"aws:SourceArn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm:*"}}),
            "denied",
        ),
        (json!({"StringEquals": {"aws:SourceArn": ALARM}}), "allowed"),
        (
            json!({"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}),
            "allowed",
        ),
        (
            json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}}),
            "denied",
        ),
        (
            json!({"StringEquals": {"aws:PrincipalOrgID": "o-example"}}),
            "denied",
        ),
        (
            json!({"StringEquals": {"aws:SourceOrgID": "o-example"}}),
            "unknown",
        ),
        (json!({"Bool": {"aws:SecureTransport": "true"}}), "allowed"),
        (json!({"Bool": {"aws:SecureTransport": true}}), "allowed"),
        (
            json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            "unknown",
        ),
        (
            json!({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}),
            "unknown",
        ),
        (
            json!({"StringEquals": {"aws:SourceAccount": "${aws:PrincipalAccount}"}}),
            "unknown",
        ),
        (
            json!({"ForAnyValue:StringEquals": {"aws:SourceAccount": "111122223333"}}),
            "allowed",
        ),
        (
            json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-example/*"}}),
            "denied",
        ),
        (
            json!({"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-example/*"}}),
            "allowed",
        ),
        (json!({"Null": {"aws:SourceArn": "false"}}), "allowed"),
        (json!({"Null": {"aws:SourceArn": "true"}}), "denied"),
        (
            json!({"StringSounds": {"aws:SourceAccount": "111122223333"}}),
            "unknown",
        ),
        (
            json!({"StringEquals": {"aws:SourceAccount": "444455556666"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            "denied",
        ),
        (json!({"StringEquals": "111122223333"}), "unknown"),
    ] {
        let statements = json!([allow(json!({"AWS": "*"}), condition.clone())]);
        assert_eq!(word(&publish(statements)), expected, "{condition}");
    }
}

#[test]
fn conditions_of_a_deny() {
    for (condition, expected) in [
        (json!({}), "denied"),
        (json!({"Bool": {"aws:SecureTransport": "false"}}), "allowed"),
        (json!({"Bool": {"aws:SecureTransport": false}}), "allowed"),
        (
            json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}),
            "denied",
        ),
        (
            json!({"StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}),
            "denied",
        ),
        (
            json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-example"}}),
            "denied",
        ),
        (
            json!({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-example"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}),
            "allowed",
        ),
        (
            json!({"StringNotEquals": {"aws:SourceAccount": "111122223333"}}),
            "allowed",
        ),
        (
            json!({"StringNotEquals": {"aws:SourceAccount": ["444455556666"]}}),
            "denied",
        ),
        (
            json!({"StringNotLike": {"aws:SourceArn": "arn:aws:cloudwatch:*"}}),
            "allowed",
        ),
        (
            json!({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            "unknown",
        ),
    ] {
        assert_eq!(
            word(&publish(deny(condition.clone()))),
            expected,
            "{condition}"
        );
    }
    let decision = publish(deny(json!({})));
    assert!(
        matches!(&decision, Decision::Refused(Refusal::Deny { statement, .. }) if statement.name() == "no")
    );
}

#[test]
fn a_deny_for_all_but_cloudwatch_spares_it() {
    let deny = |principals: Value| json!([cloudwatch(), {"Effect": "Deny", "NotPrincipal": principals, "Action": "sns:Publish", "Resource": "*"}]);
    assert_eq!(
        word(&publish(deny(
            json!({"Service": "cloudwatch.amazonaws.com"})
        ))),
        "allowed"
    );
    assert_eq!(
        word(&publish(deny(
            json!({"AWS": "arn:aws:iam::111122223333:role/admin"})
        ))),
        "denied"
    );
    assert_eq!(
        word(&publish(deny(
            json!({"AWS": "arn:aws:iam::111122223333:root"})
        ))),
        "unknown"
    );
}

#[test]
fn keys_that_cloudwatch_never_sends_are_absent() {
    for (condition, in_allow, in_deny) in [
        (
            json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
            "denied",
            "allowed",
        ),
        (
            json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}}),
            "denied",
            "allowed",
        ),
        (
            json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}),
            "allowed",
            "denied",
        ),
        (
            json!({"Null": {"aws:MultiFactorAuthAge": "true"}}),
            "allowed",
            "denied",
        ),
        (
            json!({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}),
            "denied",
            "allowed",
        ),
        (
            json!({"NumericLessThanIfExists": {"aws:MultiFactorAuthAge": 3600}}),
            "allowed",
            "denied",
        ),
        (
            json!({"ForAnyValue:StringEquals": {"aws:TagKeys": ["team"]}}),
            "denied",
            "allowed",
        ),
        (
            json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}),
            "allowed",
            "denied",
        ),
        (
            json!({"StringEquals": {"aws:RequestTag/team": "security"}}),
            "denied",
            "allowed",
        ),
        (
            json!({"StringNotEquals": {"aws:PrincipalTag/team": "security"}}),
            "allowed",
            "denied",
        ),
        (
            json!({"ForAnyValue:StringEquals": {"aws:CalledVia": ["cloudformation.amazonaws.com"]}}),
            "denied",
            "allowed",
        ),
        (
            json!({"StringEquals": {"aws:CalledViaFirst": "athena.amazonaws.com"}}),
            "denied",
            "allowed",
        ),
        (
            json!({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}),
            "denied",
            "allowed",
        ),
        (
            json!({"StringEquals": {"sns:Protocol": "email"}}),
            "denied",
            "allowed",
        ),
        (
            json!({"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/x"}}),
            "unknown",
            "unknown",
        ),
    ] {
        let allows = publish(json!([allow(json!("*"), condition.clone())]));
        assert_eq!(word(&allows), in_allow, "allow {condition}");
        assert_eq!(
            word(&publish(deny(condition.clone()))),
            in_deny,
            "deny {condition}"
        );
    }
}

#[test]
fn the_time_of_the_snapshot_decides_conditions_on_the_current_time() {
    let ask = |condition: &Value| {
        let policy = json!({"Statement": [allow(json!("*"), condition.clone())]}).to_string();
        let caller = Caller {
            at: Some("2026-11-21T00:00:05Z".parse().unwrap()),
            ..caller(ALARM)
        };
        word(&may_publish(&policy, TOPIC, &caller))
    };
    for (operator, key, value, expected) in [
        (
            "DateLessThan",
            "aws:CurrentTime",
            "2026-11-21T00:00:05Z",
            "denied",
        ),
        (
            "DateLessThanEquals",
            "aws:CurrentTime",
            "2026-11-21T00:00:05Z",
            "allowed",
        ),
        ("DateLessThan", "aws:CurrentTime", "2030-01-01", "allowed"),
        (
            "DateGreaterThan",
            "aws:CurrentTime",
            "2026-11-22T00:00:00Z",
            "denied",
        ),
        (
            "DateGreaterThan",
            "aws:CurrentTime",
            "2026-11-21T01:00:00+02:00",
            "allowed",
        ),
        (
            "DateGreaterThanEquals",
            "AWS:CurrentTime",
            "2026-01-01",
            "allowed",
        ),
        (
            "DateNotEquals",
            "aws:CurrentTime",
            "2026-01-01T00:00:00Z",
            "allowed",
        ),
        ("DateGreaterThan", "aws:EpochTime", "1700000000", "allowed"),
        ("NumericLessThan", "aws:EpochTime", "1700000000", "denied"),
        ("DateLessThan", "aws:CurrentTime", "soon", "unknown"),
        (
            "DateNotLessThan",
            "aws:CurrentTime",
            "2030-01-01",
            "unknown",
        ),
    ] {
        let condition = json!({operator: {key: value}});
        assert_eq!(ask(&condition), expected, "{condition}");
    }
}

#[test]
fn variables_are_text_before_version_2012_10_17() {
    let ask = |version: Option<&str>, value: &str| {
        let condition = json!({"StringEquals": {"aws:SourceAccount": value}});
        let mut policy = json!({"Statement": [allow(json!("*"), condition)]});
        if let Some(version) = version {
            policy["Version"] = json!(version);
        }
        word(&may_publish(&policy.to_string(), TOPIC, &caller(ALARM)))
    };
    for old in [None, Some("2008-10-17")] {
        assert_eq!(ask(old, "${aws:SourceAccount}"), "denied");
        assert_eq!(ask(old, "${aws:PrincipalAccount}"), "denied");
    }
    let new = Some("2012-10-17");
    assert_eq!(ask(new, "${aws:SourceAccount}"), "allowed");
    assert_eq!(ask(new, "1111${aws:SourceAccount}"), "denied");
    assert_eq!(ask(new, "${aws:PrincipalAccount}"), "unknown");
    assert_eq!(ask(new, "${aws:SourceAccount"), "unknown");
    assert_eq!(ask(new, "${aws:SourceAccount, '1'}"), "unknown");
    let resource = |version: &str| {
        let mut statement = cloudwatch();
        statement["Resource"] = json!("arn:aws:sns:us-east-1:${aws:SourceAccount}:alerts");
        let policy = json!({"Version": version, "Statement": [statement]});
        word(&may_publish(&policy.to_string(), TOPIC, &caller(ALARM)))
    };
    assert_eq!(resource("2008-10-17"), "denied");
    assert_eq!(resource("2012-10-17"), "unknown");
}

#[test]
fn arns_of_conditions_are_compared_part_by_part() {
    for (pattern, expected) in [
        (
            "arn:aws:cloudwatch:us-east-1:111122223333:alarm:root-login",
            "allowed",
        ),
        (
            "arn:aws:cloudwatch:us-east-1:111122223333:alarm:root-*",
            "allowed",
        ),
        ("arn:*:cloudwatch:*:*:*", "allowed"),
        ("arn:aws:cloudwatch:us-east-?:111122223333:*", "allowed"),
        ("arn:aws:cloudwatch:*:alarm:root-login", "denied"),
        ("arn:aws:cloudwatch:us-east-1:*:root-login", "denied"),
        ("arn:aws:*:111122223333:alarm:*", "denied"),
        ("arn:aws:sns:*", "denied"),
        ("arn:aws:cloudwatch:*", "unknown"),
        ("*", "unknown"),
    ] {
        for operator in ["ArnLike", "ArnEquals"] {
            let condition = json!({operator: {"aws:SourceArn": pattern}});
            let statements = json!([allow(json!("*"), condition)]);
            assert_eq!(word(&publish(statements)), expected, "{operator} {pattern}");
        }
    }
}
