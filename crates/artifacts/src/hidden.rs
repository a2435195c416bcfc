//! Files that hide in text: digits of base 64, 32 and 16 in configuration and metadata, forwards and backwards, and
//! in the values of documents also base 85, escapes and lists of numbers. Pictures and keys are kept so as well: what
//! counts is what the decoded bytes are.

use std::fmt::Display;

use serde_json::Value;

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
        let Some(decoded) = of_digits(&digits) else {
            continue;
        };
        runs += 1;
        digits_left = digits_left.saturating_sub(digits.len());
        if !found(inspection, decoded, &format_args!("text at {start}")) {
            return;
        }
    }
}

/// The same in one value of a format's metadata, which may be written in any of the ways that documents know.
pub(crate) fn value(inspection: &mut Inspection, value: &str) {
    inspect(inspection, value.as_bytes());
    if value.len() >= MIN_DIGITS
        && let Some(decoded) = of_text(value)
    {
        found(inspection, decoded, &"a value of the metadata");
    }
}

/// Digits of digits that are decoded: each layer is a quarter shorter at least, so that none has as many.
const MAX_LAYERS: u32 = 64;

/// What digits are, if that is a file; or digits again, of which one is made.
pub(crate) fn of_digits(digits: &[u8]) -> Option<Vec<u8>> {
    type Decoder = fn(&[u8]) -> Option<Vec<u8>>;
    const DECODERS: [Decoder; 3] = [encoding::hex, encoding::base64, encoding::base32];
    let mut layer = None;
    for _ in 0..MAX_LAYERS {
        let digits: &[u8] = layer.as_deref().unwrap_or(digits);
        if digits.len() < MIN_DIGITS {
            return None;
        }
        if let Some(file) = of_one_layer(digits) {
            return Some(file);
        }
        let inner = DECODERS.iter().find_map(|decode| {
            // A look at the first before all are decoded.
            let head = decode(&digits[..MIN_DIGITS])?;
            if !head.iter().all(|b| is_digit(*b)) {
                return None;
            }
            decode(digits).filter(|inner| {
                inner
                    .iter()
                    .all(|b| is_digit(*b) || matches!(b, b'=' | b'\n' | b'\r'))
            })
        })?;
        layer = Some(inner);
    }
    None
}

fn of_one_layer(digits: &[u8]) -> Option<Vec<u8>> {
    let backwards = |digits: &[u8]| digits.iter().rev().copied().collect::<Vec<u8>>();
    let base64 = |digits: &[u8]| {
        may_be_file(encoding::base64(&digits[..MIN_DIGITS]))
            .then(|| encoding::base64(digits))
            .flatten()
    };
    encoding::hex(digits)
        .filter(|bytes| is_file(bytes))
        .or_else(|| base64(digits).filter(|bytes| is_file(bytes)))
        .or_else(|| {
            may_be_file(encoding::base32(&digits[..MIN_DIGITS]))
                .then(|| encoding::base32(digits))
                .flatten()
                .filter(|bytes| is_file(bytes))
        })
        .or_else(|| {
            let last = backwards(&digits[digits.len() - MIN_DIGITS..]);
            may_be_file(encoding::base64(&last))
                .then(|| encoding::base64(&backwards(digits)))
                .flatten()
                .filter(|bytes| is_file(bytes))
        })
}

/// Looks into what was decoded; whether there may be more.
fn found(inspection: &mut Inspection, decoded: Vec<u8>, place: &dyn Display) -> bool {
    if inspection.decoded_left < decoded.len() as u64 {
        return false;
    }
    inspection.decoded_bytes(decoded.len() as u64);
    let first = decoded.first().copied().unwrap_or_default();
    let decoded = Source::of_bytes(decoded);
    // Archives and texts begin with the letter of persistent ids as well.
    let is_pickle = pickle::opens(first) && (first != b'P' || pickle::looks_like(&decoded));
    let name = format!("{place}, decoded");
    if is_pickle {
        // Digits may begin like a pickle by chance: only harm counts.
        inspection.within(&name, Context::Constant, |inspection| {
            pickle::search(inspection, &decoded, 0);
        });
    } else {
        inspection.member(&name, Context::Constant, &decoded);
    }
    true
}

/// The same in the texts and lists of a document, which may be written in ways that only its reader undoes.
pub(crate) fn values(inspection: &mut Inspection, document: &Value) {
    let mut runs = 0;
    let mut stack = vec![document];
    while let Some(value) = stack.pop() {
        let decoded = match value {
            Value::String(text) if text.len() >= MIN_DIGITS => of_text(text),
            Value::Array(items) => {
                stack.extend(items.iter().filter(|item| !item.is_number()));
                of_numbers(items.iter().map(Value::as_u64))
            }
            Value::Object(map) => {
                stack.extend(map.values());
                None
            }
            _ => None,
        };
        if let Some(decoded) = decoded {
            runs += 1;
            if runs > MAX_RUNS || !found(inspection, decoded, &"a value of the document") {
                return;
            }
        }
    }
}

/// What a text is, if that is a file: characters for bytes, escapes, base 85, numbers between commas, digits that
/// the document wrote as escapes.
fn of_text(text: &str) -> Option<Vec<u8>> {
    let file = |bytes: Option<Vec<u8>>| bytes.filter(|bytes| is_file(bytes));
    let trimmed = text.trim();
    let head = trimmed.get(..MIN_DIGITS)?.as_bytes();
    if !text.is_ascii() {
        return file(encoding::by_codec(text.as_bytes(), "latin1", true));
    }
    if head.starts_with(b"\\x") || head.starts_with(b"\\u") {
        let unescaped = encoding::by_codec(trimmed.as_bytes(), "unicode_escape", false)?;
        return file(encoding::by_codec(&unescaped, "latin1", true));
    }
    if let Some(bytes) = file(encoding::spaced_hex(trimmed.as_bytes())) {
        return Some(bytes);
    }
    let is_list = matches!(head[0], b'0'..=b'9' | b'[' | b'(' | b'{');
    if is_list && (head.contains(&b',') || head.contains(&b' ')) {
        let digits = trimmed.trim_matches(['[', ']', '(', ')', '{', '}']);
        let parts = digits
            .split([',', ' ', '\n', '\t'])
            .filter(|part| !part.is_empty());
        return of_numbers(parts.map(|part| match part.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => part.parse().ok(),
        }));
    }
    if head.iter().all(|b| is_digit(*b)) && trimmed.bytes().all(|b| is_digit(b) || b == b'=') {
        // `inspect` has seen it, unless it was written as escapes.
        return None;
    }
    let of_85 = |decode: fn(&[u8]) -> Option<Vec<u8>>| {
        may_be_file(decode(&head[..20]))
            .then(|| file(decode(trimmed.as_bytes())))
            .flatten()
    };
    let framed = trimmed.strip_prefix("<~").unwrap_or(trimmed);
    of_85(encoding::base85).or_else(|| {
        let framed = framed.strip_suffix("~>").unwrap_or(framed);
        may_be_file(encoding::ascii85(framed.get(..20)?.as_bytes()))
            .then(|| file(encoding::ascii85(framed.as_bytes())))
            .flatten()
    })
}

/// A list of numbers as bytes, if they are a file.
fn of_numbers(numbers: impl Iterator<Item = Option<u64>>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for number in numbers {
        bytes.push(u8::try_from(number?).ok()?);
        if bytes.len() == 8 && !may_be_file(Some(bytes.clone())) {
            return None;
        }
        if bytes.len() > MAX_DIGITS {
            return None;
        }
    }
    (bytes.len() >= 8 && is_file(&bytes)).then_some(bytes)
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

/// By the first bytes, before all are decoded.
fn may_be_file(head: Option<Vec<u8>>) -> bool {
    head.is_some_and(|head| {
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

    const PICKLE: &[u8] = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x06echo x\x85R.";

    fn verdict(document: &Value) -> Verdict {
        let mut inspection = Inspection::new(1000);
        inspect(&mut inspection, document.to_string().as_bytes());
        values(&mut inspection, document);
        inspection.into_parts().0
    }

    #[test]
    fn a_pickle_is_seen_in_every_way_that_a_document_can_write_it() {
        let base32 = data_encoding::BASE32.encode(PICKLE);
        let base64 = data_encoding::BASE64.encode(PICKLE);
        let numbers: Vec<String> = PICKLE.iter().map(u8::to_string).collect();
        let hexes: Vec<String> = PICKLE.iter().map(|b| format!("0x{b:02x}")).collect();
        let pairs: Vec<String> = PICKLE.iter().map(|b| format!("{b:02X}")).collect();
        let escapes: Vec<String> = PICKLE.iter().map(|b| format!("\\x{b:02x}")).collect();
        let characters: String = PICKLE.iter().map(|b| char::from(*b)).collect();
        for text in [
            base32.clone(),
            base32.to_ascii_lowercase(),
            base64.chars().rev().collect(),
            base64,
            numbers.join(", "),
            hexes.join(" "),
            escapes.concat(),
            data_encoding::BASE64.encode(data_encoding::BASE64.encode(PICKLE).as_bytes()),
            data_encoding::HEXLOWER.encode(data_encoding::BASE64.encode(PICKLE).as_bytes()),
            pairs.join(" "),
            pairs.join(":"),
            characters,
            // `b85encode` and `a85encode` of the pickle.
            r"fCP*MaBp*Ic#H;fd2@7SZIg@!Wn*Y>Ab5pRE&".to_owned(),
            r"<~J-:f7E,Tf3G`2iJH#n(=D3Kn_ARfCl+F&T</c~>".to_owned(),
        ] {
            assert_eq!(
                verdict(&serde_json::json!({ "a": [{ "b": text }] })),
                Verdict::Malicious,
                "{text}"
            );
        }
        assert_eq!(
            verdict(&serde_json::json!({ "a": PICKLE })),
            Verdict::Malicious
        );
    }

    #[test]
    fn numbers_and_random_texts_say_nothing() {
        let pixels: Vec<u32> = (0..9000u32).map(|i| (i * 7919) % 251).collect();
        let mut opened = vec![128, 4, 149];
        opened.extend(&pixels);
        let noise: String = (0..4000u32)
            .filter_map(|i| char::from_u32(33 + i * 7919 % 93))
            .collect();
        assert_eq!(
            verdict(&serde_json::json!([
                pixels,
                opened,
                noise,
                [128, 4, -1],
                "128, 4, x, 9, 10, 11, 12"
            ])),
            Verdict::Clean
        );
    }

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
