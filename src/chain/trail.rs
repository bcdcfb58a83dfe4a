//! Trails: is it logging, does it deliver to its log group, and which regions does it record (T ids).
//!
//! The regions become conditions on the event; everything else is a verdict.

use crate::coverage::Predicate;

use super::Error;
use super::cause::{Open, TrailCause};
use super::facts::{Asked, Facts, Question, TrailRow, TrailStatus};
use super::stage::{Context, Stage, fine, missing, seconds_between, unanswered};
use super::verdict::{Link, LinkId, Subject, Verdict};

/// Services that CloudTrail calls global, and those that record in the global Region alone.
const GLOBAL_SOURCES: [&str; 5] = [
    "cloudfront.amazonaws.com",
    "iam.amazonaws.com",
    "organizations.amazonaws.com",
    "route53.amazonaws.com",
    "sts.amazonaws.com",
];
/// A delivery error that has kept everything back for so long is no passing trouble (T04).
const DAY: i64 = 24 * 3600;
/// CloudTrail delivers within about five minutes on average; an hour without is worth saying (T05).
const HOUR: i64 = 3600;

/// Everything about the trail itself, up to its log group.
pub(super) fn judge(
    facts: &Facts<'_>,
    context: &Context,
    trail: &TrailRow,
) -> Result<Stage, Error> {
    let mut stage = Stage::default();
    status(facts, context, trail, &mut stage)?;
    log_group_settings(trail, &mut stage);
    regions(context, trail, &mut stage);
    Ok(stage)
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
    stage: &mut Stage,
) -> Result<(), Error> {
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
        stage.say(
            link.field("IsLogging", status.is_logging)
                .evidence([status.evidence]),
        );
        if trail.log_group_arn.is_some() {
            delivery(facts, account, trail, &status, stage)?;
        }
        if let Some(error) = &status.s3_delivery_error {
            stage.say(
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
        stage.say(unanswered_by_tellers(
            facts,
            context,
            trail,
            LinkId::T01,
            "GetTrailStatus",
        )?);
    }
    Ok(())
}

/// T04 and T05: the last delivery to the log group, seen from the moment at which AWS was asked.
fn delivery(
    facts: &Facts<'_>,
    account: &str,
    trail: &TrailRow,
    status: &TrailStatus,
    stage: &mut Stage,
) -> Result<(), Error> {
    let delivered = facts.trail_delivery(account, trail)?.log_delivery_time;
    let asked_at = facts.recorded_at(status.evidence)?.unwrap_or_default();
    let age = delivered
        .as_deref()
        .and_then(|time| seconds_between(time, &asked_at));
    let shown = delivered.as_deref().unwrap_or("absent");
    if let Some(error) = &status.log_delivery_error {
        let recent = age.is_some_and(|age| age <= DAY);
        let verdict = if recent {
            Verdict::Degraded
        } else {
            Verdict::Broken
        };
        let cause = TrailCause::DeliveryFails {
            error: error.clone(),
            succeeded_seconds_ago: age,
        };
        stage.say(
            Link::new(LinkId::T04, verdict, trail.subject(), cause)
                .field("LatestCloudWatchLogsDeliveryError", error)
                .field("LatestCloudWatchLogsDeliveryTime", shown)
                .evidence([status.evidence]),
        );
        return Ok(());
    }
    if !status.is_logging {
        return Ok(());
    }
    let started = status
        .start_logging_time
        .as_deref()
        .and_then(|time| seconds_between(time, &asked_at));
    let link = match (age, started) {
        (Some(age), _) if age > HOUR => Link::new(
            LinkId::T05,
            Verdict::Degraded,
            trail.subject(),
            TrailCause::DeliveryStale {
                seconds: age,
                ever: true,
            },
        ),
        (Some(age), _) => fine(
            LinkId::T05,
            trail.subject(),
            TrailCause::Delivered {
                seconds_ago: age.max(0),
            },
        ),
        (None, Some(started)) if started > HOUR => Link::new(
            LinkId::T05,
            Verdict::Degraded,
            trail.subject(),
            TrailCause::DeliveryStale {
                seconds: started,
                ever: false,
            },
        ),
        (None, _) => Link::new(
            LinkId::T05,
            Verdict::Weak,
            trail.subject(),
            TrailCause::NoDeliveryOnRecord,
        ),
    };
    stage.say(
        link.field("LatestCloudWatchLogsDeliveryTime", shown)
            .evidence([status.evidence]),
    );
    Ok(())
}

/// T02 and T03.
fn log_group_settings(trail: &TrailRow, stage: &mut Stage) {
    let Some(group) = &trail.log_group_arn else {
        stage.say(
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
    stage.say(
        fine(LinkId::T02, trail.subject(), TrailCause::TrailHasLogGroup)
            .field("CloudWatchLogsLogGroupArn", group)
            .evidence([trail.evidence]),
    );
    if trail.role_arn.is_none() {
        stage.say(
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

/// T07, T08 and T09.
fn regions(context: &Context, trail: &TrailRow, stage: &mut Stage) {
    let home = trail.home_region.as_str();
    if trail.is_multi_region {
        stage.say(
            fine(LinkId::T07, trail.subject(), TrailCause::EveryRegion)
                .field("IsMultiRegionTrail", true)
                .evidence([trail.evidence]),
        );
        return;
    }
    let global = context.scope.global_region.as_str();
    if home != global {
        let elsewhere = TrailCause::GlobalRegionElsewhere {
            region: home.to_owned(),
            global_region: global.to_owned(),
        };
        stage.require(
            LinkId::T08,
            trail.subject(),
            elsewhere.clone(),
            Predicate::Not(Box::new(Predicate::equals("awsRegion", global))),
        );
        stage.say(
            Link::new(LinkId::T08, Verdict::Degraded, trail.subject(), elsewhere)
                .field("IsMultiRegionTrail", false)
                .field("HomeRegion", home)
                .evidence([trail.evidence]),
        );
    }
    let alone = TrailCause::OneRegion {
        region: home.to_owned(),
    };
    stage.require(
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
    stage.say(
        Link::new(LinkId::T07, verdict, trail.subject(), alone)
            .field("IsMultiRegionTrail", false)
            .evidence([trail.evidence]),
    );
    if trail.include_global_service_events == Some(false) {
        let global_events = Predicate::one_of("eventSource", GLOBAL_SOURCES);
        stage.require(
            LinkId::T09,
            trail.subject(),
            TrailCause::GlobalEventsExcluded,
            Predicate::Not(Box::new(global_events)),
        );
        stage.say(
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

/// Trails that nobody could see: DescribeTrails has no answer in some region.
///
/// A multi-Region trail shows in every region, so what hides in one region while others answered records that region alone.
pub(super) fn hidden(facts: &Facts<'_>, context: &Context) -> Result<Vec<Stage>, Error> {
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
    let all_silent = silent.len() == regions.len();
    let hidden = silent.into_iter().map(|(region, asked)| {
        let mut stage = Stage::default();
        let subject = Subject::region(&context.account, &region);
        stage.say(missing(
            LinkId::T01,
            Verdict::Unknown,
            &subject,
            describe_trails(context, &region),
            &asked,
            Some(Open::Trail),
        ));
        if !all_silent {
            stage.require(
                LinkId::T07,
                &subject,
                TrailCause::OneRegion {
                    region: region.clone(),
                },
                Predicate::equals("awsRegion", &region),
            );
        }
        stage
    });
    Ok(hidden.collect())
}

/// An account without any trail: every region answered, and none showed one.
pub(super) fn none(facts: &Facts<'_>, context: &Context) -> Result<Stage, Error> {
    let mut evidence = Vec::new();
    for region in &context.scope.regions {
        evidence.extend(facts.asked(describe_trails(context, region))?.evidence());
    }
    let mut stage = Stage::default();
    stage.say(
        Link::new(
            LinkId::T01,
            Verdict::Broken,
            Subject::account(&context.account),
            TrailCause::AccountHasNoTrail,
        )
        .field("trailList", "[]")
        .evidence(evidence),
    );
    Ok(stage)
}

fn describe_trails<'q>(context: &'q Context, region: &'q str) -> Question<'q> {
    Question {
        account: &context.account,
        region,
        service: "cloudtrail",
        operation: "DescribeTrails",
        subject: "",
    }
}
