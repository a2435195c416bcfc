//! Classes that declared types name, in languages with packages: of this file or of others, and those
//! that may stand for them.
//!
//! A type's name is looked up when it is first asked for. In what other files show, a type of the
//! project is written by its key, which is the same everywhere.

use smallvec::SmallVec;
use trueline_syntax::ir::{ClassId, FieldDecl, FuncId, FunctionKind, Language, Op, Symbol, Var};

use super::value::{Atom, ObjId, ValId};
use super::{Analyzer, ObjectKind};
use crate::project::{UnitId, has_packages, used};

/// What a key begins with where the name of a type stands.
const KEY: char = '=';

impl Analyzer<'_> {
    pub(super) fn has_packages(&self) -> bool {
        has_packages(self.module.language)
    }

    /// The class of the project that a type's name means.
    pub(super) fn class_named(&mut self, name: Symbol) -> Option<ClassId> {
        if let Some(known) = self.types.get(&name) {
            return *known;
        }
        let classes = &self.module.classes;
        let own = classes
            .iter()
            .position(|c| c.name == name || c.qualified == name)
            .map(|at| ClassId(at as u32));
        let found = own.or_else(|| {
            if !self.has_packages() {
                return None;
            }
            let text = self.names.text(name);
            let key = match text.strip_prefix(KEY) {
                Some(key) => key.to_owned(),
                None => self.elsewhere.type_named(text)?.to_owned(),
            };
            self.class_by_key(&key)
        });
        self.types.insert(name, found);
        found
    }

    /// Whether an annotation is declared in the project.
    pub(super) fn is_own_annotation(&mut self, name: Symbol) -> bool {
        if self.module.classes.iter().any(|c| c.name == name) {
            return true;
        }
        let written = self.names.text(name).to_owned();
        let imported = self.module.functions.first().and_then(|body| {
            let instrs = body.blocks.iter().flat_map(|b| &b.instrs);
            let mut imports = instrs.filter_map(|instr| match instr.op {
                Op::Import {
                    module,
                    member: Some(member),
                } => Some((module, member)),
                _ => None,
            });
            imports.find(|(_, member)| *member == name)
        });
        let whole = match imported {
            Some((module, _)) => format!("{}.{written}", self.names.text(module)),
            None => written,
        };
        self.elsewhere.type_named(&whole).is_some()
    }

    /// The name of a type as other files understand it.
    pub(super) fn portable_type(&mut self, name: Symbol) -> String {
        let text = self.names.text(name);
        let key = match text.strip_prefix(KEY) {
            Some(_) => None,
            None => self.elsewhere.type_named(text),
        };
        match key {
            Some(key) => format!("{KEY}{key}"),
            None => text.to_owned(),
        }
    }

    fn class_by_key(&mut self, key: &str) -> Option<ClassId> {
        let (units, name) = self.elsewhere.type_at(key)?;
        units.iter().find_map(|unit| self.class_in(*unit, name))
    }

    /// The class of a qualified name in a file.
    fn class_in(&mut self, unit: UnitId, name: &str) -> Option<ClassId> {
        if unit == self.elsewhere.unit {
            let classes = &self.module.classes;
            let at = classes
                .iter()
                .position(|c| self.names.text(c.qualified) == name)?;
            return Some(ClassId(at as u32));
        }
        let id = self.class_at(unit, name)?;
        self.class_of(unit, id)
    }

    /// The other parts of a class of Go: methods that stand in other files than the type.
    pub(super) fn other_parts(&mut self, unit: UnitId, qualified: &str) -> Vec<ClassId> {
        if !self.is_go() {
            return Vec::new();
        }
        let Some(key) = self.elsewhere.type_key(unit, qualified) else {
            return Vec::new();
        };
        let Some((units, name)) = self.elsewhere.type_at(&key) else {
            return Vec::new();
        };
        units
            .iter()
            .filter(|other| **other != unit)
            .filter_map(|other| self.class_in(*other, name))
            .collect()
    }

    /// Classes of which a value of a class may be, where the class leaves methods to others.
    fn implementations(&mut self, class: ClassId) -> SmallVec<[ClassId; 4]> {
        if let Some(known) = self.implementing.get(&class) {
            return known.clone();
        }
        let qualified = self.class(class).map(|head| head.qualified);
        let unit = self
            .elsewhere_class(class)
            .map_or(self.elsewhere.unit, |c| c.0);
        let key = qualified.and_then(|q| self.elsewhere.type_key(unit, self.names.text(q)));
        let mut found = SmallVec::new();
        if let Some(key) = key {
            for by in self.elsewhere.implementations(&key) {
                found.extend(self.class_by_key(by));
            }
        }
        self.implementing.insert(class, found.clone());
        found
    }

    /// A method that a class leaves to others: those of the classes that may stand for it.
    pub(super) fn left_to_others(
        &mut self,
        class: ClassId,
        name: Symbol,
        receiver: Option<ValId>,
    ) -> ValId {
        if !self.has_packages() {
            return ValId::UNDEF;
        }
        // What the value is known to be is not all that its declared type may be.
        let known = receiver.is_some_and(|receiver| {
            self.arena.get(receiver).atoms.iter().any(|atom| {
                matches!(atom, Atom::Object(object)
                    if matches!(self.object_kind(*object), Some(ObjectKind::Class(c)) if c != class))
            })
        });
        if known {
            return ValId::UNDEF;
        }
        let mut result = ValId::UNDEF;
        for by in self.implementations(class) {
            let Some(id) = self.method_of(by, name) else {
                continue;
            };
            let one = match receiver {
                Some(receiver) if !self.is_static(id) => {
                    self.arena.single(Atom::Bound(id, receiver))
                }
                _ => self.arena.single(Atom::Func(id)),
            };
            result = self.arena.join(result, one);
        }
        result
    }

    pub(super) fn is_static(&self, id: FuncId) -> bool {
        self.function(id)
            .is_some_and(|f| f.kind == FunctionKind::StaticMethod)
    }

    /// The declared type of a field of a class or of its bases.
    pub(super) fn declared_field(&self, class: ClassId, name: Symbol) -> Option<Symbol> {
        self.lineage(class).into_iter().find_map(|at| {
            let fields = &self.class(at)?.fields;
            let field = fields.iter().find(|f| f.name == name && !self.is_open(f))?;
            field.annotation
        })
    }

    /// Whether a field is a method of an interface of Go.
    fn is_open(&self, field: &FieldDecl) -> bool {
        self.is_go()
            && field
                .decorators
                .iter()
                .any(|d| d.args.is_empty() && self.names.text(d.name) == "method")
    }

    /// The object in a field of a class, of which only the declared class is known.
    pub(super) fn object_in_field(&mut self, class: ClassId, name: Symbol, of: ClassId) -> ValId {
        let known = self.field_objects.get(&(class, name)).copied();
        let object = known.unwrap_or_else(|| {
            let object = ObjId(self.objects.len() as u32);
            self.objects.push(ObjectKind::Class(of));
            self.field_objects.insert((class, name), object);
            object
        });
        self.arena.single(Atom::Object(object))
    }

    /// Brings in names of packages that the file uses, so that the objects behind them are there
    /// before a function runs.
    pub(super) fn link_packages(&mut self) {
        if self.elsewhere.project.is_none() || !self.has_packages() {
            return;
        }
        let module = self.module;
        for name in used(module) {
            match name.text.rsplit_once('.') {
                None => {
                    let name = self.names.intern(&name.text);
                    self.package_value(name);
                }
                Some((package, member)) if self.is_go() => {
                    let member = self.names.intern(member);
                    if let Some(target) = self.resolve_import(package) {
                        self.member_value(&target, member);
                    }
                }
                Some(_) => {}
            }
        }
    }

    /// What a name means that the file neither declares nor imports by itself.
    pub(super) fn package_value(&mut self, name: Symbol) -> Option<ValId> {
        if let Some(known) = self.package_values.get(&name) {
            return *known;
        }
        if self.elsewhere.project.is_none() || !self.has_packages() {
            return None;
        }
        let value = if self.is_go() {
            let units = self.elsewhere.declaring(None, self.names.text(name));
            self.declared_in(units, name)
        } else {
            let class = self.class_named(name);
            class.map(|class| self.arena.single(Atom::Class(class)))
        };
        self.package_values.insert(name, value);
        value
    }

    /// An import of Java: a class of the project, or a member of one.
    pub(super) fn import_class(&mut self, module: Symbol, member: Option<Symbol>) -> Option<ValId> {
        let member = member?;
        let (module, name) = (self.names.text(module), self.names.text(member));
        let whole = format!("{module}.{name}");
        let class = module.to_owned();
        if self.elsewhere.type_named(&whole).is_none() {
            self.elsewhere.type_named(&class)?;
        }
        let whole = self.names.intern(&whole);
        if let Some(class) = self.class_named(whole) {
            return Some(self.arena.single(Atom::Class(class)));
        }
        let class = self.names.intern(&class);
        let class = self.class_named(class)?;
        let value = self.class_attribute(class, member, None);
        (value > ValId::UNKNOWN).then_some(value)
    }

    /// Variables of the module body that are the static fields of a class.
    pub(super) fn static_fields(&self, class: ClassId) -> Vec<(Symbol, ValId)> {
        let (Some(head), Some(body)) = (self.class(class), self.module.functions.first()) else {
            return Vec::new();
        };
        if self.module.language != Language::Java {
            return Vec::new();
        }
        let prefix = format!("{}.", self.names.text(head.qualified));
        let mut found = Vec::new();
        for (at, var) in body.vars.iter().enumerate() {
            let name = self.names.text(var.name).strip_prefix(&prefix);
            let Some(name) = name.filter(|n| !n.contains('.')) else {
                continue;
            };
            let key = (FuncId(0), Var(at as u32));
            let field = head.fields.iter().find(|f| self.names.text(f.name) == name);
            if let (Some(field), Some(value)) = (field, self.slots.get(&key)) {
                found.push((field.name, *value));
            }
        }
        found
    }
}
