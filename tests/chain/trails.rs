//! T ids.

use trailproof::chain::cause::TrailCause;

use super::*;
use crate::support::world::{Answer, HOME};

#[test]
fn t01_trail_is_not_logging() {
    let link = fault(LinkId::T01, Verdict::Broken, |world| {
        world.edit("cloudtrail", "GetTrailStatus", |status| {
            status["IsLogging"] = json!(false)
        });
    });
    assert_eq!(link.fields, [("IsLogging".to_owned(), "false".to_owned())]);
}

#[test]
fn t01_status_denied_is_unknown_and_names_the_api() {
    let link = fault(LinkId::T01, Verdict::Unknown, |world| {
        world.deny("cloudtrail", "GetTrailStatus");
    });
    assert!(
        sentence(&link.cause).contains("cloudtrail:GetTrailStatus"),
        "{}",
        sentence(&link.cause)
    );
    assert!(
        sentence(&link.cause).contains("denied (AccessDeniedException)"),
        "{}",
        sentence(&link.cause)
    );
}

#[test]
fn t01_a_home_region_that_lists_no_trail_contradicts_the_region_that_shows_it() {
    let link = fault(LinkId::T01, Verdict::Unknown, |world| {
        let at_home = |it: &&mut Answer| it.operation == "DescribeTrails" && it.region == HOME;
        let answer = world.answers.iter_mut().find(at_home).expect("an answer");
        answer.output = Ok(json!({"trailList": []}));
    });
    let region = HOME.to_owned();
    assert_eq!(link.cause, TrailCause::NotListedAtHome { region }.into());
}

#[test]
fn t01_regions_that_tell_of_a_trail_differently_are_believed_by_nobody() {
    for (member, there) in [
        ("IsMultiRegionTrail", json!(false)),
        (
            "CloudWatchLogsLogGroupArn",
            json!("arn:aws:logs:us-east-1:111122223333:log-group:another:*"),
        ),
    ] {
        let chain = chain_of(&world(|world| {
            let at_home = |it: &&mut Answer| it.operation == "DescribeTrails" && it.region == HOME;
            let answer = world.answers.iter_mut().find(at_home).expect("an answer");
            let output = answer.output.as_mut().expect("an output");
            output["trailList"][0][member] = there.clone();
        }));
        let trails = chain.paths.iter().filter(|path| path.trail.is_some());
        assert_eq!(trails.count(), 0, "{member}");
        assert!(chain.paths.iter().all(|path| !path.sound()), "{member}");
        let unknown = chain.paths.iter().flat_map(|path| &path.links);
        let mut unknown = unknown.filter(|link| link.verdict == Verdict::Unknown);
        assert!(unknown.any(|link| link.id == LinkId::T01), "{member}");
    }
}

#[test]
fn t02_trail_has_no_log_group() {
    fault(LinkId::T02, Verdict::Broken, |world| {
        world.edit_trail(|trail| {
            trail
                .as_object_mut()
                .expect("an object")
                .remove("CloudWatchLogsLogGroupArn");
        });
        world.forget("logs", "DescribeMetricFilters");
    });
}

#[test]
fn t01_a_region_without_answer_may_hide_a_trail_of_that_region_alone() {
    let mut world = World::complete();
    for answer in world.answers_to("cloudtrail", "DescribeTrails") {
        if answer.region == "eu-west-1" {
            answer.output = Err(crate::support::world::ApiError {
                status: 400,
                code: "AccessDeniedException".to_owned(),
                message: "no".to_owned(),
            });
        }
    }
    let chain = chain_of(&world);
    let hidden: Vec<&Path> = chain
        .paths
        .iter()
        .filter(|path| path.trail.is_none())
        .collect();
    assert_eq!(hidden.len(), 1);
    assert_eq!(hidden[0].verdict(), Verdict::Unknown);
    assert!(takes(hidden[0], &stop_logging("eu-west-1")));
    assert!(!takes(hidden[0], &stop_logging(HOME)));
    assert!(
        sentence(&hidden[0].links[0].cause).contains("cloudtrail:DescribeTrails in eu-west-1"),
        "{:?}",
        hidden[0].links
    );
}

#[test]
fn t03_trail_has_no_role() {
    fault(LinkId::T03, Verdict::Broken, |world| {
        world.edit_trail(|trail| {
            trail
                .as_object_mut()
                .expect("an object")
                .remove("CloudWatchLogsRoleArn");
        });
    });
}

#[test]
fn t04_delivery_fails_and_none_succeeded_within_a_day() {
    for last in [json!("2026-11-18T00:00:00+00:00"), Value::Null] {
        fault(LinkId::T04, Verdict::Broken, |world| {
            world.edit("cloudtrail", "GetTrailStatus", |status| {
                status["LatestCloudWatchLogsDeliveryError"] = json!("Access denied");
                status["LatestCloudWatchLogsDeliveryTime"] = last.clone();
            });
        });
    }
}

#[test]
fn t04_delivery_fails_at_times() {
    fault(LinkId::T04, Verdict::Degraded, |world| {
        world.edit("cloudtrail", "GetTrailStatus", |status| {
            status["LatestCloudWatchLogsDeliveryError"] = json!("throttled");
        });
    });
}

#[test]
fn t05_delivery_is_stale() {
    fault(LinkId::T05, Verdict::Degraded, |world| {
        world.edit("cloudtrail", "GetTrailStatus", |status| {
            status["LatestCloudWatchLogsDeliveryTime"] = json!("2026-11-20T20:00:00+00:00");
        });
    });
    fault(LinkId::T05, Verdict::Weak, |world| {
        world.edit("cloudtrail", "GetTrailStatus", |status| {
            status["LatestCloudWatchLogsDeliveryTime"] = Value::Null;
            status["StartLoggingTime"] = Value::Null;
        });
    });
}

#[test]
fn t05_the_bucket_goes_on_while_the_log_group_gets_nothing() {
    for last in [json!("2026-11-17T20:00:00+00:00"), Value::Null] {
        let link = fault(LinkId::T05, Verdict::Broken, |world| {
            world.edit("cloudtrail", "GetTrailStatus", |status| {
                status["LatestCloudWatchLogsDeliveryTime"] = last.clone();
            });
        });
        assert_eq!(link.cause.code(), "delivery_stopped");
    }
}

#[test]
fn t05_both_deliveries_are_old_which_proves_nothing() {
    fault(LinkId::T05, Verdict::Unknown, |world| {
        world.edit("cloudtrail", "GetTrailStatus", |status| {
            status["LatestCloudWatchLogsDeliveryTime"] = json!("2026-11-10T20:00:00+00:00");
            status["LatestDeliveryTime"] = json!("2026-11-10T20:01:00+00:00");
        });
    });
}

#[test]
fn t04_an_error_with_no_delivery_after_it_while_the_bucket_went_on() {
    let link = fault(LinkId::T04, Verdict::Broken, |world| {
        world.edit("cloudtrail", "GetTrailStatus", |status| {
            status["LatestCloudWatchLogsDeliveryError"] = json!("AccessDenied");
            status["LatestCloudWatchLogsDeliveryTime"] = json!("2026-11-20T18:00:00+00:00");
        });
    });
    assert_eq!(link.cause.code(), "delivery_stopped");
}

#[test]
fn t04_an_empty_error_text_is_no_error() {
    let chain = chain_of(&world(|world| {
        world.edit("cloudtrail", "GetTrailStatus", |status| {
            status["LatestCloudWatchLogsDeliveryError"] = json!("");
            status["LatestDeliveryError"] = json!("");
        });
    }));
    assert_eq!(path_of(&chain, CONTROL).verdict(), Verdict::Ok);
}

#[test]
fn t07_a_home_region_that_is_disabled_is_not_documented() {
    let link = fault(LinkId::T07, Verdict::Unknown, |world| {
        world.edit("account", "ListRegions", |output| {
            for region in output["Regions"].as_array_mut().expect("Regions") {
                if region["RegionName"] == HOME {
                    region["RegionOptStatus"] = json!("DISABLED");
                }
            }
        });
    });
    assert_eq!(link.cause.code(), "home_region_disabled");
}

#[test]
fn t06_delivery_to_the_bucket_does_not_matter() {
    remark(LinkId::T06, |world| {
        world.edit("cloudtrail", "GetTrailStatus", |status| {
            status["LatestDeliveryError"] = json!("NoSuchBucket");
        });
    });
}

#[test]
fn t07_single_region_trail() {
    fault(LinkId::T07, Verdict::Degraded, |world| {
        world.single_region(true);
    });
    let chain = chain_of(&world(|world| {
        world.single_region(true);
    }));
    let path = path_of(&chain, CONTROL);
    assert!(takes(path, &stop_logging(HOME)));
    assert_eq!(
        stopped_by(path, &stop_logging("eu-west-1")),
        Some(LinkId::T07)
    );
}

#[test]
fn t08_single_region_trail_outside_the_global_region() {
    let mut world = World::complete_in("eu-west-1");
    world.single_region(true);
    let chain = chain_of(&world);
    let path = path_of(&chain, "iam_policy_changes");
    assert_eq!(path.verdict(), Verdict::Degraded);
    assert!(path.link(LinkId::T08).is_some());
    let event = event("PutUserPolicy", "iam.amazonaws.com", "us-east-1", false);
    assert_eq!(stopped_by(path, &event), Some(LinkId::T08));
    assert!(links_of(&chain_of(&World::complete_in("eu-west-1")), LinkId::T08).is_empty());
}

#[test]
fn t09_global_service_events_are_left_out() {
    let chain = chain_of(&world(|world| {
        world.single_region(false);
    }));
    let path = path_of(&chain, "iam_policy_changes");
    let event = event("PutUserPolicy", "iam.amazonaws.com", HOME, false);
    assert_eq!(stopped_by(path, &event), Some(LinkId::T09));
    // What a global service records at its endpoint of another Region is no global event.
    let elsewhere = self::event("GetCallerIdentity", "sts.amazonaws.com", "eu-west-1", true);
    assert_ne!(stopped_by(path, &elsewhere), Some(LinkId::T09));
    let with = chain_of(&world(|world| {
        world.single_region(true);
    }));
    assert!(takes(path_of(&with, "iam_policy_changes"), &event));
}

/// What an account of single-Region trails is told about controls whose events are global, regional or both.
fn one_trail_a_region(global: &[&str]) -> Vec<Finding> {
    const CONTROLS: [&str; 4] = [
        "iam_policy_changes",
        "root_usage",
        "security_group_changes",
        "unauthorized_api_calls",
    ];
    let controls: Vec<String> = CONTROLS.map(str::to_owned).to_vec();
    let mut findings = findings_of(&World::one_trail_a_region(global), &controls);
    findings.sort_by_key(|finding| CONTROLS.iter().position(|name| *name == finding.control));
    findings
}

#[test]
fn t09_one_trail_a_region_with_global_events_in_the_global_region_alone_is_what_aws_advises() {
    for global in [vec![HOME], vec![HOME, "eu-west-1"], REGIONS.to_vec()] {
        for finding in one_trail_a_region(&global) {
            assert_eq!(
                finding.status,
                Status::Pass,
                "{global:?}: {}: {} {:?}",
                finding.control,
                reason(&finding),
                finding.witness
            );
        }
    }
}

#[test]
fn t09_global_events_in_no_trail_of_the_global_region_are_lost() {
    for global in [vec![], vec!["eu-west-1"]] {
        for finding in one_trail_a_region(&global) {
            let told = format!("{global:?}: {}: {}", finding.control, reason(&finding));
            if finding.control == "security_group_changes" {
                assert_eq!(finding.status, Status::Pass, "{told}");
                continue;
            }
            assert_eq!(finding.status, Status::Fail, "{told}");
            assert_eq!(finding.broken_link, Some(LinkId::T09), "{told}");
            let witness = finding.witness.as_ref().expect("a witness");
            let source = witness["eventSource"].as_str().expect("a source");
            let model = trailproof::coverage::EventModel::cloudtrail();
            assert!(
                model.global_sources().iter().any(|global| global == source),
                "{told}: {source} is no global service"
            );
            // CloudFront in another Region is no event that happens.
            assert_eq!(witness["awsRegion"], HOME, "{told}");
        }
    }
}

/// The account without a trail, with these channels in its home Region.
fn without_trail(channels: Option<Value>) -> World {
    let mut world = World::empty();
    if let Some(channels) = channels {
        world.answer(
            "cloudtrail",
            "ListChannels",
            json!({}),
            json!({"Channels": channels}),
        );
    }
    world
}

fn verdicts_of_t01(world: &World) -> Vec<Verdict> {
    let chain = chain_of(world);
    let links = links_of(&chain, LinkId::T01);
    links.iter().map(|link| link.verdict).collect()
}

#[test]
fn t01_records_may_come_by_a_channel_of_a_service() {
    let channel = |name: &str| {
        let arn = format!(
            "arn:aws:cloudtrail:us-east-1:{ACCOUNT}:channel/EXAMPLE-ee54-4813-92d5-999aeEXAMPLE"
        );
        Some(json!([{"ChannelArn": arn, "Name": name}]))
    };
    // Never asked, none, and one of a service that keeps records for itself.
    for channels in [
        None,
        Some(json!([])),
        channel("aws-service-channel/resource-explorer-2/slc"),
    ] {
        let verdicts = verdicts_of_t01(&without_trail(channels));
        assert!(verdicts.contains(&Verdict::Broken), "{verdicts:?}");
    }
    let by_channel = without_trail(channel("aws-service-channel/cloudwatch/slc"));
    assert!(
        verdicts_of_t01(&by_channel)
            .iter()
            .all(|it| *it == Verdict::Unknown)
    );
    let chain = chain_of(&by_channel);
    let link = links_of(&chain, LinkId::T01)[0];
    assert!(
        sentence(&link.cause).contains("channel of its own"),
        "{link:?}"
    );
    let mut denied = without_trail(Some(json!([])));
    denied.deny("cloudtrail", "ListChannels");
    assert!(
        verdicts_of_t01(&denied)
            .iter()
            .all(|it| *it == Verdict::Unknown)
    );
}

#[test]
fn t01_a_stopped_trail_may_not_be_all_that_records() {
    let arn =
        format!("arn:aws:cloudtrail:{HOME}:{ACCOUNT}:channel/EXAMPLE-ee54-4813-92d5-999aeEXAMPLE");
    let channel = |name: &str| json!([{"ChannelArn": arn, "Name": name}]);
    let by_cloudwatch = channel("aws-service-channel/cloudwatch/slc");
    let of_other = channel("aws-service-channel/resource-explorer-2/slc");
    let with = |logging: bool, channels: &Value| {
        let mut world = World::complete();
        world.edit("cloudtrail", "GetTrailStatus", |status| {
            status["IsLogging"] = json!(logging);
        });
        world.answer(
            "cloudtrail",
            "ListChannels",
            json!({}),
            json!({"Channels": channels}),
        );
        finding_of(&world)
    };
    let finding = with(false, &by_cloudwatch);
    assert_eq!(
        (finding.status, finding.broken_link),
        (Status::Unknown, Some(LinkId::T01)),
        "{}",
        reason(&finding)
    );
    assert!(reason(&finding).contains("channel of its own"));
    let finding = with(false, &of_other);
    assert_eq!(
        (finding.status, finding.broken_link),
        (Status::Fail, Some(LinkId::T01)),
        "{}",
        reason(&finding)
    );
    assert!(reason(&finding).contains("not logging"));
    assert_eq!(with(true, &by_cloudwatch).status, Status::Pass);
}

/// The same account, with this telemetry rule in its home Region.
fn with_telemetry_rule(channels: Option<Value>, resource: &str, telemetry: &str) -> World {
    let mut world = without_trail(channels);
    world.answer(
        "observabilityadmin",
        "ListTelemetryRules",
        json!({}),
        json!({"TelemetryRuleSummaries": [{
            "RuleName": "trail-events",
            "RuleArn": format!("arn:aws:observabilityadmin:{HOME}:{ACCOUNT}:telemetry-rule/trail-events"),
            "ResourceType": resource,
            "TelemetryType": telemetry,
        }]}),
    );
    world
}

#[test]
fn t01_records_may_come_by_a_telemetry_rule() {
    let world = with_telemetry_rule(None, "AWS::CloudTrail", "Logs");
    let chain = chain_of(&world);
    let links = links_of(&chain, LinkId::T01);
    assert!(!links.is_empty());
    for link in &links {
        assert_eq!(link.verdict, Verdict::Unknown, "{link:?}");
        assert!(
            sentence(&link.cause).contains("telemetry rule `trail-events`"),
            "{link:?}"
        );
    }
    // One for the logs of other resources records no event of CloudTrail.
    for (resource, telemetry) in [("AWS::EC2::VPC", "Logs"), ("AWS::CloudTrail", "Metrics")] {
        let world = with_telemetry_rule(None, resource, telemetry);
        assert!(verdicts_of_t01(&world).contains(&Verdict::Broken));
    }
}

#[test]
fn telemetry_rules_that_nobody_may_list_decide_only_where_channels_were_not_told() {
    let denied = |channels: Option<Value>| {
        let mut world = with_telemetry_rule(channels, "AWS::CloudTrail", "Logs");
        world.deny("observabilityadmin", "ListTelemetryRules");
        world
    };
    // The channel of a rule would be among those that were told.
    assert!(verdicts_of_t01(&denied(Some(json!([])))).contains(&Verdict::Broken));
    let world = denied(None);
    let chain = chain_of(&world);
    for link in links_of(&chain, LinkId::T01) {
        assert_eq!(link.verdict, Verdict::Unknown);
        assert!(
            sentence(&link.cause).contains("observabilityadmin:ListTelemetryRules"),
            "{link:?}"
        );
    }
    // An endpoint that knows no channels has no rule that makes one, whatever it says to the question.
    let mut emulated = denied(Some(json!([])));
    emulated.fail(
        "cloudtrail",
        "ListChannels",
        400,
        "UnknownOperationException",
    );
    assert!(verdicts_of_t01(&emulated).contains(&Verdict::Broken));
    // Where the endpoint does not know it, there are none.
    let mut world = denied(None);
    world.fail(
        "observabilityadmin",
        "ListTelemetryRules",
        404,
        "UnknownOperationException",
    );
    assert!(verdicts_of_t01(&world).contains(&Verdict::Broken));
}

#[test]
fn records_may_come_by_a_channel_whatever_region_was_not_asked() {
    let channel = json!([{
        "ChannelArn": format!("arn:aws:cloudtrail:us-east-1:{ACCOUNT}:channel/EXAMPLE-ee54-4813-92d5-999aeEXAMPLE"),
        "Name": "aws-service-channel/cloudwatch/slc",
    }]);
    let mut world = without_trail(Some(channel));
    world.forget_in("us-west-2", "cloudtrail", "DescribeTrails");
    let finding = finding_of(&world);
    assert_eq!(finding.status, Status::Unknown, "{}", reason(&finding));
}

/// What hides in a Region that was not asked records that Region alone, and is not to blame for the events of others.
#[test]
fn an_account_without_a_trail_is_not_told_of_one_that_nobody_could_see() {
    let mut world = World::empty();
    world.forget_in("us-west-2", "cloudtrail", "DescribeTrails");
    let finding = finding_of(&world);
    let stop = finding.why.stop().expect("a link");
    assert_eq!(
        (finding.status, finding.broken_link, &stop.cause),
        (
            Status::Fail,
            Some(LinkId::T01),
            &TrailCause::NoTrailRecords.into()
        ),
        "{}",
        reason(&finding)
    );
    let witness = finding.witness.as_ref().expect("an event");
    assert_ne!(witness["awsRegion"], "us-west-2");
}
