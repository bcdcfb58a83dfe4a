//! Masks: what stands in for a name, an account, an ARN or an address.
//!
//! Every letter and digit is replaced by one of its own class, chosen by a keyed hash of everything before it. So the
//! same text always gives the same mask, two texts never share one, texts that begin alike have masks that begin
//! alike (a prefix in a policy or filter policy keeps its meaning), and punctuation stays: a masked e-mail address is
//! still shaped like one. None of the replaced characters stays what it was.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use crate::aws::arn::{self, Arn};

use super::vocabulary::{
    digits, is_partition, is_region, is_resource_of_aws, is_resource_type, is_service,
    is_service_name, is_value, letters,
};

/// What the masks are keyed by; never stored.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    /// A secret that nobody knows.
    pub fn random() -> rusqlite::Result<Self> {
        // SQLite seeds its generator from the operating system's.
        let connection = rusqlite::Connection::open_in_memory()?;
        let bytes: Vec<u8> = connection.query_row("select randomblob(32)", [], |row| row.get(0))?;
        Ok(Self::from_bytes(&bytes))
    }

    /// A secret from any bytes, such as a file's. Whoever has them can undo the masks of known texts.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"trailproof redact\n");
        hash.update(bytes);
        Self(hash.finalize().into())
    }
}

/// Replaces identifiers, and remembers which ones it replaced.
pub(super) struct Mask {
    secret: Secret,
    known: RefCell<BTreeMap<String, String>>,
    originals: RefCell<BTreeSet<String>>,
    /// Runs of letters and digits in masks.
    runs: RefCell<BTreeSet<String>>,
}

impl Mask {
    pub(super) fn new(secret: Secret) -> Self {
        Self {
            secret,
            known: RefCell::default(),
            originals: RefCell::default(),
            runs: RefCell::default(),
        }
    }

    /// Every text that was replaced.
    pub(super) fn into_originals(self) -> BTreeSet<String> {
        self.originals.into_inner()
    }

    /// The texts that were replaced so far.
    pub(super) fn originals(&self) -> BTreeSet<String> {
        self.originals.borrow().clone()
    }

    /// What wrote a snapshot: our own names of producers stay.
    pub(super) fn producer(&self, text: &str) -> String {
        let words = text.split(' ').map(|word| {
            let is_version = word
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
                && word.len() <= 12;
            if is_version || matches!(word, "trailproof" | "collect" | "import" | "(redacted)") {
                word.to_owned()
            } else {
                self.name(word)
            }
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// Whether a run of letters or digits is of a mask.
    pub(super) fn is_masked_run(&self, run: &str) -> bool {
        self.runs.borrow().contains(run)
    }

    /// Remembers a text that holds masks, so that its runs are not taken for what they were made from.
    pub(super) fn note(&self, masked: &str) {
        let mut runs = self.runs.borrow_mut();
        runs.extend(letters(masked).chain(digits(masked)).map(str::to_owned));
    }

    /// A name, id, account or address, as one text.
    pub(super) fn name(&self, text: &str) -> String {
        if let Some(masked) = self.known.borrow().get(text) {
            return masked.clone();
        }
        let (prefix, stem, suffix) = affixes(text);
        let masked = format!("{prefix}{}{suffix}", self.characters(stem));
        if masked != text {
            self.originals.borrow_mut().insert(stem.to_owned());
        }
        self.note(&masked);
        self.known
            .borrow_mut()
            .insert(text.to_owned(), masked.clone());
        masked
    }

    fn characters(&self, text: &str) -> String {
        let mut state = self.secret.0;
        let mut out = String::with_capacity(text.len());
        for character in text.chars() {
            let [first, second, ..] = state;
            let random = u32::from(first) << 8 | u32::from(second);
            out.push(match character {
                '0'..='9' => rotate(character, '0', 10, random),
                'a'..='z' => rotate(character, 'a', 26, random),
                'A'..='Z' => rotate(character, 'A', 26, random),
                other if other.is_ascii() => other,
                // No class to stay in: the letter depends on the character as well.
                other => rotate('a', 'a', 26, random ^ u32::from(other)),
            });
            let mut hash = Sha256::new();
            hash.update(self.secret.0);
            hash.update(state);
            hash.update(character.encode_utf8(&mut [0; 4]).as_bytes());
            state = hash.finalize().into();
        }
        out
    }

    /// An ARN: partition, service, Region and AWS's own resources stay where they are known. Anything else is masked.
    pub(super) fn arn(&self, text: &str) -> String {
        let Some(parts) = Arn::parse(text) else {
            return self.name(text);
        };
        let (service, account, resource) = (parts.service, parts.account, parts.resource);
        let kept = |text: &str, is_own: fn(&str) -> bool| {
            if text.bytes().all(|byte| byte == b'*') || is_own(text) {
                text.to_owned()
            } else {
                self.name(text)
            }
        };
        let resource = match (service, account) {
            // Managed policies and data identifiers.
            (_, "aws") if is_resource_of_aws(resource) => resource.to_owned(),
            // `arn:aws:automate:us-east-1:ec2:stop` has a service where others have an account.
            ("automate", "ec2") => kept(resource, is_resource_type),
            _ => self.resource(service, resource),
        };
        let account = match account {
            "" | "aws" | "*" => account.to_owned(),
            "ec2" if service == "automate" => account.to_owned(),
            account => self.name(account),
        };
        Arn {
            partition: &kept(parts.partition, is_partition),
            service: &kept(service, is_service_name),
            region: &kept(parts.region, is_region),
            account: &account,
            resource: &resource,
        }
        .to_string()
    }

    /// The last part of an ARN. A name in it is masked as the name alone is, so that joins by name still hold.
    fn resource(&self, service: &str, text: &str) -> String {
        let named = |kind: &str, delimiter: char, name: &str| {
            format!("{kind}{delimiter}{}", self.name(name))
        };
        match service {
            "logs" => {
                let Some(rest) = text.strip_prefix("log-group:") else {
                    return self.segments(text);
                };
                match rest.split_once(':') {
                    Some((name, "*")) => format!("log-group:{}:*", self.name(name)),
                    Some((name, stream)) => {
                        format!("log-group:{}:{}", self.name(name), self.segments(stream))
                    }
                    None => named("log-group", ':', rest),
                }
            }
            "cloudwatch" | "monitoring" => match text.split_once(':') {
                Some((kind @ ("alarm" | "alarm-mute-rule"), name)) => named(kind, ':', name),
                _ => self.segments(text),
            },
            "sns" => match text.split_once(':') {
                Some((topic, subscription)) => {
                    format!("{}:{}", self.name(topic), self.name(subscription))
                }
                None => self.name(text),
            },
            "kms" => match text.split_once('/') {
                Some(("key", id)) => named("key", '/', id),
                Some(("alias", _)) => self.key(text),
                _ => self.segments(text),
            },
            _ => self.segments(text),
        }
    }

    /// Segments between `/` and `:`; the type of the resource at the front stays.
    fn segments(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for (index, part) in text.split_inclusive(['/', ':']).enumerate() {
            let segment = part.trim_end_matches(['/', ':']);
            let delimiter = part.get(segment.len()..).unwrap_or_default();
            let stays = index == 0 && is_resource_type(segment)
                || matches!(segment, "service-role" | "aws-service-role" | "default")
                || is_service(segment);
            out.push_str(&if stays {
                segment.to_owned()
            } else {
                self.name(segment)
            });
            out.push_str(delimiter);
        }
        out
    }

    /// A KMS key: an id, an ARN, or an alias, of which AWS's own stay.
    pub(super) fn key(&self, text: &str) -> String {
        if arn::is_arn(text) {
            return self.arn(text);
        }
        match text.strip_prefix("alias/") {
            Some(alias) if alias.strip_prefix("aws/").is_some_and(is_service_name) => {
                text.to_owned()
            }
            Some(alias) => format!("alias/{}", self.name(alias)),
            None => self.name(text),
        }
    }

    /// A name or an ARN.
    pub(super) fn name_or_arn(&self, text: &str) -> String {
        if arn::is_arn(text) {
            self.arn(text)
        } else {
            self.name(text)
        }
    }

    /// Where a subscription leads to: an address, a number, a URL or an ARN.
    pub(super) fn endpoint(&self, text: &str) -> String {
        // The one endpoint that is AWS's own and the same for everybody.
        if text == "https://global.sns-api.chatbot.amazonaws.com" {
            return text.to_owned();
        }
        for scheme in ["https://", "http://"] {
            if let Some(rest) = text.strip_prefix(scheme) {
                return format!("{scheme}{}", self.name(rest));
            }
        }
        self.name_or_arn(text)
    }

    /// A value of a policy, a filter policy or a pattern: AWS's constants stay.
    pub(super) fn value(&self, text: &str) -> String {
        if is_value(text) {
            text.to_owned()
        } else if text.starts_with("alias/") {
            self.key(text)
        } else {
            self.endpoint(text)
        }
    }
}

/// Parts that say what kind of name it is, and not which: the letter of an organization's id, the suffix of a FIFO topic.
fn affixes(text: &str) -> (&str, &str, &str) {
    for prefix in ["o-", "ou-", "r-"] {
        if let Some(id) = text.strip_prefix(prefix)
            && id.len() >= 4
            && id
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        {
            return (prefix, id, "");
        }
    }
    match text.strip_suffix(".fifo") {
        Some(stem) => ("", stem, ".fifo"),
        None => ("", text, ""),
    }
}

/// Another character of the same class.
fn rotate(character: char, first: char, size: u32, random: u32) -> char {
    let offset = u32::from(character) - u32::from(first);
    let shifted = (offset + 1 + random % (size - 1)) % size;
    char::from_u32(u32::from(first) + shifted).unwrap_or(first)
}
