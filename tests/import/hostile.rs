//! The script against answers that somebody hostile wrote: nothing that AWS returns becomes a program, a path, a pattern
//! or an option, in any shell that it may be run with.

use super::fake::{Fake, whole};
use super::{gaps, imported};
use crate::support::world::{ACCOUNT, Answer, HOME, MEMBER, World};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names that a shell, a tool or the AWS CLI could take for something else.
const NAMES: [&str; 16] = [
    "file:///home/u/.aws/credentials",
    "fileb:///etc/passwd",
    "FILE://x",
    "http://169.254.169.254/latest",
    "https://example.com/",
    "--debug",
    "-n",
    "*",
    "?",
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned;",
    "\"; touch pwned; \"",
    "'; touch pwned; '",
    "line\nfeed\tand \u{1b}[8mmore",
    "a\\nb %s %n \\033[8m",
];

/// Folders that no Region and no account is named like.
const PLACES: [&str; 8] = [
    "../../x",
    "us-east-1/;e",
    "/tmp",
    "*",
    "--debug",
    "$(touch pwned)",
    "us-east-1\n../x",
    "",
];

/// Whether the AWS CLI would read the value of an option from a file or an address.
fn is_read_by_the_aws_cli(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    ["file://", "fileb://", "http://", "https://"]
        .iter()
        .any(|prefix| value.starts_with(prefix))
}

fn push(output: &mut Value, list: &str, item: Value) {
    output[list].as_array_mut().unwrap().push(item);
}

/// The complete account with every name and place of the lists above in it.
fn hostile() -> World {
    let mut world = whole();
    world.edit("account", "ListRegions", |output| {
        for place in PLACES {
            let region = json!({"RegionName": place, "RegionOptStatus": "ENABLED"});
            push(output, "Regions", region);
        }
    });
    world.edit("cloudtrail", "DescribeTrails", |output| {
        for (index, place) in PLACES.iter().enumerate() {
            let arn = format!("arn:aws:cloudtrail:{HOME}:{ACCOUNT}:trail/home-{index}");
            let trail = json!({"Name": "n", "TrailARN": arn, "HomeRegion": place});
            push(output, "trailList", trail);
            let group = format!("arn:aws:logs:{place}:{ACCOUNT}:log-group:elsewhere:*");
            let trail = json!({"Name": "n", "TrailARN": format!("{arn}-group"), "HomeRegion": HOME,
                "CloudWatchLogsLogGroupArn": group});
            push(output, "trailList", trail);
        }
        for name in NAMES {
            let trail = json!({"Name": "n", "TrailARN": name, "HomeRegion": HOME,
                "CloudWatchLogsLogGroupArn": format!("arn:aws:logs:{HOME}:{ACCOUNT}:log-group:{name}:*")});
            push(output, "trailList", trail);
        }
    });
    world.edit("cloudtrail", "ListTrails", |output| {
        for name in NAMES.iter().chain(&["[\"x\"]", "arn:aws:cloudtrail:x"]) {
            push(
                output,
                "Trails",
                json!({"TrailARN": name, "HomeRegion": HOME}),
            );
        }
        for place in PLACES {
            push(
                output,
                "Trails",
                json!({"TrailARN": "arn:x", "HomeRegion": place}),
            );
        }
    });
    world.edit("monitoring", "ListAlarmMuteRules", |output| {
        for name in NAMES {
            let arn = format!("arn:aws:cloudwatch:{HOME}:{ACCOUNT}:alarm-mute-rule:{name}");
            push(
                output,
                "AlarmMuteRuleSummaries",
                json!({"AlarmMuteRuleArn": arn}),
            );
        }
    });
    world.edit("monitoring", "DescribeAlarms", |output| {
        let alarms = output["MetricAlarms"].as_array_mut().unwrap();
        let actions = alarms[0]["AlarmActions"].as_array_mut().unwrap();
        for name in NAMES {
            actions.push(json!(format!("arn:aws:sns:{HOME}:{ACCOUNT}:{name}")));
            actions.push(json!(name));
        }
        for place in PLACES {
            actions.push(json!(format!("arn:aws:sns:{place}:{MEMBER}:t")));
            actions.push(json!(format!("arn:aws:sns:{HOME}:{place}:t")));
        }
    });
    world.edit("sns", "ListSubscriptionsByTopic", |output| {
        for name in NAMES {
            let arn = format!("arn:aws:sns:{name}");
            push(
                output,
                "Subscriptions",
                json!({"SubscriptionArn": arn, "Protocol": "email"}),
            );
            push(
                output,
                "Subscriptions",
                json!({"SubscriptionArn": name, "Protocol": "email"}),
            );
        }
    });
    world.edit("events", "ListRules", |output| {
        for name in NAMES {
            push(
                output,
                "Rules",
                json!({"Name": name, "EventPattern": "{\"a\": [1]}"}),
            );
        }
    });
    // A topic of the account for each name, which the name encrypts; told by a fake that asks by the whole ARN.
    for name in NAMES {
        let topic = format!("arn:aws:sns:{HOME}:{ACCOUNT}:{name}");
        if !name.contains('\n') {
            world.answer(
                "sns",
                "GetTopicAttributes",
                json!({"TopicArn": topic}),
                json!({"Attributes": {"KmsMasterKeyId": name, "TopicArn": topic}}),
            );
        }
    }
    world
        .answer(
            "logs",
            "DescribeAccountPolicies",
            json!({"policyType": "none"}),
            json!({}),
        )
        .edit("logs", "DescribeAccountPolicies", |output| {
            output["nextToken"] = json!("file:///etc/passwd");
        });
    world
}

/// Every file below a folder, with its path.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        found.push(entry.path());
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        }
    }
    found
}

/// What the fake was called with: one list of arguments a call.
fn calls(fake: &Fake) -> Vec<Vec<String>> {
    let text = fs::read_to_string(fake.path("arguments")).unwrap();
    let call = |call: &str| {
        let arguments = call.split_terminator('\0');
        arguments.map(str::to_owned).collect()
    };
    text.split("\n\0")
        .filter(|text| !text.is_empty())
        .map(call)
        .collect()
}

/// Whether a folder below the output is named by an account and a Region, and a file as the script names them.
fn is_ours(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let region = |text: &str| {
        text.len() > 6
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let file = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
            && (text.ends_with(".json") || text.ends_with(".json.error"))
    };
    match parts.as_slice() {
        ["calls.tsv"] => true,
        [one] => account(one),
        [one, two] => account(one) && region(two),
        [one, two, three] => account(one) && region(two) && file(three),
        _ => false,
    }
}

/// Runs the script and holds everything that it did against what it may do.
fn check(shell: &str, tools: Option<&Path>, world: &World, args: &[&str]) -> Fake {
    let fake = Fake::new(world);
    // What a `*` would find.
    fs::write(fake.path("--debug"), "").unwrap();
    fs::write(fake.path("found by a star"), "").unwrap();
    let before = files(fake.scratch.path());
    let output = fake.run_in(shell, tools, args);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{shell}: {stderr}");
    assert!(
        stderr
            .bytes()
            .all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)),
        "{shell}: {stderr:?}"
    );
    assert!(
        !stderr.contains("not found") && !stderr.contains("syntax error"),
        "{shell}: {stderr}"
    );

    let out = fake.path("aws-answers");
    for path in files(fake.scratch.path()) {
        let own = [
            "log",
            "arguments",
            "asked",
            "aws-answers",
            "aws-answers.tar",
        ];
        let name = path
            .strip_prefix(fake.scratch.path())
            .unwrap()
            .to_str()
            .unwrap();
        if let Ok(below) = path.strip_prefix(&out)
            && below != Path::new("")
        {
            assert!(is_ours(below.to_str().unwrap()), "{shell}: {name}");
            let mode = fs::symlink_metadata(&path).unwrap().permissions().mode() & 0o777;
            let wanted = if path.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(mode, wanted, "{shell}: {name}");
        } else {
            assert!(
                before.contains(&path) || own.contains(&name),
                "{shell}: {name} was made"
            );
        }
    }
    for call in calls(&fake) {
        let types = ["MetricAlarm", "CompositeAlarm", "LogAlarm"];
        for (index, argument) in call.iter().enumerate().skip(2) {
            let is_option = argument.starts_with("--")
                && argument[2..]
                    .split('=')
                    .next()
                    .unwrap()
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            let is_flag = [
                "--include-shadow-trails",
                "--alarm-types",
                "--trail-name-list",
            ]
            .contains(&argument.as_str());
            let is_item = types.contains(&argument.as_str())
                || (call[index - 1] == "--trail-name-list" && argument.starts_with("arn:"))
                || call[0] == "configure";
            match argument.split_once('=') {
                Some((_, value)) if is_option => {
                    assert!(!is_read_by_the_aws_cli(value), "{shell}: {call:?}");
                    assert!(!value.chars().any(char::is_control), "{shell}: {call:?}");
                    assert!(!value.is_empty(), "{shell}: {call:?}");
                }
                _ => assert!(is_flag || is_item, "{shell}: {call:?}"),
            }
        }
    }
    let list = fs::read_to_string(out.join("calls.tsv")).unwrap();
    for line in list.lines() {
        assert!(line.split('\t').count() >= 8, "{shell}: {line}");
        assert!(!line.replace('\t', "").chars().any(char::is_control));
    }
    fake
}

/// The shells of this machine; for busybox with its own tools in the place of the others.
fn shells(scratch: &Path) -> Vec<(&'static str, Option<PathBuf>)> {
    let mut shells = Vec::new();
    for shell in ["dash", "bash", "busybox sh"] {
        let mut words = shell.split(' ');
        let mut command = Command::new(words.next().unwrap());
        let runs = command.args(words).args(["-c", "exit 0"]).output();
        if !runs.is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: no {shell}");
            continue;
        }
        let tools = shell.starts_with("busybox").then(|| {
            let tools = scratch.join("tools");
            fs::create_dir(&tools).unwrap();
            let path = std::env::var_os("PATH").unwrap_or_default();
            let busybox = std::env::split_paths(&path)
                .map(|folder| folder.join("busybox"))
                .find(|path| path.is_file())
                .unwrap();
            for tool in [
                "awk", "cut", "date", "grep", "head", "mkdir", "rm", "rmdir", "sed", "sort",
                "tail", "tar", "tr", "wc",
            ] {
                symlink(&busybox, tools.join(tool)).unwrap();
            }
            tools
        });
        shells.push((shell, tools));
    }
    shells
}

#[test]
fn hostile_names_reach_neither_shell_nor_path_nor_option() {
    let scratch = tempfile::tempdir().unwrap();
    for (shell, tools) in shells(scratch.path()) {
        let fake = check(shell, tools.as_deref(), &hostile(), &[]);
        let asked: Vec<String> = calls(&fake)
            .iter()
            .map(|call| call[2..].join(" "))
            .collect();
        // Names that are only odd are asked about as they are.
        for name in ["--debug", "-n", "*", "$(touch pwned)", "'; touch pwned; '"] {
            for option in [
                format!("--log-group-name={name}"),
                format!("--alarm-mute-rule-name={name}"),
                format!("--rule={name}"),
                format!("--key-id={name}"),
                format!("--topic-arn=arn:aws:sns:{HOME}:{ACCOUNT}:{name}"),
            ] {
                assert!(
                    asked.iter().any(|call| call.contains(&option)),
                    "{shell}: {option} is not asked"
                );
            }
        }
        // A backslash is a backslash.
        let option = format!("--alarm-mute-rule-name={}", NAMES[15]);
        assert!(asked.iter().any(|call| call.ends_with(&option)), "{shell}");

        let gaps = gaps(&imported(&fake.path("aws-answers"), &[]));
        for (operation, what) in [
            ("GetAlarmMuteRule", "AlarmMuteRuleName begins with file://"),
            (
                "GetAlarmMuteRule",
                "AlarmMuteRuleName holds a control character",
            ),
            ("DescribeKey", "KeyId begins with file://"),
            ("DescribeKey", "KeyId begins with fileb://"),
            ("DescribeKey", "KeyId begins with http://"),
            (
                "DescribeLogGroups",
                "logGroupNamePrefix begins with file://",
            ),
            ("ListTargetsByRule", "Rule begins with https://"),
        ] {
            assert!(
                gaps.iter().any(|(name, kind, message)| name == operation
                    && kind == "unreadable"
                    && message.contains(&format!("not asked: {what}"))),
                "{shell} {operation} {what}: {gaps:#?}"
            );
        }
    }
}

#[test]
fn hostile_account_ids_are_left_out() {
    let mut world = World::organization();
    world.edit("organizations", "ListAccounts", |output| {
        for place in PLACES.iter().chain(&["11112222333٣", "1111222233334"]) {
            push(output, "Accounts", json!({"Id": place, "State": "ACTIVE"}));
        }
    });
    let scratch = tempfile::tempdir().unwrap();
    for (shell, tools) in shells(scratch.path()) {
        let args = ["--role-name", "audit"];
        let fake = check(shell, tools.as_deref(), &world, &args);
        let roles: Vec<String> = calls(&fake)
            .into_iter()
            .flatten()
            .filter(|argument| argument.starts_with("--role-arn="))
            .collect();
        let role = format!("--role-arn=arn:aws:iam::{MEMBER}:role/audit");
        assert!(
            !roles.is_empty() && roles.iter().all(|arn| *arn == role),
            "{roles:?}"
        );
    }
}

#[test]
fn what_an_error_says_does_not_steer_the_terminal() {
    let mut world = whole();
    let said = "\u{1b}[8m\\033[8m\\e]0;x\\a \u{9b}2J \u{202e}\u{7} %s%n";
    for answer in world.answers_to("cloudtrail", "DescribeTrails") {
        refuse(answer, said);
    }
    let scratch = tempfile::tempdir().unwrap();
    for (shell, tools) in shells(scratch.path()) {
        let fake = check(shell, tools.as_deref(), &world, &[]);
        for path in files(&fake.path("aws-answers")) {
            if path
                .extension()
                .is_some_and(|extension| extension == "error")
            {
                let text = fs::read_to_string(&path).unwrap();
                assert!(
                    !text.contains('\u{1b}') && !text.contains('\u{7}'),
                    "{text:?}"
                );
            }
        }
    }
}

fn refuse(answer: &mut Answer, message: &str) {
    answer.output = Err(crate::support::world::ApiError {
        status: 400,
        code: "AccessDenied".to_owned(),
        message: message.to_owned(),
    });
}
