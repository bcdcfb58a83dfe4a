//! The rule itself: its state, its pattern, and how CloudTrail spells what it asks for.

use super::*;

#[test]
fn e02_rule_disabled() {
    broken_by(
        LinkId::E02,
        &watched(
            Rule::of("watch", trail_changes()).in_state("DISABLED"),
            |_| {},
        ),
    );
    open_by(
        LinkId::E02,
        &watched(
            Rule::of("watch", trail_changes()).in_state("PAUSED"),
            |_| {},
        ),
        CONTROL,
    );
}

#[test]
fn e03_enabled_leaves_out_reads() {
    let denied = || json!({"detail": {"errorCode": [{"wildcard": "*UnauthorizedOperation"}, {"prefix": "AccessDenied"}]}});
    passes(
        &watched(Rule::of("watch", denied()), |_| {}),
        "unauthorized_api_calls",
    );
    let world = watched(Rule::of("watch", denied()).in_state("ENABLED"), |_| {});
    let finding = finding_of(&world, "unauthorized_api_calls");
    assert_eq!(
        (finding.status, finding.broken_link),
        (Status::Fail, Some(LinkId::E03)),
        "{}",
        reason(&finding)
    );
    // Names and the field agree on the events that CIS lists.
    passes(
        &watched(
            Rule::of("watch", trail_changes()).in_state("ENABLED"),
            |_| {},
        ),
        CONTROL,
    );
}

#[test]
fn e03_is_open_where_name_and_field_disagree() {
    let chain = chain_of(&watched(
        Rule::of("all", json!({"source": [{"prefix": "aws."}]})).in_state("ENABLED"),
        |_| {},
    ));
    assert!(
        links_of(&chain, LinkId::E03)
            .iter()
            .any(|link| link.verdict == Verdict::Unknown)
    );
    let chain = chain_of(&watched(
        Rule::of("watch", trail_changes()).in_state("ENABLED"),
        |_| {},
    ));
    assert!(links_of(&chain, LinkId::E03).is_empty());
}

#[test]
fn e05_pattern_that_does_not_match() {
    let mut pattern = trail_changes();
    pattern["detail"]["eventName"] =
        json!(["CreateTrail", "UpdateTrail", "StartLogging", "StopLogging"]);
    let finding = broken_by(LinkId::E05, &watched(Rule::of("watch", pattern), |_| {}));
    assert_eq!(
        finding.witness.expect("a witness")["eventName"],
        "DeleteTrail"
    );
    // A source of another service never matches.
    let mut pattern = trail_changes();
    pattern["source"] = json!(["aws.iam"]);
    broken_by(LinkId::E05, &watched(Rule::of("watch", pattern), |_| {}));
}

#[test]
fn e07_spelling_of_sign_in() {
    let both = [CALLS, SIGN_IN, SIGNIN];
    let finding = passes(
        &watched(Rule::of("root", root_usage(&both)), |_| {}),
        "root_usage",
    );
    assert!(
        finding
            .notes
            .iter()
            .all(|note| note.link != Some(LinkId::E07))
    );
    passes(
        &watched(Rule::of("root", root_usage(&[])), |_| {}),
        "root_usage",
    );
    let world = watched(Rule::of("root", root_usage(&[CALLS, SIGNIN])), |_| {});
    let finding = open_by(LinkId::E07, &world, "root_usage");
    assert!(reason(&finding).contains(SIGNIN));
    let finding = passes(
        &watched(Rule::of("root", root_usage(&[CALLS, SIGN_IN])), |_| {}),
        "root_usage",
    );
    assert!(
        finding
            .notes
            .iter()
            .any(|note| note.link == Some(LinkId::E07))
    );
    let world = watched(Rule::of("root", root_usage(&[CALLS])), |_| {});
    assert_eq!(
        finding_of(&world, "root_usage").broken_link,
        Some(LinkId::E05)
    );
}

#[test]
fn a_pattern_that_matches_no_event_is_told_why() {
    let names = || json!({"eventName": ["StopLogging", "DeleteTrail", "UpdateTrail"]});
    let slips = [
        (
            json!({"eventName": ["StopLogging", "DeleteTrail"]}),
            "beside `detail`",
        ),
        (
            json!({"detail-type": ["AWS API call via CloudTrail"], "detail": names()}),
            "not the detail type",
        ),
        (
            json!({"source": ["cloudtrail.amazonaws.com"], "detail": names()}),
            "begins with `aws.`",
        ),
        (
            json!({"detail": {"eventName": ["cloudtrail:StopLogging", "cloudtrail:DeleteTrail"]}}),
            "called `StopLogging`",
        ),
        (
            json!({"source": ["aws.s3"], "detail": {"eventSource": ["cloudtrail.amazonaws.com"], "eventName": ["StopLogging"]}}),
            "do not have the source `aws.s3`",
        ),
    ];
    for (pattern, says) in slips {
        let finding = broken_by(LinkId::E05, &watched(Rule::of("watch", pattern), |_| {}));
        let said = reason(&finding);
        assert!(
            said.contains(says) && said.contains("no event at all"),
            "{said}"
        );
    }
    let star = json!({"detail": {"eventName": ["*"], "userIdentity": {"type": ["Root"]}}});
    let finding = finding_of(&watched(Rule::of("watch", star), |_| {}), "root_usage");
    assert!(
        reason(&finding).contains("is a character"),
        "{}",
        reason(&finding)
    );
    // One alternative that matches something is enough for it not to be a slip.
    let either = json!({"$or": [{"eventName": ["StopLogging"]}, {"detail": {"eventName": ["StopLogging"]}}]});
    let finding = broken_by(LinkId::E05, &watched(Rule::of("watch", either), |_| {}));
    assert!(!reason(&finding).contains("no event at all"));
}

#[test]
fn e25_pattern_that_cannot_be_read() {
    let world = by_rule(|world| {
        for answer in world.answers_to("events", "ListRules") {
            let output = answer.output.as_mut().expect("an answer");
            output["Rules"][0]["EventPattern"] =
                json!(r#"{"detail":{"eventName":[{"matches":"Stop.*"}]}}"#);
        }
    });
    open_by(LinkId::E25, &world, CONTROL);
}

/// The rule with this text in place of its pattern.
fn written(pattern: &str) -> World {
    by_rule(|world| {
        for answer in world.answers_to("events", "ListRules") {
            let output = answer.output.as_mut().expect("an answer");
            output["Rules"][0]["EventPattern"] = json!(pattern);
        }
    })
}

#[test]
fn a_rule_that_cannot_be_read_was_taken_for_none_unless_it_named_a_field_of_records() {
    for pattern in [
        r#"{"source":[{"starts":"aws."}]}"#,
        r#"{"source":["aws.cloudtrail"]"#,
        r#"{"source":["aws.cloudtrail"],"detail":{}}"#,
    ] {
        open_by(LinkId::E25, &written(pattern), CONTROL);
    }
}

#[test]
fn what_can_be_read_of_a_pattern_that_cannot_be_read_as_a_whole_counts() {
    // An operator of tomorrow on one field makes no event of another field match.
    let other =
        r#"{"detail":{"eventName":["CreateTrail","UpdateTrail"],"userAgent":[{"starts":"aws"}]}}"#;
    let finding = finding_of(&written(other), CONTROL);
    assert_eq!(finding.status, Status::Fail, "{}", reason(&finding));
    let ec2 = r#"{"source":["aws.ec2"],"detail":{"userAgent":[{"starts":"aws"}]}}"#;
    let finding = finding_of(&written(ec2), CONTROL);
    assert_eq!(finding.status, Status::Fail, "{}", reason(&finding));
    open_by(LinkId::E25, &written(ec2), "vpc_changes");
    // Whichever name a sign-in has there.
    let signin = json!({"detail-type": [SIGNIN], "detail": {"userAgent": [{"starts": "aws"}]}});
    open_by(
        LinkId::E25,
        &written(&signin.to_string()),
        "console_auth_failures",
    );
}
