//! Files in a bucket: are they delivered (T06), and with digests (T14, T15)?

use crate::chain::Error;
use crate::chain::cause::RecordingCause;
use crate::chain::facts::{Facts, FileDelivery, TrailRow};
use crate::chain::judgement::{Context, Judgement, fine, seconds_between};
use crate::chain::trail::tellers;
use crate::chain::verdict::{Link, LinkId, Verdict};

/// Without a delivery for so long it is not known whether files still arrive: as for a log group (T05).
const DAY: i64 = 24 * 3600;
const HOUR: i64 = 3600;

/// How long ago something was delivered, seen from the moment at which AWS was asked.
enum Age {
    /// So many seconds.
    Of(i64),
    /// Never, while the trail has been logging for so many seconds.
    NeverIn(i64),
    /// Not on record.
    NotSaid,
}

impl Age {
    fn of(status: &FileDelivery, time: Option<&String>) -> Self {
        let asked = status.asked.as_deref().unwrap_or_default();
        let since = |time: Option<&String>| seconds_between(time?, asked);
        match (since(time), since(status.started.as_ref())) {
            (Some(age), _) => Self::Of(age.max(0)),
            (None, Some(logging)) => Self::NeverIn(logging.max(0)),
            (None, None) => Self::NotSaid,
        }
    }
}

/// Whether files reach the bucket, as each account was told that may know.
pub(super) fn delivered(
    facts: &Facts<'_>,
    context: &Context,
    trail: &TrailRow,
) -> Result<Judgement, Error> {
    let mut judgement = Judgement::default();
    for account in tellers(context, trail) {
        let status = facts.file_delivery(account, &trail.home_region, &trail.arn)?;
        if let Some(status) = status {
            judgement.say(files(trail, &status));
        }
    }
    Ok(judgement)
}

fn files(trail: &TrailRow, status: &FileDelivery) -> Link {
    let shown = status.time.clone().unwrap_or_else(|| "absent".to_owned());
    let link = |verdict, cause: RecordingCause| {
        Link::new(LinkId::T06, verdict, trail.subject(), cause)
            .field("LatestDeliveryTime", shown)
            .evidence([status.evidence])
    };
    if let Some(error) = &status.error {
        let cause = RecordingCause::FilesNotDelivered {
            error: error.clone(),
        };
        return link(Verdict::Broken, cause).field("LatestDeliveryError", error);
    }
    // Nothing is delivered while nothing is recorded, which is said already (T01).
    if !status.is_logging {
        return link(Verdict::Ok, RecordingCause::NoFilesOnRecord);
    }
    let stale = |seconds, ever| {
        let verdict = if seconds > DAY {
            Verdict::Unknown
        } else {
            Verdict::Degraded
        };
        (verdict, RecordingCause::FilesStale { seconds, ever })
    };
    let (verdict, cause) = match Age::of(status, status.time.as_ref()) {
        Age::Of(age) if age > HOUR => stale(age, true),
        Age::Of(seconds_ago) => (Verdict::Ok, RecordingCause::FilesDelivered { seconds_ago }),
        Age::NeverIn(logging) if logging > HOUR => stale(logging, false),
        Age::NeverIn(_) | Age::NotSaid => (Verdict::Weak, RecordingCause::NoFilesOnRecord),
    };
    link(verdict, cause)
}

/// Whether the files can be checked.
pub(super) fn digests(
    facts: &Facts<'_>,
    context: &Context,
    trail: &TrailRow,
) -> Result<Judgement, Error> {
    let mut judgement = Judgement::default();
    let setting = facts.keeping(&context.account, &trail.arn)?.validates;
    let (verdict, cause) = match setting {
        Some(true) => (Verdict::Ok, RecordingCause::DigestsWritten),
        Some(false) => (Verdict::Broken, RecordingCause::DigestsOff),
        None => (Verdict::Unknown, RecordingCause::DigestsNotSaid),
    };
    let shown = setting.map_or_else(|| "absent".to_owned(), |setting| setting.to_string());
    judgement.say(
        Link::new(LinkId::T14, verdict, trail.subject(), cause)
            .field("LogFileValidationEnabled", shown)
            .evidence([trail.evidence]),
    );
    if setting == Some(false) {
        return Ok(judgement);
    }
    for account in tellers(context, trail) {
        let status = facts.file_delivery(account, &trail.home_region, &trail.arn)?;
        if let Some(status) = status {
            judgement.say_all(digest_delivery(trail, &status));
        }
    }
    Ok(judgement)
}

fn digest_delivery(trail: &TrailRow, status: &FileDelivery) -> Option<Link> {
    if let Some(error) = &status.digest_error {
        let cause = RecordingCause::DigestsNotDelivered {
            error: error.clone(),
        };
        let link = Link::new(LinkId::T15, Verdict::Broken, trail.subject(), cause)
            .field("LatestDigestDeliveryError", error);
        return Some(link.evidence([status.evidence]));
    }
    // A trail that never told of a digest may have begun to write them just now: the setting has no date.
    let Age::Of(seconds) = Age::of(status, status.digest_time.as_ref()) else {
        return None;
    };
    if seconds <= DAY || !status.is_logging {
        let link = fine(LinkId::T15, trail.subject(), RecordingCause::DigestsWritten);
        return Some(link.evidence([status.evidence]));
    }
    let cause = RecordingCause::DigestsStale { seconds };
    let link = Link::new(LinkId::T15, Verdict::Unknown, trail.subject(), cause);
    Some(link.evidence([status.evidence]))
}
