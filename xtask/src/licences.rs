//! Licences of everything that is linked, from `cargo metadata`: holds without cargo-deny.

use anyhow::{Result, bail};

use crate::metadata::Metadata;

/// Licences that we ship. The same list stands in `deny.toml`.
const ALLOWED: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MPL-2.0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
    "0BSD",
    "MIT-0",
    // A BSD-style licence: that of the bzip2 decoder.
    "bzip2-1.0.6",
];

/// Fails with every package whose licence expression cannot be met from the list.
pub(crate) fn check(metadata: &Metadata) -> Result<()> {
    let packages = metadata.packages();
    let wrong: Vec<String> = packages
        .iter()
        .filter(|p| !p.license.is_some_and(allowed))
        .map(|p| {
            format!(
                "{} {}: {}",
                p.name,
                p.version,
                p.license.unwrap_or("no licence")
            )
        })
        .collect();
    if !wrong.is_empty() {
        bail!("licences that we cannot ship:\n  {}", wrong.join("\n  "));
    }
    println!("{} packages, all licences allowed", packages.len());
    Ok(())
}

/// Evaluates an SPDX expression: `OR` needs one side, `AND` all; `/` is the old `OR`.
fn allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let words: Vec<String> = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    let mut at = 0;
    any_of(&words, &mut at) && at == words.len()
}

fn any_of(words: &[String], at: &mut usize) -> bool {
    let mut met = all_of(words, at);
    while words.get(*at).is_some_and(|w| w == "OR") {
        *at += 1;
        met |= all_of(words, at);
    }
    met
}

fn all_of(words: &[String], at: &mut usize) -> bool {
    let mut met = one(words, at);
    while words.get(*at).is_some_and(|w| w == "AND") {
        *at += 1;
        met &= one(words, at);
    }
    met
}

fn one(words: &[String], at: &mut usize) -> bool {
    let Some(word) = words.get(*at) else {
        return false;
    };
    *at += 1;
    if word == "(" {
        let met = any_of(words, at);
        *at += 1;
        return met;
    }
    let mut licence = word.clone();
    if words.get(*at).is_some_and(|w| w == "WITH")
        && let Some(exception) = words.get(*at + 1)
    {
        licence = format!("{licence} WITH {exception}");
        *at += 2;
    }
    ALLOWED.contains(&licence.as_str())
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn an_alternative_that_is_allowed_is_enough() {
        assert!(allowed("GPL-3.0 OR MIT"));
        assert!(allowed("MIT/Apache-2.0"));
        assert!(allowed("(MIT OR GPL-2.0) AND Unicode-3.0"));
        assert!(allowed("Apache-2.0 WITH LLVM-exception OR MIT"));
    }

    #[test]
    fn a_part_that_is_not_allowed_fails() {
        assert!(!allowed("GPL-3.0"));
        assert!(!allowed("MIT AND AGPL-3.0"));
        assert!(!allowed(""));
    }
}
