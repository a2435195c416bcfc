//! Matches paths against the patterns of the tables.
//!
//! A pattern is one or more path components, `*` standing for any part of one. It matches at any
//! depth, or only from the root if it begins with `/`. One that ends in `/` names a directory and
//! matches everything below it; any other names a file.

use rustc_hash::FxHashMap;

/// Patterns with the number of the row each belongs to.
pub(crate) struct Patterns {
    /// By first component, where that has no `*`.
    by_first: FxHashMap<Box<[u8]>, Vec<Pattern>>,
    /// Names of files that have one.
    names: Wild,
    /// Those that begin with a component that has one, but are more than the name of a file.
    longer: Wild,
}

/// Patterns by the byte that ends their first component: nearly every path is asked, and most components
/// end like few patterns.
#[derive(Default)]
struct Wild {
    by_end: FxHashMap<u8, Vec<Pattern>>,
    /// Those whose first component ends with the `*`.
    open: Vec<Pattern>,
}

impl Wild {
    fn add(&mut self, first: &str, pattern: Pattern) {
        let list = match first.bytes().last() {
            None | Some(b'*') => &mut self.open,
            Some(end) => self.by_end.entry(end).or_default(),
        };
        list.push(pattern);
    }

    fn ending_like(&self, component: &[u8]) -> impl Iterator<Item = &Pattern> {
        let closed = component.last().and_then(|end| self.by_end.get(end));
        closed.into_iter().flatten().chain(&self.open)
    }
}

struct Pattern {
    components: Vec<Component>,
    anchored: bool,
    directory: bool,
    row: usize,
}

enum Component {
    Exact(Box<[u8]>),
    /// One `*`, between these.
    Affixes(Box<[u8]>, Box<[u8]>),
    Wild(Box<[u8]>),
}

impl Component {
    fn new(text: &str) -> Self {
        match text.split_once('*') {
            None => Self::Exact(text.as_bytes().into()),
            Some((_, rest)) if rest.contains('*') => Self::Wild(text.as_bytes().into()),
            Some((prefix, suffix)) => {
                Self::Affixes(prefix.as_bytes().into(), suffix.as_bytes().into())
            }
        }
    }

    fn matches(&self, text: &[u8]) -> bool {
        match self {
            Self::Exact(exact) => **exact == *text,
            Self::Affixes(prefix, suffix) => text
                .strip_prefix(&**prefix)
                .is_some_and(|rest| rest.ends_with(suffix)),
            Self::Wild(pattern) => wildcard(pattern, text),
        }
    }
}

impl Patterns {
    pub(crate) fn new<'a>(patterns: impl Iterator<Item = (&'a str, usize)>) -> Self {
        let mut all = Self {
            by_first: FxHashMap::default(),
            names: Wild::default(),
            longer: Wild::default(),
        };
        for (text, row) in patterns {
            let (anchored, rest) = match text.strip_prefix('/') {
                Some(rest) => (true, rest),
                None => (false, text),
            };
            let (directory, rest) = match rest.strip_suffix('/') {
                Some(rest) => (true, rest),
                None => (false, rest),
            };
            let pattern = Pattern {
                components: rest.split('/').map(Component::new).collect(),
                anchored,
                directory,
                row,
            };
            let first = rest.split('/').next().unwrap_or_default();
            if !first.contains('*') {
                let list = all.by_first.entry(first.as_bytes().into());
                list.or_default().push(pattern);
            } else if pattern.is_name() {
                all.names.add(first, pattern);
            } else {
                all.longer.add(first, pattern);
            }
        }
        all
    }

    /// Rows with a pattern that matches, in no particular order, possibly more than once.
    pub(crate) fn rows<'p>(&'p self, path: &'p [u8]) -> impl Iterator<Item = usize> + 'p {
        let starts = std::iter::once(0).chain(memchr::memchr_iter(b'/', path).map(|at| at + 1));
        starts.flat_map(move |at| {
            let rest = path.get(at..).unwrap_or_default();
            let end = memchr::memchr(b'/', rest);
            let first = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            let exact = self
                .by_first
                .get(first)
                .map(Vec::as_slice)
                .unwrap_or_default();
            // Most patterns are one file name: no need to try them on every directory above.
            let wild = if end.is_none() {
                &self.names
            } else {
                &self.longer
            };
            exact
                .iter()
                .chain(wild.ending_like(first))
                .filter(move |pattern| pattern.matches(rest, at))
                .map(|pattern| pattern.row)
        })
    }
}

impl Pattern {
    fn is_name(&self) -> bool {
        !self.directory && self.components.len() == 1
    }

    fn matches(&self, rest: &[u8], at: usize) -> bool {
        if self.anchored && at > 0 {
            return false;
        }
        let mut components = rest.split(|&b| b == b'/');
        let all = self.components.iter().all(|pattern| {
            components
                .next()
                .is_some_and(|component| pattern.matches(component))
        });
        all && components.next().is_some() == self.directory
    }
}

/// `*` matches any bytes, none included. Backtracks only to the last star: linear in practice, at
/// worst the product of both lengths.
pub(crate) fn wildcard(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if text.get(t) == Some(byte) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((star_p, star_t)) => {
                    star = Some((star_p, star_t + 1));
                    p = star_p + 1;
                    t = star_t + 1;
                }
                None => return false,
            },
        }
    }
    pattern
        .get(p..)
        .unwrap_or_default()
        .iter()
        .all(|&b| b == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Patterns::new([(pattern, 0)].into_iter())
            .rows(path.as_bytes())
            .next()
            .is_some()
    }

    #[test]
    fn a_file_matches_at_any_depth_and_an_anchored_one_only_at_the_root() {
        assert!(matches("CLAUDE.md", "CLAUDE.md") && matches("CLAUDE.md", "a/b/CLAUDE.md"));
        assert!(!matches("CLAUDE.md", "CLAUDE.md/x") && !matches("CLAUDE.md", "XCLAUDE.md"));
        assert!(matches("/.rules", ".rules") && !matches("/.rules", "a/.rules"));
    }

    #[test]
    fn a_directory_matches_what_lies_below_it() {
        assert!(
            matches(".claude/", ".claude/settings.json") && matches(".claude/", "a/.claude/b/c")
        );
        assert!(!matches(".claude/", ".claude") && !matches(".claude/", "x.claude/a"));
        assert!(matches(".cursor/rules/", "p/.cursor/rules/a.mdc"));
        assert!(!matches(".cursor/rules/", ".cursor/other/a.mdc"));
    }

    #[test]
    fn a_star_stays_within_its_component() {
        assert!(matches(".aider.tags.cache.v*/", ".aider.tags.cache.v3/x"));
        assert!(matches("*.instructions.md", "a/b.instructions.md"));
        assert!(!matches(".github/*.md", ".github/a/b.md"));
        assert!(wildcard(b"a*b*c", b"axxbyybc") && !wildcard(b"a*b*c", b"axxbyyb"));
    }
}
