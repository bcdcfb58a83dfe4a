//! Reads ahead in a thread of its own, so that inflating and reading what was inflated take a core each.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

const BLOCK: usize = 256 << 10;
/// Blocks that wait to be read.
const WAITING: usize = 4;

/// What a reader reads, some blocks ahead.
pub(super) struct Ahead {
    blocks: Receiver<io::Result<Vec<u8>>>,
    block: Vec<u8>,
    at: usize,
}

impl Ahead {
    /// Begins to read. The thread ends with the source, or once nobody takes its blocks.
    pub(super) fn new(mut source: impl Read + Send + 'static) -> Self {
        let (send, blocks) = sync_channel(WAITING);
        thread::spawn(move || {
            loop {
                let next = block(&mut source);
                let ends = !matches!(&next, Ok(block) if !block.is_empty());
                if send.send(next).is_err() || ends {
                    return;
                }
            }
        });
        Self {
            blocks,
            block: Vec::new(),
            at: 0,
        }
    }
}

/// The next block, as full as the source makes it at once; empty at its end.
fn block(source: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut block = vec![0; BLOCK];
    loop {
        match source.read(&mut block) {
            Ok(read) => {
                block.truncate(read);
                return Ok(block);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl Read for Ahead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.block.len() {
            // After the end, and after an error, nothing comes any more.
            self.block = match self.blocks.recv() {
                Ok(next) => next?,
                Err(_) => Vec::new(),
            };
            self.at = 0;
        }
        let read = self.block.get(self.at..).unwrap_or_default().read(buffer)?;
        self.at += read;
        Ok(read)
    }
}
