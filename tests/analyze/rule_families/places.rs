//! Where rules lie and what is before and behind them: subscriptions, trails, Regions, hops.

use super::*;

#[test]
fn subscriptions_behind_a_rule() {
    let subscribed = |subscriptions: fn(&str) -> Value| {
        edited(|world| {
            for answer in world.answers_to("sns", "ListSubscriptionsByTopic") {
                let topic = answer.request["TopicArn"].as_str().unwrap().to_owned();
                answer.output = Ok(json!({"Subscriptions": subscriptions(&topic)}));
            }
        })
    };
    is(
        "none",
        &subscribed(|_| json!([])),
        CONTROL,
        Fail,
        Some(LinkId::U01),
    );
    let pending = subscribed(|topic| {
        json!([{"SubscriptionArn": "PendingConfirmation", "Owner": ACCOUNT, "Protocol": "email",
            "Endpoint": "security@example.com", "TopicArn": topic}])
    });
    is("pending", &pending, CONTROL, Fail, Some(LinkId::U02));
}

#[test]
fn trails_in_front_of_a_rule() {
    let kms = || json!({"source": ["aws.kms"], "detail": {"eventName": ["DisableKey", "ScheduleKeyDeletion"]}});
    let trail = |pattern: Value, edit: fn(&mut World)| {
        let mut world = ruled(&[Rule::of("watch", pattern)]);
        edit(&mut world);
        world
    };
    let reads = trail(pattern(|_| {}), |world| {
        world.selectors(
            "EventSelectors",
            json!([{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": true}]),
        );
    });
    is("reads alone", &reads, CONTROL, Fail, Some(LinkId::S02));
    let writes = trail(pattern(|_| {}), |world| {
        world.selectors(
            "EventSelectors",
            json!([{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": true}]),
        );
    });
    is("writes alone", &writes, CONTROL, Pass, None);
    let without_kms = trail(kms(), |world| {
        world.selectors(
            "EventSelectors",
            json!([{"ReadWriteType": "All", "IncludeManagementEvents": true,
            "ExcludeManagementEventSources": ["kms.amazonaws.com"]}]),
        );
    });
    is(
        "without KMS",
        &without_kms,
        "cmk_disable_or_delete",
        Fail,
        Some(LinkId::S04),
    );
    let data = trail(pattern(|_| {}), |world| {
        world.selectors(
            "AdvancedEventSelectors",
            json!([{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}]}]),
        );
    });
    is("data events alone", &data, CONTROL, Fail, Some(LinkId::S06));
    let stopped = trail(pattern(|_| {}), |world| {
        world.edit("cloudtrail", "GetTrailStatus", |status| {
            status["IsLogging"] = json!(false)
        });
    });
    is("stopped", &stopped, CONTROL, Fail, Some(LinkId::T01));
    let one_region = trail(pattern(|_| {}), |world| {
        world.single_region(true);
    });
    is(
        "a trail of one Region",
        &one_region,
        CONTROL,
        Fail,
        Some(LinkId::T07),
    );
    // The log group and its delivery have nothing to do with it.
    let no_delivery = trail(pattern(|_| {}), |world| {
        world.edit("cloudtrail", "GetTrailStatus", |status| {
            status["LatestCloudWatchLogsDeliveryError"] = json!("AccessDenied");
        });
    });
    is(
        "no delivery to a log group",
        &no_delivery,
        CONTROL,
        Pass,
        None,
    );
}

#[test]
fn rules_prove_nothing_where_the_account_did_not_tell_its_regions() {
    let denied = edited(|world| {
        world.deny("account", "ListRegions");
    });
    let found = finding(&denied, NEWEST, CONTROL);
    assert_ne!(found.status, Pass, "{}", reason(&found));
    // In every Region that an account always has: there may be others.
    let mut world = World::watched_by_rules(
        &SEVENTEEN,
        &SEVENTEEN,
        &[Rule::of("watch", pattern(|_| {}))],
    );
    is("all Regions", &world, CONTROL, Pass, None);
    world.deny("account", "ListRegions");
    is(
        "those that are known",
        &world,
        CONTROL,
        Unknown,
        Some(LinkId::T07),
    );
    // An alarm on the trail of all Regions does not care.
    let mut alarms = World::complete();
    alarms.deny("account", "ListRegions");
    is("an alarm", &alarms, CONTROL, Pass, None);
}

#[test]
fn one_region_that_could_not_be_listed_leaves_it_open() {
    let world = edited(|world| {
        for answer in world.answers_to("events", "ListRules") {
            if answer.region == "eu-west-1" {
                answer.output = Err(crate::support::world::ApiError {
                    status: 400,
                    code: "AccessDeniedException".to_owned(),
                    message: "no".to_owned(),
                });
            }
        }
    });
    is(
        "denied in one Region",
        &world,
        CONTROL,
        Unknown,
        Some(LinkId::E02),
    );
}

#[test]
fn rules_fill_each_others_gaps() {
    let of = |names: &[&str]| json!({"detail": {"eventName": names}});
    let both = ruled(&[
        Rule::of("one", of(&NAMES[..3])),
        Rule::of("two", of(&NAMES[3..])),
    ]);
    is("two rules", &both, CONTROL, Pass, None);
    let gap = ruled(&[
        Rule::of("one", of(&NAMES[..2])),
        Rule::of("two", of(&NAMES[3..])),
    ]);
    let found = finding(&gap, NEWEST, CONTROL);
    assert_eq!(found.status, Fail);
    assert_eq!(found.witness.unwrap()["eventName"], "DeleteTrail");
}

#[test]
fn one_hop_across_regions() {
    let central = |role: Option<&str>| {
        let mut world = World::watched_by_rules(
            &REGIONS,
            &["us-east-1"],
            &[Rule::of("watch", pattern(|_| {}))],
        );
        for region in REGIONS.into_iter().filter(|region| *region != "us-east-1") {
            let rule = json!({"Name": "central", "Arn": format!("arn:aws:events:{region}:{ACCOUNT}:rule/central"),
                "EventPattern": "{\"source\":[{\"prefix\":\"aws.\"}]}", "EventBusName": "default",
                "State": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"});
            for answer in world.answers_to("events", "ListRules") {
                if answer.region == region {
                    answer.output = Ok(json!({"Rules": [rule.clone()]}));
                }
            }
            let mut target = json!({"Id": "bus", "Arn": format!("arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default")});
            if let Some(role) = role {
                target["RoleArn"] = json!(role);
            }
            world.answer_of(
                ACCOUNT,
                region,
                ("events", "ListTargetsByRule"),
                json!({"Rule": "central"}),
                json!({"Targets": [target]}),
            );
        }
        world
    };
    let role = format!("arn:aws:iam::{ACCOUNT}:role/events-to-us-east-1");
    let found = finding(&central(Some(&role)), NEWEST, CONTROL);
    assert_eq!(found.status, Pass, "{}", reason(&found));
    assert!(
        found
            .notes
            .iter()
            .any(|note| note.link == Some(LinkId::E24))
    );
    is(
        "without a role",
        &central(None),
        CONTROL,
        Unknown,
        Some(LinkId::E24),
    );
}
