//! The HTTP seam under the SDK: recorded answers in front of the network.
//!
//! With answers alone a snapshot is replayed; with answers and a network an interrupted collection is resumed; with a
//! network alone AWS is asked. The SDK above signs, deserializes and judges the same way in all three.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::Value;

use super::connect::causes;
use super::wire::{self, Request};
use crate::snapshot::operations::{Protocol, find};
use crate::snapshot::{self, AWS_CLI_JSON, Call, Snapshot, canonical_json};

/// Recorded calls, by account, region, service, operation and request.
#[derive(Debug, Default)]
pub(super) struct Answers {
    calls: HashMap<Key, Arc<Call>>,
    /// Those without an answer, where they are to be asked again.
    failed: HashMap<Key, Arc<Call>>,
}

type Key = (String, String, String, String, String);

impl Answers {
    /// Reads every call of a snapshot, or those alone that were answered: with what is asked about, or with the word
    /// that it does not exist.
    pub(super) fn read(source: &Snapshot, errors_too: bool) -> snapshot::Result<Self> {
        let mut answers = Self::default();
        source.for_each_evidence(|evidence| {
            let call = evidence.call;
            let key = (
                call.account.clone(),
                call.region.clone(),
                call.service.clone(),
                call.operation.clone(),
                canonical_json(&call.request),
            );
            if errors_too || is_answer(&call) {
                // Asked again after an interruption: the later answer counts.
                answers.calls.insert(key, Arc::new(call));
            } else {
                answers.failed.insert(key, Arc::new(call));
            }
            Ok(())
        })?;
        let Self { calls, failed } = &mut answers;
        failed.retain(|key, _| !calls.contains_key(key));
        Ok(answers)
    }

    pub(super) fn find(
        &self,
        account: &str,
        region: &str,
        service: &str,
        operation: &str,
        parameters: &Value,
    ) -> Option<Arc<Call>> {
        let key = (
            account.to_owned(),
            region.to_owned(),
            service.to_owned(),
            operation.to_owned(),
            canonical_json(parameters),
        );
        self.calls.get(&key).map(Arc::clone)
    }

    /// The recorded calls of an operation, in a fixed order.
    pub(super) fn of(&self, service: &str, operation: &str) -> Vec<Arc<Call>> {
        let mut calls: Vec<Arc<Call>> = self
            .calls
            .values()
            .filter(|call| call.service == service && call.operation == operation)
            .map(Arc::clone)
            .collect();
        calls.sort_by_key(|call| {
            (
                call.account.clone(),
                call.region.clone(),
                canonical_json(&call.request),
            )
        });
        calls
    }

    /// The calls that failed and are to be asked again.
    pub(super) fn failed(&self) -> impl Iterator<Item = &Call> {
        self.failed.values().map(AsRef::as_ref)
    }

    /// Whether any body is in a form that the SDK cannot read.
    pub(super) fn imported(&self) -> bool {
        self.calls
            .values()
            .any(|call| call.media_type == AWS_CLI_JSON)
    }
}

fn is_answer(call: &Call) -> bool {
    let Some((code, _)) = &call.error else {
        return true;
    };
    find(&call.service, &call.operation)
        .is_some_and(|operation| operation.absent.contains(&code.as_str()))
}

/// The seam of one account and region.
pub(super) struct Seam {
    account: String,
    region: String,
    answers: Option<Arc<Answers>>,
    network: Option<SharedHttpClient>,
    /// Services that never answered: the rest of their calls fail at once, so that a dead endpoint costs one wait.
    reached: Mutex<BTreeMap<&'static str, bool>>,
}

impl Seam {
    pub(super) fn new(
        account: &str,
        region: &str,
        answers: Option<Arc<Answers>>,
        network: Option<SharedHttpClient>,
    ) -> Arc<Self> {
        Arc::new(Self {
            account: account.to_owned(),
            region: region.to_owned(),
            answers,
            network,
            reached: Mutex::default(),
        })
    }

    /// The HTTP client to build SDK clients with.
    pub(super) fn client(self: &Arc<Self>) -> SharedHttpClient {
        SharedHttpClient::new(SeamClient(Arc::clone(self)))
    }

    /// The recorded answer to a request, if there is one.
    pub(super) fn recorded(&self, request: &Request) -> Option<Arc<Call>> {
        self.answers.as_ref()?.find(
            &self.account,
            &self.region,
            request.operation.service,
            request.operation.name,
            &request.parameters,
        )
    }

    /// Whether there is no network behind the recorded answers.
    pub(super) fn is_replay(&self) -> bool {
        self.network.is_none()
    }

    /// Remembers that a service answered here.
    pub(super) fn reachable(&self, service: &'static str) {
        let mut reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        reached.insert(service, true);
    }

    /// Remembers that a service did not answer here; one that did before keeps being asked.
    pub(super) fn unreachable(&self, service: &'static str) {
        let mut reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        reached.entry(service).or_insert(false);
    }

    fn given_up(&self, service: &str) -> bool {
        let reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        reached.get(service) == Some(&false)
    }
}

impl fmt::Debug for Seam {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Seam({}, {})", self.account, self.region)
    }
}

#[derive(Debug)]
struct SeamClient(Arc<Seam>);

impl HttpClient for SeamClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(SeamConnector {
            seam: Arc::clone(&self.0),
            network: self
                .0
                .network
                .as_ref()
                .map(|network| network.http_connector(settings, components)),
        })
    }
}

#[derive(Debug)]
struct SeamConnector {
    seam: Arc<Seam>,
    network: Option<SharedHttpConnector>,
}

impl HttpConnector for SeamConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let read = wire::read_request(&request);
        if let Some(read) = &read {
            if let Some(call) = self.seam.recorded(read) {
                return HttpConnectorFuture::ready(replayed(&call, read.operation.protocol));
            }
            if self.seam.given_up(read.operation.service) {
                return HttpConnectorFuture::ready(Err(ConnectorError::user(
                    "not asked: an earlier call to this service in this region had no answer"
                        .into(),
                )));
            }
        }
        match &self.network {
            Some(network) => {
                let answer = network.call(request);
                HttpConnectorFuture::new(async move { bounded(answer.await?).await })
            }
            None => HttpConnectorFuture::ready(Err(ConnectorError::user(
                "the snapshot that is replayed holds no answer to this request".into(),
            ))),
        }
    }
}

/// What no answer of AWS comes near, in bytes.
const MOST_BYTES: usize = 16 << 20;

/// Why a body was not read to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyFault {
    /// The connection ended inside it.
    #[error("the answer was cut off: {0}")]
    CutOff(String),
    /// It is larger than any answer, or has no end.
    #[error("the answer is larger than {} MB", MOST_BYTES >> 20)]
    TooLarge,
}

impl BodyFault {
    /// Our error code.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::CutOff(_) => "truncated",
            Self::TooLarge => "too_large",
        }
    }
}

/// The response with its whole body in memory, which the SDK would read without a bound.
async fn bounded(mut response: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let mut stream = ByteStream::new(response.take_body());
    let mut body = Vec::new();
    while let Some(bytes) = stream.next().await {
        let bytes =
            bytes.map_err(|error| ConnectorError::io(BodyFault::CutOff(causes(&error)).into()))?;
        if body.len() + bytes.len() > MOST_BYTES {
            return Err(ConnectorError::other(BodyFault::TooLarge.into(), None));
        }
        body.extend_from_slice(&bytes);
    }
    *response.body_mut() = SdkBody::from(body);
    Ok(response)
}

/// The HTTP response that a recorded call came from, as far as the SDK can tell.
fn replayed(call: &Call, protocol: Protocol) -> Result<HttpResponse, ConnectorError> {
    let Some(status) = call.http_status else {
        let (code, message) = call.error.clone().unwrap_or_default();
        return Err(match code.as_str() {
            "timeout" => ConnectorError::timeout(message.into()),
            _ => ConnectorError::user(message.into()),
        });
    };
    let status = StatusCode::try_from(status)
        .map_err(|error| ConnectorError::user(error.to_string().into()))?;
    if matches!(&call.error, Some((code, _)) if code == "truncated") {
        let fault = BodyFault::CutOff("as recorded".to_owned());
        return Err(ConnectorError::io(fault.into()));
    }
    let mut response = HttpResponse::new(status, SdkBody::from(call.body.clone()));
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: String| {
        // A recorded value that is no header value is of no use to the SDK either.
        let _ = headers.try_insert(name, value);
    };
    if !call.media_type.is_empty() {
        set("content-type", call.media_type.clone());
    }
    if let Some(request_id) = &call.request_id {
        set("x-amzn-requestid", request_id.clone());
    }
    if matches!(protocol, Protocol::RpcV2Cbor { .. }) {
        set("smithy-protocol", "rpc-v2-cbor".to_owned());
    }
    // REST JSON says its error code in a header alone.
    if let (Protocol::RestJson { .. }, Some((code, _))) = (protocol, &call.error) {
        set("x-amzn-errortype", code.clone());
    }
    Ok(response)
}
