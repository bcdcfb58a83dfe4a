//! Trails and what they deliver to.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{Call, Look, NEVER, Step, all, call, literal, none_of, same, step};
use crate::aws::arn::{self, Arn};
use crate::remedy::Resource;
use crate::remedy::resource::{Bucket, LogGroup, Role, Trail};
use crate::report::fix::json::put;

pub(super) fn bucket(it: &Bucket) -> Vec<Step> {
    let mut create = json!({"Bucket": it.name});
    if it.region != "us-east-1" {
        put(
            &mut create,
            "CreateBucketConfiguration",
            json!({"LocationConstraint": it.region}),
        );
    }
    let partition = arn::partition(&it.trail_arn).unwrap_or("aws");
    let statement = |sid: &str, action: &str, resource: String, more: Value| {
        let mut equals = json!({"aws:SourceArn": it.trail_arn});
        if let (Some(equals), Some(more)) = (equals.as_object_mut(), more.as_object()) {
            equals.extend(more.clone());
        }
        json!({
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": action,
            "Resource": resource,
            "Condition": {"StringEquals": equals},
        })
    };
    let arn = arn::bucket(partition, &it.name);
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [
            statement("TrailLooks", "s3:GetBucketAcl", arn.clone(), json!({})),
            statement(
                "TrailWrites",
                "s3:PutObject",
                format!("{arn}/AWSLogs/{}/*", it.account),
                json!({"s3:x-amz-acl": "bucket-owner-full-control"}),
            ),
        ],
    });
    let exists = format!("Buckets[?Name == {}]", literal(&json!(it.name)));
    let buckets = call("s3api", "list-buckets", &it.region, json!({}));
    let get = call(
        "s3api",
        "get-bucket-policy",
        &it.region,
        json!({"Bucket": it.name}),
    );
    vec![
        step(
            Look::new(buckets, exists, none_of("Buckets", "Name", &it.name)),
            vec![call("s3api", "create-bucket", &it.region, create)],
        ),
        step(
            Look::new(
                get,
                same("Policy", &json!(policy.to_string())),
                NEVER.to_owned(),
            ),
            vec![call(
                "s3api",
                "put-bucket-policy",
                &it.region,
                json!({"Bucket": it.name, "Policy": policy.to_string()}),
            )],
        ),
    ]
}

/// The inline policy of a role for one log group: a role may have several, and none replaces another.
pub(in crate::report::fix) fn policy_name(it: &Role) -> String {
    let arn = Arn::parse(&it.log_group_arn);
    let (region, group) = arn.map_or(("", ""), |arn| (arn.region, arn.name()));
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let words: String = group.chars().map(plain).take(80).collect();
    let digest = Sha256::digest(format!("{region} {group}"));
    let mark: String = digest
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("write-to-{}-{mark}", words.trim_matches('-'))
}

pub(super) fn role(it: &Role) -> Vec<Step> {
    // IAM is asked in the Region of the log group, as everything else of this change.
    let region = arn::region(&it.log_group_arn).unwrap_or("us-east-1");
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }],
    });
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": format!("{}:log-stream:*", it.log_group_arn),
        }],
    });
    let get = call("iam", "get-role", region, json!({"RoleName": it.name}));
    // One that is there may have more conditions, as AWS recommends.
    let trusts =
        "contains(to_string(Role.AssumeRolePolicyDocument), `\"cloudtrail.amazonaws.com\"`)";
    vec![
        step(
            Look::new(get, trusts.to_owned(), NEVER.to_owned()),
            vec![call(
                "iam",
                "create-role",
                region,
                json!({"RoleName": it.name, "AssumeRolePolicyDocument": trust.to_string()}),
            )],
        ),
        step(
            Look::new(
                call(
                    "iam",
                    "get-role-policy",
                    region,
                    json!({"RoleName": it.name, "PolicyName": policy_name(it)}),
                ),
                same("PolicyDocument", &policy),
                NEVER.to_owned(),
            ),
            vec![call(
                "iam",
                "put-role-policy",
                region,
                json!({
                    "RoleName": it.name,
                    "PolicyName": policy_name(it),
                    "PolicyDocument": policy.to_string(),
                }),
            )],
        ),
    ]
}

pub(super) fn log_group(it: &LogGroup) -> Vec<Step> {
    let get = call(
        "logs",
        "describe-log-groups",
        &it.region,
        json!({"logGroupNamePrefix": it.name}),
    );
    // Metric filters are of the standard class alone (L02).
    let fits = format!(
        "logGroups[?logGroupName == {} && {}]",
        literal(&json!(it.name)),
        "(logGroupClass || `\"STANDARD\"`) == `\"STANDARD\"`"
    );
    vec![step(
        Look::new(get, fits, none_of("logGroups", "logGroupName", &it.name)),
        vec![call(
            "logs",
            "create-log-group",
            &it.region,
            json!({"logGroupName": it.name}),
        )],
    )]
}

/// The settings of a trail that UpdateTrail and CreateTrail take, but for its bucket: those in which it differs from another,
/// or all, and whether the trail that is there has them.
fn settings(it: &Trail, other: Option<&Trail>) -> (Map<String, Value>, Vec<String>) {
    let mut settings = Map::new();
    let mut tests = Vec::new();
    let differs = |of: &dyn Fn(&Trail) -> Value| other.is_none_or(|other| of(other) != of(it));
    let switches = [
        (
            "IsMultiRegionTrail",
            it.multi_region,
            differs(&|it| json!(it.multi_region)),
        ),
        (
            "IncludeGlobalServiceEvents",
            it.global_events,
            differs(&|it| json!(it.global_events)),
        ),
    ];
    for (name, value, _) in switches.into_iter().filter(|(_, _, differs)| *differs) {
        tests.push(same(&format!("trailList[0].{name}"), &json!(value)));
        settings.insert(name.to_owned(), json!(value));
    }
    // An empty text takes what is named away; AWS shows the ARN of the key that an alias names.
    let group = it.log_group_arn.as_ref().map(|arn| format!("{arn}:*"));
    let delivers = differs(&|it| json!([it.log_group_arn, it.role_arn]));
    let named = [
        ("CloudWatchLogsLogGroupArn", &group, delivers),
        ("CloudWatchLogsRoleArn", &it.role_arn, delivers),
        (
            "KmsKeyId",
            &it.kms_key_id,
            differs(&|it| json!(it.kms_key_id)),
        ),
    ];
    for (name, value, differs) in named {
        if !differs || (other.is_none() && value.is_none()) {
            continue;
        }
        let path = format!("trailList[0].{name}");
        let value = value.as_deref().unwrap_or_default();
        tests.push(match value {
            "" => format!("!({path})"),
            alias if alias.starts_with("alias/") => format!("!!({path})"),
            arn => same(&path, &json!(arn)),
        });
        settings.insert(name.to_owned(), json!(value));
    }
    // AWS shows this setting under another name.
    if differs(&|it| json!(it.validation)) {
        let shown = "trailList[0].LogFileValidationEnabled";
        tests.push(same(shown, &json!(it.validation)));
        settings.insert("EnableLogFileValidation".to_owned(), json!(it.validation));
    }
    (settings, tests)
}

fn describe(it: &Trail) -> Call {
    call(
        "cloudtrail",
        "describe-trails",
        &it.region,
        json!({"trailNameList": [it.arn]}),
    )
}

/// Before a new trail.
pub(super) fn new_trail(it: &Trail) -> Look {
    let (_, mut tests) = settings(it, None);
    tests.push(same("trailList[0].S3BucketName", &json!(it.bucket)));
    Look::new(
        describe(it),
        all(tests),
        none_of("trailList", "TrailARN", &it.arn),
    )
}

pub(super) fn trail(it: &Trail, before: Option<&Resource>) -> Vec<Step> {
    let known = match before {
        Some(Resource::Trail(known)) => Some(known),
        _ => None,
    };
    let mut steps = Vec::new();
    let (mut set, tests) = settings(it, known);
    if let Some(known) = known
        && !set.is_empty()
    {
        let (_, was) = settings(known, Some(it));
        set.insert("Name".to_owned(), json!(it.arn));
        steps.push(step(
            Look::change(describe(it), all(tests), all(was)),
            vec![call("cloudtrail", "update-trail", &it.region, set.into())],
        ));
    } else if known.is_none() {
        set.insert("S3BucketName".to_owned(), json!(it.bucket));
        set.insert("Name".to_owned(), json!(it.name));
        steps.push(step(
            new_trail(it),
            vec![call("cloudtrail", "create-trail", &it.region, set.into())],
        ));
    }
    let selected = |of: &Trail| json!([of.selectors, of.advanced_selectors]);
    if !(it.selectors.is_empty() && it.advanced_selectors.is_empty())
        && known.is_none_or(|known| selected(known) != selected(it))
    {
        steps.push(selectors(it, known));
    }
    if known.is_none_or(|known| known.logging != it.logging) {
        let get = call(
            "cloudtrail",
            "get-trail-status",
            &it.region,
            json!({"Name": it.arn}),
        );
        let operation = if it.logging {
            "start-logging"
        } else {
            "stop-logging"
        };
        let logs = |is: bool| same("IsLogging", &json!(is));
        let look = match known {
            Some(_) => Look::change(get, logs(it.logging), logs(!it.logging)),
            None => Look::new(get, logs(it.logging), logs(!it.logging)),
        };
        steps.push(step(
            look,
            vec![call(
                "cloudtrail",
                operation,
                &it.region,
                json!({"Name": it.arn}),
            )],
        ));
    }
    steps
}

/// Whether a trail has the selectors of this one.
fn selects(it: &Trail) -> String {
    let (member, list) = selector_list(it);
    let mut tests = vec![format!("length({member} || `[]`) == `{}`", list.len())];
    for (position, selector) in list.iter().enumerate() {
        for (name, value) in selector.as_object().into_iter().flatten() {
            tests.push(same(&format!("{member}[{position}].{name}"), value));
        }
    }
    all(tests)
}

fn selector_list(it: &Trail) -> (&'static str, &[Value]) {
    if it.advanced_selectors.is_empty() {
        ("EventSelectors", &it.selectors)
    } else {
        ("AdvancedEventSelectors", &it.advanced_selectors)
    }
}

fn selectors(it: &Trail, known: Option<&Trail>) -> Step {
    let get = call(
        "cloudtrail",
        "get-event-selectors",
        &it.region,
        json!({"TrailName": it.arn}),
    );
    let look = match known {
        Some(known) => Look::change(get, selects(it), selects(known)),
        // A new trail has those that CloudTrail gives it.
        None => Look::new(get, selects(it), "`true`".to_owned()),
    };
    let (member, list) = selector_list(it);
    let mut input = json!({"TrailName": it.arn});
    put(&mut input, member, json!(list));
    step(
        look,
        vec![call("cloudtrail", "put-event-selectors", &it.region, input)],
    )
}
