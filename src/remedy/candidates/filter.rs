//! Metric filters: wider by what they lack, and with a metric that an alarm can count.

use super::{Candidate, Case, change, edit};
use crate::analyze::Stop;
use crate::chain::verdict::LinkId;
use crate::remedy::resource::MetricFilter;
use crate::remedy::{Error, events};

impl Case<'_> {
    /// A link of a metric filter.
    pub(super) fn filter_link(&self, stop: &Stop) -> Result<Vec<Candidate>, Error> {
        let Some(filter) = self.filter()? else {
            return Ok(Vec::new());
        };
        let one = |make: fn(&mut MetricFilter)| vec![vec![edit(&filter, make)]];
        Ok(match stop.id {
            LinkId::F01 if stop.subject.is_some() => self.wider(&filter),
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

    /// The filter with what it lacks, where it was made for the control; the whole text of the control in its place
    /// where it asks for no fields, or for nearly everything, since it was not meant so.
    pub(super) fn wider(&self, filter: &MetricFilter) -> Vec<Candidate> {
        if self.carries_others(filter) {
            return Vec::new();
        }
        let forms = self.forms();
        let with = |pattern: String| vec![edit(filter, |it| it.pattern = pattern)];
        if events::means_nothing(&filter.pattern, &self.chain.scope) {
            return forms.iter().map(|form| with((*form).to_owned())).collect();
        }
        forms
            .iter()
            .filter(|form| events::are_alike(&filter.pattern, form))
            .filter_map(|form| events::widened(&filter.pattern, form, &self.chain.scope))
            .map(with)
            .collect()
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
