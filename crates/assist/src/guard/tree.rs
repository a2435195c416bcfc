//! Writes, judged by what guards the tree that they go to.

use std::path::{Path, PathBuf};

use trueline_capture::Place;
use trueline_capture::event::{Change, Edit, Event, Write};
use trueline_facts::RepoPath;
use trueline_scan::config::{Answer, Gate};
use trueline_scan::{Ahead, Guarding, Proposal, ScanError, is_secret, runs_by_itself, steers};

use super::content::{self, Content, TooLong};
use super::reasons::{self, Counted};
use super::{Verdict, check, failed, verdict};

/// Files of one call that are looked at.
const MOST_FILES: usize = 256;

/// A tree with a guard.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) ahead: Ahead,
    pub(super) guarding: Guarding,
}

impl Tree {
    fn open(folder: &Path) -> Option<Self> {
        let there = folder.ancestors().find(|folder| folder.is_dir())?;
        let ahead = Ahead::open(there).ok()?;
        // What is wrong with the configuration is told by every scan.
        let guarding = ahead.guarding().ok()??;
        Some(Self { ahead, guarding })
    }
}

/// The tree in which an agent works.
#[derive(Debug)]
pub(super) struct Trees {
    root: PathBuf,
    own: Option<Tree>,
}

impl Trees {
    pub(super) fn around(cwd: &Path) -> Self {
        Self {
            root: root(cwd),
            own: Tree::open(cwd),
        }
    }

    pub(super) const fn own(&self) -> Option<&Tree> {
        self.own.as_ref()
    }
}

fn root(path: &Path) -> PathBuf {
    Place::around(path).map_or_else(|| path.to_owned(), |place| place.work_tree)
}

/// Whether a guard looks at writes of a file by an agent that works in a tree.
pub(super) fn guards(cwd: &Path, file: &Path) -> bool {
    let of_file = Place::around(file).is_some_and(|place| Tree::open(&place.work_tree).is_some());
    of_file || Tree::open(cwd).is_some()
}

/// What the gates say to a write. A file of another repository is judged by that one's guard; one
/// outside of all, or of a repository without a guard, by the guard of the tree the agent works in.
pub(super) fn judge(event: &Event, write: &Write, trees: &Trees) -> Vec<Verdict> {
    let mut others: Vec<(PathBuf, Option<Tree>)> = Vec::new();
    let mut placed: Vec<(usize, PathBuf, &Edit)> = Vec::new();
    for edit in write.edits.iter().take(MOST_FILES) {
        let file = event.absolute(&edit.path);
        let around = Place::around(&file).map(|place| place.work_tree);
        let other = around.filter(|root| *root != trees.root).map(|root| {
            let known = others.iter().position(|(known, _)| *known == root);
            known.unwrap_or_else(|| {
                let tree = Tree::open(&root);
                others.push((root, tree));
                others.len() - 1
            })
        });
        let has_guard = other.filter(|at| others.get(*at).is_some_and(|(_, tree)| tree.is_some()));
        placed.push((has_guard.map_or(0, |at| at + 1), file, edit));
    }
    let all = std::iter::once(trees.own()).chain(others.iter().map(|(_, tree)| tree.as_ref()));
    let mut verdicts = Vec::new();
    for (at, tree) in all.enumerate() {
        let Some(tree) = tree else { continue };
        let files: Vec<(&Path, &Change)> = placed
            .iter()
            .filter(|(of, _, _)| *of == at)
            .map(|(_, file, edit)| (file.as_path(), &edit.change))
            .collect();
        if !files.is_empty() {
            verdicts.extend(judge_in(tree, &files));
        }
    }
    verdicts
}

/// A file that would be written, with its content.
struct Written {
    /// As it is named to the agent.
    path: RepoPath,
    proposal: Proposal,
    counted: Counted,
}

fn judge_in(tree: &Tree, files: &[(&Path, &Change)]) -> Vec<Verdict> {
    let guard = &tree.guarding.guard;
    let mut verdicts = Vec::new();
    let mut written = Vec::new();
    for (file, change) in files {
        let Some(path) = tree.ahead.path(file) else {
            verdicts.extend(outside(tree, file));
            continue;
        };
        verdicts.extend(check(guard, &[Gate::Configuration], || {
            let steers = steers(&path).then(|| reasons::configuration(&path.display()));
            let reason = steers.or_else(|| of_machine(file)).into_iter();
            Ok(reason
                .map(|reason| verdict(guard, Gate::Configuration, reason))
                .collect())
        }));
        if let Some(zone) = tree.guarding.zone(&path) {
            verdicts.push(Verdict {
                answer: zone.agents.into(),
                reason: reasons::zone(&path, zone),
            });
        }
        let before = tree.ahead.text(&path);
        match content::proposed(before.as_deref(), change) {
            Ok(None) => {}
            Ok(Some(content)) => written.push(as_written(path, content)),
            Err(TooLong) => verdicts.extend(failed(guard, &[Gate::Secrets, Gate::Code])),
        }
    }
    if !written.is_empty() {
        verdicts.extend(check(guard, &[Gate::Secrets, Gate::Code], || {
            contents(tree, &written)
        }));
    }
    verdicts
}

fn as_written(path: RepoPath, content: Content) -> Written {
    // A cell of a notebook comes alone, as source.
    let is_cell = content.counted == Counted::InNewText && path.as_bytes().ends_with(b".ipynb");
    let as_source: &[u8] = if is_cell { b".py" } else { b"" };
    Written {
        counted: content.counted,
        proposal: Proposal {
            path: RepoPath::new([path.as_bytes(), as_source].concat()),
            before: content.before,
            after: content.after,
        },
        path,
    }
}

/// What the home and the machine run or trust by themselves.
fn of_machine(file: &Path) -> Option<String> {
    let name = file.to_str()?;
    let home = std::env::home_dir();
    let below = home
        .as_deref()
        .and_then(|home| file.strip_prefix(home).ok()?.to_str());
    let is_such =
        runs_by_itself(name) || below.is_some_and(|below| runs_by_itself(&format!("~/{below}")));
    is_such.then(|| reasons::runs_by_itself(name))
}

/// What steers agents lies in home folders, too.
fn outside(tree: &Tree, file: &Path) -> Vec<Verdict> {
    let guard = &tree.guarding.guard;
    check(guard, &[Gate::Configuration], || {
        let name = file.display().to_string();
        let steers = steers(&RepoPath::from(name.trim_start_matches('/')));
        let steers = steers.then(|| reasons::configuration(&name));
        let reason = steers.or_else(|| of_machine(file)).into_iter();
        Ok(reason
            .map(|reason| verdict(guard, Gate::Configuration, reason))
            .collect())
    })
}

/// What the new contents add: secrets that are known by their form, and findings.
fn contents(tree: &Tree, written: &[Written]) -> Result<Vec<Verdict>, ScanError> {
    let guard = &tree.guarding.guard;
    let mut verdicts = Vec::new();
    let proposals: Vec<Proposal> = written
        .iter()
        .filter(|one| !tree.guarding.leaves_out(&one.path))
        .map(|one| one.proposal.clone())
        .collect();
    let mut found = tree.ahead.introduced(&proposals)?;
    for finding in &mut found {
        if let Some(of) = written
            .iter()
            .find(|one| one.proposal.path == finding.location.path)
        {
            finding.location.path = of.path.clone();
        }
    }
    for finding in &found {
        let path = &finding.location.path;
        let gate = if is_secret(finding) {
            Gate::Secrets
        } else {
            Gate::Code
        };
        // Nothing that is written there is committed: it is where a secret belongs.
        if gate == Gate::Secrets && tree.ahead.is_ignored(path) {
            continue;
        }
        let of = written.iter().find(|one| one.path == *path);
        let counted = of.map_or(Counted::InFile, |one| one.counted);
        verdicts.push(verdict(guard, gate, reasons::finding(finding, counted)));
    }
    if guard.answer(Gate::Secrets) == Answer::Allow {
        return Ok(verdicts);
    }
    for one in written {
        let path = &one.path;
        let Proposal { before, after, .. } = &one.proposal;
        let mut lines = tree.ahead.secret_lines(before.as_deref(), after)?;
        // Told above, with more words.
        lines.retain(|line| {
            !found
                .iter()
                .any(|f| is_secret(f) && f.location.path == *path && f.location.start.line == *line)
        });
        if !lines.is_empty() && !tree.ahead.is_ignored(path) {
            let reason = reasons::secrets(path, &lines, one.counted);
            verdicts.push(verdict(guard, Gate::Secrets, reason));
        }
    }
    Ok(verdicts)
}
