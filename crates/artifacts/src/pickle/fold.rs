//! Calls: what indirection leads to is computed, the rest is judged and kept as a symbolic result.
//!
//! Only pure functions on constants are computed, within a budget. What cannot be computed stays open; calling
//! it is itself a finding.

use super::collect::LOST;
use super::foldable::{FOLDABLE, is_foldable};
use super::machine::{Machine, WORK_A_CALL, WORK_AGAIN};
use super::opcode as op;
use super::text::repeated;
use super::value::{Kind, Node, NodeId, Text, Value};
use crate::{compression, encoding, names};

/// Calls that call each other through `partial`, `map`, `reduce`, `methodcaller`.
const MAX_NESTING: usize = 16;
/// Bytes of a constant that takes part in computation.
pub(super) const MAX_FOLDED: usize = 1 << 20;

impl Machine {
    /// Calls `callee` with `args`: findings are recorded, the value stands for the result.
    pub(crate) fn call(&mut self, callee: Value, args: Vec<Value>, nesting: usize) -> Value {
        self.calls += 1;
        if args.iter().any(|arg| matches!(arg, Value::Dropped)) {
            self.lost.get_or_insert(LOST);
        }
        if self.is_lean {
            return self.lean_call(callee);
        }
        let again = again_key(callee, self.opcode, &args);
        if again.is_some_and(|key| self.judged.contains(&key)) {
            self.extra_work += WORK_AGAIN;
            return self.called(callee, args);
        }
        let quiet = quiet_key(callee, self.opcode, &args);
        if quiet.is_some_and(|key| self.quiet.contains(&key)) {
            return self.called(callee, args);
        }
        self.extra_work += WORK_A_CALL;
        if nesting > MAX_NESTING || self.fold_left == 0 {
            self.unresolved(callee, &args);
            return Value::Opaque;
        }
        match self.get_node(callee) {
            Some(Node::Global { module, name }) => {
                let (module, name) = (module.clone(), name.clone());
                self.call_global(callee, &module, &name, args, nesting)
            }
            Some(Node::Partial {
                callee,
                args: first,
                keywords,
            }) => {
                let (callee, keywords) = (*callee, *keywords);
                let mut all = first.clone();
                self.fold_left = self.fold_left.saturating_sub(1);
                all.extend(args);
                // As the opcode with keywords gives them.
                if !matches!(keywords, Value::None) {
                    all.push(keywords);
                }
                self.call(callee, all, nesting + 1)
            }
            Some(Node::Attribute { of, name }) => {
                let (of, name) = (*of, name.clone());
                self.fold_left = self.fold_left.saturating_sub(1);
                if let Some(value) = self.method(of, &name, &args, nesting) {
                    return value;
                }
                self.unresolved(callee, &args);
                self.called(callee, args)
            }
            Some(Node::Persistent(id)) => {
                // Torch's full models name their classes so: ('module', class, file, source).
                let id = self.arguments(*id);
                match id.get(1) {
                    Some(class) if self.full_name(*class).is_some() => {
                        self.call(*class, args, nesting + 1)
                    }
                    _ => {
                        self.unresolved(callee, &args);
                        self.called(callee, args)
                    }
                }
            }
            // No loader gets further: a literal of the file cannot be called.
            Some(Node::Container { .. }) => self.called(callee, args),
            None if is_literal(callee) => self.called(callee, args),
            _ => {
                self.unresolved(callee, &args);
                self.called(callee, args)
            }
        }
    }

    pub(super) fn call_global(
        &mut self,
        callee: Value,
        module: &str,
        name: &str,
        args: Vec<Value>,
        nesting: usize,
    ) -> Value {
        let full = format!("{module}.{name}");
        // What pickle writes for the opcode below protocol 4: `partial(C.__new__, C, …)`.
        if name
            .strip_suffix(".__new__")
            .is_some_and(|class| self.is_global(args.first(), module, class))
        {
            let opcode = std::mem::replace(&mut self.opcode, op::NEWOBJ);
            let made = self.call(args[0], args[1..].to_vec(), nesting + 1);
            self.opcode = opcode;
            return made;
        }
        if full.starts_with("torch._utils._rebuild_tensor") {
            self.check_bounds(&args);
        }
        self.check_cost(callee, &full, &args);
        let folded = if FOLDABLE.contains(&full.as_str()) || full.ends_with("modules.get") {
            self.fold_left = self.fold_left.saturating_sub(1);
            self.fold(&full, &args, nesting)
        } else {
            None
        };
        // A class as a method's first argument: `str.join(',', [...])`.
        let folded = folded.or_else(|| {
            let (class, method) = full.strip_prefix("builtins.")?.split_once('.')?;
            let of = *args.first().filter(|_| {
                matches!(
                    class,
                    "str" | "bytes" | "dict" | "list" | "tuple" | "bytearray"
                )
            })?;
            if class == "bytes" && method == "fromhex" {
                return self.hex_decoded(of);
            }
            self.method(of, method, &args[1..], nesting)
        });
        let finds = self.finds;
        self.judge(callee, module, name, &args, folded.is_some());
        // Numbers are all the same but to what counts with them.
        if self.finds == finds
            && folded.is_none()
            && !counts(&full)
            && let Some(key) = quiet_key(callee, self.opcode, &args)
        {
            self.quiet.insert(key);
        }
        if folded.is_none()
            && nesting == 0
            && let Some(key) = again_key(callee, self.opcode, &args)
        {
            self.judged.insert(key);
        }
        folded.unwrap_or_else(|| self.called(callee, args))
    }

    fn is_global(&self, value: Option<&Value>, in_module: &str, called: &str) -> bool {
        matches!(
            value.and_then(|v| self.get_node(*v)),
            Some(Node::Global { module, name }) if &**module == in_module && &**name == called
        )
    }

    /// The result of a pure function; `None` if it cannot be told.
    pub(super) fn fold(&mut self, full: &str, args: &[Value], nesting: usize) -> Option<Value> {
        let first = args.first().copied();
        match full {
            "builtins.getattr" | "dill._dill._get_attr" => {
                let name = self.text(*args.get(1)?);
                Some(self.attribute(first?, name.as_deref()))
            }
            "builtins.__import__"
            | "importlib.import_module"
            | "importlib.__import__"
            | "cloudpickle.cloudpickle.subimport"
            | "cloudpickle.subimport"
            | "dill._dill._import_module" => {
                let name = self.text(first?)?;
                if full.starts_with("dill") || full.starts_with("cloudpickle") {
                    self.imported(&name, "");
                }
                Some(self.module(&name))
            }
            "pkgutil.resolve_name" | "pydoc.locate" | "pydoc.resolve" => {
                let name = self.text(first?)?.replace(':', ".");
                let (module, name) = name.split_once('.').unwrap_or((&name, ""));
                Some(self.name_of(module, name))
            }
            // Imports the module, whatever it is.
            "numpy.core._ufunc_reconstruct" | "numpy._core._ufunc_reconstruct" => {
                let module = self.text(first?)?;
                let name = self.text(*args.get(1)?)?;
                self.imported(&module, &name);
                Some(self.name_of(&module, &name))
            }
            "cloudpickle.cloudpickle._builtin_type" => {
                let name = self.text(first?)?;
                Some(self.name_of("types", &name))
            }
            "dill._dill._load_type" => {
                let name = self.text(first?)?;
                let (module, name) = names::of_dill(&name);
                Some(self.name_of(module, name))
            }
            "operator.attrgetter" | "operator.methodcaller" | "operator.itemgetter" => {
                // `methodcaller('f', x)(of)` is `getattr(of, 'f')(x)`.
                let callee = self.push_node(Node::Global {
                    module: "operator".into(),
                    name: format!("{}()", full.rsplit('.').next()?).into(),
                });
                let inner = self.push_node(Node::Container {
                    kind: Kind::Tuple,
                    items: args.to_vec(),
                    cut: false,
                });
                Some(self.push_node(Node::Partial {
                    callee,
                    args: vec![inner],
                    keywords: Value::None,
                }))
            }
            "operator.attrgetter()" => {
                let path = self.arguments(first?);
                let path = self.text(*path.first()?)?;
                let mut of = *args.get(1)?;
                for part in path.split('.') {
                    of = self.attribute(of, Some(part));
                }
                Some(of)
            }
            "operator.itemgetter()" => {
                let key = self.arguments(first?);
                self.item(*args.get(1)?, *key.first()?, nesting)
            }
            "operator.methodcaller()" => {
                let mut given = self.arguments(first?);
                if given.is_empty() {
                    return None;
                }
                let name = self.text(given.remove(0));
                let method = self.attribute(*args.get(1)?, name.as_deref());
                Some(self.call(method, given, nesting + 1))
            }
            "operator.getitem" | "_operator.getitem" | "sys.modules.get" => {
                let (of, key) = if full == "sys.modules.get" {
                    (self.name_of("sys", "modules"), first?)
                } else {
                    (first?, *args.get(1)?)
                };
                self.item(of, key, nesting)
            }
            "operator.call" | "_operator.call" | "builtins.apply" => {
                let rest = if full == "builtins.apply" {
                    self.arguments(*args.get(1)?)
                } else {
                    args.get(1..)?.to_vec()
                };
                Some(self.call(first?, rest, nesting + 1))
            }
            "copyreg.__newobj__" | "copyreg.__newobj_ex__" | "copyreg._reconstructor" => {
                // `_reconstructor(class, base, state)` gives the state to the base only where there is one.
                let given = match full {
                    "copyreg._reconstructor" => args.get(2..3)?.to_vec(),
                    "copyreg.__newobj_ex__" => self.arguments(*args.get(1)?),
                    _ => args.get(1..)?.to_vec(),
                };
                let given: Vec<Value> = given
                    .into_iter()
                    .filter(|v| !matches!(v, Value::None))
                    .collect();
                self.full_name(first?)?;
                if args.iter().skip(1).any(|arg| self.is_dangerous(*arg, 0)) {
                    // A base that is an attack, whatever the class.
                    return None;
                }
                // The same as the opcode does.
                let opcode = std::mem::replace(&mut self.opcode, op::NEWOBJ);
                let made = self.call(first?, given, nesting + 1);
                self.opcode = opcode;
                Some(made)
            }
            "functools.partial" | "functools.partialmethod" | "types.MethodType" => {
                Some(self.push_node(Node::Partial {
                    callee: first?,
                    args: args.get(1..)?.to_vec(),
                    keywords: Value::None,
                }))
            }
            "functools.reduce" | "_functools.reduce" => {
                let mut items = self.arguments(*args.get(1)?);
                if let Some(initial) = args.get(2) {
                    items.insert(0, *initial);
                }
                let mut result = *items.first()?;
                for item in items.into_iter().skip(1) {
                    result = self.call(first?, vec![result, item], nesting + 1);
                }
                Some(result)
            }
            "builtins.map"
            | "builtins.filter"
            | "itertools.starmap"
            | "itertools.filterfalse"
            | "itertools.takewhile"
            | "itertools.dropwhile" => {
                let callee = first?;
                if matches!(callee, Value::None) {
                    return None;
                }
                let columns: Vec<Vec<Value>> =
                    args[1..].iter().map(|a| self.arguments(*a)).collect();
                let count = columns.iter().map(Vec::len).min()?;
                let mut results = Vec::new();
                for row in 0..count {
                    let mut given: Vec<Value> = columns.iter().map(|c| c[row]).collect();
                    if full == "itertools.starmap" {
                        given = self.arguments(*given.first()?);
                    }
                    results.push(self.call(callee, given, nesting + 1));
                }
                Some(self.push_node(Node::Container {
                    kind: Kind::List,
                    items: results,
                    cut: false,
                }))
            }
            "operator.concat" | "operator.add" | "operator.iadd" | "operator.iconcat"
            | "_operator.concat" | "_operator.add" => {
                let mut bytes = self.constant(first?)?;
                bytes.extend(self.constant(*args.get(1)?)?);
                self.made_like(first?, bytes)
            }
            "operator.mod" | "_operator.mod" => {
                let format = self.text(first?)?;
                let given = self.arguments(*args.get(1)?);
                self.format_percent(&format, &given)
            }
            "builtins.chr" => match first? {
                Value::Int(code) => {
                    let c = char::from_u32(u32::try_from(code).ok()?)?;
                    self.computed(Text::Str, c.to_string().into_bytes())
                }
                _ => None,
            },
            "builtins.str" => {
                let mut bytes = self.constant(first?)?;
                if let Some(codec) = args.get(1) {
                    let codec = self.text(*codec)?;
                    bytes = encoding::by_codec(&bytes, &codec, false)?;
                }
                self.computed(Text::Str, bytes)
            }
            "operator.mul" | "_operator.mul" => {
                let text = String::from_utf8(self.constant(first?)?).ok()?;
                match args.get(1)? {
                    Value::Int(times) => {
                        let text = repeated(&text, *times)?;
                        self.made_like(first?, text.into_bytes())
                    }
                    _ => None,
                }
            }
            "builtins.sorted" | "builtins.min" | "builtins.max" => {
                let Some(Node::Container {
                    items, cut: false, ..
                }) = self.get_node(first?)
                else {
                    return None;
                };
                if args.len() > 1 || items.len() > 64 {
                    return None;
                }
                let items = items.clone();
                let texts: Option<Vec<(String, Value)>> = items
                    .iter()
                    .map(|item| Some((self.short_text(*item, 256)?, *item)))
                    .collect();
                let mut texts = texts?;
                texts.sort_by(|a, b| a.0.cmp(&b.0));
                match full {
                    "builtins.min" => texts.first().map(|t| t.1),
                    "builtins.max" => texts.last().map(|t| t.1),
                    _ => Some(self.push_node(Node::Container {
                        kind: Kind::List,
                        items: texts.into_iter().map(|t| t.1).collect(),
                        cut: false,
                    })),
                }
            }
            "itertools.chain" | "itertools.chain.from_iterable" => {
                let mut items = Vec::new();
                for arg in args {
                    items.extend(self.arguments(*arg));
                }
                Some(self.push_node(Node::Container {
                    kind: Kind::List,
                    items,
                    cut: false,
                }))
            }
            "json.loads" | "ast.literal_eval" => {
                let text = self.constant(first?)?;
                let text = std::str::from_utf8(&text).ok()?.trim();
                let inner = text.strip_prefix(['"', '\''])?.strip_suffix(['"', '\''])?;
                if inner.contains('\\') {
                    return None;
                }
                let inner = inner.as_bytes().to_vec();
                self.computed(Text::Str, inner)
            }
            // A class of symbolic functions of that name.
            "sympy.core.function._rebuild_undef" => {
                Some(self.name_of("sympy.core.function", "AppliedUndef"))
            }
            "dill._dill._create_namedtuple" => {
                // A class of fields; its name is only shown.
                let name = self.short_text(first?, 128)?;
                let module = args.get(2).and_then(|m| self.short_text(*m, 128));
                match module {
                    // The module is imported, and what it has of that name is the class.
                    Some(module) if names::is_dangerous(&module, &name) => {
                        self.imported(&module, &name);
                        Some(self.name_of(&module, &name))
                    }
                    _ => Some(self.name_of("__main__", &name)),
                }
            }
            "builtins.bytes" | "builtins.bytearray" => {
                if let Some(bytes) = self.constant(first?) {
                    return self.computed(Text::Bytes, bytes);
                }
                let numbers = self.whole(first?)?;
                let bytes: Option<Vec<u8>> = numbers
                    .iter()
                    .map(|v| match v {
                        Value::Int(n) => u8::try_from(*n).ok(),
                        _ => None,
                    })
                    .collect();
                self.computed(Text::Bytes, bytes?)
            }
            "builtins.list" | "builtins.tuple" | "builtins.iter" | "builtins.set" => {
                let value = first?;
                matches!(self.get_node(value), Some(Node::Container { .. })).then_some(value)
            }
            "builtins.reversed" => {
                if let Some(Node::Container {
                    items, cut: false, ..
                }) = self.get_node(first?)
                {
                    let mut items = items.clone();
                    items.reverse();
                    return Some(self.push_node(Node::Container {
                        kind: Kind::List,
                        items,
                        cut: false,
                    }));
                }
                let text: String = self.text(first?)?.chars().rev().collect();
                self.computed(Text::Str, text.into_bytes())
            }
            "builtins.next" => match self.get_node(first?) {
                Some(Node::Container { items, .. }) => items.first().copied(),
                _ => first,
            },
            // Calls what it is given, then makes a tensor of a class of it and sets its attributes.
            "torch._tensor._rebuild_from_type_v2" | "torch._tensor._rebuild_from_type" => {
                let given = self.arguments(*args.get(2)?);
                let made = self.call(first?, given, nesting + 1);
                if let Some(class) = args.get(1) {
                    self.judge_handed("torch._tensor", "_rebuild", &[*class]);
                }
                if let Some(state) = args.get(3) {
                    self.given_state(made, *state);
                }
                Some(made)
            }
            "builtins.bytes.fromhex"
            | "builtins.bytearray.fromhex"
            | "binascii.unhexlify"
            | "binascii.a2b_hex" => self.hex_decoded(first?),
            "_codecs.encode" | "codecs.encode" | "_codecs.decode" | "codecs.decode" => {
                let bytes = self.constant(first?)?;
                let codec = match args.get(1) {
                    Some(codec) => self.text(*codec)?,
                    None => "utf-8".to_owned(),
                };
                let kind = if full.ends_with("encode") {
                    Text::Bytes
                } else {
                    Text::Str
                };
                let decoded = encoding::by_codec(&bytes, &codec, kind == Text::Bytes)?;
                self.computed(kind, decoded)
            }
            _ if full.starts_with("base64.") => {
                let bytes = self.constant(first?)?;
                let decoded = match full.rsplit('.').next()? {
                    "b16decode" => encoding::hex(&bytes)?,
                    "b32decode" => encoding::base32(&bytes)?,
                    "b85decode" => encoding::base85(&bytes)?,
                    "a85decode" => encoding::ascii85(&bytes)?,
                    _ => encoding::base64(&bytes)?,
                };
                self.computed(Text::Bytes, decoded)
            }
            "binascii.a2b_base64" => {
                let bytes = self.constant(first?)?;
                let decoded = encoding::base64(&bytes)?;
                self.computed(Text::Bytes, decoded)
            }
            "zlib.decompress" | "bz2.decompress" | "lzma.decompress" | "gzip.decompress" => {
                let bytes = self.constant(first?)?;
                let Some(decoded) = compression::decompressed(bytes, MAX_FOLDED) else {
                    // What came out before it was too much took its time.
                    self.pay(MAX_FOLDED / 8)?;
                    return None;
                };
                self.computed(Text::Bytes, decoded)
            }
            _ => None,
        }
    }

    /// The items of a container, if all were kept; what is no container alone.
    pub(super) fn whole(&self, value: Value) -> Option<Vec<Value>> {
        match self.get_node(value) {
            Some(Node::Container { cut: true, .. }) => None,
            Some(Node::Container { items, .. }) => Some(items.clone()),
            _ => Some(vec![value]),
        }
    }

    /// BUILD of a partial replaces what it calls.
    pub(super) fn build_partial(&mut self, target: Value, state: Value) {
        let Some(Node::Container { items, .. }) = self.get_node(state) else {
            return;
        };
        let items = items.clone();
        let Some(callee) = items.first().copied() else {
            return;
        };
        if !self.is_callable(callee) {
            return;
        }
        let args = items.get(1).map(|a| self.arguments(*a)).unwrap_or_default();
        let keywords = items
            .get(2)
            .copied()
            .filter(|given| matches!(given, Value::Node(_)) && !self.is_empty_container(*given))
            .unwrap_or(Value::None);
        if let Value::Node(id) = target
            && let Some(node) = self.nodes.get_mut(id.0 as usize)
        {
            *node = Node::Partial {
                callee,
                args,
                keywords,
            };
        }
    }
}

/// What a call without arguments is known by: the next one of the same name does the same.
const fn again_key(callee: Value, opcode: u8, args: &[Value]) -> Option<(u32, u8)> {
    match callee {
        Value::Node(NodeId(id)) if args.is_empty() => Some((id, opcode)),
        _ => None,
    }
}

/// What a call of numbers alone is known by.
fn quiet_key(callee: Value, opcode: u8, args: &[Value]) -> Option<(u32, u8)> {
    let is_number = |arg: &Value| {
        matches!(
            arg,
            Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_)
        )
    };
    match callee {
        Value::Node(NodeId(id)) if !args.is_empty() && args.iter().all(is_number) => {
            Some((id, opcode))
        }
        _ => None,
    }
}

/// May a number that it is given say how much it makes or does?
fn counts(full: &str) -> bool {
    let top = full.split('.').next().unwrap_or(full);
    matches!(
        top,
        "builtins"
            | "operator"
            | "_operator"
            | "math"
            | "collections"
            | "numpy"
            | "torch"
            | "copyreg"
            | "itertools"
            | "functools"
            | "tempfile"
    ) || is_foldable(full)
}

const fn is_literal(value: Value) -> bool {
    matches!(
        value,
        Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Span { .. }
    )
}
