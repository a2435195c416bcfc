//! Does code nest so deep that its tree would need more stack than there is?
//!
//! Told by the text alone: brackets, and operators and words between two commas, each of which may be a level of the
//! tree. Python itself gives up at 200 brackets.

/// Levels that are followed. Python's own compiler stops at about as many.
const MAX_LEVELS: usize = 2_000;

/// Would the tree be deeper than is followed?
pub(super) fn is_too_deep(code: &str) -> bool {
    let bytes = code.as_bytes();
    // Levels since the last comma, of each bracket that is open.
    let mut open: Vec<usize> = vec![0];
    let mut total = 0usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'#' => at += memchr::memchr(b'\n', &bytes[at..]).unwrap_or(bytes.len() - at),
            b'"' | b'\'' => {
                let start = at;
                at = end_of_text(bytes, start);
                // What an f-string interpolates is code.
                let is_code = start > 0 && matches!(bytes[start - 1], b'f' | b'F' | b't' | b'T')
                    || start > 1
                        && matches!(
                            &bytes[start - 2..start],
                            [b'f' | b'F' | b't' | b'T', b'r' | b'R']
                        );
                if is_code
                    && bytes[start..at]
                        .iter()
                        .filter(|b| matches!(b, b'(' | b'[' | b'{'))
                        .count()
                        > 200
                {
                    return true;
                }
                continue;
            }
            b'(' | b'[' | b'{' => {
                open.push(0);
                total += 1;
            }
            b')' | b']' | b'}' => {
                if open.len() > 1 {
                    total -= open.pop().unwrap_or_default() + 1;
                }
                raise(&mut open, &mut total);
            }
            b',' | b';' => reset(&mut open, &mut total),
            b'\n' if open.len() == 1 => reset(&mut open, &mut total),
            b' ' | b'\t' | b'\r' | b'\n' | b'\\' => {}
            b if b.is_ascii_alphanumeric() || *b == b'_' || !b.is_ascii() => {
                let is_word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || !b.is_ascii();
                while bytes.get(at + 1).is_some_and(is_word) {
                    at += 1;
                }
                raise(&mut open, &mut total);
            }
            _ => raise(&mut open, &mut total),
        }
        if total > MAX_LEVELS || open.len() > 201 {
            return true;
        }
        at += 1;
    }
    is_indented_too_deep(code)
}

fn raise(open: &mut [usize], total: &mut usize) {
    if let Some(last) = open.last_mut() {
        *last += 1;
        *total += 1;
    }
}

fn reset(open: &mut [usize], total: &mut usize) {
    if let Some(last) = open.last_mut() {
        *total -= *last;
        *last = 0;
    }
}

/// Where the text that begins there ends; interpolations of f-strings are read as text, their own depth is bounded by
/// what they hold.
fn end_of_text(bytes: &[u8], start: usize) -> usize {
    let mark = bytes[start];
    let triple = bytes
        .get(start..start + 3)
        .is_some_and(|m| m.iter().all(|b| *b == mark));
    let width = if triple { 3 } else { 1 };
    let mut at = start + width;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'\n' if !triple => return at,
            b if b == mark && !triple => return at + 1,
            b if b == mark && bytes[at..].iter().take(3).filter(|b| **b == mark).count() == 3 => {
                return at + 3;
            }
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// Python stops at 100 blocks in each other.
fn is_indented_too_deep(code: &str) -> bool {
    let mut indents: Vec<usize> = Vec::new();
    for line in code.lines() {
        let bare = line.trim_start_matches([' ', '\t']);
        if bare.is_empty() || bare.starts_with('#') {
            continue;
        }
        let indent = line.len() - bare.len();
        while indents.last().is_some_and(|last| *last >= indent) {
            indents.pop();
        }
        indents.push(indent);
        if indents.len() > 110 {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::is_too_deep;

    #[test]
    fn long_is_not_deep() {
        assert!(!is_too_deep(&format!("x = [{}]", "-1.5, ".repeat(50_000))));
        assert!(!is_too_deep(&"x = 1 + 2\n".repeat(50_000)));
        assert!(!is_too_deep(&format!("x = '''{}'''", "((((".repeat(9_000))));
        assert!(is_too_deep(&"(".repeat(300)));
        assert!(is_too_deep(&format!("x = 1{}", "+1".repeat(9_000))));
        assert!(is_too_deep(&format!("x = {}1", "not ".repeat(9_000))));
    }
}
