//! Hits become findings: places, sentences, traces, snippets and fingerprints.

pub(crate) mod holder;
mod kept;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use trueline_facts::{Finding, Fingerprint, Fix, Location, Position, RepoPath, Step, Tier};
use trueline_syntax::ir::{FuncId, Module, Span};
use trueline_syntax::lines::LineIndex;

use crate::Site;
use crate::analysis::{Hit, Outcome, SourcePlace, StepPlace, words};
use crate::digest::Digest;
use crate::interface::{Ref, SinkPlace};
use crate::models::{Bits, Models};
use crate::purpose::{Purpose, is_installed};
use crate::tokens::normalised;

/// The longest snippet, in characters.
const MAX_SNIPPET: usize = 200;
/// Further places that a finding names.
const MAX_ALSO: usize = 6;
/// The longest piece of source in a sentence, in characters.
const MAX_QUOTE: usize = 60;

/// A weakness before it is known what other files say of the same place.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(from = "kept::Kept", into = "kept::Kept")]
pub struct Candidate {
    finding: Finding,
    tokens: String,
    /// Bytes of the place in its file.
    span: (u32, u32),
    rule: u16,
    rank: (bool, bool, u8, u16),
    /// The function whose parameter any caller may fill, by its index in the file.
    parameter_of: Option<u32>,
    /// The sink is in a function that gets what it uses from the one with the source.
    helper: bool,
    /// The input names a place in the file system by itself: nothing of it is the program's choice.
    whole_path: bool,
    /// Of a secret of the source: which text it is.
    secret: Option<Digest>,
}

impl Candidate {
    /// The file that the finding is in.
    #[must_use]
    pub fn path(&self) -> &RepoPath {
        &self.finding.location.path
    }

    /// Whether it is a secret of the source that the program refuses.
    #[must_use]
    pub fn is_refused(&self, refused: &BTreeSet<Digest>) -> bool {
        self.secret.is_some_and(|secret| refused.contains(&secret))
    }

    /// The function whose parameter is the source because nothing was seen to fill it; an index
    /// of the file that found it.
    #[must_use]
    pub const fn parameter_of(&self) -> Option<u32> {
        self.parameter_of
    }
}

/// The findings of one file, of all ways to its places that any file found: the best of each
/// place, in order of place and rule. What one source does in one function that it is passed to is
/// one finding, at the first place; its sentence names the others.
///
/// A program that serves whoever sits at its machine opens the places that they name: those
/// findings are in tier `all`.
#[must_use]
pub fn settle(mut candidates: Vec<&Candidate>, own_machine: bool) -> Vec<Finding> {
    // The sort is stable: of equally good ways the first given stays.
    candidates.sort_by_key(|c| (c.span, c.rule, c.rank));
    candidates.dedup_by(|later, first| (later.span, later.rule) == (first.span, first.rule));
    let mut seen: FxHashMap<String, u32> = FxHashMap::default();
    let mut first_of: FxHashMap<_, usize> = FxHashMap::default();
    let mut findings: Vec<(Finding, Vec<u32>)> = Vec::new();
    for candidate in candidates {
        let mut finding = candidate.finding.clone();
        if own_machine && candidate.whole_path {
            finding.tier = Tier::All;
        }
        let tokens = &candidate.tokens;
        let rule = finding.rule.as_str();
        let symbol = &finding.symbol;
        let key = format!("{rule}\u{0}{symbol}\u{0}{tokens}");
        let occurrence = seen.entry(key).or_default();
        let path = &finding.location.path;
        finding.fingerprint = fingerprint(rule, path, symbol, tokens, *occurrence);
        *occurrence += 1;
        let source = finding.trace.first().filter(|_| candidate.helper);
        if let Some(source) = source.filter(|_| !symbol.is_empty()) {
            let source = (&candidate.finding.symbol, source.location.clone());
            let key = (candidate.rule, source.0, source.1, finding.tier);
            if let Some(first) = first_of.get(&key).and_then(|at| findings.get_mut(*at)) {
                first.1.push(finding.location.start.line);
                continue;
            }
            first_of.insert(key, findings.len());
        }
        findings.push((finding, Vec::new()));
    }
    let named = |(mut finding, mut more): (Finding, Vec<u32>)| {
        more.retain(|line| *line != finding.location.start.line);
        more.dedup();
        if !more.is_empty() {
            finding.message.push_str(&also(&more));
        }
        finding
    };
    findings.into_iter().map(named).collect()
}

/// ` The same at line 96.`
fn also(lines: &[u32]) -> String {
    let shown: Vec<String> = lines.iter().take(MAX_ALSO).map(u32::to_string).collect();
    let word = if lines.len() == 1 { "line" } else { "lines" };
    match lines.len().saturating_sub(shown.len()) {
        0 => format!(" The same at {word} {}.", shown.join(", ")),
        more => format!(" The same at {word} {} and {more} more.", shown.join(", ")),
    }
}

/// Writes findings and sites of one file.
pub(crate) struct Reporter<'a> {
    pub(crate) models: &'a Models,
    pub(crate) path: &'a RepoPath,
    pub(crate) text: &'a str,
    pub(crate) module: &'a Module,
    lines: LineIndex,
    purpose: Purpose,
}

impl<'a> Reporter<'a> {
    pub(crate) fn new(
        models: &'a Models,
        path: &'a RepoPath,
        text: &'a str,
        module: &'a Module,
    ) -> Self {
        Self {
            models,
            path,
            text,
            module,
            lines: LineIndex::new(text),
            purpose: Purpose::of(path, module),
        }
    }

    /// What the file is for.
    pub(crate) const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Hits, ready to be put beside those of other files.
    pub(crate) fn candidates(&self, outcome: &Outcome) -> Vec<Candidate> {
        outcome
            .hits
            .iter()
            .filter_map(|hit| self.candidate(hit))
            .collect()
    }

    /// Exposed sites, one per rule and place.
    pub(crate) fn sites(&self, outcome: &Outcome) -> Vec<Site> {
        let mut sites: BTreeMap<(Span, u16), Site> = BTreeMap::new();
        // Where a secret was found one could stand.
        let secrets = outcome
            .hits
            .iter()
            .filter(|hit| hit.secret && hit.elsewhere.is_none())
            .map(|hit| (hit.rule, hit.span));
        for (rule, span) in outcome.sites.iter().copied().chain(secrets) {
            let Some(compiled) = self.models.rules.get(usize::from(rule)) else {
                continue;
            };
            let start = self.position(span.start);
            sites.insert(
                (span, rule),
                Site {
                    rule: compiled.id.clone(),
                    start,
                },
            );
        }
        sites.into_values().collect()
    }

    /// Exposed sites of other files that were seen from this one.
    pub(crate) fn sites_elsewhere(&self, outcome: &Outcome) -> Vec<(RepoPath, Site)> {
        let mut sites: Vec<(RepoPath, Site)> = outcome
            .sites_elsewhere
            .iter()
            .filter_map(|(rule, place)| {
                let rule = self.models.rules.get(usize::from(*rule))?.id.clone();
                let Location { path, start, .. } = &place.location;
                Some((
                    path.clone(),
                    Site {
                        rule,
                        start: *start,
                    },
                ))
            })
            .collect();
        sites.sort_unstable();
        sites.dedup();
        sites
    }

    fn candidate(&self, hit: &Hit) -> Option<Candidate> {
        let rule = self.models.rules.get(usize::from(hit.rule))?;
        let (symbol, tokens, location) = match &hit.elsewhere {
            Some(place) => (
                place.symbol.clone(),
                place.tokens.clone(),
                place.location.clone(),
            ),
            None => (
                self.symbol(hit.function),
                if hit.secret {
                    // Nothing that the secret could be guessed from.
                    normalised(&self.before_secret(hit.span), self.module.language)
                } else {
                    self.tokens(hit.span)
                },
                self.location(hit.span, hit.secret),
            ),
        };
        // Who starts a script or a test sends it the requests that it answers.
        let by_hand = match self.purpose {
            Purpose::Test | Purpose::Aside => true,
            Purpose::Script => hit.source.is_some(),
            Purpose::Served | Purpose::Once | Purpose::Installed => false,
        };
        let from = hit.trace.first().and_then(|(place, _)| match place {
            StepPlace::Own(_) => None,
            StepPlace::Elsewhere(location) => Some(&location.path),
        });
        let manages_files = self.models.path_rules.has(Bits::rule(hit.rule))
            && [Some(&location.path), Some(self.path), from]
                .into_iter()
                .flatten()
                .any(|path| is_of_file_manager(&path.display()));
        let tier = if by_hand || manages_files || is_installed(&location.path.display()) {
            Tier::All
        } else {
            hit.tier
        };
        let trace = self.trace(hit, &location);
        let finding = Finding {
            rule: rule.id.clone(),
            engine: "trueline".to_owned(),
            cwe: rule.cwe.clone(),
            severity: rule.severity,
            confidence: hit.confidence,
            tier,
            message: self.message(hit),
            location,
            symbol,
            trace,
            fix: Some(Fix {
                description: hit.fix.clone().unwrap_or_else(|| {
                    let advice = rule.advice.in_language(self.module.language);
                    advice.to_owned()
                }),
                patch: None,
            }),
            // Known when all of the file's findings are.
            fingerprint: Fingerprint::new(String::new()),
            origin: None,
            suppression: None,
            reported: None,
        };
        Some(Candidate {
            finding,
            tokens,
            span: (hit.span.start, hit.span.end),
            rule: hit.rule,
            rank: hit.rank,
            parameter_of: hit.parameter_of.map(|f| f.0),
            helper: hit.helper && self.is_helper(hit),
            whole_path: hit.whole_path,
            secret: self.secret_text(hit),
        })
    }

    fn secret_text(&self, hit: &Hit) -> Option<Digest> {
        if !hit.secret || hit.elsewhere.is_some() {
            return None;
        }
        let span = hit.span;
        let text = self.text.get(span.start as usize..span.end as usize)?;
        let text = text.trim_matches(['"', '\'', '`']);
        Some(Digest::of(text.as_bytes()))
    }

    /// Whether a sink stands in another function than its source, and not in one of that's own.
    fn is_helper(&self, hit: &Hit) -> bool {
        match (&hit.elsewhere, hit.source_function) {
            (None, Some(source)) => self.symbol(source) != self.symbol(hit.function),
            _ => true,
        }
    }

    /// What a finding of another file at a sink here says of it.
    pub(crate) fn sink_place(&self, function: FuncId, span: Span) -> SinkPlace {
        SinkPlace {
            function: Ref {
                file: 0,
                id: function.0,
            },
            span: (span.start, span.end),
            location: self.location(span, false),
            symbol: self.symbol(function),
            tokens: self.tokens(span),
            quote: self.quote(span, true),
            is_secret: false,
        }
    }

    /// Where a link of a trace is.
    pub(crate) fn step_location(&self, place: &StepPlace) -> Location {
        match place {
            StepPlace::Own(span) => self.location(*span, false),
            StepPlace::Elsewhere(location) => location.clone(),
        }
    }

    fn message(&self, hit: &Hit) -> String {
        let Some(rule) = self.models.rules.get(usize::from(hit.rule)) else {
            return String::new();
        };
        let place = if hit.secret {
            let before = self.line_before(hit.span);
            let place = holder::of(before)
                .unwrap_or_else(|| self.before_secret(hit.span).trim().to_owned());
            shorten(&place, MAX_QUOTE).replace('`', "'")
        } else if let Some(place) = &hit.elsewhere {
            place.quote.clone()
        } else {
            self.quote(hit.span, true)
        };
        if let Some(message) = &hit.message {
            return message.replace("{place}", &place);
        }
        let becomes = &rule.becomes;
        let quote = hit.source.as_ref().and_then(|(place, _)| match place {
            SourcePlace::Own(span) if span.start < span.end => Some(self.quote(*span, false)),
            SourcePlace::Elsewhere(quote) if !quote.is_empty() => Some(quote.to_string()),
            SourcePlace::Own(_) | SourcePlace::Elsewhere(_) => None,
        });
        match (&hit.source, &hit.subject) {
            (Some(_), Some(subject)) => {
                format!(
                    "`{subject}`, a parameter that any caller may fill, {becomes} in `{place}`."
                )
            }
            (Some((_, what)), None) => {
                if let Some(source) = quote {
                    return format!("`{source}` ({what}) {becomes} in `{place}`.");
                }
                let mut chars = what.chars();
                let what: String = chars
                    .next()
                    .into_iter()
                    .flat_map(char::to_uppercase)
                    .chain(chars)
                    .collect();
                format!("{what} {becomes} in `{place}`.")
            }
            (None, _) => format!("`{place}` {becomes}."),
        }
    }

    fn trace(&self, hit: &Hit, sink: &Location) -> Vec<Step> {
        if hit.source.is_none() {
            return Vec::new();
        }
        let mut steps: Vec<Step> = hit
            .trace
            .iter()
            .map(|(place, message)| Step {
                location: self.step_location(place),
                message: message.clone(),
            })
            .collect();
        if let (Some(first), Some((_, what))) = (steps.first_mut(), &hit.source) {
            first.message = format!("source: {what}");
        }
        if steps.last().is_some_and(|s| s.location == *sink) && steps.len() > 1 {
            steps.pop();
        }
        steps.push(Step {
            location: sink.clone(),
            message: "sink".to_owned(),
        });
        steps
    }

    /// A piece of the source on one line; of a call only what is called.
    pub(crate) fn quote(&self, span: Span, callee: bool) -> String {
        let text = self
            .text
            .get(span.start as usize..span.end as usize)
            .unwrap_or("");
        let text = text.lines().next().unwrap_or("").trim();
        let text = if callee { callee_of(text) } else { text };
        shorten(text, MAX_QUOTE).replace('`', "'")
    }

    fn symbol(&self, function: FuncId) -> String {
        let mut at = self.module.functions.get(function.0 as usize);
        while let Some(function) = at {
            let name = self.module.text(function.qualified);
            if !name.is_empty() {
                return name.to_owned();
            }
            at = function
                .parent
                .and_then(|p| self.module.functions.get(p.0 as usize));
        }
        String::new()
    }

    fn position(&self, byte: u32) -> Position {
        let (line, column) = self.lines.position(self.text, byte);
        Position { line, column }
    }

    fn location(&self, span: Span, secret: bool) -> Location {
        let start = self.position(span.start);
        let end = self.position(span.end.max(span.start));
        let snippet = if secret {
            self.before_secret(span)
        } else {
            let line = self.lines.line_text(self.text, start.line);
            line.trim_end().to_owned()
        };
        Location {
            path: self.path.clone(),
            start,
            end,
            snippet: shorten(&snippet, MAX_SNIPPET),
        }
    }

    /// The line of a secret up to its first text. What follows is never shown, not even what looks
    /// like code: where a text ends depends on escapes and on the lines before.
    fn before_secret(&self, span: Span) -> String {
        let line = self.line_before(span);
        match line.find(['"', '\'', '`']) {
            Some(at) => {
                let quote = line.get(at..=at).unwrap_or("");
                format!("{}{quote}…{quote}", line.get(..at).unwrap_or(""))
            }
            // The text began on a line before.
            None => "…".to_owned(),
        }
    }

    /// The line of a place up to it.
    fn line_before(&self, span: Span) -> &str {
        let before = self.text.get(..span.start as usize).unwrap_or("");
        let begin = before.rfind('\n').map_or(0, |at| at + 1);
        before.get(begin..).unwrap_or("")
    }

    /// The tokens of a place: words and marks without blanks and comments.
    fn tokens(&self, span: Span) -> String {
        let text = self
            .text
            .get(span.start as usize..span.end as usize)
            .unwrap_or("");
        normalised(text, self.module.language)
    }
}

/// Whether a file belongs to a manager of files, which opens whatever it is asked for.
fn is_of_file_manager(path: &str) -> bool {
    path.split('/').any(|part| {
        let part: Vec<String> = words(part).collect();
        let whole = |word: &String| {
            matches!(
                word.as_str(),
                "fileexplorer" | "filemanager" | "filebrowser" | "filestation"
            )
        };
        part.iter().any(whole)
            || part.windows(2).any(|pair| match pair {
                [first, second] => {
                    matches!(first.as_str(), "file" | "files")
                        && matches!(
                            second.as_str(),
                            "explorer" | "manager" | "browser" | "station"
                        )
                }
                _ => false,
            })
    })
}

/// What is called, up to the bracket of the last call.
fn callee_of(text: &str) -> &str {
    let mut depth = 0_i32;
    let mut cut = text.len();
    for (at, c) in text.char_indices().rev() {
        match c {
            ')' | ']' | '}' => depth += 1,
            '(' | '[' | '{' => {
                depth -= 1;
                if depth <= 0 && c == '(' && at > 0 {
                    cut = at;
                    break;
                }
            }
            _ => {}
        }
    }
    // A call that goes on to the next line has its bracket open: the first one counts.
    if cut == text.len()
        && let Some(at) = text.find('(')
        && at > 0
    {
        cut = at;
    }
    text.get(..cut).unwrap_or(text).trim_end()
}

/// Fingerprint version 1.
pub(crate) fn fingerprint(
    rule: &str,
    path: &RepoPath,
    symbol: &str,
    tokens: &str,
    occurrence: u32,
) -> Fingerprint {
    let mut hash = Sha256::new();
    for part in [
        b"trueline/v1".as_slice(),
        rule.as_bytes(),
        path.as_bytes(),
        symbol.as_bytes(),
        tokens.as_bytes(),
    ] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.update(occurrence.to_be_bytes());
    let digest = hash.finalize();
    let mut hex = String::with_capacity(32);
    for byte in digest.iter().take(16) {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    Fingerprint::new(hex)
}

fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(limit.saturating_sub(1)).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_callee_of_a_call_is_named_without_its_arguments() {
        assert_eq!(callee_of("cur.execute(f(x))"), "cur.execute");
        assert_eq!(callee_of("a(1).b(2)"), "a(1).b");
        assert_eq!(callee_of("db.execute("), "db.execute");
        assert_eq!(callee_of("x.innerHTML = y"), "x.innerHTML = y");
    }
}
