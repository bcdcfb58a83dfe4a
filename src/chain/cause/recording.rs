//! What is said of what a trail keeps: its files in a bucket, their digests and key, and the S3 objects that it records.

use serde::Serialize;

use crate::aws::policy::{PolicyDoubt, Refusal, Statement};

/// Why a link about what a trail keeps has its verdict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum RecordingCause {
    /// Files do not reach the bucket.
    FilesNotDelivered {
        /// LatestDeliveryError.
        error: String,
    },
    /// The bucket got a file so many seconds before the snapshot.
    FilesDelivered {
        /// Seconds.
        seconds_ago: i64,
    },
    /// The bucket got nothing for a while, and CloudTrail reports no error.
    FilesStale {
        /// Seconds since the latest delivery; since logging started where there was none.
        seconds: i64,
        /// Whether there ever was one.
        ever: bool,
    },
    /// No delivery to the bucket is on record.
    NoFilesOnRecord,
    /// The trail writes digests of its files.
    DigestsWritten,
    /// The trail writes no digests of its files.
    DigestsOff,
    /// The trail does not say whether it writes digests.
    DigestsNotSaid,
    /// Digests do not reach the bucket.
    DigestsNotDelivered {
        /// LatestDigestDeliveryError.
        error: String,
    },
    /// The bucket got no digest for a while.
    DigestsStale {
        /// Seconds since the latest; since logging started where there was none.
        seconds: i64,
    },
    /// The trail names no key for its files.
    NoTrailKey,
    /// The trail names a key for its files.
    TrailKeyNamed {
        /// The key.
        key: String,
    },
    /// There is no such key.
    TrailKeyMissing {
        /// The key.
        key: String,
    },
    /// The key is in a state in which it encrypts nothing.
    TrailKeyNotUsable {
        /// Its state.
        key_state: String,
    },
    /// The key is of a kind that encrypts no files.
    TrailKeyCannotEncrypt {
        /// What it is.
        #[serde(skip_serializing_if = "Option::is_none")]
        key_spec: Option<String>,
        /// What it is for.
        #[serde(skip_serializing_if = "Option::is_none")]
        key_usage: Option<String>,
    },
    /// A statement of the key's policy lets CloudTrail use it.
    TrailKeyAllowed {
        /// The statement.
        statement: Statement,
    },
    /// The key's policy keeps CloudTrail from using it.
    TrailKeyRefused {
        /// How.
        refusal: Refusal,
    },
    /// Whether the key's policy lets CloudTrail use it is not decided.
    TrailKeyOpen {
        /// Why.
        doubt: PolicyDoubt,
    },
    /// No event selector records calls on S3 objects.
    NoObjectEvents,
    /// Event selectors record calls on S3 objects.
    ObjectEvents,
    /// Of calls on S3 objects, reads alone are recorded.
    ObjectReadsOnly,
    /// Of calls on S3 objects, writes alone are recorded.
    ObjectWritesOnly,
    /// No event selector for S3 objects matches the call.
    ObjectNotSelected,
    /// Which Regions the account uses was not told, and one Region's trail does not record the others.
    RegionsNotListed,
}
