//! What trails keep: T14 to T17, S11, S12, and T06 where a bucket is asked for.

use trailproof::chain::recording::{AccountRecording, Events, Keeper, OBJECT_ARN};

use super::*;
use crate::support::world::HOME;

fn recording(edit: impl FnOnce(&mut World)) -> AccountRecording {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("world.db");
    world(edit).write_snapshot(&path);
    let snapshot = Snapshot::open(&path).expect("a snapshot");
    let reader = chain::Reader::new(&snapshot, &[]).expect("a reader");
    reader.recording(ACCOUNT).expect("a recording")
}

/// The one path of the complete account's trail to its bucket.
fn path(edit: impl FnOnce(&mut World), events: Events, keeper: Keeper) -> Path {
    let paths = recording(edit).paths(events, keeper);
    paths.into_iter().next().expect("a path")
}

/// The fault decides the verdict of the path, and the untouched account has nothing to say under the id.
fn kept_fault(
    id: LinkId,
    verdict: Verdict,
    (events, keeper): (Events, Keeper),
    edit: impl FnOnce(&mut World),
) -> Link {
    let path = path(edit, events, keeper);
    assert_eq!(path.verdict(), verdict, "{path:#?}");
    let link = path
        .links
        .iter()
        .find(|it| it.id == id && it.verdict == verdict);
    let link = link.unwrap_or_else(|| panic!("{id} is not {verdict}: {path:#?}"));
    assert!(!sentence(&link.cause).ends_with('.'), "{link:?}");
    assert!(
        !link.evidence.is_empty() || verdict == Verdict::Unknown,
        "{link:?}"
    );
    Link::clone(link)
}

const FILES: (Events, Keeper) = (Events::Management, Keeper::ValidatedFiles);
const SECRET: (Events, Keeper) = (Events::Management, Keeper::EncryptedFiles);
const OBJECTS: (Events, Keeper) = (Events::Objects, Keeper::Any);
const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-1111-2222-3333-444455556666";

fn status(change: impl Fn(&mut Value)) -> impl FnOnce(&mut World) {
    move |world| {
        world.edit("cloudtrail", "GetTrailStatus", change);
    }
}

fn data(fields: &[Value]) -> Value {
    let mut all = vec![
        json!({"Field": "eventCategory", "Equals": ["Data"]}),
        json!({"Field": "resources.type", "Equals": ["AWS::S3::Object"]}),
    ];
    all.extend(fields.iter().cloned());
    json!([{"Name": "objects", "FieldSelectors": all}])
}

fn object_call(name: &str, read_only: bool, object: &str) -> Value {
    let mut event = event(name, "s3.amazonaws.com", HOME, read_only);
    event[OBJECT_ARN] = json!(format!("arn:aws:s3:::{object}"));
    event
}

#[test]
fn t06_no_file_reaches_the_bucket() {
    let error = |answer: &mut Value| answer["LatestDeliveryError"] = json!("AccessDenied");
    kept_fault(LinkId::T06, Verdict::Broken, FILES, status(error));
    let stale = |answer: &mut Value| answer["LatestDeliveryTime"] = json!("2026-11-10T00:00:00Z");
    kept_fault(LinkId::T06, Verdict::Unknown, FILES, status(stale));
    let empty = |answer: &mut Value| answer["LatestDeliveryError"] = json!("");
    assert!(path(status(empty), FILES.0, FILES.1).sound());
}

#[test]
fn t14_no_digests() {
    let off = |world: &mut World| {
        world.edit_trail(|trail| trail["LogFileValidationEnabled"] = json!(false));
    };
    kept_fault(LinkId::T14, Verdict::Broken, FILES, off);
    let silent = |world: &mut World| {
        world.edit_trail(|trail| {
            trail
                .as_object_mut()
                .unwrap()
                .remove("LogFileValidationEnabled");
        });
    };
    kept_fault(LinkId::T14, Verdict::Unknown, FILES, silent);
}

#[test]
fn t15_digests_are_not_delivered() {
    let error = |answer: &mut Value| answer["LatestDigestDeliveryError"] = json!("NoSuchBucket");
    kept_fault(LinkId::T15, Verdict::Broken, FILES, status(error));
    let stale =
        |answer: &mut Value| answer["LatestDigestDeliveryTime"] = json!("2026-11-01T00:00:00Z");
    kept_fault(LinkId::T15, Verdict::Unknown, FILES, status(stale));
    let fresh =
        |answer: &mut Value| answer["LatestDigestDeliveryTime"] = json!("2026-11-20T23:10:00Z");
    assert!(path(status(fresh), FILES.0, FILES.1).sound());
}

#[test]
fn t16_no_key() {
    kept_fault(LinkId::T16, Verdict::Broken, SECRET, |_| {});
}

fn with_key(world: &mut World, state: &str, policy: &Value) {
    world.edit_trail(|trail| trail["KmsKeyId"] = json!(KEY));
    world.answer(
        "kms",
        "DescribeKey",
        json!({"KeyId": KEY}),
        json!({"KeyMetadata": {"KeyId": KEY.rsplit('/').next(), "Arn": KEY, "KeyState": state,
            "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"}}),
    );
    world.answer(
        "kms",
        "GetKeyPolicy",
        json!({"KeyId": KEY, "PolicyName": "default"}),
        json!({"Policy": policy.to_string()}),
    );
}

fn policy(condition: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "owner", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
        {"Sid": "trails", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
         "Action": "kms:GenerateDataKey*", "Resource": "*", "Condition": condition},
    ]})
}

#[test]
fn t17_the_key_is_not_for_cloudtrail() {
    let trails = json!({
        "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": "arn:aws:cloudtrail:*:111122223333:trail/*"},
        "StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/management-events"},
    });
    let good = path(
        |world| with_key(world, "Enabled", &policy(&trails)),
        SECRET.0,
        SECRET.1,
    );
    assert!(good.sound(), "{good:#?}");
    kept_fault(LinkId::T17, Verdict::Broken, SECRET, |world| {
        with_key(world, "PendingDeletion", &policy(&trails));
    });
    let others = json!({"StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/another"}});
    let link = kept_fault(LinkId::T17, Verdict::Broken, SECRET, |world| {
        with_key(world, "Enabled", &policy(&others));
    });
    assert!(
        sentence(&link.cause).contains("CloudTrail sends"),
        "{link:?}"
    );
    // The owner's statement hands over to IAM, which a service has no part in.
    let owner = json!({"Version": "2012-10-17", "Statement": [policy(&trails)["Statement"][0]]});
    kept_fault(LinkId::T17, Verdict::Broken, SECRET, |world| {
        with_key(world, "Enabled", &owner);
    });
    let link = kept_fault(LinkId::T17, Verdict::Unknown, SECRET, |world| {
        world.edit_trail(|trail| trail["KmsKeyId"] = json!(KEY));
    });
    assert!(
        sentence(&link.cause).contains("kms:GetKeyPolicy"),
        "{link:?}"
    );
}

#[test]
fn s11_no_selector_for_objects() {
    kept_fault(LinkId::S11, Verdict::Broken, OBJECTS, |_| {});
    // Another resource type, or another category, is none.
    let other = json!([{"FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::Lambda::Function"]},
    ]}]);
    kept_fault(LinkId::S11, Verdict::Broken, OBJECTS, |world| {
        world.selectors("AdvancedEventSelectors", other);
    });
}

#[test]
fn s12_selectors_leave_out_objects() {
    let read_only = |value: &str| json!({"Field": "readOnly", "Equals": [value]});
    let link = kept_fault(LinkId::S12, Verdict::Degraded, OBJECTS, |world| {
        world.selectors("AdvancedEventSelectors", data(&[read_only("true")]));
    });
    assert!(sentence(&link.cause).contains("reads"), "{link:?}");
    kept_fault(LinkId::S12, Verdict::Unknown, OBJECTS, |world| {
        let odd = json!({"Field": "vpcEndpointId", "Equals": ["vpce-1"]});
        world.selectors("AdvancedEventSelectors", data(&[odd]));
    });
    let own = "trail-logs-111122223333/AWSLogs/x.json.gz";
    let taken = |fields: &[Value], name: &str, read_only: bool, object: &str| {
        let path = path(
            |world| {
                world.selectors("AdvancedEventSelectors", data(fields));
            },
            OBJECTS.0,
            OBJECTS.1,
        );
        takes(&path, &object_call(name, read_only, object))
    };
    let arn = |operator: &str, text: &str| json!({"Field": "resources.ARN", operator: [text]});
    let not_own = arn("NotStartsWith", "arn:aws:s3:::trail-logs-111122223333/");
    assert!(!taken(
        std::slice::from_ref(&not_own),
        "DeleteObject",
        false,
        own
    ));
    assert!(taken(&[not_own], "DeleteObject", false, "other/x"));
    assert!(!taken(
        &[arn("NotStartsWith", "arn:aws:s3")],
        "PutObject",
        false,
        "other/x"
    ));
    assert!(taken(
        &[arn("StartsWith", "arn:aws:s3:::other/")],
        "GetObject",
        true,
        "other/x"
    ));
    assert!(!taken(
        &[arn("StartsWith", "arn:aws:s3:::other/")],
        "GetObject",
        true,
        "others/x"
    ));
    assert!(taken(
        &[arn("EndsWith", ".csv")],
        "GetObject",
        true,
        "other/x.csv"
    ));
    assert!(!taken(
        &[arn("NotEndsWith", ".csv")],
        "GetObject",
        true,
        "other/x.csv"
    ));
    let names = json!({"Field": "eventName", "Equals": ["PutObject", "DeleteObject"]});
    assert!(taken(
        std::slice::from_ref(&names),
        "PutObject",
        false,
        "other/x"
    ));
    assert!(!taken(&[names], "CopyObject", false, "other/x"));
    let inverted = json!({"Field": "readOnly", "NotEquals": ["true"]});
    assert!(taken(
        std::slice::from_ref(&inverted),
        "PutObject",
        false,
        "other/x"
    ));
    assert!(!taken(&[inverted], "GetObject", true, "other/x"));
}

#[test]
fn s12_basic_selectors_by_value() {
    let basic = |kind: &str, values: &[&str]| {
        let selectors = json!([{
            "ReadWriteType": kind,
            "IncludeManagementEvents": true,
            "DataResources": [{"Type": "AWS::S3::Object", "Values": values}],
        }]);
        path(
            move |world| {
                world.selectors("EventSelectors", selectors);
            },
            OBJECTS.0,
            OBJECTS.1,
        )
    };
    let put = |object: &str| object_call("PutObject", false, object);
    for all in ["arn:aws:s3", "arn:aws:s3:::"] {
        assert!(takes(&basic("All", &[all]), &put("any/x")), "{all}");
        assert!(!takes(&basic("ReadOnly", &[all]), &put("any/x")), "{all}");
        assert!(takes(&basic("WriteOnly", &[all]), &put("any/x")), "{all}");
    }
    let one = basic("All", &["arn:aws:s3:::one/"]);
    assert!(takes(&one, &put("one/x")) && !takes(&one, &put("one-more/x")));
    let bare = basic("All", &["arn:aws:s3:::one"]);
    assert!(takes(&bare, &put("one/x")) && !takes(&bare, &put("one-more/x")));
    let prefix = basic("All", &["arn:aws:s3:::one/a"]);
    assert!(takes(&prefix, &put("one/abc")) && !takes(&prefix, &put("one/b")));
}
