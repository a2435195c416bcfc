//! Claims about lines: who wrote lines of a file in a commit, according to one witness.
//!
//! Every line-level source (notes, rewritten commits, squashed branches, traces) turns what it
//! knows into layers of spans over (commit, path); `fuse` lays them over the walk's runs. Only
//! pairs that some living or dead line needs are filled.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use trueline_authorship::note::{Agent, Key, Resolved, Unexplained, UnexplainedRun};
use trueline_facts::{Author, CommitId, Confidence, Evidence, EvidenceClass, Grain, Reach};

use crate::model::{CommitIx, PathIx};

/// One witness on lines, and what it says.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Claim {
    /// Who wrote them.
    pub(super) author: Author,
    /// The witness.
    pub(super) evidence: Evidence,
}

/// Index into the claims of a [`LineClaims`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct ClaimIx(pub(super) u32);

/// Lines from `first` up to but not including `end`, from 0, and what is said of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Span<T> {
    pub(super) first: u32,
    pub(super) end: u32,
    pub(super) what: T,
}

/// Spans of one witness: ascending and disjoint.
pub(super) type Layer<T> = Vec<Span<T>>;

/// A file in the commit that added some of its lines.
pub(super) type Place = (CommitIx, PathIx);

/// All claims about lines.
#[derive(Clone, Debug, Default)]
pub(super) struct LineClaims {
    claims: Vec<Claim>,
    index: FxHashMap<Claim, ClaimIx>,
    layers: FxHashMap<Place, SmallVec<[Layer<ClaimIx>; 1]>>,
}

impl LineClaims {
    /// Adds a layer; layers of one place are kept in the order of their adding.
    pub(super) fn add(&mut self, place: Place, layer: Layer<Claim>) {
        if layer.is_empty() {
            return;
        }
        let layer = layer
            .into_iter()
            .map(|span| Span {
                first: span.first,
                end: span.end,
                what: self.intern(span.what),
            })
            .collect();
        self.layers.entry(place).or_default().push(layer);
    }

    /// The index of a claim, equal claims having one.
    pub(super) fn intern(&mut self, claim: Claim) -> ClaimIx {
        if let Some(known) = self.index.get(&claim) {
            return *known;
        }
        let ix = ClaimIx(self.claims.len() as u32);
        self.claims.push(claim.clone());
        self.index.insert(claim, ix);
        ix
    }

    /// The claim at an index that [`Self::layers`] gave.
    pub(super) fn claim(&self, ix: ClaimIx) -> &Claim {
        &self.claims[ix.0 as usize]
    }

    /// The layers of a place.
    pub(super) fn layers(&self, place: Place) -> &[Layer<ClaimIx>] {
        self.layers.get(&place).map_or(&[], SmallVec::as_slice)
    }
}

/// The spans of a layer that touch `first..end`, clipped to it.
pub(super) fn within<T: Copy>(
    layer: &[Span<T>],
    first: u32,
    end: u32,
) -> impl Iterator<Item = Span<T>> {
    let from = layer.partition_point(|span| span.end <= first);
    layer[from..]
        .iter()
        .take_while(move |span| span.first < end)
        .map(move |span| Span {
            first: span.first.max(first),
            end: span.end.min(end),
            what: span.what,
        })
}

/// The claim that a note makes about lines it attests.
pub(super) fn of_note(resolved: &Resolved<'_>, source: &str, commit: &CommitId) -> Claim {
    let (author, confidence) = match resolved {
        Resolved::Ai {
            agent,
            confidence,
            human_touched,
        } => (ai(agent, *human_touched), *confidence),
        Resolved::Human { basis, confidence } => (Author::Human { basis: *basis }, *confidence),
    };
    Claim {
        author,
        evidence: Evidence {
            class: EvidenceClass::Note,
            grain: Grain::Line,
            reach: Reach::Direct,
            confidence,
            source: source.to_owned(),
            commit: Some(commit.clone()),
            names: None,
        },
    }
}

/// What an entry leaves behind that names nobody: no author, only that it is there.
pub(super) fn of_unexplained(run: &UnexplainedRun<'_>, source: &str, commit: &CommitId) -> Claim {
    let why = match run.key {
        Key::Human(key) if run.why == Unexplained::Program => {
            format!("entry {key} stands for a program that committed, not for a person")
        }
        Key::Human(key) => {
            format!("entry {key} stands for a person whom no metadata of the note names")
        }
        Key::Session { session, .. } => {
            format!("entry {session} stands for a session that no metadata of the note describes")
        }
        Key::Prompt(key) => {
            format!("entry {key} stands for a prompt that no note here describes")
        }
        // What a key of unknown form holds is not shown: it may be anything.
        Key::Unknown(_) => "an entry with a key of a form that no version describes".to_owned(),
    };
    Claim {
        author: Author::Unknown,
        evidence: Evidence {
            class: EvidenceClass::Unexplained,
            grain: Grain::Line,
            reach: Reach::Direct,
            confidence: Confidence::Low,
            source: format!("{source}: {why}"),
            commit: Some(commit.clone()),
            names: None,
        },
    }
}

fn ai(agent: &Agent, human_touched: bool) -> Author {
    Author::Ai {
        tool: agent.tool.clone(),
        model: agent.model.clone(),
        session: Some(agent.session.clone()),
        human_touched,
    }
}

impl Claim {
    /// The same claim, brought to other lines by comparing content. What was found out so is
    /// never more than medium sure.
    pub(super) fn inferred(mut self) -> Self {
        self.evidence.reach = Reach::Inferred;
        self.evidence.confidence = self.evidence.confidence.min(Confidence::Medium);
        self
    }
}
