//! What a policy says to a service, in words.

use crate::aws::policy::{NearMiss, Part, PolicyDoubt, Refusal, Sent, Statement};

/// The statement by its `Sid`, or as the second of its policy.
pub(super) fn name(statement: &Statement) -> String {
    match &statement.sid {
        Some(sid) => format!("`{sid}`"),
        None => format!("number {}", statement.position),
    }
}

/// Why a key encrypts nothing for a service, by its `KeySpec` and `KeyUsage`.
pub(super) fn cannot_encrypt(spec: Option<&str>, usage: Option<&str>, service: &str) -> String {
    let kind: Vec<&str> = [spec, usage].into_iter().flatten().collect();
    format!(
        "its key is none for symmetric encryption ({}), and {service} takes no other",
        kind.join(", ")
    )
}

pub(super) fn refused(refusal: &Refusal, who: &str) -> String {
    match refusal {
        Refusal::Deny {
            action,
            statement,
            conditions,
            ..
        } => {
            let text = format!("statement {} denies {action}", name(statement));
            if conditions.is_empty() {
                return text;
            }
            format!(
                "{text}, since its {} holds",
                list(conditions, |part| told(part, who, true))
            )
        }
        Refusal::NoAllow {
            action,
            nearest: None,
        } => format!("no statement allows {action}"),
        Refusal::NoAllow {
            action,
            nearest: Some(NearMiss { statement, parts }),
        } => format!(
            "no statement allows {action}; the nearest is statement {}, but its {}",
            name(statement),
            list(parts, |part| told(part, who, false))
        ),
    }
}

pub(super) fn doubted(doubt: &PolicyDoubt, who: &str) -> String {
    match doubt {
        PolicyDoubt::NotJson => "the policy is not JSON".to_owned(),
        PolicyDoubt::NoStatements => "the policy has no statements".to_owned(),
        PolicyDoubt::NotAStatement { position } => {
            format!("statement number {position} is not an object")
        }
        PolicyDoubt::NoEffect { statement } => {
            format!("statement {} has no effect", name(statement))
        }
        PolicyDoubt::MayAllow {
            action,
            statement,
            parts,
        } => format!(
            "statement {} allows {action} if its {}",
            name(statement),
            list(parts, |part| open(part, who))
        ),
        PolicyDoubt::MayDeny {
            action,
            statement,
            parts,
        } => format!(
            "statement {} denies {action} if its {}",
            name(statement),
            list(parts, |part| open(part, who))
        ),
    }
}

fn list(parts: &[Part], say: impl Fn(&Part) -> String) -> String {
    let said: Vec<String> = parts.iter().map(say).collect();
    said.join(", and its ")
}

/// A part that decides, and what it meets; without a verb where the sentence has its own.
fn told(part: &Part, who: &str, holds: bool) -> String {
    match part {
        Part::Element { element, value } => match element.as_str() {
            "Principal" | "NotPrincipal" => format!("{element} {value} does not fit {who}"),
            _ => format!("{element} {value} does not fit"),
        },
        Part::Condition { sent, .. } => {
            let sent = match sent {
                Sent::Value { value } => format!("{who} sends `{value}`"),
                Sent::Nothing => format!("{who} sends none"),
                Sent::NoCustomer => format!("{who} calls from no account of yours"),
                Sent::NotKnown => format!("what {who} sends is not documented"),
            };
            let verb = if holds { "" } else { " fails" };
            format!("{}{verb} ({sent})", condition(part))
        }
    }
}

/// A part in doubt.
fn open(part: &Part, who: &str) -> String {
    match part {
        Part::Element { element, value } => {
            format!("{element} {value} fits {who}, which is not documented")
        }
        Part::Condition { sent, .. } => {
            let why = match sent {
                Sent::NotKnown | Sent::NoCustomer => {
                    format!("what {who} sends is not documented")
                }
                Sent::Value { .. } | Sent::Nothing => {
                    "how it is compared is not documented".to_owned()
                }
            };
            format!("{} holds ({why})", condition(part))
        }
    }
}

/// `condition StringEquals on aws:SourceAccount for `111122223333``.
fn condition(part: &Part) -> String {
    match part {
        Part::Element { element, value } => format!("{element} {value}"),
        Part::Condition {
            operator,
            key,
            wanted,
            ..
        } => {
            let wanted: Vec<String> = wanted.iter().map(|one| format!("`{one}`")).collect();
            format!("condition {operator} on {key} for {}", wanted.join(" or "))
        }
    }
}
