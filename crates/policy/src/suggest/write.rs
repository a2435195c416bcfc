//! The suggestion as `trueline.toml`: every line with the figures that it rests on.

use std::fmt::Write as _;

use trueline_facts::Proportion;
use trueline_facts::suggestion::{Expected, SuggestedGate, SuggestedZone, Suggestion, ZoneKind};
use trueline_facts::verdict::Mode;

use super::candidates::SIZE_GATE;
use crate::document;
use crate::exceptions::quoted;

/// Width of comments.
const WIDTH: usize = 110;

/// Appends formatted text; writing to a `String` cannot fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => {{
        let _ = writeln!($out, $($arg)*);
    }};
}

/// A list of texts in TOML.
pub(super) fn quoted_list(items: &[impl AsRef<str>]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(item.as_ref())).collect();
    format!("[{}]", items.join(", "))
}

/// A zone as a table, without comments or champions.
pub(super) fn zone_table(zone: &SuggestedZone) -> String {
    let mut out = format!("[zone.{}]\npaths = [", zone.id);
    if zone.paths.len() == 1 {
        out.pop();
        put!(out, "{}", quoted_list(&zone.paths));
    } else {
        out.push('\n');
        for path in &zone.paths {
            put!(out, "    {},", quoted(path));
        }
        put!(out, "]");
    }
    put!(out, "why = {}\n", quoted(&zone.why));
    out
}

/// The whole file.
pub(super) fn policy(suggestion: &Suggestion, names: bool) -> String {
    let mut out = String::new();
    header(&mut out, suggestion);
    out.push_str("schema = 1\n\n");
    for zone in &suggestion.zones {
        out.push_str(&zone_section(zone, names));
    }
    if let Some(tools) = tools(suggestion) {
        out.push_str(&tools);
    }
    let (plain, tables) = gates(suggestion);
    put!(out, "[gates]");
    out.push_str(&plain.concat());
    out.push('\n');
    out.push_str(&tables.concat());
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn header(out: &mut String, suggestion: &Suggestion) {
    let period = &suggestion.period;
    let mut when = String::new();
    if let (Some(from), Some(to)) = (period.from, period.to) {
        let _ = write!(when, ", merged {} to {}", from.date(), to.date());
    }
    comment(
        out,
        &format!(
            "Suggested by `trueline policy suggest` from {} of {}{when} ({}).",
            counted(suggestion.changes, "change"),
            suggestion.repository,
            period.asked
        ),
    );
    comment(
        out,
        &format!(
            "As it stands, at least one gate would have commented on {}. Nothing blocks. A gate that \"may block\" \
             would, all of them together, have blocked {}.",
            figures(&suggestion.comment),
            figures(&suggestion.block)
        ),
    );
    comment(
        out,
        "Intervals are predictions (95 %) for the share of changes in the months that follow. Try a change of this file \
         with `trueline policy backtest`.",
    );
    put!(out, "#");
    put!(out, "# What cannot be known yet:");
    for line in &suggestion.not_known {
        for (at, part) in wrapped(line, WIDTH - 4).into_iter().enumerate() {
            put!(out, "# {} {part}", if at == 0 { "-" } else { " " });
        }
    }
    put!(out, "");
}

fn zone_section(zone: &SuggestedZone, names: bool) -> String {
    let mut out = String::new();
    let kind = match zone.kind {
        ZoneKind::Sensitive => "",
        ZoneKind::Encouraged => "Encouraged: AI code lasts here. ",
    };
    comment(
        &mut out,
        &format!(
            "{kind}{}, touched by {}.",
            counted(zone.files, "file"),
            counted(zone.changes, "change")
        ),
    );
    if !zone.champions.is_empty() && !names {
        comment(
            &mut out,
            &format!(
                "Whom to ask: {} changed or reviewed it most. `--names` writes who they are as `champions`; ask them \
                 first.",
                zone.champions.join(", ")
            ),
        );
    }
    let table = zone_table(zone);
    if names && !zone.champions.is_empty() {
        let at = table.find("why = ").unwrap_or(table.len());
        out.push_str(table.get(..at).unwrap_or_default());
        put!(out, "champions = {}", quoted_list(&zone.champions));
        out.push_str(table.get(at..).unwrap_or_default());
    } else {
        out.push_str(&table);
    }
    out
}

fn tools(suggestion: &Suggestion) -> Option<String> {
    let named: Vec<&str> = suggestion
        .tools
        .iter()
        .map(|seen| seen.tool.as_str())
        .filter(|tool| *tool != "unspecified")
        .collect();
    if named.is_empty() {
        return None;
    }
    let seen: Vec<String> = suggestion
        .tools
        .iter()
        .map(|seen| format!("{} in {}", seen.tool, counted(seen.changes, "change")))
        .collect();
    let mut out = String::new();
    comment(
        &mut out,
        &format!(
            "In use, and approved by nobody yet: strike what you do not want. {}.",
            seen.join(", ")
        ),
    );
    put!(out, "[tools]");
    put!(out, "approved = {}\n", quoted_list(&named));
    Some(out)
}

/// Gates that are a mode alone, and those that are tables.
fn gates(suggestion: &Suggestion) -> (Vec<String>, Vec<String>) {
    let (mut plain, mut tables) = (Vec::new(), Vec::new());
    for gate in &suggestion.gates {
        if gate.id == SIZE_GATE && gate.mode == Mode::Observe {
            continue;
        }
        let text = gate_text(gate);
        if gate.settings.is_empty() {
            plain.push(text);
        } else {
            tables.push(text);
        }
    }
    // An own gate is a table of a list: nothing of `[gates]` may follow it.
    tables.sort_by_key(|text| text.contains("[[gate]]"));
    (plain, tables)
}

fn gate_text(gate: &SuggestedGate) -> String {
    let mut out = String::new();
    let mut text = if gate.id == "unapproved-tool" {
        format!(
            "lists of the tools seen before each quarter would have missed one on {}",
            figures(&gate.expected)
        )
    } else {
        format!("would have commented on {}", figures(&gate.expected))
    };
    if gate.bad_when_fired.of > 0 {
        let _ = write!(
            text,
            "; {} of those went bad within 90 days, of the others {}",
            of(&gate.bad_when_fired),
            of(&gate.bad_when_silent)
        );
    }
    if gate.unread > 0 {
        let _ = write!(
            text,
            "; passes {} unread, because no rule reads their languages",
            counted(gate.unread, "more change")
        );
    }
    let _ = write!(
        text,
        ". {}{}.",
        first_upper(&gate.why),
        if gate.may_block { "; may block" } else { "" }
    );
    comment(&mut out, &text);
    if gate.settings.is_empty() {
        put!(out, "{} = {}", gate.id, quoted(gate.mode.as_str()));
        return out;
    }
    if gate.id == SIZE_GATE {
        put!(out, "[[gate]]");
        put!(out, "id = {}", quoted(&gate.id));
        put!(out, "check = \"lines\"");
        put!(
            out,
            "title = \"An AI change is of a size that somebody can review\""
        );
        put!(out, "origin = [\"ai\"]");
    } else {
        put!(out, "[gates.{}]", gate.id);
    }
    put!(out, "mode = {}", quoted(gate.mode.as_str()));
    for setting in &gate.settings {
        put!(out, "{setting}");
    }
    put!(out, "");
    out
}

fn first_upper(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + chars.as_str()
    })
}

fn counted(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn of(p: &Proportion) -> String {
    format!("{} of {}", p.hits, p.of)
}

/// `9 of 212 changes (expect 2-8 % in the next 3 months)`.
fn figures(expected: &Expected) -> String {
    format!(
        "{} changes (expect {}-{} % in the next {} months)",
        of(&expected.seen),
        percent(expected.low, f64::floor),
        percent(expected.high, f64::ceil),
        expected.months
    )
}

/// Rounded outwards: whole percents, tenths below two.
fn percent(share: f64, to: fn(f64) -> f64) -> String {
    let percent = share * 100.0;
    if percent >= 2.0 || percent == 0.0 {
        format!("{:.0}", to(percent))
    } else {
        format!("{:.1}", to(percent * 10.0) / 10.0)
    }
}

fn comment(out: &mut String, text: &str) {
    for line in wrapped(text, WIDTH - 2) {
        put!(out, "# {line}");
    }
}

/// Breaks at blanks. What comes from outside is on one line already, or becomes so.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word: String = word.chars().filter(|c| !c.is_control()).collect();
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// A text that is there, with what it lacks; nothing of it changes.
pub(super) fn added_to(existing: &str, suggestion: &Suggestion, names: bool) -> String {
    if existing.trim().is_empty() {
        return policy(suggestion, names);
    }
    let has = |pointer: &str| {
        document::parse(existing).is_ok_and(|document| document.pointer(pointer).is_some())
    };
    let mut end = String::new();
    for zone in &suggestion.zones {
        if !has(&format!("/zone/{}", zone.id)) {
            end.push_str(&zone_section(zone, names));
        }
    }
    if !has("/tools")
        && let Some(tools) = tools(suggestion)
    {
        end.push_str(&tools);
    }
    let mut plain = String::new();
    let mut tables = Vec::new();
    for gate in &suggestion.gates {
        let is_own = gate.id == SIZE_GATE;
        let is_there = if is_own {
            existing.contains(SIZE_GATE) || gate.mode == Mode::Observe
        } else {
            has(&format!("/gates/{}", gate.id))
        };
        if is_there {
            continue;
        }
        let text = gate_text(gate);
        if gate.settings.is_empty() {
            plain.push_str(&text);
        } else {
            tables.push(text);
        }
    }
    tables.sort_by_key(|text| text.contains("[[gate]]"));
    let mut out = with_gates(existing, &plain);
    let end = end + &tables.concat();
    if !end.is_empty() {
        out.truncate(out.trim_end().len());
        put!(out, "\n");
        out.push_str(end.trim_end());
        out.push('\n');
    }
    out
}

/// Puts lines at the end of `[gates]`, or makes that table.
fn with_gates(existing: &str, lines: &str) -> String {
    let mut out = existing.trim_end().to_owned();
    out.push('\n');
    if lines.is_empty() {
        return out;
    }
    let all: Vec<&str> = out.lines().collect();
    let header =
        |line: &&str| line.trim().split('#').next().unwrap_or_default().trim() == "[gates]";
    let Some(at) = all.iter().position(header) else {
        return format!("{out}\n[gates]\n{lines}");
    };
    let rest = all.iter().skip(at + 1);
    let length = rest
        .take_while(|line| !line.trim_start().starts_with('['))
        .count();
    let mut end = at + 1 + length;
    // Comments and blanks before the next table are that table's.
    while end > at + 1
        && all
            .get(end - 1)
            .is_some_and(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
    {
        end -= 1;
    }
    let mut text = String::new();
    for (number, line) in all.iter().enumerate() {
        if number == end {
            text.push_str(lines);
        }
        put!(text, "{line}");
    }
    if end >= all.len() {
        text.push_str(lines);
    }
    text
}
