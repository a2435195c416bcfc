//! Functions, classes and values of other files in the analysis of this one.
//!
//! What is used of an interface is brought into the arena under ids that follow those of the file
//! itself: a function of another file is then called like one of this file. Values come when a
//! name is imported, summaries when a function is called.

mod declarations;
mod summaries;
mod values;

use super::value::{AccessId, Atom, ObjId, SourceId, StepId, ValId};
use super::{Analyzer, ObjectKind};
use crate::interface::{self as portable, Interface, SinkPlace};
use crate::project::{Answer, Project, Question, Target, UnitId};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use trueline_facts::RepoPath;
use trueline_syntax::ir::{Class, ClassId, FuncId, Function, Language, Op, Span, Symbol, Var};
use typed_arena::Arena as Stubs;

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
}
