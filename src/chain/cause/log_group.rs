//! What is said of a log group and of what it does to records.

use serde::Serialize;

use crate::aws::transformer::Obstacle;

/// Why a link about a log group has its verdict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum LogGroupCause {
    /// It does not exist.
    LogGroupMissing,
    /// It exists.
    LogGroupExists,
    /// The list of groups lacks it, and the list of filters shows filters of it.
    NotListedWithFilters,
    /// Its class has metric filters.
    ClassHasFilters,
    /// Its class has none.
    ClassWithoutFilters {
        /// logGroupClass.
        class: String,
    },
    /// AWS did not say its class.
    ClassNotSaid,
    /// Its key is not enabled; what that does to delivery is not documented.
    LogGroupKeyNotEnabled {
        /// KeyState.
        key_state: String,
    },
    /// Data protection masks nothing that the pattern reads.
    MasksNothingRead,
    /// Data protection may mask what the pattern reads.
    MayMask {
        /// The fields.
        fields: Vec<String>,
    },
    /// Data protection masks a value that the pattern asks for.
    Masks {
        /// The field.
        field: String,
        /// The value asked for.
        value: String,
        /// The data identifier that finds it.
        data_identifier: String,
    },
    /// A data identifier is a regular expression that cannot be read here.
    IdentifierNotUnderstood {
        /// The data identifier.
        data_identifier: String,
        /// The fields that the pattern reads.
        fields: Vec<String>,
    },
    /// Whether what a data identifier masks hides an event is not decided.
    MaskedNotDecided {
        /// The data identifier.
        data_identifier: String,
        /// The fields that the pattern reads.
        fields: Vec<String>,
    },
    /// No transformer changes the records.
    NoTransformer,
    /// A transformer that names none of the fields that the pattern reads.
    TransformerLeavesFields {
        /// Which.
        transformer: TransformerKind,
    },
    /// A transformer changes what the pattern reads.
    TransformerChanges {
        /// Which.
        transformer: TransformerKind,
        /// The processor.
        processor: String,
        /// The field.
        field: String,
    },
    /// A transformer that is not evaluated.
    TransformerNotEvaluated {
        /// Which.
        transformer: TransformerKind,
        /// Why not.
        #[serde(flatten)]
        obstacle: Obstacle,
    },
    /// Such a policy concerns embedded metrics alone.
    MetricExtractionPolicy {
        /// Its name.
        policy: String,
    },
    /// The trail delivers to another log group of the same name.
    NamesakeElsewhere {
        /// ARN of the trail's log group.
        log_group: String,
    },
    /// No trail delivers to it.
    NoTrailDelivers,
    /// The trail's log group is not in the trail's account or home Region, which AWS documents nowhere.
    PlaceNotDocumented {
        /// The Region of the log group.
        region: String,
        /// The account of the log group.
        account: String,
    },
}

/// A transformer of log records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum TransformerKind {
    /// The log group's own.
    LogGroup,
    /// A policy of the account.
    AccountPolicy {
        /// Its name.
        name: String,
        /// Its selection criteria; none for every log group.
        selection_criteria: Option<String>,
    },
}
