//! Cuts the text of one file into records. Holds a window of the text that is as large as the largest record in it.

use std::io::{self, Read};

use super::super::packed::{GZIP, packer};
use super::Damage;
use super::edge::{Frame, Part};
use super::holder::{Held, hand_out};
use super::passed::Passed;
use super::record::Record;
use super::scan::{Member, Members, Scan, Stop, sign};

/// CloudTrail's records end at 256 KB, events of CloudWatch Logs at 1 MB; nothing that holds one is larger than this.
const MAX_RECORD: usize = 16 << 20;
/// Read at a time.
pub(super) const WINDOW: usize = 512 << 10;
/// More blanks in a row than anybody writes: a file that is inflated from next to nothing.
const MAX_BLANKS: u64 = 64 << 20;
/// A file with so many values and no record before them holds none: nobody waits for its end.
const MAX_OTHERS: u64 = if cfg!(test) { 1000 } else { 10_000_000 };
/// Members whose arrays hold records or events: CloudTrail's files, LookupEvents, GetLogEvents and FilterLogEvents,
/// subscriptions.
const LISTS: [&[u8]; 4] = [b"Records", b"Events", b"events", b"logEvents"];
/// What files begin with that hold no text.
const OTHER_FORMS: [(&[u8], &str); 3] = [
    (b"PK\x03\x04", "a zip archive"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3\0", "a SQLite file"),
];

/// What a file is by its first bytes, where it is no text that is read.
pub fn other_form(start: &[u8]) -> Option<Damage> {
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] = start {
        return Some(Damage::Utf16);
    }
    if let Some(packer) = packer(start).filter(|it| *it != GZIP) {
        return Some(Damage::Compressed(packer));
    }
    let begins = |(mark, _): &&(&[u8], &'static str)| start.starts_with(mark);
    let (_, form) = OTHER_FORMS.iter().find(begins)?;
    Some(Damage::OtherForm(form))
}

/// What a file held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// CloudTrail records.
    pub records: u64,
    /// JSON values and log events that are no records.
    pub others: u64,
    /// Lists that hold records or events, and may be empty.
    pub lists: u64,
}

impl Counted {
    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: Self) {
        self.records += other.records;
        self.others += other.others;
        self.lists += other.lists;
    }

    /// Whether there is no record where there should be one: other values, or nothing at all. An empty list of records
    /// is a whole answer.
    pub fn lacks_records(&self) -> bool {
        self.records == 0 && (self.others > 0 || self.lists == 0)
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

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Made,
    /// The part is read.
    Last,
    /// The next part begins elsewhere than between two values.
    Astray,
}

/// The text of one part of a file, as it is cut into values.
pub(super) struct Stream<'e, R> {
    input: R,
    each: &'e mut dyn FnMut(Record<'_>),
    pub(super) window: Vec<u8>,
    /// The text of the window is `at..filled`.
    at: usize,
    filled: usize,
    /// Bytes of the text before the window.
    before: u64,
    ended: bool,
    /// What kept from reading further, while there is text before it.
    failed: Option<io::Error>,
    /// Whether values that hold no record are handed out too.
    pub(super) all: bool,
    frames: Vec<Frame>,
    part: &'e Part,
    pub(super) counted: Counted,
}

impl<'e, R: Read> Stream<'e, R> {
    pub(super) fn new(
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

    pub(super) fn run(&mut self) -> End {
        let mut members = Members::default();
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

    /// Leaves out a mark of the encoding, and knows files of other forms.
    fn start(&mut self) -> Result<(), Damage> {
        while self.filled < 16 && self.read_on()? {}
        if let Some(damage) = other_form(self.text()) {
            return Err(damage);
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
    ) -> Result<(T, usize, Passed), Damage> {
        loop {
            let mut scan = Scan::new(self.text(), 0);
            match what(&mut scan) {
                Ok(found) => return Ok((found, scan.at, scan.passed)),
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
    fn step(&mut self, members: &mut Members) -> Result<Step, Damage> {
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
            Some(Frame::Rest) => self.rest()?,
        }
        Ok(Step::Made)
    }

    /// One member more of an object that holds a list, or its end. There may be a second list.
    fn rest(&mut self) -> Result<(), Damage> {
        let (rest, length, _) = self.scan(Rest::of)?;
        self.at += length;
        match rest {
            Rest::Member => Ok(()),
            Rest::List => self.enter(Frame::Array { first: true }),
            Rest::End => {
                self.frames.pop();
                Ok(())
            }
        }
    }

    /// A value that is a record, holds one, or holds many.
    fn element(&mut self, next: u8, members: &mut Members) -> Result<(), Damage> {
        match next {
            b'[' => {
                self.at += 1;
                self.enter(Frame::Array { first: true })
            }
            b'{' => {
                let (opened, length, passed) = self.scan(|scan| scan.members(members, is_list))?;
                if opened {
                    self.at += length;
                    self.enter(Frame::Rest)?;
                    return self.enter(Frame::Array { first: true });
                }
                self.hand_out(length, &members.all, passed)
            }
            b'0'..=b'9' if self.frames.is_empty() => self.exported_line(),
            _ => {
                let ((), length, passed) = self.scan(|scan| {
                    scan.value()?;
                    // Only a byte after it shows that a number ends.
                    Ok(())
                })?;
                self.hand_out(length, &[], passed)
            }
        }
    }

    fn enter(&mut self, frame: Frame) -> Result<(), Damage> {
        if self.frames.len() >= 16 {
            return Err(self.not_json(0));
        }
        self.counted.lists += u64::from(frame != Frame::Rest);
        self.frames.push(frame);
        self.expect_records()
    }

    /// A line of an export task: the time of the event, a blank, its message.
    fn exported_line(&mut self) -> Result<(), Damage> {
        let ((), length, _) = self.scan(|scan| scan.word_of_time())?;
        self.at += length;
        match self.next_byte()? {
            // A message of another kind than CloudTrail's ends with its line.
            Some(next) if next != b'{' => {
                self.counted.others += 1;
                self.past_line()?;
                self.expect_records()
            }
            Some(_) => Ok(()),
            None => {
                let records = self.counted.records;
                Err(Damage::CutOff { records })
            }
        }
    }

    /// Goes past the rest of a line; the last one may lack its end.
    fn past_line(&mut self) -> Result<(), Damage> {
        match self.scan(|scan| scan.line()) {
            Ok(((), length, _)) => self.at += length,
            Err(Damage::CutOff { .. }) => self.at = self.filled,
            Err(damage) => return Err(damage),
        }
        Ok(())
    }

    fn hand_out(
        &mut self,
        length: usize,
        members: &[Member],
        passed: Passed,
    ) -> Result<(), Damage> {
        let bytes = self.window.get(self.at..self.at + length);
        let Ok(text) = std::str::from_utf8(bytes.unwrap_or_default()) else {
            return Err(self.not_json(0));
        };
        let record = Record {
            text,
            members,
            blanks: passed.blanks,
        };
        match hand_out(record, passed, self.each) {
            Held::Record => self.counted.records += 1,
            Held::Other => {
                self.counted.others += 1;
                if self.all {
                    (self.each)(record);
                }
            }
            Held::Damaged => {
                let records = self.counted.records;
                return Err(Damage::Event { records });
            }
        }
        self.at += length;
        self.expect_records()
    }

    /// Gives up a file that is long and holds no record.
    fn expect_records(&self) -> Result<(), Damage> {
        let Counted {
            records,
            others,
            lists,
        } = self.counted;
        match records == 0 && others + lists > MAX_OTHERS && !self.all {
            true => Err(Damage::NoRecords { values: MAX_OTHERS }),
            false => Ok(()),
        }
    }
}

/// What comes next in an object that holds a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Member,
    List,
    End,
}

impl Rest {
    fn of(scan: &mut Scan<'_>) -> Result<Self, Stop> {
        if !scan.more(b'}')? {
            return Ok(Self::End);
        }
        let name = scan.name()?;
        if scan.peek()? == b'[' && scan.text(name).is_some_and(|name| is_list(name, &[])) {
            scan.at += 1;
            return Ok(Self::List);
        }
        scan.value()?;
        Ok(Self::Member)
    }
}

/// Whether an array that is a member holds records, by its name and the members before it: a record may have a member of
/// such a name itself.
fn is_list(name: &[u8], before: &[Member]) -> bool {
    let of_record = |member: &Member| member.sign == sign(b"eventVersion");
    LISTS.contains(&name) && !before.iter().any(of_record)
}
