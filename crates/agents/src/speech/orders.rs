//! Orders that are wrong whoever gives them: to hand over secrets, to work without asking, to leave safeguards out, to
//! keep it from the person.
//!
//! Such an order has a verb that is spoken as one and something that it is about; the parts are data, how they go
//! together is here. That a path or a command in it stands in backquotes says nothing: this is how paths are written.

use super::grammar::{is_double_negative, is_order, is_quoted};
use super::phrases::{Sentence, Signal};
use super::{Voice, is_local, names_address};
use crate::rule::Id;
use crate::text::floor;

/// An order in a sentence.
pub(super) struct Order {
    pub(super) id: Id,
    /// Bytes of the sentence.
    pub(super) place: (usize, usize),
    pub(super) what: &'static str,
    /// There is a usual reason to say this.
    pub(super) is_usual: bool,
}

/// How far behind its verb what an order is about may stand.
const REACH: usize = 90;

/// Words between which an order ends.
const CLAUSE_ENDS: [&str; 8] = [
    "; ",
    ". ",
    " but ",
    " except ",
    " instead of ",
    " rather than ",
    " unless ",
    " not ",
];

/// The orders of a sentence; `near` are it and those that follow.
pub(super) fn orders(near: &[Sentence<'_>], voice: Voice) -> Vec<Order> {
    let Some(sentence) = near.first() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if let Some((place, is_usual)) = handed_over(sentence, near) {
        found.push(Order {
            id: Id::InstructedExfiltration,
            place,
            what: "the agent is to hand over what is secret",
            is_usual,
        });
    }
    if let Some(place) = acted_on(sentence, Signal::Unasked) {
        found.push(Order {
            id: Id::ApprovalBypass,
            place,
            what: "the agent is to work without asking anybody",
            // The name of a switch may hold such a word.
            is_usual: part(&sentence.text[..place.0]).has(Signal::Confined)
                || part(&sentence.text[place.1..]).has(Signal::Confined)
                || near.get(1).is_some_and(|next| next.has(Signal::Confined)),
        });
    }
    found.extend(weakened(sentence, voice));
    if let Some(place) = concealed(sentence) {
        found.push(Order {
            id: Id::UserConcealment,
            place,
            what: "the agent is to hide what it does from the user",
            is_usual: sentence.has(Signal::Openness),
        });
    }
    found
}

/// A verb of doing, spoken as an order, with what it is about behind it.
fn acted_on(sentence: &Sentence<'_>, what: Signal) -> Option<(usize, usize)> {
    let verbs = sentence.all(Signal::Act).into_iter();
    verbs
        .filter(|verb| is_order(sentence.text, verb.0))
        .find_map(|verb| {
            let area = area(sentence.text, verb.1);
            let (_, end) = part(area).find(what)?;
            Some((verb.0, verb.1 + end))
        })
}

fn weakened(sentence: &Sentence<'_>, voice: Voice) -> Option<Order> {
    let spoken = |signal: Signal| {
        let places = sentence.all(signal).into_iter();
        places
            .filter(|place| is_order(sentence.text, place.0))
            .find(|place| !is_quoted(sentence.text, place.0))
    };
    // What a tool does is told in the same mood: of one, it takes a word to whoever calls it.
    let is_told = voice != Voice::Tool || sentence.has(Signal::Directive);
    let order = |place, what, is_usual| Order {
        id: Id::WeakenedSafeguards,
        place,
        what,
        is_usual: is_usual || !is_told,
    };
    let at_home = sentence.has(Signal::AtHome);
    if let Some(place) = spoken(Signal::Unverify).or_else(|| acted_on(sentence, Signal::Unverified))
    {
        let what = "the other end of connections is not to be checked";
        return Some(order(place, what, at_home));
    }
    if let Some(place) = spoken(Signal::Unguard) {
        let is_usual =
            at_home || sentence.has(Signal::Condition) && !sentence.has(Signal::Standing);
        return Some(order(place, "a safeguard is to be left out", is_usual));
    }
    if let Some(place) = sentence.find(Signal::NoLook)
        && !is_quoted(sentence.text, place.0)
    {
        let what = "nobody is to look for weaknesses";
        return Some(order(
            place,
            what,
            at_home || sentence.has(Signal::Condition),
        ));
    }
    let place = acted_on(sentence, Signal::NoVerify)?;
    let is_usual = !sentence.has(Signal::Standing) && (at_home || sentence.has(Signal::Condition))
        || !sentence.has(Signal::Standing) && voice != Voice::Tool;
    Some(order(place, "git's hooks are to be passed by", is_usual))
}

fn concealed(sentence: &Sentence<'_>) -> Option<(usize, usize)> {
    let told = [Signal::KeepFrom, Signal::FalseReport];
    let place = told.into_iter().find_map(|signal| sentence.find(signal))?;
    let words = sentence.text.get(place.0..place.1).unwrap_or_default();
    let first = words.split_whitespace().next().unwrap_or_default();
    // "It silently disables …" tells of something.
    let is_spoken = !first.ends_with("ly") || is_order(sentence.text, place.0);
    let is_one = is_spoken
        && !is_quoted(sentence.text, place.0)
        && !sentence.has(Signal::Authorship)
        && !is_double_negative(sentence.text, place);
    is_one.then_some(place)
}

/// What is secret, as an order names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Secret {
    File,
    Variable,
    Matter,
}

fn secret(text: &str) -> Option<(Secret, (usize, usize))> {
    let part = part(text);
    let file = part.secret_file().map(|place| (Secret::File, place));
    file.or_else(|| Some((Secret::Variable, part.find(Signal::SecretVariable)?)))
        .or_else(|| Some((Secret::Matter, part.find(Signal::SecretMatter)?)))
}

/// The place of a secret that is to be handed over, and whether that is usual.
fn handed_over(sentence: &Sentence<'_>, near: &[Sentence<'_>]) -> Option<((usize, usize), bool)> {
    // Most sentences name none.
    secret(sentence.text)?;
    if sentence.has(Signal::SecretStore) {
        return None;
    }
    let verbs = |signal: Signal| {
        let all = sentence.all(signal).into_iter();
        all.filter(|verb| is_order(sentence.text, verb.0))
    };
    for (signal, transmits) in [(Signal::Transmit, true), (Signal::HandOut, false)] {
        for verb in verbs(signal) {
            let area = area(sentence.text, verb.1);
            let Some((kind, place)) = secret(area) else {
                continue;
            };
            let (between, after) = (&area[..place.0], &sentence.text[verb.1 + place.1..]);
            if !is_its_object(kind, between, sentence) {
                continue;
            }
            let place = (verb.1 + place.0, verb.1 + place.1);
            let place = (place.0.max(verb.1), place.1);
            let is_out = leaves(after);
            let found = match kind {
                Secret::File if transmits => is_out || !is_local(after),
                Secret::File | Secret::Matter => is_out,
                Secret::Variable => {
                    is_out && (transmits || says_value(&sentence.text[verb.0..place.0]))
                }
            };
            if found {
                return Some((place, transmits && !is_out && names_machine(after)));
            }
        }
    }
    for place in sentence.all(Signal::PassedOut) {
        let before = floor(sentence.text, place.0.saturating_sub(REACH));
        let (before, after) = (&sentence.text[before..place.0], &sentence.text[place.1..]);
        if let Some((kind, at)) = secret(before)
            && kind != Secret::Variable
            && !is_quoted(sentence.text, place.0)
            && leaves(after)
            && !shows_who_asks(sentence.text)
        {
            let start = place.0 - before.len();
            return Some(((start + at.0, start + at.1), false));
        }
    }
    // It is read first, and then goes out: named by a word that stands for it.
    for verb in verbs(Signal::Gather) {
        let area = area(sentence.text, verb.1);
        let Some((kind, place)) = secret(area) else {
            continue;
        };
        if !is_its_object(kind, &area[..place.0], sentence) {
            continue;
        }
        let from = verb.1 + place.1;
        let rest = Sentence {
            text: &sentence.text[from..],
            start: 0,
        };
        let later = std::iter::once(&rest).chain(near.iter().skip(1));
        for (at, then) in later.enumerate() {
            let verbs = [Signal::Transmit, Signal::HandOut].map(|signal| then.all(signal));
            let goes_out = verbs.into_iter().flatten().any(|(start, end)| {
                // The clause that it goes on is before it, too.
                let (text, shift) = if at == 0 {
                    (sentence.text, from)
                } else {
                    (then.text, 0)
                };
                let after = &then.text[end..];
                is_order(text, shift + start)
                    && stands_for(after)
                    && leaves(after)
                    && !shows_who_asks(then.text)
            });
            if goes_out {
                return Some(((verb.1 + place.0, from), false));
            }
        }
    }
    None
}

/// Is the secret what the verb is about, and not where something comes from or what it is done with?
fn is_its_object(kind: Secret, between: &str, sentence: &Sentence<'_>) -> bool {
    let has = |words: &[&str]| {
        let padded = format!(" {between} ");
        words
            .iter()
            .any(|word| padded.contains(&format!(" {word} ")))
    };
    if has(&[
        "with", "using", "via", "by", "through", "as", "like", "without",
    ]) {
        return false;
    }
    let names_it = [
        "key",
        "token",
        "secret",
        "credential",
        "password",
        "value",
        "content",
        "variable",
        "everything",
        "lines",
        "text",
        "both",
        "copy",
    ]
    .iter()
    .any(|word| between.contains(word));
    if has(&["from", "in", "to", "into", "of"])
        && !names_it
        && !has(&["all of", "file", "files", "folder"])
    {
        return false;
    }
    match kind {
        Secret::File => !shows_who_asks(sentence.text),
        Secret::Variable | Secret::Matter => !sentence.has(Signal::Authentication),
    }
}

/// A secret that is shown to whom it is for.
fn shows_who_asks(text: &str) -> bool {
    ["authorization", "bearer", "x-api-key", "basic auth"]
        .iter()
        .any(|word| text.contains(word))
}

/// Does what follows lead out of the machine, or to where others read?
fn leaves(text: &str) -> bool {
    names_address(text)
        || part(text)
            .find(Signal::PublicPlace)
            .is_some_and(|(start, end)| !is_local(&text[start..end]))
}

/// Where it goes is a machine of the team's, in words.
fn names_machine(text: &str) -> bool {
    [
        "server",
        "production",
        "staging",
        "host",
        "cluster",
        "device",
        "droplet",
        "instance",
    ]
    .iter()
    .any(|word| text.contains(word))
}

fn says_value(text: &str) -> bool {
    [
        "value", "content", "output", "print", "echo", "dump", "decoded", "encoded", "paste",
    ]
    .iter()
    .any(|word| text.contains(word))
}

/// Does a text begin with words that stand for what was named before?
fn stands_for(text: &str) -> bool {
    const PRONOUNS: [&str; 10] = [
        "it",
        "them",
        "both",
        "all",
        "everything",
        "this",
        "these",
        "those",
        "its",
        "their",
    ];
    const NOUNS: [&str; 22] = [
        "file",
        "file's",
        "files",
        "content",
        "contents",
        "output",
        "result",
        "results",
        "text",
        "archive",
        "value",
        "values",
        "key",
        "keys",
        "data",
        "credentials",
        "token",
        "tokens",
        "bundle",
        "zip",
        "copy",
        "dump",
    ];
    let mut words = text
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '`' | '"' | '.' | ';' | ':' | ')'))
        .filter(|word| !word.is_empty());
    match words.next() {
        Some("the" | "that" | "your") => words.take(2).any(|word| NOUNS.contains(&word)),
        Some(word) => PRONOUNS.contains(&word),
        None => false,
    }
}

/// What stands behind a verb and belongs to it.
fn area(text: &str, from: usize) -> &str {
    let to = floor(text, from + REACH);
    let area = text.get(from..to).unwrap_or_default();
    let end = CLAUSE_ENDS.iter().filter_map(|end| area.find(end)).min();
    area.get(..end.unwrap_or(area.len())).unwrap_or_default()
}

const fn part(text: &str) -> Sentence<'_> {
    Sentence { text, start: 0 }
}
