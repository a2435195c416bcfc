//! Which files make up one application: those under the nearest folder that holds an application
//! object, taken apart when several files of one folder each hold one.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::RepoPath;

use crate::surface::{Application, Control, Route, Surface, Trait};

/// Files that mark the root of a project.
const MANIFESTS: &[&str] = &[
    "package.json",
    "pyproject.toml",
    "requirements.txt",
    "setup.py",
    "setup.cfg",
    "Pipfile",
    "manage.py",
    "go.mod",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
];

/// The files of one application.
#[derive(Debug)]
pub(super) struct Group<'s> {
    /// The first application object.
    pub(super) application: &'s Application,
    pub(super) files: Vec<&'s Surface>,
}

impl<'s> Group<'s> {
    pub(super) fn mentions(&self, control: Control) -> bool {
        self.files.iter().any(|f| f.mentions.contains(&control))
            || self.installs(control).next().is_some()
    }

    pub(super) fn has(&self, wanted: Trait) -> bool {
        self.files.iter().any(|f| f.traits.contains(&wanted))
    }

    /// Routers (by name) on which a control is installed.
    pub(super) fn installs(&self, control: Control) -> impl Iterator<Item = &'s str> + '_ {
        self.files
            .iter()
            .flat_map(|f| &f.installs)
            .filter(move |(_, c)| *c == control)
            .map(|(router, _)| router.as_str())
    }

    /// Whether the router of a route asks who is calling, in the file that registers the route.
    pub(super) fn asks_before(&self, route: &Route) -> bool {
        let here = |f: &&&Surface| f.path == route.place.location.path;
        self.files.iter().filter(here).any(|f| {
            let mut installs = f.installs.iter();
            installs.any(|(router, control)| {
                let (router, below) = scope(router);
                *control == Control::Authentication
                    && router == route.router
                    && below.is_none_or(|below| is_below(&route.path, below))
            })
        })
    }

    /// Whether anything asks who is calling before or in the handler of a route; `None` where the handler
    /// is out of sight.
    pub(super) fn asks(&self, route: &Route) -> Option<bool> {
        let by_itself = [&route.guarded_by, &route.checks]
            .iter()
            .any(|list| list.contains(&Control::Authentication));
        let mut applications = self.files.iter().filter(|f| !f.applications.is_empty());
        let for_all = applications.any(|f| {
            let mut installs = f.installs.iter();
            installs.any(|(router, control)| {
                *control == Control::Authentication
                    && scope(router)
                        .1
                        .is_none_or(|below| is_below(&route.path, below))
            })
        });
        if by_itself || for_all || self.asks_before(route) {
            return Some(true);
        }
        route.writes.map(|_| false)
    }

    /// Whether pages of other sites may send requests with a visitor's cookie, of any kind.
    pub(super) fn lets_sites_in(&self) -> bool {
        let mut weak = self.files.iter().flat_map(|f| &f.weak_settings);
        weak.any(|w| w.rule == "permissive-cors" && w.certain)
    }

    pub(super) fn routes(&self) -> impl Iterator<Item = &'s Route> + '_ {
        self.files.iter().flat_map(|f| &f.routes)
    }
}

/// The applications of a scan, and the first of the files with routes that belong to none, with the
/// number of such routes.
pub(super) fn groups<'s>(
    surfaces: &[&'s Surface],
    paths: &[RepoPath],
) -> (Vec<Group<'s>>, Option<(RepoPath, usize)>) {
    let roots: BTreeSet<String> = paths
        .iter()
        .filter_map(|path| {
            let path = path.display();
            let (folder, name) = split(&path);
            MANIFESTS.contains(&name).then(|| folder.to_owned())
        })
        .collect();
    // Applications by the folder that they speak for.
    let mut homes: BTreeMap<String, Vec<&'s Surface>> = BTreeMap::new();
    for surface in surfaces.iter().copied() {
        if !surface.applications.is_empty() {
            homes
                .entry(home(&surface.path, &roots))
                .or_default()
                .push(surface);
        }
    }
    let mut shared: BTreeMap<&str, Vec<&'s Surface>> = BTreeMap::new();
    // Modules beside the applications, such as one that secures them all.
    let mut library: Vec<&'s Surface> = Vec::new();
    let mut homeless: Option<(RepoPath, usize)> = None;
    for surface in surfaces.iter().copied() {
        if !surface.applications.is_empty() {
            continue;
        }
        let path = surface.path.display();
        let (folder, _) = split(&path);
        match ancestors(folder).find_map(|f| homes.get_key_value(f)) {
            Some((home, _)) => shared.entry(home).or_default().push(surface),
            None if surface.routes.is_empty() => library.push(surface),
            None => {
                let known = homeless.get_or_insert_with(|| (surface.path.clone(), 0));
                known.1 += surface.routes.len();
            }
        }
    }
    let mut groups = Vec::new();
    for (home, owners) in &homes {
        let shared = shared
            .get(home.as_str())
            .map(Vec::as_slice)
            .unwrap_or_default();
        let folders: Vec<String> = owners.iter().map(|o| folder_of(&o.path)).collect();
        for (owner, own) in owners.iter().zip(&folders) {
            let Some(application) = owner.applications.first() else {
                continue;
            };
            let mut files = vec![*owner];
            // What the pages of an application do is not done by its server.
            let spoken = family(&owner.path);
            let shared = shared.iter().filter(|file| {
                let at = folder_of(&file.path);
                let inside = |folder: &str, above: &str| ancestors(folder).any(|f| f == above);
                // A folder that has an application of its own belongs to that one.
                !folders
                    .iter()
                    .any(|other| inside(&at, other) && !inside(&at, own) && !inside(own, other))
            });
            let beside = shared.chain(&library).copied();
            files.extend(beside.filter(|f| family(&f.path) == spoken));
            groups.push(Group { application, files });
        }
    }
    (groups, homeless)
}

/// The folder that an application's file speaks for: the nearest one with a manifest, or its own.
fn home(path: &RepoPath, roots: &BTreeSet<String>) -> String {
    let path = path.display();
    let (folder, _) = split(&path);
    ancestors(folder)
        .find(|f| roots.contains(*f))
        .unwrap_or(folder)
        .to_owned()
}

/// What a control is installed on, and the path below which it holds: `app /admin`.
fn scope(installed: &str) -> (&str, Option<&str>) {
    match installed.split_once(' ') {
        Some((router, below)) => (router, Some(below)),
        None => (installed, None),
    }
}

fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above.trim_end_matches('/'))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Which language a file is in, by the end of its name; those that run together are one.
fn family(path: &RepoPath) -> &'static str {
    let path = path.display();
    match path.rsplit_once('.').map_or("", |(_, end)| end) {
        "py" | "pyi" => "python",
        "java" => "java",
        "go" => "go",
        _ => "javascript",
    }
}

fn folder_of(path: &RepoPath) -> String {
    split(&path.display()).0.to_owned()
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// A folder and all above it; the root is the empty text.
fn ancestors(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |f| {
        if f.is_empty() {
            None
        } else {
            Some(f.rsplit_once('/').map_or("", |(above, _)| above))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surface(path: &str, framework: Option<&str>) -> Surface {
        let place = crate::surface::Place {
            location: trueline_facts::Location {
                path: RepoPath::from(path),
                start: trueline_facts::Position { line: 1, column: 1 },
                end: trueline_facts::Position { line: 1, column: 2 },
                snippet: String::new(),
            },
            symbol: String::new(),
            tokens: String::new(),
        };
        Surface {
            path: RepoPath::from(path),
            applications: framework
                .map(|framework| Application {
                    framework: framework.to_owned(),
                    place,
                })
                .into_iter()
                .collect(),
            routes: Vec::new(),
            file_routes: Vec::new(),
            mentions: Vec::new(),
            installs: vec![("registry".to_owned(), Control::Authentication)],
            traits: Vec::new(),
            weak_settings: Vec::new(),
        }
    }

    #[test]
    fn a_module_beside_two_applications_speaks_for_both() {
        let shop = surface("shop/src/Shop.java", Some("Spring"));
        let admin = surface("admin/src/Admin.java", Some("Spring"));
        let secured = surface("security/src/SecurityConfig.java", None);
        let own = surface("admin/src/Orders.java", None);
        let paths = ["shop/pom.xml", "admin/pom.xml", "security/pom.xml"].map(RepoPath::from);
        let (groups, homeless) = groups(&[&shop, &admin, &secured, &own], &paths);
        let files: Vec<usize> = groups.iter().map(|g| g.files.len()).collect();
        assert_eq!(files, [3, 2]);
        assert_eq!(homeless, None);
    }

    #[test]
    fn folders_go_up_to_the_root() {
        let all: Vec<&str> = ancestors("a/b").collect();
        assert_eq!(all, ["a/b", "a", ""]);
        assert_eq!(ancestors("").collect::<Vec<_>>(), [""]);
    }
}
