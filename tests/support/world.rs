//! An AWS account as answers to the calls that a collection makes: the material of tests that need no emulator.
//!
//! [`World::complete`] is an account in which every control of the default benchmark holds. A test takes it, breaks one
//! thing with an edit helper, and writes it as a snapshot. Answers are in the JSON form that the AWS CLI prints.
//! Edit helpers panic when they find nothing to edit: a test cannot pass because its fault was never made.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use trailproof::snapshot::{AWS_CLI_JSON, Call, Writer};

#[path = "world/edits.rs"]
mod edits;
#[path = "world/rules.rs"]
mod rules;
#[path = "world/site.rs"]
mod site;

#[allow(
    unused_imports,
    reason = "the benchmarks share this file and deploy no rules"
)]
pub use rules::{RULE_TOPIC, Rule};
pub use site::Site;
use site::{chain_of, describe_organization, member_answers};

/// The account of [`World::complete`]; the management account of [`World::organization`].
pub const ACCOUNT: &str = "111122223333";
/// The member account of [`World::organization`].
pub const MEMBER: &str = "444455556666";
/// The id of the organization of [`World::organization`].
pub const ORGANIZATION: &str = "o-exampleorgid";
/// Home region of the trail, and so of the whole chain.
pub const HOME: &str = "us-east-1";
/// The Regions that every account of the aws partition has.
pub const SEVENTEEN: [&str; 17] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "sa-east-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-north-1",
    "ap-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-southeast-1",
    "ap-southeast-2",
];
/// Enabled regions.
pub const REGIONS: [&str; 3] = ["us-east-1", "eu-west-1", "us-west-2"];
/// Name of the trail.
pub const TRAIL: &str = "management-events";
/// Name of the trail's log group.
pub const LOG_GROUP: &str = "/cloudtrail/management-events";
/// Namespace of the metrics.
pub const NAMESPACE: &str = "CISBenchmark";
/// Name of the topic.
pub const TOPIC: &str = "security-alerts";

/// One recorded call and what AWS answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Account asked.
    pub account: String,
    /// Region asked.
    pub region: String,
    /// Endpoint prefix.
    pub service: String,
    /// API operation.
    pub operation: String,
    /// Request parameters.
    pub request: Value,
    /// What came back.
    pub output: Result<Value, ApiError>,
}

/// An error answer.
#[derive(Clone, Debug)]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// AWS error code.
    pub code: String,
    /// What was said.
    pub message: String,
}

/// All answers of one collection, in order.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// In the order of asking.
    pub answers: Vec<Answer>,
}

impl World {
    /// An account in which every control of the default benchmark holds.
    pub fn complete() -> Self {
        Self::of(&Site::new(ACCOUNT, HOME))
    }

    /// The complete account with its chain in another home region.
    pub fn complete_in(home: &str) -> Self {
        Self::of(&Site::new(ACCOUNT, home))
    }

    /// The complete account at another address.
    pub fn of(site: &Site) -> Self {
        let mut answers = site.identity();
        answers.push(site.no_organization());
        answers.extend(site.trails(&site.trail(false)));
        answers.extend(chain_of(site));
        Self { answers }
    }

    /// An account with nothing in it.
    pub fn empty() -> Self {
        let site = Site::new(ACCOUNT, HOME);
        let mut answers = site.identity();
        answers.push(site.no_organization());
        for region in &site.regions {
            answers.push(site.ok(
                region,
                ("cloudtrail", "DescribeTrails"),
                json!({}),
                json!({"trailList": []}),
            ));
        }
        answers.extend(site.event_rules());
        Self { answers }
    }

    /// The complete account as the management account of an organization whose trail it owns, and one member that has
    /// nothing but the organization trail's replica.
    pub fn organization() -> Self {
        Self::organization_of(&[MEMBER])
    }

    /// [`World::organization`] with these members.
    pub fn organization_of(members: &[&str]) -> Self {
        let owner = Site::new(ACCOUNT, HOME);
        let trail = owner.trail(true);
        let mut answers = owner.identity();
        answers.push(describe_organization(&owner));
        let accounts: Vec<Value> = [ACCOUNT]
            .iter()
            .chain(members)
            .map(|account| json!({"Id": account, "Name": format!("account {account}"), "State": "ACTIVE"}))
            .collect();
        answers.push(owner.ok(
            HOME,
            ("organizations", "ListAccounts"),
            json!({}),
            json!({"Accounts": accounts}),
        ));
        answers.extend(owner.trails(&trail));
        answers.extend(chain_of(&owner));
        for member in members {
            answers.extend(member_answers(&Site::new(member, HOME), &trail));
        }
        Self { answers }
    }

    /// The complete account with a single-Region trail and a chain of its own in each enabled Region; those of `global`
    /// include events of global services.
    pub fn one_trail_a_region(global: &[&str]) -> Self {
        let mut answers = Vec::new();
        for region in REGIONS {
            let mut world = Self::complete_in(region);
            world.single_region(global.contains(&region));
            let chain = ["cloudtrail", "logs", "monitoring", "sns"];
            world.answers.retain(|answer| {
                let of_chain = chain.contains(&answer.service.as_str());
                (of_chain && answer.region == region) || (!of_chain && region == HOME)
            });
            answers.extend(world.answers);
        }
        Self { answers }
    }

    /// Writes the answers as a recording that was cut short; gives the file's name.
    pub fn write_partial(&self, path: &Path) -> PathBuf {
        let mut writer =
            Writer::create(path, "trailproof test world", at(0), true).expect("a new snapshot");
        self.record(&mut writer, 0);
        writer.abandon().expect("the recording is left")
    }

    /// Records the answers behind those that were recorded before; gives their number.
    pub fn record(&self, writer: &mut Writer, before: usize) -> usize {
        for (index, answer) in self.answers.iter().enumerate() {
            writer
                .record(&answer.call(before + index + 1))
                .expect("an answer is recorded");
        }
        self.answers.len()
    }

    /// Writes the answers as a complete snapshot.
    pub fn write_snapshot(&self, path: &Path) {
        self.write_snapshot_by("trailproof test world", path);
    }

    /// [`World::write_snapshot`], by a producer of this name.
    pub fn write_snapshot_by(&self, producer: &str, path: &Path) {
        let mut writer = Writer::create(path, producer, at(0), false).expect("a new snapshot");
        self.record(&mut writer, 0);
        writer
            .finish(at(self.answers.len() + 1))
            .expect("the snapshot is finished");
    }
}

impl Answer {
    fn call(&self, index: usize) -> Call {
        let (http_status, error, body) = match &self.output {
            Ok(output) => (200, None, output.to_string().into_bytes()),
            Err(error) => {
                let body = json!({"__type": error.code, "message": error.message})
                    .to_string()
                    .into_bytes();
                (
                    error.status,
                    Some((error.code.clone(), error.message.clone())),
                    body,
                )
            }
        };
        Call {
            account: self.account.clone(),
            region: self.region.clone(),
            service: self.service.clone(),
            operation: self.operation.clone(),
            request: self.request.clone(),
            at: at(index),
            http_status: Some(http_status),
            error,
            request_id: Some(format!("request-{index}")),
            media_type: AWS_CLI_JSON.to_owned(),
            body,
        }
    }
}

/// The clock of the world: one second a call from midnight on.
pub fn at(index: usize) -> Timestamp {
    let midnight: Timestamp = "2026-11-21T00:00:00Z".parse().expect("a time");
    midnight + SignedDuration::from_secs(i64::try_from(index).expect("few calls"))
}
