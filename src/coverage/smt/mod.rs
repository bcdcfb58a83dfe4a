//! The question that [`covers`](super::covers) answers, in SMT-LIB 2.6, for a solver that nobody here wrote.
//!
//! Each field is a constant of a tagged value; strings are strings, wildcards and regular expressions are regular sets.
//! `unsat` means that no event is asked for and not matched. Nothing here uses the decision: fields, values, regular
//! expressions and numbers are translated from the patterns anew, so that one mistake cannot be in both.
//!
//! The recommended semantics alone: what a yes rests on beyond them is named by the decision, not by the solver.

mod fields;
mod known;
mod regex;
mod terms;
mod text;

use self::terms::{Terms, raw_name};
use super::model::{EventModel, Scope};
use super::predicate::Predicate;

/// The question whether there is an event of `scope` that `model` allows, that `required` matches and `deployed` does not:
/// a whole SMT-LIB script. The error says what cannot be translated, in one sentence without a final period.
///
/// # Errors
/// Patterns over the raw text that are no plain terms, numbers beyond a double, characters that SMT-LIB lacks.
pub fn smt_question(
    required: &Predicate,
    deployed: &Predicate,
    model: &EventModel,
    scope: &Scope,
) -> Result<String, String> {
    let both = [required, deployed];
    let mut terms = Terms::of(&both, model);
    let wanted = terms.predicate(required)?;
    let matched = terms.predicate(deployed)?;
    let facts = known::assertions(&terms.fields, &both, model, scope)?;
    let raw = terms.raw_text()?;
    let mut script = Script::default();
    script.comment("Is there a CloudTrail event that is asked for and not matched?");
    script.comment("unsat: no, every event that is asked for is matched. sat: yes, and (get-model) shows its fields.");
    if !terms.raw.is_empty() {
        script.comment("Some pattern looks at the raw text, of which the fields say only a part: sat proves nothing here (D19).");
    }
    script.line("(set-option :produce-models true)");
    script.line("(set-logic ALL)");
    script.comment("A field of the event: missing, or a JSON value.");
    script.line(fields::VALUE);
    terms
        .fields
        .declarations()
        .for_each(|line| script.line(&line));
    let numbers = terms.fields.plain_numbers();
    if !numbers.is_empty() {
        script.comment("Numbers are plain decimals of at most fifteen digits (D5, D26).");
        script.line(text::PLAIN);
        numbers.iter().for_each(|fact| script.assert(fact));
    }
    let tree = terms.fields.tree();
    if !tree.is_empty() {
        script.comment("What is in an object or array is there only if that is.");
        tree.iter().for_each(|fact| script.assert(fact));
    }
    for (at, text) in terms.raw.iter().enumerate() {
        script.comment(&format!("Raw text {}: {}", at + 1, text::literal(text)?));
        script.line(&format!("(declare-const {} Bool)", raw_name(at)));
    }
    raw.iter().for_each(|fact| script.assert(fact));
    let mut said = String::new();
    for (sentence, fact) in facts {
        if said != sentence {
            script.comment(&sentence);
            said = sentence;
        }
        script.assert(&fact);
    }
    script.comment("What is asked for.");
    script.line(&format!("(define-fun required () Bool {wanted})"));
    script.comment("What is deployed.");
    script.line(&format!("(define-fun deployed () Bool {matched})"));
    script.line("(assert required)");
    script.line("(assert (not deployed))");
    script.line("(check-sat)");
    Ok(script.text)
}

/// Lines of a script.
#[derive(Default)]
struct Script {
    text: String,
}

impl Script {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn comment(&mut self, sentence: &str) {
        self.line(&format!("; {sentence}"));
    }

    fn assert(&mut self, term: &str) {
        self.line(&format!("(assert {term})"));
    }
}
