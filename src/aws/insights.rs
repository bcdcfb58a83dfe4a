//! Queries of CloudWatch Logs Insights, as far as it is certain which records they find.
//!
//! Read: `fields`, `display`, `sort` and `limit`, which find nothing less, and `filter` with `=`, `!=`, `in`, `like`, `=~`,
//! `ispresent`, `and`, `or`, `not` over fields of a record (CloudWatch Logs User Guide, "CloudWatch Logs Insights query
//! syntax: filter"). Everything else is refused with what it is.

/// Which records a query finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// All of these hold; every record where there are none.
    All(Vec<Found>),
    /// Any of these holds.
    Any(Vec<Found>),
    /// This does not hold.
    Not(Box<Found>),
    /// A field of the record, names joined by `.`, and what is asked of it.
    Field(String, Ask),
}

/// What is asked of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// This text.
    Is(String),
    /// Another text than this.
    IsNot(String),
    /// A text with this in it.
    Contains(String),
    /// A text in which this regular expression is found.
    Form(String),
    /// That it is there.
    Present,
}

/// Letters of regular expressions that mean the same in Logs Insights and here.
const PLAIN_REGEX: &str = "_-|^$().*+? ";

/// Reads a query; the error names the part that is not read.
pub fn read(query: &str) -> Result<Found, String> {
    let mut all = Vec::new();
    for command in commands(query)? {
        let command = command.trim();
        let word = command.split_whitespace().next().unwrap_or_default();
        let rest = command.get(word.len()..).unwrap_or_default();
        match word.to_ascii_lowercase().as_str() {
            "" => {}
            "fields" | "display" => plain_fields(command, rest)?,
            "sort" => {}
            "limit" if rest.trim().parse::<u32>().is_ok_and(|rows| rows > 0) => {}
            "filter" => all.push(Parser::read(rest)?),
            _ => return Err(command.to_owned()),
        }
    }
    Ok(Found::All(all))
}

/// The fields that a query asks about.
pub fn fields(found: &Found) -> Vec<String> {
    match found {
        Found::All(parts) | Found::Any(parts) => parts.iter().flat_map(fields).collect(),
        Found::Not(inner) => fields(inner),
        Found::Field(field, _) => vec![field.clone()],
    }
}

/// The commands between the `|`s that stand in no text, without comments.
fn commands(query: &str) -> Result<Vec<String>, String> {
    let mut commands = vec![String::new()];
    let mut inside: Option<char> = None;
    let mut comment = false;
    let mut escaped = false;
    for letter in query.chars() {
        let line_is_blank = || {
            let last = commands.last().map(String::as_str).unwrap_or_default();
            last.rsplit('\n')
                .next()
                .is_some_and(|line| line.trim().is_empty())
        };
        if comment {
            comment = letter != '\n';
            continue;
        }
        match inside {
            Some(end) if letter == end && !escaped => inside = None,
            Some(_) => {}
            None if letter == '#' && line_is_blank() => {
                comment = true;
                continue;
            }
            None if matches!(letter, '"' | '\'' | '`' | '/') => inside = Some(letter),
            None if letter == '|' => {
                commands.push(String::new());
                continue;
            }
            None => {}
        }
        escaped = letter == '\\' && !escaped;
        if let Some(last) = commands.last_mut() {
            last.push(letter);
        }
    }
    match inside {
        Some(_) => Err(query.to_owned()),
        None => Ok(commands),
    }
}

/// Fields by name alone: what is computed, or called otherwise, could be taken for a field of the record later on.
fn plain_fields(command: &str, list: &str) -> Result<(), String> {
    let name = |letter: char| letter.is_ascii_alphanumeric() || "@._`".contains(letter);
    let plain = list
        .split(',')
        .all(|field| !field.trim().is_empty() && field.trim().chars().all(name));
    plain.then_some(()).ok_or_else(|| command.to_owned())
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    /// A name in backticks, which is never an operator.
    Name(String),
    Text(String),
    Regex(String),
    Sign(&'static str),
}

const SIGNS: [&str; 8] = ["!=", "=~", "=", "(", ")", "[", "]", ","];

struct Parser<'q> {
    text: &'q str,
    tokens: Vec<Token>,
    at: usize,
}

impl<'q> Parser<'q> {
    fn read(text: &'q str) -> Result<Found, String> {
        let mut parser = Self {
            text,
            tokens: tokens(text).ok_or_else(|| refused(text))?,
            at: 0,
        };
        let found = parser.either(0)?;
        match parser.tokens.get(parser.at) {
            None => Ok(found),
            Some(_) => Err(refused(text)),
        }
    }

    fn refuse<T>(&self) -> Result<T, String> {
        Err(refused(self.text))
    }

    fn word(&mut self, wanted: &str) -> bool {
        let here = self.tokens.get(self.at);
        let found = matches!(here, Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
        self.at += usize::from(found);
        found
    }

    fn sign(&mut self, wanted: &str) -> bool {
        let found = self.tokens.get(self.at) == Some(&Token::Sign(wanted_sign(wanted)));
        self.at += usize::from(found);
        found
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn either(&mut self, depth: usize) -> Result<Found, String> {
        if depth > 50 {
            return self.refuse();
        }
        let mut any = vec![self.both(depth)?];
        while self.word("or") {
            any.push(self.both(depth)?);
        }
        Ok(one_or(any, Found::Any))
    }

    fn both(&mut self, depth: usize) -> Result<Found, String> {
        let mut all = vec![self.single(depth)?];
        while self.word("and") {
            all.push(self.single(depth)?);
        }
        Ok(one_or(all, Found::All))
    }

    fn single(&mut self, depth: usize) -> Result<Found, String> {
        if self.word("not") {
            if depth > 50 {
                return self.refuse();
            }
            return Ok(Found::Not(Box::new(self.single(depth + 1)?)));
        }
        if self.sign("(") {
            let found = self.either(depth + 1)?;
            return if self.sign(")") {
                Ok(found)
            } else {
                self.refuse()
            };
        }
        if self.word("ispresent") {
            if !self.sign("(") {
                return self.refuse();
            }
            let field = self.field()?;
            return if self.sign(")") {
                Ok(Found::Field(field, Ask::Present))
            } else {
                self.refuse()
            };
        }
        let field = self.field()?;
        self.test(field)
    }

    fn field(&mut self) -> Result<String, String> {
        let name = match self.next() {
            Some(Token::Word(name) | Token::Name(name)) => name,
            _ => return self.refuse(),
        };
        // `@message` and the like are no fields of the record, and a number is a place in a list.
        let plain = |part: &str| {
            part.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        };
        if name.split('.').all(plain) {
            Ok(name)
        } else {
            self.refuse()
        }
    }

    fn test(&mut self, field: String) -> Result<Found, String> {
        let not = self.word("not");
        let of = |ask| Found::Field(field.clone(), ask);
        let found = if self.word("in") {
            let texts = self.list()?;
            let each = texts.into_iter();
            if not {
                return Ok(Found::All(each.map(|text| of(Ask::IsNot(text))).collect()));
            }
            return Ok(Found::Any(each.map(|text| of(Ask::Is(text))).collect()));
        } else if self.word("like") {
            match self.next() {
                Some(Token::Text(text)) => of(Ask::Contains(text)),
                Some(Token::Regex(regex)) => of(Ask::Form(regex)),
                _ => return self.refuse(),
            }
        } else if !not && self.sign("=~") {
            match self.next() {
                Some(Token::Regex(regex)) => of(Ask::Form(regex)),
                _ => return self.refuse(),
            }
        } else if !not && (self.sign("=") || self.sign("!=")) {
            let equal = self.tokens.get(self.at - 1) == Some(&Token::Sign("="));
            match self.next() {
                Some(Token::Text(text)) if equal => of(Ask::Is(text)),
                Some(Token::Text(text)) => of(Ask::IsNot(text)),
                _ => return self.refuse(),
            }
        } else {
            return self.refuse();
        };
        Ok(if not {
            Found::Not(Box::new(found))
        } else {
            found
        })
    }

    fn list(&mut self) -> Result<Vec<String>, String> {
        if !self.sign("[") {
            return self.refuse();
        }
        let mut texts = Vec::new();
        loop {
            match self.next() {
                Some(Token::Text(text)) => texts.push(text),
                _ => return self.refuse(),
            }
            if self.sign("]") {
                return Ok(texts);
            }
            if !self.sign(",") {
                return self.refuse();
            }
        }
    }
}

fn refused(text: &str) -> String {
    format!("filter {}", text.trim())
}

fn wanted_sign(wanted: &str) -> &'static str {
    SIGNS
        .into_iter()
        .find(|sign| *sign == wanted)
        .unwrap_or_default()
}

fn one_or(mut parts: Vec<Found>, many: fn(Vec<Found>) -> Found) -> Found {
    match parts.pop() {
        Some(one) if parts.is_empty() => one,
        Some(last) => {
            parts.push(last);
            many(parts)
        }
        None => many(parts),
    }
}

/// The tokens of a condition; none where a letter has no place in one.
fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '"' | '\'' | '`' | '/' => {
                let inner = rest.get(1..)?;
                let end = inner.find(first)?;
                let inside = inner.get(..end)?;
                // What is escaped is not read: it would have to be read as AWS does.
                if inside.contains('\\') {
                    return None;
                }
                (quoted(first, inside)?, end + 2)
            }
            _ => match SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
                Some(sign) => (Token::Sign(sign), sign.len()),
                None => {
                    let part =
                        |letter: char| letter.is_ascii_alphanumeric() || "@._".contains(letter);
                    let length = rest.find(|letter| !part(letter)).unwrap_or(rest.len());
                    let word = rest.get(..length).filter(|word| !word.is_empty())?;
                    (Token::Word(word.to_owned()), length)
                }
            },
        };
        tokens.push(token);
        rest = rest.get(length..)?.trim_start();
    }
    Some(tokens)
}

fn quoted(quote: char, inside: &str) -> Option<Token> {
    Some(match quote {
        '`' => Token::Name(inside.to_owned()),
        '/' => {
            let plain =
                |letter: char| letter.is_ascii_alphanumeric() || PLAIN_REGEX.contains(letter);
            // `(?i)` and the like are not read.
            if inside.is_empty() || !inside.chars().all(plain) || inside.contains("(?") {
                return None;
            }
            Token::Regex(inside.to_owned())
        }
        _ => Token::Text(inside.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, ask: Ask) -> Found {
        Found::Field(name.to_owned(), ask)
    }

    fn is(name: &str, text: &str) -> Found {
        field(name, Ask::Is(text.to_owned()))
    }

    #[test]
    fn what_is_certain_is_read() {
        let query = "# changes of trails\nfields @timestamp, eventName\n| filter eventSource = 'cloudtrail.amazonaws.com' \
            and (eventName in [\"StopLogging\", \"DeleteTrail\"] or eventName like /Update|Create/)\n| sort @timestamp desc | limit 20";
        let expected = Found::All(vec![Found::All(vec![
            is("eventSource", "cloudtrail.amazonaws.com"),
            Found::Any(vec![
                Found::Any(vec![
                    is("eventName", "StopLogging"),
                    is("eventName", "DeleteTrail"),
                ]),
                field("eventName", Ask::Form("Update|Create".to_owned())),
            ]),
        ])]);
        assert_eq!(read(query), Ok(expected));
        let and_before_or = read("filter a = 'x' or b = 'y' AND NOT c like 'z'").unwrap();
        let Found::All(parts) = &and_before_or else {
            panic!("{and_before_or:?}")
        };
        assert!(matches!(&parts[0], Found::Any(any) if any.len() == 2));
        assert_eq!(read("fields @timestamp"), Ok(Found::All(vec![])));
        let not_in = read("filter userIdentity.type not in ['Root']").unwrap();
        assert!(format!("{not_in:?}").contains("IsNot"), "{not_in:?}");
        assert!(read("filter ispresent(errorCode) and `userIdentity.type` != \"Root\"").is_ok());
    }

    #[test]
    fn what_is_not_certain_is_refused() {
        for query in [
            "stats count(*) by eventName",
            "filter eventName = 'a' | stats count(*)",
            "parse @message '*' as x",
            "filter @message like /Root/",
            "fields eventName as x | filter x = 'a'",
            "fields strlen(eventName)",
            "filter readOnly = 0",
            "filter eventName = StopLogging",
            "filter a.0.b = 'x'",
            "filter eventName like /(?i)stop/",
            "filter eventName = 'a\\'b'",
            "filter eventName = 'a",
            "filter eventName = 'a' b",
            "filter (eventName = 'a'",
            "filter",
            "dedup eventName",
            "SOURCE logGroups() | filter eventName = 'a'",
            "limit 0",
        ] {
            assert!(read(query).is_err(), "{query}");
        }
        let deep = format!("filter {}a = 'x'{}", "(".repeat(10_000), ")".repeat(10_000));
        assert!(read(&deep).is_err());
        assert!(read(&format!("filter {}a = 'x'", "not ".repeat(10_000))).is_err());
    }
}
