//! Reading TOML that people write: every mistake has a place, and an unknown key names the nearest.
//!
//! A [`Section`] gives its keys one by one; what is left at the end is unknown. Used for every
//! section of `trueline.toml`, whoever reads it.

use std::fmt;

use toml_span::Span;
use toml_span::value::{Key, Table, Value, ValueInner};

/// Line and column, from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    /// Line.
    pub line: usize,
    /// Column in characters.
    pub column: usize,
}

impl Place {
    /// The place of a byte of a text.
    #[must_use]
    pub fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        Self {
            line: before.matches('\n').count() + 1,
            column: before.rsplit('\n').next().unwrap_or("").chars().count() + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A mistake and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong {
    /// The bytes.
    pub span: Span,
    /// What is wrong and what to do.
    pub message: String,
}

impl Wrong {
    /// A mistake at a place.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
        }
    }
}

/// Parses a text; a mistake has its place.
pub fn parse(text: &str) -> Result<Value<'_>, Wrong> {
    toml_span::parse(text).map_err(|error| Wrong::new(error.span, error.to_string()))
}

/// A table whose keys are taken one by one; what is left at the end is unknown.
#[derive(Debug)]
pub struct Section<'de> {
    name: String,
    span: Span,
    table: Table<'de>,
}

impl<'de> Section<'de> {
    /// A value that must be a table.
    pub fn new(name: impl Into<String>, value: &mut Value<'de>) -> Result<Self, Wrong> {
        let (name, span) = (name.into(), value.span);
        match value.take() {
            ValueInner::Table(table) => Ok(Self { name, span, table }),
            _ => Err(Wrong::new(span, format!("`{name}` must be a table"))),
        }
    }

    /// Where the table stands.
    #[must_use]
    pub const fn span(&self) -> Span {
        self.span
    }

    /// A key and its value, if the table has it.
    pub fn take(&mut self, key: &str) -> Option<(Key<'de>, Value<'de>)> {
        self.table.remove_entry(key)
    }

    /// The keys that nobody took yet, with their places.
    pub fn keys(&self) -> impl Iterator<Item = (String, Span)> {
        self.table
            .keys()
            .map(|key| (key.name.to_string(), key.span))
    }

    /// The value of a key that must be there.
    pub fn required(&mut self, key: &str) -> Result<Value<'de>, Wrong> {
        match self.take(key) {
            Some((_, value)) => Ok(value),
            None => Err(self.missing(key)),
        }
    }

    /// A key that must be there is not: perhaps it is spelt otherwise.
    #[must_use]
    pub fn missing(&self, key: &str) -> Wrong {
        let mut others = self.keys();
        if let Some((other, span)) = others.find(|(other, _)| nearest(other, &[key]).is_some()) {
            let name = self.full(&other);
            return Wrong::new(span, format!("unknown key `{name}`; did you mean `{key}`?"));
        }
        Wrong::new(self.span, format!("`{}` needs `{key}`", self.name))
    }

    /// A list of texts.
    pub fn strings(&mut self, key: &str) -> Result<Option<Vec<(String, Span)>>, Wrong> {
        let name = self.full(key);
        let found = self.take(key);
        found
            .map(|(_, value)| strings_with_spans(value, &name))
            .transpose()
    }

    /// A text.
    pub fn text(&mut self, key: &str) -> Result<Option<(String, Span)>, Wrong> {
        let name = self.full(key);
        let found = self.take(key);
        found.map(|(_, value)| text(value, &name)).transpose()
    }

    /// A whole number within bounds.
    pub fn number(
        &mut self,
        key: &str,
        bounds: std::ops::RangeInclusive<i64>,
    ) -> Result<Option<(u32, Span)>, Wrong> {
        let name = self.full(key);
        let Some((_, mut value)) = self.take(key) else {
            return Ok(None);
        };
        let span = value.span;
        let number = match value.take() {
            ValueInner::Integer(number) if bounds.contains(&number) => u32::try_from(number).ok(),
            _ => None,
        };
        let number = number.ok_or_else(|| {
            let (least, most) = (bounds.start(), bounds.end());
            let message = format!("`{name}` must be a whole number from {least} to {most}");
            Wrong::new(span, message)
        })?;
        Ok(Some((number, span)))
    }

    /// `true` or `false`.
    pub fn flag(&mut self, key: &str) -> Result<Option<bool>, Wrong> {
        let name = self.full(key);
        let Some((_, mut value)) = self.take(key) else {
            return Ok(None);
        };
        let span = value.span;
        match value.take() {
            ValueInner::Boolean(flag) => Ok(Some(flag)),
            _ => Err(Wrong::new(span, format!("`{name}` must be true or false"))),
        }
    }

    /// Fails with the first key that nobody took.
    pub fn end(self, known: &[&str]) -> Result<(), Wrong> {
        self.finish(known)
    }

    /// As [`Self::end`], for who goes on using the section.
    pub fn finish(&self, known: &[&str]) -> Result<(), Wrong> {
        let Some(key) = self.table.keys().min_by_key(|k| k.span.start) else {
            return Ok(());
        };
        let hint = nearest(&key.name, known).map_or_else(
            || format!("known here: {}", known.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        Err(Wrong::new(
            key.span,
            format!("unknown key `{}`; {hint}", self.full(&key.name)),
        ))
    }

    fn full(&self, key: &str) -> String {
        if self.name.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.name)
        }
    }
}

/// A text that is not empty.
pub fn text(mut value: Value<'_>, name: &str) -> Result<(String, Span), Wrong> {
    let span = value.span;
    match value.take() {
        ValueInner::String(text) if !text.trim().is_empty() => Ok((text.into_owned(), span)),
        _ => Err(Wrong::new(span, format!("`{name}` must be text"))),
    }
}

/// A list of texts.
pub fn strings(value: Value<'_>, name: &str) -> Result<Vec<String>, Wrong> {
    let texts = strings_with_spans(value, name)?;
    Ok(texts.into_iter().map(|(text, _)| text).collect())
}

/// A list of texts, each with its place.
pub fn strings_with_spans(mut value: Value<'_>, name: &str) -> Result<Vec<(String, Span)>, Wrong> {
    let wrong = |span| Wrong::new(span, format!("`{name}` must be a list of texts"));
    let span = value.span;
    let ValueInner::Array(items) = value.take() else {
        return Err(wrong(span));
    };
    items
        .into_iter()
        .map(|mut item| {
            let span = item.span;
            match item.take() {
                ValueInner::String(text) => Ok((text.into_owned(), span)),
                _ => Err(wrong(span)),
            }
        })
        .collect()
}

/// One of a closed set of words.
pub fn word<T: Copy>(text: &str, span: Span, name: &str, all: &[(&str, T)]) -> Result<T, Wrong> {
    if let Some((_, value)) = all.iter().find(|(known, _)| *known == text) {
        return Ok(*value);
    }
    let known: Vec<&str> = all.iter().map(|(known, _)| *known).collect();
    let hint =
        nearest(text, &known).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    let message = format!(
        "`{name}` is one of {}, not `{text}`{hint}",
        known.join(", ")
    );
    Err(Wrong::new(span, message))
}

/// The known key that a typing error most probably meant: at most two edits away.
#[must_use]
pub fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    known
        .iter()
        .map(|k| (distance(word, k), *k))
        .filter(|(d, k)| *d <= 2 && *d < k.len())
        .min()
        .map(|(_, k)| k)
}

/// Levenshtein's distance in characters.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
