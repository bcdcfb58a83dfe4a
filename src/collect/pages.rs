//! Reads lists to their last page, and runs several questions side by side.

use std::collections::BTreeSet;
use std::future::Future;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde_json::{Map, Value};
use tokio::task::JoinSet;

use super::ask::{Place, Refused};
use super::capture::Capture;

/// The pages of a list that came, and whether the last one is among them.
#[derive(Debug)]
pub(super) struct Pages<O> {
    pub(super) pages: Vec<O>,
    pub(super) refused: Option<Refused>,
}

impl Place {
    /// Asks for page after page, to the last. `send` gets the token of the page, None for the first.
    pub(super) async fn ask_pages<O, E, S>(
        &self,
        operation: &'static str,
        next: impl Fn(&O) -> Option<&str>,
        send: impl Fn(Option<String>, Capture) -> S,
    ) -> Pages<O>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        S: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
    {
        self.ask_first_pages(usize::MAX, operation, next, send)
            .await
    }

    /// Asks for so many pages at most; a list that goes on is recorded as cut short, by its last token.
    pub(super) async fn ask_first_pages<O, E, S>(
        &self,
        at_most: usize,
        operation: &'static str,
        next: impl Fn(&O) -> Option<&str>,
        send: impl Fn(Option<String>, Capture) -> S,
    ) -> Pages<O>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        S: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
    {
        let mut pages = Vec::new();
        let mut seen = BTreeSet::new();
        let mut token: Option<String> = None;
        loop {
            let (answer, call) = self
                .call(operation, |capture| send(token.clone(), capture))
                .await;
            let parameters = call.as_ref().map(|call| call.request.clone());
            if let Some(call) = call {
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
            match &token {
                None => {
                    return Pages {
                        pages,
                        refused: None,
                    };
                }
                // A server that turns in circles would be asked for ever.
                Some(token) if !seen.insert(token.clone()) => {
                    let parameters = parameters.unwrap_or_else(|| Value::Object(Map::new()));
                    self.record_endless(operation, parameters, token).await;
                    return Pages {
                        pages,
                        refused: Some(Refused {
                            code: "repeated_page".to_owned(),
                            message: String::new(),
                            by_aws: false,
                        }),
                    };
                }
                Some(_) if pages.len() >= at_most => {
                    return Pages {
                        pages,
                        refused: None,
                    };
                }
                Some(_) => {}
            }
        }
    }
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
