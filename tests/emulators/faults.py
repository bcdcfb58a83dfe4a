"""Accounts in which each control is broken at a link of its own, for the closed loop of tests/remedy/matrix.rs.

A fault is a function that builds one control with one thing wrong; a fault of the account breaks what all controls rest on.
The names are failure ids; a letter behind one tells variations of it apart.
"""

import json

import accounts

GROUP = "/cloudtrail/management-events"


class Control:
    """One control under construction: its filter and alarm, in order but for what a fault changes."""

    def __init__(self, builder, name, pattern, topic):
        self.builder, self.name, self.pattern, self.topic = builder, name, pattern, topic
        self.group = GROUP
        self.transformation, self.settings, self.extra = {}, {"AlarmActions": [topic]}, {}

    def build(self, with_filter=True, with_alarm=True):
        if with_filter:
            self.builder.client("logs").put_metric_filter(
                logGroupName=self.group,
                filterName=self.name,
                filterPattern=self.pattern,
                metricTransformations=[
                    {
                        "metricName": self.name,
                        "metricNamespace": accounts.NAMESPACE,
                        "metricValue": "1",
                        **self.transformation,
                    }
                ],
                **self.extra,
            )
        if with_alarm:
            self.builder.alarm(self.name, **self.settings)

    def own_topic(self, **options):
        arn = self.builder.topic(f"topic-of-{self.name}", **options)
        self.settings["AlarmActions"] = [arn]
        return arn

    def own_group(self, kind="STANDARD", logging=True, feed=True, **selectors):
        """A log group and trail of its own."""
        self.group = self.builder.log_group(f"/cloudtrail/{self.name}", kind)
        if feed:
            self.builder.trail(self.name.replace("_", "-"), self.group, logging, **selectors)

    def attributes(self, topic, **attributes):
        for name, value in attributes.items():
            value = value if isinstance(value, str) else json.dumps(value)
            self.builder.client("sns").set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=value)

    def key(self, *statements, enabled=True):
        kms = self.builder.client("kms")
        owner = {
            "Sid": "Owner",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{self.builder.account}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
        policy = {"Version": "2012-10-17", "Statement": [owner, *statements]}
        key = kms.create_key(Policy=json.dumps(policy))["KeyMetadata"]["KeyId"]
        if not enabled:
            kms.disable_key(KeyId=key)
        return key


def lost_name(control):
    """A pattern without its first name, or without its last condition."""
    pattern = control.pattern
    control.pattern = (
        "{ " + pattern.strip().strip("{}").split("||", 1)[1].strip() + " }"
        if "||" in pattern
        else "{ ($.eventName = Nothing) }"
    )
    if control.pattern.count("(") != control.pattern.count(")"):
        control.pattern = "{ ($.eventName = Nothing) }"
    control.build()


def changed(alarm=None, transformation=None, **fields):
    """A control whose alarm or metric is set otherwise."""

    def build(control):
        control.settings.update(alarm or {})
        control.transformation.update(transformation or {})
        for name, value in fields.items():
            setattr(control, name, value)
        for name in [name for name, value in control.settings.items() if value is None]:
            del control.settings[name]
        control.build()

    return build


def no_filter(control):
    control.build(with_filter=False)


def no_alarm(control):
    control.build(with_alarm=False)


def not_fed(control):
    control.own_group(feed=False)
    control.build()


def own_trail(kind="STANDARD", logging=True, **selectors):
    def build(control):
        control.own_group(kind, logging, **selectors)
        control.build()

    return build


def advanced(*selectors):
    def build(control):
        control.own_group()
        control.builder.client("cloudtrail").put_event_selectors(
            TrailName=control.name.replace("_", "-"),
            AdvancedEventSelectors=[
                {"Name": f"selector {number}", "FieldSelectors": fields} for number, fields in enumerate(selectors)
            ],
        )
        control.build()

    return build


MANAGEMENT = {"Field": "eventCategory", "Equals": ["Management"]}
DATA = [
    {"Field": "eventCategory", "Equals": ["Data"]},
    {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
]


def crowded_metric(control):
    """Another filter writes the metric all day long, so that the alarm never rests."""
    control.build()
    control.builder.client("logs").put_metric_filter(
        logGroupName=control.group,
        filterName=f"everything-{control.name}",
        filterPattern="{ $.eventVersion = * }",
        metricTransformations=[
            {"metricName": control.name, "metricNamespace": accounts.NAMESPACE, "metricValue": "1"}
        ],
    )


def arithmetic(expression):
    """An alarm on an expression over the metric."""

    def build(control):
        metric = {"Namespace": accounts.NAMESPACE, "MetricName": control.name}
        control.build(with_alarm=False)
        control.builder.client("cloudwatch").put_metric_alarm(
            AlarmName=control.name,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="notBreaching",
            AlarmActions=[control.topic],
            Metrics=[
                {"Id": "m1", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Sum"}, "ReturnData": False},
                {"Id": "e1", "Expression": expression, "ReturnData": True},
            ],
        )

    return build


def composite(rule, actions=True, enabled=True, others=()):
    """The alarm tells nobody itself; a composite alarm above it should."""

    def build(control):
        control.settings["AlarmActions"] = []
        control.build()
        for other in others:
            control.builder.alarm(f"{control.name}-{other}", Namespace="Other", MetricName="other")
        control.builder.client("cloudwatch").put_composite_alarm(
            AlarmName=f"{control.name}-composite",
            AlarmRule=rule.format(control.name),
            ActionsEnabled=enabled,
            AlarmActions=[control.topic] if actions else [],
        )

    return build


def topic_elsewhere(control):
    other = accounts.Builder(control.builder.endpoint, control.builder.account, "us-east-1")
    control.settings["AlarmActions"] = [other.topic(f"topic-of-{control.name}")]
    control.build()


def topic_gone(control):
    arn = control.own_topic()
    control.build()
    control.builder.client("sns").delete_topic(TopicArn=arn)


def topic_policy(*statements, keep=False):
    """The topic with a policy of its owner and these statements."""

    def build(control):
        arn = control.own_topic()
        owner = {
            "Sid": "Owner",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{control.builder.account}:root"},
            "Action": "SNS:Publish",
            "Resource": arn,
        }
        alarms = {**owner, "Sid": "Alarms", "Principal": {"Service": "cloudwatch.amazonaws.com"}}
        mine = [owner, alarms] if keep else [owner]
        policy = {"Version": "2012-10-17", "Statement": [*mine, *({**one, "Resource": arn} for one in statements)]}
        control.attributes(arn, Policy=policy)
        control.build()

    return build


DENY = {"Sid": "OnlyPeople", "Effect": "Deny", "Principal": "*", "Action": "SNS:Publish",
        "Condition": {"Null": {"aws:PrincipalArn": "true"}}}
ELSEWHERE = {"Sid": "Others", "Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"},
             "Action": "SNS:Publish", "Condition": {"StringEquals": {"aws:SourceAccount": "999999999999"}}}


def managed_key(control):
    control.attributes(control.own_topic(), KmsMasterKeyId="alias/aws/sns")
    control.build()


def own_key(*statements, enabled=True):
    def build(control):
        control.attributes(control.own_topic(), KmsMasterKeyId=control.key(*statements, enabled=enabled))
        control.build()

    return build


LET_CLOUDWATCH = {"Sid": "Alarms", "Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"},
                  "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*"}


def nobody(control):
    control.own_topic(protocol=None)
    control.build()


def pending(control):
    control.own_topic(protocol="https", address="https://alerts.example.com/hook")
    control.build()


def filtered(scope, policy):
    def build(control):
        sns = control.builder.client("sns")
        arn = control.own_topic()
        subscription = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"][0]["SubscriptionArn"]
        for name, value in [("FilterPolicyScope", scope), ("FilterPolicy", json.dumps(policy))]:
            sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName=name, AttributeValue=value)
        control.build()

    return build


#: Faults of one control.
OF_CONTROL = {
    "T01": own_trail(logging=False),
    "S01": own_trail(IncludeManagementEvents=False),
    "S02": own_trail(ReadWriteType="ReadOnly"),
    "S03": own_trail(ReadWriteType="WriteOnly"),
    "S04": own_trail(ExcludeManagementEventSources=["kms.amazonaws.com"]),
    "S06": advanced(DATA),
    "S07": advanced([MANAGEMENT, {"Field": "readOnly", "Equals": ["true"]}]),
    "S08": advanced([MANAGEMENT, {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}]),
    "L02": own_trail(kind="INFREQUENT_ACCESS"),
    "F01": lost_name,
    "F01b": no_filter,
    "F01c": changed(pattern='"Nothing of this"'),
    "F01d": changed(pattern="{ $.eventName = SomethingElse }"),
    "F02": changed(transformation={"metricValue": "0"}),
    "F03": changed(transformation={"metricValue": "$.responseElements.count"}),
    "F04": changed(transformation={"metricValue": "-1"}),
    "F05": changed(transformation={"dimensions": {"Event": "$.eventName"}}),
    "F09": changed(transformation={"defaultValue": 5.0}),
    "F10": changed(alarm={"Unit": "Seconds"}),
    "F12": not_fed,
    "A06c": crowded_metric,
    "A01": changed(alarm={"Namespace": "CISBenchmrk"}),
    "A01b": no_alarm,
    "A01c": changed(alarm={"MetricName": "another"}),
    "A02": changed(alarm={"ActionsEnabled": False}),
    "A03": changed(alarm={"AlarmActions": []}),
    "A04": changed(alarm={"Threshold": 3}),
    "A04b": changed(alarm={"ComparisonOperator": "GreaterThanThreshold"}),
    "A04c": changed(alarm={"ComparisonOperator": "LessThanThreshold", "Threshold": 0}),
    "A05": changed(alarm={"EvaluationPeriods": 2, "DatapointsToAlarm": 2}),
    "A06": changed(alarm={"TreatMissingData": "breaching"}),
    "A06b": changed(alarm={"TreatMissingData": "ignore"}),
    "A07": changed(alarm={"Statistic": "Average"}, transformation={"defaultValue": 0.0}),
    "A08": changed(alarm={"Statistic": "SampleCount"}, transformation={"defaultValue": 0.0}),
    "A09": changed(
        alarm={"Statistic": None, "ExtendedStatistic": "p99", "EvaluateLowSampleCountPercentile": "ignore"}
    ),
    "A10": changed(alarm={"Period": 10}),
    "A18": changed(alarm={"AlarmActions": ["arn:aws:automate:eu-west-1:ec2:reboot"]}),
    "A19": arithmetic("m1 * 0"),
    "C02": composite('ALARM("{0}") AND ALARM("{0}-other")', others=["other"]),
    "C05": composite('ALARM("gone-{0}") OR NOT OK("{0}")'),
    "C06": composite('ALARM("{0}")', actions=False),
    "C06b": composite('ALARM("{0}")', enabled=False),
    "N01": topic_elsewhere,
    "N02": topic_gone,
    "N04": topic_policy(),
    "N04b": topic_policy(ELSEWHERE),
    "N04c": topic_policy(DENY, keep=True),
    "N05": managed_key,
    "N06": own_key(),
    "N06b": own_key(LET_CLOUDWATCH, enabled=False),
    "U01": nobody,
    "U02": pending,
    "U04": filtered("MessageAttributes", {"team": ["security"]}),
    "U05": filtered("MessageBody", {"team": ["security"]}),
}


def good(builder):
    """What all controls rest on: a log group, a trail and a topic."""
    group = builder.log_group(GROUP)
    builder.trail(accounts.TRAIL, group)
    return builder.topic("security-alerts")


def account_of(prepare, after=None):
    """An account whose controls are in order but for what they rest on."""

    def build(builder):
        topic = prepare(builder)
        for name, pattern in accounts.patterns().items():
            Control(builder, name, pattern, topic).build()
        if after:
            after(builder)

    return build


def trail_of(**settings):
    """The trail is set otherwise."""

    def after(builder):
        builder.client("cloudtrail").update_trail(Name=accounts.TRAIL, **settings)

    return account_of(good, after)


def selectors(**changes):
    def after(builder):
        selector = {"ReadWriteType": "All", "IncludeManagementEvents": True, "ExcludeManagementEventSources": []}
        builder.client("cloudtrail").put_event_selectors(
            TrailName=accounts.TRAIL, EventSelectors=[{**selector, **changes}]
        )

    return account_of(good, after)


def bare_trail(builder):
    """A trail that has no log group; the filters stand on one that nothing feeds."""
    builder.log_group(GROUP)
    place = {} if builder.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": builder.region}}
    builder.client("s3").create_bucket(Bucket=f"bare-{builder.account}", **place)
    cloudtrail = builder.client("cloudtrail")
    cloudtrail.create_trail(Name=accounts.TRAIL, S3BucketName=f"bare-{builder.account}", IsMultiRegionTrail=True)
    cloudtrail.start_logging(Name=accounts.TRAIL)
    return builder.topic("security-alerts")


def no_trail(builder):
    builder.log_group(GROUP)
    return builder.topic("security-alerts")


def topic_of(**options):
    def prepare(builder):
        good(builder)
        return builder.topic("for-all-controls", **options)

    return account_of(prepare)


def only_topic(protocol):
    """The one topic of the account reaches nobody."""

    def prepare(builder):
        builder.trail(accounts.TRAIL, builder.log_group(GROUP))
        return builder.topic("security-alerts", protocol=protocol)

    return account_of(prepare)


#: Faults of an account: every control fails of them.
OF_ACCOUNT = {
    "T01": account_of(good, lambda builder: builder.client("cloudtrail").stop_logging(Name=accounts.TRAIL)),
    "T01b": account_of(no_trail),
    "T01c": lambda builder: None,
    "T02": account_of(bare_trail),
    "T08": trail_of(IsMultiRegionTrail=False),
    "L01": account_of(good, lambda builder: builder.client("logs").delete_log_group(logGroupName=GROUP)),
    "S01": selectors(IncludeManagementEvents=False),
    "S02": selectors(ReadWriteType="ReadOnly"),
    "S03": selectors(ReadWriteType="WriteOnly"),
    "S04": selectors(ExcludeManagementEventSources=["kms.amazonaws.com"]),
    "U01": only_topic(None),
}


def trail_with(selectors=None, key=None, **settings):
    """A trail that records everything but for what is set otherwise, and nothing besides."""

    def build(builder):
        builder.trail(accounts.TRAIL, builder.log_group(GROUP))
        cloudtrail = builder.client("cloudtrail")
        if key:
            statements, enabled = key
            own = Control(builder, accounts.TRAIL, None, None).key(*statements, enabled=enabled)
            settings["KmsKeyId"] = f"arn:aws:kms:{builder.region}:{builder.account}:key/{own}"
        if settings:
            cloudtrail.update_trail(Name=accounts.TRAIL, **settings)
        if selectors:
            cloudtrail.put_event_selectors(TrailName=accounts.TRAIL, EventSelectors=selectors)

    return build


def objects(values, kind="All"):
    """Event selectors for management events and for calls on these S3 objects."""
    selector = {"ReadWriteType": "All", "IncludeManagementEvents": True, "ExcludeManagementEventSources": []}
    data = [{"Type": "AWS::S3::Object", "Values": values}]
    return [selector, {"ReadWriteType": kind, "IncludeManagementEvents": False, "DataResources": data}]


LET_CLOUDTRAIL = {"Sid": "Trails", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
                  "Action": "kms:*", "Resource": "*"}

#: Faults of what is recorded.
OF_RECORDS = {
    **{
        fault: OF_ACCOUNT[fault]
        for fault in ["T01", "T01b", "T01c", "T02", "T08", "L01", "S01", "S02", "S03", "S04"]
    },
    "T14": trail_with(),
    "T16": trail_with(),
    "T17": trail_with(key=([LET_CLOUDTRAIL], False)),
    "T17b": trail_with(key=([], True)),
    "S11": trail_with(),
    "S12": trail_with(objects(["arn:aws:s3:::one-bucket/"])),
    "S12b": trail_with(objects(["arn:aws:s3"], "ReadOnly")),
    "S12c": trail_with(objects(["arn:aws:s3"], "WriteOnly")),
}


class Watch:
    """The rule of one Region and what it publishes to, which `accounts.watched_by_rules` made."""

    RULE, TARGET, TOPIC = "trail-changes", "topic", "events"

    def __init__(self, builder, region):
        self.events, self.sns = builder.client("events", region), builder.client("sns", region)
        self.kms = builder.client("kms", region)
        self.builder, self.topic = builder, f"arn:aws:sns:{region}:{builder.account}:{self.TOPIC}"

    def no_rule(self):
        self.no_target()
        self.events.delete_rule(Name=self.RULE)

    def nothing(self):
        self.no_rule()
        self.sns.delete_topic(TopicArn=self.topic)

    def no_target(self):
        self.events.remove_targets(Rule=self.RULE, Ids=[self.TARGET])

    def narrow(self):
        pattern = {"source": ["aws.cloudtrail"], "detail": {"eventName": ["CreateTrail"]}}
        self.events.put_rule(Name=self.RULE, EventPattern=json.dumps(pattern), State="ENABLED")

    def known_by_its_names(self):
        pattern = {"source": ["aws.cloudtrail"], "detail": {"eventName": [{"prefix": "Create"}, {"prefix": "Delete"}]}}
        self.events.put_rule(Name=self.RULE, EventPattern=json.dumps(pattern), State="ENABLED")

    def attribute(self, name, value):
        self.sns.set_topic_attributes(TopicArn=self.topic, AttributeName=name, AttributeValue=value)

    def alarms_only(self):
        principal = {"Service": "cloudwatch.amazonaws.com"}
        statement = {"Effect": "Allow", "Principal": principal, "Action": "sns:Publish", "Resource": self.topic}
        self.attribute("Policy", json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    def key_of_others(self):
        owner = {"AWS": f"arn:aws:iam::{self.builder.account}:root"}
        statement = {"Sid": "Owner", "Effect": "Allow", "Principal": owner, "Action": "kms:*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.attribute("KmsMasterKeyId", self.kms.create_key(Policy=policy)["KeyMetadata"]["KeyId"])

    def subscription(self):
        return self.sns.list_subscriptions_by_topic(TopicArn=self.topic)["Subscriptions"][0]["SubscriptionArn"]

    def filtered(self):
        settings = [("FilterPolicyScope", "MessageAttributes"), ("FilterPolicy", '{"team": ["security"]}')]
        for name, value in settings:
            self.sns.set_subscription_attributes(
                SubscriptionArn=self.subscription(), AttributeName=name, AttributeValue=value
            )

    def nobody(self):
        self.sns.unsubscribe(SubscriptionArn=self.subscription())


def in_region(fault, region="eu-west-3"):
    return lambda builder: fault(Watch(builder, region))


#: Faults of one Region of an account that rules watch.
OF_RULES = {
    "E02": in_region(lambda watch: watch.events.disable_rule(Name=Watch.RULE)),
    "E05": in_region(Watch.narrow),
    "E05b": in_region(Watch.known_by_its_names),
    "E08": in_region(Watch.nothing),
    "E08b": in_region(Watch.no_rule, "us-east-1"),
    "E12": in_region(Watch.no_target),
    "E13": in_region(Watch.alarms_only),
    "E15": in_region(Watch.key_of_others),
    "E19": in_region(Watch.filtered),
    "U01": in_region(Watch.nobody),
}


def build(builder, broken=None, everything=None):
    """Each control with its fault, or a fault of the account; gives the controls whose fault cannot be built here."""
    if everything:
        OF_ACCOUNT[everything](builder)
        return {}
    topic = good(builder)
    refused = {}
    for name, pattern in accounts.patterns().items():
        fault = broken.get(name)
        control = Control(builder, name, pattern, topic)
        try:
            (OF_CONTROL[fault] if fault else Control.build)(control)
        except Exception as error:  # told to the test: this emulator cannot hold it
            refused[name] = f"{type(error).__name__}: {error}"
    return {"refused": refused}
