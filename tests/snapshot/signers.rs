//! Allowed signers and signatures against OpenSSH: nothing counts here that ssh-keygen refuses.
//!
//! Lines and signatures are changed at random, by a seed that stays, and both tools are asked about each. What
//! ssh-keygen takes and trailproof does not is listed with its reason and has to stay rare.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::Timestamp;
use tempfile::TempDir;
use trailproof::snapshot::SnapshotFile;
use trailproof::snapshot::signature::{self, AllowedSigners};

use super::complete;
use crate::support::thoroughness;

const JANE: &str = "jane@example.com";

/// For when validity is asked, for both tools.
const AT: &str = "2026-11-21T12:00:00Z";
const AT_FOR_SSH: &str = "verify-time=20261121120000Z";

/// What a mutation inserts: all that means something in a line, and something that looks like a blank.
const PIECES: [&str; 32] = [
    " ",
    "\t",
    "\r",
    "\u{b}",
    "\u{a0}",
    "\"",
    "\\\"",
    "\\",
    ",",
    "=",
    "!",
    "*",
    "?",
    "#",
    "Z",
    "UTC",
    "z",
    "cert-authority",
    "namespaces=\"trailproof\"",
    "namespaces=\"git,*\"",
    "namespaces=trailproof",
    "NAMESPACES=\"trail*\"",
    "namespaces=\"!trailproof,*\"",
    "valid-after=\"20260101\"",
    "valid-after=20260101",
    "valid-before=\"20270101Z\"",
    "valid-before=\"20260101Z\"",
    "valid-after=\"20261121\"",
    "valid-before=\"202611211200Z\"",
    "valid-after=\"20260230Z\"",
    "pets=\"allowed\"",
    "\n",
];

/// Why a line does not count here that counts for ssh-keygen; the words are those of the message.
const STRICTER: [&str; 2] = [
    // OpenSSH normalizes the 30th of February, and skips blanks in numbers.
    "is not a time",
    // The zone of the machine decides there.
    "in every time zone",
];

/// Why a signature does not count here that counts for ssh-keygen.
const STRICTER_SIGNATURE: [&str; 2] = [
    // OpenSSH looks no further than the first footer.
    "something comes after its footer line",
    // It ignores a reserved field whose bytes are no text, and signatures of a version 0.
    "not written as",
];

/// The reason of a file one line of which ssh-keygen does not take either, and passes over.
const ANOTHER_LINE: &str = "another line is not understood";

/// A generator without a crate, so that the cases are the same for good.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}

/// A signed snapshot, and keys whose public lines are `type blob`.
struct Bench {
    directory: TempDir,
    file: SnapshotFile,
    path: PathBuf,
    keys: BTreeMap<&'static str, String>,
}

impl Bench {
    /// None where there is no ssh-keygen.
    fn new() -> Option<Self> {
        let (directory, path) = complete();
        let mut keys = BTreeMap::new();
        for (name, more) in [
            ("ed25519", ["-t", "ed25519"].as_slice()),
            ("other", &["-t", "ed25519"]),
            ("ecdsa", &["-t", "ecdsa"]),
            ("rsa", &["-t", "rsa", "-b", "1024"]),
        ] {
            let key = directory.path().join(name);
            let made = Command::new("ssh-keygen")
                .args(more)
                .args(["-q", "-C", "", "-N", "", "-f"])
                .arg(&key)
                .status();
            if made.is_err() {
                eprintln!("skipped: no ssh-keygen to compare with");
                return None;
            }
            let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
            keys.insert(name, public.trim().to_owned());
        }
        let file = SnapshotFile::read(&path).unwrap();
        Some(Self {
            directory,
            file,
            path,
            keys,
        })
    }

    fn at(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn signed_by(&self, key: &str) -> String {
        signature::sign(&self.file, &self.at(key)).unwrap()
    }

    fn ours(&self, signers: &str, sig: &Path) -> Result<(), String> {
        let allowed = AllowedSigners::parse(signers).map_err(|error| error.to_string())?;
        let at: Timestamp = AT.parse().unwrap();
        signature::check(&self.file, sig, &allowed, Some(JANE), Some(at))
            .map(drop)
            .map_err(|error| error.to_string())
    }

    fn ssh_keygen(&self, signers: &Path, sig: &Path, zone: &str) -> bool {
        Command::new("ssh-keygen")
            .env("TZ", zone)
            .args([
                "-Y",
                "verify",
                "-n",
                "trailproof",
                "-I",
                JANE,
                "-O",
                AT_FOR_SSH,
                "-f",
            ])
            .arg(signers)
            .arg("-s")
            .arg(sig)
            .stdin(std::fs::File::open(&self.path).unwrap())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success()
    }
}

/// How often each pair of answers came.
#[derive(Debug, Default)]
struct Tally {
    both: usize,
    neither: usize,
    stricter: BTreeMap<String, usize>,
}

impl Tally {
    fn count(&mut self, case: &str, ours: Result<(), String>, theirs: bool, named: &[&str]) {
        match (ours, theirs) {
            (Ok(()), true) => self.both += 1,
            (Err(_), false) => self.neither += 1,
            (Ok(()), false) => panic!("accepted here and refused by ssh-keygen: {case:?}"),
            (Err(why), true) => {
                let Some(reason) = named.iter().find(|reason| why.contains(**reason)) else {
                    panic!("refused here alone, for no named reason: {case:?}: {why}")
                };
                *self.stricter.entry((*reason).to_owned()).or_default() += 1;
            }
        }
    }

    fn assert_telling(&self, asked: usize) {
        eprintln!("{asked} cases: {self:?}");
        assert!(self.both > 100 && self.neither > 100, "{self:?}");
        for (reason, times) in &self.stricter {
            let is_rare = times * 10 < asked || reason == ANOTHER_LINE;
            assert!(is_rare, "{reason}: {self:?}");
        }
    }
}

fn lines(bench: &Bench) -> Vec<String> {
    let key = &bench.keys["ed25519"];
    let other = &bench.keys["other"];
    let rsa = &bench.keys["rsa"];
    [
        "jane@example.com KEY",
        "*@example.com KEY a comment",
        "\"jane@example.com,roe@example.com\" KEY",
        "roe@example.com,!eve@example.com,j?ne@* namespaces=\"trailproof\" KEY",
        "jane@example.com namespaces=\"git,trail*\",valid-after=\"20260101Z\" KEY comment",
        "jane@example.com valid-after=\"202601010000Z\",valid-before=\"20270101000000Z\" KEY",
        "jane@example.com valid-after=\"20261120\",valid-before=\"20261123\" KEY",
        "jane@example.com valid-before=\"20261121120000Z\" KEY",
        "jane@example.com cert-authority,namespaces=\"trailproof\" KEY",
        "# people\n\njane@example.com OTHER\njane@example.com KEY\n",
        "roe@example.com RSA\r\njane@example.com KEY\r\n",
    ]
    .iter()
    .map(|line| {
        line.replace("KEY", key)
            .replace("OTHER", other)
            .replace("RSA", rsa)
    })
    .collect()
}

/// Changes a text at one to three places: a piece put in, a character taken out, doubled or moved, a letter's case turned.
fn mutated(random: &mut Random, text: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..=random.below(2) {
        // Most of a line is its key: half of the changes are made before it.
        let near = characters.len().min(50);
        let bound = if random.below(2) == 0 {
            near
        } else {
            characters.len()
        };
        let place = random
            .below(bound.max(1))
            .min(characters.len().saturating_sub(1));
        match random.below(6) {
            0..3 => {
                let piece: Vec<char> = random.one(&PIECES).chars().collect();
                characters.splice(place..place, piece);
            }
            3 => drop(characters.splice(place..=place, [])),
            4 => characters.insert(place, characters[place]),
            _ => {
                let character = characters[place];
                characters[place] = if character.is_ascii_lowercase() {
                    character.to_ascii_uppercase()
                } else {
                    character.to_ascii_lowercase()
                };
            }
        }
    }
    characters.into_iter().collect()
}

/// Which line a message is about.
fn line_of(message: &str) -> Option<usize> {
    let (number, _) = message.strip_prefix("line ")?.split_once(' ')?;
    number.parse().ok()
}

#[test]
fn no_line_counts_that_openssh_refuses() {
    let Some(bench) = Bench::new() else { return };
    let sig = bench.at("good.sig");
    std::fs::write(&sig, bench.signed_by("ed25519")).unwrap();
    let signers = bench.at("signers");
    let mut random = Random(0x7261_696c_7072_6f6f);
    let mut tally = Tally::default();
    let mut asked = 0;
    for line in lines(&bench) {
        for case in 0..100 * thoroughness() {
            let text = match case {
                0 => line.clone(),
                _ => mutated(&mut random, &line),
            };
            std::fs::write(&signers, &text).unwrap();
            // Hours ahead of UTC, behind it, and UTC itself; POSIX turns the signs.
            let zone = random.one(&["UTC0", "EAST-14", "WEST12"]);
            let theirs = bench.ssh_keygen(&signers, &sig, zone);
            let ours = bench.ours(&text, &sig).map_err(|why| {
                let Some(alone) = line_of(&why).and_then(|line| text.split('\n').nth(line - 1))
                else {
                    return why;
                };
                std::fs::write(&signers, alone).unwrap();
                let is_skipped = theirs && !bench.ssh_keygen(&signers, &sig, zone);
                if is_skipped {
                    ANOTHER_LINE.to_owned()
                } else {
                    why
                }
            });
            let named = [STRICTER.as_slice(), &[ANOTHER_LINE]].concat();
            tally.count(&text, ours, theirs, &named);
            asked += 1;
        }
    }
    assert!(asked > 1_000);
    tally.assert_telling(asked);
}

#[test]
fn no_signature_counts_that_openssh_refuses() {
    let Some(bench) = Bench::new() else { return };
    let signers = bench.at("signers");
    let sig = bench.at("mutated.sig");
    let mut random = Random(0x7369_676e_6174_7572);
    let mut tally = Tally::default();
    let mut asked = 0;
    for key in ["ed25519", "ecdsa"] {
        let line = format!("{JANE} {}", bench.keys[key]);
        std::fs::write(&signers, &line).unwrap();
        let good = bench.signed_by(key);
        for case in 0..260 * thoroughness() {
            let text = match case {
                0 => good.clone(),
                case if case % 2 == 1 => mutated_armor(&mut random, &good),
                _ => armored(&mutated_blob(&mut random, &blob(&good))),
            };
            std::fs::write(&sig, &text).unwrap();
            let theirs = bench.ssh_keygen(&signers, &sig, "UTC0");
            tally.count(&text, bench.ours(&line, &sig), theirs, &STRICTER_SIGNATURE);
            asked += 1;
        }
    }
    assert!(asked > 500);
    tally.assert_telling(asked);
}

/// Changes the text around and inside of the base64.
fn mutated_armor(random: &mut Random, good: &str) -> String {
    let pieces = [
        "\r\n",
        "\n",
        " ",
        "\t",
        "\u{b}",
        "=",
        "==",
        "A",
        "-----BEGIN SSH SIGNATURE-----\n",
        "-----END SSH SIGNATURE-----\n",
        "-----BEGIN PGP SIGNATURE-----\n",
        "Comment: none\n\n",
        "\u{feff}",
    ];
    let piece = random.one(&pieces);
    let ends = [
        0,
        "-----BEGIN SSH SIGNATURE-----".len(),
        good.len() - 1,
        good.len(),
    ];
    match random.below(8) {
        0 => good.replace('\n', "\r\n"),
        1 => good.replacen("-----\n", &format!("-----{piece}"), 1),
        2 => good.replace("\n-----END", &format!("{piece}-----END")),
        3 => good.replace("SSH", random.one(&["ssh", "SSH2", "OPENSSH"])),
        4 => good.replace("AAAA", &format!("AA{piece}AA")),
        5 => good.replace('=', ""),
        6 => format!("{good}{good}"),
        _ => {
            let at = match random.below(2) {
                0 => ends[random.below(ends.len())],
                _ => random.below(good.len()),
            };
            format!("{}{piece}{}", &good[..at], &good[at..])
        }
    }
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn blob(armor: &str) -> Vec<u8> {
    let body: Vec<u32> = armor
        .lines()
        .filter(|line| !line.starts_with('-'))
        .flat_map(str::bytes)
        .filter_map(|byte| BASE64.iter().position(|letter| *letter == byte))
        .map(|value| value as u32)
        .collect();
    let bytes = body.chunks(4).flat_map(|four| {
        let number = four.iter().fold(0, |number, six| number << 6 | six) << (6 * (4 - four.len()));
        number.to_be_bytes()[1..four.len()].to_vec()
    });
    bytes.collect()
}

fn armored(blob: &[u8]) -> String {
    let mut body = String::new();
    for three in blob.chunks(3) {
        let number = three
            .iter()
            .fold(0, |number, byte| number << 8 | u32::from(*byte))
            << (8 * (3 - three.len()));
        for place in 0..4 {
            body.push(match place <= three.len() {
                true => char::from(BASE64[(number >> (18 - 6 * place)) as usize & 63]),
                false => '=',
            });
        }
        if body.len() % 71 == 70 {
            body.push('\n');
        }
    }
    let lines: Vec<String> = body
        .replace('\n', "")
        .as_bytes()
        .chunks(70)
        .map(|line| String::from_utf8(line.to_vec()).unwrap())
        .collect();
    format!(
        "-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n",
        lines.join("\n")
    )
}

/// Changes the structure: a byte, a length, a field's name, bytes at the end.
fn mutated_blob(random: &mut Random, good: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    let texts: [&[u8]; 8] = [
        b"SSHSIG",
        b"ssh-ed25519",
        b"ecdsa-sha2-nistp256",
        b"nistp256",
        b"trailproof",
        b"sha512",
        b"sha256",
        b"sk-ssh-ed25519@openssh.com",
    ];
    match random.below(6) {
        0 => {
            let at = random.below(bytes.len());
            bytes[at] ^= 1 << random.below(8);
        }
        1 => bytes.extend(random.one(&[b"\0".as_slice(), b"\0\0\0\0", b"x"])),
        2 => bytes.truncate(bytes.len() - 1 - random.below(8)),
        3 => {
            // The version, or a length: all of them begin with three zeros.
            let zeros: Vec<usize> = (0..bytes.len() - 3)
                .filter(|at| bytes[*at..at + 3] == [0; 3])
                .collect();
            let at = zeros[random.below(zeros.len())] + 3;
            bytes[at] = bytes[at]
                .wrapping_add(random.below(5) as u8)
                .wrapping_sub(2);
        }
        4 => {
            // A field becomes another one, with its length.
            let (from, to) = (random.one(&texts), random.one(&texts));
            replace_field(&mut bytes, from, to, random.below(2) == 0);
        }
        _ => {
            // The reserved field between namespace and hash, which no signature covers.
            let reserved = [
                b"trailproof\0\0\0\x08reserved".as_slice(),
                b"trailproof\0\0\0\x01\0",
            ];
            let whole = b"trailproof\0\0\0\0";
            if let Some(at) = find(&bytes, whole) {
                bytes.splice(at..at + whole.len(), random.one(&reserved).iter().copied());
            }
        }
    }
    bytes
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// Replaces the first or the last text of that name and the length before it.
fn replace_field(bytes: &mut Vec<u8>, from: &[u8], to: &[u8], is_last: bool) {
    let mut places: Vec<usize> = (4..bytes.len().saturating_sub(from.len()))
        .filter(|at| bytes[*at..].starts_with(from) && bytes[at - 1] == from.len() as u8)
        .collect();
    if is_last {
        places.reverse();
    }
    let Some(at) = places.first() else { return };
    bytes.splice(at - 1..at + from.len(), [&[to.len() as u8], to].concat());
}

#[test]
fn other_spellings_of_a_signature_are_refused() {
    let Some(bench) = Bench::new() else { return };
    let line = format!("{JANE} {}", bench.keys["ed25519"]);
    let good = bench.signed_by("ed25519");
    let sig = bench.at("spelt.sig");
    let mut relabelled = blob(&good);
    replace_field(
        &mut relabelled,
        b"ssh-ed25519",
        b"sk-ssh-ed25519@openssh.com",
        true,
    );
    let mut longer = blob(&good);
    longer.extend(b"more");
    for (name, text) in [
        ("a blank before the header", format!(" {good}")),
        ("text before the header", format!("Signed by Jane\n{good}")),
        ("CRLF after the header", good.replacen('\n', "\r\n", 1)),
        (
            "no line end before the footer",
            good.replace("\n-----END", "-----END"),
        ),
        ("a label of another type", armored(&relabelled)),
        ("bytes after the signature", armored(&longer)),
        ("nothing", String::new()),
        ("no body", armored(&[])),
    ] {
        std::fs::write(&sig, text).unwrap();
        assert!(bench.ours(&line, &sig).is_err(), "{name}");
    }
    std::fs::write(&sig, good.trim_end()).unwrap();
    assert_eq!(
        bench.ours(&line, &sig),
        Ok(()),
        "no line end after the footer"
    );
}

#[test]
fn other_spellings_of_a_line_are_refused() {
    let Some(bench) = Bench::new() else { return };
    let key = &bench.keys["ed25519"];
    let sig = bench.at("good.sig");
    std::fs::write(&sig, bench.signed_by("ed25519")).unwrap();
    for line in [
        "jane@example.com namespaces=trailproof KEY",
        "jane@example.com namespaces=\"git\",namespaces=\"trailproof\" KEY",
        "jane@example.com namespaces=\"\"trailproof\"\" KEY",
        "jane@example.com namespaces=\"\" KEY",
        "jane@example.com namespaces=\"trailproof KEY",
        "jane@example.com namespaces=\"trailproof\", KEY",
        "jane@example.com valid-after=20260101Z KEY",
        "jane@example.com valid-after=\"19600101Z\" KEY",
        "jane@example.com valid-after=\"20260101Z\",valid-after=\"20260102Z\" KEY",
        "jane@example.com valid-after=\"20261121120000Z\",valid-before=\"20261121120000Z\" KEY",
        "\u{a0}jane@example.com KEY",
        "jane@example.com\u{a0}KEY",
        "jane@example.com,\u{a0} KEY",
        "!jane@example.com,* KEY",
        "\"jane@example.com KEY",
        "jane@example.com cert-authority KEY",
        "jane@example.com KEY=",
        "jane@example.com \u{1}KEY",
        "jane@example.com \0KEY",
    ] {
        let line = line.replace("KEY", key);
        if line.starts_with("jane@example.com,") {
            // The blank is a principal of its own to OpenSSH, and jane one more.
            assert_eq!(bench.ours(&line, &sig), Ok(()), "{line}");
            continue;
        }
        assert!(bench.ours(&line, &sig).is_err(), "{line}");
    }
}
