//! Names and formats of a template that lead out of the sandbox into Python.

use trueline_facts::artifact::Verdict;

use super::super::token::Token;
use super::Parser;
use crate::names;

impl Parser<'_> {
    /// A format that is not known: whoever writes it reads the attributes of what it is given.
    pub(super) fn formats(&mut self, said: bool, from: usize) {
        let has_field = self.tokens[from..self.at]
            .iter()
            .any(|token| matches!(token, Token::Text(text) if opens_field(text)));
        if said || has_field {
            self.found.push((
                Verdict::Suspicious,
                "the template takes a format from the conversation, which may read any attribute of what it is given"
                    .to_owned(),
            ));
        }
    }

    /// A text with the name of an attribute that leads into Python, or with a part of such a name: no prompt needs
    /// it, however it is used.
    pub(super) fn hidden_name(&mut self, text: &str) {
        let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
        let opens = text
            .strip_prefix("__")
            .is_some_and(|rest| letter(rest.chars().next()));
        let closes = text
            .strip_suffix("__")
            .is_some_and(|rest| letter(rest.chars().last()));
        if opens != closes && text.len() < 32 {
            self.found.push((
                Verdict::Suspicious,
                format!("the template holds {text}, a part of a name that leads into Python"),
            ));
        }
        let word = [
            "__class__",
            "__globals__",
            "__builtins__",
            "__subclasses__",
            "__mro__",
            "__base",
            "__init__",
            "__import__",
            "__dict__",
            "__getattribute__",
            "__code__",
            "__reduce",
        ]
        .iter()
        .find(|word| text.contains(**word));
        if let Some(word) = word {
            self.found.push((
                Verdict::Malicious,
                format!(
                    "the template holds the name {word}, which leads out of the sandbox into Python"
                ),
            ));
        }
    }

    /// An attribute, a key, or a name.
    pub(super) fn name(&mut self, name: &str, root: &str) {
        let dunder = name.starts_with("__") && name.len() > 2;
        let inner = matches!(
            name,
            "mro"
                | "gi_frame"
                | "gi_code"
                | "cr_frame"
                | "f_globals"
                | "f_builtins"
                | "func_globals"
                | "im_func"
                | "popen"
                | "check_output"
                | "subprocess"
        );
        if dunder || inner || names::is_escape(name) {
            self.found.push((
                Verdict::Malicious,
                format!(
                    "the template reaches for {name}, which leads out of the sandbox into Python"
                ),
            ));
        } else if !root.is_empty()
            && name.starts_with('_')
            && name.len() > 1
            && name.is_ascii()
            && !name.contains(' ')
            && root != "message"
            && root != "messages"
        {
            self.found.push((
                if root == "self" {
                    Verdict::Malicious
                } else {
                    Verdict::Suspicious
                },
                format!("the template reaches for the private name {name}"),
            ));
        }
    }
}

/// Does a text begin a field of a format that asks for an attribute: `{0.`?
fn opens_field(text: &str) -> bool {
    text.match_indices('{').any(|(at, _)| {
        text[at + 1..]
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .starts_with(['.', '['])
    })
}
