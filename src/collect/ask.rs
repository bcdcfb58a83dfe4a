//! One place to ask (an account in a region), and what happens around every single call: pacing, recording,
//! giving up. The only module that turns an answer of the SDK into a recorded call.

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_config::{Region, SdkConfig};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::{Semaphore, mpsc, watch};

use super::capture::{Capture, Parts};
use super::connect::{causes, client};
use super::limits::Limits;
use super::progress::{Event, Observer};
use super::seam::{Answers, BodyFault, Seam};
use super::wire::Request;
use crate::snapshot::Call;
use crate::snapshot::operations::{self, OPERATIONS};

/// Between two attempts of a call, and so much longer before each further one.
const PAUSE: Duration = Duration::from_millis(250);

/// Calls of one account that are in flight at once; the quotas of each API hold beside it.
const IN_FLIGHT: usize = 24;

/// What all accounts share.
pub(super) struct Shared {
    /// Credentials and settings of the caller; none where a snapshot is asked.
    pub(super) caller: Option<SdkConfig>,
    /// Set once the caller's session has ended: nothing that is asked from then on is worth asking.
    pub(super) ended: watch::Sender<Option<Refused>>,
    pub(super) recorder: mpsc::Sender<Call>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) answers: Option<Arc<Answers>>,
    pub(super) network: Option<aws_smithy_runtime_api::client::http::SharedHttpClient>,
}

/// An account and the credentials to ask it with.
pub(super) struct Account {
    /// Twelve digits; empty until the caller's identity is known.
    pub(super) id: String,
    pub(super) shared: Arc<Shared>,
    config: SdkConfig,
    in_flight: Semaphore,
}

impl Account {
    pub(super) fn new(id: &str, shared: &Arc<Shared>, config: SdkConfig) -> Arc<Self> {
        Arc::new(Self {
            id: id.to_owned(),
            shared: Arc::clone(shared),
            config,
            in_flight: Semaphore::new(IN_FLIGHT),
        })
    }

    /// The region of the settings.
    pub(super) fn home(&self) -> &str {
        self.config.region().map_or("us-east-1", Region::as_ref)
    }

    pub(super) fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// This account in a region.
    pub(super) fn at(self: &Arc<Self>, region: &str) -> Arc<AccountRegion> {
        let seam = Seam::new(
            &self.id,
            region,
            self.shared.answers.clone(),
            self.shared.network.clone(),
        );
        let config = self
            .config
            .to_builder()
            .region(Region::new(region.to_owned()))
            .http_client(seam.client())
            .build();
        Arc::new(AccountRegion {
            account: Arc::clone(self),
            region: region.to_owned(),
            seam,
            config,
            limits: Limits::default(),
            clients: Clients::default(),
        })
    }
}

/// One account in one region.
pub(super) struct AccountRegion {
    pub(super) account: Arc<Account>,
    pub(super) region: String,
    seam: Arc<Seam>,
    config: SdkConfig,
    limits: Limits,
    clients: Clients,
}

#[derive(Default)]
struct Clients {
    cloudtrail: OnceLock<aws_sdk_cloudtrail::Client>,
    telemetry: OnceLock<aws_sdk_observabilityadmin::Client>,
    logs: OnceLock<aws_sdk_cloudwatchlogs::Client>,
    cloudwatch: OnceLock<aws_sdk_cloudwatch::Client>,
    sns: OnceLock<aws_sdk_sns::Client>,
    kms: OnceLock<aws_sdk_kms::Client>,
    events: OnceLock<aws_sdk_eventbridge::Client>,
}

/// A call that brought no answer. It is recorded already; the code is for those who try another way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) code: String,
    pub(super) message: String,
    /// AWS answered: the request is what it did not like.
    pub(super) by_aws: bool,
}

impl Refused {
    /// Whether AWS may answer another request for the same: it answered, and not that it is too busy or the session over.
    pub(super) fn is_worth_another_way(&self) -> bool {
        self.by_aws && !self.code.contains("Throttl") && !self.code.contains("Expired")
    }

    /// Whether it could mean that the credentials are no longer valid.
    fn is_end_of_session(&self) -> bool {
        matches!(
            self.code.as_str(),
            "ExpiredToken"
                | "ExpiredTokenException"
                | "RequestExpired"
                | "TokenRefreshRequired"
                | "InvalidClientTokenId"
                | "UnrecognizedClientException"
                | "credentials"
        )
    }
}

impl AccountRegion {
    pub(super) fn cloudtrail(&self) -> &aws_sdk_cloudtrail::Client {
        self.clients
            .cloudtrail
            .get_or_init(|| client!(aws_sdk_cloudtrail, &self.config))
    }

    pub(super) fn telemetry(&self) -> &aws_sdk_observabilityadmin::Client {
        self.clients
            .telemetry
            .get_or_init(|| client!(aws_sdk_observabilityadmin, &self.config))
    }

    pub(super) fn logs(&self) -> &aws_sdk_cloudwatchlogs::Client {
        self.clients
            .logs
            .get_or_init(|| client!(aws_sdk_cloudwatchlogs, &self.config))
    }

    pub(super) fn cloudwatch(&self) -> &aws_sdk_cloudwatch::Client {
        self.clients
            .cloudwatch
            .get_or_init(|| client!(aws_sdk_cloudwatch, &self.config))
    }

    pub(super) fn sns(&self) -> &aws_sdk_sns::Client {
        self.clients
            .sns
            .get_or_init(|| client!(aws_sdk_sns, &self.config))
    }

    pub(super) fn kms(&self) -> &aws_sdk_kms::Client {
        self.clients
            .kms
            .get_or_init(|| client!(aws_sdk_kms, &self.config))
    }

    pub(super) fn events(&self) -> &aws_sdk_eventbridge::Client {
        self.clients
            .events
            .get_or_init(|| client!(aws_sdk_eventbridge, &self.config))
    }

    /// For services that are asked once an account.
    pub(super) fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// Notes that the caller's session has ended, if it has: one service that says so may be wrong.
    async fn check_session(&self) {
        let Some(caller) = &self.account.shared.caller else {
            return;
        };
        if self.account.shared.ended.borrow().is_some() {
            return;
        }
        let sts = client!(aws_sdk_sts, caller);
        let Err(error) = sts.get_caller_identity().send().await else {
            return;
        };
        let refused = refusal(&error);
        if refused.is_end_of_session() {
            self.account.shared.ended.send_replace(Some(refused));
        }
    }

    /// Whether to ask at all: a snapshot that is replayed may be older than the question.
    pub(super) fn is_asked(&self, operation: &str, is_it: impl Fn(&Value) -> bool) -> bool {
        match &self.account.shared.answers {
            Some(answers) if self.seam.is_replay() => OPERATIONS
                .iter()
                .filter(|known| known.name == operation)
                .flat_map(|known| answers.of(known.service, known.name))
                .any(|call| self.is_of(&call) && is_it(&call.request)),
            _ => true,
        }
    }

    /// Whether a question is on record: one that failed before an interruption and is to be asked again, or, in a replay, any.
    pub(super) fn was_asked(&self, operation: &str, is_it: impl Fn(&Value) -> bool) -> bool {
        if self.seam.is_replay() {
            return self.is_asked(operation, is_it);
        }
        let answers = self.account.shared.answers.as_ref();
        let mut failed = answers.into_iter().flat_map(|answers| answers.failed());
        failed.any(|call| call.operation == operation && self.is_of(call) && is_it(&call.request))
    }

    fn is_of(&self, call: &Call) -> bool {
        call.account == self.account.id && call.region == self.region
    }

    /// Makes one call and records what came back.
    ///
    /// `send` gets the interceptor that it must hand to the operation; `operation` is for pacing alone, what is
    /// recorded is read from the wire.
    pub(super) async fn ask<O, E, S>(
        &self,
        operation: &'static str,
        send: impl Fn(Capture) -> S,
    ) -> Result<O, Refused>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        S: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
    {
        let (result, call) = self.call(operation, send).await;
        if let Some(call) = call {
            self.record(call).await;
        }
        result
    }

    /// Makes one call; gives what came back beside what is to be recorded, if anything is.
    pub(super) async fn call<O, E, S>(
        &self,
        operation: &'static str,
        send: impl Fn(Capture) -> S,
    ) -> (Result<O, Refused>, Option<Call>)
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        S: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
    {
        if !self.seam.is_replay() {
            self.limits.wait(operation).await;
        }
        // Closed never: the semaphore lives as long as the account.
        let _permit = self.account.in_flight.acquire().await;
        let mut attempt = 1;
        let (answer, parts) = loop {
            let capture = Capture::default();
            let answer = send(capture.clone()).await;
            let parts = capture.take();
            // The SDK waits out throttling, and nothing else: see `connect::ThrottlingAlone`.
            let most = answer
                .as_ref()
                .err()
                .map_or(1, |error| attempts_after(&refusal(error), &parts));
            if attempt >= most || self.seam.is_replay() {
                break (answer, parts);
            }
            tokio::time::sleep(PAUSE * attempt).await;
            attempt += 1;
        };
        let at = Timestamp::now();
        let (result, refused) = match answer {
            Ok(output) => (Ok(output), None),
            Err(error) => {
                let mut refused = refusal(&error);
                refused.message = parts.without_token(refused.message);
                (Err(refused.clone()), Some(refused))
            }
        };
        let Some(request) = parts.request.clone() else {
            // The request could not even be made: there is nothing to record but the refusal itself.
            let call = refused.map(|refused| self.unsent(operation, at, refused));
            return (result, call);
        };
        if refused.as_ref().is_some_and(Refused::is_end_of_session) && !self.account.id.is_empty() {
            self.check_session().await;
        }
        let unreachable =
            |refused: &Refused| matches!(refused.code.as_str(), "timeout" | "connection");
        match &refused {
            Some(refused) if unreachable(refused) => {
                self.seam.unreachable(request.operation.service)
            }
            _ => self.seam.reachable(request.operation.service),
        }
        let call = match self.seam.recorded(&request) {
            Some(recorded) if self.seam.is_replay() => Some((*recorded).clone()),
            // Resumed: the row is there already.
            Some(_) => None,
            None => Some(self.as_call(&request, parts, at, refused)),
        };
        (result, call)
    }

    pub(super) async fn record(&self, call: Call) {
        self.account.shared.observer.event(&Event::Answer {
            account: &call.account,
            region: &call.region,
            operation: &call.operation,
            error: call.error.as_ref().map(|(code, _)| code.as_str()),
        });
        // A recorder that stopped ends the whole collection, which waits for it beside this.
        let _ = self.account.shared.recorder.send(call).await;
    }

    /// Records that a list did not come to an end, although AWS answered every request.
    pub(super) async fn record_endless(
        &self,
        operation: &'static str,
        parameters: Value,
        code: &str,
        why: String,
    ) {
        let refused = Refused {
            code: code.to_owned(),
            message: why,
            by_aws: false,
        };
        let mut call = self.unsent(operation, Timestamp::now(), refused);
        call.request = parameters;
        self.record(call).await;
    }

    fn as_call(
        &self,
        request: &Request,
        parts: Parts,
        at: Timestamp,
        refused: Option<Refused>,
    ) -> Call {
        let response = parts.response;
        Call {
            account: self.account.id.clone(),
            region: self.region.clone(),
            service: request.operation.service.to_owned(),
            operation: request.operation.name.to_owned(),
            request: request.parameters.clone(),
            at,
            http_status: response.as_ref().map(|response| response.status),
            error: refused.map(|refused| (refused.code, refused.message)),
            request_id: response
                .as_ref()
                .and_then(|response| response.request_id.clone()),
            media_type: response
                .as_ref()
                .map(|response| response.media_type.clone())
                .unwrap_or_default(),
            body: response.map(|response| response.body).unwrap_or_default(),
        }
    }

    fn unsent(&self, operation: &'static str, at: Timestamp, refused: Refused) -> Call {
        let service = operations::OPERATIONS
            .iter()
            .find(|known| known.name == operation)
            .map_or("sts", |known| known.service);
        Call {
            account: self.account.id.clone(),
            region: self.region.clone(),
            service: service.to_owned(),
            operation: operation.to_owned(),
            request: Value::Object(serde_json::Map::new()),
            at,
            http_status: None,
            error: Some((refused.code, refused.message)),
            request_id: None,
            media_type: String::new(),
            body: Vec::new(),
        }
    }
}

/// How often a call is made that ends so: a host that cannot be reached twice, a server in trouble three times.
fn attempts_after(refused: &Refused, parts: &Parts) -> u32 {
    let status = parts.response.as_ref().map(|response| response.status);
    match refused.code.as_str() {
        "timeout" | "connection" => 2,
        "unreadable" | "truncated" | "RequestTimeout" | "RequestTimeoutException" => 3,
        _ if status.is_some_and(|status| status >= 500) => 3,
        _ => 1,
    }
}

/// What was wrong with the body, where that is why the connection failed.
fn body_fault(error: &ConnectorError) -> Option<&BodyFault> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(fault) = error.downcast_ref() {
            return Some(fault);
        }
        cause = error.source();
    }
    None
}

/// Why a call brought no answer: AWS's own code, or one of ours in lower case.
fn refusal<E>(error: &SdkError<E, HttpResponse>) -> Refused
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let ours = |code: &str, message: String| Refused {
        code: code.to_owned(),
        message,
        by_aws: false,
    };
    match error {
        SdkError::ServiceError(service) => {
            let metadata = service.err().meta();
            match metadata.code() {
                Some(code) => Refused {
                    code: code.to_owned(),
                    message: metadata.message().unwrap_or_default().to_owned(),
                    by_aws: true,
                },
                None => ours(
                    "unreadable",
                    format!(
                        "HTTP status {} with a body that is no AWS error",
                        service.raw().status().as_u16()
                    ),
                ),
            }
        }
        SdkError::TimeoutError(_) => ours("timeout", causes(error)),
        SdkError::DispatchFailure(failure) => {
            let text = causes(error);
            if let Some(fault) = failure.as_connector_error().and_then(body_fault) {
                ours(fault.code(), fault.to_string())
            } else if failure.is_timeout() {
                ours("timeout", text)
            } else if text.contains("credentials") || text.contains("identity") {
                ours("credentials", text)
            } else {
                ours("connection", text)
            }
        }
        SdkError::ResponseError(_) => ours("unreadable", causes(error)),
        error => ours("request", causes(error)),
    }
}
