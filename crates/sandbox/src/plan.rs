//! What passes between the caller and its launcher: a plan in, events out.
//!
//! Both are JSON, one document in one packet of a local socket; descriptors travel beside the plan.
//! The socket is closed to the program that runs in the sandbox.

use std::ffi::OsString;

use serde::{Deserialize, Serialize};

use crate::isolation::{MemoryLimiter, Part};

/// A packet holds a plan; longer ones are refused by the caller.
pub(crate) const PACKET_BYTES: usize = 192 << 10;

/// What the launcher does, in the words of the launcher: everything is decided, nothing looked up.
#[derive(Clone, Serialize, Deserialize, Debug)]
pub(crate) struct Plan {
    /// None for a trial: all is built and nothing is run.
    pub(crate) program: Option<Program>,
    /// To become, where the launcher is root.
    pub(crate) uid: Option<u32>,
    /// In order: a later one may lie within an earlier one.
    pub(crate) mounts: Vec<Place>,
    pub(crate) rlimits: Rlimits,
    pub(crate) memory: MemoryLimiter,
    /// For [`MemoryLimiter::Watch`].
    pub(crate) mem_bytes: u64,
    pub(crate) joins_network: bool,
    pub(crate) channel: bool,
}

#[derive(Clone, Serialize, Deserialize, Debug)]
pub(crate) struct Program {
    pub(crate) argv: Vec<OsString>,
    pub(crate) env: Vec<(OsString, OsString)>,
    pub(crate) cwd: OsString,
    /// Folders in which a name without a slash is looked for.
    pub(crate) search: Vec<OsString>,
}

/// Something that is mounted inside.
#[derive(Clone, Serialize, Deserialize, Debug)]
pub(crate) enum Place {
    Bind(Bind),
    Scratch(Scratch),
}

/// Something of this machine that is shown inside.
#[derive(Clone, Serialize, Deserialize, Debug)]
pub(crate) struct Bind {
    pub(crate) host: OsString,
    pub(crate) inside: OsString,
    pub(crate) access: Access,
    /// Whether folders on the way to it can be listed inside.
    pub(crate) listed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub(crate) enum Access {
    Read,
    Write,
    /// Its content is put into a scratch file system.
    Copy {
        mb: u64,
        inodes: u64,
    },
}

#[derive(Clone, Serialize, Deserialize, Debug)]
pub(crate) struct Scratch {
    pub(crate) inside: OsString,
    pub(crate) mb: u64,
    pub(crate) inodes: u64,
}

#[derive(Clone, Copy, Serialize, Deserialize, Debug)]
pub(crate) struct Rlimits {
    pub(crate) cpu_s: u64,
    pub(crate) fsize_bytes: u64,
    pub(crate) files: u64,
    pub(crate) pids: u64,
    /// Of one process; none where a control group bounds memory.
    pub(crate) address_space_bytes: Option<u64>,
}

/// What the launcher tells.
#[derive(Clone, Serialize, Deserialize, Debug)]
pub(crate) enum Event {
    /// A part cannot be had.
    Refused { part: Part, why: String },
    /// Something to be shown cannot be opened, or its place inside cannot be made.
    Host { path: OsString, errno: i32 },
    /// The network is there; its descriptor comes beside this.
    Network,
    /// All is built; the program starts now.
    Ready { landlock: Option<u8>, procfs: bool },
    /// The program could not be started.
    Start { program: OsString, errno: i32 },
    /// All processes together used too much memory and were ended.
    Memory,
    /// The program ended; what it left behind is ended, too.
    Ended {
        code: Option<u8>,
        signal: Option<u8>,
        cpu_ms: u64,
    },
}
