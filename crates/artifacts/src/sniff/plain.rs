//! Texts among bytes: what is one for certain, whatever else it begins like, and where one ends.

use super::{MAX_TEXT, MAX_UNKNOWN, is_text};
use crate::inspection::Inspection;
use crate::payload::{self, Tail};
use crate::pickle;
use crate::source::Source;

/// Is the beginning a text in UTF-8?
pub(crate) fn is_plain_text(head: &[u8]) -> bool {
    let is_whole = match std::str::from_utf8(head) {
        Ok(_) => true,
        // A character may be cut at the end.
        Err(error) => error.error_len().is_none(),
    };
    is_whole && is_text(head)
}

/// Is it a text in UTF-8 from its first byte to its last, or as far as texts are read?
pub(crate) fn is_whole_text(source: &Source) -> bool {
    const PIECE: usize = 1 << 20;
    let end = source.len().min(MAX_TEXT);
    let mut at = 0;
    while at < end {
        let bytes = source.read(at, PIECE);
        let valid = match std::str::from_utf8(&bytes) {
            Ok(text) => text.len(),
            // A character may be cut at the end of a piece, and none at that of the file.
            Err(error)
                if error.error_len().is_none() && at + (bytes.len() as u64) < source.len() =>
            {
                error.valid_up_to()
            }
            Err(_) => return false,
        };
        if valid == 0 || !is_text(&bytes[..valid]) {
            return false;
        }
        at += valid as u64;
    }
    end > 0
}

pub(super) fn has_extension(name: &str, extensions: &[&str]) -> bool {
    name.rsplit_once('.').is_some_and(|(_, of)| {
        extensions
            .iter()
            .any(|extension| of.eq_ignore_ascii_case(extension))
    })
}

/// Extensions of documents, which hold text alone.
const DOCUMENTS: &[&str] = &["json", "xml", "pmml", "yaml", "yml", "jinja"];

/// A document with something else behind its text: readers that stop at its end read it, and the rest is a file.
pub(super) fn document_with_tail(inspection: &mut Inspection, name: &str, source: &Source) -> bool {
    if !has_extension(name, DOCUMENTS) || source.len() > MAX_TEXT {
        return false;
    }
    let bytes = source.read(0, MAX_TEXT as usize);
    // Vocabularies hold every other sign as it is.
    let Some(end) = memchr::memchr(0, &bytes) else {
        return false;
    };
    // The mark of what follows may have letters.
    let end = bytes[..end]
        .iter()
        .rposition(|b| matches!(b, b'>' | b'}' | b']' | b'\n'))
        .map_or(end, |last| last + 1);
    if end < MIN_DOCUMENT || !matches!(bytes.trim_ascii_start(), [b'<' | b'{' | b'[', ..]) {
        return false;
    }
    let document = source.slice(0, end as u64);
    let head = document.read(0, 512);
    super::text(inspection, name, &document, &head, true);
    payload::behind(inspection, source, end as u64, Tail::Nothing);
    // Its text may have begun before.
    pickle::search(inspection, source, 0);
    true
}

/// Extensions of texts that people read, which may quote a pickle as it stands.
const PROSE: &[&str] = &[
    "adoc", "c", "cc", "cpp", "go", "h", "htm", "html", "ipynb", "java", "js", "md", "org", "py",
    "pyi", "r", "rs", "rst", "sh", "tex", "ts", "txt",
];

/// Is it a text that people read, by its name?
pub(super) fn is_prose(name: &str) -> bool {
    has_extension(name, PROSE)
}

/// Looks for pickles behind a text, which loaders that go to a place of the file read: by their marks of bytes, which
/// no text has, and by names on lines of their own where the text is not there to be read by people.
pub(super) fn hidden_pickles(inspection: &mut Inspection, extension: &str, source: &Source) {
    let all = source.slice(0, MAX_UNKNOWN);
    if !PROSE.contains(&extension) || has_mark(&all) {
        pickle::search(inspection, &all, 0);
    }
}

/// Does a mark of a protocol stand anywhere?
fn has_mark(source: &Source) -> bool {
    const PIECE: usize = 1 << 20;
    (0..source.len()).step_by(PIECE).any(|at| {
        // With what a mark needs of the next piece.
        let bytes = source.read(at, PIECE + 1);
        memchr::memchr_iter(0x80, &bytes).any(|at| bytes.get(at + 1).is_some_and(|of| *of <= 5))
    })
}

/// Bytes of the shortest document.
const MIN_DOCUMENT: usize = 2;

/// A script of a shell, by its name or its first line.
pub(super) fn is_shell(extension: &str, head: &[u8]) -> bool {
    matches!(extension, "sh" | "bash")
        || head.starts_with(b"#!")
            && head
                .split(|b| *b == b'\n')
                .next()
                .is_some_and(|line| line.ends_with(b"sh"))
}

/// Is it all that stands in the place of a file in Git LFS? Prose may quote its first line.
pub(super) fn is_lfs_pointer(head: &[u8]) -> bool {
    let Some(rest) = head.strip_prefix(b"version https://git-lfs.github.com/spec/") else {
        return false;
    };
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let is_version = !rest[..end].trim_ascii_end().contains(&b' ');
    is_version && (end == rest.len() || memchr::memmem::find(rest, b"\noid ").is_some())
}
