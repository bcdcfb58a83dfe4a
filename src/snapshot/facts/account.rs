//! Facts of sts, account and organizations: who was asked, where, and as part of what.

use super::asks::Ask;
use super::item::Derived;
use super::sink::{Row, Sink};
use crate::aws::arn;

pub(super) fn rows(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    match ask.operation.name {
        "GetCallerIdentity" => caller(ask, sink),
        "ListRegions" => regions(ask, sink),
        "DescribeOrganization" => organization(ask, sink),
        "ListAccounts" => members(ask, sink),
        _ => Ok(()),
    }
}

fn caller(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    for page in &ask.pages {
        let item = page.item()?;
        let arn = item.text("Arn")?;
        let partition = arn::partition(arn);
        let row = Row::new(ask, page.evidence_id)
            .with("account", item.text("Account")?)
            .with(
                "partition",
                partition.ok_or_else(|| item.wrong("Arn", "an ARN"))?,
            )
            .with("caller_arn", arn);
        sink.insert("account", row)?;
    }
    Ok(())
}

fn regions(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    for item in ask.list("Regions")? {
        let row = Row::new(ask, item.evidence_id)
            .with("region", item.text("RegionName")?)
            .with("status", item.text("RegionOptStatus")?);
        sink.insert("region", row)?;
    }
    Ok(())
}

fn organization(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    for page in &ask.pages {
        let Some(item) = page.item()?.object("Organization")? else {
            continue;
        };
        let row = Row::new(ask, page.evidence_id)
            .with("organization_id", item.text("Id")?)
            .with("management_account", item.text("MasterAccountId")?)
            .with("feature_set", item.optional_text("FeatureSet")?);
        sink.insert("organization", row)?;
    }
    Ok(())
}

fn members(ask: &Ask, sink: &Sink<'_>) -> Derived<()> {
    for item in ask.list("Accounts")? {
        // Status was retired in favour of State (delivery-chain 1.3); older responses have it alone.
        let state = match item.optional_text("State")? {
            None => item.optional_text("Status")?,
            state => state,
        };
        let row = Row::new(ask, item.evidence_id)
            .with("member", item.text("Id")?)
            .with("name", item.optional_text("Name")?)
            .with("state", state);
        sink.insert("organization_account", row)?;
    }
    Ok(())
}
