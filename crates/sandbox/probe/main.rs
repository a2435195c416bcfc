//! What the tests run: attempts to escape or to use up the machine, each told in a word.
//!
//! The same program is the launcher of the tests' sandboxes. Outside of a sandbox most of this
//! does harm: it forks without end, fills disks and kills all that it may.
#![cfg_attr(
    target_os = "linux",
    expect(
        unsafe_code,
        clippy::undocumented_unsafe_blocks,
        reason = "attempts at raw system calls, in a program that is made to be thrown away"
    )
)]
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for tests: it prints what it saw and fails by panicking"
)]

#[cfg(target_os = "linux")]
mod caller;
#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod files;
#[cfg(target_os = "linux")]
mod load;
#[cfg(target_os = "linux")]
mod network;

fn main() {
    trueline_sandbox::launch_if_asked();
    #[cfg(target_os = "linux")]
    linux();
}

#[cfg(target_os = "linux")]
fn linux() {
    let mut arguments = std::env::args().skip(1);
    let probe = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let first = || rest.first().map_or("", String::as_str);
    match probe.as_str() {
        "escape" => {
            files::all(first());
            calls::all();
            network::all();
        }
        "fork-bomb" => load::fork_bomb(),
        "memory" => load::memory(first().parse().unwrap(), rest[1].parse().unwrap()),
        "hidden-memory" => load::hidden_memory(),
        "dropped-memory" => load::dropped_memory(),
        "fill-disk" => load::fill_disk(),
        "fill-inodes" => load::fill_inodes(),
        "one-file" => load::one_file(),
        "deep" => files::deep(first(), rest[1].parse().unwrap()),
        "flood" => load::flood(first()),
        "spin" => load::spin(),
        "sleep" => std::thread::sleep(std::time::Duration::from_mins(10)),
        "daemon" => load::daemon(first()),
        "kill-all" => calls::kill_all(),
        "echo" => load::echo(),
        "channel" => load::channel(),
        "talk" => load::talk(),
        "serve" => network::serve(first()),
        "visit" => network::visit(),
        "squat" => network::squat(first()),
        "leave" => files::leave(first()),
        "isolation" => println!("{:?}", trueline_sandbox::probe()),
        "isolation-with-launcher" => {
            trueline_sandbox::set_launcher(first());
            println!("{:?}", trueline_sandbox::probe());
        }
        "isolation-without-namespaces" => caller::without_namespaces(first()),
        "call" => caller::call(&rest),
        "call-with-masked-list" => caller::call_with_masked_list(&rest),
        other => panic!("no such probe: {other}"),
    }
}

/// How an attempt ended: `ok`, or the error's name.
#[cfg(target_os = "linux")]
fn tell<T>(name: &str, result: std::io::Result<T>) {
    match result {
        Ok(_) => println!("{name} ok"),
        Err(error) => {
            let code = error.raw_os_error().unwrap_or(0);
            println!("{name} {:?}", nix::errno::Errno::from_raw(code));
        }
    }
}
