//! Organization trails: a member's events run through the account that owns the trail and the log group (T10, T11, T13).

use super::Error;
use super::cause::TrailCause;
use super::facts::{Facts, TrailRow};
use super::judgement::{Context, Judgement, fine};
use super::verdict::{Link, LinkId, Subject, Verdict};

/// What it means for the account that its trail, or the log group, is another account's.
///
/// An unknown link says that the path cannot be followed.
pub(super) fn judge(
    facts: &Facts<'_>,
    context: &Context,
    trail: &TrailRow,
) -> Result<Judgement, Error> {
    let mut judgement = Judgement::default();
    let log_account = trail.log_account.as_deref().unwrap_or(&trail.owner);
    let mut others: Vec<&str> = vec![&trail.owner, log_account];
    others.retain(|account| *account != context.account);
    others.dedup();
    if others.is_empty() {
        return Ok(judgement);
    }
    for account in &others {
        let link = if facts.has_account(account)? {
            fine(
                LinkId::T10,
                trail.subject(),
                TrailCause::OwnerInSnapshot {
                    account: (*account).to_owned(),
                },
            )
        } else {
            Link::new(
                LinkId::T10,
                Verdict::Unknown,
                trail.subject(),
                TrailCause::OwnerNotInSnapshot {
                    account: (*account).to_owned(),
                },
            )
        };
        judgement.say(
            link.field("IsOrganizationTrail", trail.is_organization)
                .field(
                    "CloudWatchLogsLogGroupArn",
                    trail.log_group_arn.as_deref().unwrap_or("absent"),
                )
                .evidence([trail.evidence]),
        );
    }
    if judgement
        .links
        .iter()
        .all(|link| link.verdict == Verdict::Ok)
        && log_account != context.account
    {
        judgement.say(
            Link::new(
                LinkId::T11,
                Verdict::Weak,
                trail.subject(),
                TrailCause::MemberStreamsNotShown,
            )
            .field(
                "CloudWatchLogsRoleArn",
                trail.role_arn.as_deref().unwrap_or("absent"),
            )
            .evidence([trail.evidence]),
        );
    }
    Ok(judgement)
}

/// What is worth saying about an account of an organization.
pub(super) fn notes(facts: &Facts<'_>, context: &Context) -> Result<Vec<Link>, Error> {
    let Some((organization, management)) = facts.organization(&context.account)? else {
        return Ok(Vec::new());
    };
    if management == context.account {
        return Ok(Vec::new());
    }
    let note = fine(
        LinkId::T13,
        Subject::account(&context.account),
        TrailCause::OrganizationsEventsElsewhere {
            organization,
            management_account: management.clone(),
        },
    );
    Ok(vec![note.field("MasterAccountId", management)])
}
