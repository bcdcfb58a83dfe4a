//! The dialect of Spark SQL, from version 3.2 on.
//!
//! `from_json` with a schema of one field reads a value as one type and gives null where it is of another, which tells the
//! types apart; a map tells whether a name is there. Numbers with a fraction or an exponent are written anew when read as
//! text, so their text is looked up in the record by the name before it. Elements of arrays have no such exact reading and
//! are refused.

use crate::pattern::ast::{Order, Step};

use super::Refusal;
use super::algebra::{self, Leaf, Said, Test, TextTest, in_regex, leftmost, number_of};

const NAME: &str = "Spark";

/// A text in single quotes: a backslash in it is written twice.
pub(super) fn literal(text: &str) -> String {
    // Two quotes beside each other are two literals to Spark; a quote is escaped.
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// The names of a path that has nothing else.
fn names(path: &[Step]) -> Result<Vec<&str>, Refusal> {
    path.iter()
        .map(|step| match step {
            Step::Name(name) if !name.contains(['`', '\\', '"', '\'']) => Some(name.as_str()),
            _ => None,
        })
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| Refusal::Selector {
            dialect: NAME,
            selector: algebra::selector(path),
        })
}

/// The value at a path read as a type.
fn read(names: &[&str], kind: &str) -> String {
    let mut schema = kind.to_owned();
    for (depth, name) in names.iter().rev().enumerate() {
        schema = if depth + 1 == names.len() {
            format!("`{name}` {schema}")
        } else {
            format!("struct<`{name}`: {schema}>")
        };
    }
    let fields: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    format!(
        "from_json(record, {}, map('allowNonNumericNumbers', 'false')).{}",
        literal(&schema),
        fields.join(".")
    )
}

/// Whether the last name of a path is there.
fn there(names: &[&str]) -> String {
    let Some((last, parents)) = names.split_last() else {
        return "true".to_owned();
    };
    let map = if parents.is_empty() {
        "from_json(record, 'map<string,string>')".to_owned()
    } else {
        read(parents, "map<string,string>")
    };
    format!(
        "coalesce(array_contains(map_keys({map}), {}), false)",
        literal(last)
    )
}

/// The text of a string field, null for everything else.
pub(super) fn string(names: &[&str]) -> String {
    format!(
        "case when {} then {} end",
        is_string(names),
        read(names, "string")
    )
}

fn is_number(names: &[&str]) -> String {
    format!("({} is not null)", read(names, "double"))
}

fn is_string(names: &[&str]) -> String {
    let other = ["double", "boolean", "map<string,string>", "array<string>"];
    let mut conditions = vec![format!("{} is not null", read(names, "string"))];
    conditions.extend(
        other
            .iter()
            .map(|kind| format!("{} is null", read(names, kind))),
    );
    format!("({})", conditions.join(" and "))
}

/// Says a condition on a field.
pub(super) fn leaf(leaf: &Leaf) -> Result<Said, Refusal> {
    let names = names(&leaf.path)?;
    let text = read(&names, "string");
    let double = read(&names, "double");
    Ok(match &leaf.test {
        Test::Missing => Said::surely(format!("not {}", there(&names))),
        Test::Null => Said::surely(format!("({} and {text} is null)", there(&names))),
        Test::Array => Said::surely(format!("({} is not null)", read(&names, "array<string>"))),
        Test::Object => Said::surely(format!(
            "({} is not null)",
            read(&names, "map<string,string>")
        )),
        Test::Framed {
            before,
            without,
            matches,
        } => {
            let bare = format!(
                "case when right({text}, {length}) = {end} then left({text}, length({text}) - {length}) else {text} end",
                end = literal(without),
                length = without.len()
            );
            let framed = format!("concat({}, {bare})", literal(before));
            Said::surely(format!(
                "({} and coalesce({}, false))",
                is_string(&names),
                text_matches(&framed, matches)
            ))
        }
        Test::Bool(truth) => {
            let boolean = read(&names, "boolean");
            Said::surely(format!("coalesce({boolean} = {truth}, false)"))
        }
        Test::Order(order, limit) => Said::surely(format!(
            "coalesce({double} {} {}, false)",
            sign(*order),
            constant(*limit)
        )),
        Test::Number {
            text: wanted,
            value,
            negated,
        } => {
            let equals = if *negated { "<>" } else { "=" };
            Said::surely(format!(
                "(({} and {text} {equals} {}) or coalesce({double} {equals} {}, false))",
                is_string(&names),
                literal(wanted),
                constant(*value)
            ))
        }
        Test::Text {
            matches,
            numbers,
            negated,
        } => {
            let not = if *negated { "not " } else { "" };
            let of_string = format!(
                "({} and {not}coalesce({}, false))",
                is_string(&names),
                text_matches(&text, matches)
            );
            if !*numbers {
                return Ok(Said::surely(of_string));
            }
            let (written, doubt) = written_number(&names);
            let number = is_number(&names);
            Said {
                truth: format!(
                    "({of_string} or ({number} and {not}coalesce({}, false)))",
                    text_matches(&written, matches)
                ),
                doubt: Some(format!("({number} and {doubt})")),
            }
        }
    })
}

/// The text of a number as the record has it, and where it cannot be told.
fn written_number(names: &[&str]) -> (String, String) {
    let last = names.last().copied().unwrap_or_default();
    let all = format!(
        "regexp_extract_all(record, {}, 1)",
        literal(&number_of(last))
    );
    let double = read(names, "double");
    let same = format!("array_distinct(filter({all}, d -> cast(d as double) = {double}))");
    (
        // The one element, or what the doubt keeps from being used; an index that is not there is an error.
        format!("array_join({same}, '')"),
        format!("size({same}) <> 1"),
    )
}

fn text_matches(text: &str, test: &TextTest) -> String {
    match test {
        TextTest::Leftmost(literals) => leftmost(text, literals, &literal, &|text, part| {
            let expression = format!("^(?s:.*?){}", in_regex(part));
            format!("regexp_replace({text}, {}, '')", literal(&expression))
        }),
        TextTest::EndsWith(end) => {
            let length = end.chars().count();
            format!("right({text}, {length}) = {}", literal(end))
        }
        // Of the characters that end a line only the line feed counts, as in a pattern.
        TextTest::Regex(source) => format!("{text} rlike {}", literal(&format!("(?d){source}"))),
    }
}

fn sign(order: Order) -> &'static str {
    order.symbol()
}

fn constant(value: f64) -> String {
    format!("cast('{value:e}' as double)")
}
