//! What the files of a project declare, for languages in which files are parts of packages (Go, Java).
//!
//! Made of the outlines of all files, before any is analysed. A type has a key, the key of its package
//! and its qualified name, which is the same in every file. A Go type may have methods in several
//! files; a Java type stands in one. Tests see what they test, but nothing sees what tests declare.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use trueline_syntax::ir::Language;

use super::go::Modules;
use super::outline::{Outline, TypeOutline};
use super::{UnitId, parent};

/// More implementations than this say nothing about which is meant.
const MAX_IMPLEMENTATIONS: usize = 12;
/// Bases that are looked through for methods.
const MAX_BASES: usize = 64;

/// What the files of a project declare.
#[derive(Debug, Default)]
pub(super) struct Declarations {
    scopes: Vec<Scope>,
    /// Names that a package declares and the files in which they stand, by package.
    packages: FxHashMap<Box<str>, FxHashMap<Box<str>, Units>>,
    /// The package of a folder of Go files.
    folders: FxHashMap<Box<str>, Box<str>>,
    types: FxHashMap<Box<str>, Declared>,
}

type Units = SmallVec<[UnitId; 1]>;

/// How a file's names are to be read.
#[derive(Debug, Default)]
struct Scope {
    language: Option<Language>,
    path: Box<str>,
    package: Box<str>,
    /// Packages and classes that are imported as a whole.
    open: Vec<Box<str>>,
}

/// A type.
#[derive(Debug, Default)]
struct Declared {
    name: Box<str>,
    /// In Go, files with a part of it, that which declares it first; in Java, files that declare
    /// one of that name.
    units: Units,
    bases: Vec<Box<str>>,
    methods: BTreeSet<Box<str>>,
    open: BTreeSet<Box<str>>,
    is_made: bool,
    implementations: Vec<Box<str>>,
}

impl Declarations {
    /// Gathers what outlines declare. They are in the order of the files, which have these paths
    /// and languages.
    pub(super) fn of<'p>(
        units: impl Iterator<Item = (&'p str, Option<Language>)>,
        outlines: &[&Outline],
        modules: &Modules,
    ) -> Self {
        let mut all = Self::default();
        for (at, ((path, language), outline)) in units.zip(outlines).enumerate() {
            let scope = Scope::of(path, language, outline);
            all.add(UnitId(at as u32), &scope, outline);
            all.scopes.push(scope);
        }
        all.link_bases(outlines, modules);
        all.note_made(outlines, modules);
        all.link_java();
        all.link_go();
        all
    }

    fn add(&mut self, unit: UnitId, scope: &Scope, outline: &Outline) {
        if scope.language.is_none() || is_test(&scope.path) {
            return;
        }
        let is_go = scope.language == Some(Language::Go);
        if is_go {
            let folder = parent(&scope.path).into();
            self.folders.entry(folder).or_insert(scope.package.clone());
        }
        let names = self.packages.entry(scope.package.clone()).or_default();
        for name in &outline.names {
            names.entry(name.clone()).or_default().push(unit);
        }
        for of in &outline.types {
            let declared = self.types.entry(key(&scope.package, &of.name)).or_default();
            declared.name.clone_from(&of.name);
            if of.is_declared {
                declared.units.insert(0, unit);
            } else {
                declared.units.push(unit);
            }
            if !is_go && declared.units.len() > 1 {
                // Another of the same name: what the first is stays.
                declared.units.remove(0);
                declared.units.push(unit);
                continue;
            }
            declared.methods.extend(of.methods.iter().cloned());
            declared.open.extend(of.open.iter().cloned());
            declared.is_made |= of.is_annotated;
        }
    }

    fn link_bases(&mut self, outlines: &[&Outline], modules: &Modules) {
        let mut found: Vec<(Box<str>, Box<str>)> = Vec::new();
        for (at, outline) in outlines.iter().enumerate() {
            let unit = UnitId(at as u32);
            let Some(scope) = self.scopes.get(at).filter(|s| s.language.is_some()) else {
                continue;
            };
            for TypeOutline { name, bases, .. } in &outline.types {
                let own = key(&scope.package, name);
                let bases = bases.iter().filter_map(|b| self.type_of(unit, b, modules));
                found.extend(
                    bases
                        .filter(|b| **b != *own)
                        .map(|b| (own.clone(), b.into())),
                );
            }
        }
        for (of, base) in found {
            if let Some(declared) = self.types.get_mut(&of)
                && !declared.bases.contains(&base)
            {
                declared.bases.push(base);
            }
        }
    }

    fn note_made(&mut self, outlines: &[&Outline], modules: &Modules) {
        let mut made: Vec<Box<str>> = Vec::new();
        for (at, outline) in outlines.iter().enumerate() {
            if self.scopes.get(at).is_none_or(|s| is_test(&s.path)) {
                continue;
            }
            let types = outline.made.iter();
            let types = types.filter_map(|t| self.type_of(UnitId(at as u32), t, modules));
            made.extend(types.map(Box::from));
        }
        for key in made {
            if let Some(declared) = self.types.get_mut(&key) {
                declared.is_made = true;
            }
        }
    }

    /// Classes are what they say that they extend and implement.
    fn link_java(&mut self) {
        let mut found: Vec<(Box<str>, Box<str>)> = Vec::new();
        for (key, declared) in &self.types {
            if declared.methods.is_empty() || !self.is_in(declared, Language::Java) {
                continue;
            }
            let above = self.lineage(key).into_iter().skip(1);
            found.extend(above.map(|base| (base.into(), key.clone())));
        }
        self.implement(found);
    }

    /// Types implement the interfaces whose methods they have.
    fn link_go(&mut self) {
        let mut having: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
        for (key, declared) in &self.types {
            if !self.is_in(declared, Language::Go) || !declared.open.is_empty() {
                continue;
            }
            for at in self.lineage(key) {
                for method in self.types.get(at).into_iter().flat_map(|d| &d.methods) {
                    having.entry(method).or_default().push(key);
                }
            }
        }
        let mut found: Vec<(Box<str>, Box<str>)> = Vec::new();
        for (key, declared) in &self.types {
            if !self.is_in(declared, Language::Go) {
                continue;
            }
            let wanted: BTreeSet<&str> = self
                .lineage(key)
                .into_iter()
                .filter_map(|at| self.types.get(at))
                .flat_map(|d| d.open.iter().map(|m| &**m))
                .collect();
            let none = Vec::new();
            let lists = wanted.iter().map(|m| having.get(m).unwrap_or(&none));
            let lists: Vec<&Vec<&str>> = lists.collect();
            let Some(rarest) = lists.iter().min_by_key(|types| types.len()) else {
                continue;
            };
            for candidate in *rarest {
                if lists.iter().all(|types| types.contains(candidate)) {
                    found.push((key.clone(), (*candidate).into()));
                }
            }
        }
        self.implement(found);
    }

    fn implement(&mut self, mut found: Vec<(Box<str>, Box<str>)>) {
        found.sort();
        found.dedup();
        for (of, by) in found {
            if let Some(declared) = self.types.get_mut(&of) {
                declared.implementations.push(by);
            }
        }
    }

    fn is_in(&self, declared: &Declared, language: Language) -> bool {
        let unit = declared.units.first().map(|u| u.0 as usize);
        unit.and_then(|at| self.scopes.get(at))
            .is_some_and(|s| s.language == Some(language))
    }

    /// A type and what it is made on, each once.
    fn lineage<'s>(&'s self, key: &'s str) -> Vec<&'s str> {
        let mut all: Vec<&str> = vec![key];
        let mut next = 0;
        while let Some(at) = all.get(next).copied() {
            next += 1;
            for base in self.types.get(at).into_iter().flat_map(|d| &d.bases) {
                let base: &str = base;
                if all.len() < MAX_BASES && !all.contains(&base) {
                    all.push(base);
                }
            }
        }
        all
    }

    /// The key of the type that a name means in a file.
    pub(super) fn type_of(&self, unit: UnitId, name: &str, modules: &Modules) -> Option<&str> {
        let scope = self.scopes.get(unit.0 as usize)?;
        let known = |key: &str| self.types.get_key_value(key).map(|(key, _)| &**key);
        if scope.language == Some(Language::Go) {
            return match name.rsplit_once('.') {
                None => known(&key(&scope.package, name)),
                Some((import, name)) => known(&key(self.go_package(scope, import, modules)?, name)),
            };
        }
        scope.language?;
        let open = scope.open.iter().map(|package| key(package, name));
        known(name)
            .or_else(|| known(&key(&scope.package, name)))
            .or_else(|| open.into_iter().find_map(|key| known(&key)))
    }

    fn go_package(&self, scope: &Scope, import: &str, modules: &Modules) -> Option<&str> {
        let folder = modules.folder(&scope.path, import)?;
        self.folders.get(folder).map(|p| &**p)
    }

    /// Files that declare a name of a package: of that of the file itself, or of one it imports.
    pub(super) fn declaring(
        &self,
        unit: UnitId,
        import: Option<&str>,
        name: &str,
        modules: &Modules,
    ) -> &[UnitId] {
        let Some(scope) = self.scopes.get(unit.0 as usize) else {
            return &[];
        };
        let package = match import {
            None => Some(&*scope.package),
            Some(import) => self.go_package(scope, import, modules),
        };
        package
            .and_then(|p| self.packages.get(p))
            .and_then(|names| names.get(name))
            .map_or(&[], |units| units)
    }

    /// The files that a type stands in, as seen from a file: the first declares it.
    pub(super) fn units_of(&self, from: UnitId, key: &str) -> &[UnitId] {
        let Some(declared) = self.types.get(key) else {
            return &[];
        };
        let path = |unit: &UnitId| self.scopes.get(unit.0 as usize).map_or("", |s| &s.path);
        if declared.units.len() < 2 || self.is_in(declared, Language::Go) {
            return &declared.units;
        }
        // Several of the same name: the one that is nearest.
        let own = path(&from);
        let near = |unit: &&UnitId| {
            let shared = own.bytes().zip(path(unit).bytes());
            (
                shared.take_while(|(a, b)| a == b).count(),
                std::cmp::Reverse(unit.0),
            )
        };
        declared
            .units
            .iter()
            .max_by_key(near)
            .map_or(&[], std::slice::from_ref)
    }

    /// The qualified name of a type.
    pub(super) fn name_of(&self, key: &str) -> Option<&str> {
        self.types.get(key).map(|d| &*d.name)
    }

    /// The key of a type of a file.
    pub(super) fn key_of(&self, unit: UnitId, name: &str) -> Option<Box<str>> {
        let scope = self.scopes.get(unit.0 as usize)?;
        Some(key(&scope.package, name))
    }

    /// Types that stand for another: those of which objects are made, if any are.
    pub(super) fn implementations(&self, key: &str) -> Vec<&str> {
        let Some(declared) = self.types.get(key) else {
            return Vec::new();
        };
        let is_made = |key: &&str| self.types.get(*key).is_some_and(|d| d.is_made);
        let mut all: Vec<&str> = declared.implementations.iter().map(|key| &**key).collect();
        if all.iter().any(is_made) {
            all.retain(is_made);
        }
        if all.len() > MAX_IMPLEMENTATIONS {
            return Vec::new();
        }
        all
    }

    /// Files that have a part in what a file uses.
    pub(super) fn needed(
        &self,
        unit: UnitId,
        outline: &Outline,
        modules: &Modules,
        found: &mut Vec<UnitId>,
    ) {
        let Some(language) = self.scopes.get(unit.0 as usize).and_then(|s| s.language) else {
            return;
        };
        for of in outline.types.iter().filter(|of| !of.methods.is_empty()) {
            let scope = self.scopes.get(unit.0 as usize);
            let key = key(scope.map_or("", |s| &s.package), &of.name);
            // It may call methods that it leaves to others.
            let is_open = |at: &&str| self.types.get(*at).is_some_and(|d| !d.open.is_empty());
            if !self.lineage(&key).iter().any(is_open) {
                continue;
            }
            for by in self.implementations(&key) {
                found.extend_from_slice(self.units_of(unit, by));
            }
        }
        for name in &outline.uses {
            let package = name.rsplit_once('.');
            if language == Language::Go {
                let (import, name) = match package {
                    Some((import, name)) => (Some(import), name),
                    None => (None, &**name),
                };
                found.extend_from_slice(self.declaring(unit, import, name, modules));
            }
            let key = self.type_of(unit, name, modules).or_else(|| {
                // A member that is imported from its class.
                let (class, _) = package.filter(|_| language == Language::Java)?;
                self.type_of(unit, class, modules)
            });
            let Some(key) = key else { continue };
            found.extend_from_slice(self.units_of(unit, key));
            for by in self.implementations(key) {
                found.extend_from_slice(self.units_of(unit, by));
            }
        }
    }
}

impl Scope {
    fn of(path: &str, language: Option<Language>, outline: &Outline) -> Self {
        let language = language.filter(|l| super::outline::has_packages(*l));
        let own = outline.package.as_deref().unwrap_or("");
        let package = match language {
            Some(Language::Go) => format!("{}:{own}", parent(path)).into(),
            _ => own.into(),
        };
        let open = match language {
            Some(Language::Java) => outline
                .imports
                .iter()
                .filter(|(_, member)| member.is_none())
                .map(|(module, _)| module.clone())
                .collect(),
            _ => Vec::new(),
        };
        Self {
            language,
            path: path.into(),
            package,
            open,
        }
    }
}

fn key(package: &str, name: &str) -> Box<str> {
    if package.is_empty() {
        name.into()
    } else {
        format!("{package}.{name}").into()
    }
}

/// Whether a file is only there to test others.
fn is_test(path: &str) -> bool {
    path.ends_with("_test.go") || path.starts_with("src/test/") || path.contains("/src/test/")
}
