//! What a trail keeps, in words.

use crate::analyze::{Unrecorded, Why};
use crate::aws::arn::short_name;
use crate::chain::cause::RecordingCause;
use crate::control::Kept;

use super::{policy, span};

/// Who encrypts the files of a trail.
const CLOUDTRAIL: &str = "CloudTrail";

/// The cause as a sentence.
pub(super) fn sentence(cause: &RecordingCause) -> String {
    match cause {
        RecordingCause::FilesNotDelivered { error } => {
            format!("files do not reach its bucket: {error}")
        }
        RecordingCause::FilesDelivered { seconds_ago } => format!(
            "its bucket got a file {} before the snapshot",
            span(*seconds_ago)
        ),
        RecordingCause::FilesStale {
            seconds,
            ever: true,
        } => format!(
            "the latest file reached its bucket {} before the snapshot",
            span(*seconds)
        ),
        RecordingCause::FilesStale {
            seconds,
            ever: false,
        } => format!(
            "no file is known to have reached its bucket since logging started {} before",
            span(*seconds)
        ),
        RecordingCause::NoFilesOnRecord => "no delivery to its bucket is on record".to_owned(),
        RecordingCause::DigestsWritten => "it writes digests of its files".to_owned(),
        RecordingCause::DigestsOff => {
            "it writes no digests: nobody can tell whether its files were changed".to_owned()
        }
        RecordingCause::DigestsNotSaid => {
            "whether it writes digests of its files is not said".to_owned()
        }
        RecordingCause::DigestsNotDelivered { error } => {
            format!("digests do not reach its bucket: {error}")
        }
        RecordingCause::DigestsStale { seconds } => format!(
            "the latest digest reached its bucket {} before the snapshot",
            span(*seconds)
        ),
        RecordingCause::NoTrailKey => "it names no key of KMS for its files".to_owned(),
        RecordingCause::TrailKeyNamed { key } => format!("its files are encrypted with `{key}`"),
        RecordingCause::TrailKeyMissing { key } => format!("its key `{key}` does not exist"),
        RecordingCause::TrailKeyNotUsable { key_state } => {
            format!("its key is {key_state} and encrypts nothing")
        }
        RecordingCause::TrailKeyCannotEncrypt {
            key_spec,
            key_usage,
        } => policy::cannot_encrypt(key_spec.as_deref(), key_usage.as_deref(), "CloudTrail"),
        RecordingCause::TrailKeyAllowed { statement } => format!(
            "statement {} of the key's policy lets CloudTrail encrypt with it",
            policy::name(statement)
        ),
        RecordingCause::TrailKeyRefused { refusal } => format!(
            "the key's policy does not let CloudTrail encrypt with it: {}",
            policy::refused(refusal, CLOUDTRAIL)
        ),
        RecordingCause::TrailKeyOpen { doubt } => format!(
            "whether the key's policy lets CloudTrail encrypt with it is not decided: {}",
            policy::doubted(doubt, CLOUDTRAIL)
        ),
        RecordingCause::NoObjectEvents => {
            "no event selector records calls on S3 objects".to_owned()
        }
        RecordingCause::ObjectEvents => "event selectors record calls on S3 objects".to_owned(),
        RecordingCause::ObjectReadsOnly => {
            "event selectors record reads of S3 objects alone".to_owned()
        }
        RecordingCause::ObjectWritesOnly => {
            "event selectors record changes of S3 objects alone".to_owned()
        }
        RecordingCause::ObjectNotSelected => {
            "no event selector for S3 objects matches the call".to_owned()
        }
        RecordingCause::RegionsNotListed => {
            "which Regions it uses was not told, and its trails do not record every Region"
                .to_owned()
        }
    }
}

/// Which trails keep what is asked for.
pub(super) fn recorded(trails: &[String]) -> String {
    let names: Vec<String> = trails
        .iter()
        .map(|arn| format!("`{}`", short_name(arn)))
        .collect();
    match names.as_slice() {
        [one] => format!("trail {one} keeps every event that is asked for"),
        many => format!(
            "trails {} together keep every event that is asked for",
            many.join(", ")
        ),
    }
}

/// That an event is not kept where it is asked for.
pub(super) fn not_kept(event: &Unrecorded, kept: Kept) -> String {
    let mut what = format!("{} of {}", event.event_name, event.event_source);
    if let Some(object) = &event.object {
        what = format!("{} of `{}`", event.event_name, object);
    }
    let what = format!("{what} in {}", event.region);
    match kept {
        Kept::Anywhere => format!("nobody records {what}"),
        Kept::ValidatedFiles => format!("no file that can be checked holds {what}"),
        Kept::LogGroup => format!("no log group gets {what}"),
        Kept::EncryptedFiles => format!("no encrypted file holds {what}"),
    }
}

/// What the witness of a finding is.
pub fn witness(why: &Why) -> &'static str {
    match why {
        Why::NobodyRecords { .. } => "an event that is not kept",
        _ => "an event that nobody would hear about",
    }
}
