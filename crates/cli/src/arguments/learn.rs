//! The command line of `trueline learn`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::ListFormat;

#[derive(Args, Debug)]
pub(crate) struct Learn {
    #[command(subcommand)]
    pub(crate) action: Option<LearnAction>,
    /// Scenarios from this folder instead of the built-in ones.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) scenarios: Option<PathBuf>,
    /// The day that is written to your progress, as 2026-01-31; today by default.
    #[arg(long, global = true, value_name = "DAY")]
    pub(crate) now: Option<String>,
}

impl Learn {
    /// Whether it waits for a person, so that an interrupt ends it at once.
    pub(crate) const fn waits(&self) -> bool {
        matches!(
            &self.action,
            Some(LearnAction::Watch(_) | LearnAction::Check(_) | LearnAction::Review { .. })
        )
    }
}

#[derive(Subcommand, Debug)]
pub(crate) enum LearnAction {
    /// All exercises, and how you stand with each.
    List(LearnList),
    /// What to do next, and why.
    Next {
        /// Findings of your own: a document of `trueline scan --format json`.
        #[arg(long, value_name = "FILE")]
        findings: Option<PathBuf>,
        /// Only of this language.
        #[arg(long, value_name = "LANGUAGE")]
        language: Option<String>,
        /// Print JSON.
        #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
        format: ListFormat,
    },
    /// Copy an exercise into a folder and say what is to be done.
    Start {
        /// Its id, as in `trueline learn list`.
        id: String,
        /// The folder; by default one named like the exercise.
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
        /// Open it in your editor ($VISUAL or $EDITOR).
        #[arg(long)]
        open: bool,
        /// Print JSON.
        #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
        format: ListFormat,
    },
    /// Check again on every save, until it is fixed.
    Watch(LearnCheck),
    /// Check what you have: do the functions work, and which exploit still succeeds?
    Check(LearnCheck),
    /// The next hint.
    Hint {
        /// The exercise or its folder; by default the one you are in, or the last one.
        exercise: Option<String>,
        /// Print JSON.
        #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
        format: ListFormat,
    },
    /// A fix that holds, with what there is to learn from it; only after a try.
    Reveal {
        /// The exercise or its folder; by default the one you are in, or the last one.
        exercise: Option<String>,
        /// Print JSON.
        #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
        format: ListFormat,
    },
    /// Review what an assistant wrote: is it unsafe, where, and how sure are you?
    Review {
        /// A review item or an exercise; by default the one you saw least.
        id: Option<String>,
        /// Decides which of the twins is shown, unless the item waits for your answer: then it is the one that you saw.
        #[arg(long)]
        seed: Option<u64>,
        /// A real change of others, BASE..HEAD, instead: you name the unsafe lines, then see what our scan found.
        #[arg(long, value_name = "RANGE", conflicts_with_all = ["id", "seed"])]
        change: Option<String>,
        /// Whether an assistant helps you with it; asked once on a terminal when it is not said.
        #[arg(long, value_enum)]
        aid: Option<AidArgument>,
        /// The repository of --change.
        #[arg(long, default_value = ".", value_name = "PATH", requires = "change")]
        path: PathBuf,
    },
    /// The exercise for a finding of your own, ours or another tool's.
    FromFinding(FromFinding),
    /// Write down weaknesses of your own code that you have fixed: gone in a range of your commits, and the tests pass.
    Fixed(LearnFixed),
    /// Write down lines of your own that the gate lets through, and say which findings in them are right.
    Passed(LearnPassed),
    /// Begin a new scenario: one that is proven as it stands, to be changed.
    New {
        /// Its id; begins with the language: py-…, js-…, java-…
        id: String,
    },
    /// Your progress as one JSON document: all of it, and only what is yours.
    Export {
        /// Write to a file instead of standard output.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Prove scenarios: the vulnerable version is exploited, each fix holds, each wrong fix is rejected.
    Verify(LearnVerify),
}

#[derive(Args, Debug)]
pub(crate) struct LearnList {
    /// Only of this language.
    #[arg(long, value_name = "LANGUAGE")]
    pub(crate) language: Option<String>,
    /// Only of this weakness class.
    #[arg(long, value_name = "CLASS")]
    pub(crate) class: Option<String>,
    /// Only the steps of this path, in their order.
    #[arg(long, value_name = "PATH")]
    pub(crate) path: Option<String>,
    /// Only those that you have not fixed.
    #[arg(long)]
    pub(crate) open: bool,
    /// Print JSON.
    #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
    pub(crate) format: ListFormat,
}

#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches of a command line"
)]
pub(crate) struct LearnCheck {
    /// The exercise or its folder; by default the one you are in, or the last one.
    pub(crate) exercise: Option<String>,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = CheckFormat::Terminal)]
    pub(crate) format: CheckFormat,
    /// Whether an assistant wrote some of it; asked once when it is not said.
    #[arg(long, value_enum)]
    pub(crate) aid: Option<AidArgument>,
    /// Run it in containers of this engine. By itself only where this machine has no isolation of its own.
    #[arg(long, value_enum, value_name = "ENGINE", conflicts_with = "self_run")]
    pub(crate) container: Option<EngineArgument>,
    /// Run your own code without isolation, where there is none. The result is practice, no verdict.
    #[arg(long)]
    pub(crate) self_run: bool,
    /// Yes to the question that --self-run asks.
    #[arg(long, requires = "self_run")]
    pub(crate) yes: bool,
    /// Repeats a run with the same random texts.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Do not write the attempt to your progress.
    #[arg(long)]
    pub(crate) no_record: bool,
    /// Show all that tests and exploits did, also exploits that were blocked.
    #[arg(long)]
    pub(crate) transcript: bool,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CheckFormat {
    Terminal,
    Json,
    /// `results.json` of exercism, version 3.
    Exercism,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AidArgument {
    Unaided,
    Assisted,
}

#[derive(Args, Debug)]
pub(crate) struct LearnFixed {
    /// BASE..HEAD, all of it yours; by default what HEAD adds to the branch that it goes into.
    pub(crate) range: Option<String>,
    /// The repository.
    #[arg(long, default_value = ".", value_name = "PATH")]
    pub(crate) path: PathBuf,
    /// Whether an assistant wrote some of it. Where a hook saw it write, that counts.
    #[arg(long, value_enum)]
    pub(crate) aid: Option<AidArgument>,
    /// Print JSON. What your tests print goes to standard error then.
    #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
    pub(crate) format: ListFormat,
    /// The command that runs your tests: a program and its arguments.
    #[arg(last = true, value_name = "TESTS")]
    pub(crate) tests: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct LearnPassed {
    /// BASE..HEAD, all of it yours; by default what HEAD adds to the branch that it goes into.
    pub(crate) range: Option<String>,
    /// The repository.
    #[arg(long, default_value = ".", value_name = "PATH")]
    pub(crate) path: PathBuf,
    /// A finding in these lines that is right: its fingerprint, or its beginning. Only those count against you.
    #[arg(long, value_name = "FINGERPRINT")]
    pub(crate) right: Vec<String>,
    /// A finding in these lines that is wrong.
    #[arg(long, value_name = "FINGERPRINT")]
    pub(crate) wrong: Vec<String>,
    /// Whether an assistant wrote some of it. Where a hook saw it write, that counts.
    #[arg(long, value_enum)]
    pub(crate) aid: Option<AidArgument>,
    /// Print JSON.
    #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
    pub(crate) format: ListFormat,
}

#[derive(Args, Debug)]
pub(crate) struct FromFinding {
    /// A fingerprint (or its beginning), or a rule's id.
    pub(crate) finding: String,
    /// Where the finding is: a document of `trueline scan --format json`. Without it the folder is scanned.
    #[arg(long, value_name = "FILE")]
    pub(crate) findings: Option<PathBuf>,
    /// Look among the findings of another tool as well; may be given more than once.
    #[arg(long, value_name = "FILE.sarif", conflicts_with = "findings")]
    pub(crate) import: Vec<PathBuf>,
    /// What is scanned.
    #[arg(long, default_value = ".", value_name = "PATH")]
    pub(crate) path: PathBuf,
    /// Prefer exercises of this language.
    #[arg(long, value_name = "LANGUAGE")]
    pub(crate) language: Option<String>,
    /// Begin it at once, in a folder named like the exercise.
    #[arg(long)]
    pub(crate) start: bool,
    /// The folder; together with --start.
    #[arg(long, value_name = "DIR", requires = "start")]
    pub(crate) dir: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
    pub(crate) format: ListFormat,
}

#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches of a command line"
)]
pub(crate) struct LearnVerify {
    /// Ids; all by default.
    pub(crate) ids: Vec<String>,
    /// Repeat each part 20 times: a flake is a failure.
    #[arg(long)]
    pub(crate) full: bool,
    /// Trials at once; all cores by default.
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<usize>,
    /// Print JSON.
    #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
    pub(crate) format: ListFormat,
    /// No progress on standard error.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Write what `trueline scan` finds to the golden files (folder of --scenarios) instead of comparing with them.
    #[arg(long, requires = "scenarios")]
    pub(crate) write_golden: bool,
    /// Without isolation, for scenarios that you trust. Paths like /app are then not there.
    #[arg(long)]
    pub(crate) self_run: bool,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum EngineArgument {
    Docker,
    Podman,
}
