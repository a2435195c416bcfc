//! What the content of a file shows: which readers look at which files, and the readers for ignore
//! files and editor settings. CI jobs and manifests have modules of their own.

use bstr::ByteSlice;
use trueline_facts::ToolId;
use trueline_facts::shadow::SignalKind;

use super::{ContentSign, FILES, ci, manifest, path_signs};
use crate::tools;

/// Larger files are not read: none of these files is ever so large for good reasons.
const LARGEST: usize = 2 << 20;

/// How much of a line is shown.
const LONGEST_DETAIL: usize = 100;

/// Folders whose YAML files are CI jobs.
const CI_FOLDERS: [&[u8]; 7] = [
    b".github/workflows",
    b".gitea/workflows",
    b".forgejo/workflows",
    b".circleci",
    b".gitlab/ci",
    b".buildkite",
    b".woodpecker",
];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reader {
    Ignore,
    Extensions,
    Devcontainer,
    Ci,
    PackageJson,
    Requirements,
    Pyproject,
    GoMod,
    CargoToml,
    Pom,
    Gradle,
    Pipfile,
    SetupCfg,
    SetupPy,
    Conda,
    Gemfile,
    Composer,
    MsBuild,
}

/// The reader for a file, by its path.
pub(super) fn reader(path: &[u8]) -> Option<Reader> {
    let (folder, name) = path.rsplit_once_str("/").unwrap_or((b"", path));
    let yaml = name.ends_with(b".yml") || name.ends_with(b".yaml");
    Some(match name {
        b".gitignore" | b".dockerignore" | b".npmignore" | b".ignore" | b".prettierignore"
        | b".eslintignore" => Reader::Ignore,
        b"extensions.json" if folder.ends_with(b".vscode") => Reader::Extensions,
        b"devcontainer.json" | b".devcontainer.json" => Reader::Devcontainer,
        b".gitlab-ci.yml"
        | b"action.yml"
        | b"action.yaml"
        | b"azure-pipelines.yml"
        | b"bitbucket-pipelines.yml"
        | b"buildspec.yml"
        | b"cloudbuild.yaml"
        | b".travis.yml"
        | b".drone.yml"
        | b"Jenkinsfile" => Reader::Ci,
        b"package.json" => Reader::PackageJson,
        b"pyproject.toml" => Reader::Pyproject,
        b"go.mod" => Reader::GoMod,
        b"Cargo.toml" => Reader::CargoToml,
        b"pom.xml" => Reader::Pom,
        b"build.gradle" | b"build.gradle.kts" => Reader::Gradle,
        b"Pipfile" => Reader::Pipfile,
        b"setup.cfg" => Reader::SetupCfg,
        b"setup.py" => Reader::SetupPy,
        b"environment.yml" | b"environment.yaml" => Reader::Conda,
        b"Gemfile" => Reader::Gemfile,
        b"composer.json" => Reader::Composer,
        b"Directory.Packages.props" => Reader::MsBuild,
        _ if name.ends_with(b".csproj") || name.ends_with(b".fsproj") => Reader::MsBuild,
        _ if yaml && CI_FOLDERS.iter().any(|ci| folder.ends_with(ci)) => Reader::Ci,
        _ if is_requirements(folder, name) => Reader::Requirements,
        _ => return None,
    })
}

/// `requirements.txt`, `requirements-dev.txt`, `dev-requirements.txt`, `requirements/dev.txt`, and what pip-compile
/// makes them of (`.in`).
fn is_requirements(folder: &[u8], name: &[u8]) -> bool {
    let stem = name
        .strip_suffix(b".txt")
        .or_else(|| name.strip_suffix(b".in"));
    let Some(stem) = stem else {
        return false;
    };
    stem.starts_with(b"requirements")
        || stem.ends_with(b"requirements")
        || folder.rsplit(|&b| b == b'/').next() == Some(b"requirements")
}

/// What a file shows, ascending, each once. Content that cannot be understood shows nothing.
#[must_use]
pub fn content_signs(path: &[u8], content: &[u8]) -> Vec<ContentSign> {
    let Some(reader) = reader(path) else {
        return Vec::new();
    };
    if content.len() > LARGEST {
        return Vec::new();
    }
    let mut signs = match reader {
        Reader::Ignore => content.lines().filter_map(ignore_line).collect(),
        Reader::Extensions => extensions(content),
        Reader::Devcontainer => devcontainer(content),
        Reader::Ci => ci::signs(path, content),
        Reader::PackageJson => manifest::package_json(content),
        Reader::Requirements => manifest::requirements(content),
        Reader::Pyproject => manifest::pyproject(content),
        Reader::GoMod => manifest::go_mod(content),
        Reader::CargoToml => manifest::cargo_toml(content),
        Reader::Pom => manifest::pom(content),
        Reader::Gradle => manifest::gradle(content),
        Reader::Pipfile => manifest::pipfile(content),
        Reader::SetupCfg => manifest::setup_cfg(content),
        Reader::SetupPy => manifest::setup_py(content),
        Reader::Conda => manifest::conda(content),
        Reader::Gemfile => manifest::gemfile(content),
        Reader::Composer => manifest::composer_json(content),
        Reader::MsBuild => manifest::msbuild(content),
    };
    signs.sort_unstable();
    signs.dedup();
    signs
}

pub(super) fn sign(tool: &str, kind: SignalKind, detail: &str) -> ContentSign {
    let end = detail
        .char_indices()
        .nth(LONGEST_DETAIL)
        .map_or(detail.len(), |(at, _)| at);
    ContentSign {
        tool: ToolId::new(tool),
        kind,
        detail: detail.get(..end).unwrap_or_default().to_owned(),
    }
}

/// A line that hides a file which the path table knows, or any file of a tool's stem.
fn ignore_line(line: &[u8]) -> Option<ContentSign> {
    let line = line.to_str().ok()?.trim();
    if line.starts_with(['#', '!']) {
        return None;
    }
    let bare = line
        .trim_start_matches("**/")
        .trim_start_matches('/')
        .trim_end_matches('/');
    let bare = bare.trim_end_matches("/**").trim_end_matches("/*");
    if bare.is_empty() {
        return None;
    }
    let stem = bare.trim_end_matches('*').trim_end_matches('.');
    let starred = bare.ends_with('*');
    let by_stem = FILES.table.ignored.iter().find(|row| *row.stem == *stem);
    if let Some(row) = by_stem {
        return Some(sign(&row.tool, SignalKind::IgnoreLine, line));
    }
    // A row of the table that is itself a pattern is ignored by the same pattern.
    let concrete = if starred {
        let mut known = FILES.table.file.iter().flat_map(|row| &row.paths);
        if !known.any(|path| path.trim_matches('/') == bare) {
            return None;
        }
        bare.replace('*', "x")
    } else {
        bare.to_owned()
    };
    // As a file, and as a folder that holds some file.
    let inside = format!("{concrete}/x");
    [&concrete, &inside]
        .into_iter()
        .flat_map(|path| path_signs(path.as_bytes()))
        .next()
        .map(|found| sign(found.tool.as_str(), SignalKind::IgnoreLine, line))
}

fn extensions(content: &[u8]) -> Vec<ContentSign> {
    let json = manifest::lenient_json(content);
    let list = json
        .as_ref()
        .and_then(|json| json.get("recommendations")?.as_array());
    list.into_iter()
        .flatten()
        .filter_map(|id| extension(id.as_str()?))
        .collect()
}

fn extension(id: &str) -> Option<ContentSign> {
    // `id@version` pins a version; a leading `-` in a devcontainer opts out.
    let id = id.split('@').next().unwrap_or(id).trim();
    let known =
        |row: &&super::ExtensionRow| row.ids.iter().any(|known| known.eq_ignore_ascii_case(id));
    let row = FILES.table.extension.iter().find(known)?;
    Some(sign(&row.tool, SignalKind::Extension, id))
}

fn devcontainer(content: &[u8]) -> Vec<ContentSign> {
    let Some(json) = manifest::lenient_json(content) else {
        return Vec::new();
    };
    let mut signs = Vec::new();
    let listed = json
        .pointer("/customizations/vscode/extensions")
        .or_else(|| json.get("extensions"));
    for id in listed
        .and_then(|list| list.as_array())
        .into_iter()
        .flatten()
    {
        signs.extend(id.as_str().and_then(extension));
    }
    for feature in json
        .get("features")
        .and_then(|all| all.as_object())
        .into_iter()
        .flatten()
    {
        // `ghcr.io/anthropics/devcontainer-features/claude-code:1`
        let path = feature.0.split([':', '@']).next().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        if let Some(tool) = tools::known(name).filter(|tool| tool.as_str() != tools::UNSPECIFIED) {
            signs.push(sign(tool.as_str(), SignalKind::Configuration, path));
        }
    }
    signs
}
