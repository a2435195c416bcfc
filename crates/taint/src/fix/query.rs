//! A query that is built from values, as one with places for them.
//!
//! A value counts only where SQL expects one: after an operator, in `VALUES (…)`, or as a whole text
//! in quotes. Names of tables, columns and directions cannot be bound and stay as they are.

use std::ops::Range;

use super::parts::{Part, Style, Value, parts};
use super::spec::{Passing, Placeholder};
use super::{Change, Fixer, Outcome, Place};

/// What stands for a value in the text that was read so far.
const VALUE: char = '\u{1}';

/// A query with its values beside it.
#[derive(Debug)]
struct Bound {
    parts: Vec<Part>,
    /// Name and source of each value.
    values: Vec<(String, String)>,
}

impl Fixer<'_> {
    pub(super) fn bind_parameters(
        &self,
        place: &Place,
        style: Placeholder,
        pass: Passing,
    ) -> Option<Outcome> {
        let code = &self.code;
        let query = self.positional(place, 0)?;
        let built = self.built(&query.value)?;
        let text = Style::of(code, &built.run);
        let bound = bind(&parts(code, &built.run)?, style, text)?;
        let calls = bound.values.iter().any(|(_, code)| code.contains('('));
        let values: Vec<&str> = bound.values.iter().map(|(_, code)| code.as_str()).collect();
        let values = values.join(", ");
        let map: Vec<String> = bound
            .values
            .iter()
            .map(|(name, code)| format!("\"{name}\": {code}"))
            .collect();
        let open = place.open?;
        let arguments = code.arguments(open);
        let end = code.bytes(&query.run).end;
        let after_query = |text: &str| Some(Change::new(end..end, &format!(", {text}")));
        let callback = arguments.get(1).is_some_and(|a| self.is_function(&a.value));
        let passed = match pass {
            Passing::Tuple | Passing::List | Passing::Arguments
                if arguments.len() > 1 && !callback =>
            {
                None
            }
            Passing::Tuple => {
                let comma = if bound.values.len() == 1 { "," } else { "" };
                after_query(&format!("({values}{comma})"))
            }
            Passing::List => after_query(&format!("[{values}]")),
            Passing::Arguments => after_query(&values),
            Passing::Replacements => match arguments.get(1) {
                None => after_query(&format!("{{ replacements: [{values}] }}")),
                Some(options) if code.at(options.value.start) == "{" => {
                    let known = code.arguments(options.value.start);
                    let taken = known
                        .iter()
                        .any(|a| matches!(a.name, Some("replacements" | "bind")));
                    let first = code.tokens.get(options.value.start)?.end;
                    let gap = if known.is_empty() { " " } else { "," };
                    let item = format!(" replacements: [{values}]{gap}");
                    (!taken).then(|| Change::new(first..first, &item))
                }
                Some(_) => None,
            },
            Passing::OuterMap => {
                let (outer, before) = self.call_around(&place.run)?;
                let around = code.arguments(outer);
                let first = around.first()?;
                let execute = matches!(before, "execute" | "scalar" | "scalars");
                (execute && around.len() == 1 && first.run == place.run).then(|| {
                    let end = code.bytes(&place.run).end;
                    Change::new(end..end, &format!(", {{{}}}", map.join(", ")))
                })
            }
            Passing::NextCall => {
                let close = code.tokens.get(open)?.pair?;
                let method = code.at(close + 2);
                let follows = code.at(close + 1) == "."
                    && matches!(method, "all" | "get" | "run" | "iterate")
                    && code.at(close + 3) == "("
                    && code.at(close + 4) == ")";
                let at = code.tokens.get(close + 3)?.end;
                follows.then(|| Change::new(at..at, &values))
            }
            Passing::SetParameter => {
                let end = code.bytes(&place.run).end;
                let set: Vec<String> = bound
                    .values
                    .iter()
                    .map(|(name, code)| format!(".setParameter(\"{name}\", {code})"))
                    .collect();
                Some(Change::new(end..end, &set.concat()))
            }
        }?;
        let query = Change::new(code.bytes(&built.run), &text.build(&bound.parts));
        Some(Outcome {
            changes: vec![query, passed],
            uncertain: built.read || built.before && calls,
        })
    }

    /// Whether an argument is a function that is called with the result.
    fn is_function(&self, run: &Range<usize>) -> bool {
        let code = &self.code;
        matches!(code.at(run.start), "function" | "async")
            || code.split(run, &["=>"]).len() > 1
            || matches!(code.at(run.start), "callback" | "cb" | "done" | "next")
                && run.end == run.start + 1
    }

    /// The call that a run is an argument of: its bracket, and the method's name.
    fn call_around(&self, run: &Range<usize>) -> Option<(usize, &str)> {
        let open = run
            .start
            .checked_sub(1)
            .filter(|at| self.code.at(*at) == "(")?;
        Some((open, self.code.at(open.checked_sub(1)?)))
    }
}

fn bind(parts: &[Part], style: Placeholder, text: Style) -> Option<Bound> {
    let constant: String = parts
        .iter()
        .map(|p| match p {
            Part::Text(text) => text.as_str(),
            Part::Value(_) => "",
        })
        .collect();
    let taken = match style {
        Placeholder::Question => constant.contains('?'),
        Placeholder::Dollar => constant.contains('$'),
        Placeholder::Name => constant.contains(':'),
        Placeholder::Percent => constant.contains("%s"),
    };
    if taken || constant.contains("--") || constant.contains("/*") {
        return None;
    }
    let mut binder = Binder {
        style,
        text,
        out: String::new(),
        before: String::new(),
        parts: Vec::new(),
        values: Vec::new(),
    };
    let mut quoted: Option<(char, Vec<Part>)> = None;
    for (at, part) in parts.iter().enumerate() {
        match part {
            Part::Text(text) => {
                let mut chars = text.chars().peekable();
                while let Some(c) = chars.next() {
                    quoted = match quoted.take() {
                        None if matches!(c, '\'' | '"' | '`') => Some((c, Vec::new())),
                        None => {
                            binder.constant(c);
                            None
                        }
                        Some((quote, mut inner)) if c == quote => {
                            if chars.peek() == Some(&quote) {
                                chars.next();
                                push(&mut inner, c);
                                Some((quote, inner))
                            } else {
                                binder.quoted(quote, &inner)?;
                                None
                            }
                        }
                        Some((quote, mut inner)) => {
                            push(&mut inner, c);
                            Some((quote, inner))
                        }
                    };
                }
            }
            Part::Value(value) => {
                if let Some((_, inner)) = &mut quoted {
                    inner.push(Part::Value(value.clone()));
                    continue;
                }
                let next = match parts.get(at + 1) {
                    Some(Part::Text(text)) => text.chars().next(),
                    Some(Part::Value(_)) => return None,
                    None => None,
                };
                binder.value(value, next);
            }
        }
    }
    if quoted.is_some() {
        return None;
    }
    binder.finish()
}

fn push(inner: &mut Vec<Part>, c: char) {
    match inner.last_mut() {
        Some(Part::Text(text)) => text.push(c),
        _ => inner.push(Part::Text(c.to_string())),
    }
}

struct Binder {
    style: Placeholder,
    text: Style,
    /// Constant text since the last value that stays.
    out: String,
    /// All of the query so far, for what a place expects.
    before: String,
    parts: Vec<Part>,
    values: Vec<(String, String)>,
}

impl Binder {
    fn constant(&mut self, c: char) {
        self.before.push(c);
        self.out.push(c);
        if c == '%' && self.style == Placeholder::Percent {
            self.out.push(c);
        }
    }

    /// A text in quotes, closed.
    fn quoted(&mut self, quote: char, inner: &[Part]) -> Option<()> {
        let has_value = inner.iter().any(|p| matches!(p, Part::Value(_)));
        if has_value {
            // Elsewhere, and in other quotes, it is a name.
            if quote != '\'' || !expects_value(&self.before) {
                return None;
            }
            let code = match inner {
                [Part::Value(value)] => value.code.clone(),
                _ => self.text.build(inner),
            };
            self.place(inner, code);
            return Some(());
        }
        self.constant(quote);
        for part in inner {
            if let Part::Text(text) = part {
                for c in text.chars() {
                    self.constant(c);
                    if c == quote {
                        self.constant(c);
                    }
                }
            }
        }
        self.constant(quote);
        Some(())
    }

    fn value(&mut self, value: &Value, next: Option<char>) {
        let ends = next.is_none_or(|c| c.is_whitespace() || matches!(c, ')' | ',' | ';'));
        if ends && expects_value(&self.before) {
            self.place(
                std::slice::from_ref(&Part::Value(value.clone())),
                value.code.clone(),
            );
            return;
        }
        self.before.push(VALUE);
        if !self.out.is_empty() {
            self.parts.push(Part::Text(std::mem::take(&mut self.out)));
        }
        self.parts.push(Part::Value(value.clone()));
    }

    fn place(&mut self, inner: &[Part], code: String) {
        self.before.push(VALUE);
        let value = inner.iter().find_map(|p| match p {
            Part::Value(value) => Some(value.code.as_str()),
            Part::Text(_) => None,
        });
        let base = name_of(value.unwrap_or(""));
        let mut name = base.clone();
        let mut number = 1;
        while self.values.iter().any(|(n, c)| *n == name && *c != code) {
            number += 1;
            name = format!("{base}{number}");
        }
        let known = self.values.iter().any(|(n, _)| *n == name);
        match self.style {
            Placeholder::Question => self.out.push('?'),
            Placeholder::Percent => self.out.push_str("%s"),
            Placeholder::Dollar => {
                self.out.push('$');
                self.out.push_str(&(self.values.len() + 1).to_string());
            }
            Placeholder::Name => {
                self.out.push(':');
                self.out.push_str(&name);
            }
        }
        if !(known && self.style == Placeholder::Name) {
            self.values.push((name, code));
        }
    }

    fn finish(mut self) -> Option<Bound> {
        if !self.out.is_empty() {
            self.parts.push(Part::Text(self.out));
        }
        (!self.values.is_empty()).then_some(Bound {
            parts: self.parts,
            values: self.values,
        })
    }
}

/// Whether SQL expects a value after a text.
fn expects_value(before: &str) -> bool {
    let before = before.trim_end();
    if before.ends_with(['=', '<', '>']) {
        return true;
    }
    let upper = before.to_ascii_uppercase();
    let last = upper
        .rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '(' && c != ',')
        .next()
        .unwrap_or("");
    if matches!(last, "LIKE" | "ILIKE" | "BETWEEN") {
        return true;
    }
    if last == "AND" {
        let between = upper.rfind("BETWEEN");
        return between.is_some_and(|at| upper[at..].matches(" AND").count() == 1);
    }
    if !before.ends_with(['(', ',']) {
        return false;
    }
    // In the brackets of `VALUES`.
    let mut depth = 0_u32;
    for (at, c) in upper.char_indices().rev() {
        match c {
            ')' => depth += 1,
            '(' if depth == 0 => {
                let head = upper[..at].trim_end();
                let values = head.rfind("VALUES");
                return values.is_some_and(|v| {
                    let rest = &head[v + "VALUES".len()..];
                    rest.is_empty() || rest.trim_end().ends_with(',')
                });
            }
            '(' => depth -= 1,
            _ => {}
        }
    }
    false
}

/// A name for a value: the last word of its source.
fn name_of(code: &str) -> String {
    let word = code
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .rfind(|w| w.starts_with(|c: char| c.is_ascii_alphabetic()) && *w != "toString");
    word.unwrap_or("value").to_owned()
}
