//! The one table of AWS operations: what each is asked about, how its lists are paged, what it needs.
//!
//! Facts, gaps, `collect --print-policy` and `import` all read this table, so that an operation is described once.
//! Sources: the AWS service models and delivery-chain facts 1.1, 1.2 and 1.5. It must not judge answers.

mod table;

use serde_json::Value;

use super::canonical::canonical_json;
use crate::aws::arn::{self, Location, log_group_name};

pub use table::{OPERATIONS, UNKNOWN_FILE};

/// How requests and responses look on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// JSON 1.1; the operation is named in the header `X-Amz-Target` as `<target>.<operation>`.
    AwsJson {
        /// Target prefix, such as `Logs_20140328`.
        target: &'static str,
    },
    /// JSON over paths of its own.
    RestJson {
        /// The path that the request is posted to.
        path: &'static str,
    },
    /// Form-encoded request, XML response.
    Query {
        /// The `Version` parameter.
        version: &'static str,
    },
    /// Smithy rpc-v2-cbor; posted to `/service/<service>/operation/<operation>`.
    RpcV2Cbor {
        /// Smithy service name.
        service: &'static str,
    },
}

/// What a request asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Everything in the account and region: the subject is empty.
    Everything,
    /// One resource, named by this request member; everything where the member is absent.
    Member(&'static str),
    /// One subject for each element of this request member; everything where the member is absent.
    Each(&'static str),
    /// A trail by name or ARN in this request member; the subject is always the full ARN.
    Trail(&'static str),
    /// A log group by name or ARN in this request member; the subject is the name.
    LogGroup(&'static str),
    /// Log groups by prefix or by identifiers; the subject is the prefix or the name.
    LogGroups,
    /// One subject for each alarm type asked, `MetricAlarm` where none is.
    AlarmTypes,
}

/// Pagination members of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    /// Request member that carries the token.
    pub input: &'static str,
    /// Response member that holds the token of the next page.
    pub output: &'static str,
}

/// How much a missing answer takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The chain cannot be decided without it.
    Needed,
    /// It refines an answer, or matters to some accounts alone.
    Optional,
}

/// Where an operation is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedIn {
    /// Once an account, at the partition's global endpoint.
    Global,
    /// In every region.
    Regional,
}

/// How much of what an answer says of its owner holds: only where AWS answers with what lies where it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Region and account of an ARN.
    RegionAndAccount,
    /// The Region of an ARN.
    Region,
    /// The account of an ARN.
    AccountOf,
    /// An account id.
    Account,
}

/// Where an answer says whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// Members on the way to it, each item of a list taken.
    pub path: &'static [&'static str],
    /// How much of it holds.
    pub whose: Whose,
}

/// One AWS operation that a snapshot can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// Endpoint prefix: `cloudtrail`, `logs`, `monitoring` ...
    pub service: &'static str,
    /// API operation name: `DescribeTrails`.
    pub name: &'static str,
    /// The IAM action that allows it.
    pub iam_action: &'static str,
    /// Wire form.
    pub protocol: Protocol,
    /// What the request asks about.
    pub subject: Subject,
    /// Response members that are lists; always arrays after decoding.
    pub lists: &'static [&'static str],
    /// Members of which every response has at least one; the lists where this is empty. A body without any is foreign.
    pub expects: &'static [&'static str],
    /// Members without which no fact can be read: of every item of the lists, or of the answer where it has no list.
    /// The first is what tells an item from the others.
    pub requires: &'static [&'static str],
    /// Pagination, for operations that have it.
    pub paging: Option<Paging>,
    /// Request members that do not narrow the question, with the value for which that holds (`""`: any value).
    pub neutral: &'static [(&'static str, &'static str)],
    /// Error codes by which AWS says that the subject does not exist.
    pub absent: &'static [&'static str],
    /// Response members, at any depth, that are timestamps.
    pub times: &'static [&'static str],
    /// Whether the chain can do without.
    pub need: Need,
    /// Once an account or once a region.
    pub reach: AskedIn,
    /// Set where answers hold credentials: request members that are as secret. Neither is ever kept.
    pub secret: Option<&'static [&'static str]>,
    /// Members of the response on the way to what it is about, each item of a list taken; empty where it does not say.
    pub about: &'static [&'static str],
    /// What people call the subject, where it is a member of the request: `topic`.
    pub noun: &'static str,
    /// Where the response says whose it is.
    pub owners: &'static [Owner],
    /// Calls a second that AWS allows in an account and Region (delivery-chain facts 1.1); conservative where it says
    /// nothing.
    pub calls_a_second: u32,
}

/// The operation of a service by its API name.
pub fn find(service: &str, name: &str) -> Option<&'static Operation> {
    if (service, name) == (UNKNOWN_FILE.service, UNKNOWN_FILE.name) {
        return Some(UNKNOWN_FILE);
    }
    OPERATIONS
        .iter()
        .find(|operation| operation.service == service && operation.name == name)
}

/// Regions that every account of a partition has, for when the account may not list its own. Regions that must be
/// opted into are left out: asking in one that is not enabled gives errors that say nothing.
pub fn always_enabled(partition: &str) -> &'static [&'static str] {
    match partition {
        "aws-cn" => &["cn-north-1", "cn-northwest-1"],
        "aws-us-gov" => &["us-gov-east-1", "us-gov-west-1"],
        "aws" => &[
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-southeast-1",
            "ap-southeast-2",
            "ca-central-1",
            "eu-central-1",
            "eu-north-1",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
        _ => &[],
    }
}

impl Operation {
    /// What a request asks about: one subject, or one for each alarm type or name asked.
    ///
    /// A member that narrows the question and is not in this table is added to the subject as JSON, so that a
    /// narrowed list never counts as the whole one.
    pub fn subjects(&self, account: &str, region: &str, request: &Value) -> Vec<String> {
        let text = |member: &str| request.get(member).and_then(Value::as_str);
        let each = |member: &str| -> Vec<String> {
            let items = request.get(member).and_then(Value::as_array);
            items
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        };
        let mut used: Vec<&str> = Vec::new();
        let mut subjects = match self.subject {
            Subject::Everything => Vec::new(),
            Subject::Member(member) => {
                used.push(member);
                text(member).map(str::to_owned).into_iter().collect()
            }
            Subject::Each(member) => {
                used.push(member);
                each(member)
            }
            Subject::Trail(member) => {
                used.push(member);
                let trail = text(member).map(|trail| trail_arn(account, region, trail));
                trail.into_iter().collect()
            }
            Subject::LogGroup(member) => {
                used.push(member);
                let group = text(member).map(|group| log_group_name(group).to_owned());
                group.into_iter().collect()
            }
            Subject::LogGroups => {
                used.extend(["logGroupNamePrefix", "logGroupIdentifiers"]);
                let mut groups: Vec<String> = each("logGroupIdentifiers")
                    .iter()
                    .map(|group| log_group_name(group).to_owned())
                    .collect();
                groups.extend(text("logGroupNamePrefix").map(str::to_owned));
                groups
            }
            Subject::AlarmTypes => {
                used.push("AlarmTypes");
                let mut types = each("AlarmTypes");
                if types.is_empty() {
                    types.push("MetricAlarm".to_owned());
                }
                types
            }
        };
        if subjects.is_empty() {
            subjects.push(String::new());
        }
        let narrowing = self.narrowing(request, &used);
        if !narrowing.is_empty() {
            for subject in &mut subjects {
                if !subject.is_empty() {
                    subject.push(' ');
                }
                subject.push_str(&narrowing);
            }
        }
        subjects.sort();
        subjects.dedup();
        subjects
    }

    /// The list whose items name what they are of, and the member that does.
    pub fn items(&self) -> Option<(&'static str, &'static str)> {
        match self.about {
            [list, member] if self.lists.contains(list) => Some((list, member)),
            _ => None,
        }
    }

    /// Whether a decoded body can be a response of this operation.
    pub fn recognises(&self, response: &Value) -> bool {
        // CBOR leaves out empty lists; so an empty response of DescribeAlarms says that there is no alarm.
        if matches!(self.protocol, Protocol::RpcV2Cbor { .. }) && self.expects.is_empty() {
            return response.as_object().is_some_and(|members| {
                members.is_empty() || self.lists.iter().any(|list| members.contains_key(*list))
            });
        }
        let expected = match self.expects {
            [] => self.lists,
            expects => expects,
        };
        let optional = expected.is_empty() || self.name == "GetTransformer";
        optional || expected.iter().any(|member| response.get(member).is_some())
    }

    /// The token by which a request asks for a later page.
    pub fn page_of<'r>(&self, request: &'r Value) -> Option<&'r str> {
        let token = request.get(self.paging?.input)?.as_str()?;
        (!token.is_empty()).then_some(token)
    }

    /// The token of the page after a response.
    pub fn next_page<'r>(&self, response: &'r Value) -> Option<&'r str> {
        let token = response.get(self.paging?.output)?.as_str()?;
        (!token.is_empty()).then_some(token)
    }

    /// The members of a request that make the question narrower than its subject, as JSON; empty where there are none.
    fn narrowing(&self, request: &Value, used: &[&str]) -> String {
        let Some(members) = request.as_object() else {
            return String::new();
        };
        let token = self.paging.map(|paging| paging.input);
        let rest: serde_json::Map<String, Value> = members
            .iter()
            .filter(|(name, value)| {
                let neutral = self.neutral.iter().any(|(member, allowed)| {
                    name == member && (allowed.is_empty() || is_text(value, allowed))
                });
                !neutral
                    && !value.is_null()
                    && !used.contains(&name.as_str())
                    && Some(name.as_str()) != token
            })
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if rest.is_empty() {
            return String::new();
        }
        canonical_json(&Value::Object(rest))
    }
}

/// The texts at the end of a path of members, each item of a list taken.
pub fn texts_at<'v>(value: &'v Value, path: &[&str]) -> Vec<&'v str> {
    match (value, path) {
        (Value::Array(items), _) => items.iter().flat_map(|item| texts_at(item, path)).collect(),
        (Value::String(text), []) => vec![text],
        (_, [first, rest @ ..]) => value
            .get(first)
            .map_or_else(Vec::new, |inner| texts_at(inner, rest)),
        _ => Vec::new(),
    }
}

/// Whether a request member has this value, written as a string or as a JSON constant.
fn is_text(value: &Value, text: &str) -> bool {
    match value {
        Value::String(value) => value == text,
        Value::Bool(value) => text == if *value { "true" } else { "false" },
        _ => false,
    }
}

/// The full ARN of a trail that was asked by name or ARN.
fn trail_arn(account: &str, region: &str, trail: &str) -> String {
    if arn::is_arn(trail) {
        return trail.to_owned();
    }
    Location::new(account, region).trail(trail)
}
