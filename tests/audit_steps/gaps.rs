//! What could not be collected is unknown, unless something else decides.

use super::*;

#[test]
fn a_denied_question_is_unknown() {
    for (service, operation, step) in [
        ("cloudtrail", "DescribeTrails", "1a"),
        ("cloudtrail", "GetTrailStatus", "1c"),
        ("cloudtrail", "GetEventSelectors", "1d"),
        ("logs", "DescribeMetricFilters", "3"),
        ("monitoring", "DescribeAlarms", "5"),
        ("sns", "ListSubscriptionsByTopic", "7"),
    ] {
        let denied = complete(|world| {
            world.deny(service, operation);
        });
        open(&denied, step, &format!("{operation} "));
        open(
            &denied,
            step,
            "could not be collected: denied (AccessDeniedException)",
        );
        let forgotten = complete(|world| {
            world.forget(service, operation);
        });
        open(&forgotten, step, "was not asked in account 111122223333");
    }
}

/// Whatever else is true of the account: an answer that is missing can make the audit steps unknown, and never the opposite
/// of what it was.
#[test]
fn a_missing_answer_never_turns_the_audit_steps_round() {
    let edits: [fn(&mut World); 8] = [
        |_| {},
        |world| {
            world.single_region(true);
        },
        |world| {
            world.edit("cloudtrail", "GetTrailStatus", |it| {
                it["IsLogging"] = json!(false)
            });
        },
        |world| {
            world.edit("cloudtrail", "GetEventSelectors", |it| {
                it["EventSelectors"] = json!([])
            });
        },
        |world| {
            world.remove_filter(CONTROL);
        },
        |world| {
            world.remove_alarm(CONTROL);
        },
        |world| {
            world.edit_alarm(CONTROL, |it| it["AlarmActions"] = json!([]));
        },
        |world| {
            world.edit_subscription(|it| it["SubscriptionArn"] = json!("PendingConfirmation"));
        },
    ];
    let calls = [
        ("cloudtrail", "DescribeTrails"),
        ("cloudtrail", "GetTrailStatus"),
        ("cloudtrail", "GetEventSelectors"),
        ("logs", "DescribeMetricFilters"),
        ("monitoring", "DescribeAlarms"),
        ("sns", "ListSubscriptionsByTopic"),
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        let whole = audit_steps(&complete(edit)).answer;
        assert_eq!(
            whole,
            if number == 0 {
                Answer::Met
            } else {
                Answer::NotMet
            },
            "{number}"
        );
        for (service, operation) in calls {
            let denied = complete(|world| {
                edit(world);
                world.deny(service, operation);
            });
            let answer = audit_steps(&denied).answer;
            assert!(
                answer == whole || answer == Answer::Unknown,
                "{number} {operation}: {answer}"
            );
        }
    }
}

#[test]
fn a_later_step_that_finds_nothing_decides_over_an_open_one() {
    let world = complete(|world| {
        world
            .deny("cloudtrail", "GetTrailStatus")
            .remove_filter(CONTROL);
    });
    not_met(&world, "3", "none of 14 metric filters");
}

#[test]
fn calls_that_no_step_asks_for_do_not_matter() {
    for (service, operation) in [
        ("sns", "GetTopicAttributes"),
        ("logs", "DescribeLogGroups"),
        ("monitoring", "ListAlarmMuteRules"),
    ] {
        met(&complete(|world| {
            world.deny(service, operation);
        }));
    }
}
