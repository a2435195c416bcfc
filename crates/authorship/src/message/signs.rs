//! Reads identities, trailers and fixed lines of a commit; prefixes of branch names.
//!
//! Every line of the form `Key: value` counts, not only the last paragraph: squash merges put
//! trailers mid-text. Indented and fenced text is quotation and does not.

use std::sync::LazyLock;

use bstr::ByteSlice;
use memchr::memchr;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use trueline_facts::{Confidence, EvidenceClass, ModelId, SessionId, ToolId};

use super::around;
use super::automation::{Automation, automation};
use super::identity::{IDENTITIES, Part, Row as IdentityRow, model_in, split};
use super::squashed;
use super::{CommitText, Identity, Role, Sign};
use crate::{checkpoint, note, tools};

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) trailer: Vec<Trailer>,
    pub(super) line: Vec<Line>,
    pub(super) branch: Vec<Branch>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trailer {
    pub(super) key: Box<str>,
    takes: Takes,
    #[serde(default)]
    role: TrailerRole,
    #[serde(default)]
    tool: Option<Box<str>>,
    #[serde(default)]
    starts: Vec<Box<str>>,
    #[serde(default)]
    class: Option<EvidenceClass>,
    #[serde(default)]
    confidence: Option<Confidence>,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    pub(super) examples: Vec<Box<str>>,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    pub(super) counterexamples: Vec<Box<str>>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Takes {
    Identity,
    Disclosure,
    Flag,
    Session,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "kebab-case")]
enum TrailerRole {
    #[default]
    Write,
    Review,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    starts: Vec<Box<str>>,
    #[serde(default)]
    tool: Option<Box<str>>,
    /// The tool is whatever the rest of the line names.
    #[serde(default)]
    mentions: bool,
    /// What follows the prefix is a session id.
    #[serde(default)]
    session: bool,
    class: EvidenceClass,
    confidence: Confidence,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    pub(super) examples: Vec<Box<str>>,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    pub(super) counterexamples: Vec<Box<str>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Branch {
    starts: Vec<Box<str>>,
    #[serde(default)]
    then: Option<Then>,
    pub(super) tool: Box<str>,
    confidence: Confidence,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    pub(super) examples: Vec<Box<str>>,
    #[cfg_attr(not(test), expect(dead_code, reason = "rows are tested against them"))]
    pub(super) counterexamples: Vec<Box<str>>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Then {
    Hex,
}

pub(super) const SOURCE: &str = include_str!("../../data/messages.toml");

struct Messages {
    table: Table,
    by_key: FxHashMap<Box<[u8]>, usize>,
    /// First bytes of all fixed lines: most lines are passed over on this alone.
    line_starts: [bool; 256],
}

static MESSAGES: LazyLock<Messages> = LazyLock::new(|| {
    let table: Table = crate::table::embedded(SOURCE);
    let by_key = table
        .trailer
        .iter()
        .enumerate()
        .map(|(ix, row)| (row.key.to_ascii_lowercase().into_bytes().into(), ix))
        .collect();
    let mut line_starts = [false; 256];
    for start in table.line.iter().flat_map(|row| &row.starts) {
        if let Some(slot) = start
            .bytes()
            .next()
            .and_then(|b| line_starts.get_mut(usize::from(b)))
        {
            *slot = true;
        }
    }
    Messages {
        table,
        by_key,
        line_starts,
    }
});

impl Messages {
    /// Whether a trailer of this key may say anything.
    fn knows(&self, key: &[u8]) -> bool {
        let key = key.to_ascii_lowercase();
        self.by_key.contains_key(&*key) || key.starts_with(b"entire-")
    }
}

/// Words of a tool with its model, as tools sign.
const LONGEST_NAME: usize = 4;
/// A message with more different signs than that was made to cost time.
const MOST_SIGNS: usize = 1000;
/// Longest key of a trailer that is looked up.
const LONGEST_KEY: usize = 32;

/// Everything that the identities and the message of a commit say about AI, in the order in which
/// it stands there; equal signs once.
#[must_use]
pub fn signs(commit: &CommitText<'_>) -> Vec<Sign> {
    let mut signs = Signs {
        found: Vec::new(),
        time: commit.time,
        is_minor: false,
    };
    signs.identity(&commit.author, "author", Role::Author);
    if commit.committer != commit.author {
        signs.committer(&commit.committer);
    }
    let message = commit.message.trim_end();
    let closing = closing_paragraph(message);
    // The text of a dependency bot quotes release notes, with the trailers of other projects.
    let quotes = matches!(
        automation(&commit.author),
        Some(Automation::DependencyBot(_))
    );
    // A fence of an earlier paragraph that nothing closes must not hide the trailers.
    let is_fence = |line: &[u8]| line.trim_start().starts_with(b"```");
    let is_paired = message[closing..]
        .lines()
        .filter(|line| is_fence(line))
        .count()
        % 2
        == 0;
    // `git merge --squash` indents the messages of the branch.
    let list = squashed::list_of(message).unwrap_or(message.len());
    for folded in squashed::folded(message) {
        if let Some(author) = &folded.author {
            signs.folded(author);
        }
    }
    let mut lines: Vec<&[u8]> = Vec::new();
    let mut starts: Vec<usize> = Vec::new();
    let mut at = 0;
    for whole in message.split(|byte| *byte == b'\n') {
        let indented = whole.strip_prefix(b"    ").filter(|_| at >= list);
        lines.push(indented.unwrap_or(whole));
        starts.push(at);
        at += whole.len() + 1;
    }
    let quotations = around::quotations(&lines);
    let mut fenced = false;
    for (nth, (line, at)) in lines.iter().zip(starts).enumerate() {
        let begins_anew = at >= list && squashed::commit_line(line).is_some();
        if begins_anew || at == closing && is_paired {
            fenced = false;
        }
        if is_fence(line) {
            fenced = !fenced;
        } else if !fenced && (at >= closing || !quotes) {
            if at == 0 && line.starts_with(b"aider: ") {
                signs.push(Sign {
                    class: EvidenceClass::Convention,
                    ..sign("aider", Confidence::High, "subject", Role::Author)
                });
            }
            let around = Neighbours {
                lines: &lines,
                nth,
                is_quotation: quotations.get(nth) == Some(&true),
            };
            signs.line(line, around);
        }
    }
    signs.finish()
}

/// What the name of a branch hints about the commits made on it. Takes a short or a full ref name.
#[must_use]
pub fn branch_signs(ref_name: &[u8]) -> Vec<Sign> {
    let name = ref_name.strip_prefix(b"refs/heads/").unwrap_or(ref_name);
    let name = match name.strip_prefix(b"refs/remotes/") {
        Some(remote) => remote
            .split_once_str("/")
            .map_or(remote, |(_, branch)| branch),
        None => name,
    };
    let row = MESSAGES.table.branch.iter().find(|row| {
        row.starts.iter().any(|start| {
            name.strip_prefix(start.as_bytes())
                .is_some_and(|rest| match row.then {
                    Some(Then::Hex) => !rest.is_empty() && rest.iter().all(u8::is_ascii_hexdigit),
                    None => !rest.is_empty(),
                })
        })
    });
    row.map(|row| Sign {
        class: EvidenceClass::Hint,
        ..sign(&row.tool, row.confidence, "branch", Role::CoAuthor)
    })
    .into_iter()
    .collect()
}

/// Offset of the last paragraph, in which trailers stand by git's own rules.
fn closing_paragraph(message: &[u8]) -> usize {
    message.rfind("\n\n").map_or(0, |at| at + 2)
}

fn sign(tool: &str, confidence: Confidence, source: &'static str, role: Role) -> Sign {
    Sign {
        tool: ToolId::new(tool),
        model: None,
        session: None,
        class: EvidenceClass::Identity,
        confidence,
        source,
        role,
        partial: false,
    }
}

struct Signs {
    found: Vec<Sign>,
    time: i64,
    /// By entire.io's own count others wrote most of the commit.
    is_minor: bool,
}

impl Signs {
    fn push(&mut self, sign: Sign) {
        if self.found.len() < MOST_SIGNS && !self.found.contains(&sign) {
            self.found.push(sign);
        }
    }

    /// A disclosure that names no tool adds nothing to one that does: both were written by the same
    /// hook or the same hand.
    fn finish(self) -> Vec<Sign> {
        let mut found = self.found;
        if self.is_minor {
            let counted = found
                .iter_mut()
                .filter(|sign| sign.class == EvidenceClass::Checkpoint);
            for sign in counted {
                sign.confidence = Confidence::Low;
            }
        }
        let named = |sign: &Sign| sign.tool.as_str() != tools::UNSPECIFIED;
        if found.iter().any(|sign| named(sign) && sign.stands_alone()) {
            found.retain(|sign| named(sign) || sign.role != Role::Disclosure);
        }
        found
    }

    fn identity(&mut self, identity: &Identity<'_>, source: &'static str, role: Role) {
        if let Some(row) = IDENTITIES.find(identity) {
            self.identified(row, identity, source, role);
        }
    }

    /// Whoever rebases, picks or merges what a person wrote becomes its committer: an agent there, beside an author who
    /// is none, may have written nothing. aider writes itself into the committer's name of what it wrote.
    fn committer(&mut self, identity: &Identity<'_>) {
        let Some(row) = IDENTITIES.find(identity) else {
            return;
        };
        let sign = self.of_row(row, identity, "committer", Role::Author);
        let wrote = !self.found.is_empty() || sign.tool.as_str() == "aider";
        self.push(if wrote {
            sign
        } else {
            Sign {
                class: EvidenceClass::Hint,
                confidence: Confidence::Low,
                ..sign
            }
        });
    }

    /// Who wrote one of several commits that were folded into this one.
    fn folded(&mut self, author: &Identity<'_>) {
        if let Some(row) = IDENTITIES.find(author) {
            let sign = self.of_row(row, author, "author of a squashed commit", Role::Author);
            self.push(Sign {
                role: Role::CoAuthor,
                ..sign
            });
        }
    }

    fn identified(
        &mut self,
        row: &'static IdentityRow,
        identity: &Identity<'_>,
        source: &'static str,
        role: Role,
    ) {
        let sign = self.of_row(row, identity, source, role);
        self.push(sign);
    }

    fn of_row(
        &self,
        row: &'static IdentityRow,
        identity: &Identity<'_>,
        source: &'static str,
        role: Role,
    ) -> Sign {
        let role = if row.part == Part::Reviews && role != Role::Author {
            Role::Reviewer
        } else {
            role
        };
        let source = if row.was_stamped(self.time) {
            "Co-authored-by (editor default)"
        } else {
            source
        };
        Sign {
            tool: ToolId::new(row.tool.clone()),
            model: model_in(identity.name, row.model.as_ref()),
            session: None,
            class: row.class,
            confidence: row.confidence,
            source,
            role,
            partial: row.part == Part::Suggests && role != Role::Author,
        }
    }

    fn line(&mut self, line: &[u8], around: Neighbours<'_>) {
        let Some(text) = unquoted(line) else { return };
        let Some(&first) = text.first() else { return };
        if MESSAGES.line_starts.get(usize::from(first)) == Some(&true) && self.fixed(text, around) {
            return;
        }
        if first.is_ascii_alphabetic()
            && let Some((key, value)) = key_value(text)
            && MESSAGES.knows(key)
            && !around.is_quotation
        {
            self.trailer(key, value);
        }
    }

    /// A line that begins in a fixed way. Says whether it was one.
    fn fixed(&mut self, text: &[u8], around: Neighbours<'_>) -> bool {
        for row in &MESSAGES.table.line {
            let found = row
                .starts
                .iter()
                .find_map(|start| Some((start, after(text, start)?)));
            let Some((start, rest)) = found else {
                continue;
            };
            // A link that a sentence goes on after is told about, not left by a tool.
            if row.session && rest.trim_end().iter().any(u8::is_ascii_whitespace) {
                continue;
            }
            // A sentence about such lines is none.
            let is_sentence = || {
                let tail = behind_name(start, rest, row.mentions);
                !text.starts_with(b"<") && around::is_sentence(tail, around.next_of_sentence())
            };
            if is_sentence() || around.is_quotation {
                continue;
            }
            let named = if row.mentions {
                let words = link_text(rest);
                let named = words
                    .split_inclusive(char::is_whitespace)
                    .take(LONGEST_NAME);
                tools::mentioned(&named.collect::<String>()).map(|(tool, _)| tool)
            } else {
                row.tool.as_deref().map(ToolId::new)
            };
            let Some(tool) = named else { continue };
            let session = if row.session {
                session(tool.as_str(), text)
            } else {
                None
            };
            self.push(Sign {
                session,
                class: row.class,
                ..sign(tool.as_str(), row.confidence, "message", Role::CoAuthor)
            });
            return true;
        }
        false
    }

    fn trailer(&mut self, key: &[u8], value: &[u8]) {
        let mut buffer = [0; LONGEST_KEY];
        let Some(lower) = buffer.get_mut(..key.len()) else {
            return;
        };
        lower.copy_from_slice(key);
        lower.make_ascii_lowercase();
        if lower.starts_with(b"entire-") {
            self.checkpoint(lower, value);
            return;
        }
        let row = MESSAGES
            .by_key
            .get(&*lower)
            .and_then(|&ix| MESSAGES.table.trailer.get(ix));
        let Some(row) = row else { return };
        let source: &'static str = &row.key;
        match row.takes {
            // Words behind an address go on with a sentence about the trailer.
            Takes::Identity if is_told_about(value) => {}
            Takes::Identity => {
                let role = match row.role {
                    TrailerRole::Write => Role::CoAuthor,
                    TrailerRole::Review => Role::Reviewer,
                };
                self.identity(&split(value), source, role);
            }
            Takes::Disclosure => self.disclosure(value, source),
            Takes::Flag => self.flag(value, source),
            Takes::Session => {
                let begins = |start: &str| {
                    let rest = value.strip_prefix(start.as_bytes());
                    rest.is_some_and(|rest| !rest.trim().is_empty())
                };
                let fits = row.starts.is_empty() || row.starts.iter().any(|start| begins(start));
                let (true, Some(tool)) = (fits, row.tool.as_deref()) else {
                    return;
                };
                self.push(Sign {
                    session: session(tool, value),
                    class: row.class.unwrap_or(EvidenceClass::Convention),
                    ..sign(
                        tool,
                        row.confidence.unwrap_or(Confidence::Medium),
                        source,
                        Role::CoAuthor,
                    )
                });
            }
        }
    }

    /// A person's words: an identity with an address must be a tool's own; else the text must name
    /// an agent or a model.
    fn disclosure(&mut self, value: &[u8], source: &'static str) {
        if denies(value) {
            return;
        }
        let identity = split(value);
        if let Some(row) = IDENTITIES.find(&identity) {
            self.identified(row, &identity, source, Role::Disclosure);
            return;
        }
        if !identity.email.is_empty() {
            return;
        }
        if let Some((tool, model)) = tools::mentioned(&identity.name.to_str_lossy()) {
            self.disclosed(&tool, model, source);
        }
    }

    fn flag(&mut self, value: &[u8], source: &'static str) {
        let word = first_word(value);
        let says = ["true", "yes", "y", "1", "partially", "partly", "fully"];
        if says.iter().any(|w| word.eq_ignore_ascii_case(w)) {
            self.disclosed(&ToolId::new(tools::UNSPECIFIED), None, source);
        } else {
            self.disclosure(value, source);
        }
    }

    fn disclosed(&mut self, tool: &ToolId, model: Option<ModelId>, source: &'static str) {
        self.push(Sign {
            model,
            class: EvidenceClass::Convention,
            ..sign(tool.as_str(), Confidence::Medium, source, Role::Disclosure)
        });
    }

    /// entire.io. Several of its trailers stand together and are one witness.
    fn checkpoint(&mut self, key: &[u8], value: &[u8]) {
        let Some(said) = checkpoint::trailer(key, value) else {
            return;
        };
        let tool = match &said {
            checkpoint::Trailer::Agent(tool) => tool.clone(),
            checkpoint::Trailer::Checkpoint(_) | checkpoint::Trailer::Attribution(_) => {
                ToolId::new(tools::UNSPECIFIED)
            }
            checkpoint::Trailer::Session(_) | checkpoint::Trailer::Strategy => return,
        };
        if let checkpoint::Trailer::Attribution(share) = said {
            self.is_minor = share.is_minor();
            if share.agent_lines == 0 {
                return;
            }
        }
        let known = self
            .found
            .iter_mut()
            .find(|sign| sign.class == EvidenceClass::Checkpoint);
        match known {
            Some(sign) if sign.tool.as_str() == tools::UNSPECIFIED => sign.tool = tool,
            Some(_) => {}
            None => self.push(Sign {
                class: EvidenceClass::Checkpoint,
                ..sign(
                    tool.as_str(),
                    Confidence::High,
                    "Entire-Checkpoint",
                    Role::CoAuthor,
                )
            }),
        }
    }
}

/// A line's place among the others of its message.
#[derive(Clone, Copy)]
struct Neighbours<'l> {
    lines: &'l [&'l [u8]],
    nth: usize,
    is_quotation: bool,
}

impl<'l> Neighbours<'l> {
    fn next_of_sentence(self) -> &'l [u8] {
        around::next_of_sentence(self.lines, self.nth)
    }
}

/// What follows the name, or the link, that a fixed line holds.
fn behind_name<'t>(start: &str, rest: &'t [u8], mentions: bool) -> &'t [u8] {
    let behind_link = |link: &'t [u8]| {
        let end = link.find_byteset(b") \t");
        end.map_or(&b""[..], |at| &link[at + usize::from(link[at] == b')')..])
    };
    if let Some(words) = rest.strip_prefix(b"[") {
        return words
            .find("](")
            .map_or(words, |at| behind_link(&words[at..]));
    }
    if start.contains('/') {
        return behind_link(rest);
    }
    if mentions {
        let end = rest.find_byteset(b" \t,.;");
        return end.map_or(&b""[..], |at| &rest[at..]);
    }
    rest
}

/// `Claude <noreply@anthropic.com> is no longer allowed here`.
fn is_told_about(identity: &[u8]) -> bool {
    let behind = identity
        .rsplit_once_str(">")
        .map_or(&b""[..], |(_, rest)| rest);
    behind.fields().count() > 1
}

/// The first word of a value, as far as it is letters and digits.
fn first_word(value: &[u8]) -> String {
    let text = value.to_str_lossy();
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    words.next().unwrap_or_default().to_owned()
}

/// `not Claude, written by hand`, `no AI`, `N/A`: words that say that nobody helped.
fn denies(value: &[u8]) -> bool {
    const NOBODY: &[&str] = &[
        "false", "no", "n", "0", "none", "not", "never", "nobody", "without", "na", "nil",
    ];
    let word = first_word(value);
    NOBODY.iter().any(|w| word.eq_ignore_ascii_case(w))
}

/// A line without its list bullet; `None` for indented text, which is quotation.
fn unquoted(line: &[u8]) -> Option<&[u8]> {
    let text = line.trim_start();
    let indent = line.len() - text.len();
    if indent > 3 || line.starts_with(b"\t") {
        return None;
    }
    let text = text
        .strip_prefix(b"* ")
        .or_else(|| text.strip_prefix(b"- "))
        .unwrap_or(text);
    Some(text.trim())
}

pub(super) fn key_value(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let head = text.get(..text.len().min(LONGEST_KEY + 1))?;
    let colon = memchr(b':', head)?;
    let key = text.get(..colon)?;
    let value = text.get(colon + 1..)?.trim();
    let is_key = key.iter().all(|&b| b.is_ascii_alphanumeric() || b == b'-');
    (is_key && !value.is_empty()).then_some((key, value))
}

/// What follows `start`, if the text begins with it and no word runs on.
fn after<'t>(text: &'t [u8], start: &str) -> Option<&'t [u8]> {
    let rest = text.strip_prefix(start.as_bytes())?;
    // `ChatGPT-lint` is another word, as `Claudette` is.
    let goes_on = match rest {
        [first, ..] if first.is_ascii_alphanumeric() => true,
        [b'-' | b'_', next, ..] => next.is_ascii_lowercase(),
        _ => false,
    };
    let runs_on = start.ends_with(|c: char| c.is_ascii_alphanumeric()) && goes_on;
    (!runs_on).then_some(rest)
}

/// The words of `[words](link) more`; all of it if there is no link.
fn link_text(text: &[u8]) -> String {
    let text = text.to_str_lossy();
    let inner = text
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .map(|(words, _)| words);
    inner.unwrap_or(&text).to_owned()
}

/// The session as a note would key it: a hash of the conversation's id, which ends a link. The id
/// itself can open a transcript and is not kept.
fn session(tool: &str, link: &[u8]) -> Option<SessionId> {
    let link = link.to_str_lossy();
    let link = link
        .split(|c: char| c.is_whitespace() || matches!(c, '?' | '#' | ')' | '"'))
        .next()?
        .trim_end_matches('/');
    let id = link.rsplit('/').next().unwrap_or(link);
    // A mere number is no conversation's id by itself.
    let id = if id.bytes().all(|b| b.is_ascii_digit()) {
        link
    } else {
        id
    };
    (!id.is_empty()).then(|| SessionId::new(note::session_key(tool, id)))
}
