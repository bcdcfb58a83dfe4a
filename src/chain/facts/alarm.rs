//! Facts of alarms: settings, state, the metrics they read, their actions, history and mute rules.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlResult, ValueRef};
use serde_json::Value;

use crate::chain::verdict::{Kind, Subject};

use super::kept::{AccountRows, AlarmRows, Grouped};
use super::{Columns, Error, Facts, Json, get, once};

/// An alarm of any of the three types.
#[derive(Clone, Debug, Default)]
pub(crate) struct AlarmRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) arn: String,
    pub(crate) name: String,
    /// metric, composite, log.
    pub(crate) kind: String,
    pub(crate) actions_enabled: bool,
    pub(crate) namespace: Option<String>,
    pub(crate) metric_name: Option<String>,
    pub(crate) dimensions: Option<Json<BTreeMap<String, String>>>,
    pub(crate) statistic: Option<String>,
    pub(crate) extended_statistic: Option<String>,
    pub(crate) period: Option<i64>,
    pub(crate) unit: Option<String>,
    pub(crate) evaluation_periods: Option<i64>,
    pub(crate) datapoints_to_alarm: Option<i64>,
    pub(crate) threshold: Option<String>,
    pub(crate) comparison_operator: Option<String>,
    pub(crate) treat_missing_data: Option<String>,
    pub(crate) evaluate_low_sample_count_percentile: Option<String>,
    /// Its MetricDataQuery items.
    pub(crate) metrics: Option<Json<Value>>,
    /// PromQL.
    pub(crate) evaluation_criteria: Option<Json<Value>>,
    pub(crate) evaluation_window: Option<Json<Value>>,
    pub(crate) warm_up: Option<Json<Value>>,
    pub(crate) alarm_rule: Option<String>,
    pub(crate) actions_suppressor: Option<String>,
    pub(crate) suppressor_wait_period: Option<i64>,
    pub(crate) suppressor_extension_period: Option<i64>,
    /// ScheduledQueryConfiguration of a log alarm.
    pub(crate) scheduled_query: Option<Json<Value>>,
    pub(crate) query_results_to_alarm: Option<i64>,
    pub(crate) query_results_to_evaluate: Option<i64>,
    pub(crate) description: Option<String>,
    pub(crate) configuration_updated_time: Option<String>,
    pub(crate) evidence: i64,
}

impl AlarmRow {
    /// What links call it.
    pub(crate) fn subject(&self) -> Subject {
        Subject::of_arn(Kind::Alarm, &self.arn)
    }
}

/// The state of an alarm when it was asked.
#[derive(Clone, Debug)]
pub(crate) struct StateRow {
    pub(crate) state_value: String,
    pub(crate) state_updated_time: Option<String>,
    pub(crate) state_transitioned_time: Option<String>,
    pub(crate) evaluation_state: Option<String>,
    pub(crate) evidence: i64,
}

/// A metric or expression that an alarm reads.
#[derive(Clone, Debug)]
pub(crate) struct MetricRow {
    pub(crate) query_id: String,
    pub(crate) metric_account: Option<String>,
    pub(crate) namespace: Option<String>,
    pub(crate) metric_name: Option<String>,
    pub(crate) dimensions: Json<BTreeMap<String, String>>,
}

/// An action of an alarm.
#[derive(Clone, Debug)]
pub(crate) struct Action {
    pub(crate) on_state: String,
    pub(crate) arn: String,
    pub(crate) evidence: i64,
}

/// An executed or failed action.
#[derive(Clone, Debug)]
pub(crate) struct HistoryItem {
    pub(crate) time: String,
    pub(crate) summary: String,
    pub(crate) data: HistoryData,
    pub(crate) evidence: i64,
}

/// A change of state on record.
#[derive(Clone, Debug)]
pub(in crate::chain) struct StateItem {
    pub(in crate::chain) time: String,
    pub(in crate::chain) data: HistoryData,
}

/// `HistoryData` of an item, a text of AWS's. CloudWatch gives 4,095 characters of it at most, and what is cut off there is no
/// JSON any more: no fault of the file, so that whoever asks decides what an unreadable one leaves open.
#[derive(Clone, Debug)]
pub(crate) enum HistoryData {
    /// The item has none.
    Absent,
    /// It is no JSON.
    Unreadable,
    /// What it says.
    Said(Value),
}

impl HistoryData {
    /// A member, where it is a text.
    pub(crate) fn text(&self, pointer: &str) -> Option<&str> {
        match self {
            Self::Said(value) => value.pointer(pointer)?.as_str(),
            Self::Absent | Self::Unreadable => None,
        }
    }
}

impl FromSql for HistoryData {
    fn column_result(column: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = match column {
            ValueRef::Null => return Ok(Self::Absent),
            other => other.as_str()?,
        };
        Ok(serde_json::from_str(text).map_or(Self::Unreadable, Self::Said))
    }
}

/// A mute rule that names an alarm.
#[derive(Clone, Debug)]
pub(crate) struct MuteRuleRow {
    pub(crate) name: String,
    pub(crate) expression: Option<String>,
    pub(crate) duration: Option<String>,
    pub(crate) timezone: Option<String>,
    pub(crate) start_time: Option<String>,
    pub(crate) expire_time: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) evidence: i64,
}

impl Facts<'_> {
    /// What the alarms of an account and region read of it: namespace, metric name and the alarm's ARN, in that order.
    pub(crate) fn watched(
        &self,
        account: &str,
        region: &str,
    ) -> Result<Vec<(String, String, String)>, Error> {
        self.list(
            "select namespace, metric_name, alarm_arn from chain_watch where account = ?1 and region = ?2 \
             order by namespace, metric_name, alarm_arn",
            (account, region),
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
    }

    /// Alarms of other accounts that read a metric of this one: the account and ARN of each.
    pub(crate) fn watching_from_afar(
        &self,
        account: &str,
        region: &str,
        namespace: &str,
        metric_name: &str,
    ) -> Result<Vec<(String, String)>, Error> {
        let afar = once(&self.kept.watches_afar, || {
            let first = self.optional(
                "select min(metric_account) from chain_foreign_watch",
                [],
                |row| row.get::<_, Option<String>>(0),
            )?;
            Ok(first.flatten().is_some())
        })?;
        if !afar {
            return Ok(Vec::new());
        }
        self.list(
            "select account, alarm_arn from chain_foreign_watch \
             where metric_account = ?1 and region = ?2 and namespace = ?3 and metric_name = ?4 \
             order by account, alarm_arn",
            (account, region, namespace, metric_name),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// An alarm by its ARN, as its own account was told.
    pub(crate) fn alarm(&self, account: &str, arn: &str) -> Result<Option<Rc<AlarmRow>>, Error> {
        let kept = self.rows(account);
        Ok(self.alarms(&kept, account)?.by_arn.get(arn).cloned())
    }

    /// Metric alarms of an account, by ARN.
    pub(crate) fn metric_alarms(&self, account: &str) -> Result<Vec<Rc<AlarmRow>>, Error> {
        let kept = self.rows(account);
        let alarms = self.alarms(&kept, account)?.all.iter();
        Ok(alarms.filter(|it| it.kind == "metric").cloned().collect())
    }

    /// Alarms of one type in an account and region, by ARN.
    pub(crate) fn alarms_of_type(
        &self,
        account: &str,
        region: &str,
        kind: &str,
    ) -> Result<Vec<Rc<AlarmRow>>, Error> {
        let kept = self.rows(account);
        let alarms = self.alarms(&kept, account)?.all.iter();
        let wanted = alarms.filter(|it| it.kind == kind && it.region == region);
        Ok(wanted.cloned().collect())
    }

    fn alarms<'k>(&self, kept: &'k AccountRows, account: &str) -> Result<&'k AlarmRows, Error> {
        once(&kept.alarms, || {
            let all = self.list(
                "select account, region, alarm_arn, name, type, actions_enabled, namespace, metric_name, \
                 dimensions, statistic, extended_statistic, period, unit, evaluation_periods, \
                 datapoints_to_alarm, threshold, comparison_operator, treat_missing_data, \
                 evaluate_low_sample_count_percentile, metrics, evaluation_criteria, evaluation_window, \
                 warm_up, alarm_rule, actions_suppressor, suppressor_wait_period, suppressor_extension_period, \
                 scheduled_query, query_results_to_alarm, query_results_to_evaluate, description, \
                 configuration_updated_time, evidence_id \
                 from alarm where account = ?1 order by alarm_arn",
                [account],
                |row| alarm_row(row).map(Rc::new),
            )?;
            let by_arn = all.iter().map(|it| (it.arn.clone(), Rc::clone(it)));
            Ok(AlarmRows {
                by_arn: by_arn.collect(),
                all,
            })
        })
    }

    /// The state of an alarm.
    pub(crate) fn alarm_state(&self, account: &str, arn: &str) -> Result<Option<StateRow>, Error> {
        let kept = self.rows(account);
        let states = once(&kept.states, || {
            let rows = self.list(
                "select alarm_arn, state_value, state_updated_time, state_transitioned_time, evaluation_state, evidence_id \
                 from alarm_state where account = ?1",
                [account],
                |row| {
                    let state = StateRow {
                        state_value: get(row, "state_value")?,
                        state_updated_time: get(row, "state_updated_time")?,
                        state_transitioned_time: get(row, "state_transitioned_time")?,
                        evaluation_state: get(row, "evaluation_state")?,
                        evidence: get(row, "evidence_id")?,
                    };
                    Ok((get(row, "alarm_arn")?, state))
                },
            )?;
            Ok(rows.into_iter().collect())
        })?;
        Ok(states.get(arn).cloned())
    }

    /// Metric alarms of a region that watch a query and name no metric: Metrics Insights and PromQL.
    pub(crate) fn query_alarms(
        &self,
        account: &str,
        region: &str,
    ) -> Result<Vec<Rc<AlarmRow>>, Error> {
        let arns: Vec<String> = self.list(
            "select alarm_arn from alarm where account = ?1 and region = ?2 and type = 'metric' \
             and (evaluation_criteria is not null or exists ( \
               select 1 from alarm_metric \
               where alarm_metric.account = alarm.account and alarm_metric.alarm_arn = alarm.alarm_arn \
               and alarm_metric.namespace is null \
               and (ltrim(alarm_metric.expression) like 'select%' or alarm_metric.expression like '%search(%'))) \
             order by alarm_arn",
            (account, region),
            |row| row.get(0),
        )?;
        let mut alarms = Vec::with_capacity(arns.len());
        for arn in arns {
            alarms.extend(self.alarm(account, &arn)?);
        }
        Ok(alarms)
    }

    /// Names and states of all alarms in an account and region.
    pub(crate) fn alarm_states(
        &self,
        account: &str,
        region: &str,
    ) -> Result<Vec<(String, Option<String>)>, Error> {
        self.list(
            "select alarm.name, alarm_state.state_value from alarm \
             left join alarm_state \
             on alarm_state.account = alarm.account and alarm_state.alarm_arn = alarm.alarm_arn \
             where alarm.account = ?1 and alarm.region = ?2 order by alarm.name",
            (account, region),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// What an alarm reads.
    pub(crate) fn alarm_metrics(&self, account: &str, arn: &str) -> Result<Rc<[MetricRow]>, Error> {
        let kept = self.rows(account);
        let metrics = once(&kept.metrics, || {
            let rows = self.list(
                "select alarm_arn, query_id, metric_account, namespace, metric_name, dimensions \
                 from alarm_metric where account = ?1 order by alarm_arn, query_id",
                [account],
                |row| {
                    let metric = MetricRow {
                        query_id: get(row, "query_id")?,
                        metric_account: get(row, "metric_account")?,
                        namespace: get(row, "namespace")?,
                        metric_name: get(row, "metric_name")?,
                        dimensions: get(row, "dimensions")?,
                    };
                    Ok((get(row, "alarm_arn")?, metric))
                },
            )?;
            Ok(Grouped::of(rows))
        })?;
        Ok(metrics.get(arn))
    }

    /// Actions of an alarm for every state.
    pub(crate) fn actions(&self, account: &str, arn: &str) -> Result<Rc<[Action]>, Error> {
        let kept = self.rows(account);
        let actions = once(&kept.actions, || {
            let rows = self.list(
                "select alarm_arn, on_state, action_arn, evidence_id from alarm_action \
                 where account = ?1 order by alarm_arn, on_state, position",
                [account],
                |row| {
                    let action = Action {
                        on_state: get(row, "on_state")?,
                        arn: get(row, "action_arn")?,
                        evidence: get(row, "evidence_id")?,
                    };
                    Ok((get(row, "alarm_arn")?, action))
                },
            )?;
            Ok(Grouped::of(rows))
        })?;
        Ok(actions.get(arn))
    }

    /// Changes of state of an alarm, oldest first.
    pub(in crate::chain) fn state_history(
        &self,
        account: &str,
        region: &str,
        name: &str,
    ) -> Result<Vec<StateItem>, Error> {
        self.list(
            "select time, data from alarm_state_history \
             where account = ?1 and region = ?2 and alarm_name = ?3 order by time, position desc",
            (account, region, name),
            |row| {
                Ok(StateItem {
                    time: get(row, "time")?,
                    data: get(row, "data")?,
                })
            },
        )
    }

    /// How many changes of state are on record in a Region, and the time of the oldest.
    pub(in crate::chain) fn state_items(
        &self,
        account: &str,
        region: &str,
    ) -> Result<(i64, Option<String>), Error> {
        let found = self.optional(
            "select count(*), min(time) from alarm_state_history where account = ?1 and region = ?2",
            (account, region),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(found.unwrap_or_default())
    }

    /// Actions that an alarm took or failed to take, newest first.
    pub(crate) fn history(
        &self,
        account: &str,
        region: &str,
        name: &str,
    ) -> Result<Vec<HistoryItem>, Error> {
        let kept = self.rows(account);
        let acted = once(&kept.acted, || {
            let rows = self.list(
                "select distinct region, alarm_name from alarm_history where account = ?1",
                [account],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            Ok(rows.into_iter().collect())
        })?;
        if !acted.contains(&(region.to_owned(), name.to_owned())) {
            return Ok(Vec::new());
        }
        self.list(
            "select time, summary, data, evidence_id from alarm_history \
             where account = ?1 and region = ?2 and alarm_name = ?3 order by time desc, position",
            (account, region, name),
            |row| {
                Ok(HistoryItem {
                    time: get(row, "time")?,
                    summary: get(row, "summary")?,
                    data: get(row, "data")?,
                    evidence: get(row, "evidence_id")?,
                })
            },
        )
    }

    /// Mute rules that name an alarm, by its name or ARN.
    pub(crate) fn mute_rules(&self, alarm: &AlarmRow) -> Result<Vec<MuteRuleRow>, Error> {
        let kept = self.rows(&alarm.account);
        let muting = self.muting(&kept, &alarm.account)?;
        if !muting.contains_key(&alarm.region) {
            return Ok(Vec::new());
        }
        self.list(
            "select mute_rule.* from mute_rule \
             join mute_rule_target \
             on mute_rule_target.account = mute_rule.account and mute_rule_target.rule_arn = mute_rule.rule_arn \
             where mute_rule.account = ?1 and mute_rule.region = ?2 and mute_rule_target.alarm_name in (?3, ?4) \
             order by mute_rule.rule_arn",
            (&alarm.account, &alarm.region, &alarm.name, &alarm.arn),
            |row| {
                Ok(MuteRuleRow {
                    name: get(row, "name")?,
                    expression: get(row, "expression")?,
                    duration: get(row, "duration")?,
                    timezone: get(row, "timezone")?,
                    start_time: get(row, "start_time")?,
                    expire_time: get(row, "expire_time")?,
                    status: get(row, "status")?,
                    evidence: get(row, "evidence_id")?,
                })
            },
        )
    }

    /// Names of mute rules of a region of which only the summary is known: whom they silence was not answered.
    pub(crate) fn unread_mute_rules(
        &self,
        account: &str,
        region: &str,
    ) -> Result<Rc<[String]>, Error> {
        let kept = self.rows(account);
        let unread = self.muting(&kept, account)?.get(region);
        Ok(unread.map_or_else(|| Rc::from([]), Rc::clone))
    }

    fn muting<'k>(
        &self,
        kept: &'k AccountRows,
        account: &str,
    ) -> Result<&'k HashMap<String, Rc<[String]>>, Error> {
        once(&kept.muting, || {
            let rows = self.list(
                "select region, name, expression is null from mute_rule where account = ?1 order by region, rule_arn",
                [account],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )?;
            let mut unread: HashMap<String, Vec<String>> = HashMap::new();
            for (region, name, is_unread) in rows {
                let names = unread.entry(region).or_default();
                names.extend(Some(name).filter(|_| is_unread));
            }
            let unread = unread.into_iter();
            Ok(unread
                .map(|(region, names)| (region, names.into()))
                .collect())
        })
    }
}

fn alarm_row(row: &Row<'_>) -> rusqlite::Result<AlarmRow> {
    let mut columns = Columns::of(row);
    Ok(AlarmRow {
        account: columns.read()?,
        region: columns.read()?,
        arn: columns.read()?,
        name: columns.read()?,
        kind: columns.read()?,
        actions_enabled: columns.read()?,
        namespace: columns.read()?,
        metric_name: columns.read()?,
        dimensions: columns.read()?,
        statistic: columns.read()?,
        extended_statistic: columns.read()?,
        period: columns.read()?,
        unit: columns.read()?,
        evaluation_periods: columns.read()?,
        datapoints_to_alarm: columns.read()?,
        threshold: columns.read()?,
        comparison_operator: columns.read()?,
        treat_missing_data: columns.read()?,
        evaluate_low_sample_count_percentile: columns.read()?,
        metrics: columns.read()?,
        evaluation_criteria: columns.read()?,
        evaluation_window: columns.read()?,
        warm_up: columns.read()?,
        alarm_rule: columns.read()?,
        actions_suppressor: columns.read()?,
        suppressor_wait_period: columns.read()?,
        suppressor_extension_period: columns.read()?,
        scheduled_query: columns.read()?,
        query_results_to_alarm: columns.read()?,
        query_results_to_evaluate: columns.read()?,
        description: columns.read()?,
        configuration_updated_time: columns.read()?,
        evidence: columns.read()?,
    })
}
