//! What could not be collected, as the chain tells of it.

use crate::snapshot::operations;

/// Something that could not be collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Region asked.
    pub region: String,
    /// Endpoint prefix.
    pub service: String,
    /// API operation.
    pub operation: String,
    /// What was asked about.
    pub subject: String,
    /// denied, throttled ...
    pub kind: String,
    /// Error code.
    pub code: String,
    /// What was said with it.
    pub message: String,
    /// The evidence row of the error.
    pub evidence: i64,
}

impl Gap {
    /// The name by which people grant the call: its IAM action.
    pub fn api(&self) -> String {
        operations::find(&self.service, &self.operation).map_or_else(
            || format!("{}:{}", self.service, self.operation),
            |operation| operation.iam_action.to_owned(),
        )
    }

    /// Whether it is no call but a file of which the import could not tell what it answers.
    pub fn is_file(&self) -> bool {
        self.service == operations::UNKNOWN_FILE.service
    }

    /// Whether the endpoint does not have the operation at all: an emulator, or a Region that is behind. Nothing is granted
    /// or repaired there.
    pub fn is_unsupported(&self) -> bool {
        is_unsupported(&self.code, &self.message)
    }
}

/// Whether an endpoint says by this code that it does not know an operation, whoever asks.
pub(super) fn is_unknown_operation(code: &str) -> bool {
    matches!(
        code.strip_suffix("Exception").unwrap_or(code),
        "InvalidAction"
            | "NotImplemented"
            | "UnknownOperation"
            | "UnsupportedOperation"
            | "http 404"
            | "http 501"
    )
}

/// Whether it says so by code or message: emulators have codes of other faults for it, with "Unknown action ..." or
/// "Unknown CloudTrail action: ..." in the message.
pub(super) fn is_unsupported(code: &str, message: &str) -> bool {
    let mut words = message.split([' ', ':']);
    is_unknown_operation(code)
        || (words.next() == Some("Unknown") && words.take(2).any(|word| word == "action"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_that_an_emulator_does_not_have_is_known_by_its_message() {
        let said = |message| is_unsupported("InvalidParameterException", message);
        assert!(said("Unknown CloudTrail action: 'ListChannels'"));
        assert!(said("Unknown action: DescribeAccountPolicies"));
        assert!(!said("Unknown trail: the action failed"));
        assert!(!said("the action is unknown"));
        assert!(is_unsupported("UnknownOperationException", ""));
        assert!(!is_unknown_operation("InvalidParameterException"));
    }
}
