//! Calls that are weak by themselves, and secrets in the source.
//!
//! Words near the place say whether it matters: what they leave open goes to the tier for guesses.

use std::rc::Rc;

use smallvec::SmallVec;
use trueline_syntax::ir::{
    ArgKind, BlockId, Const, FuncId, Instr, Language, Op, Operand, Span, Symbol, Terminator, Var,
    VarHome,
};

use super::call::{Call, Passed};
use super::destinations::{Destinations, Uses, destinations};
use super::later::Fields;
use super::names::words;
use super::state::State;
use super::value::{Atom, Konst, Label, Labels, Source, ValId};
use super::{Analyzer, Frame};
use crate::purpose::Purpose;
use crate::rules::format::{ArgumentIs, CallSpec, Control};
use crate::tokens::normalised;

use super::sink::{Reached, SinkRef};

/// Lines that a chain of calls may take before and after the call itself.
const MAX_CHAIN: usize = 6;
/// Bytes of a call that are read for words.
const MAX_CALL: usize = 1_000;
/// Lines after a call in which its object is looked for, and lines with it that are read.
const MAX_LINES: usize = 40;
/// Conditions around a place, and parts of one, that are read for words.
const MAX_CONDITIONS: usize = 8;
const MAX_PARTS: usize = 4;
/// Calls of one function whose conditions are read, and calls of callers.
const MAX_CALLS: usize = 8;
const MAX_CALLERS: u8 = 2;
const MAX_USES: usize = 4;
/// Lines before a place in which the list that it is in begins.
const MAX_RECORD: usize = 400;
/// Words in the names of what was made up to show something.
const MADE_UP: &[&str] = &[
    "demo", "demos", "test", "tests", "fake", "dummy", "mock", "mocks", "sample", "samples",
    "example", "examples", "fixture", "fixtures",
];
/// Words in the names of functions and classes whose answers are made up.
const MOCKS: &[&str] = &[
    "mock", "mocks", "mocked", "fake", "fakes", "dummy", "stub", "stubs",
];
/// Keys are no shorter than this; what people think up mostly is.
const SHORTEST_KEY: usize = 20;

impl<'a> Analyzer<'a> {
    /// Checks a call that is weak by itself.
    pub(super) fn check_weak_calls(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        calls: &[u16],
        call: &Call<'_, 'a>,
    ) {
        let models = self.models;
        for index in calls {
            let Some(weak) = models.weak_calls.get(usize::from(*index)) else {
                continue;
            };
            let spec = &weak.spec;
            if !self.imports_any(&spec.imports)
                || self.imports_excluded(&spec.unless_imports)
                || spec.unless_page && self.is_of_page()
            {
                continue;
            }
            self.note_site(weak.rule, self.place(frame));
            if let Some(wanted) = &spec.argument
                && !self.argument_fits(state, wanted, call)
            {
                continue;
            }
            let holds = spec.when.iter().all(|(key, wanted)| {
                self.argument_is(state, call, key, std::slice::from_ref(wanted))
            });
            let fields = if spec.unless.is_empty() && spec.lacking.is_empty() {
                Fields::new()
            } else {
                self.with_later_fields(frame, call)
            };
            let filled = Call {
                passed: &fields,
                ..*call
            };
            let excused = spec
                .unless
                .iter()
                .any(|(key, safe)| self.argument_is(state, &filled, key, safe));
            let lacking = spec.lacking.is_empty()
                || spec
                    .lacking
                    .iter()
                    .any(|key| !self.has_argument(state, &filled, key));
            let without = !spec
                .without
                .iter()
                .any(|key| self.has_argument(state, call, key));
            if !holds || excused || !lacking || !without {
                continue;
            }
            let context = self.context_fits(frame, spec);
            if spec.required && !context
                || !spec.unless_read.is_empty() && self.reads_only(frame, &spec.unless_read)
            {
                continue;
            }
            let harmless = self.asks_this_machine(frame, weak.rule, call.passed)
                || self.goes_on_to(frame, &spec.then)
                || self.only_names(frame, spec)
                || self.is_digest_of_setting(frame, state, weak.rule, call.passed)
                || self.is_trial_of_part(frame, weak.rule)
                || spec.unless_share && self.is_only_a_share(frame)
                || self.asked_for(frame, &spec.asked)
                || self.is_for_old_passwords(frame, &spec.unless_beside);
            self.note_weak(frame, *index, weak.rule, context && !harmless);
        }
    }

    /// `DIGEST = hashlib.sha256(os.environ["…"].encode()).hexdigest()` when a file is loaded: kept in
    /// memory, beside the text itself, for one comparison.
    fn is_digest_of_setting(
        &mut self,
        frame: &Frame<'a>,
        state: &State,
        rule: u16,
        passed: &[Passed],
    ) -> bool {
        if self.models.rule_index("password-storage") != Some(rule)
            || frame.id != FuncId(0)
            || self.module.language != Language::Python
        {
            return false;
        }
        let mut labels = Labels::new();
        for argument in passed {
            super::value::add_labels(&mut labels, &self.deep_labels(state, argument.value));
        }
        let own = |label: &Label| match self.arena.source_of(label.source) {
            Some(Source::Site { kind, .. }) => self.control(kind) == Control::Local,
            Some(Source::Access(_)) | None => false,
        };
        if labels.is_empty() || !labels.iter().all(own) {
            return false;
        }
        let start = frame.span.start as usize;
        let before = self.text.get(..start).unwrap_or("");
        let line = before.rsplit('\n').next().unwrap_or("").trim();
        let name = line.strip_suffix('=').unwrap_or("").trim();
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
    }

    /// `app.run(debug=True)` of an application that a file which holds a part of another one makes when it
    /// is run by itself, to try that part.
    fn is_trial_of_part(&self, frame: &Frame<'a>, rule: u16) -> bool {
        if self.models.rule_index("debug-mode") != Some(rule)
            || frame.id != FuncId(0)
            || self.module.language != Language::Python
        {
            return false;
        }
        let before = self.text.get(..frame.span.start as usize).unwrap_or("");
        let Some(at) = before.rfind("__main__") else {
            return false;
        };
        let (part, trial) = before.split_at(at);
        part.contains("Blueprint(") && !part.contains("Flask(") && trial.contains("Flask(")
    }

    /// Whether a constant argument is what a rule warns of.
    fn argument_fits(&mut self, state: &State, wanted: &ArgumentIs, call: &Call<'_, 'a>) -> bool {
        let keyword = wanted.keyword.as_deref();
        let mut at = 0_u16;
        let mut value = None;
        for argument in call.passed {
            match argument.kind {
                ArgKind::Positional => {
                    if at == wanted.at {
                        // In an object of options it stands under its name.
                        let option = self
                            .only_object(argument.value)
                            .and_then(|o| state.contents(o))
                            .and_then(|c| {
                                c.entries.iter().find(|(key, _)| {
                                    matches!(key, super::state::Key::Name(name)
                                        if keyword == Some(self.names.text(*name)))
                                })
                            });
                        value = Some(option.map_or(argument.value, |(_, v)| *v));
                    }
                    at += 1;
                }
                ArgKind::Keyword(name) if keyword == Some(self.names.text(name)) => {
                    value = Some(argument.value);
                }
                _ => {}
            }
        }
        let Some(value) = value else { return false };
        if wanted.idle {
            let atoms = self.arena.get(value).atoms.clone();
            return match atoms.as_slice() {
                [Atom::Func(id) | Atom::Bound(id, _)] => self.does_nothing(*id),
                _ => false,
            };
        }
        if wanted.elements {
            let list = self.only_object(value).and_then(|o| state.contents(o));
            return list.is_some_and(|list| {
                let mut entries = list.entries.iter();
                entries.any(|(_, element)| self.constant_fits(wanted, *element))
            });
        }
        self.constant_fits(wanted, value)
    }

    fn constant_fits(&self, wanted: &ArgumentIs, value: ValId) -> bool {
        let known = self.arena.get(value);
        let begins = known.prefix.is_some_and(|prefix| {
            let text = self.names.text(prefix);
            wanted.begins.iter().any(|b| text.starts_with(b.as_str()))
        });
        if begins {
            return true;
        }
        let Some(konst) = known.konst else {
            return false;
        };
        match konst {
            Konst::Int(number) => {
                wanted.below.is_some_and(|limit| number < limit)
                    || wanted.bits.is_some_and(|bits| number & bits != 0)
            }
            Konst::Str(_) | Konst::Bytes(_) => {
                wanted.fixed
                    || self.konst_text(konst).is_some_and(|text| {
                        let mut names = wanted.one_of.iter();
                        names.any(|w| w.eq_ignore_ascii_case(&text))
                    })
            }
            Konst::Float(_) | Konst::Bool(_) | Konst::Null => false,
        }
    }

    /// `context.verify_mode = ssl.CERT_NONE`.
    pub(super) fn check_weak_field(&mut self, frame: &Frame<'a>, name: Symbol, value: ValId) {
        let tables = self.tables;
        let Some(weak_fields) = tables.weak_fields.get(self.names.text(name)) else {
            return;
        };
        let models = self.models;
        for index in weak_fields {
            let Some(weak) = models.weak_calls.get(usize::from(*index)) else {
                continue;
            };
            self.sites.insert((weak.rule, frame.span));
            if !self.imports_any(&weak.spec.imports) || !self.is_one_of(value, &weak.spec.value) {
                continue;
            }
            let context = self.context_fits(frame, &weak.spec)
                && !self.asked_for(frame, &weak.spec.asked)
                && !self.asks_this_machine(frame, weak.rule, &[]);
            self.note_weak(frame, *index, weak.rule, context);
        }
    }

    /// Whether a condition that the place stands under has one of these words: `if config.insecure`.
    pub(super) fn asked_for(&self, frame: &Frame<'a>, asked: &[String]) -> bool {
        !asked.is_empty() && self.asked_around(frame.id, frame.block, asked, MAX_CALLERS)
    }

    /// The same of a block: in its function, in those around that, or at all calls of it.
    fn asked_around(&self, id: FuncId, block: BlockId, asked: &[String], depth: u8) -> bool {
        let Some(function) = self.function(id) else {
            return false;
        };
        let (mut function, mut at, mut id) = (function, block, id);
        for _ in 0..MAX_CONDITIONS {
            let blocks = function.blocks.iter().enumerate();
            let mut before = blocks.filter(|(_, b)| leads_to(&b.terminator, at));
            let (from, block) = match (before.next(), before.next()) {
                (Some(only), None) => only,
                // A closure stands where it is written.
                (None, None) => {
                    if depth > 0 && self.asked_at_calls(id, asked, depth - 1) {
                        return true;
                    }
                    let Some(around) = function.parent else {
                        return false;
                    };
                    let Some(outer) = self.function(around) else {
                        return false;
                    };
                    let made = outer.blocks.iter().position(|b| {
                        let makes = |i: &Instr| i.op == Op::Closure(id);
                        b.instrs.iter().any(makes)
                    });
                    let Some(made) = made else { return false };
                    (function, at, id) = (outer, BlockId(made as u32), around);
                    continue;
                }
                _ => return false,
            };
            if let Terminator::Branch { condition, .. } = &block.terminator {
                let says = |text: &str| words(text).any(|word| asked.contains(&word));
                // `if insecure {`: a variable by itself is no part of an instruction.
                let named = match condition {
                    Operand::Var(var) => function.vars.get(var.0 as usize),
                    Operand::Const(_) => None,
                };
                // The code of the condition, from its last parts on.
                let mut parts = block.instrs.iter().rev().take(MAX_PARTS);
                let code = |i: &Instr| {
                    let code = self.text.get(i.span.start as usize..i.span.end as usize);
                    code.filter(|c| c.len() < MAX_CALL).is_some_and(says)
                };
                if named.is_some_and(|v| says(self.module.text(v.name))) || parts.any(code) {
                    return true;
                }
            }
            at = BlockId(from as u32);
        }
        false
    }

    /// Whether all calls of a function that nothing but calls use stand under such a condition.
    fn asked_at_calls(&self, id: FuncId, asked: &[String], depth: u8) -> bool {
        let callers = self
            .callers
            .get_or_init(|| super::callers::callers(self.module));
        callers.get(&id).is_some_and(|calls| {
            calls.len() <= MAX_CALLS
                && calls
                    .iter()
                    .all(|(caller, block)| self.asked_around(*caller, *block, asked, depth))
        })
    }

    /// `expected == given`, where one is a code that nobody else may learn.
    pub(super) fn check_comparison(&mut self, frame: &Frame<'a>, left: ValId, right: ValId) {
        let models = self.models;
        for (side, other) in [(left, right), (right, left)] {
            if self.arena.get(other).konst.is_some() {
                continue;
            }
            for atom in self.arena.get(side).atoms.clone() {
                let Atom::Path(path) = atom else { continue };
                let Some(entry) = self.paths.entry(path) else {
                    continue;
                };
                for index in &entry.comparisons {
                    let Some(comparison) = models.comparisons.get(usize::from(*index)) else {
                        continue;
                    };
                    self.sites.insert((comparison.rule, frame.span));
                    let new = Reached {
                        function: frame.id,
                        sink: SinkRef::Comparison(*index),
                        label: None,
                        control: Control::Local,
                        parameter: None,
                        depth: 0,
                    };
                    let place = self.reached.entry((comparison.rule, None, frame.span));
                    place.or_insert(new);
                }
            }
        }
    }

    fn note_weak(&mut self, frame: &Frame<'a>, index: u16, rule: u16, context: bool) {
        let (function, span) = self.place(frame);
        let new = Reached {
            function,
            sink: SinkRef::Weak { index, context },
            label: None,
            control: Control::Local,
            parameter: None,
            depth: 0,
        };
        let unit = self.elsewhere_function(function).map(|f| f.0);
        let place = self.reached.entry((rule, unit, span));
        // Of two specifications of one rule for one call, the one that is surer counts.
        let old = place.or_insert(new);
        if matches!(old.sink, SinkRef::Weak { context: false, .. }) && context {
            *old = new;
        }
    }

    /// Whether the words near a place say that it matters: those of its statement, of its function
    /// and of what is later put into the object that it makes; or those of the names that its result
    /// gets. What is not served does not matter.
    fn context_fits(&mut self, frame: &Frame<'a>, spec: &CallSpec) -> bool {
        if spec.context.is_empty() && spec.benign.is_empty() {
            return true;
        }
        if self.purpose != Purpose::Served || self.of_mocks {
            return false;
        }
        if !spec.follow && !spec.context.is_empty() && self.names_a_record(frame, &spec.context) {
            return false;
        }
        let near = self.words_near(frame);
        let has = |list: &[String]| {
            list.iter()
                .any(|word| near.iter().any(|n| n.contains(&format!("_{word}_"))))
        };
        if has(&spec.benign) {
            return false;
        }
        if spec.follow && self.replayed.is_none() {
            let to = self.destinations(frame);
            let mut wanted = spec.context.iter();
            return to.leaves && wanted.any(|word| to.names.contains(&format!("_{word}_")));
        }
        spec.context.is_empty() || has(&spec.context)
    }

    /// Whether verification is off in a function of which every address is one of this machine, where
    /// nobody stands between.
    fn asks_this_machine(&self, frame: &Frame<'a>, rule: u16, passed: &[Passed]) -> bool {
        if self.models.rule_index("tls-verification-disabled") != Some(rule) {
            return false;
        }
        let (function, _) = self.own_place(frame);
        let span = self.function(function).map(|f| f.span);
        let text = span.and_then(|s| self.text.get(s.start as usize..s.end as usize));
        let mut addresses = text.unwrap_or("").split("://").skip(1).peekable();
        let local = |address: &str| {
            let host = address.split([':', '/', '"', '\'', '`', '?']).next();
            matches!(host, Some("localhost" | "127.0.0.1")) || address.starts_with("[::1]")
        };
        // `Client(base_url=BASE)`, where a constant of the file says which machine that is.
        let given = passed.iter().filter_map(|p| {
            let prefix = self.names.text(self.arena.get(p.value).prefix?);
            prefix.split_once("://").map(|(_, address)| address)
        });
        let given: SmallVec<[&str; 2]> = given.collect();
        (addresses.peek().is_some() || !given.is_empty())
            && addresses.all(local)
            && given.into_iter().all(local)
    }

    /// Whether the result only becomes a name that somebody is shown by (`username`), and nothing that it
    /// goes to, nor the statement, speaks of what must stay secret.
    fn only_names(&mut self, frame: &Frame<'a>, spec: &CallSpec) -> bool {
        if spec.unless_name.is_empty() || self.replayed.is_some() {
            return false;
        }
        let (function, span) = self.own_place(frame);
        let qualified = self.function(function).map(|f| f.qualified);
        let own = qualified.map_or(String::new(), |q| {
            words(self.names.text(q)).collect::<Vec<_>>().join("_")
        });
        let statement = named(statement(self.text, span), self.module.language);
        let to = self.destinations(frame);
        let mut names = to.names.split("__").map(|name| name.trim_matches('_'));
        let speaks = |name: &str| {
            let name = format!("_{name}_");
            let mut context = spec.context.iter();
            context.any(|word| name.contains(&format!("_{word}_")))
        };
        !speaks(statement.trim_matches('_'))
            && names
                .clone()
                .any(|name| spec.unless_name.iter().any(|n| n == name))
            && !names.any(|name| name != own && speaks(name))
    }

    /// Whether the file is one that a browser runs: what it makes up stays with its visitor.
    fn is_of_page(&self) -> bool {
        const OF_PAGES: &[&str] = &[
            "window",
            "document",
            "navigator",
            "localStorage",
            "sessionStorage",
        ];
        const OF_SERVERS: &[&str] = &[
            "express",
            "fastify",
            "koa",
            "hono",
            "http",
            "https",
            "net",
            "fs",
            "crypto",
            "next",
            "child_process",
            "node:http",
            "node:https",
            "node:net",
            "node:fs",
            "node:crypto",
        ];
        let global = |function: &trueline_syntax::ir::Function| {
            let mut vars = function.vars.iter();
            vars.any(|v| v.home == VarHome::Global && OF_PAGES.contains(&self.module.text(v.name)))
        };
        let served = self.imports.iter().any(|import| {
            let first = import.split(['.', '/']).next().unwrap_or(import);
            OF_SERVERS.contains(&first)
        });
        !served && self.module.functions.iter().any(global)
    }

    /// Whether a call is about passwords, and the file has something better for new ones.
    fn is_for_old_passwords(&self, frame: &Frame<'a>, better: &[String]) -> bool {
        if better.is_empty() {
            return false;
        }
        let about = self.words_near(frame).iter().any(|near| {
            ["_password_", "_passwd_", "_pwd_"]
                .iter()
                .any(|word| near.contains(word))
        });
        about && self.calls_any(better)
    }

    /// Whether the file calls a method of one of these names.
    pub(super) fn calls_any(&self, methods: &[String]) -> bool {
        let blocks = self.module.functions.iter().flat_map(|f| &f.blocks);
        let mut instrs = blocks.flat_map(|b| &b.instrs);
        !methods.is_empty()
            && instrs.any(|i| match &i.op {
                Op::Call {
                    callee: trueline_syntax::ir::Callee::Method { name, .. },
                    ..
                } => methods.iter().any(|m| m == self.names.text(*name)),
                _ => false,
            })
    }

    /// Whether the result becomes the identifier of something (`id = …`), and not of a session.
    fn names_a_record(&self, frame: &Frame<'a>, context: &[String]) -> bool {
        let statement = statement(self.text, self.own_place(frame).1);
        let Some(name) = target(statement) else {
            return false;
        };
        let name: Vec<String> = words(name).collect();
        let whole = format!("_{}_", name.join("_"));
        let is_spoken_of = |word: &String| whole.contains(&format!("_{word}_"));
        name.last().is_some_and(|last| last == "id") && !context.iter().any(is_spoken_of)
    }

    /// Whether the result goes to something that is named so.
    fn goes_on_to(&mut self, frame: &Frame<'a>, then: &[String]) -> bool {
        if then.is_empty() || self.replayed.is_some() {
            return false;
        }
        let to = self.destinations(frame);
        then.iter().any(|word| {
            let word = format!("_{word}_");
            to.names.contains(&word) || to.beside.contains(&word)
        })
    }

    fn destinations(&mut self, frame: &Frame<'a>) -> Rc<Destinations> {
        let key = (frame.id, frame.block, frame.instr);
        if let Some(known) = self.destinations.get(&key) {
            return Rc::clone(known);
        }
        let module = self.module;
        let uses = self.uses.get_or_insert_with(|| Uses::of(module));
        let found = destinations(module, uses, frame.id, frame.block, frame.instr);
        let found = Rc::new(found);
        self.destinations.insert(key, Rc::clone(&found));
        found
    }

    fn words_near(&self, frame: &Frame<'a>) -> Vec<String> {
        let language = self.module.language;
        let (function, span) = self.own_place(frame);
        let statement = statement(self.text, span);
        let mut near = vec![named(statement, language)];
        let Some(function) = self.function(function) else {
            return near;
        };
        near.push(named(self.names.text(function.qualified), language));
        if let Some(target) = target(statement) {
            let end = function.span.end.max(span.end) as usize;
            let rest = self.text.get(span.end as usize..end).unwrap_or("");
            let uses = uses(rest, target).take(MAX_USES);
            near.extend(uses.map(|line| named(line, language)));
        }
        near
    }

    /// A secret written into the source: `password = "…"`.
    /// What a secret is when the environment does not say: `os.getenv("API_KEY", "…")`.
    pub(super) fn check_default_secret(&mut self, frame: &Frame<'a>, call: &Call<'_, 'a>) {
        let [name, default] = call.passed else {
            return;
        };
        let Some(path) = self.path_of(call.target) else {
            return;
        };
        let asks = match self.module.language {
            Language::Python => matches!(
                path.as_str(),
                "os.getenv" | "os.environ.get" | "os.environ.setdefault"
            ),
            _ => false,
        };
        if let Some(Konst::Str(name)) = self.arena.get(name.value).konst
            && asks
        {
            self.check_secret(frame, name, default.value);
        }
    }

    /// `const KEY = process.env.KEY || "…"`: what a secret is on one of the ways to its name.
    pub(super) fn check_fallback(&mut self, frame: &Frame<'a>, dst: Var, from: &Operand) {
        let (Some(decl), Operand::Var(from)) = (frame.function.vars.get(dst.0 as usize), from)
        else {
            return;
        };
        if self.names.text(decl.name).is_empty() {
            return;
        }
        let texts: SmallVec<[ValId; 2]> = {
            let instrs = frame.function.blocks.iter().flat_map(|b| &b.instrs);
            let mut texts = SmallVec::new();
            let mut ways = 0;
            for instr in instrs.filter(|i| i.dst == Some(*from)) {
                ways += 1;
                if let Op::Copy(Operand::Const(constant @ Const::Str(_))) = &instr.op {
                    texts.push(self.constant(constant));
                }
            }
            if ways < 2 {
                return;
            }
            texts
        };
        for text in texts {
            self.check_secret(frame, decl.name, text);
        }
    }

    pub(super) fn check_secret(&mut self, frame: &Frame<'a>, name: Symbol, value: ValId) {
        let Some(Konst::Str(symbol) | Konst::Bytes(symbol)) = self.arena.get(value).konst else {
            return;
        };
        let Some((rule, spec)) = self.secret_rule() else {
            return;
        };
        let text = self.names.text(symbol);
        if text.len() < spec.min_length || !crate::secret::names_secret(spec, self.names.text(name))
        {
            return;
        }
        // The place is the literal itself; a value that merely passes by is not one.
        let statement = frame.span;
        let found = self
            .text
            .get(statement.start as usize..statement.end as usize)
            .and_then(|source| source.find(text))
            .map(|at| statement.start + at as u32);
        let place = found.map(|start| Span::new(start, start + text.len() as u32));
        self.sites.insert((rule, place.unwrap_or(statement)));
        if !crate::secret::is_secret(spec, self.names.text(name), text) {
            return;
        }
        if (symbol.0 as usize) < self.module.symbols.len() {
            self.secrets.insert(symbol);
        }
        let Some(start) = found else { return };
        if crate::credential::is_public_form(spec, self.text, start as usize)
            || crate::documented::is_documented(self.text, start as usize)
        {
            return;
        }
        let span = Span::new(start, start + text.len() as u32);
        // What a job that somebody runs is given as a password is often one to begin with.
        let by_hand = self.is_by_hand(span)
            && !crate::secret::is_known_secret(text)
            && text.len() < SHORTEST_KEY;
        let new = Reached {
            function: frame.id,
            sink: SinkRef::Secret { by_hand },
            label: None,
            control: Control::Local,
            parameter: None,
            depth: 0,
        };
        self.reached.entry((rule, None, span)).or_insert(new);
    }

    /// Whether a password at a place is one that somebody gives a script, or made up.
    pub(super) fn is_by_hand(&self, span: Span) -> bool {
        self.purpose != Purpose::Served
            || is_made_up(self.text, span.start as usize)
            || self.of_mocks
            || self.is_in_mock(span)
    }

    /// Whether a place is in a function or class whose name says that it makes answers up: `mock`.
    fn is_in_mock(&self, span: Span) -> bool {
        let holds = |outer: Span| outer.start <= span.start && span.end <= outer.end;
        let module = self.module;
        let classes = module.classes.iter().filter(|c| holds(c.span));
        let functions = module.functions.iter().skip(1).filter(|f| holds(f.span));
        let mut around = classes.map(|c| c.name).chain(functions.map(|f| f.name));
        around.any(|name| words(module.text(name)).any(|word| MOCKS.contains(&word.as_str())))
    }

    pub(super) fn secret_rule(&self) -> Option<(u16, &'a crate::rules::format::SecretSpec)> {
        let models = self.models;
        models
            .rules
            .iter()
            .enumerate()
            .find_map(|(at, r)| r.secret.as_ref().map(|s| (at as u16, s)))
    }
}

/// Whether a place is in a list or record whose name says that it was made up: `DEMO_USERS = [`.
fn is_made_up(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or("");
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines = before.lines().rev();
    let mut inner = lines.next().map_or(0, indent);
    for line in lines.take(MAX_RECORD) {
        if line.trim().is_empty() || indent(line) >= inner {
            continue;
        }
        inner = indent(line);
        let opens = line.trim_end().ends_with(['[', '{', '(']);
        let made_up = |name: &str| words(name).any(|word| MADE_UP.contains(&word.as_str()));
        if opens && target(line).is_some_and(made_up) {
            return true;
        }
        if inner == 0 {
            break;
        }
    }
    false
}

/// The words of a piece of code without its comments, as `_a_b_`.
fn named(code: &str, language: Language) -> String {
    let mut text = String::from("_");
    for word in words(&without_addresses(&normalised(code, language))) {
        text.push_str(&word);
        text.push('_');
    }
    text
}

/// Code without the words of addresses in its texts; of one that ends in the name of a parameter, as
/// `"/image?seed="` does, that name is left.
fn without_addresses(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    // Within the holes of a template: its end is still to come.
    let mut open_template = false;
    while let Some(open) = rest.find(['"', '`']) {
        let (before, text) = rest.split_at(open + 1);
        kept.push_str(before);
        let template = before.ends_with('`');
        if template && open_template {
            open_template = false;
            rest = text;
            continue;
        }
        let close = text.char_indices().find(|(at, c)| match c {
            '`' => template,
            '$' => template && text.get(*at..).is_some_and(|t| t.starts_with("${")),
            '"' => !template && !text.get(..*at).is_some_and(|t| t.ends_with('\\')),
            _ => false,
        });
        let Some((close, end)) = close else {
            rest = text;
            break;
        };
        let (inside, after) = text.split_at(close);
        kept.push_str(if inside.contains('/') {
            parameter_at_end(inside)
        } else {
            inside
        });
        kept.push(end);
        open_template = end == '$';
        rest = after.get(1..).unwrap_or("");
    }
    kept.push_str(rest);
    kept
}

fn parameter_at_end(address: &str) -> &str {
    let Some(address) = address.strip_suffix('=') else {
        return "";
    };
    let from = address.rfind(['?', '&']).map_or(address.len(), |at| at + 1);
    address.get(from..).unwrap_or("")
}

fn leads_to(terminator: &Terminator, to: BlockId) -> bool {
    match terminator {
        Terminator::Goto(next) => *next == to,
        Terminator::Branch {
            then, otherwise, ..
        } => *then == to || *otherwise == to,
        _ => false,
    }
}

/// The lines of a place, with those before and after that a chain of calls goes on over.
fn statement(text: &str, span: Span) -> &str {
    let line_start = |at: usize| {
        let before = text.get(..at).and_then(|t| t.rfind('\n'));
        before.map_or(0, |newline| newline + 1)
    };
    let line_end = |at: usize| {
        let after = text.get(at..).and_then(|t| t.find('\n'));
        after.map_or(text.len(), |newline| at + newline)
    };
    let goes_on = |at: usize| {
        let rest = text.get(at..).unwrap_or("");
        rest.trim_start_matches([' ', '\t']).starts_with('.')
    };
    let mut from = line_start(span.start as usize);
    for _ in 0..MAX_CHAIN {
        if from == 0 || !goes_on(from) {
            break;
        }
        from = line_start(from - 1);
    }
    let mut to = line_end((span.end as usize).min(span.start as usize + MAX_CALL));
    for _ in 0..MAX_CHAIN {
        if to >= text.len() || !goes_on(to + 1) {
            break;
        }
        to = line_end(to + 1);
    }
    text.get(from..to).unwrap_or("")
}

/// The variable that a statement assigns to: `x` of `const x = …`.
fn target(statement: &str) -> Option<&str> {
    let (left, right) = statement.split_once('=')?;
    if right.starts_with(['=', '>']) {
        return None;
    }
    let left = left.trim_end_matches(':');
    let name = left.trim().rsplit([' ', '\t']).next()?;
    let name = name.rsplit('.').next()?;
    let is_name = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'));
    is_name.then_some(name)
}

/// Lines that call a method of a variable, as far as one looks.
fn uses<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = &'t str> {
    text.lines().take(MAX_LINES).filter(move |line| {
        line.match_indices(name).any(|(at, _)| {
            let before = line.get(..at).and_then(|t| t.chars().next_back());
            let after = line.get(at + name.len()..).unwrap_or("");
            after.starts_with('.')
                && !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '$'))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_goes_on_over_a_chain_of_calls() {
        let text = "const a = 1;\nconst mark = crypto\n  .createHash('md5')\n  .update(password)\nconst b = 2;\n";
        let at = text.find(".createHash").unwrap() as u32;
        insta::assert_snapshot!(statement(text, Span::new(at, at + 18)), @r"
        const mark = crypto
          .createHash('md5')
          .update(password)
        ");
        assert_eq!(statement("md5(x)", Span::new(0, 6)), "md5(x)");
        assert_eq!(statement("", Span::new(0, 0)), "");
    }

    #[test]
    fn the_target_of_an_assignment_is_a_plain_name() {
        assert_eq!(target("  const h = f()"), Some("h"));
        assert_eq!(target("self.digest = f()"), Some("digest"));
        assert_eq!(target("sum := f()"), Some("sum"));
        assert_eq!(target("if a == f():"), None);
        assert_eq!(target("g(x) => f()"), None);
        assert_eq!(target("f()"), None);
    }

    #[test]
    fn uses_are_calls_of_that_very_variable() {
        let text = "h.update(a)\nwith.h.update(b)\noh.update(c)\nx = h\ny = h.digest()";
        let lines: Vec<&str> = uses(text, "h").collect();
        assert_eq!(lines, ["h.update(a)", "with.h.update(b)", "y = h.digest()"]);
    }
}
