//! Facts of what a trail keeps: its bucket, digests and key, and the S3 objects of its event selectors.

use serde_json::Value;

use super::{Error, Facts, Json, get};

/// What a trail keeps its events in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keeping {
    pub(crate) bucket: Option<String>,
    pub(crate) validates: Option<bool>,
    pub(crate) key: Option<String>,
}

/// What GetTrailStatus says of files and digests.
#[derive(Clone, Debug, Default)]
pub(crate) struct FileDelivery {
    pub(crate) is_logging: bool,
    pub(crate) error: Option<String>,
    pub(crate) time: Option<String>,
    pub(crate) digest_error: Option<String>,
    pub(crate) digest_time: Option<String>,
    pub(crate) started: Option<String>,
    /// When AWS was asked.
    pub(crate) asked: Option<String>,
    pub(crate) evidence: i64,
}

/// A last delivery to a log group.
#[derive(Clone, Debug)]
pub(crate) struct Delivered {
    pub(crate) time: Option<String>,
    /// When AWS was asked.
    pub(crate) asked: Option<String>,
}

/// The data resources of one basic event selector.
#[derive(Clone, Debug, Default)]
pub(crate) struct DataResources {
    pub(crate) read_write_type: String,
    /// Objects with `Type` and `Values`.
    pub(crate) resources: Json<Vec<Value>>,
    pub(crate) evidence: i64,
}

impl Facts<'_> {
    /// What a trail keeps its events in, as this account was told.
    pub(crate) fn keeping(&self, account: &str, trail: &str) -> Result<Keeping, Error> {
        let found = self.optional(
            "select s3_bucket_name, log_file_validation_enabled, kms_key_id from trail \
             where account = ?1 and trail_arn = ?2",
            (account, trail),
            |row| {
                let text = |text: Option<String>| text.filter(|text| !text.is_empty());
                Ok(Keeping {
                    bucket: text(get(row, "s3_bucket_name")?),
                    validates: get(row, "log_file_validation_enabled")?,
                    key: text(get(row, "kms_key_id")?),
                })
            },
        )?;
        Ok(found.unwrap_or_default())
    }

    /// The delivery of files and digests as GetTrailStatus told this account, in the trail's home Region.
    pub(crate) fn file_delivery(
        &self,
        account: &str,
        region: &str,
        trail: &str,
    ) -> Result<Option<FileDelivery>, Error> {
        self.optional(
            "select is_logging, s3_delivery_error, digest_delivery_error, start_logging_time, \
               s3_delivery_time, digest_delivery_time, evidence.at, trail_status.evidence_id \
             from trail_status \
             left join trail_delivery using (account, region, trail_arn) \
             left join evidence on evidence.id = trail_status.evidence_id \
             where trail_status.account = ?1 and trail_status.region = ?2 and trail_arn = ?3",
            (account, region, trail),
            |row| {
                let error = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
                Ok(FileDelivery {
                    is_logging: get(row, "is_logging")?,
                    error: error(get(row, "s3_delivery_error")?),
                    digest_error: error(get(row, "digest_delivery_error")?),
                    started: get(row, "start_logging_time")?,
                    time: get(row, "s3_delivery_time")?,
                    digest_time: get(row, "digest_delivery_time")?,
                    asked: get(row, "at")?,
                    evidence: get(row, "evidence_id")?,
                })
            },
        )
    }

    /// When a trail delivered to its log group last and when that was asked, of every answer about it.
    pub(crate) fn deliveries(&self, account: &str, trail: &str) -> Result<Vec<Delivered>, Error> {
        self.list(
            "select log_delivery_time, evidence.at from trail_delivery \
             left join evidence on evidence.id = trail_delivery.evidence_id \
             where trail_delivery.account = ?1 and trail_arn = ?2 order by trail_delivery.region",
            (account, trail),
            |row| {
                Ok(Delivered {
                    time: row.get(0)?,
                    asked: row.get(1)?,
                })
            },
        )
    }

    /// The data resources of a trail's basic event selectors, as this account was told.
    pub(crate) fn data_resources(
        &self,
        account: &str,
        trail: &str,
    ) -> Result<Vec<DataResources>, Error> {
        self.list(
            "select read_write_type, data_resources, evidence_id from event_selector \
             where account = ?1 and trail_arn = ?2 order by position",
            (account, trail),
            |row| {
                let resources: Option<Json<Vec<Value>>> = get(row, "data_resources")?;
                Ok(DataResources {
                    read_write_type: get(row, "read_write_type")?,
                    resources: resources.unwrap_or_default(),
                    evidence: get(row, "evidence_id")?,
                })
            },
        )
    }
}
