//! Where documents go: standard output or a file, and what a broken pipe means.

use std::error::Error;
use std::fmt::{self, Display};
use std::fs::{File, Metadata};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use trueline_report::Style;

/// The caller named a place that cannot be written to.
#[derive(Debug)]
pub(crate) struct Unwritable {
    file: PathBuf,
    why: String,
}

impl Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be written: {}", self.file.display(), self.why)
    }
}

impl Error for Unwritable {}

/// Refuses a place that cannot be written to, before a long run instead of after it.
pub(crate) fn check(file: Option<&Path>) -> Result<()> {
    let Some(path) = file else { return Ok(()) };
    let refused = |why: &str| {
        Err(Unwritable {
            file: path.to_owned(),
            why: why.to_owned(),
        }
        .into())
    };
    let folder = folder_of(path);
    if path.is_dir() {
        refused("it is a folder; name a file in it")
    } else if !folder.exists() {
        refused("its folder is not there; create it first")
    } else if folder.is_dir() {
        Ok(())
    } else {
        refused("what should be its folder is a file")
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The reason alone: what the system adds may name a temporary file.
fn unwritable(path: &Path, error: &io::Error) -> anyhow::Error {
    let why = match error.kind() {
        io::ErrorKind::PermissionDenied => "you may not write there".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        io::ErrorKind::NotFound => "its folder is not there; create it first".to_owned(),
        // A full disk is nothing that other arguments would mend.
        kind => return anyhow!("{} cannot be written: {kind}", path.display()),
    };
    Unwritable {
        file: path.to_owned(),
        why,
    }
    .into()
}

/// Who may read a file that is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Readers {
    /// As with any file: the umask takes its part, and a file that is there keeps its mode.
    Usual,
    /// Its owner.
    Owner,
}

/// Writes a document. A reader that closed the pipe has seen enough: that is no error.
pub(crate) fn write(document: &[u8], file: Option<&Path>) -> Result<()> {
    write_for(document, file, Readers::Usual)
}

/// Writes what is about one person: a file is readable by its owner alone, whatever was there before.
pub(crate) fn write_private(document: &[u8], file: Option<&Path>) -> Result<()> {
    write_for(document, file, Readers::Owner)
}

fn write_for(document: &[u8], file: Option<&Path>, readers: Readers) -> Result<()> {
    let Some(path) = file else {
        let mut out = io::stdout().lock();
        return match out.write_all(document).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other.context("standard output could not be written"),
        };
    };
    check(file)?;
    let failed = |error: io::Error| unwritable(path, &error);
    // A link stays a link: what it points to is written.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    match std::fs::metadata(&target) {
        Ok(meta) if !meta.is_file() => {
            // A device or a pipe is written to, never replaced.
            let mut file = File::options().write(true).open(&target).map_err(failed)?;
            file.write_all(document).map_err(failed)
        }
        existing => replace(&target, document, existing.ok(), readers).map_err(failed),
    }
}

/// Written aside and renamed, so that a reader never sees half a report. An existing file keeps its
/// mode; a new one gets what the umask grants.
fn replace(
    target: &Path,
    document: &[u8],
    existing: Option<Metadata>,
    readers: Readers,
) -> io::Result<()> {
    let builder = match readers {
        Readers::Usual => ordinary_file(tempfile::Builder::new()),
        // Closed to others from its first byte, as temporary files are.
        Readers::Owner => tempfile::Builder::new(),
    };
    let mut aside = builder.tempfile_in(folder_of(target))?;
    aside.write_all(document)?;
    if let Some(existing) = existing
        && readers == Readers::Usual
    {
        aside.as_file().set_permissions(existing.permissions())?;
    }
    aside.persist(target).map_err(|failed| failed.error)?;
    Ok(())
}

/// Temporary files are private; a report is an ordinary file, of which the umask takes its part.
#[cfg(unix)]
fn ordinary_file(
    mut builder: tempfile::Builder<'static, 'static>,
) -> tempfile::Builder<'static, 'static> {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(std::fs::Permissions::from_mode(0o666));
    builder
}

#[cfg(not(unix))]
const fn ordinary_file(
    builder: tempfile::Builder<'static, 'static>,
) -> tempfile::Builder<'static, 'static> {
    builder
}

/// How text looks where it goes: colour only on a terminal and never against `NO_COLOR`; in a pipe
/// or a file always the same bytes, unless `COLUMNS` asks for another width of a pipe.
pub(crate) fn style(file: Option<&Path>) -> Style {
    if file.is_some() {
        return Style::plain();
    }
    // Shells set it for themselves; who exports it means it.
    let asked = std::env::var("COLUMNS").ok();
    let asked: Option<u16> = asked.and_then(|columns| columns.trim().parse().ok());
    if !io::stdout().is_terminal() {
        let plain = Style::plain();
        return Style {
            width: asked.map_or(plain.width, readable),
            ..plain
        };
    }
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|v| v == "dumb");
    let seen = terminal_size::terminal_size().map(|(width, _)| width.0);
    Style {
        color: !no_color && !dumb,
        width: readable(asked.or(seen).unwrap_or(100)),
        unicode: !dumb,
        hyperlinks: !no_color && !dumb && shows_links(),
    }
}

/// Says on standard error what went wrong or is beside the document. On a terminal it is wrapped at blanks.
pub(crate) fn complain(text: &str) {
    let text = format!("trueline: {text}");
    let mut err = io::stderr();
    // A closed standard error changes nothing: the exit code and the document still tell.
    let _ = if err.is_terminal() {
        let seen = terminal_size::terminal_size_of(&err).map(|(width, _)| width.0);
        let width = readable(seen.unwrap_or(100));
        write!(err, "{}", trueline_report::terminal::wrapped(&text, width))
    } else {
        writeln!(err, "{text}")
    };
}

/// Longer lines are hard to follow, in shorter ones nothing fits.
fn readable(width: u16) -> u16 {
    width.clamp(40, 140)
}

/// Terminals that are known to show OSC 8 links; others might print the escape codes.
fn shows_links() -> bool {
    let set = |name| std::env::var_os(name).is_some();
    set("VTE_VERSION")
        || set("KITTY_WINDOW_ID")
        || set("WT_SESSION")
        || std::env::var("TERM_PROGRAM").is_ok_and(|program| {
            ["iTerm.app", "WezTerm", "ghostty", "vscode"].contains(&program.as_str())
        })
}
