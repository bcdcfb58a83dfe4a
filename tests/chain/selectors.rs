//! S ids.

use super::*;
use crate::support::world::HOME;

fn basic(read_write_type: &str, management: bool, excluded: &[&str]) -> Value {
    json!([{
        "ReadWriteType": read_write_type,
        "IncludeManagementEvents": management,
        "DataResources": [],
        "ExcludeManagementEventSources": excluded,
    }])
}

fn advanced(fields: &[Value]) -> Value {
    let mut all = vec![json!({"Field": "eventCategory", "Equals": ["Management"]})];
    all.extend(fields.iter().cloned());
    json!([{"Name": "management", "FieldSelectors": all}])
}

fn with(key: &str, selectors: &Value) -> AccountChain {
    chain_of(&world(|world| {
        world.selectors(key, selectors.clone());
    }))
}

fn disable_key() -> Value {
    event("DisableKey", "kms.amazonaws.com", HOME, false)
}

fn denied_read() -> Value {
    let mut event = event("ListBuckets", "s3.amazonaws.com", HOME, true);
    event["errorCode"] = json!("AccessDenied");
    event
}

#[test]
fn s01_no_management_events() {
    fault(LinkId::S01, Verdict::Broken, |world| {
        world.selectors("EventSelectors", basic("All", false, &[]));
    });
}

#[test]
fn s02_read_only() {
    fault(LinkId::S02, Verdict::Degraded, |world| {
        world.selectors("EventSelectors", basic("ReadOnly", true, &[]));
    });
    let chain = with("EventSelectors", &basic("ReadOnly", true, &[]));
    assert_eq!(
        stopped_by(path_of(&chain, CONTROL), &stop_logging(HOME)),
        Some(LinkId::S02)
    );
    assert!(takes(
        path_of(&chain, "unauthorized_api_calls"),
        &denied_read()
    ));
}

#[test]
fn s03_write_only() {
    fault(LinkId::S03, Verdict::Degraded, |world| {
        world.selectors("EventSelectors", basic("WriteOnly", true, &[]));
    });
    let chain = with("EventSelectors", &basic("WriteOnly", true, &[]));
    assert!(takes(path_of(&chain, CONTROL), &stop_logging(HOME)));
    let path = path_of(&chain, "unauthorized_api_calls");
    assert_eq!(stopped_by(path, &denied_read()), Some(LinkId::S03));
}

#[test]
fn s03_a_second_selector_for_read_events_makes_it_whole() {
    let mut selectors = basic("WriteOnly", true, &[]);
    selectors.as_array_mut().expect("a list").extend(
        basic("ReadOnly", true, &[])
            .as_array()
            .expect("a list")
            .clone(),
    );
    let chain = with("EventSelectors", &selectors);
    let path = path_of(&chain, "unauthorized_api_calls");
    assert_eq!(path.verdict(), Verdict::Ok, "{path:#?}");
    assert!(takes(path, &denied_read()));
    assert!(takes(path_of(&chain, CONTROL), &stop_logging(HOME)));
}

#[test]
fn s04_kms_events_are_excluded() {
    fault(LinkId::S04, Verdict::Degraded, |world| {
        world.selectors("EventSelectors", basic("All", true, &["kms.amazonaws.com"]));
    });
    let chain = with(
        "EventSelectors",
        &basic("All", true, &["kms.amazonaws.com"]),
    );
    assert_eq!(
        stopped_by(path_of(&chain, "cmk_disable_or_delete"), &disable_key()),
        Some(LinkId::S04)
    );
    assert!(takes(path_of(&chain, CONTROL), &stop_logging(HOME)));
}

#[test]
fn s04_another_selector_that_has_them_makes_it_whole() {
    let mut selectors = basic("All", true, &["kms.amazonaws.com"]);
    selectors.as_array_mut().expect("a list").extend(
        basic("WriteOnly", true, &[])
            .as_array()
            .expect("a list")
            .clone(),
    );
    let chain = with("EventSelectors", &selectors);
    assert!(takes(
        path_of(&chain, "cmk_disable_or_delete"),
        &disable_key()
    ));
}

#[test]
fn s05_rds_data_events_are_excluded() {
    fault(LinkId::S05, Verdict::Degraded, |world| {
        world.selectors(
            "EventSelectors",
            basic("All", true, &["rdsdata.amazonaws.com"]),
        );
    });
    let chain = with(
        "EventSelectors",
        &basic("All", true, &["rdsdata.amazonaws.com"]),
    );
    let mut denied = event("ExecuteStatement", "rdsdata.amazonaws.com", HOME, false);
    denied["errorCode"] = json!("AccessDenied");
    assert_eq!(
        stopped_by(path_of(&chain, "unauthorized_api_calls"), &denied),
        Some(LinkId::S05)
    );
    assert!(takes(
        path_of(&chain, "cmk_disable_or_delete"),
        &disable_key()
    ));
}

#[test]
fn s06_no_advanced_selector_for_management_events() {
    fault(LinkId::S06, Verdict::Broken, |world| {
        world.selectors(
            "AdvancedEventSelectors",
            json!([{"Name": "data", "FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Data"]},
                {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
            ]}]),
        );
    });
}

#[test]
fn s07_advanced_selectors_restrict_read_or_write() {
    let reads = advanced(&[json!({"Field": "readOnly", "Equals": ["true"]})]);
    fault(LinkId::S07, Verdict::Degraded, |world| {
        world.selectors("AdvancedEventSelectors", reads.clone());
    });
    let chain = with("AdvancedEventSelectors", &reads);
    assert_eq!(
        stopped_by(path_of(&chain, CONTROL), &stop_logging(HOME)),
        Some(LinkId::S07)
    );
    let writes = with(
        "AdvancedEventSelectors",
        &advanced(&[json!({"Field": "readOnly", "Equals": ["false"]})]),
    );
    assert!(takes(path_of(&writes, CONTROL), &stop_logging(HOME)));
    assert_eq!(
        stopped_by(path_of(&writes, "unauthorized_api_calls"), &denied_read()),
        Some(LinkId::S07)
    );
}

#[test]
fn s08_advanced_selectors_exclude_a_source() {
    let without_kms =
        advanced(&[json!({"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]})]);
    fault(LinkId::S08, Verdict::Degraded, |world| {
        world.selectors("AdvancedEventSelectors", without_kms.clone());
    });
    let chain = with("AdvancedEventSelectors", &without_kms);
    assert_eq!(
        stopped_by(path_of(&chain, "cmk_disable_or_delete"), &disable_key()),
        Some(LinkId::S08)
    );
    assert!(takes(path_of(&chain, CONTROL), &stop_logging(HOME)));
}

#[test]
fn s08_a_condition_that_is_not_understood_is_unknown() {
    fault(LinkId::S08, Verdict::Unknown, |world| {
        world.selectors(
            "AdvancedEventSelectors",
            advanced(&[json!({"Field": "vpcEndpointId", "Equals": ["vpce-1"]})]),
        );
    });
}

#[test]
fn s09_no_selectors_is_the_default_and_fine() {
    let bare = |custom: bool| {
        world(|world| {
            world.selectors("EventSelectors", json!([]));
            world.edit_trail(|trail| trail["HasCustomEventSelectors"] = json!(custom));
        })
    };
    let chain = chain_of(&bare(false));
    let path = path_of(&chain, CONTROL);
    assert_eq!(path.verdict(), Verdict::Ok);
    assert!(path.link(LinkId::S09).is_some());
    assert!(takes(path, &stop_logging(HOME)));
    let contradiction = chain_of(&bare(true));
    assert_eq!(path_of(&contradiction, CONTROL).verdict(), Verdict::Unknown);
}

#[test]
fn s09_a_trail_that_says_it_has_no_custom_selectors_needs_no_answer() {
    let chain = chain_of(&world(|world| {
        world.deny("cloudtrail", "GetEventSelectors");
        world.edit_trail(|trail| trail["HasCustomEventSelectors"] = json!(false));
    }));
    assert_eq!(path_of(&chain, CONTROL).verdict(), Verdict::Ok);
}

#[test]
fn s10_selectors_unavailable() {
    let link = fault(LinkId::S10, Verdict::Unknown, |world| {
        world.deny("cloudtrail", "GetEventSelectors");
    });
    assert!(
        sentence(&link.cause).contains("cloudtrail:GetEventSelectors"),
        "{}",
        sentence(&link.cause)
    );
}
