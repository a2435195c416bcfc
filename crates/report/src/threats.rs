//! A threat model as Markdown: what is open first, then what the code answers, components, flows.

use std::fmt::Write as _;

use trueline_facts::threat::{Component, Threat, ThreatModel, ThreatState};
use trueline_facts::{Level, Location};

use crate::words::{counted, visible};

/// Places and details that a reader is shown of one thing; the document in JSON has all.
const SHOWN_PLACES: usize = 5;
const SHOWN_DETAILS: usize = 12;
/// The diagnostic of code that no model is made of.
const UNREAD: &str = "threat-languages-unread";

/// Renders the model; with the source of a Mermaid diagram if it is given.
#[must_use]
pub fn markdown(model: &ThreatModel, diagram: Option<&str>) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "# Threat model of {}\n", cell(&model.name));
    // What was not read comes before what was found.
    let unread = model.diagnostics.iter().filter(|d| d.code == UNREAD);
    for diagnostic in unread {
        let _ = writeln!(out, "{}\n", cell(&diagnostic.message));
    }
    let open = model
        .threats
        .iter()
        .filter(|t| t.state == ThreatState::Open);
    let open = open.count();
    if model.components.is_empty() {
        out.push_str(
            "Nothing was found that talks to the outside: no routes, models, agents, stores or \
             commands. What this tool reads for it is Python, JavaScript and TypeScript; other \
             languages are not modelled yet.\n",
        );
    } else {
        let _ = writeln!(
            out,
            "{} open, {} met by something in the code or decided by a person; {}, {}. Derived from \
             the code: what no code shows (people, places, contracts) is for you to add, and a \
             control that was found is not yet a control that suffices.",
            counted(open as u64, "threat"),
            model.threats.len() - open,
            counted(model.components.len() as u64, "component"),
            counted(model.flows.len() as u64, "flow"),
        );
    }
    if let Some(closed) = model.closed.as_ref().filter(|c| !c.is_empty()) {
        let _ = writeln!(out, "\n## Closed since the earlier model\n");
        for one in closed {
            let _ = writeln!(out, "- `{}` {}", one.id, cell(&one.title));
        }
    }
    if let Some(diagram) = diagram.filter(|_| !model.components.is_empty()) {
        let _ = writeln!(out, "\n## Data flows\n\n```mermaid\n{diagram}```");
    }
    section(&mut out, model, "Open threats", |t| {
        t.state == ThreatState::Open
    });
    section(&mut out, model, "Threats that the code answers", |t| {
        t.state == ThreatState::Mitigated
    });
    section(&mut out, model, "Threats that people decided on", |t| {
        t.decision.is_some()
    });
    tables(&mut out, model);
    let told: Vec<_> = model
        .diagnostics
        .iter()
        .filter(|d| d.level >= Level::Warning || d.code.starts_with("threat-"))
        .filter(|d| d.code != UNREAD)
        .collect();
    if !told.is_empty() {
        out.push_str("\n## Notes\n\n");
        for diagnostic in told {
            match &diagnostic.path {
                Some(path) => {
                    let path = path.display();
                    let _ = writeln!(out, "- `{}`: {}", cell(&path), cell(&diagnostic.message));
                }
                None => {
                    let _ = writeln!(out, "- {}", cell(&diagnostic.message));
                }
            }
        }
    }
    out
}

fn section(out: &mut String, model: &ThreatModel, title: &str, of: impl Fn(&Threat) -> bool) {
    let mut own = model.threats.iter().filter(|t| of(t)).peekable();
    if own.peek().is_none() {
        return;
    }
    let _ = writeln!(out, "\n## {title}");
    for threat in own {
        let _ = writeln!(
            out,
            "\n### {} ({})\n\n`{}` · {} · {}\n",
            cell(&threat.title),
            severity(threat),
            threat.id,
            stride(threat),
            threat.references.join(", ")
        );
        let _ = writeln!(out, "{}\n", cell(&threat.scenario));
        if !threat.evidence.is_empty() {
            let places = first(threat.evidence.iter().map(place), SHOWN_PLACES);
            let _ = writeln!(out, "- Seen at: {places}");
        }
        for found in threat.mitigations.iter().take(SHOWN_PLACES) {
            let _ = writeln!(
                out,
                "- Speaks against it: {} at {}",
                cell(&found.control),
                place(&found.location)
            );
        }
        if let Some(decision) = &threat.decision {
            let until = decision.expires.as_deref().unwrap_or("further notice");
            let _ = writeln!(
                out,
                "- Decided by {}, until {until}: {}",
                cell(&decision.owner),
                cell(&decision.reason)
            );
        }
        let _ = writeln!(out, "- What to do: {}", cell(&threat.advice));
    }
}

fn tables(out: &mut String, model: &ThreatModel) {
    if !model.components.is_empty() {
        out.push_str(
            "\n## Components\n\n| component | zone | details | seen at |\n|---|---|---|---|\n",
        );
        for one in &model.components {
            let places: Vec<String> = one.evidence.iter().take(2).map(place).collect();
            let more = one.uses.saturating_sub(places.len() as u64);
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            let _ = writeln!(
                out,
                "| {} | {} | {} | {}{more} |",
                cell(&one.name),
                words(&one.zone),
                cell(&first(one.details.iter().cloned(), SHOWN_DETAILS)),
                places.join(", ")
            );
        }
    }
    if !model.flows.is_empty() {
        out.push_str(
            "\n## Flows\n\n| from | to | what | boundary | seen at |\n|---|---|---|---|---|\n",
        );
        for flow in &model.flows {
            let name = |id: &str| component(model, id).map_or("", |c| c.name.as_str());
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} |",
                cell(name(&flow.from)),
                cell(name(&flow.to)),
                cell(&flow.label),
                if flow.crosses_boundary { "crossed" } else { "" },
                first(flow.evidence.iter().map(place), 2)
            );
        }
    }
}

/// The first of some things, and how many more there are.
fn first(all: impl Iterator<Item = String>, shown: usize) -> String {
    let all: Vec<String> = all.collect();
    let mut text = all
        .iter()
        .take(shown)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    if all.len() > shown {
        let _ = write!(text, " and {} more", all.len() - shown);
    }
    text
}

fn component<'m>(model: &'m ThreatModel, id: &str) -> Option<&'m Component> {
    model.components.iter().find(|c| c.id == id)
}

fn place(location: &Location) -> String {
    format!(
        "`{}:{}`",
        cell(&location.path.display()).replace('`', "'"),
        location.start.line
    )
}

/// Text of the repository within a cell of a table.
fn cell(text: &str) -> String {
    visible(text).replace('|', "\\|").replace(['\n', '\r'], " ")
}

/// The name that the document has for it, as words.
fn words(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name.replace('-', " "),
        _ => String::new(),
    }
}

fn severity(threat: &Threat) -> String {
    words(&threat.severity)
}

fn stride(threat: &Threat) -> String {
    words(&threat.stride)
}
