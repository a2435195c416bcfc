//! Functions, lambdas, classes, their parameters, decorators and annotations.

use ruff_python_ast::{
    Arguments, Decorator as DecoratorNode, Expr, ExprLambda, ExprSubscript, Operator, Parameter,
    Parameters, StmtClassDef, StmtFunctionDef, UnaryOp,
};
use ruff_text_size::Ranged;

use super::expressions::{number_constant, positional};
use super::{Context, Lowering, span};
use crate::ir::{
    Callee, Class, Const, Decorator, FuncId, FunctionKind, Op, Operand, Param, ParamKind, Span,
    Symbol, Terminator,
};

/// Bytes of a qualified name: names nest, so without a limit their length would be quadratic.
const MAX_QUALIFIED: usize = 1_000;

impl Lowering {
    pub(super) fn function_def(&mut self, def: &StmtFunctionDef) {
        let at = span(def.range());
        let (decorators, calls) = self.decorators(&def.decorator_list);
        let defaults = self.defaults(&def.parameters);
        let class = self.context().class;
        let is_static = decorators
            .iter()
            .any(|decorator| self.builder.text(decorator.name) == "staticmethod");
        let kind = match class {
            None => FunctionKind::Function,
            Some(_) if is_static => FunctionKind::StaticMethod,
            Some(_) => FunctionKind::Method,
        };
        let name = self.builder.intern(def.name.as_str());
        let qualified = self.qualified(def.name.as_str());
        let id = self.builder.begin_function(name, qualified, kind, at);
        let finally_depth = self.context().finally_depth;
        self.contexts
            .push(Context::new(qualified, None, finally_depth));
        let function = self.builder.function();
        function.is_async = def.is_async;
        function.class = class;
        function.decorators = decorators;
        self.parameters(&def.parameters, defaults);
        self.declare_names(&def.body);
        self.statements(&def.body);
        self.contexts.pop();
        self.builder.end_function();
        if let Some(class) = class.and_then(|class| self.builder.class(class)) {
            class.methods.push((name, id));
        }
        self.bind_definition(def.name.as_str(), Op::Closure(id), calls, at);
    }

    /// A lambda; `name` is the variable that it is bound to.
    pub(super) fn lambda(&mut self, lambda: &ExprLambda, name: Option<Symbol>) -> FuncId {
        let at = span(lambda.range());
        let defaults = lambda
            .parameters
            .as_deref()
            .map(|parameters| self.defaults(parameters))
            .unwrap_or_default();
        let (name, qualified) = match name {
            Some(name) => {
                let text = self.builder.text(name).to_owned();
                (name, self.qualified(&text))
            }
            None => (self.builder.intern(""), self.context().qualified),
        };
        let id = self
            .builder
            .begin_function(name, qualified, FunctionKind::Lambda, at);
        let finally_depth = self.context().finally_depth;
        self.contexts
            .push(Context::new(qualified, None, finally_depth));
        if let Some(parameters) = &lambda.parameters {
            self.parameters(parameters, defaults);
        }
        self.declare_walruses(&lambda.body);
        let value = self.expr(&lambda.body);
        self.builder.terminate(Terminator::Return(Some(value)));
        self.contexts.pop();
        self.builder.end_function();
        id
    }

    pub(super) fn class_def(&mut self, def: &StmtClassDef) {
        let at = span(def.range());
        let (decorators, calls) = self.decorators(&def.decorator_list);
        let bases = def
            .arguments
            .as_deref()
            .map(|arguments| self.bases(arguments))
            .unwrap_or_default();
        let name = self.builder.intern(def.name.as_str());
        let qualified = self.qualified(def.name.as_str());
        let class = self.builder.add_class(Class {
            name,
            qualified,
            bases,
            fields: Vec::new(),
            methods: Vec::new(),
            decorators,
            span: at,
        });
        let body = self
            .builder
            .begin_function(name, qualified, FunctionKind::ClassBody, at);
        let finally_depth = self.context().finally_depth;
        self.contexts
            .push(Context::new(qualified, Some(class), finally_depth));
        self.builder.function().class = Some(class);
        self.declare_names(&def.body);
        self.statements(&def.body);
        self.contexts.pop();
        self.builder.end_function();
        let closure = self.builder.emit_temp(Op::Closure(body), at);
        let run = Op::Call {
            callee: Callee::Function(closure),
            args: Vec::new(),
        };
        self.builder.emit(run, at);
        self.bind_definition(def.name.as_str(), Op::ClassValue(class), calls, at);
    }

    /// Binds a name to what its decorators make of a function or class.
    fn bind_definition(
        &mut self,
        name: &str,
        value: Op,
        decorators: Vec<(Operand, Span)>,
        at: Span,
    ) {
        let var = self.name(name);
        let mut decorators = decorators.into_iter();
        let Some((outermost, outermost_at)) = decorators.next() else {
            self.builder.emit_to(var, value, at);
            return;
        };
        let mut value = self.builder.emit_temp(value, at);
        for (decorator, at) in decorators.rev() {
            value = self.builder.emit_temp(apply(decorator, value), at);
        }
        self.builder
            .emit_to(var, apply(outermost, value), outermost_at);
    }

    /// `Outer.name`; what would be longer than [`MAX_QUALIFIED`] is called like what is around it.
    fn qualified(&mut self, name: &str) -> Symbol {
        let symbol = self.context().qualified;
        let outer = self.builder.text(symbol);
        if outer.is_empty() {
            return self.builder.intern(name);
        }
        if outer.len() + name.len() > MAX_QUALIFIED {
            return symbol;
        }
        let joined = format!("{outer}.{name}");
        self.builder.intern(&joined)
    }

    /// Decorators as they are written, and their values, outermost first.
    fn decorators(&mut self, nodes: &[DecoratorNode]) -> (Vec<Decorator>, Vec<(Operand, Span)>) {
        let mut written = Vec::with_capacity(nodes.len());
        let mut values = Vec::with_capacity(nodes.len());
        for node in nodes {
            written.extend(self.decorator(&node.expression));
            values.push((self.expr(&node.expression), span(node.range())));
        }
        (written, values)
    }

    /// A decorator (or a call that stands for one) as it is written; `None` if it has no name.
    fn decorator(&mut self, expr: &Expr) -> Option<Decorator> {
        let (function, arguments) = match expr {
            Expr::Call(call) => (&*call.func, Some(&call.arguments)),
            other => (other, None),
        };
        let name = self.dotted(function)?;
        let args = arguments
            .map(|a| a.args.iter().map(|arg| self.constant(arg)).collect())
            .unwrap_or_default();
        let keywords = arguments
            .map(|a| {
                a.keywords
                    .iter()
                    .filter_map(|keyword| {
                        let name = self.builder.intern(keyword.arg.as_ref()?.as_str());
                        Some((name, self.constant(&keyword.value)))
                    })
                    .collect()
            })
            .unwrap_or_default();
        Some(Decorator {
            name,
            args,
            keywords,
            span: span(expr.range()),
        })
    }

    fn bases(&mut self, arguments: &Arguments) -> Vec<Symbol> {
        let mut bases = Vec::with_capacity(arguments.args.len());
        for base in &arguments.args {
            let named = match base {
                Expr::Subscript(generic) => &*generic.value,
                Expr::Starred(starred) => &*starred.value,
                base => base,
            };
            bases.extend(self.dotted(named));
            if !matches!(base, Expr::Name(_)) {
                self.expr(base);
            }
        }
        for keyword in &arguments.keywords {
            self.expr(&keyword.value);
        }
        bases
    }

    /// The default values of parameters, evaluated outside of the function.
    fn defaults(&mut self, parameters: &Parameters) -> Vec<Option<Operand>> {
        parameters
            .iter_non_variadic_params()
            .map(|parameter| parameter.default().map(|default| self.snapshot(default)))
            .collect()
    }

    /// Declares parameters; their defaults are those of [`Self::defaults`].
    fn parameters(&mut self, parameters: &Parameters, defaults: Vec<Option<Operand>>) {
        let mut defaults = defaults.into_iter();
        let mut absent = Vec::new();
        let plain = parameters
            .posonlyargs
            .iter()
            .chain(&parameters.args)
            .map(|parameter| (parameter, ParamKind::Positional));
        let named = parameters
            .kwonlyargs
            .iter()
            .map(|parameter| (parameter, ParamKind::KeywordOnly));
        let mut declared: Vec<Param> = Vec::with_capacity(parameters.len());
        for (parameter, kind) in plain {
            let default = defaults.next().flatten();
            let param = self.parameter(&parameter.parameter, kind, parameter.default());
            absent.extend(default.map(|default| (param.var, default, span(parameter.range()))));
            declared.push(param);
        }
        if let Some(rest) = &parameters.vararg {
            declared.push(self.parameter(rest, ParamKind::Rest, None));
        }
        for (parameter, kind) in named {
            let default = defaults.next().flatten();
            let param = self.parameter(&parameter.parameter, kind, parameter.default());
            absent.extend(default.map(|default| (param.var, default, span(parameter.range()))));
            declared.push(param);
        }
        if let Some(rest) = &parameters.kwarg {
            declared.push(self.parameter(rest, ParamKind::KeywordRest, None));
        }
        self.builder.function().params = declared;
        for (param, default, at) in absent {
            let default = self.builder.capture_operand(default);
            let missing = self.builder.emit_temp(Op::IsAbsent { param }, at);
            let (fill, ready) = (self.builder.new_block(), self.builder.new_block());
            self.branch(missing, fill, ready);
            self.builder.switch_to(fill);
            self.builder.emit_to(param, Op::Copy(default), at);
            self.builder.goto_and_switch(ready);
        }
    }

    fn parameter(
        &mut self,
        parameter: &Parameter,
        kind: ParamKind,
        default: Option<&Expr>,
    ) -> Param {
        let name = self.builder.intern(parameter.name.as_str());
        let mut decorators = Vec::new();
        let annotation = parameter
            .annotation()
            .and_then(|annotation| self.annotation(annotation, &mut decorators));
        if let Some(call @ Expr::Call(_)) = default {
            decorators.extend(self.decorator(call));
        }
        Param {
            var: self.builder.declare(name),
            name,
            kind,
            has_default: default.is_some(),
            annotation,
            decorators,
            span: span(parameter.name.range()),
        }
    }

    /// The one type that an annotation names, if it is one. Calls inside `Annotated` are added to
    /// `decorators`.
    fn annotation(&mut self, expr: &Expr, decorators: &mut Vec<Decorator>) -> Option<Symbol> {
        match expr {
            Expr::Name(_) | Expr::Attribute(_) => self.dotted(expr),
            Expr::StringLiteral(literal) => {
                let text = literal.value.to_str();
                let is_name = !text.is_empty()
                    && text.split('.').all(|part| {
                        part.chars().all(|c| c.is_alphanumeric() || c == '_')
                            && !part.starts_with(|c: char| c.is_ascii_digit())
                            && !part.is_empty()
                    });
                is_name.then(|| self.builder.intern(text))
            }
            Expr::Subscript(generic) => self.generic(generic, decorators),
            Expr::BinOp(union) if union.op == Operator::BitOr => {
                let mut members = Vec::new();
                let mut left = expr;
                while let Expr::BinOp(union) = left
                    && union.op == Operator::BitOr
                {
                    members.push(&*union.right);
                    left = &union.left;
                }
                members.push(left);
                self.sole(&members, decorators)
            }
            _ => None,
        }
    }

    fn generic(
        &mut self,
        generic: &ExprSubscript,
        decorators: &mut Vec<Decorator>,
    ) -> Option<Symbol> {
        let name = match &*generic.value {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return None,
        };
        let arguments = match &*generic.slice {
            Expr::Tuple(tuple) => tuple.elts.as_slice(),
            one => std::slice::from_ref(one),
        };
        match name {
            "Annotated" => {
                let (first, rest) = arguments.split_first()?;
                for call in rest {
                    if let Expr::Call(_) = call {
                        decorators.extend(self.decorator(call));
                    }
                }
                self.annotation(first, decorators)
            }
            "Optional" | "Union" => {
                let members: Vec<&Expr> = arguments.iter().collect();
                self.sole(&members, decorators)
            }
            "Final" | "ClassVar" | "Required" | "NotRequired" | "ReadOnly" => {
                self.annotation(arguments.first()?, decorators)
            }
            _ => self.dotted(&generic.value),
        }
    }

    /// The type of a union that has only one besides `None`.
    fn sole(&mut self, members: &[&Expr], decorators: &mut Vec<Decorator>) -> Option<Symbol> {
        let mut named = members
            .iter()
            .filter(|member| !matches!(member, Expr::NoneLiteral(_)));
        match (named.next(), named.next()) {
            (Some(only), None) => self.annotation(only, decorators),
            _ => None,
        }
    }

    /// A dotted name as written; calls in it keep their parentheses: `app().route`.
    fn dotted(&mut self, expr: &Expr) -> Option<Symbol> {
        if let Expr::Name(name) = expr {
            return Some(self.builder.intern(name.id.as_str()));
        }
        let mut suffixes: Vec<&str> = Vec::new();
        let mut at = expr;
        loop {
            match at {
                Expr::Name(name) => {
                    let mut dotted = name.id.to_string();
                    for suffix in suffixes.iter().rev() {
                        dotted.push_str(suffix);
                    }
                    return Some(self.builder.intern(&dotted));
                }
                Expr::Attribute(attribute) => {
                    suffixes.push(attribute.attr.as_str());
                    suffixes.push(".");
                    at = &attribute.value;
                }
                Expr::Call(call) => {
                    suffixes.push("()");
                    at = &call.func;
                }
                _ => return None,
            }
        }
    }

    /// The constant that an expression is, lists and tuples of constants included.
    fn constant(&mut self, expr: &Expr) -> Option<Const> {
        match expr {
            Expr::StringLiteral(literal) => {
                Some(Const::Str(self.builder.intern(literal.value.to_str())))
            }
            Expr::BytesLiteral(literal) => Some(self.bytes(literal)),
            Expr::NumberLiteral(number) => Some(number_constant(&number.value)),
            Expr::BooleanLiteral(literal) => Some(Const::Bool(literal.value)),
            Expr::NoneLiteral(_) => Some(Const::Null),
            Expr::UnaryOp(unary) if unary.op == UnaryOp::USub => {
                match self.constant(&unary.operand)? {
                    Const::Int(value) => value.checked_neg().map(Const::Int),
                    Const::Float(value) => Some(Const::Float(-value)),
                    _ => None,
                }
            }
            Expr::List(list) => self.constants(&list.elts),
            Expr::Tuple(tuple) => self.constants(&tuple.elts),
            Expr::Set(set) => self.constants(&set.elts),
            _ => None,
        }
    }

    fn constants(&mut self, elements: &[Expr]) -> Option<Const> {
        elements
            .iter()
            .map(|element| self.constant(element))
            .collect::<Option<Vec<_>>>()
            .map(Const::List)
    }
}

fn apply(function: Operand, value: Operand) -> Op {
    Op::Call {
        callee: Callee::Function(function),
        args: vec![positional(value)],
    }
}
