//! The one table of AI tools: canonical ids, names for people, and the aliases that notes, traces
//! and trailers use for them.
//!
//! Data comes from `data/tools.toml`; everything that names a tool passes through [`fold`].

use std::borrow::Cow;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use serde::Deserialize;
use trueline_facts::{ModelId, ToolId};

/// The id for AI evidence that names no tool, and for files that several tools read.
pub const UNSPECIFIED: &str = "unspecified";

/// Longest id taken over from evidence; anything longer is cut.
const LONGEST_ID: usize = 64;

/// Longest model name taken over from evidence (Agent Trace allows 250 characters).
const LONGEST_MODEL: usize = 250;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Tools {
    tool: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: Box<str>,
    name: Box<str>,
    #[serde(default)]
    aliases: Vec<Box<str>>,
    #[serde(default)]
    words: Vec<Box<str>>,
    #[serde(default)]
    bare: Vec<Box<str>>,
    #[serde(default)]
    given_name: bool,
}

/// Words that follow a tool's name when the tool is meant, in any tool's documents.
const PRODUCT_WORDS: [&str; 18] = [
    "code",
    "opus",
    "sonnet",
    "haiku",
    "fable",
    "instant",
    "pro",
    "max",
    "ai",
    "agent",
    "assistant",
    "cli",
    "desktop",
    "web",
    "action",
    "chat",
    "model",
    "llm",
];

struct Index {
    rows: Vec<Row>,
    by_alias: FxHashMap<Box<str>, usize>,
}

pub(crate) const SOURCE: &str = include_str!("../data/tools.toml");

static TOOLS: LazyLock<Index> = LazyLock::new(|| {
    let rows = crate::table::embedded::<Tools>(SOURCE).tool;
    let mut by_alias = FxHashMap::default();
    for (ix, row) in rows.iter().enumerate() {
        for alias in std::iter::once(&row.id).chain(&row.aliases) {
            by_alias.entry(alias.clone()).or_insert(ix);
        }
        by_alias.entry(kebab(&row.name).into()).or_insert(ix);
    }
    Index { rows, by_alias }
});

/// The canonical id of a tool named in evidence. A name that no row lists is kept, in kebab-case;
/// one that names nothing becomes [`UNSPECIFIED`].
#[must_use]
pub fn fold(name: &str) -> ToolId {
    let wanted = kebab(name);
    if let Some(row) = TOOLS
        .by_alias
        .get(wanted.as_str())
        .and_then(|&ix| TOOLS.rows.get(ix))
    {
        return ToolId::new(row.id.clone());
    }
    if wanted.is_empty() {
        return ToolId::new(UNSPECIFIED);
    }
    ToolId::new(wanted)
}

/// The canonical id, if the table lists this name.
#[must_use]
pub fn known(name: &str) -> Option<ToolId> {
    let row = TOOLS.rows.get(*TOOLS.by_alias.get(kebab(name).as_str())?)?;
    Some(ToolId::new(row.id.clone()))
}

/// The name that people know a tool by.
#[must_use]
pub fn display_name(tool: &ToolId) -> Cow<'_, str> {
    TOOLS
        .by_alias
        .get(tool.as_str())
        .and_then(|&ix| TOOLS.rows.get(ix))
        .map_or(Cow::Borrowed(tool.as_str()), |row| {
            Cow::Borrowed(&*row.name)
        })
}

/// All canonical ids, in the order of the table.
pub fn all() -> impl Iterator<Item = ToolId> {
    TOOLS.rows.iter().map(|row| ToolId::new(row.id.clone()))
}

/// A model in one spelling, whichever way evidence names it: `Claude Opus 4.5 (1M context)`,
/// `anthropic/claude-opus-4.5` and `claude-opus-4-5-20251101` are all `claude-opus-4-5`. `None`
/// when it says nothing.
#[must_use]
pub fn model(text: &str) -> Option<ModelId> {
    let text = text.trim().trim_matches(['"', '\'']).trim();
    let text = text.rsplit_once('/').map_or(text, |(_, last)| last).trim();
    let says_nothing = [
        "",
        "unknown",
        "default",
        "auto",
        "none",
        "null",
        "<synthetic>",
    ]
    .iter()
    .any(|word| text.eq_ignore_ascii_case(word));
    if says_nothing || text.chars().any(char::is_control) {
        return None;
    }
    Some(ModelId::new(cut(&spelling(text), LONGEST_MODEL)))
}

/// Lower case with hyphens; a size of context in brackets is a setting, not a model. Anthropic
/// writes versions with dots in names and with hyphens, then a release date, in ids.
fn spelling(text: &str) -> String {
    let stem = text
        .split(['(', '['])
        .map(str::trim)
        .find(|part| !part.is_empty())
        .unwrap_or(text);
    let mut name = stem.to_lowercase().replace([' ', '_'], "-");
    if name.starts_with("claude") {
        name = name.replace('.', "-");
        if let Some((before, date)) = name.rsplit_once('-')
            && date.len() == 8
            && date.bytes().all(|b| b.is_ascii_digit())
        {
            name.truncate(before.len());
        }
    }
    name
}

/// The tool that free text of a disclosure names (`Claude:claude-3-opus coccinelle`, `ChatGPTv5`),
/// with the model after a colon. `None` when it names no known agent or model.
#[must_use]
pub fn mentioned(value: &str) -> Option<(ToolId, Option<ModelId>)> {
    let value = value.trim();
    let (head, tail) = value
        .split_once(':')
        .map_or((value, ""), |(h, t)| (h.trim(), t.trim()));
    let model = tail.split_whitespace().next().and_then(model);
    if let Some(tool) = whole(head) {
        return Some((tool, model.or_else(|| versioned(head))));
    }
    // A specific tool anywhere beats the general words, which close the table.
    for row in &TOOLS.rows {
        let named = tokens(head).any(|token| row.words.iter().any(|word| names(token, word)));
        if named && !(row.given_name && is_full_name(head)) {
            return Some((
                ToolId::new(row.id.clone()),
                model.or_else(|| versioned(head)),
            ));
        }
    }
    None
}

/// The whole text is a tool's name, id, alias or bare word.
fn whole(head: &str) -> Option<ToolId> {
    let head = head.trim_end_matches(['.', '!']).trim();
    if let Some(tool) = known(head).filter(|tool| tool.as_str() != UNSPECIFIED) {
        return Some(tool);
    }
    let row = TOOLS
        .rows
        .iter()
        .find(|row| row.bare.iter().any(|word| head.eq_ignore_ascii_case(word)))?;
    Some(ToolId::new(row.id.clone()))
}

/// `claude-3-opus`, `gpt-4o`, `GPT-5`: a single word with a digit in it is the model's own name.
fn versioned(head: &str) -> Option<ModelId> {
    let looks = !head.contains(char::is_whitespace)
        && head.contains('-')
        && head.bytes().any(|b| b.is_ascii_digit());
    if looks { model(head) } else { None }
}

/// `Claude Monet`, `Claude J. Shannon`: capitalised words without digits, none of them a product's.
fn is_full_name(head: &str) -> bool {
    let mut words = 0;
    head.split_whitespace().all(|word| {
        words += 1;
        word.starts_with(char::is_uppercase)
            && word
                .chars()
                .all(|c| c.is_alphabetic() || matches!(c, '.' | '-' | '\''))
            && !PRODUCT_WORDS
                .iter()
                .any(|known| word.eq_ignore_ascii_case(known))
    }) && matches!(words, 2..=4)
}

fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|token| !token.is_empty())
}

/// A token names a word if it is the word, or the word and a version (`ChatGPTv5`, `gpt4o`).
fn names(token: &str, word: &str) -> bool {
    let Some((head, rest)) = token.split_at_checked(word.len()) else {
        return false;
    };
    if !head.eq_ignore_ascii_case(word) {
        return false;
    }
    let version = rest.strip_prefix(['v', 'V']).unwrap_or(rest);
    rest.is_empty() || version.starts_with(|c: char| c.is_ascii_digit())
}

/// Lower case, runs of anything but letters, digits and dots folded into one `-`.
fn kebab(name: &str) -> String {
    let mut out = String::with_capacity(name.len().min(LONGEST_ID));
    for c in name.trim().chars().take(LONGEST_ID) {
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.truncate(out.trim_end_matches('-').len());
    out
}

fn cut(text: &str, longest: usize) -> &str {
    text.char_indices()
        .nth(longest)
        .map_or(text, |(at, _)| text.get(..at).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn tool(value: &str) -> Option<String> {
        mentioned(value).map(|(tool, _)| tool.to_string())
    }

    #[test]
    fn one_model_has_one_spelling() {
        for name in [
            "Claude Opus 4.5",
            "Claude Opus 4.5 (1M context)",
            "anthropic/claude-opus-4.5",
            "claude-opus-4-5-20251101",
            "claude-opus-4-5[1m]",
            "\"claude-opus-4-5\"",
        ] {
            assert_eq!(model(name), Some(ModelId::new("claude-opus-4-5")), "{name}");
        }
        assert_eq!(model("GPT 5.3-codex"), Some(ModelId::new("gpt-5.3-codex")));
    }

    #[test]
    fn the_table_loads_and_names_nothing_twice() {
        let table: Tools = toml::from_str(SOURCE).unwrap();
        let mut seen = BTreeSet::new();
        for row in &table.tool {
            for alias in std::iter::once(&row.id).chain(&row.aliases) {
                assert_eq!(**alias, kebab(alias), "aliases are written in kebab-case");
                assert!(seen.insert(alias.clone()), "{alias} stands twice");
            }
        }
        assert!(seen.contains(UNSPECIFIED));
    }

    #[test]
    fn aliases_fold_to_one_id() {
        for (alias, id) in [
            ("codex-cloud", "codex"),
            ("Claude Code", "claude"),
            ("claude-web", "claude"),
            ("cursor-agent", "cursor"),
            ("github-copilot-cli", "github-copilot"),
            ("GitHub Copilot", "github-copilot"),
            ("copilot", "github-copilot"),
            ("roo-background", "roo"),
            ("", "unspecified"),
            ("Some New_Agent!", "some-new-agent"),
        ] {
            assert_eq!(fold(alias).as_str(), id, "{alias}");
        }
    }

    #[test]
    fn a_disclosure_names_its_tool_and_model() {
        let (tool, model) = mentioned("Claude:claude-3-opus coccinelle sparse").unwrap();
        assert_eq!(
            (tool.as_str(), model.unwrap().as_str()),
            ("claude", "claude-3-opus")
        );
        let (tool, model) = mentioned("gpt-4o").unwrap();
        assert_eq!(
            (tool.as_str(), model.unwrap().as_str()),
            ("chatgpt", "gpt-4o")
        );
    }

    #[test]
    fn free_text_is_understood_only_where_it_names_an_agent() {
        assert_eq!(tool("ChatGPTv5").as_deref(), Some("chatgpt"));
        assert_eq!(tool("generic LLM chatbot").as_deref(), Some("unspecified"));
        assert_eq!(tool("Claude (Anthropic)").as_deref(), Some("claude"));
        assert_eq!(tool("Cursor").as_deref(), Some("cursor"));
        assert_eq!(tool("the goose that laid it"), None);
        assert_eq!(tool("my cursor position fix"), None);
        assert_eq!(tool("Claudette"), None);
        assert_eq!(tool("coccinelle"), None);
    }

    #[test]
    fn a_model_loses_its_provider_and_says_nothing_when_unknown() {
        assert_eq!(
            model("anthropic/claude-opus-4-5").unwrap().as_str(),
            "claude-opus-4-5"
        );
        assert_eq!(model("unknown"), None);
        assert_eq!(model(" "), None);
    }

    #[test]
    fn people_read_names_not_ids() {
        assert_eq!(
            display_name(&ToolId::new("github-copilot")),
            "GitHub Copilot"
        );
        assert_eq!(display_name(&ToolId::new("brand-new")), "brand-new");
    }
}
