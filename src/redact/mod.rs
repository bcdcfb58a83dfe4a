//! A snapshot without names: the same findings, and nobody can tell whose they are.
//!
//! Every recorded answer is decoded, reduced to what facts are read from, masked, and recorded again in the form that it
//! came in; facts and digests are derived afresh. Names, accounts, ARNs, addresses and ids get masks that are the
//! same wherever they occur (`mask`); AWS's own words stay (`vocabulary`). It judges nothing.

mod mask;
mod member;
mod search;
mod shape;
mod texts;
mod vocabulary;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::snapshot::{
    AWS_CLI_JSON, Call, Error, Kind, Snapshot, State, Writer, decode, encode, kind_of, operations,
};
use mask::Mask;
pub use mask::Secret;
use vocabulary::{is_member, is_region};

/// What redacting did.
#[derive(Debug, Clone)]
pub struct Redaction {
    /// The file that was written.
    pub path: PathBuf,
    /// Calls in it.
    pub calls: u64,
    /// Texts that were replaced, sorted.
    pub originals: BTreeSet<String>,
    /// Words and account ids in what was written that are neither AWS's own nor of a mask, and replaced texts that still
    /// occur in it.
    pub remaining: BTreeSet<String>,
}

/// Writes the snapshot of that name without names to `out`, after checking it.
pub fn redact(path: &Path, out: &Path, secret: Secret, force: bool) -> Result<Redaction, Error> {
    redact_snapshot(&Snapshot::open(path)?, out, secret, force)
}

/// Writes a snapshot without names to `out`, where no snapshot may be, even with `force`.
///
/// An incomplete snapshot gives an incomplete one, named as such.
pub fn redact_snapshot(
    snapshot: &Snapshot,
    out: &Path,
    secret: Secret,
    force: bool,
) -> Result<Redaction, Error> {
    if force && kind_of(out) == Kind::Snapshot {
        return Err(Error::Kept {
            path: out.to_owned(),
            what: "a snapshot",
        });
    }
    let meta = snapshot.meta();
    let mask = Mask::new(secret);
    let producer = format!("{} (redacted)", mask.producer(&meta.producer));
    let mut writer = Writer::create(out, &producer, meta.started_at, force)?;
    let mut calls = 0;
    let recorded = snapshot.for_each_evidence(|evidence| {
        calls += 1;
        writer.record(&call(&mask, evidence.call)).map(|_| ())
    });
    if let Err(error) = recorded {
        writer.discard()?;
        return Err(error);
    }
    let path = match (snapshot.state(), meta.finished_at) {
        (State::Complete, Some(finished_at)) => writer.finish(finished_at)?,
        _ => writer.abandon()?,
    };
    let remaining = search::remaining(&path, &mask)?;
    let originals = mask.into_originals();
    Ok(Redaction {
        path,
        calls,
        originals,
        remaining,
    })
}

fn call(mask: &Mask, call: Call) -> Call {
    let operation = operations::find(&call.service, &call.operation);
    let is_imported = call.media_type == AWS_CLI_JSON;
    let body = match (&call.error, operation) {
        (None, Some(operation)) => match decode::response(&call) {
            Ok(response) => {
                let token = operation.next_page(&response).map(str::to_owned);
                let mut body = mask.redact(shape::response(operation.name), response);
                if let (Some(token), Some(paging), Some(members)) =
                    (token, operation.paging, body.as_object_mut())
                {
                    members.insert(paging.output.to_owned(), Value::String(mask.name(&token)));
                }
                body.to_string().into_bytes()
            }
            // What could not be read stays unreadable.
            Err(_) => Vec::new(),
        },
        // Facts of an error are read from its code and message.
        _ => Vec::new(),
    };
    let request = match call.request {
        Value::Object(members) => members
            .into_iter()
            .map(|(name, member)| {
                let is_token = operation
                    .and_then(|operation| operation.paging)
                    .is_some_and(|paging| paging.input == name);
                let masked = match member {
                    Value::String(token) if is_token => Value::String(mask.name(&token)),
                    Value::Object(_) => mask.redact(shape::Kind::Tree, member),
                    member => mask.redact(shape::request_member(&call.operation, &name), member),
                };
                let name = if is_token || is_member(&name) {
                    name
                } else {
                    mask.name(&name)
                };
                (name, masked)
            })
            .collect(),
        other => other,
    };
    let own = |text: String, is_own: bool| if is_own { text } else { mask.name(&text) };
    let is_place = call.region.is_empty() || is_region(&call.region);
    let masked = Call {
        account: mask.name(&call.account),
        region: own(call.region, is_place),
        service: own(call.service, operation.is_some()),
        operation: own(call.operation, operation.is_some()),
        request,
        at: call.at,
        http_status: call.http_status,
        error: call
            .error
            .map(|(code, message)| (mask.code(&code), mask.sentence(&message))),
        request_id: call.request_id.map(|id| mask.name(&id)),
        media_type: AWS_CLI_JSON.to_owned(),
        body,
    };
    // What came over the wire goes back into its form, so that it can be served to an SDK again.
    if is_imported {
        masked
    } else {
        encode::on_the_wire(masked)
    }
}
