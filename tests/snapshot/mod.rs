//! The snapshot file: recording, opening, verifying.

mod hostile;
mod open;
mod record;
mod redact;
mod sign;
mod signers;
mod verify;

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use crate::support::world::{ACCOUNT, ApiError, HOME, LOG_GROUP, Site, World};

/// A complete account in a directory of its own.
pub(crate) fn complete() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("account.db");
    World::complete().write_snapshot(&path);
    (directory, path)
}

/// Opens a snapshot as a forger would.
pub(crate) fn writable(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch("pragma foreign_keys = off; pragma ignore_check_constraints = on")
        .unwrap();
    connection
}

/// The tables of a snapshot with their columns.
pub(crate) fn columns(connection: &Connection) -> Vec<(String, String)> {
    let sql = "select t.name, c.name\n\
               from sqlite_schema t\n\
               join pragma_table_info(t.name) c\n\
               where t.type = 'table'\n\
               order by t.name, c.cid";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap().map(Result::unwrap).collect()
}

/// An organization in which every fact table has a row, with names and addresses of every kind.
pub(crate) fn every_table() -> World {
    let mut world = World::organization();
    let site = Site::new(ACCOUNT, HOME);
    let (group, topic, key) = (LOG_GROUP, site.topic_arn(), "alias/alert-key");
    let key_arn = format!("arn:aws:kms:{HOME}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab");
    world.edit_topic(|topic| topic["KmsMasterKeyId"] = json!(key));
    let advanced = json!([{
        "Name": "All management events but of KMS",
        "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Management"]},
            {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]},
        ],
    }]);
    let basic = json!([{"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": [],
        "ExcludeManagementEventSources": []}]);
    let (own, home) = (
        site.trail_arn(),
        format!("arn:aws:cloudtrail:{HOME}:{ACCOUNT}:trail/old-trail"),
    );
    world.edit("cloudtrail", "GetEventSelectors", |answer| {
        answer["TrailARN"] = json!(own);
        answer["AdvancedEventSelectors"] = advanced.clone();
        answer.as_object_mut().unwrap().remove("EventSelectors");
    });
    world.mute(
        "maintenance",
        json!({"Expression": "cron(0 2 * * *)", "Duration": "PT2H", "Timezone": "UTC"}),
        &["root-usage-alarm"],
    );
    for (service, operation, request, output) in [
        (
            "cloudtrail",
            "GetEventSelectors",
            json!({"TrailName": home}),
            json!({"TrailARN": home, "EventSelectors": basic}),
        ),
        (
            "cloudtrail",
            "ListChannels",
            json!({}),
            json!({"Channels": [{"ChannelArn": format!("arn:aws:cloudtrail:{HOME}:{ACCOUNT}:channel/EXAMPLE-ee54-4813-92d5-999aeEXAMPLE"), "Name": "aws-service-channel/cloudwatch/slc"}]}),
        ),
        (
            "observabilityadmin",
            "ListTelemetryRules",
            json!({}),
            json!({"TelemetryRuleSummaries": [{"RuleName": "events-of-jane-roe", "RuleArn": format!("arn:aws:observabilityadmin:{HOME}:{ACCOUNT}:telemetry-rule/events-of-jane-roe"), "ResourceType": "AWS::CloudTrail", "TelemetryType": "Logs", "CreatedTimeStamp": 1_760_000_000_000_u64, "LastUpdateTimeStamp": 1_760_000_000_000_u64}]}),
        ),
        (
            "kms",
            "DescribeKey",
            json!({"KeyId": key}),
            json!({"KeyMetadata": {"AWSAccountId": ACCOUNT, "KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab", "Arn": key_arn, "KeyState": "Enabled", "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Description": "encrypts what Jane Roe reads"}}),
        ),
        (
            "kms",
            "GetKeyPolicy",
            json!({"KeyId": key, "PolicyName": "default"}),
            json!({"PolicyName": "default", "Policy": json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}, "Action": "kms:*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": ["kms:GenerateDataKey*", "kms:Decrypt"], "Resource": "*"},
        ]}).to_string()}),
        ),
        (
            "logs",
            "GetTransformer",
            json!({"logGroupIdentifier": group}),
            json!({"logGroupIdentifier": group, "creationTime": 1_760_000_000_000_u64, "transformerConfig": [{"parseCloudtrail": {}}]}),
        ),
        (
            "logs",
            "DescribeAccountPolicies",
            json!({"policyType": "DATA_PROTECTION_POLICY"}),
            json!({"accountPolicies": [{"policyName": "mask-secrets", "policyType": "DATA_PROTECTION_POLICY", "policyDocument": "{\"Name\":\"acme-policy\"}", "accountId": ACCOUNT, "selectionCriteria": format!("LogGroupName NOT IN [\"{group}\"]")}]}),
        ),
        (
            "logs",
            "GetDataProtectionPolicy",
            json!({"logGroupIdentifier": group}),
            json!({"logGroupIdentifier": group, "policyDocument": "{\"Name\":\"acme-group-policy\"}"}),
        ),
        (
            "logs",
            "DescribeSubscriptionFilters",
            json!({"logGroupName": group}),
            json!({"subscriptionFilters": [{"filterName": "to-siem", "logGroupName": group, "filterPattern": "", "destinationArn": format!("arn:aws:lambda:{HOME}:{ACCOUNT}:function:forward-to-siem"), "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/log-forwarder")}]}),
        ),
        (
            "monitoring",
            "DescribeAlarmHistory",
            json!({"AlarmName": "root-usage-alarm", "HistoryItemType": "Action"}),
            json!({"AlarmHistoryItems": [{"AlarmName": "root-usage-alarm", "AlarmType": "MetricAlarm", "Timestamp": "2026-11-01T00:00:00.000000+00:00", "HistoryItemType": "Action", "HistorySummary": format!("Successfully executed action {topic}"), "HistoryData": "{\"actionState\":\"Succeeded\"}"}]}),
        ),
        (
            "monitoring",
            "DescribeAlarmHistory",
            json!({"AlarmName": "root-usage-alarm", "HistoryItemType": "StateUpdate"}),
            json!({"AlarmHistoryItems": [{"AlarmName": "root-usage-alarm", "AlarmType": "MetricAlarm", "Timestamp": "2026-11-01T00:00:00.000000+00:00", "HistoryItemType": "StateUpdate", "HistorySummary": "Alarm updated from OK to ALARM", "HistoryData": "{\"oldState\":{\"stateValue\":\"OK\"},\"newState\":{\"stateValue\":\"ALARM\"}}"}]}),
        ),
        (
            "sns",
            "GetTopicAttributes",
            json!({"TopicArn": format!("{topic}-none")}),
            json!(null),
        ),
        (
            "events",
            "ListRules",
            json!({"EventBusName": "default", "Limit": 100}),
            json!({"Rules": [{"Name": "console-sign-ins", "Arn": format!("arn:aws:events:{HOME}:{ACCOUNT}:rule/console-sign-ins"), "State": "ENABLED", "EventBusName": "default", "EventPattern": "{\"detail-type\":[\"AWS Console Sign In via CloudTrail\"]}"}]}),
        ),
        (
            "events",
            "ListTargetsByRule",
            json!({"Rule": "console-sign-ins"}),
            json!({"Targets": [{"Id": "pager", "Arn": topic}]}),
        ),
    ] {
        let absent = output.is_null();
        world.answer(service, operation, request, output);
        if absent {
            world.answers.last_mut().unwrap().output = Err(ApiError {
                status: 404,
                code: "NotFound".to_owned(),
                message: "Topic does not exist".to_owned(),
            });
        }
    }
    world
}
