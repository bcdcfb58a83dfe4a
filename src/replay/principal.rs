//! Who made a call, as a record has it, found by its bytes.

use std::borrow::Cow;

use super::records::{Finder, Record, text_of};

/// Who made a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Principal<'r> {
    /// `userIdentity.type`
    pub kind: Cow<'r, str>,
    /// The role, user or service.
    pub name: Cow<'r, str>,
}

/// What of `userIdentity` is read: its type and its account, and then what names the principal best.
const PARTS: [&[&str]; 6] = [
    &["type"],
    &["accountId"],
    &["sessionContext", "sessionIssuer", "arn"],
    &["arn"],
    &["invokedBy"],
    &["userName"],
];

/// Reads `userIdentity`.
#[derive(Debug, Clone)]
pub(super) struct IdentityReader {
    /// Of each part its position.
    finder: Finder,
}

impl IdentityReader {
    pub(super) fn new() -> Self {
        let mut finder = Finder::default();
        for path in PARTS {
            finder.want(path);
        }
        Self { finder }
    }

    /// The account that a record is of: `recipientAccountId`, which records before version 1.02 do not have.
    pub(super) fn account<'r>(&mut self, record: Record<'r>) -> Option<Cow<'r, str>> {
        record.string("recipientAccountId").or_else(|| {
            let [_, account, ..] = self.texts(record);
            account
        })
    }

    /// The principal of a record.
    pub(super) fn principal<'r>(&mut self, record: Record<'r>) -> Principal<'r> {
        let [kind, account, issuer, arn, service, user] = self.texts(record);
        let name = issuer.or(arn).or(service).or(user).or(account);
        Principal {
            kind: kind.unwrap_or_default(),
            name: name.unwrap_or_default(),
        }
    }

    fn texts<'r>(&mut self, record: Record<'r>) -> [Option<Cow<'r, str>>; PARTS.len()] {
        let Some(identity) = record.raw("userIdentity") else {
            return Default::default();
        };
        self.finder.look_into(identity);
        std::array::from_fn(|part| text_of(identity.get(self.finder.place(part)?)?))
    }
}
