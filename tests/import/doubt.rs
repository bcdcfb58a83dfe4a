//! Folders as people make them: answers twice, in pages, of another operation, of another place; nothing is guessed.

/// Answers that lost a part on their way into the folder.
mod cut;
mod pages;
mod unusable;

use super::folder::{self, Layout};
use super::{facts, gaps, imported};
use crate::support::trailproof;
use crate::support::world::{ACCOUNT, HOME, LOG_GROUP, MEMBER, TRAIL, World};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use trailproof::import::{self, Defaults};
use trailproof::snapshot::Snapshot;

const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:security-alerts";

/// The complete account as files named by operation and subject.
struct Hand {
    _scratch: tempfile::TempDir,
    folder: PathBuf,
    world: World,
}

impl Hand {
    fn new() -> Self {
        let mut world = World::complete();
        // Asked for all alarms at once, which a file name cannot say.
        world
            .answers
            .retain(|answer| answer.operation != "DescribeAlarmHistory");
        // By hand people ask about the trail's log group.
        for answer in world.answers_to("logs", "DescribeMetricFilters") {
            answer.request = json!({ "logGroupName": LOG_GROUP });
        }
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("folder");
        folder::write(&world, &folder, Layout::Names);
        Self {
            _scratch: scratch,
            folder,
            world,
        }
    }

    fn place(&self) -> PathBuf {
        self.folder.join(ACCOUNT).join(HOME)
    }

    /// Files of the home region whose name begins so.
    fn files(&self, start: &str) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = fs::read_dir(self.place())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                path.file_name()
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .starts_with(start)
            })
            .collect();
        found.sort();
        assert!(!found.is_empty(), "no {start}");
        found
    }

    fn remove(&self, start: &str) {
        for file in self.files(start) {
            fs::remove_file(file).unwrap();
        }
    }

    fn write(&self, name: &str, value: &Value) {
        fs::write(self.place().join(name), value.to_string()).unwrap();
    }

    /// The answer to an operation in the home region.
    fn answer(&mut self, service: &str, operation: &str) -> Value {
        let answers = self.world.answers_to(service, operation);
        let answer = answers.iter().find(|answer| answer.region == HOME).unwrap();
        answer.output.clone().unwrap()
    }

    fn unusable(&self) -> Vec<String> {
        import::read(&self.folder, &Defaults::default())
            .unwrap()
            .unusable
    }

    fn facts(&self) -> String {
        facts(&imported(&self.folder, &[]))
    }

    fn whole(&self) -> String {
        let path = self.folder.with_extension("collected");
        if !path.exists() {
            self.world.write_snapshot(&path);
        }
        facts(&path)
    }
}

/// Subjects of an operation that count as answered.
fn answered(path: &Path, operation: &str) -> Vec<String> {
    let snapshot = Snapshot::open(path).unwrap();
    let sql = "select subject from answered where operation = ?1 order by subject";
    let mut statement = snapshot.connection().prepare(sql).unwrap();
    statement
        .query_map([operation], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

/// The complete account as the script writes it, and the first file that its list names for an operation.
fn listed(scratch: &Path, operation: &str) -> (PathBuf, PathBuf) {
    let folder = scratch.join("folder");
    folder::write(&World::complete(), &folder, Layout::Script);
    let list = fs::read_to_string(folder.join("calls.tsv")).unwrap();
    let line = list.lines().find(|line| line.contains(operation)).unwrap();
    let file = folder.join(line.split('\t').next().unwrap());
    (folder, file)
}

fn assert_one(messages: &[String], parts: &[&str]) {
    let fitting = messages
        .iter()
        .filter(|message| parts.iter().all(|part| message.contains(part)))
        .count();
    assert!(fitting > 0, "{parts:?}: {messages:#?}");
}

/// The last file in name order won silently: an old list of alarms beat today's.
#[test]
fn two_answers_to_one_question_are_a_gap_that_names_both() {
    for (service, operation, start, old) in [
        (
            "monitoring",
            "DescribeAlarms",
            "cloudwatch-describe-alarms.",
            "describe-alarms_before.json",
        ),
        (
            "cloudtrail",
            "DescribeTrails",
            "cloudtrail-describe-trails.",
            "describe-trails.old.json",
        ),
        (
            "logs",
            "DescribeMetricFilters",
            "logs-describe-metric-filters.",
            "x/describe-metric-filters.json",
        ),
        (
            "sns",
            "GetTopicAttributes",
            "sns-get-topic-attributes.",
            "a.json",
        ),
        (
            "cloudtrail",
            "GetEventSelectors",
            "cloudtrail-get-event-selectors.",
            "z.json",
        ),
    ] {
        let mut hand = Hand::new();
        let mut answer = hand.answer(service, operation);
        fs::create_dir_all(hand.place().join("x")).unwrap();
        // A copy says nothing new.
        hand.write(old, &answer);
        assert_eq!(hand.unusable(), Vec::<String>::new(), "{operation}");
        let change = json!("changed");
        match operation {
            "DescribeAlarms" => answer["MetricAlarms"][0]["AlarmDescription"] = change,
            "DescribeTrails" => answer["trailList"][0]["S3BucketName"] = change,
            "DescribeMetricFilters" => answer["metricFilters"][0]["filterPattern"] = change,
            "GetTopicAttributes" => answer["Attributes"]["DisplayName"] = change,
            _ => answer["EventSelectors"] = json!([{"ReadWriteType": "All"}]),
        }
        hand.write(old, &answer);
        let file = hand.files(start).remove(0);
        let name = file.file_name().unwrap().to_str().unwrap();
        let unusable = hand.unusable();
        assert_one(
            &unusable,
            &[name, old, operation, "keep the one that is right"],
        );
        let answered = answered(&imported(&hand.folder, &[]), operation);
        let left = answered.iter().any(|subject| {
            subject == "MetricAlarm"
                || subject == LOG_GROUP
                || subject.contains(TRAIL)
                || subject == TOPIC
        });
        assert!(!left, "{operation}: {answered:?}");
    }
}

#[test]
fn an_old_answer_beside_a_damaged_one_is_not_used() {
    let hand = Hand::new();
    let today = hand.files("cloudwatch-describe-alarms.").remove(0);
    let text = fs::read_to_string(&today).unwrap();
    fs::write(hand.place().join("describe-alarms_before.json"), &text).unwrap();
    fs::write(&today, &text[..text.len() / 2]).unwrap();
    let unusable = hand.unusable();
    assert_one(&unusable, &["is cut off"]);
    assert_one(
        &unusable,
        &[
            "describe-alarms_before.json",
            "answer DescribeAlarms",
            "differently",
        ],
    );
    // An empty file is no answer: the error beside it may be why it was asked again.
    fs::write(&today, "").unwrap();
    let unusable = hand.unusable();
    assert_eq!(unusable.len(), 1, "{unusable:?}");
    assert_one(&unusable, &["is empty"]);
}

/// One trail in an old file of its own, and today's list.
#[test]
fn a_part_that_contradicts_the_whole_is_a_gap() {
    let mut hand = Hand::new();
    let mut answer = hand.answer("cloudtrail", "DescribeTrails");
    hand.write(&format!("describe-trails.{TRAIL}.json"), &answer);
    assert_eq!(hand.facts().len(), 64);
    assert_eq!(hand.unusable(), Vec::<String>::new());
    answer["trailList"][0]["IsMultiRegionTrail"] = json!(true);
    answer["trailList"][0]["SnsTopicName"] = json!("elsewhere");
    hand.write(&format!("describe-trails.{TRAIL}.json"), &answer);
    assert_one(
        &hand.unusable(),
        &["answer DescribeTrails about", "differently"],
    );
}

#[test]
fn an_answer_of_another_api_is_no_answer() {
    let alarms = json!({"MetricAlarms": []});
    let regions = json!({"Regions": [{"Endpoint": "ec2.eu-west-1.amazonaws.com",
        "RegionName": "eu-west-1", "OptInStatus": "opt-in-not-required"}]});
    let keys = json!({"KeyPairs": []});
    for (name, value, why) in [
        (
            "describe-alarms-for-metric.json",
            &alarms,
            "is an answer to describe-alarms-for-metric",
        ),
        (
            "cloudwatch_describe_alarms_for_metric.json",
            &alarms,
            "is an answer to describe-alarms-for-metric",
        ),
        (
            "DescribeAlarmsForMetric.json",
            &alarms,
            "could be an answer to DescribeAlarms or to DescribeAlarmsForMetric",
        ),
        (
            "alarms.json",
            &alarms,
            "could be an answer to DescribeAlarms or to DescribeAlarmsForMetric",
        ),
        (
            "ec2-describe-regions.json",
            &regions,
            "`RegionOptStatus` is missing in an item of `Regions`",
        ),
        (
            "regions.json",
            &regions,
            "`RegionOptStatus` is missing in an item of `Regions`",
        ),
        (
            "list-regions.json",
            &regions,
            "`RegionOptStatus` is missing in an item of `Regions`",
        ),
        (
            "describe-key-pairs.json",
            &keys,
            "is an answer to describe-key-pairs",
        ),
        (
            "waf-list-rules.json",
            &json!({"Rules": [{"RuleId": "x", "Name": "y"}]}),
            "`Arn` is missing in an item of `Rules`",
        ),
        (
            "chime-list-accounts.json",
            &json!({"Accounts": [{"AccountId": "x"}]}),
            "`Id` is missing in an item of `Accounts`",
        ),
        (
            "describe-trails.eu.json",
            &json!({"trailList": [{"Name": "t"}]}),
            "`TrailARN` is missing in an item of `trailList`",
        ),
        (
            "list-trails.json",
            &json!({"Trails": "none"}),
            "`Trails` is no list",
        ),
    ] {
        let hand = Hand::new();
        let answers = [
            ("list-regions.json", "account-list-regions."),
            ("describe-trails.eu.json", "cloudtrail-describe-trails."),
        ];
        if let Some((_, start)) = answers.iter().find(|(of, _)| *of == name) {
            hand.remove(start);
        }
        hand.write(name, value);
        assert_one(&hand.unusable(), &[name, why]);
    }
}

/// An answer that says that it is of another place or subject than its folder and name say is no fact.
#[test]
fn content_that_contradicts_name_or_folder_is_a_gap() {
    let other_topic = "arn:aws:sns:us-east-1:111122223333:other";
    let swap = |text: &str, from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    };
    for (start, from, to, why) in [
        (
            "cloudwatch-describe-alarms.",
            ":cloudwatch:us-east-1:",
            ":cloudwatch:eu-west-1:",
            "was asked for in `us-east-1`",
        ),
        (
            "cloudwatch-describe-alarms.",
            ":111122223333:alarm",
            ":444455556666:alarm",
            "was asked for in account `111122223333`",
        ),
        (
            "sns-get-topic-attributes.",
            ":security-alerts\"",
            ":other\"",
            "by its name and",
        ),
        (
            "sns-get-topic-attributes.",
            "sns:us-east-1",
            "sns:eu-west-1",
            "`",
        ),
        (
            "sns-list-subscriptions-by-topic.",
            "security-alerts\"",
            "other\"",
            "by its name and",
        ),
        (
            "sns-get-subscription-attributes.",
            "security-alerts:",
            "other:",
            "by its name and",
        ),
        (
            "cloudtrail-get-event-selectors.",
            "trail/management-events",
            "trail/other",
            "by its name and",
        ),
        (
            "logs-describe-metric-filters.",
            "\"/cloudtrail/management-events\"",
            "\"/other\"",
            "by its name and",
        ),
        (
            "logs-describe-log-groups.",
            "log-group:/cloudtrail",
            "log-group:/x",
            "",
        ),
        (
            "logs-describe-log-groups.",
            ":logs:us-east-1:",
            ":logs:eu-west-1:",
            "was asked for in `us-east-1`",
        ),
        (
            "sts-get-caller-identity.",
            "\"111122223333\"",
            "\"444455556666\"",
            "was asked for in account `111122223333`",
        ),
        (
            "cloudtrail-describe-trails.",
            "cloudtrail:us-east-1:111122223333",
            "cloudtrail:us-east-1:444455556666",
            "was asked for in account",
        ),
    ] {
        let hand = Hand::new();
        let file = hand.files(start).remove(0);
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, swap(&text, from, to)).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        if !why.is_empty() {
            assert_one(&hand.unusable(), &[&name, why]);
        }
    }
    // Listed by the script, a file says no more.
    let scratch = tempfile::tempdir().unwrap();
    let (folder, file) = listed(scratch.path(), "get-topic-attributes");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, swap(&text, TOPIC, other_topic)).unwrap();
    let unusable = import::read(&folder, &Defaults::default())
        .unwrap()
        .unusable;
    assert_one(
        &unusable,
        &["is about `arn:aws:sns:us-east-1:111122223333:other` and was asked for about"],
    );
}

/// A trail of one region shows in that region alone.
#[test]
fn a_trail_in_a_folder_of_another_region_is_a_gap() {
    let mut hand = Hand::new();
    let mut answer = hand.answer("cloudtrail", "DescribeTrails");
    answer["trailList"][0]["IsMultiRegionTrail"] = json!(false);
    let other = hand.folder.join(ACCOUNT).join("eu-west-1");
    for entry in fs::read_dir(&other).unwrap() {
        let path = entry.unwrap().path();
        if path.to_str().unwrap().contains("describe-trails") {
            fs::write(path, answer.to_string()).unwrap();
        }
    }
    assert_one(
        &hand.unusable(),
        &["eu-west-1/", "was asked for in `eu-west-1`"],
    );
}
