//! Chat templates (Jinja): read as expressions, never rendered. Text is computed where it is constant, so that
//! names put together from pieces are seen.
//!
//! Two threats: expressions that leave the sandbox, and text that appears only when the user's words hold a trigger.

use std::collections::BTreeMap;

use trueline_facts::artifact::Verdict;

use crate::inspection::{Inspection, printable, shorten};
use crate::technique;

mod capture;
mod constant;
mod expression;
mod structure;
mod token;
mod trigger;
mod words;

use capture::{Captures, items_of_loop};
use constant::Constants;
use expression::Parser;
use structure::Structure;
use token::Token;
use trigger::{Condition, Names, Strength, Trigger};
use words::{emitted, replaced};

const MAX_TEMPLATE: usize = 4 << 20;
/// Bytes of text that are looked at, with those that constants stand for.
const MAX_EMITTED: usize = 8 << 20;
/// Blocks whose quotes or braces do not match, until a template is given up.
const MAX_UNCLOSED: usize = 32;
/// Pieces that are walked again, for loops over constants.
const MAX_REPEATED: usize = 4096;
/// Pieces of such a loop.
const MAX_LOOP: usize = 256;

/// A piece of a template.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Piece<'t> {
    Text(&'t str),
    Expression(&'t str),
    Statement(&'t str),
}

/// What a template is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Purpose {
    /// It makes the prompt out of a conversation: nothing but that is expected of it.
    #[default]
    Chat,
    /// Not known: pages and programs are made by templates as well. Only the way into Python counts.
    Other,
}

/// Is it a template of prompts, by the names that it uses?
pub(crate) fn purpose(head: &[u8]) -> Purpose {
    let has = |word: &str| memchr::memmem::find(head, word.as_bytes()).is_some();
    let of_prompts = [
        "add_generation_prompt",
        "bos_token",
        "eos_token",
        "raise_exception",
    ];
    let of_messages = has("messages") && (has("content") || has("role"));
    let of_pages = ["<html", "</div", "</a>", "</p>", "extends "];
    if (of_messages || of_prompts.into_iter().any(has)) && !of_pages.into_iter().any(has) {
        Purpose::Chat
    } else {
        Purpose::Other
    }
}

/// Inspects a template of prompts.
pub(crate) fn inspect(inspection: &mut Inspection, template: &str) {
    inspect_as(inspection, template, Purpose::Chat);
}

/// Inspects one template.
pub(crate) fn inspect_as(inspection: &mut Inspection, template: &str, purpose: Purpose) {
    if purpose == Purpose::Chat {
        inspection.format("chat-template");
    }
    if template.len() > MAX_TEMPLATE {
        inspection.report(
            Verdict::Suspicious,
            technique::TEMPLATE_BUSY,
            0,
            "a chat template of more than 4 MB was not read: no model needs one, and it keeps the server busy",
        );
        return;
    }
    let left = inspection.templates_left;
    let Some(left) = left.checked_sub(template.len() as u64) else {
        inspection.report(
            Verdict::Unknown,
            technique::BUDGET,
            0,
            "not all templates were read: together they are far longer than the file",
        );
        return;
    };
    inspection.templates_left = left;
    if let Some(hidden) = template.chars().find(|c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e0fff}' | '\u{200b}' | '\u{2060}')) {
        let has_tags = template.chars().any(|c| matches!(c, '\u{e0000}'..='\u{e0fff}'));
        inspection.report(
            if has_tags {
                Verdict::Malicious
            } else {
                Verdict::Suspicious
            },
            technique::TEMPLATE_HIDDEN_TEXT,
            0,
            format!("a chat template holds the invisible character {}", hidden.escape_unicode()),
        );
    }
    let Some(pieces) = split(template) else {
        if purpose == Purpose::Other {
            return;
        }
        inspection.report(
            Verdict::Suspicious,
            technique::TEMPLATE_UNREADABLE,
            0,
            "a chat template does not close what it opens: it was not understood",
        );
        return;
    };
    let mut walk = Walk {
        purpose,
        constants: Constants::new(inspection.computed_left),
        ..Walk::default()
    };
    walk.pieces(inspection, &pieces);
    walk.finish(inspection);
}

/// What is known on the way through a template.
#[derive(Debug, Default)]
struct Walk {
    purpose: Purpose,
    structure: Structure,
    /// Names that stand for constant text.
    constants: Constants,
    /// Names that stand for lists of texts.
    lists: BTreeMap<String, Vec<String>>,
    /// Blocks whose text is kept.
    captures: Captures,
    /// Pieces that were walked again, for loops over constants.
    repeated: usize,
    names: Names,
    /// One frame an open `if`.
    conditions: Vec<Frame>,
    /// Bytes of text that were looked at.
    emitted: usize,
    /// An open `set` block: its text is a constant too.
    in_set_block: bool,
    /// What of the last words takes the system message away.
    dropped: Option<Trigger>,
}

/// An open `if`: its condition, and what the text around it depends on.
#[derive(Debug)]
struct Frame {
    condition: Condition,
    around: Option<Trigger>,
}

impl Walk {
    /// What the blocks as a whole say.
    fn finish(&mut self, inspection: &mut Inspection) {
        inspection.computed_left = self.constants.left;
        if self.constants.cut {
            inspection.report(
                Verdict::Unknown,
                technique::BUDGET,
                0,
                "a template puts more text together than was looked at",
            );
        }
        if self.purpose == Purpose::Other {
            return;
        }
        self.structure.finish();
        if let Some(trigger) = &self.dropped {
            inspection.report(
                Verdict::Suspicious,
                technique::TEMPLATE_TRIGGER,
                0,
                format!(
                    "what becomes of the system message depends on {:?} in another message",
                    shorten(&printable(&trigger.word), 60)
                ),
            );
        }
        if let Some(why) = &self.structure.broken {
            inspection.report(
                Verdict::Suspicious,
                technique::TEMPLATE_UNREADABLE,
                0,
                format!("Jinja does not parse the chat template: {}", printable(why)),
            );
        }
        if let Some(why) = &self.structure.busy {
            inspection.report(
                Verdict::Suspicious,
                technique::TEMPLATE_BUSY,
                0,
                format!("the chat template keeps the server busy: it has {why}"),
            );
        }
    }

    /// Walks the pieces in their order, those of loops over constants once for each.
    fn pieces(&mut self, inspection: &mut Inspection, pieces: &[(Piece<'_>, u64)]) {
        let mut at = 0;
        while let Some((piece, offset)) = pieces.get(at) {
            at += 1;
            match piece {
                Piece::Text(plain) => self.text(inspection, plain, *offset),
                Piece::Expression(code) => self.code(inspection, code, *offset, false),
                Piece::Statement(code) => {
                    self.code(inspection, code, *offset, true);
                    if self.repeated >= MAX_REPEATED {
                        continue;
                    }
                    let Some((name, items)) = items_of_loop(code, &self.lists, &self.constants)
                    else {
                        continue;
                    };
                    let near = &pieces[at..pieces.len().min(at + MAX_LOOP)];
                    let Some(len) = capture::loop_len(near) else {
                        self.repeated += near.len() + 1;
                        continue;
                    };
                    self.repeated += 1;
                    let end = at + len;
                    let cost = (end - at) * items.len();
                    if self.repeated + cost > MAX_REPEATED {
                        continue;
                    }
                    self.repeated += cost;
                    for item in items {
                        self.constants.set(&name, &item);
                        self.pieces(inspection, &pieces[at..end]);
                    }
                    at = end;
                }
            }
        }
    }

    fn text(&mut self, inspection: &mut Inspection, plain: &str, offset: u64) {
        self.captures.put(plain);
        if self.purpose == Purpose::Other {
            return;
        }
        if self.in_set_block && plain.contains("__") && plain.trim().len() < 64 {
            inspection.report(
                Verdict::Malicious,
                technique::TEMPLATE_ESCAPE,
                offset,
                format!(
                    "a template keeps the name {} as text",
                    printable(plain.trim())
                ),
            );
        }
        let under = self.under().cloned();
        self.put_out(inspection, plain, offset, under.as_ref());
    }

    /// Text that is put out: a constant may be very often.
    fn put_out(
        &mut self,
        inspection: &mut Inspection,
        plain: &str,
        offset: u64,
        under: Option<&Trigger>,
    ) {
        self.emitted = self.emitted.saturating_add(plain.len());
        if self.emitted <= MAX_EMITTED {
            emitted(inspection, plain, offset, under);
        } else if self.emitted - plain.len() <= MAX_EMITTED {
            inspection.report(
                Verdict::Unknown,
                technique::BUDGET,
                offset,
                "a chat template puts out more text than was looked at",
            );
        }
    }

    /// What the text here depends on.
    fn under(&self) -> Option<&Trigger> {
        let frame = self.conditions.last()?;
        let here = frame.condition.when.as_ref();
        here.into_iter()
            .chain(&frame.around)
            .max_by_key(|trigger| trigger.strength)
    }

    fn code(&mut self, inspection: &mut Inspection, code: &str, offset: u64, is_statement: bool) {
        let mut parser = Parser::new(code, &mut self.constants);
        parser.run(is_statement);
        let found = std::mem::take(&mut parser.found);
        let strings = std::mem::take(&mut parser.strings);
        let unfinished = parser.unfinished;
        let value = parser.value.take();
        let tokens = parser.into_tokens();
        if is_statement {
            if let Some(name) = self.captures.statement(&tokens, &mut self.constants) {
                inspection.report(
                    Verdict::Malicious,
                    technique::TEMPLATE_ESCAPE,
                    offset,
                    format!(
                        "a template puts the name {} together as text",
                        printable(&name)
                    ),
                );
            }
        } else if let Some(value) = value {
            self.captures.put(&value);
        }
        if !unfinished {
            self.structure.take(&tokens, is_statement);
        }
        for (verdict, message) in found {
            // Of any template counts what leads into Python for certain.
            let is_for_chat = verdict < Verdict::Malicious || takes_in(&tokens);
            if self.purpose == Purpose::Other && is_for_chat {
                continue;
            }
            inspection.report_call(
                verdict,
                technique::TEMPLATE_ESCAPE,
                offset,
                message,
                Some(format!("{{{{ {} }}}}", shorten(code.trim(), 300))),
            );
        }
        if self.purpose == Purpose::Other {
            if is_statement {
                self.statement(&tokens);
            }
            return;
        }
        if unfinished {
            inspection.report(
                Verdict::Suspicious,
                technique::TEMPLATE_UNREADABLE,
                offset,
                "a chat template has a text that does not end: it was not understood",
            );
        }
        let is_set = is_statement && self.statement(&tokens);
        replaced(inspection, code, &strings, offset);
        if is_statement && !is_set || is_error(&tokens) {
            return;
        }
        // `{{ text if condition else other }}` and `{% set x = text if condition %}`.
        let look = self.names.condition(&tokens, &self.constants);
        let inline = look.when.or(look.otherwise);
        let parts = tokens.iter().filter_map(|token| match token {
            Token::Text(text) if inline.is_some() => Some(text),
            _ => None,
        });
        let under = [inline.as_ref(), self.under()];
        let under = under.into_iter().flatten().max_by_key(|t| t.strength);
        let under = under.cloned();
        for text in strings.iter().chain(parts) {
            if under.as_ref().is_none_or(|trigger| !trigger.is(text)) {
                self.put_out(inspection, text, offset, under.as_ref());
            }
        }
    }

    /// Keeps the conditions and the names; is it a `set`?
    fn statement(&mut self, tokens: &[Token]) -> bool {
        let mut tokens = tokens;
        while let [Token::Sign('-' | '+'), rest @ ..] = tokens {
            tokens = rest;
        }
        let [Token::Name(word), rest @ ..] = tokens else {
            return false;
        };
        match (word.as_str(), rest) {
            ("set", [Token::Name(name), Token::Sign('='), value @ ..]) => {
                if let Some(items) = capture::texts(value) {
                    self.lists.insert(name.clone(), items);
                }
                self.set(name, value);
                self.in_set_block = false;
                return true;
            }
            (
                "set",
                [
                    Token::Name(_),
                    Token::Sign('.'),
                    Token::Name(name),
                    Token::Sign('='),
                    value @ ..,
                ],
            ) => {
                // An attribute of a namespace.
                self.set(name, value);
                return true;
            }
            ("set", _) => {
                self.in_set_block = true;
            }
            ("endset", _) => self.in_set_block = false,
            (
                "for",
                [
                    Token::Name(key),
                    Token::Sign(','),
                    Token::Name(value),
                    Token::Name(_),
                    Token::Sign('{'),
                    Token::Text(first),
                    Token::Sign(':'),
                    Token::Text(second),
                    ..,
                ],
            ) => {
                self.constants.set(key, first);
                self.constants.set(value, second);
            }
            (
                "for",
                [
                    Token::Name(name),
                    Token::Name(_),
                    Token::Sign('[' | '('),
                    Token::Text(first),
                    ..,
                ],
            ) => {
                self.constants.set(name, first);
            }
            ("for", [Token::Name(name), Token::Name(_), Token::Name(list), ..])
                if self.lists.contains_key(list) =>
            {
                if let Some(first) = self.lists.get(list).and_then(|items| items.first()) {
                    self.constants.set(name, first);
                }
            }
            ("if", rest) => {
                if let Some(trigger) = self.names.drops_system(rest, &self.constants) {
                    self.dropped.get_or_insert(trigger);
                }
                self.open(rest);
            }
            ("elif", rest) => {
                let condition = self.names.condition(rest, &self.constants);
                if let Some(last) = self.conditions.last_mut() {
                    last.condition = condition;
                }
            }
            ("else", _) => {
                if let Some(last) = self.conditions.last_mut() {
                    last.condition.when = last.condition.otherwise.take();
                }
            }
            ("endif" | "endfor", _) => {
                self.conditions.pop();
            }
            _ => {}
        }
        if word == "for" {
            // `for m in messages if 'word' in m.content`
            let filter = rest
                .iter()
                .position(|t| matches!(t, Token::Name(name) if name == "if"));
            self.open(filter.map_or(&[], |at| &rest[at + 1..]));
        }
        false
    }

    /// A block that depends on the condition opens.
    fn open(&mut self, condition: &[Token]) {
        let condition = self.names.condition(condition, &self.constants);
        let around = self.under().cloned();
        self.conditions.push(Frame { condition, around });
    }

    /// A name is set; what is set under a condition tells its answer.
    fn set(&mut self, name: &str, value: &[Token]) {
        self.names.set(name, value, &self.constants);
        if let Some(trigger) = self.under().filter(|t| t.strength == Strength::Word) {
            self.names.answers(name, trigger.clone());
        }
    }
}

/// Does the statement take another template in? Pages and programs are made of many.
fn takes_in(tokens: &[Token]) -> bool {
    let first = tokens.iter().find(|t| !matches!(t, Token::Sign('-' | '+')));
    matches!(first, Some(Token::Name(name)) if matches!(name.as_str(), "import" | "include" | "extends" | "from"))
}

/// Does the expression end the rendering with a message to the caller?
fn is_error(tokens: &[Token]) -> bool {
    let first = tokens.iter().find(|t| !matches!(t, Token::Sign('-' | '+')));
    matches!(first, Some(Token::Name(name)) if name == "raise_exception")
}

/// Text, `{{ }}` and `{% %}`; comments are left out. `None` if one does not end.
fn split(template: &str) -> Option<Vec<(Piece<'_>, u64)>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut unclosed = 0;
    while at < template.len() {
        let rest = &template[at..];
        let open = rest
            .match_indices('{')
            .find(|(i, _)| matches!(rest.as_bytes().get(i + 1), Some(b'{' | b'%' | b'#')));
        let Some((start, _)) = open else {
            pieces.push((Piece::Text(rest), at as u64));
            break;
        };
        if start > 0 {
            pieces.push((Piece::Text(&rest[..start]), at as u64));
        }
        let kind = rest.as_bytes()[start + 1];
        let body = &rest[start + 2..];
        let close = match kind {
            b'{' => "}}",
            b'%' => "%}",
            _ => "#}",
        };
        let len = if kind == b'#' {
            body.find(close)?
        } else {
            let (len, in_order) = end_of_code(body, close)?;
            // Each of these is searched to the end of the template.
            unclosed += usize::from(!in_order);
            if unclosed > MAX_UNCLOSED {
                return None;
            }
            len
        };
        let code = &body[..len];
        let offset = (at + start) as u64;
        match kind {
            b'{' => pieces.push((Piece::Expression(code), offset)),
            b'%' => pieces.push((Piece::Statement(code), offset)),
            _ => {}
        }
        at += start + 2 + len + 2;
        if kind == b'%' && code.trim_matches(['-', '+']).trim() == "raw" {
            let end = template[at..].find("endraw")?;
            pieces.push((Piece::Text(&template[at..at + end]), at as u64));
            at += end;
            at += template[at..].find("%}")? + 2;
        }
    }
    Some(pieces)
}

/// Where the closing mark is, outside of quotes and braces.
fn end_of_code(code: &str, close: &str) -> Option<(usize, bool)> {
    let bytes = code.as_bytes();
    let mut quote = None;
    let mut depth = 0i32;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        match quote {
            Some(_) if byte == b'\\' => at += 1,
            Some(q) => {
                if byte == q {
                    quote = None;
                }
            }
            None => match byte {
                b'\'' | b'"' => quote = Some(byte),
                _ if depth <= 0 && bytes[at..].starts_with(close.as_bytes()) => {
                    return Some((at, true));
                }
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            },
        }
        at += 1;
    }
    // An apostrophe in broken code must not hide the rest.
    code.find(close).map(|at| (at, false))
}
/// Text that is put before every conversation without a template.
pub(crate) fn said(inspection: &mut Inspection, text: &str) {
    emitted(inspection, text, 0, None);
}
