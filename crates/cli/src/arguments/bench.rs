//! The command line of `trueline bench`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use trueline_bench::task::Safety;
use trueline_facts::bench::Mode;

#[derive(Args, Debug)]
pub(crate) struct Bench {
    #[command(subcommand)]
    pub(crate) action: BenchAction,
    /// Scenarios from this folder instead of the built-in ones.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) scenarios: Option<PathBuf>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum BenchAction {
    /// Ask an assistant and judge what it gives. A run that was stopped is gone on with.
    Run(BenchRun),
    /// Measure runs and compare them: terminal, JSON, or a page for browsers.
    Report {
        /// Folders of `bench run --out`.
        #[arg(required = true, value_name = "DIR")]
        runs: Vec<PathBuf>,
        #[command(flatten)]
        writing: BenchWriting,
    },
    /// Read BaxBench results: its own numbers, and ours beside them.
    Import {
        /// The folder that holds a folder for each model.
        #[arg(value_name = "DIR")]
        results: PathBuf,
        /// k of pass@k; 1 and 5 by default, as upstream.
        #[arg(long = "k", value_name = "K", value_parser = clap::value_parser!(u32).range(1..=1000))]
        ks: Vec<u32>,
        #[command(flatten)]
        writing: BenchWriting,
    },
    /// Write the samples of `generate` of a run as a tree of BaxBench results.
    Export {
        /// Where to; a new folder.
        #[arg(long, value_name = "DIR")]
        baxbench: PathBuf,
        /// The folder of the run.
        #[arg(value_name = "DIR")]
        run: PathBuf,
    },
}

#[derive(Args, Debug)]
pub(crate) struct BenchRun {
    /// How the assistant is asked: a TOML file, see docs/bench.md.
    #[arg(long, value_name = "FILE")]
    pub(crate) adapter: PathBuf,
    /// What it is asked to do; all four by default. May be given more than once.
    #[arg(long = "mode", value_enum, value_name = "MODE")]
    pub(crate) modes: Vec<ModeArgument>,
    /// Only this scenario. May be given more than once.
    #[arg(long = "scenario", value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// Samples of each task.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) samples: u32,
    /// Ask again where there was no answer.
    #[arg(long)]
    pub(crate) again: bool,
    /// What is said about security when code is generated.
    #[arg(long, value_enum, default_value_t = SafetyArgument::None)]
    pub(crate) safety: SafetyArgument,
    /// The folder of the run; by default bench/ and the adapter's file name.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// What canaries and channels are drawn from; by default by chance, and kept with the run.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Trials at once in one check; all cores by default.
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<usize>,
    /// No progress on standard error.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Args, Debug)]
pub(crate) struct BenchWriting {
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = BenchFormat::Terminal)]
    pub(crate) format: BenchFormat,
    /// Write to a file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BenchFormat {
    Terminal,
    Json,
    /// One page that needs nothing else.
    Html,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ModeArgument {
    /// Write a program from its specification.
    Generate,
    /// Mend a vulnerable program, given one finding.
    Repair,
    /// Review changes, unsafe ones and their safe twins.
    Review,
    /// Mend a program in a repository with injected instructions.
    Resist,
}

impl From<ModeArgument> for Mode {
    fn from(argument: ModeArgument) -> Self {
        match argument {
            ModeArgument::Generate => Self::Generate,
            ModeArgument::Repair => Self::Repair,
            ModeArgument::Review => Self::Review,
            ModeArgument::Resist => Self::Resist,
        }
    }
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SafetyArgument {
    /// Nothing.
    None,
    /// That it matters.
    Generic,
    /// Which weaknesses matter.
    Specific,
}

impl From<SafetyArgument> for Safety {
    fn from(argument: SafetyArgument) -> Self {
        match argument {
            SafetyArgument::None => Self::None,
            SafetyArgument::Generic => Self::Generic,
            SafetyArgument::Specific => Self::Specific,
        }
    }
}
