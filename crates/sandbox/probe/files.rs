//! Attempts on files.

use std::ffi::CString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use crate::tell;

pub(crate) fn all(hidden: &str) {
    for path in ["/usr/written", "/etc/written", "/written", "/opt/written"] {
        tell(&format!("write:{path}"), File::create(path));
    }
    tell("remount", fs::remove_dir("/usr"));
    tell("read:/etc/shadow", fs::read("/etc/shadow"));
    tell("list:/root", fs::read_dir("/root").map(Iterator::count));
    tell("list:/home", fs::read_dir("/home").map(Iterator::count));
    tell("read:hidden", fs::read(hidden));
    let link = "/tmp/link";
    std::os::unix::fs::symlink("/etc/shadow", link).unwrap();
    tell("read:link", fs::read(link));
    tell("read:/proc/1/environ", fs::read("/proc/1/environ"));
    tell(
        "list:/proc/1/root",
        fs::read_dir("/proc/1/root/").map(Iterator::count),
    );
    tell("list:/sys", fs::read_dir("/sys").map(Iterator::count));
    println!("pids {}", pids());
    println!("dev {}", names("/dev"));
    for path in [
        "/proc/sys/kernel/hostname",
        "/proc/sys/kernel/core_pattern",
        "/proc/sys/vm/drop_caches",
        "/proc/sys/kernel/panic",
        "/proc/sysrq-trigger",
        "/proc/1/mem",
    ] {
        tell(&format!("write:{path}"), open_to_write(path));
    }
    // Opening it harms nobody: being root by it would.
    let map = "/proc/self/uid_map";
    tell(&format!("write:{map}"), fs::write(map, "0 0 1\n"));
    for path in [
        "/dev/sda",
        "/dev/vda",
        "/dev/nvme0n1",
        "/dev/mem",
        "/dev/kvm",
    ] {
        tell(&format!("open:{path}"), File::open(path));
    }
    tell("mknod", make_block_device("/tmp/disk"));
    tell("list:/tmp", fs::read_dir("/tmp").map(Iterator::count));
    println!("environment {}", environment());
    println!("privileges {}", privileges());
    println!("descriptors {}", names("/proc/self/fd").split(' ').count());
}

fn open_to_write(path: &str) -> io::Result<File> {
    OpenOptions::new().write(true).open(path)
}

fn names(folder: &str) -> String {
    let mut names: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names.join(" ")
}

/// Processes that are seen and are not this one.
fn pids() -> usize {
    let own = std::process::id().to_string();
    names("/proc")
        .split(' ')
        .filter(|name| name.parse::<u32>().is_ok() && **name != own)
        .count()
}

fn environment() -> String {
    let mut names: Vec<String> = std::env::vars().map(|(name, _)| name).collect();
    names.sort();
    names.join(",")
}

/// What the kernel says that this process may do.
fn privileges() -> String {
    let wanted = [
        "CapInh",
        "CapPrm",
        "CapEff",
        "CapBnd",
        "CapAmb",
        "NoNewPrivs",
        "Seccomp",
    ];
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let told: Vec<String> = status
        .lines()
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| wanted.contains(name))
        .map(|(name, value)| format!("{name}={}", value.trim().trim_start_matches('0')))
        .collect();
    told.join(" ")
}

fn make_block_device(path: &str) -> io::Result<()> {
    let path = CString::new(path).unwrap();
    let device = libc::makedev(254, 0);
    let made = unsafe { libc::mknod(path.as_ptr(), libc::S_IFBLK | 0o600, device) };
    if made == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// So many folders in folders. Built from the innermost outwards, since each step at a depth
/// costs its depth.
pub(crate) fn deep(from: &str, depth: u32) {
    std::env::set_current_dir(from).unwrap();
    fs::create_dir("d").unwrap();
    for made in 1..depth {
        let nested = fs::create_dir("outer")
            .and_then(|()| fs::rename("d", "outer/d"))
            .and_then(|()| fs::rename("outer", "d"));
        if let Err(error) = nested {
            println!("{made} {error}");
            return;
        }
    }
    println!("{depth}");
}

/// Leaves things behind that are hard to look into or to remove, and looks for those of others.
pub(crate) fn leave(into: &str) {
    println!("found {}", fs::read_dir("/tmp").unwrap().count());
    let into = Path::new(into);
    fs::create_dir_all(into.join("closed/within")).unwrap();
    File::create(into.join("closed/within/file"))
        .unwrap()
        .write_all(b"x")
        .unwrap();
    std::os::unix::fs::symlink("/etc/passwd", into.join("link")).unwrap();
    let none = std::os::unix::fs::PermissionsExt::from_mode(0o0);
    fs::set_permissions(into.join("closed/within"), none).unwrap();
    let none = std::os::unix::fs::PermissionsExt::from_mode(0o0);
    fs::set_permissions(into.join("closed"), none).unwrap();
    File::create("/tmp/left").unwrap();
}
