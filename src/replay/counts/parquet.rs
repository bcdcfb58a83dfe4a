//! The rows of a Parquet file with columns that hold no others, each value as a CSV has it.

use std::fs::File;

use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use parquet::record::reader::RowIter;

use super::CountsError;

/// The rows, one at a time.
pub(super) struct Rows {
    names: Vec<String>,
    rows: RowIter<'static>,
}

impl Rows {
    pub(super) fn new(file: File) -> Result<Self, CountsError> {
        let reader = SerializedFileReader::new(file).map_err(unread)?;
        let groups = reader.metadata().row_groups().iter();
        let packed = groups
            .flat_map(|group| group.columns())
            .map(|column| column.compression())
            .find(|it| !matches!(it, Compression::UNCOMPRESSED | Compression::SNAPPY));
        if let Some(packed) = packed {
            let packer = packed.to_string();
            let packer = packer.split('(').next().unwrap_or_default();
            return Err(CountsError::PackedParquet(packer.to_lowercase()));
        }
        let schema = reader.metadata().file_metadata().schema();
        let names = schema.get_fields().iter().map(|it| it.name().to_owned());
        Ok(Self {
            names: names.collect(),
            rows: RowIter::from_file_into(Box::new(reader)),
        })
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn next(&mut self) -> Result<Option<Vec<String>>, CountsError> {
        let Some(row) = self.rows.next() else {
            return Ok(None);
        };
        let row = row.map_err(unread)?;
        let fields = row.get_column_iter().map(|(_, field)| text(field));
        Ok(Some(fields.collect()))
    }
}

fn unread(error: ParquetError) -> CountsError {
    CountsError::Parquet(error.to_string())
}

/// A value as a CSV has it: nothing for null.
fn text(field: &Field) -> String {
    match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Bytes(bytes) => String::from_utf8_lossy(bytes.data()).into_owned(),
        // DuckDB writes a sum so: Parquet has no integers as large as its own.
        Field::Double(number) if number.fract() == 0.0 => format!("{number:.0}"),
        other => other.to_string(),
    }
}
