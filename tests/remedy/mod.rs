//! Fixes: tried on a copy of the facts, and printed.

mod sample;
