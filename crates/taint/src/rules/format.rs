//! The shape of rule and model files.
//!
//! Names of callables are dotted paths as imported (`os.system`, `child_process.exec`); what a call
//! returns is named by the path of the call, unless a `[[returns]]` entry gives it a type.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use trueline_facts::{Confidence, Severity, Tier};
use trueline_syntax::ir::Language;

use crate::fix::spec::FixSpec;

/// A language as written in rule files; JavaScript stands for TypeScript too.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LanguageName {
    Python,
    Javascript,
    Typescript,
    Go,
    Java,
}

impl From<LanguageName> for Language {
    fn from(name: LanguageName) -> Self {
        match name {
            LanguageName::Python => Self::Python,
            LanguageName::Javascript => Self::JavaScript,
            LanguageName::Typescript => Self::TypeScript,
            LanguageName::Go => Self::Go,
            LanguageName::Java => Self::Java,
        }
    }
}

/// A rule file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent keys of a file, each off unless written"
)]
pub(crate) struct RuleFile {
    pub(crate) schema: u32,
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) cwe: Vec<u32>,
    #[serde(default)]
    pub(crate) owasp: Vec<String>,
    /// Requirements of the OWASP ASVS 5.0, by number.
    #[serde(default)]
    pub(crate) asvs: Vec<String>,
    pub(crate) severity: Severity,
    pub(crate) confidence: Confidence,
    pub(crate) tier: Tier,
    pub(crate) fix: String,
    /// The same for languages in which it is done with other names.
    #[serde(default)]
    pub(crate) fixes: Vec<AdviceSpec>,
    /// What the tainted text becomes, for the message: "part of an SQL query".
    #[serde(default)]
    pub(crate) becomes: String,
    /// Characters of which an attack needs one: a whole-text match of an alphabet without them
    /// clears the rule.
    #[serde(default)]
    pub(crate) danger: String,
    /// Texts whose proven absence clears the rule.
    #[serde(default)]
    pub(crate) absent: Vec<String>,
    /// The rule is about file paths: half-proofs (`no ..`, `inside a folder`) count.
    #[serde(default)]
    pub(crate) paths: bool,
    /// The rule is about the ending of a file's name, which a check of the ending answers for.
    #[serde(default)]
    pub(crate) endings: bool,
    /// The rule is about the structure of a value (an operator where text was meant): a value that
    /// is surely text is harmless.
    #[serde(default)]
    pub(crate) structure: bool,
    /// The rule is about the keys of input: what a schema let through cannot violate it.
    #[serde(default)]
    pub(crate) keys: bool,
    /// The rule is about code: a text literal is harmless.
    #[serde(default)]
    pub(crate) literals: bool,
    /// The tier of flows through functions that the engine does not know.
    #[serde(default)]
    pub(crate) guessed_tier: Option<Tier>,
    pub(crate) docs: Docs,
    #[serde(default)]
    pub(crate) sink: Vec<SinkSpec>,
    #[serde(default)]
    pub(crate) sanitizer: Vec<SanitizerSpec>,
    #[serde(default)]
    pub(crate) call: Vec<CallSpec>,
    #[serde(default)]
    pub(crate) comparison: Vec<ComparisonSpec>,
    /// Words for `context` of all calls.
    #[serde(default)]
    pub(crate) context: Vec<String>,
    /// Words for `benign` of all calls.
    #[serde(default)]
    pub(crate) benign: Vec<String>,
    /// `context` is looked for in the names that the result gets, and counts only where it leaves the
    /// code that made it.
    #[serde(default)]
    pub(crate) follow: bool,
    /// Words for `asked` of all calls.
    #[serde(default)]
    pub(crate) asked: Vec<String>,
    /// Things that matter to this rule alone when they reach its sinks.
    #[serde(default)]
    pub(crate) source: Vec<OwnSourceSpec>,
    #[serde(default)]
    pub(crate) secret: Option<SecretSpec>,
    /// Patches for its findings; the first that fits is offered.
    #[serde(default)]
    pub(crate) patch: Vec<FixSpec>,
    #[serde(default)]
    pub(crate) examples: Vec<ExampleSpec>,
    #[serde(default)]
    pub(crate) counterexamples: Vec<ExampleSpec>,
}

/// The sections of a rule's docs page.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Docs {
    /// What the rule looks for.
    pub what: String,
    /// Why it matters.
    pub why: String,
    /// What it misses or mistakes.
    #[serde(default)]
    pub problems: String,
    /// What a finding shows.
    #[serde(default)]
    pub evidence: String,
    /// Standards, by id and title.
    #[serde(default)]
    pub references: Vec<String>,
}

/// Code with a language.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExampleSpec {
    pub(crate) language: LanguageName,
    #[serde(default)]
    pub(crate) note: String,
    pub(crate) code: String,
}

/// How an argument of a sink is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mode {
    /// The text itself.
    #[default]
    Text,
    /// The text or anything inside the container.
    Deep,
    /// An argument list: the program, or what follows `sh -c`.
    Arguments,
    /// A URL whose host is not fixed by a constant beginning.
    Url,
    /// Text that a browser will read as HTML.
    Html,
    /// An argument list: what a program may take for an option, which begins with the input and
    /// stands before any `--`.
    Options,
    /// Messages of a conversation: those that instruct the model.
    Instructions,
    /// A whole list or map of input, not parts of it.
    Whole,
    /// Text written to an answer whose content type, or the text's beginning, decides whether a
    /// browser reads it as HTML.
    Answer,
    /// The call's own arguments from that position on are an argument list.
    Program,
    /// Headers, and after an empty line a body, which does not matter.
    Headers,
    /// Text that is matched against a constant pattern which backtracks without end; found by what
    /// the language has for that, not by calls.
    Matched,
}

/// A call that must not receive tainted text.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent keys of a file, each off unless written"
)]
pub(crate) struct SinkSpec {
    pub(crate) language: LanguageName,
    /// Dotted paths of callables.
    #[serde(default)]
    pub(crate) calls: Vec<String>,
    /// Method names, for receivers of unknown type.
    #[serde(default)]
    pub(crate) methods: Vec<String>,
    /// Words in the name of an unknown receiver that make a method match.
    #[serde(default)]
    pub(crate) receivers: Vec<String>,
    /// Attributes that must not be assigned tainted text.
    #[serde(default)]
    pub(crate) fields: Vec<String>,
    /// Parts of the names of containers whose keys and values must not be tainted.
    #[serde(default)]
    pub(crate) containers: Vec<String>,
    /// JSX attributes, likewise.
    #[serde(default)]
    pub(crate) attributes: Vec<String>,
    /// Positions that matter; none means all of them.
    #[serde(default)]
    pub(crate) args: Vec<u16>,
    /// Keywords that matter.
    #[serde(default)]
    pub(crate) keywords: Vec<String>,
    /// Fields of an options object in those positions.
    #[serde(default)]
    pub(crate) options: Vec<String>,
    /// It counts only in files that import one of these.
    #[serde(default)]
    pub(crate) imports: Vec<String>,
    /// Whole maps that are spread into keywords matter.
    #[serde(default)]
    pub(crate) spread: bool,
    /// The receiver matters.
    #[serde(default)]
    pub(crate) receiver: bool,
    #[serde(default)]
    pub(crate) mode: Mode,
    /// Constant keywords (or fields of an options object) that must hold.
    #[serde(default)]
    pub(crate) when: BTreeMap<String, Scalar>,
    /// Constant keywords, or dotted names of their values, that make the call safe.
    #[serde(default)]
    pub(crate) unless: BTreeMap<String, Vec<Scalar>>,
    /// Words of which one is in the name of the receiver or of the first argument, or in its constant
    /// text: `audit_log`.
    #[serde(default)]
    pub(crate) named: Vec<String>,
    /// Methods of which one, called in the same file, bounds what the call can do: it does not count then.
    #[serde(default)]
    pub(crate) unless_beside: Vec<String>,
    /// It refuses a request whose path has `..` in it: what is of that path leads nowhere else.
    #[serde(default)]
    pub(crate) refuses_dots: bool,
    /// It counts only if an argument may be an object with attributes.
    #[serde(default)]
    pub(crate) objects: bool,
    /// It counts only for an answer that was declared to be HTML.
    #[serde(default)]
    pub(crate) declared: bool,
    /// Whether the result of the call must only become an entry of a map, or must not.
    #[serde(default)]
    pub(crate) kept: Option<bool>,
    /// The text must begin like a statement of this language, for methods of unknown receivers.
    #[serde(default)]
    pub(crate) looks_like: Option<TextForm>,
    #[serde(default)]
    pub(crate) confidence: Option<Confidence>,
    #[serde(default)]
    pub(crate) tier: Option<Tier>,
    #[serde(default)]
    pub(crate) fix: Option<String>,
}

/// Languages that constant text can be recognised as.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TextForm {
    Sql,
    Ldap,
    Html,
}

/// A constant in a rule file.
#[derive(Clone, PartialEq, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Scalar {
    Bool(bool),
    Int(i64),
    Text(String),
}

/// A call whose result is clean for this rule.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SanitizerSpec {
    pub(crate) language: LanguageName,
    #[serde(default)]
    pub(crate) calls: Vec<String>,
    #[serde(default)]
    pub(crate) methods: Vec<String>,
    /// The methods count only when they are passed something: `insert.values(name=x)`, unlike `map.values()`.
    #[serde(default)]
    pub(crate) if_passed: bool,
    /// The calls count only where a parameter that is declared to be of some class is passed to them.
    #[serde(default)]
    pub(crate) if_declared: bool,
    /// Attributes that hold what was let through: `form.cleaned_data`.
    #[serde(default)]
    pub(crate) fields: Vec<String>,
    /// The call is a question: a true answer clears this argument.
    #[serde(default)]
    pub(crate) guards: Option<u16>,
}

/// A call that is weak by itself.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "conditions of a file of rules, each under a key of its own"
)]
pub(crate) struct CallSpec {
    pub(crate) language: LanguageName,
    #[serde(default)]
    pub(crate) calls: Vec<String>,
    #[serde(default)]
    pub(crate) methods: Vec<String>,
    /// Attributes that must not be set to one of `value`.
    #[serde(default)]
    pub(crate) fields: Vec<String>,
    #[serde(default)]
    pub(crate) value: Vec<Scalar>,
    /// Methods that must do something, in classes with one of `bases`.
    #[serde(default)]
    pub(crate) inert: Vec<String>,
    #[serde(default)]
    pub(crate) bases: Vec<String>,
    /// It counts only in files that import one of these.
    #[serde(default)]
    pub(crate) imports: Vec<String>,
    /// It does not count in files that import one of these.
    #[serde(default)]
    pub(crate) unless_imports: Vec<String>,
    /// A condition on one constant argument.
    #[serde(default)]
    pub(crate) argument: Option<ArgumentIs>,
    /// Constant keywords that must hold.
    #[serde(default)]
    pub(crate) when: BTreeMap<String, Scalar>,
    /// Constant keywords that make the call safe.
    #[serde(default)]
    pub(crate) unless: BTreeMap<String, Vec<Scalar>>,
    /// Keywords of which one is missing.
    #[serde(default)]
    pub(crate) lacking: Vec<String>,
    /// Keywords of which none is given.
    #[serde(default)]
    pub(crate) without: Vec<String>,
    /// Words near the call (target, function, argument names) that move it to the rule's own tier;
    /// without one of them it is in tier `all`. `a_b` is two words that follow each other.
    #[serde(default)]
    pub(crate) context: Vec<String>,
    /// Without one of those words it is no finding at all.
    #[serde(default)]
    pub(crate) required: bool,
    /// Words near the call that move it to tier `all`.
    #[serde(default)]
    pub(crate) benign: Vec<String>,
    /// That of the rule.
    #[serde(skip)]
    pub(crate) follow: bool,
    /// It does not count where nothing but these is read of its result, or what is read goes to the
    /// log alone.
    #[serde(default)]
    pub(crate) unless_read: Vec<String>,
    /// It moves to tier `all` where its result only picks one of a few: a number modulo another.
    #[serde(default)]
    pub(crate) unless_share: bool,
    /// It moves to tier `all` where its result only becomes one of these: a name that nobody keeps secret.
    #[serde(default)]
    pub(crate) unless_name: Vec<String>,
    /// It does not count in files that a browser runs.
    #[serde(default)]
    pub(crate) unless_page: bool,
    /// Words of what its result goes to, and of what stands beside it there, that move it to tier
    /// `all`: a function made for the purpose goes on with it.
    #[serde(default)]
    pub(crate) then: Vec<String>,
    /// Words in a condition around the call that move it to tier `all`: who runs the program asked
    /// for it.
    #[serde(default)]
    pub(crate) asked: Vec<String>,
    /// Methods of which one, called in the same file, moves a call about passwords to tier `all`: what
    /// is weak is kept for the old ones.
    #[serde(default)]
    pub(crate) unless_beside: Vec<String>,
    #[serde(default)]
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) fix: Option<String>,
    #[serde(default)]
    pub(crate) tier: Option<Tier>,
    #[serde(default)]
    pub(crate) confidence: Option<Confidence>,
}

/// Values that must not be compared with `==`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComparisonSpec {
    pub(crate) language: LanguageName,
    /// What one side is: the dotted path of the call that made it.
    pub(crate) of: Vec<String>,
    pub(crate) message: String,
}

/// How to mend a finding in one language.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdviceSpec {
    pub(crate) language: LanguageName,
    pub(crate) fix: String,
}

/// A condition on a constant argument.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ArgumentIs {
    pub(crate) at: u16,
    #[serde(default)]
    pub(crate) keyword: Option<String>,
    /// Texts of which it must be one (any case).
    #[serde(default)]
    pub(crate) one_of: Vec<String>,
    /// Or beginnings of it.
    #[serde(default)]
    pub(crate) begins: Vec<String>,
    /// It is a list, and one of its elements must be so.
    #[serde(default)]
    pub(crate) elements: bool,
    /// It must be text or bytes that stand in the source.
    #[serde(default)]
    pub(crate) fixed: bool,
    /// It must be a number below this.
    #[serde(default)]
    pub(crate) below: Option<i64>,
    /// It must be a number with one of these bits set.
    #[serde(default)]
    pub(crate) bits: Option<i64>,
    /// It must be a function that does nothing, or always says yes.
    #[serde(default)]
    pub(crate) idle: bool,
}

/// What names and texts a secret in the source has.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretSpec {
    /// Words of a variable, field or keyword name.
    pub(crate) names: Vec<String>,
    /// Words that say the value is not the secret itself.
    pub(crate) not_names: Vec<String>,
    /// Beginnings or parts of placeholder texts.
    pub(crate) placeholders: Vec<String>,
    /// Beginnings of keys that services give out for browsers and apps: everybody may read them.
    #[serde(default)]
    pub(crate) public: Vec<String>,
    pub(crate) min_length: usize,
    /// Bits per character.
    pub(crate) min_entropy: f64,
    /// Forms by which secrets are known whatever they are called.
    #[serde(default)]
    pub(crate) form: Vec<FormSpec>,
}

/// The form of the tokens of a service.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FormSpec {
    pub(crate) begins: Vec<String>,
    /// What follows.
    pub(crate) alphabet: Alphabet,
    /// Characters that follow, at least and at most.
    #[serde(default)]
    pub(crate) length: usize,
    #[serde(default)]
    pub(crate) longest: Option<usize>,
    #[serde(default)]
    pub(crate) contains: Option<String>,
    /// Bits per character of what follows.
    #[serde(default)]
    pub(crate) min_entropy: f64,
    /// Texts nearby that say that it is meant to be read by everyone.
    #[serde(default)]
    pub(crate) public_beside: Vec<String>,
}

/// Of what characters the rest of a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Alphabet {
    /// Capital letters and digits.
    Upper,
    /// Hexadecimal digits.
    Hex,
    /// Letters and digits.
    Alphanumeric,
    /// Letters, digits, `_` and `-`.
    Word,
    /// These and dots.
    Dotted,
    /// These and slashes.
    Path,
    /// The lines of a private key.
    Key,
}

impl Alphabet {
    pub(crate) const fn has(self, c: char) -> bool {
        match self {
            Self::Upper => c.is_ascii_uppercase() || c.is_ascii_digit(),
            Self::Hex => c.is_ascii_hexdigit(),
            Self::Alphanumeric => c.is_ascii_alphanumeric(),
            Self::Word => c.is_ascii_alphanumeric() || matches!(c, '_' | '-'),
            Self::Dotted => c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'),
            Self::Path => c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'),
            Self::Key => false,
        }
    }
}

/// A model file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelFile {
    pub(crate) schema: u32,
    pub(crate) language: LanguageName,
    #[serde(default)]
    pub(crate) source: Vec<SourceSpec>,
    #[serde(default)]
    pub(crate) returns: Vec<ReturnsSpec>,
    #[serde(default)]
    pub(crate) opaque: Vec<OpaqueSpec>,
    #[serde(default)]
    pub(crate) entry: Vec<EntrySpec>,
    #[serde(default)]
    pub(crate) parameter: Vec<ParameterSpec>,
    #[serde(default)]
    pub(crate) store: Vec<StoreSpec>,
    #[serde(default)]
    pub(crate) fills: Vec<FillsSpec>,
    #[serde(default)]
    pub(crate) field: Vec<FieldSpec>,
    /// Libraries whose functions pass taint on as a matter of course: a call of one is no guess.
    #[serde(default)]
    pub(crate) known: Vec<String>,
    /// Calls that do not return.
    #[serde(default)]
    pub(crate) never: Vec<String>,
    #[serde(default)]
    pub(crate) media_type: Vec<MediaTypeSpec>,
    #[serde(default)]
    pub(crate) checked: Vec<CheckedSpec>,
    #[serde(default)]
    pub(crate) begins: Vec<BeginsSpec>,
    /// Calls that ask whether their two arguments are equal.
    #[serde(default)]
    pub(crate) compares: Vec<String>,
    /// Calls that write their argument in another form, such as hexadecimal digits.
    #[serde(default)]
    pub(crate) encodes: Vec<String>,
}

/// Attributes that hold text with a known beginning: `location.hash`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BeginsSpec {
    pub(crate) paths: Vec<String>,
    pub(crate) with: String,
}

/// How much a source is under an attacker's control.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Control {
    /// Anyone who can reach the network service.
    Remote,
    /// Who starts the program or owns its files.
    Local,
}

/// Things that are tainted when read or called.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent keys of a file, each off unless written"
)]
pub(crate) struct SourceSpec {
    pub(crate) paths: Vec<String>,
    pub(crate) control: Control,
    /// In words: "query parameters of the request".
    pub(crate) what: String,
    /// Its parts are text, never lists or maps.
    #[serde(default)]
    pub(crate) text: bool,
    /// It is itself a list or map, never text.
    #[serde(default)]
    pub(crate) object: bool,
    /// Rules that it does not matter to.
    #[serde(default)]
    pub(crate) harmless_for: Vec<String>,
    /// It is one part of the path of a request, as a router divides it: no slash is in it.
    #[serde(default)]
    pub(crate) segment: bool,
    /// It is the path of an address as a parser of addresses leaves it: no `..` is in it.
    #[serde(default)]
    pub(crate) resolved: bool,
    /// It is of the path of the request that is being answered, which some sinks look at themselves.
    #[serde(default)]
    pub(crate) path_of_request: bool,
    /// Attributes of its parts that the program chose: where an upload is kept.
    #[serde(default)]
    pub(crate) own_fields: Vec<String>,
    /// Attributes of its parts that are names without folders.
    #[serde(default)]
    pub(crate) name_fields: Vec<String>,
}

/// Calls that say what kind of content an answer has.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MediaTypeSpec {
    pub(crate) calls: Vec<String>,
    /// They set a header by name (`set(name, value)`, or an object of them); otherwise the first
    /// argument is the kind itself.
    #[serde(default)]
    pub(crate) headers: bool,
}

/// Decorators of parameters and fields that let only values of a kind through.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckedSpec {
    /// Decorators of fields: `IsUUID`.
    #[serde(default)]
    pub(crate) decorators: Vec<String>,
    /// Names among the arguments of a parameter's decorator: `ParseIntPipe`.
    #[serde(default)]
    pub(crate) arguments: Vec<String>,
}

/// Things that matter to one rule alone.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnSourceSpec {
    pub(crate) language: LanguageName,
    pub(crate) paths: Vec<String>,
    pub(crate) what: String,
    /// Words in a condition around the place that make it harmless: who runs the program asked for
    /// it.
    #[serde(default)]
    pub(crate) asked: Vec<String>,
}

/// What calls return.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReturnsSpec {
    #[serde(default)]
    pub(crate) calls: Vec<String>,
    /// The type's path, or `number`, `text` (fresh text without taint), `receiver`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

/// Methods whose result does not carry what was passed to them (queries, look-ups).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpaqueSpec {
    #[serde(default)]
    pub(crate) calls: Vec<String>,
    #[serde(default)]
    pub(crate) methods: Vec<String>,
    /// The methods count only on what a call of one of these methods gives: `prepare(sql).bind(value)`.
    #[serde(default)]
    pub(crate) after: Vec<String>,
}

/// Functions that a framework calls.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntrySpec {
    /// Last name of a decorator: `route` of `@app.route`.
    #[serde(default)]
    pub(crate) decorators: Vec<String>,
    /// Methods that take the function as an argument: `get` of `app.get('/', f)`.
    #[serde(default)]
    pub(crate) registrars: Vec<String>,
    /// Words in the receiver's name, unless its type is one of `of`.
    #[serde(default)]
    pub(crate) receivers: Vec<String>,
    /// Types of the receiver.
    #[serde(default)]
    pub(crate) of: Vec<String>,
    /// Names of methods of classes whose base ends in one of `bases`.
    #[serde(default)]
    pub(crate) methods: Vec<String>,
    #[serde(default)]
    pub(crate) bases: Vec<String>,
    /// The function's leading parameters are named so: the convention of handlers in files of
    /// their own.
    #[serde(default)]
    pub(crate) named: Vec<String>,
    /// The convention holds only in files that import one of these.
    #[serde(default)]
    pub(crate) imports: Vec<String>,
    /// The convention holds only for functions of these names.
    #[serde(default)]
    pub(crate) functions: Vec<String>,
    /// It does not hold in files that import one of these.
    #[serde(default)]
    pub(crate) unless_imports: Vec<String>,
    /// Types of the leading parameters, after `self`; empty text for none.
    #[serde(default)]
    pub(crate) types: Vec<String>,
    /// The type of `self`, where the framework puts the request there.
    #[serde(default)]
    pub(crate) receiver: Option<String>,
    /// The parameters that are not typed hold input of the request.
    #[serde(default)]
    pub(crate) tainted: bool,
    /// Those are text, never lists or maps.
    #[serde(default)]
    pub(crate) text: bool,
    #[serde(default)]
    pub(crate) what: String,
    /// Rules that they do not matter to.
    #[serde(default)]
    pub(crate) harmless_for: Vec<String>,
    /// A language model calls it: to name any file may be what it is for.
    #[serde(default)]
    pub(crate) tool: bool,
    /// The rule that a returned text is a sink of.
    #[serde(default)]
    pub(crate) returned: Option<String>,
}

/// Parameters that are tainted or typed by their annotation or decorator.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParameterSpec {
    #[serde(default)]
    pub(crate) annotations: Vec<String>,
    #[serde(default)]
    pub(crate) decorators: Vec<String>,
    /// The decorators count only where one of these modules is imported.
    #[serde(default)]
    pub(crate) imports: Vec<String>,
    /// The type of the parameter; `number` carries no text.
    #[serde(default, rename = "type")]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) what: Option<String>,
    /// Those of the decorators that stand for one part of the path of a request: no slash is in it.
    #[serde(default)]
    pub(crate) segments: Vec<String>,
}

/// Calls that put what they read into arguments: `json.Unmarshal(data, &user)`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FillsSpec {
    pub(crate) calls: Vec<String>,
    pub(crate) args: Vec<u16>,
}

/// Attributes, and parts of results (`net.SplitHostPort.1`), of a type.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldSpec {
    pub(crate) paths: Vec<String>,
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

/// Types whose methods keep what is passed to them: `StringIO.write`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoreSpec {
    pub(crate) types: Vec<String>,
    pub(crate) methods: Vec<String>,
}
