//! The language of metric-math expressions: parse it into a tree.

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    Number(f64),
    /// The id of another query of the alarm.
    Id(String),
    Text(String),
    List(Vec<Self>),
    Negative(Box<Self>),
    Binary(Operator, Box<Self>, Box<Self>),
    /// A function by its name in capitals.
    Call(String, Vec<Self>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

impl Expression {
    /// The expression and everything in it, whatever its depth: operators without parentheses nest to the left.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Self> {
        let mut open = vec![self];
        std::iter::from_fn(move || {
            let next = open.pop()?;
            match next {
                Self::Number(_) | Self::Id(_) | Self::Text(_) => {}
                Self::Negative(inner) => open.push(inner),
                Self::Binary(_, left, right) => open.extend([right.as_ref(), left]),
                Self::List(items) | Self::Call(_, items) => open.extend(items.iter().rev()),
            }
            Some(next)
        })
    }
}

impl Operator {
    /// The operator at the beginning of the text, longest first, with its spelling.
    const SPELLINGS: [(&'static str, Self); 15] = [
        ("||", Self::Or),
        ("&&", Self::And),
        ("==", Self::Equal),
        ("!=", Self::NotEqual),
        ("<=", Self::LessOrEqual),
        (">=", Self::GreaterOrEqual),
        ("<", Self::Less),
        (">", Self::Greater),
        ("+", Self::Add),
        ("-", Self::Subtract),
        ("*", Self::Multiply),
        ("/", Self::Divide),
        ("^", Self::Power),
        ("OR", Self::Or),
        ("AND", Self::And),
    ];

    /// How tightly it binds.
    fn level(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Equal | Self::NotEqual => 3,
            Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual => 4,
            Self::Add | Self::Subtract => 5,
            Self::Multiply | Self::Divide => 6,
            Self::Power => 7,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(f64),
    Word(String),
    Text(String),
    Operator(Operator),
    Mark(char),
}

/// The longest expression that CloudWatch takes, in characters (API reference, MetricDataQuery, Expression).
const LONGEST: usize = 2048;

/// Deepest nesting that is read.
const DEEPEST: usize = 100;

/// Reads an expression; the error says what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Expression, String> {
    if text.chars().nth(LONGEST).is_some() {
        return Err(format!(
            "the expression is longer than the {LONGEST} characters that CloudWatch accepts"
        ));
    }
    let mut tokens = tokens(text)?;
    tokens.reverse();
    let mut parser = Parser { tokens, depth: 0 };
    let expression = parser.binary(1)?;
    match parser.tokens.last() {
        None => Ok(expression),
        Some(_) => Err(format!(
            "the expression `{text}` goes on where it should end"
        )),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let token;
        (token, rest) = if first.is_ascii_digit() || first == '.' {
            let (number, rest) = split(rest, |letter| letter.is_ascii_digit() || letter == '.');
            let value = number
                .parse()
                .map_err(|_| format!("`{number}` is not a number"))?;
            (Token::Number(value), rest)
        } else if first.is_ascii_alphabetic() || first == '_' {
            let (word, rest) = split(rest, |letter| {
                letter.is_ascii_alphanumeric() || letter == '_'
            });
            let operator = Operator::SPELLINGS
                .iter()
                .find(|(spelling, _)| spelling.eq_ignore_ascii_case(word));
            (
                operator.map_or_else(
                    || Token::Word(word.to_owned()),
                    |(_, operator)| Token::Operator(*operator),
                ),
                rest,
            )
        } else if matches!(first, '"' | '\'') {
            let inner = rest.get(1..).unwrap_or_default();
            let (text, rest) = inner
                .split_once(first)
                .ok_or("a text in the expression has no end")?;
            (Token::Text(text.to_owned()), rest)
        } else if matches!(first, '(' | ')' | ',' | '[' | ']') {
            (Token::Mark(first), rest.get(1..).unwrap_or_default())
        } else {
            let operator = Operator::SPELLINGS
                .iter()
                .find_map(|(spelling, operator)| Some((*operator, rest.strip_prefix(spelling)?)));
            let (operator, rest) =
                operator.ok_or_else(|| format!("`{first}` in the expression is not understood"))?;
            (Token::Operator(operator), rest)
        };
        tokens.push(token);
        rest = rest.trim_start();
    }
    Ok(tokens)
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|letter| !belongs(letter)).unwrap_or(text.len()))
}

/// Reads tokens from the end of a reversed list.
struct Parser {
    tokens: Vec<Token>,
    depth: usize,
}

impl Parser {
    fn take_mark(&mut self, mark: char) -> bool {
        let found = self.tokens.last() == Some(&Token::Mark(mark));
        if found {
            self.tokens.pop();
        }
        found
    }

    fn binary(&mut self, least: u8) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("the expression is nested too deeply".to_owned());
        }
        let mut left = self.unary()?;
        while let Some(Token::Operator(operator)) = self.tokens.last().cloned() {
            if operator.level() < least {
                break;
            }
            self.tokens.pop();
            let right = self.binary(operator.level() + 1)?;
            left = Expression::Binary(operator, Box::new(left), Box::new(right));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, String> {
        let mut negative = false;
        while self.tokens.last() == Some(&Token::Operator(Operator::Subtract)) {
            self.tokens.pop();
            negative = !negative;
        }
        let inner = self.primary()?;
        Ok(if negative {
            Expression::Negative(Box::new(inner))
        } else {
            inner
        })
    }

    fn primary(&mut self) -> Result<Expression, String> {
        match self.tokens.pop() {
            Some(Token::Number(value)) => Ok(Expression::Number(value)),
            Some(Token::Text(text)) => Ok(Expression::Text(text)),
            Some(Token::Word(word)) if self.take_mark('(') => {
                Ok(Expression::Call(word.to_ascii_uppercase(), self.list(')')?))
            }
            Some(Token::Word(word)) => Ok(Expression::Id(word)),
            Some(Token::Mark('[')) => Ok(Expression::List(self.list(']')?)),
            Some(Token::Mark('(')) => {
                let inner = self.binary(1)?;
                if self.take_mark(')') {
                    Ok(inner)
                } else {
                    Err("a parenthesis in the expression is not closed".to_owned())
                }
            }
            _ => Err("the expression ends where a value should follow".to_owned()),
        }
    }

    /// Comma-separated expressions up to the closing mark.
    fn list(&mut self, close: char) -> Result<Vec<Expression>, String> {
        let mut items = Vec::new();
        if self.take_mark(close) {
            return Ok(items);
        }
        loop {
            items.push(self.binary(1)?);
            if self.take_mark(close) {
                return Ok(items);
            }
            if !self.take_mark(',') {
                return Err("a list in the expression is not closed".to_owned());
            }
        }
    }
}
