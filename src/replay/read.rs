//! Reads files of records on all cores and counts what is in them.
//!
//! Every thread takes the next file, answers the questions about each record and fills a tally of its own; the tallies are
//! added up. Which thread read what leaves no trace in the sum.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::plan::Plan;
use super::question::Examiner;
use super::records::{self, Counted, Damage, Found, Record};
use super::tally::{Example, Principal, Sighting, Tally, Teller};

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
    /// In the order of the files.
    pub files: Vec<FileOutcome>,
}

/// Reads the files; `progress` is called now and then, on the calling thread.
pub fn read(
    plan: &Plan,
    files: &[Found],
    window: &Window,
    progress: &mut dyn FnMut(Progress),
) -> Reading {
    let all = files.iter().map(|file| file.size).sum();
    let shared = Shared {
        plan,
        files,
        window,
        next: AtomicUsize::new(0),
        done: AtomicU64::new(0),
        records: AtomicU64::new(0),
        seen: Seen::default(),
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut reading = Reading {
        tally: Teller::new(plan).tally,
        files: Vec::new(),
    };
    std::thread::scope(|scope| {
        let (send, receive) = mpsc::channel();
        for _ in 0..threads.min(files.len()) {
            let send = send.clone();
            let shared = &shared;
            scope.spawn(move || {
                // The receiver outlives all threads.
                let _ = send.send(work(shared));
            });
        }
        drop(send);
        loop {
            match receive.recv_timeout(Duration::from_millis(500)) {
                Ok((tally, outcomes)) => {
                    reading.tally.add(tally);
                    reading.files.extend(outcomes);
                }
                Err(mpsc::RecvTimeoutError::Timeout) => progress(Progress {
                    done: shared.done.load(Ordering::Relaxed),
                    all,
                    records: shared.records.load(Ordering::Relaxed),
                }),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
        }
    });
    reading.files.sort_by_key(|outcome| outcome.file);
    reading
}

/// What the threads share.
struct Shared<'a> {
    plan: &'a Plan,
    files: &'a [Found],
    window: &'a Window,
    next: AtomicUsize,
    done: AtomicU64,
    records: AtomicU64,
    seen: Seen,
}

fn work(shared: &Shared<'_>) -> (Tally, Vec<FileOutcome>) {
    let mut worker = Worker {
        shared,
        examiner: Examiner::new(&shared.plan.questions),
        teller: Teller::new(shared.plan),
    };
    let mut outcomes = Vec::new();
    loop {
        let file = shared.next.fetch_add(1, Ordering::Relaxed);
        let Some(found) = shared.files.get(file) else {
            break;
        };
        let mut each = |record: Record<'_>| worker.see(record);
        let (counted, end) = records::each(&found.place, &shared.done, &mut each);
        outcomes.push(FileOutcome {
            file,
            counted,
            damage: end.err(),
        });
    }
    (worker.teller.tally, outcomes)
}

struct Worker<'a> {
    shared: &'a Shared<'a>,
    examiner: Examiner,
    teller: Teller<'a>,
}

impl Worker<'_> {
    fn see(&mut self, record: Record<'_>) {
        let tally = &mut self.teller.tally;
        tally.read += 1;
        if tally.read.is_multiple_of(4096) {
            self.shared.records.fetch_add(4096, Ordering::Relaxed);
        }
        let time = record.string("eventTime").unwrap_or_default();
        let (Some(minute), Some(account)) = (minute(&time), account(record)) else {
            tally.unplaced += 1;
            return;
        };
        if !self.shared.window.holds(&time, &account) {
            tally.outside += 1;
            return;
        }
        let id = record.string("eventID").unwrap_or_default();
        if !id.is_empty() && !self.shared.seen.first(&id) {
            tally.duplicates += 1;
            return;
        }
        tally.distinct += 1;
        tally.see(&time);
        let Some(index) = self.shared.plan.account(&account) else {
            self.teller.count_stranger(&account, 1);
            return;
        };
        let answers = self.examiner.ask(record);
        let sighting = Sighting {
            account: index,
            minute,
            event_name: &record.string("eventName").unwrap_or_default(),
            event_source: &record.string("eventSource").unwrap_or_default(),
            answers,
        };
        self.teller.count(sighting, 1, &|| {
            let identity = record.raw("userIdentity");
            let identity = identity.and_then(|raw| serde_json::from_str::<Value>(raw).ok());
            let example = Example {
                time: time.to_string(),
                id: id.to_string(),
                text: record.text.to_owned(),
            };
            (Principal::of(identity.as_ref()), Cow::Owned(example))
        });
    }
}

/// The account that a record is of: `recipientAccountId`, which records before version 1.02 do not have.
fn account<'r>(record: Record<'r>) -> Option<Cow<'r, str>> {
    record.string("recipientAccountId").or_else(|| {
        let identity: Value = serde_json::from_str(record.raw("userIdentity")?).ok()?;
        let account = identity.get("accountId")?.as_str()?;
        Some(Cow::Owned(account.to_owned()))
    })
}

/// The minute since 1970 of a time as CloudTrail writes it.
pub(super) fn minute(time: &str) -> Option<i64> {
    Some(time.parse::<Timestamp>().ok()?.as_second().div_euclid(60))
}

impl Window {
    fn holds(&self, time: &str, account: &str) -> bool {
        let asked = self.accounts.is_empty() || self.accounts.iter().any(|it| it == account);
        if !asked || (self.from.is_none() && self.to.is_none()) {
            return asked;
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
