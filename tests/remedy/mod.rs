//! Fixes: tried on a copy of the facts, and printed.

#[cfg(feature = "collect")]
mod emulator;
mod hostile;
mod sample;
mod terraform;

use trailproof::analyze::{Finding, Options, Status};
use trailproof::chain::verdict::LinkId;
use trailproof::control::Registry;
use trailproof::remedy::{self, Outcome};
use trailproof::report::words::reason;
use trailproof::snapshot::Snapshot;

use crate::support::world::World;

/// Links that no command may repair: what is masked is a person's decision.
const LEFT_TO_PEOPLE: [LinkId; 1] = [LinkId::L04];

/// Links of which some faults get no change yet: a statement that denies is somebody's decision, too.
const NOT_ALL_REPAIRED: [LinkId; 1] = [LinkId::N04];

/// What becomes of one finding of a world.
fn outcome_of(world: &World, finding: &Finding) -> Outcome {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("world.db");
    world.write_snapshot(&path);
    let snapshot = Snapshot::open(&path).expect("a snapshot");
    let registry = Registry::builtin().expect("the built-in controls");
    let plan = remedy::for_finding(&snapshot, &registry, &Options::default(), finding);
    let mut outcomes = plan.expect("a plan").outcomes;
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0)
}

/// Every fault that the tests of the chain make passes after its fix, but for what lacks evidence, is not documented or
/// is left to people. The tests of the chain call this for each of their faults.
pub fn repaired(world: &World, id: LinkId, finding: &Finding) {
    if finding.status == Status::Pass {
        return;
    }
    let outcome = outcome_of(world, finding);
    let after = &outcome.after;
    let stop = after.why.stop();
    let lacks_evidence = stop.is_some_and(|stop| stop.cause.is_lack_of_evidence());
    let left = LEFT_TO_PEOPLE.contains(&id)
        || (NOT_ALL_REPAIRED.contains(&id) && outcome.changes.is_empty());
    // What AWS does not document stays so, whatever is changed.
    let undecided = after.status == Status::Unknown;
    assert!(
        after.status == Status::Pass || lacks_evidence || left || undecided,
        "{id} after its fix: {} {}",
        after.status.as_str(),
        reason(after)
    );
}
