//! The page: nothing hostile in it, one file, and what a browser says of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{report, snapshots};

fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path)
        .flat_map(|folder| {
            ["chromium", "chromium-browser", "google-chrome"].map(|name| folder.join(name))
        })
        .find(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: needs chromium on the path");
    }
    found
}

/// The page after its script ran, and what the browser logged.
fn opened(browser: &Path, page: &Path) -> (String, String) {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
            "--v=0",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg("--dump-dom")
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn the_page_is_one_file_that_loads_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for snapshot in snapshots(folder.path()) {
        let text = std::fs::read_to_string(report(&snapshot, "html")).unwrap();
        assert!(text.contains("default-src 'none'") && !text.contains("unsafe"));
        assert_eq!(
            text.matches("<script>").count(),
            1,
            "{}",
            snapshot.display()
        );
        assert_eq!(text.matches("<style>").count(), 1);
        for loads in [
            " src=",
            "<link",
            "@import",
            "url(",
            "<iframe",
            "<img",
            " style=",
            " onclick=",
            "<form",
        ] {
            assert!(!text.contains(loads), "{loads} in {}", snapshot.display());
        }
        for says in [
            "Scope and completeness",
            "Sign-off",
            "<svg",
            "Evidence",
            "root digest",
        ] {
            assert!(text.contains(says), "{says} in {}", snapshot.display());
        }
    }
}

#[test]
fn a_browser_runs_the_page_without_an_error_or_a_request() {
    let Some(browser) = chromium() else { return };
    let folder = tempfile::tempdir().unwrap();
    for snapshot in snapshots(folder.path()) {
        let (dom, log) = opened(&browser, &report(&snapshot, "html"));
        assert!(dom.contains("Sign-off"), "{log}");
        // The script ran: it shows the tools that it needs.
        let tools = dom.split("id=\"tools\"").nth(1).unwrap();
        assert!(
            !tools.split('>').next().unwrap().contains("hidden"),
            "{}",
            snapshot.display()
        );
        let console: Vec<&str> = log
            .lines()
            .filter(|line| line.contains("CONSOLE"))
            .collect();
        assert!(console.is_empty(), "{console:?}");
        assert!(!dom.contains("<img"), "a name became an element");
    }
}
