//! Steps of an agent's graph: the functions that are its nodes, and which of them comes after which, as
//! `add_node`, `add_edge`, `add_conditional_edges` and `Command(goto=...)` say.

use trueline_facts::surface::{ComponentKind, ComponentUse, FunctionSurface, Role};
use trueline_syntax::ir::{Arg, ArgKind, Callee, Const, FuncId, Op, Operand, Span, Terminator};

use super::objects::{Owner, blank, instructions};
use super::tools::is_name;
use super::{Reader, is_within};
use crate::analysis::last_name;

/// Packages whose graphs are read.
const GRAPHS: &[&str] = &["langgraph", "@langchain/langgraph"];
/// Steps or edges that one call in a loop adds.
const MAX_TURNS: usize = 64;

impl<'a> Reader<'a> {
    /// What a call adds to a graph.
    pub(super) fn step(
        &mut self,
        id: FuncId,
        owner: Owner,
        callee: &'a Callee,
        path: Option<&str>,
        args: &'a [Arg],
        span: Span,
    ) {
        let draws = self
            .imports
            .iter()
            .any(|i| GRAPHS.iter().any(|g| is_within(i, g)));
        if !draws {
            return;
        }
        if path.is_some_and(|p| last_name(p) == "Command") {
            for to in self.gone_to(id, args) {
                self.edge(id.0, String::new(), to, "goto", span);
            }
            return;
        }
        let Callee::Method { name, .. } = callee else {
            return;
        };
        let given: Vec<&'a Operand> = args
            .iter()
            .filter(|a| a.kind == ArgKind::Positional)
            .map(|a| &a.value)
            .collect();
        match (self.module.text(*name), given.as_slice()) {
            ("add_node" | "addNode", [name, work, ..]) => {
                self.add_steps(id, owner, Some(name), work, args, span);
            }
            ("add_node" | "addNode", [work]) => self.add_steps(id, owner, None, work, args, span),
            ("add_edge" | "addEdge", [from, to, ..]) => {
                let (from, to) = (self.texts(id, from), self.texts(id, to));
                if from.len() == to.len() && from.len() > 1 {
                    for (from, to) in from.into_iter().zip(to) {
                        self.edge(owner.node, from, to, "edge", span);
                    }
                } else {
                    for from in &from {
                        for to in &to {
                            self.edge(owner.node, from.clone(), to.clone(), "edge", span);
                        }
                    }
                }
            }
            ("add_conditional_edges" | "addConditionalEdges", [from, router, rest @ ..]) => {
                let to = match rest.first() {
                    Some(table) => self.targets(id, table),
                    None => self.chosen_by(id, router),
                };
                for from in self.texts(id, from) {
                    for to in &to {
                        self.edge(owner.node, from.clone(), to.clone(), "edge", span);
                    }
                }
            }
            _ => {}
        }
    }

    fn edge(&mut self, home: u32, from: String, to: String, operation: &str, span: Span) {
        let one = ComponentUse {
            detail: Some(to),
            ..self.of_graph(from, operation, span)
        };
        self.uses(home, one);
    }

    fn of_graph(&self, name: String, operation: &str, span: Span) -> ComponentUse {
        ComponentUse {
            kind: ComponentKind::Step,
            name,
            detail: None,
            remote: false,
            operation: operation.to_owned(),
            controls: Vec::new(),
            is_assumed: false,
            location: self.location(span),
        }
    }

    fn add_steps(
        &mut self,
        id: FuncId,
        owner: Owner,
        name: Option<&'a Operand>,
        work: &'a Operand,
        args: &'a [Arg],
        span: Span,
    ) {
        let work = self.turns(id, work);
        let names: Vec<Option<String>> = match name {
            None => vec![None; work.len()],
            Some(name) => {
                let turns = self.turns(id, name).into_iter();
                turns
                    .map(|(at, name)| self.terms.text(at, name).map(ToOwned::to_owned))
                    .collect()
            }
        };
        for (nth, name) in names.into_iter().enumerate() {
            let one = if work.len() == 1 { 0 } else { nth };
            let Some(&(at, work)) = work.get(one) else {
                continue;
            };
            let own = self.given(at, work);
            let mut elsewhere = match own {
                Some(_) => Vec::new(),
                None => self.works_elsewhere(at, work),
            };
            elsewhere.truncate(MAX_TURNS);
            let called = own
                .and_then(|f| self.module.functions.get(f.0 as usize))
                .map(|f| self.module.text(f.name).to_owned())
                .or_else(|| elsewhere.first().map(|p| last_name(p).to_owned()));
            let Some(name) = name.or(called).filter(|n| is_name(n)) else {
                continue;
            };
            let node = match own {
                Some(function) => function.0,
                None if elsewhere.is_empty() => self.alone(id, owner.node, args),
                None => {
                    for path in &elsewhere {
                        self.mentions(owner.node, path.clone());
                    }
                    self.node(FunctionSurface {
                        symbol: self.symbol(id),
                        mentions: elsewhere,
                        ..blank(Role::Case)
                    })
                }
            };
            let one = self.of_graph(name, "node", span);
            self.uses(node, one);
        }
    }

    /// Paths of the functions that an operand may be, also within a wrapper: `partial(f, ...)`.
    fn works_elsewhere(&self, id: FuncId, work: &'a Operand) -> Vec<String> {
        let bound = self.bound(id, work);
        if !bound.is_empty() {
            return bound;
        }
        if let Some(path) = self.imported(id, work) {
            return vec![path];
        }
        match self.terms.operation(id, work) {
            Some((at, Op::Call { args, .. })) => {
                let first = args.first().into_iter();
                first
                    .flat_map(|first| {
                        let bound = self.bound(at, &first.value).into_iter();
                        bound.chain(self.imported(at, &first.value))
                    })
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// What an operand is in each turn of the loop over a literal that it comes from; else itself.
    fn turns(&self, id: FuncId, operand: &'a Operand) -> Vec<(FuncId, &'a Operand)> {
        let found = match self.terms.operation(id, operand) {
            Some((at, Op::Next { iterable, .. })) => self
                .terms
                .elements(at, iterable)
                .map(|(of, elements)| elements.into_iter().map(|e| (of, e)).collect()),
            Some((
                at,
                Op::Index {
                    base,
                    index: Operand::Const(Const::Int(nth)),
                },
            )) => match (self.terms.operation(at, base), usize::try_from(*nth)) {
                (Some((of, Op::Next { iterable, .. })), Ok(nth)) => self.columns(of, iterable, nth),
                _ => None,
            },
            _ => None,
        };
        let mut found: Vec<_> = found.unwrap_or_else(|| vec![(id, operand)]);
        found.truncate(MAX_TURNS);
        found
    }

    /// One column of a list of pairs, or the keys or values of a table.
    fn columns(
        &self,
        id: FuncId,
        iterable: &'a Operand,
        nth: usize,
    ) -> Option<Vec<(FuncId, &'a Operand)>> {
        if let Some((at, rows)) = self.terms.elements(id, iterable) {
            let cells = rows.into_iter().filter_map(|row| {
                let (of, cells) = self.terms.elements(at, row)?;
                cells.get(nth).map(|cell| (of, *cell))
            });
            return Some(cells.collect());
        }
        let (at, Op::Call { callee, args }) = self.terms.operation(id, iterable)? else {
            return None;
        };
        let table = match callee {
            Callee::Method { receiver, name } => match self.module.text(*name) {
                "items" => receiver,
                "entries" => &args.first()?.value,
                _ => return None,
            },
            _ => return None,
        };
        let (of, Op::Map { entries }) = self.terms.operation(at, table)? else {
            return None;
        };
        let cells = entries.iter().filter_map(|(key, value)| match nth {
            0 => key.as_ref().map(|key| (of, key)),
            1 => Some((of, value)),
            _ => None,
        });
        Some(cells.collect())
    }

    /// The texts that an operand may be: one, those of a list, those of the branches that assign it.
    pub(super) fn texts(&self, id: FuncId, operand: &'a Operand) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for (at, operand) in self.turns(id, operand) {
            if let Some(text) = self.terms.text(at, operand) {
                found.push(text.to_owned());
            } else if let Some((of, elements)) = self.terms.elements(at, operand) {
                let texts = elements.into_iter().filter_map(|e| self.terms.text(of, e));
                found.extend(texts.map(ToOwned::to_owned));
            } else if let Some((of, var)) = self.terms.base(at, operand)
                && let Some(function) = self.module.functions.get(of.0 as usize)
            {
                let given = instructions(function).filter(|i| i.dst == Some(var));
                found.extend(given.filter_map(|i| match &i.op {
                    Op::Copy(value) => self.terms.text(of, value).map(ToOwned::to_owned),
                    _ => None,
                }));
            }
        }
        found.retain(|text| is_name(text));
        found
    }

    /// Where a table of a choice leads: its values, or the elements of a list.
    fn targets(&self, id: FuncId, table: &'a Operand) -> Vec<String> {
        match self.terms.entries(id, table) {
            Some((at, entries)) => {
                let texts = entries
                    .into_iter()
                    .flat_map(|(_, value)| self.texts(at, value));
                texts.collect()
            }
            None => self.texts(id, table),
        }
    }

    /// What a function that chooses the next step returns or sends to.
    fn chosen_by(&self, id: FuncId, router: &'a Operand) -> Vec<String> {
        let Some(own) = self.given(id, router) else {
            return Vec::new();
        };
        let Some(function) = self.module.functions.get(own.0 as usize) else {
            return Vec::new();
        };
        let mut found: Vec<String> = Vec::new();
        for block in &function.blocks {
            if let Terminator::Return(Some(given)) = &block.terminator {
                found.extend(self.texts(own, given));
            }
        }
        for instr in instructions(function) {
            if let Op::Call { callee, args } = &instr.op
                && self
                    .terms
                    .callee(own, callee)
                    .is_some_and(|p| last_name(&p) == "Send")
                && let Some(first) = args.first()
            {
                found.extend(self.texts(own, &first.value));
            }
        }
        found
    }

    /// The steps that a command goes to.
    fn gone_to(&self, id: FuncId, args: &'a [Arg]) -> Vec<String> {
        let mut found = Vec::new();
        for arg in args {
            match arg.kind {
                ArgKind::Keyword(key) if self.module.text(key) == "goto" => {
                    found.extend(self.texts(id, &arg.value));
                }
                ArgKind::Positional => {
                    if let Some((at, entries)) = self.terms.entries(id, &arg.value) {
                        let own = entries.into_iter().filter(|(key, _)| *key == "goto");
                        found.extend(own.flat_map(|(_, value)| self.texts(at, value)));
                    }
                }
                _ => {}
            }
        }
        found
    }
}
