//! Secrets that are known by their form, in the files of a tree that no front end reads: settings, scripts, documents,
//! languages without rules.
//!
//! The forms are those that gates look for in a change. Names of values decide nothing here, so that a file of random
//! numbers is none of secrets. Lock files, generated and minified ones are left out.

use std::sync::atomic::Ordering;

use rayon::ThreadPoolBuilder;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use rustc_hash::FxHashMap;
use trueline_authorship::generated;
use trueline_facts::{Diagnostic, Finding, Level, RepoPath};
use trueline_syntax::text;
use trueline_taint::secrets_by_form;

use crate::agents::{put, slot};
use crate::check::{Changes, Checked, Contents, Options};
use crate::gaps::is_no_text;
use crate::memory::Stat;
use crate::{ScanError, redact, suppress};

/// Larger files are nothing that somebody wrote.
const MAX_BYTES: usize = 1 << 20;
/// Bytes of a tree that are looked through, by order of path; what comes after is counted.
const MAX_TOTAL: u64 = 512 << 20;
/// Files that are read together; the bytes are added up after each lot.
const LOT: usize = 1_024;
/// Bytes at the head of a file in which git looks for what no text has.
const HEAD: usize = 8_000;

/// Files in which nothing was found, as they were then.
#[derive(Debug, Default)]
pub(crate) struct Searched(FxHashMap<RepoPath, Option<Stat>>);

/// What became of a file.
enum Seen {
    /// Nobody writes such a file by hand, or a front end reads it.
    Other,
    TooLarge,
    /// As it was when nothing was found in it.
    Same(u64),
    Read {
        stat: Option<Stat>,
        bytes: u64,
        findings: Vec<Finding>,
        comments: Vec<suppress::Comment>,
        cut: bool,
    },
}

/// Whether files of such a name are looked through, if no front end reads them.
pub(crate) fn is_searched(path: &RepoPath) -> bool {
    trueline_syntax::language_of(path.as_bytes()).is_none()
        && !is_no_text(path)
        && !generated::is_generated(path.as_bytes())
}

/// Looks through the files of a tree, and puts what is found beside the other findings.
pub(crate) fn add(
    checked: &mut Checked,
    contents: &dyn Contents,
    paths: &[RepoPath],
    options: Options<'_>,
    known: &mut Searched,
) -> Result<(), ScanError> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(options.threads)
        .build()
        .map_err(ScanError::Threads)?;
    let wanted: Vec<&RepoPath> = paths.iter().filter(|path| is_searched(path)).collect();
    let mut total = 0;
    let (mut too_large, mut beyond) = (Vec::new(), 0);
    for lot in wanted.chunks(LOT) {
        if options.interrupt.load(Ordering::Relaxed) {
            break;
        }
        if total > MAX_TOTAL {
            beyond += lot.len();
            continue;
        }
        let seen: Vec<Seen> = pool.install(|| {
            let lot = lot.par_iter();
            lot.map(|path| look(path, contents, options, known))
                .collect()
        });
        for (path, seen) in lot.iter().zip(seen) {
            match seen {
                Seen::Other => {}
                Seen::TooLarge => too_large.push(*path),
                Seen::Same(bytes) => {
                    total += bytes;
                    checked.coverage.searched_files += 1;
                }
                Seen::Read {
                    stat,
                    bytes,
                    findings,
                    comments,
                    cut,
                } => {
                    total += bytes;
                    checked.coverage.searched_files += 1;
                    if findings.is_empty() && !cut {
                        known.0.insert((*path).clone(), stat);
                        continue;
                    }
                    known.0.remove(*path);
                    if cut {
                        checked.diagnostics.push(cut_short(path));
                    }
                    put_new(checked, path, findings, comments, options);
                }
            }
        }
    }
    checked.diagnostics.extend(left_out(&too_large, beyond));
    Ok(())
}

/// Reads a file and looks through it, unless it is as it was.
fn look(path: &RepoPath, contents: &dyn Contents, options: Options<'_>, known: &Searched) -> Seen {
    if options.interrupt.load(Ordering::Relaxed) {
        return Seen::Other;
    }
    let before = known.0.get(path);
    let stat = contents.stat(path);
    if stat.is_some_and(|stat| stat.size > MAX_BYTES as u64) {
        return Seen::TooLarge;
    }
    let is_untouched = match (options.changes, before) {
        (Changes::Only(changed), Some(_)) => !changed.contains(path),
        (_, Some(was)) => stat.is_some() && *was == stat,
        (_, None) => false,
    };
    if is_untouched {
        return Seen::Same(stat.map_or(0, |stat| stat.size));
    }
    // What cannot be read is told by the checks that are about such files; here it may be a socket or a link.
    let Ok(bytes) = contents.read(path) else {
        return Seen::Other;
    };
    if bytes.len() > MAX_BYTES {
        return Seen::TooLarge;
    }
    let is_binary = !text::is_utf16(&bytes) && bytes.iter().take(HEAD).any(|byte| *byte == 0);
    let first = bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let is_read_already =
        path.extension().is_empty() && trueline_syntax::language_of_shebang(first).is_some();
    let mut lines = bytes.split(|byte| *byte == b'\n');
    if is_binary || is_read_already || lines.any(|line| line.len() > trueline_syntax::MAX_LINE) {
        return Seen::Other;
    }
    let secrets = secrets_by_form(path, &bytes);
    let findings: Vec<Finding> = secrets.found.into_iter().map(|one| one.finding).collect();
    // Of other rules nothing is known in such a file, so that comments about them cannot be outdated.
    let mut comments = Vec::new();
    if let Some(first) = findings.first() {
        comments = suppress::comments(&text::decode(&bytes));
        comments.retain(|comment| {
            comment
                .rules
                .iter()
                .any(|rule| *rule == first.rule.as_str())
        });
    }
    Seen::Read {
        stat: stat.filter(|stat| stat.at_rest((options.clock)())),
        bytes: bytes.len() as u64,
        findings,
        comments,
        cut: secrets.cut,
    }
}

/// Puts findings on lines of which no other check said that a secret stands there.
fn put_new(
    checked: &mut Checked,
    path: &RepoPath,
    findings: Vec<Finding>,
    comments: Vec<suppress::Comment>,
    options: Options<'_>,
) {
    let file = slot(checked, path);
    if file.comments.is_empty() {
        file.comments = comments;
    }
    let told = file.findings.iter().chain(&file.hidden);
    let told: Vec<(u32, u32)> = told
        .filter(|finding| redact::is_secret(finding))
        .map(|finding| (finding.location.start.line, finding.location.last_line()))
        .collect();
    for finding in findings {
        let line = finding.location.start.line;
        if !told.iter().any(|(from, to)| (*from..=*to).contains(&line)) {
            put(checked, finding, options.tiers);
        }
    }
}

fn cut_short(path: &RepoPath) -> Diagnostic {
    Diagnostic::new(
        Level::Warning,
        "secrets-cut-short",
        "more of it looks like secrets than is looked at",
    )
    .at(path.clone())
}

/// What is said of files that were not looked through.
fn left_out(too_large: &[&RepoPath], beyond: usize) -> Option<Diagnostic> {
    let first = too_large.first();
    let large = first.map(|first| {
        let more = match too_large.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("`{}`{more}: larger than 1 MB", first.display())
    });
    let beyond =
        (beyond > 0).then(|| format!("{beyond} files after the first {} MB", MAX_TOTAL >> 20));
    let what: Vec<String> = large.into_iter().chain(beyond).collect();
    (!what.is_empty()).then(|| {
        Diagnostic::new(
            Level::Note,
            "not-searched",
            format!("not looked through for secrets: {}", what.join("; ")),
        )
    })
}
