//! The fixes that reports show beside their findings.

use std::collections::BTreeMap;

use crate::analyze::{Analysis, Options};
use crate::control::Registry;
use crate::remedy::{self, Wishes};
use crate::report::fix::{self, Fix};
use crate::snapshot::Snapshot;

use super::Error;

/// Of so many open findings the fixes are looked for unasked: each takes some analyses of its account.
const FEW: usize = 60;

/// Whether so few findings are open that nobody waits long for their fixes.
pub(super) fn are_few(analysis: &Analysis) -> bool {
    let open = analysis.findings.iter().filter(|finding| finding.is_open());
    open.count() <= FEW
}

/// The fix of each finding that does not pass, by account and control.
pub(super) fn look(
    snapshot: &Snapshot,
    registry: &Registry,
    options: &Options,
) -> Result<BTreeMap<(String, String), Fix>, Error> {
    let plan = remedy::plan(snapshot, registry, options, &Wishes::default())?;
    Ok(fix::fixes(&plan))
}
