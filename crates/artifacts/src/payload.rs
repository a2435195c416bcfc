//! What does not belong where it stands: bytes behind the end of a format, and files among the items of a tensor.
//!
//! No loader of the format reads either, so they are there for somebody else. Padding is passed over; what is found is
//! looked into by its content.

use trueline_facts::artifact::Verdict;

use crate::compression::Compression;
use crate::inspection::{Context, Inspection, bytes_stand};
use crate::source::Source;
use crate::{executable, pickle, sniff, technique};

/// What may stand behind the end of a format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tail {
    /// Nothing but padding: writers of the format end where it ends.
    Nothing,
    /// Other data, as loaders of several objects read it; a program is none.
    Data,
}

/// Judges what stands behind `end`.
pub(crate) fn behind(inspection: &mut Inspection, source: &Source, end: u64, tail: Tail) {
    let at = pickle::skip_padding(source, end);
    if at >= source.len() {
        return;
    }
    let rest = source.slice(at, u64::MAX);
    let program = executable::kind(&rest);
    if tail == Tail::Nothing || program.is_some() {
        inspection.report(
            Verdict::Suspicious,
            technique::TAIL,
            at,
            format!(
                "{} behind the end of the data{}: no loader of the format reads them",
                bytes_stand(rest.len()),
                program.map_or_else(String::new, |kind| format!(", a program ({kind})"))
            ),
        );
    }
    let head = rest.read(0, 512);
    if tail == Tail::Nothing || sniff::is_file(&rest) || sniff::is_text(&head) {
        inspection.member("(behind the data)", Context::Member, &rest);
    }
    pickle::search(inspection, &rest, 0);
}

/// Looks at the items of a tensor, which may be a file that somebody takes out again: weights begin like one by chance,
/// so that of a pickle only harm counts.
pub(crate) fn in_items(inspection: &mut Inspection, items: &Source) {
    let Some(first) = items.array::<1>(0) else {
        return;
    };
    if pickle::opens(first[0]) && pickle::is_pickle(inspection, items) {
        inspection.within("(tensor data)", Context::Constant, |inspection| {
            pickle::search(inspection, items, 0);
        });
    } else if sniff::is_file(items) || is_zlib(inspection, items) {
        inspection.member("(tensor data)", Context::Constant, items);
    }
}

/// Is it a stream of zlib? Two bytes alone say nothing.
fn is_zlib(inspection: &mut Inspection, items: &Source) -> bool {
    let head = items.read(0, 4);
    Compression::of(&head) == Some(Compression::Zlib)
        && is_stream(inspection, items, Compression::Zlib)
}

/// Is it compressed for certain: does it decode to its end and its sum, or for long?
fn is_stream(inspection: &mut Inspection, source: &Source, compression: Compression) -> bool {
    const LONG: u64 = 4 << 20;
    let seen = inspection.look_through(source, compression, LONG);
    seen.count > 0 && (seen.end.is_some() || seen.count > LONG)
}

/// Bytes that are looked through for programs, from either end.
const MAX_LOOKED: u64 = 64 << 20;
const PIECE: u64 = 4 << 20;
/// Programs of a file that are looked into.
const MAX_PROGRAMS: usize = 4;

/// Looks for programs and compressed files anywhere behind `start` in data whose end cannot be told.
pub(crate) fn anywhere(inspection: &mut Inspection, source: &Source, start: u64) {
    let mut found = 0;
    // It was said that there is more than is looked into.
    let mut is_told = false;
    let near = start.saturating_add(MAX_LOOKED);
    let far = source.len().saturating_sub(MAX_LOOKED).max(near);
    let pieces = (start..source.len().min(near))
        .step_by(PIECE as usize)
        .chain((far..source.len()).step_by(PIECE as usize));
    for at in pieces {
        // With what a mark needs of the next piece.
        let bytes = source.read(at, PIECE as usize + 16);
        let marks = memchr::memmem::find_iter(&bytes, b"\x7fELF")
            .chain(memchr::memmem::find_iter(&bytes, b"MZ"))
            .chain(memchr::memmem::find_iter(&bytes, b"\x1f\x8b\x08"));
        for place in marks.filter(|place| (*place as u64) < PIECE) {
            let rest = source.slice(at + place as u64, u64::MAX);
            let is_program = matches!(executable::kind(&rest), Some("elf" | "pe"));
            let may_be_gzip = !is_program && !is_told && has_gzip_mark(&rest);
            is_told |= may_be_gzip && inspection.looks_are_spent();
            if !(is_program || may_be_gzip && is_stream(inspection, &rest, Compression::Gzip)) {
                continue;
            }
            found += 1;
            if found > MAX_PROGRAMS {
                return;
            }
            if is_program {
                inspection.report(
                    Verdict::Suspicious,
                    technique::TAIL,
                    at + place as u64,
                    "a program stands in the data: no loader of the format reads it",
                );
            }
            inspection.member("(in the data)", Context::Constant, &rest);
        }
    }
}

/// The mark with flags that there are: it may stand by chance.
fn has_gzip_mark(source: &Source) -> bool {
    matches!(source.array(0), Some([0x1f, 0x8b, 8, 0..=31]))
}
