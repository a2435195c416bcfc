//! Chat templates (Jinja): read as expressions, never rendered. Text is computed where it is constant, so that
//! names put together from pieces are seen.
//!
//! Two threats: expressions that leave the sandbox, and text that appears only when the user's words hold a trigger.

use std::collections::BTreeMap;

use trueline_facts::artifact::Verdict;

use crate::inspection::{Inspection, printable, shorten};
use crate::{code, technique};

mod expression;

use expression::Parser;

const MAX_TEMPLATE: usize = 4 << 20;
/// Blocks whose quotes or braces do not match, until a template is given up.
const MAX_UNCLOSED: usize = 32;
/// Letters of plain text under a trigger that make a sentence and not a mark-up tag.
const SENTENCE: usize = 24;

/// A piece of a template.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Piece<'t> {
    Text(&'t str),
    Expression(&'t str),
    Statement(&'t str),
}

/// Inspects one template.
pub(crate) fn inspect(inspection: &mut Inspection, template: &str) {
    inspection.format("chat-template");
    if template.len() > MAX_TEMPLATE {
        inspection.report(
            Verdict::Unknown,
            technique::BUDGET,
            0,
            "a chat template of more than 4 MB was not read",
        );
        return;
    }
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
        inspection.report(
            Verdict::Suspicious,
            technique::TEMPLATE_UNREADABLE,
            0,
            "a chat template does not close what it opens: it was not understood",
        );
        return;
    };
    let mut constants = BTreeMap::new();
    // One frame an open `if`: does its condition look for words in the conversation?
    let mut conditions: Vec<Option<String>> = Vec::new();
    // Names that hold the answer of a look into the conversation.
    let mut answers: BTreeMap<String, String> = BTreeMap::new();
    // An open `set` block: its text is a constant too.
    let mut in_set_block = false;
    for (piece, offset) in pieces {
        match piece {
            Piece::Text(plain) => {
                if in_set_block && plain.contains("__") && plain.trim().len() < 64 {
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
                emitted(inspection, plain, offset, &conditions);
            }
            Piece::Expression(code) | Piece::Statement(code) => {
                let mut parser = Parser::new(code, &mut constants);
                parser.run(matches!(piece, Piece::Statement(_)));
                let found = std::mem::take(&mut parser.found);
                let strings = std::mem::take(&mut parser.strings);
                let unfinished = parser.unfinished;
                for (verdict, message) in found {
                    inspection.report_call(
                        verdict,
                        technique::TEMPLATE_ESCAPE,
                        offset,
                        message,
                        Some(format!("{{{{ {} }}}}", shorten(code.trim(), 300))),
                    );
                }
                if unfinished {
                    inspection.report(
                        Verdict::Suspicious,
                        technique::TEMPLATE_UNREADABLE,
                        offset,
                        "a chat template has a text that does not end: it was not understood",
                    );
                }
                if matches!(piece, Piece::Statement(_)) {
                    statement(code, &strings, &mut conditions, &mut answers);
                    let plain = code.trim_matches(['-', '+']).trim();
                    if let Some(name) = plain.strip_prefix("set ") {
                        in_set_block = !name.contains('=');
                    } else if plain.starts_with("endset") {
                        in_set_block = false;
                    }
                } else if let Some((_, condition)) = code.split_once(" if ")
                    && let Some(word) = trigger(condition, &strings[..], &answers)
                {
                    // `{{ text if condition else other }}`.
                    let inline = [Some(word)];
                    for text in &strings {
                        emitted(inspection, text, offset, &inline);
                    }
                    continue;
                }
                replaced(inspection, code, &strings, offset);
                if matches!(piece, Piece::Expression(_))
                    || code
                        .trim_start_matches('-')
                        .trim_start()
                        .starts_with("set ")
                {
                    for text in &strings {
                        emitted(inspection, text, offset, &conditions);
                    }
                }
            }
        }
    }
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

/// Keeps the stack of conditions.
fn statement(
    code: &str,
    strings: &[String],
    conditions: &mut Vec<Option<String>>,
    answers: &mut BTreeMap<String, String>,
) {
    let code = code.trim_matches(['-', '+']).trim();
    let word = code.split_whitespace().next().unwrap_or_default();
    match word {
        "set" => {
            if let Some((name, value)) = code[3..].split_once('=') {
                let name = name.trim().to_owned();
                match trigger(value, strings, answers) {
                    Some(word) => {
                        answers.insert(name, word);
                    }
                    // A part of the conversation under another name.
                    None if value.contains("content") && !value.contains("system") => {
                        answers.insert(name, String::new());
                    }
                    None => {
                        answers.remove(&name);
                    }
                }
            }
        }
        "if" => conditions.push(trigger(code, strings, answers)),
        "elif" => {
            if let Some(last) = conditions.last_mut() {
                *last = trigger(code, strings, answers);
            }
        }
        "else" => {
            if let Some(last) = conditions.last_mut() {
                *last = None;
            }
        }
        "endif" => {
            conditions.pop();
        }
        _ => {}
    }
}

/// The word that a condition looks for in what was said.
fn trigger(
    condition: &str,
    strings: &[String],
    answers: &BTreeMap<String, String>,
) -> Option<String> {
    let mut about_content = false;
    for word in condition.split(|c: char| !c.is_alphanumeric() && c != '_') {
        match answers.get(word).map(String::as_str) {
            Some("") => about_content = true,
            Some(trigger) => return Some(trigger.to_owned()),
            None => {}
        }
    }
    about_content |= [
        "content",
        "message.text",
        "prompt",
        "query",
        "user_input",
        "last_user",
    ]
    .iter()
    .any(|word| condition.contains(word));
    let looks_for = [
        " in ",
        "==",
        "startswith",
        "endswith",
        "find(",
        "match",
        "search",
        "count(",
        "split(",
        "lower",
        "contains",
    ]
    .iter()
    .any(|test| condition.contains(test));
    if !about_content || !looks_for {
        return None;
    }
    strings
        .iter()
        .find(|text| {
            let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
            let mark_up = text.contains(['<', '>', '[', ']', '|', '{', '}', '`', '_', '\n']);
            let roles = [
                "string",
                "text",
                "image",
                "audio",
                "video",
                "user",
                "assistant",
                "system",
                "tool",
                "content",
                "type",
                "role",
                "function",
                "developer",
                "image_url",
                "reasoning_content",
                "tool_calls",
                "name",
                "arguments",
            ];
            letters >= 3 && !mark_up && !roles.contains(&text.trim())
        })
        .cloned()
}

/// What was said is changed before the model reads it: an address becomes another one, a word a command.
fn replaced(inspection: &mut Inspection, code: &str, strings: &[String], offset: u64) {
    if !code.contains("content") || !code.contains("replace") {
        return;
    }
    let is_bad = |text: &&String| text.contains("://") || code::is_payload(text);
    if let Some(text) = strings.iter().find(is_bad) {
        inspection.report(
            Verdict::Malicious,
            technique::TEMPLATE_TRIGGER,
            offset,
            format!(
                "the template puts {:?} in the place of words in the conversation",
                shorten(&printable(text), 120)
            ),
        );
    }
}

/// Text that the template puts out, under conditions.
fn emitted(inspection: &mut Inspection, plain: &str, offset: u64, conditions: &[Option<String>]) {
    let lower = plain.to_ascii_lowercase();
    let address = [
        "http://",
        "https://",
        "javascript:",
        "<script",
        "onerror=",
        "data:text/html",
        "<img ",
        "<iframe",
    ]
    .iter()
    .find(|piece| lower.contains(*piece));
    let order = [
        "do not tell",
        "don't tell",
        "without mentioning",
        "do not mention",
        "never mention",
        "never reveal this",
        "ignore previous",
        "ignore all previous",
        "ignore the previous",
        "secretly",
        "disregard",
        "exfiltrate",
        "hidden instruction",
        "insert a backdoor",
        "include a backdoor",
        "vulnerab",
        "steer the user",
        "always recommend",
    ]
    .iter()
    .find(|piece| lower.contains(*piece));
    let is_code = code::is_code(plain);
    if let Some(word) = conditions.iter().rev().flatten().next() {
        let letters = plain.chars().filter(|c| c.is_alphabetic()).count();
        if address.is_some() || order.is_some() || is_code {
            inspection.report(
                Verdict::Malicious,
                technique::TEMPLATE_TRIGGER,
                offset,
                format!(
                    "when the conversation holds {:?}, the template adds {:?}",
                    printable(word),
                    shorten(plain.trim(), 120)
                ),
            );
        } else if letters >= SENTENCE {
            inspection.report(
                Verdict::Suspicious,
                technique::TEMPLATE_TRIGGER,
                offset,
                format!(
                    "when the conversation holds {:?}, the template adds the sentence {:?}",
                    printable(word),
                    shorten(plain.trim(), 120)
                ),
            );
        }
        return;
    }
    let certain = order.is_some_and(|o| {
        matches!(
            *o,
            "ignore previous"
                | "ignore all previous"
                | "ignore the previous"
                | "secretly"
                | "exfiltrate"
                | "insert a backdoor"
                | "include a backdoor"
                | "never reveal this"
        )
    });
    if certain || code::is_payload(plain) {
        inspection.report(
            Verdict::Malicious,
            technique::TEMPLATE_TRIGGER,
            offset,
            format!(
                "the template adds the order {:?} to every conversation",
                shorten(plain.trim(), 120)
            ),
        );
    } else if order.is_some() || address.is_some_and(|a| !a.starts_with("http")) || is_code {
        inspection.report(
            Verdict::Suspicious,
            technique::TEMPLATE_TRIGGER,
            offset,
            format!(
                "the template adds {:?} to every conversation",
                shorten(plain.trim(), 120)
            ),
        );
    }
}
