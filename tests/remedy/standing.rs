//! What stands in the account when a printed script is run, and was not there, or otherwise, when the snapshot was recorded: the
//! script names it and changes nothing. What the script itself left half done is gone on with.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Output;

use serde_json::{Value, json};

use super::matrix::Rig;
use crate::support::world::{HOME, World};
use crate::support::{project, trailproof};

/// An account in an emulator, and the script that repairs it.
struct Account<'r> {
    rig: &'r Rig,
    id: &'r str,
    /// What `collect` is told.
    collect: &'r [&'r str],
    /// What `analyze` and `remediate` are told.
    asked: &'r [&'r str],
    script: PathBuf,
}

impl<'r> Account<'r> {
    /// Builds an account, and has its fix printed.
    fn new(rig: &'r Rig, order: &'r Value, collect: &'r [&'r str], asked: &'r [&'r str]) -> Self {
        rig.aws.order(order);
        let id = order["account"].as_str().unwrap();
        let script = rig.folder.path().join(format!("{id}.sh"));
        let account = Self {
            rig,
            id,
            collect,
            asked,
            script,
        };
        let snapshot = account.recorded("before");
        let arguments = [&["remediate", "--region=eu-west-1"], asked].concat();
        let output = rig.trailproof(id, &arguments, &snapshot);
        assert_eq!(output.status.code(), Some(0));
        std::fs::write(&account.script, &output.stdout).unwrap();
        account
    }

    fn recorded(&self, name: &str) -> PathBuf {
        let file = self.rig.folder.path().join(format!("{}-{name}", self.id));
        let arguments = [&["collect"], self.collect, &["--output"]].concat();
        self.rig.trailproof(self.id, &arguments, &file);
        file
    }

    /// Runs shell commands as the account.
    fn sh(&self, commands: &str) -> Output {
        let mut command = self.rig.command("sh", self.id);
        command.env("AWS_DEFAULT_REGION", "eu-west-1");
        command.args(["-euc", commands]).output().unwrap()
    }

    /// Runs the script.
    fn run(&self, words: &[&str]) -> Output {
        let mut command = self.rig.command("sh", self.id);
        command.arg(&self.script).args(words).output().unwrap()
    }

    /// Something is put under these names, then the script names each and changes nothing.
    fn refuses(&self, there: &str, named: &[&str]) {
        let output = self.sh(there);
        assert!(output.status.success(), "{}", error(&output));
        for words in [&[][..], &["look"]] {
            let output = self.run(words);
            assert_eq!(output.status.code(), Some(1), "{}", error(&output));
            let expected = named.iter().map(|name| {
                format!("{name} is neither as the snapshot has it nor as this script leaves it")
            });
            let expected: BTreeSet<String> = expected.collect();
            let error = error(&output);
            let (said, last): (BTreeSet<String>, BTreeSet<String>) = error
                .lines()
                .map(str::to_owned)
                .partition(|line| line.contains("neither"));
            assert_eq!(said, expected);
            assert_eq!(last.len(), 1, "{last:?}");
            assert!(error.contains("nothing was changed: collect again"));
        }
    }

    fn passes(&self) {
        let arguments = [&["analyze", "--format", "json"], self.asked].concat();
        let output = self
            .rig
            .trailproof(self.id, &arguments, &self.recorded("after"));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        for finding in report["findings"].as_array().unwrap() {
            assert_eq!(finding["status"], "pass", "{}", finding["reason"]);
        }
    }
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Nobody asks an account without a trail for filters, alarms, topics and roles: a snapshot knows of none of these.
const UNRECORDED: &str = r#"
aws s3api create-bucket --bucket management-events-600000000001-eu-west-1 --create-bucket-configuration LocationConstraint=eu-west-1
aws s3api put-bucket-policy --bucket management-events-600000000001-eu-west-1 --policy '{"Version":"2012-10-17","Statement":[]}'
aws iam create-role --role-name cloudtrail-to-cloudwatch-logs --assume-role-policy-document '{"Version":"2012-10-17","Statement":[]}'
aws logs create-log-group --log-group-name /cloudtrail/management-events
aws logs put-metric-filter --log-group-name /cloudtrail/management-events --filter-name root_usage --filter-pattern mine --metric-transformations metricName=m,metricNamespace=n,metricValue=1
aws cloudwatch put-metric-alarm --alarm-name vpc_changes --namespace n --metric-name m --statistic Sum --period 60 --evaluation-periods 1 --threshold 1 --comparison-operator GreaterThanThreshold
aws sns create-topic --name security-alerts
"#;

/// The Regions of what filters and alarms watch.
const TWO_REGIONS: &[&str] = &["--region=eu-west-1", "--region=us-east-1"];

/// A test on both emulators.
fn on_both(test: impl Fn(&Rig)) {
    for emulator in ["ministack", "moto"] {
        if let Some(rig) = Rig::start(emulator) {
            test(&rig);
        }
    }
}

#[test]
fn what_no_snapshot_has_is_not_overwritten() {
    on_both(|rig| {
        let order = json!({"build": "empty", "account": "600000000001"});
        let account = Account::new(rig, &order, TWO_REGIONS, &[]);
        account.refuses(
            UNRECORDED,
            &[
                "bucket `management-events-600000000001-eu-west-1` in eu-west-1",
                "role `cloudtrail-to-cloudwatch-logs`",
                "metric filter `root_usage` of log group `/cloudtrail/management-events` in eu-west-1",
                "alarm `vpc_changes` in eu-west-1",
                "topic `security-alerts` in eu-west-1",
            ],
        );
    });
}

/// A snapshot has only topics that something sends to: collected again, it does not know of this one either.
#[test]
fn a_name_that_no_snapshot_knows_of_is_left_to_what_has_it() {
    let world = World::empty();
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("world.trailproof");
    world.write_snapshot(&snapshot);
    let names = |taken: &[&str]| -> BTreeSet<String> {
        let output = trailproof()
            .args([
                "remediate",
                "--plan",
                "json",
                "--region",
                HOME,
                "--control",
                "root_usage",
            ])
            .arg(&snapshot)
            .args(taken.iter().map(|name| format!("--taken={name}")))
            .output()
            .unwrap();
        let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
        let changes = plan["changes"].as_array().unwrap().iter();
        let names = changes.filter_map(|change| change["after"]["name"].as_str());
        names.map(str::to_owned).collect()
    };
    let usual = names(&[]);
    let taken: Vec<&str> = usual.iter().map(String::as_str).collect();
    let others = names(&taken);
    assert_eq!(others.len(), usual.len());
    assert!(others.is_disjoint(&usual), "{others:?}");
}

/// What a fix changes is put whole: somebody changes it otherwise in between.
const CHANGED: &str = r#"
aws cloudwatch put-metric-alarm --alarm-name root_usage --namespace CISBenchmark --metric-name root_usage --statistic Sum --period 60 --evaluation-periods 1 --threshold 7 --comparison-operator GreaterThanThreshold --no-actions-enabled
aws logs put-metric-filter --log-group-name /cloudtrail/management-events --filter-name vpc_changes --filter-pattern mine --metric-transformations metricName=vpc_changes,metricNamespace=CISBenchmark,metricValue=1
aws sns set-topic-attributes --topic-arn arn:aws:sns:eu-west-1:600000000002:topic-of-nacl_changes --attribute-name Policy --attribute-value '{"Version":"2012-10-17","Statement":[]}'
aws cloudwatch delete-alarms --alarm-names route_table_changes
"#;

#[test]
fn what_was_changed_since_the_snapshot_is_not_overwritten() {
    on_both(|rig| {
        let order = json!({"build": "faults", "account": "600000000002", "broken": {
            "root_usage": "A02", "vpc_changes": "F05", "nacl_changes": "N04",
            "route_table_changes": "A04"}});
        let account = Account::new(rig, &order, TWO_REGIONS, &[]);
        account.refuses(
            CHANGED,
            &[
                "alarm `root_usage` in eu-west-1",
                "alarm `route_table_changes` in eu-west-1",
                "metric filter `vpc_changes` of log group `/cloudtrail/management-events` in eu-west-1",
                "topic `topic-of-nacl_changes` in eu-west-1",
            ],
        );
    });
}

/// The topic's own key is the only one: its policy is edited whole.
#[test]
fn a_key_policy_that_was_edited_since_the_snapshot_is_not_overwritten() {
    on_both(|rig| {
        let order = json!({"build": "faults", "account": "600000000007",
            "broken": {"nacl_changes": "N06"}});
        let account = Account::new(rig, &order, TWO_REGIONS, &[]);
        let output = account.sh(
            "aws sns get-topic-attributes --topic-arn arn:aws:sns:eu-west-1:600000000007:topic-of-nacl_changes \
             --query Attributes.KmsMasterKeyId --output text",
        );
        let key = String::from_utf8(output.stdout).unwrap().trim().to_owned();
        account.refuses(
            &format!(
                "aws kms put-key-policy --key-id {key} --policy-name default --policy \
                 '{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Sid\":\"Mine\",\"Effect\":\"Allow\",\
                 \"Principal\":{{\"AWS\":\"*\"}},\"Action\":\"kms:*\",\"Resource\":\"*\"}}]}}'"
            ),
            &[&format!("key `{key}` in eu-west-1")],
        );
    });
}

#[test]
fn selectors_that_were_put_since_the_snapshot_are_not_overwritten() {
    on_both(|rig| {
        let asked = [
            "--benchmark",
            "cis-aws-7.0",
            "--control",
            "cloudtrail_all_regions",
        ];
        let order = json!({"build": "recording", "account": "600000000006", "fault": "S02"});
        let account = Account::new(rig, &order, TWO_REGIONS, &asked);
        account.refuses(
            "aws cloudtrail put-event-selectors --trail-name management-events --event-selectors \
             ReadWriteType=All,IncludeManagementEvents=true,ExcludeManagementEventSources=kms.amazonaws.com",
            &["trail `management-events` in eu-west-1"],
        );
    });
}

#[test]
fn a_rule_and_a_target_that_came_since_the_snapshot_are_not_overwritten() {
    on_both(|rig| {
        let asked = [
            "--benchmark",
            "cis-aws-7.0",
            "--control",
            "cloudtrail_changes",
        ];
        let order = json!({"build": "ruled", "account": "600000000003", "fault": "E08"});
        let account = Account::new(rig, &order, &[], &asked);
        account.refuses(
            "aws events put-rule --region eu-west-3 --name trail-changes --schedule-expression 'rate(1 day)'",
            &["rule `trail-changes` in eu-west-3"],
        );
        account.sh("aws events delete-rule --region eu-west-3 --name trail-changes");
        assert!(account.run(&["look"]).status.success());
    });
}

/// An `aws` that answers every question and ends the script at the third change.
const TWO_CHANGES: &str = r#"#!/bin/sh
case " $* " in
*" --query "*" create-key "* | *" create-key "*) ;;
*" --query "*) exec "$AWS" "$@" ;;
esac
echo >>"$COUNT"
[ "$(wc -l <"$COUNT")" -le 2 ] || exit 255
exec "$AWS" "$@"
"#;

#[test]
fn a_script_that_was_interrupted_goes_on_where_it_stopped() {
    let Some(rig) = Rig::start("moto") else {
        return;
    };
    let order = json!({"build": "empty", "account": "600000000004"});
    let account = Account::new(&rig, &order, TWO_REGIONS, &["--control", "root_usage"]);
    let tools = rig.folder.path().join("tools");
    let count = rig.folder.path().join("count");
    super::scripted::tool(&tools, TWO_CHANGES);
    let path = format!("{}:{}", tools.display(), rig.path());
    let run = |words: &[&str]| {
        let mut interrupted = 0;
        loop {
            let _ = std::fs::remove_file(&count);
            let mut command = rig.command("sh", account.id);
            command.arg(&account.script).args(words);
            command.env("PATH", &path).env("COUNT", &count);
            command.env("AWS", project("tests/emulators/bin/aws"));
            let output = command.output().unwrap();
            if output.status.success() {
                return interrupted;
            }
            assert!(!error(&output).contains("neither"), "{}", error(&output));
            interrupted += 1;
            assert!(interrupted < 100);
        }
    };
    assert!(run(&[]) > 3);
    assert_eq!(error(&account.run(&[])), "");
    account.passes();
    assert!(run(&["rollback"]) > 1);
    assert_eq!(error(&account.run(&["rollback"])), "");
}

/// What was changed after the fix is not taken back with it.
#[test]
fn what_was_changed_since_the_fix_is_not_taken_back() {
    on_both(|rig| {
        let order = json!({"build": "faults", "account": "600000000005", "broken": {"root_usage": "F01b", "vpc_changes": "A02"}});
        let account = Account::new(rig, &order, TWO_REGIONS, &[]);
        assert!(account.run(&[]).status.success());
        let changed = account.sh(
            "aws cloudwatch put-metric-alarm --alarm-name vpc_changes --namespace mine --metric-name m --statistic Sum \
             --period 60 --evaluation-periods 1 --threshold 7 --comparison-operator GreaterThanThreshold",
        );
        assert!(changed.status.success(), "{}", error(&changed));
        let output = account.run(&["rollback"]);
        assert_eq!(output.status.code(), Some(1));
        let error = error(&output);
        assert!(
            error.starts_with("alarm `vpc_changes` in eu-west-1 is neither"),
            "{error}"
        );
        assert!(
            error.contains("nothing was changed: collect again"),
            "{error}"
        );
    });
}

/// A question that is refused says nothing about what stands there.
#[test]
fn a_refused_question_is_not_an_absence() {
    let folder = tempfile::tempdir().unwrap();
    let output = trailproof()
        .args(["remediate", "--control", "root_usage"])
        .arg(project("snapshots/broken.trailproof"))
        .output()
        .unwrap();
    let script = String::from_utf8(output.stdout).unwrap();
    for (said, code) in [
        (
            "An error occurred (AccessDenied) when calling the DescribeAlarms operation: no (NotFound)",
            1,
        ),
        (
            "Could not connect to the endpoint URL: https://NotFound)/",
            1,
        ),
        (
            "An error occurred (ResourceNotFound) when calling the DescribeAlarms operation: gone",
            1,
        ),
    ] {
        let aws = format!(
            "#!/bin/sh\ncase $1 in sts) echo 444455556666; exit ;; esac\ncase \" $* \" in *' --query '*) echo '{said}' >&2; exit 254 ;; esac\ntouch changed\n"
        );
        let output = super::scripted::run(folder.path(), &aws, &script, &[], &[]);
        assert_eq!(output.status.code(), Some(code), "{said}");
        let told = error(&output);
        assert_eq!(
            told.contains("describe-alarms was not answered"),
            !said.contains("(ResourceNotFound)"),
            "{told}"
        );
        assert_eq!(
            told.contains("is neither as the snapshot"),
            said.contains("(ResourceNotFound)"),
            "{told}"
        );
        assert!(!folder.path().join("changed").exists());
    }
}
