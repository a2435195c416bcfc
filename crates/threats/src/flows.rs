//! The flows between components: what goes where, and who is at the other end of a program's doors.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::Location;
use trueline_facts::surface::{ComponentKind, Role};
use trueline_facts::threat::{Component, Element, Flow, Zone};

use crate::acts::locations;
use crate::graph::{Node, Reach};
use crate::parts::{Part, Parts, id};
use crate::resources::Ways;

/// From which component to which, by position: what goes there, and where in the code.
type Found = BTreeMap<(usize, usize), (String, Vec<Location>)>;
/// A process, who stands before it, and what comes from there.
type Door = (usize, &'static str, &'static str);

impl Parts<'_> {
    pub(crate) fn connect(&mut self) {
        let mut flows = Found::new();
        let evidence: Vec<Vec<Location>> = self
            .all
            .iter()
            .map(|p| p.component.evidence.clone())
            .collect();
        let mut add = |from: usize, to: usize, label: &str, mut places: Vec<Location>| {
            if places.is_empty() {
                // Only the parts are seen, not where one uses the other.
                places.extend(evidence[from].iter().chain(&evidence[to]).take(2).cloned());
            }
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
            ComponentKind::Objects,
        ]);
        let files = self.of_kind(&[ComponentKind::Files]);
        let mut actors: Vec<Door> = Vec::new();
        let tool_nodes: BTreeSet<Node> = tools
            .iter()
            .flat_map(|t| self.all[*t].nodes.iter().copied())
            .collect();
        for &p in &processes {
            match self.all[p].kind {
                Some(ComponentKind::Entry) => actors.push((p, "user", "requests")),
                Some(ComponentKind::Terminal) => actors.push((p, "operator", "what is typed")),
                _ => {}
            }
            for &a in agents.iter().filter(|a| self.leads(p, **a)) {
                add(p, a, "a task", self.tasks(p, a));
                add(a, p, "the agent's answer", self.tasks(p, a));
            }
            for &m in models.iter().filter(|m| self.leads(p, **m)) {
                add(p, m, "prompts", self.places(p, m));
                add(m, p, "answers", self.places(p, m));
            }
            // What a tool does is the tool's, whoever runs the agent that chose it.
            let own = self.graph.reach_without(&self.all[p].nodes, &tool_nodes);
            for &r in resources.iter().chain(&files) {
                let is_entry = self.all[p].kind == Some(ComponentKind::Entry);
                if self.is_in(&own, r) && (is_entry || !files.contains(&r)) {
                    self.use_of(p, r, &own, &mut add);
                }
            }
        }
        for &a in &agents {
            let own = self.models_of(a, &models);
            for m in own {
                let places = self.places(a, m);
                add(a, m, "prompts", places.clone());
                add(m, a, "answers and the choice of tools", places);
            }
            for t in self.tools_of(a, &agents, &tools) {
                let places = self.all[t].component.evidence.clone();
                add(a, t, "calls, arguments chosen by the model", places.clone());
                add(t, a, "results", places);
            }
            let own = self.graph.handed_on(&self.all[a].nodes, &tool_nodes);
            for &r in &resources {
                let kind = self.all[r].kind;
                if self.is_in(&own, r) {
                    self.use_of(a, r, &own, &mut add);
                } else if kind == Some(ComponentKind::McpClient) && self.meet(a, r) {
                    self.use_of(a, r, self.reach(a), &mut add);
                } else if kind == Some(ComponentKind::Memory) && self.leads(a, r) {
                    self.use_of(a, r, self.reach(a), &mut add);
                }
            }
        }
        for &t in &tools {
            let own = self.reach_by_function(t);
            for &r in resources.iter().chain(&files) {
                if self.is_in(&own, r) {
                    self.use_of(t, r, &own, &mut add);
                }
            }
            for &m in models.iter().filter(|m| self.is_in(&own, **m)) {
                let places = locations(self.spots(&own, m));
                add(t, m, "prompts", places.clone());
                add(m, t, "answers", places);
            }
        }
        let servers = self.of_kind(&[ComponentKind::McpServer]);
        for &s in &servers {
            actors.push((s, "agents of others", "tool calls"));
            let offered = |t: &&usize| self.all[**t].is_offered && !self.all[**t].is_idle;
            for &t in tools.iter().filter(offered) {
                let places = self.all[t].component.evidence.clone();
                add(s, t, "calls, arguments chosen by a model", places.clone());
                add(t, s, "results", places);
            }
            // Resources and prompts that a server offers beside its tools.
            let own = self.graph.handed_on(&self.all[s].nodes, &tool_nodes);
            for &r in resources.iter().filter(|r| self.is_in(&own, **r)) {
                self.use_of(s, r, &own, &mut add);
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
            is_idle: false,
        }));
        self.reaches.resize(self.all.len(), Reach::new());
        found.sort_by(|a, b| (&a.from, &a.to).cmp(&(&b.from, &b.to)));
        self.flows = found;
    }

    /// Places where a process gives an agent a task: not within the agent itself.
    fn tasks(&self, process: usize, agent: usize) -> Vec<Location> {
        let nodes = &self.all[agent].nodes;
        let mut inside = self.graph.handed_on(nodes, &BTreeSet::new());
        // A function that is decorated to be an agent.
        let whole = nodes.iter().copied().filter(|n| {
            let function = self.graph.function(*n);
            function.is_some_and(|f| f.is_decorated && f.role == Role::Function)
        });
        inside.extend(self.graph.reach(whole));
        let mut reach = self.reach(process).clone();
        reach.retain(|n, _| !inside.contains_key(n) || self.all[process].nodes.contains(n));
        let places = locations(self.spots(&reach, agent));
        if places.is_empty() {
            return self.places(process, agent);
        }
        places
    }

    /// The models that an agent asks: those that it leads to, else those that are made beside it.
    fn models_of(&self, agent: usize, models: &[usize]) -> Vec<usize> {
        let led: Vec<usize> = models
            .iter()
            .copied()
            .filter(|m| self.leads(agent, *m))
            .collect();
        if led.is_empty() {
            let met = models.iter().copied().filter(|m| self.meet(agent, *m));
            return met.collect();
        }
        led
    }

    /// The tools that an agent is given: those that it leads to; those that no agent leads to, if it is
    /// the only one or is made where they are.
    fn tools_of(&self, agent: usize, agents: &[usize], tools: &[usize]) -> Vec<usize> {
        let own = tools.iter().copied().filter(|t| {
            let tool = &self.all[*t];
            if tool.is_offered {
                return false;
            }
            if self.leads(agent, *t) {
                return true;
            }
            let is_led = agents.iter().any(|a| self.leads(*a, *t));
            !is_led && (agents.len() == 1 || self.meet(agent, *t))
        });
        own.collect()
    }

    fn use_of(
        &self,
        from: usize,
        to: usize,
        reach: &Reach,
        add: &mut impl FnMut(usize, usize, &str, Vec<Location>),
    ) {
        let spots = self.spots(reach, to);
        let ways = match self.all[to].kind {
            Some(ComponentKind::Files | ComponentKind::VectorStore | ComponentKind::Objects) => {
                Ways::of(spots.iter().map(|s| s.operation))
            }
            _ => Ways {
                there: true,
                back: true,
            },
        };
        let places = locations(spots);
        let (there, back) = match self.all[to].kind {
            Some(ComponentKind::VectorStore) => ("searches and texts", Some("texts found")),
            Some(ComponentKind::Memory) => ("what was said", Some("what was said before")),
            Some(ComponentKind::Database) => ("queries", Some("rows")),
            Some(ComponentKind::Command) => ("commands", Some("their output")),
            Some(ComponentKind::Interpreter) => ("code", Some("its results")),
            Some(ComponentKind::Objects) => ("files stored", Some("files fetched")),
            Some(ComponentKind::Files) => ("files written or removed", Some("files read")),
            Some(ComponentKind::McpClient) => ("tool calls", Some("descriptions and results")),
            Some(ComponentKind::Content) => {
                add(to, from, "documents", places);
                return;
            }
            _ => ("requests", Some("what is answered")),
        };
        // A search sends what is looked for.
        let asks = self.all[to].kind == Some(ComponentKind::VectorStore);
        if ways.there || asks {
            add(from, to, there, places.clone());
        }
        if let (Some(back), true) = (back, ways.back) {
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
