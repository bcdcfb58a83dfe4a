//! One account as AWS answers about it: ARNs, and the answers to every call of a collection.

use serde_json::{Value, json};

use super::super::controls::{alarm_name, filter_name, metric_name, monitored};
use super::{
    ACCOUNT, Answer, ApiError, HOME, LOG_GROUP, NAMESPACE, ORGANIZATION, REGIONS, TOPIC, TRAIL,
};

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

    pub(super) fn ok(
        &self,
        region: &str,
        call: (&str, &str),
        request: Value,
        output: Value,
    ) -> Answer {
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
    pub(super) fn identity(&self) -> Vec<Answer> {
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

    pub(super) fn no_organization(&self) -> Answer {
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
    pub(super) fn trails(&self, trail: &Value) -> Vec<Answer> {
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
                    "metricFilterCount": monitored().len(),
                    "arn": format!("{}:*", self.log_group_arn()),
                    "storedBytes": 1024,
                    "logGroupClass": "STANDARD",
                    "logGroupArn": self.log_group_arn(),
                }]}),
            ),
            self.ok(
                home,
                ("logs", "DescribeMetricFilters"),
                json!({}),
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
                ("monitoring", "DescribeAlarmHistory"),
                json!({"AlarmTypes": types, "HistoryItemType": "StateUpdate"}),
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

    /// The default bus of every region, without a rule.
    pub(super) fn event_rules(&self) -> Vec<Answer> {
        let mut answers = Vec::new();
        for region in &self.regions {
            let bus = json!({
                "Name": "default",
                "Arn": format!("arn:aws:events:{region}:{}:event-bus/default", self.account),
            });
            for (operation, request, output) in [
                ("ListRules", json!({}), json!({"Rules": []})),
                ("ListEventBuses", json!({}), json!({"EventBuses": [bus]})),
                ("DescribeEventBus", json!({"Name": "default"}), bus),
            ] {
                answers.push(self.ok(region, ("events", operation), request, output));
            }
        }
        answers
    }
}

pub(super) fn answer(
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

pub(super) fn chain_of(site: &Site) -> Vec<Answer> {
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

pub(super) fn describe_organization(site: &Site) -> Answer {
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
pub(super) fn member_answers(site: &Site, trail: &Value) -> Vec<Answer> {
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
