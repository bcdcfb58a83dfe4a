//! The names that people call Regions by, as the messages of alarms have them.
//!
//! Read from messages of 2017 to 2025: `US East (N. Virginia)`, `Asia Pacific (Seoul)`, `EU (Ireland)`. Where AWS's own lists
//! have a name that differs from those (`Europe (Ireland)`), both are possible. Regions that are missing here have names
//! that nobody has seen in a message.

/// By code, each with the names that it may have.
const NAMES: [(&str, &[&str]); 19] = [
    ("us-east-1", &["US East (N. Virginia)"]),
    ("us-east-2", &["US East (Ohio)"]),
    ("us-west-1", &["US West (N. California)"]),
    ("us-west-2", &["US West (Oregon)"]),
    ("ca-central-1", &["Canada (Central)"]),
    (
        "sa-east-1",
        &["South America (Sao Paulo)", "South America (São Paulo)"],
    ),
    ("eu-west-1", &["EU (Ireland)", "Europe (Ireland)"]),
    ("eu-west-2", &["EU (London)", "Europe (London)"]),
    ("eu-west-3", &["EU (Paris)", "Europe (Paris)"]),
    ("eu-central-1", &["EU (Frankfurt)", "Europe (Frankfurt)"]),
    ("eu-north-1", &["EU (Stockholm)", "Europe (Stockholm)"]),
    ("eu-south-1", &["EU (Milan)", "Europe (Milan)"]),
    ("ap-northeast-1", &["Asia Pacific (Tokyo)"]),
    ("ap-northeast-2", &["Asia Pacific (Seoul)"]),
    ("ap-southeast-1", &["Asia Pacific (Singapore)"]),
    ("ap-southeast-2", &["Asia Pacific (Sydney)"]),
    ("ap-south-1", &["Asia Pacific (Mumbai)"]),
    ("ap-east-1", &["Asia Pacific (Hong Kong)"]),
    ("me-south-1", &["Middle East (Bahrain)"]),
];

/// The names that a Region may have; none where they are not known.
pub(super) fn of(code: &str) -> Option<&'static [&'static str]> {
    let found = NAMES.iter().find(|(known, _)| *known == code)?;
    Some(found.1)
}
