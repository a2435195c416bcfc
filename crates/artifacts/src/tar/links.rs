//! The links of an archive, and where a path leads through them: an archive may make a link first, and then unpack
//! what follows through it.

use std::cell::Cell;
use std::collections::BTreeMap;

/// Links that one path is followed through, and parts of paths that are gone through: systems allow as many.
const MAX_LINKS: usize = 40;
const MAX_PARTS: usize = 2048;
/// Bytes of a target that a link can have.
const MAX_TARGET: usize = 4096;
/// Where a path leads.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is asked by itself, and several may hold"
)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Route {
    /// Out of the folder that the archive is unpacked to.
    pub(super) is_outside: bool,
    /// Through a link that stands before its last part.
    pub(super) through_link: bool,
    /// Its last part is a link.
    pub(super) ends_in_link: bool,
    /// In circles, or through more than a system follows.
    pub(super) is_endless: bool,
    /// It was not followed to its end: too much was followed before.
    pub(super) is_cut: bool,
}

/// A folder or a link of the archive; the first is where it is unpacked to.
#[derive(Debug, Default)]
struct Node {
    parent: usize,
    children: BTreeMap<String, usize>,
    link: Option<Link>,
}

#[derive(Clone, Debug)]
struct Link {
    /// Without the parts that say nothing, which cost time as well.
    to: String,
    is_absolute: bool,
    /// A hard link: its path is one of the archive.
    from_root: bool,
}

/// Everything that is known as a link.
#[derive(Debug)]
pub(super) struct Links {
    nodes: Vec<Node>,
    steps_left: Cell<u64>,
}

/// Parts of a path that are left, without those that say nothing.
#[derive(Debug)]
struct Parts<'p>(&'p str);

fn parts(path: &str) -> Parts<'_> {
    let mut parts = Parts(path);
    parts.skip_idle();
    parts
}

impl Parts<'_> {
    const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Leaves out `/` and `./`.
    fn skip_idle(&mut self) {
        loop {
            self.0 = self.0.trim_start_matches('/');
            match self.0.strip_prefix('.') {
                Some(rest) if rest.is_empty() || rest.starts_with('/') => self.0 = rest,
                _ => return,
            }
        }
    }
}

impl<'p> Iterator for Parts<'p> {
    type Item = &'p str;

    fn next(&mut self) -> Option<&'p str> {
        if self.is_empty() {
            return None;
        }
        let (part, rest) = self.0.split_once('/').unwrap_or((self.0, ""));
        self.0 = rest;
        self.skip_idle();
        Some(part)
    }
}

impl Links {
    /// So many parts of paths may be gone through: a header before all members gives each of them a long target.
    pub(super) fn new(steps: u64) -> Self {
        Self {
            nodes: vec![Node::default()],
            steps_left: Cell::new(steps),
        }
    }

    /// Parts that may still be gone through; none if it was more than that.
    pub(super) const fn steps_left(&self) -> u64 {
        self.steps_left.get()
    }

    /// Takes what the same text costs again for one more member; all that is left, if it is more.
    pub(super) fn spend(&self, steps: u64) -> bool {
        let left = self.steps_left.get().checked_sub(steps);
        self.steps_left.set(left.unwrap_or_default());
        left.is_some()
    }

    /// Where a member of this name is written to.
    pub(super) fn route(&self, name: &str) -> Route {
        self.walk(name, false).0
    }

    /// Where what stands under this name leads to, through its last part as well.
    pub(super) fn target(&self, name: &str) -> Route {
        self.walk(name, true).0
    }

    /// Notes a link.
    pub(super) fn add(&mut self, name: &str, to: &str, is_symbolic: bool) {
        let (folder, last) = name
            .trim_end_matches('/')
            .rsplit_once('/')
            .unwrap_or(("", name));
        let (route, mut at, missing) = self.walk(folder, true);
        let missing: Vec<String> = missing.into_iter().map(str::to_owned).collect();
        if route.is_outside || route.is_endless || route.is_cut || matches!(last, "" | "." | "..") {
            return;
        }
        for part in missing.iter().map(String::as_str).chain([last]) {
            at = self.child(at, part);
        }
        if at != 0 {
            self.nodes[at].link = Some(Link {
                to: parts(to).collect::<Vec<_>>().join("/"),
                is_absolute: to.starts_with(['/', '\\']),
                from_root: !is_symbolic,
            });
        }
    }

    fn child(&mut self, of: usize, name: &str) -> usize {
        if let Some(known) = self.nodes[of].children.get(name) {
            return *known;
        }
        let new = self.nodes.len();
        self.nodes.push(Node {
            parent: of,
            ..Node::default()
        });
        self.nodes[of].children.insert(name.to_owned(), new);
        new
    }

    /// The way of a path: where it leads, the last known node on it, and the parts below that one that are not known.
    fn walk<'p>(&'p self, path: &'p str, follow_last: bool) -> (Route, usize, Vec<&'p str>) {
        let mut route = Route::default();
        // What is left of the path, and of the targets of the links on it, the innermost last. They are read as they
        // are needed: of a circle of long targets little more than the beginnings are.
        let mut ahead = vec![parts(path)];
        let (mut at, mut missing) = (0, Vec::new());
        let (mut links, mut steps) = (0, 0);
        while let Some(innermost) = ahead.last_mut() {
            let Some(part) = innermost.next() else {
                ahead.pop();
                continue;
            };
            steps += 1;
            if steps > MAX_PARTS {
                route.is_endless = true;
                break;
            }
            let left = self.steps_left.get();
            if left == 0 {
                route.is_cut = true;
                break;
            }
            self.steps_left.set(left - 1);
            if part == ".." {
                if missing.pop().is_none() {
                    route.is_outside |= at == 0;
                    at = self.nodes[at].parent;
                }
                continue;
            }
            if !missing.is_empty() {
                missing.push(part);
                continue;
            }
            let Some(child) = self.nodes[at].children.get(part) else {
                missing.push(part);
                continue;
            };
            let Some(link) = &self.nodes[*child].link else {
                at = *child;
                continue;
            };
            let is_last = ahead.iter().all(Parts::is_empty);
            if is_last && !follow_last {
                route.ends_in_link = true;
                at = *child;
                continue;
            }
            links += 1;
            if links > MAX_LINKS || link.to.len() > MAX_TARGET {
                route.is_endless = true;
                break;
            }
            route.ends_in_link |= is_last;
            route.through_link |= !is_last;
            if link.from_root {
                at = 0;
            }
            route.is_outside |= link.is_absolute;
            ahead.push(parts(&link.to));
        }
        (route, at, missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_followed_through_links_as_a_system_would() {
        let mut links = Links::new(10_000);
        links.add("x/y/z", ".", true);
        links.add("x/y/z/up", "../../..", true);
        let route = links.route("x/y/up/evil.txt");
        assert!(route.is_outside && route.through_link, "{route:?}");
        assert!(!links.route("x/y/other.txt").is_outside);
        assert!(links.target("x/y/up").is_outside);
        let mut dotted = Links::new(10_000);
        dotted.add("./lnk", "sub", true);
        assert!(dotted.route("lnk/a").through_link);
        assert!(dotted.route("lnk").ends_in_link && !dotted.route("lnk").through_link);
        assert!(!dotted.route("lnk2/a").through_link);
        assert!(dotted.route("lnk/../../a").is_outside);
        assert!(!dotted.route("a/../b").is_outside);
    }

    #[test]
    fn circles_and_hard_links_come_to_an_end() {
        let mut links = Links::new(10_000);
        links.add("a", "b", true);
        links.add("b", "a", true);
        assert!(links.route("a/c").is_endless);
        links.add("deep/soft", "..", true);
        links.add("hard", "deep/soft", false);
        assert!(links.target("hard/..").is_outside);
        assert!(!links.target("hard").is_outside);
    }

    #[test]
    fn a_circle_of_long_targets_costs_its_beginnings() {
        let mut links = Links::new(10_000);
        links.add("a", &"a/".repeat(2000), true);
        let before = links.steps_left();
        assert!(links.target("a").is_endless);
        let spent = before - links.steps_left();
        assert!(spent < 100, "{spent}");
    }

    #[test]
    fn what_is_not_followed_is_told() {
        let links = Links::new(10_000);
        let long = "b/".repeat(2000);
        let asked = (0..1000).take_while(|_| !links.target(&long).is_cut);
        assert_eq!(asked.count(), 5);
        assert_eq!(links.steps_left(), 0);
        assert!(links.route("a").is_cut);
    }
}
