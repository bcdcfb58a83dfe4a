//! What a policy says to a request, with the statement and the part of it that decides.

use serde::Serialize;

/// What a policy says to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it and none can deny it.
    Allowed(Statement),
    /// A statement denies it, or none can allow it.
    Refused(Refusal),
    /// Depends on something that the documents do not say.
    Open(PolicyDoubt),
}

/// A statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Statement {
    /// `Sid`, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Where it stands, from 1.
    pub position: usize,
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Refusal {
    /// A statement denies it.
    Deny {
        /// What was asked for, such as `sns:Publish`.
        action: String,
        /// Which statement.
        statement: Statement,
        /// Its conditions, all of which hold.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        conditions: Vec<Part>,
        /// Whether it denies it to every principal under every condition, whoever asks.
        #[serde(skip)]
        everybody: bool,
    },
    /// No statement allows it.
    NoAllow {
        /// What was asked for.
        action: String,
        /// The statement that comes closest to allowing it; none where the policy allows nothing at all.
        #[serde(skip_serializing_if = "Option::is_none")]
        nearest: Option<NearMiss>,
    },
}

/// A statement that would allow a request but for some of its parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NearMiss {
    /// Which.
    pub statement: Statement,
    /// The parts that do not fit.
    pub parts: Vec<Part>,
}

/// Why it cannot be told whether a policy allows a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "doubt", rename_all = "snake_case")]
pub enum PolicyDoubt {
    /// The policy is not JSON.
    NotJson,
    /// The policy has no list of statements.
    NoStatements,
    /// A statement is not an object.
    NotAStatement {
        /// Where it stands, from 1.
        position: usize,
    },
    /// A statement neither allows nor denies.
    NoEffect {
        /// Which.
        statement: Statement,
    },
    /// A statement allows the request if these parts fit.
    MayAllow {
        /// What was asked for.
        action: String,
        /// Which statement.
        statement: Statement,
        /// The parts in doubt.
        parts: Vec<Part>,
    },
    /// A statement denies the request if these parts fit.
    MayDeny {
        /// What was asked for.
        action: String,
        /// Which statement.
        statement: Statement,
        /// The parts in doubt.
        parts: Vec<Part>,
    },
}

/// A part of a statement that decides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "part", rename_all = "snake_case")]
pub enum Part {
    /// An element other than a condition.
    Element {
        /// Its name: `Principal`, `NotAction` ...
        element: String,
        /// What it says.
        value: String,
    },
    /// A condition.
    Condition {
        /// The operator, as written.
        operator: String,
        /// The condition key, as written.
        key: String,
        /// The values, as written.
        wanted: Vec<String>,
        /// What the request carries under the key.
        sent: Sent,
    },
}

/// What a request of CloudWatch carries under a condition key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "sent", rename_all = "snake_case")]
pub enum Sent {
    /// This.
    Value {
        /// The value.
        value: String,
    },
    /// Nothing.
    Nothing,
    /// Something that is no account of a customer, if anything.
    NoCustomer,
    /// Nobody documents it, or the snapshot does not hold it.
    NotKnown,
}

impl Statement {
    /// `Sid`, or its place.
    pub fn name(&self) -> String {
        match &self.sid {
            Some(sid) => sid.clone(),
            None => self.position.to_string(),
        }
    }
}

impl Refusal {
    /// Whether every principal is refused, whoever asks.
    pub fn is_of_everybody(&self) -> bool {
        matches!(
            self,
            Self::Deny {
                everybody: true,
                ..
            }
        )
    }

    /// The statement that decides, if there is one.
    pub fn statement(&self) -> Option<&Statement> {
        match self {
            Self::Deny { statement, .. } => Some(statement),
            Self::NoAllow { nearest, .. } => nearest.as_ref().map(|nearest| &nearest.statement),
        }
    }

    /// The parts of that statement that decide.
    pub fn parts(&self) -> &[Part] {
        match self {
            Self::Deny { conditions, .. } => conditions,
            Self::NoAllow { nearest, .. } => nearest
                .as_ref()
                .map_or(&[], |nearest| nearest.parts.as_slice()),
        }
    }
}
