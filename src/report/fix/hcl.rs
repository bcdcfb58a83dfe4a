//! Terraform's language, as far as a configuration of literals, references and blocks needs it.

use std::fmt::Write as _;

use serde_json::Value;

/// A block: `resource "type" "name" { ... }`, or one nested in another.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Block {
    head: String,
    arguments: Vec<(String, String)>,
    blocks: Vec<Block>,
}

impl Block {
    /// A block of a kind with its labels, which are names of our own making.
    pub(super) fn new(kind: &str, labels: &[&str]) -> Self {
        let labels: Vec<String> = labels.iter().map(|label| format!(" \"{label}\"")).collect();
        Self {
            head: format!("{kind}{}", labels.concat()),
            arguments: Vec::new(),
            blocks: Vec::new(),
        }
    }

    /// Adds an argument, given as an expression.
    pub(super) fn set(&mut self, name: &str, expression: impl Into<String>) -> &mut Self {
        self.arguments.push((name.to_owned(), expression.into()));
        self
    }

    /// Adds a block inside.
    pub(super) fn push(&mut self, block: Self) -> &mut Self {
        self.blocks.push(block);
        self
    }

    /// The block as `terraform fmt` writes it.
    pub(super) fn write(&self, out: &mut String, depth: usize) {
        let pad = "  ".repeat(depth);
        if self.arguments.is_empty() && self.blocks.is_empty() {
            let _ = writeln!(out, "{pad}{} {{}}", self.head);
            return;
        }
        let _ = writeln!(out, "{pad}{} {{", self.head);
        aligned(out, &pad, &self.arguments);
        for (position, block) in self.blocks.iter().enumerate() {
            if position > 0 || !self.arguments.is_empty() {
                out.push('\n');
            }
            block.write(out, depth + 1);
        }
        let _ = writeln!(out, "{pad}}}");
    }
}

/// Assignments as `terraform fmt` writes them: those on consecutive lines are aligned, but for what takes several lines.
fn aligned(out: &mut String, pad: &str, all: &[(String, String)]) {
    for run in all.split_inclusive(|(_, expression)| expression.contains('\n')) {
        let single = |it: &&(String, String)| !it.1.contains('\n');
        let names = run.iter().filter(single).map(|(name, _)| name.len());
        let width = names.max().unwrap_or_default();
        for (name, expression) in run {
            let width = if expression.contains('\n') { 0 } else { width };
            let text = expression.replace('\n', &format!("\n{pad}  "));
            let _ = writeln!(out, "{pad}  {name:<width$} = {text}");
        }
    }
}

/// Texts that stand for something else wherever they occur: as a whole, or inside others.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// A whole text and the reference that gives it.
    pub(super) whole: Vec<(String, String)>,
    /// A part of texts and the reference that gives it.
    pub(super) part: Vec<(String, String)>,
}

impl Names {
    /// A text as an expression.
    pub(super) fn text(&self, text: &str) -> String {
        if let Some((_, reference)) = self.whole.iter().find(|(known, _)| known == text) {
            return reference.clone();
        }
        format!("\"{}\"", self.inside(text, &self.part))
    }

    fn inside(&self, text: &str, parts: &[(String, String)]) -> String {
        let Some(((part, reference), others)) = parts.split_first() else {
            return escaped(text);
        };
        let pieces: Vec<String> = text
            .split(part.as_str())
            .map(|piece| self.inside(piece, others))
            .collect();
        let last = pieces.len().saturating_sub(1);
        let mut out = String::new();
        for (place, piece) in pieces.iter().enumerate() {
            match piece.strip_suffix('$').filter(|_| place < last) {
                // Before a reference it would escape it.
                Some(start) => out.push_str(&format!("{start}${{\"$\"}}")),
                None => out.push_str(piece),
            }
            if place < last {
                out.push_str(&format!("${{{reference}}}"));
            }
        }
        out
    }

    /// A JSON value as an expression.
    pub(super) fn value(&self, value: &Value) -> String {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) if items.iter().any(Value::is_object) => {
                let items: Vec<String> = items
                    .iter()
                    .map(|item| format!("  {}", self.value(item).replace('\n', "\n  ")))
                    .collect();
                format!("[\n{}\n]", items.join(",\n"))
            }
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| self.value(item)).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
            Value::Object(fields) => {
                let fields: Vec<(String, String)> = fields
                    .iter()
                    .map(|(name, value)| (format!("(\"{}\")", escaped(name)), self.value(value)))
                    .collect();
                let mut out = String::from("{\n");
                aligned(&mut out, "", &fields);
                out.push('}');
                out
            }
            other => other.to_string(),
        }
    }
}

/// A text inside the quotes of a template: nothing in it ends the text or begins a reference.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if rest.peek() == Some(&'{') => {
                out.push(c);
                out.push(c);
            }
            ' '..='~' => out.push(c),
            c if u32::from(c) > 0xffff => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
            c => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_a_text() {
        let names = Names::default();
        assert_eq!(
            names.text("a\"b\\${x}%{y}\n\u{202e}"),
            "\"a\\\"b\\\\$${x}%%{y}\\n\\u202e\""
        );
        assert_eq!(names.text("$.a"), "\"$.a\"");
    }

    #[test]
    fn parts_and_whole_texts_become_references() {
        let names = Names {
            whole: vec![("arn:1:t".into(), "aws_sns_topic.t.arn".into())],
            part: vec![("111122223333".into(), "local.account".into())],
        };
        assert_eq!(names.text("arn:1:t"), "aws_sns_topic.t.arn");
        assert_eq!(
            names.text("x:111122223333:${"),
            "\"x:${local.account}:$${\""
        );
        assert_eq!(names.text("$111122223333"), "\"${\"$\"}${local.account}\"");
    }
}
