//! Metric filters that a snapshot may lack: where AWS was asked for the filters of the trails' log groups alone, one of
//! another group may write the same metric (F14).
//!
//! What such a filter would ordinarily publish is tried: 1, 0, and a default value of 0. An alarm that one of these undoes
//! is unknown. One that hears the event beside all of them, as a sum or a maximum of at least 1 does, is judged as if
//! there were no such filter: what could undo it is a value below zero or one that never rests, and CloudWatch
//! tells a snapshot as little about who else publishes to the metric by PutMetricData.

use serde_json::json;

use super::Error;
use super::cause::Open;
use super::facts::{Facts, Question};
use super::judgement::missing;
use super::verdict::{Link, LinkId, Subject, Verdict};
use crate::aws::alarm::{Effect, Emission};
use crate::snapshot::operations;

/// A question about the filters that write a metric, without an answer.
#[derive(Debug)]
pub(super) struct Unseen {
    account: String,
    region: String,
}

impl Unseen {
    /// Whether filters that write a metric (account, Region, namespace and name) may be missing; none where AWS was asked for
    /// those of every log group, or of this metric.
    pub(super) fn of(facts: &Facts<'_>, metric: [&str; 4]) -> Result<Option<Self>, Error> {
        let [account, region, namespace, name] = metric;
        let unseen = Self {
            account: account.to_owned(),
            region: region.to_owned(),
        };
        let question = unseen.question();
        let by_metric = json!({ "metricName": name, "metricNamespace": namespace });
        let by_metric = operations::find(question.service, question.operation)
            .and_then(|operation| operation.subjects(account, region, &by_metric).pop())
            .unwrap_or_default();
        let subjects = ["", by_metric.as_str()];
        for subject in subjects {
            if facts
                .asked(Question {
                    subject,
                    ..question
                })?
                .answered()
            {
                return Ok(None);
            }
        }
        Ok(Some(unseen))
    }

    /// Whether an alarm that one event moves would miss it beside such a filter.
    pub(super) fn may_undo(&self, ours: &Emission, effect: impl Fn(&Emission) -> Effect) -> bool {
        let ordinary = [("1", None), ("0", None), ("1", Some(0.0))];
        ordinary.into_iter().any(|(value, default_value)| {
            let beside = Emission {
                metric_value: value.to_owned(),
                default_value,
                unit: ours.unit.clone(),
                ..Emission::default()
            };
            !matches!(effect(&beside), Effect::Fires(_))
        })
    }

    /// F14: what was not asked.
    pub(super) fn link(&self, facts: &Facts<'_>, alarm: Subject) -> Result<Link, Error> {
        let question = self.question();
        let asked = facts.asked(question)?;
        let open = Some(Open::OtherMetricFilters);
        Ok(missing(
            LinkId::F14,
            Verdict::Unknown,
            alarm,
            question,
            &asked,
            open,
        ))
    }

    fn question(&self) -> Question<'_> {
        let filters = ("logs", "DescribeMetricFilters");
        Question::of_region(&self.account, &self.region, filters)
    }
}
