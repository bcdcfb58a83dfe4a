//! The page: nothing hostile in it, one file, and what a browser says of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use trailproof::analyze::{Analysis, Options};
use trailproof::report::{
    self as reports, About, AboutAccount, Dossier, EvidenceRow, Format, View,
};

use super::super::support::trailproof;
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
            "Controls, references and frameworks",
            "NIST SP 800-53 Rev. 5: ",
            "href=\"https://docs.aws.amazon.com/",
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

/// The drawing of a control on recording had boxes for a filter, an alarm and a topic, which nobody asks for, and the page
/// began with subscribers.
#[test]
fn a_record_is_drawn_without_what_tells_people() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("x.trailproof");
    World::complete().write_snapshot(&snapshot);
    let page = |more: &[&str]| {
        let output = trailproof()
            .arg("analyze")
            .arg(&snapshot)
            .args(["--format", "html"])
            .args(more)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let records = page(&["--section", "logging"]);
    let drawn: Vec<&str> = records.split("<svg class=\"chain\"").skip(1).collect();
    assert!(drawn.len() >= 5);
    for chain in drawn {
        let chain = chain.split("</svg>").next().unwrap();
        assert!(chain.contains(">trail</text>"), "{chain}");
        for station in ["metric filter", "alarm", "rule", "topic", "subscription"] {
            assert!(!chain.contains(&format!(">{station}</text>")), "{chain}");
        }
    }
    assert!(!records.contains("subscriber"), "{records}");
    assert!(records.contains("shows an event that is not kept"));
    assert!(page(&["--section", "all"]).contains("subscriber"));
}

/// Hostile names in the page and in the page of a comparison, read without the policy that would stop what they hold.
#[test]
fn no_name_becomes_an_element_or_runs() {
    let Some(browser) = chromium() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (complete, hostile) = (path("complete.trailproof"), path("hostile.trailproof"));
    World::complete().write_snapshot(&complete);
    super::super::printable::account().write_snapshot(&hostile);
    let compared = path("compared.html");
    let output = trailproof()
        .arg("diff")
        .args([&complete, &hostile])
        .arg("--format")
        .arg("html")
        .arg("-o")
        .arg(&compared)
        .output()
        .unwrap();
    assert!(compared.exists(), "{output:?}");
    for page in [report(&hostile, "html"), compared] {
        let (dom, log) = opened(&browser, &page);
        assert!(dom.contains("owned=1"), "the names are there to be read");
        quiet(&log);
        let said = scripted(
            &browser,
            &page,
            "[window.owned, document.querySelectorAll('img,iframe,object,embed,form,[onload],[onerror],[onmouseover]').length,
              document.querySelectorAll('a:not([href^=\"#\"]):not([href^=\"https://\"])').length,
              document.querySelectorAll('script').length - 1].join()",
        );
        // Nothing ran, nothing stands there, and the one script more than this question is the page's own.
        assert_eq!(said, ",0,0,1");
    }
}

/// Where a finding goes over to another sheet its links were cut off at the right and at the foot: what scrolls on a screen
/// is a box of its own, which paper cuts.
#[test]
fn nothing_that_scrolls_is_cut_on_paper() {
    let Some(browser) = chromium() else { return };
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("x.trailproof");
    World::empty().write_snapshot(&snapshot);
    let page = report(&snapshot, "html");
    let on_paper = std::fs::read_to_string(&page).unwrap();
    std::fs::write(&page, on_paper.replace("@media print", "@media screen")).unwrap();
    let said = scripted(
        &browser,
        &page,
        "Array.from(document.querySelectorAll('.scroll')).map(it => getComputedStyle(it).overflowX).filter(it => it !== 'visible').length",
    );
    assert_eq!(said, "0");
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

/// The page of an organization: accounts have names, and each cites nine calls.
fn page_of(analysis: &Analysis) -> String {
    let mut about = About::default();
    for (index, account) in analysis.accounts.iter().enumerate() {
        let seen = AboutAccount {
            name: Some(format!("sandbox-{index:04}: <b>")),
            ..AboutAccount::default()
        };
        about.accounts.insert(account.account.clone(), seen);
        for call in 0..9 {
            let row = EvidenceRow {
                region: "eu-west-1".to_owned(),
                service: "monitoring".to_owned(),
                operation: "DescribeAlarms".to_owned(),
                at: "2026-11-20T10:00:03.000Z".to_owned(),
                error: None,
                sha256: "a".repeat(64),
            };
            about.evidence.insert(index as i64 * 9 + call, row);
        }
    }
    let dossier = Dossier {
        analysis,
        about: &about,
    };
    reports::analysis(dossier, Format::Html, View::default())
}

/// What a script says that runs after the page's own. The policy of the page allows none, so it goes.
fn scripted(browser: &Path, page: &Path, script: &str) -> String {
    let text = std::fs::read_to_string(page).unwrap();
    let head = text
        .find("<meta http-equiv=\"Content-Security-Policy\"")
        .unwrap();
    let end = head + text[head..].find('>').unwrap() + 1;
    let script = format!("<script>document.title='said '+({script});</script></body>");
    let text = format!("{}{}", &text[..head], &text[end..]).replace("</body>", &script);
    let copy = page.with_extension("scripted.html");
    std::fs::write(&copy, text).unwrap();
    let (dom, log) = opened(browser, &copy);
    let said = dom
        .split("<title>said ")
        .nth(1)
        .unwrap_or_else(|| panic!("{log}"));
    said.split('<').next().unwrap().to_owned()
}

/// Where accounts are many their passes are names in a line: the filter hid such accounts once it was touched, for good,
/// and knew no account by its name.
#[test]
fn an_account_in_which_everything_passes_is_found_and_comes_back() {
    let Some(browser) = chromium() else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("organization.html");
    std::fs::write(&page, page_of(&organization(60))).unwrap();
    let said = scripted(
        &browser,
        &page,
        "(function () {
           function ask(words, wanted) {
             document.getElementById('search').value = words;
             document.getElementById('status').value = wanted;
             document.getElementById('status').dispatchEvent(new Event('change'));
             var accounts = document.querySelectorAll('details.account:not([hidden])').length;
             var rows = document.querySelectorAll('tr[data-account]:not([hidden])').length;
             return accounts + '/' + rows + ' ' + document.getElementById('shown').textContent;
           }
           return [ask('sandbox-0007:', 'all'), ask('200000000007', 'all'), ask('Sandbox-0007 root_usage', 'pass'), ask('sandbox-0007', 'fail'),
             ask('', 'fail'), ask('vpc_changes', 'open'), ask('sandbox', 'all'), ask('', 'all')].join('; ');
         })()",
    );
    assert_eq!(
        said,
        "1/1 15 findings shown; 1/1 15 findings shown; 1/1 1 finding shown; 0/0 0 findings shown; \
         6/6 12 findings shown; 6/6 6 findings shown; 60/60 900 findings shown; 60/60 900 findings shown"
    );
}

#[test]
fn the_page_of_two_thousand_accounts_stays_usable() {
    let text = page_of(&organization(2_000));
    let megabytes = text.len() / 1_000_000;
    assert!(megabytes < 16, "{megabytes} MB");
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

/// What of a page in a frame as wide as a phone is cut or has to be moved sideways, with everything unfolded. A window of
/// Chromium is never so narrow.
fn beyond_a_phone(browser: &Path, page: &Path, width: u32) -> String {
    let text = std::fs::read_to_string(page).unwrap();
    let policy = text
        .find("<meta http-equiv=\"Content-Security-Policy\"")
        .unwrap();
    let end = policy + text[policy..].find('>').unwrap() + 1;
    let framed = format!("{}{}", &text[..policy], &text[end..]);
    let framed = framed.replace('&', "&amp;").replace('"', "&quot;");
    let host = page.with_extension("phone.html");
    let text = format!(
        "<!DOCTYPE html><title></title><iframe id=phone width={width} height=800 srcdoc=\"{framed}\"></iframe><script>
         onload = function () {{
           var page = document.getElementById('phone').contentDocument;
           page.querySelectorAll('details').forEach(function (it) {{ it.open = true; }});
           var cut = Array.from(page.querySelectorAll('.scroll')).filter(function (it) {{ return it.scrollWidth > it.clientWidth; }});
           cut = cut.map(function (it) {{ return it.closest('section').querySelector('h2').textContent + ' ' + it.scrollWidth; }});
           var whole = page.documentElement;
           if (whole.scrollWidth > whole.clientWidth) cut.push('the page ' + whole.scrollWidth);
           document.title = 'said ' + cut.join(', ');
         }};</script>"
    );
    std::fs::write(&host, text).unwrap();
    let (dom, log) = opened(browser, &host);
    let said = dom.split("<title>said ").nth(1);
    let said = said.unwrap_or_else(|| panic!("{log}"));
    said.split('<').next().unwrap().trim().to_owned()
}

/// The last columns of five tables lay beyond the edge of a phone.
#[test]
fn no_column_is_cut_on_a_phone() {
    let Some(browser) = chromium() else { return };
    let folder = tempfile::tempdir().unwrap();
    let snapshots = snapshots(folder.path());
    let [complete, broken, ..] = &snapshots[..] else {
        panic!("no snapshots");
    };
    let made = |name: &str, arguments: &[&std::ffi::OsStr]| {
        let page = folder.path().join(name);
        let output = trailproof()
            .args(arguments)
            .arg("-o")
            .arg(&page)
            .output()
            .unwrap();
        assert!(page.exists(), "{output:?}");
        page
    };
    let by_section = [
        "analyze".as_ref(),
        broken.as_os_str(),
        "--framework".as_ref(),
        "pci-dss-4.0".as_ref(),
    ];
    let mut pages = vec![
        made(
            "changes.html",
            &["diff".as_ref(), complete.as_os_str(), broken.as_os_str()],
        ),
        made("sections.html", &by_section),
    ];
    pages.extend(snapshots.iter().map(|it| report(it, "html")));
    for page in pages {
        for width in [360, 400] {
            let beyond = beyond_a_phone(&browser, &page, width);
            assert_eq!(beyond, "", "{} at {width}", page.display());
        }
    }
}

/// How high the first row of a table is on a page as wide as a phone.
fn on_a_phone(browser: &Path, page: &Path) -> u64 {
    let measure = "(document.body.style.width='370px', document.querySelector('tr[data-account] th').offsetHeight)";
    scripted(browser, page, measure).parse().unwrap()
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
