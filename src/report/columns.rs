//! Lists in columns, as wide as the page and no wider.
//!
//! The last column takes what room the others leave. Where that is too little, the columns that do not fit beside the others
//! stand on lines of their own under each row.

use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Padding, Style as Borders};

use super::text::{cut, visible, wrap};

/// The blanks between two columns.
const GAP: usize = 2;

/// The least that a column of sentences gets beside the others.
const LEAST: usize = 20;

/// The farthest that what stands under a row is indented.
const DEEPEST: usize = 8;

/// What is done with a last column that is longer than its room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Long {
    /// It goes on in further lines.
    Wrapped,
    /// It ends with an ellipsis.
    Cut,
}

impl Long {
    fn fit(self, text: &str, room: usize) -> Vec<String> {
        match self {
            Self::Wrapped => wrap(text, room),
            Self::Cut if text.is_empty() => Vec::new(),
            Self::Cut => vec![cut(text, room)],
        }
    }
}

/// A list: its head, and as many cells a row. Each cell is one line; any but the last may be coloured.
#[derive(Debug)]
pub(crate) struct List {
    rows: Vec<Vec<String>>,
}

impl List {
    /// A list without rows.
    pub(crate) fn new(head: &[&str]) -> Self {
        let head = head.iter().map(|title| (*title).to_owned()).collect();
        Self { rows: vec![head] }
    }

    /// Appends a row.
    pub(crate) fn push(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The list for a page of so many columns, each line ended by a line break.
    pub(crate) fn lay_out(&self, width: usize, long: Long) -> String {
        let columns = self.rows.first().map_or(0, Vec::len);
        let widths: Vec<usize> = (0..columns).map(|column| self.widest(column)).collect();
        let beside = beside(&widths, width);
        let mut text = String::new();
        if beside == columns {
            let taken: usize = widths.iter().rev().skip(1).map(|wide| wide + GAP).sum();
            let rows = self.rows.iter().map(|row| {
                let mut row = row.clone();
                if let Some(last) = row.last_mut() {
                    *last = long.fit(last, width.saturating_sub(taken)).join("\n");
                }
                row
            });
            grid(rows.collect(), &mut text);
            return text;
        }
        let indent = widths.first().map_or(0, |wide| wide + GAP).min(DEEPEST);
        let first = self.rows.iter().map(|row| row.iter().take(beside).cloned());
        let mut above = String::new();
        grid(first.map(Iterator::collect).collect(), &mut above);
        for (row, line) in self.rows.iter().zip(above.lines()) {
            // Alone on its line, the first column may be longer than the page.
            match beside {
                1 => push(&mut text, 0, &wrap(line, width)),
                _ => push(&mut text, 0, &[line.to_owned()]),
            }
            if let [under @ .., last] = row.get(beside..).unwrap_or_default() {
                let room = width.saturating_sub(indent);
                push(&mut text, indent, &lines_under(under, last, room, long));
            }
        }
        text
    }

    fn widest(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| visible(cell)).max().unwrap_or(0)
    }
}

/// How many of the columns have room beside each other: one at least, whatever it takes.
fn beside(widths: &[usize], width: usize) -> usize {
    let mut taken = 0;
    let mut beside = 0;
    for (column, wide) in widths.iter().enumerate() {
        let is_last = column + 1 == widths.len();
        let least = if is_last { LEAST.min(*wide) } else { *wide };
        if beside > 0 && taken + least > width {
            break;
        }
        taken += wide + GAP;
        beside += 1;
    }
    beside
}

/// What stands under a row: the cells side by side, the last of them in what room they leave.
fn lines_under(cells: &[String], last: &str, room: usize, long: Long) -> Vec<String> {
    let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
    let cells: Vec<&str> = cells.into_iter().filter(|cell| !cell.is_empty()).collect();
    let first = cells.join(&" ".repeat(GAP));
    if first.is_empty() {
        return long.fit(last, room);
    }
    let wide = visible(&first);
    let left = room.saturating_sub(wide + GAP);
    if wide > room || left < LEAST.min(visible(last)) {
        let first = match wide {
            wide if wide > room => wrap(&first, room),
            _ => vec![first],
        };
        return first.into_iter().chain(long.fit(last, room)).collect();
    }
    let mut lines = long.fit(last, left);
    if lines.is_empty() {
        return vec![first];
    }
    let hang = wide + GAP;
    for (at, line) in lines.iter_mut().enumerate() {
        let before = if at == 0 { first.as_str() } else { "" };
        let blanks = " ".repeat(hang - visible(before));
        *line = format!("{before}{blanks}{line}");
    }
    lines
}

/// The cells as a table without borders.
fn grid(rows: Vec<Vec<String>>, text: &mut String) {
    let mut table = Builder::from_iter(rows).build();
    table
        .with(Borders::empty())
        .with(Padding::new(0, GAP, 0, 0))
        .modify(Columns::last(), Padding::zero());
    let table = table.to_string();
    push(text, 0, &table.lines().collect::<Vec<_>>());
}

fn push(text: &mut String, indent: usize, lines: &[impl AsRef<str>]) {
    for line in lines {
        let line = format!("{}{}", " ".repeat(indent), line.as_ref());
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls() -> List {
        let mut list = List::new(&["row", "call", "answer", "asked"]);
        let asked = r#"{"includeShadowTrails":true,"trailNameList":[]}"#;
        for cells in [
            ["1", "sts GetCallerIdentity", "200, 391 bytes", ""],
            ["20", "cloudtrail DescribeTrails", "200, 2897 bytes", asked],
        ] {
            list.push(cells.map(str::to_owned).to_vec());
        }
        list
    }

    #[test]
    fn the_last_column_takes_what_room_is_left() {
        let text = calls().lay_out(72, Long::Cut);
        assert_eq!(
            text,
            "row  call                       answer           asked\n\
             1    sts GetCallerIdentity      200, 391 bytes\n\
             20   cloudtrail DescribeTrails  200, 2897 bytes  {\"includeShadowTrails\"…\n"
        );
        let text = calls().lay_out(76, Long::Wrapped);
        let next = format!("\n{},\"trailNameList\":[]}}\n", " ".repeat(49));
        assert!(text.ends_with(&next), "{text}");
    }

    #[test]
    fn what_does_not_fit_stands_under_its_row() {
        let text = calls().lay_out(46, Long::Cut);
        assert_eq!(
            text,
            "row  call\n     answer  asked\n\
             1    sts GetCallerIdentity\n     200, 391 bytes\n\
             20   cloudtrail DescribeTrails\n     200, 2897 bytes  {\"includeShadowTrails\":…\n"
        );
    }

    #[test]
    fn no_line_is_wider_than_the_page() {
        let mut list = calls();
        let long = "a-word-that-is-longer-than-any-page-".repeat(4);
        list.push(vec![long.clone(), long.clone(), "x".to_owned(), long]);
        for width in 12..200 {
            for long in [Long::Cut, Long::Wrapped] {
                let text = list.lay_out(width, long);
                for line in text.lines() {
                    assert!(line.chars().count() <= width, "{width}: {line}");
                }
            }
        }
    }
}
