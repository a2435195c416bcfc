//! The rest of a look: what a process of its own looks at when the hook has answered.
//!
//! A hook around a command looks at a thousand files at once, those that changed last first, and
//! leaves the others to a child. The child says only what was so at the moment when the hook ended: a file
//! that the system calls changed since then is `unsure`, and what is unsure is nobody's. The moment is the
//! time of a file that the hook writes, by the clock that files are stamped with. Folding waits for the
//! child; where it was killed there is no result, and nothing is credited.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use trueline_facts::RepoPath;

use crate::observe;
use crate::place::Place;
use crate::queue::{self, FileState, Store};
use crate::stat::Stat;
use crate::worktree;

const FOLDER: &str = "rest";

/// How long folding waits for a child.
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// A child that has not begun by then never will.
const LATEST_START: Duration = Duration::from_secs(1);

/// A result that nobody asked for is removed after so many seconds.
const OLDEST: u64 = 24 * 60 * 60;

/// The name of a rest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct Ticket(u64);

/// What a hook has looked at, by the numbers of folders in the snapshot with this checksum.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) snapshot: u32,
    pub(crate) looked_at: Vec<u32>,
}

/// What a child found.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Rest {
    /// Files that differ from HEAD, as they were when the hook ended.
    pub(crate) files: Vec<FileState>,
    /// Files that changed since.
    pub(crate) unsure: Vec<RepoPath>,
    /// All was looked at.
    pub(crate) whole: bool,
}

impl Store {
    fn task_at(&self, ticket: Ticket) -> PathBuf {
        self.folder()
            .join(FOLDER)
            .join(format!("{:016x}.task", ticket.0))
    }

    fn result_at(&self, ticket: Ticket) -> PathBuf {
        self.folder()
            .join(FOLDER)
            .join(format!("{:016x}", ticket.0))
    }

    /// Leaves a task. The moment that its result is about is now.
    pub(crate) fn leave(&self, task: &Task) -> io::Result<Ticket> {
        fs::create_dir_all(self.folder().join(FOLDER))?;
        let ticket = Ticket(observe::drawn());
        let text = serde_json::to_vec(task).map_err(io::Error::other)?;
        queue::write_new(&self.task_at(ticket), &text)?;
        Ok(ticket)
    }

    /// The result of a task, waited for; what is not there is not whole.
    pub(crate) fn rest(&self, ticket: Ticket) -> Rest {
        let started = Instant::now();
        let result = self.result_at(ticket);
        loop {
            if let Some(rest) = fs::read(&result)
                .ok()
                .and_then(|text| serde_json::from_slice(&text).ok())
            {
                return rest;
            }
            let waited = started.elapsed();
            if waited > LONGEST_WAIT || !self.is_under_way(ticket, waited) {
                // It may have ended between the two looks.
                let text = fs::read(&result).unwrap_or_default();
                return serde_json::from_slice(&text).unwrap_or_default();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Is a child at it, or about to be?
    fn is_under_way(&self, ticket: Ticket, waited: Duration) -> bool {
        let Ok(task) = File::open(self.task_at(ticket)) else {
            return false;
        };
        // Of many children that were killed, only the last may still have to begin.
        let modified = task.metadata().and_then(|meta| meta.modified());
        let age = modified.ok().and_then(|time| time.elapsed().ok());
        match task.try_lock_shared() {
            Ok(()) => age.unwrap_or_default().max(waited) < LATEST_START,
            Err(_) => true,
        }
    }

    /// Does a child still need the snapshot as it is?
    pub(crate) fn has_tasks(&self) -> bool {
        let entries = fs::read_dir(self.folder().join(FOLDER));
        entries.into_iter().flatten().flatten().any(|entry| {
            let path = entry.path();
            let age = || entry.metadata().and_then(|meta| meta.modified());
            path.extension().is_some_and(|end| end == "task")
                && age().is_ok_and(|time| time.elapsed().is_ok_and(|age| age < LONGEST_WAIT))
        })
    }

    /// The task is done, if there is a result.
    pub(crate) fn forget_task(&self, ticket: Ticket) {
        if self.result_at(ticket).exists() {
            let _ = fs::remove_file(self.task_at(ticket));
        }
    }

    pub(crate) fn forget_rest(&self, ticket: Ticket) {
        let _ = fs::remove_file(self.task_at(ticket));
        let _ = fs::remove_file(self.result_at(ticket));
    }

    /// The results that wait for their records. What no record asked for in time is removed.
    pub(crate) fn rests(&self) -> Vec<Rest> {
        let mut rests = Vec::new();
        for entry in fs::read_dir(self.folder().join(FOLDER))
            .into_iter()
            .flatten()
            .flatten()
        {
            let age = entry.metadata().and_then(|meta| meta.modified());
            if age.is_ok_and(|time| time.elapsed().is_ok_and(|age| age.as_secs() > OLDEST)) {
                let _ = fs::remove_file(entry.path());
            } else if let Ok(text) = fs::read(entry.path()) {
                // A task is no result.
                rests.extend(serde_json::from_slice::<Rest>(&text).ok());
            }
        }
        rests
    }
}

/// Has a child look at the rest; where there can be none, looks itself.
pub(crate) fn hand_over(place: &Place, store: &Store, ticket: Ticket) {
    if !spawned(place, ticket) {
        // Its result is not there, or says so: nothing is credited then.
        let _ = finish(place, store, ticket);
    }
}

/// A program of another name has no such command.
fn spawned(place: &Place, ticket: Ticket) -> bool {
    let Ok(program) = std::env::current_exe() else {
        return false;
    };
    if program.file_stem().is_none_or(|name| name != "trueline") {
        return false;
    }
    let mut command = Command::new(program);
    command
        .args(["hook", "run", "rest", &format!("{:016x}", ticket.0)])
        .current_dir(&place.work_tree)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        // What ends the hook's group does not end it.
        command.process_group(0);
    }
    // The hook ends at once: whoever takes in orphans takes in the child.
    command.spawn().is_ok()
}

/// Looks at what a hook left, by the name that it was given on the command line.
pub fn finish_rest(place: &Place, ticket: &str) -> io::Result<()> {
    let number = u64::from_str_radix(ticket, 16).map_err(io::Error::other)?;
    finish(place, &Store::at(place.capture_dir()), Ticket(number))
}

pub(crate) fn finish(place: &Place, store: &Store, ticket: Ticket) -> io::Result<()> {
    let at = store.task_at(ticket);
    let file = File::open(&at)?;
    file.lock()?;
    let moment = Stat::of(&at).ok_or_else(|| io::Error::other("the task is gone"))?;
    let task: Task = serde_json::from_slice(&fs::read(&at)?).map_err(io::Error::other)?;
    let rest = worktree::look_at_rest(place, store, &observe::key(store)?, &task, moment.changed)?;
    let text = serde_json::to_vec(&rest).map_err(io::Error::other)?;
    queue::write_aside(&store.result_at(ticket), &text)?;
    // Who waited too long has taken it away.
    let _ = fs::remove_file(&at);
    Ok(())
}

#[cfg(test)]
mod tests;
