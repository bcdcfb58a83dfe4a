//! What the audit steps found, in words: as a person would write it down who followed them.

use crate::analyze::audit_steps::{
    AuditSteps, ChainLack, FoundChain, NoValue, NothingToFollow, OpenQuestion, Satisfied,
    SelectorLack, StepCause, TrailLack,
};
use crate::chain::cause::Outcome;

/// What was found: `none of 3 trails has IsMultiRegionTrail true`.
pub fn reason(steps: &AuditSteps) -> String {
    let first = sentence(&steps.cause);
    match steps.others {
        0 => first,
        others => format!("{first} (and {others} more)"),
    }
}

/// The reason with the step that it belongs to: `step 3: none of ...`.
pub fn told(steps: &AuditSteps) -> String {
    match &steps.step {
        Some(step) => format!("step {step}: {}", reason(steps)),
        None => reason(steps),
    }
}

fn sentence(cause: &StepCause) -> String {
    match cause {
        StepCause::NothingToFollow(why) => not_followed(why),
        StepCause::Satisfied(Satisfied::ChainFound(chain)) => found(chain),
        StepCause::Satisfied(Satisfied::EveryTrailAsAsked) => {
            "every trail is as the steps ask".to_owned()
        }
        StepCause::NoValue(why) => no_value(why),
        StepCause::Trail(lack) => trail(lack),
        StepCause::EventSelectors(lack) => event_selectors(lack),
        StepCause::Chain(lack) => after_the_trail(lack),
    }
}

fn not_followed(why: &NothingToFollow) -> String {
    match why {
        NothingToFollow::ControlNotListed { benchmark } => {
            format!("`{benchmark}` does not list this control")
        }
        NothingToFollow::NoStepsPublished { benchmark } => {
            format!("`{benchmark}` publishes no audit steps")
        }
        NothingToFollow::NoFilterTextPrinted { benchmark } => {
            format!("`{benchmark}` prints no filter text for this control")
        }
        NothingToFollow::NoStepsForControl { benchmark } => {
            format!("`{benchmark}` has no audit steps for this control")
        }
    }
}

/// The chain by its names.
fn found(chain: &FoundChain) -> String {
    let parts = [
        ("trail", &chain.trail),
        ("filter", &chain.filter),
        ("alarm", &chain.alarm),
        ("topic", &chain.topic),
        ("subscription", &chain.subscription),
    ];
    let named = parts
        .into_iter()
        .filter_map(|(what, name)| Some(format!("{what} `{}`", name.as_ref()?)));
    named.collect::<Vec<_>>().join(", ")
}

fn no_value(why: &NoValue) -> String {
    match why {
        NoValue::Unanswered(question) => unanswered(question),
        NoValue::AnsweredWithoutValue { operation, about } => {
            format!("{operation} of `{about}` was answered without a value")
        }
        NoValue::DoesNotExist {
            operation,
            about,
            error,
        } => format!("{operation} of `{about}` answers {error}"),
        NoValue::NothingNoted => "the steps before this one name nothing to look at".to_owned(),
    }
}

fn unanswered(question: &OpenQuestion) -> String {
    let OpenQuestion {
        operation,
        account,
        region,
        about,
        outcome,
        log_group_owner,
    } = question;
    let asked = match (about.as_str(), region) {
        ("" | "MetricAlarm", Some(region)) => format!("{operation} in {region}"),
        ("", None) => (*operation).to_owned(),
        _ => format!("{operation} of `{about}`"),
    };
    let mut text = match outcome {
        Outcome::Failed { how, error } => {
            format!("{asked} could not be collected: {how} ({error})")
        }
        _ => format!("{asked} was not asked in account {account}"),
    };
    if let Some(owner) = log_group_owner {
        text.push_str(&format!("; the log group is of account {owner}"));
    }
    text
}

fn trail(lack: &TrailLack) -> String {
    match lack {
        TrailLack::NoTrail => "DescribeTrails lists no trail".to_owned(),
        TrailLack::NoMultiRegionTrail { trails: 1 } => {
            "the only trail does not have IsMultiRegionTrail true".to_owned()
        }
        TrailLack::NoMultiRegionTrail { trails } => {
            format!("none of {trails} trails has IsMultiRegionTrail true")
        }
        TrailLack::TrailHasNoLogGroup { trail } => format!("trail `{trail}` names no log group"),
        TrailLack::TrailNotLogging { trail } => {
            format!("GetTrailStatus of `{trail}` says IsLogging false")
        }
        TrailLack::NoLogFileValidation { trail } => {
            format!("trail `{trail}` has LogFileValidationEnabled false")
        }
        TrailLack::NoTrailKey { trail } => format!("trail `{trail}` has no KmsKeyId"),
        TrailLack::NoRecentDelivery { trail } => {
            format!("trail `{trail}` has no LatestCloudWatchLogsDeliveryTime of the last day")
        }
    }
}

fn event_selectors(lack: &SelectorLack) -> String {
    let (trail, instead) = match lack {
        SelectorLack::NoEventSelector { trail } => (trail, "no event selector at all".to_owned()),
        SelectorLack::AdvancedEventSelectorsAlone { trail, selectors } => (
            trail,
            format!("advanced event selectors alone ({selectors}), which the step does not know"),
        ),
        SelectorLack::NoBasicSelectorOfAllEvents { trail, selectors } => {
            let lead = match selectors {
                1 => "one basic selector, and not".to_owned(),
                several => format!("{several} basic selectors, none"),
            };
            let asked = "with IncludeManagementEvents true and ReadWriteType All";
            (trail, format!("{lead} {asked}"))
        }
        SelectorLack::NoAdvancedSelectorOfAllEvents { trail } => (
            trail,
            "no advanced event selector with eventCategory Equals Management and without readOnly"
                .to_owned(),
        ),
        SelectorLack::NoDataResourceOfAllBuckets { trail } => (
            trail,
            "no data resource of type AWS::S3::Object with the value arn:aws:s3".to_owned(),
        ),
        SelectorLack::NoDataResource { trail } => (trail, "no data resource".to_owned()),
    };
    format!("GetEventSelectors of `{trail}` lists {instead}")
}

fn after_the_trail(lack: &ChainLack) -> String {
    match lack {
        ChainLack::LogGroupHasNoFilter { log_group } => {
            format!("log group `{log_group}` has no metric filter")
        }
        ChainLack::NoFilterWithPrintedText {
            log_group,
            filters: 1,
        } => format!(
            "the only metric filter of log group `{log_group}` does not have the printed filterPattern"
        ),
        ChainLack::NoFilterWithPrintedText { log_group, filters } => format!(
            "none of {filters} metric filters of log group `{log_group}` has the printed filterPattern"
        ),
        ChainLack::NoAlarmOnMetric {
            region,
            metric_names,
        } => format!(
            "no metric alarm of {region} has the MetricName `{}`",
            metric_names.join("`, `")
        ),
        ChainLack::NoAlarmAction { alarm } => format!("AlarmActions of `{alarm}` is empty"),
        ChainLack::NoTopicAmongActions { alarm } => {
            format!("AlarmActions of `{alarm}` names no topic")
        }
        ChainLack::TopicHasNoSubscription { topic } => {
            format!("topic `{topic}` has no subscription")
        }
        ChainLack::NoSubscriptionArn { topic, instead } => {
            format!("no SubscriptionArn of `{topic}` is an ARN, but `{instead}`")
        }
    }
}
