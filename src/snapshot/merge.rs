//! The rows of one table in two files, in the order of its key, walked side by side: nothing is copied, and memory holds one
//! row of each.

use std::cmp::Ordering;

use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator as _;
use rusqlite::types::ValueRef;
use rusqlite::{Row, Rows};

/// What stands at one key.
#[derive(Debug)]
pub(crate) enum Side<T> {
    /// The first file alone has it.
    Left(T),
    /// The second file alone has it.
    Right(T),
    /// Both have it.
    Both(T, T),
}

/// Calls `see` for each key of either file, in order. `keys` are the columns of the key, by which both are sorted.
pub(crate) fn merge<E: From<rusqlite::Error>>(
    mut left: Rows<'_>,
    mut right: Rows<'_>,
    keys: &[usize],
    mut see: impl FnMut(Side<&Row<'_>>) -> Result<(), E>,
) -> Result<(), E> {
    left.advance()?;
    right.advance()?;
    loop {
        let order = match (left.get(), right.get()) {
            (None, None) => return Ok(()),
            (Some(one), None) => {
                see(Side::Left(one))?;
                Ordering::Less
            }
            (None, Some(other)) => {
                see(Side::Right(other))?;
                Ordering::Greater
            }
            (Some(one), Some(other)) => {
                let order = by_key(one, other, keys)?;
                see(match order {
                    Ordering::Less => Side::Left(one),
                    Ordering::Greater => Side::Right(other),
                    Ordering::Equal => Side::Both(one, other),
                })?;
                order
            }
        };
        if order != Ordering::Greater {
            left.advance()?;
        }
        if order != Ordering::Less {
            right.advance()?;
        }
    }
}

fn by_key(one: &Row<'_>, other: &Row<'_>, keys: &[usize]) -> rusqlite::Result<Ordering> {
    for &column in keys {
        let order = compare(one.get_ref(column)?, other.get_ref(column)?);
        if order.is_ne() {
            return Ok(order);
        }
    }
    Ok(Ordering::Equal)
}

/// The order of SQLite: numbers before text, text by its bytes.
fn compare(left: ValueRef<'_>, right: ValueRef<'_>) -> Ordering {
    let parts = |value| match value {
        ValueRef::Null => (0, &[][..]),
        ValueRef::Integer(_) | ValueRef::Real(_) => (1, &[][..]),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => (2, bytes),
    };
    match (left, right) {
        (ValueRef::Integer(left), ValueRef::Integer(right)) => left.cmp(&right),
        _ => parts(left).cmp(&parts(right)),
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn every_key_is_seen_once_and_in_order() {
        let database = Connection::open_in_memory().unwrap();
        let rows = |values| {
            let sql = format!("select column1, column2 from (values {values}) order by 1, 2");
            database.prepare(&sql).unwrap()
        };
        let (mut left, mut right) = (
            rows("(1, 'a'), (2, 'b'), (2, 'c'), (10, '')"),
            rows("(null, 'x'), (2, 'b'), (2, 'd'), (10, '')"),
        );
        let mut seen = Vec::new();
        merge(
            left.query([]).unwrap(),
            right.query([]).unwrap(),
            &[0, 1],
            |side| {
                let (on, row) = match side {
                    Side::Left(row) => ("left", row),
                    Side::Right(row) => ("right", row),
                    Side::Both(row, _) => ("both", row),
                };
                seen.push((on, row.get::<_, String>(1)?));
                Ok::<_, rusqlite::Error>(())
            },
        )
        .unwrap();
        let expected = [
            ("right", "x"),
            ("left", "a"),
            ("both", "b"),
            ("left", "c"),
            ("right", "d"),
            ("both", ""),
        ];
        assert_eq!(seen, expected.map(|(on, key)| (on, key.to_owned())));
    }
}
