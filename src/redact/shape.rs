//! What a response holds that facts are read from, and what kind of text each member is.
//!
//! A member that is not here is left out of a redacted snapshot: nothing is read from it, and it could say anything.

/// What a member is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// AWS's own words, short numbers, times: a value that is none of these is masked.
    Keep,
    /// Milliseconds since the epoch.
    Time,
    /// A name, an id, an account.
    Name,
    /// An ARN, or a name where one is allowed.
    Arn,
    /// A KMS key.
    Key,
    /// A protocol's address.
    Endpoint,
    /// An error code.
    Code,
    /// A sentence of AWS's.
    Sentence,
    /// `@aws.account` and the like, or a value.
    Value,
    /// Where a subscription is not confirmed, a literal; else an ARN.
    SubscriptionArn,
    /// Keeps AWS's own namespaces.
    Namespace,
    /// A filter pattern.
    Pattern,
    /// An alarm rule.
    AlarmRule,
    /// A metric-math expression.
    Math,
    /// The id of a query of metric math.
    MetricId,
    /// A text in a query language.
    Query,
    /// Selection criteria.
    Criteria,
    /// A policy, in a string.
    Policy,
    /// A subscription's filter policy, in a string.
    FilterPolicy,
    /// An event pattern, in a string.
    EventPattern,
    /// Any JSON; a member name stays where it is AWS's own.
    Tree,
    /// An object of names to values, both masked: dimensions.
    Pairs,
    /// An object of names to paths in an event.
    Paths,
    /// A list of this kind.
    Each(&'static Kind),
    /// An object with these members.
    Object(&'static [(&'static str, Kind)]),
}

use Kind::{Arn, Each, Keep, Name, Object};

const TRAIL: Kind = Object(&[
    ("Name", Name),
    ("TrailARN", Arn),
    ("HomeRegion", Keep),
    ("IsMultiRegionTrail", Keep),
    ("IsOrganizationTrail", Keep),
    ("IncludeGlobalServiceEvents", Keep),
    ("CloudWatchLogsLogGroupArn", Arn),
    ("CloudWatchLogsRoleArn", Arn),
    ("KmsKeyId", Kind::Key),
    ("S3BucketName", Name),
    ("S3KeyPrefix", Name),
    ("LogFileValidationEnabled", Keep),
    ("HasCustomEventSelectors", Keep),
    ("HasInsightSelectors", Keep),
]);

const DIMENSION: Kind = Object(&[("Name", Kind::Value), ("Value", Kind::Value)]);

const METRIC_QUERY: Kind = Object(&[
    ("Id", Kind::MetricId),
    ("Expression", Kind::Math),
    ("Period", Keep),
    ("ReturnData", Keep),
    ("AccountId", Name),
    (
        "MetricStat",
        Object(&[
            (
                "Metric",
                Object(&[
                    ("Namespace", Kind::Namespace),
                    ("MetricName", Name),
                    ("Dimensions", Each(&DIMENSION)),
                ]),
            ),
            ("Period", Keep),
            ("Stat", Keep),
            ("Unit", Keep),
        ]),
    ),
]);

/// Members of alarms of all types.
const ALARM: Kind = Object(&[
    ("AlarmName", Name),
    ("AlarmArn", Arn),
    ("AlarmDescription", Name),
    ("AlarmConfigurationUpdatedTimestamp", Keep),
    ("ActionsEnabled", Keep),
    ("OKActions", Each(&Arn)),
    ("AlarmActions", Each(&Arn)),
    ("InsufficientDataActions", Each(&Arn)),
    ("StateValue", Keep),
    ("StateUpdatedTimestamp", Keep),
    ("StateTransitionedTimestamp", Keep),
    ("EvaluationState", Keep),
    ("Threshold", Keep),
    ("ComparisonOperator", Keep),
    ("TreatMissingData", Keep),
    ("WarmUpConfiguration", Keep),
    ("ActionConfiguration", Keep),
    ("MetricName", Name),
    ("Namespace", Kind::Namespace),
    ("Statistic", Keep),
    ("ExtendedStatistic", Keep),
    ("Dimensions", Each(&DIMENSION)),
    ("Period", Keep),
    ("Unit", Keep),
    ("EvaluationPeriods", Keep),
    ("DatapointsToAlarm", Keep),
    ("EvaluateLowSampleCountPercentile", Keep),
    ("Metrics", Each(&METRIC_QUERY)),
    ("ThresholdMetricId", Kind::MetricId),
    ("EvaluationCriteria", Kind::Tree),
    ("EvaluationInterval", Keep),
    ("EvaluationWindow", Keep),
    ("AlarmRule", Kind::AlarmRule),
    ("ActionsSuppressor", Arn),
    ("ActionsSuppressorWaitPeriod", Keep),
    ("ActionsSuppressorExtensionPeriod", Keep),
    ("ActionsSuppressedBy", Keep),
    (
        "ScheduledQueryConfiguration",
        Object(&[
            ("QueryString", Kind::Query),
            ("LogGroupIdentifiers", Each(&Arn)),
            ("QueryARN", Arn),
            ("ScheduledQueryRoleARN", Arn),
            ("ScheduleConfiguration", Keep),
            ("AggregationExpression", Kind::Query),
        ]),
    ),
    ("QueryResultsToEvaluate", Keep),
    ("QueryResultsToAlarm", Keep),
]);

const METRIC_FILTER: Kind = Object(&[
    ("filterName", Name),
    ("filterPattern", Kind::Pattern),
    ("logGroupName", Name),
    ("applyOnTransformedLogs", Keep),
    ("fieldSelectionCriteria", Kind::Criteria),
    ("emitSystemFieldDimensions", Keep),
    ("creationTime", Kind::Time),
    (
        "metricTransformations",
        Each(&Object(&[
            ("metricName", Name),
            ("metricNamespace", Kind::Namespace),
            ("metricValue", Keep),
            ("defaultValue", Keep),
            ("unit", Keep),
            ("dimensions", Kind::Pairs),
        ])),
    ),
]);

const EVENT_SELECTORS: Kind = Object(&[
    ("TrailARN", Arn),
    (
        "EventSelectors",
        Each(&Object(&[
            ("ReadWriteType", Keep),
            ("IncludeManagementEvents", Keep),
            ("ExcludeManagementEventSources", Each(&Kind::Value)),
            (
                "DataResources",
                Each(&Object(&[("Type", Keep), ("Values", Each(&Arn))])),
            ),
        ])),
    ),
    (
        "AdvancedEventSelectors",
        Each(&Object(&[
            ("Name", Name),
            (
                "FieldSelectors",
                Each(&Object(&[
                    ("Field", Keep),
                    ("Equals", Each(&Kind::Value)),
                    ("StartsWith", Each(&Kind::Value)),
                    ("EndsWith", Each(&Kind::Value)),
                    ("NotEquals", Each(&Kind::Value)),
                    ("NotStartsWith", Each(&Kind::Value)),
                    ("NotEndsWith", Each(&Kind::Value)),
                ])),
            ),
        ])),
    ),
]);

const EVENT_BUS: Kind = Object(&[
    ("Arn", Arn),
    ("Name", Kind::Value),
    ("Policy", Kind::Policy),
    ("KmsKeyIdentifier", Kind::Key),
]);

/// The shape of each operation's response, without the token of the next page.
const RESPONSES: &[(&str, Kind)] = &[
    (
        "GetCallerIdentity",
        Object(&[("Account", Name), ("Arn", Arn)]),
    ),
    (
        "ListRegions",
        Object(&[(
            "Regions",
            Each(&Object(&[("RegionName", Keep), ("RegionOptStatus", Keep)])),
        )]),
    ),
    (
        "DescribeOrganization",
        Object(&[(
            "Organization",
            Object(&[
                ("Id", Name),
                ("MasterAccountId", Name),
                ("FeatureSet", Keep),
            ]),
        )]),
    ),
    (
        "ListAccounts",
        Object(&[(
            "Accounts",
            Each(&Object(&[
                ("Id", Name),
                ("Name", Name),
                ("State", Keep),
                ("Status", Keep),
            ])),
        )]),
    ),
    ("DescribeTrails", Object(&[("trailList", Each(&TRAIL))])),
    (
        "ListChannels",
        Object(&[(
            "Channels",
            Each(&Object(&[("ChannelArn", Arn), ("Name", Keep)])),
        )]),
    ),
    (
        "ListTelemetryRules",
        Object(&[(
            "TelemetryRuleSummaries",
            Each(&Object(&[
                ("RuleArn", Arn),
                ("RuleName", Name),
                ("ResourceType", Keep),
                ("TelemetryType", Keep),
            ])),
        )]),
    ),
    (
        "ListTrails",
        Object(&[(
            "Trails",
            Each(&Object(&[
                ("TrailARN", Arn),
                ("Name", Name),
                ("HomeRegion", Keep),
            ])),
        )]),
    ),
    (
        "GetTrailStatus",
        Object(&[
            ("IsLogging", Keep),
            ("LatestCloudWatchLogsDeliveryError", Kind::Code),
            ("LatestCloudWatchLogsDeliveryTime", Keep),
            ("LatestDeliveryError", Kind::Code),
            ("LatestDeliveryTime", Keep),
            ("LatestDigestDeliveryError", Kind::Code),
            ("LatestDigestDeliveryTime", Keep),
            ("StartLoggingTime", Keep),
            ("StopLoggingTime", Keep),
        ]),
    ),
    ("GetEventSelectors", EVENT_SELECTORS),
    (
        "DescribeLogGroups",
        Object(&[(
            "logGroups",
            Each(&Object(&[
                ("logGroupName", Name),
                ("arn", Arn),
                ("logGroupArn", Arn),
                ("logGroupClass", Keep),
                ("kmsKeyId", Kind::Key),
                ("dataProtectionStatus", Keep),
                ("inheritedProperties", Keep),
                ("retentionInDays", Keep),
                ("creationTime", Kind::Time),
            ])),
        )]),
    ),
    (
        "DescribeMetricFilters",
        Object(&[("metricFilters", Each(&METRIC_FILTER))]),
    ),
    (
        "DescribeSubscriptionFilters",
        Object(&[(
            "subscriptionFilters",
            Each(&Object(&[
                ("filterName", Name),
                ("logGroupName", Name),
                ("filterPattern", Kind::Pattern),
                ("destinationArn", Arn),
            ])),
        )]),
    ),
    (
        "DescribeAccountPolicies",
        Object(&[(
            "accountPolicies",
            Each(&Object(&[
                ("policyName", Name),
                ("policyType", Keep),
                ("policyDocument", Kind::Policy),
                ("selectionCriteria", Kind::Criteria),
            ])),
        )]),
    ),
    (
        "GetDataProtectionPolicy",
        Object(&[
            ("logGroupIdentifier", Arn),
            ("policyDocument", Kind::Policy),
        ]),
    ),
    (
        "GetTransformer",
        Object(&[
            ("logGroupIdentifier", Arn),
            ("transformerConfig", Kind::Tree),
        ]),
    ),
    (
        "DescribeAlarms",
        Object(&[
            ("MetricAlarms", Each(&ALARM)),
            ("CompositeAlarms", Each(&ALARM)),
            ("LogAlarms", Each(&ALARM)),
        ]),
    ),
    (
        "DescribeAlarmHistory",
        Object(&[(
            "AlarmHistoryItems",
            Each(&Object(&[
                ("AlarmName", Name),
                ("AlarmType", Keep),
                ("Timestamp", Keep),
                ("HistoryItemType", Keep),
                ("HistorySummary", Kind::Sentence),
                ("HistoryData", Kind::Policy),
            ])),
        )]),
    ),
    (
        "ListAlarmMuteRules",
        Object(&[(
            "AlarmMuteRuleSummaries",
            Each(&Object(&[
                ("AlarmMuteRuleArn", Arn),
                ("ExpireDate", Keep),
                ("Status", Keep),
            ])),
        )]),
    ),
    (
        "GetAlarmMuteRule",
        Object(&[
            ("Name", Name),
            ("AlarmMuteRuleArn", Arn),
            (
                "Rule",
                Object(&[(
                    "Schedule",
                    Object(&[("Expression", Keep), ("Duration", Keep), ("Timezone", Keep)]),
                )]),
            ),
            ("MuteTargets", Object(&[("AlarmNames", Each(&Name))])),
            ("StartDate", Keep),
            ("ExpireDate", Keep),
            ("Status", Keep),
        ]),
    ),
    (
        "GetTopicAttributes",
        Object(&[(
            "Attributes",
            Object(&[
                ("Policy", Kind::Policy),
                ("KmsMasterKeyId", Kind::Key),
                ("Owner", Name),
                ("FifoTopic", Keep),
                ("SubscriptionsConfirmed", Keep),
                ("SubscriptionsPending", Keep),
                ("SubscriptionsDeleted", Keep),
            ]),
        )]),
    ),
    (
        "ListSubscriptionsByTopic",
        Object(&[(
            "Subscriptions",
            Each(&Object(&[
                ("TopicArn", Arn),
                ("Protocol", Keep),
                ("Endpoint", Kind::Endpoint),
                ("SubscriptionArn", Kind::SubscriptionArn),
                ("Owner", Name),
            ])),
        )]),
    ),
    (
        "GetSubscriptionAttributes",
        Object(&[(
            "Attributes",
            Object(&[
                ("FilterPolicy", Kind::FilterPolicy),
                ("FilterPolicyScope", Keep),
                ("PendingConfirmation", Keep),
                ("ConfirmationWasAuthenticated", Keep),
                ("RawMessageDelivery", Keep),
                ("RedrivePolicy", Kind::Policy),
            ]),
        )]),
    ),
    (
        "DescribeKey",
        Object(&[(
            "KeyMetadata",
            Object(&[
                ("Arn", Arn),
                ("KeyState", Keep),
                ("KeyManager", Keep),
                ("KeySpec", Keep),
                ("CustomerMasterKeySpec", Keep),
                ("KeyUsage", Keep),
            ]),
        )]),
    ),
    ("GetKeyPolicy", Object(&[("Policy", Kind::Policy)])),
    (
        "ListEventBuses",
        Object(&[("EventBuses", Each(&EVENT_BUS))]),
    ),
    ("DescribeEventBus", EVENT_BUS),
    (
        "ListRules",
        Object(&[(
            "Rules",
            Each(&Object(&[
                ("Name", Name),
                ("Arn", Arn),
                ("EventBusName", Kind::Value),
                ("State", Keep),
                ("EventPattern", Kind::EventPattern),
                ("ScheduleExpression", Keep),
                ("RoleArn", Arn),
                ("ManagedBy", Kind::Value),
            ])),
        )]),
    ),
    (
        "ListTargetsByRule",
        Object(&[(
            "Targets",
            Each(&Object(&[
                ("Id", Name),
                ("Arn", Arn),
                ("RoleArn", Arn),
                // A message, which filter policies are compared with.
                ("Input", Kind::FilterPolicy),
                ("InputPath", Kind::Query),
                (
                    "InputTransformer",
                    Object(&[
                        ("InputPathsMap", Kind::Paths),
                        ("InputTemplate", Kind::Query),
                    ]),
                ),
            ])),
        )]),
    ),
];

/// The shape of an operation's response.
pub(super) fn response(operation: &str) -> Kind {
    let found = RESPONSES.iter().find(|(name, _)| *name == operation);
    found.map_or(Object(&[]), |(_, kind)| *kind)
}

/// The names of all members in the shape of an operation's response.
pub(super) fn member_names(operation: &str) -> Vec<&'static str> {
    fn walk(kind: Kind, found: &mut Vec<&'static str>) {
        match kind {
            Kind::Each(inner) => walk(*inner, found),
            Object(members) => {
                for (name, inner) in members {
                    found.push(name);
                    walk(*inner, found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(response(operation), &mut found);
    found
}

/// What a member of a request is. None is left out: it may narrow the question.
pub(super) fn request_member(operation: &str, name: &str) -> Kind {
    match name {
        "Name" if operation == "DescribeEventBus" => Kind::Value,
        "AlarmTypes"
        | "HistoryItemType"
        | "PolicyName"
        | "ScanBy"
        | "policyType"
        | "limit"
        | "Limit"
        | "MaxRecords"
        | "MaxResults"
        | "includeShadowTrails"
        | "StartDate"
        | "EndDate" => Keep,
        "KeyId" => Kind::Key,
        "EventBusName" => Kind::Value,
        "SubscriptionArn" => Kind::SubscriptionArn,
        "trailNameList" | "logGroupIdentifiers" => Each(&Arn),
        _ => Arn,
    }
}
