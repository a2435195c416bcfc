//! One file checked by itself, from its text: what it says without the rest of its tree.
//!
//! Flow from other files is not seen, and what an application as a whole lacks is not asked, because
//! one file does not show it.

use bstr::ByteSlice;
use trueline_agents::AgentFile;
use trueline_facts::{Finding, RepoPath};
use trueline_syntax::ir::Language;
use trueline_syntax::text::bytes_of_lines;
use trueline_syntax::{Refused, Source, with_deep_stack};
use trueline_taint::{Engine, FileAnalysis, is_settings};

/// Bytes of a file's head that the check of agents' files looks at.
const HEAD: usize = 64;

/// What the rules for code say of a file.
pub(crate) struct Analysed {
    pub(crate) analysis: FileAnalysis,
    /// Syntax errors: what stands around them may not have been understood.
    pub(crate) errors: usize,
}

/// What checks of one file say.
#[derive(Default)]
pub(crate) struct Alone {
    /// Of both tiers.
    pub(crate) findings: Vec<Finding>,
    /// Why no rule could read it, although there are rules for its language.
    pub(crate) unread: Option<String>,
    /// What of it was not followed to the end.
    pub(crate) partly: Option<String>,
}

/// The language of a file that rules read; a script without an extension says it in its first line.
pub(crate) fn language(path: &RepoPath, text: &str) -> Option<Language> {
    trueline_syntax::language_of(path.as_bytes()).or_else(|| {
        let first = text.lines().next().filter(|_| path.extension().is_empty());
        trueline_syntax::language_of_shebang(first?.as_bytes())
    })
}

/// Can anything but a secret be found in a file of this name and text?
pub(crate) fn is_read(path: &RepoPath, text: &str) -> bool {
    language(path, text).is_some()
        || trueline_agents::kind(path).is_some()
        || trueline_taint::is_settings(path)
}

/// What the rules for code say of a file: findings of both tiers, and exposed sites; `None` for a language that is not
/// read.
pub(crate) fn analysis(
    engine: &Engine,
    path: &RepoPath,
    text: &str,
) -> Option<Result<Analysed, Refused>> {
    let language = language(path, text)?;
    let name = path.display();
    Some(with_deep_stack(|| {
        let source = Source { path: &name, text };
        let module = trueline_syntax::lower(language, source)?;
        Ok(Analysed {
            analysis: engine.analyze_file(path, text, &module),
            errors: module.coverage.errors.len(),
        })
    }))
}

/// The findings of both tiers; none where the text cannot be parsed.
pub(crate) fn findings(engine: &Engine, path: &RepoPath, text: &str) -> Vec<Finding> {
    read(engine, path, text).findings
}

/// The findings of both tiers, and what could not be read.
pub(crate) fn read(engine: &Engine, path: &RepoPath, text: &str) -> Alone {
    let mut alone = Alone::default();
    match analysis(engine, path, text) {
        None => {}
        Some(Err(refused)) => alone.unread = Some(refused.to_string()),
        Some(Ok(Analysed { analysis, errors })) => {
            alone.findings = analysis.findings;
            let cut = analysis.diagnostics.into_iter().next();
            alone.partly = cut.map(|cut| cut.message).or_else(|| {
                (errors > 0)
                    .then(|| "what stands around a syntax error is not understood".to_owned())
            });
        }
    }
    let found = &mut alone.findings;
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
    alone
}

/// What a weakness is known by when a file is compared with itself: the rule, and the text of the
/// line, which a rename of the function around it does not change.
pub(crate) type Key = (String, Vec<u8>);

/// The key of a finding in a file.
pub(crate) fn key(finding: &Finding, content: &[u8]) -> Key {
    let text = bytes_of_lines(content);
    let line = finding.location.start.line.saturating_sub(1);
    let line = text.lines().nth(line as usize).unwrap_or_default();
    (finding.rule.to_string(), line.trim().to_vec())
}
