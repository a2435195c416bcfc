//! One file checked by itself, from its text: what it says without the rest of its tree.
//!
//! Flow from other files is not seen, and what an application as a whole lacks is not asked, because
//! one file does not show it.

use bstr::ByteSlice;
use trueline_agents::AgentFile;
use trueline_facts::{Finding, RepoPath};
use trueline_syntax::{Source, with_deep_stack};
use trueline_taint::{Engine, FileAnalysis, is_settings};

/// Bytes of a file's head that the check of agents' files looks at.
const HEAD: usize = 64;

/// What the rules for code say of a file: findings of both tiers, and exposed sites; nothing where the text cannot be
/// parsed or is in no language that is read.
pub(crate) fn analysis(engine: &Engine, path: &RepoPath, text: &str) -> Option<FileAnalysis> {
    let language = trueline_syntax::language_of(path.as_bytes())?;
    let name = path.display();
    with_deep_stack(|| {
        let source = Source { path: &name, text };
        let module = trueline_syntax::lower(language, source).ok()?;
        Some(engine.analyze_file(path, text, &module))
    })
}

/// The findings of both tiers; none where the text cannot be parsed.
pub(crate) fn findings(engine: &Engine, path: &RepoPath, text: &str) -> Vec<Finding> {
    let analysis = analysis(engine, path, text);
    let mut found = analysis.map_or_else(Vec::new, |analysis| analysis.findings);
    if is_settings(path) {
        found.extend(engine.settings(&[(path.clone(), text.to_owned())]));
    }
    if let Some(kind) = trueline_agents::kind(path) {
        let head = text.as_bytes();
        let file = AgentFile {
            path,
            kind,
            text,
            head: &head[..HEAD.min(head.len())],
        };
        found.extend(trueline_agents::check(&[file]).findings);
    }
    found
}

/// What a weakness is known by when a file is compared with itself: the rule, and the text of the
/// line, which a rename of the function around it does not change.
pub(crate) type Key = (String, Vec<u8>);

/// The key of a finding in a text.
pub(crate) fn key(finding: &Finding, text: &[u8]) -> Key {
    let line = finding.location.start.line.saturating_sub(1);
    let line = text.lines().nth(line as usize).unwrap_or_default();
    (finding.rule.to_string(), line.trim().to_vec())
}
