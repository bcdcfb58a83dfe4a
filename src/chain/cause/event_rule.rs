//! What is said of EventBridge: whether events reach a rule, whether it matches them, and whether its target is told.

use serde::Serialize;

use crate::aws::policy::{PolicyDoubt, Refusal, Statement};

/// Why a link about a rule, its bus or its target has its verdict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum EventRuleCause {
    /// Without a logging trail no CloudTrail event reaches a bus.
    NoTrailFeedsTheBus,
    /// Whether an organization's trail feeds the buses of a member is not documented.
    OrganizationTrailFeedsMember {
        /// The account that owns the trail.
        owner: String,
    },
    /// The rule is enabled.
    RuleEnabled {
        /// State.
        state: String,
    },
    /// The rule is disabled.
    RuleDisabled,
    /// The state of the rule is none that AWS documents.
    RuleState {
        /// State.
        state: String,
    },
    /// `ENABLED` leaves out read-only events.
    ReadOnlyLeftOut,
    /// Whether EventBridge takes some of the events for read-only is not documented.
    ReadOnlyNotDecided,
    /// The pattern does not match the event.
    RuleTurnsAway,
    /// The pattern matches no event that CloudTrail records, whatever is asked of it.
    RuleMatchesNothing {
        /// What is wrong with it.
        slip: Slip,
    },
    /// The pattern cannot be read.
    RulePatternUnreadable {
        /// What is wrong with it.
        message: String,
    },
    /// Only the spelling of one table of the user guide matches sign-ins.
    SignInJoined,
    /// Only the spelling of AWS's articles matches sign-ins.
    SignInSpaced,
    /// A rule sees the events of its own Region.
    RuleInOneRegion {
        /// The Region.
        region: String,
    },
    /// No rule of its name is in the Region of the event.
    RuleNotInRegions {
        /// The enabled Regions without one, that of the event first.
        missing: Vec<String>,
    },
    /// Events of global services arrive in another Region.
    RuleMissesGlobalEvents {
        /// The rule's Region.
        region: String,
        /// The Region that they arrive in.
        global_region: String,
    },
    /// Sign-ins are recorded in other Regions too.
    RuleMissesSignIns {
        /// The rule's Region.
        region: String,
    },
    /// The rule is on a bus of its own that nothing forwards CloudTrail events to.
    BusNotFed {
        /// The bus.
        bus: String,
    },
    /// The rule has no target.
    RuleHasNoTarget,
    /// The topic's policy lets EventBridge publish.
    RulePublishAllowed {
        /// The statement that allows it.
        statement: Statement,
    },
    /// The topic's policy does not let EventBridge publish.
    RulePublishRefused {
        /// Which statement and part of it decides.
        refusal: Refusal,
    },
    /// Whether the topic's policy lets EventBridge publish cannot be told.
    RulePublishOpen {
        /// Why not.
        doubt: PolicyDoubt,
    },
    /// AWS showed no policy of the topic.
    RuleTopicPolicyNotShown,
    /// The topic is encrypted with the AWS managed key, which EventBridge may not use.
    RuleManagedKey,
    /// The topic is a FIFO topic, which EventBridge does not publish to.
    RuleFifoTopic,
    /// The key's policy lets EventBridge encrypt.
    RuleKeyAllowed {
        /// The statement that allows it.
        statement: Statement,
    },
    /// The key's policy does not let EventBridge encrypt.
    RuleKeyRefused {
        /// Which statement and part of it decides.
        refusal: Refusal,
    },
    /// Whether the key's policy lets EventBridge encrypt cannot be told.
    RuleKeyOpen {
        /// Why not.
        doubt: PolicyDoubt,
    },
    /// The policy of the bus's key lets EventBridge use it.
    BusKeyAllowed {
        /// The statement that allows it.
        statement: Statement,
    },
    /// The policy of the bus's key does not let EventBridge use it.
    BusKeyRefused {
        /// Which statement and part of it decides.
        refusal: Refusal,
    },
    /// Whether the policy of the bus's key lets EventBridge use it cannot be told.
    BusKeyOpen {
        /// Why not.
        doubt: PolicyDoubt,
    },
    /// The bus's key is in a state in which nobody uses it.
    BusKeyNotUsable {
        /// KeyState.
        key_state: String,
    },
    /// The bus's key is of a kind that EventBridge does not encrypt with.
    BusKeyCannotEncrypt {
        /// KeySpec.
        key_spec: Option<String>,
        /// KeyUsage.
        key_usage: Option<String>,
    },
    /// The bus's key does not exist.
    BusKeyMissing {
        /// As the bus names it.
        key: String,
    },
    /// The topic is in another Region than the rule.
    RuleTopicElsewhere {
        /// The topic's Region.
        topic_region: String,
        /// The rule's Region.
        rule_region: String,
    },
    /// The topic is another account's, and the target names no role.
    RuleTopicForeign {
        /// Its owner.
        owner: String,
    },
    /// A role on a target that is a topic: three texts of AWS disagree on what it does.
    RoleOnTopic {
        /// RoleArn.
        role: String,
    },
    /// A filter policy on attributes, and messages of rules have none.
    RuleMessageHasNoAttributes,
    /// The filter policy takes the event.
    EventFilterPolicy,
    /// What the filter policy does with the message of this target is not decided.
    EventFilterPolicyNotDecided,
    /// The message is text, which a filter policy on the body drops.
    RuleMessageIsText,
    /// The constant message does not meet the filter policy.
    RuleMessageDropped,
    /// The target is a machine.
    OnlyMachine {
        /// The service.
        service: String,
    },
    /// The target keeps the events, and who reads them is not on record.
    OnlyStored {
        /// The service.
        service: String,
    },
    /// The target does something else than telling.
    OnlyActs {
        /// The service.
        service: String,
    },
    /// The target is a bus that the snapshot does not hold.
    ForwardedOutside {
        /// ARN of the bus.
        bus: String,
    },
    /// The policy of the bus does not let the account send events.
    BusRefuses {
        /// ARN of the bus.
        bus: String,
    },
    /// Whether the policy of the bus lets the account send events is not decided.
    BusPolicyOpen {
        /// ARN of the bus.
        bus: String,
    },
    /// It forwards with a role, whose policies are not in the snapshot.
    ForwardsByRole {
        /// RoleArn.
        role: String,
    },
    /// It forwards to another Region without a role, which AWS's guides always have.
    ForwardsWithoutRole {
        /// ARN of the bus.
        bus: String,
    },
    /// EventBridge does not forward an event a second time.
    SecondHop {
        /// ARN of the bus.
        bus: String,
    },
    /// The rule is that of User Notifications, whose own filter is elsewhere.
    UserNotifications,
}

/// A slip in an event pattern by which it matches no event that CloudTrail records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "slip", rename_all = "snake_case")]
pub enum Slip {
    /// A field of the record stands beside `detail` and not in it.
    OutsideDetail {
        /// The field.
        field: String,
    },
    /// The detail type is none of CloudTrail's.
    DetailType {
        /// The first that it asks for.
        text: String,
    },
    /// The source does not begin as those of AWS do.
    SourceForm {
        /// `source`.
        source: String,
    },
    /// A `*` in a plain value, which is a character there.
    LiteralStar {
        /// The field.
        field: String,
        /// The value.
        text: String,
    },
    /// The name of an IAM action in place of an event name.
    ActionName {
        /// The action.
        action: String,
        /// The event name in it.
        event_name: String,
    },
    /// The source of one service with the event source of another.
    OtherSource {
        /// `source`.
        source: String,
        /// `eventSource`.
        event_source: String,
    },
}
