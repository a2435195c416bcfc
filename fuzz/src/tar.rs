//! Changes of tar archives that leave the checksums of their headers right: a wrong one ends the walk.

use libfuzzer_sys::fuzzer_mutate;

const BLOCK: usize = 512;

/// libFuzzer's own change, then a new checksum for every header.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize) -> usize {
    let size = fuzzer_mutate(data, size, max_size);
    for block in data[..size].chunks_exact_mut(BLOCK) {
        if &block[257..262] == b"ustar" {
            block[148..156].fill(b' ');
            let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
            block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        }
    }
    size
}
