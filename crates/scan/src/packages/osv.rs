//! Advisories in the format of OSV (<https://ossf.github.io/osv-schema/>): which versions of a package they hold for.
//!
//! Read from files, folders and zip archives, as the database exports them. Only what speaks of the packages that were
//! asked for is kept. A version that cannot be compared makes the answer unknown, not empty.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::versions::{compare, same};
use super::{ECOSYSTEMS, Package, failed, package, zip};
use crate::ScanError;

/// Longest advisory that is read, and longest archive of them.
const LARGEST: u64 = 16 << 20;
const LARGEST_ARCHIVE: u64 = 2 << 30;
/// Folders of folders are followed so far.
const DEEPEST: usize = 8;

/// What is known of the packages that were asked for.
#[derive(Debug, Default)]
pub(super) struct Advisories {
    of: BTreeMap<Package, Vec<Advisory>>,
    /// Registries of which any advisory was read: of others silence says nothing.
    ecosystems: BTreeSet<&'static str>,
    pub(super) read: u64,
    pub(super) unreadable: u64,
}

/// An advisory, as far as it is about one package.
#[derive(Debug)]
struct Advisory {
    id: String,
    versions: Vec<String>,
    ranges: Vec<Range>,
}

#[derive(Debug, Deserialize)]
struct Document {
    id: String,
    #[serde(default)]
    withdrawn: Option<String>,
    #[serde(default)]
    affected: Vec<Affected>,
}

#[derive(Debug, Deserialize)]
struct Affected {
    #[serde(default)]
    package: Option<Named>,
    #[serde(default)]
    ranges: Vec<Range>,
    #[serde(default)]
    versions: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Named {
    ecosystem: String,
    name: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Range {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Event {
    #[serde(default)]
    introduced: Option<String>,
    #[serde(default)]
    fixed: Option<String>,
    #[serde(default)]
    last_affected: Option<String>,
}

impl Advisories {
    /// Reads a file, a folder or an archive.
    pub(super) fn read_path(
        &mut self,
        path: &Path,
        wanted: &BTreeSet<Package>,
    ) -> Result<(), ScanError> {
        self.read_below(path, wanted, 0)
    }

    fn read_below(
        &mut self,
        path: &Path,
        wanted: &BTreeSet<Package>,
        depth: usize,
    ) -> Result<(), ScanError> {
        let meta = std::fs::metadata(path).map_err(|error| failed(path, &error))?;
        if meta.is_dir() {
            if depth >= DEEPEST {
                return Ok(());
            }
            let entries = std::fs::read_dir(path).map_err(|error| failed(path, &error))?;
            for entry in entries {
                let entry = entry.map_err(|error| failed(path, &error))?;
                let kind = entry.file_type().map_err(|error| failed(path, &error))?;
                let below = entry.path();
                let is_read = below
                    .extension()
                    .is_some_and(|extension| extension == "json" || extension == "zip");
                if kind.is_dir() || kind.is_file() && is_read {
                    self.read_below(&below, wanted, depth + 1)?;
                }
            }
            return Ok(());
        }
        let is_archive = path.extension().is_some_and(|extension| extension == "zip");
        let most = if is_archive { LARGEST_ARCHIVE } else { LARGEST };
        if meta.len() > most {
            return Err(ScanError::Packages {
                path: path.to_owned(),
                why: format!("{} bytes; at most {most} are read", meta.len()),
            });
        }
        let bytes = std::fs::read(path).map_err(|error| failed(path, &error))?;
        if !is_archive {
            self.add(&bytes, wanted);
            return Ok(());
        }
        let broken = zip::each(&bytes, LARGEST, |name, content| {
            if name.ends_with(b".json") {
                self.add(content, wanted);
            }
        })
        .map_err(|why| ScanError::Packages {
            path: path.to_owned(),
            why,
        })?;
        self.unreadable += broken;
        Ok(())
    }

    fn add(&mut self, bytes: &[u8], wanted: &BTreeSet<Package>) {
        let Ok(document) = serde_json::from_slice::<Document>(bytes) else {
            self.unreadable += 1;
            return;
        };
        self.read += 1;
        for affected in document.affected {
            let Some(named) = affected.package else {
                continue;
            };
            let ecosystem = named.ecosystem.split(':').next().unwrap_or_default();
            let Some((kind, _)) = ECOSYSTEMS.iter().find(|(_, name)| *name == ecosystem) else {
                continue;
            };
            self.ecosystems.insert(kind);
            let Some(package) = package(kind, &named.name).filter(|one| wanted.contains(one))
            else {
                continue;
            };
            if document.withdrawn.is_none() {
                self.of.entry(package).or_default().push(Advisory {
                    id: document.id.clone(),
                    versions: affected.versions,
                    ranges: affected.ranges,
                });
            }
        }
    }

    /// An advisory about a fault of a package shows that the package is there; one about the package as such does not.
    pub(super) fn proves(&self, package: &Package) -> bool {
        let of = self.of.get(package);
        of.is_some_and(|all| all.iter().any(|advisory| !advisory.id.starts_with("MAL-")))
    }

    /// Advisories that hold for any of some versions; `None` where that cannot be told.
    pub(super) fn affecting(
        &self,
        package: &Package,
        versions: &BTreeSet<String>,
    ) -> Option<Vec<String>> {
        if !self.ecosystems.contains(package.0) {
            return None;
        }
        let mut ids = BTreeSet::new();
        let mut unknown = false;
        for advisory in self.of.get(package).into_iter().flatten() {
            if versions.is_empty() {
                // Of a range only what holds for every version is sure.
                if advisory.holds_for_all() {
                    ids.insert(advisory.id.clone());
                } else {
                    unknown = true;
                }
            }
            for version in versions {
                match advisory.holds_for(package.0, version) {
                    Some(true) => {
                        ids.insert(advisory.id.clone());
                    }
                    Some(false) => {}
                    None => unknown = true,
                }
            }
        }
        (!unknown || !ids.is_empty()).then(|| ids.into_iter().collect())
    }
}

impl Advisory {
    /// From the first version on, with no end.
    fn holds_for_all(&self) -> bool {
        self.ranges.iter().any(|range| {
            range.kind != "GIT"
                && range
                    .events
                    .iter()
                    .any(|event| event.introduced.as_deref() == Some("0"))
                && range
                    .events
                    .iter()
                    .all(|event| event.fixed.is_none() && event.last_affected.is_none())
        })
    }

    fn holds_for(&self, kind: &str, version: &str) -> Option<bool> {
        if self.versions.iter().any(|one| same(kind, one, version)) {
            return Some(true);
        }
        let told = |range: &&Range| {
            let mut events = range.events.iter();
            range.kind != "GIT" && events.any(|event| event.introduced.is_some())
        };
        // Commits alone say nothing of a version, and neither does an entry that names no range at all.
        let mut unknown = self.versions.is_empty() && !self.ranges.iter().any(|range| told(&range));
        for range in self.ranges.iter().filter(told) {
            match range.contains(kind, version) {
                Some(true) => return Some(true),
                Some(false) => {}
                // Where all versions are listed, and this one is not, the range adds nothing.
                None => unknown |= self.versions.is_empty(),
            }
        }
        (!unknown).then_some(false)
    }
}

impl Range {
    /// The evaluation that OSV's schema gives: events in the order of their versions switch it on and off.
    fn contains(&self, kind: &str, version: &str) -> Option<bool> {
        let order = |other: &str| match other {
            "0" => Some(Ordering::Greater),
            other => compare(kind, version, other),
        };
        // The latest event that the version has passed decides; at one version an end stands behind a beginning.
        let mut decided: Option<(&str, bool)> = None;
        for event in &self.events {
            let (at, on, passed) = match event {
                Event {
                    introduced: Some(at),
                    ..
                } => (at.as_str(), true, order(at)?.is_ge()),
                Event {
                    fixed: Some(at), ..
                } => (at.as_str(), false, order(at)?.is_ge()),
                Event {
                    last_affected: Some(at),
                    ..
                } => (at.as_str(), false, order(at)?.is_gt()),
                // `limit` is about branches of git alone.
                _ => continue,
            };
            if !passed {
                continue;
            }
            let later = match decided {
                None => true,
                Some((before, was_on)) => match (before, at) {
                    ("0", "0") => was_on,
                    ("0", _) => true,
                    (_, "0") => false,
                    (before, at) => match compare(kind, at, before)? {
                        Ordering::Greater => true,
                        Ordering::Less => false,
                        Ordering::Equal => was_on,
                    },
                },
            };
            if later {
                decided = Some((at, on));
            }
        }
        Some(decided.is_some_and(|(_, on)| on))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advisories(document: &str) -> Advisories {
        let wanted: BTreeSet<Package> = [("pypi", "a"), ("npm", "b"), ("gem", "c")]
            .map(|(kind, name)| (kind, name.to_owned()))
            .into();
        let mut all = Advisories::default();
        all.add(document.as_bytes(), &wanted);
        assert_eq!(all.unreadable, 0);
        all
    }

    fn ids(
        all: &Advisories,
        kind: &'static str,
        name: &str,
        versions: &[&str],
    ) -> Option<Vec<String>> {
        let versions = versions
            .iter()
            .map(|version| (*version).to_owned())
            .collect();
        all.affecting(&(kind, name.to_owned()), &versions)
    }

    #[test]
    fn ranges_begin_end_and_begin_again_whatever_the_order_of_their_events() {
        let all = advisories(
            r#"{"id": "X-1", "affected": [{"package": {"ecosystem": "npm", "name": "b"}, "ranges": [{"type": "SEMVER",
            "events": [{"fixed": "1.2.0"}, {"introduced": "0"}, {"introduced": "2.0.0"}, {"last_affected": "2.1.0"}]}]}]}"#,
        );
        for (version, holds) in [
            ("0.1.0", true),
            ("1.2.0-rc.1", true),
            ("1.2.0", false),
            ("1.9.9", false),
            ("2.0.0", true),
            ("2.1.0", true),
            ("2.1.1", false),
        ] {
            let told = ids(&all, "npm", "b", &[version]).unwrap();
            assert_eq!(!told.is_empty(), holds, "{version}");
        }
        // Of a range of versions nothing is sure; of a registry without advisories nothing is known.
        assert_eq!(ids(&all, "npm", "b", &[]), None);
        assert_eq!(ids(&all, "npm", "other", &["1.0.0"]), Some(Vec::new()));
        assert_eq!(ids(&all, "pypi", "a", &["1.0"]), None);
    }

    #[test]
    fn listed_versions_and_python_ranges_hold_and_withdrawn_advisories_do_not() {
        let all = advisories(
            r#"{"id": "PYSEC-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "A"}, "versions": ["1.0", "1.0.1"],
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "1.0"}, {"fixed": "1.1rc1"}]}]}]}"#,
        );
        assert_eq!(ids(&all, "pypi", "a", &["1.0.0"]).unwrap(), ["PYSEC-1"]);
        assert_eq!(ids(&all, "pypi", "a", &["1.1b2"]).unwrap(), ["PYSEC-1"]);
        assert!(ids(&all, "pypi", "a", &["1.1"]).unwrap().is_empty());
        assert!(ids(&all, "pypi", "a", &["0.9"]).unwrap().is_empty());
        let gone = advisories(
            r#"{"id": "PYSEC-2", "withdrawn": "2026-01-01T00:00:00Z", "affected": [{"package": {"ecosystem": "PyPI", "name": "a"}, "versions": ["1.0"]}]}"#,
        );
        assert!(ids(&gone, "pypi", "a", &["1.0"]).unwrap().is_empty());
    }

    #[test]
    fn a_version_that_cannot_be_compared_is_unknown_unless_all_are_listed() {
        let open = advisories(
            r#"{"id": "G-1", "affected": [{"package": {"ecosystem": "RubyGems", "name": "c"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2.pre"}]}]}]}"#,
        );
        assert_eq!(ids(&open, "gem", "c", &["1.2"]), None);
        let listed = advisories(
            r#"{"id": "G-2", "affected": [{"package": {"ecosystem": "RubyGems", "name": "c"}, "versions": ["1.2.pre"],
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2.pre2"}]}]}]}"#,
        );
        assert!(ids(&listed, "gem", "c", &["1.2"]).unwrap().is_empty());
        assert_eq!(ids(&listed, "gem", "c", &["1.2.pre"]).unwrap(), ["G-2"]);
    }

    #[test]
    fn commits_alone_and_an_entry_without_versions_leave_it_unknown() {
        let of = |rest: &str| {
            let all = advisories(&format!(
                r#"{{"id": "C-1", "affected": [{{"package": {{"ecosystem": "npm", "name": "b"}}{rest}}}]}}"#
            ));
            ids(&all, "npm", "b", &["1.0.0"])
        };
        let git =
            r#"{"type": "GIT", "repo": "x", "events": [{"introduced": "0"}, {"fixed": "abc"}]}"#;
        let semver = r#"{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "0.9.0"}]}"#;
        assert_eq!(of(&format!(r#", "ranges": [{git}]"#)), None);
        assert_eq!(of(""), None);
        assert_eq!(of(r#", "ranges": [{"type": "SEMVER"}]"#), None);
        // What is told beside the commits decides.
        let both = format!(r#", "ranges": [{git}, {semver}]"#);
        assert_eq!(of(&both), Some(Vec::new()));
        let listed = format!(r#", "ranges": [{git}], "versions": ["0.8.0"]"#);
        assert_eq!(of(&listed), Some(Vec::new()));
    }

    #[test]
    fn a_malicious_package_has_no_good_version_and_is_no_proof_that_it_exists() {
        let all = advisories(
            r#"{"id": "MAL-2026-1", "affected": [{"package": {"ecosystem": "npm", "name": "b"},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}]}]}"#,
        );
        assert_eq!(ids(&all, "npm", "b", &[]).unwrap(), ["MAL-2026-1"]);
        assert!(!all.proves(&("npm", "b".to_owned())));
    }
}
