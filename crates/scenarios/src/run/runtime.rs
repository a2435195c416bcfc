//! Runtimes that a scenario needs, and whether this machine has them: what is missing is skipped and counted.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};

use crate::format::{Definition, Interface, Language};

/// What every tester needs.
const TESTER: (&str, &str) = ("python", ">=3.9");

/// What is missing for a scenario, in words; none when all is there.
pub(crate) fn missing(definition: &Definition) -> Option<String> {
    let mut needed: Vec<(&str, &str)> = vec![TESTER];
    needed.extend(
        definition
            .runtime
            .iter()
            .map(|(name, version)| (name.as_str(), version.as_str())),
    );
    for (name, wanted) in needed {
        match version(name) {
            None => return Some(format!("{name} {wanted} is needed and not installed")),
            Some(found) if !satisfies(&found, wanted) => {
                let found: Vec<String> = found.iter().map(ToString::to_string).collect();
                return Some(format!(
                    "{name} {wanted} is needed; {} is installed",
                    found.join(".")
                ));
            }
            Some(_) => {}
        }
    }
    None
}

/// Languages whose programs the submission needs.
pub(crate) fn languages(definition: &Definition) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = definition
        .runtime
        .keys()
        .filter_map(|name| program(name).map(|(known, _)| known))
        .collect();
    let by_language = match (definition.interface, definition.language) {
        (Interface::File, _) => None,
        (_, Language::JavaScript | Language::TypeScript) => Some("node"),
        (_, Language::Java) => Some("java"),
        (_, Language::Go) => Some("go"),
        (_, Language::Rust) => Some("rust"),
        _ => Some("python"),
    };
    names.extend(by_language);
    // Mutants are played by our own python programs.
    names.push("python");
    names.sort_unstable();
    names.dedup();
    names
}

fn program(name: &str) -> Option<(&'static str, [&'static str; 2])> {
    Some(match name {
        "python" | "python3" => ("python", ["python3", "--version"]),
        "node" => ("node", ["node", "--version"]),
        "java" => ("java", ["java", "-version"]),
        "go" => ("go", ["go", "version"]),
        "rust" | "rustc" => ("rust", ["rustc", "--version"]),
        _ => return None,
    })
}

/// Asked once a process: starting a JVM to ask takes longer than a check.
fn version(name: &str) -> Option<Vec<u32>> {
    static KNOWN: OnceLock<Mutex<BTreeMap<String, Option<Vec<u32>>>>> = OnceLock::new();
    let mut known = KNOWN.get_or_init(Mutex::default).lock().ok()?;
    known
        .entry(name.to_owned())
        .or_insert_with(|| ask(name))
        .clone()
}

fn ask(name: &str) -> Option<Vec<u32>> {
    let (_, [program, argument]) = program(name)?;
    let output = Command::new(program)
        .arg(argument)
        .stdin(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = [output.stdout, output.stderr].concat();
    numbers(&String::from_utf8_lossy(&text))
}

/// The first version number in a text.
fn numbers(text: &str) -> Option<Vec<u32>> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let version: String = text[start..]
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    Some(
        version
            .split('.')
            .filter_map(|part| part.parse().ok())
            .collect(),
    )
}

/// `>=3.9`, or a bare number that means the same.
fn satisfies(found: &[u32], wanted: &str) -> bool {
    let Some(wanted) = numbers(wanted) else {
        return true;
    };
    let length = found.len().max(wanted.len());
    let padded = |version: &[u32]| -> Vec<u32> {
        let zeros = std::iter::repeat_n(0, length - version.len());
        version.iter().copied().chain(zeros).collect()
    };
    padded(found) >= padded(&wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert_eq!(
            numbers("openjdk version \"17.0.2\" 2022"),
            Some(vec![17, 0, 2])
        );
        assert_eq!(numbers("go version go1.24.1 linux"), Some(vec![1, 24, 1]));
        assert!(satisfies(&[3, 11, 7], ">=3.9"));
        assert!(satisfies(&[20], ">=20.0"));
        assert!(!satisfies(&[3, 8, 20], ">=3.9"));
    }
}
