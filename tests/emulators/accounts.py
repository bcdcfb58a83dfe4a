"""Accounts as their owners would build them, with boto3: one where every control holds, one broken in many ways.

What the controls ask for is read from the project's own data, so that nothing here has to follow it.
"""

import json
import pathlib
import tomllib

import boto3
from botocore.config import Config

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCHMARK = "cis-aws-7.0"
NAMESPACE = "CISBenchmark"
TRAIL = "management-events"

#: The link that is broken in the account "broken", for each control.
BROKEN = {
    "unauthorized_api_calls": "T01",
    "console_without_mfa": "S02",
    "root_usage": "A02",
    "iam_policy_changes": "F01",
    "cloudtrail_changes": "A01",
    "console_auth_failures": "A04",
    "cmk_disable_or_delete": "S04",
    "s3_bucket_policy_changes": "A03",
    "config_changes": "U02",
    "security_group_changes": "L02",
    "nacl_changes": "N02",
    "network_gateway_changes": "F10",
    "route_table_changes": "A05",
    "vpc_changes": "A06",
    "organizations_changes": "U01",
}


def lineage():
    """The benchmark and those that it is like, the newest first."""
    name = BENCHMARK
    while name:
        yield name
        name = tomllib.loads((ROOT / "benchmarks" / f"{name}.toml").read_text()).get("like")


def holds_for(alternative, names):
    """Whether the nearest of the benchmarks that an alternative speaks of is one that it counts for."""
    for name in names:
        if name in alternative.get("except", []):
            return False
        if name in alternative["benchmarks"]:
            return True
    return False


def patterns():
    """Control id -> the benchmark's own filter pattern."""
    benchmark = tomllib.loads((ROOT / "benchmarks" / f"{BENCHMARK}.toml").read_text())
    names = list(lineage())
    found = {}
    for entry in benchmark["controls"]:
        control = tomllib.loads((ROOT / "controls" / f"{entry['control']}.toml").read_text())
        texts = [
            alternative["pattern"]
            for alternative in control["alternative"]
            if alternative["kind"] == "text" and holds_for(alternative, names)
        ]
        found[entry["control"]] = texts[0]
    return found


class Builder:
    """An account under construction, in one home region."""

    def __init__(self, endpoint, account, region, **credentials):
        self.account, self.region, self.endpoint = account, region, endpoint
        self.credentials = credentials or {"aws_access_key_id": account, "aws_secret_access_key": "emulated"}

    def client(self, service, region=None):
        return boto3.client(
            service,
            region_name=region or self.region,
            endpoint_url=self.endpoint,
            config=Config(retries={"max_attempts": 1}, connect_timeout=5, read_timeout=30),
            **self.credentials,
        )

    def log_group(self, name, kind="STANDARD"):
        self.client("logs").create_log_group(logGroupName=name, logGroupClass=kind)
        return name

    def trail(self, name, group, logging=True, **selectors):
        """A multi-region trail that delivers to a log group."""
        cloudtrail = self.client("cloudtrail")
        bucket = f"{name}-{self.account}"
        place = {} if self.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        self.client("s3").create_bucket(Bucket=bucket, **place)
        arn = cloudtrail.create_trail(Name=name, S3BucketName=bucket, IsMultiRegionTrail=True)["TrailARN"]
        cloudtrail.update_trail(
            Name=name,
            CloudWatchLogsLogGroupArn=f"arn:aws:logs:{self.region}:{self.account}:log-group:{group}:*",
            CloudWatchLogsRoleArn=f"arn:aws:iam::{self.account}:role/cloudtrail-to-logs",
        )
        selector = {"ReadWriteType": "All", "IncludeManagementEvents": True, "ExcludeManagementEventSources": []}
        cloudtrail.put_event_selectors(TrailName=name, EventSelectors=[{**selector, **selectors}])
        if logging:
            cloudtrail.start_logging(Name=name)
        return arn

    def metric_filter(self, group, control, pattern):
        self.client("logs").put_metric_filter(
            logGroupName=group,
            filterName=control,
            filterPattern=pattern,
            metricTransformations=[
                {"metricName": control, "metricNamespace": NAMESPACE, "metricValue": "1"},
            ],
        )

    def alarm(self, control, **changes):
        settings = {
            "AlarmName": control,
            "Namespace": NAMESPACE,
            "MetricName": control,
            "Statistic": "Sum",
            "Period": 300,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
            "ActionsEnabled": True,
        }
        settings.update(changes)
        self.client("cloudwatch").put_metric_alarm(**settings)

    def topic(self, name, protocol="email", address="security@example.com"):
        """A topic that CloudWatch may publish to, with a subscription where a protocol is given."""
        sns = self.client("sns")
        arn = sns.create_topic(Name=name)["TopicArn"]
        policy = (
            '{"Version":"2012-10-17","Statement":[{"Sid":"alarms","Effect":"Allow",'
            '"Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":"SNS:Publish","Resource":"%s",'
            '"Condition":{"StringEquals":{"aws:SourceAccount":"%s"}}}]}' % (arn, self.account)
        )
        sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
        if protocol:
            sns.subscribe(TopicArn=arn, Protocol=protocol, Endpoint=address)
        return arn


def complete(builder):
    """Every control of the benchmark holds."""
    group = builder.log_group("/cloudtrail/management-events")
    # A neighbour whose name begins alike, which a lookup by prefix returns as well.
    builder.log_group("/cloudtrail/management-events-archive")
    builder.trail(TRAIL, group)
    topic = builder.topic("security-alerts")
    for control, pattern in patterns().items():
        builder.metric_filter(group, control, pattern)
        builder.alarm(control, AlarmActions=[topic])
    return {}


def without_event(pattern, event):
    """A pattern of ORed event names that lost one of them."""
    parts = pattern.split("||")
    rest = [part for part in parts if f"{event})" not in part.replace('"', "")]
    assert len(rest) == len(parts) - 1, (pattern, event)
    rest[-1] = rest[-1].rstrip(" }") + "}"
    text = "||".join(rest).strip()
    return text if text.startswith("{") else "{" + text


def broken(builder):
    """A different link is broken for each control; see BROKEN."""
    group = builder.log_group("/cloudtrail/management-events")
    builder.trail(TRAIL, group)
    groups = {}
    for link, name, kind, logging, selectors in [
        ("T01", "stopped", "STANDARD", False, {}),
        ("S02", "read-only", "STANDARD", True, {"ReadWriteType": "ReadOnly"}),
        ("S04", "without-kms", "STANDARD", True, {"ExcludeManagementEventSources": ["kms.amazonaws.com"]}),
        ("L02", "infrequent-access", "INFREQUENT_ACCESS", True, {}),
    ]:
        groups[link] = builder.log_group(f"/cloudtrail/{name}", kind)
        builder.trail(name, groups[link], logging, **selectors)
    topic = builder.topic("security-alerts")
    lonely = builder.topic("nobody-subscribed", protocol=None)
    pending = builder.topic("not-confirmed", "https", "https://alerts.example.com/hook")
    deleted = builder.topic("deleted")
    builder.client("sns").delete_topic(TopicArn=deleted)
    changes = {
        "A01": {"Namespace": "CISBenchmrk"},
        "A02": {"ActionsEnabled": False},
        "A03": {"AlarmActions": [], "OKActions": [topic]},
        "A04": {"Threshold": 3},
        "A05": {"EvaluationPeriods": 2, "DatapointsToAlarm": 2},
        "A06": {"TreatMissingData": "breaching"},
        # AWS's own remediation once did this: the filter's metric has no unit.
        "F10": {"Unit": "Seconds"},
        "N02": {"AlarmActions": [deleted]},
        "U01": {"AlarmActions": [lonely]},
        "U02": {"AlarmActions": [pending]},
    }
    for control, pattern in patterns().items():
        link = BROKEN[control]
        if link == "F01":
            pattern = without_event(pattern, "DeletePolicy")
        builder.metric_filter(groups.get(link, group), control, pattern)
        builder.alarm(control, **{"AlarmActions": [topic], **changes.get(link, {})})
    return {"broken": BROKEN}


def reviewed(builder):
    """The complete account some weeks later: some of what changed matters, some does not."""
    logs, cloudwatch, sns = builder.client("logs"), builder.client("cloudwatch"), builder.client("sns")
    group = "/cloudtrail/management-events"
    texts = patterns()
    # Rewritten by hand: the same events in another order, and one event lost.
    first, *rest = texts["cloudtrail_changes"].strip("{} ").split("||")
    builder.metric_filter(group, "cloudtrail_changes", "{ " + " || ".join(part.strip() for part in [*rest, first]) + " }")
    builder.metric_filter(group, "iam_policy_changes", without_event(texts["iam_policy_changes"], "DeletePolicy"))
    # Silenced during an incident, and never switched on again.
    cloudwatch.disable_alarm_actions(AlarmNames=["root_usage"])
    # A new colleague, and a rule that nobody missed.
    topic = sns.create_topic(Name="security-alerts")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="on-call@example.com")
    logs.delete_metric_filter(logGroupName=group, filterName="vpc_changes")
    return {}


def regions(builder):
    """The enabled Regions, as the account lists them."""
    account, names, token = builder.client("account", "us-east-1"), [], {}
    while True:
        page = account.list_regions(MaxResults=50, **token)
        names += [r["RegionName"] for r in page["Regions"] if r["RegionOptStatus"] != "DISABLED"]
        if not page.get("NextToken"):
            return names
        token = {"NextToken": page["NextToken"]}


def watched_by_rules(builder):
    """A trail without a filter or an alarm, and in every Region a rule with a topic of that Region."""
    builder.trail(TRAIL, builder.log_group("/cloudtrail/management-events"))
    pattern = {
        "source": ["aws.cloudtrail"],
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {"eventName": ["CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"]},
    }
    found = regions(builder)
    for region in found:
        events, sns = builder.client("events", region), builder.client("sns", region)
        topic = sns.create_topic(Name="events")["TopicArn"]
        statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish"}
        policy = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": topic}]}
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(policy))
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="security@example.com")
        events.put_rule(Name="trail-changes", EventPattern=json.dumps(pattern), State="ENABLED")
        events.put_targets(Rule="trail-changes", Targets=[{"Id": "topic", "Arn": topic}])
    return {"regions": found}


def rule_disabled(builder):
    """The account watched by rules, whose rule in the home Region somebody disables."""
    builder.client("events").disable_rule(Name="trail-changes")
    return {}


def rule_deleted(builder):
    """The account watched by rules, whose rule in the home Region somebody deletes."""
    events = builder.client("events")
    events.remove_targets(Rule="trail-changes", Ids=["topic"])
    events.delete_rule(Name="trail-changes")
    return {}


def empty(_builder):
    """Nothing was ever set up."""
    return {}


def crowded(builder):
    """The complete account among so many neighbours that every list has several pages."""
    complete(builder)
    for number in range(130):
        builder.alarm(f"unrelated-{number:03}", Namespace="Unrelated", MetricName=f"m{number}")
    for number in range(60):
        builder.client("logs").put_metric_filter(
            logGroupName="/cloudtrail/management-events",
            filterName=f"unrelated-{number:03}",
            filterPattern=f"{{ $.eventName = Unrelated{number} }}",
            metricTransformations=[
                {"metricName": f"m{number}", "metricNamespace": "Unrelated", "metricValue": "1"},
            ],
        )
    topic = builder.topic("security-alerts", protocol=None)
    for number in range(110):
        builder.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint=f"person{number}@example.com")
    return {}


def organization(builder, members=3):
    """An organization whose members hold a role to audit them; each member is an account of its own."""
    organizations = builder.client("organizations", "us-east-1")
    organizations.create_organization(FeatureSet="ALL")
    ids = []
    for number in range(members):
        status = organizations.create_account(Email=f"member{number}@example.com", AccountName=f"member-{number}")
        ids.append(status["CreateAccountStatus"]["AccountId"])
    for member in ids:
        session = builder.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{member}:role/Audit", RoleSessionName="build"
        )["Credentials"]
        complete(
            Builder(
                builder.endpoint,
                member,
                builder.region,
                aws_access_key_id=session["AccessKeyId"],
                aws_secret_access_key=session["SecretAccessKey"],
                aws_session_token=session["SessionToken"],
            )
        )
    return {"members": ids}


KINDS = {
    "broken": broken,
    "complete": complete,
    "crowded": crowded,
    "empty": empty,
    "organization": organization,
    "reviewed": reviewed,
    "rule_deleted": rule_deleted,
    "rule_disabled": rule_disabled,
    "watched_by_rules": watched_by_rules,
}


def build(endpoint, build, account, region="eu-west-1", **options):
    """Builds an account of a kind; gives what a test may want to know of it."""
    return KINDS[build](Builder(endpoint, account, region), **options)


def recording(builder, fault):
    """What is recorded broken in one way; see faults.py."""
    import faults

    return faults.OF_RECORDS[fault](builder) or {}


def ruled(builder, fault):
    """Rules in every Region, broken in one way; see faults.py."""
    import faults

    watched_by_rules(builder)
    faults.OF_RULES[fault](builder)
    return {}


def faults_of(builder, **options):
    """Each control broken at a link of its own; see faults.py."""
    import faults

    return faults.build(builder, **options)


KINDS.update(faults=faults_of, recording=recording, ruled=ruled)
