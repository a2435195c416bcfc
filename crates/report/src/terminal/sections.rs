//! Blocks that `scan` and `stats` share: coverage, AI share, tools, advice, anomalies, shadow AI and
//! what could not be read.

use std::borrow::Cow;
use std::fmt::Write as _;

use trueline_facts::health::Anomaly;
use trueline_facts::shadow::{ShadowAi, Signal, SignalKind};
use trueline_facts::usage::{EvidenceCoverage, LineShares, ToolUse, Usage};
use trueline_facts::{Diagnostic, Level, Timestamp, ToolId};

use super::layout::{Cell, Ink, LABEL, Sheet, cell, number, whole};
use crate::answer::{About, Standing};
use crate::{answer, select, words};

/// Which lines the figures about origins speak of.
pub(super) struct Scope<'a> {
    /// The repository, or the part of it.
    pub(super) name: &'a str,
    /// Only lines added from then on.
    pub(super) since: Option<Timestamp>,
    /// History is cut: most lines cannot be traced.
    pub(super) is_cut: bool,
    /// What could not be read or done.
    pub(super) diagnostics: &'a [Diagnostic],
}

/// That history ends early, which weakens everything said of origins and age.
pub(super) fn cut(sheet: &mut Sheet<'_>, scope: &Scope<'_>) {
    if scope.is_cut {
        sheet.labelled(
            "History",
            Ink::Medium,
            "cut off: this clone is shallow. Who wrote the lines that are older than the cut cannot be known, and age, churn, review and since when a tool is seen speak only of what is left. To bring the rest: git fetch --unshallow",
        );
    }
    if let Some(gap) = answer::gap(scope.diagnostics) {
        sheet.labelled("History", Ink::Medium, &words::visible(gap));
    }
}

/// Evidence coverage: the figure that every other one about origins rests on.
pub(super) fn coverage(sheet: &mut Sheet<'_>, usage: &Usage, scope: &Scope<'_>) {
    let coverage = &usage.coverage;
    let recent = &coverage.recent;
    let all = &coverage.all;
    let name = scope.name;
    let why = answer::why_nothing(scope.diagnostics, all.of).filter(|_| all.hits == 0);
    let mut text = match scope.since {
        _ if why.is_some() => why.unwrap_or_default().to_owned(),
        _ if all.of == 0 => answer::no_line(usage, scope.since),
        // Older lines may well carry evidence: nothing is said of them.
        Some(since) if all.hits == 0 => format!(
            "none: no line of {name} that was added since {} says who wrote it ({})",
            since.date(),
            words::of(all)
        ),
        _ if answer::is_before_cut(coverage, scope.is_cut) => {
            format!("none: history is cut off before the commits that added the lines of {name}")
        }
        _ if all.hits == 0 && coverage.generated > 0 => {
            format!("none: no line of {name} outside generated files says who wrote it")
        }
        _ if all.hits == 0
            && coverage.hinted == 0
            && coverage.upper_bound == 0
            && coverage.large_files == 0 =>
        {
            format!("none: no line of {name} carries a trace of who wrote it")
        }
        _ if all.hits == 0 => format!("none: no line of {name} says who wrote it"),
        Some(since) => format!(
            "{} of the {} say who wrote them ({})",
            words::percent(all.hits, all.of),
            answer::since(since),
            words::of(all)
        ),
        None if recent.of == 0 => format!(
            "{} of all lines say who wrote them ({}); {}",
            words::percent(all.hits, all.of),
            words::of(all),
            answer::none_recent(coverage)
        ),
        None => format!(
            "{} of the lines added in the last {} days say who wrote them ({}); {} of all lines",
            words::percent(recent.hits, recent.of),
            coverage.window_days,
            words::of(recent),
            words::percent(all.hits, all.of)
        ),
    };
    let is_recent = why.is_none() && all.hits > 0 && recent.of > 0;
    let about = About::of(scope.since, is_recent);
    for beside in answer::beside_coverage(coverage, about) {
        let _ = write!(text, "; {beside}");
    }
    sheet.labelled("Evidence", Ink::Plain, &text);
}

/// The AI share, worded as the lower bound that it is.
pub(super) fn ai_share(sheet: &mut Sheet<'_>, usage: &Usage, scope: &Scope<'_>) {
    let (lines, recent) = (&usage.lines, &usage.recent_lines);
    let text = if lines.total == 0 {
        let why = answer::why_nothing(scope.diagnostics, 0).map(str::to_owned);
        why.unwrap_or_else(|| answer::no_line(usage, scope.since))
    } else if lines.ai == 0 && lines.human == 0 {
        "unknown, which is not zero: without evidence nobody can tell".to_owned()
    } else {
        let of_all = match scope.since {
            Some(since) => format!("the {}", answer::since(since)),
            None => "all lines".to_owned(),
        };
        let share = |lines: &LineShares| match lines.ai {
            0 => "none that is known".to_owned(),
            _ => words::ai_share(lines),
        };
        let mut text = String::new();
        if scope.since.is_none() && recent.total > 0 {
            let _ = write!(
                text,
                "{} of the lines of the last {} days ({} of {}) and ",
                share(recent),
                usage.coverage.window_days,
                words::ai_count(recent),
                words::count(recent.total)
            );
        }
        let _ = write!(
            text,
            "{} of {of_all} ({} of {})",
            share(lines),
            words::ai_count(lines),
            words::count(lines.total)
        );
        let grounds = words::ai_grounds(lines);
        if !grounds.is_empty() {
            let _ = write!(text, ": {}", grounds.join(", "));
        }
        let _ = write!(
            text,
            "; of {} lines {} are known to be by people, ",
            if scope.since.is_some() {
                "these"
            } else {
                "all"
            },
            words::percent(lines.human, lines.total)
        );
        let unknown = words::percent(lines.unknown, lines.total);
        // Lines of which only a squash speaks are not known either.
        let _ = if lines.ai_upper_bound > 0 {
            write!(text, "and of {unknown} nothing is known")
        } else {
            write!(text, "{unknown} are unknown")
        };
        text
    };
    sheet.labelled("AI share", Ink::Ai, &text);
}

/// Bytes of the models of one tool on its line.
const MODELS: usize = 50;

/// The tools, most lines first; `is_judged` where the policy lists some.
pub(super) fn tools(
    sheet: &mut Sheet<'_>,
    tools: &[ToolUse],
    is_judged: bool,
    scope: &Scope<'_>,
    limit: usize,
) {
    let mut rows = Vec::new();
    let is_partial = scope.is_cut
        || answer::is_interrupted(scope.diagnostics)
        || answer::gap(scope.diagnostics).is_some();
    for (index, tool) in tools.iter().take(limit).enumerate() {
        let approval = match tool.approved {
            Some(true) => cell("approved").ink(Ink::Good),
            Some(false) => cell("not listed").ink(Ink::Medium),
            None if is_judged => cell("not judged").ink(Ink::Faint),
            None => cell(""),
        };
        let mut models: Vec<_> = tool
            .models
            .keys()
            .filter(|model| *model != "unstated")
            .map(|model| words::visible(model))
            .collect();
        // Whole names, as many as fit on a line beside "n more": half a name is another model.
        let all = models.len();
        let too_long = |models: &[_]| {
            let width: usize = models.iter().map(|m: &Cow<'_, str>| m.len() + 2).sum();
            models.len() > 3 || models.len() > 1 && width > MODELS
        };
        while too_long(&models) {
            models.pop();
        }
        if models.len() < all {
            models.push(format!("{} more", all - models.len()).into());
        }
        rows.push(vec![
            cell(words::tool(&tool.tool)).ink(Ink::Ai),
            number(if is_partial && tool.lines == 0 {
                answer::LINES_NOT_KNOWN.to_owned()
            } else {
                words::of_tool(tool)
            }),
            number(words::counted(tool.commits, "commit")),
            whole(period(tool.first_seen, tool.last_seen)).ink(Ink::Faint),
            approval,
            whole(models.join(", ")).ink(Ink::Faint),
        ]);
        if index == 0 {
            let label = sheet.ink(Ink::Strong, "Tools");
            sheet.line(&label);
        }
    }
    sheet.table(2, &rows);
    if tools.len() > limit {
        let more = words::counted((tools.len() - limit) as u64, "more tool");
        let more = sheet.ink(Ink::Faint, &format!("  and {more}"));
        sheet.line(&more);
    }
    let shown = tools.get(..limit).unwrap_or(tools);
    if !is_partial {
        for text in answer::without_lines(shown) {
            sheet.hanging("", Ink::Faint, &text);
        }
    }
}

/// `2025-03 to 2026-01`.
pub(super) fn period(first: Option<Timestamp>, last: Option<Timestamp>) -> String {
    match (first.map(Timestamp::month), last.map(Timestamp::month)) {
        (Some(first), Some(last)) if first == last => first,
        (Some(first), Some(last)) => format!("{first} to {last}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => String::new(),
    }
}

/// What to switch on.
pub(super) fn advice(sheet: &mut Sheet<'_>, coverage: &EvidenceCoverage) {
    let mut label = "To know";
    for advice in answer::advice(coverage) {
        let what = words::visible(answer::gives(advice));
        sheet.labelled(label, Ink::Plain, &format!("{what}:"));
        // On a line of its own, to be copied.
        let indent = " ".repeat(LABEL + 2);
        sheet.hanging(&indent, Ink::Strong, &words::visible(&advice.how));
        label = "";
    }
}

/// What is out of the ordinary.
pub(super) fn anomalies(sheet: &mut Sheet<'_>, anomalies: &[Anomaly], whose: &str, limit: usize) {
    if anomalies.is_empty() {
        return;
    }
    sheet.heading(&format!("Out of the ordinary{whose}"));
    for anomaly in anomalies.iter().take(limit) {
        let mut text = format!(
            "{}: {}",
            words::anomaly(anomaly.kind),
            words::visible(&anomaly.reason)
        );
        if let Some(commit) = &anomaly.commit {
            let _ = write!(text, " ({})", commit.short());
        }
        sheet.hanging(&format!("  {}  ", anomaly.time.date()), Ink::Plain, &text);
    }
    if anomalies.len() > limit {
        let more = format!(
            "  and {} older",
            words::count((anomalies.len() - limit) as u64)
        );
        let more = sheet.ink(Ink::Faint, &more);
        sheet.line(&more);
    }
}

/// Tools that no policy lists, and the signs of them.
pub(super) fn shadow(
    sheet: &mut Sheet<'_>,
    shadow: &ShadowAi,
    tools: &[ToolUse],
    whose: &str,
    show_all: bool,
) {
    if shadow.signals.is_empty() && shadow.unlisted.is_empty() && tools.is_empty() {
        return;
    }
    sheet.gap();
    let list = |tools: &[&ToolId]| {
        let names: Vec<_> = tools.iter().map(|tool| words::tool(tool)).collect();
        names.join(", ")
    };
    let approved = answer::coding_tools(shadow, tools, Standing::Approved);
    let libraries = answer::libraries(shadow);
    let is_judged = shadow.approved.is_some();
    if !shadow.unlisted.is_empty() {
        let names = list(&shadow.unlisted.iter().collect::<Vec<_>>());
        sheet.labelled(
            "Shadow AI",
            Ink::Medium,
            &format!("signs{whose} of tools that trueline.toml does not list: {names}"),
        );
    } else if !is_judged {
        let signs = match answer::coding_tools(shadow, tools, Standing::NotJudged).as_slice() {
            [] => format!("no sign{whose} of a coding tool"),
            seen => format!("signs{whose} of {}", list(seen)),
        };
        let text = format!("{signs}; trueline.toml lists no approved tools, so none is judged");
        sheet.labelled("Shadow AI", Ink::Plain, &text);
    } else if approved.is_empty() {
        let text = format!("none{whose}: no sign of a coding tool that trueline.toml could list");
        sheet.labelled("Shadow AI", Ink::Good, &text);
    } else {
        let text = format!(
            "none{whose}: every coding tool that a sign or a commit names ({}) is listed",
            list(&approved)
        );
        sheet.labelled("Shadow AI", Ink::Good, &text);
    }
    let not_judged = answer::not_judged(shadow, tools, |tool| words::tool(tool).into_owned());
    // Where nothing is to be done, the signs below are those of what is not judged.
    if let Some(text) = not_judged.as_deref().filter(|_| shadow.unlisted.is_empty()) {
        sheet.labelled("", Ink::Faint, text);
    }
    // Of a tool without a file that shows it, the table of tools or this row says where it was seen.
    let untold: Vec<_> = answer::traced(shadow, tools)
        .into_iter()
        .filter(|(standing, one)| {
            *standing == Standing::NotListed && shadow.signals.iter().all(|s| s.tool != one.tool)
        })
        .map(|(_, one)| {
            vec![
                cell(words::tool(&one.tool)),
                cell("commits").ink(Ink::Faint),
                whole(period(one.first_seen, one.last_seen)).ink(Ink::Faint),
                cell(answer::trace_of(one)),
            ]
        })
        .collect();
    sheet.table(LABEL, &untold);
    let signs = answer::signs(shadow);
    if show_all {
        let rows: Vec<_> = signs
            .iter()
            .map(|(standing, signal)| {
                let mut row = sign(signal);
                if is_judged {
                    row.insert(1, cell(words::standing(*standing)).ink(ink(*standing)));
                }
                row
            })
            .collect();
        sheet.table(LABEL, &rows);
    } else {
        // Where tools are judged, there is nothing to do about approved ones; libraries stand below.
        let to_act_on: Vec<_> = signs
            .into_iter()
            .filter(|(standing, signal)| {
                let is_library = signal.kind == SignalKind::Dependency;
                !is_judged || *standing != Standing::Approved && !is_library
            })
            .map(|(_, signal)| signal)
            .collect();
        grouped(sheet, &to_act_on);
    }
    if !show_all && !shadow.unlisted.is_empty() && !approved.is_empty() {
        let text = format!("Listed, and with signs: {}", list(&approved));
        sheet.labelled("", Ink::Faint, &text);
    }
    if let Some(text) = not_judged.filter(|_| !shadow.unlisted.is_empty()) {
        sheet.labelled("", Ink::Faint, &text);
    }
    if !libraries.is_empty() {
        let text = format!("{}: {}", answer::LIBRARIES, list(&libraries));
        sheet.labelled("", Ink::Faint, &text);
    }
}

const fn ink(standing: Standing) -> Ink {
    match standing {
        Standing::NotListed => Ink::Medium,
        Standing::NotJudged => Ink::Faint,
        Standing::Approved => Ink::Good,
    }
}

/// A sign by itself.
fn sign(signal: &Signal) -> Vec<Cell> {
    vec![
        cell(words::tool(&signal.tool)),
        cell(words::signal(signal.kind)).ink(Ink::Faint),
        cell(words::signal_state(signal.state)).ink(Ink::Faint),
        cell(place(signal)),
    ]
}

fn place(signal: &Signal) -> String {
    let mut what = words::visible(&signal.path.display()).into_owned();
    if let Some(detail) = &signal.detail {
        let _ = write!(what, " ({})", words::visible(detail));
    }
    what
}

/// Signs that the first screen has room for.
const SIGNS: usize = 8;

/// One row for all signs of a kind of one tool, with one of them as an example: of those that are
/// still there the shortest path, which mostly is the topmost file.
fn grouped(sheet: &mut Sheet<'_>, signals: &[&Signal]) {
    let groups: Vec<_> = signals
        .chunk_by(|a, b| (&a.tool, a.kind) == (&b.tool, b.kind))
        .collect();
    let rows: Vec<_> = groups
        .iter()
        .take(SIGNS)
        .filter_map(|group| {
            let example = group
                .iter()
                .min_by_key(|signal| (signal.state, signal.path.as_bytes().len()))?;
            let mut row = sign(example);
            if group.len() > 1 {
                row.pop();
                let more = words::count(group.len() as u64 - 1);
                row.push(cell(format!("{} and {more} more", place(example))));
            }
            Some(row)
        })
        .collect();
    sheet.table(LABEL, &rows);
    if groups.len() > SIGNS {
        let hidden: usize = groups.iter().skip(SIGNS).map(|group| group.len()).sum();
        let more = format!(
            "{}and {}",
            " ".repeat(LABEL),
            words::counted(hidden as u64, "more sign")
        );
        let more = sheet.ink(Ink::Faint, &more);
        sheet.line(&more);
    }
}

/// What could not be read: by kind, or one by one.
pub(super) fn diagnostics(sheet: &mut Sheet<'_>, all: &[Diagnostic], show_all: bool) {
    if all.is_empty() {
        return;
    }
    sheet.heading("Notes on this run");
    for group in select::diagnostics(all) {
        let ink = match group.level {
            Level::Error => Ink::High,
            Level::Warning => Ink::Medium,
            Level::Note => Ink::Faint,
        };
        let shown = if show_all { group.members.len() } else { 1 };
        for diagnostic in group.members.iter().take(shown) {
            let tag = sheet.ink(ink, words::level(group.level));
            let mut text = format!("[{}] ", words::visible(group.code));
            if let Some(path) = &diagnostic.path {
                let _ = write!(text, "{}: ", words::visible(&path.display()));
            }
            text.push_str(&words::visible(&diagnostic.message));
            let rest = group.members.len() - shown;
            if rest > 0 {
                let _ = write!(text, " (and {} like it)", words::count(rest as u64));
            }
            let mut prefix = format!("  {tag}");
            for line in super::layout::wrap(&text, sheet.width().saturating_sub(LABEL)) {
                sheet.line(&format!("{prefix} {line}"));
                prefix = " ".repeat(2 + words::level(group.level).len());
            }
        }
    }
}
