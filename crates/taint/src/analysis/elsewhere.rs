//! Functions, classes and values of other files in the analysis of this one.
//!
//! What is used of an interface is brought into the arena under ids that follow those of the file
//! itself: a function of another file is then called like one of this file. Values come when a
//! name is imported, summaries when a function is called.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use trueline_facts::RepoPath;
use trueline_syntax::ir::{
    Class, ClassId, Const, Decorator, FieldDecl, FuncId, Function, FunctionKind, Language, Op,
    Param, Span, Symbol, Var,
};
use typed_arena::Arena as Stubs;

use super::sink::SinkRef;
use super::state::{Contents, Heap, Key};
use super::summary::{CallOfParameter, SinkFlow, Summary};
use super::value::{
    self, AccessId, Atom, Konst, Label, ObjId, Root, Selector, Source, SourceId, StepId, ValId,
    Value,
};
use super::{Analyzer, ObjectKind, Status};
use crate::interface::{self as portable, Interface, Receiver, Ref, SinkPlace};
use crate::project::{Answer, Project, Question, Target, UnitId};

/// Where the interfaces of other files come from.
pub trait Interfaces: Sync {
    /// The interface of a file, if it has been analysed.
    fn get(&self, unit: UnitId) -> Option<Arc<Interface>>;
}

/// No other file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alone;

impl Interfaces for Alone {
    fn get(&self, _: UnitId) -> Option<Arc<Interface>> {
        None
    }
}

/// Heads of functions and classes of other files; they live as long as the analysis.
#[derive(Default)]
pub(super) struct Heads {
    functions: Stubs<Function>,
    classes: Stubs<Class>,
}

/// What of other files has been brought in.
pub(super) struct Elsewhere<'a> {
    pub(super) unit: UnitId,
    pub(super) project: Option<&'a Project>,
    interfaces: &'a dyn Interfaces,
    heads: &'a Heads,
    loaded: Vec<Loaded>,
    loaded_ids: FxHashMap<UnitId, Option<usize>>,
    functions: Vec<(UnitId, u32, &'a Function)>,
    function_ids: FxHashMap<(UnitId, u32), FuncId>,
    classes: Vec<ForeignClass<'a>>,
    class_ids: FxHashMap<(UnitId, u32), ClassId>,
    pub(super) modules: Vec<Target>,
    module_objects: FxHashMap<Target, ObjId>,
    /// Files whose names are all imported or exported.
    pub(super) stars: Vec<UnitId>,
    /// Packages whose names are all imported.
    open: Vec<Box<str>>,
    /// Traces inside other files, by interface and index.
    traces: Vec<(usize, u32)>,
    /// The code at sources of other files.
    pub(super) quotes: FxHashMap<SourceId, Box<str>>,
    pub(super) places: FxHashMap<(FuncId, Span), Arc<SinkPlace>>,
    /// Secrets of other files are in one of these places.
    pub(super) secret_places: bool,
    /// Contents of objects of other files that are not yet in the shared heap.
    arrived: Vec<(ObjId, usize, u32)>,
    /// What the project was asked.
    pub(super) asked: BTreeMap<Question, Answer>,
}

impl fmt::Debug for Elsewhere<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Elsewhere")
            .field("unit", &self.unit)
            .field("loaded", &self.loaded.len())
            .finish_non_exhaustive()
    }
}

struct ForeignClass<'a> {
    unit: UnitId,
    id: u32,
    head: &'a Class,
    bases: Vec<ClassId>,
}

/// An interface and the ids here of its parts.
struct Loaded {
    interface: Arc<Interface>,
    units: Vec<Option<UnitId>>,
    values: FxHashMap<u32, ValId>,
    objects: FxHashMap<u32, ObjId>,
    accesses: FxHashMap<u32, AccessId>,
    sources: FxHashMap<u32, SourceId>,
    traces: FxHashMap<u32, StepId>,
}

impl<'a> Elsewhere<'a> {
    pub(super) fn new(
        unit: UnitId,
        project: Option<&'a Project>,
        interfaces: &'a dyn Interfaces,
        heads: &'a Heads,
    ) -> Self {
        Self {
            unit,
            project,
            interfaces,
            heads,
            loaded: Vec::new(),
            loaded_ids: FxHashMap::default(),
            functions: Vec::new(),
            function_ids: FxHashMap::default(),
            classes: Vec::new(),
            class_ids: FxHashMap::default(),
            modules: Vec::new(),
            module_objects: FxHashMap::default(),
            stars: Vec::new(),
            open: Vec::new(),
            traces: Vec::new(),
            quotes: FxHashMap::default(),
            places: FxHashMap::default(),
            secret_places: false,
            arrived: Vec::new(),
            asked: BTreeMap::new(),
        }
    }

    pub(super) fn path(&self, unit: UnitId) -> Option<&RepoPath> {
        self.project?.path(unit)
    }

    /// The links of a trace inside another file.
    pub(super) fn trace(&self, at: u32) -> impl Iterator<Item = &portable::TraceStep> {
        let loaded = self
            .traces
            .get(at as usize)
            .and_then(|(loaded, trace)| Some((self.loaded.get(*loaded)?, *trace)));
        loaded.into_iter().flat_map(|(loaded, trace)| {
            let interface = &loaded.interface;
            let steps = interface.traces.get(trace as usize);
            steps
                .into_iter()
                .flatten()
                .filter_map(|step| interface.steps.get(*step as usize))
        })
    }
}

impl<'a> Analyzer<'a> {
    /// A function of another file: which.
    pub(super) fn elsewhere_function(&self, id: FuncId) -> Option<(UnitId, u32)> {
        let at = (id.0 as usize).checked_sub(self.module.functions.len())?;
        self.elsewhere.functions.get(at).map(|f| (f.0, f.1))
    }

    /// The head of a function of another file.
    pub(super) fn elsewhere_head(&self, id: FuncId) -> Option<&'a Function> {
        let at = (id.0 as usize).checked_sub(self.module.functions.len())?;
        self.elsewhere.functions.get(at).map(|f| f.2)
    }

    /// A class of another file: which.
    pub(super) fn elsewhere_class(&self, id: ClassId) -> Option<(UnitId, u32)> {
        let at = (id.0 as usize).checked_sub(self.module.classes.len())?;
        self.elsewhere.classes.get(at).map(|c| (c.unit, c.id))
    }

    /// A class, of whatever file.
    pub(super) fn class(&self, id: ClassId) -> Option<&'a Class> {
        match (id.0 as usize).checked_sub(self.module.classes.len()) {
            None => self.module.classes.get(id.0 as usize),
            Some(at) => self.elsewhere.classes.get(at).map(|c| c.head),
        }
    }

    /// The base classes of a class that are classes of the project.
    pub(super) fn bases_of(&self, id: ClassId) -> &[ClassId] {
        match (id.0 as usize).checked_sub(self.module.classes.len()) {
            None => self.class_bases.get(id.0 as usize).map_or(&[], |b| b),
            Some(at) => self.elsewhere.classes.get(at).map_or(&[], |c| &c.bases),
        }
    }

    /// Brings in what the file imports, before anything of it is run: objects made elsewhere are
    /// then there from the beginning.
    pub(super) fn link(&mut self) {
        if self.elsewhere.project.is_some() {
            let instrs = self
                .module
                .functions
                .iter()
                .flat_map(|f| &f.blocks)
                .flat_map(|b| &b.instrs);
            for instr in instrs {
                if let Op::Import { module, member } = &instr.op
                    && self.module.language != Language::Java
                {
                    self.note_star(*module, *member);
                    self.import(*module, *member);
                }
            }
            self.settle();
        }
        self.link_packages();
        for at in 0..self.module.classes.len() {
            let bases = self.resolve_bases(ClassId(at as u32));
            if let Some(slot) = self.class_bases.get_mut(at) {
                *slot = bases;
            }
        }
        self.settle();
    }

    fn note_star(&mut self, module: Symbol, member: Option<Symbol>) {
        if member.is_none_or(|m| self.names.text(m) != "*") {
            return;
        }
        let target = self.elsewhere.resolve(self.names.text(module));
        if let Some(Target::Package(path)) = &target
            && !self.elsewhere.open.contains(path)
        {
            self.elsewhere.open.push(path.clone());
        }
        if let Some(Target::Unit(target)) = target
            && !self.elsewhere.stars.contains(&target)
        {
            self.elsewhere.stars.push(target);
        }
    }

    fn resolve_bases(&mut self, id: ClassId) -> Vec<ClassId> {
        let Some(class) = self.module.classes.get(id.0 as usize) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        if self.has_packages() {
            for base in &class.bases {
                let base = self.class_named(*base);
                found.extend(base.filter(|c| *c != id));
            }
            let qualified = self.names.text(class.qualified).to_owned();
            found.extend(self.other_parts(self.elsewhere.unit, &qualified));
            return found;
        }
        for base in &class.bases {
            let own = self
                .module
                .classes
                .iter()
                .position(|c| c.name == *base || c.qualified == *base)
                .filter(|at| *at != id.0 as usize);
            if let Some(at) = own {
                found.push(ClassId(at as u32));
                continue;
            }
            let value = self.named_value(*base);
            let class = self.arena.get(value).atoms.iter().find_map(|a| match a {
                Atom::Class(class) => Some(*class),
                _ => None,
            });
            found.extend(class.filter(|c| *c != id));
        }
        found
    }

    /// The value of a dotted name as the module body sees it.
    fn named_value(&mut self, dotted: Symbol) -> ValId {
        let text = self.names.text(dotted).to_owned();
        let mut parts = text.split('.');
        let first = parts.next().unwrap_or("");
        let first = self.names.intern(first);
        let body = self.module.functions.first();
        let var = body.and_then(|f| f.vars.iter().position(|v| v.name == first));
        let value = match var {
            Some(var) => self.binding_value(FuncId(0), Var(var as u32)),
            None => self.star_value(first),
        };
        let Some(mut value) = value else {
            return ValId::UNKNOWN;
        };
        for part in parts {
            let part = self.names.intern(part);
            let atoms = self.arena.get(value).atoms.clone();
            value = ValId::UNKNOWN;
            for atom in atoms {
                if let Atom::Object(object) = atom
                    && let Some(ObjectKind::Module(at)) = self.object_kind(object)
                {
                    value = self.module_member(at, part);
                }
            }
        }
        value
    }

    /// The value of an import of a file of the project.
    pub(super) fn import_elsewhere(
        &mut self,
        module: Symbol,
        member: Option<Symbol>,
    ) -> Option<ValId> {
        if self.module.language == Language::Java {
            return self.import_class(module, member);
        }
        let target = self.elsewhere.resolve(self.names.text(module))?;
        let Some(member) = member.filter(|m| self.names.text(*m) != "*") else {
            // A folder may only share the name of a library.
            let name = self.names.text(module);
            let root = name.split('.').next().unwrap_or(name);
            if matches!(target, Target::Folder(_)) && self.tables.roots.contains(root) {
                return None;
            }
            return self.module_value(target);
        };
        let value = self.member_value(&target, member);
        (value > ValId::UNKNOWN).then_some(value)
    }

    /// A module as a value: what it exports as a whole, or an object with its names.
    fn module_value(&mut self, target: Target) -> Option<ValId> {
        if let Target::Unit(unit) = target {
            let at = self.load(unit)?;
            let whole = self
                .elsewhere
                .loaded
                .get(at)?
                .interface
                .export("module.exports");
            if let Some(whole) = whole {
                return Some(self.bring_value(at, whole));
            }
        }
        let object = self.module_object(target);
        Some(self.arena.single(Atom::Object(object)))
    }

    fn module_object(&mut self, target: Target) -> ObjId {
        if let Some(object) = self.elsewhere.module_objects.get(&target) {
            return *object;
        }
        let object = ObjId(self.objects.len() as u32);
        let at = self.elsewhere.modules.len() as u32;
        self.objects.push(ObjectKind::Module(at));
        self.elsewhere.modules.push(target.clone());
        self.elsewhere.module_objects.insert(target, object);
        object
    }

    /// A name of a module that is a value here.
    pub(super) fn module_member(&mut self, module: u32, name: Symbol) -> ValId {
        let Some(target) = self.elsewhere.modules.get(module as usize).cloned() else {
            return ValId::UNDEF;
        };
        let value = self.member_value(&target, name);
        self.settle();
        value
    }

    /// What the path of an import means.
    pub(super) fn resolve_import(&mut self, module: &str) -> Option<Target> {
        self.elsewhere.resolve(module)
    }

    /// A name that one of several files declares.
    pub(super) fn declared_in(&mut self, units: &[UnitId], name: Symbol) -> Option<ValId> {
        let value = units
            .iter()
            .find_map(|unit| self.export_of(*unit, name, &mut FxHashSet::default()));
        self.settle();
        value.filter(|v| *v > ValId::UNKNOWN)
    }

    pub(super) fn member_value(&mut self, target: &Target, name: Symbol) -> ValId {
        if let Target::Package(import) = target {
            let units = self
                .elsewhere
                .declaring(Some(import), self.names.text(name));
            return self.declared_in(units, name).unwrap_or(ValId::UNDEF);
        }
        if let Target::Unit(unit) = target
            && let Some(value) = self.export_of(*unit, name, &mut FxHashSet::default())
            && value > ValId::UNKNOWN
        {
            return value;
        }
        match self.elsewhere.submodule(target, self.names.text(name)) {
            Some(inner) => self.module_value(inner).unwrap_or(ValId::UNDEF),
            None => ValId::UNDEF,
        }
    }

    fn export_of(
        &mut self,
        unit: UnitId,
        name: Symbol,
        seen: &mut FxHashSet<UnitId>,
    ) -> Option<ValId> {
        if !seen.insert(unit) {
            return None;
        }
        let at = self.load(unit)?;
        let interface = Arc::clone(&self.elsewhere.loaded.get(at)?.interface);
        if let Some(value) = interface.export(self.names.text(name)) {
            return Some(self.bring_value(at, value));
        }
        // A default export is not exported again with all the others.
        for file in &interface.all_of {
            let inner = self.elsewhere.loaded.get(at)?.units.get(*file as usize);
            let Some(inner) = inner.copied().flatten() else {
                continue;
            };
            if self.names.text(name) != "default"
                && let Some(value) = self.export_of(inner, name, seen)
            {
                return Some(value);
            }
        }
        None
    }

    /// A name that comes with all the others of a module.
    pub(super) fn star_value(&mut self, name: Symbol) -> Option<ValId> {
        for unit in self.elsewhere.stars.clone() {
            let value = self.export_of(unit, name, &mut FxHashSet::default());
            if let Some(value) = value.filter(|v| *v > ValId::UNKNOWN) {
                self.settle();
                return Some(value);
            }
        }
        for package in self.elsewhere.open.clone() {
            let value = self.member_value(&Target::Package(package), name);
            if value > ValId::UNKNOWN {
                return Some(value);
            }
        }
        self.package_value(name)
    }

    /// Puts contents of objects that have just come into the heap that functions begin with.
    fn settle(&mut self) {
        if self.elsewhere.arrived.is_empty() {
            return;
        }
        let mut heap = Vec::new();
        // One after the other rather than inside each other: chains of objects can be long.
        while let Some((object, at, index)) = self.elsewhere.arrived.pop() {
            let Some(interface) = self.interface(at) else {
                continue;
            };
            let shared = interface.objects.get(index as usize);
            if let Some(contents) = shared.and_then(|o| o.shared.as_ref()) {
                heap.push((object, Rc::new(self.bring_contents(at, contents))));
            }
        }
        heap.sort_by_key(|(object, _)| *object);
        self.share(&Rc::new(heap));
    }

    fn load(&mut self, unit: UnitId) -> Option<usize> {
        if let Some(known) = self.elsewhere.loaded_ids.get(&unit) {
            return *known;
        }
        let interface = self
            .elsewhere
            .project
            .filter(|_| unit != self.elsewhere.unit)
            .and_then(|_| self.elsewhere.interfaces.get(unit));
        let loaded = interface.map(|interface| {
            let units = interface
                .files
                .iter()
                .map(|path| self.elsewhere.project.and_then(|p| p.unit(path)))
                .collect();
            self.elsewhere.loaded.push(Loaded {
                interface,
                units,
                values: FxHashMap::default(),
                objects: FxHashMap::default(),
                accesses: FxHashMap::default(),
                sources: FxHashMap::default(),
                traces: FxHashMap::default(),
            });
            self.elsewhere.loaded.len() - 1
        });
        self.elsewhere.loaded_ids.insert(unit, loaded);
        loaded
    }

    fn interface(&self, at: usize) -> Option<Arc<Interface>> {
        self.elsewhere
            .loaded
            .get(at)
            .map(|l| Arc::clone(&l.interface))
    }

    fn unit_at(&self, at: usize, file: u32) -> Option<UnitId> {
        let loaded = self.elsewhere.loaded.get(at)?;
        loaded.units.get(file as usize).copied().flatten()
    }

    /// A function of another file under an id here.
    fn bring_function(&mut self, at: usize, function: Ref) -> Option<FuncId> {
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

    fn bring_class(&mut self, at: usize, class: Ref) -> Option<ClassId> {
        let unit = self.unit_at(at, class.file)?;
        self.class_of(unit, class.id)
    }

    /// The class of a qualified name in another file.
    pub(super) fn class_at(&mut self, unit: UnitId, qualified: &str) -> Option<u32> {
        let at = self.load(unit)?;
        let interface = &self.elsewhere.loaded.get(at)?.interface;
        let mut classes = interface.classes.iter();
        let class = classes.find(|c| interface.text(c.qualified) == qualified)?;
        Some(class.id)
    }

    pub(super) fn class_of(&mut self, unit: UnitId, id: u32) -> Option<ClassId> {
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
    pub(super) fn elsewhere_attribute(&mut self, class: ClassId, name: Symbol) -> Option<ValId> {
        self.class_part(class, name, |c| &c.attributes)
    }

    /// What instances of a class of another file have in an attribute.
    pub(super) fn elsewhere_field(&mut self, class: ClassId, name: Symbol) -> Option<ValId> {
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

    fn bring_text(&mut self, at: usize, text: u32) -> Symbol {
        match self.interface(at) {
            Some(interface) => self.names.intern(interface.text(text)),
            None => self.names.intern(""),
        }
    }

    fn bring_path(&mut self, at: usize, text: u32) -> value::PathId {
        let interface = self.interface(at);
        let text = interface.as_ref().map_or("", |i| i.text(text));
        let last = self
            .names
            .intern(text.rsplit(['.', '/']).next().unwrap_or(text));
        self.paths.absolute(text, last)
    }

    fn bring_value(&mut self, at: usize, index: u32) -> ValId {
        if index <= ValId::UNKNOWN.0 {
            return ValId(index);
        }
        if let Some(known) = self
            .elsewhere
            .loaded
            .get(at)
            .and_then(|l| l.values.get(&index))
        {
            return *known;
        }
        let Some(interface) = self.interface(at) else {
            return ValId::UNKNOWN;
        };
        let Some(portable) = interface.values.get(index as usize) else {
            return ValId::UNKNOWN;
        };
        // A method bound to what holds it meets itself again: nothing for now.
        self.remember_value(at, index, ValId::UNKNOWN);
        let mut value = Value {
            konst: portable.constant.map(|c| match c {
                portable::Constant::Str(text) => Konst::Str(self.bring_text(at, text)),
                portable::Constant::Bytes(text) => Konst::Bytes(self.bring_text(at, text)),
                portable::Constant::Int(number) => Konst::Int(number),
                portable::Constant::Float(bits) => Konst::Float(bits),
                portable::Constant::Bool(truth) => Konst::Bool(truth),
                portable::Constant::Null => Konst::Null,
            }),
            prefix: portable.prefix.map(|p| self.bring_text(at, p)),
            ..Value::default()
        };
        for atom in &portable.atoms {
            if let Some(atom) = self.bring_atom(at, *atom) {
                value::add_atoms(&mut value.atoms, &[atom]);
            }
        }
        for label in &portable.labels {
            if let Some(label) = self.bring_label(at, label) {
                value::add_labels(&mut value.labels, &[label]);
            }
        }
        let id = self.known_value(value);
        self.remember_value(at, index, id);
        id
    }

    /// The id of a value that has one by what it is, so that it stays the same value.
    fn known_value(&mut self, value: Value) -> ValId {
        if let (Some(konst), []) = (value.konst, value.labels.as_slice()) {
            return self.arena.constant(konst);
        }
        if value.konst.is_none()
            && value.prefix.is_none()
            && let [atom] = value.atoms.as_slice()
        {
            match (atom, value.labels.as_slice()) {
                (Atom::Access(access), [label])
                    if label.step == StepId::NONE
                        && label.cleared == crate::models::Bits::NONE
                        && self.arena.source_of(label.source) == Some(Source::Access(*access)) =>
                {
                    return self.arena.access_value(*access);
                }
                (Atom::Access(_), _) => {}
                (_, []) => return self.arena.single(*atom),
                _ => {}
            }
        }
        if value.atoms.is_empty() && value.labels.is_empty() && value.prefix.is_none() {
            return ValId::UNKNOWN;
        }
        self.arena.add(value)
    }

    fn remember_value(&mut self, at: usize, index: u32, value: ValId) {
        if let Some(loaded) = self.elsewhere.loaded.get_mut(at) {
            loaded.values.insert(index, value);
        }
    }

    fn bring_atom(&mut self, at: usize, atom: portable::Atom) -> Option<Atom> {
        Some(match atom {
            portable::Atom::Path(text) => Atom::Path(self.bring_path(at, text)),
            portable::Atom::Object(object) => Atom::Object(self.bring_object(at, object)?),
            portable::Atom::Access(access) => Atom::Access(self.bring_access(at, access)?),
            portable::Atom::Func(function) => Atom::Func(self.bring_function(at, function)?),
            portable::Atom::Bound(function, receiver) => {
                let function = self.bring_function(at, function)?;
                Atom::Bound(function, self.bring_value(at, receiver))
            }
            portable::Atom::Class(class) => Atom::Class(self.bring_class(at, class)?),
            portable::Atom::Number => Atom::Number,
            portable::Atom::Text => Atom::Text,
            portable::Atom::Module(file) => {
                let unit = self.unit_at(at, file)?;
                Atom::Object(self.module_object(Target::Unit(unit)))
            }
            portable::Atom::Folder(text) => {
                let folder = self.interface(at)?.text(text).into();
                Atom::Object(self.module_object(Target::Folder(folder)))
            }
        })
    }

    fn bring_label(&mut self, at: usize, label: &portable::Label) -> Option<Label> {
        let source = match label.source {
            portable::Source::Access(access) => {
                let access = self.bring_access(at, access)?;
                self.arena.source(Source::Access(access))
            }
            portable::Source::Site(index) => self.bring_source(at, index)?,
        };
        Some(Label {
            source,
            cleared: label.cleared,
            step: self.bring_trace(at, label.trace),
            guesses: label.guesses,
        })
    }

    fn bring_source(&mut self, at: usize, index: u32) -> Option<SourceId> {
        if let Some(known) = self.elsewhere.loaded.get(at)?.sources.get(&index) {
            return Some(*known);
        }
        let interface = self.interface(at)?;
        let site = interface.sources.get(index as usize)?;
        let function = self.bring_function(at, site.function)?;
        let source = self.arena.source(Source::Site {
            function,
            span: Span::new(site.span.0, site.span.1),
            kind: site.kind,
        });
        if self.elsewhere_function(function).is_some() {
            self.elsewhere.quotes.insert(source, site.quote.clone());
        }
        self.elsewhere
            .loaded
            .get_mut(at)?
            .sources
            .insert(index, source);
        Some(source)
    }

    fn bring_trace(&mut self, at: usize, index: u32) -> StepId {
        let Some(loaded) = self.elsewhere.loaded.get(at) else {
            return StepId::NONE;
        };
        if let Some(known) = loaded.traces.get(&index) {
            return *known;
        }
        let length = loaded
            .interface
            .traces
            .get(index as usize)
            .map_or(0, Vec::len);
        let step = if length == 0 {
            StepId::NONE
        } else {
            let trace = self.elsewhere.traces.len() as u32;
            self.elsewhere.traces.push((at, index));
            self.arena.elsewhere_step(trace, length as u16)
        };
        if let Some(loaded) = self.elsewhere.loaded.get_mut(at) {
            loaded.traces.insert(index, step);
        }
        step
    }

    fn bring_access(&mut self, at: usize, index: u32) -> Option<AccessId> {
        if let Some(known) = self.elsewhere.loaded.get(at)?.accesses.get(&index) {
            return Some(*known);
        }
        let interface = self.interface(at)?;
        let id = match *interface.accesses.get(index as usize)? {
            portable::Access::Root(written) => {
                let root = match written {
                    portable::Root::Param(function, position) => {
                        Root::Param(self.bring_function(at, function)?, position)
                    }
                    portable::Root::This(function) => {
                        Root::This(self.bring_function(at, function)?)
                    }
                    portable::Root::Captured(function, var) => {
                        Root::Captured(self.bring_function(at, function)?, Var(var))
                    }
                };
                let id = self.arena.root(root);
                self.remember_access(at, index, id);
                if let portable::Root::Captured(function, var) = written
                    && let Root::Captured(owner, own) = root
                    && function.file == 0
                    && self.elsewhere_function(owner).is_some()
                    && let Some(value) = interface.slot(function.id, var)
                {
                    let value = self.bring_value(at, value);
                    self.slots.entry((owner, own)).or_insert(value);
                }
                id
            }
            portable::Access::Child(parent, selector) => {
                let parent = self.bring_access(at, parent)?;
                let selector = match selector {
                    portable::Selector::Name(name) => Selector::Name(self.bring_text(at, name)),
                    portable::Selector::At(position) => Selector::At(position),
                    portable::Selector::Any => Selector::Any,
                    portable::Selector::Called => Selector::Called,
                };
                self.arena.child(parent, selector)
            }
        };
        self.remember_access(at, index, id);
        Some(id)
    }

    fn remember_access(&mut self, at: usize, index: u32, id: AccessId) {
        if let Some(loaded) = self.elsewhere.loaded.get_mut(at) {
            loaded.accesses.insert(index, id);
        }
    }

    fn bring_object(&mut self, at: usize, index: u32) -> Option<ObjId> {
        if let Some(known) = self.elsewhere.loaded.get(at)?.objects.get(&index) {
            return Some(*known);
        }
        let interface = self.interface(at)?;
        let object = interface.objects.get(index as usize)?;
        let id = ObjId(self.objects.len() as u32);
        self.objects.push(ObjectKind::Map);
        self.elsewhere.loaded.get_mut(at)?.objects.insert(index, id);
        let kind = match object.kind {
            portable::ObjectKind::List => ObjectKind::List,
            portable::ObjectKind::Set => ObjectKind::Set,
            portable::ObjectKind::Map => ObjectKind::Map,
            portable::ObjectKind::Partial => ObjectKind::Partial,
            portable::ObjectKind::Instance(text) => ObjectKind::Instance(self.bring_path(at, text)),
            portable::ObjectKind::Class(class) => match self.bring_class(at, class) {
                Some(class) => ObjectKind::Class(class),
                None => ObjectKind::Map,
            },
            portable::ObjectKind::Access(access) => {
                ObjectKind::Access(self.bring_access(at, access)?)
            }
        };
        if let Some(slot) = self.objects.get_mut(id.0 as usize) {
            *slot = kind;
        }
        if object.shared.is_some() {
            self.elsewhere.arrived.push((id, at, index));
        }
        Some(id)
    }

    fn bring_contents(&mut self, at: usize, contents: &portable::Contents) -> Contents {
        let mut own = Contents {
            rest: self.bring_value(at, contents.rest),
            keys: self.bring_value(at, contents.keys),
            len: contents.len,
            ..Contents::default()
        };
        for (key, value) in &contents.entries {
            let key = match key {
                portable::Key::Name(name) => Key::Name(self.bring_text(at, *name)),
                portable::Key::At(position) => Key::At(*position),
            };
            let value = self.bring_value(at, *value);
            own.set(key, value);
        }
        own
    }

    /// The summary of a function of another file.
    pub(super) fn bring_summary(&mut self, id: FuncId) -> Summary {
        let Some((unit, index)) = self.elsewhere_function(id) else {
            return Summary::default();
        };
        let Some((at, interface)) = self
            .load(unit)
            .and_then(|at| Some((at, self.interface(at)?)))
        else {
            return Summary::default();
        };
        let Some(function) = interface.function(index) else {
            return Summary::default();
        };
        let portable = &function.summary;
        let mut summary = Summary {
            ret: portable.ret.map(|v| self.bring_value(at, v)),
            thrown: portable.thrown.map(|v| self.bring_value(at, v)),
            never: portable.never,
            on_return: self.bring_facts(at, &portable.on_return),
            on_true: self.bring_facts(at, &portable.on_true),
            ..Summary::default()
        };
        for sink in &portable.sinks {
            if let Some(flow) = self.bring_sink(at, &interface, sink) {
                summary.sinks.push(flow);
            }
        }
        for (access, values) in &portable.calls {
            if let Some(access) = self.bring_access(at, *access) {
                summary.calls.push(CallOfParameter {
                    access,
                    passed: values.iter().map(|v| self.bring_value(at, *v)).collect(),
                    place: None,
                });
            }
        }
        for (access, object) in &portable.stored {
            if let Some(access) = self.bring_access(at, *access)
                && let Some(object) = self.bring_object(at, *object)
            {
                summary.stored.push((access, object));
            }
        }
        let mut heap = Vec::with_capacity(portable.heap.len());
        for (object, contents) in &portable.heap {
            if let Some(object) = self.bring_object(at, *object) {
                heap.push((object, Rc::new(self.bring_contents(at, contents))));
            }
        }
        heap.sort_by_key(|(object, _)| *object);
        summary.heap = Heap::new(heap);
        self.settle();
        summary
    }

    fn bring_facts(
        &mut self,
        at: usize,
        facts: &[(u32, crate::models::Bits)],
    ) -> Vec<(AccessId, crate::models::Bits)> {
        facts
            .iter()
            .filter_map(|(access, cleared)| Some((self.bring_access(at, *access)?, *cleared)))
            .collect()
    }

    fn bring_sink(
        &mut self,
        at: usize,
        interface: &Interface,
        sink: &portable::Sink,
    ) -> Option<SinkFlow> {
        let place = interface.places.get(sink.place as usize)?;
        self.elsewhere.secret_places |= place.is_secret;
        let function = self.bring_function(at, place.function)?;
        let span = Span::new(place.span.0, place.span.1);
        if self.elsewhere_function(function).is_some() {
            self.elsewhere
                .places
                .entry((function, span))
                .or_insert_with(|| Arc::new(place.clone()));
        }
        Some(SinkFlow {
            rule: sink.rule,
            sink: match sink.kind {
                portable::SinkKind::Model { index, by_form } => SinkRef::Model { index, by_form },
                portable::SinkKind::Returned => SinkRef::Returned,
                portable::SinkKind::Weak { index, context } => SinkRef::Weak { index, context },
                portable::SinkKind::Comparison { index } => SinkRef::Comparison(index),
                portable::SinkKind::Secret => SinkRef::Secret { by_hand: false },
            },
            function,
            span,
            access: self.bring_access(at, sink.access)?,
            cleared: sink.cleared,
            step: self.bring_trace(at, sink.trace),
            guesses: sink.guesses,
            whole: sink.whole,
            media: match sink.media {
                Some(access) => Some(self.bring_access(at, access)?),
                None => None,
            },
        })
    }
}
