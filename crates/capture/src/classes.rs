//! Classes of data: what an agent read is kept as the class of the file, never as its content.
//!
//! A class is a name and globs over paths, as in `.gitignore`. A team writes its own to
//! `[capture.classes]` of `trueline.toml`; a name that it uses replaces the default of that name.

use std::collections::BTreeMap;
use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde::Deserialize;
use trueline_facts::RepoPath;

/// A configuration is small; anything larger is not one.
const LARGEST_CONFIG: u64 = 1 << 20;

/// The class of what is secret, which is told by content as well.
pub(crate) const SECRETS: &str = "secrets";

/// What every repository has, unless its team says otherwise.
const DEFAULTS: [(&str, &[&str]); 4] = [
    (
        SECRETS,
        &[
            ".env",
            ".env.*",
            "!.env.example",
            "!.env.sample",
            "!.env.template",
            "*.pem",
            "*.key",
            "*.p12",
            "*.pfx",
            "*.jks",
            "*.keystore",
            "id_rsa",
            "id_ed25519",
            "id_ecdsa",
            ".netrc",
            ".npmrc",
            ".pypirc",
            "credentials.json",
            "service-account*.json",
            "*.kdbx",
            "*.tfstate",
            "secrets.*",
            "**/.aws/credentials",
            "**/.ssh/**",
            "**/secrets/**",
        ],
    ),
    (
        "customer-data",
        &[
            "**/customers/**",
            "**/customer-data/**",
            "customers*.csv",
            "customers*.json",
            "clients*.csv",
            "orders*.csv",
        ],
    ),
    (
        "personal-data",
        &[
            "**/personal-data/**",
            "**/pii/**",
            "users*.csv",
            "employees*.csv",
            "patients*.csv",
            "*.vcf",
            "*.mbox",
            "*.eml",
        ],
    ),
    (
        "data-dumps",
        &[
            "*.sqlite",
            "*.sqlite3",
            "*.db",
            "*.dump",
            "*.sql.gz",
            "*.parquet",
            "*.bak",
        ],
    ),
];

/// The classes of a repository.
#[derive(Debug, Default)]
pub struct Classes {
    all: Vec<(Box<str>, Gitignore)>,
}

#[derive(Deserialize, Default)]
struct Config {
    #[serde(default)]
    capture: Section,
}

#[derive(Deserialize, Default)]
struct Section {
    #[serde(default)]
    classes: BTreeMap<String, Vec<String>>,
}

impl Classes {
    /// The classes that a work tree's `trueline.toml` gives, over the defaults. A file that cannot
    /// be read leaves the defaults: `trueline scan` says what is wrong with it.
    #[must_use]
    pub fn load(work_tree: &Path) -> Self {
        let path = work_tree.join("trueline.toml");
        let fits = std::fs::symlink_metadata(&path)
            .is_ok_and(|meta| meta.is_file() && meta.len() <= LARGEST_CONFIG);
        let text = fits.then(|| std::fs::read_to_string(&path).ok()).flatten();
        let own: Config = text
            .and_then(|text| toml::from_str(&text).ok())
            .unwrap_or_default();
        let mut globs: BTreeMap<String, Vec<String>> = DEFAULTS
            .iter()
            .map(|(name, globs)| {
                (
                    (*name).to_owned(),
                    globs.iter().map(|g| (*g).to_owned()).collect(),
                )
            })
            .collect();
        globs.extend(own.capture.classes);
        Self::new(&globs)
    }

    /// Is there a class of that name? One with an empty list is none.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        let mut named = self.all.iter().filter(|(class, _)| **class == *name);
        named.any(|(_, globs)| !globs.is_empty())
    }

    fn new(globs: &BTreeMap<String, Vec<String>>) -> Self {
        let all = globs
            .iter()
            .filter_map(|(name, globs)| {
                let mut builder = GitignoreBuilder::new("");
                for glob in globs {
                    let _ = builder.add_line(None, glob);
                }
                Some((name.as_str().into(), builder.build().ok()?))
            })
            .collect();
        Self { all }
    }

    /// The classes that a file belongs to, by name.
    #[must_use]
    pub fn of(&self, path: &RepoPath) -> Vec<Box<str>> {
        let text = path.as_bstr().to_string();
        self.all
            .iter()
            .filter(|(_, globs)| globs.matched_path_or_any_parents(&text, false).is_ignore())
            .map(|(name, _)| name.clone())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(path: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join("trueline.toml"),
            "[scan]\nexclude = []\n[capture.classes]\ncontracts = [\"legal/**\"]\ndata-dumps = []\n",
        )
        .unwrap();
        let all = Classes::load(folder.path()).of(&path.into());
        all.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_was_read_becomes_a_class() {
        assert_eq!(classes("deploy/.env"), ["secrets"]);
        assert_eq!(classes(".env.example"), [""; 0]);
        assert_eq!(classes("data/customers/eu.json"), ["customer-data"]);
        assert_eq!(classes("src/app.py"), [""; 0]);
    }

    #[test]
    fn a_team_adds_classes_and_replaces_defaults() {
        assert_eq!(classes("legal/nda.md"), ["contracts"]);
        assert_eq!(classes("app.sqlite"), [""; 0]);
    }
}
