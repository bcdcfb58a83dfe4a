//! The interceptor that keeps one call as it went over the wire: request parameters, status, headers, body.
//!
//! Sits inside the SDK, between collector and connection. It changes nothing and judges nothing.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::wire::{self, Request};

/// What came back, of the last attempt.
#[derive(Debug, Clone)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) media_type: String,
    pub(super) request_id: Option<String>,
    pub(super) body: Vec<u8>,
}

/// One call: hand a clone to the operation as interceptor, take the parts afterwards.
#[derive(Debug, Clone, Default)]
pub(super) struct Capture(Arc<Mutex<Parts>>);

#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) request: Option<Request>,
    pub(super) response: Option<Response>,
    token: Option<Token>,
}

impl Parts {
    /// A text of the answer without the session token of the request: AWS repeats it where a signature does not match.
    pub(super) fn without_token(&self, text: String) -> String {
        match &self.token {
            Some(Token(token)) => text.replace(token.as_str(), "(withheld)"),
            None => text,
        }
    }
}

/// The session token that the last attempt was signed with; never kept.
struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Token(..)")
    }
}

impl Capture {
    /// What was captured; leaves nothing behind.
    pub(super) fn take(&self) -> Parts {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The body, or nothing of one that repeats the session token of the request.
fn kept_body(body: &[u8], token: Option<&str>) -> Vec<u8> {
    let repeats = token.is_some_and(|token| {
        body.windows(token.len())
            .any(|window| window == token.as_bytes())
    });
    if repeats { Vec::new() } else { body.to_vec() }
}

impl Intercept for Capture {
    fn name(&self) -> &'static str {
        "Capture"
    }

    // Before signing, so that a call that failed for want of credentials is known as well.
    fn read_after_serialization(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts.request = wire::read_request(context.request());
        Ok(())
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let token = context.request().headers().get("x-amz-security-token");
        parts.token = token
            .filter(|token| !token.is_empty())
            .map(|token| Token(token.to_owned()));
        Ok(())
    }

    // The body is complete here and not earlier: deserialization has read it.
    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let token = parts.token.as_ref().map(|token| token.0.clone());
        parts.response = context.response().map(|response| {
            let header = |name: &str| response.headers().get(name).map(str::to_owned);
            Response {
                status: response.status().as_u16(),
                media_type: header("content-type").unwrap_or_default(),
                request_id: header("x-amzn-requestid").or_else(|| header("x-amz-request-id")),
                body: kept_body(
                    response.body().bytes().unwrap_or_default(),
                    token.as_deref(),
                ),
            }
        });
        Ok(())
    }
}
