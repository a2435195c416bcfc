//! Where the result of a call goes: the names that it gets on its way, and whether it leaves the code
//! that made it. Tells a secret from a number that only tells two runs apart.
//!
//! A walk over definitions and uses of one file, forward from one variable; it follows closures,
//! fields and containers, and is bounded. Names alone do not decide: a value that is only compared
//! with itself, picked from a list of constants or hung on an address protects nothing.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use trueline_syntax::ir::{
    ArgKind, BinaryOp, BlockId, Callee, Const, Element, FormatPart, FuncId, Function, FunctionKind,
    Language, Module, Op, Operand, Symbol, Terminator, UnaryOp, Var, VarHome,
};

use super::names::words;

/// Variables that a walk follows.
const MAX_VARIABLES: usize = 96;
/// Texts that stand beside a value in a call and count as its name are no longer than this.
const MAX_KEY: usize = 40;
/// Calls whose argument says how long something takes.
const TIMERS: &[&str] = &[
    "sleep",
    "settimeout",
    "setinterval",
    "delay",
    "wait",
    "after",
    "schedule",
];

/// What became of a value.
#[derive(Clone, Default, Debug)]
pub(super) struct Destinations {
    /// Words of its names, as `_a_b__c_`.
    pub(super) names: String,
    /// Words of what stands beside it where it is passed on.
    pub(super) beside: String,
    /// It is returned, kept, sent, or compared with what somebody gives.
    pub(super) leaves: bool,
}

/// Uses of the variables of a file, made when first asked for.
#[derive(Debug)]
pub(super) struct Uses {
    /// Variables of inner functions that stand for one of an outer function.
    captured: FxHashMap<(FuncId, Var), Vec<(FuncId, Var)>>,
    /// Reads of fields, by their name: the function, the object and where the value goes.
    fields: FxHashMap<Symbol, Vec<(FuncId, Operand, Var)>>,
    /// Where functions become values.
    closures: FxHashMap<FuncId, (FuncId, Var)>,
    /// Instructions by the variables that they read, of functions looked at so far.
    by_variable: FxHashMap<FuncId, BTreeMap<u32, Vec<(u32, u32)>>>,
}

impl Uses {
    pub(super) fn of(module: &Module) -> Self {
        let mut uses = Self {
            captured: FxHashMap::default(),
            fields: FxHashMap::default(),
            closures: FxHashMap::default(),
            by_variable: FxHashMap::default(),
        };
        for (at, function) in module.functions.iter().enumerate() {
            let id = FuncId(at as u32);
            for (var, decl) in function.vars.iter().enumerate() {
                if let VarHome::Captured { function, var: own } = decl.home {
                    let inner = (id, Var(var as u32));
                    uses.captured
                        .entry((function, own))
                        .or_default()
                        .push(inner);
                }
            }
            for instr in function.blocks.iter().flat_map(|b| &b.instrs) {
                let Some(dst) = instr.dst else { continue };
                match &instr.op {
                    Op::Field { base, name } => {
                        let reads = uses.fields.entry(*name).or_default();
                        reads.push((id, base.clone(), dst));
                    }
                    Op::Closure(inner) => {
                        uses.closures.insert(*inner, (id, dst));
                    }
                    _ => {}
                }
            }
        }
        uses
    }

    fn sites(&mut self, module: &Module, id: FuncId, var: Var) -> Vec<(u32, u32)> {
        let known = self.by_variable.entry(id).or_insert_with(|| {
            let mut all: BTreeMap<u32, Vec<(u32, u32)>> = BTreeMap::new();
            let blocks = module.functions.get(id.0 as usize).map(|f| &f.blocks);
            for (block, body) in blocks.into_iter().flatten().enumerate() {
                for (at, instr) in body.instrs.iter().enumerate() {
                    each_operand(&instr.op, &mut |operand| {
                        if let Operand::Var(var) = operand {
                            all.entry(var.0)
                                .or_default()
                                .push((block as u32, at as u32));
                        }
                    });
                }
                if let Terminator::Return(Some(Operand::Var(var))) = &body.terminator {
                    let end = body.instrs.len() as u32;
                    all.entry(var.0).or_default().push((block as u32, end));
                }
            }
            all
        });
        known.get(&var.0).cloned().unwrap_or_default()
    }
}

/// Follows a value.
pub(super) fn destinations(
    module: &Module,
    uses: &mut Uses,
    id: FuncId,
    block: BlockId,
    instr: u32,
) -> Destinations {
    let mut walk = Walk {
        module,
        uses,
        seen: BTreeSet::new(),
        queue: Vec::new(),
        holders: BTreeMap::new(),
        stored: BTreeSet::new(),
        compared: Vec::new(),
        found: Destinations {
            names: "_".to_owned(),
            beside: "_".to_owned(),
            leaves: false,
        },
    };
    walk.start(id, block, instr);
    while let Some((id, var)) = walk.queue.pop() {
        walk.follow(id, var);
    }
    walk.compare();
    walk.found
}

struct Walk<'m> {
    module: &'m Module,
    uses: &'m mut Uses,
    seen: BTreeSet<(FuncId, Var)>,
    queue: Vec<(FuncId, Var)>,
    /// Variables that hold it under one key.
    holders: BTreeMap<(FuncId, Var), Symbol>,
    /// Fields that it is kept in.
    stored: BTreeSet<Symbol>,
    /// Comparisons in which the value stands: what it is compared with.
    compared: Vec<(FuncId, Operand)>,
    found: Destinations,
}

impl Walk<'_> {
    fn start(&mut self, id: FuncId, block: BlockId, at: u32) {
        let Some(function) = self.module.functions.get(id.0 as usize) else {
            return;
        };
        let body = function.blocks.get(block.0 as usize);
        let Some(instr) = body.and_then(|b| b.instrs.get(at as usize)) else {
            return;
        };
        // One of a list of words that everyone can read.
        if let Op::Call { args, .. } = &instr.op
            && !in_loop(function, block)
            && args.iter().any(|a| self.is_list_of_words(id, &a.value))
        {
            return;
        }
        match instr.dst {
            Some(var) => self.track(id, var),
            // What has no result works on its arguments: `random.shuffle(digits)`.
            None => {
                if let Op::Call { args, .. } = &instr.op {
                    for arg in args {
                        self.track_operand(id, &arg.value);
                    }
                }
            }
        }
    }

    fn track(&mut self, id: FuncId, var: Var) {
        if self.seen.len() >= MAX_VARIABLES || !self.seen.insert((id, var)) {
            return;
        }
        let function = self.module.functions.get(id.0 as usize);
        let Some(decl) = function.and_then(|f| f.vars.get(var.0 as usize)) else {
            return;
        };
        self.name(decl.name);
        self.queue.push((id, var));
        match decl.home {
            VarHome::Captured { function, var } => {
                // A variable that outlives the function.
                self.found.leaves |= function == FuncId(0);
                self.track(function, var);
            }
            VarHome::Global => self.found.leaves = true,
            VarHome::Local | VarHome::Temporary => {}
        }
        for (inner, var) in self
            .uses
            .captured
            .get(&(id, var))
            .cloned()
            .unwrap_or_default()
        {
            self.track(inner, var);
        }
    }

    fn track_operand(&mut self, id: FuncId, operand: &Operand) {
        if let Operand::Var(var) = operand {
            self.track(id, *var);
        }
    }

    fn name(&mut self, name: Symbol) {
        self.name_text(self.module.text(name).to_owned().as_str());
    }

    fn name_text(&mut self, name: &str) {
        for word in words(name) {
            self.found.names.push_str(&word);
            self.found.names.push('_');
        }
        self.found.names.push('_');
    }

    fn beside_all(&mut self, id: FuncId, elements: &[Element], var: Var) {
        for element in elements {
            let (Element::One(other) | Element::Spread(other)) = element;
            if *other != Operand::Var(var) {
                self.beside(id, other);
            }
        }
    }

    fn beside(&mut self, id: FuncId, operand: &Operand) {
        for word in words(&self.variable_name(id, operand)) {
            self.found.beside.push_str(&word);
            self.found.beside.push('_');
        }
        self.found.beside.push('_');
    }

    /// It goes where others see it: the function that does that names it too.
    fn leave(&mut self, function: &Function) {
        self.found.leaves = true;
        // What a function is called that stands inside of another says nothing of that one, and
        // what a component of a page is called says nothing of what it sends.
        let free = function.class.is_none();
        let inner = free && function.parent.is_some_and(|parent| parent != FuncId(0));
        let own = self.module.text(function.name);
        let script = !matches!(self.module.language, Language::Go | Language::Java);
        if free && script && own.starts_with(|c: char| c.is_ascii_uppercase()) {
            return;
        }
        self.name(if inner {
            function.name
        } else {
            function.qualified
        });
    }

    fn follow(&mut self, id: FuncId, var: Var) {
        let Some(function) = self.module.functions.get(id.0 as usize) else {
            return;
        };
        for (block, at) in self.uses.sites(self.module, id, var) {
            let Some(body) = function.blocks.get(block as usize) else {
                continue;
            };
            match body.instrs.get(at as usize) {
                Some(instr) => self.used(id, function, BlockId(block), var, &instr.op, instr.dst),
                None => self.returned(id, function),
            }
        }
    }

    fn returned(&mut self, id: FuncId, function: &Function) {
        let unnamed = self.module.text(function.name).is_empty();
        match self.uses.closures.get(&id).copied() {
            // What takes the function gets what it returns.
            Some((outer, var)) if unnamed || function.kind == FunctionKind::Lambda => {
                if !unnamed {
                    self.leave(function);
                }
                self.track(outer, var);
            }
            _ => self.leave(function),
        }
    }

    #[expect(
        clippy::collapsible_match,
        clippy::match_same_arms,
        reason = "an arm that ends the way must not fall through to the next one"
    )]
    fn used(
        &mut self,
        id: FuncId,
        function: &Function,
        block: BlockId,
        var: Var,
        op: &Op,
        dst: Option<Var>,
    ) {
        let is = |operand: &Operand| *operand == Operand::Var(var);
        match op {
            Op::Compare { left, right, .. } => {
                let other = if is(left) { right } else { left };
                self.compared.push((id, other.clone()));
                return;
            }
            Op::Unary {
                op: UnaryOp::Not | UnaryOp::TypeOf,
                ..
            }
            | Op::HasNext { .. }
            | Op::Exit(_)
            | Op::IsAbsent { .. } => return,
            Op::Index { base, index } if is(index) && !is(base) => {
                if !in_loop(function, block) && self.is_list_of_words(id, base) {
                    return;
                }
            }
            Op::StoreField { base, name, value } if is(value) => {
                self.name(*name);
                self.stored_in_field(id, base, *name);
                return;
            }
            Op::StoreField { .. } => return,
            Op::Field { name, .. } if self.is_other_key(id, var, *name) => return,
            Op::Copy(_) | Op::Typed { .. } => {
                if let (Some(key), Some(dst)) = (self.holders.get(&(id, var)).copied(), dst) {
                    self.holders.insert((id, dst), key);
                }
            }
            Op::StoreIndex { base, index, value } => {
                if is(index) || is(value) {
                    if let Operand::Const(Const::Str(key)) = index {
                        self.name(*key);
                    }
                    self.kept_in(id, function, base);
                }
                return;
            }
            Op::Map { entries } => {
                for (key, value) in entries {
                    if let (Some(Operand::Const(Const::Str(key))), true) = (key, is(value)) {
                        self.name(*key);
                        if let Some(dst) = dst {
                            self.holders.insert((id, dst), *key);
                        }
                    }
                }
            }
            Op::Index {
                index: Operand::Const(Const::Str(key)),
                ..
            } if self.is_other_key(id, var, *key) => return,
            Op::Binary {
                op: BinaryOp::Add,
                left,
                right,
            } if is(right) && !is(left) => {
                if self.ends_text(id, left).is_some_and(|t| !self.goes_on(&t)) {
                    return;
                }
            }
            Op::Format { parts } => {
                let before = parts.windows(2).find_map(|pair| match pair {
                    [FormatPart::Text(text), FormatPart::Value(value)] if is(value) => Some(*text),
                    _ => None,
                });
                if before.is_some_and(|t| !self.goes_on(self.module.text(t).to_owned().as_str())) {
                    return;
                }
            }
            Op::Call { callee, args } => {
                if let Some((owner, state)) = self.state_of(id, callee) {
                    self.track(owner, state);
                    return;
                }
                self.called(id, function, var, callee, args);
                // `await send({ reference })`: what comes back is an answer, not the number.
                if self.holders.contains_key(&(id, var)) && !self.keeps_parts(id, callee) {
                    return;
                }
            }
            Op::Sequence { elements, .. } => self.beside_all(id, elements, var),
            Op::Yield(_) => self.returned(id, function),
            Op::Element { attributes, .. } => {
                // A `key` tells a framework which element it is.
                let named = attributes.iter().find(|(_, value)| is(value));
                if let Some((Some(name), _)) = named {
                    if self.module.text(*name) == "key" {
                        return;
                    }
                    self.name(*name);
                }
                self.leave(function);
            }
            _ => {}
        }
        if let Some(dst) = dst {
            self.track(id, dst);
        }
    }

    fn is_other_key(&self, id: FuncId, var: Var, key: Symbol) -> bool {
        let held = self.holders.get(&(id, var));
        held.is_some_and(|held| *held != key)
    }

    /// Whether what a call is given stays in its result, part by part.
    fn keeps_parts(&self, id: FuncId, callee: &Callee) -> bool {
        let name = match callee {
            Callee::Method { name, .. } | Callee::Super { name } => {
                self.module.text(*name).to_owned()
            }
            Callee::Function(f) => self.variable_name(id, f),
            Callee::New(_) => return true,
        };
        is_plain(&name)
            || matches!(
                name.as_str(),
                "stringify"
                    | "dumps"
                    | "assign"
                    | "freeze"
                    | "dict"
                    | "Marshal"
                    | "encode"
                    | "sign"
            )
    }

    /// The state that a function of React sets: `token` of `[token, setToken] = useState()`.
    fn state_of(&self, id: FuncId, callee: &Callee) -> Option<(FuncId, Var)> {
        let Callee::Function(Operand::Var(var)) = callee else {
            return None;
        };
        let around = self.module.functions.get(id.0 as usize)?;
        let (owner, var) = match around.vars.get(var.0 as usize)?.home {
            VarHome::Captured { function, var } => (function, var),
            _ => (id, *var),
        };
        let pair = self.part(owner, var, 1)?;
        let Some(Op::Call {
            callee: Callee::Function(hook),
            ..
        }) = self.definition(owner, pair)
        else {
            return None;
        };
        if self.variable_name(owner, hook) != "useState" {
            return None;
        }
        let function = self.module.functions.get(owner.0 as usize)?;
        let state = function.vars.iter().enumerate().find_map(|(at, decl)| {
            let var = Var(at as u32);
            let own = decl.home == VarHome::Local && self.part(owner, var, 0) == Some(pair);
            own.then_some(var)
        })?;
        Some((owner, state))
    }

    /// The container of which a variable holds the part at a position.
    fn part(&self, id: FuncId, var: Var, position: i64) -> Option<Var> {
        match self.definition(id, var)? {
            Op::Index {
                base: Operand::Var(base),
                index: Operand::Const(Const::Int(at)),
            } => (*at == position).then_some(*base),
            Op::Copy(Operand::Var(inner)) => self.part(id, *inner, position),
            _ => None,
        }
    }

    fn called(
        &mut self,
        id: FuncId,
        function: &Function,
        var: Var,
        callee: &Callee,
        args: &[trueline_syntax::ir::Arg],
    ) {
        let passed = args.iter().any(|a| a.value == Operand::Var(var));
        let (name, receiver) = match callee {
            Callee::Method { receiver, name } => {
                (self.module.text(*name).to_owned(), Some(receiver))
            }
            Callee::Function(f) | Callee::New(f) => (self.variable_name(id, f), None),
            Callee::Super { name } => (self.module.text(*name).to_owned(), None),
        };
        if !passed {
            return;
        }
        if TIMERS.contains(&name.to_lowercase().as_str()) {
            return;
        }
        for arg in args {
            if arg.value != Operand::Var(var) {
                self.beside(id, &arg.value);
            }
            match (&arg.kind, &arg.value) {
                (ArgKind::Keyword(name), value) if *value == Operand::Var(var) => self.name(*name),
                // `setAttribute("token", value)`
                (_, Operand::Const(Const::Str(key))) => {
                    let key = self.module.text(*key).to_owned();
                    let is_key = key.len() <= MAX_KEY
                        && key
                            .chars()
                            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':'));
                    if is_key {
                        self.name_text(&key);
                    }
                }
                _ => {}
            }
        }
        if is_plain(&name) {
            return;
        }
        self.name_text(&name);
        match receiver {
            // `digits.append(value)`: it is in there now.
            Some(receiver) if keeps(&name) => self.kept_in(id, function, receiver),
            _ => self.leave(function),
        }
    }

    /// Something local goes on with it; what is not local keeps it.
    fn kept_in(&mut self, id: FuncId, function: &Function, base: &Operand) {
        let Operand::Var(var) = base else { return };
        let decl = function.vars.get(var.0 as usize).map(|d| d.home);
        let made_here = matches!(decl, Some(VarHome::Local))
            && !function.params.iter().any(|p| p.var == *var)
            || matches!(decl, Some(VarHome::Temporary)) && !self.is_field(id, base);
        if made_here {
            self.track(id, *var);
        } else {
            self.name_text(&self.variable_name(id, base));
            self.leave(function);
        }
    }

    /// Whoever reads the field goes on with it.
    fn stored_in_field(&mut self, id: FuncId, base: &Operand, name: Symbol) {
        self.stored.insert(name);
        let root = self.root(id, base);
        let reads = self.uses.fields.get(&name).cloned().unwrap_or_default();
        let mut read = false;
        for (reader, object, dst) in reads {
            if self.root(reader, &object) == root {
                read = true;
                self.track(reader, dst);
            }
        }
        if !read && let Some(function) = self.module.functions.get(id.0 as usize) {
            // Others may read it; an object of this function is seen where that goes.
            self.leave(function);
        }
        if let Operand::Var(var) = base
            && self.module.functions.get(id.0 as usize).is_some_and(|f| {
                f.vars
                    .get(var.0 as usize)
                    .is_some_and(|d| d.home == VarHome::Local)
            })
        {
            self.name_text(&self.variable_name(id, base));
        }
    }

    /// Compared with what it is not itself, it decides something.
    fn compare(&mut self) {
        for (id, other) in std::mem::take(&mut self.compared) {
            let Operand::Var(var) = &other else { continue };
            if self.seen.contains(&(id, *var)) || self.is_kept_alike(id, *var) {
                continue;
            }
            let Some(function) = self.module.functions.get(id.0 as usize) else {
                continue;
            };
            let text = self.variable_name(id, &other);
            // A part of a number is compared with a share, not with what a person gives.
            if words(&text).any(|w| matches!(w.as_str(), "rate" | "probability" | "threshold")) {
                continue;
            }
            self.leave(function);
        }
    }

    /// Whether another value is kept in the same field: one of the marks of which the last counts.
    fn is_kept_alike(&mut self, id: FuncId, var: Var) -> bool {
        let Some(function) = self.module.functions.get(id.0 as usize) else {
            return false;
        };
        let sites = self.uses.sites(self.module, id, var);
        sites.into_iter().any(|(block, at)| {
            let body = function.blocks.get(block as usize);
            let instr = body.and_then(|b| b.instrs.get(at as usize));
            matches!(instr.map(|i| &i.op), Some(Op::StoreField { name, value, .. })
                if *value == Operand::Var(var) && self.stored.contains(name))
        })
    }

    /// The name at which an object starts, and whether it is the instance itself.
    fn root(&self, id: FuncId, operand: &Operand) -> String {
        let Operand::Var(var) = operand else {
            return String::new();
        };
        match self.definition(id, *var) {
            Some(Op::This) => "this".to_owned(),
            Some(Op::Field { base, name }) => {
                format!("{}.{}", self.root(id, base), self.module.text(*name))
            }
            Some(Op::Copy(inner) | Op::Typed { value: inner, .. })
                if self.variable_name(id, operand).is_empty() =>
            {
                self.root(id, inner)
            }
            _ => {
                let name = self.variable_name(id, operand);
                if name == "self" {
                    "this".to_owned()
                } else {
                    name
                }
            }
        }
    }

    fn is_field(&self, id: FuncId, operand: &Operand) -> bool {
        let Operand::Var(var) = operand else {
            return false;
        };
        matches!(
            self.definition(id, *var),
            Some(Op::Field { .. } | Op::This | Op::Index { .. })
        )
    }

    fn variable_name(&self, id: FuncId, operand: &Operand) -> String {
        let Operand::Var(var) = operand else {
            return String::new();
        };
        let function = self.module.functions.get(id.0 as usize);
        let decl = function.and_then(|f| f.vars.get(var.0 as usize));
        let own = decl.map_or("", |d| self.module.text(d.name));
        if !own.is_empty() {
            return own.to_owned();
        }
        match self.definition(id, *var) {
            Some(Op::Field { name, .. }) => self.module.text(*name).to_owned(),
            _ => String::new(),
        }
    }

    /// The first instruction that defines a variable of a function.
    fn definition(&self, id: FuncId, var: Var) -> Option<&Op> {
        let function = self.module.functions.get(id.0 as usize)?;
        let mut instrs = function.blocks.iter().flat_map(|b| &b.instrs);
        instrs.find(|i| i.dst == Some(var)).map(|i| &i.op)
    }

    /// Whether an operand is a list of words in the source, as against the letters of an alphabet.
    fn is_list_of_words(&self, id: FuncId, operand: &Operand) -> bool {
        self.list_of(id, operand, 0).is_some_and(|elements| {
            elements.len() > 1
                && elements.iter().all(|e| match e {
                    Element::One(Operand::Const(Const::Str(text))) => {
                        self.module.text(*text).chars().count() > 1
                    }
                    Element::One(_) | Element::Spread(_) => false,
                })
        })
    }

    fn list_of(&self, id: FuncId, operand: &Operand, depth: u8) -> Option<&[Element]> {
        let Operand::Var(var) = operand else {
            return None;
        };
        if depth > 4 {
            return None;
        }
        let function = self.module.functions.get(id.0 as usize)?;
        let decl = function.vars.get(var.0 as usize)?;
        if let VarHome::Captured { function, var } = decl.home {
            return self.list_of(function, &Operand::Var(var), depth + 1);
        }
        match self.definition(id, *var)? {
            Op::Sequence { elements, .. } => Some(elements),
            Op::Copy(inner) | Op::Typed { value: inner, .. } => self.list_of(id, inner, depth + 1),
            Op::Field { name, .. } => self.field_list(*name, depth),
            _ => None,
        }
    }

    /// The list that is stored in a field of this name, where only one is.
    fn field_list(&self, field: Symbol, depth: u8) -> Option<&[Element]> {
        let mut found = None;
        for (at, function) in self.module.functions.iter().enumerate() {
            for instr in function.blocks.iter().flat_map(|b| &b.instrs) {
                if let Op::StoreField { name, value, .. } = &instr.op
                    && *name == field
                {
                    if found.is_some() {
                        return None;
                    }
                    found = Some(self.list_of(FuncId(at as u32), value, depth + 1)?);
                }
            }
        }
        found
    }

    /// The constant end of what stands before the value.
    fn ends_text(&self, id: FuncId, operand: &Operand) -> Option<String> {
        match operand {
            Operand::Const(Const::Str(text)) => Some(self.module.text(*text).to_owned()),
            Operand::Const(_) => None,
            Operand::Var(var) => match self.definition(id, *var)? {
                Op::Binary {
                    op: BinaryOp::Add,
                    right: Operand::Const(Const::Str(text)),
                    ..
                } => Some(self.module.text(*text).to_owned()),
                Op::Format { parts } => match parts.last() {
                    Some(FormatPart::Text(text)) => Some(self.module.text(*text).to_owned()),
                    _ => None,
                },
                _ => None,
            },
        }
    }

    /// Whether a value after this text is more than a number that keeps an answer out of the cache:
    /// the name of a parameter of an address says what it is.
    fn goes_on(&mut self, before: &str) -> bool {
        let Some(at) = before.rfind(['?', '&']) else {
            return true;
        };
        let name = before.get(at + 1..).unwrap_or("");
        let name = name.strip_suffix('=').unwrap_or(name);
        if !name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
        {
            return true;
        }
        self.name_text(name);
        !name.is_empty() && name.len() > 2
    }
}

/// Whether a block can be entered again after it ran.
fn in_loop(function: &Function, block: BlockId) -> bool {
    let mut seen = BTreeSet::new();
    let mut next: Vec<BlockId> = super::graph::successors(function, block).to_vec();
    while let Some(at) = next.pop() {
        if at == block {
            return true;
        }
        if seen.insert(at) {
            next.extend(super::graph::successors(function, at));
        }
    }
    false
}

/// Calls that give another form of what they get.
fn is_plain(name: &str) -> bool {
    const PLAIN: &[&str] = &[
        "str",
        "string",
        "int",
        "float",
        "number",
        "parseint",
        "valueof",
        "tostring",
        "floor",
        "ceil",
        "round",
        "trunc",
        "abs",
        "min",
        "max",
        "format",
        "sprintf",
        "sprint",
        "itoa",
        "formatint",
        "join",
        "concat",
        "charat",
        "charcodeat",
        "fromcharcode",
        "chr",
        "ord",
        "hex",
        "encode",
        "decode",
        "tohexstring",
        "encodetostring",
        "slice",
        "substr",
        "substring",
        "padstart",
        "padend",
        "zfill",
        "rjust",
        "ljust",
        "upper",
        "lower",
        "touppercase",
        "tolowercase",
        "replace",
        "list",
        "array",
        "from",
        "range",
        "len",
        "map",
        "sorted",
        "reversed",
        "get",
        "btoa",
        "b64encode",
        "urlsafe_b64encode",
        "nextint",
        "nextlong",
        "nextdouble",
        "nextbytes",
        "intn",
        "sqrt",
        "pow",
        "log",
        "log10",
    ];
    PLAIN.contains(&name.to_lowercase().as_str())
}

/// Methods that put an argument into their receiver.
fn keeps(name: &str) -> bool {
    matches!(
        name,
        "append"
            | "push"
            | "add"
            | "write"
            | "extend"
            | "insert"
            | "unshift"
            | "WriteString"
            | "WriteByte"
            | "WriteRune"
            | "put"
            | "set"
            | "update"
    )
}

pub(super) fn each_operand(op: &Op, see: &mut dyn FnMut(&Operand)) {
    match op {
        Op::Copy(a)
        | Op::Field { base: a, .. }
        | Op::Unary { operand: a, .. }
        | Op::Typed { value: a, .. }
        | Op::Next { iterable: a, .. }
        | Op::HasNext { iterable: a }
        | Op::Await(a)
        | Op::Yield(Some(a))
        | Op::Enter(a)
        | Op::Exit(a) => see(a),
        Op::StoreField { base, value, .. } => {
            see(base);
            see(value);
        }
        Op::Index { base, index } | Op::Delete { base, index } => {
            see(base);
            see(index);
        }
        Op::StoreIndex { base, index, value } => {
            see(base);
            see(index);
            see(value);
        }
        Op::Slice { base, low, high } => {
            see(base);
            low.iter().chain(high).for_each(see);
        }
        Op::Call { callee, args } => {
            match callee {
                Callee::Function(f) | Callee::New(f) => see(f),
                Callee::Method { receiver, .. } => see(receiver),
                Callee::Super { .. } => {}
            }
            for arg in args {
                see(&arg.value);
            }
        }
        Op::Binary { left, right, .. } | Op::Compare { left, right, .. } => {
            see(left);
            see(right);
        }
        Op::Format { parts } => {
            for part in parts {
                if let FormatPart::Value(value) = part {
                    see(value);
                }
            }
        }
        Op::Sequence { elements, .. } => {
            for element in elements {
                match element {
                    Element::One(value) | Element::Spread(value) => see(value),
                }
            }
        }
        Op::Map { entries } => {
            for (key, value) in entries {
                key.iter().for_each(&mut *see);
                see(value);
            }
        }
        Op::Element {
            attributes,
            children,
            ..
        } => {
            for (_, value) in attributes {
                see(value);
            }
            children.iter().for_each(see);
        }
        Op::Unknown { operands, .. } => operands.iter().for_each(see),
        Op::Closure(_)
        | Op::ClassValue(_)
        | Op::Import { .. }
        | Op::This
        | Op::IsAbsent { .. }
        | Op::Yield(None)
        | Op::Caught => {}
    }
}
