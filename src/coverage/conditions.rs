//! What a single condition says of each kind of value, under one setting of the semantics: the table "What a test says
//! about a field" of docs/filter-patterns.md. The plain matcher has its own; tests hold the two against each other.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::answer::Undecided;
use super::decimal::{Against, Decimal, Plain, Side};
use super::event_machine::{Folded, Source};
use super::formula::{Asked, Atom, Operand, Rule};
use super::language::Glob;
use super::machine::{Machine, Words};
use crate::pattern::ast::{Condition, Literal, Value};
use crate::pattern::{Booleans, Glob as PlainGlob, Semantics};

/// The question that a condition asks, without its place in the text.
pub(super) fn asked(condition: &Condition) -> Result<Asked, Undecided> {
    Ok(match condition {
        Condition::Equals { negated, value } => {
            let operand = match value {
                Value::Text(text) => Operand::Text(text.value.clone()),
                Value::Number(number) => Operand::Number(number.text.clone()),
                Value::Regex(regex) => Operand::Regex(
                    regex
                        .automata_syntax()
                        .ok_or(Undecided::RegexOutsideSubset)?,
                ),
            };
            Asked::Equals(operand, *negated)
        }
        Condition::Order { operator, number } => Asked::Order(*operator, number.text.clone()),
        Condition::Is(literal) => Asked::Is(*literal),
        Condition::NotExists => Asked::Missing,
    })
}

/// What a condition says of each kind of value: the table of docs/filter-patterns.md.
pub(super) fn behaviour(
    asked: &Asked,
    semantics: &Semantics,
    machines: &mut BTreeMap<Operand, Rc<Machine>>,
) -> Result<Atom, Undecided> {
    // D1, D2, D7: false on everything that is not named below.
    let base = Atom::flat(false);
    Ok(match asked {
        Asked::Equals(operand, negated) => equals(operand, *negated, semantics, machines)?,
        Asked::Order(order, constant) => {
            let constant = decimal(constant)?;
            let machine = Machine::Against(Against::new(constant, Side::Order(*order)));
            Atom {
                number: Rule::Run(Rc::new(machine), false),
                ..base
            }
        }
        Asked::Is(Literal::True) | Asked::Bool(true) => Atom { yes: true, ..base },
        Asked::Is(Literal::False) | Asked::Bool(false) => Atom { no: true, ..base },
        Asked::Is(Literal::Null) => Atom { null: true, ..base },
        Asked::Missing => Atom {
            missing: true,
            ..base
        },
        Asked::Around {
            text,
            from_start,
            to_end,
        } => {
            let machine = Machine::Glob(Glob::around(text, *from_start, *to_end));
            Atom {
                string: Rule::Run(Rc::new(machine), false),
                ..base
            }
        }
        Asked::Exactly(text) => Atom {
            string: Rule::Point(text.clone(), false),
            ..base
        },
        Asked::Found(form) => {
            let machine = Machine::search(form).ok_or(Undecided::RegexTooLarge)?;
            Atom {
                string: Rule::Run(machine, false),
                ..base
            }
        }
        Asked::Present | Asked::Absent => {
            let present = *asked == Asked::Present;
            Atom {
                missing: !present,
                nested: !present,
                ..Atom::flat(present)
            }
        }
        Asked::Number(constant) => {
            let machine = Machine::Against(Against::new(decimal(constant)?, Side::Equal));
            Atom {
                number: Rule::Run(Rc::new(machine), false),
                ..base
            }
        }
        Asked::Folded {
            text,
            from_start,
            to_end,
        } => on_strings(Machine::Folded(Folded::new(text, *from_start, *to_end))),
        Asked::Wildcard(literals) => on_strings(Machine::Glob(Glob::of(literals))),
        Asked::Address(network) => on_strings(Machine::Address(*network)),
        Asked::Copied(inner) => copied(inner, behaviour(inner, semantics, machines)?),
        Asked::Source(inner) => {
            let atom = copied(inner, behaviour(inner, semantics, machines)?);
            let run = |machine, negated| {
                Rule::Run(
                    Rc::new(Machine::Source(Box::new(Source::new(machine)))),
                    negated,
                )
            };
            let string = match atom.string {
                Rule::Always(truth) => Rule::Always(truth),
                Rule::Point(text, negated) => run(
                    Rc::new(Machine::Words(Words::new([text.as_str()]))),
                    negated,
                ),
                Rule::Run(machine, negated) => run(machine, negated),
            };
            Atom { string, ..atom }
        }
        Asked::Raw(_) | Asked::Form(_) => base,
    })
}

fn on_strings(machine: Machine) -> Atom {
    Atom {
        string: Rule::Run(Rc::new(machine), false),
        ..Atom::flat(false)
    }
}

/// What is asked of a text that EventBridge copies from the field: where the field is no text, nothing is there.
fn copied(inner: &Asked, atom: Atom) -> Atom {
    Atom {
        string: atom.string,
        ..Atom::flat(*inner == Asked::Absent)
    }
}

fn equals(
    operand: &Operand,
    negated: bool,
    semantics: &Semantics,
    machines: &mut BTreeMap<Operand, Rc<Machine>>,
) -> Result<Atom, Undecided> {
    let (string, number) = match operand {
        Operand::Text(text) if !text.contains('*') => {
            let number = if Plain::holds(text) {
                Rule::Run(
                    Rc::new(Machine::Words(Words::new([text.as_str()]))),
                    negated,
                )
            } else {
                Rule::Always(negated)
            };
            (Rule::Point(text.clone(), negated), number)
        }
        Operand::Text(text) => {
            let machine = Rc::clone(
                machines
                    .entry(operand.clone())
                    .or_insert_with(|| Rc::new(Machine::Glob(Glob::new(text, semantics.star)))),
            );
            // A glob with other letters fits no number; that saves the search a walk.
            let number = if text
                .chars()
                .all(|letter| letter.is_ascii_digit() || "*.-".contains(letter))
            {
                Rule::Run(Rc::clone(&machine), negated)
            } else {
                Rule::Always(negated)
            };
            (Rule::Run(machine, negated), number)
        }
        Operand::Number(text) => {
            let machine = Machine::Against(Against::new(decimal(text)?, Side::Equal));
            let string = if semantics.text_equals_number {
                Rule::Point(text.clone(), negated)
            } else {
                Rule::Always(negated)
            };
            (string, Rule::Run(Rc::new(machine), negated))
        }
        Operand::Regex(expression) => {
            let machine = match machines.get(operand) {
                Some(machine) => Rc::clone(machine),
                None => {
                    // What is too large to build is still the same condition on both sides.
                    let machine =
                        Machine::search(expression).unwrap_or_else(|| Rc::new(Machine::TooLarge));
                    machines.insert(operand.clone(), Rc::clone(&machine));
                    machine
                }
            };
            let number = if semantics.regex_on_numbers {
                Rule::Run(Rc::clone(&machine), negated)
            } else {
                Rule::Always(false)
            };
            (Rule::Run(machine, negated), number)
        }
    };
    let on_text = |text: &str| match operand {
        Operand::Text(value) => PlainGlob::new(value, semantics.star).matches(text) != negated,
        Operand::Number(_) => negated,
        Operand::Regex(_) => string.of(text),
    };
    let (yes, no) = match semantics.booleans {
        Booleans::NoMatch => (false, false),
        Booleans::AsText => (on_text("true"), on_text("false")),
    };
    Ok(Atom {
        yes,
        no,
        string,
        number,
        ..Atom::flat(false)
    })
}

/// The digits that a constant may have, so that numbers beside it on either side are still within the domain.
const DIGITS: usize = 13;

fn decimal(text: &str) -> Result<Decimal, Undecided> {
    Decimal::parse(text)
        .filter(|decimal| decimal.digits() <= DIGITS)
        .ok_or_else(|| Undecided::NumberTooLong {
            number: text.to_owned(),
        })
}
