//! What is known of who wrote the lines, what is not and why, and what would tell more: evidence coverage and
//! the shares of AI and people as sentences. From the usage of one repository or of several together.

use trueline_facts::stats::{RepositoryStats, StatsReport};
use trueline_facts::usage::{Advice, EvidenceCoverage, LineShares, Usage};
use trueline_facts::{Diagnostic, Proportion, Timestamp};

use super::{NOT_READ, gap, is_interrupted};
use crate::words;

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

/// Nothing says who wrote any line, as a shallow clone ends before the commits that added them: true only where that is so
/// of every line.
pub(crate) const fn is_before_cut(coverage: &EvidenceCoverage, is_cut: bool) -> bool {
    is_cut && coverage.all.hits == 0 && coverage.undated >= coverage.all.of
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
fn these(lines: u64) -> String {
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
