//! What is known of CloudTrail events before any filter looks at them: the fields a record has, and for each event
//! name that a control can ask for its sources, read or write, global or regional. Read from `events.toml`.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::formula::Kinds;
use crate::pattern::ast::{Step, dotted};

static CLOUDTRAIL: LazyLock<Arc<EventFacts>> = LazyLock::new(|| {
    // A model that cannot be read assumes nothing, which is safe; a test reads it.
    Arc::new(
        toml::from_str::<File>(include_str!("../../events.toml"))
            .map(EventFacts::from)
            .unwrap_or_default(),
    )
});

/// The type of sign-ins, and where they come from.
pub(super) const SIGN_IN: [&str; 2] = ["AwsConsoleSignIn", "signin.amazonaws.com"];
/// The name of a sign-in, the type of identity of the root user, and the Region that the root user's are recorded in: "If you
/// sign in as the root user, CloudTrail records the event in us-east-1" (CloudTrail User Guide, console sign-in events). Of
/// other partitions nothing is documented.
pub(super) const CONSOLE_LOGIN: &str = "ConsoleLogin";
pub(super) const ROOT: &str = "Root";
pub(super) const ROOT_SIGN_IN_REGION: &str = "us-east-1";
/// The types of events that have no `errorCode`.
pub(super) const WITHOUT_ERROR_CODE: [&str; 2] = ["AwsServiceEvent", SIGN_IN[0]];

/// The CloudTrail event model: the M of "M and required implies deployed".
#[derive(Debug, Clone)]
pub struct EventModel {
    facts: Option<Arc<EventFacts>>,
    parts: Vec<Part>,
}

/// A group of facts, named in an answer that rests on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Which fields a record has, and of what type they are.
    Fields,
    /// Which services have an event of a name (D27).
    Sources,
    /// Which events are reads and which are writes.
    Access,
    /// Which events are recorded in the global region.
    Regions,
    /// Which `eventType` an event has.
    Types,
    /// How the strings of some fields are written.
    Forms,
}

impl Part {
    pub(super) const ALL: [Self; 6] = [
        Self::Fields,
        Self::Sources,
        Self::Access,
        Self::Regions,
        Self::Types,
        Self::Forms,
    ];
}

/// Where an event of some name comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The `eventSource`.
    pub source: String,
    /// The `readOnly` field.
    pub read_only: bool,
    /// Whether it is recorded in the global region of the partition only.
    pub global: bool,
    /// The `eventType` field.
    pub event_type: String,
}

#[derive(Debug, Default)]
struct EventFacts {
    fields: BTreeMap<String, (Kinds, Vec<String>)>,
    /// The form of a field's strings, a regular expression, by the path of the field.
    forms: BTreeMap<String, String>,
    given: Vec<Given>,
    events: BTreeMap<String, Vec<Origin>>,
    /// Event names in the order of the file.
    names: Vec<String>,
    /// Sources that CloudTrail calls global services.
    global_sources: Vec<String>,
    /// Those of them whose events are recorded in the global region only.
    always_global: Vec<String>,
    records: BTreeMap<String, serde_json::Map<String, Value>>,
    routine: Vec<serde_json::Map<String, Value>>,
    counted: CountedFacts,
}

/// What was counted in real records, by source and name of the event with a blank between them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CountedFacts {
    /// Of so many records.
    pub(super) records: u32,
    /// Over so many minutes.
    pub(super) minutes: u32,
    /// The counts.
    pub(super) events: BTreeMap<String, u32>,
}

/// What the string of a field looks like in events that have a certain string in another.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    /// The path of the other field.
    pub(super) field: String,
    /// Its string.
    pub(super) is: String,
    /// The path of the field.
    pub(super) then: String,
    /// The form of its string, a regular expression in which `(account)` and `(partition)` are those asked about.
    form: String,
}

impl Given {
    /// The form of the string in events of a scope.
    pub(super) fn form(&self, scope: &Scope) -> String {
        let account = match scope.account.as_str() {
            "" => "[0-9]{12}",
            account => account,
        };
        let partition = match scope.global_region.as_str() {
            "us-east-1" => "aws",
            _ => "aws-[a-z-]+",
        };
        let form = self.form.replace("(account)", account);
        form.replace("(partition)", partition)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    fields: BTreeMap<String, FieldFact>,
    #[serde(default)]
    given: Vec<Given>,
    source: Vec<SourceFact>,
    #[serde(default)]
    record: BTreeMap<String, serde_json::Map<String, Value>>,
    #[serde(default)]
    routine: Vec<serde_json::Map<String, Value>>,
    #[serde(default)]
    counted: CountedFacts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldFact {
    kinds: Vec<KindName>,
    #[serde(default)]
    examples: Vec<String>,
    form: Option<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum KindName {
    Missing,
    Null,
    Boolean,
    String,
    Object,
    Array,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceFact {
    name: String,
    global: Option<GlobalFact>,
    #[serde(default, rename = "type")]
    event_type: TypeFact,
    #[serde(default)]
    write: Vec<String>,
    #[serde(default)]
    read: Vec<String>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum GlobalFact {
    Always,
    Endpoint,
}

#[derive(Deserialize, Clone, Copy, Default)]
enum TypeFact {
    #[default]
    AwsApiCall,
    AwsConsoleSignIn,
}

impl TypeFact {
    fn name(self) -> &'static str {
        match self {
            Self::AwsApiCall => "AwsApiCall",
            Self::AwsConsoleSignIn => "AwsConsoleSignIn",
        }
    }
}

impl From<File> for EventFacts {
    fn from(file: File) -> Self {
        let mut facts = Self {
            records: file.record,
            routine: file.routine.into_iter().map(whole).collect(),
            counted: file.counted,
            given: file.given,
            ..Self::default()
        };
        for (path, fact) in file.fields {
            let kinds = fact.kinds.iter().fold(Kinds::EMPTY, |kinds, kind| {
                kinds.with(match kind {
                    KindName::Missing => Kinds::MISSING,
                    KindName::Null => Kinds::NULL,
                    KindName::Boolean => Kinds::TRUE.with(Kinds::FALSE),
                    KindName::String => Kinds::STRING,
                    KindName::Object => Kinds::OBJECT,
                    KindName::Array => Kinds::ARRAY,
                })
            });
            let usual = !matches!(fact.kinds.first(), Some(KindName::Missing));
            // Where the object around it is missing, so is the field.
            let kinds = if path.contains('.') {
                kinds.with(Kinds::MISSING)
            } else {
                kinds
            };
            let kinds = if usual {
                kinds.with(Kinds::USUAL)
            } else {
                kinds
            };
            if let Some(form) = fact.form {
                facts.forms.insert(path.clone(), form);
            }
            facts.fields.insert(path, (kinds, fact.examples));
        }
        for source in file.source {
            for (names, read_only) in [(&source.write, false), (&source.read, true)] {
                for name in names {
                    let origin = Origin {
                        source: source.name.clone(),
                        read_only,
                        global: source.global == Some(GlobalFact::Always),
                        event_type: source.event_type.name().to_owned(),
                    };
                    let origins = facts.events.entry(name.clone()).or_default();
                    if origins.is_empty() {
                        facts.names.push(name.clone());
                    }
                    origins.push(origin);
                }
            }
            if source.global == Some(GlobalFact::Always) {
                facts.always_global.push(source.name.clone());
            }
            if source.global.is_some() {
                facts.global_sources.push(source.name);
            }
        }
        facts
    }
}

/// A record with the members that TOML has no null for.
fn whole(mut record: serde_json::Map<String, Value>) -> serde_json::Map<String, Value> {
    for member in ["requestParameters", "responseElements"] {
        record.entry(member).or_insert(Value::Null);
    }
    record
}

impl EventModel {
    /// The model of `events.toml`.
    pub fn cloudtrail() -> Self {
        Self {
            facts: Some(Arc::clone(&CLOUDTRAIL)),
            parts: Part::ALL.to_vec(),
        }
    }

    /// No assumption at all: an event is any JSON object (`--strict`).
    pub fn none() -> Self {
        Self {
            facts: None,
            parts: Vec::new(),
        }
    }

    /// Whether this is [`EventModel::none`].
    pub fn is_none(&self) -> bool {
        self.facts.is_none()
    }

    /// Where events of this name come from; nothing where the model does not know the name.
    pub fn origins(&self, name: &str) -> &[Origin] {
        self.facts
            .as_ref()
            .and_then(|facts| facts.events.get(name))
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// Every event name that the model knows, in the order of `events.toml`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.facts
            .iter()
            .flat_map(|facts| facts.names.iter().map(String::as_str))
    }

    /// Strings that real records have, each with the path of its field.
    pub fn strings(&self) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.facts.iter().flat_map(|facts| &facts.fields);
        fields.flat_map(|(path, (_, examples))| {
            let examples = examples.iter();
            examples.map(move |text| (path.as_str(), text.as_str()))
        })
    }

    /// The sources that CloudTrail calls global services: what a trail leaves out without `IncludeGlobalServiceEvents`, of
    /// the events of the global region.
    pub fn global_sources(&self) -> &[String] {
        self.facts
            .as_ref()
            .map(|facts| facts.global_sources.as_slice())
            .unwrap_or_default()
    }

    /// The sources whose events are recorded in the global region of the partition only.
    pub(super) fn always_global(&self) -> &[String] {
        self.facts
            .as_ref()
            .map(|facts| facts.always_global.as_slice())
            .unwrap_or_default()
    }

    /// The fields whose strings have a form, each with its regular expression.
    pub(super) fn forms(&self) -> impl Iterator<Item = (&str, &str)> {
        self.facts
            .iter()
            .filter(|_| self.uses(Part::Forms))
            .flat_map(|facts| &facts.forms)
            .map(|(path, form)| (path.as_str(), form.as_str()))
    }

    /// The fields whose strings have a form in some events.
    pub(super) fn given(&self) -> impl Iterator<Item = &Given> {
        self.facts
            .iter()
            .filter(|_| self.uses(Part::Forms))
            .flat_map(|facts| &facts.given)
    }

    pub(super) fn uses(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }

    /// The same model without one group of facts.
    pub(super) fn without(&self, part: Part) -> Self {
        let parts = self
            .parts
            .iter()
            .copied()
            .filter(|other| *other != part)
            .collect();
        Self {
            facts: self.facts.clone(),
            parts,
        }
    }

    /// What the field at `steps` can be.
    pub(super) fn kinds(&self, steps: &[Step]) -> Kinds {
        let known = self
            .facts
            .as_ref()
            .filter(|_| self.uses(Part::Fields))
            .and_then(|facts| {
                let path = dotted(steps)?;
                facts.fields.get(&path).map(|(kinds, _)| *kinds)
            });
        known.unwrap_or(Kinds::ANY)
    }

    /// The names of the fields that the model knows in the object at `steps`.
    pub(super) fn fields_in(&self, steps: &[Step]) -> Vec<String> {
        let Some(facts) = self.facts.as_ref().filter(|_| self.uses(Part::Fields)) else {
            return Vec::new();
        };
        let Some(path) = dotted(steps) else {
            return Vec::new();
        };
        facts
            .fields
            .keys()
            .filter_map(|field| {
                if path.is_empty() {
                    Some(field.as_str())
                } else {
                    field.strip_prefix(&path)?.strip_prefix('.')
                }
            })
            .filter(|rest| !rest.contains('.'))
            .map(str::to_owned)
            .collect()
    }

    /// Strings that a real record has at `steps`.
    pub(super) fn examples(&self, steps: &[Step]) -> &[String] {
        let facts = self.facts.as_ref().unwrap_or(&CLOUDTRAIL);
        dotted(steps)
            .and_then(|path| facts.fields.get(&path))
            .map(|(_, examples)| examples.as_slice())
            .unwrap_or_default()
    }
}

/// What records look like, whatever is assumed of them: for witnesses, which should read like CloudTrail's.
pub(super) struct Looks;

impl Looks {
    /// Event names in the order of `events.toml`, with their origins.
    pub(super) fn events() -> impl Iterator<Item = (&'static str, &'static Origin)> {
        CLOUDTRAIL.names.iter().flat_map(|name| {
            CLOUDTRAIL
                .events
                .get(name)
                .into_iter()
                .flatten()
                .map(move |origin| (name.as_str(), origin))
        })
    }

    /// Where an event of this name comes from.
    pub(super) fn origins(name: &str) -> &'static [Origin] {
        CLOUDTRAIL
            .events
            .get(name)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// The fields that a record of this name has besides the common ones.
    pub(super) fn record(name: &str) -> Option<&'static serde_json::Map<String, Value>> {
        CLOUDTRAIL.records.get(name)
    }

    /// Events that happen in any account all day.
    pub(super) fn routine() -> &'static [serde_json::Map<String, Value>] {
        &CLOUDTRAIL.routine
    }

    /// What was counted in real records.
    pub(super) fn counted() -> &'static CountedFacts {
        &CLOUDTRAIL.counted
    }
}

/// Where the events come from: the account asked about and the regions it uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The twelve digits of the account, which witnesses carry; any account where this is empty.
    pub account: String,
    /// The regions events can come from; any region where this is empty.
    pub regions: Vec<String>,
    /// Where the partition records global services: `us-east-1` in `aws`.
    pub global_region: String,
}

impl Default for Scope {
    /// Any account, any region, partition `aws`.
    fn default() -> Self {
        Self {
            account: String::new(),
            regions: Vec::new(),
            global_region: "us-east-1".into(),
        }
    }
}
