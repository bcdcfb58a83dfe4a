//! Three-valued logic: yes, no, or what it would take to know; with what decided where the answer is not yes.

/// The answer to a question about a request or message that is known only in part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ternary<W> {
    Yes,
    /// Because of this.
    No(W),
    /// Depends on this.
    Maybe(W),
}

impl<W> Ternary<W> {
    /// Yes or no, and what it would be because of.
    pub(super) fn of(yes: bool, why: W) -> Self {
        if yes { Self::Yes } else { Self::No(why) }
    }

    /// Yes only if all are; no as soon as one is.
    pub(super) fn all(answers: impl IntoIterator<Item = Self>) -> Self {
        let mut result = Self::Yes;
        for answer in answers {
            match answer {
                no @ Self::No(_) => return no,
                Self::Maybe(_) if matches!(result, Self::Yes) => result = answer,
                _ => {}
            }
        }
        result
    }

    /// Yes as soon as one is; no only if all are, because of the first. No answers at all are a no because of `none`.
    pub(super) fn any(answers: impl IntoIterator<Item = Self>, none: W) -> Self {
        let mut result = None;
        for answer in answers {
            match (&result, answer) {
                (_, Self::Yes) => return Self::Yes,
                (Some(Self::Maybe(_)), _) | (Some(_), Self::No(_)) => {}
                (_, answer) => result = Some(answer),
            }
        }
        result.unwrap_or(Self::No(none))
    }
}

/// Whether any is true, of answers some of which are not known: true as soon as one is, false only if all are.
pub(super) fn any(answers: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(false);
    for answer in answers {
        match answer {
            Some(true) => return answer,
            None => result = None,
            Some(false) => {}
        }
    }
    result
}

/// Whether all are true, of answers some of which are not known: false as soon as one is, true only if all are.
pub(super) fn all(answers: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    any(answers.into_iter().map(|answer| Some(!answer?))).map(|any_false| !any_false)
}
