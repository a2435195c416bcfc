//! All files of a project, each after those that it imports.
//!
//! Files that do not need each other are analysed at the same time. Files that need each other in a
//! circle go in layers, each after most of what it needs, and again in rounds: a file that would see
//! something else is analysed once more, until nothing changes or [`MAX_ROUNDS`] have passed. So the outcome does not depend on the number of threads. Of a file
//! that is done only its interface is kept, and what was found. What an earlier run left of a file
//! ([`UnitMemory`]) stands in for its analysis where all that the analysis saw is as it was.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use trueline_facts::{Diagnostic, Finding, Level};
use trueline_syntax::ir::Module;

use crate::analysis::Interfaces;
use crate::digest::Digest;
use crate::interface::Interface;
use crate::memory::{Answers, Found, UnitMemory};
use crate::project::{Batches, Project, UnitId, batches, layers};
use crate::report::{Candidate, settle};
use crate::{Engine, Site};

/// Rounds of files that import each other.
const MAX_ROUNDS: usize = 3;

/// A file as the analysis needs it.
#[derive(Debug)]
pub struct Lowered {
    /// Its text.
    pub text: String,
    /// What it was lowered to.
    pub module: Module,
}

/// Where files come from, and what is known of them. A file is asked for when it is its turn, so
/// that not all need to be held at once.
pub trait Units: Sync {
    /// Stands for the content of a file; `None` if it is not to be analysed.
    fn content(&self, unit: UnitId) -> Option<Digest>;

    /// A file; `None` if it cannot be had.
    fn lowered(&self, unit: UnitId) -> Option<Arc<Lowered>>;

    /// A file has been analysed for good.
    fn done(&self, unit: UnitId);

    /// What an earlier run with the same rules left of a file.
    fn remembered(&self, _: UnitId) -> Option<UnitMemory> {
        None
    }

    /// The [`Project::shape`] for which the answers in what is remembered are known to hold.
    fn remembered_shape(&self) -> Option<Digest> {
        None
    }

    /// Whether the program serves whoever sits at its machine: see [`crate::serves_its_own_machine`].
    fn serves_its_own_machine(&self) -> bool {
        false
    }

    /// An interface that an earlier run made, as it gave it.
    fn interface(&self, _: Digest) -> Option<Arc<[u8]>> {
        None
    }
}

/// How the analysis of a file ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum UnitOutcome {
    /// It could not be had.
    #[default]
    Absent,
    /// The analysis panicked.
    Failed,
    /// To the end.
    Analyzed,
}

/// What was found in one file.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct UnitFindings {
    /// How its analysis ended. Other files may have found something in it all the same.
    pub outcome: UnitOutcome,
    /// Weaknesses, in order of place.
    pub findings: Vec<Finding>,
    /// Exposed sites, in order of place.
    pub sites: Vec<Site>,
    /// What could not be done.
    pub diagnostics: Vec<Diagnostic>,
}

/// What came of all files.
#[derive(Debug, Default)]
pub struct ProjectAnalysis {
    /// What was found, by file.
    pub found: Vec<UnitFindings>,
    /// What the next run should know, by file. Those that are as they were are the same `Arc`.
    pub memories: Vec<Option<UnitMemory>>,
    /// Interfaces that were made, to be given back by [`Units::interface`].
    pub interfaces: BTreeMap<Digest, Arc<[u8]>>,
    /// Files that were analysed rather than remembered, ascending.
    pub analyzed: Vec<UnitId>,
    /// How often a file was analysed, in all rounds.
    pub analyses: u64,
}

/// An interface of this run; decoded when somebody wants it.
struct Held {
    digest: Digest,
    interface: OnceLock<Option<Arc<Interface>>>,
}

/// The interfaces of a run.
struct Store<'r> {
    units: &'r dyn Units,
    /// Batch and component of each file.
    ranks: Vec<(u32, u32)>,
    slots: Vec<RwLock<Option<Arc<Held>>>>,
    made: Mutex<BTreeMap<Digest, Arc<[u8]>>>,
    /// A remembered interface could not be had.
    lost: AtomicBool,
}

impl Store<'_> {
    fn held(&self, unit: UnitId) -> Option<Arc<Held>> {
        let slot = self.slots.get(unit.0 as usize)?;
        slot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a file can see of another: nothing that may be made at the same time.
    fn seen(&self, from: UnitId, unit: UnitId) -> Option<Arc<Held>> {
        let own = self.ranks.get(from.0 as usize)?;
        let other = self.ranks.get(unit.0 as usize)?;
        (other.0 < own.0 || other == own)
            .then(|| self.held(unit))
            .flatten()
    }

    fn digest(&self, unit: UnitId) -> Option<Digest> {
        self.held(unit).map(|held| held.digest)
    }

    fn put(&self, unit: UnitId, digest: Digest, interface: Option<Arc<Interface>>) {
        let held = Held {
            digest,
            interface: OnceLock::new(),
        };
        if interface.is_some() {
            // The lock is new: this cannot fail.
            let _ = held.interface.set(interface);
        }
        if let Some(slot) = self.slots.get(unit.0 as usize) {
            *slot.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(held));
        }
    }

    /// Keeps an interface in the form in which it outlives the run.
    fn keep(&self, interface: &Interface) -> Digest {
        let bytes = interface.encode();
        let digest = Digest::of(&bytes);
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry(digest).or_insert_with(|| bytes.into());
        digest
    }

    fn interface(&self, held: &Held) -> Option<Arc<Interface>> {
        let interface = held.interface.get_or_init(|| {
            let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            let bytes = made.get(&held.digest).cloned();
            drop(made);
            let bytes = bytes.or_else(|| self.units.interface(held.digest))?;
            Interface::decode(&bytes).map(Arc::new)
        });
        if interface.is_none() {
            self.lost.store(true, Ordering::Relaxed);
        }
        interface.clone()
    }
}

/// The store as one file sees it: what it reads is written down.
struct Reading<'s> {
    store: &'s Store<'s>,
    unit: UnitId,
    reads: Mutex<BTreeMap<UnitId, Option<Digest>>>,
}

impl Interfaces for Reading<'_> {
    fn get(&self, unit: UnitId) -> Option<Arc<Interface>> {
        let held = self.store.seen(self.unit, unit);
        self.reads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(unit, held.as_ref().map(|held| held.digest));
        self.store.interface(&*held?)
    }
}

enum Ended {
    Absent,
    Failed,
    Analyzed(UnitMemory, Arc<Found>),
}

/// One file in one round.
struct Round {
    unit: UnitId,
    ended: Ended,
    digest: Digest,
    /// `None` if it was remembered.
    interface: Option<Arc<Interface>>,
}

/// A file for all rounds.
struct Turn {
    unit: UnitId,
    content: Option<Digest>,
    memory: Option<UnitMemory>,
}

/// What came of files that import each other.
struct Component {
    ended: Vec<(UnitId, Ended)>,
    /// Files that were analysed in some round.
    analyzed: BTreeSet<UnitId>,
    analyses: u64,
    /// The first of the files, if the rounds ended before they came to rest.
    restless: Option<(UnitId, usize)>,
}

/// A remembered interface was lost: the run has to do without memory.
struct Lost;

impl Engine {
    /// Analyses all files of a project. `imports` are those of each file, as
    /// [`Project::needed`] gives them. Call it on a pool of threads with deep stacks.
    #[must_use]
    pub fn analyze_project(
        &self,
        project: &Project,
        imports: &[Vec<UnitId>],
        units: &dyn Units,
    ) -> ProjectAnalysis {
        match self.attempt(project, imports, units, Recall::Wanted) {
            Ok(analysis) => analysis,
            // Nothing is remembered, so nothing can be lost.
            Err(Lost) => self
                .attempt(project, imports, units, Recall::Unwanted)
                .unwrap_or_default(),
        }
    }

    fn attempt(
        &self,
        project: &Project,
        imports: &[Vec<UnitId>],
        units: &dyn Units,
        recall: Recall,
    ) -> Result<ProjectAnalysis, Lost> {
        let batches = batches(imports);
        let store = Store {
            units,
            ranks: ranks(&batches, project.len()),
            slots: (0..project.len()).map(|_| RwLock::new(None)).collect(),
            made: Mutex::default(),
            lost: AtomicBool::new(false),
        };
        let mut ended: Vec<Ended> = Vec::new();
        ended.resize_with(project.len(), || Ended::Absent);
        let mut analyzed = BTreeSet::new();
        let mut analyses = 0;
        let mut restless = Vec::new();
        for batch in batches {
            let results: Vec<Component> = batch
                .par_iter()
                .map(|component| self.component(project, component, imports, recall, &store))
                .collect();
            if store.lost.load(Ordering::Relaxed) {
                return Err(Lost);
            }
            for component in results {
                analyzed.extend(component.analyzed);
                analyses += component.analyses;
                restless.extend(component.restless);
                for (unit, result) in component.ended {
                    if let Some(slot) = ended.get_mut(unit.0 as usize) {
                        *slot = result;
                    }
                }
            }
        }
        let mut found = gather(project, &ended, units.serves_its_own_machine());
        for (unit, files) in restless {
            let path = project.path(unit);
            if let (Some(slot), Some(path)) = (found.get_mut(unit.0 as usize), path) {
                slot.diagnostics
                    .push(restless_cycle(files).at(path.clone()));
            }
        }
        Ok(ProjectAnalysis {
            found,
            memories: ended
                .into_iter()
                .map(|ended| match ended {
                    Ended::Analyzed(memory, _) => Some(memory),
                    Ended::Absent | Ended::Failed => None,
                })
                .collect(),
            interfaces: store
                .made
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner),
            analyzed: analyzed.into_iter().collect(),
            analyses,
        })
    }

    fn component(
        &self,
        project: &Project,
        component: &[UnitId],
        imports: &[Vec<UnitId>],
        recall: Recall,
        store: &Store<'_>,
    ) -> Component {
        let rounds = if component.len() > 1 { MAX_ROUNDS } else { 1 };
        let mut layers: Vec<Vec<Turn>> = layers(component, imports)
            .into_iter()
            .map(|layer| {
                let turns = layer.into_iter();
                let turns = turns.map(|unit| turn(project, unit, recall, store.units));
                turns.collect()
            })
            .collect();
        let mut analyzed = BTreeSet::new();
        let mut analyses = 0;
        let mut last: BTreeMap<UnitId, Ended> = BTreeMap::new();
        let mut changed = false;
        for _ in 0..rounds {
            changed = false;
            for turns in &mut layers {
                let results: Vec<Round> = turns
                    .par_iter()
                    .map(|turn| self.round(project, turn, store))
                    .collect();
                for (turn, round) in turns.iter_mut().zip(results) {
                    if store.digest(round.unit) != Some(round.digest) {
                        changed = true;
                        store.put(round.unit, round.digest, round.interface.clone());
                    }
                    if turn.content.is_some() && round.interface.is_some() {
                        analyzed.insert(round.unit);
                        analyses += 1;
                    }
                    if let Ended::Analyzed(memory, _) = &round.ended {
                        turn.memory = Some(memory.clone());
                    }
                    last.insert(round.unit, round.ended);
                }
            }
            if !changed {
                break;
            }
        }
        for unit in component {
            store.units.done(*unit);
        }
        let restless = component
            .first()
            .filter(|_| changed && component.len() > 1)
            .map(|unit| (*unit, component.len()));
        Component {
            ended: last.into_iter().collect(),
            analyzed,
            analyses,
            restless,
        }
    }

    /// A file in one round: remembered if it would see what it saw before.
    fn round(&self, project: &Project, turn: &Turn, store: &Store<'_>) -> Round {
        let unit = turn.unit;
        let now = |path: &_| {
            let held = store.seen(unit, project.unit(path)?)?;
            Some(held.digest)
        };
        if let Some(memory) = &turn.memory
            && let Some((digest, found)) = memory.recall(now)
        {
            return Round {
                unit,
                ended: Ended::Analyzed(memory.clone(), found),
                digest,
                interface: None,
            };
        }
        let reading = Reading {
            store,
            unit,
            reads: Mutex::default(),
        };
        let nothing = |ended| {
            let interface = Interface::default();
            Round {
                unit,
                ended,
                digest: store.keep(&interface),
                interface: Some(Arc::new(interface)),
            }
        };
        let Some(content) = turn.content else {
            return nothing(Ended::Absent);
        };
        let Some(lowered) = store.units.lowered(unit) else {
            return nothing(Ended::Absent);
        };
        // The engine shares nothing that a panic could leave half-changed.
        let analysis = catch_unwind(AssertUnwindSafe(|| {
            self.analyze_unit(project, unit, &lowered.text, &lowered.module, &reading)
        }));
        let Ok(mut analysis) = analysis else {
            return nothing(Ended::Failed);
        };
        let interface = std::mem::take(&mut analysis.interface);
        let digest = store.keep(&interface);
        let path = |unit: UnitId| project.path(unit).cloned();
        let found = Arc::new(Found {
            candidates: analysis.candidates,
            sites: analysis.sites,
            sites_elsewhere: analysis.sites_elsewhere,
            diagnostics: analysis.diagnostics,
            refused: analysis.refused,
            entered: analysis
                .entered
                .iter()
                .filter_map(|(unit, function)| Some((path(*unit)?, *function)))
                .collect(),
        });
        let reads = reading.reads.into_inner();
        let reads = reads
            .unwrap_or_else(PoisonError::into_inner)
            .into_iter()
            .filter_map(|(unit, digest)| Some((path(unit)?, digest)))
            .collect();
        let before = turn.memory.as_ref();
        let memory = UnitMemory::new(
            content,
            before,
            analysis.asked,
            analysis.secrecy,
            reads,
            digest,
            &found,
        );
        Round {
            unit,
            ended: Ended::Analyzed(memory, found),
            digest,
            interface: Some(Arc::new(interface)),
        }
    }
}

/// The batch and the component of each file.
fn ranks(batches: &Batches, count: usize) -> Vec<(u32, u32)> {
    let mut ranks = vec![(0, 0); count];
    for (batch, components) in batches.iter().enumerate() {
        for (at, component) in components.iter().enumerate() {
            for unit in component {
                if let Some(rank) = ranks.get_mut(unit.0 as usize) {
                    *rank = (batch as u32, at as u32);
                }
            }
        }
    }
    ranks
}

/// Whether memory is used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Recall {
    Wanted,
    Unwanted,
}

/// A file with what is remembered of it, if its content and the answers of the project are the same.
fn turn(project: &Project, unit: UnitId, recall: Recall, units: &dyn Units) -> Turn {
    let content = units.content(unit);
    let answers = if units.remembered_shape() == Some(project.shape()) {
        Answers::Known
    } else {
        Answers::Ask(project, unit)
    };
    let memory = (recall == Recall::Wanted)
        .then(|| units.remembered(unit))
        .flatten()
        .filter(|memory| Some(memory.content()) == content && memory.holds(answers));
    Turn {
        unit,
        content,
        memory,
    }
}

fn restless_cycle(files: usize) -> Diagnostic {
    Diagnostic::new(
        Level::Note,
        "import-cycle-budget",
        format!(
            "this file and {} more import each other in a circle that did not come to rest in {MAX_ROUNDS} rounds; flows that pass more than {MAX_ROUNDS} of them may be missed",
            files.saturating_sub(1)
        ),
    )
}

/// Puts findings to the files that they are in.
fn gather(project: &Project, ended: &[Ended], own_machine: bool) -> Vec<UnitFindings> {
    let mut entered: BTreeSet<(UnitId, u32)> = BTreeSet::new();
    for result in ended {
        if let Ended::Analyzed(_, found) = result {
            let known = found.entered.iter();
            entered.extend(known.filter_map(|(path, id)| Some((project.unit(path)?, *id))));
        }
    }
    let mut gathered: Vec<UnitFindings> = Vec::new();
    gathered.resize_with(project.len(), UnitFindings::default);
    let mut refused: BTreeSet<Digest> = BTreeSet::new();
    for result in ended {
        if let Ended::Analyzed(_, found) = result {
            refused.extend(&found.refused);
        }
    }
    let mut candidates: Vec<Vec<&Candidate>> = Vec::new();
    candidates.resize_with(project.len(), Vec::new);
    for (at, result) in ended.iter().enumerate() {
        let unit = UnitId(at as u32);
        let Some(slot) = gathered.get_mut(at) else {
            continue;
        };
        let found = match result {
            Ended::Absent => continue,
            Ended::Failed => {
                slot.outcome = UnitOutcome::Failed;
                continue;
            }
            Ended::Analyzed(_, found) => found,
        };
        slot.outcome = UnitOutcome::Analyzed;
        slot.sites.clone_from(&found.sites);
        slot.diagnostics.clone_from(&found.diagnostics);
        for candidate in &found.candidates {
            // Another file calls it: what that passes is known.
            let filled = candidate
                .parameter_of()
                .is_some_and(|function| entered.contains(&(unit, function)));
            let place = project.unit(candidate.path()).unwrap_or(unit);
            let known = filled || candidate.is_refused(&refused);
            if !known && let Some(list) = candidates.get_mut(place.0 as usize) {
                list.push(candidate);
            }
        }
    }
    for result in ended {
        let Ended::Analyzed(_, found) = result else {
            continue;
        };
        for (path, site) in &found.sites_elsewhere {
            let unit = project.unit(path);
            let slot = unit.and_then(|unit| gathered.get_mut(unit.0 as usize));
            if let Some(slot) = slot.filter(|slot| !slot.sites.contains(site)) {
                slot.sites.push(site.clone());
                // The sort is stable, and all but the last are in order.
                slot.sites.sort_by_key(|site| site.start);
            }
        }
    }
    for (slot, candidates) in gathered.iter_mut().zip(candidates) {
        slot.findings = settle(candidates, own_machine);
    }
    gathered
}
