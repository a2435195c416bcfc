//! The links of an archive, and where a path leads through them: an archive may make a link first, and then unpack
//! what follows through it.

use std::collections::BTreeMap;

/// Links that one path is followed through, and parts of paths that are gone through: systems allow as many.
const MAX_LINKS: usize = 40;
const MAX_PARTS: usize = 2048;

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
    to: String,
    /// A hard link: its path is one of the archive.
    from_root: bool,
}

/// Everything that is known as a link.
#[derive(Debug)]
pub(super) struct Links {
    nodes: Vec<Node>,
}

impl Default for Links {
    fn default() -> Self {
        Self {
            nodes: vec![Node::default()],
        }
    }
}

impl Links {
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
        if route.is_outside || route.is_endless || matches!(last, "" | "." | "..") {
            return;
        }
        for part in missing.iter().map(String::as_str).chain([last]) {
            at = self.child(at, part);
        }
        if at != 0 {
            self.nodes[at].link = Some(Link {
                to: to.to_owned(),
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
        let mut ahead: Vec<&str> = path.rsplit('/').collect();
        let (mut at, mut missing) = (0, Vec::new());
        let (mut links, mut parts) = (0, 0);
        while let Some(part) = ahead.pop() {
            parts += 1;
            if parts > MAX_PARTS {
                route.is_endless = true;
                break;
            }
            match part {
                "" | "." => continue,
                ".." => {
                    if missing.pop().is_none() {
                        route.is_outside |= at == 0;
                        at = self.nodes[at].parent;
                    }
                    continue;
                }
                _ => {}
            }
            let child = self.nodes[at].children.get(part);
            let Some(child) = child.filter(|_| missing.is_empty()) else {
                missing.push(part);
                continue;
            };
            let is_last = ahead.iter().all(|part| matches!(*part, "" | "."));
            match &self.nodes[*child].link {
                Some(_) if is_last && !follow_last => {
                    route.ends_in_link = true;
                    at = *child;
                }
                Some(link) => {
                    links += 1;
                    if links > MAX_LINKS {
                        route.is_endless = true;
                        break;
                    }
                    route.ends_in_link |= is_last;
                    route.through_link |= !is_last;
                    if link.from_root {
                        at = 0;
                    }
                    route.is_outside |= link.to.starts_with(['/', '\\']);
                    ahead.extend(link.to.rsplit('/'));
                }
                None => at = *child,
            }
        }
        (route, at, missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_followed_through_links_as_a_system_would() {
        let mut links = Links::default();
        links.add("x/y/z", ".", true);
        links.add("x/y/z/up", "../../..", true);
        let route = links.route("x/y/up/evil.txt");
        assert!(route.is_outside && route.through_link, "{route:?}");
        assert!(!links.route("x/y/other.txt").is_outside);
        assert!(links.target("x/y/up").is_outside);
        let mut dotted = Links::default();
        dotted.add("./lnk", "sub", true);
        assert!(dotted.route("lnk/a").through_link);
        assert!(dotted.route("lnk").ends_in_link && !dotted.route("lnk").through_link);
        assert!(!dotted.route("lnk2/a").through_link);
        assert!(dotted.route("lnk/../../a").is_outside);
        assert!(!dotted.route("a/../b").is_outside);
    }

    #[test]
    fn circles_and_hard_links_come_to_an_end() {
        let mut links = Links::default();
        links.add("a", "b", true);
        links.add("b", "a", true);
        assert!(links.route("a/c").is_endless);
        links.add("deep/soft", "..", true);
        links.add("hard", "deep/soft", false);
        assert!(links.target("hard/..").is_outside);
        assert!(!links.target("hard").is_outside);
    }
}
