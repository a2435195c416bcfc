//! What frameworks pass to the functions that they call: handlers, views, controllers.
//!
//! Recognised by decorator, by registration (`app.get('/', f)`), by base class, or by the
//! convention of parameter names in files that hold only handlers.

use smallvec::SmallVec;
use trueline_syntax::ir::{
    ArgKind, ClassId, Const, Decorator, FuncId, Function, FunctionKind, Language, Param, ParamKind,
    Span, Symbol, VarHome,
};

use super::call::Passed;
use super::names::words;
use super::state::State;
use super::value::{self, Atom, Label, Root, Source, StepId, StepKind, ValId};
use super::{Analyzer, Frame};
use crate::models::{Bits, CompiledEntry};

/// What is known of one parameter before the function runs.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct ParamSeed {
    /// Its type as a dotted path.
    pub(super) kind: Option<String>,
    /// The source kind of what it holds.
    pub(super) source: Option<u16>,
    /// It carries no text.
    pub(super) number: bool,
    /// It is one part of the path of the request.
    pub(super) segment: bool,
    /// It is the content of a file, as bytes: nobody opens a file of that name.
    pub(super) content: bool,
    /// A schema let it through: its keys are those that the program named.
    pub(super) shaped: bool,
    /// The rules that the pattern of its declaration answers for.
    pub(super) cleared: Bits,
}

/// What is known of a function before it runs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Seed {
    pub(super) params: Vec<ParamSeed>,
    /// The rule that a returned text is a sink of.
    pub(super) returned: Option<u16>,
    /// A framework calls it.
    pub(super) entered: bool,
}

impl<'a> Analyzer<'a> {
    pub(super) fn seed(&mut self, id: FuncId, function: &'a Function) -> Seed {
        let mut seed = self.registered.get(&id).cloned().unwrap_or_default();
        seed.params
            .resize(function.params.len(), ParamSeed::default());
        if !seed.entered {
            let tables = self.tables;
            for entry in &tables.entries {
                let matched = self.by_decorator(entry, function)
                    || self.by_class(entry, function)
                    || self.by_names(entry, function);
                if matched {
                    self.apply_entry(entry, function, &mut seed);
                    break;
                }
            }
        }
        self.by_receiver(function, &mut seed);
        self.by_parameter(function, &mut seed);
        if seed.entered {
            self.entered.insert(id);
        }
        seed
    }

    /// A function value was passed to a registrar such as `app.get`.
    pub(super) fn register(&mut self, id: FuncId, entry: &CompiledEntry) {
        let Some(function) = self.function(id) else {
            return;
        };
        let mut seed = Seed::default();
        seed.params
            .resize(function.params.len(), ParamSeed::default());
        self.apply_entry(entry, function, &mut seed);
        self.registered.entry(id).or_insert(seed);
    }

    /// A handler of another file is called with what the framework passes: there its parameters
    /// could be anything.
    pub(super) fn enter_elsewhere(&mut self, frame: &mut Frame<'a>, state: &mut State, id: FuncId) {
        let (Some(function), Some(seed)) = (self.function(id), self.registered.get(&id).cloned())
        else {
            return;
        };
        let skip = usize::from(self.has_receiver(function));
        let passed: SmallVec<[Passed; 4]> = seed
            .params
            .iter()
            .skip(skip)
            .map(|known| Passed {
                kind: ArgKind::Positional,
                value: self.seeded(frame.id, frame.span, known, ValId::UNKNOWN),
            })
            .collect();
        let dead = frame.dead;
        let receiver = (skip > 0).then_some(ValId::UNKNOWN);
        self.apply(frame, state, id, receiver, &passed);
        // It runs later.
        frame.dead = dead;
    }

    /// A value with what a framework says of a parameter.
    fn seeded(&mut self, function: FuncId, span: Span, known: &ParamSeed, id: ValId) -> ValId {
        if known.number {
            return self.arena.single(Atom::Number);
        }
        if known.kind.is_none() && known.source.is_none() {
            return id;
        }
        let mut value = self.arena.get(id).clone();
        if let Some(kind) = &known.kind {
            let last = self.names.intern(last_name(kind));
            let path = self.paths.absolute(kind, last);
            value::add_atoms(&mut value.atoms, &[Atom::Path(path)]);
        }
        if let Some(kind) = known.source {
            let mut label = self.source_label(function, span, kind);
            if known.segment {
                label.cleared = label.cleared.or(Bits::SEGMENT);
            }
            if known.content {
                label.cleared = label.cleared.or(self.models.path_rules);
            }
            label.cleared = label.cleared.or(known.cleared);
            if known.shaped {
                label.cleared = label.cleared.or(self.models.key_rules);
            }
            value::add_labels(&mut value.labels, &[label]);
        }
        self.arena.add(value)
    }

    fn apply_entry(&mut self, entry: &CompiledEntry, function: &Function, seed: &mut Seed) {
        seed.entered = true;
        seed.returned = entry.returned.filter(|_| self.answers_html(function));
        let skip = usize::from(self.has_receiver(function));
        if let (1, Some(slot), Some(kind)) = (skip, seed.params.first_mut(), &entry.spec.receiver) {
            slot.kind = Some(kind.clone());
        }
        let numbers = self.converted_names(function);
        let segments = self.segment_names(function);
        let shaped = self.is_shaped(function);
        for (at, param) in function.params.iter().enumerate().skip(skip) {
            let resolved = self.is_resolved_by_project(param);
            let Some(slot) = seed.params.get_mut(at) else {
                continue;
            };
            match entry.spec.types.get(at - skip) {
                Some(kind) if !kind.is_empty() => slot.kind = Some(kind.clone()),
                None if entry.kind.is_some() => {
                    let injected = param.decorators.iter().any(|d| {
                        matches!(last_name(self.names.text(d.name)), "Depends" | "Security")
                    });
                    if numbers.contains(&param.name) || self.is_enumeration(param) {
                        slot.number = true;
                    } else if !injected && !resolved && param.kind != ParamKind::Rest {
                        slot.source = entry.kind;
                        slot.segment = segments.contains(&param.name);
                        slot.shaped = shaped;
                        slot.cleared = self.cleared_by_declaration(param);
                    }
                }
                Some(_) | None => {}
            }
        }
    }

    /// Whether a parameter is declared to be one of an enumeration of the project, in Python.
    fn is_enumeration(&mut self, param: &Param) -> bool {
        let Some(name) = param
            .annotation
            .filter(|_| self.module.language == Language::Python)
        else {
            return false;
        };
        let own = self.module.classes.iter().position(|c| c.name == name);
        let class = match own {
            Some(at) => Some(ClassId(at as u32)),
            None => self.imported_class(name),
        };
        let lineage = class.map(|class| self.lineage(class)).unwrap_or_default();
        lineage.into_iter().any(|class| {
            self.class(class).is_some_and(|class| {
                let mut bases = class.bases.iter().map(|b| last_name(self.names.text(*b)));
                bases.any(|b| matches!(b, "Enum" | "StrEnum" | "IntEnum"))
            })
        })
    }

    /// The class that a name of the file's body is.
    fn imported_class(&mut self, name: Symbol) -> Option<ClassId> {
        let body = self.module.functions.first()?;
        let var = body.vars.iter().position(|v| v.name == name)?;
        let var = trueline_syntax::ir::Var(var as u32);
        let value = self
            .slots
            .get(&(FuncId(0), var))
            .copied()
            .or_else(|| self.binding_value(FuncId(0), var))?;
        match self.arena.get(value).atoms.as_slice() {
            [Atom::Class(class)] => Some(*class),
            _ => None,
        }
    }

    /// What a pattern in the declaration of a parameter answers for: `Query(pattern="^[a-z]+$")`.
    fn cleared_by_declaration(&self, param: &Param) -> Bits {
        let keywords = param.decorators.iter().flat_map(|d| &d.keywords);
        let mut patterns = keywords.filter_map(|(name, value)| match value {
            Some(Const::Str(pattern)) if matches!(self.names.text(*name), "pattern" | "regex") => {
                Some(self.names.text(*pattern))
            }
            _ => None,
        });
        patterns
            .next()
            .map_or(Bits::NONE, |pattern| self.cleared_by_whole(pattern))
    }

    /// Whether the project itself says what a parameter with an annotation of its own holds: often who
    /// is logged in.
    fn is_resolved_by_project(&mut self, param: &Param) -> bool {
        self.module.language == Language::Java
            && param
                .decorators
                .iter()
                .any(|d| self.is_own_annotation(d.name))
    }

    pub(super) fn has_receiver(&self, function: &Function) -> bool {
        matches!(self.module.language, Language::Python | Language::Go)
            && function.kind == FunctionKind::Method
    }

    /// Whether a text that a handler returns is shown as HTML. In Java it names a page or is data,
    /// unless the route says that it produces HTML.
    fn answers_html(&self, function: &Function) -> bool {
        if self.module.language != Language::Java {
            return true;
        }
        let class = function
            .class
            .and_then(|c| self.module.classes.get(c.0 as usize));
        let of_class = class.into_iter().flat_map(|c| &c.decorators);
        function.decorators.iter().chain(of_class).any(|decorator| {
            let (start, end) = (decorator.span.start as usize, decorator.span.end as usize);
            let text = self.text.get(start..end).unwrap_or("");
            text.contains("text/html") || text.contains("TEXT_HTML")
        })
    }

    /// Parameters that a route converts: `<int:id>`.
    fn converted_names(&mut self, function: &Function) -> SmallVec<[Symbol; 2]> {
        let mut names = SmallVec::new();
        for decorator in &function.decorators {
            let Some(Some(Const::Str(pattern))) = decorator.args.first() else {
                continue;
            };
            let pattern = self.names.text(*pattern).to_owned();
            for part in pattern.split('<').skip(1) {
                let Some((inside, _)) = part.split_once('>') else {
                    continue;
                };
                if let Some((converter, name)) = inside.split_once(':')
                    && matches!(converter.split('(').next(), Some("int" | "float" | "uuid"))
                {
                    names.push(self.names.intern(name.trim()));
                }
            }
        }
        names
    }

    /// Whether a decorator hands on what a schema let through: `@blueprint.arguments(UserSchema)`.
    fn is_shaped(&self, function: &Function) -> bool {
        function.decorators.iter().any(|d| {
            matches!(
                last_name(self.names.text(d.name)),
                "arguments" | "use_args" | "use_kwargs"
            )
        })
    }

    /// Parameters that are one part of the path, in frameworks of Python that divide it after decoding:
    /// `{name}`, `<name>`, `<string:name>`, but not `{name:path}`.
    fn segment_names(&mut self, function: &Function) -> SmallVec<[Symbol; 2]> {
        let mut names = SmallVec::new();
        if self.module.language != Language::Python || self.imports_any(&["aiohttp".to_owned()]) {
            return names;
        }
        for decorator in &function.decorators {
            let Some(Some(Const::Str(pattern))) = decorator.args.first() else {
                continue;
            };
            let pattern = self.names.text(*pattern).to_owned();
            for part in pattern.split(['<', '{']).skip(1) {
                let Some((inside, _)) = part.split_once(['>', '}']) else {
                    continue;
                };
                let name = match inside.split_once(':') {
                    Some(("string" | "slug", name)) => name,
                    Some(_) => continue,
                    None => inside,
                };
                names.push(self.names.intern(name.trim()));
            }
        }
        names
    }

    /// Whether the file imports one of the modules that exclude a convention.
    pub(super) fn imports_excluded(&self, modules: &[String]) -> bool {
        !modules.is_empty() && self.imports_any(modules)
    }

    pub(super) fn imports_any(&self, modules: &[String]) -> bool {
        modules.is_empty()
            || modules.iter().any(|m| {
                self.imports.iter().any(|i| {
                    i.strip_prefix(m.as_str())
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']))
                })
            })
    }

    fn by_decorator(&mut self, entry: &CompiledEntry, function: &Function) -> bool {
        !entry.spec.decorators.is_empty()
            && function
                .decorators
                .iter()
                .any(|d| self.decorator_matches(entry, function, d))
    }

    fn decorator_matches(
        &mut self,
        entry: &CompiledEntry,
        function: &Function,
        decorator: &Decorator,
    ) -> bool {
        let text = self.names.text(decorator.name).to_owned();
        let (head, last) = text.rsplit_once('.').unwrap_or(("", &text));
        if !entry.spec.decorators.iter().any(|d| d == last) {
            return false;
        }
        if entry.spec.of.is_empty() {
            return self.imports_any(&entry.spec.imports);
        }
        match self.named_type(function, head) {
            Some(path) => entry.spec.of.contains(&path),
            None => {
                self.imports_any(&entry.spec.imports)
                    && words(head).any(|w| entry.spec.receivers.contains(&w))
            }
        }
    }

    /// The type of a name visible where a function is defined, if it is a thing of a library.
    fn named_type(&mut self, function: &Function, name: &str) -> Option<String> {
        let symbol = self.names.intern(name);
        let mut at = function.parent;
        while let Some(id) = at {
            let parent = self.function(id)?;
            let var = parent
                .vars
                .iter()
                .position(|v| v.name == symbol && v.home == VarHome::Local);
            if let Some(var) = var {
                let var = trueline_syntax::ir::Var(var as u32);
                let value = self
                    .slots
                    .get(&(id, var))
                    .copied()
                    .or_else(|| self.binding_value(id, var))?;
                return self.path_of(value);
            }
            at = parent.parent;
        }
        None
    }

    /// The dotted path of a value, unless it comes from a module of the project itself.
    pub(super) fn path_of(&self, value: ValId) -> Option<String> {
        self.arena
            .get(value)
            .atoms
            .iter()
            .find_map(|atom| match atom {
                Atom::Path(path) => Some(self.paths.text(*path)),
                Atom::Object(object) => match self.object_kind(*object) {
                    Some(super::ObjectKind::Instance(path)) => Some(self.paths.text(path)),
                    _ => None,
                },
                _ => None,
            })
            .filter(|text| !text.starts_with(['.', '/', '@']))
            .map(ToOwned::to_owned)
    }

    fn by_class(&self, entry: &CompiledEntry, function: &Function) -> bool {
        if entry.spec.bases.is_empty() {
            return false;
        }
        let name = self.names.text(function.name);
        entry.spec.methods.iter().any(|m| m == name)
            && self.may_be_of(entry)
            && self.is_based_on(entry, function)
    }

    /// Where the framework puts the request into `self`, it is there for every method of the class.
    fn by_receiver(&self, function: &Function, seed: &mut Seed) {
        if function.class.is_none() || !self.has_receiver(function) {
            return;
        }
        let Some(slot) = seed.params.first_mut().filter(|s| s.kind.is_none()) else {
            return;
        };
        let mut entries = self.tables.entries.iter();
        let of = entries.find(|e| {
            e.spec.receiver.is_some()
                && self.imports_any(&e.spec.imports)
                && self.is_based_on(e, function)
        });
        slot.kind = of.and_then(|e| e.spec.receiver.clone());
    }

    fn is_based_on(&self, entry: &CompiledEntry, function: &Function) -> bool {
        let lineage = function.class.map(|class| self.lineage(class));
        lineage.into_iter().flatten().any(|class| {
            let bases = self.class(class).map(|c| c.bases.as_slice());
            bases.unwrap_or_default().iter().any(|base| {
                let base = last_name(self.names.text(*base));
                entry.spec.bases.iter().any(|b| b == base)
            })
        })
    }

    /// Whether a base class may be the framework's that an entry is about: not where the file imports
    /// another framework whose classes have the same names.
    fn may_be_of(&self, entry: &CompiledEntry) -> bool {
        let rivals = |other: &CompiledEntry| {
            other
                .spec
                .bases
                .iter()
                .any(|b| entry.spec.bases.contains(b))
                && !other.spec.imports.is_empty()
                && self.imports_any(&other.spec.imports)
        };
        self.imports_any(&entry.spec.imports) || !self.tables.entries.iter().any(rivals)
    }

    fn by_names(&self, entry: &CompiledEntry, function: &Function) -> bool {
        let named = &entry.spec.named;
        if named.is_empty()
            || matches!(
                function.kind,
                FunctionKind::Module | FunctionKind::ClassBody
            )
        {
            return false;
        }
        let skip = usize::from(self.has_receiver(function));
        let params = function.params.get(skip..).unwrap_or_default();
        params.len() >= named.len()
            && named.iter().zip(params).all(|(names, param)| {
                let own = self.names.text(param.name);
                names.split('|').any(|name| name == own)
            })
            && self.imports_any(&entry.spec.imports)
            && !self.imports_excluded(&entry.spec.unless_imports)
            && (entry.spec.functions.is_empty()
                || entry
                    .spec
                    .functions
                    .iter()
                    .any(|f| f == self.names.text(function.name)))
    }

    fn by_parameter(&mut self, function: &Function, seed: &mut Seed) {
        let tables = self.tables;
        // `CheckRedirect(req, via)`: a client asks it before it follows a redirect.
        let follows = self.is_go()
            && function
                .params
                .iter()
                .any(|p| self.names.text(p.name) == "via");
        let many_parts = function.decorators.iter().any(|d| {
            let (start, end) = (d.span.start as usize, d.span.end as usize);
            let text = self.text.get(start..end).unwrap_or("");
            text.contains("{*") || text.contains("**")
        });
        for (at, param) in function.params.iter().enumerate() {
            // Where imports decide a name it is a full one.
            let whole = param.annotation.map(|a| self.names.text(a).to_owned());
            let own = match param.annotation {
                Some(of) if self.has_packages() => self.class_named(of).is_some(),
                _ => whole.as_deref().is_some_and(|n| self.declares_class(n)),
            };
            let declared = whole
                .as_deref()
                .filter(|_| !own)
                .and_then(|name| self.paths.library_type(name));
            let annotation = match whole.as_deref() {
                Some(full) if self.is_go() => Some(full),
                other => other.map(last_name),
            };
            let Some(slot) = seed.params.get_mut(at) else {
                continue;
            };
            slot.content = annotation == Some("bytes");
            let converted = param.decorators.iter().any(|d| {
                d.keywords
                    .iter()
                    .any(|(name, _)| tables.checked_arguments.contains(self.names.text(*name)))
            });
            if let Some(full) = annotation
                && self.is_go()
                && full.contains('.')
                && !own
            {
                slot.kind = Some(match full {
                    "net/http.Request" if follows => "net/http.ClientRequest".to_owned(),
                    _ => full.to_owned(),
                });
            }
            for model in &tables.parameters {
                // A client asks it before it follows a redirect: the request is its own.
                if follows && model.spec.kind.as_deref() == Some("net/http.Request") {
                    continue;
                }
                let by_annotation =
                    annotation.is_some_and(|a| model.spec.annotations.iter().any(|m| m == a));
                let by_decorator = param.decorators.iter().any(|d| {
                    let name = last_name(self.names.text(d.name));
                    model.spec.decorators.iter().any(|m| m == name)
                }) && self.imports_any(&model.spec.imports);
                if !by_annotation && !by_decorator {
                    continue;
                }
                match model.spec.kind.as_deref() {
                    Some("number") => slot.number = true,
                    Some(kind) => {
                        slot.kind = Some(kind.to_owned());
                        slot.source = None;
                        // Only a framework makes such an object.
                        seed.entered = true;
                    }
                    None => {}
                }
                if model.kind.is_some() {
                    slot.source = model.kind;
                }
                // `{*path}` stands for several parts.
                slot.segment |= by_decorator
                    && model.spec.segments.iter().any(|s| {
                        let mut own = param.decorators.iter();
                        own.any(|d| last_name(self.names.text(d.name)) == s)
                    })
                    && !many_parts;
                slot.number |= converted;
            }
            if slot.kind.is_none() && !slot.number && declared.is_some() {
                slot.kind = declared;
                // What a framework fills in by type is not input, unless an annotation says so.
                if param.decorators.is_empty() {
                    slot.source = None;
                }
            }
        }
    }

    /// Gives parameters their values at the entry of a function.
    pub(super) fn bind_parameters(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        seed: &Seed,
    ) {
        for (at, param) in frame.function.params.iter().enumerate() {
            let known = seed.params.get(at).cloned().unwrap_or_default();
            let access = self.arena.root(Root::Param(frame.id, at as u16));
            let id = self.arena.access_value(access);
            let id = self.seeded(frame.id, param.span, &known, id);
            state.env.set(param.var.0 as usize, id);
        }
    }

    /// A value that is declared to be of a type: the type is what it is where nothing better is
    /// known, and a number can carry no text.
    pub(super) fn typed(&mut self, value: ValId, of: Symbol) -> ValId {
        let tables = self.tables;
        let text = self.names.text(of).to_owned();
        let last = if self.is_go() {
            &text
        } else {
            last_name(&text)
        };
        let number = tables.parameters.iter().any(|model| {
            model.spec.kind.as_deref() == Some("number")
                && model.spec.annotations.iter().any(|m| m == last)
        });
        if number {
            return match self.arena.get(value).konst {
                Some(_) => value,
                None => self.arena.single(Atom::Number),
            };
        }
        if self.has_packages() && self.class_named(of).is_some() {
            return value;
        }
        let text = match self.module.language {
            Language::Java => match self.paths.library_type(&text) {
                Some(whole) => whole,
                None => return value,
            },
            _ => text,
        };
        let known = self.arena.get(value);
        // A name of the package itself says nothing of what its methods do.
        let bare = self.is_go() && !text.contains('.');
        let java = self.module.language == Language::Java;
        if bare
            || java && known.konst.is_some()
            || !known.atoms.iter().all(|a| matches!(a, Atom::Access(_)))
        {
            return value;
        }
        let mut known = known.clone();
        // Declared without a value: another file gives it one.
        if self.is_go() && known.is_null() {
            known.konst = None;
        }
        let last = self.names.intern(last_name(&text));
        let path = self.paths.absolute(&text, last);
        value::add_atoms(&mut known.atoms, &[Atom::Path(path)]);
        self.arena.add(known)
    }

    /// Whether a field of what a caller passes is declared to hold no free text: a number, or what
    /// a validator lets through.
    pub(super) fn is_checked_field(&mut self, access: value::AccessId, name: Symbol) -> bool {
        let Some(node) = self.arena.access(access) else {
            return false;
        };
        let (None, Root::Param(id, at)) = (node.parent, node.root) else {
            return false;
        };
        let param = self
            .function(id)
            .and_then(|f| f.params.get(usize::from(at)));
        let Some(param) = param.filter(|p| !p.decorators.is_empty()) else {
            return false;
        };
        let class = param.annotation.and_then(|of| self.class_named(of));
        let field = class.and_then(|class| {
            self.lineage(class).into_iter().find_map(|class| {
                let fields = &self.class(class)?.fields;
                fields.iter().find(|f| f.name == name)
            })
        });
        field.is_some_and(|f| {
            let number = f.annotation.is_some_and(|a| {
                let annotation = last_name(self.names.text(a));
                self.tables.parameters.iter().any(|model| {
                    model.spec.kind.as_deref() == Some("number")
                        && model.spec.annotations.iter().any(|m| m == annotation)
                })
            });
            number
                || f.decorators.iter().any(|d| {
                    let name = last_name(self.names.text(d.name));
                    self.tables.checked_fields.contains(name)
                })
        })
    }

    /// Whether a name is that of a class of this file.
    fn declares_class(&self, name: &str) -> bool {
        let classes = &self.module.classes;
        classes.iter().any(|c| self.names.text(c.name) == name)
    }

    pub(super) fn source_label(&mut self, function: FuncId, span: Span, kind: u16) -> Label {
        let source = self.arena.source(Source::Site {
            function,
            span,
            kind,
        });
        let cleared = self
            .models
            .source_kinds
            .get(usize::from(kind))
            .map_or(Bits::NONE, |k| k.cleared);
        Label {
            source,
            cleared,
            step: self.arena.step(StepId::NONE, span, StepKind::Source),
            guesses: 0,
        }
    }
}

pub(crate) fn last_name(text: &str) -> &str {
    text.rsplit('.').next().unwrap_or(text)
}
