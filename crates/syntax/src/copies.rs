//! How much of `finally` blocks may be lowered again, at every jump that leaves them.
//!
//! A block is a part of the text, and many jumps can leave it; `finally` in `finally` doubles with
//! every level. What is copied in all stays in proportion to the text.

/// Bytes that even a small file may have copied.
const FREE: usize = 16 << 10;

/// Bytes of a file that may still be lowered again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Copies {
    left: usize,
}

impl Copies {
    /// Those of a text.
    pub(crate) const fn of(text: &str) -> Self {
        Self {
            left: text.len().saturating_mul(2).saturating_add(FREE),
        }
    }

    /// Takes so many bytes; whether there were as many.
    pub(crate) fn take(&mut self, bytes: usize) -> bool {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}
