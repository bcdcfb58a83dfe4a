//! A plan in the forms in which people carry changes out: a shell script of AWS CLI calls, Terraform, CloudFormation, the
//! steps of the console, and data.
//!
//! Every form begins with what would still fail or be unknown and why, what only a person or time can do, and whom the
//! changes touch besides. Names out of a snapshot are data in every form: each writes them by its own rules of quoting.

mod calls;
mod cloudformation;
mod console;
mod difference;
mod hcl;
mod head;
mod json;
mod shell;
mod terraform;

use std::collections::BTreeMap;

use super::printable::one_line;
use crate::analyze::Status;
use crate::remedy::Plan;

pub use json::{Planned, json, read};

/// The forms of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A POSIX shell script of AWS CLI calls
    AwsCli,
    /// Terraform, with import blocks for what exists
    Terraform,
    /// CloudFormation templates
    Cloudformation,
    /// The steps in the console, as Markdown
    #[value(alias = "markdown")]
    Console,
}

/// The plan in a form, ending with a line break.
pub fn script(plan: &Plan, format: Format) -> String {
    match format {
        Format::AwsCli => shell::script(plan),
        Format::Terraform => terraform::configuration(plan),
        Format::Cloudformation => cloudformation::templates(plan),
        Format::Console => console::steps(plan),
    }
}

/// The fix of one finding as a report shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fix {
    /// What is to be said of it: what stays open, what has to happen besides, whom it touches.
    pub told: Vec<String>,
    /// AWS CLI calls to paste, one a line, for a shell; none where nothing can be changed.
    pub commands: Vec<String>,
}

/// The fix of each finding that a plan is about, by account and control.
pub fn fixes(plan: &Plan) -> BTreeMap<(String, String), Fix> {
    let outcomes = plan
        .outcomes
        .iter()
        .filter(|outcome| !matches!(outcome.before.status, Status::Pass | Status::NotApplicable));
    outcomes
        .map(|outcome| {
            let part = plan.part(outcome);
            let told = head::lines(&part);
            let fix = Fix {
                told: told
                    .iter()
                    .map(|line| one_line(line).into_owned())
                    .collect(),
                commands: shell::commands(&part),
            };
            let finding = &outcome.before;
            ((finding.account.clone(), finding.control.clone()), fix)
        })
        .collect()
}

/// The plan in one line.
pub fn summary(plan: &Plan) -> String {
    head::summary(plan)
}
