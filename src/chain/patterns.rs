//! The filter patterns of accounts, each read once: the accounts of an organization have the same few.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use crate::pattern::{self, Pattern};

/// A pattern, or the first line of why its text is none.
pub(super) type Understood = Result<Arc<Pattern>, Arc<str>>;

/// The patterns read so far.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    known: RefCell<HashMap<String, Understood>>,
}

/// More than one account has; what they need is bounded.
const KEPT: usize = 20_000;

impl Patterns {
    /// Reads the text of a pattern.
    pub(super) fn read(&self, text: &str) -> Understood {
        if let Some(known) = self.known.borrow().get(text) {
            return known.clone();
        }
        let read = pattern::parse(text).map(Arc::new).map_err(|error| {
            let error = error.to_string();
            error.lines().next().unwrap_or_default().into()
        });
        let mut known = self.known.borrow_mut();
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(text.to_owned(), read.clone());
        read
    }
}
