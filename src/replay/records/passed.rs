//! What stands between and within the values of a text that a record seldom holds.

/// What a scan came by that a record seldom holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Passed {
    /// Blanks between tokens: what CloudTrail delivers has none.
    pub(super) blanks: bool,
    /// Escapes: a name may be written with them.
    pub(super) escapes: bool,
    /// Escapes of halves of characters, which may lack the other half.
    pub(super) halves: bool,
}

impl Passed {
    pub(super) fn add(&mut self, other: Self) {
        self.blanks |= other.blanks;
        self.escapes |= other.escapes;
        self.halves |= other.halves;
    }
}
