//! Three-valued logic: yes, no, or what it would take to know.

/// The answer to a question about a request that is known only in part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
    /// Depends on the thing named.
    Maybe(String),
}

impl Answer {
    pub(super) fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            maybe @ Self::Maybe(_) => maybe,
        }
    }

    /// Yes only if all are; no as soon as one is.
    pub(super) fn all(answers: impl IntoIterator<Item = Self>) -> Self {
        let mut result = Self::Yes;
        for answer in answers {
            match answer {
                Self::No => return Self::No,
                Self::Maybe(_) if result == Self::Yes => result = answer,
                _ => {}
            }
        }
        result
    }

    /// Yes as soon as one is; no only if all are.
    pub(super) fn any(answers: impl IntoIterator<Item = Self>) -> Self {
        Self::all(answers.into_iter().map(Self::not)).not()
    }
}

impl From<bool> for Answer {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}
