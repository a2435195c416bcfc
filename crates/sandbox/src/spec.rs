//! What to run, what it sees and what it may use: the caller's side of a sandbox.
//!
//! A specification is plain data; nothing is checked or opened before `spawn`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::identity::Identity;
use crate::running::NetworkHandle;
use crate::toolchain::Toolchain;

/// The descriptor on which a program with a channel writes to its caller.
pub const CHANNEL: i32 = 3;

/// Size of a scratch file system: it lives in memory and counts against the memory limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quota {
    /// Mebibytes of content.
    pub mb: u64,
    /// Files, folders and links together.
    pub inodes: u64,
}

impl Default for Quota {
    fn default() -> Self {
        Self {
            mb: 64,
            inodes: 10_000,
        }
    }
}

/// What a sandbox may use at most.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Processor seconds of one process.
    pub cpu_s: u64,
    /// Seconds on the clock, measured from the start of the program.
    pub wall_s: u64,
    /// Memory of all processes together, scratch files included.
    pub mem_mb: u64,
    /// Processes and threads at one time.
    pub pids: u64,
    /// Size of one file.
    pub fsize_mb: u64,
    /// Open descriptors of one process.
    pub files: u64,
    /// Bytes kept of standard output and of standard error, each; a program that writes more is ended.
    pub output_bytes: usize,
    /// Bytes kept of the channel; a program that writes more is ended.
    pub channel_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu_s: 5,
            wall_s: 10,
            mem_mb: 256,
            pids: 64,
            fsize_mb: 50,
            files: 256,
            output_bytes: 1 << 20,
            channel_bytes: 4 << 20,
        }
    }
}

/// The network that a sandbox sees.
#[derive(Clone, Debug, Default)]
pub enum Network {
    /// One of its own, with nothing but a loopback device.
    #[default]
    Own,
    /// That of a running sandbox. Processes and files stay apart.
    Join(NetworkHandle),
}

/// What is at descriptor [`CHANNEL`] inside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Channel {
    None,
    Captured,
    Live,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Mount {
    ReadOnly {
        host: PathBuf,
        inside: PathBuf,
    },
    ReadWrite {
        host: PathBuf,
        inside: PathBuf,
    },
    Copy {
        host: PathBuf,
        inside: PathBuf,
        quota: Quota,
    },
    Scratch {
        inside: PathBuf,
        quota: Quota,
    },
}

impl Mount {
    pub(crate) const fn inside(&self) -> &PathBuf {
        match self {
            Self::ReadOnly { inside, .. }
            | Self::ReadWrite { inside, .. }
            | Self::Copy { inside, .. }
            | Self::Scratch { inside, .. } => inside,
        }
    }
}

/// A program to be run, and everything that it gets.
///
/// ```
/// use trueline_sandbox::{Limits, Spec};
///
/// let spec = Spec::new(["python3", "-I", "app.py"])
///     .read_only("/srv/submission", "/app")
///     .cwd("/app")
///     .env("PORT", "5000")
///     .limits(Limits { wall_s: 5, ..Limits::default() });
/// # let _ = spec;
/// ```
#[derive(Clone, Debug)]
pub struct Spec {
    pub(crate) argv: Vec<OsString>,
    pub(crate) cwd: PathBuf,
    pub(crate) env: BTreeMap<OsString, OsString>,
    pub(crate) mounts: Vec<Mount>,
    pub(crate) limits: Limits,
    pub(crate) network: Network,
    pub(crate) channel: Channel,
    pub(crate) stdin: Vec<u8>,
    pub(crate) toolchains: Vec<Toolchain>,
    pub(crate) identity: Option<Identity>,
}

impl Spec {
    /// Runs `argv[0]` with the rest as its arguments. A name without a slash is looked for in the
    /// toolchains first, then in `/usr/local/bin`, `/usr/bin` and `/bin`.
    #[must_use]
    pub fn new<A: Into<OsString>>(argv: impl IntoIterator<Item = A>) -> Self {
        Self {
            argv: argv.into_iter().map(Into::into).collect(),
            cwd: PathBuf::from("/tmp"),
            env: BTreeMap::new(),
            mounts: Vec::new(),
            limits: Limits::default(),
            network: Network::Own,
            channel: Channel::None,
            stdin: Vec::new(),
            toolchains: Vec::new(),
            identity: None,
        }
    }

    /// The working folder, as the program sees it; `/tmp` by default.
    #[must_use]
    pub fn cwd(mut self, inside: impl Into<PathBuf>) -> Self {
        self.cwd = inside.into();
        self
    }

    /// Sets a variable. Nothing is inherited: besides these the program sees `PATH`, `HOME` and
    /// `LANG` alone, which may be overridden.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    /// Shows a file or folder of this machine, read-only.
    #[must_use]
    pub fn read_only(mut self, host: impl Into<PathBuf>, inside: impl Into<PathBuf>) -> Self {
        self.mounts.push(Mount::ReadOnly {
            host: host.into(),
            inside: inside.into(),
        });
        self
    }

    /// Shows a folder of this machine and lets the program write there. What it writes is bounded
    /// per file only, so that a quota needs [`Spec::copy_of`] instead.
    #[must_use]
    pub fn read_write(mut self, host: impl Into<PathBuf>, inside: impl Into<PathBuf>) -> Self {
        self.mounts.push(Mount::ReadWrite {
            host: host.into(),
            inside: inside.into(),
        });
        self
    }

    /// Gives the program a copy of a folder in a scratch file system: it may write there, up to
    /// the quota, and all of it is gone with the sandbox.
    #[must_use]
    pub fn copy_of(
        mut self,
        host: impl Into<PathBuf>,
        inside: impl Into<PathBuf>,
        quota: Quota,
    ) -> Self {
        self.mounts.push(Mount::Copy {
            host: host.into(),
            inside: inside.into(),
            quota,
        });
        self
    }

    /// An empty folder in memory. `/tmp` is there without being asked for; naming it changes its quota.
    #[must_use]
    pub fn scratch(mut self, inside: impl Into<PathBuf>, quota: Quota) -> Self {
        self.mounts.push(Mount::Scratch {
            inside: inside.into(),
            quota,
        });
        self
    }

    /// What it may use.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Which network it sees.
    #[must_use]
    pub fn network(mut self, network: Network) -> Self {
        self.network = network;
        self
    }

    /// Opens a pipe at descriptor [`CHANNEL`], whose bytes come back apart from what is printed.
    #[must_use]
    pub const fn channel(mut self) -> Self {
        self.channel = Channel::Captured;
        self
    }

    /// Opens a socket at descriptor [`CHANNEL`], to talk with the program while it runs: see
    /// [`Running::take_channel`](crate::Running::take_channel). Nothing of it is captured or
    /// capped: who reads it takes care.
    #[must_use]
    pub const fn live_channel(mut self) -> Self {
        self.channel = Channel::Live;
        self
    }

    /// What it reads from standard input; nothing by default.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Shows a language's programs, and has them found by name.
    #[must_use]
    pub fn toolchain(mut self, toolchain: &Toolchain) -> Self {
        self.toolchains.push(toolchain.clone());
        self
    }

    /// Runs as this identity, of which folders written to must be (see [`Identity`]); one of its
    /// own by default.
    #[must_use]
    pub fn identity(mut self, identity: &Identity) -> Self {
        self.identity = Some(identity.clone());
        self
    }
}
