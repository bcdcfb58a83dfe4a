//! Metric filters: wider by what they lack, and with a metric that an alarm can count.

use std::collections::BTreeSet;

use super::{Candidate, Case, change, edit};
use crate::analyze::Stop;
use crate::chain::verdict::LinkId;
use crate::control::Section;
use crate::remedy::choice::LogGroupKey;
use crate::remedy::resource::{MetricFilter, Resource};
use crate::remedy::{Error, events, read};

impl Case<'_> {
    /// A link of a metric filter.
    pub(super) fn filter_link(&self, stop: &Stop) -> Result<Vec<Candidate>, Error> {
        let Some(filter) = self.filter()? else {
            return Ok(Vec::new());
        };
        let one = |make: fn(&mut MetricFilter)| vec![vec![edit(&filter, make)]];
        Ok(match stop.id {
            LinkId::F01 if stop.subject.is_some() => {
                let mut found = self.wider(&filter);
                for other in self.called_so()? {
                    found.extend(self.wider(&other));
                }
                found
            }
            LinkId::F02 | LinkId::F03 | LinkId::F04 => one(|it| it.value = "1".to_owned()),
            LinkId::F05 | LinkId::F06 | LinkId::F07 => self.without_dimensions(&filter)?,
            LinkId::F08 | LinkId::F09 => one(|it| it.default_value = None),
            LinkId::F10 => {
                let mut found = Vec::new();
                if let Some(alarm) = self.watching()? {
                    found.push(vec![edit(&alarm, |it| {
                        it.settings.remove("Unit");
                    })]);
                }
                found.extend(one(|it| it.unit = None));
                found
            }
            LinkId::F11 => one(|it| it.field_selection = None),
            LinkId::F12 => {
                let mut found = self.move_filter()?;
                found.extend(self.feed()?);
                found
            }
            LinkId::F14 => self.own_metric(&filter)?,
            _ => Vec::new(),
        })
    }

    /// The filter with what it lacks, where it was made for the control: the text of the control in its place where that
    /// matches whatever it matched, and where it asks for no fields or for nearly everything, since it was not meant so.
    pub(super) fn wider(&self, filter: &MetricFilter) -> Vec<Candidate> {
        let forms = self.forms();
        let scope = &self.chain.scope;
        let with = |pattern: String| vec![edit(filter, |it| it.pattern = pattern)];
        if events::means_nothing(&filter.pattern, scope) {
            return match self.carries_others(filter) {
                true => Vec::new(),
                false => forms.iter().map(|form| with((*form).to_owned())).collect(),
            };
        }
        let others = self.texts_of_others();
        let made_for = forms
            .iter()
            .filter(|form| self.is_made_for(filter, form, &others));
        let wider = made_for.filter_map(|form| {
            let wider = events::widened(&filter.pattern, form, scope);
            match events::is_narrower(&filter.pattern, form, scope) {
                true if wider.as_ref().is_none_or(|it| it.len() > form.len()) => {
                    Some((*form).to_owned())
                }
                _ => wider,
            }
        });
        wider.map(with).collect()
    }

    /// The filters on the way to an alarm that are called like the control: the one that is closest to it may be another's.
    fn called_so(&self) -> Result<Vec<MetricFilter>, Error> {
        let mut named = BTreeSet::new();
        for path in &self.chain.paths {
            if let (Some(group), Some(filter)) = (&path.log_group, &path.filter)
                && self.is_called_so(&filter.name)
            {
                named.insert((group, &filter.name));
            }
        }
        let mut found = Vec::new();
        for (group, name) in named {
            if let Some(place) = LogGroupKey::of(group) {
                let key = (
                    place.account.as_str(),
                    place.region.as_str(),
                    place.log_group.as_str(),
                );
                found.extend(read::filter(self.facts, key, name)?);
            }
        }
        Ok(found)
    }

    /// Whether a filter was made for the control: most of what it asks for is the control's, or it is called so, or it asks
    /// for something that the `others` do not ask for. Of one that carries others, both have to be.
    fn is_made_for(&self, filter: &MetricFilter, form: &str, others: &BTreeSet<String>) -> bool {
        let planned = self
            .asked
            .shared
            .iter()
            .find_map(|change| match &change.before {
                Some(Resource::MetricFilter(before)) if is_same(before, filter) => Some(before),
                _ => None,
            });
        let own = events::texts(&planned.unwrap_or(filter).pattern);
        let asked = events::texts(form);
        let common: BTreeSet<&String> = own.intersection(&asked).collect();
        let is_own = common.iter().any(|text| !others.contains(*text));
        if self.carries_others(filter) {
            return is_own && common.len() * 2 >= own.len();
        }
        let named = self.is_called_so(&filter.name) || self.is_called_so(&filter.metric);
        named || is_own || common.len() * 2 > own.len()
    }

    /// What other controls of the benchmark ask for.
    fn texts_of_others(&self) -> BTreeSet<String> {
        let benchmark = self.asked.benchmark;
        let listed = self
            .asked
            .registry
            .controls_in(benchmark, Some(Section::Monitoring));
        let others = listed
            .into_iter()
            .filter(|(_, control)| control.id != self.asked.control.id);
        let forms = others.flat_map(|(_, control)| control.alternatives_for(&benchmark.id));
        forms
            .flat_map(|form| events::texts(&form.pattern))
            .collect()
    }

    /// Whether a name has the control's id in it, however it is written.
    pub(super) fn is_called_so(&self, name: &str) -> bool {
        let plain = |text: &str| -> String {
            let letters = text.chars().filter(char::is_ascii_alphanumeric);
            letters.map(|it| it.to_ascii_lowercase()).collect()
        };
        plain(name).contains(&plain(&self.asked.control.id))
    }

    fn without_dimensions(&self, filter: &MetricFilter) -> Result<Vec<Candidate>, Error> {
        let plain = edit(filter, |it| {
            it.dimensions.clear();
            it.system_dimensions.clear();
        });
        let mut found = vec![vec![plain.clone()]];
        if let Some(alarm) = self.watching()? {
            let alarm = edit(&alarm, |it| {
                it.settings
                    .insert("Dimensions".to_owned(), serde_json::json!([]));
            });
            found.push(vec![alarm.clone()]);
            found.push(vec![plain, alarm]);
        }
        Ok(found)
    }

    /// The filter once more with a metric and an alarm of its own: what is there goes on feeding whoever reads it.
    fn own_metric(&self, filter: &MetricFilter) -> Result<Vec<Candidate>, Error> {
        let Some(place) = self.place() else {
            return Ok(Vec::new());
        };
        let mut own = filter.clone();
        own.name = self.free_filter_name(&place, &filter.name)?;
        own.metric = self.free_metric(&place, &filter.namespace, &own.name)?;
        let mut candidate = vec![change(None, own.clone())];
        candidate.extend(self.alarm_on(&own)?);
        Ok(vec![candidate])
    }
}

/// Whether two descriptions are of one filter.
fn is_same(one: &MetricFilter, other: &MetricFilter) -> bool {
    let place =
        |it: &MetricFilter| [&it.account, &it.region, &it.log_group, &it.name].map(String::clone);
    place(one) == place(other)
}
