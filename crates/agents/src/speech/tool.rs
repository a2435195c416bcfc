//! What only a tool must not say: errands, praise of itself, how others are to be used, what it has no need of.

use super::grammar::{is_double_negative, is_negated, sentences};
use super::phrases::{Sentence, Signal};
use super::{Heard, names_address};
use crate::rule::Id;
use crate::text::shown;

/// What is only wrong when a tool says it of itself.
pub(super) fn tool_orders(
    lower: &str,
    original: &str,
    sentences: &[Sentence<'_>],
    heard: &mut Vec<Heard>,
) {
    let whole = Sentence {
        text: lower,
        start: 0,
    };
    let mut say = |id: Id, (start, end): (usize, usize), what: &str, is_certain: bool| {
        let words = original.get(start..end).unwrap_or_default();
        heard.push(Heard {
            id,
            start,
            end,
            message: format!("{what}: \"{}\"", shown(words)),
            is_certain,
        });
    };
    let directive = whole.has(Signal::Directive);
    if let Some(place) = whole.find(Signal::StrongMarker) {
        say(
            Id::InstructionOverride,
            place,
            "a tag sets orders to the agent apart from the description",
            true,
        );
    } else if let Some(place) = whole.find(Signal::WeakMarker)
        && directive
    {
        // Some servers set out their descriptions in tags of that kind; it takes what nobody needs there.
        let hostile = whole.secret_file().is_some()
            || whole.has(Signal::SecretWord)
            || whole.has(Signal::Conceal)
            || whole.has(Signal::Authority);
        if hostile || whole.has(Signal::Reroute) {
            say(
                Id::InstructionOverride,
                place,
                "a tag sets orders to the agent apart from the description",
                hostile,
            );
        }
    }
    if boasts(&whole) >= VAIN
        && let Some(place) = whole.find(Signal::Boast)
    {
        say(
            Id::ToolPreference,
            place,
            "a tool praises itself before others",
            true,
        );
    }
    for (index, sentence) in sentences.iter().enumerate() {
        let at = |(start, end): (usize, usize)| (sentence.start + start, sentence.start + end);
        let near = &sentences[index.saturating_sub(1)..sentences.len().min(index + 2)];
        if let Some((place, what)) = errand(sentence, near) {
            say(Id::PoisonedDescription, at(place), what, true);
        }
        if let Some(place) = sentence.find(Signal::Covert)
            && !is_double_negative(sentence.text, place)
        {
            say(
                Id::UserConcealment,
                at(place),
                "the agent is to hide what it does from the user",
                true,
            );
        }
        if let Some(place) = sentence.find(Signal::Authority) {
            say(
                Id::InstructionOverride,
                at(place),
                "a tool places its own words above those of the user",
                false,
            );
        }
        if let Some(place) = sentence.find(Signal::Preference) {
            say(
                Id::ToolPreference,
                at(place),
                "a tool pushes itself before others",
                true,
            );
        }
        if let Some(place) = sentence.find(Signal::Redirect) {
            say(
                Id::ToolShadowing,
                at(place),
                "a tool changes what others are used for",
                true,
            );
        }
        if let Some(place) = sentence.find(Signal::Harvest) {
            say(
                Id::ContextHarvesting,
                at(place),
                "a tool asks for what it has no need of",
                true,
            );
        }
        if let Some(place) = sentence.find(Signal::CollectingHost) {
            say(
                Id::InstructedExfiltration,
                at(place),
                "the description names a host that collects requests",
                true,
            );
        }
    }
}

/// Words of an advertisement that make a description one; in the name of the tool one counts as well.
const VAIN: usize = 2;

fn boasts(text: &Sentence<'_>) -> usize {
    text.count(Signal::Boast)
}

/// Does a tool with such a name praise itself, if its description does at all?
pub(crate) fn praises_itself(name: &str, description: &str) -> bool {
    const NAMES: [&str; 7] = [
        "best",
        "premium",
        "ultimate",
        "superior",
        "number_one",
        "most_",
        "top_rated",
    ];
    let name = name.to_ascii_lowercase();
    let lower = description.to_ascii_lowercase();
    NAMES.iter().any(|word| name.starts_with(word))
        && boasts(&Sentence {
            text: &lower,
            start: 0,
        }) + 1
            == VAIN
}

/// What a description orders that is not about its tool: the place, and what it is. `near` are the sentence and its
/// neighbours.
fn errand(
    sentence: &Sentence<'_>,
    near: &[Sentence<'_>],
) -> Option<((usize, usize), &'static str)> {
    let ordered = |signal: Signal| {
        sentence
            .find(signal)
            .filter(|place| !is_negated(sentence.text, place.0))
    };
    if let Some(place) = ordered(Signal::OrderedCommand)
        && (sentence.has(Signal::Directive) || near.iter().any(|s| s.has(Signal::Pretext)))
    {
        return Some((place, "it orders a command to be run"));
    }
    if let Some(place) = ordered(Signal::StartupFile)
        && sentence.has(Signal::Touch)
        && sentence.has(Signal::Directive)
    {
        return Some((place, "it orders a file to be touched that runs at login"));
    }
    if let Some(place) = ordered(Signal::Tamper) {
        return Some((place, "it replaces what the user asked for"));
    }
    let place = ordered(Signal::SideCall)?;
    let pretext = near.iter().any(|s| s.has(Signal::Pretext));
    let elsewhere = names_address(sentence.text) || names_tool(&sentence.text[place.1..]);
    (pretext && elsewhere).then_some((place, "it orders a call to somewhere else, with a pretext"))
}

/// Does a text name a tool: a word of several parts in quotes?
fn names_tool(text: &str) -> bool {
    text.split(['`', '\'', '"']).skip(1).step_by(2).any(|word| {
        word.len() <= 60
            && word.contains('_')
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
}

/// Words by which a description says that another tool has changed, or what must be done before it.
pub(crate) fn restates(text: &str) -> Vec<(usize, usize)> {
    let lower = text.to_ascii_lowercase();
    let found = |(start, end): (usize, usize)| {
        let text = &lower[start..end];
        let place = Sentence { text, start }.find(Signal::Restate)?;
        Some((start + place.0, start + place.1))
    };
    sentences(&lower).into_iter().filter_map(found).collect()
}

/// Words by which a description changes how other tools are used; the caller knows which tools there are.
pub(crate) fn reroutes(text: &str) -> Vec<(usize, usize)> {
    let lower = text.to_ascii_lowercase();
    let mut out = Vec::new();
    for (start, end) in sentences(&lower) {
        let sentence = Sentence {
            text: &lower[start..end],
            start,
        };
        if sentence.has(Signal::Reroute) {
            out.push((start, end));
        }
    }
    out
}

/// Does a text ask for what a tool has no need of?
pub(crate) fn harvests(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    Sentence {
        text: &lower,
        start: 0,
    }
    .has(Signal::Harvest)
}
