//! Is a module well formed? What the analysis relies on, checked in tests and when fuzzing.

use crate::ir::{
    Arg, Block, BlockId, Callee, ClassId, Const, Decorator, Element, FormatPart, FuncId, Function,
    Module, Op, Operand, Span, Symbol, Terminator, Var, VarHome,
};

/// What is wrong with a module.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("function {function}: {problem}")]
pub struct Invalid {
    /// Index of the function.
    pub function: usize,
    /// What is wrong in it.
    pub problem: Problem,
}

/// A broken promise of the representation.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Problem {
    /// The module has no body.
    #[error("the module has no body")]
    NoBody,
    /// A function without a block.
    #[error("no entry block")]
    NoEntry,
    /// A block that was never ended.
    #[error("block {0:?} is not ended")]
    NotEnded(BlockId),
    /// An index that leads nowhere.
    #[error("{0:?} does not exist")]
    NoBlock(BlockId),
    /// An index that leads nowhere.
    #[error("{0:?} does not exist")]
    NoVar(Var),
    /// An index that leads nowhere.
    #[error("{0:?} does not exist")]
    NoFunction(FuncId),
    /// An index that leads nowhere.
    #[error("{0:?} does not exist")]
    NoClass(ClassId),
    /// An index that leads nowhere.
    #[error("{0:?} does not exist")]
    NoSymbol(Symbol),
    /// A captured variable that is itself captured or global: homes must be final.
    #[error("{0:?} is captured from where it does not live")]
    IndirectCapture(Var),
    /// A span that is no part of the text: it ends before it starts or after the end, or splits a
    /// character.
    #[error("{0:?} is not a part of the text")]
    NoPlace(Span),
    /// A function inside of itself: walks to the outermost would not end.
    #[error("its parent {0:?} does not come before it")]
    LateParent(FuncId),
}

/// Checks that every block is ended, every index leads somewhere, and every span is a part of `text`,
/// which the module was lowered from.
pub fn verify(module: &Module, text: &str) -> Result<(), Invalid> {
    if module.functions.is_empty() {
        return Err(Invalid {
            function: 0,
            problem: Problem::NoBody,
        });
    }
    for (index, function) in module.functions.iter().enumerate() {
        let checker = Checker {
            module,
            function,
            text,
        };
        checker
            .function(FuncId(index as u32))
            .map_err(|problem| Invalid {
                function: index,
                problem,
            })?;
    }
    let at_module = |problem| Invalid {
        function: 0,
        problem,
    };
    let body = Checker {
        module,
        function: &module.functions[0],
        text,
    };
    let gaps = module.coverage.unknown.iter().map(|unknown| unknown.span);
    let errors = module.coverage.errors.iter().map(|error| error.span);
    for span in gaps.chain(errors) {
        body.span(span).map_err(at_module)?;
    }
    for class in &module.classes {
        body.symbol(class.name).map_err(at_module)?;
        body.symbol(class.qualified).map_err(at_module)?;
        body.span(class.span).map_err(at_module)?;
        for base in &class.bases {
            body.symbol(*base).map_err(at_module)?;
        }
        for (name, method) in &class.methods {
            body.symbol(*name).map_err(at_module)?;
            body.function_id(*method).map_err(at_module)?;
        }
        body.decorators(&class.decorators).map_err(at_module)?;
        for field in &class.fields {
            body.symbol(field.name).map_err(at_module)?;
            body.span(field.span).map_err(at_module)?;
            body.decorators(&field.decorators).map_err(at_module)?;
        }
    }
    for export in &module.exports {
        body.symbol(export.name).map_err(at_module)?;
        body.var(export.var).map_err(at_module)?;
    }
    Ok(())
}

struct Checker<'a> {
    module: &'a Module,
    function: &'a Function,
    text: &'a str,
}

impl Checker<'_> {
    fn function(&self, id: FuncId) -> Result<(), Problem> {
        let function = self.function;
        self.span(function.span)?;
        self.symbol(function.name)?;
        self.symbol(function.qualified)?;
        if let Some(parent) = function.parent {
            self.function_id(parent)?;
            if parent >= id {
                return Err(Problem::LateParent(parent));
            }
        }
        if let Some(class) = function.class {
            self.class_id(class)?;
        }
        for param in &function.params {
            self.var(param.var)?;
            self.symbol(param.name)?;
            param.annotation.map_or(Ok(()), |name| self.symbol(name))?;
            self.decorators(&param.decorators)?;
        }
        self.decorators(&function.decorators)?;
        for (index, decl) in function.vars.iter().enumerate() {
            self.symbol(decl.name)?;
            if let VarHome::Captured { function, var } = decl.home {
                self.function_id(function)?;
                let owner = &self.module.functions[function.0 as usize];
                let home = owner
                    .vars
                    .get(var.0 as usize)
                    .ok_or(Problem::NoVar(var))?
                    .home;
                if !matches!(home, VarHome::Local | VarHome::Temporary) {
                    return Err(Problem::IndirectCapture(Var(index as u32)));
                }
            }
        }
        if function.blocks.is_empty() {
            return Err(Problem::NoEntry);
        }
        for (index, block) in function.blocks.iter().enumerate() {
            self.block(BlockId(index as u32), block)?;
        }
        Ok(())
    }

    fn block(&self, id: BlockId, block: &Block) -> Result<(), Problem> {
        for instr in &block.instrs {
            self.span(instr.span)?;
            instr.dst.map_or(Ok(()), |var| self.var(var))?;
            self.op(&instr.op)?;
        }
        block
            .handler
            .map_or(Ok(()), |handler| self.block_id(handler))?;
        match &block.terminator {
            Terminator::Goto(target) => self.block_id(*target),
            Terminator::Branch {
                condition,
                then,
                otherwise,
            } => {
                self.operand(condition)?;
                self.block_id(*then)?;
                self.block_id(*otherwise)
            }
            Terminator::Return(value) | Terminator::Throw(value) => self.optional(value.as_ref()),
            Terminator::Unreachable => Err(Problem::NotEnded(id)),
        }
    }

    fn op(&self, op: &Op) -> Result<(), Problem> {
        match op {
            Op::Copy(value)
            | Op::Await(value)
            | Op::Enter(value)
            | Op::Exit(value)
            | Op::Unary { operand: value, .. }
            | Op::Next {
                iterable: value, ..
            }
            | Op::HasNext { iterable: value }
            | Op::Typed { value, .. } => self.operand(value),
            Op::Field { base, name } => {
                self.operand(base)?;
                self.symbol(*name)
            }
            Op::StoreField { base, name, value } => {
                self.operand(base)?;
                self.symbol(*name)?;
                self.operand(value)
            }
            Op::Index { base, index } | Op::Delete { base, index } => {
                self.operand(base)?;
                self.operand(index)
            }
            Op::StoreIndex { base, index, value } => {
                self.operand(base)?;
                self.operand(index)?;
                self.operand(value)
            }
            Op::Slice { base, low, high } => {
                self.operand(base)?;
                self.optional(low.as_ref())?;
                self.optional(high.as_ref())
            }
            Op::Call { callee, args } => self.call(callee, args),
            Op::Binary { left, right, .. } | Op::Compare { left, right, .. } => {
                self.operand(left)?;
                self.operand(right)
            }
            Op::Format { parts } => parts.iter().try_for_each(|part| match part {
                FormatPart::Text(text) => self.symbol(*text),
                FormatPart::Value(value) => self.operand(value),
            }),
            Op::Sequence { elements, .. } => elements.iter().try_for_each(|element| {
                let (Element::One(value) | Element::Spread(value)) = element;
                self.operand(value)
            }),
            Op::Map { entries } => entries.iter().try_for_each(|(key, value)| {
                self.optional(key.as_ref())?;
                self.operand(value)
            }),
            Op::Closure(function) => self.function_id(*function),
            Op::ClassValue(class) => self.class_id(*class),
            Op::Import { module, member } => {
                self.symbol(*module)?;
                member.map_or(Ok(()), |name| self.symbol(name))
            }
            Op::IsAbsent { param } => self.var(*param),
            Op::Yield(value) => self.optional(value.as_ref()),
            Op::This | Op::Caught => Ok(()),
            Op::Element {
                tag,
                attributes,
                children,
            } => {
                self.symbol(*tag)?;
                for (name, value) in attributes {
                    name.map_or(Ok(()), |name| self.symbol(name))?;
                    self.operand(value)?;
                }
                children.iter().try_for_each(|child| self.operand(child))
            }
            Op::Unknown { operands, .. } => {
                operands.iter().try_for_each(|value| self.operand(value))
            }
        }
    }

    fn call(&self, callee: &Callee, args: &[Arg]) -> Result<(), Problem> {
        match callee {
            Callee::Function(value) | Callee::New(value) => self.operand(value)?,
            Callee::Method { receiver, name } => {
                self.operand(receiver)?;
                self.symbol(*name)?;
            }
            Callee::Super { name } => self.symbol(*name)?,
        }
        for arg in args {
            if let crate::ir::ArgKind::Keyword(name) = arg.kind {
                self.symbol(name)?;
            }
            self.operand(&arg.value)?;
        }
        Ok(())
    }

    fn decorators(&self, decorators: &[Decorator]) -> Result<(), Problem> {
        for decorator in decorators {
            self.symbol(decorator.name)?;
            self.span(decorator.span)?;
            for value in decorator.args.iter().flatten() {
                self.constant(value)?;
            }
            for (name, value) in &decorator.keywords {
                self.symbol(*name)?;
                value
                    .as_ref()
                    .map_or(Ok(()), |value| self.constant(value))?;
            }
        }
        Ok(())
    }

    fn optional(&self, value: Option<&Operand>) -> Result<(), Problem> {
        value.map_or(Ok(()), |value| self.operand(value))
    }

    fn operand(&self, operand: &Operand) -> Result<(), Problem> {
        match operand {
            Operand::Var(var) => self.var(*var),
            Operand::Const(value) => self.constant(value),
        }
    }

    fn constant(&self, value: &Const) -> Result<(), Problem> {
        match value {
            Const::Str(text) | Const::Bytes(text) => self.symbol(*text),
            Const::List(items) => items.iter().try_for_each(|item| self.constant(item)),
            Const::Int(_) | Const::Float(_) | Const::Bool(_) | Const::Null => Ok(()),
        }
    }

    fn span(&self, span: Span) -> Result<(), Problem> {
        self.text
            .get(span.start as usize..span.end as usize)
            .map_or(Err(Problem::NoPlace(span)), |_| Ok(()))
    }

    fn var(&self, var: Var) -> Result<(), Problem> {
        if (var.0 as usize) < self.function.vars.len() {
            Ok(())
        } else {
            Err(Problem::NoVar(var))
        }
    }

    fn block_id(&self, id: BlockId) -> Result<(), Problem> {
        if (id.0 as usize) < self.function.blocks.len() {
            Ok(())
        } else {
            Err(Problem::NoBlock(id))
        }
    }

    fn function_id(&self, id: FuncId) -> Result<(), Problem> {
        if (id.0 as usize) < self.module.functions.len() {
            Ok(())
        } else {
            Err(Problem::NoFunction(id))
        }
    }

    fn class_id(&self, id: ClassId) -> Result<(), Problem> {
        if (id.0 as usize) < self.module.classes.len() {
            Ok(())
        } else {
            Err(Problem::NoClass(id))
        }
    }

    fn symbol(&self, symbol: Symbol) -> Result<(), Problem> {
        if (symbol.0 as usize) < self.module.symbols.len() {
            Ok(())
        } else {
            Err(Problem::NoSymbol(symbol))
        }
    }
}
