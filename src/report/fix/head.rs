//! What is said before the changes: what stays open, what has to happen besides, whom the changes touch.

use std::collections::{BTreeMap, BTreeSet};

use crate::analyze::Status;
use crate::aws::arn::short_name;
use crate::remedy::{Change, FindingOutcome, Plan, Resource, Taken, Touch, Wait};
use crate::report::repair::{Repair, repairs};
use crate::report::words;

/// The plan in one line: `3 changes; of the findings that did not pass, 12 pass after them, 1 fails, 0 are unknown`.
pub(super) fn summary(plan: &Plan) -> String {
    let count = |status: Status| {
        let repaired = plan.outcomes.iter().filter(|outcome| {
            outcome.after.status == status
                && !matches!(outcome.before.status, Status::Pass | Status::NotApplicable)
        });
        repaired.count()
    };
    let open = [Status::Pass, Status::Fail, Status::Unknown].map(count);
    if plan.changes.is_empty() && open.iter().all(|number| *number == 0) {
        return "nothing to change: no finding that was asked for is open".to_owned();
    }
    let (changes, after) = match plan.changes.len() {
        0 => ("nothing to change".to_owned(), "all the same"),
        1 => ("1 change".to_owned(), "after it"),
        number => (format!("{number} changes"), "after them"),
    };
    let told = |status, one: &str, many: &str| match count(status) {
        1 => format!("1 {one}"),
        number => format!("{number} {many}"),
    };
    format!(
        "{changes}; of the findings that did not pass, {} {after}, {}, {}",
        told(Status::Pass, "passes", "pass"),
        told(Status::Fail, "fails", "fail"),
        told(Status::Unknown, "is unknown", "are unknown")
    )
}

/// The lines that stand before the changes of every form.
pub(super) fn lines(plan: &Plan) -> Vec<String> {
    let mut out = vec![summary(plan)];
    for outcome in &plan.outcomes {
        if matches!(outcome.before.status, Status::Pass | Status::NotApplicable)
            || outcome.after.status == Status::Pass
        {
            continue;
        }
        let verb = match outcome.after.status {
            Status::Fail => "still fails",
            _ => "stays unknown",
        };
        out.push(format!(
            "{} {verb}: {}",
            named(outcome),
            words::reason(&outcome.after)
        ));
        if let Some(Repair { text: repair, .. }) = repairs(&outcome.after, None).first() {
            out.push(format!(
                "  no change that this program may propose repairs it; what would: {repair}"
            ));
        }
    }
    for (_, wait) in &plan.waits {
        out.push(format!("it passes once {}", waiting(wait)));
    }
    for (_, touch) in &plan.touches {
        out.push(touching(touch));
    }
    out.extend(supposing(plan));
    out.extend(other_forms(plan));
    out
}

/// What nobody asked, an account and Region a line.
fn supposing(plan: &Plan) -> Vec<String> {
    let mut places: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for question in &plan.supposed {
        let place = (question.region.as_str(), question.account.as_str());
        places.entry(place).or_default().insert(&question.operation);
    }
    let told = places.into_iter().map(|((region, account), operations)| {
        let operations: Vec<String> = operations.into_iter().map(str::to_owned).collect();
        format!(
            "nobody asked AWS in {region} of {account} for {}: it is supposed that nothing there is in the way; collect again \
             after the changes, which asks",
            listed(&operations)
        )
    });
    told.collect()
}

/// Where another accepted form than the benchmark's own text is used, and why.
fn other_forms(plan: &Plan) -> Vec<String> {
    let notes = |outcome: &FindingOutcome| {
        let fixed = outcome.after.status == Status::Pass && !outcome.changes.is_empty();
        let told = outcome
            .after
            .notes
            .iter()
            .filter_map(|note| match &note.about {
                crate::analyze::Remark::OtherForm { .. }
                | crate::analyze::Remark::NamesNoEvidence
                | crate::analyze::Remark::AlsoFires { .. } => {
                    Some(format!("{}: {}", named(outcome), words::note(note)))
                }
                crate::analyze::Remark::Link { .. } => None,
            });
        told.filter(|_| fixed).collect::<Vec<_>>()
    };
    plan.outcomes.iter().flat_map(notes).collect()
}

/// The control with its number and account.
pub(super) fn named(outcome: &FindingOutcome) -> String {
    let finding = &outcome.before;
    let number = finding
        .benchmark_id
        .as_deref()
        .map(|number| format!("{number} "))
        .unwrap_or_default();
    format!("{number}{} in {}", finding.control, finding.account)
}

/// What has to happen, to be read after "once".
pub(super) fn waiting(wait: &Wait) -> String {
    match wait {
        Wait::Confirmation {
            topic,
            protocol,
            endpoint,
        } if protocol.starts_with("http") => format!(
            "the endpoint `{}` answers the confirmation that topic `{}` sends it",
            endpoint.as_deref().unwrap_or_default(),
            short_name(topic)
        ),
        Wait::Confirmation {
            topic, endpoint, ..
        } => format!(
            "a person confirms the subscription of {} to topic `{}`",
            address(endpoint.as_deref().unwrap_or_default()),
            short_name(topic)
        ),
        Wait::Delivery { trail } => format!(
            "trail `{}` has delivered to its log group, which takes minutes",
            short_name(trail)
        ),
        Wait::Evaluation { alarm } => {
            format!("CloudWatch has evaluated alarm `{alarm}`, which is in ALARM now")
        }
    }
}

fn touching(touch: &Touch) -> String {
    match touch {
        Touch::Alarms { of, names } => {
            format!("changing `{of}` touches the alarms {}", listed(names))
        }
        Touch::Filters { of, names } => format!(
            "changing alarm `{of}` touches what these metric filters count: {}",
            listed(names)
        ),
        Touch::Targets { of, arns } => format!(
            "changing rule `{of}` touches what all its targets get: {}",
            listed(arns)
        ),
        Touch::Rules { of, names } => {
            format!("changing `{of}` touches the rules {}", listed(names))
        }
        Touch::Controls { of, ids } => format!(
            "changing metric filter `{of}` touches what it counts for already: {}",
            listed(ids)
        ),
        Touch::Organization { of } => {
            format!("changing trail `{of}` touches every account of its organization")
        }
        Touch::Siblings { of, filters } => {
            let others: Vec<String> = filters
                .iter()
                .map(|it| format!("`{}` of log group `{}`", it.name, it.log_group))
                .collect();
            let stay = if others.len() == 1 { "stays" } else { "stay" };
            format!(
                "new metric filter `{of}` counts into the metric of {}, which {stay} as before",
                others.join(", ")
            )
        }
        Touch::SecondCopy { of, beside } => format!(
            "trail `{of}` records what trail `{beside}` may record already: AWS charges for every copy of an event but the first"
        ),
        Touch::DataEvents { of } => format!(
            "trail `{of}` records calls on S3 objects after it, which AWS charges for by their number"
        ),
        Touch::TrailKey { of, region } => format!(
            "the bucket of trail `{of}` has to be in {region}, where the key is, and whoever reads its files has to be let decrypt with it"
        ),
        Touch::Taken { of, what } => {
            format!("changing `{of}` takes something away: {}", losing(what))
        }
    }
}

/// What a change takes away.
fn losing(what: &Taken) -> String {
    match what {
        Taken::Action { arn } => format!("it does not act on `{arn}` any more"),
        Taken::Metric { namespace, metric } => {
            format!("it has nothing to do with metric `{metric}` of namespace `{namespace}` any more")
        }
        Taken::Pattern => {
            "its pattern is replaced, not widened: what it matched before counts only where the new one matches it".to_owned()
        }
        Taken::Value { was } => format!("its metric counts 1 an event, not `{was}`"),
        Taken::DefaultValue => "its metric has no default value any more".to_owned(),
        Taken::Dimensions => "its metric has other dimensions than before".to_owned(),
        Taken::Unit => "its metric has another unit than before".to_owned(),
        Taken::Transformed => {
            "it reads records as they arrive, not as a transformer leaves them".to_owned()
        }
        Taken::FilterPolicy => {
            "it gets every message of the topic, also those that its filter policy kept from it".to_owned()
        }
        Taken::Mute { alarm } => format!("it does not mute `{alarm}` any more"),
        Taken::LogGroup { arn, filters } if filters.is_empty() => {
            format!("it does not deliver to log group `{}` any more", short_name(arn))
        }
        Taken::LogGroup { arn, filters } => format!(
            "it does not deliver to log group `{}` any more, on which these metric filters are: {}",
            short_name(arn),
            listed(filters)
        ),
        Taken::Key { id } => format!(
            "it is not encrypted with the key `{id}` any more, and whoever else publishes to it has to be let use the new one"
        ),
        Taken::Denial { statement } => {
            format!("its policy's statement {statement} is not as it was")
        }
    }
}

fn listed(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// A change in a few words.
pub(super) fn title(change: &Change) -> String {
    let verb = if change.before.is_some() {
        "change"
    } else {
        "create"
    };
    match &change.after {
        Resource::Subscription(_) => {
            let verb = match &change.before {
                Some(Resource::Subscription(before)) if before.confirmed => "change",
                Some(_) => "have somebody confirm",
                None => "create",
            };
            format!("{verb} the {}", thing(&change.after))
        }
        Resource::Rule(rule) => format!("{verb} {} in {}", thing(&change.after), rule.region),
        Resource::Target(target) => format!(
            "{verb} {} in {}: `{}`",
            thing(&change.after),
            target.region,
            short_name(&target.arn)
        ),
        other => format!("{verb} {}", thing(other)),
    }
}

/// A resource and where it is.
pub(super) fn about(resource: &Resource) -> String {
    match resource.region() {
        Some(region) => format!("{} in {region}", thing(resource)),
        None => thing(resource),
    }
}

/// What kind of thing a resource is, and its name.
fn thing(resource: &Resource) -> String {
    let kind = match resource {
        Resource::Bucket(_) => "bucket",
        Resource::Role(_) => "role",
        Resource::LogGroup(_) => "log group",
        Resource::Trail(_) => "trail",
        Resource::MetricFilter(filter) => {
            return format!(
                "metric filter `{}` of log group `{}`",
                filter.name, filter.log_group
            );
        }
        Resource::Key(_) => "key",
        Resource::Topic(_) => "topic",
        Resource::Subscription(subscription) => {
            return format!(
                "subscription of {} to topic `{}`",
                address(resource.name()),
                short_name(&subscription.topic_arn)
            );
        }
        Resource::Alarm(alarm) if alarm.composite => "composite alarm",
        Resource::Alarm(_) => "alarm",
        Resource::MuteRule(_) => "mute rule",
        Resource::Rule(_) => "rule",
        Resource::Target(target) => {
            return format!("target `{}` of rule `{}`", target.id, target.rule);
        }
    };
    format!("{kind} `{}`", name(resource))
}

/// What a resource is called, or that its address is still to be given.
pub(super) fn name(resource: &Resource) -> &str {
    match resource.name() {
        "" => TO_BE_GIVEN,
        name => name,
    }
}

/// In place of an address that the user has not named.
const TO_BE_GIVEN: &str = "the address that you give";

/// An address in a sentence.
pub(super) fn address(address: &str) -> String {
    match address {
        "" => TO_BE_GIVEN.to_owned(),
        address => format!("`{address}`"),
    }
}

/// For which controls a change is.
pub(super) fn serves(plan: &Plan, position: usize) -> String {
    let controls: Vec<&str> = plan
        .outcomes
        .iter()
        .filter(|outcome| outcome.changes.contains(&position))
        .map(|outcome| outcome.before.control.as_str())
        .collect();
    controls.join(", ")
}
