//! The overlay: layers of claims about lines over witnesses on commits, cut into runs of one origin.
//!
//! Origins are interned: two million lines share a few thousand. Places are cut once and used for
//! all runs and deaths that come from them. Sequential and in the order of the history, so that
//! the table does not depend on threads.

use gix::ObjectId;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use trueline_authorship::message::Sign;
use trueline_authorship::tools::UNSPECIFIED;
use trueline_facts::{Author, CommitId, Evidence, EvidenceClass, Named, Origin, Reach};

use super::claims::{Claim, ClaimIx, Layer, LineClaims, Place, Span, within};
use super::squash::{OwnSigns, Squash, SquashLines};
use super::witnesses::{self, Bearing, Witness};
use super::{CommitEvidence, DeathOrigin, FileOrigins, OriginIx, OriginRun};
use crate::model::{CommitIx, FileContent, History, PathIx, Run, RunEnd};

/// Index into [`Overlay::sets`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct SetIx(u32);

/// Whether the commit at hand is the one that added the lines.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Certain {
    Added,
    PerhapsOlder,
}

impl From<RunEnd> for Certain {
    fn from(end: RunEnd) -> Self {
        match end {
            RunEnd::Added => Self::Added,
            RunEnd::Boundary | RunEnd::Unattributable => Self::PerhapsOlder,
        }
    }
}

/// Lays what is known over the lines of a history, by the rules of `fuse`.
pub(super) struct Overlay<'h> {
    history: &'h History,
    commits: &'h [CommitEvidence],
    claims: LineClaims,
    /// Witnesses on whole commits: one set for each commit of the history, then those of
    /// original commits behind squashes.
    sets: Vec<Vec<Witness>>,
    originals: FxHashMap<Place, Layer<SetIx>>,
    /// By squash and original.
    original_sets: FxHashMap<(u32, u32), SetIx>,
    /// Distinct origins, in order of first use.
    pub(super) table: Vec<Origin>,
    index: FxHashMap<Origin, OriginIx>,
    /// Origins of a place; what no span covers has its commit's own.
    places: FxHashMap<(Place, Certain), Layer<OriginIx>>,
    whole_commits: FxHashMap<CommitIx, OriginIx>,
}

impl<'h> Overlay<'h> {
    pub(super) fn new(
        history: &'h History,
        commits: &'h [CommitEvidence],
        claims: LineClaims,
    ) -> Self {
        let sets = commits
            .iter()
            .zip(&history.commits)
            .map(|(evidence, commit)| {
                let bearing = if evidence.squash {
                    Bearing::Squash
                } else {
                    Bearing::Own
                };
                witnesses::of_signs(&evidence.signs, bearing, &commit_id(commit.id))
            })
            .collect();
        let mut fusion = Self {
            history,
            commits,
            claims,
            sets,
            originals: FxHashMap::default(),
            original_sets: FxHashMap::default(),
            table: Vec::new(),
            index: FxHashMap::default(),
            places: FxHashMap::default(),
            whole_commits: FxHashMap::default(),
        };
        fusion.intern(Origin::unknown());
        fusion
    }

    fn intern(&mut self, origin: Origin) -> OriginIx {
        if let Some(known) = self.index.get(&origin) {
            return *known;
        }
        let ix = OriginIx(self.table.len() as u32);
        self.table.push(origin.clone());
        self.index.insert(origin, ix);
        ix
    }

    /// Adds lines of a squash; of several that its lines may come from the first one counts.
    pub(super) fn add_squash(&mut self, squashes: &[Squash], lines: &SquashLines) {
        let Some(squash) = squashes.get(lines.squash as usize) else {
            return;
        };
        for layer in &lines.layers {
            self.claims.add(lines.place, layer.clone());
        }
        let spans: Layer<SetIx> = lines
            .originals
            .iter()
            .map(|span| Span {
                first: span.first,
                end: span.end,
                what: self.original_set(squash, (lines.squash, span.what)),
            })
            .collect();
        let known = self.originals.entry(lines.place).or_default();
        *known = filled(std::mem::take(known), spans);
    }

    /// Takes lines out of what the signs of a squash may cover, where nothing else is known of them:
    /// its branch shows them to be older than itself.
    pub(super) fn add_older(&mut self, lines: &SquashLines) {
        if lines.before.is_empty() {
            return;
        }
        let nobody = SetIx(self.sets.len() as u32);
        self.sets.push(Vec::new());
        let spans = lines.before.iter().map(|span| Span {
            first: span.first,
            end: span.end,
            what: nobody,
        });
        let known = self.originals.entry(lines.place).or_default();
        *known = filled(std::mem::take(known), spans.collect());
    }

    fn original_set(&mut self, squash: &Squash, key: (u32, u32)) -> SetIx {
        if let Some(known) = self.original_sets.get(&key) {
            return *known;
        }
        let mut set = Vec::new();
        let original = squash.branch.get(key.1 as usize);
        if let Some(commit) = original {
            set = witnesses::of_signs(&commit.signs, commit.bearing, &commit_id(commit.id));
        }
        let unexplained = |sign: &&Sign| {
            let mut branch = squash.branch.iter();
            let is_of_another = branch.any(|commit| commit.names.contains(&sign.tool));
            // Where its signs do not count, those of the squash stand in for it.
            let stands_in =
                original.is_some_and(|own| own.signs.is_empty() && own.names.contains(&sign.tool));
            squash.own_signs == OwnSigns::Beside && (!is_of_another || stands_in)
        };
        let own = &self.commits[squash.commit.0 as usize];
        let bearing = if own.squash || squash.branch.len() > 1 {
            Bearing::Squash
        } else {
            Bearing::Own
        };
        set.extend(witnesses::of_signs(
            own.signs.iter().filter(unexplained),
            bearing,
            &commit_id(self.history.commit(squash.commit).id),
        ));
        // A hint on the original does not come before what names an author on the squash.
        set.sort_by_key(|witness| witness.author.is_none());
        let ix = SetIx(self.sets.len() as u32);
        self.sets.push(set);
        self.original_sets.insert(key, ix);
        ix
    }

    /// Leaves every line unknown: evidence that was not read might come before what was, and name somebody else.
    pub(super) fn forget(&mut self) {
        self.claims = LineClaims::default();
        self.originals.clear();
        self.sets.iter_mut().for_each(Vec::clear);
    }

    /// The origin that claims about lines and witnesses on commits make together.
    fn origin(&mut self, claims: SmallVec<[ClaimIx; 2]>, set: Option<SetIx>) -> OriginIx {
        let origin = self.compose(claims, set);
        self.intern(origin)
    }

    fn compose(&self, mut claims: SmallVec<[ClaimIx; 2]>, set: Option<SetIx>) -> Origin {
        let witnesses = set.map_or(&[][..], |set| &self.sets[set.0 as usize]);
        claims.sort_by_key(|ix| {
            let e = &self.claims.claim(*ix).evidence;
            (e.class, e.reach)
        });
        let mut author = None;
        let mut evidence: Vec<Evidence> = Vec::with_capacity(claims.len() + witnesses.len());
        let mut unexplained: Vec<Evidence> = Vec::new();
        let mut told = SmallVec::<[(EvidenceClass, &Author); 2]>::new();
        for ix in &claims {
            let claim = self.claims.claim(*ix);
            // Copies of one note (local and remote reference) are one witness.
            let telling = (claim.evidence.class, &claim.author);
            if told.contains(&telling) {
                continue;
            }
            told.push(telling);
            if claim.author == Author::Unknown {
                unexplained.push(claim.evidence.clone());
                continue;
            }
            let headline =
                author.get_or_insert_with(|| (claim.author.clone(), claim.evidence.confidence));
            evidence.push(Evidence {
                names: otherwise(&headline.0, &claim.author),
                ..claim.evidence.clone()
            });
        }
        // What a note on the commit itself says of a line needs no guess from another commit's trailer.
        let is_told = |evidence: &Evidence| evidence.reach == Reach::Direct;
        let is_settled = evidence.iter().any(is_told);
        let is_guess = |witness: &&Witness| witness.evidence.reach == Reach::Inferred;
        for witness in witnesses
            .iter()
            .filter(|witness| !(is_settled && is_guess(witness)))
        {
            if let (None, Some(named)) = (&author, &witness.author) {
                author = Some((named.clone(), witness.evidence.confidence));
            }
            let named = author.as_ref().zip(witness.author.as_ref());
            let own = Evidence {
                names: named.and_then(|((headline, _), named)| otherwise(headline, named)),
                ..witness.evidence.clone()
            };
            if !evidence.contains(&own) {
                evidence.push(own);
            }
        }
        // They say nothing about the author, so they come last.
        evidence.extend(unexplained);
        let unknown = Origin::unknown();
        let (author, confidence) = author.unwrap_or((unknown.author, unknown.confidence));
        Origin {
            author,
            confidence,
            evidence,
        }
    }

    fn of_whole_commit(&mut self, commit: CommitIx, certain: Certain) -> OriginIx {
        if certain == Certain::PerhapsOlder {
            return OriginIx::UNKNOWN;
        }
        if let Some(known) = self.whole_commits.get(&commit) {
            return *known;
        }
        let origin = self.origin(SmallVec::new(), Some(SetIx(commit.0)));
        self.whole_commits.insert(commit, origin);
        origin
    }

    /// What is claimed of the lines of a place. A note attests what its commit added; many name other lines as well, and of
    /// a line that may be older nobody knows which it is.
    fn claimed(&self, place: Place, certain: Certain) -> &[Layer<ClaimIx>] {
        match certain {
            Certain::Added => self.claims.layers(place),
            Certain::PerhapsOlder => &[],
        }
    }

    /// Lays all layers of a place, and one more, over each other.
    fn lay(&mut self, place: Place, certain: Certain, more: &Layer<ClaimIx>) -> Layer<OriginIx> {
        let mut cuts: Vec<u32> = Vec::new();
        for span in self.claimed(place, certain).iter().flatten().chain(more) {
            cuts.extend([span.first, span.end]);
        }
        let originals = match certain {
            Certain::Added => self.originals.get(&place).cloned().unwrap_or_default(),
            Certain::PerhapsOlder => Layer::new(),
        };
        cuts.extend(originals.iter().flat_map(|span| [span.first, span.end]));
        cuts.sort_unstable();
        cuts.dedup();
        let mut out: Layer<OriginIx> = Vec::with_capacity(cuts.len());
        for pair in cuts.windows(2) {
            let (first, end) = (pair[0], pair[1]);
            let claims: SmallVec<[ClaimIx; 2]> = self
                .claimed(place, certain)
                .iter()
                .chain([more])
                .filter_map(|layer| within(layer, first, end).next())
                .map(|span| span.what)
                .collect();
            let original = within(&originals, first, end).next().map(|span| span.what);
            if claims.is_empty() && original.is_none() {
                continue;
            }
            let own = (certain == Certain::Added).then_some(SetIx(place.0.0));
            let what = self.origin(claims, original.or(own));
            match out.last_mut() {
                Some(last) if last.end == first && last.what == what => last.end = end,
                _ => out.push(Span { first, end, what }),
            }
        }
        out
    }

    /// Cuts lines of a place by origin; calls `part` with offset, length and origin, without gaps.
    fn cut(
        &mut self,
        place: Place,
        certain: Certain,
        lines: std::ops::Range<u32>,
        more: Option<&Layer<ClaimIx>>,
        mut part: impl FnMut(u32, u32, OriginIx),
    ) {
        let whole = self.of_whole_commit(place.0, certain);
        let fresh;
        let layer = if let Some(more) = more {
            fresh = self.lay(place, certain, more);
            &fresh
        } else {
            if !self.places.contains_key(&(place, certain)) {
                let laid = self.lay(place, certain, &Layer::new());
                self.places.insert((place, certain), laid);
            }
            match self.places.get(&(place, certain)) {
                Some(layer) => layer,
                None => return,
            }
        };
        let mut at = lines.start;
        for span in within(layer, lines.start, lines.end) {
            if span.first > at {
                part(at - lines.start, span.first - at, whole);
            }
            part(span.first - lines.start, span.end - span.first, span.what);
            at = span.end;
        }
        if at < lines.end {
            part(at - lines.start, lines.end - at, whole);
        }
    }

    pub(super) fn files(
        &mut self,
        transcripts: &FxHashMap<PathIx, Layer<Claim>>,
    ) -> Vec<FileOrigins> {
        let history = self.history;
        let mut files = Vec::new();
        for file in &history.files {
            let FileContent::Text(runs) = &file.content else {
                continue;
            };
            let transcript: Layer<ClaimIx> = transcripts
                .get(&file.path)
                .into_iter()
                .flatten()
                .map(|span| Span {
                    first: span.first,
                    end: span.end,
                    what: self.claims.intern(span.what.clone()),
                })
                .collect();
            let mut out: Vec<OriginRun> = Vec::with_capacity(runs.len());
            for run in runs {
                self.file_run(run, &transcript, &mut out);
            }
            files.push(FileOrigins {
                path: file.path,
                runs: out,
            });
        }
        files
    }

    fn file_run(&mut self, run: &Run, transcript: &[Span<ClaimIx>], out: &mut Vec<OriginRun>) {
        let more: Layer<ClaimIx> = within(transcript, run.start, run.start + run.len)
            .map(|span| Span {
                first: run.original_start + (span.first - run.start),
                end: run.original_start + (span.end - run.start),
                what: span.what,
            })
            .collect();
        let lines = run.original_start..run.original_start + run.len;
        let more = (!more.is_empty()).then_some(&more);
        self.cut(
            (run.commit, run.path),
            run.end.into(),
            lines,
            more,
            |offset, len, origin| {
                let next = OriginRun {
                    start: run.start + offset,
                    len,
                    origin,
                    commit: run.commit,
                    original_path: run.path,
                    original_start: run.original_start + offset,
                    end: run.end,
                };
                match out.last_mut() {
                    Some(last) if continues(last, &next) => last.len += len,
                    _ => out.push(next),
                }
            },
        );
    }

    pub(super) fn deaths(&mut self) -> Vec<DeathOrigin> {
        let history = self.history;
        let mut out: Vec<DeathOrigin> = Vec::with_capacity(history.deaths.len());
        for (ix, death) in history.deaths.iter().enumerate() {
            let ix = ix as u32;
            let Some(born) = death.born else {
                out.push(DeathOrigin {
                    death: ix,
                    len: death.len,
                    origin: OriginIx::UNKNOWN,
                });
                continue;
            };
            let lines = death.original_start..death.original_start + death.len;
            self.cut(
                (born, death.path),
                Certain::Added,
                lines,
                None,
                |_, len, origin| match out.last_mut() {
                    Some(last) if last.death == ix && last.origin == origin => last.len += len,
                    _ => out.push(DeathOrigin {
                        death: ix,
                        len,
                        origin,
                    }),
                },
            );
        }
        out
    }
}

/// Whom a witness names, if that is somebody else than the headline has.
fn otherwise(headline: &Author, named: &Author) -> Option<Named> {
    match (headline, named) {
        (_, Author::Unknown) | (Author::Human { .. }, Author::Human { .. }) => None,
        (_, Author::Human { .. }) => Some(Named::Human),
        (Author::Ai { tool: one, .. }, Author::Ai { tool: other, .. })
            // A tool that is not named may be the same.
            if one == other || [one, other].iter().any(|tool| tool.as_str() == UNSPECIFIED) =>
        {
            None
        }
        (_, Author::Ai { tool, .. }) => Some(Named::Ai { tool: tool.clone() }),
    }
}

/// A layer with the holes of it filled from another one.
fn filled<T: Copy + PartialEq>(known: Layer<T>, more: Layer<T>) -> Layer<T> {
    if known.is_empty() {
        return more;
    }
    let mut all = known;
    let mut holes = Layer::new();
    for span in more {
        let mut at = span.first;
        for taken in all
            .iter()
            .filter(|t| t.end > span.first && t.first < span.end)
        {
            if taken.first > at {
                holes.push(Span {
                    first: at,
                    end: taken.first,
                    what: span.what,
                });
            }
            at = at.max(taken.end);
        }
        if at < span.end {
            holes.push(Span {
                first: at,
                end: span.end,
                what: span.what,
            });
        }
    }
    all.extend(holes);
    all.sort_by_key(|span| span.first);
    all
}

fn continues(last: &OriginRun, next: &OriginRun) -> bool {
    last.origin == next.origin
        && last.commit == next.commit
        && last.end == next.end
        && last.original_path == next.original_path
        && last.start + last.len == next.start
        && last.original_start + last.len == next.original_start
}

/// The id as documents write it.
pub(super) fn commit_id(id: ObjectId) -> CommitId {
    CommitId::new(id.to_hex().to_string())
}
