//! What a function leads to: what it calls, hands on, and works with.

use std::collections::BTreeSet;

use trueline_facts::surface::{Act, ComponentKind, ComponentUse, Role};
use trueline_syntax::ir::{
    Arg, Callee, FuncId, FunctionKind, Instr, Op, Operand, Span, Symbol, VarHome,
};

use super::super::is_within;
use super::objects::{Owner, blank, instructions, operands};
use super::{MAX_ACTS, Reader};
use crate::analysis::{last_name, words};

impl<'a> Reader<'a> {
    pub(super) fn function(
        &mut self,
        id: FuncId,
        owners: &[Option<Owner>],
        taken: &BTreeSet<(u32, usize)>,
    ) {
        let module = self.module;
        let Some(function) = module.functions.get(id.0 as usize) else {
            return;
        };
        self.decorated(id);
        let is_body = matches!(
            function.kind,
            FunctionKind::Module | FunctionKind::ClassBody
        );
        let is_class = function.kind == FunctionKind::ClassBody;
        for (at, instr) in instructions(function).enumerate() {
            if taken.contains(&(id.0, at)) {
                continue;
            }
            let owner = match owners.get(at) {
                Some(Some(owner)) if id.0 == 0 => *owner,
                _ => Owner {
                    node: id.0,
                    hands_on: !is_class,
                },
            };
            if let Op::Closure(inner) = instr.op
                && !is_body
                && !self.handlers.contains(&inner.0)
            {
                // A function within a function is there to be called by it; those of a file or of a
                // class are only defined by it.
                self.calls(id.0, inner.0);
            }
            self.instruction(id, owner, instr);
        }
        self.injected(id);
        if let Some(class) = function.class {
            self.made_by_class(id, class.0);
        }
    }

    /// What one instruction does, for the node that it belongs to.
    pub(super) fn instruction(&mut self, id: FuncId, owner: Owner, instr: &'a Instr) {
        if let Op::Call { callee, args } = &instr.op {
            self.call(id, owner, callee, args, instr.span);
        }
        self.works_with(id, owner, &instr.op);
    }

    pub(super) fn calls(&mut self, home: u32, callee: u32) {
        if callee != home
            && let Some(own) = self.functions.get_mut(home as usize)
        {
            own.calls.push(callee);
        }
    }

    fn hands_on(&mut self, owner: Owner, function: u32) {
        if owner.hands_on
            && function != owner.node
            && let Some(own) = self.functions.get_mut(owner.node as usize)
        {
            own.hands_on.push(function);
        }
    }

    fn made_by(&mut self, home: u32, maker: u32) {
        if maker != home
            && let Some(own) = self.functions.get_mut(home as usize)
        {
            own.made_by.push(maker);
        }
    }

    fn mentions(&mut self, home: u32, path: String) {
        if let Some(own) = self.functions.get_mut(home as usize) {
            own.mentions.push(path);
        }
    }

    /// A method works with what the constructor and the body of its class made.
    fn made_by_class(&mut self, id: FuncId, class: u32) {
        let module = self.module;
        for (at, other) in module.functions.iter().enumerate() {
            if other.class.is_none_or(|c| c.0 != class) {
                continue;
            }
            let name = module.text(other.name);
            if other.kind == FunctionKind::ClassBody || matches!(name, "__init__" | "constructor") {
                self.made_by(id.0, at as u32);
            }
        }
    }

    /// What a framework hands to the function: `Depends(get_database)`.
    fn injected(&mut self, id: FuncId) {
        let module = self.module;
        let Some(function) = module.functions.get(id.0 as usize) else {
            return;
        };
        for decorator in function.params.iter().flat_map(|p| &p.decorators) {
            if !matches!(
                last_name(module.text(decorator.name)),
                "Depends" | "Security" | "Inject"
            ) {
                continue;
            }
            let (from, to) = (decorator.span.start as usize, decorator.span.end as usize);
            let given = self
                .text
                .get(from..to)
                .and_then(|t| t.split_once('('))
                .map(|(_, rest)| {
                    rest.split([',', ')', '('])
                        .next()
                        .unwrap_or_default()
                        .trim()
                });
            let Some(given) = given.filter(|g| !g.is_empty()) else {
                continue;
            };
            let head = given.split('.').next().unwrap_or(given);
            let Some(var) = self.names.get(head).copied() else {
                continue;
            };
            let operand = Operand::Var(var);
            if let Some(own) = self.terms.closure(FuncId(0), &operand) {
                self.calls(id.0, own.0);
            } else if let Some(node) = self.object_of.get(&var).copied() {
                self.made_by(id.0, node);
            } else if let Some(path) = self.terms.path(FuncId(0), &operand) {
                let rest = given.get(head.len()..).unwrap_or_default();
                self.elsewhere(id.0, Some(&format!("{path}{rest}")));
            }
        }
    }

    /// Objects of the file's body, imported names and functions among the operands.
    fn works_with(&mut self, id: FuncId, owner: Owner, op: &'a Op) {
        let called = match op {
            Op::Call {
                callee: Callee::Function(called) | Callee::New(called),
                ..
            } => Some(called),
            _ => None,
        };
        let mut read: Vec<&'a Operand> = Vec::new();
        operands(op, &mut |operand| read.push(operand));
        let is_loose = owner.node == 0;
        for operand in read {
            let Some((FuncId(0), var)) = self.terms.base(id, operand) else {
                continue;
            };
            if let Some(node) = self.object_of.get(&var).copied() {
                if !is_loose {
                    self.made_by(owner.node, node);
                }
                continue;
            }
            let same = called.is_some_and(|c| std::ptr::eq(c, operand));
            if same {
                continue;
            }
            match self.terms.operation(FuncId(0), &Operand::Var(var)) {
                Some((_, Op::Closure(function))) => self.hands_on(owner, function.0),
                Some((_, Op::Import { .. })) if !is_loose => {
                    if let Some(path) = self.terms.path(id, operand) {
                        self.mentions(owner.node, path);
                    }
                }
                _ => {}
            }
        }
        // A page shows its parts: `<Answer />`.
        if let Op::Element { tag, .. } = op
            && let Some(var) = self.names.get(self.module.text(*tag)).copied()
        {
            let operand = Operand::Var(var);
            if let Some(own) = self.terms.closure(FuncId(0), &operand) {
                self.calls(owner.node, own.0);
            } else if let Some(path) = self.terms.path(FuncId(0), &operand) {
                self.elsewhere(owner.node, Some(&path));
            }
        }
        // `factory.client`, where the factory is an imported file.
        if let Op::Field { base, name } = op
            && !is_loose
            && let Some((at, var)) = self.terms.base(id, base)
            && let Some((_, Op::Import { .. })) = self.terms.operation(at, &Operand::Var(var))
            && let Some(path) = self.terms.path(id, base)
        {
            self.mentions(owner.node, format!("{path}.{}", self.module.text(*name)));
        }
    }

    fn call(&mut self, id: FuncId, owner: Owner, callee: &'a Callee, args: &'a [Arg], span: Span) {
        let path = self.terms.callee(id, callee);
        self.edges(id, owner, callee, path.as_deref(), args);
        if self.is_decorator(id, path.as_deref(), args, span) {
            return;
        }
        let tail = self.tail(id, callee);
        let known = self.known;
        let of_path = path.as_deref();
        let found = known
            .iter()
            .find(|k| of_path.is_some_and(|p| k.is_ended_so(p)))
            .or_else(|| {
                known
                    .iter()
                    .find(|k| of_path.is_some_and(|p| k.is_called(p)))
            })
            .or_else(|| {
                known
                    .iter()
                    .find(|k| k.ends_so(&tail, self.imports.iter().map(String::as_str)))
            })
            .or_else(|| {
                known.iter().find(|k| {
                    of_path.is_some_and(|p| k.is_made_by(p) && self.is_use(k.kind, last_name(p)))
                })
            });
        let Some(found) = found else {
            self.act(id, owner.node, callee, span);
            return;
        };
        let named = path.as_deref().unwrap_or(&tail);
        let last = last_name(named).rsplit('/').next().unwrap_or(named);
        let operation = self.operation(id, found.kind, last, args);
        let name = if found.kind == ComponentKind::Tool {
            self.tool_name(id, last, args)
        } else {
            found.name.clone()
        };
        let mut controls = Vec::new();
        if self.limits(id, args) {
            controls.push("limit".to_owned());
        }
        let one = ComponentUse {
            kind: found.kind,
            name,
            detail: self.detail(id, found.kind, args),
            remote: found.remote,
            operation: if found.offered {
                format!("mcp.{operation}")
            } else {
                operation
            },
            controls,
            location: self.location(span),
        };
        if found.wraps_function {
            for home in self.wrapped(id, owner.node, args) {
                self.uses(home, one.clone());
            }
            return;
        }
        // A program begins where it asks, not with what it was answered.
        let begins = matches!(one.kind, ComponentKind::Entry | ComponentKind::Terminal);
        let mut home = if begins { id.0 } else { owner.node };
        // One tool of a list does not do what its neighbours do.
        if one.kind == ComponentKind::Tool
            && self
                .functions
                .get(home as usize)
                .is_some_and(|f| f.role == Role::Object)
        {
            let alone = self.node(blank(Role::Object));
            self.made_by(home, alone);
            home = alone;
        }
        self.uses(home, one);
    }

    /// The functions that a call is given, also those of other files; where there are none, the node
    /// that calls.
    fn wrapped(&mut self, id: FuncId, home: u32, args: &'a [Arg]) -> Vec<u32> {
        let own: Vec<u32> = args
            .iter()
            .flat_map(|a| self.functions_in(id, &a.value))
            .collect();
        if !own.is_empty() {
            return own;
        }
        let mut paths: Vec<String> = Vec::new();
        for arg in args {
            paths.extend(self.imported(id, &arg.value));
            if let Some((at, entries)) = self.terms.entries(id, &arg.value) {
                let values = entries.into_iter().map(|(_, value)| value);
                paths.extend(values.filter_map(|value| self.imported(at, value)));
            }
        }
        if paths.is_empty() {
            return vec![home];
        }
        let symbol = self.functions.get(home as usize).map(|f| f.symbol.clone());
        let mut case = blank(Role::Case);
        case.symbol = symbol.unwrap_or_default();
        case.mentions = paths;
        let node = self.node(case);
        self.calls(home, node);
        vec![node]
    }

    /// The path of an operand that is an imported name and no result of a call.
    pub(super) fn imported(&self, id: FuncId, operand: &Operand) -> Option<String> {
        match self.terms.operation(id, operand)?.1 {
            Op::Import { .. } | Op::Field { .. } => {
                let path = self.terms.path(id, operand)?;
                self.is_imported(Some(&path)).then_some(path)
            }
            _ => None,
        }
    }

    /// Whether a call is only the decorator of a function, which [`Reader::decorated`] reads.
    fn is_decorator(&self, id: FuncId, path: Option<&str>, args: &'a [Arg], span: Span) -> bool {
        let within = |d: &(u32, u32)| d.0 <= span.start && span.end <= d.1;
        self.decorators.iter().any(within)
            || args.iter().any(|a| {
                let given = self.terms.operation(id, &a.value);
                let Some((_, Op::Closure(inner))) = given else {
                    return false;
                };
                let inner = self.module.functions.get(inner.0 as usize);
                let names = inner.into_iter().flat_map(|f| &f.decorators);
                let mut lasts = names.map(|d| last_name(self.module.text(d.name)));
                path.is_some_and(|p| lasts.any(|l| l == last_name(p)))
            })
    }

    /// What a use does, in the words of the call; of files also whether it writes.
    fn operation(&self, id: FuncId, kind: ComponentKind, last: &str, args: &'a [Arg]) -> String {
        if kind != ComponentKind::Files || last != "open" {
            return last.to_owned();
        }
        let mode = args
            .get(1)
            .and_then(|a| self.terms.text(id, &a.value))
            .or_else(|| self.text_named(id, args, &["mode"]))
            .unwrap_or("r");
        let writes = mode.contains(['w', 'a', 'x', '+']) && mode.len() <= 4;
        if writes { "open.write" } else { "open.read" }.to_owned()
    }

    /// Whether a method of a component's object is a use of it.
    fn is_use(&self, kind: ComponentKind, method: &str) -> bool {
        ["from", "create", "load", "connect", "build"]
            .iter()
            .any(|start| method.starts_with(start))
            || self
                .known_acts
                .iter()
                .any(|a| a.kind == kind && a.calls.iter().any(|c| c == method))
    }

    /// Something done with an object that nothing is known of.
    fn act(&mut self, id: FuncId, home: u32, callee: &'a Callee, span: Span) {
        let Callee::Method { receiver, name } = callee else {
            return;
        };
        let method = self.module.text(*name);
        let known = self.known_acts;
        let mut kinds: Vec<ComponentKind> = Vec::new();
        for act in known {
            if !act.calls.iter().any(|c| c == method) {
                continue;
            }
            let is_so = act.receivers.is_empty()
                || self
                    .receiver(id, receiver)
                    .is_some_and(|receiver| words(&receiver).any(|w| act.receivers.contains(&w)));
            if is_so {
                kinds.push(act.kind);
            }
        }
        if kinds.is_empty() {
            return;
        }
        kinds.sort_unstable();
        kinds.dedup();
        let location = self.location(span);
        if let Some(own) = self.functions.get_mut(home as usize)
            && own.acts.len() < MAX_ACTS
        {
            own.acts.push(Act {
                kinds,
                operation: method.to_owned(),
                location,
            });
        }
    }

    /// What a receiver is called: its variable, or the field that it is.
    fn receiver(&self, id: FuncId, receiver: &'a Operand) -> Option<String> {
        match self.terms.operation(id, receiver) {
            Some((_, Op::Field { name, .. })) => Some(self.module.text(*name).to_owned()),
            _ => self.terms.variable(id, receiver),
        }
    }

    /// What a call leads to.
    fn edges(
        &mut self,
        id: FuncId,
        owner: Owner,
        callee: &'a Callee,
        path: Option<&str>,
        args: &'a [Arg],
    ) {
        let home = owner.node;
        match callee {
            Callee::Function(operand) => match self.terms.closure(id, operand) {
                Some(own) => self.calls(home, own.0),
                None => self.elsewhere(home, path),
            },
            Callee::New(operand) => match self.class_of(id, operand) {
                Some(own) => self.calls(home, own),
                None => self.elsewhere(home, path),
            },
            Callee::Method { name, .. } => self.method(home, *name, path),
            Callee::Super { .. } => {}
        }
        if let Callee::Function(operand) = callee
            && let Some(own) = self.class_of(id, operand)
        {
            self.calls(home, own);
        }
        // A function that is handed on is called by whoever takes it.
        for arg in args {
            if let Some(given) = self.terms.closure(id, &arg.value)
                && !self.handlers.contains(&given.0)
            {
                self.hands_on(owner, given.0);
            }
        }
    }

    fn method(&mut self, home: u32, name: Symbol, path: Option<&str>) {
        let name = self.module.text(name);
        if self.is_imported(path) {
            self.elsewhere(home, path);
        } else if let Some(own) = self.methods.get(name) {
            for method in own.clone() {
                self.calls(home, method);
            }
        } else {
            self.elsewhere(home, Some(&format!(".{name}")));
        }
    }

    /// The constructor of a class of this file.
    fn class_of(&self, id: FuncId, operand: &Operand) -> Option<u32> {
        let Some((_, Op::ClassValue(class))) = self.terms.operation(id, operand) else {
            return None;
        };
        let class = self.module.classes.get(class.0 as usize)?;
        let made = class
            .methods
            .iter()
            .find(|(name, _)| matches!(self.module.text(*name), "__init__" | "constructor"));
        made.map(|(_, function)| function.0)
    }

    pub(super) fn is_imported(&self, path: Option<&str>) -> bool {
        path.is_some_and(|path| self.imports.iter().any(|i| is_within(path, i)))
    }

    pub(super) fn elsewhere(&mut self, home: u32, path: Option<&str>) {
        let Some(path) = path else {
            return;
        };
        if let Some(own) = self.functions.get_mut(home as usize) {
            own.calls_elsewhere.push(path.to_owned());
        }
    }

    /// Names by which other files know what this one has.
    pub(super) fn exports(&mut self) {
        let module = self.module;
        let Some(body) = module.functions.first() else {
            return;
        };
        for export in &module.exports {
            let name = module.text(export.name);
            let operand = Operand::Var(export.var);
            match self.terms.operation(FuncId(0), &operand) {
                Some((_, Op::Import { .. })) => {
                    if let Some(path) = self.terms.path(FuncId(0), &operand) {
                        self.imported.insert(name.to_owned(), path);
                    }
                }
                Some((_, Op::Closure(function))) => {
                    let symbol = self.symbol(*function);
                    if symbol != name {
                        self.renamed.insert(name.to_owned(), symbol);
                    }
                }
                _ => {
                    let decl = body.vars.get(export.var.0 as usize);
                    let own = decl.filter(|d| d.home == VarHome::Local);
                    let local = own.map(|d| module.text(d.name)).unwrap_or_default();
                    if !local.is_empty() && local != name {
                        self.renamed.insert(name.to_owned(), local.to_owned());
                    }
                }
            }
        }
        for instr in instructions(body) {
            if let Op::Import {
                module: from,
                member: Some(member),
            } = &instr.op
                && module.text(*member) == "*"
                && instr
                    .dst
                    .and_then(|d| body.vars.get(d.0 as usize))
                    .is_none_or(|d| d.home == VarHome::Temporary)
            {
                self.reexported.push(module.text(*from).to_owned());
            }
        }
    }
}
