//! Log alarms: alarms on a scheduled query over a log group, without a metric filter (Q ids).
//!
//! Decided where the query finds records by their fields and one of them makes the alarm go off; what AWS does not
//! document, and every other query, is left open.

use std::rc::Rc;

use serde_json::Value;

use super::Error;
use super::cause::LogAlarmCause;
use super::facts::{AlarmRow, Facts};
use super::judgement::{Context, Judgement, fine};
use super::log_group::{Group, Transformed};
use super::log_group_id::LogGroupId;
use super::masked::{self, Bounds, Masks};
use super::verdict::{Link, LinkId, Verdict};
use crate::aws::alarm::Stay;
use crate::aws::insights::{self, Ask, Found};
use crate::coverage::Predicate;

/// How long after a call its record has arrived, as CloudTrail says of most: about five minutes on average, and fifteen in
/// older texts. An alarm that looks back less loses records of every day.
const USUAL_DELIVERY: i64 = 15 * 60;

/// The log alarms of the account and Region of a log group whose queries look at it.
pub(super) fn on(facts: &Facts<'_>, place: &LogGroupId) -> Result<Vec<Rc<AlarmRow>>, Error> {
    let mut alarms = facts.alarms_of_type(&place.account, &place.region, "log")?;
    alarms.retain(|alarm| looks_at(alarm, place));
    Ok(alarms)
}

/// Whether the query of an alarm looks at a log group.
fn looks_at(alarm: &AlarmRow, place: &LogGroupId) -> bool {
    let groups = configured(alarm, "LogGroupIdentifiers");
    let groups = groups.and_then(Value::as_array).into_iter().flatten();
    groups
        .filter_map(Value::as_str)
        .any(|group| group == place.name || group.strip_suffix(":*").unwrap_or(group) == place.arn)
}

/// A member of the configuration of its query.
fn configured<'a>(alarm: &'a AlarmRow, member: &str) -> Option<&'a Value> {
    alarm.scheduled_query.as_ref()?.get(member)
}

/// The text of its query.
pub(super) fn query_string(alarm: &AlarmRow) -> Option<&str> {
    configured(alarm, "QueryString")?.as_str()
}

/// What is said of a log alarm on the way of an event: the ways through it, the certain one first.
pub(super) fn ways(
    context: &Context,
    place: &LogGroupId,
    group: &Group,
    alarm: &AlarmRow,
) -> Vec<Judgement> {
    let mut judgement = of_group(group);
    let judging = Judging { context, alarm };
    judging.settings(&mut judgement);
    judging.schedule(&mut judgement);
    let text = query_string(alarm);
    let language = judging.text("QueryLanguage");
    let read = match (text, language) {
        (Some(text), None | Some("CWLI")) => {
            insights::read(text).map_err(|part| LogAlarmCause::QueryNotRead { part })
        }
        (_, Some(language)) => Err(LogAlarmCause::QueryNotRead {
            part: language.to_owned(),
        }),
        (None, None) => Err(LogAlarmCause::QueryNotShown),
    };
    match read {
        Ok(found) => judging.found(place, group, &found, &judgement),
        Err(cause) => {
            judgement.say(judging.link(LinkId::Q01, Verdict::Unknown, cause));
            vec![judgement]
        }
    }
}

/// How long a log alarm stays in ALARM after one record: as long as a run that finds it is among those evaluated.
pub(super) fn stay(alarm: &AlarmRow) -> Stay {
    let schedule = Schedule::of(alarm);
    let runs = alarm.query_results_to_evaluate.unwrap_or(1);
    let evaluated = schedule.rate.and_then(|rate| rate.checked_mul(runs));
    let most = schedule
        .start
        .zip(evaluated)
        .map(|(start, runs)| start.saturating_add(runs));
    Stay {
        least: 0,
        most: most
            .and_then(|most| u64::try_from(most).ok())
            .unwrap_or_default(),
    }
}

/// Whether a log alarm sits in ALARM while records that its query finds come all the time; none where that is not known.
pub(super) fn flooded(judgement: &Judgement) -> Option<bool> {
    let open = |id: LinkId| matches!(id, LinkId::Q01 | LinkId::Q02 | LinkId::Q03);
    let mut links = judgement.links.iter();
    let is_open = links.any(|link| open(link.id) && link.verdict == Verdict::Unknown);
    (!is_open).then_some(true)
}

/// Q02 where a composite alarm may act for an alarm without an action.
pub(super) fn composite_above(alarm: &AlarmRow) -> Link {
    let cause = LogAlarmCause::CompositeAbove;
    Link::new(LinkId::Q02, Verdict::Unknown, alarm.subject(), cause).evidence([alarm.evidence])
}

/// What is said of the log group, without what concerns metric filters alone: queries read the class without filters too.
fn of_group(group: &Group) -> Judgement {
    let mut judgement = group.judgement.clone();
    judgement.links.retain(|link| {
        let queried = link
            .fields
            .iter()
            .any(|(name, value)| name == "logGroupClass" && value == "INFREQUENT_ACCESS");
        link.id != LinkId::L02 || !queried
    });
    judgement
}

struct Judging<'a> {
    context: &'a Context,
    alarm: &'a AlarmRow,
}

impl Judging<'_> {
    fn text(&self, member: &str) -> Option<&str> {
        configured(self.alarm, member)?.as_str()
    }

    fn link(&self, id: LinkId, verdict: Verdict, cause: LogAlarmCause) -> Link {
        let link = match verdict {
            Verdict::Ok => fine(id, self.alarm.subject(), cause),
            verdict => Link::new(id, verdict, self.alarm.subject(), cause),
        };
        link.evidence([self.alarm.evidence])
    }

    /// Q02: whether one record makes it go off.
    fn settings(&self, judgement: &mut Judgement) {
        let open = |cause| self.link(LinkId::Q02, Verdict::Unknown, cause);
        let expression = self.text("AggregationExpression").unwrap_or_default();
        let compact: String = expression
            .to_ascii_lowercase()
            .split_whitespace()
            .collect::<Vec<_>>()
            .concat();
        let mut doubts = Vec::new();
        if compact != "count(*)" {
            doubts.push(LogAlarmCause::AggregationNotRead {
                expression: expression.to_owned(),
            });
        }
        if !self.one_is_enough() {
            doubts.push(LogAlarmCause::ThresholdNotDecided {
                condition: self.condition(),
            });
        }
        let results = self.alarm.query_results_to_alarm.unwrap_or_default();
        if results != 1 {
            doubts.push(LogAlarmCause::SeveralResults { results });
        }
        let missing = self
            .alarm
            .treat_missing_data
            .as_deref()
            .unwrap_or("missing");
        if !matches!(missing, "missing" | "notBreaching") {
            doubts.push(LogAlarmCause::NoRowsNotDecided {
                treat_missing_data: missing.to_owned(),
            });
        }
        if doubts.is_empty() {
            let cause = LogAlarmCause::OneRecordIsEnough;
            let link = self.link(LinkId::Q02, Verdict::Ok, cause);
            judgement.say(link.field("AggregationExpression", expression));
        }
        for doubt in doubts {
            judgement.say(open(doubt));
        }
    }

    fn one_is_enough(&self) -> bool {
        let threshold = self.alarm.threshold.as_deref();
        let Some(threshold) = threshold.and_then(|text| text.parse::<f64>().ok()) else {
            return false;
        };
        match self.alarm.comparison_operator.as_deref() {
            Some("GreaterThanThreshold") => (0.0..1.0).contains(&threshold),
            Some("GreaterThanOrEqualToThreshold") => threshold > 0.0 && threshold <= 1.0,
            _ => false,
        }
    }

    fn condition(&self) -> String {
        let part = |text: &Option<String>| text.clone().unwrap_or_else(|| "absent".to_owned());
        format!(
            "{} {}",
            part(&self.alarm.comparison_operator),
            part(&self.alarm.threshold)
        )
    }

    /// Q03: whether every record is looked at by some run.
    fn schedule(&self, judgement: &mut Judgement) {
        let schedule = Schedule::of(self.alarm);
        let expression = schedule.expression;
        let (verdict, cause) = match (schedule.rate, schedule.start) {
            (Some(rate), Some(start)) => {
                let window = start.saturating_sub(schedule.end);
                if window < rate {
                    let cause = LogAlarmCause::FallsBetweenRuns { window, rate };
                    (Verdict::Unknown, cause)
                } else if start < USUAL_DELIVERY {
                    let cause = LogAlarmCause::LooksBackTooShort { seconds: start };
                    (Verdict::Unknown, cause)
                } else {
                    (Verdict::Weak, LogAlarmCause::LooksBack { seconds: start })
                }
            }
            _ => {
                let expression = expression.to_owned();
                (
                    Verdict::Unknown,
                    LogAlarmCause::ScheduleNotRead { expression },
                )
            }
        };
        judgement.say(
            self.link(LinkId::Q03, verdict, cause)
                .field("ScheduleExpression", expression),
        );
    }

    /// The ways of the records that the query finds: surely, and those of which AWS does not say whether.
    fn found(
        &self,
        place: &LogGroupId,
        group: &Group,
        found: &Found,
        start: &Judgement,
    ) -> Vec<Judgement> {
        let mut start = start.clone();
        self.as_written(place, group, &mut start);
        let mut masks = group.masking.masks();
        let unmasked = masked::of_query(found, &mut Masks::new(Vec::new()), of_field);
        let found_masked = masked::of_query(found, &mut masks, of_field);
        let Bounds { surely, perhaps } = unmasked;
        let matched = masks.matched(surely.clone(), &found_masked);
        let subject = self.alarm.subject();
        let fields = insights::fields(found);
        let past = (&found_masked, &masks);
        let masking = &group.masking;
        let mut ways = masking.ways(self.context, &subject, &fields, &matched, past);
        let query = query_string(self.alarm).unwrap_or_default();
        for way in &mut ways {
            let mut judgement = start.clone();
            judgement.extend(std::mem::take(way));
            let finds = self.link(LinkId::Q01, Verdict::Ok, LogAlarmCause::QueryFinds);
            judgement.say(finds.field("QueryString", query));
            let cause = LogAlarmCause::QueryLeavesOut;
            judgement.require(LinkId::Q01, &subject, cause, matched.clone());
            *way = judgement;
        }
        // What masks leave open holds what the query leaves open.
        let open = perhaps.and(!surely);
        if masks.matter() || !self.context.has_some(&open) {
            return ways;
        }
        let cause = LogAlarmCause::QueryNotDecided;
        let link = self.link(LinkId::Q01, Verdict::Unknown, cause.clone());
        start.say_all(masking.link(&subject, &fields));
        start.say(link.field("QueryString", query));
        start.require(LinkId::Q01, &subject, cause, open);
        ways.push(start);
        ways
    }

    /// L06: whether the query sees the record as CloudTrail wrote it.
    fn as_written(&self, place: &LogGroupId, group: &Group, judgement: &mut Judgement) {
        match &group.transformed {
            Transformed::No => {}
            Transformed::Unknown(link) => judgement.say(link.as_ref().clone()),
            Transformed::Yes(_) => {
                let cause = LogAlarmCause::QueryOnTransformed;
                let link = Link::new(LinkId::L06, Verdict::Unknown, place.subject(), cause);
                judgement.say(link.evidence([self.alarm.evidence]));
            }
        }
    }
}

/// When the query of a log alarm runs, and the time that it looks at, in seconds before the run.
struct Schedule<'a> {
    expression: &'a str,
    rate: Option<i64>,
    start: Option<i64>,
    end: i64,
}

impl<'a> Schedule<'a> {
    fn of(alarm: &'a AlarmRow) -> Self {
        let member = |name: &str| configured(alarm, "ScheduleConfiguration")?.get(name);
        let expression = member("ScheduleExpression").and_then(Value::as_str);
        let expression = expression.unwrap_or_default();
        Self {
            expression,
            rate: rate(expression),
            start: member("StartTimeOffset").and_then(Value::as_i64),
            end: member("EndTimeOffset")
                .and_then(Value::as_i64)
                .unwrap_or_default(),
        }
    }
}

/// Seconds of `rate(5 minutes)`.
fn rate(expression: &str) -> Option<i64> {
    let inner = expression.trim().strip_prefix("rate(")?.strip_suffix(')')?;
    let (count, unit) = inner.trim().split_once(' ')?;
    let seconds = match unit.trim().trim_end_matches('s') {
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        _ => return None,
    };
    let count: i64 = count.parse().ok().filter(|count| *count > 0)?;
    count.checked_mul(seconds)
}

/// A condition on a field. A value that is no text, and a field that is not there, are where AWS says nothing.
fn of_field(field: &str, ask: &Ask) -> Bounds {
    let text = || Predicate::in_form(field, "");
    // A text is what it is; of anything else the condition may hold or not.
    let of_text = |holds: Predicate, perhaps_of_others: Predicate| Bounds {
        perhaps: holds.clone().or(perhaps_of_others),
        surely: holds,
    };
    let other_value = || !text().or(Predicate::missing(field));
    match ask {
        Ask::Is(wanted) => of_text(Predicate::equals(field, wanted), other_value()),
        Ask::IsNot(other) => of_text(text().and(!Predicate::equals(field, other)), !text()),
        Ask::Contains(part) => of_text(Predicate::in_form(field, &escaped(part)), other_value()),
        Ask::Form(regex) => of_text(Predicate::in_form(field, regex), other_value()),
        Ask::Present => of_text(text(), other_value()),
    }
}

/// A text as a regular expression that finds it.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}
