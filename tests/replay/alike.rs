//! Records that share members with those before them are read as if each stood alone.

use serde_json::Value;
use trailproof::pattern::Semantics;
use trailproof::replay::question::{Examiner, Predicates};
use trailproof::replay::records;

use crate::coverage::brute::Random;

/// Objects as members: long enough to be known again, some beginning like others, some odd, some no JSON.
const VALUES: [&str; 20] = [
    r#"{"type":"Root","accountId":"111122223333","arn":"arn:aws:iam::1:root"}"#,
    r#"{"type":"Root","accountId":"111122223333","arn":"arn:aws:iam::1:root","invokedBy":"x"}"#,
    r#"{"type":"Root","accountId":"111122223333","arn":"arn:aws:iam::1:root"} "#,
    r#"{"type":"Root","accountId":"111122223333","arn":"arn:aws:iam::1:root"}}"#,
    r#"{"type":"Root","accountId":"111122223333","arn":"arn:aws:iam::1:root"}1"#,
    r#"{"type":"Root","accountId":"111122223333","arn":"arn:aws:iam::1:root""#,
    r#"{"type":"IAMUser","accountId":"111122223333","arn":"arn:aws:iam::1:us"}"#,
    r#"{"ty\u0070e":"R\u006fot","accountId":"111122223333","arn":"arn:aws:i\n"}"#,
    r#"{"type":"Root","type":"IAMUser","accountId":"111122223333","arn":"aaaaa"}"#,
    r#"{ "type" : "Root" , "accountId" : "111122223333" , "arn" : "aaaaaaaaa" }"#,
    r#"{"type":"Root","accountId":"111122223333","arn":"cut off here \ud83d"}"#,
    r#"{"type":"Root","accountId":"111122223333","arn":"whole here \ud83d\ude00"}"#,
    r#"{"type":"Root","sessionContext":{"sessionIssuer":{"arn":"aaaaaaaaaaaaa"}}}"#,
    r#"{"type":"Root","sessionContext":[{"sessionIssuer":{"arn":"aaaaaaaaaaaaa"}}]}"#,
    r#"{"type":["Root",{"a":[1.5e3,-0,true,null]}],"x":"aaaaaaaaaaaaaaaaaaaaaaaaa"}"#,
    r#"{"type":"Root","n":01,"x":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#,
    r#"{"type":"Root"}"#,
    r#"{}"#,
    r#""Root""#,
    "null",
];

/// Names as they may stand in a record: one comes twice, one has an escape.
const NAMES: [&str; 4] = [
    "userIdentity",
    "requestParameters",
    "userIdentit\\u0079",
    "tlsDetails",
];

fn record(random: &mut Random) -> String {
    let mut out = r#"{"eventVersion":"1.11","eventName":"A""#.to_owned();
    for _ in 0..=random.below(3) {
        let (name, value) = (NAMES[random.below(4)], VALUES[random.below(VALUES.len())]);
        out.push_str(&format!(",\"{name}\":{value}"));
    }
    out.push_str(",\"eventID\":\"1\"}");
    out
}

/// What was read of a record, as `read` gives it.
type Read = (String, bool, Option<String>, Option<String>);

/// What is read of a text, and why no more.
fn read(text: &str) -> (Vec<Read>, String) {
    let mut found = Vec::new();
    let end = records::values(text.as_bytes(), &mut |record| {
        let raw = |name: &str| record.raw(name).map(str::to_owned);
        found.push((
            record.text.to_owned(),
            record.blanks,
            raw("userIdentity"),
            raw("requestParameters"),
        ));
    });
    let end = end.map_or_else(|damage| format!("{damage:?}"), |()| String::new());
    (
        found,
        end.split(" at:").next().unwrap_or_default().to_owned(),
    )
}

#[test]
fn records_that_share_members_are_read_as_if_each_stood_alone() {
    let mut random = Random::new(14);
    let (mut whole, mut broken) = (0, 0);
    for _ in 0..4_000 {
        let records: Vec<String> = (0..4).map(|_| record(&mut random)).collect();
        let (together, end) = read(&records.join("\n"));
        let mut expected = Vec::new();
        let mut ended = String::new();
        for text in &records {
            let (mut alone, end) = read(text);
            expected.append(&mut alone);
            // Whether it is JSON is what another reader says, but for halves of characters.
            let theirs = serde_json::from_str::<Value>(&text.replace("\\ud83d\"", "\"")).is_ok();
            assert_eq!(end.is_empty(), theirs, "{text}: {end}");
            if !end.is_empty() {
                ended = end;
                break;
            }
        }
        // A record that lacks its end swallows the next ones, and damage counts the records before it.
        if ended.is_empty() {
            assert_eq!((together, end), (expected, ended), "{records:#?}");
            whole += 1;
        } else {
            assert_eq!(together[..expected.len()], expected[..], "{records:#?}");
            assert!(!end.is_empty(), "{records:#?}");
            broken += 1;
        }
    }
    assert!(whole > 400 && broken > 400, "{whole} {broken}");
}

/// Questions look into the same text again only once.
#[test]
fn records_that_share_members_are_answered_as_the_matcher_answers_each() {
    let patterns = [
        "{ $.userIdentity.type = Root && $.userIdentity.invokedBy NOT EXISTS }",
        "{ $.userIdentity.sessionContext.sessionIssuer.arn = a* }",
        "{ $.requestParameters.type = Root }",
        "{ $.requestParameters.arn NOT EXISTS && $.userIdentity.arn = *root }",
        "{ $.userIdentity.type[0] = Root }",
    ];
    let mut questions = Predicates::default();
    for pattern in patterns {
        let pattern = trailproof::pattern::parse(pattern).unwrap();
        questions.bit(&trailproof::coverage::Predicate::from_pattern(&pattern));
    }
    let mut examiner = Examiner::new(&questions);
    let mut random = Random::new(15);
    let (mut asked, mut hold) = (0, 0);
    while asked < 4_000 {
        let text = record(&mut random);
        let Ok(event) = serde_json::from_str::<Value>(&text) else {
            continue;
        };
        // Escaped names are written anew by the reader, from whole texts alone.
        records::values(text.as_bytes(), &mut |record| {
            let answers = examiner.ask(record);
            for (bit, predicate) in questions.predicates().iter().enumerate() {
                let expected = predicate.matches(&event, &Semantics::default());
                let answer = trailproof::replay::question::is_set(answers, bit);
                assert_eq!(answer, expected, "{predicate:?}\n{text}");
                hold += usize::from(expected);
            }
        })
        .unwrap();
        asked += 1;
    }
    assert!(hold > 2_000, "{hold}");
}
