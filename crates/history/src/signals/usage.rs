//! Which tools are used, where, since when and for what; evidence coverage before any share.

use std::collections::{BTreeMap, BTreeSet};

use trueline_authorship::files;
use trueline_facts::shadow::SignalKind;
use trueline_facts::usage::{
    DirectoryUse, EvidenceCoverage, LineShares, MonthUse, Purpose, ToolUse, Usage,
};
use trueline_facts::{EvidenceClass, Proportion, RepoPath, Timestamp, ToolId};

use super::shadow::writes;
use super::view::{Lines, View};
use super::{Source, advice};
use crate::model::{ChangeKind, FileContent, PathIx};

/// Directories are reported down to this depth.
const DEPTH: usize = 3;
/// Top-level directories reported per tool.
const DIRECTORIES_PER_TOOL: usize = 10;
/// How `ToolUse::models` names commits whose evidence states no model.
const UNSTATED: &str = "unstated";

pub(super) fn usage(view: &View<'_>, source: &dyn Source) -> Usage {
    let mut tally = Tally::new(view);
    tally.lines(view);
    tally.commits(view);
    tally.large_files(view);
    tally.configuration(view);
    let coverage = EvidenceCoverage {
        window_days: view.options.coverage_days,
        recent: known(&tally.recent_lines),
        all: known(&tally.lines),
        hinted: tally.hinted,
        recent_hinted: tally.recent_hinted,
        upper_bound: tally.lines.ai_upper_bound,
        recent_upper_bound: tally.recent_lines.ai_upper_bound,
        undated: undated(view),
        generated: tally.generated.known(),
        recent_generated: tally.recent_generated.known(),
        large_files: tally.large_files.len() as u64,
        recent_large_files: tally.recent_large_files.len() as u64,
        advice: advice::advice(view, source, &tally.recent_by_tool, &tally.recent_lines),
        by_tool: tally.recent_by_tool,
    };
    let mut tools: Vec<ToolUse> = tally.tools.into_values().map(ToolDraft::finish).collect();
    tools.retain(|tool| tool.lines + tool.generated_lines + tool.commits > 0);
    tools.sort_by(|a, b| (b.lines, b.commits, &a.tool).cmp(&(a.lines, a.commits, &b.tool)));
    Usage {
        coverage,
        lines: tally.lines,
        recent_lines: tally.recent_lines,
        generated_lines: tally.generated.total,
        tools,
        purposes: tally.purposes,
        months: tally.months.into_values().collect(),
        directories: tally
            .directories
            .into_iter()
            .map(|(path, lines)| DirectoryUse {
                path: RepoPath::new(path),
                lines,
            })
            .collect(),
    }
}

/// Where the window of evidence coverage begins.
fn recent_from(view: &View<'_>) -> Timestamp {
    view.days_ago(view.options.coverage_days)
}

/// Lines that history is cut before, or cannot be read before.
fn undated(view: &View<'_>) -> u64 {
    let files = view.written_files_of_all_time();
    let lines = files.flat_map(|(_, lines)| lines);
    lines.filter(|l| !l.dated).map(|l| l.len).sum()
}

/// Lines of which it is known who wrote them, of all.
fn known(lines: &LineShares) -> Proportion {
    Proportion::new(lines.known(), lines.total)
}

struct ToolDraft {
    report: ToolUse,
    /// All top-level directories; the largest ones are reported.
    directories: BTreeMap<String, u64>,
}

impl ToolDraft {
    fn new(tool: &ToolId, approved: Option<&[ToolId]>) -> Self {
        Self {
            report: ToolUse {
                tool: tool.clone(),
                approved: approved.and_then(|list| standing(tool, list)),
                lines: 0,
                lines_at_least: 0,
                lines_upper_bound: 0,
                generated_lines: 0,
                large_files: 0,
                commits: 0,
                first_seen: None,
                last_seen: None,
                models: BTreeMap::new(),
                purposes: BTreeMap::new(),
                directories: BTreeMap::new(),
                evidence: BTreeMap::new(),
                configuration: Vec::new(),
            },
            directories: BTreeMap::new(),
        }
    }

    fn finish(mut self) -> ToolUse {
        let mut largest: Vec<(String, u64)> = self.directories.into_iter().collect();
        largest.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
        largest.truncate(DIRECTORIES_PER_TOOL);
        self.report.directories = largest.into_iter().collect();
        self.report
    }
}

/// Does the policy list a tool? `None` of what it could not list.
fn standing(tool: &ToolId, approved: &[ToolId]) -> Option<bool> {
    let is_listed = approved.contains(tool);
    (is_listed || writes(tool)).then_some(is_listed)
}

struct Tally<'a> {
    approved: Option<&'a [ToolId]>,
    lines: LineShares,
    /// Lines of the coverage window.
    recent_lines: LineShares,
    /// Unknown lines with hints.
    hinted: u64,
    recent_hinted: u64,
    generated: LineShares,
    recent_generated: LineShares,
    /// Files of HEAD that are too large to trace and that a tool had a part in.
    large_files: BTreeSet<PathIx>,
    recent_large_files: BTreeSet<PathIx>,
    recent_by_tool: BTreeMap<ToolId, u64>,
    tools: BTreeMap<ToolId, ToolDraft>,
    purposes: BTreeMap<Purpose, u64>,
    months: BTreeMap<String, MonthUse>,
    directories: BTreeMap<Vec<u8>, LineShares>,
}

impl<'a> Tally<'a> {
    fn new(view: &View<'a>) -> Self {
        Self {
            approved: view.options.approved.as_deref(),
            lines: LineShares::default(),
            recent_lines: LineShares::default(),
            hinted: 0,
            recent_hinted: 0,
            generated: LineShares::default(),
            recent_generated: LineShares::default(),
            large_files: BTreeSet::new(),
            recent_large_files: BTreeSet::new(),
            recent_by_tool: BTreeMap::new(),
            tools: BTreeMap::new(),
            purposes: BTreeMap::new(),
            months: BTreeMap::new(),
            directories: BTreeMap::new(),
        }
    }

    fn tool(&mut self, tool: &ToolId) -> &mut ToolDraft {
        let approved = self.approved;
        self.tools
            .entry(tool.clone())
            .or_insert_with(|| ToolDraft::new(tool, approved))
    }

    fn lines(&mut self, view: &View<'_>) {
        let recent_from = recent_from(view);
        let is_recent = |lines: &Lines| lines.dated && view.time(lines.commit) >= recent_from;
        let mut by_commit = vec![LineShares::default(); view.history.commits.len()];
        for (path, lines) in view.files() {
            if view.is_generated(path) {
                for lines in lines {
                    let shares = view.shares(&lines);
                    self.generated.add(&shares);
                    if is_recent(&lines) {
                        self.recent_generated.add(&shares);
                    }
                    if let Some(tool) = view.origins.origin(lines.origin).tool() {
                        self.tool(tool).report.generated_lines += lines.len;
                    }
                }
                continue;
            }
            let path = view.history.path(path);
            let mut of_file = LineShares::default();
            let mut of_tools: BTreeMap<(&ToolId, Option<EvidenceClass>), LineShares> =
                BTreeMap::new();
            for lines in lines {
                let shares = view.shares(&lines);
                of_file.add(&shares);
                if let Some(commit) = by_commit.get_mut(lines.commit.0 as usize)
                    && lines.dated
                {
                    commit.add(&shares);
                }
                let origin = view.origins.origin(lines.origin);
                let is_recent = is_recent(&lines);
                if is_recent {
                    self.recent_lines.add(&shares);
                }
                if !origin.is_known() && origin.has_evidence() {
                    self.hinted += lines.len;
                    self.recent_hinted += if is_recent { lines.len } else { 0 };
                }
                if let Some(tool) = origin.tool() {
                    let best = origin.evidence.first().map(|e| e.class);
                    of_tools.entry((tool, best)).or_default().add(&shares);
                    if is_recent {
                        // What coverage counts, by tool.
                        *self.recent_by_tool.entry(tool.clone()).or_default() += shares.known();
                    }
                }
            }
            self.lines.add(&of_file);
            if of_file.total > 0 {
                for directory in directories(path.as_bytes()) {
                    self.directories
                        .entry(directory.to_vec())
                        .or_default()
                        .add(&of_file);
                }
            }
            for ((tool, best), shares) in of_tools {
                let lines = shares.total;
                let draft = self.tool(tool);
                draft.report.lines += lines;
                draft.report.lines_at_least += shares.ai_at_least();
                draft.report.lines_upper_bound += shares.ai_upper_bound;
                if let Some(best) = best {
                    *draft.report.evidence.entry(best).or_default() += lines;
                }
                *draft.directories.entry(top_directory(path)).or_default() += lines;
            }
        }
        for ((ix, _), shares) in view
            .history
            .commits
            .iter()
            .enumerate()
            .zip(&by_commit)
            .filter(|(_, shares)| shares.total > 0)
        {
            let time = view.time(crate::model::CommitIx(ix as u32));
            let month = self.month(time);
            month.lines.add(shares);
            month.standing_commits += 1;
        }
    }

    fn month(&mut self, time: Timestamp) -> &mut MonthUse {
        let month = time.month();
        self.months
            .entry(month.clone())
            .or_insert_with(|| MonthUse {
                month,
                commits: 0,
                ai_commits: 0,
                standing_commits: 0,
                lines: LineShares::default(),
            })
    }

    fn commits(&mut self, view: &View<'_>) {
        for (ix, _) in view.commits() {
            let time = view.time(ix);
            let purpose = view.origins.commit(ix).purpose;
            *self.purposes.entry(purpose).or_default() += 1;
            let tools = view.tools(ix);
            let month = self.month(time);
            month.commits += 1;
            month.ai_commits += u64::from(!tools.is_empty());
            for (tool, model) in tools {
                let report = &mut self.tool(tool).report;
                report.commits += 1;
                report.first_seen = Some(report.first_seen.map_or(time, |first| first.min(time)));
                report.last_seen = Some(report.last_seen.map_or(time, |last| last.max(time)));
                let model = model.map_or(UNSTATED, |model| model.as_str());
                *report.models.entry(model.to_owned()).or_default() += 1;
                *report.purposes.entry(purpose).or_default() += 1;
            }
        }
    }

    /// Files whose lines nobody traced, with the tools whose commits made or changed them.
    fn large_files(&mut self, view: &View<'_>) {
        let large: BTreeSet<PathIx> = view
            .history
            .files
            .iter()
            .filter(|file| file.content == FileContent::TooLarge && view.has_path(file.path))
            .filter(|file| !crate::is_binary_name(view.history.path(file.path)))
            .map(|file| file.path)
            .collect();
        let mut of_tools: BTreeMap<&ToolId, BTreeSet<PathIx>> = BTreeMap::new();
        let changes = view.history.changes.iter();
        for change in changes.filter(|c| large.contains(&c.path) && c.kind != ChangeKind::Deleted) {
            if view.is_recent_enough(change.commit) {
                let is_recent = view.time(change.commit) >= recent_from(view);
                for (tool, _) in view.tools(change.commit) {
                    of_tools.entry(tool).or_default().insert(change.path);
                    if is_recent {
                        self.recent_large_files.insert(change.path);
                    }
                }
            }
        }
        for (tool, files) in of_tools {
            self.tool(tool).report.large_files = files.len() as u64;
            self.large_files.extend(files);
        }
    }

    /// Configuration of tools that are in use; others show in the shadow-AI report alone.
    fn configuration(&mut self, view: &View<'_>) {
        for file in &view.history.files {
            let path = view.history.path(file.path);
            for sign in files::path_signs(path.as_bytes()) {
                if sign.kind == SignalKind::Configuration
                    && let Some(draft) = self.tools.get_mut(&sign.tool)
                {
                    draft.report.configuration.push(path.clone());
                }
            }
        }
    }
}

/// The directories above a path down to [`DEPTH`], the root (empty) first.
pub(super) fn directories(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slashes = path
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'/')
        .map(|(at, _)| at)
        .take(DEPTH);
    std::iter::once(0)
        .chain(slashes)
        .filter_map(|end| path.get(..end))
}

/// The top-level directory for people: `.` for files in the root.
fn top_directory(path: &RepoPath) -> String {
    match path.as_bytes().iter().position(|byte| *byte == b'/') {
        Some(slash) => RepoPath::new(&path.as_bytes()[..slash])
            .display()
            .into_owned(),
        None => ".".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_end_at_the_third_level_and_begin_with_the_root() {
        let names: Vec<&[u8]> = directories(b"a/b/c/d/e.rs").collect();
        assert_eq!(names, [&b""[..], b"a", b"a/b", b"a/b/c"]);
        assert_eq!(directories(b"e.rs").count(), 1);
        assert_eq!(top_directory(&RepoPath::from("e.rs")), ".");
    }
}
