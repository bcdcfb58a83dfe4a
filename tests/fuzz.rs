//! The seeds of the fuzzer, and changes of them, through the same ways in: a few seconds with the stock toolchain.

use std::fs;

use crate::entries::ENTRIES;
use crate::support::{project, thoroughness};

/// A generator without a crate, so that the cases are the same for good.
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 16) as usize
}

/// A few bytes changed, a piece cut out or doubled.
fn changed(seed: &[u8], state: &mut u64) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=next(state) % 4 {
        let at = next(state) % (bytes.len() + 1);
        let end = (at + next(state) % 8).min(bytes.len());
        match next(state) % 4 {
            0 => drop(bytes.splice(at..end, [])),
            1 => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
            2 => bytes.insert(at, [b'"', b'(', b'{', b'*', 0, 0xff][next(state) % 6]),
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << (next(state) % 8);
                }
            }
        }
    }
    bytes
}

#[test]
fn seeds_and_changes_of_them_break_no_law() {
    let mut state = 0x5eed_u64;
    let mut run = 0;
    for (name, entry) in ENTRIES {
        let folder = project(&format!("fuzz/seeds/{name}"));
        let mut seeds: Vec<_> = fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|seed| seed.unwrap().path())
            .collect();
        seeds.sort();
        // A snapshot takes longer than all else.
        let changes = if name == "snapshot" { 10 } else { 60 } * thoroughness();
        for seed in seeds {
            let bytes = fs::read(seed).unwrap();
            entry(&bytes);
            for _ in 0..changes {
                entry(&changed(&bytes, &mut state));
                run += 1;
            }
        }
    }
    assert!(run > 2_000);
}

#[test]
fn every_folder_of_seeds_has_its_way_in() {
    for folder in fs::read_dir(project("fuzz/seeds")).unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        assert!(ENTRIES.iter().any(|(entry, _)| *entry == name), "{name}");
    }
}
