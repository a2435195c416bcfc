//! Shell text into words: quotes, backslashes, substitutions as part of a word, comments, joints.

use super::{Command, Joint, Script, Word};

/// More commands than that are not read: no instruction has so many.
const MAX_COMMANDS: usize = 2_000;

pub(super) fn read_words(text: &str) -> Script {
    let mut reader = Reader {
        text,
        at: 0,
        commands: Vec::new(),
        words: Vec::new(),
        inputs: Vec::new(),
        is_input: false,
        joint: Joint::None,
    };
    while reader.at < text.len() && reader.commands.len() < MAX_COMMANDS {
        reader.step();
    }
    reader.close(Joint::None);
    Script {
        commands: reader.commands,
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    commands: Vec<Command>,
    words: Vec<Word>,
    inputs: Vec<Word>,
    /// The next word is read from.
    is_input: bool,
    joint: Joint,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn step(&mut self) {
        let rest = self.rest();
        let Some(c) = rest.chars().next() else { return };
        match c {
            '\\' if rest.starts_with("\\\n") => self.at += 2,
            '\n' | ';' => {
                self.at += 1;
                self.close(Joint::Then);
            }
            '|' if rest.starts_with("||") => self.joint_of(2, Joint::Then),
            '|' => self.joint_of(if rest.starts_with("|&") { 2 } else { 1 }, Joint::Pipe),
            '&' if rest.starts_with("&&") => self.joint_of(2, Joint::Then),
            '&' if rest.starts_with("&>") => self.at += 2,
            '&' => self.joint_of(1, Joint::Then),
            '#' => self.at += rest.find('\n').unwrap_or(rest.len()),
            c if c.is_whitespace() => self.at += c.len_utf8(),
            '>' => {
                let start = self.at;
                self.at += rest
                    .bytes()
                    .take_while(|b| matches!(b, b'>' | b'&'))
                    .count();
                self.words.push(Word {
                    text: ">".to_owned(),
                    start,
                    end: self.at,
                });
            }
            '<' if !rest.starts_with("<(") => {
                self.at += 1;
                self.is_input = true;
            }
            _ => self.word(),
        }
    }

    fn joint_of(&mut self, length: usize, joint: Joint) {
        self.at += length;
        self.close(joint);
    }

    /// Ends a command; the next is joined to it so.
    fn close(&mut self, next: Joint) {
        let mut words = std::mem::take(&mut self.words);
        let inputs = std::mem::take(&mut self.inputs);
        self.is_input = false;
        let named = words
            .iter()
            .position(|word| !is_assignment(&word.text))
            .unwrap_or(words.len());
        let assignments: Vec<Word> = words.drain(..named).collect();
        if !words.is_empty() || !assignments.is_empty() {
            self.commands.push(Command {
                words,
                joint: self.joint,
                assignments,
                inputs,
            });
            self.joint = next;
        } else if next == Joint::Pipe || self.joint == Joint::None {
            self.joint = next;
        }
    }

    fn word(&mut self) {
        let start = self.at;
        let mut text = String::new();
        let mut depth = 0_usize;
        while let Some(c) = self.rest().chars().next() {
            let rest = self.rest();
            match c {
                '\'' => self.quoted('\'', &mut text),
                '"' => self.quoted('"', &mut text),
                '\\' => {
                    let mut following = rest.chars().skip(1);
                    let next = following.next();
                    self.at += 1 + next.map_or(0, char::len_utf8);
                    if let Some(next) = next.filter(|n| *n != '\n') {
                        // A folder of Windows keeps its backslash.
                        if next.is_ascii_alphanumeric() {
                            text.push('\\');
                        }
                        text.push(next);
                    }
                }
                '`' => {
                    let end = rest[1..].find('`').map_or(rest.len(), |n| n + 2);
                    text.push_str(&rest[..end]);
                    self.at += end;
                }
                '(' if depth > 0
                    || text.ends_with('$')
                    || text.ends_with('<')
                    || text.is_empty() =>
                {
                    depth += 1;
                    text.push(c);
                    self.at += 1;
                }
                ')' if depth > 0 => {
                    depth -= 1;
                    text.push(c);
                    self.at += 1;
                    if depth == 0 && text.starts_with('(') {
                        break;
                    }
                }
                c if depth == 0
                    && (c.is_whitespace() || matches!(c, ';' | '|' | '&' | '>' | ')')) =>
                {
                    break;
                }
                '<' if depth == 0 && !rest.starts_with("<(") => break,
                c => {
                    text.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
        if self.at == start {
            // A stray sign.
            self.at += self.rest().chars().next().map_or(1, char::len_utf8);
            return;
        }
        let word = Word {
            text,
            start,
            end: self.at,
        };
        if std::mem::take(&mut self.is_input) {
            self.inputs.push(word.clone());
        }
        self.words.push(word);
    }

    fn quoted(&mut self, quote: char, text: &mut String) {
        self.at += 1;
        while let Some(c) = self.rest().chars().next() {
            self.at += c.len_utf8();
            if c == quote {
                return;
            }
            if c == '\\' && quote == '"' {
                if let Some(next) = self.rest().chars().next() {
                    self.at += next.len_utf8();
                    if !matches!(next, '"' | '\\' | '$' | '`') {
                        text.push('\\');
                    }
                    text.push(next);
                }
                continue;
            }
            text.push(c);
        }
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !name.as_bytes()[0].is_ascii_digit()
    })
}
