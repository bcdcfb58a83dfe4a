//! What an attack changes of trails beside the first, of keys, and of EventBridge rules.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::edit::{Key, merge};
use crate::support::world::{ACCOUNT, HOME, REGIONS, RULE_TOPIC, Rule, World};

const KEY_ID: &str = "5a1d3e9c";

/// One more trail, of the home Region unless its members say otherwise.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Second {
    #[serde(default = "name")]
    name: String,
    /// Members of the trail.
    #[serde(default)]
    trail: Map<String, Value>,
    /// Members of its status.
    #[serde(default)]
    status: Map<String, Value>,
    /// Basic event selectors; all management events where neither these nor the next are given.
    #[serde(default)]
    selectors: Option<Value>,
    /// Advanced event selectors, each a list of field selectors.
    #[serde(default)]
    advanced: Option<Vec<Value>>,
}

fn name() -> String {
    "second".to_owned()
}

impl Second {
    pub(super) fn add(&self, world: &mut World) {
        let home = self.trail.get("HomeRegion").and_then(Value::as_str);
        let home = home.unwrap_or(HOME).to_owned();
        let arn = format!("arn:aws:cloudtrail:{home}:{ACCOUNT}:trail/{}", self.name);
        let mut trail = json!({"Name": self.name, "TrailARN": arn, "HomeRegion": home, "S3BucketName": "second-logs",
            "IsMultiRegionTrail": true, "IncludeGlobalServiceEvents": true, "IsOrganizationTrail": false,
            "LogFileValidationEnabled": true, "HasCustomEventSelectors": true});
        merge(&mut trail, &Value::Object(self.trail.clone()));
        let everywhere = trail["IsMultiRegionTrail"] == true;
        for answer in world.answers_to("cloudtrail", "DescribeTrails") {
            if let (true, Ok(output)) = (everywhere || answer.region == home, &mut answer.output) {
                output["trailList"]
                    .as_array_mut()
                    .expect("a list")
                    .push(trail.clone());
            }
        }
        let mut status = json!({"IsLogging": true, "LatestDeliveryTime": "2026-11-20T23:55:00Z",
            "LatestDigestDeliveryTime": "2026-11-20T23:10:00Z", "StartLoggingTime": "2026-10-01T07:00:00Z"});
        merge(&mut status, &Value::Object(self.status.clone()));
        let call = |operation| ("cloudtrail", operation);
        world.answer_of(
            ACCOUNT,
            &home,
            call("GetTrailStatus"),
            json!({"Name": arn}),
            status,
        );
        let mut selectors = match (&self.selectors, &self.advanced) {
            (_, Some(advanced)) => {
                let all: Vec<Value> = advanced
                    .iter()
                    .map(|fields| json!({"FieldSelectors": fields}))
                    .collect();
                json!({"AdvancedEventSelectors": all})
            }
            (Some(basic), None) => json!({"EventSelectors": basic}),
            (None, None) => {
                json!({"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": true,
                "DataResources": [], "ExcludeManagementEventSources": []}]})
            }
        };
        selectors["TrailARN"] = json!(arn);
        let request = json!({"TrailName": arn});
        world.answer_of(
            ACCOUNT,
            &home,
            call("GetEventSelectors"),
            request,
            selectors,
        );
    }
}

/// A rule that forwards from the default bus, of every Region unless some are named.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forward {
    /// The bus, with `(region)` for the Region of the rule.
    to: String,
    /// The pattern; everything of AWS where absent.
    #[serde(default)]
    pattern: Value,
    #[serde(default)]
    from: Vec<String>,
    /// Members of the rule.
    #[serde(default)]
    rule: Map<String, Value>,
    /// Members of its target.
    #[serde(default)]
    target: Map<String, Value>,
}

impl Forward {
    pub(super) fn add(&self, world: &mut World) {
        let everything = json!({"source": [{"prefix": "aws."}]});
        let pattern = if self.pattern.is_null() {
            &everything
        } else {
            &self.pattern
        };
        world.forward(pattern, |region| self.to.replace("(region)", region));
        for answer in world.answers_to("events", "ListRules") {
            let output = answer.output.as_mut().expect("an answer");
            let rules = output["Rules"].as_array_mut().expect("a list");
            rules.retain(|rule| {
                let here = self.from.is_empty() || self.from.contains(&answer.region);
                here || rule["Name"] != "forward"
            });
            for rule in rules.iter_mut().filter(|rule| rule["Name"] == "forward") {
                merge(rule, &Value::Object(self.rule.clone()));
            }
        }
        for answer in world.answers_to("events", "ListTargetsByRule") {
            if answer.request["Rule"] == "forward" {
                let output = answer.output.as_mut().expect("an answer");
                merge(
                    &mut output["Targets"][0],
                    &Value::Object(self.target.clone()),
                );
            }
        }
    }
}

/// One more rule on default buses, with the topic of its Region as its target.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlsoRule {
    name: String,
    pattern: String,
    /// The Regions that have it; all where none is named.
    #[serde(default)]
    of: Vec<String>,
    /// Members of the rule.
    #[serde(default)]
    rule: Map<String, Value>,
    /// Its targets, in place of the topic; `(region)` in a text is the Region.
    #[serde(default)]
    targets: Option<Value>,
}

impl AlsoRule {
    pub(super) fn add(&self, world: &mut World) {
        let mut regions = Vec::new();
        for answer in world.answers_to("events", "ListRules") {
            let region = answer.region.clone();
            let here = self.of.is_empty() || self.of.contains(&region);
            if !here || answer.request != json!({}) || answer.account != ACCOUNT {
                continue;
            }
            let arn = format!("arn:aws:events:{region}:{ACCOUNT}:rule/{}", self.name);
            let mut rule = json!({"Name": self.name, "Arn": arn, "EventPattern": self.pattern, "EventBusName": "default",
                "State": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"});
            merge(&mut rule, &Value::Object(self.rule.clone()));
            let output = answer.output.as_mut().expect("an answer");
            let rules = output["Rules"].as_array_mut().expect("a list");
            rules.push(rule);
            regions.push(region);
        }
        for region in regions {
            let topic = format!("arn:aws:sns:{region}:{ACCOUNT}:{RULE_TOPIC}");
            let to_topic = json!([{"Id": "topic", "Arn": topic}]);
            let targets = self.targets.as_ref().unwrap_or(&to_topic);
            let call = ("events", "ListTargetsByRule");
            let request = json!({"Rule": self.name});
            let output = json!({"Targets": filled(targets, &region)});
            world.answer_of(ACCOUNT, &region, call, request, output);
        }
    }
}

impl Key {
    /// Answers about the key in a Region.
    fn told(&self, world: &mut World, region: &str) -> String {
        let arn = format!("arn:aws:kms:{region}:{ACCOUNT}:key/{KEY_ID}");
        let mut metadata = json!({"KeyId": KEY_ID, "Arn": arn, "Enabled": true, "KeyState": "Enabled",
            "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"});
        merge(&mut metadata, &Value::Object(self.metadata.clone()));
        let statements = filled(&json!(self.statements), region);
        let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        let metadata = json!({"KeyMetadata": metadata});
        world.answer_of(
            ACCOUNT,
            region,
            ("kms", "DescribeKey"),
            json!({"KeyId": arn}),
            metadata,
        );
        let request = json!({"KeyId": arn, "PolicyName": "default"});
        let policy = json!({"Policy": policy, "PolicyName": "default"});
        world.answer_of(ACCOUNT, region, ("kms", "GetKeyPolicy"), request, policy);
        arn
    }

    pub(super) fn of_trail(&self, world: &mut World) {
        let arn = self.told(world, HOME);
        world.edit_trail(|trail| trail["KmsKeyId"] = json!(arn));
    }

    pub(super) fn of_topics(&self, world: &mut World) {
        for region in REGIONS {
            let arn = self.told(world, region);
            for answer in world.answers_to("sns", "GetTopicAttributes") {
                if answer.region == region && answer.account == ACCOUNT {
                    let output = answer.output.as_mut().expect("an answer");
                    output["Attributes"]["KmsMasterKeyId"] = json!(arn);
                }
            }
        }
    }

    pub(super) fn of_buses(&self, world: &mut World) {
        for region in REGIONS {
            let arn = self.told(world, region);
            for answer in world.answers_to("events", "DescribeEventBus") {
                if answer.region == region && answer.account == ACCOUNT {
                    let output = answer.output.as_mut().expect("an answer");
                    output["KmsKeyIdentifier"] = json!(arn);
                }
            }
        }
    }
}

/// The value with `(region)` in its texts filled in.
fn filled(value: &Value, region: &str) -> Value {
    let text = value.to_string().replace("(region)", region);
    serde_json::from_str(&text).expect("JSON")
}

/// An account that a rule on changes of trails watches in every Region.
pub fn watched_by_rules() -> World {
    let pattern = json!({
        "source": ["aws.cloudtrail"],
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {
            "eventSource": ["cloudtrail.amazonaws.com"],
            "eventName": ["CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"],
        },
    });
    World::watched_by_rules(&REGIONS, &REGIONS, &[Rule::of("watch", pattern)])
}

pub fn rule(world: &mut World, members: &Value) {
    let mut members = members.clone();
    if members["EventPattern"].is_object() {
        members["EventPattern"] = json!(members["EventPattern"].to_string());
    } else if members["EventPattern"].is_null() {
        let object = members.as_object_mut().expect("members");
        object.remove("EventPattern");
    }
    world.edit("events", "ListRules", |output| {
        for rule in output["Rules"].as_array_mut().expect("a list") {
            merge(rule, &members);
        }
    });
}

pub fn rule_in(world: &mut World, regions: &[String]) {
    for answer in world.answers_to("events", "ListRules") {
        if !regions.contains(&answer.region) {
            answer.output = Ok(json!({"Rules": []}));
        }
    }
    // Nobody asks for the targets of a rule that is not there.
    world.answers.retain(|answer| {
        answer.operation != "ListTargetsByRule" || regions.contains(&answer.region)
    });
}

pub fn target(world: &mut World, members: &Value) {
    for answer in world.answers_to("events", "ListTargetsByRule") {
        let members = filled(members, &answer.region);
        let output = answer.output.as_mut().expect("an answer");
        for target in output["Targets"].as_array_mut().expect("a list") {
            merge(target, &members);
        }
    }
}
