//! Encodings that write bytes as text: digits of base 16 to 85, escapes, and the codecs that Python has by name.
//!
//! Each gives back the bytes or nothing; whoever asks bounds the text.

use std::sync::LazyLock;

use data_encoding::{
    BASE32_NOPAD_NOCASE, DecodeKind, Encoding, HEXLOWER_PERMISSIVE, Specification,
};

use crate::compression;

/// Both alphabets of base64, white space between.
static BASE64: LazyLock<Option<Encoding>> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification
        .symbols
        .push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    specification.translate.from.push_str("-_");
    specification.translate.to.push_str("+/");
    specification.ignore.push_str("\n\r ");
    specification.check_trailing_bits = false;
    specification.encoding().ok()
});

/// Standard or URL alphabet, white space allowed, padding optional; `None` for anything else.
pub(crate) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let end = text
        .iter()
        .rposition(|b| !matches!(b, b'=' | b'\n' | b'\r' | b' '))
        .map_or(0, |last| last + 1);
    let text = &text[..end];
    let encoding = BASE64.as_ref()?;
    match encoding.decode(text) {
        Ok(bytes) => Some(bytes),
        // One letter too many, as at the end of a piece.
        Err(error) if error.kind == DecodeKind::Length => {
            encoding.decode(&text[..error.position]).ok()
        }
        Err(_) => None,
    }
}

/// Pairs of hexadecimal digits.
pub(crate) fn hex(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return None;
    }
    HEXLOWER_PERMISSIVE.decode(text).ok()
}

/// Pairs of hexadecimal digits with the same mark between all of them: `80 04 95`, `80:04:95`, `0x80,0x04`.
pub(crate) fn spaced_hex(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    let mark = *text
        .get(..8)?
        .iter()
        .find(|b| !b.is_ascii_alphanumeric() && **b != b'\\')?;
    if !matches!(
        mark,
        b' ' | b':' | b'-' | b',' | b'_' | b'.' | b'%' | b'|' | b';' | b'\n'
    ) {
        return None;
    }
    let pairs = text
        .split(|b| *b == mark)
        .map(<[u8]>::trim_ascii)
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.strip_prefix(b"0x").unwrap_or(pair));
    let mut bytes = Vec::new();
    for pair in pairs {
        let [high, low] = pair else {
            return None;
        };
        let digit = |b: u8| char::from(b).to_digit(16);
        bytes.push(u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()?);
    }
    Some(bytes)
}

/// RFC 4648 base 32, in capitals or not.
pub(crate) fn base32(text: &[u8]) -> Option<Vec<u8>> {
    let end = text
        .iter()
        .rposition(|b| *b != b'=')
        .map_or(0, |last| last + 1);
    BASE32_NOPAD_NOCASE.decode(&text[..end]).ok()
}

/// Python's `b85decode`.
pub(crate) fn base85(text: &[u8]) -> Option<Vec<u8>> {
    const ALPHABET: &[u8] =
        b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
    fives(text, |byte| {
        ALPHABET.iter().position(|a| *a == byte).map(|p| p as u32)
    })
}

/// Python's `a85decode`, without its options.
pub(crate) fn ascii85(text: &[u8]) -> Option<Vec<u8>> {
    let text: Vec<u8> = text
        .iter()
        .filter(|b| !b.is_ascii_whitespace())
        .copied()
        .collect();
    fives(&text, |byte| {
        byte.checked_sub(33).filter(|v| *v < 85).map(u32::from)
    })
}

fn fives(text: &[u8], digit: impl Fn(u8) -> Option<u32>) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 5 * 4);
    for group in text.chunks(5) {
        let mut value = 0u32;
        for at in 0..5 {
            let next = match group.get(at) {
                Some(byte) => digit(*byte)?,
                None => 84,
            };
            value = value.checked_mul(85)?.checked_add(next)?;
        }
        out.extend(value.to_be_bytes().iter().take(group.len().checked_sub(1)?));
    }
    Some(out)
}

/// RFC 2152: what stands between `+` and a sign that is no digit is UTF-16 in base 64; `+-` is a plus.
pub(crate) fn utf7(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'+', rest) {
        out.push_str(std::str::from_utf8(&rest[..at]).ok()?);
        let digits = &rest[at + 1..];
        let len = digits
            .iter()
            .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')))
            .unwrap_or(digits.len());
        if len == 0 {
            out.push('+');
        } else {
            let bytes = base64(&digits[..len])?;
            let units = bytes
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            for unit in char::decode_utf16(units) {
                out.push(unit.ok()?);
            }
        }
        rest = &digits[len..];
        rest = rest.strip_prefix(b"-").unwrap_or(rest);
    }
    out.push_str(std::str::from_utf8(rest).ok()?);
    Some(out.into_bytes())
}

/// Four bytes a character, in the order that a mark at their beginning says.
pub(crate) fn utf32(bytes: &[u8], big: bool) -> Option<Vec<u8>> {
    let (big, bytes) = match bytes {
        [0, 0, 0xfe, 0xff, rest @ ..] => (true, rest),
        [0xff, 0xfe, 0, 0, rest @ ..] => (false, rest),
        _ => (big, bytes),
    };
    let text: Option<String> = bytes
        .chunks(4)
        .map(|code| {
            let code: [u8; 4] = code.try_into().ok()?;
            char::from_u32(if big {
                u32::from_be_bytes(code)
            } else {
                u32::from_le_bytes(code)
            })
        })
        .collect();
    text.map(String::into_bytes)
}

/// What Python's codec of that name makes of the bytes. `encode`: from text to bytes.
pub(crate) fn by_codec(bytes: &[u8], codec: &str, encode: bool) -> Option<Vec<u8>> {
    let codec = codec.to_ascii_lowercase().replace(['-', '_', ' '], "");
    match codec.as_str() {
        "latin1" | "iso88591" | "latin" | "l1" if encode => std::str::from_utf8(bytes)
            .ok()?
            .chars()
            .map(|c| u8::try_from(u32::from(c)).ok())
            .collect(),
        "latin1" | "iso88591" | "latin" | "l1" => Some(
            bytes
                .iter()
                .map(|b| char::from(*b))
                .collect::<String>()
                .into_bytes(),
        ),
        "utf8" | "u8" | "ascii" | "usascii" => Some(bytes.to_vec()),
        "utf16" | "utf16le" | "u16" | "utf16be" if !encode => {
            let big = codec.ends_with("be") || bytes.starts_with(&[0xfe, 0xff]);
            let units: Vec<u16> = bytes
                .chunks_exact(2)
                .map(|pair| {
                    if big {
                        u16::from_be_bytes([pair[0], pair[1]])
                    } else {
                        u16::from_le_bytes([pair[0], pair[1]])
                    }
                })
                .filter(|unit| *unit != 0xfeff)
                .collect();
            Some(String::from_utf16(&units).ok()?.into_bytes())
        }
        "utf7" | "u7" | "unicode11utf7" if !encode => utf7(bytes),
        "utf32" | "u32" | "utf32le" | "utf32be" if !encode => utf32(bytes, codec.ends_with("be")),
        // Plain words are the same in these.
        "punycode" | "idna" if !encode && bytes.iter().all(u8::is_ascii_alphanumeric) => {
            Some(bytes.to_vec())
        }
        "rot13" | "rot" => Some(
            bytes
                .iter()
                .map(|b| match b {
                    b'a'..=b'z' => (b - b'a' + 13) % 26 + b'a',
                    b'A'..=b'Z' => (b - b'A' + 13) % 26 + b'A',
                    other => *other,
                })
                .collect(),
        ),
        "hex" | "hexcodec" if !encode => hex(bytes),
        "base64" | "base64codec" if !encode => base64(bytes),
        "zlib" | "zip" | "zlibcodec" | "bz2" | "bz2codec" if !encode => {
            compression::decompressed(bytes.to_vec(), 1 << 20)
        }
        "unicodeescape" | "stringescape" | "rawunicodeescape" if !encode => {
            let text = std::str::from_utf8(bytes).ok()?;
            let mut out = String::new();
            let mut rest = text;
            while let Some((before, after)) = rest.split_once('\\') {
                out.push_str(before);
                let count = match after.as_bytes().first()? {
                    b'x' => 2,
                    b'u' => 4,
                    b'U' => 8,
                    _ => return None,
                };
                let code = u32::from_str_radix(after.get(1..=count)?, 16).ok()?;
                out.push(char::from_u32(code)?);
                rest = after.get(count + 1..)?;
            }
            out.push_str(rest);
            Some(out.into_bytes())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_encodings_give_back_their_bytes() {
        assert_eq!(base64(b"c3lzdGVt").unwrap(), b"system");
        assert_eq!(base64(b"c3lz\ndGU=").unwrap(), b"syste");
        assert_eq!(hex(b"73797374656d").unwrap(), b"system");
        assert_eq!(base32(b"ON4XG5DFNU======").unwrap(), b"system");
        assert_eq!(base85(b"b9r-gWo-").unwrap(), b"system");
        assert_eq!(ascii85(b"F*VhKAH").unwrap(), b"syste");
        assert_eq!(by_codec(b"flfgrz", "rot-13", false).unwrap(), b"system");
        assert_eq!(
            by_codec(br"\x73ystem", "unicode_escape", false).unwrap(),
            b"system"
        );
    }

    #[test]
    fn wide_and_seven_bit_texts_are_read_as_their_codecs_read_them() {
        assert_eq!(
            by_codec(b"+AG8AcwAu-sys+AHQAZQ-m", "UTF-7", false).unwrap(),
            b"os.system"
        );
        assert_eq!(utf7(b"a +- b +AGMx").unwrap(), b"a + b c");
        assert_eq!(utf7("+AOk-".as_bytes()).unwrap(), "é".as_bytes());
        assert!(utf7(b"+2AA-").is_none(), "half of a pair");
        assert_eq!(
            by_codec(b"o\0\0\0s\0\0\0", "utf-32-le", false).unwrap(),
            b"os"
        );
        assert_eq!(utf32(b"\0\0\xfe\xff\0\0\0a", false).unwrap(), b"a");
        assert!(utf32(b"a\0\0", false).is_none());
    }

    #[test]
    fn what_is_no_encoding_is_refused() {
        assert!(base64(b"not base64!").is_none());
        assert!(hex(b"123").is_none());
    }
}
