//! Looks through what was written for what should not be there: words that are neither AWS's own nor of a mask, account
//! ids, and texts that were replaced elsewhere.
//!
//! It knows nothing of how a text was masked, so that a way around the masks shows here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::mask::Mask;
use super::vocabulary::{digits, is_own_run, letters};
use crate::aws::arn;
use crate::snapshot::{Error, Snapshot, decode};

/// The length from which a text is looked for: shorter ones occur by chance.
const TELLING: usize = 6;
/// The length from which a run of letters is a word.
const WORD: usize = 4;

/// What remains in the snapshot at `path` that `mask` should have replaced.
pub(super) fn remaining(path: &Path, mask: &Mask) -> Result<BTreeSet<String>, Error> {
    let originals = mask.originals();
    let mut search = Scan {
        mask,
        by_start: BTreeMap::new(),
        found: BTreeSet::new(),
    };
    for original in &originals {
        // By how they begin, so that each place of a text is looked at once.
        if let Some(start) = original.as_bytes().get(..TELLING)
            && !letters(original).all(is_own_run)
        {
            search.by_start.entry(start).or_default().push(original);
        }
    }
    let snapshot = Snapshot::open_unverified(path)?;
    search.text(&snapshot.meta().producer);
    snapshot.for_each_evidence(|evidence| {
        let call = evidence.call;
        match decode::response(&call) {
            Ok(response) => search.value(&response),
            Err(_) => search.text(&String::from_utf8_lossy(&call.body)),
        }
        search.value(&call.request);
        for text in [&call.account, &call.region, &call.service, &call.operation] {
            search.text(text);
        }
        search.text(&call.request_id.unwrap_or_default());
        let (code, message) = call.error.unwrap_or_default();
        search.text(&code);
        search.text(&message);
        Ok(())
    })?;
    Ok(search.found)
}

struct Scan<'m> {
    mask: &'m Mask,
    by_start: BTreeMap<&'m [u8], Vec<&'m String>>,
    found: BTreeSet<String>,
}

impl Scan<'_> {
    fn value(&mut self, value: &Value) {
        match value {
            Value::String(text) => match serde_json::from_str(text) {
                // A document in a string.
                Ok(inner @ (Value::Object(_) | Value::Array(_))) => self.value(&inner),
                _ => self.text(text),
            },
            Value::Number(number) => self.text(&number.to_string()),
            Value::Array(items) => items.iter().for_each(|item| self.value(item)),
            Value::Object(members) => {
                for (name, member) in members {
                    self.text(name);
                    self.value(member);
                }
            }
            Value::Bool(_) | Value::Null => {}
        }
    }

    fn text(&mut self, text: &str) {
        let words = letters(text)
            .filter(|run| run.chars().count() >= WORD && !is_own_run(run))
            .filter(|run| !is_own_run(&run.to_ascii_lowercase()));
        let accounts = digits(text).filter(|run| arn::is_account(run));
        let unmasked = words
            .chain(accounts)
            .filter(|run| !self.mask.is_masked_run(run));
        self.found.extend(unmasked.map(str::to_owned));
        let bytes = text.as_bytes();
        for (offset, window) in bytes.windows(TELLING).enumerate() {
            let candidates = self.by_start.get(window).into_iter().flatten();
            let here = bytes.get(offset..).unwrap_or_default();
            self.found.extend(
                candidates
                    .filter(|original| here.starts_with(original.as_bytes()))
                    .map(|original| (*original).clone()),
            );
        }
    }
}
