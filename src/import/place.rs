//! Account and region of an answer: what its path says, what it says itself, and whether the two agree.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Defaults;
use super::folder::{File, Folder};
use super::subject::text;
use crate::aws::arn::{Arn, is_account, is_region};
use crate::snapshot::operations::{AskedIn, Operation, Owner, Whose, texts_at};

/// Who an answer says that it is of: region and account, each where it says so, and the words in which it does.
pub(super) type Owners = BTreeMap<(Option<String>, Option<String>), String>;

/// The innermost folder of the path that `wanted` holds of: in the folder, then the folder itself, and the one around it
/// where the folder itself is named by a region.
fn in_path<'p>(folder: &'p Folder, file: &'p File, wanted: fn(&str) -> bool) -> Option<&'p str> {
    let inside = file.folder().split('/').rev().find(|part| wanted(part));
    let around = || {
        let own = folder.around.first()?;
        if wanted(own) {
            return Some(own.as_str());
        }
        let outer = folder.around.get(1).filter(|_| is_region(own))?;
        wanted(outer).then_some(outer.as_str())
    };
    inside.or_else(around)
}

/// Account ids by the folder in which an identity lies.
pub(super) type Identities = BTreeMap<String, BTreeSet<String>>;

/// The account of a file without an identity of its own: from its path, from the user, from the nearest identity.
pub(super) fn account_of(
    folder: &Folder,
    file: &File,
    identities: &Identities,
    defaults: &Defaults,
) -> Option<String> {
    if let Some(account) = in_path(folder, file, is_account) {
        return Some(account.to_owned());
    }
    if defaults.account.is_some() {
        return defaults.account.clone();
    }
    // The nearest folder, going up, in which one account and no other says who it is.
    let mut folder = file.folder();
    loop {
        if let Some(accounts) = identities.get(folder) {
            return accounts.first().filter(|_| accounts.len() == 1).cloned();
        }
        let above = folder.trim_end_matches('/');
        if above.is_empty() {
            break;
        }
        folder = above
            .rfind('/')
            .map_or("", |at| above.get(..=at).unwrap_or_default());
    }
    let all: BTreeSet<&String> = identities.values().flatten().collect();
    all.first()
        .filter(|_| all.len() == 1)
        .map(|account| (*account).clone())
}

/// The region of a file; `hint` is that in its name, or in an ARN that does not have to lie in the region asked.
pub(super) fn region_of(
    folder: &Folder,
    file: &File,
    operation: &Operation,
    (hint, owners): (Option<&str>, &Owners),
    defaults: &Defaults,
) -> Option<String> {
    if let Some(region) = in_path(folder, file, is_region) {
        return Some(region.to_owned());
    }
    let regions: BTreeSet<&String> = owners
        .keys()
        .filter_map(|(region, _)| region.as_ref())
        .collect();
    if let Some(region) = regions.first() {
        return (regions.len() == 1).then(|| (*region).clone());
    }
    if let Some(region) = hint {
        return Some(region.to_owned());
    }
    let everywhere = || (operation.reach == AskedIn::Global).then(|| "us-east-1".to_owned());
    // The answer to a global question is the same everywhere.
    defaults.region.clone().or_else(everywhere)
}

/// Who the items of an answer say that they are of: only where AWS answers with what lies in the region that was asked,
/// and only as far as that holds.
pub(super) fn owners(operation: &Operation, value: &Value) -> Owners {
    let mut owners = Owners::new();
    let mut say = |text: Option<&str>, whose: Whose| {
        if let Some(text) = text
            && let Some(owner) = owner(text, whose)
            && !owners.contains_key(&owner)
        {
            owners.insert(owner, text.to_owned());
        }
    };
    for Owner { path, whose } in operation.owners {
        for said in texts_at(value, path) {
            say(Some(said), *whose);
        }
    }
    // Trails that are neither of all regions nor of an organization show where they were made alone.
    if operation.name == "DescribeTrails" {
        let said = |item: &Value, member: &str| item.get(member).and_then(Value::as_bool);
        let trails = value.get("trailList").and_then(Value::as_array);
        for item in trails.into_iter().flatten() {
            let arn = text(item, "TrailARN");
            if said(item, "IsOrganizationTrail") != Some(true) {
                say(arn, Whose::AccountOf);
                if said(item, "IsMultiRegionTrail") == Some(false) {
                    say(arn, Whose::Region);
                }
            }
        }
    }
    owners
}

fn owner(text: &str, whose: Whose) -> Option<(Option<String>, Option<String>)> {
    if whose == Whose::Account {
        return is_account(text).then(|| (None, Some(text.to_owned())));
    }
    let arn = Arn::parse(text)?;
    let region = Some(arn.region).filter(|part| is_region(part));
    let account = Some(arn.account).filter(|part| is_account(part));
    Some((
        region
            .filter(|_| whose != Whose::AccountOf)
            .map(str::to_owned),
        account
            .filter(|_| whose != Whose::Region)
            .map(str::to_owned),
    ))
}

/// What is wrong where an answer says that it is of another account or region than the one asked.
pub(super) fn contradiction(owners: &Owners, account: &str, region: &str) -> Option<String> {
    owners.iter().find_map(|((of_region, of_account), said)| {
        if of_region.as_deref().is_some_and(|of| of != region) {
            return Some(format!("is of `{said}` and was asked for in `{region}`"));
        }
        let other = of_account.as_deref().is_some_and(|of| of != account);
        other.then(|| format!("is of `{said}` and was asked for in account `{account}`"))
    })
}

/// The account that a file's path names.
pub(super) fn account_in_path<'p>(folder: &'p Folder, file: &'p File) -> Option<&'p str> {
    in_path(folder, file, is_account)
}
