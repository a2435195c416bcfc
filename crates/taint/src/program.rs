//! All files of a project, each after those that it imports.
//!
//! Files that do not need each other are analysed at the same time. Files that import each other
//! go in rounds: each sees what the round before made of the others, until nothing changes or
//! [`MAX_ROUNDS`] have passed. So the outcome does not depend on the number of threads. Of a file
//! that is done only its interface is kept, and what was found.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, RwLock};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use trueline_facts::{Diagnostic, Finding};
use trueline_syntax::ir::Module;

use crate::analysis::Interfaces;
use crate::interface::Interface;
use crate::project::{Project, UnitId, batches};
use crate::report::{Candidate, settle};
use crate::{Engine, Site, UnitAnalysis};

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

/// Where lowered files come from. A file is asked for when it is its turn, so that not all need to
/// be held at once.
pub trait Units: Sync {
    /// A file; `None` if it cannot be had.
    fn lowered(&self, unit: UnitId) -> Option<Arc<Lowered>>;

    /// A file has been analysed for good.
    fn done(&self, unit: UnitId);
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

#[derive(Debug)]
struct Store {
    slots: Vec<RwLock<Option<Arc<Interface>>>>,
}

impl Store {
    fn put(&self, unit: UnitId, interface: Arc<Interface>) {
        if let Some(slot) = self.slots.get(unit.0 as usize) {
            *slot.write().unwrap_or_else(PoisonError::into_inner) = Some(interface);
        }
    }
}

impl Interfaces for Store {
    fn get(&self, unit: UnitId) -> Option<Arc<Interface>> {
        let slot = self.slots.get(unit.0 as usize)?;
        slot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

enum Ended {
    Absent,
    Failed,
    Analyzed(Box<UnitAnalysis>),
}

impl Engine {
    /// Analyses all files of a project. `imports` are those of each file, as
    /// [`Project::imports`] gives them. Call it on a pool of threads with deep stacks.
    #[must_use]
    pub fn analyze_project(
        &self,
        project: &Project,
        imports: &[Vec<UnitId>],
        units: &dyn Units,
    ) -> Vec<UnitFindings> {
        let store = Store {
            slots: (0..project.len()).map(|_| RwLock::new(None)).collect(),
        };
        let mut ended: Vec<Ended> = Vec::new();
        ended.resize_with(project.len(), || Ended::Absent);
        for batch in batches(imports) {
            let results: Vec<Vec<(UnitId, Ended)>> = batch
                .par_iter()
                .map(|component| self.component(project, component, units, &store))
                .collect();
            for (unit, result) in results.into_iter().flatten() {
                if let Some(slot) = ended.get_mut(unit.0 as usize) {
                    *slot = result;
                }
            }
        }
        gather(project, ended)
    }

    fn component(
        &self,
        project: &Project,
        component: &[UnitId],
        units: &dyn Units,
        store: &Store,
    ) -> Vec<(UnitId, Ended)> {
        let rounds = if component.len() > 1 { MAX_ROUNDS } else { 1 };
        let mut last = Vec::new();
        for _ in 0..rounds {
            let results: Vec<(UnitId, Ended, Arc<Interface>)> = component
                .par_iter()
                .map(|unit| {
                    let (ended, interface) = self.one(project, *unit, units, store);
                    (*unit, ended, Arc::new(interface))
                })
                .collect();
            let mut changed = false;
            for (unit, _, interface) in &results {
                changed |= store.get(*unit).is_none_or(|known| known != *interface);
                store.put(*unit, Arc::clone(interface));
            }
            last = results
                .into_iter()
                .map(|(unit, ended, _)| (unit, ended))
                .collect();
            if !changed {
                break;
            }
        }
        for unit in component {
            units.done(*unit);
        }
        last
    }

    fn one(
        &self,
        project: &Project,
        unit: UnitId,
        units: &dyn Units,
        store: &Store,
    ) -> (Ended, Interface) {
        let Some(lowered) = units.lowered(unit) else {
            return (Ended::Absent, Interface::default());
        };
        // The engine shares nothing that a panic could leave half-changed.
        let analysis = catch_unwind(AssertUnwindSafe(|| {
            self.analyze_unit(project, unit, &lowered.text, &lowered.module, store)
        }));
        match analysis {
            Ok(mut analysis) => {
                let interface = std::mem::take(&mut analysis.interface);
                (Ended::Analyzed(Box::new(analysis)), interface)
            }
            Err(_) => (Ended::Failed, Interface::default()),
        }
    }
}

/// Puts findings to the files that they are in.
fn gather(project: &Project, ended: Vec<Ended>) -> Vec<UnitFindings> {
    let mut entered: BTreeSet<(UnitId, u32)> = BTreeSet::new();
    for result in &ended {
        if let Ended::Analyzed(analysis) = result {
            entered.extend(analysis.entered.iter().copied());
        }
    }
    let mut found: Vec<UnitFindings> = Vec::new();
    found.resize_with(project.len(), UnitFindings::default);
    let mut candidates: Vec<Vec<Candidate>> = Vec::new();
    candidates.resize_with(project.len(), Vec::new);
    for (at, result) in ended.into_iter().enumerate() {
        let unit = UnitId(at as u32);
        let Some(slot) = found.get_mut(at) else {
            continue;
        };
        let analysis = match result {
            Ended::Absent => continue,
            Ended::Failed => {
                slot.outcome = UnitOutcome::Failed;
                continue;
            }
            Ended::Analyzed(analysis) => analysis,
        };
        slot.outcome = UnitOutcome::Analyzed;
        slot.sites = analysis.sites;
        slot.diagnostics = analysis.diagnostics;
        for candidate in analysis.candidates {
            // Another file calls it: what that passes is known.
            let filled = candidate
                .parameter_of()
                .is_some_and(|function| entered.contains(&(unit, function)));
            let place = project.unit(candidate.path()).unwrap_or(unit);
            if !filled && let Some(list) = candidates.get_mut(place.0 as usize) {
                list.push(candidate);
            }
        }
    }
    for (slot, candidates) in found.iter_mut().zip(candidates) {
        slot.findings = settle(candidates);
    }
    found
}
