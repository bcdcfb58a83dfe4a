//! Synthetic organizations and accounts of any size: deterministic, written as snapshots whose facts follow from evidence.
//!
//! A [`Shape`] is what grows, with its numbers: `accounts:1000`, `grid:30,30,30,30`. Accounts are those of the tests: most of
//! them healthy, some broken, some odd, by their position alone. They are recorded one after the other, so that ten thousand of
//! them need no memory.

use std::path::Path;

use serde_json::{Value, json};
use trailproof::snapshot::Writer;

use super::world::{ACCOUNT, HOME, LOG_GROUP, NAMESPACE, Site, World};

/// What grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Accounts with a chain each: healthy, broken and odd ones.
    Accounts(usize),
    /// Members of an organization that share one trail.
    Members(usize),
    /// Metric filters on one log group beside those of the benchmark, each with a metric of its own.
    Filters(usize),
    /// Trails x filters x alarms a filter x subscriptions a topic.
    Grid([usize; 4]),
    /// Filters x alarms x subscriptions, where all filters write one metric that all alarms watch.
    Shared([usize; 3]),
    /// Filters that ask for a regular expression.
    Expressions(usize),
    /// Filters that ask for texts with wildcards.
    Wildcards(usize),
    /// Composite alarms, each above the last.
    Composites(usize),
    /// Alarms that watch nothing of ours; with another threshold where the second number is 1.
    Alarms([usize; 2]),
    /// Names of so many bytes.
    Names(usize),
}

impl Shape {
    /// Reads `accounts:1000`.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, numbers) = text.split_once(':')?;
        let numbers: Vec<usize> = numbers
            .split(',')
            .map(|number| number.parse().ok())
            .collect::<Option<_>>()?;
        Some(match (name, numbers.as_slice()) {
            ("accounts", [n]) => Self::Accounts(*n),
            ("members", [n]) => Self::Members(*n),
            ("filters", [n]) => Self::Filters(*n),
            ("grid", [t, f, a, s]) => Self::Grid([*t, *f, *a, *s]),
            ("shared", [f, a, s]) => Self::Shared([*f, *a, *s]),
            ("expressions", [n]) => Self::Expressions(*n),
            ("wildcards", [n]) => Self::Wildcards(*n),
            ("composites", [n]) => Self::Composites(*n),
            ("alarms", [n, changed]) => Self::Alarms([*n, *changed]),
            ("names", [n]) => Self::Names(*n),
            _ => return None,
        })
    }

    /// Writes it as a complete snapshot.
    pub fn write(self, path: &Path) {
        let mut writer = Writer::create(path, "trailproof scale", super::world::at(0), true)
            .unwrap()
            .in_bulk();
        let mut calls = 0;
        self.each_world(|world| calls += world.record(&mut writer, calls));
        writer.finish(super::world::at(calls + 1)).unwrap();
    }

    /// The worlds that it is made of: one, or one an account.
    pub fn each_world(self, mut each: impl FnMut(&World)) {
        match self {
            Self::Accounts(count) => (0..count).for_each(|index| each(&account(index))),
            Self::Members(count) => {
                let ids: Vec<String> = (0..count).map(id).collect();
                let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
                each(&World::organization_of(&ids));
            }
            Self::Filters(count) => each(&filters(count)),
            Self::Grid(numbers) => each(&grid(numbers)),
            Self::Shared(numbers) => each(&shared(numbers)),
            Self::Expressions(count) => each(&texts(count, |index| {
                format!("{{ $.eventName = %b.b[ab]{{{}}}a% }}", 12 - index % 3)
            })),
            Self::Wildcards(count) => each(&texts(count, |index| {
                let letter = |at: usize| char::from(b'a' + u8::try_from(at % 26).unwrap());
                let (one, two) = (letter(index), letter(index / 26 + 7));
                format!("{{ $.eventName = \"*{one}*{two}{index}*\" }}")
            })),
            Self::Composites(count) => each(&composites(count)),
            Self::Alarms([count, changed]) => each(&alarms(count, changed > 0)),
            Self::Names(bytes) => each(&names(bytes)),
        }
    }
}

/// The id of an account.
fn id(index: usize) -> String {
    format!("{:012}", 200_000_000_000_u64 + index as u64)
}

/// An account by its position: of ten, seven are healthy, two broken in one way each, one is odd.
fn account(index: usize) -> World {
    let site = Site::new(&id(index), HOME);
    let mut world = World::of(&site);
    let kind = index / 10;
    match index % 10 {
        7 => broken(&mut world, kind),
        8 => broken(&mut world, kind + 3),
        9 => odd(&mut world, kind, &site),
        _ => {}
    }
    world
}

/// One of the faults that accounts have.
fn broken(world: &mut World, kind: usize) {
    match kind % 7 {
        0 => world.remove_filter("root_usage"),
        1 => world.remove_alarm("cloudtrail_changes"),
        2 => world.edit_alarms(|alarm| alarm["ActionsEnabled"] = json!(false)),
        3 => world.edit_subscription(|it| it["SubscriptionArn"] = json!("PendingConfirmation")),
        4 => world.edit_alarm("vpc_changes", |alarm| alarm["Threshold"] = json!(100.0)),
        5 => world.selectors(
            "EventSelectors",
            json!([{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": true, "DataResources": []}]),
        ),
        _ => world.deny("sns", "ListSubscriptionsByTopic"),
    };
}

/// What is legal and rare.
fn odd(world: &mut World, kind: usize, site: &Site) {
    match kind % 5 {
        0 => world.edit_filter("nacl_changes", |filter| {
            filter["filterPattern"] = json!("{ $.broken")
        }),
        1 => world
            .edit_topic(|topic| topic["DisplayName"] = json!("\u{202e}\u{1b}[8m, \"quoted\"\n")),
        2 => world.add_composite_alarm(site.composite_alarm(
            "all",
            &format!("ALARM(\"{}\")", super::controls::alarm_name("root_usage")),
        )),
        3 => world.edit_alarm("root_usage", |alarm| {
            alarm["TreatMissingData"] = json!("breaching")
        }),
        _ => world.edit_filters(|filter| {
            filter["metricTransformations"][0]["metricName"] = json!("one-for-all");
        }),
    };
}

/// A pattern for a name that nobody else asks for.
fn one_name(index: usize) -> String {
    format!("{{ $.eventName = \"Application{index}\" }}")
}

/// A metric of the filter's own.
fn own_metric(index: usize) -> String {
    format!("m-{index:05}")
}

fn more_filters(
    world: &mut World,
    count: usize,
    pattern: impl Fn(usize) -> String,
    metric: impl Fn(usize) -> String,
) {
    let each = (0..count).map(|index| {
        filter(
            &format!("filter-{index:05}"),
            &pattern(index),
            &metric(index),
        )
    });
    append(world, "DescribeMetricFilters", "metricFilters", each);
}

fn more_alarms(world: &mut World, alarms: impl Iterator<Item = Value>) {
    append(world, "DescribeAlarms", "MetricAlarms", alarms);
}

fn filters(count: usize) -> World {
    let mut world = World::complete();
    more_filters(&mut world, count, one_name, |index| {
        format!("application-{index:05}")
    });
    world
}

fn texts(count: usize, pattern: impl Fn(usize) -> String) -> World {
    let mut world = World::complete();
    let site = Site::new(ACCOUNT, HOME);
    more_filters(&mut world, count, pattern, own_metric);
    more_alarms(
        &mut world,
        (0..count).map(|index| alarm(&site, &format!("alarm-{index:05}"), &own_metric(index))),
    );
    world
}

fn grid([trails, filters, alarms, subscriptions]: [usize; 4]) -> World {
    let site = Site::new(ACCOUNT, HOME);
    let mut world = World::complete();
    more_filters(&mut world, filters, one_name, own_metric);
    let each = (0..filters).flat_map(|filter| (0..alarms).map(move |alarm| (filter, alarm)));
    more_alarms(
        &mut world,
        each.map(|(filter, index)| {
            alarm(
                &site,
                &format!("alarm-{filter:05}-{index:05}"),
                &own_metric(filter),
            )
        }),
    );
    more_subscriptions(&mut world, &site, subscriptions);
    more_trails(&mut world, &site, trails);
    world
}

fn shared([filters, alarms, subscriptions]: [usize; 3]) -> World {
    let site = Site::new(ACCOUNT, HOME);
    let mut world = World::complete();
    more_filters(&mut world, filters, one_name, |_| "one-for-all".to_owned());
    more_alarms(
        &mut world,
        (0..alarms).map(|index| alarm(&site, &format!("alarm-{index:05}"), "one-for-all")),
    );
    more_subscriptions(&mut world, &site, subscriptions);
    world
}

fn composites(count: usize) -> World {
    let site = Site::new(ACCOUNT, HOME);
    let mut world = World::complete();
    append(
        &mut world,
        "DescribeAlarms",
        "CompositeAlarms",
        (0..count).map(|index| {
            let below = match index {
                0 => super::controls::alarm_name("root_usage"),
                _ => format!("composite-{:05}", index - 1),
            };
            site.composite_alarm(
                &format!("composite-{index:05}"),
                &format!("ALARM(\"{below}\")"),
            )
        }),
    );
    world
}

/// In pages, as AWS would give them.
fn alarms(count: usize, changed: bool) -> World {
    const A_PAGE: usize = 1_000;
    let site = Site::new(ACCOUNT, HOME);
    let mut world = World::complete();
    let at = world
        .answers
        .iter()
        .position(|answer| answer.operation == "DescribeAlarms")
        .unwrap();
    let mut page = world.answers[at].clone();
    for start in (0..count).step_by(A_PAGE) {
        let token = format!("page-{}", start / A_PAGE + 1);
        if let Ok(output) = &mut world.answers.get_mut(at + start / A_PAGE).unwrap().output {
            output["NextToken"] = json!(token);
        }
        page.request["NextToken"] = json!(token);
        let alarms = (start..count.min(start + A_PAGE)).map(|index| {
            let mut alarm = alarm(
                &site,
                &format!("other-{index:07}"),
                &format!("other-{index:07}"),
            );
            alarm["Threshold"] = json!(if changed { 2.0 } else { 1.0 });
            alarm
        });
        page.output = Ok(
            json!({"MetricAlarms": alarms.collect::<Vec<_>>(), "CompositeAlarms": [], "LogAlarms": []}),
        );
        world.answers.insert(at + start / A_PAGE + 1, page.clone());
    }
    world
}

/// An answer holds at most 16 MB, and an alarm's ARN repeats its name.
fn names(bytes: usize) -> World {
    let site = Site::new(ACCOUNT, HOME);
    let mut world = World::complete();
    let name = "n".repeat(bytes);
    let shorter = "n".repeat(bytes / 2);
    append(
        &mut world,
        "DescribeMetricFilters",
        "metricFilters",
        [filter(&name, "{ $.eventName = \"Application\" }", "named")].into_iter(),
    );
    append(
        &mut world,
        "DescribeAlarms",
        "MetricAlarms",
        [alarm(&site, &shorter, "named")].into_iter(),
    );
    world
}

/// More items in the list that an operation answers with.
fn append(world: &mut World, operation: &str, list: &str, items: impl Iterator<Item = Value>) {
    let items: Vec<Value> = items.collect();
    let answer = world
        .answers
        .iter_mut()
        .find(|answer| answer.operation == operation)
        .unwrap();
    let output = answer.output.as_mut().unwrap();
    output[list].as_array_mut().unwrap().extend(items);
}

fn filter(name: &str, pattern: &str, metric: &str) -> Value {
    json!({
        "filterName": name,
        "filterPattern": pattern,
        "metricTransformations": [{
            "metricName": metric,
            "metricNamespace": NAMESPACE,
            "metricValue": "1",
        }],
        "creationTime": 1_760_000_000_000_u64,
        "logGroupName": LOG_GROUP,
        "applyOnTransformedLogs": false,
    })
}

fn alarm(site: &Site, name: &str, metric: &str) -> Value {
    let mut alarm = site.metric_alarm("root_usage");
    alarm["AlarmName"] = json!(name);
    alarm["AlarmArn"] = json!(site.alarm_arn(name));
    alarm["MetricName"] = json!(metric);
    alarm
}

/// The topic's address several times.
fn more_subscriptions(world: &mut World, site: &Site, count: usize) {
    let arn = |index: usize| format!("{}:6b5d2f0e-0000-4000-8000-{index:012}", site.topic_arn());
    let mut attributes = Vec::new();
    world.answers.retain(|answer| {
        let of_one = answer.operation == "GetSubscriptionAttributes";
        if of_one {
            attributes.push(answer.clone());
        }
        !of_one
    });
    let one = attributes.pop().unwrap();
    for index in 0..count {
        let mut answer = one.clone();
        answer.request["SubscriptionArn"] = json!(arn(index));
        let output = answer.output.as_mut().unwrap();
        output["Attributes"]["SubscriptionArn"] = json!(arn(index));
        output["Attributes"]["Endpoint"] = json!(format!("person-{index:05}@example.com"));
        world.answers.push(answer);
    }
    world.edit("sns", "ListSubscriptionsByTopic", |output| {
        let one = output["Subscriptions"][0].clone();
        let all = (0..count).map(|index| {
            let mut subscription = one.clone();
            subscription["SubscriptionArn"] = json!(arn(index));
            subscription["Endpoint"] = json!(format!("person-{index:05}@example.com"));
            subscription
        });
        output["Subscriptions"] = json!(all.collect::<Vec<_>>());
    });
}

/// More trails that deliver to the same log group.
fn more_trails(world: &mut World, site: &Site, count: usize) {
    let arn = |index: usize| match index {
        0 => site.trail_arn(),
        _ => format!("{}-{index:05}", site.trail_arn()),
    };
    world.edit("cloudtrail", "DescribeTrails", |output| {
        let one = output["trailList"][0].clone();
        let all = (0..count).map(|index| {
            let mut trail = one.clone();
            trail["TrailARN"] = json!(arn(index));
            trail["Name"] = json!(arn(index).rsplit('/').next().unwrap());
            trail
        });
        output["trailList"] = json!(all.collect::<Vec<_>>());
    });
    for operation in ["GetTrailStatus", "GetEventSelectors"] {
        let one = world
            .answers
            .iter()
            .find(|answer| answer.operation == operation)
            .unwrap()
            .clone();
        for index in 1..count {
            let mut answer = one.clone();
            let named = if operation == "GetTrailStatus" {
                "Name"
            } else {
                "TrailName"
            };
            answer.request[named] = json!(arn(index));
            if let (Ok(output), "GetEventSelectors") = (&mut answer.output, operation) {
                output["TrailARN"] = json!(arn(index));
            }
            world.answers.push(answer);
        }
    }
}
