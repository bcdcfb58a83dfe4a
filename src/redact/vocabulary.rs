//! AWS's own words, which name nobody: they stay as they are, and nothing else does.
//!
//! The lists are in `words.txt`; event names come from the event model, operations from the table of operations. A word
//! that is not in a list is masked, wherever it stands.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::shape;
use crate::coverage::EventModel;
use crate::snapshot::operations::OPERATIONS;

/// The lists of `words.txt`, and what is read from them once.
struct Vocabulary {
    lists: BTreeMap<&'static str, BTreeSet<&'static str>>,
    /// Names of API calls and error codes, which filter patterns cut into pieces.
    names: BTreeSet<String>,
    /// The capitalized words of those.
    parts: BTreeSet<String>,
    /// Every run of letters in any list.
    runs: BTreeSet<String>,
}

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    let lists = read(include_str!("words.txt"));
    let list = |name: &str| lists.get(name).into_iter().flatten().copied();
    let actions = list("actions").filter_map(|action| action.split_once(':'));
    let names: BTreeSet<String> = EventModel::cloudtrail()
        .names()
        .chain(list("codes"))
        .chain(actions.map(|(_, name)| name))
        .chain(OPERATIONS.iter().map(|operation| operation.name))
        .chain([
            "SwitchRole",
            "CheckMfa",
            "PasswordRecoveryRequested",
            "PasswordRecoveryCompleted",
        ])
        .map(str::to_owned)
        .collect();
    let parts = names.iter().flat_map(|name| capitalized(name)).collect();
    let mut runs = BTreeSet::new();
    let mut note = |text: &str| {
        for run in letters(text) {
            runs.insert(run.to_owned());
            runs.insert(run.to_ascii_lowercase());
        }
    };
    lists.values().flatten().copied().for_each(&mut note);
    names.iter().map(String::as_str).for_each(&mut note);
    for operation in OPERATIONS {
        note(operation.service);
        let lists = [operation.lists, operation.expects, operation.times];
        lists.into_iter().flatten().copied().for_each(&mut note);
        if let Some(paging) = operation.paging {
            note(paging.input);
            note(paging.output);
        }
        for (member, _) in operation.neutral {
            note(member);
        }
        shape::member_names(operation.name)
            .into_iter()
            .for_each(&mut note);
    }
    for word in REGION_WORDS.iter().chain(OTHERS) {
        note(word);
    }
    Vocabulary {
        lists,
        names,
        parts,
        runs,
    }
});

/// What calendars and schedules are written with, and words of answers that trailproof itself writes.
const OTHERS: &[&str] = &[
    "amazonaws",
    "cron",
    "rate",
    "minute",
    "minutes",
    "hour",
    "hours",
    "days",
    "ForAnyValue",
    "ForAllValues",
    "IfExists",
    "trailproof",
    "collect",
    "import",
    "redacted",
    "truncated",
    "chatbot",
    "global",
    "https",
    "html",
    "withheld",
    "ErrorResponse",
    "Error",
    "Sender",
    "Code",
    "Message",
    "RequestId",
    "message",
    "type",
];

/// Every word of a name of a Region but the first.
const REGION_WORDS: &[&str] = &[
    "central",
    "de",
    "east",
    "gov",
    "iso",
    "isob",
    "isoe",
    "isof",
    "north",
    "northeast",
    "northwest",
    "south",
    "southeast",
    "southwest",
    "west",
];

fn read(text: &'static str) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut lists: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut section = "";
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            section = name;
        } else if section == "phrases" && !line.is_empty() {
            lists.entry(section).or_default().insert(line);
        } else {
            lists
                .entry(section)
                .or_default()
                .extend(line.split_whitespace());
        }
    }
    lists
}

fn is_in(list: &str, text: &str) -> bool {
    VOCABULARY
        .lists
        .get(list)
        .is_some_and(|words| words.contains(text))
}

fn is_in_any_case(list: &str, text: &str) -> bool {
    VOCABULARY
        .lists
        .get(list)
        .is_some_and(|words| words.iter().any(|word| word.eq_ignore_ascii_case(text)))
}

/// The runs of letters in a text.
pub(super) fn letters(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphabetic())
        .filter(|run| !run.is_empty())
}

/// The runs of digits in a text.
pub(super) fn digits(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_ascii_digit())
        .filter(|run| !run.is_empty())
}

/// Whether a run of letters occurs in AWS's own words.
pub(super) fn is_own_run(run: &str) -> bool {
    VOCABULARY.runs.contains(run)
}

/// `DeleteVPCPeering` -> `Delete`, `VPC`, `Peering`.
fn capitalized(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut previous = ' ';
    for (index, character) in characters.iter().copied().enumerate() {
        let next = characters.get(index + 1).copied().unwrap_or(' ');
        let is_first = character.is_ascii_uppercase()
            && (!previous.is_ascii_uppercase() || next.is_ascii_lowercase());
        if !character.is_ascii_alphanumeric() {
            words.push(String::new());
        } else if let (Some(word), false) = (words.last_mut(), is_first) {
            word.push(character);
        } else {
            words.push(character.to_string());
        }
        previous = character;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a value is one of AWS's own, and the same in every account.
pub(super) fn is_value(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'*')
        || is_in("values", text)
        || is_in("phrases", text)
        || is_service(text)
        || is_region(text)
        || is_event_name(text)
}

/// Whether a text is made of names of API calls and error codes, or of pieces of them between wildcards: `Delete*Bucket`,
/// `*UnauthorizedOperation`.
pub(super) fn is_literal(text: &str) -> bool {
    let pieces: Vec<&str> = text.split('*').collect();
    let last = pieces.len() - 1;
    pieces.iter().enumerate().all(|(index, piece)| {
        let begins = || {
            index == 0
                && last > 0
                && piece.len() >= 3
                && VOCABULARY.names.iter().any(|name| name.starts_with(piece))
        };
        let ends = || {
            index == last
                && last > 0
                && piece.len() >= 4
                && VOCABULARY.names.iter().any(|name| name.ends_with(piece))
        };
        is_value(piece.trim_start_matches('.'))
            || is_code(piece)
            || matches!(
                *piece,
                ".amazonaws.com" | "amazonaws.com" | "amazonaws" | "com"
            )
            || is_made_of_parts(piece)
            || begins()
            || ends()
    })
}

fn is_made_of_parts(text: &str) -> bool {
    let words = capitalized(text);
    !words.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte))
        && words.iter().all(|word| VOCABULARY.parts.contains(word))
}

/// `cloudwatch.amazonaws.com`, `aws.iam`: a service principal or event source.
pub(super) fn is_service(text: &str) -> bool {
    let stem = text
        .strip_suffix(".amazonaws.com")
        .or_else(|| text.strip_suffix(".amazonaws.com.cn"))
        .or_else(|| text.strip_prefix("aws."));
    // One label, or a service with its Region; more would name something of the account.
    stem.is_some_and(|stem| match stem.split_once('.') {
        None => is_service_name(stem),
        Some(("delivery", "logs")) => true,
        Some((name, second)) => {
            is_service_name(name) && (is_region(second) || second == "delivery")
        }
    })
}

/// `sns`: how ARNs and actions name a service.
pub(super) fn is_service_name(text: &str) -> bool {
    is_in("services", text)
}

/// `aws`, `aws-cn`.
pub(super) fn is_partition(text: &str) -> bool {
    is_in("partitions", text)
}

/// `us-east-1`, `us-gov-west-1`, and with a wildcard `us-*`.
pub(super) fn is_region(text: &str) -> bool {
    const FIRST: &[&str] = &[
        "af", "ap", "ca", "cn", "eu", "eusc", "il", "me", "mx", "sa", "us",
    ];
    let mut parts = text.split('-');
    parts.next().is_some_and(|first| FIRST.contains(&first))
        && text.len() <= 16
        && parts.clone().count() >= 1
        && parts.all(|part| {
            part == "*"
                || part.len() == 1 && part.bytes().all(|byte| byte.is_ascii_digit())
                || REGION_WORDS.contains(&part)
        })
}

/// The name of an API call that a control can ask for, or that a snapshot records.
fn is_event_name(text: &str) -> bool {
    VOCABULARY.names.contains(text) && !is_in("codes", text)
}

/// `sns:Publish`, `kms:*`: an action of IAM.
pub(super) fn is_action(text: &str) -> bool {
    is_in_any_case("actions", text)
        || text.split_once(':').is_some_and(|(service, action)| {
            is_service_name(&service.to_ascii_lowercase()) && is_literal(action)
        })
}

/// An error code of AWS, or one of ours.
pub(super) fn is_code(text: &str) -> bool {
    let status = text.strip_prefix("http ");
    is_in("codes", text)
        || status.is_some_and(|status| status.len() == 3 && status.parse::<u16>().is_ok())
}

/// A word of AWS's own sentences.
pub(super) fn is_word(text: &str) -> bool {
    is_in("words", &text.to_ascii_lowercase()) || is_event_name(text) || is_code(text)
}

/// A keyword of one of the query languages.
pub(super) fn is_keyword(text: &str) -> bool {
    is_in("keywords", &text.to_ascii_lowercase())
}

/// A function or keyword of metric math.
pub(super) fn is_function(text: &str) -> bool {
    is_in("functions", text)
}

/// The name of a member of a document that AWS defines: a policy, a message, a transformer.
pub(super) fn is_member(text: &str) -> bool {
    is_in("members", text)
        || is_in("condition-operators", bare_operator(text))
        || is_in_any_case("condition-keys", text)
}

/// The name of a field of a CloudTrail record or of the event around it.
pub(super) fn is_field(text: &str) -> bool {
    is_in("fields", text)
}

fn bare_operator(text: &str) -> &str {
    let text = text
        .strip_prefix("ForAnyValue:")
        .or_else(|| text.strip_prefix("ForAllValues:"))
        .unwrap_or(text);
    text.strip_suffix("IfExists").unwrap_or(text)
}

/// `function`, `log-group`: the kind of a resource in an ARN.
pub(super) fn is_resource_type(text: &str) -> bool {
    is_in("resource-types", text)
}

/// What AWS itself owns in ARNs with the account `aws`: managed policies and data identifiers.
pub(super) fn is_resource_of_aws(text: &str) -> bool {
    text.strip_prefix("data-identifier/")
        .is_some_and(|name| is_in("data-identifiers", name))
        || text
            .strip_prefix("policy/")
            .is_some_and(|name| is_in("managed-policies", name))
}

/// A time, a schedule, a duration, a percentile or a short number, in one of the forms that AWS writes.
pub(super) fn is_form(text: &str) -> bool {
    let all = |allowed: &str| {
        text.chars()
            .all(|character| character.is_ascii_digit() || allowed.contains(character))
    };
    let short = digits(text).all(|run| run.len() < 10);
    let number = || short && text.parse::<f64>().is_ok() && all("+-.eE");
    let time = || {
        let is_time = text.parse::<jiff::Timestamp>().is_ok()
            || text.parse::<jiff::civil::DateTime>().is_ok()
            || text.parse::<jiff::civil::Date>().is_ok();
        is_time && all("-:.+TZ") && short
    };
    let duration = || text.starts_with('P') && text.len() <= 20 && all("PYMWDTHS");
    let statistic = || {
        let name = text.trim_start_matches(|character: char| character.is_ascii_alphabetic());
        let kind = text.get(..text.len() - name.len()).unwrap_or_default();
        let kinds = ["p", "tm", "tc", "ts", "wm", "pr", "iqm"];
        kinds.contains(&kind.to_ascii_lowercase().as_str())
            && short
            && name
                .chars()
                .all(|character| character.is_ascii_digit() || "().:%".contains(character))
    };
    number() || time() || duration() || statistic() || is_schedule(text) || is_in("timezones", text)
}

/// `cron(0 2 * * MON-FRI)`, `rate(5 minutes)`, `at(2026-11-01T10:00)`.
fn is_schedule(text: &str) -> bool {
    const NAMES: &[&str] = &[
        "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "JAN", "FEB", "MAR", "APR", "MAY", "JUN",
        "JUL", "AUG", "SEP", "OCT", "NOV", "DEC", "L", "W", "T", "minute", "minutes", "hour",
        "hours", "day", "days",
    ];
    let inside = ["cron(", "rate(", "at("]
        .into_iter()
        .find_map(|start| text.strip_prefix(start)?.strip_suffix(')'));
    inside.is_some_and(|inside| {
        letters(inside)
            .all(|run| NAMES.contains(&run) || NAMES.contains(&run.to_ascii_uppercase().as_str()))
            && digits(inside).all(|run| run.len() <= 4)
            && inside.chars().all(|character| {
                character.is_ascii_alphanumeric() || " *,-/?#:.".contains(character)
            })
    })
}
