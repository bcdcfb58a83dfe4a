//! Records that follow each other share whole members to the byte: who made the call, through which client. Such an object is
//! known to be JSON, and to end where it ended before, without being looked into again.

use super::passed::Passed;

/// Members that are told apart by their names; two that share a place only keep each other from being known.
const PLACES: usize = 16;
/// Shorter ones are read as fast as they are compared; longer ones seldom come again.
const LENGTHS: std::ops::RangeInclusive<usize> = 48..=4096;

/// The objects that were the values of members last.
#[derive(Debug, Default)]
pub(super) struct Alike {
    values: [Known; PLACES],
}

#[derive(Debug, Default)]
struct Known {
    text: Vec<u8>,
    passed: Passed,
}

impl Alike {
    /// The length of the object that a text begins with, and what was passed in it, where it is that of the record before. An
    /// object ends with its own brace, so that whatever follows it is no part of it.
    #[inline]
    pub(super) fn find(&self, sign: u64, text: &[u8]) -> Option<(usize, Passed)> {
        let known = self.values.get(place(sign))?;
        let same = !known.text.is_empty() && text.starts_with(&known.text);
        same.then_some((known.text.len(), known.passed))
    }

    /// Keeps an object that was read.
    #[inline]
    pub(super) fn keep(&mut self, sign: u64, text: &[u8], passed: Passed) {
        if LENGTHS.contains(&text.len())
            && let Some(known) = self.values.get_mut(place(sign))
        {
            known.text.clear();
            known.text.extend_from_slice(text);
            known.passed = passed;
        }
    }
}

/// The place of a name's sign.
fn place(sign: u64) -> usize {
    // The highest bits of a product depend on all of the sign.
    (sign.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60) as usize
}
