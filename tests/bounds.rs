//! Input without measure ends in an answer: as deep, as long and as often repeated as anybody may write it.
//!
//! Each case runs in a thread with a stack of one megabyte, since what overflows there ends the whole process.

use std::thread;

use crate::entries::{self, Entry};

/// Levels and operators.
const MANY: usize = 100_000;

const SMALL_STACK: usize = 1 << 20;

/// Runs one way in over some bytes.
fn enter(entry: Entry, bytes: Vec<u8>) {
    let thread = thread::Builder::new().stack_size(SMALL_STACK);
    let running = thread.spawn(move || entry(&bytes)).unwrap();
    running.join().unwrap();
}

fn each(entry: Entry, texts: impl IntoIterator<Item = String>) {
    for text in texts {
        enter(entry, text.into_bytes());
    }
}

fn nested(open: &str, inner: &str, close: &str, levels: usize) -> String {
    [&open.repeat(levels), inner, &close.repeat(levels)].concat()
}

/// As many levels as can matter: some that a bound may let pass, some that none may.
fn all_levels(open: &str, inner: &str, close: &str) -> Vec<String> {
    levels(&[30, 95, 127, 200, 1_000, MANY], open, inner, close)
}

/// For what takes a while by its length alone.
fn some_levels(open: &str, inner: &str, close: &str) -> Vec<String> {
    levels(&[30, 2_000], open, inner, close)
}

fn levels(counts: &[usize], open: &str, inner: &str, close: &str) -> Vec<String> {
    counts
        .iter()
        .map(|levels| nested(open, inner, close, *levels))
        .collect()
}

#[test]
fn an_alarm_rule_of_many_operators_ends_in_an_answer() {
    for rules in [
        all_levels("(", "ALARM(a)", ")"),
        all_levels("NOT (", "ALARM(a)", ")"),
        all_levels("NOT ", "ALARM(a)", ""),
        all_levels("ALARM(a) OR ALARM(b) AND ", "OK(c)", ""),
        all_levels("ALARM(a) AND (OK(b) OR ", "OK(c)", ")"),
        all_levels("TRUE OR TRUE AND ", "ALARM(a)", ""),
        all_levels("AT_LEAST(1, ALARM, (a,", "b", "))"),
    ] {
        each(entries::alarm_rule, rules);
    }
    // Within what CloudWatch takes, with as many operators as fit.
    let longest = |part: &str, last: &str| {
        let times = (10_240 - last.len()) / part.len();
        part.repeat(times) + last
    };
    each(
        entries::alarm_rule,
        [
            longest("ALARM(a)OR OK(b)AND ", "OK(c)"),
            longest("TRUE OR TRUE AND ", "ALARM(a)"),
            format!(
                "AT_LEAST(5, ALARM, ({}b)) OR ALARM(a) AND OK(b) OR ALARM(c)",
                "a,".repeat(5_000)
            ),
        ],
    );
}

#[test]
fn composite_alarms_above_each_other_end_in_an_answer() {
    let chain = |levels: usize| {
        let above = (0..levels).map(|below| format!("ALARM(composite-{below})"));
        ["ALARM(a)".to_owned()]
            .into_iter()
            .chain(above)
            .collect::<Vec<_>>()
            .join("\n")
    };
    // Each names the one below twice: a way down doubles at every level.
    let fan = |levels: usize| {
        let above = (0..levels)
            .map(|below| format!("ALARM(composite-{below}) AND NOT OK(composite-{below})"));
        ["ALARM(c)".to_owned()]
            .into_iter()
            .chain(above)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let deep_and_deep = vec![nested("(", "ALARM(a)", ")", 90)]
        .into_iter()
        .chain((0..30).map(|below| nested("NOT (", &format!("ALARM(composite-{below})"), ")", 90)))
        .collect::<Vec<_>>()
        .join("\n");
    each(
        entries::alarm_rule,
        [
            chain(30),
            chain(2_000),
            fan(20),
            fan(200),
            deep_and_deep,
            "ALARM(composite-0)".to_owned(),
        ],
    );
}

#[test]
fn metric_math_of_many_operators_ends_in_an_answer() {
    for expressions in [
        all_levels("m1+", "m1", ""),
        all_levels("m1 OR m2 && ", "m1", ""),
        all_levels("m1^", "2", ""),
        all_levels("-", "m1", ""),
        all_levels("(", "m1", ")"),
        all_levels("ABS(", "m1", ")"),
        all_levels("[", "m1", "]"),
        all_levels("IF(m1,", "m1", ",m2)"),
        all_levels("RATE(", "m1", ")"),
    ] {
        each(entries::metric_math, expressions);
    }
    // Each expression names the one before as often as it can.
    let many = "m1+".repeat(600) + "m2";
    let exploding = (1..10).map(|before| format!("e{before}+").repeat(600) + "m1");
    let exploding = [many]
        .into_iter()
        .chain(exploding)
        .collect::<Vec<_>>()
        .join("\n");
    let around = "e2\ne3\ne1".to_owned();
    each(entries::metric_math, [exploding, around]);
}

#[test]
fn a_filter_pattern_of_many_levels_ends_in_an_answer() {
    for patterns in [
        all_levels("{ ", "$.a = 1", " }"),
        all_levels("(", "$.a = 1", ")")
            .into_iter()
            .map(|inner| format!("{{ {inner} }}"))
            .collect(),
        all_levels("($.a = 1) && ", "($.b = 2)", "")
            .into_iter()
            .map(|inner| format!("{{ {inner} }}"))
            .collect(),
        all_levels("(($.a = 1) || ", "($.b = 2)", ")")
            .into_iter()
            .map(|inner| format!("{{ {inner} }}"))
            .collect(),
        all_levels("[0]", "", "")
            .into_iter()
            .map(|steps| format!("{{ $.a{steps} = 1 }}"))
            .collect(),
        all_levels(".a", "", "")
            .into_iter()
            .map(|steps| format!("{{ ${steps} = 1 }}"))
            .collect(),
        all_levels("[", "a", "]"),
        all_levels("a = 1 && ", "a = 2", "")
            .into_iter()
            .map(|inner| format!("[{inner}]"))
            .collect(),
        all_levels("?a ", "-b", ""),
        all_levels("(", "a", ")")
            .into_iter()
            .map(|inner| format!("%{inner}%"))
            .collect(),
        all_levels("[", "a", "]")
            .into_iter()
            .map(|inner| format!("%{inner}%"))
            .collect(),
        all_levels("a*", "b", "")
            .into_iter()
            .map(|inner| format!("{{ $.a = \"{inner}\" }}"))
            .collect(),
        vec![
            "%(a{900}){900}%".to_owned(),
            "%((a{99}){99}){99}%".to_owned(),
            "%(((a*)*)*)*b%".to_owned(),
        ],
    ] {
        each(entries::filter_pattern, patterns);
    }
}

#[test]
fn an_event_of_many_levels_ends_in_an_answer() {
    let patterns = [
        "{ $.a.a.a = 1 }",
        "{ $.a[0][0] = 1 }",
        "ConsoleLogin",
        "[a, b, ...]",
        "{ $.* = 1 }",
        "%a+%",
    ];
    for pattern in patterns {
        for events in [
            all_levels("{\"a\":", "1", "}"),
            all_levels("[", "1", "]"),
            all_levels("{\"a\":[", "1", "]}"),
            all_levels("a ", "b", ""),
        ] {
            each(
                entries::event,
                events
                    .into_iter()
                    .map(|event| format!("{pattern}\n{event}")),
            );
        }
    }
}

#[test]
fn an_event_pattern_of_many_levels_ends_in_an_answer() {
    for patterns in [
        all_levels("{\"a\":", "[1]", "}"),
        all_levels("{\"$or\":[", "{\"a\":[1]}", ",{\"b\":[1]}]}"),
        all_levels("[", "1", "]"),
        all_levels("{\"a\":[{\"anything-but\":", "1", "}]}"),
        all_levels("\"a\",", "\"b\"", "")
            .into_iter()
            .map(|inner| format!("{{\"a\":[{inner}]}}"))
            .collect(),
        all_levels("a.", "a", "")
            .into_iter()
            .map(|name| format!("{{\"{name}\":[1]}}"))
            .collect(),
        all_levels("*a", "", "")
            .into_iter()
            .map(|text| format!("{{\"eventName\":[{{\"wildcard\":\"{text}\"}}]}}"))
            .collect(),
    ] {
        each(entries::event_pattern, patterns);
    }
}

#[test]
fn an_answer_of_many_levels_ends_in_an_answer() {
    for json in [
        all_levels("{\"a\":", "1", "}"),
        all_levels("[", "1", "]"),
        all_levels("{\"MetricAlarms\":[", "1", "]}"),
    ] {
        each(entries::json_body, json);
    }
    for xml in [
        all_levels("<a>", "1", "</a>"),
        all_levels("<member>", "1", "</member>"),
        all_levels("<a b=\"1\"/>", "", ""),
        all_levels("<!-- -->", "<a/>", ""),
        all_levels("<?a?>", "<a/>", ""),
        all_levels("&amp;", "", "")
            .into_iter()
            .map(|inner| format!("<a>{inner}</a>"))
            .collect(),
        vec!["<!DOCTYPE a [<!ENTITY b \"&b;&b;\">]><a>&b;</a>".to_owned()],
    ] {
        each(entries::xml, xml);
    }
    // Arrays and maps of one element, of any number, tags, and texts in pieces.
    for (open, close) in [
        (b"\x81".as_slice(), b"".as_slice()),
        (b"\xa1\x61a", b""),
        (b"\x9f", b"\xff"),
        (b"\xbf\x61a", b"\xff"),
        (b"\xc1", b""),
        (b"\x7f\x61a", b"\xff"),
        (b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff", b""),
        (b"\xbb\x7f\xff\xff\xff\xff\xff\xff\xff\x61a", b""),
        (b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff", b""),
    ] {
        for levels in [50, 101, MANY] {
            let bytes = [open.repeat(levels), b"\x01".to_vec(), close.repeat(levels)].concat();
            enter(entries::cbor, bytes);
        }
    }
}

#[test]
fn a_policy_of_many_levels_ends_in_an_answer() {
    let statement = |inner: &str| {
        format!(
            "{{\"Statement\":[{{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\",\"Condition\":{inner}}}]}}"
        )
    };
    for policies in [
        all_levels("[", "1", "]"),
        all_levels("{\"Statement\":", "1", "}"),
        all_levels("{\"a\":", "1", "}")
            .iter()
            .map(|inner| statement(inner))
            .collect(),
        all_levels("[", "\"a\"", "]")
            .iter()
            .map(|inner| statement(&format!("{{\"StringLike\":{{\"aws:SourceArn\":{inner}}}}}")))
            .collect(),
        some_levels("*a", "", "")
            .iter()
            .map(|text| {
                statement(&format!(
                    "{{\"StringLike\":{{\"aws:SourceArn\":\"{text}\"}}}}"
                ))
            })
            .collect(),
        all_levels("\"a\",", "\"b\"", "")
            .iter()
            .map(|list| {
                statement(&format!(
                    "{{\"StringEquals\":{{\"aws:SourceArn\":[{list}]}}}}"
                ))
            })
            .collect(),
        some_levels("${aws:username}", "", "")
            .iter()
            .map(|text| {
                statement(&format!(
                    "{{\"StringLike\":{{\"aws:SourceArn\":\"{text}\"}}}}"
                ))
            })
            .collect(),
        all_levels(
            "\"a:b\":{\"c\":\"d\"},",
            "\"Bool\":{\"aws:SecureTransport\":\"true\"}",
            "",
        )
        .iter()
        .map(|inner| statement(&format!("{{{inner}}}")))
        .collect(),
    ] {
        each(entries::policy, policies);
    }
}

#[test]
fn a_filter_policy_of_many_levels_ends_in_an_answer() {
    for policies in [
        all_levels("{\"Trigger\":", "[1]", "}"),
        all_levels("{\"$or\":[", "{\"AlarmName\":[1]}", ",{\"b\":[1]}]}"),
        all_levels("[", "1", "]"),
        all_levels("{\"AlarmName\":[{\"anything-but\":", "1", "}]}"),
        all_levels("\"a\",", "\"b\"", "")
            .into_iter()
            .map(|inner| format!("{{\"AlarmName\":[{inner}]}}"))
            .collect(),
        all_levels("*a", "", "")
            .into_iter()
            .map(|text| format!("{{\"AlarmName\":[{{\"wildcard\":\"{text}\"}}]}}"))
            .collect(),
    ] {
        each(entries::filter_policy, policies);
    }
}

#[test]
fn other_documents_of_many_levels_end_in_an_answer() {
    each(
        entries::field_selection,
        all_levels("(", "@aws.account = \"1\"", ")"),
    );
    each(
        entries::field_selection,
        all_levels("@aws.account = \"1\" AND ", "@aws.region = \"a\"", ""),
    );
    each(
        entries::field_selection,
        all_levels("NOT ", "@aws.account = \"1\"", ""),
    );
    for entry in [entries::transformer as Entry, entries::data_protection] {
        each(entry, all_levels("[", "1", "]"));
        each(entry, all_levels("{\"parseJSON\":", "{}", "}"));
        each(entry, all_levels("{\"Statement\":[", "{}", "]}"));
    }
    let schedules = [
        "cron(* * * * *)",
        "cron(*/1 0-23 1-31 1-12 0-7)",
        "at(9999-12-31T23:59)",
        "cron(1,",
    ];
    for (schedule, duration) in schedules
        .iter()
        .zip(["PT1M", "P36500D", "PT999999999999H", "P1Y"])
    {
        each(
            entries::mute_rule,
            [format!("{schedule}\n{duration}\nEurope/Berlin")],
        );
    }
    each(
        entries::mute_rule,
        all_levels("1,", "1", "")
            .into_iter()
            .map(|list| format!("cron({list} * * * *)\nPT1H")),
    );
    each(
        entries::mute_rule,
        all_levels("T1", "H", "")
            .into_iter()
            .map(|digits| format!("cron(0 0 * * *)\nP{digits}")),
    );
    each(
        entries::signers,
        all_levels("a,", "*", "")
            .into_iter()
            .map(|names| format!("{names} ssh-ed25519 AAAA")),
    );
    each(entries::signers, all_levels("a\"", "", "\""));
}
