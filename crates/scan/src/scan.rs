//! `trueline scan`: list, check, join, report.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use bstr::ByteSlice;
use rustc_hash::{FxHashMap, FxHashSet};
use trueline_facts::code::CodeView;
use trueline_facts::scan::{Repository as RepositoryFacts, SCHEMA, ScanReport, SourceCoverage};
use trueline_facts::shadow::ShadowAi;
use trueline_facts::{CommitId, Diagnostic, Finding, Level, Origin, RepoPath, Step};
use trueline_history::model::CommitIx;
use trueline_history::worktree::LineMap;
use trueline_sarif::{RuleText, line_hashes};
use trueline_taint::Engine;

use crate::baseline::Baseline;
use crate::check::{Checked, CheckedFile, Contents, Tiers};
use crate::join::{self, HeadLines, JoinedFile, SiteOrigin};
use crate::memory::Stat;
use crate::observe::Observation;
use crate::place::Place;
use crate::scanner::{Changed, Scanner};
use crate::{
    OWN_ENGINE, Progress, ReadingOptions, ScanError, VERSION, artifacts, import, mend, redact,
    source, suppress,
};

/// What to scan and how.
#[derive(Clone, Debug)]
pub struct ScanRequest {
    /// A repository, a folder or file of one, or any folder.
    pub path: PathBuf,
    /// Which findings.
    pub tiers: Tiers,
    /// Report only findings on lines that this revision does not have.
    pub diff: Option<String>,
    /// Findings that are known and not reported.
    pub baseline: Option<PathBuf>,
    /// SARIF logs of other tools.
    pub imports: Vec<PathBuf>,
    /// Prepare the code view of the HTML report?
    pub code_view: bool,
    /// Prepare the hashes of lines for [`ScanOutcome::sarif`]?
    pub line_hashes: bool,
    /// What every command can be told.
    pub reading: ReadingOptions,
}

/// The result of a scan.
#[derive(Debug)]
pub struct ScanOutcome {
    /// The document.
    pub report: ScanReport,
    /// Files for the code view, if it was asked for.
    pub code: Vec<CodeView>,
    /// Files that were analysed rather than remembered from an earlier scan, by path.
    pub analyzed: Vec<RepoPath>,
    /// How often a file was analysed: files that import each other can be several times.
    pub analyses: u64,
    rules: Vec<RuleText>,
    /// GitHub's hash of each line, of files with findings.
    line_hashes: BTreeMap<RepoPath, Vec<String>>,
}

impl ScanOutcome {
    /// The result as SARIF. Without [`ScanRequest::line_hashes`] other tools may take a finding
    /// that moved for a new one.
    pub fn sarif(&self) -> Result<String, ScanError> {
        let hash = |path: &RepoPath, line: u32| {
            self.line_hashes
                .get(path)?
                .get(line.checked_sub(1)? as usize)
                .cloned()
        };
        let mut all = self.report.findings.clone();
        all.extend(self.report.suppressed.iter().cloned());
        Ok(trueline_sarif::write(
            &all,
            &self.report.diagnostics,
            &self.rules,
            VERSION,
            self.report.scanned_path.as_ref(),
            &hash,
        )?)
    }
}

/// Scans.
pub fn scan(
    request: &ScanRequest,
    progress: &dyn Progress,
    interrupt: &AtomicBool,
) -> Result<ScanOutcome, ScanError> {
    Scanner::new(request.clone())?.scan(Changed::Anything, progress, interrupt)
}

/// What a request names besides the tree.
pub(crate) struct Named {
    changed_since: Option<CommitId>,
    baseline: Option<Baseline>,
    imported: Vec<Finding>,
    diagnostics: Vec<Diagnostic>,
}

impl Named {
    /// Reads it; wrong names are told before the work begins.
    pub(crate) fn read(request: &ScanRequest, place: &Place) -> Result<Self, ScanError> {
        let changed_since = request.diff.as_deref().map(|base| place.base(base));
        let baseline = request.baseline.as_deref().map(Baseline::read);
        let (imported, diagnostics) = import::read(&request.imports, place.root_path())?;
        Ok(Self {
            changed_since: changed_since.transpose()?,
            baseline: baseline.transpose()?,
            imported,
            diagnostics,
        })
    }
}

/// What is put together.
pub(crate) struct Parts<'a> {
    pub(crate) named: Named,
    pub(crate) request: &'a ScanRequest,
    pub(crate) place: &'a Place,
    pub(crate) engine: &'a Engine,
    pub(crate) scope: &'a source::Scope,
    pub(crate) observation: Option<&'a Observation>,
    pub(crate) paths: &'a [RepoPath],
    pub(crate) checked: Checked,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Joins what was found with where it comes from.
pub(crate) fn join(parts: Parts<'_>) -> Result<ScanOutcome, ScanError> {
    let Parts {
        named,
        request,
        place,
        engine,
        scope,
        observation,
        paths,
        mut checked,
        mut diagnostics,
    } = parts;
    let Named {
        changed_since,
        baseline,
        imported,
        diagnostics: unread,
    } = named;
    diagnostics.extend(unread);
    let contents = place.contents();
    let contents = Listed {
        contents: &*contents,
        paths,
    };
    diagnostics.append(&mut checked.diagnostics);
    add_imported(&mut checked, imported, scope);
    let secrets = redact::SecretLines::of(checked.files.iter().flat_map(|f| &f.findings));

    let known: BTreeSet<String> = rule_ids(engine, &checked.files);
    let mut joined = Join {
        known: known.iter().map(String::as_str).collect(),
        place,
        contents: &contents,
        secrets: &secrets,
        line_hashes: request.line_hashes,
        observation,
        base: match (observation, &changed_since) {
            (Some(observation), Some(base)) => Some(Base {
                commit: base.clone(),
                commits: observation.reachable_from(place, base)?,
            }),
            _ => None,
        },
    }
    .run(checked.files);

    diagnostics.append(&mut joined.diagnostics);
    if let Some(baseline) = &baseline {
        let mut comparison = baseline.comparison();
        for file in &mut joined.files {
            let known = comparison.take_known(&mut file.findings);
            file.suppressed.extend(known);
            comparison.take_known(&mut file.hidden);
        }
        if request.diff.is_none() && place.prefix.as_bytes().is_empty() {
            diagnostics.extend(comparison.outdated());
        }
    }
    let weaknesses = join::rates(engine, &joined.files);
    let mut findings = Vec::new();
    let mut suppressed = Vec::new();
    let mut uncertain = 0;
    for file in joined.files {
        uncertain += file.hidden.len() as u64;
        findings.extend(file.findings);
        suppressed.extend(file.suppressed);
    }
    join::sort(&mut findings);
    join::sort(&mut suppressed);
    add_patches(engine, &contents, &secrets, &mut findings);
    let code = if request.code_view {
        code_view(place, paths, &findings, observation, &contents, &secrets)
    } else {
        Vec::new()
    };
    diagnostics.sort();
    diagnostics.dedup();
    let report = ScanReport {
        diff_base: changed_since,
        sources: checked.coverage,
        weaknesses,
        findings,
        uncertain,
        suppressed,
        diagnostics,
        ..observed(place, observation)
    };
    Ok(ScanOutcome {
        report,
        code,
        analyzed: checked.analyzed,
        analyses: checked.analyses,
        rules: rule_texts(engine),
        line_hashes: joined.line_hashes,
    })
}

/// The document with what history says, and nothing found yet.
fn observed(place: &Place, observation: Option<&Observation>) -> ScanReport {
    ScanReport {
        schema: SCHEMA.to_owned(),
        trueline_version: VERSION.to_owned(),
        repository: observation.map_or_else(
            || RepositoryFacts {
                name: place.name(),
                head: None,
                head_time: None,
                commits: 0,
                shallow: false,
                bare: false,
            },
            |o| o.repository.clone(),
        ),
        scanned_path: Some(place.prefix.clone()).filter(|path| !path.as_bytes().is_empty()),
        diff_base: None,
        shadow_ai: observation.map_or_else(ShadowAi::default, |o| o.shadow_ai.clone()),
        pipeline: observation.map(|o| o.pipeline.clone()).unwrap_or_default(),
        usage: observation.map(|o| o.usage.clone()),
        health: observation.map(|o| o.health.clone()),
        sources: SourceCoverage::default(),
        weaknesses: Vec::new(),
        findings: Vec::new(),
        uncertain: 0,
        suppressed: Vec::new(),
        diagnostics: Vec::new(),
    }
}

/// Puts patches to findings, file by file: they are in the order of their paths or not.
fn add_patches(
    engine: &Engine,
    contents: &dyn Contents,
    secrets: &redact::SecretLines,
    findings: &mut [Finding],
) {
    let mut by_path: BTreeMap<RepoPath, Vec<usize>> = BTreeMap::new();
    for (at, finding) in findings.iter().enumerate() {
        by_path
            .entry(finding.location.path.clone())
            .or_default()
            .push(at);
    }
    for (path, places) in by_path {
        let text = contents
            .read(&path)
            .ok()
            .and_then(|b| String::from_utf8(b).ok());
        let Some(text) = text else { continue };
        let mut own: Vec<Finding> = places
            .iter()
            .filter_map(|at| findings.get(*at).cloned())
            .collect();
        mend::add_patches(engine, &path, &text, &mut own);
        for (at, mut finding) in places.into_iter().zip(own) {
            let line = finding.location.start.line;
            let raw = if secrets.contains(&path, line) {
                text.lines().nth(line.saturating_sub(1) as usize)
            } else {
                None
            };
            redact::finding(&mut finding, raw.unwrap_or_default(), secrets);
            if let Some(slot) = findings.get_mut(at) {
                slot.fix = finding.fix;
            }
        }
    }
}

fn rule_texts(engine: &Engine) -> Vec<RuleText> {
    engine
        .rules()
        .iter()
        .map(|rule| RuleText {
            id: rule.id.clone(),
            title: rule.title.clone(),
            markdown: rule.docs_markdown(),
        })
        .chain([artifacts::rule_text()])
        .collect()
}

/// The files of the scanned tree and no others: a log must not lead to what git ignores, nor to what
/// is no file of the tree.
struct Listed<'a> {
    contents: &'a dyn Contents,
    /// Sorted.
    paths: &'a [RepoPath],
}

impl Contents for Listed<'_> {
    fn read(&self, path: &RepoPath) -> Result<Vec<u8>, Diagnostic> {
        if self.paths.binary_search(path).is_ok() {
            return self.contents.read(path);
        }
        Err(Diagnostic::new(
            Level::Warning,
            "file-not-scanned",
            "an imported result is about it, but it is no file of the scanned tree: it was not read, \
             the result has no origin and no code",
        )
        .at(path.clone()))
    }

    fn stat(&self, path: &RepoPath) -> Option<Stat> {
        self.contents.stat(path)
    }
}

/// Puts imported findings beside ours, by file.
fn add_imported(checked: &mut Checked, imported: Vec<Finding>, scope: &source::Scope) {
    let mut by_path: BTreeMap<RepoPath, Vec<Finding>> = BTreeMap::new();
    for finding in imported {
        if scope.contains(&finding.location.path) {
            by_path
                .entry(finding.location.path.clone())
                .or_default()
                .push(finding);
        }
    }
    if by_path.is_empty() {
        return;
    }
    let at: FxHashMap<RepoPath, usize> = checked
        .files
        .iter()
        .enumerate()
        .map(|(ix, f)| (f.path.clone(), ix))
        .collect();
    for (path, findings) in by_path {
        if let Some(file) = at.get(&path).and_then(|ix| checked.files.get_mut(*ix)) {
            file.findings.extend(findings);
            continue;
        }
        checked.files.push(CheckedFile {
            path,
            findings,
            hidden: Vec::new(),
            sites: Vec::new(),
            comments: Vec::new(),
        });
    }
    checked.files.sort_by(|a, b| a.path.cmp(&b.path));
}

/// Rules that a comment can name: ours, and those of imported findings.
fn rule_ids(engine: &Engine, files: &[CheckedFile]) -> BTreeSet<String> {
    let own = engine.rules().iter().map(|r| &r.id);
    let theirs = files.iter().flat_map(|f| &f.findings).map(|f| &f.rule);
    own.chain(theirs).map(ToString::to_string).collect()
}

struct Join<'a> {
    /// Rules that comments can name, sorted.
    known: Vec<&'a str>,
    place: &'a Place,
    contents: &'a dyn Contents,
    secrets: &'a redact::SecretLines,
    line_hashes: bool,
    observation: Option<&'a Observation>,
    base: Option<Base>,
}

/// What `--diff` compares with.
struct Base {
    commit: CommitId,
    /// Commits that it has.
    commits: FxHashSet<CommitIx>,
}

struct Joined {
    files: Vec<JoinedFile>,
    diagnostics: Vec<Diagnostic>,
    line_hashes: BTreeMap<RepoPath, Vec<String>>,
}

impl Join<'_> {
    fn run(&self, files: Vec<CheckedFile>) -> Joined {
        let head = self
            .observation
            .map(|o| HeadLines::new(&o.history, &o.origins));
        let mut joined = Joined {
            files: Vec::with_capacity(files.len()),
            diagnostics: Vec::new(),
            line_hashes: BTreeMap::new(),
        };
        for file in files {
            self.file(file, head.as_ref(), &mut joined);
        }
        joined
    }

    fn file(&self, file: CheckedFile, head: Option<&HeadLines<'_>>, joined: &mut Joined) {
        let CheckedFile {
            path,
            mut findings,
            mut hidden,
            sites,
            comments,
        } = file;
        // Outside of git nothing but new texts needs the content.
        let content = LazyCell::new(|| self.contents.read(&path).unwrap_or_default());
        let map = head.map_or_else(LineMap::identity, |h| h.map(self.place, &path, &content));
        let known = |line: u32| head.map(|h| h.line(&path, &map, line));
        // A line is the base's if a commit of the base added it (also under another name) or if the
        // base has it at this path (a squash merge brings the same line by another commit).
        let at_base = self.base.as_ref().and_then(|base| {
            let before = self.place.file_of(&base.commit, &path)?;
            Some(LineMap::between(&before, &content))
        });
        let changed = |line: u32| {
            let Some(base) = &self.base else { return true };
            let added_by_base = known(line)
                .and_then(|l| l.commit)
                .is_some_and(|commit| base.commits.contains(&commit));
            let stands_at_base = at_base
                .as_ref()
                .is_some_and(|map| map.head_line(line.saturating_sub(1)).is_some());
            !added_by_base && !stands_at_base
        };
        if self.base.is_some() {
            let is_changed = |f: &Finding| {
                let first = f.location.start.line;
                let last = f.location.end.line.min(first.saturating_add(LONGEST_RANGE));
                (first..=last).any(&changed)
            };
            findings.retain(is_changed);
            hidden.retain(is_changed);
        }
        // Only another tool's finding can point to what is not there.
        let is_foreign = |f: &Finding| f.engine != OWN_ENGINE;
        let foreign = findings.iter().any(is_foreign);
        let is_missing = foreign && self.contents.read(&path).is_err();
        let lines = if foreign { content.lines().count() } else { 0 };
        let mut nowhere = 0;
        for finding in &mut findings {
            let line = finding.location.start.line;
            finding.origin = known(line).map(|l| l.origin.clone());
            if is_foreign(finding) && (is_missing || line as usize > lines) {
                nowhere += 1;
                finding.origin = finding.origin.take().map(|_| Origin::not_at_head(NOT_HERE));
            }
            collapse(&mut finding.trace);
            if finding.location.snippet.is_empty() {
                finding.location.snippet =
                    line_of(&content, finding.location.start.line, &path, self.secrets);
            }
            // The content is read only where a secret stands.
            let secret = self.secrets.contains(&path, finding.location.start.line);
            let raw = if secret {
                line_at(&content, finding.location.start.line)
            } else {
                Cow::Borrowed("")
            };
            redact::finding(finding, &raw, self.secrets);
        }
        let sites = sites
            .into_iter()
            .filter(|site| changed(site.start.line))
            .map(|site| {
                let ai = known(site.start.line).is_some_and(|l| l.origin.is_ai());
                let group = if ai {
                    SiteOrigin::KnownAi
                } else {
                    SiteOrigin::NotKnownAi
                };
                (site, group)
            })
            .collect();
        if nowhere > 0 {
            joined
                .diagnostics
                .push(place_missing(&path, nowhere, is_missing, lines));
        }
        // Lines that `--diff` leaves out cannot tell whether a comment is still needed.
        let mut complaints = Vec::new();
        let suppressed = suppress::apply(
            &path,
            &comments,
            &mut findings,
            &mut hidden,
            &self.known,
            &mut complaints,
        );
        if self.base.is_none() {
            joined.diagnostics.append(&mut complaints);
        }
        if self.line_hashes && !(findings.is_empty() && suppressed.is_empty()) {
            let text = content.to_str_lossy();
            joined.line_hashes.insert(path.clone(), line_hashes(&text));
        }
        joined.files.push(JoinedFile {
            findings,
            suppressed,
            hidden,
            sites,
        });
    }
}

/// Said of the place of an imported finding.
const NOT_HERE: &str = "not in this tree";

fn place_missing(path: &RepoPath, number: usize, is_missing: bool, lines: usize) -> Diagnostic {
    let findings = if number == 1 {
        "finding is"
    } else {
        "findings are"
    };
    let place = if is_missing {
        "a file that is none of the scanned tree (gone, or ignored)".to_owned()
    } else {
        format!("lines after the end of this file, which has {lines}")
    };
    Diagnostic::new(
        Level::Warning,
        "imported-place-missing",
        format!("{number} imported {findings} about {place}: kept, but nothing is known of the place; was the log made from another commit?"),
    )
    .at(path.clone())
}

/// Two steps at one place that say the same are one for a reader.
fn collapse(trace: &mut Vec<Step>) {
    trace.dedup_by(|b, a| {
        a.message == b.message
            && a.location.path == b.location.path
            && a.location.start.line == b.location.start.line
    });
}

/// Lines of a finding that `--diff` looks at.
const LONGEST_RANGE: u32 = 200;

/// Longest snippet, in characters.
const SNIPPET: usize = 200;

/// A line of a file as it stands there.
fn line_at(content: &[u8], line: u32) -> Cow<'_, str> {
    let line = content.lines().nth(line.saturating_sub(1) as usize);
    line.unwrap_or_default().to_str_lossy()
}

/// The line, to be shown: masking comes before cutting, so that no half of a secret stays.
fn line_of(content: &[u8], line: u32, path: &RepoPath, secrets: &redact::SecretLines) -> String {
    let text = line_at(content, line);
    let text = text.trim_end();
    let masked = if secrets.contains(path, line) {
        redact::values(text)
    } else {
        redact::line(text)
    };
    masked.chars().take(SNIPPET).collect()
}

fn code_view(
    place: &Place,
    paths: &[RepoPath],
    findings: &[Finding],
    observation: Option<&Observation>,
    contents: &dyn Contents,
    secrets: &redact::SecretLines,
) -> Vec<CodeView> {
    let mut counts: FxHashMap<&RepoPath, u64> = FxHashMap::default();
    for finding in findings {
        *counts.entry(&finding.location.path).or_default() += 1;
    }
    let ai_lines = observation.map(Observation::ai_lines).unwrap_or_default();
    let head = observation.map(|o| HeadLines::new(&o.history, &o.origins));
    let candidates = paths.iter().map(|path| {
        (
            path.clone(),
            counts.get(path).copied().unwrap_or(0),
            ai_lines.get(path).copied().unwrap_or(0),
        )
    });
    join::code_view(candidates, |path| {
        let content = contents.read(path).ok()?;
        if content.contains(&0) {
            return None;
        }
        let text = redact::text(&content.to_str_lossy(), |line| secrets.contains(path, line));
        let lines = text.lines().count() as u32;
        let runs = head
            .as_ref()
            .map(|h| h.gutter(path, &h.map(place, path, &content), lines))
            .unwrap_or_default();
        Some((text, runs))
    })
}

/// The id of a commit as documents write it.
pub(crate) fn commit_id(id: trueline_history::ObjectId) -> CommitId {
    CommitId::new(id.to_string())
}
