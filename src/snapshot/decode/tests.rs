use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::snapshot::AWS_CLI_JSON;

fn call(service: &str, operation: &str, media_type: &str, body: &[u8]) -> Call {
    Call {
        account: "111122223333".to_owned(),
        region: "us-east-1".to_owned(),
        service: service.to_owned(),
        operation: operation.to_owned(),
        request: json!({}),
        at: "2026-01-01T00:00:00Z".parse().unwrap(),
        http_status: Some(200),
        error: None,
        request_id: None,
        media_type: media_type.to_owned(),
        body: body.to_vec(),
    }
}

/// Writes a value as CBOR; strings that look like our timestamps get tag 1, and some containers no length.
fn to_cbor(value: &Value, indefinite: bool, out: &mut minicbor::Encoder<Vec<u8>>) {
    match value {
        Value::Null => drop(out.null().unwrap()),
        Value::Bool(value) => drop(out.bool(*value).unwrap()),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => drop(out.i64(integer).unwrap()),
            None => drop(out.f64(number.as_f64().unwrap()).unwrap()),
        },
        Value::String(text) => match text.parse::<jiff::Timestamp>() {
            Ok(time) if text.ends_with('Z') => {
                out.tag(minicbor::data::Tag::new(1)).unwrap();
                out.f64(time.as_millisecond() as f64 / 1000.0).unwrap();
            }
            _ => drop(out.str(text).unwrap()),
        },
        Value::Array(items) => {
            if indefinite {
                out.begin_array().unwrap();
            } else {
                out.array(items.len() as u64).unwrap();
            }
            for item in items {
                to_cbor(item, !indefinite, out);
            }
            if indefinite {
                out.end().unwrap();
            }
        }
        Value::Object(members) => {
            if indefinite {
                out.begin_map().unwrap();
            } else {
                out.map(members.len() as u64).unwrap();
            }
            for (name, member) in members {
                out.str(name).unwrap();
                to_cbor(member, !indefinite, out);
            }
            if indefinite {
                out.end().unwrap();
            }
        }
    }
}

/// Writes a value as query XML; only objects, lists and strings occur there.
fn to_xml(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            for item in items {
                out.push_str("\n <member>");
                to_xml(item, out);
                out.push_str("</member>\n");
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                out.push_str(&format!("<{name}>"));
                to_xml(member, out);
                out.push_str(&format!("</{name}>"));
            }
        }
        Value::String(text) => {
            for character in text.chars() {
                match character {
                    '<' => out.push_str("&lt;"),
                    '&' => out.push_str("&amp;"),
                    '"' => out.push_str("&quot;"),
                    '\r' => out.push_str("&#13;"),
                    '\n' => out.push_str("&#xA;"),
                    plain => out.push(plain),
                }
            }
        }
        other => out.push_str(&other.to_string()),
    }
}

fn alarm() -> impl Strategy<Value = Value> {
    (
        "[a-zA-Z0-9 /_.-]{1,20}",
        any::<bool>(),
        -1_000_000_i64..1_000_000,
        -1e9_f64..1e9,
        proptest::collection::vec("[ -~]{0,30}", 0..4),
        0_i64..4_000_000_000_000,
    )
        .prop_map(
            |(name, enabled, periods, threshold, actions, millisecond)| {
                let time = jiff::Timestamp::from_millisecond(millisecond).unwrap();
                json!({
                    "AlarmName": name,
                    "ActionsEnabled": enabled,
                    "EvaluationPeriods": periods,
                    "Threshold": threshold,
                    "AlarmActions": actions,
                    "StateUpdatedTimestamp": format!("{time:.3}"),
                })
            },
        )
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        for (service, operation, media_type) in [
            ("monitoring", "DescribeAlarms", "application/cbor"),
            ("sns", "GetTopicAttributes", "text/xml"),
            ("cloudtrail", "DescribeTrails", "application/x-amz-json-1.1"),
        ] {
            let _ = response(&call(service, operation, media_type, &body));
        }
    }

    #[test]
    fn damaged_bodies_never_panic(
        alarms in proptest::collection::vec(alarm(), 0..3),
        cut in any::<prop::sample::Index>(),
        flip in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let value = json!({"MetricAlarms": alarms});
        let mut encoder = minicbor::Encoder::new(Vec::new());
        to_cbor(&value, false, &mut encoder);
        let mut xml = String::from("<DescribeAlarmsResponse><DescribeAlarmsResult>");
        to_xml(&value, &mut xml);
        xml.push_str("</DescribeAlarmsResult></DescribeAlarmsResponse>");
        for (media_type, body) in [
            ("application/cbor", encoder.into_writer()),
            ("text/xml", xml.into_bytes()),
            ("application/json", value.to_string().into_bytes()),
        ] {
            let cut_off = &body[..cut.index(body.len())];
            prop_assert!(response(&call("monitoring", "DescribeAlarms", media_type, cut_off)).is_err());
            let mut flipped = body.clone();
            let at = flip.index(body.len());
            flipped[at] ^= 1 << bit;
            let _ = response(&call("monitoring", "DescribeAlarms", media_type, &flipped));
        }
    }

    #[test]
    fn cbor_and_json_give_one_value(alarms in proptest::collection::vec(alarm(), 0..5)) {
        let value = json!({"MetricAlarms": alarms, "CompositeAlarms": []});
        let mut encoder = minicbor::Encoder::new(Vec::new());
        to_cbor(&value, alarms.len() % 2 == 0, &mut encoder);
        let cbor = response(&call("monitoring", "DescribeAlarms", "application/cbor", &encoder.into_writer()));
        let cli = response(&call("monitoring", "DescribeAlarms", AWS_CLI_JSON, value.to_string().as_bytes()));
        prop_assert_eq!(cbor, cli);
    }

    #[test]
    fn xml_and_json_give_one_value(
        policy in "[ -~\r\n\t]{1,80}",
        endpoints in proptest::collection::vec("[ -~]{1,20}", 0..4),
    ) {
        let attributes = json!({"Attributes": {"Policy": policy, "Owner": "111122223333"}});
        let mut xml = String::from("<?xml version=\"1.0\"?>\n<GetTopicAttributesResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\n <GetTopicAttributesResult><Attributes>");
        for (key, value) in attributes["Attributes"].as_object().unwrap() {
            xml.push_str(&format!("<entry>\n<key>{key}</key><value>"));
            to_xml(value, &mut xml);
            xml.push_str("</value>\n</entry>\n");
        }
        xml.push_str("</Attributes></GetTopicAttributesResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetTopicAttributesResponse>\n");
        let decoded = response(&call("sns", "GetTopicAttributes", "text/xml", xml.as_bytes())).unwrap();
        let cli = response(&call("sns", "GetTopicAttributes", AWS_CLI_JSON, attributes.to_string().as_bytes())).unwrap();
        prop_assert_eq!(decoded, cli);

        let subscriptions: Vec<Value> = endpoints.iter().map(|endpoint| json!({"Endpoint": endpoint, "Protocol": "email"})).collect();
        let list = json!({"Subscriptions": subscriptions});
        let mut xml = String::from("<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult>");
        to_xml(&list, &mut xml);
        xml.push_str("</ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>");
        let decoded = response(&call("sns", "ListSubscriptionsByTopic", "text/xml", xml.as_bytes())).unwrap();
        let cli = response(&call("sns", "ListSubscriptionsByTopic", AWS_CLI_JSON, list.to_string().as_bytes())).unwrap();
        prop_assert_eq!(decoded, cli);
    }
}

proptest! {
    #[test]
    fn what_is_put_on_the_wire_is_read_back(
        alarms in proptest::collection::vec(alarm(), 0..4),
        policy in "[ -~\r\n\t]{0,80}",
        millisecond in 0_i64..4_000_000_000_000,
        logging in any::<bool>(),
    ) {
        let time = jiff::Timestamp::from_millisecond(millisecond).unwrap();
        for (service, operation, value) in [
            ("monitoring", "DescribeAlarms", json!({"MetricAlarms": alarms, "CompositeAlarms": []})),
            ("sns", "GetTopicAttributes", json!({"Attributes": {"Policy": policy, "Owner": "1", "Empty": ""}})),
            ("sns", "ListSubscriptionsByTopic", json!({"Subscriptions": [{"Endpoint": policy, "Protocol": "sms"}], "NextToken": "t"})),
            ("sns", "ListSubscriptionsByTopic", json!({"Subscriptions": []})),
            ("cloudtrail", "GetTrailStatus", json!({"IsLogging": logging, "LatestDeliveryTime": format!("{time:.3}")})),
            ("account", "ListRegions", json!({"Regions": [{"RegionName": "us-east-1", "RegionOptStatus": "ENABLED"}]})),
        ] {
            let cli = call(service, operation, AWS_CLI_JSON, value.to_string().as_bytes());
            let wire = crate::snapshot::encode::on_the_wire(cli.clone());
            prop_assert_ne!(&wire.media_type, AWS_CLI_JSON);
            prop_assert_eq!(response(&wire), response(&cli));
        }
    }
}

#[test]
fn every_spelling_of_a_timestamp_is_one() {
    for spelling in [
        "1.700000000123E9",
        "1700000000.123",
        "\"2023-11-14T22:13:20.123Z\"",
        "\"2023-11-14T22:13:20.123000+00:00\"",
        "\"2023-11-15T00:13:20.123456+02:00\"",
    ] {
        let body = format!("{{\"IsLogging\": true, \"StartLoggingTime\": {spelling}}}");
        let decoded = response(&call(
            "cloudtrail",
            "GetTrailStatus",
            "application/x-amz-json-1.1",
            body.as_bytes(),
        ));
        assert_eq!(
            decoded.unwrap(),
            json!({"IsLogging": true, "StartLoggingTime": "2023-11-14T22:13:20.123Z"}),
            "{spelling}"
        );
    }
}

#[test]
fn numbers_have_one_spelling_and_nulls_are_left_out() {
    let body = br#"{"MetricAlarms": [{"Threshold": 1.0, "Period": 3E2, "Zero": -0.0, "Half": 0.50, "Unit": null}]}"#;
    let decoded = response(&call(
        "monitoring",
        "DescribeAlarms",
        "application/json",
        body,
    ))
    .unwrap();
    assert_eq!(
        decoded.to_string(),
        r#"{"MetricAlarms":[{"Threshold":1,"Period":300,"Zero":0,"Half":0.5}]}"#
    );
}

#[test]
fn deep_nesting_is_refused() {
    let deep = "[".repeat(100_000);
    let mut cbor = vec![0x81; 100_000];
    cbor.push(0x01);
    let xml = "<a>".repeat(100_000);
    for (media_type, body) in [
        ("application/json", deep.as_bytes()),
        ("application/cbor", &cbor[..]),
        ("text/xml", xml.as_bytes()),
    ] {
        assert!(response(&call("sns", "GetTopicAttributes", media_type, body)).is_err());
    }
}

/// moto's own server labels JSON as text/html, and the SDK reads it: every such answer was called unreadable.
#[test]
fn a_body_is_read_by_the_protocol_and_not_by_its_media_type() {
    let json = br#"{"trailList": [{"Name": "t"}]}"#;
    let xml = b"<GetTopicAttributesResponse><GetTopicAttributesResult><Attributes><entry><key>Owner</key>\
        <value>111122223333</value></entry></Attributes></GetTopicAttributesResult></GetTopicAttributesResponse>";
    let mut encoder = minicbor::Encoder::new(Vec::new());
    to_cbor(
        &json!({"MetricAlarms": [{"AlarmName": "a"}]}),
        false,
        &mut encoder,
    );
    let cbor = encoder.into_writer();
    let bodies: [(&str, &str, &str, &[u8]); 3] = [
        (
            "cloudtrail",
            "DescribeTrails",
            "application/x-amz-json-1.1",
            json,
        ),
        ("sns", "GetTopicAttributes", "text/xml", xml),
        ("monitoring", "DescribeAlarms", "application/cbor", &cbor),
    ];
    for (service, operation, usual, body) in bodies {
        let wanted = response(&call(service, operation, usual, body)).unwrap();
        for media_type in [
            "text/html; charset=utf-8",
            "",
            "text/plain",
            "binary/octet-stream",
            "application/json",
            "text/xml;charset=UTF-8",
            "application/cbor",
        ] {
            let read = response(&call(service, operation, media_type, body)).unwrap();
            assert_eq!(read, wanted, "{operation} as {media_type}");
        }
    }
    // A service that changed its protocol says so.
    let alarms = br#"{"MetricAlarms": [{"AlarmName": "a"}]}"#;
    let label = "application/x-amz-json-1.0";
    assert!(response(&call("monitoring", "DescribeAlarms", label, alarms)).is_ok());
    // A sign-in page is still no answer, and what the AWS CLI wrote is JSON alone.
    let page = b"<html><body>sign in first</body></html>";
    let why = response(&call("cloudtrail", "DescribeTrails", "text/html", page)).unwrap_err();
    assert!(why.to_string().contains("labelled as `text/html`"), "{why}");
    assert!(response(&call("sns", "GetTopicAttributes", AWS_CLI_JSON, xml)).is_err());
}

#[test]
fn an_error_page_is_no_response() {
    for (media_type, body) in [
        ("text/html", "<html><body>Bad gateway</body></html>"),
        ("text/xml", "<html><body>Bad gateway</body></html>"),
        (
            "text/xml",
            "<ErrorResponse><Error><Code>NotFound</Code></Error></ErrorResponse>",
        ),
        ("application/json", ""),
        ("application/json", "[]"),
        ("application/json", "null"),
    ] {
        assert!(
            response(&call(
                "sns",
                "GetTopicAttributes",
                media_type,
                body.as_bytes()
            ))
            .is_err(),
            "{media_type} {body}"
        );
    }
}

#[test]
fn a_name_that_stands_twice_is_no_answer() {
    let json = br#"{"trailList":[{"Name":"a","IsLogging":true,"IsLogging":false}]}"#;
    let xml = b"<GetTopicAttributesResponse><GetTopicAttributesResult><Attributes>\
        <entry><key>Policy</key><value>a</value></entry><entry><key>Policy</key><value>b</value></entry>\
        </Attributes></GetTopicAttributesResult></GetTopicAttributesResponse>";
    let cbor = [0xa2, 0x61, b'a', 0x01, 0x61, b'a', 0x02];
    for (decoded, name) in [
        (read(Form::Json, json), "IsLogging"),
        (read(Form::Xml, xml), "Policy"),
        (read(Form::Cbor, &cbor), "a"),
    ] {
        let error = decoded.unwrap_err().to_string();
        assert_eq!(error, format!("`{name}` stands twice in one object"));
    }
}
