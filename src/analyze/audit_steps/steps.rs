//! The single audit steps: each narrows the candidates that the steps before it left.
//!
//! Three-valued: a step that cannot be answered keeps its candidate, which can then no longer make the audit steps `met`.

use crate::aws::arn::{self, log_group_name};
use crate::chain::facts::BasicSelector;
use crate::control::{StepKind, plain_text};

use super::cause::{
    ChainLack, FoundChain, NoValue, OpenQuestion, SelectorLack, StepCause, TrailLack,
};
use super::facts::{Account, Alarm, Filter, Reply, Trail};

/// As far as the steps have come along one chain.
#[derive(Debug, Clone, Default)]
pub(super) struct Candidate<'a> {
    trail: Option<&'a Trail>,
    filter: Option<&'a Filter>,
    alarm: Option<&'a Alarm>,
    topic: Option<&'a str>,
    subscription: Option<&'a str>,
    /// The first question on the way that has no answer.
    pub(super) open: Option<Open>,
}

#[derive(Debug, Clone)]
pub(super) struct Open {
    pub(super) step: String,
    pub(super) cause: StepCause,
}

/// What a step makes of one candidate.
#[derive(Default)]
pub(super) struct Outlook<'a> {
    /// It goes on with these.
    pub(super) found: Vec<Candidate<'a>>,
    /// There may be more: this could not be read.
    pub(super) open: Option<OpenQuestion>,
    /// It ends here, because of this.
    pub(super) missing: Option<StepCause>,
}

impl<'a> Outlook<'a> {
    pub(super) fn missing(cause: impl Into<StepCause>) -> Self {
        Self {
            missing: Some(cause.into()),
            ..Self::default()
        }
    }

    /// What a list holds: `found` of it, or why nothing, if it was listed to its end.
    fn of_list(
        found: Vec<Candidate<'a>>,
        reply: Reply<'_>,
        missing: impl FnOnce(Option<&str>) -> StepCause,
    ) -> Self {
        match reply {
            Reply::Open(question) => Self {
                found,
                open: Some(question),
                missing: None,
            },
            _ if !found.is_empty() => Self {
                found,
                ..Self::default()
            },
            Reply::Answered => Self::missing(missing(None)),
            Reply::DoesNotExist(code) => Self::missing(missing(Some(code))),
        }
    }
}

impl Account {
    /// What a step makes of a candidate; `texts` are the printed filter texts.
    pub(super) fn take<'a>(
        &'a self,
        kind: StepKind,
        candidate: &Candidate<'a>,
        texts: &[&str],
    ) -> Outlook<'a> {
        match kind {
            StepKind::MultiRegionTrail => self.multi_region_trails(candidate),
            StepKind::TrailLogGroup => {
                with(candidate.trail, |trail| match trail.row.log_group_arn {
                    Some(_) => kept(candidate),
                    None => Outlook::missing(TrailLack::TrailHasNoLogGroup {
                        trail: trail.row.name.clone(),
                    }),
                })
            }
            StepKind::TrailIsLogging => {
                with(candidate.trail, |trail| self.is_logging(candidate, trail))
            }
            StepKind::BasicSelectorAll => with(candidate.trail, |trail| {
                self.basic_selector(candidate, trail)
            }),
            StepKind::FilterText => with(candidate.trail, |trail| {
                self.filters(candidate, trail, texts)
            }),
            StepKind::AlarmByMetricName => with(candidate.filter, |filter| {
                let noted: Vec<&str> = filter.metrics.iter().map(String::as_str).collect();
                self.alarms(candidate, filter, &noted)
            }),
            StepKind::AlarmByFilterName => with(candidate.filter, |filter| {
                self.alarms(candidate, filter, &[&filter.row.name])
            }),
            StepKind::AlarmAction => with(candidate.alarm, |alarm| topics(candidate, alarm)),
            StepKind::SubscriptionArn => with(candidate.topic, |topic| {
                self.subscriptions(candidate, topic)
            }),
            StepKind::AnyTrail => self.listed_trails(candidate, |_| true),
            StepKind::FieldSelectorManagement
            | StepKind::DataResourceAllBuckets
            | StepKind::AnyDataResource => with(candidate.trail, |trail| {
                self.selector(kind, candidate, trail)
            }),
            StepKind::EachTrailValidates
            | StepKind::EachTrailLogGroup
            | StepKind::EachTrailDelivers
            | StepKind::EachTrailKey => self.each_trail(kind, candidate),
        }
    }

    /// Multi-region trails are listed in every enabled region: one answered region is enough to know them all.
    fn multi_region_trails<'a>(&'a self, candidate: &Candidate<'a>) -> Outlook<'a> {
        let multi = |trail: &Trail| trail.row.is_multi_region;
        self.listed_trails(candidate, multi)
    }

    fn listed_trails<'a>(
        &'a self,
        candidate: &Candidate<'a>,
        wanted: impl Fn(&Trail) -> bool,
    ) -> Outlook<'a> {
        let listed = self.trails.iter().filter(|trail| wanted(trail));
        let found: Vec<_> = listed
            .map(|trail| Candidate {
                trail: Some(trail),
                ..candidate.clone()
            })
            .collect();
        // That DescribeTrails finds nothing is no answer that it has.
        Outlook::of_list(
            found,
            self.question("DescribeTrails", "", None),
            |_| match self.trails.len() {
                0 => TrailLack::NoTrail.into(),
                trails => TrailLack::NoMultiRegionTrail { trails }.into(),
            },
        )
    }

    fn is_logging<'a>(&'a self, candidate: &Candidate<'a>, trail: &Trail) -> Outlook<'a> {
        if trail.is_logging.contains(&true) {
            return kept(candidate);
        }
        if !trail.is_logging.is_empty() {
            return Outlook::missing(TrailLack::TrailNotLogging {
                trail: trail.row.name.clone(),
            });
        }
        self.about(candidate, "GetTrailStatus", &trail.row.arn)
    }

    fn basic_selector<'a>(&'a self, candidate: &Candidate<'a>, trail: &Trail) -> Outlook<'a> {
        let selectors = &trail.selectors;
        let takes_all =
            |it: &BasicSelector| it.include_management_events && it.read_write_type == "All";
        if selectors.basic.iter().any(takes_all) {
            return kept(candidate);
        }
        let name = trail.row.name.clone();
        let lacking = match (selectors.basic.len(), selectors.advanced.len()) {
            (0, 0) => SelectorLack::NoEventSelector { trail: name },
            (0, advanced) => SelectorLack::AdvancedEventSelectorsAlone {
                trail: name,
                selectors: advanced,
            },
            (basic, _) => SelectorLack::NoBasicSelectorOfAllEvents {
                trail: name,
                selectors: basic,
            },
        };
        self.selectors_are_others(candidate, trail, lacking)
    }

    /// The selectors of a trail, where they are known, are not those that are looked for.
    pub(super) fn selectors_are_others<'a>(
        &'a self,
        candidate: &Candidate<'a>,
        trail: &Trail,
        lacking: SelectorLack,
    ) -> Outlook<'a> {
        let arn = &trail.row.arn;
        match self.question("GetEventSelectors", arn, None) {
            Reply::Answered => Outlook::missing(lacking),
            Reply::DoesNotExist(_) | Reply::Open(_) => {
                self.about(candidate, "GetEventSelectors", arn)
            }
        }
    }

    /// A question about the candidate that has no fact: it was answered with "no such thing", or it is open.
    pub(super) fn about<'a>(
        &'a self,
        candidate: &Candidate<'a>,
        operation: &'static str,
        about: &str,
    ) -> Outlook<'a> {
        match self.question(operation, about, None) {
            Reply::DoesNotExist(code) => Outlook::missing(does_not_exist(operation, about, code)),
            Reply::Answered => still_open(
                candidate,
                NoValue::AnsweredWithoutValue {
                    operation,
                    about: about.to_owned(),
                },
            ),
            Reply::Open(question) => still_open(candidate, question),
        }
    }

    fn filters<'a>(
        &'a self,
        candidate: &Candidate<'a>,
        trail: &Trail,
        texts: &[&str],
    ) -> Outlook<'a> {
        let arn = trail.row.log_group_arn.as_deref().unwrap_or_default();
        // The steps note the name alone; a log group of that name in the account audited will do.
        let name = log_group_name(arn);
        let listed: Vec<&Filter> = self
            .filters
            .iter()
            .filter(|filter| filter.row.log_group_name == name)
            .collect();
        let texts: Vec<String> = texts.iter().map(|text| plain_text(text)).collect();
        let printed = |filter: &&&Filter| texts.contains(&filter.plain);
        let found: Vec<_> = listed
            .iter()
            .filter(printed)
            .map(|filter| Candidate {
                filter: Some(filter),
                ..candidate.clone()
            })
            .collect();
        let owner = arn::account(arn).filter(|owner| *owner != self.id);
        let region = arn::region(arn).filter(|_| owner.is_none());
        let mut reply = self.question("DescribeMetricFilters", name, region);
        if let Reply::Open(open) = &mut reply {
            open.log_group_owner = owner.map(str::to_owned);
        }
        let log_group = name.to_owned();
        Outlook::of_list(found, reply, |absent| match (absent, listed.len()) {
            (Some(code), _) => does_not_exist("DescribeMetricFilters", name, code),
            (None, 0) => ChainLack::LogGroupHasNoFilter { log_group }.into(),
            (None, filters) => ChainLack::NoFilterWithPrintedText { log_group, filters }.into(),
        })
    }

    /// The commands of the steps run in one region, so the alarm is looked for in the region of the filter.
    fn alarms<'a>(
        &'a self,
        candidate: &Candidate<'a>,
        filter: &Filter,
        noted: &[&str],
    ) -> Outlook<'a> {
        let fits = |alarm: &&Alarm| {
            alarm.row.region == filter.row.region
                && alarm
                    .row
                    .metric_name
                    .as_deref()
                    .is_some_and(|metric| noted.contains(&metric))
        };
        let found: Vec<_> = self
            .alarms
            .iter()
            .filter(fits)
            .map(|alarm| Candidate {
                alarm: Some(alarm),
                ..candidate.clone()
            })
            .collect();
        let region = &filter.row.region;
        let reply = self.question("DescribeAlarms", "MetricAlarm", Some(region));
        Outlook::of_list(found, reply, |_| {
            ChainLack::NoAlarmOnMetric {
                region: region.clone(),
                metric_names: noted.iter().map(|&name| name.to_owned()).collect(),
            }
            .into()
        })
    }

    fn subscriptions<'a>(&'a self, candidate: &Candidate<'a>, topic: &str) -> Outlook<'a> {
        let listed = self
            .subscriptions
            .get(topic)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let found: Vec<_> = listed
            .iter()
            .filter(|arn| arn::is_arn(arn))
            .map(|arn| Candidate {
                subscription: Some(arn),
                ..candidate.clone()
            })
            .collect();
        let reply = self.question("ListSubscriptionsByTopic", topic, None);
        Outlook::of_list(found, reply, |absent| match (absent, listed.first()) {
            (Some(code), _) => does_not_exist("ListSubscriptionsByTopic", topic, code),
            (None, Some(literal)) => ChainLack::NoSubscriptionArn {
                topic: topic.to_owned(),
                instead: literal.clone(),
            }
            .into(),
            (None, None) => ChainLack::TopicHasNoSubscription {
                topic: topic.to_owned(),
            }
            .into(),
        })
    }
}

fn with<'a, T>(subject: Option<T>, look: impl FnOnce(T) -> Outlook<'a>) -> Outlook<'a> {
    match subject {
        Some(subject) => look(subject),
        // Steps in an order that makes no sense find nothing; the built-in ones are tested.
        None => Outlook::missing(NoValue::NothingNoted),
    }
}

fn does_not_exist(operation: &'static str, about: &str, code: &str) -> StepCause {
    let cause = NoValue::DoesNotExist {
        operation,
        about: about.to_owned(),
        error: code.to_owned(),
    };
    cause.into()
}

pub(super) fn kept<'a>(candidate: &Candidate<'a>) -> Outlook<'a> {
    Outlook {
        found: vec![candidate.clone()],
        ..Outlook::default()
    }
}

/// The candidate goes on, but can no longer make the audit steps `met`.
pub(super) fn still_open<'a>(
    candidate: &Candidate<'a>,
    cause: impl Into<StepCause>,
) -> Outlook<'a> {
    let mut candidate = candidate.clone();
    candidate.open.get_or_insert(Open {
        step: String::new(),
        cause: cause.into(),
    });
    Outlook {
        found: vec![candidate],
        ..Outlook::default()
    }
}

fn topics<'a>(candidate: &Candidate<'a>, alarm: &'a Alarm) -> Outlook<'a> {
    let is_topic = |arn: &&String| arn::service(arn) == Some("sns");
    let found: Vec<_> = alarm
        .actions
        .iter()
        .filter(is_topic)
        .map(|topic| Candidate {
            topic: Some(topic),
            ..candidate.clone()
        })
        .collect();
    if found.is_empty() {
        let alarm_name = alarm.row.name.clone();
        return Outlook::missing(if alarm.actions.is_empty() {
            ChainLack::NoAlarmAction { alarm: alarm_name }
        } else {
            ChainLack::NoTopicAmongActions { alarm: alarm_name }
        });
    }
    Outlook {
        found,
        ..Outlook::default()
    }
}

impl Candidate<'_> {
    /// The chain as far as it goes, by what the steps note.
    pub(super) fn chain(&self) -> FoundChain {
        let owned = |name: Option<&str>| name.map(str::to_owned);
        FoundChain {
            trail: owned(self.trail.map(|it| it.row.name.as_str())),
            filter: owned(self.filter.map(|it| it.row.name.as_str())),
            alarm: owned(self.alarm.map(|it| it.row.name.as_str())),
            topic: owned(self.topic),
            subscription: owned(self.subscription),
        }
    }
}
