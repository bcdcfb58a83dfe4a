//! The table of docs/alarms.md, row by row: what it says of one event is what the program says.

use trailproof::aws::alarm::{Emission, Outcome, Settings, single_event};

fn operator(sign: &str) -> &'static str {
    match sign {
        ">" => "GreaterThanThreshold",
        ">=" => "GreaterThanOrEqualToThreshold",
        "<" => "LessThanThreshold",
        "<=" => "LessThanOrEqualToThreshold",
        other => panic!("`{other}` is no comparison"),
    }
}

fn words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Fires {
            delay: 0, notes, ..
        } => match notes.first() {
            None => "fires".to_owned(),
            Some(note) => format!("fires, with a remark ({})", note.id),
        },
        Outcome::Fires { delay, notes, .. } => {
            format!("fires {delay} seconds late ({})", notes[0].id)
        }
        Outcome::Latched { .. } => "the first only (A06)".to_owned(),
        Outcome::Needs { events, within } => {
            format!("needs {events} events within {within} seconds (A04)")
        }
        Outcome::Never { id, .. } => format!("never ({id})"),
        Outcome::Unknown { id, .. } => format!("unknown ({id})"),
    }
}

#[test]
fn every_row_of_the_table() {
    let text = include_str!("../../docs/alarms.md");
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| {
            line.starts_with('|') && !line.starts_with("|---") && !line.starts_with("| value")
        })
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert!(rows.len() >= 30, "the table is read");
    for row in rows {
        let [
            value,
            default,
            statistic,
            period,
            of,
            sign,
            threshold,
            missing,
            answer,
        ] = row[..]
        else {
            panic!("{row:?}")
        };
        let (m, n) = of.split_once(" of ").expect("M of N");
        let emission = Emission {
            metric_value: value.to_owned(),
            default_value: (!default.is_empty()).then(|| default.parse().expect("a number")),
            unit: None,
        };
        let settings = Settings {
            statistic: Some(statistic.to_owned()),
            period: Some(period.parse().expect("seconds")),
            evaluation_periods: n.parse().expect("N"),
            datapoints_to_alarm: Some(m.parse().expect("M")),
            threshold: Some(threshold.parse().expect("a number")),
            comparison_operator: operator(sign).to_owned(),
            treat_missing_data: Some(missing.to_owned()),
            ..Settings::default()
        };
        assert_eq!(
            words(&single_event(&emission, &[], &settings)),
            answer,
            "{row:?}"
        );
    }
}
