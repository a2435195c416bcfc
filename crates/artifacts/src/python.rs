//! Python code beside a model that loaders run: classes that `auto_map` names (`modeling_x.py`), handlers of servers.
//!
//! Its tree is walked as an import would run it, with names, texts and functions followed to where they lead: what it
//! calls of processes, evaluation, sockets and native code, and whether an import is enough to run it.

use std::rc::Rc;

use ruff_python_ast::PythonVersion;
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use trueline_facts::artifact::Verdict;

use crate::code::is_payload;
use crate::inspection::{Inspection, printable};
use crate::{marshal, technique};

mod assign;
mod call;
mod compute;
mod depth;
mod expression;
mod meter;
mod pattern;
mod place;
mod reach;
mod statement;
mod value;
mod walk;

use meter::Meter;
use walk::{Finding, Kind, Walk};

/// Code that is read of one file.
pub(crate) const MAX_CODE: usize = 4 << 20;
/// Calls that are told of one file.
const MAX_TOLD: usize = 20;

/// Names that loaders of model repositories and model servers import.
pub(crate) fn is_model_code(lower: &str) -> bool {
    const STARTS: &[&str] = &[
        "modeling_",
        "modelling_",
        "tokenization_",
        "configuration_",
        "processing_",
        "image_processing_",
        "video_processing_",
        "feature_extraction_",
        "generation_",
        "pipeline_",
        "scheduling_",
    ];
    const NAMES: &[&str] = &[
        "handler",
        "pipeline",
        "custom_handler",
        "custom_st",
        "generate",
        "inference",
        "hubconf",
    ];
    lower.strip_suffix(".py").is_some_and(|stem| {
        STARTS.iter().any(|start| stem.starts_with(start)) || NAMES.contains(&stem)
    })
}

/// Python that is compiled: it runs in the place of its source, or without one.
pub(crate) fn is_compiled(name: &str) -> bool {
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    ["pyc", "pyo"]
        .iter()
        .any(|known| end.eq_ignore_ascii_case(known))
}

/// Reports such a file beside a model; what it does is told from the names in it.
pub(crate) fn compiled(inspection: &mut Inspection, code: &[u8]) {
    const STARTS: &[&str] = &[
        "system",
        "popen",
        "Popen",
        "check_output",
        "check_call",
        "getoutput",
        "execv",
        "execve",
        "execvp",
        "spawnv",
        "spawnl",
        "posix_spawn",
        "urlopen",
        "urlretrieve",
        "create_connection",
    ];
    const FROM: &[&str] = &[
        "os",
        "posix",
        "nt",
        "subprocess",
        "pty",
        "socket",
        "urllib.request",
    ];
    let words = marshal::words(code);
    let has = |word: &str| words.iter().any(|of| of == word);
    // `platform.system()` starts nothing.
    let start = STARTS
        .iter()
        .find(|word| has(word) && !(**word == "system" && has("platform")));
    if let (Some(start), Some(from)) = (start, FROM.iter().find(|from| has(from))) {
        inspection.report(
            Verdict::Suspicious,
            technique::MODEL_CODE,
            0,
            format!("compiled Python beside a model names {start} and {from}: it starts programs or talks to the network"),
        );
        return;
    }
    inspection.report(
        Verdict::Unknown,
        technique::MODEL_CODE,
        0,
        "compiled Python beside a model, which imports run in the place of its source or without one: what it does is not read here; remove it, it is made again",
    );
}

/// What is known of the code from where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// Loaders run it: it is `unknown` as such.
    Loaded,
    /// It stands beside a model or in an archive of one: what it does is told, and nothing where it does nothing.
    Beside,
    /// A configuration that is written in Python: loaders import it and take its names.
    Configuration,
}

/// Is it a configuration that is written in Python, as detection and segmentation frameworks have them?
pub(crate) fn is_configuration(code: &str) -> bool {
    code.lines().take(5_000).any(|line| {
        line.split_once('=').is_some_and(|(name, value)| {
            let name = name.trim_end();
            let is_name = !line.starts_with(char::is_whitespace)
                && !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            let value = value.trim_start();
            is_name
                && (value.starts_with("dict(type=")
                    || value.starts_with("L(")
                    || value.starts_with("LazyCall("))
        })
    })
}

/// Inspects the text of such a file.
pub(crate) fn inspect(inspection: &mut Inspection, code: &str, len: u64, role: Role) {
    if role == Role::Loaded {
        inspection.report(
            Verdict::Unknown,
            technique::AUTO_MAP,
            0,
            "Python code beside a model, which loaders run (with trust_remote_code, or as a handler): read it as you read a program",
        );
    }
    if len > MAX_CODE as u64 {
        inspection.report(
            Verdict::Unknown,
            technique::BUDGET,
            0,
            "code of more than 4 MB was not read to its end",
        );
    }
    hidden_by_encoding(inspection, code);
    let code = code.trim_start_matches('\u{feff}');
    if depth::is_too_deep(code) {
        inspection.report(
            Verdict::Suspicious,
            technique::BUDGET,
            0,
            "the code nests deeper than people write and was not followed",
        );
        return;
    }
    let cost = code.len() as u64;
    let left = inspection.code_steps_left;
    if left < cost.saturating_add(Meter::given(code.len()) as u64) {
        inspection.report(
            Verdict::Unknown,
            technique::BUDGET,
            0,
            "not all code was followed: together it is far longer than the file",
        );
        return;
    }
    inspection.code_steps_left = left - cost;
    let options = ParseOptions::from(Mode::Module).with_target_version(PythonVersion::latest());
    let parsed = parse_unchecked(code, options);
    let Some(module) = parsed.syntax().as_module() else {
        return;
    };
    if !parsed.errors().is_empty() {
        unread(inspection, code, role);
    }
    let walk = Walk::of(&module.body, code.len());
    let taken = walk.meter.taken() as u64;
    inspection.code_steps_left = inspection.code_steps_left.saturating_sub(taken);
    if !walk.is_whole() {
        inspection.report(
            Verdict::Suspicious,
            technique::BUDGET,
            0,
            "the code gives and computes more names than are followed: what it calls is not known",
        );
    }
    tell(inspection, code, role, walk.findings.into_iter().collect());
}

/// Bytes of a text that is tried as an expression.
const MAX_EXPRESSION: usize = 4096;

/// May a text be an expression that reaches outside? Cheap: most texts are words.
pub(crate) fn may_reach(text: &str) -> bool {
    text.len() <= MAX_EXPRESSION
        && (text.contains("__")
            || text.contains('(')
                && [
                    "os.",
                    "subprocess",
                    "eval",
                    "exec",
                    "open",
                    "system",
                    "popen",
                ]
                .iter()
                .any(|word| text.contains(word)))
}

/// Text that is kept for an expression: what evaluating it does to the outside, if it is one and does anything.
pub(crate) fn expression_reaches(text: &str) -> Option<String> {
    if !may_reach(text) || depth::is_too_deep(text) {
        return None;
    }
    reaches("", text, 1)
}

/// The same of text that is evaluated for certain, after lines that import: it may be several statements.
pub(crate) fn statements_reach(imports: &str, text: &str) -> Option<String> {
    const MAX_STATEMENTS: usize = 64;
    if text.len() > MAX_EXPRESSION || depth::is_too_deep(text) {
        return None;
    }
    reaches(imports, text, MAX_STATEMENTS)
}

fn reaches(imports: &str, text: &str, statements: usize) -> Option<String> {
    // Whoever evaluates it has imported what it names.
    let mut code = imports.to_owned();
    for module in reach::CORE {
        if text.contains(&format!("{module}.")) {
            code.push_str("import ");
            code.push_str(module);
            code.push('\n');
        }
    }
    let imports = code.lines().count();
    code.push_str(text.trim());
    let options = ParseOptions::from(Mode::Module).with_target_version(PythonVersion::latest());
    let parsed = parse_unchecked(&code, options);
    let module = parsed.syntax().as_module()?;
    // A sentence is no expression.
    if !parsed.errors().is_empty()
        || !(imports + 1..=imports + statements).contains(&module.body.len())
    {
        return None;
    }
    let walk = Walk::of(&module.body, code.len());
    let worst = walk
        .findings
        .iter()
        .filter(|(_, f)| f.kind > Kind::Mild)
        .max_by_key(|(_, f)| f.kind)?;
    Some(worst.0.1.to_string())
}

fn tell(
    inspection: &mut Inspection,
    code: &str,
    role: Role,
    findings: Vec<((u32, Rc<str>), Finding)>,
) {
    let verdict = |finding: &Finding| match (finding.kind, finding.runs_now) {
        (Kind::Payload, _) | (Kind::Reaches, true) => Verdict::Malicious,
        (Kind::Reaches, false) | (Kind::Mild, _) => Verdict::Suspicious,
        (Kind::Loads, _) => Verdict::Unknown,
    };
    let mut findings = findings;
    // Many calls of one kind must not hide a worse one.
    findings.sort_by_key(|(place, finding)| (std::cmp::Reverse(verdict(finding)), place.0));
    for ((offset, what), finding) in findings.into_iter().take(MAX_TOLD) {
        // Configurations call nothing: what stands in functions of them is no part of one.
        if role == Role::Configuration && !finding.runs_now {
            continue;
        }
        let line = expression::line_at(code, offset as usize);
        inspection.report_call(
            verdict(&finding),
            technique::MODEL_CODE,
            u64::from(offset),
            format!(
                "the model's code {what}{}",
                if finding.runs_now {
                    ", as soon as it is imported"
                } else {
                    ""
                }
            ),
            Some(printable(line.trim())),
        );
    }
}

/// Code in an encoding that is not ASCII where ASCII stands: what a reader sees is not what Python runs.
fn hidden_by_encoding(inspection: &mut Inspection, code: &str) {
    /// Those in which letters stand for others.
    const HIDING: &[&str] = &[
        "utf-7",
        "utf7",
        "u7",
        "unicode-1-1-utf-7",
        "punycode",
        "idna",
        "cp037",
        "ibm037",
        "cp273",
        "cp424",
        "cp500",
        "cp875",
        "cp1026",
        "cp1140",
    ];
    for line in code.lines().take(2) {
        let Some(name) = encoding_of(line) else {
            continue;
        };
        if HIDING.contains(&name.as_str()) || name.ends_with("escape") {
            inspection.report(
                Verdict::Malicious,
                technique::MODEL_CODE,
                0,
                format!("the code is written in the encoding {name}, which hides what it says"),
            );
        }
        // The first line that names one decides.
        return;
    }
}

/// The encoding that a comment names, of those in it the first that is one.
fn encoding_of(line: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let comment = line.trim_start().strip_prefix('#')?;
    comment.split("coding").skip(1).find_map(|rest| {
        let rest = rest.strip_prefix([':', '='])?.trim_start();
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        (end > 0).then(|| rest[..end].to_ascii_lowercase().replace('_', "-"))
    })
}

/// What the parser does not understand: Python 2, or code that is made to be misread.
fn unread(inspection: &mut Inspection, code: &str, role: Role) {
    if role == Role::Loaded {
        inspection.report(
            Verdict::Unknown,
            technique::BUDGET,
            0,
            "the code has lines that Python 3 does not understand: they were not followed",
        );
    }
    let mut offset = 0u64;
    for line in code.split_inclusive('\n') {
        if is_payload(line) {
            inspection.report_call(
                Verdict::Malicious,
                technique::MODEL_CODE,
                offset,
                "the code holds a text that is meant to be run",
                Some(printable(line.trim())),
            );
            return;
        }
        offset += line.len() as u64;
    }
}

#[cfg(test)]
mod tests;
