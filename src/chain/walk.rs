//! Walks the candidate paths of an account from its trails to the subscriptions, and gathers what the judges say.
//!
//! Facts say where to go, judges say what is wrong; here only the two are put together. What hangs on a log group is
//! walked once, however many trails deliver to it.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::coverage::Predicate;

use super::cause::LogGroupCause;
use super::composite_wiring::Region;
use super::facts::{Action, AlarmRow, Facts, FilterRow, TrailRow};
use super::log_group::{self, Group, Place};
use super::path::{Alarm, Filter, Path, Subscription};
use super::stage::{Context, Stage};
use super::verdict::{Link, LinkId, Verdict};
use super::watch::Watched;
use super::{
    Error, announce, message, metric_filter, organization, selectors, subscription, topic, trail,
    watch,
};
use crate::aws::composite::AlarmState;

/// What follows after a trail, as far as it goes.
#[derive(Clone, Debug, Default)]
struct Tail {
    filter: Option<Filter>,
    alarm: Option<Alarm>,
    action: Option<String>,
    subscription: Option<Subscription>,
    stage: Stage,
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

/// What hangs on log groups that a walk reached in other accounts: the members of an organization all come there, and
/// all find the same.
#[derive(Debug, Default)]
pub(super) struct Shared {
    tails: BTreeMap<Place, Rc<Vec<Tail>>>,
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
        Ok(paths)
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
        for filter in &filters {
            self.walk_filter(place, &group, filter, &start, &mut tails)?;
        }
        Ok(tails)
    }

    fn walk_filter(
        &mut self,
        place: &Place,
        group: &Group,
        filter: &FilterRow,
        start: &Tail,
        tails: &mut Vec<Tail>,
    ) -> Result<(), Error> {
        let mut tail = start.clone();
        tail.filter = Some(named(filter));
        tail.stage.extend(metric_filter::judge(
            &self.context.account,
            place,
            group,
            filter,
        ));
        let region = self.region(&place.account, &place.region)?;
        let of_member = place.account != self.context.account;
        let watchers = watch::find(&self.facts, place, filter, &region.queries, of_member)?;
        if let Some(link) = watchers.none {
            tails.push(tail.saying(link));
        }
        for watched in watchers.alarms {
            self.walk_alarm(&tail, &watched, tails)?;
        }
        Ok(())
    }

    fn walk_alarm(
        &mut self,
        before: &Tail,
        watched: &Watched,
        tails: &mut Vec<Tail>,
    ) -> Result<(), Error> {
        let alarm = &watched.alarm;
        let mut tail = before.clone();
        tail.alarm = Some(Alarm {
            arn: alarm.arn.clone(),
            name: alarm.name.clone(),
            through: Vec::new(),
        });
        tail.stage.extend(watched.stage.clone());
        tail.stage
            .extend(announce::state(&self.facts, alarm, watched.coalescing)?);
        let actions = announce::actions(&self.facts, alarm)?;
        let region = self.region(&alarm.account, &alarm.region)?;
        let above = region.above(&self.facts, watched)?;
        for action in &actions {
            let mut acting = tail.saying(announce::enabled(alarm, LinkId::A02));
            acting.stage.extend(announce::muted(&self.facts, alarm)?);
            self.walk_action(&acting, alarm, action, &watched.resting, tails)?;
        }
        for composite in &above {
            let mut over = tail.clone();
            over.stage.extend(composite.stage.clone());
            over.stage.extend(announce::state(
                &self.facts,
                &composite.alarm,
                watched.coalescing,
            )?);
            over.alarm = Some(Alarm {
                arn: composite.alarm.arn.clone(),
                name: composite.alarm.name.clone(),
                through: composite.through.clone(),
            });
            let actions = announce::actions(&self.facts, &composite.alarm)?;
            if actions.is_empty() && !composite.has_more_above {
                tails.push(over.saying(announce::no_action(
                    &self.facts,
                    &composite.alarm,
                    LinkId::C06,
                )?));
            }
            for action in &actions {
                let mut acting = over.saying(announce::enabled(&composite.alarm, LinkId::C06));
                acting
                    .stage
                    .extend(announce::muted(&self.facts, &composite.alarm)?);
                self.walk_action(&acting, &composite.alarm, action, &watched.resting, tails)?;
            }
        }
        if let Some(link) = region.unknown(alarm) {
            tails.push(tail.saying(link));
        } else if actions.is_empty() && above.is_empty() {
            tails.push(tail.saying(announce::no_action(&self.facts, alarm, LinkId::A03)?));
        }
        Ok(())
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
            tails.push(tail.saying(announce::other_action(alarm, action)));
            return Ok(());
        }
        let judged = topic::judge(&self.facts, alarm, &action.arn)?;
        tail.stage.extend(judged.stage);
        if !judged.exists {
            tails.push(tail);
            return Ok(());
        }
        let subscriptions = self.facts.subscriptions(&judged.teller, &action.arn)?;
        if let Some(link) =
            subscription::listed(&self.facts, &judged.teller, &action.arn, &subscriptions)?
        {
            tails.push(tail.saying(link));
        }
        let message = message::of(&self.facts, alarm, resting)?;
        for row in &subscriptions {
            let mut end = tail.clone();
            end.subscription = Some(Subscription {
                arn: row.arn.clone(),
                protocol: row.protocol.clone(),
                endpoint: row.endpoint.clone(),
            });
            end.stage.extend(subscription::judge(
                &self.facts,
                &judged.teller,
                &action.arn,
                row,
                &message,
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
