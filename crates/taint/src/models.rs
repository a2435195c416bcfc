//! Rules and models compiled to hash look-ups.
//!
//! Every name of a rule or model file is put into one table per language; the analysis asks a
//! table once per distinct name of a module and works with references from then on.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use trueline_facts::{Confidence, Cwe, RuleId, Severity, Tier};
use trueline_syntax::ir::Language;

use crate::analysis::root_of;
use crate::rules::advice::Advice;
use crate::rules::format::{
    CallSpec, Control, EntrySpec, LanguageName, Mode, ModelFile, ParameterSpec, RuleFile,
    SecretSpec, SinkSpec,
};
use crate::rules::{self, RuleError};

/// A set of rules, and a few half-proofs that together clear one.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub(crate) struct Bits(u128);

/// How many rules fit: the bits above are half-proofs.
const MAX_RULES: usize = 112;

impl Bits {
    pub(crate) const NONE: Self = Self(0);
    /// Every rule.
    pub(crate) const ALL: Self = Self((1 << MAX_RULES) - 1);
    /// The path went through `realpath` or the like: no `..` is left in it.
    pub(crate) const NORMALISED: Self = Self(1 << 112);
    /// The path has no `..` in it.
    pub(crate) const NO_DOTDOT: Self = Self(1 << 113);
    /// The path has something constant before it, so that it cannot be absolute.
    pub(crate) const RELATIVE: Self = Self(1 << 114);
    /// The path begins with a folder that the program chose.
    pub(crate) const INSIDE: Self = Self(1 << 115);
    /// The text begins with a quote, ends with one, and has none between: a text literal.
    pub(crate) const QUOTE_FIRST: Self = Self(1 << 116);
    /// See [`Self::QUOTE_FIRST`].
    pub(crate) const QUOTE_LAST: Self = Self(1 << 117);
    /// See [`Self::QUOTE_FIRST`].
    pub(crate) const NO_QUOTE_INSIDE: Self = Self(1 << 118);

    /// A function that is not in sight was asked whether the value is good.
    pub(crate) const VOUCHED: Self = Self(1 << 119);

    /// The text begins with a slash.
    pub(crate) const SLASH_FIRST: Self = Self(1 << 120);
    /// The text does not begin with two slashes.
    pub(crate) const NOT_TWO_SLASHES: Self = Self(1 << 121);
    /// One part of the path of a request, as a route divides it: no slash is in it.
    pub(crate) const SEGMENT: Self = Self(1 << 122);

    /// The identifier of a record that was looked up with it and found.
    pub(crate) const FOUND: Self = Self(1 << 123);

    /// The path was put below another one.
    pub(crate) const PLACED: Self = Self(1 << 124);

    /// Read from the path of the request that is being answered.
    pub(crate) const OF_REQUEST_PATH: Self = Self(1 << 126);

    /// Every single quote in the text is written as `'\\''`: between single quotes a shell reads it as text.
    pub(crate) const SHELL_ESCAPED: Self = Self(1 << 127);

    /// A list whose first element was asked about: which program it runs is fixed.
    pub(crate) const PROGRAM: Self = Self(1 << 125);

    /// The rule at an index of [`Models::rules`].
    pub(crate) const fn rule(index: u16) -> Self {
        Self(1 << (index as u32 % MAX_RULES as u32))
    }

    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) const fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// A rule as the analysis needs it.
#[derive(Debug)]
pub(crate) struct CompiledRule {
    pub(crate) id: RuleId,
    pub(crate) cwe: Vec<Cwe>,
    pub(crate) severity: Severity,
    pub(crate) confidence: Confidence,
    pub(crate) tier: Tier,
    pub(crate) guessed_tier: Tier,
    pub(crate) advice: Advice,
    pub(crate) becomes: String,
    pub(crate) danger: String,
    pub(crate) absent: Vec<String>,
    pub(crate) secret: Option<SecretSpec>,
}

/// A sink with the rule it belongs to.
#[derive(Debug)]
pub(crate) struct Sink {
    pub(crate) rule: u16,
    pub(crate) spec: SinkSpec,
}

/// A weak call with the rule it belongs to.
#[derive(Debug)]
pub(crate) struct WeakCall {
    pub(crate) rule: u16,
    pub(crate) spec: CallSpec,
}

/// A comparison that leaks what it compares, with the rule it belongs to.
#[derive(Debug)]
pub(crate) struct Comparison {
    pub(crate) rule: u16,
    pub(crate) message: String,
}

/// A kind of source.
#[derive(Debug)]
pub(crate) struct SourceKind {
    pub(crate) what: String,
    pub(crate) control: Control,
    /// The rules that it does not matter to.
    pub(crate) cleared: Bits,
    /// Words in a condition around the place that make it harmless.
    pub(crate) asked: Vec<String>,
    /// What a model passes to a tool: to name any place may be what the tool is for.
    pub(crate) tool: bool,
    /// Attributes of its parts that the program chose, and those that are names without folders.
    pub(crate) own_fields: Vec<String>,
    pub(crate) name_fields: Vec<String>,
}

/// What a call returns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Returns {
    Number,
    FreshText,
    Receiver,
    Type(Box<str>),
}

/// Everything the models say of one name.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, as models write it"
)]
#[derive(Debug, Default)]
pub(crate) struct Entry {
    pub(crate) sources: Vec<u16>,
    pub(crate) returns: Option<Returns>,
    pub(crate) sinks: Vec<u16>,
    pub(crate) weak_calls: Vec<u16>,
    /// What it makes must not be compared with `==`.
    pub(crate) comparisons: Vec<u16>,
    pub(crate) clears: Bits,
    /// The same, of a call that is passed something.
    pub(crate) clears_if_passed: Bits,
    /// The same, of a call that is passed a parameter of a declared class.
    pub(crate) clears_if_declared: Bits,
    pub(crate) guard: Option<(u16, Bits)>,
    pub(crate) opaque: bool,
    /// The same, on what one of these methods gives.
    pub(crate) opaque_after: Vec<String>,
    pub(crate) stores: bool,
    /// The call does not return.
    pub(crate) never: bool,
    /// It is a list or map, never text.
    pub(crate) object: bool,
    /// It sets the kind of content of its receiver: by a header, or by the kind itself.
    pub(crate) media_type: Option<MediaType>,
    /// Positions of arguments that the call puts what it reads into.
    pub(crate) fills: Vec<u16>,
    /// The type of the attribute of this name.
    pub(crate) alias: Option<Box<str>>,
    /// What the text of the attribute of this name begins with.
    pub(crate) begins: Option<Box<str>>,
    /// The call asks whether its two arguments are equal.
    pub(crate) compares: bool,
    /// The call writes its argument in another form: what must not be compared stays so.
    pub(crate) encodes: bool,
}

/// How a call says what kind of content an answer has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum MediaType {
    Header,
    Kind,
}

/// The tables of one language.
#[derive(Debug, Default)]
pub(crate) struct LanguageModels {
    pub(crate) paths: FxHashMap<Box<str>, Entry>,
    pub(crate) methods: FxHashMap<Box<str>, Entry>,
    /// Last names of calls that are sinks or weak by themselves.
    pub(crate) risky_methods: FxHashSet<Box<str>>,
    /// Attributes whose assignment is a sink.
    pub(crate) fields: FxHashMap<Box<str>, Vec<u16>>,
    /// Parts of names of containers in which keys and values matter.
    pub(crate) containers: Vec<(Box<str>, u16)>,
    /// JSX attributes likewise.
    pub(crate) attributes: FxHashMap<Box<str>, Vec<u16>>,
    /// Attributes to which some constants must not be assigned.
    pub(crate) weak_fields: FxHashMap<Box<str>, Vec<u16>>,
    /// Methods that must do something, with the weak calls that say of which classes.
    pub(crate) inert: FxHashMap<Box<str>, Vec<u16>>,
    /// Attributes that hold what was let through, and for which rules.
    pub(crate) clean_fields: FxHashMap<Box<str>, Bits>,
    /// First names of all paths: libraries and builtins that the models know.
    pub(crate) roots: FxHashSet<Box<str>>,
    /// Types whose values the analysis keeps as objects, because what is stored in them matters.
    pub(crate) stores: FxHashSet<Box<str>>,
    /// Types of libraries that the models say something of; by them declared variables are known.
    pub(crate) types: BTreeSet<Box<str>>,
    pub(crate) entries: Vec<CompiledEntry>,
    pub(crate) parameters: Vec<CompiledParameter>,
    /// Decorators of fields that let only harmless values through.
    pub(crate) checked_fields: FxHashSet<Box<str>>,
    /// Attributes that show the inside of a program, with words of conditions that ask for it.
    pub(crate) asked_fields: FxHashMap<Box<str>, Vec<String>>,
    /// Names among the arguments of decorators of parameters, likewise.
    pub(crate) checked_arguments: FxHashSet<Box<str>>,
}

/// An entry with its source kind and returned rule resolved.
#[derive(Debug)]
pub(crate) struct CompiledEntry {
    pub(crate) spec: EntrySpec,
    pub(crate) kind: Option<u16>,
    pub(crate) returned: Option<u16>,
}

/// A parameter model with its source kind resolved.
#[derive(Debug)]
pub(crate) struct CompiledParameter {
    pub(crate) spec: ParameterSpec,
    pub(crate) kind: Option<u16>,
}

/// All rules and models, compiled.
#[derive(Debug, Default)]
pub(crate) struct Models {
    pub(crate) rules: Vec<CompiledRule>,
    pub(crate) sinks: Vec<Sink>,
    pub(crate) weak_calls: Vec<WeakCall>,
    pub(crate) comparisons: Vec<Comparison>,
    pub(crate) source_kinds: Vec<SourceKind>,
    /// Rules with sources of their own, to which other sources do not matter.
    pub(crate) own_source_rules: Bits,
    /// Rules about paths.
    pub(crate) path_rules: Bits,
    /// Rules about code, which a text literal does not violate.
    pub(crate) code_rules: Bits,
    /// Rules about URLs, which a trusted host clears.
    pub(crate) url_rules: Bits,
    /// Rules about the ending of a file's name.
    pub(crate) ending_rules: Bits,
    /// Rules about the structure of input, which text cannot violate.
    pub(crate) structure_rules: Bits,
    /// Rules about the keys of input, which a schema chooses.
    pub(crate) key_rules: Bits,
    /// Rules about where a visitor is sent: what names the site itself does not matter to them.
    pub(crate) own_address_rules: Bits,
    /// Rules about what a visitor's browser is made to send: no site can make it send a header of the
    /// program's own, nor name another host than the one it asks.
    pub(crate) own_header_rules: Bits,
    python: LanguageModels,
    javascript: LanguageModels,
    go: LanguageModels,
    java: LanguageModels,
}

/// The source kind of parameters that no caller in sight fills; always the first.
pub(crate) const PARAMETER_KIND: u16 = 0;

impl Models {
    /// Compiles rule and model files, given as (name, text).
    pub(crate) fn compile(
        rule_files: &[(&str, &str)],
        model_files: &[(&str, &str)],
    ) -> Result<(Self, Vec<rules::Rule>), RuleError> {
        let mut models = Self::default();
        models.source_kinds.push(SourceKind {
            what: "a parameter that any caller may fill".to_owned(),
            control: Control::Local,
            cleared: Bits::NONE,
            asked: Vec::new(),
            tool: false,
            own_fields: Vec::new(),
            name_fields: Vec::new(),
        });
        let mut files = Vec::new();
        for (name, text) in rule_files {
            files.push((*name, rules::read_rule(name, text)?));
        }
        files.sort_by(|a, b| a.1.id.cmp(&b.1.id));
        if files.len() > MAX_RULES {
            return Err(RuleError::TooMany { limit: MAX_RULES });
        }
        let mut public = Vec::new();
        for (_, file) in files {
            let rule = rules::Rule::from(&file);
            if models.rules.iter().any(|r| r.id == rule.id) {
                return Err(RuleError::Duplicate { id: file.id });
            }
            public.push(rule);
            models.add_rule(file);
        }
        if let Some(parameter) = models.source_kinds.first_mut() {
            parameter.cleared = models.own_source_rules;
        }
        for (name, text) in model_files {
            models.add_model(name, rules::read_model(name, text)?)?;
        }
        for (language, tables) in [
            (Language::Python, &mut models.python),
            (Language::JavaScript, &mut models.javascript),
            (Language::Java, &mut models.java),
            (Language::Go, &mut models.go),
        ] {
            let roots = tables.paths.keys().map(|path| root_of(language, path));
            tables.roots.extend(roots.map(Into::into));
            tables.risky_methods = risky_methods(tables);
        }
        models.java.types = declared_types(&models.java);
        Ok((models, public))
    }

    /// Those inside the binary.
    pub(crate) const fn language(&self, language: Language) -> &LanguageModels {
        match language {
            Language::Python => &self.python,
            Language::JavaScript | Language::TypeScript => &self.javascript,
            Language::Go => &self.go,
            Language::Java => &self.java,
        }
    }

    fn language_mut(&mut self, name: LanguageName) -> &mut LanguageModels {
        match name {
            LanguageName::Python => &mut self.python,
            LanguageName::Javascript | LanguageName::Typescript => &mut self.javascript,
            LanguageName::Go => &mut self.go,
            LanguageName::Java => &mut self.java,
        }
    }

    pub(crate) fn rule_index(&self, id: &str) -> Option<u16> {
        self.rules
            .iter()
            .position(|r| r.id.as_str() == id)
            .map(|at| at as u16)
    }

    #[expect(clippy::too_many_lines, reason = "one loop per kind of entry")]
    fn add_rule(&mut self, file: RuleFile) {
        let advice = Advice::of(&file);
        let rule = self.rules.len() as u16;
        if file.literals {
            self.code_rules = self.code_rules.or(Bits::rule(rule));
        }
        if file.endings {
            self.ending_rules = self.ending_rules.or(Bits::rule(rule));
        }
        if file.structure {
            self.structure_rules = self.structure_rules.or(Bits::rule(rule));
        }
        if file.keys {
            self.key_rules = self.key_rules.or(Bits::rule(rule));
        }
        if matches!(file.id.as_str(), "open-redirect" | "cross-site-scripting") {
            self.own_header_rules = self.own_header_rules.or(Bits::rule(rule));
        }
        if file.id == "open-redirect" {
            self.own_address_rules = self.own_address_rules.or(Bits::rule(rule));
        }
        if file.paths {
            self.path_rules = self.path_rules.or(Bits::rule(rule));
        }
        if file.sink.iter().any(|s| s.mode == Mode::Url) {
            self.url_rules = self.url_rules.or(Bits::rule(rule));
        }
        for spec in file.sink {
            let index = self.sinks.len() as u16;
            let tables = self.language_mut(spec.language);
            for call in &spec.calls {
                entry(&mut tables.paths, call).sinks.push(index);
            }
            for method in &spec.methods {
                entry(&mut tables.methods, method).sinks.push(index);
            }
            for part in &spec.containers {
                tables.containers.push((part.as_str().into(), index));
            }
            for field in &spec.fields {
                tables
                    .fields
                    .entry(field.as_str().into())
                    .or_default()
                    .push(index);
            }
            for attribute in &spec.attributes {
                tables
                    .attributes
                    .entry(attribute.as_str().into())
                    .or_default()
                    .push(index);
            }
            self.sinks.push(Sink { rule, spec });
        }
        if !file.source.is_empty() {
            self.own_source_rules = self.own_source_rules.or(Bits::rule(rule));
        }
        for spec in file.source {
            self.source_kinds.push(SourceKind {
                what: spec.what,
                control: Control::Remote,
                cleared: Bits::ALL.without(Bits::rule(rule)),
                asked: spec.asked.clone(),
                tool: false,
                own_fields: Vec::new(),
                name_fields: Vec::new(),
            });
            let kind = self.source_kinds.len() as u16 - 1;
            let tables = self.language_mut(spec.language);
            for path in &spec.paths {
                if let (Some((_, field)), false) = (path.rsplit_once('.'), spec.asked.is_empty()) {
                    let words = tables.asked_fields.entry(field.into()).or_default();
                    words.extend_from_slice(&spec.asked);
                }
                entry(&mut tables.paths, path).sources.push(kind);
            }
        }
        for spec in file.comparison {
            let index = self.comparisons.len() as u16;
            let tables = self.language_mut(spec.language);
            for path in &spec.of {
                entry(&mut tables.paths, path).comparisons.push(index);
            }
            self.comparisons.push(Comparison {
                rule,
                message: spec.message,
            });
        }
        for mut spec in file.call {
            spec.context.extend_from_slice(&file.context);
            spec.benign.extend_from_slice(&file.benign);
            spec.follow = file.follow;
            spec.asked.extend_from_slice(&file.asked);
            self.add_weak_call(rule, spec);
        }
        for spec in file.sanitizer {
            let tables = self.language_mut(spec.language);
            for name in &spec.calls {
                let entry = entry(&mut tables.paths, name);
                if spec.if_declared {
                    entry.clears_if_declared = entry.clears_if_declared.or(Bits::rule(rule));
                } else {
                    clear(entry, spec.guards, rule);
                }
            }
            for name in &spec.methods {
                let entry = entry(&mut tables.methods, name);
                if spec.if_passed {
                    entry.clears_if_passed = entry.clears_if_passed.or(Bits::rule(rule));
                } else {
                    clear(entry, spec.guards, rule);
                }
            }
            for name in &spec.fields {
                let bits = tables.clean_fields.entry(name.as_str().into());
                let bits = bits.or_insert(Bits::NONE);
                *bits = bits.or(Bits::rule(rule));
            }
        }
        self.rules.push(CompiledRule {
            id: RuleId::new(file.id),
            cwe: file.cwe.into_iter().map(Cwe).collect(),
            severity: file.severity,
            confidence: file.confidence,
            tier: file.tier,
            guessed_tier: file.guessed_tier.unwrap_or(file.tier).max(file.tier),
            advice,
            becomes: file.becomes,
            danger: file.danger,
            absent: file.absent,
            secret: file.secret,
        });
    }

    fn add_weak_call(&mut self, rule: u16, spec: CallSpec) {
        let index = self.weak_calls.len() as u16;
        let tables = self.language_mut(spec.language);
        for call in &spec.calls {
            entry(&mut tables.paths, call).weak_calls.push(index);
        }
        for method in &spec.methods {
            entry(&mut tables.methods, method).weak_calls.push(index);
        }
        for field in &spec.fields {
            let known = tables.weak_fields.entry(field.as_str().into());
            known.or_default().push(index);
        }
        for method in &spec.inert {
            let known = tables.inert.entry(method.as_str().into());
            known.or_default().push(index);
        }
        self.weak_calls.push(WeakCall { rule, spec });
    }

    #[expect(clippy::too_many_lines, reason = "one loop per kind of entry")]
    fn add_model(&mut self, name: &str, file: ModelFile) -> Result<(), RuleError> {
        let language = file.language;
        for spec in file.source {
            let mut harmless = self.rules_named(name, &spec.harmless_for)?;
            if spec.segment {
                harmless = harmless.or(Bits::SEGMENT);
            }
            if spec.resolved {
                harmless = harmless.or(Bits::NO_DOTDOT);
            }
            let of_path = if spec.path_of_request {
                Bits::OF_REQUEST_PATH
            } else {
                Bits::NONE
            };
            harmless = harmless.or(of_path);
            let kind = self.source_kind(&spec.what, spec.control, spec.text, harmless, false);
            if let Some(known) = self.source_kinds.get_mut(usize::from(kind)) {
                known.own_fields.extend(spec.own_fields);
                known.name_fields.extend(spec.name_fields);
            }
            let tables = self.language_mut(language);
            for path in &spec.paths {
                let entry = entry(&mut tables.paths, path);
                entry.sources.push(kind);
                entry.object |= spec.object;
                entry.clears = entry.clears.or(of_path);
            }
        }
        for spec in file.media_type {
            let tables = self.language_mut(language);
            for call in &spec.calls {
                entry(&mut tables.paths, call).media_type = Some(if spec.headers {
                    MediaType::Header
                } else {
                    MediaType::Kind
                });
            }
        }
        for spec in file.checked {
            let tables = self.language_mut(language);
            let fields = spec.decorators.into_iter().map(String::into_boxed_str);
            tables.checked_fields.extend(fields);
            let arguments = spec.arguments.into_iter().map(String::into_boxed_str);
            tables.checked_arguments.extend(arguments);
        }
        for spec in file.returns {
            let returns = returns_of(&spec.kind);
            let tables = self.language_mut(language);
            for call in &spec.calls {
                entry(&mut tables.paths, call).returns = Some(returns.clone());
            }
        }
        for spec in file.opaque {
            let tables = self.language_mut(language);
            for call in &spec.calls {
                entry(&mut tables.paths, call).opaque = true;
            }
            for method in &spec.methods {
                let entry = entry(&mut tables.methods, method);
                if spec.after.is_empty() {
                    entry.opaque = true;
                } else {
                    entry.opaque_after.extend_from_slice(&spec.after);
                }
            }
        }
        for root in &file.known {
            self.language_mut(language)
                .roots
                .insert(root.as_str().into());
        }
        for spec in file.fills {
            let tables = self.language_mut(language);
            for call in &spec.calls {
                entry(&mut tables.paths, call).fills.clone_from(&spec.args);
            }
        }
        for spec in file.field {
            let tables = self.language_mut(language);
            for path in &spec.paths {
                entry(&mut tables.paths, path).alias = Some(spec.kind.as_str().into());
            }
        }
        for spec in file.begins {
            let tables = self.language_mut(language);
            for path in &spec.paths {
                entry(&mut tables.paths, path).begins = Some(spec.with.as_str().into());
            }
        }
        for call in &file.compares {
            entry(&mut self.language_mut(language).paths, call).compares = true;
        }
        for call in &file.encodes {
            entry(&mut self.language_mut(language).paths, call).encodes = true;
        }
        for call in &file.never {
            entry(&mut self.language_mut(language).paths, call).never = true;
        }
        for spec in file.store {
            let tables = self.language_mut(language);
            for kind in &spec.types {
                tables.stores.insert(kind.as_str().into());
                for method in &spec.methods {
                    entry(&mut tables.paths, &format!("{kind}.{method}")).stores = true;
                }
            }
        }
        for spec in file.entry {
            let harmless = self.rules_named(name, &spec.harmless_for)?;
            let kind = spec.tainted.then(|| {
                let control = Control::Remote;
                self.source_kind(&spec.what, control, spec.text, harmless, spec.tool)
            });
            let returned = match &spec.returned {
                Some(id) => Some(self.rule_index(id).ok_or_else(|| RuleError::Unknown {
                    file: name.to_owned(),
                    what: "rule",
                    name: id.clone(),
                })?),
                None => None,
            };
            self.language_mut(language).entries.push(CompiledEntry {
                spec,
                kind,
                returned,
            });
        }
        for spec in file.parameter {
            let kind = spec
                .what
                .as_ref()
                .map(|what| self.source_kind(what, Control::Remote, false, Bits::NONE, false));
            self.language_mut(language)
                .parameters
                .push(CompiledParameter { spec, kind });
        }
        Ok(())
    }

    fn rules_named(&self, file: &str, ids: &[String]) -> Result<Bits, RuleError> {
        let mut bits = Bits::NONE;
        for id in ids {
            let rule = self.rule_index(id).ok_or_else(|| RuleError::Unknown {
                file: file.to_owned(),
                what: "rule",
                name: id.clone(),
            })?;
            bits = bits.or(Bits::rule(rule));
        }
        Ok(bits)
    }

    fn source_kind(
        &mut self,
        what: &str,
        control: Control,
        text: bool,
        harmless: Bits,
        tool: bool,
    ) -> u16 {
        let mut cleared = self.own_source_rules.or(harmless);
        if text {
            cleared = cleared.or(self.structure_rules);
        }
        let known = self.source_kinds.iter().position(|k| {
            k.what == what && k.control == control && k.cleared == cleared && k.tool == tool
        });
        let at = known.unwrap_or_else(|| {
            self.source_kinds.push(SourceKind {
                what: what.to_owned(),
                control,
                cleared,
                asked: Vec::new(),
                tool,
                own_fields: Vec::new(),
                name_fields: Vec::new(),
            });
            self.source_kinds.len() - 1
        });
        at as u16
    }
}

/// Types that paths of methods and constructors begin with.
fn declared_types(tables: &LanguageModels) -> BTreeSet<Box<str>> {
    let is_type = |path: &&str| {
        let last = path.rsplit('.').next().unwrap_or(path);
        path.contains('.') && last.starts_with(char::is_uppercase)
    };
    let methods = tables.paths.keys().filter_map(|path| path.rsplit_once('.'));
    methods
        .map(|(of, _)| of)
        .chain(tables.paths.keys().map(AsRef::as_ref))
        .chain(tables.stores.iter().map(AsRef::as_ref))
        .filter(is_type)
        .map(Into::into)
        .collect()
}

/// Last names of calls that are sinks or weak by themselves.
fn risky_methods(tables: &LanguageModels) -> FxHashSet<Box<str>> {
    let named = tables.paths.iter().chain(&tables.methods);
    named
        .filter(|(_, entry)| !entry.sinks.is_empty() || !entry.weak_calls.is_empty())
        .map(|(path, _)| path.rsplit('.').next().unwrap_or(path).into())
        .collect()
}

/// The type that a model names.
pub(crate) fn returns_of(kind: &str) -> Returns {
    match kind {
        "number" => Returns::Number,
        "text" => Returns::FreshText,
        "receiver" => Returns::Receiver,
        path => Returns::Type(path.into()),
    }
}

/// The library that a path begins with: what stands before the first dot after the last slash.
pub(crate) fn library_of(path: &str) -> &str {
    let folder = path.rfind('/').map_or(0, |at| at + 1);
    let rest = path.get(folder..).unwrap_or("");
    let end = rest.find('.').unwrap_or(rest.len());
    path.get(..folder + end).unwrap_or(path)
}

fn entry<'t>(table: &'t mut FxHashMap<Box<str>, Entry>, name: &str) -> &'t mut Entry {
    table.entry(name.into()).or_default()
}

fn clear(entry: &mut Entry, guards: Option<u16>, rule: u16) {
    let bit = Bits::rule(rule);
    match guards {
        Some(argument) => {
            let before = entry.guard.map_or(Bits::NONE, |g| g.1);
            entry.guard = Some((argument, before.or(bit)));
        }
        None => entry.clears = entry.clears.or(bit),
    }
}
