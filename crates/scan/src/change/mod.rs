//! Changes as facts: a range, what is staged, or a proposal becomes one change document.
//!
//! What judges a change (policy, exceptions, rules, baseline) is read from its base, so that no
//! change can soften its own judge. Files are checked by themselves and remembered by their content;
//! what takes several files to see is left to `scan` and says so in `not_known`.

mod dependencies;
mod description;
mod exposure;
mod files;
pub(crate) mod judge;
mod lines;
mod memo;
mod parts;
pub(crate) use parts::class;
pub(crate) mod proposed;
pub(crate) mod replay;
mod steering;
mod touched;
mod vouched;
mod weak;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use bstr::ByteSlice;
use trueline_facts::attestation::Digest;
use trueline_facts::change::{
    Change, ChangedRepository, FactName, NotKnown, Range, RangeKind, SCHEMA, Size,
};
use trueline_facts::verdict::{GateResult, PolicyFrom, Verdict};
use trueline_facts::{Diagnostic, Level, RepoPath, Timestamp};
use trueline_history::ObjectId;
use trueline_history::range::Deltas;
use trueline_history::repository::Repository;
use trueline_policy::Policy;
use trueline_syntax::text::decode;

pub use self::exposure::{ExposedSite, Exposure, exposure};
pub(crate) use self::files::Changed;
pub use self::judge::validate_exceptions;
use self::lines::Written;
use self::proposed::Proposed;
use crate::packages::PackageData;
use crate::place::Place;
use crate::reviews::ReviewStore;
use crate::scan::commit_id;
use crate::{ReadingOptions, ScanError, VERSION, cache};

/// Which change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ChangeSource {
    /// `BASE..HEAD`, `BASE` alone (up to HEAD), `..HEAD` or nothing: from the branch that HEAD goes into.
    Range(Option<String>),
    /// What is staged.
    Staged {
        /// The index file that git names to its hooks; by default the repository's own.
        index: Option<PathBuf>,
    },
    /// A description of a pull or merge request.
    Description(PathBuf),
}

/// A change to describe.
#[derive(Clone, Debug)]
pub struct ChangeRequest {
    /// A repository, or a folder of it.
    pub path: PathBuf,
    /// Which change.
    pub source: ChangeSource,
    /// A policy that takes the place of the base's.
    pub policy: Option<PathBuf>,
    /// Reviews as a forge exports them.
    pub reviews: Option<PathBuf>,
    /// SARIF logs of other tools.
    pub imports: Vec<PathBuf>,
    /// What tells of packages.
    pub packages: PackageData,
    /// The moment at which exceptions are valid or not.
    pub now: Timestamp,
    /// What every command can be told.
    pub reading: ReadingOptions,
}

/// A change and what judges it.
#[derive(Debug)]
pub struct ChangeOutcome {
    /// The facts.
    pub change: Change,
    /// The policy of its base, or the one that was given.
    pub policy: Policy,
    /// Where the policy was read: `trueline.toml at 1234567890`.
    pub policy_source: String,
    /// The same for programs.
    pub policy_from: PolicyFrom,
}

/// The states of a change.
pub(crate) struct States {
    kind: RangeKind,
    /// What judges it.
    base: Option<ObjectId>,
    /// What its lines are compared with.
    fork: Option<ObjectId>,
    /// `None`: the index.
    tip: Option<ObjectId>,
    /// Commits of the tip that the base has not.
    ahead: Vec<ObjectId>,
}

/// The policy that judges changes here: of HEAD, or a file that is given.
pub fn policy_of(
    path: &std::path::Path,
    given: Option<&std::path::Path>,
) -> Result<(Policy, String), ScanError> {
    let place = Place::open(path)?;
    let head = place
        .repository()
        .map(|r| r.resolve(None))
        .transpose()?
        .flatten();
    let judging = judge::Judging::read(&place, head, given)?;
    Ok((judging.policy, judging.source))
}

/// The policy as it is in the work tree, for who works on it: nothing is judged by it yet.
pub fn policy_of_work_tree(
    path: &std::path::Path,
    given: Option<&std::path::Path>,
) -> Result<(Policy, String), ScanError> {
    let place = Place::open_for_code(path)?;
    let judging = match given {
        Some(_) => judge::Judging::read(&place, None, given)?,
        None => judge::Judging::of_work_tree(&place)?,
    };
    Ok((judging.policy, judging.source))
}

/// The files that are there now, tracked or not, for who checks a path by hand.
pub fn files_of_work_tree(path: &std::path::Path) -> Result<Vec<RepoPath>, ScanError> {
    let place = Place::open(path)?;
    let head = place
        .repository()
        .and_then(|repository| Some(repository.files_at(repository.resolve(None).ok().flatten()?)));
    let tracked = head.unwrap_or_default();
    let tracked: Vec<&RepoPath> = tracked.iter().map(|(path, _)| path).collect();
    let scope = crate::source::Scope::new(RepoPath::default(), &[])?;
    Ok(place.list(&scope, &tracked, &mut Vec::new()).paths)
}

/// A verdict as SARIF, with GitHub's hashes of lines where the judged commit has them.
pub fn verdict_sarif(path: &std::path::Path, verdict: &Verdict) -> Result<String, ScanError> {
    let place = Place::open(path)?;
    let head = verdict.range.head.as_ref();
    let head = head.and_then(|id| id.as_str().parse::<ObjectId>().ok());
    let reasons = verdict.gates.iter().flat_map(GateResult::open_reasons);
    let paths: BTreeSet<&RepoPath> = reasons.filter_map(|reason| reason.path.as_ref()).collect();
    let mut hashes: BTreeMap<&RepoPath, Vec<String>> = BTreeMap::new();
    for path in paths {
        let text = place
            .repository()
            .zip(head)
            .and_then(|(repository, head)| repository.file_at(head, path).ok().flatten());
        if let Some(text) = text {
            hashes.insert(path, trueline_sarif::line_hashes(&decode(&text)));
        }
    }
    let hash = |path: &RepoPath, line: u32| {
        let of = hashes.get(path)?;
        of.get(line.checked_sub(1)? as usize).cloned()
    };
    Ok(trueline_sarif::write_verdict(verdict, VERSION, &hash)?)
}

/// Describes a change.
pub fn change(request: &ChangeRequest, interrupt: &AtomicBool) -> Result<ChangeOutcome, ScanError> {
    change_with(request, interrupt, |_, _, _, _| {})
}

/// The same, for who has more to ask of its files and their added lines.
fn change_with(
    request: &ChangeRequest,
    interrupt: &AtomicBool,
    ask: impl FnOnce(&Place, &judge::Judging, &[Changed], &Written),
) -> Result<ChangeOutcome, ScanError> {
    let place = Place::open(&request.path)?;
    let repository = place.repository().ok_or_else(|| ScanError::NoRepository {
        path: request.path.clone(),
    })?;
    let mut diagnostics = Vec::new();
    let cache = request
        .reading
        .cache
        .then(|| cache::open(repository, &mut diagnostics))
        .flatten();
    let proposed = match &request.source {
        ChangeSource::Description(file) => Some(Proposed::read(file)?),
        ChangeSource::Range(_) | ChangeSource::Staged { .. } => None,
    };
    let states = states(repository, request, proposed.as_ref(), &mut diagnostics)?;
    let proposed = proposed.or_else(|| {
        let tip = states.tip.filter(|_| request.reviews.is_none())?;
        kept_request(repository, tip, &mut diagnostics)
    });
    let judging = judge::Judging::read(&place, states.base, request.policy.as_deref())?;
    let deltas = match states.tip {
        Some(tip) => repository.deltas(states.fork, tip)?,
        None => match &request.source {
            ChangeSource::Staged { index } => repository.staged(index.as_deref())?,
            ChangeSource::Range(_) | ChangeSource::Description(_) => Deltas::default(),
        },
    };
    let is_cut = deltas.is_cut;
    let (files, entries) = files::read(repository, deltas);
    let written = lines::read(&lines::Reading {
        place: &place,
        repository,
        states: &states,
        files: &files,
        policy: &judging.policy,
        options: &request.reading,
        cache: cache.as_ref(),
        interrupt,
    })?;
    diagnostics.extend(written.diagnostics.iter().cloned());
    let mut change = empty(&place, request.now, range_of(&states), &judging.policy);
    change.engine_digest = Some(engine_digest(&judging.own_rules(&place)?));
    files::add(&mut change, &files, &entries, &written, &judging.policy);
    if is_cut {
        files::add_cut(&mut change);
    }
    weak::add(
        &mut change,
        &weak::Checking {
            place: &place,
            judging: &judging,
            files: &files,
            written: &written,
            imports: &request.imports,
            reading: &request.reading,
            cache: cache.as_ref(),
        },
        &mut diagnostics,
    )?;
    let surroundings = parts::Surroundings {
        place: &place,
        files: &files,
        written: &written,
        packages: &request.packages,
    };
    parts::add(&mut change, &surroundings);
    dependencies::add(&mut change, &surroundings, &mut diagnostics)?;
    steering::add(
        &mut change,
        &surroundings,
        &entries,
        &judging,
        &mut diagnostics,
    );
    vouched::add(&mut change, repository, &judging);
    description::add(
        &mut change,
        &description::Telling {
            states: &states,
            written: &written,
            proposed: proposed.as_ref(),
            reviews: request.reviews.as_deref(),
            files: &files,
            signed: description::signed(&written, repository),
        },
    )?;
    ask(&place, &judging, &files, &written);
    always_unknown(&mut change);
    files::settle_unknown(&mut change);
    diagnostics.extend(files::gaps(&change));
    diagnostics.sort();
    diagnostics.dedup();
    change.diagnostics = diagnostics;
    Ok(ChangeOutcome {
        change,
        policy: judging.policy,
        policy_source: judging.source,
        policy_from: judging.from,
    })
}

fn range_of(states: &States) -> Range {
    let fork = states.fork.filter(|fork| Some(*fork) != states.base);
    Range {
        kind: states.kind,
        base: states.base.map(commit_id),
        fork: fork.map(commit_id),
        head: states.tip.map(commit_id),
    }
}

/// What findings are made by: this program's rules and analysis, and the team's own rules.
fn engine_digest(own_rules: &[(String, String)]) -> String {
    let mut parts = env!("TRUELINE_SOURCES").to_owned();
    for (name, text) in own_rules {
        for part in [name, text] {
            // Each with its length, so that no two lists are alike.
            let _ = write!(parts, "\n{}:{part}", part.len());
        }
    }
    Digest::of(parts.as_bytes()).to_string()
}

/// The request whose last commit, or whose merge, is judged, if its reviews were imported.
fn kept_request(
    repository: &Repository,
    tip: ObjectId,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Proposed> {
    let store = match ReviewStore::open(repository) {
        Ok(store) => store,
        Err(error) => {
            diagnostics.push(Diagnostic::new(
                Level::Warning,
                "reviews-unreadable",
                format!("imported reviews are not known: {error}"),
            ));
            return None;
        }
    };
    store.of(&tip.to_string(), &[]).map(Proposed::of_export)
}

fn empty(place: &Place, now: Timestamp, range: Range, policy: &Policy) -> Change {
    let shallow = place
        .repository()
        .is_some_and(|repository| !repository.shallow_commits().is_empty());
    Change {
        schema: SCHEMA.to_owned(),
        trueline_version: VERSION.to_owned(),
        evaluated_at: now,
        engine_digest: None,
        repository: ChangedRepository {
            name: place.name(),
            tier: policy.tier,
            branch: None,
            languages: Vec::new(),
            shallow,
        },
        range,
        author: None,
        requesters: Vec::new(),
        commits: Vec::new(),
        purposes: Vec::new(),
        size: Size::default(),
        files: Vec::new(),
        hunks: Vec::new(),
        tools: Vec::new(),
        findings: Vec::new(),
        suppressions: Vec::new(),
        dependencies: Vec::new(),
        models: Vec::new(),
        reviews: Vec::new(),
        tests: trueline_facts::change::TestFacts::default(),
        docs: trueline_facts::change::DocFacts::default(),
        agent_configuration: Vec::new(),
        workflows: Vec::new(),
        data: Vec::new(),
        policy_changed: Vec::new(),
        exceptions: Vec::new(),
        exception_writers: Vec::new(),
        not_known: Vec::new(),
        diagnostics: Vec::new(),
    }
}

/// Resolves what is compared.
fn states(
    repository: &Repository,
    request: &ChangeRequest,
    proposed: Option<&Proposed>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<States, ScanError> {
    if matches!(request.source, ChangeSource::Staged { .. }) {
        let head = repository.resolve(None)?;
        return Ok(States {
            kind: RangeKind::Staged,
            base: head,
            fork: head,
            tip: None,
            ahead: Vec::new(),
        });
    }
    let (kind, base, head) = match (&request.source, proposed) {
        (_, Some(proposed)) => (
            RangeKind::PullRequest,
            proposed.base.clone(),
            proposed.head.clone(),
        ),
        (ChangeSource::Range(Some(range)), None) => {
            let (base, head) = match range.strip_prefix("..") {
                Some(head) if !head.is_empty() && !head.starts_with('.') => {
                    (upstream(repository)?, Some(head.to_owned()))
                }
                _ => split(range)?,
            };
            (RangeKind::Range, base, head)
        }
        _ => (RangeKind::Range, upstream(repository)?, None),
    };
    let resolve = |rev: Option<&str>| {
        repository.resolve(rev).map_err(|error| match error {
            trueline_history::HistoryError::UnknownRevision { rev, shallow } => {
                ScanError::NoRange {
                    why: fetch_advice(repository, &rev, shallow),
                    range: rev,
                }
            }
            other => other.into(),
        })
    };
    let none = || {
        ScanError::NoRange {
        range: base.clone(),
        why: "it names no commit, because there is none yet; `trueline gate --staged` judges the first one"
            .to_owned(),
    }
    };
    let base_id = resolve(Some(&base))?.ok_or_else(none)?;
    let tip = resolve(head.as_deref())?.ok_or_else(none)?;
    let commits = repository.range_commits(base_id, tip);
    let shallow = !repository.shallow_commits().is_empty();
    let is_chosen_here = matches!(request.source, ChangeSource::Range(None)) && proposed.is_none();
    if is_chosen_here && shallow && base_id == tip {
        refuse_single_branch(repository, &base)?;
    }
    let Some(commits) = commits.filter(|commits| commits.fork.is_some()) else {
        let remote = repository.remote().unwrap_or_else(|| "origin".to_owned());
        return Err(ScanError::NoRange {
            range: format!("{base}..{}", head.as_deref().unwrap_or("HEAD")),
            why: if shallow {
                format!(
                    "the two have no commit in common here, because this is a shallow clone: run \
                     `git fetch --unshallow {remote}` (in GitHub Actions: `fetch-depth: 0` of actions/checkout; \
                     in GitLab CI: `GIT_DEPTH: 0`)"
                )
            } else {
                "the two have no commit in common: name the branch that the change goes into"
                    .to_owned()
            },
        });
    };
    if commits.behind > 0 {
        diagnostics.push(Diagnostic::new(
            Level::Note,
            "range-diverged",
            format!(
                "the base has {} that the head does not have: lines are compared with the commit where they parted, \
                 and judged by the base",
                counted(commits.behind, "commit")
            ),
        ));
    }
    Ok(States {
        kind,
        base: Some(base_id),
        fork: commits.fork,
        tip: Some(tip),
        ahead: commits.ahead,
    })
}

/// In a shallow clone of one branch that branch is the remote's own head: a change would be compared with itself.
fn refuse_single_branch(repository: &Repository, base: &str) -> Result<(), ScanError> {
    let remote = repository.remote().unwrap_or_else(|| "origin".to_owned());
    let prefix = format!("refs/remotes/{remote}/");
    let references = repository.references()?;
    // The remote's head is listed under the name of the branch that it stands for.
    let branches: BTreeSet<&[u8]> = references
        .iter()
        .filter_map(|reference| reference.name.strip_prefix(prefix.as_bytes()))
        .filter(|branch| *branch != b"HEAD")
        .collect();
    let branches: Vec<&[u8]> = branches.into_iter().collect();
    let is_main = |branch: &[u8]| matches!(branch, b"main" | b"master" | b"trunk");
    match branches.as_slice() {
        [only] if !is_main(only) => Err(ScanError::NoRange {
            range: format!("{base}..HEAD"),
            why: format!(
                "the two are one commit here, because this is a shallow clone of one branch ({}), and the branch that \
                 it goes into is not here: run `git fetch --unshallow {remote} \
                 '+refs/heads/*:refs/remotes/{remote}/*'`, then name that branch, as in `trueline gate {remote}/main`",
                only.to_str_lossy()
            ),
        }),
        _ => Ok(()),
    }
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// Says what to fetch, or what to name instead.
fn fetch_advice(repository: &Repository, rev: &str, shallow: bool) -> String {
    let remote = repository.remote().unwrap_or_else(|| "origin".to_owned());
    let branch = rev.strip_prefix(&format!("{remote}/"));
    if repository.has_reference(rev) && !shallow {
        return format!(
            "the reference is here, and the commit that it names is missing or damaged; {}",
            repository.remedy()
        );
    }
    match (branch, shallow) {
        (Some(branch), true) => format!(
            "it is not here, because this is a shallow clone: run `git fetch --unshallow {remote} \
             +refs/heads/{branch}:refs/remotes/{remote}/{branch}`"
        ),
        (Some(branch), false) => format!(
            "it is not here: run `git fetch {remote} +refs/heads/{branch}:refs/remotes/{remote}/{branch}`"
        ),
        (None, true) => format!(
            "it names no commit that is here, because this is a shallow clone: run `git fetch --unshallow {remote}`"
        ),
        (None, false) => format!(
            "it names no commit that is here; if the branch was rebased, its old commits are gone: name the branch \
             that the change goes into (`{remote}/main`), or run `git fetch {remote}`"
        ),
    }
}

/// `BASE..HEAD`, `BASE...HEAD`, `BASE`.
pub(crate) fn split(range: &str) -> Result<(String, Option<String>), ScanError> {
    let (base, head) = match range.split_once("...").or_else(|| range.split_once("..")) {
        Some((base, head)) => (base, Some(head)),
        None => (range, None),
    };
    if base.is_empty() {
        return Err(ScanError::NoRange {
            range: range.to_owned(),
            why: "a range is written BASE..HEAD".to_owned(),
        });
    }
    let head = head.filter(|head| !head.is_empty()).map(str::to_owned);
    Ok((base.to_owned(), head))
}

/// The branch that HEAD goes into, as far as references tell.
pub(crate) fn upstream(repository: &Repository) -> Result<String, ScanError> {
    let remote = repository.remote().unwrap_or_else(|| "origin".to_owned());
    let candidates = [
        format!("{remote}/HEAD"),
        format!("{remote}/main"),
        format!("{remote}/master"),
        "main".to_owned(),
        "master".to_owned(),
    ];
    let found = candidates
        .into_iter()
        .find(|name| matches!(repository.resolve(Some(name)), Ok(Some(_))));
    found.ok_or(ScanError::NoBase)
}

/// Notes that a fact is missing.
pub(crate) fn unknown(change: &mut Change, fact: FactName, why: &str) {
    change.not_known.push(NotKnown {
        fact,
        why: why.to_owned(),
        paths: Vec::new(),
    });
}

/// What has no producer here, whatever the change.
fn always_unknown(change: &mut Change) {
    unknown(
        change,
        FactName::CrossFileFindings,
        "files are checked by themselves; `trueline scan --diff BASE --format sarif` finds flows across files, and \
         `--import` takes them in",
    );
    unknown(
        change,
        FactName::Threats,
        "threats are not derived from changes",
    );
    if change.tests.passed.is_none() {
        unknown(
            change,
            FactName::TestResults,
            "nothing says whether tests pass",
        );
    }
}
