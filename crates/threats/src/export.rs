//! A model as a document of the OWASP Threat Model Library (schema 1.0.2), for tools that read that.
//!
//! What the schema has no place for (places in the code, identifiers of OWASP and ATLAS, the state of a
//! threat) stands in its `extensions` under `trueline.dev/threats`.

use serde_json::{Value, json};
use trueline_facts::Severity;
use trueline_facts::surface::ComponentKind;
use trueline_facts::threat::{Component, Element, Threat, ThreatModel, ThreatState, Zone};

/// The schema that the document follows.
const SCHEMA: &str = "https://github.com/OWASP/www-project-threat-model-library/blob/v1.0.2/threat-model.schema.json";

const ZONES: &[(Zone, &str, &str)] = &[
    (
        Zone::Outside,
        "outside",
        "People, documents and agents that nobody here controls.",
    ),
    (
        Zone::Application,
        "application",
        "The code of the repository.",
    ),
    (
        Zone::Model,
        "models",
        "Language models: their answers are untrusted by definition.",
    ),
    (
        Zone::Resources,
        "resources",
        "What the application keeps and what it can make happen.",
    ),
    (Zone::Services, "services", "Services that others run."),
    (
        Zone::Tooling,
        "tooling",
        "Assistants, hooks and servers that developers use.",
    ),
];

/// The document.
#[must_use]
#[expect(clippy::too_many_lines, reason = "one document, member by member")]
pub fn threat_model_library(model: &ThreatModel) -> Value {
    let present = |zone: Zone| model.components.iter().any(|c| c.zone == zone);
    let zones: Vec<Value> = ZONES
        .iter()
        .filter(|(zone, ..)| present(*zone))
        .map(|(_, name, what)| json!({"symbolic_name": name, "title": name, "description": what}))
        .collect();
    let mut crossed: Vec<(&str, &str)> = model
        .flows
        .iter()
        .filter(|f| f.crosses_boundary)
        .filter_map(|f| Some((zone_of(model, &f.from)?, zone_of(model, &f.to)?)))
        .map(|(a, b)| if a < b { (a, b) } else { (b, a) })
        .collect();
    crossed.sort_unstable();
    crossed.dedup();
    let boundaries: Vec<Value> = crossed
        .into_iter()
        .map(|(a, b)| json!({"trust_zone_a": a, "trust_zone_b": b}))
        .collect();
    let of = |wanted: fn(&Component) -> bool| model.components.iter().filter(move |c| wanted(c));
    let actors: Vec<Value> = of(is_actor)
        .map(|c| {
            let kind = if c.name == "operator" { "power_user" } else { "third_party" };
            json!({
                "symbolic_name": symbol("actor", c), "title": c.name, "description": described(c),
                "type": if c.name == "user" { "user" } else { kind }, "trust_zone": zone_name(c.zone),
            })
        })
        .collect();
    let stores: Vec<Value> = of(is_store)
        .map(|c| {
            json!({
                "symbolic_name": symbol("store", c), "title": c.name, "description": described(c),
                "type": store_type(c), "product": c.name, "trust_zone": zone_name(c.zone),
            })
        })
        .collect();
    let components: Vec<Value> = of(is_component)
        .map(|c| {
            json!({
                "symbolic_name": symbol("component", c), "title": c.name,
                "description": described(c), "trust_zone": zone_name(c.zone),
            })
        })
        .collect();
    let flows: Vec<Value> = model
        .flows
        .iter()
        .filter_map(|flow| {
            let from = component(model, &flow.from)?;
            let to = component(model, &flow.to)?;
            Some(json!({
                "symbolic_name": format!("flow-{}", flow.id),
                "title": format!("{} to {}: {}", from.name, to.name, flow.label),
                "description": flow.label,
                "source": end(from), "destination": end(to),
                // What the code does not say is not claimed: a sensitive flow until somebody says no.
                "has_sensitive_data": flow.crosses_boundary,
                "encrypted": to.zone == Zone::Model || to.zone == Zone::Services,
            }))
        })
        .collect();
    let threats: Vec<Value> = model.threats.iter().map(|t| threat(model, t)).collect();
    let controls: Vec<Value> = model
        .threats
        .iter()
        .flat_map(|t| t.mitigations.iter().enumerate().map(move |(at, m)| (t, at, m)))
        .map(|(t, at, m)| {
            json!({
                "symbolic_name": format!("control-{}-{at}", t.id),
                "title": m.control,
                "description": format!("Found in the code at {}:{}.", m.location.path, m.location.start.line),
                "threats": [format!("threat-{}", t.id)],
                "status": "active",
                "priority": priority(t.severity),
            })
        })
        .collect();
    json!({
        "$schema": SCHEMA,
        "version": "1",
        "scope": {
            "title": model.name,
            "description": format!(
                "Derived from the code of {} by Trueline {}. Criticality, sensitivity and tier are \
                 for a person to set.", model.name, model.trueline_version),
            "business_criticality": "moderate",
            "data_sensitivity": ["biz"],
            "exposure": if present(Zone::Outside) { "external" } else { "internal" },
            "tier": "important",
        },
        "diagrams": [{
            "title": "Data flows", "type": "mermaid", "source": crate::mermaid(model),
        }],
        "trust_zones": zones,
        "trust_boundaries": boundaries,
        "actors": actors,
        "components": components,
        "data_stores": stores,
        "data_sets": [],
        "data_flows": flows,
        "threat_personas": [{
            "symbolic_name": "author-of-text",
            "title": "Whoever can put text before the model",
            "description": "A user, or the author of a document, page, mail or tool description.",
            "is_person": true,
            "skill_level": "engineer",
            "access_level": "anonymous",
            "malicious_intent": true,
            "applicability_to_org": "moderate",
        }],
        "threats": threats,
        "controls": controls,
        "extensions": {
            "trueline.dev/threats": model.threats.iter().map(|t| json!({
                "threat": format!("threat-{}", t.id),
                "rule": t.rule,
                "state": t.state,
                "stride": t.stride,
                "severity": t.severity,
                "references": t.references,
                "evidence": t.evidence.iter()
                    .map(|l| format!("{}:{}", l.path, l.start.line)).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
        },
    })
}

fn threat(model: &ThreatModel, t: &Threat) -> Value {
    let affected: Vec<String> = t
        .components
        .iter()
        .filter_map(|id| component(model, id))
        .map(|c| symbol(word(c), c))
        .collect();
    let weaknesses: Vec<Value> = t
        .references
        .iter()
        .filter_map(|r| r.strip_prefix("CWE-")?.parse::<u32>().ok())
        .map(|cwe| json!({"cwe_id": cwe}))
        .collect();
    let state = match t.state {
        ThreatState::Open => "Open.",
        ThreatState::Mitigated => "Controls were found in the code.",
        ThreatState::MitigatedElsewhere => "Met outside of the code.",
        ThreatState::Accepted => "Accepted.",
        ThreatState::NotApplicable => "Does not apply.",
    };
    json!({
        "symbolic_name": format!("threat-{}", t.id),
        "title": t.title,
        "description": format!("{} {state} {}", t.scenario, t.advice),
        "components_affected": affected,
        "threat_persona": "author-of-text",
        "event": t.scenario,
        "sources": ["adversary"],
        "weaknesses": weaknesses,
    })
}

fn component<'m>(model: &'m ThreatModel, id: &str) -> Option<&'m Component> {
    model.components.iter().find(|c| c.id == id)
}

fn zone_of<'m>(model: &'m ThreatModel, id: &str) -> Option<&'m str> {
    component(model, id).map(|c| zone_name(c.zone))
}

fn zone_name(zone: Zone) -> &'static str {
    ZONES
        .iter()
        .find(|(z, ..)| *z == zone)
        .map_or("application", |(_, name, _)| name)
}

const fn is_actor(c: &Component) -> bool {
    matches!(c.element, Element::Actor)
}

const fn is_store(c: &Component) -> bool {
    matches!(c.element, Element::Store)
}

const fn is_component(c: &Component) -> bool {
    matches!(c.element, Element::Process | Element::External)
}

const fn word(c: &Component) -> &'static str {
    match c.element {
        Element::Actor => "actor",
        Element::Store => "store",
        Element::Process | Element::External => "component",
    }
}

fn symbol(word: &str, c: &Component) -> String {
    format!("{word}-{}", c.id)
}

fn end(c: &Component) -> Value {
    let kind = match c.element {
        Element::Actor => "actor",
        Element::Store => "data-store",
        Element::Process | Element::External => "component",
    };
    json!({"type": kind, "object": symbol(word(c), c)})
}

fn described(c: &Component) -> String {
    let places: Vec<String> = c
        .evidence
        .iter()
        .map(|l| format!("{}:{}", l.path, l.start.line))
        .collect();
    let details = if c.details.is_empty() {
        String::new()
    } else {
        format!(" ({})", c.details.join(", "))
    };
    format!("{}{details}, used at {}", c.name, places.join(", "))
}

fn store_type(c: &Component) -> &'static str {
    match c.kind {
        Some(ComponentKind::Files) => "object",
        Some(ComponentKind::VectorStore | ComponentKind::Memory) => "document",
        _ => match c.name.as_str() {
            "MongoDB" => "document",
            "Redis" => "key_value",
            _ => "sql",
        },
    }
}

const fn priority(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}
