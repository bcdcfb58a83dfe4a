//! The printed script, run with an `aws` of the tests that answers from a world.

use super::{facts, gaps, imported, script, script_as_collected};
use crate::support::world::{ACCOUNT, Answer, HOME, MEMBER, World};
use serde::Serialize as _;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use trailproof::snapshot::Snapshot;
use trailproof::snapshot::operations::{Need, find};

/// Answers from files: `ACCOUNT/REGION/service.operation/SUBJECT`. The access key is the account.
const AWS: &str = r#"#!/bin/sh
printf '%s\n' "$*" >>"$FAKE/log"
printf '%s\0' "$@" >>"$FAKE/arguments"
printf '\n\0' >>"$FAKE/arguments"
service=$1 operation=$2
shift 2
region= subject= role=
while [ $# -gt 0 ]; do
    case $1 in
        --region=*) region=${1#*=} ;;
        --history-item-type=StateUpdate) subject=$subject.StateUpdate ;;
        --event-bus-name=*) subject=$subject.${1#*=} ;;
        --output=* | --query=* | --role-session-name=* | --policy-name=* | --history-item-type=* | --max-items=*) ;;
        --include-shadow-trails) ;;
        --generate-cli-skeleton=*) cat "$FAKE/skeleton"; exit 0 ;;
        --role-arn=*) role=${1#*=} ;;
        --external-id=*) [ "${1#*=}" = secret ] || exit 1 ;;
        --alarm-types | --trail-name-list)
            dot=
            [ "$1" = --trail-name-list ] || dot=.
            while [ $# -gt 1 ]; do
                case $2 in --*) break ;; esac
                subject="$subject$dot$2"
                shift
            done
            ;;
        --*=*) subject=${1#*=} ;;
        *) [ "$service" = configure ] || { echo "unexpected argument $1" >&2; exit 252; } ;;
    esac
    shift
done
account=$AWS_ACCESS_KEY_ID
case $service.$operation in
    configure.get) exit 1 ;;
    sts.assume-role)
        member=$(printf '%s' "$role" | cut -d : -f 5)
        if [ -e "$FAKE/$member/denied" ]; then
            echo "An error occurred (AccessDenied) when calling the AssumeRole operation: no" >&2
            exit 254
        fi
        printf '%s\tsecret\ttoken\n' "$member"
        exit 0
        ;;
esac
if [ "$service.$operation" = sts.get-caller-identity ] && [ ! -e "$FAKE/asked" ]; then
    touch "$FAKE/asked"
    echo "$account"
    exit 0
fi
file="$FAKE/$account/$region/$service.$operation/$(printf '%s' "${subject:-all}" | tr '/:*' '___')"
if [ -e "$file" ]; then
    cat "$file"
    exit 0
fi
if [ -e "$file.error" ]; then
    cat "$file.error" >&2
    exit 254
fi
echo "An error occurred (Unheard) when calling the $operation operation: nobody answers $file" >&2
exit 254
"#;

pub(super) struct Fake {
    pub(super) scratch: tempfile::TempDir,
}

impl Fake {
    pub(super) fn new(world: &World) -> Self {
        let fake = Self {
            scratch: tempfile::tempdir().unwrap(),
        };
        let bin = fake.path("bin");
        fs::create_dir_all(&bin).unwrap();
        fs::write(bin.join("aws"), AWS).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(bin.join("aws"), mode).unwrap();
        fs::write(fake.path("skeleton"), "\"LogAlarms\": []\n").unwrap();
        fs::write(fake.path("collect.sh"), script::printed()).unwrap();
        for answer in &world.answers {
            let file = fake.path(&place(answer));
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            match &answer.output {
                Ok(output) => fs::write(&file, pretty(output)).unwrap(),
                Err(error) => {
                    let text = format!(
                        "\nAn error occurred ({}) when calling the {} operation: {}\n",
                        error.code, answer.operation, error.message
                    );
                    fs::write(
                        file.with_file_name(format!(
                            "{}.error",
                            file.file_name().unwrap().to_str().unwrap()
                        )),
                        text,
                    )
                    .unwrap();
                }
            }
        }
        fake
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    fn run(&self, args: &[&str]) -> Output {
        self.run_in("sh", None, args)
    }

    /// Runs the script in a shell, with its tools from a folder.
    pub(super) fn run_in(&self, shell: &str, tools: Option<&Path>, args: &[&str]) -> Output {
        let mut path = std::env::var("PATH").unwrap_or_default();
        if let Some(tools) = tools {
            path = format!("{}:{path}", tools.display());
        }
        let mut words = shell.split(' ');
        Command::new(words.next().unwrap())
            .args(words)
            .arg(self.path("collect.sh"))
            .args(args)
            .current_dir(self.scratch.path())
            .env_clear()
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("FAKE", self.scratch.path())
            .env("AWS_ACCESS_KEY_ID", ACCOUNT)
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_REGION", HOME)
            .output()
            .unwrap()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap()
    }
}

/// The JSON of the AWS CLI: four blanks a level.
fn pretty(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    value
        .serialize(&mut serde_json::Serializer::with_formatter(
            &mut bytes, formatter,
        ))
        .unwrap();
    bytes.push(b'\n');
    bytes
}

fn place(answer: &Answer) -> String {
    let product = if answer.service == "monitoring" {
        "cloudwatch"
    } else {
        &answer.service
    };
    let operation = super::folder::cli_name(&answer.operation);
    let request = &answer.request;
    let subject = match (
        request.get("nextToken"),
        request.get("AlarmTypes"),
        request.get("trailNameList"),
    ) {
        (Some(token), ..) => token.as_str().unwrap().to_owned(),
        (_, Some(types), _) => types
            .as_array()
            .unwrap()
            .iter()
            .map(|kind| format!(".{}", kind.as_str().unwrap()))
            .collect(),
        (.., Some(trails)) => trails[0].as_str().unwrap().to_owned(),
        _ => {
            let members = request.as_object().unwrap().iter();
            let subject = members
                .filter(|(name, _)| *name != "PolicyName")
                .find_map(|(_, value)| value.as_str());
            subject.unwrap_or("all").to_owned()
        }
    };
    let subject = match (
        request.get("HistoryItemType"),
        request.get("Rule"),
        request.get("EventBusName"),
    ) {
        (Some(kind), ..) if kind == "StateUpdate" => format!("{subject}.StateUpdate"),
        (_, rule, Some(bus)) if bus != "default" => {
            let rule = rule.and_then(Value::as_str).unwrap_or_default();
            format!("{rule}.{}", bus.as_str().unwrap())
        }
        _ => subject,
    };
    format!(
        "{}/{}/{product}.{operation}/{}",
        answer.account,
        answer.region,
        subject.replace(['/', ':', '*'], "_")
    )
}

/// Every row of every table of facts but gaps, without its evidence.
fn rows(path: &Path) -> Vec<String> {
    let snapshot = Snapshot::open(path).unwrap();
    let connection = snapshot.connection();
    let strings = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).unwrap();
        statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    };
    let tables = "select name from sqlite_master where type = 'table' and name not in ('snapshot', 'evidence', 'gap') order by name";
    let mut rows = Vec::new();
    for table in strings(tables) {
        let columns = strings(&format!(
            "select name from pragma_table_info('{table}') where name != 'evidence_id'"
        ));
        let quoted: Vec<String> = columns
            .iter()
            .map(|column| format!("quote({column})"))
            .collect();
        let sql = format!(
            "select '{table} ' || {} from {table} order by 1",
            quoted.join(" || ', ' || ")
        );
        rows.extend(strings(&sql));
    }
    rows
}

fn assert_same_rows(imported: &Path, collected: &Path) {
    let (left, right) = (rows(imported), rows(collected));
    let lost: Vec<&String> = right.iter().filter(|row| !left.contains(row)).collect();
    let added: Vec<&String> = left.iter().filter(|row| !right.contains(row)).collect();
    assert!(
        lost.is_empty() && added.is_empty(),
        "lost {lost:#?}\nadded {added:#?}"
    );
    assert!(right.len() > 100, "only {} rows", right.len());
}

/// The world's answers are those of a collection but for one list.
pub(super) fn whole() -> World {
    let mut world = World::complete();
    world.answer("cloudtrail", "ListTrails", json!({}), json!({"Trails": []}));
    world
}

#[test]
fn the_script_asks_what_a_collection_asks() {
    let world = whole();
    let fake = Fake::new(&world);
    let output = fake.run(&[]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(
        stderr.trim_end().ends_with(" calls, 1 failed"),
        "no organization, and nothing else fails: {stderr}"
    );
    let [_, collected] = script_as_collected(&fake, &world);
    // The tar holds the same, and nothing of the script's own work is left.
    let unpacked = fake.path("unpacked");
    fs::create_dir(&unpacked).unwrap();
    let tar = Command::new("tar")
        .arg("-xf")
        .arg(fake.path("aws-answers.tar"))
        .current_dir(&unpacked)
        .output()
        .unwrap();
    assert!(tar.status.success());
    assert_eq!(facts(&imported(&unpacked, &[])), facts(&collected));
    for entry in fs::read_dir(fake.path("aws-answers")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            name == "calls.tsv" || name == ACCOUNT,
            "{name} is left behind"
        );
    }
    // Nothing is asked twice.
    let log = fake.log();
    let mut asked: Vec<&str> = log
        .lines()
        .filter(|line| !line.contains("get-caller-identity"))
        .collect();
    let all = asked.len();
    asked.sort_unstable();
    asked.dedup();
    assert_eq!(asked.len(), all, "{log}");
}

#[test]
fn the_script_asks_for_event_buses_their_rules_and_the_topics_of_these() {
    let mut world = whole();
    world.add_event_rules();
    let fake = Fake::new(&world);
    let output = fake.run(&[]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let [snapshot, collected] = script_as_collected(&fake, &world);
    assert_eq!(rows(&snapshot), rows(&collected), "{:?}", gaps(&snapshot));
}

#[test]
fn the_script_goes_through_an_organization() {
    let world = World::organization();
    let fake = Fake::new(&world);
    let output = fake.run(&[
        "--role-name",
        "audit",
        "--external-id",
        "secret",
        "--out",
        "organization",
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let collected = fake.path("collected");
    world.write_snapshot(&collected);
    assert_same_rows(&imported(&fake.path("organization"), &[]), &collected);
    // Credentials are nowhere in what was written.
    let list = fs::read_to_string(fake.path("organization/calls.tsv")).unwrap();
    assert!(list.contains(MEMBER) && !list.contains("secret"));
}

#[test]
fn an_account_whose_role_cannot_be_assumed_is_a_gap() {
    let fake = Fake::new(&World::organization());
    fs::create_dir_all(fake.path(MEMBER)).unwrap();
    fs::write(fake.path(&format!("{MEMBER}/denied")), "").unwrap();
    let output = fake.run(&["--role-name", "audit"]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let snapshot = Snapshot::open(&imported(&fake.path("aws-answers"), &[])).unwrap();
    let sql = "select operation || ' ' || kind || ' ' || code || ' ' || subject from gap where account = ?1";
    let mut statement = snapshot.connection().prepare(sql).unwrap();
    let gaps: Vec<String> = statement
        .query_map([MEMBER], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        gaps,
        [format!(
            "AssumeRole denied AccessDenied arn:aws:iam::{MEMBER}:role/audit"
        )]
    );
}

#[test]
fn the_script_follows_the_pages_that_the_aws_cli_does_not() {
    let mut world = whole();
    let kind = "SUBSCRIPTION_FILTER_POLICY";
    let policy = |name: &str| json!({"policyName": name, "policyType": kind, "policyDocument": "{}", "accountId": ACCOUNT});
    for answer in world.answers_to("logs", "DescribeAccountPolicies") {
        if answer.request["policyType"] == kind {
            answer.output = Ok(json!({"accountPolicies": [policy("one")], "nextToken": "more/=="}));
        }
    }
    world.answer(
        "logs",
        "DescribeAccountPolicies",
        json!({"policyType": kind, "nextToken": "more/=="}),
        json!({"accountPolicies": [policy("two")]}),
    );
    let fake = Fake::new(&world);
    assert!(fake.run(&[]).status.success());
    script_as_collected(&fake, &world);
}

#[test]
fn an_aws_cli_without_log_alarms_is_not_asked_for_them() {
    let world = whole();
    let fake = Fake::new(&world);
    fs::write(fake.path("skeleton"), "\"MetricAlarms\": []\n").unwrap();
    let old = fake.path(&format!("{ACCOUNT}/{HOME}/cloudwatch.describe-alarms"));
    let history = fake.path(&format!(
        "{ACCOUNT}/{HOME}/cloudwatch.describe-alarm-history"
    ));
    for (folder, kind) in [(&old, ""), (&history, ""), (&history, ".StateUpdate")] {
        fs::rename(
            folder.join(format!(".MetricAlarm.CompositeAlarm.LogAlarm{kind}")),
            folder.join(format!(".MetricAlarm.CompositeAlarm{kind}")),
        )
        .unwrap();
    }
    let output = fake.run(&[]);
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .contains("warning: this AWS CLI does not know log alarms")
    );
    let gaps = gaps(&imported(&fake.path("aws-answers"), &[]));
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert!(
        gaps[0]
            .2
            .starts_with("no file for DescribeAlarms about `LogAlarm`"),
        "{gaps:?}"
    );
}

/// One operation after the other is refused: the script goes on, and the import says which.
#[test]
fn a_refused_call_stops_nothing() {
    let complete = whole();
    let operations: std::collections::BTreeSet<(String, String)> = complete
        .answers
        .iter()
        .filter(|answer| {
            let operation = find(&answer.service, &answer.operation).unwrap();
            operation.need == Need::Needed && operation.name != "GetCallerIdentity"
        })
        .map(|answer| (answer.service.clone(), answer.operation.clone()))
        .collect();
    for (service, operation) in operations {
        let mut world = whole();
        world.deny(&service, &operation);
        let fake = Fake::new(&world);
        assert!(
            fake.run(&["--region", HOME]).status.success(),
            "{operation}"
        );
        let gaps = gaps(&imported(&fake.path("aws-answers"), &[]));
        // Alarms are asked for again, one type at a time, which this `aws` does not know.
        let named = gaps
            .iter()
            .filter(|(name, kind, _)| {
                *name == operation && (kind == "denied" || operation == "DescribeAlarms")
            })
            .count();
        assert!(named > 0, "{operation}: {gaps:?}");
    }
}
