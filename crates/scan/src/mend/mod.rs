//! `trueline scan --fix`: patches applied in memory, scanned again, and written when they are right.
//!
//! A patch stays only if its finding is gone, nothing new was found in any file, and the file parses
//! as well as before. What one patch makes room for is patched in a next round. Files are written
//! once, at the end; findings that are suppressed, in the baseline or outside of `--diff` are left.

mod mended;
mod suggest;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use trueline_facts::{Applicability, Diagnostic, Edit, Finding, Patch, RepoPath, Tier};
use trueline_syntax::Source;
use trueline_syntax::ir::Module;
use trueline_taint::Engine;

pub(crate) use self::mended::OwnLines;
pub use self::mended::mended;
pub use self::suggest::{NoSuggestion, Suggestion};
use crate::check::{self, Changes, Contents, Options, Tiers};
use crate::memory::{Memory, Stat};
use crate::place::Place;
use crate::scan::{ScanRequest, scan};
use crate::{Progress, ScanError, custom, redact, source};

/// Rounds of patches that make room for others.
const MAX_ROUNDS: usize = 60;

/// What becomes of the fixed text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Writing {
    /// The files are written.
    Write,
    /// Nothing is written.
    DryRun,
}

/// A file before and after its fixes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FixedFile {
    /// The file.
    pub path: RepoPath,
    /// Its text as found; secrets redacted.
    pub before: String,
    /// Its text after all fixes; secrets redacted.
    pub after: String,
}

/// A fix that was not applied, and why.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TakenBack {
    /// The file.
    pub path: RepoPath,
    /// The line of the finding.
    pub line: u32,
    /// What the fix would have done.
    pub title: String,
    /// Why it was not.
    pub reason: String,
}

/// What fixing did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FixOutcome {
    /// The files that changed, in order.
    pub files: Vec<FixedFile>,
    /// Fixes applied.
    pub fixed: usize,
    /// Findings whose fix somebody must look at first.
    pub need_unsafe: usize,
    /// Findings without a fix.
    pub without_fix: usize,
    /// Fixes that were not right here.
    pub taken_back: Vec<TakenBack>,
    /// What was written could not be noted for `learn fixed`.
    pub not_noted: bool,
}

/// Fixes what a scan with the same request reports.
pub fn fix(
    request: &ScanRequest,
    limit: Applicability,
    writing: Writing,
    progress: &dyn Progress,
    interrupt: &AtomicBool,
) -> Result<FixOutcome, ScanError> {
    let reported = scan(request, progress, interrupt)?.report.findings;
    let place = Place::open_for_code(&request.path)?;
    if place.is_bare() {
        return Err(ScanError::Unusable {
            path: request.path.clone(),
            reason: "a bare repository has no files to fix: give its work tree",
        });
    }
    let engine = custom::engine(&place)?;
    let config = place.config()?;
    let scope = source::Scope::new(place.prefix.clone(), &config.exclude)?;
    let wanted: BTreeSet<Key> = reported.iter().map(key).collect();
    let tracked: Vec<&RepoPath> = reported.iter().map(|f| &f.location.path).collect();
    let contents = place.contents();
    let mut mending = Mending {
        engine: &engine,
        paths: place.list(&scope, &tracked, &mut Vec::new()).paths,
        overlay: Overlay {
            below: &*contents,
            changed: BTreeMap::new(),
        },
        memory: Memory::default(),
        threads: request.reading.threads,
        limit,
        wanted,
        lines: reported.iter().map(line_of).collect(),
        rejected: BTreeMap::new(),
        alone: BTreeSet::new(),
        hidden: Vec::new(),
        mended: BTreeSet::new(),
        progress,
        interrupt,
    };
    let (fixed, left) = mending.run()?;
    let mut outcome = FixOutcome {
        fixed,
        need_unsafe: left.iter().filter(|l| **l == Left::NeedsUnsafe).count(),
        without_fix: left.iter().filter(|l| **l == Left::WithoutFix).count(),
        taken_back: mending.rejected.into_values().collect(),
        files: Vec::new(),
        not_noted: false,
    };
    // Noted before a file is written: a fix that is written and not noted would pass for a person's own.
    if writing == Writing::Write && !mending.mended.is_empty() {
        let mut new = std::mem::take(&mut mending.mended);
        for (path, after) in &mending.overlay.changed {
            let before = contents.read(path).unwrap_or_default();
            let before = String::from_utf8_lossy(&before);
            new.extend(mended::new_lines(path, &before, after));
        }
        outcome.not_noted = !mended::remember(&place, &new);
    }
    let hidden = mending.hidden;
    let changed = mending.overlay.changed;
    for (path, after) in changed {
        let before = contents.read(&path).map_err(|d| ScanError::NotWritten {
            path: path.display().into_owned(),
            reason: d.message,
        })?;
        if before == after.as_bytes() {
            continue;
        }
        if writing == Writing::Write && !interrupt.load(Ordering::SeqCst) {
            write::replace(place.root_path(), &path, &before, after.as_bytes())?;
        }
        let shown = |text: &str| {
            let text = hidden.iter().fold(text.to_owned(), |text, secret| {
                text.replace(secret, "\"…\"")
            });
            redact::text(&text, |_, line| redact::line(line))
        };
        outcome.files.push(FixedFile {
            before: shown(&String::from_utf8_lossy(&before)),
            after: shown(&after),
            path,
        });
    }
    Ok(outcome)
}

/// What a finding is known by: file, rule, fingerprint.
type Key = (RepoPath, String, String);

fn key(finding: &Finding) -> Key {
    (
        finding.location.path.clone(),
        finding.rule.to_string(),
        finding.fingerprint.as_str().to_owned(),
    )
}

/// Where a finding is: file, rule, line.
type Line = (RepoPath, String, u32);

fn line_of(finding: &Finding) -> Line {
    (
        finding.location.path.clone(),
        finding.rule.to_string(),
        finding.location.start.line,
    )
}

/// Why a finding was left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Left {
    NeedsUnsafe,
    WithoutFix,
    TakenBack,
}

/// Files with what was changed in them so far.
struct Overlay<'a> {
    below: &'a dyn Contents,
    changed: BTreeMap<RepoPath, String>,
}

impl Contents for Overlay<'_> {
    fn read(&self, path: &RepoPath) -> Result<Vec<u8>, Diagnostic> {
        match self.changed.get(path) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => self.below.read(path),
        }
    }

    fn stat(&self, path: &RepoPath) -> Option<Stat> {
        match self.changed.get(path) {
            // Its text is compared.
            Some(_) => None,
            None => self.below.stat(path),
        }
    }
}

/// Findings of all files, by file.
type Found = BTreeMap<RepoPath, Vec<Finding>>;

struct Mending<'a> {
    engine: &'a Engine,
    paths: Vec<RepoPath>,
    overlay: Overlay<'a>,
    memory: Memory,
    threads: usize,
    limit: Applicability,
    wanted: BTreeSet<Key>,
    /// Where they are: a report names one finding of a rule on a line, and all of them are meant.
    lines: BTreeSet<Line>,
    rejected: BTreeMap<Key, TakenBack>,
    /// Files whose patches are tried one after the other.
    alone: BTreeSet<RepoPath>,
    /// Secrets that were taken out, which no diff shows.
    hidden: Vec<String>,
    /// Fingerprints of the findings that are gone.
    mended: BTreeSet<String>,
    progress: &'a dyn Progress,
    interrupt: &'a AtomicBool,
}

/// The patches of one file that are tried together.
struct Attempt {
    before: String,
    after: String,
    chosen: Vec<(Finding, Patch)>,
}

/// How many findings of each rule a file had before a patch, and with it.
struct Tried {
    before: BTreeMap<String, usize>,
    after: BTreeMap<String, usize>,
}

impl Tried {
    /// Why the patch of a finding is not right.
    fn why_not(&self, finding: &Finding) -> String {
        let of =
            |counts: &BTreeMap<String, usize>, rule: &str| counts.get(rule).copied().unwrap_or(0);
        let rule = finding.rule.as_str();
        if of(&self.after, rule) >= of(&self.before, rule) {
            return "the finding stays with it".to_owned();
        }
        let mut rules = self.after.keys();
        match rules.find(|rule| of(&self.after, rule) > of(&self.before, rule)) {
            Some(new) => format!("it brings a new finding here, `{new}`"),
            None => "it brings a new finding in another file".to_owned(),
        }
    }
}

impl Mending<'_> {
    /// Applies patches until none is left; how many there were, and why each other finding was left.
    fn run(&mut self) -> Result<(usize, Vec<Left>), ScanError> {
        let mut fixed = 0;
        let mut found = self.check()?;
        let beside = found.values().flatten();
        let beside = beside.filter(|f| self.lines.contains(&line_of(f)) && f.tier == Tier::Shown);
        self.wanted.extend(beside.map(key).collect::<Vec<_>>());
        for _ in 0..MAX_ROUNDS {
            let (attempts, _) = self.attempts(&found);
            if attempts.is_empty() || self.interrupt.load(Ordering::SeqCst) {
                break;
            }
            for (path, attempt) in &attempts {
                self.overlay
                    .changed
                    .insert(path.clone(), attempt.after.clone());
            }
            let after = self.check()?;
            let strange = after.iter().any(|(path, findings)| {
                !attempts.contains_key(path)
                    && !no_more(
                        &counts(findings),
                        &counts_of(&found, path),
                        &BTreeMap::new(),
                    )
            });
            let mut kept = true;
            for (path, attempt) in attempts {
                let expected = counts(attempt.chosen.iter().map(|(f, _)| f));
                let right = !strange
                    && no_more(
                        &counts_of(&after, &path),
                        &counts_of(&found, &path),
                        &expected,
                    );
                if right {
                    fixed += attempt.chosen.len();
                    let chosen = attempt.chosen.iter();
                    self.mended
                        .extend(chosen.map(|(f, _)| f.fingerprint.as_str().to_owned()));
                    self.hide(&attempt);
                    continue;
                }
                kept = false;
                let tried = Tried {
                    before: counts_of(&found, &path),
                    after: counts_of(&after, &path),
                };
                self.take_back(path, attempt, &tried);
            }
            found = if kept { after } else { self.check()? };
        }
        let (_, left) = self.attempts(&found);
        Ok((fixed, left))
    }

    fn check(&mut self) -> Result<Found, ScanError> {
        let options = Options {
            tiers: Tiers::All,
            threads: self.threads,
            changes: Changes::Any,
            clock: SystemTime::now,
            progress: self.progress,
            interrupt: self.interrupt,
        };
        let checked = check::run(
            self.engine,
            &self.paths,
            &self.overlay,
            options,
            &mut self.memory,
        )?;
        Ok(checked
            .files
            .into_iter()
            .map(|file| (file.path, file.findings))
            .collect())
    }

    /// The patches to try next, and why the other wanted findings have none.
    fn attempts(&self, found: &Found) -> (BTreeMap<RepoPath, Attempt>, Vec<Left>) {
        let mut attempts = BTreeMap::new();
        let mut left = Vec::new();
        for (path, findings) in found {
            let mut wanted: Vec<Finding> = findings
                .iter()
                .filter(|f| self.wanted.contains(&key(f)))
                .cloned()
                .collect();
            if wanted.is_empty() {
                continue;
            }
            // A file that is not UTF-8 would lose what was replaced in reading it.
            let text = self
                .overlay
                .read(path)
                .ok()
                .and_then(|b| String::from_utf8(b).ok());
            let Some(text) = text else {
                left.extend(wanted.iter().map(|_| Left::WithoutFix));
                continue;
            };
            add_patches(self.engine, path, &text, &mut wanted);
            let mut chosen: Vec<(Finding, Patch)> = Vec::new();
            for finding in wanted {
                let patch = finding.fix.as_ref().and_then(|fix| fix.patch.clone());
                let Some(patch) = patch else {
                    left.push(Left::WithoutFix);
                    continue;
                };
                if self.rejected.contains_key(&key(&finding)) {
                    left.push(Left::TakenBack);
                } else if patch.applicability > self.limit {
                    left.push(Left::NeedsUnsafe);
                } else if (chosen.is_empty() || !self.alone.contains(path))
                    && chosen.iter().all(|(_, other)| fit_together(other, &patch))
                {
                    chosen.push((finding, patch));
                }
            }
            let mut edits: Vec<Edit> = chosen
                .iter()
                .flat_map(|(_, p)| p.edits.iter().cloned())
                .collect();
            edits.sort_by_key(|e| (e.start_byte, e.end_byte));
            edits.dedup();
            if let Some(after) = trueline_taint::apply(&text, &edits).filter(|_| !chosen.is_empty())
            {
                let attempt = Attempt {
                    before: text,
                    after,
                    chosen,
                };
                attempts.insert(path.clone(), attempt);
            }
        }
        (attempts, left)
    }

    /// Puts the text back. The patches that are wrong within their file are not tried again; if
    /// there are none, all are tried one by one.
    fn take_back(&mut self, path: RepoPath, attempt: Attempt, tried: &Tried) {
        let single = attempt.chosen.len() == 1;
        let before = found_alone(self.engine, &path, &attempt.before);
        let mut wrong = false;
        for (finding, patch) in &attempt.chosen {
            let alone = trueline_taint::apply(&attempt.before, &patch.edits)
                .filter(|_| !single)
                .map(|after| Tried {
                    before: before.clone(),
                    after: found_alone(self.engine, &path, &after),
                });
            let right = alone
                .as_ref()
                .is_some_and(|tried| no_more(&tried.after, &tried.before, &counts([finding])));
            if right {
                continue;
            }
            wrong = true;
            let reason = alone.as_ref().unwrap_or(tried).why_not(finding);
            self.rejected.insert(
                key(finding),
                TakenBack {
                    path: path.clone(),
                    line: finding.location.start.line,
                    title: patch.title.clone(),
                    reason,
                },
            );
        }
        self.overlay.changed.insert(path.clone(), attempt.before);
        if !wrong {
            self.alone.insert(path);
        }
    }

    fn hide(&mut self, attempt: &Attempt) {
        let secret = attempt.chosen.iter().filter(|(f, _)| redact::is_secret(f));
        for edit in secret.flat_map(|(_, patch)| &patch.edits) {
            let text = attempt
                .before
                .get(edit.start_byte as usize..edit.end_byte as usize);
            self.hidden
                .extend(text.filter(|t| !t.is_empty()).map(str::to_owned));
        }
    }
}

/// Puts patches to the findings of one file, if it can be read.
pub(crate) fn add_patches(engine: &Engine, path: &RepoPath, text: &str, findings: &mut [Finding]) {
    with_module(path, text, |shown, module| {
        engine.add_patches(shown, text, module, findings);
    });
}

/// How many findings of each rule a file has by itself.
fn found_alone(engine: &Engine, path: &RepoPath, text: &str) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    with_module(path, text, |_, module| {
        found = counts(&engine.analyze_file(path, text, module).findings);
    });
    found
}

fn with_module(path: &RepoPath, text: &str, work: impl FnOnce(&str, &Module) + Send) {
    let shown = path.display();
    let first = text.lines().next().unwrap_or("");
    let language = trueline_syntax::language_of(path.as_bytes())
        .or_else(|| trueline_syntax::language_of_shebang(first.as_bytes()));
    let Some(language) = language else { return };
    trueline_syntax::with_deep_stack(|| {
        let source = Source { path: &shown, text };
        if let Ok(module) = trueline_syntax::lower(language, source) {
            work(&shown, &module);
        }
    });
}

/// Whether two patches can be applied at once: apart, or putting the same text at the same place.
fn fit_together(one: &Patch, other: &Patch) -> bool {
    one.edits.iter().all(|a| {
        other.edits.iter().all(|b| {
            let apart = a.end_byte < b.start_byte || b.end_byte < a.start_byte;
            apart || a == b && a.start_byte == a.end_byte
        })
    })
}

fn counts<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.rule.to_string()).or_default() += 1;
    }
    counts
}

fn counts_of(found: &Found, path: &RepoPath) -> BTreeMap<String, usize> {
    found.get(path).map(counts).unwrap_or_default()
}

/// Whether no rule has more findings than before, less those that were fixed.
fn no_more(
    after: &BTreeMap<String, usize>,
    before: &BTreeMap<String, usize>,
    fixed: &BTreeMap<String, usize>,
) -> bool {
    let of = |counts: &BTreeMap<String, usize>, rule: &str| counts.get(rule).copied().unwrap_or(0);
    after
        .keys()
        .chain(fixed.keys())
        .all(|rule| of(after, rule) + of(fixed, rule) <= of(before, rule))
}
