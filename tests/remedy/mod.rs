//! Fixes: tried on a copy of the facts, and printed.

#[cfg(feature = "collect")]
mod emulator;
mod sample;
