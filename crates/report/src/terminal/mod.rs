//! Text for terminals: `scan`, `stats`, `blame`, `skills`, `bench`. The first line is the answer; evidence coverage
//! stands before every AI share; colour only repeats what words say.

mod backtest;
mod bench;
mod blame;
mod doctor;
mod finding;
mod layout;
mod page;
mod scan;
mod sections;
mod skills;
mod stats;
mod verdict;

pub use backtest::backtest;
pub use bench::bench;
pub use blame::blame;
pub use doctor::doctor;
pub use layout::{columns, hanging, wrapped};
pub use page::page;
pub use scan::{scan, scan_findings};
pub use skills::{
    practise_why, shared_skill, skill_log, skill_reasons, skill_shares, skills, standing,
};
pub use stats::stats;
pub use verdict::verdict;
