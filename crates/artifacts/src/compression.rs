//! Compressed formats: told by their first bytes, decoded within a limit of bytes that are kept and of work.
//!
//! A decoder is paid for by what comes out of it, and more where it is slow; what it leaves behind is said.

use std::io::{Read, Seek};

use crate::source::Source;
use crate::sparse::{PIECE, Sparse};

/// Compressed formats by their first bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Compression {
    Gzip,
    Zlib,
    Bzip2,
    Xz,
    Lzma,
    Lz4,
    Zstd,
    /// joblib before 0.10: `ZF`, a length in hexadecimal, zlib.
    ZFile,
}

impl Compression {
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some(Self::Bzip2),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            [0x04, 0x22, 0x4d, 0x18, ..] => Some(Self::Lz4),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            [0x5d, 0, 0, _, _, ..] => Some(Self::Lzma),
            [b'Z', b'F', b'0', b'x', ..] => Some(Self::ZFile),
            [first @ 0x78, second @ (0x01 | 0x5e | 0x9c | 0xda), ..]
                if (u32::from(*first) * 256 + u32::from(*second)) % 31 == 0 =>
            {
                Some(Self::Zlib)
            }
            _ => None,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Lzma => "lzma",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
            Self::ZFile => "joblib-zfile",
        }
    }
}

/// What came out of a decoder.
#[derive(Debug, Default)]
pub(crate) struct Decoded {
    pub(crate) content: Sparse,
    /// There was more than the limit.
    pub(crate) cut: bool,
    /// The data is broken from here on.
    pub(crate) broken: bool,
    /// Frames that the decoder passed over: offset and length.
    pub(crate) skipped: Vec<(u64, u64)>,
    /// What it cost, in bytes of a decoder that is quick.
    pub(crate) work: u64,
}

impl Decoded {
    fn broken() -> Self {
        Self {
            broken: true,
            ..Self::default()
        }
    }
}

/// Largest dictionary of LZMA and window of Zstandard.
pub(crate) const MAX_WINDOW: u32 = 128 << 20;
const MAX_WINDOW_KIB: u32 = MAX_WINDOW >> 10;
/// Frames that are passed over and looked at.
const MAX_SKIPPED: usize = 1_000;

/// How much may come out of a decoder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    /// Bytes that take memory.
    pub(crate) kept: u64,
    /// All bytes, those in long runs too: they take time. Slow decoders pay for a byte as their [`Price`] says.
    pub(crate) all: u64,
}

/// What a decoder takes, beside one that is quick: half a gigabyte of deflated zeros takes a quarter of a second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Price {
    /// Of each byte that comes out.
    byte: u64,
    /// Of each stream: its tables are made anew.
    stream: u64,
}

impl Price {
    pub(crate) const QUICK: Self = Self {
        byte: 2,
        stream: 1 << 10,
    };
    /// LZMA in all its wrappers.
    pub(crate) const LZMA: Self = Self {
        byte: 8,
        stream: 2 << 20,
    };
    pub(crate) const BZIP2: Self = Self {
        byte: 12,
        stream: 512 << 10,
    };
    /// The highest of a byte.
    pub(crate) const MAX: u64 = 12;

    /// How many bytes may come out for so much.
    pub(crate) const fn bytes_for(self, work: u64) -> u64 {
        work / self.byte
    }

    const fn of(compression: Compression) -> Self {
        match compression {
            Compression::Bzip2 => Self::BZIP2,
            Compression::Xz | Compression::Lzma => Self::LZMA,
            Compression::Gzip
            | Compression::Zlib
            | Compression::Lz4
            | Compression::Zstd
            | Compression::ZFile => Self::QUICK,
        }
    }
}

/// Decodes within a limit.
pub(crate) fn decode(source: &Source, compression: Compression, limit: Limit) -> Decoded {
    let reader = source.reader();
    let price = Price::of(compression);
    match compression {
        Compression::Gzip => collect(flate2::bufread::MultiGzDecoder::new(reader), limit, price),
        Compression::Zlib => collect(flate2::bufread::ZlibDecoder::new(reader), limit, price),
        Compression::Bzip2 | Compression::Xz => streams(source, compression, limit),
        Compression::Lzma => {
            match lzma_rust2::LzmaReader::new_mem_limit(reader, MAX_WINDOW_KIB, None) {
                Ok(reader) => collect(reader, limit, price),
                Err(_) => Decoded::broken(),
            }
        }
        Compression::Lz4 => collect(lz4_flex::frame::FrameDecoder::new(reader), limit, price),
        Compression::Zstd => zstd(source, limit),
        Compression::ZFile => {
            // `ZF`, and the length as `hex()` wrote it, padded to 19 characters (18 without the 0x).
            for skip in [21, 22, 20] {
                let body = source.slice(skip, u64::MAX);
                if Compression::of(&body.read(0, 4)) == Some(Compression::Zlib) {
                    return decode(&body, Compression::Zlib, limit);
                }
            }
            Decoded::broken()
        }
    }
}

/// Raw LZMA whose end a size tells where no mark does.
pub(crate) fn lzma_of_size(source: &Source, size: u64, limit: Limit) -> Decoded {
    let price = Price::LZMA;
    let whole = size.saturating_mul(price.byte).saturating_add(price.stream);
    let limit = Limit {
        kept: limit.kept.min(size),
        all: limit.all.min(whole),
    };
    decode(source, Compression::Lzma, limit)
}

/// Streams of bzip2 or xz, one after the other: each is paid for. What stands behind the last one is passed over by
/// readers of bzip2, and zeros by readers of xz.
fn streams(source: &Source, compression: Compression, limit: Limit) -> Decoded {
    let price = Price::of(compression);
    let mut all = Decoded::default();
    let mut reader = source.reader();
    let mut at = 0;
    loop {
        let body = source.slice(at, u64::MAX);
        if Compression::of(&body.read(0, 8)) != Some(compression) {
            all.broken = at == 0 || compression == Compression::Xz;
            return all;
        }
        let fits = compression != Compression::Xz
            || xz_dictionary(&body).is_none_or(|kib| kib <= u64::from(MAX_WINDOW_KIB));
        if !fits || reader.seek(std::io::SeekFrom::Start(at)).is_err() {
            all.broken = true;
            return all;
        }
        if compression == Compression::Xz {
            let stream = lzma_rust2::XzReader::new(&mut reader, false);
            gather(stream, limit, price, &mut all);
        } else {
            let stream = bzip2::bufread::BzDecoder::new(&mut reader);
            gather(stream, limit, price, &mut all);
        }
        let end = reader.stream_position().unwrap_or(at);
        if all.cut || all.broken || end <= at {
            return all;
        }
        at = end;
        if compression == Compression::Xz {
            at = past_zeros(source, at);
        }
        if at >= source.len() {
            return all;
        }
    }
}

/// The next byte that is no zero.
fn past_zeros(source: &Source, mut at: u64) -> u64 {
    loop {
        let chunk = source.read(at, 4096);
        match chunk.iter().position(|byte| *byte != 0) {
            Some(zeros) => return at + zeros as u64,
            None if chunk.is_empty() => return at,
            None => at += chunk.len() as u64,
        }
    }
}

/// Zstandard frames, one after the other; those that are to be skipped are.
fn zstd(source: &Source, limit: Limit) -> Decoded {
    let mut all = Decoded::default();
    let mut reader = source.reader();
    let mut at = 0;
    while at < source.len() {
        if source.u32(at).is_some_and(|magic| magic >> 4 == 0x184_d2a5) {
            let next = at.saturating_add(8 + u64::from(source.u32(at + 4).unwrap_or(u32::MAX)));
            if all.skipped.len() < MAX_SKIPPED {
                all.skipped.push((at, next - at));
            }
            at = next;
            continue;
        }
        // A window that is larger than what is decoded is of no use.
        let fits = zstd_window(source, at).is_some_and(|window| {
            let left = limit.kept.saturating_sub(all.content.kept());
            window <= u64::from(MAX_WINDOW).min(left.max(8 << 20))
        });
        let frame = fits
            .then(|| reader.seek(std::io::SeekFrom::Start(at)).ok())
            .flatten()
            .and_then(|_| ruzstd::decoding::StreamingDecoder::new(&mut reader).ok())
            .map(|frame| gather(frame, limit, Price::QUICK, &mut all));
        if frame.is_none() {
            all.broken = true;
            return all;
        }
        match reader.stream_position() {
            Ok(next) if next > at && !all.cut && !all.broken => at = next,
            _ => return all,
        }
    }
    all
}

/// Where frames that decoders pass over end, if data of a compressed format follows them.
pub(crate) fn skipped(source: &Source) -> Option<u64> {
    let mut at = 0;
    for _ in 0..MAX_SKIPPED {
        if source.u32(at)? >> 4 != 0x184_d2a5 {
            break;
        }
        at = at.checked_add(8 + u64::from(source.u32(at + 4)?))?;
    }
    let follows = Compression::of(&source.read(at, 8));
    (at > 0 && matches!(follows, Some(Compression::Zstd | Compression::Lz4))).then_some(at)
}

/// Bytes of a gzip header with its extra field, name and comment.
pub(crate) fn gzip_header(source: &Source) -> u64 {
    /// Names and comments are short.
    const MAX_TEXT: usize = 64 << 10;
    let flags = source.array::<1>(3).unwrap_or_default()[0];
    let mut at = 10;
    if flags & 4 != 0 {
        at += 2 + u64::from(source.u16(at).unwrap_or(0));
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            let text = source.read(at, MAX_TEXT);
            at += memchr::memchr(0, &text).map_or(text.len(), |end| end + 1) as u64;
        }
    }
    at
}

/// Bytes of the window that a frame asks for.
pub(crate) fn zstd_window(source: &Source, at: u64) -> Option<u64> {
    let [a, b, c, d, flags, window] = source.array::<6>(at)?;
    if [a, b, c, d] != [0x28, 0xb5, 0x2f, 0xfd] {
        return None;
    }
    if flags & 0x20 == 0 {
        let base = 1u64 << (10 + (window >> 3));
        return Some(base + base / 8 * u64::from(window & 7));
    }
    // One segment: the window is as large as the content.
    let size = at + 5 + [0, 1, 2, 4][usize::from(flags & 3)];
    match flags >> 6 {
        0 => source.array::<1>(size).map(|[size]| size.into()),
        1 => source.u16(size).map(|size| u64::from(size) + 256),
        2 => source.u32(size).map(u64::from),
        _ => source.u64(size),
    }
}

/// KiB of the dictionary that the first block of an xz stream asks for: 2 or 3 with an exponent.
fn xz_dictionary(source: &Source) -> Option<u64> {
    let head = source.read(12, 64);
    let at = memchr::memmem::find(&head, &[0x21, 1])?;
    let bits = u32::from(*head.get(at + 2)?);
    let mantissa = u64::from(2 | bits & 1);
    mantissa.checked_shl(bits / 2 + 1)
}

/// What a reader gives, piece by piece.
pub(crate) fn collect(reader: impl Read, limit: Limit, price: Price) -> Decoded {
    let mut decoded = Decoded::default();
    gather(reader, limit, price, &mut decoded);
    decoded
}

/// Adds what a reader gives, within the limit of all.
fn gather(mut reader: impl Read, limit: Limit, price: Price, decoded: &mut Decoded) {
    if limit.all.saturating_sub(decoded.work) < price.stream {
        decoded.cut = true;
        return;
    }
    decoded.work += price.stream;
    let mut piece = vec![0; PIECE];
    loop {
        let mut filled = 0;
        let mut at_end = false;
        while filled < piece.len() && !at_end {
            match reader.read(&mut piece[filled..]) {
                Ok(0) => at_end = true,
                Ok(count) => filled += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => {
                    decoded.broken = true;
                    at_end = true;
                }
            }
        }
        let is_run = piece[..filled].iter().all(|byte| *byte == piece[0]);
        let mut left = limit.all.saturating_sub(decoded.work) / price.byte;
        if !is_run {
            left = left.min(limit.kept.saturating_sub(decoded.content.kept()));
        }
        let fits = filled.min(usize::try_from(left).unwrap_or(usize::MAX));
        decoded.content.push(&piece[..fits]);
        decoded.work = decoded
            .work
            .saturating_add((fits as u64).saturating_mul(price.byte));
        decoded.cut = fits < filled || decoded.work > limit.all;
        if at_end || decoded.cut {
            return;
        }
    }
}

/// What a look through a stream told, of which nothing was kept.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    /// Where it ends, if that was reached.
    pub(crate) end: Option<u64>,
    /// Bytes that came out of it.
    pub(crate) count: u64,
    /// There was more than the limit.
    pub(crate) cut: bool,
    /// What it cost.
    pub(crate) work: u64,
}

/// Looks through the first stream of gzip or of zlib, up to so many bytes that come out of it.
pub(crate) fn look_through(source: &Source, compression: Compression, limit: u64) -> Seen {
    if compression == Compression::Gzip {
        let mut decoder = flate2::bufread::GzDecoder::new(source.reader());
        let seen = drained(&mut decoder, limit);
        let end = decoder.into_inner().stream_position().ok();
        seen.ending_at(end)
    } else {
        let mut decoder = flate2::bufread::ZlibDecoder::new(source.reader());
        let seen = drained(&mut decoder, limit);
        let end = decoder.total_in();
        seen.ending_at(Some(end))
    }
}

/// Of each byte that a look takes in: headers and empty blocks give nothing, and are read byte by byte.
const PRICE_OF_INPUT: u64 = 4;

impl Seen {
    /// The same with its end, if it has one; `read` is where the decoder stands.
    fn ending_at(self, read: Option<u64>) -> Self {
        let taken = read.unwrap_or_default().saturating_mul(PRICE_OF_INPUT);
        Self {
            end: self.end.and(read).filter(|end| *end > 0),
            work: self.work.saturating_add(taken),
            ..self
        }
    }
}

/// Reads to the end; not if that is far.
fn drained(reader: &mut impl Read, limit: u64) -> Seen {
    let mut chunk = [0; 1 << 14];
    let mut seen = Seen {
        work: Price::QUICK.stream,
        ..Seen::default()
    };
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => seen.end = Some(0),
            Ok(count) => {
                seen.count += count as u64;
                seen.work += count as u64 * Price::QUICK.byte;
                seen.cut = seen.count > limit;
                if !seen.cut {
                    continue;
                }
            }
            Err(_) => {}
        }
        return seen;
    }
}

/// Deflate without a frame, as in zip archives.
pub(crate) fn inflate(source: &Source, limit: Limit) -> Decoded {
    collect(
        flate2::bufread::DeflateDecoder::new(source.reader()),
        limit,
        Price::QUICK,
    )
}

/// Is it nothing but one value, from its first byte on, that grows a thousandfold and takes much room? What holds
/// zeroed weights has a header before them.
pub(crate) fn is_bomb(content: &Sparse, packed: u64) -> bool {
    const MIN_BOMB: u64 = 32 << 20;
    const RATIO: u64 = 1_000;
    const MAX_OTHER: u64 = 1 << 10;
    content.len() >= MIN_BOMB && content.len() / packed.max(1) > RATIO && content.kept() < MAX_OTHER
}

/// All bytes of a small compressed constant, or nothing.
pub(crate) fn decompressed(bytes: Vec<u8>, limit: usize) -> Option<Vec<u8>> {
    let compression = Compression::of(&bytes)?;
    let limit = limit as u64;
    let price = Price::of(compression);
    let within = Limit {
        kept: limit,
        all: limit * price.byte + price.stream * 2,
    };
    let decoded = decode(&Source::of_bytes(bytes), compression, within);
    if decoded.cut || decoded.broken {
        return None;
    }
    decoded.content.into_bytes(limit)
}
