//! The command line: git-like verbs, the same words meaning the same everywhere.

mod bench;
mod learn;
mod policy;
mod skills;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use trueline_capture::payload::Dialect;
use trueline_facts::Severity;
use trueline_facts::stats::GroupBy;

pub(crate) use self::bench::{Bench, BenchAction, BenchFormat, BenchRun, BenchWriting};
pub(crate) use self::learn::{
    AidArgument, CheckFormat, EngineArgument, FromFinding, Learn, LearnAction, LearnCheck,
    LearnFixed, LearnList, LearnPassed, LearnVerify,
};
pub(crate) use self::policy::{
    BacktestFormat, PolicyAction, PolicyArguments, PolicyBacktest, PolicyExplain, PolicyRequest,
    PolicySuggest, PolicyTest, SuggestFormat,
};
pub(crate) use self::skills::{KeptFor, Skills, SkillsAction, SkillsFormat};

/// Who wrote each line, a person or which AI; is it safe; were the team's rules kept.
#[derive(Parser, Debug)]
#[command(
    name = "trueline",
    version,
    after_help = "Exit codes: 0 pass, 1 findings at or above --fail-on, 2 wrong usage or configuration, 3 internal error or interrupted."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Never use the network. Only `bench run` with an `openai` adapter does; with this flag it refuses.
    #[arg(long, global = true)]
    pub(crate) offline: bool,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Say who wrote each line and what is unsafe in it.
    Scan(Scan),
    /// Show the origin of each line of a file.
    Blame(Blame),
    /// Show how AI is used and how the code ages, over one or more repositories.
    Stats(Stats),
    /// Derive a threat model from the code: components, data flows, threats.
    Threats(Threats),
    /// Record your own use of an AI tool as an authorship note.
    Declare(Declare),
    /// Judge a change by the team's policy: what was done well, what is wrong and the easiest way to mend it.
    Gate(Gate),
    /// Explain the policy and its verdicts, run its tests, replay it over what was merged, draw one from there.
    Policy(PolicyArguments),
    /// Keep what other systems know beside the repository.
    Import(Import),
    /// Permissions to pass a gate for a while: owned, approved by somebody else, and over on a day.
    Exception(ExceptionArguments),
    /// Let AI tools tell who writes which line, while they write it.
    Hook(Hook),
    /// Sign verdicts, check the log of signed verdicts, and report to auditors.
    Attest(Attest),
    /// What the scripts of forges call: documents in, requests out. Nothing is sent.
    #[command(hide = true)]
    Forge(Forge),
    /// Print completions for a shell.
    Completions {
        /// Which.
        shell: clap_complete::Shell,
    },
    /// Write the manual pages into a folder.
    #[command(hide = true)]
    Manual {
        /// It must be there.
        folder: PathBuf,
    },
    /// Show the rules.
    Rules(Rules),
    /// Your own skills, for you alone: intervals, what to practise next, why, disputes and shares.
    Skills(Skills),
    /// Write a commented `trueline.toml`, a job of the pipeline and a hook where there are none, and what agents are told
    /// about this repository; shows a diff and asks.
    Init(Init),
    /// Answer AI agents over the Model Context Protocol, on standard input and output.
    Mcp(Mcp),
    /// Learn by mending what an assistant wrote: exercises whose fix is run against a real exploit.
    Learn(Learn),
    /// Measure AI assistants on the same exercises: do they write, mend and see what is unsafe, and whom do they obey?
    Bench(Bench),
    /// Run a command that is not trusted, in isolation or not at all.
    Sandbox(Sandbox),
    /// Show what this machine has: isolation for untrusted code, runtimes for exercises, git.
    Doctor(Doctor),
}

/// A number of threads: none would do no work.
fn one_or_more(text: &str) -> Result<usize, String> {
    let number = text.parse().map_err(|_| "it must be a whole number")?;
    if number == 0 {
        return Err("it must be 1 or more; leave it out for all cores".to_owned());
    }
    Ok(number)
}

/// What commands that read a repository share.
#[derive(Args, Debug)]
pub(crate) struct Reading {
    /// Threads to use; all cores by default. The result does not depend on it.
    #[arg(long, value_name = "N", value_parser = one_or_more)]
    pub(crate) threads: Option<usize>,
    /// Neither read nor write the cache.
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Read this machine's own agent transcripts as evidence: of Claude Code, Codex, Copilot CLI and
    /// Gemini CLI in your home directory (or where `CLAUDE_CONFIG_DIR`, `CODEX_HOME` and
    /// `GEMINI_CLI_HOME` say), of aider in the work tree. Only which lines they wrote is kept;
    /// prompts and answers are not. Never leaves this machine.
    #[arg(long)]
    pub(crate) local_sessions: bool,
}

/// What commands that write a document share.
#[derive(Args, Debug)]
pub(crate) struct Writing {
    /// Write to a file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// No progress bar, no summary line on standard error; on a terminal a scan says its findings alone.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches of a command line"
)]
#[command(override_usage = "trueline scan [OPTIONS] [PATH]...")]
pub(crate) struct Scan {
    /// A repository, a folder of one, or any folder. With --only artifacts any number of files and folders.
    #[arg(default_value = ".", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Run one check alone. `artifacts`: model files, one record a file. `agents`: what steers AI agents
    /// (rules files, skills, MCP servers and tools, hooks, permissions, tasks, CI).
    #[arg(long, value_enum, value_name = "CHECK", conflicts_with = "fix")]
    pub(crate) only: Option<Only>,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = ScanFormat::Terminal)]
    pub(crate) format: ScanFormat,
    /// Report the second tier as well: findings that are less certain.
    #[arg(long)]
    pub(crate) all: bool,
    /// With --only artifacts: hash files of more than 64 MiB too, which takes longer than checking them.
    #[arg(long, requires = "only")]
    pub(crate) hash_all: bool,
    /// Report only findings on lines that were added or changed since BASE, and those that such a change opened elsewhere.
    #[arg(long, value_name = "BASE")]
    pub(crate) diff: Option<String>,
    /// Exit with 1 when a finding is at least this severe.
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<FailOn>,
    /// Do not report the findings of a baseline; they are counted.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write what is found to a baseline, for later runs with --baseline.
    #[arg(long, value_name = "FILE", conflicts_with = "diff")]
    pub(crate) write_baseline: Option<PathBuf>,
    /// Write the digests of MCP servers and tools to `.trueline/agents.lock`: commit it, and a change of one is a finding.
    #[arg(long)]
    pub(crate) write_lock: bool,
    /// Add the findings of another tool; may be given more than once.
    #[arg(long, value_name = "FILE.sarif")]
    pub(crate) import: Vec<PathBuf>,
    /// Fix what can be fixed without changing what the program does for honest input, and report
    /// the rest. Each fix is scanned again before it is written.
    #[arg(long)]
    pub(crate) fix: bool,
    /// Apply fixes too that may change what the program does: look at each.
    #[arg(long, requires = "fix")]
    pub(crate) unsafe_fixes: bool,
    /// Print the fixes as a unified diff and change nothing.
    #[arg(long, requires = "fix", conflicts_with = "format")]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) writing: Writing,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Only {
    Artifacts,
    Agents,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ScanFormat {
    Terminal,
    Json,
    Sarif,
    Markdown,
    Html,
    /// The list of issues that GitLab shows beside changed lines.
    GitlabCodequality,
    /// GitLab's security report.
    GitlabSast,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FailOn {
    Low,
    Medium,
    High,
    Critical,
}

impl FailOn {
    pub(crate) const fn severity(self) -> Severity {
        match self {
            Self::Low => Severity::Low,
            Self::Medium => Severity::Medium,
            Self::High => Severity::High,
            Self::Critical => Severity::Critical,
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct Blame {
    /// The file, as it is at HEAD.
    pub(crate) file: PathBuf,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = BlameFormat::Terminal)]
    pub(crate) format: BlameFormat,
    /// Print git's own line porcelain with origin headers added; the same as `--format porcelain`.
    #[arg(long, conflicts_with = "format")]
    pub(crate) line_porcelain: bool,
    /// Show names of persons beside their pseudonyms (in porcelain: instead of them).
    #[arg(long)]
    pub(crate) names: bool,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) writing: Writing,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BlameFormat {
    Terminal,
    Json,
    Porcelain,
}

#[derive(Args, Debug)]
pub(crate) struct Stats {
    /// Repositories; the present one by default.
    #[arg(default_value = ".")]
    pub(crate) repositories: Vec<PathBuf>,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = StatsFormat::Terminal)]
    pub(crate) format: StatsFormat,
    /// Only lines added since: `90d` (before HEAD) or `2026-01-31`.
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub(crate) since: Option<String>,
    /// Break the lines down. Teams of fewer than five persons are folded together.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) by: Option<By>,
    /// Add your own lines (those of `user.email`), for your eyes only.
    #[arg(long)]
    pub(crate) mine: bool,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) writing: Writing,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StatsFormat {
    Terminal,
    Json,
    Markdown,
    Html,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum By {
    Tool,
    Directory,
    Month,
    Purpose,
    Team,
}

impl By {
    pub(crate) const fn group(self) -> GroupBy {
        match self {
            Self::Tool => GroupBy::Tool,
            Self::Directory => GroupBy::Directory,
            Self::Month => GroupBy::Month,
            Self::Purpose => GroupBy::Purpose,
            Self::Team => GroupBy::Team,
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct Declare {
    /// The commits, as git names ranges (`main..HEAD`); HEAD alone by default.
    pub(crate) range: Option<String>,
    /// The AI tool that wrote the lines: `claude`, `cursor`, `codex` … All lines that the commits added are noted as its
    /// own; of a commit in which it only took part a trailer says so (`Assisted-by: TOOL`).
    #[arg(long, required_unless_present = "undo")]
    pub(crate) tool: Option<String>,
    /// Its model.
    #[arg(long)]
    pub(crate) model: Option<String>,
    /// Put it in the place of what was declared before.
    #[arg(long)]
    pub(crate) replace: bool,
    /// Take back what was declared; what tools recorded themselves stays.
    #[arg(long, conflicts_with_all = ["tool", "model", "replace"])]
    pub(crate) undo: bool,
    /// Show what would be written.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Which change.
#[derive(Args, Debug)]
pub(crate) struct Which {
    /// The commits, as git names ranges (`main..HEAD`), or the branch that HEAD goes into; by default the
    /// remote's main branch.
    #[arg(value_name = "RANGE", conflicts_with_all = ["staged", "pr"])]
    pub(crate) range: Option<String>,
    /// What is staged for the next commit.
    #[arg(long, conflicts_with = "pr")]
    pub(crate) staged: bool,
    /// A pull or merge request, described in a JSON file: base, head, author, requester, reviews.
    #[arg(long, value_name = "FILE")]
    pub(crate) pr: Option<PathBuf>,
    /// Reviews as the API of GitHub or GitLab answers them.
    #[arg(long, value_name = "FILE")]
    pub(crate) reviews: Option<PathBuf>,
    /// Judge by this policy instead of the base's `trueline.toml`.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Add the findings of another tool on the changed lines; may be given more than once.
    #[arg(long, value_name = "FILE.sarif")]
    pub(crate) import: Vec<PathBuf>,
    /// Known vulnerabilities in OSV's format: a JSON file, a folder or a zip archive of such files; may be given more than once.
    #[arg(long, value_name = "PATH")]
    pub(crate) advisories: Vec<PathBuf>,
    /// Names of packages that exist, one a line: `pypi.txt`, `npm.txt` …, or a folder of such files.
    #[arg(long, value_name = "PATH")]
    pub(crate) package_names: Vec<PathBuf>,
    /// The moment at which exceptions hold or not: a day or `2026-12-31T10:00:00Z`; by default the clock's.
    #[arg(long, value_name = "WHEN")]
    pub(crate) now: Option<String>,
    /// A repository, or a folder of one.
    #[arg(long, default_value = ".", value_name = "PATH")]
    pub(crate) repository: PathBuf,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 passed (comments do not fail), 1 a gate blocks, 2 wrong usage or configuration, 3 internal error or interrupted."
)]
pub(crate) struct Gate {
    #[command(flatten)]
    pub(crate) which: Which,
    /// How to print the verdict; `facts` prints the change document that gates judge.
    #[arg(long, value_enum, default_value_t = GateFormat::Terminal)]
    pub(crate) format: GateFormat,
    /// Sign the verdict and add it to the log, `refs/trueline/attestations`.
    #[arg(long, requires = "key", conflicts_with = "staged")]
    pub(crate) attest: bool,
    /// The private key: ed25519 in OpenSSH's format, without a passphrase.
    #[arg(long, value_name = "FILE", requires = "attest")]
    pub(crate) key: Option<PathBuf>,
    /// Add it to a folder of files instead of the log in the repository.
    #[arg(long, value_name = "FOLDER", requires = "attest")]
    pub(crate) attest_files: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) writing: Writing,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum GateFormat {
    #[value(alias = "text")]
    Terminal,
    Json,
    Markdown,
    /// For code scanning, in a category of its own: reasons with their places.
    Sarif,
    Facts,
}

#[derive(Args, Debug)]
pub(crate) struct Import {
    #[command(subcommand)]
    pub(crate) action: ImportAction,
}

#[derive(Subcommand, Debug)]
pub(crate) enum ImportAction {
    /// Reviews of merged requests, from what the API of GitHub or GitLab answers: who approved what, on which
    /// commit. Replays and gates find them by commit; texts are not kept.
    Reviews {
        /// One object, a list of them, or one a line: `{"pull_request": …, "reviews": […]}` or
        /// `{"merge_request": …, "approvals": …}`.
        file: PathBuf,
        /// A repository, or a folder of one.
        #[arg(long, default_value = ".", value_name = "PATH")]
        repository: PathBuf,
        /// Print JSON.
        #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
        format: ListFormat,
    },
}

#[derive(Args, Debug)]
pub(crate) struct ExceptionArguments {
    #[command(subcommand)]
    pub(crate) action: ExceptionAction,
    /// A repository, or a folder of one.
    #[arg(long, default_value = ".", value_name = "PATH", global = true)]
    pub(crate) repository: PathBuf,
    /// Today, for tests and late entries: a day or a moment; by default the clock's.
    #[arg(long, value_name = "WHEN", global = true)]
    pub(crate) now: Option<String>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum ExceptionAction {
    /// Write a new one into `.trueline/exceptions.toml`.
    Add(ExceptionAdd),
    /// Show them, and which of them hold.
    List {
        /// Print JSON.
        #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
        format: ListFormat,
    },
    /// Let one hold for longer, with a new approval.
    Renew {
        /// Its id.
        id: String,
        /// Who agrees this time.
        #[arg(long)]
        approver: String,
        /// For how many days from today.
        #[arg(long, conflicts_with = "expires")]
        days: Option<u32>,
        /// The last day on which it holds.
        #[arg(long, value_name = "DAY")]
        expires: Option<String>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct ExceptionAdd {
    /// Its id: small letters, digits and `-`.
    pub(crate) id: String,
    /// The gate that it answers.
    #[arg(long)]
    pub(crate) gate: String,
    /// One finding, by its fingerprint.
    #[arg(long, value_name = "FINGERPRINT")]
    pub(crate) finding: Option<String>,
    /// Paths, as in .gitignore.
    #[arg(long = "path", value_name = "GLOB")]
    pub(crate) glob: Option<String>,
    /// One package, by its package URL without version.
    #[arg(long)]
    pub(crate) purl: Option<String>,
    /// Who answers for it; by default git's `user.email`.
    #[arg(long)]
    pub(crate) owner: Option<String>,
    /// Who agreed: somebody else, and no agent.
    #[arg(long)]
    pub(crate) approver: String,
    /// Why.
    #[arg(long)]
    pub(crate) reason: String,
    /// For how many days from today; 30 by default.
    #[arg(long, conflicts_with = "expires")]
    pub(crate) days: Option<u32>,
    /// The last day on which it holds.
    #[arg(long, value_name = "DAY")]
    pub(crate) expires: Option<String>,
    /// Where more is written.
    #[arg(long, value_name = "LINK")]
    pub(crate) evidence: Option<String>,
    /// What is done instead.
    #[arg(long)]
    pub(crate) control: Option<String>,
}

#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches of a command line"
)]
pub(crate) struct Init {
    /// A repository, or a folder of one: files are written at its root.
    #[arg(default_value = ".", value_name = "PATH")]
    pub(crate) path: PathBuf,
    /// Write a section into AGENTS.md, CLAUDE.md and .github/copilot-instructions.md, those that are there, or into a new
    /// AGENTS.md: what went wrong here before and the safe way, between markers. All else in them stays.
    #[arg(long)]
    pub(crate) agents: bool,
    /// Write the section into this file instead; may be given more than once.
    #[arg(long, value_name = "FILE", requires = "agents")]
    pub(crate) file: Vec<String>,
    /// Write the policy alone: no job of the pipeline, no hook.
    #[arg(long)]
    pub(crate) policy_only: bool,
    /// Write the hook as a file for pre-commit.com, for everybody, instead of git hooks in this clone.
    #[arg(long, conflicts_with = "policy_only")]
    pub(crate) pre_commit: bool,
    /// Take the git hooks away that were written here; what was there before comes back. Nothing else is done.
    #[arg(long, conflicts_with_all = ["agents", "policy_only", "pre_commit"])]
    pub(crate) remove_hooks: bool,
    /// Do not ask.
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Print what would be written as a unified diff.
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Args, Debug)]
pub(crate) struct Mcp {
    /// A repository, or a folder of one: the whole repository is served.
    #[arg(default_value = ".", value_name = "PATH")]
    pub(crate) path: PathBuf,
    /// Let agents write authorship notes (`record_provenance`). Without it the server only reads.
    #[arg(long)]
    pub(crate) allow_write: bool,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Args, Debug)]
pub(crate) struct Hook {
    #[command(subcommand)]
    pub(crate) action: HookAction,
}

#[derive(Subcommand, Debug)]
pub(crate) enum HookAction {
    /// Add hooks to the settings of AI tools and to git; shows a diff and asks.
    Install(HookInstall),
    /// Take them away again: every file is what it was.
    Uninstall {
        /// Those of the user, not of this repository.
        #[arg(long)]
        user: bool,
        /// Do not ask.
        #[arg(long, short)]
        yes: bool,
        /// Show the diff and change nothing.
        #[arg(long, conflicts_with = "yes")]
        dry_run: bool,
    },
    /// What hooks run. For an AI tool: read its payload from standard input, record it, and answer: let it
    /// go on, unless `[guard]` in trueline.toml says otherwise; this never fails. For git: post-commit,
    /// post-rewrite, post-merge. By hand or in CI: settle, `squash BASE..HEAD COMMIT`, `merge-notes REMOTE`,
    /// `share REMOTE`, where commit and remote may be left out.
    Run {
        /// Which hook.
        #[arg(value_name = "HOOK")]
        what: String,
        /// Its arguments.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Sign authorship notes with an OpenSSH key (ed25519, no passphrase): who changes what they claim cannot
    /// hide it from `hook verify`. With `git config trueline.noteKey FILE` hooks sign each note that they write.
    Sign {
        /// Whose notes: a commit's history or a range, as git names them.
        #[arg(default_value = "HEAD^!", value_name = "RANGE")]
        range: String,
        /// The private key; by default the one that `trueline.noteKey` names.
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
    },
    /// Say of each authorship note who vouches for it; the exit code is 1 if anything in one is vouched for by nobody.
    Verify {
        /// Whose notes: a commit's history or a range, as git names them.
        #[arg(default_value = "HEAD", value_name = "RANGE")]
        range: String,
        /// Public keys, one a line; by default those that HEAD has as .trueline/notes.keys.
        #[arg(long, value_name = "FILE")]
        keys: Option<PathBuf>,
        /// Public keys for the log of attestations, which tells which notes there were; by default those that HEAD
        /// has as .trueline/attest.keys.
        #[arg(long, value_name = "FILE")]
        log_keys: Option<PathBuf>,
    },
    /// What is recorded and not committed yet.
    Status {
        /// Print JSON.
        #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
        format: ListFormat,
    },
}

#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one field for each option of the command line"
)]
pub(crate) struct HookInstall {
    /// In the home directory, for every repository; by default in this repository.
    #[arg(long)]
    pub(crate) user: bool,
    /// For this tool; may be given more than once. By default those that are in use.
    #[arg(long, value_name = "TOOL", value_parser = hook_tool)]
    pub(crate) tool: Vec<Dialect>,
    /// Fetch and push authorship notes together with commits.
    #[arg(long, conflicts_with = "user")]
    pub(crate) share: bool,
    /// Do not ask.
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Show the diff and change nothing.
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
}

fn hook_tool(name: &str) -> Result<Dialect, String> {
    name.parse().map_err(|()| {
        let known = Dialect::ALL.map(Dialect::name).join(", ");
        format!("no such tool; known are {known}")
    })
}

/// How a threat model is written.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ThreatsFormat {
    /// For reading here.
    Terminal,
    /// For a repository or a wiki, with the diagram as Mermaid.
    Markdown,
    /// `trueline.threats/1`.
    Json,
    /// The diagram alone, as Mermaid.
    Mermaid,
    /// The diagram alone, as an image.
    Svg,
    /// OWASP Threat Model Library, JSON.
    Tml,
}

#[derive(Args, Debug)]
pub(crate) struct Threats {
    /// A repository, a folder of one, or any folder.
    #[arg(default_value = ".", value_name = "PATH")]
    pub(crate) path: PathBuf,
    /// How to write it.
    #[arg(long, value_enum, default_value_t = ThreatsFormat::Terminal)]
    pub(crate) format: ThreatsFormat,
    /// An earlier model (--format json): list what is gone since.
    #[arg(long, value_name = "FILE")]
    pub(crate) compare: Option<PathBuf>,
    /// Exit with 1 if a threat of this severity or worse is open.
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<FailOn>,
    /// The day by which decisions end, YYYY-MM-DD; today by default.
    #[arg(long, value_name = "DAY")]
    pub(crate) now: Option<String>,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) writing: Writing,
}

#[derive(Args, Debug)]
pub(crate) struct Sandbox {
    #[command(subcommand)]
    pub(crate) action: SandboxAction,
}

#[derive(Subcommand, Debug)]
pub(crate) enum SandboxAction {
    /// Run one command with a copy of a folder, no network and bounded time, memory and output. Exits
    /// with the command's own code, 128 and more for a signal; 2 for wrong usage, 3 where this machine
    /// cannot isolate.
    Run(SandboxRun),
}

#[derive(Args, Debug)]
pub(crate) struct SandboxRun {
    /// What the command finds at /app, where it runs. It gets a copy: what it writes is gone with it.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Memory of all its processes together.
    #[arg(long, value_name = "MB", default_value_t = 256, value_parser = clap::value_parser!(u64).range(16..=1_048_576))]
    pub(crate) mem: u64,
    /// Time on the clock.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) wall: u64,
    /// Processor time of one process.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) cpu: u64,
    /// Processes and threads at one time.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=32_768))]
    pub(crate) pids: u64,
    /// Size of one file.
    #[arg(long, value_name = "MB", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    pub(crate) fsize: u64,
    /// Output of each stream, beyond which the command is ended.
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20)]
    pub(crate) output: usize,
    /// Set a variable; nothing of yours is inherited. May be given more than once.
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub(crate) env: Vec<(String, String)>,
    /// Show a language as it is installed here, wherever that is. That of the command itself is shown
    /// anyway. May be given more than once.
    #[arg(long, value_name = "LANGUAGE", value_enum)]
    pub(crate) with: Vec<SandboxLanguage>,
    /// Give it what is on standard input, read to its end first.
    #[arg(long)]
    pub(crate) stdin: bool,
    /// The command and its arguments.
    #[arg(required = true, last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<std::ffi::OsString>,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SandboxLanguage {
    Python,
    Node,
    Java,
    Go,
    Rust,
}

fn variable(pair: &str) -> Result<(String, String), String> {
    let (name, value) = pair.split_once('=').ok_or("write NAME=VALUE")?;
    if name.is_empty() {
        return Err("the name is empty".to_owned());
    }
    Ok((name.to_owned(), value.to_owned()))
}

#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
    pub(crate) format: ListFormat,
}

#[derive(Args, Debug)]
pub(crate) struct Attest {
    #[command(subcommand)]
    pub(crate) action: AttestAction,
}

#[derive(Subcommand, Debug)]
pub(crate) enum AttestAction {
    /// Make a key: FILE for whoever signs, FILE.pub for whoever checks.
    Keygen {
        /// Where the private key goes; it must not be there.
        file: PathBuf,
        /// What the public key is called.
        #[arg(long, default_value = "trueline")]
        comment: String,
    },
    /// Sign a verdict and add it to the log.
    Sign {
        /// The verdict, a JSON object; `-` is standard input.
        verdict: PathBuf,
        /// The private key: ed25519 in OpenSSH's format, without a passphrase.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The commit that was judged.
        #[arg(long, value_name = "REV", default_value = "HEAD")]
        commit: String,
        /// Add it to a folder of files instead of the log in the repository.
        #[arg(long, value_name = "FOLDER")]
        files: Option<PathBuf>,
        /// The time that it is signed at, as 2026-01-31T10:00:00Z; by default the clock.
        #[arg(long, value_name = "TIME")]
        now: Option<String>,
    },
    /// Check the log: every byte, every place, and with an anchor its end.
    Verify {
        #[command(flatten)]
        log: CheckedLog,
        /// Fail unless the log has a verdict on this commit, and the last one does not block.
        #[arg(long, value_name = "REV")]
        commit: Option<String>,
        /// Fail unless that verdict was by this policy: the `policy_digest` of a verdict that is known to be right.
        #[arg(long, value_name = "DIGEST", requires = "commit")]
        policy_digest: Option<String>,
        /// Print JSON.
        #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
        format: ListFormat,
    },
    /// Write the log of the repository as files, one envelope each.
    Export {
        /// An empty folder, or one that is not there.
        folder: PathBuf,
    },
    /// Say of each control of a standard what answers it here, for auditors.
    Report {
        #[command(flatten)]
        log: CheckedLog,
        /// The commit whose files are looked at.
        #[arg(long, value_name = "REV", default_value = "HEAD")]
        commit: String,
        /// The time as of which statements are valid; by default the clock.
        #[arg(long, value_name = "TIME")]
        now: Option<String>,
        /// How to print it.
        #[arg(long, value_enum, default_value_t = ReportFormat::Markdown)]
        format: ReportFormat,
        /// Write to a file instead of standard output.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Forge {
    #[command(subcommand)]
    pub(crate) action: ForgeAction,
}

#[derive(Subcommand, Debug)]
pub(crate) enum ForgeAction {
    /// The request that writes a comment with the text of these files, one after the other.
    Comment {
        /// Markdown.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// The id of our comment in a page of comments; nothing if it is not there.
    FindComment {
        /// As the API lists them.
        page: PathBuf,
        /// What it begins with.
        #[arg(long)]
        marker: String,
        /// Who wrote it.
        #[arg(long)]
        author: String,
    },
    /// The request that makes a review of the findings on changed lines; nothing if there is nothing new to say.
    Review {
        /// A report of `trueline scan --diff BASE --format json`.
        #[arg(long, value_name = "FILE")]
        scan: PathBuf,
        /// What `git diff BASE...HEAD` prints.
        #[arg(long, value_name = "FILE")]
        diff: PathBuf,
        /// Comments that are there, as the API lists them.
        #[arg(long, value_name = "FILE")]
        comments: PathBuf,
        /// The commit under review.
        #[arg(long, value_name = "ID")]
        commit: String,
    },
    /// The request that uploads a SARIF log.
    Sarif {
        /// The log.
        log: PathBuf,
        /// The commit that was scanned.
        #[arg(long, value_name = "ID")]
        commit: String,
        /// Its reference.
        #[arg(long, value_name = "REF")]
        reference: String,
    },
    /// A table of the scans (`*.json`) in a folder, in the order of their names.
    Trend {
        /// The folder.
        folder: PathBuf,
    },
}

/// A log and what it is checked with.
#[derive(Args, Debug)]
pub(crate) struct CheckedLog {
    /// Public keys, one a line; may be given more than once. By default `.trueline/attest.keys` of HEAD.
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: Vec<PathBuf>,
    /// A folder of files instead of the log in the repository.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) files: Option<PathBuf>,
    /// The digest of an entry that was there: whoever keeps it can tell that nothing before was dropped.
    #[arg(long, value_name = "DIGEST", conflicts_with = "anchor_tag")]
    pub(crate) anchor: Option<String>,
    /// A tag that keeps such a digest in its message.
    #[arg(long, value_name = "TAG")]
    pub(crate) anchor_tag: Option<String>,
    /// Public keys of who signs such tags.
    #[arg(long, value_name = "FILE", requires = "anchor_tag")]
    pub(crate) anchor_keys: Option<PathBuf>,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ReportFormat {
    Markdown,
    Html,
    Json,
}

#[derive(Args, Debug)]
pub(crate) struct Rules {
    #[command(subcommand)]
    pub(crate) action: RulesAction,
}

#[derive(Subcommand, Debug)]
pub(crate) enum RulesAction {
    /// One line per rule.
    List {
        /// Print JSON.
        #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
        format: ListFormat,
    },
    /// Run the examples of your own rules (`.trueline/rules/*.toml`).
    Test {
        /// Another folder of rule files.
        folder: Option<PathBuf>,
        /// Print JSON.
        #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
        format: ListFormat,
    },
    /// The page of a rule: what it looks for, why, and how to fix it.
    Explain {
        /// Its id, as in `trueline rules list`.
        rule: String,
    },
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ListFormat {
    Terminal,
    Json,
}
