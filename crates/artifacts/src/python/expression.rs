//! What expressions of code stand for, and what their calls do.

use std::rc::Rc;

use ruff_python_ast::{
    Comprehension, Expr, ExprCall, ExprFString, ExprLambda, FStringPart, InterpolatedStringElement,
    Number,
};

use super::reach::{self, When};
use super::value::{self, Getter, MAX_ELEMENTS, Value, Values};
use super::walk::{Kind, MAX_DEPTH, Walk};
use crate::code::is_payload;

/// Builtins that code reaches others with, or that compute.
const BUILTINS: &[&str] = &[
    "exec",
    "eval",
    "compile",
    "execfile",
    "__import__",
    "open",
    "getattr",
    "setattr",
    "vars",
    "globals",
    "locals",
    "chr",
    "ord",
    "bytes",
    "bytearray",
    "str",
    "list",
    "tuple",
    "map",
    "filter",
    "reversed",
    "iter",
    "next",
    "sorted",
    "type",
    "__builtins__",
    "isinstance",
    "issubclass",
    "dict",
];
/// Texts that a payload is looked for in.
const MAX_PAYLOAD: usize = 1 << 16;

impl<'c> Walk<'c> {
    pub(super) fn expression(&mut self, expression: &'c Expr) -> Values<'c> {
        self.evaluate(expression, false)
    }

    fn evaluate(&mut self, expression: &'c Expr, is_callee: bool) -> Values<'c> {
        if self.steps_left == 0 || self.depth >= MAX_DEPTH {
            self.steps_left = 0;
            return Vec::new();
        }
        self.steps_left -= 1;
        self.depth += 1;
        let values = self.value(expression);
        self.depth -= 1;
        if !is_callee && !self.is_quiet {
            self.judge_mention(expression, &values);
        }
        values
    }

    /// A function that reaches outside, and is handed on: whoever gets it calls it.
    fn judge_mention(&mut self, expression: &'c Expr, values: &Values<'c>) {
        // Where it was given its name it was told.
        if matches!(
            expression,
            Expr::Name(_) | Expr::Attribute(_) | Expr::Call(_) | Expr::Subscript(_)
        ) {
            for value in values {
                let Value::Name(name) = value else { continue };
                if let Some(reach) = reach::of(name)
                    && reach.when == When::Always
                    && reach.does != reach::COMPUTED
                    && !matches!(&**name, "types.FunctionType" | "types.CodeType")
                {
                    let what = format!("hands on {name}, which {}", reach.does);
                    self.tell(expression, Kind::Reaches, what);
                }
            }
        }
    }

    fn value(&mut self, expression: &'c Expr) -> Values<'c> {
        match expression {
            Expr::StringLiteral(of) => {
                let text = of.value.to_str();
                self.steps_left = self.steps_left.saturating_sub(text.len() / 8);
                if reach::is_sensitive(text) {
                    let what =
                        format!("names {text}, where keys are kept or what is written is run");
                    self.tell(expression, Kind::Mild, what);
                } else if is_payload(&text[..text.floor_char_boundary(MAX_PAYLOAD)]) {
                    self.tell(
                        expression,
                        Kind::Payload,
                        "holds a text that is meant to be run".to_owned(),
                    );
                }
                value::text(text)
            }
            Expr::BytesLiteral(of) => {
                let bytes: Vec<u8> = of.value.bytes().take(1 << 16).collect();
                vec![Value::Bytes(bytes.into())]
            }
            Expr::NumberLiteral(of) => match &of.value {
                Number::Int(number) => number
                    .as_i64()
                    .map_or_else(Vec::new, |n| vec![Value::Number(n)]),
                Number::Float(_) | Number::Complex { .. } => Vec::new(),
            },
            Expr::FString(of) => self.interpolated(of),
            Expr::TString(_) => Vec::new(),
            Expr::Name(of) => self.named(of.id.as_str()),
            Expr::Attribute(of) => {
                let was = std::mem::replace(&mut self.is_quiet, true);
                let values = self.evaluate(&of.value, true);
                self.is_quiet = was;
                self.attribute(expression, &values, of.attr.as_str())
            }
            Expr::Subscript(of) => {
                let was = std::mem::replace(&mut self.is_quiet, true);
                let values = self.evaluate(&of.value, true);
                self.is_quiet = was;
                if let Expr::Slice(slice) = &*of.slice {
                    let mut bound = |bound: &'c Option<Box<Expr>>| match bound {
                        Some(bound) => value::as_number(&self.expression(bound)),
                        None => None,
                    };
                    let (low, high, step) =
                        (bound(&slice.lower), bound(&slice.upper), bound(&slice.step));
                    self.charge(&values);
                    return value::slice(&values, low, high, step);
                }
                let index = self.expression(&of.slice);
                self.item(&values, &index)
            }
            Expr::Call(of) => self.call(of),
            Expr::Lambda(of) => {
                if let Some(parameters) = &of.parameters {
                    self.parameters(parameters);
                }
                let was = std::mem::replace(&mut self.runs_now, false);
                self.lambda(of, self.scope, &[]);
                self.runs_now = was;
                vec![Value::Lambda(of, self.scope)]
            }
            Expr::BoolOp(of) => self.any(&of.values),
            Expr::Named(of) => {
                let values = self.expression(&of.value);
                self.assign(&of.target, &values);
                values
            }
            Expr::BinOp(of) => {
                // Long sums lean to the left.
                let mut chain = vec![of];
                while let Some(Expr::BinOp(left)) = chain.last().map(|last| &*last.left) {
                    chain.push(left);
                }
                let mut values = match chain.last() {
                    Some(first) => self.expression(&first.left),
                    None => Vec::new(),
                };
                for of in chain.into_iter().rev() {
                    let right = self.expression(&of.right);
                    self.charge(&values);
                    self.charge(&right);
                    values = value::operate(of.op, &values, &right);
                }
                values
            }
            Expr::UnaryOp(of) => {
                let values = self.expression(&of.operand);
                match (of.op, value::as_number(&values)) {
                    (ruff_python_ast::UnaryOp::USub, Some(number)) => number
                        .checked_neg()
                        .map_or_else(Vec::new, |n| vec![Value::Number(n)]),
                    _ => Vec::new(),
                }
            }
            Expr::If(of) => {
                self.expression(&of.test);
                let mut values = self.expression(&of.body);
                let more = self.expression(&of.orelse);
                value::join(&mut values, more);
                values
            }
            Expr::Dict(of) => {
                let mut pairs = Vec::new();
                for item in &of.items {
                    let key = item.key.as_ref().map(|key| self.expression(key));
                    let values = self.expression(&item.value);
                    let key = key.as_ref().and_then(value::as_text);
                    self.note_naming(key.as_deref().unwrap_or_default());
                    if pairs.len() < MAX_ELEMENTS {
                        pairs.push((key, values));
                    }
                }
                vec![Value::Pairs(Rc::new(pairs))]
            }
            Expr::Set(of) => self.list(&of.elts),
            Expr::List(of) => self.list(&of.elts),
            Expr::Tuple(of) => self.list(&of.elts),
            Expr::ListComp(of) => self.comprehension(&of.generators, &of.elt),
            Expr::SetComp(of) => self.comprehension(&of.generators, &of.elt),
            Expr::Generator(of) => self.comprehension(&of.generators, &of.elt),
            Expr::DictComp(of) => {
                if let Some(key) = &of.key {
                    self.comprehension(&of.generators, key);
                }
                self.comprehension(&of.generators, &of.value);
                Vec::new()
            }
            Expr::Await(of) => self.expression(&of.value),
            Expr::Yield(of) => of
                .value
                .as_ref()
                .map_or_else(Vec::new, |value| self.expression(value)),
            Expr::YieldFrom(of) => self.expression(&of.value),
            Expr::Compare(of) => {
                self.quietly(&of.left);
                for right in &of.comparators {
                    self.quietly(right);
                }
                Vec::new()
            }
            Expr::Starred(of) => self.expression(&of.value),
            Expr::Slice(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::IpyEscapeCommand(_) => Vec::new(),
        }
    }

    fn any(&mut self, expressions: &'c [Expr]) -> Values<'c> {
        let mut values = Vec::new();
        for expression in expressions {
            let more = self.expression(expression);
            value::join(&mut values, more);
        }
        values
    }

    fn list(&mut self, elements: &'c [Expr]) -> Values<'c> {
        let mut items = Vec::new();
        for element in elements {
            let values = self.expression(element);
            if items.len() < MAX_ELEMENTS {
                items.push(values);
            }
        }
        vec![Value::List(Rc::new(items))]
    }

    fn interpolated(&mut self, of: &'c ExprFString) -> Values<'c> {
        let mut known = Some(String::new());
        for part in &of.value {
            match part {
                FStringPart::Literal(literal) => {
                    if let Some(known) = &mut known {
                        known.push_str(&literal.value);
                    }
                }
                FStringPart::FString(string) => {
                    for element in &string.elements {
                        match element {
                            InterpolatedStringElement::Literal(literal) => {
                                if let Some(known) = &mut known {
                                    known.push_str(&literal.value);
                                }
                            }
                            InterpolatedStringElement::Interpolation(of) => {
                                let values = self.quietly(&of.expression);
                                known = known
                                    .zip(value::as_text(&values))
                                    .map(|(known, text)| known + &text);
                            }
                        }
                    }
                }
            }
            if known
                .as_ref()
                .is_some_and(|known| known.len() > MAX_PAYLOAD)
            {
                known = None;
            }
        }
        known.map_or_else(Vec::new, value::text)
    }

    fn named(&self, name: &str) -> Values<'c> {
        if let Some(values) = self.lookup(name) {
            return values.clone();
        }
        if BUILTINS.contains(&name) {
            return value::name(&format!("builtins.{name}"));
        }
        let mut values = Vec::new();
        for module in &self.stars {
            let full = format!("{module}.{name}");
            if reach::of(&full).is_some() || reach::CORE.contains(&name) {
                value::join(&mut values, value::name(&full));
            }
        }
        values
    }

    fn attribute(&mut self, at: &'c Expr, of: &Values<'c>, name: &str) -> Values<'c> {
        if let Some(does) = reach::of_attribute(name) {
            self.tell(at, Kind::Reaches, format!("uses {name}, which {does}"));
        }
        let mut values = Vec::new();
        for value in of {
            match value {
                Value::Name(module) => {
                    value::join(&mut values, value::name(&format!("{module}.{name}")));
                }
                Value::Class(class) => {
                    if let Some(function) = self.method(*class, name) {
                        value::join(&mut values, vec![Value::Function(function)]);
                    }
                }
                Value::Text(_) | Value::Bytes(_) => {
                    values.push(Value::Method(Rc::new(value.clone()), name.into()));
                }
                _ => {}
            }
        }
        if values.is_empty() {
            if reach::CORE[..3].contains(&name) {
                // A module that something else imported.
                return value::name(name);
            }
            if let Some(known) = self.attributes.get(name) {
                return known.clone();
            }
        }
        values
    }

    fn item(&self, of: &Values<'c>, index: &Values<'c>) -> Values<'c> {
        let mut values = value::item(of, index);
        if let Some(key) = value::as_text(index)
            && of
                .iter()
                .any(|v| matches!(v, Value::Name(n) if matches!(&**n, "globals" | "locals")))
        {
            if key.as_ref() == "__builtins__" {
                return value::name("builtins");
            }
            values.retain(|v| !matches!(v, Value::Name(n) if n.starts_with("globals.") || n.starts_with("locals.")));
            value::join(&mut values, self.named(&key));
        }
        values
    }

    fn comprehension(&mut self, generators: &'c [Comprehension], element: &'c Expr) -> Values<'c> {
        let outer = self.scope;
        let scope = self.open_scope(Some(outer), false);
        let mut known = None;
        for generator in generators {
            let values = self.expression(&generator.iter);
            self.scope = scope;
            self.assign_elements(&generator.target, &values);
            for test in &generator.ifs {
                self.expression(test);
            }
            self.charge(&values);
            known = value::elements(&values);
        }
        let mut items = Vec::new();
        match known {
            // Each of them, to know what comes out.
            Some(elements)
                if generators.len() == 1
                    && elements.len() <= MAX_ELEMENTS
                    && !elements.is_empty() =>
            {
                self.scope = scope;
                for item in elements {
                    self.forget(scope);
                    self.assign(&generators[0].target, &item);
                    items.push(self.expression(element));
                }
                self.scope = outer;
                vec![Value::List(Rc::new(items))]
            }
            _ => {
                let values = self.expression(element);
                self.scope = outer;
                vec![Value::List(Rc::new(vec![values]))]
            }
        }
    }

    /// What the body of a lambda gives with these arguments.
    fn lambda(&mut self, of: &'c ExprLambda, scope: usize, given: &[Values<'c>]) -> Values<'c> {
        let outer = self.scope;
        let inner = self.open_scope(Some(scope), false);
        if let Some(parameters) = &of.parameters {
            for (at, parameter) in parameters.iter_non_variadic_params().enumerate() {
                let mut values = given.get(at).cloned().unwrap_or_default();
                if values.is_empty()
                    && let Some(default) = parameter.default()
                {
                    self.scope = scope;
                    values = self.quietly(default);
                }
                self.bind(inner, parameter.name().as_str(), values);
            }
            for variadic in [&parameters.vararg, &parameters.kwarg]
                .into_iter()
                .flatten()
            {
                self.bind(
                    inner,
                    variadic.name.as_str(),
                    vec![Value::List(Rc::new(given.to_vec()))],
                );
            }
        }
        self.scope = inner;
        let values = self.expression(&of.body);
        self.scope = outer;
        values
    }

    fn call(&mut self, of: &'c ExprCall) -> Values<'c> {
        let callees = self.evaluate(&of.func, true);
        let is_types = callees
            .iter()
            .any(|v| matches!(v, Value::Name(n) if matches!(&**n, "builtins.isinstance" | "builtins.issubclass")));
        let was = self.is_quiet;
        self.is_quiet |= is_types;
        if !is_types {
            self.is_quiet = false;
        }
        let mut given = Vec::new();
        for argument in &of.arguments.args {
            let values = self.expression(argument);
            self.judge_argument(argument, &values);
            match argument {
                Expr::Starred(_) => {
                    given.extend(value::elements(&values).unwrap_or_else(|| vec![Vec::new()]));
                }
                _ => given.push(values),
            }
        }
        let mut named = Vec::new();
        for keyword in &of.arguments.keywords {
            let values = self.expression(&keyword.value);
            self.judge_argument(&keyword.value, &values);
            self.note_naming(keyword.arg.as_deref().unwrap_or_default());
            if keyword.arg.as_deref() == Some("mode") && given.len() == 1 {
                given.push(values.clone());
            }
            named.push(values);
        }
        self.is_quiet = was;
        let mut values = Vec::new();
        if callees.is_empty() {
            self.judge_method(of, &given);
        }
        for callee in callees {
            let more = self.apply(of, &callee, &given);
            value::join(&mut values, more);
        }
        // Who is handed a function calls it.
        for value in given.iter().chain(&named).flatten() {
            self.call_handed(value);
        }
        values
    }

    fn call_handed(&mut self, value: &Value<'c>) {
        match value {
            Value::Function(function) => self.call_function(*function, &[], 0),
            Value::Lambda(lambda, scope) if self.depth < MAX_DEPTH / 2 && self.runs_now => {
                self.depth += 1;
                self.lambda(lambda, *scope, &[]);
                self.depth -= 1;
            }
            _ => {}
        }
    }

    /// A call of something that is not known: by the name of the method.
    fn judge_method(&mut self, of: &'c ExprCall, given: &[Values<'c>]) {
        let name = match &*of.func {
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            Expr::Name(name)
                if matches!(
                    name.id.as_str(),
                    "Popen" | "check_output" | "getoutput" | "urlopen"
                ) =>
            {
                // Imported from somewhere beside it, or a parameter.
                name.id.as_str()
            }
            _ => return,
        };
        if let Some(does) = reach::of_method(name) {
            self.tell(of, Kind::Reaches, format!("uses {name}, which {does}"));
        }
        // A file that is opened to write by `pathlib`.
        if name == "open"
            && given
                .first()
                .and_then(value::as_text)
                .is_some_and(|mode| mode.contains(['w', 'a']))
            && self.runs_now
        {
            self.tell(of, Kind::Mild, "opens a file to write".to_owned());
        }
    }

    /// The whole environment, with all tokens in it.
    fn judge_argument(&mut self, argument: &'c Expr, values: &Values<'c>) {
        if values
            .iter()
            .any(|v| matches!(v, Value::Name(n) if &**n == "os.environ"))
        {
            self.tell(
                argument,
                Kind::Mild,
                "hands on all variables of the environment, with the tokens among them".to_owned(),
            );
        }
    }

    /// What is called is called: a decorator, a class, a function of a module.
    pub(super) fn called_with(&mut self, callee: &'c Expr, given: &[Values<'c>]) {
        for value in self.evaluate(callee, true) {
            match value {
                Value::Name(name) => self.judge_call(callee, &name, given),
                Value::Function(function) => self.call_function(function, given, 0),
                Value::Class(class) => self.call_class(class, given),
                Value::Lambda(lambda, scope) => {
                    self.lambda(lambda, scope, given);
                }
                _ => {}
            }
        }
    }

    fn apply(&mut self, of: &'c ExprCall, callee: &Value<'c>, given: &[Values<'c>]) -> Values<'c> {
        let first = given.first();
        match callee {
            Value::Name(name) => self.apply_name(of, name, given),
            Value::Function(function) => {
                let is_method = matches!(&*of.func, Expr::Attribute(_));
                self.call_function(*function, given, usize::from(is_method));
                Vec::new()
            }
            Value::Class(class) => {
                self.call_class(*class, given);
                vec![Value::Class(*class)]
            }
            Value::Lambda(lambda, scope) => self.lambda(lambda, *scope, given),
            Value::Method(value, name) => {
                self.charge(std::slice::from_ref(&**value));
                for values in given {
                    self.charge(values);
                }
                let found = value::method(value, name, given);
                if found.is_empty()
                    && let Some(does) = reach::of_method(name)
                {
                    self.tell(of, Kind::Reaches, format!("uses {name}, which {does}"));
                }
                found
            }
            Value::Getter(kind, part) => {
                let mut found = Vec::new();
                for value in first.into_iter().flatten() {
                    if let Value::Name(module) = value {
                        let full = value::name(&format!("{module}.{part}"));
                        if *kind == Getter::Method {
                            for value in &full {
                                if let Value::Name(name) = value {
                                    self.judge_call(of, name, given);
                                }
                            }
                        } else {
                            value::join(&mut found, full);
                        }
                    }
                }
                let last = part.rsplit('.').next().unwrap_or(part);
                if first.is_none_or(Vec::is_empty)
                    && let Some(does) = reach::of_method(last)
                {
                    self.tell(of, Kind::Reaches, format!("uses {part}, which {does}"));
                }
                found
            }
            _ => Vec::new(),
        }
    }

    fn apply_name(&mut self, of: &'c ExprCall, name: &str, given: &[Values<'c>]) -> Values<'c> {
        let first = given.first();
        let text = |at: usize| given.get(at).and_then(value::as_text);
        for values in given {
            self.charge(values);
        }
        if let Some(found) = value::function(name, given) {
            return found;
        }
        match name {
            "builtins.getattr" | "builtins.object.__getattribute__" | "inspect.getattr_static" => {
                let part = text(1);
                let mut found = match (first, part) {
                    (Some(of_what), Some(part)) => {
                        let name = part.split('.').next().unwrap_or_default();
                        let mut found = self.attribute(&of.func, of_what, name);
                        if found.is_empty() && reach::of_method(&part).is_some() {
                            // Of something that is not known, by a name that says enough.
                            found = value::name(&format!("os.{part}"));
                            if found
                                .iter()
                                .all(|v| matches!(v, Value::Name(n) if reach::of(n).is_none()))
                            {
                                found.clear();
                            }
                        }
                        found
                    }
                    (Some(of_what), None) => {
                        let unknown: Values<'c> = Vec::new();
                        let names: Values<'c> = of_what
                            .iter()
                            .filter(|v| matches!(v, Value::Name(_)))
                            .cloned()
                            .collect();
                        value::item(&names, &unknown)
                    }
                    _ => Vec::new(),
                };
                if let Some(default) = given.get(2) {
                    value::join(&mut found, default.clone());
                }
                return found;
            }
            "builtins.vars" if first.is_some() => return first.cloned().unwrap_or_default(),
            "builtins.globals" | "builtins.locals" | "builtins.vars" => {
                return vec![Value::Name("globals".into())];
            }
            "builtins.__import__" | "importlib.import_module" | "importlib.__import__" => {
                if name == "builtins.__import__" {
                    self.judge_call(of, name, given);
                }
                return text(0).map_or_else(Vec::new, |module| value::name(&module));
            }
            "builtins.map" | "builtins.filter" => {
                let Some(items) = given.get(1).and_then(value::elements) else {
                    return Vec::new();
                };
                let mut out = Vec::new();
                for item in items {
                    let mut values = Vec::new();
                    for callee in first.into_iter().flatten() {
                        if self.steps_left == 0 {
                            return Vec::new();
                        }
                        self.steps_left -= 1;
                        let given = [item.clone()];
                        let more = self.apply(of, callee, &given);
                        value::join(&mut values, more);
                    }
                    out.push(values);
                }
                return vec![Value::List(Rc::new(out))];
            }
            "functools.partial" | "functools.partialmethod" => {
                return first.cloned().unwrap_or_default();
            }
            "functools.reduce" => {
                let Some(items) = given.get(1).and_then(value::elements) else {
                    return Vec::new();
                };
                let mut total = given.get(2).cloned();
                for item in items {
                    let Some(left) = total else {
                        total = Some(item);
                        continue;
                    };
                    let mut values = Vec::new();
                    for callee in first.into_iter().flatten() {
                        if self.steps_left == 0 {
                            return Vec::new();
                        }
                        self.steps_left -= 1;
                        let pair = [left.clone(), item.clone()];
                        let more = self.apply(of, callee, &pair);
                        value::join(&mut values, more);
                    }
                    total = Some(values);
                }
                return total.unwrap_or_default();
            }
            "operator.methodcaller" => {
                return text(0)
                    .map_or_else(Vec::new, |name| vec![Value::Getter(Getter::Method, name)]);
            }
            "operator.attrgetter" | "operator.itemgetter" => {
                return text(0)
                    .map_or_else(Vec::new, |name| vec![Value::Getter(Getter::Part, name)]);
            }
            "builtins.dict" => return Vec::new(),
            "operator.call" | "builtins.type.__call__" => {
                for callee in first.into_iter().flatten() {
                    self.apply(of, callee, given.get(1..).unwrap_or_default());
                }
                return Vec::new();
            }
            _ => {}
        }
        // A name looked up in a module, or in the names of one.
        if let Some(table) = [
            "get",
            "__getitem__",
            "__getattribute__",
            "pop",
            "setdefault",
        ]
        .iter()
        .find_map(|method| name.strip_suffix(method)?.strip_suffix('.'))
            && let Some(first) = first
            && reach::of(name).is_none()
        {
            let table = vec![Value::Name(table.into())];
            return self.item(&table, first);
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        if reach::of(name).is_some() || last == "open" {
            self.judge_call(of, name, given);
        } else if let Some(does) = reach::of_method(last)
            && !name.starts_with("platform.")
        {
            self.tell(of, Kind::Reaches, format!("uses {name}, which {does}"));
        }
        Vec::new()
    }
}

/// Where the code stands that a finding is about.
pub(super) fn line_at(code: &str, offset: usize) -> &str {
    let start = code[..offset.min(code.len())]
        .rfind('\n')
        .map_or(0, |at| at + 1);
    let end = code[start..].find('\n').map_or(code.len(), |at| start + at);
    code.get(start..end).unwrap_or_default()
}
