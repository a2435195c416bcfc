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
    let (records, errors) = trace::parse_lines(&bytes);
    for error in errors.iter().take(DESCRIBED) {
        diagnostics.push(
            Diagnostic::new(Level::Warning, "trace-unreadable", error.to_string()).at(file.clone()),
        );
    }
    if errors.len() > DESCRIBED {
        let message = format!("{} more lines are no records", errors.len() - DESCRIBED);
        diagnostics.push(Diagnostic::new(Level::Warning, "trace-unreadable", message).at(file));
    }
    Painter::new(&repo, history).paint(&records)
}

/// A version of a file while records are laid over it.
struct Canvas {
    added: Vec<Range<u32>>,
    /// For each line, the claim on it.
    lines: Vec<Option<u32>>,
}

struct Painter<'p> {
    repo: &'p gix::Repository,
    history: &'p History,
    by_id: FxHashMap<ObjectId, CommitIx>,
    children: FxHashMap<CommitIx, Vec<CommitIx>>,
    paths: FxHashMap<&'p RepoPath, PathIx>,
    canvases: BTreeMap<Place, Canvas>,
    claims: Vec<Claim>,
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
        }
    }

    fn paint(mut self, records: &[TraceRecord]) -> Vec<Traced> {
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
            for file in &record.files {
                let Some(path) = self.paths.get(&file.path).copied() else {
                    continue;
                };
                let children = self.children.get(&base).cloned().unwrap_or_default();
                let mut fits = false;
                for child in children {
                    fits |= self.paint_file(record, &file.spans, (child, path));
                }
                if !fits {
                    // A weak range would fit any revision that added the top of the file.
                    let stated: Vec<trace::Span> = file
                        .spans
                        .iter()
                        .filter(|span| span.strength == Strength::Stated)
                        .cloned()
                        .collect();
                    self.paint_file(record, &stated, (base, path));
                }
            }
        }
        let claims = self.claims;
        self.canvases
            .into_iter()
            .filter_map(|(place, canvas)| traced(place, &canvas, &claims))
            .collect()
    }

    /// Whether any span touches lines that the commit added.
    fn paint_file(&mut self, record: &TraceRecord, spans: &[trace::Span], place: Place) -> bool {
        let Some(added) = self.canvas(place).map(|canvas| canvas.added.clone()) else {
            return false;
        };
        let mut fits = false;
        for span in spans {
            // Ranges count from 1, with both ends.
            let (first, end) = (span.range.first.saturating_sub(1), span.range.last);
            let touched: Vec<Range<u32>> = added
                .iter()
                .map(|a| a.start.max(first)..a.end.min(end))
                .filter(|range| range.start < range.end)
                .collect();
            if touched.is_empty() {
                continue;
            }
            let whole = touched.len() == 1 && touched[0] == (first..end);
            let strong = whole && span.strength == Strength::Stated;
            let Some(claim) = self.claim(record, span, place.0, strong) else {
                continue;
            };
            fits = true;
            let claim_ix = self.claims.len() as u32;
            self.claims.push(claim);
            if let Some(canvas) = self.canvases.get_mut(&place) {
                for range in touched {
                    if let Some(lines) = canvas
                        .lines
                        .get_mut(range.start as usize..range.end as usize)
                    {
                        lines.fill(Some(claim_ix));
                    }
                }
            }
        }
        fits
    }

    fn canvas(&mut self, place: Place) -> Option<&Canvas> {
        if !self.canvases.contains_key(&place) {
            if self.canvases.len() >= MAX_PLACES {
                return None;
            }
            let canvas = self.compare(place)?;
            self.canvases.insert(place, canvas);
        }
        self.canvases.get(&place)
    }

    fn compare(&self, (commit, path): Place) -> Option<Canvas> {
        let commit = self.history.commit(commit);
        let name = self.history.path(path).as_bytes();
        let file = |tree| objects::file_at(self.repo, tree, name).ok();
        let new = file(commit.tree)??;
        let old = match commit.parents.first() {
            Some(parent) => file(self.history.commit(*parent).tree)?,
            None if commit.parents_missing => return None,
            None => None,
        };
        if old == Some(new) {
            return None;
        }
        let new = objects::text(self.repo, new).ok()?;
        let old = match old {
            Some(old) => objects::text(self.repo, old).ok()?,
            None => Vec::new(),
        };
        Some(Canvas {
            added: objects::added_lines(&old, &new),
            lines: vec![None; count_lines(&new) as usize],
        })
    }

    fn claim(
        &self,
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
                commit: Some(commit_id(self.history.commit(commit).id)),
            },
        })
    }
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
