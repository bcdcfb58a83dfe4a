//! Resource policies: may CloudWatch publish to the topic for this alarm, and use the key that encrypts it? May another
//! account send events to the bus?
//!
//! Evaluates topic policies (N04) and key policies (N06) for the one principal and the context that CloudWatch has. An
//! answer is `Allowed` only if it holds whatever the parts of the request are that nobody documents; every other answer
//! names the statement that comes closest and the parts of it that decide. From the IAM User Guide, "Policy evaluation
//! logic" and "IAM JSON policy elements reference"; docs/delivery-chain.md has the sentences.

mod bus;
mod condition;
mod decision;
mod glob;
mod request;
mod statement;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod worlds;

use serde_json::Value;

use super::answer::Ternary;
use super::json;
pub use bus::{admits as bus_admits, admits_own as bus_admits_own};
pub use decision::{Decision, NearMiss, Part, PolicyDoubt, Refusal, Sent, Statement};
pub use request::{Caller, Organization, Service, Source};
use request::{Request, Target};

/// Whether the topic's `Policy` lets CloudWatch publish to it for the alarm.
pub fn may_publish(policy: &str, topic_arn: &str, caller: &Caller<'_>) -> Decision {
    decide(
        policy,
        &Request {
            caller,
            target: Target::Topic,
            action: "sns:Publish",
            resource: topic_arn,
        },
    )
}

/// Whether the key's policy lets CloudTrail encrypt files for a trail: `kms:GenerateDataKey`.
pub fn may_encrypt_files(policy: &str, key_arn: &str, caller: &Caller<'_>) -> Decision {
    decide(
        policy,
        &Request {
            caller,
            target: Target::Key,
            action: "kms:GenerateDataKey",
            resource: key_arn,
        },
    )
}

/// Whether the key's policy lets CloudWatch encrypt for a topic: `kms:GenerateDataKey` and `kms:Decrypt`.
pub fn may_use_key(policy: &str, key_arn: &str, caller: &Caller<'_>) -> Decision {
    let ask = |action| {
        decide(
            policy,
            &Request {
                caller,
                target: Target::Key,
                action,
                resource: key_arn,
            },
        )
    };
    let rank = |decision: &Decision| match decision {
        Decision::Allowed(_) => 0,
        Decision::Open(_) => 1,
        Decision::Refused(_) => 2,
    };
    let (generate, decrypt) = (ask("kms:GenerateDataKey"), ask("kms:Decrypt"));
    if rank(&decrypt) > rank(&generate) {
        decrypt
    } else {
        generate
    }
}

/// The statements of a policy, one or a list.
fn statements(document: &Value) -> Option<Vec<&Value>> {
    match document.get("Statement")? {
        Value::Array(statements) => Some(statements.iter().collect()),
        statement @ Value::Object(_) => Some(vec![statement]),
        _ => None,
    }
}

/// Whether the key's policy lets EventBridge read what it keeps of a bus: `kms:Decrypt`.
pub fn may_decrypt(policy: &str, key_arn: &str, caller: &Caller<'_>) -> Decision {
    decide(
        policy,
        &Request {
            caller,
            target: Target::Key,
            action: "kms:Decrypt",
            resource: key_arn,
        },
    )
}

fn decide(policy: &str, request: &Request<'_>) -> Decision {
    let Some(document) = json::document(policy) else {
        return Decision::Open(PolicyDoubt::NotJson);
    };
    let Some(statements) = statements(&document) else {
        return Decision::Open(PolicyDoubt::NoStatements);
    };
    // Without a version it is 2008-10-17, in which `${...}` is text like any other.
    let variables = document.get("Version").and_then(Value::as_str) == Some("2012-10-17");
    let action = || request.action.to_owned();
    let mut allowed = None;
    let mut may_allow = None;
    let mut may_deny = None;
    let mut missed: Vec<NearMiss> = Vec::new();
    for (position, statement) in (1..).zip(statements) {
        let Some(members) = statement.as_object() else {
            return Decision::Open(PolicyDoubt::NotAStatement { position });
        };
        let sid = members.get("Sid").and_then(Value::as_str);
        let name = Statement {
            sid: sid.filter(|sid| !sid.is_empty()).map(str::to_owned),
            position,
        };
        let allows = match members.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => return Decision::Open(PolicyDoubt::NoEffect { statement: name }),
        };
        let answers = statement::answers(members, variables, request);
        let (mut missing, mut doubtful) = (Vec::new(), Vec::new());
        for answer in answers {
            match answer {
                Ternary::Yes => {}
                Ternary::No(part) => missing.push(part),
                Ternary::Maybe(part) => doubtful.push(part),
            }
        }
        match (missing.is_empty(), doubtful.is_empty(), allows) {
            (false, _, true) => missed.push(NearMiss {
                statement: name,
                parts: missing,
            }),
            (false, _, false) => {}
            (true, true, true) => {
                allowed.get_or_insert(name);
            }
            (true, true, false) => {
                return Decision::Refused(Refusal::Deny {
                    action: action(),
                    statement: name,
                    conditions: statement::conditions(members, request),
                    everybody: statement::is_of_everybody(members),
                });
            }
            (true, false, true) => {
                may_allow.get_or_insert(PolicyDoubt::MayAllow {
                    action: action(),
                    statement: name,
                    parts: doubtful,
                });
            }
            (true, false, false) => {
                may_deny.get_or_insert(PolicyDoubt::MayDeny {
                    action: action(),
                    statement: name,
                    parts: doubtful,
                });
            }
        }
    }
    match (allowed, may_allow, may_deny) {
        (Some(statement), _, None) => Decision::Allowed(statement),
        (Some(_), _, Some(doubt)) | (None, Some(doubt), _) => Decision::Open(doubt),
        (None, None, _) => Decision::Refused(Refusal::NoAllow {
            action: action(),
            nearest: missed
                .into_iter()
                .min_by_key(|missed| missed.parts.iter().map(statement::distance).sum::<usize>()),
        }),
    }
}
