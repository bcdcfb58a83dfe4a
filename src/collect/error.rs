//! Why a collection could not start or go on. A call that fails is no error: it is recorded.

use crate::snapshot;

/// Why a collection could not start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No credentials, or none that could be read. For the user to fix.
    #[error("no usable AWS credentials: {0}")]
    Credentials(String),
    /// AWS did not say who is asking. For the user to fix: wrong or expired credentials, wrong endpoint.
    #[error("AWS did not accept the credentials: {code}: {message}")]
    Identity {
        /// AWS error code, or one of ours in lower case.
        code: String,
        /// What was said with it.
        message: String,
    },
    /// An endpoint that is no URL. For the user to fix.
    #[error("`{0}` is not an endpoint; write it as https://host or http://host:port")]
    Endpoint(String),
    /// A file with certificates that cannot be read. For the user to fix.
    #[error("cannot read the certificates of AWS_CA_BUNDLE, `{path}`: {why}")]
    Certificates {
        /// The file.
        path: String,
        /// What was found.
        why: String,
    },
    /// The accounts of the organization could not be listed. For the user to fix: only the management account and
    /// delegated administrators may.
    #[error("the accounts of the organization could not be listed: {code}: {message}")]
    Organization {
        /// AWS error code, or one of ours in lower case.
        code: String,
        /// What was said with it.
        message: String,
    },
    /// The credentials are of another account than those that the collection began with. For the user to fix.
    #[error("the collection was begun in account {before}; these credentials are of account {now}")]
    OtherAccount {
        /// Accounts recorded so far.
        before: String,
        /// The account of the credentials.
        now: String,
    },
    /// A snapshot that cannot be replayed.
    #[error("`{path}` cannot be replayed: {why}")]
    Replay {
        /// The file.
        path: String,
        /// What was found.
        why: &'static str,
    },
    /// The snapshot could not be read or written.
    #[error(transparent)]
    Snapshot(#[from] snapshot::Error),
    /// The operating system refused a thread or a runtime.
    #[error("cannot start: {0}")]
    Start(#[from] std::io::Error),
    /// A task of the collector panicked. A bug of trailproof.
    #[error("the collector failed: {0}")]
    Bug(String),
}
