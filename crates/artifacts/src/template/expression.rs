//! Expressions of a template: enough of the grammar to know what is accessed, called and filtered.
//!
//! Lenient: what is no expression is passed over token by token, so unknown dialects lose nothing.

use trueline_facts::artifact::Verdict;

use super::constant::{Constants, Folded, MAX_TEXT, percent};
use super::token::{Token, tokens};

const MAX_DEPTH: u32 = 100;

mod calls;
mod reach;

/// Walks the tokens of one block.
pub(super) struct Parser<'c> {
    tokens: Vec<Token>,
    at: usize,
    constants: &'c mut Constants,
    pub(super) found: Vec<(Verdict, String)>,
    /// Text constants, also those that were put together.
    pub(super) strings: Vec<String>,
    pub(super) unfinished: bool,
    /// What it puts out, as far as that is constant.
    pub(super) value: Folded,
}

impl<'c> Parser<'c> {
    pub(super) fn new(code: &str, constants: &'c mut Constants) -> Self {
        let (tokens, unfinished) = tokens(code);
        Self {
            tokens,
            at: 0,
            constants,
            found: Vec::new(),
            strings: Vec::new(),
            unfinished,
            value: None,
        }
    }

    /// An expression that begins with the text of a name.
    pub(super) fn of_text(name: &str, rest: &str, constants: &'c mut Constants) -> Self {
        let mut parser = Self::new(rest, constants);
        parser.tokens.insert(0, Token::Name(name.to_owned()));
        parser
    }

    pub(super) fn run(&mut self, is_statement: bool) {
        if is_statement {
            self.keyword();
        }
        while self.at < self.tokens.len() {
            let before = self.at;
            let folded = self.expression(0);
            if let Some(text) = folded {
                match &mut self.value {
                    Some(value) if value.len() + text.len() <= MAX_TEXT => value.push_str(&text),
                    Some(_) => {}
                    None => self.value = Some(text.clone()),
                }
                self.strings.push(text);
            }
            if self.at == before {
                self.at += 1;
            }
        }
    }

    pub(super) fn into_tokens(self) -> Vec<Token> {
        self.tokens
    }

    fn keyword(&mut self) {
        let word = match self
            .tokens
            .iter()
            .find(|t| !matches!(t, Token::Sign('-' | '+')))
        {
            Some(Token::Name(word)) => word.clone(),
            _ => return,
        };
        if matches!(word.as_str(), "import" | "include" | "extends" | "from") {
            self.found.push((
                Verdict::Malicious,
                format!("the template loads another one with {word}: a chat template needs no other file"),
            ));
        }
        if word == "set" {
            // `set x = constant`
            let skip = self
                .tokens
                .iter()
                .position(|t| matches!(t, Token::Name(n) if n == "set"))
                .unwrap_or(0);
            if let (Some(Token::Name(name)), Some(Token::Sign('='))) = (
                self.tokens.get(skip + 1).cloned(),
                self.tokens.get(skip + 2),
            ) {
                self.at = skip + 3;
                let value = self.expression(0);
                self.keep(&name, value);
                let is_said = self.tokens[skip + 3..].iter().any(|token| {
                    matches!(token, Token::Name(word) | Token::Text(word)
                        if names_words(word) || self.constants.is_said(word))
                });
                self.constants.set_said(&name, is_said);
                self.attributes_of(&name, skip + 3);
            } else if let (
                Some(Token::Name(of)),
                Some(Token::Sign('.')),
                Some(Token::Name(name)),
                Some(Token::Sign('=')),
            ) = (
                self.tokens.get(skip + 1).cloned(),
                self.tokens.get(skip + 2),
                self.tokens.get(skip + 3).cloned(),
                self.tokens.get(skip + 4),
            ) {
                // An attribute of a namespace.
                let name = format!("{of}.{name}");
                self.at = skip + 5;
                let value = self.expression(0);
                self.keep(&name, value);
            }
        }
    }

    /// `namespace(name='text')`: the attributes of a name.
    fn attributes_of(&mut self, of: &str, from: usize) {
        let Some([Token::Name(word), Token::Sign('('), given @ ..]) = self.tokens.get(from..)
        else {
            return;
        };
        if word != "namespace" {
            return;
        }
        for part in given.windows(3) {
            if let [Token::Name(name), Token::Sign('='), Token::Text(text)] = part {
                self.constants.set(&format!("{of}.{name}"), text);
            }
        }
    }

    /// From here on a name stands for what is known of its value.
    fn keep(&mut self, name: &str, value: Folded) {
        match value {
            Some(value) => {
                self.constants.set(name, &value);
                self.strings.push(value);
            }
            None => self.constants.forget(name),
        }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn eat(&mut self, sign: char) -> bool {
        let is = self.peek() == Some(&Token::Sign(sign));
        self.at += usize::from(is);
        is
    }

    /// Operators are all of one rank: only what is constant matters, not what comes first.
    fn expression(&mut self, depth: u32) -> Folded {
        if depth > MAX_DEPTH {
            self.at = self.tokens.len();
            return None;
        }
        let mut left = self.postfix(depth);
        loop {
            match self.peek() {
                Some(Token::Sign('~' | '+')) => {
                    self.at += 1;
                    let right = self.postfix(depth + 1);
                    left = self.sum(left, right);
                }
                Some(Token::Sign('*')) => {
                    self.at += 1;
                    let times = match self.peek() {
                        Some(Token::Number(n)) => n.parse::<usize>().ok(),
                        _ => None,
                    };
                    self.postfix(depth + 1);
                    left = match (left, times) {
                        (Some(text), Some(n))
                            if self.constants.charge(text.len().saturating_mul(n)) =>
                        {
                            Some(text.repeat(n))
                        }
                        (left, _) => self.lose(left),
                    };
                }
                Some(Token::Sign('%')) => {
                    self.at += 1;
                    let from = self.at;
                    let right = self.postfix(depth + 1);
                    let given = right.map_or_else(|| self.texts_between(from), |r| vec![r]);
                    let format = self.affordable(left);
                    let made = format.as_ref().and_then(|format| percent(format, &given));
                    left = self.made(made, format);
                }
                Some(Token::Sign('<' | '>' | '=' | '!' | '-' | '/')) => {
                    self.at += 1;
                    if let Some(text) = left.take() {
                        self.strings.push(text);
                    }
                    let right = self.postfix(depth + 1);
                    self.strings.extend(right);
                }
                Some(Token::Name(word))
                    if matches!(
                        word.as_str(),
                        "and" | "or" | "in" | "is" | "not" | "if" | "else"
                    ) =>
                {
                    self.at += 1;
                    if let Some(text) = left.take() {
                        self.strings.push(text);
                    }
                    let right = self.postfix(depth + 1);
                    self.strings.extend(right);
                }
                _ => return left,
            }
        }
    }

    /// Two texts as one. Where it is not known what one of them is, the other one is looked at by itself.
    fn sum(&mut self, left: Folded, right: Folded) -> Folded {
        match (left, right) {
            (Some(mut a), Some(b))
                if a.len() + b.len() <= MAX_TEXT && self.constants.charge(b.len()) =>
            {
                a.push_str(&b);
                Some(a)
            }
            (left, right) => {
                self.constants.cut |= left.is_some() && right.is_some();
                self.strings.extend(left);
                self.lose(right)
            }
        }
    }

    /// What becomes of a text is not known: it is looked at as it is.
    fn lose(&mut self, text: Folded) -> Folded {
        self.strings.extend(text);
        None
    }

    /// A text that something is made of, if there is enough left for it.
    fn affordable(&mut self, text: Folded) -> Folded {
        match text {
            Some(text) if self.constants.charge(text.len()) => Some(text),
            text => self.lose(text),
        }
    }

    /// What was made of a text; the text itself is looked at where that is not known or too long.
    fn made(&mut self, made: Folded, of: Folded) -> Folded {
        match made {
            Some(made) if self.constants.charge(made.len()) => Some(made),
            made => {
                self.strings.extend(made);
                self.lose(of)
            }
        }
    }

    /// Texts among the tokens from a place to here: the parts of a tuple.
    fn texts_between(&mut self, from: usize) -> Vec<String> {
        let mut texts = Vec::new();
        for token in &self.tokens[from.min(self.at)..self.at] {
            match token {
                Token::Text(text) if self.constants.charge(text.len()) => texts.push(text.clone()),
                Token::Number(number) => texts.push(number.clone()),
                Token::Name(name) => texts.extend(self.constants.get(name)),
                Token::Text(_) | Token::Sign(_) => {}
            }
        }
        texts
    }

    fn postfix(&mut self, depth: u32) -> Folded {
        if depth > MAX_DEPTH {
            self.at = self.tokens.len();
            return None;
        }
        let mut value: Folded = None;
        let mut list: Option<Vec<String>> = None;
        let mut root = String::new();
        let from = self.at;
        // Is it of what somebody said?
        let mut said = false;
        match self.peek().cloned() {
            Some(Token::Text(text)) => {
                self.at += 1;
                self.hidden_name(&text);
                value = Some(text);
                while let Some(Token::Text(more)) = self.peek().cloned() {
                    self.at += 1;
                    value = value.map(|v| v + &more);
                }
            }
            Some(Token::Number(number)) => {
                self.at += 1;
                // A code for `%c`.
                if number.len() <= 3 && matches!(self.peek(), Some(Token::Sign(',' | ')'))) {
                    return Some(number);
                }
            }
            Some(Token::Name(name)) => {
                self.at += 1;
                if matches!(
                    name.as_str(),
                    "not" | "and" | "or" | "in" | "is" | "if" | "else"
                ) {
                    return self.postfix(depth + 1);
                }
                self.name(&name, "");
                let next = self.peek();
                let leads_out = match name.as_str() {
                    "lipsum" | "url_for" | "get_flashed_messages" => true,
                    // Made and used they are harmless; what they are is not.
                    "cycler" | "joiner" => next != Some(&Token::Sign('(')),
                    "config" | "request" | "self" | "current_app" => {
                        next == Some(&Token::Sign('.'))
                    }
                    _ => false,
                };
                if leads_out {
                    self.found.push((
                        Verdict::Suspicious,
                        format!("the template uses {name}, through which attacks reach Python"),
                    ));
                }
                value = self.constants.get(&name);
                said = self.constants.is_said(&name);
                root = name;
            }
            Some(Token::Sign('-' | '+')) => {
                self.at += 1;
                return self.postfix(depth + 1);
            }
            Some(Token::Sign(open @ ('(' | '[' | '{'))) => {
                self.at += 1;
                let close = match open {
                    '(' => ')',
                    '[' => ']',
                    _ => '}',
                };
                let mut items = self.items(close, depth + 1);
                if open == '(' && items.len() == 1 {
                    value = items.pop().flatten();
                } else if items.iter().all(Option::is_some) {
                    list = Some(items.into_iter().flatten().collect());
                } else {
                    self.strings.extend(items.into_iter().flatten());
                }
            }
            _ => return None,
        }
        loop {
            match self.peek() {
                Some(Token::Sign('.')) => {
                    self.at += 1;
                    let Some(Token::Name(name)) = self.peek().cloned() else {
                        continue;
                    };
                    self.at += 1;
                    self.name(&name, &root);
                    let is_call = self.peek() == Some(&Token::Sign('('));
                    let args = if is_call {
                        self.arguments(depth + 1)
                    } else {
                        Vec::new()
                    };
                    said |= names_words(&name);
                    if is_call
                        && value.is_none()
                        && matches!(name.as_str(), "format" | "format_map")
                    {
                        self.formats(said, from);
                    }
                    value = if is_call {
                        self.called(&name, value, &args, list.take())
                    } else {
                        self.lose(value);
                        self.constants.get(&format!("{root}.{name}"))
                    };
                    self.strings.extend(list.take().into_iter().flatten());
                }
                Some(Token::Sign('[')) => {
                    self.at += 1;
                    let from = self.at;
                    let key = self.items(']', depth + 1);
                    let inner = &self.tokens[from..self.at.saturating_sub(1).max(from)];
                    let is_reverse = matches!(inner, [Token::Sign(':'), Token::Sign(':'), Token::Sign('-'), Token::Number(n)] if n == "1");
                    let index = match inner {
                        [Token::Number(n)] => n.parse::<usize>().ok(),
                        _ => None,
                    };
                    if let Some(Some(key)) = key.first() {
                        said |= names_words(key);
                        self.name(key, &root);
                    }
                    let of = self.affordable(value);
                    let made = match (&of, &mut list, index) {
                        (Some(text), ..) if is_reverse => Some(text.chars().rev().collect()),
                        (Some(text), _, Some(at)) => text.chars().nth(at).map(String::from),
                        (None, Some(list), Some(at)) if at < list.len() => {
                            Some(list.swap_remove(at))
                        }
                        _ => None,
                    };
                    value = self.made(made, of);
                    self.strings.extend(list.take().into_iter().flatten());
                }
                Some(Token::Sign('(')) => {
                    let start = self.at;
                    let args = self.arguments(depth + 1);
                    if matches!(
                        root.as_str(),
                        "eval"
                            | "exec"
                            | "open"
                            | "__import__"
                            | "compile"
                            | "getattr"
                            | "setattr"
                            | "globals"
                            | "vars"
                            | "input"
                    ) {
                        self.found
                            .push((Verdict::Malicious, format!("the template calls {root}")));
                    }
                    if root == "range" {
                        self.check_range(start);
                    }
                    if root == "dict" || root == "namespace" {
                        self.strings.extend(args.iter().flatten().cloned());
                    }
                    value = self
                        .constants
                        .call_macro(&root, &args)
                        .or_else(|| self.lose(value));
                    self.strings.extend(value.clone());
                }
                Some(Token::Sign('|')) => {
                    self.at += 1;
                    let Some(Token::Name(filter)) = self.peek().cloned() else {
                        continue;
                    };
                    self.at += 1;
                    let has_args = self.peek() == Some(&Token::Sign('('));
                    let args = if has_args {
                        self.arguments(depth + 1)
                    } else {
                        Vec::new()
                    };
                    value = self.filter(&filter, value, list.take(), &args);
                }
                _ => break,
            }
        }
        self.strings.extend(list.into_iter().flatten());
        value
    }

    fn check_range(&mut self, from: usize) {
        let huge = self.tokens[from..self.at]
            .iter()
            .any(|t| matches!(t, Token::Number(n) if n.replace('_', "").len() > 7));
        if huge {
            self.found.push((
                Verdict::Suspicious,
                "the template counts to a very large number: it keeps the server busy".to_owned(),
            ));
        }
    }

    /// Items up to the closing sign.
    fn items(&mut self, close: char, depth: u32) -> Vec<Folded> {
        let mut items = Vec::new();
        while self.at < self.tokens.len() && !self.eat(close) {
            let before = self.at;
            // `name=value` and `key: value` count as their value.
            if let (Some(Token::Name(name)), Some(Token::Sign('='))) =
                (self.tokens.get(self.at), self.tokens.get(self.at + 1))
                && self.tokens.get(self.at + 2) != Some(&Token::Sign('='))
            {
                if name.starts_with("__") || name.ends_with("__") {
                    let name = name.clone();
                    self.found.push((
                        Verdict::Malicious,
                        format!("the template puts the name {name} together as a key"),
                    ));
                }
                self.at += 2;
            }
            let item = self.expression(depth);
            if self.at > before && !matches!(self.tokens.get(self.at - 1), Some(Token::Sign(','))) {
                items.push(item);
            }
            if self.at == before || matches!(self.peek(), Some(Token::Sign(',' | ':'))) {
                self.at += 1;
            }
        }
        items
    }

    fn arguments(&mut self, depth: u32) -> Vec<Folded> {
        self.at += 1;
        let args = self.items(')', depth);
        for text in args.iter().flatten() {
            if self.constants.charge(text.len()) {
                self.strings.push(text.clone());
            }
        }
        args
    }
}

/// Does a key or attribute hold what somebody said?
fn names_words(name: &str) -> bool {
    matches!(name, "content" | "text" | "prompt" | "role")
}
