//! What holds a sandboxed program on this machine, and the refusal where a part is missing.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// A part of the isolation without which nothing is run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Linux itself.
    Platform,
    /// The launcher: this program, started again.
    Launcher,
    /// An unprivileged user id to become, where we are root.
    UnprivilegedId,
    /// User namespaces.
    UserNamespace,
    /// Mount, process, network, IPC, host name and control group namespaces.
    Namespaces,
    /// The network namespace to be joined.
    JoinedNetwork,
    /// A loopback device of its own.
    Loopback,
    /// A root file system of its own, read-only.
    Root,
    /// Something that bounds the memory of all processes together.
    Memory,
    /// Limits of the kernel on a process.
    ResourceLimits,
    /// Giving up all capabilities, for good.
    Capabilities,
    /// The filter of system calls.
    Seccomp,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Platform,
        Self::Launcher,
        Self::UnprivilegedId,
        Self::UserNamespace,
        Self::Namespaces,
        Self::JoinedNetwork,
        Self::Loopback,
        Self::Root,
        Self::Memory,
        Self::ResourceLimits,
        Self::Capabilities,
        Self::Seccomp,
    ];

    /// What helps where it is missing, as docs/sandbox.md says it.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Platform => "use a Linux machine, real or virtual, or Docker or Podman",
            Self::Launcher => {
                "let this program be started by its own path: `noexec` mounts, a full process table or an update that replaced it while it ran are usual reasons"
            }
            Self::UnprivilegedId => {
                "start it as an ordinary user, or map more user ids than root's into the container"
            }
            Self::UserNamespace => {
                "an administrator can allow user namespaces: `sysctl kernel.unprivileged_userns_clone=1`, a `user.max_user_namespaces` above 0, on AppArmor a profile for `trueline` that has `userns`, in a container a seccomp profile that lets `unshare` through"
            }
            Self::Namespaces
            | Self::JoinedNetwork
            | Self::Loopback
            | Self::Root
            | Self::ResourceLimits
            | Self::Capabilities
            | Self::Seccomp => {
                "use a kernel, or a container's profile, that has this part and allows it; or Docker or Podman"
            }
            Self::Memory => {
                "mount `/proc` with the processes' children, or let the user have a control group of their own (`systemd-run --user --scope -p Delegate=yes`)"
            }
        }
    }

    /// Its name in outputs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Launcher => "launcher",
            Self::UnprivilegedId => "unprivileged-id",
            Self::UserNamespace => "user-namespace",
            Self::Namespaces => "namespaces",
            Self::JoinedNetwork => "joined-network",
            Self::Loopback => "loopback",
            Self::Root => "root",
            Self::Memory => "memory",
            Self::ResourceLimits => "resource-limits",
            Self::Capabilities => "capabilities",
            Self::Seccomp => "seccomp",
        }
    }
}

/// Isolation cannot be had here, so nothing is run.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[error(
    "cannot isolate, so nothing is run: {} is missing ({why}); what helps: {}",
    part.name(),
    part.help()
)]
pub struct Refusal {
    /// The part that is missing.
    pub part: Part,
    /// What the system said.
    pub why: String,
}

/// What bounds the memory of all processes of a sandbox together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryLimiter {
    /// A control group, version 2.
    CgroupV2,
    /// A control group, version 1.
    CgroupV1,
    /// The sandbox's first process adds up what all use, a hundred times a second, and ends them;
    /// memory that belongs to no process is refused, and each has a bounded address space.
    Watch,
}

/// What bounds the number of processes of a sandbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PidsLimiter {
    /// A control group, version 2.
    CgroupV2,
    /// A control group, version 1.
    CgroupV1,
    /// The kernel's limit per user, counted in the sandbox's own user namespace.
    Rlimit,
}

/// What holds a sandboxed program.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Isolation {
    /// The kernel's release.
    pub kernel: String,
    /// The user id that was taken on instead of root's; none where the caller is an ordinary user.
    pub dropped_to: Option<u32>,
    /// What bounds memory.
    pub memory: MemoryLimiter,
    /// What bounds processes.
    pub pids: PidsLimiter,
    /// The version of landlock that is enforced; none where the kernel has none. It adds to the
    /// other layers, none of which relies on it.
    pub landlock: Option<u8>,
    /// Whether a process list (its own, restricted) is there. Kernels before 5.8 and containers
    /// that hide parts of theirs give none.
    pub procfs: bool,
}

/// What this machine can isolate, tried once: a sandbox is built in full and runs nothing.
pub fn probe() -> Result<Isolation, Refusal> {
    static PROBED: OnceLock<Result<Isolation, Refusal>> = OnceLock::new();
    PROBED.get_or_init(crate::running::try_isolation).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_about_sandboxes_has_a_row_for_each_part_and_says_what_helps() {
        let page = include_str!("../../../docs/sandbox.md");
        let rows = page.split("## When it refuses").nth(1).unwrap();
        let rows: Vec<&str> = rows
            .lines()
            .filter(|line| line.starts_with("| `"))
            .collect();
        let mut named = Vec::new();
        for part in Part::ALL {
            let name = format!("`{}`", part.name());
            let row = rows.iter().find(|row| {
                row.split('|')
                    .nth(1)
                    .is_some_and(|cell| cell.contains(&name))
            });
            let row = row.unwrap_or_else(|| panic!("no row for {name}"));
            // Word by word where the page has room for it; commands anyway.
            for command in part.help().split('`').skip(1).step_by(2) {
                assert!(row.contains(command), "{name}: {command} is not in `{row}`");
            }
            let refusal = Refusal {
                part,
                why: "because".to_owned(),
            };
            let told = refusal.to_string();
            assert!(
                told.contains(part.name()) && told.ends_with(part.help()),
                "{told}"
            );
            named.push(part.name());
        }
        named.sort_unstable();
        named.dedup();
        assert_eq!(named.len(), Part::ALL.len());
    }
}
