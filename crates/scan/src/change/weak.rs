//! Weaknesses that a change brings or takes away: each file by itself, before and after, and what
//! other tools found on its lines.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rayon::prelude::*;
use trueline_cache::Cache;
use trueline_facts::change::{
    AuthorKind, Change, ChangeFinding, FactName, FindingClass, FindingStatus,
};
use trueline_facts::{Diagnostic, Finding, Level, ModelId, RepoPath, ToolId};
use trueline_history::ObjectId;
use trueline_taint::{Digest, Engine};

use super::judge::Judging;
use super::lines::Written;
use super::memo::{self, FileFinding, Memo};
use super::{Changed, unknown};
use crate::place::Place;
use crate::source::Scope;
use crate::suppress::{self, Comment};
use crate::{OWN_ENGINE, ReadingOptions, ScanError, custom, import, redact};

/// What is checked, and with what.
pub(super) struct Checking<'a> {
    pub(super) place: &'a Place,
    pub(super) judging: &'a Judging,
    pub(super) files: &'a [Changed],
    pub(super) written: &'a Written,
    pub(super) imports: &'a [PathBuf],
    pub(super) reading: &'a ReadingOptions,
    pub(super) cache: Option<&'a Cache>,
}

/// A file version to check.
struct Version<'a> {
    name: Digest,
    path: &'a RepoPath,
    text: &'a str,
}

/// Findings by what their file is known by.
type Known = BTreeMap<Digest, Vec<FileFinding>>;

/// Adds findings, new and fixed.
pub(super) fn add(
    change: &mut Change,
    checking: &Checking<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<(), ScanError> {
    diagnostics.extend(checking.judging.diagnostics.iter().cloned());
    let scope = Scope::new(RepoPath::default(), &checking.judging.exclude)?;
    let baseline = checking.judging.baseline(checking.place)?;
    let (known, unread) = findings_of(checking, &scope)?;
    diagnostics.extend(unread);
    compare_all(change, checking, &known, &baseline);
    imported(change, checking, &scope, diagnostics)?;
    sort(change);
    Ok(())
}

/// As [`add`], for one of many changes of the past: without a baseline, which speaks of today.
pub(super) fn add_replayed(
    change: &mut Change,
    checking: &Checking<'_>,
    shared: &Shared<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<(), ScanError> {
    let scope = Scope::new(RepoPath::default(), &checking.judging.exclude)?;
    let mut known = Known::new();
    for version in versions(checking, &scope) {
        match shared.findings(&version)? {
            Some(findings) => {
                known.insert(version.name, findings);
            }
            None => diagnostics.push(failed(version.path)),
        }
    }
    compare_all(change, checking, &known, &BTreeSet::new());
    imported(change, checking, &scope, diagnostics)?;
    sort(change);
    Ok(())
}

/// The rules and the memory that many changes share.
pub(super) struct Shared<'c> {
    own_rules: Vec<(String, String)>,
    memo: Mutex<Memo<'c>>,
    engine: OnceLock<Engine>,
}

impl<'c> Shared<'c> {
    /// What the cache has; the rules are loaded when the first file is not remembered.
    pub(super) fn load(cache: Option<&'c Cache>, own_rules: &[(String, String)]) -> Self {
        Self {
            own_rules: own_rules.to_vec(),
            memo: Mutex::new(Memo::load(cache, memo::OF_PAST, own_rules)),
            engine: OnceLock::new(),
        }
    }

    fn memo(&self) -> MutexGuard<'_, Memo<'c>> {
        self.memo.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The findings of a file; `None` where its analysis fails.
    fn findings(&self, version: &Version<'_>) -> Result<Option<Vec<FileFinding>>, ScanError> {
        if let Some(known) = self.memo().get(version.name) {
            return Ok(Some(known));
        }
        let engine = if let Some(engine) = self.engine.get() {
            engine
        } else {
            let engine = custom::with_own(&self.own_rules)?;
            self.engine.get_or_init(|| engine)
        };
        let found = checked(engine, version);
        if let Some(found) = &found {
            self.memo().put(version.name, found);
        }
        Ok(found)
    }

    /// Writes what was learnt.
    pub(super) fn store(self) {
        let memo = self.memo.into_inner();
        memo.unwrap_or_else(PoisonError::into_inner).store();
    }
}

/// One file by itself; `None` where its analysis fails.
fn checked(engine: &Engine, version: &Version<'_>) -> Option<Vec<FileFinding>> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        Memo::check(engine, version.path, version.text)
    }))
    .ok()
}

fn failed(path: &RepoPath) -> Diagnostic {
    Diagnostic::new(
        Level::Error,
        "analysis-failed",
        "skipped: the analysis failed on this file; please report it with the file, if you may",
    )
    .at(path.clone())
}

fn compare_all(
    change: &mut Change,
    checking: &Checking<'_>,
    known: &Known,
    baseline: &BTreeSet<String>,
) {
    for file in checking.files {
        let of = |path: &RepoPath, blob: Option<ObjectId>| {
            let name = Memo::name(path, blob?);
            known.get(&name).map(Vec::as_slice)
        };
        let old_path = file.delta.previous.as_ref().unwrap_or(file.path());
        let before = of(old_path, file.delta.before).unwrap_or_default();
        let after = of(file.path(), file.delta.after).unwrap_or_default();
        let comments = Comments::of(file, checking.written);
        compare(change, checking, file, before, after, &comments, baseline);
    }
}

fn sort(change: &mut Change) {
    change.findings.sort_by(|a, b| {
        (b.severity, b.confidence)
            .cmp(&(a.severity, a.confidence))
            .then_with(|| (&a.path, a.line, &a.rule).cmp(&(&b.path, b.line, &b.rule)))
            .then_with(|| (&a.engine, &a.fingerprint).cmp(&(&b.engine, &b.fingerprint)))
    });
}

/// What is there to check, before and after.
fn versions<'v>(checking: &Checking<'v>, scope: &Scope) -> Vec<Version<'v>> {
    let mut versions = Vec::new();
    for file in checking.files {
        let old_path = file.delta.previous.as_ref().unwrap_or(file.path());
        let sides = [
            (old_path, file.delta.before, file.before.as_deref()),
            (file.path(), file.delta.after, file.after.as_deref()),
        ];
        for (path, blob, text) in sides {
            if let (Some(blob), Some(text)) = (blob, text)
                && scope.contains(path)
                && is_checked(path)
            {
                let name = Memo::name(path, blob);
                versions.push(Version { name, path, text });
            }
        }
    }
    versions
}

/// The findings of all versions, by what each is known by. Rules are loaded only for what is not
/// remembered.
fn findings_of(
    checking: &Checking<'_>,
    scope: &Scope,
) -> Result<(Known, Vec<Diagnostic>), ScanError> {
    let versions = versions(checking, scope);
    let mut known = Known::new();
    let mut diagnostics = Vec::new();
    if versions.is_empty() {
        return Ok((known, diagnostics));
    }
    let own_rules = checking.judging.own_rules(checking.place)?;
    let mut memo = Memo::load(checking.cache, memo::OF_GATES, &own_rules);
    let mut fresh: Vec<Version<'_>> = Vec::new();
    for version in versions {
        match memo.get(version.name) {
            Some(findings) => {
                known.insert(version.name, findings);
            }
            None => fresh.push(version),
        }
    }
    // Loading the rules takes longer than everything else where nothing is fresh.
    let engine = if fresh.is_empty() {
        return Ok((known, diagnostics));
    } else {
        custom::with_own(&own_rules)?
    };
    let check = |version: &Version<'_>| checked(&engine, version);
    let results: Vec<Option<Vec<FileFinding>>> = if checking.reading.threads > 1 && fresh.len() > 1
    {
        fresh.par_iter().map(check).collect()
    } else {
        fresh.iter().map(check).collect()
    };
    for (version, result) in fresh.iter().zip(results) {
        match result {
            Some(findings) => {
                memo.put(version.name, &findings);
                known.insert(version.name, findings);
            }
            None => diagnostics.push(failed(version.path)),
        }
    }
    memo.store();
    Ok((known, diagnostics))
}

/// Can anything be found in a file of this name?
fn is_checked(path: &RepoPath) -> bool {
    trueline_syntax::language_of(path.as_bytes()).is_some()
        || trueline_agents::kind(path).is_some()
        || trueline_taint::is_settings(path)
}

/// Comments of a file that answer findings: those that were there, and those that the change adds.
struct Comments {
    all: Vec<Comment>,
    /// Lines of those that are added.
    added: BTreeSet<u32>,
}

impl Comments {
    fn of(file: &Changed, written: &Written) -> Self {
        let all = suppress::comments(file.after.as_deref().unwrap_or_default());
        let added = all
            .iter()
            .map(|comment| comment.line)
            .filter(|line| written.line(file.path(), *line).is_some())
            .collect();
        Self { all, added }
    }

    /// Whether a comment answers a finding, and whether the change adds it.
    fn answer(&self, finding: &FileFinding) -> Option<bool> {
        let comment = suppress::answering(
            &self.all,
            finding.rule.as_str(),
            finding.line..=finding.last_line,
        )?;
        Some(self.added.contains(&comment.line))
    }
}

fn compare(
    change: &mut Change,
    checking: &Checking<'_>,
    file: &Changed,
    before: &[FileFinding],
    after: &[FileFinding],
    comments: &Comments,
    baseline: &BTreeSet<String>,
) {
    let mut had: BTreeMap<Digest, usize> = BTreeMap::new();
    for finding in before {
        *had.entry(finding.key).or_default() += 1;
    }
    for finding in after {
        if let Some(left) = had.get_mut(&finding.key)
            && *left > 0
        {
            *left -= 1;
            continue;
        }
        if baseline.contains(finding.fingerprint.as_str()) {
            continue;
        }
        let silenced = match comments.answer(finding) {
            Some(false) => continue,
            Some(true) => true,
            None => false,
        };
        let mut new = of(finding, file.path(), FindingStatus::New);
        new.silenced = silenced;
        locate(&mut new, checking, file.path());
        change.findings.push(new);
    }
    let old_path = file.delta.previous.as_ref().unwrap_or(file.path());
    for finding in before {
        if let Some(left) = had.get_mut(&finding.key)
            && *left > 0
        {
            *left -= 1;
            let mut fixed = of(finding, old_path, FindingStatus::Fixed);
            fixed.zones = checking.judging.policy.zones.ids(old_path);
            change.findings.push(fixed);
        }
    }
}

fn of(finding: &FileFinding, path: &RepoPath, status: FindingStatus) -> ChangeFinding {
    ChangeFinding {
        status,
        class: class(finding.secret, path),
        rule: finding.rule.clone(),
        engine: OWN_ENGINE.to_owned(),
        cwe: finding.cwe.clone(),
        severity: finding.severity,
        confidence: finding.confidence,
        tier: finding.tier,
        path: path.clone(),
        line: finding.line,
        symbol: finding.symbol.clone(),
        message: finding.message.clone(),
        remedy: finding.remedy.clone(),
        fingerprint: finding.fingerprint.clone(),
        origin: AuthorKind::Unknown,
        tool: None,
        zones: Vec::new(),
        silenced: false,
    }
}

/// Who wrote the line of a finding; unknown where the change did not add that line.
fn locate(finding: &mut ChangeFinding, checking: &Checking<'_>, path: &RepoPath) {
    finding.zones = checking.judging.policy.zones.ids(path);
    if let Some(hunk) = checking.written.line(path, finding.line) {
        finding.origin = hunk.origin;
        finding.tool.clone_from(&hunk.tool);
    }
}

fn class(is_secret: bool, path: &RepoPath) -> FindingClass {
    if is_secret {
        return FindingClass::Secret;
    }
    match trueline_agents::kind(path) {
        Some(trueline_agents::Kind::Workflow) => FindingClass::Workflow,
        Some(trueline_agents::Kind::Source(_) | trueline_agents::Kind::Manifest) | None => {
            FindingClass::Code
        }
        Some(_) => FindingClass::AgentConfiguration,
    }
}

/// Findings of other tools on lines that the change adds.
fn imported(
    change: &mut Change,
    checking: &Checking<'_>,
    scope: &Scope,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<(), ScanError> {
    if checking.imports.is_empty() {
        unknown(
            change,
            FactName::ImportedFindings,
            "no SARIF of another tool was given (`--import FILE`)",
        );
        return Ok(());
    }
    let (findings, unread) = import::read(checking.imports, checking.place.root_path())?;
    diagnostics.extend(unread);
    // What stands in logs may quote the text around it.
    let on_change = |finding: &&Finding| {
        let at = &finding.location;
        let lines = at.start.line..=at.last_line().min(at.start.line.saturating_add(200));
        scope.contains(&at.path)
            && lines
                .clone()
                .any(|line| checking.written.line(&at.path, line).is_some())
    };
    for finding in findings.iter().filter(on_change) {
        let path = &finding.location.path;
        let mut new = ChangeFinding::of(
            finding,
            FindingStatus::New,
            class(redact::is_secret(finding), path),
        );
        new.message = crate::redacted(&new.message);
        locate(&mut new, checking, path);
        // A log of our own scan holds what was found here already, under a name of its own: the same
        // fingerprint or the same place is the same finding.
        let from_own_log = new.engine == trueline_sarif::OWN_LOG;
        let told = new.fingerprint.as_str();
        let told = told.strip_prefix(trueline_sarif::OWN_LOG).unwrap_or(told);
        let told = told.strip_prefix(':').unwrap_or(told);
        let is_ours = |known: &ChangeFinding| {
            known.fingerprint == new.fingerprint
                || (from_own_log
                    && known.engine == OWN_ENGINE
                    && (known.fingerprint.as_str() == told
                        || (&new.rule, &new.path, new.line)
                            == (&known.rule, &known.path, known.line)))
        };
        if !change.findings.iter().any(is_ours) {
            change.findings.push(new);
        }
    }
    Ok(())
}

/// Tools of the hunks of a file, for who counts them.
pub(super) fn tools_of(written: &Written) -> BTreeMap<(ToolId, Option<ModelId>), u64> {
    let mut lines = BTreeMap::new();
    for hunk in &written.hunks {
        if let Some(tool) = &hunk.tool {
            *lines.entry((tool.clone(), hunk.model.clone())).or_default() += u64::from(hunk.lines);
        }
    }
    lines
}
