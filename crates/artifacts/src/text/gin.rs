//! Configuration of gin: modules that it imports under names, files that it includes, and functions that parameters are
//! bound to. With dynamic registration any function of an imported module can be one, and `()` calls it.

use rustc_hash::FxHashMap;
use trueline_facts::artifact::Verdict;

use super::{is_dangerous_name, target};
use crate::inspection::{Inspection, printable};
use crate::technique;
use crate::zip::leads_outside;

/// Names that modules are imported under, and functions that are judged.
const MAX_NAMES: usize = 10_000;
/// Bytes of a name.
const MAX_NAME: usize = 256;

/// Inspects a file of gin.
pub(crate) fn gin(inspection: &mut Inspection, text: &str) {
    let names = imported(text);
    for path in included(text) {
        if leads_outside(path) || path.starts_with('~') || path.contains("://") {
            inspection.report(
                Verdict::Suspicious,
                technique::INDEX_PATH,
                0,
                format!(
                    "the configuration includes {}, outside of its folder",
                    printable(path)
                ),
            );
        }
    }
    for function in references(text).take(MAX_NAMES) {
        // Scopes stand before it.
        let function = function.rsplit('/').next().unwrap_or(function);
        let (first, rest) = function.split_once('.').unwrap_or((function, ""));
        let full = match names.get(first) {
            Some(module) if rest.is_empty() => module.clone(),
            Some(module) => format!("{module}.{rest}"),
            None => function.to_owned(),
        };
        if is_dangerous_name(&full) {
            target(inspection, &full, true);
        }
    }
}

/// What names of the file stand for: `import a.b as c`, `from a import b`.
fn imported(text: &str) -> FxHashMap<&str, String> {
    let mut names = FxHashMap::default();
    for line in text.lines() {
        let mut words = line
            .split_whitespace()
            .take_while(|word| !word.starts_with('#'));
        let (module, name) = match (words.next(), words.next()) {
            (Some("import"), Some(module)) => (None, module),
            (Some("from"), Some(module)) if words.next() == Some("import") => {
                let Some(name) = words.next() else { continue };
                (Some(module), name)
            }
            _ => continue,
        };
        if names.len() >= MAX_NAMES || module.map_or(0, str::len) + name.len() > MAX_NAME {
            continue;
        }
        let alias = (words.next() == Some("as")).then(|| words.next()).flatten();
        match (module, alias) {
            (Some(module), alias) => {
                names.insert(alias.unwrap_or(name), format!("{module}.{name}"));
            }
            (None, Some(alias)) => {
                names.insert(alias, name.to_owned());
            }
            // Its first part stands for itself.
            (None, None) => {}
        }
    }
    names
}

/// Files that are taken in.
fn included(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let rest = line.trim_start().strip_prefix("include")?.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        rest[1..].split(quote).next()
    })
}

/// Names behind `@`, outside of texts and comments.
fn references(text: &str) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(found) = bytes.get(at..)?.iter().position(|b| b"@#'\"".contains(b)) {
            let start = at + found;
            match bytes[start] {
                b'#' => {
                    at = memchr::memchr(b'\n', &bytes[start..])
                        .map_or(bytes.len(), |len| start + len);
                }
                b'@' => {
                    let len = bytes[start + 1..]
                        .iter()
                        .position(|b| !(b.is_ascii_alphanumeric() || b"_./".contains(b)))
                        .unwrap_or(bytes.len() - start - 1);
                    at = start + 1 + len;
                    if (1..=MAX_NAME).contains(&len) {
                        return text.get(start + 1..at);
                    }
                }
                _ => at = end_of_text(bytes, start),
            }
        }
        None
    })
}

/// Where a text in quotes ends that begins at `start`; one that is not closed ends with its line.
fn end_of_text(bytes: &[u8], start: usize) -> usize {
    let quote = bytes[start];
    let is_triple = bytes[start..].starts_with(&[quote; 3]);
    let mut at = start + if is_triple { 3 } else { 1 };
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\n' if !is_triple => return at,
            b if *b == quote && !is_triple => return at + 1,
            b if *b == quote && bytes[at..].starts_with(&[quote; 3]) => return at + 3,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use trueline_facts::RepoPath;
    use trueline_facts::artifact::Verdict;

    fn verdict(text: &str) -> Verdict {
        crate::check_bytes(
            text.as_bytes().to_vec(),
            RepoPath::from("operative_config.gin"),
        )
        .verdict
    }

    #[test]
    fn functions_that_parameters_are_bound_to_are_judged() {
        for text in [
            "import os\ntrain.callback = @os.system\nos.system.command = 'id'\n",
            "train.fn = @subprocess.check_output()\n",
            "from os import system\nmain.f = @system()\n",
            "from os import system as s\nmain.f = @scope/s()\n",
            "import subprocess as sp\nmain.f = {'a': [1, (@a/b/sp.Popen(), 2)]}\n",
            "from __gin__ import dynamic_registration\nimport os.path\nmain:\n  f = @os.system()\n",
            "a.b = 'it\\'s'  # a note's quote\na.c = @os.system()\n",
            "a.b = \"\"\"x\n'\n\"\"\"\na.c = @builtins.exec\n",
        ] {
            assert_eq!(verdict(text), Verdict::Malicious, "{text}");
        }
        for text in [
            "include '/tmp/evil.gin'\n",
            "include '../../evil.gin'\n",
            "include \"http://h/a.gin\"\n",
        ] {
            assert_eq!(verdict(text), Verdict::Suspicious, "{text}");
        }
    }

    #[test]
    fn ordinary_files_say_nothing() {
        for text in [
            "from __gin__ import dynamic_registration\nfrom t5x import utils\ninclude 't5x/configs/a.gin'\nL = %TRAIN\ntrain.opt = @adafactor.Adafactor()\n",
            "import shop.tools as os\ntrain.f = @os.system()\n",
            "a.b = 'mail me@os.system'\n# @os.system()\na.c = \"\"\"\n@os.system()\n\"\"\"\n",
            "train.path = @os.path.join\ntrain.f = @collections.OrderedDict\n",
            "a.b = '@os.system\na.c = 1\n",
            "@",
        ] {
            assert_eq!(verdict(text), Verdict::Clean, "{text}");
        }
    }
}
