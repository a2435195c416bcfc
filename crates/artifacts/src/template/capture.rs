//! Text that blocks make: of `set`, of macros, of what is handed to a `caller()`. A name that leads into Python may be
//! put together there, letter by letter.

use std::collections::BTreeMap;

use super::Piece;
use super::constant::{Constants, MAX_TEXT};
use super::expression::Parser;
use super::token::{Token, tokens};

/// Blocks that are kept at the same time.
const MAX_OPEN: usize = 16;
/// Items of a loop that is walked for each of them.
const MAX_ITEMS: usize = 64;
/// A name for the text that a filter is given.
const FILTERED: &str = "filtered text";
/// What stands for a parameter, or for the caller, in the text of a macro.
const MARKS: [char; 2] = ['\u{f8f0}', '\u{f8f1}'];
/// The name of the caller among the parameters.
const CALLER: &str = "caller";

/// What becomes of the text of a block.
#[derive(Clone, Debug)]
enum Block {
    /// It is a name's, behind filters.
    Set { name: String, filters: String },
    /// A call of it gives it.
    Macro {
        name: String,
        parameters: Vec<(String, String)>,
    },
    /// The macro that is called has it as its caller.
    Call { name: String, given: Vec<String> },
    /// It is put out behind a filter.
    Filter(String),
}

/// A macro: its parameters with what they are if nothing is given, and its text with marks for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Macro {
    parameters: Vec<(String, String)>,
    text: String,
}

/// Blocks that are open, with the text that was put into each.
#[derive(Clone, Debug, Default)]
pub(super) struct Captures {
    open: Vec<(Block, String)>,
}

impl Captures {
    /// Text is put out here.
    pub(super) fn put(&mut self, text: &str) {
        if let Some((_, kept)) = self.open.last_mut()
            && kept.len() + text.len() <= MAX_TEXT
        {
            kept.push_str(text);
        }
    }

    /// A statement that may open or close such a block; the name that leads into Python, if its text is one.
    pub(super) fn statement(
        &mut self,
        tokens: &[Token],
        constants: &mut Constants,
    ) -> Option<String> {
        let [Token::Name(word), rest @ ..] = skip_signs(tokens) else {
            return None;
        };
        let block = match (word.as_str(), rest) {
            ("set", [Token::Name(name)]) => Some(Block::Set {
                name: name.clone(),
                filters: String::new(),
            }),
            ("set", [Token::Name(name), Token::Sign('-' | '+')]) => Some(Block::Set {
                name: name.clone(),
                filters: String::new(),
            }),
            ("set", [Token::Name(name), Token::Sign('|'), filters @ ..]) => Some(Block::Set {
                name: name.clone(),
                filters: code_of(filters),
            }),
            ("macro", [Token::Name(name), Token::Sign('('), parameters @ ..]) => {
                let parameters = parameters_of(parameters);
                for (at, (parameter, _)) in parameters.iter().enumerate() {
                    constants.set(parameter, &mark(at));
                }
                constants.set_macro(
                    CALLER,
                    Macro {
                        parameters: Vec::new(),
                        text: MARKS[1].to_string(),
                    },
                );
                Some(Block::Macro {
                    name: name.clone(),
                    parameters,
                })
            }
            ("call", rest) => called_macro(rest).map(|(name, given)| Block::Call { name, given }),
            ("filter", filters) => Some(Block::Filter(code_of(filters))),
            _ => None,
        };
        if let Some(block) = block {
            if self.open.len() < MAX_OPEN {
                self.open.push((block, String::new()));
            }
            return None;
        }
        let is_end = |block: &Block| {
            matches!(
                (block, word.as_str()),
                (Block::Set { .. }, "endset")
                    | (Block::Macro { .. }, "endmacro")
                    | (Block::Call { .. }, "endcall")
                    | (Block::Filter(_), "endfilter")
            )
        };
        let (block, text) = self.open.pop_if(|(block, _)| is_end(block))?;
        self.close(block, &text, constants);
        let name = text.trim();
        let is_name = name.len() < 64
            && name.len() > 4
            && name.starts_with("__")
            && name.ends_with("__")
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        is_name.then(|| name.to_owned())
    }

    fn close(&mut self, block: Block, text: &str, constants: &mut Constants) {
        let text = text.trim();
        match block {
            Block::Set { name, filters } => match filtered(text, &filters, constants) {
                Some(text) => constants.set(&name, &text),
                None => constants.forget(&name),
            },
            Block::Macro { name, parameters } => {
                for (parameter, _) in &parameters {
                    constants.forget(parameter);
                }
                let text = text.to_owned();
                constants.set_macro(&name, Macro { parameters, text });
            }
            Block::Call { name, given } => {
                let given = given.into_iter().map(Some).collect::<Vec<_>>();
                if let Some(made) = constants.call_macro(&name, &given) {
                    self.put(&made.replace(MARKS[1], text));
                }
            }
            Block::Filter(filters) => {
                if let Some(text) = filtered(text, &filters, constants) {
                    self.put(&text);
                }
            }
        }
    }
}

impl Macro {
    /// What a call of it puts out.
    pub(super) fn called(&self, given: &[Option<String>]) -> String {
        let mut text = self.text.clone();
        for (at, (_, otherwise)) in self.parameters.iter().enumerate() {
            let value = given.get(at).and_then(Option::as_deref);
            text = text.replace(&mark(at), value.unwrap_or(otherwise));
            if text.len() > MAX_TEXT {
                break;
            }
        }
        text
    }

    /// Text that a call may copy.
    pub(super) const fn len(&self) -> usize {
        self.text.len()
    }
}

/// What stands for a parameter.
fn mark(at: usize) -> String {
    format!("{}{at}{}", MARKS[0], MARKS[0])
}

/// Is something in a text that only the call of a macro tells?
pub(super) fn is_open(text: &str) -> bool {
    text.contains(MARKS)
}

fn skip_signs(tokens: &[Token]) -> &[Token] {
    match tokens {
        [Token::Sign('-' | '+'), rest @ ..] => rest,
        all => all,
    }
}

/// Names of parameters, and the texts they are if nothing is given.
fn parameters_of(tokens: &[Token]) -> Vec<(String, String)> {
    let mut parameters = Vec::new();
    let mut rest = tokens;
    loop {
        match rest {
            [
                Token::Name(name),
                Token::Sign('='),
                Token::Text(text),
                more @ ..,
            ] => {
                parameters.push((name.clone(), text.clone()));
                rest = more;
            }
            [Token::Name(name), more @ ..] => {
                parameters.push((name.clone(), String::new()));
                rest = more;
            }
            [Token::Sign(')'), ..] | [] => return parameters,
            [_, more @ ..] => rest = more,
        }
        if parameters.len() > MAX_OPEN {
            return parameters;
        }
    }
}

/// `name(…)` of a `call` block, which may have parameters of its own before it.
fn called_macro(tokens: &[Token]) -> Option<(String, Vec<String>)> {
    let mut rest = tokens;
    if let [Token::Sign('('), ..] = rest {
        let end = rest.iter().position(|t| *t == Token::Sign(')'))?;
        rest = &rest[end + 1..];
    }
    let [Token::Name(name), Token::Sign('('), given @ ..] = rest else {
        return None;
    };
    let given = given.iter().filter_map(|token| match token {
        Token::Text(text) => Some(text.clone()),
        _ => None,
    });
    Some((name.clone(), given.collect()))
}

/// Tokens as code again.
fn code_of(tokens: &[Token]) -> String {
    let mut code = String::new();
    for token in tokens {
        match token {
            Token::Name(word) | Token::Number(word) => code.push_str(word),
            Token::Text(text) => {
                code.push('"');
                for c in text.chars() {
                    if matches!(c, '"' | '\\') {
                        code.push('\\');
                    }
                    code.push(c);
                }
                code.push('"');
            }
            Token::Sign(sign) => code.push(*sign),
        }
        code.push(' ');
    }
    code
}

/// What filters make of a text.
fn filtered(text: &str, filters: &str, constants: &mut Constants) -> Option<String> {
    if filters.is_empty() {
        return Some(text.to_owned());
    }
    constants.set(FILTERED, text);
    let mut parser = Parser::of_text(FILTERED, &format!("| {filters}"), constants);
    parser.run(false);
    let value = parser.value.take();
    constants.forget(FILTERED);
    value
}

/// The texts of a list, if it is one of texts alone.
pub(super) fn texts(tokens: &[Token]) -> Option<Vec<String>> {
    let (first, rest) = tokens.split_first()?;
    if !matches!(first, Token::Sign('[' | '(')) {
        return None;
    }
    let mut texts = Vec::new();
    for token in rest {
        match token {
            Token::Text(text) => texts.push(text.clone()),
            Token::Sign(',') => {}
            Token::Sign(']' | ')') => break,
            _ => return None,
        }
    }
    (!texts.is_empty()).then_some(texts)
}

/// The name of a loop over constant texts, and those.
pub(super) fn items_of_loop(
    code: &str,
    lists: &BTreeMap<String, Vec<String>>,
    constants: &Constants,
) -> Option<(String, Vec<String>)> {
    let trimmed = code.trim_start_matches(['-', '+']).trim_start();
    if !trimmed.starts_with("for") {
        return None;
    }
    let (tokens, _) = tokens(trimmed);
    let [
        Token::Name(_),
        Token::Name(name),
        Token::Name(is_in),
        over @ ..,
    ] = tokens.as_slice()
    else {
        return None;
    };
    if is_in != "in" {
        return None;
    }
    let letters = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
    let items = match over {
        [Token::Sign('[' | '('), ..] => texts(over)?,
        [Token::Text(text), ..] => letters(text),
        [Token::Name(list), ..] => match lists.get(list) {
            Some(items) => items.clone(),
            None => letters(constants.look(list)?),
        },
        _ => return None,
    };
    (items.len() <= MAX_ITEMS).then(|| (name.clone(), items))
}

/// Pieces up to the end of the loop that was just opened, if it is among them.
pub(super) fn loop_len(pieces: &[(Piece<'_>, u64)]) -> Option<usize> {
    let mut depth = 0usize;
    for (at, (piece, _)) in pieces.iter().enumerate() {
        let Piece::Statement(code) = piece else {
            continue;
        };
        let word = code.trim_start_matches(['-', '+']).trim_start();
        let word = word
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .next()
            .unwrap_or_default();
        match word {
            "for" => depth += 1,
            "endfor" if depth == 0 => return Some(at),
            "endfor" => depth -= 1,
            _ => {}
        }
    }
    None
}
