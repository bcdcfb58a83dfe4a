//! What the other commands say of a redacted snapshot.

use super::*;

/// What `analyze` finds, without names.
fn findings(path: &Path, controls: &[&str]) -> Vec<String> {
    let output = trailproof()
        .arg("analyze")
        .arg(path)
        .args(["--format", "json"])
        .args(
            controls
                .iter()
                .map(|control| format!("--control={control}")),
        )
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let mut findings: Vec<String> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            format!(
                "{} {} {} {}",
                finding["control"],
                finding["status"],
                finding["audit_steps"],
                finding["broken_link"]
            )
        })
        .collect();
    findings.sort();
    findings
}

#[test]
fn analyze_finds_the_same_in_a_redacted_snapshot() {
    let mut worlds = vec![World::organization(), acme()];
    let breaks: &[fn(&mut World)] = &[
        |world| {
            world.deny("cloudtrail", "GetEventSelectors");
        },
        |world| {
            world.remove_alarm("root_usage");
        },
        |world| {
            world.edit_filter("vpc_changes", |filter| {
                filter["filterPattern"] = json!(
                    "{ $.eventName = CreateVpc && $.userIdentity.userName != \"acme-admin\" }"
                );
            });
        },
        |world| {
            world.edit_subscription(|subscription| {
                subscription["SubscriptionArn"] = json!("PendingConfirmation");
            });
        },
        |world| {
            world.edit_topic(|topic| {
                topic["Policy"] = json!("{\"Version\":\"2012-10-17\",\"Statement\":[]}");
            });
        },
        |world| {
            world.edit_alarms(|alarm| alarm["TreatMissingData"] = json!("ignore"));
        },
        |world| {
            world.edit_subscription_attributes(|attributes| {
                attributes["FilterPolicy"] =
                    json!("{\"AlarmName\":[{\"prefix\":\"nothing-like-it\"}]}");
            });
        },
    ];
    for break_it in breaks {
        let mut world = World::complete();
        break_it(&mut world);
        worlds.push(world);
    }
    for (index, world) in worlds.iter().enumerate() {
        let (_directory, plain, redaction) = both(world);
        let controls = ["root_usage", "vpc_changes"];
        assert_eq!(
            findings(&plain, &controls),
            findings(&redaction.path, &controls),
            "world {index}"
        );
    }
}

#[test]
fn a_redacted_snapshot_can_be_collected_from() {
    if !cfg!(feature = "collect") {
        eprintln!("skipped: this build cannot collect");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let facts = |path: &Path| Snapshot::open(path).unwrap().meta().facts_sha256.clone();
    for name in ["broken", "complete", "organization"] {
        let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/");
        let sample = format!("{sample}{name}.trailproof");
        let redacted = directory.path().join(format!("{name}.db"));
        redact(Path::new(&sample), &redacted, secret(), false).unwrap();
        let replayed = directory.path().join(format!("{name}-replayed.db"));
        let output = trailproof()
            .args(["collect", "--from"])
            .arg(&redacted)
            .arg("-o")
            .arg(&replayed)
            .output()
            .unwrap();
        assert!(
            replayed.exists(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(facts(&redacted), facts(&replayed), "{name}");
    }
}
