//! Reads files of records on all cores and counts what is in them.
//!
//! Every thread takes the next file, or the next part of a large one, answers the questions about each record and fills a
//! tally of its own; the tallies are added up. Which thread read what leaves no trace in the sum. Where a file cannot be
//! read in the parts that were guessed, everything is read again with that file in one part.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use jiff::Timestamp;

use super::kinds::Shown;
use super::moment::{Clock, in_order};
use super::plan::Plan;
use super::principal::IdentityReader;
use super::question::Examiner;
use super::records::{self, Counted, Damage, End, Found, Part, Record};
use super::tally::{Sighting, Tally, Teller};

/// Which records count.
#[derive(Debug, Clone, Default)]
pub struct Window {
    /// From this time on.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
    /// Only records of these accounts; all where empty.
    pub accounts: Vec<String>,
}

/// How far reading has come.
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    /// Bytes read, as they lie.
    pub done: u64,
    /// Bytes of all files, as they lie.
    pub all: u64,
    /// Records read.
    pub records: u64,
}

/// What became of one file, by its position.
#[derive(Debug)]
pub struct FileOutcome {
    /// The position.
    pub file: usize,
    /// What was in it.
    pub counted: Counted,
    /// Where it is damaged.
    pub damage: Option<Damage>,
}

/// What was read.
#[derive(Debug)]
pub struct Reading {
    /// What was counted.
    pub tally: Tally,
    /// Files that are damaged, files that hold no record, and others that were read in parts; in their order.
    pub files: Vec<FileOutcome>,
    /// Values and log events of all files that are no records.
    pub others: u64,
}

/// Reads the files; `progress` is called now and then, on the calling thread.
pub fn read(
    plan: &Plan,
    files: &[Found],
    window: &Window,
    progress: &mut dyn FnMut(Progress),
) -> Reading {
    let mut whole = BTreeSet::new();
    loop {
        let shared = Shared::new(plan, files, window, &whole);
        let Work {
            tally,
            mut ends,
            others,
        } = shared.read(progress);
        ends.sort_by_key(|(part, ..)| *part);
        match shared.outcomes(ends) {
            Ok(files) => {
                return Reading {
                    tally,
                    files,
                    others,
                };
            }
            Err(guessed_wrongly) => whole.insert(guessed_wrongly),
        };
    }
}

/// What the threads share.
struct Shared<'a> {
    plan: &'a Plan,
    files: &'a [Found],
    window: &'a Window,
    /// What is read at a time: the position of a file, and its part where it has several.
    parts: Vec<(usize, Option<Box<Part>>)>,
    /// Whether there are too few parts for all threads.
    ahead: bool,
    next: AtomicUsize,
    /// Set where a guess was wrong: what is read further is worth nothing.
    in_vain: AtomicBool,
    done: Arc<AtomicU64>,
    records: AtomicU64,
    seen: Seen,
}

/// How a part ended, by its position.
type PartEnd = (usize, Counted, End);

impl<'a> Shared<'a> {
    fn new(
        plan: &'a Plan,
        files: &'a [Found],
        window: &'a Window,
        whole: &BTreeSet<usize>,
    ) -> Self {
        let mut parts = Vec::new();
        for (file, found) in files.iter().enumerate() {
            let several = match whole.contains(&file) {
                true => Vec::new(),
                false => records::split(found),
            };
            if several.is_empty() {
                parts.push((file, None));
            }
            parts.extend(several.into_iter().map(|part| (file, Some(Box::new(part)))));
        }
        Self {
            plan,
            files,
            window,
            ahead: parts.len() < threads(),
            parts,
            next: AtomicUsize::new(0),
            in_vain: AtomicBool::new(false),
            done: Arc::default(),
            records: AtomicU64::new(0),
            seen: Seen::default(),
        }
    }

    /// Reads all parts on all cores.
    fn read(&self, progress: &mut dyn FnMut(Progress)) -> Work {
        let all = self.files.iter().map(|file| file.size).sum();
        let mut done = Work {
            tally: Teller::new(self.plan).tally,
            ends: Vec::new(),
            others: 0,
        };
        std::thread::scope(|scope| {
            let (send, receive) = mpsc::channel();
            for _ in 0..threads().min(self.parts.len()) {
                let send = send.clone();
                scope.spawn(move || {
                    // The receiver outlives all threads.
                    let _ = send.send(work(self));
                });
            }
            drop(send);
            loop {
                match receive.recv_timeout(Duration::from_millis(500)) {
                    Ok(of_thread) => done.add(of_thread),
                    Err(mpsc::RecvTimeoutError::Timeout) => progress(Progress {
                        done: self.done.load(Ordering::Relaxed),
                        all,
                        records: self.records.load(Ordering::Relaxed),
                    }),
                    Err(mpsc::RecvTimeoutError::Disconnected) => break,
                }
            }
        });
        done
    }

    /// What became of the files; the position of one whose parts are worth nothing.
    fn outcomes(&self, ends: Vec<PartEnd>) -> Result<Vec<FileOutcome>, usize> {
        let mut outcomes: Vec<FileOutcome> = Vec::new();
        for (part, counted, end) in ends {
            let Some((file, part)) = self.parts.get(part) else {
                continue;
            };
            let mut outcome = match outcomes.pop() {
                Some(last) if last.file == *file => last,
                other => {
                    outcomes.extend(other);
                    FileOutcome::new(*file)
                }
            };
            match end {
                End::Whole => {}
                // Nothing of a file counts that comes after damage.
                _ if part.as_ref().is_some_and(|part| part.has_next()) => return Err(*file),
                End::Damaged(damage) => {
                    outcome.damage = Some(damage.after(outcome.counted.records))
                }
                End::OtherThanGuessed => return Err(*file),
            }
            outcome.counted.add(counted);
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl FileOutcome {
    fn new(file: usize) -> Self {
        Self {
            file,
            counted: Counted::default(),
            damage: None,
        }
    }
}

/// What one thread did, or all of them.
struct Work {
    tally: Tally,
    ends: Vec<PartEnd>,
    others: u64,
}

impl Work {
    fn add(&mut self, other: Self) {
        self.tally.add(other.tally);
        self.ends.extend(other.ends);
        self.others += other.others;
    }
}

fn work(shared: &Shared<'_>) -> Work {
    let mut worker = Worker {
        shared,
        examiner: Examiner::new(&shared.plan.questions),
        teller: Teller::new(shared.plan),
        identities: IdentityReader::new(),
        clock: Clock::default(),
    };
    let mut reader = records::Reader::new(shared.ahead, &shared.done);
    let (whole, mut ends, mut others) = (Part::default(), Vec::new(), 0);
    while !shared.in_vain.load(Ordering::Relaxed) {
        let index = shared.next.fetch_add(1, Ordering::Relaxed);
        let Some((file, part)) = shared.parts.get(index) else {
            break;
        };
        let Some(found) = shared.files.get(*file) else {
            break;
        };
        let mut each = |record: Record<'_>| worker.see(record);
        let of_many = part.as_deref();
        let (counted, end) = reader.read(&found.place, of_many.unwrap_or(&whole), &mut each);
        let is_whole = matches!(end, End::Whole);
        if !is_whole && of_many.is_some_and(Part::has_next) {
            shared.in_vain.store(true, Ordering::Relaxed);
        }
        others += counted.others;
        // Of a million files nothing is kept but what is wrong with them.
        if !is_whole || of_many.is_some() || counted.lacks_records() {
            ends.push((index, counted, end));
        }
    }
    Work {
        tally: worker.teller.tally,
        ends,
        others,
    }
}

struct Worker<'a> {
    shared: &'a Shared<'a>,
    examiner: Examiner,
    teller: Teller<'a>,
    identities: IdentityReader,
    clock: Clock,
}

impl Worker<'_> {
    fn see(&mut self, record: Record<'_>) {
        let tally = &mut self.teller.tally;
        tally.read += 1;
        if tally.read.is_multiple_of(4096) {
            self.shared.records.fetch_add(4096, Ordering::Relaxed);
        }
        let time = record.string("eventTime").unwrap_or_default();
        let account = self.identities.account(record);
        let account = account.filter(|it| !it.is_empty());
        let (Some(minute), Some(account)) = (self.clock.minute(&time), account) else {
            tally.unplaced += 1;
            return;
        };
        let window = self.shared.window;
        let asked = window.asks_for(&account);
        if !asked || !window.holds(&time) {
            tally.outside += 1;
            tally.other_accounts += u64::from(!asked);
            return;
        }
        let id = record.string("eventID").unwrap_or_default();
        if !id.is_empty() && !self.shared.seen.first(&id) {
            tally.duplicates += 1;
            return;
        }
        tally.distinct += 1;
        let Some(index) = self.shared.plan.account(&account) else {
            self.teller.count_stranger(&account, 1);
            return;
        };
        tally.see(&time);
        let answers = self.examiner.ask(record);
        let sighting = Sighting {
            account: index,
            minute,
            event_name: &record.string("eventName").unwrap_or_default(),
            event_source: &record.string("eventSource").unwrap_or_default(),
            answers,
        };
        let identities = &mut self.identities;
        self.teller.count(sighting, 1, &mut || Shown {
            principal: identities.principal(record),
            time: in_order(&time).into(),
            id: id.clone(),
            text: Cow::Borrowed(record.text),
        });
    }
}

impl Window {
    /// Whether records of an account count.
    pub(super) fn asks_for(&self, account: &str) -> bool {
        self.accounts.is_empty() || self.accounts.iter().any(|it| it == account)
    }

    fn holds(&self, time: &str) -> bool {
        if self.from.is_none() && self.to.is_none() {
            return true;
        }
        let Ok(time) = time.parse::<Timestamp>() else {
            return false;
        };
        self.from.is_none_or(|from| time >= from) && self.to.is_none_or(|to| time < to)
    }
}

/// The event ids that came by: eight bytes of hash an id, 16 bytes with the free places of the table. Among a thousand
/// million records two ids have the same hash in one case of forty.
#[derive(Default)]
struct Seen {
    shards: [Mutex<HashSet<u64, BuildHasherDefault<Itself>>>; 32],
}

/// What is put in is a hash already.
#[derive(Default)]
struct Itself(u64);

impl Hasher for Itself {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

impl Seen {
    /// Whether an id comes by for the first time.
    fn first(&self, id: &str) -> bool {
        let mut hasher = std::hash::DefaultHasher::new();
        id.hash(&mut hasher);
        let hash = hasher.finish();
        let shard = usize::try_from(hash % 32).unwrap_or_default();
        self.shards.get(shard).is_none_or(|shard| {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.insert(hash.rotate_left(32))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::records::Input;
    use super::*;

    /// What is read of a text, however it is split.
    fn read_text(text: &str) -> (Tally, Option<String>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let path = file.path().to_owned();
        let found = Found {
            place: Input::File { path, found: false },
            size: text.len() as u64,
        };
        // The account of the records: the time is that of what is judged.
        let plan = Plan::of_account("1");
        let reading = read(&plan, &[found], &Window::default(), &mut |_| {});
        let damage = reading.files.iter().find_map(|file| file.damage.as_ref());
        (reading.tally, damage.map(ToString::to_string))
    }

    fn record(number: usize, more: &str) -> String {
        format!(
            r#"{{"eventVersion":"1.08","eventID":"{number}","eventTime":"2026-11-21T02:{:02}:00Z","recipientAccountId":"1"{more}}}"#,
            number % 60
        )
    }

    #[test]
    fn a_large_file_counts_as_if_it_were_read_as_one() {
        let mut lines: Vec<String> = (0..1000).map(|number| record(number, "")).collect();
        lines.extend_from_within(100..200);
        for text in [
            lines.join("\n"),
            format!("[{}]", lines.join(",")),
            format!("{{\"Records\":[{}]}}", lines.join(",")),
        ] {
            let (tally, damage) = read_text(&text);
            assert_eq!(damage, None);
            assert_eq!(
                (tally.read, tally.distinct, tally.duplicates),
                (1100, 1000, 100)
            );
            let span = (
                "2026-11-21T02:00:00Z".to_owned(),
                "2026-11-21T02:59:00Z".to_owned(),
            );
            assert_eq!(tally.span, Some(span));
        }
    }

    #[test]
    fn nothing_behind_damage_counts_in_whatever_part_it_lies() {
        let mut lines: Vec<String> = (0..1000).map(|number| record(number, "")).collect();
        // Those behind the damage came before it too, and count there.
        lines.insert(500, "{\"eventVersion\":nonsense}".to_owned());
        let (tally, damage) = read_text(&lines.join("\n"));
        assert_eq!((tally.read, tally.distinct), (500, 500));
        assert!(damage.unwrap().starts_with("is not JSON after record 500"));
        // In the last part it needs no second reading, and the records before it are told of the whole file.
        lines.swap(500, 1000);
        let (tally, damage) = read_text(&lines.join("\n"));
        assert_eq!((tally.read, tally.distinct), (1000, 1000));
        assert!(damage.unwrap().starts_with("is not JSON after record 1000"));
    }

    #[test]
    fn what_looks_like_the_begin_of_a_record_within_another_misleads_nobody() {
        let inner: Vec<String> = (0..20).map(|number| record(number, "")).collect();
        let more = format!(r#","a":[{}]"#, inner.join(","));
        let records: Vec<String> = (0..50).map(|number| record(number, &more)).collect();
        let (tally, damage) = read_text(&format!("{{\"Records\":[{}]}}", records.join(",")));
        assert_eq!(damage, None);
        assert_eq!((tally.read, tally.distinct, tally.duplicates), (50, 50, 0));
    }
}
