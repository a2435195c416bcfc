//! Data-flow diagrams of a model: Mermaid for Markdown, and SVG drawn here, a column for each zone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use trueline_facts::threat::{Component, Element, Flow, ThreatModel, ThreatState, Zone};

/// What a zone is called in a diagram, from left to right.
const ZONES: &[(Zone, &str)] = &[
    (Zone::Outside, "outside"),
    (Zone::Application, "application"),
    (Zone::Model, "models (untrusted)"),
    (Zone::Resources, "data and powers"),
    (Zone::Services, "services of others"),
    (Zone::Tooling, "developer tooling"),
];

/// Measures of the SVG, in its units.
const COLUMN: usize = 230;
const BOX_WIDTH: usize = 170;
const BOX_HEIGHT: usize = 44;
const ROW: usize = 74;
const TOP: usize = 58;
const MARGIN: usize = 20;
/// Longest name in a box, in characters.
const MAX_NAME: usize = 24;

/// The diagram as Mermaid source.
#[must_use]
pub fn mermaid(model: &ThreatModel) -> String {
    let mut out = String::from("flowchart LR\n");
    for (zone, name) in ZONES {
        let own: Vec<&Component> = model
            .components
            .iter()
            .filter(|c| c.zone == *zone)
            .collect();
        if own.is_empty() {
            continue;
        }
        let _ = writeln!(out, "  subgraph {zone:?}[\"{name}\"]");
        for component in own {
            let text = quoted(&component.name);
            let (open, close) = match component.element {
                Element::Actor => ("([", "])"),
                Element::Process => ("(", ")"),
                Element::Store => ("[(", ")]"),
                Element::External => ("[", "]"),
            };
            let _ = writeln!(out, "    c{}{open}\"{text}\"{close}", component.id);
        }
        out.push_str("  end\n");
    }
    for flow in &model.flows {
        let arrow = if flow.crosses_boundary { "-->" } else { "-.->" };
        let _ = writeln!(
            out,
            "  c{} {arrow}|\"{}\"| c{}",
            flow.from,
            quoted(&flow.label),
            flow.to
        );
    }
    out
}

fn quoted(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The diagram as an SVG document of its own.
#[must_use]
pub fn svg(model: &ThreatModel) -> String {
    let zones: Vec<(Zone, &str)> = ZONES
        .iter()
        .copied()
        .filter(|(zone, _)| model.components.iter().any(|c| c.zone == *zone))
        .collect();
    let mut places: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut rows = 1;
    for (column, (zone, _)) in zones.iter().enumerate() {
        for (row, one) in model
            .components
            .iter()
            .filter(|c| c.zone == *zone)
            .enumerate()
        {
            places.insert(&one.id, (MARGIN + column * COLUMN, TOP + row * ROW));
            rows = rows.max(row + 1);
        }
    }
    let width = MARGIN * 2 + zones.len().max(1) * COLUMN - (COLUMN - BOX_WIDTH);
    let height = TOP + rows * ROW + MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" aria-label=\"Data-flow diagram of {}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"12\">\n\
         <style>:root{{color-scheme:light dark}}.b{{fill:Canvas;stroke:CanvasText}}\
         text{{fill:CanvasText}}.z{{font-weight:600}}.f{{stroke:GrayText;fill:none}}\
         .x{{stroke:#b3261e;fill:none}}.t{{fill:#b3261e}}\
         @media (prefers-color-scheme:dark){{.x{{stroke:#ff8a80}}.t{{fill:#ff8a80}}}}</style>\n\
         <defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto-start-reverse\"><path d=\"M0 0L8 4L0 8z\" fill=\"GrayText\"/></marker></defs>\n",
        quoted(&model.name)
    );
    for (column, (_, name)) in zones.iter().enumerate() {
        let x = MARGIN + column * COLUMN;
        let _ = writeln!(out, "<text class=\"z\" x=\"{x}\" y=\"24\">{name}</text>");
        if column > 0 {
            let line = x - (COLUMN - BOX_WIDTH) / 2;
            let _ = writeln!(
                out,
                "<line class=\"f\" x1=\"{line}\" y1=\"10\" x2=\"{line}\" y2=\"{height}\" stroke-dasharray=\"4 4\"/>"
            );
        }
    }
    for flow in &model.flows {
        arrow(&mut out, model, flow, &places);
    }
    for one in &model.components {
        let Some((x, y)) = places.get(one.id.as_str()) else {
            continue;
        };
        draw(&mut out, one, *x, *y, open_threats(model, &one.id));
    }
    out.push_str("</svg>\n");
    out
}

fn open_threats(model: &ThreatModel, id: &str) -> usize {
    model
        .threats
        .iter()
        .filter(|t| t.state == ThreatState::Open && t.components.iter().any(|c| c == id))
        .count()
}

fn draw(out: &mut String, one: &Component, x: usize, y: usize, open: usize) {
    let radius = match one.element {
        Element::Process => 20,
        Element::Actor => 10,
        Element::Store | Element::External => 2,
    };
    let _ = writeln!(
        out,
        "<rect class=\"b\" x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDTH}\" height=\"{BOX_HEIGHT}\" rx=\"{radius}\"/>"
    );
    if one.element == Element::Store {
        let inner = y + 5;
        let _ = writeln!(
            out,
            "<line class=\"f\" x1=\"{x}\" y1=\"{inner}\" x2=\"{}\" y2=\"{inner}\"/>",
            x + BOX_WIDTH
        );
    }
    let mut name: String = one.name.chars().take(MAX_NAME).collect();
    if name.len() < one.name.len() {
        name.push('…');
    }
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\"><title>{}</title>{}</text>",
        x + BOX_WIDTH / 2,
        y + 20,
        quoted(&one.name),
        quoted(&name)
    );
    if open > 0 {
        let _ = writeln!(
            out,
            "<text class=\"t\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{open} open</text>",
            x + BOX_WIDTH / 2,
            y + 36
        );
    }
}

/// One line for both directions: the labels are in the table.
fn arrow(
    out: &mut String,
    model: &ThreatModel,
    flow: &Flow,
    places: &BTreeMap<&str, (usize, usize)>,
) {
    let back = model
        .flows
        .iter()
        .any(|f| f.from == flow.to && f.to == flow.from);
    if back && flow.from > flow.to {
        return;
    }
    let (Some((x1, y1)), Some((x2, y2))) =
        (places.get(flow.from.as_str()), places.get(flow.to.as_str()))
    else {
        return;
    };
    let middle = |y: &usize| y + BOX_HEIGHT / 2;
    let (from, to) = match x1.cmp(x2) {
        std::cmp::Ordering::Less => ((x1 + BOX_WIDTH, middle(y1)), (*x2, middle(y2))),
        std::cmp::Ordering::Greater => ((*x1, middle(y1)), (x2 + BOX_WIDTH, middle(y2))),
        std::cmp::Ordering::Equal => ((x1 + 14, middle(y1)), (x2 + 14, middle(y2))),
    };
    let class = if flow.crosses_boundary { "x" } else { "f" };
    let both = if back {
        " marker-start=\"url(#a)\""
    } else {
        ""
    };
    let bend = if x1 == x2 { 34 } else { 0 };
    let _ = writeln!(
        out,
        "<path class=\"{class}\" d=\"M{} {}C{} {} {} {} {} {}\" marker-end=\"url(#a)\"{both}><title>{}</title></path>",
        from.0,
        from.1,
        toward(from.0, to.0).saturating_sub(bend),
        from.1,
        toward(to.0, from.0).saturating_sub(bend),
        to.1,
        to.0,
        to.1,
        quoted(&flow.label)
    );
}

/// A third of the way.
const fn toward(from: usize, to: usize) -> usize {
    if from < to {
        from + (to - from) / 3
    } else {
        from - (from - to) / 3
    }
}
