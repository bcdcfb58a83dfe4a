//! EventBridge rules, their buses and targets in words.

use super::policy::{cannot_encrypt, doubted, name, refused};
use crate::aws::arn::short_name;
use crate::chain::cause::{EventRuleCause as Cause, Slip};

/// Who publishes for rules.
const EVENTBRIDGE: &str = "EventBridge";

/// The cause as a sentence.
pub(super) fn sentence(cause: &Cause) -> String {
    match cause {
        Cause::NoTrailFeedsTheBus => {
            "no logging trail records events, and without one none of CloudTrail reaches EventBridge".to_owned()
        }
        Cause::OrganizationTrailFeedsMember { owner } => format!(
            "it is the trail of account {owner}; whether it feeds the event buses of a member account is not documented"
        ),
        Cause::RuleEnabled { state } => format!("its state is {state}"),
        Cause::RuleDisabled => "it is disabled".to_owned(),
        Cause::RuleState { state } if state.is_empty() => "its state is not shown".to_owned(),
        Cause::RuleState { state } => format!("its state is `{state}`, which is not documented"),
        Cause::ReadOnlyLeftOut => "its state ENABLED leaves out read-only events; ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS would not".to_owned(),
        Cause::ReadOnlyNotDecided => "whether its state ENABLED leaves out an event whose name and `readOnly` field disagree is not documented".to_owned(),
        Cause::RuleTurnsAway => "its event pattern does not match the event".to_owned(),
        Cause::RuleMatchesNothing { slip } => {
            format!("its event pattern matches no event at all: {}", slipped(slip))
        }
        Cause::RulePatternUnreadable { message } => {
            format!("its event pattern cannot be read: {message}")
        }
        Cause::SignInJoined => "it spells the detail type of a sign-in `AWS Console Signin via CloudTrail`, as one table of the user guide does and AWS's articles do not".to_owned(),
        Cause::SignInSpaced => "it relies on the spelling `AWS Console Sign In via CloudTrail`, which AWS's articles have and one table of the user guide has not".to_owned(),
        Cause::RuleInOneRegion { region } => format!("it sees the events of {region} alone"),
        Cause::RuleNotInRegions { missing } => {
            format!("no rule of its name is in {}", some_of(missing))
        }
        Cause::RuleMissesGlobalEvents {
            region,
            global_region,
        } => format!("it is in {region}, and events of global services arrive in {global_region}"),
        Cause::RuleMissesSignIns { region } => {
            format!("it is in {region}, and sign-ins are recorded in other Regions as well")
        }
        Cause::BusNotFed { bus } => {
            format!("it is on the bus `{bus}`, which no rule forwards CloudTrail events to")
        }
        Cause::RuleHasNoTarget => "it has no target".to_owned(),
        Cause::RulePublishAllowed { statement } => format!(
            "statement {} of its policy lets EventBridge publish",
            name(statement)
        ),
        Cause::RulePublishRefused { refusal } => format!(
            "its policy does not let EventBridge publish: {}",
            refused(refusal, EVENTBRIDGE)
        ),
        Cause::RulePublishOpen { doubt } => format!(
            "whether its policy lets EventBridge publish is not decided: {}",
            doubted(doubt, EVENTBRIDGE)
        ),
        Cause::RuleTopicPolicyNotShown => {
            "sns:GetTopicAttributes shows no policy of it".to_owned()
        }
        Cause::RuleFifoTopic => {
            "it is a FIFO topic, and EventBridge does not publish to one".to_owned()
        }
        Cause::RuleManagedKey => {
            "it is encrypted with the AWS managed key, which EventBridge may not use".to_owned()
        }
        Cause::RuleKeyAllowed { statement } => format!(
            "statement {} of the key's policy lets EventBridge encrypt for it",
            name(statement)
        ),
        Cause::RuleKeyRefused { refusal } => format!(
            "the key's policy does not let EventBridge encrypt for it: {}",
            refused(refusal, EVENTBRIDGE)
        ),
        Cause::RuleKeyOpen { doubt } => format!(
            "whether the key's policy lets EventBridge encrypt for it is not decided: {}",
            doubted(doubt, EVENTBRIDGE)
        ),
        Cause::BusKeyAllowed { statement } => format!(
            "statement {} of the key's policy lets EventBridge use the key of its event bus",
            name(statement)
        ),
        Cause::BusKeyRefused { refusal } => format!(
            "its event bus is encrypted with a key whose policy does not let EventBridge use it: {}",
            refused(refusal, EVENTBRIDGE)
        ),
        Cause::BusKeyOpen { doubt } => format!(
            "whether the policy of its event bus's key lets EventBridge use it is not decided: {}",
            doubted(doubt, EVENTBRIDGE)
        ),
        Cause::BusKeyNotUsable { key_state } => format!(
            "the key of its event bus is {key_state}, and EventBridge can read neither its event pattern nor its targets"
        ),
        Cause::BusKeyCannotEncrypt {
            key_spec,
            key_usage,
        } => cannot_encrypt(key_spec.as_deref(), key_usage.as_deref(), "EventBridge"),
        Cause::BusKeyMissing { key } => {
            format!("the key `{key}` of its event bus does not exist")
        }
        Cause::RuleTopicElsewhere {
            topic_region,
            rule_region,
        } => format!("it is in {topic_region}, and the rule in {rule_region}"),
        Cause::RuleTopicForeign { owner } => {
            format!("it is a topic of account {owner}, and the target names no role that may publish there")
        }
        Cause::RoleOnTopic { role } => format!(
            "the target names the role `{}`, and AWS's texts disagree on what a role does on a topic",
            short_name(role)
        ),
        Cause::RuleMessageHasNoAttributes => {
            "its filter policy asks for message attributes, and messages of rules have none".to_owned()
        }
        Cause::EventFilterPolicy => "its filter policy is held against the event".to_owned(),
        Cause::EventFilterPolicyNotDecided => {
            "what its filter policy does with the rule's message is not decided".to_owned()
        }
        Cause::RuleMessageIsText => {
            "its filter policy looks into the body, and the rule sends text".to_owned()
        }
        Cause::RuleMessageDropped => {
            "its filter policy drops the constant message of the rule".to_owned()
        }
        Cause::OnlyMachine { service } => format!("it sends to {service}, which is a machine"),
        Cause::OnlyStored { service } => {
            format!("it sends to {service}, which keeps events and tells nobody by itself")
        }
        Cause::OnlyActs { service } => {
            format!("it sends to {service}, which acts on events; that it tells anybody is not known")
        }
        Cause::ForwardedOutside { bus } => format!(
            "it forwards to the bus `{}`, whose rules are not in the snapshot",
            short_name(bus)
        ),
        Cause::BusRefuses { bus } => format!(
            "the policy of the bus `{}` does not let this account send events",
            short_name(bus)
        ),
        Cause::BusPolicyOpen { bus } => format!(
            "whether the policy of the bus `{}` lets this account send events is not decided",
            short_name(bus)
        ),
        Cause::ForwardsByRole { role } => format!(
            "it forwards with the role `{}`; what that role may do is not in the snapshot",
            short_name(role)
        ),
        Cause::ForwardsWithoutRole { bus } => format!(
            "it forwards to the bus `{}` of another Region without a role, and AWS's guides always give one",
            short_name(bus)
        ),
        Cause::SecondHop { bus } => format!(
            "it forwards to the bus `{}`, and an event is forwarded once",
            short_name(bus)
        ),
        Cause::UserNotifications => {
            "it is a rule of User Notifications, whose own filter, channels and contacts are not collected".to_owned()
        }
    }
}

/// So many names are told one by one.
const TOLD: usize = 3;

/// Names, of many the first few and how many more there are.
fn some_of(names: &[String]) -> String {
    let told = names.iter().take(TOLD).map(String::as_str);
    let mut told: Vec<String> = told.map(str::to_owned).collect();
    match names.len().saturating_sub(TOLD) {
        0 => {}
        1 => told.push("one other Region".to_owned()),
        more => told.push(format!("{more} other Regions")),
    }
    match told.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// What is wrong with a pattern that matches nothing.
fn slipped(slip: &Slip) -> String {
    match slip {
        Slip::OutsideDetail { field } => {
            format!("`{field}` stands beside `detail`, and fields of the record stand in it")
        }
        Slip::DetailType { text } => {
            format!("`{text}` is not the detail type of a management event of CloudTrail")
        }
        Slip::SourceForm { source } => {
            format!("the source of AWS's events begins with `aws.`, and it asks for `{source}`")
        }
        Slip::LiteralStar { field, text } => format!(
            "the `*` in `{text}` of {field} is a character; {{\"wildcard\": \"{text}\"}} is what stands for others"
        ),
        Slip::ActionName { action, event_name } => {
            format!("`{action}` is an IAM action, and the event is called `{event_name}`")
        }
        Slip::OtherSource {
            source,
            event_source,
        } => format!("events of {event_source} do not have the source `{source}`"),
    }
}
