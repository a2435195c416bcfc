//! Findings and diagnostics as a SARIF log: one run per engine, ours first.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;
use trueline_facts::{
    Confidence, Cwe, Diagnostic, Edit, Finding, Level, Location, Related, RepoPath, RuleId,
    Severity, Suppression,
};

use crate::log;
use crate::read::{OWN_MARK, ToolRule, ToolText};
use crate::uri;

/// GitHub's limit of results in a run.
pub(crate) const MAX_RESULTS: usize = 25_000;
/// GitHub's limit of locations in the thread flows of a result.
const MAX_FLOW_LOCATIONS: usize = 10_000;
/// GitHub's limit of runs in a log.
const MAX_RUNS: usize = 20;
/// GitHub's limit of characters in a description.
const MAX_DESCRIPTION: usize = 1_024;
/// What GitHub calls its hash of a line.
const LINE_HASH: &str = "primaryLocationLineHash";
pub(crate) const BASE: &str = "%SRCROOT%";

/// What a rule says of itself. Rules of imported findings need none.
#[derive(Clone, Debug)]
pub struct RuleText {
    /// Its id.
    pub id: RuleId,
    /// One line.
    pub title: String,
    /// The whole page, Markdown.
    pub markdown: String,
}

/// Writes the log. `rules` are ours, `tools` what imported logs say of theirs, by engine. `scanned_path` is
/// the part of the tree that was looked at, absent for all of it; `line_hash` gives GitHub's hash of a line (see [`crate::line_hashes`]).
///
/// # Errors
/// Fails only if a property cannot be written as JSON.
pub fn write(
    findings: &[Finding],
    diagnostics: &[Diagnostic],
    rules: &[RuleText],
    tools: &BTreeMap<String, ToolText>,
    version: &str,
    scanned_path: Option<&RepoPath>,
    line_hash: &dyn Fn(&RepoPath, u32) -> Option<String>,
) -> Result<String, serde_json::Error> {
    write_log(
        findings,
        diagnostics,
        rules,
        version,
        &Details {
            tools,
            scanned_path,
            line_hash,
            what: None,
            said: &|_| Said::default(),
        },
    )
}

/// What a log says of a finding beside what findings have.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// More properties of the result.
    pub properties: BTreeMap<&'static str, Value>,
    /// Where it stands in a file that has no lines, in bytes.
    pub bytes: Option<Range<u64>>,
}

/// The same of findings that have no lines, with what more is said of each. `what` they are of gives the log a category
/// of its own: hosts keep one log of each.
///
/// # Errors
/// Fails only if a property cannot be written as JSON.
pub fn write_with(
    findings: &[Finding],
    diagnostics: &[Diagnostic],
    rules: &[RuleText],
    version: &str,
    what: &str,
    said: &dyn Fn(&Finding) -> Said,
) -> Result<String, serde_json::Error> {
    write_log(
        findings,
        diagnostics,
        rules,
        version,
        &Details {
            tools: &BTreeMap::new(),
            scanned_path: None,
            line_hash: &|_, _| None,
            what: Some(what),
            said,
        },
    )
}

/// What a log says beside findings, diagnostics and rules.
struct Details<'a> {
    tools: &'a BTreeMap<String, ToolText>,
    scanned_path: Option<&'a RepoPath>,
    line_hash: &'a dyn Fn(&RepoPath, u32) -> Option<String>,
    /// What the findings are of, where it is not the code of the tree.
    what: Option<&'a str>,
    said: &'a dyn Fn(&Finding) -> Said,
}

fn write_log(
    findings: &[Finding],
    diagnostics: &[Diagnostic],
    rules: &[RuleText],
    version: &str,
    details: &Details<'_>,
) -> Result<String, serde_json::Error> {
    let mut engines: Vec<&str> = findings.iter().map(|f| f.engine.as_str()).collect();
    engines.push(OWN_ENGINE);
    engines.sort_by_key(|e| (*e != OWN_ENGINE, *e));
    engines.dedup();
    let left_out: Vec<&str> = engines.split_off(engines.len().min(MAX_RUNS));

    let mut runs = Vec::new();
    for engine in engines {
        let mut own: Vec<&Finding> = findings.iter().filter(|f| f.engine == engine).collect();
        let mut notifications = Vec::new();
        if engine == OWN_ENGINE {
            notifications.extend(diagnostics.iter().map(notification));
            notifications.extend(left_out.iter().map(|name| {
                limit_notification(&format!(
                    "results of {name} are left out: a log holds at most {MAX_RUNS} runs"
                ))
            }));
        }
        if own.len() > MAX_RESULTS {
            notifications.push(limit_notification(&format!(
                "{} of {} results are left out, least severe first: a run holds at most {MAX_RESULTS}",
                own.len() - MAX_RESULTS,
                own.len()
            )));
            own.sort_by_key(|f| std::cmp::Reverse(f.severity));
            own.truncate(MAX_RESULTS);
        }
        let tool = Tool {
            engine,
            rules,
            said: details.tools.get(engine),
            version,
        };
        runs.push(run(&tool, &own, notifications, details)?);
    }
    let mut text = serde_json::to_string_pretty(&log::Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs,
    })?;
    text.push('\n');
    Ok(text)
}

/// The driver name of our own findings.
const OWN_ENGINE: &str = "trueline";

/// Whose findings a run holds.
struct Tool<'a> {
    engine: &'a str,
    /// Ours, whoever's run it is.
    rules: &'a [RuleText],
    /// What the tool's own log says of it.
    said: Option<&'a ToolText>,
    version: &'a str,
}

fn run(
    tool: &Tool<'_>,
    findings: &[&Finding],
    notifications: Vec<log::Notification>,
    details: &Details<'_>,
) -> Result<log::Run, serde_json::Error> {
    let scanned_path = details.scanned_path;
    let Tool {
        engine,
        rules,
        said,
        version,
    } = *tool;
    // A rule's entry is made from its worst finding, so that imported rules have one too.
    let mut used: BTreeMap<&RuleId, &Finding> = BTreeMap::new();
    for finding in findings {
        let worst = used.entry(&finding.rule).or_insert(finding);
        if finding.severity > worst.severity {
            *worst = finding;
        }
    }
    let index: BTreeMap<&RuleId, usize> =
        used.keys().enumerate().map(|(at, id)| (*id, at)).collect();
    let mut cwes: Vec<Cwe> = findings
        .iter()
        .flat_map(|f| f.cwe.iter().copied())
        .collect();
    cwes.sort_unstable();
    cwes.dedup();

    let results = findings
        .iter()
        .map(|finding| result(finding, index[&finding.rule], details))
        .collect::<Result<_, _>>()?;
    let is_ours = engine == OWN_ENGINE;
    let describe = |finding: &&Finding| {
        let theirs = said.and_then(|tool| tool.rules.get(&finding.rule));
        theirs.map_or_else(
            || descriptor(finding, rules),
            |rule| their_descriptor(finding, rule),
        )
    };
    Ok(log::Run {
        tool: log::Tool {
            driver: log::ToolComponent {
                name: engine.to_owned(),
                version: said.and_then(|tool| tool.version.clone()),
                semantic_version: if is_ours {
                    Some(version.to_owned())
                } else {
                    said.and_then(|tool| tool.semantic_version.clone())
                },
                information_uri: said.and_then(|tool| tool.information_uri.clone()),
                organization: is_ours.then_some("Trueline"),
                rules: used.values().map(describe).collect(),
                taxa: Vec::new(),
                supported_taxonomies: vec![log::ComponentReference { name: "CWE" }],
            },
        },
        automation_details: log::AutomationDetails {
            id: category(engine, scanned_path, details.what),
        },
        invocations: vec![log::Invocation {
            execution_successful: !notifications.iter().any(|n| n.level == "error"),
            tool_execution_notifications: notifications,
        }],
        column_kind: "unicodeCodePoints",
        original_uri_base_ids: BTreeMap::from([(
            BASE,
            log::BaseUri {
                description: message("The root of the repository."),
            },
        )]),
        taxonomies: vec![log::ToolComponent {
            name: "CWE".to_owned(),
            organization: Some("MITRE"),
            taxa: cwes
                .iter()
                .map(|c| log::Taxon {
                    id: c.0.to_string(),
                })
                .collect(),
            ..log::ToolComponent::default()
        }],
        results,
        properties: scanned_path
            .map(|path| ("scannedPath", Value::from(path.display().into_owned())))
            .into_iter()
            .collect(),
    })
}

/// What a host keeps apart: a new upload replaces the last one of its category, so that a scan of a
/// folder must not close what a scan of the whole tree found. GitHub takes what stands before the last
/// slash for the category.
fn category(engine: &str, scanned_path: Option<&RepoPath>, what: Option<&str>) -> String {
    let what = what.map_or_else(String::new, |what| format!(":{what}"));
    let engine = format!("{}{what}", engine.replace('/', "%2F"));
    match scanned_path {
        Some(path) => format!("trueline/{engine}/{}/", uri::from_path(path)),
        None => format!("trueline/{engine}/"),
    }
}

fn descriptor(finding: &Finding, rules: &[RuleText]) -> log::ReportingDescriptor {
    let text = rules
        .iter()
        .find(|r| finding.engine == OWN_ENGINE && r.id == finding.rule);
    let title = text.map_or_else(|| finding.rule.to_string(), |t| t.title.clone());
    let markdown = text.map_or_else(|| title.clone(), |t| t.markdown.clone());
    let mut tags = vec!["security".to_owned()];
    tags.extend(
        finding
            .cwe
            .iter()
            .take(9)
            .map(|c| format!("external/cwe/cwe-{:03}", c.0)),
    );
    log::ReportingDescriptor {
        id: finding.rule.to_string(),
        name: None,
        short_description: message(&shorten(&title)),
        full_description: message(&shorten(&title)),
        help: log::Help {
            text: shorten(&title),
            markdown: Some(markdown),
        },
        help_uri: None,
        default_configuration: log::Configuration {
            level: level(finding.severity).to_owned(),
        },
        relationships: relationships(finding),
        properties: log::RuleProperties {
            security_severity: Some(
                match finding.severity {
                    Severity::Critical => "9.5",
                    Severity::High => "8.0",
                    Severity::Medium => "5.5",
                    Severity::Low => "2.0",
                }
                .to_owned(),
            ),
            precision: Some(
                match finding.confidence {
                    Confidence::High => "high",
                    Confidence::Medium => "medium",
                    Confidence::Low => "low",
                }
                .to_owned(),
            ),
            problem_severity: None,
            kind: None,
            tags,
        },
    }
}

/// A rule in the words of its tool. Where it says nothing the nearest thing that it says stands: hosts want
/// all of these texts. A score that the tool did not give is not made up.
fn their_descriptor(finding: &Finding, rule: &ToolRule) -> log::ReportingDescriptor {
    let short = rule.short_description.as_ref().or(rule.name.as_ref());
    let short = short.map_or_else(|| finding.rule.to_string(), Clone::clone);
    let full = rule.full_description.as_ref().unwrap_or(&short);
    log::ReportingDescriptor {
        id: finding.rule.to_string(),
        name: rule.name.clone(),
        full_description: message(full),
        help: log::Help {
            text: rule.help.as_ref().unwrap_or(full).clone(),
            markdown: rule.help_markdown.clone(),
        },
        short_description: message(&short),
        help_uri: rule.help_uri.clone(),
        default_configuration: log::Configuration {
            level: rule.level.as_deref().unwrap_or("warning").to_owned(),
        },
        relationships: relationships(finding),
        properties: log::RuleProperties {
            security_severity: rule.security_severity.clone(),
            precision: rule.precision.clone(),
            problem_severity: rule.problem_severity.clone(),
            kind: rule.kind.clone(),
            tags: rule.tags.clone(),
        },
    }
}

fn relationships(finding: &Finding) -> Vec<log::Relationship> {
    let relationship = |cwe: &Cwe| log::Relationship {
        target: log::DescriptorReference {
            id: cwe.0.to_string(),
            tool_component: log::ComponentReference { name: "CWE" },
        },
        kinds: ["superset"],
    };
    finding.cwe.iter().map(relationship).collect()
}

fn result(
    finding: &Finding,
    rule_index: usize,
    details: &Details<'_>,
) -> Result<log::ResultObject, serde_json::Error> {
    let at = &finding.location;
    let reported = finding.reported.as_deref();
    let mut marks =
        BTreeMap::from([(OWN_MARK.to_owned(), finding.fingerprint.as_str().to_owned())]);
    let prefixed = |bag: &BTreeMap<String, String>| -> BTreeMap<String, String> {
        let entries = bag.iter();
        entries
            .map(|(name, value)| (format!("{}/{name}", finding.engine), value.clone()))
            .collect()
    };
    marks.extend(reported.map_or_else(BTreeMap::new, |r| prefixed(&r.partial_fingerprints)));
    let theirs = reported.and_then(|r| r.partial_fingerprints.get(LINE_HASH).cloned());
    let hash = || (details.line_hash)(&at.path, at.start.line);
    // A hash of its first line would tie a finding about a file to that line. Hosts tell a finding that moved by
    // this name: it stays what it was in the tool's own log.
    if let Some(hash) = theirs.or_else(|| (!at.is_whole_file()).then(hash).flatten()) {
        marks.insert(LINE_HASH.to_owned(), hash);
    }
    let mut properties = BTreeMap::from([
        ("confidence", serde_json::to_value(finding.confidence)?),
        ("severity", serde_json::to_value(finding.severity)?),
        ("tier", serde_json::to_value(finding.tier)?),
    ]);
    if let Some(origin) = &finding.origin {
        properties.insert("origin", serde_json::to_value(origin)?);
    }
    if let Some(score) = reported.and_then(|r| r.security_severity.as_ref()) {
        properties.insert("security-severity", Value::String(score.clone()));
    }
    let said = (details.said)(finding);
    properties.extend(said.properties);
    let mut place = location(&finding.location, &finding.symbol, None);
    if let (Some(region), Some(bytes)) = (&mut place.physical_location.region, said.bytes) {
        region.byte_offset = Some(bytes.start);
        region.byte_length = Some(bytes.end.saturating_sub(bytes.start));
    }
    if let Some(fix) = &finding.fix {
        properties.insert("fix", Value::String(fix.description.clone()));
    }
    let code_flows = if finding.trace.is_empty() {
        Vec::new()
    } else {
        vec![log::CodeFlow {
            thread_flows: [log::ThreadFlow {
                locations: finding
                    .trace
                    .iter()
                    .take(MAX_FLOW_LOCATIONS)
                    .map(|step| log::ThreadFlowLocation {
                        location: location(&step.location, "", Some(&step.message)),
                    })
                    .collect(),
            }],
        }]
    };
    let text = reported.and_then(|r| r.linked_message.as_ref());
    // The standard's default level is `warning`, whatever the score.
    let their_level = reported.map(|r| r.level.as_deref().unwrap_or("warning"));
    Ok(log::ResultObject {
        rule_id: finding.rule.to_string(),
        rule_index,
        level: their_level.unwrap_or(level(finding.severity)).to_owned(),
        message: message(text.unwrap_or(&finding.message)),
        locations: [place],
        related_locations: reported.map_or_else(Vec::new, |r| related(&r.related)),
        code_flows,
        fingerprints: reported.map_or_else(BTreeMap::new, |r| prefixed(&r.fingerprints)),
        partial_fingerprints: marks,
        suppressions: finding.suppression.iter().map(suppression).collect(),
        fixes: fixes(finding)?,
        properties,
    })
}

fn related(places: &[Related]) -> Vec<log::Location> {
    let written = places.iter().map(|place| log::Location {
        id: place.id,
        ..location(
            &place.location,
            "",
            Some(place.message.as_str()).filter(|text| !text.is_empty()),
        )
    });
    written.collect()
}

fn fixes(finding: &Finding) -> Result<Vec<log::Fix>, serde_json::Error> {
    let Some(patch) = finding.fix.as_ref().and_then(|fix| fix.patch.as_ref()) else {
        return Ok(Vec::new());
    };
    let replacement = |edit: &Edit| log::Replacement {
        deleted_region: log::Region {
            start_line: edit.start.line,
            start_column: edit.start.column,
            end_line: edit.end.line,
            end_column: edit.end.column,
            byte_offset: None,
            byte_length: None,
        },
        inserted_content: message(&edit.replacement),
    };
    Ok(vec![log::Fix {
        description: message(&patch.title),
        artifact_changes: [log::ArtifactChange {
            artifact_location: artifact(&finding.location.path),
            replacements: patch.edits.iter().map(replacement).collect(),
        }],
        properties: BTreeMap::from([("applicability", serde_json::to_value(patch.applicability)?)]),
    }])
}

fn suppression(why: &Suppression) -> log::Suppression {
    match why {
        Suppression::Comment { reason, .. } => log::Suppression {
            kind: "inSource",
            justification: Some(reason.clone()),
        },
        Suppression::Baseline => log::Suppression {
            kind: "external",
            justification: Some("in the baseline".to_owned()),
        },
    }
}

pub(crate) fn location(at: &Location, symbol: &str, text: Option<&str>) -> log::Location {
    log::Location {
        id: None,
        physical_location: log::PhysicalLocation {
            artifact_location: artifact(&at.path),
            region: (at.start.line > 0 && !at.is_whole_file()).then(|| log::Region {
                start_line: at.start.line,
                start_column: at.start.column.max(1),
                end_line: at.last_line(),
                end_column: at.end.column.max(1),
                byte_offset: None,
                byte_length: None,
            }),
        },
        logical_locations: if symbol.is_empty() {
            Vec::new()
        } else {
            vec![log::LogicalLocation {
                fully_qualified_name: symbol.to_owned(),
            }]
        },
        message: text.map(message),
    }
}

fn artifact(path: &RepoPath) -> log::ArtifactLocation {
    // What lies outside of the repository has no place below its root.
    if path.as_bytes().starts_with(b"/") {
        return log::ArtifactLocation {
            uri: format!("file://{}", uri::from_path(path)),
            uri_base_id: None,
        };
    }
    log::ArtifactLocation {
        uri: uri::from_path(path),
        uri_base_id: Some(BASE),
    }
}

pub(crate) fn notification(diagnostic: &Diagnostic) -> log::Notification {
    log::Notification {
        level: match diagnostic.level {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        },
        message: message(&diagnostic.message),
        descriptor: log::NotificationDescriptor {
            id: diagnostic.code.clone(),
        },
        locations: diagnostic
            .path
            .iter()
            .map(|path| log::Location {
                id: None,
                physical_location: log::PhysicalLocation {
                    artifact_location: artifact(path),
                    region: None,
                },
                logical_locations: Vec::new(),
                message: None,
            })
            .collect(),
    }
}

pub(crate) fn limit_notification(text: &str) -> log::Notification {
    log::Notification {
        level: "warning",
        message: message(text),
        descriptor: log::NotificationDescriptor {
            id: "sarif-limit".to_owned(),
        },
        locations: Vec::new(),
    }
}

pub(crate) fn message(text: &str) -> log::Message {
    log::Message {
        text: text.to_owned(),
    }
}

pub(crate) fn shorten(text: &str) -> String {
    text.chars().take(MAX_DESCRIPTION).collect()
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}
