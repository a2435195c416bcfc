//! Pages in a browser and the routes that they ask: a page that fetches `/api/chat` and the route that answers it are two
//! ends of one flow, in one program or two.

use trueline_facts::surface::{ComponentKind, ComponentUse};

use crate::graph::{Node, Way};
use crate::parts::Parts;

/// Paths that an application answers, cut at their slashes.
pub(crate) struct Routes {
    known: Vec<Vec<String>>,
}

/// Whether a detail is an address without a host: `/chat`, `*/chat`.
pub(crate) fn is_address(detail: &str) -> bool {
    detail.starts_with(['/', '*'])
}

fn segments(path: &str) -> Vec<String> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let parts = path.split('/').filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

/// A part of a route that stands for any text: `{id}`, `:id`, `[id]`, `<id>`.
fn is_open(part: &str) -> bool {
    part.starts_with(['{', ':', '[', '<', '*'])
}

impl Routes {
    pub(crate) fn of(uses: &[(Node, &ComponentUse)]) -> Self {
        let entries = uses
            .iter()
            .filter(|(_, one)| one.kind == ComponentKind::Entry);
        let paths = entries.filter_map(|(_, one)| one.detail.as_deref()?.split_once(' '));
        Self {
            known: paths.map(|(_, path)| segments(path)).collect(),
        }
    }

    /// Whether a request goes to the application itself: it has no host, and its path is one that is answered.
    pub(crate) fn is_own(&self, one: &ComponentUse) -> bool {
        let Some(address) = one
            .detail
            .as_deref()
            .filter(|d| one.kind == ComponentKind::Network && is_address(d))
        else {
            return false;
        };
        // Without a beginning that could be anybody's, it is the origin of the page.
        address.starts_with('/') || self.answers(address.trim_start_matches('*'))
    }

    /// Whether a path, which may go on with what is not known, is one of the routes, which may stand below another.
    fn answers(&self, path: &str) -> bool {
        let asked = segments(path);
        let goes_on = path.ends_with('/');
        (0..asked.len()).any(|from| {
            let asked = &asked[from..];
            self.known.iter().any(|route| {
                let fits = asked.len() == route.len() || goes_on && asked.len() < route.len();
                let mut pairs = asked.iter().zip(route);
                fits && pairs.all(|(a, b)| a == b || is_open(b))
                    && asked.iter().zip(route).any(|(_, b)| !is_open(b))
            })
        })
    }
}

impl Parts<'_> {
    /// Where a page asks the application: requests without a host that its code leads to.
    pub(crate) fn asked_by(&self, page: usize) -> Vec<&ComponentUse> {
        let reach = self.reach(page);
        let uses = self
            .graph
            .uses()
            .filter(|(node, one)| reach.get(node) == Some(&Way::Runs) && self.routes.is_own(one));
        uses.map(|(_, one)| one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_route_whatever_stands_before_it_and_in_its_open_parts() {
        let routes = Routes {
            known: ["/chat", "/threads/{id}/runs", "/{name}"]
                .map(segments)
                .into(),
        };
        for path in ["/chat", "/api/v1/chat?x=1", "/threads/7/runs", "/threads/"] {
            assert!(routes.answers(path), "{path}");
        }
        for path in ["/", "/chats", "/projects", "/chat/more", "/threads"] {
            assert!(!routes.answers(path), "{path}");
        }
    }
}
