//! Whether a program is static: no program interpreter, hence no library of the system it runs on.

use anyhow::{Result, bail};

const MAGIC: &[u8] = b"\x7fELF\x02\x01";
/// A segment that names the dynamic linker.
const INTERPRETER: u32 = 3;

/// Fails unless it is a 64-bit little-endian ELF file without an interpreter.
pub(super) fn check_static(program: &[u8]) -> Result<()> {
    if !program.starts_with(MAGIC) {
        bail!("no 64-bit ELF program");
    }
    let word = |at: usize, len: usize| -> Option<u64> {
        let bytes = program.get(at..at + len)?;
        Some(
            bytes
                .iter()
                .rev()
                .fold(0, |value, byte| value << 8 | u64::from(*byte)),
        )
    };
    let headers = (word(0x20, 8), word(0x36, 2), word(0x38, 2));
    let (Some(offset), Some(size), Some(count)) = headers else {
        bail!("the ELF header is cut off");
    };
    for index in 0..count {
        match word((offset + index * size) as usize, 4) {
            None => bail!("the program headers are cut off"),
            Some(kind) if kind == u64::from(INTERPRETER) => {
                bail!("it is linked dynamically: build it with `cargo xtask dist`")
            }
            Some(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ELF header with one program header of a kind.
    fn elf(kind: u32) -> Vec<u8> {
        let mut bytes = vec![0; 0x40 + 0x38];
        bytes[..6].copy_from_slice(MAGIC);
        bytes[0x20] = 0x40;
        bytes[0x36] = 0x38;
        bytes[0x38] = 1;
        bytes[0x40..0x44].copy_from_slice(&kind.to_le_bytes());
        bytes
    }

    #[test]
    fn an_interpreter_makes_a_program_dynamic() {
        assert!(check_static(&elf(1)).is_ok());
        assert!(check_static(&elf(INTERPRETER)).is_err());
        assert!(check_static(&elf(1)[..0x40]).is_err());
        assert!(check_static(b"MZ").is_err());
        // The test itself is linked dynamically.
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(check_static(&own).is_err());
    }
}
