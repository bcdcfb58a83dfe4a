//! Where a part of a file begins and ends: between two values, within known arrays.

/// A part of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    pub(super) begin: Edge,
    /// Where the next part begins; none in the last one.
    pub(super) end: Option<Edge>,
}

impl Part {
    /// Whether the file has a part after it.
    pub fn has_next(&self) -> bool {
        self.end.is_some()
    }
}

/// Where a part begins: between two values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Edge {
    /// The byte.
    pub(super) at: u64,
    /// What it is within.
    pub(super) frames: Vec<Frame>,
}

/// What the text is within.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    /// An array, before its first element or after another.
    Array { first: bool },
    /// An object, after an array in it that was looked into.
    Rest,
}
