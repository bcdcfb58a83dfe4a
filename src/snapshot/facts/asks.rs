//! Asks: evidence rows gathered into questions, each settled as answered, absent or a gap.
//!
//! A list counts as answered only when its pages chain from the first to one without a token; an error counts only
//! where no later or earlier attempt succeeded.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use serde_json::Value;

use crate::aws::arn;
use crate::snapshot::canonical::canonical_json;
use crate::snapshot::decode;
use crate::snapshot::error::Result;
use crate::snapshot::evidence::{self, Budget};
use crate::snapshot::operations::{self, Operation};

/// The pages of one list are held together: ten thousand alarms have some 600,000 values.
const MAX_ITEMS_OF_LIST: usize = 4_000_000;

/// One page of an answer, decoded.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) evidence_id: i64,
    pub(super) body: Value,
}

/// How an ask ended.
#[derive(Debug, Clone)]
pub(super) enum AskEnd {
    /// Answered to the end; the last page.
    Answered { evidence_id: i64 },
    /// The subject does not exist, AWS says.
    Absent { evidence_id: i64, code: String },
    /// It could not be collected.
    Gap {
        evidence_id: i64,
        kind: &'static str,
        code: String,
        message: String,
    },
}

impl AskEnd {
    pub(super) fn unreadable(evidence_id: i64, why: &str) -> Self {
        Self::Gap {
            evidence_id,
            kind: "unreadable",
            code: "unreadable".to_owned(),
            message: why.to_owned(),
        }
    }

    fn cut_short(evidence_id: i64, why: &str) -> Self {
        Self::Gap {
            evidence_id,
            kind: "cut_short",
            code: "cut_short".to_owned(),
            message: why.to_owned(),
        }
    }
}

/// One question with its answer.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) operation: &'static Operation,
    /// Request parameters without the page token.
    pub(super) request: Value,
    pub(super) subjects: Vec<String>,
    pub(super) pages: Vec<Page>,
    pub(super) outcome: AskEnd,
}

impl Ask {
    pub(super) fn service(&self) -> &'static str {
        self.operation.service
    }

    /// What was asked about, where that is one thing.
    pub(super) fn subject(&self) -> &str {
        self.subjects.first().map_or("", String::as_str)
    }
}

/// What sorts the asks: their order does not depend on the order of recording.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    account: String,
    region: String,
    service: String,
    operation: String,
    /// Canonical JSON without the page token.
    request: String,
}

#[derive(Debug)]
struct Attempt {
    evidence_id: i64,
    /// None for the first page.
    token: Option<String>,
    error: Option<(String, String)>,
}

/// A question with every attempt to ask it.
#[derive(Debug)]
pub(super) struct RecordedQuestion {
    key: Key,
    operation: &'static Operation,
    request: Value,
    attempts: Vec<Attempt>,
}

/// Every account that was asked, sorted; the empty one where nobody knew yet who asks.
pub(super) fn accounts(source: &Connection) -> Result<Vec<String>> {
    let sql = "select distinct account from evidence order by account";
    let mut statement = source.prepare(sql)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Gathers the evidence of an account into questions, sorted. Calls of operations that are not in the table are left alone.
pub(super) fn gather(source: &Connection, account: &str) -> Result<Vec<RecordedQuestion>> {
    let sql = "select id, account, region, service, operation, request, http_status, error_code,\n\
                 coalesce(error_message, '')\n\
               from evidence\n\
               where account = ?1\n\
               order by id";
    let mut statement = source.prepare_cached(sql)?;
    let mut rows = statement.query([account])?;
    let mut questions: BTreeMap<Key, RecordedQuestion> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (service, name): (String, String) = (row.get(3)?, row.get(4)?);
        let Some(operation) = operations::find(&service, &name) else {
            continue;
        };
        // Its body is not kept, so that an answer says nothing.
        if operation.secret.is_some() && row.get::<_, Option<String>>(7)?.is_none() {
            continue;
        }
        let mut request = evidence::read_request(&row.get::<_, String>(5)?).unwrap_or_default();
        let token = operation.page_of(&request).map(str::to_owned);
        if let (Some(paging), Some(members)) = (operation.paging, request.as_object_mut()) {
            members.remove(paging.input);
        }
        let status: Option<u16> = row.get(6)?;
        let code: Option<String> = row.get(7)?;
        let error = match (code, status) {
            (Some(code), _) => Some((code, row.get(8)?)),
            (None, Some(status)) if status >= 300 => {
                Some((format!("http {status}"), String::new()))
            }
            (None, _) => None,
        };
        let attempt = Attempt {
            evidence_id: row.get(0)?,
            token,
            error,
        };
        let key = Key {
            account: row.get(1)?,
            region: row.get(2)?,
            service,
            operation: name,
            request: canonical_json(&request),
        };
        if let Some(question) = questions.get_mut(&key) {
            question.attempts.push(attempt);
            continue;
        }
        let question = RecordedQuestion {
            key: Key {
                account: key.account.clone(),
                region: key.region.clone(),
                service: key.service.clone(),
                operation: key.operation.clone(),
                request: key.request.clone(),
            },
            operation,
            request,
            attempts: vec![attempt],
        };
        questions.insert(key, question);
    }
    Ok(questions.into_values().collect())
}

impl RecordedQuestion {
    /// Reads the bodies and decides how the question ended.
    pub(super) fn settle(self, source: &Connection, budget: &mut Budget) -> Result<Ask> {
        let (pages, outcome) = self.answer(source, budget)?;
        let subjects = self
            .operation
            .subjects(&self.key.account, &self.key.region, &self.request);
        Ok(Ask {
            account: self.key.account,
            region: self.key.region,
            operation: self.operation,
            request: self.request,
            subjects,
            pages,
            outcome,
        })
    }

    fn answer(&self, source: &Connection, budget: &mut Budget) -> Result<(Vec<Page>, AskEnd)> {
        let mut best: Option<(Vec<Page>, AskEnd)> = None;
        // The newest complete reading of the list wins, else the newest that has a first page.
        for attempt in self.succeeded(None) {
            let reading = self.read_from(source, attempt, budget)?;
            if matches!(reading.1, AskEnd::Answered { .. }) {
                return Ok(reading);
            }
            best.get_or_insert(reading);
        }
        if let Some(reading) = best {
            return Ok(reading);
        }
        let failed = self
            .attempts
            .iter()
            .rev()
            .find(|attempt| attempt.error.is_some());
        let outcome = match (failed, self.attempts.last()) {
            (Some(attempt), _) => self.failure(attempt),
            // Only later pages are there: the first one was lost.
            (None, Some(last)) => {
                AskEnd::cut_short(last.evidence_id, "the first page of the list is missing")
            }
            (None, None) => AskEnd::cut_short(0, "never asked"),
        };
        Ok((Vec::new(), outcome))
    }

    /// Attempts at a page that brought a response, newest first.
    fn succeeded(&self, token: Option<&str>) -> impl Iterator<Item = &Attempt> {
        self.attempts
            .iter()
            .rev()
            .filter(move |attempt| attempt.error.is_none() && attempt.token.as_deref() == token)
    }

    /// Follows the pages from a first page on.
    fn read_from(
        &self,
        source: &Connection,
        first: &Attempt,
        budget: &mut Budget,
    ) -> Result<(Vec<Page>, AskEnd)> {
        let mut pages: Vec<Page> = Vec::new();
        let mut items = 0;
        let mut tokens: BTreeSet<String> = BTreeSet::new();
        let mut attempt = first;
        loop {
            let evidence_id = attempt.evidence_id;
            let body = match self.read(source, evidence_id, budget)? {
                Ok(body) => body,
                Err(why) => return Ok((pages, AskEnd::unreadable(evidence_id, &why))),
            };
            items += decode::items(&body);
            if items > MAX_ITEMS_OF_LIST {
                let why = format!("its pages hold more than {MAX_ITEMS_OF_LIST} values");
                return Ok((Vec::new(), AskEnd::unreadable(evidence_id, &why)));
            }
            let next = self.operation.next_page(&body).map(str::to_owned);
            pages.push(Page { evidence_id, body });
            let Some(token) = next else {
                return Ok((pages, AskEnd::Answered { evidence_id }));
            };
            if !tokens.insert(token.clone()) {
                let outcome = AskEnd::cut_short(evidence_id, "the pages of the list repeat");
                return Ok((pages, outcome));
            }
            attempt = match self.succeeded(Some(&token)).next() {
                Some(attempt) => attempt,
                None => {
                    let failed = self.attempts.iter().rev().find(|attempt| {
                        attempt.error.is_some() && attempt.token.as_deref() == Some(&token)
                    });
                    let outcome = match failed {
                        Some(attempt) => self.failure_of_page(attempt),
                        None => {
                            AskEnd::cut_short(evidence_id, "the list was not read to its last page")
                        }
                    };
                    return Ok((pages, outcome));
                }
            };
        }
    }

    /// Decodes a body; the inner error says why it is no answer to this operation.
    fn read(
        &self,
        source: &Connection,
        id: i64,
        budget: &mut Budget,
    ) -> Result<Result<Value, String>> {
        let call = match evidence::get(source, id) {
            Ok(Some(evidence)) => {
                budget.spend(evidence.call.body.len())?;
                evidence.call
            }
            Ok(None) => return Ok(Err("the row is gone".to_owned())),
            Err(crate::snapshot::Error::DamagedEvidence { why, .. }) => return Ok(Err(why)),
            Err(error) => return Err(error),
        };
        let body = match decode::response(&call) {
            Ok(body) => body,
            Err(error) => return Ok(Err(error.to_string())),
        };
        if !self.operation.recognises(&body) {
            let name = self.operation.name;
            return Ok(Err(format!("the body is no response of {name}")));
        }
        Ok(Ok(body))
    }

    fn failure(&self, attempt: &Attempt) -> AskEnd {
        let (code, _) = parts(attempt);
        let foreign_trail = self.key.service == "cloudtrail"
            && self
                .trail_owner()
                .is_some_and(|owner| owner != self.key.account);
        // A member account is told that its organization's trail does not exist (delivery-chain 1.4).
        if self.operation.absent.contains(&code) && !foreign_trail {
            return AskEnd::Absent {
                evidence_id: attempt.evidence_id,
                code: code.to_owned(),
            };
        }
        self.failure_of_page(attempt)
    }

    fn failure_of_page(&self, attempt: &Attempt) -> AskEnd {
        let (code, message) = parts(attempt);
        AskEnd::Gap {
            evidence_id: attempt.evidence_id,
            kind: gap_kind(code),
            code: code.to_owned(),
            message: message.to_owned(),
        }
    }

    /// The account in the ARN of the trail that was asked about.
    fn trail_owner(&self) -> Option<&str> {
        let member = match self.operation.subject {
            operations::Subject::Trail(member) => member,
            _ => return None,
        };
        arn::account(self.request.get(member)?.as_str()?)
    }
}

/// Error code without a namespace before `#` or a link after `:`, and the message.
fn parts(attempt: &Attempt) -> (&str, &str) {
    let Some((code, message)) = &attempt.error else {
        return ("", "");
    };
    let code = code.rsplit('#').next().unwrap_or(code);
    (code.split(':').next().unwrap_or(code), message)
}

fn gap_kind(code: &str) -> &'static str {
    const DENIED: &[&str] = &[
        "AccessDenied",
        "AuthorizationError",
        "Forbidden",
        "InvalidClientTokenId",
        "NotAuthorized",
        "OptInRequired",
        "SignatureDoesNotMatch",
        "Unauthorized",
        "UnauthorizedOperation",
        "UnrecognizedClient",
        "http 401",
        "http 403",
    ];
    const THROTTLED: &[&str] = &[
        "LimitExceeded",
        "RequestLimitExceeded",
        "SlowDown",
        "Throttled",
        "Throttling",
        "TooManyRequests",
        "http 429",
    ];
    const EXPIRED: &[&str] = &["ExpiredToken", "RequestExpired", "TokenRefreshRequired"];
    let stem = code.strip_suffix("Exception").unwrap_or(code);
    if DENIED.contains(&stem) {
        "denied"
    } else if THROTTLED.contains(&stem) || stem.starts_with("Throttl") {
        "throttled"
    } else if EXPIRED.contains(&stem) {
        "expired"
    } else if matches!(stem, "timeout" | "connection") {
        "unreachable"
    } else if matches!(stem, "truncated" | "import") {
        "unreadable"
    } else {
        "other"
    }
}
