//! What cannot be used, and what a folder says beside its answers: encodings, names, links, sizes, numbers.

use super::*;

/// PowerShell writes UTF-16 with a mark before it; other programs leave the mark out.
#[test]
fn utf_16_of_powershell_is_read() {
    for (little, mark) in [
        (true, "\u{feff}"),
        (false, "\u{feff}"),
        (true, ""),
        (false, ""),
    ] {
        let hand = Hand::new();
        for entry in fs::read_dir(hand.place()).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap().replace('\n', "\r\n");
            if text.is_empty() {
                continue;
            }
            let bytes: Vec<u8> = mark
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
        let unusable = hand.unusable();
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
        let (folder, file) = listed(scratch.path(), "describe-trails");
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

/// An error whose empty answer nobody kept was no word of a call that had been denied: it counted as not asked.
#[test]
fn an_error_without_the_empty_file_that_it_belongs_to_is_a_denied_call() {
    let mut hand = Hand::new();
    // The account as it is, but that this was never asked.
    let answers = &mut hand.world.answers;
    answers.retain(|answer| answer.operation != "ListAlarmMuteRules");
    fs::remove_dir_all(&hand.folder).unwrap();
    folder::write(&hand.world, &hand.folder, Layout::Names);
    let denied = "\nAn error occurred (AccessDenied) when calling the ListAlarmMuteRules operation: not authorized\n";
    let beside = hand.place().join("list-alarm-mute-rules.json.error");
    fs::write(beside, denied).unwrap();
    let path = imported(&hand.folder, &[]);
    let gaps = gaps(&path);
    assert!(
        gaps.iter()
            .any(|gap| gap.0 == "ListAlarmMuteRules" && gap.1 == "denied"),
        "{gaps:?}"
    );
}
