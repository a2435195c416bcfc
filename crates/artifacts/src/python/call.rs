//! Calls: who is called with what, what it does to the outside, and what it gives.

use std::rc::Rc;

use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::Ranged;

use super::compute;
use super::meter::MAX_ELEMENTS;
use super::place;
use super::reach::{self, When};
use super::value::{self, Getter, Name, Value, Values};
use super::walk::{Kind, MAX_DEPTH, Walk};
use crate::names;

/// Methods that put something into what they are methods of.
const FILLING: &[&str] = &[
    "add",
    "append",
    "appendleft",
    "extend",
    "insert",
    "setdefault",
    "update",
];
/// Methods that look a name up in a table of names.
const LOOK_UPS: &[&str] = &[
    "get",
    "__getitem__",
    "__getattribute__",
    "pop",
    "setdefault",
];
/// Functions of which what they are given says what they do.
const ASKED: &[&str] = &[
    "builtins.open",
    "io.open",
    "codecs.open",
    "logging.config.dictConfig",
    "logging.config.fileConfig",
    "yaml.load",
    "yaml.load_all",
];

/// What a call is given.
#[derive(Default)]
pub(super) struct Given<'c> {
    pub(super) at: Vec<Values<'c>>,
    named: Vec<(&'c str, Values<'c>)>,
}

impl<'c> Given<'c> {
    fn first(&self) -> Values<'c> {
        self.at.first().cloned().unwrap_or_default()
    }

    fn text(&self, at: usize) -> Option<Rc<str>> {
        self.at.get(at).and_then(Values::as_text)
    }

    fn named(&self, name: &str) -> Option<&Values<'c>> {
        self.named
            .iter()
            .find_map(|(of, values)| (*of == name).then_some(values))
    }

    fn all(&self) -> impl Iterator<Item = &Values<'c>> {
        self.at.iter().chain(self.named.iter().map(|(_, v)| v))
    }

    /// The same without the first.
    fn rest(&self) -> &[Values<'c>] {
        self.at.get(1..).unwrap_or_default()
    }
}

impl<'c> Walk<'c> {
    pub(super) fn call(&mut self, of: &'c ExprCall) -> Values<'c> {
        let callees = self.evaluate(&of.func, true);
        let is_types = callees.names("builtins.isinstance") || callees.names("builtins.issubclass");
        let was = std::mem::replace(&mut self.is_quiet, is_types);
        let given = self.given(of);
        self.is_quiet = was;
        if let Expr::Attribute(method) = &*of.func
            && matches!(&*method.value, Expr::Name(_))
            && FILLING.contains(&method.attr.as_str())
        {
            self.fill_by(&method.value, method.attr.as_str(), &given);
        }
        if callees.is_empty() {
            self.judge_method(of, &given);
        }
        let trusts = given.named("trust_remote_code");
        if self.runs_now && trusts.and_then(Values::as_number) == Some(1) {
            self.tell(
                of,
                Kind::Mild,
                "loads a model with trust_remote_code, which runs the code beside it",
            );
        }
        let mut values = Values::default();
        for callee in callees.iter() {
            let more = self.apply(of, callee, &given);
            self.meter.join(&mut values, &more);
        }
        // Who is handed a function calls it.
        for values in given.all() {
            for value in values.iter() {
                self.call_handed(value);
            }
        }
        values
    }

    /// A container is given something by a method.
    fn fill_by(&mut self, container: &'c Expr, method: &str, given: &Given<'c>) {
        let key = given.text(0).filter(|_| given.at.len() > 1);
        for values in given.all().filter(|values| !values.is_data()) {
            let inner = match method {
                "extend" | "update" => value::held(&mut self.meter, values),
                _ => Vec::new(),
            };
            let is_taken_over = !inner.is_empty();
            for inner in inner.iter().filter(|inner| !inner.is_data()) {
                let held = self.quietly(container);
                self.fill(container, &held, None, inner);
            }
            if !is_taken_over {
                let held = self.quietly(container);
                self.fill(container, &held, key.clone(), values);
            }
        }
    }

    fn given(&mut self, of: &'c ExprCall) -> Given<'c> {
        let mut given = Given::default();
        for argument in &of.arguments.args {
            let values = self.expression(argument);
            self.judge_argument(argument, &values);
            if !matches!(argument, Expr::Starred(_)) {
                given.at.push(values);
                continue;
            }
            match value::elements(&mut self.meter, &values, MAX_ELEMENTS) {
                Some(items) => {
                    let room = MAX_ELEMENTS.saturating_sub(given.at.len());
                    if items.iter().skip(room).any(|item| !item.is_data()) {
                        self.meter.give_up();
                    }
                    self.meter.charge(items.len());
                    given.at.extend(items.iter().take(room).cloned());
                }
                None => given.at.push(Values::default()),
            }
        }
        for keyword in &of.arguments.keywords {
            let values = self.expression(&keyword.value);
            self.judge_argument(&keyword.value, &values);
            let name = keyword.arg.as_deref().unwrap_or_default();
            self.note_naming(name);
            given.named.push((name, values));
        }
        given
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
    fn judge_method(&mut self, of: &'c ExprCall, given: &Given<'c>) {
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
        self.judge_method_of(of, name, None, given);
    }

    /// A method by its name, of a path where that is known.
    fn judge_method_of(
        &mut self,
        of: &'c ExprCall,
        name: &str,
        path: Option<&str>,
        given: &Given<'c>,
    ) {
        if let Some(reach) = reach::of_method(name) {
            self.tell_reach(of, reach, "uses", name);
        }
        // A file that is opened to write by `pathlib`.
        let mode = given.text(0).or_else(|| given.named("mode")?.as_text());
        let is_writing = |mode: Rc<str>| mode.len() <= 4 && mode.contains(['w', 'a', 'x', '+']);
        let writes = matches!(name, "write_text" | "write_bytes")
            || name == "open" && mode.is_some_and(is_writing);
        let reads = matches!(name, "open" | "read_text" | "read_bytes");
        if self.runs_now && (writes || reads && path.is_some_and(is_outside)) {
            self.tell(
                of,
                Kind::Mild,
                "opens a file to write, or outside of its folder",
            );
        }
    }

    /// The whole environment, with all tokens in it.
    fn judge_argument(&mut self, argument: &'c Expr, values: &Values<'c>) {
        if values.names("os.environ") {
            self.tell(
                argument,
                Kind::Mild,
                "hands on all variables of the environment, with the tokens among them",
            );
        }
    }

    /// What is called is called: a decorator, a class, a function of a module.
    pub(super) fn called_with(&mut self, callee: &'c Expr, given: &[Values<'c>]) {
        for value in self.evaluate(callee, true).iter() {
            match value {
                Value::Name(name) => self.judge_call(callee, name, given),
                Value::Function(function) => self.call_function(*function, given, 0),
                Value::Class(class) => self.call_class(*class, given),
                Value::Lambda(lambda, scope) => {
                    self.lambda(lambda, *scope, given);
                }
                _ => {}
            }
        }
    }

    fn apply(&mut self, of: &'c ExprCall, callee: &Value<'c>, given: &Given<'c>) -> Values<'c> {
        match callee {
            Value::Name(name) => self.apply_name(of, name, given),
            Value::Function(function) => {
                let is_method = matches!(&*of.func, Expr::Attribute(_));
                self.call_function(*function, &given.at, usize::from(is_method));
                Values::default()
            }
            Value::Class(class) => {
                self.call_class(*class, &given.at);
                self.meter.one(Value::Class(*class))
            }
            Value::Lambda(lambda, scope) => self.lambda(lambda, *scope, &given.at),
            Value::Method(value, name) => {
                let found = compute::method(&mut self.meter, value, name, &given.at);
                if found.is_empty() {
                    let path = match &**value {
                        Value::Text(path) => Some(&**path),
                        _ => None,
                    };
                    self.judge_method_of(of, name, path, given);
                }
                found
            }
            Value::Getter(kind, part) => self.get(of, *kind, part, given),
            _ => Values::default(),
        }
    }

    /// `attrgetter(part)(module)` and the like.
    fn get(&mut self, of: &'c ExprCall, kind: Getter, part: &str, given: &Given<'c>) -> Values<'c> {
        let first = given.first();
        let mut found = Values::default();
        for part in part.split('.').take(16) {
            if let Some(reach) = reach::of_attribute(part) {
                self.tell_reach(of, reach, "uses", part);
            }
        }
        for value in first.iter() {
            let Value::Name(module) = value else { continue };
            let full = self.meter.part(module, part);
            if kind == Getter::Part {
                self.meter.join(&mut found, &full);
                continue;
            }
            for value in full.iter() {
                if let Value::Name(name) = value {
                    self.judge_call(of, name, given.rest());
                }
            }
        }
        let last = part.rsplit('.').next().unwrap_or(part);
        if first.is_empty()
            && let Some(reach) = reach::of_method(last)
        {
            self.tell_reach(of, reach, "uses", last);
        }
        found
    }

    fn apply_name(&mut self, of: &'c ExprCall, name: &Name, given: &Given<'c>) -> Values<'c> {
        if let Some(found) = compute::function(&mut self.meter, name, &given.at) {
            return found;
        }
        if let Some(found) = self.reflected(of, name, given) {
            return found;
        }
        // A name looked up in a module, or in the names of one.
        if name.reach.is_none()
            && let Some(table) = LOOK_UPS
                .iter()
                .find_map(|method| name.strip_suffix(method)?.strip_suffix('.'))
            && let Some(index) = given.at.first()
        {
            let table = self.meter.name(table);
            return self.item(&of.func, &table, index);
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        if name.reach.is_some() || ASKED.contains(&&**name) {
            self.judge_named_call(of, name, given);
        } else if !name.starts_with("platform.") && last != "open" {
            self.judge_method_of(of, last, None, given);
        }
        // An object of a class: what it has is of the class. What tells wherever it stands was told.
        let is_class = last.trim_start_matches('_').starts_with(char::is_uppercase);
        let is_told = name.reach.is_some_and(|reach| reach.when == When::Always);
        if is_class && !is_told && name.contains('.') {
            return self.meter.one(Value::Name(name.object()));
        }
        Values::default()
    }

    /// Functions that give others by their names, or call what they are given.
    fn reflected(
        &mut self,
        of: &'c ExprCall,
        name: &Name,
        given: &Given<'c>,
    ) -> Option<Values<'c>> {
        let first = given.first();
        Some(match &**name {
            "builtins.getattr" | "builtins.object.__getattribute__" | "inspect.getattr_static" => {
                self.getattr(of, given)
            }
            "builtins.setattr" => {
                if let Some(part) = given.text(1) {
                    self.judge_change(&of.func, &first, &part);
                    if let Some(values) = given.at.get(2)
                        && !values.is_data()
                    {
                        self.meter.charge_bytes(part.len());
                        let known = self.attributes.entry(part).or_default();
                        self.meter.join(known, values);
                    }
                }
                Values::default()
            }
            "builtins.vars" if !given.at.is_empty() => first,
            "builtins.globals" | "builtins.locals" | "builtins.vars" => self.meter.name("globals"),
            "builtins.__import__" | "importlib.import_module" | "importlib.__import__" => {
                let is_inert = given
                    .text(0)
                    .is_some_and(|module| names::is_inert_module(&module));
                if &**name == "builtins.__import__" && !is_inert {
                    self.judge_call(of, name, &given.at);
                }
                match given.text(0) {
                    Some(module) => self.meter.name(&module),
                    None => Values::default(),
                }
            }
            "builtins.map" | "builtins.filter" => {
                let items = value::elements(&mut self.meter, given.at.get(1)?, MAX_ELEMENTS)?;
                let mut out = Vec::new();
                for item in items.iter() {
                    let given = Given {
                        at: vec![item.clone()],
                        named: Vec::new(),
                    };
                    out.push(self.apply_each(of, &first, &given)?);
                }
                self.meter.list(out)
            }
            "functools.partial" | "functools.partialmethod" => first,
            "functools.reduce" => {
                let items = value::elements(&mut self.meter, given.at.get(1)?, MAX_ELEMENTS)?;
                let mut total = given.at.get(2).cloned();
                for item in items.iter() {
                    let Some(left) = total else {
                        total = Some(item.clone());
                        continue;
                    };
                    let pair = Given {
                        at: vec![left, item.clone()],
                        named: Vec::new(),
                    };
                    total = Some(self.apply_each(of, &first, &pair)?);
                }
                total.unwrap_or_default()
            }
            "operator.methodcaller" => self.getter(Getter::Method, given),
            "operator.attrgetter" | "operator.itemgetter" => self.getter(Getter::Part, given),
            "builtins.dict" => {
                let pairs = given.named.iter();
                let pairs = pairs.map(|(name, values)| (Some(Rc::from(*name)), values.clone()));
                let pairs = pairs.collect();
                let mut values = self.meter.pairs(pairs);
                self.meter.join(&mut values, &first);
                values
            }
            "operator.call" | "builtins.type.__call__" => {
                let rest = Given {
                    at: given.rest().to_vec(),
                    named: Vec::new(),
                };
                self.apply_each(of, &first, &rest)?
            }
            _ => return None,
        })
    }

    fn getter(&mut self, kind: Getter, given: &Given<'c>) -> Values<'c> {
        match given.text(0) {
            Some(part) => self.meter.one(Value::Getter(kind, part)),
            None => Values::default(),
        }
    }

    /// All that may be called is called; nothing when there are no steps left.
    fn apply_each(
        &mut self,
        of: &'c ExprCall,
        callees: &Values<'c>,
        given: &Given<'c>,
    ) -> Option<Values<'c>> {
        let mut values = Values::default();
        for callee in callees.iter() {
            self.meter.charge(1);
            if self.meter.is_spent() || self.depth >= MAX_DEPTH {
                return None;
            }
            self.depth += 1;
            let more = self.apply(of, callee, given);
            self.depth -= 1;
            self.meter.join(&mut values, &more);
        }
        Some(values)
    }

    fn getattr(&mut self, of: &'c ExprCall, given: &Given<'c>) -> Values<'c> {
        let mut found = Values::default();
        if let Some(whose) = given.at.first() {
            if let Some(part) = given.text(1) {
                let first = part.split('.').next().unwrap_or_default();
                found = self.attribute(&of.func, whose, first);
                if found.is_empty() && reach::of_method(&part).is_some() {
                    // Of something that is not known, by a name that says enough.
                    let is_known = |v: &Value<'_>| matches!(v, Value::Name(n) if n.reach.is_some());
                    found = self.meter.part("os", &part).only(is_known);
                }
            } else {
                let names = whose.only(|v| matches!(v, Value::Name(_)));
                found = value::item(&mut self.meter, &names, &Values::default());
            }
        }
        if let Some(default) = given.at.get(2) {
            self.meter.join(&mut found, default);
        }
        found
    }

    /// What a name of a module does, called here.
    pub(super) fn judge_call(&mut self, at: &impl Ranged, name: &Name, given: &[Values<'c>]) {
        let given = Given {
            at: given.iter().take(8).cloned().collect(),
            named: Vec::new(),
        };
        self.judge_named_call(at, name, &given);
    }

    fn judge_named_call(&mut self, at: &impl Ranged, name: &Name, given: &Given<'c>) {
        match &**name {
            "builtins.open" | "io.open" | "codecs.open" => self.judge_open(at, given),
            // Without what makes them run code they load data.
            "torch.load" if given.named("weights_only").and_then(Values::as_number) == Some(1) => {}
            "numpy.load" => {
                let allowed = given.named("allow_pickle").or_else(|| given.at.get(2));
                if allowed.is_some_and(|allowed| allowed.as_number() != Some(0)) {
                    self.tell_loads(at, name, given);
                }
            }
            "logging.config.dictConfig" | "logging.config.fileConfig" => {
                self.judge_settings(at, name, given);
            }
            "yaml.load" | "yaml.load_all" => {
                let loader = given.named("Loader").or_else(|| given.at.get(1));
                let is_unsafe = loader.is_some_and(|loader| {
                    ["yaml.UnsafeLoader", "yaml.Loader", "yaml.CLoader"]
                        .iter()
                        .any(|name| loader.names(name))
                });
                if is_unsafe && self.runs_now {
                    let what = "uses yaml.load with a loader that calls what the text names";
                    self.tell(at, Kind::Mild, what);
                }
            }
            _ => match name.reach {
                Some(reach) if reach.when == When::Loads => self.tell_loads(at, name, given),
                Some(reach) => self.tell_reach(at, reach, "uses", name),
                None => {}
            },
        }
    }

    /// A file is loaded that can run code: odd where it is none of the model's, else it has its own record.
    fn tell_loads(&mut self, at: &impl Ranged, name: &Name, given: &Given<'c>) {
        if !self.runs_now {
            return;
        }
        let place = given.text(0);
        let is_elsewhere = place.is_some_and(|place| is_outside(&place) || place.contains("://"));
        let kind = if is_elsewhere {
            Kind::Mild
        } else {
            Kind::Loads
        };
        let what = format!(
            "uses {}, which loads a file that can run code (it has its own record)",
            &**name
        );
        self.tell(at, kind, &what);
    }

    /// Settings of logging name what makes handlers and formatters.
    fn judge_settings(&mut self, at: &impl Ranged, name: &Name, given: &Given<'c>) {
        let first = given.first();
        let is_read = first.iter().any(|v| matches!(v, Value::Pairs(_)));
        if !is_read {
            if self.runs_now {
                let what = format!("uses {}, which calls what a file names", &**name);
                self.tell(at, Kind::Mild, &what);
            }
            return;
        }
        let mut open = vec![first];
        while let Some(values) = open.pop() {
            for value in values.iter() {
                self.meter.charge(1);
                if self.meter.is_spent() {
                    return;
                }
                let Value::Pairs(pairs) = value else { continue };
                for (key, inner) in &pairs.items {
                    self.meter.charge(1);
                    let makes = matches!(key.as_deref(), Some("()" | "class"));
                    if makes && let Some(maker) = inner.as_text() {
                        for value in self.meter.name(&maker).iter() {
                            if let Value::Name(maker) = value {
                                self.judge_call(at, maker, &[]);
                            }
                        }
                    }
                    open.push(inner.clone());
                }
            }
        }
    }

    /// Files that an import opens: to write, or outside of the model's folder.
    fn judge_open(&mut self, at: &impl Ranged, given: &Given<'c>) {
        if !self.runs_now {
            return;
        }
        let mode = given.at.get(1).or_else(|| given.named("mode"));
        let writes = match mode.map(Values::as_text) {
            None => false,
            Some(None) => true,
            Some(Some(mode)) => mode.contains(['w', 'a', 'x', '+']),
        };
        if writes || given.text(0).is_some_and(|place| is_outside(&place)) {
            self.tell(
                at,
                Kind::Mild,
                "opens a file to write, or outside of its folder",
            );
        }
    }
}

/// Is it a place outside of the folder of the model?
fn is_outside(place: &str) -> bool {
    place.starts_with(['/', '~', '\\']) || place.starts_with("..") || place::is_drive(place)
}
