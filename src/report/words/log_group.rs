//! Log groups in words.

use crate::aws::transformer::Obstacle;
use crate::chain::cause::{LogGroupCause, TransformerKind};

/// The cause as a sentence.
pub(super) fn sentence(cause: &LogGroupCause) -> String {
    match cause {
        LogGroupCause::LogGroupMissing => "it does not exist".to_owned(),
        LogGroupCause::LogGroupExists => "it exists".to_owned(),
        LogGroupCause::NotListedWithFilters => {
            "the list of log groups lacks it, and the list of metric filters shows filters of it"
                .to_owned()
        }
        LogGroupCause::ClassHasFilters => "its class has metric filters".to_owned(),
        LogGroupCause::ClassWithoutFilters { class } => {
            format!("its class {class} has no metric filters")
        }
        LogGroupCause::ClassNotSaid => "AWS did not say its class".to_owned(),
        LogGroupCause::LogGroupKeyNotEnabled { key_state } => {
            format!("its key is {key_state}; what that does to delivery is not documented")
        }
        LogGroupCause::MasksNothingRead => {
            "data protection masks none of the fields that the pattern reads".to_owned()
        }
        LogGroupCause::MayMask { fields } => format!(
            "data protection may mask {}, which the pattern reads",
            fields.join(" and ")
        ),
        LogGroupCause::Masks {
            field,
            value,
            data_identifier,
        } => format!(
            "data protection masks `{value}` in {field}, which the pattern asks for, by its data identifier `{data_identifier}`"
        ),
        LogGroupCause::IdentifierNotUnderstood {
            data_identifier,
            fields,
        } => format!(
            "whether the data identifier `{data_identifier}` masks {} is not decided: its expression is not understood",
            fields.join(" or ")
        ),
        LogGroupCause::MaskedNotDecided {
            data_identifier,
            fields,
        } => format!(
            "whether what the data identifier `{data_identifier}` masks of a record hides it from a condition on {} is not decided",
            fields.join(" or ")
        ),
        LogGroupCause::NoTransformer => "no transformer changes the records".to_owned(),
        LogGroupCause::TransformerLeavesFields { transformer } => format!(
            "the filter sees records as {} leaves them; it names none of the fields that the pattern reads",
            name(transformer)
        ),
        LogGroupCause::TransformerChanges {
            transformer,
            processor,
            field,
        } => format!(
            "{} changes `{field}` by {processor}, which the pattern reads",
            name(transformer)
        ),
        LogGroupCause::TransformerNotEvaluated {
            transformer,
            obstacle: why,
        } => format!(
            "the filter sees records as {} leaves them, which is not evaluated: {}",
            name(transformer),
            obstacle(why)
        ),
        LogGroupCause::MetricExtractionPolicy { .. } => {
            "the metric extraction policy does not concern metric filters".to_owned()
        }
        LogGroupCause::NamesakeElsewhere { log_group } => {
            format!("the trail delivers to {log_group}, a log group of the same name")
        }
        LogGroupCause::NoTrailDelivers => "no trail delivers to the filter's log group".to_owned(),
        LogGroupCause::PlaceNotDocumented { region, account } => format!(
            "the trail's log group is in {region} of account {account}; AWS documents delivery within the trail's account and home Region alone"
        ),
    }
}

fn name(transformer: &TransformerKind) -> String {
    match transformer {
        TransformerKind::LogGroup => "the log group's transformer".to_owned(),
        TransformerKind::AccountPolicy {
            name,
            selection_criteria,
        } => format!(
            "the account's transformer policy `{name}` ({})",
            selection_criteria.as_deref().unwrap_or("every log group")
        ),
    }
}

fn obstacle(obstacle: &Obstacle) -> String {
    match obstacle {
        Obstacle::NotAList => "the transformer is not a list of processors".to_owned(),
        Obstacle::ReadsWholeRecord => {
            "the pattern reads the whole record, which a transformer writes anew".to_owned()
        }
        Obstacle::ProcessorNotUnderstood => "a processor is not understood".to_owned(),
        Obstacle::ReshapesRecord { processor } => {
            format!("the processor `{processor}` does not keep the record as it is")
        }
        Obstacle::KeysNotNamed { processor } => {
            format!("the processor `{processor}` does not name the keys that it writes")
        }
        Obstacle::KeyNotUnderstood { processor, key } => {
            format!("the key `{key}` of the processor `{processor}` is not understood")
        }
    }
}
