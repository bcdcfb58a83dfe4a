//! Fixes: tried on a copy of the facts, and printed.

#[cfg(feature = "collect")]
mod emulator;
mod hostile;
mod sample;
mod terraform;
