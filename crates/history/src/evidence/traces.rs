//! Agent Trace records in HEAD's tree: `.agent-trace/traces.jsonl`.
//!
//! A record names the revision that was HEAD *before* its lines were committed, so its ranges are
//! tried on the children of that revision which touch the file, and on the revision itself (the
//! specification's reading) only if no child fits. A range counts only where the commit really
//! added lines; records are appended, so later ones paint over earlier ones.

use std::collections::BTreeMap;
use std::ops::Range;

use gix::ObjectId;
use rustc_hash::FxHashMap;
use trueline_authorship::tools::UNSPECIFIED;
use trueline_authorship::trace::{self, Contributor, Revision, Strength, TraceRecord};
use trueline_facts::{
    Author, Confidence, Diagnostic, Evidence, EvidenceClass, Grain, HumanBasis, Level, ModelId,
    Reach, RepoPath, ToolId,
};

use super::AttestedLines;
use super::claims::{Claim, Layer, Place, Span};
use super::objects;
use super::overlay::commit_id;
use crate::model::{CommitIx, History, PathIx};
use crate::repository::{Gap, Repository, count_lines};

/// The largest trace file that is read.
const MAX_TRACES: u64 = 64 << 20;
/// Versions of files that are compared to check ranges.
const MAX_PLACES: usize = 50_000;
/// Records that are read: more than any file of real ones has below its limit.
const MAX_RECORDS: usize = 1 << 18;
/// Steps for all records together, about one a byte read or a line painted: a small file can ask
/// for the same large range over and over.
const MAX_STEPS: u64 = 1 << 28;
/// Steps that a claim costs.
const CLAIM_STEPS: u64 = 256;
/// Steps that a line of a version costs.
const LINE_STEPS: u64 = 8;
/// Broken records that are described one by one.
const DESCRIBED: usize = 10;

/// What traces say of one file in one commit.
#[derive(Clone, Debug)]
pub(super) struct Traced {
    pub(super) place: Place,
    pub(super) layer: Layer<Claim>,
    /// Lines by tool and model.
    pub(super) attested: Vec<AttestedLines>,
}

/// Reads the trace file of HEAD and checks its ranges against the commits that it speaks of.
pub(super) fn read(
    repo: &Repository,
    history: &History,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Traced> {
    let repo = repo.local();
    let Some(head) = history.commits.first() else {
        return Vec::new();
    };
    let file = RepoPath::from(trace::PATH);
    let bytes = match objects::file_at(&repo, head.tree, file.as_bytes()) {
        Ok(None) => return Vec::new(),
        Ok(Some(id)) => objects::blob(&repo, id, MAX_TRACES),
        Err(gap) => Err(gap),
    };
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(gap) => {
            let why = match gap {
                Gap::Missing => "it is not in this repository",
                Gap::Damaged => "it cannot be decoded",
                Gap::TooLarge => "it is too large",
            };
            let message = format!("the traces are left out: {why}");
            diagnostics.push(Diagnostic::new(Level::Warning, "trace-unreadable", message).at(file));
            return Vec::new();
        }
    };
    let whole = bytes.len();
    let bytes = match memchr::memchr_iter(b'\n', &bytes).nth(MAX_RECORDS - 1) {
        Some(end) => &bytes[..end],
        None => &bytes[..],
    };
    if bytes.len() + 1 < whole {
        let message = format!("only the first {MAX_RECORDS} records are read");
        diagnostics.push(Diagnostic::new(Level::Warning, "traces-cut", message).at(file.clone()));
    }
    let (records, errors) = trace::parse_lines(bytes);
    for error in errors.iter().take(DESCRIBED) {
        diagnostics.push(
            Diagnostic::new(Level::Warning, "trace-unreadable", error.to_string()).at(file.clone()),
        );
    }
    if errors.len() > DESCRIBED {
        let message = format!("{} more lines are no records", errors.len() - DESCRIBED);
        diagnostics
            .push(Diagnostic::new(Level::Warning, "trace-unreadable", message).at(file.clone()));
    }
    let mut painter = Painter::new(&repo, history);
    if let Err(Exhausted { line }) = painter.paint(&records) {
        let message = format!(
            "the records ask for more comparisons than are made; they count up to line {line}"
        );
        diagnostics.push(Diagnostic::new(Level::Warning, "traces-cut", message).at(file));
    }
    painter.finish()
}

/// A version of a file while records are laid over it.
struct Canvas {
    added: Vec<Range<u32>>,
    /// For each line, the claim on it.
    lines: Vec<Option<u32>>,
}

/// The steps are used up.
struct Exhausted {
    /// The line of the record that was being painted.
    line: usize,
}

struct Painter<'p> {
    repo: &'p gix::Repository,
    history: &'p History,
    by_id: FxHashMap<ObjectId, CommitIx>,
    children: FxHashMap<CommitIx, Vec<CommitIx>>,
    paths: FxHashMap<&'p RepoPath, PathIx>,
    /// `None` where there is nothing to paint on.
    canvases: BTreeMap<Place, Option<Canvas>>,
    claims: Vec<Claim>,
    steps: u64,
}

impl<'p> Painter<'p> {
    fn new(repo: &'p gix::Repository, history: &'p History) -> Self {
        let mut children: FxHashMap<CommitIx, Vec<CommitIx>> = FxHashMap::default();
        for (ix, commit) in history.commits.iter().enumerate() {
            for parent in &commit.parents {
                children
                    .entry(*parent)
                    .or_default()
                    .push(CommitIx(ix as u32));
            }
        }
        Self {
            repo,
            history,
            by_id: history
                .commits
                .iter()
                .enumerate()
                .map(|(ix, commit)| (commit.id, CommitIx(ix as u32)))
                .collect(),
            children,
            paths: history
                .paths
                .iter()
                .enumerate()
                .map(|(ix, path)| (path, PathIx(ix as u32)))
                .collect(),
            canvases: BTreeMap::new(),
            claims: Vec::new(),
            steps: 0,
        }
    }

    fn paint(&mut self, records: &[TraceRecord]) -> Result<(), Exhausted> {
        for record in records {
            let Some(Revision::Git(revision)) = &record.revision else {
                continue;
            };
            let base = ObjectId::from_hex(revision.as_bytes())
                .ok()
                .and_then(|id| self.by_id.get(&id).copied());
            let Some(base) = base else {
                continue;
            };
            let children = self.children.get(&base).cloned().unwrap_or_default();
            self.steps += children.len() as u64;
            for file in &record.files {
                let Some(path) = self.paths.get(&file.path).copied() else {
                    continue;
                };
                let mut fits = false;
                for child in &children {
                    fits |= self.paint_file(record, file.spans.iter(), (*child, path))?;
                }
                if !fits {
                    // A weak range would fit any revision that added the top of the file.
                    let stated = file
                        .spans
                        .iter()
                        .filter(|span| span.strength == Strength::Stated);
                    self.paint_file(record, stated, (base, path))?;
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> Vec<Traced> {
        let claims = self.claims;
        self.canvases
            .into_iter()
            .filter_map(|(place, canvas)| traced(place, &canvas?, &claims))
            .collect()
    }

    /// Whether any span touches lines that the commit added.
    fn paint_file<'s>(
        &mut self,
        record: &TraceRecord,
        spans: impl Iterator<Item = &'s trace::Span>,
        place: Place,
    ) -> Result<bool, Exhausted> {
        self.prepare(place);
        if self.steps > MAX_STEPS {
            return Err(Exhausted { line: record.line });
        }
        self.steps += 1;
        let Some(Some(Canvas { added, lines })) = self.canvases.get_mut(&place) else {
            return Ok(false);
        };
        let mut fits = false;
        for span in spans {
            // Ranges count from 1, with both ends.
            let (first, end) = (span.range.first.saturating_sub(1), span.range.last);
            let from = added.partition_point(|range| range.end <= first);
            let touched: Vec<Range<u32>> = added
                .iter()
                .skip(from)
                .take_while(|range| range.start < end)
                .map(|range| range.start.max(first)..range.end.min(end))
                .filter(|range| range.start < range.end)
                .collect();
            self.steps += 1 + touched.len() as u64;
            let whole = matches!(touched.as_slice(), [only] if *only == (first..end));
            let strong = whole && span.strength == Strength::Stated;
            if !touched.is_empty()
                && let Some(claim) = claim(self.history, record, span, place.0, strong)
            {
                fits = true;
                self.steps += CLAIM_STEPS;
                let claim_ix = self.claims.len() as u32;
                self.claims.push(claim);
                for range in touched {
                    self.steps += u64::from(range.end - range.start);
                    let range = range.start as usize..range.end as usize;
                    if let Some(lines) = lines.get_mut(range) {
                        lines.fill(Some(claim_ix));
                    }
                }
            }
            if self.steps > MAX_STEPS {
                return Err(Exhausted { line: record.line });
            }
        }
        Ok(fits)
    }

    /// Compares a version of a file with the one before, once.
    fn prepare(&mut self, place: Place) {
        if !self.canvases.contains_key(&place) && self.canvases.len() < MAX_PLACES {
            let canvas = self.compare(place);
            self.canvases.insert(place, canvas);
        }
    }

    fn compare(&mut self, (commit, path): Place) -> Option<Canvas> {
        let commit = self.history.commit(commit);
        let name = self.history.path(path).as_bytes();
        let (repo, steps) = (self.repo, &mut self.steps);
        let mut file = |tree| objects::file_within(repo, tree, name, steps).ok();
        let new = file(commit.tree)??;
        let old = match commit.parents.first() {
            Some(parent) => file(self.history.commit(*parent).tree)?,
            None if commit.parents_missing => return None,
            None => None,
        };
        if old == Some(new) {
            return None;
        }
        let new = objects::text(repo, new).ok()?;
        let old = match old {
            Some(old) => objects::text(repo, old).ok()?,
            None => Vec::new(),
        };
        let lines = count_lines(&new);
        *steps += (old.len() + new.len()) as u64 + LINE_STEPS * u64::from(lines);
        Some(Canvas {
            added: objects::added_lines(&old, &new),
            lines: vec![None; lines as usize],
        })
    }
}

fn claim(
    history: &History,
    record: &TraceRecord,
    span: &trace::Span,
    commit: CommitIx,
    strong: bool,
) -> Option<Claim> {
    let author = match span.contributor {
        Contributor::Ai | Contributor::Mixed => Author::Ai {
            tool: record
                .tool
                .clone()
                .unwrap_or_else(|| ToolId::new(UNSPECIFIED)),
            model: span.model.clone(),
            session: span.conversation.clone(),
            human_touched: span.contributor == Contributor::Mixed,
        },
        Contributor::Human => Author::Human {
            basis: HumanBasis::Asserted,
        },
        Contributor::Unknown => return None,
    };
    let confidence = if strong {
        Confidence::Medium
    } else {
        Confidence::Low
    };
    Some(Claim {
        author,
        evidence: Evidence {
            class: EvidenceClass::Trace,
            grain: Grain::Line,
            reach: Reach::Direct,
            confidence,
            source: trace::PATH.to_owned(),
            commit: Some(commit_id(history.commit(commit).id)),
        },
    })
}

fn traced(place: Place, canvas: &Canvas, claims: &[Claim]) -> Option<Traced> {
    let mut layer: Layer<Claim> = Vec::new();
    let mut attested: BTreeMap<(ToolId, Option<ModelId>), u32> = BTreeMap::new();
    let mut at = 0;
    for lines in canvas.lines.chunk_by(|a, b| a == b) {
        let end = at + lines.len() as u32;
        if let Some(claim) = lines[0].and_then(|ix| claims.get(ix as usize)) {
            if let Author::Ai { tool, model, .. } = &claim.author {
                *attested.entry((tool.clone(), model.clone())).or_default() += end - at;
            }
            layer.push(Span {
                first: at,
                end,
                what: claim.clone(),
            });
        }
        at = end;
    }
    (!layer.is_empty()).then(|| Traced {
        place,
        layer,
        attested: attested
            .into_iter()
            .map(|((tool, model), lines)| AttestedLines { tool, model, lines })
            .collect(),
    })
}
