//! Functions of the standard library and methods of texts that only compute: what they give, without running anything.

use std::rc::Rc;

use data_encoding::{BASE32, BASE64_MIME_PERMISSIVE, HEXLOWER, HEXLOWER_PERMISSIVE};
use ruff_python_ast::Operator;

use super::meter::{MAX_ELEMENTS, MAX_TEXT, Meter};
use super::value::{self, Value, Values, elements, item, operate};

/// Fields of a format that are filled in.
const MAX_FIELDS: usize = 4096;

fn as_bytes(values: &Values<'_>) -> Option<Rc<[u8]>> {
    values.iter().find_map(|value| match value {
        Value::Bytes(bytes) => Some(bytes.clone()),
        Value::Text(text) => Some(text.as_bytes().into()),
        _ => None,
    })
}

/// What is filled into a format, as far as it is known.
fn shown(values: &[Value<'_>]) -> Option<Rc<str>> {
    values.iter().find_map(|value| match value {
        Value::Text(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string().into()),
        _ => None,
    })
}

/// A text that grows to what a text may have.
struct Growing(String);

impl Growing {
    fn push(&mut self, part: &str) -> Option<()> {
        (self.0.len() + part.len() <= MAX_TEXT).then(|| self.0.push_str(part))
    }
}

/// `'… %s' % given`.
pub(super) fn percent<'c>(meter: &mut Meter, format: &str, given: &Value<'c>) -> Values<'c> {
    meter.charge_bytes(format.len());
    let mut used = 0;
    let mut next = |key: Option<&str>| -> Option<Rc<str>> {
        used += 1;
        match given {
            _ if used > MAX_FIELDS => None,
            Value::List(list) => shown(list.items.get(used - 1)?),
            Value::Pairs(pairs) => {
                let of = pairs.items.iter().take(64);
                let mut of = of.filter(|(k, _)| k.as_deref() == key);
                shown(&of.next()?.1)
            }
            one => shown(std::slice::from_ref(one)),
        }
    };
    let mut out = Growing(String::new());
    let mut rest = format;
    let whole = loop {
        let Some(at) = rest.find('%') else {
            break out.push(rest);
        };
        let before = &rest[..at];
        rest = &rest[at + 1..];
        let key = rest
            .strip_prefix('(')
            .and_then(|inner| inner.split_once(')'));
        let key = key.map(|(key, after)| {
            rest = after;
            key
        });
        let kind = rest.chars().next();
        rest = rest.get(kind.map_or(0, char::len_utf8)..).unwrap_or("");
        let part: Option<Rc<str>> = match kind {
            Some('%') => Some("%".into()),
            Some('s' | 'd' | 'i') => next(key),
            Some('c') => next(key).map(|c| match c.parse::<u32>().ok().and_then(char::from_u32) {
                Some(c) if c.len_utf8() > 0 => c.to_string().into(),
                _ => c,
            }),
            _ => None,
        };
        let pushed = out
            .push(before)
            .and_then(|()| part.and_then(|part| out.push(&part)));
        if pushed.is_none() {
            break None;
        }
    };
    meter.charge_bytes(out.0.len());
    match whole {
        Some(()) => meter.text(&out.0),
        None => Values::default(),
    }
}

/// `'… {}'.format(given)`.
fn format<'c>(meter: &mut Meter, format: &str, given: &[Values<'c>]) -> Values<'c> {
    meter.charge_bytes(format.len());
    let mut out = Growing(String::new());
    let mut rest = format;
    let mut next = 0;
    let mut fields = 0;
    let whole = loop {
        let Some(at) = rest.find(['{', '}']) else {
            break out.push(rest);
        };
        let (before, after) = rest.split_at(at);
        if out.push(before).is_none() {
            break None;
        }
        if let Some(tail) = after.strip_prefix("{{") {
            rest = tail;
            if out.push("{").is_none() {
                break None;
            }
            continue;
        }
        if let Some(tail) = after.strip_prefix("}}") {
            rest = tail;
            if out.push("}").is_none() {
                break None;
            }
            continue;
        }
        // What stands for an attribute, an element or another form is not known.
        let Some((field, tail)) = after.strip_prefix('{').and_then(|of| of.split_once('}')) else {
            break None;
        };
        fields += 1;
        let place = if field.is_empty() {
            next += 1;
            Some(next - 1)
        } else {
            field.parse::<usize>().ok()
        };
        let part = place.and_then(|place| shown(given.get(place)?));
        if fields > MAX_FIELDS || part.and_then(|part| out.push(&part)).is_none() {
            break None;
        }
        rest = tail;
    };
    meter.charge_bytes(out.0.len());
    match whole {
        Some(()) => meter.text(&out.0),
        None => Values::default(),
    }
}

fn join<'c>(meter: &mut Meter, between: &str, parts: &Values<'c>) -> Values<'c> {
    let Some(parts) = elements(meter, parts, MAX_ELEMENTS) else {
        return Values::default();
    };
    meter.charge(parts.len());
    let mut out = Growing(String::new());
    for (at, part) in parts.iter().enumerate() {
        let between = if at == 0 { "" } else { between };
        let pushed = out
            .push(between)
            .and_then(|()| part.as_text().and_then(|part| out.push(&part)));
        if pushed.is_none() {
            meter.charge_bytes(out.0.len());
            return Values::default();
        }
    }
    meter.charge_bytes(out.0.len());
    meter.text(&out.0)
}

fn replace<'c>(meter: &mut Meter, text: &str, from: &str, to: &str) -> Values<'c> {
    meter.charge_bytes(text.len());
    let found = text.matches(from).count();
    let len = (text.len() - found * from.len()).saturating_add(found.saturating_mul(to.len()));
    if len > MAX_TEXT {
        return Values::default();
    }
    meter.text(&text.replace(from, to))
}

/// A method of a text or of bytes that only computes.
pub(super) fn method<'c>(
    meter: &mut Meter,
    of: &Value<'c>,
    method: &str,
    given: &[Values<'c>],
) -> Values<'c> {
    let first = given.first().and_then(Values::as_text);
    match (of, method) {
        (Value::Text(t), "join") => match given.first() {
            Some(parts) => join(meter, t, parts),
            None => Values::default(),
        },
        (Value::Text(t), "replace") => match (first, given.get(1).and_then(Values::as_text)) {
            (Some(from), Some(to)) => replace(meter, t, &from, &to),
            _ => Values::default(),
        },
        (Value::Text(t), "lower" | "casefold") => {
            meter.charge_bytes(t.len());
            meter.text(&t.to_lowercase())
        }
        (Value::Text(t), "upper") => {
            meter.charge_bytes(t.len());
            meter.text(&t.to_uppercase())
        }
        (Value::Text(t), "swapcase") => {
            let swap = |c: char| {
                if c.is_ascii_lowercase() {
                    c.to_ascii_uppercase()
                } else {
                    c.to_ascii_lowercase()
                }
            };
            meter.text(&t.chars().map(swap).collect::<String>())
        }
        (Value::Text(t), "strip") => match first {
            Some(of) => {
                meter.charge_bytes(t.len().saturating_mul(1 + of.len() / 8));
                if meter.is_spent() {
                    return Values::default();
                }
                meter.text(t.trim_matches(|c| of.contains(c)))
            }
            None => meter.text(t.trim()),
        },
        (Value::Text(t), "split") => {
            meter.charge_bytes(t.len());
            let parts: Vec<&str> = match &first {
                Some(at) if !at.is_empty() => t.split(&**at).take(MAX_ELEMENTS).collect(),
                _ => t.split_whitespace().take(MAX_ELEMENTS).collect(),
            };
            let parts = parts.into_iter().map(|part| meter.text(part)).collect();
            meter.list(parts)
        }
        (Value::Text(t), "format") => format(meter, t, given),
        (Value::Text(t), "encode") => meter.bytes(t.as_bytes()),
        (Value::Bytes(b), "decode") => match first.as_deref() {
            Some("hex" | "hex_codec") => decoded(meter, "hex", b),
            _ => text_of(meter, b),
        },
        (Value::Pairs(pairs), "values") => {
            meter.list(pairs.items.iter().map(|pair| pair.1.clone()).collect())
        }
        (Value::Pairs(pairs), "items") => {
            let mut items = Vec::new();
            for (key, value) in &pairs.items {
                let key = match key {
                    Some(key) => meter.one(Value::Text(key.clone())),
                    None => Values::default(),
                };
                items.push(meter.list(vec![key, value.clone()]));
            }
            meter.list(items)
        }
        (Value::Pairs(_) | Value::List(_), "get" | "pop" | "setdefault" | "__getitem__") => {
            let of = meter.one(of.clone());
            match given.first() {
                Some(index) => item(meter, &of, index),
                // The last one: which that is, is not kept track of.
                None => item(meter, &of, &Values::default()),
            }
        }
        (Value::Pairs(_) | Value::List(_), "copy" | "popleft" | "__iter__") => {
            meter.one(of.clone())
        }
        (Value::Bytes(b), "hex") if b.len() <= MAX_TEXT / 2 => meter.text(&HEXLOWER.encode(b)),
        _ => Values::default(),
    }
}

fn text_of<'c>(meter: &mut Meter, bytes: &[u8]) -> Values<'c> {
    meter.charge_bytes(bytes.len());
    match std::str::from_utf8(bytes) {
        Ok(text) => meter.text(text),
        Err(_) => Values::default(),
    }
}

/// Decoders of the standard library.
fn decoded<'c>(meter: &mut Meter, codec: &str, input: &[u8]) -> Values<'c> {
    meter.charge_bytes(input.len());
    let input = input.trim_ascii();
    let found = match codec {
        "hex" => HEXLOWER_PERMISSIVE.decode(input).ok(),
        "base64" => BASE64_MIME_PERMISSIVE.decode(input).ok(),
        "urlsafe" => {
            let plain: Vec<u8> = input
                .iter()
                .map(|b| match b {
                    b'-' => b'+',
                    b'_' => b'/',
                    b => *b,
                })
                .collect();
            BASE64_MIME_PERMISSIVE.decode(&plain).ok()
        }
        "base32" => BASE32.decode(input).ok(),
        "rot13" => Some(
            input
                .iter()
                .map(|b| match b {
                    b'a'..=b'z' => (b - b'a' + 13) % 26 + b'a',
                    b'A'..=b'Z' => (b - b'A' + 13) % 26 + b'A',
                    b => *b,
                })
                .collect(),
        ),
        _ => None,
    };
    match found {
        Some(found) => meter.bytes(&found),
        None => Values::default(),
    }
}

/// A function of the standard library that only computes.
pub(super) fn function<'c>(
    meter: &mut Meter,
    name: &str,
    given: &[Values<'c>],
) -> Option<Values<'c>> {
    let unknown = Values::default();
    let first = given.first().unwrap_or(&unknown);
    let codec = || given.get(1).and_then(Values::as_text);
    Some(match name {
        "builtins.chr" => {
            let number = first.as_number().and_then(|n| u32::try_from(n).ok());
            match number.and_then(char::from_u32) {
                Some(c) => meter.text(c.encode_utf8(&mut [0; 4])),
                None => unknown,
            }
        }
        "builtins.ord" => match first.as_text().and_then(|t| t.chars().next()) {
            Some(c) => meter.number(i64::from(u32::from(c))),
            None => unknown,
        },
        "builtins.str" | "os.path.expanduser" | "os.path.expandvars" | "os.fspath"
        | "pathlib.Path" | "os.path.abspath" | "os.path.realpath" | "pathlib.PurePath" => {
            match first.as_text() {
                Some(text) => meter.one(Value::Text(text)),
                None => unknown,
            }
        }
        "builtins.bytes" | "builtins.bytearray" => {
            if let Some(given) = as_bytes(first) {
                meter.bytes(&given)
            } else {
                let items = elements(meter, first, MAX_ELEMENTS);
                let numbers: Option<Vec<u8>> = items.and_then(|items| {
                    let byte = |item: &Values<'c>| u8::try_from(item.as_number()?).ok();
                    items.iter().map(byte).collect()
                });
                match numbers {
                    Some(numbers) => meter.bytes(&numbers),
                    None => unknown,
                }
            }
        }
        "builtins.bytes.fromhex"
        | "builtins.bytearray.fromhex"
        | "binascii.unhexlify"
        | "binascii.a2b_hex"
        | "base64.b16decode" => decode(meter, "hex", first),
        "base64.b64decode"
        | "base64.standard_b64decode"
        | "base64.decodebytes"
        | "binascii.a2b_base64" => decode(meter, "base64", first),
        "base64.urlsafe_b64decode" => decode(meter, "urlsafe", first),
        "base64.b32decode" => decode(meter, "base32", first),
        "codecs.decode" => match codec().as_deref() {
            Some("rot13" | "rot_13") => rotated(meter, first),
            Some("hex" | "hex_codec") => decode(meter, "hex", first),
            Some("base64") => decode(meter, "base64", first),
            _ => unknown,
        },
        "codecs.encode" => match codec().as_deref() {
            Some("rot13" | "rot_13") => rotated(meter, first),
            _ => unknown,
        },
        "builtins.list" | "builtins.tuple" | "builtins.iter" | "builtins.sorted"
        | "builtins.set" | "builtins.frozenset" => match elements(meter, first, MAX_ELEMENTS) {
            Some(value::Elements::Shared(list)) => meter.one(Value::List(list)),
            Some(value::Elements::Made(items)) => meter.list(items),
            None => unknown,
        },
        "builtins.reversed" => match elements(meter, first, MAX_ELEMENTS) {
            Some(items) => meter.list(items.iter().rev().cloned().collect()),
            None => unknown,
        },
        "builtins.next" => match elements(meter, first, 1) {
            Some(items) => items.first().cloned().unwrap_or_default(),
            None => unknown,
        },
        "operator.add" | "operator.concat" => match given {
            [a, b] => operate(meter, Operator::Add, a, b),
            _ => unknown,
        },
        "operator.getitem" => match given {
            [a, b] => item(meter, a, b),
            _ => unknown,
        },
        // Of a path the last parts, as far as they are known.
        "os.path.join" => {
            let known: Vec<Rc<str>> = given.iter().filter_map(Values::as_text).collect();
            let len: usize = known.iter().map(|part| part.len() + 1).sum();
            if known.is_empty() || len > MAX_TEXT {
                unknown
            } else {
                meter.text(&known.join("/"))
            }
        }
        _ => return None,
    })
}

fn decode<'c>(meter: &mut Meter, codec: &str, given: &Values<'c>) -> Values<'c> {
    match as_bytes(given) {
        Some(bytes) => decoded(meter, codec, &bytes),
        None => Values::default(),
    }
}

fn rotated<'c>(meter: &mut Meter, given: &Values<'c>) -> Values<'c> {
    let bytes = decode(meter, "rot13", given);
    match as_bytes(&bytes) {
        Some(bytes) => text_of(meter, &bytes),
        None => Values::default(),
    }
}
