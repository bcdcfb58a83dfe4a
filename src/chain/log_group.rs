//! The log group that a trail delivers to (L ids): does it exist, can it have metric filters, what does it do to records.

use std::rc::Rc;

use super::Error;
use super::cause::{self, LogGroupCause, MetricFilterCause};
use super::facts::{Facts, FilterRow, LogGroup};
use super::judgement::{Judgement, fine, missing, unanswered};
use super::log_group_id::{LogGroupId, question};
use super::masking::{self, Masking};
use super::verdict::{Link, LinkId, Verdict};

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
            return Ok(Group {
                judgement,
                exists: true,
                masking: masking::of_unlisted(facts, place)?,
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
    let masking = masking::of(facts, place, &group)?;
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
