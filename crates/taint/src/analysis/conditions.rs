//! When a sink or a weak call counts: what names say, what else a call is given, and constants.

use trueline_syntax::ir::{
    ArgKind, Callee, ClassId, Const, Function, Language, Op, Operand, Symbol,
};

use super::call::Call;
use super::names::words;
use super::sink::SinkRef;
use super::state::{Contents, Key, State};
use super::value::{Atom, Konst, Selector, ValId};
use super::{Analyzer, Frame, ObjectKind};
use crate::rules::format::Scalar;

/// Words in the name of a look-up of hosts that refuses some.
const CHECKING: &[&str] = &[
    "safe",
    "guard",
    "guarded",
    "check",
    "checked",
    "checking",
    "validate",
    "validated",
    "validating",
    "secure",
    "public",
    "ssrf",
    "restricted",
    "filtered",
    "filtering",
];

impl<'a> Analyzer<'a> {
    /// Whether what a call is about has one of these words in its name or constant text.
    pub(super) fn is_named(
        &self,
        frame: &Frame<'a>,
        call: &Call<'_, 'a>,
        wanted: &[String],
    ) -> bool {
        let has = |text: &str| words(text).any(|w| wanted.contains(&w));
        if let Some(first) = call.passed.first()
            && let Some(konst) = self.arena.get(first.value).konst
            && self.konst_text(konst).is_some_and(|text| has(&text))
        {
            return true;
        }
        if self
            .receiver_name(frame, call.callee)
            .is_some_and(|name| has(&name))
        {
            return true;
        }
        // The name that the first argument has in the source.
        let instrs = frame.function.blocks.get(frame.block.0 as usize);
        let instr = instrs.and_then(|b| b.instrs.get(frame.instr as usize));
        match instr.map(|i| &i.op) {
            Some(Op::Call { args, .. }) => args
                .first()
                .and_then(|a| self.operand_name(frame, &a.value))
                .is_some_and(|name| has(&name)),
            _ => false,
        }
    }

    /// Whether a call is given something that may have attributes: neither text nor a number.
    pub(super) fn is_given_objects(&self, state: &State, call: &Call<'_, 'a>) -> bool {
        let plain = |value: ValId| {
            let known = self.arena.get(value);
            known.konst.is_some()
                || !known.atoms.is_empty()
                    && known
                        .atoms
                        .iter()
                        .all(|a| matches!(a, Atom::Text | Atom::Number))
        };
        call.passed.iter().any(|p| {
            let entries = self
                .only_object(p.value)
                .and_then(|o| state.contents(o))
                .filter(|_| p.kind == ArgKind::KeywordSpread);
            match entries {
                Some(contents) => {
                    contents.rest != ValId::UNDEF
                        || contents.entries.iter().any(|(_, value)| !plain(*value))
                }
                None => !plain(p.value),
            }
        })
    }

    pub(super) fn is_declared_sink(&self, sink: SinkRef) -> bool {
        match sink {
            SinkRef::Model { index, .. } => {
                let model = self.models.sinks.get(usize::from(index));
                model.is_some_and(|m| m.spec.declared)
            }
            _ => false,
        }
    }

    /// Whether a client sends its requests through a class of the program: which addresses it refuses
    /// is decided there.
    pub(super) fn has_own_transport(&mut self, state: &State, receiver: Option<ValId>) -> bool {
        if receiver.is_some_and(|r| self.is_field_of_own_transport(r)) {
            return true;
        }
        let own = |atom: &Atom| match atom {
            Atom::Class(_) => true,
            Atom::Object(object) => {
                matches!(self.object_kind(*object), Some(ObjectKind::Class(_)))
            }
            _ => false,
        };
        let goes_through_own = |contents: &Contents| {
            contents.entries.iter().any(|(key, value)| {
                let Key::Name(name) = key else { return false };
                self.names.text(*name).eq_ignore_ascii_case("transport")
                    && (self.arena.get(*value).atoms.iter().any(own)
                        || self.dials_itself(state, *value))
            })
        };
        // A field holds what any constructor puts there: all of it, as far as it is known.
        let atoms = receiver.map(|r| self.arena.get(r).atoms.as_slice());
        let clients = atoms.unwrap_or_default().iter().filter_map(|a| match a {
            Atom::Object(object) => Some(*object),
            _ => None,
        });
        let mut clients = clients.peekable();
        clients.peek().is_some()
            && clients.all(|client| self.held(state, client).is_some_and(goes_through_own))
    }

    /// Remembers what kind of client a struct of Go is made with.
    pub(super) fn note_transport(
        &mut self,
        state: &State,
        class: ClassId,
        name: Symbol,
        value: ValId,
    ) {
        if !self.is_go() {
            return;
        }
        let own = self.has_own_transport(state, Some(value));
        let known = self.own_transports.entry((class, name)).or_insert(own);
        *known &= own;
    }

    /// Whether a value is a field that every maker in sight gives such a client.
    fn is_field_of_own_transport(&mut self, value: ValId) -> bool {
        let access = self.arena.get(value).atoms.iter().find_map(|a| match a {
            Atom::Access(access) => Some(*access),
            _ => None,
        });
        let Some((of, Selector::Name(name))) = access
            .and_then(|a| self.arena.access(a))
            .and_then(|a| a.parent)
        else {
            return false;
        };
        let class = self.receiver_class(of);
        class.is_some_and(|class| self.own_transports.get(&(class, name)) == Some(&true))
    }

    /// `&http.Transport{DialContext: safeDial}`, `(&net.Dialer{Control: refuse}).DialContext`: the
    /// program connects, or looks at the address before it does.
    fn dials_itself(&self, state: &State, transport: ValId) -> bool {
        let entries = |value: ValId| {
            let object = self.only_object(value)?;
            Some(self.held(state, object)?.entries.as_slice())
        };
        let named = |key: &Key, wanted: &[&str]| match key {
            Key::Name(name) => wanted.contains(&self.names.text(*name)),
            Key::At(_) => false,
        };
        let own_function = |value: ValId| {
            let atoms = &self.arena.get(value).atoms;
            atoms
                .iter()
                .any(|a| matches!(a, Atom::Func(_) | Atom::Bound(..)))
        };
        let controlled = |value: ValId| {
            let dials = |atom: &Atom| match atom {
                Atom::Path(path) => self.paths.text(*path).starts_with("net.Dialer.Dial"),
                _ => false,
            };
            self.arena.get(value).atoms.iter().any(dials)
                && self.writes_field(&["Control", "ControlContext"])
        };
        entries(transport).is_some_and(|entries| {
            entries.iter().any(|(key, value)| {
                named(key, &["Dial", "DialContext", "DialTLS", "DialTLSContext"])
                    && (own_function(*value) || controlled(*value))
            })
        })
    }

    /// Whether the file gives a field of one of these names a value.
    fn writes_field(&self, names: &[&str]) -> bool {
        let blocks = self.module.functions.iter().flat_map(|f| &f.blocks);
        let is = |name: Symbol| names.contains(&self.names.text(name));
        blocks.flat_map(|b| &b.instrs).any(|i| match &i.op {
            Op::StoreField { name, .. } => is(*name),
            Op::Call { args, .. } => args
                .iter()
                .any(|a| matches!(a.kind, ArgKind::Keyword(name) if is(name))),
            _ => false,
        })
    }

    /// `fetch(url, { dispatcher: new Agent({ connect: { lookup: safeLookup } }) })`: a function of the
    /// program that is named after a check looks at each address before there is a connection to it.
    pub(super) fn looks_up_itself(&self, state: &State, call: &Call<'_, 'a>) -> bool {
        if !matches!(
            self.module.language,
            Language::JavaScript | Language::TypeScript
        ) {
            return false;
        }
        let through_agent = call.passed.iter().any(|p| {
            let contents = self.only_object(p.value).and_then(|o| state.contents(o));
            contents.is_some_and(|contents| {
                contents.entries.iter().any(|(key, _)| match key {
                    Key::Name(name) => {
                        let name = self.names.text(*name);
                        matches!(name, "dispatcher" | "agent" | "httpAgent" | "httpsAgent")
                    }
                    Key::At(_) => false,
                })
            })
        });
        through_agent
            && self
                .module
                .functions
                .iter()
                .any(|f| self.makes_checking_agent(f))
    }

    /// Whether a function makes an agent with a look-up that checks.
    fn makes_checking_agent(&self, function: &Function) -> bool {
        let made = |operand: &Operand| {
            let Operand::Var(var) = operand else {
                return None;
            };
            let mut instrs = function.blocks.iter().flat_map(|b| &b.instrs);
            instrs.find(|i| i.dst == Some(*var)).map(|i| &i.op)
        };
        let name_of = |operand: &Operand| match operand {
            Operand::Var(var) => {
                let own = function.vars.get(var.0 as usize).map(|v| v.name);
                let own = own.map_or("", |name| self.names.text(name));
                match made(operand) {
                    Some(Op::Field { name, .. }) if own.is_empty() => self.names.text(*name),
                    _ => own,
                }
            }
            Operand::Const(_) => "",
        };
        let entry = |map: &Operand, wanted: &str| match made(map) {
            Some(Op::Map { entries }) => entries.iter().find_map(|(key, value)| match key {
                Some(Operand::Const(Const::Str(key))) if self.names.text(*key) == wanted => {
                    Some(value.clone())
                }
                _ => None,
            }),
            _ => None,
        };
        let checks =
            |operand: &Operand| words(name_of(operand)).any(|w| CHECKING.contains(&w.as_str()));
        let instrs = function.blocks.iter().flat_map(|b| &b.instrs);
        instrs
            .filter_map(|i| match &i.op {
                Op::Call {
                    callee: Callee::New(made),
                    args,
                } if name_of(made).ends_with("Agent") => args.first(),
                _ => None,
            })
            .any(|options| {
                let connect = entry(&options.value, "connect");
                let lookup = connect.and_then(|connect| entry(&connect, "lookup"));
                let lookup = lookup.or_else(|| entry(&options.value, "lookup"));
                lookup.is_some_and(|lookup| checks(&lookup))
            })
    }

    /// What an object holds here, or was last seen to hold.
    fn held<'s>(&'s self, state: &'s State, object: super::value::ObjId) -> Option<&'s Contents> {
        state.contents(object).or_else(|| {
            let at = self.shared_heap.binary_search_by_key(&object, |e| e.0);
            self.shared_heap.get(at.ok()?).map(|e| &*e.1)
        })
    }

    /// `client.Do(request)`: whether what makes a request hands it to such a client.
    pub(super) fn is_sent_by_own_transport(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
    ) -> bool {
        if !self.is_go() {
            return false;
        }
        let instrs = frame.function.blocks.iter().flat_map(|b| &b.instrs);
        let receivers: Vec<&Operand> = instrs
            .filter_map(|instr| match &instr.op {
                Op::Call {
                    callee: Callee::Method { receiver, name },
                    ..
                } if self.names.text(*name) == "Do" => Some(receiver),
                _ => None,
            })
            .collect();
        !receivers.is_empty()
            && receivers.into_iter().all(|receiver| {
                let receiver = self.raw(frame, state, receiver);
                self.has_own_transport(state, Some(receiver))
            })
    }

    /// Whether an argument (keyword, field of an options object, or position) is one of these.
    pub(super) fn argument_is(
        &self,
        state: &State,
        call: &Call<'_, 'a>,
        key: &str,
        wanted: &[Scalar],
    ) -> bool {
        let position: Option<usize> = key.parse().ok();
        let receiver = call
            .receiver
            .and_then(|r| self.only_object(r))
            .and_then(|o| state.contents(o));
        if receiver.is_some_and(|c| self.entry_is(state, &c.entries, key, wanted)) {
            return true;
        }
        call.passed.iter().enumerate().any(|(at, argument)| {
            match argument.kind {
                ArgKind::Keyword(name) if self.names.text(name) == key => {
                    return self.is_one_of(argument.value, wanted);
                }
                ArgKind::Positional if position == Some(at) => {
                    return self.is_one_of(argument.value, wanted);
                }
                _ => {}
            }
            let Some(contents) = self
                .only_object(argument.value)
                .and_then(|o| state.contents(o))
            else {
                return false;
            };
            self.entry_is(state, &contents.entries, key, wanted)
        })
    }

    /// Whether an option is what a rule warns of; a key with a dot is that of an option inside one.
    fn entry_is(
        &self,
        state: &State,
        entries: &[(Key, ValId)],
        key: &str,
        wanted: &[Scalar],
    ) -> bool {
        let under = |key: &str| {
            let named = move |entry: &&(Key, ValId)| matches!(entry.0, Key::Name(name) if self.names.text(name) == key);
            let mut named = entries.iter().filter(named);
            named.next().map(|entry| entry.1)
        };
        if under(key).is_some_and(|value| self.is_one_of(value, wanted)) {
            return true;
        }
        let Some((outer, inner)) = key.split_once('.') else {
            return false;
        };
        let outer = under(outer).map(|value| self.arena.get(value).atoms.as_slice());
        outer.into_iter().flatten().any(|atom| match atom {
            Atom::Object(object) => state
                .contents(*object)
                .is_some_and(|c| self.entry_is(state, &c.entries, inner, wanted)),
            _ => false,
        })
    }

    /// Whether an argument or option of this name is given at all, or may be.
    pub(super) fn has_argument(&self, state: &State, call: &Call<'_, 'a>, key: &str) -> bool {
        let position: Option<usize> = key.parse().ok();
        let mut passed = call.passed.iter().enumerate();
        passed.any(|(at, argument)| match argument.kind {
            ArgKind::Positional if position.is_some() => position == Some(at),
            ArgKind::Keyword(name) => self.names.text(name) == key,
            ArgKind::KeywordSpread | ArgKind::Spread => true,
            ArgKind::Positional => match self.only_object(argument.value) {
                Some(object) => state.contents(object).is_some_and(|c| {
                    c.rest != ValId::UNDEF
                        || c.entries.iter().any(|(name, _)| {
                            matches!(name, Key::Name(name) if self.names.text(*name) == key)
                        })
                }),
                // Options made elsewhere, after a name and a value.
                None => at >= 2 && self.arena.get(argument.value).konst.is_none(),
            },
        })
    }

    pub(super) fn is_one_of(&self, value: ValId, wanted: &[Scalar]) -> bool {
        let known = self.arena.get(value);
        wanted.iter().any(|scalar| match (scalar, known.konst) {
            (Scalar::Bool(a), Some(Konst::Bool(b))) => *a == b,
            (Scalar::Int(a), Some(Konst::Int(b))) => *a == b,
            (Scalar::Text(a), Some(Konst::Str(b))) => {
                let text = self.names.text(b);
                // A parameter after `;`, as in `text/plain; charset=utf-8`, does not matter.
                text.split(';').next().unwrap_or(text).trim() == a
            }
            (Scalar::Text(a), _) => known.atoms.iter().any(|atom| match atom {
                Atom::Path(path) => {
                    let text = self.paths.text(*path);
                    text == a || super::entry::last_name(text) == a
                }
                _ => false,
            }),
            _ => false,
        })
    }
}
