//! The table of docs/alarms.md, row by row: what it says of one event is what the program says.

use trailproof::aws::alarm::{Effect, Emission, Firing, Reason, Settings, single_event};
use trailproof::chain::reason_id;

fn operator(sign: &str) -> &'static str {
    match sign {
        ">" => "GreaterThanThreshold",
        ">=" => "GreaterThanOrEqualToThreshold",
        "<" => "LessThanThreshold",
        "<=" => "LessThanOrEqualToThreshold",
        other => panic!("`{other}` is no comparison"),
    }
}

fn words(effect: &Effect) -> String {
    match effect {
        Effect::Fires(Firing {
            delay: 0, remarks, ..
        }) => match remarks.first() {
            None => "fires".to_owned(),
            Some(remark) => format!("fires, with a remark ({})", reason_id(remark)),
        },
        Effect::Fires(Firing { delay, remarks, .. }) => {
            format!("fires {delay} seconds late ({})", reason_id(&remarks[0]))
        }
        Effect::Never(reasons) => match &reasons[0] {
            Reason::Latches => "the first only (A06)".to_owned(),
            Reason::NeedsEvents { events, within } => {
                format!("needs {events} events within {within} seconds (A04)")
            }
            reason => format!("never ({})", reason_id(reason)),
        },
        Effect::Unknown(reasons) => format!("unknown ({})", reason_id(&reasons[0])),
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
        .map(|line| -> Vec<&str> { line.trim_matches('|').split('|').map(str::trim).collect() })
        .filter(|cells| cells.len() > 2)
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
            ..Emission::default()
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
