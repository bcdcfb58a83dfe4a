//! Whether a key of KMS encrypts and decrypts at all, whatever its policy says.

use super::facts::Key;

/// States in which a key encrypts and decrypts ("Key states of AWS KMS keys").
const USABLE_STATES: [&str; 2] = ["Enabled", "Updating"];

/// What makes a key useless.
pub(super) enum Unusable {
    /// Its state.
    State(String),
    /// It is none that encrypts under a data key.
    Kind {
        /// `KeySpec`.
        spec: Option<String>,
        /// `KeyUsage`.
        usage: Option<String>,
    },
}

/// Why nobody encrypts with the key; none where it can be used.
pub(super) fn unusable(key: &Key) -> Option<Unusable> {
    let state = key.state.as_deref();
    if let Some(state) = state.filter(|state| !USABLE_STATES.contains(state)) {
        return Some(Unusable::State(state.to_owned()));
    }
    let (spec, usage) = (key.spec.as_deref(), key.usage.as_deref());
    let symmetric = spec.is_none_or(|spec| spec == "SYMMETRIC_DEFAULT")
        && usage.is_none_or(|usage| usage == "ENCRYPT_DECRYPT");
    (!symmetric).then(|| Unusable::Kind {
        spec: key.spec.clone(),
        usage: key.usage.clone(),
    })
}
