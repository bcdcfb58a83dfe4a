//! The auditor's walk of docs/evidence.md: every command of the page is run as it is written, in a folder with a sample
//! snapshot that is called FILE.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::support::project;

/// The shell blocks of the page, in order.
fn blocks(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some("sh"), None) => open = Some(String::new()),
            (Some(_), Some(_)) => found.extend(open.take()),
            (None, Some(block)) => block.push_str(&format!("{line}\n")),
            _ => {}
        }
    }
    found
}

fn shell(folder: &Path, script: &str) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_trailproof"));
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", binary.parent().unwrap().display());
    Command::new("sh")
        .args(["-e", "-c", script])
        .current_dir(folder)
        .env("PATH", path)
        .env("HOME", folder)
        .env_remove("COLUMNS")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn has(program: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .stdout(Stdio::null())
        .status();
    found.unwrap().success()
}

#[test]
fn every_step_of_the_auditors_walk_works_as_written() {
    for program in ["ssh-keygen", "sqlite3", "python3", "sha256sum"] {
        if !has(program) {
            eprintln!("skipped: needs {program}");
            return;
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, sample) in [("FILE", "complete"), ("MINE", "complete")] {
        let sample = project(&format!("snapshots/{sample}.trailproof"));
        std::fs::copy(sample, folder.join(name)).unwrap();
    }
    // What the walk takes for granted: a key, whose owner is on the list of allowed signers.
    let made = shell(
        folder,
        "mkdir -m 700 .ssh\n\
         ssh-keygen -q -t ed25519 -N '' -f .ssh/id_ed25519\n\
         printf 'jane@example.com namespaces=\"trailproof\" %s\\n' \"$(cat .ssh/id_ed25519.pub)\" > SIGNERS",
    );
    assert!(made.status.success(), "{made:?}");
    let text = std::fs::read_to_string(project("docs/evidence.md")).unwrap();
    let mut blocks = blocks(&text);
    assert!(blocks.len() >= 9, "{blocks:?}");
    // Who signs comes before who verifies, and on the page after: its blocks are run first, each on an unsigned file.
    blocks.sort_by_key(|block| !block.contains(" sign "));
    for block in blocks {
        if block.contains(" sign ") {
            let _ = std::fs::remove_file(folder.join("FILE.sig"));
        }
        for line in block.lines() {
            let ran = shell(folder, line);
            assert!(
                ran.status.success(),
                "{line}\n{}{}",
                String::from_utf8_lossy(&ran.stdout),
                String::from_utf8_lossy(&ran.stderr)
            );
        }
    }
    for made in ["report.html", "findings.csv", "OUT", "FILE.sig"] {
        assert!(folder.join(made).is_file(), "{made}");
    }
    let sum = shell(folder, "sha256sum answer.cbor | cut -c1-64");
    let shown = shell(folder, "trailproof show FILE 38");
    let sum = String::from_utf8(sum.stdout).unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains(sum.trim()), "{sum} is not in {shown}");
    assert!(shown.contains("DescribeAlarms"), "{shown}");
}
