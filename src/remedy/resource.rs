//! Resources as their owners set them: the whole of what a put operation takes, and nothing else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::aws::arn::Arn;
use crate::snapshot::facts::{ALARM_SETTINGS, Of};

/// One resource as it is and as it is to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// As it is; none where there is no such thing yet.
    pub before: Option<Resource>,
    /// As it is to be.
    pub after: Resource,
}

/// A resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "resource", rename_all = "snake_case")]
pub enum Resource {
    /// A bucket for the files of a trail.
    Bucket(Bucket),
    /// A role by which CloudTrail writes into a log group.
    Role(Role),
    /// A log group.
    LogGroup(LogGroup),
    /// A trail with its event selectors.
    Trail(Trail),
    /// A metric filter with its metric.
    MetricFilter(MetricFilter),
    /// A key for a topic, the rules of a bus, or the files of a trail.
    Key(Key),
    /// A topic.
    Topic(Topic),
    /// A subscription.
    Subscription(Subscription),
    /// An alarm, metric or composite.
    Alarm(Alarm),
    /// A mute rule of alarms.
    MuteRule(MuteRule),
    /// An EventBridge rule, without its targets.
    Rule(Rule),
    /// A target of an EventBridge rule.
    Target(Target),
}

/// A bucket for the files of a trail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Its account.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// Its name.
    pub name: String,
    /// ARN of the trail that writes into it.
    pub trail_arn: String,
}

/// A role by which CloudTrail writes into a log group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Role {
    /// Its account.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// ARN of the log group, without `:*`.
    pub log_group_arn: String,
}

/// A log group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogGroup {
    /// Its account.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// Its ARN, without `:*`.
    pub arn: String,
    /// Its name.
    pub name: String,
}

/// A trail with its event selectors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trail {
    /// The account that owns it.
    pub account: String,
    /// Its home Region.
    pub region: String,
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// IsMultiRegionTrail.
    pub multi_region: bool,
    /// IncludeGlobalServiceEvents.
    pub global_events: bool,
    /// IsOrganizationTrail.
    pub organization: bool,
    /// IsLogging.
    pub logging: bool,
    /// CloudWatchLogsLogGroupArn, without `:*`.
    pub log_group_arn: Option<String>,
    /// CloudWatchLogsRoleArn.
    pub role_arn: Option<String>,
    /// S3BucketName.
    pub bucket: Option<String>,
    /// S3KeyPrefix.
    pub prefix: Option<String>,
    /// KmsKeyId.
    pub kms_key_id: Option<String>,
    /// LogFileValidationEnabled.
    pub validation: bool,
    /// EventSelectors, as PutEventSelectors takes them.
    pub selectors: Vec<Value>,
    /// AdvancedEventSelectors, as PutEventSelectors takes them.
    pub advanced_selectors: Vec<Value>,
}

/// A metric filter with its metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricFilter {
    /// Its account.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// Name of its log group.
    pub log_group: String,
    /// Its name.
    pub name: String,
    /// filterPattern.
    pub pattern: String,
    /// metricNamespace.
    pub namespace: String,
    /// metricName.
    pub metric: String,
    /// metricValue.
    pub value: String,
    /// defaultValue, a number as text.
    pub default_value: Option<String>,
    /// unit.
    pub unit: Option<String>,
    /// dimensions.
    pub dimensions: BTreeMap<String, String>,
    /// applyOnTransformedLogs.
    pub on_transformed_logs: Option<bool>,
    /// fieldSelectionCriteria.
    pub field_selection: Option<String>,
    /// emitSystemFieldDimensions.
    pub system_dimensions: Vec<String>,
}

/// A key for a topic, the rules of a bus, or the files of a trail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// Its account.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// How it is named where it is used: an id, ARN or alias.
    pub id: String,
    /// Its ARN; none of one that is to be created.
    pub arn: Option<String>,
    /// Whether it is enabled.
    pub enabled: bool,
    /// Its policy.
    pub policy: Option<String>,
}

impl Key {
    /// The id of one that is there, by which KMS knows it within its account and Region.
    pub(crate) fn key_id(&self) -> Option<&str> {
        let arn = Arn::parse(self.arn.as_deref()?)?;
        arn.resource.strip_prefix("key/")
    }
}

/// A topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Topic {
    /// The account that owns it.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its policy.
    pub policy: Option<String>,
    /// KmsMasterKeyId.
    pub kms_key_id: Option<String>,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subscription {
    /// The account of its topic.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// ARN of its topic.
    pub topic_arn: String,
    /// email, sms, https ...
    pub protocol: String,
    /// The address; none where the user has to give one.
    pub endpoint: Option<String>,
    /// Its ARN, once it has one.
    pub arn: Option<String>,
    /// Whether it is confirmed.
    pub confirmed: bool,
    /// FilterPolicy.
    pub filter_policy: Option<String>,
    /// FilterPolicyScope.
    pub filter_policy_scope: Option<String>,
}

/// An alarm, metric or composite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// Its account.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Whether it is a composite alarm.
    pub composite: bool,
    /// Everything that can be set but for the name, as PutMetricAlarm or PutCompositeAlarm takes it.
    pub settings: Map<String, Value>,
}

impl Alarm {
    /// A setting that is a text.
    pub(crate) fn text(&self, setting: &str) -> Option<&str> {
        self.settings.get(setting)?.as_str()
    }

    /// Namespace and name of the metric that it watches; none where it watches an expression.
    pub(crate) fn metric(&self) -> Option<(&str, &str)> {
        self.text("Namespace").zip(self.text("MetricName"))
    }

    /// The members of the API that an alarm of its type may be set by, but for its actions.
    pub(crate) fn members(&self) -> impl Iterator<Item = &'static str> + use<> {
        let own = if self.composite {
            Of::Composite
        } else {
            Of::Metric
        };
        let settings = ALARM_SETTINGS.iter();
        settings
            .filter(move |setting| setting.of == Of::All || setting.of == own)
            .map(|setting| setting.member)
    }
}

/// A mute rule of alarms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MuteRule {
    /// Its account.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The schedule and the times, as PutAlarmMuteRule takes them.
    pub settings: Map<String, Value>,
    /// The alarms that it mutes.
    pub alarms: Vec<String>,
}

/// An EventBridge rule, without its targets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Its account.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// Its ARN.
    pub arn: String,
    /// EventBusName.
    pub bus: String,
    /// Its name.
    pub name: String,
    /// State.
    pub state: String,
    /// EventPattern.
    pub pattern: Option<String>,
    /// ScheduleExpression: a rule may have both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// RoleArn.
    pub role_arn: Option<String>,
}

/// A target of an EventBridge rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// The account of the rule.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// EventBusName of the rule.
    pub bus: String,
    /// Name of the rule.
    pub rule: String,
    /// Its id among the targets of the rule.
    pub id: String,
    /// ARN of what is told.
    pub arn: String,
    /// RoleArn, and what makes the message (Input, InputPath, InputTransformer), as PutTargets takes them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub settings: Map<String, Value>,
}

impl Resource {
    /// The account that it is in.
    pub fn account(&self) -> &str {
        match self {
            Self::Bucket(it) => &it.account,
            Self::Role(it) => &it.account,
            Self::LogGroup(it) => &it.account,
            Self::Trail(it) => &it.account,
            Self::MetricFilter(it) => &it.account,
            Self::Key(it) => &it.account,
            Self::Topic(it) => &it.account,
            Self::Subscription(it) => &it.account,
            Self::Alarm(it) => &it.account,
            Self::MuteRule(it) => &it.account,
            Self::Rule(it) => &it.account,
            Self::Target(it) => &it.account,
        }
    }

    /// The Region that it is in; none for a role.
    pub fn region(&self) -> Option<&str> {
        match self {
            Self::Bucket(it) => Some(&it.region),
            Self::Role(_) => None,
            Self::LogGroup(it) => Some(&it.region),
            Self::Trail(it) => Some(&it.region),
            Self::MetricFilter(it) => Some(&it.region),
            Self::Key(it) => Some(&it.region),
            Self::Topic(it) => Some(&it.region),
            Self::Subscription(it) => Some(&it.region),
            Self::Alarm(it) => Some(&it.region),
            Self::MuteRule(it) => Some(&it.region),
            Self::Rule(it) => Some(&it.region),
            Self::Target(it) => Some(&it.region),
        }
    }

    /// The name that its owner gave it; empty for a subscription of an address that is still to be given.
    pub fn name(&self) -> &str {
        match self {
            Self::Bucket(it) => &it.name,
            Self::Role(it) => &it.name,
            Self::LogGroup(it) => &it.name,
            Self::Trail(it) => &it.name,
            Self::MetricFilter(it) => &it.name,
            Self::Key(it) => &it.id,
            Self::Topic(it) => &it.name,
            Self::Subscription(it) => it.endpoint.as_deref().unwrap_or_default(),
            Self::Alarm(it) => &it.name,
            Self::MuteRule(it) => &it.name,
            Self::Rule(it) => &it.name,
            Self::Target(it) => &it.id,
        }
    }

    /// Where it stands among the kinds: what others name comes before them.
    fn rank(&self) -> u8 {
        match self {
            Self::Bucket(_) => 0,
            Self::LogGroup(_) => 1,
            Self::Role(_) => 2,
            Self::Key(_) => 3,
            Self::Trail(_) => 4,
            Self::MetricFilter(_) => 5,
            Self::Topic(_) => 6,
            Self::Subscription(_) => 7,
            Self::Alarm(_) => 8,
            Self::MuteRule(_) => 9,
            Self::Rule(_) => 10,
            Self::Target(_) => 11,
        }
    }

    /// What two descriptions of one resource have in common, in the order in which changes are made.
    pub fn key(&self) -> (u8, String) {
        let within = match self {
            Self::MetricFilter(it) => it.log_group.as_str(),
            Self::Subscription(it) => it.topic_arn.as_str(),
            Self::Rule(it) => it.bus.as_str(),
            Self::Target(it) => it.rule.as_str(),
            _ => "",
        };
        let place = self.region().unwrap_or_default();
        let key = [self.account(), place, within, self.name()].join("\u{1}");
        (self.rank(), key)
    }

    /// It as JSON: what is compared and shown as a difference.
    pub fn fields(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        }
    }
}

/// Adds a change to others: of one resource the last state counts, and one that ends as it began is none.
pub(super) fn merge(changes: &mut Vec<Change>, change: Change) {
    let key = change.after.key();
    match changes.iter_mut().find(|known| known.after.key() == key) {
        Some(known) => known.after = change.after,
        None => changes.push(change),
    }
    changes.retain(|change| change.before.as_ref() != Some(&change.after));
    changes.sort_by_key(|change| change.after.key());
}

macro_rules! resources {
    ($($name:ident)*) => {
        $(impl From<$name> for Resource {
            fn from(resource: $name) -> Self {
                Self::$name(resource)
            }
        })*
    };
}

resources! { Bucket Role LogGroup Trail MetricFilter Key Topic Subscription Alarm MuteRule Rule Target }
