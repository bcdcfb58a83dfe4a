//! What is known of CloudTrail events before any filter looks at them: the fields a record has, and for each event
//! name that a control can ask for its sources, read or write, global or regional. Read from `events.toml`.

/// The CloudTrail event model: the M of "M and required implies deployed".
#[derive(Debug, Clone, Default)]
pub struct EventModel {
    /// Whether the model says anything.
    known: bool,
}

impl EventModel {
    /// The model of `events.toml`.
    pub fn cloudtrail() -> Self {
        Self { known: true }
    }

    /// No assumption at all: an event is any JSON object (`--strict`).
    pub fn none() -> Self {
        Self { known: false }
    }

    /// Whether this is [`EventModel::none`].
    pub fn is_none(&self) -> bool {
        !self.known
    }
}

/// Where the events come from: the account asked about and the regions it uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The twelve digits of the account, which witnesses carry.
    pub account: String,
    /// The regions events can come from; any region where this is empty.
    pub regions: Vec<String>,
    /// Where the partition records global services: `us-east-1` in `aws`.
    pub global_region: String,
}

impl Default for Scope {
    /// The documentation account, any region, partition `aws`.
    fn default() -> Self {
        Self {
            account: "111122223333".into(),
            regions: Vec::new(),
            global_region: "us-east-1".into(),
        }
    }
}
