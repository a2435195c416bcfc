//! The flows between components: what goes where, and who is at the other end of a program's doors.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::Location;
use trueline_facts::surface::ComponentKind;
use trueline_facts::threat::{Component, Element, Flow, Zone};

use crate::parts::{Part, Parts, id};

/// From which component to which, by position: what goes there, and where in the code.
type Found = BTreeMap<(usize, usize), (String, Vec<Location>)>;
/// A process, who stands before it, and what comes from there.
type Door = (usize, &'static str, &'static str);

impl Parts<'_> {
    pub(crate) fn connect(&mut self) {
        let mut flows = Found::new();
        let mut add = |from: usize, to: usize, label: &str, places: Vec<Location>| {
            flows
                .entry((from, to))
                .or_insert_with(|| (label.to_owned(), places));
        };
        let processes = self.processes();
        let agents = self.of_kind(&[ComponentKind::Agent]);
        let models = self.of_kind(&[ComponentKind::Model]);
        let tools = self.of_kind(&[ComponentKind::Tool]);
        let resources = self.of_kind(&[
            ComponentKind::VectorStore,
            ComponentKind::Memory,
            ComponentKind::Database,
            ComponentKind::Command,
            ComponentKind::Interpreter,
            ComponentKind::Network,
            ComponentKind::Content,
            ComponentKind::McpClient,
        ]);
        let files = self.of_kind(&[ComponentKind::Files]);
        let mut actors: Vec<Door> = Vec::new();
        for &p in &processes {
            match self.all[p].kind {
                Some(ComponentKind::Entry) => actors.push((p, "user", "requests")),
                Some(ComponentKind::Terminal) => actors.push((p, "operator", "what is typed")),
                _ => {}
            }
            for &a in agents.iter().filter(|a| self.leads(p, **a)) {
                add(p, a, "a task", self.places(p, a));
                add(a, p, "the agent's answer", self.places(p, a));
            }
            for &m in models.iter().filter(|m| self.leads(p, **m)) {
                add(p, m, "prompts", self.places(p, m));
                add(m, p, "answers", self.places(p, m));
            }
            for &r in resources.iter().filter(|r| self.leads(p, **r)) {
                self.use_of(p, r, &mut add);
            }
        }
        for &a in &agents {
            for &m in models.iter().filter(|m| self.meet(a, **m)) {
                let places = self.all[m].component.evidence.clone();
                add(a, m, "prompts", places.clone());
                add(m, a, "answers and the choice of tools", places);
            }
            for &t in tools.iter().filter(|t| !self.all[**t].is_offered) {
                let places = self.all[t].component.evidence.clone();
                add(a, t, "calls, arguments chosen by the model", places.clone());
                add(t, a, "results", places);
            }
            for &r in resources
                .iter()
                .filter(|r| self.all[**r].kind == Some(ComponentKind::McpClient))
            {
                if self.meet(a, r) {
                    self.use_of(a, r, &mut add);
                }
            }
        }
        for &t in &tools {
            for &r in resources.iter().chain(&files) {
                if self.leads_by_function(t, r) {
                    self.use_of(t, r, &mut add);
                }
            }
            for &m in models.iter().filter(|m| self.leads_by_function(t, **m)) {
                add(t, m, "prompts", self.places(t, m));
                add(m, t, "answers", self.places(t, m));
            }
        }
        let servers = self.of_kind(&[ComponentKind::McpServer]);
        for &s in &servers {
            actors.push((s, "agents of others", "tool calls"));
            for &t in tools.iter().filter(|t| self.all[**t].is_offered) {
                let places = self.all[t].component.evidence.clone();
                add(s, t, "calls, arguments chosen by a model", places.clone());
                add(t, s, "results", places);
            }
        }
        self.draw(flows, actors);
    }

    /// Makes flows of what leads where, and the people around.
    fn draw(&mut self, flows: Found, actors: Vec<Door>) {
        let mut found: Vec<Flow> = Vec::new();
        for ((from, to), (label, evidence)) in flows {
            let (a, b) = (&self.all[from].component, &self.all[to].component);
            found.push(flow(a, b, label, evidence));
        }
        let mut people: BTreeMap<&str, Component> = BTreeMap::new();
        for (process, actor, label) in actors {
            let evidence = self.all[process].component.evidence.clone();
            let person = people
                .entry(actor)
                .or_insert_with(|| person(actor, evidence.clone()));
            let process = &self.all[process].component;
            found.push(flow(person, process, label.to_owned(), evidence.clone()));
            found.push(flow(process, person, "answers".to_owned(), evidence));
        }
        self.all.extend(people.into_values().map(|component| Part {
            component,
            kind: None,
            nodes: BTreeSet::new(),
            uses: Vec::new(),
            is_offered: false,
        }));
        self.reaches.resize(self.all.len(), BTreeSet::new());
        found.sort_by(|a, b| (&a.from, &a.to).cmp(&(&b.from, &b.to)));
        self.flows = found;
    }

    fn use_of(
        &self,
        from: usize,
        to: usize,
        add: &mut impl FnMut(usize, usize, &str, Vec<Location>),
    ) {
        let places = self.places(from, to);
        let (there, back) = match self.all[to].kind {
            Some(ComponentKind::VectorStore) => ("searches and texts", Some("texts found")),
            Some(ComponentKind::Memory) => ("what was said", Some("what was said before")),
            Some(ComponentKind::Database) => ("queries", Some("rows")),
            Some(ComponentKind::Command) => ("commands", Some("their output")),
            Some(ComponentKind::Interpreter) => ("code", Some("its results")),
            Some(ComponentKind::Files) => ("files written", Some("files read")),
            Some(ComponentKind::McpClient) => ("tool calls", Some("descriptions and results")),
            Some(ComponentKind::Content) => {
                add(to, from, "documents", places);
                return;
            }
            _ => ("requests", Some("what is answered")),
        };
        add(from, to, there, places.clone());
        if let Some(back) = back {
            add(to, from, back, places);
        }
    }
}

fn person(name: &str, evidence: Vec<Location>) -> Component {
    Component {
        id: id(&["Actor", name]),
        name: name.to_owned(),
        element: Element::Actor,
        kind: None,
        zone: Zone::Outside,
        details: Vec::new(),
        uses: evidence.len() as u64,
        evidence,
    }
}

fn flow(from: &Component, to: &Component, label: String, evidence: Vec<Location>) -> Flow {
    Flow {
        id: id(&["Flow", &from.id, &to.id]),
        from: from.id.clone(),
        to: to.id.clone(),
        label,
        crosses_boundary: from.zone != to.zone,
        evidence,
    }
}
