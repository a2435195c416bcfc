//! Runtimes that a scenario needs, and whether this machine has them: what is missing is skipped and counted.

use trueline_sandbox::Language as Toolchain;

use crate::format::{Definition, Interface, Language};

/// What every tester needs.
const TESTER: (&str, &str) = ("python", ">=3.9");

/// Asks for all runtimes at once, where many scenarios will be looked at: one after the other they would be waited for.
pub fn ask_for_all() {
    use Toolchain::{Go, Java, Node, Python, Rust};

    std::thread::scope(|scope| {
        for language in [Python, Node, Java, Go, Rust] {
            // What was found is kept.
            scope.spawn(move || trueline_sandbox::Toolchain::find(language));
        }
    });
}

/// What is missing for a scenario, in words; none when all is there.
#[must_use]
pub fn missing(definition: &Definition) -> Option<String> {
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
        .filter_map(|name| {
            Some(match toolchain(name)? {
                Toolchain::Python => "python",
                Toolchain::Node => "node",
                Toolchain::Java => "java",
                Toolchain::Go => "go",
                Toolchain::Rust => "rust",
            })
        })
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

/// The language whose toolchain a scenario's word names.
fn toolchain(name: &str) -> Option<Toolchain> {
    Some(match name {
        "python" | "python3" => Toolchain::Python,
        "node" => Toolchain::Node,
        "java" => Toolchain::Java,
        "go" => Toolchain::Go,
        "rust" | "rustc" => Toolchain::Rust,
        _ => return None,
    })
}

/// Asked once a process, by the sandbox, which needs to know as well.
fn version(name: &str) -> Option<Vec<u32>> {
    numbers(trueline_sandbox::Toolchain::find(toolchain(name)?)?.version())
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
