//! Two snapshots compared: laws, and what is told apart.

use serde_json::{Value, json};
use trailproof::analyze::{Options, Status};
use trailproof::chain::cause::Outcome;
use trailproof::chain::verdict::LinkId;
use trailproof::control::Registry;
use trailproof::coverage::RelationKind;
use trailproof::diff::{self, Change, Diff, Direction, Side};
use trailproof::report::{self, DiffFormat, Style};
use trailproof::snapshot::Snapshot;

use super::support::trailproof;
use super::support::world::{ACCOUNT, Site, World};

/// Few controls are enough, and quicker.
fn options() -> Options {
    Options {
        controls: ["cloudtrail_changes", "root_usage", "config_changes"]
            .map(str::to_owned)
            .to_vec(),
        ..Options::default()
    }
}

fn compared(baseline: &World, current: &World) -> Diff {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str, world: &World| {
        let path = folder.path().join(name);
        world.write_snapshot(&path);
        Snapshot::open(&path).unwrap()
    };
    let (baseline, current) = (open("baseline", baseline), open("current", current));
    diff::diff(
        &baseline,
        &current,
        &Registry::builtin().unwrap(),
        &options(),
    )
    .unwrap()
}

fn pattern(names: &str) -> String {
    let terms: Vec<String> = names
        .split(' ')
        .map(|name| format!("($.eventName = {name})"))
        .collect();
    format!("{{ {} }}", terms.join(" || "))
}

/// Worlds that differ from the complete one in one thing each.
fn edited() -> Vec<(&'static str, World)> {
    let edit = |change: fn(&mut World)| {
        let mut world = World::complete();
        change(&mut world);
        world
    };
    vec![
        (
            "actions",
            edit(|world| {
                world.edit_alarm("cloudtrail_changes", |alarm| {
                    alarm["ActionsEnabled"] = json!(false)
                });
            }),
        ),
        (
            "fewer events",
            edit(|world| {
                world.edit_filter("cloudtrail_changes", |filter| {
                    filter["filterPattern"] =
                        json!(pattern("CreateTrail UpdateTrail DeleteTrail StartLogging"));
                });
            }),
        ),
        (
            "filter gone",
            edit(|world| {
                world.remove_filter("root_usage");
            }),
        ),
        (
            "alarm gone",
            edit(|world| {
                world.remove_alarm("config_changes");
            }),
        ),
        (
            "denied",
            edit(|world| {
                world.deny("sns", "GetTopicAttributes");
            }),
        ),
        ("empty", World::empty()),
        (
            "another account too",
            edit(|world| {
                world
                    .answers
                    .extend(World::of(&Site::new("999988887777", "eu-west-1")).answers);
            }),
        ),
    ]
}

#[test]
fn a_snapshot_compared_with_itself_differs_in_nothing() {
    for (name, world) in edited()
        .into_iter()
        .chain([("complete", World::complete())])
    {
        let diff = compared(&world, &world);
        assert!(diff.is_empty(), "{name}: {diff:?}");
        assert!(!diff.worse() && diff.unchanged >= 3);
    }
}

/// The comparison as it must look when the sides are exchanged.
fn mirrored(mut diff: Diff) -> Diff {
    let other = |side: Side| {
        if side == Side::Baseline {
            Side::Current
        } else {
            Side::Baseline
        }
    };
    std::mem::swap(&mut diff.baseline, &mut diff.current);
    for presence in &mut diff.presence {
        presence.on = other(presence.on);
    }
    diff.presence.sort();
    for change in &mut diff.findings {
        std::mem::swap(&mut change.before, &mut change.after);
        change.direction = match change.direction {
            Direction::Worse => Direction::Better,
            Direction::Same => Direction::Same,
            Direction::Better => Direction::Worse,
        };
    }
    for gap in &mut diff.gaps {
        gap.on = other(gap.on);
    }
    diff.gaps.sort();
    for fact in &mut diff.facts {
        fact.change = match fact.change.clone() {
            Change::Added(fields) => Change::Removed(fields),
            Change::Removed(fields) => Change::Added(fields),
            Change::Unseen { on, why } => Change::Unseen { on: other(on), why },
            Change::Changed(mut fields) => {
                for field in &mut fields {
                    std::mem::swap(&mut field.before, &mut field.after);
                    if let Some(meaning) = &mut field.meaning {
                        std::mem::swap(&mut meaning.lost, &mut meaning.gained);
                        meaning.relation = match meaning.relation {
                            RelationKind::Broader => RelationKind::Narrower,
                            RelationKind::Narrower => RelationKind::Broader,
                            same => same,
                        };
                    }
                }
                Change::Changed(fields)
            }
        };
    }
    diff
}

#[test]
fn exchanging_the_sides_mirrors_the_comparison() {
    let complete = World::complete();
    let worlds = edited();
    for (name, world) in &worlds {
        assert_eq!(
            mirrored(compared(&complete, world)),
            compared(world, &complete),
            "complete and {name}"
        );
    }
    let (first, second) = (&worlds[1].1, &worlds[2].1);
    assert_eq!(mirrored(compared(first, second)), compared(second, first));
}

#[test]
fn a_changed_field_is_told_with_the_finding_and_link_that_it_broke() {
    let worlds = edited();
    let diff = compared(&World::complete(), &worlds[0].1);
    assert_eq!(diff.facts.len(), 1, "{:?}", diff.facts);
    let Change::Changed(fields) = &diff.facts[0].change else {
        panic!("{:?}", diff.facts)
    };
    assert_eq!((diff.facts[0].kind.as_str(), fields.len()), ("alarm", 1));
    assert_eq!(
        (
            fields[0].name.as_str(),
            fields[0].before.as_deref(),
            fields[0].after.as_deref()
        ),
        ("actions_enabled", Some("1"), Some("0"))
    );
    let finding = &diff.findings[0];
    assert_eq!(
        (finding.control.as_str(), finding.direction),
        ("cloudtrail_changes", Direction::Worse)
    );
    let after = finding.after.as_ref().unwrap();
    assert_eq!(
        (after.status, after.broken_link),
        (Status::Fail, Some(LinkId::A02))
    );
    assert!(diff.worse() && diff.findings.len() == 1 && diff.unchanged == 2);
}

#[test]
fn a_pattern_of_the_same_meaning_is_told_apart_from_one_that_lost_an_event() {
    let names = "CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging";
    let with = |text: &str| {
        let mut world = World::complete();
        world.edit_filter("cloudtrail_changes", |filter| {
            filter["filterPattern"] = json!(text)
        });
        world
    };
    let meaning = |after: &str| {
        let diff = compared(&with(&pattern(names)), &with(after));
        let Change::Changed(fields) = diff.facts[0].change.clone() else {
            panic!("{:?}", diff.facts)
        };
        (fields[0].meaning.clone().unwrap(), diff.worse())
    };
    let (same, worse) = meaning(&pattern(
        "StopLogging StartLogging DeleteTrail UpdateTrail CreateTrail",
    ));
    assert_eq!(
        (same.relation, same.lost, same.gained, worse),
        (RelationKind::Equivalent, None, None, false)
    );
    let (narrower, worse) = meaning(&pattern("CreateTrail UpdateTrail DeleteTrail StartLogging"));
    assert_eq!(narrower.relation, RelationKind::Narrower);
    assert_eq!(narrower.lost.unwrap()["eventName"], "StopLogging");
    assert!(narrower.gained.is_none() && worse);
    let (broader, worse) = meaning(&pattern(&format!("{names} PutEventSelectors")));
    assert_eq!(broader.relation, RelationKind::Broader);
    assert_eq!(broader.gained.unwrap()["eventName"], "PutEventSelectors");
    assert!(broader.lost.is_none() && !worse);
}

#[test]
fn what_one_side_could_not_read_is_never_removed_or_added() {
    let complete = World::complete();
    for (service, operation) in [
        ("sns", "GetTopicAttributes"),
        ("sns", "ListSubscriptionsByTopic"),
        ("monitoring", "DescribeAlarms"),
        ("logs", "DescribeMetricFilters"),
        ("cloudtrail", "DescribeTrails"),
        ("cloudtrail", "GetEventSelectors"),
    ] {
        let mut denied = complete.clone();
        denied.deny(service, operation);
        for (baseline, current, side) in [
            (&complete, &denied, Side::Current),
            (&denied, &complete, Side::Baseline),
        ] {
            let diff = compared(baseline, current);
            assert!(
                diff.gaps
                    .iter()
                    .any(|gap| gap.operation == operation && gap.on == side),
                "{operation}"
            );
            let mut unseen = 0;
            for fact in &diff.facts {
                match &fact.change {
                    Change::Unseen { on, why } => {
                        unseen += 1;
                        assert_ne!(*on, side);
                        assert!(
                            why.operation == operation || why.outcome == Outcome::NotAsked,
                            "{why:?}"
                        );
                    }
                    other => panic!(
                        "{operation} denied: {} {:?} is {other:?}",
                        fact.kind, fact.resource
                    ),
                }
            }
            assert!(unseen > 0, "{operation}");
        }
    }
}

/// A permission that was taken away made every failing control better.
#[test]
fn what_failed_and_is_not_known_any_more_is_not_better() {
    let mut failing = World::complete();
    failing.edit_alarm("root_usage", |alarm| alarm["ActionsEnabled"] = false.into());
    let mut denied = failing.clone();
    denied.deny("monitoring", "DescribeAlarms");
    let direction = |from: &World, to: &World| {
        let diff = compared(from, to);
        let mut of_root = diff.findings.iter().filter(|it| it.control == "root_usage");
        of_root.next().expect("a change").direction
    };
    assert_eq!(direction(&failing, &denied), Direction::Same);
    assert_eq!(direction(&denied, &failing), Direction::Worse);
}

#[test]
fn what_is_gone_is_removed_and_what_came_is_added() {
    let gone = edited().remove(2).1;
    let diff = compared(&World::complete(), &gone);
    let kinds: Vec<&str> = diff
        .facts
        .iter()
        .map(|fact| {
            assert!(
                matches!(fact.change, Change::Removed(_)),
                "{:?}",
                fact.change
            );
            fact.kind.as_str()
        })
        .collect();
    assert_eq!(kinds, ["metric_filter", "metric_transformation"]);
}

/// An account that neither file has was refused without a word of those that there are.
#[test]
fn an_account_in_neither_snapshot_is_refused_with_the_nearest() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    World::complete().write_snapshot(&one);
    edited().remove(6).1.write_snapshot(&two);
    let output = trailproof()
        .arg("diff")
        .args([&one, &two])
        .args(["--account", "99998888777"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains(&format!(
            "neither snapshot, which have {ACCOUNT}, 999988887777"
        )),
        "{said}"
    );
}

#[test]
fn an_account_that_appeared_or_vanished_is_told_once() {
    let two = edited().remove(6).1;
    let vanished = compared(&two, &World::complete());
    assert!(vanished.facts.is_empty(), "{:?}", vanished.facts);
    assert_eq!(vanished.presence.len(), 1);
    assert_eq!(vanished.presence[0].account, "999988887777");
    assert!(
        vanished.worse(),
        "an account that nobody looks at any more is no improvement"
    );
    assert!(!compared(&World::complete(), &two).worse());
}

/// A comment said `15 better` of an account that is not looked at any more, and nothing of the account.
#[test]
fn an_account_that_vanished_is_told_in_every_format_and_no_finding_of_it_is_better() {
    let mut two = World::complete();
    let mut other = World::of(&Site::new("999988887777", "eu-west-1"));
    other.remove_alarm("root_usage");
    two.answers.extend(other.answers);
    let mut vanished = compared(&two, &World::complete());
    let of = |it: &&diff::FindingChange| it.account == "999988887777";
    let directions: Vec<Direction> = vanished
        .findings
        .iter()
        .filter(of)
        .map(|it| it.direction)
        .collect();
    assert!(!directions.is_empty());
    assert!(
        directions.iter().all(|it| *it == Direction::Same),
        "{directions:?}"
    );
    for new_only in [false, true] {
        if new_only {
            vanished.only_new();
        }
        let summary = report::diff_summary(&vanished);
        assert!(summary.starts_with("1 account gone; "), "{summary}");
        for format in [
            DiffFormat::Table,
            DiffFormat::Markdown,
            DiffFormat::Comment,
            DiffFormat::Html,
        ] {
            let text = report::diff(&vanished, format, Style::default());
            assert!(
                text.contains("999988887777") && text.contains("is not in the current snapshot"),
                "{new_only}, {format:?}: {text}"
            );
        }
    }
}

/// Nobody asks about a subscription that is not there: that the earlier snapshot has no answer about a new one is no hole in it.
#[test]
fn what_is_new_was_not_left_out_of_the_earlier_snapshot() {
    let open = |name: &str| Snapshot::open(&super::support::project(name)).unwrap();
    let (complete, reviewed) = (
        open("snapshots/complete.trailproof"),
        open("snapshots/reviewed.trailproof"),
    );
    let registry = Registry::builtin().unwrap();
    for (baseline, current) in [(&complete, &reviewed), (&reviewed, &complete)] {
        let compared = diff::diff(baseline, current, &registry, &options()).unwrap();
        let mut facts = compared.facts.iter();
        assert!(facts.any(|it| it.kind == "subscription_attributes"));
        for fact in &compared.facts {
            assert!(!matches!(fact.change, Change::Unseen { .. }), "{fact:?}");
        }
    }
}

#[test]
fn the_command_prints_every_format_and_exits_by_its_threshold() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, world: &World| {
        let path = folder.path().join(name);
        world.write_snapshot(&path);
        path.display().to_string()
    };
    let complete = path("complete", &World::complete());
    let broken = path("broken", &edited()[0].1);
    let run = |args: &[&str]| {
        let output = trailproof()
            .arg("diff")
            .args(args)
            .args(["--control", "cloudtrail_changes"])
            .output()
            .unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let (code, table) = run(&[&complete, &broken]);
    assert_eq!(code, 1);
    assert!(
        table.contains("worse 5.5 cloudtrail_changes in")
            && table.contains("actions_enabled: 1 -> 0"),
        "{table}"
    );
    assert!(
        table.lines().all(|line| line.chars().count() <= 100),
        "{table}"
    );
    let (code, text) = run(&[&complete, &broken, "--format", "json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &report["schema_version"]), (1, &json!(1)));
    assert_eq!(report["findings"][0]["after"]["broken_link"], "A02");
    assert_eq!(report["facts"][0]["change"], "changed");
    assert_eq!(report["facts"][0]["account"], ACCOUNT);
    assert!(
        run(&[&complete, &broken, "--format", "markdown"])
            .1
            .contains("| worse | 5.5 |")
    );
    for (args, code) in [
        (vec![complete.as_str(), &broken, "--fail-on", "never"], 0),
        (vec![&complete, &broken, "--fail-on", "fail"], 1),
        (vec![&broken, &complete], 0),
        (vec![&broken, &complete, "--fail-on", "change"], 1),
        (vec![&broken, &broken, "--fail-on", "change"], 0),
    ] {
        assert_eq!(run(&args).0, code, "{args:?}");
    }
    assert!(run(&[&broken, &broken]).1.contains("nothing differs"));
}

#[test]
fn the_formats_are_as_their_golden_files_say() {
    let mut world = edited().remove(1).1;
    world
        .remove_filter("config_changes")
        .deny("sns", "GetSubscriptionAttributes");
    let diff = compared(&World::complete(), &world);
    for (format, ending) in [
        (DiffFormat::Table, "txt"),
        (DiffFormat::Json, "json"),
        (DiffFormat::Markdown, "md"),
        (DiffFormat::Html, "html"),
    ] {
        let text = report::diff(&diff, format, Style::default());
        super::support::golden::check(&format!("diff/changes.{ending}"), &text);
    }
}

#[test]
fn an_accepted_finding_turns_nothing_red_and_what_is_new_stands_alone() {
    let folder = tempfile::tempdir().unwrap();
    let sample = |name: &str| {
        let path = super::support::project(&format!("snapshots/{name}.trailproof"));
        path.to_str().unwrap().to_owned()
    };
    let (before, after) = (sample("complete"), sample("reviewed"));
    let attest = folder.path().join("accepted.toml");
    let accept = |controls: &[&str], expires: &str| {
        let entries: Vec<String> = controls
            .iter()
            .map(|control| {
                format!(
                    "[[accept]]\ncontrol = \"{control}\"\naccounts = [\"111122223333\"]\nreason = \"seen by the SIEM\"\n\
                     by = \"Jo\"\nevidence = \"TICKET-1\"\nexpires = {expires}\n"
                )
            })
            .collect();
        std::fs::write(&attest, entries.concat()).unwrap();
    };
    let attest = attest.to_str().unwrap();
    let worse = ["root_usage", "iam_policy_changes", "vpc_changes"];
    assert_eq!(run(&[&before, &after]).0, 1);
    accept(&worse, "2027-06-30");
    let (code, text, _) = run(&[&before, &after, "--attest", attest]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("accepted by Jo until 2027-06-30"), "{text}");
    let (code, text, _) = run(&[&before, &after, "--attest", attest, "--new-only"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("nothing new"), "{text}");
    accept(&worse[..2], "2027-06-30");
    for format in ["table", "markdown", "comment", "html", "json"] {
        let args = [
            &before,
            &after,
            "--attest",
            attest,
            "--new-only",
            "--format",
            format,
        ];
        let (code, text, _) = run(&args);
        assert_eq!(code, 1, "{text}");
        assert!(
            text.contains("vpc_changes") && !text.contains("root_usage"),
            "{text}"
        );
        assert!(!text.contains("Configuration"), "{text}");
    }
    accept(&worse, "2020-01-01");
    let (code, text, _) = run(&[&before, &after, "--attest", attest]);
    assert_eq!(code, 1);
    assert_eq!(
        text.matches("it expired on 2020-01-01").count(),
        3,
        "{text}"
    );
}

fn run(args: &[&str]) -> (i32, String, String) {
    let output = super::support::trailproof().arg("diff").args(args).output();
    let output = output.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}
