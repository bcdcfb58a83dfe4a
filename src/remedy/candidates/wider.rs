//! A rule whose pattern is too narrow in every Region: the pattern with what it lacks, in each rule that has it.

use std::collections::BTreeSet;

use super::spread::localized;
use super::{Candidate, Case, edit};
use crate::analyze::Stop;
use crate::remedy::{Error, event_pattern, read};

impl Case<'_> {
    /// The rules of a pattern, each with a pattern that matches a form of the control as well, by form.
    pub(super) fn wider_rules(&self, stop: &Stop) -> Result<Vec<Candidate>, Error> {
        let Some(rule) = self.rule(stop)? else {
            return Ok(Vec::new());
        };
        let own = rule.pattern.as_deref().unwrap_or_default();
        let mut seen = BTreeSet::new();
        let alike = self.chain.rules().filter(|other| {
            seen.insert(other.arn.as_str())
                && other.pattern == localized(own, &rule.region, &other.region)
        });
        let mut rules = Vec::new();
        for other in alike {
            rules.extend(read::rule(self.facts, &other.arn)?);
        }
        let scope = &self.chain.scope;
        let wider = |form: &&str| -> Option<Candidate> {
            let new = event_pattern::widened(own, form, scope)?;
            let edits = rules.iter().map(|rule| {
                let theirs = match rule.pattern.as_deref()? {
                    same if same == own => new.clone(),
                    theirs => event_pattern::widened(theirs, form, scope)?,
                };
                Some(edit(rule, |it| it.pattern = Some(theirs)))
            });
            edits.collect()
        };
        Ok(self.forms().iter().filter_map(wider).collect())
    }
}
