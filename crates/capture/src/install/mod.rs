//! Installing hooks, and taking them away again: a plan is made and shown, then carried out.
//!
//! Files of tools are added to in place, whatever else is in them stays. What a file was before is
//! kept beside the list of what was installed, so that taking away restores it byte for byte; a
//! file that somebody edited since loses our entries alone.

pub mod gate;
mod git;
mod husky;
mod json;
mod off;
mod tools;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::notes::NotesError;
use crate::payload::Dialect;
use crate::place::Place;

pub use off::{HooksOff, hooked, hooks_off};
pub use tools::Scope;

/// A settings file larger than this is not touched.
const LARGEST_FILE: u64 = 4 << 20;

/// What to install.
#[derive(Clone, Debug)]
pub struct Request {
    /// Whose settings.
    pub scope: Scope,
    /// For which tools; empty: those that are in use.
    pub tools: Vec<Dialect>,
    /// Fetch and push notes as well.
    pub share: bool,
    /// The user's home directory.
    pub home: Option<PathBuf>,
    /// This program, for git hooks that do not find it on the path.
    pub program: PathBuf,
}

/// Why nothing was installed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InstallError {
    /// There is no home directory to install to.
    #[error("this system names no home directory")]
    NoHome,
    /// No tool was named and none is in use.
    #[error(
        "no AI tool is in use here that I know of: name one, `--tool claude`; known are {}",
        Dialect::ALL.map(Dialect::name).join(", ")
    )]
    NoTool,
    /// The generic entry point has no settings to write.
    #[error(
        "`generic` has no settings file: let your tool run `trueline hook run generic` with a \
         payload on its standard input, as `docs/capture.md` describes"
    )]
    Generic,
    /// A settings file is in no form that can be added to.
    #[error("{} is no JSON object with a `hooks` object in it: put it right, or move it away", path.display())]
    Form {
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Git said no.
    #[error(transparent)]
    Git(#[from] NotesError),
}

/// One file that changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileChange {
    /// Which.
    pub path: PathBuf,
    /// What it is now; `None`: it is not there.
    pub before: Option<Vec<u8>>,
    /// What it will be; `None`: it goes.
    pub after: Option<Vec<u8>>,
    kind: FileKind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum FileKind {
    Settings,
    GitHook,
    /// A hook that Husky runs, with lines of ours in it.
    Lines,
}

/// What will be done.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Plan {
    /// File by file, as it is shown.
    pub changes: Vec<FileChange>,
    /// What is set in git's configuration, in words.
    pub settings: Vec<String>,
    /// What could not be done, in words.
    pub notices: Vec<String>,
    remotes: Vec<String>,
    share: bool,
}

/// What was installed, so that it can be taken away.
#[derive(Serialize, Deserialize, Default)]
struct Manifest {
    files: Vec<Installed>,
    #[serde(default)]
    remotes: Vec<String>,
}

#[derive(Serialize, Deserialize, Clone)]
struct Installed {
    path: PathBuf,
    kind: FileKind,
    tool: Option<String>,
    /// The text that was there; `None`: there was no file.
    before: Option<String>,
    /// SHA-256 of what we wrote.
    after: String,
    /// Folders that were made for it, outermost first.
    #[serde(default)]
    folders: Vec<PathBuf>,
}

impl Plan {
    /// Is there anything to do?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.settings.is_empty()
    }

    /// The changes as a unified diff.
    #[must_use]
    pub fn diff(&self) -> String {
        let mut out = String::new();
        for change in &self.changes {
            let text = |side: &Option<Vec<u8>>| {
                String::from_utf8_lossy(side.as_deref().unwrap_or_default()).into_owned()
            };
            let (before, after) = (text(&change.before), text(&change.after));
            let path = change.path.display().to_string();
            let name = |side: &Option<Vec<u8>>| {
                if side.is_some() {
                    path.clone()
                } else {
                    "/dev/null".to_owned()
                }
            };
            let diff = similar::TextDiff::from_lines(&before, &after);
            let mut unified = diff.unified_diff();
            unified.header(&name(&change.before), &name(&change.after));
            // A write to a string cannot fail.
            let _ = write!(out, "{unified}");
        }
        out
    }
}

/// What installing would do. `place` is the repository, unless it is for the user alone.
pub fn plan(place: Option<&Place>, request: &Request) -> Result<Plan, InstallError> {
    let root = root(place, request.scope, request.home.as_deref())?;
    let mut wanted = request.tools.clone();
    if wanted.is_empty() {
        let home = request.home.as_deref();
        wanted = Dialect::ALL
            .into_iter()
            .filter(|tool| tools::is_used(*tool, &root, home))
            .collect();
    }
    if wanted.is_empty() {
        return Err(InstallError::NoTool);
    }
    let mut plan = Plan::default();
    let here = (request.scope == Scope::Repository).then_some(root.as_path());
    let off = hooks_off(&wanted, here, request.home.as_deref());
    plan.notices.extend(off.iter().map(HooksOff::to_string));
    for tool in wanted {
        let file = tools::file(tool, request.scope).ok_or(InstallError::Generic)?;
        let path = root.join(file);
        let before = read(&path)?;
        let text = before.clone().map(String::from_utf8).transpose();
        let text = text.map_err(|_| InstallError::Form { path: path.clone() })?;
        let after = tools::with_hooks(tool, text.as_deref().unwrap_or_default())
            .ok_or_else(|| InstallError::Form { path: path.clone() })?;
        if before.as_deref() != Some(after.as_bytes()) {
            plan.changes.push(FileChange {
                path,
                before,
                after: Some(after.into_bytes()),
                kind: FileKind::Settings,
            });
        }
    }
    if let (Some(place), Scope::Repository) = (place, request.scope) {
        git_hooks(place, request, &mut plan)?;
    }
    Ok(plan)
}

fn git_hooks(place: &Place, request: &Request, plan: &mut Plan) -> Result<(), InstallError> {
    let folder = git::folder(place)?;
    if let Some(users) = husky::folder(&folder).filter(|users| git::is_own(place, users)) {
        husky::plan(&folder, &users, request, plan)?;
        share(place, request, plan);
        return Ok(());
    }
    if !git::is_own(place, &folder) {
        plan.notices.push(format!(
            "git's hooks are in {} (core.hooksPath), which other repositories use too: not touched. \
             Let its post-commit run `trueline hook run post-commit`, and so for post-rewrite and \
             post-merge; or run `trueline hook run settle` now and then.",
            folder.display()
        ));
        return Ok(());
    }
    let manifest = load(&manifest_path(
        Some(place),
        request.scope,
        request.home.as_deref(),
    )?);
    for hook in git::HOOKS {
        if hook == "pre-push" && !request.share {
            continue;
        }
        let path = folder.join(hook);
        let before = read(&path)?;
        let ours = |bytes: &[u8]| bstr::ByteSlice::contains_str(bytes, git::MARK);
        // What is kept already, or will be.
        let theirs = match &before {
            Some(before) if !ours(before) => Some(before.clone()),
            _ => read(&beside(&path))?,
        };
        let script = git::script(
            hook,
            &request.program.display().to_string(),
            theirs.as_deref(),
        );
        if before.as_deref() == Some(script.as_bytes()) {
            continue;
        }
        // An older one of ours is replaced, anybody else's is kept beside it.
        let kept = before.as_deref().is_some_and(|before| !ours(before));
        if kept && !git::bears_another_name(&path, before.as_deref().unwrap_or_default()) {
            plan.notices.push(format!(
                "{} asks by which name it was called, and would not know itself by another: not touched. \
                 Let it run `trueline hook run {hook}`.",
                path.display()
            ));
            continue;
        }
        if kept && beside(&path).exists() {
            plan.notices.push(format!(
                "{} is not ours, and {} is there already: neither is touched. Let the first run `trueline hook run {hook}`.",
                path.display(),
                beside(&path).display()
            ));
            continue;
        }
        let was_changed = before.as_deref().is_some_and(|before| {
            let known = manifest.files.iter().find(|file| file.path == path);
            ours(before) && known.is_some_and(|known| known.after != digest(before))
        });
        if was_changed {
            plan.notices.push(format!(
                "{} is ours with lines of somebody else's: left as it is",
                path.display()
            ));
            continue;
        }
        if kept {
            plan.changes.push(FileChange {
                path: beside(&path),
                before: None,
                after: before.clone(),
                kind: FileKind::GitHook,
            });
        }
        plan.changes.push(FileChange {
            path,
            before,
            after: Some(script.into_bytes()),
            kind: FileKind::GitHook,
        });
    }
    share(place, request, plan);
    Ok(())
}

fn share(place: &Place, request: &Request, plan: &mut Plan) {
    if !request.share {
        return;
    }
    plan.share = true;
    for remote in git::remotes(place) {
        plan.settings.push(format!(
            "git config --add remote.{remote}.fetch '{}'",
            git::refspec(&remote)
        ));
        plan.remotes.push(remote);
    }
    if plan.remotes.is_empty() {
        plan.notices
            .push("there is no remote to share notes with".to_owned());
    }
}

/// Carries a plan out.
pub fn apply(place: Option<&Place>, request: &Request, plan: &Plan) -> Result<(), InstallError> {
    let list = manifest_path(place, request.scope, request.home.as_deref())?;
    let mut manifest = load(&list);
    for change in &plan.changes {
        let is_kept_hook = change.path.to_string_lossy().ends_with(git::BEFORE);
        if is_kept_hook {
            // Renamed, so that its mode and bytes are what they were.
            let name = change.path.to_string_lossy();
            let from = PathBuf::from(name.trim_end_matches(git::BEFORE));
            fs::rename(&from, &change.path).map_err(|source| file_error(&from, source))?;
            continue;
        }
        let Some(after) = &change.after else { continue };
        let folders = tools::missing_folders(&change.path);
        write(&change.path, after, change.kind)?;
        let before = change
            .before
            .as_ref()
            .map(|b| String::from_utf8_lossy(b).into_owned());
        match manifest
            .files
            .iter_mut()
            .find(|file| file.path == change.path)
        {
            // Installed over an older installation: what was there first is still the one to restore.
            Some(known) => known.after = digest(after),
            None => manifest.files.push(Installed {
                path: change.path.clone(),
                kind: change.kind,
                tool: Dialect::ALL
                    .into_iter()
                    .find(|tool| {
                        tools::file(*tool, request.scope).is_some_and(|f| change.path.ends_with(f))
                    })
                    .map(|tool| tool.name().to_owned()),
                before: match change.kind {
                    FileKind::Settings | FileKind::Lines => before,
                    FileKind::GitHook => None,
                },
                after: digest(after),
                folders,
            }),
        }
        save(&list, &manifest)?;
    }
    if let (Some(place), true) = (place, plan.share) {
        for remote in &plan.remotes {
            git::fetch_notes(place, remote, true)?;
            if !manifest.remotes.contains(remote) {
                manifest.remotes.push(remote.clone());
            }
        }
    }
    save(&list, &manifest)
}

/// What taking away would do.
pub fn removal(
    place: Option<&Place>,
    scope: Scope,
    home: Option<&Path>,
) -> Result<Plan, InstallError> {
    let manifest = load(&manifest_path(place, scope, home)?);
    let mut plan = Plan::default();
    for installed in &manifest.files {
        let Some(now) = read(&installed.path)? else {
            continue;
        };
        let untouched = digest(&now) == installed.after;
        let after = match installed.kind {
            FileKind::GitHook => {
                if !bstr::ByteSlice::contains_str(now.as_slice(), git::MARK) {
                    plan.notices.push(format!(
                        "{} is no hook of ours any more: left as it is",
                        installed.path.display()
                    ));
                    continue;
                }
                if !untouched {
                    plan.notices.push(format!(
                        "{} has lines of somebody else's: left as it is; take ours out by hand",
                        installed.path.display()
                    ));
                    continue;
                }
                read(&beside(&installed.path))?
            }
            FileKind::Settings | FileKind::Lines if untouched => {
                installed.before.clone().map(String::into_bytes)
            }
            FileKind::Lines => {
                let left = husky::without_block(&String::from_utf8_lossy(&now));
                let is_gone = left.is_empty() && installed.before.is_none();
                (!is_gone).then(|| left.into_bytes())
            }
            FileKind::Settings => {
                let tool = installed.tool.as_deref().and_then(|tool| tool.parse().ok());
                let text = String::from_utf8_lossy(&now).into_owned();
                let left = tool.and_then(|tool| tools::without_hooks(tool, &text));
                match left {
                    Some(left) if left.is_empty() && installed.before.is_none() => None,
                    Some(left) => Some(left.into_bytes()),
                    None => {
                        plan.notices.push(format!(
                            "{} cannot be read as JSON: left as it is",
                            installed.path.display()
                        ));
                        continue;
                    }
                }
            }
        };
        plan.changes.push(FileChange {
            path: installed.path.clone(),
            before: Some(now),
            after,
            kind: installed.kind,
        });
    }
    for remote in &manifest.remotes {
        plan.settings.push(format!(
            "git config --unset remote.{remote}.fetch '{}'",
            git::refspec(remote)
        ));
        plan.remotes.push(remote.clone());
    }
    Ok(plan)
}

/// Carries a removal out.
pub fn remove(
    place: Option<&Place>,
    scope: Scope,
    home: Option<&Path>,
    plan: &Plan,
) -> Result<(), InstallError> {
    let list = manifest_path(place, scope, home)?;
    let mut manifest = load(&list);
    let mut made: Vec<PathBuf> = Vec::new();
    for change in &plan.changes {
        let kept = beside(&change.path);
        match (&change.after, change.kind) {
            (Some(_), FileKind::GitHook) if kept.exists() => {
                fs::rename(&kept, &change.path).map_err(|source| file_error(&kept, source))?;
            }
            (Some(after), _) => write(&change.path, after, change.kind)?,
            (None, _) => {
                fs::remove_file(&change.path).map_err(|source| file_error(&change.path, source))?;
            }
        }
        if let Some(at) = manifest
            .files
            .iter()
            .position(|file| file.path == change.path)
        {
            made.extend(manifest.files.remove(at).folders);
        }
    }
    // Only folders that were made for our files, and only if nothing else came into them.
    made.sort();
    for folder in made.iter().rev() {
        let _ = fs::remove_dir(folder);
    }
    if let Some(place) = place {
        for remote in &plan.remotes {
            git::fetch_notes(place, remote, false)?;
        }
        manifest.remotes.clear();
    }
    manifest.files.retain(|file| file.path.exists());
    if manifest.files.is_empty() && manifest.remotes.is_empty() {
        let _ = fs::remove_file(&list);
        return Ok(());
    }
    save(&list, &manifest)
}

fn root(place: Option<&Place>, scope: Scope, home: Option<&Path>) -> Result<PathBuf, InstallError> {
    match (scope, place) {
        (Scope::Repository, Some(place)) => Ok(place.work_tree.clone()),
        _ => home.map(Path::to_owned).ok_or(InstallError::NoHome),
    }
}

fn manifest_path(
    place: Option<&Place>,
    scope: Scope,
    home: Option<&Path>,
) -> Result<PathBuf, InstallError> {
    match (scope, place) {
        (Scope::Repository, Some(place)) => Ok(place.capture_dir().join("installed.json")),
        _ => Ok(home
            .ok_or(InstallError::NoHome)?
            .join(".config")
            .join("trueline")
            .join("installed.json")),
    }
}

fn load(path: &Path) -> Manifest {
    fs::read(path)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

fn save(path: &Path, manifest: &Manifest) -> Result<(), InstallError> {
    let text = serde_json::to_vec_pretty(manifest)
        .map_err(|error| file_error(path, std::io::Error::other(error)))?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|source| file_error(folder, source))?;
    }
    crate::queue::write_aside(path, &text).map_err(|source| file_error(path, source))
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, InstallError> {
    match fs::metadata(path) {
        Ok(meta) if meta.len() > LARGEST_FILE || !meta.is_file() => Err(file_error(
            path,
            std::io::Error::other("not a file that could be added to"),
        )),
        Ok(_) => fs::read(path)
            .map(Some)
            .map_err(|source| file_error(path, source)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(file_error(path, source)),
    }
}

/// Writes aside and renames, with the mode that the file had.
fn write(path: &Path, content: &[u8], kind: FileKind) -> Result<(), InstallError> {
    let failed = |source| file_error(path, source);
    // A settings file that is a link stays one.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mode = fs::metadata(path).map(|meta| meta.permissions());
    crate::queue::write_aside(path, content).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = match (mode, kind) {
            (Ok(mode), FileKind::Settings | FileKind::Lines) => mode,
            (_, FileKind::Settings | FileKind::Lines) => PermissionsExt::from_mode(0o644),
            (_, FileKind::GitHook) => PermissionsExt::from_mode(0o755),
        };
        fs::set_permissions(path, mode).map_err(failed)?;
    }
    #[cfg(not(unix))]
    let _ = (mode, kind);
    Ok(())
}

fn beside(hook: &Path) -> PathBuf {
    let mut name = hook.as_os_str().to_owned();
    name.push(git::BEFORE);
    name.into()
}

fn digest(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // A write to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

fn file_error(path: &Path, source: std::io::Error) -> InstallError {
    InstallError::File {
        path: path.to_owned(),
        source,
    }
}
