//! What expressions of code stand for.

use ruff_python_ast::{
    Comprehension, Expr, ExprBinOp, ExprFString, ExprLambda, FStringPart,
    InterpolatedStringElement, Number, UnaryOp,
};

use super::meter::{MAX_ELEMENTS, MAX_TEXT};
use super::place;
use super::reach;
use super::value::{self, Value, Values};
use super::walk::{Kind, MAX_DEPTH, Walk};
use crate::code::is_payload;

/// Functions and attributes that every module has.
const BUILTINS: &[&str] = &[
    "__build_class__",
    "__builtins__",
    "__import__",
    "abs",
    "all",
    "any",
    "ascii",
    "bin",
    "breakpoint",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "compile",
    "delattr",
    "dict",
    "dir",
    "divmod",
    "eval",
    "exec",
    "execfile",
    "filter",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "hex",
    "id",
    "input",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "locals",
    "map",
    "max",
    "min",
    "next",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "sorted",
    "str",
    "sum",
    "tuple",
    "type",
    "vars",
];
/// Tags of YAML that call what they name.
const CALLING_TAGS: &[&str] = &[
    "!!python/object/apply",
    "!!python/object/new",
    "tag:yaml.org,2002:python/object/apply",
    "tag:yaml.org,2002:python/object/new",
];

impl<'c> Walk<'c> {
    pub(super) fn expression(&mut self, expression: &'c Expr) -> Values<'c> {
        self.evaluate(expression, false)
    }

    /// An expression that is there or not.
    pub(super) fn optional(&mut self, expression: Option<&'c Expr>) {
        if let Some(expression) = expression {
            self.expression(expression);
        }
    }

    /// An expression that mentions types.
    pub(super) fn quietly(&mut self, expression: &'c Expr) -> Values<'c> {
        let was = std::mem::replace(&mut self.is_quiet, true);
        let values = self.expression(expression);
        self.is_quiet = was;
        values
    }

    /// What stands before a dot, a bracket or the arguments of a call.
    fn owner_of(&mut self, expression: &'c Expr) -> Values<'c> {
        let was = std::mem::replace(&mut self.is_quiet, true);
        let values = self.evaluate(expression, true);
        self.is_quiet = was;
        values
    }

    pub(super) fn evaluate(&mut self, expression: &'c Expr, is_callee: bool) -> Values<'c> {
        if self.depth >= MAX_DEPTH {
            self.meter.give_up();
            return Values::default();
        }
        self.meter.charge(1);
        if self.meter.is_spent() {
            return Values::default();
        }
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
            for value in values.iter() {
                if let Value::Name(name) = value
                    && let Some(reach) = name.reach
                    && reach::tells_when_handed_on(name, reach)
                {
                    self.tell_reach(expression, reach, "hands on", name);
                }
            }
        }
    }

    fn value(&mut self, expression: &'c Expr) -> Values<'c> {
        match expression {
            Expr::StringLiteral(of) => {
                let text = of.value.to_str();
                self.literal(expression, text);
                self.meter.text(text)
            }
            Expr::BytesLiteral(of) => {
                let bytes: Vec<u8> = of.value.bytes().take(MAX_TEXT).collect();
                self.meter.bytes(&bytes)
            }
            Expr::NumberLiteral(of) => match &of.value {
                Number::Int(number) => match number.as_i64() {
                    Some(number) => self.meter.number(number),
                    None => Values::default(),
                },
                Number::Float(_) | Number::Complex { .. } => Values::default(),
            },
            Expr::BooleanLiteral(of) => self.meter.number(i64::from(of.value)),
            Expr::FString(of) => self.interpolated(of),
            Expr::Name(of) => self.named(of.id.as_str()),
            Expr::Attribute(of) => {
                let values = self.owner_of(&of.value);
                self.attribute(expression, &values, of.attr.as_str())
            }
            Expr::Subscript(of) => {
                let values = self.owner_of(&of.value);
                if let Expr::Slice(slice) = &*of.slice {
                    let mut bound = |bound: &'c Option<Box<Expr>>| match bound {
                        Some(bound) => self.expression(bound).as_number(),
                        None => None,
                    };
                    let (low, high, step) =
                        (bound(&slice.lower), bound(&slice.upper), bound(&slice.step));
                    return value::slice(&mut self.meter, &values, low, high, step);
                }
                let index = self.expression(&of.slice);
                self.item(expression, &values, &index)
            }
            Expr::Call(of) => self.call(of),
            Expr::Lambda(of) => {
                if let Some(parameters) = &of.parameters {
                    self.parameters(parameters);
                }
                let was = std::mem::replace(&mut self.runs_now, false);
                self.lambda(of, self.scope, &[]);
                self.runs_now = was;
                self.hold(self.scope);
                self.meter.one(Value::Lambda(of, self.scope))
            }
            Expr::BoolOp(of) => self.any(&of.values),
            Expr::Named(of) => {
                let values = self.expression(&of.value);
                self.assign(&of.target, &values);
                values
            }
            Expr::BinOp(of) => self.computed(of),
            Expr::UnaryOp(of) => {
                let values = self.expression(&of.operand);
                match (of.op, values.as_number().and_then(i64::checked_neg)) {
                    (UnaryOp::USub, Some(number)) => self.meter.number(number),
                    _ => Values::default(),
                }
            }
            Expr::If(of) => {
                self.expression(&of.test);
                let mut values = self.expression(&of.body);
                let more = self.expression(&of.orelse);
                self.meter.join(&mut values, &more);
                values
            }
            Expr::Dict(of) => {
                let mut pairs = Vec::new();
                for item in &of.items {
                    let key = item.key.as_ref().map(|key| self.expression(key));
                    let values = self.expression(&item.value);
                    let key = key.and_then(|key| key.as_text());
                    self.note_naming(key.as_deref().unwrap_or_default());
                    pairs.push((key, values));
                }
                self.meter.pairs(pairs)
            }
            Expr::Set(of) => self.list(&of.elts),
            Expr::List(of) => self.list(&of.elts),
            Expr::Tuple(of) => self.list(&of.elts),
            Expr::ListComp(of) => self.comprehension(&of.generators, None, &of.elt),
            Expr::SetComp(of) => self.comprehension(&of.generators, None, &of.elt),
            Expr::Generator(of) => self.comprehension(&of.generators, None, &of.elt),
            Expr::DictComp(of) => self.comprehension(&of.generators, of.key.as_deref(), &of.value),
            Expr::Await(of) => self.expression(&of.value),
            Expr::Yield(of) => match &of.value {
                Some(value) => self.expression(value),
                None => Values::default(),
            },
            Expr::YieldFrom(of) => self.expression(&of.value),
            Expr::Compare(of) => {
                self.quietly(&of.left);
                for right in &of.comparators {
                    self.quietly(right);
                }
                Values::default()
            }
            Expr::Starred(of) => self.expression(&of.value),
            Expr::TString(_)
            | Expr::Slice(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::IpyEscapeCommand(_) => Values::default(),
        }
    }

    /// A text that the code has.
    fn literal(&mut self, at: &'c Expr, text: &str) {
        self.meter.charge_bytes(text.len());
        let head = &text[..text.floor_char_boundary(MAX_TEXT)];
        if place::is_sensitive(text) {
            let what = format!("names {text}, where keys are kept or what is written is run");
            self.tell(at, Kind::Mild, &what);
        } else if is_payload(head) || CALLING_TAGS.iter().any(|tag| head.contains(tag)) {
            self.tell(at, Kind::Payload, "holds a text that is meant to be run");
        }
    }

    /// `a + b + …`: long sums lean to the left.
    fn computed(&mut self, of: &'c ExprBinOp) -> Values<'c> {
        let mut chain = vec![of];
        while let Some(Expr::BinOp(left)) = chain.last().map(|last| &*last.left) {
            chain.push(left);
        }
        let mut values = match chain.last() {
            Some(first) => self.expression(&first.left),
            None => Values::default(),
        };
        for of in chain.into_iter().rev() {
            let right = self.expression(&of.right);
            values = value::operate(&mut self.meter, of.op, &values, &right);
        }
        values
    }

    fn any(&mut self, expressions: &'c [Expr]) -> Values<'c> {
        let mut values = Values::default();
        for expression in expressions {
            let more = self.expression(expression);
            self.meter.join(&mut values, &more);
        }
        values
    }

    fn list(&mut self, elements: &'c [Expr]) -> Values<'c> {
        let items = elements.iter().map(|element| self.expression(element));
        let items = items.collect();
        self.meter.list(items)
    }

    fn interpolated(&mut self, of: &'c ExprFString) -> Values<'c> {
        let mut known = Some(String::new());
        let add = |known: &mut Option<String>, part: Option<&str>| {
            *known = known.take().zip(part).map(|(known, part)| known + part);
            if known.as_ref().is_some_and(|known| known.len() > MAX_TEXT) {
                *known = None;
            }
        };
        for part in &of.value {
            match part {
                FStringPart::Literal(literal) => {
                    self.meter.charge_bytes(literal.value.len());
                    add(&mut known, Some(&literal.value));
                }
                FStringPart::FString(string) => {
                    for element in &string.elements {
                        match element {
                            InterpolatedStringElement::Literal(literal) => {
                                self.meter.charge_bytes(literal.value.len());
                                add(&mut known, Some(&literal.value));
                            }
                            InterpolatedStringElement::Interpolation(of) => {
                                let values = self.quietly(&of.expression);
                                let text = values.as_text();
                                self.meter
                                    .charge_bytes(text.as_ref().map_or(0, |text| text.len()));
                                add(&mut known, text.as_deref());
                            }
                        }
                    }
                }
            }
        }
        match known {
            Some(known) => self.meter.text(&known),
            None => Values::default(),
        }
    }

    pub(super) fn named(&mut self, name: &str) -> Values<'c> {
        if let Some(values) = self.lookup(name) {
            return values;
        }
        if BUILTINS.binary_search(&name).is_ok() {
            return self.meter.part("builtins", name);
        }
        if matches!(name, "__loader__" | "__spec__") {
            return self.meter.part("importlib", name);
        }
        if self.stars.is_empty() {
            return Values::default();
        }
        if let Some(values) = self.of_stars.get(name) {
            return values.clone();
        }
        let mut values = Values::default();
        for at in 0..self.stars.len() {
            let full = self.meter.part(&self.stars[at].clone(), name);
            let reaches = |v: &Value<'_>| {
                matches!(v, Value::Name(n) if n.reach.is_some()) || reach::CORE.contains(&name)
            };
            if full.iter().any(reaches) {
                self.meter.join(&mut values, &full);
            }
        }
        self.of_stars.insert(name.into(), values.clone());
        values
    }

    pub(super) fn attribute(&mut self, at: &'c Expr, of: &Values<'c>, name: &str) -> Values<'c> {
        if let Some(reach) = reach::of_attribute(name) {
            self.tell_reach(at, reach, "uses", name);
        }
        self.meter.charge(name.len() / 32);
        let mut values = Values::default();
        for value in of.iter() {
            let found = match value {
                Value::Name(module) => self.meter.part(module, name),
                Value::Class(class) => match self.method(*class, name) {
                    Some(function) => self.meter.one(Value::Function(function)),
                    None => continue,
                },
                Value::Text(_) | Value::Bytes(_) | Value::List(_) | Value::Pairs(_) => {
                    self.meter.charge_bytes(name.len());
                    let method = Value::Method(value.clone().into(), name.into());
                    self.meter.one(method)
                }
                _ => continue,
            };
            self.meter.join(&mut values, &found);
        }
        // A function of C is a method of its module, which for most of them is `builtins`.
        if name == "f_builtins" || name == "__self__" && values.is_empty() && self.runs_now {
            return self.meter.name("builtins");
        }
        // A module that something else imported.
        if values.is_empty() && reach::CORE[..3].contains(&name) {
            return self.meter.name(name);
        }
        let says_nothing = |v: &Value<'_>| !matches!(v, Value::Name(n) if n.reach.is_none());
        if !values.iter().any(says_nothing)
            && let Some(known) = self.attributes.get(name)
        {
            self.meter.join(&mut values, &known.clone());
        }
        values
    }

    pub(super) fn item(&mut self, at: &'c Expr, of: &Values<'c>, index: &Values<'c>) -> Values<'c> {
        let mut values = value::item(&mut self.meter, of, index);
        let Some(key) = index.as_text() else {
            return values;
        };
        if let Some(reach) = reach::of_attribute(&key) {
            self.tell_reach(at, reach, "uses", &key);
        }
        if of.names("globals") || of.names("locals") {
            if key.as_ref() == "__builtins__" {
                return self.meter.name("builtins");
            }
            let is_own = |v: &Value<'_>| matches!(v, Value::Name(n) if n.starts_with("globals.") || n.starts_with("locals."));
            values = values.only(|value| !is_own(value));
            let named = self.named(&key);
            self.meter.join(&mut values, &named);
        }
        values
    }

    fn comprehension(
        &mut self,
        generators: &'c [Comprehension],
        key: Option<&'c Expr>,
        element: &'c Expr,
    ) -> Values<'c> {
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
            known = value::elements(&mut self.meter, &values, MAX_ELEMENTS);
        }
        let mut items = Vec::new();
        self.scope = scope;
        match known {
            // Each of them, to know what comes out.
            Some(elements) if generators.len() == 1 && !elements.is_empty() => {
                for item in elements.iter() {
                    if self.meter.is_spent() {
                        break;
                    }
                    self.forget(scope);
                    self.assign(&generators[0].target, item);
                    let key = key.and_then(|key| self.expression(key).as_text());
                    items.push((key, self.expression(element)));
                }
            }
            _ => {
                let key = key.and_then(|key| self.expression(key).as_text());
                items.push((key, self.expression(element)));
            }
        }
        self.scope = outer;
        self.close_scope(scope);
        if key.is_some() {
            return self.meter.pairs(items);
        }
        let items = items.into_iter().map(|(_, item)| item).collect();
        self.meter.list(items)
    }

    /// What the body of a lambda gives with these arguments.
    pub(super) fn lambda(
        &mut self,
        of: &'c ExprLambda,
        scope: usize,
        given: &[Values<'c>],
    ) -> Values<'c> {
        let outer = self.scope;
        let inner = self.open_scope(Some(scope), false);
        if let Some(parameters) = &of.parameters {
            for (at, parameter) in parameters.iter_non_variadic_params().enumerate() {
                self.meter.charge(2);
                if self.meter.is_spent() {
                    break;
                }
                let mut values = given.get(at).cloned().unwrap_or_default();
                if values.is_empty()
                    && let Some(default) = parameter.default()
                {
                    self.scope = scope;
                    values = self.quietly(default);
                }
                self.bind(inner, parameter.name().as_str(), &values);
            }
            for variadic in [&parameters.vararg, &parameters.kwarg]
                .into_iter()
                .flatten()
            {
                let all = self.meter.list(given.to_vec());
                self.bind(inner, variadic.name.as_str(), &all);
            }
        }
        self.scope = inner;
        let values = self.expression(&of.body);
        self.scope = outer;
        self.close_scope(inner);
        values
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

#[cfg(test)]
mod tests {
    #[test]
    fn builtins_are_in_the_order_that_they_are_looked_up_in() {
        assert!(super::BUILTINS.is_sorted());
    }
}
