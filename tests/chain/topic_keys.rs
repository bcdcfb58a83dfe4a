//! N05 and N06: the kinds, states and policies of keys that a topic may be encrypted with.

use super::topics::{encrypt, topic};
use super::*;
use crate::support::world::{Answer, ApiError, HOME, Site};

const FOREIGN: &str = "777788889999";

fn describe(world: &mut World, members: &Value) {
    let members = members.as_object().unwrap().clone();
    world.edit("kms", "DescribeKey", |output| {
        for (name, value) in &members {
            output["KeyMetadata"][name] = value.clone();
        }
    });
}

fn key_policy(world: &mut World, statements: &Value) {
    let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    world.edit("kms", "GetKeyPolicy", |output| {
        output["Policy"] = json!(policy);
    });
}

fn open_key(world: &mut World) {
    encrypt(world, "Enabled", "CUSTOMER", "cloudwatch.amazonaws.com");
}

#[test]
fn keys_that_are_not_symmetric_cannot_encrypt_a_topic() {
    for (spec, usage) in [
        ("RSA_2048", "ENCRYPT_DECRYPT"),
        ("RSA_4096", "SIGN_VERIFY"),
        ("ECC_NIST_P256", "SIGN_VERIFY"),
        ("ECC_NIST_P384", "KEY_AGREEMENT"),
        ("HMAC_256", "GENERATE_VERIFY_MAC"),
        ("SM2", "ENCRYPT_DECRYPT"),
        ("ML_DSA_65", "SIGN_VERIFY"),
    ] {
        let link = fault(LinkId::N06, Verdict::Broken, |world| {
            open_key(world);
            describe(world, &json!({"KeySpec": spec, "KeyUsage": usage}));
        });
        let reason = sentence(&link.cause);
        assert!(reason.contains(spec) && reason.contains(usage), "{reason}");
    }
    // The name of the member before KeySpec.
    fault(LinkId::N06, Verdict::Broken, |world| {
        open_key(world);
        describe(world, &json!({"CustomerMasterKeySpec": "RSA_2048"}));
    });
    fault(LinkId::N06, Verdict::Broken, |world| {
        open_key(world);
        describe(world, &json!({"KeyUsage": "SIGN_VERIFY"}));
    });
    remark(LinkId::N06, |world| {
        open_key(world);
        describe(
            world,
            &json!({"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"}),
        );
    });
}

#[test]
fn a_key_that_is_updating_can_be_used() {
    remark(LinkId::N06, |world| {
        encrypt(world, "Updating", "CUSTOMER", "cloudwatch.amazonaws.com");
    });
    for state in [
        "Creating",
        "Disabled",
        "PendingDeletion",
        "PendingImport",
        "PendingReplicaDeletion",
        "Unavailable",
    ] {
        let link = fault(LinkId::N06, Verdict::Broken, |world| {
            encrypt(world, state, "CUSTOMER", "cloudwatch.amazonaws.com");
        });
        assert!(sentence(&link.cause).contains(state));
    }
}

/// The topic names this key, and AWS answers so about it.
fn named(world: &mut World, account: &str, key: &str, operation: &str, code: &str) {
    world.edit_topic(|topic| topic["KmsMasterKeyId"] = json!(key));
    world.answers.push(Answer {
        account: account.to_owned(),
        region: HOME.to_owned(),
        service: "kms".to_owned(),
        operation: operation.to_owned(),
        request: match operation {
            "GetKeyPolicy" => json!({"KeyId": key, "PolicyName": "default"}),
            _ => json!({"KeyId": key}),
        },
        output: Err(ApiError {
            status: 400,
            code: code.to_owned(),
            message: format!("{code} about {key}"),
        }),
    });
}

#[test]
fn a_key_or_alias_that_does_not_exist_is_broken() {
    let arn = format!("arn:aws:kms:{HOME}:{ACCOUNT}:key/gone");
    let alias = format!("arn:aws:kms:{HOME}:{ACCOUNT}:alias/gone");
    for key in ["alias/gone", "0f7d5b9e-gone", arn.as_str(), alias.as_str()] {
        let link = fault(LinkId::N06, Verdict::Broken, |world| {
            named(world, ACCOUNT, key, "DescribeKey", "NotFoundException");
        });
        assert!(sentence(&link.cause).contains(key), "{link:?}");
    }
    fault(LinkId::N06, Verdict::Broken, |world| {
        named(world, ACCOUNT, &arn, "GetKeyPolicy", "NotFoundException");
    });
    fault(LinkId::N06, Verdict::Unknown, |world| {
        named(world, ACCOUNT, &arn, "DescribeKey", "AccessDeniedException");
    });
    // An alias is no id of a key for GetKeyPolicy.
    fault(LinkId::N06, Verdict::Unknown, |world| {
        named(world, ACCOUNT, &alias, "GetKeyPolicy", "NotFoundException");
    });
}

#[test]
fn generating_a_data_key_and_decrypting_are_enough() {
    let allow = |actions: Value| {
        json!([{"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": actions, "Resource": "*"}])
    };
    remark(LinkId::N06, |world| {
        open_key(world);
        key_policy(world, &allow(json!(["kms:GenerateDataKey", "kms:Decrypt"])));
    });
    for actions in [
        json!(["kms:GenerateDataKeyWithoutPlaintext", "kms:Decrypt"]),
        json!("kms:Decrypt"),
        json!("kms:GenerateDataKey*"),
    ] {
        fault(LinkId::N06, Verdict::Broken, |world| {
            open_key(world);
            key_policy(world, &allow(actions));
        });
    }
}

#[test]
fn a_customer_key_with_the_policy_of_the_managed_one_is_as_closed() {
    let managed = |condition: Value| {
        json!([
            {"Sid": "Allow access through SNS for all principals in the account that are authorized to use SNS",
                "Effect": "Allow", "Principal": {"AWS": "*"}, "Resource": "*", "Condition": condition,
                "Action": ["kms:Decrypt", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:ListGrants", "kms:DescribeKey"]},
            {"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}, "Resource": "*",
                "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"]},
        ])
    };
    let both = json!({"kms:CallerAccount": ACCOUNT, "kms:ViaService": format!("sns.{HOME}.amazonaws.com")});
    let link = fault(LinkId::N06, Verdict::Broken, |world| {
        open_key(world);
        key_policy(world, &managed(json!({"StringEquals": both})));
    });
    assert!(sentence(&link.cause).contains("kms:CallerAccount"));
    let via = json!({"StringEquals": {"kms:ViaService": format!("sns.{HOME}.amazonaws.com")}});
    let link = fault(LinkId::N06, Verdict::Unknown, |world| {
        open_key(world);
        key_policy(world, &managed(via));
    });
    assert!(sentence(&link.cause).contains("kms:ViaService"));
}

#[test]
fn the_source_owner_is_documented_for_topics_and_not_for_keys() {
    let link = fault(LinkId::N06, Verdict::Unknown, |world| {
        open_key(world);
        key_policy(
            world,
            &json!([{"Sid": "ours", "Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Resource": "*",
                "Action": "kms:*", "Condition": {"StringEquals": {"aws:SourceOwner": ACCOUNT}}}]),
        );
    });
    let reason = sentence(&link.cause);
    assert!(
        reason.contains("aws:SourceOwner") && reason.contains("`ours`"),
        "{reason}"
    );
}

#[test]
fn an_alias_of_a_foreign_topic_is_not_looked_for_in_the_alarms_account() {
    let site = Site::new(FOREIGN, HOME);
    let mut world = world(open_key);
    let theirs = site.topic_arn();
    world.edit_alarms(|alarm| alarm["AlarmActions"] = json!([theirs]));
    for answer in &mut world.answers {
        if answer.service == "sns" && answer.request["TopicArn"] == json!(topic()) {
            answer.request["TopicArn"] = json!(theirs);
        }
    }
    world.edit_topic(|topic| {
        topic["TopicArn"] = json!(theirs);
        topic["Owner"] = json!(FOREIGN);
        topic["Policy"] = json!(
            json!({"Statement": [{"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish", "Resource": theirs}]})
            .to_string()
        );
    });
    let chain = chain_of(&world);
    let link = path_of(&chain, CONTROL).link(LinkId::N06).expect("said");
    assert_eq!(link.verdict, Verdict::Unknown, "{link:?}");
    assert!(sentence(&link.cause).contains(FOREIGN), "{link:?}");
}
