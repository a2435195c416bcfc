//! How a sandboxed program ended, what it wrote, and which limits it met.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::isolation::Isolation;

/// How the program ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It ended by itself.
    Exited(u8),
    /// A signal ended it. Together with a limit in [`Outcome::limits_hit`] it was ours.
    Signalled(u8),
    /// The caller ended it (`Running::kill`, or dropped it).
    Killed,
}

impl Status {
    /// The code as shells tell it: 128 and more for a signal.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Exited(code) => code,
            Self::Signalled(signal) => 128_u8.saturating_add(signal),
            Self::Killed => 137,
        }
    }

    /// Whether it ended by itself, with success.
    #[must_use]
    pub const fn success(self) -> bool {
        matches!(self, Self::Exited(0))
    }
}

/// A limit that the program met.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitHit {
    /// Processor time; ended.
    Cpu,
    /// Time on the clock; ended.
    Wall,
    /// Memory; what used most of it was ended.
    Memory,
    /// Processes and threads: starting more failed. Told only where a control group counts them.
    Pids,
    /// Size of a file; ended unless it ignores `SIGXFSZ`.
    FileSize,
    /// Bytes on standard output or standard error; ended.
    Output,
    /// Bytes on the channel; ended.
    Channel,
}

impl LimitHit {
    /// Its name in outputs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Wall => "wall",
            Self::Memory => "memory",
            Self::Pids => "pids",
            Self::FileSize => "file-size",
            Self::Output => "output",
            Self::Channel => "channel",
        }
    }
}

/// What came through a pipe, up to its cap.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Captured {
    /// The first bytes.
    pub bytes: Vec<u8>,
    /// Whether there were more.
    pub truncated: bool,
}

impl Captured {
    /// As text; what is no UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How the program ended.
    pub status: Status,
    /// The limits it met, in order, each once.
    pub limits_hit: Vec<LimitHit>,
    /// What it printed.
    pub stdout: Captured,
    /// What it printed to standard error.
    pub stderr: Captured,
    /// What it wrote to its channel.
    pub channel: Captured,
    /// From the start of the program to its end.
    pub wall: Duration,
    /// What held it: which limiters and layers applied to this very run.
    pub isolation: Isolation,
}
