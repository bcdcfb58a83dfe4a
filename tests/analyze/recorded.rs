//! Controls of the section `logging`: is every event kept.

/// What other tools were measured to get wrong on the same accounts.
mod measured;

use serde_json::{Value, json};
use trailproof::analyze::Status::{Fail, Pass, Unknown};
use trailproof::chain::verdict::{Kind, LinkId, Subject};
use trailproof::control::{Answer, Section, Sections};
use trailproof::report::words::reason;

use super::super::support::controls::asked;
use super::super::support::world::{ACCOUNT, HOME, REGIONS, Site, World};
use super::{analyzed, expect, finding};

const NEWEST: &str = "cis-aws";
const ALL: &str = "cloudtrail_all_regions";
const WRITES: &str = "s3_object_writes";
const READS: &str = "s3_object_reads";

fn world(edit: impl FnOnce(&mut World)) -> World {
    let mut world = World::complete();
    edit(&mut world);
    world
}

fn with(key: &str, selectors: Value) -> World {
    world(|world| {
        world.selectors(key, selectors);
    })
}

fn basic(read_write: &str, management: bool, values: &[&str]) -> Value {
    let data = match values {
        [] => json!([]),
        values => json!([{"Type": "AWS::S3::Object", "Values": values}]),
    };
    json!({"ReadWriteType": read_write, "IncludeManagementEvents": management, "DataResources": data,
        "ExcludeManagementEventSources": []})
}

fn fields(category: &str, more: &[Value]) -> Value {
    let mut all = vec![json!({"Field": "eventCategory", "Equals": [category]})];
    if category == "Data" {
        all.push(json!({"Field": "resources.type", "Equals": ["AWS::S3::Object"]}));
    }
    all.extend(more.iter().cloned());
    json!({"FieldSelectors": all})
}

fn read_only(value: &str) -> Value {
    json!({"Field": "readOnly", "Equals": [value]})
}

/// One more trail of the home Region, like the first but for what the change makes of it, with these selectors.
fn second_trail(world: &mut World, change: impl Fn(&mut Value), selectors: &Value) {
    let arn = format!("arn:aws:cloudtrail:{HOME}:{ACCOUNT}:trail/second");
    world.edit("cloudtrail", "DescribeTrails", |answer| {
        let trails = answer["trailList"].as_array_mut().unwrap();
        let mut trail = trails[0].clone();
        trail["Name"] = json!("second");
        trail["TrailARN"] = json!(arn);
        change(&mut trail);
        trails.push(trail);
    });
    let call = |operation| ("cloudtrail", operation);
    let status = json!({"IsLogging": true, "LatestDeliveryTime": "2026-11-20T23:55:00Z",
        "LatestCloudWatchLogsDeliveryTime": "2026-11-20T23:55:00Z", "StartLoggingTime": "2026-10-01T07:00:00Z"});
    world.answer_of(
        ACCOUNT,
        HOME,
        call("GetTrailStatus"),
        json!({"Name": arn}),
        status,
    );
    let mut answer = selectors.clone();
    answer["TrailARN"] = json!(arn);
    world.answer_of(
        ACCOUNT,
        HOME,
        call("GetEventSelectors"),
        json!({"TrailName": arn}),
        answer,
    );
}

#[test]
fn every_record_of_the_complete_account_is_kept() {
    let found = expect(&World::complete(), NEWEST, ALL, Pass, None);
    assert!(
        reason(&found).contains("`management-events`"),
        "{}",
        reason(&found)
    );
    expect(
        &World::complete(),
        NEWEST,
        "cloudtrail_file_validation",
        Pass,
        None,
    );
    expect(
        &World::complete(),
        "cis-aws-2.0",
        "cloudtrail_log_group",
        Pass,
        None,
    );
    expect(
        &World::complete(),
        NEWEST,
        "cloudtrail_kms",
        Fail,
        Some(LinkId::T16),
    );
    expect(&World::complete(), NEWEST, WRITES, Fail, Some(LinkId::S11));
    let found = expect(&World::empty(), NEWEST, ALL, Fail, Some(LinkId::T01));
    assert!(
        reason(&found).contains("it has no trail"),
        "{}",
        reason(&found)
    );
}

#[test]
fn monitoring_stays_the_default_and_a_named_control_is_judged_whatever_its_section() {
    let by = |sections| {
        let options = trailproof::analyze::Options {
            sections,
            ..Default::default()
        };
        analyzed(&World::complete(), &options).findings.len()
    };
    let (monitoring, logging) = (asked(Section::Monitoring), asked(Section::Logging));
    assert_eq!(by(Sections::Usual), monitoring);
    assert_eq!(by(Sections::One(Section::Monitoring)), monitoring);
    assert_eq!(by(Sections::One(Section::Logging)), logging);
    assert_eq!(by(Sections::All), monitoring + logging);
    assert_eq!(finding(&World::complete(), NEWEST, ALL).control, ALL);
}

#[test]
fn the_witness_is_the_event_that_nobody_records() {
    let mut excluded = basic("All", true, &[]);
    excluded["ExcludeManagementEventSources"] = json!(["kms.amazonaws.com"]);
    let found = expect(
        &with("EventSelectors", json!([excluded])),
        NEWEST,
        ALL,
        Fail,
        Some(LinkId::S04),
    );
    let witness = found.witness.as_ref().unwrap();
    assert_eq!(witness["eventName"], "Decrypt");
    assert_eq!(witness["eventSource"], "kms.amazonaws.com");
    assert_eq!(witness["awsRegion"], "eu-west-1");
    assert_eq!(
        reason(&found),
        "nobody records Decrypt of kms.amazonaws.com in eu-west-1: trail `management-events`: \
         events of kms.amazonaws.com are left out"
    );
    let alone = world(|world| {
        world.single_region(true);
    });
    let found = expect(&alone, NEWEST, ALL, Fail, Some(LinkId::T07));
    assert_ne!(found.witness.unwrap()["awsRegion"], HOME);
}

#[test]
fn the_trail_that_is_there_is_named_and_not_one_that_nobody_could_see() {
    let asked_in_part = world(|world| {
        world.single_region(true);
        world.forget_in("eu-west-1", "cloudtrail", "DescribeTrails");
    });
    let found = expect(&asked_in_part, NEWEST, ALL, Fail, Some(LinkId::T07));
    assert_eq!(
        found.why.stop().and_then(|stop| stop.subject.as_ref()),
        Some(&Subject::of_arn(
            Kind::Trail,
            &Site::new(ACCOUNT, HOME).trail_arn()
        )),
        "{}",
        reason(&found)
    );
}

#[test]
fn a_trail_that_is_stopped_or_delivers_nowhere_records_nothing() {
    let status = |field: &'static str, value: Value| {
        world(move |world| {
            world.edit("cloudtrail", "GetTrailStatus", |answer| {
                answer[field] = value.clone()
            });
        })
    };
    expect(
        &status("IsLogging", json!(false)),
        NEWEST,
        ALL,
        Fail,
        Some(LinkId::T01),
    );
    let broken = status("LatestDeliveryError", json!("AccessDenied"));
    // The log group has it all the same.
    expect(&broken, NEWEST, ALL, Pass, None);
    expect(
        &broken,
        NEWEST,
        "cloudtrail_file_validation",
        Fail,
        Some(LinkId::T06),
    );
    let mut nowhere = broken.clone();
    nowhere.edit_trail(|trail| {
        trail
            .as_object_mut()
            .unwrap()
            .remove("CloudWatchLogsLogGroupArn");
    });
    expect(&nowhere, NEWEST, ALL, Fail, Some(LinkId::T06));
    let denied = world(|world| {
        world.deny("cloudtrail", "GetTrailStatus");
    });
    let found = expect(&denied, NEWEST, ALL, Unknown, Some(LinkId::T01));
    assert!(
        reason(&found).contains("cloudtrail:GetTrailStatus"),
        "{}",
        reason(&found)
    );
    let denied = world(|world| {
        world.deny("cloudtrail", "GetEventSelectors");
        world.edit_trail(|trail| trail["HasCustomEventSelectors"] = json!(true));
    });
    expect(&denied, NEWEST, ALL, Unknown, Some(LinkId::S10));
    expect(&denied, NEWEST, WRITES, Unknown, Some(LinkId::S10));
}

#[test]
fn single_region_trails_prove_nothing_while_the_regions_are_not_known() {
    // One trail in each known Region records everything there.
    let mut each = world(|world| {
        world.single_region(true);
    });
    for region in REGIONS.iter().filter(|region| **region != HOME) {
        let arn = format!("arn:aws:cloudtrail:{region}:{ACCOUNT}:trail/{region}");
        let answers = each.answers_to("cloudtrail", "DescribeTrails");
        for answer in answers {
            if answer.region == *region {
                answer.output = Ok(json!({"trailList": [{
                    "Name": region, "TrailARN": arn, "HomeRegion": region, "IsMultiRegionTrail": false,
                    "IncludeGlobalServiceEvents": true, "S3BucketName": "logs", "HasCustomEventSelectors": false,
                }]}));
            }
        }
        each.answer_of(
            ACCOUNT,
            region,
            ("cloudtrail", "GetTrailStatus"),
            json!({"Name": arn}),
            json!({"IsLogging": true, "LatestDeliveryTime": "2026-11-20T23:55:00Z"}),
        );
    }
    expect(&each, NEWEST, ALL, Pass, None);
    each.deny("account", "ListRegions");
    let found = finding(&each, NEWEST, ALL);
    assert_ne!(found.status, Pass, "{}", reason(&found));
}

#[test]
fn digests_of_one_trail_are_enough_where_it_records_everything() {
    let all = json!({"EventSelectors": [basic("All", true, &[])]});
    let twice = world(|world| {
        second_trail(
            world,
            |trail| trail["LogFileValidationEnabled"] = json!(false),
            &all,
        );
    });
    let found = expect(&twice, NEWEST, "cloudtrail_file_validation", Pass, None);
    assert_eq!(found.audit_steps.unwrap().answer, Answer::NotMet);
    let off = world(|world| {
        world.edit_trail(|trail| trail["LogFileValidationEnabled"] = json!(false));
    });
    let found = expect(
        &off,
        NEWEST,
        "cloudtrail_file_validation",
        Fail,
        Some(LinkId::T14),
    );
    assert!(
        reason(&found).contains("no file that can be checked holds"),
        "{}",
        reason(&found)
    );
}

#[test]
fn data_events_of_every_bucket_pass_and_the_trails_own_bucket_is_the_witness_where_it_is_left_out()
{
    let both = json!([fields("Management", &[]), fields("Data", &[])]);
    let all = with("AdvancedEventSelectors", both);
    for control in [ALL, WRITES, READS] {
        expect(&all, NEWEST, control, Pass, None);
    }
    let own = json!({"Field": "resources.ARN", "NotStartsWith": [format!("arn:aws:s3:::trail-logs-{ACCOUNT}/")]});
    let spared = with(
        "AdvancedEventSelectors",
        json!([fields("Management", &[]), fields("Data", &[own])]),
    );
    for (control, name, read_only) in [(WRITES, "DeleteObject", false), (READS, "GetObject", true)]
    {
        let found = expect(&spared, NEWEST, control, Fail, Some(LinkId::S12));
        let witness = found.witness.as_ref().unwrap();
        assert_eq!(witness["eventName"], name);
        assert_eq!(witness["readOnly"], read_only);
        assert_eq!(witness["eventCategory"], "Data");
        assert_eq!(witness["managementEvent"], false);
        assert_eq!(
            witness["requestParameters"]["bucketName"],
            format!("trail-logs-{ACCOUNT}")
        );
        let arn = witness["resources"][0]["ARN"].as_str().unwrap();
        assert!(
            arn.starts_with(&format!("arn:aws:s3:::trail-logs-{ACCOUNT}/")),
            "{arn}"
        );
        assert!(witness.get("objectArn").is_none());
    }
}

#[test]
fn a_bucket_that_no_selector_names_is_found_whatever_the_rest() {
    for (what, more) in [
        (
            "one bucket",
            json!({"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::one/"]}),
        ),
        (
            "nothing",
            json!({"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3"]}),
        ),
        (
            "some names",
            json!({"Field": "eventName", "Equals": ["PutObject", "DeleteObject"]}),
        ),
        (
            "all but one person",
            json!({"Field": "userIdentity.arn", "NotEquals": ["arn:aws:iam::111122223333:user/eve"]}),
        ),
        (
            "all but one ending",
            json!({"Field": "resources.ARN", "NotEndsWith": [".tmp"]}),
        ),
        (
            "a prefix of a key",
            json!({"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::b1g/secret/"]}),
        ),
    ] {
        let found = finding(
            &with("AdvancedEventSelectors", json!([fields("Data", &[more])])),
            NEWEST,
            WRITES,
        );
        assert_eq!(
            (found.status, found.broken_link),
            (Fail, Some(LinkId::S12)),
            "{what}"
        );
        let witness = found.witness.unwrap();
        let arn = witness["resources"][0]["ARN"].as_str().unwrap();
        let (bucket, key) = arn
            .strip_prefix("arn:aws:s3:::")
            .unwrap()
            .split_once('/')
            .unwrap();
        assert!(bucket.len() > 2 && !key.is_empty(), "{what}: {arn}");
        assert_eq!(witness["requestParameters"]["bucketName"], bucket, "{what}");
    }
}

#[test]
fn a_stopped_trail_records_no_object_and_two_trails_make_one_record() {
    let both = json!([fields("Management", &[]), fields("Data", &[])]);
    let mut stopped = with("AdvancedEventSelectors", both);
    stopped.edit("cloudtrail", "GetTrailStatus", |answer| {
        answer["IsLogging"] = json!(false)
    });
    expect(&stopped, NEWEST, WRITES, Fail, Some(LinkId::T01));
    let halves = world(|world| {
        world.selectors(
            "AdvancedEventSelectors",
            json!([
                fields("Management", &[]),
                fields("Data", &[read_only("true")])
            ]),
        );
        let writes = json!({"AdvancedEventSelectors": [fields("Data", &[read_only("false")])]});
        second_trail(world, |_| {}, &writes);
    });
    expect(&halves, NEWEST, READS, Pass, None);
    expect(&halves, NEWEST, WRITES, Pass, None);
}

#[test]
fn a_default_trail_passes_and_does_not_meet_the_steps_from_4_0_1_on() {
    let steps = |benchmark: &str, world: &World| {
        let found = expect(world, benchmark, ALL, Pass, None);
        found.audit_steps.unwrap().answer
    };
    for old in ["cis-aws-1.4", "cis-aws-2.0", "cis-aws-3.0"] {
        assert_eq!(steps(old, &World::complete()), Answer::Met, "{old}");
    }
    for new in [
        "cis-aws-4.0",
        "cis-aws-4.0.1",
        "cis-aws-5.0",
        "cis-aws-6.0",
        "cis-aws-7.0",
    ] {
        assert_eq!(steps(new, &World::complete()), Answer::NotMet, "{new}");
    }
    let modern = with("AdvancedEventSelectors", json!([fields("Management", &[])]));
    assert_eq!(steps("cis-aws-5.0", &modern), Answer::Met);
    assert_eq!(steps("cis-aws-2.0", &modern), Answer::NotMet);
    // The text of 1.2 and 1.3 was not at hand.
    assert!(finding(&modern, "cis-aws-1.3", ALL).audit_steps.is_none());
}

#[test]
fn what_was_cut_short_is_no_proof_of_a_record() {
    let folder = tempfile::tempdir().unwrap();
    let file = World::complete().write_partial(&folder.path().join("part.trailproof"));
    let snapshot = trailproof::snapshot::Snapshot::open(&file).unwrap();
    let registry = trailproof::control::Registry::builtin().unwrap();
    let analysis =
        trailproof::analyze::analyze(&snapshot, &registry, &super::only(NEWEST, ALL)).unwrap();
    assert_eq!(analysis.findings[0].status, Unknown);
    assert!(reason(&analysis.findings[0]).starts_with("the collection was cut short"));
}

#[test]
fn reports_speak_of_records_where_records_are_asked_for() {
    use trailproof::report::{self, About, Dossier, Format, View};
    let options = trailproof::analyze::Options {
        sections: Sections::One(Section::Logging),
        ..Default::default()
    };
    let analysis = analyzed(&World::complete(), &options);
    let dossier = Dossier {
        analysis: &analysis,
        about: &About::default(),
    };
    for format in [
        Format::Table,
        Format::Json,
        Format::Csv,
        Format::Markdown,
        Format::Html,
        Format::Sarif,
    ] {
        let view = View {
            details: true,
            ..View::default()
        };
        let text = report::analysis(dossier, format, view);
        assert!(text.contains("cloudtrail_kms"), "{format:?}");
        assert!(!text.contains("would hear of"), "{format:?}: {text}");
        assert!(!text.contains("would alert nobody"), "{format:?}");
    }
    let html = report::analysis(dossier, Format::Html, View::default());
    assert!(html.contains("Is everything recorded?"));
    assert!(html.contains("Witness: an event that is not kept"));
}
