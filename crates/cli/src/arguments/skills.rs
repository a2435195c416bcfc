//! Arguments of `trueline skills`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};
use trueline_facts::skill::Cell;
use trueline_skills::day::Day;

#[derive(Args, Debug)]
pub(crate) struct Skills {
    #[command(subcommand)]
    pub(crate) action: Option<SkillsAction>,
    /// How to print it; a page is made of the whole profile alone.
    #[arg(long, value_enum, default_value_t = SkillsFormat::Terminal, global = true)]
    pub(crate) format: SkillsFormat,
    /// Write to a file instead of standard output.
    #[arg(long, short, value_name = "FILE", global = true)]
    pub(crate) output: Option<PathBuf>,
    /// A scan of your own work (`trueline scan --format json`): what it finds is offered for practice first.
    /// It never counts against you.
    #[arg(long, value_name = "SCAN.json")]
    pub(crate) findings: Option<PathBuf>,
    /// The day to speak of; today by default.
    #[arg(long, value_name = "YYYY-MM-DD", global = true)]
    pub(crate) now: Option<Day>,
}

#[derive(Subcommand, Debug)]
pub(crate) enum SkillsAction {
    /// List the evidence about one skill, with what each piece changes.
    Why {
        /// The skill: python/injection, reviewing:go/secrets, directing:java/cryptography.
        skill: Cell,
    },
    /// Take a piece of evidence out; everything is computed again at once.
    Dispute {
        /// Its id, as `skills why` lists it; the beginning is enough.
        id: String,
        /// Why, for your own memory: not my line, pair work, wrong verdict.
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Put a disputed piece of evidence back.
    Restore {
        /// Its id; the beginning is enough.
        id: String,
    },
    /// Allow one person to see one skill until a day.
    Share {
        /// The skill.
        skill: Cell,
        /// Who.
        #[arg(long, value_name = "NAME")]
        with: String,
        /// The last day, at most a year from now.
        #[arg(long, value_name = "YYYY-MM-DD")]
        until: Day,
    },
    /// List what is shared, with whom and until when.
    Shares,
    /// Make the document that a share allows; that it was made is put on record.
    Shared {
        /// The share, as `skills shares` lists it.
        share: String,
    },
    /// End a share.
    Revoke {
        /// The share.
        share: String,
    },
    /// Say for how long evidence is kept one by one; what is older is folded into where the skills stand.
    Keep {
        /// Days, or `forever`; without it what holds now is shown.
        #[arg(value_name = "DAYS")]
        days: Option<KeptFor>,
    },
    /// Fold evidence now: what is over and old enough can no longer be listed or disputed; the skills stay.
    Forget {
        /// Fold what was before this day; by default what is older than `skills keep` says.
        #[arg(long, value_name = "YYYY-MM-DD")]
        before: Option<Day>,
        /// Really.
        #[arg(long)]
        yes: bool,
    },
    /// List who got to see what, and when.
    Log,
    /// Write everything that is kept about you, as JSON.
    Export,
    /// Delete everything that is kept about you, attempts included.
    Delete {
        /// Really.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SkillsFormat {
    Terminal,
    Json,
    Html,
}

/// How long evidence is kept one by one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum KeptFor {
    Days(u32),
    Ever,
}

impl FromStr for KeptFor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            _ if text == "forever" => Ok(Self::Ever),
            Ok(days @ 30..=3650) => Ok(Self::Days(days)),
            _ => Err("a number of days from 30 to 3650, or `forever`".to_owned()),
        }
    }
}
