//! What the fuzz targets share: mutators that know lines, words and headers, a deep stack, a bound on
//! memory. The promises that are checked are those of the replay tests in `crates/syntax`,
//! `crates/taint` and `crates/artifacts`.

pub mod memory;
pub mod mutate;
pub mod tar;
pub mod words;

use std::sync::OnceLock;

/// Runs work on a stack as deep as the product gives it; one thread for all runs.
pub fn deep(work: impl FnOnce() + Send) {
    static WORKER: OnceLock<rayon::ThreadPool> = OnceLock::new();
    let pool = WORKER.get_or_init(|| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .stack_size(64 << 20)
            .build();
        pool.expect("a thread")
    });
    pool.install(work);
}
