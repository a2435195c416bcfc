//! Times a running process: scans a tree, then scans it again after each of some edits of one file.
//! `cargo xtask bench incremental` runs it on a copy. Prints the seconds of the first scan and of
//! the median and the slowest of the others.
#![expect(clippy::print_stdout, reason = "a tool that talks to a terminal")]

use std::error::Error;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use trueline_scan::{Changed, Checks, ReadingOptions, ScanRequest, Scanner, Silent, Tiers};

/// Edits that are timed.
const EDITS: usize = 11;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(tree), Some(file)) = (arguments.next(), arguments.next()) else {
        return Err("usage: rescan TREE FILE; the file is edited".into());
    };
    let file = file.canonicalize()?;
    let interrupt = AtomicBool::new(false);
    let start = Instant::now();
    let mut scanner = Scanner::new(ScanRequest {
        checks: Checks::All,
        path: tree,
        tiers: Tiers::Shown,
        diff: None,
        baseline: None,
        imports: Vec::new(),
        code_view: false,
        line_hashes: false,
        reading: ReadingOptions {
            threads: std::thread::available_parallelism()?.get(),
            cache: true,
            local_sessions: None,
        },
    })?;
    scanner.scan(Changed::Anything, &Silent, &interrupt)?;
    println!(
        "first scan of the process  {:>8.3} s",
        start.elapsed().as_secs_f64()
    );
    let mut text = std::fs::read_to_string(&file)?;
    let mark = if file.extension().is_some_and(|e| e == "py") {
        "#"
    } else {
        "//"
    };
    let mut times = Vec::new();
    for edit in 0..EDITS {
        text = format!("{text}\n{mark} {edit}\n");
        std::fs::write(&file, &text)?;
        let start = Instant::now();
        let edited = [file.clone()];
        let outcome = scanner.scan(Changed::Files(&edited), &Silent, &interrupt)?;
        times.push((start.elapsed().as_secs_f64(), outcome.analyzed.len()));
    }
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    if let (Some(median), Some(slowest)) = (times.get(EDITS / 2), times.last()) {
        println!(
            "after an edit, median      {:>8.3} s, {} files analysed",
            median.0, median.1
        );
        println!("after an edit, slowest     {:>8.3} s", slowest.0);
    }
    Ok(())
}
