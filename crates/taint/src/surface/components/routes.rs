//! Routes as entries of an application: those that calls and decorators register, and those of Next.js,
//! which are files.

use trueline_facts::surface::{ComponentKind, ComponentUse};
use trueline_syntax::ir::{FuncId, Operand};

use super::super::{Control, Route, Surface};
use super::{METHODS, Reader};

impl Reader<'_> {
    /// The functions that answer a route.
    pub(super) fn handlers(&self, route: &Route) -> Vec<u32> {
        let mut handlers: Vec<u32> = self
            .by_name
            .get(route.handler.as_str())
            .cloned()
            .unwrap_or_default();
        if handlers.is_empty() {
            let (from, to) = (route.place.location.start, route.place.location.end);
            handlers = (1..self.module.functions.len() as u32)
                .filter(|at| {
                    let function = self.module.functions.get(*at as usize);
                    function.is_some_and(|f| {
                        let start = self.position(f.span.start);
                        self.module.text(f.name).is_empty() && from <= start && start < to
                    })
                })
                .collect();
        }
        handlers
    }

    /// Routes that other machines can ask, with what stands before them.
    pub(super) fn routes(&mut self, surface: &Surface) {
        for route in &surface.routes {
            let mut handlers = self.handlers(route);
            if handlers.is_empty() {
                handlers.push(0);
            }
            let method = if route.methods.is_empty() {
                "ANY".to_owned()
            } else {
                route.methods.join(",")
            };
            let mut controls: Vec<String> = Vec::new();
            for control in route.guarded_by.iter().chain(&route.checks) {
                controls.push(match control {
                    Control::Authentication => "authentication".to_owned(),
                    Control::RateLimit => "rate limit".to_owned(),
                    Control::SizeLimit => "size limit".to_owned(),
                    Control::CsrfProtection | Control::SecurityHeaders => continue,
                });
            }
            controls.sort();
            controls.dedup();
            for handler in handlers {
                self.uses(
                    handler,
                    ComponentUse {
                        kind: ComponentKind::Entry,
                        name: "web routes".to_owned(),
                        detail: Some(format!("{method} {}", route.path)),
                        remote: false,
                        operation: "route".to_owned(),
                        controls: controls.clone(),
                        is_assumed: false,
                        location: route.place.location.clone(),
                    },
                );
            }
        }
    }

    /// Functions of a host that are files below `api/`, with methods for exports.
    fn hosted_functions(&mut self, path: &str) {
        let module = self.module;
        let place = path.rsplit_once('.').map_or(path, |(place, _)| place);
        for export in &module.exports {
            let name = module.text(export.name);
            if !METHODS.contains(&name) {
                continue;
            }
            let operand = Operand::Var(export.var);
            let Some(handler) = self.terms.closure(FuncId(0), &operand) else {
                continue;
            };
            let Some(function) = module.functions.get(handler.0 as usize) else {
                continue;
            };
            let one = ComponentUse {
                kind: ComponentKind::Entry,
                name: "web routes".to_owned(),
                detail: Some(format!("{name} /{place}")),
                remote: false,
                operation: "route".to_owned(),
                controls: Vec::new(),
                is_assumed: false,
                location: self.location(function.span),
            };
            self.uses(handler.0, one);
        }
    }

    /// Routes of Next.js: the file's place is the path, its exported functions are the methods.
    pub(super) fn file_routes(&mut self) {
        let path = self.path.display().into_owned();
        let Some((folder, file)) = path.rsplit_once('/') else {
            return;
        };
        if folder == "api" || folder.starts_with("api/") {
            self.hosted_functions(&path);
        }
        let is_route = matches!(file, "route.ts" | "route.js" | "route.tsx" | "route.mjs");
        let is_page = folder.split('/').any(|f| f == "pages")
            && folder.contains("pages/api")
            && self.module.language != trueline_syntax::ir::Language::Python;
        if !is_route && !is_page {
            return;
        }
        let under = if is_route { "app/" } else { "pages/" };
        let Some((_, rest)) = path.rsplit_once(under) else {
            return;
        };
        let place = if is_route {
            rest.rsplit_once('/').map_or("", |(place, _)| place)
        } else {
            let place = rest.rsplit_once('.').map_or(rest, |(place, _)| place);
            place.strip_suffix("/index").unwrap_or(place)
        };
        // Folders in parentheses group files and are no part of the address.
        let parts = place.split('/').filter(|part| !part.starts_with('('));
        let place = parts.collect::<Vec<_>>().join("/");
        for (at, function) in self.module.functions.iter().enumerate().skip(1) {
            let name = self.module.text(function.name);
            let method = match METHODS.iter().find(|m| **m == name) {
                Some(method) if is_route => *method,
                _ if is_page && name == "handler" => "ANY",
                _ => continue,
            };
            let one = ComponentUse {
                kind: ComponentKind::Entry,
                name: "web routes".to_owned(),
                detail: Some(format!("{method} /{place}")),
                remote: false,
                operation: "route".to_owned(),
                controls: Vec::new(),
                is_assumed: false,
                location: self.location(function.span),
            };
            self.uses(at as u32, one);
        }
    }
}
