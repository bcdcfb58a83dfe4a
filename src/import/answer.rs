//! What the AWS CLI's output in a file says: an answer to an operation, an error of AWS, or why it is neither.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::UNUSABLE;
use crate::aws::{arn, json};
use crate::snapshot::operations::Operation;

/// An error of AWS or of the AWS CLI, as code and message.
pub(super) type ApiError = (String, String);

/// More members and items than any answer has; each costs a hundred bytes once it is read.
const MAX_ITEMS: usize = 4 << 20;

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

/// An error of the AWS CLI itself, which had no answer of AWS, about the file of this name.
pub(super) fn cli_error(name: &str, text: &str) -> ApiError {
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
    // Where AWS did not answer, the file is all that can be named.
    unusable(format!("`{name}`: {message}"))
}

/// Reads a JSON object, without what the AWS CLI leaves out; the error names the file.
pub(super) fn parse(name: &str, bytes: &[u8]) -> Result<Value, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let bytes = bytes.trim_ascii_start();
    match bytes.first() {
        None => return Err(format!("`{name}` is empty")),
        Some(b'{') => {}
        Some(b'[') => {
            return Err(format!(
                "`{name}` holds a list and no answer; leave `--query` out"
            ));
        }
        Some(0x1f | b'P' | b'B') if is_packed(bytes) => {
            return Err(format!("`{name}` is compressed; unpack it"));
        }
        Some(_) => {
            return Err(format!("`{name}` is not JSON; ask with `--output json`"));
        }
    }
    let items = bytes
        .iter()
        .filter(|byte| matches!(byte, b',' | b'[' | b'{'))
        .count();
    if items > MAX_ITEMS {
        return Err(format!("`{name}` holds more items than any answer"));
    }
    match serde_json::from_slice::<Value>(bytes) {
        Ok(mut value) => {
            if let Some(twice) = json::named_twice(bytes, &value) {
                return Err(format!("`{name}` has `{twice}` twice in one object"));
            }
            if let Some(members) = value.as_object_mut() {
                // What boto3 adds to a response.
                members.remove("ResponseMetadata");
                members.retain(|_, member| !member.is_null());
            }
            Ok(value)
        }
        Err(error) if error.is_eof() => Err(format!("`{name}` is cut off: {error}")),
        Err(error) if several(bytes) => Err(format!(
            "`{name}` holds several JSON documents, the second from line {} on; one file takes one answer",
            error.line()
        )),
        Err(error) => Err(format!("`{name}` is not JSON: {error}")),
    }
}

/// Whether the bytes begin as gzip, zip and bzip2 do.
fn is_packed(bytes: &[u8]) -> bool {
    [b"\x1f\x8b".as_slice(), b"PK\x03\x04", b"BZh"]
        .iter()
        .any(|mark| bytes.starts_with(mark))
}

/// Whether a whole JSON document is followed by another one.
fn several(bytes: &[u8]) -> bool {
    let mut documents =
        serde_json::Deserializer::from_slice(bytes).into_iter::<Map<String, Value>>();
    let mut next = || documents.next().is_some_and(|one| one.is_ok());
    next() && next()
}

/// Members that the AWS CLI prints of every item, with an empty value where nothing is set. An item without one was cut
/// by `--query`: that it has no action, say, does not follow.
const ALWAYS_PRINTED: [(&str, &[&str]); 3] = [
    ("DescribeAlarms", &["ActionsEnabled", "AlarmActions"]),
    (
        "DescribeMetricFilters",
        &["filterPattern", "metricTransformations"],
    ),
    ("DescribeTrails", &["S3BucketName", "IsMultiRegionTrail"]),
];

/// What `--query` left out of an item.
fn left_out(value: &Value, operation: &Operation) -> Option<String> {
    let (_, members) = ALWAYS_PRINTED
        .iter()
        .find(|(name, _)| *name == operation.name)?;
    let items = operation.lists.iter().filter_map(|list| {
        let items = value.get(list)?.as_array()?;
        Some(items.iter().map(move |item| (list, item)))
    });
    items.flatten().find_map(|(list, item)| {
        let member = members.iter().find(|member| item.get(member).is_none())?;
        Some(format!(
            "`{member}` is missing in an item of `{list}`; leave `--query` out"
        ))
    })
}

/// Checks that a value is an answer to an operation; the error says why not, naming the file.
pub(super) fn check(name: &str, value: &Value, operation: &Operation) -> Result<(), String> {
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
        || value.as_object().is_some_and(Map::is_empty);
    if !operation.recognises(value) || !told {
        return Err(format!("`{name}` is no answer to {}", operation.name));
    }
    let wrong = lacking(value, operation)
        .or_else(|| left_out(value, operation))
        .or_else(|| contradiction(value, operation));
    match wrong {
        Some(why) => Err(format!(
            "`{name}` is no answer to {}: {why}",
            operation.name
        )),
        None => Ok(()),
    }
}

/// What an item is called, by all members that name it.
fn names<'v>(item: &'v Value, operation: &Operation) -> Vec<&'v str> {
    let members = operation.requires.iter().chain(&["logGroupName"]);
    let texts = members.filter_map(|member| item.get(*member)?.as_str());
    texts.collect()
}

/// Two items of one name that say different things, as of a file that was put together from several.
fn contradiction(value: &Value, operation: &Operation) -> Option<String> {
    // Subscriptions that are not confirmed have a word for a name.
    let is_name =
        |text: &str| !operation.name.starts_with("ListSubscriptions") || arn::is_arn(text);
    operation.lists.iter().find_map(|list| {
        let mut seen: HashMap<Vec<&str>, &Value> = HashMap::new();
        let items = value.get(list)?.as_array()?;
        items.iter().find_map(|item| {
            let names = names(item, operation);
            let what = *names.first().filter(|it| is_name(it))?;
            let other = seen.insert(names, item)?;
            (other != item).then(|| format!("`{list}` holds `{what}` twice, and differently"))
        })
    })
}

/// What an answer lacks without which no fact can be read.
pub(super) fn lacking(value: &Value, operation: &Operation) -> Option<String> {
    let missing = |item: &Value, place: &str| {
        if !item.is_object() {
            return Some(format!("an item{place} is no object"));
        }
        operation
            .requires
            .iter()
            .find(|member| !item.get(**member).is_some_and(Value::is_string))
            .map(|member| format!("`{member}` is missing{place}"))
    };
    if operation.lists.is_empty() {
        return missing(value, "");
    }
    operation.lists.iter().find_map(|list| {
        let items = match value.get(list) {
            None => return None,
            Some(Value::Array(items)) => items,
            Some(_) => return Some(format!("`{list}` is no list")),
        };
        let place = format!(" in an item of `{list}`");
        items.iter().find_map(|item| missing(item, &place))
    })
}
