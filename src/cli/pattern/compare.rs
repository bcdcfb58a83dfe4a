//! `trailproof pattern compare`: whether deployed filters catch every event that a pattern asks for.

use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;

use crate::cli::{Error, Out, Status};
use crate::coverage::{
    Covers, EventModel, NameCoverage, NoiseClass, Predicate, Premise, Relation, RelationKind,
    Scope, by_name, noise, relation, smt_question,
};
use crate::pattern::event::SignIn;
use crate::pattern::parse;
use crate::report::words::coverage::{premise, undecided};

/// Arguments of `pattern compare`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The filter pattern that says which events are asked for
    #[arg(long, value_name = "PATTERN", allow_hyphen_values = true)]
    required: String,
    /// A filter pattern that is deployed; several count together
    #[arg(
        long,
        value_name = "PATTERN",
        required_unless_present = "deployed_rule",
        allow_hyphen_values = true
    )]
    deployed: Vec<String>,
    /// The event pattern of an EventBridge rule that is deployed; several count together, and with filters
    #[arg(long, value_name = "JSON")]
    deployed_rule: Vec<String>,
    /// Decide without the event model: an event may be any JSON object
    #[arg(long)]
    strict: bool,
    /// Print the question in SMT-LIB instead of the answer, for z3, cvc5 or another solver: `unsat` is yes, `sat` is no
    #[arg(long, conflicts_with = "format")]
    smt_lib: bool,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One JSON object
    Json,
}

/// The JSON contract.
#[derive(Serialize)]
struct Answer<'a> {
    covers: &'static str,
    relation: &'static str,
    missed_event: Option<&'a Value>,
    extra_event: Option<&'a Value>,
    reason: &'a str,
    assumptions: Vec<String>,
    rests_on: &'a [Premise],
}

pub(super) fn run(args: &Args, out: &mut Out) -> Result<Status, Error> {
    let required =
        Predicate::from_pattern(&super::read("--required", None, parse(&args.required))?);
    let mut deployed = Vec::new();
    for text in &args.deployed {
        deployed.push(Predicate::from_pattern(&super::read(
            "--deployed",
            Some("--deployed-rule"),
            parse(text),
        )?));
    }
    for text in &args.deployed_rule {
        let pattern = super::read_rule("--deployed-rule", "--deployed", text)?;
        deployed.push(Predicate::from_event_pattern(&pattern, SignIn::default()));
    }
    let union = Predicate::any(deployed.iter().cloned());
    let model = if args.strict {
        EventModel::none()
    } else {
        EventModel::cloudtrail()
    };
    let scope = Scope::default();
    if args.smt_lib && !args.deployed_rule.is_empty() {
        let why = "`--smt-lib` translates filter patterns alone; without it `--deployed-rule` is decided here";
        return Err(Error::new(why));
    }
    if args.smt_lib {
        let question = smt_question(&required, &union, &model, &scope).map_err(Error::new)?;
        out.text(&question)?;
        return Ok(Status::Clean);
    }
    let relation = relation(&required, &union, &model, &scope);
    let names = by_name(&required, &deployed, &model, &scope);
    let reason = reason(&relation, &names);
    match args.format {
        Format::Json => {
            let answer = Answer {
                covers: covers_word(&relation.covers),
                relation: relation.kind.as_str(),
                missed_event: match &relation.covers {
                    Covers::No { missed } => Some(missed),
                    _ => None,
                },
                extra_event: relation.extra.as_ref(),
                reason: &reason,
                rests_on: &relation.assumptions,
                assumptions: assumptions(&relation),
            };
            out.json(&serde_json::to_string(&answer)?)?;
            out.json("\n")?;
        }
        Format::Table => {
            let shown = Shown {
                relation: &relation,
                reason: &reason,
                names: &names,
                numbered: Numbered {
                    filters: args.deployed.len(),
                    rules: args.deployed_rule.len(),
                },
                class: noise(&required, &union, &model, &scope).class,
            };
            shown.print(out)?;
        }
    }
    Ok(if relation.covers.is_yes() {
        Status::Clean
    } else {
        Status::Findings
    })
}

fn covers_word(covers: &Covers) -> &'static str {
    match covers {
        Covers::Yes { .. } => "yes",
        Covers::No { .. } => "no",
        Covers::Unknown { .. } => "unknown",
    }
}

fn assumptions(relation: &Relation) -> Vec<String> {
    relation.assumptions.iter().copied().map(premise).collect()
}

/// The answer in one sentence.
fn reason(relation: &Relation, names: &[NameCoverage]) -> String {
    match &relation.covers {
        Covers::Unknown { reason } => return undecided(reason),
        Covers::Yes { .. } => {
            return match relation.kind {
                RelationKind::Equivalent => "the same events match".to_owned(),
                RelationKind::Broader => "every required event matches, and others do".to_owned(),
                _ => match &relation.reason {
                    Some(reason) => format!(
                        "every required event matches; what else does is not known: {}",
                        undecided(reason)
                    ),
                    None => "every required event matches".to_owned(),
                },
            };
        }
        Covers::No { .. } => {}
    }
    let missing: Vec<&str> = names
        .iter()
        .filter(|name| !name.covers.is_yes())
        .map(|name| name.name.as_str())
        .collect();
    if names.len() < 2 || missing.is_empty() {
        return match relation.kind {
            RelationKind::Disjoint => "no required event matches".to_owned(),
            _ => "a required event does not match".to_owned(),
        };
    }
    format!(
        "{} of {} event names are covered; not covered: {}",
        names.len() - missing.len(),
        names.len(),
        missing.join(", ")
    )
}

/// How many of what is deployed is filters; the rest is rules.
#[derive(Clone, Copy)]
struct Numbered {
    filters: usize,
    rules: usize,
}

impl Numbered {
    fn is_one(self) -> bool {
        self.filters + self.rules == 1
    }

    /// The option that the deployed pattern of a position was given by.
    fn option(self, at: usize) -> String {
        match at.checked_sub(self.filters) {
            Some(rule) => format!("--deployed-rule {}", rule + 1),
            None => format!("--deployed {}", at + 1),
        }
    }
}

/// What is printed for people.
struct Shown<'a> {
    relation: &'a Relation,
    reason: &'a str,
    names: &'a [NameCoverage],
    numbered: Numbered,
    class: NoiseClass,
}

impl Shown<'_> {
    fn print(&self, out: &mut Out) -> Result<(), Error> {
        let relation = self.relation;
        let covers = covers_word(&relation.covers);
        out.line(format_args!("covers    {covers}: {}", self.reason))?;
        out.line(format_args!("relation  {}", relation.kind.as_str()))?;
        for assumption in assumptions(relation) {
            out.line(format_args!("assuming  {assumption}"))?;
        }
        self.names(out)?;
        if let Covers::No { missed } = &relation.covers {
            out.text("\nRequired and not matched:\n")?;
            event(out, missed)?;
        }
        if let Some(extra) = &relation.extra {
            out.line("")?;
            out.line(format_args!("Matched and not required{}:", self.surplus()))?;
            event(out, extra)?;
        }
        Ok(())
    }

    /// What covers each event name, where there are several.
    fn names(&self, out: &mut Out) -> Result<(), Error> {
        if self.names.len() < 2 {
            return Ok(());
        }
        out.line("")?;
        let widths = self.names.iter().map(|name| name.name.chars().count());
        let width = widths.max().unwrap_or(0);
        for name in self.names {
            let by: Vec<String> = name.by.iter().map(|at| self.numbered.option(*at)).collect();
            let by = match (&name.covers, by.len()) {
                (Covers::No { .. }, _) => "not covered".to_owned(),
                (Covers::Unknown { reason }, _) => format!("unknown: {}", undecided(reason)),
                (Covers::Yes { .. }, 0) => "covered by several together".to_owned(),
                (Covers::Yes { .. }, _) if self.numbered.is_one() => "covered".to_owned(),
                (Covers::Yes { .. }, _) => format!("covered by {}", by.join(", ")),
            };
            out.line(format_args!("  {:width$}  {by}", name.name))?;
        }
        Ok(())
    }

    fn surplus(&self) -> String {
        match &self.class {
            NoiseClass::Names(names) => format!(" (adds {})", names.join(", ")),
            NoiseClass::Sources(sources) => format!(" (any event of {})", sources.join(", ")),
            NoiseClass::NearlyEverything => {
                " (nearly every event: an alarm on this stays in ALARM and tells nothing)"
                    .to_owned()
            }
            NoiseClass::None | NoiseClass::Some | NoiseClass::Unknown(_) => String::new(),
        }
    }
}

fn event(out: &mut Out, event: &Value) -> Result<(), Error> {
    out.json(&serde_json::to_string_pretty(event)?)?;
    out.json("\n")?;
    Ok(())
}
