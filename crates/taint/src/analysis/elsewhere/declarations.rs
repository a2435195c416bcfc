//! Functions and classes of other files: their heads, bases and fields.
//!
//! A head stands for the whole until it is called or its parts are read; it is brought in once.

use trueline_syntax::ir::{
    Class, ClassId, Const, Decorator, FieldDecl, FuncId, Function, FunctionKind, Param, Span,
    Symbol, Var,
};

use super::ForeignClass;
use crate::analysis::value::ValId;
use crate::analysis::{Analyzer, Status};
use crate::interface::{self as portable, Interface, Receiver, Ref};
use crate::project::UnitId;

impl Analyzer<'_> {
    /// A function of another file under an id here.
    pub(super) fn bring_function(&mut self, at: usize, function: Ref) -> Option<FuncId> {
        let unit = self.unit_at(at, function.file)?;
        self.function_of(unit, function.id)
    }

    fn function_of(&mut self, unit: UnitId, id: u32) -> Option<FuncId> {
        if unit == self.elsewhere.unit {
            return self.module.functions.get(id as usize).map(|_| FuncId(id));
        }
        if let Some(known) = self.elsewhere.function_ids.get(&(unit, id)) {
            return Some(*known);
        }
        let interface = self.load(unit).and_then(|at| self.interface(at));
        let known = interface.as_ref().and_then(|i| Some((i, i.function(id)?)));
        let head = self.head_of(known.map(|(i, f)| (&**i, f)));
        let head = self.elsewhere.heads.functions.alloc(head);
        let own = FuncId((self.module.functions.len() + self.elsewhere.functions.len()) as u32);
        self.elsewhere.functions.push((unit, id, head));
        self.elsewhere.function_ids.insert((unit, id), own);
        self.status.push(Status::New);
        Some(own)
    }

    fn head_of(&mut self, known: Option<(&Interface, &portable::Function)>) -> Function {
        let empty = self.names.intern("");
        let mut head = Function {
            name: empty,
            qualified: empty,
            kind: FunctionKind::Function,
            parent: None,
            class: None,
            params: Vec::new(),
            returns: None,
            decorators: Vec::new(),
            vars: Vec::new(),
            blocks: Vec::new(),
            is_async: false,
            is_generator: false,
            span: Span::default(),
        };
        let Some((interface, function)) = known else {
            return head;
        };
        head.name = self.names.intern(interface.text(function.name));
        head.qualified = self.names.intern(interface.text(function.qualified));
        head.kind = match function.receiver {
            Receiver::Method => FunctionKind::Method,
            Receiver::Static => FunctionKind::StaticMethod,
            Receiver::None => FunctionKind::Function,
        };
        head.is_async = function.is_async;
        head.is_generator = function.is_generator;
        head.params = function
            .params
            .iter()
            .enumerate()
            .map(|(at, param)| Param {
                var: Var(at as u32),
                name: self.names.intern(interface.text(param.name)),
                kind: param.kind.into(),
                has_default: param.has_default,
                annotation: None,
                decorators: Vec::new(),
                span: Span::default(),
            })
            .collect();
        head
    }

    pub(super) fn bring_class(&mut self, at: usize, class: Ref) -> Option<ClassId> {
        let unit = self.unit_at(at, class.file)?;
        self.class_of(unit, class.id)
    }

    /// The class of a qualified name in another file.
    pub(in crate::analysis) fn class_at(&mut self, unit: UnitId, qualified: &str) -> Option<u32> {
        let at = self.load(unit)?;
        let interface = &self.elsewhere.loaded.get(at)?.interface;
        let mut classes = interface.classes.iter();
        let class = classes.find(|c| interface.text(c.qualified) == qualified)?;
        Some(class.id)
    }

    pub(in crate::analysis) fn class_of(&mut self, unit: UnitId, id: u32) -> Option<ClassId> {
        if unit == self.elsewhere.unit {
            return self.module.classes.get(id as usize).map(|_| ClassId(id));
        }
        if let Some(known) = self.elsewhere.class_ids.get(&(unit, id)) {
            return Some(*known);
        }
        let at = self.load(unit)?;
        let interface = self.interface(at)?;
        let class = interface.class(id)?;
        let methods: Vec<(Symbol, FuncId)> = class
            .methods
            .iter()
            .filter_map(|(name, method)| {
                let name = self.names.intern(interface.text(*name));
                Some((name, self.function_of(unit, *method)?))
            })
            .collect();
        self.note_overloads(&methods);
        let bases = class
            .bases
            .iter()
            .map(|base| self.names.intern(interface.text(*base)))
            .collect();
        let head = Class {
            name: self.names.intern(interface.text(class.name)),
            qualified: self.names.intern(interface.text(class.qualified)),
            bases,
            fields: self.bring_fields(&interface, class),
            methods,
            decorators: Vec::new(),
            span: Span::default(),
        };
        let qualified = interface.text(class.qualified);
        let head = self.elsewhere.heads.classes.alloc(head);
        let slot = self.elsewhere.classes.len();
        let own = ClassId((self.module.classes.len() + slot) as u32);
        self.elsewhere.classes.push(ForeignClass {
            unit,
            id,
            head,
            bases: Vec::new(),
        });
        self.elsewhere.class_ids.insert((unit, id), own);
        for (name, method) in &class.methods {
            if let Some(method) = self.function_of(unit, *method) {
                self.accessors
                    .note(own, interface.text(*name), method, &mut self.names);
            }
        }
        // Known by its id before its bases are looked at: classes may name each other.
        let mut bases: Vec<ClassId> = class
            .known_bases
            .iter()
            .filter_map(|base| self.bring_class(at, *base))
            .filter(|base| *base != own)
            .collect();
        bases.extend(self.other_parts(unit, qualified));
        if let Some(class) = self.elsewhere.classes.get_mut(slot) {
            class.bases = bases;
        }
        Some(own)
    }

    fn bring_fields(&mut self, interface: &Interface, class: &portable::Class) -> Vec<FieldDecl> {
        let mut text = |at: u32| self.names.intern(interface.text(at));
        class
            .declared
            .iter()
            .map(|field| FieldDecl {
                name: text(field.name),
                annotation: field.of.map(&mut text),
                decorators: field
                    .decorators
                    .iter()
                    .map(|(name, first)| Decorator {
                        name: text(*name),
                        args: first
                            .map(|t| Some(Const::Str(text(t))))
                            .into_iter()
                            .collect(),
                        keywords: Vec::new(),
                        span: Span::default(),
                    })
                    .collect(),
                span: Span::default(),
            })
            .collect()
    }

    /// A name of the body of a class of another file.
    pub(in crate::analysis) fn elsewhere_attribute(
        &mut self,
        class: ClassId,
        name: Symbol,
    ) -> Option<ValId> {
        self.class_part(class, name, |c| &c.attributes)
    }

    /// What instances of a class of another file have in an attribute.
    pub(in crate::analysis) fn elsewhere_field(
        &mut self,
        class: ClassId,
        name: Symbol,
    ) -> Option<ValId> {
        self.class_part(class, name, |c| &c.fields)
    }

    fn class_part(
        &mut self,
        class: ClassId,
        name: Symbol,
        part: impl Fn(&portable::Class) -> &Vec<(u32, u32)>,
    ) -> Option<ValId> {
        let (unit, id) = self.elsewhere_class(class)?;
        let at = self.load(unit)?;
        let interface = self.interface(at)?;
        let wanted = self.names.text(name);
        let parts = part(interface.class(id)?);
        let (_, value) = parts.iter().find(|p| interface.text(p.0) == wanted)?;
        let value = self.bring_value(at, *value);
        self.settle();
        Some(value)
    }
}
