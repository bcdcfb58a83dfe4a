//! One target for all ways in: `TRAILPROOF_ENTRY` names the one, so that one build serves all of them.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

#[path = "../entries.rs"]
mod entries;

fn chosen() -> entries::Entry {
    static CHOSEN: OnceLock<entries::Entry> = OnceLock::new();
    *CHOSEN.get_or_init(|| {
        let wanted = std::env::var("TRAILPROOF_ENTRY").unwrap_or_default();
        let found = entries::ENTRIES.iter().find(|(name, _)| *name == wanted);
        found.unwrap_or_else(|| panic!("TRAILPROOF_ENTRY names none of the ways in: {wanted}")).1
    })
}

fuzz_target!(|bytes: &[u8]| chosen()(bytes));
