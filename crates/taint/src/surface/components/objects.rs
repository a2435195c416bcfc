//! The objects that the body of a file makes (`graph = StateGraph(...)`), each with the calls that make
//! and fill it, so that what works with one leads to that and not to all that its file does.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::surface::{ComponentKind, FunctionSurface, Role};
use trueline_syntax::ir::{
    Arg, Callee, Const, Element, FormatPart, FuncId, Function, Instr, Module, Op, Operand, Var,
    VarHome,
};

use super::Reader;

/// Objects of one file that are kept.
const MAX_OBJECTS: usize = 1_000;

/// Whom an instruction of the body of a file belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner {
    pub(super) node: u32,
    /// Functions that it is given are called by whoever works with the object.
    pub(super) hands_on: bool,
}

impl<'a> Reader<'a> {
    /// Makes a node of each object, and says whose each instruction of the body is.
    pub(super) fn objects(&mut self) -> Vec<Option<Owner>> {
        let module = self.module;
        let Some(body) = module.functions.first() else {
            return Vec::new();
        };
        let makers = assigned_elsewhere(module);
        let mut made: BTreeSet<Var> = makers.keys().copied().collect();
        for instr in instructions(body) {
            if let Some(dst) = instr.dst
                && makes(&instr.op)
            {
                made.insert(dst);
            }
        }
        for var in made.into_iter().take(MAX_OBJECTS) {
            let Some(decl) = body.vars.get(var.0 as usize) else {
                continue;
            };
            let name = module.text(decl.name);
            if decl.home != VarHome::Local || name.is_empty() {
                continue;
            }
            let node = self.node(FunctionSurface {
                symbol: name.to_owned(),
                made_by: makers.get(&var).cloned().unwrap_or_default(),
                ..blank(Role::Object)
            });
            self.object_of.insert(var, node);
        }
        self.owners(body)
    }

    /// From the last instruction to the first: what an object's instruction reads is the object's.
    fn owners(&self, body: &'a Function) -> Vec<Option<Owner>> {
        let instrs: Vec<&Instr> = instructions(body).collect();
        let mut owners: Vec<Option<Owner>> = vec![None; instrs.len()];
        let mut inherited: BTreeMap<Var, Owner> = BTreeMap::new();
        for (at, instr) in instrs.iter().enumerate().rev() {
            let defined = instr.dst.and_then(|dst| {
                let own = self.object_of.get(&dst).filter(|_| makes(&instr.op));
                let own = own.map(|node| Owner {
                    node: *node,
                    hands_on: true,
                });
                own.or_else(|| inherited.get(&dst).copied())
            });
            let Some(owner) = defined.or_else(|| self.filled(&instr.op)) else {
                continue;
            };
            owners[at] = Some(owner);
            operands(&instr.op, &mut |operand| {
                if let Operand::Var(var) = operand
                    && let Some(decl) = body.vars.get(var.0 as usize)
                    && decl.home == VarHome::Temporary
                {
                    inherited.entry(*var).or_insert(owner);
                }
            });
        }
        owners
    }

    /// The object that an instruction puts something into: `graph.add_node(...)`, `tools[name] = f`.
    fn filled(&self, op: &'a Op) -> Option<Owner> {
        let base = match op {
            Op::Call {
                callee: Callee::Method { receiver, .. },
                ..
            } => receiver,
            Op::StoreField { base, .. } | Op::StoreIndex { base, .. } => base,
            _ => return None,
        };
        let var = self.root(base)?;
        let node = *self.object_of.get(&var)?;
        let literal = matches!(
            self.terms.operation(FuncId(0), &Operand::Var(var)),
            Some((_, Op::Sequence { .. } | Op::Map { .. }))
        );
        let hands_on = literal || self.makers_of(var).any(takes_functions);
        Some(Owner { node, hands_on })
    }

    /// The kinds of component that a variable of the body is made as.
    fn makers_of(&self, var: Var) -> impl Iterator<Item = ComponentKind> + '_ {
        let body = self.module.functions.first();
        let own = body.into_iter().flat_map(instructions);
        own.filter(move |i| i.dst == Some(var)).filter_map(|i| {
            let Op::Call { callee, .. } = &i.op else {
                return None;
            };
            let path = self.terms.callee(FuncId(0), callee)?;
            let known = self.known.iter().find(|k| k.is_made_by(&path));
            known.map(|k| k.kind)
        })
    }

    /// The variable of the body that a chain of calls and fields begins with.
    fn root(&self, operand: &'a Operand) -> Option<Var> {
        let mut operand = operand;
        for _ in 0..64 {
            let (FuncId(0), var) = self.terms.base(FuncId(0), operand)? else {
                return None;
            };
            if self.object_of.contains_key(&var) {
                return Some(var);
            }
            operand = match self.terms.operation(FuncId(0), operand)?.1 {
                Op::Call {
                    callee: Callee::Method { receiver, .. },
                    ..
                } => receiver,
                Op::Field { base, .. } | Op::Index { base, .. } => base,
                _ => return None,
            };
        }
        None
    }
}

/// A node without anything.
pub(super) fn blank(role: Role) -> FunctionSurface {
    FunctionSurface {
        symbol: String::new(),
        role,
        case: None,
        is_decorated: false,
        calls: Vec::new(),
        calls_elsewhere: Vec::new(),
        hands_on: Vec::new(),
        made_by: Vec::new(),
        mentions: Vec::new(),
        types: Vec::new(),
        uses: Vec::new(),
        acts: Vec::new(),
        returns: None,
    }
}

/// Functions that a component of the kind is given are called when it works; those of a router are
/// called by requests.
const fn takes_functions(kind: ComponentKind) -> bool {
    !matches!(
        kind,
        ComponentKind::Entry
            | ComponentKind::Terminal
            | ComponentKind::Control
            | ComponentKind::Files
            | ComponentKind::Network
    )
}

/// Variables of the body that functions assign, with these functions.
fn assigned_elsewhere(module: &Module) -> BTreeMap<Var, Vec<u32>> {
    let mut found: BTreeMap<Var, Vec<u32>> = BTreeMap::new();
    for (at, function) in module.functions.iter().enumerate().skip(1) {
        for instr in instructions(function) {
            let home = instr
                .dst
                .and_then(|dst| function.vars.get(dst.0 as usize))
                .map(|decl| decl.home);
            if let Some(VarHome::Captured {
                function: FuncId(0),
                var,
            }) = home
                && makes(&instr.op)
            {
                let makers = found.entry(var).or_default();
                if makers.last() != Some(&(at as u32)) {
                    makers.push(at as u32);
                }
            }
        }
    }
    found
}

/// Whether the result may be an object that something is done with.
fn makes(op: &Op) -> bool {
    !matches!(
        op,
        Op::Copy(Operand::Const(_))
            | Op::Import { .. }
            | Op::Closure(_)
            | Op::ClassValue(_)
            | Op::Caught
            | Op::Compare { .. }
            | Op::HasNext { .. }
            | Op::IsAbsent { .. }
            | Op::Format { .. }
    )
}

/// All instructions of a function in order.
pub(super) fn instructions(function: &Function) -> impl Iterator<Item = &Instr> {
    function.blocks.iter().flat_map(|b| &b.instrs)
}

/// Everything that an operation reads, except for what it calls.
pub(super) fn operands<'o>(op: &'o Op, each: &mut impl FnMut(&'o Operand)) {
    match op {
        Op::Copy(one)
        | Op::Await(one)
        | Op::Enter(one)
        | Op::Exit(one)
        | Op::Field { base: one, .. }
        | Op::Typed { value: one, .. }
        | Op::Unary { operand: one, .. }
        | Op::Next { iterable: one, .. }
        | Op::HasNext { iterable: one }
        | Op::Yield(Some(one)) => each(one),
        Op::StoreField { base, value, .. } => {
            each(base);
            each(value);
        }
        Op::Index { base, index } | Op::Delete { base, index } => {
            each(base);
            each(index);
        }
        Op::StoreIndex { base, index, value } => {
            each(base);
            each(index);
            each(value);
        }
        Op::Slice { base, low, high } => {
            each(base);
            low.iter().chain(high).for_each(each);
        }
        Op::Call { callee, args } => {
            match callee {
                Callee::Function(one) | Callee::New(one) => each(one),
                Callee::Method { receiver, .. } => each(receiver),
                Callee::Super { .. } => {}
            }
            for Arg { value, .. } in args {
                each(value);
            }
        }
        Op::Binary { left, right, .. } | Op::Compare { left, right, .. } => {
            each(left);
            each(right);
        }
        Op::Format { parts } => parts.iter().for_each(|part| {
            if let FormatPart::Value(value) = part {
                each(value);
            }
        }),
        Op::Sequence { elements, .. } => elements
            .iter()
            .for_each(|(Element::One(one) | Element::Spread(one))| each(one)),
        Op::Map { entries } => entries.iter().for_each(|(key, value)| {
            if let Some(key @ Operand::Var(_)) = key {
                each(key);
            }
            each(value);
        }),
        Op::Element {
            attributes,
            children,
            ..
        } => {
            for (_, value) in attributes {
                each(value);
            }
            children.iter().for_each(each);
        }
        Op::Unknown { operands, .. } => operands.iter().for_each(each),
        Op::Yield(None)
        | Op::Closure(_)
        | Op::ClassValue(_)
        | Op::Import { .. }
        | Op::This
        | Op::IsAbsent { .. }
        | Op::Caught => {}
    }
}

/// The text of a constant.
pub(super) fn text_of<'m>(module: &'m Module, constant: &Const) -> Option<&'m str> {
    match constant {
        Const::Str(text) => Some(module.text(*text)),
        _ => None,
    }
}
