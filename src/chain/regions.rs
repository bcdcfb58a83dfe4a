//! Whose events are asked about, and from where: account, partition, regions.

use crate::coverage::Scope;
use crate::snapshot::operations::always_enabled;

use super::Error;
use super::facts::Facts;
use super::judgement::Context;
use crate::aws::arn::{Arn, partition_of_region};

/// Reads the account's partition and regions.
pub(super) fn context(facts: &Facts<'_>, account: &str) -> Result<Context, Error> {
    let asked = facts.asked_regions(account)?;
    let partition = match facts.partition(account)? {
        Some(partition) => partition,
        None => partition_without_identity(facts, account, &asked)?,
    };
    let listed = facts.regions(account)?;
    let regions_known =
        !listed.is_empty() && facts.answered_anywhere(account, "account", "ListRegions")?;
    let mut regions: Vec<String> = listed
        .into_iter()
        .filter(|(_, status)| status != "DISABLED")
        .map(|(region, _)| region)
        .collect();
    if !regions_known {
        regions.extend(
            always_enabled(&partition)
                .iter()
                .map(|region| (*region).to_owned()),
        );
        regions.extend(facts.answered_regions(account, "cloudtrail", "DescribeTrails")?);
        regions.sort();
        regions.dedup();
    }
    let scope = Scope {
        account: account.to_owned(),
        regions,
        global_region: region_of_global_events(&partition).to_owned(),
    };
    Ok(Context {
        account: account.to_owned(),
        partition,
        scope,
        regions_known,
    })
}

fn partition_without_identity(
    facts: &Facts<'_>,
    account: &str,
    asked: &[String],
) -> Result<String, Error> {
    let trails = facts.trails(account)?;
    let of_trail = trails
        .first()
        .and_then(|trail| Arn::parse(&trail.arn))
        .map(|arn| arn.partition.to_owned());
    let of_region = asked
        .first()
        .map(|region| partition_of_region(region).to_owned());
    Ok(of_trail.or(of_region).unwrap_or_else(|| "aws".to_owned()))
}

/// Where the partition records events of global services.
fn region_of_global_events(partition: &str) -> &'static str {
    match partition {
        "aws-us-gov" => "us-gov-west-1",
        "aws-cn" => "cn-north-1",
        "aws-iso" => "us-iso-east-1",
        "aws-iso-b" => "us-isob-east-1",
        "aws-iso-e" => "eu-isoe-west-1",
        "aws-iso-f" => "us-isof-south-1",
        "aws-eusc" => "eusc-de-east-1",
        _ => "us-east-1",
    }
}
