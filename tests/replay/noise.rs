use std::collections::BTreeMap;
use std::fs::File;

use flate2::read::MultiGzDecoder;
use serde_json::Value;
use trailproof::coverage::{Counted, counted};
use trailproof::pattern::{Matcher, Semantics, parse};

use super::counts::texts;
use crate::support::{project, shared};

/// Every record of the laboratory account.
fn laboratory() -> Option<Vec<Value>> {
    let folder = shared("data/replay")?;
    let mut records = Vec::new();
    for part in 0..5 {
        let name = format!("lab_CloudTrail_us-east-1_part{part}.json.gz");
        let file = MultiGzDecoder::new(File::open(folder.join(name)).unwrap());
        let mut document: Value = serde_json::from_reader(file).unwrap();
        records.append(document["Records"].as_array_mut().unwrap());
    }
    Some(records)
}

/// The rows of the section of docs/replay.md: the first cell, and the count.
fn documented() -> BTreeMap<String, u32> {
    let text = std::fs::read_to_string(project("docs/replay.md")).unwrap();
    let section = text
        .split("\n## How noisy is an ordinary account?\n")
        .nth(1);
    let section = section.unwrap().split("\n## ").next().unwrap();
    let cells = section.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let name = cells.next()?.to_owned();
        let number = cells.next()?.trim_end_matches(" |").parse().ok()?;
        Some((name, number))
    });
    cells.collect()
}

#[test]
fn what_is_said_of_noise_is_what_the_records_hold() {
    let Some(records) = laboratory() else {
        return;
    };
    let mut events: BTreeMap<String, u32> = BTreeMap::new();
    for record in &records {
        let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
        let event = format!("{} of {}", text("eventName"), text("eventSource"));
        *events.entry(event).or_default() += 1;
    }
    let times = records.iter().map(|it| it["eventTime"].as_str().unwrap());
    let (first, last) = (times.clone().min().unwrap(), times.max().unwrap());
    assert_eq!(
        (first, last),
        ("2023-07-10T11:42:18Z", "2023-07-10T12:09:50Z")
    );
    let documented = documented();
    let texts = texts();
    let mut told = (0, 0);
    for (row, number) in &documented {
        if let Some((name, source)) = row.split_once(" of ") {
            told.0 += 1;
            assert_eq!(events.get(row), Some(number), "{row}");
            let known = Counted {
                records: *number,
                of: 1900,
                minutes: 28,
            };
            assert_eq!(counted(source, name), Some(known), "{row}");
        } else {
            told.1 += 1;
            let control = row.split('`').nth(1).unwrap();
            let pattern = parse(&texts[control]).unwrap();
            let matcher = Matcher::new(&pattern, &Semantics::default());
            let matched = records
                .iter()
                .filter(|it| matcher.matches_text(&it.to_string()))
                .count();
            assert_eq!(u32::try_from(matched), Ok(*number), "{row}");
        }
    }
    assert_eq!((records.len(), told), (1900, (7, 15)));
}

/// An event of which nothing was counted is told without a number.
#[test]
fn what_was_not_counted_has_no_count() {
    assert_eq!(counted("ec2.amazonaws.com", "RunInstances"), None);
    assert_eq!(counted("", "DescribeInstances"), None);
}
