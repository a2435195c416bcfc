//! Where a tool is told to run no hooks: ours would be installed and never be called.
//!
//! Tools look at several settings files, and the first that says anything about a switch decides. Only what tools
//! document is looked at; a switch that is given on a command line or by a server of theirs is not seen.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::{json, read};
use crate::payload::Dialect;

/// A line of a settings file that keeps a tool from running hooks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HooksOff {
    /// The tool.
    pub tool: Dialect,
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// What stands there.
    pub says: String,
    /// What should stand there.
    pub change: String,
}

impl fmt::Display for HooksOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} runs no hooks here: {}:{} says `{}`; change that to `{}`",
            self.tool.name(),
            self.file.display(),
            self.line,
            self.says,
            self.change
        )
    }
}

/// A switch of a JSON file: where it stands, and the value that turns hooks off.
struct Switch {
    at: &'static [&'static str],
    off: bool,
}

/// Files of a machine, which go before those of a repository and a home.
#[cfg(target_os = "macos")]
const MACHINE: [&str; 2] = [
    "/Library/Application Support/ClaudeCode/managed-settings.json",
    "/Library/Application Support/GeminiCli/settings.json",
];
#[cfg(windows)]
const MACHINE: [&str; 2] = [
    r"C:\Program Files\ClaudeCode\managed-settings.json",
    r"C:\ProgramData\gemini-cli\settings.json",
];
#[cfg(not(any(target_os = "macos", windows)))]
const MACHINE: [&str; 2] = [
    "/etc/claude-code/managed-settings.json",
    "/etc/gemini-cli/settings.json",
];

/// What keeps tools from running hooks in a work tree, or for a user where there is none.
#[must_use]
pub fn hooks_off(tools: &[Dialect], root: Option<&Path>, home: Option<&Path>) -> Vec<HooksOff> {
    let mut off: Vec<HooksOff> = Vec::new();
    for tool in tools {
        off.extend(of_tool(*tool, root, home));
    }
    off
}

/// The tools that have our hooks, in a work tree or a home.
#[must_use]
pub fn hooked(root: Option<&Path>, home: Option<&Path>) -> Vec<Dialect> {
    use super::tools::{MARK, Scope, file};

    let holds = |folder: Option<&Path>, name: Option<&str>| {
        let text = folder.zip(name).and_then(|(f, n)| text_of(&f.join(n)));
        text.is_some_and(|text| text.contains(MARK) || text.contains("\"hook\", \"run\""))
    };
    Dialect::ALL
        .into_iter()
        .filter(|tool| {
            holds(root, file(*tool, Scope::Repository)) || holds(home, file(*tool, Scope::User))
        })
        .collect()
}

fn of_tool(tool: Dialect, root: Option<&Path>, home: Option<&Path>) -> Vec<HooksOff> {
    let machine: &[usize] = match tool {
        Dialect::Claude => &[0],
        Dialect::Gemini => &[1],
        _ => &[],
    };
    let (here, there): (&[&str], &[&str]) = match tool {
        Dialect::Claude => (
            &[".claude/settings.local.json", ".claude/settings.json"],
            &[".claude/settings.json"],
        ),
        Dialect::Gemini => (&[".gemini/settings.json"], &[".gemini/settings.json"]),
        Dialect::Codex => (&[".codex/config.toml"], &[".codex/config.toml"]),
        Dialect::Copilot => (
            &[
                ".github/hooks/trueline.json",
                ".github/copilot/settings.json",
            ],
            &[".copilot/hooks/trueline.json", ".copilot/settings.json"],
        ),
        Dialect::Cursor | Dialect::Windsurf | Dialect::OpenCode | Dialect::Generic => (&[], &[]),
    };
    let below = |folder: Option<&Path>, names: &[&str]| -> Vec<PathBuf> {
        let paths = folder.map(|folder| names.iter().map(|name| folder.join(name)).collect());
        paths.unwrap_or_default()
    };
    let machine = machine.iter().map(|at| PathBuf::from(MACHINE[*at]));
    let files: Vec<(PathBuf, String)> = machine
        .chain(below(root, here))
        .chain(below(home, there))
        .filter_map(|path| text_of(&path).map(|text| (path, text)))
        .collect();
    if tool == Dialect::Codex {
        return files
            .iter()
            .find_map(|(path, text)| of_codex(path, text))
            .into_iter()
            .flatten()
            .collect();
    }
    let switches: &[Switch] = match tool {
        Dialect::Claude | Dialect::Copilot => &[Switch {
            at: &["disableAllHooks"],
            off: true,
        }],
        // Its names in the versions that there were.
        Dialect::Gemini => &[
            Switch {
                at: &["tools", "enableHooks"],
                off: false,
            },
            Switch {
                at: &["hooks", "enabled"],
                off: false,
            },
            Switch {
                at: &["hooksConfig", "enabled"],
                off: false,
            },
        ],
        _ => &[],
    };
    let mut off: Vec<HooksOff> = switches
        .iter()
        .filter_map(|switch| {
            let (path, text, span) = files.iter().find_map(|(path, text)| {
                let span = json::find(text, switch.at)?;
                matches!(text.get(span.clone())?, "true" | "false").then_some((path, text, span))
            })?;
            let is_off = text.get(span.clone())? == if switch.off { "true" } else { "false" };
            let name = switch.at.last()?;
            is_off.then(|| HooksOff {
                tool,
                file: path.clone(),
                line: line_of(text, span.start),
                says: format!("\"{name}\": {}", switch.off),
                change: format!("\"{name}\": {}", !switch.off),
            })
        })
        .collect();
    // Hooks of a machine's owner alone.
    off.extend(files.iter().take(1).filter_map(|(path, text)| {
        let of_machine = tool == Dialect::Claude && *path == Path::new(MACHINE[0]);
        let span = json::find(text, &["allowManagedHooksOnly"]).filter(|_| of_machine)?;
        (text.get(span.clone())? == "true").then(|| HooksOff {
            tool,
            file: path.clone(),
            line: line_of(text, span.start),
            says: "\"allowManagedHooksOnly\": true".to_owned(),
            change: "\"allowManagedHooksOnly\": false".to_owned(),
        })
    }));
    off
}

#[derive(Deserialize)]
struct CodexConfig {
    features: Option<CodexFeatures>,
}

#[derive(Deserialize)]
struct CodexFeatures {
    hooks: Option<Spanned<bool>>,
    codex_hooks: Option<Spanned<bool>>,
}

/// `None`: the file says nothing about hooks.
fn of_codex(path: &Path, text: &str) -> Option<Vec<HooksOff>> {
    let features = toml::from_str::<CodexConfig>(text).ok()?.features?;
    let named = [
        ("hooks", features.hooks),
        ("codex_hooks", features.codex_hooks),
    ];
    let (name, value) = named
        .into_iter()
        .find_map(|(name, value)| Some((name, value?)))?;
    if *value.get_ref() {
        return Some(Vec::new());
    }
    Some(vec![HooksOff {
        tool: Dialect::Codex,
        file: path.to_owned(),
        line: line_of(text, value.span().start),
        says: format!("{name} = false"),
        change: format!("{name} = true"),
    }])
}

/// What cannot be read says nothing.
fn text_of(path: &Path) -> Option<String> {
    String::from_utf8(read(path).ok()??).ok()
}

fn line_of(text: &str, at: usize) -> usize {
    text.get(..at)
        .map_or(1, |before| before.matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told where these files are there, below a work tree (`here/`) or a home (`home/`).
    fn told(tool: Dialect, files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let (here, home) = (folder.path().join("here"), folder.path().join("home"));
        let base = format!("{}/", folder.path().display());
        hooks_off(&[tool], Some(&here), Some(&home))
            .iter()
            .map(|off| off.to_string().replace(&base, ""))
            .collect()
    }

    #[test]
    fn the_line_that_turns_hooks_off_is_told_with_what_it_should_be() {
        for (tool, path, text, expected) in [
            (
                Dialect::Claude,
                "here/.claude/settings.local.json",
                "{\n  // quiet\n  \"disableAllHooks\": true,\n}\n",
                "claude runs no hooks here: here/.claude/settings.local.json:3 says `\"disableAllHooks\": true`; change that to `\"disableAllHooks\": false`",
            ),
            (
                Dialect::Gemini,
                "home/.gemini/settings.json",
                "{\"tools\": {\n\"enableHooks\": false}}",
                "gemini runs no hooks here: home/.gemini/settings.json:2 says `\"enableHooks\": false`; change that to `\"enableHooks\": true`",
            ),
            (
                Dialect::Gemini,
                "here/.gemini/settings.json",
                "{\"hooksConfig\": {\"enabled\": false}}",
                "gemini runs no hooks here: here/.gemini/settings.json:1 says `\"enabled\": false`; change that to `\"enabled\": true`",
            ),
            (
                Dialect::Codex,
                "home/.codex/config.toml",
                "model = \"m\"\n\n[features]\nweb = true\nhooks = false\n",
                "codex runs no hooks here: home/.codex/config.toml:5 says `hooks = false`; change that to `hooks = true`",
            ),
            (
                Dialect::Codex,
                "here/.codex/config.toml",
                "features.codex_hooks = false\n",
                "codex runs no hooks here: here/.codex/config.toml:1 says `codex_hooks = false`; change that to `codex_hooks = true`",
            ),
            (
                Dialect::Copilot,
                "here/.github/hooks/trueline.json",
                "{\"version\": 1,\n \"disableAllHooks\": true, \"hooks\": {}}",
                "copilot runs no hooks here: here/.github/hooks/trueline.json:2 says `\"disableAllHooks\": true`; change that to `\"disableAllHooks\": false`",
            ),
        ] {
            assert_eq!(told(tool, &[(path, text)]), [expected]);
        }
    }

    #[test]
    fn the_file_that_goes_before_decides_and_what_is_on_says_nothing() {
        let home = ("home/.claude/settings.json", "{\"disableAllHooks\": true}");
        let on = ("here/.claude/settings.json", "{\"disableAllHooks\": false}");
        assert_eq!(told(Dialect::Claude, &[home]).len(), 1);
        assert!(told(Dialect::Claude, &[home, on]).is_empty());
        for (tool, path, text) in [
            (
                Dialect::Claude,
                "here/.claude/settings.json",
                "{\"hooks\": {}}",
            ),
            (
                Dialect::Claude,
                "here/.claude/settings.json",
                "{\"disableAllHooks\": \"true\"}",
            ),
            (
                Dialect::Claude,
                "here/.claude/settings.json",
                "{\"env\": {\"disableAllHooks\": true}}",
            ),
            (Dialect::Claude, "here/.claude/settings.json", "{ no json"),
            (
                Dialect::Gemini,
                "here/.gemini/settings.json",
                "{\"tools\": {\"enableHooks\": true}}",
            ),
            (
                Dialect::Codex,
                "here/.codex/config.toml",
                "[features]\nhooks = true\n",
            ),
            (
                Dialect::Codex,
                "here/.codex/config.toml",
                "[features]\nhooks = \"no\"\n",
            ),
            (Dialect::Codex, "here/.codex/config.toml", "hooks = false\n"),
            (
                Dialect::Cursor,
                "here/.cursor/hooks.json",
                "{\"disableAllHooks\": true}",
            ),
        ] {
            assert!(told(tool, &[(path, text)]).is_empty(), "{path}: {text}");
        }
        let codex = ("home/.codex/config.toml", "[features]\nhooks = false\n");
        let own = ("here/.codex/config.toml", "[features]\nhooks = true\n");
        assert!(told(Dialect::Codex, &[codex, own]).is_empty());
    }
}
