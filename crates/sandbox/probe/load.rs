//! Attempts to use up the machine, and programs that just run.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::FromRawFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

const MB: usize = 1 << 20;

pub(crate) fn fork_bomb() {
    let mut started = 0;
    for _ in 0..1500 {
        let child = unsafe { libc::fork() };
        if child == 0 {
            std::thread::sleep(Duration::from_mins(10));
            unsafe { libc::_exit(0) };
        }
        if child < 0 {
            println!("{started} {:?}", nix::errno::Errno::last());
            return;
        }
        started += 1;
    }
    println!("{started} none refused");
}

/// Children that each use so much memory; tells how many were able to.
pub(crate) fn memory(children: usize, mb: usize) {
    let mut pids = Vec::new();
    for _ in 0..children {
        let child = unsafe { libc::fork() };
        if child == 0 {
            let mut kept: Vec<Vec<u8>> = Vec::new();
            for _ in 0..mb {
                let mut chunk: Vec<u8> = Vec::new();
                if chunk.try_reserve_exact(MB).is_err() {
                    unsafe { libc::_exit(1) };
                }
                unsafe {
                    std::ptr::write_bytes(chunk.as_mut_ptr(), 1, MB);
                    chunk.set_len(MB);
                }
                kept.push(chunk);
            }
            std::thread::sleep(Duration::from_millis(500));
            std::hint::black_box(&kept);
            unsafe { libc::_exit(0) };
        }
        pids.push(child);
    }
    let mut able = 0;
    for pid in pids {
        let mut status = 0;
        unsafe { libc::waitpid(pid, &raw mut status, 0) };
        able += usize::from(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0);
    }
    println!("{able} of {children}");
}

/// Memory of a process that hides itself from others of its user.
pub(crate) fn hidden_memory() {
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0) };
    let mut kept: Vec<Vec<u8>> = Vec::new();
    for _ in 0..3000 {
        kept.push(vec![1; MB]);
    }
    std::thread::sleep(Duration::from_millis(500));
    println!("{} MB", kept.len());
}

/// Shared memory that no page table names any more, and that is kept all the same.
pub(crate) fn dropped_memory() {
    let length = 400 * MB;
    let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let mut able = 0;
    for _ in 0..2 {
        let child = unsafe { libc::fork() };
        if child == 0 {
            unsafe {
                let place = libc::mmap(std::ptr::null_mut(), length, protection, flags, -1, 0);
                if place == libc::MAP_FAILED {
                    libc::_exit(1);
                }
                for part in (0..length).step_by(16 * MB) {
                    std::ptr::write_bytes(place.byte_add(part).cast::<u8>(), 1, 16 * MB);
                    libc::madvise(place.byte_add(part), 16 * MB, libc::MADV_DONTNEED);
                }
                std::thread::sleep(Duration::from_secs(1));
                libc::_exit(0);
            }
        }
        let mut status = 0;
        unsafe { libc::waitpid(child, &raw mut status, 0) };
        able += usize::from(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0);
    }
    println!("{able} of 2");
}

fn ignore(signal: i32) {
    unsafe { libc::signal(signal, libc::SIG_IGN) };
}

fn fill(path: &str) -> (usize, io::Error) {
    let mut file = File::create(path).unwrap();
    let chunk = vec![1; MB];
    let mut written = 0;
    for _ in 0..3000 {
        if let Err(error) = file.write_all(&chunk) {
            return (written, error);
        }
        written += 1;
    }
    (written, io::Error::other("nothing stopped it"))
}

fn name(error: &io::Error) -> String {
    error.raw_os_error().map_or_else(
        || error.to_string(),
        |code| format!("{:?}", nix::errno::Errno::from_raw(code)),
    )
}

pub(crate) fn fill_disk() {
    ignore(libc::SIGXFSZ);
    let mut total = 0;
    for number in 0..100 {
        let (written, error) = fill(&format!("/tmp/{number}"));
        total += written;
        if error.raw_os_error() != Some(libc::EFBIG) {
            println!("{total} {}", name(&error));
            return;
        }
    }
    println!("{total} in 100 files");
}

/// Without ignoring the signal that tells of a file too large.
pub(crate) fn one_file() {
    let (written, error) = fill("/tmp/large");
    println!("{written} {}", name(&error));
}

pub(crate) fn fill_inodes() {
    for number in 0..1_000_000 {
        if let Err(error) = File::create(format!("/tmp/{number}")) {
            println!("{number} {}", name(&error));
            return;
        }
    }
    println!("nothing stopped it");
}

/// A gigabyte, to standard output, standard error or the channel.
pub(crate) fn flood(to: &str) {
    let fd = match to {
        "stderr" => 2,
        "channel" => 3,
        _ => 1,
    };
    let mut file = unsafe { File::from_raw_fd(fd) };
    let chunk = vec![b'x'; MB];
    for _ in 0..1024 {
        file.write_all(&chunk).unwrap();
    }
}

pub(crate) fn spin() {
    let mut number = 0_u64;
    loop {
        number = std::hint::black_box(number.wrapping_add(1));
    }
}

/// A grandchild in a session of its own that outlives its parents, and its streams.
pub(crate) fn daemon(mark: &str) {
    if unsafe { libc::fork() } == 0 {
        unsafe { libc::setsid() };
        if unsafe { libc::fork() } == 0 {
            let program = fs::read_link("/proc/self/exe").unwrap();
            let null = || std::process::Stdio::null();
            let mut child = std::process::Command::new(program);
            let child = child.args(["sleep", mark]).stdin(null());
            let mut child = child.stdout(null()).stderr(null()).spawn().unwrap();
            println!("ready");
            child.wait().unwrap();
        }
        unsafe { libc::_exit(0) };
    }
    std::thread::sleep(Duration::from_mins(10));
}

pub(crate) fn echo() {
    let mut input = String::new();
    io::stdin().read_to_string(&mut input).unwrap();
    print!("{input}");
    eprint_bytes(b"to standard error\n");
    io::stdout().flush().unwrap();
    unsafe { libc::_exit(7) };
}

fn eprint_bytes(bytes: &[u8]) {
    io::stderr().write_all(bytes).unwrap();
}

pub(crate) fn channel() {
    println!("printed");
    let mut channel = unsafe { File::from_raw_fd(3) };
    channel.write_all(b"through the channel").unwrap();
}

/// Answers each line of a live channel with the line in capitals.
pub(crate) fn talk() {
    let stream = unsafe { UnixStream::from_raw_fd(3) };
    let mut answers = stream.try_clone().unwrap();
    for line in BufReader::new(stream).lines() {
        let answer = line.unwrap().to_uppercase() + "\n";
        answers.write_all(answer.as_bytes()).unwrap();
    }
}
