//! The one intermediate representation that every language is lowered to.
//!
//! A module is a set of functions (the module body is the first); a function is a control-flow
//! graph of basic blocks holding three-address instructions over variables. It is not in SSA
//! form: the analysis is flow-sensitive and joins at block entries. What a front end does not
//! understand becomes [`Op::Unknown`], which keeps its operands so that taint passes through,
//! and is counted in [`Module::coverage`]: nothing is dropped in silence.
//!
//! What all front ends keep to ([`crate::verify()`] checks the first three):
//!
//! - Every block is ended, and every index leads somewhere. [`VarHome::Captured`] names the function
//!   where the variable lives, never one that captures it itself.
//! - Blocks are in reverse post-order: control comes to a block from an earlier one, but for the
//!   jumps back to the heads of loops. There are no blocks that control cannot come to, no empty
//!   ones that only jump on, and none that could be joined with the only one before it.
//! - Conditions are edges where they can be. `not x` swaps the targets of [`Terminator::Branch`];
//!   `a and b`, `a or b`, `a < b < c` branch once for each part. Where the value of such an
//!   expression is wanted, each way assigns it to one variable before they meet. A branch on a
//!   constant is left as it is.
//! - An exception carries the state before or after any instruction of its block.
//! - One piece of text may be lowered twice (`finally`): what is found in it is found at the same
//!   span, and counts once.

use std::fmt;

/// Languages that have a front end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Language {
    /// Python 3, newest grammar.
    Python,
    /// JavaScript, with JSX.
    JavaScript,
    /// TypeScript, with JSX in `.tsx`.
    TypeScript,
    /// Go.
    Go,
    /// Java.
    Java,
}

impl Language {
    /// The name as written in documents and rules.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::JavaScript => "javascript",
            Self::TypeScript => "typescript",
            Self::Go => "go",
            Self::Java => "java",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A byte range in the source, half-open.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A range from its ends.
    #[must_use]
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }
}

/// Index into [`Module::symbols`]: an interned name or string.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Symbol(pub u32);

/// Index into [`Module::functions`]. `FuncId(0)` is the module body.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FuncId(pub u32);

/// Index into [`Module::classes`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ClassId(pub u32);

/// Index into [`Function::blocks`]. `BlockId(0)` is the entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BlockId(pub u32);

/// Index into [`Function::vars`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Var(pub u32);

/// One source file, lowered.
#[derive(Clone, Debug)]
pub struct Module {
    /// Its language.
    pub language: Language,
    /// The package that the file says it belongs to; files of one package see each other's names.
    /// `None` where files are modules of their own (Python, JavaScript).
    pub package: Option<Symbol>,
    /// Interned names and strings.
    pub symbols: Vec<Box<str>>,
    /// Functions; the first is the module body.
    pub functions: Vec<Function>,
    /// Classes.
    pub classes: Vec<Class>,
    /// Names that other modules can import, and the module-body variable that holds each. In Python
    /// all module-level names; in JavaScript `export`s and `module.exports.x` (`default` for the
    /// default export).
    pub exports: Vec<Export>,
    /// What was not understood.
    pub coverage: Coverage,
}

/// A name that other modules can import.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Export {
    /// The name.
    pub name: Symbol,
    /// The variable of the module body.
    pub var: Var,
}

/// What a front end understood of a file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Coverage {
    /// Syntax errors that the parser recovered from, in order of position.
    pub errors: Vec<SyntaxError>,
    /// Constructs lowered to [`Op::Unknown`], in order of position.
    pub unknown: Vec<UnknownConstruct>,
    /// Lines that are not blank.
    pub lines: u32,
}

/// How much of a file was parsed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Parsed {
    /// All of it.
    Whole,
    /// What is left after recovering from syntax errors.
    Partial,
}

impl Coverage {
    /// How much of the file was parsed.
    #[must_use]
    pub const fn parsed(&self) -> Parsed {
        if self.errors.is_empty() {
            Parsed::Whole
        } else {
            Parsed::Partial
        }
    }
}

/// A syntax error that the parser recovered from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyntaxError {
    /// Where.
    pub span: Span,
    /// What the parser said.
    pub message: String,
}

/// A construct that was not understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownConstruct {
    /// Where.
    pub span: Span,
    /// Its name in the grammar.
    pub kind: &'static str,
}

/// A class or an object type with methods.
#[derive(Clone, PartialEq, Debug)]
pub struct Class {
    /// Its name; empty for an anonymous class.
    pub name: Symbol,
    /// `Outer.Inner`.
    pub qualified: Symbol,
    /// Base classes as dotted names, where they are names: `flask.views.MethodView`.
    pub bases: Vec<Symbol>,
    /// Fields that are declared with a type or annotated, in source order: what a framework injects
    /// into and what tells the class of a receiver. Python's classes have none.
    pub fields: Vec<FieldDecl>,
    /// Methods by name, in source order. A constructor is `__init__` or `constructor`.
    pub methods: Vec<(Symbol, FuncId)>,
    /// Decorators, outermost first.
    pub decorators: Vec<Decorator>,
    /// Where.
    pub span: Span,
}

/// A declared field of a class.
#[derive(Clone, PartialEq, Debug)]
pub struct FieldDecl {
    /// Its name.
    pub name: Symbol,
    /// The dotted name of its type, as in [`Param::annotation`].
    pub annotation: Option<Symbol>,
    /// Annotations (`@Autowired`), and struct tags as decorators named by their key.
    pub decorators: Vec<Decorator>,
    /// Where.
    pub span: Span,
}

/// A function, method, lambda or module body.
#[derive(Clone, PartialEq, Debug)]
pub struct Function {
    /// Its own name; empty for lambdas and arrow functions (those bound to a name carry that name).
    pub name: Symbol,
    /// Innermost named definitions joined by `.`: `Class.method`; empty for the module body.
    pub qualified: Symbol,
    /// What it is.
    pub kind: FunctionKind,
    /// The function whose body defines it.
    pub parent: Option<FuncId>,
    /// The class it is a method of, or the body of.
    pub class: Option<ClassId>,
    /// Parameters, in order. `self`/`cls` is the first parameter of a Python method; in JavaScript
    /// `this` is read with [`Op::This`].
    pub params: Vec<Param>,
    /// The dotted name of its declared result type, as in [`Param::annotation`].
    pub returns: Option<Symbol>,
    /// Decorators, outermost first.
    pub decorators: Vec<Decorator>,
    /// Variables and temporaries.
    pub vars: Vec<VarDecl>,
    /// Basic blocks; the first is the entry.
    pub blocks: Vec<Block>,
    /// `async`.
    pub is_async: bool,
    /// Has `yield`.
    pub is_generator: bool,
    /// The definition as a whole.
    pub span: Span,
}

/// What a function is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FunctionKind {
    /// The body of the file.
    Module,
    /// A named function or function expression.
    Function,
    /// A method with a receiver.
    Method,
    /// A method without a receiver.
    StaticMethod,
    /// A lambda or arrow function; in JavaScript `this` is the parent's.
    Lambda,
    /// The body of a Python class: runs once, its names become attributes.
    ClassBody,
}

/// A parameter.
#[derive(Clone, PartialEq, Debug)]
pub struct Param {
    /// The variable that receives it. A destructured parameter gets a temporary, and the entry
    /// block takes it apart.
    pub var: Var,
    /// Its name; empty if destructured.
    pub name: Symbol,
    /// How it is passed.
    pub kind: ParamKind,
    /// Has a default value (its evaluation is lowered into the entry block behind a branch on
    /// [`Op::IsAbsent`]; in Python, where defaults are evaluated once, outside, the entry block
    /// copies the value in).
    pub has_default: bool,
    /// The dotted name of its type annotation, generic arguments removed (`Optional[int]` and
    /// `int | None` give `int`; `Annotated[T, …]` gives `T`). Where imports of the file decide it
    /// (Java, Go), the full name: `java.sql.Statement`, `net/http.Request`.
    pub annotation: Option<Symbol>,
    /// Parameter decorators (`@Query('q')`), and calls that stand as a default or inside
    /// `Annotated` (`Depends(get_user)`, `Query(...)`): what frameworks inject by.
    pub decorators: Vec<Decorator>,
    /// Where it stands: its name, or the pattern that takes it apart.
    pub span: Span,
}

/// How a parameter is passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParamKind {
    /// By position, or by name where the language permits.
    Positional,
    /// By name only.
    KeywordOnly,
    /// `*args`, `...rest`.
    Rest,
    /// `**kwargs`.
    KeywordRest,
}

/// A decorator or annotation. It is also lowered as a call in the enclosing function, which takes
/// the closure or class and whose result the name is bound to.
#[derive(Clone, PartialEq, Debug)]
pub struct Decorator {
    /// Its dotted name as written: `app.route`.
    pub name: Symbol,
    /// Its positional constant arguments; `None` for those that are not constant.
    pub args: Vec<Option<Const>>,
    /// Its keyword constant arguments; a list of constants is [`Const::List`]. In JavaScript the
    /// entries of an object literal, and names passed by position (`ParseIntPipe`) without a value.
    pub keywords: Vec<(Symbol, Option<Const>)>,
    /// Where.
    pub span: Span,
}

/// A variable of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VarDecl {
    /// Its name; for temporaries the symbol of the empty string.
    pub name: Symbol,
    /// Where it lives.
    pub home: VarHome,
}

/// Where a variable lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VarHome {
    /// In this function.
    Local,
    /// Made by lowering, assigned once on every path that reads it.
    Temporary,
    /// In an enclosing function (closures; module-level names seen from functions).
    Captured {
        /// The function that owns it.
        function: FuncId,
        /// The variable there.
        var: Var,
    },
    /// Nowhere in this file: a builtin or a global such as `open`, `document`, `process`.
    Global,
}

/// A basic block.
#[derive(Clone, PartialEq, Debug)]
pub struct Block {
    /// Straight-line code.
    pub instrs: Vec<Instr>,
    /// How it ends.
    pub terminator: Terminator,
    /// Where an exception raised anywhere in the block goes; `None` leaves the function.
    pub handler: Option<BlockId>,
}

/// How a block ends.
#[derive(Clone, PartialEq, Debug)]
pub enum Terminator {
    /// To another block.
    Goto(BlockId),
    /// Two ways. Short-circuit operators, ternaries, loops, `match` and `switch` all come to this.
    Branch {
        /// The condition: usually a temporary defined last in the block, so that guards can be read.
        condition: Operand,
        /// When it holds.
        then: BlockId,
        /// When it does not.
        otherwise: BlockId,
    },
    /// Leave with a value.
    Return(Option<Operand>),
    /// Leave by an exception, or enter the block's handler.
    Throw(Option<Operand>),
    /// Not reached.
    Unreachable,
}

/// One instruction.
#[derive(Clone, PartialEq, Debug)]
pub struct Instr {
    /// Receives the result; `None` for stores and calls whose result is dropped.
    pub dst: Option<Var>,
    /// What is done.
    pub op: Op,
    /// The expression or statement it came from.
    pub span: Span,
}

/// A value that an instruction reads.
#[derive(Clone, PartialEq, Debug)]
pub enum Operand {
    /// A variable.
    Var(Var),
    /// A constant.
    Const(Const),
}

/// A constant.
#[derive(Clone, PartialEq, Debug)]
pub enum Const {
    /// Text.
    Str(Symbol),
    /// Bytes; their Latin-1 text.
    Bytes(Symbol),
    /// An integer that fits.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// `None`, `null`, `undefined`.
    Null,
    /// A list or tuple of constants; only in decorators.
    List(Vec<Self>),
}

/// What an instruction does.
#[derive(Clone, PartialEq, Debug)]
pub enum Op {
    /// The operand itself (assignment).
    Copy(Operand),
    /// `base.name`.
    Field {
        /// The object.
        base: Operand,
        /// The attribute.
        name: Symbol,
    },
    /// `base.name = value`.
    StoreField {
        /// The object.
        base: Operand,
        /// The attribute.
        name: Symbol,
        /// The value.
        value: Operand,
    },
    /// `base[index]`.
    Index {
        /// The container.
        base: Operand,
        /// The key or position.
        index: Operand,
    },
    /// `base[index] = value`.
    StoreIndex {
        /// The container.
        base: Operand,
        /// The key or position.
        index: Operand,
        /// The value.
        value: Operand,
    },
    /// `base[low:high]`; a step is ignored.
    Slice {
        /// The sequence.
        base: Operand,
        /// From.
        low: Option<Operand>,
        /// To.
        high: Option<Operand>,
    },
    /// `del base[index]`, `delete base.name` (the name as a string constant).
    Delete {
        /// The container.
        base: Operand,
        /// The key.
        index: Operand,
    },
    /// A call.
    Call {
        /// What is called.
        callee: Callee,
        /// With what.
        args: Vec<Arg>,
    },
    /// Arithmetic and string concatenation.
    Binary {
        /// Operator.
        op: BinaryOp,
        /// Left.
        left: Operand,
        /// Right.
        right: Operand,
    },
    /// `left op right`, a truth value.
    Compare {
        /// Operator.
        op: CompareOp,
        /// Left.
        left: Operand,
        /// Right.
        right: Operand,
    },
    /// One operand.
    Unary {
        /// Operator.
        op: UnaryOp,
        /// Operand.
        operand: Operand,
    },
    /// A string with values in it: f-strings, template literals. (`%` is [`BinaryOp::Mod`],
    /// `str.format` a call.)
    Format {
        /// Its parts in order.
        parts: Vec<FormatPart>,
    },
    /// A list, tuple, set or array literal.
    Sequence {
        /// Which.
        kind: SequenceKind,
        /// Its elements in order.
        elements: Vec<Element>,
    },
    /// A dictionary or object literal.
    Map {
        /// Its entries in order; a key of `None` spreads another map.
        entries: Vec<(Option<Operand>, Operand)>,
    },
    /// A function value.
    Closure(FuncId),
    /// A class value.
    ClassValue(ClassId),
    /// `import module`, `from module import member`, `require("module")`.
    Import {
        /// The module as written, relative dots included (`.models`, `./db`).
        module: Symbol,
        /// The member; `None` for the module itself, `*` for all, `default` for a default import.
        member: Option<Symbol>,
    },
    /// The operand, declared or converted to be of a type: `Statement s = e`, `(String) e`,
    /// `e.(Handler)`. It is the same value; the type tells what its methods are when nothing better
    /// is known.
    Typed {
        /// The value.
        value: Operand,
        /// The dotted name of the type, as in [`Param::annotation`].
        of: Symbol,
    },
    /// JavaScript's `this`.
    This,
    /// The next element of an iterable (keys of a mapping in Python; `for…in` gives keys, `for…of`
    /// elements: see [`IterKind`]).
    Next {
        /// What is iterated over.
        iterable: Operand,
        /// What it yields.
        kind: IterKind,
    },
    /// Whether another element is there: the condition of a loop, never constant.
    HasNext {
        /// What is iterated over.
        iterable: Operand,
    },
    /// Was the parameter not passed?
    IsAbsent {
        /// The parameter's variable.
        param: Var,
    },
    /// The value of an awaited operand.
    Await(Operand),
    /// Hand a value to the consumer of a generator.
    Yield(Option<Operand>),
    /// The exception that a handler caught.
    Caught,
    /// Enter a context manager (`with x as y`): the value bound by `as`.
    Enter(Operand),
    /// Leave a context manager.
    Exit(Operand),
    /// A JSX element.
    Element {
        /// The tag or component name as written; empty for a fragment.
        tag: Symbol,
        /// Attributes by name; a name of `None` spreads an object.
        attributes: Vec<(Option<Symbol>, Operand)>,
        /// Children in order.
        children: Vec<Operand>,
    },
    /// Not understood: taint passes from the operands to the result.
    Unknown {
        /// Every value inside it.
        operands: Vec<Operand>,
        /// Its name in the grammar.
        kind: &'static str,
    },
}

/// What a call calls.
#[derive(Clone, PartialEq, Debug)]
pub enum Callee {
    /// `f(…)`, with `f` in a variable.
    Function(Operand),
    /// `receiver.name(…)`.
    Method {
        /// The receiver.
        receiver: Operand,
        /// The method.
        name: Symbol,
    },
    /// `new C(…)` in JavaScript.
    New(Operand),
    /// `super(…)` and `super().name(…)`; the name is `constructor`/`__init__` for the first.
    Super {
        /// The method.
        name: Symbol,
    },
}

/// An argument.
#[derive(Clone, PartialEq, Debug)]
pub struct Arg {
    /// How it is passed.
    pub kind: ArgKind,
    /// Its value.
    pub value: Operand,
}

/// How an argument is passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ArgKind {
    /// By position.
    Positional,
    /// By name.
    Keyword(Symbol),
    /// `*xs`, `...xs`.
    Spread,
    /// `**xs`.
    KeywordSpread,
}

/// An element of a sequence literal.
#[derive(Clone, PartialEq, Debug)]
pub enum Element {
    /// One value.
    One(Operand),
    /// All elements of another sequence.
    Spread(Operand),
}

/// Sequence literals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SequenceKind {
    /// A list or an array.
    List,
    /// A tuple.
    Tuple,
    /// A set.
    Set,
}

/// A part of a formatted string.
#[derive(Clone, PartialEq, Debug)]
pub enum FormatPart {
    /// Text as it is.
    Text(Symbol),
    /// A value put in.
    Value(Operand),
}

/// What an iteration yields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IterKind {
    /// Elements; of a Python dictionary its keys.
    Elements,
    /// Keys (`for…in`).
    Keys,
}

/// Binary operators; comparisons are [`CompareOp`], `and`/`or`/`??` are branches.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BinaryOp {
    /// `+`: also joins strings and lists.
    Add,
    /// `-`.
    Sub,
    /// `*`: also repeats strings.
    Mul,
    /// `/`: in Python also joins paths.
    Div,
    /// `//`.
    FloorDiv,
    /// `%`: in Python also formats strings.
    Mod,
    /// `**`.
    Pow,
    /// `<<`.
    Shl,
    /// `>>`, `>>>`.
    Shr,
    /// `&`.
    BitAnd,
    /// `|`: also unions.
    BitOr,
    /// `^`.
    BitXor,
    /// `@`.
    MatMul,
}

/// Comparisons.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CompareOp {
    /// `==`, `===`.
    Eq,
    /// `!=`, `!==`.
    NotEq,
    /// `<`.
    Lt,
    /// `<=`.
    LtE,
    /// `>`.
    Gt,
    /// `>=`.
    GtE,
    /// `in`: left is in right.
    In,
    /// `not in`.
    NotIn,
    /// `is`.
    Is,
    /// `is not`.
    IsNot,
    /// `instanceof`.
    InstanceOf,
    /// A structural match (Python's `case`): never constant. The right side is the class of a class
    /// pattern, or the number of parts of a sequence or mapping; tests of the parts follow.
    Matches,
}

/// Unary operators.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UnaryOp {
    /// `not`, `!`.
    Not,
    /// `-`.
    Neg,
    /// `+`.
    Plus,
    /// `~`.
    Invert,
    /// `typeof`.
    TypeOf,
}

impl Module {
    /// The text of a symbol.
    #[must_use]
    pub fn text(&self, symbol: Symbol) -> &str {
        self.symbols.get(symbol.0 as usize).map_or("", |s| s)
    }

    /// The function at an index of this module.
    #[must_use]
    pub fn function(&self, id: FuncId) -> &Function {
        &self.functions[id.0 as usize]
    }

    /// The class at an index of this module.
    #[must_use]
    pub fn class(&self, id: ClassId) -> &Class {
        &self.classes[id.0 as usize]
    }
}
