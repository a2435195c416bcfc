//! What bytes are, by their content: every format is asked, and a file may be several at once.

use trueline_facts::artifact::Verdict;

use crate::encoding::{self, Compression};
use crate::inspection::{Context, Inspection};
use crate::source::Source;
use crate::{pickle, technique};

/// Ratio of decoded to encoded bytes above which exhausting the budget is a bomb and not a large file.
const BOMB_RATIO: u64 = 200;

/// Do the first bytes name a format that has a magic number?
pub(crate) fn has_magic(head: &[u8]) -> bool {
    Compression::of(head).is_some()
        || matches!(
            head,
            [0x80, 0..=5, ..]
                | [b'P', b'K', 3, 4, ..]
                | [b'7', b'z', 0xbc, 0xaf, ..]
                | [0x93, b'N', b'U', b'M', ..]
                | [0x89, b'H', b'D', b'F', ..]
                | [b'G', b'G', b'U', b'F', ..]
                | [0x7f, b'E', b'L', b'F', ..]
        )
}

/// Inspects bytes of a name by what they are.
pub(crate) fn inspect(inspection: &mut Inspection, name: &str, source: &Source) {
    let head = source.read(0, 4096);
    let mut found = 0;
    if let Some(compression) = Compression::of(&head)
        && compressed(inspection, name, source, compression)
    {
        found += 1;
    }
    if pickle::looks_like(source) {
        if inspection.context != Context::Constant || inspection.depth() < 3 {
            inspection.format("pickle");
        }
        pickle::scan(inspection, source);
        found += 1;
    }
    let _ = found;
}

/// Decodes and looks inside; whether it was what its magic says.
fn compressed(
    inspection: &mut Inspection,
    name: &str,
    source: &Source,
    compression: Compression,
) -> bool {
    let limit = inspection.decoded_left;
    let decoded = encoding::decode(source, compression, limit);
    if decoded.bytes.is_empty() && decoded.broken {
        if matches!(compression, Compression::Zlib | Compression::Lzma) {
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
    inspection.decoded_left -= decoded.bytes.len() as u64;
    let size = decoded.bytes.len() as u64;
    if decoded.cut {
        let is_bomb = size / source.len().max(1) >= BOMB_RATIO;
        inspection.report(
            if is_bomb { Verdict::Suspicious } else { Verdict::Unknown },
            if is_bomb { technique::BOMB } else { technique::BUDGET },
            0,
            format!("more than {size} bytes come out of {} bytes of {}: not decoded to the end", source.len(), compression.name()),
        );
    } else if decoded.broken {
        inspection.report(
            Verdict::Unknown,
            technique::BAD_COMPRESSION,
            size,
            format!("the {} data breaks off after {size} decoded bytes", compression.name()),
        );
    }
    let inner = Source::of_bytes(decoded.bytes);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned();
    inspection.member(&format!("{stem} ({})", compression.name()), Context::Member, &inner);
    true
}
