//! Routes that change data and let anybody in, beside routes of the same resource that do not.

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::RepoPath;

use super::group::Group;
use super::whole::{changes_state, is_attempt, is_public};
use super::{Missing, list};
use crate::surface::{Control, Route};

/// Compares each state-changing route with its siblings: same file, same router, same resource.
pub(super) fn sibling_routes<'s>(group: &Group<'s>) -> Option<Missing<'s>> {
    let covered: BTreeSet<&str> = group.installs(Control::Authentication).collect();
    if !covered.is_empty() {
        // Something asks before the handlers of some router; which routes that reaches depends on
        // the order of registration, which is not modelled.
        return None;
    }
    let mut resources: BTreeMap<(&RepoPath, &str, &str), Vec<&'s Route>> = BTreeMap::new();
    for file in &group.files {
        for route in &file.routes {
            let key = (&file.path, route.router.as_str(), resource(&route.path));
            resources.entry(key).or_default().push(route);
        }
    }
    let mut open: Vec<&'s Route> = Vec::new();
    for routes in resources.values() {
        let guarded = routes.iter().filter(|r| is_guarded(r)).count();
        let bare = routes.iter().copied().filter(|r| {
            changes_state(r)
                && !is_guarded(r)
                && !is_public(r)
                && !is_attempt(r)
                // A handler that is not in sight may ask by itself.
                && r.writes == Some(true)
        });
        let bare: Vec<&Route> = bare.collect();
        // One forgotten among several guarded ones; where most are open, that is the design.
        if guarded > bare.len() || (guarded > 0 && bare.len() == 1) {
            open.extend(bare);
        }
    }
    open.sort_by(|a, b| a.place.location.cmp(&b.place.location));
    let first = open.first()?;
    Some(Missing {
        rule: "missing-authentication",
        certain: true,
        message: format!(
            "Anybody can call {}: other routes of the same resource ask who is calling, and this does not.",
            list(&open)
        ),
        place: &first.place,
        routes: open.clone(),
    })
}

fn is_guarded(route: &Route) -> bool {
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
