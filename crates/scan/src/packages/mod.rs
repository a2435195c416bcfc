//! What is known of packages, from files that are given: names that exist, and advisories in OSV's format.
//!
//! Nothing is looked up in a network. A team exports both once (`docs/policy.md` says how) and hands them to `gate`;
//! what neither file speaks of stays unknown, so that a gate never passes because nobody looked.

pub(crate) mod locks;
mod osv;
mod versions;
mod zip;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use trueline_facts::{Diagnostic, Level};

use crate::ScanError;
pub(crate) use versions::pinned;

/// Files that tell of packages.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PackageData {
    /// Advisories in OSV's format: JSON files, folders and zip archives of them.
    pub advisories: Vec<PathBuf>,
    /// Names that exist: `pypi.txt`, `npm.txt` …, or folders of such files.
    pub names: Vec<PathBuf>,
}

/// A package: the type of its package URL, and its name as its registry compares it.
pub(crate) type Package = (&'static str, String);

/// The types that are known, with what OSV calls their ecosystem.
const ECOSYSTEMS: [(&str, &str); 7] = [
    ("cargo", "crates.io"),
    ("composer", "Packagist"),
    ("gem", "RubyGems"),
    ("golang", "Go"),
    ("maven", "Maven"),
    ("npm", "npm"),
    ("pypi", "PyPI"),
];

/// Longest list of names that is read.
const LARGEST_LIST: u64 = 256 << 20;

/// A package as its registry compares names.
pub(crate) fn package(kind: &str, name: &str) -> Option<Package> {
    let (kind, _) = ECOSYSTEMS.iter().find(|(known, _)| *known == kind)?;
    let name = name.trim();
    let name = match *kind {
        "pypi" => folded(name),
        "cargo" => name.replace('_', "-"),
        "composer" => name.to_lowercase(),
        "maven" => name.replace('/', ":"),
        _ => name.to_owned(),
    };
    // Without its group, or with a property for it, a name of Maven could be anybody's.
    (*kind != "maven" || name.contains(':') && !name.contains("${")).then_some((*kind, name))
}

/// A name of Python as PEP 503 compares it: in lower case, runs of `-`, `_` and `.` as one `-`.
fn folded(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for c in name.chars() {
        if !matches!(c, '-' | '_' | '.') {
            folded.extend(c.to_lowercase());
        } else if !folded.ends_with('-') {
            folded.push('-');
        }
    }
    folded
}

/// What the files say of the packages that were asked for.
#[derive(Debug, Default)]
pub(crate) struct Told {
    names: BTreeMap<&'static str, BTreeSet<String>>,
    listed: BTreeSet<&'static str>,
    advisories: osv::Advisories,
}

impl Told {
    /// Reads the files, and keeps what they say of some packages.
    pub(crate) fn read(
        data: &PackageData,
        wanted: &BTreeSet<Package>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<Self, ScanError> {
        let mut told = Self::default();
        for path in &data.names {
            told.read_names(path, wanted)?;
        }
        for path in &data.advisories {
            let before = told.advisories.read;
            told.advisories.read_path(path, wanted)?;
            if told.advisories.read == before {
                return Err(ScanError::Packages {
                    path: path.clone(),
                    why: "no advisory in OSV's format is in it; it holds JSON files, or zip archives of them".to_owned(),
                });
            }
        }
        if told.advisories.unreadable > 0 {
            diagnostics.push(Diagnostic::new(
                Level::Warning,
                "advisories-unreadable",
                format!(
                    "{} of the given advisories could not be read as OSV's JSON: what they say is not known",
                    told.advisories.unreadable
                ),
            ));
        }
        Ok(told)
    }

    /// Reads lists of names alone, and of those only the ones that can have what is asked for.
    pub(crate) fn names(
        lists: impl Iterator<Item = PathBuf>,
        wanted: &BTreeSet<Package>,
    ) -> Result<Self, ScanError> {
        let mut told = Self::default();
        let kinds: BTreeSet<&str> = wanted.iter().map(|(kind, _)| *kind).collect();
        for path in lists {
            if path.is_dir() {
                let of_kinds = kinds.iter().map(|kind| path.join(format!("{kind}.txt")));
                for list in of_kinds.filter(|list| list.is_file()) {
                    told.read_names(&list, wanted)?;
                }
            } else if path.file_stem().is_none_or(|stem| {
                // What is called after no registry is told as a mistake.
                kinds.contains(&*stem.to_string_lossy()) || !is_kind(&stem.to_string_lossy())
            }) {
                told.read_names(&path, wanted)?;
            }
        }
        Ok(told)
    }

    fn read_names(&mut self, path: &Path, wanted: &BTreeSet<Package>) -> Result<(), ScanError> {
        let unreadable = |error: io::Error| failed(path, &error);
        if path.is_dir() {
            let mut read = false;
            for (kind, _) in ECOSYSTEMS {
                let file = path.join(format!("{kind}.txt"));
                if file.is_file() {
                    self.read_names(&file, wanted)?;
                    read = true;
                }
            }
            return if read {
                Ok(())
            } else {
                Err(ScanError::Packages {
                    path: path.to_owned(),
                    why: format!("no list is in it: one of {}", lists()),
                })
            };
        }
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let Some((kind, _)) = ECOSYSTEMS.iter().find(|(kind, _)| *kind == stem) else {
            return Err(ScanError::Packages {
                path: path.to_owned(),
                why: format!("a list is called after its registry: {}", lists()),
            });
        };
        let metadata = std::fs::metadata(path).map_err(unreadable)?;
        // A device or a pipe tells no length, and may have no end.
        if !metadata.is_file() || metadata.len() > LARGEST_LIST {
            return Err(ScanError::Packages {
                path: path.to_owned(),
                why: format!("no file of at most {LARGEST_LIST} bytes"),
            });
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let lines = || {
            let lines = text.lines().map(str::trim);
            lines.filter(|line| !line.is_empty() && !line.starts_with('#'))
        };
        let names = self.names.entry(kind).or_default();
        if matches!(*kind, "npm" | "gem" | "golang") {
            // Compared as they stand: looked for in millions of lines without reading each.
            let of_kind = wanted.iter().filter(|(of, _)| of == kind);
            names.extend(
                of_kind
                    .filter(|(_, name)| has_line(&text, name))
                    .map(|(_, name)| name.clone()),
            );
        } else {
            let packages = lines().filter_map(|line| package(kind, line));
            names.extend(
                packages
                    .filter(|one| wanted.contains(one))
                    .map(|(_, name)| name),
            );
        }
        // It would say that nothing exists.
        if lines().next().is_none() {
            return Err(ScanError::Packages {
                path: path.to_owned(),
                why: "no name is in it; it holds the names that exist, one a line".to_owned(),
            });
        }
        self.listed.insert(kind);
        Ok(())
    }

    /// How many advisories could not be read: what they say is not known, so that no version is sound by their silence.
    pub(crate) fn unreadable(&self) -> u64 {
        self.advisories.unreadable
    }

    /// Whether a package exists: a list has it, or an advisory that is not about the package as such being an attack.
    pub(crate) fn exists(&self, package: &Package) -> Option<bool> {
        let is_listed = self
            .names
            .get(package.0)
            .is_some_and(|names| names.contains(&package.1));
        if is_listed || self.advisories.proves(package) {
            return Some(true);
        }
        self.listed.contains(package.0).then_some(false)
    }

    /// Ids of advisories that hold for any of some versions of a package; `None` where that cannot be told.
    pub(crate) fn vulnerabilities(
        &self,
        package: &Package,
        versions: &BTreeSet<String>,
    ) -> Option<Vec<String>> {
        self.advisories.affecting(package, versions)
    }
}

fn is_kind(name: &str) -> bool {
    ECOSYSTEMS.iter().any(|(kind, _)| *kind == name)
}

/// Whether a text has a line that is this, blanks aside.
fn has_line(text: &str, line: &str) -> bool {
    let text = text.as_bytes();
    let found = text.find_iter(line);
    found.into_iter().any(|at| {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + line.len()..).unwrap_or_default();
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
        let before = before.iter().rev().find(|byte| !blank(byte));
        let after = after.iter().find(|byte| !blank(byte));
        before.is_none_or(|byte| *byte == b'\n') && after.is_none_or(|byte| *byte == b'\n')
    })
}

fn lists() -> String {
    let names = ECOSYSTEMS.map(|(kind, _)| format!("{kind}.txt"));
    names.join(", ")
}

fn failed(path: &Path, error: &io::Error) -> ScanError {
    ScanError::Packages {
        path: path.to_owned(),
        why: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_whole_or_not_at_all() {
        let text = "# list\nleft-pad\r\n  right-pad \nx-left-pad-y\nlast";
        for name in ["left-pad", "right-pad", "x-left-pad-y", "last"] {
            assert!(has_line(text, name), "{name}");
        }
        for name in ["left", "pad", "list", "las", "x-left-pad"] {
            assert!(!has_line(text, name), "{name}");
        }
    }

    #[test]
    fn names_are_compared_as_registries_do() {
        assert_eq!(
            package("pypi", "Zope.Interface"),
            Some(("pypi", "zope-interface".to_owned()))
        );
        assert_eq!(
            package("pypi", "Foo._-Bar__baz"),
            Some(("pypi", "foo-bar-baz".to_owned()))
        );
        assert_eq!(
            package("cargo", "serde_json"),
            package("cargo", "serde-json")
        );
        assert_ne!(package("npm", "a_b"), package("npm", "a-b"));
        assert_eq!(package("maven", "only-an-artifact"), None);
        assert_eq!(package("maven", "${project.groupId}:core"), None);
        assert_eq!(package("deb", "curl"), None);
    }

    #[test]
    fn a_list_says_yes_and_no_and_without_one_nothing_is_said() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pypi.txt"), "# ours\nFlask\n").unwrap();
        let data = PackageData {
            names: vec![folder.path().to_owned()],
            ..PackageData::default()
        };
        let wanted: BTreeSet<Package> = [("pypi", "flask"), ("pypi", "flask-helper"), ("npm", "x")]
            .map(|(kind, name)| (kind, name.to_owned()))
            .into();
        let told = Told::read(&data, &wanted, &mut Vec::new()).unwrap();
        let exists = |kind, name: &str| told.exists(&(kind, name.to_owned()));
        assert_eq!(exists("pypi", "flask"), Some(true));
        assert_eq!(exists("pypi", "flask-helper"), Some(false));
        assert_eq!(exists("npm", "x"), None);
        std::fs::write(folder.path().join("npm.txt"), "# nothing yet\n\n").unwrap();
        for path in ["other.txt", "missing/pypi.txt", "npm.txt"] {
            let data = PackageData {
                names: vec![folder.path().join(path)],
                ..PackageData::default()
            };
            assert!(
                Told::read(&data, &wanted, &mut Vec::new()).is_err(),
                "{path}"
            );
        }
    }
}
