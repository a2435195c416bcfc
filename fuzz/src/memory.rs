//! A bound on memory: no input may make a reader allocate more than the product promises.

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What a file of at most a megabyte may cost (docs/METHODS.md), in MB.
const LIMIT: f32 = 256.0;

/// Runs work and fails if it had more than the limit allocated at once.
pub fn bounded(work: impl FnOnce()) {
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage_as_mb();
    work();
    let peak = ALLOCATOR.peak_usage_as_mb() - before;
    assert!(peak < LIMIT, "{peak} MB at once");
}
