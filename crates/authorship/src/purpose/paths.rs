//! What kinds of files a commit touches. A commit whose files are all of one kind is about that kind.

use bstr::ByteSlice;

use crate::generated::is_generated;

/// A kind of file that decides what a commit is for when it touches nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Test,
    Docs,
    Infrastructure,
    Manifest,
}

/// How many files of each kind a commit touches.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Touched {
    tests: usize,
    docs: usize,
    infrastructure: usize,
    manifests: usize,
    /// The part of `manifests` that only pins versions.
    locks: usize,
    source: usize,
}

impl Touched {
    pub(super) fn of<'a>(paths: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut touched = Self::default();
        for path in paths {
            match kind(path) {
                Some(Kind::Test) => touched.tests += 1,
                Some(Kind::Docs) => touched.docs += 1,
                Some(Kind::Infrastructure) => touched.infrastructure += 1,
                Some(Kind::Manifest) => {
                    touched.manifests += 1;
                    touched.locks += usize::from(is_generated(path));
                }
                None if is_generated(path) => {}
                None => touched.source += 1,
            }
        }
        touched
    }

    /// The kind of all files. Documents and manifests go along with the others: a test that brings
    /// a dependency is still a test.
    pub(super) fn only(&self) -> Option<Kind> {
        if self.source > 0 {
            return None;
        }
        match (self.tests, self.docs, self.infrastructure, self.manifests) {
            (0, 0, 0, 0) => None,
            (0, 0, 0, _) => Some(Kind::Manifest),
            (0, _, 0, 0) => Some(Kind::Docs),
            (0, docs, infrastructure, manifests) => {
                let most = docs.max(infrastructure).max(manifests);
                if infrastructure == most {
                    Some(Kind::Infrastructure)
                } else if docs == most {
                    Some(Kind::Docs)
                } else {
                    Some(Kind::Manifest)
                }
            }
            (tests, docs, 0, _) if tests >= docs => Some(Kind::Test),
            (tests, docs, 0, _) if docs > 2 * tests => Some(Kind::Docs),
            _ => None,
        }
    }

    /// Nothing but pinned versions changed.
    pub(super) const fn only_locks(&self) -> bool {
        self.locks > 0 && self.locks == self.manifests
    }

    pub(super) const fn has_source(&self) -> bool {
        self.source > 0
    }

    pub(super) const fn has_manifest(&self) -> bool {
        self.manifests > 0
    }
}

const TEST_FOLDERS: [&[u8]; 20] = [
    b"test",
    b"tests",
    b"__tests__",
    b"testing",
    b"testdata",
    b"test_data",
    b"fixtures",
    b"mdtest",
    b"e2e",
    b"integration_test",
    b"integration_tests",
    b"integration-tests",
    b"snapshots",
    b"__snapshots__",
    b"benches",
    b"testutil",
    b"spec",
    b"specs",
    b"__mocks__",
    b"androidTest",
];

const MANIFESTS: [&[u8]; 25] = [
    b"Cargo.toml",
    b"package.json",
    b"pyproject.toml",
    b"go.mod",
    b"go.work",
    b"pom.xml",
    b"build.gradle",
    b"build.gradle.kts",
    b"libs.versions.toml",
    b"gradle.properties",
    b"Gemfile",
    b"composer.json",
    b"Pipfile",
    b"setup.py",
    b"setup.cfg",
    b"package-lock.json",
    b"pnpm-lock.yaml",
    b"go.sum",
    b"gradle-wrapper.properties",
    b"Package.swift",
    b"pubspec.yaml",
    b"flake.lock",
    b"npm-shrinkwrap.json",
    b"Godeps.json",
    b"maven-wrapper.properties",
];

const INFRASTRUCTURE_FOLDERS: [&[u8]; 9] = [
    b".cargo",
    b".vscode",
    b".devcontainer",
    b"docker",
    b"packaging",
    b"ci",
    b"terraform",
    b"helm",
    b"scripts",
];

const INFRASTRUCTURE_NAMES: [&[u8]; 36] = [
    b"Dockerfile",
    b"Makefile",
    b"justfile",
    b"Justfile",
    b"Taskfile.yml",
    b"docker-compose.yml",
    b"compose.yaml",
    b"flake.nix",
    b"clippy.toml",
    b"rustfmt.toml",
    b"rust-toolchain",
    b"rust-toolchain.toml",
    b"deny.toml",
    b"dist-workspace.toml",
    b"tox.ini",
    b"Jenkinsfile",
    b"install.sh",
    b"mise.toml",
    b"Procfile",
    b"Makefile.am",
    b"GNUmakefile",
    b"configure.ac",
    b"CMakeLists.txt",
    b"Rakefile",
    b"Vagrantfile",
    b"Gruntfile.js",
    b"gulpfile.js",
    b"noxfile.py",
    b"MANIFEST.in",
    b"tsconfig.json",
    b"appveyor.yml",
    b"codecov.yml",
    b"mvnw",
    b"gradlew",
    b"docker-compose.yaml",
    b"compose.yml",
];

const DOCUMENT_ENDS: [&[u8]; 15] = [
    b".md",
    b".mdx",
    b".rst",
    b".adoc",
    b".svg",
    b".png",
    b".gif",
    b".jpg",
    b".webp",
    b".drawio",
    b".rdoc",
    b".markdown",
    b".jpeg",
    b".asciidoc",
    b".ipynb",
];

const DOCUMENT_STEMS: [&[u8]; 13] = [
    b"LICENSE",
    b"LICENCE",
    b"COPYING",
    b"README",
    b"CHANGELOG",
    b"CHANGES",
    b"HISTORY",
    b"NEWS",
    b"NOTICE",
    b"CODEOWNERS",
    b"AUTHORS",
    b"CONTRIBUTING",
    b"TODO",
];

/// Examples are read rather than run.
const DOCUMENT_FOLDERS: [&[u8]; 6] = [b"docs", b"doc", b"man", b"man1", b"examples", b"website"];

/// The kind of a file; `None` for source and for what cannot be told.
fn kind(path: &[u8]) -> Option<Kind> {
    let (folders, name) = path.rsplit_once_str("/").unwrap_or((b"", path));
    let within = |known: &[&[u8]]| {
        folders
            .split(|&b| b == b'/')
            .any(|folder| known.contains(&folder))
    };
    let stem = name.split_once_str(".").map_or(name, |(stem, _)| stem);
    if within(&[b".github", b".gitlab", b".circleci"]) {
        return Some(Kind::Infrastructure);
    }
    if within(&TEST_FOLDERS) || is_test_name(name, stem) {
        return Some(Kind::Test);
    }
    let requirements = name.ends_with(b".txt") && name.starts_with(b"requirements");
    if MANIFESTS.contains(&name) || requirements || name.ends_with(b".lock") {
        return Some(Kind::Manifest);
    }
    if within(&INFRASTRUCTURE_FOLDERS) || INFRASTRUCTURE_NAMES.contains(&name) {
        return Some(Kind::Infrastructure);
    }
    if name.ends_with(b".gemspec") {
        return Some(Kind::Manifest);
    }
    if name.find(".config.").is_some() {
        return Some(Kind::Infrastructure);
    }
    let document = DOCUMENT_ENDS.iter().any(|end| name.ends_with(end))
        || DOCUMENT_STEMS
            .iter()
            .any(|known| stem.eq_ignore_ascii_case(known))
        || within(&DOCUMENT_FOLDERS)
        || name == b"mkdocs.yml";
    if document {
        return Some(Kind::Docs);
    }
    // Settings of tools hide behind a dot.
    let hidden =
        name.starts_with(b".") || folders.split(|&b| b == b'/').any(|f| f.starts_with(b"."));
    hidden.then_some(Kind::Infrastructure)
}

/// `test_x.py`, `x_test.go`, `x.test.ts`, `x.spec.ts`, `XTest.java`, `tests.rs`, `conftest.py`, `x.snap`.
fn is_test_name(name: &[u8], stem: &[u8]) -> bool {
    stem.starts_with(b"test_")
        || stem.ends_with(b"_test")
        || stem.ends_with(b"_tests")
        || stem.ends_with(b"_spec")
        || stem.ends_with(b"Spec")
        || (stem.ends_with(b"Test") || stem.ends_with(b"Tests")) && stem.len() > 5
        || matches!(stem, b"conftest" | b"tests" | b"test")
        || name.find(".test.").is_some()
        || name.find(".spec.").is_some()
        || name.ends_with(b".snap")
}
