//! Signatures over snapshot files with ordinary SSH keys.
//!
//! A signature is what `ssh-keygen -Y sign -n trailproof` writes: it covers every byte of the file, so that either
//! tool checks what the other signed. It proves who held the file, and never that AWS said what is in it.

use std::path::{Path, PathBuf};

use std::io::Read as _;

use ::signature::{Signer as _, Verifier as _};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256, Sha512};
use ssh_key::{HashAlg, LineEnding, PrivateKey, PublicKey, SshSig};

pub use self::signers::AllowedSigners;
use super::file::{SnapshotFile, read_small};

mod signers;

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
    let text = read(key)?;
    let private = PrivateKey::from_openssh(&text).map_err(|error| {
        let is_public =
            str::from_utf8(&text).is_ok_and(|text| PublicKey::from_openssh(text).is_ok());
        unusable(match is_public {
            true => {
                "it is a public key; the private one has the same name without `.pub`".to_owned()
            }
            false if !text.starts_with(b"-----BEGIN ") => {
                "it holds no key in OpenSSH's format, as ssh-keygen writes it".to_owned()
            }
            false => error.to_string(),
        })
    })?;
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
    let signature = parse_armor(&read(signature)?)
        .map_err(|why| invalid(format!("its file is not an SSH signature: {why}")))?;
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
        if entry.key != *signature.public_key() {
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
    if !signers::is_supported(&entry.key) {
        return Err(invalid(format!(
            "{} keys are not supported here; check it with `ssh-keygen -Y verify`",
            entry.key.algorithm()
        )));
    }
    if signature.algorithm() != entry.key.algorithm() {
        return Err(invalid(format!(
            "it says to be of a key of type {}, and its key is of type {}",
            signature.algorithm(),
            entry.key.algorithm()
        )));
    }
    let signed = signed_data(file, signature.hash_alg())?;
    entry
        .key
        .verify(&signed, signature.signature())
        .map_err(|_| invalid("the file is not the one that was signed".to_owned()))?;
    Ok(Signer {
        principals: entry.principals.clone(),
        fingerprint,
    })
}

/// Reads the text of a signature file: the header line, base64 in lines, the footer line, and nothing more.
///
/// The bytes inside have one right form, the one that comes back when they are written again.
fn parse_armor(text: &[u8]) -> Result<SshSig, String> {
    const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----\n";
    const END: &str = "\n-----END SSH SIGNATURE-----";
    /// The length of the lines that ssh-keygen writes and the library reads.
    const WIDTH: usize = 70;
    let text = str::from_utf8(text).map_err(|_| "it is not text")?;
    let body = text
        .strip_prefix(BEGIN)
        .ok_or("it does not begin with its header line")?;
    let (body, rest) = body.split_once(END).ok_or("it has no footer line")?;
    if !rest.trim_ascii().is_empty() {
        return Err("something comes after its footer line".to_owned());
    }
    let body = without_blanks(body);
    let mut lines = BEGIN.to_owned();
    for (index, character) in body.chars().enumerate() {
        if index > 0 && index % WIDTH == 0 {
            lines.push('\n');
        }
        lines.push(character);
    }
    lines.push_str(END);
    lines.push('\n');
    let signature = SshSig::from_pem(&lines).map_err(|error| error.to_string())?;
    let again = signature
        .to_pem(LineEnding::LF)
        .map_err(|error| error.to_string())?;
    if again != lines {
        return Err("it is not written as ssh-keygen writes it".to_owned());
    }
    Ok(signature)
}

/// Base64 without what OpenSSH skips in it.
fn without_blanks(base64: &str) -> String {
    base64.replace(
        |character: char| character.is_ascii_whitespace() || character == '\u{b}',
        "",
    )
}

fn read(path: &Path) -> Result<Vec<u8>, SignatureError> {
    read_small(path, MAX_FILE).map_err(|source| SignatureError::Read {
        path: path.to_owned(),
        source,
    })
}
