//! Dependencies that a change brings: added by manifests, and at versions with known vulnerabilities by pins and lock
//! files.
//!
//! What exists and what is vulnerable is told by files that the caller names (`crate::packages`); without them both stay
//! unknown.

use std::collections::BTreeSet;

use trueline_facts::RepoPath;
use trueline_facts::change::{AddedDependency, Change, FactName};
use trueline_facts::{Diagnostic, Level};
use trueline_history::signals::dependencies;

use super::parts::{Surroundings, added};
use super::unknown;
use crate::ScanError;
use crate::packages::locks::{self, Locked};
use crate::packages::{Package, PackageData, Told, package, pinned};

/// What a change does to packages.
#[derive(Default)]
struct Seen<'a> {
    added: Vec<Candidate>,
    /// Entries of manifests that were there before at another version.
    moved: Vec<Candidate>,
    /// Entries of lock files that were not there before.
    locked: Vec<Entry<'a>>,
    /// Lock files that changed and were not compared.
    unread: Vec<&'a RepoPath>,
}

/// A new entry of a lock file.
struct Entry<'a> {
    path: &'a RepoPath,
    text: &'a str,
    locked: Locked,
}

/// Of what the change touches, besides the dependencies that are listed: what nobody judged.
#[derive(Default)]
struct Unjudged<'a> {
    /// Requirements that changed, as package URLs.
    moved: Vec<String>,
    /// Entries of lock files, as package URLs.
    locked: Vec<String>,
    /// Lock files.
    unread: Vec<&'a RepoPath>,
    /// Advisories that could not be read.
    advisories: u64,
}

/// An entry of a manifest.
struct Candidate {
    purl: String,
    package: Option<Package>,
    requirement: String,
    path: RepoPath,
    line: u32,
    versions: BTreeSet<String>,
}

/// Adds the dependencies.
pub(super) fn add(
    change: &mut Change,
    of: &Surroundings<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<(), ScanError> {
    let mut seen = Seen::default();
    manifests(change, of, &mut seen);
    let asks = of.packages != &PackageData::default();
    lock_files(of, asks, &mut seen, diagnostics);
    let Seen {
        mut added,
        mut moved,
        locked,
        unread,
    } = seen;
    for candidate in added.iter_mut().chain(&mut moved) {
        resolve(candidate, &locked);
    }
    let manifests = added.iter().chain(&moved);
    let wanted: BTreeSet<Package> = manifests
        .filter_map(|candidate| candidate.package.clone())
        .chain(locked.iter().map(|entry| entry.locked.package.clone()))
        .collect();
    // Nothing is read of the files where nothing is asked of them.
    let told = if asks && !wanted.is_empty() {
        Told::read(of.packages, &wanted, diagnostics)?
    } else {
        Told::default()
    };
    for candidate in added {
        let dependency = candidate.dependency(of, &told);
        change.dependencies.push(dependency);
    }
    let mut unjudged = Unjudged {
        unread,
        advisories: told.unreadable(),
        ..Unjudged::default()
    };
    let mut is_told: BTreeSet<(String, Vec<String>)> = change
        .dependencies
        .iter()
        .filter_map(|one| Some((one.purl.clone(), one.vulnerabilities.clone()?)))
        .collect();
    for candidate in moved {
        let dependency = candidate.dependency(of, &told);
        match &dependency.vulnerabilities {
            None => unjudged.moved.push(dependency.purl),
            Some(known) if known.is_empty() => {}
            Some(known) => {
                if is_told.insert((dependency.purl.clone(), known.clone())) {
                    change.dependencies.push(dependency);
                }
            }
        }
    }
    for Entry { path, text, locked } in locked {
        let versions = BTreeSet::from([locked.version.clone()]);
        let Some(known) = told.vulnerabilities(&locked.package, &versions) else {
            unjudged.locked.push(purl(&locked.package));
            continue;
        };
        let purl = purl(&locked.package);
        if known.is_empty() || !is_told.insert((purl.clone(), known.clone())) {
            continue;
        }
        // Looking for the line reads the whole file, so it is done for what is told alone.
        let line = locks::line_of(text, &locked);
        change.dependencies.push(AddedDependency {
            purl,
            requirement: String::new(),
            exists: told.exists(&locked.package),
            version: Some(locked.version),
            origin: of.written.origin(path, line),
            path: path.clone(),
            line,
            vulnerabilities: Some(known),
        });
    }
    change.dependencies.sort();
    not_known(change, asks, &unjudged);
    Ok(())
}

fn purl((kind, name): &Package) -> String {
    let name = match *kind {
        "maven" => name.replace(':', "/"),
        _ => name.replace('@', "%40"),
    };
    format!("pkg:{kind}/{name}")
}

impl Candidate {
    fn dependency(self, of: &Surroundings<'_>, told: &Told) -> AddedDependency {
        let package = self.package.as_ref();
        let mut versions = self.versions.iter();
        AddedDependency {
            exists: package.and_then(|package| told.exists(package)),
            vulnerabilities: package
                .and_then(|package| told.vulnerabilities(package, &self.versions)),
            version: versions
                .next()
                .filter(|_| self.versions.len() == 1)
                .cloned(),
            origin: of.written.origin(&self.path, self.line),
            purl: self.purl,
            requirement: self.requirement,
            path: self.path,
            line: self.line,
        }
    }
}

/// The versions that lock files of the change give an entry whose manifest leaves it open.
fn resolve(candidate: &mut Candidate, locked: &[Entry<'_>]) {
    let Some(package) = &candidate.package else {
        return;
    };
    if let Some(version) = pinned(package.0, &candidate.requirement) {
        candidate.versions.insert(version);
        return;
    }
    for Entry { path, locked, .. } in locked {
        if locked.package == *package && locks::covers(path, &candidate.path) {
            candidate.versions.insert(locked.version.clone());
        }
    }
}

/// Does an entry name an address instead of a package of a registry?
fn is_elsewhere(requirement: &str) -> bool {
    requirement.contains("://")
        || requirement.starts_with("git+")
        || requirement.starts_with("github:")
        || requirement.starts_with("@ ")
}

fn manifests(change: &mut Change, of: &Surroundings<'_>, seen: &mut Seen<'_>) {
    let mut unread: Vec<String> = Vec::new();
    for file in of.files {
        let path = file.path();
        if !dependencies::is_manifest(path) || file.delta.after.is_none() {
            continue;
        }
        let text = file.after.as_deref().unwrap_or_default();
        let Some(after) = dependencies::packages(path, text.as_bytes()) else {
            unread.push(path.display().into_owned());
            continue;
        };
        let before = file.before.as_deref().unwrap_or_default();
        let before = dependencies::packages(path, before.as_bytes()).unwrap_or_default();
        for (name, requirement) in &after {
            let was = before.get(name);
            if was == Some(requirement) {
                continue;
            }
            let Some(purl) = dependencies::purl(path, name) else {
                continue;
            };
            let bare = name.rsplit([':', '/']).next().unwrap_or(name);
            let line = added(file, of.written)
                .find(|(_, line, _)| line.contains(bare))
                .map_or(0, |(number, _, _)| number);
            let kind = purl
                .strip_prefix("pkg:")
                .and_then(|rest| rest.split('/').next());
            let candidate = Candidate {
                package: kind
                    .and_then(|kind| package(kind, name))
                    .filter(|_| !is_elsewhere(requirement)),
                purl,
                requirement: requirement.clone(),
                path: path.clone(),
                line,
                versions: BTreeSet::new(),
            };
            if was.is_none() {
                seen.added.push(candidate);
            } else {
                seen.moved.push(candidate);
            }
        }
    }
    if !unread.is_empty() {
        let why = format!("{} could not be read as a manifest", unread.join(", "));
        unknown(change, FactName::Dependencies, &why);
    }
}

/// Reads the lock files that changed; where nothing is asked of packages, they are only noted.
fn lock_files<'a>(
    of: &Surroundings<'a>,
    asks: bool,
    seen: &mut Seen<'a>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for file in of.files {
        let path = file.path();
        if !locks::is_lock(path) || file.delta.after.is_none() {
            continue;
        }
        if !asks {
            if added(file, of.written).next().is_some() {
                seen.unread.push(path);
            }
            continue;
        }
        let text = file.after.as_deref().unwrap_or_default();
        let Some(after) = locks::entries(path, text) else {
            seen.unread.push(path);
            diagnostics.push(
                Diagnostic::new(
                    Level::Warning,
                    "lock-file-not-read",
                    "versions in it are not compared with advisories: its form is not read, or it is broken",
                )
                .at(path.clone()),
            );
            continue;
        };
        let old = file.delta.previous.as_ref().unwrap_or(path);
        let before = file.before.as_deref().unwrap_or_default();
        let before = locks::entries(old, before).unwrap_or_default();
        for locked in after.difference(&before) {
            seen.locked.push(Entry {
                path,
                text,
                locked: locked.clone(),
            });
        }
    }
}

/// Says of what nobody knows whether it exists or is sound, and what would tell.
fn not_known(change: &mut Change, asks: bool, other: &Unjudged<'_>) {
    let of = |missing: fn(&AddedDependency) -> bool| -> Vec<String> {
        let all = change.dependencies.iter();
        all.filter(|one| missing(one))
            .map(|one| one.purl.clone())
            .collect()
    };
    let unlisted = of(|one| one.exists.is_none());
    let unjudged = of(|one| one.vulnerabilities.is_none());
    let added = change.dependencies.len();
    if !unlisted.is_empty() {
        let why = if asks {
            format!(
                "of {} of {added} dependencies ({}) no list of names was given (`--package-names`), or they come from an address",
                unlisted.len(),
                named(&unlisted)
            )
        } else {
            "registries are not asked; `--package-names` takes lists of names that exist".to_owned()
        };
        unknown(change, FactName::DependencyExistence, &why);
    }
    let Unjudged {
        moved,
        locked,
        unread,
        advisories,
    } = other;
    let nothing_missing =
        unjudged.is_empty() && moved.is_empty() && locked.is_empty() && unread.is_empty();
    // An advisory that could not be read may be about any package of the change.
    let is_asked = added > 0 || !nothing_missing;
    if nothing_missing && !(is_asked && *advisories > 0) {
        return;
    }
    if !asks {
        let why = "advisories are not looked up; `--advisories` takes an export of OSV, `--import` the SARIF of a scanner";
        unknown(change, FactName::DependencyVulnerabilities, why);
        return;
    }
    let mut parts = Vec::new();
    for (packages, what) in [
        (&unjudged, format!("of {added} dependencies")),
        (moved, "changed requirements".to_owned()),
        (locked, "new entries of lock files".to_owned()),
    ] {
        if !packages.is_empty() {
            let names = named(packages);
            parts.push(format!("{} {what} ({names})", packages.len()));
        }
    }
    let mut sentences = Vec::new();
    if !parts.is_empty() {
        sentences.push(format!(
            "of {} the version is not known (no pin, and no lock file of the change names it) or cannot be compared, \
             or no advisory of their registry was given (`--advisories`)",
            parts.join(", ")
        ));
    }
    if !unread.is_empty() {
        let names: Vec<String> = unread
            .iter()
            .map(|path| path.display().into_owned())
            .collect();
        sentences.push(format!(
            "{} could not be read as a lock file",
            names.join(", ")
        ));
    }
    if *advisories > 0 {
        sentences.push(format!(
            "{advisories} of the given advisories could not be read"
        ));
    }
    unknown(
        change,
        FactName::DependencyVulnerabilities,
        &sentences.join("; "),
    );
}

/// The first packages of some, and how many more there are.
fn named(packages: &[String]) -> String {
    const FIRST: usize = 5;
    let first = packages.iter().take(FIRST);
    let first: Vec<&str> = first
        .map(|purl| purl.strip_prefix("pkg:").unwrap_or(purl))
        .collect();
    let first = first.join(", ");
    match packages.len().checked_sub(FIRST) {
        Some(more @ 1..) => format!("{first} and {more} more"),
        _ => first,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_urls_are_written_as_manifests_have_them() {
        let of = |kind: &str, name: &str| purl(&package(kind, name).unwrap());
        assert_eq!(of("npm", "@a/b"), "pkg:npm/%40a/b");
        assert_eq!(of("maven", "g:a"), "pkg:maven/g/a");
        assert_eq!(of("pypi", "Flask_X"), "pkg:pypi/flask-x");
    }

    #[test]
    fn an_address_is_no_name_of_a_registry() {
        assert!(is_elsewhere("@ https://example.org/x.whl"));
        assert!(is_elsewhere("github:a/b"));
        assert!(is_elsewhere("https://example.org/x abc"));
        assert!(!is_elsewhere("^1.0"));
    }
}
