//! What holds of the check of any files, for the replay of the fuzzer's corpus and for the fuzzer itself (`fuzz/`), which
//! includes this file.

use trueline_agents::section::{find, weakened};
use trueline_agents::{
    AgentFile, Kind, Lock, check, is_invisible, kind, skill_part, source_language,
};
use trueline_facts::RepoPath;

/// What separates the files of an input.
pub(crate) const SEPARATOR: u8 = 0;
/// Files of an input.
const MAX_FILES: usize = 6;

/// The names of files: the first byte of each chooses one.
pub(crate) const PATHS: &[&str] = &[
    "AGENTS.md",
    ".mcp.json",
    "tools.json",
    "server/mcp.py",
    "server/mcp.ts",
    "server/mcp.go",
    "skill/SKILL.md",
    "skill/run.sh",
    ".claude/settings.json",
    ".codex/config.toml",
    ".vscode/tasks.json",
    ".devcontainer/devcontainer.json",
    ".github/workflows/ai.yml",
    ".envrc",
    ".trueline/agents.lock",
    "CODEOWNERS",
    "package.json",
    ".cursor/rules/a.mdc",
    ".continue/mcpServers/a.yaml",
    ".cursor/mcp.json",
];

fn kind_of(path: &RepoPath) -> Kind {
    if path.as_bytes() == b"skill/run.sh" {
        return skill_part(path);
    }
    kind(path)
        .or_else(|| source_language(path).map(Kind::Source))
        .unwrap_or(Kind::Instructions)
}

/// Checks an input: it ends, its places lie in their files, its words can be shown, its order does not matter.
pub(crate) fn hold(data: &[u8]) {
    let files: Vec<(RepoPath, String)> = data
        .split(|byte| *byte == SEPARATOR)
        .filter_map(|part| part.split_first())
        .take(MAX_FILES)
        .enumerate()
        .map(|(at, (choice, text))| {
            let name = PATHS[usize::from(*choice) % PATHS.len()];
            // Two files of one name lie in two folders.
            let folder = if at == 0 {
                String::new()
            } else {
                format!("p{at}/")
            };
            let path = RepoPath::from(format!("{folder}{name}").as_str());
            (path, String::from_utf8_lossy(text).into_owned())
        })
        .collect();
    let given: Vec<AgentFile<'_>> = files
        .iter()
        .map(|(path, text)| AgentFile {
            path,
            kind: kind_of(path),
            text,
            head: text.as_bytes(),
        })
        .collect();
    let outcome = check(&given);
    let turned: Vec<AgentFile<'_>> = given.iter().rev().copied().collect();
    assert_eq!(outcome, check(&turned), "the order of files matters");
    for finding in &outcome.findings {
        let place = &finding.location;
        let (_, text) = files
            .iter()
            .find(|(path, _)| *path == place.path)
            .expect("a finding is in a file that was given");
        let lines = text.split('\n').count() as u32;
        assert!(
            place.start <= place.end && place.end.line <= lines,
            "{finding:?}"
        );
        let line = text
            .split('\n')
            .nth(place.start.line as usize - 1)
            .unwrap_or_default();
        assert!(
            place.start.column as usize <= line.chars().count() + 1,
            "{finding:?}"
        );
        assert!(
            finding.message.chars().count() < 2_000 && !finding.message.chars().any(is_invisible),
            "{finding:?}"
        );
        assert_eq!(finding.fingerprint.as_str().len(), 32);
    }
    let written = outcome.seen.to_json();
    assert_eq!(
        Lock::read(&written).expect("what was written is read"),
        outcome.seen
    );
    for (path, text) in &files {
        if let Ok(Some(section)) = find(text) {
            assert!(text.get(section.range).is_some() && text.get(section.body).is_some());
        }
        assert_eq!(weakened(path, text, Some(text)), None, "nothing changed");
        for (_, other) in &files {
            let _ = weakened(path, text, Some(other));
        }
    }
}
