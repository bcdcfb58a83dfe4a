//! Cuts the text of one file into records. Holds a window of the text that is as large as the largest record in it.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::Damage;
use super::folder::{Place, open};
use super::scan::{Member, Scan, Stop};

/// CloudTrail's records end at 256 KB, events of CloudWatch Logs at 1 MB; nothing that holds one is larger than this.
const MAX_RECORD: usize = 16 << 20;
const WINDOW: usize = 512 << 10;
/// More blanks in a row than anybody writes: a file that is inflated from next to nothing.
const MAX_BLANKS: u64 = 64 << 20;
/// Members whose arrays hold records or events: CloudTrail's files, LookupEvents, GetLogEvents and FilterLogEvents,
/// subscriptions.
const LISTS: [&[u8]; 4] = [b"Records", b"Events", b"events", b"logEvents"];

/// One CloudTrail record as it was written.
#[derive(Debug, Clone, Copy)]
pub struct Record<'r> {
    /// Its text: a JSON object.
    pub text: &'r str,
    members: &'r [Member],
    /// Whether blanks stand between its tokens.
    pub blanks: bool,
}

impl<'r> Record<'r> {
    /// The value of a member as it is written; of several with one name the last (D26).
    pub fn raw(&self, name: &str) -> Option<&'r str> {
        let bytes = self.text.as_bytes();
        let member = self
            .members
            .iter()
            .rev()
            .find(|member| bytes.get(member.name.clone()) == Some(name.as_bytes()))?;
        self.text.get(member.value.clone())
    }

    /// The value of a member that is a string.
    pub fn string(&self, name: &str) -> Option<Cow<'r, str>> {
        decoded(self.raw(name)?)
    }

    /// Whether a name is written with an escape: then the names that are looked for are not to be found by their bytes.
    fn has_escaped_names(&self) -> bool {
        let bytes = self.text.as_bytes();
        let escaped = |member: &Member| {
            bytes
                .get(member.name.clone())
                .is_some_and(|name| name.contains(&b'\\'))
        };
        self.members.iter().any(escaped)
    }
}

/// A JSON string as text; none for another value.
fn decoded(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str::<String>(raw).ok().map(Cow::Owned)
}

/// What a file held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// CloudTrail records.
    pub records: u64,
    /// JSON values and log events that are no records.
    pub others: u64,
}

/// Hands every record of a file to `each`; `done` counts the bytes that were read as they lie. What was counted is told
/// also of a file that is damaged.
pub fn each(
    place: &Place,
    done: &AtomicU64,
    each: &mut dyn FnMut(Record<'_>),
) -> (Counted, Result<(), Damage>) {
    let source: Box<dyn Read> = match place {
        Place::StandardInput => Box::new(io::stdin().lock()),
        Place::File { path, found } => match open(path, *found) {
            Ok(file) => Box::new(file),
            Err(error) => return (Counted::default(), Err(Damage::Open(error))),
        },
    };
    let source = Metered { source, done };
    let mut input = BufReader::with_capacity(WINDOW, source);
    let packed = match input.fill_buf() {
        Ok(start) => start.starts_with(&[0x1f, 0x8b]),
        Err(error) => return (Counted::default(), Err(Damage::Open(error))),
    };
    if packed {
        Stream::new(MultiGzDecoder::new(input), each).run()
    } else {
        Stream::new(input, each).run()
    }
}

/// Counts what is read.
struct Metered<'d> {
    source: Box<dyn Read>,
    done: &'d AtomicU64,
}

impl Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.done.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// What the text is within.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frame {
    /// An array, before its first element or after another.
    Array { first: bool },
    /// An object, after an array in it that was looked into.
    Rest,
}

struct Stream<'e, R> {
    input: R,
    each: &'e mut dyn FnMut(Record<'_>),
    window: Vec<u8>,
    /// The text of the window is `at..filled`.
    at: usize,
    filled: usize,
    /// Bytes of the text before the window.
    before: u64,
    ended: bool,
    frames: Vec<Frame>,
    counted: Counted,
}

impl<'e, R: Read> Stream<'e, R> {
    fn new(input: R, each: &'e mut dyn FnMut(Record<'_>)) -> Self {
        Self {
            input,
            each,
            window: vec![0; WINDOW],
            at: 0,
            filled: 0,
            before: 0,
            ended: false,
            frames: Vec::new(),
            counted: Counted::default(),
        }
    }

    fn run(mut self) -> (Counted, Result<(), Damage>) {
        let mut members = Vec::new();
        let end = self.start().and_then(|()| {
            while self.step(&mut members)? {}
            Ok(())
        });
        (self.counted, end)
    }

    /// Leaves out a mark of the encoding.
    fn start(&mut self) -> Result<(), Damage> {
        while self.filled < 3 && self.read_on()? {}
        if self.text().starts_with(b"\xef\xbb\xbf") {
            self.at = 3;
        }
        Ok(())
    }

    fn text(&self) -> &[u8] {
        self.window.get(self.at..self.filled).unwrap_or_default()
    }

    /// Reads more of the text into the window; false where there is none.
    fn read_on(&mut self) -> Result<bool, Damage> {
        if self.ended {
            return Ok(false);
        }
        if self.at > 0 {
            self.window.copy_within(self.at..self.filled, 0);
            self.before += self.at as u64;
            self.filled -= self.at;
            self.at = 0;
        }
        if self.filled == self.window.len() {
            if self.filled >= MAX_RECORD {
                let records = self.counted.records;
                return Err(Damage::TooLarge { records });
            }
            self.window.resize(self.filled * 2, 0);
        }
        let free = self.window.get_mut(self.filled..).unwrap_or_default();
        loop {
            match self.input.read(free) {
                Ok(0) => self.ended = true,
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(source) => {
                    let records = self.counted.records;
                    return Err(Damage::Read { records, source });
                }
            }
            return Ok(!self.ended);
        }
    }

    /// Goes past blanks; none where the text ends.
    fn next_byte(&mut self) -> Result<Option<u8>, Damage> {
        let mut blanks = 0_u64;
        loop {
            let mut scan = Scan::new(self.text(), 0);
            let next = scan.peek();
            let passed = scan.at;
            self.at += passed;
            blanks += passed as u64;
            match next {
                Ok(byte) => return Ok(Some(byte)),
                Err(_) if blanks > MAX_BLANKS => {
                    let records = self.counted.records;
                    return Err(Damage::TooLarge { records });
                }
                Err(_) => {
                    if !self.read_on()? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Scans at the window's start, reading on as long as the scan asks for more.
    fn scan<T>(
        &mut self,
        mut what: impl FnMut(&mut Scan<'_>) -> Result<T, Stop>,
    ) -> Result<(T, usize, bool), Damage> {
        loop {
            let mut scan = Scan::new(self.text(), 0);
            match what(&mut scan) {
                Ok(found) => return Ok((found, scan.at, scan.blanks)),
                Err(Stop::Bad(at)) => return Err(self.not_json(at)),
                Err(Stop::More) => {
                    if !self.read_on()? {
                        let records = self.counted.records;
                        return Err(Damage::CutOff { records });
                    }
                }
            }
        }
    }

    fn not_json(&self, at: usize) -> Damage {
        Damage::NotJson {
            records: self.counted.records,
            at: self.before + (self.at + at) as u64,
        }
    }

    /// One step: into an array, out of it, or past one value. False at the end of the text.
    fn step(&mut self, members: &mut Vec<Member>) -> Result<bool, Damage> {
        let Some(next) = self.next_byte()? else {
            if self.frames.is_empty() {
                return Ok(false);
            }
            let records = self.counted.records;
            return Err(Damage::CutOff { records });
        };
        match self.frames.last_mut() {
            None => self.element(next, members)?,
            Some(Frame::Array { first }) => {
                let was_first = std::mem::replace(first, false);
                match next {
                    b']' => {
                        self.at += 1;
                        self.frames.pop();
                    }
                    b',' if !was_first => {
                        self.at += 1;
                        let Some(next) = self.next_byte()? else {
                            let records = self.counted.records;
                            return Err(Damage::CutOff { records });
                        };
                        self.element(next, members)?;
                    }
                    next if was_first => self.element(next, members)?,
                    _ => return Err(self.not_json(0)),
                }
            }
            Some(Frame::Rest) => {
                let (again, length, _) = self.scan(|scan| {
                    let again = scan.more(b'}')?;
                    if again {
                        scan.name()?;
                        scan.value()?;
                    }
                    Ok(again)
                })?;
                self.at += length;
                if !again {
                    self.frames.pop();
                }
            }
        }
        Ok(true)
    }

    /// A value that is a record, holds one, or holds many.
    fn element(&mut self, next: u8, members: &mut Vec<Member>) -> Result<(), Damage> {
        match next {
            b'[' => {
                self.at += 1;
                self.enter(Frame::Array { first: true })
            }
            b'{' => {
                let (opened, length, blanks) =
                    self.scan(|scan| scan.members(members, |name| LISTS.contains(&name)))?;
                if opened {
                    self.at += length;
                    self.enter(Frame::Rest)?;
                    return self.enter(Frame::Array { first: true });
                }
                self.hand_out(length, members, blanks)
            }
            b'0'..=b'9' if self.frames.is_empty() => self.exported_line(),
            _ => {
                let ((), length, blanks) = self.scan(|scan| {
                    scan.value()?;
                    // Only a byte after it shows that a number ends.
                    Ok(())
                })?;
                members.clear();
                self.hand_out(length, members, blanks)
            }
        }
    }

    fn enter(&mut self, frame: Frame) -> Result<(), Damage> {
        if self.frames.len() >= 16 {
            return Err(self.not_json(0));
        }
        self.frames.push(frame);
        Ok(())
    }

    /// A line of an export task: the time of the event, a blank, its message.
    fn exported_line(&mut self) -> Result<(), Damage> {
        let ((), length, _) = self.scan(|scan| scan.word_of_time())?;
        self.at += length;
        match self.next_byte()? {
            // A message of another kind than CloudTrail's ends with its line.
            Some(next) if next != b'{' => {
                self.counted.others += 1;
                let ((), length, _) = self.scan(|scan| scan.line())?;
                self.at += length;
                Ok(())
            }
            Some(_) => Ok(()),
            None => {
                let records = self.counted.records;
                Err(Damage::CutOff { records })
            }
        }
    }

    fn hand_out(&mut self, length: usize, members: &[Member], blanks: bool) -> Result<(), Damage> {
        let bytes = self.window.get(self.at..self.at + length);
        let Ok(text) = std::str::from_utf8(bytes.unwrap_or_default()) else {
            return Err(self.not_json(0));
        };
        let record = Record {
            text,
            members,
            blanks,
        };
        if unwrap(record, self.each) {
            self.counted.records += 1;
        } else {
            self.counted.others += 1;
        }
        self.at += length;
        Ok(())
    }
}

/// Hands out the record that a value is or holds; false where it is none.
fn unwrap(value: Record<'_>, each: &mut dyn FnMut(Record<'_>)) -> bool {
    if value.text.starts_with('"') {
        return decoded(value.text).is_some_and(|text| inner(&text, each));
    }
    if value.has_escaped_names() {
        // Rare enough to be written anew: names are then found by their bytes.
        return serde_json::from_str::<serde_json::Value>(value.text)
            .is_ok_and(|anew| inner(&anew.to_string(), each));
    }
    if value.raw("eventName").is_some() || value.raw("eventVersion").is_some() {
        each(value);
        return true;
    }
    // LookupEvents and CloudWatch Logs put the record into a string, EventBridge into a member.
    for name in ["CloudTrailEvent", "message"] {
        if let Some(text) = value.string(name) {
            return inner(&text, each);
        }
    }
    match value.raw("detail") {
        Some(detail) if value.raw("detail-type").is_some() => inner(detail, each),
        _ => false,
    }
}

fn inner(text: &str, each: &mut dyn FnMut(Record<'_>)) -> bool {
    let mut members = Vec::new();
    let mut scan = Scan::new(text.as_bytes(), 0);
    if scan.members(&mut members, |_| false).is_err() {
        return false;
    }
    let rest = text.get(scan.at..).unwrap_or_default();
    let record = Record {
        text: text.get(..scan.at).unwrap_or_default(),
        members: &members,
        blanks: scan.blanks,
    };
    let is_record = rest.trim_ascii().is_empty()
        && (record.raw("eventName").is_some() || record.raw("eventVersion").is_some());
    if is_record {
        each(record);
    }
    is_record
}
