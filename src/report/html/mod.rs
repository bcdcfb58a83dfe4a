//! One page to file and to print: self-contained, readable without script, with nothing that a browser would fetch.
//!
//! The policy in its head allows the page's own style and script by their digests and nothing else, so that no name in a
//! snapshot can run or load anything even if an escape were forgotten. Script adds filter and search, no content.

mod chain;
mod compared;
mod controls;
mod finding;
mod page;
mod summaries;

use base64ct::{Base64, Encoding as _};
use sha2::{Digest as _, Sha256};

use crate::diff::Diff;

use super::dossier::Dossier;
use super::printable::one_line;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The analysis as an HTML page.
pub(super) fn render(dossier: Dossier<'_>) -> String {
    let title = format!("trailproof: {}", dossier.analysis.benchmark_title);
    document(&title, |out| page::body(out, dossier))
}

/// A comparison as an HTML page.
pub(super) fn compared(diff: &Diff) -> String {
    let title = format!("trailproof: what changed, {}", diff.benchmark_title);
    document(&title, |out| compared::body(out, diff))
}

fn document(title: &str, body: impl FnOnce(&mut String)) -> String {
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; \
         script-src 'sha256-{}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
        Base64::encode_string(&Sha256::digest(STYLE)),
        Base64::encode_string(&Sha256::digest(SCRIPT)),
        text(title),
    );
    body(&mut out);
    out.push_str(&format!("<script>{SCRIPT}</script>\n</body>\n</html>\n"));
    out
}

/// Data as text of an element or of a quoted attribute, on one line.
fn text(data: &str) -> String {
    let mut out = String::with_capacity(data.len());
    for c in one_line(data).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A sentence in which what stands in backticks is a name.
fn sentence(data: &str) -> String {
    let parts: Vec<&str> = data.split('`').collect();
    let mut out = String::new();
    for (index, part) in parts.iter().enumerate() {
        if index % 2 == 0 {
            out.push_str(&text(part));
        } else if index + 1 < parts.len() {
            out.push_str(&format!("<code>{}</code>", text(part)));
        } else {
            out.push_str(&format!("`{}", text(part)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{sentence, text};

    #[test]
    fn data_is_text_and_nothing_else() {
        assert_eq!(
            text("<script>'\"&\n\u{202e}"),
            "&lt;script&gt;&#39;&quot;&amp;\\n\\u{202e}"
        );
        assert_eq!(
            sentence("alarm `<b>` is `off"),
            "alarm <code>&lt;b&gt;</code> is `off"
        );
    }
}
