//! The language of `AlarmRule`: parse it into a tree.
//!
//! Which of AND and OR binds tighter is not documented, so a rule is read in every [`Precedence`]; the caller compares.

use std::iter::Peekable;
use std::str::Chars;

use super::super::alarm::AlarmState;

/// How AND and OR without parentheses between them are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precedence {
    AndFirst,
    OrFirst,
    LeftToRight,
}

impl Precedence {
    pub(super) const ALL: [Self; 3] = [Self::AndFirst, Self::OrFirst, Self::LeftToRight];
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    Constant(bool),
    /// An alarm, by name or ARN, is in the state.
    State(AlarmState, String),
    Not(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
    /// At least so many of these hold.
    AtLeast(usize, Vec<Self>),
}

/// Why a rule could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("alarm rule: {problem} at character {position}")]
pub struct RuleError {
    problem: String,
    position: usize,
}

/// The longest rule that CloudWatch takes, in characters (API reference, PutCompositeAlarm, AlarmRule).
const LONGEST: usize = 10_240;

/// Deepest nesting of parentheses that is read.
const DEEPEST: usize = 100;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Comma,
    Word(String),
    Quoted(String),
    End,
}

/// Reads a rule, grouping AND and OR as `precedence` says.
pub(super) fn parse(text: &str, precedence: Precedence) -> Result<Rule, RuleError> {
    if text.chars().nth(LONGEST).is_some() {
        return Err(RuleError {
            problem: format!("longer than the {LONGEST} characters that CloudWatch accepts"),
            position: LONGEST + 1,
        });
    }
    let mut parser = Parser {
        tokens: tokens(text)?,
        next: 0,
        depth: 0,
        precedence,
    };
    let rule = parser.expression()?;
    parser.expect(&Token::End, "the end of the rule")?;
    Ok(rule)
}

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, RuleError> {
    let mut tokens = Vec::new();
    let mut rest: Peekable<Chars<'_>> = text.chars().peekable();
    let mut position = 0;
    while let Some(next) = rest.next() {
        position += 1;
        let start = position;
        let token = match next {
            _ if next.is_whitespace() => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            ',' => Token::Comma,
            '"' => {
                let mut name = String::new();
                loop {
                    position += 1;
                    match rest.next() {
                        Some('"') => break,
                        Some('\\') if rest.peek() == Some(&'"') => {
                            position += 1;
                            rest.next();
                            name.push('"');
                        }
                        Some(other) => name.push(other),
                        None => {
                            return Err(RuleError {
                                problem: "the quoted name has no end".to_owned(),
                                position: start,
                            });
                        }
                    }
                }
                Token::Quoted(name)
            }
            _ => {
                let mut word = next.to_string();
                while let Some(more) =
                    rest.next_if(|next| !next.is_whitespace() && !matches!(next, '(' | ')' | ','))
                {
                    position += 1;
                    word.push(more);
                }
                Token::Word(word)
            }
        };
        tokens.push((start, token));
    }
    tokens.push((position + 1, Token::End));
    Ok(tokens)
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    depth: usize,
    precedence: Precedence,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens
            .get(self.next)
            .map_or(&Token::End, |(_, token)| token)
    }

    fn take(&mut self) -> Token {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    fn error<T>(&self, problem: impl Into<String>) -> Result<T, RuleError> {
        let position = self
            .tokens
            .get(self.next)
            .or(self.tokens.last())
            .map_or(1, |(position, _)| *position);
        Err(RuleError {
            problem: problem.into(),
            position,
        })
    }

    fn expect(&mut self, token: &Token, name: &str) -> Result<(), RuleError> {
        if self.peek() != token {
            return self.error(format!("expected {name}"));
        }
        self.next += 1;
        Ok(())
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Word(found) if found.eq_ignore_ascii_case(word))
    }

    fn expression(&mut self) -> Result<Rule, RuleError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.error("nested too deeply");
        }
        let mut operands = vec![self.unary()?];
        let mut ands = Vec::new();
        loop {
            let and = self.is_word("AND");
            if !and && !self.is_word("OR") {
                break;
            }
            self.next += 1;
            ands.push(and);
            operands.push(self.unary()?);
        }
        self.depth -= 1;
        Ok(group(operands, &ands, self.precedence))
    }

    fn unary(&mut self) -> Result<Rule, RuleError> {
        let mut negated = false;
        while self.is_word("NOT") {
            self.next += 1;
            negated = !negated;
        }
        let rule = self.primary()?;
        Ok(if negated {
            Rule::Not(Box::new(rule))
        } else {
            rule
        })
    }

    fn primary(&mut self) -> Result<Rule, RuleError> {
        for (word, value) in [("TRUE", true), ("FALSE", false)] {
            if self.is_word(word) {
                self.next += 1;
                return Ok(Rule::Constant(value));
            }
        }
        match self.peek().clone() {
            Token::Open => {
                self.next += 1;
                let rule = self.expression()?;
                self.expect(&Token::Close, "`)`")?;
                Ok(rule)
            }
            Token::Word(word) if word.eq_ignore_ascii_case("AT_LEAST") => {
                self.next += 1;
                self.at_least()
            }
            Token::Word(_) => {
                let state = self.state()?;
                self.expect(&Token::Open, "`(`")?;
                let name = self.name()?;
                self.expect(&Token::Close, "`)`")?;
                Ok(Rule::State(state, name))
            }
            _ => self.error("expected a state, TRUE, FALSE, NOT or `(`"),
        }
    }

    fn state(&mut self) -> Result<AlarmState, RuleError> {
        let state = match self.peek() {
            Token::Word(word) => AlarmState::parse(&word.to_ascii_uppercase()),
            _ => None,
        };
        let Some(state) = state else {
            return self.error("expected ALARM, OK or INSUFFICIENT_DATA");
        };
        self.next += 1;
        Ok(state)
    }

    fn name(&mut self) -> Result<String, RuleError> {
        match self.take() {
            Token::Word(name) | Token::Quoted(name) => Ok(name),
            _ => {
                self.next -= 1;
                self.error("expected the name of an alarm")
            }
        }
    }

    /// `AT_LEAST(m, [NOT] STATE, (name, ...))`, after the word.
    fn at_least(&mut self) -> Result<Rule, RuleError> {
        self.expect(&Token::Open, "`(`")?;
        let number = match self.take() {
            Token::Word(number) => number,
            _ => String::new(),
        };
        let (digits, percent) = number
            .strip_suffix('%')
            .map_or((number.as_str(), false), |digits| (digits, true));
        let Ok(number) = digits.parse::<usize>() else {
            self.next -= 1;
            return self.error("expected a number or a percentage");
        };
        self.expect(&Token::Comma, "`,`")?;
        let negated = self.is_word("NOT");
        if negated {
            self.next += 1;
        }
        let state = self.state()?;
        self.expect(&Token::Comma, "`,`")?;
        self.expect(&Token::Open, "`(`")?;
        let mut rules = Vec::new();
        loop {
            let rule = Rule::State(state, self.name()?);
            rules.push(if negated {
                Rule::Not(Box::new(rule))
            } else {
                rule
            });
            if *self.peek() != Token::Comma {
                break;
            }
            self.next += 1;
        }
        self.expect(&Token::Close, "`)`")?;
        self.expect(&Token::Close, "`)`")?;
        let wanted = if percent {
            number.saturating_mul(rules.len()).div_ceil(100)
        } else {
            number
        };
        Ok(Rule::AtLeast(wanted, rules))
    }
}

fn group(operands: Vec<Rule>, ands: &[bool], precedence: Precedence) -> Rule {
    // With one kind of operator all readings agree.
    let loose = match precedence {
        Precedence::AndFirst => false,
        Precedence::OrFirst => true,
        Precedence::LeftToRight => return left_to_right(operands, ands),
    };
    let mut groups: Vec<Vec<Rule>> = Vec::new();
    let before = std::iter::once(loose).chain(ands.iter().copied());
    for (operand, and) in operands.into_iter().zip(before) {
        match groups.last_mut() {
            Some(group) if and != loose => group.push(operand),
            _ => groups.push(vec![operand]),
        }
    }
    let groups = groups
        .into_iter()
        .map(|group| join(group, !loose))
        .collect();
    join(groups, loose)
}

fn left_to_right(operands: Vec<Rule>, ands: &[bool]) -> Rule {
    let mut operands = operands.into_iter();
    let Some(first) = operands.next() else {
        return Rule::Constant(false);
    };
    operands
        .zip(ands)
        .fold(first, |left, (right, and)| match (left, and) {
            (Rule::All(mut rules), true) => {
                rules.push(right);
                Rule::All(rules)
            }
            (Rule::Any(mut rules), false) => {
                rules.push(right);
                Rule::Any(rules)
            }
            (left, and) => join(vec![left, right], *and),
        })
}

fn join(mut rules: Vec<Rule>, and: bool) -> Rule {
    match rules.pop() {
        Some(only) if rules.is_empty() => only,
        Some(last) => {
            rules.push(last);
            if and {
                Rule::All(rules)
            } else {
                Rule::Any(rules)
            }
        }
        None => Rule::Constant(and),
    }
}
