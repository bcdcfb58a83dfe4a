//! Response bodies of every wire form, read into the JSON form that the AWS CLI prints.

use serde_json::Value;

use super::evidence::Call;

/// Why a response body could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DecodeError(String);

/// The body of a call in the AWS CLI's JSON form.
pub fn response(call: &Call) -> Result<Value, DecodeError> {
    serde_json::from_slice(&call.body).map_err(|error| DecodeError(error.to_string()))
}
