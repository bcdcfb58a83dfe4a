//! EventBridge rules: which events reach one, and which of them it matches (E01 to E11, E25, E27).
//!
//! What AWS leaves open is a parameter. A way through the rule that holds whatever it is stands beside one that holds under
//! some value alone, which says so by an unknown link.

use crate::coverage::{EventModel, Predicate};
use crate::pattern::event::{EventPattern, Rule, SignIn};

use super::cause::EventRuleCause;
use super::facts::{DEFAULT_BUS, RuleRow};
use super::judgement::{Context, Judgement, fine};
use super::rule_slip;
use super::verdict::{Link, LinkId, Verdict};

/// A rule that matches read-only management events too.
const ALL_MANAGEMENT_EVENTS: &str = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";
/// The service whose managed rules hold a part of the filter alone.
const USER_NOTIFICATIONS: &str = "notifications.amazonaws.com";
/// How the names of read-only operations begin, where EventBridge goes by names.
const READ_ONLY_NAMES: [&str; 3] = ["Describe", "Get", "List"];

/// Whether a rule has to do with records of CloudTrail, so that it is worth a path: its pattern names a field of a record,
/// or does not turn away their detail types. So may one that cannot be read, but for what can be read of it.
pub(super) fn is_about_records(rule: &RuleRow) -> bool {
    match EventPattern::parse(&rule.pattern) {
        Ok(pattern) => looks_at_records(&pattern),
        Err(_) => EventPattern::readable(&rule.pattern)
            .iter()
            .all(looks_at_records),
    }
}

fn looks_at_records(pattern: &EventPattern) -> bool {
    let types = [
        "AWS API Call via CloudTrail",
        "AWS Service Event via CloudTrail",
        SignIn::Spaced.detail_type(),
        SignIn::Joined.detail_type(),
    ];
    pattern.alternatives().iter().any(|asked| {
        let of_record = asked.iter().any(|(path, _)| {
            let path = path.strip_prefix("detail.").unwrap_or(path);
            ["eventName", "eventSource", "errorCode", "userIdentity"]
                .iter()
                .any(|field| path.starts_with(field))
        });
        let of_type = asked
            .iter()
            .filter(|(path, _)| path == "detail-type")
            .all(|(_, rules)| fits_one(rules, &types));
        of_record || of_type
    })
}

fn fits_one(rules: &[Rule], texts: &[&str]) -> bool {
    texts.iter().any(|text| {
        let value = serde_json::Value::String((*text).to_owned());
        rules.iter().any(|rule| rule.holds(&value))
    })
}

/// What is said of a rule on the way of an event: the ways through it, the certain one first.
pub(super) fn ways(context: &Context, rule: &RuleRow) -> Vec<Judgement> {
    let mut judgement = Judgement::default();
    let state = rule.state.as_deref().unwrap_or_default();
    match state {
        "ENABLED" | ALL_MANAGEMENT_EVENTS => {
            let state = state.to_owned();
            judgement.say(said(
                rule,
                LinkId::E02,
                Verdict::Ok,
                EventRuleCause::RuleEnabled { state },
            ));
        }
        "DISABLED" => {
            judgement.say(said(
                rule,
                LinkId::E02,
                Verdict::Broken,
                EventRuleCause::RuleDisabled,
            ));
        }
        other => {
            let state = other.to_owned();
            judgement.say(said(
                rule,
                LinkId::E02,
                Verdict::Unknown,
                EventRuleCause::RuleState { state },
            ));
        }
    }
    let pattern = match EventPattern::parse(&rule.pattern) {
        Ok(pattern) => pattern,
        Err(error) => {
            let message = error.to_string();
            let cause = EventRuleCause::RulePatternUnreadable { message };
            judgement.say(said(rule, LinkId::E25, Verdict::Unknown, cause));
            let known = EventPattern::readable(&rule.pattern);
            let fits = known.iter().map(|part| {
                let under = |sign_in| Predicate::from_event_pattern(part, sign_in);
                under(SignIn::Spaced).or(under(SignIn::Joined))
            });
            let turned_away = EventRuleCause::RuleTurnsAway;
            judgement.require(
                LinkId::E05,
                rule.subject(),
                turned_away,
                Predicate::all(fits),
            );
            return vec![judgement];
        }
    };
    if rule.managed_by.as_deref() == Some(USER_NOTIFICATIONS) {
        let cause = EventRuleCause::UserNotifications;
        judgement.say(said(rule, LinkId::E27, Verdict::Unknown, cause));
    }
    Matching {
        context,
        rule,
        spaced: Predicate::from_event_pattern(&pattern, SignIn::Spaced),
        joined: Predicate::from_event_pattern(&pattern, SignIn::Joined),
        every_read: state == ALL_MANAGEMENT_EVENTS,
        turned_away: rule_slip::slip(&pattern).map_or(EventRuleCause::RuleTurnsAway, |slip| {
            EventRuleCause::RuleMatchesNothing { slip }
        }),
    }
    .ways(&judgement)
}

/// What a rule matches, parameter by parameter.
struct Matching<'a> {
    context: &'a Context,
    rule: &'a RuleRow,
    spaced: Predicate,
    joined: Predicate,
    every_read: bool,
    /// Why an event is stopped by the pattern.
    turned_away: EventRuleCause,
}

impl Matching<'_> {
    fn ways(&self, start: &Judgement) -> Vec<Judgement> {
        let mut certain = start.clone();
        if self
            .context
            .has_some(&self.spaced.clone().and(!self.joined.clone()))
        {
            let cause = EventRuleCause::SignInSpaced;
            certain.say(said(self.rule, LinkId::E07, Verdict::Weak, cause));
        }
        // What the pattern turns away no other state would let through, so that the pattern is to blame for it.
        self.require(
            &mut certain,
            LinkId::E05,
            self.turned_away.clone(),
            self.spaced.clone(),
        );
        let (by_field, by_name) = (Predicate::is_true("readOnly"), read_only_name());
        if !self.every_read {
            let read_only = by_field.clone().or(by_name.clone());
            self.require(
                &mut certain,
                LinkId::E03,
                EventRuleCause::ReadOnlyLeftOut,
                !read_only,
            );
        }
        let mut ways = vec![certain];
        let either = by_field
            .clone()
            .or(by_name.clone())
            .and(!by_field.and(by_name));
        if !self.every_read
            && self
                .context
                .has_some(&self.spaced.clone().and(either.clone()))
        {
            let mut open = start.clone();
            let cause = EventRuleCause::ReadOnlyNotDecided;
            open.say(said(
                self.rule,
                LinkId::E03,
                Verdict::Unknown,
                cause.clone(),
            ));
            self.require(
                &mut open,
                LinkId::E05,
                self.turned_away.clone(),
                self.spaced.clone(),
            );
            self.require(&mut open, LinkId::E03, cause, either);
            ways.push(open);
        }
        let joined = self.joined.clone().and(!self.spaced.clone());
        if self.context.has_some(&joined.clone()) {
            let mut open = start.clone();
            let cause = EventRuleCause::SignInJoined;
            open.say(said(self.rule, LinkId::E07, Verdict::Unknown, cause));
            self.require(&mut open, LinkId::E05, self.turned_away.clone(), joined);
            ways.push(open);
        }
        ways
    }

    fn require(
        &self,
        judgement: &mut Judgement,
        id: LinkId,
        cause: EventRuleCause,
        events: Predicate,
    ) {
        judgement.require(id, self.rule.subject(), cause, events);
    }
}

fn read_only_name() -> Predicate {
    Predicate::any(READ_ONLY_NAMES.map(|start| Predicate::starts_with("eventName", start)))
}

/// The events that arrive at the bus of the rule's Region: those that are recorded there (E08 to E10).
pub(super) fn arrives(context: &Context, rule: &RuleRow) -> Judgement {
    let mut judgement = Judgement::default();
    let (region, global) = (rule.region.as_str(), context.scope.global_region.as_str());
    let here = || Predicate::equals("awsRegion", region);
    let mut require = |id, cause: EventRuleCause, events| {
        judgement.require(id, rule.subject(), cause, events);
    };
    if region != global {
        let global_events =
            Predicate::one_of("eventSource", EventModel::cloudtrail().global_sources())
                .and(Predicate::equals("awsRegion", global));
        let cause = EventRuleCause::RuleMissesGlobalEvents {
            region: region.to_owned(),
            global_region: global.to_owned(),
        };
        require(LinkId::E09, cause, !global_events);
    }
    let sign_in = Predicate::equals("eventType", "AwsConsoleSignIn");
    let cause = EventRuleCause::RuleMissesSignIns {
        region: region.to_owned(),
    };
    require(LinkId::E10, cause, !sign_in.and(!here()));
    let cause = EventRuleCause::RuleInOneRegion {
        region: region.to_owned(),
    };
    require(LinkId::E08, cause, here());
    judgement
}

/// E11: a rule on a bus that no rule forwards to.
pub(super) fn not_fed(rule: &RuleRow) -> Option<Link> {
    (rule.bus != DEFAULT_BUS).then(|| {
        let bus = rule.bus.clone();
        said(
            rule,
            LinkId::E11,
            Verdict::Broken,
            EventRuleCause::BusNotFed { bus },
        )
    })
}

/// A link about a rule, with what AWS shows of it.
pub(super) fn said(rule: &RuleRow, id: LinkId, verdict: Verdict, cause: EventRuleCause) -> Link {
    let link = match verdict {
        Verdict::Ok => fine(id, rule.subject(), cause),
        verdict => Link::new(id, verdict, rule.subject(), cause),
    };
    link.field("State", rule.state.as_deref().unwrap_or("absent"))
        .field("EventPattern", &rule.pattern)
        .evidence([rule.evidence])
}
