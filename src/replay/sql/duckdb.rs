//! The dialect of DuckDB.
//!
//! Values are JSON: `json_type` tells them apart, a missing one is null. DuckDB reads a number with a fraction or an exponent
//! as a double and writes it in its own way; its text is then looked up in the record by the name before it.

use crate::pattern::ast::{Order, Step};

use super::Refusal;
use super::algebra::{self, Leaf, Said, Test, TextTest, in_regex, leftmost, number_of, quoted};

const NAME: &str = "DuckDB";

/// The fields that a query extracts of each record, in one pass over it.
#[derive(Debug, Default)]
pub(super) struct Fields {
    paths: Vec<String>,
}

impl Fields {
    /// The SQL expression of the value at a path without wildcards.
    pub(super) fn field(&mut self, path: &[Step]) -> Result<String, Refusal> {
        let text = json_path(path)?;
        let known = self.paths.iter().position(|known| *known == text);
        let index = known.unwrap_or_else(|| {
            self.paths.push(text);
            self.paths.len() - 1
        });
        Ok(format!("f[{}]", index + 1))
    }

    /// The list of paths as SQL.
    pub(super) fn list(&self) -> String {
        let paths: Vec<String> = self.paths.iter().map(|path| quoted(path)).collect();
        format!("[{}]", paths.join(", "))
    }
}

fn json_path(path: &[Step]) -> Result<String, Refusal> {
    let mut out = "$".to_owned();
    for step in path {
        match step {
            Step::Name(name) if !name.contains(['"', '\\', '*']) => {
                out.push_str(&format!(".\"{name}\""));
            }
            Step::Index(index) => out.push_str(&format!("[{index}]")),
            Step::Name(_) | Step::AnyElement | Step::AnyField => {
                return Err(Refusal::Selector {
                    dialect: NAME,
                    selector: algebra::selector(path),
                });
            }
        }
    }
    Ok(out)
}

/// Says a condition on a field.
pub(super) fn leaf(fields: &mut Fields, leaf: &Leaf) -> Result<Said, Refusal> {
    let wildcard = leaf.path.iter().position(Step::is_wildcard);
    let Some(at) = wildcard else {
        let value = fields.field(&leaf.path)?;
        return said(&value, &leaf.path, &leaf.test);
    };
    let (before, rest) = leaf.path.split_at_checked(at).unwrap_or_default();
    let (over, rest) = match rest.split_first() {
        Some((Step::AnyField, rest)) => (".*", rest),
        Some((_, rest)) => ("[*]", rest),
        None => ("", rest),
    };
    let list = if before.is_empty() {
        "record::json".to_owned()
    } else {
        fields.field(before)?
    };
    // `.*` of an array and `[*]` of an object find nothing, as in a pattern.
    let kind = if over == ".*" { "OBJECT" } else { "ARRAY" };
    let list = format!(
        "case when json_type({list}) = '{kind}' then json_extract({list}, '${over}') else [] end"
    );
    let inner = match rest {
        [] => "e".to_owned(),
        rest => format!("json_extract(e, {})", quoted(&json_path(rest)?)),
    };
    let inner = said(&inner, &leaf.path, &leaf.test)?;
    let any = |condition: &str| format!("len(list_filter({list}, lambda e: {condition})) > 0");
    // What a wildcard finds nothing in is a missing field.
    let truth = if leaf.test == Test::Missing {
        format!("(len({list}) = 0 or {})", any(&inner.truth))
    } else {
        any(&inner.truth)
    };
    Ok(Said {
        truth,
        doubt: inner.doubt.map(|doubt| any(&doubt)),
    })
}

/// Says a test of a JSON value, which is null where it is missing.
fn said(value: &str, path: &[Step], test: &Test) -> Result<Said, Refusal> {
    let is = |kind: &str| format!("coalesce(json_type({value}) = '{kind}', false)");
    let string = is("VARCHAR");
    let number = format!(
        "coalesce(json_type({value}) in ('BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE'), false)"
    );
    let text = format!("json_extract_string({value}, '$')");
    let double = format!("try_cast({text} as double)");
    Ok(match test {
        Test::Missing => Said::surely(format!("{value} is null")),
        Test::Null => Said::surely(is("NULL")),
        Test::Array => Said::surely(is("ARRAY")),
        Test::Object => Said::surely(is("OBJECT")),
        Test::Framed {
            before,
            without,
            matches,
        } => {
            let bare = format!(
                "case when ends_with({text}, {suffix}) then left({text}, length({text}) - {length}) else {text} end",
                suffix = quoted(without),
                length = without.len()
            );
            let framed = format!("({} || {bare})", quoted(before));
            Said::surely(format!(
                "({string} and coalesce({}, false))",
                text_matches(&framed, matches)?
            ))
        }
        Test::Bool(truth) => Said::surely(format!("({} and {text} = '{truth}')", is("BOOLEAN"))),
        Test::Order(order, limit) => Said::surely(format!(
            "({number} and {double} {} {})",
            sign(*order),
            constant(*limit)
        )),
        Test::Number {
            text: wanted,
            value: limit,
            negated,
        } => {
            let equals = if *negated { "<>" } else { "=" };
            Said::surely(format!(
                "(({string} and {text} {equals} {}) or ({number} and {double} {equals} {}))",
                quoted(wanted),
                constant(*limit)
            ))
        }
        Test::Text {
            matches,
            numbers,
            negated,
        } => {
            let not = if *negated { "not " } else { "" };
            let matching = |text: &str| text_matches(text, matches);
            let of_string = format!("({string} and {not}coalesce({}, false))", matching(&text)?);
            if !*numbers {
                return Ok(Said::surely(of_string));
            }
            // A minus before a zero is lost as well.
            let rewritten = format!(
                "coalesce(json_type({value}) = 'DOUBLE' or (json_type({value}) = 'BIGINT' and {text} = '0'), false)"
            );
            let (written, doubt) = written_number(value, path);
            Said {
                truth: format!(
                    "({of_string} or ({number} and not {rewritten} and {not}coalesce({}, false)) \
                     or ({rewritten} and {not}coalesce({}, false)))",
                    matching(&text)?,
                    matching(&written)?
                ),
                doubt: Some(format!("({rewritten} and {doubt})")),
            }
        }
    })
}

/// The text of a double as the record has it, and where it cannot be told: another field of the same name holds the same
/// number in other digits, or an element of an array does.
fn written_number(value: &str, path: &[Step]) -> (String, String) {
    let Some(Step::Name(name)) = path.last() else {
        return ("''".to_owned(), "true".to_owned());
    };
    let all = format!(
        "regexp_extract_all(record, {}, 1)",
        quoted(&number_of(name))
    );
    let double = format!("try_cast(json_extract_string({value}, '$') as double)");
    let same =
        format!("list_distinct(list_filter({all}, lambda d: try_cast(d as double) = {double}))");
    (format!("{same}[1]"), format!("len({same}) <> 1"))
}

fn text_matches(text: &str, test: &TextTest) -> Result<String, Refusal> {
    Ok(match test {
        TextTest::Leftmost(literals) => leftmost(text, literals, &quoted, &|text, part| {
            let expression = format!("^(?s:.*?){}", in_regex(part));
            format!("regexp_replace({text}, {}, '')", quoted(&expression))
        }),
        TextTest::EndsWith(end) => format!("ends_with({text}, {})", quoted(end)),
        TextTest::Regex(source) => {
            format!("regexp_matches({text}, {})", quoted(&re2(source)?))
        }
    })
}

/// RE2 knows no class within a class.
fn re2(source: &str) -> Result<String, Refusal> {
    let mut out = String::new();
    let mut depth = 0;
    let mut chars = source.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                out.push(c);
                out.extend(chars.next());
            }
            '[' => {
                depth += 1;
                if depth == 1 {
                    out.push(c);
                } else if chars.as_str().starts_with('^') {
                    return Err(Refusal::Regex {
                        dialect: NAME,
                        source_text: source.to_owned(),
                    });
                }
            }
            ']' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    out.push(c);
                }
            }
            c => out.push(c),
        }
    }
    Ok(out)
}

fn sign(order: Order) -> &'static str {
    order.symbol()
}

fn constant(value: f64) -> String {
    format!("cast('{value:e}' as double)")
}
