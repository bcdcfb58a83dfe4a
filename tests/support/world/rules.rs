//! An account that EventBridge alone watches: a trail, and rules that send to a topic of their Region.

use serde_json::{Value, json};

use super::{ACCOUNT, HOME, Site, World};

/// Name of the topic in each Region.
pub const RULE_TOPIC: &str = "events";

/// A rule of a default bus.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// The event pattern.
    pub pattern: Value,
    /// The state.
    pub state: String,
}

impl Rule {
    /// A rule that sees every management event.
    pub fn of(name: &str, pattern: Value) -> Self {
        Self {
            name: name.to_owned(),
            pattern,
            state: "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS".to_owned(),
        }
    }

    /// The same in another state.
    pub fn in_state(mut self, state: &str) -> Self {
        state.clone_into(&mut self.state);
        self
    }
}

impl World {
    /// An account with these enabled Regions, a trail of all of them without a log group, and in each of `deployed` the
    /// rules, whose target is the Region's topic with a confirmed address.
    pub fn watched_by_rules(regions: &[&str], deployed: &[&str], rules: &[Rule]) -> Self {
        let mut site = Site::new(ACCOUNT, HOME);
        site.regions = regions.iter().map(|region| (*region).to_owned()).collect();
        let mut trail = site.trail(false);
        for member in ["CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"] {
            trail.as_object_mut().expect("a trail").remove(member);
        }
        let mut answers = site.identity();
        answers.push(site.no_organization());
        answers.extend(site.trails(&trail));
        answers.extend(site.event_rules());
        let mut world = Self { answers };
        for region in deployed {
            world.deploy(region, rules);
        }
        world
    }

    /// Puts rules on the default bus of a Region, with the Region's topic as their target.
    pub fn deploy(&mut self, region: &str, rules: &[Rule]) -> &mut Self {
        let arn = |service: &str, resource: &str| {
            format!("arn:aws:{service}:{region}:{ACCOUNT}:{resource}")
        };
        let listed: Vec<Value> = rules
            .iter()
            .map(|rule| {
                json!({
                    "Name": rule.name,
                    "Arn": arn("events", &format!("rule/{}", rule.name)),
                    "EventPattern": rule.pattern.as_str().map_or_else(|| rule.pattern.to_string(), str::to_owned),
                    "State": rule.state,
                    "EventBusName": "default",
                })
            })
            .collect();
        for answer in self.answers_to("events", "ListRules") {
            if answer.region == region && answer.request == json!({}) {
                answer.output = Ok(json!({ "Rules": listed }));
            }
        }
        let topic = arn("sns", RULE_TOPIC);
        let subscription = format!("{topic}:6b5d2f0e-0000-4000-8000-000000000017");
        for rule in rules {
            self.answer_of(
                ACCOUNT,
                region,
                ("events", "ListTargetsByRule"),
                json!({"Rule": rule.name}),
                json!({"Targets": [{"Id": "topic", "Arn": topic}]}),
            );
        }
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Sid": "rules",
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": topic,
            }],
        });
        for (operation, request, output) in [
            (
                "GetTopicAttributes",
                json!({"TopicArn": topic}),
                json!({"Attributes": {"TopicArn": topic, "Owner": ACCOUNT, "Policy": policy.to_string(),
                    "SubscriptionsConfirmed": "1", "SubscriptionsPending": "0", "SubscriptionsDeleted": "0"}}),
            ),
            (
                "ListSubscriptionsByTopic",
                json!({"TopicArn": topic}),
                json!({"Subscriptions": [{"SubscriptionArn": subscription, "Owner": ACCOUNT, "Protocol": "email",
                    "Endpoint": "security@example.com", "TopicArn": topic}]}),
            ),
            (
                "GetSubscriptionAttributes",
                json!({"SubscriptionArn": subscription}),
                json!({"Attributes": {"SubscriptionArn": subscription, "PendingConfirmation": "false",
                    "RawMessageDelivery": "false", "ConfirmationWasAuthenticated": "true"}}),
            ),
        ] {
            self.answer_of(ACCOUNT, region, ("sns", operation), request, output);
        }
        self
    }

    /// Describes a custom bus of a Region, encrypted or not.
    pub fn described_bus(&mut self, region: &str, bus: &str, key: Option<&str>) {
        let mut output = json!({"Name": bus, "Arn": format!("arn:aws:events:{region}:{ACCOUNT}:event-bus/{bus}")});
        if let Some(key) = key {
            output["KmsKeyIdentifier"] = json!(key);
        }
        let call = ("events", "DescribeEventBus");
        for answer in self.answers_to(call.0, call.1) {
            if answer.account == ACCOUNT && answer.region == region && answer.request["Name"] == bus
            {
                answer.output = Ok(output);
                return;
            }
        }
        self.answer_of(ACCOUNT, region, call, json!({"Name": bus}), output);
    }

    /// Moves the rules of every Region to a bus of its own.
    pub fn on_bus(&mut self, bus: &str) {
        let mut moved = Vec::new();
        for answer in self.answers_to("events", "ListRules") {
            let output = answer.output.as_mut().expect("an answer");
            let mut rules = output["Rules"].as_array().expect("a list").clone();
            for rule in &mut rules {
                rule["EventBusName"] = json!(bus);
                let arn = rule["Arn"].as_str().expect("an ARN");
                rule["Arn"] = json!(arn.replace(":rule/", &format!(":rule/{bus}/")));
            }
            moved.push((answer.region.clone(), rules));
            output["Rules"] = json!([]);
        }
        for (region, rules) in moved {
            self.described_bus(&region, bus, None);
            self.answer_of(
                ACCOUNT,
                &region,
                ("events", "ListRules"),
                json!({"EventBusName": bus}),
                json!({"Rules": rules}),
            );
        }
        for answer in self.answers_to("events", "ListTargetsByRule") {
            answer.request["EventBusName"] = json!(bus);
        }
    }

    /// Puts a rule on the default bus of every Region that forwards to a bus.
    pub fn forward(&mut self, pattern: &Value, to: impl Fn(&str) -> String) {
        let mut regions = Vec::new();
        for answer in self.answers_to("events", "ListRules") {
            if answer.request != json!({}) || answer.account != ACCOUNT {
                continue;
            }
            let region = answer.region.clone();
            answer.output = Ok(
                json!({"Rules": [{"Name": "forward", "Arn": format!("arn:aws:events:{region}:{ACCOUNT}:rule/forward"),
                "EventPattern": pattern.to_string(), "State": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", "EventBusName": "default"}]}),
            );
            regions.push(region);
        }
        for region in regions {
            let bus = to(&region);
            self.answer_of(
                ACCOUNT,
                &region,
                ("events", "ListTargetsByRule"),
                json!({"Rule": "forward"}),
                json!({"Targets": [{"Id": "bus", "Arn": bus}]}),
            );
        }
    }
}
