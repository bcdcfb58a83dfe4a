//! Facts of trails: configuration, status, event selectors, regions, the organization.

use std::rc::Rc;

use rusqlite::Row;

use crate::chain::verdict::{Kind, Subject};

use super::{Error, Facts, FilterRow, Json, get, once};

/// A trail as an account sees it.
#[derive(Clone, Debug)]
pub(crate) struct TrailRow {
    pub(crate) arn: String,
    pub(crate) name: String,
    /// The account in the trail's ARN.
    pub(crate) owner: String,
    pub(crate) home_region: String,
    pub(crate) is_multi_region: bool,
    pub(crate) is_organization: bool,
    pub(crate) include_global_service_events: Option<bool>,
    pub(crate) log_group_arn: Option<String>,
    /// The account, region and name in the log group's ARN.
    pub(crate) log_account: Option<String>,
    pub(crate) log_region: Option<String>,
    pub(crate) log_group_name: Option<String>,
    pub(crate) role_arn: Option<String>,
    pub(crate) has_custom_event_selectors: Option<bool>,
    /// Whether it shows in other Regions alone.
    pub(crate) shows_elsewhere_alone: bool,
    pub(crate) evidence: i64,
}

impl TrailRow {
    /// What links call it.
    pub(crate) fn subject(&self) -> Subject {
        Subject::of_arn(Kind::Trail, &self.arn)
    }

    /// Whether it delivers to the log group of a metric filter of an account.
    pub(in crate::chain) fn feeds(&self, account: &str, filter: &FilterRow) -> bool {
        self.log_account.as_deref() == Some(account)
            && self.log_region.as_deref() == Some(&filter.region)
            && self.log_group_name.as_deref() == Some(&filter.log_group_name)
    }
}

/// GetTrailStatus.
#[derive(Clone, Debug)]
pub(crate) struct TrailStatus {
    pub(crate) is_logging: bool,
    pub(crate) log_delivery_error: Option<String>,
    pub(crate) s3_delivery_error: Option<String>,
    pub(crate) start_logging_time: Option<String>,
    pub(crate) evidence: i64,
}

/// When a trail delivered last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Delivery {
    pub(crate) log_delivery_time: Option<String>,
    pub(crate) s3_delivery_time: Option<String>,
}

/// A basic event selector.
#[derive(Clone, Debug, Default)]
pub(crate) struct BasicSelector {
    pub(crate) read_write_type: String,
    pub(crate) include_management_events: bool,
    pub(crate) exclude_management_event_sources: Json<Vec<String>>,
    pub(crate) evidence: i64,
}

/// An advanced event selector.
#[derive(Clone, Debug, Default)]
pub(crate) struct AdvancedSelector {
    pub(crate) position: i64,
    pub(crate) name: Option<String>,
    pub(crate) fields: Vec<FieldCondition>,
    pub(crate) evidence: i64,
}

/// One operator of one field of an advanced event selector.
#[derive(Clone, Debug, Default)]
pub(crate) struct FieldCondition {
    pub(crate) field: String,
    pub(crate) operator: String,
    pub(crate) operands: Json<Vec<String>>,
}

/// Both kinds of event selectors of a trail.
#[derive(Clone, Debug, Default)]
pub(crate) struct SelectorRows {
    pub(crate) basic: Vec<BasicSelector>,
    pub(crate) advanced: Vec<AdvancedSelector>,
}

impl Facts<'_> {
    /// The partition of an account that answered GetCallerIdentity.
    pub(crate) fn partition(&self, account: &str) -> Result<Option<String>, Error> {
        self.optional(
            "select partition from account where account = ?1",
            [account],
            |row| row.get(0),
        )
    }

    /// Regions of an account with their state of activation.
    pub(crate) fn regions(&self, account: &str) -> Result<Vec<(String, String)>, Error> {
        self.list(
            "select region, status from region where account = ?1 order by region",
            [account],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// Regions in which something was asked of an account.
    pub(crate) fn asked_regions(&self, account: &str) -> Result<Vec<String>, Error> {
        self.list(
            "select distinct region from evidence where account = ?1 order by region",
            [account],
            |row| row.get(0),
        )
    }

    /// The organization of an account: its id and its management account.
    pub(crate) fn organization(&self, account: &str) -> Result<Option<(String, String)>, Error> {
        let kept = self.rows(account);
        let read = || {
            self.optional(
                "select organization_id, management_account from organization where account = ?1",
                [account],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
        };
        once(&kept.organization, read).cloned()
    }

    /// Trails that an account sees.
    pub(crate) fn trails(&self, account: &str) -> Result<Rc<[TrailRow]>, Error> {
        let kept = self.rows(account);
        once(&kept.trails, || Ok(self.read_trails(account)?.into())).cloned()
    }

    /// Trails that record an account: those that it sees, and, where it could not look for itself, the organization trails
    /// that its management account sees.
    pub(in crate::chain) fn trails_of(&self, account: &str) -> Result<Rc<[TrailRow]>, Error> {
        let own = self.trails(account)?;
        let management = match self.organization(account)? {
            Some((_, management)) if management != account => management,
            _ => return Ok(own),
        };
        let questions = self.questions(account)?;
        let looked: Vec<&str> = questions
            .by_region("cloudtrail", "DescribeTrails", "")
            .filter(|(_, asked)| asked.answered())
            .map(|(region, _)| region)
            .collect();
        let would_show = |trail: &TrailRow| {
            trail.is_multi_region && !looked.is_empty()
                || looked.contains(&trail.home_region.as_str())
                || own.iter().any(|own| own.arn == trail.arn)
        };
        let of_owner = self.trails(&management)?;
        let hidden: Vec<TrailRow> = of_owner
            .iter()
            .filter(|trail| trail.is_organization && !would_show(trail))
            .cloned()
            .collect();
        if hidden.is_empty() {
            return Ok(own);
        }
        Ok(own.iter().cloned().chain(hidden).collect())
    }

    fn read_trails(&self, account: &str) -> Result<Vec<TrailRow>, Error> {
        self.list(
            "select * from chain_trail where account = ?1 order by trail_arn",
            [account],
            |row| {
                Ok(TrailRow {
                    arn: get(row, "trail_arn")?,
                    name: get(row, "name")?,
                    owner: get(row, "owner")?,
                    home_region: get(row, "home_region")?,
                    is_multi_region: get(row, "is_multi_region")?,
                    is_organization: get(row, "is_organization")?,
                    include_global_service_events: get(row, "include_global_service_events")?,
                    log_group_arn: get(row, "log_group_arn")?,
                    log_account: get(row, "log_account")?,
                    log_region: get(row, "log_region")?,
                    log_group_name: get(row, "log_group_name")?,
                    role_arn: said(row, "role_arn")?,
                    has_custom_event_selectors: get(row, "has_custom_event_selectors")?,
                    shows_elsewhere_alone: get(row, "shows_elsewhere_alone")?,
                    evidence: get(row, "evidence_id")?,
                })
            },
        )
    }

    /// GetTrailStatus in the trail's home region, as this account was told.
    pub(crate) fn trail_status(
        &self,
        account: &str,
        trail: &TrailRow,
    ) -> Result<Option<TrailStatus>, Error> {
        self.optional(
            "select is_logging, log_delivery_error, s3_delivery_error, start_logging_time, evidence_id \
             from trail_status where account = ?1 and region = ?2 and trail_arn = ?3",
            (account, &trail.home_region, &trail.arn),
            |row| {
                Ok(TrailStatus {
                    is_logging: get(row, "is_logging")?,
                    log_delivery_error: said(row, "log_delivery_error")?,
                    s3_delivery_error: said(row, "s3_delivery_error")?,
                    start_logging_time: get(row, "start_logging_time")?,
                    evidence: get(row, "evidence_id")?,
                })
            },
        )
    }

    /// IsLogging of every answer of GetTrailStatus about a trail, whichever Region gave it.
    pub(crate) fn is_logging(&self, account: &str, trail_arn: &str) -> Result<Vec<bool>, Error> {
        self.list(
            "select is_logging from trail_status where account = ?1 and trail_arn = ?2 order by region",
            (account, trail_arn),
            |row| row.get(0),
        )
    }

    /// When the trail delivered last, as this account was told.
    pub(crate) fn trail_delivery(
        &self,
        account: &str,
        trail: &TrailRow,
    ) -> Result<Delivery, Error> {
        let found = self.optional(
            "select log_delivery_time, s3_delivery_time from trail_delivery where account = ?1 and region = ?2 and trail_arn = ?3",
            (account, &trail.home_region, &trail.arn),
            |row| {
                Ok(Delivery {
                    log_delivery_time: get(row, "log_delivery_time")?,
                    s3_delivery_time: get(row, "s3_delivery_time")?,
                })
            },
        )?;
        Ok(found.unwrap_or_default())
    }

    /// Event selectors of a trail, as this account was told.
    pub(crate) fn selectors(
        &self,
        account: &str,
        trail: &TrailRow,
    ) -> Result<Rc<SelectorRows>, Error> {
        let kept = self.rows(account);
        kept.selectors.get(trail.arn.clone(), |trail| {
            self.read_selectors((account, trail.as_str())).map(Rc::new)
        })
    }

    fn read_selectors(&self, key: (&str, &str)) -> Result<SelectorRows, Error> {
        let basic = self.list(
            "select read_write_type, include_management_events, exclude_management_event_sources, evidence_id \
             from event_selector where account = ?1 and trail_arn = ?2 order by position",
            key,
            |row| {
                Ok(BasicSelector {
                    read_write_type: get(row, "read_write_type")?,
                    include_management_events: get(row, "include_management_events")?,
                    exclude_management_event_sources: get(row, "exclude_management_event_sources")?,
                    evidence: get(row, "evidence_id")?,
                })
            },
        )?;
        let mut advanced = self.list(
            "select position, name, evidence_id \
             from advanced_event_selector where account = ?1 and trail_arn = ?2 order by position",
            key,
            |row| {
                Ok(AdvancedSelector {
                    position: get(row, "position")?,
                    name: get(row, "name")?,
                    fields: Vec::new(),
                    evidence: get(row, "evidence_id")?,
                })
            },
        )?;
        let conditions = self.list(
            "select position, field, operator, operands from advanced_event_selector_field \
             where account = ?1 and trail_arn = ?2 order by position, field_position, operator",
            key,
            |row: &Row<'_>| {
                let position: i64 = get(row, "position")?;
                let condition = FieldCondition {
                    field: get(row, "field")?,
                    operator: get(row, "operator")?,
                    operands: get(row, "operands")?,
                };
                Ok((position, condition))
            },
        )?;
        for (position, condition) in conditions {
            if let Some(selector) = advanced
                .iter_mut()
                .find(|selector| selector.position == position)
            {
                selector.fields.push(condition);
            }
        }
        Ok(SelectorRows { basic, advanced })
    }
}

/// A text column; CloudTrail writes texts that are not set as empty ones.
fn said(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<String>> {
    let text: Option<String> = get(row, column)?;
    Ok(text.filter(|text| !text.trim().is_empty()))
}
