//! Questions to AWS: whether one was asked, and what came of it.
//!
//! The file keeps answers, absences and gaps in tables of their own, which its digest and people's queries rest on
//! (docs/compatibility.md); here they are one table with one answer, read once an account.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use crate::chain::Error;
use crate::chain::assumption::Assumption;
use crate::chain::gap::is_unsupported;

use super::{Columns, Facts, once};

/// What the snapshot holds of one question to AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Answered to its end: absence of facts proves something.
    Answered {
        /// Evidence row of the last page.
        evidence: i64,
    },
    /// AWS said that the subject does not exist.
    Absent {
        /// AWS error code.
        code: String,
        /// Evidence row.
        evidence: i64,
    },
    /// Asked without success.
    Failed {
        /// denied, throttled ...
        kind: String,
        /// Error code.
        code: String,
        /// Whether the endpoint said that it does not know the operation.
        unsupported: bool,
        /// Evidence row.
        evidence: i64,
    },
    /// Never asked.
    Never,
    /// Not answered, and the user says what the answer would be.
    Assumed(Assumption),
}

impl Asked {
    /// Whether the absence of a fact proves the absence of the thing.
    pub(crate) fn answered(&self) -> bool {
        matches!(
            self,
            Self::Answered { .. } | Self::Absent { .. } | Self::Assumed(_)
        )
    }

    /// Whether the endpoint does not know the operation: the feature does not exist there, and neither does what it would
    /// list. Only of operations that came after their service; what was denied says nothing.
    pub(in crate::chain) fn unsupported(&self) -> bool {
        matches!(
            self,
            Self::Failed {
                unsupported: true,
                ..
            }
        )
    }

    /// Whether it was asked in vain where there is something to ask for.
    pub(in crate::chain) fn in_vain(&self) -> bool {
        matches!(self, Self::Failed { .. }) && !self.unsupported()
    }

    /// Whether there was an answer, of which nobody can tell what it says.
    pub(in crate::chain) fn unreadable(&self) -> bool {
        matches!(self, Self::Failed { kind, .. } if kind == "unreadable")
    }

    /// The evidence row, if there is one.
    pub(in crate::chain) fn evidence(&self) -> Option<i64> {
        match self {
            Self::Answered { evidence }
            | Self::Absent { evidence, .. }
            | Self::Failed { evidence, .. } => Some(*evidence),
            Self::Never | Self::Assumed(_) => None,
        }
    }
}

/// A question to AWS, to be looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'q> {
    /// Account asked.
    pub(crate) account: &'q str,
    /// Region asked.
    pub(crate) region: &'q str,
    /// Endpoint prefix.
    pub(crate) service: &'q str,
    /// API operation.
    pub(crate) operation: &'q str,
    /// What was asked about; empty for everything.
    pub(crate) subject: &'q str,
}

impl<'q> Question<'q> {
    /// About everything that a Region of an account has of a kind.
    pub(in crate::chain) fn of_region(
        account: &'q str,
        region: &'q str,
        (service, operation): (&'q str, &'q str),
    ) -> Self {
        Self {
            account,
            region,
            service,
            operation,
            subject: "",
        }
    }

    /// The API as reasons name it.
    pub(in crate::chain) fn api(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }
}

/// Every question that one account was asked.
#[derive(Debug, Default)]
pub(crate) struct Questions {
    /// By service, then operation, then Region, then subject. A list of everything and a question about one item may share a
    /// subject, so there can be several outcomes.
    by_operation: HashMap<String, HashMap<String, BTreeMap<String, Subjects>>>,
}

type Subjects = BTreeMap<String, Vec<Asked>>;

impl Questions {
    /// What became of a question. A list of everything answers a question about one of its items, and a list by prefix
    /// one about a name that begins so. An absence is told of its own subject alone, and before all else.
    pub(crate) fn asked(&self, question: Question<'_>) -> Asked {
        let regions = self.of(question.service, question.operation);
        let Some(subjects) = regions.and_then(|regions| regions.get(question.region)) else {
            return Asked::Never;
        };
        let exact = subjects.get(question.subject);
        // The longest prefix first, the list of everything last.
        let wider: Vec<&Vec<Asked>> = if question.operation == "DescribeLogGroups" {
            let up_to = subjects.range(..=question.subject.to_owned()).rev();
            let prefixes =
                up_to.filter(|(prefix, _)| question.subject.starts_with(prefix.as_str()));
            prefixes.map(|(_, outcomes)| outcomes).collect()
        } else {
            subjects.get("").into_iter().collect()
        };
        let all = || exact.into_iter().chain(wider.iter().copied()).flatten();
        let absent = |it: &&Asked| matches!(it, Asked::Absent { .. });
        let answered = |it: &&Asked| matches!(it, Asked::Answered { .. });
        let failed = |it: &&Asked| matches!(it, Asked::Failed { .. });
        let found = exact.into_iter().flatten().find(absent);
        let found = found.or_else(|| all().find(answered));
        let found = found.or_else(|| all().find(failed));
        found.map_or(Asked::Never, Asked::clone)
    }

    /// What became of the questions of an operation about a subject, by Region.
    pub(crate) fn by_region<'a, 'q>(
        &'a self,
        service: &str,
        operation: &str,
        subject: &'q str,
    ) -> impl Iterator<Item = (&'a str, &'a Asked)> + use<'a, 'q> {
        let regions = self.of(service, operation).into_iter().flatten();
        regions.flat_map(move |(region, subjects)| {
            let outcomes = subjects.get(subject).into_iter().flatten();
            outcomes.map(|asked| (region.as_str(), asked))
        })
    }

    fn of(&self, service: &str, operation: &str) -> Option<&BTreeMap<String, Subjects>> {
        self.by_operation.get(service)?.get(operation)
    }
}

impl Facts<'_> {
    /// What became of a question, or what the user assumes where it has no answer.
    pub(crate) fn asked(&self, question: Question<'_>) -> Result<Asked, Error> {
        let asked = self.questions(question.account)?.asked(question);
        let assumed = Assumption::of(question.operation)
            .filter(|assumption| !asked.answered() && self.assumed.contains(assumption));
        Ok(assumed.map_or(asked, Asked::Assumed))
    }

    /// Every question that an account was asked.
    pub(crate) fn questions(&self, account: &str) -> Result<Rc<Questions>, Error> {
        let kept = self.rows(account);
        once(&kept.questions, || self.read_questions(account)).cloned()
    }

    fn read_questions(&self, account: &str) -> Result<Rc<Questions>, Error> {
        let rows = self.list(
            "select service, operation, region, subject, 'answered' as outcome, '' as kind, '' as code, '' as message, evidence_id \
             from answered where account = ?1 \
             union all \
             select service, operation, region, subject, 'absent', '', code, '', evidence_id from absent where account = ?1 \
             union all \
             select service, operation, region, subject, 'gap', kind, code, message, evidence_id from gap where account = ?1",
            [account],
            |row| {
                let mut columns = Columns::of(row);
                let operation = (columns.read()?, columns.read()?);
                let (region, subject) = (columns.read()?, columns.read()?);
                let outcome: String = columns.read()?;
                let (kind, code, message): (String, String, String) =
                    (columns.read()?, columns.read()?, columns.read()?);
                let evidence = columns.read()?;
                let asked = match outcome.as_str() {
                    "answered" => Asked::Answered { evidence },
                    "absent" => Asked::Absent { code, evidence },
                    _ => Asked::Failed {
                        unsupported: is_unsupported(&code, &message),
                        kind,
                        code,
                        evidence,
                    },
                };
                Ok((operation, region, subject, asked))
            },
        )?;
        let mut questions = Questions::default();
        for ((service, operation), region, subject, asked) in rows {
            let operations = questions.by_operation.entry(service).or_default();
            let regions = operations.entry(operation).or_default();
            let subjects: &mut Subjects = regions.entry(region).or_default();
            subjects.entry(subject).or_default().push(asked);
        }
        Ok(Rc::new(questions))
    }

    /// Whether a question of an account was answered in some region.
    pub(in crate::chain) fn answered_anywhere(
        &self,
        account: &str,
        service: &str,
        operation: &str,
    ) -> Result<bool, Error> {
        let regions = self.answered_regions(account, service, operation)?;
        Ok(!regions.is_empty())
    }

    /// Regions in which a question about everything was answered.
    pub(in crate::chain) fn answered_regions(
        &self,
        account: &str,
        service: &str,
        operation: &str,
    ) -> Result<Vec<String>, Error> {
        let questions = self.questions(account)?;
        let answered = questions
            .by_region(service, operation, "")
            .filter(|(_, asked)| matches!(asked, Asked::Answered { .. }));
        Ok(answered.map(|(region, _)| region.to_owned()).collect())
    }

    /// Whether AWS said that an account is in no organization.
    pub(in crate::chain) fn has_no_organization(&self, account: &str) -> Result<bool, Error> {
        let questions = self.questions(account)?;
        let operation = questions.of("organizations", "DescribeOrganization");
        let mut outcomes = operation
            .into_iter()
            .flatten()
            .flat_map(|it| it.1)
            .flat_map(|it| it.1);
        Ok(outcomes.any(|asked| matches!(asked, Asked::Absent { .. })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(rows: &[(&str, &str, Asked)], operation: &str, subject: &str) -> Asked {
        let mut questions = Questions::default();
        for (operation, subject, asked) in rows {
            let operations = questions.by_operation.entry("s".to_owned()).or_default();
            let regions = operations.entry((*operation).to_owned()).or_default();
            let subjects: &mut Subjects = regions.entry("r".to_owned()).or_default();
            let outcomes = subjects.entry((*subject).to_owned()).or_default();
            outcomes.push(asked.clone());
        }
        questions.asked(Question {
            account: "a",
            region: "r",
            service: "s",
            operation,
            subject,
        })
    }

    #[test]
    fn a_list_answers_about_its_items_and_a_list_by_prefix_about_names_that_begin_so() {
        let answered = |evidence| Asked::Answered { evidence };
        let failed = Asked::Failed {
            kind: "denied".into(),
            code: "AccessDenied".into(),
            unsupported: false,
            evidence: 3,
        };
        let absent = Asked::Absent {
            code: "NotFound".into(),
            evidence: 4,
        };
        let rows = [
            ("List", "", answered(1)),
            ("List", "one", failed.clone()),
            ("Get", "one", absent.clone()),
            ("Get", "two", failed.clone()),
            ("DescribeLogGroups", "app", answered(5)),
            ("DescribeLogGroups", "apple", failed.clone()),
        ];
        for (operation, subject, expected) in [
            ("List", "", answered(1)),
            ("List", "one", answered(1)),
            ("Get", "one", absent),
            ("Get", "two", failed.clone()),
            ("Get", "three", Asked::Never),
            ("DescribeLogGroups", "apples", answered(5)),
            ("DescribeLogGroups", "ap", Asked::Never),
            ("Other", "", Asked::Never),
        ] {
            assert_eq!(
                asked(&rows, operation, subject),
                expected,
                "{operation} {subject}"
            );
        }
    }
}
