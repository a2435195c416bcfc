//! The join: each finding and each exposed site gets the origin of its line.
//!
//! Findings speak of the files as they are now; origins speak of HEAD. Lines that were edited since
//! are not committed yet: their origin is unknown, and `--diff` counts them as changed.

mod before;
mod file;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use rustc_hash::{FxHashMap, FxHashSet};
use trueline_facts::code::{CodeView, OriginRun};
use trueline_facts::scan::{UncertainSites, WeaknessRate};
use trueline_facts::{Finding, Origin, Proportion, RepoPath};
use trueline_history::evidence::{OriginIx, OriginRun as HeadRun, Origins};
use trueline_history::model::{FileContent, History};
use trueline_history::worktree::LineMap;
use trueline_syntax::text::{bytes_of_lines, lines_of_bytes};
use trueline_taint::{Engine, Site};

pub(crate) use self::before::Base;
pub(crate) use self::file::Join;
use crate::place::Place;

/// Where the lines of HEAD come from, by path.
#[derive(Debug)]
pub(crate) struct HeadLines<'a> {
    origins: &'a Origins,
    files: FxHashMap<&'a RepoPath, &'a [HeadRun]>,
    blobs: FxHashMap<&'a RepoPath, trueline_history::ObjectId>,
    /// Files of HEAD whose lines are not known.
    unread: FxHashSet<&'a RepoPath>,
    not_committed: Origin,
    in_submodule: Origin,
}

impl<'a> HeadLines<'a> {
    pub(crate) fn new(history: &'a History, origins: &'a Origins) -> Self {
        Self {
            origins,
            files: origins
                .files
                .iter()
                .map(|f| (history.path(f.path), f.runs.as_slice()))
                .collect(),
            blobs: history
                .files
                .iter()
                .filter(|f| matches!(f.content, FileContent::Text(_)))
                .map(|f| (history.path(f.path), f.blob))
                .collect(),
            unread: history
                .files
                .iter()
                .filter(|f| !matches!(f.content, FileContent::Text(_)))
                .map(|f| history.path(f.path))
                .collect(),
            not_committed: Origin::not_at_head("not committed yet"),
            in_submodule: Origin::not_at_head("in a submodule, which has a history of its own"),
        }
    }

    /// Lines of a file as it is now, as lines of HEAD.
    pub(crate) fn map(&self, place: &Place, path: &RepoPath, now: &[u8]) -> HeadMap {
        let head = self
            .blobs
            .get(path)
            .and_then(|id| place.repository()?.blob(*id));
        // Not at HEAD, or not readable there: every line is new.
        let head = head.as_deref().unwrap_or_default();
        HeadMap {
            lines: LineMap::between(&bytes_of_lines(head), &bytes_of_lines(now)),
            counted: lines_of_bytes(head),
        }
    }

    /// The origin of a line (from 1) of a file as it is now.
    pub(crate) fn line(&self, path: &RepoPath, map: &HeadMap, line: u32) -> &Origin {
        let head = line.checked_sub(1).and_then(|now| map.head_lines(now));
        let unknown = self.origins.origin(OriginIx::UNKNOWN);
        match head {
            None if self.is_in_submodule(path) => &self.in_submodule,
            None if self.unread.contains(path) => unknown,
            None => &self.not_committed,
            Some(head) => {
                let origin = self.origin_of(path, head);
                origin.map_or(unknown, |origin| self.origins.origin(origin))
            }
        }
    }

    /// The one origin of these lines of HEAD, from 0; `None` where it is not known or they have several.
    fn origin_of(&self, path: &RepoPath, lines: RangeInclusive<u32>) -> Option<OriginIx> {
        let runs = *self.files.get(path)?;
        let mut at = runs.partition_point(|run| run.start <= *lines.start());
        at = at.checked_sub(1)?;
        let origin = runs.get(at)?.origin;
        let mut next = *lines.start();
        loop {
            let run = runs.get(at).filter(|run| run.origin == origin)?;
            if next < run.start || next - run.start >= run.len {
                return None;
            }
            next = run.start + run.len;
            if next > *lines.end() {
                return Some(origin);
            }
            at += 1;
        }
    }

    /// What stands below something that is no folder at HEAD: links are not followed.
    fn is_in_submodule(&self, path: &RepoPath) -> bool {
        let path = path.as_bytes();
        let folders = memchr::memchr_iter(b'/', path).map(|end| RepoPath::new(&path[..end]));
        let mut unread = folders.filter(|folder| self.unread.contains(folder));
        unread.next().is_some()
    }

    /// The origin gutter of a file as it is now.
    pub(crate) fn gutter(&self, path: &RepoPath, map: &HeadMap, lines: u32) -> Vec<OriginRun> {
        let mut runs: Vec<OriginRun> = Vec::new();
        for line in 1..=lines {
            let origin = self.line(path, map, line);
            match runs.last_mut() {
                Some(last) if last.origin == *origin => last.len += 1,
                _ => runs.push(OriginRun {
                    start: line,
                    len: 1,
                    origin: origin.clone(),
                }),
            }
        }
        runs
    }
}

/// For the lines of a file as it is now: those of HEAD, as git counts them.
#[derive(Debug)]
pub(crate) struct HeadMap {
    lines: LineMap,
    /// Git's lines in each line of HEAD's text, where that is UTF-16.
    counted: Option<Vec<RangeInclusive<u32>>>,
}

impl HeadMap {
    /// The map of a file that was not touched.
    pub(crate) fn identity() -> Self {
        Self {
            lines: LineMap::identity(),
            counted: None,
        }
    }

    /// The lines of HEAD that a line of now is; both count from 0.
    fn head_lines(&self, now: u32) -> Option<RangeInclusive<u32>> {
        let head = self.lines.head_line(now)?;
        match &self.counted {
            None => Some(head..=head),
            Some(counted) => counted.get(head as usize).cloned(),
        }
    }
}

/// A file whose findings wait for their origins.
#[derive(Debug)]
pub(crate) struct JoinedFile {
    pub(crate) findings: Vec<Finding>,
    /// Those that a comment answers.
    pub(crate) suppressed: Vec<Finding>,
    /// Findings that were not asked for.
    pub(crate) hidden: Vec<Finding>,
    /// Exposed sites with the answer to "is the line known to come from an AI tool?".
    pub(crate) sites: Vec<(Site, SiteOrigin)>,
    /// Where findings of ours stand that a comment or the baseline answers.
    pub(crate) answered: Places,
}

/// Rules and the places at which they found something, with how often.
#[derive(Debug, Default)]
pub(crate) struct Places(BTreeMap<(String, u32, u32), u64>);

impl Places {
    /// Adds those of findings of ours.
    pub(crate) fn add(&mut self, findings: &[Finding]) {
        for finding in findings.iter().filter(|f| f.engine == crate::OWN_ENGINE) {
            let start = finding.location.start;
            let place = (finding.rule.to_string(), start.line, start.column);
            *self.0.entry(place).or_default() += 1;
        }
    }

    fn have(&self, site: &Site) -> bool {
        let place = (site.rule.to_string(), site.start.line, site.start.column);
        !self.0.is_empty() && self.0.contains_key(&place)
    }
}

/// The two groups that rates compare, and what is in neither.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum SiteOrigin {
    /// Known to come from an AI tool.
    Ai,
    Other,
    /// As far as a whole squash tells.
    Perhaps,
}

/// The exposed sites of one group.
#[derive(Clone, Copy, Default)]
struct Sites {
    all: u64,
    /// With a reported finding.
    weak: u64,
    /// With findings alone that were not asked for.
    uncertain: u64,
}

impl Sites {
    fn share(&self) -> Proportion {
        Proportion::new(self.weak, self.all)
    }
}

/// Where findings of ours stand.
fn places(findings: &[Finding]) -> BTreeSet<(&str, u32, u32)> {
    let ours = findings.iter().filter(|f| f.engine == crate::OWN_ENGINE);
    ours.map(|f| {
        let start = f.location.start;
        (f.rule.as_str(), start.line, start.column)
    })
    .collect()
}

/// Weaknesses per exposed site: how many sites of each group have a finding. A finding of the
/// second tier counts only when the second tier was asked for, because it is not in `files` then. A site whose
/// finding is answered is neither clean nor weak: it is in no group.
pub(crate) fn rates(engine: &Engine, files: &[JoinedFile]) -> Vec<WeaknessRate> {
    let mut counts: BTreeMap<&str, [Sites; 3]> = BTreeMap::new();
    let mut hidden: BTreeMap<&str, u64> = BTreeMap::new();
    let mut answered: BTreeMap<&str, u64> = BTreeMap::new();
    for file in files {
        for ((rule, _, _), count) in &file.answered.0 {
            *answered.entry(rule).or_default() += count;
        }
        for finding in &file.hidden {
            *hidden.entry(finding.rule.as_str()).or_default() += 1;
        }
        let flagged = places(&file.findings);
        let doubted = places(&file.hidden);
        for (site, origin) in &file.sites {
            let groups = counts.entry(site.rule.as_str()).or_default();
            if file.answered.have(site) {
                continue;
            }
            let group = &mut groups[*origin as usize];
            group.all += 1;
            let at = (site.rule.as_str(), site.start.line, site.start.column);
            if flagged.contains(&at) {
                group.weak += 1;
            } else {
                group.uncertain += u64::from(doubted.contains(&at));
            }
        }
    }
    let mut rates: Vec<WeaknessRate> = engine
        .rules()
        .iter()
        .filter_map(|rule| {
            let [ai, rest, perhaps] = counts.get(rule.id.as_str())?;
            Some(WeaknessRate {
                rule: rule.id.clone(),
                cwe: rule.cwe.first().copied(),
                severity: rule.severity,
                known_ai: ai.share(),
                not_known_ai: rest.share(),
                perhaps_ai: perhaps.share(),
                uncertain: hidden.get(rule.id.as_str()).copied().unwrap_or(0),
                uncertain_sites: UncertainSites {
                    known_ai: ai.uncertain,
                    not_known_ai: rest.uncertain,
                    perhaps_ai: perhaps.uncertain,
                },
                answered: answered.get(rule.id.as_str()).copied().unwrap_or(0),
            })
        })
        .collect();
    rates.sort_by(|a, b| {
        (b.severity, b.all().hits)
            .cmp(&(a.severity, a.all().hits))
            .then_with(|| a.rule.cmp(&b.rule))
    });
    rates
}

/// Findings in the order in which they should be read: worst first, then by place.
pub(crate) fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        (b.severity, b.confidence)
            .cmp(&(a.severity, a.confidence))
            .then_with(|| a.location.cmp(&b.location))
            .then_with(|| a.rule.cmp(&b.rule))
            .then_with(|| a.engine.cmp(&b.engine))
            .then_with(|| a.fingerprint.cmp(&b.fingerprint))
    });
}

/// How much source the code view may hold, in bytes.
const CODE_VIEW_BYTES: usize = 8 << 20;

/// Chooses and prepares the files of the code view: those with findings first, then those with the
/// most AI lines, until the limit.
pub(crate) fn code_view(
    candidates: impl Iterator<Item = (RepoPath, u64, u64)>,
    mut open: impl FnMut(&RepoPath) -> Option<(String, Vec<OriginRun>)>,
) -> Vec<CodeView> {
    let mut wanted: Vec<(RepoPath, u64, u64)> = candidates
        .filter(|(_, findings, ai)| *findings > 0 || *ai > 0)
        .collect();
    wanted.sort_by(|a, b| (b.1, b.2).cmp(&(a.1, a.2)).then_with(|| a.0.cmp(&b.0)));
    let mut views = Vec::new();
    let mut bytes = 0;
    for (path, _, _) in wanted {
        let Some((text, runs)) = open(&path) else {
            continue;
        };
        if bytes + text.len() > CODE_VIEW_BYTES {
            continue;
        }
        bytes += text.len();
        views.push(CodeView { path, text, runs });
    }
    views.sort_by(|a, b| a.path.cmp(&b.path));
    views
}
