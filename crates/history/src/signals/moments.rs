//! The timeline that the anomaly detectors read, made from the history's tables.

use std::collections::BTreeSet;

use gix::ObjectId;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use smallvec::SmallVec;
use trueline_authorship::files;
use trueline_facts::{CommitId, RepoPath, ToolId};

use crate::model::{Change, ChangeKind, CommitIx};

use super::anomaly::configuration::Steering;
use super::anomaly::dependencies::Entries;
use super::anomaly::evidence_loss::Voice;
use super::anomaly::manifest::{self, Packages};
use super::anomaly::timeline::{Moment, Timeline};
use super::memo::{Question, Reading};
use super::view::View;
use super::written;
use super::{Blobs, Source};

pub(super) fn timeline(view: &View<'_>, blobs: Blobs<'_>) -> Timeline {
    let history = view.history;
    let window_start = history.window_start;
    let oldest = view.all_commits().map(|(ix, _)| view.time(ix)).min();
    let start = oldest.map_or(window_start, |oldest| oldest.max(window_start));
    let mut timeline = Timeline {
        start: start.0,
        end: view.now.0,
        born: oldest.is_some_and(|oldest| oldest > window_start),
        ..Timeline::default()
    };
    let mut moments = Vec::new();
    let steers: Vec<Option<ToolId>> = history.paths.par_iter().map(steered_tool).collect();
    for changes in history.changes.chunk_by(|a, b| a.commit == b.commit) {
        let Some(ix) = changes.first().map(|change| change.commit) else {
            continue;
        };
        let commit = history.commit(ix);
        let id = CommitId::new(commit.id.to_string());
        steering(view, &id, changes, &steers, &mut timeline.steering);
        let is_import = commit.parents.is_empty() || commit.parents_missing;
        if is_import || commit.committer_time < window_start {
            continue;
        }
        let moment = Moment {
            id,
            time: view.time(ix).0,
            added: written::lines(view, blobs, ix, changes),
            entries: entries(view, blobs, ix, changes),
        };
        moments.push((moment, (commit.person, commit.author_time, &commit.message)));
    }
    moments.sort_by(|(a, _), (b, _)| (a.time, &a.id).cmp(&(b.time, &b.id)));
    // The same change on two branches (cherry-picked, rebased) happened once, when it first came.
    let mut known = FxHashSet::default();
    moments.retain(|(_, change)| known.insert(*change));
    timeline.moments = moments.into_iter().map(|(moment, _)| moment).collect();
    timeline
        .steering
        .sort_by(|a, b| (a.time, &a.id, &a.path).cmp(&(b.time, &b.id, &b.path)));
    timeline.voices = voices(view);
    timeline
}

/// The tool whose agent reads the file, if it steers one.
fn steered_tool(path: &RepoPath) -> Option<ToolId> {
    if !files::is_agent_configuration(path.as_bytes()) || manifest::is_fixture(path) {
        return None;
    }
    let first = files::path_signs(path.as_bytes()).into_iter().next();
    let unspecified = || ToolId::new(trueline_authorship::tools::UNSPECIFIED);
    Some(first.map_or_else(unspecified, |sign| sign.tool))
}

fn steering(
    view: &View<'_>,
    id: &CommitId,
    changes: &[Change],
    steers: &[Option<ToolId>],
    found: &mut Vec<Steering>,
) {
    for change in changes {
        let Some(Some(tool)) = steers.get(change.path.0 as usize) else {
            continue;
        };
        let lines = change.lines.unwrap_or_default();
        found.push(Steering {
            id: id.clone(),
            time: view.time(change.commit).0,
            tool: tool.clone(),
            path: view.history.path(change.path).clone(),
            deleted: change.kind == ChangeKind::Deleted,
            lines: u64::from(lines.added) + u64::from(lines.removed),
        });
    }
}

/// The distinct direct dependencies that a commit changed; `None` when it touched no manifest that can be
/// read before and after.
fn entries(
    view: &View<'_>,
    blobs: Blobs<'_>,
    commit: CommitIx,
    changes: &[Change],
) -> Option<Entries> {
    let parents = &view.history.commit(commit).parents;
    let parent = view.history.commit(*parents.first()?).tree;
    let manifests: Vec<(&RepoPath, &Change)> = changes
        .iter()
        .filter(|change| !view.is_generated(change.path))
        .map(|change| (view.history.path(change.path), change))
        .filter(|(path, change)| {
            // Test data counts only where something else may have moved to it.
            manifest::is_manifest(path)
                && (change.kind == ChangeKind::Added || !manifest::is_test_data(path))
        })
        .collect();
    if manifests
        .iter()
        .all(|(path, _)| manifest::is_test_data(path))
    {
        return None;
    }
    let question = || {
        let question = Question::new("entries").with(parent.as_slice());
        let manifests = manifests.iter();
        manifests.fold(question, |question, (path, change)| {
            question.with_change(path, change)
        })
    };
    let entries = blobs.answer_in_part(question, |source| compare(source, parent, &manifests));
    (entries.manifests > 0).then_some(entries)
}

/// What became of the entries of manifests, those left out that could not be read.
fn compare(
    source: &dyn Source,
    parent: ObjectId,
    changes: &[(&RepoPath, &Change)],
) -> (Entries, Reading) {
    let mut manifests = 0;
    let mut reading = Reading::Whole;
    let (mut added, mut removed, mut other_version) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut in_test_data = BTreeSet::new();
    for (path, change) in changes {
        // No content and content that is no manifest differ: only the first may change later.
        let before = match change.kind {
            ChangeKind::Added => Some(None),
            ChangeKind::Modified | ChangeKind::Deleted => source.at(parent, path).ok(),
        };
        let after = match change.kind {
            ChangeKind::Deleted => Some(None),
            ChangeKind::Added | ChangeKind::Modified => source.blob(change.blob).map(Some),
        };
        let (Some(before), Some(after)) = (before, after) else {
            reading = Reading::Partial;
            continue;
        };
        let packages = |content: Option<Vec<u8>>| match content {
            Some(content) => manifest::direct_packages(path, &content),
            None => Some(Packages::new()),
        };
        let (Some(before), Some(after)) = (packages(before), packages(after)) else {
            continue;
        };
        if manifest::is_test_data(path) {
            in_test_data.extend(after.into_keys());
            continue;
        }
        manifests += 1;
        for (name, version) in &after {
            match before.get(name) {
                None => drop(added.insert(name.clone())),
                Some(old) if old != version => drop(other_version.insert(name.clone())),
                Some(_) => {}
            }
        }
        removed.extend(before.into_keys().filter(|name| !after.contains_key(name)));
    }
    // A dependency that moved from one manifest to another was neither added nor removed.
    removed.retain(|name| !in_test_data.contains(name));
    let moved = added.intersection(&removed).count();
    let entries = Entries {
        manifests,
        added: (added.len() - moved) as u32,
        removed: (removed.len() - moved) as u32,
        changed: other_version.len() as u32,
    };
    (entries, reading)
}

/// Who spoke of which tool when; bots are no people, and merges say nothing.
fn voices(view: &View<'_>) -> Vec<Voice> {
    let mut voices: Vec<Voice> = view
        .all_commits()
        .filter(|(ix, _)| view.origins.commit(*ix).automation.is_none())
        .map(|(ix, commit)| Voice {
            time: view.time(ix).0,
            person: commit.person.0,
            tools: view
                .tools(ix)
                .into_iter()
                .map(|(tool, _)| Box::from(tool.as_str()))
                .collect::<SmallVec<_>>(),
        })
        .collect();
    voices.sort_by_key(|voice| (voice.time, voice.person));
    voices
}
