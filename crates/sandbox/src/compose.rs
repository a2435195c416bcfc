//! From what the caller asks to what the launcher does: every default and every limit is decided here.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::cgroup::Groups;
use crate::identity::{Identity, is_root};
use crate::isolation::{MemoryLimiter, PidsLimiter};
use crate::plan::{Access, Bind, Place, Plan, Program, Rlimits, Scratch};
use crate::spec::{Channel, Mount, Network, Spec};
use crate::toolchain::Toolchain;

/// Where programs of the system are looked for.
const SEARCH: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];

/// Virtual machines reserve far more addresses than they use: a bound on addresses would end them
/// at once, so that theirs is wide and what they use is watched alone.
const RESERVING: [&str; 9] = [
    "node", "java", "javac", "jshell", "deno", "bun", "mono", "dotnet", "go",
];
const WIDE_ADDRESS_SPACE: u64 = 64 << 30;

/// The launcher and process 1 inside are counted with the program's own processes.
pub(crate) const OWN_PROCESSES: u64 = 2;

pub(crate) fn compose(spec: &Spec, runs: bool, identity: &Identity, groups: &Groups) -> Plan {
    let memory = groups.memory_limiter();
    let mem_bytes = spec.limits.mem_mb << 20;
    let mounts = spec.mounts.iter().map(place);
    let mounts = toolchains(spec).map(Place::Bind).chain(mounts).collect();
    Plan {
        program: runs.then(|| program(spec)),
        uid: identity.uid(),
        mounts,
        rlimits: Rlimits {
            cpu_s: spec.limits.cpu_s,
            fsize_bytes: spec.limits.fsize_mb << 20,
            files: spec.limits.files,
            pids: spec.limits.pids + OWN_PROCESSES + spare_processes(groups),
            address_space_bytes: (memory == MemoryLimiter::Watch)
                .then(|| address_space(spec, mem_bytes)),
        },
        memory,
        mem_bytes,
        joins_network: matches!(spec.network, Network::Join(_)),
        channel: spec.channel != Channel::None,
    }
}

fn place(mount: &Mount) -> Place {
    match mount {
        Mount::ReadOnly { host, inside } => Place::Bind(bind(host, inside, Access::Read)),
        Mount::ReadWrite { host, inside } => Place::Bind(bind(host, inside, Access::Write)),
        Mount::Copy {
            host,
            inside,
            quota,
        } => {
            let access = Access::Copy {
                mb: quota.mb,
                inodes: quota.inodes,
            };
            Place::Bind(bind(host, inside, access))
        }
        Mount::Scratch { inside, quota } => Place::Scratch(Scratch {
            inside: inside.clone().into_os_string(),
            mb: quota.mb,
            inodes: quota.inodes,
        }),
    }
}

fn bind(host: &Path, inside: &Path, access: Access) -> Bind {
    Bind {
        host: host.as_os_str().to_owned(),
        inside: inside.as_os_str().to_owned(),
        access,
        listed: true,
    }
}

fn toolchains(spec: &Spec) -> impl Iterator<Item = Bind> {
    let mut roots: Vec<&PathBuf> = spec.toolchains.iter().flat_map(Toolchain::roots).collect();
    roots.sort();
    roots.dedup();
    roots.into_iter().map(|root| Bind {
        // A home directory on the way to it is nobody's business inside.
        listed: false,
        ..bind(root, root, Access::Read)
    })
}

fn program(spec: &Spec) -> Program {
    let mut search: Vec<OsString> = Vec::new();
    let folders = spec.toolchains.iter().map(|t| t.folder().as_os_str());
    for folder in folders.chain(SEARCH.iter().map(OsStr::new)) {
        if !search.iter().any(|there| there == folder) {
            search.push(folder.to_owned());
        }
    }
    let mut env = spec.env.clone();
    let path = search.join(OsStr::new(":"));
    for (name, value) in [
        ("PATH", path.as_os_str()),
        ("HOME", OsStr::new("/tmp")),
        ("LANG", OsStr::new("C.UTF-8")),
    ] {
        env.entry(name.into()).or_insert_with(|| value.to_owned());
    }
    Program {
        argv: spec.argv.clone(),
        env: env.into_iter().collect(),
        cwd: spec.cwd.clone().into_os_string(),
        search,
    }
}

/// Of one process, where only the sum of what is in memory is watched.
fn address_space(spec: &Spec, mem_bytes: u64) -> u64 {
    let programs = spec.argv.first().map(Path::new).into_iter();
    let toolchains = spec.toolchains.iter().map(|t| t.language().program());
    let mut names = programs
        .filter_map(Path::file_name)
        .chain(toolchains.map(OsStr::new));
    if names.any(|name| RESERVING.iter().any(|reserving| name == *reserving)) {
        WIDE_ADDRESS_SPACE
    } else {
        mem_bytes * 2 + (256 << 20)
    }
}

/// What the kernel's limit per user has above the sandbox's own. A control group that counts is to
/// be met first, since it tells. Without one, processes that are not the sandbox's may be counted
/// with them: since 5.14 the kernel counts in the user namespace, before it counted all of a user.
fn spare_processes(groups: &Groups) -> u64 {
    if groups.pids_limiter() != PidsLimiter::Rlimit {
        return 16;
    }
    if is_root() || is_at_least(kernel(), (5, 14)) {
        return 0;
    }
    let own = owner(Path::new("/proc/self"));
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter(|process| owner(&process.path()) == own)
        .map(|process| {
            let tasks = fs::read_dir(process.path().join("task"));
            tasks.map_or(0, |tasks| tasks.count() as u64)
        })
        .sum()
}

fn owner(path: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().map(|meta| meta.uid())
}

fn is_at_least(release: &str, version: (u32, u32)) -> bool {
    let mut numbers = release
        .split(|c: char| !c.is_ascii_digit())
        .map_while(|number| number.parse::<u32>().ok());
    let (major, minor) = (numbers.next(), numbers.next());
    (major.unwrap_or(0), minor.unwrap_or(0)) >= version
}

/// The kernel's release.
pub(crate) fn kernel() -> &'static str {
    static RELEASE: OnceLock<String> = OnceLock::new();
    RELEASE.get_or_init(|| {
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        release.trim().to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_compared_as_numbers() {
        for (release, newer) in [
            ("6.18.44-custom", true),
            ("5.14.0", true),
            ("5.15.0-91-generic", true),
            ("5.4.0-150-generic", false),
            ("5.13.19", false),
            ("4.19.0", false),
            ("", false),
            ("unknown", false),
        ] {
            assert_eq!(is_at_least(release, (5, 14)), newer, "{release}");
        }
    }

    #[test]
    fn only_what_reserves_addresses_gets_a_wide_space() {
        let space = |spec: Spec| address_space(&spec, 256 << 20);
        assert_eq!(space(Spec::new(["node", "app.js"])), WIDE_ADDRESS_SPACE);
        let java = "/usr/lib/jvm/bin/java";
        assert_eq!(space(Spec::new([java])), WIDE_ADDRESS_SPACE);
        assert_eq!(space(Spec::new(["python3"])), 768 << 20);
    }
}
