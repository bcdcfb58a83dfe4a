//! Trails and what they deliver to.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{Step, all, call, literal, same, step};
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
    let exists = format!(
        "length(Buckets[?Name == {}]) > `0`",
        literal(&json!(it.name))
    );
    vec![
        step(
            Some((call("s3api", "list-buckets", &it.region, json!({})), exists)),
            vec![call("s3api", "create-bucket", &it.region, create)],
        ),
        step(
            Some((
                call(
                    "s3api",
                    "get-bucket-policy",
                    &it.region,
                    json!({"Bucket": it.name}),
                ),
                same("Policy", &json!(policy.to_string())),
            )),
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
    vec![
        step(
            Some((get, same("Role.RoleName", &json!(it.name)))),
            vec![call(
                "iam",
                "create-role",
                region,
                json!({"RoleName": it.name, "AssumeRolePolicyDocument": trust.to_string()}),
            )],
        ),
        step(
            Some((
                call(
                    "iam",
                    "get-role-policy",
                    region,
                    json!({"RoleName": it.name, "PolicyName": policy_name(it)}),
                ),
                same("PolicyDocument", &policy),
            )),
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
    let exists = format!(
        "length(logGroups[?logGroupName == {}]) > `0`",
        literal(&json!(it.name))
    );
    vec![step(
        Some((get, exists)),
        vec![call(
            "logs",
            "create-log-group",
            &it.region,
            json!({"logGroupName": it.name}),
        )],
    )]
}

pub(super) fn trail(it: &Trail, before: Option<&Resource>) -> Vec<Step> {
    let known = match before {
        Some(Resource::Trail(known)) => Some(known),
        _ => None,
    };
    let mut steps = Vec::new();
    let group = it.log_group_arn.as_ref().map(|arn| format!("{arn}:*"));
    let mut settings = Map::new();
    let mut tests = Vec::new();
    let mut set = |name: &str, value: Value, differs: bool| {
        if differs && !value.is_null() {
            tests.push(same(&format!("trailList[0].{name}"), &value));
            settings.insert(name.to_owned(), value);
        }
    };
    let new = known.is_none();
    let differs = |of: &dyn Fn(&Trail) -> Value| known.is_none_or(|known| of(known) != of(it));
    set(
        "IsMultiRegionTrail",
        json!(it.multi_region),
        differs(&|it| json!(it.multi_region)),
    );
    set(
        "IncludeGlobalServiceEvents",
        json!(it.global_events),
        differs(&|it| json!(it.global_events)),
    );
    if new {
        set("S3BucketName", json!(it.bucket), true);
    }
    // An empty text takes what is named away; AWS shows the ARN of the key that an alias names.
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
        if !differs || (new && value.is_none()) {
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
    let describe = || {
        call(
            "cloudtrail",
            "describe-trails",
            &it.region,
            json!({"trailNameList": [it.arn]}),
        )
    };
    if !settings.is_empty() {
        let (operation, name) = if new {
            ("create-trail", &it.name)
        } else {
            ("update-trail", &it.arn)
        };
        settings.insert("Name".to_owned(), json!(name));
        steps.push(step(
            Some((describe(), all(tests))),
            vec![call("cloudtrail", operation, &it.region, settings.into())],
        ));
    }
    if differs(&|it| json!([it.selectors, it.advanced_selectors]))
        && !(it.selectors.is_empty() && it.advanced_selectors.is_empty())
    {
        steps.push(selectors(it));
    }
    if differs(&|it| json!(it.logging)) {
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
        steps.push(step(
            Some((get, same("IsLogging", &json!(it.logging)))),
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

fn selectors(it: &Trail) -> Step {
    let get = call(
        "cloudtrail",
        "get-event-selectors",
        &it.region,
        json!({"TrailName": it.arn}),
    );
    let (member, list) = if it.advanced_selectors.is_empty() {
        ("EventSelectors", &it.selectors)
    } else {
        ("AdvancedEventSelectors", &it.advanced_selectors)
    };
    let mut tests = vec![format!("length({member} || `[]`) == `{}`", list.len())];
    for (position, selector) in list.iter().enumerate() {
        for (name, value) in selector.as_object().into_iter().flatten() {
            tests.push(same(&format!("{member}[{position}].{name}"), value));
        }
    }
    let mut input = json!({"TrailName": it.arn});
    put(&mut input, member, json!(list));
    step(
        Some((get, all(tests))),
        vec![call("cloudtrail", "put-event-selectors", &it.region, input)],
    )
}
