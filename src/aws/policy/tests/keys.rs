//! Policies of keys.

use super::*;

/// A key's policy with the statement of the account that every key has.
fn key(statement: Value) -> &'static str {
    let root = json!({"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Resource": "*",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*"});
    let policy = json!({"Version": "2012-10-17", "Statement": [root, statement]});
    word(&may_use_key(&policy.to_string(), KEY, &caller(ALARM)))
}

fn key_for_cloudwatch(actions: Value, condition: Value) -> &'static str {
    key(
        json!({"Effect": "Allow", "Resource": "*", "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": actions, "Condition": condition}),
    )
}

#[test]
fn a_key_policy_needs_both_actions_and_the_account_alone_does_not_do() {
    let key = |actions: Value| key_for_cloudwatch(actions, json!({}));
    assert_eq!(
        key(json!(["kms:GenerateDataKey*", "kms:Decrypt"])),
        "allowed"
    );
    assert_eq!(key(json!("kms:*")), "allowed");
    assert_eq!(
        key(json!(["kms:GenerateDataKey", "kms:Decrypt"])),
        "allowed"
    );
    assert_eq!(
        key(json!([
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:Decrypt"
        ])),
        "denied"
    );
    assert_eq!(key(json!("kms:Decrypt")), "denied");
    assert_eq!(key(json!("kms:GenerateDataKey*")), "denied");
    assert_eq!(key(json!("kms:CreateGrant")), "denied");
}

#[test]
fn a_key_for_callers_of_the_account_by_way_of_sns_is_closed_to_cloudwatch() {
    let managed = |condition: Value| {
        key(
            json!({"Effect": "Allow", "Resource": "*", "Principal": {"AWS": "*"},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:ReEncrypt*", "kms:DescribeKey"],
            "Condition": condition}),
        )
    };
    let account = json!({"kms:CallerAccount": "111122223333"});
    for (condition, expected) in [
        (
            json!({"StringEquals": {"kms:CallerAccount": "111122223333", "kms:ViaService": "sns.us-east-1.amazonaws.com"}}),
            "denied",
        ),
        (json!({"StringEquals": account}), "denied"),
        (json!({"StringLike": account}), "denied"),
        (json!({"StringEqualsIfExists": account}), "unknown"),
        (json!({"StringNotEquals": account}), "unknown"),
        (json!({"StringLike": {"kms:CallerAccount": "*"}}), "unknown"),
        (
            json!({"StringEquals": {"kms:ViaService": "sns.us-east-1.amazonaws.com"}}),
            "unknown",
        ),
        (json!({}), "allowed"),
    ] {
        assert_eq!(managed(condition.clone()), expected, "{condition}");
    }
}

#[test]
fn the_source_of_a_request_to_a_key() {
    let actions = json!(["kms:GenerateDataKey*", "kms:Decrypt"]);
    for (condition, expected) in [
        (
            json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}),
            "allowed",
        ),
        (
            json!({"StringEquals": {"aws:SourceAccount": "444455556666"}}),
            "denied",
        ),
        (
            json!({"StringEquals": {"aws:SourceOwner": "111122223333"}}),
            "unknown",
        ),
        (
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:*:111122223333:alarm:*"}}),
            "allowed",
        ),
        (
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:111122223333:alerts"}}),
            "denied",
        ),
    ] {
        let answer = key_for_cloudwatch(actions.clone(), condition.clone());
        assert_eq!(answer, expected, "{condition}");
    }
}
