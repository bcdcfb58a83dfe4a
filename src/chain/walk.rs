//! Walks the candidate paths of an account from its trails to the subscriptions, and gathers what the judges say.
//!
//! Facts say where to go, judges say what is wrong; here only the two are put together. What hangs on a log group is
//! walked once, however many trails deliver to it.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::coverage::Predicate;

use super::cause::LogGroupCause;
use super::composite_alarm::Region;
use super::facts::{Action, AlarmRow, Facts, FilterRow, TrailRow};
use super::log_group::{self, Place};
use super::metric_alarm::{self, Watched, Watchers};
use super::path::{Alarm, Filter, Path, Subscription};
use super::rule_walk::{self, Feed};
use super::same_events::SameEvents;
use super::stage::{Context, Stage};
use super::verdict::{Link, LinkId, Verdict};
use super::{
    Error, alarm_actions, alarm_message, log_alarm, metric_filter, mute_rules, organization,
    selectors, subscription, topic, trail,
};
use crate::aws::alarm::{AlarmState, Stay};
use crate::aws::composite::Moved;
use crate::aws::mute::{self, Windows};

/// What follows after a trail, as far as it goes.
#[derive(Clone, Debug, Default)]
struct Tail {
    filter: Option<Filter>,
    alarm: Option<Alarm>,
    action: Option<String>,
    subscription: Option<Subscription>,
    stage: Stage,
    muted: Arc<Windows>,
}

/// An alarm that acts, what is known of its course, and what is said of it.
struct Acting<'a> {
    alarm: &'a AlarmRow,
    tail: Tail,
    stay: Stay,
    resting: &'a [AlarmState],
    /// When the alarm below hears nothing.
    silent: &'a Windows,
    /// The id under which its switch is told.
    switch: LinkId,
}

impl Tail {
    /// The same way, with one thing more said about it.
    fn saying(&self, link: Link) -> Self {
        let mut tail = self.clone();
        tail.stage.say(link);
        tail
    }

    fn path(&self, trail: Option<String>, log_group: Option<String>, before: &Stage) -> Path {
        let mut stage = before.clone();
        stage.extend(self.stage.clone());
        Path {
            trail,
            log_group,
            filter: self.filter.clone(),
            alarm: self.alarm.clone(),
            rule: None,
            action: self.action.clone(),
            subscription: self.subscription.clone(),
            events: Predicate::all(
                stage
                    .conditions
                    .iter()
                    .map(|condition| condition.events.clone()),
            ),
            conditions: stage.conditions,
            links: stage.links,
            muted: Arc::clone(&self.muted),
        }
    }
}

/// One account under examination.
pub(super) struct Walk<'s, 'c> {
    facts: Facts<'s>,
    context: &'c Context,
    shared: &'c mut Shared,
    /// What hangs on the account's own log groups.
    tails: BTreeMap<Place, Rc<Vec<Tail>>>,
    /// Composite alarms by account and Region.
    regions: BTreeMap<(String, String), Rc<Region>>,
}

/// The stay of an alarm that no event moves.
const NO_STAY: Stay = Stay { least: 0, most: 0 };

/// What one account finds and the next finds again: what hangs on log groups in other accounts, where the members of an
/// organization all come, and which patterns match the same events.
#[derive(Debug, Default)]
pub(super) struct Shared {
    tails: BTreeMap<Place, Rc<Vec<Tail>>>,
    same_events: SameEvents,
}

impl<'s, 'c> Walk<'s, 'c> {
    pub(super) fn new(facts: Facts<'s>, context: &'c Context, shared: &'c mut Shared) -> Self {
        Self {
            facts,
            context,
            shared,
            tails: BTreeMap::new(),
            regions: BTreeMap::new(),
        }
    }

    /// All paths of the account.
    pub(super) fn paths(&mut self) -> Result<Vec<Path>, Error> {
        let mut paths = Vec::new();
        let trails = self.facts.trails(&self.context.account)?;
        for trail in &trails {
            self.trail_paths(trail, &mut paths)?;
        }
        let hidden = trail::hidden(&self.facts, self.context)?;
        for stage in &hidden {
            paths.push(Tail::default().path(None, None, stage));
        }
        if trails.is_empty() && hidden.is_empty() {
            paths.push(Tail::default().path(None, None, &trail::none(&self.facts, self.context)?));
        }
        self.unfed_filters(&trails, hidden.is_empty(), &mut paths)?;
        let feeds = self.feeds(&trails, hidden)?;
        paths.extend(rule_walk::paths(&self.facts, self.context, &feeds)?);
        Ok(paths)
    }

    /// The trails that feed the event buses of the account.
    fn feeds(&self, trails: &[TrailRow], hidden: Vec<Stage>) -> Result<Vec<Feed>, Error> {
        let mut feeds = Vec::new();
        for trail in trails {
            let mut stage = trail::records(&self.facts, self.context, trail)?;
            stage.extend(selectors::judge(&self.facts, self.context, trail)?);
            feeds.push(Feed {
                trail: Some(trail.arn.clone()),
                stage,
            });
        }
        feeds.extend(hidden.into_iter().map(|stage| Feed { trail: None, stage }));
        if feeds.is_empty() {
            let stage = trail::feeds_nothing(self.context);
            feeds.push(Feed { trail: None, stage });
        }
        Ok(feeds)
    }

    /// The log groups that were reached.
    pub(super) fn places(&self) -> Vec<Place> {
        self.tails.keys().cloned().collect()
    }

    fn trail_paths(&mut self, trail: &TrailRow, paths: &mut Vec<Path>) -> Result<(), Error> {
        let mut stage = trail::judge(&self.facts, self.context, trail)?;
        let elsewhere = organization::judge(&self.facts, self.context, trail)?;
        let reachable = elsewhere
            .links
            .iter()
            .all(|link| link.verdict != Verdict::Unknown);
        stage.extend(elsewhere);
        let arn = Some(trail.arn.clone());
        if !reachable {
            paths.push(Tail::default().path(arn, trail.log_group_arn.clone(), &stage));
            return Ok(());
        }
        stage.extend(selectors::judge(&self.facts, self.context, trail)?);
        let Some(place) = place(trail) else {
            paths.push(Tail::default().path(arn, None, &stage));
            return Ok(());
        };
        for tail in self.tails(&place)?.iter() {
            paths.push(tail.path(arn.clone(), Some(place.arn.clone()), &stage));
        }
        Ok(())
    }

    /// Filters of the account on log groups that none of its trails delivers to (F12), look-alikes included (L03).
    fn unfed_filters(
        &self,
        trails: &[TrailRow],
        all_trails_known: bool,
        paths: &mut Vec<Path>,
    ) -> Result<(), Error> {
        let account = self.context.account.as_str();
        for filter in self.facts.all_filters(account)? {
            let here = |trail: &&TrailRow| {
                trail.log_account.as_deref() == Some(account)
                    && trail.log_region.as_deref() == Some(&filter.region)
                    && trail.log_group_name.as_deref() == Some(&filter.log_group_name)
            };
            if trails.iter().any(|trail| here(&trail)) {
                continue;
            }
            let arn = format!(
                "arn:{}:logs:{}:{account}:log-group:{}",
                self.context.partition, filter.region, filter.log_group_name
            );
            let place = Place {
                account: account.to_owned(),
                region: filter.region.clone(),
                name: filter.log_group_name.clone(),
                arn,
            };
            let mut stage = Stage::default();
            let namesake = trails
                .iter()
                .find(|trail| trail.log_group_name.as_deref() == Some(&filter.log_group_name));
            let (id, cause) = match namesake.and_then(|trail| trail.log_group_arn.as_deref()) {
                Some(other) => (
                    LinkId::L03,
                    LogGroupCause::NamesakeElsewhere {
                        log_group: other.to_owned(),
                    },
                ),
                None => (LinkId::F12, LogGroupCause::NoTrailDelivers),
            };
            let verdict = if all_trails_known {
                Verdict::Broken
            } else {
                Verdict::Unknown
            };
            stage.say(
                Link::new(id, verdict, metric_filter::subject(&place, &filter), cause)
                    .field("logGroupName", &filter.log_group_name)
                    .evidence([filter.evidence]),
            );
            let group = log_group::unfed();
            stage.extend(metric_filter::judge(account, &place, &group, &filter));
            let tail = Tail {
                filter: Some(named(&filter)),
                stage,
                ..Tail::default()
            };
            paths.push(tail.path(None, Some(place.arn), &Stage::default()));
        }
        Ok(())
    }

    /// Everything that hangs on a log group.
    fn tails(&mut self, place: &Place) -> Result<Rc<Vec<Tail>>, Error> {
        if let Some(tails) = self.tails.get(place) {
            return Ok(Rc::clone(tails));
        }
        let elsewhere = place.account != self.context.account;
        let known = self.shared.tails.get(place).filter(|_| elsewhere);
        let tails = match known {
            Some(tails) => Rc::clone(tails),
            None => Rc::new(self.walk_log_group(place)?),
        };
        if elsewhere {
            self.shared.tails.insert(place.clone(), Rc::clone(&tails));
        }
        self.tails.insert(place.clone(), Rc::clone(&tails));
        Ok(tails)
    }

    fn region(&mut self, account: &str, region: &str) -> Result<Rc<Region>, Error> {
        let key = (account.to_owned(), region.to_owned());
        if let Some(region) = self.regions.get(&key) {
            return Ok(Rc::clone(region));
        }
        let region = Rc::new(Region::read(&self.facts, account, region)?);
        self.regions.insert(key, Rc::clone(&region));
        Ok(region)
    }

    fn walk_log_group(&mut self, place: &Place) -> Result<Vec<Tail>, Error> {
        let group = log_group::judge(&self.facts, place)?;
        let start = Tail {
            stage: group.stage.clone(),
            ..Tail::default()
        };
        if !group.exists {
            return Ok(vec![start]);
        }
        let filters = self
            .facts
            .filters(&place.account, &place.region, &place.name)?;
        let mut tails = Vec::new();
        if let Some(link) = log_group::no_filters(&self.facts, place, &filters)? {
            tails.push(start.saying(link));
        }
        for alarm in log_alarm::on(&self.facts, place)? {
            self.walk_log_alarm(place, &group, &alarm, &mut tails)?;
        }
        let found = self.watchers(place, &filters)?;
        let all: Vec<(&FilterRow, &Watchers)> = filters.iter().zip(&found).collect();
        for (filter, watchers) in &all {
            let mut tail = start.clone();
            tail.filter = Some(named(filter));
            tail.stage.extend(metric_filter::judge(
                &self.context.account,
                place,
                &group,
                filter,
            ));
            if let Some(link) = &watchers.none {
                tails.push(tail.saying(link.clone()));
            }
            for watched in &watchers.alarms {
                let alarm = &watched.alarm;
                let region = self.region(&alarm.account, &alarm.region)?;
                let same_events = &self.shared.same_events;
                let moved =
                    metric_alarm::moved(filter, &all, |alarm| region.looks_at(alarm), same_events);
                self.walk_alarm(&tail, watched, &moved, &mut tails)?;
            }
        }
        Ok(tails)
    }

    /// The alarms of each filter.
    fn watchers(&mut self, place: &Place, filters: &[FilterRow]) -> Result<Vec<Watchers>, Error> {
        let region = self.region(&place.account, &place.region)?;
        let of_member = place.account != self.context.account;
        filters
            .iter()
            .map(|filter| {
                let same_events = &self.shared.same_events;
                let queries = &region.queries;
                metric_alarm::find(&self.facts, place, filter, queries, of_member, same_events)
            })
            .collect()
    }

    fn walk_alarm(
        &mut self,
        before: &Tail,
        watched: &Watched,
        moved: &Moved,
        tails: &mut Vec<Tail>,
    ) -> Result<(), Error> {
        let alarm = &watched.alarm;
        let flooded = watched.flooded();
        let mut tail = before.clone();
        tail.alarm = Some(Alarm {
            arn: alarm.arn.clone(),
            name: alarm.name.clone(),
            through: Vec::new(),
            flooded,
        });
        tail.stage.extend(watched.stage.clone());
        let firing = watched.firing();
        // Of an alarm that no event moves nothing is lost in a window.
        let stay = firing.map_or(NO_STAY, |firing| firing.stay);
        let coalescing = firing.map(|firing| firing.stay.least);
        tail.stage
            .extend(alarm_actions::state(&self.facts, alarm, coalescing)?);
        let region = self.region(&alarm.account, &alarm.region)?;
        let above = region.above(watched, moved);
        let resting = firing.map_or(AlarmState::ALL.as_slice(), |firing| &firing.resting);
        let silent = firing.map_or_else(
            || Ok(Windows::default()),
            |firing| mute_rules::silent(&self.facts, alarm, &firing.silent),
        )?;
        let acting = Acting {
            alarm,
            tail: tail.clone(),
            stay,
            resting,
            silent: &silent,
            switch: LinkId::A02,
        };
        let acts = self.walk_actions(acting, tails)?;
        for composite in &above {
            let mut over = tail.clone();
            over.stage.extend(composite.stage.clone());
            let stay = composite.movement.stay;
            over.stage.extend(alarm_actions::state(
                &self.facts,
                &composite.alarm,
                coalescing.map(|_| stay.least),
            )?);
            over.alarm = Some(Alarm {
                arn: composite.alarm.arn.clone(),
                name: composite.alarm.name.clone(),
                through: composite.through.clone(),
                flooded,
            });
            let acting = Acting {
                alarm: &composite.alarm,
                tail: over.clone(),
                stay,
                resting,
                silent: &silent,
                switch: LinkId::C06,
            };
            if !self.walk_actions(acting, tails)? && !composite.has_more_above {
                tails.push(self.silent(&over, &composite.alarm, LinkId::C06, LinkId::C06)?);
            }
        }
        if let Some(link) = region.unknown(alarm) {
            tails.push(tail.saying(link));
        } else if !acts && above.is_empty() {
            tails.push(self.silent(&tail, alarm, LinkId::A02, LinkId::A03)?);
        }
        Ok(())
    }

    /// A log alarm on the group, which needs no metric filter.
    fn walk_log_alarm(
        &mut self,
        place: &Place,
        group: &log_group::Group,
        alarm: &AlarmRow,
        tails: &mut Vec<Tail>,
    ) -> Result<(), Error> {
        let region = self.region(&alarm.account, &alarm.region)?;
        let above = region.looks_at(alarm) || region.unknown(alarm).is_some();
        let stay = log_alarm::stay(alarm);
        for stage in log_alarm::ways(self.context, place, group, alarm) {
            let mut tail = Tail {
                alarm: Some(Alarm {
                    arn: alarm.arn.clone(),
                    name: alarm.name.clone(),
                    through: Vec::new(),
                    flooded: None,
                }),
                stage,
                ..Tail::default()
            };
            tail.stage
                .extend(alarm_actions::state(&self.facts, alarm, Some(stay.most))?);
            let acting = Acting {
                alarm,
                tail: tail.clone(),
                stay,
                resting: AlarmState::ALL.as_slice(),
                silent: &Windows::default(),
                switch: LinkId::A02,
            };
            if self.walk_actions(acting, tails)? {
                continue;
            }
            tails.push(if above {
                tail.saying(log_alarm::composite_above(alarm))
            } else {
                self.silent(&tail, alarm, LinkId::A02, LinkId::A03)?
            });
        }
        Ok(())
    }

    /// An alarm without an action for ALARM, and its switch where that is off as well.
    fn silent(
        &self,
        tail: &Tail,
        alarm: &AlarmRow,
        switch: LinkId,
        id: LinkId,
    ) -> Result<Tail, Error> {
        let mut silent = tail.saying(alarm_actions::no_action(&self.facts, alarm, id)?);
        if !alarm.actions_enabled {
            silent.stage.say(alarm_actions::enabled(alarm, switch));
        }
        Ok(silent)
    }

    /// The ways on from an alarm; whether it has an action.
    fn walk_actions(&self, acting: Acting<'_>, tails: &mut Vec<Tail>) -> Result<bool, Error> {
        let Acting {
            alarm,
            mut tail,
            stay,
            resting,
            silent,
            switch,
        } = acting;
        let actions = alarm_actions::actions(&self.facts, alarm)?;
        if actions.is_empty() {
            return Ok(false);
        }
        tail.stage.say(alarm_actions::enabled(alarm, switch));
        let (said, muted) = mute_rules::muted(&self.facts, alarm, stay)?;
        tail.stage.extend(said);
        tail.muted = Arc::new(mute::union([muted, silent.clone()]));
        for action in &actions {
            self.walk_action(&tail, alarm, action, resting, tails)?;
        }
        Ok(true)
    }

    fn walk_action(
        &self,
        before: &Tail,
        alarm: &AlarmRow,
        action: &Action,
        resting: &[AlarmState],
        tails: &mut Vec<Tail>,
    ) -> Result<(), Error> {
        let mut tail = before.clone();
        tail.action = Some(action.arn.clone());
        if !topic::is_topic(&action.arn) {
            tails.push(tail.saying(alarm_actions::other_action(alarm, action)));
            return Ok(());
        }
        let judged = topic::judge(&self.facts, alarm, &action.arn)?;
        tail.stage.extend(judged.stage.clone());
        if !judged.exists {
            tails.push(tail);
            return Ok(());
        }
        let listing = subscription::listed(&self.facts, &judged, &action.arn)?;
        if let Some(link) = listing.link {
            tails.push(tail.saying(link));
        }
        let message = alarm_message::of(&self.facts, alarm, resting)?;
        let mut passes = |attributes: &_, subject: &_, stage: &mut _| {
            subscription::passes_alarm(attributes, &message, subject, stage);
        };
        for row in &listing.rows {
            let mut end = tail.clone();
            end.subscription = Some(Subscription {
                arn: row.arn.clone(),
                protocol: row.protocol.clone(),
                endpoint: row.endpoint.clone(),
            });
            end.stage.extend(subscription::judge(
                &self.facts,
                &judged,
                &action.arn,
                row,
                &mut passes,
            )?);
            tails.push(end);
        }
        Ok(())
    }
}

/// Where the log group of a trail is; none where the trail has none or its ARN cannot be read.
fn place(trail: &TrailRow) -> Option<Place> {
    Some(Place {
        account: trail.log_account.clone()?,
        region: trail.log_region.clone()?,
        name: trail.log_group_name.clone()?,
        arn: trail.log_group_arn.clone()?,
    })
}

fn named(filter: &FilterRow) -> Filter {
    Filter {
        name: filter.name.clone(),
        pattern: filter.pattern.clone(),
    }
}
