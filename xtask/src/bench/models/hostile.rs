//! Files of a megabyte made to cost time or memory: nesting, copies of copies, work that is named many times,
//! archives whose members share bytes, and small files that unpack to large ones.

use std::io::Write as _;

mod archives;
mod formats;
mod pickles;
mod python;
mod states;
mod templates;
mod text;

const MB: usize = 1 << 20;

type Files = Vec<(&'static str, Vec<u8>)>;

/// Names and bytes.
pub(super) fn files() -> Files {
    let mut files = pickles::files();
    files.extend(states::files());
    files.extend(archives::files());
    files.extend(formats::files());
    files.extend(text::files());
    files.extend(templates::files());
    files.extend(python::files());
    files
}

/// A megabyte of a unit between two ends.
fn fill(head: &[u8], unit: &[u8], tail: &[u8]) -> Vec<u8> {
    let count = (MB - head.len() - tail.len()) / unit.len();
    [head, &unit.repeat(count), tail].concat()
}

/// Writing to memory cannot fail.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}
