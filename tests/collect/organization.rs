//! Many accounts in one file.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    Place, calls, collect, column, facts_digest, lack, monitored, number, refuse, succeed,
};
use crate::support::fake_aws::{FakeAws, Fault, FaultKind};
use crate::support::world::{ACCOUNT, HOME, MEMBER, Site, World};

/// An organization of complete accounts in four regions; the first is the management account.
fn organization(accounts: usize) -> (World, Vec<String>) {
    let ids: Vec<String> = (0..accounts)
        .map(|number| format!("{:012}", 111_122_223_333_u64 + number as u64))
        .collect();
    let mut world = World::default();
    for id in &ids {
        let mut site = Site::new(id, HOME);
        site.regions.push("ap-southeast-2".to_owned());
        world.answers.extend(World::of(&site).answers);
    }
    let listed: Vec<Value> = ids
        .iter()
        .map(|id| json!({"Id": id, "Name": format!("account {id}"), "State": "ACTIVE"}))
        .collect();
    world.answer(
        "organizations",
        "ListAccounts",
        json!({}),
        json!({"Accounts": listed}),
    );
    (world, ids)
}

fn of_organization(aws: &FakeAws, file: &std::path::Path) -> std::process::Command {
    let mut command = collect(&aws.endpoint(), ACCOUNT, file);
    command.args(["--organization", "--role-name", "Audit"]);
    command
}

#[test]
fn two_hundred_accounts_in_four_regions_and_one_that_hangs() {
    let (world, ids) = organization(200);
    let aws = FakeAws::serve_pages(&world, 20);
    aws.fault(Fault {
        account: "111122223400",
        ..Fault::of("", FaultKind::Delay(Duration::from_secs(600)))
    });
    let place = Place::new();
    let file = place.file("a.trailproof");
    let start = Instant::now();
    lack(of_organization(&aws, &file).args(["--timeout", "3"]));
    eprintln!(
        "200 accounts x 4 regions: {} calls in {:.1} s",
        aws.requests(),
        start.elapsed().as_secs_f64()
    );
    assert_eq!(ids.len(), 200);
    assert_eq!(number(&file, "select count(*) from account"), 199);
    assert_eq!(
        number(
            &file,
            "select count(distinct account) from subscription_attributes"
        ),
        199
    );
    assert_eq!(
        number(&file, "select count(*) from metric_filter"),
        199 * monitored()
    );
    assert_eq!(
        number(&file, "select count(*) from organization_account"),
        200
    );
    assert_eq!(
        column(&file, "select distinct account || ' ' || kind from gap"),
        ["111122223400 unreachable"]
    );
}

#[test]
fn an_account_that_cannot_be_entered_is_a_gap_of_its_own() {
    let (mut world, ids) = organization(4);
    // Closed to us: nobody has answers for it, and the role is refused.
    world.answers.retain(|answer| answer.account != ids[2]);
    let aws = FakeAws::serve(&world);
    let place = Place::new();
    let file = place.file("a.trailproof");
    let text = lack(&mut of_organization(&aws, &file));
    assert!(
        text.contains("AccessDenied: allow sts:AssumeRole"),
        "{text}"
    );
    assert_eq!(
        column(
            &file,
            "select account || ' ' || operation || ' ' || kind from gap"
        ),
        [format!("{} AssumeRole denied", ids[2])]
    );
    assert_eq!(number(&file, "select count(*) from account"), 3);
    let replayed = place.file("b.trailproof");
    lack(super::bare(&replayed).arg("--from").arg(&file));
    assert_eq!(calls(&file), calls(&replayed));
    assert_eq!(facts_digest(&file), facts_digest(&replayed));
}

#[test]
fn credentials_of_roles_never_enter_the_snapshot() {
    let (world, _) = organization(3);
    let aws = FakeAws::serve(&world);
    let place = Place::new();
    let file = place.file("a.trailproof");
    succeed(&mut of_organization(&aws, &file));
    assert_eq!(
        number(
            &file,
            "select count(*) from evidence where operation = 'AssumeRole'"
        ),
        0
    );
    let bytes = std::fs::read(&file).unwrap();
    let secret = b"very-secret-session-token";
    assert!(!bytes.windows(secret.len()).any(|window| window == secret));
}

/// Whether a text stands anywhere in the file: in its rows or, inflated, in a body.
fn holds(file: &std::path::Path, text: &str) -> bool {
    let mut bytes = std::fs::read(file).unwrap();
    let snapshot = trailproof::snapshot::Snapshot::open(file).unwrap();
    let read = snapshot.for_each_evidence(|evidence| {
        bytes.extend(evidence.call.body);
        bytes.push(b'\n');
        Ok(())
    });
    read.unwrap();
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[test]
fn an_answer_of_assume_role_is_not_kept_even_where_it_cannot_be_read() {
    let (world, _) = organization(2);
    for body in [
        // A date that the SDK does not read, a missing member, XML that is cut off, and another root.
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAX</AccessKeyId><SecretAccessKey>leaked-key</SecretAccessKey><SessionToken>leaked-token</SessionToken><Expiration>tomorrow</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>",
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><SecretAccessKey>leaked-key</SecretAccessKey><SessionToken>leaked-token</SessionToken></Credentials></AssumeRoleResult></AssumeRoleResponse>",
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><SecretAccessKey>leaked-key</SecretAccessKey><SessionToken>leaked-token",
        "<leaked-token><SecretAccessKey>leaked-key</SecretAccessKey></leaked-token>",
    ] {
        let aws = FakeAws::serve(&world);
        aws.fault(Fault::of(
            "AssumeRole",
            FaultKind::Body { status: 200, body },
        ));
        let place = Place::new();
        let file = place.file("a.trailproof");
        let text = lack(of_organization(&aws, &file).args(["--external-id", "the-external-id"]));
        for secret in ["leaked-key", "leaked-token", "the-external-id"] {
            assert!(!text.contains(secret), "{text}");
            assert!(!holds(&file, secret), "{secret}");
        }
        assert_eq!(
            number(
                &file,
                "select count(*) from evidence where operation = 'AssumeRole' and body_size = 0"
            ),
            1
        );
    }
}

#[test]
fn a_session_token_that_aws_repeats_is_not_kept() {
    let aws = FakeAws::serve(&World::complete());
    let body = r#"{"__type": "InvalidSignatureException", "message": "The canonical request should have been x-amz-security-token:{token}"}"#;
    aws.fault(Fault::of(
        "DescribeMetricFilters",
        FaultKind::Body { status: 400, body },
    ));
    let place = Place::new();
    let file = place.file("a.trailproof");
    let text = lack(
        collect(&aws.endpoint(), ACCOUNT, &file).env("AWS_SESSION_TOKEN", "my-very-own-token"),
    );
    assert!(!text.contains("my-very-own-token"), "{text}");
    assert!(!holds(&file, "my-very-own-token"));
    assert!(holds(&file, "x-amz-security-token:(withheld)"));
}

#[test]
fn suspended_accounts_are_listed_and_not_asked() {
    let (mut world, ids) = organization(3);
    world.edit("organizations", "ListAccounts", |output| {
        output["Accounts"][1]["State"] = json!("SUSPENDED")
    });
    let aws = FakeAws::serve(&world);
    let place = Place::new();
    let file = place.file("a.trailproof");
    succeed(&mut of_organization(&aws, &file));
    assert_eq!(
        column(&file, "select account from account order by 1"),
        [ids[0].as_str(), ids[2].as_str()]
    );
    assert_eq!(
        number(&file, "select count(*) from organization_account"),
        3
    );
}

#[test]
fn a_topic_of_another_account_is_asked_in_its_own() {
    let (mut world, ids) = organization(2);
    let foreign = Site::new(&ids[1], HOME).topic_arn();
    for answer in world.answers_to("monitoring", "DescribeAlarms") {
        if answer.account == ids[0] {
            let alarms = answer.output.as_mut().unwrap();
            for alarm in alarms["MetricAlarms"].as_array_mut().unwrap() {
                alarm["AlarmActions"] = json!([foreign]);
            }
        } else {
            // The owner has no alarm of its own that would lead to the topic.
            answer.output = Ok(json!({"MetricAlarms": [], "CompositeAlarms": [], "LogAlarms": []}));
        }
    }
    let aws = FakeAws::serve(&world);
    let place = Place::new();
    let file = place.file("a.trailproof");
    succeed(&mut of_organization(&aws, &file));
    assert_eq!(
        column(
            &file,
            "select account || ' ' || topic_arn from subscription"
        ),
        [format!("{} {foreign}", ids[1])]
    );
}

#[test]
fn who_may_not_list_accounts_is_told_and_leaves_no_file() {
    let (mut world, _) = organization(2);
    world.deny("organizations", "ListAccounts");
    let aws = FakeAws::serve(&world);
    let place = Place::new();
    let text = refuse(&mut of_organization(&aws, &place.file("a.trailproof")));
    assert!(text.contains("management account"), "{text}");
    assert_eq!(std::fs::read_dir(place.file("")).unwrap().count(), 0);
}

/// The account that the organization's management account made its log archive.
const DELEGATED: &str = "222233334444";

/// An organization trail whose log group, filters, alarms and topic are in a delegated account: the management account
/// has the trail, a member has nothing but its replica.
fn with_delegated_log_account() -> World {
    let delegated = Site::new(DELEGATED, HOME);
    let mut world = World::organization_of(&[DELEGATED, MEMBER]);
    let group = delegated.log_group_arn();
    world.edit_trail(|trail| trail["CloudWatchLogsLogGroupArn"] = json!(format!("{group}:*")));
    let is_chain = |service: &str| matches!(service, "logs" | "monitoring" | "sns");
    world.answers.retain(|answer| !is_chain(&answer.service));
    for account in [ACCOUNT, DELEGATED, MEMBER] {
        let mut chain = World::of(&Site::new(account, HOME));
        if account != DELEGATED {
            chain.edit("monitoring", "DescribeAlarms", |output| {
                *output = json!({"MetricAlarms": [], "CompositeAlarms": [], "LogAlarms": []});
            });
            chain.edit("logs", "DescribeMetricFilters", |output| {
                *output = json!({"metricFilters": []});
            });
        }
        world.answers.extend(
            chain
                .answers
                .into_iter()
                .filter(|answer| is_chain(&answer.service)),
        );
    }
    world
}

/// Also makes the sample snapshot, where `TRAILPROOF_SAMPLES` names its folder.
#[test]
fn an_organization_with_a_delegated_log_account() {
    let aws = FakeAws::serve(&with_delegated_log_account());
    let place = Place::new();
    let file = place.file("organization.trailproof");
    succeed(&mut of_organization(&aws, &file));
    assert_eq!(
        column(&file, "select distinct account from metric_filter"),
        [DELEGATED]
    );
    assert_eq!(
        column(&file, "select account from account order by 1"),
        [ACCOUNT, DELEGATED, MEMBER]
    );
    if let Some(folder) = std::env::var_os("TRAILPROOF_SAMPLES") {
        let folder = std::path::PathBuf::from(folder);
        std::fs::copy(&file, folder.join("organization.trailproof")).unwrap();
    }
}
