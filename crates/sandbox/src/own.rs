//! Limits that a process sets for itself before it does work that could outgrow it: a process that runs
//! a program of somebody else in an interpreter, where no isolation is wanted, only an end.

/// Limits the processor time and the memory of this process from here on, beyond what it has; a crash
/// leaves no dump. `false` where that cannot be had: whoever waits for it has to look at the clock.
#[must_use]
pub fn limit_self(cpu_s: u64, memory_bytes: u64) -> bool {
    #[cfg(target_os = "linux")]
    return on_linux(cpu_s, memory_bytes).is_some();
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (cpu_s, memory_bytes);
        false
    }
}

#[cfg(target_os = "linux")]
fn on_linux(cpu_s: u64, memory_bytes: u64) -> Option<()> {
    use nix::sys::resource::{Resource, setrlimit};

    // What the program itself takes, its code above all, is not its work's.
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let mut lines = status.lines();
    let size = lines.find_map(|line| line.strip_prefix("VmSize:"))?;
    let kilobytes: u64 = size.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    let bytes = kilobytes.checked_mul(1024)?.checked_add(memory_bytes)?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0).ok()?;
    setrlimit(Resource::RLIMIT_CPU, cpu_s, cpu_s + 1).ok()?;
    setrlimit(Resource::RLIMIT_AS, bytes, bytes).ok()
}
