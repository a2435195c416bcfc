//! Result trees of BaxBench (logic-star-ai/baxbench): read with its own rule and ours beside it, and written.
//!
//! `results/<model>/<scenario>/<environment>/temp<t>-<spec>-<safety>/sample<n>/{code/**, test_results.json}`. Trees come
//! from strangers: they are walked with budgets, and what cannot be read is told.

mod export;
mod import;
mod weaknesses;

use serde::{Deserialize, Serialize};

pub use self::export::{Exported, export};
pub use self::import::{DEFAULT_KS, import};

const RESULTS_FILE: &str = "test_results.json";
/// The only file of an answer that could not be read as code.
const FAILED_FILE: &str = "failed";

/// A weakness as upstream writes it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct UpstreamWeakness {
    num: u32,
    desc: String,
}

/// `test_results.json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct TestResults {
    num_passed_ft: u64,
    num_total_ft: u64,
    num_ft_exceptions: u64,
    num_total_st: u64,
    num_st_exceptions: u64,
    cwes: Vec<UpstreamWeakness>,
}
