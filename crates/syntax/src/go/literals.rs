//! Composite literals and zero values.

use tree_sitter::Node;

use super::operands::null;
use super::types::Shape;
use super::{Lowering, field, span};
use crate::ir::{Arg, ArgKind, Callee, Const, Element, Op, Operand, SequenceKind, Span, Var};

impl<'t> Lowering<'t> {
    /// `T{…}`
    pub(super) fn composite(&mut self, node: Node<'t>) -> Operand {
        let (Some(of), Some(body)) = (field(node, "type"), field(node, "body")) else {
            return null();
        };
        self.literal_value(Some(of), body, span(node))
    }

    /// The body of a composite literal; `of` is its type, if it is known.
    fn literal_value(&mut self, of: Option<Node<'t>>, body: Node<'t>, at: Span) -> Operand {
        // `[]*T{{…}}`: the element is what is pointed to.
        let mut of = of;
        while let Some(pointer) = of.filter(|of| of.kind() == "pointer_type") {
            of = pointer.named_child(0);
        }
        let elements = self.children(body);
        let shape = match of {
            Some(of) => self.shape(of),
            None => Shape::Other,
        };
        match (shape, of) {
            (Shape::Struct(fields), Some(of)) => {
                let args = self.struct_args(&fields, &elements);
                if of.kind() == "struct_type" {
                    return self.anonymous(args, at);
                }
                let class = self.type_value(of);
                self.new_of(class, args, at)
            }
            (Shape::Map(value), _) => self.map_literal(value, &elements, at),
            (Shape::List(element), _) => self.list_literal(element, &elements, at),
            (Shape::Channel | Shape::Other, of) => self.literal_of_unknown(of, &elements, at),
            (Shape::Struct(_), None) => null(),
        }
    }

    /// A literal of a type that another file declares: its elements tell what it is.
    fn literal_of_unknown(
        &mut self,
        of: Option<Node<'t>>,
        elements: &[Node<'t>],
        at: Span,
    ) -> Operand {
        let first = elements.first().copied();
        let keyed = first.is_some_and(|e| e.kind() == "keyed_element");
        let named = keyed
            && elements.iter().all(|element| {
                field(*element, "key")
                    .and_then(|key| key.named_child(0))
                    .is_some_and(|key| key.kind() == "identifier")
            });
        let elided = first
            .filter(|_| !keyed)
            .and_then(|element| element.named_child(0))
            .is_some_and(|value| value.kind() == "literal_value");
        match of {
            Some(of) if named || elements.is_empty() => {
                let args = self.struct_args(&[], elements);
                let class = self.type_value(of);
                self.new_of(class, args, at)
            }
            _ if keyed => {
                let map = self.map_literal(None, elements, at);
                match of {
                    Some(of) => self.typed(map, of, at),
                    None => map,
                }
            }
            Some(of) if !elided => {
                let values = elements
                    .iter()
                    .map(|element| self.element_value(None, *element))
                    .collect();
                let class = self.type_value(of);
                self.new_of(class, Self::positional_args(values), at)
            }
            of => {
                let list = self.list_literal(None, elements, at);
                match of {
                    Some(of) => self.typed(list, of, at),
                    None => list,
                }
            }
        }
    }

    /// The fields of a struct literal as keyword arguments.
    fn struct_args(&mut self, fields: &[&'t str], elements: &[Node<'t>]) -> Vec<Arg> {
        let mut args = Vec::new();
        for (at, element) in elements.iter().enumerate() {
            let (name, value) = if element.kind() == "keyed_element" {
                let (Some(key), Some(value)) = (field(*element, "key"), field(*element, "value"))
                else {
                    continue;
                };
                (Some(self.text_of(key)), value)
            } else {
                (fields.get(at).copied(), *element)
            };
            let value = self.element_value(None, value);
            let kind = match name {
                Some(name) => ArgKind::Keyword(self.builder.intern(name)),
                None => ArgKind::Positional,
            };
            args.push(Arg { kind, value });
        }
        args
    }

    /// A value of a struct type without a name.
    fn anonymous(&mut self, args: Vec<Arg>, at: Span) -> Operand {
        let entries = args
            .into_iter()
            .filter_map(|arg| match arg.kind {
                ArgKind::Keyword(name) => Some((Some(Operand::Const(Const::Str(name))), arg.value)),
                _ => None,
            })
            .collect();
        self.builder.emit_temp(Op::Map { entries }, at)
    }

    fn map_literal(
        &mut self,
        value_type: Option<Node<'t>>,
        elements: &[Node<'t>],
        at: Span,
    ) -> Operand {
        let mut entries = Vec::new();
        for element in elements {
            let (Some(key), Some(value)) = (field(*element, "key"), field(*element, "value"))
            else {
                continue;
            };
            let key = self.element_value(None, key);
            let value = self.element_value(value_type, value);
            entries.push((Some(key), value));
        }
        self.builder.emit_temp(Op::Map { entries }, at)
    }

    fn list_literal(
        &mut self,
        element_type: Option<Node<'t>>,
        elements: &[Node<'t>],
        at: Span,
    ) -> Operand {
        let mut values = Vec::new();
        for element in elements {
            let value = if element.kind() == "keyed_element" {
                let (Some(key), Some(value)) = (field(*element, "key"), field(*element, "value"))
                else {
                    continue;
                };
                self.element_value(None, key);
                value
            } else {
                *element
            };
            let value = self.element_value(element_type, value);
            values.push(Element::One(value));
        }
        let op = Op::Sequence {
            kind: SequenceKind::List,
            elements: values,
        };
        self.builder.emit_temp(op, at)
    }

    /// An element, whose type is `of` where it is a literal without one.
    fn element_value(&mut self, of: Option<Node<'t>>, element: Node<'t>) -> Operand {
        let inner = if element.kind() == "literal_element" {
            element.named_child(0).unwrap_or(element)
        } else {
            element
        };
        if inner.kind() == "literal_value" {
            return self.literal_value(of, inner, span(inner));
        }
        self.expression(inner)
    }

    /// The zero value of a type: an object for structs and maps, which are filled later. `into` is the
    /// variable that gets it, if it is an object; then nothing is left to copy.
    pub(super) fn zero(&mut self, of: Node<'t>, into: Option<Var>, at: Span) -> Option<Operand> {
        let op = match self.shape(of) {
            Shape::Map(_) => Op::Map {
                entries: Vec::new(),
            },
            Shape::List(_) => {
                if self
                    .type_name(of)
                    .is_some_and(|name| super::types::is_predeclared(self.builder.text(name)))
                {
                    return Some(Operand::Const(Const::Int(0)));
                }
                Op::Sequence {
                    kind: SequenceKind::List,
                    elements: Vec::new(),
                }
            }
            Shape::Struct(_) if of.kind() == "struct_type" => Op::Map {
                entries: Vec::new(),
            },
            Shape::Struct(_) => self.zero_struct(of),
            Shape::Channel => return Some(null()),
            Shape::Other => match of.kind() {
                "type_identifier" => match self.text_of(of) {
                    "string" => return Some(self.str("")),
                    "bool" => return Some(Operand::Const(Const::Bool(false))),
                    "error" | "any" => return Some(null()),
                    name if super::types::is_predeclared(name) => {
                        return Some(Operand::Const(Const::Int(0)));
                    }
                    _ => self.zero_struct(of),
                },
                "qualified_type" | "generic_type" => self.zero_struct(of),
                "pointer_type" => {
                    let name = self.type_name(of);
                    return Some(self.declared_null(name, at));
                }
                _ => return Some(null()),
            },
        };
        match into {
            Some(var) => {
                self.builder.emit_to(var, op, at);
                None
            }
            None => Some(self.builder.emit_temp(op, at)),
        }
    }

    fn zero_struct(&mut self, of: Node<'t>) -> Op {
        Op::Call {
            callee: Callee::New(self.type_value(of)),
            args: Vec::new(),
        }
    }

    /// A pointer or interface without a value, of a declared type.
    fn declared_null(&mut self, of: Option<crate::ir::Symbol>, at: Span) -> Operand {
        match of {
            Some(of) => self.builder.emit_temp(Op::Typed { value: null(), of }, at),
            None => null(),
        }
    }
}
