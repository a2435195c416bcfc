//! Routes that are files (Next.js): those of one resource are compared across files.

use std::collections::BTreeMap;

use super::authentication::{forgotten, is_guarded};
use super::{Missing, list};
use crate::surface::{Route, Surface};

/// Routes that ask who is calling, from which on one that does not was forgotten for certain.
const MIN_GUARDED: usize = 2;

/// One finding an application: routes that change data and let anybody in, beside those that do not.
pub(super) fn forgotten_files<'s>(surfaces: &[&'s Surface]) -> Vec<Missing<'s>> {
    let mut applications: BTreeMap<String, BTreeMap<&str, Vec<&'s Route>>> = BTreeMap::new();
    let mut covered: Vec<String> = Vec::new();
    for surface in surfaces {
        let path = surface.path.display();
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for route in &surface.file_routes {
            // The middleware asks before all that is below its folder.
            if route.path.is_empty() {
                covered.push(folder.to_owned());
                continue;
            }
            let mut parts: Vec<&str> = folder.split('/').collect();
            let app = parts.iter().rposition(|part| *part == "app");
            parts.truncate(app.unwrap_or_default());
            let resources = applications.entry(parts.join("/")).or_default();
            let of_resource = resources.entry(resource(&route.path)).or_default();
            of_resource.push(route);
        }
    }
    let mut found = Vec::new();
    for (root, resources) in &applications {
        let is_below = |folder: &String| {
            let rest = root.strip_prefix(folder.as_str());
            folder.is_empty() || rest.is_some_and(|r| r.is_empty() || r.starts_with('/'))
        };
        if covered.iter().any(is_below) {
            continue;
        }
        let mut open: Vec<&'s Route> = Vec::new();
        let mut certain = false;
        for routes in resources.values() {
            let guarded = routes.iter().filter(|r| is_guarded(r)).count();
            let bare = forgotten(routes);
            if guarded > bare.len() || guarded > 0 && bare.len() == 1 {
                certain |= guarded >= MIN_GUARDED && !bare.is_empty();
                open.extend(bare);
            }
        }
        open.sort_by(|a, b| a.place.location.cmp(&b.place.location));
        let Some(first) = open.first() else { continue };
        found.push(Missing {
            rule: "missing-authentication",
            certain,
            message: format!(
                "Anybody can call {}: other routes of the same resource ask who is calling, and this does not.",
                list(&open)
            ),
            place: &first.place,
            routes: open.clone(),
        });
    }
    found
}

/// The first constant part of an address: `prompts` of `/api/prompts/[id]/track`.
fn resource(path: &str) -> &str {
    path.split('/')
        .find(|part| {
            let version = part.starts_with('v') && part.len() <= 3;
            !(part.is_empty() || *part == "api" || part.starts_with('[') || version)
        })
        .unwrap_or("")
}
