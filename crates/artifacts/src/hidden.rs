//! Files that hide in text: base64 and hexadecimal digits in configuration and metadata. Pictures and keys are kept
//! so as well: what counts is what the decoded bytes are.

use crate::encoding;
use crate::inspection::{Context, Inspection};
use crate::source::Source;
use crate::{pickle, sniff};

/// Digits that are worth a look: shorter ones hold no call.
const MIN_DIGITS: usize = 24;
/// A line of digits that the next line goes on with.
const MIN_LINE: usize = 56;
/// Runs of digits that are decoded, and digits of all of them.
const MAX_RUNS: usize = 2_000;
const MAX_DIGITS: usize = 16 << 20;

/// Decodes what may be a file and inspects it.
pub(crate) fn inspect(inspection: &mut Inspection, text: &[u8]) {
    let (mut runs, mut digits_left) = (0, MAX_DIGITS);
    let mut at = 0;
    while at < text.len() {
        let len = text[at..].iter().take_while(|b| is_digit(**b)).count();
        if len < MIN_DIGITS {
            // Words are many: they cost nothing.
            at += len + 1;
            continue;
        }
        let (digits, end) = run(text, at, digits_left);
        let start = std::mem::replace(&mut at, end);
        if digits.len() < MIN_DIGITS || runs >= MAX_RUNS {
            return;
        }
        // Digits may stand right behind other letters of the text: a path, a key.
        let decoded = encoding::hex(&digits)
            .filter(|bytes| is_file(bytes))
            .or_else(|| {
                may_be_file(&digits)
                    .then(|| encoding::base64(&digits))
                    .flatten()
            });
        let Some(decoded) = decoded.filter(|bytes| is_file(bytes)) else {
            continue;
        };
        runs += 1;
        digits_left = digits_left.saturating_sub(digits.len());
        if inspection.decoded_left < decoded.len() as u64 {
            return;
        }
        inspection.decoded_bytes(decoded.len() as u64);
        let is_pickle = decoded.first().is_some_and(|b| pickle::opens(*b));
        let decoded = Source::of_bytes(decoded);
        let name = format!("text at {start}, decoded");
        if is_pickle {
            // Digits may begin like a pickle by chance: only harm counts.
            inspection.within(&name, Context::Constant, |inspection| {
                pickle::search(inspection, &decoded, 0);
            });
        } else {
            inspection.member(&name, Context::Constant, &decoded);
        }
    }
}

const fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// The digits from a place on, over line ends within them, and where they end.
fn run(text: &[u8], start: usize, limit: usize) -> (Vec<u8>, usize) {
    let mut digits = Vec::new();
    let mut at = start;
    loop {
        let len = text[at..].iter().take_while(|b| is_digit(**b)).count();
        let room = limit.saturating_sub(digits.len());
        digits.extend_from_slice(&text[at..at + len.min(room)]);
        at += len;
        while text.get(at) == Some(&b'=') {
            at += 1;
        }
        let gap = line_end(&text[at..]);
        let goes_on = len >= MIN_LINE && gap > 0;
        if !goes_on || !text.get(at + gap).is_some_and(|b| is_digit(*b)) {
            return (digits, at);
        }
        at += gap;
    }
}

/// Bytes of a line end with what indents the next line; line ends may be written as in JSON.
fn line_end(text: &[u8]) -> usize {
    let mut at = 0;
    let mut ends = 0;
    loop {
        match &text[at..] {
            [b'\\', b'n' | b'r', ..] => {
                ends += 1;
                at += 2;
            }
            [b'\n' | b'\r', ..] => {
                ends += 1;
                at += 1;
            }
            [b' ' | b'\t', ..] => at += 1,
            _ => return if ends > 0 { at } else { 0 },
        }
    }
}

/// By the first digits, before all are decoded.
fn may_be_file(digits: &[u8]) -> bool {
    encoding::base64(&digits[..MIN_DIGITS]).is_some_and(|head| {
        sniff::has_magic(&head) || head.first().is_some_and(|b| pickle::opens(*b))
    })
}

fn is_file(bytes: &[u8]) -> bool {
    sniff::has_magic(bytes)
        || bytes.first().is_some_and(|b| pickle::opens(*b))
            && pickle::looks_like(&Source::of_bytes(bytes.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use trueline_facts::artifact::Verdict;

    #[test]
    fn digits_that_begin_like_a_pickle_and_are_none_say_nothing() {
        let mut inspection = Inspection::new(1000);
        inspect(
            &mut inspection,
            "gARdgASVKGdBSVKEdBSVKKKKKKKK ".repeat(30).as_bytes(),
        );
        inspect(&mut inspection, "80045d9f".repeat(8).as_bytes());
        let (verdict, reasons, _) = inspection.into_parts();
        assert_eq!(verdict, Verdict::Clean, "{:?}", reasons.first());
    }
}
