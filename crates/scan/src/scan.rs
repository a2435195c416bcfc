//! `trueline scan`: list, check, join, report.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use rustc_hash::FxHashMap;
use trueline_facts::code::CodeView;
use trueline_facts::scan::{Repository as RepositoryFacts, SCHEMA, ScanReport, SourceCoverage};
use trueline_facts::shadow::ShadowAi;
use trueline_facts::{CommitId, Diagnostic, Finding, RepoPath};
use trueline_sarif::{Imported, RuleText, ToolText};
use trueline_syntax::text::{decode_shown, without_mark};
use trueline_taint::Engine;

use crate::baseline::Baseline;
use crate::check::{Checked, CheckedFile, Contents, Tiers};
use crate::join::{self, HeadLines};
use crate::observe::Observation;
use crate::place::Place;
use crate::scanner::{Changed, Scanner};
use crate::{
    Progress, ReadingOptions, ScanError, VERSION, agents, artifacts, import, mend, redact, source,
};

/// Which checks run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Checks {
    /// All of them.
    #[default]
    All,
    /// What steers agents, and nothing else.
    Agents,
}

/// The digests of servers and tools that were seen, and where a team commits them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgentsLock {
    /// The file.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// What to scan and how.
#[derive(Clone, Debug)]
pub struct ScanRequest {
    /// A repository, a folder or file of one, or any folder.
    pub path: PathBuf,
    /// Which checks.
    pub checks: Checks,
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
    /// What can be committed so that a change of a server or tool is seen; absent for a part of a tree.
    pub agents_lock: Option<AgentsLock>,
    rules: Vec<RuleText>,
    /// What imported logs say of their tools.
    tools: BTreeMap<String, ToolText>,
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
            &self.tools,
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
    imported: Imported,
}

impl Named {
    /// Reads it; wrong names are told before the work begins.
    pub(crate) fn read(request: &ScanRequest, place: &Place) -> Result<Self, ScanError> {
        let changed_since = request.diff.as_deref().map(|base| place.base(base));
        let baseline = request.baseline.as_deref().map(Baseline::read);
        let imported = import::read(&request.imports, place.root_path())?;
        Ok(Self {
            changed_since: changed_since.transpose()?,
            baseline: baseline.transpose()?,
            imported,
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
    pub(crate) agents_seen: trueline_agents::Lock,
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
        agents_seen,
        mut diagnostics,
    } = parts;
    let Named {
        changed_since,
        baseline,
        imported,
    } = named;
    diagnostics.extend(imported.diagnostics);
    let all = place.contents();
    let contents = import::Listed {
        contents: &*all,
        paths,
    };
    diagnostics.append(&mut checked.diagnostics);
    import::add(&mut checked, imported.findings, scope);
    let mut tools = imported.tools;
    let secrets = redact::SecretLines::of(checked.files.iter().flat_map(|f| &f.findings));

    let compared = changed_since.as_ref().filter(|_| observation.is_some());
    let fork = match (observation, compared) {
        (Some(observation), Some(base)) => observation.fork_of(place, base)?,
        _ => None,
    };
    let known: BTreeSet<String> = rule_ids(engine, &checked.files);
    let joining = join::Join {
        known: known.iter().map(String::as_str).collect(),
        place,
        engine,
        contents: &contents,
        secrets: &secrets,
        values: OnceCell::new(),
        line_hashes: request.line_hashes,
        observation,
        base: compared.map(|base| join::Base::new(place, base, fork.clone())),
    };
    let mut joined = joining.run(checked.files);
    mask(&joining, &mut tools);

    diagnostics.append(&mut joined.diagnostics);
    for file in &mut joined.files {
        one_a_line(&mut file.findings);
    }
    if let Some(baseline) = &baseline {
        let is_whole = request.diff.is_none() && place.prefix.as_bytes().is_empty();
        diagnostics.extend(take_known(baseline, &mut joined.files, is_whole));
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
    if let Some(base) = compared {
        let from = fork.as_ref().unwrap_or(base);
        findings.extend(agents::weakened(place, &contents, scope, from));
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
        diff_fork: fork.filter(|fork| Some(fork) != changed_since.as_ref()),
        diff_name: request.diff.as_deref().map(redact::line),
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
        agents_lock: agents_lock(place, &agents_seen),
        rules: rule_texts(engine),
        tools,
        line_hashes: joined.line_hashes,
    })
}

/// Texts of other tools show no secret that was found.
fn mask(joining: &join::Join<'_>, tools: &mut BTreeMap<String, ToolText>) {
    for tool in tools.values_mut() {
        tool.each_text(&|text| joining.secret_values().masked_page(text));
    }
}

/// What is to be committed of the agents' configuration, where the whole tree was looked at.
fn agents_lock(place: &Place, seen: &trueline_agents::Lock) -> Option<AgentsLock> {
    let is_whole = place.prefix.as_bytes().is_empty() && !place.is_bare();
    is_whole.then(|| AgentsLock {
        path: place.root_path().join(trueline_agents::LOCK_PATH),
        text: seen.to_json(),
    })
}

/// Of several findings of one rule of ours on one line of code the first stays: who looks there sees the
/// others. A line of settings may hold as many things as it likes.
fn one_a_line(findings: &mut Vec<Finding>) {
    let line = |f: &Finding| (f.rule.to_string(), f.location.start.line);
    let is_ours = |f: &Finding| {
        f.engine == crate::OWN_ENGINE
            && trueline_syntax::language_of(f.location.path.as_bytes()).is_some()
    };
    let mut surest = BTreeMap::new();
    for finding in findings.iter().filter(|f| is_ours(f)) {
        let tier = surest.entry(line(finding)).or_insert(finding.tier);
        *tier = finding.tier.min(*tier);
    }
    findings.retain(|finding| {
        let key = line(finding);
        if !is_ours(finding) || !surest.contains_key(&key) {
            return !is_ours(finding);
        }
        let first = surest.get(&key) == Some(&finding.tier);
        if first {
            surest.remove(&key);
        }
        first
    });
}

/// Puts what a baseline knows aside; of a whole tree, says which of it is not there any more.
fn take_known(
    baseline: &Baseline,
    files: &mut [join::JoinedFile],
    is_whole: bool,
) -> Vec<Diagnostic> {
    let mut comparison = baseline.comparison();
    for file in files {
        let known = comparison.take_known(&mut file.findings);
        file.answered.add(&known);
        file.suppressed.extend(known);
        let known = comparison.take_known(&mut file.hidden);
        file.answered.add(&known);
    }
    if is_whole {
        comparison.outdated().into_iter().collect()
    } else {
        Vec::new()
    }
}

/// The document with what history says, and nothing found yet.
pub(crate) fn observed(place: &Place, observation: Option<&Observation>) -> ScanReport {
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
        diff_fork: None,
        diff_name: None,
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
                without_mark(&text)
                    .lines()
                    .nth(line.saturating_sub(1) as usize)
            } else {
                None
            };
            let line = raw.unwrap_or_default();
            let is_lossy = false;
            let raw = redact::Raw { line, is_lossy };
            redact::finding(&mut finding, raw, None, secrets);
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
        .chain(artifacts::rule_text())
        .chain(agents::rule_texts())
        .collect()
}

/// Rules that a comment can name: ours, and those of imported findings.
fn rule_ids(engine: &Engine, files: &[CheckedFile]) -> BTreeSet<String> {
    let own = engine.rules().iter().map(|r| &r.id);
    let theirs = files.iter().flat_map(|f| &f.findings).map(|f| &f.rule);
    own.chain(theirs)
        .map(ToString::to_string)
        .chain(agents::rule_ids().map(str::to_owned))
        .collect()
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
        let text = decode_shown(&content);
        if text.contains('\0') {
            return None;
        }
        let text = redact::text(&text, |number, line| secrets.shown(path, number, line));
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
