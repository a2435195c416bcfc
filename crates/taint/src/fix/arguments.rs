//! Arguments of a call, properties of an object and variables that hold them, by their tokens.

use std::ops::Range;

use super::lexer::{Code, Kind};
use super::{Change, Fixer, Place};

/// Calls that may read a query or command beside the one that runs it.
const LOGGING: [&str; 9] = [
    "print", "debug", "info", "log", "warn", "warning", "error", "Println", "Printf",
];

/// An argument or a property.
#[derive(Clone, Debug)]
pub(super) struct Argument<'a> {
    /// All its tokens.
    pub(super) run: Range<usize>,
    /// Its keyword or key.
    pub(super) name: Option<&'a str>,
    /// Its value.
    pub(super) value: Range<usize>,
}

/// What a text is built by: the expression itself, or what the variable at the place was given.
#[derive(Clone, Debug)]
pub(super) struct Built {
    pub(super) run: Range<usize>,
    /// It stands before the place, in an assignment.
    pub(super) before: bool,
    /// Something else reads it too.
    pub(super) read: bool,
}

impl<'a> Code<'a> {
    /// The arguments between a bracket and its other half.
    pub(super) fn arguments(&self, open: usize) -> Vec<Argument<'a>> {
        self.items(open)
            .into_iter()
            .map(|run| {
                let named = self.kind(run.start).is_some_and(|k| k != Kind::Mark)
                    && match self.at(run.start + 1) {
                        "=" => self.is_python(),
                        ":" => !self.is_python() || self.at(open) == "{",
                        _ => false,
                    };
                Argument {
                    name: named.then(|| self.at(run.start).trim_matches(['"', '\''])),
                    value: if named {
                        run.start + 2..run.end
                    } else {
                        run.clone()
                    },
                    run,
                }
            })
            .collect()
    }

    /// The edit that takes an item of a list away, with its comma.
    pub(super) fn without_item(&self, open: usize, run: &Range<usize>) -> Option<Change> {
        let items = self.items(open);
        let at = items.iter().position(|i| i == run)?;
        let bytes = self.bytes(run);
        let bytes = if let Some(before) = at.checked_sub(1).and_then(|b| items.get(b)) {
            self.bytes(before).end..bytes.end
        } else if let Some(next) = items.get(at + 1) {
            bytes.start..self.bytes(next).start
        } else {
            let open = self.tokens.get(open)?;
            let close = self.tokens.get(open.pair?)?;
            open.end..close.start
        };
        Some(Change::new(bytes, ""))
    }

    /// The edit that puts an item at the end of a list.
    pub(super) fn with_item(&self, open: usize, item: &str) -> Option<Change> {
        let close = self.tokens.get(open)?.pair?;
        let braces = self.at(open) == "{";
        match self.items(open).last() {
            None => {
                let bytes = self.tokens.get(open)?.end..self.tokens.get(close)?.start;
                let item = if braces && self.is_javascript() {
                    format!(" {item} ")
                } else {
                    item.to_owned()
                };
                Some(Change::new(bytes, &item))
            }
            Some(last) => {
                let end = self.bytes(last).end;
                // A list over several lines, an item a line.
                let start = self.bytes(last).start;
                let line = self.slice(0..start).rfind('\n').map_or(0, |n| n + 1);
                let indent = self.slice(line..start);
                let own_line = indent.trim().is_empty() && line > self.tokens.get(open)?.start;
                let gap = if own_line {
                    format!(",{}{indent}", self.line_end())
                } else {
                    ", ".to_owned()
                };
                Some(Change::new(end..end, &format!("{gap}{item}")))
            }
        }
    }
}

impl<'a> Fixer<'a> {
    pub(super) fn call_arguments(&self, place: &Place) -> Option<Vec<Argument<'a>>> {
        Some(self.code.arguments(place.open?))
    }

    /// A positional argument.
    pub(super) fn positional(&self, place: &Place, at: usize) -> Option<Argument<'a>> {
        let arguments = self.call_arguments(place)?;
        let argument = arguments.into_iter().nth(at)?;
        let spread = self.code.at(argument.run.start).starts_with(['*', '.']);
        (argument.name.is_none() && !spread).then_some(argument)
    }

    /// What a value is built by. A variable counts if it is given a value once, just for this place.
    pub(super) fn built(&self, value: &Range<usize>) -> Option<Built> {
        let code = &self.code;
        if value.end != value.start + 1 || code.kind(value.start) != Some(Kind::Word) {
            return Some(Built {
                run: value.clone(),
                before: false,
                read: false,
            });
        }
        let name = code.at(value.start);
        let used = code.tokens.get(value.start)?.start;
        let span = self
            .module
            .functions
            .iter()
            .map(|f| f.span.start as usize..f.span.end as usize)
            .filter(|span| span.contains(&used))
            .min_by_key(|span| span.end - span.start)
            .unwrap_or(0..code.text.len());
        let mut definition = None;
        let mut read = false;
        for at in code.run(&span) {
            if code.at(at) != name || code.kind(at) != Some(Kind::Word) || at == value.start {
                continue;
            }
            let before = at.checked_sub(1).map_or("", |b| code.at(b));
            if before == "." || self.is_keyword(at) {
                continue;
            }
            let starts = code.breaks_before(at)
                || matches!(before, ";" | "{" | "}" | "const" | "let" | "var" | "String");
            if starts && matches!(code.at(at + 1), "=" | ":=") && definition.is_none() {
                definition = Some(at);
                continue;
            }
            // It may be printed, but not changed or run a second time.
            if definition.is_none() || !self.is_logged(at) {
                return None;
            }
            read = true;
        }
        let definition = definition.filter(|d| *d < value.start)?;
        let run = self.statement(definition + 2);
        let unchanged = !run.clone().any(|at| {
            code.kind(at) == Some(Kind::Word) && self.is_assigned(code.at(at), run.end..value.start)
        });
        let in_holes = run
            .clone()
            .filter(|at| code.kind(*at) == Some(Kind::Text))
            .all(|at| {
                let text = code.at(at);
                let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
                !words.any(|w| !w.is_empty() && self.is_assigned(w, run.end..value.start))
            });
        (unchanged && in_holes).then_some(Built {
            run,
            before: true,
            read,
        })
    }

    /// Whether a name is assigned to among some tokens.
    fn is_assigned(&self, name: &str, mut within: Range<usize>) -> bool {
        within.any(|at| {
            self.code.at(at) == name
                && matches!(self.code.at(at + 1), "=" | "+=" | "-=" | ":=" | "," | "*=")
                && !self.is_keyword(at)
                && self
                    .code
                    .tokens
                    .get(at)
                    .is_some_and(|t| t.depth == 0 || self.code.at(at + 1) != ",")
        })
    }

    /// `name=` of an argument, `name:` of a property.
    fn is_keyword(&self, at: usize) -> bool {
        let before = at.checked_sub(1).map_or("", |b| self.code.at(b));
        matches!(before, "(" | "," | "{")
            && (self.code.is_python() && self.code.at(at + 1) == "=" && before != "{"
                || !self.code.is_python() && self.code.at(at + 1) == ":")
    }

    fn is_logged(&self, at: usize) -> bool {
        let mut before = at;
        while let Some(index) = before.checked_sub(1) {
            match self.code.at(index) {
                "(" => return index > 0 && LOGGING.contains(&self.code.at(index - 1)),
                ")" | "]" | "}" => {
                    before = self
                        .code
                        .tokens
                        .get(index)
                        .and_then(|t| t.pair)
                        .unwrap_or(0);
                }
                ";" | "{" | "[" => return false,
                _ => before = index,
            }
        }
        false
    }

    /// The tokens from one on to the end of its statement.
    fn statement(&self, from: usize) -> Range<usize> {
        let code = &self.code;
        let mut at = from;
        while at < code.tokens.len() {
            if at > from && code.breaks_before(at) {
                let goes_on = !code.is_python()
                    && (matches!(code.at(at), "+" | "." | "?" | ":" | "||" | "&&" | "?.")
                        || matches!(
                            code.at(at - 1),
                            "+" | "=" | "(" | "," | "." | "?" | "&&" | "||"
                        ));
                if !goes_on {
                    break;
                }
            }
            match code.at(at) {
                ";" | ")" | "]" | "}" => break,
                "(" | "[" | "{" => at = code.tokens.get(at).and_then(|t| t.pair).unwrap_or(at) + 1,
                _ => at += 1,
            }
        }
        from..at
    }
}
