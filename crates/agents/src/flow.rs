//! Toxic flows: one agent holds a tool that brings strangers' words, one that reads what is private, and one that sends.
//!
//! Whoever writes the words can then have the private data sent. Tools are labelled by what they are known for, by
//! their names and by their descriptions; a flow names the tool at each of its steps.

use std::sync::LazyLock;

use regex::bytes::RegexBuilder;
use serde::Deserialize;
use trueline_facts::{Step, Tier};

use crate::AgentFile;
use crate::finding::{Draft, step};
use crate::rule::Id;
use crate::settings::servers::Server;
use crate::tool::Tool;

/// What a tool can do, as far as flows care.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Label {
    /// It brings text that strangers write.
    Untrusted,
    /// It reads what is not public.
    Private,
    /// It sends where strangers can read.
    Sink,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LabelFile {
    server: Vec<ServerSpec>,
    tool: Vec<ToolSpec>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerSpec {
    /// Parts of a package's, image's or host's name.
    names: Vec<String>,
    labels: Vec<Label>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToolSpec {
    label: Label,
    names: String,
    descriptions: String,
}

struct Labels {
    servers: Vec<ServerSpec>,
    tools: Vec<(Label, regex::bytes::Regex, regex::bytes::Regex)>,
}

static LABELS: LazyLock<Labels> = LazyLock::new(|| {
    let build = |pattern: &str| {
        RegexBuilder::new(pattern)
            .unicode(false)
            .dot_matches_new_line(true)
            .build()
            .ok()
    };
    let Ok(file) = toml::from_str::<LabelFile>(include_str!("../data/labels.toml")) else {
        return Labels {
            servers: Vec::new(),
            tools: Vec::new(),
        };
    };
    let tools = file
        .tool
        .iter()
        .filter_map(|spec| Some((spec.label, build(&spec.names)?, build(&spec.descriptions)?)))
        .collect();
    Labels {
        servers: file.server,
        tools,
    }
});

/// The labels of a configured server that is known.
pub(crate) fn server_labels(server: &Server) -> Vec<Label> {
    let mut text = server
        .words
        .iter()
        .map(|w| w.text.to_ascii_lowercase())
        .collect::<Vec<_>>()
        .join(" ");
    if let Some(url) = &server.url {
        text.push(' ');
        text.push_str(&url.text.to_ascii_lowercase());
    }
    let mut labels: Vec<Label> = LABELS
        .servers
        .iter()
        .filter(|spec| spec.names.iter().any(|name| has_word(&text, name)))
        .flat_map(|spec| spec.labels.iter().copied())
        .collect();
    labels.sort_unstable();
    labels.dedup();
    labels
}

/// A name that stands by itself, not inside of another word.
fn has_word(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].bytes().next_back();
        let after = text[at + name.len()..].bytes().next();
        !before.is_some_and(|b| b.is_ascii_alphanumeric())
            && !after.is_some_and(|b| b.is_ascii_alphanumeric())
    })
}

/// The labels of a declared tool.
pub(crate) fn tool_labels(tool: &Tool) -> Vec<Label> {
    let name = snake(&tool.name);
    let description = tool.description.to_ascii_lowercase();
    LABELS
        .tools
        .iter()
        .filter(|(_, names, descriptions)| {
            names.is_match(name.as_bytes()) || descriptions.is_match(description.as_bytes())
        })
        .map(|(label, ..)| *label)
        .collect()
}

/// `sendEmail` as `send_email`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        out.push(if c == '-' || c == '.' {
            '_'
        } else {
            c.to_ascii_lowercase()
        });
    }
    out
}

/// Something that an agent holds.
pub(crate) struct Holding<'f> {
    pub(crate) file: &'f AgentFile<'f>,
    pub(crate) name: String,
    pub(crate) place: (usize, usize),
    pub(crate) labels: Vec<Label>,
}

/// The flow over what one agent holds, placed at its last step.
pub(crate) fn flow(holdings: &[Holding<'_>], noun: &str) -> Option<Draft> {
    let with = |label: Label, not: Option<&str>| {
        holdings
            .iter()
            .find(|h| h.labels.contains(&label) && not != Some(h.name.as_str()))
            .or_else(|| holdings.iter().find(|h| h.labels.contains(&label)))
    };
    let source = with(Label::Untrusted, None)?;
    let private = with(Label::Private, Some(&source.name))?;
    let sink = with(Label::Sink, Some(&private.name))?;
    let trace: Vec<Step> = vec![
        step(
            source.file,
            source.place,
            format!("{noun} `{}` brings text that strangers write", source.name),
        ),
        step(
            private.file,
            private.place,
            format!("{noun} `{}` reads what is private", private.name),
        ),
        step(
            sink.file,
            sink.place,
            format!("{noun} `{}` sends where strangers can read", sink.name),
        ),
    ];
    let mut names = vec![
        source.name.as_str(),
        private.name.as_str(),
        sink.name.as_str(),
    ];
    names.dedup();
    let mut distinct = names.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let message = format!(
        "words of strangers can have private data sent: {}",
        [source, private, sink]
            .iter()
            .map(|h| format!("`{}`", h.name))
            .collect::<Vec<_>>()
            .join(" → ")
    );
    let mut draft = Draft::new(Id::ToxicToolFlow, sink.place, message)
        .symbol(&names.join(" → "))
        .trace(trace);
    // One server that can do all three is how it was made; nobody chose the combination.
    if distinct.len() < 2 {
        draft.tier = Tier::All;
    }
    Some(draft)
}
