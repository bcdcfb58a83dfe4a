//! What a control asks for, made ready: its accepted forms as predicates.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::chain::Path;
use crate::control::{Alternative, Benchmark, Control};
use crate::coverage::Predicate;
use crate::pattern::{self, Pattern};

use super::Error;
use super::finding::Requirement as Form;
use super::vocabulary::{fields, named, words};

/// One accepted form of a control's requirement.
pub(super) struct AcceptedForm<'a> {
    /// The form as its file has it.
    pub(super) alternative: &'a Alternative,
    /// The events it asks for.
    pub(super) events: Predicate,
    /// The literal texts in it.
    pub(super) words: BTreeSet<String>,
    /// The fields that it looks at.
    fields: BTreeSet<String>,
    /// The likeness of pattern texts, by what is known of the pattern besides.
    alike: RefCell<HashMap<String, [Option<usize>; 3]>>,
    /// The likeness of patterns by their addresses, which are held so that nothing else takes them.
    patterns: RefCell<HashMap<*const Pattern, (Arc<Pattern>, usize)>>,
}

/// More texts than one account has; what they need is bounded.
const KEPT: usize = 50_000;

/// The forms that count under a benchmark, the one to deploy first.
pub(super) fn requirements<'a>(
    control: &'a Control,
    benchmark: &'a Benchmark,
) -> Result<Vec<AcceptedForm<'a>>, Error> {
    control
        .alternatives_for(&benchmark.id)
        .map(|alternative| {
            let parsed =
                pattern::parse(&alternative.pattern).map_err(|error| Error::Requirement {
                    control: control.id.clone(),
                    label: alternative.label.clone(),
                    message: error.to_string(),
                })?;
            let events = Predicate::from_pattern(&parsed);
            Ok(AcceptedForm {
                alternative,
                words: words(&events),
                fields: fields(&events),
                events,
                alike: RefCell::default(),
                patterns: RefCell::default(),
            })
        })
        .collect()
}

impl AcceptedForm<'_> {
    /// The form as a finding names it.
    pub(super) fn form(&self) -> Form {
        Form {
            kind: self.alternative.kind.to_string(),
            label: self.alternative.label.clone(),
            text: self.alternative.pattern.clone(),
            source: self.alternative.source.clone(),
        }
    }

    /// How many of the requirement's literal texts the path's filter has. A filter that does not parse, or that looks for
    /// text where it should look at fields, is known by the texts in it.
    pub(super) fn likeness(&self, path: &Path) -> usize {
        let text = match (&path.filter, &path.rule) {
            (Some(filter), _) => filter.pattern.as_str(),
            (None, Some(rule)) => rule.pattern.as_str(),
            // A log alarm has a query in place of a pattern.
            (None, None) if path.pattern().is_some() => "",
            (None, None) => return 0,
        };
        let pattern = path.pattern().map(|pattern| &pattern.events);
        if let Some(Predicate::Pattern(known)) = pattern
            && known.text == text
        {
            return self.likeness_of_pattern(known, pattern);
        }
        // The queries of log alarms have no text that is shared, nor have two rules one behind the other.
        if text.is_empty() || path.is_forwarded() {
            return self.likeness_of(text, pattern);
        }
        let kind = match pattern {
            None => 0,
            Some(Predicate::Always) => 1,
            Some(_) => 2,
        };
        let mut alike = self.alike.borrow_mut();
        let known = alike.get(text).and_then(|kinds| *kinds.get(kind)?);
        known.unwrap_or_else(|| {
            let likeness = self.likeness_of(text, pattern);
            if alike.len() >= KEPT {
                alike.clear();
            }
            let kinds = alike.entry(text.to_owned()).or_default();
            if let Some(known) = kinds.get_mut(kind) {
                *known = Some(likeness);
            }
            likeness
        })
    }

    /// The likeness of a pattern, by its address: the accounts share what one text is read as.
    fn likeness_of_pattern(&self, known: &Arc<Pattern>, pattern: Option<&Predicate>) -> usize {
        let address = Arc::as_ptr(known);
        let mut patterns = self.patterns.borrow_mut();
        if let Some((_, likeness)) = patterns.get(&address) {
            return *likeness;
        }
        let likeness = self.likeness_of(&known.text, pattern);
        if patterns.len() >= KEPT {
            patterns.clear();
        }
        patterns.insert(address, (Arc::clone(known), likeness));
        likeness
    }

    /// Whether a filter that looks at these fields looks at fields of the requirement alone, and at one that is not of every control: it was made for
    /// it, even where it compares them with nothing that is asked for.
    pub(super) fn looks_alike(&self, looked_at: &BTreeSet<String>) -> bool {
        let common = ["$.eventName", "$.eventSource"];
        looked_at.is_subset(&self.fields)
            && looked_at
                .iter()
                .any(|field| !common.contains(&field.as_str()))
    }

    fn likeness_of(&self, text: &str, pattern: Option<&Predicate>) -> usize {
        let texts = pattern.map(words).unwrap_or_default();
        let known = pattern.map_or(0, |pattern| named(pattern, &texts, &self.words).count());
        if texts.is_empty() && !text.is_empty() && pattern != Some(&Predicate::Always) {
            let text = text.to_ascii_lowercase();
            let written = self.words.iter();
            let written = written.filter(|word| text.contains(word.as_str()));
            return written.count().max(known);
        }
        known
    }
}
