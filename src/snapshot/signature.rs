//! Signatures over snapshot files with ordinary SSH keys.
//!
//! A signature is what `ssh-keygen -Y sign -n trailproof` writes: it covers every byte of the file, so that either
//! tool checks what the other signed. It proves who held the file, and never that AWS said what is in it.

use std::path::{Path, PathBuf};

use std::io::Read as _;

use ::signature::{Signer as _, Verifier as _};
use jiff::Timestamp;
use jiff::civil::DateTime;
use sha2::{Digest as _, Sha256, Sha512};
use ssh_key::{Algorithm, EcdsaCurve, HashAlg, LineEnding, PrivateKey, PublicKey, SshSig};

use super::file::{SnapshotFile, read_small};

/// The namespace of our signatures: one made for another purpose does not count.
pub const NAMESPACE: &str = "trailproof";

/// No signature, key or list of signers is larger.
const MAX_FILE: u64 = 1 << 20;

/// Why a signature could not be made or does not hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The operating system refused.
    #[error("cannot read `{}`: {source}", .path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// The refusal.
        source: std::io::Error,
    },
    /// The key file is none that we can use. For the user to fix.
    #[error("`{}` is not a private SSH key that can sign here: {why}", .path.display())]
    Key {
        /// The key file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The signature file is no signature, or one for something else.
    #[error("the signature does not hold: {0}")]
    Invalid(String),
    /// The list of allowed signers cannot be read. For the user to fix.
    #[error("line {line} of the allowed signers is not understood: {why}")]
    AllowedSigners {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
}

/// Who signed a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The principals of the allowed signer, as its line has them.
    pub principals: String,
    /// Fingerprint of the key, as `ssh-keygen -l` prints it.
    pub fingerprint: String,
}

/// The people whose signatures count, in the format that ssh-keygen(1) calls ALLOWED SIGNERS.
#[derive(Debug, Clone)]
pub struct AllowedSigners {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Default)]
struct Options {
    namespaces: Option<String>,
    valid_after: Option<Timestamp>,
    valid_before: Option<Timestamp>,
    is_authority: bool,
}

#[derive(Debug, Clone)]
struct Entry {
    principals: String,
    options: Options,
    key: PublicKey,
}

/// Where the signature of a file lies.
pub fn signature_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".sig");
    PathBuf::from(name)
}

/// What is signed: the hash of a file, for a purpose (PROTOCOL.sshsig).
fn signed_data(file: &SnapshotFile, algorithm: HashAlg) -> Result<Vec<u8>, SignatureError> {
    let unreadable = |source| SignatureError::Read {
        path: file.path().to_owned(),
        source,
    };
    let mut reader = file.reader().map_err(unreadable)?;
    let (mut sha256, mut sha512) = (Sha256::new(), Sha512::new());
    let mut block = vec![0; 1 << 16];
    loop {
        let read = reader.read(&mut block).map_err(unreadable)?;
        let Some(bytes) = block.get(..read).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        match algorithm {
            HashAlg::Sha256 => sha256.update(bytes),
            _ => sha512.update(bytes),
        }
    }
    let hash = match algorithm {
        HashAlg::Sha256 => sha256.finalize().to_vec(),
        _ => sha512.finalize().to_vec(),
    };
    let mut data = b"SSHSIG".to_vec();
    for part in [
        NAMESPACE.as_bytes(),
        b"",
        algorithm.as_str().as_bytes(),
        &hash,
    ] {
        data.extend(u32::try_from(part.len()).unwrap_or_default().to_be_bytes());
        data.extend_from_slice(part);
    }
    Ok(data)
}

/// Signs the bytes of a file; gives the text of the signature file.
pub fn sign(file: &SnapshotFile, key: &Path) -> Result<String, SignatureError> {
    let path = file.path();
    let unusable = |why: String| SignatureError::Key {
        path: key.to_owned(),
        why,
    };
    let private =
        PrivateKey::from_openssh(read(key)?).map_err(|error| unusable(error.to_string()))?;
    if private.is_encrypted() {
        return Err(unusable(format!(
            "it is protected by a passphrase; let `ssh-keygen -Y sign -n {NAMESPACE} -f {} {}` ask for it, which writes the same file",
            key.display(),
            path.display()
        )));
    }
    let signed = signed_data(file, HashAlg::Sha512)?;
    let signature = private
        .try_sign(&signed)
        .map_err(|error| unusable(format!("{} keys: {error}", private.algorithm())))?;
    let public = private.public_key().key_data().clone();
    SshSig::new(public, NAMESPACE, HashAlg::Sha512, signature)
        .map_err(|error| unusable(error.to_string()))?
        .to_pem(LineEnding::LF)
        .map_err(|error| unusable(error.to_string()))
}

/// Checks a signature over the bytes of a file.
///
/// With `identity` only signers by that name count. `at` is the time for which keys with a limited validity must be
/// valid; they do not count without one.
pub fn check(
    file: &SnapshotFile,
    signature: &Path,
    allowed: &AllowedSigners,
    identity: Option<&str>,
    at: Option<Timestamp>,
) -> Result<Signer, SignatureError> {
    let invalid = |why: String| SignatureError::Invalid(why);
    let signature = SshSig::from_pem(read(signature)?)
        .map_err(|error| invalid(format!("its file is not an SSH signature: {error}")))?;
    if signature.namespace() != NAMESPACE {
        return Err(invalid(format!(
            "it was made for `{}`, not for `{NAMESPACE}`",
            signature.namespace()
        )));
    }
    let fingerprint = signature
        .public_key()
        .fingerprint(HashAlg::Sha256)
        .to_string();
    let mut why = format!("its key {fingerprint} is not among the allowed signers");
    let mut signer = None;
    for entry in &allowed.entries {
        if entry.key.key_data() != signature.public_key() {
            continue;
        }
        match entry.objection(identity, at) {
            Some(objection) => why = format!("its key {fingerprint} {objection}"),
            None => {
                signer = Some(entry);
                break;
            }
        }
    }
    let entry = signer.ok_or_else(|| invalid(why))?;
    if !matches!(
        entry.key.algorithm(),
        Algorithm::Ed25519
            | Algorithm::SkEd25519
            | Algorithm::Ecdsa {
                curve: EcdsaCurve::NistP256
            }
    ) {
        return Err(invalid(format!(
            "{} keys are not supported here; check it with `ssh-keygen -Y verify`",
            entry.key.algorithm()
        )));
    }
    let signed = signed_data(file, signature.hash_alg())?;
    entry
        .key
        .key_data()
        .verify(&signed, signature.signature())
        .map_err(|_| invalid("the file is not the one that was signed".to_owned()))?;
    Ok(Signer {
        principals: entry.principals.clone(),
        fingerprint,
    })
}

fn read(path: &Path) -> Result<Vec<u8>, SignatureError> {
    read_small(path, MAX_FILE).map_err(|source| SignatureError::Read {
        path: path.to_owned(),
        source,
    })
}

impl AllowedSigners {
    /// Reads the file of that name.
    pub fn read(path: &Path) -> Result<Self, SignatureError> {
        let text = String::from_utf8(read(path)?).map_err(|_| SignatureError::Read {
            path: path.to_owned(),
            source: std::io::Error::new(std::io::ErrorKind::InvalidData, "it is not UTF-8"),
        })?;
        Self::parse(&text)
    }

    /// Reads the file; every line must be understood, since a line that is skipped may be the one that matters.
    pub fn parse(text: &str) -> Result<Self, SignatureError> {
        let mut entries = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let entry = parse_line(line).map_err(|why| SignatureError::AllowedSigners {
                line: index + 1,
                why,
            })?;
            entries.push(entry);
        }
        Ok(Self { entries })
    }
}

impl Entry {
    /// Why this line does not let its key sign.
    fn objection(&self, identity: Option<&str>, at: Option<Timestamp>) -> Option<String> {
        let options = &self.options;
        if options.is_authority {
            return Some(
                "stands for a certificate authority; certificates are not supported here"
                    .to_owned(),
            );
        }
        if let Some(identity) = identity
            && !matches_list(&self.principals, identity)
        {
            return Some(format!(
                "belongs to `{}`, not to `{identity}`",
                self.principals
            ));
        }
        if let Some(namespaces) = &options.namespaces
            && !matches_list(namespaces, NAMESPACE)
        {
            return Some(format!("may sign for `{namespaces}` alone"));
        }
        if options.valid_after.is_none() && options.valid_before.is_none() {
            return None;
        }
        let Some(at) = at else {
            return Some(
                "is valid for a time alone; say with --at for when to check it".to_owned(),
            );
        };
        let too_early = options.valid_after.is_some_and(|after| at < after);
        let too_late = options.valid_before.is_some_and(|before| before <= at);
        (too_early || too_late).then(|| "was not valid at that time".to_owned())
    }
}

fn parse_line(line: &str) -> Result<Entry, String> {
    let (principals, rest) = word(line);
    if rest.is_empty() {
        return Err("it has no key".to_owned());
    }
    if let Ok(key) = PublicKey::from_openssh(rest) {
        return Ok(Entry {
            principals,
            options: Options::default(),
            key,
        });
    }
    let (options, rest) = split_options(rest);
    let options = parse_options(options)?;
    let key = PublicKey::from_openssh(rest).map_err(|error| format!("its key: {error}"))?;
    Ok(Entry {
        principals,
        options,
        key,
    })
}

/// The first word, which may be quoted, and the rest.
fn word(line: &str) -> (String, &str) {
    let quoted = line.strip_prefix('"').and_then(|rest| rest.split_once('"'));
    let (word, rest) = quoted
        .or_else(|| line.split_once([' ', '\t']))
        .unwrap_or((line, ""));
    (word.to_owned(), rest.trim_start())
}

/// Splits at the first blank outside of quotes.
fn split_options(text: &str) -> (&str, &str) {
    let mut is_quoted = false;
    let end = text.find(|character: char| {
        is_quoted ^= character == '"';
        !is_quoted && character.is_ascii_whitespace()
    });
    let (options, rest) = text
        .split_at_checked(end.unwrap_or(text.len()))
        .unwrap_or((text, ""));
    (options, rest.trim_start())
}

fn parse_options(text: &str) -> Result<Options, String> {
    let mut options = Options::default();
    let mut is_quoted = false;
    let parts = text.split(|character: char| {
        is_quoted ^= character == '"';
        !is_quoted && character == ','
    });
    for part in parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim_matches('"');
        match name.to_ascii_lowercase().as_str() {
            "cert-authority" => options.is_authority = true,
            "namespaces" => options.namespaces = Some(value.to_owned()),
            "valid-after" => options.valid_after = Some(time(value)?),
            "valid-before" => options.valid_before = Some(time(value)?),
            _ => return Err(format!("`{part}` is neither an option nor a key")),
        }
    }
    Ok(options)
}

/// `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`, with or without `Z`; always UTC here, whatever the machine's zone.
fn time(text: &str) -> Result<Timestamp, String> {
    let digits = text.strip_suffix('Z').unwrap_or(text);
    if !matches!(digits.len(), 8 | 12 | 14) {
        return Err(format!("`{text}` is not a time"));
    }
    DateTime::strptime("%Y%m%d%H%M%S", format!("{digits:0<14}"))
        .and_then(|time| time.to_zoned(jiff::tz::TimeZone::UTC))
        .map(|zoned| zoned.timestamp())
        .map_err(|error| format!("`{text}` is not a time: {error}"))
}

/// A pattern list of OpenSSH: comma-separated, `*` and `?` as wildcards, `!` to exclude.
fn matches_list(list: &str, text: &str) -> bool {
    let mut matched = false;
    for pattern in list.split(',') {
        match pattern.strip_prefix('!') {
            Some(pattern) if matches(pattern.as_bytes(), text.as_bytes()) => return false,
            Some(_) => {}
            None => matched |= matches(pattern.as_bytes(), text.as_bytes()),
        }
    }
    matched
}

fn matches(pattern: &[u8], text: &[u8]) -> bool {
    // Reached positions in the pattern; linear in both lengths, whatever the number of stars.
    let close = |reached: &mut Vec<bool>| {
        for index in 0..pattern.len() {
            if pattern.get(index) == Some(&b'*')
                && reached.get(index) == Some(&true)
                && let Some(next) = reached.get_mut(index + 1)
            {
                *next = true;
            }
        }
    };
    let mut reached = vec![false; pattern.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    close(&mut reached);
    for byte in text {
        let mut next = vec![false; pattern.len() + 1];
        for (index, expected) in pattern.iter().enumerate() {
            if reached.get(index) != Some(&true) {
                continue;
            }
            let to = match expected {
                b'*' => index,
                b'?' => index + 1,
                literal if literal == byte => index + 1,
                _ => continue,
            };
            if let Some(state) = next.get_mut(to) {
                *state = true;
            }
        }
        close(&mut next);
        reached = next;
    }
    reached.last() == Some(&true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0nQqvY1Jm9n6e0S6qkYt0x5n7mO0d4iT2wG4yqk3bH";

    #[test]
    fn pattern_lists_are_those_of_openssh() {
        for (list, text, expected) in [
            ("jane@example.com", "jane@example.com", true),
            ("jane@example.com", "roe@example.com", false),
            ("*@example.com", "roe@example.com", true),
            ("*@example.com,!roe@example.com", "roe@example.com", false),
            ("a,b,c", "b", true),
            ("?", "ab", false),
            ("**a*", "xxaxx", true),
            ("", "", true),
            ("*", "", true),
        ] {
            assert_eq!(matches_list(list, text), expected, "{list} {text}");
        }
    }

    #[test]
    fn lines_have_principals_options_and_a_key() {
        let text = format!(
            "# people\n\njane@example.com {KEY} a comment\n\"a b,c\" namespaces=\"git,trail*\",valid-after=\"20260101\",valid-before=202702010000Z {KEY}\n"
        );
        let signers = AllowedSigners::parse(&text).unwrap();
        let [plain, limited] = &signers.entries[..] else {
            panic!("{signers:?}");
        };
        assert_eq!(plain.objection(Some("jane@example.com"), None), None);
        assert!(plain.objection(Some("roe@example.com"), None).is_some());
        assert_eq!(limited.principals, "a b,c");
        let at = |time: &str| limited.objection(None, Some(time.parse().unwrap()));
        assert_eq!(at("2026-01-01T00:00:00Z"), None);
        assert!(at("2025-12-31T23:59:59Z").is_some());
        assert!(at("2027-02-01T00:00:00Z").is_some());
        assert!(limited.objection(None, None).unwrap().contains("--at"));
        for (line, why) in [
            ("jane", "no key"),
            ("jane ssh-ed25519 AAAA", "neither an option nor a key"),
            (&format!("jane valid-after=\"soon\" {KEY}"), "not a time"),
            (
                &format!("jane pets=\"allowed\" {KEY}"),
                "neither an option nor a key",
            ),
        ] {
            let error = AllowedSigners::parse(&format!("\n{line}"))
                .unwrap_err()
                .to_string();
            assert!(error.contains("line 2") && error.contains(why), "{error}");
        }
    }
}
