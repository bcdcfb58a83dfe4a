//! A key of KMS as a topic, an event bus or a trail names it: what the snapshot tells of it, and whether it encrypts and
//! decrypts at all, whatever its policy says.

use super::Error;
use super::facts::{Asked, Facts, Key, Question};
use super::judgement::unanswered;
use super::verdict::{Link, LinkId, Subject};

/// A key by the name that something has for it.
pub(super) struct NamedKey<'a> {
    pub(super) facts: &'a Facts<'a>,
    /// Its id, alias or ARN, as it is written there.
    pub(super) id: &'a str,
    pub(super) region: &'a str,
    /// The accounts that may know of it, the likeliest first.
    pub(super) tellers: Vec<String>,
}

/// AWS knows no such key.
pub(super) struct Nowhere {
    /// The operation that said so.
    pub(super) operation: &'static str,
    /// AWS error code.
    pub(super) code: String,
    pub(super) evidence: i64,
}

impl NamedKey<'_> {
    /// The key as the first account knows it that knows it.
    pub(super) fn key(&self) -> Result<Option<Key>, Error> {
        for account in &self.tellers {
            if let Some(key) = self.facts.key(account, self.region, self.id)? {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    /// AWS says to one of these operations that there is no such key or alias.
    pub(super) fn absent(&self, operations: &[&'static str]) -> Result<Option<Nowhere>, Error> {
        for account in &self.tellers {
            for operation in operations {
                let question = self.question(account, operation, self.id);
                if let Asked::Absent { code, evidence } = self.facts.asked(question)? {
                    return Ok(Some(Nowhere {
                        operation,
                        code,
                        evidence,
                    }));
                }
            }
        }
        Ok(None)
    }

    /// The policy of the key, which may have been asked for by its ARN, with the evidence row.
    pub(super) fn policy(&self, account: &str, arn: &str) -> Result<Option<(String, i64)>, Error> {
        self.facts.key_policy(account, self.region, self.id, arn)
    }

    /// A link about a question to an account, by the name of the key or its ARN, that has no answer.
    pub(super) fn open(
        &self,
        (link, subject): (LinkId, Subject),
        account: &str,
        operation: &str,
        arn: &str,
    ) -> Result<Link, Error> {
        let mut question = self.question(account, operation, self.id);
        let mut asked = self.facts.asked(question)?;
        if matches!(asked, Asked::Never) {
            question.subject = arn;
            asked = self.facts.asked(question)?;
        }
        Ok(unanswered(link, subject, question, &asked))
    }

    /// The account to ask first.
    pub(super) fn first(&self) -> &str {
        self.tellers.first().map(String::as_str).unwrap_or_default()
    }

    fn question<'q>(
        &'q self,
        account: &'q str,
        operation: &'q str,
        subject: &'q str,
    ) -> Question<'q> {
        Question {
            account,
            region: self.region,
            service: "kms",
            operation,
            subject,
        }
    }
}

/// States in which a key encrypts and decrypts ("Key states of AWS KMS keys").
const USABLE_STATES: [&str; 2] = ["Enabled", "Updating"];

/// What makes a key useless.
pub(super) enum Unusable {
    /// Its state.
    State(String),
    /// It is none that encrypts under a data key.
    Kind {
        /// `KeySpec`.
        spec: Option<String>,
        /// `KeyUsage`.
        usage: Option<String>,
    },
}

/// Why nobody encrypts with the key; none where it can be used.
pub(super) fn unusable(key: &Key) -> Option<Unusable> {
    let state = key.state.as_deref();
    if let Some(state) = state.filter(|state| !USABLE_STATES.contains(state)) {
        return Some(Unusable::State(state.to_owned()));
    }
    let (spec, usage) = (key.spec.as_deref(), key.usage.as_deref());
    let symmetric = spec.is_none_or(|spec| spec == "SYMMETRIC_DEFAULT")
        && usage.is_none_or(|usage| usage == "ENCRYPT_DECRYPT");
    (!symmetric).then(|| Unusable::Kind {
        spec: key.spec.clone(),
        usage: key.usage.clone(),
    })
}
