//! Reads files, compressed or not, a part of one at a time.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::GzDecoder;

use super::Damage;
use super::ahead::Ahead;
use super::edge::Part;
use super::folder::{Input, open};
use super::record::Record;
use super::stream::{Counted, End, Stream, WINDOW};

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
        place: &Input,
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
pub fn text(place: &Input) -> io::Result<Box<dyn BufRead>> {
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
    Packed(Gzip<BufReader<R>>),
}

/// The members of a gzip file, one after the other. Zeros after the last are padding, as of tapes and blocks, and no damage.
struct Gzip<R> {
    /// None only while a member gives way to the next, and after the last.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let read = member.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let rest = self.member.take().map(GzDecoder::into_inner);
            if let Some(mut rest) = rest
                && !ends(&mut rest)?
            {
                self.member = Some(GzDecoder::new(rest));
            }
        }
        Ok(0)
    }
}

/// Goes past zeros; whether nothing comes after them.
fn ends(input: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let bytes = input.fill_buf()?;
        let (zeros, all) = (bytes.iter().take_while(|it| **it == 0).count(), bytes.len());
        input.consume(zeros);
        if zeros < all || all == 0 {
            return Ok(all == 0);
        }
    }
}

fn inflated<R: Read>(source: R) -> io::Result<Inflated<R>> {
    let mut input = BufReader::with_capacity(WINDOW, source);
    let packed = input.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    Ok(match packed {
        true => Inflated::Packed(Gzip {
            member: Some(GzDecoder::new(input)),
        }),
        false => Inflated::Text(input),
    })
}

fn source(place: &Input, part: &Part) -> io::Result<Box<dyn Read + Send>> {
    Ok(match place {
        // Not its lock: whoever reads ahead is another thread.
        Input::StandardInput => Box::new(io::stdin()),
        Input::File { path, found } => {
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
