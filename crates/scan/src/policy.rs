//! What holds for one file: what `trueline.toml` says, whether it is scanned, which rules look at it, and which of
//! their findings its comments answer. Read afresh each time; nothing is scanned.

use bstr::ByteSlice;
use schemars::JsonSchema;
use serde::Serialize;
use trueline_facts::{RepoPath, RuleId, Severity, Tier, ToolId};
use trueline_syntax::ir::Language;

use crate::config::FILE_NAME;
use crate::source::{self, Scope};
use crate::{ScanError, Scanner, suppress};

/// First bytes of a file that are read for the name of an interpreter.
const FIRST_LINE: usize = 200;

/// What holds for one file.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct PathPolicy {
    /// The file.
    pub path: RepoPath,
    /// Is it scanned, and if not, why?
    pub scanned: Scanned,
    /// Is there a `trueline.toml` at the root? Without one its defaults hold.
    pub has_policy_file: bool,
    /// AI tools that the team approves, of the whole repository; absent when it lists none, and then any may be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_tools: Option<Vec<ToolId>>,
    /// Names of the teams, of the whole repository; who belongs to them is not told.
    pub teams: Vec<String>,
    /// Globs of files that are not scanned.
    pub exclude: Vec<String>,
    /// What the team asks of model files.
    pub models: ModelPolicy,
    /// Ids of the team's own rules, from `.trueline/rules/`.
    pub own_rules: Vec<RuleId>,
    /// Rules that look at a file of this kind, by id.
    pub rules: Vec<AppliedRule>,
    /// Comments in the file that answer findings.
    pub ignores: Vec<IgnoreComment>,
}

/// Whether a file is scanned.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Scanned {
    /// It is.
    Yes,
    /// A glob of `[scan] exclude` leaves it out.
    Excluded {
        /// The glob.
        glob: String,
    },
    /// A `.gitignore` leaves it out, and git does not track it.
    Ignored,
    /// There is no such file.
    Absent,
    /// It is a folder or a link: neither is read.
    NotAFile,
}

/// What a team asks of model files.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct ModelPolicy {
    /// Licences that a model may have; absent when any will do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licences: Option<Vec<String>>,
    /// Must a model have a card beside it?
    pub model_card_required: bool,
    /// How many files the team vetted by their digest.
    pub vetted: usize,
}

/// A rule that looks at files of a kind.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct AppliedRule {
    /// Its id.
    pub id: RuleId,
    /// What it looks for, in a line.
    pub title: String,
    /// How bad a finding is.
    pub severity: Severity,
    /// Whether its findings are shown by default.
    pub tier: Tier,
}

/// A comment that answers findings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct IgnoreComment {
    /// Its line, from 1.
    pub line: u32,
    /// The rules whose findings it answers.
    pub rules: Vec<String>,
    /// Why they are no problem, in the words of the file.
    pub reason: String,
}

impl Scanner {
    /// What holds for a file of the tree.
    pub fn policy(&self, path: &RepoPath) -> Result<PathPolicy, ScanError> {
        let config = self.place.config()?;
        let scope = Scope::new(path.clone(), &config.exclude)?;
        let content = self.place.contents().read(path).ok();
        let language = trueline_syntax::language_of(path.as_bytes()).or_else(|| {
            let text = content.as_deref().unwrap_or_default();
            let first = text.lines().next().unwrap_or_default();
            trueline_syntax::language_of_shebang(&first[..first.len().min(FIRST_LINE)])
        });
        let builtin = trueline_taint::Engine::builtin()?;
        let is_own = |id: &RuleId| builtin.rules().iter().all(|rule| rule.id != *id);
        let steers = trueline_agents::kind(path).is_some();
        let of_code = self
            .engine
            .rules()
            .iter()
            .filter(|rule| language.is_some_and(|l| speaks_of(&rule.languages, l)))
            .map(|rule| AppliedRule {
                id: rule.id.clone(),
                title: rule.title.clone(),
                severity: rule.severity,
                tier: rule.tier,
            });
        let of_agents = trueline_agents::rules()
            .iter()
            .filter(|_| steers)
            .map(|rule| AppliedRule {
                id: RuleId::new(rule.id.as_str()),
                title: rule.title.clone(),
                severity: rule.severity,
                tier: rule.tier,
            });
        let mut rules: Vec<AppliedRule> = of_code.chain(of_agents).collect();
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        let text = content.as_deref().unwrap_or_default().to_str_lossy();
        Ok(PathPolicy {
            path: path.clone(),
            scanned: self.scanned(path, &scope),
            has_policy_file: source::is_file(self.root(), &RepoPath::from(FILE_NAME)),
            approved_tools: config.approved_tools,
            teams: config.teams.into_iter().map(|team| team.name).collect(),
            exclude: config.exclude,
            models: ModelPolicy {
                licences: config.models.licences,
                model_card_required: config.models.model_card,
                vetted: config.models.vetted.len(),
            },
            own_rules: (self.engine.rules().iter())
                .map(|rule| rule.id.clone())
                .filter(is_own)
                .collect(),
            rules,
            ignores: suppress::comments(&text)
                .into_iter()
                .map(|comment| IgnoreComment {
                    line: comment.line,
                    rules: comment.rules,
                    reason: comment.reason,
                })
                .collect(),
        })
    }

    fn scanned(&self, path: &RepoPath, scope: &Scope) -> Scanned {
        let root = self.root();
        if !source::is_file(root, path) {
            let is_there = path
                .as_bstr()
                .to_path()
                .is_ok_and(|below| root.join(below).symlink_metadata().is_ok());
            return if is_there {
                Scanned::NotAFile
            } else {
                Scanned::Absent
            };
        }
        if let Some(glob) = scope.excluding(path) {
            return Scanned::Excluded { glob };
        }
        let is_tracked = self
            .commit(None)
            .ok()
            .flatten()
            .is_some_and(|head| self.place.file_of(&head, path).is_some());
        let tracked: Vec<&RepoPath> = is_tracked.then_some(path).into_iter().collect();
        if self
            .place
            .list(scope, &tracked, &mut Vec::new())
            .paths
            .is_empty()
        {
            Scanned::Ignored
        } else {
            Scanned::Yes
        }
    }
}

/// JavaScript stands for TypeScript too.
fn speaks_of(languages: &[Language], language: Language) -> bool {
    languages.contains(&language)
        || (language == Language::TypeScript && languages.contains(&Language::JavaScript))
}
