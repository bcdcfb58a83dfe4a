//! What an attack changes of the complete account.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::recorders::{self, AlsoRule, Forward, Second};

use crate::chain::CONTROL;
use crate::chain::log_alarms::queried;
use crate::support::controls::metric_name;
use crate::support::world::{ACCOUNT, Answer, ApiError, HOME, LOG_GROUP, NAMESPACE, Site, World};

/// One change. A table of members is merged into what is there; a member of value `(none)` goes away.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Edit {
    /// Members of the control's alarm.
    Alarm(Value),
    /// Members of every metric alarm.
    Alarms(Value),
    /// Members of the alarm of another control.
    AlarmOf { control: String, merge: Value },
    /// One more metric alarm like the control's, by the name `twin` if it has no other.
    Twin(Value),
    /// One more composite alarm, with the topic as its action.
    Composite(Value),
    /// Members of the control's metric filter.
    Filter(Value),
    /// Members of the transformation of the control's metric filter.
    Transformation(Value),
    /// Lets the control's filter match these events too.
    Also(String),
    /// One more filter, on the control's metric unless its transformation names another.
    Beside(Beside),
    /// AWS does not list the metric filters of all log groups, but those of these.
    FiltersOf(Vec<String>),
    /// A mute rule.
    Mute(Mute),
    /// Lets the control's alarm read queries, by id: an expression, or what to ask of a metric; `returns` is the one
    /// whose value counts.
    Math(Map<String, Value>),
    /// Members of the trail, wherever it is shown.
    Trail(Value),
    /// Members of the trail's status.
    Status(Value),
    /// Basic event selectors.
    Selectors(Value),
    /// Advanced event selectors, each a list of field selectors.
    Advanced(Vec<Value>),
    /// Members of the log group.
    Group(Value),
    /// Attributes of the topic; `Policy` may be a table.
    Topic(Value),
    /// Statements of the topic's policy, in place of those that are there.
    Policy(Vec<Value>),
    /// Encrypts the topic with a customer key.
    Key(Key),
    /// Members of the subscription in the topic's list.
    Subscription(Value),
    /// Attributes of the subscription.
    Attributes(Value),
    /// The filter policy of the subscription, on the body of the message.
    FilterPolicy(String),
    /// An operation answers with an error: `service:Operation`, code.
    Fail(String, String),
    /// An operation answers one account with an error: account, `service:Operation`, code.
    FailOf(String, String, String),
    /// An operation answers in one Region with an error: Region, `service:Operation`, code.
    FailIn(String, String, String),
    /// Nobody asked this account anything.
    Without(String),
    /// An operation was never asked.
    Forget(String),
    /// One more answer.
    Answer(Box<More>),
    /// Members of every answer to an operation, at a JSON pointer.
    At {
        call: String,
        pointer: String,
        merge: Value,
    },
    /// No filter of another control.
    RemoveFilter(String),
    /// No alarm of another control.
    RemoveAlarm(String),
    /// A trail of one Region; whether it has the events of global services.
    SingleRegion(bool),
    /// One more trail like the first.
    SecondTrail(Second),
    /// Encrypts the files of the trail with a customer key.
    TrailKey(Key),
    /// Members of the rule in every Region; `EventPattern` may be a table.
    Rule(Value),
    /// The rule of one Region alone: none of the others has it.
    RuleIn(Vec<String>),
    /// One more rule on the default bus of every Region, or of some.
    AlsoRule(AlsoRule),
    /// Members of every target of the rule; `(region)` in a text is the Region.
    Target(Value),
    /// Encrypts the topic of every Region with a customer key.
    TopicKey(Key),
    /// Encrypts the default bus of every Region with a customer key.
    BusKey(Key),
    /// Moves the rule of every Region to a bus of its own.
    OnBus(String),
    /// A rule on the default buses that forwards to a bus.
    Forward(Forward),
    /// A log alarm in place of all metric filters and alarms.
    LogAlarm(LogAlarm),
}

/// One more metric filter.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beside {
    #[serde(default = "beside")]
    name: String,
    pattern: String,
    #[serde(default)]
    to: Map<String, Value>,
    #[serde(default)]
    with: Map<String, Value>,
}

fn beside() -> String {
    "beside".to_owned()
}

/// A log alarm.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogAlarm {
    query: String,
    /// Members of the alarm.
    #[serde(default)]
    with: Map<String, Value>,
    /// Members of its query's configuration.
    #[serde(default)]
    asking: Map<String, Value>,
}

/// A mute rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mute {
    name: String,
    schedule: Value,
    #[serde(default)]
    of: Vec<String>,
    #[serde(default)]
    with: Map<String, Value>,
}

/// A key that a topic is encrypted with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    #[serde(default)]
    pub(super) metadata: Map<String, Value>,
    pub(super) statements: Vec<Value>,
}

/// One more answer of AWS.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct More {
    call: String,
    #[serde(default = "account")]
    account: String,
    #[serde(default = "region")]
    region: String,
    #[serde(default)]
    request: Value,
    #[serde(default)]
    output: Value,
    #[serde(default)]
    error: Option<String>,
}

fn account() -> String {
    ACCOUNT.to_owned()
}

fn region() -> String {
    HOME.to_owned()
}

pub(super) fn merge(into: &mut Value, members: &Value) {
    let (Value::Object(into), Value::Object(members)) = (into, members) else {
        panic!("members of an object: {members}")
    };
    merge_members(into, members);
}

fn merge_members(into: &mut Map<String, Value>, members: &Map<String, Value>) {
    for (name, value) in members {
        if value == "(none)" {
            into.remove(name);
        } else {
            into.insert(name.clone(), value.clone());
        }
    }
}

fn call(text: &str) -> (&str, &str) {
    text.split_once(':').expect("`service:Operation`")
}

fn site() -> Site {
    Site::new(ACCOUNT, HOME)
}

impl Edit {
    /// Makes the change.
    pub fn apply(&self, world: &mut World) {
        match self {
            Self::Alarm(_)
            | Self::Alarms(_)
            | Self::AlarmOf { .. }
            | Self::Twin(_)
            | Self::Composite(_)
            | Self::Mute(_)
            | Self::Math(_)
            | Self::RemoveAlarm(_) => self.apply_to_alarms(world),
            Self::Filter(_)
            | Self::Transformation(_)
            | Self::Also(_)
            | Self::Beside(_)
            | Self::FiltersOf(_)
            | Self::Group(_)
            | Self::RemoveFilter(_) => self.apply_to_logs(world),
            Self::Trail(_)
            | Self::Status(_)
            | Self::Selectors(_)
            | Self::Advanced(_)
            | Self::SingleRegion(_) => self.apply_to_trail(world),
            Self::SecondTrail(second) => second.add(world),
            Self::TrailKey(key) => key.of_trail(world),
            Self::Rule(members) => recorders::rule(world, members),
            Self::RuleIn(regions) => recorders::rule_in(world, regions),
            Self::AlsoRule(more) => more.add(world),
            Self::Target(members) => recorders::target(world, members),
            Self::TopicKey(key) => key.of_topics(world),
            Self::BusKey(key) => key.of_buses(world),
            Self::OnBus(bus) => world.on_bus(bus),
            Self::Forward(forward) => forward.add(world),
            Self::LogAlarm(alarm) => {
                *world = queried(&alarm.query, |it| {
                    merge(it, &Value::Object(alarm.with.clone()));
                    merge(
                        &mut it["ScheduledQueryConfiguration"],
                        &Value::Object(alarm.asking.clone()),
                    );
                });
            }
            Self::Topic(_)
            | Self::Policy(_)
            | Self::Key(_)
            | Self::Subscription(_)
            | Self::Attributes(_)
            | Self::FilterPolicy(_) => self.apply_to_topic(world),
            Self::Fail(operation, code) => {
                let (service, operation) = call(operation);
                world.fail(service, operation, 400, code);
            }
            Self::FailOf(account, operation, code) => {
                fail_where(world, operation, code, |it| it.account == *account);
            }
            Self::FailIn(region, operation, code) => {
                fail_where(world, operation, code, |it| it.region == *region);
            }
            Self::Without(account) => world.answers.retain(|it| it.account != *account),
            Self::Forget(operation) => {
                let (service, operation) = call(operation);
                world.forget(service, operation);
            }
            Self::Answer(more) => world.answers.push(more.answer()),
            Self::At {
                call: operation,
                pointer,
                merge: members,
            } => {
                let (service, operation) = call(operation);
                world.edit(service, operation, |output| {
                    merge(output.pointer_mut(pointer).expect("a member"), members);
                });
            }
        }
    }

    fn apply_to_alarms(&self, world: &mut World) {
        match self {
            Self::Alarm(members) => {
                world.edit_alarm(CONTROL, |alarm| merge(alarm, members));
            }
            Self::Alarms(members) => {
                world.edit_alarms(|alarm| merge(alarm, members));
            }
            Self::AlarmOf {
                control,
                merge: members,
            } => {
                world.edit_alarm(control, |alarm| merge(alarm, members));
            }
            Self::Twin(members) => {
                let mut twin = site().metric_alarm(CONTROL);
                twin["AlarmName"] = json!("twin");
                merge(&mut twin, members);
                let name = twin["AlarmName"].as_str().expect("a name").to_owned();
                twin["AlarmArn"] = json!(site().alarm_arn(&name));
                world.add_metric_alarm(twin);
            }
            Self::Composite(members) => {
                let name = members["AlarmName"].as_str().expect("a name");
                let rule = members["AlarmRule"].as_str().expect("a rule");
                let mut composite = site().composite_alarm(name, rule);
                merge(&mut composite, members);
                world.add_composite_alarm(composite);
            }
            Self::Mute(rule) => {
                let of: Vec<&str> = rule.of.iter().map(String::as_str).collect();
                world.mute(&rule.name, rule.schedule.clone(), &of);
                let last = world.answers.last_mut().expect("the rule's answer");
                let output = last.output.as_mut().expect("an answer");
                merge(output, &Value::Object(rule.with.clone()));
            }
            Self::Math(queries) => {
                world.edit_alarm(CONTROL, |alarm| reads(alarm, queries));
            }
            Self::RemoveAlarm(control) => {
                world.remove_alarm(control);
            }
            _ => unreachable!("not about alarms: {self:?}"),
        }
    }

    fn apply_to_logs(&self, world: &mut World) {
        match self {
            Self::Filter(members) => {
                world.edit_filter(CONTROL, |filter| merge(filter, members));
            }
            Self::Transformation(members) => {
                world.edit_filter(CONTROL, |filter| {
                    merge(&mut filter["metricTransformations"][0], members);
                });
            }
            Self::Also(pattern) => {
                world.edit_filter(CONTROL, |filter| {
                    let own = inside(filter["filterPattern"].as_str().expect("a pattern"));
                    let both = format!("{{ ({own}) || ({}) }}", inside(pattern));
                    filter["filterPattern"] = json!(both);
                });
            }
            Self::Beside(beside) => {
                let mut to = json!({"metricName": metric_name(CONTROL), "metricNamespace": NAMESPACE, "metricValue": "1"});
                merge(&mut to, &Value::Object(beside.to.clone()));
                let mut filter = json!({
                    "filterName": beside.name,
                    "filterPattern": beside.pattern,
                    "metricTransformations": [to],
                    "logGroupName": LOG_GROUP,
                });
                merge(&mut filter, &Value::Object(beside.with.clone()));
                world.add_filter(filter);
            }
            Self::FiltersOf(groups) => world.list_filters_of(groups),
            Self::Group(members) => {
                world.edit("logs", "DescribeLogGroups", |output| {
                    merge(&mut output["logGroups"][0], members);
                });
            }
            Self::RemoveFilter(control) => {
                world.remove_filter(control);
            }
            _ => unreachable!("not about logs: {self:?}"),
        }
    }

    fn apply_to_trail(&self, world: &mut World) {
        match self {
            Self::Trail(members) => {
                world.edit_trail(|trail| merge(trail, members));
            }
            Self::Status(members) => {
                world.edit("cloudtrail", "GetTrailStatus", |output| {
                    merge(output, members)
                });
            }
            Self::Selectors(selectors) => {
                world.selectors("EventSelectors", selectors.clone());
            }
            Self::Advanced(selectors) => {
                let selectors: Vec<Value> = selectors
                    .iter()
                    .map(|fields| json!({"FieldSelectors": fields}))
                    .collect();
                world.selectors("AdvancedEventSelectors", json!(selectors));
            }
            Self::SingleRegion(global) => {
                world.single_region(*global);
            }
            _ => unreachable!("not about the trail: {self:?}"),
        }
    }

    fn apply_to_topic(&self, world: &mut World) {
        match self {
            Self::Topic(members) => {
                let mut members = members.clone();
                if members["Policy"].is_object() {
                    members["Policy"] = json!(members["Policy"].to_string());
                } else if members["Policy"].is_null() {
                    let object = members.as_object_mut().expect("attributes");
                    object.remove("Policy");
                }
                world.edit_topic(|topic| merge(topic, &members));
            }
            Self::Policy(statements) => {
                let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
                world.edit_topic(|topic| topic["Policy"] = json!(policy));
            }
            Self::Key(key) => key.encrypt(world),
            Self::Subscription(members) => {
                world.edit_subscription(|one| merge(one, members));
            }
            Self::Attributes(members) => {
                world.edit_subscription_attributes(|one| merge(one, members));
            }
            Self::FilterPolicy(policy) => {
                world.edit_subscription_attributes(|one| {
                    one["FilterPolicy"] = json!(policy);
                    one["FilterPolicyScope"] = json!("MessageBody");
                });
            }
            _ => unreachable!("not about the topic: {self:?}"),
        }
    }
}

impl More {
    fn answer(&self) -> Answer {
        let (service, operation) = call(&self.call);
        Answer {
            account: self.account.clone(),
            region: self.region.clone(),
            service: service.to_owned(),
            operation: operation.to_owned(),
            request: match &self.request {
                Value::Null => json!({}),
                request => request.clone(),
            },
            output: match &self.error {
                None => Ok(self.output.clone()),
                Some(code) => Err(ApiError {
                    status: 400,
                    code: code.clone(),
                    message: format!("{code} on {}", self.call),
                }),
            },
        }
    }
}

impl Key {
    fn encrypt(&self, world: &mut World) {
        let arn = format!("arn:aws:kms:{HOME}:{ACCOUNT}:key/0f7d5b9e");
        let mut metadata = json!({
            "AWSAccountId": ACCOUNT, "KeyId": "0f7d5b9e", "Arn": arn, "Enabled": true, "KeyState": "Enabled",
            "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT",
        });
        merge(&mut metadata, &Value::Object(self.metadata.clone()));
        let policy = json!({"Version": "2012-10-17", "Statement": self.statements}).to_string();
        world.edit_topic(|topic| topic["KmsMasterKeyId"] = json!(arn));
        world.answer(
            "kms",
            "DescribeKey",
            json!({"KeyId": arn}),
            json!({"KeyMetadata": metadata}),
        );
        world.answer(
            "kms",
            "GetKeyPolicy",
            json!({"KeyId": arn, "PolicyName": "default"}),
            json!({"Policy": policy, "PolicyName": "default"}),
        );
    }
}

/// Lets those answers to an operation be errors.
fn fail_where(world: &mut World, operation: &str, code: &str, those: impl Fn(&Answer) -> bool) {
    let (service, operation) = call(operation);
    let mut found = false;
    for answer in world.answers_to(service, operation) {
        if those(answer) {
            found = true;
            answer.output = Err(ApiError {
                status: 400,
                code: code.to_owned(),
                message: format!("{code} on {operation}"),
            });
        }
    }
    assert!(found, "nothing to fail: {operation}");
}

/// A pattern without its braces.
fn inside(pattern: &str) -> String {
    let inner = pattern.trim().trim_start_matches('{').trim_end_matches('}');
    inner.trim().to_owned()
}

/// Lets an alarm read queries instead of its metric.
fn reads(alarm: &mut Value, queries: &Map<String, Value>) {
    let fields = alarm.as_object_mut().expect("an object");
    for name in [
        "MetricName",
        "Namespace",
        "Statistic",
        "Dimensions",
        "Period",
    ] {
        fields.remove(name);
    }
    let metrics: Vec<Value> = queries.iter().map(|(id, asked)| query(id, asked)).collect();
    fields.insert("Metrics".to_owned(), json!(metrics));
}

fn query(id: &str, asked: &Value) -> Value {
    let returned = id == "returns";
    if let Some(expression) = asked.as_str() {
        return json!({"Id": id, "Expression": expression, "ReturnData": returned});
    }
    let or = |name: &str, default: Value| match &asked[name] {
        Value::Null => default,
        value => value.clone(),
    };
    let mut stat = json!({
        "Metric": {
            "Namespace": or("namespace", json!(NAMESPACE)),
            "MetricName": or("metric", json!(metric_name(CONTROL))),
            "Dimensions": or("dimensions", json!([])),
        },
        "Period": or("period", json!(300)),
        "Stat": or("stat", json!("Sum")),
    });
    if let Some(unit) = asked["unit"].as_str() {
        stat["Unit"] = json!(unit);
    }
    let mut query = json!({"Id": id, "ReturnData": returned, "MetricStat": stat});
    if let Some(account) = asked["account"].as_str() {
        query["AccountId"] = json!(account);
    }
    query
}
