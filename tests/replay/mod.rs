//! Recorded events through the chains of a snapshot.

/// Members that come again.
mod alike;
/// What judges nothing, and what would do nothing.
mod asked;
/// What counts: the sample records, the laboratory account against a count in Python.
mod counts;
/// The forms in which records lie about, whole and damaged.
mod forms;
/// What the alarms would have done, against what is on record.
mod history;
/// What lies among logs that is none, and what means harm.
mod hostile;
/// Times at which alarms tell nobody.
mod muted;
/// What was counted of the laboratory's records to say how noisy an account is.
mod noise;
/// The answers about a record against the plain matcher.
mod questions;
/// The query for many machines.
mod sql;
/// The same of event patterns.
mod sql_rules;
/// What the alarms would have done.
mod stories;

use std::path::{Path, PathBuf};

use flate2::read::{MultiGzDecoder, ZlibDecoder};
use serde_json::{Value, json};
use std::io::Read;
use trailproof::snapshot::{Call, Snapshot, Writer};

use crate::support::world::{ACCOUNT, World};
use crate::support::{shared, trailproof};

/// The account of the laboratory's records.
pub const LABORATORY: &str = "210000000000";

/// Calls of root at these times, a line each.
pub fn calls_of_root(times: &[&str]) -> String {
    let record = |(number, time): (usize, &&str)| {
        json!({
            "eventVersion": "1.11", "userIdentity": {"type": "Root", "accountId": ACCOUNT},
            "eventTime": time, "eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey", "awsRegion": "us-east-1",
            "eventID": format!("00000000-0000-4000-a000-{number:012}"), "readOnly": false, "eventType": "AwsApiCall",
            "managementEvent": true, "recipientAccountId": ACCOUNT, "eventCategory": "Management",
        })
        .to_string()
    };
    let lines: Vec<String> = times.iter().enumerate().map(record).collect();
    lines.join("\n")
}

/// What a replay of calls of root at these times says of an account.
pub fn report(world: &World, times: &[&str], code: i32) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("a.trailproof");
    world.write_snapshot(&snapshot);
    let logs = folder.path().join("a.jsonl");
    std::fs::write(&logs, calls_of_root(times)).unwrap();
    replay(&[snapshot.to_str().unwrap(), logs.to_str().unwrap()], code)
}

/// A replay as JSON, whatever the exit code.
pub fn replay(arguments: &[&str], code: i32) -> Value {
    let output = trailproof()
        .args(["replay", "--format", "json"])
        .args(arguments)
        .output()
        .unwrap();
    let messages = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{messages}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The report of a control.
pub fn control<'r>(report: &'r Value, account: &str, id: &str) -> &'r Value {
    let controls = report["controls"].as_array().unwrap();
    controls
        .iter()
        .find(|it| it["account"] == account && it["control"] == id)
        .unwrap()
}

/// All real records, as texts without blanks.
pub fn real_records() -> Option<Vec<String>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(shared("data/replay")?)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "gz"))
        .collect();
    files.sort();
    let mut records = Vec::new();
    for file in files {
        let mut text = String::new();
        MultiGzDecoder::new(std::fs::File::open(&file).unwrap())
            .read_to_string(&mut text)
            .unwrap();
        match serde_json::from_str::<Value>(&text) {
            Ok(document) if document.get("Records").is_some() => {
                let list = document["Records"].as_array().unwrap();
                records.extend(list.iter().map(Value::to_string));
            }
            _ => records.extend(text.lines().map(str::to_owned)),
        }
    }
    Some(records)
}

/// A snapshot's evidence as if it had been collected in another account.
pub fn moved(file: &Path, from: &str, to: &str, folder: &Path) -> PathBuf {
    let snapshot = Snapshot::open(file).unwrap();
    let path = folder.join("moved.trailproof");
    let started = snapshot.meta().started_at;
    let finished = snapshot.meta().finished_at.unwrap();
    let mut writer = Writer::create(&path, "trailproof test", started, false).unwrap();
    let mut rows = snapshot
        .connection()
        .prepare(
            "select account, region, service, operation, request, at, http_status, error_code, \
             error_message, request_id, media_type, body from evidence order by id",
        )
        .unwrap();
    let swap = |text: String| text.replace(from, to);
    let calls = rows
        .query_map([], |row| {
            let mut body = Vec::new();
            let packed: Vec<u8> = row.get(11)?;
            ZlibDecoder::new(packed.as_slice())
                .read_to_end(&mut body)
                .unwrap();
            // Ids have one length, so that bodies in CBOR stay whole.
            let body = replaced(&body, from.as_bytes(), to.as_bytes());
            let code: Option<String> = row.get(7)?;
            let message: Option<String> = row.get(8)?;
            let request: String = row.get(4)?;
            let at: String = row.get(5)?;
            Ok(Call {
                account: swap(row.get(0)?),
                region: row.get(1)?,
                service: row.get(2)?,
                operation: row.get(3)?,
                request: serde_json::from_str(&swap(request)).unwrap(),
                at: at.parse().unwrap(),
                http_status: row.get(6)?,
                error: code.map(|code| (code, message.unwrap_or_default())),
                request_id: row.get(9)?,
                media_type: row.get(10)?,
                body,
            })
        })
        .unwrap();
    for call in calls {
        writer.record(&call.unwrap()).unwrap();
    }
    writer.finish(finished).unwrap();
    path
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(from) {
            out.extend_from_slice(to);
            rest = after;
        } else {
            out.push(rest[0]);
            rest = &rest[1..];
        }
    }
    out
}
