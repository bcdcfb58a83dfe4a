//! What one event does to an alarm: from facts to the arithmetic of [`crate::aws::alarm`] and [`crate::aws::metric_math`],
//! and from its reasons to links.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::cause::AlarmCause;
use super::facts::{AlarmRow, Facts, FilterRow, Json, MetricFilters, MetricRow};
use super::judgement::Judgement;
use super::log_group_id::LogGroupId;
use super::same_events::SameEvents;
use super::unseen_filters::Unseen;
use super::verdict::{Link, LinkId, Subject, Verdict};
use super::{Error, dimensions, metric_filter};
use crate::aws::alarm::{self, Effect, Emission, Reason, Settings};
use crate::aws::metric_math::{self, Metric, MetricRole};

/// A metric filter with those that write the same metric, in the account and Region of its log group.
#[derive(Debug)]
pub(super) struct Writers<'r> {
    pub(super) place: &'r LogGroupId,
    pub(super) filter: &'r FilterRow,
    others: &'r [&'r FilterRow],
    /// Where the others may not be all.
    unseen: Option<Unseen>,
    same_events: &'r SameEvents,
    /// What the others publish to the very same metric.
    emissions: OnceCell<Vec<Emission>>,
    /// What alarms of the same settings do.
    plain: RefCell<HashMap<String, Evaluated>>,
}

/// What an alarm does with the events of a filter.
#[derive(Clone, Debug)]
pub(super) struct Evaluated {
    /// What one event does.
    pub(super) effect: Effect,
    /// Whether the alarm sits in ALARM while events come in every period.
    pub(super) flooded: Option<bool>,
    /// Whether it hangs on filters that nobody asked for.
    pub(super) unseen: bool,
}

impl<'r> Writers<'r> {
    /// A filter, and the others that write the same metric.
    pub(super) fn new(
        place: &'r LogGroupId,
        filter: &'r FilterRow,
        (others, unseen): (&'r [&'r FilterRow], Option<Unseen>),
        same_events: &'r SameEvents,
    ) -> Self {
        Self {
            place,
            filter,
            others,
            unseen,
            same_events,
            emissions: OnceCell::new(),
            plain: RefCell::default(),
        }
    }

    /// An alarm on one metric.
    pub(super) fn plain(&self, alarm: &AlarmRow) -> Evaluated {
        let settings = settings(alarm);
        let values = alarm.dimensions.as_deref();
        let key = format!("{settings:?} {values:?}");
        if let Some(known) = self.plain.borrow().get(&key) {
            return known.clone();
        }
        let others = match values {
            Some(values) => self.emissions_of(values),
            None => self.emissions().to_vec(),
        };
        let ours = emission(self.filter);
        let found = Evaluated {
            effect: alarm::single_event(&ours, &others, &settings),
            flooded: alarm::flooded(&ours, &others, &settings),
            unseen: false,
        };
        let found = self.beside_unseen(found, |unseen| {
            let others: Vec<Emission> = others.iter().chain([unseen]).cloned().collect();
            alarm::single_event(&ours, &others, &settings)
        });
        self.plain.borrow_mut().insert(key, found.clone());
        found
    }

    /// Where filters that nobody asked for may undo what one event does, that is unknown.
    fn beside_unseen(&self, found: Evaluated, effect: impl Fn(&Emission) -> Effect) -> Evaluated {
        let fires = matches!(found.effect, Effect::Fires(_));
        let unseen = self.unseen.as_ref().filter(|_| fires);
        if unseen.is_some_and(|unseen| unseen.may_undo(&emission(self.filter), effect)) {
            return Evaluated {
                effect: Effect::Unknown(Vec::new()),
                unseen: true,
                ..found
            };
        }
        found
    }

    /// An alarm on an expression over metrics.
    ///
    /// Whether the event is matched by the filters behind the other metrics too is not known here, but for those that
    /// match all of its events: an alarm that fires has to fire either way. One that needs their help is no path of this filter.
    /// `ours` is the series that the event goes into: one event has one value of each dimension.
    pub(super) fn math(
        &self,
        facts: &Facts<'_>,
        alarm: &AlarmRow,
        (reads, ours): (&[MetricRow], &MetricRow),
    ) -> Result<Evaluated, Error> {
        let Some(queries) = alarm.metrics.as_ref() else {
            return Ok(Evaluated {
                effect: Effect::Unknown(vec![Reason::QueriesNotUnderstood]),
                flooded: None,
                unseen: false,
            });
        };
        let mut writers: BTreeMap<(String, String, String), MetricFilters> = BTreeMap::new();
        for row in reads {
            let (Some(namespace), Some(name)) = (&row.namespace, &row.metric_name) else {
                continue;
            };
            let account = row.metric_account.as_ref().unwrap_or(&alarm.account);
            if !self.is_ours(account, namespace, name) {
                let found = facts.writers(account, &alarm.region, namespace, name)?;
                writers.insert((account.clone(), namespace.clone(), name.clone()), found);
            }
        }
        let role = |metric: &Metric, all_match: bool| {
            let account = metric.account.as_ref().unwrap_or(&alarm.account);
            let same_names = |writer: &FilterRow| {
                dimensions::selectors(writer)
                    .keys()
                    .eq(metric.dimensions.keys())
            };
            if self.is_ours(account, &metric.namespace, &metric.metric_name) {
                if !same_names(self.filter) {
                    return MetricRole::Unknown;
                }
                let mut others = self.emissions_of(&metric.dimensions);
                let emission = emission(self.filter);
                if metric.dimensions.iter().ne(ours.dimensions.iter()) {
                    others.push(emission);
                    // Where events have no value of a dimension no default is published either.
                    return MetricRole::Quiet {
                        writers: others,
                        fed: false,
                    };
                }
                return MetricRole::Event { emission, others };
            }
            let key = (
                account.clone(),
                metric.namespace.clone(),
                metric.metric_name.clone(),
            );
            let found = writers.get(&key).map(AsRef::as_ref).unwrap_or_default();
            let found = found.iter().map(Rc::as_ref);
            let found: Vec<&FilterRow> = found.filter(|row| same_names(row)).collect();
            self.role_of_others(&found, all_match)
        };
        let settings = settings(alarm);
        let alone = metric_math::single_event(queries, &settings, |metric| role(metric, false));
        let together = metric_math::single_event(queries, &settings, |metric| role(metric, true));
        let fires = |effect: &Effect| match effect {
            Effect::Fires(firing) => Some(firing.silent.clone()),
            Effect::Never(_) | Effect::Unknown(_) => None,
        };
        let found = Evaluated {
            unseen: false,
            flooded: metric_math::flooded(queries, &settings, |metric| role(metric, false)),
            effect: if fires(&alone).is_some() && fires(&alone) != fires(&together) {
                Effect::Unknown(vec![Reason::OtherFiltersDecide])
            } else {
                alone
            },
        };
        Ok(self.beside_unseen(found, |unseen| {
            metric_math::single_event(queries, &settings, |metric| {
                beside(role(metric, false), unseen)
            })
        }))
    }

    fn is_ours(&self, account: &str, namespace: &str, name: &str) -> bool {
        account == self.place.account
            && self.filter.namespace.as_deref() == Some(namespace)
            && self.filter.metric_name.as_deref() == Some(name)
    }

    /// What another metric has to do with the event, by the filters that write it.
    fn role_of_others(&self, writers: &[&FilterRow], all_match: bool) -> MetricRole {
        let mut emissions: Vec<Emission> = writers
            .iter()
            .map(|writer| self.emission_beside(writer))
            .collect();
        let matching = emissions
            .iter()
            .position(|emission| emission.same_events || all_match);
        if let Some(index) = matching {
            let emission = emissions.remove(index);
            return MetricRole::Event {
                emission,
                others: emissions,
            };
        }
        if emissions.is_empty() {
            return MetricRole::Unknown;
        }
        let fed = writers.iter().any(|writer| {
            writer.default_value.is_some()
                && writer.log_group_name == self.filter.log_group_name
                && writer.field_selection_criteria == self.filter.field_selection_criteria
        });
        MetricRole::Quiet {
            writers: emissions,
            fed,
        }
    }

    /// What the other filters publish to the very same metric.
    fn emissions(&self) -> &[Emission] {
        self.emissions.get_or_init(|| {
            self.others
                .iter()
                .filter(|other| dimensions::same_metric(self.filter, other))
                .map(|other| self.emission_beside(other))
                .collect()
        })
    }

    /// What they publish to the series of these values: those that have no event with them write others.
    fn emissions_of(&self, values: &BTreeMap<String, String>) -> Vec<Emission> {
        if values.is_empty() {
            return self.emissions().to_vec();
        }
        let writes = |other: &&&FilterRow| {
            dimensions::same_metric(self.filter, other)
                && dimensions::may_write(other, values, self.same_events)
        };
        let others = self.others.iter().filter(writes);
        others.map(|other| self.emission_beside(other)).collect()
    }

    fn emission_beside(&self, other: &FilterRow) -> Emission {
        Emission {
            same_events: self.same_events.of(self.filter, other),
            ..emission(other)
        }
    }

    /// Turns what an alarm does into links with the fields that decided it.
    pub(super) fn say(
        &self,
        facts: &Facts<'_>,
        found: &Evaluated,
        alarm: &AlarmRow,
        judgement: &mut Judgement,
    ) -> Result<(), Error> {
        if let Some(unseen) = self.unseen.as_ref().filter(|_| found.unseen) {
            let link = unseen.link(facts, alarm.subject())?;
            judgement.say(self.shown(link, alarm));
        }
        let (verdict, reasons) = match &found.effect {
            Effect::Fires(firing) => {
                let fires = AlarmCause::OneEventFires {
                    delay_seconds: firing.delay,
                    coalescing_seconds: firing.stay.least,
                };
                let link = Link::new(LinkId::A04, Verdict::Ok, alarm.subject(), fires);
                judgement.say(self.shown(link, alarm));
                (Verdict::Degraded, &firing.remarks)
            }
            Effect::Never(reasons) => (Verdict::Broken, reasons),
            Effect::Unknown(reasons) => (Verdict::Unknown, reasons),
        };
        for reason in reasons {
            let subject = self.filter_of(reason).unwrap_or_else(|| alarm.subject());
            let link = Link::new(reason_id(reason), verdict, subject, reason.clone());
            judgement.say(self.shown(link, alarm));
        }
        Ok(())
    }

    /// The metric filter that a reason is about; none where it is about the alarm.
    fn filter_of(&self, reason: &Reason) -> Option<Subject> {
        let named = match reason {
            Reason::ValueIsText { .. }
            | Reason::ValueIsField { .. }
            | Reason::ValueIsNoNumber { .. }
            | Reason::ValueIsZero(_)
            | Reason::ValueIsNegative(_) => return Some(self.subject(self.filter)),
            Reason::UnitDiffers { filter, .. }
            | Reason::DefaultBreaches { filter, .. }
            | Reason::DefaultsDecideSilence { filter }
            | Reason::OtherValueHidesEvent { filter, .. }
            | Reason::OtherValueDecides { filter, .. } => filter,
            Reason::DefaultsDecide {
                filter, dilutes, ..
            }
            | Reason::DefaultHidesEvent {
                filter, dilutes, ..
            } if !dilutes => filter,
            _ => return None,
        };
        let writers = std::iter::once(self.filter).chain(self.others.iter().copied());
        writers
            .into_iter()
            .find(|writer| writer.name == *named)
            .map(|writer| self.subject(writer))
    }

    fn subject(&self, filter: &FilterRow) -> Subject {
        metric_filter::subject(self.place, filter)
    }

    /// A link with the settings that decided.
    fn shown(&self, mut link: Link, alarm: &AlarmRow) -> Link {
        let text = |value: &Option<String>| value.clone();
        let number = |value: Option<i64>| value.map(|value| value.to_string());
        let shown = [
            ("metricValue", text(&self.filter.metric_value)),
            ("defaultValue", text(&self.filter.default_value)),
            (
                "Statistic",
                text(&alarm.statistic).or_else(|| text(&alarm.extended_statistic)),
            ),
            ("Metrics", alarm.metrics.as_ref().map(Json::to_string)),
            ("ComparisonOperator", text(&alarm.comparison_operator)),
            ("Threshold", text(&alarm.threshold)),
            ("Period", number(alarm.period)),
            ("EvaluationPeriods", number(alarm.evaluation_periods)),
            ("DatapointsToAlarm", number(alarm.datapoints_to_alarm)),
            ("TreatMissingData", text(&alarm.treat_missing_data)),
        ];
        for (name, value) in shown {
            if let Some(value) = value {
                link = link.field(name, value);
            }
        }
        link.evidence([alarm.evidence, self.filter.evidence])
    }
}

/// The failure that a reason stands for.
pub fn reason_id(reason: &Reason) -> LinkId {
    match reason {
        Reason::ValueIsZero(_) => LinkId::F02,
        Reason::ValueIsText { .. }
        | Reason::ValueIsField { .. }
        | Reason::ValueIsNoNumber { .. } => LinkId::F03,
        Reason::ValueIsNegative(_) | Reason::NoValueForNegatives { .. } => LinkId::F04,
        Reason::DefaultsDecideSilence { .. } => LinkId::F08,
        Reason::DefaultBreaches { .. } => LinkId::F09,
        Reason::UnitDiffers { .. } | Reason::UnitsMixed { .. } => LinkId::F10,
        Reason::OtherValueHidesEvent { .. }
        | Reason::OtherValueDecides { .. }
        | Reason::DefaultsDiffer { .. } => LinkId::F14,
        Reason::MissingDataNotKnown { .. }
        | Reason::DatapointsNotPossible
        | Reason::PeriodNotPossible
        | Reason::StatisticNotDefined { .. }
        | Reason::EventDoesNotBreach(_)
        | Reason::NeedsEvents { .. }
        | Reason::BurstsStopBreaching { .. } => LinkId::A04,
        Reason::DefaultsOutvote { .. }
        | Reason::OtherValuesOutvote { .. }
        | Reason::IgnoredSilenceKeepsState { .. }
        | Reason::SilenceOutvotes { .. }
        | Reason::FiresLate { .. } => LinkId::A05,
        Reason::DefaultsAddUp { .. }
        | Reason::SilenceBreaches
        | Reason::SilenceMayBreach
        | Reason::Latches
        | Reason::LeavesOnRecordsOnly
        | Reason::ExpressionAlwaysBreaches => LinkId::A06,
        Reason::DefaultsDecide { dilutes, .. } | Reason::DefaultHidesEvent { dilutes, .. }
            if !dilutes =>
        {
            LinkId::F08
        }
        Reason::DefaultsDecide { .. }
        | Reason::DefaultHidesEvent { .. }
        | Reason::DilutedEventDoesNotBreach(_) => LinkId::A07,
        Reason::CountDoesNotBreach(_) | Reason::DefaultsCount { .. } => LinkId::A08,
        Reason::LowSamplesNotKnown { .. }
        | Reason::LowSamplesIgnored { .. }
        | Reason::LowSamplesMayBeIgnored { .. } => LinkId::A09,
        Reason::ShortPeriod { .. } | Reason::ShortPeriodsNotFilled => LinkId::A10,
        Reason::StaysLong { .. } => LinkId::A11,
        Reason::WallClockNotDefined | Reason::WallClockDelays { .. } => LinkId::A12,
        Reason::MetricsInsights => LinkId::A20,
        Reason::AnomalyBand { .. }
        | Reason::QueriesNotUnderstood
        | Reason::NotOneReturned
        | Reason::ExpressionNotUnderstood { .. }
        | Reason::FunctionNotEvaluated { .. }
        | Reason::MetricNotKnown { .. }
        | Reason::OtherMetricReturned
        | Reason::MetricNotRead
        | Reason::PeriodsDiffer
        | Reason::MissingDataDecides
        | Reason::ExpressionDoesNotBreach
        | Reason::OthersMustSpeak { .. }
        | Reason::TimeLosesEvent { .. }
        | Reason::OtherMetricsDecide
        | Reason::BurstsLost
        | Reason::TooManyValues
        | Reason::RecordsDecide
        | Reason::FillHidesLateData
        | Reason::FillDelays
        | Reason::OtherFiltersDecide => LinkId::A19,
    }
}

/// The role of a metric that one more filter writes.
fn beside(role: MetricRole, unseen: &Emission) -> MetricRole {
    match role {
        MetricRole::Event {
            emission,
            mut others,
        } => {
            others.push(unseen.clone());
            MetricRole::Event { emission, others }
        }
        MetricRole::Quiet { mut writers, fed } => {
            writers.push(unseen.clone());
            MetricRole::Quiet { writers, fed }
        }
        MetricRole::Unknown => MetricRole::Unknown,
    }
}

pub(super) fn emission(filter: &FilterRow) -> Emission {
    Emission {
        filter: filter.name.clone(),
        same_events: false,
        metric_value: filter.metric_value.clone().unwrap_or_default(),
        default_value: filter
            .default_value
            .as_deref()
            .and_then(|text| text.parse().ok()),
        unit: filter.unit.clone(),
    }
}

pub(super) fn settings(alarm: &AlarmRow) -> Settings {
    Settings {
        statistic: alarm
            .statistic
            .clone()
            .or_else(|| alarm.extended_statistic.clone()),
        period: alarm.period,
        unit: alarm.unit.clone(),
        evaluation_periods: alarm.evaluation_periods.unwrap_or_default(),
        datapoints_to_alarm: alarm.datapoints_to_alarm,
        threshold: alarm
            .threshold
            .as_deref()
            .and_then(|text| text.parse().ok()),
        comparison_operator: alarm.comparison_operator.clone().unwrap_or_default(),
        treat_missing_data: alarm.treat_missing_data.clone(),
        evaluate_low_sample_count_percentile: alarm.evaluate_low_sample_count_percentile.clone(),
        wall_clock: alarm
            .evaluation_window
            .as_ref()
            .is_some_and(|window| window.text().contains("WallClockWindow")),
    }
}
