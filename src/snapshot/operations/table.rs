//! The table itself, by service and name.

use super::{AskedIn, Need, Operation, Owner, Paging, Protocol, Subject, Whose};

const CLOUDTRAIL: Protocol = Protocol::AwsJson {
    target: "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
};
const LOGS: Protocol = Protocol::AwsJson {
    target: "Logs_20140328",
};
const ORGANIZATIONS: Protocol = Protocol::AwsJson {
    target: "AWSOrganizationsV20161128",
};
const KMS: Protocol = Protocol::AwsJson {
    target: "TrentService",
};
const EVENTS: Protocol = Protocol::AwsJson {
    target: "AWSEvents",
};
const CLOUDWATCH: Protocol = Protocol::RpcV2Cbor {
    service: "GraniteServiceVersion20100801",
};
const SNS: Protocol = Protocol::Query {
    version: "2010-03-31",
};
const STS: Protocol = Protocol::Query {
    version: "2011-06-15",
};

const PAGED_UPPER: Option<Paging> = Some(Paging {
    input: "NextToken",
    output: "NextToken",
});
const PAGED_LOWER: Option<Paging> = Some(Paging {
    input: "nextToken",
    output: "nextToken",
});

/// An operation of which the rest is spelled out where it differs.
const PLAIN: Operation = Operation {
    service: "",
    name: "",
    iam_action: "",
    protocol: STS,
    subject: Subject::Everything,
    lists: &[],
    expects: &[],
    requires: &[],
    paging: None,
    neutral: &[],
    absent: &[],
    times: &[],
    need: Need::Needed,
    reach: AskedIn::Regional,
    secret: None,
    about: &[],
    noun: "",
    owners: &[],
    calls_a_second: 10,
};

/// An owner by the Region and account of an ARN, of all that lies in the Region that is asked.
const fn whole(path: &'static [&'static str]) -> Owner {
    Owner {
        path,
        whose: Whose::RegionAndAccount,
    }
}

/// An owner by the Region of an ARN: the resource may be that of another account.
const fn region(path: &'static [&'static str]) -> Owner {
    Owner {
        path,
        whose: Whose::Region,
    }
}

/// An owner by the id of an account.
const fn account(path: &'static [&'static str]) -> Owner {
    Owner {
        path,
        whose: Whose::Account,
    }
}

/// A file of which `import` could not tell what it answers: no call of AWS and so not in the table, but a gap that
/// names the file.
pub const UNKNOWN_FILE: &Operation = &Operation {
    service: "import",
    name: "File",
    subject: Subject::Member("File"),
    need: Need::Optional,
    ..PLAIN
};

/// Every operation, by service and name.
pub const OPERATIONS: &[Operation] = &[
    Operation {
        service: "account",
        name: "ListRegions",
        iam_action: "account:ListRegions",
        protocol: Protocol::RestJson {
            path: "/listRegions",
        },
        lists: &["Regions"],
        paging: PAGED_UPPER,
        neutral: &[("MaxResults", "")],
        need: Need::Optional,
        reach: AskedIn::Global,
        requires: &["RegionName", "RegionOptStatus"],
        ..PLAIN
    },
    Operation {
        service: "cloudtrail",
        name: "DescribeTrails",
        iam_action: "cloudtrail:DescribeTrails",
        protocol: CLOUDTRAIL,
        subject: Subject::Each("trailNameList"),
        lists: &["trailList"],
        neutral: &[("includeShadowTrails", "true")],
        requires: &["TrailARN", "HomeRegion", "Name"],
        about: &["trailList", "TrailARN"],
        ..PLAIN
    },
    Operation {
        service: "cloudtrail",
        name: "GetEventSelectors",
        iam_action: "cloudtrail:GetEventSelectors",
        protocol: CLOUDTRAIL,
        subject: Subject::Trail("TrailName"),
        lists: &["EventSelectors", "AdvancedEventSelectors"],
        absent: &["TrailNotFoundException"],
        about: &["TrailARN"],
        ..PLAIN
    },
    Operation {
        service: "cloudtrail",
        name: "GetTrailStatus",
        iam_action: "cloudtrail:GetTrailStatus",
        protocol: CLOUDTRAIL,
        subject: Subject::Trail("Name"),
        absent: &["TrailNotFoundException"],
        times: &[
            "LatestCloudWatchLogsDeliveryTime",
            "LatestDeliveryTime",
            "LatestDigestDeliveryTime",
            "LatestNotificationTime",
            "StartLoggingTime",
            "StopLoggingTime",
        ],
        expects: &["IsLogging"],
        ..PLAIN
    },
    Operation {
        service: "cloudtrail",
        name: "ListChannels",
        iam_action: "cloudtrail:ListChannels",
        protocol: CLOUDTRAIL,
        lists: &["Channels"],
        paging: PAGED_UPPER,
        neutral: &[("MaxResults", "")],
        need: Need::Optional,
        requires: &["ChannelArn", "Name"],
        owners: &[whole(&["Channels", "ChannelArn"])],
        ..PLAIN
    },
    Operation {
        service: "cloudtrail",
        name: "ListTrails",
        iam_action: "cloudtrail:ListTrails",
        protocol: CLOUDTRAIL,
        lists: &["Trails"],
        paging: PAGED_UPPER,
        need: Need::Optional,
        requires: &["TrailARN", "HomeRegion"],
        ..PLAIN
    },
    Operation {
        service: "events",
        name: "DescribeEventBus",
        iam_action: "events:DescribeEventBus",
        protocol: EVENTS,
        subject: Subject::Member("Name"),
        absent: &["ResourceNotFoundException"],
        times: &["CreationTime", "LastModifiedTime"],
        need: Need::Optional,
        expects: &["Arn"],
        about: &["Name"],
        noun: "event bus",
        owners: &[whole(&["Arn"])],
        calls_a_second: 25,
        ..PLAIN
    },
    Operation {
        service: "events",
        name: "ListEventBuses",
        iam_action: "events:ListEventBuses",
        protocol: EVENTS,
        lists: &["EventBuses"],
        paging: PAGED_UPPER,
        neutral: &[("Limit", "")],
        times: &["CreationTime", "LastModifiedTime"],
        need: Need::Optional,
        owners: &[whole(&["EventBuses", "Arn"])],
        calls_a_second: 25,
        ..PLAIN
    },
    Operation {
        service: "events",
        name: "ListRules",
        iam_action: "events:ListRules",
        protocol: EVENTS,
        lists: &["Rules"],
        paging: PAGED_UPPER,
        neutral: &[("Limit", ""), ("EventBusName", "default")],
        need: Need::Optional,
        requires: &["Name", "Arn"],
        owners: &[whole(&["Rules", "Arn"])],
        calls_a_second: 25,
        ..PLAIN
    },
    Operation {
        service: "events",
        name: "ListTargetsByRule",
        iam_action: "events:ListTargetsByRule",
        protocol: EVENTS,
        subject: Subject::Member("Rule"),
        lists: &["Targets"],
        paging: PAGED_UPPER,
        neutral: &[("Limit", ""), ("EventBusName", "default")],
        absent: &["ResourceNotFoundException"],
        need: Need::Optional,
        requires: &["Id", "Arn"],
        noun: "rule",
        calls_a_second: 25,
        ..PLAIN
    },
    Operation {
        service: "kms",
        name: "DescribeKey",
        iam_action: "kms:DescribeKey",
        protocol: KMS,
        subject: Subject::Member("KeyId"),
        absent: &["NotFoundException"],
        times: &["CreationDate", "DeletionDate", "ValidTo"],
        need: Need::Optional,
        expects: &["KeyMetadata"],
        about: &["KeyMetadata", "Arn"],
        noun: "key",
        owners: &[region(&["KeyMetadata", "Arn"])],
        ..PLAIN
    },
    Operation {
        service: "kms",
        name: "GetKeyPolicy",
        iam_action: "kms:GetKeyPolicy",
        protocol: KMS,
        subject: Subject::Member("KeyId"),
        neutral: &[("PolicyName", "default")],
        absent: &["NotFoundException"],
        need: Need::Optional,
        expects: &["Policy"],
        requires: &["Policy"],
        noun: "key",
        ..PLAIN
    },
    Operation {
        service: "logs",
        name: "DescribeAccountPolicies",
        iam_action: "logs:DescribeAccountPolicies",
        protocol: LOGS,
        subject: Subject::Member("policyType"),
        lists: &["accountPolicies"],
        paging: PAGED_LOWER,
        need: Need::Optional,
        requires: &["policyName", "policyDocument"],
        about: &["accountPolicies", "policyType"],
        noun: "type",
        owners: &[account(&["accountPolicies", "accountId"])],
        ..PLAIN
    },
    Operation {
        service: "logs",
        name: "DescribeLogGroups",
        iam_action: "logs:DescribeLogGroups",
        protocol: LOGS,
        subject: Subject::LogGroups,
        lists: &["logGroups"],
        paging: PAGED_LOWER,
        neutral: &[("limit", ""), ("includeLinkedAccounts", "false")],
        absent: &["ResourceNotFoundException"],
        requires: &["logGroupName"],
        about: &["logGroups", "logGroupName"],
        owners: &[
            whole(&["logGroups", "logGroupArn"]),
            whole(&["logGroups", "arn"]),
        ],
        ..PLAIN
    },
    Operation {
        service: "logs",
        name: "DescribeMetricFilters",
        iam_action: "logs:DescribeMetricFilters",
        protocol: LOGS,
        subject: Subject::LogGroup("logGroupName"),
        lists: &["metricFilters"],
        paging: PAGED_LOWER,
        neutral: &[("limit", "")],
        absent: &["ResourceNotFoundException"],
        requires: &["filterName"],
        about: &["metricFilters", "logGroupName"],
        // Not adjustable.
        calls_a_second: 5,
        ..PLAIN
    },
    Operation {
        service: "logs",
        name: "DescribeSubscriptionFilters",
        iam_action: "logs:DescribeSubscriptionFilters",
        protocol: LOGS,
        subject: Subject::LogGroup("logGroupName"),
        lists: &["subscriptionFilters"],
        paging: PAGED_LOWER,
        neutral: &[("limit", "")],
        absent: &["ResourceNotFoundException"],
        need: Need::Optional,
        requires: &["filterName", "destinationArn"],
        about: &["subscriptionFilters", "logGroupName"],
        // Not adjustable.
        calls_a_second: 5,
        ..PLAIN
    },
    Operation {
        service: "logs",
        name: "GetDataProtectionPolicy",
        iam_action: "logs:GetDataProtectionPolicy",
        protocol: LOGS,
        subject: Subject::LogGroup("logGroupIdentifier"),
        absent: &["ResourceNotFoundException"],
        need: Need::Optional,
        about: &["logGroupIdentifier"],
        owners: &[whole(&["logGroupIdentifier"])],
        ..PLAIN
    },
    Operation {
        service: "logs",
        name: "GetTransformer",
        iam_action: "logs:GetTransformer",
        protocol: LOGS,
        subject: Subject::LogGroup("logGroupIdentifier"),
        lists: &["transformerConfig"],
        absent: &["ResourceNotFoundException"],
        need: Need::Optional,
        about: &["logGroupIdentifier"],
        owners: &[whole(&["logGroupIdentifier"])],
        ..PLAIN
    },
    Operation {
        service: "monitoring",
        name: "DescribeAlarmHistory",
        iam_action: "cloudwatch:DescribeAlarmHistory",
        protocol: CLOUDWATCH,
        subject: Subject::Member("AlarmName"),
        lists: &["AlarmHistoryItems"],
        paging: PAGED_UPPER,
        neutral: &[
            ("AlarmTypes", ""),
            ("HistoryItemType", "Action"),
            ("MaxRecords", ""),
            ("ScanBy", ""),
            ("StartDate", ""),
            ("EndDate", ""),
        ],
        times: &["Timestamp"],
        need: Need::Optional,
        about: &["AlarmHistoryItems", "AlarmName"],
        noun: "alarm",
        calls_a_second: 20,
        ..PLAIN
    },
    Operation {
        service: "monitoring",
        name: "DescribeAlarms",
        iam_action: "cloudwatch:DescribeAlarms",
        protocol: CLOUDWATCH,
        subject: Subject::AlarmTypes,
        lists: &["MetricAlarms", "CompositeAlarms", "LogAlarms"],
        paging: PAGED_UPPER,
        neutral: &[("MaxRecords", "")],
        times: &[
            "AlarmConfigurationUpdatedTimestamp",
            "StateTransitionedTimestamp",
            "StateUpdatedTimestamp",
        ],
        requires: &["AlarmName", "AlarmArn"],
        owners: &[
            whole(&["MetricAlarms", "AlarmArn"]),
            whole(&["CompositeAlarms", "AlarmArn"]),
            whole(&["LogAlarms", "AlarmArn"]),
        ],
        calls_a_second: 9,
        ..PLAIN
    },
    Operation {
        service: "monitoring",
        name: "GetAlarmMuteRule",
        iam_action: "cloudwatch:GetAlarmMuteRule",
        protocol: CLOUDWATCH,
        subject: Subject::Member("AlarmMuteRuleName"),
        absent: &["ResourceNotFoundException", "ResourceNotFound"],
        times: &["StartDate", "ExpireDate", "LastUpdatedTimestamp"],
        need: Need::Optional,
        expects: &["AlarmMuteRuleArn", "Name"],
        requires: &["AlarmMuteRuleArn"],
        about: &["Name"],
        noun: "mute rule",
        owners: &[whole(&["AlarmMuteRuleArn"])],
        calls_a_second: 20,
        ..PLAIN
    },
    Operation {
        service: "monitoring",
        name: "ListAlarmMuteRules",
        iam_action: "cloudwatch:ListAlarmMuteRules",
        protocol: CLOUDWATCH,
        subject: Subject::Member("AlarmName"),
        lists: &["AlarmMuteRuleSummaries"],
        paging: PAGED_UPPER,
        neutral: &[("MaxRecords", "")],
        times: &["ExpireDate", "LastUpdatedTimestamp"],
        need: Need::Optional,
        requires: &["AlarmMuteRuleArn"],
        owners: &[whole(&["AlarmMuteRuleSummaries", "AlarmMuteRuleArn"])],
        ..PLAIN
    },
    Operation {
        service: "observabilityadmin",
        name: "ListTelemetryRules",
        iam_action: "observabilityadmin:ListTelemetryRules",
        protocol: Protocol::RestJson {
            path: "/ListTelemetryRules",
        },
        lists: &["TelemetryRuleSummaries"],
        paging: PAGED_UPPER,
        neutral: &[("MaxResults", "")],
        need: Need::Optional,
        requires: &["RuleArn"],
        owners: &[whole(&["TelemetryRuleSummaries", "RuleArn"])],
        ..PLAIN
    },
    Operation {
        service: "organizations",
        name: "DescribeOrganization",
        iam_action: "organizations:DescribeOrganization",
        protocol: ORGANIZATIONS,
        absent: &["AWSOrganizationsNotInUseException"],
        need: Need::Optional,
        reach: AskedIn::Global,
        expects: &["Organization"],
        // The organization has one bucket for all its callers.
        calls_a_second: 5,
        ..PLAIN
    },
    Operation {
        service: "organizations",
        name: "ListAccounts",
        iam_action: "organizations:ListAccounts",
        protocol: ORGANIZATIONS,
        lists: &["Accounts"],
        paging: PAGED_UPPER,
        neutral: &[("MaxResults", "")],
        absent: &["AWSOrganizationsNotInUseException"],
        times: &["JoinedTimestamp"],
        need: Need::Optional,
        reach: AskedIn::Global,
        requires: &["Id"],
        // The organization has one bucket for all its callers.
        calls_a_second: 5,
        ..PLAIN
    },
    Operation {
        service: "sns",
        name: "GetSubscriptionAttributes",
        iam_action: "sns:GetSubscriptionAttributes",
        protocol: SNS,
        subject: Subject::Member("SubscriptionArn"),
        absent: &["NotFound", "NotFoundException"],
        expects: &["Attributes"],
        about: &["Attributes", "SubscriptionArn"],
        noun: "subscription",
        owners: &[region(&["Attributes", "SubscriptionArn"])],
        calls_a_second: 30,
        ..PLAIN
    },
    Operation {
        service: "sns",
        name: "GetTopicAttributes",
        iam_action: "sns:GetTopicAttributes",
        protocol: SNS,
        subject: Subject::Member("TopicArn"),
        absent: &["NotFound", "NotFoundException"],
        expects: &["Attributes"],
        about: &["Attributes", "TopicArn"],
        noun: "topic",
        owners: &[region(&["Attributes", "TopicArn"])],
        calls_a_second: 30,
        ..PLAIN
    },
    Operation {
        service: "sns",
        name: "ListSubscriptionsByTopic",
        iam_action: "sns:ListSubscriptionsByTopic",
        protocol: SNS,
        subject: Subject::Member("TopicArn"),
        lists: &["Subscriptions"],
        paging: PAGED_UPPER,
        absent: &["NotFound", "NotFoundException"],
        requires: &["SubscriptionArn", "Protocol"],
        about: &["Subscriptions", "TopicArn"],
        noun: "topic",
        owners: &[region(&["Subscriptions", "TopicArn"])],
        calls_a_second: 30,
        ..PLAIN
    },
    Operation {
        service: "sts",
        name: "AssumeRole",
        iam_action: "sts:AssumeRole",
        protocol: STS,
        subject: Subject::Member("RoleArn"),
        neutral: &[("ExternalId", ""), ("RoleSessionName", "")],
        secret: Some(&["ExternalId", "SerialNumber", "TokenCode"]),
        need: Need::Optional,
        reach: AskedIn::Global,
        noun: "role",
        calls_a_second: 100,
        ..PLAIN
    },
    Operation {
        service: "sts",
        name: "GetCallerIdentity",
        iam_action: "sts:GetCallerIdentity",
        protocol: STS,
        reach: AskedIn::Global,
        expects: &["Account"],
        requires: &["Account", "Arn"],
        owners: &[account(&["Account"])],
        calls_a_second: 100,
        ..PLAIN
    },
];
