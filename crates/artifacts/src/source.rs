//! Bytes at a place: files, parts of files and decoded members behind one type.
//!
//! Positioned reads only: nothing is mapped, nothing is read that is not asked for. A read past the end is
//! short; a read that fails is short too and is remembered, so that a verdict never rests on it unseen.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::sparse::Sparse;

/// Nothing is read any more: the process was asked to end.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// Ends every check of the process soon, also in the middle of a large file: reads fail from here on. What is checked
/// then is never clean; callers leave its record out.
pub fn stop() {
    STOPPED.store(true, Ordering::Relaxed);
}

/// Something with bytes at offsets.
pub trait ReadAt: Send + Sync {
    /// How many bytes.
    fn size(&self) -> u64;
    /// Fills as much of the buffer as there is; 0 at the end.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
    /// The end of a run of one byte that is known to go on from `offset`; `offset` itself if none is.
    fn run_end(&self, offset: u64) -> u64 {
        offset
    }
}

impl ReadAt for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let start = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(self.len());
        let count = buffer.len().min(self.len() - start);
        buffer[..count].copy_from_slice(&self[start..start + count]);
        Ok(count)
    }
}

/// A file and its length when it was opened.
#[derive(Debug)]
struct OpenFile {
    file: File,
    size: u64,
}

impl ReadAt for OpenFile {
    fn size(&self) -> u64 {
        self.size
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.file, buffer, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&self.file, buffer, offset)
    }
}

/// What the walks over the structure of a file may still read, in all its parts: each read costs one, and one more for
/// every so many bytes. Parts can overlap, lead to each other in circles and be very many.
#[derive(Clone, Debug)]
pub(crate) struct Meter(Arc<AtomicU64>);

const BYTES_A_UNIT: u64 = 16;

impl Meter {
    pub(crate) fn new(left: u64) -> Self {
        Self(Arc::new(AtomicU64::new(left)))
    }

    pub(crate) fn add(&self, more: u64) {
        if !self.is_spent() {
            let left = self.0.load(Ordering::Relaxed);
            self.0.store(left.saturating_add(more), Ordering::Relaxed);
        }
    }

    /// Was more wanted than there is? It stays so.
    pub(crate) fn is_spent(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    fn pays(&self, bytes: usize) -> bool {
        let cost = 1 + bytes as u64 / BYTES_A_UNIT;
        let left = self.0.load(Ordering::Relaxed).saturating_sub(cost);
        self.0.store(left, Ordering::Relaxed);
        left > 0
    }
}

/// A range of something with bytes. Cheap to copy.
#[derive(Clone)]
pub(crate) struct Source {
    inner: Arc<dyn ReadAt>,
    failed: Arc<AtomicBool>,
    meter: Option<Meter>,
    start: u64,
    len: u64,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source")
            .field("start", &self.start)
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

impl Source {
    pub(crate) fn of(inner: Arc<dyn ReadAt>) -> Self {
        let len = inner.size();
        Self {
            inner,
            failed: Arc::default(),
            meter: None,
            start: 0,
            len,
        }
    }

    pub(crate) fn of_file(file: File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        Ok(Self::of(Arc::new(OpenFile { file, size })))
    }

    pub(crate) fn of_bytes(bytes: Vec<u8>) -> Self {
        Self::of(Arc::new(bytes))
    }

    pub(crate) fn of_sparse(content: Sparse) -> Self {
        Self::of(Arc::new(content))
    }

    pub(crate) const fn len(&self) -> u64 {
        self.len
    }

    /// The same, with reads that are paid for: when nothing is left they are short.
    pub(crate) fn metered(&self, meter: &Meter) -> Self {
        Self {
            meter: Some(meter.clone()),
            ..self.clone()
        }
    }

    /// The end of a long run of one byte that goes on from `offset`, where it is known without reading.
    pub(crate) fn run_end(&self, offset: u64) -> u64 {
        let end = self.inner.run_end(self.start.saturating_add(offset));
        (end - self.start).min(self.len).max(offset)
    }

    /// Did a read fail?
    pub(crate) fn failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// The part from `offset` of at most `len` bytes; what lies past the end is left out.
    pub(crate) fn slice(&self, offset: u64, len: u64) -> Self {
        let offset = offset.min(self.len);
        Self {
            inner: Arc::clone(&self.inner),
            failed: Arc::clone(&self.failed),
            meter: self.meter.clone(),
            start: self.start + offset,
            len: len.min(self.len - offset),
        }
    }

    /// Fills the buffer from `offset`; how much of it.
    pub(crate) fn fill(&self, offset: u64, buffer: &mut [u8]) -> usize {
        if STOPPED.load(Ordering::Relaxed) {
            self.failed.store(true, Ordering::Relaxed);
            return 0;
        }
        let left = self.len.saturating_sub(offset);
        let want = buffer
            .len()
            .min(usize::try_from(left).unwrap_or(usize::MAX));
        if self.meter.as_ref().is_some_and(|meter| !meter.pays(want)) {
            return 0;
        }
        let mut done = 0;
        while done < want {
            match self
                .inner
                .read_at(self.start + offset + done as u64, &mut buffer[done..want])
            {
                Ok(0) => {
                    // The file shrank while it was read.
                    self.failed.store(true, Ordering::Relaxed);
                    break;
                }
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    self.failed.store(true, Ordering::Relaxed);
                    break;
                }
            }
        }
        done
    }

    /// At most `len` bytes from `offset`: callers bound `len`.
    pub(crate) fn read(&self, offset: u64, len: usize) -> Vec<u8> {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; len.min(left)];
        let done = self.fill(offset, &mut bytes);
        bytes.truncate(done);
        bytes
    }

    /// Exactly `N` bytes, or nothing.
    pub(crate) fn array<const N: usize>(&self, offset: u64) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        (self.fill(offset, &mut bytes) == N).then_some(bytes)
    }

    pub(crate) fn u16(&self, offset: u64) -> Option<u16> {
        self.array(offset).map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&self, offset: u64) -> Option<u32> {
        self.array(offset).map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&self, offset: u64) -> Option<u64> {
        self.array(offset).map(u64::from_le_bytes)
    }

    /// A sequential reader over it, buffered.
    pub(crate) fn reader(&self) -> io::BufReader<SourceReader> {
        io::BufReader::with_capacity(
            1 << 16,
            SourceReader {
                source: self.clone(),
                at: 0,
            },
        )
    }
}

/// Reads a source from its start; can seek.
#[derive(Debug)]
pub(crate) struct SourceReader {
    source: Source,
    at: u64,
}

impl io::Read for SourceReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.fill(self.at, buffer);
        self.at += count as u64;
        Ok(count)
    }
}

impl io::Seek for SourceReader {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        let at = match to {
            io::SeekFrom::Start(at) => Some(at),
            io::SeekFrom::End(by) => self.source.len.checked_add_signed(by),
            io::SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// Bytes kept ahead by a [`Cursor`].
const WINDOW: usize = 1 << 16;

/// Walks a source forward through a small window; jumps cost nothing.
#[derive(Debug)]
pub(crate) struct Cursor {
    source: Source,
    window: Vec<u8>,
    /// Where the window begins in the source.
    base: u64,
    /// Next byte, in the window.
    at: usize,
}

impl Cursor {
    pub(crate) fn new(source: Source, at: u64) -> Self {
        Self {
            source,
            window: Vec::new(),
            base: at,
            at: 0,
        }
    }

    pub(crate) const fn source(&self) -> &Source {
        &self.source
    }

    #[inline]
    pub(crate) const fn position(&self) -> u64 {
        self.base + self.at as u64
    }

    #[inline]
    pub(crate) const fn remaining(&self) -> u64 {
        self.source.len.saturating_sub(self.position())
    }

    /// Goes to `offset`, without reading.
    #[inline]
    pub(crate) fn seek(&mut self, offset: u64) {
        let end = self.base + self.window.len() as u64;
        if offset >= self.base && offset <= end {
            self.at = (offset - self.base) as usize;
        } else {
            self.base = offset;
            self.window.clear();
            self.at = 0;
        }
    }

    /// Makes `count` bytes visible, if there are as many.
    fn ensure(&mut self, count: usize) -> bool {
        if self.window.len() - self.at >= count {
            return true;
        }
        let position = self.position();
        let left = self.source.len.saturating_sub(position);
        if count > WINDOW || left < count as u64 {
            return false;
        }
        // Short looks are many, and so are short sources: the window grows with use.
        let size = if self.window.capacity() == 0 {
            1024.max(count)
        } else {
            WINDOW
        };
        let size = size.min(usize::try_from(left).unwrap_or(WINDOW));
        self.window.resize(size, 0);
        let got = self.source.fill(position, &mut self.window);
        self.window.truncate(got);
        self.base = position;
        self.at = 0;
        got >= count
    }

    #[inline]
    pub(crate) fn u8(&mut self) -> Option<u8> {
        if self.at >= self.window.len() && !self.ensure(1) {
            return None;
        }
        let byte = *self.window.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    /// At most 64 KiB at once.
    #[inline]
    pub(crate) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        if !self.ensure(N) {
            return None;
        }
        let bytes = self.window.get(self.at..self.at + N)?.try_into().ok()?;
        self.at += N;
        Some(bytes)
    }

    /// Passes over `count` bytes; where they began. `None` if there are not as many.
    #[inline]
    pub(crate) fn skip(&mut self, count: u64) -> Option<u64> {
        let from = self.position();
        if count > self.remaining() {
            return None;
        }
        self.seek(from + count);
        Some(from)
    }

    /// Up to the next line feed, which is passed and not part of it; `None` if there is none within `limit`.
    pub(crate) fn line(&mut self, limit: usize) -> Option<Vec<u8>> {
        let from = self.position();
        if let Some(end) = memchr::memchr(b'\n', self.window.get(self.at..)?) {
            let line = self.window[self.at..self.at + end].to_vec();
            self.at += end + 1;
            return (line.len() <= limit).then_some(line);
        }
        let mut size = 256;
        loop {
            let bytes = self.source.read(from, size);
            if let Some(end) = memchr::memchr(b'\n', &bytes) {
                self.seek(from + end as u64 + 1);
                return Some(bytes[..end].to_vec());
            }
            if bytes.len() < size || size > limit {
                return None;
            }
            size *= 8;
        }
    }

    /// The same however far its end is: the line as far as it is kept. `None` if it has no end.
    pub(crate) fn long_line(&mut self, kept: usize) -> Option<Vec<u8>> {
        const PIECE: usize = 1 << 20;
        let from = self.position();
        let mut at = from;
        loop {
            let piece = self.source.read(at, PIECE);
            if let Some(end) = memchr::memchr(b'\n', &piece) {
                at += end as u64;
                let len = usize::try_from(at - from).unwrap_or(kept).min(kept);
                let line = self.source.read(from, len);
                self.seek(at + 1);
                return Some(line);
            }
            if piece.is_empty() {
                return None;
            }
            at += piece.len() as u64;
        }
    }

    /// The line that begins here, where it is, if all of it is at hand.
    #[inline]
    pub(crate) fn line_at_hand(&self) -> Option<&[u8]> {
        let rest = self.window.get(self.at..)?;
        rest.get(..memchr::memchr(b'\n', rest)?)
    }

    /// Bytes at any place of the source, from the window where it has them.
    pub(crate) fn bytes(&self, offset: u64, len: usize) -> Vec<u8> {
        if let Some(start) = offset.checked_sub(self.base)
            && let Ok(start) = usize::try_from(start)
            && let Some(bytes) = self.window.get(start..start.saturating_add(len))
        {
            return bytes.to_vec();
        }
        self.source.read(offset, len)
    }

    /// The same, looked at where they are if the window has them.
    #[inline]
    pub(crate) fn with<T>(&self, offset: u64, len: usize, look: impl FnOnce(&[u8]) -> T) -> T {
        if let Some(start) = offset.checked_sub(self.base)
            && let Ok(start) = usize::try_from(start)
            && let Some(bytes) = self.window.get(start..start.saturating_add(len))
        {
            return look(bytes);
        }
        look(&self.source.read(offset, len))
    }

    /// The first of them, without allocating.
    pub(crate) fn head<const N: usize>(&self, offset: u64) -> Option<[u8; N]> {
        if let Some(start) = offset.checked_sub(self.base)
            && let Ok(start) = usize::try_from(start)
            && let Some(bytes) = self.window.get(start..start.saturating_add(N))
        {
            return bytes.try_into().ok();
        }
        self.source.array(offset)
    }
}
