//! Records without a trail: services have channels of their own to CloudTrail, and CloudWatch's telemetry rules have
//! CloudTrail's events recorded through one.
//!
//! Which log group the records come to is shown by no call, so that what hears them there is not known.

use super::Error;
use super::cause::{Open, TrailCause};
use super::facts::{Facts, Question};
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

/// T01 for an account none of whose trails logs, where records may come another way; none where none do, or nobody asked.
pub(super) fn open(facts: &Facts<'_>, context: &Context) -> Result<Option<Link>, Error> {
    if let Some(link) = on_record(facts, context)? {
        return Ok(Some(link));
    }
    for region in &context.scope.regions {
        let account = &context.account;
        let channels = Question::of_region(account, region, ("cloudtrail", "ListChannels"));
        let rules = ("observabilityadmin", "ListTelemetryRules");
        let rules = Question::of_region(account, region, rules);
        let asked = facts.asked(channels)?;
        let opened = if asked.answered() || asked.unsupported() {
            // The channel of a rule is among them; an endpoint that knows no channels has no rule that makes one.
            None
        } else if asked.in_vain() {
            Some((channels, asked, Open::Channel))
        } else {
            let asked = facts.asked(rules)?;
            asked
                .in_vain()
                .then_some((rules, asked, Open::TelemetryRule))
        };
        if let Some((question, asked, open)) = opened {
            let subject = Subject::account(&context.account);
            let open = Some(open);
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

/// T01 by a channel or a telemetry rule that is there.
fn on_record(facts: &Facts<'_>, context: &Context) -> Result<Option<Link>, Error> {
    let link = |cause: TrailCause, member: &str, name: String, evidence: i64| {
        let subject = Subject::account(&context.account);
        Link::new(LinkId::T01, Verdict::Unknown, subject, cause)
            .field(member, name)
            .evidence([evidence])
    };
    // A rule says what is recorded; a channel, for which service.
    if let Some((rule, evidence)) = facts.telemetry_rules(&context.account)?.into_iter().next() {
        let cause = TrailCause::RecordsByTelemetryRule { rule: rule.clone() };
        return Ok(Some(link(cause, "RuleName", rule, evidence)));
    }
    for (name, evidence) in facts.channels(&context.account)? {
        if let Some(service) = service(&name) {
            let service = service.to_owned();
            let cause = TrailCause::RecordsByChannel { service };
            return Ok(Some(link(cause, "Name", name, evidence)));
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
