//! Why a collection could not start or go on. A call that fails is no error: it is recorded.

use crate::snapshot;

/// Why a collection could not start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No credentials, or none that could be read. For the user to fix.
    #[error("no usable AWS credentials: {0}")]
    Credentials(String),
    /// The configuration files have no such profile. For the user to fix.
    #[error("there is no profile `{name}` in the AWS configuration files; they have: {known}")]
    Profile {
        /// The profile asked for.
        name: String,
        /// Some that are there.
        known: String,
    },
    /// The profile's role is entered with an MFA code. For the user to fix.
    #[error(
        "the profile `{profile}` asks for an MFA code (`mfa_serial`), which trailproof does not ask for"
    )]
    Mfa {
        /// The profile.
        profile: String,
    },
    /// No answer came from where AWS should be. For the user to fix: network, region or endpoint.
    #[error("AWS did not answer at {place}: {message}")]
    Unreachable {
        /// The endpoint that was given, or the Region whose endpoint it is.
        place: String,
        /// What the network said.
        message: String,
    },
    /// The account has no such region. For the user to fix.
    #[error("account {account} has no region `{region}`")]
    Region {
        /// The account.
        account: String,
        /// The region asked for.
        region: String,
    },
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
