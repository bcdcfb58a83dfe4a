//! The limits of AWS and of this tool, one by one, and the faults that have a name.

use trailproof::pattern::ast::{Condition, Expr, PatternKind, Step, Value};
use trailproof::pattern::{ErrorKind, Matcher, Semantics, matches, parse, parse_for_creation};

/// The fault that `text` is refused for, and the part of the text that it marks.
#[track_caller]
fn fault(text: &str) -> (&'static str, &str) {
    let error = parse(text).expect_err(text);
    (error.kind.name(), text.get(error.span).unwrap())
}

#[test]
fn texts_of_other_languages_are_refused_by_name() {
    let cases = [
        ("{ $.a == 1 }", "double-equals", "=="),
        ("{ $.a =~ \"x\" }", "foreign-operator", "=~"),
        ("{ $.a => 1 }", "foreign-operator", "=>"),
        ("{ $.a <> 1 }", "foreign-operator", "<>"),
        ("{ $.a ~ 1 }", "foreign-operator", "~"),
        ("{ $.a LIKE \"x\" }", "word-operator", "LIKE"),
        ("{ $.a = 1 AND $.b = 2 }", "word-connective", "AND"),
        ("{ $.a = 1 or $.b = 2 }", "word-connective", "or"),
        ("{ $.a = 1 & $.b = 2 }", "single-connective", "&"),
        ("{ ($.a = 1) | ($.b = 2) }", "single-connective", "|"),
        ("{ !($.a = 1) }", "negation", "!"),
        ("{ NOT ($.a = 1) }", "negation", "NOT"),
        ("{ $.a EXISTS }", "exists", "EXISTS"),
        ("{ $.a IS NOT TRUE }", "is-not", "IS NOT"),
        ("{ $.a is true }", "lower-case-keyword", "is"),
        ("{ $.a IS true }", "lower-case-keyword", "true"),
        ("{ $.a NOT exists }", "lower-case-keyword", "exists"),
        ("{ $.a not exists }", "lower-case-keyword", "not"),
        ("{ $.a = 'x' }", "wrong-quotes", "'x'"),
        (
            "{ $.a = \u{201c}x\u{201d} }",
            "wrong-quotes",
            "\u{201c}x\u{201d}",
        ),
        ("{ $.a = `x` }", "wrong-quotes", "`x`"),
        (
            "{ $.a = Failed authentication }",
            "unquoted-blank",
            "Failed authentication",
        ),
        ("{ $.a = x$y }", "bare-character", "$"),
        ("{ $.a = x=y }", "bare-character", "="),
        ("{ $.a = it's }", "bare-character", "'"),
        ("{ $.a = $.b }", "selector-as-value", "$.b"),
        ("{ $.a\u{a0}= x }", "invisible-character", "\u{a0}"),
        ("{ $eventName = x }", "missing-dot", "$eventName"),
        ("{ eventName = x }", "expected-selector", "eventName"),
        ("{ $.even tName = x }", "split-name", "$.even tName"),
        ("{ $.invokedByNOT EXISTS }", "glued-keyword", "NOT"),
        ("{ $[0] = x }", "root-index", "[0]"),
        ("{ $.a[x] = x }", "bad-index", "[x]"),
        ("{ $.a[-1] = x }", "bad-index", "[-1]"),
        ("{ $.a* = x }", "partial-wildcard", "*"),
        ("{ $..a = x }", "empty-step", "."),
        ("{ $.a > \"1\" }", "number-expected", "\"1\""),
        ("{ $.a <= 1* }", "number-expected", "1*"),
        ("{ $.a < %1% }", "number-expected", "%1%"),
        ("{ $.a = }", "expected-value", "}"),
        ("{ $.a }", "expected-operator", "}"),
        ("{ $.a = 1 && }", "expected-condition", "}"),
        ("{ $.a = 1 $.b = 2 }", "expected-connective", "$"),
        ("{}", "empty-braces", "{}"),
        ("{ () }", "empty-parentheses", "()"),
        ("{ ($.a = 1 }", "unclosed-parenthesis", "("),
        ("{ $.a = 1) }", "unopened-parenthesis", ")"),
        ("{ $.a = 1", "unclosed-brace", "{"),
        ("{ $.a = \"1 }", "unclosed-quote", "\""),
        ("{ $.a = %1 }", "unclosed-regex", "%"),
        ("{ $.a = 1 } x", "trailing-text", " x"),
        (
            "($.a = 1) || ($.b = 2)",
            "missing-braces",
            "($.a = 1) || ($.b = 2)",
        ),
        ("{ $.a = %% }", "empty-regex", "%%"),
        ("{ $.a = %a(b)% }", "regex-character", "("),
        ("{ $.a = %\u{e9}% }", "regex-character", "\u{e9}"),
        ("%something!%", "regex-character", "!"),
        ("%*a%", "bad-regex", "*"),
        ("%a**%", "bad-regex", "*"),
        ("%a{3,2}%", "bad-regex", "{"),
        ("%a{99999}%", "bad-regex", "{"),
        ("%[b-a]%", "bad-regex", "a"),
        ("%[]%", "bad-regex", "["),
        ("%\\p%", "bad-regex", "p"),
        ("%\\x6%", "bad-regex", "x"),
        ("[a, b", "unclosed-bracket", "["),
        ("[..., a, ...]", "second-rest", "..."),
        ("[a=1 || b=2]", "other-field", "b"),
        ("[(a=1)]", "field-parentheses", "("),
        ("[=1]", "expected-field-name", "="),
        ("[a b]", "expected-field-end", "b"),
    ];
    for (text, name, marked) in cases {
        assert_eq!(fault(text), (name, marked), "{text}");
    }
}

#[test]
fn every_fault_says_what_aws_would_do() {
    for text in ["{ $.a == 1 }", "{}", "%a(%", "{ $.a > x }", "($.a = 1)"] {
        assert!(parse(text).unwrap_err().aws().starts_with("AWS"), "{text}");
    }
}

/// D16.
#[test]
fn a_pattern_has_at_most_1024_characters() {
    let pattern = |length: usize| {
        format!(
            "{{ $.a = \"{}\" }}",
            "é".repeat(length - "{ $.a = \"\" }".len())
        )
    };
    assert!(parse(&pattern(1024)).is_ok());
    assert!(
        parse(&format!("{}\n", pattern(1024))).is_ok(),
        "blanks around it are trimmed"
    );
    let long = pattern(1025);
    let error = parse(&long).unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLong(1025));
    assert_eq!(long.get(error.span), Some("}"));
}

/// D16.
#[test]
fn a_pattern_has_at_most_two_regular_expressions() {
    assert!(parse("{ $.a = %x% && $.b = %y% }").is_ok());
    assert_eq!(
        fault("{ $.a = %x% && ($.b = %y% || $.c != %z%) }"),
        ("too-many-regexes", "%z%")
    );
    assert_eq!(
        fault("[a=%x%, b=%y% && b!=%z%]"),
        ("too-many-regexes", "%z%")
    );
}

/// D16.
#[test]
fn wildcard_selectors_are_limited() {
    assert!(parse("{ $.a[*] = 1 && $.* = 2 && $.b.* = 3 }").is_ok());
    assert_eq!(
        fault("{ $.a[*] = 1 && $.* = 2 && $.b.* = 3 && $.c[*].d = 4 }"),
        ("too-many-wildcard-selectors", "$.c[*].d")
    );
    assert_eq!(
        fault("{ $.a[*].* = 1 }"),
        ("too-many-wildcards", "$.a[*].*")
    );
}

#[test]
fn nesting_is_limited_and_deep_patterns_do_not_overflow() {
    let nested = |depth: usize| format!("{{{}$.a=1{}}}", "(".repeat(depth), ")".repeat(depth));
    let pattern = parse(&nested(128)).unwrap();
    assert!(matches(&pattern, "{\"a\":1}", &Semantics::default()));
    assert_eq!(
        parse(&nested(129)).unwrap_err().kind,
        ErrorKind::TooDeep(128)
    );
    assert_eq!(
        parse(&"(".repeat(1024)).map(|_| ()),
        Ok(()),
        "parentheses alone are a term"
    );
    assert!(parse(&format!("{{{}", "(".repeat(1000))).is_err());
}

/// D14: what lies on a log group is read with a warning; what is to be created is refused as the service did.
#[test]
fn a_blank_before_the_brace_is_a_warning_or_a_refusal() {
    let text = "\n { $.a IS TRUE }\n";
    let pattern = parse(text).unwrap();
    assert_eq!(
        pattern
            .warnings
            .iter()
            .map(|warning| warning.decision)
            .collect::<Vec<_>>(),
        ["D14"]
    );
    assert_eq!(
        parse_for_creation(text).unwrap_err().kind,
        ErrorKind::LeadingBlank
    );
    assert!(parse_for_creation("{ $.a IS TRUE }\n").is_ok());
    assert!(parse_for_creation("").is_ok());
}

#[test]
fn warnings_name_their_decision() {
    let cases: [(&str, &[&str]); 11] = [
        ("{ $.a = 1 || $.b = 2 && $.c = 3 }", &["D18"]),
        ("{ $.a = 1 || ($.b = 2 && $.c = 3) }", &[]),
        ("{ $.a = x-y }", &["D13"]),
        ("{ $.a = false }", &["D7"]),
        ("{ $.a = \"false\" }", &[]),
        ("{ $.a = \"x*y\" }", &["D4"]),
        ("{ $.a = \"*x*\" }", &[]),
        ("{ $['a'] = 1 }", &["D15"]),
        ("{ $.['a.b'] = 1 }", &[]),
        ("?a b", &["D19"]),
        ("\"($.eventName = X)\"", &["D19"]),
    ];
    for (text, expected) in cases {
        let decisions: Vec<&str> = parse(text)
            .unwrap()
            .warnings
            .iter()
            .map(|warning| warning.decision)
            .collect();
        assert_eq!(decisions, expected, "{text}");
    }
}

/// D15.
#[test]
fn a_property_is_the_same_however_it_is_written() {
    let steps = |text: &str| match parse(text).unwrap().kind {
        PatternKind::Json(Expr::Test(test)) => test.selector.steps,
        other => panic!("{other:?}"),
    };
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|name| Step::Name((*name).to_owned()))
            .collect::<Vec<_>>()
    };
    for text in [
        "{ $.a.b = 1 }",
        "{ $.['a'].['b'] = 1 }",
        "{ $['a'][\"b\"] = 1 }",
    ] {
        assert_eq!(steps(text), names(&["a", "b"]), "{text}");
    }
    assert_eq!(steps("{ $.['a.b'] = 1 }"), names(&["a.b"]));
}

#[test]
fn only_documented_numbers_are_numbers() {
    let is_number = |value: &str| match parse(&format!("{{ $.a = {value} }}")).unwrap().kind {
        PatternKind::Json(Expr::Test(test)) => {
            matches!(
                test.condition,
                Condition::Equals {
                    value: Value::Number(_),
                    ..
                }
            )
        }
        other => panic!("{other:?}"),
    };
    for value in [
        "0", "12", "+1", "-1", "1.50", "1e3", "1e-3", "1.5e+10", "007",
    ] {
        assert!(is_number(value), "{value}");
    }
    for value in [
        "1.", ".5", "1E3", "1e", "0x1", "1_000", "1.2.3", "-", "1*", "NaN", "inf", "1e999",
    ] {
        assert!(!is_number(value), "{value}");
    }
}

/// The whole automaton of this expression would have a million states.
#[test]
fn a_regular_expression_too_large_for_a_table_is_still_searched() {
    let pattern = parse("{ $.a = %x.{20}y% }").unwrap();
    let matcher = Matcher::new(&pattern, &Semantics::default());
    let event = |middle: usize| format!("{{\"a\":\"xxx{}y\"}}", "-".repeat(middle));
    assert!(matcher.matches_text(&event(20)));
    assert!(matcher.matches_text(&event(18)));
    assert!(!matcher.matches_text(&event(17)));
    assert!(!matcher.matches_text(&event(21)));
}

#[test]
fn a_json_pattern_matches_no_message_that_is_not_an_object() {
    let pattern = parse("{ $.a NOT EXISTS }").unwrap();
    for message in [
        "",
        "1",
        "\"x\"",
        "[]",
        "[{\"b\":1}]",
        "null",
        "{\"b\":1} trailing",
        "text {\"b\":1}",
        "{\"b\":",
    ] {
        assert!(
            !matches(&pattern, message, &Semantics::default()),
            "{message}"
        );
    }
    assert!(matches(&pattern, " {\"b\":1}\n", &Semantics::default()));
}

/// TestMetricFilter examples of the API reference: delimiters of a field are not part of it.
#[test]
fn a_message_is_cut_into_fields() {
    let message =
        r#"127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#;
    let cases = [
        ("[]", true),
        ("[...]", true),
        ("[ip, id, user, time, request, status, bytes]", true),
        ("[ip, id, user, time, request, status]", false),
        (
            "[ip, id, user, time = \"10/Oct/2000:13:25:15 -0700\", request, status, bytes]",
            true,
        ),
        ("[..., request = *.html*, status = 4*, ]", true),
        ("[..., status = 4* && status != 404, bytes]", false),
        ("[..., bytes > 1000]", true),
        ("[..., bytes > 1534]", false),
        ("[ip = %127\\.0\\.0\\.[1-9]%, ...]", true),
        ("[ip != 127.0.0.1, ...]", false),
        ("[ip, ..., status = 404 || status = 403, bytes]", true),
        ("[a, b, c, ..., d, e, f, g]", true),
        ("[a, b, c, d, ..., e, f, g, h]", false),
    ];
    for (text, expected) in cases {
        let pattern = parse(text).unwrap();
        assert_eq!(
            matches(&pattern, message, &Semantics::default()),
            expected,
            "{text}"
        );
    }
}
