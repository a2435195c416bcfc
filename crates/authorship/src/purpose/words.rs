//! What the words of a subject weigh for each purpose. The words are in `data/purpose.toml`; each
//! is looked up once, in whatever form it stands.

use std::sync::LazyLock;

use bstr::ByteSlice;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use trueline_facts::usage::Purpose;

use super::lines::LineTable;
use super::paths::{PathTable, Paths, Touched};

pub(super) type ByPurpose = std::collections::BTreeMap<Purpose, Vec<Box<str>>>;
pub(super) type ByPurposeWeight = std::collections::BTreeMap<Purpose, i32>;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) types: ByPurpose,
    pub(super) scopes: ByPurpose,
    pub(super) emoji: ByPurpose,
    pub(super) lead: ByPurpose,
    pub(super) weak: ByPurpose,
    pub(super) telling: ByPurpose,
    pub(super) anywhere: ByPurpose,
    pub(super) phrases: ByPurpose,
    empty: Empty,
    paths: PathTable,
    pub(super) lines: LineTable,
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "subjects the table is tested on")
    )]
    pub(super) examples: ByPurpose,
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "subjects the table is tested on")
    )]
    pub(super) counterexamples: ByPurpose,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Empty {
    words: Vec<Box<str>>,
}

pub(super) const SOURCE: &str = include_str!("../../data/purpose.toml");

/// Weights. What leads outweighs two hints; a phrase outweighs what leads; a fixed issue
/// outweighs a weak verb, but not a strong one.
const PHRASE: i32 = 7;
const LEAD: i32 = 6;
const OBJECT: i32 = 8;
const WEAK: i32 = 3;
const TELLING: i32 = 4;
const HINT: i32 = 2;
const FIXES_ISSUE: i32 = 4;
const CLOSES_ISSUE: i32 = 1;

/// Words of the subject that are looked at, and bytes of the body.
const MOST_WORDS: usize = 24;
const LONGEST_BODY: usize = 500;

#[derive(Default)]
struct Word {
    lead: Option<(Purpose, i32)>,
    hint: Option<(Purpose, i32)>,
    /// Rests of phrases that start with this word.
    phrases: Vec<(Vec<Box<str>>, Purpose)>,
    is_empty: bool,
}

pub(super) struct Words {
    pub(super) types: FxHashMap<Box<str>, Purpose>,
    pub(super) scopes: FxHashMap<Box<str>, Purpose>,
    pub(super) emoji: Vec<(Box<str>, Purpose)>,
    pub(super) paths: Paths,
    pub(super) lines: LineTable,
    known: FxHashMap<Box<str>, Word>,
}

pub(super) static WORDS: LazyLock<Words> =
    LazyLock::new(|| Words::of(&crate::table::embedded::<Table>(SOURCE)));

fn pairs(words: &ByPurpose) -> impl Iterator<Item = (&str, Purpose)> {
    words
        .iter()
        .flat_map(|(purpose, words)| words.iter().map(|word| (&**word, *purpose)))
}

impl Words {
    fn of(table: &Table) -> Self {
        let owned = |words| pairs(words).map(|(word, purpose)| (Box::from(word), purpose));
        let mut known = FxHashMap::<Box<str>, Word>::default();
        // A word as written stands before a form of another.
        for exact in [true, false] {
            let forms = |word| {
                forms(word)
                    .into_iter()
                    .skip(usize::from(!exact))
                    .take(if exact { 1 } else { usize::MAX })
            };
            for (words, weight) in [(&table.lead, LEAD), (&table.weak, WEAK)] {
                for (word, purpose) in pairs(words) {
                    for form in forms(word) {
                        let word = known.entry(form).or_default();
                        word.lead.get_or_insert((purpose, weight));
                    }
                }
            }
            for (words, weight) in [(&table.telling, TELLING), (&table.anywhere, HINT)] {
                for (word, purpose) in pairs(words) {
                    for form in forms(word) {
                        let word = known.entry(form).or_default();
                        word.hint.get_or_insert((purpose, weight));
                    }
                }
            }
            for (phrase, purpose) in pairs(&table.phrases) {
                let mut words = phrase.split(' ');
                let first = words.next().unwrap_or_default();
                let rest: Vec<Box<str>> = words.map(Box::from).collect();
                for form in forms(first) {
                    let word = known.entry(form).or_default();
                    word.phrases.push((rest.clone(), purpose));
                }
            }
        }
        for word in &table.empty.words {
            known.entry(word.clone()).or_default().is_empty = true;
        }
        Self {
            types: owned(&table.types).collect(),
            scopes: owned(&table.scopes).collect(),
            emoji: owned(&table.emoji).collect(),
            paths: Paths::of(&table.paths),
            lines: table.lines.clone(),
            known,
        }
    }
}

/// A word, then its forms as a verb or a plural.
fn forms(word: &str) -> Vec<Box<str>> {
    let mut forms: Vec<Box<str>> = vec![word.into()];
    let mut with = |stem: &str, ends: &[&str]| {
        forms.extend(ends.iter().map(|end| Box::from(format!("{stem}{end}"))));
    };
    if let Some(stem) = word.strip_suffix('e') {
        with(stem, &["es", "ed", "ing"]);
    } else if let Some(stem) = word.strip_suffix('y') {
        with(stem, &["ies", "ied", "ying", "ys", "yed"]);
    } else {
        with(word, &["s", "es", "ed", "ing"]);
        if let Some(last) = word.chars().next_back() {
            with(&format!("{word}{last}"), &["ed", "ing"]);
        }
    }
    forms
}

/// Weights of the purposes of one subject.
#[derive(Default)]
pub(super) struct Weights([i32; Purpose::ALL.len()]);

impl Weights {
    pub(super) fn add(&mut self, purpose: Purpose, weight: i32) {
        if let Some(sum) = self.0.get_mut(purpose as usize) {
            *sum += weight;
        }
    }

    fn of(&self, purpose: Purpose) -> i32 {
        self.0.get(purpose as usize).copied().unwrap_or(0)
    }

    fn clear(&mut self, purpose: Purpose) {
        if let Some(sum) = self.0.get_mut(purpose as usize) {
            *sum = 0;
        }
    }

    /// The heaviest; of equals the one that is mostly meant.
    fn heaviest(&self) -> Option<Purpose> {
        const MOSTLY: [Purpose; 8] = [
            Purpose::Docs,
            Purpose::Fix,
            Purpose::Feature,
            Purpose::Refactor,
            Purpose::Test,
            Purpose::Infrastructure,
            Purpose::Dependency,
            Purpose::Unclear,
        ];
        let most = MOSTLY.into_iter().map(|purpose| self.of(purpose)).max()?;
        MOSTLY
            .into_iter()
            .find(|purpose| most > 0 && self.of(*purpose) == most)
    }
}

/// What follows the area a subject names: `ruff server: improve x`, `.entire/settings.json: x`.
pub(super) fn after_area(text: &str) -> &str {
    let leads = |text| {
        let word = words(text).next().and_then(|word| WORDS.known.get(word));
        word.is_some_and(|word| word.lead.is_some())
    };
    match text.split_once(": ") {
        Some((area, rest))
            if !area.starts_with("revert")
                && area.split(' ').count() <= 3
                && (leads(rest) || !leads(text)) =>
        {
            rest
        }
        _ => text,
    }
}

/// What the words of a subject, the issues a message closes and the lines of sources say.
pub(super) fn purpose(text: &str, body: &[u8], touched: &Touched) -> Purpose {
    let text = after_area(text);
    let Some(mut weights) = weigh(text, body) else {
        return if touched.is_move() {
            Purpose::Refactor
        } else {
            Purpose::Unclear
        };
    };
    // `Add reader and tests`, but not `Tests of the reader`.
    if touched.tests_accompany() && !leads_with(text, Purpose::Test) {
        weights.clear(Purpose::Test);
    }
    if touched.adds_sources_only() {
        weights.clear(Purpose::Docs);
    }
    // Lines tell only features, fixes and refactorings apart.
    if let Some(shape) = touched.shape()
        && weights
            .heaviest()
            .is_none_or(|said| matches!(said, Purpose::Feature | Purpose::Fix | Purpose::Refactor))
    {
        WORDS.lines.weigh(shape, &mut weights);
    }
    if let Some(heaviest) = weights.heaviest() {
        return heaviest;
    }
    // Only a subject of no known word is worth reading on for.
    let body = body.get(..LONGEST_BODY).unwrap_or(body);
    for word in words(&body.to_str_lossy().to_lowercase()).take(MOST_WORDS) {
        if let Some((purpose, weight)) = WORDS.known.get(word).and_then(|word| word.hint) {
            weights.add(purpose, weight);
        }
    }
    weights.heaviest().unwrap_or(Purpose::Feature)
}

/// Documents or tests, if the words of a subject are plainly about them.
pub(super) fn of_docs_or_tests(text: &str, body: &[u8]) -> Option<Purpose> {
    let weights = weigh(after_area(text), body)?;
    let said = weights.heaviest()?;
    (matches!(said, Purpose::Docs | Purpose::Test) && weights.of(said) >= PHRASE).then_some(said)
}

fn leads_with(text: &str, purpose: Purpose) -> bool {
    let first = words(text).next().and_then(|word| WORDS.known.get(word));
    first
        .and_then(|word| word.lead)
        .is_some_and(|(said, _)| said == purpose)
}

/// What words and issues weigh; `None` if they say nothing.
fn weigh(text: &str, body: &[u8]) -> Option<Weights> {
    let mut weights = Weights::default();
    let mut said = false;
    let mut telling = 0;
    let mut rest = words(text);
    let known = words(text)
        .take(MOST_WORDS)
        .map(|word| (word, WORDS.known.get(word)));
    for (ix, (name, word)) in known.enumerate() {
        rest.next();
        let Some(word) = word else {
            telling += u32::from(name.len() > 1 && !is_file(name, text));
            continue;
        };
        telling += u32::from(!word.is_empty);
        for (phrase, purpose) in &word.phrases {
            if matches(phrase, rest.clone()) {
                // What stands at the end is an aside.
                weights.add(*purpose, if ix < 4 { PHRASE } else { WEAK });
            }
        }
        if let Some((purpose, weight)) = word.lead
            && !said
            && (ix == 0 || is_verb(purpose))
        {
            said = true;
            weights.add(purpose, if ix == 0 { weight } else { weight / 2 });
            if let Some(purpose) = object(text, ix) {
                weights.add(purpose, OBJECT);
            }
        } else if let Some((purpose, weight)) = word.hint {
            weights.add(purpose, weight);
        }
    }
    let issues = closes(text.as_bytes());
    let body = body.get(..LONGEST_BODY).unwrap_or(body);
    let issues = issues.max(closes(body));
    if telling == 0 && issues == 0 {
        return None;
    }
    if issues > 0 {
        weights.add(Purpose::Fix, issues);
    }
    // `old_name -> new_name`
    if text.contains(" -> ") {
        weights.add(Purpose::Refactor, WEAK);
    }
    Some(weights)
}

/// What leads to other purposes is mostly a noun (`build`, `test`, `doc`) unless it stands first.
const fn is_verb(purpose: Purpose) -> bool {
    matches!(
        purpose,
        Purpose::Feature | Purpose::Fix | Purpose::Refactor | Purpose::Dependency
    )
}

/// `src/a.rs`, but not the `a.read` of `a.read()`.
fn is_file(name: &str, text: &str) -> bool {
    let is_called = || {
        text.split_once(name)
            .is_some_and(|(_, rest)| rest.starts_with('('))
    };
    name.contains('/') || name.contains('.') && !is_called()
}

fn matches<'t>(phrase: &[Box<str>], mut words: impl Iterator<Item = &'t str>) -> bool {
    phrase.iter().all(|part| {
        words
            .next()
            .is_some_and(|word| match part.strip_suffix('*') {
                Some(start) => word.starts_with(start),
                None => word == &**part,
            })
    })
}

/// What the object of the verb says, where it says more than the verb: `add unit tests for x`,
/// `improve docs of x`, `fix lints`. The object ends at the first preposition.
fn object(text: &str, verb: usize) -> Option<Purpose> {
    const ENDS: [&str; 18] = [
        "for", "in", "of", "to", "from", "with", "on", "when", "by", "at", "into", "as", "if",
        "about", "and", "so", "that", "before",
    ];
    let object = || {
        words(text)
            .skip(verb + 1)
            .take_while(|word| !ENDS.contains(word))
            .take(MOST_WORDS)
    };
    let hint = |word| WORDS.known.get(word).and_then(|word: &Word| word.hint);
    // `fixed a documentation bug`
    let first = object().find(|word| !matches!(*word, "a" | "an" | "the" | "some" | "missing"))?;
    if let Some((Purpose::Docs, _)) = hint(first) {
        return Some(Purpose::Docs);
    }
    let last = object().last()?;
    match hint(last) {
        Some((said @ (Purpose::Test | Purpose::Docs), _)) => Some(said),
        _ if matches!(last, "benchmark" | "benchmarks" | "specs") => Some(Purpose::Test),
        _ if matches!(
            last,
            "example" | "examples" | "comment" | "comments" | "note" | "notes"
        ) =>
        {
            let verb = words(text).nth(verb)?;
            let written = [
                "add",
                "fix",
                "improve",
                "improving",
                "update",
                "updating",
                "correct",
                "clarif",
                "more",
                "new",
                "expand",
            ];
            written
                .iter()
                .any(|start| verb.starts_with(start))
                .then_some(Purpose::Docs)
        }
        _ => None,
    }
}

static ISSUES: LazyLock<memchr::memmem::Finder<'static>> =
    LazyLock::new(|| memchr::memmem::Finder::new("/issues/"));

/// Weight of the issues a text fixes or closes: `fixes #12`, `(fix #12)`, `closes: https://…`.
fn closes(text: &[u8]) -> i32 {
    let mut most = 0;
    let numbers = memchr::memchr_iter(b'#', text);
    for at in numbers.chain(ISSUES.find_iter(text)).take(4) {
        let before = text.get(at.saturating_sub(60)..at).unwrap_or_default();
        let Some(word) = before
            .rsplit(|b| b.is_ascii_whitespace() || matches!(b, b'(' | b'['))
            .filter(|word| !word.is_empty() && !word.contains_str("/"))
            .find(|word| !matches!(*word, b"issue" | b"bug" | b"gh" | b"gh-"))
        else {
            continue;
        };
        let word = word.trim_end_with(|c| c == ':').to_ascii_lowercase();
        most = most.max(match &*word {
            b"fix" | b"fixes" | b"fixed" => FIXES_ISSUE,
            b"close" | b"closes" | b"closed" | b"resolve" | b"resolves" | b"resolved" => {
                CLOSES_ISSUE
            }
            _ => 0,
        });
    }
    most
}

/// Words of a text; code in back-ticks is none.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.split('`')
        .step_by(2)
        .flat_map(|part| {
            part.split(|c: char| {
                !(c.is_alphanumeric()
                    || matches!(c, '\'' | '_' | '/' | '.' | '-' | '@' | '^' | '~'))
            })
        })
        .map(|word| word.trim_matches(['.', '/', '\'', '-', '@', '^', '~']))
        .filter(|word| !word.is_empty())
}
