//! Trails: is it logging, does it deliver to its log group, and which regions does it record (T ids).
//!
//! The regions become conditions on the event; everything else is a verdict.

use crate::coverage::{EventModel, Predicate};

use super::Error;
use super::cause::{EventRuleCause, LogGroupCause, Open, TrailCause};
use super::channel;
use super::facts::{Asked, Delivery, Facts, Question, TrailRow, TrailStatus};
use super::judgement::{Context, Judgement, fine, missing, seconds_between, unanswered};
use super::verdict::{Link, LinkId, Subject, Verdict};

/// Without a delivery for so long a log group is not up to date: CIS 3.4's audit asks for one within about a day. A delivery
/// error that has kept everything back for so long is no passing trouble (T04).
const DAY: i64 = 24 * 3600;
/// CloudTrail delivers within about five minutes on average; an hour without is worth saying (T05).
const HOUR: i64 = 3600;

/// Everything about the trail itself, up to its log group.
pub(super) fn judge(
    facts: &Facts<'_>,
    context: &Context,
    trail: &TrailRow,
) -> Result<Judgement, Error> {
    let mut judgement = Judgement::default();
    status(facts, context, trail, &mut judgement)?;
    log_group_settings(trail, &mut judgement);
    home(context, trail, &mut judgement);
    regions(context, trail, &mut judgement);
    Ok(judgement)
}

/// What a trail records, wherever it delivers to: that is what feeds the event buses (E01).
pub(super) fn records(
    facts: &Facts<'_>,
    context: &Context,
    trail: &TrailRow,
) -> Result<Judgement, Error> {
    let mut judgement = Judgement::default();
    // Where the records go to says nothing about the buses.
    let alone = TrailRow {
        log_group_arn: None,
        ..trail.clone()
    };
    status(facts, context, &alone, &mut judgement)?;
    home(context, &alone, &mut judgement);
    regions(context, trail, &mut judgement);
    if trail.owner != context.account {
        let cause = EventRuleCause::OrganizationTrailFeedsMember {
            owner: trail.owner.clone(),
        };
        judgement.say(
            Link::new(LinkId::E01, Verdict::Unknown, trail.subject(), cause)
                .field("IsOrganizationTrail", trail.is_organization)
                .evidence([trail.evidence]),
        );
    }
    Ok(judgement)
}

/// E01: no trail feeds the event buses.
pub(super) fn feeds_nothing(context: &Context) -> Judgement {
    let mut judgement = Judgement::default();
    let subject = Subject::account(&context.account);
    judgement.say(Link::new(
        LinkId::E01,
        Verdict::Broken,
        subject,
        EventRuleCause::NoTrailFeedsTheBus,
    ));
    judgement
}

/// The accounts that may have been told about a trail, its owner first.
pub(super) fn tellers<'t>(context: &'t Context, trail: &'t TrailRow) -> Vec<&'t str> {
    let mut accounts = vec![trail.owner.as_str()];
    if trail.owner != context.account {
        accounts.push(&context.account);
    }
    accounts
}

/// The question whose missing answer is to be told: the owner's, or else the account's own.
pub(super) fn unanswered_by_tellers(
    facts: &Facts<'_>,
    context: &Context,
    trail: &TrailRow,
    id: LinkId,
    operation: &str,
) -> Result<Link, Error> {
    let account = if facts.has_account(&trail.owner)? {
        &trail.owner
    } else {
        &context.account
    };
    let question = Question {
        account,
        region: &trail.home_region,
        service: "cloudtrail",
        operation,
        subject: &trail.arn,
    };
    let asked = facts.asked(question)?;
    Ok(unanswered(id, trail.subject(), question, &asked))
}

fn status(
    facts: &Facts<'_>,
    context: &Context,
    trail: &TrailRow,
    judgement: &mut Judgement,
) -> Result<(), Error> {
    if trail.shows_elsewhere_alone
        && facts
            .asked(describe_trails(context, &trail.home_region))?
            .answered()
    {
        let cause = TrailCause::NotListedAtHome {
            region: trail.home_region.clone(),
        };
        judgement.say(
            Link::new(LinkId::T01, Verdict::Unknown, trail.subject(), cause)
                .field("HomeRegion", &trail.home_region)
                .evidence([trail.evidence]),
        );
    }
    let mut told = false;
    // A member of an organization has a status of its own: its events may fail where the owner's arrive.
    for account in tellers(context, trail) {
        let Some(status) = facts.trail_status(account, trail)? else {
            continue;
        };
        told = true;
        let link = if status.is_logging {
            fine(LinkId::T01, trail.subject(), TrailCause::TrailLogging)
        } else {
            Link::new(
                LinkId::T01,
                Verdict::Broken,
                trail.subject(),
                TrailCause::TrailNotLogging,
            )
        };
        judgement.say(
            link.field("IsLogging", status.is_logging)
                .evidence([status.evidence]),
        );
        if trail.log_group_arn.is_some() {
            delivery(facts, account, trail, &status, judgement)?;
        }
        if let Some(error) = &status.s3_delivery_error {
            judgement.say(
                fine(
                    LinkId::T06,
                    trail.subject(),
                    TrailCause::BucketDeliveryFails {
                        error: error.clone(),
                    },
                )
                .field("LatestDeliveryError", error)
                .evidence([status.evidence]),
            );
        }
    }
    if !told {
        judgement.say(unanswered_by_tellers(
            facts,
            context,
            trail,
            LinkId::T01,
            "GetTrailStatus",
        )?);
    }
    Ok(())
}

/// T04 and T05: the last delivery to the log group, seen from the moment at which AWS was asked, and beside the last
/// delivery to the bucket: GetTrailStatus gives both in one answer.
fn delivery(
    facts: &Facts<'_>,
    account: &str,
    trail: &TrailRow,
    status: &TrailStatus,
    judgement: &mut Judgement,
) -> Result<(), Error> {
    let Delivery {
        log_delivery_time: group,
        s3_delivery_time: bucket,
    } = facts.trail_delivery(account, trail)?;
    let asked_at = facts.recorded_at(status.evidence)?.unwrap_or_default();
    let age = |time: &Option<String>| {
        time.as_deref()
            .and_then(|time| seconds_between(time, &asked_at))
    };
    let error = status.log_delivery_error.as_deref();
    if error.is_none() && !status.is_logging {
        return Ok(());
    }
    let seen = Seen {
        group: age(&group),
        bucket: age(&bucket),
        logging: age(&status.start_logging_time),
    };
    let stopped = || TrailCause::DeliveryStopped {
        log_group: group.clone(),
        bucket: bucket.clone().unwrap_or_default(),
        error: error.map(str::to_owned),
    };
    let (id, verdict, cause) = match error {
        Some(_) if seen.stopped_since(HOUR) => (LinkId::T04, Verdict::Broken, stopped()),
        Some(error) => {
            let old = |age: Option<i64>| age.is_some_and(|age| age > DAY);
            let verdict = match seen.group {
                Some(age) if age <= DAY => Verdict::Degraded,
                // Nothing arrives anywhere: the account may be quiet since one attempt failed.
                Some(_) if old(seen.bucket) => Verdict::Unknown,
                _ => Verdict::Broken,
            };
            let cause = TrailCause::DeliveryFails {
                error: error.to_owned(),
                succeeded_seconds_ago: seen.group,
            };
            (LinkId::T04, verdict, cause)
        }
        None if seen.stopped_since(DAY) => (LinkId::T05, Verdict::Broken, stopped()),
        None => {
            let (verdict, cause) = seen.without_error();
            (LinkId::T05, verdict, cause)
        }
    };
    let mut link = Link::new(id, verdict, trail.subject(), cause);
    if let Some(error) = error {
        link = link.field("LatestCloudWatchLogsDeliveryError", error);
    }
    let shown = |time: &Option<String>| time.clone().unwrap_or_else(|| "absent".to_owned());
    judgement.say(
        link.field("LatestCloudWatchLogsDeliveryTime", shown(&group))
            .field("LatestDeliveryTime", shown(&bucket))
            .evidence([status.evidence]),
    );
    Ok(())
}

/// How long ago things happened, in seconds before AWS was asked; none where they are not on record.
struct Seen {
    group: Option<i64>,
    bucket: Option<i64>,
    logging: Option<i64>,
}

impl Seen {
    /// Whether the bucket got a delivery within a day, and the log group none for longer than `bound` before that one.
    fn stopped_since(&self, bound: i64) -> bool {
        let Some(bucket) = self.bucket.filter(|age| *age <= DAY) else {
            return false;
        };
        match (self.group, self.logging) {
            (Some(group), _) => group - bucket > bound,
            // Never: as long as the trail has been logging.
            (None, Some(logging)) => logging - bucket > bound,
            (None, None) => false,
        }
    }

    /// What is to be said where CloudTrail reports no error.
    fn without_error(&self) -> (Verdict, TrailCause) {
        let stale = |seconds, ever| {
            let verdict = if seconds > DAY {
                // The bucket got nothing either, or nobody knows: the account may have been idle.
                Verdict::Unknown
            } else {
                Verdict::Degraded
            };
            (verdict, TrailCause::DeliveryStale { seconds, ever })
        };
        match (self.group, self.logging) {
            (Some(age), _) if age > HOUR => stale(age, true),
            (Some(age), _) => {
                let seconds_ago = age.max(0);
                (Verdict::Ok, TrailCause::Delivered { seconds_ago })
            }
            (None, Some(logging)) if logging > HOUR => stale(logging, false),
            (None, _) => (Verdict::Weak, TrailCause::NoDeliveryOnRecord),
        }
    }
}

/// T02 and T03.
fn log_group_settings(trail: &TrailRow, judgement: &mut Judgement) {
    let Some(group) = &trail.log_group_arn else {
        judgement.say(
            Link::new(
                LinkId::T02,
                Verdict::Broken,
                trail.subject(),
                TrailCause::TrailHasNoLogGroup,
            )
            .field("CloudWatchLogsLogGroupArn", "absent")
            .evidence([trail.evidence]),
        );
        return;
    };
    let mut link = fine(LinkId::T02, trail.subject(), TrailCause::TrailHasLogGroup)
        .field("CloudWatchLogsLogGroupArn", group)
        .evidence([trail.evidence]);
    if let Some(role) = &trail.role_arn {
        link = link.field("CloudWatchLogsRoleArn", role);
    }
    judgement.say(link);
    if trail.role_arn.is_none() {
        judgement.say(
            Link::new(
                LinkId::T03,
                Verdict::Broken,
                trail.subject(),
                TrailCause::TrailHasNoRole,
            )
            .field("CloudWatchLogsRoleArn", "absent")
            .evidence([trail.evidence]),
        );
    }
}

/// Settings of which AWS says nothing: what a trail does whose home Region is disabled, or whose log group is elsewhere.
fn home(context: &Context, trail: &TrailRow, judgement: &mut Judgement) {
    let home = trail.home_region.as_str();
    if context.regions_known && !context.scope.regions.iter().any(|region| region == home) {
        judgement.say(
            Link::new(
                LinkId::T07,
                Verdict::Unknown,
                trail.subject(),
                TrailCause::HomeRegionDisabled {
                    region: home.to_owned(),
                },
            )
            .field("HomeRegion", home)
            .evidence([trail.evidence]),
        );
    }
    let (Some(arn), Some(region), Some(account)) =
        (&trail.log_group_arn, &trail.log_region, &trail.log_account)
    else {
        return;
    };
    // The log group of an organization trail may be a delegated administrator's [CloudTrail guide, creating-trail-organization].
    let foreign = *account != trail.owner && !trail.is_organization;
    if region == home && !foreign {
        return;
    }
    judgement.say(
        Link::new(
            LinkId::L03,
            Verdict::Unknown,
            trail.subject(),
            LogGroupCause::PlaceNotDocumented {
                region: region.clone(),
                account: account.clone(),
            },
        )
        .field("HomeRegion", home)
        .field("CloudWatchLogsLogGroupArn", arn)
        .evidence([trail.evidence]),
    );
}

/// T07, T08 and T09.
fn regions(context: &Context, trail: &TrailRow, judgement: &mut Judgement) {
    let home = trail.home_region.as_str();
    if trail.is_multi_region {
        judgement.say(
            fine(LinkId::T07, trail.subject(), TrailCause::EveryRegion)
                .field("IsMultiRegionTrail", true)
                .evidence([trail.evidence]),
        );
        return;
    }
    let global = context.scope.global_region.as_str();
    // What such a service records elsewhere, at its endpoint of a Region, is no global event.
    let no_global_event = || {
        let sources = Predicate::one_of("eventSource", EventModel::cloudtrail().global_sources());
        !sources.and(Predicate::equals("awsRegion", global))
    };
    if home != global {
        let elsewhere = TrailCause::GlobalRegionElsewhere {
            region: home.to_owned(),
            global_region: global.to_owned(),
        };
        judgement.require(
            LinkId::T08,
            trail.subject(),
            elsewhere.clone(),
            no_global_event(),
        );
        judgement.say(
            Link::new(LinkId::T08, Verdict::Degraded, trail.subject(), elsewhere)
                .field("IsMultiRegionTrail", false)
                .field("HomeRegion", home)
                .evidence([trail.evidence]),
        );
    }
    let alone = TrailCause::OneRegion {
        region: home.to_owned(),
    };
    judgement.require(
        LinkId::T07,
        trail.subject(),
        alone.clone(),
        Predicate::equals("awsRegion", home),
    );
    let only_region =
        context.regions_known && context.scope.regions.iter().all(|region| region == home);
    let verdict = if only_region {
        Verdict::Ok
    } else {
        Verdict::Degraded
    };
    judgement.say(
        Link::new(LinkId::T07, verdict, trail.subject(), alone)
            .field("IsMultiRegionTrail", false)
            .evidence([trail.evidence]),
    );
    if trail.include_global_service_events == Some(false) {
        judgement.require(
            LinkId::T09,
            trail.subject(),
            TrailCause::GlobalEventsExcluded,
            no_global_event(),
        );
        judgement.say(
            Link::new(
                LinkId::T09,
                Verdict::Degraded,
                trail.subject(),
                TrailCause::GlobalEventsExcluded,
            )
            .field("IncludeGlobalServiceEvents", false)
            .evidence([trail.evidence]),
        );
    }
}

/// Trails that nobody could see: DescribeTrails has no answer in some Regions.
pub(super) struct Hidden {
    /// What is said of the trail that each of these Regions may have.
    pub(super) trails: Vec<Judgement>,
    /// Whether no Region answered.
    everywhere: bool,
}

impl Hidden {
    /// What is said of a trail of all Regions that may hide; none where some Region answered, in which it would show.
    pub(super) fn of_all_regions(&self) -> Option<&Judgement> {
        self.trails.first().filter(|_| self.everywhere)
    }
}

/// The trails that nobody could see.
///
/// A multi-Region trail shows in every Region, so what hides in one Region while others answered records that Region alone.
pub(super) fn hidden(facts: &Facts<'_>, context: &Context) -> Result<Hidden, Error> {
    let mut regions = context.scope.regions.clone();
    if regions.is_empty() {
        regions.push(context.scope.global_region.clone());
    }
    let mut silent: Vec<(String, Asked)> = Vec::new();
    for region in &regions {
        let asked = facts.asked(describe_trails(context, region))?;
        if !asked.answered() {
            silent.push((region.clone(), asked));
        }
    }
    let everywhere = silent.len() == regions.len();
    let trails = silent.into_iter().map(|(region, asked)| {
        let mut judgement = Judgement::default();
        let subject = Subject::region(&context.account, &region);
        judgement.say(missing(
            LinkId::T01,
            Verdict::Unknown,
            &subject,
            describe_trails(context, &region),
            &asked,
            Some(Open::Trail),
        ));
        if !everywhere {
            // What it leaves out is no fault of a trail that nobody saw: no trail is there that records it.
            judgement.require(
                LinkId::T01,
                Subject::account(&context.account),
                TrailCause::NoTrailRecords,
                Predicate::equals("awsRegion", &region),
            );
        }
        judgement
    });
    Ok(Hidden {
        trails: trails.collect(),
        everywhere,
    })
}

/// What is said of an account none of whose trails logs: its records may come another way. None where one may log, where
/// the trails that do not say it by themselves, and where what hides in other Regions tells of the account already.
pub(super) fn none(
    facts: &Facts<'_>,
    context: &Context,
    trails: &[TrailRow],
    hidden: &Hidden,
) -> Result<Option<Judgement>, Error> {
    let mut stopped = trails
        .iter()
        .map(|trail| has_stopped(facts, context, trail));
    if hidden.everywhere || !stopped.try_fold(true, |all, one| Ok::<_, Error>(all && one?))? {
        return Ok(None);
    }
    let link = match channel::open(facts, context)? {
        Some(link) => link,
        None if !trails.is_empty() || !hidden.trails.is_empty() => return Ok(None),
        None => Link::new(
            LinkId::T01,
            Verdict::Broken,
            Subject::account(&context.account),
            TrailCause::AccountHasNoTrail,
        )
        .field("trailList", "[]"),
    };
    let mut evidence = Vec::new();
    for region in &context.scope.regions {
        evidence.extend(facts.asked(describe_trails(context, region))?.evidence());
    }
    let mut judgement = Judgement::default();
    judgement.say(link.evidence(evidence));
    Ok(Some(judgement))
}

/// Whether GetTrailStatus says that the trail does not log.
fn has_stopped(facts: &Facts<'_>, context: &Context, trail: &TrailRow) -> Result<bool, Error> {
    for account in tellers(context, trail) {
        if let Some(status) = facts.trail_status(account, trail)?
            && !status.is_logging
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn describe_trails<'q>(context: &'q Context, region: &'q str) -> Question<'q> {
    Question::of_region(&context.account, region, ("cloudtrail", "DescribeTrails"))
}
