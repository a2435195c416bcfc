//! Go imports: modules by their `go.mod`, packages by folder.
//!
//! The representation writes import paths without major versions, so folders are found without them
//! too; where two folders differ in nothing else, an import of either means neither.

use rustc_hash::FxHashMap;
use trueline_facts::RepoPath;

use super::javascript::normal;
use super::{below, parent};

/// The modules of a project.
#[derive(Debug, Default)]
pub(super) struct Modules {
    /// Import paths without versions and their folders, longest first.
    roots: Vec<(String, String)>,
    /// What a module puts in the place of others: its folder, import path, folder.
    replaced: Vec<(String, String, String)>,
    /// Folders with Go files by their path without versions.
    folders: FxHashMap<Box<str>, Vec<Box<str>>>,
}

impl Modules {
    /// Reads the `go.mod` and `go.work` files among the manifests.
    pub(super) fn read(manifests: &[(RepoPath, String)]) -> Self {
        let mut modules = Self::default();
        for (path, text) in manifests {
            let Ok(path) = std::str::from_utf8(path.as_bytes()) else {
                continue;
            };
            let name = path.rsplit('/').next().unwrap_or(path);
            if !matches!(name, "go.mod" | "go.work") {
                continue;
            }
            let folder = parent(path);
            let mut block = "";
            for line in text.lines() {
                let line = line.split("//").next().unwrap_or("").trim();
                let mut words = line.split_whitespace();
                let (directive, rest) = match (block, words.next()) {
                    (_, Some(")")) => {
                        block = "";
                        continue;
                    }
                    (_, None) => continue,
                    ("", Some(word)) => (word, line.get(word.len()..).unwrap_or("").trim()),
                    (block, Some(_)) => (block, line),
                };
                if rest == "(" {
                    block = directive;
                    continue;
                }
                match directive {
                    "module" => {
                        let path = without_versions(rest.trim_matches(['"', '`']));
                        modules.roots.push((path, folder.to_owned()));
                    }
                    "replace" => modules.replace(folder, rest),
                    _ => {}
                }
            }
        }
        modules.roots.sort_by(|a, b| {
            let by_length = b.0.len().cmp(&a.0.len());
            by_length.then_with(|| a.cmp(b))
        });
        modules.replaced.sort();
        modules
    }

    /// `example.com/lib v1.2.3 => ../lib`
    fn replace(&mut self, folder: &str, text: &str) {
        let Some((old, new)) = text.split_once("=>") else {
            return;
        };
        let old = old.split_whitespace().next().unwrap_or("");
        let new = new.split_whitespace().next().unwrap_or("");
        if new.starts_with('.')
            && let Some(target) = normal(folder, new)
        {
            let old = without_versions(old);
            self.replaced.push((folder.to_owned(), old, target));
        }
    }

    /// A folder with Go files.
    pub(super) fn add_folder(&mut self, folder: &str) {
        let list = self
            .folders
            .entry(without_versions(folder).into())
            .or_default();
        if !list.iter().any(|known| **known == *folder) {
            list.push(folder.into());
        }
    }

    /// The folder of a package that a file imports.
    pub(super) fn folder(&self, from: &str, import: &str) -> Option<&str> {
        let inside = |folder: &str| {
            folder.is_empty()
                || from
                    .strip_prefix(folder)
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        let replaced = self
            .replaced
            .iter()
            .filter(|(module, ..)| inside(module))
            .find_map(|(_, path, folder)| Some((folder, rest(import, path)?)));
        if let Some((root, rest)) = replaced {
            return self.known(root, rest);
        }
        let matching = || {
            let of = self.roots.iter();
            of.filter_map(|(path, folder)| Some((path.len(), folder, rest(import, path)?)))
        };
        let longest = matching().next()?.0;
        // Of modules with the same name, that which the file itself is in.
        let own = matching()
            .take_while(|m| m.0 == longest)
            .filter(|m| inside(m.1))
            .max_by_key(|m| m.1.len());
        let (_, root, rest) = own.or_else(|| matching().next())?;
        self.known(root, rest)
    }

    fn known(&self, root: &str, rest: &str) -> Option<&str> {
        let path = without_versions(&below(root, rest));
        match self.folders.get(path.as_str())?.as_slice() {
            [only] => Some(only),
            several => several.iter().find(|f| ***f == *path).map(|f| &**f),
        }
    }
}

/// What of an import path is below another.
fn rest<'p>(import: &'p str, path: &str) -> Option<&'p str> {
    let rest = import.strip_prefix(path)?;
    if rest.is_empty() {
        return Some(rest);
    }
    rest.strip_prefix('/')
}

/// A path without parts such as `v2` and endings such as `.v3`, as the front end writes imports.
fn without_versions(path: &str) -> String {
    let is_version = |part: &str| {
        part.strip_prefix('v')
            .is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()))
    };
    let parts: Vec<&str> = path
        .split('/')
        .enumerate()
        .filter(|(at, part)| *at == 0 || !is_version(part))
        .map(|(_, part)| match part.rsplit_once('.') {
            Some((name, version)) if is_version(version) && !name.is_empty() => name,
            _ => part,
        })
        .collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(manifests: &[(&str, &str)], folders: &[&str]) -> Modules {
        let manifests: Vec<_> = manifests
            .iter()
            .map(|(path, text)| (RepoPath::from(*path), (*text).to_owned()))
            .collect();
        let mut modules = Modules::read(&manifests);
        for folder in folders {
            modules.add_folder(folder);
        }
        modules
    }

    #[test]
    fn the_longest_module_path_wins_and_replacements_hold_for_their_own_module() {
        let modules = modules(
            &[
                (
                    "go.mod",
                    "module example.com/shop // it\n\nreplace (\n\texample.com/lib v1.0.0 => ./third/lib\n)\n",
                ),
                ("tools/go.mod", "module \"example.com/shop/tools\"\n"),
            ],
            &["store", "tools/gen", "third/lib/db", "api/v1/user"],
        );
        let from = "cmd/main.go";
        assert_eq!(
            modules.folder(from, "example.com/shop/store"),
            Some("store")
        );
        assert_eq!(
            modules.folder(from, "example.com/shop/tools/gen"),
            Some("tools/gen")
        );
        assert_eq!(
            modules.folder(from, "example.com/lib/db"),
            Some("third/lib/db")
        );
        // The front end leaves the version out.
        assert_eq!(
            modules.folder(from, "example.com/shop/api/user"),
            Some("api/v1/user")
        );
        assert_eq!(modules.folder(from, "example.com/shopping/store"), None);
        assert_eq!(modules.folder(from, "net/http"), None);
    }

    #[test]
    fn folders_that_differ_in_their_version_only_are_not_guessed() {
        let modules = modules(
            &[("go.mod", "module a\n")],
            &["api/v1", "api/v2", "m/v2", "m"],
        );
        assert_eq!(modules.folder("x.go", "a/api"), None);
        assert_eq!(modules.folder("x.go", "a/m"), Some("m"));
    }
}
