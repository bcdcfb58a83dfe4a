//! JSON with places: what the errors of a pattern need and an ordinary JSON reader forgets. The last of two equal names
//! wins, as EventBridge reads it.

use std::ops::Range;

/// A value and the bytes that it was read from.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) span: Range<usize>,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Tree>),
    Object(Vec<Member>),
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) name_span: Range<usize>,
    pub(super) value: Tree,
}

/// What is wrong, and where.
pub(super) type Fault = (Range<usize>, String);

/// Objects and lists within one another before the text is refused.
const DEPTH: usize = 100;

pub(super) fn read(text: &str) -> Result<Tree, Fault> {
    let mut reader = Reader { text, at: 0 };
    let tree = reader.value(0)?;
    reader.blanks();
    if reader.at < text.len() {
        return Err((
            reader.at..text.len(),
            "text after the end of the pattern".into(),
        ));
    }
    Ok(tree)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        let kept = rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.at += rest.len() - kept;
    }

    /// The fault at the next letter.
    fn here<T>(&self, what: &str) -> Result<T, Fault> {
        let length = self.peek().map_or(0, char::len_utf8);
        Err((self.at..self.at + length, what.to_owned()))
    }

    fn take(&mut self, letter: char) -> bool {
        self.blanks();
        let found = self.rest().starts_with(letter);
        if found {
            self.at += letter.len_utf8();
        }
        found
    }

    fn value(&mut self, depth: usize) -> Result<Tree, Fault> {
        self.blanks();
        let start = self.at;
        if depth > DEPTH {
            return self.here("too many objects and lists within one another");
        }
        let kind = match self.peek() {
            None => return self.here("the pattern ends before a value"),
            Some('{') => self.object(depth)?,
            Some('[') => self.list(depth)?,
            Some('"') => Kind::Text(self.string()?),
            Some(letter) if letter == '-' || letter.is_ascii_digit() => self.number()?,
            Some(_) => {
                let words = [
                    ("null", Kind::Null),
                    ("true", Kind::Bool(true)),
                    ("false", Kind::Bool(false)),
                ];
                let rest = self.rest();
                match words.into_iter().find(|(word, _)| rest.starts_with(word)) {
                    Some((word, kind)) => {
                        self.at += word.len();
                        kind
                    }
                    None => return self.here("expected a JSON value"),
                }
            }
        };
        Ok(Tree {
            span: start..self.at,
            kind,
        })
    }

    fn object(&mut self, depth: usize) -> Result<Kind, Fault> {
        self.take('{');
        let mut members: Vec<Member> = Vec::new();
        if self.take('}') {
            return Ok(Kind::Object(members));
        }
        loop {
            self.blanks();
            if self.peek() != Some('"') {
                return self.here("expected a field name in quotes");
            }
            let start = self.at;
            let name = self.string()?;
            let name_span = start..self.at;
            if !self.take(':') {
                return self.here("expected `:` after the field name");
            }
            let value = self.value(depth + 1)?;
            members.retain(|member| member.name != name);
            members.push(Member {
                name,
                name_span,
                value,
            });
            if self.take('}') {
                return Ok(Kind::Object(members));
            }
            if !self.take(',') {
                return self.here("expected `,` or `}`");
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Kind, Fault> {
        self.take('[');
        let mut values = Vec::new();
        if self.take(']') {
            return Ok(Kind::List(values));
        }
        loop {
            values.push(self.value(depth + 1)?);
            if self.take(']') {
                return Ok(Kind::List(values));
            }
            if !self.take(',') {
                return self.here("expected `,` or `]`");
            }
        }
    }

    /// The raw text up to the closing quote; its escapes are read by the JSON library.
    fn string(&mut self) -> Result<String, Fault> {
        let start = self.at;
        let mut escaped = false;
        for (offset, letter) in self.rest().char_indices().skip(1) {
            if escaped {
                escaped = false;
            } else if letter == '\\' {
                escaped = true;
            } else if letter == '"' {
                self.at = start + offset + 1;
                let span = start..self.at;
                let raw = self.text.get(span.clone()).unwrap_or_default();
                return serde_json::from_str(raw).map_err(|_| {
                    (
                        span,
                        "the text has an escape or letter that JSON lacks".into(),
                    )
                });
            }
        }
        Err((
            start..self.text.len(),
            "the text has no closing quote".into(),
        ))
    }

    fn number(&mut self) -> Result<Kind, Fault> {
        let start = self.at;
        let length = self
            .rest()
            .find(|letter: char| !(letter.is_ascii_digit() || "+-.eE".contains(letter)))
            .unwrap_or(self.rest().len());
        self.at += length;
        let span = start..self.at;
        let raw = self.text.get(span.clone()).unwrap_or_default();
        match serde_json::from_str::<serde_json::Number>(raw) {
            Ok(_) => Ok(Kind::Number(raw.to_owned())),
            Err(_) => Err((span, "this is no JSON number".into())),
        }
    }
}
