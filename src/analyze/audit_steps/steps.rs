//! The single audit steps: each narrows the candidates that the steps before it left.
//!
//! Three-valued: a step that cannot be answered keeps its candidate, which can then no longer make the audit steps `met`.

use crate::aws::arn;
use crate::chain::facts::BasicSelector;
use crate::control::{StepKind, plain_text};
use crate::snapshot::operations::log_group_name;

use super::facts::{Account, Alarm, Filter, Trail};

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
    pub(super) reason: String,
}

/// What a step makes of one candidate.
#[derive(Default)]
pub(super) struct Outlook<'a> {
    /// It goes on with these.
    pub(super) found: Vec<Candidate<'a>>,
    /// There may be more: this could not be read.
    pub(super) open: Option<String>,
    /// It ends here, because of this.
    pub(super) missing: Option<String>,
}

impl<'a> Outlook<'a> {
    pub(super) fn missing(reason: String) -> Self {
        Self {
            missing: Some(reason),
            ..Self::default()
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
                    None => {
                        Outlook::missing(format!("trail `{}` names no log group", trail.row.name))
                    }
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
            StepKind::AnyTrail => self.listed_trails(candidate, |_| true, "is a trail"),
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
        self.listed_trails(candidate, multi, "has IsMultiRegionTrail true")
    }

    fn listed_trails<'a>(
        &'a self,
        candidate: &Candidate<'a>,
        wanted: impl Fn(&Trail) -> bool,
        what: &str,
    ) -> Outlook<'a> {
        let listed = self.trails.iter().filter(|trail| wanted(trail));
        let found: Vec<_> = listed
            .map(|trail| Candidate {
                trail: Some(trail),
                ..candidate.clone()
            })
            .collect();
        let complete = self.question("DescribeTrails", "", None);
        let missing = match (found.is_empty(), self.trails.len()) {
            (false, _) => None,
            (true, 0) => Some("DescribeTrails lists no trail".to_owned()),
            (true, count) => Some(format!("none of {count} trails {what}")),
        };
        match complete {
            Ok(_) => Outlook {
                found,
                open: None,
                missing,
            },
            Err(open) => Outlook {
                found,
                open: Some(open),
                missing: None,
            },
        }
    }

    fn is_logging<'a>(&'a self, candidate: &Candidate<'a>, trail: &Trail) -> Outlook<'a> {
        if trail.is_logging.contains(&true) {
            return kept(candidate);
        }
        if !trail.is_logging.is_empty() {
            return Outlook::missing(format!(
                "GetTrailStatus of `{}` says IsLogging false",
                trail.row.name
            ));
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
        let instead = match (selectors.basic.len(), selectors.advanced.len()) {
            (0, 0) => "no event selector at all".to_owned(),
            (0, advanced) => {
                format!("advanced event selectors alone ({advanced}), which the step does not know")
            }
            (basic, _) => {
                format!("none of {basic} with IncludeManagementEvents true and ReadWriteType All")
            }
        };
        self.selectors_are_others(candidate, trail, &instead)
    }

    /// The selectors of a trail, where they are known, are not those that are looked for.
    pub(super) fn selectors_are_others<'a>(
        &'a self,
        candidate: &Candidate<'a>,
        trail: &Trail,
        instead: &str,
    ) -> Outlook<'a> {
        let (arn, name) = (&trail.row.arn, &trail.row.name);
        match self.question("GetEventSelectors", arn, None) {
            Ok(None) => Outlook::missing(format!("GetEventSelectors of `{name}` lists {instead}")),
            Ok(Some(_)) | Err(_) => self.about(candidate, "GetEventSelectors", arn),
        }
    }

    /// A question about the candidate that has no fact: it was answered with "no such thing", or it is open.
    pub(super) fn about<'a>(
        &'a self,
        candidate: &Candidate<'a>,
        operation: &str,
        subject: &str,
    ) -> Outlook<'a> {
        match self.question(operation, subject, None) {
            Ok(Some(code)) => {
                Outlook::missing(format!("{operation} of `{subject}` answers {code}"))
            }
            Ok(None) => still_open(
                candidate,
                format!("{operation} of `{subject}` was answered without a value"),
            ),
            Err(open) => still_open(candidate, open),
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
        match self.question("DescribeMetricFilters", name, region) {
            Err(open) => {
                let whose = owner.map_or(String::new(), |owner| {
                    format!("; the log group is of account {owner}")
                });
                Outlook {
                    found,
                    open: Some(format!("{open}{whose}")),
                    missing: None,
                }
            }
            Ok(_) if !found.is_empty() => Outlook {
                found,
                ..Outlook::default()
            },
            Ok(Some(code)) => {
                Outlook::missing(format!("DescribeMetricFilters of `{name}` answers {code}"))
            }
            Ok(None) if listed.is_empty() => {
                Outlook::missing(format!("log group `{name}` has no metric filter"))
            }
            Ok(None) => {
                let count = listed.len();
                Outlook::missing(format!(
                    "none of {count} metric filters of log group `{name}` has the printed filterPattern"
                ))
            }
        }
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
        match self.question("DescribeAlarms", "MetricAlarm", Some(&filter.row.region)) {
            Err(open) => Outlook {
                found,
                open: Some(open),
                missing: None,
            },
            Ok(_) if !found.is_empty() => Outlook {
                found,
                ..Outlook::default()
            },
            Ok(_) => {
                let noted = noted.join("`, `");
                Outlook::missing(format!(
                    "no metric alarm of {} has the MetricName `{noted}`",
                    filter.row.region
                ))
            }
        }
    }

    fn subscriptions<'a>(&'a self, candidate: &Candidate<'a>, topic: &str) -> Outlook<'a> {
        let listed = self
            .subscriptions
            .get(topic)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let found: Vec<_> = listed
            .iter()
            .filter(|arn| arn.starts_with("arn:"))
            .map(|arn| Candidate {
                subscription: Some(arn),
                ..candidate.clone()
            })
            .collect();
        match self.question("ListSubscriptionsByTopic", topic, None) {
            Err(open) => Outlook {
                found,
                open: Some(open),
                missing: None,
            },
            Ok(_) if !found.is_empty() => Outlook {
                found,
                ..Outlook::default()
            },
            Ok(Some(code)) => Outlook::missing(format!(
                "ListSubscriptionsByTopic of `{topic}` answers {code}"
            )),
            Ok(None) => match listed.first() {
                Some(literal) => Outlook::missing(format!(
                    "no SubscriptionArn of `{topic}` is an ARN, but `{literal}`"
                )),
                None => Outlook::missing(format!("topic `{topic}` has no subscription")),
            },
        }
    }
}

fn with<'a, T>(subject: Option<T>, look: impl FnOnce(T) -> Outlook<'a>) -> Outlook<'a> {
    match subject {
        Some(subject) => look(subject),
        // Steps in an order that makes no sense find nothing; the built-in ones are tested.
        None => Outlook::missing("the steps before this one name nothing to look at".to_owned()),
    }
}

pub(super) fn kept<'a>(candidate: &Candidate<'a>) -> Outlook<'a> {
    Outlook {
        found: vec![candidate.clone()],
        ..Outlook::default()
    }
}

/// The candidate goes on, but can no longer make the audit steps `met`.
pub(super) fn still_open<'a>(candidate: &Candidate<'a>, reason: String) -> Outlook<'a> {
    let mut candidate = candidate.clone();
    candidate.open.get_or_insert(Open {
        step: String::new(),
        reason,
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
        let what = if alarm.actions.is_empty() {
            "is empty"
        } else {
            "names no topic"
        };
        return Outlook::missing(format!("AlarmActions of `{}` {what}", alarm.row.name));
    }
    Outlook {
        found,
        ..Outlook::default()
    }
}

/// The distinct reasons in few words.
pub(super) fn summary(mut reasons: Vec<String>) -> String {
    reasons.dedup();
    let more = reasons.len().saturating_sub(1);
    let first = reasons.into_iter().next().unwrap_or_default();
    if more == 0 {
        first
    } else {
        format!("{first} (and {more} more)")
    }
}

impl Candidate<'_> {
    /// The chain as far as it goes, by names.
    pub(super) fn describe(&self) -> String {
        let parts = [
            ("trail", self.trail.map(|it| it.row.name.as_str())),
            ("filter", self.filter.map(|it| it.row.name.as_str())),
            ("alarm", self.alarm.map(|it| it.row.name.as_str())),
            ("topic", self.topic),
            ("subscription", self.subscription),
        ];
        let named: Vec<String> = parts
            .into_iter()
            .filter_map(|(what, name)| Some(format!("{what} `{}`", name?)))
            .collect();
        named.join(", ")
    }
}
