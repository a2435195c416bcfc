//! Weaknesses that a change brings or takes away: each file by itself, before and after, and what
//! other tools found on its lines.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rayon::prelude::*;
use trueline_cache::Cache;
use trueline_facts::change::{
    AuthorKind, Change, ChangeFinding, FactName, FindingClass, FindingStatus, ReadBy, ZoneId,
};
use trueline_facts::{Diagnostic, Finding, Level, ModelId, RepoPath, Severity, Tier, ToolId};
use trueline_history::ObjectId;
use trueline_taint::{Digest, Engine, FormSecret};

use super::files::unknown_of;
use super::judge::Judging;
use super::lines::Written;
use super::memo::{self, FileChecked, FileFinding, Memo};
use super::{Changed, unknown};
use crate::place::Place;
use crate::source::Scope;
use crate::suppress::{self, Comment};
use crate::{OWN_ENGINE, ReadingOptions, ScanError, alone, custom, import, redact};

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

/// What was found by what its file is known by.
type Known = BTreeMap<Digest, FileChecked>;

/// Adds findings, new and fixed.
pub(super) fn add(
    change: &mut Change,
    checking: &Checking<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<(), ScanError> {
    diagnostics.extend(checking.judging.diagnostics.iter().cloned());
    let scope = Scope::new(RepoPath::default(), &checking.judging.exclude)?;
    let baseline = checking.judging.baseline(checking.place)?;
    let (known, failed) = findings_of(checking, &scope)?;
    diagnostics.extend(failed);
    compare_all(change, checking, &scope, &known, &baseline, diagnostics);
    read_by(change, checking, &scope, &known, diagnostics);
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
            Some(checked) => {
                known.insert(version.name, checked);
            }
            None => diagnostics.push(failed(version.path)),
        }
    }
    compare_all(
        change,
        checking,
        &scope,
        &known,
        &BTreeSet::new(),
        diagnostics,
    );
    read_by(change, checking, &scope, &known, diagnostics);
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
    fn findings(&self, version: &Version<'_>) -> Result<Option<FileChecked>, ScanError> {
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
fn checked(engine: &Engine, version: &Version<'_>) -> Option<FileChecked> {
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

/// What the rules said of one side of a file.
fn of_side<'k>(
    known: &'k Known,
    path: &RepoPath,
    blob: Option<ObjectId>,
) -> Option<&'k FileChecked> {
    known.get(&Memo::name(path, blob?))
}

fn compare_all(
    change: &mut Change,
    checking: &Checking<'_>,
    scope: &Scope,
    known: &Known,
    baseline: &BTreeSet<String>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for file in checking.files {
        let old_path = file.delta.previous.as_ref().unwrap_or(file.path());
        let side = |path: &RepoPath, blob, secrets: &[FormSecret]| {
            let checked = of_side(known, path, blob);
            let mut findings = checked.map_or_else(Vec::new, |checked| checked.findings.clone());
            if scope.contains(path) {
                add_secrets(&mut findings, secrets);
            }
            findings
        };
        let before = side(old_path, file.delta.before, &file.secrets_before);
        let after = side(file.path(), file.delta.after, &file.secrets.found);
        compare(
            change,
            checking,
            file,
            &before,
            &after,
            baseline,
            diagnostics,
        );
    }
}

/// Adds secrets that are known by their form, on lines of which the rules did not say so already.
fn add_secrets(findings: &mut Vec<FileFinding>, secrets: &[FormSecret]) {
    let told = findings.len();
    for secret in secrets {
        let line = secret.finding.location.start.line;
        let mut told = findings.iter().take(told);
        if !told.any(|known| known.secret && (known.line..=known.last_line).contains(&line)) {
            let found = FileFinding::known_by(&secret.finding, &secret.identity);
            findings.push(found);
        }
    }
}

/// Says of each file what looked into it, and what of the change is not known for that.
fn read_by(
    change: &mut Change,
    checking: &Checking<'_>,
    scope: &Scope,
    known: &Known,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let (mut unread, mut unsearched) = (Vec::new(), Vec::new());
    for file in checking.files {
        let path = file.path();
        if file.delta.after.is_none() || !scope.contains(path) {
            continue;
        }
        let text = file.after.as_deref().unwrap_or_default();
        let checked = of_side(known, path, file.delta.after);
        let read = if !alone::is_read(path, text) {
            ReadBy::Forms
        } else if let Some(why) = file.unread {
            unread.push((path.clone(), why.as_str().to_owned()));
            ReadBy::Nothing
        } else {
            match checked {
                None => {
                    unread.push((path.clone(), "its analysis failed".to_owned()));
                    ReadBy::Nothing
                }
                Some(FileChecked {
                    unread: Some(why), ..
                }) => {
                    unread.push((path.clone(), why.clone()));
                    ReadBy::Nothing
                }
                Some(FileChecked {
                    partly: Some(what), ..
                }) => {
                    let note = Diagnostic::new(Level::Note, "file-partly-read", what.as_str());
                    diagnostics.push(note.at(path.clone()));
                    ReadBy::Partly
                }
                Some(_) => ReadBy::Rules,
            }
        };
        if file.secrets.cut {
            let why = file.unread.map_or(
                "more of it looks like secrets than is looked at",
                super::files::Unread::as_str,
            );
            unsearched.push((path.clone(), why.to_owned()));
        }
        let read = match read {
            ReadBy::Forms if file.secrets.cut => ReadBy::Nothing,
            read => read,
        };
        if let Some(listed) = change.files.iter_mut().find(|listed| listed.path == *path) {
            listed.read_by = read;
        }
    }
    unknown_of(
        change,
        FactName::Findings,
        unread,
        "no rule could look into every file: mend it, or leave it out by `[scan] exclude` of the base",
    );
    unknown_of(
        change,
        FactName::Secrets,
        unsearched,
        "not every file could be looked through for secrets",
    );
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
                && alone::is_read(path, text)
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
            Some(checked) => {
                known.insert(version.name, checked);
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
    let results: Vec<Option<FileChecked>> = if checking.reading.threads > 1 && fresh.len() > 1 {
        fresh.par_iter().map(check).collect()
    } else {
        fresh.iter().map(check).collect()
    };
    for (version, result) in fresh.iter().zip(results) {
        match result {
            Some(checked) => {
                memo.put(version.name, &checked);
                known.insert(version.name, checked);
            }
            None => diagnostics.push(failed(version.path)),
        }
    }
    memo.store();
    Ok((known, diagnostics))
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
    baseline: &BTreeSet<String>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let comments = Comments::of(file, checking.written);
    // Symbols that have a finding of a key.
    let mut had: BTreeMap<Digest, Vec<&str>> = BTreeMap::new();
    for finding in before {
        had.entry(finding.key).or_default().push(&finding.symbol);
    }
    for finding in after {
        if let Some(left) = had.get_mut(&finding.key)
            && let Some(last) = left.len().checked_sub(1)
        {
            let same = left.iter().position(|symbol| *symbol == finding.symbol);
            let was = left.swap_remove(same.unwrap_or(last));
            if same.is_none() {
                diagnostics.extend(moved(finding, file.path(), was));
            }
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
        locate(
            &mut new,
            checking,
            file.path(),
            file.zones(&checking.judging.policy),
        );
        change.findings.push(new);
    }
    let old_path = file.delta.previous.as_ref().unwrap_or(file.path());
    for finding in before {
        if had
            .get_mut(&finding.key)
            .is_some_and(|left| left.pop().is_some())
        {
            let mut fixed = of(finding, old_path, FindingStatus::Fixed);
            fixed.zones = checking.judging.policy.zones.ids(old_path);
            change.findings.push(fixed);
        }
    }
}

/// A weakness that stood in the same line, in a function of another name: it is not new, and yet what reaches it may
/// be.
fn moved(finding: &FileFinding, path: &RepoPath, was: &str) -> Option<Diagnostic> {
    if finding.tier != Tier::Shown || finding.severity < Severity::High {
        return None;
    }
    let named = |symbol: &str| {
        if symbol.is_empty() {
            "the file's own body".to_owned()
        } else {
            format!("`{symbol}`")
        }
    };
    let message = format!(
        "{} in line {} stood there before, in {}, and stands in {} now: see who reaches it",
        finding.rule,
        finding.line,
        named(was),
        named(&finding.symbol)
    );
    Some(Diagnostic::new(Level::Warning, "weakness-moved", message).at(path.clone()))
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
fn locate(
    finding: &mut ChangeFinding,
    checking: &Checking<'_>,
    path: &RepoPath,
    zones: Vec<ZoneId>,
) {
    finding.zones = zones;
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
    let trueline_sarif::Imported {
        findings,
        diagnostics: unread,
        ..
    } = import::read(checking.imports, checking.place.root_path())?;
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
        locate(
            &mut new,
            checking,
            path,
            checking.judging.policy.zones.ids(path),
        );
        // A log of our own scan holds what was found here already, under a name of its own: the same
        // fingerprint or the same place is the same finding. With the whole tree before it, it may have seen that
        // what looks harmless in one file is none: then it is what the log says.
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
        match change.findings.iter_mut().find(|known| is_ours(known)) {
            None => change.findings.push(new),
            Some(known) if is_graver(&new, known) => {
                // What a comment answers it answers whoever found it.
                new.silenced = known.silenced;
                *known = new;
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Does a finding say more of a place than what is known of it?
fn is_graver(new: &ChangeFinding, known: &ChangeFinding) -> bool {
    let weight = |finding: &ChangeFinding| (finding.tier == Tier::Shown, finding.severity);
    weight(new) > weight(known)
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
