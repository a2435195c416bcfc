//! Classes: methods, fields, static parts, decorators.

use oxc_ast::ast::{
    AccessorProperty, Argument, Class as ClassNode, ClassElement, Decorator as DecoratorNode,
    Expression, MethodDefinition, MethodDefinitionKind, ObjectPropertyKind, PropertyDefinition,
    PropertyKey, StaticBlock, TSTypeAnnotation,
};

use super::control::Receiver;
use super::functions::Signature;
use super::names::{self, Names, Naming};
use super::{Dest, Lowering, at, literals};
use crate::ir::{
    Arg, ArgKind, Callee, Class, ClassId, Const, Decorator, FieldDecl, FuncId, FunctionKind, Op,
    Operand, Param, ParamKind, Span, Symbol, Var,
};

/// A field of either form: `x = 1`, `accessor x = 1`.
struct Field<'a> {
    key: &'a PropertyKey<'a>,
    value: Option<&'a Expression<'a>>,
    decorators: &'a [DecoratorNode<'a>],
    annotation: Option<&'a TSTypeAnnotation<'a>>,
    span: Span,
}

impl<'a> From<&'a PropertyDefinition<'a>> for Field<'a> {
    fn from(node: &'a PropertyDefinition<'a>) -> Self {
        Self {
            key: &node.key,
            value: node.value.as_ref(),
            decorators: &node.decorators,
            annotation: node.type_annotation.as_deref(),
            span: at(node.span),
        }
    }
}

impl<'a> From<&'a AccessorProperty<'a>> for Field<'a> {
    fn from(node: &'a AccessorProperty<'a>) -> Self {
        Self {
            key: &node.key,
            value: node.value.as_ref(),
            decorators: &node.decorators,
            annotation: node.type_annotation.as_deref(),
            span: at(node.span),
        }
    }
}

/// The parts of a class body, by when they run.
#[derive(Default)]
struct Body<'a> {
    constructor: Option<&'a MethodDefinition<'a>>,
    methods: Vec<&'a MethodDefinition<'a>>,
    /// Set for each object.
    fields: Vec<Field<'a>>,
    /// Run once, in order.
    statics: Vec<Static<'a>>,
}

enum Static<'a> {
    Field(Field<'a>),
    Block(&'a StaticBlock<'a>),
}

impl<'a> Body<'a> {
    fn of(class: &'a ClassNode<'a>) -> Self {
        let mut body = Self::default();
        for element in &class.body.body {
            match element {
                // Signatures and abstract methods have no code.
                ClassElement::MethodDefinition(method) if method.value.body.is_none() => {}
                ClassElement::MethodDefinition(method)
                    if method.kind == MethodDefinitionKind::Constructor =>
                {
                    body.constructor = Some(method);
                }
                ClassElement::MethodDefinition(method) => body.methods.push(method),
                ClassElement::PropertyDefinition(field) if field.declare => {}
                ClassElement::PropertyDefinition(field) if field.r#static => {
                    body.statics.push(Static::Field(Field::from(&**field)));
                }
                ClassElement::PropertyDefinition(field) => body.fields.push(Field::from(&**field)),
                ClassElement::AccessorProperty(field) if field.r#static => {
                    body.statics.push(Static::Field(Field::from(&**field)));
                }
                ClassElement::AccessorProperty(field) => body.fields.push(Field::from(&**field)),
                ClassElement::StaticBlock(block) => body.statics.push(Static::Block(block)),
                ClassElement::TSIndexSignature(_) => {}
            }
        }
        body
    }
}

impl<'a> Lowering<'a> {
    pub(super) fn lower_class_declaration(&mut self, class: &'a ClassNode<'a>) {
        if class.declare {
            return;
        }
        let Some(id) = &class.id else {
            return;
        };
        let name = self.intern(id.name.as_str());
        let var = self.builder.resolve(name);
        let names = self.named(name);
        self.lower_class(class, names, var);
    }

    pub(super) fn lower_class_expression(
        &mut self,
        class: &'a ClassNode<'a>,
        names: Names,
        dest: Dest,
    ) -> Operand {
        self.builder.push_scope();
        let var = match &class.id {
            Some(id) => {
                let name = self.intern(id.name.as_str());
                self.builder.declare(name)
            }
            None => self.builder.temp(),
        };
        self.lower_class(class, names, var);
        self.builder.pop_scope();
        self.deliver(dest, Operand::Var(var), at(class.span))
    }

    /// Lowers a class into a variable.
    pub(super) fn lower_class(&mut self, class: &'a ClassNode<'a>, names: Names, var: Var) {
        let span = at(class.span);
        let mut bases = Vec::new();
        if let Some(heritage) = &class.heritage {
            self.lower_value(&heritage.expression);
            if let Some(base) = names::dotted(&heritage.expression) {
                bases.push(self.intern(&base));
            }
        }
        for interface in &class.implements {
            if let Some(base) = names::dotted_type(&interface.expression) {
                bases.push(self.intern(&base));
            }
        }
        let decorators = self.structured(&class.decorators);
        let body = Body::of(class);
        let fields = self.declared_fields(&body.fields);
        let id = self.builder.add_class(Class {
            name: names.name,
            qualified: names.qualified,
            bases,
            fields,
            methods: Vec::new(),
            decorators,
            span,
        });
        self.builder.emit_to(var, Op::ClassValue(id), span);
        self.note_object(var);
        self.paths.push(names.qualified);
        self.lower_constructor(class, &body, id);
        for method in &body.methods {
            self.lower_method_definition(method, id);
            self.call_decorators(&method.decorators, &Operand::Var(var));
        }
        for field in &body.fields {
            self.call_decorators(field.decorators, &Operand::Var(var));
        }
        self.lower_statics(&body.statics, id, var);
        self.order_methods(id);
        self.paths.pop();
        self.call_decorators(&class.decorators, &Operand::Var(var));
    }

    /// Fields that say of what type they are or how they are checked.
    fn declared_fields(&mut self, fields: &[Field<'a>]) -> Vec<FieldDecl> {
        let mut declared = Vec::new();
        for field in fields {
            let Some(name) = field.key.static_name() else {
                continue;
            };
            if field.annotation.is_none() && field.decorators.is_empty() {
                continue;
            }
            declared.push(FieldDecl {
                name: self.intern(&name),
                annotation: self.annotation(field.annotation),
                decorators: self.structured(field.decorators),
                span: field.span,
            });
        }
        declared
    }

    fn lower_constructor(&mut self, class: &'a ClassNode<'a>, body: &Body<'a>, id: ClassId) {
        let sets_fields = body.fields.iter().any(|field| field.value.is_some());
        if body.constructor.is_none() && !sets_fields {
            return;
        }
        let name = self.words.constructor;
        let signature = Signature {
            names: self.named(name),
            kind: FunctionKind::Method,
            class: Some(id),
            span: body
                .constructor
                .map_or(at(class.span), |constructor| at(constructor.span)),
        };
        let function = self.begin(&signature, Receiver::Own);
        if body.constructor.is_none() && class.heritage.is_some() {
            self.call_super_with_all(at(class.span));
        }
        // Before the parameters are declared: fields do not see them.
        let mut held_functions = Vec::new();
        for field in &body.fields {
            let this = self.read_this();
            let held = self.lower_field(field, this);
            held_functions.extend(held.map(|(name, function)| (field, name, function)));
        }
        if let Some(constructor) = body.constructor {
            self.builder.push_scope();
            self.lower_params(&constructor.value.params);
            if let Some(body) = &constructor.value.body {
                self.lower_function_body(body);
            }
            self.builder.pop_scope();
        }
        self.end();
        self.add_method(id, name, function);
        for (field, name, function) in held_functions {
            self.adopt(id, field, name, function);
        }
        if let Some(constructor) = body.constructor {
            self.call_param_decorators(constructor);
        }
    }

    /// What a derived class without a constructor does.
    fn call_super_with_all(&mut self, span: Span) {
        let name = self.intern("args");
        let var = self.builder.temp();
        self.builder.function().params.push(Param {
            var,
            name,
            kind: ParamKind::Rest,
            has_default: false,
            annotation: None,
            decorators: Vec::new(),
            span,
        });
        let op = Op::Call {
            callee: Callee::Super {
                name: self.words.constructor,
            },
            args: vec![Arg {
                kind: ArgKind::Spread,
                value: Operand::Var(var),
            }],
        };
        self.builder.emit(op, span);
    }

    /// Sets a field of `object`; gives the function that it holds, if it holds one.
    fn lower_field(&mut self, field: &Field<'a>, object: Operand) -> Option<(Symbol, FuncId)> {
        let value = field.value?;
        let (key, name) = self.lower_key(field.key);
        let naming = name.map_or(Naming::Anonymous, Naming::Property);
        let operand = self.lower_named(value, naming, Dest::Value);
        let function = self.last_closure();
        let op = match name {
            Some(name) => Op::StoreField {
                base: object,
                name,
                value: operand,
            },
            None => Op::StoreIndex {
                base: object,
                index: key,
                value: operand,
            },
        };
        self.builder.emit(op, field.span);
        let is_function = matches!(
            value.get_inner_expression(),
            Expression::ArrowFunctionExpression(_) | Expression::FunctionExpression(_)
        );
        name.zip(function.filter(|_| is_function))
    }

    /// The function value that the last instruction made.
    fn last_closure(&mut self) -> Option<FuncId> {
        let current = self.builder.current();
        let block = self.builder.function().blocks.get(current.0 as usize)?;
        match block.instrs.last()?.op {
            Op::Closure(id) => Some(id),
            _ => None,
        }
    }

    fn lower_method_definition(&mut self, method: &'a MethodDefinition<'a>, class: ClassId) {
        let name = self.method_name(method);
        let signature = Signature {
            names: self.named(name),
            kind: if method.r#static {
                FunctionKind::StaticMethod
            } else {
                FunctionKind::Method
            },
            class: Some(class),
            span: at(method.span),
        };
        let function = self.lower_function(&method.value, &signature);
        let decorators = self.structured(&method.decorators);
        if let Some(built) = self.builder.finished(function) {
            built.decorators.splice(0..0, decorators);
        }
        self.add_method(class, name, function);
        self.call_param_decorators(method);
    }

    fn method_name(&mut self, method: &'a MethodDefinition<'a>) -> Symbol {
        let (_, name) = self.lower_key(&method.key);
        let name = if let Some(name) = name {
            self.builder.text(name).to_owned()
        } else {
            let key = method.key.as_expression().and_then(names::dotted);
            format!("[{}]", key.unwrap_or_default())
        };
        match method.kind {
            MethodDefinitionKind::Get => self.intern(&format!("get {name}")),
            MethodDefinitionKind::Set => self.intern(&format!("set {name}")),
            MethodDefinitionKind::Constructor | MethodDefinitionKind::Method => self.intern(&name),
        }
    }

    fn lower_statics(&mut self, statics: &[Static<'a>], class: ClassId, var: Var) {
        for part in statics {
            self.builder.push_scope();
            self.builder.bind(self.words.this, var);
            match part {
                Static::Field(field) => {
                    let held = self.lower_field(field, Operand::Var(var));
                    self.call_decorators(field.decorators, &Operand::Var(var));
                    if let Some((name, function)) = held {
                        self.adopt(class, field, name, function);
                    }
                }
                Static::Block(block) => {
                    self.declare_vars(&block.body);
                    self.lower_body(&block.body);
                }
            }
            self.builder.pop_scope();
        }
    }

    fn add_method(&mut self, class: ClassId, name: Symbol, function: FuncId) {
        if let Some(class) = self.builder.class(class) {
            class.methods.push((name, function));
        }
    }

    /// Functions were lowered by when they run; a class lists them as they are written.
    fn order_methods(&mut self, class: ClassId) {
        let Some(methods) = self
            .builder
            .class(class)
            .map(|class| std::mem::take(&mut class.methods))
        else {
            return;
        };
        let mut placed: Vec<_> = methods
            .into_iter()
            .map(|(name, id)| {
                let span = self.builder.finished(id).map(|function| function.span);
                (span, name, id)
            })
            .collect();
        placed.sort_by_key(|(span, _, id)| (*span, *id));
        if let Some(class) = self.builder.class(class) {
            class.methods = placed.into_iter().map(|(_, name, id)| (name, id)).collect();
        }
    }

    /// Makes a function that a field holds a method.
    fn adopt(&mut self, class: ClassId, field: &Field<'a>, name: Symbol, function: FuncId) {
        self.add_method(class, name, function);
        let decorators = self.structured(field.decorators);
        if let Some(built) = self.builder.finished(function) {
            built.class = Some(class);
            built.decorators.splice(0..0, decorators);
        }
    }

    // Decorators.

    /// Runs decorators for what they do. What they return is ignored: replacing a class would hide
    /// it from the analysis, and frameworks return nothing.
    fn call_decorators(&mut self, decorators: &'a [DecoratorNode<'a>], target: &Operand) {
        for decorator in decorators {
            match decorator.expression.get_inner_expression() {
                factory @ Expression::CallExpression(_) => {
                    self.lower_into(factory, Dest::Drop);
                }
                other => {
                    let function = self.lower_value(other);
                    self.emit_call(function, vec![target.clone()], at(decorator.span));
                }
            }
        }
    }

    fn call_param_decorators(&mut self, method: &'a MethodDefinition<'a>) {
        let params = &method.value.params;
        let undefined = Operand::Const(Const::Null);
        for param in &params.items {
            self.call_decorators(&param.decorators, &undefined);
        }
        if let Some(rest) = &params.rest {
            self.call_decorators(&rest.decorators, &undefined);
        }
    }

    /// Decorators as facts. The entries of an object literal count as keyword arguments.
    pub(super) fn structured(&mut self, decorators: &'a [DecoratorNode<'a>]) -> Vec<Decorator> {
        let mut structured = Vec::with_capacity(decorators.len());
        for decorator in decorators {
            let expression = decorator.expression.get_inner_expression();
            let (callee, arguments) = match expression {
                Expression::CallExpression(call) => (&call.callee, call.arguments.as_slice()),
                other => (other, &[] as &[Argument<'_>]),
            };
            let Some(name) = names::dotted(callee) else {
                continue;
            };
            let mut args = Vec::new();
            let mut keywords = Vec::new();
            for argument in arguments {
                let expression = argument.as_expression();
                args.push(expression.and_then(|e| literals::constant(e, &mut self.builder)));
                let named = expression.map(|e| match e.get_inner_expression() {
                    Expression::NewExpression(new) => &new.callee,
                    other => other,
                });
                if let Some(name) = named.and_then(names::dotted) {
                    keywords.push((self.intern(&name), None));
                }
                if let Some(Expression::ObjectExpression(object)) =
                    expression.map(Expression::get_inner_expression)
                {
                    self.keywords(&object.properties, &mut keywords);
                }
            }
            structured.push(Decorator {
                name: self.intern(&name),
                args,
                keywords,
                span: at(decorator.span),
            });
        }
        structured
    }

    fn keywords(
        &mut self,
        properties: &'a [ObjectPropertyKind<'a>],
        keywords: &mut Vec<(Symbol, Option<Const>)>,
    ) {
        for property in properties {
            if let ObjectPropertyKind::ObjectProperty(property) = property
                && let Some(name) = property.key.static_name()
            {
                let name = self.intern(&name);
                let value = literals::constant(&property.value, &mut self.builder);
                keywords.push((name, value));
            }
        }
    }
}
