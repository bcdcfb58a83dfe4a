//! One recording of a name at a time: a lock beside it, which the system lets go of when its holder ends, however it ends.
//!
//! The file says who holds it. It is removed when the recording ends; one that a kill left is taken over.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::error::{Error, Result};
use super::evidence::format_time;

/// With this the content of our lock files begins; another file is left as it is.
const MARK: &str = "trailproof ";

/// No content is longer.
const MAX_CONTENT: u64 = 200;

/// How often another process may remove the file between opening and locking it.
const TRIES: usize = 100;

/// Held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    /// Where a file system knows no locks there is none, and the file is a note.
    _file: File,
}

impl Lock {
    /// The lock of a recording that lies at `partial`.
    pub(super) fn take(partial: &Path) -> Result<Self> {
        let mut name = partial.as_os_str().to_owned();
        name.push(".lock");
        let path = PathBuf::from(name);
        for _ in 0..TRIES {
            // Where the folder cannot be written to, it is the recording that cannot be made.
            let mut file = open(&path).map_err(Error::io("create", partial))?;
            let mut content = String::new();
            (&mut file)
                .take(MAX_CONTENT)
                .read_to_string(&mut content)
                .map_err(Error::io("read", &path))?;
            if !content.is_empty() && !content.starts_with(MARK) {
                return Err(Error::Kept {
                    path,
                    what: "no lock of trailproof",
                });
            }
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::Busy {
                        partial: partial.to_owned(),
                        holder: content
                            .trim()
                            .strip_prefix(MARK)
                            .unwrap_or("another process")
                            .to_owned(),
                    });
                }
                Ok(()) | Err(TryLockError::Error(_)) => {}
            }
            if is_at(&file, &path) {
                sign(&mut file).map_err(Error::io("write", &path))?;
                return Ok(Self { path, _file: file });
            }
        }
        Err(Error::Busy {
            partial: partial.to_owned(),
            holder: "several processes".to_owned(),
        })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While it is held, so that nobody else's is removed. One that stays does no harm.
        let _ = fs::remove_file(&self.path);
    }
}

/// Opens or creates it, and follows no link: it is written to.
fn open(path: &Path) -> io::Result<File> {
    if fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the name of its lock, with `.lock` at its end, is taken by something else",
        ));
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options
            .mode(0o600)
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    }
    options.open(path)
}

/// Whether the opened file is still the one of that name.
fn is_at(file: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let (Ok(opened), Ok(named)) = (file.metadata(), fs::symlink_metadata(path)) else {
            return false;
        };
        (opened.dev(), opened.ino()) == (named.dev(), named.ino())
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        path.exists()
    }
}

fn sign(file: &mut File) -> io::Result<()> {
    let since = format_time(Timestamp::now());
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{MARK}process {} since {since}", std::process::id())
}
