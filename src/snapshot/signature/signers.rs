//! Allowed signers: the lines that ssh-keygen(1) describes, read as OpenSSH reads them.
//!
//! A line counts here only if it counts there. So words, quotes, options and pattern lists follow OpenSSH byte by byte,
//! and what it leaves to the machine (the zone of a time) counts only where no machine would say otherwise.

use std::path::Path;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ssh_key::public::KeyData;
use ssh_key::{Algorithm, EcdsaCurve, PublicKey};

use super::{NAMESPACE, SignatureError, read, without_blanks};
use crate::aws::wildcard;

/// What OpenSSH takes for blank at the ends of a line and after its first word.
const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];

/// What OpenSSH takes for blank between options, key type and key.
const GAP: [char; 2] = [' ', '\t'];

/// From this length on OpenSSH takes no pattern of a list, nor any after it.
const MAX_PATTERN: usize = 1023;

/// The smallest and the largest RSA keys that OpenSSH reads, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 1024..=16384;

/// No zone is further behind UTC, or further ahead.
const BEHIND: SignedDuration = SignedDuration::from_hours(12);
const AHEAD: SignedDuration = SignedDuration::from_hours(14);

/// The people whose signatures count, in the format that ssh-keygen(1) calls ALLOWED SIGNERS.
#[derive(Debug, Clone)]
pub struct AllowedSigners {
    pub(super) entries: Vec<Entry>,
}

/// One line.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The list of principals, as the line has it.
    pub(super) principals: String,
    options: Options,
    pub(super) key: KeyData,
}

#[derive(Debug, Clone, Default)]
struct Options {
    namespaces: Option<String>,
    valid_after: Option<Moment>,
    valid_before: Option<Moment>,
    is_authority: bool,
}

/// A time of a line.
#[derive(Debug, Clone, Copy)]
struct Moment {
    /// Read as UTC.
    utc: Timestamp,
    /// Without it the time is one of the zone where ssh-keygen runs.
    has_zone: bool,
}

impl Moment {
    /// The first instant that is at or after it in every zone.
    fn latest(self) -> Timestamp {
        self.moved(BEHIND, Timestamp::MAX)
    }

    /// The last instant that is at or before it in every zone.
    fn earliest(self) -> Timestamp {
        self.moved(-AHEAD, Timestamp::MIN)
    }

    fn moved(self, by: SignedDuration, otherwise: Timestamp) -> Timestamp {
        if self.has_zone {
            self.utc
        } else {
            self.utc.checked_add(by).unwrap_or(otherwise)
        }
    }
}

impl AllowedSigners {
    /// Reads the file of that name.
    pub fn read(path: &Path) -> Result<Self, SignatureError> {
        let text = String::from_utf8(read(path)?).map_err(|_| SignatureError::Read {
            path: path.to_owned(),
            source: std::io::Error::new(std::io::ErrorKind::InvalidData, "it is not UTF-8"),
        })?;
        Self::parse(&text)
    }

    /// Reads the file; every line must be understood, since a line that is skipped may be the one that matters.
    pub fn parse(text: &str) -> Result<Self, SignatureError> {
        let mut entries = Vec::new();
        for (index, line) in text.split('\n').enumerate() {
            let line = line.trim_matches(BLANK);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let entry = parse_line(line).map_err(|why| SignatureError::AllowedSigners {
                line: index + 1,
                why,
            })?;
            entries.push(entry);
        }
        Ok(Self { entries })
    }
}

impl Entry {
    /// Why this line does not let its key sign.
    pub(super) fn objection(
        &self,
        identity: Option<&str>,
        at: Option<Timestamp>,
    ) -> Option<String> {
        let options = &self.options;
        if options.is_authority {
            return Some(
                "stands for a certificate authority; certificates are not supported here"
                    .to_owned(),
            );
        }
        match identity {
            Some(identity) if !matches_list(&self.principals, identity) => {
                return Some(format!(
                    "belongs to `{}`, not to `{identity}`",
                    self.principals
                ));
            }
            None if !matches_anybody(&self.principals) => {
                return Some(format!("belongs to `{}`, which is nobody", self.principals));
            }
            _ => {}
        }
        if let Some(namespaces) = &options.namespaces
            && !matches_list(namespaces, NAMESPACE)
        {
            return Some(format!("may sign for `{namespaces}` alone"));
        }
        if options.valid_after.is_none() && options.valid_before.is_none() {
            return None;
        }
        let Some(at) = at else {
            return Some(
                "is valid for a time alone; say with --at for when to check it".to_owned(),
            );
        };
        let too_early = options.valid_after.is_some_and(|after| at < after.latest());
        let too_late = (options.valid_before).is_some_and(|before| before.earliest() < at);
        if !too_early && !too_late {
            return None;
        }
        let has_zones = [options.valid_after, options.valid_before]
            .into_iter()
            .flatten()
            .all(|moment| moment.has_zone);
        Some(if has_zones {
            "was not valid at that time".to_owned()
        } else {
            "was not valid at that time in every time zone; a `Z` after the times of its line makes them UTC"
                .to_owned()
        })
    }
}

fn parse_line(line: &str) -> Result<Entry, String> {
    if line.contains('\0') {
        return Err("it has a NUL character".to_owned());
    }
    let (principals, rest) = first_word(line)?;
    if rest.is_empty() {
        return Err("it has no key".to_owned());
    }
    let (options, key) = match parse_key(rest) {
        Ok(key) => (Options::default(), key),
        Err(_) => {
            let (options, rest) = split_options(rest)?;
            let options = parse_options(options)?;
            (
                options,
                parse_key(rest).map_err(|why| format!("its key: {why}"))?,
            )
        }
    };
    Ok(Entry {
        principals,
        options,
        key,
    })
}

/// The first word and the rest. A quote begins anywhere in the word and ends it: `a"b c"d` is `ab c`, then `d`.
fn first_word(line: &str) -> Result<(String, &str), String> {
    let end = line
        .find(|character| BLANK.contains(&character) || character == '"')
        .ok_or("it has no key")?;
    let (word, rest) = line.split_at_checked(end).unwrap_or((line, ""));
    let (word, rest) = match rest.strip_prefix('"') {
        Some(quoted) => {
            let (quoted, rest) = quoted
                .split_once('"')
                .ok_or("a quote before the key has no end")?;
            (format!("{word}{quoted}"), rest)
        }
        None => (word.to_owned(), rest),
    };
    Ok((word, rest.trim_start_matches(BLANK)))
}

/// A key as ssh-keygen writes it, and whatever comment comes after it.
fn parse_key(text: &str) -> Result<KeyData, String> {
    let (kind, rest) = text.split_once(GAP).ok_or("it has no text")?;
    let rest = rest.trim_start_matches(GAP);
    let blob = without_blanks(rest.split(GAP).next().unwrap_or(rest));
    let written = format!("{kind} {blob}");
    let key = PublicKey::from_openssh(&written).map_err(|error| error.to_string())?;
    // Other spellings of the same key, and bytes after it, do not come back.
    if key.to_openssh().map_err(|error| error.to_string())? != written {
        return Err("it is not written as ssh-keygen writes it".to_owned());
    }
    let data = key.key_data();
    if let Some(why) = objection_to_key(data) {
        return Err(why.to_owned());
    }
    Ok(data.clone())
}

/// Why OpenSSH takes no such key, well-formed as it may be.
fn objection_to_key(key: &KeyData) -> Option<&'static str> {
    const SEC1_UNCOMPRESSED: u8 = 4;
    let point = match key {
        KeyData::Other(_) => return Some("OpenSSH knows no such type"),
        KeyData::Rsa(rsa) => {
            let modulus = rsa.n.as_positive_bytes().unwrap_or_default();
            let unused = modulus.first().map_or(0, |byte| byte.leading_zeros());
            let bits = modulus.len().saturating_mul(8) - unused as usize;
            return (!RSA_BITS.contains(&bits)).then_some("OpenSSH takes no RSA key of its length");
        }
        KeyData::Ecdsa(point) => point.as_sec1_bytes(),
        KeyData::SkEcdsaSha2NistP256(key) => key.ec_point().as_bytes(),
        _ => return None,
    };
    (point.first() != Some(&SEC1_UNCOMPRESSED)).then_some("its point is compressed")
}

/// Whether signatures of such keys can be checked here.
pub(super) fn is_supported(key: &KeyData) -> bool {
    matches!(
        key.algorithm(),
        Algorithm::Ed25519
            | Algorithm::SkEd25519
            | Algorithm::Ecdsa {
                curve: EcdsaCurve::NistP256
            }
    )
}

/// Splits at the first blank outside of quotes; `\"` neither begins nor ends one.
fn split_options(text: &str) -> Result<(&str, &str), String> {
    let mut is_quoted = false;
    let mut previous = '\0';
    let end = text.find(|character: char| {
        let is_quote = character == '"' && previous != '\\';
        // What `\"` stands for is no backslash before another quote.
        previous = character;
        is_quoted ^= is_quote;
        !is_quoted && GAP.contains(&character)
    });
    match end {
        Some(end) => {
            let (options, rest) = text.split_at_checked(end).unwrap_or((text, ""));
            Ok((options, rest.trim_start_matches(GAP)))
        }
        None if is_quoted => Err("a quote in its options has no end".to_owned()),
        None => Err(format!("`{text}` is neither an option nor a key")),
    }
}

fn parse_options(text: &str) -> Result<Options, String> {
    let mut options = Options::default();
    let mut rest = text;
    loop {
        let before = rest;
        if let Some(after) = strip_name(rest, "cert-authority") {
            options.is_authority = true;
            rest = after;
        } else if let Some(value) = strip_name(rest, "namespaces=") {
            rest = once(&mut options.namespaces, "namespaces", unquote(value)?)?;
        } else if let Some(value) = strip_name(rest, "valid-after=") {
            let (value, after) = unquote(value)?;
            rest = once(
                &mut options.valid_after,
                "valid-after",
                (time(&value)?, after),
            )?;
        } else if let Some(value) = strip_name(rest, "valid-before=") {
            let (value, after) = unquote(value)?;
            rest = once(
                &mut options.valid_before,
                "valid-before",
                (time(&value)?, after),
            )?;
        }
        if rest.is_empty() {
            break;
        }
        rest = rest.strip_prefix(',').ok_or_else(|| {
            let part = before.split(',').next().unwrap_or(before);
            format!("`{part}` is neither an option nor a key")
        })?;
        if rest.is_empty() {
            return Err("its options end in a comma".to_owned());
        }
    }
    if let (Some(after), Some(before)) = (options.valid_after, options.valid_before)
        && after.has_zone == before.has_zone
        && before.utc <= after.utc
    {
        return Err("its time of valid-before is not after that of valid-after".to_owned());
    }
    Ok(options)
}

/// What comes after a name, whatever its letter case.
fn strip_name<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then_some(rest)
}

/// A value in quotes, where `\"` stands for a quote, and what comes after it.
fn unquote(text: &str) -> Result<(String, &str), String> {
    let mut rest = text
        .strip_prefix('"')
        .ok_or("the value of an option is not in quotes")?;
    let mut value = String::new();
    loop {
        if let Some(after) = rest.strip_prefix("\\\"") {
            value.push('"');
            rest = after;
            continue;
        }
        let mut characters = rest.chars();
        match characters.next() {
            Some('"') => return Ok((value, characters.as_str())),
            Some(character) => value.push(character),
            None => return Err("a quote in its options has no end".to_owned()),
        }
        rest = characters.as_str();
    }
}

/// Sets an option that a line may name once.
fn once<'a, T>(
    option: &mut Option<T>,
    name: &str,
    (value, rest): (T, &'a str),
) -> Result<&'a str, String> {
    match option.replace(value) {
        None => Ok(rest),
        Some(_) => Err(format!("it names `{name}` twice")),
    }
}

/// `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`, with `Z` or `UTC` after it or without a zone.
fn time(text: &str) -> Result<Moment, String> {
    let invalid = || format!("`{text}` is not a time such as 20261121Z or 202611211530Z");
    let upper = text.to_ascii_uppercase();
    let stripped = upper
        .strip_suffix('Z')
        .or_else(|| upper.strip_suffix("UTC"));
    let digits = stripped.unwrap_or(&upper);
    if !matches!(digits.len(), 8 | 12 | 14) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid());
    }
    let number = |from: usize, to: usize| {
        digits
            .get(from..to)
            .map_or(Ok(0), |part| part.parse::<i8>())
    };
    let year = digits.get(..4).unwrap_or_default().parse::<i16>();
    let read = || {
        let date_and_time = DateTime::new(
            year.ok()?,
            number(4, 6).ok()?,
            number(6, 8).ok()?,
            number(8, 10).ok()?,
            number(10, 12).ok()?,
            number(12, 14).ok()?,
            0,
        );
        let zoned = date_and_time.ok()?.to_zoned(TimeZone::UTC).ok()?;
        Some(zoned.timestamp())
    };
    let utc = read().ok_or_else(invalid)?;
    // Times before 1970 are none to OpenSSH.
    if utc <= Timestamp::UNIX_EPOCH {
        return Err(invalid());
    }
    Ok(Moment {
        utc,
        has_zone: stripped.is_some(),
    })
}

/// A pattern list of OpenSSH: comma-separated, `*` and `?` as wildcards of bytes, `!` to exclude.
fn matches_list(list: &str, text: &str) -> bool {
    let mut matched = false;
    // Nothing after a last comma is no pattern, and neither is nothing at all.
    for pattern in list.split_terminator(',') {
        if pattern.len() - usize::from(pattern.starts_with('!')) >= MAX_PATTERN {
            return false;
        }
        match pattern.strip_prefix('!') {
            Some(pattern) if wildcard::matches(pattern.bytes(), text.bytes()) => {
                return false;
            }
            Some(_) => {}
            None => matched |= wildcard::matches(pattern.bytes(), text.bytes()),
        }
    }
    matched
}

/// Whether there is somebody whom the list matches: one of its first patterns with its wildcards filled in. Somebody
/// else whom exclusions leave can be asked for by name.
fn matches_anybody(list: &str) -> bool {
    const FILLS: [&str; 4] = ["x", "0", "@", "-"];
    const TRIED: usize = 100;
    list.split_terminator(',')
        .filter(|pattern| !pattern.starts_with('!'))
        .take(TRIED)
        .any(|pattern| {
            FILLS.iter().any(|fill| {
                ["", fill].iter().any(|stars| {
                    matches_list(list, &pattern.replace('*', stars).replace('?', fill))
                })
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0nQqvY1Jm9n6e0S6qkYt0x5n7mO0d4iT2wG4yqk3bH";

    #[test]
    fn pattern_lists_are_those_of_openssh() {
        for (list, text, expected) in [
            ("jane@example.com", "jane@example.com", true),
            ("jane@example.com", "roe@example.com", false),
            ("*@example.com", "roe@example.com", true),
            ("*@example.com,!roe@example.com", "roe@example.com", false),
            ("a,b,c", "b", true),
            ("?", "ab", false),
            ("**a*", "xxaxx", true),
            ("", "", false),
            ("*", "", true),
        ] {
            assert_eq!(matches_list(list, text), expected, "{list} {text}");
        }
    }

    #[test]
    fn lines_have_principals_options_and_a_key() {
        let text = format!(
            "# people\n\njane@example.com {KEY} a comment\n\"a b,c\" namespaces=\"git,trail*\",valid-after=\"20260101Z\",valid-before=\"202702010000Z\" {KEY}\n"
        );
        let signers = AllowedSigners::parse(&text).unwrap();
        let [plain, limited] = &signers.entries[..] else {
            panic!("{signers:?}");
        };
        assert_eq!(plain.objection(Some("jane@example.com"), None), None);
        assert!(plain.objection(Some("roe@example.com"), None).is_some());
        assert_eq!(limited.principals, "a b,c");
        let at = |time: &str| limited.objection(None, Some(time.parse().unwrap()));
        assert_eq!(at("2026-01-01T00:00:00Z"), None);
        assert!(at("2025-12-31T23:59:59Z").is_some());
        assert_eq!(at("2027-02-01T00:00:00Z"), None);
        assert!(at("2027-02-01T00:00:01Z").is_some());
        assert!(limited.objection(None, None).unwrap().contains("--at"));
        for (line, why) in [
            ("jane", "no key"),
            ("jane ssh-ed25519 AAAA", "neither an option nor a key"),
            (&format!("jane valid-after=\"soon\" {KEY}"), "not a time"),
            (
                &format!("jane pets=\"allowed\" {KEY}"),
                "neither an option nor a key",
            ),
        ] {
            let error = AllowedSigners::parse(&format!("\n{line}"))
                .unwrap_err()
                .to_string();
            assert!(error.contains("line 2") && error.contains(why), "{error}");
        }
    }
}
