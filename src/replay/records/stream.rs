//! Cuts the text of one file into records. Holds a window of the text that is as large as the largest record in it.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::Damage;
use super::ahead::Ahead;
use super::edge::{Frame, Part};
use super::folder::{Place, open};
use super::scan::{Member, Scan, Stop, sign};

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
    /// Where the value of a member lies in the text; of several with one name the last (D26).
    pub fn place(&self, name: &str) -> Option<Range<usize>> {
        let bytes = self.text.as_bytes();
        let sign = sign(name.as_bytes());
        let same = |member: &&Member| {
            member.sign == sign && bytes.get(member.name.clone()) == Some(name.as_bytes())
        };
        let member = self.members.iter().rev().find(same)?;
        Some(member.value.clone())
    }

    /// The value of a member as it is written.
    pub fn raw(&self, name: &str) -> Option<&'r str> {
        self.text.get(self.place(name)?)
    }

    /// The value of a member that is a string.
    pub fn string(&self, name: &str) -> Option<Cow<'r, str>> {
        text_of(self.raw(name)?)
    }

    /// The text as CloudTrail delivers it, without blanks between its tokens: what patterns over the raw message see.
    pub fn as_delivered(&self) -> Cow<'r, str> {
        let compact = || serde_json::from_str::<serde_json::Value>(self.text).ok();
        match self.blanks.then(compact).flatten() {
            Some(value) => Cow::Owned(value.to_string()),
            None => Cow::Borrowed(self.text),
        }
    }

    fn is_record(&self) -> bool {
        self.place("eventName").is_some() || self.place("eventVersion").is_some()
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
pub fn text_of(raw: &str) -> Option<Cow<'_, str>> {
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

impl Counted {
    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: Self) {
        self.records += other.records;
        self.others += other.others;
    }
}

/// How reading ended.
#[derive(Debug)]
pub enum End {
    /// With the part.
    Whole,
    /// The text is damaged.
    Damaged(Damage),
    /// The next part does not begin between two records: the parts are worth nothing.
    OtherThanGuessed,
}

/// Reads the parts of files, one after the other.
#[derive(Debug, Default)]
pub struct Reader {
    /// Takes another thread for inflating.
    ahead: bool,
    /// Counts the bytes that were read as they lie.
    done: Arc<AtomicU64>,
    /// Kept from file to file: many are small.
    window: Vec<u8>,
}

impl Reader {
    /// A reader that counts in `done`.
    pub fn new(ahead: bool, done: &Arc<AtomicU64>) -> Self {
        Self {
            ahead,
            done: Arc::clone(done),
            window: Vec::new(),
        }
    }

    /// Hands every record of a part of a file to `each`. What was counted is told also of a file that is damaged.
    pub fn read(
        &mut self,
        place: &Place,
        part: &Part,
        each: &mut dyn FnMut(Record<'_>),
    ) -> (Counted, End) {
        let unread = |error| (Counted::default(), End::Damaged(Damage::Open(error)));
        let source = match source(place, part) {
            Ok(source) => source,
            Err(error) => return unread(error),
        };
        let done = Arc::clone(&self.done);
        let source = Metered { source, done };
        let window = std::mem::take(&mut self.window);
        let ahead = self.ahead && part.begin.at == 0;
        let input: Box<dyn Read> = match inflated(source) {
            Ok(Inflated::Text(input)) => Box::new(input),
            Ok(Inflated::Packed(input)) if ahead => Box::new(Ahead::new(input)),
            Ok(Inflated::Packed(input)) => Box::new(input),
            Err(error) => return unread(error),
        };
        let mut stream = Stream::new(input, window, part, each);
        let end = stream.run();
        self.window = stream.window;
        // Not that of the largest record of all.
        self.window.truncate(WINDOW);
        self.window.shrink_to(WINDOW);
        (stream.counted, end)
    }
}

/// The text of a file, compressed with gzip or not.
pub fn text(place: &Place) -> io::Result<Box<dyn BufRead>> {
    let source = source(place, &Part::default())?;
    Ok(match inflated(source)? {
        Inflated::Text(input) => Box::new(input),
        Inflated::Packed(input) => Box::new(BufReader::with_capacity(WINDOW, input)),
    })
}

/// Hands every JSON value of a text to `each`, and of those that hold a record the record.
pub fn values(input: impl Read, each: &mut dyn FnMut(Record<'_>)) -> Result<(), Damage> {
    let part = Part::default();
    let mut stream = Stream::new(input, Vec::new(), &part, each);
    stream.all = true;
    match stream.run() {
        End::Damaged(damage) => Err(damage),
        // There is no part after it.
        End::Whole | End::OtherThanGuessed => Ok(()),
    }
}

enum Inflated<R> {
    Text(BufReader<R>),
    Packed(MultiGzDecoder<BufReader<R>>),
}

fn inflated<R: Read>(source: R) -> io::Result<Inflated<R>> {
    let mut input = BufReader::with_capacity(WINDOW, source);
    let packed = input.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    Ok(match packed {
        true => Inflated::Packed(MultiGzDecoder::new(input)),
        false => Inflated::Text(input),
    })
}

fn source(place: &Place, part: &Part) -> io::Result<Box<dyn Read + Send>> {
    Ok(match place {
        // Not its lock: whoever reads ahead is another thread.
        Place::StandardInput => Box::new(io::stdin()),
        Place::File { path, found } => {
            let mut file = open(path, *found)?;
            if part.begin.at > 0 {
                file.seek(SeekFrom::Start(part.begin.at))?;
            }
            Box::new(file)
        }
    })
}

/// Counts what is read.
struct Metered {
    source: Box<dyn Read + Send>,
    done: Arc<AtomicU64>,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.done.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Made,
    /// The part is read.
    Last,
    /// The next part begins elsewhere than between two values.
    Astray,
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
    /// What kept from reading further, while there is text before it.
    failed: Option<io::Error>,
    /// Whether values that hold no record are handed out too.
    all: bool,
    frames: Vec<Frame>,
    part: &'e Part,
    counted: Counted,
}

impl<'e, R: Read> Stream<'e, R> {
    fn new(
        input: R,
        mut window: Vec<u8>,
        part: &'e Part,
        each: &'e mut dyn FnMut(Record<'_>),
    ) -> Self {
        window.resize(WINDOW, 0);
        Self {
            input,
            each,
            window,
            failed: None,
            all: false,
            at: 0,
            filled: 0,
            before: part.begin.at,
            ended: false,
            frames: part.begin.frames.clone(),
            part,
            counted: Counted::default(),
        }
    }

    fn run(&mut self) -> End {
        let mut members = Vec::new();
        let end = self.start().and_then(|()| {
            loop {
                match self.step(&mut members)? {
                    Step::Made => {}
                    Step::Last => return Ok(End::Whole),
                    Step::Astray => return Ok(End::OtherThanGuessed),
                }
            }
        });
        end.unwrap_or_else(End::Damaged)
    }

    /// Leaves out a mark of the encoding.
    fn start(&mut self) -> Result<(), Damage> {
        while self.filled < 3 && self.read_on()? {}
        if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] = self.text() {
            return Err(Damage::Utf16);
        }
        if self.part.begin.at == 0 && self.text().starts_with(b"\xef\xbb\xbf") {
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
        if let Some(source) = self.failed.take() {
            let records = self.counted.records;
            return Err(Damage::Read { records, source });
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

    /// Reads on until there is twice as much text: what is scanned again is then as much as was read. What is wrong behind
    /// text that was read is told after it.
    fn read_on_by_far(&mut self) -> Result<bool, Damage> {
        let wanted = self.text().len() * 2;
        let any = self.read_on()?;
        while any && self.text().len() < wanted {
            match self.read_on() {
                Ok(true) => {}
                Ok(false) => break,
                Err(Damage::Read { source, .. }) => {
                    self.failed = Some(source);
                    break;
                }
                // It is said again where the text is really too large.
                Err(_) => break,
            }
        }
        Ok(any)
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
                Err(Stop::Deep) => {
                    let records = self.counted.records;
                    return Err(Damage::TooDeep { records });
                }
                Err(Stop::More) => {
                    if !self.read_on_by_far()? {
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

    /// One step: into an array, out of it, or past one value.
    fn step(&mut self, members: &mut Vec<Member>) -> Result<Step, Damage> {
        let next = self.next_byte()?;
        if let Some(end) = &self.part.end {
            let at = self.before + self.at as u64;
            match next {
                Some(_) if at < end.at => {}
                Some(_) if at == end.at && self.frames == end.frames => return Ok(Step::Last),
                _ => return Ok(Step::Astray),
            }
        }
        let Some(next) = next else {
            if self.frames.is_empty() {
                return Ok(Step::Last);
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
        Ok(Step::Made)
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
            if self.all {
                (self.each)(record);
            }
        }
        self.at += length;
        Ok(())
    }
}

/// Hands out the record that a value is or holds; false where it is none.
fn unwrap(value: Record<'_>, each: &mut dyn FnMut(Record<'_>)) -> bool {
    if value.text.starts_with('"') {
        return text_of(value.text).is_some_and(|text| inner(&text, each));
    }
    if value.has_escaped_names() {
        return anew(value.text).is_some_and(|text| inner(&text, each));
    }
    if value.is_record() {
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

/// The text with names that are written without escapes, so that they are found by their bytes: rare enough.
fn anew(text: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    Some(value.to_string())
}

/// Hands out the record that a text is; false where it is none.
fn inner(text: &str, each: &mut dyn FnMut(Record<'_>)) -> bool {
    let text = text.trim_ascii();
    let mut members = Vec::new();
    let mut scan = Scan::new(text.as_bytes(), 0);
    let whole = scan.members(&mut members, |_| false).is_ok() && scan.at == text.len();
    let record = Record {
        text,
        members: &members,
        blanks: scan.blanks,
    };
    if whole && record.has_escaped_names() {
        return anew(text).is_some_and(|text| inner(&text, each));
    }
    let is_record = whole && record.is_record();
    if is_record {
        each(record);
    }
    is_record
}
