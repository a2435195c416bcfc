//! What a template looks for in the words of a conversation: `'invoice' in message.content` and its like.
//!
//! Only comparisons with what was said count. Tests of a message's role, of the type of a part, or whether it is
//! text at all, are how every template works.

use std::collections::BTreeMap;

use super::constant::Constants;
use super::token::Token;
use crate::inspection::shorten;

/// Tokens of one comparison that are looked at: no condition needs more, and none may cost more.
const MAX_TOKENS: usize = 256;

/// Characters kept of a word that is looked for.
const MAX_WORD: usize = 60;

/// How much a look into the conversation explains.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Strength {
    /// Mark-up, documented switches such as `/think`, and what the operator wrote in the system message: models
    /// have texts of their own for these.
    Switch,
    /// A word that a user may say without knowing that it changes anything; a date.
    Word,
}

/// Something that a condition looks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Trigger {
    pub(super) word: String,
    pub(super) strength: Strength,
}

impl Trigger {
    /// Is the text the word itself?
    pub(super) fn is(&self, text: &str) -> bool {
        self.word == shorten(text, MAX_WORD)
    }
}

/// What a name of the template stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Alias {
    /// A part of what was said.
    Said,
    /// The day of today.
    Date,
    /// The answer of a look into the conversation.
    Answer(Trigger),
}

/// A condition: what holds in its first branch, and what in `else`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Condition {
    pub(super) when: Option<Trigger>,
    pub(super) otherwise: Option<Trigger>,
}

/// Keys under which conversations hold words.
const SAID: &[&str] = &[
    "content",
    "text",
    "prompt",
    "query",
    "user_input",
    "last_user",
    "user_message",
    "instruction",
];
/// Keys under which they hold something else.
const STRUCTURE: &[&str] = &[
    "type",
    "role",
    "name",
    "status",
    "id",
    "format",
    "keys",
    "mime_type",
];
/// Methods and filters that give what they are given, or a part or measure of it.
const SAME: &[&str] = &[
    "lower",
    "upper",
    "strip",
    "lstrip",
    "rstrip",
    "trim",
    "string",
    "split",
    "replace",
    "title",
    "capitalize",
    "casefold",
    "length",
    "count",
    "list",
    "join",
    "first",
    "last",
    "reverse",
    "default",
    "d",
    "safe",
    "get",
    "splitlines",
    "partition",
];
/// Methods and filters that look for their argument.
const LOOKS: &[&str] = &[
    "startswith",
    "endswith",
    "find",
    "rfind",
    "index",
    "rindex",
    "count",
    "split",
    "partition",
    "rpartition",
    "match",
    "search",
    "contains",
    "equalto",
    "eq",
    "in",
    "regex_search",
    "regex_match",
];
/// Names of the parts of a message.
const PARTS: &[&str] = &[
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
    "name",
    "arguments",
    "document",
    "file",
    "refusal",
    "thinking",
    "reasoning",
    "code",
    "observation",
    "parts",
    "list",
    "dict",
];

/// What is known of the names in a template.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    aliases: BTreeMap<String, Alias>,
}

impl Names {
    /// `set name = …`, with the tokens behind the sign.
    pub(super) fn set(&mut self, name: &str, value: &[Token], constants: &Constants) {
        let alias = match self.condition(value, constants).when {
            Some(trigger) => Some(Alias::Answer(trigger)),
            None if calls(value, "strftime_now") => Some(Alias::Date),
            None => {
                let keys = chain_from(value, 0, value.len());
                // Also behind a sum or an `else`.
                let joins = |token: &Token| match token {
                    Token::Sign(sign) => matches!(sign, '+' | '~'),
                    Token::Name(word) => word == "else",
                    _ => false,
                };
                let said = self.is_said(&keys)
                    || value.iter().enumerate().any(|(at, token)| {
                        joins(token) && self.is_said(&chain_from(value, at + 1, value.len()))
                    });
                said.then_some(Alias::Said)
            }
        };
        match alias {
            Some(alias) => {
                self.aliases.insert(name.to_owned(), alias);
            }
            None => {
                self.aliases.remove(name);
            }
        }
    }

    /// A name that was set under a condition, if it has no meaning of its own.
    pub(super) fn answers(&mut self, name: &str, trigger: Trigger) {
        self.aliases
            .entry(name.to_owned())
            .or_insert(Alias::Answer(trigger));
    }

    /// What the tokens of a condition look for.
    pub(super) fn condition(&self, tokens: &[Token], constants: &Constants) -> Condition {
        let Some(trigger) = self.looked_for(tokens, constants) else {
            return Condition::default();
        };
        let negations = tokens
            .iter()
            .enumerate()
            .filter(|(at, token)| match token {
                Token::Name(name) => name == "not",
                Token::Sign('!') => tokens.get(at + 1) == Some(&Token::Sign('=')),
                _ => false,
            })
            .count();
        if negations % 2 == 0 {
            Condition {
                when: Some(trigger),
                otherwise: None,
            }
        } else {
            Condition {
                when: None,
                otherwise: Some(trigger),
            }
        }
    }

    /// A condition on both: the message is that of the operator, and a word stands in the last one.
    pub(super) fn drops_system(&self, tokens: &[Token], constants: &Constants) -> Option<Trigger> {
        let has = |word: &str| {
            let mut all = tokens.iter();
            all.any(|t| matches!(t, Token::Name(n) | Token::Text(n) if n == word))
        };
        // `messages[-1]`
        let of_last = tokens.windows(5).find_map(|part| match part {
            [
                Token::Name(list),
                Token::Sign('['),
                Token::Sign('-'),
                Token::Number(one),
                Token::Sign(']'),
            ] if list == "messages" && one == "1" => Some(()),
            _ => None,
        });
        of_last.filter(|()| has("role") && has("system") && has("and"))?;
        let plain: Vec<Token> = tokens
            .iter()
            .filter(|token| !matches!(token, Token::Text(text) if text == "system"))
            .cloned()
            .collect();
        self.looked_for(&plain, constants)
            .filter(|trigger| trigger.strength == Strength::Word)
    }

    fn looked_for(&self, tokens: &[Token], constants: &Constants) -> Option<Trigger> {
        let mut best: Option<Trigger> = None;
        let has = |word: &str| {
            tokens
                .iter()
                .any(|t| matches!(t, Token::Name(n) | Token::Text(n) if n == word))
        };
        let of_operator = has("system") || has("system_message") || has("developer");
        let mut offer = |trigger: Trigger| {
            if best.as_ref().is_none_or(|b| b.strength < trigger.strength) {
                best = Some(trigger);
            }
        };
        if counts_turns(tokens) {
            offer(Trigger {
                word: "many turns".to_owned(),
                strength: Strength::Word,
            });
        }
        let is_compared = compares(tokens);
        for (at, token) in tokens.iter().enumerate() {
            let word = match token {
                Token::Text(text) => text,
                Token::Name(name) => {
                    match self.aliases.get(name) {
                        Some(Alias::Answer(trigger)) => offer(trigger.clone()),
                        Some(Alias::Date) if is_compared => offer(Trigger {
                            word: "the date".to_owned(),
                            strength: Strength::Word,
                        }),
                        _ => {}
                    }
                    if name == "strftime_now" && is_compared {
                        offer(Trigger {
                            word: "the date".to_owned(),
                            strength: Strength::Word,
                        });
                    }
                    match constants.look(name) {
                        Some(text) => text,
                        None => continue,
                    }
                }
                _ => continue,
            };
            // Asked for first: a long word may stand in very many places.
            let asks = compared_with(tokens, at)
                .iter()
                .any(|keys| self.is_said(keys));
            if asks && let Some(strength) = strength(word, of_operator) {
                offer(Trigger {
                    word: shorten(word, MAX_WORD),
                    strength,
                });
            }
        }
        best
    }

    /// Do the keys of a chain end at words of the conversation?
    fn is_said(&self, keys: &[&str]) -> bool {
        let mut last = keys.iter().rev().filter(|key| !SAME.contains(*key));
        match last.next() {
            Some(key) if STRUCTURE.contains(key) => false,
            Some(key) if SAID.contains(key) => true,
            Some(key) => self.aliases.get(*key) == Some(&Alias::Said),
            None => false,
        }
    }
}

/// How telling a word is; nothing for names of structure and for white space. A sign or two, such as the first letter
/// of what was said, tell little: templates take text apart by them.
fn strength(word: &str, of_operator: bool) -> Option<Strength> {
    let word = start(word);
    if word.trim().is_empty() || PARTS.contains(&word.trim()) {
        return None;
    }
    let letters = word.chars().filter(|c| c.is_alphanumeric()).count();
    if letters < 3 {
        return Some(Strength::Switch);
    }
    let mark_up = word.contains(['<', '>', '[', ']', '|', '{', '}', '`', '_', '\n', '/', '#']);
    Some(if mark_up || of_operator {
        Strength::Switch
    } else {
        Strength::Word
    })
}

/// The first characters of a text: a sentence is told from a mark by them, and a constant may be used very often.
fn start(text: &str) -> &str {
    text.char_indices()
        .nth(2 * MAX_WORD)
        .map_or(text, |(at, _)| &text[..at])
}

/// `messages | length > 12`, `loop.index >= 10`: a conversation that is longer than a test of the model.
fn counts_turns(tokens: &[Token]) -> bool {
    /// The first turns differ in every template.
    const FEW: f64 = 4.0;
    let has = |word: &str| {
        tokens
            .iter()
            .any(|t| matches!(t, Token::Name(name) if name == word))
    };
    let of_turns = has("messages") && (has("length") || has("count"))
        || has("loop") && (has("index") || has("index0"));
    of_turns
        && tokens.windows(2).any(|pair| match pair {
            [Token::Sign('<' | '>' | '='), Token::Number(number)] => {
                number.replace('_', "").parse().is_ok_and(|n: f64| n >= FEW)
            }
            _ => false,
        })
}

fn compares(tokens: &[Token]) -> bool {
    tokens.windows(2).any(|pair| match pair {
        [Token::Sign('='), Token::Sign('=')] | [Token::Sign('<' | '>'), _] => true,
        [Token::Name(word), _] => word == "in" || word == "startswith",
        _ => false,
    })
}

fn calls(tokens: &[Token], name: &str) -> bool {
    tokens
        .windows(2)
        .any(|pair| matches!(pair, [Token::Name(n), Token::Sign('(')] if n == name))
}

/// The chains of keys that the constant at a place is compared with or looked for in.
fn compared_with(tokens: &[Token], at: usize) -> Vec<Vec<&str>> {
    let sign = |at: Option<usize>, sign: char| {
        at.and_then(|at| tokens.get(at)) == Some(&Token::Sign(sign))
    };
    let word = |at: Option<usize>, word: &str| matches!(at.and_then(|at| tokens.get(at)), Some(Token::Name(n)) if n == word);
    let mut found = Vec::new();
    // `x in chain`, `x not in chain`, `x == chain`.
    let mut next = at + 1;
    // A part of a sum or a filtered word: up to the comparison.
    while next < at + MAX_TOKENS && matches!(tokens.get(next), Some(Token::Sign(')' | ','))) {
        next += 1;
    }
    if word(Some(next), "not") {
        next += 1;
    }
    if word(Some(next), "in") {
        found.push(chain_from(tokens, next + 1, tokens.len()));
    }
    if sign(Some(at + 2), '=') && matches!(tokens.get(at + 1), Some(Token::Sign('=' | '!'))) {
        found.push(chain_from(tokens, at + 3, tokens.len()));
    }
    // `chain == x`.
    let before = |count: usize| at.checked_sub(count);
    if sign(before(1), '=')
        && matches!(
            before(2).and_then(|b| tokens.get(b)),
            Some(Token::Sign('=' | '!'))
        )
        && let Some(end) = before(3)
    {
        found.push(chain_to(tokens, end));
    }
    // `chain in [x, …]`, `chain.startswith(x)`, `chain is equalto x`, `chain | search(x)`, `{x: …}[chain]`.
    let mut open = before(1);
    while let Some(place) = open
        && at - place < MAX_TOKENS
        && matches!(
            tokens.get(place),
            Some(Token::Text(_) | Token::Number(_) | Token::Sign(','))
        )
    {
        open = place.checked_sub(1);
    }
    // `chain is in([x, …])`.
    while let Some(place) = open
        && at - place < MAX_TOKENS
        && matches!(tokens.get(place), Some(Token::Sign('(' | '[')))
        && let Some(outer) = place.checked_sub(1)
        && matches!(tokens.get(outer), Some(Token::Sign('(' | '[')))
    {
        open = Some(outer);
    }
    if let Some(open) = open {
        match &tokens[open] {
            Token::Sign('(' | '[') => {
                if let Some(callee) = open.checked_sub(1)
                    && let Token::Name(name) = &tokens[callee]
                {
                    let end = callee.checked_sub(2);
                    let is_in = name == "in" || name == "not";
                    if is_in && let Some(end) = callee.checked_sub(1) {
                        let end = if word(Some(end), "not") || word(Some(end), "is") {
                            end.saturating_sub(1)
                        } else {
                            end
                        };
                        found.push(chain_to(tokens, end));
                    } else if LOOKS.contains(&name.as_str())
                        && let Some(end) = end
                    {
                        found.push(chain_to(tokens, end));
                    }
                }
            }
            Token::Name(name)
                if LOOKS.contains(&name.as_str()) && word(open.checked_sub(1), "is") =>
            {
                if let Some(end) = open.checked_sub(2) {
                    found.push(chain_to(tokens, end));
                }
            }
            _ => {}
        }
    }
    if sign(Some(at + 1), ':') {
        // A table whose key is what was said.
        let mut near = tokens[at..].iter().take(MAX_TOKENS);
        let close = near.position(|t| *t == Token::Sign('}'));
        if let Some(close) = close {
            let mut from = at + close + 1;
            if sign(Some(from), '.') {
                from += 2;
            }
            if matches!(tokens.get(from), Some(Token::Sign('[' | '('))) {
                found.push(chain_from(tokens, from + 1, tokens.len()));
            }
        }
    }
    found
}

/// The keys of a chain that begins at a place and ends before another.
fn chain_from(tokens: &[Token], from: usize, end: usize) -> Vec<&str> {
    let mut keys = Vec::new();
    let mut at = from;
    let end = end.min(from.saturating_add(MAX_TOKENS)).min(tokens.len());
    // Parentheses around it do not matter.
    while at < end && tokens[at] == Token::Sign('(') {
        at += 1;
    }
    let Some(Token::Name(root)) = tokens.get(at) else {
        return keys;
    };
    keys.push(root.as_str());
    at += 1;
    while at < end {
        match (&tokens[at], tokens.get(at + 1)) {
            (Token::Sign('.' | '|'), Some(Token::Name(name))) => {
                keys.push(name);
                at += 2;
            }
            (Token::Sign('['), Some(Token::Text(key)))
                if tokens.get(at + 2) == Some(&Token::Sign(']')) =>
            {
                keys.push(key);
                at += 3;
            }
            (Token::Sign('('), Some(Token::Text(key))) if keys.last() == Some(&"get") => {
                keys.push(key);
                at = closing(tokens, at);
            }
            (Token::Sign('[' | '('), _) => at = closing(tokens, at),
            (Token::Sign(')'), Some(Token::Sign('.' | '|' | '['))) => at += 1,
            _ => break,
        }
    }
    keys
}

/// Behind the sign that closes what opens at a place.
fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(open).take(MAX_TOKENS) {
        match token {
            Token::Sign('(' | '[' | '{') => depth += 1,
            Token::Sign(')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

/// The keys of a chain that ends at a place.
fn chain_to(tokens: &[Token], end: usize) -> Vec<&str> {
    let mut at = end + 1;
    let mut depth = 0usize;
    // Back to where nothing continues it.
    while let Some(before) = at.checked_sub(1)
        && end - before < MAX_TOKENS
    {
        match &tokens[before] {
            Token::Sign(')' | ']' | '}') => depth += 1,
            Token::Sign('(' | '[' | '{') if depth == 0 => break,
            Token::Sign('(' | '[' | '{') => depth -= 1,
            _ if depth > 0 => {}
            Token::Name(name)
                if matches!(
                    name.as_str(),
                    "and" | "or" | "not" | "if" | "elif" | "is" | "in" | "else" | "set"
                ) =>
            {
                break;
            }
            Token::Name(_) | Token::Sign('.' | '|') => {}
            _ => break,
        }
        at = before;
    }
    chain_from(tokens, at, end + 1)
}
