//! What names, attributes and elements of containers are given, and what changes under them.

use std::rc::Rc;

use ruff_python_ast::Expr;

use super::meter::MAX_ELEMENTS;
use super::place;
use super::reach;
use super::value::{self, Value, Values};
use super::walk::{Kind, Walk};

/// Elements of a list that a loop over it is read with.
const MAX_TURNS: usize = 64;

impl<'c> Walk<'c> {
    pub(super) fn assign(&mut self, target: &'c Expr, values: &Values<'c>) {
        match target {
            Expr::Name(name) => self.bind(self.scope, name.id.as_str(), values),
            Expr::Starred(of) => self.assign(&of.value, values),
            Expr::Tuple(of) => self.assign_each(&of.elts, values),
            Expr::List(of) => self.assign_each(&of.elts, values),
            Expr::Attribute(of) => {
                let to = self.quietly(&of.value);
                self.judge_change(target, &to, of.attr.as_str());
                if !values.is_empty() {
                    self.meter.charge(of.attr.len() / 32);
                    let known = self.attributes.entry(of.attr.as_str().into()).or_default();
                    self.meter.join(known, values);
                }
            }
            Expr::Subscript(of) => {
                let to = self.quietly(&of.value);
                let key = self.expression(&of.slice).as_text();
                if let Some(key) = &key {
                    self.note_naming(key);
                    if to.names("os.environ") && place::steers(key) {
                        let what = format!(
                            "sets {key}, which changes what programs load or whom they talk to"
                        );
                        self.tell(target, Kind::Mild, &what);
                    }
                    if self.runs_now && to.names("sys.modules") {
                        self.tell(
                            target,
                            Kind::Mild,
                            "puts another module in the place of one",
                        );
                    }
                }
                self.fill(&of.value, &to, key, values);
            }
            _ => {}
        }
    }

    /// A container that has a name of its own is given something.
    pub(super) fn fill(
        &mut self,
        container: &'c Expr,
        held: &Values<'c>,
        key: Option<Rc<str>>,
        values: &Values<'c>,
    ) {
        let Expr::Name(name) = container else {
            return;
        };
        // Words and numbers are what most containers hold; what is called stands for itself.
        let is_container = |v: &Value<'_>| matches!(v, Value::List(_) | Value::Pairs(_));
        if values.is_data() || !held.iter().any(is_container) {
            return;
        }
        let filled = value::filled(&mut self.meter, held, key, values);
        let scope = self.owner(self.scope, name.id.as_str());
        let mut at = Some(scope);
        while let Some(scope) = at.and_then(|at| self.scopes.get_mut(at)) {
            if let Some(known) = scope.names.get_mut(name.id.as_str()) {
                *known = filled;
                return;
            }
            at = scope.parent;
        }
    }

    /// What other code calls is changed.
    pub(super) fn judge_change(&mut self, target: &'c Expr, to: &Values<'c>, attribute: &str) {
        if reach::is_code_of(attribute) {
            let what = format!("puts other code in the place of a function's ({attribute})");
            self.tell(target, Kind::Reaches, &what);
        }
        if attribute == "__annotations__" && self.runs_now {
            let what =
                "gives a class other annotations, which are evaluated where they are asked for";
            self.tell(target, Kind::Mild, what);
        }
        for value in to.iter() {
            let Value::Name(name) = value else { continue };
            let is_core = matches!(
                &**name,
                "builtins" | "os" | "subprocess" | "importlib" | "sys"
            );
            let is_usual = matches!(
                attribute,
                "path" | "argv" | "stdout" | "stderr" | "dont_write_bytecode"
            );
            if is_core && !is_usual {
                let shown = &attribute[..attribute.floor_char_boundary(100)];
                let what = format!("changes {}.{shown}, which other code calls", &**name);
                self.tell(target, Kind::Reaches, &what);
            }
        }
    }

    fn assign_each(&mut self, targets: &'c [Expr], values: &Values<'c>) {
        let items = value::elements(&mut self.meter, values, targets.len());
        for (at, target) in targets.iter().enumerate() {
            let item = items.as_ref().and_then(|items| items.get(at));
            self.assign(target, &item.cloned().unwrap_or_default());
        }
    }

    /// A loop over the value: the target stands for each of its elements.
    pub(super) fn assign_elements(&mut self, target: &'c Expr, values: &Values<'c>) {
        let items = value::elements(&mut self.meter, values, MAX_TURNS);
        let is_unpacked = matches!(target, Expr::Tuple(_) | Expr::List(_));
        let mut all = Values::default();
        for item in items.iter().flat_map(|items| items.iter()).take(MAX_TURNS) {
            if is_unpacked {
                self.assign(target, item);
            }
            self.meter.join(&mut all, item);
        }
        // Of a long list what is called is taken from anywhere.
        let rest = items.iter().flat_map(|items| items.iter());
        for item in rest.take(MAX_ELEMENTS).skip(MAX_TURNS) {
            self.meter.charge(1);
            if !item.is_data() {
                self.meter.join(&mut all, item);
            }
        }
        if !is_unpacked || all.is_empty() {
            self.assign(target, &all);
        }
    }
}
