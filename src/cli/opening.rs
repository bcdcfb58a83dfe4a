//! How commands open snapshots, and where they may write: never over a snapshot.

use std::fs;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::query;
use crate::report::{NOT_VERIFIED, Style};
use crate::snapshot::{self, Kind, Snapshot, kind_of};

use super::{Error, Out};

/// Whether a snapshot is checked when it is opened: shared by every command that reads one.
#[derive(Debug, clap::Args)]
pub(super) struct Opening {
    /// Read the snapshot without checking that it is as it was written; the output says so
    #[arg(long)]
    no_verify: bool,
}

impl Opening {
    /// Opens a snapshot with the pattern functions, which controls of kind `query` may call.
    pub(super) fn open(&self, path: &Path) -> Result<Snapshot, Error> {
        let snapshot = if self.no_verify {
            Snapshot::open_unverified(path)?
        } else {
            Snapshot::open(path).map_err(explained)?
        };
        query::register(snapshot.connection())?;
        Ok(snapshot)
    }

    /// The option that has to be repeated, with a blank before it.
    pub(super) fn again(&self) -> &'static str {
        if self.no_verify { " --no-verify" } else { "" }
    }

    /// Warns where nothing was checked.
    pub(super) fn warn(&self, out: &mut Out) {
        if self.no_verify {
            out.warn(NOT_VERIFIED);
        }
    }
}

/// Says what to do about a file that was changed.
pub(super) fn explained(error: snapshot::Error) -> Error {
    let was_changed = matches!(error, snapshot::Error::Changed { .. });
    let error = Error::from(error);
    if was_changed {
        error.help("`trailproof verify` lists what was changed; --no-verify reads the file nevertheless, and says so in the output")
    } else {
        error
    }
}

/// Where a report or another text is written to.
#[derive(Debug, clap::Args)]
pub(super) struct Target {
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "OUT")]
    pub(super) output: Option<PathBuf>,
    /// Replace OUT if it exists; a snapshot is never replaced
    #[arg(long, requires = "output")]
    force: bool,
}

impl Target {
    /// Whether a file may be replaced.
    pub(super) fn force(&self) -> bool {
        self.force
    }

    /// Refuses a name that may not be written to, before minutes of work.
    pub(super) fn check(&self) -> Result<(), Error> {
        match &self.output {
            Some(path) => may_write(path, self.force).map(|_| ()),
            None => Ok(()),
        }
    }

    /// Refuses to write over a file that is read, under whatever name.
    pub(super) fn refuse_input(&self, input: &Path) -> Result<(), Error> {
        match (&self.output, fs::metadata(input)) {
            (Some(output), Ok(input)) => refuse_same(output, &input),
            _ => Ok(()),
        }
    }

    /// The same of a file that comes in by standard input.
    pub(super) fn refuse_standard_input(&self) -> Result<(), Error> {
        let Some(output) = &self.output else {
            return Ok(());
        };
        #[cfg(unix)]
        {
            use std::os::fd::AsFd as _;
            let input = io::stdin().as_fd().try_clone_to_owned().map(fs::File::from);
            if let Ok(input) = input.and_then(|file| file.metadata()) {
                refuse_same(output, &input)?;
            }
        }
        let _ = output;
        Ok(())
    }

    /// The format that was asked for, else the one of the file's ending.
    pub(super) fn format<F: clap::ValueEnum>(&self, asked: Option<F>, otherwise: F) -> F {
        asked.or_else(|| self.by_ending()).unwrap_or(otherwise)
    }

    /// The format that the file's ending stands for.
    pub(super) fn by_ending<F: clap::ValueEnum>(&self) -> Option<F> {
        self.output.as_deref().and_then(by_ending)
    }

    /// How a document is laid out that goes there.
    pub(super) fn style(&self, out: &Out) -> Style {
        style(self.output.as_deref(), out)
    }

    /// Writes a text to standard output, or to the file named, and then says on standard error in a line what is in it:
    /// whoever reads a file later still wants to see now what came out.
    pub(super) fn write(&self, text: &str, told: &str, out: &mut Out) -> Result<(), Error> {
        match &self.output {
            Some(path) => {
                write_file(path, text.as_bytes(), self.force)?;
                out.message(&format!("{told}; wrote `{}`", path.display()));
                Ok(())
            }
            None => Ok(out.text(text)?),
        }
    }
}

/// How a document is laid out in a file, or on standard output where there is none.
pub(super) fn style(file: Option<&Path>, out: &Out) -> Style {
    match file {
        Some(_) => Style::default(),
        None => out.style(),
    }
}

/// Refuses a name at which the same file lies.
fn refuse_same(output: &Path, input: &fs::Metadata) -> Result<(), Error> {
    let Ok(there) = fs::metadata(output) else {
        return Ok(());
    };
    #[cfg(unix)]
    let same = {
        use std::os::unix::fs::MetadataExt as _;
        there.is_file() && (there.dev(), there.ino()) == (input.dev(), input.ino())
    };
    #[cfg(not(unix))]
    let same = there.is_file() && there.len() == input.len() && {
        there.modified().ok() == input.modified().ok()
    };
    match same {
        true => Err(Error::new(format!(
            "`{}` is read, and is not written over",
            output.display()
        ))
        .help("name another file")),
        false => Ok(()),
    }
}

/// The format that the ending of a file's name stands for, where the command has it. Several formats are written as JSON, XML or
/// Markdown: the name before such an ending, as in `findings.sarif.json`, says which.
pub(super) fn by_ending<F: clap::ValueEnum>(path: &Path) -> Option<F> {
    let ending = |name: &Path| Some(name.extension()?.to_str()?.to_ascii_lowercase());
    let before = path.file_stem().and_then(|stem| ending(Path::new(stem)));
    let ending = ending(path)?;
    if let (Some(before), "json" | "xml" | "md") = (&before, ending.as_str())
        && let Ok(format) = F::from_str(before, false)
    {
        return Some(format);
    }
    let format = match ending.as_str() {
        "html" | "htm" => "html",
        "md" => "markdown",
        "xml" => "junit",
        "txt" => "text",
        "sh" => "aws-cli",
        "tf" => "terraform",
        "yaml" | "yml" => "cloudformation",
        same => same,
    };
    F::from_str(format, false).ok()
}

/// What lies at a name that is to be written to.
pub(super) enum There {
    Nothing,
    File,
    /// A pipe, a terminal or `/dev/null`: nothing is lost there.
    Stream,
}

/// Writes a whole file or leaves what was there as it was.
pub(super) fn write_file(path: &Path, bytes: &[u8], force: bool) -> Result<(), Error> {
    let mut file = NewFile::create(path, force)?;
    file.write(bytes)?;
    file.finish()
}

/// A file that is being written: whole in the end, else what was there stays as it was.
pub(super) struct NewFile {
    named: PathBuf,
    content: Content,
}

enum Content {
    Stream(BufWriter<fs::File>),
    /// Beside its place until it is whole; what lay there.
    Beside(BufWriter<NamedTempFile>, PathBuf, There),
}

impl NewFile {
    pub(super) fn create(path: &Path, force: bool) -> Result<Self, Error> {
        let failed = |error| cannot_write(path, &error);
        let content = match may_write(path, force)? {
            There::Stream => {
                let mut options = fs::OpenOptions::new();
                let stream = options.write(true).open(path).map_err(failed)?;
                Content::Stream(BufWriter::new(stream))
            }
            there => {
                // Through a link to where the file lies, so that the link stays one.
                let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
                let folder = match place.parent() {
                    Some(folder) if !folder.as_os_str().is_empty() => folder,
                    _ => Path::new("."),
                };
                let file = tempfile::Builder::new()
                    .prefix(".trailproof-")
                    .permissions_of_new_files()
                    .tempfile_in(folder)
                    .map_err(failed)?;
                Content::Beside(BufWriter::new(file), place, there)
            }
        };
        let named = path.to_owned();
        Ok(Self { named, content })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let written = match &mut self.content {
            Content::Stream(file) => file.write_all(bytes),
            Content::Beside(file, ..) => file.write_all(bytes),
        };
        written.map_err(|error| cannot_write(&self.named, &error))
    }

    pub(super) fn finish(self) -> Result<(), Error> {
        let failed = |error| cannot_write(&self.named, &error);
        match self.content {
            Content::Stream(mut file) => file.flush().map_err(failed),
            Content::Beside(file, place, there) => {
                let file = file
                    .into_inner()
                    .map_err(|error| failed(error.into_error()))?;
                let persisted = match there {
                    // A file that appeared meanwhile is kept.
                    There::Nothing => file.persist_noclobber(&place),
                    _ => file.persist(&place),
                };
                persisted.map(drop).map_err(|error| failed(error.error))
            }
        }
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> Error {
    // In our words where we have them: what the library says names a file that is there no more.
    let system = error.to_string();
    let (why, help) = match error.kind() {
        io::ErrorKind::NotFound => (
            "there is no such folder",
            "make the folder first, or name a file in one that exists",
        ),
        io::ErrorKind::PermissionDenied => (
            "you may not write there",
            "name a file in a folder that you may write to",
        ),
        io::ErrorKind::ReadOnlyFilesystem => (
            "nothing can be written there",
            "name a file in a folder that you may write to",
        ),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => (
            "the disk is full",
            "make room, or name a file on another disk; what was there before is as it was",
        ),
        _ => (
            system.as_str(),
            "name another file; what was there before is as it was",
        ),
    };
    Error::new(format!("`{}` cannot be written: {why}", path.display())).help(help)
}

/// Permissions as any program gives its output.
trait PermissionsOfNewFiles {
    fn permissions_of_new_files(&mut self) -> &mut Self;
}

impl PermissionsOfNewFiles for tempfile::Builder<'_, '_> {
    fn permissions_of_new_files(&mut self) -> &mut Self {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // Less what the user's umask takes away.
            self.permissions(fs::Permissions::from_mode(0o666));
        }
        self
    }
}

/// Refuses the sign that other programs take for standard output: here it would be a file of that name.
pub(super) fn no_dash(path: &Path) -> Result<(), Error> {
    match path.as_os_str() == "-" {
        true => Err(Error::new("`-` names no file").help(
            "leave -o out to write a report to standard output; a file of that name is `./-`",
        )),
        false => Ok(()),
    }
}

/// What lies at a name, if it may be written to.
pub(super) fn may_write(path: &Path, force: bool) -> Result<There, Error> {
    no_dash(path)?;
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if fs::symlink_metadata(path).is_ok() {
                return Err(Error::new(format!(
                    "`{}` is a link that leads nowhere",
                    path.display()
                ))
                .help("remove the link, or name another file"));
            }
            return Ok(There::Nothing);
        }
        Err(error) => return Err(cannot_write(path, &error)),
        Ok(metadata) if metadata.is_dir() => {
            return Err(Error::new(format!("`{}` is a directory", path.display()))
                .help("name a file in it"));
        }
        Ok(metadata) if !metadata.is_file() => return Ok(There::Stream),
        Ok(_) => {}
    }
    if kind_of(path) != Kind::Other {
        return Err(Error::new(format!(
            "`{}` is a snapshot or another SQLite database, and is not overwritten",
            path.display()
        ))
        .help("name another file; --force replaces no snapshot"));
    }
    if force {
        return Ok(There::File);
    }
    Err(Error::new(format!("`{}` exists already", path.display()))
        .help("name another file, or replace it with --force"))
}
