//! The system calls that only `unsafe` reaches, each behind a safe function.
//!
//! This is the one module of the product where `unsafe` is allowed (the tests' probe has its own).
//! Each block says why it holds; nothing here decides anything.
#![expect(
    unsafe_code,
    reason = "system calls without a safe wrapper; see the comment at each block"
)]

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::mem::{size_of, zeroed};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use libc::{c_int, c_ulong, c_void};

fn check(result: impl Into<i64>) -> io::Result<i64> {
    let result = result.into();
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// Which side of a fork this is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fork {
    Child,
    Parent(i32),
}

/// Forks. The launcher has one thread, so that its child may do anything.
pub(crate) fn fork() -> io::Result<Fork> {
    debug_assert!(is_single_threaded());
    // SAFETY: the process has a single thread (it is the launcher, which starts none), so no lock
    // can be held by a thread that the child does not have.
    let pid = check(unsafe { libc::fork() })?;
    Ok(if pid == 0 {
        Fork::Child
    } else {
        Fork::Parent(pid as i32)
    })
}

fn is_single_threaded() -> bool {
    std::fs::read_dir("/proc/self/task").map_or(true, |tasks| tasks.count() == 1)
}

/// Ends this process at once: no destructors, no buffers.
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: takes no pointer and does not return.
    unsafe { libc::_exit(code) }
}

/// Takes over a descriptor that came over a socket.
pub(crate) fn own(fd: RawFd) -> OwnedFd {
    // SAFETY: the kernel has just installed this descriptor for us by SCM_RIGHTS, and nothing else
    // in this process knows of it.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// Standard input as a descriptor to be borrowed: the launcher's socket.
pub(crate) const fn standard_input() -> BorrowedFd<'static> {
    // SAFETY: descriptor 0 is open for the whole life of the launcher, which never closes it.
    unsafe { BorrowedFd::borrow_raw(0) }
}

/// Closes every descriptor from `first` on.
pub(crate) fn close_from(first: u32) -> io::Result<()> {
    // SAFETY: takes numbers alone. It is called before any descriptor of ours above `first` exists.
    check(unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) }).map(drop)
}

/// Marks every descriptor from `first` on to be closed when a program is started.
pub(crate) fn close_from_on_exec(first: u32) -> io::Result<()> {
    const CLOEXEC: u32 = 1 << 2;
    // SAFETY: takes numbers alone; descriptors stay open in this process.
    check(unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, CLOEXEC) }).map(drop)
}

/// Puts a copy of `fd` at the number `at`, open across a start of a program.
pub(crate) fn duplicate_to(fd: RawFd, at: RawFd) -> io::Result<()> {
    // SAFETY: takes numbers alone. The caller owns neither as an `OwnedFd` at the number `at`.
    check(unsafe { libc::dup2(fd, at) }).map(drop)
}

/// The user namespace that owns a network namespace.
pub(crate) fn owner_of(namespace: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    const NS_GET_USERNS: c_ulong = 0xb701;
    // SAFETY: this request takes no argument and returns a new descriptor.
    let fd = check(unsafe { libc::ioctl(namespace.as_raw_fd(), NS_GET_USERNS as _) })?;
    // SAFETY: the call has just made this descriptor; nothing else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as RawFd) })
}

/// Brings the loopback device of the present network namespace up.
pub(crate) fn loopback_up() -> io::Result<()> {
    // SAFETY: takes numbers alone and returns a new descriptor.
    let socket =
        check(unsafe { libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0) })?;
    // SAFETY: the call has just made this descriptor; nothing else knows of it.
    let socket = unsafe { OwnedFd::from_raw_fd(socket as RawFd) };
    // SAFETY: all bits zero is a value of this plain C structure.
    let mut request: libc::ifreq = unsafe { zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo\0") {
        *to = from.cast_signed() as libc::c_char;
    }
    // SAFETY: the request is a valid `ifreq` that outlives both calls; the first fills in the flags.
    check(unsafe {
        libc::ioctl(
            socket.as_raw_fd(),
            libc::SIOCGIFFLAGS as _,
            &raw mut request,
        )
    })?;
    // SAFETY: the flags are the member of the union that SIOCGIFFLAGS has just written.
    unsafe {
        request.ifr_ifru.ifru_flags |= libc::IFF_UP as libc::c_short;
    }
    // SAFETY: as above; the structure is only read.
    check(unsafe {
        libc::ioctl(
            socket.as_raw_fd(),
            libc::SIOCSIFFLAGS as _,
            &raw const request,
        )
    })
    .map(drop)
}

/// What a mount and all below it are to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum MountMode {
    ReadOnly,
    Writable,
}

/// Takes set-user-id programs and devices away from a mount and all mounts below it, and writing
/// if asked.
pub(crate) fn restrict_mounts(target: &Path, mode: MountMode) -> io::Result<()> {
    let target = CString::new(target.as_os_str().as_bytes())?;
    let mut set = libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;
    if mode == MountMode::ReadOnly {
        set |= libc::MOUNT_ATTR_RDONLY;
    }
    let attributes = libc::mount_attr {
        attr_set: set,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: path and structure are valid for the call, which only reads them; the size is that
    // of the structure.
    check(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            target.as_ptr(),
            libc::AT_RECURSIVE,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    })
    .map(drop)
}

/// The version of landlock that the kernel has.
pub(crate) fn landlock_version() -> Option<u8> {
    const VERSION: u32 = 1;
    // SAFETY: with this flag the call takes neither structure nor size and changes nothing.
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<c_void>(),
            0_usize,
            VERSION,
        )
    };
    u8::try_from(version).ok().filter(|version| *version > 0)
}

/// Lets no later program have any capability.
pub(crate) fn drop_bounding_set() -> io::Result<()> {
    let last: c_ulong = std::fs::read_to_string("/proc/sys/kernel/cap_last_cap")
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(63);
    for capability in 0..=last {
        // SAFETY: takes numbers alone.
        match check(unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) }) {
            // Numbers that this kernel does not have.
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => break,
            other => other?,
        };
    }
    // SAFETY: takes numbers alone.
    let cleared = check(unsafe {
        libc::prctl(
            libc::PR_CAP_AMBIENT,
            libc::PR_CAP_AMBIENT_CLEAR_ALL,
            0,
            0,
            0,
        )
    });
    cleared.map(drop)
}

/// `CAP_SYS_PTRACE`: sees processes that hide themselves, in the own namespace only.
pub(crate) const SYS_PTRACE: u32 = 1 << 19;

/// Keeps the given capabilities among the first 32 and gives up all others.
pub(crate) fn keep_capabilities(kept: u32) -> io::Result<()> {
    #[repr(C)]
    struct Header {
        version: u32,
        pid: c_int,
    }
    #[repr(C)]
    struct Sets {
        effective: u32,
        permitted: u32,
        inheritable: u32,
    }
    const VERSION_3: u32 = 0x2008_0522;
    let header = Header {
        version: VERSION_3,
        pid: 0,
    };
    let sets = [
        Sets {
            effective: kept,
            permitted: kept,
            inheritable: 0,
        },
        Sets {
            effective: 0,
            permitted: 0,
            inheritable: 0,
        },
    ];
    // SAFETY: version 3 takes a header and two sets, laid out as here; the call only reads them.
    check(unsafe { libc::syscall(libc::SYS_capset, &raw const header, sets.as_ptr()) }).map(drop)
}

/// Signals as a program expects them: none blocked, none ignored.
pub(crate) fn reset_signals() {
    // SAFETY: all bits zero is a value of this plain C structure; the calls get valid pointers or
    // numbers alone. Signals that cannot be changed give an error that changes nothing.
    unsafe {
        let mut none: libc::sigset_t = zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
        for signal in 1..=64 {
            libc::signal(signal, libc::SIG_DFL);
        }
    }
}

/// Holds back the signal that tells of ended children, so that `child_signal` can wait for it.
pub(crate) fn block_child_signal() {
    // SAFETY: as in `reset_signals`.
    unsafe {
        let mut children: libc::sigset_t = zeroed();
        libc::sigemptyset(&raw mut children);
        libc::sigaddset(&raw mut children, libc::SIGCHLD);
        libc::sigprocmask(libc::SIG_BLOCK, &raw const children, std::ptr::null_mut());
    }
}

/// Waits until a child ends, at most this long.
pub(crate) fn child_signal(at_most: Duration) {
    let timeout = libc::timespec {
        tv_sec: at_most.as_secs().cast_signed(),
        tv_nsec: at_most.subsec_nanos().into(),
    };
    // SAFETY: as in `reset_signals`; set and time outlive the call.
    unsafe {
        let mut children: libc::sigset_t = zeroed();
        libc::sigemptyset(&raw mut children);
        libc::sigaddset(&raw mut children, libc::SIGCHLD);
        libc::sigtimedwait(
            &raw const children,
            std::ptr::null_mut(),
            &raw const timeout,
        );
    }
}

/// A child that ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reaped {
    pub(crate) pid: i32,
    pub(crate) code: Option<u8>,
    pub(crate) signal: Option<u8>,
}

/// Whether to wait for a child to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Patience {
    Wait,
    Look,
}

/// Takes the next child that has ended; none if none has, an error if there is none.
pub(crate) fn reap(patience: Patience) -> io::Result<Option<Reaped>> {
    let flags = if patience == Patience::Look {
        libc::WNOHANG
    } else {
        0
    };
    let mut status: c_int = 0;
    // SAFETY: the status outlives the call, which writes it.
    let pid = check(unsafe { libc::waitpid(-1, &raw mut status, flags) })? as i32;
    if pid == 0 {
        return Ok(None);
    }
    let code = libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status).cast_unsigned() as u8);
    let signal = libc::WIFSIGNALED(status).then(|| libc::WTERMSIG(status).cast_unsigned() as u8);
    Ok(Some(Reaped { pid, code, signal }))
}

/// Processor time of all children that were reaped, in milliseconds.
pub(crate) fn cpu_of_children_ms() -> u64 {
    // SAFETY: all bits zero is a value of this plain C structure, which the call fills.
    let usage = unsafe {
        let mut usage: libc::rusage = zeroed();
        libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage);
        usage
    };
    let ms = |time: libc::timeval| {
        time.tv_sec.cast_unsigned() * 1000 + time.tv_usec.cast_unsigned() / 1000
    };
    ms(usage.ru_utime) + ms(usage.ru_stime)
}

/// Opens a file or folder as a place, without reading it.
pub(crate) fn open_place(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options()
        .read(true)
        .custom_flags(libc::O_PATH | libc::O_CLOEXEC)
        .open(path)
}
