//! How fast AWS may be asked: calls a second for each operation, in each account and region.
//!
//! The quotas stand in the table of operations; AWS keeps one bucket for each account, region and API, so that
//! calls of different accounts, regions and APIs need not wait for each other.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::snapshot::operations::OPERATIONS;

/// Calls a second that AWS allows.
fn calls_a_second(operation: &str) -> u32 {
    OPERATIONS
        .iter()
        .find(|known| known.name == operation)
        .map_or(10, |known| known.calls_a_second)
}

/// The buckets of one account and region.
#[derive(Debug, Default)]
pub(super) struct Limits(Mutex<BTreeMap<&'static str, Instant>>);

impl Limits {
    /// Waits until the operation may be called. A second's worth of calls may go at once.
    pub(super) async fn wait(&self, operation: &'static str) {
        let now = Instant::now();
        let interval = Duration::from_secs(1) / calls_a_second(operation);
        let start = {
            let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let due = buckets.entry(operation).or_insert(now);
            // `due` is when an empty bucket would be full again: never in the past.
            *due = (*due).max(now) + interval;
            *due - interval
        };
        let burst = Duration::from_secs(1) - interval;
        if let Some(at) = start.checked_sub(burst).filter(|at| *at > now) {
            tokio::time::sleep_until(at).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_goes_at_once_and_the_rest_at_the_quota() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(async {
            let limits = Limits::default();
            let start = Instant::now();
            for _ in 0..5 {
                limits.wait("DescribeMetricFilters").await;
            }
            assert!(start.elapsed() < Duration::from_millis(100));
            limits.wait("DescribeAlarms").await;
            assert!(
                start.elapsed() < Duration::from_millis(100),
                "another API has a bucket of its own"
            );
            limits.wait("DescribeMetricFilters").await;
            limits.wait("DescribeMetricFilters").await;
            assert!(
                start.elapsed() >= Duration::from_millis(390),
                "{:?}",
                start.elapsed()
            );
        });
    }
}
