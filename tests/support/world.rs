//! An AWS account as answers to the calls that a collection makes: the material of tests that need no emulator.
//!
//! [`World::complete`] is an account in which every control of the default benchmark holds. A test takes it, breaks one
//! thing with an edit helper, and writes it as a snapshot. Answers are in the JSON form that the AWS CLI prints.
//! Edit helpers panic when they find nothing to edit: a test cannot pass because its fault was never made.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use trailproof::snapshot::{AWS_CLI_JSON, Call, Writer};

use super::controls::{alarm_name, filter_name, metric_name, monitored};

/// The account of [`World::complete`]; the management account of [`World::organization`].
pub const ACCOUNT: &str = "111122223333";
/// The member account of [`World::organization`].
pub const MEMBER: &str = "444455556666";
/// The id of the organization of [`World::organization`].
pub const ORGANIZATION: &str = "o-exampleorgid";
/// Home region of the trail, and so of the whole chain.
pub const HOME: &str = "us-east-1";
/// Enabled regions.
pub const REGIONS: [&str; 3] = ["us-east-1", "eu-west-1", "us-west-2"];
/// Name of the trail.
pub const TRAIL: &str = "management-events";
/// Name of the trail's log group.
pub const LOG_GROUP: &str = "/cloudtrail/management-events";
/// Namespace of the metrics.
pub const NAMESPACE: &str = "CISBenchmark";
/// Name of the topic.
pub const TOPIC: &str = "security-alerts";

/// One recorded call and what AWS answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Account asked.
    pub account: String,
    /// Region asked.
    pub region: String,
    /// Endpoint prefix.
    pub service: String,
    /// API operation.
    pub operation: String,
    /// Request parameters.
    pub request: Value,
    /// What came back.
    pub output: Result<Value, ApiError>,
}

/// An error answer.
#[derive(Clone, Debug)]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// AWS error code.
    pub code: String,
    /// What was said.
    pub message: String,
}

/// All answers of one collection, in order.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// In the order of asking.
    pub answers: Vec<Answer>,
}

/// ARNs and names of one account's chain.
#[derive(Clone, Debug)]
pub struct Site {
    /// Account id.
    pub account: String,
    /// Home region of the trail.
    pub home: String,
    /// Enabled regions.
    pub regions: Vec<String>,
}

impl Site {
    /// An account with its trail in `home` and the enabled regions `REGIONS` and `home`.
    pub fn new(account: &str, home: &str) -> Self {
        let mut regions: Vec<String> = REGIONS.iter().map(|region| (*region).to_owned()).collect();
        if !regions.iter().any(|region| region == home) {
            regions.push(home.to_owned());
        }
        Self {
            account: account.to_owned(),
            home: home.to_owned(),
            regions,
        }
    }

    /// ARN of the trail.
    pub fn trail_arn(&self) -> String {
        format!(
            "arn:aws:cloudtrail:{}:{}:trail/{TRAIL}",
            self.home, self.account
        )
    }

    /// ARN of the log group, without `:*`.
    pub fn log_group_arn(&self) -> String {
        format!(
            "arn:aws:logs:{}:{}:log-group:{LOG_GROUP}",
            self.home, self.account
        )
    }

    /// ARN of the topic.
    pub fn topic_arn(&self) -> String {
        format!("arn:aws:sns:{}:{}:{TOPIC}", self.home, self.account)
    }

    /// ARN of the confirmed subscription.
    pub fn subscription_arn(&self) -> String {
        format!("{}:6b5d2f0e-0000-4000-8000-000000000001", self.topic_arn())
    }

    /// ARN of an alarm in the home region.
    pub fn alarm_arn(&self, name: &str) -> String {
        format!(
            "arn:aws:cloudwatch:{}:{}:alarm:{name}",
            self.home, self.account
        )
    }

    fn ok(&self, region: &str, call: (&str, &str), request: Value, output: Value) -> Answer {
        answer(&self.account, region, call, request, Ok(output))
    }

    /// The trail as DescribeTrails gives it.
    pub fn trail(&self, is_organization: bool) -> Value {
        json!({
            "Name": TRAIL,
            "S3BucketName": format!("trail-logs-{}", self.account),
            "IncludeGlobalServiceEvents": true,
            "IsMultiRegionTrail": true,
            "HomeRegion": self.home,
            "TrailARN": self.trail_arn(),
            "LogFileValidationEnabled": true,
            "CloudWatchLogsLogGroupArn": format!("{}:*", self.log_group_arn()),
            "CloudWatchLogsRoleArn": format!("arn:aws:iam::{}:role/cloudtrail-to-logs", self.account),
            "HasCustomEventSelectors": true,
            "HasInsightSelectors": false,
            "IsOrganizationTrail": is_organization,
        })
    }

    /// Metric filters as DescribeMetricFilters gives them.
    fn metric_filters(&self) -> Vec<Value> {
        let filters = monitored().into_iter().map(|monitored| {
            json!({
                "filterName": filter_name(monitored.control),
                "filterPattern": monitored.pattern,
                "metricTransformations": [{
                    "metricName": metric_name(monitored.control),
                    "metricNamespace": NAMESPACE,
                    "metricValue": "1",
                }],
                "creationTime": 1_760_000_000_000_u64,
                "logGroupName": LOG_GROUP,
                "applyOnTransformedLogs": false,
            })
        });
        filters.collect()
    }

    /// A metric alarm in CIS's reference configuration, as DescribeAlarms gives it.
    pub fn metric_alarm(&self, control: &str) -> Value {
        let name = alarm_name(control);
        json!({
            "AlarmName": name,
            "AlarmArn": self.alarm_arn(&name),
            "AlarmConfigurationUpdatedTimestamp": "2026-10-01T08:00:00.000000+00:00",
            "ActionsEnabled": true,
            "OKActions": [],
            "AlarmActions": [self.topic_arn()],
            "InsufficientDataActions": [],
            "StateValue": "INSUFFICIENT_DATA",
            "StateReason": "Unchecked: Initial alarm creation",
            "StateUpdatedTimestamp": "2026-10-01T08:00:00.000000+00:00",
            "StateTransitionedTimestamp": "2026-10-01T08:00:00.000000+00:00",
            "MetricName": metric_name(control),
            "Namespace": NAMESPACE,
            "Statistic": "Sum",
            "Dimensions": [],
            "Period": 300,
            "EvaluationPeriods": 1,
            "Threshold": 1.0,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        })
    }

    /// A composite alarm over metric alarms of this account, as DescribeAlarms gives it.
    pub fn composite_alarm(&self, name: &str, rule: &str) -> Value {
        json!({
            "AlarmName": name,
            "AlarmArn": self.alarm_arn(name),
            "AlarmConfigurationUpdatedTimestamp": "2026-10-01T08:00:00.000000+00:00",
            "ActionsEnabled": true,
            "OKActions": [],
            "AlarmActions": [self.topic_arn()],
            "InsufficientDataActions": [],
            "AlarmRule": rule,
            "StateValue": "OK",
            "StateReason": "rule is false",
            "StateUpdatedTimestamp": "2026-10-01T08:00:00.000000+00:00",
            "StateTransitionedTimestamp": "2026-10-01T08:00:00.000000+00:00",
        })
    }

    /// The policy that lets CloudWatch alarms of this account publish.
    pub fn topic_policy(&self) -> Value {
        json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Sid": "alarms",
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": self.topic_arn(),
                "Condition": {"StringEquals": {"aws:SourceAccount": self.account}},
            }],
        })
    }

    /// Who asks, and where: identity, regions, organization.
    fn identity(&self) -> Vec<Answer> {
        let mut regions: Vec<Value> = self
            .regions
            .iter()
            .map(|region| json!({"RegionName": region, "RegionOptStatus": "ENABLED_BY_DEFAULT"}))
            .collect();
        regions.push(json!({"RegionName": "af-south-1", "RegionOptStatus": "DISABLED"}));
        vec![
            self.ok(
                HOME,
                ("sts", "GetCallerIdentity"),
                json!({}),
                json!({
                    "UserId": "AROAEXAMPLE:auditor",
                    "Account": self.account,
                    "Arn": format!("arn:aws:sts::{}:assumed-role/SecurityAudit/auditor", self.account),
                }),
            ),
            self.ok(HOME, ("account", "ListRegions"), json!({}), json!({"Regions": regions})),
        ]
    }

    fn no_organization(&self) -> Answer {
        answer(
            &self.account,
            HOME,
            ("organizations", "DescribeOrganization"),
            json!({}),
            Err(ApiError {
                status: 400,
                code: "AWSOrganizationsNotInUseException".to_owned(),
                message: "Your account is not a member of an organization.".to_owned(),
            }),
        )
    }

    /// DescribeTrails of every enabled region, and what is read of the trail in its home region.
    fn trails(&self, trail: &Value) -> Vec<Answer> {
        let mut answers: Vec<Answer> = self
            .regions
            .iter()
            .map(|region| {
                self.ok(
                    region,
                    ("cloudtrail", "DescribeTrails"),
                    json!({}),
                    json!({"trailList": [trail]}),
                )
            })
            .collect();
        let arn = trail["TrailARN"]
            .as_str()
            .expect("a trail has an ARN")
            .to_owned();
        let home = trail["HomeRegion"]
            .as_str()
            .expect("a trail has a home region")
            .to_owned();
        answers.push(self.ok(
            &home,
            ("cloudtrail", "GetTrailStatus"),
            json!({"Name": arn}),
            json!({
                "IsLogging": true,
                "LatestDeliveryTime": "2026-11-20T23:55:00.000000+00:00",
                "LatestCloudWatchLogsDeliveryTime": "2026-11-20T23:57:00.000000+00:00",
                "StartLoggingTime": "2026-10-01T07:00:00.000000+00:00",
            }),
        ));
        answers.push(self.ok(
            &home,
            ("cloudtrail", "GetEventSelectors"),
            json!({"TrailName": arn}),
            json!({
                "TrailARN": arn,
                "EventSelectors": [{
                    "ReadWriteType": "All",
                    "IncludeManagementEvents": true,
                    "DataResources": [],
                    "ExcludeManagementEventSources": [],
                }],
            }),
        ));
        answers
    }

    /// The trail's log group and what hangs on it.
    fn log_group(&self) -> Vec<Answer> {
        let home = self.home.as_str();
        let mut answers = vec![
            self.ok(
                home,
                ("logs", "DescribeLogGroups"),
                json!({"logGroupNamePrefix": LOG_GROUP}),
                json!({"logGroups": [{
                    "logGroupName": LOG_GROUP,
                    "creationTime": 1_759_000_000_000_u64,
                    "retentionInDays": 365,
                    "metricFilterCount": 15,
                    "arn": format!("{}:*", self.log_group_arn()),
                    "storedBytes": 1024,
                    "logGroupClass": "STANDARD",
                    "logGroupArn": self.log_group_arn(),
                }]}),
            ),
            self.ok(
                home,
                ("logs", "DescribeMetricFilters"),
                json!({"logGroupName": LOG_GROUP}),
                json!({"metricFilters": self.metric_filters()}),
            ),
            self.ok(
                home,
                ("logs", "DescribeSubscriptionFilters"),
                json!({"logGroupName": LOG_GROUP}),
                json!({"subscriptionFilters": []}),
            ),
            self.ok(
                home,
                ("logs", "GetTransformer"),
                json!({"logGroupIdentifier": LOG_GROUP}),
                json!({}),
            ),
            self.ok(
                home,
                ("logs", "GetDataProtectionPolicy"),
                json!({"logGroupIdentifier": LOG_GROUP}),
                json!({"logGroupIdentifier": LOG_GROUP}),
            ),
        ];
        for kind in [
            "DATA_PROTECTION_POLICY",
            "SUBSCRIPTION_FILTER_POLICY",
            "TRANSFORMER_POLICY",
        ] {
            answers.push(self.ok(
                home,
                ("logs", "DescribeAccountPolicies"),
                json!({"policyType": kind}),
                json!({"accountPolicies": []}),
            ));
        }
        answers
    }

    /// Alarms, mute rules and history of the home region.
    fn alarms(&self, alarms: &[Value]) -> Vec<Answer> {
        let home = self.home.as_str();
        let types = json!(["MetricAlarm", "CompositeAlarm", "LogAlarm"]);
        vec![
            self.ok(
                home,
                ("monitoring", "DescribeAlarms"),
                json!({"AlarmTypes": types}),
                json!({"MetricAlarms": alarms, "CompositeAlarms": [], "LogAlarms": []}),
            ),
            self.ok(
                home,
                ("monitoring", "DescribeAlarmHistory"),
                json!({"AlarmTypes": types, "HistoryItemType": "Action"}),
                json!({"AlarmHistoryItems": []}),
            ),
            self.ok(
                home,
                ("monitoring", "ListAlarmMuteRules"),
                json!({}),
                json!({"AlarmMuteRuleSummaries": []}),
            ),
        ]
    }

    /// A topic with one confirmed address.
    fn topic(&self) -> Vec<Answer> {
        let home = self.home.as_str();
        let topic = self.topic_arn();
        let subscription = self.subscription_arn();
        vec![
            self.ok(
                home,
                ("sns", "GetTopicAttributes"),
                json!({"TopicArn": topic}),
                json!({"Attributes": {
                    "TopicArn": topic,
                    "Owner": self.account,
                    "Policy": self.topic_policy().to_string(),
                    "SubscriptionsConfirmed": "1",
                    "SubscriptionsPending": "0",
                    "SubscriptionsDeleted": "0",
                }}),
            ),
            self.ok(
                home,
                ("sns", "ListSubscriptionsByTopic"),
                json!({"TopicArn": topic}),
                json!({"Subscriptions": [{
                    "SubscriptionArn": subscription,
                    "Owner": self.account,
                    "Protocol": "email",
                    "Endpoint": "security@example.com",
                    "TopicArn": topic,
                }]}),
            ),
            self.ok(
                home,
                ("sns", "GetSubscriptionAttributes"),
                json!({"SubscriptionArn": subscription}),
                json!({"Attributes": {
                    "SubscriptionArn": subscription,
                    "TopicArn": topic,
                    "Owner": self.account,
                    "Protocol": "email",
                    "Endpoint": "security@example.com",
                    "PendingConfirmation": "false",
                    "ConfirmationWasAuthenticated": "true",
                    "RawMessageDelivery": "false",
                    "SubscriptionPrincipal": format!("arn:aws:iam::{}:root", self.account),
                }}),
            ),
        ]
    }

    fn event_rules(&self) -> Vec<Answer> {
        let rules = self.regions.iter().map(|region| {
            self.ok(
                region,
                ("events", "ListRules"),
                json!({}),
                json!({"Rules": []}),
            )
        });
        rules.collect()
    }
}

fn answer(
    account: &str,
    region: &str,
    (service, operation): (&str, &str),
    request: Value,
    output: Result<Value, ApiError>,
) -> Answer {
    Answer {
        account: account.to_owned(),
        region: region.to_owned(),
        service: service.to_owned(),
        operation: operation.to_owned(),
        request,
        output,
    }
}

impl World {
    /// An account in which every control of the default benchmark holds.
    pub fn complete() -> Self {
        Self::of(&Site::new(ACCOUNT, HOME))
    }

    /// The complete account with its chain in another home region.
    pub fn complete_in(home: &str) -> Self {
        Self::of(&Site::new(ACCOUNT, home))
    }

    /// The complete account at another address.
    pub fn of(site: &Site) -> Self {
        let mut answers = site.identity();
        answers.push(site.no_organization());
        answers.extend(site.trails(&site.trail(false)));
        answers.extend(chain_of(site));
        Self { answers }
    }

    /// An account with nothing in it.
    pub fn empty() -> Self {
        let site = Site::new(ACCOUNT, HOME);
        let mut answers = site.identity();
        answers.push(site.no_organization());
        for region in &site.regions {
            answers.push(site.ok(
                region,
                ("cloudtrail", "DescribeTrails"),
                json!({}),
                json!({"trailList": []}),
            ));
        }
        answers.extend(site.event_rules());
        Self { answers }
    }

    /// The complete account as the management account of an organization whose trail it owns, and one member that has
    /// nothing but the organization trail's replica.
    pub fn organization() -> Self {
        Self::organization_of(&[MEMBER])
    }

    /// [`World::organization`] with these members.
    pub fn organization_of(members: &[&str]) -> Self {
        let owner = Site::new(ACCOUNT, HOME);
        let trail = owner.trail(true);
        let mut answers = owner.identity();
        answers.push(describe_organization(&owner));
        let accounts: Vec<Value> = [ACCOUNT]
            .iter()
            .chain(members)
            .map(|account| json!({"Id": account, "Name": format!("account {account}"), "State": "ACTIVE"}))
            .collect();
        answers.push(owner.ok(
            HOME,
            ("organizations", "ListAccounts"),
            json!({}),
            json!({"Accounts": accounts}),
        ));
        answers.extend(owner.trails(&trail));
        answers.extend(chain_of(&owner));
        for member in members {
            answers.extend(member_answers(&Site::new(member, HOME), &trail));
        }
        Self { answers }
    }

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

    /// Writes the answers as a recording that was cut short; gives the file's name.
    pub fn write_partial(&self, path: &Path) -> PathBuf {
        let mut writer =
            Writer::create(path, "trailproof test world", at(0), true).expect("a new snapshot");
        for (index, answer) in self.answers.iter().enumerate() {
            writer
                .record(&answer.call(index + 1))
                .expect("an answer is recorded");
        }
        writer.abandon().expect("the recording is left")
    }

    /// Writes the answers as a complete snapshot.
    pub fn write_snapshot(&self, path: &Path) {
        let mut writer =
            Writer::create(path, "trailproof test world", at(0), false).expect("a new snapshot");
        for (index, answer) in self.answers.iter().enumerate() {
            writer
                .record(&answer.call(index + 1))
                .expect("an answer is recorded");
        }
        writer
            .finish(at(self.answers.len() + 1))
            .expect("the snapshot is finished");
    }
}

impl Answer {
    fn call(&self, index: usize) -> Call {
        let (http_status, error, body) = match &self.output {
            Ok(output) => (200, None, output.to_string().into_bytes()),
            Err(error) => {
                let body = json!({"__type": error.code, "message": error.message})
                    .to_string()
                    .into_bytes();
                (
                    error.status,
                    Some((error.code.clone(), error.message.clone())),
                    body,
                )
            }
        };
        Call {
            account: self.account.clone(),
            region: self.region.clone(),
            service: self.service.clone(),
            operation: self.operation.clone(),
            request: self.request.clone(),
            at: at(index),
            http_status: Some(http_status),
            error,
            request_id: Some(format!("request-{index}")),
            media_type: AWS_CLI_JSON.to_owned(),
            body,
        }
    }
}

/// The clock of the world: one second a call from midnight on.
fn at(index: usize) -> Timestamp {
    let midnight: Timestamp = "2026-11-21T00:00:00Z".parse().expect("a time");
    midnight + SignedDuration::from_secs(i64::try_from(index).expect("few calls"))
}

fn chain_of(site: &Site) -> Vec<Answer> {
    let alarms: Vec<Value> = monitored()
        .iter()
        .map(|monitored| site.metric_alarm(monitored.control))
        .collect();
    let mut answers = site.log_group();
    answers.extend(site.alarms(&alarms));
    answers.extend(site.topic());
    answers.extend(site.event_rules());
    answers
}

fn describe_organization(site: &Site) -> Answer {
    site.ok(
        HOME,
        ("organizations", "DescribeOrganization"),
        json!({}),
        json!({"Organization": {
            "Id": ORGANIZATION,
            "Arn": format!("arn:aws:organizations::{ACCOUNT}:organization/{ORGANIZATION}"),
            "FeatureSet": "ALL",
            "MasterAccountId": ACCOUNT,
        }}),
    )
}

/// What a member says: the organization trail's replica, its status by full ARN, and no selectors.
fn member_answers(site: &Site, trail: &Value) -> Vec<Answer> {
    let mut answers = site.identity();
    answers.push(describe_organization(site));
    answers.push(answer(
        &site.account,
        HOME,
        ("organizations", "ListAccounts"),
        json!({}),
        Err(ApiError {
            status: 400,
            code: "AccessDeniedException".to_owned(),
            message: "You don't have permissions to access this resource.".to_owned(),
        }),
    ));
    for answer in site.trails(trail) {
        let mut answer = answer;
        if answer.operation == "GetEventSelectors" {
            answer.output = Err(ApiError {
                status: 400,
                code: "TrailNotFoundException".to_owned(),
                message: format!("Unknown trail: {TRAIL} for the user: {}", site.account),
            });
        }
        answers.push(answer);
    }
    answers.extend(site.event_rules());
    answers
}
