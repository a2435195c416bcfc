//! Signs of AI tools in HEAD's tree and in history: configuration, residue, ignore lines, editor
//! extensions, CI jobs, dependencies. What was once added and later removed counts as well.

use std::collections::{BTreeMap, BTreeSet};

use gix::ObjectId;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use trueline_authorship::files::{self, ContentSign};
use trueline_authorship::tools;
use trueline_facts::shadow::{RECORDERS, ShadowAi, Signal, SignalKind, SignalState};
use trueline_facts::{Diagnostic, Level, RepoPath, Timestamp, ToolId};

use crate::evidence::OriginIx;
use crate::model::{Change, ChangeKind, PathIx};

use super::Blobs;
use super::anomaly::manifest;
use super::memo::Question;
use super::view::View;

/// Versions that are read for signs, newest first: of one file, and of all of them. A blob takes
/// some hundred microseconds.
const MOST_OF_ONE: u32 = 40;
const MOST_OF_ALL: usize = 3000;

pub(super) fn shadow_ai(view: &View<'_>, blobs: Blobs<'_>) -> (ShadowAi, Vec<Diagnostic>) {
    let mut search = Search::new(view);
    search.paths(view);
    search.contents(view, blobs);
    let signals: Vec<Signal> = search.signals.into_values().collect();
    let approved = view.options.approved.clone();
    let unlisted = approved
        .as_ref()
        .map_or_else(Vec::new, |approved| unlisted(view, &signals, approved));
    let shadow = ShadowAi {
        approved,
        unlisted,
        signals,
    };
    (shadow, search.diagnostics)
}

/// Coding tools with any sign or any line or commit that the policy does not list. Libraries that
/// the product calls are no coding tools (the pipeline map has them), nor are services whose key a CI
/// job hands over: the table of tools has neither.
fn unlisted(view: &View<'_>, signals: &[Signal], approved: &[ToolId]) -> Vec<ToolId> {
    let known: BTreeSet<ToolId> = tools::all().collect();
    let mut seen: BTreeSet<&ToolId> = signals
        .iter()
        .filter(|signal| signal.kind != SignalKind::Dependency)
        .map(|signal| &signal.tool)
        .filter(|tool| known.contains(*tool))
        .collect();
    seen.extend(named(view));
    seen.into_iter()
        .filter(|tool| writes(tool) && !approved.contains(tool))
        .cloned()
        .collect()
}

/// The tools that any line of HEAD or any commit names, whatever part or time is asked for.
pub(super) fn named<'a>(view: &View<'a>) -> BTreeSet<&'a ToolId> {
    let used: BTreeSet<OriginIx> = view
        .origins
        .files
        .iter()
        .flat_map(|file| file.runs.iter().map(|run| run.origin))
        .collect();
    let mut named: BTreeSet<&ToolId> = used
        .into_iter()
        .filter_map(|ix| view.origins.origin(ix).tool())
        .collect();
    for (ix, _) in view.all_commits() {
        named.extend(view.tools(ix).iter().map(|(tool, _)| *tool));
    }
    named
}

/// Is it one particular tool that writes code?
pub(super) fn writes(tool: &ToolId) -> bool {
    tool.as_str() != tools::UNSPECIFIED && !RECORDERS.contains(&tool.as_str())
}

/// What a version of a file shows; nothing where it cannot be read.
fn content_signs(blobs: Blobs<'_>, path: &RepoPath, blob: ObjectId) -> Vec<ContentSign> {
    let question = || {
        let question = Question::new("content-signs");
        question.with(path.as_bytes()).with(blob.as_slice())
    };
    let found: Option<Vec<(ToolId, SignalKind, String)>> = blobs.answer(question, |source| {
        let signs = files::content_signs(path.as_bytes(), &source.blob(blob)?);
        let signs = signs.into_iter();
        Some(signs.map(|s| (s.tool, s.kind, s.detail)).collect())
    });
    found
        .unwrap_or_default()
        .into_iter()
        .map(|(tool, kind, detail)| ContentSign { tool, kind, detail })
        .collect()
}

/// One row a sign; a row found twice (two versions of a file) is one.
type Key = (ToolId, SignalKind, RepoPath, Option<String>);

struct Search {
    /// The blob of each path of HEAD.
    head: FxHashMap<PathIx, ObjectId>,
    signals: BTreeMap<Key, Signal>,
    diagnostics: Vec<Diagnostic>,
}

impl Search {
    fn new(view: &View<'_>) -> Self {
        Self {
            head: view
                .history
                .files
                .iter()
                .map(|file| (file.path, file.blob))
                .collect(),
            signals: BTreeMap::new(),
            diagnostics: Vec::new(),
        }
    }

    fn state(&self, path: PathIx) -> SignalState {
        if self.head.contains_key(&path) {
            SignalState::Present
        } else {
            SignalState::Deleted
        }
    }

    fn see(&mut self, key: Key, state: SignalState, times: Option<(Timestamp, Timestamp)>) {
        let signal = self.signals.entry(key).or_insert_with_key(|key| Signal {
            tool: key.0.clone(),
            kind: key.1,
            state,
            path: key.2.clone(),
            detail: key.3.clone(),
            first_seen: None,
            last_seen: None,
        });
        if state == SignalState::Present {
            signal.state = state;
        }
        if let Some((first, last)) = times {
            signal.first_seen = Some(signal.first_seen.map_or(first, |seen| seen.min(first)));
            signal.last_seen = Some(signal.last_seen.map_or(last, |seen| seen.max(last)));
        }
    }

    /// What paths alone show, in HEAD and in all changes.
    fn paths(&mut self, view: &View<'_>) {
        let mut times: FxHashMap<PathIx, (Timestamp, Timestamp)> = FxHashMap::default();
        let telling: Vec<(PathIx, Vec<(ToolId, SignalKind)>)> = view
            .history
            .paths
            .par_iter()
            .enumerate()
            .filter(|(_, path)| !manifest::is_fixture(path))
            .map(|(ix, path)| {
                let signs = files::path_signs(path.as_bytes())
                    .into_iter()
                    .map(|sign| (sign.tool, sign.kind))
                    .collect::<Vec<_>>();
                (PathIx(ix as u32), signs)
            })
            .filter(|(_, signs)| !signs.is_empty())
            .collect();
        for change in &view.history.changes {
            if telling
                .binary_search_by_key(&change.path, |(ix, _)| *ix)
                .is_ok()
            {
                let time = view.time(change.commit);
                let (first, last) = times.entry(change.path).or_insert((time, time));
                *first = time.min(*first);
                *last = time.max(*last);
            }
        }
        for (ix, signs) in telling {
            let seen = times.get(&ix).copied();
            // A path that only notes name is neither in HEAD nor in a change.
            if seen.is_none() && !self.head.contains_key(&ix) {
                continue;
            }
            let path = view.history.path(ix).clone();
            for (tool, kind) in signs {
                self.see((tool, kind, path.clone(), None), self.state(ix), seen);
            }
        }
    }

    /// What contents show, in HEAD and in earlier versions.
    fn contents(&mut self, view: &View<'_>, blobs: Blobs<'_>) {
        let interesting: Vec<bool> = view
            .history
            .paths
            .iter()
            .map(|path| {
                // What tests are run on uses no AI here.
                files::content_interesting(path.as_bytes()) && !manifest::is_test_data(path)
            })
            .collect();
        let is_interesting = |path: PathIx| {
            interesting
                .get(path.0 as usize)
                .copied()
                .unwrap_or_default()
                && (!view.is_generated(path)
                    || files::is_ci_definition(view.history.path(path).as_bytes()))
        };
        let mut read: FxHashMap<(PathIx, ObjectId), Vec<ContentSign>> = FxHashMap::default();
        let mut signs_of = |path: PathIx, blob: ObjectId| -> Vec<ContentSign> {
            read.entry((path, blob))
                .or_insert_with(|| content_signs(blobs, view.history.path(path), blob))
                .clone()
        };
        let key = |path: PathIx, sign: ContentSign| {
            let detail = Some(sign.detail);
            (
                sign.tool,
                sign.kind,
                view.history.path(path).clone(),
                detail,
            )
        };
        for file in &view.history.files {
            if is_interesting(file.path) {
                for sign in signs_of(file.path, file.blob) {
                    self.see(key(file.path, sign), SignalState::Present, None);
                }
            }
        }
        // Changes come by commit, newest commit first.
        let mut of_one: FxHashMap<PathIx, u32> = FxHashMap::default();
        let mut unread = 0_usize;
        let mut versions: Vec<&Change> = Vec::new();
        for change in &view.history.changes {
            if !is_interesting(change.path) {
                continue;
            }
            let count = of_one.entry(change.path).or_default();
            *count += 1;
            if *count > MOST_OF_ONE || versions.len() == MOST_OF_ALL {
                unread += 1;
            } else {
                versions.push(change);
            }
        }
        if unread > 0 {
            self.diagnostics.push(Diagnostic::new(
                Level::Note,
                "old-versions-unread",
                format!(
                    "{unread} older versions of manifests, workflows and ignore files were not searched for signs of AI tools; the {MOST_OF_ONE} newest of each file were, up to {MOST_OF_ALL}"
                ),
            ));
        }
        for change in versions {
            let time = view.time(change.commit);
            let removes = change.kind == ChangeKind::Deleted;
            for sign in signs_of(change.path, change.blob) {
                let key = key(change.path, sign);
                // A removed file showed the sign up to now, but this is not when it began.
                if removes && !self.signals.contains_key(&key) {
                    self.see(key, SignalState::Deleted, Some((time, time)));
                } else if removes {
                    if let Some(signal) = self.signals.get_mut(&key) {
                        signal.last_seen = Some(signal.last_seen.map_or(time, |s| s.max(time)));
                    }
                } else {
                    self.see(key, SignalState::Deleted, Some((time, time)));
                }
            }
        }
    }
}
