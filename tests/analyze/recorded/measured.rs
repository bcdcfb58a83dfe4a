//! Accounts on which Prowler or Steampipe were measured to be wrong: what they say, and what is so. The table of docs/logging.md
//! is made of them.

use serde_json::{Value, json};
use trailproof::analyze::Status::{self, Fail, Pass};
use trailproof::control::Registry;
use trailproof::report::words::reason;

use super::{ALL, READS, WRITES, basic, fields, read_only, with};
use crate::analyze::finding;
use crate::support::{golden, project};

/// The version whose numbers the tools go by.
const MEASURED: &str = "cis-aws-5.0";

const BEGIN: &str = "<!-- made from the measured accounts: begin -->\n";
const END: &str = "<!-- made from the measured accounts: end -->\n";

/// One account: what of it, by which selectors, under which control, and what others say of it.
struct Measured {
    what: &'static str,
    key: &'static str,
    selectors: Value,
    control: &'static str,
    theirs: Status,
}

fn row(
    what: &'static str,
    (key, selectors): (&'static str, Value),
    control: &'static str,
    theirs: Status,
) -> Measured {
    Measured {
        what,
        key,
        selectors,
        control,
        theirs,
    }
}

fn advanced(selectors: Value) -> (&'static str, Value) {
    ("AdvancedEventSelectors", selectors)
}

fn plain(selectors: Value) -> (&'static str, Value) {
    ("EventSelectors", selectors)
}

fn measured() -> Vec<Measured> {
    let mut excluded = basic("All", true, &[]);
    excluded["ExcludeManagementEventSources"] = json!(["kms.amazonaws.com"]);
    let of = |more: &str| fields("Management", &[read_only(more)]);
    let inverted = json!([
        fields("Management", &[]),
        fields("Data", &[read_only("true")])
    ]);
    let one_bucket = json!([basic("All", true, &["arn:aws:s3:::one/"])]);
    let split = json!([of("true"), of("false")]);
    let basic_split = json!([basic("ReadOnly", true, &[]), basic("WriteOnly", true, &[])]);
    vec![
        row(
            "the selector leaves out events of KMS",
            plain(json!([excluded])),
            ALL,
            Pass,
        ),
        row(
            "the trail's advanced selectors are for data events alone",
            advanced(json!([fields("Data", &[])])),
            ALL,
            Pass,
        ),
        row(
            "one advanced selector for reads, one for writes",
            advanced(split),
            ALL,
            Fail,
        ),
        row(
            "one basic selector for reads, one for writes",
            plain(basic_split),
            ALL,
            Fail,
        ),
        row(
            "data events of S3 with `readOnly` `true`, asked for writes",
            advanced(inverted),
            WRITES,
            Pass,
        ),
        row(
            "data events of one bucket, asked for writes",
            plain(one_bucket.clone()),
            WRITES,
            Pass,
        ),
        row(
            "data events of one bucket, asked for reads",
            plain(one_bucket),
            READS,
            Pass,
        ),
    ]
}

/// Each is judged here, and the document has what was found.
#[test]
fn measured_wrong_verdicts_of_other_tools() {
    let registry = Registry::builtin().unwrap();
    let benchmark = registry.benchmark(MEASURED).unwrap();
    let mut table = "| account | control | they say | so it is |\n|---|---|---|---|\n".to_owned();
    for row in measured() {
        let found = finding(&with(row.key, row.selectors), MEASURED, row.control);
        let ours = found.status;
        assert!(
            matches!(ours, Pass | Fail),
            "{}: {}",
            row.what,
            reason(&found)
        );
        assert_ne!(ours, row.theirs, "{}: they are not wrong", row.what);
        let number = benchmark.number_of(row.control).unwrap_or_default();
        let link = found.broken_link.map(|id| format!(" ({id})"));
        table.push_str(&format!(
            "| {} | {number} {} | {} | {}: {}{} |\n",
            row.what,
            row.control,
            row.theirs.as_str(),
            ours.as_str(),
            reason(&found),
            link.unwrap_or_default(),
        ));
    }
    let path = project("docs/logging.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(BEGIN).expect("the first mark");
    let (_, after) = rest.split_once(END).expect("the second mark");
    let wanted = format!("{before}{BEGIN}\n{table}\n{END}{after}");
    golden::document(&path, &document, &wanted);
}
