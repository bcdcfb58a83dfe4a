//! What data protection masks of the records in a log group, and which events get past it (L04).
//!
//! Which conditions a custom identifier leaves open is decided by [`super::masked`].

use crate::aws::data_protection::{self, Identifier, Masker};
use crate::coverage::Predicate;

use super::Error;
use super::cause::LogGroupCause;
use super::facts::{Facts, LogGroup};
use super::judgement::{Context, Judgement, unanswered};
use super::log_group_id::{LogGroupId, question};
use super::masked::{Bounds, Masks};
use super::verdict::{Link, LinkId, Subject, Verdict};

/// What masks parts of the records in a log group (L04).
#[derive(Clone, Debug, Default)]
pub(super) struct Masking {
    /// Whether data protection is on.
    pub(super) active: bool,
    /// Data identifiers that the policies mask; none where no policy could be read.
    pub(super) identifiers: Option<Vec<Identifier>>,
    /// A policy that is there, or may be, and that nobody could read: a custom identifier in it may mask anything.
    unread: Option<Box<Link>>,
    /// API fields that say so.
    fields: Vec<(String, String)>,
    evidence: Vec<i64>,
}

/// What masks the records of a log group.
pub(super) fn of(
    facts: &Facts<'_>,
    place: &LogGroupId,
    group: &LogGroup,
) -> Result<Masking, Error> {
    let status = group.data_protection_status.as_deref().unwrap_or("absent");
    let mut inherited = group.inherited_properties.iter();
    let inherited = inherited.any(|it| it == "ACCOUNT_DATA_PROTECTION");
    let told = status == "ACTIVATED" || inherited;
    // Where the group does not speak of its protection a policy that masks still does.
    if !told && group.data_protection_status.is_some() {
        return Ok(Masking::default());
    }
    let masking = Masking {
        active: told,
        identifiers: None,
        unread: unread(facts, place, (status == "ACTIVATED", inherited))?,
        fields: vec![
            ("dataProtectionStatus".to_owned(), status.to_owned()),
            (
                "inheritedProperties".to_owned(),
                group.inherited_properties.to_string(),
            ),
        ],
        evidence: vec![group.evidence],
    };
    let mut masking = policies(facts, place, masking)?;
    masking.active |= masking.identifiers.is_some() || masking.unread.is_some();
    Ok(masking)
}

/// The same of a group that no list shows. Whether data protection is on is said by DescribeLogGroups alone: it may be.
pub(super) fn of_unlisted(facts: &Facts<'_>, place: &LogGroupId) -> Result<Masking, Error> {
    let masking = Masking {
        active: true,
        unread: unread(facts, place, (true, true))?,
        ..Masking::default()
    };
    policies(facts, place, masking)
}

/// What was asked in vain of the policies that concern the group: its own and those of the account.
fn unread(
    facts: &Facts<'_>,
    place: &LogGroupId,
    (own, inherited): (bool, bool),
) -> Result<Option<Box<Link>>, Error> {
    for (concerns, operation, subject) in [
        (own, "GetDataProtectionPolicy", place.name.as_str()),
        (
            inherited,
            "DescribeAccountPolicies",
            "DATA_PROTECTION_POLICY",
        ),
    ] {
        let question = question(place, operation, subject);
        let asked = facts.asked(question)?;
        // A policy that cannot be read is there, whatever else is known.
        if (concerns || asked.unreadable()) && !asked.answered() && !asked.unsupported() {
            let link = unanswered(LinkId::L04, place.subject(), question, &asked);
            return Ok(Some(Box::new(link)));
        }
    }
    Ok(None)
}

/// The data identifiers of the policies that may mask the group's records.
fn policies(facts: &Facts<'_>, place: &LogGroupId, mut masking: Masking) -> Result<Masking, Error> {
    let mut documents = Vec::new();
    documents.extend(facts.data_protection_policy(&place.account, &place.region, &place.name)?);
    for policy in facts.account_policies(&place.account, &place.region)? {
        if policy.policy_type == "DATA_PROTECTION_POLICY" {
            documents.push((policy.document, policy.evidence));
        }
    }
    let mut identifiers: Vec<Identifier> = Vec::new();
    for (document, evidence) in &documents {
        masking.evidence.push(*evidence);
        identifiers.extend(data_protection::identifiers(document));
    }
    identifiers.sort();
    identifiers.dedup();
    if !identifiers.is_empty() {
        masking.identifiers = Some(identifiers);
    }
    Ok(masking)
}

impl Masking {
    /// The custom identifiers whose expressions are understood.
    pub(super) fn masks(&self) -> Masks {
        let identifiers = self.identifiers.iter().flatten().filter(|_| self.active);
        let maskers = identifiers.filter_map(|identifier| match identifier {
            Identifier::Custom {
                name,
                regex: Some(regex),
            } => Some((name.clone(), Masker::new(regex)?)),
            _ => None,
        });
        Masks::new(maskers.collect())
    }

    /// The ways of events past the masks, the certain one first: of those that are `matched` with masks or without, `found` is
    /// what is with them.
    pub(super) fn ways(
        &self,
        context: &Context,
        subject: &Subject,
        paths: &[String],
        matched: &Predicate,
        (found, masks): (&Bounds, &Masks),
    ) -> Vec<Judgement> {
        let mut certain = Judgement::default();
        certain.say_all(self.link(subject, paths));
        if !masks.matter() {
            return vec![certain];
        }
        let Bounds { surely, perhaps } = found;
        let mut conditions = Judgement::default();
        let mut first = None;
        for lost in &masks.lost {
            let cause = LogGroupCause::Masks {
                field: lost.field.clone(),
                value: lost.value.clone(),
                data_identifier: lost.data_identifier.clone(),
            };
            if lost.whole && conditions.conditions.len() < MOST_VALUES {
                let others = !Predicate::equals(&lost.field, &lost.value);
                let events = others.or(perhaps.clone());
                conditions.require(LinkId::L04, subject, cause.clone(), events);
            }
            first.get_or_insert(cause);
        }
        let undecided = masks
            .open
            .as_ref()
            .map(|identifier| LogGroupCause::MaskedNotDecided {
                data_identifier: identifier.clone(),
                fields: paths.to_vec(),
            });
        let mut ways = Vec::new();
        if let Some(cause) = first.clone().or_else(|| undecided.clone()) {
            let mut way = certain.clone();
            way.extend(conditions.clone());
            let events = surely.clone().or(!matched.clone());
            way.require(LinkId::L04, subject, cause, events);
            ways.push(way);
        }
        let between = perhaps.clone().and(!surely.clone());
        if let Some(cause) = undecided.filter(|_| context.has_some(&between)) {
            let mut way = certain.clone();
            way.links.clear();
            let link = Link::new(LinkId::L04, Verdict::Unknown, subject, cause.clone());
            way.say(self.told(link));
            way.require(LinkId::L04, subject, cause, between);
            ways.push(way);
        }
        ways
    }

    /// Says what of the fields that a pattern reads is masked by what is not run here; nothing where data protection is off.
    pub(super) fn link(&self, subject: &Subject, paths: &[String]) -> Option<Link> {
        if !self.active {
            return None;
        }
        let (verdict, cause) = self.verdict(paths);
        if let Some(unread) = &self.unread
            && !paths.is_empty()
        {
            return Some(unread.as_ref().clone());
        }
        Some(self.told(Link::new(LinkId::L04, verdict, subject, cause)))
    }

    /// A link with the policies that it rests on.
    fn told(&self, mut link: Link) -> Link {
        if let Some(identifiers) = &self.identifiers {
            let names = identifiers.iter().map(|identifier| match identifier {
                Identifier::Managed(name) | Identifier::Custom { name, .. } => name.as_str(),
            });
            link = link.field("DataIdentifier", names.collect::<Vec<_>>().join(" "));
        }
        link.fields.splice(0..0, self.fields.iter().cloned());
        link.evidence(self.evidence.iter().copied())
    }

    fn verdict(&self, paths: &[String]) -> (Verdict, LogGroupCause) {
        let unclear = self.identifiers.iter().flatten().find_map(|identifier| {
            let Identifier::Custom { name, regex } = identifier else {
                return None;
            };
            let understood = regex.as_deref().and_then(Masker::new).is_some();
            (!understood).then(|| name.clone())
        });
        if let Some(data_identifier) = unclear.filter(|_| !paths.is_empty()) {
            let cause = LogGroupCause::IdentifierNotUnderstood {
                data_identifier,
                fields: paths.to_vec(),
            };
            return (Verdict::Unknown, cause);
        }
        let maskable = |path: &str| -> bool {
            let kinds = maskable_as(path);
            match &self.identifiers {
                None => !kinds.is_empty(),
                Some(identifiers) => identifiers.iter().any(|identifier| {
                    let Identifier::Managed(name) = identifier else {
                        return false;
                    };
                    kinds.contains(&name.as_str())
                        || (!KNOWN_IDENTIFIERS.contains(&name.as_str()) && !kinds.is_empty())
                }),
            }
        };
        let masked: Vec<String> = paths
            .iter()
            .filter(|path| maskable(path))
            .cloned()
            .collect();
        if masked.is_empty() {
            (Verdict::Ok, LogGroupCause::MasksNothingRead)
        } else {
            (Verdict::Weak, LogGroupCause::MayMask { fields: masked })
        }
    }
}

/// The most masked values that a finding tells one by one.
const MOST_VALUES: usize = 16;

const KNOWN_IDENTIFIERS: [&str; 6] = [
    "Address",
    "AwsSecretKey",
    "EmailAddress",
    "IpAddress",
    "LatLong",
    "Name",
];

/// Managed data identifiers that may find something in a field of a CloudTrail record. Names of events, services and
/// regions, types and codes are AWS's own words: nothing in them is personal.
fn maskable_as(path: &str) -> &'static [&'static str] {
    match path {
        "awsRegion"
        | "eventCategory"
        | "eventName"
        | "eventSource"
        | "eventTime"
        | "eventType"
        | "errorCode"
        | "eventVersion"
        | "managementEvent"
        | "readOnly"
        | "recipientAccountId"
        | "userIdentity.type"
        | "userIdentity.accountId"
        | "userIdentity.invokedBy"
        | "additionalEventData.MFAUsed"
        | "responseElements.ConsoleLogin" => &[],
        "sourceIPAddress" => &["IpAddress"],
        "userIdentity.userName" | "userIdentity.arn" | "userIdentity.principalId" => {
            &["EmailAddress", "Name"]
        }
        _ => &KNOWN_IDENTIFIERS,
    }
}
