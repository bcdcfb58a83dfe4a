//! A column that holds JSON: read where its row is read.

use std::fmt;
use std::ops::Deref;

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use serde::de::DeserializeOwned;

/// The value of a JSON column, with its text; `null` is nothing. A text that is no such JSON is an error of the file, not
/// an empty value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Json<T> {
    value: T,
    text: String,
}

impl<T> Json<T> {
    /// As the file has it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

impl<T: DeserializeOwned + Default> FromSql for Json<T> {
    fn column_result(column: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = column.as_str()?.to_owned();
        let value: Option<T> = serde_json::from_str(&text).map_err(|error| {
            FromSqlError::Other(format!("`{text}` is not the JSON expected: {error}").into())
        })?;
        Ok(Self {
            value: value.unwrap_or_default(),
            text,
        })
    }
}

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> fmt::Display for Json<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::Json;

    #[test]
    fn a_column_that_is_no_such_json_is_an_error_and_no_empty_value() {
        let connection = Connection::open_in_memory().unwrap();
        let read = |text: &str| -> rusqlite::Result<Json<Vec<String>>> {
            connection.query_row("select ?1", [text], |row| row.get(0))
        };
        assert_eq!(*read(r#"["a","b"]"#).unwrap(), ["a", "b"]);
        assert!(read("null").unwrap().is_empty());
        for text in ["", "[", "{}", "[1]", "\"a\""] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
