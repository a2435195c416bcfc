//! Versions as registries order them, as far as advisories need it.
//!
//! Cargo, npm and Go use semantic versions, Python PEP 440. Of the others numbers between dots are compared, and
//! anything else is not: no order is better than a wrong one.

use std::cmp::Ordering;

/// How two versions of a registry stand to each other; `None` where that cannot be told.
pub(super) fn compare(kind: &str, a: &str, b: &str) -> Option<Ordering> {
    match kind {
        "cargo" | "npm" | "golang" => {
            let read = |text: &str| semver::Version::parse(&padded(text)).ok();
            Some(read(a)?.cmp_precedence(&read(b)?))
        }
        "pypi" => Some(Pep440::read(a)?.cmp(&Pep440::read(b)?)),
        _ => Some(numbers(a)?.cmp(&numbers(b)?)),
    }
}

/// Is it the same version, written twice?
pub(super) fn same(kind: &str, a: &str, b: &str) -> bool {
    let plain = |text: &str| text.trim().trim_start_matches(['v', 'V']).to_owned();
    plain(a) == plain(b) || compare(kind, a, b) == Some(Ordering::Equal)
}

/// `v1.2` as `1.2.0`.
fn padded(text: &str) -> String {
    let text = text.trim().trim_start_matches(['v', 'V']);
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, rest) = text.split_at(end);
    match numbers.matches('.').count() {
        0 => format!("{numbers}.0.0{rest}"),
        1 => format!("{numbers}.0{rest}"),
        _ => text.to_owned(),
    }
}

/// Numbers between dots, without zeros at the end.
fn numbers(text: &str) -> Option<Vec<u64>> {
    let text = text.trim().trim_start_matches(['v', 'V']);
    let mut parts: Vec<u64> = text
        .split('.')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    while parts.last() == Some(&0) {
        parts.pop();
    }
    Some(parts)
}

/// A version of Python, in the order of PEP 440.
#[derive(PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Pep440 {
    epoch: u64,
    release: Vec<u64>,
    /// What stands before the release sorts before it.
    pre: Stage,
    /// Nothing, or the number of the post release.
    post: Option<u64>,
    /// A development release sorts before what it develops.
    dev: Dev,
    local: Vec<LocalPart>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Stage {
    /// `1.0.dev1` alone comes before `1.0a1`.
    DevOnly,
    Pre(char, u64),
    Final,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Dev {
    Of(u64),
    None,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Debug)]
enum LocalPart {
    Text(String),
    Number(u64),
}

impl Pep440 {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let text = text.trim_start_matches('v');
        let (text, local) = match text.split_once('+') {
            Some((text, local)) => (text, local),
            None => (text, ""),
        };
        let (epoch, text) = match text.split_once('!') {
            Some((epoch, text)) => (epoch.parse().ok()?, text),
            None => (0, text),
        };
        let end = text
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(text.len());
        let (release, rest) = text.split_at(end);
        let release = numbers(release.trim_end_matches('.'))?;
        let (mut pre, mut post, mut dev) = (None, None, None);
        let mut rest = rest;
        while !rest.is_empty() {
            rest = rest.trim_start_matches(['.', '-', '_']);
            let end = rest
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            let after = after.trim_start_matches(['.', '-', '_']);
            let end = after
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(after.len());
            let (number, after) = after.split_at(end);
            let number = if number.is_empty() {
                0
            } else {
                number.parse().ok()?
            };
            match word {
                "a" | "alpha" if pre.is_none() => pre = Some(('a', number)),
                "b" | "beta" if pre.is_none() => pre = Some(('b', number)),
                "c" | "rc" | "pre" | "preview" if pre.is_none() => pre = Some(('r', number)),
                // `1.0-1` is a post release as well.
                "" | "post" | "rev" | "r" if post.is_none() => post = Some(number),
                "dev" if dev.is_none() => dev = Some(number),
                _ => return None,
            }
            rest = after;
        }
        let parts = local.split(['.', '-', '_']).filter(|part| !part.is_empty());
        Some(Self {
            epoch,
            release,
            pre: match (pre, post, dev) {
                (Some((letter, number)), _, _) => Stage::Pre(letter, number),
                (None, None, Some(_)) => Stage::DevOnly,
                _ => Stage::Final,
            },
            post,
            dev: dev.map_or(Dev::None, Dev::Of),
            local: parts
                .map(|part| {
                    part.parse()
                        .map_or_else(|_| LocalPart::Text(part.to_owned()), LocalPart::Number)
                })
                .collect(),
        })
    }
}

/// The one version that a requirement of a manifest allows, if it allows one alone.
pub(crate) fn pinned(kind: &str, requirement: &str) -> Option<String> {
    let text = requirement.split(';').next().unwrap_or_default().trim();
    let text = match kind {
        // `[extra]==1.0`, `(==1.0)`, and digests after it.
        "pypi" => {
            let text = text.split(" --hash").next().unwrap_or_default();
            let text = match text.strip_prefix('[') {
                Some(extras) => extras.split_once(']')?.1,
                None => text,
            };
            let text = text.trim().trim_start_matches('(').trim_end_matches(')');
            text.strip_prefix("===")
                .or_else(|| text.strip_prefix("=="))?
        }
        "cargo" => text.strip_prefix('=')?,
        "gem" => text.trim_start_matches('='),
        "npm" | "composer" => text.trim_start_matches(['=', 'v']),
        "golang" | "maven" => text,
        _ => return None,
    };
    let text = text.trim();
    let is_version = text.starts_with(|c: char| c.is_ascii_digit() || c == 'v')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_' | '!'));
    // `1.x` is no version, nor is `1` where a manifest may leave numbers out.
    let is_whole = match kind {
        "npm" => semver::Version::parse(text).is_ok(),
        "composer" => text.matches('.').count() >= 2,
        _ => true,
    };
    (is_version && is_whole).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_versions_are_in_the_order_of_pep_440() {
        let ordered = [
            "1.0.dev456",
            "1.0a1",
            "1.0a2.dev456",
            "1.0a12.dev456",
            "1.0a12",
            "1.0b1.dev456",
            "1.0b2",
            "1.0b2.post345.dev456",
            "1.0b2.post345",
            "1.0rc1.dev456",
            "1.0rc1",
            "1.0",
            "1.0+abc.5",
            "1.0+abc.7",
            "1.0+5",
            "1.0.post456.dev34",
            "1.0.post456",
            "1.1.dev1",
            "1!0.1",
        ];
        for pair in ordered.windows(2) {
            assert_eq!(
                compare("pypi", pair[0], pair[1]),
                Some(Ordering::Less),
                "{pair:?}"
            );
        }
        for (a, b) in [
            ("1.0", "1.0.0"),
            ("1.0-1", "1.0.post1"),
            ("v1.0RC1", "1.0c1"),
            ("1.0.alpha", "1.0a0"),
        ] {
            assert!(same("pypi", a, b), "{a} {b}");
        }
        assert_eq!(compare("pypi", "1.0", "2004d-x"), None);
    }

    #[test]
    fn semantic_versions_and_numbers_are_compared_and_nothing_else_is() {
        assert_eq!(compare("npm", "1.2.0-rc.1", "1.2.0"), Some(Ordering::Less));
        assert_eq!(compare("golang", "v1.10.0", "1.9"), Some(Ordering::Greater));
        assert_eq!(
            compare("golang", "v2.0.0+incompatible", "2.0.0"),
            Some(Ordering::Equal)
        );
        assert_eq!(compare("gem", "1.10", "1.9.9"), Some(Ordering::Greater));
        assert_eq!(compare("maven", "1.0.0.Final", "1.0.1"), None);
    }

    #[test]
    fn a_requirement_is_pinned_if_it_allows_one_version_alone() {
        for (kind, requirement, version) in [
            ("pypi", "==1.0.2", Some("1.0.2")),
            ("pypi", "[socks]==2.0 ; python_version < '4'", Some("2.0")),
            ("pypi", "==1.0.*", None),
            ("pypi", ">=1.0", None),
            ("pypi", "==1.0,<2", None),
            ("npm", "1.2.3", Some("1.2.3")),
            ("npm", "^1.2.3", None),
            ("npm", "1.x", None),
            ("npm", "1.2", None),
            ("cargo", "1.2.3", None),
            ("cargo", "=1.2.3", Some("1.2.3")),
            ("golang", "v1.2.3", Some("v1.2.3")),
            ("gem", "~> 8", None),
            ("gem", "8.0.1", Some("8.0.1")),
            ("maven", "${version}", None),
            ("maven", "[1.0,2.0)", None),
            ("composer", "1.2", None),
            ("composer", "v1.2.3", Some("1.2.3")),
            ("cargo", "https://example.org/x abc", None),
        ] {
            assert_eq!(
                pinned(kind, requirement).as_deref(),
                version,
                "{kind} {requirement}"
            );
        }
    }
}
