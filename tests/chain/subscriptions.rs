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
    // An empty set of attributes does not match ("Key matching").
    fault(
        LinkId::U04,
        Verdict::Broken,
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
    // The alarm has no description, and its message `null`.
    fault(
        LinkId::U05,
        Verdict::Broken,
        filter(&json!({"AlarmDescription": ["urgent"]}), body),
    );
    fault(
        LinkId::U05,
        Verdict::Unknown,
        filter(&json!({"NewStateReason": [{"prefix": "Threshold"}]}), body),
    );
}

#[test]
fn u05_the_description_of_the_alarm_is_read() {
    let described = |policy: Value| {
        move |world: &mut World| {
            world.edit_alarms(|alarm| alarm["AlarmDescription"] = json!("urgent: trail changed"));
            filter(&policy, Some("MessageBody"))(world);
        }
    };
    remark(
        LinkId::U05,
        described(json!({"AlarmDescription": [{"prefix": "urgent"}]})),
    );
    remark(
        LinkId::U05,
        described(json!({"AlarmDescription": [{"exists": true}]})),
    );
    let link = fault(
        LinkId::U05,
        Verdict::Broken,
        described(json!({"AlarmDescription": [{"prefix": "harmless"}]})),
    );
    let reason = sentence(&link.cause);
    assert!(
        reason.contains("harmless") && reason.contains("urgent: trail changed"),
        "{reason}"
    );
}

#[test]
fn u05_texts_of_a_known_form_and_plain_keys_called_or() {
    let body = Some("MessageBody");
    for policy in [
        json!({"Region": [{"prefix": "us-"}]}),
        json!({"Region": [{"cidr": "10.0.0.0/8"}]}),
        json!({"StateChangeTime": [{"suffix": "Z"}]}),
        json!({"$or": [{"numeric": [">", 0]}, {"prefix": "A"}]}),
    ] {
        let link = fault(LinkId::U05, Verdict::Broken, filter(&policy, body));
        let key = policy.as_object().unwrap().keys().next().unwrap();
        assert!(sentence(&link.cause).contains(key), "{link:?}");
    }
    for policy in [
        json!({"Region": [{"anything-but": ["us-east-1", "eu-west-1"]}]}),
        json!({"StateChangeTime": [{"prefix": "2"}]}),
        json!({"$or": [{"NewStateValue": ["OK"]}, {"Region": [{"anything-but": {"prefix": "eu-"}}]}]}),
    ] {
        remark(LinkId::U05, filter(&policy, body));
    }
    for policy in [
        json!({"OKActions": [{"exists": true}]}),
        json!({"AlarmDescription": [{"exists": false}]}),
    ] {
        fault(LinkId::U05, Verdict::Unknown, filter(&policy, body));
    }
}

fn endpoint(protocol: &str, endpoint: &str) -> impl FnOnce(&mut World) {
    let (protocol, endpoint) = (protocol.to_owned(), endpoint.to_owned());
    move |world: &mut World| {
        world.edit_subscription(|one| {
            one["Protocol"] = json!(protocol);
            one["Endpoint"] = json!(endpoint);
        });
        world.edit_subscription_attributes(|one| {
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
