//! U ids.

use super::*;

#[test]
fn u01_no_subscription() {
    fault(LinkId::U01, Verdict::Broken, |world| {
        world.edit("sns", "ListSubscriptionsByTopic", |output| {
            output["Subscriptions"] = json!([])
        });
    });
    let link = fault(LinkId::U01, Verdict::Unknown, |world| {
        world.deny("sns", "ListSubscriptionsByTopic");
    });
    assert!(
        sentence(&link.cause).contains("sns:ListSubscriptionsByTopic"),
        "{}",
        sentence(&link.cause)
    );
}

#[test]
fn u02_pending_confirmation() {
    fault(LinkId::U02, Verdict::Broken, |world| {
        world.edit_subscription(|one| one["SubscriptionArn"] = json!("PendingConfirmation"));
    });
    fault(LinkId::U02, Verdict::Broken, |world| {
        world.edit_subscription_attributes(|one| one["PendingConfirmation"] = json!("true"));
    });
}

#[test]
fn u03_deleted() {
    fault(LinkId::U03, Verdict::Broken, |world| {
        world.edit_subscription(|one| one["SubscriptionArn"] = json!("Deleted"));
    });
    fault(LinkId::U03, Verdict::Broken, |world| {
        world.fail("sns", "GetSubscriptionAttributes", 404, "NotFound");
    });
}

fn filter(policy: &Value, scope: Option<&str>) -> impl FnOnce(&mut World) {
    let (policy, scope) = (policy.to_string(), scope.map(str::to_owned));
    move |world: &mut World| {
        world.edit_subscription_attributes(|one| {
            one["FilterPolicy"] = json!(policy);
            if let Some(scope) = &scope {
                one["FilterPolicyScope"] = json!(scope);
            }
        });
    }
}

#[test]
fn u04_filter_policy_needs_message_attributes() {
    fault(
        LinkId::U04,
        Verdict::Broken,
        filter(&json!({"severity": ["high"]}), None),
    );
    remark(
        LinkId::U04,
        filter(&json!({"severity": [{"exists": false}]}), None),
    );
    let link = fault(LinkId::U04, Verdict::Unknown, |world| {
        world.deny("sns", "GetSubscriptionAttributes");
    });
    assert!(
        sentence(&link.cause).contains("sns:GetSubscriptionAttributes"),
        "{}",
        sentence(&link.cause)
    );
}

#[test]
fn u05_filter_policy_rejects_the_message() {
    let body = Some("MessageBody");
    fault(
        LinkId::U05,
        Verdict::Broken,
        filter(&json!({"NewStateValue": ["OK"]}), body),
    );
    fault(
        LinkId::U05,
        Verdict::Broken,
        filter(&json!({"OldStateValue": ["OK"]}), body),
    );
    fault(
        LinkId::U05,
        Verdict::Broken,
        filter(&json!({"Region": ["us-east-1"]}), body),
    );
    remark(
        LinkId::U05,
        filter(&json!({"NewStateValue": ["ALARM"]}), body),
    );
    fault(
        LinkId::U05,
        Verdict::Unknown,
        filter(&json!({"AlarmDescription": ["urgent"]}), body),
    );
}

fn endpoint(protocol: &str, endpoint: &str) -> impl FnOnce(&mut World) {
    let (protocol, endpoint) = (protocol.to_owned(), endpoint.to_owned());
    move |world: &mut World| {
        world.edit_subscription(|one| {
            one["Protocol"] = json!(protocol);
            one["Endpoint"] = json!(endpoint);
        });
    }
}

#[test]
fn u06_endpoint_is_a_machine() {
    fault(
        LinkId::U06,
        Verdict::Weak,
        endpoint(
            "lambda",
            "arn:aws:lambda:us-east-1:111122223333:function:tell",
        ),
    );
    fault(
        LinkId::U06,
        Verdict::Weak,
        endpoint("https", "https://events.pagerduty.com/integration/x"),
    );
    remark(
        LinkId::U06,
        endpoint("https", "https://global.sns-api.chatbot.amazonaws.com"),
    );
}

#[test]
fn u07_anyone_can_unsubscribe() {
    fault(LinkId::U07, Verdict::Weak, |world| {
        world.edit_subscription_attributes(|one| {
            one["ConfirmationWasAuthenticated"] = json!("false")
        });
    });
}

#[test]
fn u08_undeliverable_messages_are_discarded() {
    remark(LinkId::U08, |_| {});
}

#[test]
fn u09_text_messages_have_a_quota() {
    fault(LinkId::U09, Verdict::Weak, endpoint("sms", "+15550100"));
}

#[test]
fn u10_subscription_of_another_account() {
    let link = fault(LinkId::U10, Verdict::Unknown, |world| {
        world.edit_subscription(|one| one["Owner"] = json!("777788889999"));
        world.fail(
            "sns",
            "GetSubscriptionAttributes",
            403,
            "AuthorizationError",
        );
    });
    assert!(
        sentence(&link.cause).contains("777788889999"),
        "{}",
        sentence(&link.cause)
    );
}
