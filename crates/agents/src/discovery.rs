//! Which files steer an agent, and what each is: told by its path alone.
//!
//! Paths are those that tools document for a repository; files of a user's home are no part of a tree. A path that
//! could be several things is what its tool reads first.

use bstr::ByteSlice;
use trueline_facts::RepoPath;

/// What a file is to an agent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// Instructions that a tool puts before its model: rules, memories, commands, prompts, sub-agents.
    Instructions,
    /// The head of a skill, `SKILL.md`.
    Skill,
    /// Text or a script beside a skill's head.
    SkillPart,
    /// Anything else beside a skill's head: its name and first bytes are looked at.
    SkillBinary,
    /// A settings file: servers, permissions, hooks, environment, by its keys.
    Settings(Format),
    /// Tasks of an editor.
    Tasks,
    /// A development container.
    DevContainer,
    /// Shell that `direnv` runs when a folder is entered.
    EnvRc,
    /// A workflow of a forge.
    Workflow,
    /// Tools declared as data, as `tools/list` answers.
    ToolList,
    /// Source that may declare MCP tools.
    Source(SourceLanguage),
    /// A manifest: which packages are installed with the project.
    Manifest,
    /// Who must review which path.
    CodeOwners,
    /// The committed digests of servers and tools.
    Lock,
}

/// How a settings file is written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Format {
    /// JSON, with comments and commas at the end.
    Json,
    /// TOML.
    Toml,
    /// YAML.
    Yaml,
}

/// How the strings and calls of a source are told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SourceLanguage {
    /// Python.
    Python,
    /// JavaScript and TypeScript.
    JavaScript,
    /// Go.
    Go,
}

/// The path of the lock.
pub const LOCK_PATH: &str = ".trueline/agents.lock";

/// Names of instruction files, wherever they lie.
const INSTRUCTION_NAMES: &[&str] = &[
    "agents.md",
    "agents.override.md",
    "agent.md",
    "claude.md",
    "claude.local.md",
    "gemini.md",
    "codex.md",
    "qwen.md",
    "warp.md",
    "crush.md",
    "conventions.md",
    "copilot-instructions.md",
    ".cursorrules",
    ".windsurfrules",
    ".clinerules",
    ".roorules",
    ".goosehints",
    ".junie.md",
    ".rules",
    ".replit.md",
    "replit.md",
];
/// Folders whose Markdown files are instructions.
const INSTRUCTION_FOLDERS: &[&str] = &[
    ".claude/commands/",
    ".claude/agents/",
    ".claude/rules/",
    ".claude/output-styles/",
    ".cursor/rules/",
    ".cursor/commands/",
    ".cursor/agents/",
    ".windsurf/rules/",
    ".windsurf/workflows/",
    ".github/instructions/",
    ".github/prompts/",
    ".github/chatmodes/",
    ".github/agents/",
    ".clinerules/",
    ".roo/",
    ".continue/rules/",
    ".continue/prompts/",
    ".kiro/steering/",
    ".kiro/specs/",
    ".junie/",
    ".trae/rules/",
    ".augment/",
    ".amazonq/rules/",
    ".amazonq/prompts/",
    ".gemini/commands/",
    ".opencode/agent/",
    ".opencode/command/",
    ".opencode/agents/",
    ".opencode/commands/",
    ".codex/prompts/",
    ".qoder/rules/",
    ".agent/rules/",
    ".agents/rules/",
    ".agent/workflows/",
];
/// Settings files, by the end of their path.
const SETTINGS: &[(&str, Format)] = &[
    (".mcp.json", Format::Json),
    ("mcp.json", Format::Json),
    ("mcp_config.json", Format::Json),
    ("mcp-config.json", Format::Json),
    ("mcp_settings.json", Format::Json),
    ("cline_mcp_settings.json", Format::Json),
    ("claude_desktop_config.json", Format::Json),
    ("mcp_servers.json", Format::Json),
    ("mcpservers.json", Format::Json),
    (".claude.json", Format::Json),
    (".claude/settings.json", Format::Json),
    (".claude/settings.local.json", Format::Json),
    (".cursor/hooks.json", Format::Json),
    (".cursor/cli.json", Format::Json),
    (".cursor/settings.json", Format::Json),
    (".codex/hooks.json", Format::Json),
    (".codex/config.toml", Format::Toml),
    (".vscode/settings.json", Format::Json),
    (".code-workspace", Format::Json),
    (".gemini/settings.json", Format::Json),
    (".qwen/settings.json", Format::Json),
    (".kiro/settings/mcp.json", Format::Json),
    (".windsurf/hooks.json", Format::Json),
    (".github/copilot/settings.json", Format::Json),
    ("opencode.json", Format::Json),
    ("opencode.jsonc", Format::Json),
    (".zed/settings.json", Format::Json),
    ("hooks/hooks.json", Format::Json),
    (".amazonq/mcp.json", Format::Json),
    (".continue/config.yaml", Format::Yaml),
    (".continue/config.json", Format::Json),
    (".aider.conf.yml", Format::Yaml),
    (".claude-plugin/plugin.json", Format::Json),
    ("gemini-extension.json", Format::Json),
    (".roo/mcp.json", Format::Json),
    (".junie/mcp/mcp.json", Format::Json),
    (".goose/config.yaml", Format::Yaml),
    (".crush.json", Format::Json),
    ("crush.json", Format::Json),
];

/// What a path is to an agent, if anything. Skill folders are known by their heads: see [`skill_folders`].
#[must_use]
pub fn kind(path: &RepoPath) -> Option<Kind> {
    let lower = path.as_bytes().to_ascii_lowercase();
    let lower = lower.to_str().ok()?;
    let name = lower.rsplit('/').next().unwrap_or(lower);
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e);
    if lower == LOCK_PATH {
        return Some(Kind::Lock);
    }
    if name == "skill.md" {
        return Some(Kind::Skill);
    }
    let settings = SETTINGS.iter().find(|(end, _)| {
        lower
            .strip_suffix(end)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('/') || end.starts_with(".code-"))
    });
    if let Some((_, format)) = settings {
        return Some(Kind::Settings(*format));
    }
    // Every such folder is hidden or lies in one.
    let hidden = lower.starts_with('.') || lower.contains("/.");
    let is_under = |folder: &str| {
        hidden
            && lower
                .match_indices(folder)
                .any(|(at, _)| at == 0 || lower.as_bytes().get(at - 1) == Some(&b'/'))
    };
    if is_under(".github/hooks/") && extension == "json" {
        return Some(Kind::Settings(Format::Json));
    }
    if is_under(".continue/mcpservers/") && matches!(extension, "yaml" | "yml") {
        return Some(Kind::Settings(Format::Yaml));
    }
    if is_under(".vscode/") && lower.ends_with(".vscode/tasks.json") {
        return Some(Kind::Tasks);
    }
    if name == "devcontainer.json" || name == ".devcontainer.json" {
        return Some(Kind::DevContainer);
    }
    if name == ".envrc" {
        return Some(Kind::EnvRc);
    }
    if (lower.starts_with(".github/workflows/")
        || lower.starts_with(".forgejo/workflows/")
        || lower.starts_with(".gitea/workflows/"))
        && matches!(extension, "yml" | "yaml")
    {
        return Some(Kind::Workflow);
    }
    if matches!(
        lower,
        "codeowners" | ".github/codeowners" | "docs/codeowners" | ".gitlab/codeowners"
    ) {
        return Some(Kind::CodeOwners);
    }
    let is_text = matches!(
        extension,
        "md" | "mdc" | "markdown" | "txt" | "toml" | "prompt"
    );
    if INSTRUCTION_NAMES.contains(&name)
        || name.ends_with(".instructions.md")
        || name.ends_with(".prompt.md")
        || name.ends_with(".chatmode.md")
        || name.ends_with(".agent.md")
        || extension == "mdc"
        || (is_text && INSTRUCTION_FOLDERS.iter().any(|f| is_under(f)))
        || ((name.starts_with(".clinerules-") || name.starts_with(".roorules-"))
            && extension != "json")
    {
        return Some(Kind::Instructions);
    }
    if matches!(
        name,
        "package.json" | "pyproject.toml" | "requirements.txt" | "go.mod"
    ) {
        return Some(Kind::Manifest);
    }
    if extension == "json"
        && (name.contains("tools") || name == "server.json" || name.contains("mcp"))
    {
        return Some(Kind::ToolList);
    }
    None
}

/// The language of a source that may declare tools. Which sources are worth reading is told by [`speaks_of_mcp`].
#[must_use]
pub fn source_language(path: &RepoPath) -> Option<SourceLanguage> {
    match path.extension().to_ascii_lowercase().as_slice() {
        b"py" => Some(SourceLanguage::Python),
        b"js" | b"mjs" | b"cjs" | b"jsx" | b"ts" | b"mts" | b"cts" | b"tsx" => {
            Some(SourceLanguage::JavaScript)
        }
        b"go" => Some(SourceLanguage::Go),
        _ => None,
    }
}

/// Does a path by itself say that it has to do with MCP?
#[must_use]
pub fn names_mcp(path: &RepoPath) -> bool {
    memchr::memmem::find(&path.as_bytes().to_ascii_lowercase(), b"mcp").is_some()
}

/// Does a manifest install an SDK for MCP servers?
#[must_use]
pub fn speaks_of_mcp(manifest: &[u8]) -> bool {
    const SDKS: [&[u8]; 8] = [
        b"@modelcontextprotocol/",
        b"fastmcp",
        b"\"mcp\"",
        b"\"mcp[",
        b"\"mcp>",
        b"\"mcp=",
        b"\"mcp~",
        b"mcp-go",
    ];
    SDKS.iter()
        .any(|sdk| memchr::memmem::find(manifest, sdk).is_some())
        || manifest.lines().any(|line| {
            let name = line
                .split(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')))
                .next();
            matches!(name, Some(b"mcp"))
        })
        || memchr::memmem::find(manifest, b"modelcontextprotocol/go-sdk").is_some()
}

/// Does a source load an SDK for MCP servers? Only its beginning is looked at.
#[must_use]
pub fn imports_mcp(source: &[u8]) -> bool {
    const IMPORTS: [&[u8]; 6] = [
        b"from mcp",
        b"import mcp",
        b"fastmcp",
        b"@modelcontextprotocol/",
        b"mark3labs/mcp-go",
        b"modelcontextprotocol/go-sdk",
    ];
    const BEGINNING: usize = 8 << 10;
    let beginning = source.get(..BEGINNING).unwrap_or(source);
    IMPORTS
        .iter()
        .any(|import| memchr::memmem::find(beginning, import).is_some())
}

/// The folders of skills among paths, each with a slash at its end; the root is empty.
pub fn skill_folders<'p>(paths: impl Iterator<Item = &'p RepoPath>) -> Vec<Vec<u8>> {
    let mut folders: Vec<Vec<u8>> = paths
        .filter(|path| path.file_name().eq_ignore_ascii_case(b"skill.md"))
        .map(|path| {
            let end = path
                .as_bytes()
                .iter()
                .rposition(|b| *b == b'/')
                .map_or(0, |slash| slash + 1);
            path.as_bytes()[..end].to_vec()
        })
        .collect();
    folders.sort();
    folders.dedup();
    folders
}

/// Does a path lie in one of the folders of skills? A skill at the root of a tree has what lies beside its head and in the
/// folders that skills keep.
#[must_use]
pub fn in_skill(path: &RepoPath, folders: &[Vec<u8>]) -> bool {
    let bytes = path.as_bytes();
    // They are sorted: a folder above is looked up, however many there are.
    let above = memchr::memchr_iter(b'/', bytes).filter_map(|slash| bytes.get(..=slash));
    let mut above = above.map(|folder| folders.binary_search_by(|known| (**known).cmp(folder)));
    if above.any(|found| found.is_ok()) {
        return true;
    }
    let kept: [&[u8]; 3] = [b"scripts/", b"references/", b"assets/"];
    folders.first().is_some_and(Vec::is_empty)
        && (!bytes.contains(&b'/') || kept.iter().any(|kept| bytes.starts_with(kept)))
}

/// What a file is that lies in a skill's folder.
#[must_use]
pub fn skill_part(path: &RepoPath) -> Kind {
    match path.extension().to_ascii_lowercase().as_slice() {
        b"md" | b"mdx" | b"txt" | b"py" | b"js" | b"mjs" | b"cjs" | b"ts" | b"sh" | b"bash"
        | b"zsh" | b"ps1" | b"rb" | b"pl" | b"yaml" | b"yml" | b"json" | b"toml" => Kind::SkillPart,
        _ => Kind::SkillBinary,
    }
}

/// Does a file lie where examples and tests of attacks are kept?
pub(crate) fn is_example(path: &RepoPath) -> bool {
    let lower = path.as_bytes().to_ascii_lowercase();
    lower.split(|b| *b == b'/').rev().skip(1).any(|folder| {
        matches!(
            folder,
            b"test"
                | b"tests"
                | b"testdata"
                | b"test_data"
                | b"__tests__"
                | b"fixtures"
                | b"examples"
                | b"example"
                | b"evals"
                | b"docs"
                | b"samples"
                | b"spec"
                | b"e2e"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(path: &str) -> Option<Kind> {
        kind(&RepoPath::from(path))
    }

    #[test]
    fn every_tool_is_known_by_its_paths() {
        use Format::{Json, Toml, Yaml};
        for (path, expected) in [
            ("CLAUDE.md", Kind::Instructions),
            ("packages/api/AGENTS.md", Kind::Instructions),
            (".cursorrules", Kind::Instructions),
            (".cursor/rules/style.mdc", Kind::Instructions),
            (".github/copilot-instructions.md", Kind::Instructions),
            (
                ".github/instructions/rust.instructions.md",
                Kind::Instructions,
            ),
            (".windsurfrules", Kind::Instructions),
            (".clinerules/a.md", Kind::Instructions),
            (".kiro/steering/tech.md", Kind::Instructions),
            (".claude/commands/deploy.md", Kind::Instructions),
            (".claude/skills/pdf/SKILL.md", Kind::Skill),
            (".mcp.json", Kind::Settings(Json)),
            (".cursor/mcp.json", Kind::Settings(Json)),
            (".vscode/mcp.json", Kind::Settings(Json)),
            (".codex/config.toml", Kind::Settings(Toml)),
            (".continue/config.yaml", Kind::Settings(Yaml)),
            (".claude/settings.local.json", Kind::Settings(Json)),
            ("opencode.json", Kind::Settings(Json)),
            ("team.code-workspace", Kind::Settings(Json)),
            (".github/hooks/guard.json", Kind::Settings(Json)),
            (".vscode/tasks.json", Kind::Tasks),
            (".devcontainer/devcontainer.json", Kind::DevContainer),
            (".envrc", Kind::EnvRc),
            (".github/workflows/review.yml", Kind::Workflow),
            (".trueline/agents.lock", Kind::Lock),
            ("src/tools.json", Kind::ToolList),
        ] {
            assert_eq!(kind_of(path), Some(expected), "{path}");
        }
    }

    #[test]
    fn other_files_are_nothing_to_an_agent() {
        for path in [
            "README.md",
            "docs/claude.html",
            "src/main.rs",
            "config.json",
            "a/workflows/x.yml",
            "rules/style.md",
        ] {
            assert_eq!(kind_of(path), None, "{path}");
        }
    }

    #[test]
    fn a_manifest_speaks_of_mcp_by_its_packages() {
        assert!(speaks_of_mcp(
            b"{\"dependencies\":{\"@modelcontextprotocol/sdk\":\"1.0.0\"}}"
        ));
        assert!(speaks_of_mcp(b"mcp==1.2.0\n"));
        assert!(!speaks_of_mcp(b"mcpack==1\nrequests\n"));
    }

    #[test]
    fn a_source_speaks_of_mcp_by_what_it_imports() {
        assert!(imports_mcp(
            b"import os\nfrom mcp.server.fastmcp import FastMCP\n"
        ));
        assert!(imports_mcp(
            b"import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';"
        ));
        assert!(!imports_mcp(b"from flask import Flask\n# no mcp here\n"));
    }
}
