//! Times at which alarms tell nobody: windows of mute rules (A17) and hours that an expression leaves out (A19).

use serde_json::{Value, json};

use super::{LABORATORY, control, moved, replay, report, sql};
use crate::support::controls::alarm_name;
use crate::support::world::{ACCOUNT, HOME, Site, World};
use trailproof::replay::sql::Dialect;

const CONTROL: &str = "root_usage";

fn muted(schedule: Value) -> World {
    let mut world = World::complete();
    world.mute("nights", schedule, &[&alarm_name(CONTROL)]);
    world
}

fn nights() -> World {
    muted(json!({"Expression": "cron(0 22 * * *)", "Duration": "PT8H"}))
}

/// Heard, missed and undecided.
fn counts(report: &Value) -> [u64; 3] {
    let found = control(report, ACCOUNT, CONTROL);
    let sum = |name: &str| {
        let kinds = found[name].as_array().unwrap().iter();
        kinds.map(|it| it["count"].as_u64().unwrap()).sum()
    };
    [
        found["heard"].as_u64().unwrap(),
        sum("missed"),
        sum("undecided"),
    ]
}

#[test]
fn an_event_that_was_lost_in_a_mute_window_counted_as_heard() {
    let times = [
        "2026-10-19T12:00:00Z",
        "2026-10-20T23:00:00Z",
        "2026-10-21T02:00:00Z",
        "2026-10-21T12:00:00Z",
        // So close to the window's begin that CloudTrail may deliver it within.
        "2026-10-21T21:55:00Z",
        // The alarm may be in ALARM still when the window ends.
        "2026-10-22T05:40:00Z",
    ];
    let report = report(&nights(), &times, 1);
    assert_eq!(counts(&report), [2, 2, 2], "{report}");
    let found = control(&report, ACCOUNT, CONTROL);
    let missed = &found["missed"][0];
    assert_eq!(missed["broken_link"], json!("A17"));
    assert_eq!(missed["cause"]["code"], json!("came_while_muted"));
    assert_eq!(missed["cause"]["rules"], json!(["nights"]));
    assert_eq!(missed["example"]["eventTime"], json!(times[1]));
    let undecided = &found["undecided"][0];
    assert_eq!(
        undecided["cause"]["code"],
        json!("came_perhaps_while_muted")
    );
    assert_eq!(undecided["example"]["eventTime"], json!(times[4]));
}

/// The windows that a schedule had before the snapshot count, those before its StartDate do not.
#[test]
fn a_rule_that_is_over_muted_before_and_one_that_had_not_begun_did_not() {
    let mut world = muted(json!({"Expression": "at(2026-10-21T00:00)", "Duration": "P1D"}));
    let times = ["2026-10-20T12:00:00Z", "2026-10-21T12:00:00Z"];
    assert_eq!(counts(&report(&world, &times, 1)), [1, 1, 0]);
    world.edit("monitoring", "GetAlarmMuteRule", |rule| {
        rule["Status"] = json!("EXPIRED");
    });
    assert_eq!(counts(&report(&world, &times, 1)), [1, 1, 0]);
    let always = muted(json!({"Expression": "cron(0 0 * * *)", "Duration": "P1D"}));
    // It began on the first of October.
    let times = ["2026-09-30T12:00:00Z", "2026-10-21T12:00:00Z"];
    assert_eq!(counts(&report(&always, &times, 1)), [1, 1, 0]);
}

#[test]
fn windows_of_a_time_zone_that_nobody_knows_are_undecided() {
    let schedule =
        json!({"Expression": "cron(0 22 * * *)", "Duration": "PT8H", "Timezone": "Mars/Base"});
    let report = report(&muted(schedule), &["2026-10-21T12:00:00Z"], 0);
    assert_eq!(counts(&report), [0, 0, 1]);
    let found = control(&report, ACCOUNT, CONTROL);
    assert_eq!(found["undecided"][0]["broken_link"], json!("A17"));
}

/// The alarm of the control reads expressions that ask for the time.
fn by_the_time(expressions: &[&str]) -> World {
    let site = Site::new(ACCOUNT, HOME);
    let mut world = World::complete();
    world.remove_alarm(CONTROL);
    for (index, expression) in expressions.iter().enumerate() {
        let mut alarm = site.metric_alarm(CONTROL);
        let fields = alarm.as_object_mut().unwrap();
        let stat = json!({"Id": "m", "ReturnData": false, "MetricStat": {
            "Metric": {"Namespace": fields["Namespace"], "MetricName": fields["MetricName"]},
            "Period": 300, "Stat": "Sum"}});
        for key in [
            "MetricName",
            "Namespace",
            "Statistic",
            "Dimensions",
            "Period",
        ] {
            fields.remove(key);
        }
        let queries = json!([stat, {"Id": "e", "Expression": expression, "ReturnData": true}]);
        fields.insert("Metrics".to_owned(), queries);
        let name = format!("alarm {index}");
        fields.insert("AlarmArn".to_owned(), json!(site.alarm_arn(&name)));
        fields.insert("AlarmName".to_owned(), json!(name));
        world.add_metric_alarm(alarm);
    }
    world
}

#[test]
fn an_event_at_an_hour_that_an_expression_leaves_out_counted_as_heard() {
    let times = [
        "2026-10-21T03:00:00Z",
        "2026-10-21T07:50:00Z",
        "2026-10-21T12:00:00Z",
        "2026-10-21T23:00:00Z",
    ];
    let report_of = |world: &World, code| report(world, &times, code);
    let office = by_the_time(&["IF(HOUR(m) >= 8 AND HOUR(m) < 18, m)"]);
    let report = report_of(&office, 1);
    assert_eq!(counts(&report), [1, 2, 1], "{report}");
    let missed = &control(&report, ACCOUNT, CONTROL)["missed"][0];
    assert_eq!(missed["broken_link"], json!("A19"));
    assert_eq!(missed["cause"]["code"], json!("came_at_silent_hour"));
    // Two that leave no gap hear at the change as well.
    let both = by_the_time(&["IF(HOUR(m) < 12, m, 0)", "IF(HOUR(m) >= 12, m, 0)"]);
    let times = ["2026-10-21T11:55:00Z", "2026-10-21T12:01:00Z"];
    assert_eq!(counts(&super::muted::report(&both, &times, 0)), [2, 0, 0]);
}

/// Counts a minute say what records say.
#[test]
fn duckdb_counts_make_the_same_report_of_muted_alarms() {
    let place = tempfile::tempdir().unwrap();
    let mut world = World::complete();
    let names: Vec<String> = [
        "unauthorized_api_calls",
        "iam_policy_changes",
        "route_table_changes",
    ]
    .map(alarm_name)
    .to_vec();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let schedule = json!({"Expression": "cron(0 11 * * *)", "Duration": "PT1H27M"});
    world.mute("lunch", schedule, &names);
    world.edit("monitoring", "GetAlarmMuteRule", |rule| {
        rule["StartDate"] = json!("2023-07-01T00:00:00.000000+00:00");
    });
    let file = place.path().join("a.trailproof");
    world.write_snapshot(&file);
    let snapshot = moved(&file, ACCOUNT, LABORATORY, place.path());
    let options = [snapshot.to_str().unwrap()];
    let Some((read, _)) = sql::read_and_counted(Dialect::Duckdb, &options, place.path()) else {
        return;
    };
    let controls = read["controls"].as_array().unwrap().iter();
    let links: Vec<&Value> = controls
        .flat_map(|it| [&it["missed"], &it["undecided"]])
        .flat_map(|it| it.as_array().unwrap())
        .map(|it| &it["cause"]["code"])
        .collect();
    assert!(links.contains(&&json!("came_while_muted")), "{links:?}");
    assert!(
        links.contains(&&json!("came_perhaps_while_muted")),
        "{links:?}"
    );
}

/// A call that one control asks for and no other.
const CALLS: [(&str, &str, &str); 9] = [
    (
        "config_changes",
        "config.amazonaws.com",
        "StopConfigurationRecorder",
    ),
    ("cmk_disable_or_delete", "kms.amazonaws.com", "DisableKey"),
    (
        "s3_bucket_policy_changes",
        "s3.amazonaws.com",
        "PutBucketPolicy",
    ),
    (
        "security_group_changes",
        "ec2.amazonaws.com",
        "CreateSecurityGroup",
    ),
    ("nacl_changes", "ec2.amazonaws.com", "CreateNetworkAcl"),
    (
        "network_gateway_changes",
        "ec2.amazonaws.com",
        "CreateCustomerGateway",
    ),
    (
        "route_table_changes",
        "ec2.amazonaws.com",
        "CreateRouteTable",
    ),
    ("vpc_changes", "ec2.amazonaws.com", "CreateVpc"),
    (
        "organizations_changes",
        "organizations.amazonaws.com",
        "LeaveOrganization",
    ),
];

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 33) % sides
    }

    fn one_of<'t>(&mut self, all: &[&'t str]) -> &'t str {
        let index = usize::try_from(self.roll(all.len() as u64)).unwrap();
        all[index]
    }
}

/// A rule of any kind; no window of it is near a change of clocks, which other tests are about.
fn random_rule(dice: &mut Dice) -> Value {
    let hour = dice.roll(24);
    let minute = dice.one_of(&["0", "30", "7", "0,20,40"]).to_owned();
    let expression = match dice.roll(6) {
        0 => format!("at(2026-08-{:02}T{hour:02}:15)", 1 + dice.roll(28)),
        1 => format!(
            "cron({minute} {hour} * * {})",
            dice.one_of(&["SAT", "MON-FRI", "SUN,WED"])
        ),
        2 => format!(
            "cron({minute} {hour} {} * *)",
            dice.one_of(&["1", "3-9", "15,16"])
        ),
        3 => format!(
            "cron({minute} {hour} 1-15 * {})",
            dice.one_of(&["MON", "TUE-THU"])
        ),
        4 => format!("cron({minute} {hour},{} * * *)", (hour + 5) % 24),
        _ => format!("cron({minute} {hour} * AUG *)"),
    };
    let duration = dice.one_of(&[
        "PT5M", "PT20M", "PT45M", "PT1H", "PT3H30M", "PT12H", "P1D", "P2DT6H",
    ]);
    let mut rule = json!({"Expression": expression, "Duration": duration});
    if dice.roll(2) == 0 {
        let zone = dice.one_of(&[
            "Asia/Tokyo",
            "America/New_York",
            "Europe/Berlin",
            "Asia/Kolkata",
        ]);
        rule["Timezone"] = json!(zone);
    }
    if dice.roll(4) == 0 {
        rule["StartDate"] = json!("2026-08-10T11:00:00+00:00");
    }
    if dice.roll(4) == 0 {
        rule["ExpireDate"] = json!("2026-08-20T17:00:00+00:00");
    }
    rule
}

/// What is heard, missed and undecided is what a count in Python has of it, which knows nothing of trailproof.
#[test]
fn random_mute_rules_are_judged_as_python_judges_them() {
    let mut dice = Dice(14);
    let mut seen = std::collections::BTreeMap::new();
    for round in 0..6 {
        let mut world = World::complete();
        let (mut rules, mut times) = (json!({}), json!({}));
        let mut lines = Vec::new();
        for (index, (control, source, name)) in CALLS.iter().enumerate() {
            let mut own = Vec::new();
            for number in 0..1 + dice.roll(2) {
                let rule = random_rule(&mut dice);
                let title = format!("rule {round} {index} {number}");
                let mut schedule = rule.clone();
                let schedule = schedule.as_object_mut().unwrap();
                let begin = schedule.remove("StartDate");
                let end = schedule.remove("ExpireDate");
                world.mute(&title, json!(schedule), &[&alarm_name(control)]);
                world.edit("monitoring", "GetAlarmMuteRule", |output| {
                    if output["Name"] == json!(title) {
                        let output = output.as_object_mut().unwrap();
                        output.remove("StartDate");
                        output.extend(begin.clone().map(|it| ("StartDate".to_owned(), it)));
                        output.extend(end.clone().map(|it| ("ExpireDate".to_owned(), it)));
                    }
                });
                own.push(rule);
            }
            let mut asked = Vec::new();
            for _ in 0..60 {
                // Often close to where a window may begin or end.
                let minute = match dice.roll(2) {
                    0 => dice.roll(60),
                    _ => (dice.roll(4) * 15 + 45 + dice.roll(20)) % 60,
                };
                let (day, hour) = (1 + dice.roll(28), dice.roll(24));
                let time = format!(
                    "2026-08-{day:02}T{hour:02}:{minute:02}:{:02}Z",
                    dice.roll(60)
                );
                let number = lines.len();
                lines.push(json!({
                    "eventVersion": "1.11", "userIdentity": {"type": "IAMUser", "userName": "eve", "accountId": ACCOUNT},
                    "eventTime": time, "eventSource": source, "eventName": name, "awsRegion": "us-east-1",
                    "eventID": format!("00000000-0000-4000-a000-{number:012}"), "readOnly": false, "eventType": "AwsApiCall",
                    "managementEvent": true, "recipientAccountId": ACCOUNT, "eventCategory": "Management",
                }).to_string());
                asked.push(time);
            }
            rules[*control] = json!(own);
            times[*control] = json!(asked);
        }
        let folder = tempfile::tempdir().unwrap();
        let snapshot = folder.path().join("a.trailproof");
        world.write_snapshot(&snapshot);
        let logs = folder.path().join("a.jsonl");
        std::fs::write(&logs, lines.join("\n")).unwrap();
        let files = [snapshot.to_str().unwrap(), logs.to_str().unwrap()];
        let report = replay(&[&files[..], &["--fail-on", "never"]].concat(), 0);
        let counted = by_python(&json!({"rules": rules, "times": times}));
        for (control, ..) in CALLS {
            let found = super::control(&report, ACCOUNT, control);
            let sum = |name: &str| -> u64 {
                let kinds = found[name].as_array().unwrap().iter();
                kinds.map(|it| it["count"].as_u64().unwrap()).sum()
            };
            let answers = counted[control].as_object().unwrap();
            let wanted = |answer: &str| {
                let times = times[control].as_array().unwrap().iter();
                let those = times.filter(|time| answers[time.as_str().unwrap()] == json!(answer));
                those.count() as u64
            };
            let told = format!(
                "{control}: {}\n{found}\n{}",
                rules[control], counted[control]
            );
            for (name, number) in [
                ("heard", found["heard"].as_u64().unwrap()),
                ("missed", sum("missed")),
                ("undecided", sum("undecided")),
            ] {
                assert_eq!(number, wanted(name), "{name} {told}");
                *seen.entry(name).or_insert(0) += number;
            }
        }
    }
    assert!(seen.values().all(|number| *number > 100), "{seen:?}");
}

fn by_python(asked: &Value) -> Value {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    let mut python = Command::new("python3")
        .arg(crate::support::project("tests/replay/muted.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = python.stdin.take().unwrap();
    input.write_all(asked.to_string().as_bytes()).unwrap();
    drop(input);
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}
