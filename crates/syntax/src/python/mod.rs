//! Python: from the tree of `ruff_python_parser` to the representation.
//!
//! The parser is error tolerant: a file with syntax errors is lowered as far as it was understood
//! and its errors are recorded. Choices that a reader of the result must know:
//!
//! - A function's default values are evaluated where it is defined; its entry block copies them in
//!   behind [`Op::IsAbsent`](crate::ir::Op::IsAbsent).
//! - The body of a class is a function of kind `ClassBody` with `class` set; it is called once,
//!   before the class value is made. Its variables are the class's attributes.
//! - A decorated name is bound to what its decorators return: each is called with the closure (or
//!   class) as its one argument, innermost first.
//! - Comprehensions and generator expressions are loops in the same function that `append` to a
//!   fresh list, `add` to a fresh set or store into a fresh map.
//! - Conversions and format specifications in f-strings are calls of the builtins `repr`, `ascii`
//!   and `format`; a t-string is a call of `string.templatelib.Template` with its parts.
//! - `yield from xs` yields the next element of `xs` and is `await xs` itself.
//! - The body of `finally` is lowered twice: for falling out of `try`, and for all other ways out,
//!   after which a temporary says where to go on. What it contains has the same spans in both.
//! - `with` sends exceptions to the code after it only if that is the only way there, or if the
//!   context manager is called `suppress` or `raises`.

mod control;
mod definitions;
mod expressions;
mod patterns;
mod scope;
mod statements;
mod strings;

use ruff_python_ast::{Expr, PythonVersion};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::{Ranged, TextRange};

use crate::Source;
use crate::builder::{Exports, ModuleBuilder};
use crate::ir::{ClassId, Const, Language, Module, Op, Operand, Span, Symbol, Var};
use crate::lines::count_not_blank;

use control::Frame;

/// Lowers one file.
pub(crate) fn lower(source: Source<'_>) -> Module {
    let options = ParseOptions::from(Mode::Module).with_target_version(PythonVersion::latest());
    let parsed = parse_unchecked(source.text, options);
    let mut builder = ModuleBuilder::new(Language::Python);
    for error in parsed.errors() {
        builder.syntax_error(span(error.range()), error.error.to_string());
    }
    let empty = builder.intern("");
    let mut lowering = Lowering {
        builder,
        contexts: vec![Context::new(empty, None, 0)],
        has_walrus: memchr::memmem::find(source.text.as_bytes(), b":=").is_some(),
    };
    if let Some(module) = parsed.syntax().as_module() {
        lowering.declare_names(&module.body);
        if memchr::memmem::find(source.text.as_bytes(), b"global").is_some() {
            lowering.declare_globals(&module.body);
        }
        lowering.statements(&module.body);
    }
    lowering
        .builder
        .finish(Exports::All, count_not_blank(source.text))
}

/// The walk over one file's tree.
struct Lowering {
    builder: ModuleBuilder,
    /// The functions being lowered, outermost first.
    contexts: Vec<Context>,
    /// The file has an assignment expression somewhere.
    has_walrus: bool,
}

/// What is known of a function while its body is lowered.
struct Context {
    qualified: Symbol,
    /// Set in the body of a class.
    class: Option<ClassId>,
    /// The statements around the present one that a jump must leave.
    frames: Vec<Frame>,
    /// How many bodies of `finally` the present statement is in, also across functions.
    finally_depth: u32,
}

impl Context {
    const fn new(qualified: Symbol, class: Option<ClassId>, finally_depth: u32) -> Self {
        Self {
            qualified,
            class,
            frames: Vec::new(),
            finally_depth,
        }
    }
}

impl Lowering {
    fn context(&mut self) -> &mut Context {
        let last = self.contexts.len() - 1;
        &mut self.contexts[last]
    }

    /// The variable that a name means here.
    fn name(&mut self, name: &str) -> Var {
        let symbol = self.builder.intern(name);
        self.builder.resolve(symbol)
    }

    /// A text constant.
    fn text(&mut self, text: &str) -> Operand {
        Operand::Const(Const::Str(self.builder.intern(text)))
    }

    /// Emits into `dst`, or into a fresh temporary.
    fn put(&mut self, dst: Option<Var>, op: Op, span: Span) -> Operand {
        match dst {
            Some(var) => {
                self.builder.emit_to(var, op, span);
                Operand::Var(var)
            }
            None => self.builder.emit_temp(op, span),
        }
    }

    /// A value that later assignments to names cannot change.
    fn snapshot(&mut self, expr: &Expr) -> Operand {
        let value = self.expr(expr);
        if matches!(expr, Expr::Name(_) | Expr::Named(_)) {
            self.builder.emit_temp(Op::Copy(value), span(expr.range()))
        } else {
            value
        }
    }
}

/// Element `position` of a sequence taken apart into `count`, of which `star` takes up the slack.
fn element(base: Operand, position: usize, count: usize, star: Option<usize>) -> Op {
    let from_start = signed(position);
    let from_end = -signed(count.saturating_sub(position));
    match star {
        Some(star) if position == star => Op::Slice {
            base,
            low: Some(int(from_start)),
            high: (from_end < -1).then(|| int(from_end + 1)),
        },
        Some(star) if position > star => Op::Index {
            base,
            index: int(from_end),
        },
        _ => Op::Index {
            base,
            index: int(from_start),
        },
    }
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

const fn int(value: i64) -> Operand {
    Operand::Const(Const::Int(value))
}

fn span(range: TextRange) -> Span {
    Span::new(range.start().to_u32(), range.end().to_u32())
}
