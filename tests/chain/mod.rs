//! The delivery chain: one test a failure id. Each takes the complete account, breaks one thing, and reads the links.

mod action_history;
mod alarm_document;
mod alarm_kinds;
mod alarms;
mod alternatives;
mod bus_keys;
mod denied;
mod expressions;
mod filters;
pub mod log_alarms;
mod log_groups;
mod organizations;
mod recording;
mod register;
mod rules;
mod selectors;
mod subscriptions;
mod topic_keys;
mod topic_policies;
mod topic_tellers;
mod topics;
mod trails;
mod whole;

use std::sync::OnceLock;

use serde_json::{Value, json};
use trailproof::analyze::{self, Finding, Options, Status};
use trailproof::chain::verdict::{Link, LinkId, Verdict};
use trailproof::chain::{self, AccountChain, Path};
use trailproof::control::Registry;
use trailproof::coverage::{Is, Predicate};
use trailproof::pattern::{Matcher, Semantics};
use trailproof::report::words::{reason, sentence};
use trailproof::snapshot::Snapshot;

use crate::support::controls::filter_name;
use crate::support::world::{ACCOUNT, REGIONS, World};

/// The control that most tests look at: any would do.
pub(crate) const CONTROL: &str = "cloudtrail_changes";

/// The chain of the complete account's owner in this world.
fn chain_of(world: &World) -> AccountChain {
    chain_of_account(world, ACCOUNT)
}

fn chain_of_account(world: &World, account: &str) -> AccountChain {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("world.db");
    world.write_snapshot(&path);
    let snapshot = Snapshot::open(&path).expect("a snapshot");
    chain::account(&snapshot, account).expect("a chain")
}

/// The complete account after an edit.
fn world(edit: impl FnOnce(&mut World)) -> World {
    let mut world = World::complete();
    edit(&mut world);
    world
}

/// Paths of a control's filter.
fn paths_of<'c>(chain: &'c AccountChain, control: &str) -> Vec<&'c Path> {
    let name = filter_name(control);
    let of_filter = |path: &&Path| {
        path.filter
            .as_ref()
            .is_some_and(|filter| filter.name == name)
    };
    chain.paths.iter().filter(of_filter).collect()
}

/// The one path of a control's filter.
fn path_of<'c>(chain: &'c AccountChain, control: &str) -> &'c Path {
    let paths = paths_of(chain, control);
    assert_eq!(paths.len(), 1, "{control} has one path: {paths:#?}");
    paths[0]
}

/// Every link of this id in the whole account.
fn links_of(chain: &AccountChain, id: LinkId) -> Vec<&Link> {
    chain
        .paths
        .iter()
        .flat_map(|path| &path.links)
        .map(AsRef::as_ref)
        .filter(|link: &&Link| link.id == id)
        .collect()
}

/// Breaks one thing and expects that the only fault on the control's path, or on the path that ends before the filter,
/// is this one: it decides the path's verdict, and the untouched account has no such verdict under the id.
fn fault(id: LinkId, verdict: Verdict, edit: impl FnOnce(&mut World)) -> Link {
    static WHOLE: OnceLock<AccountChain> = OnceLock::new();
    let whole = WHOLE.get_or_init(|| chain_of(&World::complete()));
    for link in links_of(whole, id) {
        assert!(
            link.verdict < verdict,
            "the complete account has {id} already: {link:?}"
        );
    }
    let world = world(edit);
    let chain = chain_of(&world);
    let mut paths = paths_of(&chain, CONTROL);
    if paths.is_empty() {
        paths = chain.paths.iter().collect();
    }
    let path = paths.iter().find(|path| {
        path.links
            .iter()
            .any(|link| link.id == id && link.verdict == verdict)
    });
    let Some(path) = path else {
        panic!("no path is {verdict} by {id}: {paths:#?}")
    };
    assert_eq!(path.verdict(), verdict, "{path:#?}");
    let worst: Vec<LinkId> = path
        .links
        .iter()
        .filter(|link| link.verdict == verdict)
        .map(|link| link.id)
        .collect();
    assert!(worst.contains(&id), "{worst:?}");
    assert_eq!(verdict.is_sound(), path.sound());
    let link = path
        .links
        .iter()
        .find(|link| link.id == id && link.verdict == verdict)
        .expect("found above");
    assert!(
        !link.subject.name.is_empty() && !sentence(&link.cause).is_empty(),
        "{link:?}"
    );
    assert!(!sentence(&link.cause).ends_with('.'), "{link:?}");
    if verdict == Verdict::Broken || verdict == Verdict::Degraded {
        assert!(
            !link.fields.is_empty() && !link.evidence.is_empty(),
            "{link:?}"
        );
    }
    let finding = agrees(&world, &chain, id, verdict);
    crate::remedy::repaired(&world, id, &finding);
    #[cfg(feature = "collect")]
    recorded_alike(&world, id, &finding);
    #[cfg(not(feature = "collect"))]
    drop(finding);
    Link::clone(link)
}

/// The same fault, served over HTTP and recorded by `collect`, gives the same finding. Left out: verdicts that depend on
/// how long ago something was, since a collection is of now; a filter of a log group that no trail delivers to (F12),
/// which `collect` does not ask for; a list that was never asked (C01), which `collect` always asks for.
#[cfg(feature = "collect")]
fn recorded_alike(world: &World, id: LinkId, written: &Finding) {
    use crate::collect::{Place, collect, written as must_be_written};
    use crate::support::fake_aws::FakeAws;

    let left_out = [
        LinkId::T04,
        LinkId::T05,
        LinkId::A13,
        LinkId::A15,
        LinkId::A17,
        LinkId::C01,
        LinkId::F12,
    ];
    if left_out.contains(&id) {
        return;
    }
    let place = Place::new();
    let file = place.file("recorded.trailproof");
    let aws = FakeAws::serve(world);
    // A fault may be an answer that is missing: the snapshot is written all the same.
    must_be_written(&mut collect(&aws.endpoint(), ACCOUNT, &file));
    let recorded = finding_in(&file);
    assert_eq!(
        (recorded.status, recorded.broken_link),
        (written.status, written.broken_link),
        "{id} as recorded: {}; as written: {}",
        reason(&recorded),
        reason(written)
    );
}

/// The control's finding agrees with its paths: fail by this link where nothing sound carries the events, unknown where
/// evidence is missing, pass where the link is a remark.
fn agrees(world: &World, chain: &AccountChain, id: LinkId, verdict: Verdict) -> Finding {
    let finding = finding_of(world);
    let carried = REGIONS.iter().all(|region| {
        chain
            .sound_paths()
            .any(|path| takes(path, &stop_logging(region)))
    });
    let told = format!(
        "{id} is {verdict}: {} by {:?}, {}",
        finding.status.as_str(),
        finding.broken_link,
        reason(&finding)
    );
    match verdict {
        Verdict::Broken => assert_eq!(
            (finding.status, finding.broken_link),
            (Status::Fail, Some(id)),
            "{told}"
        ),
        Verdict::Unknown => assert_eq!(
            (finding.status, finding.broken_link),
            (Status::Unknown, Some(id)),
            "{told}"
        ),
        _ if carried => assert_eq!(
            (finding.status, finding.broken_link),
            (Status::Pass, None),
            "{told}"
        ),
        _ => {
            let stops: Vec<Option<LinkId>> = REGIONS
                .iter()
                .flat_map(|region| {
                    chain
                        .sound_paths()
                        .map(|path| stopped_by(path, &stop_logging(region)))
                })
                .collect();
            assert_eq!(finding.status, Status::Fail, "{told}");
            assert!(stops.contains(&finding.broken_link), "{told}");
        }
    }
    assert_eq!(
        finding.witness.is_some(),
        finding.status == Status::Fail,
        "{told}"
    );
    finding
}

/// The finding of the control that the tests look at.
fn finding_of(world: &World) -> Finding {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("world.db");
    world.write_snapshot(&path);
    imported_alike(world, &path, &[CONTROL.to_owned()]);
    finding_in(&path)
}

fn finding_in(file: &std::path::Path) -> Finding {
    let mut findings = findings_in(file, &[CONTROL.to_owned()]);
    assert_eq!(findings.len(), 1);
    findings.remove(0)
}

fn findings_in(file: &std::path::Path, controls: &[String]) -> Vec<Finding> {
    let options = Options {
        controls: controls.to_vec(),
        ..Options::default()
    };
    findings_by(file, &options)
}

pub(crate) fn findings_by(file: &std::path::Path, options: &Options) -> Vec<Finding> {
    let snapshot = Snapshot::open(file).expect("a snapshot");
    let registry = Registry::builtin().expect("the built-in controls");
    analyze::analyze(&snapshot, &registry, options)
        .expect("an analysis")
        .findings
}

/// The findings of some controls.
fn findings_of(world: &World, controls: &[String]) -> Vec<Finding> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("world.db");
    world.write_snapshot(&path);
    imported_alike(world, &path, controls);
    findings_in(&path, controls)
}

/// The same account as files of the AWS CLI gives the same facts, and so the same findings; else the same findings at least.
fn imported_alike(world: &World, recorded: &std::path::Path, controls: &[String]) {
    use crate::import::{facts, folder};
    use trailproof::import::{self, Defaults};
    use trailproof::snapshot::Writer;

    let directory = tempfile::tempdir().expect("a directory");
    let files = directory.path().join("files");
    folder::write(world, &files, folder::Layout::Script);
    let path = directory.path().join("imported.db");
    let recording = import::read(&files, &Defaults::default()).expect("a folder to import");
    let started = recording.started_at;
    let mut writer = Writer::create(&path, "trailproof test", started, false).expect("a file");
    for call in recording.calls() {
        writer.record(&call).expect("an answer is recorded");
    }
    writer.finish(recording.finished_at).expect("a snapshot");
    if facts(&path) == facts(recorded) {
        return;
    }
    // A question that was never asked is a gap of an import; what follows from it is the same.
    let decided = |file: &std::path::Path| -> Vec<(Status, Option<LinkId>)> {
        findings_in(file, controls)
            .iter()
            .map(|finding| (finding.status, finding.broken_link))
            .collect()
    };
    assert_eq!(
        decided(&path),
        decided(recorded),
        "as imported and as recorded"
    );
}

/// Says something under an id without a fault: the path stays as good as it was.
fn remark(id: LinkId, edit: impl FnOnce(&mut World)) -> Link {
    let chain = chain_of(&world(edit));
    let path = path_of(&chain, CONTROL);
    assert_eq!(path.verdict(), Verdict::Ok, "{path:#?}");
    path.link(id)
        .unwrap_or_else(|| panic!("nothing is said about {id}: {path:#?}"))
        .clone()
}

/// A management event as CloudTrail records it.
fn event(name: &str, source: &str, region: &str, read_only: bool) -> Value {
    json!({
        "eventVersion": "1.11",
        "eventCategory": "Management",
        "eventName": name,
        "eventSource": source,
        "eventType": "AwsApiCall",
        "awsRegion": region,
        "readOnly": read_only,
        "managementEvent": true,
        "recipientAccountId": ACCOUNT,
        "userIdentity": {"type": "IAMUser", "arn": format!("arn:aws:iam::{ACCOUNT}:user/eve")},
    })
}

/// The event that the control asks for, in a region.
fn stop_logging(region: &str) -> Value {
    event("StopLogging", "cloudtrail.amazonaws.com", region, false)
}

/// Whether an event takes a path, by the plain reading of predicates.
fn takes(path: &Path, event: &Value) -> bool {
    let all = path
        .conditions
        .iter()
        .all(|condition| holds(&condition.events, event));
    assert_eq!(
        all,
        holds(&path.events, event),
        "events are all conditions together"
    );
    all
}

/// The first condition that stops an event.
fn stopped_by(path: &Path, event: &Value) -> Option<LinkId> {
    path.conditions
        .iter()
        .find(|condition| !holds(&condition.events, event))
        .map(|condition| condition.id)
}

fn holds(predicate: &Predicate, event: &Value) -> bool {
    match predicate {
        Predicate::Always => true,
        Predicate::Never => false,
        Predicate::All(parts) => parts.iter().all(|part| holds(part, event)),
        Predicate::Any(parts) => parts.iter().any(|part| holds(part, event)),
        Predicate::Not(inner) => !holds(inner, event),
        Predicate::Pattern(pattern) => {
            Matcher::new(pattern, &Semantics::default()).matches_event(event)
        }
        Predicate::Event(..) => predicate.matches(event, &Semantics::default()),
        Predicate::Test(test) => {
            let field = test
                .path
                .iter()
                .try_fold(event, |value, name| value.get(name));
            match (&test.is, field) {
                (Is::Missing, field) => field.is_none(),
                (Is::Text(text), Some(Value::String(value))) => value == text,
                (Is::StartsWith(text), Some(Value::String(value))) => value.starts_with(text),
                (Is::EndsWith(text), Some(Value::String(value))) => value.ends_with(text),
                (Is::Bool(wanted), Some(Value::Bool(value))) => value == wanted,
                _ => false,
            }
        }
    }
}
