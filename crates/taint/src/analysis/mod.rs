//! The analysis of one module: every function once, callees before callers, all rules together.
//!
//! A function is interpreted forward over its control-flow graph with parameters as symbols; what
//! it does to them is its summary, which callers apply to what they pass. Functions are analysed
//! when first called (so callees come first) and the rest in source order; recursion is iterated
//! to a fixpoint. Work is bounded in steps, and a bound that is hit becomes a diagnostic.

mod access;
mod accessors;
mod alphabet;
mod answers;
mod apply;
mod asked_password;
mod backtracking;
mod before;
mod bindings;
mod call;
mod callbacks;
mod callers;
mod conditions;
mod containers;
mod credentials;
mod declared;
mod destinations;
mod developing;
mod doors;
mod elsewhere;
mod entry;
mod env;
mod export;
mod fold;
mod go;
mod graph;
mod guard;
mod hits;
mod inert;
mod java;
mod later;
mod library;
mod lists;
mod loops;
mod media;
mod names;
mod outcomes;
mod patterns;
mod pieces;
mod questions;
mod refused;
mod replayed;
mod results;
mod schemas;
mod signing;
mod sink;
mod special;
mod state;
mod summary;
mod transfer;
mod trust;
mod value;
mod weak;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use trueline_syntax::ir::{
    BlockId, Callee, ClassId, FuncId, Function, Instr, Language, Module, Op, Operand, Span, Symbol,
    Terminator, Var, VarHome,
};

use self::accessors::Accessors;
use self::bindings::Bindings;
pub(crate) use self::developing::{Blocks, is_developing};
pub(crate) use self::elsewhere::Alone;
pub use self::elsewhere::Interfaces;
use self::elsewhere::{Elsewhere, Heads};
use self::entry::Seed;
pub(crate) use self::entry::last_name;
use self::graph::{only_predecessors, reverse_post_order, revisited, single_definitions};
pub(crate) use self::hits::{SourcePlace, StepPlace};
use self::names::{Names, Paths};
pub(crate) use self::names::{import_path, root_of, words};
use self::replayed::Replayed;
pub(crate) use self::signing::{SIGNING_FIX, SIGNING_MESSAGE, is_of_development, is_signing_key};
pub(crate) use self::sink::Hit;
use self::state::{Heap, State};
use self::summary::Summary;
use self::value::{Arena, Atom, ObjId, PathId, Root, StepKind, ValId};
use crate::digest::Digest;
use crate::interface::{Interface, SinkPlace};
use crate::memory::Secrecy;
use crate::models::{Bits, LanguageModels, Models};
use crate::project::{Answer, Project, Question, UnitId};
use crate::purpose::{Purpose, is_of_mocks};
use crate::report::Reporter;

/// Steps (instructions interpreted) that a function may take per instruction, and at least.
const STEPS_PER_INSTRUCTION: usize = 48;
const MIN_STEPS: usize = 20_000;
/// Values and steps that a module may make per instruction, and at least.
const VALUES_PER_INSTRUCTION: usize = 400;
const MIN_VALUES: usize = 400_000;
/// Calls that are followed into functions not yet analysed.
const MAX_DEPTH: usize = 48;
/// How far back a variable's last definition is looked for, in blocks and instructions.
const MAX_WAY_BACK: usize = 8;
const MAX_LOOKED_BACK: usize = 128;
/// Rounds of a recursive function.
const MAX_ROUNDS: usize = 4;

/// What the analysis of one module hands to the report.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Weaknesses, by rule and place.
    pub(crate) hits: Vec<Hit>,
    /// Places where a weakness of a rule could be: rule and span.
    pub(crate) sites: BTreeSet<(u16, Span)>,
    /// The same in other files.
    pub(crate) sites_elsewhere: Vec<(u16, Arc<SinkPlace>)>,
    /// Functions whose budget ran out.
    pub(crate) cut: Vec<FuncId>,
    /// Functions of other files that this one calls or registers: file and index there.
    pub(crate) entered: Vec<(UnitId, u32)>,
    /// What other files can use of it.
    pub(crate) interface: Interface,
    /// What the project was asked, with its answers.
    pub(crate) asked: Vec<(Question, Answer)>,
    /// Steps: instructions interpreted and values joined.
    pub(crate) work: u64,
    /// Whether any of this holds a secret of the source.
    pub(crate) secrecy: Secrecy,
    /// Texts that the file refuses as a key or password.
    pub(crate) refused: BTreeSet<Digest>,
}

/// A file and where it stands among others.
#[derive(Clone, Copy)]
pub(crate) struct Unit<'a> {
    pub(crate) id: UnitId,
    /// `None` for a file that is looked at alone.
    pub(crate) project: Option<&'a Project>,
    pub(crate) interfaces: &'a dyn Interfaces,
}

/// Analyses a module.
pub(crate) fn analyze(
    models: &Models,
    module: &Module,
    text: &str,
    unit: Unit<'_>,
    reporter: &Reporter<'_>,
) -> Outcome {
    let heads = Heads::default();
    let elsewhere = Elsewhere::new(unit.id, unit.project, unit.interfaces, &heads);
    let mut analyzer = Analyzer::new(models, module, text, elsewhere, reporter.purpose());
    analyzer.of_mocks = is_of_mocks(reporter.path, module.language);
    for class in &module.classes {
        analyzer.note_overloads(&class.methods);
    }
    analyzer.link();
    analyzer.run();
    analyzer.check_signing_keys(reporter.path);
    let interface = match unit.project {
        Some(_) => analyzer.export(reporter),
        None => Interface::default(),
    };
    analyzer.finish(interface)
}

/// What an abstract object is; its contents are in the state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum ObjectKind {
    List,
    Set,
    Map,
    Instance(PathId),
    Class(ClassId),
    /// A function that has its first arguments already: they are its entries, it is the rest.
    Partial,
    /// The function that settles a promise: what it is called with is the rest.
    Resolver,
    /// A file or folder of the project as a module: an index of [`Elsewhere::modules`].
    Module(u32),
    /// The overlay of stores to something that a caller passes.
    Access(value::AccessId),
}

/// Where a function's summary stands.
#[derive(Clone, Debug)]
enum Status {
    New,
    /// On the stack, with what earlier rounds found.
    Open {
        depth: usize,
        provisional: Rc<Summary>,
        used: bool,
    },
    Done(Rc<Summary>),
}

/// The analysis of one module.
#[derive(Debug)]
struct Analyzer<'a> {
    models: &'a Models,
    tables: &'a LanguageModels,
    module: &'a Module,
    text: &'a str,
    names: Names<'a>,
    paths: Paths<'a>,
    arena: Arena,
    bindings: Bindings,
    objects: Vec<ObjectKind>,
    object_ids: FxHashMap<(FuncId, BlockId, u32, u32), ObjId>,
    access_objects: FxHashMap<value::AccessId, ObjId>,
    /// Classes that names of types mean.
    types: FxHashMap<Symbol, Option<ClassId>>,
    implementing: FxHashMap<ClassId, SmallVec<[ClassId; 4]>>,
    /// Objects in fields of which only the declared class is known.
    field_objects: FxHashMap<(ClassId, Symbol), ObjId>,
    /// Values of names that other files of the package declare.
    package_values: FxHashMap<Symbol, Option<ValId>>,
    status: Vec<Status>,
    /// Methods of Java that share their class and name with others.
    overloads: FxHashMap<FuncId, SmallVec<[FuncId; 4]>>,
    /// For each function being analysed, the lowest depth of an unfinished function that it used.
    stack: Vec<usize>,
    /// How many summaries are being applied inside each other.
    applying: usize,
    /// The functions that these are of.
    being_applied: Vec<FuncId>,
    /// How many the outermost call has brought about.
    applications: usize,
    /// Modules that the file imports.
    imports: BTreeSet<Box<str>>,
    /// The join of all values that a variable read by inner functions has been seen with.
    slots: FxHashMap<(FuncId, Var), ValId>,
    elsewhere: Elsewhere<'a>,
    /// Base classes of the file's classes.
    class_bases: Vec<Vec<ClassId>>,
    /// The same for attributes of instances, by class.
    fields: FxHashMap<(ClassId, Symbol), ValId>,
    accessors: Accessors,
    /// Functions that wait for events of emitters, by the event's name.
    listeners: FxHashMap<Symbol, Vec<ValId>>,
    /// Contents of objects that outlive the function that made them, as last seen.
    shared_heap: Heap,
    /// Fields of structs of Go, and whether all that is put there in sight is a client that looks at
    /// addresses by itself.
    own_transports: FxHashMap<(ClassId, Symbol), bool>,
    /// Functions registered as handlers, found while analysing.
    registered: BTreeMap<FuncId, Seed>,
    /// What the schemas of routes let through to their handlers.
    route_schemas: FxHashMap<FuncId, Vec<call::CheckedField>>,
    /// Functions that some analysed call enters.
    entered: BTreeSet<FuncId>,
    /// Functions with those that call them where both are in sight.
    called_by: BTreeSet<(FuncId, FuncId)>,
    /// The best way to each place found so far.
    reached: BTreeMap<sink::Reach, sink::Reached>,
    sites: BTreeSet<(u16, Span)>,
    /// The same in functions of other files that this one passes something to.
    sites_elsewhere: BTreeSet<(u16, FuncId, Span)>,
    /// Instructions interpreted.
    steps: u64,
    keys: signing::Keys<'a>,
    /// Texts of the file that are secrets.
    secrets: BTreeSet<Symbol>,
    /// Texts that it refuses as one.
    refused: BTreeSet<Digest>,
    cut: BTreeSet<FuncId>,
    /// What the file is for.
    purpose: Purpose,
    /// It is named after answers that are made up.
    of_mocks: bool,
    /// How many parts are being read of what a function is passed, in the place of its parameters.
    reading_passed: usize,
    /// Sources that are read there: what stands at their place is the call, not the source.
    passed_sources: BTreeSet<value::SourceId>,
    /// The call that a summary says its function makes, while that is applied.
    replayed: Option<Replayed>,
    /// Made when the condition around the calls of a function is first asked for.
    callers: std::cell::OnceCell<callers::Callers>,
    /// Made when a rule first follows a value.
    uses: Option<destinations::Uses>,
    destinations: FxHashMap<(FuncId, BlockId, u32), Rc<destinations::Destinations>>,
    /// Sources of which something was asked whether it stays in a folder.
    contained: BTreeSet<value::SourceId>,
    /// Patterns, and whether all of the text must match, with whether they backtrack without end.
    explosive: FxHashMap<(Symbol, bool), bool>,
    value_limit: usize,
    symbols: CommonSymbols,
}

/// Symbols that the analysis itself asks for.
#[derive(Clone, Copy, Debug)]
struct CommonSymbols {
    init: Symbol,
    constructor: Symbol,
    call: Symbol,
    length: Symbol,
}

/// The function being interpreted.
#[derive(Debug)]
struct Frame<'a> {
    id: FuncId,
    function: &'a Function,
    /// The only instruction that defines a variable, where there is only one.
    defs: Vec<Option<(BlockId, u32)>>,
    /// The block before each, where there is only one.
    before: Vec<Option<BlockId>>,
    block: BlockId,
    instr: u32,
    span: Span,
    summary: Summary,
    exit: Option<State>,
    ret: ValId,
    /// Rule of which a returned text is a sink.
    returned: Option<u16>,
    seen_true: bool,
    /// The ways out of it so far.
    ways: Vec<outcomes::Way>,
    /// What is thrown to each handler.
    thrown: FxHashMap<BlockId, ValId>,
    /// Handlers to which more is thrown than when they were last entered.
    woken: SmallVec<[BlockId; 2]>,
    /// The present block does not go on: a call in it never returns.
    dead: bool,
    /// What is known of its loops, by their heads.
    rounds: FxHashMap<BlockId, loops::Rounds>,
    /// The content type of the answer that is being looked at, where the caller chooses it.
    media: Option<value::AccessId>,
}

impl<'a> Analyzer<'a> {
    fn new(
        models: &'a Models,
        module: &'a Module,
        text: &'a str,
        elsewhere: Elsewhere<'a>,
        purpose: Purpose,
    ) -> Self {
        let tables = models.language(module.language);
        let mut names = Names::new(module);
        let symbols = CommonSymbols {
            init: names.intern("__init__"),
            constructor: names.intern("constructor"),
            call: names.intern("__call__"),
            length: names.intern("length"),
        };
        let accessors = Accessors::of(module, &mut names);
        let imports = imported_modules(module);
        let instructions: usize = module
            .functions
            .iter()
            .flat_map(|f| &f.blocks)
            .map(|b| b.instrs.len())
            .sum();
        Self {
            models,
            tables,
            module,
            text,
            names,
            paths: Paths::new(module.language, tables, &imports),
            arena: Arena::new(),
            bindings: Bindings::of(module),
            objects: Vec::new(),
            object_ids: FxHashMap::default(),
            access_objects: FxHashMap::default(),
            types: FxHashMap::default(),
            implementing: FxHashMap::default(),
            field_objects: FxHashMap::default(),
            package_values: FxHashMap::default(),
            status: vec![Status::New; module.functions.len()],
            overloads: FxHashMap::default(),
            stack: Vec::new(),
            applying: 0,
            being_applied: Vec::new(),
            applications: 0,
            imports,
            slots: FxHashMap::default(),
            elsewhere,
            class_bases: vec![Vec::new(); module.classes.len()],
            fields: FxHashMap::default(),
            accessors,
            listeners: FxHashMap::default(),
            shared_heap: Heap::default(),
            own_transports: FxHashMap::default(),
            registered: BTreeMap::new(),
            route_schemas: FxHashMap::default(),
            entered: BTreeSet::new(),
            called_by: BTreeSet::new(),
            reached: BTreeMap::new(),
            sites: BTreeSet::new(),
            sites_elsewhere: BTreeSet::new(),
            keys: signing::Keys::default(),
            steps: 0,
            secrets: BTreeSet::new(),
            refused: BTreeSet::new(),
            cut: BTreeSet::new(),
            purpose,
            of_mocks: false,
            reading_passed: 0,
            passed_sources: BTreeSet::new(),
            replayed: None,
            callers: std::cell::OnceCell::new(),
            uses: None,
            destinations: FxHashMap::default(),
            contained: BTreeSet::new(),
            explosive: FxHashMap::default(),
            value_limit: MIN_VALUES.max(instructions.saturating_mul(VALUES_PER_INSTRUCTION)),
            symbols,
        }
    }

    fn run(&mut self) {
        self.summarize(FuncId(0));
        // Constructors first: what they put into `self` is what methods find there.
        for class in 0..self.module.classes.len() {
            if let Some(id) = self.constructor(ClassId(class as u32)) {
                self.summarize(id);
            }
        }
        for at in 0..self.module.functions.len() {
            self.summarize(FuncId(at as u32));
        }
        self.check_inert_methods();
        self.check_credentials();
        self.report_roots();
    }

    fn finish(self, interface: Interface) -> Outcome {
        let hits = self.render_hits();
        let mut texts = self.module.symbols.iter();
        let is_secret = !self.secrets.is_empty()
            || self.elsewhere.secret_places
            || texts.any(|text| crate::secret::is_known_secret(text));
        let secrecy = if is_secret {
            Secrecy::Secret
        } else {
            Secrecy::Open
        };
        let entered = self
            .entered
            .iter()
            .filter_map(|id| self.elsewhere_function(*id))
            .collect();
        let sites_elsewhere = self.noted_elsewhere();
        Outcome {
            entered,
            interface,
            hits,
            sites_elsewhere,
            sites: self.sites,
            cut: self.cut.into_iter().collect(),
            asked: self.elsewhere.asked(),
            work: self.steps + self.arena.joins,
            secrecy,
            refused: self.refused,
        }
    }

    /// The function; of one of another file the head.
    fn function(&self, id: FuncId) -> Option<&'a Function> {
        self.module
            .functions
            .get(id.0 as usize)
            .or_else(|| self.elsewhere_head(id))
    }

    /// The summary of a function, made now if need be. `None` when the call is too deep or enters
    /// a function that is being analysed for the first time.
    fn summarize(&mut self, id: FuncId) -> Option<Rc<Summary>> {
        match self.status.get_mut(id.0 as usize)? {
            Status::Done(summary) => return Some(Rc::clone(summary)),
            Status::Open {
                provisional,
                used,
                depth,
            } => {
                *used = true;
                let (provisional, depth) = (Rc::clone(provisional), *depth);
                self.depends_on(depth);
                return Some(provisional);
            }
            Status::New => {}
        }
        if self.elsewhere_function(id).is_some() {
            let summary = Rc::new(self.bring_summary(id));
            self.set_status(id, Status::Done(Rc::clone(&summary)));
            return Some(summary);
        }
        if self.stack.len() >= MAX_DEPTH {
            return None;
        }
        let depth = self.stack.len();
        let mut provisional = Rc::new(Summary::default());
        let mut result = Rc::clone(&provisional);
        let mut low = usize::MAX;
        for _ in 0..MAX_ROUNDS {
            self.set_status(
                id,
                Status::Open {
                    depth,
                    provisional: Rc::clone(&provisional),
                    used: false,
                },
            );
            self.stack.push(usize::MAX);
            // What it does by itself is no part of the call that led here.
            let outer = self.replayed.take();
            let summary = self.interpret(id);
            self.replayed = outer;
            low = self.stack.pop().unwrap_or(usize::MAX);
            result = Rc::new(summary);
            let used = matches!(
                self.status.get(id.0 as usize),
                Some(Status::Open { used: true, .. })
            );
            if !used || low < depth || self.same_summary(&result, &provisional) {
                break;
            }
            provisional = Rc::clone(&result);
        }
        if low < depth {
            // Part of a larger cycle: to be done again with the next round of its head.
            self.set_status(id, Status::New);
            self.depends_on(low);
        } else {
            self.set_status(id, Status::Done(Rc::clone(&result)));
        }
        Some(result)
    }

    /// The function being analysed used what is not finished at a lower depth of the stack.
    fn depends_on(&mut self, depth: usize) {
        if let Some(low) = self.stack.last_mut() {
            *low = (*low).min(depth);
        }
    }

    fn set_status(&mut self, id: FuncId, status: Status) {
        if let Some(slot) = self.status.get_mut(id.0 as usize) {
            *slot = status;
        }
    }

    /// Interprets a function to the end.
    fn interpret(&mut self, id: FuncId) -> Summary {
        let Some(function) = self.function(id) else {
            return Summary::default();
        };
        let seed = self.seed(id, function);
        let mut frame = Frame {
            id,
            function,
            defs: single_definitions(function),
            before: only_predecessors(function),
            block: BlockId(0),
            instr: 0,
            span: function.span,
            summary: Summary::default(),
            exit: None,
            ret: ValId::UNDEF,
            returned: seed.returned,
            seen_true: false,
            ways: Vec::new(),
            thrown: FxHashMap::default(),
            woken: SmallVec::new(),
            dead: false,
            rounds: FxHashMap::default(),
            media: None,
        };
        let mut entry = State::new(function.vars.len());
        entry.base = Rc::clone(&self.shared_heap);
        let reading_passed = std::mem::take(&mut self.reading_passed);
        // What a function that is analysed for the first time applies is no part of the call that led to it.
        let applications = std::mem::take(&mut self.applications);
        self.bind_parameters(&mut frame, &mut entry, &seed);
        self.run_blocks(&mut frame, entry);
        self.reading_passed = reading_passed;
        self.applications = applications;
        self.close_frame(&mut frame);
        frame.summary
    }

    fn run_blocks(&mut self, frame: &mut Frame<'a>, entry: State) {
        let function = frame.function;
        let order = reverse_post_order(function);
        let mut rank = vec![u32::MAX; function.blocks.len()];
        for (at, block) in order.iter().enumerate() {
            if let Some(slot) = rank.get_mut(block.0 as usize) {
                *slot = at as u32;
            }
        }
        let instructions: usize = function.blocks.iter().map(|b| b.instrs.len() + 1).sum();
        let mut steps = MIN_STEPS.max(instructions.saturating_mul(STEPS_PER_INSTRUCTION));
        let mut states: Vec<Option<State>> = vec![None; order.len()];
        let mut pending: BTreeSet<u32> = BTreeSet::new();
        let again = revisited(function, &order, &rank);
        if let Some(first) = states.first_mut() {
            *first = Some(entry);
            pending.insert(0);
        }
        while let Some(at) = pending.pop_first() {
            let Some(block_id) = order.get(at as usize).copied() else {
                continue;
            };
            let Some(block) = function.blocks.get(block_id.0 as usize) else {
                continue;
            };
            let slot = states.get_mut(at as usize);
            let may_return = again.get(at as usize).copied().unwrap_or(true);
            let state = if may_return {
                slot.and_then(|s| s.clone())
            } else {
                slot.and_then(Option::take)
            };
            let Some(mut state) = state else { continue };
            let left = steps.checked_sub(block.instrs.len() + 1);
            let Some(left) = left.filter(|_| self.arena.len() <= self.value_limit) else {
                self.cut.insert(frame.id);
                break;
            };
            self.steps += (steps - left) as u64;
            steps = left;
            let mut next: SmallVec<[(BlockId, State); 3]> = SmallVec::new();
            frame.block = block_id;
            frame.dead = false;
            if let Some(handler) = block.handler {
                next.push((handler, state.clone()));
            }
            for (at, instr) in block.instrs.iter().enumerate() {
                frame.instr = at as u32;
                frame.span = instr.span;
                self.step(frame, &mut state, instr);
                if frame.dead {
                    break;
                }
            }
            frame.instr = block.instrs.len() as u32;
            match &block.terminator {
                _ if frame.dead => Self::to_handler(block.handler, &state, &mut next),
                Terminator::Goto(target) => {
                    Self::to_handler(block.handler, &state, &mut next);
                    next.push((*target, state));
                }
                Terminator::Branch {
                    condition,
                    then,
                    otherwise,
                } => {
                    Self::to_handler(block.handler, &state, &mut next);
                    match self.truth_of(frame, &state, condition) {
                        Some(true) => next.push((*then, state)),
                        Some(false) => next.push((*otherwise, state)),
                        None => {
                            let mut holds = state.clone();
                            self.assume(frame, &mut holds, condition, true, 0);
                            next.push((*then, holds));
                            self.assume(frame, &mut state, condition, false, 0);
                            next.push((*otherwise, state));
                        }
                    }
                }
                Terminator::Return(value) => self.leave(frame, state, value.as_ref()),
                Terminator::Throw(value) => {
                    if let Some(value) = value {
                        let thrown = self.read(frame, &state, value);
                        self.throw(frame, thrown);
                    }
                    Self::to_handler(block.handler, &state, &mut next);
                }
                Terminator::Unreachable => {}
            }
            pending.extend(Self::note_rounds(frame, &next, &rank, at));
            self.propagate(next, &rank, &mut states, &mut pending);
            for handler in frame.woken.drain(..) {
                let at = rank.get(handler.0 as usize).copied();
                pending.extend(at.filter(|at| (*at as usize) < order.len()));
            }
        }
    }

    /// Joins states into those at the entries of the next blocks.
    fn propagate(
        &mut self,
        next: SmallVec<[(BlockId, State); 3]>,
        rank: &[u32],
        states: &mut [Option<State>],
        pending: &mut BTreeSet<u32>,
    ) {
        for (target, state) in next {
            let Some(at) = rank.get(target.0 as usize).copied() else {
                continue;
            };
            let Some(slot) = states.get_mut(at as usize) else {
                continue;
            };
            let changed = if let Some(known) = slot {
                known.join(&state, &mut self.arena)
            } else {
                *slot = Some(state);
                true
            };
            if changed {
                pending.insert(at);
            }
        }
    }

    /// An exception may leave a block after its last instruction as well as before its first.
    fn to_handler(
        handler: Option<BlockId>,
        state: &State,
        next: &mut SmallVec<[(BlockId, State); 3]>,
    ) {
        if let Some(handler) = handler {
            next.push((handler, state.clone()));
        }
    }

    /// Something is thrown at the present block: to its handler, or out of the function.
    fn throw(&mut self, frame: &mut Frame<'a>, value: ValId) {
        if value <= ValId::UNKNOWN {
            return;
        }
        let block = frame.function.blocks.get(frame.block.0 as usize);
        let Some(handler) = block.and_then(|b| b.handler) else {
            let known = frame.summary.thrown.unwrap_or(ValId::UNDEF);
            frame.summary.thrown = Some(self.arena.join(known, value));
            return;
        };
        let known = frame.thrown.get(&handler).copied();
        let joined = self.arena.join(known.unwrap_or(ValId::UNDEF), value);
        if known != Some(joined) {
            frame.thrown.insert(handler, joined);
            frame.woken.push(handler);
        }
    }

    /// A `return`: joins the value and the state into the function's exit.
    fn leave(&mut self, frame: &mut Frame<'a>, state: State, value: Option<&'a Operand>) {
        let returned = value.map_or(ValId::UNDEF, |v| self.read(frame, &state, v));
        if let Some(value) = value
            && self.module.language == Language::Java
            && self.entered.contains(&frame.id)
        {
            self.check_view_name(frame, &state, returned, value);
        }
        if let Some(rule) = frame.returned
            && let Some(value) = value
        {
            self.check_returned(frame, &state, rule, returned, value);
        }
        self.note_answer(frame, &state, value, returned);
        self.note_way(frame, &state, value, returned);
        let mut returned = self.refined(&state, returned);
        if !self.arena.get(returned).labels.is_empty() && self.checks_codes(frame.function) {
            returned = self.arena.marked(returned, Bits::VOUCHED, &[]);
        }
        frame.ret = self.arena.join(frame.ret, returned);
        match &mut frame.exit {
            Some(exit) => {
                exit.join(&state, &mut self.arena);
            }
            None => frame.exit = Some(state),
        }
    }

    /// The value of an operand at a point, with what guards have established.
    fn read(&mut self, frame: &Frame<'a>, state: &State, operand: &Operand) -> ValId {
        match operand {
            Operand::Const(constant) => self.constant(constant),
            Operand::Var(var) => {
                let value = state.env.get(var.0 as usize).unwrap_or(ValId::UNKNOWN);
                let value = if value == ValId::UNDEF {
                    self.outer(frame, state, *var)
                } else {
                    value
                };
                self.refined(state, value)
            }
        }
    }

    fn refined(&mut self, state: &State, value: ValId) -> ValId {
        if state.facts.is_empty() {
            return value;
        }
        match state.fact(value) {
            Some(cleared) => self.arena.refine(value, cleared),
            None => value,
        }
    }

    /// A variable that this function has not assigned: of an enclosing function or of nowhere.
    fn outer(&mut self, frame: &Frame<'a>, _state: &State, var: Var) -> ValId {
        let Some(decl) = frame.function.vars.get(var.0 as usize).copied() else {
            return ValId::UNKNOWN;
        };
        match decl.home {
            VarHome::Local | VarHome::Temporary => ValId::UNDEF,
            VarHome::Global => {
                if let Some(value) = self.star_value(decl.name) {
                    return value;
                }
                let text = self.names.text(decl.name).to_owned();
                let path = self.paths.absolute(&text, decl.name);
                self.arena.single(Atom::Path(path))
            }
            VarHome::Captured { function, var } => self.captured(frame, function, var),
        }
    }

    fn captured(&mut self, frame: &Frame<'a>, owner: FuncId, var: Var) -> ValId {
        if let Some(value) = self.binding_value(owner, var) {
            return value;
        }
        let slot = self.slots.get(&(owner, var)).copied();
        // The module body runs before its functions do, so what it left is what they read. Its
        // constants hold only if nothing else assigns the name.
        if owner == FuncId(0) || !self.is_ancestor(owner, frame.id) {
            return match slot {
                Some(value) if self.bindings.count(owner, var) > 1 => self.unconstant(value),
                Some(value) => value,
                None => ValId::UNKNOWN,
            };
        }
        let access = self.arena.root(Root::Captured(owner, var));
        let symbolic = self.arena.access_value(access);
        match slot {
            Some(value) if self.bindings.count(owner, var) == 1 => {
                let known = self.arena.get(value).clone();
                let mut both = self.arena.get(symbolic).clone();
                both.konst = known.konst;
                both.prefix = known.prefix;
                value::add_atoms(&mut both.atoms, &known.atoms);
                self.arena.add(both)
            }
            None if self.is_go() => self.declared_parameter(owner, var, symbolic),
            _ => symbolic,
        }
    }

    fn unconstant(&mut self, value: ValId) -> ValId {
        let known = self.arena.get(value);
        if known.konst.is_none() && known.prefix.is_none() {
            return value;
        }
        let mut plain = known.clone();
        plain.konst = None;
        plain.prefix = None;
        self.arena.add(plain)
    }

    fn is_ancestor(&self, ancestor: FuncId, of: FuncId) -> bool {
        let mut at = self.function(of).and_then(|f| f.parent);
        // Parents come before children, so the walk ends.
        while let Some(id) = at {
            if id == ancestor {
                return true;
            }
            at = self.function(id).and_then(|f| f.parent);
        }
        false
    }

    /// An object for what the present instruction allocates; `sub` tells several apart.
    fn allocate(&mut self, frame: &Frame<'a>, kind: ObjectKind, sub: u32) -> ObjId {
        let key = (frame.id, frame.block, frame.instr, sub);
        if let Some(id) = self.object_ids.get(&key) {
            return *id;
        }
        let id = ObjId(self.objects.len() as u32);
        self.objects.push(kind);
        self.object_ids.insert(key, id);
        id
    }

    fn object_kind(&self, id: ObjId) -> Option<ObjectKind> {
        self.objects.get(id.0 as usize).copied()
    }

    /// The overlay object of something that a caller passes.
    fn access_object(&mut self, access: value::AccessId) -> ObjId {
        if let Some(id) = self.access_objects.get(&access) {
            return *id;
        }
        let id = ObjId(self.objects.len() as u32);
        self.objects.push(ObjectKind::Access(access));
        self.access_objects.insert(access, id);
        id
    }

    /// Adds a link to the trace of every label.
    fn advance(&mut self, labels: &mut value::Labels, span: Span, kind: StepKind) {
        // A call that a summary tells of stands where the function makes it.
        let span = self.own_span(span);
        for label in labels {
            // What a caller passes starts its trace at the first use.
            label.step = self.arena.step(label.step, span, kind);
        }
    }

    /// The instruction that alone defines a variable.
    fn definition(frame: &Frame<'a>, operand: &Operand) -> Option<&'a Op> {
        let Operand::Var(var) = operand else {
            return None;
        };
        Self::defining(frame, *var).map(|i| &i.op)
    }

    /// The instruction whose value a variable has at the present point: the only one that defines
    /// it, or the last one on the only way here.
    fn defining(frame: &Frame<'a>, var: Var) -> Option<&'a Instr> {
        let instrs = |block: BlockId| {
            let block = frame.function.blocks.get(block.0 as usize)?;
            Some(block.instrs.as_slice())
        };
        if let Some((block, at)) = *frame.defs.get(var.0 as usize)? {
            return instrs(block)?.get(at as usize);
        }
        let (mut block, mut end) = (frame.block, frame.instr as usize);
        let mut looked = 0;
        for _ in 0..MAX_WAY_BACK {
            let before = instrs(block)?;
            for instr in before.get(..end)?.iter().rev() {
                if instr.dst == Some(var) {
                    return Some(instr);
                }
                looked += 1;
                if looked > MAX_LOOKED_BACK {
                    return None;
                }
            }
            block = (*frame.before.get(block.0 as usize)?)?;
            end = instrs(block)?.len();
        }
        None
    }
}

/// Modules that any part of the file imports.
fn imported_modules(module: &Module) -> BTreeSet<Box<str>> {
    let instrs = module
        .functions
        .iter()
        .flat_map(|f| &f.blocks)
        .flat_map(|b| &b.instrs);
    instrs
        .filter_map(|i| match &i.op {
            Op::Import { module: name, .. } => {
                let name = module.text(*name);
                Some(name.strip_prefix("node:").unwrap_or(name).into())
            }
            _ => None,
        })
        .collect()
}
