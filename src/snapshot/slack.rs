//! The bytes of the file that belong to no row: kept zero, so that a change of any byte can be found.
//!
//! SQLite leaves free space inside its pages, and whatever lay there before. A sealed snapshot has none of it: the
//! writer clears these bytes, and verifying looks whether they are still clear.

use std::fs::OpenOptions;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::error::{Error, Result};
use super::file::{ReadSeek, SnapshotFile};
use super::schema;

/// Header bytes with one right value in every sealed snapshot: offset and bytes, by the SQLite file format.
const FIXED: &[(usize, &[u8])] = &[
    (0, b"SQLite format 3\0"),
    // Pages of 4096 bytes.
    (16, &[0x10, 0]),
    // Written and read with a rollback journal; no reserved space; payload fractions.
    (18, &[1, 1, 0, 64, 32, 32]),
    // The change counter counts from here on.
    (24, &[0, 0, 0, 1]),
    // No free pages; the schema cookie counts from here on.
    (32, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
    // Schema format 4, default cache size, no vacuum mode, UTF-8.
    (44, &[0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
    (64, &[0; 4]),
    // Reserved for expansion.
    (72, &[0; 20]),
    // The change counter for which the page count is valid, and the version of SQLite, which matters to nobody.
    (92, &[0, 0, 0, 1, 0, 0, 0, 0]),
];

/// Bytes of one page that belong to no row.
#[derive(Debug)]
struct Unused {
    page: i64,
    /// Offsets in the file.
    ranges: Vec<Range<usize>>,
}

/// Clears what is unused, and gives the header its fixed values. The database must be closed.
pub(super) fn clear(path: &Path) -> Result<()> {
    let io = |error| Error::io("write", path)(error);
    // Absolute, so that SQLite reads no name as something else.
    let name = std::path::absolute(path).map_err(io)?;
    let connection = Connection::open_with_flags(name, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .map_err(io)?;
    for unused in unused(&connection, &mut file, path)? {
        for range in unused.ranges {
            file.seek(SeekFrom::Start(range.start as u64)).map_err(io)?;
            file.write_all(&vec![0; range.len()]).map_err(io)?;
        }
    }
    for (offset, bytes) in FIXED {
        file.seek(SeekFrom::Start(*offset as u64)).map_err(io)?;
        file.write_all(bytes).map_err(io)?;
    }
    Ok(())
}

/// What is not as [`clear`] left it.
pub(super) fn faults(connection: &Connection, file: &SnapshotFile) -> Result<Vec<String>> {
    let path = file.path();
    let io = |error| Error::io("read", path)(error);
    let mut file = file.reader().map_err(io)?;
    let mut header = [0; 100];
    file.read_exact(&mut header).map_err(io)?;
    let mut faults = Vec::new();
    for (offset, bytes) in FIXED {
        if header.get(*offset..*offset + bytes.len()) != Some(bytes) {
            faults.push(format!("the file header is changed at offset {offset}"));
        }
    }
    let page_size: u64 = connection
        .query_row("pragma page_size", [], |row| row.get::<_, i64>(0))?
        .unsigned_abs();
    let pages: u64 = connection
        .query_row("pragma page_count", [], |row| row.get::<_, i64>(0))?
        .unsigned_abs();
    let size = file.seek(SeekFrom::End(0)).map_err(io)?;
    if size != page_size * pages {
        faults.push("bytes follow the last page".to_owned());
    }
    let counted = header.get(28..32).and_then(|bytes| bytes.try_into().ok());
    if counted.map(u32::from_be_bytes).map(u64::from) != Some(pages) {
        faults.push("the file header counts other pages than there are".to_owned());
    }
    if !schema::is_numbered(connection)? {
        faults.push("the rows of the schema are not numbered from 1 on".to_owned());
    }
    for unused in unused(connection, &mut file, path)? {
        let mut is_clear = true;
        for range in unused.ranges {
            let mut bytes = vec![0; range.len()];
            file.seek(SeekFrom::Start(range.start as u64)).map_err(io)?;
            file.read_exact(&mut bytes).map_err(io)?;
            is_clear &= bytes.iter().all(|byte| *byte == 0);
        }
        if !is_clear {
            faults.push(format!(
                "page {} holds bytes that belong to no row",
                unused.page
            ));
        }
    }
    Ok(faults)
}

fn unused(connection: &Connection, file: &mut dyn ReadSeek, path: &Path) -> Result<Vec<Unused>> {
    let sql = "select pageno, pagetype, payload, pgoffset, pgsize from dbstat order by pageno";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    let mut page = Vec::new();
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        let kind: String = row.get(1)?;
        let number_at = |column: usize| -> rusqlite::Result<usize> {
            Ok(usize::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
        };
        let (payload, offset, size) = (number_at(2)?, number_at(3)?, number_at(4)?);
        page.resize(size, 0);
        file.seek(SeekFrom::Start(offset as u64))
            .and_then(|_| file.read_exact(&mut page))
            .map_err(Error::io("read", path))?;
        let inside = if kind == "overflow" {
            // The number of the next page, then payload.
            Some(payload + 4..size).into_iter().collect()
        } else {
            let header = if number == 1 { 100 } else { 0 };
            free_space(&page, header).unwrap_or_default()
        };
        let ranges: Vec<_> = inside
            .into_iter()
            .filter(|range| range.start < range.end && range.end <= size)
            .map(|range| range.start + offset..range.end + offset)
            .collect();
        if !ranges.is_empty() {
            all.push(Unused {
                page: number,
                ranges,
            });
        }
    }
    Ok(all)
}

/// The gap between cell pointers and cells, and the free blocks, of a b-tree page.
fn free_space(page: &[u8], header: usize) -> Option<Vec<Range<usize>>> {
    let word = |offset: usize| -> Option<usize> {
        let bytes: [u8; 2] = page.get(offset..offset + 2)?.try_into().ok()?;
        Some(usize::from(u16::from_be_bytes(bytes)))
    };
    // Interior pages have a right-most child after the header that leaves have too.
    let length = match page.get(header)? {
        2 | 5 => 12,
        _ => 8,
    };
    let pointers = header + length + 2 * word(header + 3)?;
    let cells = match word(header + 5)? {
        0 => 65_536,
        cells => cells,
    };
    let mut ranges: Vec<_> = Some(pointers..cells).into_iter().collect();
    let mut block = word(header + 1)?;
    // Free blocks are chained in ascending order.
    while block != 0 {
        let (next, size) = (word(block)?, word(block + 2)?);
        ranges.push(block + 4..block + size);
        if next <= block && next != 0 {
            return None;
        }
        block = next;
    }
    Some(ranges)
}
