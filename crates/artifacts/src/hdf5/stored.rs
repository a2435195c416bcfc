//! Files kept in the data of an HDF5 file: pickles in data sets and attributes, as they are, as digits of base 64, and
//! in chunks that deflate has packed.
//!
//! Chunks are found by the marks of their compression and not by the indexes of their data sets: an index can say
//! that there are none. Only what does harm counts, since weights are noise.

use crate::compression::{self, Compression, Limit};
use crate::inspection::{Context, Inspection};
use crate::source::Source;
use crate::{hidden, pickle};

/// Bytes of the file that are searched.
const MAX_SEARCHED: u64 = 16 << 20;
/// Places that may begin a packed chunk, what is unpacked of each, and what all of them may give.
const MAX_CHUNKS: usize = 4096;
const MAX_CHUNK: u64 = 1 << 20;
const MAX_UNPACKED: u64 = 32 << 20;

/// Looks through the stored bytes.
pub(super) fn look(inspection: &mut Inspection, source: &Source) {
    let all = source.slice(0, MAX_SEARCHED);
    inspection.within("(stored data)", Context::Constant, |inspection| {
        pickle::search(inspection, &all, 0);
        let bytes = all.read(0, MAX_SEARCHED as usize);
        hidden::inspect(inspection, &bytes);
        let mut unpacked = 0;
        let mut next = 0;
        let chunks = memchr::memchr_iter(0x78, &bytes)
            .filter(|at| matches!(bytes.get(at + 1), Some(0x01 | 0x5e | 0x9c | 0xda)));
        for at in chunks.take(MAX_CHUNKS) {
            if at < next || unpacked > MAX_UNPACKED.min(inspection.decoded_left) {
                continue;
            }
            let limit = Limit {
                kept: MAX_CHUNK,
                all: MAX_CHUNK,
            };
            let decoded =
                compression::decode(&source.slice(at as u64, u64::MAX), Compression::Zlib, limit);
            let size = decoded.content.len();
            // Noise that begins like it breaks off at once.
            if size < 32 || decoded.broken && size < 4096 {
                continue;
            }
            unpacked += size;
            next = at + 16;
            inspection.decoded_bytes(decoded.content.kept());
            pickle::search(inspection, &Source::of_sparse(decoded.content), 0);
        }
    });
}
