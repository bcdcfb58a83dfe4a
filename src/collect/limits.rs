//! How fast AWS may be asked: calls a second for each operation, in each account and region.
//!
//! The quotas are those of delivery-chain facts 1.1; AWS keeps one bucket for each account, region and API, so that
//! calls of different accounts, regions and APIs need not wait for each other.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Calls a second that AWS allows; conservative where it says nothing.
fn calls_a_second(operation: &str) -> u32 {
    match operation {
        // Not adjustable.
        "DescribeMetricFilters" | "DescribeSubscriptionFilters" => 5,
        // The organization has one bucket for all its callers.
        "ListAccounts" | "DescribeOrganization" => 5,
        "DescribeAlarms" => 9,
        "ListRules" | "ListTargetsByRule" | "ListEventBuses" | "DescribeEventBus" => 25,
        "DescribeAlarmHistory" | "GetAlarmMuteRule" => 20,
        "GetTopicAttributes" | "ListSubscriptionsByTopic" | "GetSubscriptionAttributes" => 30,
        "AssumeRole" | "GetCallerIdentity" => 100,
        _ => 10,
    }
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
