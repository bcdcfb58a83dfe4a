//! The log group that a trail delivers to (L ids): does it exist, can it have metric filters, what does it do to records.

use std::rc::Rc;

use crate::aws::data_protection::{self, Identifier, Masker};
use crate::coverage::Predicate;

use super::Error;
use super::cause::{self, LogGroupCause, MetricFilterCause};
use super::facts::{Facts, FilterRow, LogGroup, Question};
use super::judgement::{Context, Judgement, fine, missing, unanswered};
use super::masked::{Bounds, Masks};
use super::verdict::{Kind, Link, LinkId, Subject, Verdict};

/// Where a log group is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LogGroupId {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) name: String,
    /// Without `:*`.
    pub(super) arn: String,
}

impl LogGroupId {
    pub(super) fn subject(&self) -> Subject {
        Subject::of_arn(Kind::LogGroup, &self.arn)
    }
}

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

/// What changes records before a filter sees them (L06).
#[derive(Clone, Debug)]
pub(super) enum Transformed {
    /// Nothing does.
    No,
    /// One of these does.
    Yes(Vec<Transformer>),
    /// Not answered.
    Unknown(Box<Link>),
}

/// A transformer that may change the records of a log group.
#[derive(Clone, Debug)]
pub(super) struct Transformer {
    /// Whose it is.
    pub(super) of: cause::TransformerKind,
    /// JSON array of processors.
    pub(super) config: String,
    pub(super) evidence: i64,
}

/// A log group as the judges of its filters need it.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) judgement: Judgement,
    /// Whether its filters can be looked at.
    pub(super) exists: bool,
    pub(super) masking: Masking,
    pub(super) transformed: Transformed,
}

/// Judges the log group itself.
pub(super) fn judge(facts: &Facts<'_>, place: &LogGroupId) -> Result<Group, Error> {
    let mut judgement = Judgement::default();
    let Some(group) = facts.log_group(&place.account, &place.arn)? else {
        let question = question(place, "DescribeLogGroups", &place.name);
        let asked = facts.asked(question)?;
        if let Some(filter) = facts
            .filters(&place.account, &place.region, &place.name)?
            .first()
        {
            // A group that has metric filters exists, and is of the one class that has them.
            let exists = if asked.answered() {
                let cause = LogGroupCause::NotListedWithFilters;
                Link::new(LinkId::L01, Verdict::Unknown, place.subject(), cause)
                    .field("logGroupArn", "absent from DescribeLogGroups")
                    .evidence(asked.evidence())
            } else {
                fine(LinkId::L01, place.subject(), LogGroupCause::LogGroupExists)
            };
            let class = fine(LinkId::L02, place.subject(), LogGroupCause::ClassHasFilters);
            for link in [exists, class] {
                judgement.say(
                    link.field("metricFilters[].logGroupName", &place.name)
                        .evidence([filter.evidence]),
                );
            }
            let transformed = transformed(facts, place)?;
            let masking = policies(facts, place, Masking::default())?;
            return Ok(Group {
                judgement,
                exists: true,
                // Whether data protection is on is said by DescribeLogGroups alone: it may be.
                masking: Masking {
                    active: true,
                    unread: unread(facts, place, (true, true))?,
                    ..masking
                },
                transformed,
            });
        }
        judgement.say(if asked.answered() {
            Link::new(
                LinkId::L01,
                Verdict::Broken,
                place.subject(),
                LogGroupCause::LogGroupMissing,
            )
            .field("logGroupArn", "absent from DescribeLogGroups")
            .evidence(asked.evidence())
        } else {
            unanswered(LinkId::L01, place.subject(), question, &asked)
        });
        return Ok(Group {
            judgement,
            exists: false,
            ..unfed()
        });
    };
    judgement.say(
        fine(LinkId::L01, place.subject(), LogGroupCause::LogGroupExists)
            .field("logGroupArn", &place.arn)
            .evidence([group.evidence]),
    );
    class(place, &group, &mut judgement);
    key(facts, place, &group, &mut judgement)?;
    let masking = masking(facts, place, &group)?;
    let transformed = transformed(facts, place)?;
    metric_extraction(facts, place, &mut judgement)?;
    Ok(Group {
        judgement,
        exists: true,
        masking,
        transformed,
    })
}

/// L02: metric filters work in the Standard class alone, which a group cannot leave.
fn class(place: &LogGroupId, group: &LogGroup, judgement: &mut Judgement) {
    let link = match group.class.as_deref() {
        Some("STANDARD") => fine(LinkId::L02, place.subject(), LogGroupCause::ClassHasFilters),
        Some(class) => Link::new(
            LinkId::L02,
            Verdict::Broken,
            place.subject(),
            LogGroupCause::ClassWithoutFilters {
                class: class.to_owned(),
            },
        ),
        None => Link::new(
            LinkId::L02,
            Verdict::Weak,
            place.subject(),
            LogGroupCause::ClassNotSaid,
        ),
    };
    judgement.say(
        link.field("logGroupClass", group.class.as_deref().unwrap_or("absent"))
            .evidence([group.evidence]),
    );
}

/// L05: what an unusable key does to delivery is not documented.
fn key(
    facts: &Facts<'_>,
    place: &LogGroupId,
    group: &LogGroup,
    judgement: &mut Judgement,
) -> Result<(), Error> {
    let Some(id) = &group.kms_key_id else {
        return Ok(());
    };
    let Some(key) = facts.key(&place.account, &place.region, id)? else {
        return Ok(());
    };
    let state = key.state.as_deref().unwrap_or("absent");
    if state != "Enabled" {
        judgement.say(
            Link::new(
                LinkId::L05,
                Verdict::Weak,
                place.subject(),
                LogGroupCause::LogGroupKeyNotEnabled {
                    key_state: state.to_owned(),
                },
            )
            .field("kmsKeyId", id)
            .field("KeyState", state)
            .evidence([group.evidence, key.evidence]),
        );
    }
    Ok(())
}

fn masking(facts: &Facts<'_>, place: &LogGroupId, group: &LogGroup) -> Result<Masking, Error> {
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

/// L06: a transformer of the group overrides one of the account.
fn transformed(facts: &Facts<'_>, place: &LogGroupId) -> Result<Transformed, Error> {
    if let Some(transformer) = facts.transformer(&place.account, &place.region, &place.name)? {
        return Ok(Transformed::Yes(vec![Transformer {
            of: cause::TransformerKind::LogGroup,
            config: transformer.config.to_string(),
            evidence: transformer.evidence,
        }]));
    }
    let policies = facts.account_policies(&place.account, &place.region)?;
    let policies: Vec<Transformer> = policies
        .into_iter()
        .filter(|policy| {
            policy.policy_type == "TRANSFORMER_POLICY"
                && concerns(policy.selection_criteria.as_deref(), &place.name)
        })
        .map(|policy| Transformer {
            of: cause::TransformerKind::AccountPolicy {
                name: policy.name,
                selection_criteria: policy.selection_criteria,
            },
            config: policy.document,
            evidence: policy.evidence,
        })
        .collect();
    if !policies.is_empty() {
        return Ok(Transformed::Yes(policies));
    }
    for (operation, subject) in [
        ("GetTransformer", place.name.as_str()),
        ("DescribeAccountPolicies", "TRANSFORMER_POLICY"),
    ] {
        let question = question(place, operation, subject);
        let asked = facts.asked(question)?;
        // Where CloudWatch Logs does not know transformers there are none.
        if !asked.answered() && !asked.unsupported() {
            return Ok(Transformed::Unknown(Box::new(missing(
                LinkId::L06,
                Verdict::Unknown,
                place.subject(),
                question,
                &asked,
                None,
            ))));
        }
    }
    Ok(Transformed::No)
}

/// Whether an account policy selects a log group. `LogGroupNamePrefix` is the only criterion of transformer policies (API
/// PutAccountPolicy); a text that is not understood may select any group.
fn concerns(criteria: Option<&str>, group: &str) -> bool {
    let Some(criteria) = criteria.map(str::trim).filter(|text| !text.is_empty()) else {
        return true;
    };
    let Some(rest) = criteria.strip_prefix("LogGroupNamePrefix") else {
        return true;
    };
    let mut prefixes = rest.split('"').skip(1).step_by(2).peekable();
    let plain = !rest.to_ascii_uppercase().contains("NOT") && !rest.contains('!');
    if prefixes.peek().is_none() || !plain {
        return true;
    }
    prefixes.any(|prefix| group.starts_with(prefix))
}

/// L07: such a policy concerns embedded metrics, never metric filters; said so that nobody wonders.
fn metric_extraction(
    facts: &Facts<'_>,
    place: &LogGroupId,
    judgement: &mut Judgement,
) -> Result<(), Error> {
    for policy in facts.account_policies(&place.account, &place.region)? {
        if policy.policy_type == "METRIC_EXTRACTION_POLICY" {
            judgement.say(
                fine(
                    LinkId::L07,
                    place.subject(),
                    LogGroupCause::MetricExtractionPolicy {
                        policy: policy.name.clone(),
                    },
                )
                .field("policyName", &policy.name)
                .evidence([policy.evidence]),
            );
        }
    }
    Ok(())
}

/// F01 where the group has no metric filter, or where not all of them are known.
pub(super) fn no_filters(
    facts: &Facts<'_>,
    place: &LogGroupId,
    filters: &[Rc<FilterRow>],
) -> Result<Option<Link>, Error> {
    let question = question(place, "DescribeMetricFilters", &place.name);
    let asked = facts.asked(question)?;
    if !asked.answered() {
        return Ok(Some(unanswered(
            LinkId::F01,
            place.subject(),
            question,
            &asked,
        )));
    }
    if !filters.is_empty() {
        return Ok(None);
    }
    let link = Link::new(
        LinkId::F01,
        Verdict::Broken,
        place.subject(),
        MetricFilterCause::LogGroupHasNoFilter,
    )
    .field("metricFilters", "[]")
    .evidence(asked.evidence());
    Ok(Some(link))
}

/// A log group that no trail delivers to: nothing about it matters.
pub(super) fn unfed() -> Group {
    Group {
        judgement: Judgement::default(),
        exists: true,
        masking: Masking::default(),
        transformed: Transformed::No,
    }
}

/// A question about the group to CloudWatch Logs.
pub(super) fn question<'q>(
    place: &'q LogGroupId,
    operation: &'q str,
    subject: &'q str,
) -> Question<'q> {
    Question {
        account: &place.account,
        region: &place.region,
        service: "logs",
        operation,
        subject,
    }
}
