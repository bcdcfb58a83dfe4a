//! Fixes: tried on a copy of the facts, and printed.

mod document;
#[cfg(feature = "collect")]
mod emulator;
mod hostile;
#[cfg(feature = "collect")]
mod matrix;
mod organization;
mod people;
mod played;
mod recorded;
mod regions;
mod sample;
mod scripted;
mod smallest;
#[cfg(feature = "collect")]
mod standing;
mod terraform;

use trailproof::analyze::{Finding, Options, Status};
use trailproof::chain::verdict::LinkId;
use trailproof::control::Registry;
use trailproof::remedy::{self, FindingOutcome, Plan, Resource};
use trailproof::report::fix;
use trailproof::report::words::reason;
use trailproof::snapshot::Snapshot;

use crate::support::world::World;

/// Links that no command may repair: what is masked is a person's decision, why an alarm that is set as it should be sits in
/// ALARM no snapshot shows, and a bucket that refuses files is its owner's.
const LEFT_TO_PEOPLE: [LinkId; 4] = [LinkId::L04, LinkId::A15, LinkId::T06, LinkId::T15];

/// Links whose faults are a resource that is made anew, with answers of its own that the answers of a world do not grow:
/// their scripts run on the emulators (`matrix`).
const NOT_PLAYED: [LinkId; 3] = [LinkId::L01, LinkId::N02, LinkId::U01];

/// What becomes of one finding of a world; an error where one that passes does not so where the printed script was run in
/// that world.
pub fn outcome_of(
    world: &World,
    options: &Options,
    id: LinkId,
    finding: &Finding,
) -> Result<FindingOutcome, String> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("world.db");
    world.write_snapshot(&path);
    let snapshot = Snapshot::open(&path).expect("a snapshot");
    let registry = Registry::builtin().expect("the built-in controls");
    let plan = remedy::for_finding(&snapshot, &registry, options, finding);
    let plan = plan.expect("a plan");
    let [outcome] = plan.outcomes.as_slice() else {
        return Err(format!("{} outcomes of one finding", plan.outcomes.len()));
    };
    if outcome.after.status == Status::Pass && !NOT_PLAYED.contains(&id) {
        let script = fix::script(&plan, fix::Format::AwsCli);
        let status = status_after(world, &plan, &script, &registry, options, finding);
        if status != Status::Pass {
            return Err(format!("{id}: {status:?} after its script: {script}"));
        }
        eprintln!("{} {id} passes after the printed script", finding.control);
    }
    Ok(outcome.clone())
}

/// The status of a finding once the script was run.
fn status_after(
    world: &World,
    plan: &Plan,
    script: &str,
    registry: &Registry,
    options: &Options,
    finding: &Finding,
) -> Status {
    let accounts = plan.changes.iter().map(|it| it.after.account().to_owned());
    let accounts: std::collections::BTreeSet<String> = accounts.collect();
    let mut after = played::played(world, script, &accounts.into_iter().collect::<Vec<_>>());
    // Only a person confirms a subscription that is there.
    for change in &plan.changes {
        if let (Some(Resource::Subscription(_)), Resource::Subscription(it)) =
            (&change.before, &change.after)
            && it.confirmed
        {
            confirm(&mut after, &it.topic_arn);
        }
    }
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("after.db");
    after.write_snapshot(&path);
    let snapshot = Snapshot::open(&path).expect("a snapshot");
    let options = Options {
        controls: vec![finding.control.clone()],
        accounts: vec![finding.account.clone()],
        ..options.clone()
    };
    let analysis = trailproof::analyze::analyze(&snapshot, registry, &options);
    analysis.expect("an analysis").findings[0].status
}

/// Somebody confirms the subscriptions of a topic.
fn confirm(world: &mut World, topic: &str) {
    let arn = format!("{topic}:6b5d2f0e-0000-4000-8000-000000000077");
    for answer in world.answers_to("sns", "ListSubscriptionsByTopic") {
        if let Ok(output) = &mut answer.output
            && answer.request["TopicArn"] == topic
        {
            for item in output["Subscriptions"].as_array_mut().into_iter().flatten() {
                item["SubscriptionArn"] = arn.clone().into();
            }
        }
    }
    let region = topic.split(':').nth(3).unwrap_or_default().to_owned();
    let account = topic.split(':').nth(4).unwrap_or_default().to_owned();
    let call = ("sns", "GetSubscriptionAttributes");
    let attributes = serde_json::json!({"Attributes": {"SubscriptionArn": arn, "PendingConfirmation": "false",
        "ConfirmationWasAuthenticated": "true"}});
    world.answer_of(
        &account,
        &region,
        call,
        serde_json::json!({"SubscriptionArn": arn}),
        attributes,
    );
}

/// Every fault that the tests of the chain make passes after its fix, but for what lacks evidence, is not documented or
/// is left to people. The tests of the chain call this for each of their faults.
pub fn repaired(world: &World, id: LinkId, finding: &Finding) {
    if let Some(wrong) = not_repaired(world, &Options::default(), id, finding) {
        panic!("{wrong}");
    }
}

/// What is wrong with the fix of a finding, if anything.
pub fn not_repaired(
    world: &World,
    options: &Options,
    id: LinkId,
    finding: &Finding,
) -> Option<String> {
    if finding.status == Status::Pass {
        return None;
    }
    let outcome = match outcome_of(world, options, id, finding) {
        Ok(outcome) => outcome,
        Err(wrong) => return Some(wrong),
    };
    let after = &outcome.after;
    let stop = after.why.stop();
    let lacks_evidence = stop.is_some_and(|stop| stop.cause.is_lack_of_evidence());
    let left = LEFT_TO_PEOPLE.contains(&id);
    // What AWS does not document stays so, whatever is changed.
    let undecided = after.status == Status::Unknown;
    let is_right = after.status == Status::Pass || lacks_evidence || left || undecided;
    (!is_right).then(|| {
        format!(
            "{id} after its fix: {} {}",
            after.status.as_str(),
            reason(after)
        )
    })
}
