//! The log group that a trail delivers to (L ids): does it exist, can it have metric filters, what does it do to records.

use serde_json::Value;

use super::Error;
use super::cause::{self, LogGroupCause, MetricFilterCause};
use super::facts::{Facts, FilterRow, LogGroup, Question};
use super::stage::{Stage, fine, missing, unanswered};
use super::verdict::{Kind, Link, LinkId, Subject, Verdict};

/// Where a log group is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) name: String,
    /// Without `:*`.
    pub(super) arn: String,
}

impl Place {
    pub(super) fn subject(&self) -> Subject {
        Subject::of_arn(Kind::LogGroup, &self.arn)
    }
}

/// What masks parts of the records in a log group (L04).
#[derive(Clone, Debug, Default)]
pub(super) struct Masking {
    /// Whether data protection is on.
    pub(super) active: bool,
    /// Data identifiers that the policy masks, such as `IpAddress`; none where no policy could be read.
    pub(super) identifiers: Option<Vec<String>>,
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
    Unknown(Link),
}

/// A transformer that may change the records of a log group.
#[derive(Clone, Debug)]
pub(super) struct Transformer {
    /// Whose it is.
    pub(super) of: cause::Transformer,
    /// JSON array of processors.
    pub(super) config: String,
    pub(super) evidence: i64,
}

/// A log group as the judges of its filters need it.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) stage: Stage,
    /// Whether its filters can be looked at.
    pub(super) exists: bool,
    pub(super) masking: Masking,
    pub(super) transformed: Transformed,
}

/// Judges the log group itself.
pub(super) fn judge(facts: &Facts<'_>, place: &Place) -> Result<Group, Error> {
    let mut stage = Stage::default();
    let Some(group) = facts.log_group(&place.account, &place.arn)? else {
        let question = question(place, "DescribeLogGroups", &place.name);
        let asked = facts.asked(question)?;
        stage.say(if asked.answered() {
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
            stage,
            exists: false,
            ..unfed()
        });
    };
    stage.say(
        fine(LinkId::L01, place.subject(), LogGroupCause::LogGroupExists)
            .field("logGroupArn", &place.arn)
            .evidence([group.evidence]),
    );
    class(place, &group, &mut stage);
    key(facts, place, &group, &mut stage)?;
    let masking = masking(facts, place, &group)?;
    let transformed = transformed(facts, place)?;
    metric_extraction(facts, place, &mut stage)?;
    Ok(Group {
        stage,
        exists: true,
        masking,
        transformed,
    })
}

/// L02: metric filters work in the Standard class alone, which a group cannot leave.
fn class(place: &Place, group: &LogGroup, stage: &mut Stage) {
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
    stage.say(
        link.field("logGroupClass", group.class.as_deref().unwrap_or("absent"))
            .evidence([group.evidence]),
    );
}

/// L05: what an unusable key does to delivery is not documented.
fn key(facts: &Facts<'_>, place: &Place, group: &LogGroup, stage: &mut Stage) -> Result<(), Error> {
    let Some(id) = &group.kms_key_id else {
        return Ok(());
    };
    let Some(key) = facts.key(&place.account, &place.region, id)? else {
        return Ok(());
    };
    let state = key.state.as_deref().unwrap_or("absent");
    if state != "Enabled" {
        stage.say(
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

fn masking(facts: &Facts<'_>, place: &Place, group: &LogGroup) -> Result<Masking, Error> {
    let status = group.data_protection_status.as_deref().unwrap_or("absent");
    let inherited = group
        .inherited_properties
        .contains("ACCOUNT_DATA_PROTECTION");
    if status != "ACTIVATED" && !inherited {
        return Ok(Masking::default());
    }
    let mut masking = Masking {
        active: true,
        identifiers: None,
        fields: vec![
            ("dataProtectionStatus".to_owned(), status.to_owned()),
            (
                "inheritedProperties".to_owned(),
                group.inherited_properties.clone(),
            ),
        ],
        evidence: vec![group.evidence],
    };
    let mut documents = Vec::new();
    documents.extend(facts.data_protection_policy(&place.account, &place.region, &place.name)?);
    for policy in facts.account_policies(&place.account, &place.region)? {
        if policy.policy_type == "DATA_PROTECTION_POLICY" {
            documents.push((policy.document, policy.evidence));
        }
    }
    let mut identifiers: Vec<String> = Vec::new();
    for (document, evidence) in &documents {
        masking.evidence.push(*evidence);
        identifiers.extend(masked_identifiers(document));
    }
    identifiers.sort();
    identifiers.dedup();
    if !identifiers.is_empty() {
        masking.identifiers = Some(identifiers);
    }
    Ok(masking)
}

impl Masking {
    /// Says which of the fields that a pattern reads may be masked; nothing where none is.
    pub(super) fn link(&self, subject: &Subject, paths: &[String]) -> Option<Link> {
        if !self.active {
            return None;
        }
        let maskable = |path: &str| -> bool {
            let kinds = maskable_as(path);
            match &self.identifiers {
                None => !kinds.is_empty(),
                Some(identifiers) => identifiers.iter().any(|identifier| {
                    identifier.starts_with(CUSTOM)
                        || kinds.contains(&identifier.as_str())
                        || (!KNOWN_IDENTIFIERS.contains(&identifier.as_str()) && !kinds.is_empty())
                }),
            }
        };
        let masked: Vec<&str> = paths
            .iter()
            .map(String::as_str)
            .filter(|path| maskable(path))
            .collect();
        let mut link = if masked.is_empty() {
            fine(LinkId::L04, subject, LogGroupCause::MasksNothingRead)
        } else {
            Link::new(
                LinkId::L04,
                Verdict::Weak,
                subject,
                LogGroupCause::MayMask {
                    fields: masked.into_iter().map(str::to_owned).collect(),
                },
            )
        };
        if let Some(identifiers) = &self.identifiers {
            link = link.field("DataIdentifier", identifiers.join(" "));
        }
        link.fields.splice(0..0, self.fields.iter().cloned());
        Some(link.evidence(self.evidence.iter().copied()))
    }
}

/// Before the name of an identifier that the account defined: its expression may find anything.
const CUSTOM: &str = "custom ";

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

/// The last parts of the data identifiers that a policy de-identifies.
fn masked_identifiers(document: &str) -> Vec<String> {
    let Ok(document) = serde_json::from_str::<Value>(document) else {
        return Vec::new();
    };
    let statements = match document
        .get("Statement")
        .or_else(|| document.get("statement"))
    {
        Some(Value::Array(statements)) => statements.as_slice(),
        _ => &[],
    };
    let masking = statements
        .iter()
        .filter(|statement| statement.pointer("/Operation/Deidentify").is_some());
    masking
        .filter_map(|statement| statement.get("DataIdentifier")?.as_array())
        .flatten()
        .filter_map(Value::as_str)
        .map(|identifier| match identifier.rsplit_once('/') {
            Some((_, managed)) => managed.to_owned(),
            None => format!("{CUSTOM}{identifier}"),
        })
        .collect()
}

/// L06: a transformer of the group overrides one of the account.
fn transformed(facts: &Facts<'_>, place: &Place) -> Result<Transformed, Error> {
    if let Some(transformer) = facts.transformer(&place.account, &place.region, &place.name)? {
        return Ok(Transformed::Yes(vec![Transformer {
            of: cause::Transformer::LogGroup,
            config: transformer.config,
            evidence: transformer.evidence,
        }]));
    }
    let policies = facts.account_policies(&place.account, &place.region)?;
    let policies: Vec<Transformer> = policies
        .into_iter()
        .filter(|policy| policy.policy_type == "TRANSFORMER_POLICY")
        .map(|policy| Transformer {
            of: cause::Transformer::AccountPolicy {
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
        if !asked.answered() {
            return Ok(Transformed::Unknown(missing(
                LinkId::L06,
                Verdict::Unknown,
                place.subject(),
                question,
                &asked,
                None,
            )));
        }
    }
    Ok(Transformed::No)
}

/// L07: such a policy concerns embedded metrics, never metric filters; said so that nobody wonders.
fn metric_extraction(facts: &Facts<'_>, place: &Place, stage: &mut Stage) -> Result<(), Error> {
    for policy in facts.account_policies(&place.account, &place.region)? {
        if policy.policy_type == "METRIC_EXTRACTION_POLICY" {
            stage.say(
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
    place: &Place,
    filters: &[FilterRow],
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
        stage: Stage::default(),
        exists: true,
        masking: Masking::default(),
        transformed: Transformed::No,
    }
}

/// A question about the group to CloudWatch Logs.
pub(super) fn question<'q>(place: &'q Place, operation: &'q str, subject: &'q str) -> Question<'q> {
    Question {
        account: &place.account,
        region: &place.region,
        service: "logs",
        operation,
        subject,
    }
}
