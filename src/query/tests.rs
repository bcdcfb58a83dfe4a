//! The SQL functions on a connection of their own.

use super::*;

fn one(sql: &str) -> Value {
    let connection = Connection::open_in_memory().unwrap();
    register(&connection).unwrap();
    let answer = rows(&mut connection.prepare(sql).unwrap()).unwrap();
    answer.rows[0][0].clone()
}

#[test]
fn a_pattern_matches_or_not() {
    assert_eq!(
        one(r#"select pattern_matches('{ $.a = 1 }', '{"a":1}')"#),
        1
    );
    assert_eq!(
        one(r#"select pattern_matches('{ $.a = 1 }', '{"a":2}')"#),
        0
    );
    assert_eq!(
        one("select pattern_matches('{ $.a = }', '{}')"),
        Value::Null
    );
    assert_eq!(one("select pattern_matches(null, '{}')"), Value::Null);
    assert_ne!(one("select pattern_error('{ $.a = }')"), Value::Null);
}

#[test]
fn several_patterns_cover_together() {
    let required = "'{ $.eventName = A || $.eventName = B }'";
    assert_eq!(
        one(&format!(
            "select pattern_covers({required}, '{{ $.eventName = A }}')"
        )),
        0
    );
    assert_eq!(
        one(&format!(
            "select pattern_covers({required}, '{{ $.eventName = A }}', '{{ $.eventName = B }}')"
        )),
        1
    );
    let event = one(&format!(
        "select pattern_missed_event({required}, '{{ $.eventName = A }}') ->> 'eventName'"
    ));
    assert_eq!(event, "B");
    assert_eq!(
        one(&format!(
            "select pattern_missed_event({required}, {required})"
        )),
        Value::Null
    );
}
