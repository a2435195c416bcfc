//! Phrases: what a signal sounds like, from `data/phrases.toml`, and where a sentence has one.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

use super::grammar::is_imperative;

macro_rules! signals {
    ($($name:ident = $id:literal,)*) => {
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub(super) enum Signal { $($name,)* }
        pub(super) const SIGNALS: &[(&str, Signal)] = &[$(($id, Signal::$name),)*];
    };
}

signals! {
    Override = "override",
    Takeover = "takeover",
    Authority = "authority",
    Conceal = "conceal",
    Attribution = "attribution",
    SecretFile = "secret-file",
    SecretWord = "secret-word",
    Read = "read",
    Send = "send",
    Sink = "sink",
    CollectingHost = "collecting-host",
    Directive = "directive",
    Agent = "agent",
    StrongMarker = "strong-marker",
    WeakMarker = "weak-marker",
    Preference = "preference",
    Reroute = "reroute",
    Redirect = "redirect",
    Harvest = "harvest",
    Defence = "defence",
    Pretext = "pretext",
    OrderedCommand = "ordered-command",
    StartupFile = "startup-file",
    Touch = "touch",
    Tamper = "tamper",
    Covert = "covert",
    Boast = "boast",
    Restate = "restate",
    SideCall = "side-call",
    Publish = "publish",
    RemoteOrders = "remote-orders",
    Standing = "standing",
    Transmit = "transmit",
    HandOut = "hand-out",
    Gather = "gather",
    SecretVariable = "secret-variable",
    SecretMatter = "secret-matter",
    PublicPlace = "public-place",
    SecretStore = "secret-store",
    Authentication = "authentication",
    Act = "act",
    Unasked = "unasked",
    Confined = "confined",
    Unverified = "unverified",
    Unverify = "unverify",
    Unguard = "unguard",
    NoLook = "no-look",
    NoVerify = "no-verify",
    FalseReport = "false-report",
    KeepFrom = "keep-from",
    Openness = "openness",
    Mention = "mention",
    WrongList = "wrong-list",
    AtHome = "at-home",
    Condition = "condition",
    PassedOut = "passed-out",
    Authorship = "authorship",
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PhraseFile {
    words: BTreeMap<String, String>,
    pub(super) signal: Vec<SignalSpec>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignalSpec {
    id: String,
    #[serde(default)]
    imperative: bool,
    patterns: Vec<String>,
}

pub(super) struct Phrase {
    pattern: Regex,
    imperative: bool,
}

static PHRASES: LazyLock<Vec<Option<Phrase>>> = LazyLock::new(|| {
    let Ok(file) = toml::from_str::<PhraseFile>(include_str!("../../data/phrases.toml")) else {
        return SIGNALS.iter().map(|_| None).collect();
    };
    SIGNALS.iter().map(|(id, _)| compile(&file, id)).collect()
});

pub(super) fn compile(file: &PhraseFile, id: &str) -> Option<Phrase> {
    let spec = file.signal.iter().find(|signal| signal.id == id)?;
    let mut joined = String::new();
    for pattern in &spec.patterns {
        joined.push_str(if joined.is_empty() { "(?:" } else { "|(?:" });
        joined.push_str(pattern);
        joined.push(')');
    }
    for (name, text) in &file.words {
        joined = joined.replace(&format!("%{name}%"), &format!("(?:{text})"));
    }
    // Blanks of a pattern are any blanks of a text: lines are broken everywhere.
    let joined = joined.replace(' ', r"\s+");
    let pattern = RegexBuilder::new(&joined)
        .unicode(false)
        .dot_matches_new_line(true)
        .size_limit(32 << 20)
        .build()
        .ok()?;
    Some(Phrase {
        pattern,
        imperative: spec.imperative,
    })
}

/// A sentence of a text in lower case.
pub(super) struct Sentence<'t> {
    pub(super) text: &'t str,
    /// Its first byte in the text.
    pub(super) start: usize,
}

/// What samples of `.env` end in.
const SAMPLES: [&[u8]; 7] = [
    b".example",
    b".sample",
    b".template",
    b".dist",
    b".defaults",
    b".schema",
    b".test",
];

impl Sentence<'_> {
    pub(super) fn find(&self, signal: Signal) -> Option<(usize, usize)> {
        let phrase = PHRASES.get(signal as usize)?.as_ref()?;
        let found = phrase
            .pattern
            .find_iter(self.text.as_bytes())
            .find(|found| {
                !phrase.imperative || is_imperative(&self.text.as_bytes()[..found.start()])
            })?;
        Some((found.start(), found.end()))
    }

    /// All places of a signal.
    pub(super) fn all(&self, signal: Signal) -> Vec<(usize, usize)> {
        let phrase = PHRASES.get(signal as usize).and_then(Option::as_ref);
        phrase.map_or_else(Vec::new, |phrase| {
            let found = phrase.pattern.find_iter(self.text.as_bytes());
            found.map(|found| (found.start(), found.end())).collect()
        })
    }

    /// How often a signal is there.
    pub(super) fn count(&self, signal: Signal) -> usize {
        let phrase = PHRASES.get(signal as usize).and_then(Option::as_ref);
        phrase.map_or(0, |phrase| {
            phrase.pattern.find_iter(self.text.as_bytes()).count()
        })
    }

    pub(super) fn has(&self, signal: Signal) -> bool {
        self.find(signal).is_some()
    }

    pub(super) fn is_defence(&self) -> bool {
        self.has(Signal::Defence)
    }

    /// A file of secrets, and not a sample of one.
    pub(super) fn secret_file(&self) -> Option<(usize, usize)> {
        let phrase = PHRASES.get(Signal::SecretFile as usize)?.as_ref()?;
        phrase
            .pattern
            .find_iter(self.text.as_bytes())
            .find(|found| {
                let bytes = self.text.as_bytes();
                let next = bytes.get(found.end()..).unwrap_or_default();
                // The rest of the path that it begins.
                let rest = next
                    .split(|b| !b.is_ascii_alphanumeric() && !b"-_./".contains(b))
                    .next();
                let is_public = rest.is_some_and(|rest| rest.trim_ascii_end().ends_with(b".pub"));
                let is_sample = found.as_bytes().ends_with(b".env")
                    && SAMPLES.iter().any(|sample| next.starts_with(sample))
                    || is_public;
                // `process.env`, `import.meta.env`: a name of a program.
                let is_name = found.as_bytes().starts_with(b".env")
                    && found
                        .start()
                        .checked_sub(1)
                        .and_then(|before| bytes.get(before))
                        .is_some_and(u8::is_ascii_alphanumeric);
                !is_sample && !is_name
            })
            .map(|found| (found.start(), found.end()))
    }
}
