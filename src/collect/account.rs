//! One account: which regions and trails it has, and where to look deeper.
//!
//! The chain of a trail lives in one region, that of its log group (delivery-chain fact 6): every enabled region is
//! asked for its trails and event rules, the home regions of trails for everything else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_account::types::RegionOptStatus;
use aws_smithy_types::timeout::TimeoutConfig;
use serde_json::Value;

use super::Error;
use super::ask::{Account, AccountRegion, Refused};
use super::connect::client;
use super::pages::{ask, ask_pages, for_each};
use super::progress::Event;
use super::region::{self, Found};
use super::regions::region_of_global_endpoints;
use super::topic;
use crate::aws::arn::{self, Arn, log_group_name, partition_of_region};
use crate::snapshot::operations::always_enabled;

/// What an account's pass leaves to ask elsewhere.
#[derive(Debug, Default)]
pub(super) struct Leads {
    /// Topics that alarms and event rules name and that belong to other accounts.
    pub(super) foreign_topics: BTreeSet<String>,
}

/// How long one attempt of the first call may take.
const FIRST_ATTEMPT: Duration = Duration::from_secs(10);

/// Asks who the credentials belong to. The answer goes into the snapshot once the account is known.
pub(super) async fn identify(account: &Arc<Account>) -> Result<String, Refused> {
    let place = account.at(account.home());
    // The first answer of all: whether AWS can be reached is known within seconds.
    let attempt = account
        .config()
        .timeout_config()
        .and_then(TimeoutConfig::operation_attempt_timeout)
        .map_or(FIRST_ATTEMPT, |attempt| attempt.min(FIRST_ATTEMPT));
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(attempt.min(Duration::from_secs(5)))
        .operation_attempt_timeout(attempt)
        .operation_timeout(Duration::from_secs(30));
    let config = place.config().to_builder().timeout_config(timeouts.build());
    let client = client!(aws_sdk_sts, &config.build());
    let (answer, call) = place
        .call("GetCallerIdentity", |capture| {
            client
                .get_caller_identity()
                .customize()
                .interceptor(capture)
                .send()
        })
        .await;
    let id = answer.and_then(|identity| {
        identity
            .account
            .filter(|id| arn::is_account(id))
            .ok_or_else(|| Refused {
                code: "unreadable".to_owned(),
                message: "the answer names no account".to_owned(),
                by_aws: false,
            })
    });
    let id = match (id, call) {
        (Ok(id), call) => {
            if let Some(mut call) = call {
                call.account.clone_from(&id);
                place.record(call).await;
            }
            id
        }
        (Err(refused), call) => {
            // A member of an organization is known before it answers: that it did not is a gap of its own.
            if let Some(call) = call.filter(|_| !account.id.is_empty()) {
                place.record(call).await;
            }
            return Err(refused);
        }
    };
    Ok(id)
}

/// Where an account is searched for trails.
#[derive(Debug, Default)]
pub(super) struct SearchIn {
    /// These regions; every enabled one where empty.
    pub(super) regions: Vec<String>,
    /// Trails of other regions are followed as well, as far as the account lists them.
    pub(super) everywhere: bool,
}

/// Asks everything about one account.
///
/// A region to search that the account does not have is an error: nothing would be found there.
pub(super) async fn collect(account: Arc<Account>, search: Arc<SearchIn>) -> Result<Leads, Error> {
    let global = account.at(region_of_global_endpoints(account.home()));
    let (known, ()) = tokio::join!(known_regions(&global), organization(&global));
    if let Some(region) = search
        .regions
        .iter()
        .find(|region| known.is_whole && !known.all.contains(*region))
        && account.shared.network.is_some()
    {
        return Err(Error::Region {
            account: account.id.clone(),
            region: region.clone(),
        });
    }
    let regions: BTreeSet<String> = if search.regions.is_empty() {
        known.enabled
    } else {
        search.regions.iter().cloned().collect()
    };
    let observer = &account.shared.observer;
    observer.event(&Event::Started {
        account: &account.id,
        regions: regions.len(),
    });

    // One place a region for the whole pass: its pacing and its knowledge of dead endpoints go on.
    let mut places: BTreeMap<String, Arc<AccountRegion>> = regions
        .iter()
        .map(|region| (region.clone(), account.at(region)))
        .collect();
    let described = for_each(places.values().cloned(), |place| async move {
        describe_trails(&place, None).await
    });
    let (described, listed) = tokio::join!(described, list_trails(&places, search.everywhere));
    let mut trails: BTreeMap<String, Trail> = described
        .into_iter()
        .flatten()
        .map(|trail| (trail.arn.clone(), trail))
        .collect();
    // A trail that its home region did not tell: asked for by name, there.
    for (arn, home) in listed {
        if !trails.contains_key(&arn)
            && partition_of_region(&home) == partition_of_region(account.home())
        {
            let place = places
                .entry(home.clone())
                .or_insert_with(|| account.at(&home));
            for trail in describe_trails(place, Some(&arn)).await {
                trails.insert(trail.arn.clone(), trail);
            }
        }
    }

    // The log groups to look into, by region; a region with a trail is looked into even without one.
    let mut deep: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for trail in trails.values() {
        deep.entry(trail.home.clone()).or_default();
        if let Some((owner, region, name)) = trail.log_group.as_deref().and_then(split_log_group)
            && owner == account.id
        {
            deep.entry(region.to_owned())
                .or_default()
                .insert(name.to_owned());
        }
    }
    for region in deep.keys().chain(trails.values().map(|trail| &trail.home)) {
        places
            .entry(region.clone())
            .or_insert_with(|| account.at(region));
    }

    let at = |region: &str| places.get(region).cloned();
    let status = async {
        let of_trails = for_each(
            trails
                .values()
                .filter_map(|trail| Some((trail.arn.clone(), at(&trail.home)?))),
            |(arn, place)| async move { trail_details(&place, &arn).await },
        )
        .await;
        // Where no trail logs, records may come another way.
        if of_trails
            .iter()
            .all(|is_logging| *is_logging == Some(false))
        {
            for_each(places.values().cloned(), |place| async move {
                tokio::join!(list_channels(&place), list_telemetry_rules(&place));
            })
            .await;
        }
    };
    let deep = for_each(
        deep.into_iter()
            .filter_map(|(region, groups)| Some((at(&region)?, groups))),
        |(place, groups)| async move {
            let found = region::collect(Arc::clone(&place), groups).await;
            (place.region.clone(), found)
        },
    );
    let rules = for_each(places.values().cloned(), |place| async move {
        let found = region::event_rules(&place).await;
        place.account.shared.observer.event(&Event::Region {
            account: &place.account.id,
            region: &place.region,
        });
        (place.region.clone(), found)
    });
    let (_, of_alarms, of_rules) = tokio::join!(status, deep, rules);
    let known: BTreeMap<String, Found> = of_alarms.into_iter().collect();
    let mut more: BTreeMap<String, Found> = of_rules.into_iter().collect();
    let mut topics = BTreeSet::new();
    for found in known.values().chain(more.values()) {
        topics.extend(found.topics.iter().cloned());
    }
    for key in trails.values().filter_map(|trail| trail.key.as_deref()) {
        // A key of another account is asked for there.
        if let Some(region) = arn::region(key)
            && arn::account(key) == Some(account.id.as_str())
        {
            let found = more.entry(region.to_owned()).or_default();
            found.keys.insert(key.to_owned());
        }
    }
    for_each(more, |(region, found)| {
        let place = at(&region).unwrap_or_else(|| account.at(&region));
        let known = known.get(&region).cloned().unwrap_or_default();
        async move { named(&place, found, &known).await }
    })
    .await;
    topics.retain(|topic| arn::account(topic) != Some(account.id.as_str()));
    Ok(Leads {
        foreign_topics: topics,
    })
}

/// Topics and keys that no alarm of the region led to.
async fn named(place: &Arc<AccountRegion>, found: Found, known: &Found) {
    let is_asked = |operation: &str, member: &str, name: &str| {
        place.is_asked(operation, |request| {
            request.get(member).and_then(Value::as_str) == Some(name)
        })
    };
    let mut topics = found.topics;
    topics.retain(|topic| {
        !known.topics.contains(topic) && is_asked("GetTopicAttributes", "TopicArn", topic)
    });
    let mut keys = topic::collect(place, topics).await;
    keys.extend(found.keys);
    keys.retain(|key| !known.keys.contains(key) && is_asked("DescribeKey", "KeyId", key));
    topic::keys(place, keys).await;
}

#[derive(Debug)]
struct Trail {
    arn: String,
    home: String,
    log_group: Option<String>,
    key: Option<String>,
}

/// Account id, region and name of a log group ARN.
fn split_log_group(arn: &str) -> Option<(&str, &str, &str)> {
    let parts = Arn::parse(arn)?;
    Some((parts.account, parts.region, log_group_name(arn)))
}

/// What an account says of its regions.
struct Known {
    enabled: BTreeSet<String>,
    /// Disabled ones too.
    all: BTreeSet<String>,
    /// The account listed them to the last.
    is_whole: bool,
}

async fn known_regions(place: &AccountRegion) -> Known {
    let client = client!(aws_sdk_account, place.config());
    let listed = ask_pages!(place, "ListRegions", client.list_regions()).await;
    let regions = || listed.pages.iter().flat_map(|page| page.regions());
    let enabled: BTreeSet<String> = regions()
        .filter(|region| region.region_opt_status() != Some(&RegionOptStatus::Disabled))
        .filter_map(|region| region.region_name().map(str::to_owned))
        .collect();
    let all = regions()
        .filter_map(|region| region.region_name().map(str::to_owned))
        .collect();
    let is_whole = listed.refused.is_none() && !enabled.is_empty();
    let enabled = if is_whole {
        enabled
    } else {
        always_enabled(partition_of_region(place.account.home()))
            .iter()
            .map(|region| (*region).to_owned())
            .chain(enabled)
            .chain([place.account.home().to_owned()])
            .collect()
    };
    Known {
        enabled,
        all,
        is_whole,
    }
}

async fn organization(place: &AccountRegion) {
    let client = client!(aws_sdk_organizations, place.config());
    let _ = ask!(
        place,
        "DescribeOrganization",
        client.describe_organization()
    )
    .await;
}

async fn describe_trails(place: &AccountRegion, arn: Option<&str>) -> Vec<Trail> {
    let client = place.cloudtrail();
    let answer = ask!(
        place,
        "DescribeTrails",
        client
            .describe_trails()
            .set_trail_name_list(arn.map(|arn| vec![arn.to_owned()]))
            .include_shadow_trails(true)
    )
    .await;
    let Ok(answer) = answer else {
        return Vec::new();
    };
    answer
        .trail_list()
        .iter()
        .filter_map(|trail| {
            Some(Trail {
                arn: trail.trail_arn()?.to_owned(),
                home: trail.home_region().unwrap_or(&place.region).to_owned(),
                log_group: trail.cloud_watch_logs_log_group_arn().map(str::to_owned),
                key: trail.kms_key_id().map(str::to_owned),
            })
        })
        .collect()
}

/// ARN and home region of every trail of the account: one question that needs no region.
async fn list_trails(
    places: &BTreeMap<String, Arc<AccountRegion>>,
    follow: bool,
) -> Vec<(String, String)> {
    let home = places
        .values()
        .next()
        .map(|place| place.account.home().to_owned());
    let place = home
        .and_then(|home| places.get(&home))
        .or_else(|| places.values().next());
    let Some(place) = place.filter(|_| follow) else {
        return Vec::new();
    };
    let client = place.cloudtrail();
    let listed = ask_pages!(place, "ListTrails", client.list_trails()).await;
    listed
        .pages
        .iter()
        .flat_map(|page| page.trails())
        .filter_map(|trail| {
            Some((
                trail.trail_arn()?.to_owned(),
                trail.home_region()?.to_owned(),
            ))
        })
        .collect()
}

/// The channels that services have to CloudTrail in a Region.
async fn list_channels(place: &AccountRegion) {
    if place.is_asked("ListChannels", |_| true) {
        let client = place.cloudtrail();
        let _ = ask_pages!(place, "ListChannels", client.list_channels()).await;
    }
}

/// The rules in a Region by which CloudWatch has services log, CloudTrail's events among them.
async fn list_telemetry_rules(place: &AccountRegion) {
    if place.is_asked("ListTelemetryRules", |_| true) {
        let client = place.telemetry();
        let _ = ask_pages!(place, "ListTelemetryRules", client.list_telemetry_rules()).await;
    }
}

/// Status and selectors, asked in the home region by full ARN: an organization's trail is known by nothing less. Gives
/// whether the trail logs, where that is told.
async fn trail_details(place: &AccountRegion, arn: &str) -> Option<bool> {
    let client = place.cloudtrail();
    let status = ask!(place, "GetTrailStatus", client.get_trail_status().name(arn));
    let selectors = ask!(
        place,
        "GetEventSelectors",
        client.get_event_selectors().trail_name(arn)
    );
    let (status, _) = tokio::join!(status, selectors);
    status.ok()?.is_logging()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_group_arns_are_split() {
        let arn = "arn:aws:logs:eu-west-1:111122223333:log-group:CloudTrail/logs:*";
        assert_eq!(
            split_log_group(arn),
            Some(("111122223333", "eu-west-1", "CloudTrail/logs"))
        );
        assert_eq!(split_log_group("nonsense"), None);
    }
}
