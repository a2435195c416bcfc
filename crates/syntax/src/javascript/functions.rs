//! Functions, arrow functions and parameters; `this` and `arguments`.

use oxc_ast::ast::{
    ArrowFunctionBody, ArrowFunctionExpression, BindingPattern, Directive, FormalParameter,
    FormalParameters, Function as FunctionNode, FunctionBody,
};
use oxc_span::GetSpan;

use super::control::{Context, Receiver};
use super::names::{Names, Naming};
use super::{Dest, Lowering, Mentioned, at};
use crate::ir::{
    ClassId, Decorator, Element, FuncId, FunctionKind, Instr, Op, Operand, Param, ParamKind,
    SequenceKind, Span, Terminator, Var,
};

/// How a function is made, apart from its code.
pub(super) struct Signature {
    pub(super) names: Names,
    pub(super) kind: FunctionKind,
    pub(super) class: Option<ClassId>,
    pub(super) span: Span,
}

impl<'a> Lowering<'a> {
    pub(super) fn lower_function_expression(
        &mut self,
        function: &'a FunctionNode<'a>,
        names: Names,
        dest: Dest,
    ) -> Operand {
        let span = at(function.span);
        // The function's own name is visible inside it only.
        let own = function.id.as_ref().map(|id| {
            self.builder.push_scope();
            let name = self.intern(id.name.as_str());
            self.builder.declare(name)
        });
        let signature = Signature {
            names,
            kind: FunctionKind::Function,
            class: None,
            span,
        };
        let id = self.lower_function(function, &signature);
        let Some(own) = own else {
            return self.produce(dest, Op::Closure(id), span);
        };
        self.builder.pop_scope();
        self.builder.emit_to(own, Op::Closure(id), span);
        self.deliver(dest, Operand::Var(own), span)
    }

    pub(super) fn lower_arrow(
        &mut self,
        arrow: &'a ArrowFunctionExpression<'a>,
        names: Names,
        dest: Dest,
    ) -> Operand {
        let span = at(arrow.span);
        let signature = Signature {
            names,
            kind: FunctionKind::Lambda,
            class: None,
            span,
        };
        let id = self.begin(&signature, Receiver::Parents);
        self.builder.function().is_async = arrow.r#async;
        match &arrow.body {
            ArrowFunctionBody::FunctionBody(body) => {
                self.lower_params(&arrow.params);
                self.lower_function_body(body);
            }
            body => {
                self.lower_params(&arrow.params);
                if let Some(expression) = body.as_expression() {
                    let value = self.lower_named(expression, Naming::Anonymous, Dest::Value);
                    self.builder.terminate(Terminator::Return(Some(value)));
                }
            }
        }
        self.end();
        self.produce(dest, Op::Closure(id), span)
    }

    pub(super) fn lower_function(
        &mut self,
        function: &'a FunctionNode<'a>,
        signature: &Signature,
    ) -> FuncId {
        let id = self.begin(signature, Receiver::Own);
        let built = self.builder.function();
        built.is_async = function.r#async;
        built.is_generator = function.generator;
        self.lower_params(&function.params);
        if let Some(body) = &function.body {
            self.lower_function_body(body);
        }
        self.end();
        id
    }

    pub(super) fn lower_function_body(&mut self, body: &'a FunctionBody<'a>) {
        self.note_directives(&body.directives);
        self.declare_vars(&body.statements);
        self.lower_body(&body.statements);
    }

    pub(super) fn note_directives(&mut self, directives: &'a [Directive<'a>]) {
        for directive in directives {
            let text = directive.expression.value.as_str();
            if text != "use strict" {
                let decorator = Decorator {
                    name: self.intern(text),
                    args: Vec::new(),
                    keywords: Vec::new(),
                    span: at(directive.span),
                };
                self.builder.function().decorators.push(decorator);
            }
        }
    }

    pub(super) fn begin(&mut self, signature: &Signature, receiver: Receiver) -> FuncId {
        let Names { name, qualified } = signature.names;
        let id = self
            .builder
            .begin_function(name, qualified, signature.kind, signature.span);
        self.builder.function().class = signature.class;
        self.contexts.push(Context::with(receiver));
        self.paths.push(qualified);
        if receiver == Receiver::Own {
            self.declare_this();
            if self.mentions.arguments == Mentioned::Perhaps {
                self.builder.declare(self.words.arguments);
            }
        }
        id
    }

    pub(super) fn end(&mut self) {
        self.define_arguments();
        self.define_this();
        self.contexts.pop();
        self.paths.pop();
        self.builder.end_function();
    }

    // Parameters.

    pub(super) fn lower_params(&mut self, params: &'a FormalParameters<'a>) {
        // All names first: a default may hold a function that sees later ones.
        let vars: Vec<Var> = params
            .items
            .iter()
            .map(|param| self.declare_param(&param.pattern))
            .collect();
        let rest = params
            .rest
            .as_ref()
            .map(|rest| (rest, self.declare_param(&rest.rest.argument)));
        for (param, var) in params.items.iter().zip(&vars) {
            let decorators = self.structured(&param.decorators);
            let declared = Param {
                var: *var,
                name: self.param_name(&param.pattern),
                kind: ParamKind::Positional,
                has_default: param.initializer.is_some(),
                annotation: self.annotation(param.type_annotation.as_deref()),
                decorators,
                span: at(param.pattern.span()),
            };
            self.builder.function().params.push(declared);
        }
        if let Some((rest, var)) = &rest {
            let decorators = self.structured(&rest.decorators);
            let declared = Param {
                var: *var,
                name: self.param_name(&rest.rest.argument),
                kind: ParamKind::Rest,
                has_default: false,
                annotation: self.annotation(rest.type_annotation.as_deref()),
                decorators,
                span: at(rest.rest.argument.span()),
            };
            self.builder.function().params.push(declared);
        }
        for (param, var) in params.items.iter().zip(&vars) {
            self.open_param(param, *var);
        }
        if let Some((rest, var)) = rest {
            self.open_pattern(&rest.rest.argument, var);
        }
    }

    fn declare_param(&mut self, pattern: &'a BindingPattern<'a>) -> Var {
        if let BindingPattern::BindingIdentifier(name) = pattern {
            let symbol = self.intern(name.name.as_str());
            return self.builder.declare(symbol);
        }
        self.declare_pattern(pattern);
        self.builder.temp()
    }

    fn param_name(&mut self, pattern: &BindingPattern<'_>) -> crate::ir::Symbol {
        match pattern {
            BindingPattern::BindingIdentifier(name) => self.intern(name.name.as_str()),
            _ => self.words.empty,
        }
    }

    /// The default of a parameter, then its parts, then the property that it declares.
    fn open_param(&mut self, param: &'a FormalParameter<'a>, var: Var) {
        let span = at(param.span);
        if let Some(default) = &param.initializer {
            let op = Op::IsAbsent { param: var };
            let condition = self.builder.emit_temp(op, span);
            let absent = self.builder.new_block();
            let after = self.builder.new_block();
            self.builder.terminate(Terminator::Branch {
                condition,
                then: absent,
                otherwise: after,
            });
            self.builder.switch_to(absent);
            let naming = match &param.pattern {
                BindingPattern::BindingIdentifier(name) => {
                    Naming::Bound(self.intern(name.name.as_str()))
                }
                _ => Naming::Anonymous,
            };
            self.lower_named(default, naming, Dest::Into(var));
            self.builder.goto_and_switch(after);
        }
        self.open_pattern(&param.pattern, var);
        let is_property = param.accessibility.is_some() || param.readonly || param.r#override;
        if is_property && let BindingPattern::BindingIdentifier(name) = &param.pattern {
            let name = self.intern(name.name.as_str());
            let base = self.read_this();
            let value = Operand::Var(var);
            self.builder
                .emit(Op::StoreField { base, name, value }, span);
        }
    }

    fn open_pattern(&mut self, pattern: &'a BindingPattern<'a>, var: Var) {
        if !matches!(pattern, BindingPattern::BindingIdentifier(_)) {
            self.bind_pattern(pattern, Operand::Var(var));
        }
    }

    // `this` and `arguments` are variables of the function that owns them, so that arrow functions
    // capture them like any other. They get their values at the entry, if anything reads them.

    pub(super) fn declare_this(&mut self) {
        if self.mentions.this == Mentioned::Perhaps {
            self.builder.declare(self.words.this);
        }
    }

    pub(super) fn read_this(&mut self) -> Operand {
        if let Some(owner) = self.owner() {
            owner.uses_this = true;
        }
        Operand::Var(self.builder.resolve(self.words.this))
    }

    pub(super) fn note_arguments(&mut self) {
        if let Some(owner) = self.owner() {
            owner.uses_arguments = true;
        }
    }

    fn owner(&mut self) -> Option<&mut Context<'a>> {
        self.contexts
            .iter_mut()
            .rev()
            .find(|context| context.receiver == Receiver::Own)
    }

    pub(super) fn define_this(&mut self) {
        if !self.context().uses_this {
            return;
        }
        let var = self.builder.resolve(self.words.this);
        self.at_entry(vec![(var, Op::This)]);
    }

    /// `arguments` holds all parameters and, if the function has no `...rest` of its own, a hidden
    /// one: functions that forward `arguments` often declare no parameters.
    fn define_arguments(&mut self) {
        if !self.context().uses_arguments {
            return;
        }
        let name = self.words.arguments;
        let var = self.builder.resolve(name);
        let params = &self.builder.function().params;
        if params.iter().any(|param| param.var == var) {
            return;
        }
        let has_rest = params.iter().any(|param| param.kind == ParamKind::Rest);
        if !has_rest {
            let rest = self.builder.temp();
            let start = self.builder.function().span.start;
            self.builder.function().params.push(Param {
                var: rest,
                name,
                kind: ParamKind::Rest,
                has_default: false,
                annotation: None,
                decorators: Vec::new(),
                span: Span::new(start, start),
            });
        }
        let elements = self
            .builder
            .function()
            .params
            .iter()
            .map(|param| match param.kind {
                ParamKind::Rest => Element::Spread(Operand::Var(param.var)),
                _ => Element::One(Operand::Var(param.var)),
            })
            .collect();
        let kind = SequenceKind::List;
        self.at_entry(vec![(var, Op::Sequence { kind, elements })]);
    }

    fn at_entry(&mut self, definitions: Vec<(Var, Op)>) {
        if let Some(entry) = self.builder.function().blocks.first_mut() {
            for (var, op) in definitions {
                let span = Span::default();
                let dst = Some(var);
                entry.instrs.insert(0, Instr { dst, op, span });
            }
        }
    }
}
