//! How many bytes the items of an array take: the header's literal, read as `NumPy` reads it, and its item type.

/// Nesting of lists and tuples in a header.
const MAX_DEPTH: u32 = 32;

/// A Python literal.
#[derive(Clone, PartialEq, Debug)]
enum Literal {
    Text(String),
    Number(u64),
    /// A number below zero.
    Negative,
    /// `True`, `False`, `None`.
    Word,
    /// Tuples and lists.
    Items(Vec<Self>),
    Dict(Vec<(Self, Self)>),
}

/// Bytes of all items; `None` if the header does not say it in a way that is known here.
pub(super) fn body_len(header: &str) -> Option<u64> {
    let count = product(&field(header, "shape")?)?;
    item_len(&field(header, "descr")?, 0)?.checked_mul(count)
}

/// Does the shape have sizes that no array has: below zero, or more than can be counted?
pub(super) fn is_impossible(header: &str) -> bool {
    match field(header, "shape") {
        Some(Literal::Negative) => true,
        Some(Literal::Items(sizes)) => {
            let is_number = |size: &Literal| matches!(size, Literal::Number(_) | Literal::Negative);
            sizes.contains(&Literal::Negative)
                || sizes.iter().all(is_number)
                    && (product(&Literal::Items(sizes)).is_none() || body_is_uncountable(header))
        }
        _ => false,
    }
}

/// Is the type known, and the size of all items of it more than can be counted?
fn body_is_uncountable(header: &str) -> bool {
    let item = field(header, "descr").and_then(|descr| item_len(&descr, 0));
    item.is_some() && body_len(header).is_none()
}

/// A field of the header.
fn field(header: &str, name: &str) -> Option<Literal> {
    let mut reader = Reader {
        rest: header.trim(),
    };
    let Literal::Dict(entries) = reader.value(0)? else {
        return None;
    };
    let mut entries = entries.into_iter();
    let entry = entries.find(|(key, _)| *key == Literal::Text(name.to_owned()));
    entry.map(|(_, value)| value)
}

/// The product of a shape.
fn product(shape: &Literal) -> Option<u64> {
    match shape {
        Literal::Number(size) => Some(*size),
        Literal::Items(sizes) => sizes.iter().try_fold(1u64, |product, size| match size {
            Literal::Number(size) => product.checked_mul(*size),
            _ => None,
        }),
        _ => None,
    }
}

/// Bytes of one item of a type: `'<f8'`, or fields as `[(name, type), (name, type, shape)]`.
fn item_len(descr: &Literal, depth: u32) -> Option<u64> {
    if depth > MAX_DEPTH {
        return None;
    }
    match descr {
        Literal::Text(code) => code_len(code),
        Literal::Items(fields) if matches!(fields.first(), Some(Literal::Items(_))) => {
            fields.iter().try_fold(0u64, |sum, field| {
                let Literal::Items(parts) = field else {
                    return None;
                };
                let (kind, shape) = match parts.as_slice() {
                    [_, kind] => (kind, None),
                    [_, kind, shape] => (kind, Some(shape)),
                    _ => return None,
                };
                let count = shape.map_or(Some(1), product)?;
                sum.checked_add(item_len(kind, depth + 1)?.checked_mul(count)?)
            })
        }
        // A type and the shape of each of its items.
        Literal::Items(parts) => match parts.as_slice() {
            [kind, shape] => item_len(kind, depth + 1)?.checked_mul(product(shape)?),
            _ => None,
        },
        _ => None,
    }
}

/// Bytes of an item by its code: order, kind, count.
fn code_len(code: &str) -> Option<u64> {
    let code = code.trim_start_matches(['<', '>', '|', '=']);
    let kind = code.chars().next()?;
    let number = code.get(1..)?.split('[').next()?;
    if number.is_empty() {
        return match kind {
            '?' | 'b' | 'B' => Some(1),
            _ => None,
        };
    }
    let number: u64 = number.parse().ok()?;
    match kind {
        'U' => number.checked_mul(4),
        'b' | 'i' | 'u' | 'f' | 'c' | 'S' | 'a' | 'V' | 'm' | 'M' => Some(number),
        _ => None,
    }
}

struct Reader<'h> {
    rest: &'h str,
}

impl Reader<'_> {
    fn eat(&mut self, sign: char) -> bool {
        self.rest = self.rest.trim_start();
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn value(&mut self, depth: u32) -> Option<Literal> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.rest = self.rest.trim_start();
        match self.rest.chars().next()? {
            quote @ ('\'' | '"') => {
                let (text, rest) = self.rest[1..].split_once(quote)?;
                let text = text.to_owned();
                self.rest = rest;
                // An escape: the text is another one than it looks.
                (!text.contains('\\')).then_some(Literal::Text(text))
            }
            '-' => {
                self.rest = &self.rest[1..];
                let number = self.value(depth + 1)?;
                matches!(number, Literal::Number(_)).then_some(Literal::Negative)
            }
            '0'..='9' => {
                let end = self
                    .rest
                    .find(|c: char| !c.is_ascii_digit())
                    .unwrap_or(self.rest.len());
                let (digits, rest) = self.rest.split_at(end);
                let number = digits.parse().ok()?;
                // Python 2 wrote long numbers with an L.
                self.rest = rest.strip_prefix('L').unwrap_or(rest);
                Some(Literal::Number(number))
            }
            open @ ('(' | '[') => {
                self.rest = &self.rest[1..];
                let close = if open == '(' { ')' } else { ']' };
                let mut items = Vec::new();
                let mut commas = 0;
                while !self.eat(close) {
                    items.push(self.value(depth + 1)?);
                    if self.eat(',') {
                        commas += 1;
                    } else if !self.eat(close) {
                        return None;
                    } else {
                        break;
                    }
                }
                // Parentheses around one value are no tuple.
                if open == '(' && items.len() == 1 && commas == 0 {
                    return items.pop();
                }
                Some(Literal::Items(items))
            }
            '{' => {
                self.rest = &self.rest[1..];
                let mut entries = Vec::new();
                while !self.eat('}') {
                    let key = self.value(depth + 1)?;
                    if !self.eat(':') {
                        return None;
                    }
                    entries.push((key, self.value(depth + 1)?));
                    if !self.eat(',') {
                        return self.eat('}').then_some(Literal::Dict(entries));
                    }
                }
                Some(Literal::Dict(entries))
            }
            _ => {
                let word = ["True", "False", "None"]
                    .into_iter()
                    .find(|word| self.rest.starts_with(word))?;
                self.rest = &self.rest[word.len()..];
                Some(Literal::Word)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::body_len;

    #[test]
    fn items_times_shape_is_the_length_of_the_body() {
        let len = |descr: &str, shape: &str| {
            body_len(&format!(
                "{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}   \n"
            ))
        };
        assert_eq!(len("'<f8'", "(3, 4)"), Some(96));
        assert_eq!(len("'<f8'", "()"), Some(8));
        assert_eq!(len("'<U5'", "(2,)"), Some(40));
        assert_eq!(len("'|b1'", "(0, 7)"), Some(0));
        assert_eq!(len("'<M8[ns]'", "(2L,)"), Some(16));
        assert_eq!(len("[('a', '<i4'), ('b', '<f8', (2,))]", "(3,)"), Some(60));
        assert_eq!(
            len("[('a', [('x', '|u1')]), (('t', 'b'), '|V3')]", "(2,)"),
            Some(8)
        );
        assert_eq!(len("('<f4', (2, 2))", "(1,)"), Some(16));
        assert_eq!(len("'|O'", "(1,)"), None);
        assert_eq!(len("'<f8'", "(99999999999, 99999999999)"), None);
        assert_eq!(len("'<f8'", "(-1,)"), None);
        let is_impossible = |descr: &str, shape: &str| {
            super::is_impossible(&format!("{{'descr': {descr}, 'shape': {shape}}}"))
        };
        assert!(is_impossible("'<f8'", "(-1,)"));
        assert!(is_impossible("'<f8'", "(2, -3)"));
        assert!(is_impossible("'<f8'", "(99999999999, 99999999999)"));
        assert!(is_impossible("'<f8'", "(9999999999999999999,)"));
        assert!(!is_impossible("'<f8'", "(3, 4)"));
        assert!(!is_impossible("'|T16'", "(3, 4)"));
        assert_eq!(body_len("{'descr': '<f8'"), None);
        assert_eq!(body_len(&"[".repeat(1000)), None);
    }
}
