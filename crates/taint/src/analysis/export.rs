//! From the analysis of a file to what it shows to others: see [`crate::interface`].
//!
//! Everything that can be reached from the names that a file exports is written out, nothing else.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use rustc_hash::FxHashMap;
use trueline_syntax::ir::{
    ClassId, Const, FieldDecl, FuncId, FunctionKind, Op, Span, Symbol, Var, VarHome,
};

use super::graph::single_definitions;
use super::outcomes::Outcome;
use super::sink::SinkRef;
use super::state::{Contents, Heap, Key};
use super::summary::{SinkFlow, Summary};
use super::value::{
    AccessId, Atom, Konst, Label, ObjId, Root, Selector, Source, SourceId, StepId, ValId,
};
use super::{Analyzer, ObjectKind, Status};
use crate::interface::{self as portable, Interface, Ref};
use crate::project::{Target, UnitId};
use crate::report::Reporter;
use crate::secret::{STAND_IN, is_known_secret};

impl Analyzer<'_> {
    /// What the file shows to others.
    pub(super) fn export(&mut self, reporter: &Reporter<'_>) -> Interface {
        let mut exports: BTreeMap<Box<str>, ValId> = BTreeMap::new();
        for export in &self.module.exports {
            let value = self.exported_value(export.var);
            let name = self.names.text(export.name);
            if name == "*" || value <= ValId::UNKNOWN {
                continue;
            }
            let known = exports.get(name).copied().unwrap_or(ValId::UNDEF);
            let joined = self.arena.join(known, value);
            exports.insert(self.names.text(export.name).into(), joined);
        }
        let types = self.types_of_fields();
        let mut exporter = Exporter::new(self, reporter, &types);
        for (name, value) in exports {
            let name = exporter.text(&name);
            let value = exporter.value(value);
            exporter.out.exports.push((name, value));
        }
        // Types are known by their package, whether or not a name of the file leads to them.
        if exporter.analyzer.has_packages() {
            for at in 0..exporter.analyzer.module.classes.len() {
                exporter.class(ClassId(at as u32));
            }
        }
        for unit in exporter.analyzer.elsewhere.stars.clone() {
            let file = exporter.file(unit);
            exporter.out.all_of.push(file);
        }
        exporter.finish()
    }

    fn types_of_fields(&mut self) -> FxHashMap<Symbol, String> {
        let mut types = FxHashMap::default();
        if self.has_packages() {
            let fields = self.module.classes.iter().flat_map(|c| &c.fields);
            for of in fields.filter_map(|f| f.annotation) {
                types.entry(of).or_insert_with(|| self.portable_type(of));
            }
        }
        types
    }

    /// What a variable of the module body holds when the module has run.
    fn exported_value(&mut self, var: Var) -> ValId {
        let body = FuncId(0);
        if let Some(value) = self.binding_value(body, var) {
            return value;
        }
        if let Some(value) = self.slots.get(&(body, var)) {
            return *value;
        }
        let Some(function) = self.function(body) else {
            return ValId::UNKNOWN;
        };
        let home = function.vars.get(var.0 as usize).map(|v| v.home);
        if home != Some(VarHome::Temporary) {
            return ValId::UNKNOWN;
        }
        let definition = single_definitions(function)
            .get(var.0 as usize)
            .copied()
            .flatten();
        let instr = definition.and_then(|(block, at)| {
            let block = function.blocks.get(block.0 as usize)?;
            block.instrs.get(at as usize)
        });
        match instr.map(|i| &i.op) {
            Some(Op::Import { module, member }) => self.import(*module, *member),
            _ => ValId::UNKNOWN,
        }
    }
}

struct Exporter<'e, 'a> {
    analyzer: &'e Analyzer<'a>,
    reporter: &'e Reporter<'e>,
    /// Declared types of fields as other files understand them.
    types: &'e FxHashMap<Symbol, String>,
    out: Interface,
    texts: FxHashMap<Box<str>, u32>,
    files: FxHashMap<UnitId, u32>,
    values: FxHashMap<ValId, u32>,
    objects: FxHashMap<ObjId, u32>,
    accesses: FxHashMap<AccessId, u32>,
    sources: FxHashMap<SourceId, u32>,
    steps: FxHashMap<portable::TraceStep, u32>,
    traces: FxHashMap<Vec<u32>, u32>,
    places: FxHashMap<(FuncId, Span), u32>,
    functions: BTreeMap<u32, portable::Function>,
    classes: BTreeMap<u32, portable::Class>,
    slots: BTreeMap<(u32, u32), u32>,
    seen_functions: BTreeSet<FuncId>,
    seen_classes: BTreeSet<ClassId>,
    seen_slots: BTreeSet<(FuncId, Var)>,
    pending: VecDeque<Pending>,
}

enum Pending {
    Function(FuncId),
    Class(ClassId),
    Object(ObjId),
    Slot(FuncId, Var),
}

impl<'e, 'a> Exporter<'e, 'a> {
    fn new(
        analyzer: &'e Analyzer<'a>,
        reporter: &'e Reporter<'e>,
        types: &'e FxHashMap<Symbol, String>,
    ) -> Self {
        let mut exporter = Self {
            analyzer,
            reporter,
            types,
            out: Interface::default(),
            texts: FxHashMap::default(),
            files: FxHashMap::default(),
            values: FxHashMap::default(),
            objects: FxHashMap::default(),
            accesses: FxHashMap::default(),
            sources: FxHashMap::default(),
            steps: FxHashMap::default(),
            traces: FxHashMap::default(),
            places: FxHashMap::default(),
            functions: BTreeMap::new(),
            classes: BTreeMap::new(),
            slots: BTreeMap::new(),
            seen_functions: BTreeSet::new(),
            seen_classes: BTreeSet::new(),
            seen_slots: BTreeSet::new(),
            pending: VecDeque::new(),
        };
        exporter.file(analyzer.elsewhere.unit);
        // The two values that have fixed ids, and the empty trace.
        exporter.out.values.resize_with(2, portable::Value::default);
        exporter.trace(StepId::NONE);
        exporter
    }

    fn finish(mut self) -> Interface {
        while let Some(next) = self.pending.pop_front() {
            match next {
                Pending::Function(id) => self.add_function(id),
                Pending::Class(id) => self.add_class(id),
                Pending::Object(id) => self.add_contents(id),
                Pending::Slot(function, var) => {
                    let value = self.analyzer.slots.get(&(function, var)).copied();
                    let value = self.value(value.unwrap_or(ValId::UNKNOWN));
                    self.slots.insert((function.0, var.0), value);
                }
            }
        }
        let mut out = self.out;
        out.functions = self.functions.into_values().collect();
        out.classes = self.classes.into_values().collect();
        out.slots = self.slots.into_iter().map(|(k, v)| (k.0, k.1, v)).collect();
        out
    }

    fn text(&mut self, text: &str) -> u32 {
        if let Some(at) = self.texts.get(text) {
            return *at;
        }
        let at = self.out.texts.len() as u32;
        self.out.texts.push(text.into());
        self.texts.insert(text.into(), at);
        at
    }

    fn symbol(&mut self, symbol: Symbol) -> u32 {
        let analyzer = self.analyzer;
        self.text(analyzer.names.text(symbol))
    }

    /// A text that the program works with. Other files learn of a secret that it is one.
    fn constant(&mut self, symbol: Symbol) -> u32 {
        let analyzer = self.analyzer;
        let text = analyzer.names.text(symbol);
        if analyzer.secrets.contains(&symbol) || is_known_secret(text) {
            return self.text(STAND_IN);
        }
        self.text(text)
    }

    fn file(&mut self, unit: UnitId) -> u32 {
        if let Some(at) = self.files.get(&unit) {
            return *at;
        }
        let at = self.out.files.len() as u32;
        let path = match self.analyzer.elsewhere.path(unit) {
            Some(path) => path.clone(),
            None => self.reporter.path.clone(),
        };
        self.out.files.push(path);
        self.files.insert(unit, at);
        at
    }

    fn function(&mut self, id: FuncId) -> Ref {
        if let Some((unit, id)) = self.analyzer.elsewhere_function(id) {
            let file = self.file(unit);
            return Ref { file, id };
        }
        if self.seen_functions.insert(id) {
            self.pending.push_back(Pending::Function(id));
        }
        Ref { file: 0, id: id.0 }
    }

    /// A function that is only named: nobody calls it through this.
    fn owner(&mut self, id: FuncId) -> Ref {
        match self.analyzer.elsewhere_function(id) {
            Some((unit, id)) => Ref {
                file: self.file(unit),
                id,
            },
            None => Ref { file: 0, id: id.0 },
        }
    }

    fn class(&mut self, id: ClassId) -> Ref {
        if let Some((unit, id)) = self.analyzer.elsewhere_class(id) {
            let file = self.file(unit);
            return Ref { file, id };
        }
        if self.seen_classes.insert(id) {
            self.pending.push_back(Pending::Class(id));
        }
        Ref { file: 0, id: id.0 }
    }

    fn value(&mut self, id: ValId) -> u32 {
        if id <= ValId::UNKNOWN {
            return id.0;
        }
        if let Some(at) = self.values.get(&id) {
            return *at;
        }
        let at = self.out.values.len() as u32;
        self.out.values.push(portable::Value::default());
        self.values.insert(id, at);
        let value = self.analyzer.arena.get(id).clone();
        let constant = value.konst.map(|k| match k {
            Konst::Str(text) => portable::Constant::Str(self.constant(text)),
            Konst::Bytes(text) => portable::Constant::Bytes(self.constant(text)),
            Konst::Int(number) => portable::Constant::Int(number),
            Konst::Float(bits) => portable::Constant::Float(bits),
            Konst::Bool(truth) => portable::Constant::Bool(truth),
            Konst::Null => portable::Constant::Null,
        });
        let atoms = value.atoms.iter().filter_map(|a| self.atom(*a)).collect();
        let labels = value.labels.iter().map(|l| self.label(l)).collect();
        let prefix = value.prefix.map(|p| self.constant(p));
        if let Some(slot) = self.out.values.get_mut(at as usize) {
            *slot = portable::Value {
                constant,
                atoms,
                labels,
                prefix,
            };
        }
        at
    }

    fn atom(&mut self, atom: Atom) -> Option<portable::Atom> {
        let analyzer = self.analyzer;
        Some(match atom {
            Atom::Path(path) => portable::Atom::Path(self.text(analyzer.paths.text(path))),
            Atom::Object(object) => match analyzer.object_kind(object)? {
                ObjectKind::Module(at) => match analyzer.elsewhere.modules.get(at as usize)? {
                    Target::Unit(unit) => portable::Atom::Module(self.file(*unit)),
                    Target::Folder(folder) => portable::Atom::Folder(self.text(folder)),
                    // No value of Go is a package.
                    Target::Package(_) => return None,
                },
                _ => portable::Atom::Object(self.object(object)),
            },
            Atom::Access(access) => portable::Atom::Access(self.access(access)),
            Atom::Func(id) => portable::Atom::Func(self.function(id)),
            Atom::Bound(id, receiver) => {
                let receiver = self.value(receiver);
                portable::Atom::Bound(self.function(id), receiver)
            }
            Atom::Class(class) => portable::Atom::Class(self.class(class)),
            Atom::Number => portable::Atom::Number,
            Atom::Text => portable::Atom::Text,
        })
    }

    fn label(&mut self, label: &Label) -> portable::Label {
        let source = match self.analyzer.arena.source_of(label.source) {
            Some(Source::Access(access)) => portable::Source::Access(self.access(access)),
            Some(Source::Site {
                function,
                span,
                kind,
            }) => portable::Source::Site(self.source(label.source, function, span, kind)),
            None => portable::Source::Site(0),
        };
        portable::Label {
            source,
            cleared: label.cleared,
            trace: self.trace(label.step),
            guesses: label.guesses,
        }
    }

    fn source(&mut self, id: SourceId, function: FuncId, span: Span, kind: u16) -> u32 {
        if let Some(at) = self.sources.get(&id) {
            return *at;
        }
        let quote = match self.analyzer.elsewhere.quotes.get(&id) {
            Some(quote) => quote.clone(),
            None if self.analyzer.passed_sources.contains(&id) => "".into(),
            None if span.start < span.end => self.reporter.quote(span, false).into(),
            None => Box::default(),
        };
        let function = self.owner(function);
        let at = self.out.sources.len() as u32;
        self.out.sources.push(portable::SourceSite {
            function,
            span: (span.start, span.end),
            kind,
            quote,
        });
        self.sources.insert(id, at);
        at
    }

    fn trace(&mut self, last: StepId) -> u32 {
        let steps: Vec<u32> = self
            .analyzer
            .trace(last)
            .into_iter()
            .map(|(place, message)| {
                let mut location = self.reporter.step_location(&place);
                if self.is_secret(&location.snippet) {
                    // Other files show where, not what.
                    location.snippet = String::new();
                }
                self.step(portable::TraceStep { location, message })
            })
            .collect();
        if let Some(at) = self.traces.get(&steps) {
            return *at;
        }
        let at = self.out.traces.len() as u32;
        self.out.traces.push(steps.clone());
        self.traces.insert(steps, at);
        at
    }

    /// Whether a secret of the file is in a piece of its text.
    fn is_secret(&self, piece: &str) -> bool {
        let names = &self.analyzer.names;
        let secrets = self.analyzer.secrets.iter();
        let mut known = secrets.map(|secret| names.text(*secret));
        is_known_secret(piece) || known.any(|secret| piece.contains(secret))
    }

    fn step(&mut self, step: portable::TraceStep) -> u32 {
        if let Some(at) = self.steps.get(&step) {
            return *at;
        }
        let at = self.out.steps.len() as u32;
        self.out.steps.push(step.clone());
        self.steps.insert(step, at);
        at
    }

    fn access(&mut self, id: AccessId) -> u32 {
        if let Some(at) = self.accesses.get(&id) {
            return *at;
        }
        let node = self.analyzer.arena.access(id);
        let access = match node.map(|n| (n.root, n.parent)) {
            Some((_, Some((parent, selector)))) => {
                let parent = self.access(parent);
                let selector = match selector {
                    Selector::Name(name) => portable::Selector::Name(self.symbol(name)),
                    Selector::At(at) => portable::Selector::At(at),
                    Selector::Any => portable::Selector::Any,
                    Selector::Key => portable::Selector::Key,
                    Selector::Entry => portable::Selector::Entry,
                    Selector::Called => portable::Selector::Called,
                };
                portable::Access::Child(parent, selector)
            }
            Some((root, None)) => portable::Access::Root(self.root(root)),
            None => portable::Access::Root(portable::Root::This(Ref { file: 0, id: 0 })),
        };
        let at = self.out.accesses.len() as u32;
        self.out.accesses.push(access);
        self.accesses.insert(id, at);
        at
    }

    fn root(&mut self, root: Root) -> portable::Root {
        match root {
            Root::Param(id, at) => portable::Root::Param(self.owner(id), at),
            Root::This(id) => portable::Root::This(self.owner(id)),
            Root::Captured(id, var) => {
                let owner = self.owner(id);
                if owner.file == 0 && self.seen_slots.insert((id, var)) {
                    self.pending.push_back(Pending::Slot(id, var));
                }
                portable::Root::Captured(owner, var.0)
            }
        }
    }

    fn object(&mut self, id: ObjId) -> u32 {
        if let Some(at) = self.objects.get(&id) {
            return *at;
        }
        let at = self.out.objects.len() as u32;
        self.objects.insert(id, at);
        self.out.objects.push(portable::Object {
            kind: portable::ObjectKind::Map,
            shared: None,
        });
        let analyzer = self.analyzer;
        let kind = match analyzer.object_kind(id) {
            Some(ObjectKind::List) => portable::ObjectKind::List,
            Some(ObjectKind::Set) => portable::ObjectKind::Set,
            Some(ObjectKind::Partial) => portable::ObjectKind::Partial,
            Some(ObjectKind::Map | ObjectKind::Module(_) | ObjectKind::Resolver) | None => {
                portable::ObjectKind::Map
            }
            Some(ObjectKind::Instance(path)) => {
                portable::ObjectKind::Instance(self.text(analyzer.paths.text(path)))
            }
            Some(ObjectKind::Class(class)) => portable::ObjectKind::Class(self.class(class)),
            Some(ObjectKind::Access(access)) => portable::ObjectKind::Access(self.access(access)),
        };
        if let Some(object) = self.out.objects.get_mut(at as usize) {
            object.kind = kind;
        }
        self.pending.push_back(Pending::Object(id));
        at
    }

    fn add_contents(&mut self, id: ObjId) {
        let analyzer = self.analyzer;
        let Some(contents) = contents_in(&analyzer.shared_heap, id) else {
            return;
        };
        let shared = self.contents(contents);
        let at = self.object(id);
        if let Some(object) = self.out.objects.get_mut(at as usize) {
            object.shared = Some(shared);
        }
    }

    fn contents(&mut self, contents: &Contents) -> portable::Contents {
        portable::Contents {
            entries: contents
                .entries
                .iter()
                .map(|(key, value)| {
                    let key = self.key(*key);
                    (key, self.value(*value))
                })
                .collect(),
            rest: self.value(contents.rest),
            keys: self.value(contents.keys),
            len: contents.len,
        }
    }

    fn key(&mut self, key: Key) -> portable::Key {
        match key {
            Key::Name(name) => portable::Key::Name(self.symbol(name)),
            Key::At(at) => portable::Key::At(at),
        }
    }

    fn add_function(&mut self, id: FuncId) {
        let analyzer = self.analyzer;
        let Some(function) = analyzer.function(id) else {
            return;
        };
        let receiver = match function.kind {
            FunctionKind::Method => portable::Receiver::Method,
            FunctionKind::StaticMethod => portable::Receiver::Static,
            _ => portable::Receiver::None,
        };
        let params = function
            .params
            .iter()
            .map(|p| portable::Param {
                name: self.symbol(p.name),
                kind: p.kind.into(),
                has_default: p.has_default,
            })
            .collect();
        let summary = match analyzer.status.get(id.0 as usize) {
            Some(Status::Done(summary)) => self.summary(&Rc::clone(summary)),
            _ => portable::Summary::default(),
        };
        let function = portable::Function {
            id: id.0,
            name: self.symbol(function.name),
            qualified: self.symbol(function.qualified),
            receiver,
            params,
            is_async: function.is_async,
            is_generator: function.is_generator,
            summary,
        };
        self.functions.insert(id.0, function);
    }

    fn summary(&mut self, summary: &Summary) -> portable::Summary {
        let mut roots: Vec<ValId> = summary.ret.into_iter().chain(summary.thrown).collect();
        roots.extend(summary.calls.iter().flat_map(|c| c.passed.iter().copied()));
        let mut objects: Vec<ObjId> = summary.stored.iter().map(|s| s.1).collect();
        let heap = self.reachable(&summary.heap, roots, &mut objects);
        portable::Summary {
            ret: summary.ret.map(|v| self.value(v)),
            thrown: summary.thrown.map(|v| self.value(v)),
            sinks: summary.sinks.iter().map(|s| self.sink(s)).collect(),
            heap,
            stored: summary
                .stored
                .iter()
                .map(|(access, object)| (self.access(*access), self.object(*object)))
                .collect(),
            calls: summary
                .calls
                .iter()
                .map(|call| {
                    let name = self.analyzer.method_name(call.access);
                    let place = call.place.filter(|_| {
                        name.is_some_and(|name| self.analyzer.tables.risky_methods.contains(name))
                    });
                    portable::Call {
                        access: self.access(call.access),
                        passed: call.passed.iter().map(|v| self.value(*v)).collect(),
                        place: place.map(|(function, span)| self.place(function, span)),
                    }
                })
                .collect(),
            on_return: self.facts(&summary.on_return),
            on_true: self.facts(&summary.on_true),
            on_outcome: self.outcomes(&summary.on_outcome),
            checks_codes: summary.checks_codes,
            never: summary.never,
        }
    }

    fn facts(
        &mut self,
        facts: &[(AccessId, crate::models::Bits)],
    ) -> Vec<(u32, crate::models::Bits)> {
        facts
            .iter()
            .map(|(access, cleared)| (self.access(*access), *cleared))
            .collect()
    }

    fn outcomes(
        &mut self,
        told: &[(Outcome, AccessId, crate::models::Bits)],
    ) -> Vec<(portable::Outcome, u32, crate::models::Bits)> {
        told.iter()
            .map(|(outcome, access, cleared)| {
                let outcome = match outcome {
                    Outcome::Empty => portable::Outcome::Empty,
                    Outcome::Part(key, is) => portable::Outcome::Part(self.key(*key), *is),
                };
                (outcome, self.access(*access), *cleared)
            })
            .collect()
    }

    /// Contents of the objects that values lead to, as a function leaves them.
    fn reachable(
        &mut self,
        heap: &Heap,
        mut values: Vec<ValId>,
        objects: &mut Vec<ObjId>,
    ) -> Vec<(u32, portable::Contents)> {
        let analyzer = self.analyzer;
        let mut seen_values: BTreeSet<ValId> = BTreeSet::new();
        let mut seen: BTreeSet<ObjId> = BTreeSet::new();
        let mut found = Vec::new();
        loop {
            if let Some(value) = values.pop() {
                if value <= ValId::UNKNOWN || !seen_values.insert(value) {
                    continue;
                }
                for atom in &analyzer.arena.get(value).atoms {
                    match atom {
                        Atom::Object(object) => objects.push(*object),
                        Atom::Bound(_, receiver) => values.push(*receiver),
                        _ => {}
                    }
                }
            } else if let Some(object) = objects.pop() {
                if !seen.insert(object) {
                    continue;
                }
                let contents = contents_in(heap, object)
                    .or_else(|| contents_in(&analyzer.shared_heap, object));
                let Some(contents) = contents else { continue };
                values.extend(contents.entries.iter().map(|e| e.1));
                values.extend([contents.rest, contents.keys]);
                found.push((object, contents));
            } else {
                break;
            }
        }
        found
            .into_iter()
            .map(|(object, contents)| (self.object(object), self.contents(contents)))
            .collect()
    }

    fn sink(&mut self, flow: &SinkFlow) -> portable::Sink {
        let kind = match flow.sink {
            SinkRef::Model { index, by_form } => portable::SinkKind::Model { index, by_form },
            SinkRef::Returned => portable::SinkKind::Returned,
            SinkRef::Weak { index, context } => portable::SinkKind::Weak { index, context },
            SinkRef::Comparison(index) => portable::SinkKind::Comparison { index },
            SinkRef::Secret { .. } | SinkRef::SigningKey => portable::SinkKind::Secret,
        };
        portable::Sink {
            rule: flow.rule,
            kind,
            place: self.place(flow.function, flow.span),
            access: self.access(flow.access),
            cleared: flow.cleared,
            trace: self.trace(flow.step),
            guesses: flow.guesses,
            whole: flow.whole,
            media: flow.media.map(|access| self.access(access)),
        }
    }

    fn place(&mut self, function: FuncId, span: Span) -> u32 {
        if let Some(at) = self.places.get(&(function, span)) {
            return *at;
        }
        let owner = self.owner(function);
        let place = if let Some(place) = self.analyzer.elsewhere.places.get(&(function, span)) {
            portable::SinkPlace {
                function: owner,
                ..(**place).clone()
            }
        } else {
            let place = self.reporter.sink_place(function, span);
            let is_secret = self.is_secret(&place.location.snippet)
                || self.is_secret(&place.tokens)
                || self.is_secret(&place.quote);
            portable::SinkPlace {
                function: owner,
                is_secret,
                ..place
            }
        };
        let at = self.out.places.len() as u32;
        self.out.places.push(place);
        self.places.insert((function, span), at);
        at
    }

    fn declared_field(&mut self, field: &FieldDecl) -> portable::DeclaredField {
        let types = self.types;
        let of = field.annotation.and_then(|of| types.get(&of));
        let of = of.map(|of| self.text(of));
        portable::DeclaredField {
            name: self.symbol(field.name),
            of,
            decorators: field
                .decorators
                .iter()
                .map(|decorator| {
                    let first = match decorator.args.first() {
                        Some(Some(Const::Str(text))) => Some(self.symbol(*text)),
                        _ => None,
                    };
                    (self.symbol(decorator.name), first)
                })
                .collect(),
        }
    }

    fn add_class(&mut self, id: ClassId) {
        let analyzer = self.analyzer;
        let Some(class) = analyzer.class(id) else {
            return;
        };
        let methods = class
            .methods
            .iter()
            .map(|(name, method)| {
                self.function(*method);
                (self.symbol(*name), method.0)
            })
            .collect();
        let mut attributes = Vec::new();
        let body = analyzer
            .module
            .functions
            .iter()
            .position(|f| f.kind == FunctionKind::ClassBody && f.class == Some(id));
        if let Some(at) = body {
            let body = &analyzer.module.functions[at];
            for (var, decl) in body.vars.iter().enumerate() {
                if decl.home != VarHome::Local {
                    continue;
                }
                let key = (FuncId(at as u32), Var(var as u32));
                if let Some(value) = analyzer.slots.get(&key) {
                    attributes.push((self.symbol(decl.name), self.value(*value)));
                }
            }
        }
        let mut fields: Vec<(Symbol, ValId)> = analyzer
            .fields
            .iter()
            .filter(|(key, _)| key.0 == id)
            .map(|(key, value)| (key.1, *value))
            .collect();
        fields.sort_unstable();
        let fields = fields
            .into_iter()
            .map(|(name, value)| (self.symbol(name), self.value(value)))
            .collect();
        for (name, value) in analyzer.static_fields(id) {
            attributes.push((self.symbol(name), self.value(value)));
        }
        let known = class.fields.iter().filter(|_| analyzer.has_packages());
        let declared = known.map(|f| self.declared_field(f)).collect();
        let bases = analyzer.bases_of(id);
        let class = portable::Class {
            declared,
            id: id.0,
            name: self.symbol(class.name),
            qualified: self.symbol(class.qualified),
            bases: class.bases.iter().map(|b| self.symbol(*b)).collect(),
            known_bases: bases.iter().map(|b| self.class(*b)).collect(),
            methods,
            attributes,
            fields,
        };
        self.classes.insert(id.0, class);
    }
}

fn contents_in(heap: &Heap, object: ObjId) -> Option<&Contents> {
    let at = heap.binary_search_by_key(&object, |e| e.0).ok()?;
    heap.get(at).map(|e| &*e.1)
}
