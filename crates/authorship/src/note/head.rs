//! The part of a note before the divider: paths at column 0, indented attestations.
//!
//! Accepts what real notes contain: unsorted ranges, empty list items, trailing blanks, CRLF, a path
//! that stands twice (its blocks are joined, so that the last attestation still wins).

use memchr::memchr;
use rustc_hash::FxHashMap;
use trueline_facts::RepoPath;

use super::{Entry, FileBlock, Key, LARGEST_NOTE, LineRange, NoteError};

/// How much of a malformed range an error quotes.
const QUOTED: usize = 40;

pub(super) struct Head<'a> {
    pub(super) files: Vec<FileBlock>,
    /// What follows the divider line.
    pub(super) metadata: &'a [u8],
    /// Lines before it, the divider included.
    pub(super) lines: usize,
    /// Ranges that are none, in order.
    pub(super) bad: Vec<NoteError>,
}

/// All of it or nothing: what is written back must not lose a line.
pub(super) fn parse(bytes: &[u8]) -> Result<Head<'_>, NoteError> {
    let mut head = parse_readable(bytes)?;
    if head.bad.is_empty() {
        Ok(head)
    } else {
        Err(head.bad.swap_remove(0))
    }
}

/// What can be read of it. A range that is none may have meant any line, and later entries win over
/// earlier ones: the entries above it in its file are left out with it, those below are not in doubt.
pub(super) fn parse_readable(bytes: &[u8]) -> Result<Head<'_>, NoteError> {
    if bytes.len() > LARGEST_NOTE {
        return Err(NoteError::TooLarge { bytes: bytes.len() });
    }
    let mut lines = Lines {
        rest: bytes,
        number: 0,
    };
    let mut files: Vec<FileBlock> = Vec::new();
    let mut by_path: FxHashMap<RepoPath, usize> = FxHashMap::default();
    let mut current = None;
    let mut bad = Vec::new();
    while let Some(line) = lines.next().map(<[u8]>::trim_ascii_end) {
        if line == b"---" {
            return Ok(Head {
                files,
                metadata: lines.rest,
                lines: lines.number,
                bad,
            });
        }
        let text = line.trim_ascii_start();
        if text.is_empty() {
            continue;
        }
        if text.len() < line.len() {
            let block = current
                .and_then(|ix| files.get_mut(ix))
                .map(|file: &mut FileBlock| &mut file.entries);
            let block = block.ok_or(NoteError::EntryBeforePath { line: lines.number })?;
            let known = bad.len();
            let entry = entry(text, lines.number, &mut bad);
            if bad.len() > known {
                block.clear();
            }
            if !entry.ranges.is_empty() || bad.len() == known {
                block.push(entry);
            }
            continue;
        }
        let path = path(line, &mut lines)?;
        let ix = *by_path.entry(path.clone()).or_insert(files.len());
        if ix == files.len() {
            files.push(FileBlock {
                path,
                entries: Vec::new(),
            });
        }
        current = Some(ix);
    }
    Err(NoteError::NoDivider)
}

struct Lines<'a> {
    rest: &'a [u8],
    /// Lines taken so far: the number of the last one, counted from 1.
    number: usize,
}

impl<'a> Lines<'a> {
    /// The next line without its line feed.
    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        self.number += 1;
        let (line, rest) = match memchr(b'\n', self.rest) {
            Some(end) => (self.rest.get(..end)?, self.rest.get(end + 1..)?),
            None => (self.rest, &[][..]),
        };
        self.rest = rest;
        Some(line)
    }
}

/// A raw or quoted path. Quotes hold the path as it is, so one with a line feed spans lines; the
/// first of them comes without its trailing blanks.
fn path(line: &[u8], lines: &mut Lines<'_>) -> Result<RepoPath, NoteError> {
    let bad = NoteError::Path { line: lines.number };
    let Some(quoted) = line.strip_prefix(b"\"") else {
        return Ok(RepoPath::new(line));
    };
    if let Some(path) = quoted.strip_suffix(b"\"") {
        return if path.is_empty() {
            Err(bad)
        } else {
            Ok(RepoPath::new(path))
        };
    }
    let mut path = quoted.to_vec();
    while let Some(more) = lines.next() {
        path.push(b'\n');
        if let Some(last) = more.trim_ascii_end().strip_suffix(b"\"") {
            path.extend_from_slice(last);
            return Ok(RepoPath::new(path));
        }
        path.extend_from_slice(more);
    }
    Err(bad)
}

fn entry(text: &[u8], line: usize, bad: &mut Vec<NoteError>) -> Entry {
    let end = text
        .iter()
        .position(u8::is_ascii_whitespace)
        .unwrap_or(text.len());
    let (key, ranges) = text.split_at_checked(end).unwrap_or((text, &[]));
    let mut parsed = Vec::new();
    for item in ranges.split(|&b| b == b',') {
        let item = item.trim_ascii();
        if item.is_empty() {
            continue;
        }
        match range(item) {
            Some(range) => parsed.push(range),
            None => bad.push(NoteError::Range {
                line,
                text: String::from_utf8_lossy(item.get(..QUOTED).unwrap_or(item)).into_owned(),
            }),
        }
    }
    Entry {
        key: Key::parse(&String::from_utf8_lossy(key)),
        ranges: parsed,
    }
}

fn range(item: &[u8]) -> Option<LineRange> {
    let text = std::str::from_utf8(item).ok()?;
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let range = LineRange {
        first: number(first)?,
        last: number(last)?,
    };
    (range.first >= 1 && range.first <= range.last).then_some(range)
}

/// Digits only: `str::parse` would also take a sign.
fn number(text: &str) -> Option<u32> {
    text.bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| text.parse().ok())?
}
