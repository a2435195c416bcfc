//! The blocks of a template: do they open and close as Jinja wants it, and how often do loops turn? A template that
//! Jinja does not parse may be one to another engine, and one that counts to a thousand million stops the server.

use std::collections::BTreeMap;

use super::token::Token;

/// Open blocks.
const MAX_OPEN: usize = 1_000;
/// Turns of loops in loops, or repeats of a text, above which no prompt is meant.
const MAX_TURNS: f64 = 1e7;
/// A number that stands alone; larger ones are no counts of prompts.
const MAX_NUMBER: f64 = 1e8;

/// Blocks that have an end of their own.
const BLOCKS: &[&str] = &[
    "if",
    "for",
    "macro",
    "call",
    "filter",
    "set",
    "generation",
    "block",
    "autoescape",
    "with",
    "trans",
];
/// Statements that are no blocks, and the middles of blocks.
const STATEMENTS: &[&str] = &[
    "set",
    "else",
    "elif",
    "break",
    "continue",
    "do",
    "include",
    "import",
    "from",
    "extends",
    "debug",
    "raw",
    "endraw",
    "pluralize",
];

/// What is known of the blocks on the way through a template.
#[derive(Debug, Default)]
pub(super) struct Structure {
    /// Open blocks, and how often the loops among them turn.
    open: Vec<(String, f64)>,
    /// Names that stand for numbers.
    numbers: BTreeMap<String, f64>,
    /// Why Jinja would not parse it.
    pub(super) broken: Option<String>,
    /// What keeps the server busy.
    pub(super) busy: Option<String>,
}

impl Structure {
    /// Takes the tokens of an expression or a statement.
    pub(super) fn take(&mut self, tokens: &[Token], is_statement: bool) {
        let mut depth = 0i32;
        for token in tokens {
            match token {
                Token::Sign('(' | '[' | '{') => depth += 1,
                Token::Sign(')' | ']' | '}') => depth -= 1,
                _ => {}
            }
            if depth < 0 {
                break;
            }
        }
        if depth != 0 {
            self.breaks("brackets that do not match".to_owned());
        }
        self.numbers_in(tokens);
        if !is_statement {
            return;
        }
        let tokens = match tokens {
            [Token::Sign('-' | '+'), rest @ ..] => rest,
            all => all,
        };
        let [Token::Name(word), rest @ ..] = tokens else {
            self.breaks("a statement without a name".to_owned());
            return;
        };
        let is_short_set = word == "set" && rest.contains(&Token::Sign('='));
        if is_short_set && let [Token::Name(name), Token::Sign('='), value @ ..] = rest {
            match self.number(value) {
                Some((number, used)) if used == value.len() => {
                    self.numbers.insert(name.clone(), number);
                }
                _ => {
                    self.numbers.remove(name);
                }
            }
        }
        if let Some(block) = word.strip_prefix("end").filter(|b| BLOCKS.contains(b)) {
            match self.open.pop() {
                Some((opened, _)) if opened == block => {}
                Some((opened, _)) => self.breaks(format!("{opened} that is closed by {word}")),
                None => self.breaks(format!("{word} without its beginning")),
            }
        } else if BLOCKS.contains(&word.as_str()) && !is_short_set {
            if self.open.len() >= MAX_OPEN {
                self.breaks("blocks that nest too deep".to_owned());
                return;
            }
            let turns = if word == "for" { self.turns(rest) } else { 1.0 };
            self.open.push((word.clone(), turns));
            let all: f64 = self.open.iter().map(|(_, turns)| turns).product();
            if all > MAX_TURNS {
                self.busies("loops that turn very often");
            }
        } else if !STATEMENTS.contains(&word.as_str()) {
            self.breaks(format!("the statement {word}, which is not known"));
        }
    }

    /// At the end of the template.
    pub(super) fn finish(&mut self) {
        if let Some((opened, _)) = self.open.pop() {
            self.breaks(format!("{opened} that is not closed"));
        }
    }

    fn breaks(&mut self, why: String) {
        self.broken.get_or_insert(why);
    }

    fn busies(&mut self, why: &str) {
        self.busy.get_or_insert(why.to_owned());
    }

    /// How often a loop over a constant range turns.
    fn turns(&self, tokens: &[Token]) -> f64 {
        let Some(at) = tokens
            .iter()
            .position(|token| matches!(token, Token::Name(name) if name == "range"))
        else {
            return 1.0;
        };
        let Some(Token::Sign('(')) = tokens.get(at + 1) else {
            return 1.0;
        };
        let mut numbers = Vec::new();
        let mut rest = tokens.get(at + 2..).unwrap_or_default();
        while let Some((number, used)) = self.number(rest) {
            numbers.push(number);
            rest = rest.get(used..).unwrap_or_default();
            match rest {
                [Token::Sign(','), more @ ..] => rest = more,
                _ => break,
            }
        }
        match numbers.as_slice() {
            [end] => end.max(1.0),
            [start, end] => (end - start).max(1.0),
            [start, end, step, ..] => ((end - start) / step.max(1.0)).max(1.0),
            [] => 1.0,
        }
    }

    /// Numbers that are put together, and texts that are repeated or padded.
    fn numbers_in(&mut self, tokens: &[Token]) {
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token {
                Token::Number(_) | Token::Name(_) => {
                    let Some((number, used)) = self.number(&tokens[at - 1..]) else {
                        continue;
                    };
                    at += used - 1;
                    let repeats =
                        at > used + 1 && tokens.get(at - used - 1) == Some(&Token::Sign('*'));
                    let limit = if used > 1 || repeats {
                        MAX_TURNS
                    } else {
                        MAX_NUMBER
                    };
                    if number >= limit && matches!(token, Token::Number(_)) {
                        self.busies("a number that no prompt needs");
                    }
                }
                Token::Text(text) if pads(text) => {
                    self.busies("a text that is padded to very many characters");
                }
                _ => {}
            }
        }
    }

    /// The value of numbers that are multiplied or raised, and how many tokens it takes.
    fn number(&self, tokens: &[Token]) -> Option<(f64, usize)> {
        let one = |token: Option<&Token>| match token? {
            Token::Number(digits) => digits.replace('_', "").parse::<f64>().ok(),
            Token::Name(name) => self.numbers.get(name).copied(),
            _ => None,
        };
        let mut value = one(tokens.first())?;
        let mut used = 1;
        loop {
            let (raised, from) = match tokens.get(used..) {
                Some([Token::Sign('*'), Token::Sign('*'), ..]) => (true, used + 2),
                Some([Token::Sign('*'), ..]) => (false, used + 1),
                _ => return Some((value, used)),
            };
            let Some(next) = one(tokens.get(from)) else {
                return Some((value, used));
            };
            value = if raised {
                value.powf(next)
            } else {
                value * next
            };
            used = from + 1;
        }
    }
}

/// A format like `%1000000000s` or `{:>1000000000}`.
fn pads(text: &str) -> bool {
    let mut digits = 0;
    let mut armed = false;
    for c in text.chars() {
        match c {
            '%' | ':' => (armed, digits) = (true, 0),
            '0'..='9' if armed => digits += 1,
            '<' | '>' | '^' | '-' | '+' | ' ' if armed => {}
            _ if armed && digits > 7 && (c.is_ascii_alphabetic() || c == '}') => return true,
            _ => armed = false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::token::tokens;
    use super::*;

    fn of(statements: &[&str]) -> Structure {
        let mut structure = Structure::default();
        for code in statements {
            structure.take(&tokens(code).0, true);
        }
        structure.finish();
        structure
    }

    #[test]
    fn blocks_close_what_they_open() {
        assert_eq!(
            of(&["for m in messages", "if m", "else", "endif", "endfor"]).broken,
            None
        );
        assert_eq!(
            of(&[
                "set x = 1",
                "set y",
                "endset",
                "generation",
                "endgeneration"
            ])
            .broken,
            None
        );
        assert_eq!(of(&["if m"]).broken.unwrap(), "if that is not closed");
        assert_eq!(
            of(&["if m", "endfor"]).broken.unwrap(),
            "if that is closed by endfor"
        );
        assert_eq!(
            of(&["frobnicate x"]).broken.unwrap(),
            "the statement frobnicate, which is not known"
        );
        assert_eq!(
            of(&["set x = (1"]).broken.unwrap(),
            "brackets that do not match"
        );
    }

    #[test]
    fn loops_that_turn_very_often_are_told() {
        assert!(of(&["for i in range(10**9)", "endfor"]).busy.is_some());
        assert!(
            of(&["set n = 10 ** 9", "for i in range(n)", "endfor"])
                .busy
                .is_some()
        );
        let thrice = [
            "for i in range(999)",
            "for j in range(0, 999)",
            "for k in range(999)",
        ];
        assert!(of(&thrice).busy.is_some());
        assert!(
            of(&[
                "for i in range(99)",
                "endfor",
                "for i in range(999)",
                "endfor"
            ])
            .busy
            .is_none()
        );
        assert!(of(&["set x = '%1000000000d' % 1"]).busy.is_some());
        assert!(of(&["set x = 'a' * 20000000"]).busy.is_some());
        assert!(of(&["set x = 1024 * 4", "set t = '12:30'"]).busy.is_none());
    }
}
