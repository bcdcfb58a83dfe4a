//! Where events come and where they are sent on: Regions, buses of one's own, forwarding.

use super::*;

/// Rules in some Regions.
fn in_regions(deployed: &[&str], rule: Rule) -> World {
    World::watched_by_rules(&REGIONS, deployed, &[rule])
}

#[test]
fn e08_rule_in_some_regions() {
    let world = in_regions(
        &["us-east-1", "us-west-2"],
        Rule::of("watch", trail_changes()),
    );
    let finding = broken_by(LinkId::E08, &world);
    assert_eq!(
        finding.witness.expect("a witness")["awsRegion"],
        "eu-west-1"
    );
}

#[test]
fn e09_global_events_elsewhere() {
    let pattern = json!({"source": ["aws.organizations"]});
    let world = in_regions(&["eu-west-1"], Rule::of("organization", pattern.clone()));
    let finding = finding_of(&world, "organizations_changes");
    assert_eq!(
        (finding.status, finding.broken_link),
        (Status::Fail, Some(LinkId::E09)),
        "{}",
        reason(&finding)
    );
    // The Region of global services is enough for them.
    passes(
        &in_regions(&["us-east-1"], Rule::of("organization", pattern)),
        "organizations_changes",
    );
}

#[test]
fn e10_sign_ins_elsewhere() {
    let pattern = json!({"detail": {"eventName": ["ConsoleLogin"]}});
    let world = in_regions(&["us-east-1"], Rule::of("sign-in", pattern));
    let finding = finding_of(&world, "console_auth_failures");
    assert_eq!(
        (finding.status, finding.broken_link),
        (Status::Fail, Some(LinkId::E10)),
        "{}",
        reason(&finding)
    );
}

fn own_bus(region: &str) -> String {
    format!("arn:aws:events:{region}:{ACCOUNT}:event-bus/security")
}

#[test]
fn e11_custom_bus_without_forwarding() {
    broken_by(LinkId::E11, &by_rule(|world| world.on_bus("security")));
    // Forwarded it arrives, and both patterns count.
    let everything = json!({"source": [{"prefix": "aws."}]});
    let world = by_rule(|world| {
        world.on_bus("security");
        world.forward(&everything, own_bus);
    });
    passes(&world, CONTROL);
    let mut narrow = trail_changes();
    narrow["detail"]["eventName"] = json!(["StopLogging"]);
    let world = by_rule(|world| {
        world.on_bus("security");
        world.forward(&narrow, own_bus);
    });
    broken_by(LinkId::E05, &world);
}

#[test]
fn e23_forwarded_outside_of_the_snapshot() {
    let world = by_rule(|world| {
        targets(world, |region, target| {
            target["Arn"] = json!(format!(
                "arn:aws:events:{region}:999988887777:event-bus/default"
            ));
        });
    });
    open_by(LinkId::E23, &world, CONTROL);
}

#[test]
fn e24_second_hop_and_bus_policy() {
    let world = by_rule(|world| {
        world.on_bus("security");
        world.forward(&trail_changes(), own_bus);
        targets(world, |region, target| {
            if target["Id"] == "topic" {
                target["Arn"] = json!(format!("arn:aws:events:{region}:{ACCOUNT}:event-bus/other"));
            }
        });
    });
    broken_by(LinkId::E24, &world);
    // Another account's bus: its policy decides.
    let foreign = |policy: Option<Value>| {
        by_rule(|world| {
            world.forward(&trail_changes(), |region| {
                format!("arn:aws:events:{region}:{MEMBER}:event-bus/default")
            });
            let mut copied: Vec<(String, String, Value, Value)> = Vec::new();
            for answer in &world.answers {
                let call = (answer.service.as_str(), answer.operation.as_str());
                if matches!(call, ("sns", _))
                    || (call == ("events", "ListTargetsByRule")
                        && answer.request["Rule"] == "watch")
                {
                    let moved = |value: &Value| -> Value {
                        serde_json::from_str(&value.to_string().replace(ACCOUNT, MEMBER))
                            .expect("JSON")
                    };
                    copied.push((
                        answer.region.clone(),
                        format!("{}:{}", call.0, call.1),
                        moved(&answer.request),
                        moved(answer.output.as_ref().expect("an answer")),
                    ));
                }
            }
            for region in REGIONS {
                copied.push((region.to_owned(), "events:ListRules".to_owned(), json!({}), json!({"Rules": [{
                    "Name": "watch", "Arn": format!("arn:aws:events:{region}:{MEMBER}:rule/watch"), "EventPattern": trail_changes().to_string(),
                    "State": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", "EventBusName": "default"}]})));
                let mut bus = json!({"Name": "default", "Arn": format!("arn:aws:events:{region}:{MEMBER}:event-bus/default")});
                if let Some(policy) = &policy {
                    bus["Policy"] = json!(policy.to_string());
                }
                copied.push((
                    region.to_owned(),
                    "events:DescribeEventBus".to_owned(),
                    json!({"Name": "default"}),
                    bus,
                ));
            }
            for (region, call, request, output) in copied {
                let (service, operation) = call.split_once(':').expect("a call");
                world.answer_of(MEMBER, &region, (service, operation), request, output);
            }
        })
    };
    broken_by(LinkId::E24, &foreign(None));
    let admits = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")},
        "Action": "events:PutEvents", "Resource": "*"}]});
    passes(&foreign(Some(admits.clone())), CONTROL);
    let mut conditional = admits;
    conditional["Statement"][0]["Condition"] =
        json!({"StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}});
    open_by(LinkId::E24, &foreign(Some(conditional)), CONTROL);
}
