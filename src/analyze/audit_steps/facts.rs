//! What the audit steps may ask of one account, read from the fact tables.
//!
//! Reads and groups rows; follows no step.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};

#[derive(Debug)]
pub(super) struct Trail {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) is_multi_region: bool,
    pub(super) log_group_arn: Option<String>,
    pub(super) is_logging: Vec<bool>,
    pub(super) has_basic_all: bool,
    pub(super) basic_selectors: u32,
    pub(super) advanced_selectors: u32,
    /// An advanced selector of management events without the field `readOnly`.
    pub(super) has_fields_all: bool,
    /// A data resource of S3 objects with the value `arn:aws:s3`.
    pub(super) has_all_buckets: bool,
    /// Any data resource.
    pub(super) has_data_resource: bool,
    pub(super) validates: Option<bool>,
    pub(super) key: Option<String>,
    /// `LatestCloudWatchLogsDeliveryTime` and when it was asked for.
    pub(super) deliveries: Vec<(Option<String>, Option<String>)>,
}

#[derive(Debug)]
pub(super) struct Filter {
    pub(super) region: String,
    pub(super) log_group: String,
    pub(super) name: String,
    pub(super) pattern: String,
    pub(super) metrics: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Alarm {
    pub(super) region: String,
    pub(super) name: String,
    pub(super) metric: Option<String>,
    pub(super) actions: Vec<String>,
}

/// A question of one operation about one subject, asked in one region, and what became of it.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) region: String,
    pub(super) outcome: Outcome,
}

#[derive(Debug)]
pub(super) enum Outcome {
    Answered,
    Absent { code: String },
    Gap { kind: String, code: String },
}

/// Reads the facts of one account.
pub(super) struct Facts<'a> {
    pub(super) connection: &'a Connection,
    pub(super) account: &'a str,
}

impl Facts<'_> {
    fn rows<T>(
        &self,
        sql: &str,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let mut statement = self.connection.prepare(sql)?;
        statement.query_map(params![self.account], read)?.collect()
    }

    pub(super) fn trails(&self) -> rusqlite::Result<Vec<Trail>> {
        let mut trails = self.rows(
            "select trail_arn, name, is_multi_region, log_group_arn,
               (select count(*) from event_selector as s
                where s.account = t.account and s.trail_arn = t.trail_arn),
               exists (select 1 from event_selector as s
                where s.account = t.account and s.trail_arn = t.trail_arn
                  and s.include_management_events = 1 and s.read_write_type = 'All'),
               (select count(*) from advanced_event_selector as s
                where s.account = t.account and s.trail_arn = t.trail_arn),
               exists (select 1 from advanced_event_selector_field as f
                where f.account = t.account and f.trail_arn = t.trail_arn
                  and f.field = 'eventCategory' and f.operator = 'Equals' and f.operands = '[\"Management\"]'
                  and not exists (select 1 from advanced_event_selector_field as r
                    where r.account = f.account and r.trail_arn = f.trail_arn and r.position = f.position
                      and r.field = 'readOnly')),
               exists (select 1 from event_selector as s, json_each(s.data_resources) as r,
                  json_each(r.value, '$.Values') as v
                where s.account = t.account and s.trail_arn = t.trail_arn
                  and json_extract(r.value, '$.Type') = 'AWS::S3::Object' and v.value = 'arn:aws:s3'),
               exists (select 1 from event_selector as s
                where s.account = t.account and s.trail_arn = t.trail_arn
                  and json_array_length(s.data_resources) > 0),
               log_file_validation_enabled, nullif(kms_key_id, '')
             from trail as t
             where account = ?1
             order by trail_arn",
            |row| {
                Ok(Trail {
                    arn: row.get(0)?,
                    name: row.get(1)?,
                    is_multi_region: row.get(2)?,
                    log_group_arn: row.get(3)?,
                    is_logging: Vec::new(),
                    basic_selectors: row.get(4)?,
                    has_basic_all: row.get(5)?,
                    advanced_selectors: row.get(6)?,
                    has_fields_all: row.get(7)?,
                    has_all_buckets: row.get(8)?,
                    has_data_resource: row.get(9)?,
                    validates: row.get(10)?,
                    key: row.get(11)?,
                    deliveries: Vec::new(),
                })
            },
        )?;
        let status: Vec<(String, bool)> = self.rows(
            "select trail_arn, is_logging
             from trail_status
             where account = ?1
             order by trail_arn, region",
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        for (arn, is_logging) in status {
            if let Some(trail) = trails.iter_mut().find(|trail| trail.arn == arn) {
                trail.is_logging.push(is_logging);
            }
        }
        let deliveries: Vec<(String, Option<String>, Option<String>)> = self.rows(
            "select d.trail_arn, d.log_delivery_time, e.at
             from trail_delivery as d
             left join evidence as e on e.id = d.evidence_id
             where d.account = ?1
             order by d.trail_arn, d.region",
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        for (arn, delivered, asked) in deliveries {
            if let Some(trail) = trails.iter_mut().find(|trail| trail.arn == arn) {
                trail.deliveries.push((delivered, asked));
            }
        }
        Ok(trails)
    }

    pub(super) fn filters(&self) -> rusqlite::Result<Vec<Filter>> {
        let rows: Vec<(Filter, Option<String>)> = self.rows(
            "select f.region, f.log_group_name, f.name, f.pattern, m.metric_name
             from metric_filter as f
             left join metric_transformation as m
               on m.account = f.account and m.region = f.region
               and m.log_group_name = f.log_group_name and m.filter_name = f.name
             where f.account = ?1
             order by f.region, f.log_group_name, f.name, m.position",
            |row| {
                let filter = Filter {
                    region: row.get(0)?,
                    log_group: row.get(1)?,
                    name: row.get(2)?,
                    pattern: row.get(3)?,
                    metrics: Vec::new(),
                };
                Ok((filter, row.get(4)?))
            },
        )?;
        let mut filters: Vec<Filter> = Vec::new();
        for (filter, metric) in rows {
            let same = |last: &Filter| {
                (&last.region, &last.log_group, &last.name)
                    == (&filter.region, &filter.log_group, &filter.name)
            };
            if !filters.last().is_some_and(same) {
                filters.push(filter);
            }
            if let Some(last) = filters.last_mut() {
                last.metrics.extend(metric);
            }
        }
        Ok(filters)
    }

    /// Metric alarms alone: the steps look at `MetricAlarms` of the answer.
    pub(super) fn alarms(&self) -> rusqlite::Result<Vec<Alarm>> {
        let rows: Vec<(String, Alarm, Option<String>)> = self.rows(
            "select a.alarm_arn, a.region, a.name, a.metric_name, x.action_arn
             from alarm as a
             left join alarm_action as x
               on x.account = a.account and x.alarm_arn = a.alarm_arn and x.on_state = 'ALARM'
             where a.account = ?1 and a.type = 'metric'
             order by a.alarm_arn, x.position",
            |row| {
                let alarm = Alarm {
                    region: row.get(1)?,
                    name: row.get(2)?,
                    metric: row.get(3)?,
                    actions: Vec::new(),
                };
                Ok((row.get(0)?, alarm, row.get(4)?))
            },
        )?;
        let mut alarms: Vec<(String, Alarm)> = Vec::new();
        for (arn, alarm, action) in rows {
            if alarms.last().is_none_or(|(last, _)| *last != arn) {
                alarms.push((arn, alarm));
            }
            if let Some((_, last)) = alarms.last_mut() {
                last.actions.extend(action);
            }
        }
        Ok(alarms.into_iter().map(|(_, alarm)| alarm).collect())
    }

    /// Subscriptions of the topics that the account's alarms name, whichever account listed them.
    pub(super) fn subscriptions(&self) -> rusqlite::Result<BTreeMap<String, Vec<String>>> {
        let rows: Vec<(String, String)> = self.rows(
            "select distinct topic_arn, subscription_arn
             from subscription
             where topic_arn in (select action_arn from alarm_action where account = ?1)
             order by topic_arn, subscription_arn",
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let mut topics: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (topic, subscription) in rows {
            topics.entry(topic).or_default().push(subscription);
        }
        Ok(topics)
    }

    /// What the account was asked, and what others were answered about its topics.
    pub(super) fn questions(&self) -> rusqlite::Result<BTreeMap<(String, String), Vec<Question>>> {
        let rows: Vec<((String, String), Question)> = self.rows(
            "with recursive told (account) as (
               select min(account) from answered
               union all
               select (select min(answered.account) from answered where answered.account > told.account)
               from told where told.account is not null
             ),
             topic (arn, region) as (
               select distinct action_arn, region from alarm_action where account = ?1
             ),
             outcome as (
               select account, region, operation, subject, 0 as rank, '' as kind, '' as code from answered
               union all
               select account, region, operation, subject, 1, '', code from absent
               union all
               select account, region, operation, subject, 2, kind, code from gap
             )
             select operation, subject, region, rank, kind, code
             from outcome
             where account = ?1
               and operation in ('DescribeTrails', 'GetTrailStatus', 'GetEventSelectors',
                 'DescribeMetricFilters', 'DescribeAlarms', 'ListSubscriptionsByTopic')
             union
             select answered.operation, answered.subject, answered.region, 0, '', ''
             from topic cross join told
             join answered on answered.account = told.account and answered.region = topic.region
               and answered.service = 'sns' and answered.operation = 'ListSubscriptionsByTopic'
               and answered.subject = topic.arn
             order by operation, subject, region, rank",
            |row| {
                let outcome = match row.get::<_, i64>(3)? {
                    0 => Outcome::Answered,
                    1 => Outcome::Absent { code: row.get(5)? },
                    _ => Outcome::Gap { kind: row.get(4)?, code: row.get(5)? },
                };
                Ok(((row.get(0)?, row.get(1)?), Question { region: row.get(2)?, outcome }))
            },
        )?;
        let mut questions: BTreeMap<_, Vec<Question>> = BTreeMap::new();
        for (key, question) in rows {
            questions.entry(key).or_default().push(question);
        }
        Ok(questions)
    }
}
