//! The last steps, on the process itself: limits, no capabilities, landlock, seccomp, then the program.
//!
//! Each holds for all that the program starts, and none can be taken back.

use std::collections::BTreeMap;
use std::ffi::{CString, OsStr};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError, Scope,
};
use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::unistd::{AccessFlags, access, chdir, execve};
use seccompiler::{
    SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

use super::root::Root;
use super::{Descriptors, Step, Stop, calls, keep_socket, missing, send};
use crate::isolation::{MemoryLimiter, Part};
use crate::plan::{Event, Plan, Program, Rlimits};
use crate::spec::CHANNEL;

/// The newest landlock whose rights we know and have tested; newer kernels enforce these.
const LANDLOCK: ABI = ABI::V6;

/// Never returns: becomes the program or tells why not.
pub(super) fn become_program(plan: &Plan, descriptors: &Descriptors, root: &Root) -> ! {
    let Ok(socket) = keep_socket() else {
        calls::exit_now(126)
    };
    let Err(Stop(event)) = confine(plan, descriptors, root, &socket) else {
        calls::exit_now(0)
    };
    let _ = send(std::os::fd::AsFd::as_fd(&socket), &event);
    calls::exit_now(126)
}

fn confine(
    plan: &Plan,
    descriptors: &Descriptors,
    root: &Root,
    socket: &std::os::fd::OwnedFd,
) -> Step<()> {
    let pipes = |error| missing(Part::Launcher, "the pipes cannot be set up")(error);
    let program = plan.program.as_ref().map(prepare).transpose()?;
    // The numbers 0 to 3 are nobody's from here on: the socket moved above them.
    if let Some(channel) = &descriptors.channel {
        calls::duplicate_to(channel.as_raw_fd(), CHANNEL).map_err(pipes)?;
    }
    for (fd, at) in [
        (&descriptors.stdin, 0),
        (&descriptors.stdout, 1),
        (&descriptors.stderr, 2),
    ] {
        calls::duplicate_to(fd.as_raw_fd(), at).map_err(pipes)?;
    }
    let first_closed = if plan.channel { 4 } else { 3 };
    calls::close_from_on_exec(first_closed).map_err(pipes)?;
    calls::reset_signals();
    limit(&plan.rlimits).map_err(missing(Part::ResourceLimits, "they cannot be set"))?;
    // Where memory runs out, the program goes before what holds it.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    let part = Part::Capabilities;
    prctl::set_no_new_privs().map_err(missing(part, "programs could bring new ones"))?;
    calls::drop_bounding_set().map_err(missing(part, "they could be had again"))?;
    calls::keep_capabilities(0).map_err(missing(part, "they cannot be given up"))?;
    let landlock = landlock(root).map_err(|error| {
        // The kernel has it and does not do as it says: that is no sandbox.
        missing(Part::Root, "landlock failed")(io::Error::other(error))
    })?;
    filter_calls(plan.memory).map_err(missing(Part::Seccomp, "the filter cannot be set"))?;
    let ready = Event::Ready {
        landlock,
        procfs: root.procfs,
    };
    send(std::os::fd::AsFd::as_fd(socket), &ready)
        .map_err(missing(Part::Launcher, "the caller is gone"))?;
    let Some(program) = program else {
        return Ok(());
    };
    let errno = program.start() as i32;
    let name = plan
        .program
        .as_ref()
        .and_then(|program| program.argv.first());
    Err(Stop(Event::Start {
        program: name.cloned().unwrap_or_default(),
        errno,
    }))
}

/// A program with its strings as the kernel takes them.
struct Prepared {
    argv: Vec<CString>,
    env: Vec<CString>,
    cwd: CString,
    search: Vec<CString>,
}

fn prepare(program: &Program) -> Step<Prepared> {
    let name = program.argv.first().map_or(OsStr::new(""), |name| name);
    let text = |text: &OsStr| {
        CString::new(text.as_bytes()).map_err(|_| {
            Stop(Event::Start {
                program: name.to_owned(),
                errno: Errno::EINVAL as i32,
            })
        })
    };
    let search = if name.as_bytes().contains(&b'/') {
        vec![text(name)?]
    } else {
        let folders = program.search.iter();
        folders
            .map(|folder| text(Path::new(folder).join(name).as_os_str()))
            .collect::<Step<_>>()?
    };
    let pairs = program.env.iter().map(|(name, value)| {
        let mut pair = name.clone();
        pair.push("=");
        pair.push(value);
        text(&pair)
    });
    Ok(Prepared {
        argv: program.argv.iter().map(|a| text(a)).collect::<Step<_>>()?,
        env: pairs.collect::<Step<_>>()?,
        cwd: text(&program.cwd)?,
        search,
    })
}

impl Prepared {
    /// Returns only if it cannot be started.
    fn start(&self) -> Errno {
        if let Err(error) = chdir(self.cwd.as_c_str()) {
            return error;
        }
        let mut last = Errno::ENOENT;
        for path in &self.search {
            if self.search.len() > 1 && access(path.as_c_str(), AccessFlags::X_OK).is_err() {
                continue;
            }
            let Err(error) = execve(path, &self.argv, &self.env);
            last = error;
        }
        last
    }
}

fn limit(limits: &Rlimits) -> nix::Result<()> {
    // The soft limit tells the program by a signal, the hard one ends it.
    setrlimit(Resource::RLIMIT_CPU, limits.cpu_s, limits.cpu_s + 1)?;
    for (resource, value) in [
        (Resource::RLIMIT_FSIZE, limits.fsize_bytes),
        (Resource::RLIMIT_NOFILE, limits.files),
        (Resource::RLIMIT_NPROC, limits.pids),
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_MEMLOCK, 64 << 10),
        (Resource::RLIMIT_MSGQUEUE, 0),
    ] {
        setrlimit(resource, value, value)?;
    }
    match limits.address_space_bytes {
        Some(bytes) => setrlimit(Resource::RLIMIT_AS, bytes, bytes),
        None => Ok(()),
    }
}

/// Restricts files to what the root shows and signals and abstract sockets to the sandbox; tells
/// the version that the kernel enforces, none if it has no landlock.
fn landlock(root: &Root) -> Result<Option<u8>, RulesetError> {
    let Some(version) = calls::landlock_version() else {
        return Ok(None);
    };
    let all = AccessFs::from_all(LANDLOCK);
    let read = AccessFs::from_read(LANDLOCK);
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(all)?
        .scope(Scope::from_all(LANDLOCK))?
        .create()?;
    let look = AccessFs::ReadFile | AccessFs::ReadDir;
    let device = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate;
    let proc = root.procfs.then(|| std::path::PathBuf::from("/proc"));
    let whole = std::path::PathBuf::from("/");
    // The root holds nothing but what was put there: to list it tells nothing.
    let list = std::iter::once((&whole, AccessFs::ReadDir.into()));
    let granted = root
        .readable
        .iter()
        .map(|path| (path, read))
        .chain(root.writable.iter().map(|path| (path, all)))
        .chain(root.devices.iter().map(|path| (path, device)))
        .chain(proc.iter().map(|path| (path, look)))
        .chain(list);
    for (path, access) in granted {
        // What was mounted a moment ago is there; a path covered by a later mount may not be.
        let Ok(place) = PathFd::new(path) else {
            continue;
        };
        let access = if path.is_dir() {
            access
        } else {
            access & AccessFs::from_file(LANDLOCK)
        };
        rules = rules.add_rule(PathBeneath::new(place, access))?;
    }
    rules.restrict_self()?;
    Ok(Some(version))
}

/// Calls that no exercise needs and from which kernels have been broken, or that undo a layer.
const DENIED: &[i64] = &[
    // Mounts and roots.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_mount_setattr,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_fanotify_init,
    libc::SYS_fanotify_mark,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    // Namespaces. Flags of clone3 lie in memory, where no filter sees them: libraries fall back to clone.
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_clone3,
    // Other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_move_pages,
    libc::SYS_migrate_pages,
    // Keys, programs in the kernel, rings.
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // The machine itself.
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_reboot,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_settimeofday,
    libc::SYS_adjtimex,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_personality,
    libc::SYS_vhangup,
    libc::SYS_lookup_dcookie,
    libc::SYS_nfsservctl,
    libc::SYS_remap_file_pages,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_uselib,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ustat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_sysfs,
    #[cfg(target_arch = "x86_64")]
    libc::SYS__sysctl,
];

/// Flags of clone that make a namespace.
const NAMESPACES: [i32; 7] = [
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWCGROUP,
];

/// Memory that belongs to no process's resident size: refused where nobody else would count it.
const UNCOUNTED_MEMORY: &[i64] = &[libc::SYS_memfd_create, libc::SYS_shmget, libc::SYS_msgget];

fn filter_calls(memory: MemoryLimiter) -> io::Result<()> {
    let refuse = SeccompAction::Errno(libc::ENOSYS as u32);
    let condition = |argument, operator, value| {
        SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
            .map_err(io::Error::other)
    };
    let rule = |conditions| SeccompRule::new(conditions).map_err(io::Error::other);
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        DENIED.iter().map(|call| (*call, Vec::new())).collect();
    if memory == MemoryLimiter::Watch {
        rules.extend(UNCOUNTED_MEMORY.iter().map(|call| (*call, Vec::new())));
    }
    let mut namespaces = Vec::new();
    for flag in NAMESPACES {
        let flag = u64::from(flag.cast_unsigned());
        namespaces.push(rule(vec![condition(
            0,
            SeccompCmpOp::MaskedEq(flag),
            flag,
        )?])?);
    }
    rules.insert(libc::SYS_clone, namespaces);
    // Characters put into a terminal's input, by the call and by its variant for consoles.
    let mut terminal = Vec::new();
    for request in [0x5412, 0x541c] {
        terminal.push(rule(vec![condition(1, SeccompCmpOp::Eq, request)?])?);
    }
    rules.insert(libc::SYS_ioctl, terminal);
    let families = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6];
    let unlike = families
        .iter()
        .map(|family| condition(0, SeccompCmpOp::Ne, u64::from(family.cast_unsigned())))
        .collect::<io::Result<Vec<_>>>()?;
    let sockets = BTreeMap::from([
        (libc::SYS_socket, vec![rule(unlike.clone())?]),
        (libc::SYS_socketpair, vec![rule(unlike)?]),
    ]);
    apply(sockets, SeccompAction::Errno(libc::EAFNOSUPPORT as u32))?;
    #[cfg(target_arch = "x86_64")]
    refuse_x32()?;
    // Last: calls of another architecture end the program here, so that no number is mistaken.
    apply(rules, refuse)
}

fn apply(rules: BTreeMap<i64, Vec<SeccompRule>>, answer: SeccompAction) -> io::Result<()> {
    let architecture = std::env::consts::ARCH
        .try_into()
        .map_err(io::Error::other)?;
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, answer, architecture)
        .map_err(io::Error::other)?;
    let program: seccompiler::BpfProgram = filter.try_into().map_err(io::Error::other)?;
    seccompiler::apply_filter(&program).map_err(io::Error::other)
}

/// The second set of numbers on x86-64 (bit 30) reaches the same calls past every list.
#[cfg(target_arch = "x86_64")]
fn refuse_x32() -> io::Result<()> {
    const LOAD_WORD: u16 = 0x20;
    const JUMP_IF_AT_LEAST: u16 = 0x35;
    const RETURN: u16 = 0x06;
    const ALLOW: u32 = 0x7fff_0000;
    const ERRNO: u32 = 0x0005_0000;
    let step = |code, jt, jf, k| seccompiler::sock_filter { code, jt, jf, k };
    let program = [
        step(LOAD_WORD, 0, 0, 0),
        step(JUMP_IF_AT_LEAST, 0, 1, 0x4000_0000),
        step(RETURN, 0, 0, ERRNO | libc::ENOSYS as u32),
        step(RETURN, 0, 0, ALLOW),
    ];
    seccompiler::apply_filter(&program).map_err(io::Error::other)
}
