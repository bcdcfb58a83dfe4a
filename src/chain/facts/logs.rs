//! Facts of log groups: the group, its metric filters, what transforms or masks its records, ways out of it.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use super::kept::{AccountRows, FilterRows, Grouped};
use super::{Columns, Error, Facts, Json, get, once};

/// A log group.
#[derive(Clone, Debug)]
pub(crate) struct LogGroup {
    pub(crate) class: Option<String>,
    pub(crate) kms_key_id: Option<String>,
    pub(crate) data_protection_status: Option<String>,
    pub(crate) inherited_properties: Json<Vec<String>>,
    pub(crate) evidence: i64,
}

/// Metric filters, one row a transformation, each read once.
pub(crate) type MetricFilters = Rc<[Rc<FilterRow>]>;

/// A metric filter with one of its metric transformations.
#[derive(Clone, Debug)]
pub(crate) struct FilterRow {
    pub(crate) region: String,
    pub(crate) log_group_name: String,
    pub(crate) name: String,
    pub(crate) pattern: String,
    pub(crate) apply_on_transformed_logs: Option<bool>,
    pub(crate) field_selection_criteria: Option<String>,
    pub(crate) emit_system_field_dimensions: Json<Vec<String>>,
    pub(crate) namespace: Option<String>,
    pub(crate) metric_name: Option<String>,
    pub(crate) metric_value: Option<String>,
    pub(crate) default_value: Option<String>,
    pub(crate) unit: Option<String>,
    /// What it writes: name and selector.
    pub(crate) dimensions: Option<Json<BTreeMap<String, String>>>,
    pub(crate) evidence: i64,
}

/// A log transformer.
#[derive(Clone, Debug)]
pub(crate) struct TransformerRow {
    /// Its processors.
    pub(crate) config: Json<Value>,
    pub(crate) evidence: i64,
}

/// An account-level policy of CloudWatch Logs.
#[derive(Clone, Debug)]
pub(crate) struct AccountPolicy {
    pub(crate) policy_type: String,
    pub(crate) name: String,
    pub(crate) selection_criteria: Option<String>,
    pub(crate) document: String,
    pub(crate) evidence: i64,
}

/// A subscription filter.
#[derive(Clone, Debug)]
pub(crate) struct SubscriptionFilter {
    pub(crate) name: String,
    pub(crate) pattern: String,
    pub(crate) destination_arn: String,
    pub(crate) evidence: i64,
}

impl Facts<'_> {
    /// A log group by its full ARN.
    pub(crate) fn log_group(&self, account: &str, arn: &str) -> Result<Option<LogGroup>, Error> {
        self.optional(
            "select class, kms_key_id, data_protection_status, inherited_properties, evidence_id \
             from log_group where account = ?1 and log_group_arn = ?2",
            (account, arn),
            |row| {
                Ok(LogGroup {
                    class: get(row, "class")?,
                    kms_key_id: get(row, "kms_key_id")?,
                    data_protection_status: get(row, "data_protection_status")?,
                    inherited_properties: get(row, "inherited_properties")?,
                    evidence: get(row, "evidence_id")?,
                })
            },
        )
    }

    /// Metric filters of one log group, one row a transformation.
    pub(crate) fn filters(
        &self,
        account: &str,
        region: &str,
        log_group: &str,
    ) -> Result<MetricFilters, Error> {
        let kept = self.rows(account);
        let filters = self.kept_filters(&kept, account)?;
        let group = (region.to_owned(), log_group.to_owned());
        Ok(filters.of_group.get(&group))
    }

    /// Metric filters of every log group of an account.
    pub(crate) fn all_filters(&self, account: &str) -> Result<MetricFilters, Error> {
        let kept = self.rows(account);
        Ok(Rc::clone(&self.kept_filters(&kept, account)?.all))
    }

    /// Metric filters of any log group that write a metric.
    pub(crate) fn writers(
        &self,
        account: &str,
        region: &str,
        namespace: &str,
        metric_name: &str,
    ) -> Result<MetricFilters, Error> {
        let kept = self.rows(account);
        let filters = self.kept_filters(&kept, account)?;
        let metric = [region, namespace, metric_name].map(str::to_owned);
        Ok(filters.of_metric.get(&metric))
    }

    fn kept_filters<'k>(
        &self,
        kept: &'k AccountRows,
        account: &str,
    ) -> Result<&'k FilterRows, Error> {
        once(&kept.filters, || {
            let all: MetricFilters = self
                .list(
                    "select region, log_group_name, name, pattern, apply_on_transformed_logs, \
                     field_selection_criteria, emit_system_field_dimensions, namespace, metric_name, metric_value, \
                     default_value, unit, dimensions, evidence_id \
                     from chain_filter where account = ?1 order by region, log_group_name, name, position",
                    [account],
                    |row| filter_row(row).map(Rc::new),
                )?
                .into();
            let group = |it: &FilterRow| (it.region.clone(), it.log_group_name.clone());
            let metric = |it: &FilterRow| {
                let (namespace, name) = (it.namespace.clone()?, it.metric_name.clone()?);
                Some([it.region.clone(), namespace, name])
            };
            Ok(FilterRows {
                of_group: Grouped::of(all.iter().map(|it| (group(it), Rc::clone(it)))),
                of_metric: Grouped::of(
                    all.iter()
                        .filter_map(|it| Some((metric(it)?, Rc::clone(it)))),
                ),
                all,
            })
        })
    }

    /// The transformer of a log group.
    pub(crate) fn transformer(
        &self,
        account: &str,
        region: &str,
        log_group: &str,
    ) -> Result<Option<TransformerRow>, Error> {
        self.optional(
            "select config, evidence_id from transformer \
             where account = ?1 and region = ?2 and log_group_name = ?3 and config not in ('[]', '{}', 'null')",
            (account, region, log_group),
            |row| {
                Ok(TransformerRow {
                    config: row.get(0)?,
                    evidence: row.get(1)?,
                })
            },
        )
    }

    /// Account-level policies of a region.
    pub(crate) fn account_policies(
        &self,
        account: &str,
        region: &str,
    ) -> Result<Vec<AccountPolicy>, Error> {
        self.list(
            "select policy_type, name, selection_criteria, document, evidence_id \
             from logs_account_policy where account = ?1 and region = ?2 order by policy_type, name",
            (account, region),
            |row| {
                Ok(AccountPolicy {
                    policy_type: get(row, "policy_type")?,
                    name: get(row, "name")?,
                    selection_criteria: get(row, "selection_criteria")?,
                    document: get(row, "document")?,
                    evidence: get(row, "evidence_id")?,
                })
            },
        )
    }

    /// The data protection policy of a log group, with its evidence row.
    pub(crate) fn data_protection_policy(
        &self,
        account: &str,
        region: &str,
        log_group: &str,
    ) -> Result<Option<(String, i64)>, Error> {
        self.optional(
            "select document, evidence_id from data_protection_policy \
             where account = ?1 and region = ?2 and log_group_name = ?3",
            (account, region, log_group),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// Subscription filters of a log group.
    pub(crate) fn subscription_filters(
        &self,
        account: &str,
        region: &str,
        log_group: &str,
    ) -> Result<Vec<SubscriptionFilter>, Error> {
        self.list(
            "select name, pattern, destination_arn, evidence_id from subscription_filter \
             where account = ?1 and region = ?2 and log_group_name = ?3 order by name",
            (account, region, log_group),
            |row| {
                Ok(SubscriptionFilter {
                    name: get(row, "name")?,
                    pattern: get(row, "pattern")?,
                    destination_arn: get(row, "destination_arn")?,
                    evidence: get(row, "evidence_id")?,
                })
            },
        )
    }
}

fn filter_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<FilterRow> {
    let mut columns = Columns::of(row);
    Ok(FilterRow {
        region: columns.read()?,
        log_group_name: columns.read()?,
        name: columns.read()?,
        pattern: columns.read()?,
        apply_on_transformed_logs: columns.read()?,
        field_selection_criteria: columns.read()?,
        emit_system_field_dimensions: columns.read()?,
        namespace: columns.read()?,
        metric_name: columns.read()?,
        metric_value: columns.read()?,
        default_value: columns.read()?,
        unit: columns.read()?,
        dimensions: columns.read()?,
        evidence: columns.read()?,
    })
}
