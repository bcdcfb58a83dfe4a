//! A plan as data, and read back.

use serde::Serialize;
use serde_json::{Value, json};

use super::head;
use crate::remedy::{Change, Error, Plan};
use crate::report::text::json_document;
use crate::report::words;

/// The version of this contract; it changes where a reader could break.
const SCHEMA_VERSION: u64 = 1;

/// Sets a member of an object.
pub(super) fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

/// The plan as a JSON document.
pub fn json(plan: &Plan) -> String {
    let outcomes: Vec<Value> = plan
        .outcomes
        .iter()
        .map(|outcome| {
            json!({
                "account": outcome.before.account,
                "control": outcome.before.control,
                "benchmark_id": outcome.before.benchmark_id,
                "before": outcome.before.status.as_str(),
                "after": outcome.after.status.as_str(),
                "broken_link": outcome.before.broken_link.map(|id| id.code()),
                "changes": outcome.changes,
                "reason_after": words::reason(&outcome.after),
            })
        })
        .collect();
    let changes: Vec<Value> = plan
        .changes
        .iter()
        .map(|change| {
            json!({
                "account": change.after.account(),
                "region": change.after.region(),
                "about": head::title(change),
                "before": change.before,
                "after": change.after,
            })
        })
        .collect();
    let document = json!({
        "schema_version": SCHEMA_VERSION,
        "snapshot": {"root_sha256": plan.root_sha256},
        "outcomes": outcomes,
        "changes": changes,
        "waits": placed(&plan.waits),
        "touches": placed(&plan.touches),
        "supposed": plan.supposed,
    });
    json_document(&document)
}

/// What is said of changes, each with the position of its change.
fn placed<T: Serialize>(said: &[(usize, T)]) -> Vec<Value> {
    let said = said.iter().map(|(position, what)| {
        let mut what = json!(what);
        put(&mut what, "change", json!(position));
        what
    });
    said.collect()
}

/// A plan that was printed as data, as far as it is read again.
pub struct Planned {
    /// Root digest of the snapshot that it was made for; none where that was not sealed.
    pub root_sha256: Option<String>,
    /// The changes, which may have been edited since.
    pub changes: Vec<Change>,
}

/// Reads a plan that was printed as data.
pub fn read(text: &str) -> Result<Planned, Error> {
    let wrong = |why: String| Error::Plan(why);
    let document: Value = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
    if document.get("schema_version").and_then(Value::as_u64) != Some(SCHEMA_VERSION) {
        return Err(wrong(format!(
            "its schema_version is not {SCHEMA_VERSION}; print it with `trailproof remediate --plan json`"
        )));
    }
    let root = document.pointer("/snapshot/root_sha256");
    let changes = document.get("changes").cloned().unwrap_or_default();
    Ok(Planned {
        root_sha256: root.and_then(Value::as_str).map(str::to_owned),
        changes: serde_json::from_value(changes).map_err(|error| wrong(error.to_string()))?,
    })
}
