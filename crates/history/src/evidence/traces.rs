//! Agent Trace records in HEAD's tree: `.agent-trace/traces.jsonl`.
//!
//! A record names the revision that was HEAD *before* its lines were committed, and comes with the
//! commit that has them: what brought the record is what it speaks of, also after a rebase or
//! squash. Only if that commit does not touch the file (the record came later) its ranges are tried
//! on the children of the revision, then on the revision itself (the specification's reading). A
//! range counts only where the commit really added lines; records are appended, so later ones paint
//! over earlier ones.

use std::collections::BTreeMap;
use std::ops::Range;

use bstr::ByteSlice;
use gix::ObjectId;
use rustc_hash::{FxHashMap, FxHashSet};
use trueline_authorship::tools::UNSPECIFIED;
use trueline_authorship::trace::{self, Contributor, Revision, Strength, TraceRecord};
use trueline_facts::{
    Author, Confidence, Diagnostic, Evidence, EvidenceClass, Grain, HumanBasis, Level, ModelId,
    Reach, RepoPath, ToolId,
};

use super::AttestedLines;
use super::agreement::line_hash;
use super::claims::{Claim, Layer, Place, Span};
use super::objects;
use super::overlay::commit_id;
use crate::model::{CommitIx, History, PathIx};
use crate::repository::{Gap, MAX_BLOB_BYTES, Repository, count_lines, is_binary};
use crate::walk::touched;

/// The largest trace file that is read.
const MAX_TRACES: u64 = 64 << 20;
/// Bytes of versions of the trace file that are read for where its records come from.
const MAX_VERSIONS: u64 = 256 << 20;
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
    shared: &Repository,
    history: &History,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Traced> {
    let repo = shared.local();
    let Some(head) = history.commits.first() else {
        return Vec::new();
    };
    let file = RepoPath::from(trace::PATH);
    let id = match objects::file_at(&repo, head.tree, file.as_bytes()) {
        Ok(None) => return Vec::new(),
        Ok(Some(id)) => id,
        Err(gap) => {
            let message = format!(
                "whether HEAD has Agent Trace records (`{}`) cannot be told: a directory on the way to them is {}; {}",
                trace::PATH,
                what_ails(gap),
                shared.remedy()
            );
            diagnostics.push(Diagnostic::new(Level::Warning, "traces-not-known", message));
            return Vec::new();
        }
    };
    let bytes = match objects::blob(&repo, id, MAX_TRACES) {
        Ok(bytes) => bytes,
        Err(gap) => {
            let message = format!("the traces are left out: the file is {}", what_ails(gap));
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
    let brought = brought(shared, &repo, history);
    let mut painter = Painter::new(&repo, history);
    painter.brought = records_of(bytes, &brought);
    if let Err(Exhausted { line }) = painter.paint(&records) {
        let message = format!(
            "the records ask for more comparisons than are made; they count up to line {line}"
        );
        diagnostics.push(Diagnostic::new(Level::Warning, "traces-cut", message).at(file.clone()));
    }
    if painter.unreadable > 0 {
        let message = format!(
            "records speak of {} whose trees or contents cannot be read here, and say nothing of {}; {}",
            match painter.unreadable {
                1 => "1 version of a file".to_owned(),
                many => format!("{many} versions of files"),
            },
            if painter.unreadable == 1 {
                "it"
            } else {
                "these"
            },
            shared.remedy()
        );
        diagnostics.push(Diagnostic::new(Level::Warning, "traces-unverified", message).at(file));
    }
    painter.finish()
}

const fn what_ails(gap: Gap) -> &'static str {
    match gap {
        Gap::Missing => "not in this repository",
        Gap::Damaged => "damaged",
        Gap::TooLarge => "too large",
    }
}

/// The commit that first had each line of the trace file, by hash. Lines that a version which cannot be read
/// may have had before are left out.
fn brought(
    shared: &Repository,
    repo: &gix::Repository,
    history: &History,
) -> FxHashMap<u64, CommitIx> {
    let wanted: FxHashSet<&[u8]> = [trace::PATH.as_bytes()].into_iter().collect();
    let mut first: FxHashMap<u64, Option<CommitIx>> = FxHashMap::default();
    let (mut seen, mut bytes) = (FxHashSet::default(), 0);
    let mut skipped = false;
    // Parents come after their children.
    for version in touched::by_paths(shared, history, &wanted).iter().rev() {
        if !seen.insert(version.blob) {
            continue;
        }
        let text = (bytes <= MAX_VERSIONS)
            .then(|| objects::blob(repo, version.blob, MAX_TRACES).ok())
            .flatten();
        let Some(text) = text else {
            skipped = true;
            continue;
        };
        bytes += text.len() as u64;
        let brings = (!std::mem::take(&mut skipped)).then_some(version.commit);
        for line in text.lines() {
            first.entry(line_hash(line)).or_insert(brings);
        }
    }
    first
        .into_iter()
        .filter_map(|(line, commit)| Some((line, commit?)))
        .collect()
}

/// The same by number of line, from 1, as the trace file has them now.
fn records_of(bytes: &[u8], brought: &FxHashMap<u64, CommitIx>) -> Vec<Option<CommitIx>> {
    let lines = bytes.lines();
    lines
        .map(|line| brought.get(&line_hash(line)).copied())
        .collect()
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
    /// For each line of the trace file, the commit that brought it.
    brought: Vec<Option<CommitIx>>,
    /// Versions that records speak of and that could not be compared.
    unreadable: usize,
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
            brought: Vec::new(),
            unreadable: 0,
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
                let brought = record.line.checked_sub(1);
                let brought = brought.and_then(|at| self.brought.get(at).copied().flatten());
                if let Some(own) = brought
                    && self.touches((own, path))
                {
                    self.paint_own(record, &file.spans, base, (own, path))?;
                    continue;
                }
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

    fn touches(&mut self, place: Place) -> bool {
        self.prepare(place);
        matches!(self.canvases.get(&place), Some(Some(_)))
    }

    /// Paints on the commit that brought the record. Where its parent is not the revision and has
    /// another version of the file, the lines stand elsewhere: then the ranges count only if they
    /// are, in number and lengths, what the commit added.
    fn paint_own(
        &mut self,
        record: &TraceRecord,
        spans: &[trace::Span],
        base: CommitIx,
        place: Place,
    ) -> Result<(), Exhausted> {
        let name = self.history.path(place.1).as_bytes();
        let parent = self.history.commit(place.0).parents.first().copied();
        let file = |ix: CommitIx| {
            let tree = self.history.commit(ix).tree;
            objects::file_at(self.repo, tree, name).ok().flatten()
        };
        if parent == Some(base) || parent.map(file) == Some(file(base)) {
            return self.paint_file(record, spans.iter(), place).map(drop);
        }
        let added: Vec<Range<u32>> = match self.canvases.get(&place) {
            Some(Some(canvas)) => canvas.added.clone(),
            _ => return Ok(()),
        };
        let length = |span: &trace::Span| (span.range.last - span.range.first).saturating_add(1);
        let alike = spans.len() == added.len()
            && spans
                .iter()
                .zip(&added)
                .all(|(span, added)| length(span) == added.end - added.start);
        if !alike {
            return Ok(());
        }
        let moved: Vec<trace::Span> = spans
            .iter()
            .zip(&added)
            .map(|(span, added)| {
                let mut span = span.clone();
                span.range.first = added.start + 1;
                span.range.last = added.end;
                span
            })
            .collect();
        self.paint_file(record, moved.iter(), place).map(drop)
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
            let canvas = self.compare(place).unwrap_or_else(|gap| {
                // What is too large is told where its lines would be.
                self.unreadable += usize::from(gap != Gap::TooLarge);
                None
            });
            self.canvases.insert(place, canvas);
        }
    }

    /// What a version added; `None` where it added nothing or is no text.
    fn compare(&mut self, (commit, path): Place) -> Result<Option<Canvas>, Gap> {
        let commit = self.history.commit(commit);
        let name = self.history.path(path).as_bytes();
        let (repo, steps) = (self.repo, &mut self.steps);
        let mut file = |tree| objects::file_within(repo, tree, name, steps);
        let Some(new) = file(commit.tree)? else {
            return Ok(None);
        };
        let old = match commit.parents.first() {
            Some(parent) => file(self.history.commit(*parent).tree)?,
            None if commit.parents_missing => return Ok(None),
            None => None,
        };
        if old == Some(new) {
            return Ok(None);
        }
        let new = objects::blob(repo, new, MAX_BLOB_BYTES)?;
        let old = match old {
            Some(old) => objects::blob(repo, old, MAX_BLOB_BYTES)?,
            None => Vec::new(),
        };
        if is_binary(&new) || is_binary(&old) {
            return Ok(None);
        }
        let lines = count_lines(&new);
        *steps += (old.len() + new.len()) as u64 + LINE_STEPS * u64::from(lines);
        Ok(Some(Canvas {
            added: objects::added_lines(&old, &new),
            lines: vec![None; lines as usize],
        }))
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
            names: None,
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
