//! Import declarations: paths without versions, and the names that files give them.

use tree_sitter::Node;

use super::{Lowering, field, span};
use crate::ir::Op;

impl<'t> Lowering<'t> {
    /// Binds what an import declaration imports.
    pub(super) fn import_declaration(&mut self, node: Node<'t>) {
        for child in self.children(node) {
            match child.kind() {
                "import_spec" => self.import_spec(child),
                "import_spec_list" => {
                    for spec in self.children(child) {
                        if spec.kind() == "import_spec" {
                            self.import_spec(spec);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn import_spec(&mut self, node: Node<'t>) {
        let Some(written) = field(node, "path") else {
            return;
        };
        let written = self.text_of(written).trim_matches(['"', '`']);
        let path = without_versions(written);
        let module = self.builder.intern(&path);
        let at = span(node);
        let alias = field(node, "name");
        match alias.map(|name| (name.kind(), self.text_of(name))) {
            // Only for what it does when it is loaded.
            Some(("blank_identifier", _)) => self.builder.emit(
                Op::Import {
                    module,
                    member: None,
                },
                at,
            ),
            Some(("dot", _)) => {
                let member = Some(self.builder.intern("*"));
                self.builder.emit(Op::Import { module, member }, at);
            }
            Some((_, name)) => self.bind_import(name, module, at),
            None => {
                for name in package_names(written) {
                    if !self.imports.contains_key(name) {
                        self.bind_import(name, module, at);
                    }
                }
            }
        }
    }

    fn bind_import(&mut self, name: &'t str, module: crate::ir::Symbol, at: crate::ir::Span) {
        self.imports.insert(name, module);
        let symbol = self.builder.intern(name);
        let var = self.builder.declare(symbol);
        let op = Op::Import {
            module,
            member: None,
        };
        self.builder.emit_to(var, op, at);
    }
}

/// An import path without major versions: `github.com/gofiber/fiber/v2`, `gopkg.in/yaml.v3`.
fn without_versions(path: &str) -> String {
    let parts: Vec<&str> = path
        .split('/')
        .enumerate()
        .filter(|(at, part)| *at == 0 || !is_version(part))
        .map(|(_, part)| match part.rsplit_once('.') {
            Some((name, version)) if is_version(version) && !name.is_empty() => name,
            _ => part,
        })
        .collect();
    parts.join("/")
}

fn is_version(part: &str) -> bool {
    part.strip_prefix('v')
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// The names that a package of this path may have. Where the last part is an identifier it is that
/// one; otherwise, by convention, `go-redis` is `redis` and `jwt-go` is `jwt`.
fn package_names(path: &str) -> Vec<&str> {
    let mut parts = path.rsplit('/').filter(|part| !is_version(part));
    let Some(last) = parts.next().or_else(|| path.rsplit('/').next()) else {
        return Vec::new();
    };
    let last = match last.rsplit_once('.') {
        Some((name, version)) if is_version(version) => name,
        _ => last,
    };
    if !last.contains(['-', '.']) {
        return vec![last];
    }
    let bare = last
        .trim_start_matches("go-")
        .trim_start_matches("go.")
        .trim_end_matches("-go")
        .trim_end_matches(".go")
        .trim_end_matches("-golang");
    let mut names = vec![bare];
    names.extend(bare.split(['-', '.']));
    names.retain(|name| !name.is_empty() && !name.contains(['-', '.']));
    names.sort_unstable();
    names.dedup();
    names
}
