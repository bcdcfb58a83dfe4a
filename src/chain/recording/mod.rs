//! What the trails of an account keep, whoever is told: from the trail, through its event selectors, to files in a bucket or
//! to a log group.
//!
//! The same judges as for the delivery chain say what is wrong with a trail and its selectors; here the bucket counts as
//! a place where an event is kept, and so do, where they are asked for, digests and a key. Each way in which events are
//! kept is a [`Path`] that ends there.

mod files;
mod key;
mod objects;

use std::sync::Arc;

use crate::aws::mute::Windows;
use crate::coverage::{Predicate, Scope};

use super::cause::RecordingCause;
use super::facts::{Facts, TrailRow};
use super::gap::Gap;
use super::judgement::{Context, Judgement};
use super::log_group_id::LogGroupId;
use super::path::Path;
use super::verdict::{Link, LinkId, Subject, Verdict};
use super::{Error, log_group, organization, selectors, trail};

pub use objects::OBJECT_ARN;

/// A kind of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Events {
    /// Management events.
    Management,
    /// Calls on objects in S3 buckets.
    Objects,
}

/// Where an event is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// In files in a bucket, or in a log group.
    Any,
    /// In files with digests.
    ValidatedFiles,
    /// In a log group.
    LogGroup,
    /// In files encrypted with a key that works.
    EncryptedFiles,
}

/// What the trails of one account keep.
#[derive(Clone, Debug)]
pub struct AccountRecording {
    /// The account whose events are asked about.
    pub account: String,
    /// Its partition.
    pub partition: String,
    /// The account and the Regions that its events may come from.
    pub scope: Scope,
    /// Where the Regions of the account were not told: the link that says so.
    pub regions_open: Option<Link>,
    /// Names of the buckets that trails write to, in the order of the trails.
    pub buckets: Vec<String>,
    /// What could not be collected of this account.
    pub gaps: Vec<Gap>,
    trails: Vec<Trail>,
    /// What is said of trails that nobody could see, or of an account without one.
    unseen: Vec<Judgement>,
}

/// What is said of one trail, by what it concerns.
#[derive(Clone, Debug)]
struct Trail {
    arn: String,
    log_group: Option<String>,
    itself: Judgement,
    files: Judgement,
    digests: Judgement,
    key: Judgement,
    /// What of the key concerns whoever asks for files, encrypted or not.
    key_for_files: Judgement,
    group: Judgement,
    management: Judgement,
    objects: Vec<Judgement>,
}

/// The links about a trail that concern its log group alone.
const OF_LOG_GROUP: [LinkId; 5] = [
    LinkId::T02,
    LinkId::T03,
    LinkId::T04,
    LinkId::T05,
    LinkId::L03,
];

/// Everything that the snapshot says of it.
pub(super) fn read(facts: &Facts<'_>, context: &Context) -> Result<AccountRecording, Error> {
    let rows = facts.trails(&context.account)?;
    let mut trails = Vec::new();
    let mut buckets: Vec<String> = Vec::new();
    for row in rows.iter() {
        trails.push(trail_of(facts, context, row)?);
        let bucket = facts.keeping(&context.account, &row.arn)?.bucket;
        buckets.extend(bucket.filter(|bucket| !buckets.contains(bucket)));
    }
    let hidden = trail::hidden(facts, context)?;
    let none = trail::none(facts, context, &rows, &hidden)?;
    let mut unseen = hidden.trails;
    unseen.extend(none);
    let regions_open = (!context.regions_known).then(|| {
        Link::new(
            LinkId::T07,
            Verdict::Unknown,
            Subject::account(&context.account),
            RecordingCause::RegionsNotListed,
        )
    });
    Ok(AccountRecording {
        account: context.account.clone(),
        partition: context.partition.clone(),
        scope: context.scope.clone(),
        regions_open,
        buckets,
        gaps: facts.gaps(&context.account)?,
        trails,
        unseen,
    })
}

fn trail_of(facts: &Facts<'_>, context: &Context, row: &TrailRow) -> Result<Trail, Error> {
    let said = trail::judge(facts, context, row)?;
    let (of_group, of_trail): (Vec<Arc<Link>>, Vec<Arc<Link>>) = said
        .links
        .into_iter()
        .filter(|link| link.id != LinkId::T06)
        .partition(|link| OF_LOG_GROUP.contains(&link.id));
    let mut group = Judgement {
        links: of_group,
        ..Judgement::default()
    };
    group.extend(organization::judge(facts, context, row)?);
    group.links.extend(existence(facts, row)?);
    let files = files::delivered(facts, context, row)?;
    let key = key::judge(facts, context, row)?;
    Ok(Trail {
        arn: row.arn.clone(),
        log_group: row.log_group_arn.clone(),
        itself: Judgement {
            links: of_trail,
            conditions: said.conditions,
        },
        key_for_files: key::for_files(&key, &files),
        files,
        digests: files::digests(facts, context, row)?,
        key,
        group,
        management: selectors::judge(facts, context, row)?,
        objects: objects::judge(facts, context, row)?,
    })
}

/// Whether the log group is there; what metric filters make of its events is no matter here.
fn existence(facts: &Facts<'_>, row: &TrailRow) -> Result<Vec<Arc<Link>>, Error> {
    let parts = (
        row.log_account.clone(),
        row.log_region.clone(),
        row.log_group_name.clone(),
        row.log_group_arn.clone(),
    );
    let (Some(account), Some(region), Some(name), Some(arn)) = parts else {
        return Ok(Vec::new());
    };
    let place = LogGroupId {
        account,
        region,
        name,
        arn,
    };
    let mut links = log_group::judge(facts, &place)?.judgement.links;
    links.retain(|link| link.id == LinkId::L01);
    Ok(links)
}

impl AccountRecording {
    /// Every way in which events of a kind are kept where they are asked for.
    pub fn paths(&self, events: Events, keeper: Keeper) -> Vec<Path> {
        let mut paths = Vec::new();
        for trail in &self.trails {
            trail.paths(events, keeper, &mut paths);
        }
        let unseen = self.unseen.iter();
        paths.extend(unseen.map(|judgement| path(None, None, &[judgement])));
        paths
    }
}

impl Trail {
    fn paths(&self, events: Events, keeper: Keeper, paths: &mut Vec<Path>) {
        let selectors: &[Judgement] = match events {
            Events::Management => std::slice::from_ref(&self.management),
            Events::Objects => &self.objects,
        };
        for selector in selectors {
            let stages = |more: &[&Judgement]| {
                let all: Vec<&Judgement> = [&self.itself, selector]
                    .into_iter()
                    .chain(more.iter().copied())
                    .collect();
                path(Some(&self.arn), None, &all)
            };
            match keeper {
                Keeper::Any => paths.push(stages(&[&self.files, &self.key_for_files])),
                Keeper::ValidatedFiles => {
                    paths.push(stages(&[&self.files, &self.key_for_files, &self.digests]));
                }
                Keeper::EncryptedFiles => paths.push(stages(&[&self.files, &self.key])),
                Keeper::LogGroup => {}
            }
            let to_group =
                keeper == Keeper::LogGroup || (keeper == Keeper::Any && self.log_group.is_some());
            if to_group {
                let mut path = stages(&[&self.group]);
                path.log_group.clone_from(&self.log_group);
                paths.push(path);
            }
        }
    }
}

fn path(trail: Option<&str>, log_group: Option<&str>, stages: &[&Judgement]) -> Path {
    let mut judgement = Judgement::default();
    for part in stages {
        judgement.extend((*part).clone());
    }
    Path {
        trail: trail.map(str::to_owned),
        log_group: log_group.map(str::to_owned),
        filter: None,
        alarm: None,
        rule: None,
        action: None,
        subscription: None,
        events: Arc::new(Predicate::all(
            judgement.conditions.iter().map(|it| it.events.clone()),
        )),
        conditions: judgement.conditions,
        links: judgement.links,
        muted: Arc::new(Windows::default()),
        calendar: Arc::default(),
        more_trails: 0,
    }
}
