//! N ids.

use super::*;
use crate::support::world::{ApiError, HOME, Site};

pub(super) fn topic() -> String {
    Site::new(ACCOUNT, HOME).topic_arn()
}

#[test]
fn n01_topic_in_another_region() {
    fault(LinkId::N01, Verdict::Broken, |world| {
        world.edit_alarm(CONTROL, |alarm| {
            alarm["AlarmActions"] =
                json!([format!("arn:aws:sns:eu-west-1:{ACCOUNT}:security-alerts")]);
        });
        world.answers.push(crate::support::world::Answer {
            account: ACCOUNT.to_owned(),
            region: "eu-west-1".to_owned(),
            service: "sns".to_owned(),
            operation: "GetTopicAttributes".to_owned(),
            request: json!({"TopicArn": format!("arn:aws:sns:eu-west-1:{ACCOUNT}:security-alerts")}),
            output: Ok(json!({"Attributes": {
                "TopicArn": format!("arn:aws:sns:eu-west-1:{ACCOUNT}:security-alerts"),
                "Owner": ACCOUNT,
                "Policy": Site::new(ACCOUNT, "eu-west-1").topic_policy().to_string(),
            }})),
        });
    });
}

#[test]
fn n02_topic_does_not_exist() {
    fault(LinkId::N02, Verdict::Broken, |world| {
        world.fail("sns", "GetTopicAttributes", 404, "NotFound");
    });
    let link = fault(LinkId::N02, Verdict::Unknown, |world| {
        world.deny("sns", "GetTopicAttributes");
    });
    assert!(
        sentence(&link.cause).contains("sns:GetTopicAttributes"),
        "{}",
        sentence(&link.cause)
    );
}

#[test]
fn n03_topic_of_another_account() {
    let foreign = format!("arn:aws:sns:{HOME}:777788889999:alerts");
    let link = fault(LinkId::N03, Verdict::Unknown, |world| {
        world.edit_alarm(CONTROL, |alarm| alarm["AlarmActions"] = json!([foreign]));
        world.answers.push(crate::support::world::Answer {
            account: ACCOUNT.to_owned(),
            region: HOME.to_owned(),
            service: "sns".to_owned(),
            operation: "GetTopicAttributes".to_owned(),
            request: json!({"TopicArn": foreign}),
            output: Err(ApiError {
                status: 403,
                code: "AuthorizationError".to_owned(),
                message: "not authorized".to_owned(),
            }),
        });
    });
    assert!(
        sentence(&link.cause).contains("777788889999"),
        "{}",
        sentence(&link.cause)
    );
}

#[test]
fn n03_a_topic_of_another_account_of_the_snapshot_is_read_there() {
    let other = Site::new("777788889999", HOME);
    let mut world = World::complete();
    world.edit_alarms(|alarm| alarm["AlarmActions"] = json!([other.topic_arn()]));
    world
        .forget("sns", "GetTopicAttributes")
        .forget("sns", "ListSubscriptionsByTopic")
        .forget("sns", "GetSubscriptionAttributes");
    let mut theirs = World::of(&other);
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": other.topic_arn(),
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    }]});
    theirs.edit_topic(|topic| topic["Policy"] = json!(policy.to_string()));
    world.answers.extend(theirs.answers);
    assert_eq!(path_of(&chain_of(&world), CONTROL).verdict(), Verdict::Ok);
}

#[test]
fn n04_topic_policy_does_not_let_cloudwatch_publish() {
    let policy = |statement: Value| {
        move |world: &mut World| {
            let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
            world.edit_topic(|topic| topic["Policy"] = json!(policy.to_string()));
        }
    };
    fault(
        LinkId::N04,
        Verdict::Broken,
        policy(json!({
            "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish", "Resource": topic(),
        })),
    );
    fault(
        LinkId::N04,
        Verdict::Broken,
        policy(json!({
            "Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": "sns:Publish",
            "Resource": topic(), "Condition": {"StringEquals": {"aws:SourceAccount": "999999999999"}},
        })),
    );
    let default = json!({
        "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["SNS:Publish", "SNS:Subscribe"],
        "Resource": topic(), "Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT}},
    });
    let chain = chain_of(&world(policy(default)));
    assert_eq!(
        path_of(&chain, CONTROL).verdict(),
        Verdict::Ok,
        "the default policy is enough"
    );
}

#[test]
fn n05_encrypted_with_the_managed_key() {
    for key in [
        "alias/aws/sns",
        "arn:aws:kms:us-east-1:111122223333:alias/aws/sns",
    ] {
        fault(LinkId::N05, Verdict::Broken, |world| {
            world.edit_topic(|topic| topic["KmsMasterKeyId"] = json!(key));
        });
    }
    fault(LinkId::N05, Verdict::Broken, |world| {
        encrypt(world, "Enabled", "AWS", "cloudwatch.amazonaws.com")
    });
}

pub(super) fn encrypt(world: &mut World, state: &str, manager: &str, principal: &str) {
    let arn = format!("arn:aws:kms:{HOME}:{ACCOUNT}:key/1234");
    world.edit_topic(|topic| topic["KmsMasterKeyId"] = json!("alias/alerts"));
    world.answer(
        "kms",
        "DescribeKey",
        json!({"KeyId": "alias/alerts"}),
        json!({"KeyMetadata": {"KeyId": "1234", "Arn": arn, "KeyState": state, "KeyManager": manager}}),
    );
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
    }]});
    world.answer(
        "kms",
        "GetKeyPolicy",
        json!({"KeyId": arn, "PolicyName": "default"}),
        json!({"Policy": policy.to_string()}),
    );
}

#[test]
fn n06_key_does_not_let_cloudwatch_encrypt() {
    fault(LinkId::N06, Verdict::Broken, |world| {
        encrypt(world, "Enabled", "CUSTOMER", "events.amazonaws.com")
    });
    for state in ["Disabled", "PendingDeletion"] {
        fault(LinkId::N06, Verdict::Broken, |world| {
            encrypt(world, state, "CUSTOMER", "cloudwatch.amazonaws.com")
        });
    }
    remark(LinkId::N06, |world| {
        encrypt(world, "Enabled", "CUSTOMER", "cloudwatch.amazonaws.com")
    });
    let link = fault(LinkId::N06, Verdict::Unknown, |world| {
        encrypt(world, "Enabled", "CUSTOMER", "cloudwatch.amazonaws.com");
        world.deny("kms", "GetKeyPolicy");
    });
    assert!(
        sentence(&link.cause).contains("kms:GetKeyPolicy"),
        "{}",
        sentence(&link.cause)
    );
}

#[test]
fn n07_fifo_topic() {
    fault(LinkId::N07, Verdict::Weak, |world| {
        world.edit_topic(|topic| topic["FifoTopic"] = json!("true"));
    });
}

fn history(world: &mut World, summary: &str, state: &str) {
    let data =
        json!({"actionState": state, "notificationResource": topic(), "stateUpdateTimestamp": 1});
    world.edit("monitoring", "DescribeAlarmHistory", |output| {
        output["AlarmHistoryItems"] = json!([
            {
                "AlarmName": crate::support::controls::alarm_name(CONTROL),
                "AlarmType": "MetricAlarm",
                "Timestamp": "2026-11-10T10:00:00.000000+00:00",
                "HistoryItemType": "Action",
                "HistorySummary": format!("{summary} {}", topic()),
                "HistoryData": data.to_string(),
            },
        ]);
    });
}

#[test]
fn n08_history_shows_a_failed_action() {
    fault(LinkId::N08, Verdict::Broken, |world| {
        encrypt(world, "Enabled", "CUSTOMER", "cloudwatch.amazonaws.com");
        world.deny("kms", "GetKeyPolicy");
        history(world, "Failed to execute action", "Failed")
    });
    remark(LinkId::N08, |world| {
        history(world, "Successfully executed action", "Succeeded")
    });
    let link = fault(LinkId::N08, Verdict::Unknown, |world| {
        world.deny("monitoring", "DescribeAlarmHistory");
    });
    assert!(
        sentence(&link.cause).contains("cloudwatch:DescribeAlarmHistory"),
        "{}",
        sentence(&link.cause)
    );
}

#[test]
fn n08_a_success_on_record_makes_an_unknown_policy_weak() {
    let unreadable = |world: &mut World| {
        encrypt(world, "Enabled", "CUSTOMER", "cloudwatch.amazonaws.com");
        world.deny("kms", "GetKeyPolicy");
    };
    let chain = chain_of(&world(|world| {
        unreadable(world);
        history(world, "Successfully executed action", "Succeeded");
    }));
    assert_eq!(path_of(&chain, CONTROL).verdict(), Verdict::Weak);
    assert_eq!(
        path_of(&chain_of(&world(unreadable)), CONTROL).verdict(),
        Verdict::Unknown
    );
}
