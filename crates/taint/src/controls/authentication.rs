//! Routes that change data and let anybody in, beside routes of the same resource that do not.

use std::collections::BTreeMap;

use trueline_facts::RepoPath;

use super::group::Group;
use super::public::{is_public, makes_administrators};
use super::whole::{changes_state, is_attempt};
use super::{Missing, list};
use crate::surface::{Control, Route, Surface};

/// Guarded routes of a file, at least and for each one that is not, from which on the others are
/// taken for forgotten.
const MIN_GUARDED: usize = 3;
const MIN_SHARE: usize = 2;

/// Compares each state-changing route with its siblings: same file, same router, same resource.
pub(super) fn sibling_routes<'s>(group: &Group<'s>) -> Option<Missing<'s>> {
    let asks = |file: &&&Surface| {
        let mut installs = file.installs.iter();
        installs.any(|(_, control)| *control == Control::Authentication)
    };
    let covered: Vec<&Surface> = group.files.iter().filter(asks).copied().collect();
    // Something asks before the handlers of some router; which routes that reaches depends on the
    // order of registration, which is not modelled. A file of routes speaks for its own.
    if covered
        .iter()
        .any(|f| !f.applications.is_empty() || f.routes.is_empty())
    {
        return None;
    }
    let mut resources: BTreeMap<(&RepoPath, &str, &str), Vec<&'s Route>> = BTreeMap::new();
    for file in &group.files {
        if covered.iter().any(|f| f.path == file.path) {
            continue;
        }
        for route in &file.routes {
            let key = (&file.path, route.router.as_str(), resource(&route.path));
            resources.entry(key).or_default().push(route);
        }
    }
    let mut open: Vec<&'s Route> = Vec::new();
    for routes in resources.values() {
        let guarded = routes.iter().filter(|r| is_guarded(r)).count();
        let bare = forgotten(routes);
        // One forgotten among several guarded ones; where most are open, that is the design.
        if guarded > bare.len() || (guarded > 0 && bare.len() == 1) {
            open.extend(bare);
        }
    }
    // In a file of which nearly every route asks by what stands before its handler.
    let mut routers: BTreeMap<(&RepoPath, &str), Vec<&'s Route>> = BTreeMap::new();
    for ((file, router, _), routes) in &resources {
        routers.entry((file, router)).or_default().extend(routes);
    }
    for routes in routers.values() {
        let guards = |r: &&&Route| r.guarded_by.contains(&Control::Authentication);
        let guarded = routes.iter().filter(guards).count();
        let bare = forgotten(routes);
        if guarded >= MIN_GUARDED && guarded >= MIN_SHARE * bare.len() {
            open.extend(
                bare.into_iter()
                    .filter(|r| !r.guarded_by.contains(&Control::RateLimit)),
            );
        }
    }
    // Nobody makes himself an administrator where others are asked, in whatever file they stand.
    let all: Vec<&'s Route> = resources.values().flatten().copied().collect();
    if all.iter().filter(|r| is_guarded(r)).count() >= MIN_SHARE {
        let bare = forgotten(&all);
        open.extend(bare.into_iter().filter(|r| makes_administrators(r)));
    }
    open.sort_by(|a, b| a.place.location.cmp(&b.place.location));
    open.dedup();
    let first = open.first()?;
    Some(Missing {
        rule: "missing-authentication",
        certain: true,
        message: format!(
            "Anybody can call {}: other routes beside it ask who is calling, and this does not.",
            list(&open)
        ),
        place: &first.place,
        routes: open.clone(),
    })
}

/// Routes that change data and ask nobody.
pub(super) fn forgotten<'s>(routes: &[&'s Route]) -> Vec<&'s Route> {
    let bare = routes.iter().copied().filter(|r| {
        changes_state(r)
            && !is_guarded(r)
            && !is_public(r)
            && !is_attempt(r)
            // A handler that is not in sight may ask by itself.
            && r.writes == Some(true)
    });
    bare.collect()
}

pub(super) fn is_guarded(route: &Route) -> bool {
    route.guarded_by.contains(&Control::Authentication)
        || route.checks.contains(&Control::Authentication)
}

/// The first constant segment that is no version or common prefix: `users` of `/api/v1/users/<id>`.
fn resource(path: &str) -> &str {
    path.split('/')
        .find(|s| {
            let parameter = s.starts_with(['<', ':', '{', '*']);
            let version = s.starts_with('v') && s.len() <= 3;
            !(s.is_empty() || *s == "api" || parameter || version)
        })
        .unwrap_or("")
}
