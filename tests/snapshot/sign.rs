//! Signatures: what either tool signs the other accepts, and a changed byte anywhere is refused.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::{complete, writable};
use crate::support::trailproof;

struct Signers {
    _directory: tempfile::TempDir,
    key: PathBuf,
    allowed: PathBuf,
}

/// A key of a kind, and a file that allows it for `jane@example.com`. None where there is no ssh-keygen.
fn signers(kind: &str, passphrase: &str) -> Option<Signers> {
    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("key");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", kind, "-C", "a comment", "-N", passphrase, "-f"])
        .arg(&key)
        .status();
    if made.is_err() {
        eprintln!("skipped: no ssh-keygen to check signatures against");
        return None;
    }
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    let allowed = directory.path().join("allowed_signers");
    let line = format!("*@example.com,!eve@example.com namespaces=\"trailproof\" {public}");
    std::fs::write(&allowed, line).unwrap();
    Some(Signers {
        _directory: directory,
        key,
        allowed,
    })
}

fn sign(path: &Path, signers: &Signers) -> Output {
    trailproof()
        .arg("sign")
        .arg(path)
        .arg("--key")
        .arg(&signers.key)
        .output()
        .unwrap()
}

fn verify(path: &Path, signers: &Signers, more: &[&str]) -> (Option<i32>, String) {
    let output = trailproof()
        .arg("verify")
        .arg(path)
        .arg("--allowed-signers")
        .arg(&signers.allowed)
        .args(more)
        .output()
        .unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    // Wherever its lines break.
    let words: Vec<&str> = text.split_whitespace().collect();
    (output.status.code(), words.join(" "))
}

fn ssh_keygen_accepts(path: &Path, signers: &Signers, identity: &str) -> bool {
    let mut signature = path.as_os_str().to_owned();
    signature.push(".sig");
    Command::new("ssh-keygen")
        .args(["-Y", "verify", "-n", "trailproof", "-I", identity, "-f"])
        .arg(&signers.allowed)
        .arg("-s")
        .arg(signature)
        .stdin(std::fs::File::open(path).unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
}

#[test]
fn each_tool_accepts_what_the_other_signed() {
    for kind in ["ed25519", "ecdsa"] {
        let Some(signers) = signers(kind, "") else {
            return;
        };
        let (_directory, path) = complete();
        let output = sign(&path, &signers);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(
            ssh_keygen_accepts(&path, &signers, "jane@example.com"),
            "{kind}"
        );
        assert!(!ssh_keygen_accepts(&path, &signers, "eve@example.com"));
        let (code, text) = verify(&path, &signers, &["--identity", "jane@example.com"]);
        assert_eq!(code, Some(0), "{text}");
        assert!(
            text.contains("Signed by *@example.com") && text.contains("Not proven"),
            "{text}"
        );

        let (_directory, path) = complete();
        let status = Command::new("ssh-keygen")
            .args(["-q", "-Y", "sign", "-n", "trailproof", "-f"])
            .arg(&signers.key)
            .arg(&path)
            .stderr(Stdio::null())
            .status();
        assert!(status.unwrap().success());
        assert_eq!(verify(&path, &signers, &[]).0, Some(0), "{kind}");
    }
}

#[test]
fn a_signature_of_another_person_purpose_or_file_is_refused() {
    let (Some(jane), Some(eve)) = (signers("ed25519", ""), signers("ed25519", "")) else {
        return;
    };
    let (_directory, path) = complete();
    assert_eq!(
        verify(&path, &jane, &[]).0,
        Some(2),
        "there is no signature"
    );
    assert!(sign(&path, &eve).status.success());
    let (code, text) = verify(&path, &jane, &[]);
    assert!(
        code == Some(1) && text.contains("is not among the allowed signers"),
        "{text}"
    );
    assert!(
        !sign(&path, &jane).status.success(),
        "an existing signature is kept"
    );
    std::fs::remove_file(path.with_extension("db.sig")).unwrap();
    assert!(sign(&path, &jane).status.success());
    let (code, text) = verify(&path, &jane, &["--identity", "eve@example.com"]);
    assert!(
        code == Some(1) && text.contains("not to `eve@example.com`"),
        "{text}"
    );

    let (_directory, other) = complete();
    let status = Command::new("ssh-keygen")
        .args(["-q", "-Y", "sign", "-n", "git", "-f"])
        .arg(&jane.key)
        .arg(&other)
        .stderr(Stdio::null())
        .status();
    assert!(status.unwrap().success());
    let (code, text) = verify(&other, &jane, &[]);
    assert!(
        code == Some(1) && text.contains("it was made for `git`"),
        "{text}"
    );
}

#[test]
fn a_key_that_cannot_sign_here_is_named_with_what_to_do() {
    let (_directory, path) = complete();
    for (kind, passphrase, hint) in [
        ("ed25519", "secret", "ssh-keygen -Y sign"),
        ("rsa", "", "rsa"),
    ] {
        let Some(signers) = signers(kind, passphrase) else {
            return;
        };
        let output = sign(&path, &signers);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(hint), "{text}");
    }
}

#[test]
fn what_is_changed_or_incomplete_is_not_signed() {
    let Some(signers) = signers("ed25519", "") else {
        return;
    };
    let (_directory, path) = complete();
    writable(&path)
        .execute_batch("update topic set owner = '9'")
        .unwrap();
    let output = sign(&path, &signers);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("topic (account=111122223333"));
    assert!(!path.with_extension("db.sig").exists());
}

#[test]
fn one_flipped_bit_anywhere_in_a_signed_file_is_refused() {
    let Some(signers) = signers("ed25519", "") else {
        return;
    };
    let (_directory, path) = complete();
    assert!(sign(&path, &signers).status.success());
    let whole = std::fs::read(&path).unwrap();
    for offset in (0..whole.len()).step_by(whole.len() / 60) {
        let mut bytes = whole.clone();
        bytes[offset] ^= 1 << (offset % 8);
        std::fs::write(&path, &bytes).unwrap();
        let (code, text) = verify(&path, &signers, &[]);
        assert_ne!(code, Some(0), "offset {offset}: {text}");
    }
}

#[test]
fn a_signature_is_not_written_through_a_planted_link_or_pipe() {
    let Some(signers) = signers("ed25519", "") else {
        return;
    };
    let (directory, path) = complete();
    let planted = path.with_extension("db.sig");
    let elsewhere = directory.path().join("elsewhere");
    std::os::unix::fs::symlink(&elsewhere, &planted).unwrap();
    for there in ["a link to nothing", "a link to a file", "a pipe"] {
        match there {
            "a link to a file" => std::fs::write(&elsewhere, "mine").unwrap(),
            "a pipe" => {
                std::fs::remove_file(&planted).unwrap();
                let made = Command::new("mkfifo").arg(&planted).status().unwrap();
                assert!(made.success());
            }
            _ => {}
        }
        for more in [None, Some("--force")] {
            let output = trailproof()
                .arg("sign")
                .arg(&path)
                .arg("--key")
                .arg(&signers.key)
                .args(more)
                .timeout(std::time::Duration::from_secs(60))
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(2), "{there}: {text}");
            assert!(text.contains("where the signature goes"), "{there}: {text}");
        }
    }
    assert_eq!(std::fs::read_to_string(&elsewhere).unwrap(), "mine");
}

/// "PEM preamble contains invalid data (NUL byte)" was said of it.
#[test]
fn a_public_key_is_told_as_one() {
    let Some(mut signers) = signers("ed25519", "") else {
        return;
    };
    let (_directory, path) = complete();
    signers.key.set_extension("pub");
    let output = sign(&path, &signers);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(message.contains("it is a public key"), "{message}");
    std::fs::write(&signers.key, "").unwrap();
    let message = String::from_utf8(sign(&path, &signers).stderr).unwrap();
    assert!(
        message.contains("holds no key in OpenSSH's format"),
        "{message}"
    );
}
