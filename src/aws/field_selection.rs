//! `fieldSelectionCriteria` of a metric filter (F11): a condition on the system fields `@aws.account` and `@aws.region`.
//!
//! ```text
//! any  := all ("OR" all)*
//! all  := one ("AND" one)*
//! one  := "(" any ")" | field ("=" | "!=") value | field ["NOT"] "IN" "[" value ("," value)* "]"
//! ```
//! Knows nothing of filters or paths.

/// What criteria say of a log group's records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// They are counted.
    Chosen,
    /// They are left out.
    Left,
    /// The text is not understood; why.
    Unreadable(String),
}

/// Evaluates criteria for records of one account and region.
pub fn evaluate(criteria: &str, account: &str, region: &str) -> Selection {
    let read = tokens(criteria).and_then(|tokens| {
        let mut parser = Parser {
            tokens: &tokens,
            next: 0,
            account,
            region,
            depth: 0,
        };
        let chosen = parser.any()?;
        match parser.peek() {
            None => Ok(chosen),
            Some(token) => Err(format!("`{token}` comes unexpected")),
        }
    });
    match read {
        Ok(true) => Selection::Chosen,
        Ok(false) => Selection::Left,
        Err(why) => Selection::Unreadable(why),
    }
}

/// Parentheses within parentheses; far beyond what anybody writes.
const MAX_DEPTH: usize = 32;

struct Parser<'t> {
    tokens: &'t [String],
    next: usize,
    account: &'t str,
    region: &'t str,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&str> {
        self.tokens.get(self.next).map(String::as_str)
    }

    fn take(&mut self) -> Result<String, String> {
        let token = self
            .tokens
            .get(self.next)
            .cloned()
            .ok_or("the text ends too early")?;
        self.next += 1;
        Ok(token)
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self
            .peek()
            .is_some_and(|token| token.eq_ignore_ascii_case(word));
        if found {
            self.next += 1;
        }
        found
    }

    fn expect(&mut self, wanted: &str) -> Result<(), String> {
        let token = self.take()?;
        if token.eq_ignore_ascii_case(wanted) {
            Ok(())
        } else {
            Err(format!("`{token}` stands where `{wanted}` belongs"))
        }
    }

    fn any(&mut self) -> Result<bool, String> {
        let mut chosen = self.all()?;
        while self.take_word("OR") {
            chosen |= self.all()?;
        }
        Ok(chosen)
    }

    fn all(&mut self) -> Result<bool, String> {
        let mut chosen = self.one()?;
        while self.take_word("AND") {
            chosen &= self.one()?;
        }
        Ok(chosen)
    }

    fn one(&mut self) -> Result<bool, String> {
        if self.take_word("(") {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err("parentheses are nested too deep".to_owned());
            }
            let chosen = self.any()?;
            self.expect(")")?;
            self.depth -= 1;
            return Ok(chosen);
        }
        let field = self.take()?;
        let actual = match field.as_str() {
            "@aws.account" => self.account.to_owned(),
            "@aws.region" => self.region.to_owned(),
            other => return Err(format!("`{other}` is no system field")),
        };
        if self.take_word("=") {
            return Ok(self.value()? == actual);
        }
        if self.take_word("!=") {
            return Ok(self.value()? != actual);
        }
        let negated = self.take_word("NOT");
        self.expect("IN")?;
        self.expect("[")?;
        let mut found = self.value()? == actual;
        while self.take_word(",") {
            found |= self.value()? == actual;
        }
        self.expect("]")?;
        Ok(found != negated)
    }

    fn value(&mut self) -> Result<String, String> {
        let token = self.take()?;
        let quoted = token
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        match quoted {
            Some(text) => Ok(text.to_owned()),
            None if token
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || letter == '-') =>
            {
                Ok(token)
            }
            None => Err(format!("`{token}` is no value")),
        }
    }
}

/// Splits into operators, brackets, quoted strings (quotes kept) and words.
fn tokens(text: &str) -> Result<Vec<String>, String> {
    let mut tokens = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            letter if letter.is_whitespace() => {}
            '(' | ')' | '[' | ']' | ',' | '=' => tokens.push(letter.to_string()),
            '!' if letters.next_if_eq(&'=').is_some() => tokens.push("!=".to_owned()),
            quote @ ('"' | '\'') => {
                let mut value = String::from('"');
                loop {
                    match letters.next() {
                        None => return Err("a quote is not closed".to_owned()),
                        Some(letter) if letter == quote => break,
                        Some(letter) => value.push(letter),
                    }
                }
                value.push('"');
                tokens.push(value);
            }
            letter => {
                let mut word = String::from(letter);
                while let Some(more) =
                    letters.next_if(|next| !next.is_whitespace() && !"()[],=!\"'".contains(*next))
                {
                    word.push(more);
                }
                tokens.push(word);
            }
        }
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(criteria: &str) -> Selection {
        evaluate(criteria, "111122223333", "us-east-1")
    }

    #[test]
    fn criteria_are_evaluated_for_the_log_groups_account_and_region() {
        for chosen in [
            r#"@aws.account = "111122223333""#,
            r#"@aws.region != "eu-west-1""#,
            r#"@aws.region IN ["eu-west-1", "us-east-1"]"#,
            r#"@aws.region NOT IN ["eu-west-1"]"#,
            r#"@aws.account = "9" OR @aws.account = "111122223333" AND @aws.region = "us-east-1""#,
            r#"(@aws.account = "9" or @aws.account = 111122223333) and @aws.region = 'us-east-1'"#,
        ] {
            assert_eq!(of(chosen), Selection::Chosen, "{chosen}");
        }
        for left in [
            r#"@aws.account = "9""#,
            r#"@aws.region IN ["eu-west-1"]"#,
            r#"@aws.region NOT IN ["us-east-1"]"#,
            r#"@aws.account = "111122223333" AND @aws.region = "eu-west-1""#,
        ] {
            assert_eq!(of(left), Selection::Left, "{left}");
        }
    }

    #[test]
    fn what_is_not_understood_is_never_chosen() {
        for text in [
            "",
            "(",
            "@aws.account",
            "@aws.account =",
            "@aws.log = 1",
            "@aws.account = \"1",
            "true",
            "@aws.region IN []",
            "@aws.region = a b",
        ] {
            assert!(matches!(of(text), Selection::Unreadable(_)), "{text}");
        }
        assert!(matches!(of(&"(".repeat(10_000)), Selection::Unreadable(_)));
    }
}
