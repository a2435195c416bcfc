//! One file under inspection: what was seen so far, where we are in it, and what may still be spent.
//!
//! Formats call each other through [`Inspection::member`]: an archive hands its members to the same
//! sniffing as a file, with the path to them and a depth. All budgets are counts and bytes, never time.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use trueline_facts::artifact::{Reason, Verdict};

use crate::compression::{self, Compression, Decoded, Limit, Price, Seen};
use crate::sniff;
use crate::source::{Meter, Source};
use crate::technique::{self, Technique};

/// Archives in archives, encodings in encodings.
const MAX_DEPTH: usize = 8;
/// Members of all archives of a file.
const MAX_MEMBERS: u64 = 50_000;
/// Bytes that may come out of decoders, whatever the size of the file: a hundred kilobytes can hold as many of the kind
/// that is slowest to walk.
const MIN_DECODED: u64 = 48 << 20;
/// And of files of more than a megabyte, for each byte that is more, up to so many.
const DECODED_A_BYTE: u64 = 8;
const MORE_DECODED: u64 = 16 << 20;
const SMALL_FILE: u64 = 1 << 20;
/// Bytes of members that are looked at beside eight times those of the file and twice those that were decoded, and
/// what one counts at least: members can share bytes.
const MIN_MEMBER_BYTES: u64 = 16 << 20;
const MEMBER_COST: u64 = 1 << 10;
/// And at most, with files of any size.
const MAX_DECODED: u64 = 512 << 20;
/// Work of decoders (`compression::Price`): bytes that come out of them with those in long runs, and more for slow ones.
const MIN_STREAMED: u64 = 1 << 30;
/// The same of looks through streams, beside so much for each byte of the file.
const MIN_LOOKS_THROUGH: u64 = 256 << 20;
const LOOKS_A_BYTE: u64 = 8;
/// And of one member of a quick one, so that none uses up what others need.
const MAX_STREAMED_MEMBER: u64 = 512 << 20;
/// Bytes of members without a format that are searched for pickles: archives of weights have gigabytes.
const MAX_SEARCHED: u64 = 4 << 20;
/// Files that a model takes its data from.
const MAX_EXTERNAL: usize = 1_000;
/// Opcodes that run at places that only look like pickles, beside as many as the file has bytes.
const TRIAL_STEPS: u64 = 2 << 20;
/// Reasons kept of a file; the worst of all counts for the verdict, also of those not kept.
const MAX_REASONS: usize = 100;
/// Characters of a reconstructed call.
const MAX_CALL: usize = 400;

/// Objects of one pickle beside as many as the file has bytes, and at most beside one for every so many: each takes
/// about a hundred bytes, and files of data have few bytes that are an object each.
const MIN_OBJECTS: u64 = 1 << 19;
const MAX_OBJECTS: u64 = 2 << 20;
/// A pair of small numbers takes six bytes.
const BYTES_AN_OBJECT: u64 = 6;
/// Nodes from which on room is made, and entries of a memo, of files of up to a megabyte; each further byte has more.
const FIRST_OBJECTS: u64 = 3 << 18;
const FIRST_A_BYTE: u64 = 2;
const MEMO_ENTRIES: u64 = 2 << 20;
const MEMO_A_BYTE: u64 = 8;
/// Work of all pickles of a file (`Machine::work`: opcodes, and objects, calls and names as several of them), whatever
/// it unpacks to, beside so much for each byte of a larger one: ordinary objects that are compressed to a tenth take 13
/// a byte.
const MIN_STEPS: u64 = 32 << 20;
const STEPS_A_BYTE: u64 = 32;
/// What of it is left to look for names and their calls without objects.
pub(crate) const RESERVED_STEPS: u64 = 14 << 20;
/// Bytes of text that templates put together beside twice those of the file.
const MIN_COMPUTED: u64 = 1 << 20;
/// Bytes of templates beside twice those of the file: archives hold very many small ones.
const MIN_TEMPLATES: u64 = 3 << 20;
/// Steps and bytes of code beside four times as many as the file has bytes: archives hold very many small files.
const MIN_CODE_STEPS: u64 = 3 << 20;
/// Bytes of YAML that are parsed beside as many as the file has, which takes far longer than looking at its lines.
const MIN_YAML: u64 = 1 << 20;
/// YAML that is not parsed: it is cheaper by lines, but not free.
const MIN_YAML_LINES: u64 = 16 << 20;
/// Parts of paths that links of archives are followed through, beside as many as the file has bytes.
const MIN_LINK_STEPS: u64 = 2 << 20;
/// Values in arguments of calls beside four times as many as the file has bytes.
const MIN_LOOKS: u64 = 4 << 20;
/// Nodes of graphs beside one for every four bytes of the file: each is a message of its own with others in it.
const MIN_NODES: u64 = 500_000;
/// What the walks over the structure of formats may read (`source::Meter`), beside two for each byte of the file and
/// one for every sixteen that come out of decoders: an ordinary graph of nothing but nodes takes one for each.
const MIN_WALK: u64 = 1 << 20;
const DECODED_A_UNIT: u64 = 16;
/// Bytes of JSON that are parsed beside four times those of the file: a tokenizer has nine million.
const MIN_JSON: u64 = 12 << 20;
/// Bytes of JSON values, also for small files, and for each byte of a larger one.
const MIN_VALUE_BYTES: u64 = 160 << 20;
const VALUE_RATIO: u64 = 32;

/// The state of one file's inspection.
#[derive(Debug)]
pub(crate) struct Inspection {
    /// Of the file itself, before anything is decoded.
    size: u64,
    reasons: Vec<Reason>,
    worst: Verdict,
    formats: Vec<&'static str>,
    members: Vec<String>,
    members_left: u64,
    pub(crate) decoded_left: u64,
    /// Decoded bytes in long runs count here: they take time and no memory.
    streamed_left: u64,
    /// What looks through streams may still cost, of which nothing is kept: marks that stand by chance, or were put there
    /// by the thousand, take nothing from what is decoded.
    looks_through_left: u64,
    pub(crate) licence: Option<String>,
    /// What Python code is to a model that it stands beside, where its name does not say so.
    pub(crate) code_role: Option<crate::python::Role>,
    /// The last of the folders that it stands in.
    pub(crate) folder: String,
    /// It stands in the folder of a model.
    pub(crate) beside_model: bool,
    /// What loaders of the container around say about names that pickles may have.
    pub(crate) context: Context,
    /// Marks of formats in the file, for polyglots.
    seen: BTreeSet<(&'static str, Verdict, String)>,
    /// Opcodes that may still run at places that only look like pickles.
    pub(crate) trial_steps_left: u64,
    /// Bytes of members that may still be looked at: members can share bytes.
    member_bytes_left: u64,
    /// Bytes of the compressed data around, if what is looked at came out of it as a whole.
    pub(crate) packed: Option<u64>,
    /// Sizes of the storages of a torch archive, by key.
    pub(crate) storages: Rc<BTreeMap<String, u64>>,
    /// Bytes of text that templates may still put together.
    pub(crate) computed_left: u64,
    /// Bytes of templates that may still be read.
    pub(crate) templates_left: u64,
    /// Steps that all code of the file may still take.
    pub(crate) code_steps_left: u64,
    /// Bytes of YAML that may still be parsed.
    pub(crate) yaml_left: u64,
    /// Bytes of YAML that may still be looked at by lines alone.
    pub(crate) yaml_lines_left: u64,
    /// Parts of paths that all archives of the file may still follow through their links.
    pub(crate) link_steps_left: u64,
    /// What of the pickles `torch.load(weights_only=True)` refuses.
    pub(crate) refused: Option<String>,
    /// `torch.load` opens the file itself, not a member of it.
    pub(crate) is_torch: bool,
    /// Files that the model takes its data from, by their paths from its folder, and how many bytes it says they have.
    pub(crate) external: BTreeMap<String, u64>,
    /// Values in arguments of calls that all pickles of the file may still look at.
    pub(crate) looks_left: u32,
    /// Bytes of members without a format that may still be searched for pickles.
    pub(crate) searched_left: u64,
    /// Opcodes that all pickles of the file may still run; see [`Self::ran`].
    pub(crate) steps_left: u64,
    /// Bytes of JSON that may still be parsed.
    pub(crate) json_left: u64,
    /// Nodes of graphs that may still be read.
    pub(crate) nodes_left: u64,
    /// What walks over structures may still read.
    walk: Meter,
}

/// What stands around the bytes that are looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Context {
    /// A file of its own.
    #[default]
    File,
    /// A member of an archive.
    Member,
    /// A constant of a pickle, or what an encoding hid.
    Constant,
}

impl Inspection {
    pub(crate) fn new(size: u64) -> Self {
        let more = size
            .saturating_sub(SMALL_FILE)
            .saturating_mul(DECODED_A_BYTE)
            .min(MORE_DECODED);
        let decoded = size
            .saturating_mul(4)
            .clamp(MIN_DECODED + more, MAX_DECODED);
        Self {
            size,
            reasons: Vec::new(),
            worst: Verdict::Clean,
            formats: Vec::new(),
            members: Vec::new(),
            members_left: MAX_MEMBERS,
            decoded_left: decoded,
            streamed_left: decoded.saturating_mul(Price::MAX).max(MIN_STREAMED),
            looks_through_left: size
                .saturating_mul(LOOKS_A_BYTE)
                .saturating_add(MIN_LOOKS_THROUGH),
            licence: None,
            code_role: None,
            folder: String::new(),
            beside_model: false,
            context: Context::File,
            seen: BTreeSet::new(),
            trial_steps_left: TRIAL_STEPS.saturating_add(size),
            member_bytes_left: size.saturating_mul(8).saturating_add(MIN_MEMBER_BYTES),
            packed: None,
            storages: Rc::default(),
            computed_left: size.saturating_mul(2).saturating_add(MIN_COMPUTED),
            templates_left: size.saturating_mul(2).saturating_add(MIN_TEMPLATES),
            code_steps_left: size.saturating_mul(4).saturating_add(MIN_CODE_STEPS),
            yaml_left: size.saturating_add(MIN_YAML),
            yaml_lines_left: size.saturating_mul(4).saturating_add(MIN_YAML_LINES),
            link_steps_left: size.saturating_add(MIN_LINK_STEPS),
            refused: None,
            is_torch: false,
            external: BTreeMap::new(),
            searched_left: MAX_SEARCHED,
            steps_left: size
                .saturating_sub(SMALL_FILE)
                .saturating_mul(STEPS_A_BYTE)
                .saturating_add(MIN_STEPS),
            json_left: size.saturating_mul(4).saturating_add(MIN_JSON),
            nodes_left: (size / 4).saturating_add(MIN_NODES),
            walk: Meter::new(size.saturating_mul(2).saturating_add(MIN_WALK)),
            looks_left: u32::try_from(size.saturating_mul(4).saturating_add(MIN_LOOKS))
                .unwrap_or(u32::MAX),
        }
    }

    /// Objects that one pickle may make.
    pub(crate) fn objects(&self) -> usize {
        let objects = self
            .size
            .saturating_add(MIN_OBJECTS)
            .min(MAX_OBJECTS + self.size / BYTES_AN_OBJECT);
        usize::try_from(objects).unwrap_or(usize::MAX)
    }

    /// Objects of a pickle from which on those that are not needed are dropped.
    pub(crate) fn first_objects(&self) -> usize {
        self.grown(FIRST_OBJECTS, FIRST_A_BYTE)
    }

    /// Entries of the memo of a pickle that are kept as they are.
    pub(crate) fn memo_entries(&self) -> usize {
        self.grown(MEMO_ENTRIES, MEMO_A_BYTE)
    }

    /// So much, and more for each byte that the file has above a megabyte.
    fn grown(&self, least: u64, a_byte: u64) -> usize {
        let more = self.size.saturating_sub(SMALL_FILE).saturating_mul(a_byte);
        usize::try_from(least.saturating_add(more)).unwrap_or(usize::MAX)
    }

    /// Takes what a pickle ran and made from what all of the file may.
    pub(crate) const fn ran(&mut self, work: u64) {
        self.steps_left = self.steps_left.saturating_sub(work);
    }

    /// Bytes that the values of one document may take.
    pub(crate) fn value_bytes(&self) -> u64 {
        self.size.saturating_mul(VALUE_RATIO).max(MIN_VALUE_BYTES)
    }

    /// Notes that data is taken from a file beside this one, up to a byte of it. In an archive nothing is on disk.
    pub(crate) fn external(&mut self, path: &str, end: u64) {
        let is_known = self.external.contains_key(path);
        if self.context == Context::File && (is_known || self.external.len() < MAX_EXTERNAL) {
            let needed = self.external.entry(path.to_owned()).or_default();
            *needed = end.max(*needed);
        }
    }

    /// Notes that the bytes are of a format.
    pub(crate) fn format(&mut self, name: &'static str) {
        if !self.formats.contains(&name) {
            self.formats.push(name);
        }
    }

    pub(crate) fn has_formats(&self) -> bool {
        !self.formats.is_empty()
    }

    pub(crate) fn has_format(&self, name: &str) -> bool {
        self.formats.contains(&name)
    }

    /// Is anything in it but archives, text and one format?
    pub(crate) fn has_model_beside(&self, format: &str) -> bool {
        self.formats
            .iter()
            .any(|of| *of != format && !matches!(*of, "zip" | "json" | "yaml" | "xml"))
    }

    pub(crate) const fn depth(&self) -> usize {
        self.members.len()
    }

    pub(crate) fn report(
        &mut self,
        verdict: Verdict,
        technique: Technique,
        offset: u64,
        message: impl Into<String>,
    ) {
        self.report_call(verdict, technique, offset, message, None);
    }

    pub(crate) fn report_call(
        &mut self,
        verdict: Verdict,
        technique: Technique,
        offset: u64,
        message: impl Into<String>,
        call: Option<String>,
    ) {
        self.worst = self.worst.max(verdict);
        if self.is_settled() {
            return;
        }
        let message = shorten(&printable(&message.into()), MAX_CALL);
        let place = format!("{}\0{message}", self.members.join("\0"));
        if !self.seen.insert((technique.id, verdict, place)) {
            return;
        }
        let reason = Reason {
            verdict,
            technique: technique.id.to_owned(),
            message,
            members: self.members.clone(),
            offset,
            call: call.map(|call| shorten(&printable(&call), MAX_CALL)),
            cwe: (technique.cwe != 0).then_some(technique.cwe),
            references: technique
                .references
                .iter()
                .map(|r| (*r).to_owned())
                .collect(),
        };
        if self.reasons.len() < MAX_REASONS {
            self.reasons.push(reason);
        } else if let Some(least) = self.reasons.iter_mut().min_by_key(|r| r.verdict)
            && least.verdict < verdict
        {
            *least = reason;
        }
    }

    /// Nothing that is still to come could change the verdict or be told of.
    fn is_settled(&self) -> bool {
        self.reasons.len() >= MAX_REASONS
            && self
                .reasons
                .iter()
                .all(|reason| reason.verdict == Verdict::Malicious)
    }

    /// Inspects something inside, by its content, under a name.
    pub(crate) fn member(&mut self, name: &str, context: Context, source: &Source) {
        if self.is_settled() {
            return;
        }
        let cost = source.len().saturating_add(MEMBER_COST);
        let Some(left) = self.member_bytes_left.checked_sub(cost) else {
            self.report(
                Verdict::Suspicious,
                technique::BOMB,
                0,
                "not looked into: members unpack to far more than the file has",
            );
            return;
        };
        self.member_bytes_left = left;
        self.within(name, context, |inspection| {
            sniff::inspect(inspection, name, source);
        });
    }

    /// The same source for a walk over its structure: what that reads is paid for.
    pub(crate) fn walked(&self, source: &Source) -> Source {
        source.metered(&self.walk)
    }

    /// Says that walks were cut short, if they were.
    pub(crate) fn tell_walk(&mut self) {
        if self.walk.is_spent() {
            self.report(
                Verdict::Unknown,
                technique::BUDGET,
                0,
                "its structure was not read to its end: it has more parts than are followed",
            );
        }
    }

    /// Looks through a stream of gzip or zlib, up to so many bytes that come out of it.
    pub(crate) fn look_through(
        &mut self,
        source: &Source,
        compression: Compression,
        limit: u64,
    ) -> Seen {
        let limit = limit.min(Price::QUICK.bytes_for(self.looks_through_left));
        if limit == 0 {
            self.report(
                Verdict::Unknown,
                technique::BUDGET,
                0,
                "what looks compressed was not looked into: there is too much of it",
            );
            return Seen::default();
        }
        let seen = compression::look_through(source, compression, limit);
        self.looks_through_left = self.looks_through_left.saturating_sub(seen.work);
        seen
    }

    /// May no more of what looks compressed be looked through?
    pub(crate) const fn looks_are_spent(&self) -> bool {
        Price::QUICK.bytes_for(self.looks_through_left) == 0
    }

    /// What one quick decoder may put out.
    pub(crate) fn limit(&self) -> Limit {
        Limit {
            kept: self.decoded_left,
            all: self.streamed_left.min(MAX_STREAMED_MEMBER),
        }
    }

    /// What one decoder of a compression may put out.
    pub(crate) fn limit_of(&self, compression: Compression) -> Limit {
        match compression {
            Compression::Bzip2 | Compression::Xz | Compression::Lzma => self.limit_of_slow(),
            _ => self.limit(),
        }
    }

    /// What a slow decoder may put out: it pays for every byte, so that no member needs a share of its own.
    pub(crate) const fn limit_of_slow(&self) -> Limit {
        Limit {
            kept: self.decoded_left,
            all: self.streamed_left,
        }
    }

    /// Takes what a decoder put out from the budgets.
    pub(crate) fn decoded(&mut self, decoded: &Decoded) {
        let content = &decoded.content;
        self.decoded_bytes(content.kept());
        self.streamed_left = self.streamed_left.saturating_sub(decoded.work);
        self.member_bytes_left = self
            .member_bytes_left
            .saturating_add((content.len() - content.kept()).saturating_mul(2));
    }

    /// The same of bytes that are all kept.
    pub(crate) fn decoded_bytes(&mut self, count: u64) {
        self.decoded_left = self.decoded_left.saturating_sub(count);
        self.walk.add(count / DECODED_A_UNIT);
        self.member_bytes_left = self
            .member_bytes_left
            .saturating_add(count.saturating_mul(2));
    }

    /// The same with a walker of the caller's choice.
    pub(crate) fn within(&mut self, name: &str, context: Context, act: impl FnOnce(&mut Self)) {
        if self.members_left == 0 || self.members.len() >= MAX_DEPTH {
            self.report(
                Verdict::Suspicious,
                technique::BUDGET,
                0,
                format!(
                    "not looked into: more than {MAX_MEMBERS} members or {MAX_DEPTH} levels of nesting"
                ),
            );
            return;
        }
        self.members_left -= 1;
        let outer = std::mem::replace(&mut self.context, context);
        self.members.push(shorten(&printable(name), 200));
        act(self);
        self.members.pop();
        self.context = outer;
    }

    /// The verdict, the reasons (worst first) and the formats.
    pub(crate) fn into_parts(mut self) -> (Verdict, Vec<Reason>, Vec<String>) {
        self.reasons.sort_by(|a, b| {
            (b.verdict, &a.members, a.offset, &a.technique, &a.message).cmp(&(
                a.verdict,
                &b.members,
                b.offset,
                &b.technique,
                &b.message,
            ))
        });
        let formats = self.formats.iter().map(|f| (*f).to_owned()).collect();
        (self.worst, self.reasons, formats)
    }
}

/// Cut to `limit` characters.
pub(crate) fn shorten(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Bytes and what they do: `1 byte stands`, `2 bytes stand`.
pub(crate) fn bytes_stand(count: u64) -> String {
    if count == 1 {
        "1 byte stands".to_owned()
    } else {
        format!("{count} bytes stand")
    }
}

/// Control, format and other invisible characters written as escapes: a message must show what is there.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let hidden = c.is_control()
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}');
        if hidden {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}
