//! The header of a 7z archive: which bytes are packed by what, and the names and sizes of what they hold.
//!
//! No count is larger than the header has bytes: each thing that is counted takes one at least.

/// Coders of a folder.
const MAX_CODERS: usize = 8;

/// What a header says.
#[derive(Debug, Default)]
pub(super) struct Header {
    /// It only tells where the real header is, which is packed.
    pub(super) is_packed: bool,
    /// Of the packed bytes, behind the start of the file.
    pub(super) packed_at: u64,
    /// Sizes of the packed streams.
    pub(super) packs: Vec<u64>,
    pub(super) folders: Vec<Folder>,
    /// Names of the members that have data, in the order of the folders.
    pub(super) names: Vec<String>,
}

/// Files that are packed together.
#[derive(Debug, Default)]
pub(super) struct Folder {
    pub(super) coders: Vec<Coder>,
    /// From which output of a coder its input comes.
    binds: Vec<(usize, usize)>,
    /// Streams that it is unpacked from.
    pub(super) packs: usize,
    /// Bytes that each coder gives.
    pub(super) sizes: Vec<u64>,
    /// Bytes of each file in it.
    pub(super) files: Vec<u64>,
}

/// A method and its properties.
#[derive(Debug)]
pub(super) struct Coder {
    pub(super) id: Vec<u8>,
    pub(super) properties: Vec<u8>,
    is_simple: bool,
}

impl Coder {
    /// AES.
    pub(super) fn is_cipher(&self) -> bool {
        self.id.starts_with(&[6, 0xf1])
    }
}

impl Folder {
    /// The coders in the order in which bytes go through them; nothing if they branch.
    pub(super) fn chain(&self) -> Option<Vec<usize>> {
        if self.packs != 1 || self.coders.iter().any(|coder| !coder.is_simple) {
            return None;
        }
        let mut at =
            (0..self.coders.len()).find(|i| self.binds.iter().all(|(input, _)| input != i))?;
        let mut chain = vec![at];
        while let Some((input, _)) = self.binds.iter().find(|(_, output)| *output == at) {
            at = *input;
            if at >= self.coders.len() || chain.contains(&at) {
                return None;
            }
            chain.push(at);
        }
        (chain.len() == self.coders.len()).then_some(chain)
    }
}

impl Header {
    /// Reads a header; nothing if it is not as the format says.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader {
            bytes,
            limit: bytes.len(),
        };
        let mut header = Self::default();
        match reader.byte()? {
            1 => {}
            0x17 => {
                header.is_packed = true;
                reader.streams(&mut header)?;
                return Some(header);
            }
            _ => return None,
        }
        let mut empty = Vec::new();
        let mut names = Vec::new();
        loop {
            match reader.byte()? {
                0 => break,
                2 => loop {
                    // Properties of the archive.
                    if reader.byte()? == 0 {
                        break;
                    }
                    let size = reader.count()?;
                    reader.take(size)?;
                },
                3 => reader.streams(&mut Self::default())?,
                4 => reader.streams(&mut header)?,
                5 => (names, empty) = reader.files()?,
                _ => return None,
            }
        }
        header.names = names
            .into_iter()
            .enumerate()
            .filter(|(at, _)| !empty.get(*at).copied().unwrap_or(false))
            .map(|(_, name)| name)
            .collect();
        Some(header)
    }
}

/// What is left of a header.
struct Reader<'b> {
    bytes: &'b [u8],
    limit: usize,
}

impl<'b> Reader<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|taken| taken[0])
    }

    /// A number: ones at the top of the first byte say how many bytes follow.
    fn number(&mut self) -> Option<u64> {
        let first = self.byte()?;
        let extra = first.leading_ones() as usize;
        let mut value = 0;
        for (at, byte) in self.take(extra)?.iter().enumerate() {
            value |= u64::from(*byte) << (8 * at);
        }
        if extra < 7 {
            let high = u64::from(first & (0x7f >> extra));
            value |= high << (8 * extra);
        }
        Some(value)
    }

    /// A number of things that each take a byte of the header.
    fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.limit).then_some(count)
    }

    fn numbers(&mut self, count: usize) -> Option<Vec<u64>> {
        (0..count).map(|_| self.number()).collect()
    }

    fn bits(&mut self, count: usize) -> Option<Vec<bool>> {
        let bytes = self.take(count.div_ceil(8))?;
        Some(
            (0..count)
                .map(|at| bytes[at / 8] & (0x80 >> (at % 8)) != 0)
                .collect(),
        )
    }

    /// Checksums, which are not compared: what does not agree is looked at all the same.
    fn digests(&mut self, count: usize) -> Option<()> {
        let defined = if self.byte()? == 0 {
            self.bits(count)?.iter().filter(|bit| **bit).count()
        } else {
            count
        };
        self.take(defined.checked_mul(4)?)?;
        Some(())
    }

    fn streams(&mut self, header: &mut Header) -> Option<()> {
        let mut has_digest = Vec::new();
        loop {
            match self.byte()? {
                0 => break,
                6 => {
                    header.packed_at = self.number()?;
                    let count = self.count()?;
                    loop {
                        match self.byte()? {
                            0 => break,
                            9 => header.packs = self.numbers(count)?,
                            10 => self.digests(count)?,
                            _ => return None,
                        }
                    }
                }
                7 => has_digest = self.folders(header)?,
                8 => self.files_in_folders(header, &has_digest)?,
                _ => return None,
            }
        }
        for folder in &mut header.folders {
            if folder.files.is_empty() {
                folder.files.push(folder.size());
            }
        }
        Some(())
    }

    /// The folders, and which of them have a checksum.
    fn folders(&mut self, header: &mut Header) -> Option<Vec<bool>> {
        if self.byte()? != 11 {
            return None;
        }
        let count = self.count()?;
        if self.byte()? != 0 {
            // They stand in another stream.
            return None;
        }
        for _ in 0..count {
            header.folders.push(self.folder()?);
        }
        let mut has_digest = vec![false; count];
        loop {
            match self.byte()? {
                0 => return Some(has_digest),
                10 => {
                    let all = *self.bytes.first()? != 0;
                    has_digest = if all {
                        vec![true; count]
                    } else {
                        Reader {
                            bytes: &self.bytes[1..],
                            limit: self.limit,
                        }
                        .bits(count)?
                    };
                    self.digests(count)?;
                }
                12 => {
                    for folder in &mut header.folders {
                        folder.sizes = self.numbers(folder.coders.len())?;
                    }
                }
                _ => return None,
            }
        }
    }

    fn folder(&mut self) -> Option<Folder> {
        let mut folder = Folder::default();
        let count = self
            .count()
            .filter(|count| (1..=MAX_CODERS).contains(count))?;
        let (mut inputs, mut outputs) = (0, 0);
        for _ in 0..count {
            let flags = self.byte()?;
            let id = self.take(usize::from(flags & 0xf))?.to_vec();
            let (ins, outs) = if flags & 0x10 == 0 {
                (1, 1)
            } else {
                (self.count()?, self.count()?)
            };
            let properties = if flags & 0x20 == 0 {
                Vec::new()
            } else {
                let size = self.count()?;
                self.take(size)?.to_vec()
            };
            inputs += ins;
            outputs += outs;
            folder.coders.push(Coder {
                id,
                properties,
                is_simple: ins == 1 && outs == 1,
            });
        }
        // A coder of several outputs is of no use here, and its sizes are not either.
        if outputs != count {
            return None;
        }
        for _ in 1..outputs {
            folder.binds.push((self.count()?, self.count()?));
        }
        folder.packs = inputs.checked_sub(folder.binds.len())?;
        if folder.packs > 1 {
            self.numbers(folder.packs)?;
        }
        Some(folder)
    }

    /// How many files each folder has, and their sizes: the last one has what is left.
    fn files_in_folders(&mut self, header: &mut Header, has_digest: &[bool]) -> Option<()> {
        let mut counts = vec![1; header.folders.len()];
        let mut id = self.byte()?;
        if id == 13 {
            for count in &mut counts {
                *count = self.count()?;
            }
            id = self.byte()?;
        }
        for (folder, count) in header.folders.iter_mut().zip(&counts) {
            let mut left = folder.size();
            for at in 0..*count {
                let size = if at + 1 == *count || id != 9 {
                    left
                } else {
                    self.number()?
                };
                left = left.saturating_sub(size);
                folder.files.push(size);
            }
        }
        if id == 9 {
            id = self.byte()?;
        }
        if id == 10 {
            let known = |at: usize| has_digest.get(at).copied().unwrap_or(false);
            let count = counts
                .iter()
                .enumerate()
                .filter(|(at, count)| **count != 1 || !known(*at))
                .map(|(_, count)| count)
                .sum();
            self.digests(count)?;
            id = self.byte()?;
        }
        (id == 0).then_some(())
    }

    /// Names of all files, and which of them have no data.
    fn files(&mut self) -> Option<(Vec<String>, Vec<bool>)> {
        let count = self.count()?;
        let (mut names, mut empty) = (Vec::new(), vec![false; count]);
        loop {
            let kind = self.byte()?;
            if kind == 0 {
                return Some((names, empty));
            }
            let size = self.count()?;
            let mut body = Reader {
                bytes: self.take(size)?,
                limit: self.limit,
            };
            match kind {
                14 => empty = body.bits(count)?,
                17 if body.byte()? == 0 => {
                    let units: Vec<u16> = body
                        .bytes
                        .chunks_exact(2)
                        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
                        .collect();
                    names = units
                        .split(|unit| *unit == 0)
                        .take(count)
                        .map(String::from_utf16_lossy)
                        .collect();
                }
                _ => {}
            }
        }
    }
}

impl Folder {
    /// Bytes that come out of the last coder.
    fn size(&self) -> u64 {
        let last =
            (0..self.coders.len()).find(|i| self.binds.iter().all(|(_, output)| output != i));
        last.and_then(|last| self.sizes.get(last))
            .copied()
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_as_many_bytes_as_their_first_says() {
        let number = |bytes: &[u8]| Reader { bytes, limit: 9 }.number();
        assert_eq!(number(&[0x7f]), Some(0x7f));
        assert_eq!(number(&[0x81, 2]), Some(0x102));
        assert_eq!(
            number(&[0xff, 1, 0, 0, 0, 0, 0, 0, 0x80]),
            Some(0x8000_0000_0000_0001)
        );
        assert_eq!(number(&[0xc0, 1]), None);
    }

    #[test]
    fn a_header_that_says_it_has_more_files_than_bytes_is_refused() {
        assert!(Header::read(b"\x01\x05\xf0\xff\xff\xff\x7f\0\0").is_none());
        assert!(Header::read(b"\x01\x00").is_some());
    }
}
