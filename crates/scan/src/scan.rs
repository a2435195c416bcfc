//! `trueline scan`: list, check, join, report.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use bstr::ByteSlice;
use rustc_hash::{FxHashMap, FxHashSet};
use trueline_facts::code::CodeView;
use trueline_facts::scan::{Repository as RepositoryFacts, SCHEMA, ScanReport};
use trueline_facts::shadow::ShadowAi;
use trueline_facts::{CommitId, Diagnostic, Finding, Level, RepoPath};
use trueline_history::model::CommitIx;
use trueline_history::worktree::LineMap;
use trueline_sarif::{RuleText, line_hashes};
use trueline_taint::Engine;

use crate::check::{self, Checked, CheckedFile, Contents, Tiers};
use crate::join::{self, HeadLines, JoinedFile, SiteOrigin};
use crate::observe::{self, Observation};
use crate::place::Place;
use crate::{Progress, ReadingOptions, ScanError, VERSION, import, redact, source};

/// What to scan and how.
#[derive(Clone, Debug)]
pub struct ScanRequest {
    /// A repository, a folder or file of one, or any folder.
    pub path: PathBuf,
    /// Which findings.
    pub tiers: Tiers,
    /// Report only findings on lines that this revision does not have.
    pub diff: Option<String>,
    /// SARIF logs of other tools.
    pub imports: Vec<PathBuf>,
    /// Prepare the code view of the HTML report?
    pub code_view: bool,
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
    rules: Vec<RuleText>,
    /// GitHub's hash of each line, of files with findings.
    line_hashes: BTreeMap<RepoPath, Vec<String>>,
}

impl ScanOutcome {
    /// The result as SARIF.
    pub fn sarif(&self) -> Result<String, ScanError> {
        let hash = |path: &RepoPath, line: u32| {
            self.line_hashes
                .get(path)?
                .get(line.checked_sub(1)? as usize)
                .cloned()
        };
        Ok(trueline_sarif::write(
            &self.report.findings,
            &self.report.diagnostics,
            &self.rules,
            VERSION,
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
    let engine = Engine::builtin()?;
    let place = Place::open(&request.path)?;
    let config = place.config()?;
    let scope = source::Scope::new(place.prefix.clone(), &config.exclude)?;
    let changed_since = request
        .diff
        .as_deref()
        .map(|base| place.base(base))
        .transpose()?;
    let (imported, mut diagnostics) = import::read(&request.imports, place.root_path())?;

    let observation =
        observe::observe(&place, &config, None, &request.reading, progress, interrupt)?;
    if let Some(observation) = &observation {
        diagnostics.extend(observation.diagnostics.iter().cloned());
    } else {
        diagnostics.push(Diagnostic::new(
            Level::Warning,
            "outside-git",
            "not in a git repository: weaknesses are checked, origins are not known",
        ));
    }

    let contents = place.contents();
    let tracked: Vec<&RepoPath> = observation
        .as_ref()
        .map(Observation::files)
        .unwrap_or_default();
    let paths = place.list(&scope, &tracked, &mut diagnostics);
    let mut checked = check::run(
        &engine,
        &paths,
        &*contents,
        request.tiers,
        request.reading.threads,
        progress,
        interrupt,
    )?;
    diagnostics.append(&mut checked.diagnostics);
    add_imported(&mut checked, imported, &scope, &*contents, &mut diagnostics);

    let joined = Join {
        place: &place,
        observation: observation.as_ref(),
        base: match (&observation, &changed_since) {
            (Some(observation), Some(base)) => Some(Base {
                commit: base.clone(),
                commits: observation.reachable_from(&place, base)?,
            }),
            _ => None,
        },
    }
    .run(checked.files);

    let weaknesses = join::rates(&engine, &joined.files);
    let mut findings: Vec<Finding> = joined.files.into_iter().flat_map(|f| f.findings).collect();
    join::sort(&mut findings);
    let code = if request.code_view {
        code_view(&place, &paths, &findings, observation.as_ref(), &*contents)
    } else {
        Vec::new()
    };
    diagnostics.sort();
    diagnostics.dedup();
    let report = ScanReport {
        schema: SCHEMA.to_owned(),
        trueline_version: VERSION.to_owned(),
        repository: match &observation {
            Some(observation) => observation.repository.clone(),
            None => RepositoryFacts {
                name: place.name(),
                head: None,
                head_time: None,
                commits: 0,
                shallow: false,
                bare: false,
            },
        },
        diff_base: changed_since,
        shadow_ai: observation
            .as_ref()
            .map_or_else(ShadowAi::default, |o| o.shadow_ai.clone()),
        pipeline: observation
            .as_ref()
            .map(|o| o.pipeline.clone())
            .unwrap_or_default(),
        usage: observation.as_ref().map(|o| o.usage.clone()),
        health: observation.as_ref().map(|o| o.health.clone()),
        sources: checked.coverage,
        weaknesses,
        findings,
        diagnostics,
    };
    Ok(ScanOutcome {
        report,
        code,
        rules: rule_texts(&engine),
        line_hashes: joined.line_hashes,
    })
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
        .collect()
}

/// Puts imported findings beside ours, by file.
fn add_imported(
    checked: &mut Checked,
    imported: Vec<Finding>,
    scope: &source::Scope,
    contents: &dyn Contents,
    diagnostics: &mut Vec<Diagnostic>,
) {
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
        match at.get(&path).and_then(|ix| checked.files.get_mut(*ix)) {
            Some(file) => file.findings.extend(findings),
            None => match contents.read(&path) {
                Ok(content) => checked.files.push(CheckedFile {
                    path,
                    content: Some(content),
                    findings,
                    hidden: Vec::new(),
                    sites: Vec::new(),
                }),
                Err(diagnostic) => {
                    diagnostics.push(diagnostic);
                    // The finding stays, without an origin: nothing is lost.
                    checked.files.push(CheckedFile {
                        path,
                        content: None,
                        findings,
                        hidden: Vec::new(),
                        sites: Vec::new(),
                    });
                }
            },
        }
    }
    checked.files.sort_by(|a, b| a.path.cmp(&b.path));
}

struct Join<'a> {
    place: &'a Place,
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
    line_hashes: BTreeMap<RepoPath, Vec<String>>,
}

impl Join<'_> {
    fn run(&self, files: Vec<CheckedFile>) -> Joined {
        let head = self
            .observation
            .map(|o| HeadLines::new(&o.history, &o.origins));
        let mut joined = Joined {
            files: Vec::with_capacity(files.len()),
            line_hashes: BTreeMap::new(),
        };
        for file in files {
            let file = self.file(file, head.as_ref(), &mut joined.line_hashes);
            joined.files.push(file);
        }
        joined
    }

    fn file(
        &self,
        file: CheckedFile,
        head: Option<&HeadLines<'_>>,
        line_hashes_of: &mut BTreeMap<RepoPath, Vec<String>>,
    ) -> JoinedFile {
        let CheckedFile {
            path,
            content,
            mut findings,
            hidden,
            sites,
        } = file;
        let content = content.unwrap_or_default();
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
            findings.retain(|f| {
                let first = f.location.start.line;
                let last = f.location.end.line.min(first.saturating_add(LONGEST_RANGE));
                (first..=last).any(&changed)
            });
        }
        for finding in &mut findings {
            finding.origin = known(finding.location.start.line).map(|l| l.origin.clone());
            if finding.location.snippet.is_empty() {
                finding.location.snippet = line_of(&content, finding.location.start.line);
            }
            redact::finding(finding);
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
        if !findings.is_empty() {
            let text = content.to_str_lossy();
            line_hashes_of.insert(path, line_hashes(&text));
        }
        JoinedFile {
            findings,
            hidden,
            sites,
        }
    }
}

/// Lines of a finding that `--diff` looks at.
const LONGEST_RANGE: u32 = 200;

/// Longest snippet, in characters.
const SNIPPET: usize = 200;

fn line_of(content: &[u8], line: u32) -> String {
    let text = content
        .lines()
        .nth(line.saturating_sub(1) as usize)
        .unwrap_or_default()
        .to_str_lossy();
    redact::line(text.trim_end())
        .chars()
        .take(SNIPPET)
        .collect()
}

fn code_view(
    place: &Place,
    paths: &[RepoPath],
    findings: &[Finding],
    observation: Option<&Observation>,
    contents: &dyn Contents,
) -> Vec<CodeView> {
    let mut counts: FxHashMap<&RepoPath, u64> = FxHashMap::default();
    let mut secret_lines: FxHashMap<&RepoPath, FxHashSet<u32>> = FxHashMap::default();
    for finding in findings {
        let path = &finding.location.path;
        *counts.entry(path).or_default() += 1;
        if redact::is_secret(finding) {
            let lines = secret_lines.entry(path).or_default();
            let first = finding.location.start.line;
            lines.extend(
                first
                    ..=finding
                        .location
                        .end
                        .line
                        .min(first.saturating_add(LONGEST_RANGE)),
            );
        }
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
        let secrets = secret_lines.get(path);
        let text = redact::text(&content.to_str_lossy(), |line| {
            secrets.is_some_and(|s| s.contains(&line))
        });
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
