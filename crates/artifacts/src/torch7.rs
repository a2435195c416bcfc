//! Files of Torch 7, which serialises Lua: functions are bytecode.

use trueline_facts::artifact::Verdict;

use crate::inspection::Inspection;
use crate::source::Source;
use crate::technique;

/// Bytes that are looked through at once: weights are most of such a file.
const PIECE: usize = 4 << 20;

/// Is it such a file, by its mark or its name?
pub(crate) fn is_torch7(head: &[u8], name: &str) -> bool {
    head.starts_with(b"T7\0\0") || name.to_ascii_lowercase().ends_with(".t7") && head.len() > 4
}

/// Inspects such a file.
pub(crate) fn inspect(inspection: &mut Inspection, source: &Source) {
    inspection.format("torch7");
    // With what a mark needs of the piece before.
    let has_code = (0..source.len()).step_by(PIECE).any(|at| {
        let bytes = source.read(at.saturating_sub(3), PIECE + 3);
        memchr::memmem::find(&bytes, b"\x1bLJ").is_some()
            || memchr::memmem::find(&bytes, b"\x1bLua").is_some()
    });
    if has_code {
        inspection.report(
            Verdict::Suspicious,
            technique::LUA_CODE,
            0,
            "the file holds compiled Lua functions",
        );
    }
}
