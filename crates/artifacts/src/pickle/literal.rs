//! Arguments of text opcodes as the loaders read them: numbers of any base, quoted and escaped texts.

/// An integer as `int(text, 0)` takes it.
pub(super) fn integer(text: &[u8]) -> Option<i64> {
    if let Some(number) = digits(text) {
        return Some(number);
    }
    let text = std::str::from_utf8(text).ok()?.trim().replace('_', "");
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let lower = digits.to_ascii_lowercase();
    let value = if let Some(hex) = lower.strip_prefix("0x") {
        i64::from_str_radix(hex, 16)
    } else if let Some(octal) = lower.strip_prefix("0o") {
        i64::from_str_radix(octal, 8)
    } else if let Some(binary) = lower.strip_prefix("0b") {
        i64::from_str_radix(binary, 2)
    } else {
        lower.parse()
    };
    value.ok().map(|v| if negative { -v } else { v })
}

/// A number of a few digits and nothing else, as nearly all are.
pub(super) fn digits(text: &[u8]) -> Option<i64> {
    let is_short = !text.is_empty() && text.len() <= 18;
    (is_short && text.iter().all(u8::is_ascii_digit)).then(|| {
        text.iter()
            .fold(0, |number, digit| number * 10 + i64::from(digit - b'0'))
    })
}

pub(super) fn unquoted(line: &[u8]) -> Option<&[u8]> {
    let line = line.trim_ascii();
    let quote = *line.first()?;
    if line.len() < 2 || (quote != b'\'' && quote != b'"') || line.last() != Some(&quote) {
        return None;
    }
    line.get(1..line.len() - 1)
}

/// Backslash escapes of a Python 2 string.
pub(super) fn unescape(text: &[u8]) -> Vec<u8> {
    if !text.contains(&b'\\') {
        return text.to_vec();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at += 1;
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        let Some(escape) = text.get(at) else { break };
        at += 1;
        match escape {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'a' => out.push(7),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'v' => out.push(11),
            b'\n' => {}
            b'x' => {
                let digits = text
                    .get(at..at + 2)
                    .and_then(|d| std::str::from_utf8(d).ok());
                if let Some(value) = digits.and_then(|d| u8::from_str_radix(d, 16).ok()) {
                    out.push(value);
                    at += 2;
                }
            }
            b'0'..=b'7' => {
                let mut value = u32::from(escape - b'0');
                for _ in 0..2 {
                    let Some(digit) = text.get(at).filter(|d| (b'0'..=b'7').contains(d)) else {
                        break;
                    };
                    value = value * 8 + u32::from(digit - b'0');
                    at += 1;
                }
                out.push(value as u8);
            }
            other => out.push(*other),
        }
    }
    out
}

/// `\uXXXX` and `\UXXXXXXXX`, everything else Latin-1, as UTF-8.
pub(super) fn raw_unicode_unescape(line: &[u8]) -> Vec<u8> {
    if line.is_ascii() && !line.contains(&b'\\') {
        return line.to_vec();
    }
    let mut out = String::with_capacity(line.len());
    let mut at = 0;
    while let Some(byte) = line.get(at) {
        at += 1;
        let count = match (byte, line.get(at)) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => 0,
        };
        let digits = line
            .get(at + 1..at + 1 + count)
            .filter(|d| !d.is_empty())
            .and_then(|d| std::str::from_utf8(d).ok());
        let escaped = digits
            .and_then(|d| u32::from_str_radix(d, 16).ok())
            .and_then(char::from_u32);
        if let Some(c) = escaped {
            out.push(c);
            at += 1 + count;
        } else {
            out.push(char::from(*byte));
        }
    }
    out.into_bytes()
}
