//! What TypeScript adds that exists at run time (enums, namespaces), and the names of types.

use oxc_ast::ast::{
    Statement, TSEnumDeclaration, TSEnumMemberName, TSNamespaceDeclaration,
    TSNamespaceDeclarationBody, TSType, TSTypeAnnotation,
};

use super::names;
use super::{Lowering, at, literals};
use crate::ir::{BinaryOp, Const, Op, Operand, Span, Symbol, Var};

/// Layers of parentheses, unions and operators that are looked through for a type's name.
const MAX_TYPE_DEPTH: u32 = 16;

impl<'a> Lowering<'a> {
    /// An enum is an object. Members see those before them by name.
    pub(super) fn lower_enum(&mut self, declaration: &'a TSEnumDeclaration<'a>) {
        if declaration.declare {
            return;
        }
        let name = self.intern(declaration.id.name.as_str());
        let var = self.builder.resolve(name);
        self.builder.push_scope();
        let mut entries = Vec::with_capacity(declaration.body.members.len());
        let mut last: Option<Operand> = None;
        for member in &declaration.body.members {
            let span = at(member.span);
            let text = match &member.id {
                TSEnumMemberName::Identifier(name) => name.name.as_str(),
                TSEnumMemberName::String(name) | TSEnumMemberName::ComputedString(name) => {
                    name.value.as_str()
                }
                TSEnumMemberName::ComputedTemplateString(template) => {
                    template.quasis.first().map_or("", literals::cooked)
                }
            };
            let key = self.intern(text);
            let value = match (&member.initializer, last.take()) {
                (Some(initializer), _) => self.lower_value(initializer),
                (None, None) => Operand::Const(Const::Int(0)),
                (None, Some(Operand::Const(Const::Int(before)))) => {
                    Operand::Const(Const::Int(before.wrapping_add(1)))
                }
                (None, Some(left)) => {
                    let op = Op::Binary {
                        op: BinaryOp::Add,
                        left,
                        right: Operand::Const(Const::Int(1)),
                    };
                    self.builder.emit_temp(op, span)
                }
            };
            last = Some(value.clone());
            let local = self.builder.declare(key);
            self.builder.emit_to(local, Op::Copy(value.clone()), span);
            entries.push((Some(Operand::Const(Const::Str(key))), value));
        }
        self.builder.pop_scope();
        self.builder
            .emit_to(var, Op::Map { entries }, at(declaration.span));
    }

    /// A namespace is an object that its statements fill, where they stand.
    pub(super) fn lower_namespace(&mut self, declaration: &'a TSNamespaceDeclaration<'a>) {
        if declaration.declare {
            return;
        }
        // `namespace A.B.C {}` is a list, not a nest.
        let mut opened = 0;
        let mut declaration = declaration;
        let statements: &'a [Statement<'a>] = loop {
            let span = at(declaration.span);
            let name = self.intern(declaration.id.name.as_str());
            let var = self.builder.declare(name);
            self.define_namespace(var, span);
            if opened > 0
                && let Some((_, outer)) = self.namespaces.last()
            {
                let op = Op::StoreField {
                    base: Operand::Var(*outer),
                    name,
                    value: Operand::Var(var),
                };
                self.builder.emit(op, span);
            }
            let names = self.named(name);
            self.paths.push(names.qualified);
            self.namespaces.push((self.builder.function_id(), var));
            self.builder.push_scope();
            opened += 1;
            match &declaration.body {
                TSNamespaceDeclarationBody::TSNamespaceDeclaration(inner) => declaration = inner,
                TSNamespaceDeclarationBody::TSModuleBlock(block) => break &block.body,
            }
        };
        self.declare_vars(statements);
        self.lower_body(statements);
        for _ in 0..opened {
            self.builder.pop_scope();
            self.namespaces.pop();
            self.paths.pop();
        }
    }

    /// Makes the object of a namespace, unless a function, a class or an earlier part of the same
    /// namespace has made it.
    fn define_namespace(&mut self, var: Var, span: Span) {
        let function = self.builder.function_id();
        if !self.objects.contains(&(function, var)) {
            let entries = Vec::new();
            self.builder.emit_to(var, Op::Map { entries }, span);
            self.note_object(var);
        }
    }

    /// Remembers that a variable holds a function or an object that a namespace of the same name
    /// adds to.
    pub(super) fn note_object(&mut self, var: Var) {
        let function = self.builder.function_id();
        self.objects.insert((function, var));
    }

    /// The dotted name of an annotated type, generic arguments and nullish alternatives removed.
    pub(super) fn annotation(
        &mut self,
        annotation: Option<&'a TSTypeAnnotation<'a>>,
    ) -> Option<Symbol> {
        let name = type_name(&annotation?.type_annotation, MAX_TYPE_DEPTH)?;
        Some(self.intern(&name))
    }
}

fn type_name(node: &TSType<'_>, depth: u32) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    let keyword = match node {
        TSType::TSAnyKeyword(_) => "any",
        TSType::TSBigIntKeyword(_) => "bigint",
        TSType::TSBooleanKeyword(_) => "boolean",
        TSType::TSNumberKeyword(_) => "number",
        TSType::TSObjectKeyword(_) => "object",
        TSType::TSStringKeyword(_) => "string",
        TSType::TSSymbolKeyword(_) => "symbol",
        TSType::TSUnknownKeyword(_) => "unknown",
        TSType::TSArrayType(_) | TSType::TSTupleType(_) => "Array",
        TSType::TSFunctionType(_) => "Function",
        TSType::TSTypeReference(reference) => return names::dotted_type(&reference.type_name),
        TSType::TSParenthesizedType(inner) => return type_name(&inner.type_annotation, depth),
        TSType::TSTypeOperatorType(inner) => return type_name(&inner.type_annotation, depth),
        TSType::TSUnionType(union) => {
            let mut present = union.types.iter().filter(|t| !is_nullish(t));
            let only = present.next()?;
            return if present.next().is_none() {
                type_name(only, depth)
            } else {
                None
            };
        }
        _ => return None,
    };
    Some(keyword.to_owned())
}

const fn is_nullish(node: &TSType<'_>) -> bool {
    matches!(
        node,
        TSType::TSNullKeyword(_) | TSType::TSUndefinedKeyword(_) | TSType::TSVoidKeyword(_)
    )
}
