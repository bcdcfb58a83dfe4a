//! The views for people who ask in SQL: the examples of docs/query.md are run and their answers compared.

use std::fs;

use super::support::{project, trailproof};

/// Fenced blocks of a Markdown text: language and content.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(_), Some(block)) => found.push(block),
            (Some(language), None) => open = Some((language.to_owned(), String::new())),
            (None, Some((language, content))) => {
                open = Some((language, format!("{content}{line}\n")));
            }
            (None, None) => {}
        }
    }
    found
}

fn ask(sql: &str) -> String {
    let output = trailproof()
        .args(["query"])
        .arg(project("snapshots/broken.trailproof"))
        .arg(sql)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{sql}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

#[test]
fn the_documented_queries_answer_as_documented() {
    let text = fs::read_to_string(project("docs/query.md")).unwrap();
    let blocks = blocks(&text);
    let mut run = 0;
    for pair in blocks.chunks(2) {
        let [(sql_language, sql), (text_language, expected)] = pair else {
            panic!("a query without its answer in docs/query.md");
        };
        assert_eq!(
            (sql_language.as_str(), text_language.as_str()),
            ("sql", "text")
        );
        assert_eq!(&ask(sql), expected, "{sql}");
        run += 1;
    }
    assert!(run >= 5, "docs/query.md holds {run} examples");
}

#[test]
fn every_documented_view_can_be_read() {
    let text = fs::read_to_string(project("docs/query.md")).unwrap();
    let views: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|rest| rest.split('`').next())
        .collect();
    assert!(views.len() >= 6, "{views:?}");
    for view in views {
        assert!(
            ask(&format!("select * from {view} limit 1"))
                .lines()
                .count()
                >= 1
        );
    }
}

/// A subscription that was never confirmed hears nothing, although the emulator lists it with an ARN.
#[test]
fn an_unconfirmed_subscription_is_no_recipient() {
    let heard = ask("select endpoint from recipient where endpoint like 'https:%'");
    assert_eq!(heard.lines().count(), 1, "only the heading: {heard}");
    let told = ask("select confirmed from told where endpoint like 'https:%'");
    assert!(told.contains('0'), "{told}");
}

#[test]
fn a_query_without_end_is_ended_by_time_rows_or_memory() {
    let sample = project("snapshots/empty.trailproof");
    let numbers = "with recursive n (x) as (select 1 union all select x + 1 from n)";
    for (sql, why) in [
        (
            format!("{numbers} select count(*) from n"),
            "longer than 2 s;",
        ),
        (
            format!("{numbers} select x from n"),
            "more than 1000000 rows",
        ),
        (
            format!("{numbers} select hex(zeroblob(30000000)) from n"),
            "more than 256 MiB of text",
        ),
        ("select hex(zeroblob(900000000))".to_owned(), "too big"),
        (
            format!("{numbers} select count(*) from (select x from n order by hex(zeroblob(x)))"),
            "",
        ),
    ] {
        let output = trailproof()
            .args(["query", "--timeout", "2"])
            .arg(&sample)
            .arg(&sql)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{sql}: {text}");
        // On a slow machine the time may come first.
        assert!(
            text.contains(why) || text.contains("longer than"),
            "{sql}: {text}"
        );
    }
}

#[test]
fn an_incomplete_snapshot_can_be_asked() {
    let directory = tempfile::tempdir().unwrap();
    let world = crate::support::world::World::complete();
    let partial = world.write_partial(&directory.path().join("mine.trailproof"));
    let output = trailproof()
        .arg("query")
        .arg(&partial)
        .arg("select count(*) as alarms from alarm")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let alarms = crate::support::controls::monitored().len().to_string();
    assert!(String::from_utf8_lossy(&output.stdout).contains(&alarms));
}

#[test]
fn the_query_of_a_control_without_end_is_ended_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let numbers = "with recursive n (x) as (select 1 union all select x + 1 from n)";
    for (reason, why) in [
        ("''", "more than 1000000 rows"),
        ("hex(zeroblob(30000000))", "256 MiB"),
    ] {
        let control = format!(
            "title = \"No end\"\nrationale = \"A test.\"\nseverity = \"low\"\nremediation = \"None.\"\n\
             query = \"\"\"{numbers} select x as resource, 'pass' as status, {reason} as reason from n\"\"\"\n"
        );
        std::fs::create_dir_all(folder.path().join("benchmarks")).unwrap();
        let benchmark = "title = \"House rules\"\nfamily = \"house-rules\"\nversion = \"1\"\nsource = \"a test\"\n\
                         controls = [{ number = \"1\", control = \"endless\" }]\naudit = []\n";
        std::fs::write(folder.path().join("benchmarks/house.toml"), benchmark).unwrap();
        std::fs::write(folder.path().join("endless.toml"), control).unwrap();
        let output = trailproof()
            .args(["analyze", "--benchmark", "house", "--controls"])
            .arg(folder.path())
            .arg(project("snapshots/complete.trailproof"))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains("`endless`") && text.contains(why), "{text}");
    }
}

/// What a query prints in a format.
fn printed(sql: &str, format: &str) -> String {
    let output = trailproof()
        .args(["query", "--format", format])
        .arg(project("snapshots/broken.trailproof"))
        .arg(sql)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    assert!(output.status.success(), "{sql}\n{}", text(output.stderr));
    text(output.stdout)
}

fn rows(sql: &str) -> serde_json::Value {
    serde_json::from_str(&printed(sql, "json")).unwrap()
}

/// Of two columns with one name JSON had the last alone: the evidence of the alarm in place of the filter's.
#[test]
fn columns_with_equal_names_are_all_told() {
    let join = "from metric_filter f join alarm a on a.name = f.name order by f.name";
    let filter = rows(&format!(
        "select f.evidence_id, a.evidence_id as alarms {join}"
    ));
    let all = rows(&format!("select * {join}"));
    assert_eq!(all[0]["evidence_id"], filter[0]["evidence_id"]);
    assert_eq!(all[0]["evidence_id_2"], filter[0]["alarms"]);
    assert_ne!(all[0]["evidence_id"], all[0]["evidence_id_2"]);
    // No name is that of another column.
    let sql = "select 1 as a, 2 as a, 3 as a_2, 4 as a, 5 as A";
    assert_eq!(
        rows(sql),
        serde_json::json!([{"a": 1, "a_3": 2, "a_2": 3, "a_4": 4, "A": 5}])
    );
    assert_eq!(printed(sql, "csv"), "a,a_3,a_2,a_4,A\r\n1,2,3,4,5\r\n");
    assert!(printed(sql, "table").starts_with(" a   a_3   a_2   a_4   A "));
}

/// `(232 bytes)` is a text that a column may hold.
#[test]
fn a_blob_is_no_text_that_reads_like_one() {
    let sql = "select x'0102' as blob, '(2 bytes)' as text";
    assert_eq!(
        rows(sql),
        serde_json::json!([{"blob": {"bytes": 2}, "text": "(2 bytes)"}])
    );
    assert_eq!(printed(sql, "csv"), "blob,text\r\n(2 bytes),(2 bytes)\r\n");
}

/// A line break is spelled out in CSV, as the help says, and told as it is in JSON.
#[test]
fn values_with_line_breaks_are_exact_in_json_alone() {
    let sql = "select 'a' || char(10) || 'b' as value union all select 'a\\nb'";
    assert_eq!(rows(sql)[0]["value"], "a\nb");
    assert_eq!(rows(sql)[1]["value"], "a\\nb");
    assert_eq!(printed(sql, "csv"), "value\r\na\\nb\r\na\\nb\r\n");
    let help = trailproof().args(["query", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(!help.contains("RFC"), "{help}");
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        help.contains("line breaks in values are spelled out"),
        "{help}"
    );
}

#[test]
fn the_help_names_the_views_that_there_are() {
    let text = fs::read_to_string(project("docs/query.md")).unwrap();
    let documented: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|rest| rest.split('`').next())
        .collect();
    let help = trailproof().args(["query", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let named = help.lines().find_map(|line| line.strip_prefix("Views: "));
    let named: Vec<&str> = named.unwrap().trim_end_matches('.').split(", ").collect();
    assert_eq!(named, documented);
    let defined = fs::read_to_string(project("src/query/views.sql")).unwrap();
    let defined = defined.lines().filter_map(|line| {
        let rest = line.strip_prefix("create temp view if not exists ")?;
        rest.split_whitespace().next()
    });
    for view in defined {
        assert!(named.contains(&view), "{view} is not documented");
    }
}
