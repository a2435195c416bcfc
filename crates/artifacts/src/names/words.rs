//! What the words of a name say: a verb, a kind of class, a module for input and output. The words are data
//! (`data/names.toml`).

use super::{NAMES, is_class_name, is_exception, is_rebuilder};

/// Does the last part of a name say that calling it reaches outside: `load_model`, `from_pretrained`, `run`?
/// Classes do not count.
pub(crate) fn reaches_out(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let plain = last.trim_start_matches('_');
    if plain.starts_with(char::is_uppercase) {
        return false;
    }
    // `load_model` and `loadModel`.
    NAMES.verbs.contains(plain)
        || plain
            .split(|c: char| c == '_' || c.is_uppercase())
            .next()
            .is_some_and(|verb| verb.len() < plain.len() && NAMES.verbs.contains(verb))
}

/// Does a function's name end in what it does outside: `dcmread`, `safe_open`, `typewrite`?
pub(crate) fn ends_outward(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    !is_class_name(last)
        && !is_rebuilder(last)
        && [
            "read", "write", "open", "exec", "download", "upload", "eval", "_load", "_save",
            "_run", "_file", "_url", "_path", "_dir",
        ]
        .iter()
        .any(|end| last.len() > end.len() && last.ends_with(end))
}

/// Does the name of a class say that making one opens, fetches or runs something: `HDFStore`, `FlightClient`?
/// Or does it stand in a module for that: `torchvision.datasets`, `h2o.backend.server`?
pub(crate) fn is_outward(module: &str, name: &str) -> bool {
    if is_exception(name) || NAMES.holders.contains(&format!("{module}.{name}")) {
        return false;
    }
    let owner = name.rsplit_once('.').map_or("", |(owner, _)| owner);
    let last = name.rsplit('.').next().unwrap_or(name);
    module
        .split('.')
        .skip(1)
        .chain(owner.split('.'))
        .any(|part| NAMES.places.contains(part.trim_start_matches('_')))
        || is_class_name(last) && words_of(last).any(|word| NAMES.outward.contains(word))
}

/// Does the name of a class say that it holds settings or results: `RunConfig`, `ExecutorState`?
pub(crate) fn is_settings(name: &str) -> bool {
    const LAST: &[&str] = &[
        "Config",
        "Cfg",
        "Settings",
        "Options",
        "Params",
        "Parameters",
        "State",
        "Args",
        "Arguments",
        "Info",
        "Spec",
        "Result",
        "Results",
        "Metrics",
        "Record",
        "Stats",
    ];
    let last = name.rsplit('.').next().unwrap_or(name);
    is_class_name(last)
        && words_of(last)
            .last()
            .is_some_and(|word| LAST.contains(&word))
}

/// Is it a function of a compiler or of a command line: `contrib.cc.create_shared`?
pub(crate) fn is_compiler(module: &str, name: &str) -> bool {
    const PARTS: &[&str] = &[
        "cc",
        "nvcc",
        "hipcc",
        "clang",
        "compiler",
        "toolchain",
        "cmdline",
        "cli",
        "cpp_extension",
    ];
    let last = name.rsplit('.').next().unwrap_or(name);
    !is_class_name(last)
        && !is_rebuilder(last)
        && module.split('.').skip(1).any(|part| PARTS.contains(&part))
}

/// Does a class open what a text that it is made from names: `Booster(model_file='x')`?
pub(crate) fn is_opener(module: &str, name: &str) -> bool {
    let full = format!("{module}.{name}");
    let last = name.rsplit('.').next().unwrap_or(name);
    let mut prefix = full.as_str();
    loop {
        if NAMES.openers.contains(prefix) {
            return true;
        }
        match prefix.rfind('.') {
            Some(dot) => prefix = &prefix[..dot],
            None => break,
        }
    }
    is_class_name(last)
        && !NAMES.holders.contains(&full)
        && words_of(last).any(|word| NAMES.opening.contains(word))
}

/// Does a package evaluate text that its objects are made from? Symbols keep theirs as a name, numbers read it as one.
pub(crate) fn is_evaluator(module: &str, name: &str) -> bool {
    let top = module.split('.').next().unwrap_or(module);
    NAMES.evaluators.contains(top)
        && name != "MatrixSymbol"
        && !NAMES.holders.contains(&format!("{module}.{name}"))
        && !["sympy.core.symbol", "sympy.core.numbers"]
            .iter()
            .any(|part| module.starts_with(part))
}

/// The words of a name that is written as classes are: `HDFStore` is `HDF` and `Store`.
fn words_of(name: &str) -> impl Iterator<Item = &str> {
    let bytes = name.as_bytes();
    let is_start = move |at: usize| {
        bytes[at].is_ascii_uppercase()
            && (!bytes[at - 1].is_ascii_uppercase()
                || bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase))
    };
    let mut from = 0;
    let ends: Vec<usize> = (1..bytes.len())
        .filter(|at| is_start(*at) || bytes[*at] == b'_')
        .chain([bytes.len()])
        .collect();
    ends.into_iter().map(move |end| {
        let word = name.get(from..end).unwrap_or_default();
        from = end;
        word.trim_matches('_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_that_open_things_are_known_by_their_words() {
        for (module, name) in [
            ("pyarrow._flight", "FlightClient"),
            ("pandas.io.pytables", "HDFStore"),
            ("torchvision.datasets.mnist", "MNIST"),
            ("h2o.backend.server", "H2OLocal"),
        ] {
            assert!(is_outward(module, name), "{module}.{name}");
        }
        for (module, name) in [
            ("sklearn.svm._classes", "SVC"),
            ("spacy.strings", "StringStore"),
            ("pandas.io.sql", "DatabaseError"),
        ] {
            assert!(!is_outward(module, name), "{module}.{name}");
        }
        assert!(
            is_opener("lightgbm.basic", "Booster") && !is_opener("spacy.tokenizer", "Tokenizer")
        );
    }

    #[test]
    fn functions_by_the_end_of_their_names() {
        assert!(ends_outward("dcmread") && ends_outward("safe_open"));
        assert!(!ends_outward("_rebuild_from_file") && !ends_outward("read"));
    }
}
