//! The loop without an emulator: the printed script is run with an `aws` that notes what it is told, and the answers of a world are
//! edited as AWS would have changed them. What is recorded of that world then is what the next collection would see.

use std::path::Path;

use serde_json::{Value, json};

use super::scripted;
use crate::support::world::World;

/// Says who asks, that nothing is done yet, and notes every call: words end with a NUL, calls with a line of their own.
const AWS: &str = r#"#!/bin/sh
case "$1 $2" in
"sts get-caller-identity") echo "$ACCOUNT"; exit ;;
"kms create-key") echo made-key ;;
esac
case " $* " in
*" create-key "*) ;;
*" --output text "*) exit ;;
*" --query "*) echo '"free"'; exit ;;
esac
for word; do printf '%s\0' "$word"; done >>told
printf '\n\0' >>told
"#;

/// A call that the script made.
struct Told {
    service: String,
    operation: String,
    region: String,
    input: Value,
}

/// Runs the script in an account, and gives what it told AWS to change.
fn run(folder: &Path, script: &str, account: &str) -> Vec<Told> {
    let variables = [("ACCOUNT", account), ("EMAIL", "security@example.com")];
    let output = scripted::run(folder, AWS, script, &[], &variables);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}\n{script}");
    let told = std::fs::read_to_string(folder.join("told")).unwrap_or_default();
    let _ = std::fs::remove_file(folder.join("told"));
    let words: Vec<&str> = told.split('\0').collect();
    let calls = words.split(|word| *word == "\n");
    calls.filter(|call| call.len() > 2).map(told_of).collect()
}

fn told_of(words: &[&str]) -> Told {
    let after = |option: &str| {
        let place = words.iter().position(|word| *word == option);
        place.and_then(|place| words.get(place + 1)).copied()
    };
    let mut input: Value =
        after("--cli-input-json").map_or(json!({}), |text| serde_json::from_str(text).unwrap());
    for (option, member) in [
        ("--protocol=", "Protocol"),
        ("--notification-endpoint=", "Endpoint"),
        ("--alias-name=", "AliasName"),
    ] {
        if let Some(value) = words.iter().find_map(|word| word.strip_prefix(option)) {
            input[member] = json!(value);
        }
    }
    Told {
        service: words[0].to_owned(),
        operation: words[1].to_owned(),
        region: after("--region").unwrap().to_owned(),
        input,
    }
}

/// The world after the script was run in each of these accounts.
pub fn played(world: &World, script: &str, accounts: &[String]) -> World {
    let folder = tempfile::tempdir().unwrap();
    let mut after = world.clone();
    for account in accounts {
        let mut stage = Stage {
            world: &mut after,
            account,
            key_policy: None,
        };
        for told in run(folder.path(), script, account) {
            stage.change(&told);
        }
    }
    after
}

struct Stage<'w> {
    world: &'w mut World,
    account: &'w str,
    /// The policy of a key that was made and has no alias yet.
    key_policy: Option<Value>,
}

impl Stage<'_> {
    fn change(&mut self, told: &Told) {
        let input = &told.input;
        match (told.service.as_str(), told.operation.as_str()) {
            ("s3api" | "iam", _) => {}
            ("logs", "create-log-group") => self.log_group(told),
            ("logs", "put-metric-filter") => self.metric_filter(told),
            ("cloudwatch", "put-metric-alarm") => self.alarm(told, "MetricAlarms"),
            ("cloudwatch", "put-composite-alarm") => self.alarm(told, "CompositeAlarms"),
            ("cloudwatch", "enable-alarm-actions") => {
                let name = &input["AlarmNames"][0];
                self.items("monitoring", "DescribeAlarms", |item| {
                    if item["AlarmName"] == *name {
                        item["ActionsEnabled"] = json!(true);
                    }
                });
            }
            ("cloudwatch", "put-alarm-mute-rule") => {
                for answer in self.world.answers_to("monitoring", "GetAlarmMuteRule") {
                    if let Ok(output) = &mut answer.output
                        && output["Name"] == input["Name"]
                    {
                        output["MuteTargets"] = input["MuteTargets"].clone();
                    }
                }
            }
            ("sns", operation) => self.topic(told, operation),
            ("kms", operation) => self.key(told, operation),
            ("cloudtrail", operation) => self.trail(told, operation),
            ("events", operation) => self.rule(told, operation),
            (service, operation) => panic!("nobody plays {service} {operation}"),
        }
    }

    fn answer(
        &mut self,
        told: &Told,
        service: &str,
        operation: &str,
        request: Value,
        output: Value,
    ) {
        let region = told.region.clone();
        let call = (service, operation);
        self.world.answers.retain(|answer| {
            (
                answer.region.as_str(),
                answer.service.as_str(),
                answer.operation.as_str(),
                &answer.request,
            ) != (region.as_str(), service, operation, &request)
                || answer.account != self.account
        });
        self.world
            .answer_of(self.account, &told.region, call, request, output);
    }

    /// Every item of every list in the answers to an operation.
    fn items(&mut self, service: &str, operation: &str, mut edit: impl FnMut(&mut Value)) {
        for answer in &mut self.world.answers {
            if (answer.service.as_str(), answer.operation.as_str()) != (service, operation) {
                continue;
            }
            let Ok(Value::Object(lists)) = &mut answer.output else {
                continue;
            };
            for list in lists.values_mut().filter_map(Value::as_array_mut) {
                list.iter_mut().for_each(&mut edit);
            }
        }
    }

    fn log_group(&mut self, told: &Told) {
        let name = told.input["logGroupName"].as_str().unwrap();
        let arn = format!(
            "arn:aws:logs:{}:{}:log-group:{name}",
            told.region, self.account
        );
        let group = json!({"logGroupName": name, "arn": format!("{arn}:*"), "logGroupArn": arn,
            "logGroupClass": "STANDARD", "creationTime": 1_760_000_000_000_u64});
        let named = json!({"logGroupName": name});
        let identified = json!({"logGroupIdentifier": name});
        self.answer(
            told,
            "logs",
            "DescribeLogGroups",
            json!({"logGroupNamePrefix": name}),
            json!({"logGroups": [group]}),
        );
        self.answer(
            told,
            "logs",
            "DescribeMetricFilters",
            named.clone(),
            json!({"metricFilters": []}),
        );
        self.answer(
            told,
            "logs",
            "DescribeSubscriptionFilters",
            named,
            json!({"subscriptionFilters": []}),
        );
        self.answer(
            told,
            "logs",
            "GetTransformer",
            identified.clone(),
            json!({}),
        );
        self.answer(
            told,
            "logs",
            "GetDataProtectionPolicy",
            identified.clone(),
            identified,
        );
        for kind in [
            "DATA_PROTECTION_POLICY",
            "SUBSCRIPTION_FILTER_POLICY",
            "TRANSFORMER_POLICY",
        ] {
            self.answer(
                told,
                "logs",
                "DescribeAccountPolicies",
                json!({"policyType": kind}),
                json!({"accountPolicies": []}),
            );
        }
        self.monitoring(told);
    }

    /// What is asked of CloudWatch in a Region, where nothing was.
    fn monitoring(&mut self, told: &Told) {
        let known = self.world.answers.iter().any(|answer| {
            answer.operation == "DescribeAlarms"
                && answer.region == told.region
                && answer.account == self.account
        });
        if known {
            return;
        }
        let types = json!(["MetricAlarm", "CompositeAlarm", "LogAlarm"]);
        self.answer(
            told,
            "monitoring",
            "DescribeAlarms",
            json!({"AlarmTypes": types}),
            json!({"MetricAlarms": [], "CompositeAlarms": [], "LogAlarms": []}),
        );
        for kind in ["Action", "StateUpdate"] {
            self.answer(
                told,
                "monitoring",
                "DescribeAlarmHistory",
                json!({"AlarmTypes": types, "HistoryItemType": kind}),
                json!({"AlarmHistoryItems": []}),
            );
        }
        self.answer(
            told,
            "monitoring",
            "ListAlarmMuteRules",
            json!({}),
            json!({"AlarmMuteRuleSummaries": []}),
        );
    }

    fn metric_filter(&mut self, told: &Told) {
        let mut filter = told.input.clone();
        filter["creationTime"] = json!(1_760_000_000_000_u64);
        for answer in self.world.answers_to("logs", "DescribeMetricFilters") {
            let here = answer.account == self.account
                && answer.region == told.region
                // Of all log groups, or of this one.
                && (answer.request["logGroupName"].is_null()
                    || answer.request["logGroupName"] == filter["logGroupName"]);
            let Some(Ok(output)) = here.then_some(&mut answer.output) else {
                continue;
            };
            let filters = output["metricFilters"].as_array_mut().unwrap();
            filters.retain(|it| it["filterName"] != filter["filterName"]);
            filters.push(filter.clone());
            return;
        }
        panic!("no log group for {filter}");
    }

    fn alarm(&mut self, told: &Told, list: &str) {
        self.monitoring(told);
        let name = told.input["AlarmName"].as_str().unwrap();
        let mut alarm = told.input.clone();
        alarm["AlarmArn"] = json!(format!(
            "arn:aws:cloudwatch:{}:{}:alarm:{name}",
            told.region, self.account
        ));
        alarm["AlarmConfigurationUpdatedTimestamp"] = json!("2026-11-20T23:00:00.000000+00:00");
        alarm["StateValue"] = json!("INSUFFICIENT_DATA");
        alarm["StateUpdatedTimestamp"] = json!("2026-11-20T23:00:00.000000+00:00");
        for answer in self.world.answers_to("monitoring", "DescribeAlarms") {
            let here = answer.account == self.account && answer.region == told.region;
            let Some(Ok(output)) = here.then_some(&mut answer.output) else {
                continue;
            };
            let Some(alarms) = output[list].as_array_mut() else {
                continue;
            };
            alarms.retain(|it| it["AlarmName"] != name);
            alarms.push(alarm.clone());
            return;
        }
        panic!("nobody was asked for alarms in {}", told.region);
    }

    fn topic(&mut self, told: &Told, operation: &str) {
        let input = &told.input;
        let arn = input["TopicArn"].clone();
        let subscription = "6b5d2f0e-0000-4000-8000-000000000099";
        match operation {
            "create-topic" => {
                let name = input["Name"].as_str().unwrap();
                let arn = json!(format!(
                    "arn:aws:sns:{}:{}:{name}",
                    told.region, self.account
                ));
                let mut attributes = input["Attributes"].clone();
                attributes["TopicArn"] = arn.clone();
                attributes["Owner"] = json!(self.account);
                attributes["SubscriptionsConfirmed"] = json!("0");
                self.answer(
                    told,
                    "sns",
                    "GetTopicAttributes",
                    json!({"TopicArn": arn}),
                    json!({"Attributes": attributes}),
                );
                self.answer(
                    told,
                    "sns",
                    "ListSubscriptionsByTopic",
                    json!({"TopicArn": arn}),
                    json!({"Subscriptions": []}),
                );
            }
            "set-topic-attributes" => {
                for answer in self.world.answers_to("sns", "GetTopicAttributes") {
                    if answer.request["TopicArn"] == arn
                        && let Ok(output) = &mut answer.output
                    {
                        let name = input["AttributeName"].as_str().unwrap();
                        output["Attributes"][name] = input["AttributeValue"].clone();
                    }
                }
            }
            "subscribe" => {
                let made = json!(format!("{}:{subscription}", arn.as_str().unwrap()));
                let listed = json!({"SubscriptionArn": made, "Owner": self.account, "TopicArn": arn,
                    "Protocol": input["Protocol"], "Endpoint": input["Endpoint"]});
                for answer in self.world.answers_to("sns", "ListSubscriptionsByTopic") {
                    if answer.request["TopicArn"] == arn
                        && let Ok(output) = &mut answer.output
                    {
                        let list = output["Subscriptions"].as_array_mut().unwrap();
                        list.retain(|it| it["Endpoint"] != input["Endpoint"]);
                        list.push(listed.clone());
                    }
                }
                for answer in self.world.answers_to("sns", "GetTopicAttributes") {
                    if answer.request["TopicArn"] == arn
                        && let Ok(output) = &mut answer.output
                    {
                        output["Attributes"]["SubscriptionsConfirmed"] = json!("1");
                    }
                }
                self.answer(
                    told,
                    "sns",
                    "GetSubscriptionAttributes",
                    json!({"SubscriptionArn": made}),
                    json!({"Attributes": {"SubscriptionArn": made, "PendingConfirmation": "false",
                        "ConfirmationWasAuthenticated": "true", "RawMessageDelivery": "false"}}),
                );
            }
            "set-subscription-attributes" => {
                for answer in self.world.answers_to("sns", "GetSubscriptionAttributes") {
                    if answer.request["SubscriptionArn"] != input["SubscriptionArn"] {
                        continue;
                    }
                    let Ok(output) = &mut answer.output else {
                        continue;
                    };
                    let attributes = output["Attributes"].as_object_mut().unwrap();
                    let name = input["AttributeName"].as_str().unwrap();
                    // An empty policy takes it away.
                    if input["AttributeValue"] == "{}" {
                        attributes.remove(name);
                    } else {
                        attributes.insert(name.to_owned(), input["AttributeValue"].clone());
                    }
                }
            }
            other => panic!("nobody plays sns {other}"),
        }
    }

    fn key(&mut self, told: &Told, operation: &str) {
        let input = &told.input;
        // A key is named by its id, alone or at the end of its ARN.
        let id = input["KeyId"].as_str().unwrap_or_default();
        let id = id.rsplit('/').next().unwrap_or_default().to_owned();
        let names = |name: &Value| name.as_str().is_some_and(|name| name.ends_with(&id));
        match operation {
            "create-key" => self.key_policy = Some(input["Policy"].clone()),
            "create-alias" => {
                let alias = json!({"KeyId": input["AliasName"]});
                let arn = format!("arn:aws:kms:{}:{}:key/made-key", told.region, self.account);
                // Of an alias the policy is asked by the ARN.
                let metadata = json!({"KeyId": "made-key", "Arn": arn, "Enabled": true, "KeyState": "Enabled",
                    "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"});
                let policy = self.key_policy.take().unwrap();
                self.answer(
                    told,
                    "kms",
                    "DescribeKey",
                    alias.clone(),
                    json!({"KeyMetadata": metadata}),
                );
                self.answer(
                    told,
                    "kms",
                    "GetKeyPolicy",
                    json!({"KeyId": arn, "PolicyName": "default"}),
                    json!({"Policy": policy, "PolicyName": "default"}),
                );
            }
            "enable-key" => {
                for answer in self.world.answers_to("kms", "DescribeKey") {
                    if let Ok(output) = &mut answer.output {
                        let metadata = &mut output["KeyMetadata"];
                        if names(&metadata["Arn"]) {
                            metadata["Enabled"] = json!(true);
                            metadata["KeyState"] = json!("Enabled");
                        }
                    }
                }
            }
            "put-key-policy" => {
                for answer in self.world.answers_to("kms", "GetKeyPolicy") {
                    if let Ok(output) = &mut answer.output
                        && names(&answer.request["KeyId"])
                    {
                        output["Policy"] = input["Policy"].clone();
                    }
                }
            }
            other => panic!("nobody plays kms {other}"),
        }
    }

    fn trail(&mut self, told: &Told, operation: &str) {
        let input = &told.input;
        let mut arn = input["Name"].clone();
        match operation {
            "create-trail" => {
                let name = input["Name"].as_str().unwrap();
                arn = json!(format!(
                    "arn:aws:cloudtrail:{}:{}:trail/{name}",
                    told.region, self.account
                ));
                let mut trail = input.clone();
                trail["TrailARN"] = arn.clone();
                trail["LogFileValidationEnabled"] = input["EnableLogFileValidation"].clone();
                trail["HomeRegion"] = json!(told.region);
                trail["HasCustomEventSelectors"] = json!(false);
                trail["IsOrganizationTrail"] = json!(false);
                self.list_trail(&trail);
                self.answer(told, "cloudtrail", "GetEventSelectors", json!({"TrailName": arn}),
                    json!({"TrailARN": arn, "EventSelectors": [{"ReadWriteType": "All",
                        "IncludeManagementEvents": true, "DataResources": [], "ExcludeManagementEventSources": []}]}));
                self.answer(
                    told,
                    "cloudtrail",
                    "GetTrailStatus",
                    json!({"Name": arn}),
                    json!({"IsLogging": false}),
                );
            }
            "update-trail" => {
                let mut changed = None;
                self.items("cloudtrail", "DescribeTrails", |trail| {
                    if trail["TrailARN"] == arn {
                        for (member, value) in input.as_object().unwrap() {
                            // AWS shows it under another name.
                            let shown = match member.as_str() {
                                "Name" => continue,
                                "EnableLogFileValidation" => "LogFileValidationEnabled",
                                member => member,
                            };
                            trail[shown] = value.clone();
                        }
                        changed = Some(trail.clone());
                    }
                });
                let trail = changed.unwrap();
                if trail["IsMultiRegionTrail"] == true {
                    self.list_trail(&trail);
                }
            }
            "put-event-selectors" => {
                arn = input["TrailName"].clone();
                for answer in self.world.answers_to("cloudtrail", "GetEventSelectors") {
                    if answer.request["TrailName"] == arn && answer.output.is_ok() {
                        let mut output = input.clone();
                        output["TrailARN"] = arn.clone();
                        answer.output = Ok(output);
                    }
                }
            }
            "start-logging" => {}
            other => panic!("nobody plays cloudtrail {other}"),
        }
        let starts = operation == "start-logging";
        for answer in self.world.answers_to("cloudtrail", "GetTrailStatus") {
            if answer.request["Name"] != arn {
                continue;
            }
            let Ok(output) = &mut answer.output else {
                continue;
            };
            // The next delivery arrives.
            let status = output.as_object_mut().unwrap();
            status.remove("LatestCloudWatchLogsDeliveryError");
            status.remove("StopLoggingTime");
            for member in ["LatestCloudWatchLogsDeliveryTime", "LatestDeliveryTime"] {
                status.insert(member.to_owned(), json!("2026-11-20T23:59:00.000000+00:00"));
            }
            if starts {
                status.insert("IsLogging".to_owned(), json!(true));
                status.insert(
                    "StartLoggingTime".to_owned(),
                    json!("2026-11-20T23:58:00.000000+00:00"),
                );
            }
        }
    }

    /// A multi-Region trail shows in every Region.
    fn list_trail(&mut self, trail: &Value) {
        for answer in self.world.answers_to("cloudtrail", "DescribeTrails") {
            let Ok(output) = &mut answer.output else {
                continue;
            };
            let list = output["trailList"].as_array_mut().unwrap();
            let known = list.iter().any(|it| it["TrailARN"] == trail["TrailARN"]);
            if !known && answer.account == self.account {
                list.push(trail.clone());
            }
        }
    }

    fn rule(&mut self, told: &Told, operation: &str) {
        let input = &told.input;
        match operation {
            "enable-rule" | "put-rule" => {
                let state = input.get("State").cloned().unwrap_or(json!("ENABLED"));
                self.known_rule(told);
                for answer in self.world.answers_to("events", "ListRules") {
                    let Some(Ok(output)) =
                        (answer.region == told.region).then_some(&mut answer.output)
                    else {
                        continue;
                    };
                    for rule in output["Rules"].as_array_mut().into_iter().flatten() {
                        if rule["Name"] == input["Name"] {
                            rule["State"] = state.clone();
                            if let Some(pattern) = input.get("EventPattern") {
                                rule["EventPattern"] = pattern.clone();
                            }
                        }
                    }
                }
            }
            "put-targets" => {
                for answer in self.world.answers_to("events", "ListTargetsByRule") {
                    let here =
                        answer.region == told.region && answer.request["Rule"] == input["Rule"];
                    let Some(Ok(output)) = here.then_some(&mut answer.output) else {
                        continue;
                    };
                    let list = output["Targets"].as_array_mut().unwrap();
                    list.extend(input["Targets"].as_array().unwrap().iter().cloned());
                }
            }
            other => panic!("nobody plays events {other}"),
        }
    }

    /// A rule of this name is listed, with a list of targets.
    fn known_rule(&mut self, told: &Told) {
        let (name, region) = (told.input["Name"].as_str().unwrap(), &told.region);
        let arn = format!("arn:aws:events:{region}:{}:rule/{name}", self.account);
        let rule = json!({"Name": name, "Arn": arn, "EventBusName": "default"});
        for answer in self.world.answers_to("events", "ListRules") {
            let here = answer.region == *region && answer.request == json!({});
            let Some(Ok(output)) = here.then_some(&mut answer.output) else {
                continue;
            };
            let rules = output["Rules"].as_array_mut().unwrap();
            if rules.iter().any(|it| it["Name"] == name) {
                return;
            }
            rules.push(rule.clone());
        }
        let request = json!({ "Rule": name });
        let none = json!({"Targets": []});
        self.answer(told, "events", "ListTargetsByRule", request, none);
    }
}
