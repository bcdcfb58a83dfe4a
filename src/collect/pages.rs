//! Reads lists to their last page, and runs several questions side by side.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde_json::{Map, Value};
use tokio::task::JoinSet;

use super::ask::{AccountRegion, Refused};
use super::capture::Capture;
use crate::snapshot::operations::{self, OPERATIONS};
use crate::snapshot::{Call, canonical_json, decode};

/// The pages of a list that came, and whether the last one is among them.
#[derive(Debug)]
pub(super) struct Pages<O> {
    pub(super) pages: Vec<O>,
    pub(super) refused: Option<Refused>,
}

/// Makes one call: the name of the operation, for pacing, and the request.
macro_rules! ask {
    ($place:expr, $operation:literal, $request:expr) => {
        $place.ask($operation, |capture| {
            $request.customize().interceptor(capture).send()
        })
    };
}

/// Asks for every page of a list, or for so many at most.
macro_rules! ask_pages {
    ($place:expr, $operation:literal, $request:expr) => {
        ask_pages!($place, $operation, $request, $crate::collect::pages::MOST)
    };
    ($place:expr, $operation:literal, $request:expr, $most:expr) => {
        $place.ask_pages(
            $operation,
            $most,
            |token, capture| {
                $request
                    .set_next_token(token)
                    .customize()
                    .interceptor(capture)
                    .send()
            },
            |page| page.next_token(),
        )
    };
}

pub(super) use {ask, ask_pages};

/// How much of a list is read before it counts as one that does not end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    /// Pages.
    pub(super) pages: usize,
    /// A list with more pages is usual, and its first pages are worth having.
    pub(super) is_usual: bool,
}

/// Twice the pages of the longest list that AWS's quotas allow here: the accounts of the largest organizations.
pub(super) const MOST: Bound = Bound {
    pages: 1000,
    is_usual: false,
};

/// Pages of one content, beyond which no more are asked for: a list may have some empty pages, and no page twice.
const MOST_ALIKE: usize = 50;

/// Bytes of the pages of one list, beyond which no more are asked for.
const MOST_BYTES: usize = 64 << 20;

impl AccountRegion {
    /// Asks for page after page. `send` gets the token of the page, None for the first.
    ///
    /// A list that repeats its tokens, or goes on beyond what any account has, ends as a gap.
    pub(super) async fn ask_pages<O, E, S>(
        &self,
        operation: &'static str,
        bound: Bound,
        send: impl Fn(Option<String>, Capture) -> S,
        next: impl Fn(&O) -> Option<&str>,
    ) -> Pages<O>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        S: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
    {
        let mut pages = Vec::new();
        let mut seen = BTreeSet::new();
        let mut token: Option<String> = None;
        let mut bytes = 0;
        let mut contents: HashMap<u64, usize> = HashMap::new();
        let mut alike = 0;
        loop {
            let (answer, call) = self
                .call(operation, |capture| send(token.clone(), capture))
                .await;
            let parameters = call.as_ref().map(|call| call.request.clone());
            if let Some(call) = call {
                bytes += call.body.len();
                let times = contents.entry(content(&call)).or_insert(0);
                *times += 1;
                alike = alike.max(*times);
                self.record(call).await;
            }
            let page = match answer {
                Ok(page) => page,
                Err(refused) => {
                    return Pages {
                        pages,
                        refused: Some(refused),
                    };
                }
            };
            token = next(&page)
                .filter(|token| !token.is_empty())
                .map(str::to_owned);
            pages.push(page);
            let Some(token) = &token else {
                return Pages {
                    pages,
                    refused: None,
                };
            };
            let is_full = pages.len() >= bound.pages;
            let (code, why) = if !seen.insert(token.clone()) {
                (
                    "repeated_page",
                    format!("the page token `{token}` came back a second time"),
                )
            } else if is_full && bound.is_usual {
                return Pages {
                    pages,
                    refused: None,
                };
            } else if alike >= MOST_ALIKE {
                (
                    "repeated_page",
                    format!("{alike} pages of the list are the same"),
                )
            } else if is_full || bytes >= MOST_BYTES {
                let read = pages.len();
                (
                    "too_many_pages",
                    format!("the list did not end within {read} pages of {bytes} bytes"),
                )
            } else {
                continue;
            };
            // A server that never ends would be asked for ever.
            let mut parameters = parameters.unwrap_or_else(|| Value::Object(Map::new()));
            let paging = OPERATIONS
                .iter()
                .find(|known| known.name == operation)
                .and_then(|known| known.paging);
            // As the failure of the page that is not asked for any more.
            if let (Some(paging), Some(members)) = (paging, parameters.as_object_mut()) {
                members.insert(paging.input.to_owned(), Value::String(token.clone()));
            }
            self.record_endless(operation, parameters, code, why.clone())
                .await;
            return Pages {
                pages,
                refused: Some(Refused {
                    code: code.to_owned(),
                    message: why,
                    by_aws: false,
                }),
            };
        }
    }
}

/// What a page holds beside the token of the next one, as a hash.
fn content(call: &Call) -> u64 {
    let mut hasher = DefaultHasher::new();
    match (
        operations::find(&call.service, &call.operation),
        decode::response(call),
    ) {
        (Some(operation), Ok(mut page)) => {
            if let (Some(paging), Some(members)) = (operation.paging, page.as_object_mut()) {
                members.remove(paging.output);
            }
            canonical_json(&page).hash(&mut hasher);
        }
        _ => call.body.hash(&mut hasher),
    }
    hasher.finish()
}

/// Runs a question for each item, all at once, and gives the answers in the order of the items.
pub(super) async fn for_each<T, R, F>(
    items: impl IntoIterator<Item = T>,
    ask: impl Fn(T) -> F,
) -> Vec<R>
where
    R: Send + 'static,
    F: Future<Output = R> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for (position, item) in items.into_iter().enumerate() {
        let question = ask(item);
        tasks.spawn(async move { (position, question.await) });
    }
    let mut answers = tasks.join_all().await;
    answers.sort_by_key(|(position, _)| *position);
    answers.into_iter().map(|(_, answer)| answer).collect()
}
