//! All files of a scan and what an import in one of them means: another file, a folder, or a
//! library.
//!
//! For Python and JavaScript only paths and a few manifests (`tsconfig.json`, `package.json`) are
//! looked at. In Go and Java files are parts of packages: there the [`Outline`]s of all files, each
//! made of its file alone, say what a name means. The analysis asks for every import and name that
//! it meets ([`question`]); [`order`] puts files after those that they need.

mod declarations;
mod go;
mod javascript;
mod order;
mod outline;
mod packages;
mod python;
mod question;

use rustc_hash::{FxHashMap, FxHashSet};
use trueline_facts::RepoPath;
use trueline_syntax::ir::Language;

use self::declarations::Declarations;
pub(crate) use self::order::layers;
pub use self::order::{Batches, batches};
pub use self::outline::Outline;
pub(crate) use self::outline::{has_packages, used};
pub(crate) use self::question::{Answer, Question, key_answer, keys_answer};
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
    /// A package of several files, by its import path.
    Package(Box<str>),
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
    modules: go::Modules,
    declarations: Declarations,
    shape: Digest,
}

impl Project {
    /// A project of these files with the languages that their names tell. `manifests` are the texts of files that [`is_manifest`] names.
    #[must_use]
    pub fn new(units: Vec<(RepoPath, Option<Language>)>, manifests: &[(RepoPath, String)]) -> Self {
        let mut by_path = FxHashMap::default();
        let mut folders = FxHashSet::default();
        let mut modules = go::Modules::read(manifests);
        for (at, (path, language)) in units.iter().enumerate() {
            // Paths that are not text cannot be imported.
            let Ok(text) = std::str::from_utf8(path.as_bytes()) else {
                continue;
            };
            by_path.insert(text.into(), UnitId(at as u32));
            if *language == Some(Language::Go) {
                modules.add_folder(parent(text));
            }
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
            modules,
            declarations: Declarations::default(),
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
            Some(Language::Java) => None,
            Some(Language::Go) => self
                .modules
                .folder(self.text_of(from), module)
                .map(|_| Target::Package(module.into())),
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
            Target::Package(_) => None,
        }
    }

    /// Takes in the outlines of all files, in their order. Until then names of packages mean
    /// nothing.
    pub fn connect(&mut self, outlines: &[&Outline]) {
        let units = (0..self.units.len()).map(|at| {
            let (_, language) = self.units[at];
            (self.text_of(UnitId(at as u32)), language)
        });
        self.declarations = Declarations::of(units, outlines, &self.modules);
        let mut hash = Hasher::new("connected project");
        hash.digest(self.shape);
        for (at, outline) in outlines.iter().enumerate() {
            if let Some(declared) = outline.declared() {
                hash.count(at);
                hash.digest(declared);
            }
        }
        self.shape = hash.finish();
    }

    /// Files that a file needs, ascending, itself not among them: those that it imports, and those
    /// that declare what it uses.
    #[must_use]
    pub fn needed(&self, unit: UnitId, outline: &Outline) -> Vec<UnitId> {
        let mut found = Vec::new();
        for (module, member) in &outline.imports {
            let Some(target) = self.resolve(unit, module) else {
                continue;
            };
            if let Some(member) = member
                && let Some(Target::Unit(inner)) = self.submodule(&target, member)
            {
                found.push(inner);
            }
            if let Target::Unit(target) = target {
                found.push(target);
            }
        }
        self.declarations
            .needed(unit, outline, &self.modules, &mut found);
        found.sort_unstable();
        found.dedup();
        found.retain(|other| *other != unit);
        found
    }

    /// Stands for all that answers can depend on: every path with its language, the manifests, and
    /// what files declare.
    #[must_use]
    pub const fn shape(&self) -> Digest {
        self.shape
    }
}

/// Whether a file tells how imports are written in the project.
#[must_use]
pub fn is_manifest(path: &RepoPath) -> bool {
    let name: &[u8] = path.file_name().as_ref();
    matches!(
        name,
        b"package.json" | b"tsconfig.json" | b"jsconfig.json" | b"go.mod" | b"go.work"
    ) || name.starts_with(b"tsconfig.") && name.ends_with(b".json")
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
