//! The page: nothing hostile in it, one file, and what a browser says of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use trailproof::analyze::{Analysis, Options};
use trailproof::report::{self as reports, About, Dossier, Format, View};

use super::super::support::world::World;
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
        quiet(&log);
        assert!(!dom.contains("<img"), "a name became an element");
    }
}

/// Nothing on the console: no error, and no request that the page's policy had to stop.
fn quiet(log: &str) {
    let console: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("CONSOLE"))
        .collect();
    assert!(console.is_empty(), "{console:?}");
}

/// An organization in which every tenth account has two controls that fail.
fn organization(accounts: usize) -> Analysis {
    let analyzed = |world: &World| crate::analyze::analyzed(world, &Options::default());
    let mut broken = World::complete();
    broken
        .edit_alarm("cloudtrail_changes", |alarm| {
            alarm["ActionsEnabled"] = false.into()
        })
        .remove_filter("vpc_changes");
    let (fine, broken) = (analyzed(&World::complete()), analyzed(&broken));
    let mut whole = fine.clone();
    whole.findings.clear();
    whole.accounts.clear();
    for number in 0..accounts {
        let of = if number % 10 == 0 { &broken } else { &fine };
        let id = format!("2{number:011}");
        for finding in &of.findings {
            let mut finding = finding.clone();
            finding.account.clone_from(&id);
            whole.findings.push(finding);
        }
        let mut account = of.accounts[0].clone();
        account.account = id;
        whole.accounts.push(account);
    }
    whole
}

#[test]
fn the_page_of_two_thousand_accounts_stays_usable() {
    let analysis = organization(2_000);
    let dossier = Dossier {
        analysis: &analysis,
        about: &About::default(),
    };
    let text = reports::analysis(dossier, Format::Html, View::default());
    let megabytes = text.len() / 1_000_000;
    assert!(megabytes < 12, "{megabytes} MB");
    assert_eq!(text.matches("<details class=\"account\"").count(), 2_000);
    // Accounts are folded, and a pass is a word in a line.
    assert!(!text.contains("class=\"account\" open"));
    assert_eq!(text.matches("data-status=\"fail\"").count(), 400);
    assert_eq!(text.matches("data-status=\"pass\"").count(), 0);
    eprintln!("2,000 accounts: {} bytes", text.len());
    let Some(browser) = chromium() else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("organization.html");
    std::fs::write(&page, text).unwrap();
    let (dom, log) = opened(&browser, &page);
    assert!(dom.contains("Sign-off"), "{log}");
    quiet(&log);
}

/// The page as wide as a phone, with how high its first row of a table is. The policy of the page allows no script but its
/// own, so it goes.
fn on_a_phone(browser: &Path, page: &Path) -> u64 {
    let text = std::fs::read_to_string(page).unwrap();
    let head = text
        .find("<meta http-equiv=\"Content-Security-Policy\"")
        .unwrap();
    let end = head + text[head..].find('>').unwrap() + 1;
    let measure = "<script>document.body.style.width='370px';\
        document.title='high '+document.querySelector('tr[data-account] th').offsetHeight;</script></body>";
    let text = format!("{}{}", &text[..head], &text[end..]).replace("</body>", measure);
    let copy = page.with_extension("phone.html");
    std::fs::write(&copy, text).unwrap();
    let (dom, log) = opened(browser, &copy);
    let high = dom
        .split("<title>high ")
        .nth(1)
        .unwrap_or_else(|| panic!("{log}"));
    high.split('<').next().unwrap().parse().unwrap()
}

#[test]
fn an_account_in_a_table_on_a_phone_is_no_column_of_digits() {
    let Some(browser) = chromium() else { return };
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("x.trailproof");
    World::complete().write_snapshot(&snapshot);
    let high = on_a_phone(&browser, &report(&snapshot, "html"));
    assert!(high < 60, "{high} pixels");
}
