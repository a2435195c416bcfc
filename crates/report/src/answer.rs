//! The words with which every report opens: what was looked at, and what was found there. One place,
//! so that the terminal, the comment and the page give the same answer. Facts in, plain text out:
//! the renderers make it visible or escape it.

use std::collections::BTreeSet;

use trueline_facts::scan::{Repository, ScanReport};
use trueline_facts::shadow::{ShadowAi, Signal, SignalKind};
use trueline_facts::stats::{RepositoryStats, StatsReport};
use trueline_facts::usage::{Advice, EvidenceCoverage, LineShares, ToolUse, Usage};
use trueline_facts::{Diagnostic, Finding, Proportion, RepoPath, Suppression, Timestamp, ToolId};

use crate::words;

/// The repository, or the part of it that was looked at: `shop/src/db`.
pub(crate) fn name(repository: &Repository, part: Option<&RepoPath>) -> String {
    match part {
        Some(path) => format!("{}/{}", repository.name, path.display()),
        None => repository.name.clone(),
    }
}

/// The same, of a scan.
pub(crate) fn scanned(report: &ScanReport) -> String {
    name(&report.repository, report.scanned_path.as_ref())
}

/// Said of what only a whole repository has (health, anomalies, shadow AI, pipeline), where a part of it
/// was looked at.
pub(crate) const fn in_whole(part: Option<&RepoPath>) -> &'static str {
    match part {
        Some(_) => " in the whole repository",
        None => "",
    }
}

/// Why nothing is said about who wrote the code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum WithoutOrigins {
    OutsideGit,
    Damaged,
    /// Nothing was found, so history was not read.
    NotRead,
}

impl WithoutOrigins {
    pub(crate) fn of(report: &ScanReport) -> Self {
        let told = |code: &str| report.diagnostics.iter().any(|d| d.code == code);
        if told("history-unreadable") {
            Self::Damaged
        } else if told("history-not-read") {
            Self::NotRead
        } else {
            Self::OutsideGit
        }
    }
}

/// What findings were looked for in: everything, or the changed lines.
fn scope(report: &ScanReport) -> String {
    let name = scanned(report);
    match changed_since(report) {
        Some((since, remark)) => format!("the lines of {name} changed since {since}{remark}"),
        None => name,
    }
}

/// Since which commit the lines changed that are spoken of, and how that follows from what was asked for.
pub(crate) fn changed_since(report: &ScanReport) -> Option<(&str, String)> {
    let base = report.diff_base.as_ref()?;
    let name = report.diff_name.as_deref();
    // A part of the id says no more than the id.
    let name = name.filter(|name| !base.as_str().starts_with(&name.to_ascii_lowercase()));
    Some(match &report.diff_fork {
        Some(fork) => {
            let left = name.unwrap_or_else(|| base.short());
            (fork.short(), format!(", where this left {left}"))
        }
        None => (
            base.short(),
            name.map_or_else(String::new, |name| format!(" ({name})")),
        ),
    })
}

/// Files that were understood, in full or in part.
pub(crate) fn files_read(report: &ScanReport) -> u64 {
    let languages = report.sources.languages.values();
    languages.map(|l| l.parsed + l.partial).sum()
}

/// Files in supported languages that were not read.
pub(crate) fn files_skipped(report: &ScanReport) -> u64 {
    report.sources.languages.values().map(|l| l.skipped).sum()
}

/// Findings that the baseline knows.
pub(crate) fn in_baseline(report: &ScanReport) -> u64 {
    let suppressed = report.suppressed.iter();
    suppressed
        .filter(|f| f.suppression == Some(Suppression::Baseline))
        .count() as u64
}

/// Findings that a comment beside their line answers.
pub(crate) fn by_comment(report: &ScanReport) -> u64 {
    report.suppressed.len() as u64 - in_baseline(report)
}

/// Findings of the second tier that a list of `listed` ones leaves out.
pub(crate) fn uncertain(report: &ScanReport, listed: usize) -> u64 {
    report.uncertain + report.findings.len().saturating_sub(listed) as u64
}

/// What was found, as a sentence without its end.
pub(crate) fn found(report: &ScanReport, findings: &[&Finding]) -> String {
    let scope = scope(report);
    let known = in_baseline(report);
    let new = if known > 0 { "new " } else { "" };
    let mut remarks = Vec::new();
    if known > 0 {
        remarks.push(format!("{} in the baseline", words::count(known)));
    }
    let by_comment = by_comment(report);
    if by_comment > 0 {
        remarks.push(format!(
            "{} answered by a comment",
            words::count(by_comment)
        ));
    }
    let read = files_read(report);
    let others = report.sources.unsupported_files + files_skipped(report);
    if read > 0 && others > 0 {
        remarks.push(format!(
            "{} of {} could be judged",
            words::count(read),
            words::counted(read + others, "file")
        ));
    }
    let interrupted = is_interrupted(&report.diagnostics);
    let text = if !findings.is_empty() {
        let total = words::counted(findings.len() as u64, &format!("{new}finding"));
        format!("{total}{} in {scope}", places(findings))
    } else if interrupted && read == 0 {
        format!("No answer for {scope}: no file was checked yet")
    } else if read == 0 && report.sources.agent_files > 0 {
        format!(
            "No {new}findings in {scope}: {} that {} agents",
            words::counted(report.sources.agent_files, "file"),
            if report.sources.agent_files == 1 {
                "steers"
            } else {
                "steer"
            }
        )
    } else if read == 0 && files_skipped(report) > 0 {
        format!(
            "No answer for {scope}: {} in supported languages, and none was read",
            words::counted(files_skipped(report), "file")
        )
    } else if read == 0 {
        nothing_read(report, &scope, &mut remarks)
    } else {
        let so_far = if interrupted { " so far" } else { "" };
        format!("No {new}findings{so_far} in {scope}")
    };
    if remarks.is_empty() {
        text
    } else {
        format!("{text} ({})", remarks.join(", "))
    }
}

/// Said where no file was judged, and why none was.
fn nothing_read(report: &ScanReport, scope: &str, remarks: &mut Vec<String>) -> String {
    let sources = &report.sources;
    if sources.only.as_deref() == Some("agents") {
        return format!("Nothing to judge in {scope}: no file that steers agents");
    }
    if sources.excluded_files > 0 {
        let files = match sources.excluded_files {
            1 => "1 file is".to_owned(),
            several => format!("{} files are", words::count(several)),
        };
        return format!(
            "Nothing to judge in {scope}: {files} left out by `[scan] exclude` of trueline.toml"
        );
    }
    if sources.searched_files > 0 {
        let files = words::counted(sources.searched_files, "other file");
        remarks.push(format!("{files} looked through for secrets"));
    }
    format!("Nothing to judge in {scope}: no file in a supported language")
}

/// Several tools often speak of the same line: how many lines there are to look at.
fn places(findings: &[&Finding]) -> String {
    let engines: BTreeSet<&str> = findings.iter().map(|f| f.engine.as_str()).collect();
    let places: BTreeSet<_> = findings
        .iter()
        .map(|f| (&f.location.path, f.location.start.line))
        .collect();
    if engines.len() > 1 && places.len() < findings.len() {
        format!(" at {}", words::counted(places.len() as u64, "place"))
    } else {
        String::new()
    }
}

/// Was the run interrupted, so that everything in the report is a part?
pub(crate) fn is_interrupted(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.code == "interrupted")
}

/// Is what the history says of lines a part: it is cut, or was not read to its end?
pub(crate) fn is_part(repository: &Repository, diagnostics: &[Diagnostic]) -> bool {
    repository.shallow || is_interrupted(diagnostics) || gap(diagnostics).is_some()
}

/// Why tools have commits here and no line today, as sentences; only what is known counts.
pub(crate) fn without_lines(tools: &[ToolUse]) -> Vec<String> {
    let mut told = Vec::new();
    let mut unexplained = false;
    for tool in tools.iter().filter(|t| t.lines == 0 && t.commits > 0) {
        let mut parts = Vec::new();
        if tool.generated_lines > 0 {
            parts.push(format!(
                "in generated, vendored or lock files ({})",
                words::counted(tool.generated_lines, "line")
            ));
        }
        if tool.large_files > 0 {
            parts.push(format!(
                "in files too large to trace ({})",
                words::counted(tool.large_files, "file")
            ));
        }
        if parts.is_empty() {
            unexplained = true;
        } else {
            let name = words::tool(&tool.tool);
            told.push(format!(
                "{name}: what is left of it is {}, which no share counts.",
                parts.join(" and ")
            ));
        }
    }
    if unexplained {
        told.push("No line today: none of what these commits wrote stands, or its lines are named for another tool.".to_owned());
    }
    told
}

/// Said of a tool none of whose lines was found, where not all lines were looked at.
pub(crate) const LINES_NOT_KNOWN: &str = "lines not known";

/// The commits of a history, as far as it was read.
pub(crate) fn commits(repository: &Repository, diagnostics: &[Diagnostic]) -> String {
    let commits = words::counted(repository.commits, "commit");
    if is_interrupted(diagnostics) {
        format!("{commits} read, back from")
    } else {
        format!("{commits} to")
    }
}

/// What is told first where objects are missing or damaged: it weakens all that is said of origins.
pub(crate) fn gap(diagnostics: &[Diagnostic]) -> Option<&str> {
    let mut told = diagnostics.iter();
    let gap = told.find(|d| d.code == "history-incomplete")?;
    Some(gap.message.as_str())
}

const NOT_READ: &str = "not known: the run was interrupted before history was read";

/// Said of figures about what commits changed, where not all of it was read.
pub(crate) fn as_far_as_read(diagnostics: &[Diagnostic]) -> &'static str {
    if is_interrupted(diagnostics) {
        "; what they changed was not read to the end before the run was interrupted"
    } else {
        ""
    }
}

/// Said where no line counts: of all repositories together.
pub(crate) fn no_line_together(report: &StatsReport) -> String {
    let mut all = report.repositories.iter();
    if all.any(|one| is_interrupted(&one.diagnostics)) {
        return format!("who wrote it is {NOT_READ}");
    }
    match report
        .repositories
        .iter()
        .map(|one| one.usage.generated_lines)
        .sum()
    {
        0 => "no committed line to look at".to_owned(),
        generated => all_generated(generated),
    }
}

/// Why so little is known, where it is not that nothing is there: of so many lines none says who wrote it.
pub(crate) fn why_nothing(diagnostics: &[Diagnostic], lines: u64) -> Option<&'static str> {
    let read = lines > 0;
    match (is_interrupted(diagnostics), gap(diagnostics).is_some()) {
        (true, _) if read => Some("none found before the run was interrupted"),
        (true, _) => Some(NOT_READ),
        (_, true) if read => {
            Some("none found, and a part of what was committed cannot be read here")
        }
        (_, true) => Some("not known: what was committed cannot be read here"),
        _ => None,
    }
}

/// So little is known that every switch is worth telling.
const HARDLY_ANY: f64 = 0.05;
/// From this coverage on there is little left to gain.
const ENOUGH: f64 = 0.8;

/// What to switch on: everything while hardly anything is known, later what helps most and the switches of the
/// tools that are set up here and leave no evidence.
pub(crate) fn advice(coverage: &EvidenceCoverage) -> Vec<&Advice> {
    let is = |test: &dyn Fn(f64) -> bool| coverage.recent.share.is_some_and(test);
    if coverage.all.hits == 0 || is(&|share| share < HARDLY_ANY) {
        return coverage.advice.iter().collect();
    }
    if is(&|share| share >= ENOUGH) {
        return Vec::new();
    }
    let all = coverage.advice.iter().enumerate();
    all.filter(|(nth, advice)| *nth == 0 || advice.tool.is_some())
        .map(|(_, advice)| advice)
        .collect()
}

/// What an advice gives, as a sentence without its end.
pub(crate) fn gives(advice: &Advice) -> &str {
    advice.what.trim_end_matches([':', '.'])
}

/// Which lines a sentence about evidence coverage opens with: what is said beside it speaks of the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum About {
    /// Those of the window.
    Recent,
    All,
    /// Those that `--since` asks for.
    Since,
}

impl About {
    /// `is_recent`: where no time is asked for, the sentence opens with the lines of the window.
    pub(crate) const fn of(since: Option<Timestamp>, is_recent: bool) -> Self {
        match since {
            Some(_) => Self::Since,
            None if is_recent => Self::Recent,
            None => Self::All,
        }
    }
}

/// What is said beside evidence coverage, in its order: the tools that recent lines name, and the lines that
/// are not counted in it.
pub(crate) fn beside_coverage(coverage: &EvidenceCoverage, about: About) -> Vec<String> {
    let mut beside = Vec::new();
    let mut tools: Vec<_> = coverage
        .by_tool
        .iter()
        .filter(|(_, lines)| **lines > 0)
        .collect();
    tools.sort_by(|a, b| (b.1, a.0).cmp(&(a.1, b.0)));
    let tools: Vec<String> = tools
        .into_iter()
        .map(|(tool, lines)| format!("{} {}", words::tool(tool), words::count(*lines)))
        .collect();
    if !tools.is_empty() {
        let recent = match about {
            About::Since => format!("those of the last {} days", coverage.window_days),
            About::Recent | About::All => "the recent ones".to_owned(),
        };
        beside.push(format!("of {recent} {}", tools.join(", ")));
    }
    let not_among = |recent, all, unit, what| not_among(coverage, about, (recent, all), unit, what);
    beside.extend(not_among(
        coverage.recent_hinted,
        coverage.hinted,
        "line",
        "with a hint alone",
    ));
    if coverage.undated > 0 {
        let lines = words::counted(coverage.undated, "line");
        beside.push(match about {
            About::Since => format!("not among them {lines} of which it is not known when they were added, as {CUT_BEFORE}"),
            About::Recent | About::All => format!("when {lines} of all were added is not known, as {CUT_BEFORE}, so they are not among the recent ones"),
        });
    }
    beside.extend(not_among(
        coverage.recent_generated,
        coverage.generated,
        "line",
        "of generated, vendored or lock files with evidence of who wrote them",
    ));
    beside.extend(not_among(
        coverage.recent_large_files,
        coverage.large_files,
        "file",
        "of commits with AI, too large to trace",
    ));
    beside.extend(not_among(
        coverage.recent_upper_bound,
        coverage.upper_bound,
        "line",
        words::PERHAPS,
    ));
    beside
}

/// Lines or files that are not among those with evidence; `None` where there are none. Beside a sentence about recent
/// ones the figure of all says so.
fn not_among(
    coverage: &EvidenceCoverage,
    about: About,
    (recent, all): (u64, u64),
    unit: &str,
    what: &str,
) -> Option<String> {
    if all == 0 {
        return None;
    }
    if about != About::Recent || recent == all {
        return Some(format!(
            "not among them {} {what}",
            words::counted(all, unit)
        ));
    }
    let of_all = format!("{} of all {unit}s", words::count(all));
    if recent > 0 {
        let recent = words::counted(recent, unit);
        return Some(format!("not among them {recent} {what} ({of_all})"));
    }
    let none = if all == 1 {
        "not one that is"
    } else {
        "none of them"
    };
    let known = if coverage.undated > 0 {
        " known to be"
    } else {
        ""
    };
    Some(format!(
        "not among them {of_all}, {none}{known} recent, {what}"
    ))
}

/// Why it is not known when lines were added.
const CUT_BEFORE: &str = "history is cut off or was not read before that";

/// Said instead of a number where no line of the last days is found.
pub(crate) fn none_recent(coverage: &EvidenceCoverage) -> String {
    let days = coverage.window_days;
    if coverage.undated > 0 {
        format!("no line is known to have been added in the last {days} days")
    } else {
        format!("no line added in the last {days} days stands")
    }
}

/// The lines that count, where `--since` limits them: `lines added since 2026-01-31`.
pub(crate) fn since(from: Timestamp) -> String {
    format!("lines added since {}", from.date())
}

/// Said where no line counts.
pub(crate) fn no_line(usage: &Usage, since: Option<Timestamp>) -> String {
    match since {
        Some(since) if usage.coverage.undated > 0 => {
            format!("no line is known to have been added since {}", since.date())
        }
        Some(since) => format!("no line was added since {}", since.date()),
        None if usage.generated_lines > 0 => all_generated(usage.generated_lines),
        None => "no committed line to look at".to_owned(),
    }
}

/// Said where every line is left out of all shares.
fn all_generated(lines: u64) -> String {
    format!(
        "all lines are of generated, vendored or lock files ({})",
        words::count(lines)
    )
}

/// Said of repositories in which no line that counts carries evidence.
pub(crate) fn no_evidence(report: &StatsReport) -> &'static str {
    let mut all = report.repositories.iter();
    if all.any(|one| one.usage.coverage.generated > 0) {
        "no line outside generated files carries evidence of who wrote it"
    } else {
        "no line carries evidence of who wrote it"
    }
}

/// Evidence coverage of the lines that count: the recent ones, or those that `--since` asks for.
pub(crate) const fn coverage(one: &RepositoryStats) -> &Proportion {
    match one.since {
        Some(_) => &one.usage.coverage.all,
        None => &one.usage.coverage.recent,
    }
}

/// The same for all repositories together: days count back from the HEAD of each.
pub(crate) fn since_together(report: &StatsReport) -> Option<String> {
    let asked = report.since.as_deref()?;
    let mut dates: Vec<String> = report
        .repositories
        .iter()
        .filter_map(|one| one.since)
        .map(since)
        .collect();
    dates.dedup();
    Some(match dates.as_slice() {
        [one] => one.clone(),
        _ => format!("lines of the last {asked} before each HEAD"),
    })
}

/// What is known of all repositories, as a sentence without its end; `None` where nothing is.
pub(crate) fn known_together(report: &StatsReport) -> Option<String> {
    let together = &report.together;
    let lines = &together.lines;
    let Some(since) = since_together(report) else {
        let total = format!("all {}", words::counted(lines.total, "line"));
        let undated = is_undated(report);
        return known(
            &together.coverage,
            undated,
            &together.recent_lines,
            lines,
            &total,
        );
    };
    if nothing_known(lines) {
        return None;
    }
    Some(format!(
        "{} of the {since} say who wrote them; {}",
        words::percent(lines.known(), lines.total),
        by_ai(lines, &these(lines.total))
    ))
}

/// Are there lines of which it is not known when they were added?
fn is_undated(report: &StatsReport) -> bool {
    let mut all = report.repositories.iter();
    all.any(|one| one.usage.coverage.undated > 0)
}

/// `this line`, `these 12 lines`.
pub(crate) fn these(lines: u64) -> String {
    match lines {
        1 => "this line".to_owned(),
        _ => format!("these {}", words::counted(lines, "line")),
    }
}

/// What is said of all repositories together where no line that counts says who wrote it, as a sentence without its end. With
/// `--since` that is no word about older lines.
pub(crate) fn unknown_together(report: &StatsReport) -> Option<String> {
    let since = since_together(report)?;
    let total = report.together.lines.total;
    Some(if total == 0 && is_undated(report) {
        format!("no {since} are known")
    } else if total == 0 {
        format!("there are no {since}")
    } else {
        format!(
            "none of the {since} says who wrote it; the AI share of {} is unknown",
            these(total)
        )
    })
}

/// What a sign of a tool is to the policy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Standing {
    /// Of a tool that the policy does not list.
    NotListed,
    /// No policy lists tools, or it names no coding tool: a library that the application calls, a file that several
    /// tools read.
    NotJudged,
    /// Of a tool that the policy lists.
    Approved,
}

pub(crate) fn standing(shadow: &ShadowAi, signal: &Signal) -> Standing {
    let approved = shadow.approved.as_ref();
    if signal.kind == SignalKind::Dependency {
        Standing::NotJudged
    } else if shadow.unlisted.contains(&signal.tool) {
        Standing::NotListed
    } else if approved.is_some_and(|all| all.contains(&signal.tool)) {
        Standing::Approved
    } else {
        Standing::NotJudged
    }
}

/// The signs, those to act on first.
pub(crate) fn signs(shadow: &ShadowAi) -> Vec<(Standing, &Signal)> {
    let signals = shadow.signals.iter();
    let mut signs: Vec<_> = signals.map(|one| (standing(shadow, one), one)).collect();
    signs.sort_by_key(|(standing, _)| *standing);
    signs
}

/// The tools whose signs pass a test, each once, by name.
pub(crate) fn tools_of(
    shadow: &ShadowAi,
    test: impl Fn(Standing, &Signal) -> bool,
) -> Vec<&ToolId> {
    let mut tools: Vec<&ToolId> = signs(shadow)
        .into_iter()
        .filter(|(standing, signal)| test(*standing, signal))
        .map(|(_, signal)| &signal.tool)
        .collect();
    tools.sort_unstable();
    tools.dedup();
    tools
}

/// The tools that commits or lines name, those to act on first, and what each is to the policy.
pub(crate) fn traced<'u>(shadow: &ShadowAi, tools: &'u [ToolUse]) -> Vec<(Standing, &'u ToolUse)> {
    let approved = shadow.approved.as_deref().unwrap_or_default();
    let standing = |tool: &ToolId| {
        if shadow.unlisted.contains(tool) {
            Standing::NotListed
        } else if approved.contains(tool) {
            Standing::Approved
        } else {
            Standing::NotJudged
        }
    };
    let mut traced: Vec<_> = tools.iter().map(|one| (standing(&one.tool), one)).collect();
    traced.sort_by_key(|(standing, _)| *standing);
    traced
}

/// The coding tools with any sign, in files or in commits, that have this standing; each once, by name.
pub(crate) fn coding_tools<'a>(
    shadow: &'a ShadowAi,
    tools: &'a [ToolUse],
    wanted: Standing,
) -> Vec<&'a ToolId> {
    let is_wanted =
        |standing, signal: &Signal| standing == wanted && signal.kind != SignalKind::Dependency;
    let mut all = tools_of(shadow, is_wanted);
    let traced = traced(shadow, tools).into_iter();
    all.extend(
        traced
            .filter(|(standing, _)| *standing == wanted)
            .map(|(_, one)| &one.tool),
    );
    all.sort_unstable();
    all.dedup();
    all
}

/// The tools of a report; none where no origin was read.
pub(crate) fn tools(usage: Option<&Usage>) -> &[ToolUse] {
    usage.map_or(&[], |usage| &usage.tools)
}

/// What commits and lines show of a tool: `6 commits, up to 742 lines`.
pub(crate) fn trace_of(one: &ToolUse) -> String {
    let mut trace = words::counted(one.commits, "commit");
    if one.lines > 0 {
        trace = format!("{trace}, {}", words::of_tool(one));
    }
    trace
}

/// The libraries through which the application calls models: they are no coding tools.
pub(crate) fn libraries(shadow: &ShadowAi) -> Vec<&ToolId> {
    tools_of(shadow, |_, signal| signal.kind == SignalKind::Dependency)
}

/// Said of them.
pub(crate) const LIBRARIES: &str =
    "Libraries that the application calls, which are no coding tools and are not judged";

/// Is nothing at all known about who wrote these lines?
pub(crate) const fn nothing_known(lines: &LineShares) -> bool {
    lines.ai == 0 && lines.human == 0
}

/// Who wrote the lines, as a sentence without its end; `None` where nothing is known. `total` is what
/// all of them are called; `is_undated`: of some it is not known when they were added.
pub(crate) fn known(
    coverage: &Proportion,
    is_undated: bool,
    recent: &LineShares,
    all: &LineShares,
    total: &str,
) -> Option<String> {
    if nothing_known(all) {
        return None;
    }
    let share_known = words::percent(all.known(), all.total);
    let text = if coverage.of == 0 {
        format!(
            "{}, and {share_known} of {total} say who wrote them; {}",
            if is_undated {
                "no line is known to be recent"
            } else {
                "no recent line stands"
            },
            by_ai(all, total)
        )
    } else if all.known() == 0 {
        format!("no line says who wrote it; {}", by_ai(all, total))
    } else if coverage.hits == 0 && nothing_known(recent) {
        format!(
            "no recent line says who wrote it, and {share_known} of {total} do; {}",
            by_ai(all, total)
        )
    } else if all.ai == 0 || recent.ai == 0 {
        format!(
            "{} of recent lines say who wrote them; {}",
            words::percent(coverage.hits, coverage.of),
            by_ai(all, total)
        )
    } else {
        let of_recent = by_ai(recent, "recent lines");
        let of_all = match (recent.ai_at_least() > 0, all.ai_at_least() > 0) {
            (true, true) | (false, false) => format!(" and {} of {total}", words::ai_share(all)),
            _ => format!("; {}", by_ai(all, total)),
        };
        format!(
            "{} of recent lines say who wrote them; {of_recent}{of_all}",
            words::percent(coverage.hits, coverage.of)
        )
    };
    Some(text)
}

/// What AI wrote of lines: at least, up to, or none that is known.
fn by_ai(lines: &LineShares, of: &str) -> String {
    if lines.ai == 0 {
        "no line is known to be written by AI".to_owned()
    } else if lines.ai_at_least() == 0 {
        format!("AI may have written {} of {of}", words::ai_share(lines))
    } else {
        format!("AI wrote {} of {of}", words::ai_share(lines))
    }
}

/// Why nothing is known of who wrote the lines, as a sentence without its end.
pub(crate) fn unknown<'d>(
    lines: &LineShares,
    hinted: u64,
    is_cut: bool,
    mut diagnostics: impl Iterator<Item = &'d [Diagnostic]>,
) -> String {
    let interrupted = diagnostics.any(is_interrupted);
    if lines.total == 0 && interrupted {
        return format!("Who wrote the code is {NOT_READ}");
    }
    if lines.total == 0 {
        return "No line is committed, so nothing says who wrote the code".to_owned();
    }
    let why = if interrupted {
        "no line carries evidence that was read before the run was interrupted".to_owned()
    } else if is_cut {
        "history is cut off here (shallow clone), and no line that is left carries evidence"
            .to_owned()
    } else if hinted > 0 {
        format!(
            "{} a hint, and none carries evidence",
            match hinted {
                1 => "1 line carries".to_owned(),
                _ => format!("{} carry", words::counted(hinted, "line")),
            }
        )
    } else {
        "no line carries evidence".to_owned()
    };
    format!("Who wrote the code is unknown: {why}")
}

/// A sentence with a capital at its beginning.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}
