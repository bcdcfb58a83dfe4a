//! What the chain module hands on: the paths of one account, each from a trail to a subscription, with its links.
//!
//! Plain values: no SQL, no decisions beyond "the worst link counts".

use std::sync::Arc;

use crate::aws::mute::{Calendar, Windows};
use crate::coverage::{Predicate, Scope};

use super::gap::Gap;
use super::verdict::{Cause, Link, LinkId, Station, Subject, Verdict};

/// Everything the snapshot says about how events of one account reach people.
#[derive(Clone, Debug)]
pub struct AccountChain {
    /// The account whose events are asked about.
    pub account: String,
    /// Its partition: aws, aws-us-gov, aws-cn.
    pub partition: String,
    /// The account and the regions that its events may come from.
    pub scope: Scope,
    /// Whether `scope.regions` was read to its end; if not, it holds the regions that every account of the partition has.
    pub regions_known: bool,
    /// How many trails reach the account.
    pub trails: usize,
    /// Whether there are more paths than are read: those in `paths` prove nothing then.
    pub too_many: bool,
    /// Candidate paths in a total order. A path ends where the chain ends.
    pub paths: Vec<Path>,
    /// Other monitoring seen (X ids): reported, never counted.
    pub alternatives: Vec<Link>,
    /// What is worth saying about the account as a whole (T12, T13, L09 ...): never counted.
    pub notes: Vec<Link>,
    /// What could not be collected of this account.
    pub gaps: Vec<Gap>,
}

/// One way from a trail to a subscriber, as far as it goes.
#[derive(Clone, Debug)]
pub struct Path {
    /// The trail's ARN; none where DescribeTrails was not answered and a trail may exist.
    pub trail: Option<String>,
    /// The log group's ARN, without `:*`.
    pub log_group: Option<String>,
    /// The metric filter.
    pub filter: Option<Filter>,
    /// The alarm whose action it is: the metric alarm, or the composite above it.
    pub alarm: Option<Alarm>,
    /// The EventBridge rule, on a path that runs through one and no alarm.
    pub rule: Option<Rule>,
    /// ARN of the alarm action or of the rule's target, a topic mostly.
    pub action: Option<String>,
    /// The subscription.
    pub subscription: Option<Subscription>,
    /// Events that may take this path: all of `conditions` together. Where a link is unknown this is an upper bound.
    pub events: Arc<Predicate>,
    /// The parts of `events`, in the order of the chain, each with the link that stands for it.
    pub conditions: Vec<Arc<Condition>>,
    /// Everything said about this path, in the order of the chain. Links that are `ok` are told too.
    pub links: Vec<Arc<Link>>,
    /// Times from the snapshot on in which an event on this path tells nobody: mute rules hold the action back.
    pub muted: Arc<Windows>,
    /// The same to be asked of an event's own time.
    pub calendar: Arc<Calendar>,
    /// How many more trails differ from its own in names alone, whose ways on are the same and are not read.
    pub more_trails: usize,
}

/// One place on a path that lets some events through.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The link to blame for an event that is stopped here: T07, S02, F01, F11 ...
    pub id: LinkId,
    /// The resource.
    pub subject: Subject,
    /// Why an event is stopped here.
    pub cause: Cause,
    /// The events let through.
    pub events: Predicate,
}

/// A metric filter on a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Filter name.
    pub name: String,
    /// Filter pattern as AWS gave it.
    pub pattern: String,
}

/// An alarm on a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Alarm ARN.
    pub arn: String,
    /// Alarm name.
    pub name: String,
    /// ARNs of the alarms below it, from the one that watches the metric upwards; empty for a metric alarm's own action.
    pub through: Vec<String>,
    /// Whether the alarm that watches the metric sits in `ALARM` while events of the path's filter come in every period; none
    /// where that is not known.
    pub flooded: Option<bool>,
    /// ARNs of the alarms each of which, in `ALARM` for good, keeps this one there; of a composite alarm.
    pub holders: Vec<String>,
}

impl Alarm {
    /// ARN of the alarm that watches the metric: the lowest below a composite alarm.
    pub fn lowest(&self) -> &str {
        self.through.first().unwrap_or(&self.arn)
    }
}

/// An EventBridge rule on a path: the first one, where events are forwarded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Rule ARN.
    pub arn: String,
    /// Rule name.
    pub name: String,
    /// The Region whose events it sees.
    pub region: String,
    /// Event pattern as AWS gave it.
    pub pattern: String,
}

/// A subscription on a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// ARN, or the literals `PendingConfirmation` and `Deleted`.
    pub arn: String,
    /// email, sms, https, lambda ...
    pub protocol: String,
    /// Address.
    pub endpoint: String,
    /// How many more subscriptions of the topic differ from this one in names alone and are not read.
    pub more: usize,
}

impl Path {
    /// How many paths it stands for: itself, and those that differ from it in names alone and are not read.
    pub fn count(&self) -> usize {
        let subscriptions = self.subscription.as_ref().map_or(0, |it| it.more);
        (1 + self.more_trails) * (1 + subscriptions)
    }

    /// The worst verdict of its links.
    pub fn verdict(&self) -> Verdict {
        Verdict::worst(self.links.iter().map(|link| link.verdict))
    }

    /// Whether it can be counted on: complete, no link broken, none unknown.
    pub fn sound(&self) -> bool {
        self.verdict().is_sound()
    }

    /// What its metric filter, log alarm or rule lets through, the last rule where events are forwarded; none where there is
    /// none or its pattern is not understood.
    pub fn pattern(&self) -> Option<&Condition> {
        self.patterns().last()
    }

    /// What decides which events get as far as its log group or bus.
    pub fn delivered(&self) -> impl Iterator<Item = &Arc<Condition>> {
        let conditions = self.conditions.iter();
        conditions.filter(|condition| condition.id.station() < Station::MetricFilter)
    }

    /// Whether events come to its last rule from another rule.
    pub fn is_forwarded(&self) -> bool {
        self.patterns().count() > 1
    }

    fn patterns(&self) -> impl Iterator<Item = &Condition> {
        let conditions = self.conditions.iter().map(Arc::as_ref);
        conditions
            .filter(|condition| matches!(condition.id, LinkId::F01 | LinkId::E05 | LinkId::Q01))
    }

    /// Whether it runs through EventBridge: through a rule, or through rules that could not be listed.
    pub fn through_eventbridge(&self) -> bool {
        self.rule.is_some()
            || self
                .links
                .iter()
                .any(|link| link.id.station() == Station::Rule)
    }

    /// The link of this id, if something was said under it.
    pub fn link(&self, id: LinkId) -> Option<&Link> {
        self.links
            .iter()
            .map(Arc::as_ref)
            .find(|link| link.id == id)
    }
}

impl AccountChain {
    /// How many paths there are, those included that differ from others in names alone and were not read.
    pub fn path_count(&self) -> usize {
        self.paths.iter().map(Path::count).sum()
    }

    /// Paths that can be counted on.
    pub fn sound_paths(&self) -> impl Iterator<Item = &Path> {
        self.paths.iter().filter(|path| path.sound())
    }

    /// Paths that may or may not work: none of their links is broken, one at least is unknown.
    pub fn unknown_paths(&self) -> impl Iterator<Item = &Path> {
        self.paths
            .iter()
            .filter(|path| path.verdict() == Verdict::Unknown)
    }

    /// The rules of EventBridge that paths run through, once a path.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.paths.iter().filter_map(|path| path.rule.as_ref())
    }
}
