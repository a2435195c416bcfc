//! Streams that one compressor packed: what comes out of them, whether it is a bomb, and what stands around.

use trueline_facts::artifact::Verdict;

use crate::compression::{self, Compression};
use crate::inspection::{Context, Inspection};
use crate::source::Source;
use crate::{pickle, technique};

/// Ratio of decoded to encoded bytes above which exhausting the budget is a bomb and not a large file.
const BOMB_RATIO: u64 = 200;
/// The same of data that was compressed twice, which no writer of models does, from this many bytes on.
const TWICE_RATIO: u64 = 2_000;
const MIN_TWICE: u64 = 16 << 20;
/// Bytes of a stream that are decoded again to find its end.
const MAX_END: u64 = 64 << 20;
/// Decodes and looks inside; whether it was what its magic says.
pub(super) fn compressed(
    inspection: &mut Inspection,
    name: &str,
    source: &Source,
    compression: Compression,
) -> bool {
    let decoded = compression::decode(source, compression, inspection.limit_of(compression));
    let weak = matches!(compression, Compression::Zlib | Compression::Lzma);
    if decoded.content.len() == 0 && (decoded.broken || weak) {
        if weak {
            // Two bytes are no evidence.
            return false;
        }
        inspection.format(compression.name());
        inspection.report(
            Verdict::Unknown,
            technique::BAD_COMPRESSION,
            0,
            format!("the {} data cannot be decoded", compression.name()),
        );
        return true;
    }
    inspection.format(compression.name());
    inspection.decoded(&decoded);
    let size = decoded.content.len();
    let is_one_value = compression::is_bomb(&decoded.content, source.len());
    if decoded.cut || is_one_value {
        let is_bomb = is_one_value || size / source.len().max(1) >= BOMB_RATIO;
        inspection.report(
            if is_bomb {
                Verdict::Suspicious
            } else {
                Verdict::Unknown
            },
            if is_bomb {
                technique::BOMB
            } else {
                technique::BUDGET
            },
            0,
            format!(
                "{}{size} bytes come out of {} bytes of {}{}",
                if decoded.cut { "more than " } else { "" },
                source.len(),
                compression.name(),
                if decoded.cut {
                    ": not decoded to the end"
                } else {
                    ", all of one value"
                }
            ),
        );
    } else if decoded.broken && !weak {
        inspection.report(
            Verdict::Unknown,
            technique::BAD_COMPRESSION,
            size,
            format!(
                "the {} data breaks off after {size} decoded bytes",
                compression.name()
            ),
        );
    }
    if compression == Compression::Zlib {
        // Loaders stop at the end of the stream; what stands behind it is another one.
        let end = inspection.look_through(source, compression, MAX_END).end;
        if let Some(end) = end.filter(|end| *end < source.len()) {
            pickle::search(inspection, source, end);
        }
    }
    if decoded.broken && compression == Compression::Gzip {
        // Some loaders read the first stream and leave the rest.
        let end = inspection.look_through(source, compression, MAX_END).end;
        if let Some(end) = end.filter(|end| *end < source.len()) {
            inspection.member(
                "(behind the compressed data)",
                Context::Member,
                &source.slice(end, u64::MAX),
            );
        }
    }
    for (at, len) in decoded.skipped {
        pickle::search(inspection, &source.slice(at, len), 0);
    }
    if compression == Compression::Gzip {
        // Extra field, name and comment: no loader reads them, and they may hold anything.
        pickle::search(
            inspection,
            &source.slice(0, compression::gzip_header(source)),
            0,
        );
    }
    let inner = Source::of_sparse(decoded.content);
    let around = inspection.packed;
    if let Some(packed) = around
        && size >= MIN_TWICE
        && size / packed.max(1) >= TWICE_RATIO
    {
        inspection.report(
            Verdict::Suspicious,
            technique::BOMB,
            0,
            format!("{size} bytes come out of {packed} bytes that are compressed twice"),
        );
    }
    inspection.packed = Some(around.unwrap_or_else(|| source.len()));
    let stem = name
        .rsplit_once('.')
        .map_or(name, |(stem, _)| stem)
        .to_owned();
    inspection.member(
        &format!("{stem} ({})", compression.name()),
        Context::Member,
        &inner,
    );
    inspection.packed = around;
    true
}
