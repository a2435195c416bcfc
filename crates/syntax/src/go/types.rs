//! Types: their names as the representation writes them, and what the types of a file are made of.

use tree_sitter::Node;

use super::{Lowering, field};
use crate::ir::Symbol;

/// What a named type is made of, as far as literals and conversions need to know.
#[derive(Clone, Debug)]
pub(super) enum Shape<'t> {
    /// A struct with these fields.
    Struct(Vec<&'t str>),
    /// A map with values of this type.
    Map(Option<Node<'t>>),
    /// A slice or an array with elements of this type.
    List(Option<Node<'t>>),
    /// A channel.
    Channel,
    /// A function, an interface, a pointer, another named type.
    Other,
}

/// Number and truth types: they carry no text.
const NUMBERS: &[&str] = &[
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "uintptr",
    "float32",
    "float64",
    "complex64",
    "complex128",
    "bool",
];

/// Types that are named by a word that the language predeclares.
const PREDECLARED: &[&str] = &["string", "byte", "rune", "any", "error", "comparable"];

/// Whether the language predeclares a type of this name.
pub(super) fn is_predeclared(name: &str) -> bool {
    NUMBERS.contains(&name) || PREDECLARED.contains(&name)
}

impl<'t> Lowering<'t> {
    /// The name of a type: `net/http.Request`, `User`, `int`. `None` for what has none.
    pub(super) fn type_name(&mut self, node: Node<'t>) -> Option<Symbol> {
        let mut at = node;
        loop {
            match at.kind() {
                "type_identifier" | "identifier" => return Some(self.symbol_of(at)),
                "qualified_type" => {
                    let package = self.text_of(field(at, "package")?);
                    let name = self.text_of(field(at, "name")?);
                    return Some(self.qualified_type(package, name));
                }
                "selector_expression" => {
                    let package = self.text_of(field(at, "operand")?);
                    let name = self.text_of(field(at, "field")?);
                    return Some(self.qualified_type(package, name));
                }
                "generic_type" | "type_instantiation_expression" => at = field(at, "type")?,
                "pointer_type" | "parenthesized_type" | "parenthesized_expression" => {
                    at = at.named_child(0)?;
                }
                "unary_expression" => at = field(at, "operand")?,
                "slice_type" | "array_type" => {
                    let element = field(at, "element")?;
                    let name = self.text_of(element);
                    return NUMBERS
                        .contains(&name)
                        .then(|| self.builder.intern(name))
                        // Bytes are text.
                        .filter(|_| name != "uint8");
                }
                _ => return None,
            }
        }
    }

    fn qualified_type(&mut self, package: &str, name: &str) -> Symbol {
        let full = match self.imports.get(package).copied() {
            Some(path) => format!("{}.{name}", self.builder.text(path)),
            None => format!("{package}.{name}"),
        };
        self.builder.intern(&full)
    }

    /// What a type is made of.
    pub(super) fn shape(&mut self, node: Node<'t>) -> Shape<'t> {
        match node.kind() {
            "struct_type" => Shape::Struct(self.field_names(node)),
            "map_type" => Shape::Map(field(node, "value")),
            "slice_type" | "array_type" | "implicit_length_array_type" => {
                Shape::List(field(node, "element"))
            }
            "channel_type" => Shape::Channel,
            "type_identifier" => {
                let name = self.text_of(node);
                self.shapes.get(name).cloned().unwrap_or(Shape::Other)
            }
            "generic_type" | "pointer_type" | "parenthesized_type" => {
                let inner = field(node, "type").or_else(|| node.named_child(0));
                match inner {
                    Some(inner) if node.kind() != "pointer_type" => self.shape(inner),
                    _ => Shape::Other,
                }
            }
            _ => Shape::Other,
        }
    }

    fn field_names(&mut self, node: Node<'t>) -> Vec<&'t str> {
        let mut names = Vec::new();
        for declaration in self.field_declarations(node) {
            let own = self.fields(declaration, "name");
            if own.is_empty() {
                names.extend(field(declaration, "type").map(|embedded| self.bare_name(embedded)));
            }
            names.extend(own.into_iter().map(|name| self.text_of(name)));
        }
        names
    }

    /// The declarations of the fields of a struct.
    pub(super) fn field_declarations(&mut self, node: Node<'t>) -> Vec<Node<'t>> {
        let lists = self.children(node);
        let mut declarations = Vec::new();
        for list in lists {
            if list.kind() == "field_declaration_list" {
                declarations.extend(self.children(list));
            }
        }
        declarations.retain(|d| d.kind() == "field_declaration");
        declarations
    }

    /// The last name of a type, which is what an embedded field is called.
    pub(super) fn bare_name(&self, node: Node<'t>) -> &'t str {
        let mut at = node;
        loop {
            let inner = match at.kind() {
                "qualified_type" => field(at, "name"),
                "generic_type" => field(at, "type"),
                "pointer_type" | "parenthesized_type" => at.named_child(0),
                _ => None,
            };
            match inner {
                Some(inner) => at = inner,
                None => return self.text_of(at),
            }
        }
    }

    /// Remembers names declared as channels, by which `range` tells elements from keys.
    pub(super) fn note_channel(&mut self, name: Node<'t>, of: Option<Node<'t>>) {
        let Some(of) = of else { return };
        if matches!(self.shape(of), Shape::Channel) {
            let name = self.text_of(name);
            self.channels.insert(name);
        }
    }
}
