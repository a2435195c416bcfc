//! A module as text, for tests and for looking at what a front end made of a file.
//!
//! The form is stable: same module, same text. Variables are written `name` (in this function),
//! `^name` (captured), `$name` (global) and `%n` (temporary); `name#n` tells apart variables of
//! one function that share a name.

use std::fmt::Write as _;

use rustc_hash::FxHashMap;

use crate::ir::{
    Arg, ArgKind, BinaryOp, Block, Callee, CompareOp, Const, Decorator, Element, FormatPart,
    FuncId, Function, FunctionKind, Instr, IterKind, Module, Op, Operand, Param, ParamKind,
    SequenceKind, Symbol, Terminator, UnaryOp, Var, VarHome,
};

/// The text of a module.
#[must_use]
pub fn dump(module: &Module) -> String {
    let mut out = String::new();
    for (index, class) in module.classes.iter().enumerate() {
        let printer = Printer::new(module, None);
        for decorator in &class.decorators {
            line(&mut out, 0, &printer.decorator(decorator));
        }
        let bases: Vec<&str> = class.bases.iter().map(|base| module.text(*base)).collect();
        line(
            &mut out,
            0,
            &format!(
                "class c{index} {}({})",
                module.text(class.qualified),
                bases.join(", ")
            ),
        );
        for (name, method) in &class.methods {
            line(
                &mut out,
                1,
                &format!("{} = f{}", module.text(*name), method.0),
            );
        }
    }
    for (index, function) in module.functions.iter().enumerate() {
        dump_function(&mut out, module, FuncId(index as u32), function);
    }
    for error in &module.coverage.errors {
        line(
            &mut out,
            0,
            &format!(
                "error {}..{} {}",
                error.span.start, error.span.end, error.message
            ),
        );
    }
    for unknown in &module.coverage.unknown {
        line(
            &mut out,
            0,
            &format!(
                "unknown {}..{} {}",
                unknown.span.start, unknown.span.end, unknown.kind
            ),
        );
    }
    out
}

fn dump_function(out: &mut String, module: &Module, id: FuncId, function: &Function) {
    let printer = Printer::new(module, Some(function));
    for decorator in &function.decorators {
        line(out, 0, &printer.decorator(decorator));
    }
    let mut head = format!("f{} ", id.0);
    if function.is_async {
        head.push_str("async ");
    }
    if function.is_generator {
        head.push_str("generator ");
    }
    head.push_str(match function.kind {
        FunctionKind::Module => "module",
        FunctionKind::Function => "function",
        FunctionKind::Method => "method",
        FunctionKind::StaticMethod => "static method",
        FunctionKind::Lambda => "lambda",
        FunctionKind::ClassBody => "class body",
    });
    if function.kind != FunctionKind::Module {
        let params: Vec<String> = function.params.iter().map(|p| printer.param(p)).collect();
        let _ = write!(
            head,
            " {}({})",
            module.text(function.qualified),
            params.join(", ")
        );
    }
    line(out, 0, &head);
    for (index, block) in function.blocks.iter().enumerate() {
        printer.block(out, index, block);
    }
}

fn line(out: &mut String, depth: usize, text: &str) {
    for _ in 0..depth {
        out.push_str("  ");
    }
    out.push_str(text);
    out.push('\n');
}

struct Printer<'a> {
    module: &'a Module,
    function: Option<&'a Function>,
    /// How many variables share a name.
    homonyms: FxHashMap<Symbol, u32>,
}

impl<'a> Printer<'a> {
    fn new(module: &'a Module, function: Option<&'a Function>) -> Self {
        let mut homonyms = FxHashMap::default();
        for decl in function.map_or(&[][..], |f| &f.vars) {
            *homonyms.entry(decl.name).or_insert(0) += 1;
        }
        Self {
            module,
            function,
            homonyms,
        }
    }

    fn text(&self, symbol: Symbol) -> &'a str {
        self.module.text(symbol)
    }

    fn block(&self, out: &mut String, index: usize, block: &Block) {
        let handler = block
            .handler
            .map_or_else(String::new, |h| format!(" (raises to b{})", h.0));
        line(out, 1, &format!("b{index}:{handler}"));
        for instr in &block.instrs {
            line(out, 2, &self.instr(instr));
        }
        let end = match &block.terminator {
            Terminator::Goto(target) => format!("goto b{}", target.0),
            Terminator::Branch {
                condition,
                then,
                otherwise,
            } => format!(
                "if {} goto b{} else b{}",
                self.operand(condition),
                then.0,
                otherwise.0
            ),
            Terminator::Return(value) => self.with_value("return", value.as_ref()),
            Terminator::Throw(value) => self.with_value("throw", value.as_ref()),
            Terminator::Unreachable => "unreachable".to_owned(),
        };
        line(out, 2, &end);
    }

    fn with_value(&self, word: &str, value: Option<&Operand>) -> String {
        value.map_or_else(
            || word.to_owned(),
            |value| format!("{word} {}", self.operand(value)),
        )
    }

    fn instr(&self, instr: &Instr) -> String {
        let op = self.op(&instr.op);
        match instr.dst {
            Some(dst) => format!("{} = {op}", self.var(dst)),
            None => op,
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each operation")]
    fn op(&self, op: &Op) -> String {
        match op {
            Op::Copy(value) => self.operand(value),
            Op::Field { base, name } => format!("{}.{}", self.operand(base), self.text(*name)),
            Op::StoreField { base, name, value } => format!(
                "{}.{} = {}",
                self.operand(base),
                self.text(*name),
                self.operand(value)
            ),
            Op::Index { base, index } => {
                format!("{}[{}]", self.operand(base), self.operand(index))
            }
            Op::StoreIndex { base, index, value } => format!(
                "{}[{}] = {}",
                self.operand(base),
                self.operand(index),
                self.operand(value)
            ),
            Op::Slice { base, low, high } => format!(
                "{}[{}:{}]",
                self.operand(base),
                self.optional(low.as_ref()),
                self.optional(high.as_ref())
            ),
            Op::Delete { base, index } => {
                format!("delete {}[{}]", self.operand(base), self.operand(index))
            }
            Op::Call { callee, args } => self.call(callee, args),
            Op::Binary { op, left, right } => format!(
                "{} {} {}",
                self.operand(left),
                binary(*op),
                self.operand(right)
            ),
            Op::Compare { op, left, right } => format!(
                "{} {} {}",
                self.operand(left),
                compare(*op),
                self.operand(right)
            ),
            Op::Unary { op, operand } => format!("{}{}", unary(*op), self.operand(operand)),
            Op::Format { parts } => self.format(parts),
            Op::Sequence { kind, elements } => self.sequence(*kind, elements),
            Op::Map { entries } => {
                let entries: Vec<String> = entries
                    .iter()
                    .map(|(key, value)| match key {
                        Some(key) => format!("{}: {}", self.operand(key), self.operand(value)),
                        None => format!("**{}", self.operand(value)),
                    })
                    .collect();
                format!("map {{{}}}", entries.join(", "))
            }
            Op::Closure(function) => format!("closure f{}", function.0),
            Op::ClassValue(class) => format!("class c{}", class.0),
            Op::Import { module, member } => match member {
                Some(member) => {
                    format!("import {} from {}", self.text(*member), self.text(*module))
                }
                None => format!("import {}", self.text(*module)),
            },
            Op::Typed { value, of } => {
                format!("{} as {}", self.operand(value), self.module.text(*of))
            }
            Op::This => "this".to_owned(),
            Op::Next { iterable, kind } => match kind {
                IterKind::Elements => format!("next {}", self.operand(iterable)),
                IterKind::Keys => format!("next key {}", self.operand(iterable)),
            },
            Op::HasNext { iterable } => format!("has next {}", self.operand(iterable)),
            Op::IsAbsent { param } => format!("absent {}", self.var(*param)),
            Op::Await(value) => format!("await {}", self.operand(value)),
            Op::Yield(value) => self.with_value("yield", value.as_ref()),
            Op::Caught => "caught".to_owned(),
            Op::Enter(value) => format!("enter {}", self.operand(value)),
            Op::Exit(value) => format!("exit {}", self.operand(value)),
            Op::Element {
                tag,
                attributes,
                children,
            } => {
                let mut out = format!("<{}", self.text(*tag));
                for (name, value) in attributes {
                    let _ = match name {
                        Some(name) => {
                            write!(out, " {}={{{}}}", self.text(*name), self.operand(value))
                        }
                        None => write!(out, " {{...{}}}", self.operand(value)),
                    };
                }
                out.push('>');
                for child in children {
                    let _ = write!(out, "{{{}}}", self.operand(child));
                }
                out.push_str("</>");
                out
            }
            Op::Unknown { operands, kind } => {
                let operands: Vec<String> = operands.iter().map(|o| self.operand(o)).collect();
                format!("unknown {kind}({})", operands.join(", "))
            }
        }
    }

    fn call(&self, callee: &Callee, args: &[Arg]) -> String {
        let callee = match callee {
            Callee::Function(value) => format!("call {}", self.operand(value)),
            Callee::Method { receiver, name } => {
                format!("call {}.{}", self.operand(receiver), self.text(*name))
            }
            Callee::New(value) => format!("new {}", self.operand(value)),
            Callee::Super { name } => format!("call super.{}", self.text(*name)),
        };
        let args: Vec<String> = args
            .iter()
            .map(|arg| {
                let value = self.operand(&arg.value);
                match arg.kind {
                    ArgKind::Positional => value,
                    ArgKind::Keyword(name) => format!("{}={value}", self.text(name)),
                    ArgKind::Spread => format!("*{value}"),
                    ArgKind::KeywordSpread => format!("**{value}"),
                }
            })
            .collect();
        format!("{callee}({})", args.join(", "))
    }

    fn format(&self, parts: &[FormatPart]) -> String {
        let parts: Vec<String> = parts
            .iter()
            .map(|part| match part {
                FormatPart::Text(text) => format!("{:?}", self.text(*text)),
                FormatPart::Value(value) => self.operand(value),
            })
            .collect();
        format!("format({})", parts.join(", "))
    }

    fn sequence(&self, kind: SequenceKind, elements: &[Element]) -> String {
        let elements: Vec<String> = elements
            .iter()
            .map(|element| match element {
                Element::One(value) => self.operand(value),
                Element::Spread(value) => format!("*{}", self.operand(value)),
            })
            .collect();
        let word = match kind {
            SequenceKind::List => "list",
            SequenceKind::Tuple => "tuple",
            SequenceKind::Set => "set",
        };
        format!("{word} [{}]", elements.join(", "))
    }

    fn param(&self, param: &Param) -> String {
        let mut out = String::new();
        for decorator in &param.decorators {
            let _ = write!(out, "{} ", self.decorator(decorator));
        }
        out.push_str(match param.kind {
            ParamKind::Positional => "",
            ParamKind::KeywordOnly => "named ",
            ParamKind::Rest => "*",
            ParamKind::KeywordRest => "**",
        });
        out.push_str(&self.var(param.var));
        if let Some(annotation) = param.annotation {
            let _ = write!(out, ": {}", self.text(annotation));
        }
        if param.has_default {
            out.push_str(" = …");
        }
        out
    }

    fn decorator(&self, decorator: &Decorator) -> String {
        let constant = |value: &Option<Const>| {
            value
                .as_ref()
                .map_or_else(|| "…".to_owned(), |value| self.constant(value))
        };
        let mut args: Vec<String> = decorator.args.iter().map(constant).collect();
        args.extend(
            decorator
                .keywords
                .iter()
                .map(|(name, value)| format!("{}={}", self.text(*name), constant(value))),
        );
        format!("@{}({})", self.text(decorator.name), args.join(", "))
    }

    fn optional(&self, value: Option<&Operand>) -> String {
        value.map_or_else(String::new, |value| self.operand(value))
    }

    fn operand(&self, operand: &Operand) -> String {
        match operand {
            Operand::Var(var) => self.var(*var),
            Operand::Const(value) => self.constant(value),
        }
    }

    fn constant(&self, value: &Const) -> String {
        match value {
            Const::Str(text) => format!("{:?}", self.text(*text)),
            Const::Bytes(text) => format!("b{:?}", self.text(*text)),
            Const::Int(value) => value.to_string(),
            Const::Float(value) => format!("{value:?}"),
            Const::Bool(value) => value.to_string(),
            Const::Null => "null".to_owned(),
            Const::List(items) => {
                let items: Vec<String> = items.iter().map(|item| self.constant(item)).collect();
                format!("[{}]", items.join(", "))
            }
        }
    }

    fn var(&self, var: Var) -> String {
        let Some(decl) = self.function.and_then(|f| f.vars.get(var.0 as usize)) else {
            return format!("?{}", var.0);
        };
        let name = self.text(decl.name);
        let mark = match decl.home {
            VarHome::Temporary => return format!("%{}", var.0),
            VarHome::Local => "",
            VarHome::Captured { .. } => "^",
            VarHome::Global => "$",
        };
        if self
            .homonyms
            .get(&decl.name)
            .is_some_and(|count| *count > 1)
            || name.is_empty()
        {
            format!("{mark}{name}#{}", var.0)
        } else {
            format!("{mark}{name}")
        }
    }
}

const fn binary(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::FloorDiv => "//",
        BinaryOp::Mod => "%",
        BinaryOp::Pow => "**",
        BinaryOp::Shl => "<<",
        BinaryOp::Shr => ">>",
        BinaryOp::BitAnd => "&",
        BinaryOp::BitOr => "|",
        BinaryOp::BitXor => "^",
        BinaryOp::MatMul => "@",
    }
}

const fn compare(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "==",
        CompareOp::NotEq => "!=",
        CompareOp::Lt => "<",
        CompareOp::LtE => "<=",
        CompareOp::Gt => ">",
        CompareOp::GtE => ">=",
        CompareOp::In => "in",
        CompareOp::NotIn => "not in",
        CompareOp::Is => "is",
        CompareOp::IsNot => "is not",
        CompareOp::InstanceOf => "instance of",
        CompareOp::Matches => "matches",
    }
}

const fn unary(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Not => "not ",
        UnaryOp::Neg => "-",
        UnaryOp::Plus => "+",
        UnaryOp::Invert => "~",
        UnaryOp::TypeOf => "typeof ",
    }
}
