//! Decoded bytes in little memory: long runs of one byte are kept as their length. Zeroed weights compress a
//! thousandfold, and what stands behind them must be read all the same.

use std::io;

use crate::source::ReadAt;

/// Runs are told piece by piece.
pub(crate) const PIECE: usize = 1 << 16;
/// A shorter piece is kept as it is.
const MIN_RUN: usize = 1 << 10;

/// Where a stretch begins, and what it is.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    start: u64,
    what: What,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    /// As they are kept, from this place on.
    Kept(usize),
    /// This byte over and over.
    Run(u8),
}

/// Bytes that were decoded.
#[derive(Debug, Default)]
pub(crate) struct Sparse {
    kept: Vec<u8>,
    stretches: Vec<Stretch>,
    len: u64,
}

impl Sparse {
    pub(crate) const fn len(&self) -> u64 {
        self.len
    }

    /// Bytes that take memory.
    pub(crate) fn kept(&self) -> u64 {
        self.kept.len() as u64
    }

    /// Adds a piece.
    pub(crate) fn push(&mut self, piece: &[u8]) {
        let Some(first) = piece.first().copied() else {
            return;
        };
        let last = self.stretches.last().map(|stretch| stretch.what);
        if piece.len() >= MIN_RUN && piece.iter().all(|byte| *byte == first) {
            if last != Some(What::Run(first)) {
                self.stretches.push(Stretch {
                    start: self.len,
                    what: What::Run(first),
                });
            }
        } else {
            if !matches!(last, Some(What::Kept(_))) {
                self.stretches.push(Stretch {
                    start: self.len,
                    what: What::Kept(self.kept.len()),
                });
            }
            self.kept.extend_from_slice(piece);
        }
        self.len += piece.len() as u64;
    }

    /// All bytes, if they are at most `limit`.
    pub(crate) fn into_bytes(self, limit: u64) -> Option<Vec<u8>> {
        if self.len > limit {
            return None;
        }
        if self.len == self.kept() {
            return Some(self.kept);
        }
        let mut bytes = vec![0; usize::try_from(self.len).ok()?];
        let mut done = 0;
        while done < bytes.len() {
            match self.read_at(done as u64, &mut bytes[done..]) {
                Ok(count @ 1..) => done += count,
                _ => return None,
            }
        }
        Some(bytes)
    }

    /// The stretch that an offset is in, and where it ends.
    fn stretch(&self, offset: u64) -> Option<(Stretch, u64)> {
        let after = self.stretches.partition_point(|s| s.start <= offset);
        let stretch = *self.stretches.get(after.checked_sub(1)?)?;
        let end = self.stretches.get(after).map_or(self.len, |s| s.start);
        Some((stretch, end))
    }
}

impl ReadAt for Sparse {
    fn size(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if offset >= self.len {
            return Ok(0);
        }
        let Some((stretch, end)) = self.stretch(offset) else {
            return Ok(0);
        };
        let count = buffer
            .len()
            .min(usize::try_from(end - offset).unwrap_or(usize::MAX));
        match stretch.what {
            What::Run(byte) => buffer[..count].fill(byte),
            What::Kept(at) => {
                let from = at + usize::try_from(offset - stretch.start).unwrap_or(usize::MAX);
                buffer[..count].copy_from_slice(&self.kept[from..from + count]);
            }
        }
        Ok(count)
    }

    fn run_end(&self, offset: u64) -> u64 {
        match self.stretch(offset) {
            Some((stretch, end)) if matches!(stretch.what, What::Run(_)) => end.max(offset),
            _ => offset,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_went_in_comes_out_at_every_place(
            pieces in proptest::collection::vec((any::<bool>(), any::<u8>(), 1usize..5000), 0..12),
            at in 0usize..60_000,
        ) {
            let (mut sparse, mut plain) = (Sparse::default(), Vec::new());
            for (is_run, byte, len) in pieces {
                let piece: Vec<u8> = (0..len).map(|i| if is_run { byte } else { (i % 251) as u8 }).collect();
                sparse.push(&piece);
                plain.extend(piece);
            }
            prop_assert_eq!(sparse.len(), plain.len() as u64);
            for at in [at.min(plain.len()), 0] {
                let mut buffer = vec![0; 700];
                let mut done = 0;
                while let Ok(count @ 1..) = sparse.read_at((at + done) as u64, &mut buffer[done..]) {
                    done += count;
                }
                let end = plain.len().min(at + 700);
                prop_assert_eq!(&buffer[..done], &plain[at..end]);
                prop_assert!(sparse.run_end(at as u64) >= at as u64);
            }
            prop_assert_eq!(sparse.into_bytes(1 << 20), Some(plain));
        }
    }

    #[test]
    fn a_long_run_takes_no_memory() {
        let mut sparse = Sparse::default();
        for _ in 0..1000 {
            sparse.push(&vec![0; PIECE]);
        }
        sparse.push(b"end");
        assert_eq!(sparse.kept(), 3);
        assert_eq!(sparse.run_end(5), 1000 * PIECE as u64);
    }
}
