//! Settings as trees in which every key and value knows its bytes: one shape for JSON, TOML and YAML.
//!
//! Trees are at most [`MAX_DEPTH`] deep; what is deeper or broken is an error with its place. Aliases of YAML are not
//! expanded: one stands for its text if that is a scalar, and for nothing otherwise.

mod json;
mod toml;
mod yaml;

use crate::discovery::Format;

/// Deeper documents are refused.
pub(crate) const MAX_DEPTH: usize = 100;

/// A value with its bytes.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Node {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) value: Value,
}

/// What a value is.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A key with its bytes.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Why a document could not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Broken {
    pub(crate) at: usize,
    pub(crate) why: &'static str,
}

/// Reads a document.
pub(crate) fn parse(format: Format, text: &str) -> Result<Node, Broken> {
    match format {
        Format::Json => json::parse(text),
        Format::Toml => toml::parse(text),
        Format::Yaml => yaml::parse(text),
    }
}

impl Node {
    pub(crate) fn entries(&self) -> &[(Key, Self)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is_true(&self) -> bool {
        match &self.value {
            Value::Bool(value) => *value,
            Value::Text(text) => matches!(text.as_str(), "true" | "yes" | "on"),
            _ => false,
        }
    }

    /// The last entry of that name, as readers of JSON take it.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .rev()
            .find(|(key, _)| key.name == name)
            .map(|(_, node)| node)
    }

    pub(crate) fn path(&self, names: &[&str]) -> Option<&Self> {
        names.iter().try_fold(self, |node, name| node.get(name))
    }

    /// Texts of a list, or the one text that stands in its place.
    pub(crate) fn texts(&self) -> Vec<&Self> {
        match &self.value {
            Value::Text(_) => vec![self],
            Value::List(items) => items.iter().filter(|item| item.text().is_some()).collect(),
            _ => Vec::new(),
        }
    }

    /// Every node below, itself first, with the keys that lead to it.
    pub(crate) fn walk<'n>(&'n self, visit: &mut dyn FnMut(&[&'n str], &'n Self)) {
        fn go<'n>(
            node: &'n Node,
            trail: &mut Vec<&'n str>,
            visit: &mut dyn FnMut(&[&'n str], &'n Node),
        ) {
            visit(trail, node);
            for (key, below) in node.entries() {
                trail.push(&key.name);
                go(below, trail, visit);
                trail.pop();
            }
            for below in node.items() {
                go(below, trail, visit);
            }
        }
        go(self, &mut Vec::new(), visit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sliced<'t>(text: &'t str, node: &Node) -> &'t str {
        &text[node.start..node.end]
    }

    #[test]
    fn json_takes_comments_and_commas_at_the_end() {
        let text = "// servers\n{\"mcpServers\": {\"a\": {\"command\": \"npx\", \"args\": [\"-y\", \"p\",],},} /* end */}";
        let node = parse(Format::Json, text).unwrap();
        let args = node.path(&["mcpServers", "a", "args"]).unwrap();
        assert_eq!(args.texts().len(), 2);
        assert_eq!(sliced(text, args.texts()[1]), "\"p\"");
    }

    #[test]
    fn toml_knows_the_places_of_values() {
        let text = "# é\n[mcp_servers.a]\ncommand = \"uvx\"\nargs = [\"tool\"]\n";
        let node = parse(Format::Toml, text).unwrap();
        let command = node.path(&["mcp_servers", "a", "command"]).unwrap();
        assert_eq!(sliced(text, command).trim_matches('"'), "uvx");
    }

    #[test]
    fn yaml_knows_the_places_of_values() {
        let text = "# é\non: [push]\njobs:\n  a:\n    steps:\n      - run: |\n          echo é\n";
        let node = parse(Format::Yaml, text).unwrap();
        let step = &node.path(&["jobs", "a", "steps"]).unwrap().items()[0];
        assert_eq!(step.get("run").and_then(Node::text), Some("echo é\n"));
        let on = node.get("on").unwrap();
        assert_eq!(sliced(text, &on.items()[0]), "push");
    }

    #[test]
    fn aliases_are_not_expanded() {
        let text = "a: &x word\nb: *x\nc: &y [1, 2]\nd: *y\n";
        let node = parse(Format::Yaml, text).unwrap();
        assert_eq!(node.get("b").and_then(Node::text), Some("word"));
        assert_eq!(node.get("d").map(|d| &d.value), Some(&Value::Null));
    }

    #[test]
    fn what_is_broken_or_too_deep_says_where() {
        assert_eq!(parse(Format::Json, "{\"a\": }").unwrap_err().at, 6);
        for (format, open) in [
            (Format::Json, "["),
            (Format::Yaml, "["),
            (Format::Toml, "a=["),
        ] {
            assert!(parse(format, &open.repeat(5_000)).is_err(), "{format:?}");
        }
        let deep = format!("a = {}{}", "[".repeat(300), "]".repeat(300));
        assert!(parse(Format::Toml, &deep).is_err());
    }

    proptest! {
        #[test]
        fn no_text_breaks_a_reader_and_places_lie_inside(text in "[\\[\\]{}:,\"'a-c0-9\\n #=&*|>/é-]{0,80}") {
            for format in [Format::Json, Format::Toml, Format::Yaml] {
                if let Ok(node) = parse(format, &text) {
                    node.walk(&mut |_, below| {
                        assert!(below.start <= below.end && below.end <= text.len());
                        assert!(text.is_char_boundary(below.start) && text.is_char_boundary(below.end));
                    });
                }
            }
        }

        #[test]
        fn what_serde_writes_is_read_the_same(keys in prop::collection::vec(("[a-z]{1,6}", ".{0,12}"), 0..6)) {
            let map: std::collections::BTreeMap<String, String> = keys.into_iter().collect();
            let text = serde_json::to_string_pretty(&map).unwrap();
            let node = parse(Format::Json, &text).unwrap();
            for (key, value) in &map {
                prop_assert_eq!(node.get(key).and_then(Node::text), Some(value.as_str()));
            }
        }
    }
}
