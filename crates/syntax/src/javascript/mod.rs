//! The front end for JavaScript, TypeScript and JSX, on top of `oxc_parser`.
//!
//! One file's text comes in and an [`ir::Module`](crate::ir::Module) goes out. Names are resolved
//! by the builder's scopes, so each list of statements declares its names before it is lowered.
//! Choices that a reader of the result must know:
//!
//! - `a?.b` and `a?.b()` are lowered as `a.b` and `a.b()`: the value when `a` is nullish carries
//!   nothing.
//! - `!x` in a condition swaps the targets of the branch; `a && b` and `a || b` branch directly.
//! - Accessors are methods named `get x` and `set x`. A getter in an object literal is called where
//!   the literal stands, and its result is the entry `x`.
//! - Fields of a class are set at the start of its constructor, which is made if there is none;
//!   functions held by fields are also methods of the class.
//! - `obj[key](a)` is `obj[key].call(obj, a)` unless the key is constant.
//! - ``tag`a${x}b` `` is `tag(["a", "b"], x)` with the raw text.
//! - A whole-module value (`module.exports = v`, `export = v`) is exported as `module.exports` and
//!   as `default`; the entries of an object literal are exported by name too.
//! - The component of a JSX element is found by its tag: the first segment is resolved, so that
//!   the function has a variable of that name.
//! - Directives other than `"use strict"` are decorators of their function: `"use server"` makes one
//!   an endpoint.
//! - Interfaces of `implements` follow the base class in `Class::bases`.

mod calls;
mod classes;
pub(crate) mod component;
mod conditions;
mod control;
mod expressions;
mod functions;
mod jsx;
mod literals;
mod modules;
mod names;
mod operands;
mod patterns;
mod recovery;
mod scopes;
mod statements;
mod targets;
mod typescript;

use std::cmp::Reverse;

use oxc_allocator::Allocator;
use oxc_ast::ast::Program;
use oxc_parser::{ParseOptions, Parser, ParserReturn};
use oxc_span::{LabeledSpan, SourceType};
use rustc_hash::FxHashSet;

use crate::Source;
use crate::builder::{Exports, ModuleBuilder};
use crate::copies::Copies;
use crate::ir::{
    Const, Export, FuncId, Language, Module, Op, Operand, Span, Symbol, SyntaxError, Var,
};
use crate::{limits, lines};

use control::Context;
use recovery::Repair;

/// Levels of expressions and statements that are lowered; what is deeper becomes
/// [`Op::Unknown`]. The text has been checked before, so this is a second line of defence: links of
/// a chain and brackets both cost levels here.
const MAX_DEPTH: u32 = 3_000;

/// Lowers one file. Of a file that cannot be parsed as a whole, what is left after [`Repair`].
pub(crate) fn lower(language: Language, source: Source<'_>) -> Module {
    let lines = lines::count_not_blank(source.text);
    if is_declaration_file(source.path) {
        // Types only: there is nothing that runs.
        return ModuleBuilder::new(language).finish(Exports::Named(Vec::new()), lines);
    }
    let mut best: Option<(Faults, SourceType)> = None;
    for (rank, dialect) in dialects(language, source.path).into_iter().enumerate() {
        if rank > 0 && !is_safe(language, source.text, dialect) {
            continue;
        }
        let allocator = Allocator::default();
        let parsed = parse(&allocator, source.text, dialect);
        let faults = Faults::of(&parsed);
        if faults == Faults::NONE {
            let lowering = Lowering::new(language, source.text);
            return lowering.lower(&parsed.program, lines);
        }
        if best.is_none_or(|(fewest, _)| faults < fewest) {
            best = Some((faults, dialect));
        }
    }
    let dialect = best.map_or_else(SourceType::mjs, |(_, dialect)| dialect);
    lower_broken(language, source.text, dialect, lines)
}

fn lower_broken(language: Language, text: &str, dialect: SourceType, lines: u32) -> Module {
    let mut lowering = Lowering::new(language, text);
    let mut errors = Vec::new();
    let mut repair = Repair::new(text);
    loop {
        let allocator = Allocator::default();
        let attempt = repair.text().to_owned();
        let parsed = parse(&allocator, &attempt, dialect);
        let found = syntax_errors(&parsed, text.len());
        let cause = found
            .first()
            .map(|(place, error)| (*place, error.message.clone()));
        for (_, mut error) in found {
            // The parser points at one byte of a character that it does not expect.
            let (start, end) = (error.span.start as usize, error.span.end as usize);
            error.span.start = text.floor_char_boundary(start) as u32;
            error.span.end = text.ceil_char_boundary(end) as u32;
            if !errors.contains(&error) {
                errors.push(error);
            }
        }
        if parsed.panicked
            && let Some((place, message)) = cause
            && repair.mend(place, &message)
            && is_safe(language, repair.text(), dialect)
        {
            continue;
        }
        for error in errors {
            lowering.builder.syntax_error(error.span, error.message);
        }
        for span in repair.overwritten() {
            lowering
                .builder
                .emit_unknown("not parsed", Vec::new(), *span);
        }
        let mut module = lowering.lower(&parsed.program, lines);
        repair.clamp(&mut module);
        return module;
    }
}

/// Whether text may be given to the parser: the caller has checked it as its path says, but what a
/// repair uncovers, or a guessed dialect sees, may nest deeper.
fn is_safe(language: Language, text: &str, dialect: SourceType) -> bool {
    let path = if dialect.is_jsx() { "a.tsx" } else { "a.ts" };
    limits::check(language, Source { path, text }).is_ok()
}

/// What is wrong with a parse: the fewer and the later, the better the dialect fits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Faults {
    panicked: bool,
    errors: usize,
    first: Reverse<u32>,
}

impl Faults {
    const NONE: Self = Self {
        panicked: false,
        errors: 0,
        first: Reverse(u32::MAX),
    };

    fn of(parsed: &ParserReturn<'_>) -> Self {
        let mut faults = Self {
            panicked: parsed.panicked,
            ..Self::NONE
        };
        for (place, _) in syntax_errors(parsed, usize::MAX) {
            faults.errors += 1;
            faults.first = faults.first.max(Reverse(place));
        }
        faults
    }
}

/// The errors, each with the first place that it points at: where an unclosed bracket was opened.
fn syntax_errors(parsed: &ParserReturn<'_>, end: usize) -> Vec<(u32, SyntaxError)> {
    let end = u32::try_from(end).unwrap_or(u32::MAX);
    parsed
        .diagnostics
        .errors()
        .map(|error| {
            let place = error.labels.iter().map(LabeledSpan::offset).min();
            let span = error.labels.first().map_or(Span::default(), |label| {
                let start = label.offset().min(end);
                Span::new(start, start.saturating_add(label.len()).min(end))
            });
            let message = error.message.to_string();
            (place.unwrap_or(0), SyntaxError { span, message })
        })
        .collect()
}

/// How a file may be read, likeliest first. Extensions lie: `.js` holds modules, scripts, JSX and
/// annotated code; `.ts` in tests holds JSX.
fn dialects(language: Language, path: &str) -> Vec<SourceType> {
    let extension = path.rsplit('.').next().unwrap_or_default();
    match (language, extension) {
        (Language::TypeScript, "tsx") => vec![SourceType::tsx()],
        (Language::TypeScript, "mts") => vec![SourceType::ts()],
        (Language::TypeScript, "cts") => vec![SourceType::cjs().with_typescript(true)],
        (Language::TypeScript, _) => vec![
            SourceType::unambiguous().with_typescript(true),
            SourceType::tsx(),
        ],
        (_, "mjs") => vec![SourceType::mjs().with_jsx(true), SourceType::tsx()],
        (_, "cjs") => vec![SourceType::cjs().with_jsx(true), SourceType::tsx()],
        _ => vec![
            SourceType::unambiguous().with_jsx(true),
            SourceType::script().with_jsx(true),
            SourceType::tsx(),
        ],
    }
}

fn is_declaration_file(path: &str) -> bool {
    [".d.ts", ".d.mts", ".d.cts"]
        .iter()
        .any(|suffix| path.ends_with(suffix))
}

fn parse<'a>(allocator: &'a Allocator, text: &'a str, dialect: SourceType) -> ParserReturn<'a> {
    Parser::new(allocator, text, dialect)
        .with_options(ParseOptions {
            allow_return_outside_function: true,
            preserve_parens: false,
            enable_ident_hashes: false,
            ..ParseOptions::default()
        })
        .parse()
}

/// The state of one file's lowering. `'a` is the life of the tree.
struct Lowering<'a> {
    builder: ModuleBuilder,
    exports: Vec<Export>,
    /// Paths of the definitions that surround the present node.
    paths: Vec<Symbol>,
    /// Namespaces around the present statement, as variables of a function: what they `export`
    /// becomes a field.
    namespaces: Vec<(FuncId, Var)>,
    /// Variables that hold functions, classes and namespaces: a namespace adds to what is there.
    objects: FxHashSet<(FuncId, Var)>,
    /// Functions being lowered, the module body first.
    contexts: Vec<Context<'a>>,
    /// Levels of the tree above the present node.
    depth: u32,
    copies: Copies,
    /// Whether `this` and `arguments` occur at all: most functions of most files need no variable
    /// for them.
    mentions: Mentions,
    strictness: Strictness,
    words: Words,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mentioned {
    Never,
    Perhaps,
}

/// Sloppy scripts have a scope rule of their own. `"use strict"` is not looked for: it makes code
/// illegal rather than different.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strictness {
    Strict,
    Sloppy,
}

struct Mentions {
    this: Mentioned,
    arguments: Mentioned,
}

impl Mentions {
    fn of(text: &str) -> Self {
        let mentioned = |words: &[&str]| {
            let found = |word: &&str| memchr::memmem::find(text.as_bytes(), word.as_bytes());
            if words.iter().any(|word| found(word).is_some()) {
                Mentioned::Perhaps
            } else {
                Mentioned::Never
            }
        };
        Self {
            // Classes and parameter properties speak of `this` without the word.
            this: mentioned(&["this", "class", "super"]),
            arguments: mentioned(&["arguments"]),
        }
    }
}

/// Symbols that are needed again and again.
struct Words {
    empty: Symbol,
    this: Symbol,
    arguments: Symbol,
    constructor: Symbol,
    default: Symbol,
    star: Symbol,
}

/// What becomes of an expression's value.
#[derive(Clone, Copy)]
enum Dest {
    /// It is read by the next instruction.
    Value,
    /// Nobody reads it.
    Drop,
    /// It is the new value of a variable.
    Into(Var),
}

impl<'a> Lowering<'a> {
    fn new(language: Language, text: &str) -> Self {
        let mut builder = ModuleBuilder::new(language);
        let words = Words {
            empty: builder.intern(""),
            this: builder.intern("this"),
            arguments: builder.intern("arguments"),
            constructor: builder.intern("constructor"),
            default: builder.intern("default"),
            star: builder.intern("*"),
        };
        Self {
            builder,
            exports: Vec::new(),
            paths: Vec::new(),
            namespaces: Vec::new(),
            objects: FxHashSet::default(),
            contexts: vec![Context::function()],
            depth: 0,
            copies: Copies::of(text),
            mentions: Mentions::of(text),
            strictness: Strictness::Strict,
            words,
        }
    }

    fn program(&mut self, program: &'a Program<'a>) {
        if program.source_type.is_javascript() && !program.source_type.is_module() {
            self.strictness = Strictness::Sloppy;
        }
        self.declare_this();
        self.note_directives(&program.directives);
        self.declare_vars(&program.body);
        self.lower_body(&program.body);
    }

    fn lower(mut self, program: &'a Program<'a>, lines: u32) -> Module {
        self.program(program);
        self.finish(lines)
    }

    fn finish(mut self, lines: u32) -> Module {
        self.define_this();
        self.exports.sort_by_key(|export| (export.name, export.var));
        self.exports.dedup();
        self.builder.finish(Exports::Named(self.exports), lines)
    }

    fn intern(&mut self, text: &str) -> Symbol {
        self.builder.intern(text)
    }

    /// Emits an instruction for its value, its effect or a variable.
    fn produce(&mut self, dest: Dest, op: Op, span: Span) -> Operand {
        match dest {
            Dest::Into(var) => {
                self.builder.emit_to(var, op, span);
                Operand::Var(var)
            }
            Dest::Drop if has_effect(&op) => {
                self.builder.emit(op, span);
                Operand::Const(Const::Null)
            }
            Dest::Drop | Dest::Value => self.builder.emit_temp(op, span),
        }
    }

    /// Sends a value that is there already to where it is wanted.
    fn deliver(&mut self, dest: Dest, value: Operand, span: Span) -> Operand {
        match dest {
            Dest::Into(var) => {
                self.builder.emit_to(var, Op::Copy(value), span);
                Operand::Var(var)
            }
            Dest::Drop | Dest::Value => value,
        }
    }
}

const fn has_effect(op: &Op) -> bool {
    matches!(
        op,
        Op::Call { .. } | Op::Await(_) | Op::Yield(_) | Op::Import { .. }
    )
}

/// The place of a node.
fn at(span: oxc_span::Span) -> Span {
    Span::new(span.start, span.end)
}
