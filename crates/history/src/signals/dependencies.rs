//! Dependencies as manifests name them, for those who compare two versions of one.

use std::collections::BTreeMap;

use trueline_facts::RepoPath;

use super::anomaly::manifest;

/// Package name to what is asked of it; empty where nothing is.
pub type Packages = BTreeMap<String, String>;

/// Is it a dependency manifest of a product, by its name and folder?
#[must_use]
pub fn is_manifest(path: &RepoPath) -> bool {
    manifest::is_manifest(path) && !manifest::is_test_data(path)
}

/// The entries of a manifest; `None` when it is none, is too large or does not parse.
#[must_use]
pub fn packages(path: &RepoPath, content: &[u8]) -> Option<Packages> {
    manifest::packages(path, content)
}

/// The package URL of an entry, without version.
#[must_use]
pub fn purl(path: &RepoPath, name: &str) -> Option<String> {
    let kind = manifest::purl_type(path)?;
    let name = match kind {
        // PEP 503: names are the same whatever their case and separators.
        "pypi" => name.to_lowercase().replace(['_', '.'], "-"),
        "maven" => name.replace(':', "/"),
        _ => name.replace('@', "%40"),
    };
    Some(format!("pkg:{kind}/{name}"))
}
