//! AWS -> evidence: asks one or many accounts what a verdict needs, and records each answer verbatim.
//!
//! The only asynchronous code and the only network code. It judges nothing: a call that fails is recorded as it
//! failed, and the collection goes on. Facts are derived elsewhere, from what is recorded here.

mod account;
mod ask;
mod capture;
mod connect;
mod error;
mod limits;
mod organization;
mod pages;
mod progress;
mod region;
mod regions;
mod seam;
mod topic;
mod wire;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_config::Region;
use tokio::sync::{mpsc, watch};

use crate::snapshot::{self, Call, Snapshot, Writer};
use account::{Leads, SearchIn};
use ask::{Account, Shared};
use seam::Answers;

pub use error::Error;
pub use progress::{Event, Observer};

/// Answers that wait to be written.
const QUEUE: usize = 32;

/// What to collect, and from where.
#[derive(Debug, Clone)]
pub struct Config {
    /// Profile of the AWS configuration files; the environment's where absent.
    pub profile: Option<String>,
    /// Regions to search for trails; all enabled ones where empty.
    pub regions: Vec<String>,
    /// Endpoint of all services, in place of AWS's own.
    pub endpoint_url: Option<String>,
    /// How long one attempt of a call may take.
    pub timeout: Duration,
    /// Every account of the organization, not the caller's alone.
    pub organization: Option<Organization>,
    /// A snapshot to ask in place of AWS.
    pub replay: Option<PathBuf>,
    /// A partial snapshot whose answers need not be asked for again.
    pub resume: Option<PathBuf>,
}

/// How to reach the accounts of an organization.
#[derive(Debug, Clone)]
pub struct Organization {
    /// The role to assume in each account.
    pub role_name: String,
    /// External id that the role's trust policy asks for.
    pub external_id: Option<String>,
    /// Accounts that are asked at the same time.
    pub concurrency: usize,
}

/// How a collection ended.
#[derive(Debug)]
pub struct Collected {
    /// Holds what was recorded; finish or abandon it.
    pub writer: Writer,
    /// Set where it was stopped: what is recorded is not everything.
    pub stopped: Option<Stop>,
}

/// Why a collection ended before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The user wanted it.
    Asked,
    /// The session of the credentials has ended; what AWS said.
    Session {
        /// AWS error code, or one of ours in lower case.
        code: String,
        /// What was said with it.
        message: String,
    },
}

/// Collects into `writer`, which is made once AWS has accepted the credentials, so that a collection that cannot
/// start leaves no file behind.
pub fn run(
    config: &Config,
    observer: Arc<dyn Observer>,
    writer: impl FnOnce() -> snapshot::Result<Writer>,
) -> Result<Collected, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (sender, mut receiver) = mpsc::channel::<Call>(QUEUE);
    let outcome = runtime.block_on(async {
        let (shared, accounts) = prepare(config, observer, sender).await?;
        let mut writer = writer()?;
        // Writing waits for the disk: on a thread of its own, so that AWS is asked meanwhile.
        let recorder = std::thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || -> snapshot::Result<Writer> {
                while let Some(call) = receiver.blocking_recv() {
                    writer.record(&call)?;
                    // On disk whenever there is a moment: answers gather while the disk works.
                    if receiver.is_empty() {
                        writer.flush()?;
                    }
                }
                Ok(writer)
            })?;
        let stopped = shared.recorder.clone();
        let mut session = shared.ended.subscribe();
        let work = collect(config.clone(), shared, accounts);
        let outcome = tokio::select! {
            biased;
            Ok(refused) = session.wait_for(Option::is_some) => Ok(refused.clone().map(|refused| Stop::Session {
                code: refused.code,
                message: refused.message,
            })),
            done = work => done.map(|()| None),
            // The recorder failed: its error is told below.
            () = stopped.closed() => Ok(Some(Stop::Asked)),
            () = asked_to_stop() => Ok(Some(Stop::Asked)),
        };
        Ok::<_, Error>((recorder, outcome))
    });
    // Ends the tasks that are still running, and with them the queue.
    runtime.shutdown_background();
    let (recorder, outcome) = outcome?;
    let writer = recorder
        .join()
        .map_err(|_| Error::Bug("the recorder panicked".to_owned()))??;
    let stopped = match outcome {
        Ok(stopped) => stopped,
        Err(error) => {
            if config.resume.is_none() {
                writer.discard()?;
            }
            return Err(error);
        }
    };
    Ok(Collected { writer, stopped })
}

/// Connects, and finds the accounts to begin with.
async fn prepare(
    config: &Config,
    observer: Arc<dyn Observer>,
    recorder: mpsc::Sender<Call>,
) -> Result<(Arc<Shared>, Vec<Arc<Account>>), Error> {
    if let Some(path) = &config.replay {
        let source = Snapshot::open(path)?;
        let answers = Arc::new(Answers::read(&source, true)?);
        let refuse = |why| Error::Replay {
            path: path.display().to_string(),
            why,
        };
        if answers.imported() {
            return Err(refuse(
                "it was imported, and holds no responses as AWS sent them",
            ));
        }
        let shared = Arc::new(Shared {
            caller: None,
            ended: watch::Sender::new(None),
            recorder,
            observer,
            answers: Some(Arc::clone(&answers)),
            network: None,
        });
        let aws = connect::to_recording();
        let identities = answers.of("sts", "GetCallerIdentity");
        let accounts: Vec<Arc<Account>> = identities
            .iter()
            .filter(|call| call.error.is_none())
            .map(|call| {
                let region = Region::new(call.region.clone());
                let config = aws.to_builder().region(region).build();
                Account::new(&call.account, &shared, config)
            })
            .collect();
        if accounts.is_empty() {
            return Err(refuse("it does not say which account was asked"));
        }
        return Ok((shared, accounts));
    }
    let answers = match &config.resume {
        Some(path) => {
            let recorded = Snapshot::open_interrupted(path)?;
            Some(Arc::new(Answers::read(&recorded, false)?))
        }
        None => None,
    };
    let (aws, network) = connect::to_aws(config).await?;
    let shared = Arc::new(Shared {
        caller: Some(aws.clone()),
        ended: watch::Sender::new(None),
        recorder,
        observer,
        answers,
        network: Some(network),
    });
    let region = aws.region().map(ToString::to_string);
    let unknown = Account::new("", &shared, aws.clone());
    let id = account::identify(&unknown)
        .await
        .map_err(|refused| match refused.code.as_str() {
            "connection" | "timeout" => Error::Unreachable {
                place: place(config, region.as_deref()),
                message: refused.message,
            },
            _ => Error::Identity {
                code: refused.code,
                message: refused.message,
            },
        })?;
    if let Some(answers) = &shared.answers {
        let before = answers.of("sts", "GetCallerIdentity");
        if !before.is_empty() && before.iter().all(|call| call.account != id) {
            let before: Vec<&str> = before.iter().map(|call| call.account.as_str()).collect();
            return Err(Error::OtherAccount {
                before: before.join(", "),
                now: id,
            });
        }
    }
    let account = Account::new(&id, &shared, aws);
    Ok((shared, vec![account]))
}

/// Where the first call went.
fn place(config: &Config, region: Option<&str>) -> String {
    match &config.endpoint_url {
        Some(url) => format!("`{url}`"),
        None => format!(
            "the endpoint of sts in Region `{}`",
            region.unwrap_or_default()
        ),
    }
}

async fn collect(
    config: Config,
    shared: Arc<Shared>,
    accounts: Vec<Arc<Account>>,
) -> Result<(), Error> {
    let search = Arc::new(SearchIn {
        everywhere: config.regions.is_empty(),
        regions: config.regions,
    });
    if let (None, Some(answers)) = (&shared.network, &shared.answers) {
        return organization::replay(accounts, answers).await;
    }
    for account in accounts {
        match &config.organization {
            Some(organization) => {
                organization::collect(account, organization, Arc::clone(&search)).await?;
            }
            None => {
                shared.observer.event(&Event::Accounts(1));
                let Leads { .. } =
                    account::collect(Arc::clone(&account), Arc::clone(&search)).await?;
                shared.observer.event(&Event::Finished {
                    account: &account.id,
                });
            }
        }
    }
    Ok(())
}

/// Ctrl-C, or the polite signal of a service manager.
async fn asked_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
