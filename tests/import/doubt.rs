//! Folders as people make them: answers twice, in pages, of another operation, of another place; nothing is guessed.

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
fn pages_of_one_list_are_joined() {
    for (names, joined) in [
        (
            [
                "describe-alarms.1.json",
                "describe-alarms.2.json",
                "describe-alarms.3.json",
            ],
            true,
        ),
        (
            [
                "describe-alarms.json",
                "describe-alarms-page2.json",
                "describe-alarms-page10.json",
            ],
            true,
        ),
        (
            [
                "describe-alarms (1).json",
                "describe-alarms (2).json",
                "describe-alarms (3).json",
            ],
            true,
        ),
        // The page that ends the list is not the last.
        (
            [
                "describe-alarms.2.json",
                "describe-alarms.3.json",
                "describe-alarms.1.json",
            ],
            false,
        ),
        (
            [
                "describe-alarms.old.json",
                "describe-alarms.new.json",
                "describe-alarms.json",
            ],
            false,
        ),
    ] {
        let mut hand = Hand::new();
        hand.remove("cloudwatch-describe-alarms.");
        hand.world.forget("monitoring", "DescribeAlarms");
        let mut all = World::complete();
        let answer = all
            .answers_to("monitoring", "DescribeAlarms")
            .remove(0)
            .output
            .clone()
            .unwrap();
        let alarms = answer["MetricAlarms"].as_array().unwrap().clone();
        let third = alarms.len() / 3;
        let parts = [
            &alarms[..third],
            &alarms[third..2 * third],
            &alarms[2 * third..],
        ];
        for (index, (name, part)) in names.iter().zip(parts).enumerate() {
            let mut page = json!({"MetricAlarms": part, "CompositeAlarms": []});
            if index < 2 {
                page["NextToken"] = json!(format!("token-{index}"));
            }
            hand.write(name, &page);
        }
        let unusable = hand.unusable();
        let snapshot = imported(&hand.folder, &[]);
        let connection = Snapshot::open(&snapshot).unwrap();
        let count: i64 = connection
            .connection()
            .query_row("select count(*) from alarm", [], |row| row.get(0))
            .unwrap();
        if joined {
            assert_eq!(
                count,
                i64::try_from(alarms.len()).unwrap(),
                "{names:?}: {unusable:?}"
            );
            assert_eq!(
                answered(&snapshot, "DescribeAlarms"),
                ["MetricAlarm"],
                "{names:?}"
            );
        } else {
            assert_eq!(count, 0, "{names:?}: {unusable:?}");
            assert_one(&unusable, &[names[0], names[1], "answer DescribeAlarms"]);
        }
    }
}

/// A first page of yesterday and a whole list of today repeat each other.
#[test]
fn pages_that_repeat_an_item_are_two_answers() {
    let mut hand = Hand::new();
    let mut page = hand.answer("monitoring", "DescribeAlarms");
    hand.remove("cloudwatch-describe-alarms.");
    hand.write("describe-alarms.2.json", &page);
    page["NextToken"] = json!("token");
    page["MetricAlarms"].as_array_mut().unwrap().truncate(2);
    page["MetricAlarms"][0]["StateValue"] = json!("ALARM");
    hand.write("describe-alarms.1.json", &page);
    assert_one(
        &hand.unusable(),
        &[
            "describe-alarms.1.json",
            "describe-alarms.2.json",
            "differently",
        ],
    );
}

#[test]
fn a_page_without_the_next_is_told() {
    let mut hand = Hand::new();
    let mut page = hand.answer("events", "ListRules");
    page["NextToken"] = json!("token");
    hand.remove("events-list-rules.");
    hand.write("list-rules.json", &page);
    assert_one(
        &hand.unusable(),
        &["list-rules.json", "first items of a list alone"],
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
    let folder = scratch.path().join("folder");
    folder::write(&World::complete(), &folder, Layout::Script);
    let list = fs::read_to_string(folder.join("calls.tsv")).unwrap();
    let line = list
        .lines()
        .find(|line| line.contains("get-topic-attributes"))
        .unwrap();
    let file = folder.join(line.split('\t').next().unwrap());
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

#[test]
fn metric_filters_of_all_log_groups_at_once_are_those_of_each() {
    let mut hand = Hand::new();
    let whole = hand.whole();
    let mut answer = hand.answer("logs", "DescribeMetricFilters");
    for filter in answer["metricFilters"].as_array_mut().unwrap() {
        filter["logGroupName"] = json!(LOG_GROUP);
    }
    hand.remove("logs-describe-metric-filters.");
    hand.write("describe-metric-filters.json", &answer);
    assert_eq!(hand.facts(), whole, "{:?}", hand.unusable());
    // With filters of another log group in the list, that one is told too.
    let mut more = answer["metricFilters"][0].clone();
    more["logGroupName"] = json!("/elsewhere");
    answer["metricFilters"].as_array_mut().unwrap().push(more);
    hand.write("describe-metric-filters.json", &answer);
    assert_eq!(hand.unusable(), Vec::<String>::new());
    let snapshot = imported(&hand.folder, &[]);
    assert_eq!(
        answered(&snapshot, "DescribeMetricFilters"),
        [LOG_GROUP, "/elsewhere"]
    );
    // Pages of it cannot be told apart.
    answer["nextToken"] = json!("token");
    hand.write("describe-metric-filters.1.json", &answer);
    assert!(!hand.unusable().is_empty());
}

#[test]
fn subscriptions_of_all_topics_at_once_are_those_of_each() {
    let mut hand = Hand::new();
    let whole = hand.whole();
    let mut answer = hand.answer("sns", "ListSubscriptionsByTopic");
    for subscription in answer["Subscriptions"].as_array_mut().unwrap() {
        subscription["TopicArn"] = json!(TOPIC);
    }
    hand.remove("sns-list-subscriptions-by-topic.");
    hand.write("list-subscriptions.json", &answer);
    assert_eq!(hand.facts(), whole, "{:?}", hand.unusable());
    let other = json!({"TopicArn": format!("{TOPIC}-2"), "Protocol": "email", "Endpoint": "a@example.com",
        "SubscriptionArn": "PendingConfirmation", "Owner": ACCOUNT});
    answer["Subscriptions"].as_array_mut().unwrap().push(other);
    hand.write("list-subscriptions.json", &answer);
    let snapshot = imported(&hand.folder, &[]);
    // Another account may be subscribed to the second: its owner sees that, this list does not.
    assert_eq!(answered(&snapshot, "ListSubscriptionsByTopic"), [TOPIC]);
    // Nobody is surely told.
    answer["Subscriptions"][0]["SubscriptionArn"] = json!("PendingConfirmation");
    answer["Subscriptions"].as_array_mut().unwrap().truncate(1);
    hand.write("list-subscriptions.json", &answer);
    assert_one(
        &hand.unusable(),
        &["list-subscriptions.json", "another account subscribes"],
    );
}

/// PowerShell writes UTF-16 with a mark before it.
#[test]
fn utf_16_of_powershell_is_read() {
    for little in [true, false] {
        let hand = Hand::new();
        for entry in fs::read_dir(hand.place()).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap().replace('\n', "\r\n");
            if text.is_empty() {
                continue;
            }
            let bytes: Vec<u8> = "\u{feff}"
                .encode_utf16()
                .chain(text.encode_utf16())
                .flat_map(|unit| {
                    if little {
                        unit.to_le_bytes()
                    } else {
                        unit.to_be_bytes()
                    }
                })
                .collect();
            fs::write(path, bytes).unwrap();
        }
        assert_eq!(hand.facts(), hand.whole(), "{:?}", hand.unusable());
    }
    // Half of the last character is missing.
    let hand = Hand::new();
    let file = hand.files("cloudtrail-describe-trails.").remove(0);
    fs::write(&file, b"\xff\xfe{\0\"").unwrap();
    assert_one(&hand.unusable(), &["describe-trails"]);
}

/// The folder that is given may itself be named by the account, or by the region in one of the account.
#[test]
fn the_account_may_be_the_name_of_the_folder_that_is_given() {
    let mut hand = Hand::new();
    hand.remove("sts-get-caller-identity.");
    let given = hand.folder.join(ACCOUNT);
    let recording = import::read(&given, &Defaults::default()).unwrap();
    assert_one(&recording.unusable, &["no file for GetCallerIdentity"]);
    assert_eq!(recording.unusable.len(), 1, "{:?}", recording.unusable);
    assert!(recording.calls().all(|call| call.account == ACCOUNT));
    let inner = import::read(&given.join(HOME), &Defaults::default()).unwrap();
    assert!(
        inner
            .calls()
            .all(|call| call.account == ACCOUNT && !call.region.is_empty())
    );
    // Content of another account is told, and not believed.
    let foreign = hand.folder.join(MEMBER);
    fs::rename(&given, &foreign).unwrap();
    let recording = import::read(&foreign, &Defaults::default()).unwrap();
    assert_one(
        &recording.unusable,
        &["was asked for in account `444455556666`"],
    );
    let identity = hand.answer("sts", "GetCallerIdentity");
    fs::write(foreign.join("whoami.json"), identity.to_string()).unwrap();
    let recording = import::read(&foreign, &Defaults::default()).unwrap();
    assert_one(
        &recording.unusable,
        &["whoami.json", "was asked for in account `444455556666`"],
    );
}

#[test]
fn a_list_of_one_named_alarm_is_not_the_list_of_all() {
    let mut hand = Hand::new();
    let mut answer = hand.answer("monitoring", "DescribeAlarms");
    answer["MetricAlarms"].as_array_mut().unwrap().truncate(1);
    let name = answer["MetricAlarms"][0]["AlarmName"]
        .as_str()
        .unwrap()
        .to_owned();
    hand.remove("cloudwatch-describe-alarms.");
    hand.write(&format!("describe-alarms.{name}.json"), &answer);
    assert_one(
        &hand.unusable(),
        &["no file for DescribeAlarms about `MetricAlarm`"],
    );
}

/// What the facts cannot be read from is told with its file and reason, on the terminal too.
#[test]
fn warnings_say_what_was_unusable_and_why() {
    let mut hand = Hand::new();
    let mut answer = hand.answer("logs", "DescribeMetricFilters");
    answer["metricFilters"][0]["metricTransformations"][0]
        .as_object_mut()
        .unwrap()
        .remove("metricName");
    let file = hand.files("logs-describe-metric-filters.").remove(0);
    fs::write(&file, answer.to_string()).unwrap();
    hand.write(
        "describe-trails.2.json",
        &json!({"trailList": [{"Name": "x", "HomeRegion": HOME}]}),
    );
    let output = trailproof()
        .arg("import")
        .arg(&hand.folder)
        .arg("-o")
        .arg(hand.folder.with_extension("out"))
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("`TrailARN` is missing in an item of `trailList`"),
        "{stderr}"
    );
    let name = file.file_name().unwrap().to_str().unwrap();
    assert!(
        stderr.contains(&format!(
            "{name}`: `metricName` is missing from the response"
        )),
        "{stderr}"
    );
    assert!(!stderr.contains("unreadable"), "{stderr}");
    let gaps = gaps(&hand.folder.with_extension("out"));
    assert!(
        gaps.iter().any(|gap| gap.2.contains("TrailARN")),
        "{gaps:?}"
    );
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::process::Command;
    use std::time::{Duration, Instant};

    /// A link to a secret was stored whole, and an error text that was a link was printed.
    #[test]
    fn links_pipes_and_devices_are_named_and_not_read() {
        let hand = Hand::new();
        let secret = hand.folder.with_extension("secret");
        fs::write(
            &secret,
            "{\"trailList\": [], \"aws_secret_access_key\": \"hunter2\"}",
        )
        .unwrap();
        let trails = hand.files("cloudtrail-describe-trails.").remove(0);
        fs::remove_file(&trails).unwrap();
        symlink(&secret, &trails).unwrap();
        // An empty answer whose error is a link to a secret.
        let groups = hand.files("logs-describe-log-groups.").remove(0);
        fs::write(&groups, "").unwrap();
        let beside = format!("{}.error", groups.display());
        symlink(&secret, &beside).unwrap();
        symlink("/", hand.place().join("root")).unwrap();
        symlink("/dev/zero", hand.place().join("list-trails.json")).unwrap();
        let fifo = hand.place().join("list-rules.fifo.json");
        let made = Command::new("mkfifo").arg(&fifo).status();
        let started = Instant::now();
        let unusable = hand.unusable();
        assert!(started.elapsed() < Duration::from_secs(20));
        let name = trails.file_name().unwrap().to_str().unwrap();
        assert_one(
            &unusable,
            &[name, "is a symbolic link, which is not followed"],
        );
        assert_one(&unusable, &["/root`", "is a symbolic link"]);
        assert_one(&unusable, &["list-trails.json", "is a symbolic link"]);
        assert_one(
            &unusable,
            &[
                groups.file_name().unwrap().to_str().unwrap(),
                ".error` is a symbolic link",
            ],
        );
        if made.is_ok_and(|status| status.success()) {
            assert_one(
                &unusable,
                &["list-rules.fifo.json", "is a pipe, a socket or a device"],
            );
        }
        let snapshot = imported(&hand.folder, &[]);
        let bytes = fs::read(&snapshot).unwrap();
        assert!(!bytes.windows(7).any(|window| window == b"hunter2"));
        assert!(
            unusable.iter().all(|why| !why.contains("hunter2")),
            "{unusable:?}"
        );
        for gap in gaps(&snapshot) {
            assert!(!gap.2.contains("hunter2"), "{gap:?}");
        }
    }

    /// A listed file that is a link is as unusable as a loose one.
    #[test]
    fn a_link_in_the_place_of_a_listed_file_is_not_followed() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("folder");
        folder::write(&World::complete(), &folder, Layout::Script);
        let list = fs::read_to_string(folder.join("calls.tsv")).unwrap();
        let line = list
            .lines()
            .find(|line| line.contains("describe-trails"))
            .unwrap();
        let file = folder.join(line.split('\t').next().unwrap());
        let moved = scratch.path().join("moved.json");
        fs::rename(&file, &moved).unwrap();
        symlink(&moved, &file).unwrap();
        let unusable = import::read(&folder, &Defaults::default())
            .unwrap()
            .unusable;
        assert_one(&unusable, &["is a symbolic link, which is not followed"]);
    }
}

/// Bytes that are no answer are not kept, whatever their number and size.
#[test]
fn what_is_too_large_is_named_and_not_kept() {
    let hand = Hand::new();
    for index in 0..20 {
        let file = fs::File::create(hand.place().join(format!("core.{index}"))).unwrap();
        // A hole costs no disk, and would cost memory.
        file.set_len(1 << 30).unwrap();
    }
    let items = format!("{{\"trailList\": [{}1]}}", "1,".repeat(5 << 20));
    fs::write(hand.place().join("many.json"), items).unwrap();
    let endless = fs::File::create(hand.place().join("list-trails.json.error")).unwrap();
    endless.set_len(1 << 32).unwrap();
    fs::write(hand.place().join("list-trails.json"), "").unwrap();
    let unusable = hand.unusable();
    assert_one(&unusable, &["core.7", "is larger than any answer"]);
    assert_one(
        &unusable,
        &["many.json", "holds more items than any answer"],
    );
    assert_one(&unusable, &["list-trails.json"]);
    assert!(unusable.iter().all(|why| why.len() < 100_000));
}

#[test]
fn files_beyond_number_are_counted_and_not_listed() {
    let hand = Hand::new();
    let place = hand.folder.join("holiday");
    fs::create_dir(&place).unwrap();
    for index in 0..1_500 {
        fs::write(place.join(format!("{index}.jpg")), "JFIF").unwrap();
    }
    let unusable = hand.unusable();
    assert_eq!(unusable.len(), 1_001, "{:?}", unusable.last());
    assert_one(
        &unusable,
        &["500 more files are no answers that are known here"],
    );
}
