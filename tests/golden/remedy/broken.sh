#!/bin/sh
# 15 changes; of the findings that did not pass, 15 pass after them, 0 fail, 0 are unknown
# changing `cloudtrail_changes` takes something away: it has nothing to do with metric `cloudtrail_changes` of namespace `CISBenchmrk` any more
# changing `nacl_changes` takes something away: it does not act on `arn:aws:sns:eu-west-1:444455556666:deleted` any more
#
# Run it with credentials of the account that it names; with the argument `rollback` it takes the changes back.
# What stands between backticks are literals of JMESPath:
# shellcheck disable=SC2016
set -eu
AWS_PAGER=''
export AWS_PAGER

# call REGION SERVICE OPERATION < INPUT.json
call() {
  printf '%s\n' "$2 $3" >&2
  aws "$2" "$3" --region "$1" --output json --cli-input-json "$(cat)" >/dev/null
}

# holds REGION SERVICE OPERATION QUERY < INPUT.json: whether it is already as it should be
holds() {
  [ "$(aws "$2" "$3" --region "$1" --output json --query "$4" --cli-input-json "$(cat)" 2>/dev/null)" = true ]
}

apply_444455556666() {
# create metric filter `cmk_disable_or_delete` of log group `/cloudtrail/management-events` (for cmk_disable_or_delete)
  holds eu-west-1 logs describe-metric-filters 'length(metricFilters[?filterName == `"cmk_disable_or_delete"` && filterPattern == `"{ ($.eventSource = kms.amazonaws.com) && (($.eventName = DisableKey) || ($.eventName = ScheduleKeyDeletion)) }"` && metricTransformations[0].metricName == `"cmk_disable_or_delete"` && metricTransformations[0].metricNamespace == `"CISBenchmark"` && metricTransformations[0].metricValue == `"1"` && metricTransformations[0].defaultValue == `null` && (metricTransformations[0].unit == `null` || metricTransformations[0].unit == `"None"`) && (metricTransformations[0].dimensions || `{}`) == `{}` && (fieldSelectionCriteria || `""`) == `""`]) > `0`' <<'JSON' ||
{
  "logGroupName": "/cloudtrail/management-events",
  "filterNamePrefix": "cmk_disable_or_delete"
}
JSON
  {
  call eu-west-1 logs put-metric-filter <<'JSON'
{
  "logGroupName": "/cloudtrail/management-events",
  "filterName": "cmk_disable_or_delete",
  "filterPattern": "{ ($.eventSource = kms.amazonaws.com) && (($.eventName = DisableKey) || ($.eventName = ScheduleKeyDeletion)) }",
  "metricTransformations": [
    {
      "metricName": "cmk_disable_or_delete",
      "metricNamespace": "CISBenchmark",
      "metricValue": "1"
    }
  ]
}
JSON
  }
# create metric filter `console_without_mfa` of log group `/cloudtrail/management-events` (for console_without_mfa)
  holds eu-west-1 logs describe-metric-filters 'length(metricFilters[?filterName == `"console_without_mfa"` && filterPattern == `"{ ($.eventName = \"ConsoleLogin\") && ($.additionalEventData.MFAUsed != \"Yes\") }"` && metricTransformations[0].metricName == `"console_without_mfa"` && metricTransformations[0].metricNamespace == `"CISBenchmark"` && metricTransformations[0].metricValue == `"1"` && metricTransformations[0].defaultValue == `null` && (metricTransformations[0].unit == `null` || metricTransformations[0].unit == `"None"`) && (metricTransformations[0].dimensions || `{}`) == `{}` && (fieldSelectionCriteria || `""`) == `""`]) > `0`' <<'JSON' ||
{
  "logGroupName": "/cloudtrail/management-events",
  "filterNamePrefix": "console_without_mfa"
}
JSON
  {
  call eu-west-1 logs put-metric-filter <<'JSON'
{
  "logGroupName": "/cloudtrail/management-events",
  "filterName": "console_without_mfa",
  "filterPattern": "{ ($.eventName = \"ConsoleLogin\") && ($.additionalEventData.MFAUsed != \"Yes\") }",
  "metricTransformations": [
    {
      "metricName": "console_without_mfa",
      "metricNamespace": "CISBenchmark",
      "metricValue": "1"
    }
  ]
}
JSON
  }
# change metric filter `iam_policy_changes` of log group `/cloudtrail/management-events` (for iam_policy_changes)
#   - pattern: { ($.eventName = DeleteGroupPolicy) || ($.eventName = DeleteRolePolicy) || ($.eventName = DeleteUserPolicy) || ($.eventName = PutGroupPolicy) || ($.eventName = PutRolePolicy) || ($.eventName = PutUserPolicy) || ($.eventName = CreatePolicy) || ($.eventName = CreatePolicyVersion) || ($.eventName = DeletePolicyVersion) || ($.eventName = AttachRolePolicy) || ($.eventName = DetachRolePolicy) || ($.eventName = AttachUserPolicy) || ($.eventName = DetachUserPolicy) || ($.eventName = AttachGroupPolicy) || ($.eventName = DetachGroupPolicy)}
#   + pattern: { ($.eventName = DeleteGroupPolicy) || ($.eventName = DeleteRolePolicy) || ($.eventName = DeleteUserPolicy) || ($.eventName = PutGroupPolicy) || ($.eventName = PutRolePolicy) || ($.eventName = PutUserPolicy) || ($.eventName = CreatePolicy) || ($.eventName = CreatePolicyVersion) || ($.eventName = DeletePolicyVersion) || ($.eventName = AttachRolePolicy) || ($.eventName = DetachRolePolicy) || ($.eventName = AttachUserPolicy) || ($.eventName = DetachUserPolicy) || ($.eventName = AttachGroupPolicy) || ($.eventName = DetachGroupPolicy) || ($.eventName = DeletePolicy) }
  holds eu-west-1 logs describe-metric-filters 'length(metricFilters[?filterName == `"iam_policy_changes"` && filterPattern == `"{ ($.eventName = DeleteGroupPolicy) || ($.eventName = DeleteRolePolicy) || ($.eventName = DeleteUserPolicy) || ($.eventName = PutGroupPolicy) || ($.eventName = PutRolePolicy) || ($.eventName = PutUserPolicy) || ($.eventName = CreatePolicy) || ($.eventName = CreatePolicyVersion) || ($.eventName = DeletePolicyVersion) || ($.eventName = AttachRolePolicy) || ($.eventName = DetachRolePolicy) || ($.eventName = AttachUserPolicy) || ($.eventName = DetachUserPolicy) || ($.eventName = AttachGroupPolicy) || ($.eventName = DetachGroupPolicy) || ($.eventName = DeletePolicy) }"` && metricTransformations[0].metricName == `"iam_policy_changes"` && metricTransformations[0].metricNamespace == `"CISBenchmark"` && metricTransformations[0].metricValue == `"1"` && metricTransformations[0].defaultValue == `null` && (metricTransformations[0].unit == `null` || metricTransformations[0].unit == `"None"`) && (metricTransformations[0].dimensions || `{}`) == `{}` && (fieldSelectionCriteria || `""`) == `""`]) > `0`' <<'JSON' ||
{
  "logGroupName": "/cloudtrail/management-events",
  "filterNamePrefix": "iam_policy_changes"
}
JSON
  {
  call eu-west-1 logs put-metric-filter <<'JSON'
{
  "logGroupName": "/cloudtrail/management-events",
  "filterName": "iam_policy_changes",
  "filterPattern": "{ ($.eventName = DeleteGroupPolicy) || ($.eventName = DeleteRolePolicy) || ($.eventName = DeleteUserPolicy) || ($.eventName = PutGroupPolicy) || ($.eventName = PutRolePolicy) || ($.eventName = PutUserPolicy) || ($.eventName = CreatePolicy) || ($.eventName = CreatePolicyVersion) || ($.eventName = DeletePolicyVersion) || ($.eventName = AttachRolePolicy) || ($.eventName = DetachRolePolicy) || ($.eventName = AttachUserPolicy) || ($.eventName = DetachUserPolicy) || ($.eventName = AttachGroupPolicy) || ($.eventName = DetachGroupPolicy) || ($.eventName = DeletePolicy) }",
  "metricTransformations": [
    {
      "metricName": "iam_policy_changes",
      "metricNamespace": "CISBenchmark",
      "metricValue": "1"
    }
  ]
}
JSON
  }
# create metric filter `security_group_changes` of log group `/cloudtrail/management-events` (for security_group_changes)
  holds eu-west-1 logs describe-metric-filters 'length(metricFilters[?filterName == `"security_group_changes"` && filterPattern == `"{ ($.eventName = AuthorizeSecurityGroupIngress) || ($.eventName = AuthorizeSecurityGroupEgress) || ($.eventName = RevokeSecurityGroupIngress) || ($.eventName = RevokeSecurityGroupEgress) || ($.eventName = CreateSecurityGroup) || ($.eventName = DeleteSecurityGroup) || ($.eventName = ModifySecurityGroupRules) }"` && metricTransformations[0].metricName == `"security_group_changes"` && metricTransformations[0].metricNamespace == `"CISBenchmark"` && metricTransformations[0].metricValue == `"1"` && metricTransformations[0].defaultValue == `null` && (metricTransformations[0].unit == `null` || metricTransformations[0].unit == `"None"`) && (metricTransformations[0].dimensions || `{}`) == `{}` && (fieldSelectionCriteria || `""`) == `""`]) > `0`' <<'JSON' ||
{
  "logGroupName": "/cloudtrail/management-events",
  "filterNamePrefix": "security_group_changes"
}
JSON
  {
  call eu-west-1 logs put-metric-filter <<'JSON'
{
  "logGroupName": "/cloudtrail/management-events",
  "filterName": "security_group_changes",
  "filterPattern": "{ ($.eventName = AuthorizeSecurityGroupIngress) || ($.eventName = AuthorizeSecurityGroupEgress) || ($.eventName = RevokeSecurityGroupIngress) || ($.eventName = RevokeSecurityGroupEgress) || ($.eventName = CreateSecurityGroup) || ($.eventName = DeleteSecurityGroup) || ($.eventName = ModifySecurityGroupRules) }",
  "metricTransformations": [
    {
      "metricName": "security_group_changes",
      "metricNamespace": "CISBenchmark",
      "metricValue": "1"
    }
  ]
}
JSON
  }
# create metric filter `unauthorized_api_calls` of log group `/cloudtrail/management-events` (for unauthorized_api_calls)
  holds eu-west-1 logs describe-metric-filters 'length(metricFilters[?filterName == `"unauthorized_api_calls"` && filterPattern == `"{ ($.errorCode = \"*UnauthorizedOperation\") || ($.errorCode = \"AccessDenied*\") && ($.sourceIPAddress != \"delivery.logs.amazonaws.com\") && ($.eventName != \"HeadBucket\") }"` && metricTransformations[0].metricName == `"unauthorized_api_calls"` && metricTransformations[0].metricNamespace == `"CISBenchmark"` && metricTransformations[0].metricValue == `"1"` && metricTransformations[0].defaultValue == `null` && (metricTransformations[0].unit == `null` || metricTransformations[0].unit == `"None"`) && (metricTransformations[0].dimensions || `{}`) == `{}` && (fieldSelectionCriteria || `""`) == `""`]) > `0`' <<'JSON' ||
{
  "logGroupName": "/cloudtrail/management-events",
  "filterNamePrefix": "unauthorized_api_calls"
}
JSON
  {
  call eu-west-1 logs put-metric-filter <<'JSON'
{
  "logGroupName": "/cloudtrail/management-events",
  "filterName": "unauthorized_api_calls",
  "filterPattern": "{ ($.errorCode = \"*UnauthorizedOperation\") || ($.errorCode = \"AccessDenied*\") && ($.sourceIPAddress != \"delivery.logs.amazonaws.com\") && ($.eventName != \"HeadBucket\") }",
  "metricTransformations": [
    {
      "metricName": "unauthorized_api_calls",
      "metricNamespace": "CISBenchmark",
      "metricValue": "1"
    }
  ]
}
JSON
  }
# change alarm `cloudtrail_changes` (for cloudtrail_changes)
#   - Namespace: CISBenchmrk
#   + Namespace: CISBenchmark
  holds eu-west-1 cloudwatch describe-alarms 'MetricAlarms[0].Namespace == `"CISBenchmark"`' <<'JSON' ||
{
  "AlarmNames": [
    "cloudtrail_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm"
  ]
}
JSON
  {
  call eu-west-1 cloudwatch put-metric-alarm <<'JSON'
{
  "AlarmName": "cloudtrail_changes",
  "AlarmDescription": "",
  "ActionsEnabled": true,
  "Namespace": "CISBenchmark",
  "MetricName": "cloudtrail_changes",
  "Dimensions": [],
  "Statistic": "Sum",
  "Period": 300,
  "EvaluationPeriods": 1,
  "Threshold": 1,
  "ComparisonOperator": "GreaterThanOrEqualToThreshold",
  "TreatMissingData": "notBreaching",
  "AlarmActions": [
    "arn:aws:sns:eu-west-1:444455556666:security-alerts"
  ],
  "OKActions": [],
  "InsufficientDataActions": []
}
JSON
  }
# change alarm `config_changes` (for config_changes)
#     AlarmActions:
#       [
#   -     "arn:aws:sns:eu-west-1:444455556666:not-confirmed"
#   +     "arn:aws:sns:eu-west-1:444455556666:not-confirmed",
#   +     "arn:aws:sns:eu-west-1:444455556666:security-alerts"
#       ]
  holds eu-west-1 cloudwatch describe-alarms 'MetricAlarms[0].AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:not-confirmed","arn:aws:sns:eu-west-1:444455556666:security-alerts"]`' <<'JSON' ||
{
  "AlarmNames": [
    "config_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm"
  ]
}
JSON
  {
  call eu-west-1 cloudwatch put-metric-alarm <<'JSON'
{
  "AlarmName": "config_changes",
  "AlarmDescription": "",
  "ActionsEnabled": true,
  "Namespace": "CISBenchmark",
  "MetricName": "config_changes",
  "Dimensions": [],
  "Statistic": "Sum",
  "Period": 300,
  "EvaluationPeriods": 1,
  "Threshold": 1,
  "ComparisonOperator": "GreaterThanOrEqualToThreshold",
  "TreatMissingData": "notBreaching",
  "AlarmActions": [
    "arn:aws:sns:eu-west-1:444455556666:not-confirmed",
    "arn:aws:sns:eu-west-1:444455556666:security-alerts"
  ],
  "OKActions": [],
  "InsufficientDataActions": []
}
JSON
  }
# change alarm `console_auth_failures` (for console_auth_failures)
#   - Threshold: 3
#   + Threshold: 1
  holds eu-west-1 cloudwatch describe-alarms 'MetricAlarms[0].Threshold == `1`' <<'JSON' ||
{
  "AlarmNames": [
    "console_auth_failures"
  ],
  "AlarmTypes": [
    "MetricAlarm"
  ]
}
JSON
  {
  call eu-west-1 cloudwatch put-metric-alarm <<'JSON'
{
  "AlarmName": "console_auth_failures",
  "AlarmDescription": "",
  "ActionsEnabled": true,
  "Namespace": "CISBenchmark",
  "MetricName": "console_auth_failures",
  "Dimensions": [],
  "Statistic": "Sum",
  "Period": 300,
  "EvaluationPeriods": 1,
  "Threshold": 1,
  "ComparisonOperator": "GreaterThanOrEqualToThreshold",
  "TreatMissingData": "notBreaching",
  "AlarmActions": [
    "arn:aws:sns:eu-west-1:444455556666:security-alerts"
  ],
  "OKActions": [],
  "InsufficientDataActions": []
}
JSON
  }
# change alarm `nacl_changes` (for nacl_changes)
#     AlarmActions:
#       [
#   -     "arn:aws:sns:eu-west-1:444455556666:deleted"
#   +     "arn:aws:sns:eu-west-1:444455556666:security-alerts"
#       ]
  holds eu-west-1 cloudwatch describe-alarms 'MetricAlarms[0].AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:security-alerts"]`' <<'JSON' ||
{
  "AlarmNames": [
    "nacl_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm"
  ]
}
JSON
  {
  call eu-west-1 cloudwatch put-metric-alarm <<'JSON'
{
  "AlarmName": "nacl_changes",
  "AlarmDescription": "",
  "ActionsEnabled": true,
  "Namespace": "CISBenchmark",
  "MetricName": "nacl_changes",
  "Dimensions": [],
  "Statistic": "Sum",
  "Period": 300,
  "EvaluationPeriods": 1,
  "Threshold": 1,
  "ComparisonOperator": "GreaterThanOrEqualToThreshold",
  "TreatMissingData": "notBreaching",
  "AlarmActions": [
    "arn:aws:sns:eu-west-1:444455556666:security-alerts"
  ],
  "OKActions": [],
  "InsufficientDataActions": []
}
JSON
  }
# change alarm `network_gateway_changes` (for network_gateway_changes)
#   - Unit: Seconds
  holds eu-west-1 cloudwatch describe-alarms 'MetricAlarms[0].Unit == `null`' <<'JSON' ||
{
  "AlarmNames": [
    "network_gateway_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm"
  ]
}
JSON
  {
  call eu-west-1 cloudwatch put-metric-alarm <<'JSON'
{
  "AlarmName": "network_gateway_changes",
  "AlarmDescription": "",
  "ActionsEnabled": true,
  "Namespace": "CISBenchmark",
  "MetricName": "network_gateway_changes",
  "Dimensions": [],
  "Statistic": "Sum",
  "Period": 300,
  "InsufficientDataActions": [],
  "EvaluationPeriods": 1,
  "Threshold": 1,
  "ComparisonOperator": "GreaterThanOrEqualToThreshold",
  "TreatMissingData": "notBreaching",
  "AlarmActions": [
    "arn:aws:sns:eu-west-1:444455556666:security-alerts"
  ],
  "OKActions": []
}
JSON
  }
# change alarm `organizations_changes` (for organizations_changes)
#     AlarmActions:
#       [
#   -     "arn:aws:sns:eu-west-1:444455556666:nobody-subscribed"
#   +     "arn:aws:sns:eu-west-1:444455556666:nobody-subscribed",
#   +     "arn:aws:sns:eu-west-1:444455556666:security-alerts"
#       ]
  holds eu-west-1 cloudwatch describe-alarms 'MetricAlarms[0].AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:nobody-subscribed","arn:aws:sns:eu-west-1:444455556666:security-alerts"]`' <<'JSON' ||
{
  "AlarmNames": [
    "organizations_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm"
  ]
}
JSON
  {
  call eu-west-1 cloudwatch put-metric-alarm <<'JSON'
{
  "AlarmName": "organizations_changes",
  "AlarmDescription": "",
  "ActionsEnabled": true,
  "Namespace": "CISBenchmark",
  "MetricName": "organizations_changes",
  "Dimensions": [],
  "Statistic": "Sum",
  "Period": 300,
  "EvaluationPeriods": 1,
  "Threshold": 1,
  "ComparisonOperator": "GreaterThanOrEqualToThreshold",
  "TreatMissingData": "notBreaching",
  "AlarmActions": [
    "arn:aws:sns:eu-west-1:444455556666:nobody-subscribed",
    "arn:aws:sns:eu-west-1:444455556666:security-alerts"
  ],
  "OKActions": [],
  "InsufficientDataActions": []
}
JSON
  }
# change alarm `root_usage` (for root_usage)
#   - ActionsEnabled: false
#   + ActionsEnabled: true
  holds eu-west-1 cloudwatch describe-alarms 'MetricAlarms[0].ActionsEnabled == `true`' <<'JSON' ||
{
  "AlarmNames": [
    "root_usage"
  ],
  "AlarmTypes": [
    "MetricAlarm"
  ]
}
JSON
  {
  call eu-west-1 cloudwatch put-metric-alarm <<'JSON'
{
  "AlarmName": "root_usage",
  "AlarmDescription": "",
  "ActionsEnabled": true,
  "Namespace": "CISBenchmark",
  "MetricName": "root_usage",
  "Dimensions": [],
  "Statistic": "Sum",
  "Period": 300,
  "EvaluationPeriods": 1,
  "Threshold": 1,
  "ComparisonOperator": "GreaterThanOrEqualToThreshold",
  "TreatMissingData": "notBreaching",
  "AlarmActions": [
    "arn:aws:sns:eu-west-1:444455556666:security-alerts"
  ],
  "OKActions": [],
  "InsufficientDataActions": []
}
JSON
  }
# change alarm `route_table_changes` (for route_table_changes)
#   - DatapointsToAlarm: 2
#   + DatapointsToAlarm: 1
  holds eu-west-1 cloudwatch describe-alarms 'MetricAlarms[0].DatapointsToAlarm == `1`' <<'JSON' ||
{
  "AlarmNames": [
    "route_table_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm"
  ]
}
JSON
  {
  call eu-west-1 cloudwatch put-metric-alarm <<'JSON'
{
  "AlarmName": "route_table_changes",
  "AlarmDescription": "",
  "ActionsEnabled": true,
  "Namespace": "CISBenchmark",
  "MetricName": "route_table_changes",
  "Dimensions": [],
  "Statistic": "Sum",
  "Period": 300,
  "EvaluationPeriods": 2,
  "DatapointsToAlarm": 1,
  "Threshold": 1,
  "ComparisonOperator": "GreaterThanOrEqualToThreshold",
  "TreatMissingData": "notBreaching",
  "AlarmActions": [
    "arn:aws:sns:eu-west-1:444455556666:security-alerts"
  ],
  "OKActions": [],
  "InsufficientDataActions": []
}
JSON
  }
# change alarm `s3_bucket_policy_changes` (for s3_bucket_policy_changes)
#     AlarmActions:
#   -   []
#   +   [
#   +     "arn:aws:sns:eu-west-1:444455556666:security-alerts"
#   +   ]
  holds eu-west-1 cloudwatch describe-alarms 'MetricAlarms[0].AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:security-alerts"]`' <<'JSON' ||
{
  "AlarmNames": [
    "s3_bucket_policy_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm"
  ]
}
JSON
  {
  call eu-west-1 cloudwatch put-metric-alarm <<'JSON'
{
  "AlarmName": "s3_bucket_policy_changes",
  "AlarmDescription": "",
  "ActionsEnabled": true,
  "Namespace": "CISBenchmark",
  "MetricName": "s3_bucket_policy_changes",
  "Dimensions": [],
  "Statistic": "Sum",
  "Period": 300,
  "EvaluationPeriods": 1,
  "Threshold": 1,
  "ComparisonOperator": "GreaterThanOrEqualToThreshold",
  "TreatMissingData": "notBreaching",
  "AlarmActions": [
    "arn:aws:sns:eu-west-1:444455556666:security-alerts"
  ],
  "OKActions": [
    "arn:aws:sns:eu-west-1:444455556666:security-alerts"
  ],
  "InsufficientDataActions": []
}
JSON
  }
# change alarm `vpc_changes` (for vpc_changes)
#   - TreatMissingData: breaching
#   + TreatMissingData: notBreaching
  holds eu-west-1 cloudwatch describe-alarms 'MetricAlarms[0].TreatMissingData == `"notBreaching"`' <<'JSON' ||
{
  "AlarmNames": [
    "vpc_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm"
  ]
}
JSON
  {
  call eu-west-1 cloudwatch put-metric-alarm <<'JSON'
{
  "AlarmName": "vpc_changes",
  "AlarmDescription": "",
  "ActionsEnabled": true,
  "Namespace": "CISBenchmark",
  "MetricName": "vpc_changes",
  "Dimensions": [],
  "Statistic": "Sum",
  "Period": 300,
  "EvaluationPeriods": 1,
  "Threshold": 1,
  "ComparisonOperator": "GreaterThanOrEqualToThreshold",
  "TreatMissingData": "notBreaching",
  "AlarmActions": [
    "arn:aws:sns:eu-west-1:444455556666:security-alerts"
  ],
  "OKActions": [],
  "InsufficientDataActions": []
}
JSON
  }
  :
}

rollback_444455556666() {
  holds eu-west-1 cloudwatch describe-alarms 'MetricAlarms[0].TreatMissingData == `"breaching"`' <<'JSON' ||
{
  "AlarmNames": [
    "vpc_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm"
  ]
}
JSON
  {
  call eu-west-1 cloudwatch put-metric-alarm <<'JSON'
{
  "AlarmName": "vpc_changes",
  "AlarmDescription": "",
  "ActionsEnabled": true,
  "Namespace": "CISBenchmark",
  "MetricName": "vpc_changes",
  "Dimensions": [],
  "Statistic": "Sum",
  "Period": 300,
  "EvaluationPeriods": 1,
  "Threshold": 1,
  "ComparisonOperator": "GreaterThanOrEqualToThreshold",
  "TreatMissingData": "breaching",
  "AlarmActions": [
    "arn:aws:sns:eu-west-1:444455556666:security-alerts"
  ],
  "OKActions": [],
  "InsufficientDataActions": []
}
JSON
  }
  holds eu-west-1 cloudwatch describe-alarms '(MetricAlarms[0].AlarmActions || `[]`) == `[]`' <<'JSON' ||
{
  "AlarmNames": [
    "s3_bucket_policy_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm"
  ]
}
JSON
  {
  call eu-west-1 cloudwatch put-metric-alarm <<'JSON'
{
  "AlarmName": "s3_bucket_policy_changes",
  "AlarmDescription": "",
  "ActionsEnabled": true,
  "Namespace": "CISBenchmark",
  "MetricName": "s3_bucket_policy_changes",
  "Dimensions": [],
  "Statistic": "Sum",
  "Period": 300,
  "EvaluationPeriods": 1,
  "Threshold": 1,
  "ComparisonOperator": "GreaterThanOrEqualToThreshold",
  "TreatMissingData": "notBreaching",
  "AlarmActions": [],
  "OKActions": [
    "arn:aws:sns:eu-west-1:444455556666:security-alerts"
  ],
  "InsufficientDataActions": []
}
JSON
  }
  holds eu-west-1 cloudwatch describe-alarms 'MetricAlarms[0].DatapointsToAlarm == `2`' <<'JSON' ||
{
  "AlarmNames": [
    "route_table_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm"
  ]
}
JSON
  {
  call eu-west-1 cloudwatch put-metric-alarm <<'JSON'
{
  "AlarmName": "route_table_changes",
  "AlarmDescription": "",
  "ActionsEnabled": true,
  "Namespace": "CISBenchmark",
  "MetricName": "route_table_changes",
  "Dimensions": [],
  "Statistic": "Sum",
  "Period": 300,
  "EvaluationPeriods": 2,
  "DatapointsToAlarm": 2,
  "Threshold": 1,
  "ComparisonOperator": "GreaterThanOrEqualToThreshold",
  "TreatMissingData": "notBreaching",
  "AlarmActions": [
    "arn:aws:sns:eu-west-1:444455556666:security-alerts"
  ],
  "OKActions": [],
  "InsufficientDataActions": []
}
JSON
  }
  holds eu-west-1 cloudwatch describe-alarms 'MetricAlarms[0].ActionsEnabled == `false`' <<'JSON' ||
{
  "AlarmNames": [
    "root_usage"
  ],
  "AlarmTypes": [
    "MetricAlarm"
  ]
}
JSON
  {
  call eu-west-1 cloudwatch put-metric-alarm <<'JSON'
{
  "AlarmName": "root_usage",
  "AlarmDescription": "",
  "ActionsEnabled": false,
  "Namespace": "CISBenchmark",
  "MetricName": "root_usage",
  "Dimensions": [],
  "Statistic": "Sum",
  "Period": 300,
  "EvaluationPeriods": 1,
  "Threshold": 1,
  "ComparisonOperator": "GreaterThanOrEqualToThreshold",
  "TreatMissingData": "notBreaching",
  "AlarmActions": [
    "arn:aws:sns:eu-west-1:444455556666:security-alerts"
  ],
  "OKActions": [],
  "InsufficientDataActions": []
}
JSON
  }
  holds eu-west-1 cloudwatch describe-alarms 'MetricAlarms[0].AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:nobody-subscribed"]`' <<'JSON' ||
{
  "AlarmNames": [
    "organizations_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm"
  ]
}
JSON
  {
  call eu-west-1 cloudwatch put-metric-alarm <<'JSON'
{
  "AlarmName": "organizations_changes",
  "AlarmDescription": "",
  "ActionsEnabled": true,
  "Namespace": "CISBenchmark",
  "MetricName": "organizations_changes",
  "Dimensions": [],
  "Statistic": "Sum",
  "Period": 300,
  "EvaluationPeriods": 1,
  "Threshold": 1,
  "ComparisonOperator": "GreaterThanOrEqualToThreshold",
  "TreatMissingData": "notBreaching",
  "AlarmActions": [
    "arn:aws:sns:eu-west-1:444455556666:nobody-subscribed"
  ],
  "OKActions": [],
  "InsufficientDataActions": []
}
JSON
  }
  holds eu-west-1 cloudwatch describe-alarms 'MetricAlarms[0].Unit == `"Seconds"`' <<'JSON' ||
{
  "AlarmNames": [
    "network_gateway_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm"
  ]
}
JSON
  {
  call eu-west-1 cloudwatch put-metric-alarm <<'JSON'
{
  "AlarmName": "network_gateway_changes",
  "AlarmDescription": "",
  "ActionsEnabled": true,
  "Namespace": "CISBenchmark",
  "MetricName": "network_gateway_changes",
  "Dimensions": [],
  "Statistic": "Sum",
  "Period": 300,
  "Unit": "Seconds",
  "EvaluationPeriods": 1,
  "Threshold": 1,
  "ComparisonOperator": "GreaterThanOrEqualToThreshold",
  "TreatMissingData": "notBreaching",
  "AlarmActions": [
    "arn:aws:sns:eu-west-1:444455556666:security-alerts"
  ],
  "OKActions": [],
  "InsufficientDataActions": []
}
JSON
  }
  holds eu-west-1 cloudwatch describe-alarms 'MetricAlarms[0].AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:deleted"]`' <<'JSON' ||
{
  "AlarmNames": [
    "nacl_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm"
  ]
}
JSON
  {
  call eu-west-1 cloudwatch put-metric-alarm <<'JSON'
{
  "AlarmName": "nacl_changes",
  "AlarmDescription": "",
  "ActionsEnabled": true,
  "Namespace": "CISBenchmark",
  "MetricName": "nacl_changes",
  "Dimensions": [],
  "Statistic": "Sum",
  "Period": 300,
  "EvaluationPeriods": 1,
  "Threshold": 1,
  "ComparisonOperator": "GreaterThanOrEqualToThreshold",
  "TreatMissingData": "notBreaching",
  "AlarmActions": [
    "arn:aws:sns:eu-west-1:444455556666:deleted"
  ],
  "OKActions": [],
  "InsufficientDataActions": []
}
JSON
  }
  holds eu-west-1 cloudwatch describe-alarms 'MetricAlarms[0].Threshold == `3`' <<'JSON' ||
{
  "AlarmNames": [
    "console_auth_failures"
  ],
  "AlarmTypes": [
    "MetricAlarm"
  ]
}
JSON
  {
  call eu-west-1 cloudwatch put-metric-alarm <<'JSON'
{
  "AlarmName": "console_auth_failures",
  "AlarmDescription": "",
  "ActionsEnabled": true,
  "Namespace": "CISBenchmark",
  "MetricName": "console_auth_failures",
  "Dimensions": [],
  "Statistic": "Sum",
  "Period": 300,
  "EvaluationPeriods": 1,
  "Threshold": 3,
  "ComparisonOperator": "GreaterThanOrEqualToThreshold",
  "TreatMissingData": "notBreaching",
  "AlarmActions": [
    "arn:aws:sns:eu-west-1:444455556666:security-alerts"
  ],
  "OKActions": [],
  "InsufficientDataActions": []
}
JSON
  }
  holds eu-west-1 cloudwatch describe-alarms 'MetricAlarms[0].AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:not-confirmed"]`' <<'JSON' ||
{
  "AlarmNames": [
    "config_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm"
  ]
}
JSON
  {
  call eu-west-1 cloudwatch put-metric-alarm <<'JSON'
{
  "AlarmName": "config_changes",
  "AlarmDescription": "",
  "ActionsEnabled": true,
  "Namespace": "CISBenchmark",
  "MetricName": "config_changes",
  "Dimensions": [],
  "Statistic": "Sum",
  "Period": 300,
  "EvaluationPeriods": 1,
  "Threshold": 1,
  "ComparisonOperator": "GreaterThanOrEqualToThreshold",
  "TreatMissingData": "notBreaching",
  "AlarmActions": [
    "arn:aws:sns:eu-west-1:444455556666:not-confirmed"
  ],
  "OKActions": [],
  "InsufficientDataActions": []
}
JSON
  }
  holds eu-west-1 cloudwatch describe-alarms 'MetricAlarms[0].Namespace == `"CISBenchmrk"`' <<'JSON' ||
{
  "AlarmNames": [
    "cloudtrail_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm"
  ]
}
JSON
  {
  call eu-west-1 cloudwatch put-metric-alarm <<'JSON'
{
  "AlarmName": "cloudtrail_changes",
  "AlarmDescription": "",
  "ActionsEnabled": true,
  "Namespace": "CISBenchmrk",
  "MetricName": "cloudtrail_changes",
  "Dimensions": [],
  "Statistic": "Sum",
  "Period": 300,
  "EvaluationPeriods": 1,
  "Threshold": 1,
  "ComparisonOperator": "GreaterThanOrEqualToThreshold",
  "TreatMissingData": "notBreaching",
  "AlarmActions": [
    "arn:aws:sns:eu-west-1:444455556666:security-alerts"
  ],
  "OKActions": [],
  "InsufficientDataActions": []
}
JSON
  }
  holds eu-west-1 logs describe-metric-filters 'length((metricFilters || `[]`)[?filterName == `"unauthorized_api_calls"`]) == `0`' <<'JSON' ||
{
  "logGroupName": "/cloudtrail/management-events",
  "filterNamePrefix": "unauthorized_api_calls"
}
JSON
  {
  call eu-west-1 logs delete-metric-filter <<'JSON'
{
  "logGroupName": "/cloudtrail/management-events",
  "filterName": "unauthorized_api_calls"
}
JSON
  }
  holds eu-west-1 logs describe-metric-filters 'length((metricFilters || `[]`)[?filterName == `"security_group_changes"`]) == `0`' <<'JSON' ||
{
  "logGroupName": "/cloudtrail/management-events",
  "filterNamePrefix": "security_group_changes"
}
JSON
  {
  call eu-west-1 logs delete-metric-filter <<'JSON'
{
  "logGroupName": "/cloudtrail/management-events",
  "filterName": "security_group_changes"
}
JSON
  }
  holds eu-west-1 logs describe-metric-filters 'length(metricFilters[?filterName == `"iam_policy_changes"` && filterPattern == `"{ ($.eventName = DeleteGroupPolicy) || ($.eventName = DeleteRolePolicy) || ($.eventName = DeleteUserPolicy) || ($.eventName = PutGroupPolicy) || ($.eventName = PutRolePolicy) || ($.eventName = PutUserPolicy) || ($.eventName = CreatePolicy) || ($.eventName = CreatePolicyVersion) || ($.eventName = DeletePolicyVersion) || ($.eventName = AttachRolePolicy) || ($.eventName = DetachRolePolicy) || ($.eventName = AttachUserPolicy) || ($.eventName = DetachUserPolicy) || ($.eventName = AttachGroupPolicy) || ($.eventName = DetachGroupPolicy)}"` && metricTransformations[0].metricName == `"iam_policy_changes"` && metricTransformations[0].metricNamespace == `"CISBenchmark"` && metricTransformations[0].metricValue == `"1"` && metricTransformations[0].defaultValue == `null` && (metricTransformations[0].unit == `null` || metricTransformations[0].unit == `"None"`) && (metricTransformations[0].dimensions || `{}`) == `{}` && (fieldSelectionCriteria || `""`) == `""`]) > `0`' <<'JSON' ||
{
  "logGroupName": "/cloudtrail/management-events",
  "filterNamePrefix": "iam_policy_changes"
}
JSON
  {
  call eu-west-1 logs put-metric-filter <<'JSON'
{
  "logGroupName": "/cloudtrail/management-events",
  "filterName": "iam_policy_changes",
  "filterPattern": "{ ($.eventName = DeleteGroupPolicy) || ($.eventName = DeleteRolePolicy) || ($.eventName = DeleteUserPolicy) || ($.eventName = PutGroupPolicy) || ($.eventName = PutRolePolicy) || ($.eventName = PutUserPolicy) || ($.eventName = CreatePolicy) || ($.eventName = CreatePolicyVersion) || ($.eventName = DeletePolicyVersion) || ($.eventName = AttachRolePolicy) || ($.eventName = DetachRolePolicy) || ($.eventName = AttachUserPolicy) || ($.eventName = DetachUserPolicy) || ($.eventName = AttachGroupPolicy) || ($.eventName = DetachGroupPolicy)}",
  "metricTransformations": [
    {
      "metricName": "iam_policy_changes",
      "metricNamespace": "CISBenchmark",
      "metricValue": "1"
    }
  ]
}
JSON
  }
  holds eu-west-1 logs describe-metric-filters 'length((metricFilters || `[]`)[?filterName == `"console_without_mfa"`]) == `0`' <<'JSON' ||
{
  "logGroupName": "/cloudtrail/management-events",
  "filterNamePrefix": "console_without_mfa"
}
JSON
  {
  call eu-west-1 logs delete-metric-filter <<'JSON'
{
  "logGroupName": "/cloudtrail/management-events",
  "filterName": "console_without_mfa"
}
JSON
  }
  holds eu-west-1 logs describe-metric-filters 'length((metricFilters || `[]`)[?filterName == `"cmk_disable_or_delete"`]) == `0`' <<'JSON' ||
{
  "logGroupName": "/cloudtrail/management-events",
  "filterNamePrefix": "cmk_disable_or_delete"
}
JSON
  {
  call eu-west-1 logs delete-metric-filter <<'JSON'
{
  "logGroupName": "/cloudtrail/management-events",
  "filterName": "cmk_disable_or_delete"
}
JSON
  }
  :
}

account=$(aws sts get-caller-identity --region eu-west-1 --query Account --output text)
case "${1:-apply} $account" in
"apply 444455556666") apply_444455556666 ;;
"rollback 444455556666") rollback_444455556666 ;;
*)
  echo "nothing was changed: this script is for account 444455556666, the credentials are of $account; its one argument may be rollback" >&2
  exit 2
  ;;
esac
