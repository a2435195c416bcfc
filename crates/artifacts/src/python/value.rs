//! What an expression may stand for: texts that can be computed without running anything, names of modules and their
//! functions, and functions of the code itself.

use std::rc::Rc;

use data_encoding::{BASE32, BASE64_MIME_PERMISSIVE, HEXLOWER_PERMISSIVE};
use ruff_python_ast::{ExprLambda, Operator};

/// Bytes of a computed text: nobody hides a name in more.
const MAX_TEXT: usize = 1 << 16;
/// Elements of a list whose values are kept.
pub(super) const MAX_ELEMENTS: usize = 4096;
/// Values that one name may stand for.
const MAX_ALTERNATIVES: usize = 12;

#[derive(Clone, Debug)]
pub(super) enum Value<'c> {
    Text(Rc<str>),
    Bytes(Rc<[u8]>),
    Number(i64),
    /// Something of a module, by its full name.
    Name(Rc<str>),
    List(Rc<Vec<Values<'c>>>),
    /// Of a dictionary the values, with their keys where those are texts.
    Pairs(Rc<Vec<(Option<Rc<str>>, Values<'c>)>>),
    /// A function of the code, by its number.
    Function(usize),
    /// A class of the code, or an object of it.
    Class(usize),
    /// A lambda, and the scope that it stands in.
    Lambda(&'c ExprLambda, usize),
    /// `operator.methodcaller`, `attrgetter` and `itemgetter` with the name that they were given.
    Getter(Getter, Rc<str>),
    /// A method of a value that can be computed.
    Method(Rc<Self>, Rc<str>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Getter {
    /// Calls the method.
    Method,
    /// Gives the attribute or element.
    Part,
}

/// All that it may stand for; nothing where that is not known.
pub(super) type Values<'c> = Vec<Value<'c>>;

/// Takes more alternatives in; the oldest that name nothing give way.
pub(super) fn join<'c>(into: &mut Values<'c>, more: Values<'c>) {
    for value in more {
        if let Value::Name(name) = &value
            && into
                .iter()
                .any(|v| matches!(v, Value::Name(n) if n == name))
        {
            continue;
        }
        if into.len() >= MAX_ALTERNATIVES {
            let plain = into.iter().position(|v| !matches!(v, Value::Name(_)));
            into.remove(plain.unwrap_or(0));
        }
        into.push(value);
    }
}

pub(super) fn text<'c>(text: impl Into<Rc<str>>) -> Values<'c> {
    let text: Rc<str> = text.into();
    if text.len() > MAX_TEXT {
        return Vec::new();
    }
    vec![Value::Text(text)]
}

fn bytes<'c>(bytes: &[u8]) -> Values<'c> {
    if bytes.len() > MAX_TEXT {
        return Vec::new();
    }
    vec![Value::Bytes(bytes.into())]
}

pub(super) fn name<'c>(name: &str) -> Values<'c> {
    vec![Value::Name(super::reach::canonical(name).into())]
}

/// The one text among the alternatives.
pub(super) fn as_text(values: &Values<'_>) -> Option<Rc<str>> {
    values.iter().find_map(|value| match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    })
}

fn as_bytes(values: &Values<'_>) -> Option<Rc<[u8]>> {
    values.iter().find_map(|value| match value {
        Value::Bytes(bytes) => Some(bytes.clone()),
        Value::Text(text) => Some(text.as_bytes().into()),
        _ => None,
    })
}

pub(super) fn as_number(values: &Values<'_>) -> Option<i64> {
    values.iter().find_map(|value| match value {
        Value::Number(number) => Some(*number),
        _ => None,
    })
}

/// The elements that an iteration over the value gives.
pub(super) fn elements<'c>(values: &Values<'c>) -> Option<Vec<Values<'c>>> {
    values.iter().find_map(|value| match value {
        Value::List(items) => Some((**items).clone()),
        Value::Text(text) => Some(
            text.chars()
                .take(MAX_ELEMENTS)
                .map(|c| self::text(c.to_string()))
                .collect(),
        ),
        Value::Bytes(bytes) => Some(
            bytes
                .iter()
                .take(MAX_ELEMENTS)
                .map(|b| vec![Value::Number(i64::from(*b))])
                .collect(),
        ),
        Value::Pairs(pairs) => Some(
            pairs
                .iter()
                .map(|(key, _)| {
                    key.clone()
                        .map_or_else(Vec::new, |key| vec![Value::Text(key)])
                })
                .collect(),
        ),
        _ => None,
    })
}

/// `left OPERATOR right` of values that are known.
pub(super) fn operate<'c>(operator: Operator, left: &Values<'c>, right: &Values<'c>) -> Values<'c> {
    for (l, r) in left.iter().flat_map(|l| right.iter().map(move |r| (l, r))) {
        let found = match (operator, l, r) {
            (Operator::Add, Value::Text(a), Value::Text(b)) => text(format!("{a}{b}")),
            (Operator::Add, Value::Bytes(a), Value::Bytes(b)) => bytes(&[&**a, &**b].concat()),
            (Operator::Add, Value::List(a), Value::List(b))
                if a.len() + b.len() <= MAX_ELEMENTS =>
            {
                vec![Value::List(Rc::new([&***a, &***b].concat()))]
            }
            (Operator::Mult, Value::Text(a), Value::Number(n)) => {
                let n = usize::try_from(*n).unwrap_or(0);
                if a.len().saturating_mul(n) > MAX_TEXT {
                    continue;
                }
                text(a.repeat(n))
            }
            // A path of `pathlib`, of whose beginning nothing is known.
            (Operator::Div, _, Value::Text(b)) => text(b.clone()),
            (Operator::Mod, Value::Text(a), Value::Text(b)) => text(a.replacen("%s", b, 1)),
            (Operator::Mod, Value::Text(a), Value::List(items)) => {
                let mut out = a.to_string();
                for item in items.iter().take(64) {
                    let Some(item) = as_text(item) else { continue };
                    out = out.replacen("%s", &item, 1);
                }
                text(out)
            }
            (_, Value::Number(a), Value::Number(b)) => {
                let number = match operator {
                    Operator::Add => a.checked_add(*b),
                    Operator::Sub => a.checked_sub(*b),
                    Operator::Mult => a.checked_mul(*b),
                    Operator::FloorDiv => a.checked_div_euclid(*b),
                    Operator::Mod => a.checked_rem_euclid(*b),
                    Operator::BitXor => Some(a ^ b),
                    Operator::BitAnd => Some(a & b),
                    Operator::BitOr => Some(a | b),
                    _ => None,
                };
                number.map_or_else(Vec::new, |number| vec![Value::Number(number)])
            }
            _ => continue,
        };
        if !found.is_empty() {
            return found;
        }
    }
    if operator == Operator::Div
        && let Some(part) = as_text(right)
    {
        return text(part);
    }
    Vec::new()
}

/// `value[low:high:step]`.
pub(super) fn slice<'c>(
    values: &Values<'c>,
    low: Option<i64>,
    high: Option<i64>,
    step: Option<i64>,
) -> Values<'c> {
    fn cut<T: Clone>(
        items: &[T],
        low: Option<i64>,
        high: Option<i64>,
        step: Option<i64>,
    ) -> Vec<T> {
        let len = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let step = step.unwrap_or(1);
        let place = |at: i64| if at < 0 { at.saturating_add(len) } else { at };
        let at = |index: i64| {
            usize::try_from(index)
                .ok()
                .and_then(|i| items.get(i))
                .cloned()
        };
        if step == 0 || step == i64::MIN {
            return Vec::new();
        }
        let (low, high) = if step > 0 {
            (
                low.map_or(0, place).clamp(0, len),
                high.map_or(len, place).clamp(0, len),
            )
        } else {
            (
                low.map_or(len - 1, place).clamp(-1, len - 1),
                high.map_or(-1, place).clamp(-1, len - 1),
            )
        };
        let mut out = Vec::new();
        let mut index = low;
        while if step > 0 { index < high } else { index > high } {
            out.extend(at(index));
            index = index.saturating_add(step);
        }
        out
    }
    for value in values {
        match value {
            Value::Text(t) => {
                let chars: Vec<char> = t.chars().collect();
                return text(cut(&chars, low, high, step).into_iter().collect::<String>());
            }
            Value::Bytes(b) => return bytes(&cut(b, low, high, step)),
            Value::List(items) => return vec![Value::List(Rc::new(cut(items, low, high, step)))],
            _ => {}
        }
    }
    Vec::new()
}

/// `value[index]`.
pub(super) fn item<'c>(values: &Values<'c>, index: &Values<'c>) -> Values<'c> {
    let mut out = Vec::new();
    let key = as_text(index);
    let number = as_number(index);
    for value in values {
        match value {
            Value::Name(of) => {
                let part = key.as_deref().unwrap_or("?");
                // Which module is looked up is not known, nor which name of the own ones.
                if key.is_some() || !matches!(&**of, "sys.modules" | "globals" | "locals") {
                    out.extend(name(&format!("{of}.{part}")));
                }
            }
            Value::Pairs(pairs) => {
                for (of, value) in pairs.iter() {
                    if key.is_none() || of.is_none() || *of == key {
                        join(&mut out, value.clone());
                    }
                }
            }
            Value::List(items) => match number {
                Some(at) => {
                    let len = i64::try_from(items.len()).unwrap_or(i64::MAX);
                    let at = if at < 0 { at.saturating_add(len) } else { at };
                    if let Some(item) = usize::try_from(at).ok().and_then(|at| items.get(at)) {
                        join(&mut out, item.clone());
                    }
                }
                None => {
                    for item in items.iter().take(64) {
                        join(&mut out, item.clone());
                    }
                }
            },
            Value::Text(t) => {
                if let Some(at) = number {
                    let len = i64::try_from(t.chars().count()).unwrap_or(i64::MAX);
                    let at = if at < 0 { at.saturating_add(len) } else { at };
                    if let Some(c) = usize::try_from(at).ok().and_then(|at| t.chars().nth(at)) {
                        join(&mut out, text(c.to_string()));
                    }
                }
            }
            _ => {}
        }
    }
    out
}

/// A method of a text or of bytes that only computes.
pub(super) fn method<'c>(of: &Value<'c>, method: &str, given: &[Values<'c>]) -> Values<'c> {
    let first = || given.first().and_then(as_text);
    match (of, method) {
        (Value::Text(t), "join") => {
            let Some(parts) = given.first().and_then(elements) else {
                return Vec::new();
            };
            let parts: Option<Vec<Rc<str>>> = parts.iter().map(as_text).collect();
            parts.map_or_else(Vec::new, |parts| text(parts.join(t)))
        }
        (Value::Text(t), "replace") => match (first(), given.get(1).and_then(as_text)) {
            (Some(from), Some(to))
                if to.len() <= from.len() || t.len() * (to.len() + 1) <= MAX_TEXT =>
            {
                text(t.replace(&*from, &to))
            }
            _ => Vec::new(),
        },
        (Value::Text(t), "lower" | "casefold") => text(t.to_lowercase()),
        (Value::Text(t), "upper") => text(t.to_uppercase()),
        (Value::Text(t), "swapcase") => text(
            t.chars()
                .map(|c| {
                    if c.is_ascii_lowercase() {
                        c.to_ascii_uppercase()
                    } else {
                        c.to_ascii_lowercase()
                    }
                })
                .collect::<String>(),
        ),
        (Value::Text(t), "strip") => match first() {
            Some(of) => text(t.trim_matches(|c| of.contains(c))),
            None => text(t.trim()),
        },
        (Value::Text(t), "split") => {
            let parts: Vec<Values<'c>> = match first() {
                Some(at) if !at.is_empty() => t.split(&*at).take(MAX_ELEMENTS).map(text).collect(),
                _ => t.split_whitespace().take(MAX_ELEMENTS).map(text).collect(),
            };
            vec![Value::List(Rc::new(parts))]
        }
        (Value::Text(t), "format") => {
            let mut out = t.to_string();
            for (n, given) in given.iter().take(64).enumerate() {
                let Some(given) = as_text(given) else {
                    return Vec::new();
                };
                out = out
                    .replacen("{}", &given, 1)
                    .replace(&format!("{{{n}}}"), &given);
                if out.len() > MAX_TEXT {
                    return Vec::new();
                }
            }
            text(out)
        }
        (Value::Text(t), "encode") => bytes(t.as_bytes()),
        (Value::Bytes(b), "decode") => match first().as_deref() {
            Some("hex" | "hex_codec") => decoded("hex", b),
            _ => std::str::from_utf8(b).map_or_else(|_| Vec::new(), text),
        },
        (Value::Bytes(b), "hex") => text(data_encoding::HEXLOWER.encode(b)),
        _ => Vec::new(),
    }
}

/// Decoders of the standard library.
fn decoded<'c>(codec: &str, input: &[u8]) -> Values<'c> {
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
    found.map_or_else(Vec::new, |found| bytes(&found))
}

/// A function of the standard library that only computes.
pub(super) fn function<'c>(name: &str, given: &[Values<'c>]) -> Option<Values<'c>> {
    let first = given.first();
    let as_text_of = |values: Values<'c>| {
        as_bytes(&values)
            .and_then(|b| std::str::from_utf8(&b).ok().map(str::to_owned))
            .map_or_else(Vec::new, text)
    };
    let decode = |codec: &str| {
        first
            .and_then(as_bytes)
            .map_or_else(Vec::new, |b| decoded(codec, &b))
    };
    Some(match name {
        "builtins.chr" => first
            .and_then(as_number)
            .and_then(|n| u32::try_from(n).ok())
            .and_then(char::from_u32)
            .map_or_else(Vec::new, |c| text(c.to_string())),
        "builtins.ord" => first
            .and_then(as_text)
            .and_then(|t| t.chars().next())
            .map_or_else(Vec::new, |c| vec![Value::Number(i64::from(u32::from(c)))]),
        "builtins.str" | "os.path.expanduser" | "os.path.expandvars" | "os.fspath"
        | "pathlib.Path" | "os.path.abspath" | "os.path.realpath" | "pathlib.PurePath" => {
            first.and_then(as_text).map_or_else(Vec::new, text)
        }
        "builtins.bytes" | "builtins.bytearray" => {
            let numbers: Option<Vec<u8>> = first.and_then(elements).and_then(|items| {
                items
                    .iter()
                    .map(|item| as_number(item).and_then(|n| u8::try_from(n).ok()))
                    .collect()
            });
            match (numbers, first.and_then(as_bytes)) {
                (Some(numbers), _) => bytes(&numbers),
                (_, Some(given)) => bytes(&given),
                _ => Vec::new(),
            }
        }
        "builtins.bytes.fromhex"
        | "builtins.bytearray.fromhex"
        | "binascii.unhexlify"
        | "binascii.a2b_hex"
        | "base64.b16decode" => decode("hex"),
        "base64.b64decode"
        | "base64.standard_b64decode"
        | "base64.decodebytes"
        | "binascii.a2b_base64" => decode("base64"),
        "base64.urlsafe_b64decode" => decode("urlsafe"),
        "base64.b32decode" => decode("base32"),
        "codecs.decode" => match given.get(1).and_then(as_text).as_deref() {
            Some("rot13" | "rot_13") => as_text_of(decode("rot13")),
            Some("hex" | "hex_codec") => decode("hex"),
            Some("base64") => decode("base64"),
            _ => Vec::new(),
        },
        "codecs.encode" => match given.get(1).and_then(as_text).as_deref() {
            Some("rot13" | "rot_13") => as_text_of(decode("rot13")),
            _ => Vec::new(),
        },
        "builtins.list" | "builtins.tuple" | "builtins.iter" | "builtins.sorted" => first
            .and_then(elements)
            .map_or_else(Vec::new, |items| vec![Value::List(Rc::new(items))]),
        "builtins.reversed" => first.and_then(elements).map_or_else(Vec::new, |mut items| {
            items.reverse();
            vec![Value::List(Rc::new(items))]
        }),
        "builtins.next" => first
            .and_then(elements)
            .and_then(|items| items.into_iter().next())
            .unwrap_or_default(),
        "operator.add" | "operator.concat" => match given {
            [a, b] => operate(Operator::Add, a, b),
            _ => Vec::new(),
        },
        "operator.getitem" => match given {
            [a, b] => item(a, b),
            _ => Vec::new(),
        },
        // Of a path the last parts, as far as they are known.
        "os.path.join" => {
            let known: Vec<Rc<str>> = given.iter().filter_map(as_text).collect();
            if known.is_empty() {
                Vec::new()
            } else {
                text(known.join("/"))
            }
        }
        _ => return None,
    })
}
