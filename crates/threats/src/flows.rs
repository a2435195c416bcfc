//! The flows between components: what goes where, and who is at the other end of a program's doors.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::Location;
use trueline_facts::surface::{ComponentKind, ComponentUse, Role};
use trueline_facts::threat::{Component, Element, Flow, Zone};

use crate::acts::{is_hosted, locations};
use crate::graph::{Node, Reach, Way};
use crate::parts::{MAX_EVIDENCE, Part, Parts, id};
use crate::resources::Ways;

/// From which component to which, by position: what goes there, and where in the code.
type Found = BTreeMap<(usize, usize), (String, Vec<Location>)>;
/// A process, who stands before it, and what comes from there.
type Door = (usize, &'static str, &'static str, Vec<Location>);

/// What is told to an agent by whoever asks it.
const TASKS: &[&str] = &["a task", "tasks handed over"];

/// Flows and doors while they are found.
#[derive(Default)]
pub(crate) struct Draft {
    flows: Found,
    doors: Vec<Door>,
    /// Places of each component.
    evidence: Vec<Vec<Location>>,
}

impl Draft {
    /// The first flow between two components gives its name.
    pub(crate) fn add(&mut self, from: usize, to: usize, label: &str, mut places: Vec<Location>) {
        if places.is_empty() {
            // Only the parts are seen, not where one uses the other.
            let own = self.evidence[from].iter().chain(&self.evidence[to]);
            places.extend(own.take(2).cloned());
        }
        self.flows
            .entry((from, to))
            .or_insert_with(|| (label.to_owned(), places));
    }

    /// Somebody stands before a component; where, if it is not where the component is.
    fn door(
        &mut self,
        at: usize,
        who: &'static str,
        what: &'static str,
        places: Option<Vec<Location>>,
    ) {
        let places = places.unwrap_or_else(|| self.evidence[at].clone());
        self.doors.push((at, who, what, places));
    }
}

/// Components by what they are in the flows.
pub(crate) struct Roles {
    pub(crate) agents: Vec<usize>,
    pub(crate) models: Vec<usize>,
    tools: Vec<usize>,
    pub(crate) resources: Vec<usize>,
    pub(crate) files: Vec<usize>,
    /// Functions that do the work of tools.
    pub(crate) work: BTreeSet<Node>,
}

impl Parts<'_> {
    pub(crate) fn connect(&mut self) {
        let tools = self.of_kind(&[ComponentKind::Tool]);
        let work = tools.iter().flat_map(|t| self.all[*t].nodes.iter());
        let work = work.copied().collect();
        let roles = Roles {
            agents: self.of_kind(&[ComponentKind::Agent]),
            models: self.of_kind(&[ComponentKind::Model]),
            tools,
            resources: self.of_kind(&[
                ComponentKind::VectorStore,
                ComponentKind::Memory,
                ComponentKind::Database,
                ComponentKind::Command,
                ComponentKind::Interpreter,
                ComponentKind::Network,
                ComponentKind::Content,
                ComponentKind::McpClient,
                ComponentKind::Objects,
            ]),
            files: self.of_kind(&[ComponentKind::Files]),
            work,
        };
        let parts = self.all.iter();
        let mut draft = Draft {
            evidence: parts.map(|p| p.component.evidence.clone()).collect(),
            ..Draft::default()
        };
        self.of_processes(&roles, &mut draft);
        self.of_agents(&roles, &mut draft);
        self.of_tools(&roles, &mut draft);
        self.of_servers(&roles, &mut draft);
        self.of_steps(&roles, &mut draft);
        self.of_hosted(&roles, &mut draft);
        self.of_asked_from_outside(&roles, &mut draft);
        self.draw(draft.flows, draft.doors);
    }

    fn of_processes(&self, roles: &Roles, draft: &mut Draft) {
        for p in self.processes() {
            let is_entry = self.all[p].kind == Some(ComponentKind::Entry);
            match self.all[p].kind {
                Some(ComponentKind::Entry) => draft.door(p, "user", "requests", None),
                Some(ComponentKind::Terminal) => {
                    draft.door(p, "operator", "what is typed", None);
                }
                Some(ComponentKind::Page) => self.of_page(p, draft),
                _ => {}
            }
            let is_terminal = self.all[p].kind == Some(ComponentKind::Terminal);
            let doors = self.of_kind(&[ComponentKind::Entry, ComponentKind::McpServer]);
            // What a tool does is the tool's, whoever runs the agent that chose it; what is done for those who
            // come through a door that a command opens is the door's.
            let mut not = roles.work.clone();
            if is_terminal {
                not.extend(doors.iter().flat_map(|d| &self.all[*d].nodes));
            }
            let own = self.graph.reach_without(&self.all[p].nodes, &not);
            // One that opens a door also makes what is used behind it.
            let is_opening = is_terminal && !doors.is_empty();
            let uses = |to: usize| self.is_in(&own, to) && (!is_opening || self.works_on(&own, to));
            let asked = |a: &&usize| {
                self.is_in(&own, **a) && !self.is_behind(p, **a, &roles.agents, &roles.work)
            };
            for &a in roles.agents.iter().filter(asked) {
                draft.add(p, a, "a task", self.tasks(p, a));
                draft.add(a, p, "the agent's answer", self.tasks(p, a));
            }
            let whole = if is_terminal { &own } else { self.reach(p) };
            let asks = |m: usize| {
                let works = !is_opening || self.works_on(whole, m);
                works && self.is_in(whole, m)
            };
            for &m in roles.models.iter().filter(|m| asks(**m)) {
                let places = locations(self.spots(whole, m));
                draft.add(p, m, "prompts", places.clone());
                draft.add(m, p, "answers", places);
            }
            for &r in roles.resources.iter().filter(|r| uses(**r)) {
                self.use_of(p, r, &own, draft);
            }
            for &f in roles.files.iter().filter(|f| self.is_in(&own, **f)) {
                if is_entry || is_terminal || self.all[p].kind.is_none() {
                    self.use_of(p, f, &own, draft);
                }
            }
        }
    }

    /// Who reads a page and what the page asks the application; one that asks nothing has nothing to hide.
    fn of_page(&self, page: usize, draft: &mut Draft) {
        let asked = self.asked_by(page);
        let entries = self.of_kind(&[ComponentKind::Entry]);
        let rest = [
            ComponentKind::Model,
            ComponentKind::Agent,
            ComponentKind::Database,
            ComponentKind::VectorStore,
            ComponentKind::Network,
        ];
        let leads_on = self
            .of_kind(&rest)
            .into_iter()
            .any(|to| self.leads(page, to));
        if asked.is_empty() && !leads_on {
            return;
        }
        let places: BTreeSet<Location> = asked.iter().map(|one| one.location.clone()).collect();
        let places: Vec<Location> = places.into_iter().take(MAX_EVIDENCE).collect();
        let answers = |entry: &usize| {
            let uses = &self.all[*entry].uses;
            uses.iter().any(|(_, one)| one.name == "web routes")
        };
        for entry in entries.into_iter().filter(answers) {
            if !places.is_empty() {
                draft.add(page, entry, "requests", places.clone());
                draft.add(entry, page, "answers", places.clone());
            }
        }
        draft.door(page, "user", "what is typed", None);
    }

    fn of_agents(&self, roles: &Roles, draft: &mut Draft) {
        for &a in &roles.agents {
            for m in self.models_of(a, &roles.agents, &roles.models) {
                let places = self.places(a, m);
                draft.add(a, m, "prompts", places.clone());
                draft.add(m, a, "answers and the choice of tools", places);
            }
            for other in self.sub_agents(a, &roles.agents, &roles.work) {
                let places = self.places(a, other);
                draft.add(a, other, "tasks handed over", places.clone());
                if self.takes_back(a) {
                    draft.add(other, a, "results", places);
                }
            }
            for t in self.tools_of(a, &roles.agents, &roles.tools) {
                let places = self.all[t].component.evidence.clone();
                draft.add(a, t, "calls, arguments chosen by the model", places.clone());
                draft.add(t, a, "results", places);
            }
            let asked = self.approvals(a);
            if !asked.is_empty() {
                draft.door(a, "approver", "approvals and answers", Some(asked));
            }
            let own = self.graph.handed_on(&self.all[a].nodes, &roles.work);
            for &r in roles.resources.iter().chain(&roles.files) {
                let whole = match self.all[r].kind {
                    Some(ComponentKind::McpClient) => self.meet(a, r),
                    Some(ComponentKind::Memory) => self.leads(a, r),
                    _ => false,
                };
                if self.is_in(&own, r) {
                    self.use_of(a, r, &own, draft);
                } else if whole {
                    self.use_of(a, r, self.reach(a), draft);
                }
            }
        }
    }

    fn of_tools(&self, roles: &Roles, draft: &mut Draft) {
        let given: BTreeSet<(usize, usize)> = roles
            .agents
            .iter()
            .flat_map(|a| {
                let own = self.tools_of(*a, &roles.agents, &roles.tools);
                own.into_iter().map(move |t| (*a, t))
            })
            .collect();
        for &t in &roles.tools {
            let own = self.reach_by_function(t);
            for &r in roles.resources.iter().chain(&roles.files) {
                if self.is_in(&own, r) {
                    self.use_of(t, r, &own, draft);
                }
            }
            // An agent that a tool asks is behind the tool; the one that the tool is given to stands before it.
            let asked = |a: &&usize| self.is_in(&own, **a) && !given.contains(&(**a, t));
            for &a in roles.agents.iter().filter(asked) {
                let places = locations(self.spots(&own, a));
                draft.add(t, a, "a task", places.clone());
                draft.add(a, t, "the agent's answer", places);
            }
            for &m in roles.models.iter().filter(|m| self.is_in(&own, **m)) {
                let places = locations(self.spots(&own, m));
                draft.add(t, m, "prompts", places.clone());
                draft.add(m, t, "answers", places);
            }
        }
    }

    /// What whoever hosts a model asks for it: a search that is named among its tools.
    fn of_hosted(&self, roles: &Roles, draft: &mut Draft) {
        for &r in &roles.resources {
            for &m in &roles.models {
                let uses = self.all[r].uses.iter();
                let places: BTreeSet<Location> = uses
                    .filter(|(n, one)| is_hosted(one) && self.all[m].nodes.contains(n))
                    .map(|(_, one)| one.location.clone())
                    .collect();
                if !places.is_empty() {
                    let places: Vec<Location> = places.into_iter().collect();
                    draft.add(m, r, "searches, words chosen by the model", places.clone());
                    draft.add(r, m, "what is found", places);
                }
            }
        }
    }

    /// An agent that a file has ready and that nothing in the program asks is asked by what runs it.
    fn of_asked_from_outside(&self, roles: &Roles, draft: &mut Draft) {
        for &a in &roles.agents {
            let is_asked = draft.flows.iter().any(|((from, to), (label, _))| {
                *to == a && TASKS.contains(&label.as_str()) && *from != a
            });
            let is_ready = self.all[a].nodes.iter().any(|n| {
                let function = self.graph.function(*n);
                matches!(self.graph.role(*n), Some(Role::Object | Role::Body))
                    || function.is_some_and(|f| f.is_decorated)
            });
            if !is_asked && is_ready {
                draft.door(a, "user", "a task", None);
            }
        }
    }

    fn of_servers(&self, roles: &Roles, draft: &mut Draft) {
        for s in self.of_kind(&[ComponentKind::McpServer]) {
            draft.door(s, "agents of others", "tool calls", None);
            let offered = |t: &&usize| self.all[**t].is_offered && !self.all[**t].is_idle;
            for &t in roles.tools.iter().filter(offered) {
                let places = self.all[t].component.evidence.clone();
                draft.add(s, t, "calls, arguments chosen by a model", places.clone());
                draft.add(t, s, "results", places);
            }
            // Resources and prompts that a server offers beside its tools.
            let nodes = &self.all[s].nodes;
            let mut own = self.graph.reach_without(nodes, &roles.work);
            own.extend(self.graph.handed_on(nodes, &roles.work));
            let handlers = self.decorated(nodes);
            own.extend(self.graph.reach_without(&handlers, &roles.work));
            let all = roles.resources.iter().chain(&roles.files);
            // Clients that it only makes are there for its tools.
            for &r in all.filter(|r| self.is_in(&own, **r) && self.works_on(&own, **r)) {
                self.use_of(s, r, &own, draft);
            }
        }
    }

    /// Makes flows of what leads where, and the people around.
    fn draw(&mut self, flows: Found, actors: Vec<Door>) {
        let mut found: Vec<Flow> = Vec::new();
        for ((from, to), (label, evidence)) in flows {
            let (a, b) = (&self.all[from].component, &self.all[to].component);
            found.push(flow(a, b, label, evidence));
        }
        let mut people: BTreeMap<&str, Component> = BTreeMap::new();
        for (process, actor, label, evidence) in actors {
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

    /// Functions that are decorated to be what the component is.
    fn decorated(&self, nodes: &BTreeSet<Node>) -> BTreeSet<Node> {
        let own = nodes.iter().copied().filter(|n| {
            let function = self.graph.function(*n);
            function.is_some_and(|f| f.is_decorated && f.role == Role::Function)
        });
        own.collect()
    }

    /// Places where an agent waits for a person.
    fn approvals(&self, agent: usize) -> Vec<Location> {
        let reach = self.reach(agent);
        let found = self.graph.uses().filter(|(node, one)| {
            one.kind == ComponentKind::Control
                && one.name == "human approval"
                && reach.get(node) == Some(&Way::Runs)
        });
        let places: BTreeSet<Location> = found.map(|(_, one)| one.location.clone()).collect();
        places.into_iter().collect()
    }

    /// Places where a process gives an agent a task: not within the agent itself.
    fn tasks(&self, process: usize, agent: usize) -> Vec<Location> {
        let nodes = &self.all[agent].nodes;
        let mut inside = self.graph.handed_on(nodes, &BTreeSet::new());
        // A function that is decorated to be an agent.
        inside.extend(self.graph.reach(self.decorated(nodes)));
        let mut reach = self.reach(process).clone();
        reach.retain(|n, _| !inside.contains_key(n) || self.all[process].nodes.contains(n));
        let places = locations(self.spots(&reach, agent));
        if places.is_empty() {
            return self.places(process, agent);
        }
        places
    }

    /// The models that an agent asks: those that it leads to, else those that are made beside it.
    fn models_of(&self, agent: usize, agents: &[usize], models: &[usize]) -> Vec<usize> {
        // What another agent asks is that one's.
        let nodes = &self.all[agent].nodes;
        let others = agents.iter().filter(|a| **a != agent);
        let others: BTreeSet<Node> = others
            .flat_map(|a| self.all[*a].nodes.difference(nodes).copied())
            .collect();
        let own = self.graph.reach_without(nodes, &others);
        let led: Vec<usize> = models
            .iter()
            .copied()
            .filter(|m| self.is_in(&own, *m))
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
        // What another agent is given is that one's, also where this one runs it.
        let nodes = &self.all[agent].nodes;
        let others = agents.iter().filter(|a| **a != agent);
        let others: BTreeSet<Node> = others
            .flat_map(|a| self.all[*a].nodes.difference(nodes).copied())
            .collect();
        let reach = self.graph.reach_without(nodes, &others);
        // Of one among several it is seen what it is made of: a tool that is not among it is none of its.
        let part = &self.all[agent];
        let is_one_of_several = part
            .uses
            .first()
            .is_some_and(|(_, one)| one.name != part.component.name);
        let own = tools.iter().copied().filter(|t| {
            let tool = &self.all[*t];
            if tool.is_offered {
                return false;
            }
            if self.is_in(&reach, *t) {
                return true;
            }
            if is_one_of_several {
                return false;
            }
            let is_led = agents.iter().any(|a| self.leads(*a, *t));
            !is_led && (agents.len() == 1 && self.is_beside(agent, *t) || self.meet(agent, *t))
        });
        own.collect()
    }

    /// Whether a tool that no agent is seen to lead to may be the agent's: it is more than described, and
    /// stands in the same program.
    fn is_beside(&self, agent: usize, tool: usize) -> bool {
        let top = |node: &Node| {
            let path = self.graph.path(*node).map(ToString::to_string);
            path.and_then(|p| p.split_once('/').map(|(top, _)| top.to_owned()))
        };
        let described = |u: &&(Node, &ComponentUse)| u.1.operation == "description";
        let agents: BTreeSet<Option<String>> = self.all[agent].nodes.iter().map(top).collect();
        let uses = &self.all[tool].uses;
        uses.iter().filter(|u| !described(u)).count() > 0
            && self.all[tool]
                .nodes
                .iter()
                .any(|n| agents.contains(&top(n)))
    }

    pub(crate) fn use_of(&self, from: usize, to: usize, reach: &Reach, draft: &mut Draft) {
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
                draft.add(to, from, "documents", places);
                return;
            }
            // They take what is told to them, and nothing is done with what they answer.
            Some(ComponentKind::Network) if self.all[to].component.name.starts_with("tracing") => {
                ("traces and errors", None)
            }
            Some(ComponentKind::Network)
                if self.all[to].component.name.starts_with("analytics") =>
            {
                ("what is done", None)
            }
            Some(ComponentKind::Network) if self.all[to].component.zone == Zone::Resources => {
                ("texts", Some("vectors or ranks"))
            }
            _ => ("requests", Some("what is answered")),
        };
        // A search sends what is looked for.
        let asks = self.all[to].kind == Some(ComponentKind::VectorStore);
        if ways.there || asks {
            draft.add(from, to, there, places.clone());
        }
        if let (Some(back), true) = (back, ways.back) {
            draft.add(to, from, back, places);
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
