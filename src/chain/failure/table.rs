//! The rows of the table, in the order of the chain.

use super::{Failure, Station};

failures! {
    T01 Trail
        title "nothing is recorded"
        says "broken"
        repair "start logging: `aws cloudtrail start-logging` on a multi-Region trail (create one where there is none)"
        peers "Steampipe, MITRE, Trivy, cloudbeat, Custodian, Security Hub"
        calls "cloudtrail.amazonaws.com StopLogging, cloudtrail.amazonaws.com DeleteTrail";
    T02 Trail
        title "trail has no log group"
        says "broken"
        repair "give the trail a log group: CloudWatchLogsLogGroupArn and CloudWatchLogsRoleArn"
        peers "those that start from a trail; Prowler, Steampipe, MITRE and Custodian note the name alone"
        calls "cloudtrail.amazonaws.com UpdateTrail";
    T03 Trail
        title "trail has no role for its log group"
        says "broken"
        repair "give the trail a role that may write to its log group: CloudWatchLogsRoleArn";
    T04 Trail
        title "delivery to the log group fails"
        says "broken; degraded when events arrived since; unknown when the bucket is a day old as well"
        repair "repair the delivery to the log group: the trail's role, the log group, or its key; the delivery error says which"
        calls "iam.amazonaws.com DeleteRolePolicy, iam.amazonaws.com DetachRolePolicy, iam.amazonaws.com PutRolePolicy, iam.amazonaws.com AttachRolePolicy, iam.amazonaws.com UpdateAssumeRolePolicy, iam.amazonaws.com PutRolePermissionsBoundary";
    T05 Trail
        title "delivery to the log group is stale"
        says "broken when the bucket went on for a day; unknown when both are a day old; degraded, weak"
        repair "find out why nothing arrived in the log group lately";
    T06 Trail
        title "delivery to the bucket fails"
        says "note: the bucket is another way; where records are asked for: broken, unknown when it is a day old"
        repair "let the bucket's policy admit cloudtrail.amazonaws.com, or point the trail at a bucket that exists"
        peers "Custodian takes it for a stopped trail";
    T07 Trail
        title "trail records one Region only"
        says "degraded: the events of other Regions are not covered"
        repair "make the trail a multi-Region trail"
        peers "Steampipe, MITRE, Trivy, cloudbeat, Custodian, CloudQuery, Security Hub";
    T08 Trail
        title "single-Region trail outside the global Region"
        says "degraded: global events are not covered"
        repair "make the trail a multi-Region trail"
        peers "as T07";
    T09 Trail
        title "global service events are excluded"
        says "degraded: global events are not covered"
        repair "include global service events, or make the trail a multi-Region trail"
        peers "Custodian";
    T10 Trail
        title "organization trail of an account outside the snapshot"
        says_open "unknown, naming the account"
        repair "collect the account that owns the organization trail into the same snapshot"
        peers "Security Hub (no data); Prowler compares the name with a log group of the member";
    T11 Trail
        title "delivery role cannot write member log streams"
        says "weak"
        repair "let the trail's role write to the log streams `o-<organization id>_*`";
    T12 Trail
        title "events over 256 KB are not delivered"
        not_shown "the size of an event that has not happened yet is not known; CloudTrail keeps events over 256 KB from every log group";
    T13 Trail
        title "Organizations events occur in the management account"
        says "note";
    T14 Trail
        title "files have no digests"
        says "broken where files that can be checked are asked for"
        repair "turn on log file validation: `aws cloudtrail update-trail --enable-log-file-validation`"
        peers "Prowler, Steampipe, Security Hub: the setting of each trail";
    T15 Trail
        title "delivery of digests fails"
        says "broken where files that can be checked are asked for; unknown when it is a day old"
        repair "let the bucket's policy admit the digest files of CloudTrail";
    T16 Trail
        title "files are encrypted with no key of KMS"
        says "broken where encrypted files are asked for"
        repair "give the trail a KMS key: `aws cloudtrail update-trail --kms-key-id`"
        peers "Prowler, Steampipe, Security Hub: that a key is named";
    T17 Trail
        title "CloudTrail cannot use the trail's key"
        says "broken; unknown where KMS was not asked"
        repair "enable the trail's key, and let cloudtrail.amazonaws.com call kms:GenerateDataKey* for the trail in its policy";

    S01 EventSelectors
        title "no event selector logs management events"
        says "broken"
        repair "add an event selector that logs management events"
        peers "MITRE, cloudbeat, Custodian; Steampipe and CloudQuery in part"
        calls "cloudtrail.amazonaws.com PutEventSelectors";
    S02 EventSelectors
        title "event selectors log read events only"
        says "degraded: writes are not covered"
        repair "log management events of both kinds, read and write"
        peers "MITRE, Steampipe, cloudbeat, Custodian";
    S03 EventSelectors
        title "event selectors log write events only"
        says "degraded: reads are not covered"
        repair "log management events of both kinds, read and write"
        peers "as S02";
    S04 EventSelectors
        title "KMS events are excluded"
        says "degraded: the key control is not covered"
        repair "stop excluding the event source in every event selector; to save on KMS volume log its write events only";
    S05 EventSelectors
        title "RDS Data API events are excluded"
        says "degraded: those events are not covered"
        repair "stop excluding rdsdata.amazonaws.com";
    S06 EventSelectors
        title "no advanced event selector logs management events"
        says "broken"
        repair "add an event selector that logs management events"
        peers "Custodian; CloudQuery in part. Steampipe, MITRE and cloudbeat fail every trail with advanced selectors";
    S07 EventSelectors
        title "advanced event selectors restrict read or write"
        says "degraded: the other half is not covered"
        repair "log management events of both kinds, read and write"
        peers "Custodian asks that there is no such condition";
    S08 EventSelectors
        title "advanced event selectors leave out events"
        says "degraded: those events are not covered"
        repair "stop excluding the event source in every event selector; to save on KMS volume log its write events only";
    S09 EventSelectors
        title "no custom event selectors"
        says "fine, or unknown when the trail says that it has some";
    S10 EventSelectors
        title "event selectors unavailable"
        says_open "unknown"
        repair "let the collecting role call cloudtrail:GetEventSelectors in the account that owns the trail";
    S11 EventSelectors
        title "no event selector logs calls on S3 objects"
        says "broken where these are asked for"
        repair "add an event selector for data events of AWS::S3::Object, beside those for management events: put-event-selectors replaces all of them"
        peers "Prowler and Steampipe: that some selector names the type and all buckets";
    S12 EventSelectors
        title "event selectors leave out calls on S3 objects"
        says "degraded where these are asked for: those calls are not covered"
        repair "log read and write data events of AWS::S3::Object for every bucket: one selector that names no bucket, or the value arn:aws:s3"
        peers "Prowler and Steampipe in part";

    L01 LogGroup
        title "log group does not exist"
        says "broken"
        repair "create the log group again, or point the trail at one that exists"
        peers "Stave, from what another tool extracted"
        calls "logs.amazonaws.com DeleteLogGroup";
    L02 LogGroup
        title "log group class has no metric filters"
        says "broken; weak where the class is young"
        repair "point the trail at a log group of the STANDARD class: the class of a log group cannot be changed";
    L03 LogGroup
        title "log group is another account's or Region's"
        says "broken: full ARNs are compared, a namesake elsewhere joins nothing; unknown where AWS documents no such delivery"
        repair "put the metric filter on the log group that the trail delivers to: same account, Region and name"
        peers "Trivy; cloudbeat by home Region. ElectricEye passes a trail of another Region";
    L04 LogGroup
        title "data protection masks what the pattern reads"
        says "weak; by event where a custom identifier finds something: one whose value is masked is lost; unknown for what is masked in part, and where the name of a field may be"
        repair "take the fields that the pattern reads out of the data protection policy"
        calls "logs.amazonaws.com PutDataProtectionPolicy, logs.amazonaws.com PutAccountPolicy";
    L05 LogGroup
        title "log group key is unusable"
        says "weak"
        repair "make the log group's key usable again";
    L06 LogGroup
        title "filter sees transformed records"
        says_open "unknown; weak when the transformer names none of the fields that the pattern reads"
        repair "set applyOnTransformedLogs to false, or write the pattern for the transformed record"
        calls "logs.amazonaws.com PutTransformer";
    L07 LogGroup
        title "metric extraction policy"
        says "note: no harm to metric filters";
    L08 LogGroup
        title "retention of the log group"
        not_shown "retention is no fault: filters read events as they arrive. A test holds that it changes nothing";
    L09 LogGroup
        title "CloudTrail records arrive without a trail"
        not_shown "channels and telemetry rules are asked about where no trail of an account logs (T01); beside a trail that logs, neither they nor log centralization are, and what hears records there is not on record";

    F01 MetricFilter
        title "no filter pattern matches the required events"
        says "broken; the finding shows the event that is missed"
        repair "add a metric filter with the pattern of the control, or widen the one that is there by the marked part"
        peers "all, by comparing texts"
        calls "logs.amazonaws.com PutMetricFilter, logs.amazonaws.com DeleteMetricFilter";
    F02 MetricFilter
        title "metric value is zero"
        says "broken"
        repair "set the metric value to 1";
    F03 MetricFilter
        title "metric value is a field of the event"
        says "by event: one that may lack the field is lost; unknown for the others"
        repair "set the metric value to the constant 1";
    F04 MetricFilter
        title "metric value is negative"
        says "broken"
        repair "set the metric value to 1";
    F05 MetricFilter
        title "dimensions differ from the alarm's"
        says "broken; degraded when the alarm reads some combinations"
        repair "take the dimensions off the metric transformation, or give the alarm exactly the same ones";
    F06 MetricFilter
        title "event lacks a dimension's field"
        says "degraded"
        repair "take the dimensions off the metric transformation";
    F07 MetricFilter
        title "too many dimension values disable the filter"
        says "weak"
        repair "take the dimensions off the metric transformation";
    F08 MetricFilter
        title "default value makes the metric dense"
        says "decided with A04 to A08; broken where one default value beside the event hides it; unknown where the alarm leaves it open"
        repair "remove the default value, or choose one that does not breach the threshold";
    F09 MetricFilter
        title "default value breaches the threshold"
        says "broken"
        repair "remove the default value, or choose one that does not breach the threshold";
    F10 MetricFilter
        title "unit differs from the alarm's"
        says "broken"
        repair "take the unit off the alarm, or give the metric transformation the same one";
    F11 MetricFilter
        title "field selection criteria restrict the filter"
        says "broken where it lets nothing through; otherwise part of what is covered; unknown for events of another Region than the group's"
        repair "widen or remove the field selection criteria of the filter";
    F12 MetricFilter
        title "filter is on a log group no trail delivers to"
        says "broken"
        repair "put the filter on the log group that a trail delivers to"
        peers "those that start from a trail. ScoutSuite, CloudSploit and cnspec take any log group";
    F13 MetricFilter
        title "metric namespace is not allowed"
        not_shown "CloudWatch Logs refuses such a namespace, so no metric filter has one";
    F14 MetricFilter
        title "several filters write one metric"
        says "note; broken where another filter hides the event or holds the alarm, unknown where it may, or where those of other log groups were not asked for and may"
        repair "give each filter its own metric and alarm, and narrow the one that matches nearly everything";
    F15 MetricFilter
        title "metric filter quotas"
        not_shown "CloudWatch Logs refuses a filter over the quota, so every filter that is listed works";

    A01 Alarm
        title "no alarm watches the metric"
        says "broken"
        repair "create an alarm on the filter's metric: same namespace, metric name, dimensions, account and Region"
        peers "MITRE, Custodian and ElectricEye by namespace and name; Prowler and Steampipe by name; Trivy, cloudbeat and CloudQuery take the name of the filter for it"
        calls "monitoring.amazonaws.com DeleteAlarms";
    A02 Alarm
        title "alarm actions are disabled"
        says "broken"
        repair "enable the alarm's actions: `aws cloudwatch enable-alarm-actions`"
        peers "Security Hub and Stave, as a control of its own"
        calls "monitoring.amazonaws.com DisableAlarmActions";
    A03 Alarm
        title "alarm has no action for ALARM"
        says "broken"
        repair "add a topic to the alarm's actions for the state ALARM"
        peers "Steampipe, MITRE, Custodian, Security Hub"
        calls "monitoring.amazonaws.com PutMetricAlarm, monitoring.amazonaws.com PutLogAlarm";
    A04 Alarm
        title "one event does not breach the threshold"
        says "broken"
        repair "let one event breach the threshold: statistic Sum, GreaterThanOrEqualToThreshold 1";
    A05 Alarm
        title "one event does not make M of N datapoints breach"
        says "broken; degraded when late"
        repair "let one datapoint suffice: DatapointsToAlarm 1";
    A06 Alarm
        title "alarm is always in ALARM, or latches there"
        says "broken"
        repair "let the alarm come back from ALARM: treat missing data as notBreaching, and narrow a pattern that matches nearly everything";
    A07 Alarm
        title "average or minimum with default values"
        says "broken or unknown"
        repair "use the statistic Sum, or remove the filter's default value";
    A08 Alarm
        title "sample count with default values"
        says "broken"
        repair "use the statistic Sum, or remove the filter's default value";
    A09 Alarm
        title "percentile ignored at low sample counts"
        says "broken"
        repair "use the statistic Sum, or evaluate low sample counts too";
    A10 Alarm
        title "period shorter than the metric's resolution"
        says "degraded"
        repair "use a period of 60 seconds or more";
    A11 Alarm
        title "long evaluation window coalesces events"
        says "degraded, with the span in which later events are silent"
        repair "use a short sliding window: period 300, one evaluation period";
    A12 Alarm
        title "wall-clock window delays the alarm"
        says "degraded, with the delay"
        repair "use a short sliding window: period 300, one evaluation period";
    A13 Alarm
        title "alarm is warming up"
        says "broken while it lasts"
        repair "wait until the alarm's warm-up has passed, or shorten it";
    A14 Alarm
        title "alarm evaluation has errors"
        says "broken, unknown"
        repair "repair the alarm's evaluation error";
    A15 Alarm
        title "alarm sits in ALARM"
        says "broken, degraded"
        repair "let the alarm come back from ALARM: treat missing data as notBreaching, and narrow a pattern that matches nearly everything";
    A16 Alarm
        title "alarm has insufficient data"
        says "note: normal for a metric with gaps"
        repair "check that the metric arrives: dimensions, unit and namespace";
    A17 Alarm
        title "alarm mute rule"
        says "an event in a window is lost: the control fails where all its alarms are muted at one time; broken when always"
        repair "remove the alarm from the mute rule"
        calls "monitoring.amazonaws.com PutAlarmMuteRule";
    A18 Alarm
        title "alarm action is not a topic"
        says "broken, weak or unknown, by the kind of action"
        repair "add a topic to the alarm's actions"
        peers "Steampipe, MITRE, cloudbeat, Custodian and Security Hub ask for a topic";
    A19 Alarm
        title "metric-math alarm"
        says "broken or fine, by evaluating the expression; unknown where it is beyond that"
        repair "put a plain alarm on the filter's metric beside it"
        peers "CloudQuery reads no other alarms";
    A20 Alarm
        title "Metrics Insights alarm"
        says_open "unknown: its query is not read"
        repair "put a plain alarm on the filter's metric beside it";
    A21 Alarm
        title "PromQL alarm"
        says_open "unknown: its query is not read"
        repair "put a plain alarm on the filter's metric beside it";
    A22 Alarm
        title "alarm watches another account's metric"
        says_open "unknown"
        repair "collect the account of the metric and that of the alarm into one snapshot";
    A23 Alarm
        title "alarm reached only through other alarms"
        not_shown "a fault of tools that ask DescribeAlarmsForMetric; alarms are read from DescribeAlarms here, in all three types"
        peers "Custodian asks DescribeAlarmsForMetric, which leaves them out";

    Q01 Alarm
        title "log alarm's query does not find the event"
        says "by event; unknown where the query or what it does without a field is not decided"
        repair "put a metric filter with the control's pattern beside it, or let the query find the control's events";
    Q02 Alarm
        title "log alarm on more than one record"
        says_open "unknown: count(*) of one record, and one query result, are decided"
        repair "let it count with count(*), go off at 1 and evaluate one result";
    Q03 Alarm
        title "log alarm misses what arrives late"
        says "weak; unknown where it looks back less than a quarter of an hour, or less than from run to run"
        repair "let it look back longer than it takes records to arrive, and no less than from run to run";

    C01 CompositeAlarm
        title "composite alarm carries the action"
        says "decided by the rule; unknown where it cannot be read";
    C02 CompositeAlarm
        title "composite alarm needs other alarms too"
        says "broken; unknown when it depends on the state of others"
        repair "let the composite alarm fire on this alarm alone, or give this alarm its own action"
        calls "monitoring.amazonaws.com PutCompositeAlarm";
    C03 CompositeAlarm
        title "composite alarm is masked by other alarms"
        says "degraded"
        repair "let the composite alarm fire on this alarm alone, or give this alarm its own action";
    C04 CompositeAlarm
        title "composite alarm's actions are suppressed"
        says "broken, unknown"
        repair "remove the actions suppressor, or give the alarm below its own action";
    C05 CompositeAlarm
        title "composite alarm's rule cannot be evaluated"
        says "broken or unknown"
        repair "repair the composite alarm's rule";
    C06 CompositeAlarm
        title "composite alarm has no action"
        says "broken"
        repair "give the composite alarm an action and enable it"
        peers "Stave";
    C07 CompositeAlarm
        title "composite alarm's child is elsewhere"
        says "broken"
        repair "repair the composite alarm's rule";

    E01 Rule
        title "no logging trail feeds the bus"
        says "broken; unknown for a member whose organization owns the only trail"
        repair "start logging: CloudTrail events reach EventBridge only where a trail records them";
    E02 Rule
        title "rule is disabled"
        says "broken; unknown for another state"
        repair "enable it: `aws events enable-rule`"
        calls "events.amazonaws.com DisableRule";
    E03 Rule
        title "ENABLED leaves out read-only events"
        says "by event; unknown where the name and `readOnly` disagree"
        repair "set the state ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS with `aws events put-rule --state`";
    E05 Rule
        title "event pattern does not match"
        says "by event"
        repair "make the event pattern match what the control asks for"
        calls "events.amazonaws.com PutRule";
    E07 Rule
        title "spelling of the sign-in detail type"
        says_open "unknown for `AWS Console Signin via CloudTrail` alone, weak for `AWS Console Sign In via CloudTrail` alone"
        repair "list both spellings under `detail-type`, or leave it out";
    E08 Rule
        title "rule sees one Region"
        says "by event"
        repair "deploy the rule in every enabled Region, with StackSets for example"
        calls "events.amazonaws.com DeleteRule";
    E09 Rule
        title "events of global services arrive in another Region"
        says "by event"
        repair "deploy the rule in the Region of global services, us-east-1 in the aws partition";
    E10 Rule
        title "sign-ins are recorded in another Region"
        says "by event"
        repair "deploy the rule in every Region where people may sign in";
    E11 Rule
        title "custom bus that nothing forwards to"
        says "broken"
        repair "put the rule on the default bus, or forward CloudTrail events to this one"
        calls "events.amazonaws.com DeleteEventBus";
    E12 Rule
        title "rule has no target"
        says "broken"
        repair "give the rule a target: `aws events put-targets`"
        calls "events.amazonaws.com RemoveTargets, events.amazonaws.com PutTargets";
    E13 Rule
        title "topic policy does not let EventBridge publish"
        says "broken"
        repair "allow `events.amazonaws.com` to `sns:Publish` in the topic's policy";
    E14 Rule
        title "EventBridge may publish under a condition alone"
        says_open "unknown"
        repair "allow `events.amazonaws.com` in a statement without a condition";
    E15 Rule
        title "key that EventBridge cannot use"
        says "broken; unknown if the key or its policy cannot be read"
        repair "encrypt with a customer managed key whose policy gives events.amazonaws.com kms:GenerateDataKey* and kms:Decrypt, without a condition on the source"
        calls "kms.amazonaws.com DisableKey, kms.amazonaws.com ScheduleKeyDeletion, kms.amazonaws.com PutKeyPolicy, kms.amazonaws.com UpdateAlias, kms.amazonaws.com DeleteAlias";
    E16 Rule
        title "topic is in another Region than the rule"
        says "broken"
        repair "send to a topic in the rule's Region";
    E17 Rule
        title "topic of another account without a role"
        says "broken"
        repair "give the target a role that may publish, and let the topic's policy admit it";
    E18 Rule
        title "role on a target that is a topic"
        says_open "unknown"
        repair "take the role off the target: the topic's policy alone admits EventBridge";
    E19 Rule
        title "filter policy on attributes, which the messages of rules lack"
        says "broken"
        repair "remove the filter policy, or set FilterPolicyScope to MessageBody";
    E20 Rule
        title "filter policy drops the event"
        says "by event; broken for a constant message; unknown for a transformed one"
        repair "remove the filter policy, or make it match the event";
    E21 Rule
        title "text message under a filter policy on the body"
        says "broken"
        repair "remove the filter policy, or send JSON";
    E22 Rule
        title "only a machine is reached"
        says "weak; unknown where the target only keeps events (Logs, Firehose, Kinesis) or only acts (stops an instance, starts a build)"
        repair "send to a topic with a confirmed subscription of a person as well";
    E23 Rule
        title "forwarded to a bus outside of the snapshot"
        says_open "unknown"
        repair "collect the account and Region of the receiving bus as well";
    E24 Rule
        title "the receiving bus refuses"
        says "broken for its policy, an explicit Deny on a bus of the same account included, or a second hop; unknown where the policy cannot be decided"
        repair "let the bus's policy admit the sending account, and put the target on the first receiver"
        calls "events.amazonaws.com RemovePermission, events.amazonaws.com PutPermission";
    E25 Rule
        title "event pattern that cannot be read"
        says_open "unknown"
        repair "write the event pattern as EventBridge documents it";
    E26 Rule
        title "key of the event bus that EventBridge cannot use"
        says "broken; unknown if the bus was not described, or the key or its policy cannot be read"
        repair "enable the key, and let events.amazonaws.com call kms:Decrypt and kms:GenerateDataKey in its policy"
        calls "kms.amazonaws.com DisableKey, kms.amazonaws.com ScheduleKeyDeletion, kms.amazonaws.com PutKeyPolicy, kms.amazonaws.com UpdateAlias, kms.amazonaws.com DeleteAlias";
    E27 Rule
        title "rule of User Notifications"
        says_open "unknown: its real filter, channels and contacts are not collected"
        repair "put a rule of your own beside it";
    E28 Rule
        title "User Notifications channel without a contact"
        not_shown "channels and contacts of User Notifications are not collected";
    E29 Rule
        title "User Notifications collects for hours"
        not_shown "how User Notifications aggregates is not collected";
    N01 Topic
        title "topic is in another Region"
        says "broken"
        repair "use a topic in the alarm's Region";
    N02 Topic
        title "topic does not exist"
        says "broken"
        repair "create the topic, or let the alarm name one that exists"
        calls "sns.amazonaws.com DeleteTopic";
    N03 Topic
        title "topic belongs to another account"
        says_open "unknown when its attributes are denied"
        repair "collect the account that owns the topic into the same snapshot"
        peers "Security Hub (warning)";
    N04 Topic
        title "topic policy does not let CloudWatch publish"
        says "broken"
        repair "let cloudwatch.amazonaws.com publish in the topic's policy (sns:Publish, aws:SourceAccount)"
        calls "sns.amazonaws.com SetTopicAttributes, sns.amazonaws.com RemovePermission";
    N05 Topic
        title "topic is encrypted with the AWS managed key"
        says "broken"
        repair "encrypt the topic with a customer managed key whose policy lets cloudwatch.amazonaws.com use it";
    N06 Topic
        title "topic's key does not let CloudWatch encrypt"
        says "broken; unknown when the key policy cannot be read"
        repair "let cloudwatch.amazonaws.com call kms:Decrypt and kms:GenerateDataKey in the policy of a symmetric key, and keep the key enabled"
        calls "kms.amazonaws.com DisableKey, kms.amazonaws.com ScheduleKeyDeletion, kms.amazonaws.com PutKeyPolicy, kms.amazonaws.com UpdateAlias, kms.amazonaws.com DeleteAlias";
    N07 Topic
        title "FIFO topic reaches no person"
        says "weak; broken where a rule sends to it"
        repair "use a standard topic: a FIFO topic reaches queues only";
    N08 Topic
        title "alarm history shows a failed action"
        says "broken while what is configured now explains it, else weak; unknown when the history is denied"
        repair "read the alarm's history: it says why its action failed";
    N09 Topic
        title "topic data protection policy"
        not_shown "what a data protection policy of a topic does to alarm messages is not documented";

    U01 Subscription
        title "topic has no subscription"
        says "broken"
        repair "subscribe somebody to the topic"
        peers "Steampipe, MITRE, cloudbeat, Custodian, Security Hub"
        calls "sns.amazonaws.com Unsubscribe";
    U02 Subscription
        title "subscription is pending confirmation"
        says "broken"
        repair "confirm the subscription from its mailbox, or subscribe again: a pending one is deleted after 48 hours"
        peers "MITRE, Custodian, Security Hub; Steampipe and cloudbeat count it as a subscription";
    U03 Subscription
        title "subscription is deleted"
        says "broken"
        repair "subscribe again"
        peers "MITRE, Custodian";
    U04 Subscription
        title "filter policy needs message attributes"
        says "broken"
        repair "remove the subscription's filter policy, or let it accept the alarm's message"
        calls "sns.amazonaws.com SetSubscriptionAttributes";
    U05 Subscription
        title "filter policy rejects the alarm message"
        says "broken; unknown where the policy cannot be read"
        repair "remove the subscription's filter policy, or let it accept the alarm's message";
    U06 Subscription
        title "endpoint is a machine"
        says "weak"
        repair "subscribe a person's address too, or record in an attestation who is behind the endpoint";
    U07 Subscription
        title "anyone on the list can unsubscribe the address"
        says "weak"
        repair "confirm the subscription with AuthenticateOnUnsubscribe"
        peers "Stave, as a control on topics with e-mail alone";
    U08 Subscription
        title "undeliverable messages are discarded"
        says "note";
    U09 Subscription
        title "protocol has quotas or Region limits"
        says "weak";
    U10 Subscription
        title "subscription belongs to another account"
        says_open "unknown"
        repair "collect the subscription's account into the same snapshot";

    X01 OtherMonitoring
        title "EventBridge rule on CloudTrail events"
        says "reported beside the finding; its path counts by the E ids"
        peers "MITRE takes the auditor's word for another tool";
    X02 OtherMonitoring
        title "EventBridge rule on alarm state changes"
        says "reported beside the finding, never a pass";
    X03 OtherMonitoring
        title "CloudTrail Lake event data store"
        not_shown "event data stores answer queries and tell nobody";
    X04 OtherMonitoring
        title "log alarm on the log group"
        says "reported beside the finding; its path counts by the Q ids";
    X05 OtherMonitoring
        title "subscription filter to a SIEM"
        says "reported beside the finding, never a pass";
    X06 OtherMonitoring
        title "Security Hub is enabled"
        not_shown "that Security Hub is enabled says nothing about who is told; it is not asked about"
        peers "Prowler, Steampipe, MITRE, as a control of its own";
}
