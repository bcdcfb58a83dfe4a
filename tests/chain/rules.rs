//! E ids: EventBridge rules as a way to be told.

mod buses;
mod patterns;
mod topics;

use super::*;
use crate::support::world::{HOME, MEMBER, RULE_TOPIC, Rule, SEVENTEEN, Site};

const EVERYWHERE: &[&str] = &REGIONS;

/// What cloudtrail_changes asks for, as a rule.
fn trail_changes() -> Value {
    json!({
        "source": ["aws.cloudtrail"],
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {
            "eventSource": ["cloudtrail.amazonaws.com"],
            "eventName": ["CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"],
        },
    })
}

fn root_usage(detail_types: &[&str]) -> Value {
    let mut pattern = json!({"detail": {"userIdentity": {"type": ["Root"]}}});
    if !detail_types.is_empty() {
        pattern["detail-type"] = json!(detail_types);
    }
    pattern
}

const CALLS: &str = "AWS API Call via CloudTrail";
const SIGN_IN: &str = "AWS Console Sign In via CloudTrail";
const SIGNIN: &str = "AWS Console Signin via CloudTrail";

/// The account that this rule watches in every Region, after an edit.
fn watched(rule: Rule, edit: impl FnOnce(&mut World)) -> World {
    let mut world = World::watched_by_rules(&REGIONS, EVERYWHERE, &[rule]);
    edit(&mut world);
    world
}

pub(super) fn by_rule(edit: impl FnOnce(&mut World)) -> World {
    watched(Rule::of("watch", trail_changes()), edit)
}

/// The finding of one control in the world's own account.
pub(super) fn finding_of(world: &World, control: &str) -> Finding {
    analyzed(world, control, &Options::default())
}

fn analyzed(world: &World, control: &str, options: &Options) -> Finding {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("world.db");
    world.write_snapshot(&path);
    let snapshot = Snapshot::open(&path).expect("a snapshot");
    let options = Options {
        controls: vec![control.to_owned()],
        accounts: vec![ACCOUNT.to_owned()],
        ..options.clone()
    };
    let registry = Registry::builtin().expect("a registry");
    let mut analysis = analyze::analyze(&snapshot, &registry, &options).expect("an analysis");
    analysis.findings.remove(0)
}

/// The finding fails, and this link is to blame.
#[track_caller]
pub(super) fn broken_by(id: LinkId, world: &World) -> Finding {
    let finding = finding_of(world, CONTROL);
    assert_eq!(
        (finding.status, finding.broken_link),
        (Status::Fail, Some(id)),
        "{}",
        reason(&finding)
    );
    crate::remedy::repaired(world, id, &finding);
    finding
}

#[track_caller]
pub(super) fn open_by(id: LinkId, world: &World, control: &str) -> Finding {
    let finding = finding_of(world, control);
    assert_eq!(
        (finding.status, finding.broken_link),
        (Status::Unknown, Some(id)),
        "{}",
        reason(&finding)
    );
    finding
}

#[track_caller]
pub(super) fn passes(world: &World, control: &str) -> Finding {
    let finding = finding_of(world, control);
    assert_eq!(finding.status, Status::Pass, "{}", reason(&finding));
    assert_eq!(finding.why.told_by(), Some(analyze::ToldBy::Eventbridge));
    finding
}

fn topic_in(region: &str) -> String {
    format!("arn:aws:sns:{region}:{ACCOUNT}:{RULE_TOPIC}")
}

/// The targets of the rule in every Region.
fn targets(world: &mut World, change: impl Fn(&str, &mut Value)) {
    for answer in world.answers_to("events", "ListTargetsByRule") {
        let region = answer.region.clone();
        let output = answer.output.as_mut().expect("an answer");
        for target in output["Targets"].as_array_mut().expect("a list") {
            change(&region, target);
        }
    }
}

fn topic_policy(world: &mut World, statements: &Value) {
    let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    for answer in world.answers_to("sns", "GetTopicAttributes") {
        answer.output.as_mut().expect("an answer")["Attributes"]["Policy"] = json!(policy);
    }
}

fn filter_policy(world: &mut World, scope: &str, policy: &Value) {
    for answer in world.answers_to("sns", "GetSubscriptionAttributes") {
        let attributes = &mut answer.output.as_mut().expect("an answer")["Attributes"];
        attributes["FilterPolicy"] = json!(policy.to_string());
        attributes["FilterPolicyScope"] = json!(scope);
    }
}

#[test]
fn a_rule_in_every_region_tells_people_and_the_audit_steps_are_not_met() {
    let finding = passes(&by_rule(|_| {}), CONTROL);
    let steps = finding.audit_steps.as_ref().expect("steps");
    assert!(!format!("{:?}", steps.answer).eq("Met"), "{steps:?}");
    let said = reason(&finding);
    assert!(
        said.contains("somebody is told") && said.contains("metric filter and an alarm"),
        "{said}"
    );
}

#[test]
fn paths_alarm_counts_no_rule() {
    let options = Options {
        paths: analyze::Paths::Alarm,
        ..Options::default()
    };
    let finding = analyzed(&by_rule(|_| {}), CONTROL, &options);
    assert_eq!(finding.status, Status::Fail);
    assert!(finding.why.told_by().is_none());
}

#[test]
fn alarms_that_carry_everything_are_what_is_told_by() {
    let mut world = World::complete();
    world.deploy(HOME, &[Rule::of("watch", trail_changes())]);
    let finding = finding_of(&world, CONTROL);
    assert_eq!(finding.why.told_by(), Some(analyze::ToldBy::Alarm));
}

#[test]
fn e01_no_logging_trail() {
    let world = by_rule(|world| {
        world.edit("cloudtrail", "DescribeTrails", |output| {
            output["trailList"] = json!([])
        });
    });
    let chain = chain_of(&world);
    assert!(
        links_of(&chain, LinkId::E01)
            .iter()
            .any(|link| link.verdict == Verdict::Broken)
    );
    assert_eq!(finding_of(&world, CONTROL).status, Status::Fail);
    // A trail that does not log feeds nothing either.
    let stopped = by_rule(|world| {
        world.edit("cloudtrail", "GetTrailStatus", |output| {
            output["IsLogging"] = json!(false)
        });
    });
    broken_by(LinkId::T01, &stopped);
}

#[test]
fn e01_is_open_for_a_member_of_an_organization() {
    let mut world = World::organization();
    let mut site = Site::new(MEMBER, HOME);
    site.regions.truncate(1);
    for answer in world.answers_to("events", "ListRules") {
        if answer.account == MEMBER && answer.region == HOME {
            answer.output = Ok(
                json!({"Rules": [{"Name": "watch", "Arn": format!("arn:aws:events:{HOME}:{MEMBER}:rule/watch"),
                "EventPattern": trail_changes().to_string(), "State": "ENABLED", "EventBusName": "default"}]}),
            );
        }
    }
    let chain = chain_of_account(&world, MEMBER);
    assert!(
        links_of(&chain, LinkId::E01)
            .iter()
            .any(|link| link.verdict == Verdict::Unknown)
    );
}

#[test]
fn e27_user_notifications() {
    let world = by_rule(|world| {
        for answer in world.answers_to("events", "ListRules") {
            answer.output.as_mut().expect("an answer")["Rules"][0]["ManagedBy"] =
                json!("notifications.amazonaws.com");
        }
    });
    open_by(LinkId::E27, &world, CONTROL);
}

#[test]
fn rules_that_could_not_be_listed_leave_it_open_and_rules_that_were_never_asked_for_say_nothing() {
    let bare = || World::watched_by_rules(&REGIONS, &[], &[]);
    let mut denied = bare();
    denied.deny("events", "ListRules");
    let finding = finding_of(&denied, CONTROL);
    assert_eq!(finding.status, Status::Unknown, "{}", reason(&finding));
    assert!(
        reason(&finding).contains("an EventBridge rule may be there"),
        "{}",
        reason(&finding)
    );
    let mut old = bare();
    for operation in ["ListRules", "ListEventBuses", "DescribeEventBus"] {
        old.forget("events", operation);
    }
    assert_eq!(finding_of(&old, CONTROL).status, Status::Fail);
}

#[test]
fn a_region_whose_rules_nobody_asked_for_is_open_where_others_were_asked() {
    let rule = Rule::of("watch", trail_changes());
    let (left_out, asked) = REGIONS.split_last().unwrap();
    let mut world = World::watched_by_rules(&REGIONS, asked, &[rule]);
    broken_by(LinkId::E08, &world);
    world
        .answers
        .retain(|answer| !(answer.service == "events" && answer.region == *left_out));
    let finding = open_by(LinkId::E02, &world, CONTROL);
    assert!(
        reason(&finding).contains("events:ListRules"),
        "{}",
        reason(&finding)
    );
}

#[test]
fn an_account_watched_by_rules_in_seventeen_regions_passes_and_fails_with_the_one_that_is_missing()
{
    let rules = [
        Rule::of("watch", trail_changes()),
        Rule::of("root", root_usage(&[CALLS, SIGN_IN, SIGNIN])),
    ];
    let whole = World::watched_by_rules(&SEVENTEEN, &SEVENTEEN, &rules);
    passes(&whole, CONTROL);
    passes(&whole, "root_usage");
    let deployed: Vec<&str> = SEVENTEEN
        .into_iter()
        .filter(|region| *region != "ap-northeast-3")
        .collect();
    let world = World::watched_by_rules(&SEVENTEEN, &deployed, &rules);
    let finding = broken_by(LinkId::E08, &world);
    assert_eq!(
        finding.witness.expect("a witness")["awsRegion"],
        "ap-northeast-3"
    );
}
