//! Calls to be recorded, each with what later steps need of its answer; the answer itself stays in its file.
//!
//! Ten thousand accounts have more answers than memory. So a file is read twice: once to see what it answers, once when
//! its turn to be recorded comes.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use jiff::Timestamp;
use serde_json::Value;

use super::answer::{self, ApiError};
use super::folder::{File, Folder};
use super::subject::{Part, text};
use crate::aws::arn;
use crate::snapshot::operations::Operation;
use crate::snapshot::{AWS_CLI_JSON, Call};

/// A call to be recorded.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) operation: &'static Operation,
    pub(super) request: Value,
    pub(super) at: Timestamp,
    /// The list of calls or the loose file that says that the call was made; none where nothing does.
    pub(super) source: Option<usize>,
    /// The file of the answer.
    pub(super) file: Option<usize>,
    /// Whether a file is there that could be an answer and cannot be read as one.
    pub(super) damaged: bool,
    pub(super) outcome: Result<Answer, ApiError>,
}

/// An answer in a file.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// Hash of the bytes, to see that they are still the same when they are recorded.
    pub(super) print: u64,
    /// The items that answer the question, where the file answers more than one.
    pub(super) part: Option<Part>,
    /// The token of the next page.
    pub(super) next: Option<String>,
    pub(super) mentions: Vec<Mention>,
}

/// What an answer names that should be asked about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mention {
    /// An enabled region.
    Region(String),
    Trail {
        arn: String,
        home: Option<String>,
        log_group: Option<String>,
    },
    /// The topic of an alarm.
    Topic(String),
    Subscription(String),
}

/// The mentions in an answer.
pub(super) fn mentions(operation: &Operation, value: &Value) -> Vec<Mention> {
    let items = |list: &str| -> &[Value] {
        value
            .get(list)
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    };
    let owned = |item: &Value, member: &str| text(item, member).map(str::to_owned);
    let mut mentions: Vec<Mention> = match operation.name {
        "ListRegions" => items("Regions")
            .iter()
            .filter(|region| text(region, "RegionOptStatus") != Some("DISABLED"))
            .filter_map(|region| owned(region, "RegionName").map(Mention::Region))
            .collect(),
        "DescribeTrails" => items("trailList")
            .iter()
            .filter_map(|trail| {
                Some(Mention::Trail {
                    arn: owned(trail, "TrailARN")?,
                    home: owned(trail, "HomeRegion"),
                    log_group: owned(trail, "CloudWatchLogsLogGroupArn"),
                })
            })
            .collect(),
        "DescribeAlarms" => ["MetricAlarms", "CompositeAlarms", "LogAlarms"]
            .into_iter()
            .flat_map(items)
            .filter_map(|alarm| alarm.get("AlarmActions").and_then(Value::as_array))
            .flatten()
            .filter_map(Value::as_str)
            .filter(|action| arn::service(action) == Some("sns"))
            .map(|topic| Mention::Topic(topic.to_owned()))
            .collect(),
        "ListSubscriptionsByTopic" => items("Subscriptions")
            .iter()
            .filter_map(|subscription| owned(subscription, "SubscriptionArn"))
            .filter(|arn| arn::is_arn(arn))
            .map(Mention::Subscription)
            .collect(),
        _ => Vec::new(),
    };
    mentions.sort();
    mentions.dedup();
    mentions
}

impl Answer {
    pub(super) fn new(operation: &Operation, bytes: &[u8], value: &Value) -> Self {
        Self {
            print: print(bytes),
            part: None,
            next: operation.next_page(value).map(str::to_owned),
            mentions: mentions(operation, value),
        }
    }
}

impl Plan {
    /// Whether no list names the file.
    pub(super) fn is_loose(&self) -> bool {
        self.file.is_some() && self.source == self.file
    }

    /// The name of the file of the answer; empty where there is none.
    pub(super) fn file_name<'f>(&self, folder: &'f Folder) -> &'f str {
        let file = self.file.and_then(|file| folder.get(file));
        file.map_or("", |file| &file.name)
    }

    /// The token of the page after the answer.
    pub(super) fn next(&self) -> Option<&str> {
        self.outcome.as_ref().ok()?.next.as_deref()
    }

    /// Says that the call cannot be used.
    pub(super) fn spoil(&mut self, why: String) {
        self.outcome = Err(answer::unusable(why));
    }

    /// The call with the body of its answer or its error.
    pub(super) fn call(&self, folder: &Folder) -> Call {
        let outcome = match (&self.outcome, self.file.and_then(|file| folder.get(file))) {
            (Err(error), _) => Err(error.clone()),
            (Ok(answer), Some(file)) => body(answer, file).map_err(answer::unusable),
            (Ok(_), None) => Err(answer::unusable("the file is gone")),
        };
        let (body, error) = match outcome {
            Ok(body) => (body, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        Call {
            account: self.account.clone(),
            region: self.region.clone(),
            service: self.operation.service.to_owned(),
            operation: self.operation.name.to_owned(),
            request: self.request.clone(),
            at: self.at,
            http_status: error.is_none().then_some(200),
            error,
            request_id: None,
            media_type: AWS_CLI_JSON.to_owned(),
            body,
        }
    }
}

fn body(answer: &Answer, file: &File) -> Result<Vec<u8>, String> {
    let bytes = file.read()?;
    if print(&bytes) != answer.print {
        return Err(format!("`{}` changed while it was imported", file.name));
    }
    let Some(part) = &answer.part else {
        return Ok(bytes);
    };
    let value = part.of(answer::parse(&file.name, &bytes)?);
    Ok(value.to_string().into_bytes())
}

fn print(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}
