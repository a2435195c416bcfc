//! What is done when a name is a certain text: `if name == "read"`, `switch`, `match`, and tables
//! `{"read": read_page}`. That is how the tools that a model is told of are joined to the functions that
//! do their work.

use std::collections::BTreeSet;

use trueline_facts::surface::Role;
use trueline_syntax::ir::{
    BlockId, Callee, CompareOp, FuncId, Function, Instr, Op, Operand, Terminator,
};

use super::Reader;
use super::objects::{Owner, blank, text_of};
use super::tools::is_name;
use crate::analysis::words;

/// Cases of one file that are kept.
const MAX_CASES: usize = 500;
/// Words of what is compared when somebody chooses what is done.
const CHOOSERS: &[&str] = &[
    "name",
    "tool",
    "toolname",
    "function",
    "func",
    "fn",
    "action",
    "command",
    "method",
    "op",
    "operation",
];

impl<'a> Reader<'a> {
    /// Makes the cases, and says which instructions of which functions are theirs.
    pub(super) fn cases(&mut self) -> BTreeSet<(u32, usize)> {
        let mut taken = BTreeSet::new();
        let module = self.module;
        for (at, function) in module.functions.iter().enumerate() {
            let id = FuncId(at as u32);
            for block in &function.blocks {
                for instr in &block.instrs {
                    if let Op::Map { entries } = &instr.op {
                        self.table(id, entries);
                    }
                }
                if let Terminator::Branch {
                    condition, then, ..
                } = &block.terminator
                    && at > 0
                {
                    for text in self.chosen(id, condition) {
                        taken.extend(self.branch(id, function, *then, text));
                    }
                }
            }
        }
        taken
    }

    fn has_room(&self) -> bool {
        let cases = self.functions.iter().filter(|f| f.role == Role::Case);
        cases.count() < MAX_CASES
    }

    /// The texts that a condition compares a chosen name with.
    fn chosen(&self, id: FuncId, condition: &'a Operand) -> Vec<String> {
        let (at, op, left, right) = match self.terms.operation(id, condition) {
            Some((at, Op::Compare { op, left, right })) => (at, *op, left, right),
            // `["read", "open"].includes(name)`
            Some((
                at,
                Op::Call {
                    callee: Callee::Method { receiver, name },
                    args,
                },
            )) if self.module.text(*name) == "includes" => match args.as_slice() {
                [asked] => (at, CompareOp::In, &asked.value, receiver),
                _ => return Vec::new(),
            },
            _ => return Vec::new(),
        };
        match op {
            CompareOp::Eq | CompareOp::Is | CompareOp::Matches => {
                let pair = [(left, right), (right, left)];
                pair.into_iter()
                    .find_map(|(name, text)| {
                        let text = self.constant(at, text)?;
                        self.chooses(at, name).then_some(text)
                    })
                    .into_iter()
                    .collect()
            }
            CompareOp::In if self.chooses(at, left) => {
                let Some((of, elements)) = self.terms.elements(at, right) else {
                    return Vec::new();
                };
                let texts = elements.into_iter().filter_map(|e| self.constant(of, e));
                texts.collect()
            }
            _ => Vec::new(),
        }
    }

    /// A text, or the member of an enumeration: of one that is elsewhere, its name.
    fn constant(&self, id: FuncId, operand: &'a Operand) -> Option<String> {
        if let Some(text) = self.terms.text(id, operand) {
            return is_name(text).then(|| text.to_owned());
        }
        let (at, Op::Field { base, name }) = self.terms.operation(id, operand)? else {
            return None;
        };
        let name = self.module.text(*name);
        if let Some((of, entries)) = self.terms.entries(at, base) {
            let value = entries.into_iter().find(|(key, _)| *key == name)?.1;
            return self.terms.text(of, value).map(ToOwned::to_owned);
        }
        // The name of a tool that is described elsewhere: `tools.ReadPage.name`.
        let name = match self.terms.operation(at, base) {
            Some((_, Op::Field { name: outer, .. })) if name == "name" => self.module.text(*outer),
            Some((
                _,
                Op::Import {
                    member: Some(own), ..
                },
            )) if name == "name" => self.module.text(*own),
            _ => name,
        };
        let is_member = name.chars().next().is_some_and(char::is_uppercase);
        is_member.then(|| name.to_owned())
    }

    fn chooses(&self, id: FuncId, operand: &'a Operand) -> bool {
        let named = match self.terms.operation(id, operand) {
            Some((_, Op::Field { name, .. })) => Some(self.module.text(*name).to_owned()),
            Some((
                _,
                Op::Index {
                    index: Operand::Const(key),
                    ..
                },
            )) => text_of(self.module, key).map(ToOwned::to_owned),
            _ => self.terms.variable(id, operand),
        };
        let variable = self.terms.variable(id, operand);
        [named, variable]
            .into_iter()
            .flatten()
            .any(|n| words(&n).any(|w| CHOOSERS.contains(&w.as_str())))
    }

    /// The part of a function that only runs if the condition holds.
    fn branch(
        &mut self,
        id: FuncId,
        function: &'a Function,
        then: BlockId,
        text: String,
    ) -> Vec<(u32, usize)> {
        if !self.has_room() {
            return Vec::new();
        }
        let mut head = then;
        while let Some(block) = function.blocks.get(head.0 as usize)
            && block.instrs.is_empty()
            && let Terminator::Goto(next) = block.terminator
            && next.0 > head.0
        {
            head = next;
        }
        let inside = reachable(function, head, None);
        let around = reachable(function, BlockId(0), Some(head));
        let mut own: Vec<(usize, &'a Instr)> = Vec::new();
        let mut before = 0;
        for (at, block) in function.blocks.iter().enumerate() {
            let at = BlockId(at as u32);
            if inside.contains(&at) && !around.contains(&at) {
                own.extend(
                    block
                        .instrs
                        .iter()
                        .enumerate()
                        .map(|(n, i)| (before + n, i)),
                );
            }
            before += block.instrs.len();
        }
        if !own.iter().any(|(_, i)| matches!(i.op, Op::Call { .. })) {
            return Vec::new();
        }
        let mut case = blank(Role::Case);
        case.symbol = self.symbol(id);
        case.case = Some(text);
        let node = self.node(case);
        self.calls(id.0, node);
        let owner = Owner {
            node,
            hands_on: true,
        };
        for (_, instr) in &own {
            if let Op::Closure(inner) = instr.op {
                self.calls(node, inner.0);
            }
            self.instruction(id, owner, instr);
        }
        own.into_iter().map(|(at, _)| (id.0, at)).collect()
    }

    /// A table from names to functions.
    fn table(&mut self, id: FuncId, entries: &'a [(Option<Operand>, Operand)]) {
        for (key, value) in entries {
            let Some(Operand::Const(key)) = key else {
                continue;
            };
            let Some(text) = text_of(self.module, key).filter(|t| is_name(t)) else {
                continue;
            };
            let own = self.functions_in(id, value);
            let mut elsewhere: Vec<String> = self.imported(id, value).into_iter().collect();
            if let Some((at, inner)) = self.terms.entries(id, value) {
                elsewhere.extend(inner.into_iter().filter_map(|(_, v)| self.imported(at, v)));
            }
            if own.is_empty() && elsewhere.is_empty() || !self.has_room() {
                continue;
            }
            let mut case = blank(Role::Case);
            case.symbol = self.symbol(id);
            case.case = Some(text.to_owned());
            case.hands_on = own;
            case.mentions.extend(elsewhere);
            self.node(case);
        }
    }
}

/// Blocks that are reached from one without passing another.
fn reachable(function: &Function, from: BlockId, without: Option<BlockId>) -> BTreeSet<BlockId> {
    let mut seen = BTreeSet::new();
    let mut todo = vec![from];
    while let Some(block) = todo.pop() {
        if Some(block) == without || !seen.insert(block) {
            continue;
        }
        match function.blocks.get(block.0 as usize).map(|b| &b.terminator) {
            Some(Terminator::Goto(next)) => todo.push(*next),
            Some(Terminator::Branch {
                then, otherwise, ..
            }) => todo.extend([*then, *otherwise]),
            _ => {}
        }
    }
    seen
}
