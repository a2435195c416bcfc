//! What functions and classes are called: by what they are bound to, or by the call they are
//! handed to (`app.get('/users')`), so that a report can say where it is.

use std::fmt::Write as _;

use oxc_ast::ast::{Argument, AssignmentTarget, Expression, TSTypeName};

use super::{Dest, Lowering, literals};
use crate::ir::{Operand, Symbol};

/// Where an expression stands, as far as it names a function in it.
#[derive(Clone, Copy)]
pub(super) enum Naming<'a> {
    Anonymous,
    /// The value of a variable.
    Bound(Symbol),
    /// The value of a property or field.
    Property(Symbol),
    /// The right side of `a.b.name = …`.
    Member {
        target: &'a AssignmentTarget<'a>,
        name: Symbol,
    },
    /// An argument.
    Callback {
        callee: &'a Expression<'a>,
        arguments: &'a [Argument<'a>],
    },
}

/// A definition's own name and its path.
#[derive(Clone, Copy)]
pub(super) struct Names {
    pub(super) name: Symbol,
    pub(super) qualified: Symbol,
}

/// Bytes of one segment of a path; what is longer is cut.
const MAX_LABEL: usize = 80;

/// Bytes of a path; beyond, it starts anew with its last segment.
const MAX_QUALIFIED: usize = 240;

/// Segments of a callee that are followed for a label.
const MAX_SEGMENTS: u32 = 8;

impl<'a> Lowering<'a> {
    /// An expression that gives its name to a function, class or object literal.
    pub(super) fn lower_named(
        &mut self,
        expression: &'a Expression<'a>,
        naming: Naming<'a>,
        dest: Dest,
    ) -> Operand {
        match expression.get_inner_expression() {
            Expression::FunctionExpression(function) => {
                let own = function.id.as_ref().map(|id| id.name.as_str());
                let names = self.names(own, naming);
                self.lower_function_expression(function, names, dest)
            }
            Expression::ArrowFunctionExpression(function) => {
                let names = self.names(None, naming);
                self.lower_arrow(function, names, dest)
            }
            Expression::ClassExpression(class) => {
                let own = class.id.as_ref().map(|id| id.name.as_str());
                let names = self.names(own, naming);
                self.lower_class_expression(class, names, dest)
            }
            Expression::ObjectExpression(_) => match naming {
                Naming::Bound(_) | Naming::Property(_) | Naming::Member { .. } => {
                    let names = self.names(None, naming);
                    self.paths.push(names.qualified);
                    let value = self.lower_into(expression, dest);
                    self.paths.pop();
                    value
                }
                Naming::Anonymous | Naming::Callback { .. } => self.lower_into(expression, dest),
            },
            _ => self.lower_into(expression, dest),
        }
    }

    pub(super) fn names(&mut self, own: Option<&str>, naming: Naming<'a>) -> Names {
        if let Some(own) = own {
            let name = self.intern(own);
            return self.named(name);
        }
        let empty = self.words.empty;
        match naming {
            Naming::Anonymous => Names {
                name: empty,
                qualified: self.path(),
            },
            Naming::Bound(name) | Naming::Property(name) => self.named(name),
            Naming::Member { target, name } => {
                let label = target
                    .as_simple_assignment_target()
                    .and_then(|target| target.as_member_expression())
                    .map(|member| {
                        let mut label = String::new();
                        describe(member.object(), &mut label, MAX_SEGMENTS);
                        label.push('.');
                        label.push_str(self.builder.text(name));
                        label
                    })
                    .unwrap_or_default();
                let qualified = self.qualify(&label);
                Names { name, qualified }
            }
            Naming::Callback { callee, arguments } => {
                let mut label = String::new();
                describe(callee, &mut label, MAX_SEGMENTS);
                describe_arguments(arguments, &mut label);
                let qualified = self.qualify(&label);
                Names {
                    name: empty,
                    qualified,
                }
            }
        }
    }

    /// The names of a definition that is called `name` here.
    pub(super) fn named(&mut self, name: Symbol) -> Names {
        let label = self.builder.text(name).to_owned();
        let qualified = self.qualify(&label);
        Names { name, qualified }
    }

    /// The path of the innermost definition.
    pub(super) fn path(&self) -> Symbol {
        self.paths.last().copied().unwrap_or(self.words.empty)
    }

    fn qualify(&mut self, label: &str) -> Symbol {
        let label = cut(label);
        let path = self.builder.text(self.path());
        if label.is_empty() {
            return self.path();
        }
        if path.is_empty() || path.len() + label.len() >= MAX_QUALIFIED {
            return self.intern(label);
        }
        let qualified = format!("{path}.{label}");
        self.intern(&qualified)
    }
}

fn cut(label: &str) -> &str {
    label
        .char_indices()
        .nth(MAX_LABEL)
        .and_then(|(end, _)| label.get(..end))
        .unwrap_or(label)
}

/// Writes an expression as `a.b('c').d`; what has no name stays empty.
fn describe(expression: &Expression<'_>, label: &mut String, segments: u32) {
    let Some(segments) = segments.checked_sub(1) else {
        return;
    };
    match expression.get_inner_expression() {
        Expression::Identifier(name) => label.push_str(name.name.as_str()),
        Expression::ThisExpression(_) => label.push_str("this"),
        Expression::StaticMemberExpression(member) => {
            describe(&member.object, label, segments);
            if !label.is_empty() {
                label.push('.');
            }
            label.push_str(member.property.name.as_str());
        }
        Expression::CallExpression(call) => {
            describe(&call.callee, label, segments);
            describe_arguments(&call.arguments, label);
        }
        _ => {}
    }
}

/// The first argument, if it is text: a route, an event.
fn describe_arguments(arguments: &[Argument<'_>], label: &mut String) {
    let first = arguments.first().and_then(|a| a.as_expression());
    if let Some(text) = first.and_then(literals::text) {
        // Writing to a string does not fail.
        let _ = write!(label, "('{}')", cut(text));
    }
}

/// `a.b.c`, if the expression is nothing but names.
pub(super) fn dotted(expression: &Expression<'_>) -> Option<String> {
    let mut segments = Vec::new();
    let mut expression = expression.get_inner_expression();
    loop {
        match expression {
            Expression::Identifier(name) => {
                segments.push(name.name.as_str());
                break;
            }
            Expression::ThisExpression(_) => {
                segments.push("this");
                break;
            }
            Expression::StaticMemberExpression(member) => {
                segments.push(member.property.name.as_str());
                expression = member.object.get_inner_expression();
            }
            _ => return None,
        }
    }
    segments.reverse();
    Some(segments.join("."))
}

/// `A.B` of a type.
pub(super) fn dotted_type(name: &TSTypeName<'_>) -> Option<String> {
    let mut segments = Vec::new();
    let mut name = name;
    loop {
        match name {
            TSTypeName::IdentifierReference(identifier) => {
                segments.push(identifier.name.as_str());
                break;
            }
            TSTypeName::QualifiedName(qualified) => {
                segments.push(qualified.right.name.as_str());
                name = &qualified.left;
            }
            TSTypeName::ThisExpression(_) => return None,
        }
    }
    segments.reverse();
    Some(segments.join("."))
}
