//! Tools that the source of an MCP server declares: names, descriptions, parameters, read from its tokens.
//!
//! No grammar is needed for that: declarations are calls, decorators and literals with known names. Python, JavaScript
//! and TypeScript, and Go. What is put together at run time is not seen; constants of the file are.

mod conduct;
mod python;
mod tokens;

use std::collections::BTreeMap;

pub(crate) use self::conduct::conduct;
use self::tokens::{Token, What, tokens};
use crate::discovery::SourceLanguage;
use crate::finding::{Draft, Found};
use crate::rule::Id;
use crate::speech::{About, Voice, listen};
use crate::tool::{Parameter, Tool};

/// The tools of a file.
pub(crate) fn tools(language: SourceLanguage, text: &str) -> Vec<Tool> {
    let reader = Reader::new(language, text);
    let mut out = match language {
        SourceLanguage::Python => reader.python(),
        SourceLanguage::JavaScript => reader.javascript(),
        SourceLanguage::Go => reader.go(),
    };
    out.sort_by_key(|tool| tool.name_place);
    out.dedup_by(|b, a| a.name == b.name && a.description_place == b.description_place);
    out
}

/// Answers of a tool that speak to the agent instead of answering.
pub(crate) fn answers(language: SourceLanguage, found: &mut Found<'_>) {
    let text = found.file.text;
    let mut drafts = Vec::new();
    for token in tokens(language, text) {
        let What::Text(value) = &token.what else {
            continue;
        };
        let lower = value.to_ascii_lowercase();
        if value.len() < 40
            || ![
                "<important>",
                "<system>",
                "strictly adhere",
                "i am the user",
                "<hidden>",
            ]
            .iter()
            .any(|mark| lower.contains(mark))
        {
            continue;
        }
        if let Some(heard) = listen(value, Voice::Tool, About::Work)
            .into_iter()
            .find(|heard| heard.is_certain && heard.id == Id::InstructionOverride)
        {
            drafts.push(Draft::new(
                heard.id,
                (token.start, token.end),
                format!(
                    "a text of the server speaks to the agent: {}",
                    heard.message
                ),
            ));
        } else if lower.contains("<important>")
            && ["no longer available", "replaced by", "use the", "instead"]
                .iter()
                .filter(|w| lower.contains(**w))
                .count()
                >= 2
        {
            drafts.push(Draft::new(
                Id::ToolShadowing,
                (token.start, token.end),
                "a tool answers that another one is to be used".to_owned(),
            ));
        }
    }
    for draft in drafts {
        found.add(draft);
    }
}

/// A tool from what was found of it.
fn declared(
    (name, name_place): (String, (usize, usize)),
    description: Option<(String, (usize, usize))>,
    parameters: Vec<Parameter>,
) -> Tool {
    let (description, description_place) = description.unwrap_or((String::new(), name_place));
    Tool {
        name,
        name_place,
        description,
        description_place,
        parameters,
    }
}

/// A longer text is no description that a constant stands for.
const LONGEST_CONSTANT: usize = 16 << 10;

/// A text of the file and its place.
type Said = (String, (usize, usize));

/// Texts of a list beyond which it is data.
const LONGEST_LIST: usize = 64;

struct Reader<'t> {
    tokens: Vec<Token<'t>>,
    /// For each token that opens a bracket, one past the token that closes it.
    closed: Vec<usize>,
    /// Texts that a name of the file stands for.
    constants: BTreeMap<&'t str, Said>,
    /// Lists of texts that a name of the file stands for.
    lists: BTreeMap<&'t str, Vec<Said>>,
}

/// For each token that opens a bracket, one past the token that closes it; any closes any.
fn closed(tokens: &[Token<'_>]) -> Vec<usize> {
    let mut closed = vec![tokens.len(); tokens.len()];
    let mut open = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.what {
            What::Sign('(' | '[' | '{') => open.push(at),
            What::Sign(')' | ']' | '}') => {
                if let Some(slot) = open.pop().and_then(|opened| closed.get_mut(opened)) {
                    *slot = at + 1;
                }
            }
            _ => {}
        }
    }
    closed
}

impl<'t> Reader<'t> {
    fn new(language: SourceLanguage, text: &'t str) -> Self {
        let tokens = tokens(language, text);
        let mut reader = Self {
            closed: closed(&tokens),
            tokens,
            constants: BTreeMap::new(),
            lists: BTreeMap::new(),
        };
        for at in 0..reader.tokens.len() {
            let Some(name) = reader.name(at) else {
                continue;
            };
            if reader.is_sign(at + 1, '=')
                && !reader.is_sign(at + 2, '=')
                && let Some((value, place, _)) = reader.text(at + 2)
                && value.len() <= LONGEST_CONSTANT
            {
                reader.constants.insert(name, (value, place));
            } else if reader.is_sign(at + 1, '=') && reader.is_sign(at + 2, '[') {
                let list = reader.listed(at + 2);
                if !list.is_empty() {
                    reader.lists.insert(name, list);
                }
            }
        }
        reader
    }

    /// The texts in the brackets at a token.
    fn listed(&self, open: usize) -> Vec<Said> {
        let end = self.close(open);
        let tokens = self.tokens.get(open..end).unwrap_or_default();
        let texts = tokens.iter().filter_map(|token| match &token.what {
            What::Text(value) => Some((value.clone(), (token.start, token.end))),
            What::Name(_) | What::Sign(_) => None,
        });
        texts.take(LONGEST_LIST).collect()
    }

    fn name(&self, at: usize) -> Option<&'t str> {
        match self.tokens.get(at)?.what {
            What::Name(name) => Some(name),
            _ => None,
        }
    }

    fn is_name(&self, at: usize, name: &str) -> bool {
        self.name(at) == Some(name)
    }

    fn is_sign(&self, at: usize, sign: char) -> bool {
        matches!(self.tokens.get(at).map(|t| &t.what), Some(What::Sign(s)) if *s == sign)
    }

    /// A text at a token: literals beside each other or joined by `+`, or a constant. The index after it comes last.
    fn text(&self, at: usize) -> Option<(String, (usize, usize), usize)> {
        let mut out = String::new();
        let mut place: Option<(usize, usize)> = None;
        let mut at = at;
        // Parentheses around a long text.
        let mut open = 0;
        while self.is_sign(at, '(') {
            open += 1;
            at += 1;
        }
        loop {
            match self.tokens.get(at).map(|t| &t.what) {
                Some(What::Text(value)) => {
                    let token = self.tokens.get(at)?;
                    out.push_str(value);
                    place = Some((place.map_or(token.start, |p| p.0), token.end));
                    at += 1;
                }
                Some(What::Name(name)) if place.is_none() => {
                    let (value, found) = self.constants.get(name)?;
                    out.push_str(value);
                    place = Some(*found);
                    at += 1;
                }
                Some(What::Sign('+')) if place.is_some() => at += 1,
                Some(What::Sign(')')) if open > 0 => {
                    open -= 1;
                    at += 1;
                }
                _ => break,
            }
        }
        place.map(|place| (out, place, at))
    }

    /// One past the sign that closes the one at a token, or the next one after it.
    fn close(&self, at: usize) -> usize {
        for (index, token) in self.tokens.iter().enumerate().skip(at) {
            match token.what {
                What::Sign('(' | '[' | '{') => {
                    return self.closed.get(index).copied().unwrap_or(index);
                }
                What::Sign(')' | ']' | '}') => return index + 1,
                _ => {}
            }
        }
        self.tokens.len()
    }

    /// The text of a key (`name=`, `name:`, `"name":`) directly inside the brackets at a token.
    fn keyed(&self, open: usize, keys: &[&str]) -> Option<(String, (usize, usize))> {
        let end = self.close(open);
        let mut at = open + 1;
        while at < end {
            let key = match &self.tokens.get(at)?.what {
                // What is inside of other brackets is passed over whole.
                What::Sign('(' | '[' | '{') => {
                    at = self.close(at);
                    continue;
                }
                What::Name(name) => name,
                What::Text(text) => text.as_str(),
                What::Sign(_) => "",
            };
            if keys.contains(&key) && (self.is_sign(at + 1, ':') || self.is_sign(at + 1, '=')) {
                // A call around it, as `t("KEY", "text")`: its last text.
                if self.name(at + 2).is_some() && self.is_sign(at + 3, '(') {
                    let inner = self.close(at + 3);
                    let is_text = |i: &usize| {
                        matches!(self.tokens.get(*i).map(|t| &t.what), Some(What::Text(_)))
                    };
                    let last = (at + 3..inner).rev().find(is_text);
                    if let Some((text, place, _)) = last.and_then(|i| self.text(i)) {
                        return Some((text, place));
                    }
                }
                if let Some((text, place, _)) = self.text(at + 2) {
                    return Some((text, place));
                }
            }
            at += 1;
        }
        None
    }

    /// An object or dictionary with a name, a description and a schema.
    fn literal(&self, open: usize) -> Option<Tool> {
        let name = self.keyed(open, &["name", "Name"])?;
        let description = self.keyed(open, &["description", "Description"])?;
        let has_schema = (open..self.close(open)).any(|at| {
            let key = match self.tokens.get(at).map(|t| &t.what) {
                Some(What::Name(name)) => *name,
                Some(What::Text(text)) => text.as_str(),
                _ => return false,
            };
            matches!(
                key,
                "inputSchema" | "input_schema" | "parameters" | "InputSchema"
            ) && (self.is_sign(at + 1, ':')
                || self.is_sign(at + 1, ',')
                || self.is_sign(at + 1, '}'))
        });
        (has_schema && !name.0.contains(' '))
            .then(|| declared(name, Some(description), self.properties(open)))
    }

    /// Keys with a description somewhere below a token.
    fn properties(&self, open: usize) -> Vec<Parameter> {
        let end = self.close(open);
        let mut out = Vec::new();
        for at in open + 1..end {
            let key = match self.tokens.get(at).map(|t| &t.what) {
                Some(What::Name(name)) => (*name).to_owned(),
                Some(What::Text(text)) if text.len() < 60 => text.clone(),
                _ => continue,
            };
            if !(self.is_sign(at + 1, ':'))
                || matches!(
                    key.as_str(),
                    "properties"
                        | "inputSchema"
                        | "input_schema"
                        | "parameters"
                        | "description"
                        | "type"
                        | "items"
                        | "required"
                )
            {
                continue;
            }
            let token = &self.tokens[at];
            let place = (token.start, token.end);
            if self.is_sign(at + 2, '{') {
                if let Some((text, _)) = self.keyed(at + 2, &["description", "Description"]) {
                    out.push(Parameter {
                        name: key,
                        description: text,
                        place,
                    });
                }
            } else if self.is_name(at + 2, "z") {
                // `z.string().optional().describe("…")`
                let mut index = at + 3;
                while index < end && !self.is_sign(index, ',') {
                    if self.is_name(index, "describe")
                        && let Some((text, ..)) = self.text(index + 2)
                    {
                        out.push(Parameter {
                            name: key.clone(),
                            description: text,
                            place,
                        });
                    }
                    index = if self.is_sign(index, '(') {
                        self.close(index)
                    } else {
                        index + 1
                    };
                    if self.is_sign(index, '}') {
                        break;
                    }
                }
                if out.last().is_none_or(|p| p.place != place) {
                    out.push(Parameter {
                        name: key,
                        description: String::new(),
                        place,
                    });
                }
            }
        }
        out
    }

    fn javascript(&self) -> Vec<Tool> {
        let mut out = Vec::new();
        for at in 0..self.tokens.len() {
            if self.is_sign(at, '.')
                && let Some("tool" | "registerTool" | "addTool" | "prompt" | "registerPrompt") =
                    self.name(at + 1)
                && self.is_sign(at + 2, '(')
            {
                let first = at + 3;
                let Some((name, place, next)) = self.text(first) else {
                    continue;
                };
                if !self.is_sign(next, ',') {
                    continue;
                }
                let name = (name, place);
                if let Some((description, place, after)) = self.text(next + 1) {
                    let parameters = if self.is_sign(after, ',') && self.is_sign(after + 1, '{') {
                        self.properties(after + 1)
                    } else {
                        Vec::new()
                    };
                    out.push(declared(name, Some((description, place)), parameters));
                } else if self.is_sign(next + 1, '{') {
                    out.push(declared(
                        name,
                        self.keyed(next + 1, &["description"]),
                        self.properties(next + 1),
                    ));
                }
            } else if self.is_sign(at, '{') {
                out.extend(self.literal(at));
            }
        }
        out
    }

    fn go(&self) -> Vec<Tool> {
        let mut out = Vec::new();
        for at in 0..self.tokens.len() {
            if self.is_name(at, "NewTool") && self.is_sign(at + 1, '(') {
                let Some((name, place, _)) = self.text(at + 2) else {
                    continue;
                };
                let end = self.close(at + 1);
                let mut description = None;
                let mut parameters = Vec::new();
                for index in at + 2..end {
                    match self.name(index) {
                        Some("WithDescription") => {
                            description = description.or_else(|| {
                                (index..self.close(index + 1))
                                    .rev()
                                    .find_map(|i| {
                                        matches!(
                                            self.tokens.get(i).map(|t| &t.what),
                                            Some(What::Text(_))
                                        )
                                        .then(|| self.text(i))
                                        .flatten()
                                    })
                                    .map(|(t, p, _)| (t, p))
                            });
                        }
                        Some(
                            "WithString" | "WithNumber" | "WithBoolean" | "WithObject"
                            | "WithArray",
                        ) => {
                            let Some((name, place, _)) = self.text(index + 2) else {
                                continue;
                            };
                            let inner = self.close(index + 1);
                            let said = (index..inner)
                                .find(|i| self.is_name(*i, "Description"))
                                .and_then(|i| self.text(i + 2))
                                .map(|t| t.0);
                            parameters.push(Parameter {
                                name,
                                description: said.unwrap_or_default(),
                                place,
                            });
                        }
                        _ => {}
                    }
                }
                out.push(declared((name, place), description, parameters));
            } else if self.is_name(at, "Tool")
                && self.is_sign(at + 1, '{')
                && let Some(name) = self.keyed(at + 1, &["Name"])
            {
                out.push(declared(
                    name,
                    self.keyed(at + 1, &["Description"]),
                    self.properties(at + 1),
                ));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(language: SourceLanguage, text: &str) -> Vec<(String, String, Vec<String>)> {
        tools(language, text)
            .into_iter()
            .map(|t| {
                (
                    t.name,
                    t.description,
                    t.parameters.into_iter().map(|p| p.name).collect(),
                )
            })
            .collect()
    }

    #[test]
    fn tools_of_python_servers_are_read() {
        let text = "@mcp.tool()\nasync def add(a: int, b: int = 2) -> int:\n    \"\"\"Adds.\"\"\"\n    return a + b\n\n@app.tool(name=\"sub\", description=\"Subtracts\" \" numbers\")\ndef f(x): pass\n\ntypes.Tool(name=\"get\", description=DESC, inputSchema={\"properties\": {\"url\": {\"type\": \"string\", \"description\": \"Where\"}}})\nDESC = \"Fetches\"\n";
        assert_eq!(
            read(SourceLanguage::Python, text),
            [
                (
                    "add".to_owned(),
                    "Adds.".to_owned(),
                    vec!["a".to_owned(), "b".to_owned()]
                ),
                (
                    "sub".to_owned(),
                    "Subtracts numbers".to_owned(),
                    vec!["x".to_owned()]
                ),
                (
                    "get".to_owned(),
                    "Fetches".to_owned(),
                    vec!["url".to_owned()]
                ),
            ]
        );
    }

    #[test]
    fn brackets_and_lines_without_end_cost_no_more_than_their_length() {
        // Each was quadratic once: a file of one line, and brackets within brackets.
        let flat = "{name:'a',b:[1,2]};".repeat(20_000);
        let deep = "{a:".repeat(50_000);
        for text in [flat, deep] {
            assert!(read(SourceLanguage::JavaScript, &text).is_empty());
        }
    }

    #[test]
    fn tools_of_javascript_servers_are_read() {
        let text = "server.tool('add', `Adds ${n}`, { a: z.number().describe('first') }, async () => {});\nserver.registerTool(\"get\", { title: 'x', description: 'Fetches' + ' a page', inputSchema: {} }, f);\nconst t = { name: 'list', description: 'Lists', inputSchema: { type: 'object', properties: { dir: { description: 'Which' } } } };\nconst r = /['\"]/g;\nserver.tool('end', 'Ends', {}, f);";
        let names: Vec<(String, String, Vec<String>)> = read(SourceLanguage::JavaScript, text);
        assert_eq!(
            names[0],
            (
                "add".to_owned(),
                "Adds ${n}".to_owned(),
                vec!["a".to_owned()]
            )
        );
        assert_eq!(names[1].1, "Fetches a page");
        assert_eq!(
            names[2],
            (
                "list".to_owned(),
                "Lists".to_owned(),
                vec!["dir".to_owned()]
            )
        );
        assert_eq!(names[3].0, "end");
    }

    #[test]
    fn tools_of_go_servers_are_read() {
        let text = "mcp.NewTool(\"get\", mcp.WithDescription(t(\"KEY\", \"Fetches\")), mcp.WithString(\"url\", mcp.Description(\"Where\")))\nmcp.Tool{Name: \"list\", Description: `Lists`}";
        assert_eq!(
            read(SourceLanguage::Go, text),
            [
                (
                    "get".to_owned(),
                    "Fetches".to_owned(),
                    vec!["url".to_owned()]
                ),
                ("list".to_owned(), "Lists".to_owned(), Vec::new())
            ]
        );
    }

    proptest! {
        #[test]
        fn no_text_breaks_a_reader(text in "[@a-dTol.(){}\\[\\]'\"`:,=+ \\n/\\\\é$-]{0,120}") {
            for language in [SourceLanguage::Python, SourceLanguage::JavaScript, SourceLanguage::Go] {
                for tool in tools(language, &text) {
                    prop_assert!(text.get(tool.description_place.0..tool.description_place.1).is_some());
                }
            }
        }
    }
}
