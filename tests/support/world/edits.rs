//! Edit helpers: one thing of an account made different. Each panics when it finds nothing to edit.

use serde_json::{Value, json};

use super::super::controls::{alarm_name, filter_name};
use super::site::answer;
use super::{ACCOUNT, Answer, ApiError, HOME, World};

impl World {
    /// Keeps the answers of one account.
    pub fn only_account(&mut self, account: &str) -> &mut Self {
        self.answers.retain(|answer| answer.account == account);
        self
    }

    /// Every answer to a call, of any account and region.
    pub fn answers_to(&mut self, service: &str, operation: &str) -> Vec<&mut Answer> {
        let found: Vec<&mut Answer> = self
            .answers
            .iter_mut()
            .filter(|answer| answer.service == service && answer.operation == operation)
            .collect();
        assert!(
            !found.is_empty(),
            "the world has no answer to {service}:{operation}"
        );
        found
    }

    /// AWS refuses this operation, whoever asks, wherever.
    pub fn deny(&mut self, service: &str, operation: &str) -> &mut Self {
        self.fail(service, operation, 400, "AccessDeniedException")
    }

    /// AWS answers this operation with an error.
    pub fn fail(&mut self, service: &str, operation: &str, status: u16, code: &str) -> &mut Self {
        for answer in self.answers_to(service, operation) {
            answer.output = Err(ApiError {
                status,
                code: code.to_owned(),
                message: format!("{code} on {service}:{operation}"),
            });
        }
        self
    }

    /// The operation was never asked.
    pub fn forget(&mut self, service: &str, operation: &str) -> &mut Self {
        self.answers_to(service, operation);
        self.answers
            .retain(|answer| answer.service != service || answer.operation != operation);
        self
    }

    /// The operation was never asked in a Region.
    pub fn forget_in(&mut self, region: &str, service: &str, operation: &str) -> &mut Self {
        let all = self.answers.len();
        self.answers.retain(|answer| {
            (&*answer.region, &*answer.service, &*answer.operation) != (region, service, operation)
        });
        assert_ne!(
            self.answers.len(),
            all,
            "the world has no answer to {service}:{operation} in {region}"
        );
        self
    }

    /// One more answer of the complete account's home region.
    pub fn answer(
        &mut self,
        service: &str,
        operation: &str,
        request: Value,
        output: Value,
    ) -> &mut Self {
        self.answers.push(answer(
            ACCOUNT,
            HOME,
            (service, operation),
            request,
            Ok(output),
        ));
        self
    }

    /// One more answer of any account and region.
    pub fn answer_of(
        &mut self,
        account: &str,
        region: &str,
        call: (&str, &str),
        request: Value,
        output: Value,
    ) -> &mut Self {
        self.answers
            .push(answer(account, region, call, request, Ok(output)));
        self
    }

    /// Edits every successful answer to an operation.
    pub fn edit(
        &mut self,
        service: &str,
        operation: &str,
        change: impl Fn(&mut Value),
    ) -> &mut Self {
        let mut edited = 0;
        for answer in self.answers_to(service, operation) {
            if let Ok(output) = &mut answer.output {
                change(output);
                edited += 1;
            }
        }
        assert!(
            edited > 0,
            "{service}:{operation} has no successful answer to edit"
        );
        self
    }

    /// Edits every item of a list in every successful answer to an operation.
    fn edit_items(
        &mut self,
        call: (&str, &str),
        list: &str,
        wanted: impl Fn(&Value) -> bool,
        change: impl Fn(&mut Value),
    ) -> &mut Self {
        let mut edited = 0;
        for answer in self.answers_to(call.0, call.1) {
            let Ok(output) = &mut answer.output else {
                continue;
            };
            let Some(items) = output.get_mut(list).and_then(Value::as_array_mut) else {
                continue;
            };
            for item in items.iter_mut().filter(|item| wanted(item)) {
                change(item);
                edited += 1;
            }
        }
        assert!(edited > 0, "nothing to edit in {list} of {call:?}");
        self
    }

    fn remove_items(
        &mut self,
        call: (&str, &str),
        list: &str,
        unwanted: impl Fn(&Value) -> bool,
    ) -> &mut Self {
        let mut removed = 0;
        for answer in self.answers_to(call.0, call.1) {
            let Ok(output) = &mut answer.output else {
                continue;
            };
            let Some(items) = output.get_mut(list).and_then(Value::as_array_mut) else {
                continue;
            };
            let before = items.len();
            items.retain(|item| !unwanted(item));
            removed += before - items.len();
        }
        assert!(removed > 0, "nothing to remove from {list} of {call:?}");
        self
    }

    fn add_item(&mut self, call: (&str, &str), list: &str, item: Value) -> &mut Self {
        let answers = self.answers_to(call.0, call.1);
        let output = answers
            .into_iter()
            .find_map(|answer| answer.output.as_mut().ok())
            .expect("a successful answer");
        output[list].as_array_mut().expect("a list").push(item);
        self
    }

    /// Edits the trail wherever DescribeTrails shows it.
    pub fn edit_trail(&mut self, change: impl Fn(&mut Value)) -> &mut Self {
        self.edit_items(
            ("cloudtrail", "DescribeTrails"),
            "trailList",
            |_| true,
            change,
        )
    }

    /// Makes the trail single-Region: only its home region shows it.
    pub fn single_region(&mut self, include_global_service_events: bool) -> &mut Self {
        for answer in self.answers_to("cloudtrail", "DescribeTrails") {
            let region = answer.region.clone();
            let Ok(output) = &mut answer.output else {
                continue;
            };
            let trails = output["trailList"].as_array_mut().expect("a list");
            trails.retain(|trail| trail["HomeRegion"] == region.as_str());
            for trail in trails {
                trail["IsMultiRegionTrail"] = json!(false);
                trail["IncludeGlobalServiceEvents"] = json!(include_global_service_events);
            }
        }
        self
    }

    /// Replaces the event selectors: `EventSelectors` or `AdvancedEventSelectors`.
    pub fn selectors(&mut self, key: &str, selectors: Value) -> &mut Self {
        self.edit("cloudtrail", "GetEventSelectors", |output| {
            let arn = output["TrailARN"].clone();
            *output = json!({"TrailARN": arn, key: selectors});
        })
    }

    /// Edits the metric filter of a control.
    pub fn edit_filter(&mut self, control: &str, change: impl Fn(&mut Value)) -> &mut Self {
        let name = filter_name(control);
        self.edit_items(
            ("logs", "DescribeMetricFilters"),
            "metricFilters",
            |item| item["filterName"] == name.as_str(),
            change,
        )
    }

    /// Edits every metric filter.
    pub fn edit_filters(&mut self, change: impl Fn(&mut Value)) -> &mut Self {
        self.edit_items(
            ("logs", "DescribeMetricFilters"),
            "metricFilters",
            |_| true,
            change,
        )
    }

    /// Removes the metric filter of a control.
    pub fn remove_filter(&mut self, control: &str) -> &mut Self {
        let name = filter_name(control);
        self.remove_items(("logs", "DescribeMetricFilters"), "metricFilters", |item| {
            item["filterName"] == name.as_str()
        })
    }

    /// Adds a metric filter to the first log group asked about.
    pub fn add_filter(&mut self, filter: Value) -> &mut Self {
        self.add_item(("logs", "DescribeMetricFilters"), "metricFilters", filter)
    }

    /// AWS refuses the list of all metric filters, and lists those of these log groups.
    pub fn list_filters_of(&mut self, groups: &[String]) {
        let mut lists = Vec::new();
        for answer in self.answers_to("logs", "DescribeMetricFilters") {
            let Ok(output) = &answer.output else {
                continue;
            };
            for group in groups {
                let mut list = answer.clone();
                let mut output = output.clone();
                let filters = output["metricFilters"].as_array_mut().expect("a list");
                filters.retain(|filter| filter["logGroupName"] == group.as_str());
                list.request = json!({ "logGroupName": group });
                list.output = Ok(output);
                lists.push(list);
            }
        }
        self.deny("logs", "DescribeMetricFilters");
        self.answers.extend(lists);
    }

    /// Edits the metric alarm of a control.
    pub fn edit_alarm(&mut self, control: &str, change: impl Fn(&mut Value)) -> &mut Self {
        let name = alarm_name(control);
        self.edit_items(
            ("monitoring", "DescribeAlarms"),
            "MetricAlarms",
            |item| item["AlarmName"] == name.as_str(),
            change,
        )
    }

    /// Edits every metric alarm.
    pub fn edit_alarms(&mut self, change: impl Fn(&mut Value)) -> &mut Self {
        self.edit_items(
            ("monitoring", "DescribeAlarms"),
            "MetricAlarms",
            |_| true,
            change,
        )
    }

    /// Removes the metric alarm of a control.
    pub fn remove_alarm(&mut self, control: &str) -> &mut Self {
        let name = alarm_name(control);
        self.remove_items(("monitoring", "DescribeAlarms"), "MetricAlarms", |item| {
            item["AlarmName"] == name.as_str()
        })
    }

    /// Adds a metric alarm.
    pub fn add_metric_alarm(&mut self, alarm: Value) -> &mut Self {
        self.add_item(("monitoring", "DescribeAlarms"), "MetricAlarms", alarm)
    }

    /// Adds a composite alarm.
    pub fn add_composite_alarm(&mut self, alarm: Value) -> &mut Self {
        self.add_item(("monitoring", "DescribeAlarms"), "CompositeAlarms", alarm)
    }

    /// Adds a log alarm.
    pub fn add_log_alarm(&mut self, alarm: Value) -> &mut Self {
        self.add_item(("monitoring", "DescribeAlarms"), "LogAlarms", alarm)
    }

    /// Edits the topic's attributes.
    pub fn edit_topic(&mut self, change: impl Fn(&mut Value)) -> &mut Self {
        self.edit("sns", "GetTopicAttributes", |output| {
            change(&mut output["Attributes"])
        })
    }

    /// Edits the subscription as ListSubscriptionsByTopic gives it.
    pub fn edit_subscription(&mut self, change: impl Fn(&mut Value)) -> &mut Self {
        self.edit_items(
            ("sns", "ListSubscriptionsByTopic"),
            "Subscriptions",
            |_| true,
            change,
        )
    }

    /// Edits the subscription's attributes.
    pub fn edit_subscription_attributes(&mut self, change: impl Fn(&mut Value)) -> &mut Self {
        self.edit("sns", "GetSubscriptionAttributes", |output| {
            change(&mut output["Attributes"])
        })
    }

    /// Adds a mute rule that silences these alarms.
    pub fn mute(&mut self, name: &str, schedule: Value, alarms: &[&str]) -> &mut Self {
        let arn = format!("arn:aws:cloudwatch:{HOME}:{ACCOUNT}:alarm-mute-rule:{name}");
        self.add_item(
            ("monitoring", "ListAlarmMuteRules"),
            "AlarmMuteRuleSummaries",
            json!({"AlarmMuteRuleArn": arn, "Status": "SCHEDULED", "MuteType": "RECURRING"}),
        );
        self.answer(
            "monitoring",
            "GetAlarmMuteRule",
            json!({"AlarmMuteRuleName": name}),
            json!({
                "Name": name,
                "AlarmMuteRuleArn": arn,
                "Rule": {"Schedule": schedule},
                "MuteTargets": {"AlarmNames": alarms},
                "StartDate": "2026-10-01T00:00:00.000000+00:00",
                "Status": "SCHEDULED",
            }),
        )
    }

    /// Adds what EventBridge holds in `eu-west-1`: a rule of the default bus with a topic that no alarm names, a bus of the
    /// account's own with a rule that forwards nothing but text, and a scheduled rule.
    pub fn add_event_rules(&mut self) -> &mut Self {
        const REGION: &str = "eu-west-1";
        let arn = |service: &str, resource: &str| {
            format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}")
        };
        let topic = arn("sns", "events-topic");
        let subscription = format!("{topic}:6b5d2f0e-0000-4000-8000-000000000009");
        let pattern = r#"{"source":["aws.iam"],"detail-type":["AWS API Call via CloudTrail"]}"#;
        let default_rules = json!([
            {"Name": "iam-changes", "Arn": arn("events", "rule/iam-changes"), "EventPattern": pattern, "State": "ENABLED", "EventBusName": "default"},
            {"Name": "hourly", "Arn": arn("events", "rule/hourly"), "ScheduleExpression": "rate(1 hour)", "State": "ENABLED", "EventBusName": "default", "ManagedBy": "backup.amazonaws.com"},
        ]);
        let bus = json!({"Name": "security", "Arn": arn("events", "event-bus/security"), "Policy": "{\"Version\":\"2012-10-17\",\"Statement\":[]}"});
        for answer in self.answers_to("events", "ListRules") {
            if answer.region == REGION && answer.account == ACCOUNT {
                answer.output = Ok(json!({"Rules": default_rules}));
            }
        }
        for answer in self.answers_to("events", "ListEventBuses") {
            if answer.region == REGION && answer.account == ACCOUNT {
                let buses = answer.output.as_mut().expect("an answer");
                buses["EventBuses"]
                    .as_array_mut()
                    .expect("a list")
                    .push(bus.clone());
            }
        }
        let mut described = bus;
        described["KmsKeyIdentifier"] = json!("alias/bus-key");
        let transformer = json!({
            "InputPathsMap": {"who": "$.detail.userIdentity.arn"},
            "InputTemplate": "\"changed by <who>\"",
        });
        let key = arn("kms", "key/0b1c2d3e-0000-4000-8000-00000000000b");
        let lets = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Principal": {"Service": "events.amazonaws.com"}, "Resource": "*"}]});
        for (call, request, output) in [
            (
                ("events", "DescribeEventBus"),
                json!({"Name": "security"}),
                described,
            ),
            (
                ("kms", "DescribeKey"),
                json!({"KeyId": "alias/bus-key"}),
                json!({"KeyMetadata": {"KeyId": "0b1c2d3e-0000-4000-8000-00000000000b", "Arn": key, "KeyState": "Enabled",
                    "Enabled": true, "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"}}),
            ),
            (
                ("kms", "GetKeyPolicy"),
                json!({"KeyId": key, "PolicyName": "default"}),
                json!({"Policy": lets.to_string(), "PolicyName": "default"}),
            ),
            (
                ("events", "ListRules"),
                json!({"EventBusName": "security"}),
                json!({"Rules": [{"Name": "forwarded", "Arn": arn("events", "rule/security/forwarded"), "EventPattern": pattern,
                    "State": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", "EventBusName": "security", "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/forwarder")}]}),
            ),
            (
                ("events", "ListTargetsByRule"),
                json!({"Rule": "iam-changes"}),
                json!({"Targets": [
                    {"Id": "topic", "Arn": topic, "InputTransformer": transformer},
                    {"Id": "queue", "Arn": arn("sqs", "events-queue"), "InputPath": "$.detail", "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/sender")},
                ]}),
            ),
            (
                ("events", "ListTargetsByRule"),
                json!({"Rule": "forwarded", "EventBusName": "security"}),
                json!({"Targets": [{"Id": "topic", "Arn": topic, "Input": "{\"text\":\"something happened\"}"}]}),
            ),
            (
                ("sns", "GetTopicAttributes"),
                json!({"TopicArn": topic}),
                json!({"Attributes": {"TopicArn": topic, "Owner": ACCOUNT, "Policy": "{}", "SubscriptionsConfirmed": "1", "SubscriptionsPending": "0", "SubscriptionsDeleted": "0"}}),
            ),
            (
                ("sns", "ListSubscriptionsByTopic"),
                json!({"TopicArn": topic}),
                json!({"Subscriptions": [{"SubscriptionArn": subscription, "Owner": ACCOUNT, "Protocol": "email", "Endpoint": "events@example.com", "TopicArn": topic}]}),
            ),
            (
                ("sns", "GetSubscriptionAttributes"),
                json!({"SubscriptionArn": subscription}),
                json!({"Attributes": {"SubscriptionArn": subscription, "PendingConfirmation": "false", "RawMessageDelivery": "false"}}),
            ),
        ] {
            self.answer_of(ACCOUNT, REGION, call, request, output);
        }
        self
    }
}
