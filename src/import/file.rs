//! The files of a folder, and what the AWS CLI's output in one of them says.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Error, UNUSABLE};
use crate::snapshot::operations::Operation;
use crate::snapshot::{AWS_CLI_JSON, Call, decode};

/// Folders nest no deeper than account, region and a few of the user's own.
const MAX_DEPTH: usize = 16;
/// Far more than the AWS CLI prints for any question asked here.
const MAX_BYTES: u64 = 128 << 20;

/// A file of the folder.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// The path below the folder, with `/` between its parts.
    pub(super) name: String,
    path: PathBuf,
    /// When it was last written.
    pub(super) written: Timestamp,
}

/// Every file below the folder, sorted by name. Hidden files are left alone.
pub(super) fn list(folder: &Path) -> Result<Vec<File>, Error> {
    if folder.exists() && !folder.is_dir() {
        return Err(Error::NoFolder(folder.to_owned()));
    }
    let mut files = Vec::new();
    walk(folder, "", 0, &mut files)?;
    files.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(files)
}

fn walk(folder: &Path, prefix: &str, depth: usize, files: &mut Vec<File>) -> Result<(), Error> {
    let failed = |source| Error::Read {
        path: folder.to_owned(),
        source,
    };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, name) = (
            entry.path(),
            entry.file_name().to_string_lossy().into_owned(),
        );
        if name.starts_with('.') {
            continue;
        }
        // Links are followed to files and not to folders, which could lead in circles.
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            if depth < MAX_DEPTH {
                walk(&path, &format!("{prefix}{name}/"), depth + 1, files)?;
            }
        } else if path.is_file() {
            let metadata = fs::metadata(&path).map_err(failed)?;
            let written = metadata
                .modified()
                .ok()
                .and_then(|time| time.try_into().ok());
            files.push(File {
                name: format!("{prefix}{name}"),
                path,
                written: written.unwrap_or(Timestamp::UNIX_EPOCH),
            });
        }
    }
    Ok(())
}

impl File {
    /// Whether the file says something about another one: standard error of a call, or the list of calls.
    pub(super) fn is_companion(&self) -> bool {
        self.name.ends_with(".error") || self.is_index()
    }

    /// Whether this is the script's list of calls.
    pub(super) fn is_index(&self) -> bool {
        self.file_name() == "calls.tsv"
    }

    /// The last part of the path.
    pub(super) fn file_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    /// The folder of the file, ending with `/` unless empty.
    pub(super) fn folder(&self) -> &str {
        let length = self.name.len() - self.file_name().len();
        self.name.get(..length).unwrap_or_default()
    }

    /// Reads the whole file.
    pub(super) fn read(&self) -> Result<Vec<u8>, String> {
        let size = fs::metadata(&self.path).map(|metadata| metadata.len());
        if size.is_ok_and(|size| size > MAX_BYTES) {
            return Err(format!("`{}` is larger than any answer", self.name));
        }
        fs::read(&self.path).map_err(|error| format!("`{}` cannot be read: {error}", self.name))
    }

    /// What the AWS CLI wrote to its standard error, from the file beside this one.
    pub(super) fn read_error(&self) -> String {
        let mut path = self.path.clone().into_os_string();
        path.push(".error");
        fs::read(path).map_or_else(
            |_| String::new(),
            |bytes| String::from_utf8_lossy(&bytes).into_owned(),
        )
    }
}

/// An error of AWS or of the AWS CLI, as code and message.
pub(super) type ApiError = (String, String);

/// Why a file or a call without one cannot be used.
pub(super) fn unusable(why: impl Into<String>) -> ApiError {
    (UNUSABLE.to_owned(), why.into())
}

/// Reads what the AWS CLI says of a failed call:
/// `An error occurred (AccessDenied) when calling the DescribeTrails operation: ...`.
pub(super) fn aws_error(text: &str) -> Option<ApiError> {
    let (_, rest) = text.split_once("An error occurred (")?;
    let (code, rest) = rest.split_once(") when calling the ")?;
    let (_, rest) = rest.split_once(" operation").unwrap_or(("", rest));
    // How often it was tried again stands between.
    let rest = match rest
        .strip_prefix(" (reached max retries: ")
        .and_then(|rest| rest.split_once(')'))
    {
        Some((_, rest)) => rest,
        None => rest,
    };
    let message = rest.trim_start_matches(':');
    let code = code.trim();
    if code.is_empty() || code.contains(char::is_whitespace) {
        return None;
    }
    if code.bytes().all(|byte| byte.is_ascii_digit()) {
        // The AWS CLI takes the HTTP status for the code where the body is no error of AWS.
        let message = format!("HTTP status {code} with a body that is no AWS error");
        return Some(("unreadable".to_owned(), message));
    }
    Some((code.to_owned(), message.trim().to_owned()))
}

/// The operation that an error text is about.
pub(super) fn operation_in_error(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("An error occurred (")?;
    let (_, rest) = rest.split_once(") when calling the ")?;
    rest.split_once(" operation").map(|(name, _)| name)
}

/// An error of the AWS CLI itself, which had no answer of AWS.
pub(super) fn cli_error(text: &str) -> ApiError {
    if let Some(error) = aws_error(text) {
        return error;
    }
    let last = text.lines().map(str::trim).rfind(|line| !line.is_empty());
    let message = last
        .unwrap_or("the AWS CLI failed without a word")
        .to_owned();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    // The codes that a collection gives to the same faults.
    if has(&[
        "Could not connect to the endpoint",
        "Connection was closed",
        "ConnectionError",
    ]) {
        return ("connection".to_owned(), message);
    }
    if has(&["Read timeout", "Connect timeout"]) {
        return ("timeout".to_owned(), message);
    }
    unusable(message)
}

/// Checks that bytes are an answer to an operation; the error says why not, naming the file.
pub(super) fn answer(name: &str, bytes: &[u8], operation: &Operation) -> Result<Value, String> {
    let value = parse(name, bytes)?;
    let call = Call {
        account: String::new(),
        region: String::new(),
        service: operation.service.to_owned(),
        operation: operation.name.to_owned(),
        request: json!({}),
        at: Timestamp::UNIX_EPOCH,
        http_status: Some(200),
        error: None,
        request_id: None,
        media_type: AWS_CLI_JSON.to_owned(),
        body: bytes.to_vec(),
    };
    let decoded = decode::response(&call).map_err(|error| format!("`{name}`: {error}"))?;
    // What `--max-items` leaves behind is called so for every operation, whatever AWS calls its own token.
    let cut = value
        .get("NextToken")
        .and_then(Value::as_str)
        .is_some_and(|token| !token.is_empty());
    if cut
        && operation
            .paging
            .is_some_and(|paging| paging.output != "NextToken")
    {
        return Err(format!(
            "`{name}` holds the first items of a list alone; leave `--max-items` out"
        ));
    }
    let silent = operation.expects.is_empty()
        && (operation.lists.is_empty() || operation.name == "GetTransformer");
    // Nothing is set on the log group, or the answer says which one it is of.
    let told = !silent
        || value.get("logGroupIdentifier").is_some()
        || value.as_object().is_some_and(serde_json::Map::is_empty);
    if !operation.recognises(&decoded) || !told {
        return Err(format!("`{name}` is no answer to {}", operation.name));
    }
    Ok(value)
}

/// Reads a JSON object; the error names the file.
pub(super) fn parse(name: &str, bytes: &[u8]) -> Result<Value, String> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(format!("`{name}` is empty"));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match serde_json::from_slice::<Value>(bytes) {
        Ok(value) if value.is_object() => Ok(value),
        Ok(_) => Err(format!("`{name}` holds no JSON object")),
        Err(error) if error.is_eof() => Err(format!("`{name}` is cut off: {error}")),
        Err(error) => Err(format!("`{name}` is not JSON: {error}")),
    }
}
