//! Evidence rows: one API call and what came back, with its hashes.
//!
//! The only module that reads and writes the `evidence` table. It never looks into a body, and it is where a call that
//! carries credentials loses them, whoever records it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::Write as _;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Decompress, FlushDecompress, Status};
use jiff::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::Value;

use super::canonical::{Hash, canonical_json, sha256_hex};
use super::error::{Error, Result};
use super::operations;
use crate::aws::arn;

/// Media type of response bodies in the JSON form that the AWS CLI prints.
pub const AWS_CLI_JSON: &str = "application/json; shape=aws-cli";

/// The largest response body that a snapshot holds, in bytes. No response of the recorded operations comes near this; a
/// larger one is refused rather than inflated.
pub const MAX_BODY: u64 = 16 << 20;

/// No request of the recorded operations comes near this, in bytes.
const MAX_REQUEST: usize = 256 << 10;

/// What the bodies of a file may come to when they are inflated: a small file must not keep a reader busy for hours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    size: u64,
    left: u64,
}

impl Budget {
    /// Answers of AWS compress to a fifth, and to a twentieth at best.
    const FACTOR: u64 = 64;
    /// What any file may have.
    const BASE: u64 = 256 << 20;

    /// The budget of a database by its size.
    pub(super) fn of(connection: &Connection) -> Result<Self> {
        let number = |pragma: &str| -> rusqlite::Result<u64> {
            let number: i64 = connection.query_row(pragma, [], |row| row.get(0))?;
            Ok(number.unsigned_abs())
        };
        let size = number("pragma page_size")? * number("pragma page_count")?;
        Ok(Self {
            size,
            left: Self::BASE + Self::FACTOR * size,
        })
    }

    /// Takes the bytes of one body.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<()> {
        self.left = self
            .left
            .checked_sub(bytes as u64)
            .ok_or(Error::OverBudget { size: self.size })?;
        Ok(())
    }
}

/// One API call and what came back.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The account asked; empty until the caller's identity is known.
    pub account: String,
    /// The region asked; for global services the region of the endpoint.
    pub region: String,
    /// Endpoint prefix: `cloudtrail`, `logs`, `monitoring`, `sns`, `sts`, `account`, `kms`, `organizations`, `events`.
    pub service: String,
    /// API operation name: `DescribeTrails`.
    pub operation: String,
    /// Request parameters in the shape of the AWS CLI's `--cli-input-json`. Never credentials.
    pub request: Value,
    /// When the answer was complete.
    pub at: Timestamp,
    /// None where no response arrived.
    pub http_status: Option<u16>,
    /// AWS error code and message, or one of ours in lower case: `timeout`, `connection`, `truncated`, `import`.
    pub error: Option<(String, String)>,
    /// AWS request id.
    pub request_id: Option<String>,
    /// Media type of the body, as the response said, or [`AWS_CLI_JSON`].
    pub media_type: String,
    /// Response body, verbatim.
    pub body: Vec<u8>,
}

/// A recorded call.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Order of recording.
    pub id: i64,
    /// The call and its answer.
    pub call: Call,
}

/// A time as the snapshot writes it: RFC 3339, UTC, milliseconds.
pub fn format_time(time: Timestamp) -> String {
    format!("{time:.3}")
}

pub(super) const COLUMNS: &str = "id, account, region, service, operation, request, at, http_status, error_code, \
     error_message, request_id, media_type, body, body_size, body_sha256";

/// The columns as they are stored, so that their hash can be taken before they are understood.
#[derive(Debug)]
pub(super) struct StoredRow {
    pub(super) id: i64,
    /// As it is stored, and as the columns give it; none where nobody asked for it.
    row_sha256: Option<(Vec<u8>, String)>,
    body_sha256: Vec<u8>,
    body_size: i64,
    compressed: Vec<u8>,
    call: std::result::Result<Call, String>,
}

impl StoredRow {
    /// Reads a row of `select <COLUMNS>, row_sha256 from evidence`, and takes its hash.
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let mut hash = Hash::new();
        for column in 0..15 {
            hash.value(row.get_ref(column)?);
        }
        Ok(Self {
            row_sha256: Some((bytes(row, 15)?, hash.hex())),
            ..Self::unhashed(row)?
        })
    }

    /// Reads a row of `select <COLUMNS> from evidence`.
    fn unhashed(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            row_sha256: None,
            body_sha256: bytes(row, 14)?,
            body_size: row.get(13)?,
            compressed: bytes(row, 12)?,
            call: read_call(row),
        })
    }

    /// Checks both hashes and gives the call.
    pub(super) fn verified(self) -> Result<Evidence> {
        let id = self.id;
        let damaged = |why: &str| Error::DamagedEvidence {
            id,
            why: why.to_owned(),
        };
        let is_whole = |(stored, computed): &(Vec<u8>, String)| computed.as_bytes() == stored;
        if !self.row_sha256.as_ref().is_some_and(is_whole) {
            return Err(damaged("its row_sha256 does not match its columns"));
        }
        let stored = self.body_sha256.clone();
        let evidence = self.evidence()?;
        if sha256_hex(&evidence.call.body).as_bytes() != stored {
            return Err(damaged("its body_sha256 does not match its body"));
        }
        Ok(evidence)
    }

    /// The call, with its body inflated; hashes are not checked.
    pub(super) fn evidence(self) -> Result<Evidence> {
        let id = self.id;
        let damaged = |why: String| Error::DamagedEvidence { id, why };
        let mut call = self.call.map_err(damaged)?;
        call.body = inflate(&self.compressed, self.body_size).map_err(damaged)?;
        Ok(Evidence { id, call })
    }
}

/// A text or blob; nothing where something else is stored.
fn bytes(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<u8>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_vec(),
        _ => Vec::new(),
    })
}

fn read_call(row: &Row<'_>) -> std::result::Result<Call, String> {
    let text = |column: usize, name: &str| -> std::result::Result<String, String> {
        row.get(column)
            .map_err(|error| format!("column {name}: {error}"))
    };
    let optional = |column: usize, name: &str| -> std::result::Result<Option<String>, String> {
        row.get(column)
            .map_err(|error| format!("column {name}: {error}"))
    };
    let code = optional(8, "error_code")?;
    let message = optional(9, "error_message")?;
    Ok(Call {
        account: text(1, "account")?,
        region: text(2, "region")?,
        service: text(3, "service")?,
        operation: text(4, "operation")?,
        request: read_request(&text(5, "request")?)?,
        at: text(6, "at")?
            .parse()
            .map_err(|error| format!("column at: {error}"))?,
        http_status: row
            .get(7)
            .map_err(|error| format!("column http_status: {error}"))?,
        error: code.map(|code| (code, message.unwrap_or_default())),
        request_id: optional(10, "request_id")?,
        media_type: text(11, "media_type")?,
        body: Vec::new(),
    })
}

/// The call as it may be kept: of an operation whose answers hold credentials neither the body, whether it can be read or
/// not, nor what a failed reading of it says, nor the secret members of the request.
fn without_secrets(call: &Call) -> Cow<'_, Call> {
    let secret = operations::find(&call.service, &call.operation).and_then(|known| known.secret);
    let Some(members) = secret else {
        return Cow::Borrowed(call);
    };
    let mut call = call.clone();
    call.body.clear();
    if let Some(request) = call.request.as_object_mut() {
        request.retain(|name, _| !members.contains(&name.as_str()));
    }
    let is_answer = call.http_status.is_some_and(|status| status < 300);
    if let Some((_, message)) = call.error.as_mut().filter(|_| is_answer) {
        *message = "the answer holds credentials and could not be read; it is not kept".to_owned();
    }
    Cow::Owned(call)
}

/// The request column, understood.
pub(super) fn read_request(text: &str) -> std::result::Result<Value, String> {
    if text.len() > MAX_REQUEST {
        return Err(format!("column request has {} bytes", text.len()));
    }
    serde_json::from_str(text).map_err(|error| format!("column request: {error}"))
}

/// Writes one row.
pub(super) fn insert(connection: &Connection, id: i64, call: &Call) -> Result<()> {
    let call = &*without_secrets(call);
    let problem = if !(call.account.is_empty() || arn::is_account(&call.account)) {
        Some("the account is not 12 digits")
    } else if call.service.is_empty() || call.operation.is_empty() {
        Some("service or operation is empty")
    } else if !call.request.is_object() {
        Some("the request is not a JSON object")
    } else if call.body.len() as u64 > MAX_BODY {
        Some("the response body is too large")
    } else {
        None
    };
    if let Some(problem) = problem {
        return Err(Error::InvalidCall(problem.to_owned()));
    }
    let request = canonical_json(&call.request);
    if request.len() > MAX_REQUEST {
        return Err(Error::InvalidCall("the request is too large".to_owned()));
    }
    let at = format_time(call.at);
    let (code, message) = match &call.error {
        Some((code, message)) => (Some(code.as_str()), Some(message.as_str())),
        None => (None, None),
    };
    let compressed = deflate(&call.body).map_err(|error| Error::InvalidCall(error.to_string()))?;
    let size = call.body.len() as i64;
    let body_sha256 = sha256_hex(&call.body);

    let text = |hash: &mut Hash, value: &str| hash.text(Some(value.as_bytes()));
    let mut hash = Hash::new();
    hash.integer(Some(id));
    for value in [&call.account, &call.region, &call.service, &call.operation] {
        text(&mut hash, value);
    }
    text(&mut hash, &request);
    text(&mut hash, &at);
    hash.integer(call.http_status.map(i64::from));
    for value in [code, message, call.request_id.as_deref()] {
        hash.text(value.map(str::as_bytes));
    }
    text(&mut hash, &call.media_type);
    hash.blob(&compressed);
    hash.integer(Some(size));
    text(&mut hash, &body_sha256);

    let sql = format!(
        "insert into evidence ({COLUMNS}, row_sha256)\n\
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"
    );
    connection.prepare_cached(&sql)?.execute(params![
        id,
        call.account,
        call.region,
        call.service,
        call.operation,
        request,
        at,
        call.http_status,
        code,
        message,
        call.request_id,
        call.media_type,
        compressed,
        size,
        body_sha256,
        hash.hex(),
    ])?;
    Ok(())
}

/// Reads one row by id.
pub(super) fn get(connection: &Connection, id: i64) -> Result<Option<Evidence>> {
    let sql = format!("select {COLUMNS} from evidence where id = ?1");
    connection
        .prepare_cached(&sql)?
        .query_row([id], StoredRow::unhashed)
        .optional()?
        .map(StoredRow::evidence)
        .transpose()
}

/// Calls `each` on every row in order.
pub(super) fn for_each(
    connection: &Connection,
    mut each: impl FnMut(StoredRow) -> Result<()>,
) -> Result<()> {
    let sql = format!("select {COLUMNS}, row_sha256 from evidence order by id");
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(StoredRow::read(row)?)?;
    }
    Ok(())
}

fn deflate(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body)?;
    encoder.finish()
}

thread_local! {
    /// What inflates the bodies of a thread, one after the other: making it anew costs more than an ordinary body does.
    static INFLATER: RefCell<Decompress> = RefCell::new(Decompress::new(true));
}

fn inflate(compressed: &[u8], size: i64) -> std::result::Result<Vec<u8>, String> {
    let size = usize::try_from(size).map_err(|_| "body_size is negative".to_owned())?;
    if size as u64 > MAX_BODY {
        return Err(format!("body_size {size} is too large"));
    }
    // Room for one byte more than is said to be there: a longer body shows by it.
    let mut body = Vec::with_capacity(size + 1);
    let end = INFLATER.with_borrow_mut(|inflater| {
        inflater.reset(true);
        inflater.decompress_vec(compressed, &mut body, FlushDecompress::Finish)
    });
    match end {
        Err(error) => Err(format!("its body cannot be inflated: {error}")),
        Ok(Status::StreamEnd) if body.len() == size => Ok(body),
        Ok(end) if end == Status::StreamEnd || body.len() > size => {
            Err("body_size is not the size of the body".to_owned())
        }
        Ok(_) => Err("its body cannot be inflated: it ends too early".to_owned()),
    }
}
