//! Building blocks for front ends: interned names, nested functions, blocks and scopes.
//!
//! A front end walks its own tree and calls this; the result is a [`Module`] whose blocks are all
//! terminated. Name resolution is by scope: a name declared in an enclosing function is captured,
//! a name declared nowhere is global.

use std::hash::{BuildHasher, BuildHasherDefault};

use rustc_hash::{FxHashMap, FxHasher};

use crate::graph::{self, fresh_block};
use crate::ir::{
    BlockId, Class, ClassId, Coverage, Export, FuncId, Function, FunctionKind, Instr, Language,
    Module, Op, Operand, Span, Symbol, SyntaxError, Terminator, UnknownConstruct, Var, VarDecl,
    VarHome,
};

/// Builds one module.
#[derive(Debug)]
pub(crate) struct ModuleBuilder {
    language: Language,
    package: Option<Symbol>,
    symbols: Symbols,
    functions: Vec<Option<Function>>,
    classes: Vec<Class>,
    coverage: Coverage,
    /// Functions being built, outermost first.
    open: Vec<OpenFunction>,
}

#[derive(Debug)]
struct OpenFunction {
    id: FuncId,
    function: Function,
    current: BlockId,
    /// Which blocks control can come to, as far as lowering has got.
    reachable: Vec<bool>,
    /// Names visible in this function, innermost lexical scope last.
    scopes: Vec<FxHashMap<Symbol, Var>>,
    handlers: Vec<BlockId>,
    /// Handlers that turned out not to be needed, with those around them.
    dissolved: Vec<(BlockId, Option<BlockId>)>,
    /// A class body's names are attributes, not variables, for the functions inside it.
    hides_names: bool,
}

impl ModuleBuilder {
    /// Starts a module and its body.
    pub(crate) fn new(language: Language) -> Self {
        let mut builder = Self {
            language,
            package: None,
            symbols: Symbols::default(),
            functions: Vec::new(),
            classes: Vec::new(),
            coverage: Coverage::default(),
            open: Vec::new(),
        };
        let empty = builder.intern("");
        debug_assert_eq!(empty, EMPTY);
        builder.begin_function(empty, empty, FunctionKind::Module, Span::default());
        builder
    }

    /// Says which package the file belongs to.
    pub(crate) const fn set_package(&mut self, name: Symbol) {
        self.package = Some(name);
    }

    /// The package that the file belongs to, if it has said so.
    pub(crate) const fn package(&self) -> Option<Symbol> {
        self.package
    }

    /// The symbol of a text.
    pub(crate) fn intern(&mut self, text: &str) -> Symbol {
        self.symbols.intern(text)
    }

    /// The text of a symbol.
    pub(crate) fn text(&self, symbol: Symbol) -> &str {
        self.symbols
            .texts
            .get(symbol.0 as usize)
            .map_or("", |text| text)
    }

    /// Opens a nested function; instructions go to its entry block until [`Self::end_function`].
    pub(crate) fn begin_function(
        &mut self,
        name: Symbol,
        qualified: Symbol,
        kind: FunctionKind,
        span: Span,
    ) -> FuncId {
        let id = FuncId(self.functions.len() as u32);
        self.functions.push(None);
        self.open.push(OpenFunction {
            id,
            function: Function {
                name,
                qualified,
                kind,
                parent: self.open.last().map(|f| f.id),
                class: None,
                params: Vec::new(),
                returns: None,
                decorators: Vec::new(),
                vars: Vec::new(),
                blocks: vec![fresh_block(None)],
                is_async: false,
                is_generator: false,
                span,
            },
            current: BlockId(0),
            reachable: vec![true],
            scopes: vec![FxHashMap::default()],
            handlers: Vec::new(),
            dissolved: Vec::new(),
            hides_names: kind == FunctionKind::ClassBody,
        });
        id
    }

    /// Closes the innermost function. A block left open returns nothing.
    pub(crate) fn end_function(&mut self) -> FuncId {
        let Some(open) = self.open.pop() else {
            return FuncId(0);
        };
        let OpenFunction {
            id,
            mut function,
            current,
            dissolved,
            ..
        } = open;
        if let Some(block) = function.blocks.get_mut(current.0 as usize)
            && block.terminator == Terminator::Unreachable
        {
            block.terminator = Terminator::Return(None);
        }
        graph::redirect_handlers(&mut function.blocks, dissolved);
        graph::tidy(&mut function.blocks);
        if let Some(slot) = self.functions.get_mut(id.0 as usize) {
            *slot = Some(function);
        }
        id
    }

    /// The function being built, for its parameters, decorators and flags.
    pub(crate) fn function(&mut self) -> &mut Function {
        &mut self.innermost().function
    }

    /// The id of the function being built.
    pub(crate) fn function_id(&mut self) -> FuncId {
        self.innermost().id
    }

    /// A finished function, to attach a class or decorators after the fact.
    pub(crate) fn finished(&mut self, id: FuncId) -> Option<&mut Function> {
        self.functions.get_mut(id.0 as usize)?.as_mut()
    }

    /// Adds a class.
    pub(crate) fn add_class(&mut self, class: Class) -> ClassId {
        self.classes.push(class);
        ClassId(self.classes.len() as u32 - 1)
    }

    /// Changes a class that was added before its methods were lowered.
    pub(crate) fn class(&mut self, id: ClassId) -> Option<&mut Class> {
        self.classes.get_mut(id.0 as usize)
    }

    // Blocks.

    /// A new, unreachable block under the present exception handler.
    pub(crate) fn new_block(&mut self) -> BlockId {
        let open = self.innermost();
        let handler = open.handlers.last().copied();
        open.function.blocks.push(fresh_block(handler));
        open.reachable.push(false);
        BlockId(open.function.blocks.len() as u32 - 1)
    }

    /// Where instructions go now.
    pub(crate) fn current(&mut self) -> BlockId {
        self.innermost().current
    }

    /// Sends instructions to another block.
    pub(crate) fn switch_to(&mut self, block: BlockId) {
        self.innermost().current = block;
    }

    /// Can control come to the present block?
    pub(crate) fn is_reachable(&mut self) -> bool {
        let open = self.innermost();
        open.is_reachable(open.current)
    }

    /// Ends the present block, unless it has ended already, and goes on in a fresh unreachable one
    /// until [`Self::switch_to`].
    pub(crate) fn terminate(&mut self, terminator: Terminator) {
        self.end_block(terminator);
        let dead = self.new_block();
        self.switch_to(dead);
    }

    /// Ends the present block with a jump and goes on in `block`.
    pub(crate) fn goto_and_switch(&mut self, block: BlockId) {
        self.end_block(Terminator::Goto(block));
        self.switch_to(block);
    }

    fn end_block(&mut self, terminator: Terminator) {
        let open = self.innermost();
        let current = open.current;
        if open.is_reachable(current) {
            match terminator {
                Terminator::Goto(target) => open.reach(target),
                Terminator::Branch {
                    then, otherwise, ..
                } => {
                    open.reach(then);
                    open.reach(otherwise);
                }
                Terminator::Return(_) | Terminator::Throw(_) | Terminator::Unreachable => {}
            }
        }
        if let Some(block) = open.function.blocks.get_mut(current.0 as usize)
            && block.terminator == Terminator::Unreachable
        {
            block.terminator = terminator;
        }
    }

    /// From here on, new blocks (and a fresh present one) raise into `handler`.
    pub(crate) fn push_handler(&mut self, handler: BlockId) {
        let open = self.innermost();
        if open.is_reachable(open.current) {
            open.reach(handler);
        }
        open.handlers.push(handler);
        let body = self.new_block();
        self.goto_and_switch(body);
    }

    /// Ends what [`Self::push_handler`] began.
    pub(crate) fn pop_handler(&mut self) {
        self.innermost().handlers.pop();
        let after = self.new_block();
        self.goto_and_switch(after);
    }

    /// Sends what is raised into `handler` to the handler around it instead. Call it after the
    /// [`Self::pop_handler`] of `handler`.
    pub(crate) fn dissolve_handler(&mut self, handler: BlockId) {
        let open = self.innermost();
        let outer = open.handlers.last().copied();
        open.dissolved.push((handler, outer));
    }

    // Instructions and variables.

    /// Appends an instruction without a result.
    pub(crate) fn emit(&mut self, op: Op, span: Span) {
        self.push(Instr {
            dst: None,
            op,
            span,
        });
    }

    /// Appends an instruction into a fresh temporary.
    pub(crate) fn emit_temp(&mut self, op: Op, span: Span) -> Operand {
        let var = self.temp();
        self.emit_to(var, op, span);
        Operand::Var(var)
    }

    /// Appends an instruction into a variable.
    pub(crate) fn emit_to(&mut self, dst: Var, op: Op, span: Span) {
        self.push(Instr {
            dst: Some(dst),
            op,
            span,
        });
    }

    /// Appends [`Op::Unknown`] and counts it.
    pub(crate) fn emit_unknown(
        &mut self,
        kind: &'static str,
        operands: Vec<Operand>,
        span: Span,
    ) -> Operand {
        self.coverage.unknown.push(UnknownConstruct { span, kind });
        self.emit_temp(Op::Unknown { operands, kind }, span)
    }

    /// Records a syntax error that the parser recovered from.
    pub(crate) fn syntax_error(&mut self, span: Span, message: String) {
        self.coverage.errors.push(SyntaxError { span, message });
    }

    /// A fresh temporary.
    pub(crate) fn temp(&mut self) -> Var {
        self.add_var(VarDecl {
            name: EMPTY,
            home: VarHome::Temporary,
        })
    }

    /// Declares a name in the innermost scope of this function; the same variable if it is there.
    pub(crate) fn declare(&mut self, name: Symbol) -> Var {
        let depth = self.innermost().scopes.len().saturating_sub(1);
        self.declare_at(name, depth)
    }

    /// Declares a name in the outermost scope of this function (Python names, `var`).
    pub(crate) fn declare_in_function(&mut self, name: Symbol) -> Var {
        self.declare_at(name, 0)
    }

    /// Binds a name of the innermost scope to an existing variable (Python's `global` and
    /// `nonlocal`, through [`Self::capture`]).
    pub(crate) fn bind(&mut self, name: Symbol, var: Var) {
        if let Some(scope) = self.innermost().scopes.last_mut() {
            scope.insert(name, var);
        }
    }

    /// Opens a block scope.
    pub(crate) fn push_scope(&mut self) {
        self.innermost().scopes.push(FxHashMap::default());
    }

    /// Closes a block scope.
    pub(crate) fn pop_scope(&mut self) {
        self.innermost().scopes.pop();
    }

    /// The variable that a name means here: own, captured or global.
    pub(crate) fn resolve(&mut self, name: Symbol) -> Var {
        let depth = self.open.len() - 1;
        if let Some(var) = lookup(&self.open[depth], name) {
            return var;
        }
        let owner = self.open[..depth]
            .iter()
            .rev()
            .filter(|f| !f.hides_names)
            .find_map(|f| {
                lookup(f, name).map(|var| match f.function.vars[var.0 as usize].home {
                    VarHome::Captured { .. } | VarHome::Global => {
                        f.function.vars[var.0 as usize].home
                    }
                    _ => VarHome::Captured {
                        function: f.id,
                        var,
                    },
                })
            });
        let var = self.add_var(VarDecl {
            name,
            home: owner.unwrap_or(VarHome::Global),
        });
        // A name resolved from outside is the same variable in every block of this function.
        if let Some(scope) = self.innermost().scopes.first_mut() {
            scope.insert(name, var);
        }
        var
    }

    /// A variable that captures `name` as declared in the module body (declaring it there if need
    /// be): Python's `global`.
    pub(crate) fn capture_global(&mut self, name: Symbol) -> Var {
        let body = &mut self.open[0];
        let var = lookup(body, name).unwrap_or_else(|| {
            let var = Var(body.function.vars.len() as u32);
            body.function.vars.push(VarDecl {
                name,
                home: VarHome::Local,
            });
            body.scopes[0].insert(name, var);
            var
        });
        // It was read before anything was known to assign it.
        body.function.vars[var.0 as usize].home = VarHome::Local;
        if self.open.len() == 1 {
            return var;
        }
        let function = self.open[0].id;
        self.add_var(VarDecl {
            name,
            home: VarHome::Captured { function, var },
        })
    }

    /// A value of the enclosing function, as seen from this one.
    pub(crate) fn capture_operand(&mut self, operand: Operand) -> Operand {
        let Operand::Var(var) = operand else {
            return operand;
        };
        let Some(outer) = self.open.iter().rev().nth(1) else {
            return operand;
        };
        let Some(decl) = outer.function.vars.get(var.0 as usize) else {
            return operand;
        };
        let captured = VarDecl {
            name: decl.name,
            home: match decl.home {
                home @ (VarHome::Captured { .. } | VarHome::Global) => home,
                VarHome::Local | VarHome::Temporary => VarHome::Captured {
                    function: outer.id,
                    var,
                },
            },
        };
        Operand::Var(self.add_var(captured))
    }

    /// Closes the module body and hands out the module. `exports` are names of the module body;
    /// those it does not have are left out.
    pub(crate) fn finish(mut self, exports: Exports, lines: u32) -> Module {
        while self.open.len() > 1 {
            self.end_function();
        }
        let body = &self.open[0];
        let mut exported: Vec<Export> = match exports {
            Exports::All => body.scopes[0]
                .iter()
                .filter(|(_, var)| body.function.vars[var.0 as usize].home == VarHome::Local)
                .map(|(name, var)| Export {
                    name: *name,
                    var: *var,
                })
                .collect(),
            Exports::Named(list) => list,
        };
        self.end_function();
        exported.sort_by_key(|e| (e.name, e.var));
        self.coverage.lines = lines;
        self.coverage.errors.sort_by_key(|e| e.span);
        self.coverage.unknown.sort_by_key(|u| u.span);
        Module {
            language: self.language,
            package: self.package,
            symbols: self.symbols.texts,
            functions: self.functions.into_iter().flatten().collect(),
            classes: self.classes,
            exports: exported,
            coverage: self.coverage,
        }
    }

    fn declare_at(&mut self, name: Symbol, depth: usize) -> Var {
        if let Some(var) = self
            .innermost()
            .scopes
            .get(depth)
            .and_then(|scope| scope.get(&name).copied())
        {
            return var;
        }
        let var = self.add_var(VarDecl {
            name,
            home: VarHome::Local,
        });
        if let Some(scope) = self.innermost().scopes.get_mut(depth) {
            scope.insert(name, var);
        }
        var
    }

    fn add_var(&mut self, decl: VarDecl) -> Var {
        let function = &mut self.innermost().function;
        function.vars.push(decl);
        Var(function.vars.len() as u32 - 1)
    }

    fn push(&mut self, instr: Instr) {
        let open = self.innermost();
        let current = open.current.0 as usize;
        if let Some(block) = open.function.blocks.get_mut(current) {
            block.instrs.push(instr);
        }
    }

    fn innermost(&mut self) -> &mut OpenFunction {
        let last = self.open.len() - 1;
        &mut self.open[last]
    }
}

/// What a module offers to others.
#[derive(Debug)]
pub(crate) enum Exports {
    /// Every name of the module body.
    All,
    /// These.
    Named(Vec<Export>),
}

/// The symbol of the empty string: the first that a builder interns.
const EMPTY: Symbol = Symbol(0);

/// Texts, each once. Found by hash, so that no text is stored twice.
#[derive(Debug, Default)]
struct Symbols {
    texts: Vec<Box<str>>,
    /// The last symbol of each hash.
    last: FxHashMap<u64, Symbol>,
    /// For each symbol the one before it of the same hash.
    before: Vec<Option<Symbol>>,
}

impl Symbols {
    fn intern(&mut self, text: &str) -> Symbol {
        let hash = BuildHasherDefault::<FxHasher>::default().hash_one(text);
        let last = self.last.get(&hash).copied();
        let mut candidate = last;
        while let Some(symbol) = candidate {
            if *self.texts[symbol.0 as usize] == *text {
                return symbol;
            }
            candidate = self.before[symbol.0 as usize];
        }
        let symbol = Symbol(self.texts.len() as u32);
        self.texts.push(text.into());
        self.before.push(last);
        self.last.insert(hash, symbol);
        symbol
    }
}

impl OpenFunction {
    fn is_reachable(&self, block: BlockId) -> bool {
        self.reachable
            .get(block.0 as usize)
            .is_some_and(|reachable| *reachable)
    }

    fn reach(&mut self, block: BlockId) {
        if let Some(reachable) = self.reachable.get_mut(block.0 as usize) {
            *reachable = true;
        }
    }
}

fn lookup(open: &OpenFunction, name: Symbol) -> Option<Var> {
    open.scopes
        .iter()
        .rev()
        .find_map(|scope| scope.get(&name).copied())
}
