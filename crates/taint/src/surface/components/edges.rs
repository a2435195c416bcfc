//! What a function leads to: what it calls, hands on, and works with.

use std::collections::BTreeSet;

use trueline_syntax::ir::{
    Arg, Callee, FuncId, FunctionKind, Instr, Op, Operand, Span, Symbol, VarHome,
};

use super::super::is_within;
use super::Reader;
use super::objects::{Owner, instructions, operands};
use crate::analysis::last_name;

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
        self.annotated(id);
        if let Some(class) = function.class {
            self.made_by_class(id, class.0);
        }
    }

    /// What one instruction does, for the node that it belongs to.
    pub(super) fn instruction(&mut self, id: FuncId, owner: Owner, instr: &'a Instr) {
        if let Op::Call { callee, args } = &instr.op {
            self.call(id, owner, callee, args, instr.span);
        }
        self.works_with(id, owner, &instr.op, instr.span);
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

    pub(super) fn made_by(&mut self, home: u32, maker: u32) {
        if maker != home
            && let Some(own) = self.functions.get_mut(home as usize)
        {
            own.made_by.push(maker);
        }
    }

    pub(super) fn mentions(&mut self, home: u32, path: String) {
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

    /// What a parameter is annotated with may say what it is given: `Store = Annotated[Session, Depends(open_store)]`.
    fn annotated(&mut self, id: FuncId) {
        let module = self.module;
        let Some(function) = module.functions.get(id.0 as usize) else {
            return;
        };
        for annotation in function.params.iter().filter_map(|p| p.annotation) {
            let written = module.text(annotation);
            let head = written.split('.').next().unwrap_or(written);
            let Some(var) = self.names.get(head).copied() else {
                continue;
            };
            if let Some(node) = self.object_of.get(&var).copied() {
                self.made_by(id.0, node);
            } else if let Some((_, Op::Import { .. })) =
                self.terms.operation(FuncId(0), &Operand::Var(var))
                && let Some(path) = self.terms.path(FuncId(0), &Operand::Var(var))
                && let Some(own) = self.functions.get_mut(id.0 as usize)
            {
                let rest = written.get(head.len()..).unwrap_or_default();
                own.types.push(format!("{path}{rest}"));
            }
        }
    }

    /// Objects of the file's body, imported names and functions among the operands.
    pub(super) fn works_with(&mut self, id: FuncId, owner: Owner, op: &'a Op, span: Span) {
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
            let Some((at, var)) = self.terms.base(id, operand) else {
                continue;
            };
            if at.0 != 0 {
                // A function works with what the one around it has made.
                if at != id && owner.node == id.0 {
                    self.made_by(owner.node, at.0);
                }
                // Imported where it is needed.
                let same = called.is_some_and(|c| std::ptr::eq(c, operand));
                if let (false, Some((_, Op::Import { .. }))) =
                    (same, self.terms.operation(id, operand))
                    && let Some(path) = self.terms.path(id, operand)
                {
                    self.mentions(owner.node, path);
                }
                continue;
            }
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
                self.shown(owner.node, &path, span);
            }
        }
        if let Op::Element {
            tag, attributes, ..
        } = op
        {
            self.script(id, owner.node, self.module.text(*tag), attributes, span);
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

    /// What a call leads to.
    pub(super) fn edges(
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
            Callee::Method { receiver, name } => {
                let written = self.module.text(*name);
                let held = self.methods_held(id, receiver, written);
                let bases = self.inherited(id, receiver, written);
                if held.is_empty() && bases.is_empty() {
                    self.method(home, *name, path);
                }
                for path in held {
                    self.elsewhere(home, Some(&path));
                }
                self.of_bases(home, &bases, written);
            }
            Callee::Super { name } => {
                let class = self.class_around(id);
                let bases = class.map(|c| self.bases_of(c)).unwrap_or_default();
                self.of_bases(home, &bases, self.module.text(*name));
            }
        }
        if let Callee::Function(operand) = callee
            && let Some(own) = self.class_of(id, operand)
        {
            self.calls(home, own);
        }
        // A function that is handed on is called by whoever takes it.
        for arg in args {
            if let Some(given) = self.given(id, &arg.value)
                && !self.handlers.contains(&given.0)
            {
                self.hands_on(owner, given.0);
            } else if owner.hands_on {
                for path in self.bound(id, &arg.value) {
                    self.mentions(home, path);
                }
            }
        }
    }

    /// A method that a class has from its bases.
    fn of_bases(&mut self, home: u32, bases: &[String], name: &str) {
        let module = self.module;
        for base in bases {
            let own = module
                .classes
                .iter()
                .position(|class| module.text(class.qualified) == base);
            match own.and_then(|class| self.method_of(class as u32, name)) {
                Some(method) => self.calls(home, method.0),
                None => self.elsewhere(home, Some(&format!("{base}.{name}"))),
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
        let made = ["__init__", "constructor"]
            .iter()
            .find_map(|name| self.method_of(class.0, name));
        made.map(|function| function.0)
            .or_else(|| self.class_node.get(&class.0).copied())
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
