//! Records without a trail: services have channels of their own to CloudTrail, and CloudWatch's telemetry rules record
//! through one.
//!
//! Which log group the records of a channel come to is shown by no call, so that what hears them there is not known.

use super::Error;
use super::cause::{Open, TrailCause};
use super::facts::{Asked, Facts, Question};
use super::judgement::{Context, missing};
use super::verdict::{Link, LinkId, Subject, Verdict};

/// How the names of channels of AWS services begin.
const OF_SERVICE: &str = "aws-service-channel/";
/// Services that bring records into log groups, as channels name them. Every other keeps them for itself.
const OF_LOGS: [&str; 5] = [
    "cloudwatch",
    "logs",
    "monitoring",
    "observabilityadmin",
    "telemetry",
];

/// T01 for an account without a trail, where a channel may record for it; none where none does, or nobody asked.
pub(super) fn open(facts: &Facts<'_>, context: &Context) -> Result<Option<Link>, Error> {
    let subject = Subject::account(&context.account);
    for (name, evidence) in facts.channels(&context.account)? {
        if let Some(service) = service(&name) {
            let service = service.to_owned();
            let cause = TrailCause::RecordsByChannel { service };
            let link = Link::new(LinkId::T01, Verdict::Unknown, subject, cause);
            return Ok(Some(link.field("Name", name).evidence([evidence])));
        }
    }
    for region in &context.scope.regions {
        let question = Question {
            account: &context.account,
            region,
            service: "cloudtrail",
            operation: "ListChannels",
            subject: "",
        };
        let asked = facts.asked(question)?;
        if matches!(asked, Asked::Failed { .. }) && !asked.unsupported() {
            let open = Some(Open::Channel);
            let link = missing(
                LinkId::T01,
                Verdict::Unknown,
                subject,
                question,
                &asked,
                open,
            );
            return Ok(Some(link));
        }
    }
    Ok(None)
}

/// The service of a channel that brings records into log groups.
fn service(name: &str) -> Option<&str> {
    let service = name.strip_prefix(OF_SERVICE)?.split('/').next()?;
    let of_logs = |known: &str| service.eq_ignore_ascii_case(known);
    OF_LOGS
        .iter()
        .any(|known| of_logs(known))
        .then_some(service)
}
