//! All files of a scan and what an import in one of them means: another file, a folder, or a
//! library.
//!
//! Only paths and a few manifests (`tsconfig.json`, `package.json`) are looked at, so resolving
//! needs no file to be parsed. The analysis asks for every import that it meets; [`order`] puts
//! files after those that they import.

mod javascript;
mod order;
mod python;

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use trueline_facts::RepoPath;
use trueline_syntax::ir::{Language, Module, Op};

pub use self::order::{Batches, batches};
use crate::digest::{Digest, Hasher};

/// A file of a project: an index of the list that [`Project::new`] was given.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UnitId(pub u32);

/// What an imported name of a module stands for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Target {
    /// A file.
    Unit(UnitId),
    /// A folder of modules without a file of its own.
    Folder(Box<str>),
}

/// The files of a scan.
#[derive(Debug, Default)]
pub struct Project {
    units: Vec<(RepoPath, Option<Language>)>,
    by_path: FxHashMap<Box<str>, UnitId>,
    /// Folders with Python files somewhere below.
    folders: FxHashSet<Box<str>>,
    /// Folders that hold a top package of a name.
    packages: FxHashMap<Box<str>, Vec<Box<str>>>,
    scripts: javascript::Aliases,
    shape: Digest,
}

impl Project {
    /// A project of these files with the languages that their names tell. `manifests` are the texts of files that [`is_manifest`] names.
    #[must_use]
    pub fn new(units: Vec<(RepoPath, Option<Language>)>, manifests: &[(RepoPath, String)]) -> Self {
        let mut by_path = FxHashMap::default();
        let mut folders = FxHashSet::default();
        for (at, (path, language)) in units.iter().enumerate() {
            // Paths that are not text cannot be imported.
            let Ok(text) = std::str::from_utf8(path.as_bytes()) else {
                continue;
            };
            by_path.insert(text.into(), UnitId(at as u32));
            if *language == Some(Language::Python) {
                let mut folder = parent(text);
                while !folder.is_empty() && folders.insert(folder.into()) {
                    folder = parent(folder);
                }
            }
        }
        let mut packages: FxHashMap<Box<str>, Vec<Box<str>>> = FxHashMap::default();
        for (path, language) in &units {
            let Ok(text) = std::str::from_utf8(path.as_bytes()) else {
                continue;
            };
            let exists = |path: &str| by_path.get(path).copied();
            if let Some((name, folder)) = python::top_package(text, *language, exists) {
                packages.entry(name.into()).or_default().push(folder.into());
            }
        }
        let shape = shape(&units, manifests);
        Self {
            units,
            by_path,
            folders,
            packages,
            scripts: javascript::Aliases::read(manifests),
            shape,
        }
    }

    /// How many files.
    #[must_use]
    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// The path of a file.
    #[must_use]
    pub fn path(&self, unit: UnitId) -> Option<&RepoPath> {
        self.units.get(unit.0 as usize).map(|u| &u.0)
    }

    /// The file at a path.
    #[must_use]
    pub fn unit(&self, path: &RepoPath) -> Option<UnitId> {
        let text = std::str::from_utf8(path.as_bytes()).ok()?;
        self.by_path.get(text).copied()
    }

    fn at(&self, path: &str) -> Option<UnitId> {
        self.by_path.get(path).copied()
    }

    fn text_of(&self, unit: UnitId) -> &str {
        self.path(unit)
            .and_then(|p| std::str::from_utf8(p.as_bytes()).ok())
            .unwrap_or("")
    }

    /// What a module name means in a file; `None` for libraries.
    pub(crate) fn resolve(&self, from: UnitId, module: &str) -> Option<Target> {
        let (_, language) = self.units.get(from.0 as usize)?;
        match language {
            // A script without an extension may be in any language: a path is never Python's.
            Some(Language::Python) | None if !module.contains('/') => self
                .resolve_python(self.text_of(from), module)
                .filter(|target| *target != Target::Unit(from)),
            _ => self
                .resolve_script(self.text_of(from), module)
                .filter(|unit| *unit != from)
                .map(Target::Unit),
        }
    }

    /// A module inside a package.
    pub(crate) fn submodule(&self, of: &Target, name: &str) -> Option<Target> {
        match of {
            Target::Unit(unit) => {
                let path = self.text_of(*unit);
                let folder = path.strip_suffix("/__init__.py")?;
                self.python_module(folder, name)
            }
            Target::Folder(folder) => self.python_module(folder, name),
        }
    }

    /// Files that a file imports by these names, ascending, itself not among them.
    #[must_use]
    pub fn imports(&self, unit: UnitId, names: &[ImportName]) -> Vec<UnitId> {
        let mut found = Vec::new();
        for name in names {
            let Some(target) = self.resolve(unit, &name.module) else {
                continue;
            };
            if let Some(member) = &name.member
                && let Some(Target::Unit(inner)) = self.submodule(&target, member)
            {
                found.push(inner);
            }
            if let Target::Unit(target) = target {
                found.push(target);
            }
        }
        found.sort_unstable();
        found.dedup();
        found.retain(|other| *other != unit);
        found
    }

    /// What a question that an analysis asked is answered today, as text.
    pub(crate) fn answer(&self, from: UnitId, question: &Question) -> Answer {
        let target = match question {
            Question::Resolve(module) => self.resolve(from, module),
            Question::Submodule(of, name) => {
                let of = match of {
                    Answer::Unit(path) => self.unit(path).map(Target::Unit),
                    Answer::Folder(folder) => Some(Target::Folder(folder.clone())),
                    Answer::Nothing => None,
                };
                of.and_then(|of| self.submodule(&of, name))
            }
        };
        self.answered(target.as_ref())
    }

    /// A target in a form that outlives the project.
    pub(crate) fn answered(&self, target: Option<&Target>) -> Answer {
        match target {
            Some(Target::Unit(unit)) => self
                .path(*unit)
                .map_or(Answer::Nothing, |path| Answer::Unit(path.clone())),
            Some(Target::Folder(folder)) => Answer::Folder(folder.clone()),
            None => Answer::Nothing,
        }
    }

    /// Stands for all that answers can depend on: every path with its language, and the manifests.
    #[must_use]
    pub const fn shape(&self) -> Digest {
        self.shape
    }
}

/// An import as a file writes it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ImportName {
    module: Box<str>,
    member: Option<Box<str>>,
}

/// The imports of a file, each once; they depend on its text alone.
#[must_use]
pub fn import_names(module: &Module) -> Vec<ImportName> {
    let instrs = module
        .functions
        .iter()
        .flat_map(|f| &f.blocks)
        .flat_map(|b| &b.instrs);
    let names: BTreeSet<ImportName> = instrs
        .filter_map(|instr| match &instr.op {
            Op::Import {
                module: name,
                member,
            } => Some(ImportName {
                module: module.text(*name).into(),
                member: member.map(|m| module.text(m).into()),
            }),
            _ => None,
        })
        .collect();
    names.into_iter().collect()
}

/// What the analysis of a file asked its project. With the answers it had, it tells later whether a
/// change of the project's files concerns that file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum Question {
    /// What a module name means in the file.
    Resolve(Box<str>),
    /// A module inside a package.
    Submodule(Answer, Box<str>),
}

/// A target by its path.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    Nothing,
    Unit(RepoPath),
    Folder(Box<str>),
}

/// Whether a file tells how imports are written in the project.
#[must_use]
pub fn is_manifest(path: &RepoPath) -> bool {
    let name: &[u8] = path.file_name().as_ref();
    matches!(name, b"package.json" | b"tsconfig.json" | b"jsconfig.json")
        || name.starts_with(b"tsconfig.") && name.ends_with(b".json")
}

fn shape(units: &[(RepoPath, Option<Language>)], manifests: &[(RepoPath, String)]) -> Digest {
    let mut hash = Hasher::new("project");
    hash.count(units.len());
    for (path, language) in units {
        hash.bytes(path.as_bytes());
        hash.bytes(language.map_or("", Language::as_str).as_bytes());
    }
    for (path, text) in manifests {
        hash.bytes(path.as_bytes());
        hash.bytes(text.as_bytes());
    }
    hash.finish()
}

/// The folder of a path; of a file at the top the empty text.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A path below a folder.
fn below(folder: &str, rest: &str) -> String {
    if folder.is_empty() {
        rest.to_owned()
    } else if rest.is_empty() {
        folder.to_owned()
    } else {
        format!("{folder}/{rest}")
    }
}
