//! Files that no list of calls names: matched to an operation by their name or their shape, and to an account, a region
//! and a subject by their path and content.
//!
//! A file is used only where all four are certain. What cannot be told becomes a failed call that names the file.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Defaults;
use super::file::{self, File};
use super::index::{self, Place};
use super::question::{attribute, request_of};
use crate::snapshot::Call;
use crate::snapshot::operations::{OPERATIONS, Operation, UNKNOWN_FILE};

/// The calls of loose files; `known` are those of the lists.
pub(super) fn calls(files: &[&File], known: &[Call], defaults: &Defaults) -> Vec<Call> {
    let loose: Vec<Loose<'_>> = files.iter().map(|file| Loose::read(file)).collect();
    let identities = identities(&loose, known);
    loose
        .into_iter()
        .flat_map(|loose| loose.calls(&identities, defaults))
        .collect()
}

/// A file with what can be told from it alone.
struct Loose<'f> {
    file: &'f File,
    bytes: Vec<u8>,
    /// The operation and what follows its name in the name of the file, or why there is none.
    operation: Result<(&'static Operation, Option<String>), String>,
    content: Content,
}

enum Content {
    Answer(Value),
    /// The AWS CLI wrote an error of AWS.
    Refused(file::ApiError),
    Unusable(String),
}

impl<'f> Loose<'f> {
    fn read(file: &'f File) -> Self {
        let bytes = file.read();
        let text = String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned();
        let beside = file.read_error();
        // An error may stand in the file itself, where both streams went into it.
        let refused = file::aws_error(&text)
            .map(|error| (error, text.clone()))
            .or_else(|| {
                let alone = text.trim().is_empty() && !beside.trim().is_empty();
                alone.then(|| (file::cli_error(&beside), beside.clone()))
            });
        let by_name = by_name(file.file_name());
        let (content, operation) = match (bytes, refused) {
            (_, Some((error, text))) => {
                let named = file::operation_in_error(&text)
                    .and_then(|name| OPERATIONS.iter().find(|operation| operation.name == name));
                let operation = match (by_name, named) {
                    (Some(by_name), _) => Ok(by_name),
                    (None, Some(operation)) => Ok((operation, None)),
                    (None, None) => Err(format!("`{}` is no answer that is known here", file.name)),
                };
                return Self {
                    file,
                    bytes: Vec::new(),
                    operation,
                    content: Content::Refused(error),
                };
            }
            (Err(why), None) => (
                Content::Unusable(why),
                by_name.map_or_else(|| Err(unknown(file)), Ok),
            ),
            (Ok(bytes), None) => {
                let parsed = file::parse(&file.name, &bytes);
                let operation = match (by_name, &parsed) {
                    (Some(by_name), _) => Ok(by_name),
                    (None, Ok(value)) => {
                        by_shape(&file.name, value).map(|operation| (operation, None))
                    }
                    (None, Err(why)) => Err(why.clone()),
                };
                let content = match (parsed, &operation) {
                    (Ok(value), Ok((operation, _))) => {
                        match file::answer(&file.name, &bytes, operation) {
                            Ok(_) => Content::Answer(value),
                            Err(why) => Content::Unusable(why),
                        }
                    }
                    (Ok(_), Err(why)) => Content::Unusable(why.clone()),
                    (Err(why), _) => Content::Unusable(why),
                };
                return Self {
                    file,
                    bytes,
                    operation,
                    content,
                };
            }
        };
        Self {
            file,
            bytes: Vec::new(),
            operation,
            content,
        }
    }

    fn calls(
        self,
        identities: &BTreeMap<String, BTreeSet<String>>,
        defaults: &Defaults,
    ) -> Vec<Call> {
        let name = &self.file.name;
        let unknown_file = |account: &str, why: String| {
            let place = Place {
                account,
                region: "",
                at: self.file.written,
            };
            vec![index::call(
                &place,
                UNKNOWN_FILE,
                json!({ "File": name }),
                Err(file::unusable(why)),
            )]
        };
        let account = account_of(
            self.file,
            &self.content,
            &self.operation,
            identities,
            defaults,
        );
        let (operation, rest) = match self.operation {
            Ok(found) => found,
            Err(why) => return unknown_file(&account.unwrap_or_default(), why),
        };
        let Some(account) = account else {
            let why = format!(
                "`{name}` does not say which account it is of; put it into a folder named by the account id"
            );
            return unknown_file("", why);
        };
        let Some(region) = region_of(self.file, operation, &self.content, defaults) else {
            let why = format!(
                "`{name}` does not say which region it is of; put it into a folder named by the region"
            );
            return unknown_file(&account, why);
        };
        let place = Place {
            account: &account,
            region: &region,
            at: self.file.written,
        };
        let empty = json!({});
        let value = match &self.content {
            Content::Answer(value) => value,
            Content::Refused(_) | Content::Unusable(_) => &empty,
        };
        let request = match request_of(operation, rest.as_deref(), value) {
            Ok(request) => request,
            Err(what) => {
                let cli = index::cli_name(operation.name);
                let why = format!(
                    "`{name}` does not say {what}; put it into the file name: `{cli}.NAME.json`, with `%2F` for a slash"
                );
                return unknown_file(&account, why);
            }
        };
        match self.content {
            Content::Answer(value) => {
                answered(&place, operation, &request, name, self.bytes, &value)
            }
            Content::Refused(error) => vec![index::call(&place, operation, request, Err(error))],
            Content::Unusable(why) => vec![index::call(
                &place,
                operation,
                request,
                Err(file::unusable(why)),
            )],
        }
    }
}

/// The call that an answer answers. An AWS CLI that is older than a type of alarms leaves their list out, and would
/// seem to say that there are none: that part of the question failed. (The script does not ask such an AWS CLI.)
fn answered(
    place: &Place<'_>,
    operation: &'static Operation,
    request: &Value,
    name: &str,
    body: Vec<u8>,
    value: &Value,
) -> Vec<Call> {
    let types = request.get("AlarmTypes").and_then(Value::as_array);
    if let ("DescribeAlarms", Some(types)) = (operation.name, types) {
        let (told, untold): (Vec<&Value>, Vec<&Value>) = types.iter().partition(|kind| {
            kind.as_str()
                .is_some_and(|kind| value.get(format!("{kind}s")).is_some())
        });
        if !untold.is_empty() {
            let part = |types: Vec<&Value>| {
                let mut request = request.clone();
                if let Some(member) = request.get_mut("AlarmTypes") {
                    *member = types.into_iter().cloned().collect();
                }
                request
            };
            let why = format!(
                "`{name}` leaves out a type of alarms that was asked for: the AWS CLI may be too old"
            );
            let failed = index::call(place, operation, part(untold), Err(file::unusable(why)));
            if told.is_empty() {
                return vec![failed];
            }
            return vec![index::call(place, operation, part(told), Ok(body)), failed];
        }
    }
    vec![index::call(place, operation, request.clone(), Ok(body))]
}

fn unknown(file: &File) -> String {
    format!("`{}` is no answer that is known here", file.name)
}

/// The operation in a file name such as `describe-trails.json`, `cloudtrail_describe_trails.json` or
/// `GetTrailStatus.my-trail.json`, and what follows it.
fn by_name(name: &str) -> Option<(&'static Operation, Option<String>)> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let lower = stem.to_ascii_lowercase().replace('_', "-");
    let inside = |at: usize, length: usize| {
        let bytes = lower.as_bytes();
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let after = bytes.get(at + length);
        !before.is_some_and(u8::is_ascii_alphanumeric)
            && !after.is_some_and(u8::is_ascii_alphanumeric)
    };
    let (operation, end) = OPERATIONS
        .iter()
        .flat_map(|operation| {
            [
                (operation, index::cli_name(operation.name)),
                (operation, operation.name.to_ascii_lowercase()),
            ]
        })
        .filter_map(|(operation, name)| {
            let at = lower.find(&name).filter(|at| inside(*at, name.len()))?;
            Some((operation, at + name.len(), name.len()))
        })
        .max_by_key(|(_, _, length)| *length)
        .map(|(operation, end, _)| (operation, end))?;
    let rest = stem
        .get(end..)
        .unwrap_or_default()
        .trim_start_matches(['.', '-', '_', ' ']);
    // The script's running number names nothing.
    let named = !rest.is_empty() && !rest.bytes().all(|byte| byte.is_ascii_digit());
    Some((operation, named.then(|| percent_decoded(rest))))
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after
            .get(..2)
            .and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// The one operation whose answers have these members.
fn by_shape(name: &str, value: &Value) -> Result<&'static Operation, String> {
    let has = |member: &str| value.get(member).is_some();
    let fitting: Vec<&Operation> = OPERATIONS
        .iter()
        .filter(|operation| match operation.expects {
            [] => operation.lists.iter().any(|list| has(list)),
            expects => expects.iter().all(|member| has(member)),
        })
        .filter(|operation| match operation.name {
            // Both have attributes; a subscription names its topic too.
            "GetTopicAttributes" => attribute(value, "SubscriptionArn").is_none(),
            "GetSubscriptionAttributes" => attribute(value, "SubscriptionArn").is_some(),
            "GetCallerIdentity" => has("Arn") && has("UserId"),
            "DescribeEventBus" => {
                let arn = value.get("Arn").and_then(Value::as_str);
                has("Name") && arn.is_some_and(|arn| arn.contains(":event-bus/"))
            }
            _ => true,
        })
        .collect();
    match fitting.as_slice() {
        [operation] => Ok(operation),
        [] => Err(format!("`{name}` is no answer that is known here")),
        [first, second, ..] => Err(format!(
            "`{name}` could be an answer to {} or to {}",
            first.name, second.name
        )),
    }
}

/// Folder -> accounts whose identity lies in it.
fn identities(loose: &[Loose<'_>], known: &[Call]) -> BTreeMap<String, BTreeSet<String>> {
    let mut identities: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in loose {
        if let (Ok((operation, _)), Content::Answer(value)) = (&file.operation, &file.content)
            && operation.name == "GetCallerIdentity"
            && let Some(account) = value
                .get("Account")
                .and_then(Value::as_str)
                .filter(|id| is_account(id))
        {
            identities
                .entry(file.file.folder().to_owned())
                .or_default()
                .insert(account.to_owned());
        }
    }
    for call in known {
        identities
            .entry(String::new())
            .or_default()
            .insert(call.account.clone());
    }
    identities
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text has the form of a region name: `eu-west-1`, `us-gov-east-1`.
fn is_region(text: &str) -> bool {
    let mut parts = text.split('-');
    let number = parts.next_back().unwrap_or_default();
    let words: Vec<&str> = parts.collect();
    words.len() >= 2
        && words
            .iter()
            .all(|word| word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_lowercase()))
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// The innermost folder of the path that `wanted` holds of.
fn in_path(file: &File, wanted: fn(&str) -> bool) -> Option<&str> {
    file.folder().split('/').rev().find(|part| wanted(part))
}

fn account_of(
    file: &File,
    content: &Content,
    operation: &Result<(&'static Operation, Option<String>), String>,
    identities: &BTreeMap<String, BTreeSet<String>>,
    defaults: &Defaults,
) -> Option<String> {
    if let (Ok((operation, _)), Content::Answer(value)) = (operation, content)
        && operation.name == "GetCallerIdentity"
    {
        return value
            .get("Account")
            .and_then(Value::as_str)
            .filter(|id| is_account(id))
            .map(str::to_owned);
    }
    if let Some(account) = in_path(file, is_account) {
        return Some(account.to_owned());
    }
    if defaults.account.is_some() {
        return defaults.account.clone();
    }
    // The nearest folder, going up, in which one account and no other says who it is.
    let mut folder = file.folder();
    loop {
        if let Some(accounts) = identities.get(folder) {
            return accounts.first().filter(|_| accounts.len() == 1).cloned();
        }
        let above = folder.trim_end_matches('/');
        if above.is_empty() {
            break;
        }
        folder = above
            .rfind('/')
            .map_or("", |at| above.get(..=at).unwrap_or_default());
    }
    let all: BTreeSet<&String> = identities.values().flatten().collect();
    all.first()
        .filter(|_| all.len() == 1)
        .map(|account| (*account).clone())
}

fn region_of(
    file: &File,
    operation: &Operation,
    content: &Content,
    defaults: &Defaults,
) -> Option<String> {
    if let Some(region) = in_path(file, is_region) {
        return Some(region.to_owned());
    }
    // What an answer names lies in the region that was asked, except for trails, which are shown everywhere. Selectors
    // are those of a trail, wherever they were asked for.
    let shown_everywhere = matches!(
        operation.service,
        "cloudtrail" | "sts" | "account" | "organizations"
    ) && operation.name != "GetEventSelectors";
    if let Content::Answer(value) = content
        && !shown_everywhere
    {
        let service = if operation.service == "monitoring" {
            "cloudwatch"
        } else {
            operation.service
        };
        let mut regions = BTreeSet::new();
        own_regions(value, service, &mut regions);
        if let (Some(region), 1) = (regions.first(), regions.len()) {
            return Some(region.clone());
        }
        if regions.len() > 1 {
            return None;
        }
    }
    match (&defaults.region, operation.name) {
        (Some(region), _) => Some(region.clone()),
        // Global questions, whose answer is the same everywhere.
        (None, "GetCallerIdentity" | "ListRegions" | "DescribeOrganization" | "ListAccounts") => {
            Some("us-east-1".to_owned())
        }
        (None, _) => None,
    }
}

/// The regions in the ARNs by which the items of an answer call themselves.
fn own_regions(value: &Value, service: &str, regions: &mut BTreeSet<String>) {
    const NAMES: [&str; 10] = [
        "AlarmArn",
        "AlarmMuteRuleArn",
        "Arn",
        "SubscriptionArn",
        "TopicArn",
        "TrailARN",
        "arn",
        "logGroupArn",
        "logGroupIdentifier",
        "RuleArn",
    ];
    match value {
        Value::Array(items) => items
            .iter()
            .for_each(|item| own_regions(item, service, regions)),
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(arn) if NAMES.contains(&name.as_str()) => {
                        let mut parts = arn.split(':').skip(2);
                        if parts.next() == Some(service)
                            && let Some(region) = parts.next().filter(|region| is_region(region))
                        {
                            regions.insert(region.to_owned());
                        }
                    }
                    Some(_) => {}
                    None => own_regions(member, service, regions),
                }
            }
        }
        _ => {}
    }
}
