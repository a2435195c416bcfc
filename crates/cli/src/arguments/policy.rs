//! Arguments of `trueline policy`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{ListFormat, Reading, Which, Writing};

#[derive(Args, Debug)]
pub(crate) struct PolicyArguments {
    #[command(subcommand)]
    pub(crate) action: PolicyAction,
}

#[derive(Subcommand, Debug)]
pub(crate) enum PolicyAction {
    /// The gates and zones that are in force; one gate; or, with a change, what each gate looked at.
    Explain(PolicyExplain),
    /// Run cases of the policy: Markdown with facts and expected verdicts.
    Test(PolicyTest),
    /// Replay merged changes: what the gates of the work tree's policy would have said, and what became of
    /// those changes.
    Backtest(PolicyBacktest),
    /// Write a commented policy whose numbers come from what was merged: gates that observe or comment, zones,
    /// and what cannot be known yet.
    Suggest(PolicySuggest),
    /// Ask for a tool that the policy does not list: writes a proposal that you and who answers for security
    /// edit together.
    Request(PolicyRequest),
}

#[derive(Args, Debug)]
pub(crate) struct PolicyRequest {
    /// The tool, by its name.
    pub(crate) tool: String,
    /// What it is to be used for: feature, fix, test, docs, refactor, infrastructure, dependency. May be given
    /// more than once.
    #[arg(long, value_name = "PURPOSE", value_delimiter = ',', required = true)]
    pub(crate) purpose: Vec<String>,
    /// Classes of data that it may read, as in `[capture.classes]`. May be given more than once.
    #[arg(long, value_name = "CLASS", value_delimiter = ',')]
    pub(crate) data: Vec<String>,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Print the proposal and write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// A repository, or a folder of one.
    #[arg(long, default_value = ".", value_name = "PATH")]
    pub(crate) repository: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct PolicySuggest {
    /// BASE..TIP: the changes between two commits of the branch; nothing later is looked at. By default
    /// those of --since.
    #[arg(value_name = "RANGE", conflicts_with = "since")]
    pub(crate) range: Option<String>,
    /// The last so many months before the end of history.
    #[arg(long, value_name = "MONTHS", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=240))]
    pub(crate) since: u32,
    /// Write who knows each zone as its champions: e-mail addresses of authors, accounts of reviewers. By
    /// default pseudonyms stand in a comment.
    #[arg(long)]
    pub(crate) names: bool,
    /// Add what trueline.toml lacks, and print the difference. What is there stays.
    #[arg(long, conflicts_with_all = ["format", "output"])]
    pub(crate) write: bool,
    /// A repository, or a folder of one.
    #[arg(long, default_value = ".", value_name = "PATH")]
    pub(crate) repository: PathBuf,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = SuggestFormat::Toml)]
    pub(crate) format: SuggestFormat,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) writing: Writing,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SuggestFormat {
    /// The policy.
    Toml,
    /// `trueline.suggestion/1`: the figures and the policy.
    Json,
}

#[derive(Args, Debug)]
pub(crate) struct PolicyBacktest {
    /// BASE..TIP: the changes between two commits of the branch. By default those of --since.
    #[arg(value_name = "RANGE", conflicts_with = "since")]
    pub(crate) range: Option<String>,
    /// The last so many months before the end of history.
    #[arg(long, value_name = "MONTHS", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=240))]
    pub(crate) since: u32,
    /// A policy that takes the place of the work tree's.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// A repository, or a folder of one.
    #[arg(long, default_value = ".", value_name = "PATH")]
    pub(crate) repository: PathBuf,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = BacktestFormat::Terminal)]
    pub(crate) format: BacktestFormat,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) writing: Writing,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BacktestFormat {
    /// For reading here.
    Terminal,
    /// `trueline.backtest/1`.
    Json,
    /// One self-contained page.
    Html,
}

#[derive(Args, Debug)]
pub(crate) struct PolicyExplain {
    /// One gate, by its id.
    #[arg(long, value_name = "ID")]
    pub(crate) gate: Option<String>,
    #[command(flatten)]
    pub(crate) which: Which,
}

#[derive(Args, Debug)]
pub(crate) struct PolicyTest {
    /// Files or folders of cases; by default `.trueline/cases`.
    pub(crate) files: Vec<PathBuf>,
    /// Cases without a policy of their own are judged by this one; by default by the work tree's.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// A repository, or a folder of one.
    #[arg(long, default_value = ".", value_name = "PATH")]
    pub(crate) repository: PathBuf,
    /// Print JSON.
    #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
    pub(crate) format: ListFormat,
}
