use rusqlite::Connection;
use serde_json::{Value, json};

use super::*;
use crate::snapshot::evidence::{self, AWS_CLI_JSON, Call};
use crate::snapshot::{SCHEMA, digest};

const ACCOUNT: &str = "111122223333";

fn call(
    service: &str,
    operation: &str,
    request: Value,
    answer: Result<Value, (&str, &str)>,
) -> Call {
    let (error, body) = match answer {
        Ok(body) => (None, body.to_string().into_bytes()),
        Err((code, message)) => (Some((code.to_owned(), message.to_owned())), Vec::new()),
    };
    Call {
        account: ACCOUNT.to_owned(),
        region: "us-east-1".to_owned(),
        service: service.to_owned(),
        operation: operation.to_owned(),
        request,
        at: "2026-01-01T00:00:00Z".parse().unwrap(),
        http_status: Some(200).filter(|_| error.is_none()),
        error,
        request_id: None,
        media_type: AWS_CLI_JSON.to_owned(),
        body,
    }
}

fn derived(calls: &[Call]) -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(SCHEMA).unwrap();
    for (index, call) in calls.iter().enumerate() {
        evidence::insert(&connection, index as i64 + 1, call).unwrap();
    }
    derive(&connection, &connection).unwrap();
    connection
}

/// The rows of a query, each as its columns joined with a bar.
fn rows(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        let cells = (0..columns).map(|column| {
            Ok(match row.get::<_, rusqlite::types::Value>(column)? {
                rusqlite::types::Value::Null => "null".to_owned(),
                rusqlite::types::Value::Integer(value) => value.to_string(),
                rusqlite::types::Value::Text(text) => text,
                other => format!("{other:?}"),
            })
        });
        Ok(cells.collect::<rusqlite::Result<Vec<_>>>()?.join("|"))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

const OUTCOMES: &str = "select 'answered', operation, subject, '', evidence_id from answered\n\
     union all select 'absent', operation, subject, code, evidence_id from absent\n\
     union all select 'gap', operation, subject, kind, evidence_id from gap\n\
     order by 2, 3";

fn outcomes(calls: &[Call]) -> Vec<String> {
    rows(&derived(calls), OUTCOMES)
}

fn filters(token: Option<&str>, names: &[&str], next: Option<&str>) -> Call {
    let mut request = json!({"logGroupName": "trail", "limit": 50});
    if let Some(token) = token {
        request["nextToken"] = json!(token);
    }
    let filters: Vec<Value> = names
        .iter()
        .map(|name| {
            json!({
                "filterName": name, "filterPattern": "{ $.a = 1 }", "logGroupName": "trail",
                "metricTransformations": [{"metricName": "m", "metricNamespace": "n", "metricValue": "1"}],
            })
        })
        .collect();
    let mut body = json!({"metricFilters": filters});
    if let Some(next) = next {
        body["nextToken"] = json!(next);
    }
    call("logs", "DescribeMetricFilters", request, Ok(body))
}

fn failed(mut call: Call, code: &str) -> Call {
    call.error = Some((code.to_owned(), "no".to_owned()));
    call.body.clear();
    call
}

#[test]
fn tables_are_those_of_the_schema() {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(SCHEMA).unwrap();
    let sql = "select name from sqlite_schema\n\
               where type = 'table' and name not in ('snapshot', 'evidence')\n\
               order by name";
    assert_eq!(rows(&connection, sql), TABLES);
    let schema_comments = SCHEMA.matches(". [volatile]\n").count();
    assert_eq!(schema_comments, VOLATILE_TABLES.len());
    let column_comments = SCHEMA.matches(" [volatile]\n").count() - schema_comments;
    assert_eq!(column_comments, VOLATILE_COLUMNS.len());
    for (table, column) in VOLATILE_COLUMNS {
        let sql = format!("select {column} from {table}");
        connection.prepare(&sql).unwrap();
    }
}

#[test]
fn a_list_is_answered_only_by_a_chain_of_pages_to_the_last() {
    let first = || filters(None, &["a", "b"], Some("t1"));
    let last = || filters(Some("t1"), &["c"], None);
    let answered = |id| vec![format!("answered|DescribeMetricFilters|trail||{id}")];
    let cut_short = |id| vec![format!("gap|DescribeMetricFilters|trail|cut_short|{id}")];

    assert_eq!(outcomes(&[first(), last()]), answered(2));
    assert_eq!(
        outcomes(&[last(), first()]),
        answered(1),
        "any order of recording"
    );
    assert_eq!(outcomes(&[first()]), cut_short(1));
    assert_eq!(
        outcomes(&[last()]),
        cut_short(1),
        "the first page is missing"
    );
    assert_eq!(
        outcomes(&[first(), failed(last(), "ThrottlingException")]),
        ["gap|DescribeMetricFilters|trail|throttled|2"]
    );
    assert_eq!(
        outcomes(&[failed(first(), "ThrottlingException"), first(), last()]),
        answered(3),
        "a repetition that succeeded"
    );
    // Resumed: the list was begun again and got another token.
    let again = [
        first(),
        filters(None, &["a", "b"], Some("t2")),
        filters(Some("t2"), &["c"], None),
    ];
    assert_eq!(outcomes(&again), answered(3));
    let cut_again = [first(), last(), filters(None, &["a"], Some("t2"))];
    assert_eq!(
        outcomes(&cut_again),
        answered(2),
        "the older reading was complete"
    );
    // A server that gives the same token for ever.
    assert_eq!(
        outcomes(&[first(), filters(Some("t1"), &["c"], Some("t1"))]),
        cut_short(2)
    );
}

#[test]
fn repeated_pages_give_each_row_once() {
    let connection = derived(&[
        filters(None, &["a", "b"], Some("t1")),
        filters(None, &["a", "b"], Some("t1")),
        filters(Some("t1"), &["b", "c"], None),
    ]);
    assert_eq!(
        rows(&connection, "select name, pattern from metric_filter"),
        ["a|{ $.a = 1 }", "b|{ $.a = 1 }", "c|{ $.a = 1 }"]
    );
    assert_eq!(
        rows(&connection, "select count(*) from metric_transformation"),
        ["3"]
    );
}

#[test]
fn pages_of_a_list_that_was_cut_short_count_as_far_as_they_go() {
    let connection = derived(&[filters(None, &["a"], Some("t1"))]);
    assert_eq!(rows(&connection, "select name from metric_filter"), ["a"]);
    assert_eq!(rows(&connection, "select count(*) from answered"), ["0"]);
}

#[test]
fn each_alarm_type_is_answered_alone() {
    let types = json!(["MetricAlarm", "CompositeAlarm", "LogAlarm"]);
    let request = |types: &Value| json!({"AlarmTypes": types, "MaxRecords": 100});
    let empty = json!({"MetricAlarms": [], "CompositeAlarms": []});
    let older = json!(["MetricAlarm", "CompositeAlarm"]);
    let calls = [
        call(
            "monitoring",
            "DescribeAlarms",
            request(&types),
            Err(("ValidationError", "LogAlarm?")),
        ),
        call(
            "monitoring",
            "DescribeAlarms",
            request(&older),
            Ok(empty.clone()),
        ),
    ];
    assert_eq!(
        outcomes(&calls),
        [
            "answered|DescribeAlarms|CompositeAlarm||2",
            "gap|DescribeAlarms|LogAlarm|other|1",
            "answered|DescribeAlarms|MetricAlarm||2",
        ]
    );
    let default = call("monitoring", "DescribeAlarms", json!({}), Ok(empty.clone()));
    assert_eq!(
        outcomes(&[default]),
        ["answered|DescribeAlarms|MetricAlarm||1"]
    );
    let narrowed = call(
        "monitoring",
        "DescribeAlarms",
        json!({"AlarmNamePrefix": "x"}),
        Ok(empty),
    );
    assert_eq!(
        outcomes(&[narrowed]),
        ["answered|DescribeAlarms|MetricAlarm {\"AlarmNamePrefix\":\"x\"}||1"]
    );
}

#[test]
fn errors_are_absences_or_gaps_by_their_code() {
    let topic = json!({"TopicArn": "arn:aws:sns:us-east-1:111122223333:t"});
    for (code, kind) in [
        ("NotFound", "absent"),
        ("AuthorizationError", "denied"),
        ("AccessDeniedException", "denied"),
        ("com.amazonaws.sns#AccessDenied", "denied"),
        ("Throttling", "throttled"),
        ("ThrottledException", "throttled"),
        ("TooManyRequestsException", "throttled"),
        ("ExpiredToken", "expired"),
        ("ExpiredTokenException", "expired"),
        ("timeout", "unreachable"),
        ("connection", "unreachable"),
        ("truncated", "unreadable"),
        ("import", "unreadable"),
        ("InternalFailure", "other"),
    ] {
        let calls = [call(
            "sns",
            "GetTopicAttributes",
            topic.clone(),
            Err((code, "")),
        )];
        let outcome = outcomes(&calls).remove(0);
        let expected = match kind {
            "absent" => {
                format!("absent|GetTopicAttributes|arn:aws:sns:us-east-1:111122223333:t|{code}|1")
            }
            kind => format!("gap|GetTopicAttributes|arn:aws:sns:us-east-1:111122223333:t|{kind}|1"),
        };
        assert_eq!(outcome, expected, "{code}");
    }
}

#[test]
fn a_member_is_not_told_whether_the_organization_trail_exists() {
    let mut name = json!({"Name": "arn:aws:cloudtrail:us-east-1:999999999999:trail/org"});
    let foreign = call(
        "cloudtrail",
        "GetTrailStatus",
        name.clone(),
        Err(("TrailNotFoundException", "")),
    );
    assert!(outcomes(&[foreign])[0].starts_with("gap|"));
    name["Name"] = json!("own");
    let own = call(
        "cloudtrail",
        "GetTrailStatus",
        name,
        Err(("TrailNotFoundException", "")),
    );
    assert_eq!(
        outcomes(&[own]),
        [
            "absent|GetTrailStatus|arn:aws:cloudtrail:us-east-1:111122223333:trail/own|TrailNotFoundException|1"
        ]
    );
}

#[test]
fn bodies_of_another_shape_are_gaps_and_never_answers() {
    let topic = json!({"TopicArn": "arn:aws:sns:us-east-1:111122223333:t"});
    for (service, operation, request, body) in [
        ("cloudtrail", "DescribeTrails", json!({}), json!({})),
        (
            "cloudtrail",
            "DescribeTrails",
            json!({}),
            json!({"Trails": []}),
        ),
        (
            "cloudtrail",
            "DescribeTrails",
            json!({}),
            json!({"trailList": {}}),
        ),
        (
            "cloudtrail",
            "DescribeTrails",
            json!({}),
            json!({"trailList": [{"Name": "x"}]}),
        ),
        (
            "cloudtrail",
            "GetTrailStatus",
            json!({"Name": "x"}),
            json!({"trailList": []}),
        ),
        (
            "sns",
            "GetTopicAttributes",
            topic.clone(),
            json!({"Attributes": 7}),
        ),
        (
            "sns",
            "GetTopicAttributes",
            topic,
            json!({"Attributes": {"SubscriptionsPending": "few"}}),
        ),
        (
            "logs",
            "DescribeLogGroups",
            json!({}),
            json!({"metricFilters": []}),
        ),
        (
            "monitoring",
            "DescribeAlarms",
            json!({}),
            json!({"trailList": []}),
        ),
    ] {
        let shown = body.to_string();
        let found = outcomes(&[call(service, operation, request, Ok(body))]);
        assert!(
            found[0].starts_with("gap|") && found[0].contains("|unreadable|"),
            "{shown}: {found:?}"
        );
        assert_eq!(found.len(), 1);
    }
    let mut no_json = call("cloudtrail", "DescribeTrails", json!({}), Ok(json!({})));
    no_json.body = b"{\"trailList\": [".to_vec();
    assert!(outcomes(&[no_json])[0].starts_with("gap|DescribeTrails||unreadable|"));
}

#[test]
fn a_value_that_the_format_does_not_know_is_a_gap_and_not_a_crash() {
    let selectors = json!({
        "TrailARN": "arn:aws:cloudtrail:us-east-1:111122223333:trail/t",
        "AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "readOnly", "Equals": ["true", 1]}]}],
    });
    let found = outcomes(&[call(
        "cloudtrail",
        "GetEventSelectors",
        json!({"TrailName": "t"}),
        Ok(selectors),
    )]);
    assert!(found[0].contains("|unreadable|"), "{found:?}");
}

#[test]
fn the_home_region_speaks_for_a_trail_whatever_the_order() {
    let trails = |region: &str, logs: Option<&str>| {
        let mut trail = json!({
            "Name": "t", "TrailARN": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/t",
            "HomeRegion": "eu-west-1", "IsMultiRegionTrail": true,
        });
        if let Some(logs) = logs {
            trail["CloudWatchLogsLogGroupArn"] = json!(logs);
        }
        let mut call = call(
            "cloudtrail",
            "DescribeTrails",
            json!({}),
            Ok(json!({"trailList": [trail]})),
        );
        call.region = region.to_owned();
        call
    };
    let home = trails(
        "eu-west-1",
        Some("arn:aws:logs:eu-west-1:111122223333:log-group:g:*"),
    );
    let calls = [trails("ap-south-1", None), home, trails("us-east-1", None)];
    let mut other_order = calls.to_vec();
    other_order.reverse();
    for calls in [calls.to_vec(), other_order] {
        let connection = derived(&calls);
        assert_eq!(
            rows(
                &connection,
                "select log_group_arn, is_multi_region, is_organization from trail"
            ),
            ["arn:aws:logs:eu-west-1:111122223333:log-group:g|1|0"]
        );
        assert_eq!(
            rows(&connection, "select region from trail_region"),
            ["ap-south-1", "eu-west-1", "us-east-1"]
        );
    }
}

#[test]
fn metric_math_is_one_row_a_query() {
    let alarm = json!({
        "AlarmName": "a", "AlarmArn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm:a",
        "Threshold": 1.0, "EvaluationPeriods": 1,
        "Metrics": [
            {"Id": "m1", "ReturnData": false, "MetricStat": {
                "Metric": {"Namespace": "n", "MetricName": "m", "Dimensions": [{"Name": "d", "Value": "v"}]},
                "Period": 60, "Stat": "Sum"}},
            {"Id": "e1", "Expression": "m1 * 2"},
        ],
    });
    let connection = derived(&[call(
        "monitoring",
        "DescribeAlarms",
        json!({}),
        Ok(json!({"MetricAlarms": [alarm]})),
    )]);
    assert_eq!(
        rows(
            &connection,
            "select query_id, namespace, metric_name, dimensions, stat, period, expression, return_data from alarm_metric"
        ),
        [
            "e1|null|null|{}|null|null|m1 * 2|1",
            "m1|n|m|{\"d\":\"v\"}|Sum|60|null|0"
        ]
    );
    assert_eq!(
        rows(
            &connection,
            "select threshold, actions_enabled, dimensions, metrics is null from alarm"
        ),
        ["1|1|null|0"]
    );
}

#[test]
fn the_facts_digest_ignores_what_is_not_configuration() {
    let identity = |session: &str| {
        let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/audit/{session}");
        let mut call = call(
            "sts",
            "GetCallerIdentity",
            json!({}),
            Ok(json!({"Account": ACCOUNT, "Arn": arn})),
        );
        call.account = String::new();
        call
    };
    let alarms = |state: &str| {
        let alarm = json!({
            "AlarmName": "a", "AlarmArn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm:a",
            "StateValue": state, "StateUpdatedTimestamp": "2026-01-01T00:00:00Z",
        });
        call(
            "monitoring",
            "DescribeAlarms",
            json!({}),
            Ok(json!({"MetricAlarms": [alarm]})),
        )
    };
    let denied = |message: &str| {
        call(
            "kms",
            "DescribeKey",
            json!({"KeyId": "k"}),
            Err(("AccessDenied", message)),
        )
    };
    let left = derived(&[identity("one"), alarms("OK"), denied("one may not")]);
    let mut later = alarms("ALARM");
    later.at = "2026-02-02T00:00:00Z".parse().unwrap();
    later.request_id = Some("other".to_owned());
    let right = derived(&[later, denied("two may not"), identity("two")]);
    assert_eq!(
        digest::facts(&left).unwrap(),
        digest::facts(&right).unwrap()
    );
    assert_eq!(rows(&left, "select account from account"), [ACCOUNT]);
    assert_eq!(
        rows(&left, "select account from answered where service = 'sts'"),
        [ACCOUNT]
    );

    let renamed = derived(&[
        identity("one"),
        alarms("OK"),
        call(
            "kms",
            "DescribeKey",
            json!({"KeyId": "l"}),
            Err(("AccessDenied", "")),
        ),
    ]);
    assert_ne!(
        digest::facts(&left).unwrap(),
        digest::facts(&renamed).unwrap()
    );
}
