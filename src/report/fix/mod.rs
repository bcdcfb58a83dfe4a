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

use super::printable::one_line;
use crate::remedy::Plan;

pub use json::{json, read};

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

/// What is to be said of a plan and the commands that carry it out, without what a script has around them: to stand after an
/// explanation.
pub fn pasted(plan: &Plan) -> String {
    let mut out = String::from("\nThe fix, tried on a copy of the facts\n");
    for line in head::lines(plan) {
        out.push_str(&format!("  {}\n", one_line(&line)));
    }
    out.push_str(&shell::commands(plan));
    out
}

/// The plan in one line.
pub fn summary(plan: &Plan) -> String {
    head::summary(plan)
}
