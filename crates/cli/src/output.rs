//! Where documents go: standard output or a file, and what a broken pipe means.

use std::fs::{File, Metadata};
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
    let failed = || format!("{} could not be written", path.display());
    // A link stays a link: what it points to is written.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    match std::fs::metadata(&target) {
        Ok(meta) if !meta.is_file() => {
            // A device or a pipe is written to, never replaced.
            let mut file = File::options()
                .write(true)
                .open(&target)
                .with_context(failed)?;
            file.write_all(document).with_context(failed)
        }
        existing => replace(&target, document, existing.ok()).with_context(failed),
    }
}

/// Written aside and renamed, so that a reader never sees half a report. An existing file keeps its
/// mode; a new one gets what the umask grants.
fn replace(target: &Path, document: &[u8], existing: Option<Metadata>) -> io::Result<()> {
    let folder = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut aside = ordinary_file(tempfile::Builder::new()).tempfile_in(folder)?;
    aside.write_all(document)?;
    if let Some(existing) = existing {
        aside.as_file().set_permissions(existing.permissions())?;
    }
    aside.persist(target)?;
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
        hyperlinks: !no_color && !dumb && shows_links(),
    }
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
