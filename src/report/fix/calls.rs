//! The API calls that carry a change out, and those that take it back.

use serde_json::{Map, Value, json};

use super::json::put;
use crate::remedy::resource::{
    Alarm, Bucket, Key, LogGroup, MetricFilter, MuteRule, Role, Subscription, Topic, Trail,
};
use crate::remedy::{Change, Resource};

/// One call with its parameters, in the shape of the AWS CLI's `--cli-input-json`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) service: &'static str,
    pub(super) operation: &'static str,
    pub(super) region: String,
    pub(super) input: Value,
}

/// Calls that belong together, and how to see that they are not needed any more.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    /// A call and a JMESPath expression over its answer that is true where everything is as it is to be.
    pub(super) done: Option<(Call, String)>,
    pub(super) action: Action,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Action {
    /// Calls, one after the other.
    Calls(Vec<Call>),
    /// A new key under an alias.
    Key { create: Call, alias: String },
    /// A subscription of the address that the user gives.
    SubscribeGiven { region: String, topic: String },
}

fn call(service: &'static str, operation: &'static str, region: &str, input: Value) -> Call {
    Call {
        service,
        operation,
        region: region.to_owned(),
        input,
    }
}

fn step(done: Option<(Call, String)>, calls: Vec<Call>) -> Step {
    Step {
        done,
        action: Action::Calls(calls),
    }
}

/// The steps of a change.
pub(super) fn steps(change: &Change) -> Vec<Step> {
    let before = change.before.as_ref();
    match (&change.after, before) {
        (Resource::Bucket(it), _) => bucket(it),
        (Resource::Role(it), _) => role(it),
        (Resource::LogGroup(it), _) => log_group(it),
        (Resource::Trail(it), before) => trail(it, before),
        (Resource::MetricFilter(it), _) => metric_filter(it),
        (Resource::Key(it), before) => key(it, before),
        (Resource::Topic(it), before) => topic(it, before),
        (Resource::Subscription(it), before) => subscription(it, before),
        (Resource::Alarm(it), before) => alarm(it, before),
        (Resource::MuteRule(it), _) => mute_rule(it),
    }
}

/// The steps that take a change back; none for what holds data or keys, which stays.
pub(super) fn undo(change: &Change) -> Vec<Step> {
    if let Some(before) = &change.before {
        return steps(&Change {
            before: Some(change.after.clone()),
            after: before.clone(),
        });
    }
    let one = |call| vec![step(None, vec![call])];
    match &change.after {
        Resource::MetricFilter(it) => one(call(
            "logs",
            "delete-metric-filter",
            &it.region,
            json!({"logGroupName": it.log_group, "filterName": it.name}),
        )),
        Resource::Alarm(it) => one(call(
            "cloudwatch",
            "delete-alarms",
            &it.region,
            json!({"AlarmNames": [it.name]}),
        )),
        Resource::Topic(it) => one(call(
            "sns",
            "delete-topic",
            &it.region,
            json!({"TopicArn": it.arn}),
        )),
        Resource::Trail(it) => one(call(
            "cloudtrail",
            "delete-trail",
            &it.region,
            json!({"Name": it.arn}),
        )),
        _ => Vec::new(),
    }
}

/// A value in a JMESPath expression.
fn literal(value: &Value) -> String {
    format!("`{}`", value.to_string().replace('`', "\\u0060"))
}

fn same(path: &str, value: &Value) -> String {
    let empty = match value {
        Value::Array(list) if list.is_empty() => Some("[]"),
        Value::Object(map) if map.is_empty() => Some("{}"),
        _ => None,
    };
    match empty {
        Some(empty) => format!("({path} || `{empty}`) == {}", literal(value)),
        None => format!("{path} == {}", literal(value)),
    }
}

fn all(tests: Vec<String>) -> String {
    tests.join(" && ")
}

fn bucket(it: &Bucket) -> Vec<Step> {
    let mut create = json!({"Bucket": it.name});
    if it.region != "us-east-1" {
        put(
            &mut create,
            "CreateBucketConfiguration",
            json!({"LocationConstraint": it.region}),
        );
    }
    let partition = it.trail_arn.split(':').nth(1).unwrap_or("aws");
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
    let arn = format!("arn:{partition}:s3:::{}", it.name);
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

fn role(it: &Role) -> Vec<Step> {
    // IAM is asked in the Region of the log group, as everything else of this change.
    let region = it.log_group_arn.split(':').nth(3).unwrap_or("us-east-1");
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
                    json!({"RoleName": it.name, "PolicyName": "write-to-cloudwatch-logs"}),
                ),
                same("PolicyDocument", &policy),
            )),
            vec![call(
                "iam",
                "put-role-policy",
                region,
                json!({
                    "RoleName": it.name,
                    "PolicyName": "write-to-cloudwatch-logs",
                    "PolicyDocument": policy.to_string(),
                }),
            )],
        ),
    ]
}

fn log_group(it: &LogGroup) -> Vec<Step> {
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

fn trail(it: &Trail, before: Option<&Resource>) -> Vec<Step> {
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
    let delivers = differs(&|it| json!([it.log_group_arn, it.role_arn]));
    set("CloudWatchLogsLogGroupArn", json!(group), delivers);
    set("CloudWatchLogsRoleArn", json!(it.role_arn), delivers);
    if new {
        set("S3BucketName", json!(it.bucket), true);
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

/// What PutMetricFilter takes.
pub(super) fn filter_input(it: &MetricFilter) -> Value {
    let mut transformation = json!({
        "metricName": it.metric,
        "metricNamespace": it.namespace,
        "metricValue": it.value,
    });
    if let Some(number) = &it.default_value {
        put(
            &mut transformation,
            "defaultValue",
            serde_json::from_str(number).unwrap_or_else(|_| json!(number)),
        );
    }
    if let Some(unit) = &it.unit {
        put(&mut transformation, "unit", json!(unit));
    }
    if !it.dimensions.is_empty() {
        put(&mut transformation, "dimensions", json!(it.dimensions));
    }
    let mut input = json!({
        "logGroupName": it.log_group,
        "filterName": it.name,
        "filterPattern": it.pattern,
        "metricTransformations": [transformation],
    });
    if let Some(transformed) = it.on_transformed_logs {
        put(&mut input, "applyOnTransformedLogs", json!(transformed));
    }
    if let Some(criteria) = &it.field_selection {
        put(&mut input, "fieldSelectionCriteria", json!(criteria));
    }
    if !it.system_dimensions.is_empty() {
        put(
            &mut input,
            "emitSystemFieldDimensions",
            json!(it.system_dimensions),
        );
    }
    input
}

fn metric_filter(it: &MetricFilter) -> Vec<Step> {
    let get = call(
        "logs",
        "describe-metric-filters",
        &it.region,
        json!({"logGroupName": it.log_group, "filterNamePrefix": it.name}),
    );
    let input = filter_input(it);
    let metric = |member: &str| {
        let value = input
            .pointer(&format!("/metricTransformations/0/{member}"))
            .cloned();
        let path = format!("metricTransformations[0].{member}");
        match value {
            Some(value) => same(&path, &value),
            None if member == "dimensions" => same(&path, &json!({})),
            // No unit and the unit None are the same.
            None if member == "unit" => {
                format!(
                    "({path} == `null` || {path} == {})",
                    literal(&json!("None"))
                )
            }
            None => same(&path, &Value::Null),
        }
    };
    let mut tests = vec![
        same("filterName", &json!(it.name)),
        same("filterPattern", &json!(it.pattern)),
    ];
    for member in [
        "metricName",
        "metricNamespace",
        "metricValue",
        "defaultValue",
        "unit",
        "dimensions",
    ] {
        tests.push(metric(member));
    }
    if let Some(transformed) = it.on_transformed_logs {
        tests.push(format!(
            "(applyOnTransformedLogs || `false`) == `{transformed}`"
        ));
    }
    tests.push(match &it.field_selection {
        Some(criteria) => same("fieldSelectionCriteria", &json!(criteria)),
        None => format!(
            "(fieldSelectionCriteria || {0}) == {0}",
            literal(&json!(""))
        ),
    });
    let query = format!("length(metricFilters[?{}]) > `0`", all(tests));
    vec![step(
        Some((get, query)),
        vec![call("logs", "put-metric-filter", &it.region, input)],
    )]
}

fn key(it: &Key, before: Option<&Resource>) -> Vec<Step> {
    let Some(Resource::Key(known)) = before else {
        let list = call("kms", "list-aliases", &it.region, json!({}));
        let exists = format!(
            "length(Aliases[?AliasName == {}]) > `0`",
            literal(&json!(it.id))
        );
        return vec![Step {
            done: Some((list, exists)),
            action: Action::Key {
                create: call(
                    "kms",
                    "create-key",
                    &it.region,
                    json!({"Policy": it.policy}),
                ),
                alias: it.id.clone(),
            },
        }];
    };
    let id = it.arn.as_deref().unwrap_or(&it.id);
    let mut steps = Vec::new();
    if known.enabled != it.enabled {
        let get = call("kms", "describe-key", &it.region, json!({"KeyId": id}));
        let operation = if it.enabled {
            "enable-key"
        } else {
            "disable-key"
        };
        steps.push(step(
            Some((get, same("KeyMetadata.Enabled", &json!(it.enabled)))),
            vec![call("kms", operation, &it.region, json!({"KeyId": id}))],
        ));
    }
    if known.policy != it.policy {
        let get = call(
            "kms",
            "get-key-policy",
            &it.region,
            json!({"KeyId": id, "PolicyName": "default"}),
        );
        steps.push(step(
            Some((get, same("Policy", &json!(it.policy)))),
            vec![call(
                "kms",
                "put-key-policy",
                &it.region,
                json!({"KeyId": id, "PolicyName": "default", "Policy": it.policy}),
            )],
        ));
    }
    steps
}

fn topic(it: &Topic, before: Option<&Resource>) -> Vec<Step> {
    let known = match before {
        Some(Resource::Topic(known)) => Some(known),
        _ => None,
    };
    let get = || {
        call(
            "sns",
            "get-topic-attributes",
            &it.region,
            json!({"TopicArn": it.arn}),
        )
    };
    let set = |name: &str, value: &str| {
        let input = json!({"TopicArn": it.arn, "AttributeName": name, "AttributeValue": value});
        let path = format!("(Attributes.{name} || {})", literal(&json!("")));
        step(
            Some((get(), same(&path, &json!(value)))),
            vec![call("sns", "set-topic-attributes", &it.region, input)],
        )
    };
    let mut steps = Vec::new();
    if known.is_none() {
        steps.push(step(
            Some((get(), same("Attributes.TopicArn", &json!(it.arn)))),
            vec![call(
                "sns",
                "create-topic",
                &it.region,
                json!({"Name": it.name}),
            )],
        ));
    }
    if let Some(policy) = &it.policy
        && known.is_none_or(|known| known.policy != it.policy)
    {
        steps.push(set("Policy", policy));
    }
    if known.is_some_and(|known| known.kms_key_id != it.kms_key_id) {
        steps.push(set(
            "KmsMasterKeyId",
            it.kms_key_id.as_deref().unwrap_or_default(),
        ));
    }
    steps
}

fn subscription(it: &Subscription, before: Option<&Resource>) -> Vec<Step> {
    let list = || {
        call(
            "sns",
            "list-subscriptions-by-topic",
            &it.region,
            json!({"TopicArn": it.topic_arn}),
        )
    };
    let Some(Resource::Subscription(known)) = before else {
        let Some(endpoint) = &it.endpoint else {
            return vec![Step {
                done: None,
                action: Action::SubscribeGiven {
                    region: it.region.clone(),
                    topic: it.topic_arn.clone(),
                },
            }];
        };
        let exists = format!(
            "length(Subscriptions[?Protocol == {} && Endpoint == {} && SubscriptionArn != {}]) > `0`",
            literal(&json!(it.protocol)),
            literal(&json!(endpoint)),
            literal(&json!("Deleted"))
        );
        let input =
            json!({"TopicArn": it.topic_arn, "Protocol": it.protocol, "Endpoint": endpoint});
        return vec![step(
            Some((list(), exists)),
            vec![call("sns", "subscribe", &it.region, input)],
        )];
    };
    let Some(arn) = it
        .arn
        .as_ref()
        .filter(|_| known.filter_policy != it.filter_policy)
    else {
        // Somebody has to confirm it: no call does.
        return Vec::new();
    };
    // An empty policy takes the policy away.
    let wanted = it.filter_policy.as_deref().unwrap_or("{}");
    let get = call(
        "sns",
        "get-subscription-attributes",
        &it.region,
        json!({"SubscriptionArn": arn}),
    );
    let test = format!(
        "(Attributes.FilterPolicy || {}) == {}",
        literal(&json!("{}")),
        literal(&json!(wanted))
    );
    let set = |name: &str, value: &str| {
        call(
            "sns",
            "set-subscription-attributes",
            &it.region,
            json!({"SubscriptionArn": arn, "AttributeName": name, "AttributeValue": value}),
        )
    };
    let mut calls = Vec::new();
    if let Some(scope) = &it.filter_policy_scope {
        calls.push(set("FilterPolicyScope", scope));
    }
    calls.push(set("FilterPolicy", wanted));
    vec![step(Some((get, test)), calls)]
}

fn alarm(it: &Alarm, before: Option<&Resource>) -> Vec<Step> {
    let (list, kind, put) = if it.composite {
        ("CompositeAlarms", "CompositeAlarm", "put-composite-alarm")
    } else {
        ("MetricAlarms", "MetricAlarm", "put-metric-alarm")
    };
    let known = match before {
        Some(Resource::Alarm(known)) => Some(&known.settings),
        _ => None,
    };
    let mut names: Vec<&String> = it.settings.keys().collect();
    names.extend(known.into_iter().flat_map(Map::keys));
    names.sort();
    names.dedup();
    names.retain(|name| known.is_none_or(|known| known.get(*name) != it.settings.get(*name)));
    let tests = names
        .iter()
        .map(|name| {
            let value = it.settings.get(*name).cloned().unwrap_or_default();
            same(&format!("{list}[0].{name}"), &value)
        })
        .collect();
    let get = call(
        "cloudwatch",
        "describe-alarms",
        &it.region,
        json!({"AlarmNames": [it.name], "AlarmTypes": [kind]}),
    );
    let switch = names.len() == 1 && names.first().is_some_and(|name| *name == "ActionsEnabled");
    let call = if switch {
        let on = it.settings.get("ActionsEnabled") == Some(&json!(true));
        let operation = if on {
            "enable-alarm-actions"
        } else {
            "disable-alarm-actions"
        };
        call(
            "cloudwatch",
            operation,
            &it.region,
            json!({"AlarmNames": [it.name]}),
        )
    } else {
        let mut input = Map::new();
        input.insert("AlarmName".to_owned(), json!(it.name));
        input.extend(it.settings.clone());
        call("cloudwatch", put, &it.region, input.into())
    };
    vec![step(Some((get, all(tests))), vec![call])]
}

fn mute_rule(it: &MuteRule) -> Vec<Step> {
    let get = call(
        "cloudwatch",
        "get-alarm-mute-rule",
        &it.region,
        json!({"AlarmMuteRuleName": it.name}),
    );
    let mut input = Map::new();
    input.insert("Name".to_owned(), json!(it.name));
    input.extend(it.settings.clone());
    input.insert("MuteTargets".to_owned(), json!({"AlarmNames": it.alarms}));
    vec![step(
        Some((get, same("MuteTargets.AlarmNames", &json!(it.alarms)))),
        vec![call(
            "cloudwatch",
            "put-alarm-mute-rule",
            &it.region,
            input.into(),
        )],
    )]
}
