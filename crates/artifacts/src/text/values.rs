//! Values that say what they are by themselves, whatever their keys: files of native libraries, and expressions.

use serde_json::Value;
use trueline_facts::artifact::Verdict;

use crate::inspection::{Inspection, printable};
use crate::zip::leads_outside;
use crate::{pickle, python, technique};

/// Work on values of a document that are tried as expressions.
pub(super) const MAX_EXPRESSIONS: usize = 2 << 20;
/// Items of a list of libraries.
pub(super) const MAX_LIBRARIES: usize = 64;
/// Bytes of the shortest that reaches outside with an argument.
const MIN_EXPRESSION: usize = 12;

/// A value that is the file of a native library: runtimes load the operators and backends that they are told so.
pub(super) fn library(inspection: &mut Inspection, text: &str) {
    if text.len() > 512 || text.contains([' ', '\n']) || !crate::is_library(text) {
        return;
    }
    let is_installed = ["/usr/", "/opt/", "/lib/", "/lib64/"]
        .iter()
        .any(|start| text.starts_with(start))
        && !text.contains("..");
    let is_elsewhere = !is_installed
        && (leads_outside(text) || text.contains("://") || text.starts_with(['~', '\\']));
    inspection.report(
        if is_elsewhere {
            Verdict::Suspicious
        } else {
            Verdict::Unknown
        },
        technique::CONFIG_LIBRARY,
        0,
        format!(
            "the configuration names the native library {}{}",
            printable(text),
            if is_elsewhere {
                ", outside of the model's folder"
            } else {
                ""
            }
        ),
    );
}

/// A value that is nothing but a call that reaches outside: some loaders evaluate theirs, and no setting reads so.
pub(super) fn expression(
    inspection: &mut Inspection,
    key: &str,
    text: &str,
    imports: &str,
    left: &mut usize,
) {
    // MONAI evaluates what begins so, with references to other values in it.
    let of_monai = text.strip_prefix('$').map(without_references);
    let is_evaluated = of_monai.is_some();
    let text = of_monai.as_deref().unwrap_or(text);
    let has_argument = text.contains('(') && text.contains(['\'', '"']);
    let may_reach = if is_evaluated {
        !imports.is_empty() || python::may_reach(text)
    } else {
        text.len() >= MIN_EXPRESSION && has_argument && python::may_reach(text)
    };
    if !may_reach {
        return;
    }
    let Some(cost) = pickle::expression_cost(text) else {
        return;
    };
    // A document with more of them holds code as data and configures nothing.
    let Some(rest) = left.checked_sub(cost) else {
        return;
    };
    *left = rest;
    let reaches = if is_evaluated {
        python::statements_reach(imports, text)
    } else {
        python::expression_reaches(text)
    };
    if let Some(what) = reaches {
        inspection.report_call(
            if is_evaluated {
                Verdict::Malicious
            } else {
                Verdict::Suspicious
            },
            technique::TARGET_DANGEROUS,
            0,
            format!(
                "the value of {} is an expression that {what}: loaders that evaluate their configuration run it",
                printable(key)
            ),
            Some(printable(text)),
        );
    }
}

/// What a document has imported for the expressions in it, as MONAI's lists of imports do.
pub(super) fn imports(document: &Value) -> String {
    let mut lines = String::new();
    let Some(of) = document.get("imports") else {
        return lines;
    };
    for text in super::strings(of).into_iter().take(MAX_LIBRARIES) {
        let line = text.strip_prefix('$').unwrap_or(text).trim();
        let is_import = line.starts_with("import ") || line.starts_with("from ");
        if is_import && line.len() <= 512 && !line.contains([';', '\n']) {
            lines.push_str(line);
            lines.push('\n');
        }
    }
    lines
}

/// An expression in which `@part#of` stands for another value.
fn without_references(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut in_reference = false;
    while let Some(c) = chars.next() {
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let before_name = chars.peek().copied().is_some_and(is_name);
        in_reference = match c {
            '@' => before_name,
            '#' => in_reference && before_name,
            c => in_reference && is_name(c),
        };
        out.push(if matches!(c, '@' | '#') && in_reference {
            '_'
        } else {
            c
        });
    }
    out
}
