//! A request that CloudWatch makes for an alarm, CloudTrail for a trail, or EventBridge for a rule or a bus: what is known of
//! its context, key by key.
//!
//! From the IAM User Guide, "AWS global condition context keys", which says for each key when a request carries it, and
//! from the pages that name CloudWatch alarms as a publisher. A key that nothing is said about is not known.

use jiff::Timestamp;

use super::decision::Sent;
use crate::aws::arn;

/// A service that acts for a resource of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// CloudWatch, which executes alarm actions.
    CloudWatch,
    /// CloudTrail, which encrypts the files of a trail.
    CloudTrail,
    /// EventBridge, which sends events to the targets of rules.
    EventBridge(Source),
    /// EventBridge, which keeps the rules of a bus under a key.
    EventBus(Source),
}

/// What EventBridge says of the rule that it publishes for: an old text says that conditions on it cannot be used, newer
/// examples have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Its ARN and account.
    Sent,
    /// Nothing.
    Withheld,
    /// The one or the other.
    NotKnown,
}

impl Service {
    /// Its service principal.
    pub(super) fn principal(self) -> &'static str {
        match self {
            Self::CloudWatch => "cloudwatch.amazonaws.com",
            Self::CloudTrail => "cloudtrail.amazonaws.com",
            Self::EventBridge(_) | Self::EventBus(_) => "events.amazonaws.com",
        }
    }
}

/// A service as it acts for a resource.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// Which service.
    pub service: Service,
    /// ARN of the resource: the alarm, the trail, the rule, the event bus.
    pub source_arn: &'a str,
    /// The organization of the resource's account.
    pub organization: Organization<'a>,
    /// When; none if that is not known.
    pub at: Option<Timestamp>,
}

/// The organization of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Organization<'a> {
    /// The one with this id.
    Of(&'a str),
    /// It is in none.
    None,
    /// Not known.
    Unknown,
}

/// What kind of policy a request is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A topic's.
    Topic,
    /// A key's.
    Key,
}

/// One request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'a> {
    pub(super) caller: &'a Caller<'a>,
    pub(super) target: Target,
    pub(super) action: &'a str,
    pub(super) resource: &'a str,
}

/// Keys that a request carries only if a person or role makes it, with a session, tags or a network of the customer; or
/// only if it is a Subscribe, or about a grant. Services act as service principals, and none subscribes.
const NEVER_SENT: [&str; 28] = [
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:ec2instancesourceprivateipv4",
    "aws:ec2instancesourcevpc",
    "aws:federatedprovider",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceidentity",
    "aws:sourceinstancearn",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:tagkeys",
    "aws:tokenissuetime",
    "aws:username",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpcsourceip",
    "kms:granteeprincipal",
    "kms:grantconstrainttype",
    "kms:grantisforawsresource",
    "kms:grantoperations",
    "kms:retiringprincipal",
    "sns:endpoint",
    "sns:protocol",
];

/// Groups of such keys.
const NEVER_SENT_GROUPS: [&str; 2] = ["aws:principaltag/", "aws:requesttag/"];

impl Request<'_> {
    /// What the request carries under a key, which is compared in lower case.
    pub(super) fn sent(&self, key: &str) -> Sent {
        let key = key.to_ascii_lowercase();
        let value = |text: &str| Sent::Value {
            value: text.to_owned(),
        };
        let part = |part: Option<&str>| part.map_or(Sent::NotKnown, value);
        let source_arn = self.caller.source_arn;
        let time = |text: fn(Timestamp) -> String| {
            self.caller.at.map_or(Sent::NotKnown, |at| value(&text(at)))
        };
        let of_rule = match self.caller.service {
            Service::EventBridge(source) | Service::EventBus(source) => Some(source),
            Service::CloudWatch | Service::CloudTrail => None,
        };
        let by_rule = of_rule.is_some();
        match key.as_str() {
            // "Source conditions" are not supported for the key of a topic that EventBridge publishes to.
            "aws:sourcearn" | "aws:sourceaccount"
                if matches!(self.caller.service, Service::EventBridge(_))
                    && self.target == Target::Key =>
            {
                Sent::Nothing
            }
            // The default policy of a topic asks for it, and does not admit EventBridge.
            "aws:sourceowner" if by_rule => Sent::Nothing,
            key if of_rule == Some(Source::NotKnown) && key.starts_with("aws:source") => {
                Sent::NotKnown
            }
            key if of_rule == Some(Source::Withheld) && key.starts_with("aws:source") => {
                Sent::Nothing
            }
            // CloudWatch does not send an ARN that is not plain ASCII.
            "aws:sourcearn" if !source_arn.is_ascii() => Sent::NotKnown,
            "aws:sourcearn" => value(source_arn),
            // CloudTrail encrypts with the ARN of the trail as context [CloudTrail guide, key policy for CloudTrail].
            "kms:encryptioncontext:aws:cloudtrail:arn"
                if self.caller.service == Service::CloudTrail =>
            {
                value(source_arn)
            }
            // EventBridge encrypts with the ARN of the bus as context [EventBridge guide, encrypting event buses].
            "kms:encryptioncontext:aws:events:event-bus:arn"
                if matches!(self.caller.service, Service::EventBus(_)) =>
            {
                value(source_arn)
            }
            "aws:sourceaccount" => part(arn::account(source_arn)),
            // Documented for publishing to a topic, and not for using a key.
            "aws:sourceowner" if self.target == Target::Topic => part(arn::account(source_arn)),
            "aws:sourceorgid" => match self.caller.organization {
                Organization::Of(id) => value(id),
                Organization::None => Sent::Nothing,
                Organization::Unknown => Sent::NotKnown,
            },
            "aws:sourceorgpaths" if self.caller.organization == Organization::None => Sent::Nothing,
            "aws:securetransport" | "aws:principalisawsservice" => value("true"),
            "aws:principalservicename" => value(self.caller.service.principal()),
            "aws:requestedregion" => part(arn::region(self.resource)),
            "aws:currenttime" => time(|at| at.to_string()),
            "aws:epochtime" => time(|at| at.as_second().to_string()),
            "kms:calleraccount" => Sent::NoCustomer,
            never if NEVER_SENT.contains(&never) => Sent::Nothing,
            never
                if NEVER_SENT_GROUPS
                    .iter()
                    .any(|group| never.starts_with(group)) =>
            {
                Sent::Nothing
            }
            _ => Sent::NotKnown,
        }
    }
}
