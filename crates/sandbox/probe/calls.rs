//! Attempts at system calls that a sandboxed program may not make.

use std::ffi::CString;
use std::io;
use std::ptr::{null, null_mut};

use crate::tell;

fn check(result: impl Into<i64>) -> io::Result<i64> {
    let result = result.into();
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

macro_rules! attempt {
    ($name:expr, $call:expr $(, $argument:expr)*) => {
        tell($name, check(unsafe { libc::syscall($call $(, $argument)*) }))
    };
}

pub(crate) fn all() {
    namespaces_and_mounts();
    others();
    sockets_and_terminals();
    raise_limits();
    other_numbers();
    println!("su {}", run_su());
    tell(
        "kill:parent",
        check(unsafe { libc::kill(libc::getppid(), libc::SIGKILL) }),
    );
    tell("kill:1", check(unsafe { libc::kill(1, libc::SIGKILL) }));
}

fn namespaces_and_mounts() {
    let tmpfs = CString::new("tmpfs").unwrap();
    let place = CString::new("/tmp").unwrap();
    let zero = 0_usize;
    attempt!("unshare:user", libc::SYS_unshare, libc::CLONE_NEWUSER);
    attempt!("unshare:mount", libc::SYS_unshare, libc::CLONE_NEWNS);
    attempt!("setns", libc::SYS_setns, 0, 0);
    attempt!(
        "clone:user",
        libc::SYS_clone,
        libc::CLONE_NEWUSER | libc::SIGCHLD,
        zero,
        zero,
        zero,
        zero
    );
    attempt!("clone3", libc::SYS_clone3, null::<u8>(), zero);
    attempt!(
        "mount",
        libc::SYS_mount,
        tmpfs.as_ptr(),
        place.as_ptr(),
        tmpfs.as_ptr(),
        0,
        null::<u8>()
    );
    attempt!(
        "umount",
        libc::SYS_umount2,
        place.as_ptr(),
        libc::MNT_DETACH
    );
    attempt!("fsopen", libc::SYS_fsopen, tmpfs.as_ptr(), 0);
    attempt!(
        "open_tree",
        libc::SYS_open_tree,
        libc::AT_FDCWD,
        place.as_ptr(),
        1
    );
    attempt!(
        "pivot_root",
        libc::SYS_pivot_root,
        place.as_ptr(),
        place.as_ptr()
    );
    attempt!("chroot", libc::SYS_chroot, place.as_ptr());
}

fn others() {
    let place = CString::new("/tmp").unwrap();
    let zero = 0_usize;
    attempt!(
        "ptrace",
        libc::SYS_ptrace,
        libc::PTRACE_TRACEME,
        0,
        zero,
        zero
    );
    attempt!(
        "process_vm_readv",
        libc::SYS_process_vm_readv,
        1,
        null::<u8>(),
        zero,
        null::<u8>(),
        zero,
        0
    );
    attempt!("keyctl", libc::SYS_keyctl, 0, 0, 0, 0, 0);
    attempt!("bpf", libc::SYS_bpf, 0, null::<u8>(), 0);
    attempt!(
        "perf_event_open",
        libc::SYS_perf_event_open,
        null::<u8>(),
        0,
        -1,
        -1,
        zero
    );
    attempt!(
        "io_uring_setup",
        libc::SYS_io_uring_setup,
        1,
        null_mut::<u8>()
    );
    attempt!("userfaultfd", libc::SYS_userfaultfd, 0);
    attempt!(
        "open_by_handle_at",
        libc::SYS_open_by_handle_at,
        0,
        null::<u8>(),
        0
    );
    attempt!("personality", libc::SYS_personality, 0x0004_0000);
    attempt!("setuid", libc::SYS_setuid, 0);
    attempt!("setgroups", libc::SYS_setgroups, zero, null::<u8>());
    attempt!("memfd_create", libc::SYS_memfd_create, place.as_ptr(), 0);
    attempt!(
        "sethostname",
        libc::SYS_sethostname,
        place.as_ptr(),
        4_usize
    );
}

fn sockets_and_terminals() {
    let place = CString::new("/tmp").unwrap();
    tell(
        "ioctl:TIOCSTI",
        check(unsafe { libc::ioctl(0, 0x5412, place.as_ptr()) }),
    );
    tell(
        "ioctl:TIOCLINUX",
        check(unsafe { libc::ioctl(0, 0x541c, place.as_ptr()) }),
    );
    // Truncated by the kernel, so that a filter which looks at all 64 bits would miss it.
    tell(
        "ioctl:TIOCSTI-high",
        check(unsafe { libc::ioctl(0, 0x1_0000_5412, place.as_ptr()) }),
    );
    for (name, family) in [("vsock", 40), ("netlink", 16), ("packet", 17), ("alg", 38)] {
        let socket = unsafe { libc::socket(family, libc::SOCK_RAW, 0) };
        tell(&format!("socket:{name}"), check(socket));
    }
    let raw = unsafe { libc::socket(libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_TCP) };
    tell("socket:raw", check(raw));
}

fn raise_limits() {
    for (name, resource) in [
        ("cpu", libc::RLIMIT_CPU),
        ("processes", libc::RLIMIT_NPROC),
        ("file-size", libc::RLIMIT_FSIZE),
    ] {
        let endless = libc::rlimit {
            rlim_cur: libc::RLIM_INFINITY,
            rlim_max: libc::RLIM_INFINITY,
        };
        let raised = unsafe { libc::prlimit(0, resource, &raw const endless, null_mut()) };
        tell(&format!("prlimit:{name}"), check(raised));
    }
}

/// The same calls by other numbers: those of x32, and those of 32-bit programs.
fn other_numbers() {
    #[cfg(target_arch = "x86_64")]
    {
        attempt!(
            "x32:unshare",
            0x4000_0000 | libc::SYS_unshare,
            libc::CLONE_NEWUSER
        );
        attempt!("x32:getpid", 0x4000_0000 | libc::SYS_getpid);
        println!(
            "int80 {}",
            in_child(|| {
                const UNSHARE_32: i32 = 310;
                unsafe {
                    std::arch::asm!(
                        "push rbx", "mov ebx, {flags:e}", "int 0x80", "pop rbx",
                        flags = in(reg) libc::CLONE_NEWUSER,
                        inout("eax") UNSHARE_32 => _,
                    );
                }
            })
        );
    }
    #[cfg(not(target_arch = "x86_64"))]
    println!("x32:unshare ENOSYS\nx32:getpid ENOSYS\nint80 signal 31");
}

/// How a child ended that did this.
fn in_child(attempt: impl FnOnce()) -> String {
    let child = unsafe { libc::fork() };
    if child == 0 {
        attempt();
        unsafe { libc::_exit(0) };
    }
    let mut status = 0;
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    if libc::WIFSIGNALED(status) {
        format!("signal {}", libc::WTERMSIG(status))
    } else {
        format!("exit {}", libc::WEXITSTATUS(status))
    }
}

/// Whether a set-user-id program gives what it promises: that it is not there says nothing.
fn run_su() -> String {
    let output = std::process::Command::new("su")
        .args(["-c", "id -u"])
        .output();
    match output {
        Ok(output) if output.stdout.starts_with(b"0") => "root".to_owned(),
        Ok(output) if output.status.success() => "somebody".to_owned(),
        Ok(_) => "nothing".to_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => "absent".to_owned(),
        Err(error) => error.kind().to_string(),
    }
}

pub(crate) fn kill_all() {
    println!("{}", unsafe { libc::kill(-1, libc::SIGKILL) });
}
