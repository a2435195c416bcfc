//! `[gates]` and `[[gate]]` of `trueline.toml`: modes and numbers of built-in gates, and own gates.

use toml_span::Span;
use toml_span::value::{Value, ValueInner};
use trueline_facts::artifact::Verdict as ModelVerdict;
use trueline_facts::change::{AuthorKind, FindingClass, ZoneId};
use trueline_facts::verdict::Mode;
use trueline_facts::{Severity, Tier};

use super::builtin::{checks, condition_of};
use super::{
    Condition, FindingsAsk, Gate, GateId, ReviewAsk, Scope, UnreadLanguages, built_in, defaults,
};
use crate::document::{Place, Section, Wrong, nearest, word};
use crate::zone::{Zones, is_name};

const MODES: &[(&str, Mode)] = &[
    ("observe", Mode::Observe),
    ("comment", Mode::Comment),
    ("block", Mode::Block),
];
const ORIGINS: &[(&str, AuthorKind)] = &[
    ("ai", AuthorKind::Ai),
    ("human", AuthorKind::Human),
    ("unknown", AuthorKind::Unknown),
];
const SEVERITIES: &[(&str, Severity)] = &[
    ("low", Severity::Low),
    ("medium", Severity::Medium),
    ("high", Severity::High),
    ("critical", Severity::Critical),
];
const TIERS: &[(&str, Tier)] = &[("shown", Tier::Shown), ("all", Tier::All)];
const CLASSES: &[(&str, FindingClass)] = &[
    ("code", FindingClass::Code),
    ("secret", FindingClass::Secret),
    ("agent-configuration", FindingClass::AgentConfiguration),
    ("workflow", FindingClass::Workflow),
    ("model", FindingClass::Model),
    ("dependency", FindingClass::Dependency),
];
const UNREAD: &[(&str, UnreadLanguages)] = &[
    ("pass", UnreadLanguages::Pass),
    ("undetermined", UnreadLanguages::Undetermined),
];
const MODELS: &[(&str, ModelVerdict)] = &[
    ("unknown", ModelVerdict::Unknown),
    ("suspicious", ModelVerdict::Suspicious),
    ("malicious", ModelVerdict::Malicious),
];
/// Words that would judge a person.
const OF_PERSONS: [&str; 7] = [
    "score",
    "skill",
    "trust",
    "rating",
    "rank",
    "reputation",
    "seniority",
];
/// Reviews that a gate may ask for.
const MOST_REVIEWS: i64 = 10;
/// Lines that a gate may speak of.
const MOST_LINES: i64 = 10_000_000;

/// Reads `[gates]` over the defaults.
pub(crate) fn read_built_ins(
    value: Option<Value<'_>>,
    zones: &Zones,
    text: &str,
) -> Result<Vec<Gate>, Wrong> {
    let mut gates: Vec<Gate> = defaults().map(super::BuiltIn::gate).collect();
    let Some(mut value) = value else {
        return Ok(gates);
    };
    let span = value.span;
    let ValueInner::Table(table) = value.take() else {
        return Err(Wrong::new(
            span,
            "`gates` must be a table: `[gates]` with `GATE = \"comment\"`; gates of your own are `[[gate]]`",
        ));
    };
    for (key, mut value) in table {
        let Some(gate) = gates.iter_mut().find(|gate| gate.id.as_str() == key.name) else {
            return Err(unknown_gate(&key.name, key.span));
        };
        gate.line = Some(Place::of(text, key.span.start).line);
        let name = format!("gates.{}", key.name);
        if value.as_str().is_some() {
            let (mode, span) = crate::document::text(value, &name)?;
            gate.mode = word(&mode, span, &name, MODES)?;
            continue;
        }
        let span = value.span;
        let mut section = Section::new(name.clone(), &mut value).map_err(|_| {
            let message = format!(
                "`{name}` is a mode (\"observe\", \"comment\", \"block\") or a table with `mode`"
            );
            Wrong::new(span, message)
        })?;
        read_common(&mut section, gate, &name, zones)?;
        let known = read_condition(&mut section, &mut gate.condition, &name)?;
        refuse_persons(&mut section, known)?;
    }
    Ok(gates)
}

/// Reads `[[gate]]`.
pub(crate) fn read_own(
    value: Option<Value<'_>>,
    zones: &Zones,
    text: &str,
) -> Result<Vec<Gate>, Wrong> {
    let Some(mut value) = value else {
        return Ok(Vec::new());
    };
    let span = value.span;
    let ValueInner::Array(items) = value.take() else {
        return Err(Wrong::new(span, "`gate` must be written as `[[gate]]`"));
    };
    let mut gates: Vec<Gate> = Vec::new();
    for mut item in items {
        let span = item.span;
        let gate = read_own_gate(&mut item, zones, text)?;
        if let Some(first) = gates.iter().find(|known| known.id == gate.id) {
            let line = first.line.unwrap_or_default();
            let message = format!("there is a gate `{}` already, at line {line}", gate.id);
            return Err(Wrong::new(span, message));
        }
        if let Some(first) = gates.iter().find(|known| contradict(known, &gate)) {
            let message = format!(
                "`{}` and `{}` (line {}) ask the same of the same lines and disagree: keep one of them",
                gate.id,
                first.id,
                first.line.unwrap_or_default()
            );
            return Err(Wrong::new(span, message));
        }
        gates.push(gate);
    }
    Ok(gates)
}

fn read_own_gate(value: &mut Value<'_>, zones: &Zones, text: &str) -> Result<Gate, Wrong> {
    let mut section = Section::new("gate", value)?;
    let span = section.span();
    let (id, id_span) = crate::document::text(section.required("id")?, "gate.id")?;
    if !is_name(&id) {
        let message = "`gate.id` is of small letters, digits and `-`";
        return Err(Wrong::new(id_span, message));
    }
    if built_in(&id).is_some() {
        let message = format!("`{id}` is built in: set it under `[gates]`, or take another id");
        return Err(Wrong::new(id_span, message));
    }
    let (check, check_span) = crate::document::text(section.required("check")?, "gate.check")?;
    refuse_word(&check, check_span)?;
    let condition = condition_of(&check).ok_or_else(|| {
        let words = checks();
        let hint = nearest(&check, &words)
            .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let message = format!(
            "`gate.check` is one of {}, not `{check}`{hint}",
            words.join(", ")
        );
        Wrong::new(check_span, message)
    })?;
    let title = section
        .text("title")?
        .map_or_else(|| id.clone(), |(text, _)| text);
    let controls = section.strings("controls")?.unwrap_or_default();
    let mut gate = Gate {
        id: GateId::new(id),
        title,
        mode: Mode::Observe,
        scope: Scope::default(),
        condition,
        controls: controls.into_iter().map(|(text, _)| text).collect(),
        line: Some(Place::of(text, span.start).line),
    };
    read_common(&mut section, &mut gate, "gate", zones)?;
    let mut known = read_condition(&mut section, &mut gate.condition, "gate")?;
    known.extend(["id", "check", "title", "controls"]);
    refuse_persons(&mut section, known)?;
    Ok(gate)
}

/// Same check, same scope, but another mode or another number.
fn contradict(a: &Gate, b: &Gate) -> bool {
    if a.scope != b.scope || a.condition.check() != b.condition.check() {
        return false;
    }
    match (&a.condition, &b.condition) {
        (Condition::Findings(one), Condition::Findings(other)) => {
            let same = |ask: &FindingsAsk| FindingsAsk {
                at_most: 0,
                ..ask.clone()
            };
            same(one) == same(other)
        }
        (Condition::Rego { file: one }, Condition::Rego { file: other }) => one == other,
        _ => true,
    }
}

fn unknown_gate(name: &str, span: Span) -> Wrong {
    if judges_persons(name) {
        return of_persons(name, span);
    }
    let ids: Vec<&str> = defaults().map(|row| row.id).collect();
    let hint = nearest(name, &ids).map_or_else(
        || format!("built in are {}", ids.join(", ")),
        |near| format!("did you mean `{near}`?"),
    );
    Wrong::new(
        span,
        format!("there is no built-in gate `{name}`; {hint}; gates of your own are `[[gate]]`"),
    )
}

pub(crate) fn judges_persons(word: &str) -> bool {
    let mut parts = word.split(['-', '_', '.']).map(str::to_ascii_lowercase);
    parts.any(|part| OF_PERSONS.iter().any(|w| part.trim_end_matches('s') == *w))
}

fn of_persons(word: &str, span: Span) -> Wrong {
    Wrong::new(
        span,
        format!(
            "`{word}` would judge a person: gates judge changes, and a change document holds no score of anybody; \
             ask for a review, tests or fewer findings instead"
        ),
    )
}

fn refuse_word(word: &str, span: Span) -> Result<(), Wrong> {
    if judges_persons(word) {
        return Err(of_persons(word, span));
    }
    Ok(())
}

/// Ends a gate's table; a key that would judge a person is told as what it is.
fn refuse_persons(section: &mut Section<'_>, mut known: Vec<&'static str>) -> Result<(), Wrong> {
    known.extend(["mode", "zones", "except-zones", "origin", "branches"]);
    let persons = section.keys().find(|(key, _)| judges_persons(key));
    if let Some((key, span)) = persons {
        return Err(of_persons(&key, span));
    }
    section.finish(&known)
}

fn read_common(
    section: &mut Section<'_>,
    gate: &mut Gate,
    name: &str,
    zones: &Zones,
) -> Result<(), Wrong> {
    if let Some((mode, span)) = section.text("mode")? {
        gate.mode = word(&mode, span, &format!("{name}.mode"), MODES)?;
    }
    let without_effect = |key: &str, span: Span| {
        let check = gate.condition.check();
        let message =
            format!("`{name}.{key}` has no effect: the check `{check}` does not look at it");
        Wrong::new(span, message)
    };
    for (key, span) in section.keys() {
        let is_idle = match key.as_str() {
            "origin" => !gate.condition.looks_at_origin(),
            "zones" | "except-zones" => !gate.condition.looks_at_zones(),
            _ => false,
        };
        if is_idle {
            return Err(without_effect(&key, span));
        }
    }
    if let Some(origins) = section.strings("origin")? {
        gate.scope.origin = words(origins, &format!("{name}.origin"), ORIGINS)?;
    }
    for (key, of) in [
        ("zones", &mut gate.scope.zones),
        ("except-zones", &mut gate.scope.except_zones),
    ] {
        if let Some(named) = section.strings(key)? {
            *of = named_zones(named, zones)?;
        }
    }
    if let Some(branches) = section.strings("branches")? {
        crate::zone::globs(&branches, &format!("{name}.branches"))?;
        gate.scope.branches = branches.into_iter().map(|(text, _)| text).collect();
    }
    Ok(())
}

/// Zones that are defined, by their names.
fn named_zones(named: Vec<(String, Span)>, zones: &Zones) -> Result<Vec<ZoneId>, Wrong> {
    let mut ids = Vec::new();
    for (zone, span) in named {
        if zones.get(&zone).is_none() {
            let known: Vec<&str> = zones.iter().map(|zone| zone.id.as_str()).collect();
            let hint = match nearest(&zone, &known) {
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => {
                    format!("none is defined: write `[zone.{zone}]` with `paths`")
                }
                None => format!("zones are {}", known.join(", ")),
            };
            let message = format!("there is no zone `{zone}`; {hint}");
            return Err(Wrong::new(span, message));
        }
        ids.push(ZoneId::new(zone));
    }
    Ok(ids)
}

fn words<T: Copy>(
    texts: Vec<(String, Span)>,
    name: &str,
    all: &[(&str, T)],
) -> Result<Vec<T>, Wrong> {
    texts
        .into_iter()
        .map(|(text, span)| word(&text, span, name, all))
        .collect()
}

/// Reads what a condition can be told, and says which keys those are.
fn read_condition(
    section: &mut Section<'_>,
    condition: &mut Condition,
    name: &str,
) -> Result<Vec<&'static str>, Wrong> {
    match condition {
        Condition::Findings(ask) => read_findings(section, ask, name),
        Condition::Review(ask)
        | Condition::AgentConfiguration(ask)
        | Condition::Workflows(ask)
        | Condition::Suppressions(ask)
        | Condition::PolicyChange(ask) => read_reviews(section, ask),
        Condition::LargeChange { max_lines, reviews } => {
            if let Some((lines, _)) = section.number("max-lines", 1..=MOST_LINES)? {
                *max_lines = lines;
            }
            let mut known = read_reviews(section, reviews)?;
            known.push("max-lines");
            Ok(known)
        }
        Condition::Models { from } => {
            if let Some((text, span)) = section.text("from")? {
                *from = word(&text, span, &format!("{name}.from"), MODELS)?;
            }
            Ok(vec!["from"])
        }
        Condition::Lines { at_most } => {
            let (lines, _) = section
                .number("at-most", 0..=MOST_LINES)?
                .ok_or_else(|| section.missing("at-most"))?;
            *at_most = lines;
            Ok(vec!["at-most"])
        }
        Condition::Rego { file } => {
            let (text, span) =
                crate::document::text(section.required("file")?, &format!("{name}.file"))?;
            let inside = text.starts_with(".trueline/")
                && text.rsplit('.').next() == Some("rego")
                && !text.split('/').any(|part| part == "..");
            if !inside {
                let message =
                    format!("`{name}.file` is a `.rego` file below `.trueline/`, not `{text}`");
                return Err(Wrong::new(span, message));
            }
            *file = text;
            Ok(vec!["file"])
        }
        Condition::Tests
        | Condition::Docs
        | Condition::SelfApproval
        | Condition::Disclosure
        | Condition::ApprovedTools
        | Condition::ApprovedUse
        | Condition::DependencyExists
        | Condition::DependencyVulnerable
        | Condition::Provenance => Ok(Vec::new()),
    }
}

fn read_findings(
    section: &mut Section<'_>,
    ask: &mut FindingsAsk,
    name: &str,
) -> Result<Vec<&'static str>, Wrong> {
    if let Some((text, span)) = section.text("min-severity")? {
        ask.min_severity = word(&text, span, &format!("{name}.min-severity"), SEVERITIES)?;
    }
    if let Some((text, span)) = section.text("tier")? {
        ask.tier = word(&text, span, &format!("{name}.tier"), TIERS)?;
    }
    if let Some(texts) = section.strings("classes")? {
        ask.classes = words(texts, &format!("{name}.classes"), CLASSES)?;
    }
    if let Some(texts) = section.strings("rules")? {
        ask.rules = texts.into_iter().map(|(text, _)| text).collect();
    }
    if let Some(texts) = section.strings("cwe")? {
        ask.cwe = texts
            .into_iter()
            .map(|(text, span)| {
                let number = text.trim_start_matches("CWE-").parse();
                let message = format!("`{name}.cwe` lists weaknesses as \"CWE-89\", not `{text}`");
                number.map_err(|_| Wrong::new(span, message))
            })
            .collect::<Result<_, _>>()?;
    }
    if let Some((most, _)) = section.number("at-most", 0..=MOST_LINES)? {
        ask.at_most = most;
    }
    if let Some((text, span)) = section.text("unread-languages")? {
        let name = format!("{name}.unread-languages");
        ask.unread = word(&text, span, &name, UNREAD)?;
    }
    Ok(vec![
        "min-severity",
        "tier",
        "classes",
        "rules",
        "cwe",
        "at-most",
        "unread-languages",
    ])
}

fn read_reviews(
    section: &mut Section<'_>,
    ask: &mut ReviewAsk,
) -> Result<Vec<&'static str>, Wrong> {
    if let Some((least, _)) = section.number("reviews", 1..=MOST_REVIEWS)? {
        ask.at_least = least;
    }
    if let Some(codeowner) = section.flag("codeowner")? {
        ask.codeowner = codeowner;
    }
    Ok(vec!["reviews", "codeowner"])
}
