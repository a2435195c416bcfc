//! Repository tasks: `cargo xtask test` is everything CI runs; the rest are its parts.
//!
//! Each task is a module; this file only parses arguments and says how long a step took.
#![expect(
    clippy::print_stdout,
    reason = "a developer's tool that talks to a terminal"
)]

mod bench;
mod dist;
mod edges;
mod generate;
mod labelled;
mod licences;
mod metadata;
mod plant;
mod purpose;
mod score;
mod securibench;
mod split;
mod steps;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};
use trueline_facts::health::AnomalyKind;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Repository tasks of Trueline")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything CI runs: format, clippy, generated files, edges, licences, tests, docs.
    Test,
    /// Write generated files: JSON schemas and rule pages.
    Generate {
        /// Fail instead of writing when a file is not up to date.
        #[arg(long)]
        check: bool,
    },
    /// Build and pack a release: a static program, an archive, a Python wheel, completions, manual pages.
    Dist {
        /// Pack this program; by default it is built.
        #[arg(long)]
        program: Option<PathBuf>,
        /// How it is built.
        #[arg(long, value_enum, default_value_t = dist::Profile::Dist)]
        profile: dist::Profile,
        /// Where the files go.
        #[arg(long, default_value = "target/dist-files")]
        folder: PathBuf,
    },
    /// Check that no crate depends on one that the architecture forbids.
    Edges,
    /// Check the licences of everything that is linked.
    Licences,
    /// Score any tool's SARIF against a table of labelled cases.
    Score {
        /// The log.
        sarif: PathBuf,
        /// CSV: case,category,vulnerable,cwe.
        truth: PathBuf,
        /// Only cases with an odd or even number.
        #[arg(long, value_enum, default_value_t = score::Half::All)]
        half: score::Half,
    },
    /// Score a log against securibench-micro, by feature of the language.
    Securibench {
        /// The log.
        sarif: PathBuf,
        /// The suite's sources.
        folder: PathBuf,
        /// Print the lines on which the log is wrong.
        #[arg(long)]
        misses: bool,
    },
    /// Suggest a policy on nine months of each repository, replay it on the three that follow, and compare
    /// what was stated with what came.
    PolicySplit {
        /// Git repositories.
        #[arg(required = true)]
        repositories: Vec<PathBuf>,
        /// End so many months before the last commit; may be given more than once.
        #[arg(long, value_name = "MONTHS", default_values_t = [0])]
        earlier: Vec<u32>,
        /// Try this program; by default the release is built.
        #[arg(long)]
        program: Option<PathBuf>,
    },
    /// Score the purpose of commits against the labels that come with the sources.
    Purpose {
        /// Git repositories, found by the names of their folders.
        #[arg(required = true)]
        repositories: Vec<PathBuf>,
        /// Print the commits on which we and the labels differ.
        #[arg(long)]
        misses: bool,
    },
    /// Score the purpose of commits against labels of somebody else.
    ScorePurpose {
        /// Separated by tabs: repository, commit, label, second label or nothing.
        table: PathBuf,
        /// The folder that holds the repositories.
        #[arg(long)]
        repositories: PathBuf,
        /// Only commits of this repository; may be given more than once.
        #[arg(long)]
        only: Vec<String>,
        /// Hide the types of conventional commits from us.
        #[arg(long)]
        hide_types: bool,
        /// Print the commits on which we and the labels differ.
        #[arg(long)]
        misses: bool,
    },
    /// Write a public set of attacks on agents as files that `agents` reads.
    Labelled {
        /// Which.
        #[arg(value_enum)]
        set: labelled::Set,
        /// A checkout of its repository.
        checkout: PathBuf,
        /// Where the files go: a folder that is not there yet.
        to: PathBuf,
    },
    /// Count alarms on real histories, and how many planted anomalies are found.
    PlantAnomalies {
        /// Git repositories; nothing is written to them.
        #[arg(required = true)]
        repositories: Vec<PathBuf>,
        /// Measure this program; by default the release is built.
        #[arg(long)]
        program: Option<PathBuf>,
        /// Only this kind, as the report names it; may be given more than once.
        #[arg(long, value_parser = plant::kind)]
        kind: Vec<AnomalyKind>,
        /// How many anomalies of each kind.
        #[arg(long, default_value_t = 20)]
        tries: u64,
        /// Where the random choices begin.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Time us beside others on this machine.
    Bench {
        #[command(subcommand)]
        what: Bench,
    },
}

#[derive(Subcommand)]
enum Bench {
    /// Scanners of model files on the generated corpus: detections, false alarms, time.
    Artifacts {
        /// Where the programs of peers are installed; the path by default.
        #[arg(long, value_name = "FOLDER")]
        peers: Option<PathBuf>,
        /// Files that peers are run on, taken in turns from every technique.
        #[arg(long, default_value_t = 200)]
        sample: usize,
        /// Folders of harmless files, written by real libraries.
        #[arg(long, value_name = "FOLDER")]
        benign: Vec<PathBuf>,
    },
    /// Time and memory of the check of large and of hostile model files.
    Models {
        /// Measure this program; by default the release is built.
        #[arg(long)]
        program: Option<PathBuf>,
        /// Only files whose description holds this text.
        #[arg(long, default_value = "")]
        only: String,
    },
    /// Whole-repository origins beside `git blame` file by file.
    Origins {
        /// A git repository with some history.
        #[arg(default_value = ".")]
        repository: PathBuf,
        /// How many files `git blame` gets; the rest is extrapolated by bytes.
        #[arg(long, default_value_t = 50)]
        sample: usize,
        /// Which files: another seed, other files.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Measure this program; by default the release is built.
        #[arg(long)]
        program: Option<PathBuf>,
    },
    /// How long whoever commits waits for the gate, in a repository of 11,000 files.
    Gate {
        /// How many calls of each kind are timed.
        #[arg(long, default_value_t = 50)]
        calls: usize,
        /// Measure this program; by default the release is built.
        #[arg(long)]
        program: Option<PathBuf>,
    },
    /// Speed and memory of a scan from scratch, with all rules, beside bandit and foxguard where they
    /// are installed.
    Speed {
        /// Trees to scan, one after the other.
        #[arg(required = true)]
        trees: Vec<PathBuf>,
        /// Measure this program; by default the release is built.
        #[arg(long)]
        program: Option<PathBuf>,
    },
    /// The skill model: intervals and fairness of simulated people; with DIR also `ASSISTments` 2009.
    Skills {
        /// The folder `data/assistments09` of theophilegervet/learner-performance-prediction. The data is
        /// not ours: it is read there and never kept.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
    /// Time of `trueline hook run` in a generated repository of 10,000 files.
    Hooks {
        /// How many calls.
        #[arg(long, default_value_t = 1_000)]
        calls: usize,
        /// Measure this program; by default the release is built.
        #[arg(long)]
        program: Option<PathBuf>,
    },
    /// Counts of git-ai notes and origins of lines beside those of a second reader.
    Notes {
        /// A git repository with `refs/notes/ai`.
        repository: PathBuf,
        /// How many files.
        #[arg(long, default_value_t = 100)]
        sample: usize,
        /// Which files: another seed, other files.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Ask this program; by default the release is built.
        #[arg(long)]
        program: Option<PathBuf>,
    },
    /// Lines on which we and `git blame` name the same commit.
    Agreement {
        /// A git repository with some history.
        #[arg(default_value = ".")]
        repository: PathBuf,
        /// How many sources, and how many snapshots.
        #[arg(long, default_value_t = 100)]
        sample: usize,
        /// Which files: another seed, other files.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// One group of files whose names end so, instead; may be given more than once.
        #[arg(long)]
        suffix: Vec<String>,
        /// Measure this program; by default the release is built.
        #[arg(long)]
        program: Option<PathBuf>,
    },
    /// Scans of a copy after one file was edited, in a fresh and in a running process.
    Incremental {
        /// A folder with sources.
        tree: PathBuf,
        /// The file of it to edit, relative to it: Python, JavaScript, TypeScript, Go or Java.
        file: PathBuf,
        /// Make the copy a git repository.
        #[arg(long)]
        git: bool,
        /// Measure this program; by default the release is built.
        #[arg(long)]
        program: Option<PathBuf>,
    },
}

#[expect(clippy::too_many_lines, reason = "one arm for each task")]
fn main() -> Result<()> {
    match Arguments::parse().task {
        Task::Test => steps::test(),
        Task::Generate { check } => generate::run(check),
        Task::Dist {
            program,
            profile,
            folder,
        } => dist::run(program, profile, &folder),
        Task::Edges => edges::check(&metadata::load()?),
        Task::Licences => licences::check(&metadata::load()?),
        Task::Score { sarif, truth, half } => score::run(&sarif, &truth, half),
        Task::Securibench {
            sarif,
            folder,
            misses,
        } => securibench::run(&sarif, &folder, misses),
        Task::PolicySplit {
            repositories,
            earlier,
            program,
        } => split::split(&repositories, &earlier, program),
        Task::Purpose {
            repositories,
            misses,
        } => purpose::run_own(&repositories, misses),
        Task::ScorePurpose {
            table,
            repositories,
            only,
            hide_types,
            misses,
        } => {
            let types = if hide_types {
                purpose::Types::Hidden
            } else {
                purpose::Types::Read
            };
            purpose::run(&table, &repositories, &only, types, misses)
        }
        Task::Labelled { set, checkout, to } => labelled::run(set, &checkout, &to),
        Task::PlantAnomalies {
            repositories,
            program,
            kind,
            tries,
            seed,
        } => plant::run(&repositories, program, &kind, tries, seed),
        Task::Bench {
            what:
                Bench::Artifacts {
                    peers,
                    sample,
                    benign,
                },
        } => bench::artifacts(peers.as_deref(), sample, &benign),
        Task::Bench {
            what: Bench::Gate { calls, program },
        } => bench::gate(calls, program),
        Task::Bench {
            what: Bench::Models { program, only },
        } => bench::models(program, &only),
        Task::Bench {
            what:
                Bench::Origins {
                    repository,
                    sample,
                    seed,
                    program,
                },
        } => bench::origins(&repository, sample, seed, program),
        Task::Bench {
            what: Bench::Skills { data },
        } => bench::skills(data.as_deref()),
        Task::Bench {
            what: Bench::Speed { trees, program },
        } => bench::speed(&trees, program),
        Task::Bench {
            what:
                Bench::Agreement {
                    repository,
                    sample,
                    seed,
                    suffix,
                    program,
                },
        } => bench::agreement(&repository, sample, seed, &suffix, program),
        Task::Bench {
            what: Bench::Hooks { calls, program },
        } => bench::hooks(calls, program),
        Task::Bench {
            what:
                Bench::Notes {
                    repository,
                    sample,
                    seed,
                    program,
                },
        } => bench::notes(&repository, sample, seed, program),
        Task::Bench {
            what:
                Bench::Incremental {
                    tree,
                    file,
                    git,
                    program,
                },
        } => bench::incremental(&tree, &file, git, program),
    }
}
