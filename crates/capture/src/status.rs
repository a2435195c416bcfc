//! What capture knows of a work tree at the moment: for `trueline hook status`.

use std::collections::BTreeMap;

use trueline_facts::{RepoPath, ToolId};

use crate::ledger::Owner;
use crate::place::Place;
use crate::queue::Store;
use crate::settle::load;

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Status {
    /// Records that wait for a commit or a settling.
    pub waiting: usize,
    /// Bytes of the queue.
    pub queue_bytes: u64,
    /// Lines of the queue that are damaged: writes that were cut short.
    pub damaged: usize,
    /// Uncommitted lines of agents: by file, tool and count.
    pub uncommitted: BTreeMap<(RepoPath, ToolId), u32>,
    /// How often an agent read a file of a class of data.
    pub reads: BTreeMap<(ToolId, Box<str>), u64>,
    /// What went wrong in hooks, newest last.
    pub trouble: Vec<String>,
}

/// Keeps what went wrong in a hook, which has nobody to tell, for the next look.
pub fn note_trouble(place: &Place, what: &str) {
    Store::at(place.capture_dir()).trouble(what);
}

/// Reads; changes nothing.
#[must_use]
pub fn status(place: &Place) -> Status {
    let store = Store::at(place.capture_dir());
    let (waiting, damaged) = store.waiting();
    let mut status = Status {
        waiting: waiting.len(),
        queue_bytes: store.size(),
        damaged,
        ..Status::default()
    };
    if let Some(ledger) = load(&store) {
        for (path, file) in &ledger.files {
            for owner in &file.owners {
                if let Owner::Agent(agent) = ledger.owner(*owner) {
                    let counted = (path.clone(), agent.tool.clone());
                    *status.uncommitted.entry(counted).or_default() += 1;
                }
            }
        }
        status.reads = ledger.reads;
    }
    let trouble = std::fs::read_to_string(store.folder().join("trouble")).unwrap_or_default();
    status.trouble = trouble.lines().map(str::to_owned).collect();
    status
}
