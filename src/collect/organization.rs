//! Every account of an organization: listed once, each reached through a role, a bounded number at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_organizations::types::AccountState;
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
use tokio::sync::Semaphore;

use super::account::{self, Leads, SearchIn};
use super::ask::{Account, AccountRegion, Refused};
use super::connect::client;
use super::pages::{ask_pages, for_each};
use super::progress::Event;
use super::regions::region_of_global_endpoints;
use super::seam::Answers;
use super::{Error, Organization, topic};
use crate::aws::arn::{self, partition_of_region};

/// What CloudTrail shows as the name of our sessions.
const SESSION: &str = "trailproof";

/// Asks every active account. An account that cannot be reached is recorded as such; the others go on.
pub(super) async fn collect(
    caller: Arc<Account>,
    organization: &Organization,
    search: Arc<SearchIn>,
) -> Result<(), Error> {
    let members = list_accounts(&caller).await?;
    caller
        .shared
        .observer
        .event(&Event::Accounts(members.len()));
    let slots = Arc::new(Semaphore::new(organization.concurrency.max(1)));
    let home = caller.at(caller.home());
    let passes = for_each(members, |member| {
        let (caller, home, slots, search) = (
            Arc::clone(&caller),
            Arc::clone(&home),
            Arc::clone(&slots),
            Arc::clone(&search),
        );
        let organization = organization.clone();
        async move {
            let _slot = slots.acquire().await;
            let account = if member == caller.id {
                Some(Arc::clone(&caller))
            } else {
                assume(&home, &member, &organization).await
            };
            let pass = match account {
                Some(account) => account::collect(Arc::clone(&account), search)
                    .await
                    .map(|leads| Some((account, leads))),
                None => Ok(None),
            };
            caller
                .shared
                .observer
                .event(&Event::Finished { account: &member });
            pass
        }
    })
    .await;
    let passes: Vec<_> = passes.into_iter().collect::<Result<_, _>>()?;
    ask_owners(passes.into_iter().flatten()).await;
    Ok(())
}

/// Asks the owners about topics that alarms of other accounts name: subscriptions are told to the owner alone.
async fn ask_owners(passes: impl Iterator<Item = (Arc<Account>, Leads)>) {
    let mut accounts = BTreeMap::new();
    let mut topics: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for (account, leads) in passes {
        accounts.insert(account.id.clone(), account);
        for arn in leads.foreign_topics {
            if let (Some(owner), Some(region)) = (arn::account(&arn), arn::region(&arn)) {
                let key = (owner.to_owned(), region.to_owned());
                topics.entry(key).or_default().insert(arn);
            }
        }
    }
    let known = topics.into_iter().filter_map(|((owner, region), topics)| {
        let place = accounts.get(&owner)?.at(&region);
        Some((place, topics))
    });
    for_each(known.collect::<Vec<_>>(), |(place, topics)| async move {
        let keys = topic::collect(&place, topics).await;
        topic::keys(&place, keys).await;
    })
    .await;
}

async fn list_accounts(caller: &Arc<Account>) -> Result<Vec<String>, Error> {
    let place = caller.at(region_of_global_endpoints(caller.home()));
    let client = client!(aws_sdk_organizations, place.config());
    let listed = ask_pages!(place, "ListAccounts", client.list_accounts()).await;
    if let Some(Refused { code, message, .. }) = listed.refused {
        return Err(Error::Organization { code, message });
    }
    Ok(listed
        .pages
        .iter()
        .flat_map(|page| page.accounts())
        .filter(|account| match account.state() {
            Some(state) => *state == AccountState::Active,
            // Answers of before September 2026 have a status in place of a state.
            None => is_active_by_status(account),
        })
        .filter_map(|account| account.id().map(str::to_owned))
        .collect())
}

#[allow(
    deprecated,
    reason = "older servers answer with the retired member alone"
)]
fn is_active_by_status(account: &aws_sdk_organizations::types::Account) -> bool {
    account
        .status()
        .is_none_or(|status| status.as_str() == "ACTIVE")
}

/// The member account with the credentials of the role; None where it cannot be assumed, which is recorded.
async fn assume(
    home: &Arc<AccountRegion>,
    member: &str,
    organization: &Organization,
) -> Option<Arc<Account>> {
    let partition = partition_of_region(&home.region);
    let role = Role {
        sts: client!(aws_sdk_sts, home.config()),
        arn: arn::iam(
            partition,
            member,
            &format!("role/{}", organization.role_name),
        ),
        external_id: organization.external_id.clone(),
        first: Mutex::default(),
    };
    let (answer, call) = home
        .call("AssumeRole", |capture| {
            role.request().customize().interceptor(capture).send()
        })
        .await;
    let credentials = answer.ok().and_then(|answer| credentials(&answer));
    let Some(credentials) = credentials else {
        // An answer with credentials never gets here, and no body of one into the snapshot.
        if let Some(mut call) = call {
            member.clone_into(&mut call.account);
            let why = || ("unreadable".to_owned(), "no credentials".to_owned());
            call.error.get_or_insert_with(why);
            home.record(call).await;
        }
        return None;
    };
    *role.first.lock().unwrap_or_else(PoisonError::into_inner) = Some(credentials);
    let config = home
        .account
        .config()
        .to_builder()
        .credentials_provider(SharedCredentialsProvider::new(role))
        .identity_cache(aws_config::identity::IdentityCache::lazy().build())
        .build();
    let account = Account::new(member, &home.account.shared, config);
    // Says under which name the account was asked, and that the role is of the account that was meant.
    match account::identify(&account).await {
        Ok(id) if id == member => Some(account),
        _ => None,
    }
}

/// Credentials of a role, assumed again when they expire.
struct Role {
    sts: aws_sdk_sts::Client,
    arn: String,
    external_id: Option<String>,
    first: Mutex<Option<Credentials>>,
}

impl Role {
    fn request(&self) -> aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder {
        self.sts
            .assume_role()
            .role_arn(&self.arn)
            .role_session_name(SESSION)
            .set_external_id(self.external_id.clone())
    }
}

impl fmt::Debug for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Role({})", self.arn)
    }
}

impl ProvideCredentials for Role {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move {
            let first = self
                .first
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            if let Some(first) = first {
                return Ok(first);
            }
            let answer = self
                .request()
                .send()
                .await
                // The code alone: what is said of an answer that cannot be read could repeat it.
                .map_err(|error| {
                    let code = error.meta().code().unwrap_or("no answer");
                    CredentialsError::provider_error(format!("AssumeRole: {code}"))
                })?;
            credentials(&answer)
                .ok_or_else(|| CredentialsError::unhandled("the answer has no credentials"))
        })
    }
}

fn credentials(
    answer: &aws_sdk_sts::operation::assume_role::AssumeRoleOutput,
) -> Option<Credentials> {
    // A member that is missing in the answer is empty here.
    let credentials = answer.credentials().filter(|credentials| {
        !credentials.access_key_id().is_empty() && !credentials.secret_access_key().is_empty()
    })?;
    Some(Credentials::new(
        credentials.access_key_id(),
        credentials.secret_access_key(),
        Some(credentials.session_token().to_owned()),
        SystemTime::try_from(*credentials.expiration()).ok(),
        SESSION,
    ))
}

/// Asks a snapshot what was asked when it was made: its accounts, each in the regions of its own collection.
pub(super) async fn replay(accounts: Vec<Arc<Account>>, answers: &Answers) -> Result<(), Error> {
    let refused = answers.of("sts", "AssumeRole");
    if let Some(first) = accounts.first() {
        first
            .shared
            .observer
            .event(&Event::Accounts(accounts.len()));
        let place = first.at(first.home());
        for call in refused {
            place.record((*call).clone()).await;
        }
    }
    let lists = answers.of("organizations", "ListAccounts");
    let described = answers.of("cloudtrail", "DescribeTrails");
    let listed_trails = answers.of("cloudtrail", "ListTrails");
    let mut passes = Vec::new();
    for account in accounts {
        if account::identify(&account).await.is_err() {
            continue;
        }
        if lists.iter().any(|call| call.account == account.id) {
            // What it says is in the snapshot; which accounts were asked is known already.
            let _ = list_accounts(&account).await;
        }
        // Asked by name: a trail that was followed to a region which was not searched.
        let regions: BTreeSet<String> = described
            .iter()
            .filter(|call| {
                call.account == account.id && call.request.get("trailNameList").is_none()
            })
            .map(|call| call.region.clone())
            .collect();
        let search = SearchIn {
            regions: regions.into_iter().collect(),
            everywhere: listed_trails.iter().any(|call| call.account == account.id),
        };
        let leads = account::collect(Arc::clone(&account), Arc::new(search)).await?;
        account.shared.observer.event(&Event::Finished {
            account: &account.id,
        });
        passes.push((account, leads));
    }
    ask_owners(passes.into_iter()).await;
    Ok(())
}
