//! Whose change it is. Evidence of a person is made of a change whose every commit is theirs ([`OwnChange`]), or, for
//! reviews, of one of which none is ([`ForeignChange`]): there is no other way to these types.

use std::path::Path;
use std::process::Command;

use anyhow::Result;
use trueline_facts::attempt::{self, Aid, AidBasis, Attempt, AttemptKind, AttemptOutcome, Trigger};
use trueline_facts::change::{AuthorKind, Change, ChangeFinding, Hunk};
use trueline_facts::skill::{Language, WeaknessClass};
use trueline_facts::{Cwe, RepoPath};
use trueline_report::counted;
use trueline_scan::{ChangeRequest, ChangeSource};
use trueline_scenarios::learn::LearnError;
use trueline_scenarios::learn::progress::new_id;
use trueline_skills::exposure::{key, key_of_all};
use trueline_skills::weakness::{class_of, language_of};

use super::Session;
use crate::arguments::Reading;
use crate::commands::gate;

/// A change all of whose commits are by who asks.
pub(super) struct OwnChange<'c> {
    change: &'c Change,
    keys: Vec<String>,
}

impl<'c> OwnChange<'c> {
    /// Refuses a range that holds commits of others: nobody's skill is estimated by somebody else.
    pub(super) fn of(repository: &Path, change: &'c Change) -> Result<Self> {
        let commits = commits(repository, change)?;
        let others = commits.iter().filter(|commit| !commit.is_mine).count();
        if others > 0 {
            return Err(LearnError::Cannot(format!(
                "the range holds {} by others than `{}` (git config user.email): name one that is all yours",
                counted(others as u64, "commit"),
                me(repository)?
            ))
            .into());
        }
        let keys = commits.into_iter().map(|commit| commit.key).collect();
        Ok(Self { change, keys })
    }

    pub(super) const fn change(&self) -> &'c Change {
        self.change
    }

    /// What a commit is known by, by its place in the change.
    pub(super) fn key(&self, commit: u32) -> Option<&str> {
        self.keys.get(commit as usize).map(String::as_str)
    }

    pub(super) fn keys(&self) -> &[String] {
        &self.keys
    }
}

/// What a review is of: the key of a commit, and a skill.
pub(super) type Place = (String, Language, WeaknessClass);

/// A change none of whose commits is by who asks.
pub(super) struct ForeignChange<'c> {
    change: &'c Change,
    keys: Vec<String>,
    /// The key of the whole change, for lines of which no commit is known.
    whole: String,
}

impl<'c> ForeignChange<'c> {
    /// Refuses a range that holds commits of one's own: those one has seen before.
    pub(super) fn of(repository: &Path, change: &'c Change) -> Result<Self> {
        let commits = commits(repository, change)?;
        if commits.is_empty() {
            return Err(LearnError::Cannot("there is no commit in this range".to_owned()).into());
        }
        let mine = commits.iter().filter(|commit| commit.is_mine).count();
        if mine > 0 {
            return Err(LearnError::Cannot(format!(
                "the range holds {} of your own (`{}`): a review is of what somebody else wrote",
                counted(mine as u64, "commit"),
                me(repository)?
            ))
            .into());
        }
        let keys: Vec<String> = commits.into_iter().map(|commit| commit.key).collect();
        Ok(Self {
            change,
            whole: key_of_all(&keys),
            keys,
        })
    }

    pub(super) const fn change(&self) -> &'c Change {
        self.change
    }

    /// What a finding belongs to: a commit is reviewed once, in whatever range it is shown.
    pub(super) fn place(&self, finding: &ChangeFinding, skill: (Language, WeaknessClass)) -> Place {
        let commit = hunk(self.change, finding).and_then(|hunk| hunk.commit);
        let key = commit.and_then(|commit| self.keys.get(commit as usize));
        (key.unwrap_or(&self.whole).clone(), skill.0, skill.1)
    }
}

/// How a range is described for who learns from it: as by `trueline gate`.
pub(super) fn request(repository: &Path, range: Option<&str>) -> Result<ChangeRequest> {
    let reading = Reading {
        threads: None,
        no_cache: false,
        local_sessions: false,
    };
    Ok(ChangeRequest {
        path: repository.to_owned(),
        source: ChangeSource::Range(range.map(str::to_owned)),
        policy: None,
        reviews: None,
        packages: trueline_scan::PackageData::default(),
        imports: Vec::new(),
        now: gate::now(None)?,
        reading: crate::commands::reading(&reading)?,
    })
}

struct Commit {
    is_mine: bool,
    key: String,
}

fn commits(repository: &Path, change: &Change) -> Result<Vec<Commit>> {
    let me = me(repository)?;
    let of = |id: &str| -> Result<Commit> {
        // The author as written and by the mailmap, when, and what for.
        let told = git(
            repository,
            &[
                "-c",
                "log.showSignature=false",
                "show",
                "--no-patch",
                "--format=%ae%n%aE%n%at%n%s",
                id,
            ],
        )?;
        let lines: Vec<&str> = told.lines().collect();
        // A commit without a subject has three.
        let (written, mapped, at, subject) = match lines[..] {
            [written, mapped, at, subject] => (written, mapped, at, subject),
            [written, mapped, at] => (written, mapped, at, ""),
            _ => {
                return Err(LearnError::Cannot(format!(
                    "whose commit {id} is cannot be told: git shows it otherwise than asked"
                ))
                .into());
            }
        };
        let is_mine = [written, mapped]
            .iter()
            .any(|author| author.eq_ignore_ascii_case(&me));
        Ok(Commit {
            is_mine,
            key: key(mapped, at, subject),
        })
    };
    change
        .commits
        .iter()
        .map(|commit| of(commit.id.as_str()))
        .collect()
}

/// The address by which git knows who works here.
fn me(repository: &Path) -> Result<String> {
    // Where nothing is set git says so by its exit code.
    let me = git(
        repository,
        &["config", "--get", "--default", "", "user.email"],
    )?
    .trim()
    .to_owned();
    if me.is_empty() {
        return Err(LearnError::Cannot(
            "git knows no address of yours, so nobody can tell which commits are yours: git config user.email ADDRESS"
                .to_owned(),
        )
        .into());
    }
    Ok(me)
}

/// What git says in a repository. Where it fails nothing is known, which must not pass for "nobody's".
pub(super) fn git(repository: &Path, arguments: &[&str]) -> Result<String> {
    let done = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(arguments)
        .output()
        .map_err(|error| LearnError::Cannot(format!("git could not be started: {error}")))?;
    if !done.status.success() {
        let why = String::from_utf8_lossy(&done.stderr);
        let why = why.lines().next().unwrap_or("it gave no reason").to_owned();
        return Err(LearnError::Cannot(format!("git failed: {why}")).into());
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

/// The skill that weaknesses in a file are about, if there is one.
pub(super) fn skill(path: &RepoPath, cwe: &[Cwe]) -> Option<(Language, WeaknessClass)> {
    let language = language_of(&path.display())?;
    let class = cwe.iter().find_map(|cwe| class_of(*cwe))?;
    Some((language, class))
}

/// The added lines that a finding is in; none where the change did not add its line.
pub(super) fn hunk<'c>(change: &'c Change, finding: &ChangeFinding) -> Option<&'c Hunk> {
    change.hunks.iter().find(|hunk| {
        hunk.path == finding.path
            && finding
                .line
                .checked_sub(hunk.start)
                .is_some_and(|line| line < hunk.lines)
    })
}

/// Whether an assistant helped: what an agent is known to have written was its work, whatever is said.
pub(super) fn help(origin: AuthorKind, said: Option<Aid>) -> (Aid, AidBasis) {
    match (origin, said) {
        (AuthorKind::Ai, _) => (Aid::Assisted, AidBasis::Hook),
        (_, Some(aid)) => (aid, AidBasis::Told),
        (AuthorKind::Human, None) => (Aid::Unaided, AidBasis::Told),
        (AuthorKind::Unknown, None) => (Aid::Unknown, AidBasis::Told),
    }
}

/// In words.
pub(super) const fn how(aid: Aid) -> &'static str {
    match aid {
        Aid::Unaided => "by yourself",
        Aid::Assisted => "with an assistant",
        Aid::Unknown => "--aid unaided or assisted says how",
    }
}

/// A line of the ledger that is of no exercise.
pub(super) fn line(
    session: &Session<'_>,
    kind: AttemptKind,
    of: &str,
    (language, class): (Language, WeaknessClass),
    outcome: AttemptOutcome,
) -> Attempt {
    Attempt {
        schema: attempt::SCHEMA.to_owned(),
        id: new_id(),
        day: session.day.clone(),
        kind,
        scenario: of.to_owned(),
        version: 1,
        language: language.as_str().to_owned(),
        class: class.as_str().to_owned(),
        cwe: Vec::new(),
        outcome,
        hints: 0,
        attempt_number: 1,
        unrecorded: 0,
        aid: match kind {
            AttemptKind::Review | AttemptKind::Catch => session.review_aid.get(),
            _ => Aid::Unknown,
        },
        aid_basis: AidBasis::Told,
        trigger: Trigger::Check,
        seed: 0,
        sure: None,
        revealed: false,
        difficulty: 0.0,
        practice: false,
        reviewed: None,
        sites: None,
        ai_lines: None,
        caught: None,
    }
}

/// Writes a line, or says anew what a line before it says; nothing where it says the same already. Of help that was
/// told the last word holds, and silence is none.
pub(super) fn write(
    session: &Session<'_>,
    known: Option<&Attempt>,
    mut line: Attempt,
) -> Result<Attempt> {
    let Some(known) = known else {
        session.append(&line)?;
        return Ok(line);
    };
    line.id.clone_from(&known.id);
    if line.aid == Aid::Unknown {
        (line.aid, line.aid_basis) = (known.aid, known.aid_basis);
    }
    let mut amended = known.clone();
    amended.amend(&line);
    if amended != *known {
        session.append(&line)?;
    }
    Ok(amended)
}
