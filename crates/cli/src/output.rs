//! Where documents go: standard output or a file, and what a broken pipe means.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anyhow::{Context, Result};
use trueline_report::Style;

/// Writes a document. A reader that closed the pipe has seen enough: that is no error.
pub(crate) fn write(document: &[u8], file: Option<&Path>) -> Result<()> {
    let Some(path) = file else {
        let mut out = io::stdout().lock();
        return match out.write_all(document).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other.context("standard output could not be written"),
        };
    };
    // Written aside and renamed, so that a reader never sees half a report.
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let failed = || format!("{} could not be written", path.display());
    let mut aside = tempfile::NamedTempFile::new_in(folder).with_context(failed)?;
    aside.write_all(document).with_context(failed)?;
    make_readable(aside.as_file()).with_context(failed)?;
    aside.persist(path).with_context(failed)?;
    Ok(())
}

/// Temporary files are private; a report is an ordinary file.
#[cfg(unix)]
fn make_readable(file: &std::fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_: &std::fs::File) -> io::Result<()> {
    Ok(())
}

/// How text looks where it goes: colour only on a terminal and never against `NO_COLOR`; in a pipe
/// or a file always the same bytes.
pub(crate) fn style(file: Option<&Path>) -> Style {
    if file.is_some() || !io::stdout().is_terminal() {
        return Style::plain();
    }
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|v| v == "dumb");
    let width = terminal_size::terminal_size().map_or(100, |(width, _)| width.0);
    Style {
        color: !no_color && !dumb,
        width: width.clamp(60, 140),
        unicode: !dumb,
        hyperlinks: false,
    }
}
