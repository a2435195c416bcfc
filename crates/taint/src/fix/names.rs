//! What names of a file stand for, and how one more module is imported.

use std::collections::BTreeMap;
use std::ops::Range;

use trueline_syntax::ir::{Language, Module, Op, Operand, Symbol};

use super::Change;
use super::lexer::{Code, Kind};

/// Names that imports bind, as dotted paths.
#[derive(Debug)]
pub(super) struct Names<'a> {
    module: &'a Module,
    bound: BTreeMap<&'a str, String>,
}

impl<'a> Names<'a> {
    pub(super) fn new(module: &'a Module) -> Self {
        let mut bound: BTreeMap<&'a str, String> = BTreeMap::new();
        for function in &module.functions {
            let mut temporary: BTreeMap<u32, String> = BTreeMap::new();
            let instrs = function.blocks.iter().flat_map(|b| &b.instrs);
            for instr in instrs {
                let Some(dst) = instr.dst else { continue };
                let known = |operand: &Operand| match operand {
                    Operand::Var(var) => temporary.get(&var.0).cloned(),
                    Operand::Const(_) => None,
                };
                let path = match &instr.op {
                    Op::Import {
                        module: from,
                        member,
                    } => Some(imported(module, *from, *member)),
                    Op::Copy(operand) => known(operand),
                    Op::Field { base, name } => {
                        known(base).map(|base| format!("{base}.{}", module.text(*name)))
                    }
                    _ => None,
                };
                let Some(path) = path else { continue };
                let name = function
                    .vars
                    .get(dst.0 as usize)
                    .map_or("", |var| module.text(var.name));
                if !name.is_empty() {
                    bound.entry(name).or_insert_with(|| path.clone());
                }
                temporary.insert(dst.0, path);
            }
        }
        Self { module, bound }
    }

    /// The dotted path of what is written: `yaml.load` of `y.load` after `import yaml as y`.
    pub(super) fn path(&self, written: &str) -> String {
        let written: String = written.chars().filter(|c| !c.is_whitespace()).collect();
        let written = written.replace("?.", ".");
        let (first, rest) = match written.find(['.', '(']) {
            Some(at) => written.split_at(at),
            None => (written.as_str(), ""),
        };
        match self.bound.get(first) {
            Some(path) => format!("{path}{rest}"),
            None => written,
        }
    }

    /// Whether the file imports a module or something of it.
    pub(super) fn imports(&self, wanted: &str) -> bool {
        self.bound.values().any(|path| {
            path.strip_prefix(wanted)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']))
        }) || self.module.functions.iter().any(|f| {
            f.blocks.iter().flat_map(|b| &b.instrs).any(|i| {
                matches!(&i.op, Op::Import { module, .. } if {
                    let from = self.module.text(*module);
                    from == wanted || from.strip_prefix("node:") == Some(wanted)
                        || from.strip_prefix(wanted).is_some_and(|r| r.starts_with(['.', '/']))
                })
            })
        })
    }

    /// The name that a module has in the file, with the edit that imports it where it has none.
    /// `None` if its name stands for something else.
    pub(super) fn module(&self, code: &Code<'_>, wanted: &str) -> Option<(String, Option<Change>)> {
        let known = self.bound.iter().find(|(_, path)| *path == wanted);
        if let Some((name, _)) = known {
            return Some(((*name).to_owned(), None));
        }
        let name = wanted.rsplit(['.', '/']).next()?;
        let taken = (0..code.tokens.len()).any(|at| {
            code.kind(at) == Some(Kind::Word)
                && code.at(at) == name
                && at
                    .checked_sub(1)
                    .is_none_or(|before| !matches!(code.at(before), "." | "from" | "import"))
        });
        if taken {
            return None;
        }
        let change = import(code, wanted, name)?;
        // Python writes the whole path of a module, Java and Go its last part.
        let local = if code.is_python() { wanted } else { name };
        Some((local.to_owned(), Some(change)))
    }
}

fn imported(module: &Module, from: Symbol, member: Option<Symbol>) -> String {
    let from = module.text(from);
    let from = from.strip_prefix("node:").unwrap_or(from);
    match member.map(|m| module.text(m)) {
        None | Some("default" | "*") => from.to_owned(),
        Some(member) => format!("{from}.{member}"),
    }
}

/// Where and how a module is imported.
fn import(code: &Code<'_>, wanted: &str, name: &str) -> Option<Change> {
    let statements = statements(code);
    match code.language {
        Language::Python => import_python(code, &statements, wanted),
        Language::JavaScript | Language::TypeScript => {
            import_javascript(code, &statements, wanted, name)
        }
        Language::Java => import_java(code, &statements, wanted),
        Language::Go => import_go(code, &statements, wanted),
    }
}

/// After the text of documentation and `__future__`, in the order of the names.
fn import_python(code: &Code<'_>, statements: &[Range<usize>], wanted: &str) -> Option<Change> {
    let end = code.line_end();
    let first = |at: usize| code.at(statements.get(at).map_or(usize::MAX, |s| s.start));
    let mut header = 0;
    if statements
        .first()
        .is_some_and(|s| code.kind(s.start) == Some(Kind::Text))
    {
        header = 1;
    }
    while first(header) == "from"
        && statements
            .get(header)
            .is_some_and(|s| code.at(s.start + 1) == "__future__")
    {
        header += 1;
    }
    let mut imports = header;
    while matches!(first(imports), "import" | "from") {
        imports += 1;
    }
    let plain: Vec<&Range<usize>> = statements.get(header..imports)?.iter().collect();
    let before = plain
        .iter()
        .find(|s| code.at(s.start) == "import" && code.at(s.start + 1) > wanted)
        .or_else(|| {
            plain
                .iter()
                .find(|s| code.at(s.start) == "from" && !is_after_import(code, &plain))
        });
    let line = format!("import {wanted}{end}");
    if let Some(before) = before {
        return insert_line(code, before.start, &line);
    }
    if let Some(last) = plain.iter().rev().find(|s| code.at(s.start) == "import") {
        return insert_after(code, last, &format!("import {wanted}"), end);
    }
    match statements.get(header) {
        Some(next) => insert_line(code, next.start, &format!("{line}{end}")),
        None => None,
    }
}

fn import_javascript(
    code: &Code<'_>,
    statements: &[Range<usize>],
    wanted: &str,
    name: &str,
) -> Option<Change> {
    let end = code.line_end();
    let module = statements.iter().any(|s| {
        code.at(s.start) == "export" || code.at(s.start) == "import" && code.at(s.start + 1) != "("
    });
    let mut header = 0;
    while statements.get(header).is_some_and(|s| {
        s.end <= s.start + 2 && code.kind(s.start) == Some(Kind::Text) || s.start == s.end
    }) {
        header += 1;
    }
    let next = statements.get(header)?;
    let source = code.source(&(next.start..next.end));
    let quote = if source.contains('\'') { '\'' } else { '"' };
    let semicolon = if code.text.contains(';') { ";" } else { "" };
    let line = if module {
        format!("import * as {name} from {quote}{wanted}{quote}{semicolon}{end}")
    } else {
        format!("const {name} = require({quote}{wanted}{quote}){semicolon}{end}")
    };
    insert_line(code, next.start, &line)
}

fn import_java(code: &Code<'_>, statements: &[Range<usize>], wanted: &str) -> Option<Change> {
    let end = code.line_end();
    let first = |at: usize| code.at(statements.get(at).map_or(usize::MAX, |s| s.start));
    let line = format!("import {wanted};{end}");
    let imports: Vec<&Range<usize>> = statements
        .iter()
        .filter(|s| code.at(s.start) == "import" && code.at(s.start + 1) != "static")
        .collect();
    let sorted = imports.iter().find(|s| {
        let path: String = code
            .source(&(s.start + 1..s.end))
            .chars()
            .filter(|c| !c.is_whitespace() && *c != ';')
            .collect();
        path.as_str() > wanted
    });
    if let Some(next) = sorted {
        return insert_line(code, next.start, &line);
    }
    match imports.last() {
        Some(last) => insert_after(code, last, &format!("import {wanted};"), end),
        None if first(0) == "package" => {
            let package = statements.first()?;
            insert_after(code, package, &format!("{end}import {wanted};"), end)
        }
        None => insert_line(code, statements.first()?.start, &format!("{line}{end}")),
    }
}

fn import_go(code: &Code<'_>, statements: &[Range<usize>], wanted: &str) -> Option<Change> {
    let end = code.line_end();
    let import = statements.iter().find(|s| code.at(s.start) == "import")?;
    if code.at(import.start + 1) == "(" {
        let close = code.tokens.get(import.start + 1)?.pair?;
        let paths: Vec<usize> = (import.start + 2..close)
            .filter(|at| code.kind(*at) == Some(Kind::Text))
            .collect();
        let quoted = format!("\"{wanted}\"");
        let next = paths.iter().find(|at| code.at(**at) > quoted.as_str());
        return match next {
            Some(at) => insert_line(code, *at, &format!("\t{quoted}{end}")),
            None => insert_line(code, close, &format!("\t{quoted}{end}")),
        };
    }
    insert_after(code, import, &format!("import \"{wanted}\""), end)
}

fn is_after_import(code: &Code<'_>, statements: &[&Range<usize>]) -> bool {
    statements.iter().any(|s| code.at(s.start) == "import")
}

/// Statements at the left margin of a file, in order.
fn statements(code: &Code<'_>) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = Vec::new();
    for (at, token) in code.tokens.iter().enumerate() {
        let margin = token.start == 0
            || code.text.as_bytes().get(token.start - 1) == Some(&b'\n')
            || at == 0;
        if token.depth == 0 && margin && !matches!(code.at(at), ")" | "]" | "}") {
            if let Some(last) = all.last_mut() {
                last.end = at;
            }
            all.push(at..code.tokens.len());
        }
    }
    all
}

/// Puts a line before the line of a token.
fn insert_line(code: &Code<'_>, token: usize, line: &str) -> Option<Change> {
    let start = code.tokens.get(token)?.start;
    let before = code.slice(0..start);
    let mut at = before.rfind('\n').map_or(0, |newline| newline + 1);
    if at == 0 && before.starts_with('\u{feff}') {
        at = '\u{feff}'.len_utf8();
    }
    if code.slice(at..start).trim().is_empty() {
        Some(Change::new(at..at, line))
    } else {
        None
    }
}

/// Puts a line after the line that a statement ends on.
fn insert_after(
    code: &Code<'_>,
    statement: &Range<usize>,
    line: &str,
    end: &str,
) -> Option<Change> {
    let last = code.tokens.get(statement.end.checked_sub(1)?)?.end;
    let rest = code.slice(last..code.text.len());
    match rest.find('\n') {
        Some(newline) => {
            let at = last + newline + 1;
            Some(Change::new(at..at, &format!("{line}{end}")))
        }
        None => Some(Change::new(
            code.text.len()..code.text.len(),
            &format!("{end}{line}"),
        )),
    }
}
