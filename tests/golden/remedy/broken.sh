#!/bin/sh
# 15 changes; of the findings that did not pass, 15 pass after them, 0 fail, 0 are unknown
# new metric filter `cmk_disable_or_delete` counts into the metric of `cmk_disable_or_delete` of log group `/cloudtrail/without-kms`, which stays as before
# new metric filter `console_without_mfa` counts into the metric of `console_without_mfa` of log group `/cloudtrail/read-only`, which stays as before
# new metric filter `security_group_changes` counts into the metric of `security_group_changes` of log group `/cloudtrail/infrequent-access`, which stays as before
# new metric filter `unauthorized_api_calls` counts into the metric of `unauthorized_api_calls` of log group `/cloudtrail/stopped`, which stays as before
# changing `cloudtrail_changes` takes something away: it has nothing to do with metric `cloudtrail_changes` of namespace `CISBenchmrk` any more
# changing `nacl_changes` takes something away: it does not act on `arn:aws:sns:eu-west-1:444455556666:deleted` any more
#
# Run it with credentials of the account that it names; with the argument `rollback` it takes the changes back, with `look` it
# changes nothing. It stops before the first change where something else stands under a name than the snapshot has.
# What stands between backticks are literals of JMESPath:
# shellcheck disable=SC2016
set -eu
AWS_PAGER=''
export AWS_PAGER

# call REGION SERVICE OPERATION [OPTION ...] < INPUT.json
call() {
  region=$1 service=$2 operation=$3
  shift 3
  printf '%s\n' "$service $operation" >&2
  aws "$service" "$operation" --region "$region" --output json --cli-input-json "$(cat)" "$@" >/dev/null
}

# ask ABSENT REGION SERVICE OPERATION QUERY [OPTION ...] < INPUT.json: what AWS answers, in $said; ABSENT where there is no such
# thing
ask() {
  absent=$1 region=$2 service=$3 operation=$4 query=$5
  shift 5
  said=$(aws "$service" "$operation" --region "$region" --output json --query "$query" --cli-input-json "$(cat)" "$@" 2>&1) &&
    return
  case $said in
  *'An error occurred ('*)
    code=${said#*'An error occurred ('}
    case ${code%%')'*} in
    *NotFound* | NoSuch*)
      said="\"$absent\""
      return
      ;;
    esac
    ;;
  esac
  printf '%s\n' "$said" "$service $operation was not answered: nothing is changed without it" >&2
  exit 1
}

# stands NAME ABSENT REGION SERVICE OPERATION QUERY [OPTION ...] < INPUT.json: whether there is nothing to do; stops where what
# stands there is neither what the snapshot has nor what this script leaves
stands() {
  name=$1
  shift
  ask "$@"
  case $said in
  *'"done"'*) ;;
  *'"free"'*) [ "$pass" = look ] ;;
  *)
    printf '%s\n' "$name is neither as the snapshot has it nor as this script leaves it" >&2
    [ "$pass" = look ] || exit 1
    in_the_way=yes
    ;;
  esac
}

# run STEPS: looks at everything first
run() {
  pass=look in_the_way=''
  "$1"
  if [ "$in_the_way" ]; then
    echo "nothing was changed: collect again, and take the fix of the new snapshot; where something is in the way of which it does" \
      "not know either, \`trailproof remediate --taken NAME\` gives what is new another name" >&2
    exit 1
  fi
  pass=change
  [ "$2" = look ] || "$1"
}

apply_444455556666() {
# create metric filter `cmk_disable_or_delete` of log group `/cloudtrail/management-events` (for cmk_disable_or_delete)
  stands 'metric filter `cmk_disable_or_delete` of log group `/cloudtrail/management-events` in eu-west-1' free eu-west-1 logs describe-metric-filters 'metricFilters[?filterName == `"cmk_disable_or_delete"` && filterPattern == `"{ ($.eventSource = kms.amazonaws.com) && (($.eventName = DisableKey) || ($.eventName = ScheduleKeyDeletion)) }"` && metricTransformations[0].metricName == `"cmk_disable_or_delete"` && metricTransformations[0].metricNamespace == `"CISBenchmark"` && metricTransformations[0].metricValue == `"1"` && metricTransformations[0].defaultValue == `null` && (metricTransformations[0].unit == `null` || metricTransformations[0].unit == `"None"`) && (metricTransformations[0].dimensions || `{}`) == `{}` && (fieldSelectionCriteria || `""`) == `""`] && `"done"` || length((metricFilters || `[]`)[?filterName == `"cmk_disable_or_delete"`]) == `0` && `"free"`' <<'JSON' ||
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
  stands 'metric filter `console_without_mfa` of log group `/cloudtrail/management-events` in eu-west-1' free eu-west-1 logs describe-metric-filters 'metricFilters[?filterName == `"console_without_mfa"` && filterPattern == `"{ ($.eventName = \"ConsoleLogin\") && ($.additionalEventData.MFAUsed != \"Yes\") }"` && metricTransformations[0].metricName == `"console_without_mfa"` && metricTransformations[0].metricNamespace == `"CISBenchmark"` && metricTransformations[0].metricValue == `"1"` && metricTransformations[0].defaultValue == `null` && (metricTransformations[0].unit == `null` || metricTransformations[0].unit == `"None"`) && (metricTransformations[0].dimensions || `{}`) == `{}` && (fieldSelectionCriteria || `""`) == `""`] && `"done"` || length((metricFilters || `[]`)[?filterName == `"console_without_mfa"`]) == `0` && `"free"`' <<'JSON' ||
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
  stands 'metric filter `iam_policy_changes` of log group `/cloudtrail/management-events` in eu-west-1' other eu-west-1 logs describe-metric-filters 'metricFilters[?filterName == `"iam_policy_changes"` && filterPattern == `"{ ($.eventName = DeleteGroupPolicy) || ($.eventName = DeleteRolePolicy) || ($.eventName = DeleteUserPolicy) || ($.eventName = PutGroupPolicy) || ($.eventName = PutRolePolicy) || ($.eventName = PutUserPolicy) || ($.eventName = CreatePolicy) || ($.eventName = CreatePolicyVersion) || ($.eventName = DeletePolicyVersion) || ($.eventName = AttachRolePolicy) || ($.eventName = DetachRolePolicy) || ($.eventName = AttachUserPolicy) || ($.eventName = DetachUserPolicy) || ($.eventName = AttachGroupPolicy) || ($.eventName = DetachGroupPolicy) || ($.eventName = DeletePolicy) }"` && metricTransformations[0].metricName == `"iam_policy_changes"` && metricTransformations[0].metricNamespace == `"CISBenchmark"` && metricTransformations[0].metricValue == `"1"` && metricTransformations[0].defaultValue == `null` && (metricTransformations[0].unit == `null` || metricTransformations[0].unit == `"None"`) && (metricTransformations[0].dimensions || `{}`) == `{}` && (fieldSelectionCriteria || `""`) == `""`] && `"done"` || metricFilters[?filterName == `"iam_policy_changes"` && filterPattern == `"{ ($.eventName = DeleteGroupPolicy) || ($.eventName = DeleteRolePolicy) || ($.eventName = DeleteUserPolicy) || ($.eventName = PutGroupPolicy) || ($.eventName = PutRolePolicy) || ($.eventName = PutUserPolicy) || ($.eventName = CreatePolicy) || ($.eventName = CreatePolicyVersion) || ($.eventName = DeletePolicyVersion) || ($.eventName = AttachRolePolicy) || ($.eventName = DetachRolePolicy) || ($.eventName = AttachUserPolicy) || ($.eventName = DetachUserPolicy) || ($.eventName = AttachGroupPolicy) || ($.eventName = DetachGroupPolicy)}"` && metricTransformations[0].metricName == `"iam_policy_changes"` && metricTransformations[0].metricNamespace == `"CISBenchmark"` && metricTransformations[0].metricValue == `"1"` && metricTransformations[0].defaultValue == `null` && (metricTransformations[0].unit == `null` || metricTransformations[0].unit == `"None"`) && (metricTransformations[0].dimensions || `{}`) == `{}` && (fieldSelectionCriteria || `""`) == `""`] && `"free"`' <<'JSON' ||
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
  stands 'metric filter `security_group_changes` of log group `/cloudtrail/management-events` in eu-west-1' free eu-west-1 logs describe-metric-filters 'metricFilters[?filterName == `"security_group_changes"` && filterPattern == `"{ ($.eventName = AuthorizeSecurityGroupIngress) || ($.eventName = AuthorizeSecurityGroupEgress) || ($.eventName = RevokeSecurityGroupIngress) || ($.eventName = RevokeSecurityGroupEgress) || ($.eventName = CreateSecurityGroup) || ($.eventName = DeleteSecurityGroup) || ($.eventName = ModifySecurityGroupRules) }"` && metricTransformations[0].metricName == `"security_group_changes"` && metricTransformations[0].metricNamespace == `"CISBenchmark"` && metricTransformations[0].metricValue == `"1"` && metricTransformations[0].defaultValue == `null` && (metricTransformations[0].unit == `null` || metricTransformations[0].unit == `"None"`) && (metricTransformations[0].dimensions || `{}`) == `{}` && (fieldSelectionCriteria || `""`) == `""`] && `"done"` || length((metricFilters || `[]`)[?filterName == `"security_group_changes"`]) == `0` && `"free"`' <<'JSON' ||
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
  stands 'metric filter `unauthorized_api_calls` of log group `/cloudtrail/management-events` in eu-west-1' free eu-west-1 logs describe-metric-filters 'metricFilters[?filterName == `"unauthorized_api_calls"` && filterPattern == `"{ ($.errorCode = \"*UnauthorizedOperation\") || ($.errorCode = \"AccessDenied*\") && ($.sourceIPAddress != \"delivery.logs.amazonaws.com\") && ($.eventName != \"HeadBucket\") }"` && metricTransformations[0].metricName == `"unauthorized_api_calls"` && metricTransformations[0].metricNamespace == `"CISBenchmark"` && metricTransformations[0].metricValue == `"1"` && metricTransformations[0].defaultValue == `null` && (metricTransformations[0].unit == `null` || metricTransformations[0].unit == `"None"`) && (metricTransformations[0].dimensions || `{}`) == `{}` && (fieldSelectionCriteria || `""`) == `""`] && `"done"` || length((metricFilters || `[]`)[?filterName == `"unauthorized_api_calls"`]) == `0` && `"free"`' <<'JSON' ||
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
  stands 'alarm `cloudtrail_changes` in eu-west-1' other eu-west-1 cloudwatch describe-alarms 'MetricAlarms[?Namespace == `"CISBenchmark"`] && `"done"` || MetricAlarms[?ActionsEnabled == `true` && AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:security-alerts"]` && AlarmDescription == `""` && ComparisonOperator == `"GreaterThanOrEqualToThreshold"` && (Dimensions || `[]`) == `[]` && EvaluationPeriods == `1` && (InsufficientDataActions || `[]`) == `[]` && MetricName == `"cloudtrail_changes"` && Namespace == `"CISBenchmrk"` && (OKActions || `[]`) == `[]` && Period == `300` && Statistic == `"Sum"` && Threshold == `1` && TreatMissingData == `"notBreaching"`] && `"free"`' <<'JSON' ||
{
  "AlarmNames": [
    "cloudtrail_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm",
    "CompositeAlarm",
    "LogAlarm"
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
  stands 'alarm `config_changes` in eu-west-1' other eu-west-1 cloudwatch describe-alarms 'MetricAlarms[?AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:not-confirmed","arn:aws:sns:eu-west-1:444455556666:security-alerts"]`] && `"done"` || MetricAlarms[?ActionsEnabled == `true` && AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:not-confirmed"]` && AlarmDescription == `""` && ComparisonOperator == `"GreaterThanOrEqualToThreshold"` && (Dimensions || `[]`) == `[]` && EvaluationPeriods == `1` && (InsufficientDataActions || `[]`) == `[]` && MetricName == `"config_changes"` && Namespace == `"CISBenchmark"` && (OKActions || `[]`) == `[]` && Period == `300` && Statistic == `"Sum"` && Threshold == `1` && TreatMissingData == `"notBreaching"`] && `"free"`' <<'JSON' ||
{
  "AlarmNames": [
    "config_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm",
    "CompositeAlarm",
    "LogAlarm"
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
  stands 'alarm `console_auth_failures` in eu-west-1' other eu-west-1 cloudwatch describe-alarms 'MetricAlarms[?Threshold == `1`] && `"done"` || MetricAlarms[?ActionsEnabled == `true` && AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:security-alerts"]` && AlarmDescription == `""` && ComparisonOperator == `"GreaterThanOrEqualToThreshold"` && (Dimensions || `[]`) == `[]` && EvaluationPeriods == `1` && (InsufficientDataActions || `[]`) == `[]` && MetricName == `"console_auth_failures"` && Namespace == `"CISBenchmark"` && (OKActions || `[]`) == `[]` && Period == `300` && Statistic == `"Sum"` && Threshold == `3` && TreatMissingData == `"notBreaching"`] && `"free"`' <<'JSON' ||
{
  "AlarmNames": [
    "console_auth_failures"
  ],
  "AlarmTypes": [
    "MetricAlarm",
    "CompositeAlarm",
    "LogAlarm"
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
  stands 'alarm `nacl_changes` in eu-west-1' other eu-west-1 cloudwatch describe-alarms 'MetricAlarms[?AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:security-alerts"]`] && `"done"` || MetricAlarms[?ActionsEnabled == `true` && AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:deleted"]` && AlarmDescription == `""` && ComparisonOperator == `"GreaterThanOrEqualToThreshold"` && (Dimensions || `[]`) == `[]` && EvaluationPeriods == `1` && (InsufficientDataActions || `[]`) == `[]` && MetricName == `"nacl_changes"` && Namespace == `"CISBenchmark"` && (OKActions || `[]`) == `[]` && Period == `300` && Statistic == `"Sum"` && Threshold == `1` && TreatMissingData == `"notBreaching"`] && `"free"`' <<'JSON' ||
{
  "AlarmNames": [
    "nacl_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm",
    "CompositeAlarm",
    "LogAlarm"
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
  stands 'alarm `network_gateway_changes` in eu-west-1' other eu-west-1 cloudwatch describe-alarms 'MetricAlarms[?!(Unit)] && `"done"` || MetricAlarms[?ActionsEnabled == `true` && AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:security-alerts"]` && AlarmDescription == `""` && ComparisonOperator == `"GreaterThanOrEqualToThreshold"` && (Dimensions || `[]`) == `[]` && EvaluationPeriods == `1` && (InsufficientDataActions || `[]`) == `[]` && MetricName == `"network_gateway_changes"` && Namespace == `"CISBenchmark"` && (OKActions || `[]`) == `[]` && Period == `300` && Statistic == `"Sum"` && Threshold == `1` && TreatMissingData == `"notBreaching"` && Unit == `"Seconds"`] && `"free"`' <<'JSON' ||
{
  "AlarmNames": [
    "network_gateway_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm",
    "CompositeAlarm",
    "LogAlarm"
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
  stands 'alarm `organizations_changes` in eu-west-1' other eu-west-1 cloudwatch describe-alarms 'MetricAlarms[?AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:nobody-subscribed","arn:aws:sns:eu-west-1:444455556666:security-alerts"]`] && `"done"` || MetricAlarms[?ActionsEnabled == `true` && AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:nobody-subscribed"]` && AlarmDescription == `""` && ComparisonOperator == `"GreaterThanOrEqualToThreshold"` && (Dimensions || `[]`) == `[]` && EvaluationPeriods == `1` && (InsufficientDataActions || `[]`) == `[]` && MetricName == `"organizations_changes"` && Namespace == `"CISBenchmark"` && (OKActions || `[]`) == `[]` && Period == `300` && Statistic == `"Sum"` && Threshold == `1` && TreatMissingData == `"notBreaching"`] && `"free"`' <<'JSON' ||
{
  "AlarmNames": [
    "organizations_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm",
    "CompositeAlarm",
    "LogAlarm"
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
  stands 'alarm `root_usage` in eu-west-1' other eu-west-1 cloudwatch describe-alarms 'MetricAlarms[?ActionsEnabled == `true`] && `"done"` || MetricAlarms[?ActionsEnabled == `false` && AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:security-alerts"]` && AlarmDescription == `""` && ComparisonOperator == `"GreaterThanOrEqualToThreshold"` && (Dimensions || `[]`) == `[]` && EvaluationPeriods == `1` && (InsufficientDataActions || `[]`) == `[]` && MetricName == `"root_usage"` && Namespace == `"CISBenchmark"` && (OKActions || `[]`) == `[]` && Period == `300` && Statistic == `"Sum"` && Threshold == `1` && TreatMissingData == `"notBreaching"`] && `"free"`' <<'JSON' ||
{
  "AlarmNames": [
    "root_usage"
  ],
  "AlarmTypes": [
    "MetricAlarm",
    "CompositeAlarm",
    "LogAlarm"
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
  stands 'alarm `route_table_changes` in eu-west-1' other eu-west-1 cloudwatch describe-alarms 'MetricAlarms[?DatapointsToAlarm == `1`] && `"done"` || MetricAlarms[?ActionsEnabled == `true` && AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:security-alerts"]` && AlarmDescription == `""` && ComparisonOperator == `"GreaterThanOrEqualToThreshold"` && DatapointsToAlarm == `2` && (Dimensions || `[]`) == `[]` && EvaluationPeriods == `2` && (InsufficientDataActions || `[]`) == `[]` && MetricName == `"route_table_changes"` && Namespace == `"CISBenchmark"` && (OKActions || `[]`) == `[]` && Period == `300` && Statistic == `"Sum"` && Threshold == `1` && TreatMissingData == `"notBreaching"`] && `"free"`' <<'JSON' ||
{
  "AlarmNames": [
    "route_table_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm",
    "CompositeAlarm",
    "LogAlarm"
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
  stands 'alarm `s3_bucket_policy_changes` in eu-west-1' other eu-west-1 cloudwatch describe-alarms 'MetricAlarms[?AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:security-alerts"]`] && `"done"` || MetricAlarms[?ActionsEnabled == `true` && (AlarmActions || `[]`) == `[]` && AlarmDescription == `""` && ComparisonOperator == `"GreaterThanOrEqualToThreshold"` && (Dimensions || `[]`) == `[]` && EvaluationPeriods == `1` && (InsufficientDataActions || `[]`) == `[]` && MetricName == `"s3_bucket_policy_changes"` && Namespace == `"CISBenchmark"` && OKActions == `["arn:aws:sns:eu-west-1:444455556666:security-alerts"]` && Period == `300` && Statistic == `"Sum"` && Threshold == `1` && TreatMissingData == `"notBreaching"`] && `"free"`' <<'JSON' ||
{
  "AlarmNames": [
    "s3_bucket_policy_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm",
    "CompositeAlarm",
    "LogAlarm"
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
  stands 'alarm `vpc_changes` in eu-west-1' other eu-west-1 cloudwatch describe-alarms 'MetricAlarms[?TreatMissingData == `"notBreaching"`] && `"done"` || MetricAlarms[?ActionsEnabled == `true` && AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:security-alerts"]` && AlarmDescription == `""` && ComparisonOperator == `"GreaterThanOrEqualToThreshold"` && (Dimensions || `[]`) == `[]` && EvaluationPeriods == `1` && (InsufficientDataActions || `[]`) == `[]` && MetricName == `"vpc_changes"` && Namespace == `"CISBenchmark"` && (OKActions || `[]`) == `[]` && Period == `300` && Statistic == `"Sum"` && Threshold == `1` && TreatMissingData == `"breaching"`] && `"free"`' <<'JSON' ||
{
  "AlarmNames": [
    "vpc_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm",
    "CompositeAlarm",
    "LogAlarm"
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
  stands 'alarm `vpc_changes` in eu-west-1' other eu-west-1 cloudwatch describe-alarms 'MetricAlarms[?TreatMissingData == `"breaching"`] && `"done"` || MetricAlarms[?ActionsEnabled == `true` && AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:security-alerts"]` && AlarmDescription == `""` && ComparisonOperator == `"GreaterThanOrEqualToThreshold"` && (Dimensions || `[]`) == `[]` && EvaluationPeriods == `1` && (InsufficientDataActions || `[]`) == `[]` && MetricName == `"vpc_changes"` && Namespace == `"CISBenchmark"` && (OKActions || `[]`) == `[]` && Period == `300` && Statistic == `"Sum"` && Threshold == `1` && TreatMissingData == `"notBreaching"`] && `"free"`' <<'JSON' ||
{
  "AlarmNames": [
    "vpc_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm",
    "CompositeAlarm",
    "LogAlarm"
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
  stands 'alarm `s3_bucket_policy_changes` in eu-west-1' other eu-west-1 cloudwatch describe-alarms 'MetricAlarms[?(AlarmActions || `[]`) == `[]`] && `"done"` || MetricAlarms[?ActionsEnabled == `true` && AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:security-alerts"]` && AlarmDescription == `""` && ComparisonOperator == `"GreaterThanOrEqualToThreshold"` && (Dimensions || `[]`) == `[]` && EvaluationPeriods == `1` && (InsufficientDataActions || `[]`) == `[]` && MetricName == `"s3_bucket_policy_changes"` && Namespace == `"CISBenchmark"` && OKActions == `["arn:aws:sns:eu-west-1:444455556666:security-alerts"]` && Period == `300` && Statistic == `"Sum"` && Threshold == `1` && TreatMissingData == `"notBreaching"`] && `"free"`' <<'JSON' ||
{
  "AlarmNames": [
    "s3_bucket_policy_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm",
    "CompositeAlarm",
    "LogAlarm"
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
  stands 'alarm `route_table_changes` in eu-west-1' other eu-west-1 cloudwatch describe-alarms 'MetricAlarms[?DatapointsToAlarm == `2`] && `"done"` || MetricAlarms[?ActionsEnabled == `true` && AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:security-alerts"]` && AlarmDescription == `""` && ComparisonOperator == `"GreaterThanOrEqualToThreshold"` && DatapointsToAlarm == `1` && (Dimensions || `[]`) == `[]` && EvaluationPeriods == `2` && (InsufficientDataActions || `[]`) == `[]` && MetricName == `"route_table_changes"` && Namespace == `"CISBenchmark"` && (OKActions || `[]`) == `[]` && Period == `300` && Statistic == `"Sum"` && Threshold == `1` && TreatMissingData == `"notBreaching"`] && `"free"`' <<'JSON' ||
{
  "AlarmNames": [
    "route_table_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm",
    "CompositeAlarm",
    "LogAlarm"
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
  stands 'alarm `root_usage` in eu-west-1' other eu-west-1 cloudwatch describe-alarms 'MetricAlarms[?ActionsEnabled == `false`] && `"done"` || MetricAlarms[?ActionsEnabled == `true` && AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:security-alerts"]` && AlarmDescription == `""` && ComparisonOperator == `"GreaterThanOrEqualToThreshold"` && (Dimensions || `[]`) == `[]` && EvaluationPeriods == `1` && (InsufficientDataActions || `[]`) == `[]` && MetricName == `"root_usage"` && Namespace == `"CISBenchmark"` && (OKActions || `[]`) == `[]` && Period == `300` && Statistic == `"Sum"` && Threshold == `1` && TreatMissingData == `"notBreaching"`] && `"free"`' <<'JSON' ||
{
  "AlarmNames": [
    "root_usage"
  ],
  "AlarmTypes": [
    "MetricAlarm",
    "CompositeAlarm",
    "LogAlarm"
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
  stands 'alarm `organizations_changes` in eu-west-1' other eu-west-1 cloudwatch describe-alarms 'MetricAlarms[?AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:nobody-subscribed"]`] && `"done"` || MetricAlarms[?ActionsEnabled == `true` && AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:nobody-subscribed","arn:aws:sns:eu-west-1:444455556666:security-alerts"]` && AlarmDescription == `""` && ComparisonOperator == `"GreaterThanOrEqualToThreshold"` && (Dimensions || `[]`) == `[]` && EvaluationPeriods == `1` && (InsufficientDataActions || `[]`) == `[]` && MetricName == `"organizations_changes"` && Namespace == `"CISBenchmark"` && (OKActions || `[]`) == `[]` && Period == `300` && Statistic == `"Sum"` && Threshold == `1` && TreatMissingData == `"notBreaching"`] && `"free"`' <<'JSON' ||
{
  "AlarmNames": [
    "organizations_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm",
    "CompositeAlarm",
    "LogAlarm"
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
  stands 'alarm `network_gateway_changes` in eu-west-1' other eu-west-1 cloudwatch describe-alarms 'MetricAlarms[?Unit == `"Seconds"`] && `"done"` || MetricAlarms[?ActionsEnabled == `true` && AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:security-alerts"]` && AlarmDescription == `""` && ComparisonOperator == `"GreaterThanOrEqualToThreshold"` && (Dimensions || `[]`) == `[]` && EvaluationPeriods == `1` && (InsufficientDataActions || `[]`) == `[]` && MetricName == `"network_gateway_changes"` && Namespace == `"CISBenchmark"` && (OKActions || `[]`) == `[]` && Period == `300` && Statistic == `"Sum"` && Threshold == `1` && TreatMissingData == `"notBreaching"` && !(Unit)] && `"free"`' <<'JSON' ||
{
  "AlarmNames": [
    "network_gateway_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm",
    "CompositeAlarm",
    "LogAlarm"
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
  stands 'alarm `nacl_changes` in eu-west-1' other eu-west-1 cloudwatch describe-alarms 'MetricAlarms[?AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:deleted"]`] && `"done"` || MetricAlarms[?ActionsEnabled == `true` && AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:security-alerts"]` && AlarmDescription == `""` && ComparisonOperator == `"GreaterThanOrEqualToThreshold"` && (Dimensions || `[]`) == `[]` && EvaluationPeriods == `1` && (InsufficientDataActions || `[]`) == `[]` && MetricName == `"nacl_changes"` && Namespace == `"CISBenchmark"` && (OKActions || `[]`) == `[]` && Period == `300` && Statistic == `"Sum"` && Threshold == `1` && TreatMissingData == `"notBreaching"`] && `"free"`' <<'JSON' ||
{
  "AlarmNames": [
    "nacl_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm",
    "CompositeAlarm",
    "LogAlarm"
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
  stands 'alarm `console_auth_failures` in eu-west-1' other eu-west-1 cloudwatch describe-alarms 'MetricAlarms[?Threshold == `3`] && `"done"` || MetricAlarms[?ActionsEnabled == `true` && AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:security-alerts"]` && AlarmDescription == `""` && ComparisonOperator == `"GreaterThanOrEqualToThreshold"` && (Dimensions || `[]`) == `[]` && EvaluationPeriods == `1` && (InsufficientDataActions || `[]`) == `[]` && MetricName == `"console_auth_failures"` && Namespace == `"CISBenchmark"` && (OKActions || `[]`) == `[]` && Period == `300` && Statistic == `"Sum"` && Threshold == `1` && TreatMissingData == `"notBreaching"`] && `"free"`' <<'JSON' ||
{
  "AlarmNames": [
    "console_auth_failures"
  ],
  "AlarmTypes": [
    "MetricAlarm",
    "CompositeAlarm",
    "LogAlarm"
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
  stands 'alarm `config_changes` in eu-west-1' other eu-west-1 cloudwatch describe-alarms 'MetricAlarms[?AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:not-confirmed"]`] && `"done"` || MetricAlarms[?ActionsEnabled == `true` && AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:not-confirmed","arn:aws:sns:eu-west-1:444455556666:security-alerts"]` && AlarmDescription == `""` && ComparisonOperator == `"GreaterThanOrEqualToThreshold"` && (Dimensions || `[]`) == `[]` && EvaluationPeriods == `1` && (InsufficientDataActions || `[]`) == `[]` && MetricName == `"config_changes"` && Namespace == `"CISBenchmark"` && (OKActions || `[]`) == `[]` && Period == `300` && Statistic == `"Sum"` && Threshold == `1` && TreatMissingData == `"notBreaching"`] && `"free"`' <<'JSON' ||
{
  "AlarmNames": [
    "config_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm",
    "CompositeAlarm",
    "LogAlarm"
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
  stands 'alarm `cloudtrail_changes` in eu-west-1' other eu-west-1 cloudwatch describe-alarms 'MetricAlarms[?Namespace == `"CISBenchmrk"`] && `"done"` || MetricAlarms[?ActionsEnabled == `true` && AlarmActions == `["arn:aws:sns:eu-west-1:444455556666:security-alerts"]` && AlarmDescription == `""` && ComparisonOperator == `"GreaterThanOrEqualToThreshold"` && (Dimensions || `[]`) == `[]` && EvaluationPeriods == `1` && (InsufficientDataActions || `[]`) == `[]` && MetricName == `"cloudtrail_changes"` && Namespace == `"CISBenchmark"` && (OKActions || `[]`) == `[]` && Period == `300` && Statistic == `"Sum"` && Threshold == `1` && TreatMissingData == `"notBreaching"`] && `"free"`' <<'JSON' ||
{
  "AlarmNames": [
    "cloudtrail_changes"
  ],
  "AlarmTypes": [
    "MetricAlarm",
    "CompositeAlarm",
    "LogAlarm"
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
  stands 'metric filter `unauthorized_api_calls` of log group `/cloudtrail/management-events` in eu-west-1' done eu-west-1 logs describe-metric-filters 'length((metricFilters || `[]`)[?filterName == `"unauthorized_api_calls"`]) == `0` && `"done"` || metricFilters[?filterName == `"unauthorized_api_calls"` && filterPattern == `"{ ($.errorCode = \"*UnauthorizedOperation\") || ($.errorCode = \"AccessDenied*\") && ($.sourceIPAddress != \"delivery.logs.amazonaws.com\") && ($.eventName != \"HeadBucket\") }"` && metricTransformations[0].metricName == `"unauthorized_api_calls"` && metricTransformations[0].metricNamespace == `"CISBenchmark"` && metricTransformations[0].metricValue == `"1"` && metricTransformations[0].defaultValue == `null` && (metricTransformations[0].unit == `null` || metricTransformations[0].unit == `"None"`) && (metricTransformations[0].dimensions || `{}`) == `{}` && (fieldSelectionCriteria || `""`) == `""`] && `"free"`' <<'JSON' ||
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
  stands 'metric filter `security_group_changes` of log group `/cloudtrail/management-events` in eu-west-1' done eu-west-1 logs describe-metric-filters 'length((metricFilters || `[]`)[?filterName == `"security_group_changes"`]) == `0` && `"done"` || metricFilters[?filterName == `"security_group_changes"` && filterPattern == `"{ ($.eventName = AuthorizeSecurityGroupIngress) || ($.eventName = AuthorizeSecurityGroupEgress) || ($.eventName = RevokeSecurityGroupIngress) || ($.eventName = RevokeSecurityGroupEgress) || ($.eventName = CreateSecurityGroup) || ($.eventName = DeleteSecurityGroup) || ($.eventName = ModifySecurityGroupRules) }"` && metricTransformations[0].metricName == `"security_group_changes"` && metricTransformations[0].metricNamespace == `"CISBenchmark"` && metricTransformations[0].metricValue == `"1"` && metricTransformations[0].defaultValue == `null` && (metricTransformations[0].unit == `null` || metricTransformations[0].unit == `"None"`) && (metricTransformations[0].dimensions || `{}`) == `{}` && (fieldSelectionCriteria || `""`) == `""`] && `"free"`' <<'JSON' ||
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
  stands 'metric filter `iam_policy_changes` of log group `/cloudtrail/management-events` in eu-west-1' other eu-west-1 logs describe-metric-filters 'metricFilters[?filterName == `"iam_policy_changes"` && filterPattern == `"{ ($.eventName = DeleteGroupPolicy) || ($.eventName = DeleteRolePolicy) || ($.eventName = DeleteUserPolicy) || ($.eventName = PutGroupPolicy) || ($.eventName = PutRolePolicy) || ($.eventName = PutUserPolicy) || ($.eventName = CreatePolicy) || ($.eventName = CreatePolicyVersion) || ($.eventName = DeletePolicyVersion) || ($.eventName = AttachRolePolicy) || ($.eventName = DetachRolePolicy) || ($.eventName = AttachUserPolicy) || ($.eventName = DetachUserPolicy) || ($.eventName = AttachGroupPolicy) || ($.eventName = DetachGroupPolicy)}"` && metricTransformations[0].metricName == `"iam_policy_changes"` && metricTransformations[0].metricNamespace == `"CISBenchmark"` && metricTransformations[0].metricValue == `"1"` && metricTransformations[0].defaultValue == `null` && (metricTransformations[0].unit == `null` || metricTransformations[0].unit == `"None"`) && (metricTransformations[0].dimensions || `{}`) == `{}` && (fieldSelectionCriteria || `""`) == `""`] && `"done"` || metricFilters[?filterName == `"iam_policy_changes"` && filterPattern == `"{ ($.eventName = DeleteGroupPolicy) || ($.eventName = DeleteRolePolicy) || ($.eventName = DeleteUserPolicy) || ($.eventName = PutGroupPolicy) || ($.eventName = PutRolePolicy) || ($.eventName = PutUserPolicy) || ($.eventName = CreatePolicy) || ($.eventName = CreatePolicyVersion) || ($.eventName = DeletePolicyVersion) || ($.eventName = AttachRolePolicy) || ($.eventName = DetachRolePolicy) || ($.eventName = AttachUserPolicy) || ($.eventName = DetachUserPolicy) || ($.eventName = AttachGroupPolicy) || ($.eventName = DetachGroupPolicy) || ($.eventName = DeletePolicy) }"` && metricTransformations[0].metricName == `"iam_policy_changes"` && metricTransformations[0].metricNamespace == `"CISBenchmark"` && metricTransformations[0].metricValue == `"1"` && metricTransformations[0].defaultValue == `null` && (metricTransformations[0].unit == `null` || metricTransformations[0].unit == `"None"`) && (metricTransformations[0].dimensions || `{}`) == `{}` && (fieldSelectionCriteria || `""`) == `""`] && `"free"`' <<'JSON' ||
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
  stands 'metric filter `console_without_mfa` of log group `/cloudtrail/management-events` in eu-west-1' done eu-west-1 logs describe-metric-filters 'length((metricFilters || `[]`)[?filterName == `"console_without_mfa"`]) == `0` && `"done"` || metricFilters[?filterName == `"console_without_mfa"` && filterPattern == `"{ ($.eventName = \"ConsoleLogin\") && ($.additionalEventData.MFAUsed != \"Yes\") }"` && metricTransformations[0].metricName == `"console_without_mfa"` && metricTransformations[0].metricNamespace == `"CISBenchmark"` && metricTransformations[0].metricValue == `"1"` && metricTransformations[0].defaultValue == `null` && (metricTransformations[0].unit == `null` || metricTransformations[0].unit == `"None"`) && (metricTransformations[0].dimensions || `{}`) == `{}` && (fieldSelectionCriteria || `""`) == `""`] && `"free"`' <<'JSON' ||
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
  stands 'metric filter `cmk_disable_or_delete` of log group `/cloudtrail/management-events` in eu-west-1' done eu-west-1 logs describe-metric-filters 'length((metricFilters || `[]`)[?filterName == `"cmk_disable_or_delete"`]) == `0` && `"done"` || metricFilters[?filterName == `"cmk_disable_or_delete"` && filterPattern == `"{ ($.eventSource = kms.amazonaws.com) && (($.eventName = DisableKey) || ($.eventName = ScheduleKeyDeletion)) }"` && metricTransformations[0].metricName == `"cmk_disable_or_delete"` && metricTransformations[0].metricNamespace == `"CISBenchmark"` && metricTransformations[0].metricValue == `"1"` && metricTransformations[0].defaultValue == `null` && (metricTransformations[0].unit == `null` || metricTransformations[0].unit == `"None"`) && (metricTransformations[0].dimensions || `{}`) == `{}` && (fieldSelectionCriteria || `""`) == `""`] && `"free"`' <<'JSON' ||
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
"look 444455556666") run apply_444455556666 look ;;
"apply 444455556666") run apply_444455556666 apply ;;
"rollback 444455556666") run rollback_444455556666 rollback ;;
*)
  echo "nothing was changed: this script is for account 444455556666, the credentials are of $account; its one argument may be look or rollback" >&2
  exit 2
  ;;
esac
