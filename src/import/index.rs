//! `calls.tsv`, the list of calls that the script keeps: which file answers which question.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::file::{self, ApiError, File};
use super::{Error, UNUSABLE};
use crate::snapshot::operations::{OPERATIONS, Operation};
use crate::snapshot::{AWS_CLI_JSON, Call};

/// The calls of all lists in the folder.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) entries: Vec<Entry>,
    names: BTreeSet<String>,
}

/// One line of the list.
#[derive(Debug)]
pub(super) struct Entry {
    /// The file of the answer, below the folder; it may be missing.
    name: String,
    file: Option<File>,
    account: String,
    region: String,
    operation: &'static Operation,
    succeeded: bool,
    at: Timestamp,
    request: Value,
}

impl Index {
    /// Whether a list names the file.
    pub(super) fn lists(&self, file: &File) -> bool {
        self.names.contains(&file.name)
    }
}

/// Reads every list in the folder.
pub(super) fn read(files: &[File]) -> Result<Index, Error> {
    let mut index = Index::default();
    for list in files.iter().filter(|file| file.is_index()) {
        let fault = |line: usize, why| Error::Index {
            path: list.name.clone(),
            line,
            why,
        };
        let bytes = list.read().map_err(|_| fault(1, "it cannot be read"))?;
        let text = String::from_utf8(bytes).map_err(|_| fault(1, "it is not UTF-8"))?;
        for (number, line) in text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
        {
            let mut columns = line.split('\t');
            let mut column = || columns.next().unwrap_or_default();
            let (name, account, region) = (column(), column(), column());
            let (service, operation) = (column(), column());
            let (status, time) = (column(), column());
            let operation = by_cli_name(service, operation)
                .ok_or_else(|| fault(number, "it names no call that is known here"))?;
            if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(fault(number, "the account is not 12 digits"));
            }
            let at = time
                .parse()
                .map_err(|_| fault(number, "the time is not in RFC 3339"))?;
            let request = request(columns)
                .ok_or_else(|| fault(number, "a request parameter has no value"))?;
            let name = format!("{}{name}", list.folder());
            index.entries.push(Entry {
                file: files.iter().find(|file| file.name == name).cloned(),
                account: account.to_owned(),
                region: region.to_owned(),
                operation,
                succeeded: status == "0",
                at,
                request,
                name: name.clone(),
            });
            index.names.insert(name);
        }
    }
    Ok(index)
}

/// `describe-trails` of `cloudtrail` -> `DescribeTrails`.
pub(super) fn by_cli_name(service: &str, operation: &str) -> Option<&'static Operation> {
    // The AWS CLI calls by its product name what has another endpoint prefix.
    let service = if service == "cloudwatch" {
        "monitoring"
    } else {
        service
    };
    OPERATIONS
        .iter()
        .find(|known| known.service == service && cli_name(known.name) == operation)
}

/// `DescribeTrails` -> `describe-trails`.
pub(super) fn cli_name(operation: &str) -> String {
    let mut name = String::with_capacity(operation.len() + 4);
    for (index, c) in operation.char_indices() {
        if c.is_ascii_uppercase() && index > 0 {
            name.push('-');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

/// `Member=value` and `Member[]=value` as JSON.
fn request<'t>(members: impl Iterator<Item = &'t str>) -> Option<Value> {
    let mut request = Map::new();
    for member in members.filter(|member| !member.is_empty()) {
        let (name, value) = member.split_once('=')?;
        if let Some(name) = name.strip_suffix("[]") {
            let list = request.entry(name).or_insert_with(|| json!([]));
            list.as_array_mut()?.push(Value::from(value));
        } else {
            // The one parameter that is no text; a rule or a log group may well be called `true`.
            let value = match (name, value) {
                ("includeShadowTrails", "true") => Value::Bool(true),
                ("includeShadowTrails", "false") => Value::Bool(false),
                (_, text) => Value::from(text),
            };
            request.insert(name.to_owned(), value);
        }
    }
    Some(Value::Object(request))
}

/// The call of one line.
pub(super) fn call_of(entry: &Entry) -> Call {
    let place = Place {
        account: &entry.account,
        region: &entry.region,
        at: entry.at,
    };
    call(
        &place,
        entry.operation,
        entry.request.clone(),
        outcome(entry),
    )
}

fn outcome(entry: &Entry) -> Result<Vec<u8>, ApiError> {
    let name = &entry.name;
    let Some(file) = &entry.file else {
        return Err(file::unusable(format!("`{name}` is missing")));
    };
    if !entry.succeeded {
        // Where AWS did not answer, the file is all that can be named.
        let (code, message) = file::cli_error(&file.read_error());
        let message = if code == UNUSABLE {
            format!("`{name}`: {message}")
        } else {
            message
        };
        return Err((code, message));
    }
    let bytes = file.read().map_err(file::unusable)?;
    file::answer(name, &bytes, entry.operation).map_err(file::unusable)?;
    Ok(bytes)
}

/// Who was asked, where and when.
pub(super) struct Place<'p> {
    pub(super) account: &'p str,
    pub(super) region: &'p str,
    pub(super) at: Timestamp,
}

/// A call with the body of its answer or its error.
pub(super) fn call(
    place: &Place<'_>,
    operation: &Operation,
    request: Value,
    outcome: Result<Vec<u8>, ApiError>,
) -> Call {
    let (body, error) = match outcome {
        Ok(body) => (body, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    Call {
        account: place.account.to_owned(),
        region: place.region.to_owned(),
        service: operation.service.to_owned(),
        operation: operation.name.to_owned(),
        request,
        at: place.at,
        http_status: error.is_none().then_some(200),
        error,
        request_id: None,
        media_type: AWS_CLI_JSON.to_owned(),
        body,
    }
}
