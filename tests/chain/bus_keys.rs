//! E26: the customer managed key of an event bus.

use super::rules::{broken_by, by_rule, finding_of, open_by, passes};
use super::*;

const ID: &str = "22222222-3333-4444-5555-666666666666";

fn key_in(region: &str) -> String {
    format!("arn:aws:kms:{region}:{ACCOUNT}:key/{ID}")
}

fn bus_in(region: &str) -> String {
    format!("arn:aws:events:{region}:{ACCOUNT}:event-bus/default")
}

/// The default bus of every Region under a key of this state and policy, which is asked for each Region.
fn keyed(state: &str, policy: impl Fn(&str) -> Value) -> World {
    by_rule(|world| {
        for region in REGIONS {
            let key = key_in(region);
            world.described_bus(region, "default", Some(&key));
            world.answer_of(ACCOUNT, region, ("kms", "DescribeKey"), json!({"KeyId": key}),
                json!({"KeyMetadata": {"KeyId": ID, "Arn": key, "KeyState": state, "Enabled": state == "Enabled",
                    "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"}}));
            let statements = policy(region);
            let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
            world.answer_of(
                ACCOUNT,
                region,
                ("kms", "GetKeyPolicy"),
                json!({"KeyId": key, "PolicyName": "default"}),
                json!({"Policy": document, "PolicyName": "default"}),
            );
        }
    })
}

fn statement(actions: &Value, condition: Option<Value>) -> Value {
    let mut statement = json!({"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
        "Action": actions, "Resource": "*"});
    if let Some(condition) = condition {
        statement["Condition"] = condition;
    }
    json!([statement])
}

fn both() -> Value {
    json!(["kms:Decrypt", "kms:GenerateDataKey"])
}

#[test]
fn e26_key_of_the_bus() {
    passes(&keyed("Enabled", |_| statement(&both(), None)), CONTROL);
    for state in ["Disabled", "PendingDeletion"] {
        broken_by(LinkId::E26, &keyed(state, |_| statement(&both(), None)));
    }
    let owner = json!([{"Sid": "owner", "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")},
        "Action": "kms:*", "Resource": "*"}]);
    let finding = broken_by(LinkId::E26, &keyed("Enabled", |_| owner.clone()));
    assert!(
        reason(&finding).contains("does not let EventBridge use it"),
        "{}",
        reason(&finding)
    );
    // What is there is read with kms:Decrypt; what EventBridge does without the rest is not documented.
    let reads = |_: &str| statement(&json!("kms:Decrypt"), None);
    open_by(LinkId::E26, &keyed("Enabled", reads), CONTROL);
    let writes = |_: &str| statement(&json!("kms:GenerateDataKey*"), None);
    broken_by(LinkId::E26, &keyed("Enabled", writes));
}

#[test]
fn e26_conditions_that_aws_shows() {
    // As the guide has them: the source of the request, its account, and the context of the bus.
    passes(
        &keyed("Enabled", |region| {
            statement(
                &both(),
                Some(json!({"StringEquals": {
                "aws:SourceAccount": ACCOUNT, "aws:SourceArn": bus_in(region),
                "kms:EncryptionContext:aws:events:event-bus:arn": bus_in(region)}})),
            )
        }),
        CONTROL,
    );
    // The guide's own text gives the account an ARN: a condition on the source alone refuses nothing.
    open_by(
        LinkId::E26,
        &keyed("Enabled", |region| {
            statement(
                &both(),
                Some(
                    json!({"StringEquals": {"aws:SourceAccount": format!("arn:aws:events:{region}:{ACCOUNT}")}}),
                ),
            )
        }),
        CONTROL,
    );
    // The context of another bus is none of this one's.
    broken_by(
        LinkId::E26,
        &keyed("Enabled", |region| {
            let other = format!("arn:aws:events:{region}:{ACCOUNT}:event-bus/orders");
            statement(
                &both(),
                Some(
                    json!({"StringEquals": {"kms:EncryptionContext:aws:events:event-bus:arn": other}}),
                ),
            )
        }),
    );
    let mut denied = statement(&both(), None);
    let deny =
        json!({"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"});
    denied.as_array_mut().unwrap().push(deny);
    broken_by(LinkId::E26, &keyed("Enabled", |_| denied.clone()));
}

#[test]
fn e26_is_open_where_the_key_or_the_bus_is_not_on_record() {
    let allowed = || keyed("Enabled", |_| statement(&both(), None));
    for operation in ["DescribeKey", "GetKeyPolicy"] {
        let mut world = allowed();
        world.deny("kms", operation);
        let finding = open_by(LinkId::E26, &world, CONTROL);
        assert!(
            reason(&finding).contains(&format!("kms:{operation}")),
            "{}",
            reason(&finding)
        );
        let mut old = allowed();
        old.forget("kms", operation);
        open_by(LinkId::E26, &old, CONTROL);
    }
    let mut denied = by_rule(|_| {});
    denied.deny("events", "DescribeEventBus");
    let finding = open_by(LinkId::E26, &denied, CONTROL);
    assert!(
        reason(&finding).contains("events:DescribeEventBus"),
        "{}",
        reason(&finding)
    );
    let mut gone = allowed();
    for answer in gone.answers_to("kms", "DescribeKey") {
        answer.output = Err(crate::support::world::ApiError {
            status: 400,
            code: "NotFoundException".to_owned(),
            message: "no such key".to_owned(),
        });
    }
    assert_eq!(finding_of(&gone, CONTROL).broken_link, Some(LinkId::E26));
    assert_eq!(finding_of(&gone, CONTROL).status, Status::Fail);
}
