//! Names that lead on: attributes, subscripts and modules that are looked up while loading.

use super::machine::Machine;
use super::value::{Kind, Node, Value};
use crate::names;

impl Machine {
    pub(super) fn module(&mut self, name: &str) -> Value {
        self.name_of(name, "")
    }

    pub(super) fn name_of(&mut self, module: &str, name: &str) -> Value {
        let (module, name) = names::resolve(module, name);
        self.push_node(Node::Global {
            module: module.into(),
            name: name.into(),
        })
    }

    /// `getattr(of, name)`.
    pub(super) fn attribute(&mut self, of: Value, name: Option<&str>) -> Value {
        let Some(name) = name else {
            return self.push_node(Node::Attribute {
                of,
                name: super::foldable::COMPUTED.into(),
            });
        };
        if let Some(Node::Global {
            module,
            name: outer,
        }) = self.get_node(of)
        {
            let (module, outer) = (module.clone(), outer.clone());
            let joined = if outer.is_empty() {
                name.to_owned()
            } else {
                format!("{outer}.{name}")
            };
            return self.name_of(&module, &joined);
        }
        self.push_node(Node::Attribute {
            of,
            name: name.into(),
        })
    }

    /// `of[key]`.
    pub(super) fn item(&mut self, of: Value, key: Value, nesting: usize) -> Option<Value> {
        let text = self.text(key);
        match self.get_node(of) {
            Some(Node::Global { module, name }) => {
                let (module, name) = (module.clone(), name.clone());
                let text = text?;
                match (&*module, &*name) {
                    ("sys", "modules") => Some(self.module(&text)),
                    (_, outer) => {
                        // `x.__dict__['y']` and `vars(x)['y']` are `x.y`.
                        let outer = outer.trim_end_matches("__dict__").trim_end_matches('.');
                        let joined = if outer.is_empty() {
                            text
                        } else {
                            format!("{outer}.{text}")
                        };
                        Some(self.name_of(&module, &joined))
                    }
                }
            }
            // The last of a key counts; of a dict that was cut it may be any.
            Some(Node::Container {
                kind: Kind::Dict,
                items,
                cut: false,
            }) => {
                let pairs: Vec<Value> = items.clone();
                pairs
                    .chunks_exact(2)
                    .rev()
                    .find(|pair| self.text(pair[0]).is_some_and(|k| Some(k) == text))
                    .map(|pair| pair[1])
            }
            Some(Node::Container {
                kind: Kind::Dict, ..
            }) => None,
            None if matches!(of, Value::Span { .. } | Value::Made { .. }) => match key {
                Value::Int(at) => {
                    self.sliced(of, &[Value::Int(at), Value::Int(at.checked_add(1)?)])
                }
                _ => match self.get_node(key) {
                    Some(Node::Call(called))
                        if self.full_name(called.callee).as_deref() == Some("builtins.slice") =>
                    {
                        let slice = called.args.clone();
                        self.sliced(of, &slice)
                    }
                    _ => None,
                },
            },
            Some(Node::Container { items, .. }) => match key {
                Value::Int(at) => items.get(usize::try_from(at).ok()?).copied(),
                _ => None,
            },
            Some(Node::Call(called)) => {
                // The namespace that `vars(x)`, `globals()` and the like hand out.
                let (callee, args) = (called.callee, called.args.clone());
                let full = self.full_name(callee)?;
                match full.as_str() {
                    "builtins.vars" | "builtins.dir" => {
                        let text = text?;
                        let of = *args.first()?;
                        Some(self.attribute(of, Some(&text)))
                    }
                    // A key that is not there is made.
                    "collections.defaultdict" => {
                        let factory = *args.first()?;
                        Some(self.call(factory, Vec::new(), nesting + 1))
                    }
                    "builtins.globals" | "builtins.locals" => {
                        let text = text?;
                        Some(self.module(&text))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    pub(super) fn full_name(&self, value: Value) -> Option<String> {
        match self.get_node(value)? {
            Node::Global { module, name } if name.is_empty() => Some(module.to_string()),
            Node::Global { module, name } => Some(format!("{module}.{name}")),
            _ => None,
        }
    }
}
