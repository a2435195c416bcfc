//! One dataflow analysis for all rules and languages over the intermediate representation.
//!
//! [`Engine`] holds rules and library models, compiled once; [`Engine::analyze_file`] takes a
//! lowered file and gives its findings, the places where a weakness could have been, and what
//! could not be done. Pure: no I/O, no clock, the same bytes out for the same bytes in.

mod analysis;
mod controls;
mod credential;
mod digest;
mod documented;
mod fix;
mod forms;
mod interface;
mod memory;
mod models;
mod program;
mod project;
mod purpose;
mod report;
mod rules;
mod secret;
mod settings;
mod surface;
mod tokens;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use trueline_facts::surface::FileSurface;
use trueline_facts::{Diagnostic, Finding, Level, Position, RepoPath, RuleId};
use trueline_syntax::ir::Module;

pub use crate::analysis::Interfaces;
use crate::analysis::{Alone, Unit};
pub use crate::controls::CONTROL_FILES;
pub use crate::digest::{Digest, Hasher};
pub use crate::fix::apply;
pub use crate::forms::{FormSecret, FormSecrets, secrets_by_form};
pub use crate::interface::Interface;
use crate::memory::Secrecy;
pub use crate::memory::UnitMemory;
use crate::models::Models;
pub use crate::program::{Lowered, ProjectAnalysis, UnitFindings, UnitOutcome, Units};
use crate::project::{Answer, Question};
pub use crate::project::{Batches, Outline, Project, UnitId, batches, is_manifest};
use crate::report::Reporter;
pub use crate::report::{Candidate, settle};
pub use crate::rules::{
    Docs, Example, FORMAT, MODEL_FILES, RULE_FILES, Rule, RuleError, model_schema, rule_schema,
};
pub use crate::secret::{may_be_secret, without_known_secrets};
pub use crate::settings::is_settings;
pub use crate::surface::{
    Application, COMPONENT_FILES, Control, Place, Route, SURFACE_FILES, Surface, SurfaceError,
    Trait, WeakSetting, serves_its_own_machine,
};
use crate::surface::{Catalogue, Components};

/// A place where a weakness of a rule could be: a call of a sink, flagged or not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Site {
    /// The rule.
    pub rule: RuleId,
    /// Where it begins.
    pub start: Position,
}

/// What the analysis of one file found.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct FileAnalysis {
    /// Weaknesses, in order of place.
    pub findings: Vec<Finding>,
    /// Exposed sites, in order of place.
    pub sites: Vec<Site>,
    /// What could not be done.
    pub diagnostics: Vec<Diagnostic>,
    /// What it took, in steps: instructions interpreted and values joined. The same on any machine.
    pub work: u64,
}

/// What the analysis of one file of a project found.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct UnitAnalysis {
    /// Weaknesses, of this file and of those that it calls; [`settle`] makes them findings.
    pub candidates: Vec<Candidate>,
    /// Exposed sites of this file, in order of place.
    pub sites: Vec<Site>,
    /// The same in functions of other files that this one passes something to.
    pub sites_elsewhere: Vec<(RepoPath, Site)>,
    /// What could not be done.
    pub diagnostics: Vec<Diagnostic>,
    /// Functions of other files that this one calls or registers: file and index there. What
    /// nothing is known to fill in them is known after all.
    pub entered: Vec<(UnitId, u32)>,
    /// What other files can use of it.
    pub interface: Interface,
    /// What the project was asked, with its answers.
    pub(crate) asked: Vec<(Question, Answer)>,
    pub(crate) work: u64,
    /// What was found must not be stored.
    pub(crate) secrecy: Secrecy,
    /// Texts that the file refuses as a key or password.
    pub(crate) refused: BTreeSet<Digest>,
}

/// Rules and models, ready to analyse files; shared freely between threads.
#[derive(Debug)]
pub struct Engine {
    models: Models,
    catalogue: Catalogue,
    components: Components,
    rules: Vec<Rule>,
    /// Rules about what an application does not do; they are part of `rules` too.
    controls: Vec<Rule>,
    digest: Digest,
}

impl Engine {
    /// The rules and models inside the binary.
    pub fn builtin() -> Result<Self, RuleError> {
        Self::from_files(RULE_FILES, MODEL_FILES)
    }

    /// The rules and models inside the binary, and more rules given as (name, text).
    pub fn with_rules(more: &[(String, String)]) -> Result<Self, RuleError> {
        let mut rules: Vec<(&str, &str)> = RULE_FILES.to_vec();
        rules.extend(
            more.iter()
                .map(|(name, text)| (name.as_str(), text.as_str())),
        );
        Self::from_files(&rules, MODEL_FILES)
    }

    /// Rules and models from the texts of their files, given as (name, text).
    pub fn from_files(
        rule_files: &[(&str, &str)],
        model_files: &[(&str, &str)],
    ) -> Result<Self, RuleError> {
        let (models, rules) = Models::compile(rule_files, model_files)?;
        let mut hash = Hasher::new("rules");
        for files in [rule_files, model_files, CONTROL_FILES, SURFACE_FILES] {
            hash.count(files.len());
            for (name, text) in files {
                hash.bytes(name.as_bytes());
                hash.bytes(text.as_bytes());
            }
        }
        Self::with(models, rules, hash.finish())
    }

    fn with(models: Models, mut rules: Vec<Rule>, digest: Digest) -> Result<Self, RuleError> {
        let controls = controls::rules()?;
        for control in &controls {
            if rules.iter().any(|r| r.id == control.id) {
                return Err(RuleError::Duplicate {
                    id: control.id.to_string(),
                });
            }
        }
        rules.extend(controls.iter().cloned());
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Self {
            models,
            catalogue: Catalogue::builtin()?,
            components: Components::builtin()?,
            rules,
            controls,
            digest,
        })
    }

    /// Stands for all rules and models.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The surface of a file: what it shows of the application that it belongs to.
    #[must_use]
    pub fn surface(&self, path: &RepoPath, text: &str, module: &Module) -> Surface {
        surface::surface(&self.catalogue, path, text, module)
    }

    /// The components that the functions of a file use, for a threat model.
    #[must_use]
    pub fn components(&self, path: &RepoPath, text: &str, module: &Module) -> FileSurface {
        let surface = self.surface(path, text, module);
        surface::components(&self.components, &surface, path, text, module)
    }

    /// What applications do not do against abuse: findings in order of place, and notes about what
    /// could not be judged. `paths` are all files of the scan.
    #[must_use]
    pub fn missing_controls(
        &self,
        surfaces: &[&Surface],
        paths: &[RepoPath],
    ) -> (Vec<Finding>, Vec<Diagnostic>) {
        controls::findings(&self.controls, surfaces, paths)
    }

    /// The rules, by id.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Where secrets that are known by their form stand in any text, as bytes from and to. Placeholders
    /// are left out.
    #[must_use]
    pub fn secrets_by_form(&self, text: &str) -> Vec<(usize, usize)> {
        let specs = self
            .models
            .rules
            .iter()
            .filter_map(|rule| rule.secret.as_ref());
        let mut found: Vec<_> = specs
            .flat_map(|spec| {
                let mut found: Vec<_> = credential::find(spec, text).into_iter().collect();
                let passwords = secret::url_passwords(spec, text).into_iter();
                found.extend(passwords.filter(|p| p.is_sure).map(|p| (p.start, p.end)));
                found
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Keys and passwords in the settings of Spring, which [`is_settings`] knows; files of one folder are
    /// looked at together.
    #[must_use]
    pub fn settings(&self, files: &[(RepoPath, String)]) -> Vec<Finding> {
        let mut found = Vec::new();
        for compiled in &self.models.rules {
            let rule = self.rules.iter().find(|r| r.id == compiled.id);
            if let (Some(spec), Some(rule)) = (&compiled.secret, rule) {
                found.extend(settings::findings(rule, &compiled.becomes, spec, files));
            }
        }
        found
    }

    /// Analyses one file by itself. `text` is what `module` was lowered from. Call it on a thread with a deep
    /// stack: calls are followed into functions.
    #[must_use]
    pub fn analyze_file(&self, path: &RepoPath, text: &str, module: &Module) -> FileAnalysis {
        let unit = Unit {
            id: UnitId(0),
            project: None,
            interfaces: &Alone,
        };
        let analysis = self.analyze(path, text, module, unit);
        let candidates = analysis.candidates.iter();
        let kept = candidates.filter(|c| !c.is_refused(&analysis.refused));
        FileAnalysis {
            findings: settle(kept.collect(), false),
            sites: analysis.sites,
            diagnostics: analysis.diagnostics,
            work: analysis.work,
        }
    }

    /// Analyses one file of a project. `interfaces` has those of the files that it imports, as far
    /// as they have been analysed. Call it on a thread with a deep stack.
    #[must_use]
    pub fn analyze_unit(
        &self,
        project: &Project,
        unit: UnitId,
        text: &str,
        module: &Module,
        interfaces: &dyn Interfaces,
    ) -> UnitAnalysis {
        let Some(path) = project.path(unit) else {
            return UnitAnalysis::default();
        };
        let at = Unit {
            id: unit,
            project: Some(project),
            interfaces,
        };
        self.analyze(path, text, module, at)
    }

    fn analyze(
        &self,
        path: &RepoPath,
        text: &str,
        module: &Module,
        unit: Unit<'_>,
    ) -> UnitAnalysis {
        let reporter = Reporter::new(&self.models, path, text, module);
        let outcome = analysis::analyze(&self.models, module, text, unit, &reporter);
        let mut diagnostics = Vec::new();
        for id in &outcome.cut {
            let name = module
                .functions
                .get(id.0 as usize)
                .map_or("", |f| module.text(f.qualified));
            let name = if name.is_empty() {
                "the file's own body".to_owned()
            } else {
                format!("`{name}`")
            };
            diagnostics.push(
                Diagnostic::new(
                    Level::Warning,
                    "analysis-budget",
                    format!("{name} took too many steps to follow to the end; flows in it may be missed. Splitting it, or what it calls, may help."),
                )
                .at(path.clone()),
            );
        }
        UnitAnalysis {
            candidates: reporter.candidates(&outcome),
            sites: reporter.sites(&outcome),
            sites_elsewhere: reporter.sites_elsewhere(&outcome),
            diagnostics,
            entered: outcome.entered,
            interface: outcome.interface,
            asked: outcome.asked,
            work: outcome.work,
            secrecy: outcome.secrecy,
            refused: outcome.refused,
        }
    }
}
