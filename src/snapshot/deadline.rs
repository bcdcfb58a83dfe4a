//! Until when a statement may run, for the handler that SQLite asks while it runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;

/// How many steps of SQLite's machine pass between two looks at the clock.
const STEPS: i32 = 10_000;

/// No deadline.
const NEVER: u64 = u64::MAX;

/// The deadline of a connection.
#[derive(Debug)]
pub(super) struct Deadline {
    started: Instant,
    /// Milliseconds since the start.
    at: Arc<AtomicU64>,
}

impl Deadline {
    /// Has the connection end what runs past the deadline. There is none at first.
    pub(super) fn of(connection: &mut Connection) -> rusqlite::Result<Self> {
        let deadline = Self {
            started: Instant::now(),
            at: Arc::new(AtomicU64::new(NEVER)),
        };
        let (started, at) = (deadline.started, Arc::clone(&deadline.at));
        let is_past = move || {
            let at = at.load(Ordering::Relaxed);
            at != NEVER && started.elapsed() > Duration::from_millis(at)
        };
        connection.progress_handler(STEPS, Some(is_past))?;
        Ok(deadline)
    }

    /// So long from now, or never.
    pub(super) fn set(&self, time: Option<Duration>) {
        let at = time.map(|time| self.started.elapsed().saturating_add(time));
        let millis = at.map_or(NEVER, |at| u64::try_from(at.as_millis()).unwrap_or(NEVER));
        self.at.store(millis, Ordering::Relaxed);
    }
}
