//! An expression that builds text, as its constant parts and the values between them, and back.
//!
//! Understood are joins with `+`, f-strings, templates, `%`, `str.format`, `fmt.Sprintf` and
//! `String.format`. What is not understood gives nothing: a fix is then not offered.

use std::ops::Range;

use trueline_syntax::ir::Language;

use super::lexer::{Code, Kind, Piece};

/// A part of a text that is built.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// Constant, escapes resolved.
    Text(String),
    /// A value put in.
    Value(Value),
}

/// A value that is put into a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Value {
    /// Its source.
    pub(super) code: String,
    /// It is joined with `+`, which only takes text in Python and Go.
    pub(super) joined: bool,
    /// Its bytes.
    pub(super) at: Range<usize>,
}

/// Operators that bind weaker than `+`, or that make an operand of it no plain value.
const WEAKER: [&str; 24] = [
    "=", ",", "?", "??", "||", "&&", "==", "!=", "===", "!==", "<", ">", "<=", ">=", "|", "&", "^",
    "=>", ":=", "+=", ":", "if", "or", "and",
];

/// The parts of an expression; `None` if it is not built from at least one constant text.
pub(super) fn parts(code: &Code<'_>, run: &Range<usize>) -> Option<Vec<Part>> {
    let run = without_brackets(code, run);
    let weaker = code.split(&run, &WEAKER).len() > 1
        || run.clone().any(|at| {
            code.kind(at) == Some(Kind::Word)
                && matches!(
                    code.at(at),
                    "if" | "or" | "and" | "lambda" | "for" | "await" | "yield" | "not"
                )
        });
    if weaker {
        return None;
    }
    let mut all = Vec::new();
    let operands = code.split(&run, &["+"]);
    let several = operands.len() > 1;
    for (operand, _) in operands {
        if operand.start >= operand.end {
            return None;
        }
        match operand_parts(code, &operand) {
            Some(parts) => all.extend(parts),
            None if several => all.push(Part::Value(Value {
                code: code.source(&operand).to_owned(),
                joined: true,
                at: code.bytes(&operand),
            })),
            None => return None,
        }
    }
    let all = merged(all);
    let has_text = all.iter().any(|p| matches!(p, Part::Text(_)));
    has_text.then_some(all)
}

/// A run without brackets around all of it.
pub(super) fn without_brackets(code: &Code<'_>, run: &Range<usize>) -> Range<usize> {
    let mut run = run.clone();
    while run.end > run.start + 2
        && code.at(run.start) == "("
        && code.tokens.get(run.start).and_then(|t| t.pair) == Some(run.end - 1)
    {
        run = run.start + 1..run.end - 1;
    }
    run
}

fn merged(parts: Vec<Part>) -> Vec<Part> {
    let mut all: Vec<Part> = Vec::new();
    for part in parts {
        match (all.last_mut(), part) {
            (_, Part::Text(text)) if text.is_empty() => {}
            (Some(Part::Text(last)), Part::Text(text)) => last.push_str(&text),
            (_, part) => all.push(part),
        }
    }
    all
}

/// The text of parts without values.
fn only_text(parts: Vec<Part>) -> Option<String> {
    match merged(parts).as_slice() {
        [Part::Text(text)] => Some(text.clone()),
        _ => None,
    }
}

fn operand_parts(code: &Code<'_>, run: &Range<usize>) -> Option<Vec<Part>> {
    let inner = without_brackets(code, run);
    if inner != *run {
        return parts(code, &inner);
    }
    let texts = run
        .clone()
        .take_while(|at| code.kind(*at) == Some(Kind::Text))
        .count();
    if texts > 1 && !code.is_python() {
        return None;
    }
    let rest = run.start + texts..run.end;
    if texts == 0 {
        return format_call(code, run);
    }
    let literals = run.start..run.start + texts;
    if rest.start == rest.end {
        return literal_parts(code, &literals);
    }
    if !code.is_python() {
        return None;
    }
    if code.at(rest.start) == "%" {
        return percent(code, &literals, &(rest.start + 1..rest.end));
    }
    let formats = code.at(rest.start) == "."
        && code.at(rest.start + 1) == "format"
        && code.at(rest.start + 2) == "("
        && code.tokens.get(rest.start + 2)?.pair == Some(rest.end - 1);
    formats.then(|| str_format(code, &literals, rest.start + 2))?
}

/// Text literals that stand side by side, with what is put into them.
fn literal_parts(code: &Code<'_>, run: &Range<usize>) -> Option<Vec<Part>> {
    let mut all = Vec::new();
    for index in run.clone() {
        let literal = code.literal(index)?;
        if literal.prefix.contains(['b', 'B'])
            || code.language == Language::Java && literal.quote.len() == 3
        {
            return None;
        }
        let formatted = literal.prefix.contains(['f', 'F']);
        for piece in &literal.pieces {
            match piece {
                Piece::Text(bytes) => {
                    let raw = code.slice(bytes.clone());
                    let mut text = if literal.prefix.contains(['r', 'R'])
                        || literal.quote == "`" && code.language == Language::Go
                    {
                        raw.to_owned()
                    } else {
                        unescaped(raw)?
                    };
                    if formatted {
                        text = text.replace("{{", "{").replace("}}", "}");
                    }
                    all.push(Part::Text(text));
                }
                Piece::Hole(bytes) => {
                    let hole = code.slice(bytes.clone()).trim();
                    if formatted && has_format(hole) {
                        return None;
                    }
                    all.push(Part::Value(Value {
                        code: hole.to_owned(),
                        joined: false,
                        at: bytes.clone(),
                    }));
                }
            }
        }
    }
    Some(all)
}

/// Whether the code in a hole of an f-string is followed by a conversion or a format.
fn has_format(hole: &str) -> bool {
    let code = Code::new(hole, Language::Python);
    let all = 0..code.tokens.len();
    code.split(&all, &[":", "=", "!"]).len() > 1 || hole.is_empty() || hole.contains('\n')
}

/// `"… %s …" % (a, b)`.
fn percent(code: &Code<'_>, literals: &Range<usize>, run: &Range<usize>) -> Option<Vec<Part>> {
    let values: Vec<Range<usize>> =
        if code.at(run.start) == "(" && code.tokens.get(run.start)?.pair == Some(run.end - 1) {
            code.items(run.start)
        } else if code
            .split(run, &["*", "/", "-", "%", "//", "**", "@"])
            .len()
            > 1
            || code.at(run.start) == "{"
        {
            return None;
        } else {
            vec![run.clone()]
        };
    let text = only_text(literal_parts(code, literals)?)?;
    verbs(code, &text, &values, &['s', 'd', 'i'])
}

/// Text with `%s` in it, and the values for them.
fn verbs(
    code: &Code<'_>,
    text: &str,
    values: &[Range<usize>],
    known: &[char],
) -> Option<Vec<Part>> {
    let mut values = values.iter();
    let mut all = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        all.push(Part::Text(rest.get(..at)?.to_owned()));
        let verb = rest.get(at + 1..)?.chars().next()?;
        rest = rest.get(at + 1 + verb.len_utf8()..)?;
        if verb == '%' {
            all.push(Part::Text("%".to_owned()));
        } else if known.contains(&verb) {
            let value = values.next()?;
            if matches!(code.at(value.start), "*" | "...") {
                return None;
            }
            all.push(Part::Value(Value {
                code: code.source(value).to_owned(),
                joined: false,
                at: code.bytes(value),
            }));
        } else {
            return None;
        }
    }
    all.push(Part::Text(rest.to_owned()));
    values.next().is_none().then_some(all)
}

/// `"… {} {0} {name}".format(…)`.
fn str_format(code: &Code<'_>, literals: &Range<usize>, open: usize) -> Option<Vec<Part>> {
    let text = only_text(literal_parts(code, literals)?)?;
    let mut by_place = Vec::new();
    let mut by_name = Vec::new();
    for item in code.items(open) {
        if code.at(item.start).starts_with('*') {
            return None;
        }
        if code.at(item.start + 1) == "=" {
            by_name.push((code.at(item.start), item.start + 2..item.end));
        } else {
            by_place.push(item);
        }
    }
    let mut all = Vec::new();
    let mut rest = text.as_str();
    let mut next = 0;
    while let Some(at) = rest.find(['{', '}']) {
        all.push(Part::Text(rest.get(..at)?.to_owned()));
        let from = rest.get(at..)?;
        if from.starts_with("{{") || from.starts_with("}}") {
            all.push(Part::Text(from.get(..1)?.to_owned()));
            rest = from.get(2..)?;
            continue;
        }
        let end = from.strip_prefix('{')?.find('}')? + 1;
        let field = from.get(1..end)?;
        rest = from.get(end + 1..)?;
        let run = if field.is_empty() {
            next += 1;
            by_place.get(next - 1)?.clone()
        } else if let Ok(place) = field.parse::<usize>() {
            by_place.get(place)?.clone()
        } else {
            by_name.iter().find(|(name, _)| *name == field)?.1.clone()
        };
        all.push(Part::Value(Value {
            code: code.source(&run).to_owned(),
            joined: false,
            at: code.bytes(&run),
        }));
    }
    all.push(Part::Text(rest.to_owned()));
    Some(all)
}

/// `fmt.Sprintf("…", a)` and `String.format("…", a)`.
fn format_call(code: &Code<'_>, run: &Range<usize>) -> Option<Vec<Part>> {
    let name = match code.language {
        Language::Go => ["fmt", ".", "Sprintf", "("],
        Language::Java => ["String", ".", "format", "("],
        Language::Python | Language::JavaScript | Language::TypeScript => return None,
    };
    let named = name
        .iter()
        .enumerate()
        .all(|(at, word)| code.at(run.start + at) == *word);
    if !named || code.tokens.get(run.start + 3)?.pair != Some(run.end - 1) {
        return None;
    }
    let items = code.items(run.start + 3);
    let (first, values) = items.split_first()?;
    let text = only_text(parts(code, first)?)?;
    verbs(code, &text, values, &['s', 'd', 'v'])
}

/// Text with its escapes resolved; `None` with one that is not simple.
fn unescaped(raw: &str) -> Option<String> {
    let mut text = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next()? {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            '\n' => {}
            c @ ('\\' | '\'' | '"' | '`' | '$' | '{') => text.push(c),
            _ => return None,
        }
    }
    Some(text)
}

/// How a text is written again: with the quotes that it had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Style {
    language: Language,
    quote: char,
    long: bool,
}

impl Style {
    /// The quotes of the first text of an expression.
    pub(super) fn of(code: &Code<'_>, run: &Range<usize>) -> Self {
        let literal = run.clone().find_map(|at| code.literal(at));
        let quote = literal.as_ref().and_then(|l| l.quote.chars().next());
        let quote = quote.unwrap_or('"');
        Self {
            language: code.language,
            quote,
            long: literal.is_some_and(|l| l.quote.len() == 3),
        }
    }

    /// A constant text.
    pub(super) fn text(self, text: &str) -> String {
        if self.quote == '`' {
            let go = self.language == Language::Go;
            let lines = text.contains('\n');
            if lines && !(go && text.contains('`')) {
                return if go {
                    format!("`{text}`")
                } else {
                    format!("`{}`", template(text))
                };
            }
        }
        if self.long && text.contains('\n') {
            let quotes = if self.quote == '\'' { "'''" } else { "\"\"\"" };
            let body = text.replace('\\', "\\\\").replace(quotes, "\\'\\'\\'");
            if !body.ends_with(self.quote) {
                return format!("{quotes}{body}{quotes}");
            }
        }
        let quote = self.short_quote(text);
        format!("{quote}{}{quote}", escaped(text, quote))
    }

    fn short_quote(self, text: &str) -> char {
        let only_double = matches!(self.language, Language::Go | Language::Java);
        let wanted = if only_double || self.quote == '`' {
            '"'
        } else {
            self.quote
        };
        let other = if wanted == '"' { '\'' } else { '"' };
        if !only_double && text.contains(wanted) && !text.contains(other) {
            other
        } else {
            wanted
        }
    }

    /// A text with values in it, as its language writes it best.
    pub(super) fn build(self, parts: &[Part]) -> String {
        if let [Part::Text(text)] = parts {
            return self.text(text);
        }
        let joined = parts.iter().all(|p| match p {
            Part::Text(_) => true,
            Part::Value(value) => value.joined,
        });
        match self.language {
            Language::Python if !joined => {
                let all: String = parts
                    .iter()
                    .filter_map(|p| match p {
                        Part::Text(text) => Some(text.as_str()),
                        Part::Value(_) => None,
                    })
                    .collect();
                let mut quote = self.short_quote(&all);
                let codes = parts.iter().filter_map(|p| match p {
                    Part::Value(value) => Some(value.code.as_str()),
                    Part::Text(_) => None,
                });
                let codes: String = codes.collect();
                if codes.contains(quote) {
                    quote = if quote == '"' { '\'' } else { '"' };
                }
                let long = self.long && all.contains('\n');
                let mut text = String::new();
                for part in parts {
                    match part {
                        Part::Text(t) => {
                            let t = t.replace('{', "{{").replace('}', "}}");
                            text.push_str(&if long {
                                t.replace('\\', "\\\\")
                            } else {
                                escaped(&t, quote)
                            });
                        }
                        Part::Value(value) => {
                            text.push('{');
                            text.push_str(&value.code);
                            text.push('}');
                        }
                    }
                }
                let quotes = if long {
                    quote.to_string().repeat(3)
                } else {
                    quote.to_string()
                };
                format!("f{quotes}{text}{quotes}")
            }
            Language::JavaScript | Language::TypeScript if !joined => {
                let mut text = String::from("`");
                for part in parts {
                    match part {
                        Part::Text(t) => text.push_str(&template(t)),
                        Part::Value(value) => {
                            text.push_str("${");
                            text.push_str(&value.code);
                            text.push('}');
                        }
                    }
                }
                text.push('`');
                text
            }
            _ => {
                let pieces: Vec<String> = parts
                    .iter()
                    .map(|part| match part {
                        Part::Text(text) => self.text(text),
                        Part::Value(value) => value.code.clone(),
                    })
                    .collect();
                pieces.join(" + ")
            }
        }
    }
}

fn template(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('`', "\\`")
        .replace("${", "\\${")
}

fn escaped(text: &str, quote: char) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}
