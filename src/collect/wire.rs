//! Reads AWS requests as they go over the wire: which operation, with which parameters.
//!
//! What is recorded as a request is read from the bytes that are sent, never written down a second time. The seam
//! looks recorded answers up by the same value. Knows the protocols of the operation table, no connection.

use std::borrow::Cow;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::{Map, Value};

use crate::snapshot::decode;
use crate::snapshot::operations::{OPERATIONS, Operation, Protocol};

/// A request in the shape of the AWS CLI's `--cli-input-json`.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) operation: &'static Operation,
    pub(super) parameters: Value,
}

/// Reads a request before or after it was signed; None for an operation that the table does not have.
pub(super) fn read_request(request: &HttpRequest) -> Option<Request> {
    let body = request.body().bytes().unwrap_or_default();
    let (operation, parameters) = if let Some(target) = request.headers().get("x-amz-target") {
        (by_target(target)?, json_members(body)?)
    } else if request.headers().get("smithy-protocol").is_some() {
        (by_rpc_path(request.uri())?, cbor_members(body)?)
    } else if let Some(operation) = by_rest_path(request.uri()) {
        (operation, json_members(body)?)
    } else {
        read_form(body)?
    };
    Some(Request {
        operation,
        parameters: Value::Object(parameters),
    })
}

fn by_target(target: &str) -> Option<&'static Operation> {
    let (prefix, name) = target.rsplit_once('.')?;
    // Services accept their prefix with and without the package that AWS's model puts before it.
    let short = |prefix: &str| prefix.rsplit('.').next().map(str::to_owned);
    OPERATIONS.iter().find(|operation| {
        operation.name == name
            && matches!(operation.protocol, Protocol::AwsJson { target } if short(target) == short(prefix))
    })
}

fn path_of(uri: &str) -> &str {
    let path = uri
        .split_once("://")
        .and_then(|(_, rest)| rest.find('/').and_then(|slash| rest.get(slash..)))
        .unwrap_or(uri);
    path.split('?').next().unwrap_or(path)
}

fn by_rpc_path(uri: &str) -> Option<&'static Operation> {
    let path = path_of(uri);
    OPERATIONS.iter().find(|operation| {
        matches!(operation.protocol, Protocol::RpcV2Cbor { service }
            if path.ends_with(&format!("/service/{service}/operation/{}", operation.name)))
    })
}

fn by_rest_path(uri: &str) -> Option<&'static Operation> {
    let wanted = path_of(uri);
    OPERATIONS.iter().find(
        |operation| matches!(operation.protocol, Protocol::RestJson { path } if wanted.ends_with(path)),
    )
}

fn json_members(body: &[u8]) -> Option<Map<String, Value>> {
    if body.is_empty() {
        return Some(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Some(members),
        _ => None,
    }
}

fn read_form(body: &[u8]) -> Option<(&'static Operation, Map<String, Value>)> {
    let mut name = None;
    let mut sent_version = None;
    let mut members = Map::new();
    for pair in std::str::from_utf8(body).ok()?.split('&') {
        let (key, value) = pair.split_once('=')?;
        let value = form_decoded(value)?;
        match key {
            "Action" => name = Some(value),
            "Version" => sent_version = Some(value),
            _ => {
                members.insert(form_decoded(key)?, Value::String(value));
            }
        }
    }
    let (name, sent_version) = (name?, sent_version?);
    let operation = OPERATIONS.iter().find(|operation| {
        operation.name == name
            && matches!(operation.protocol, Protocol::Query { version } if version == sent_version)
    })?;
    Some((operation, members))
}

/// A word of a form, in which a plus sign is a blank.
fn form_decoded(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&text).decode_utf8();
    decoded.ok().map(Cow::into_owned)
}

fn cbor_members(body: &[u8]) -> Option<Map<String, Value>> {
    if body.is_empty() {
        return Some(Map::new());
    }
    match decode::cbor(body).ok()? {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_types::body::SdkBody;
    use serde_json::json;

    fn request(uri: &str, headers: &[(&'static str, &'static str)], body: &[u8]) -> HttpRequest {
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_uri(uri).unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, *value);
        }
        request
    }

    #[test]
    fn all_four_protocols_are_read() {
        let mut cbor = Vec::new();
        let mut encoder = minicbor::Encoder::new(&mut cbor);
        encoder.begin_map().unwrap();
        encoder.str("AlarmTypes").unwrap();
        encoder.array(2).unwrap();
        encoder.str("MetricAlarm").unwrap();
        encoder.str("LogAlarm").unwrap();
        encoder.str("MaxRecords").unwrap();
        encoder.u32(100).unwrap();
        encoder.end().unwrap();
        let cases = [
            (
                request(
                    "http://127.0.0.1:1/",
                    &[("x-amz-target", "Logs_20140328.DescribeMetricFilters")],
                    br#"{"logGroupName":"trail"}"#,
                ),
                "DescribeMetricFilters",
                json!({"logGroupName": "trail"}),
            ),
            (
                request(
                    "http://127.0.0.1:1/service/GraniteServiceVersion20100801/operation/DescribeAlarms",
                    &[("smithy-protocol", "rpc-v2-cbor")],
                    &cbor,
                ),
                "DescribeAlarms",
                json!({"AlarmTypes": ["MetricAlarm", "LogAlarm"], "MaxRecords": 100}),
            ),
            (
                request("https://account.us-east-1.amazonaws.com/listRegions", &[], b"{}"),
                "ListRegions",
                json!({}),
            ),
            (
                request(
                    "https://observabilityadmin.eu-west-1.amazonaws.com/ListTelemetryRules",
                    &[],
                    br#"{"MaxResults":50}"#,
                ),
                "ListTelemetryRules",
                json!({"MaxResults": 50}),
            ),
            (
                request(
                    "https://sns.eu-west-1.amazonaws.com/",
                    &[],
                    b"Action=GetTopicAttributes&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A111122223333%3At+x",
                ),
                "GetTopicAttributes",
                json!({"TopicArn": "arn:aws:sns:eu-west-1:111122223333:t x"}),
            ),
        ];
        for (request, operation, parameters) in cases {
            let read = read_request(&request).unwrap();
            assert_eq!(read.operation.name, operation);
            assert_eq!(read.parameters, parameters);
        }
    }

    #[test]
    fn foreign_and_broken_requests_are_not_read() {
        for request in [
            request(
                "http://127.0.0.1/",
                &[("x-amz-target", "DynamoDB_20120810.ListTables")],
                b"{}",
            ),
            request(
                "http://127.0.0.1/",
                &[],
                b"Action=GetTopicAttributes&Version=1999-01-01",
            ),
            request("http://127.0.0.1/", &[], b"%"),
            request(
                "http://127.0.0.1/",
                &[("x-amz-target", "Logs_20140328.DescribeMetricFilters")],
                b"[1",
            ),
            request(
                "http://127.0.0.1/service/X/operation/DescribeAlarms",
                &[("smithy-protocol", "rpc-v2-cbor")],
                b"\xbf",
            ),
        ] {
            assert!(read_request(&request).is_none());
        }
    }
}
