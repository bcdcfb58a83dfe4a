//! Walks the candidate paths of an account from its trails to the subscriptions, and gathers what the judges say.
//!
//! Facts say where to go, judges say what is wrong; here only the two are put together. What hangs on a log group is
//! walked once, however many trails deliver to it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use super::alarm_ends::{Acting, AlarmEnds};
use super::cause::{LogGroupCause, TrailCause};
use super::composite_alarm::Region;
use super::facts::{AlarmRow, Facts, FilterRow, TrailRow};
use super::judgement::{Context, Judgement};
use super::log_group;
use super::log_group_id::LogGroupId;
use super::metric_alarm::{self, AlarmSearch, Watched, Watchers};
use super::metrics::Metrics;
use super::moved_alarms::{self, MovedAlarms, Siblings};
use super::path::{Alarm, Condition, Filter, Path};
use super::patterns::Patterns;
use super::rule_walk::{self, Feed};
use super::same_events::SameEvents;
use super::tail::{Alike, Extent, MOST_PATHS, SharedEvents, Tail, Told};
use super::trail::Hidden;
use super::verdict::{Link, LinkId, Subject, Verdict};
use super::{
    Error, alarm_actions, log_alarm, metric_filter, mute_rules, organization, selectors, trail,
};
use crate::aws::alarm::{AlarmState, Firing, SilentTimes, Stay};
use crate::aws::arn::Location;
use crate::aws::mute::Windows;

/// One account under examination.
pub(super) struct Walk<'s, 'c> {
    facts: Facts<'s>,
    context: &'c Context,
    shared: &'c mut Shared,
    extent: Extent,
    /// How many trails there are.
    pub(super) trails: usize,
    /// Whether there are more than [`MOST_PATHS`].
    pub(super) too_many: bool,
    /// What hangs on the account's own log groups.
    tails: BTreeMap<LogGroupId, Rc<Vec<Tail>>>,
    /// Composite alarms by account and Region.
    regions: BTreeMap<(String, String), Rc<Region>>,
    /// What hangs on an alarm, by the alarm and its course: the same for every filter.
    ends: AlarmEnds,
    /// What is said of an alarm's state and its silent times, by the same.
    own: HashMap<String, Rc<(Judgement, Windows)>>,
    metrics: Metrics,
    events: SharedEvents,
}

/// The stay of an alarm that no event moves.
const NO_STAY: Stay = Stay { least: 0, most: 0 };

/// What one account finds and the next finds again: what hangs on log groups in other accounts, where the members of an
/// organization all come, and which patterns match the same events.
#[derive(Debug, Default)]
pub(super) struct Shared {
    tails: BTreeMap<LogGroupId, Rc<Vec<Tail>>>,
    same_events: SameEvents,
    patterns: Patterns,
}

impl<'s, 'c> Walk<'s, 'c> {
    pub(super) fn new(
        facts: Facts<'s>,
        context: &'c Context,
        shared: &'c mut Shared,
        extent: Extent,
    ) -> Self {
        Self {
            facts,
            context,
            shared,
            extent,
            trails: 0,
            too_many: false,
            tails: BTreeMap::new(),
            regions: BTreeMap::new(),
            ends: AlarmEnds::new(extent),
            own: HashMap::new(),
            metrics: Metrics::default(),
            events: SharedEvents::default(),
        }
    }

    /// All paths of the account.
    pub(super) fn paths(&mut self) -> Result<Vec<Path>, Error> {
        let mut paths = Vec::new();
        let trails = self.facts.trails_of(&self.context.account)?;
        self.trails = trails.len();
        let mut alike = Alike::default();
        for trail in trails.iter() {
            self.trail_paths(trail, &mut alike, &mut paths)?;
        }
        let hidden = trail::hidden(&self.facts, self.context)?;
        let none = trail::none(&self.facts, self.context, &trails, &hidden)?;
        for judgement in hidden.trails.iter().chain(&none) {
            paths.push(Tail::default().path(None, None, judgement, &mut self.events));
        }
        self.unfed_filters(&trails, none.as_ref(), &hidden, &mut paths)?;
        let feeds = self.feeds(&trails, hidden)?;
        paths.extend(rule_walk::paths(&self.facts, self.context, &feeds)?);
        self.bound(paths.len());
        Ok(paths)
    }

    /// The trails that feed the event buses of the account.
    fn feeds(&self, trails: &[TrailRow], hidden: Hidden) -> Result<Vec<Feed>, Error> {
        let mut feeds = Vec::new();
        for trail in trails {
            let mut judgement = trail::records(&self.facts, self.context, trail)?;
            judgement.extend(selectors::judge(&self.facts, self.context, trail)?);
            feeds.push(Feed {
                trail: Some(trail.arn.clone()),
                judgement,
            });
        }
        feeds.extend(hidden.trails.into_iter().map(|judgement| Feed {
            trail: None,
            judgement,
        }));
        if feeds.is_empty() {
            let judgement = trail::feeds_nothing(self.context);
            feeds.push(Feed {
                trail: None,
                judgement,
            });
        }
        Ok(feeds)
    }

    /// Notes where there are more paths than are judged; whether there are.
    fn bound(&mut self, paths: usize) -> bool {
        self.too_many |= self.extent == Extent::Judged && paths > MOST_PATHS;
        self.too_many
    }

    /// The log groups that were reached.
    pub(super) fn places(&self) -> Vec<LogGroupId> {
        self.tails.keys().cloned().collect()
    }

    fn trail_paths(
        &mut self,
        trail: &TrailRow,
        alike: &mut Alike,
        paths: &mut Vec<Path>,
    ) -> Result<(), Error> {
        let mut judgement = trail::judge(&self.facts, self.context, trail)?;
        let elsewhere = organization::judge(&self.facts, self.context, trail)?;
        let reachable = elsewhere
            .links
            .iter()
            .all(|link| link.verdict != Verdict::Unknown);
        judgement.extend(elsewhere);
        let arn = Some(trail.arn.clone());
        if !reachable {
            let log_group = trail.log_group_arn.clone();
            paths.push(Tail::default().path(arn, log_group, &judgement, &mut self.events));
            return Ok(());
        }
        judgement.extend(selectors::judge(&self.facts, self.context, trail)?);
        let Some(place) = place(trail) else {
            paths.push(Tail::default().path(arn, None, &judgement, &mut self.events));
            return Ok(());
        };
        let tails = self.tails(&place)?;
        let told = self.extent.may_leave_out(self.trails).then(|| {
            Told {
                at: &place.arn,
                names: [&trail.arn, &trail.name],
                judgement: &judgement,
            }
            .apart_from_names()
        });
        let enough = told.as_ref().and_then(|told| alike.has_enough(told));
        if let Some(last) = enough {
            // The ways on are those of the last trail that is read, and counted with them.
            let of_last = paths.get_mut(last..).unwrap_or_default().iter_mut();
            of_last
                .take(tails.len())
                .for_each(|path| path.more_trails += 1);
            return Ok(());
        }
        if self.bound(paths.len() + tails.len()) {
            return Ok(());
        }
        if let Some(told) = told {
            alike.note(told, paths.len());
        }
        for tail in tails.iter() {
            let log_group = Some(place.arn.clone());
            paths.push(tail.path(arn.clone(), log_group, &judgement, &mut self.events));
        }
        Ok(())
    }

    /// Filters of the account on log groups that none of its trails delivers to (F12), look-alikes included (L03); what
    /// there is to say of an account none of whose trails logs comes before it.
    fn unfed_filters(
        &mut self,
        trails: &[TrailRow],
        none: Option<&Judgement>,
        hidden: &Hidden,
        paths: &mut Vec<Path>,
    ) -> Result<(), Error> {
        let account = self.context.account.as_str();
        for filter in self.facts.all_filters(account)?.iter() {
            if trails.iter().any(|trail| trail.feeds(account, filter)) {
                continue;
            }
            let location = Location {
                partition: &self.context.partition,
                region: &filter.region,
                account,
            };
            let place = LogGroupId {
                account: account.to_owned(),
                region: filter.region.clone(),
                name: filter.log_group_name.clone(),
                arn: location.log_group(&filter.log_group_name),
            };
            // A hidden trail of one Region may feed the group too: its own path tells what is open about that Region.
            let before = match hidden.of_all_regions().or(none) {
                Some(before) => before.clone(),
                None => fed_by_nobody(trails, &place, filter),
            };
            let group = log_group::unfed();
            let pattern = self.shared.patterns.read(&filter.pattern);
            for judgement in metric_filter::ways(self.context, &place, &group, filter, pattern) {
                let tail = Tail {
                    filter: Some(named(filter)),
                    judgement,
                    ..Tail::default()
                };
                let log_group = Some(place.arn.clone());
                paths.push(tail.path(None, log_group, &before, &mut self.events));
            }
        }
        Ok(())
    }

    /// Everything that hangs on a log group.
    fn tails(&mut self, place: &LogGroupId) -> Result<Rc<Vec<Tail>>, Error> {
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

    fn walk_log_group(&mut self, place: &LogGroupId) -> Result<Vec<Tail>, Error> {
        let group = log_group::judge(&self.facts, place)?;
        let start = Tail {
            judgement: group.judgement.clone(),
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
        let all: Vec<(&FilterRow, &Watchers)> =
            filters.iter().map(Rc::as_ref).zip(&found).collect();
        let mut looked_at: BTreeMap<(&str, &str), Siblings<'_>> = BTreeMap::new();
        for (filter, watchers) in &all {
            // By what an alarm reads of the filter's events, too: mostly all of them do.
            let mut moves: BTreeMap<((&str, &str), Vec<*const Condition>), MovedAlarms> =
                BTreeMap::new();
            let pattern = self.shared.patterns.read(&filter.pattern);
            for way in metric_filter::ways(self.context, place, &group, filter, pattern) {
                let mut tail = start.clone();
                tail.filter = Some(named(filter));
                tail.judgement.extend(way);
                if let Some(link) = &watchers.none {
                    tails.push(tail.saying(link.clone()));
                }
                for watched in &watchers.alarms {
                    let alarm = &watched.alarm;
                    let region = self.region(&alarm.account, &alarm.region)?;
                    let key = (alarm.account.as_str(), alarm.region.as_str());
                    let siblings = match looked_at.entry(key) {
                        Entry::Occupied(known) => known.into_mut(),
                        Entry::Vacant(new) => new.insert(self.siblings(&all, &region)?),
                    };
                    let reads = watched
                        .judgement
                        .conditions
                        .iter()
                        .map(Arc::as_ptr)
                        .collect();
                    let same_events = &self.shared.same_events;
                    let moves = moves.entry((key, reads)).or_insert_with(|| {
                        moved_alarms::moves(filter, watched, siblings, same_events)
                    });
                    self.walk_alarm(&tail, watched, moves, &mut tails)?;
                    if self.bound(tails.len()) {
                        return Ok(tails);
                    }
                }
            }
        }
        Ok(tails)
    }

    /// The alarms that the composite alarms of a Region look at.
    fn siblings<'a>(
        &self,
        all: &[(&'a FilterRow, &'a Watchers)],
        region: &Region,
    ) -> Result<Siblings<'a>, Error> {
        let fed = metric_alarm::looked_at(all, |alarm| region.looks_at(alarm));
        let mut idle = BTreeSet::new();
        for watched in fed.iter().flat_map(|(_, below)| below) {
            if alarm_actions::is_idle(&self.facts, &watched.alarm)? {
                idle.insert(watched.alarm.name.clone());
            }
        }
        Ok(Siblings { fed, idle })
    }

    /// The alarms of each filter.
    fn watchers(
        &mut self,
        place: &LogGroupId,
        filters: &[Rc<FilterRow>],
    ) -> Result<Vec<Watchers>, Error> {
        let region = self.region(&place.account, &place.region)?;
        let of_member = place.account != self.context.account;
        let search = AlarmSearch {
            facts: &self.facts,
            metrics: &self.metrics,
            place,
            queries: &region.queries,
            of_member,
            same_events: &self.shared.same_events,
        };
        let found = filters.iter();
        found
            .map(|filter| metric_alarm::find(search, filter))
            .collect()
    }

    fn walk_alarm(
        &mut self,
        before: &Tail,
        watched: &Watched,
        moves: &MovedAlarms,
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
            holders: Vec::new(),
        });
        tail.judgement.extend(watched.judgement.clone());
        let firing = watched.firing();
        // Of an alarm that no event moves nothing is lost in a window.
        let stay = firing.map_or(NO_STAY, |firing| firing.stay);
        let enters = firing.map_or(0, |firing| firing.delay);
        let own = self.own(alarm, firing)?;
        let (state, silent) = &*own;
        let none = SilentTimes::default();
        let hours = firing.map_or(&none, |firing| &firing.silent);
        tail.judgement.extend(state.clone());
        let region = self.region(&alarm.account, &alarm.region)?;
        let above = region.above(watched, moves);
        let resting = firing.map_or(AlarmState::ALL.as_slice(), |firing| &firing.resting);
        let ends = self.ends.of(
            &self.facts,
            &Acting {
                alarm,
                stay,
                enters,
                resting,
                silent,
                hours,
                switch: LinkId::A02,
            },
        )?;
        tails.extend(ends.tails.iter().map(|end| tail.continued(end)));
        for composite in &above {
            let mut over = tail.clone();
            over.judgement.extend(composite.judgement.clone());
            let stay = composite.movement.stay;
            over.judgement.extend(alarm_actions::state(
                &self.facts,
                &composite.alarm,
                firing.map(|_| stay.least),
            )?);
            over.alarm = Some(Alarm {
                arn: composite.alarm.arn.clone(),
                name: composite.alarm.name.clone(),
                through: composite.through.clone(),
                flooded,
                holders: composite.holders.clone(),
            });
            let ends = self.ends.of(
                &self.facts,
                &Acting {
                    alarm: &composite.alarm,
                    stay,
                    enters: composite.movement.enters,
                    resting,
                    silent,
                    hours,
                    switch: LinkId::C06,
                },
            )?;
            tails.extend(ends.tails.iter().map(|end| over.continued(end)));
            if !ends.acts && !composite.has_more_above {
                tails.push(self.silent(&over, &composite.alarm, LinkId::C06, LinkId::C06)?);
            }
        }
        if let Some(link) = region.unknown(alarm) {
            tails.push(tail.saying(link));
        } else if !ends.acts && above.is_empty() {
            tails.push(self.silent(&tail, alarm, LinkId::A02, LinkId::A03)?);
        }
        Ok(())
    }

    /// A log alarm on the group, which needs no metric filter.
    fn walk_log_alarm(
        &mut self,
        place: &LogGroupId,
        group: &log_group::Group,
        alarm: &AlarmRow,
        tails: &mut Vec<Tail>,
    ) -> Result<(), Error> {
        let region = self.region(&alarm.account, &alarm.region)?;
        let above = region.looks_at(alarm) || region.unknown(alarm).is_some();
        let stay = log_alarm::stay(alarm);
        for judgement in log_alarm::ways(self.context, place, group, alarm) {
            let mut tail = Tail {
                alarm: Some(Alarm {
                    arn: alarm.arn.clone(),
                    name: alarm.name.clone(),
                    through: Vec::new(),
                    flooded: log_alarm::flooded(&judgement),
                    holders: Vec::new(),
                }),
                judgement,
                ..Tail::default()
            };
            tail.judgement
                .extend(alarm_actions::state(&self.facts, alarm, Some(stay.most))?);
            let ends = self.ends.of(
                &self.facts,
                &Acting {
                    alarm,
                    stay,
                    enters: stay.most,
                    resting: AlarmState::ALL.as_slice(),
                    silent: &Windows::default(),
                    hours: &SilentTimes::default(),
                    switch: LinkId::A02,
                },
            )?;
            tails.extend(ends.tails.iter().map(|end| tail.continued(end)));
            if ends.acts {
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

    /// What is said of an alarm's state, and when it hears nothing.
    fn own(
        &mut self,
        alarm: &AlarmRow,
        firing: Option<&Firing>,
    ) -> Result<Rc<(Judgement, Windows)>, Error> {
        let course = firing.map(|firing| (firing.stay.least, &firing.silent));
        let key = format!("{}\u{1}{}\u{1}{course:?}", alarm.account, alarm.arn);
        if let Some(own) = self.own.get(&key) {
            return Ok(Rc::clone(own));
        }
        let coalescing = firing.map(|firing| firing.stay.least);
        let state = alarm_actions::state(&self.facts, alarm, coalescing)?;
        let silent = match firing {
            Some(firing) => mute_rules::silent(&self.facts, alarm, &firing.silent)?,
            None => Windows::default(),
        };
        let own = Rc::new((state, silent));
        self.own.insert(key, Rc::clone(&own));
        Ok(own)
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
            silent.judgement.say(alarm_actions::enabled(alarm, switch));
        }
        Ok(silent)
    }
}

/// Where the log group of a trail is; none where the trail has none or its ARN cannot be read.
fn place(trail: &TrailRow) -> Option<LogGroupId> {
    Some(LogGroupId {
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

/// What stands before a filter of a log group that no trail delivers to: nothing (F12), a trail that delivers to a group of
/// the same name elsewhere (L03), or no trail at all, which no other log group would help (T01).
fn fed_by_nobody(trails: &[TrailRow], place: &LogGroupId, filter: &FilterRow) -> Judgement {
    let mut judgement = Judgement::default();
    if trails.is_empty() {
        judgement.say(Link::new(
            LinkId::T01,
            Verdict::Broken,
            Subject::account(&place.account),
            TrailCause::NoTrailRecords,
        ));
        return judgement;
    }
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
    let subject = metric_filter::subject(place, filter);
    judgement.say(
        Link::new(id, Verdict::Broken, subject, cause)
            .field("logGroupName", &filter.log_group_name)
            .evidence([filter.evidence]),
    );
    judgement
}
