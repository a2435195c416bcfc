//! The pickles of a file, one after the other: a loader may be called again, and what lies behind STOP or
//! behind an error is one more pickle to somebody.

use rustc_hash::FxHashMap;
use trueline_facts::artifact::Verdict;

use super::machine::{Ended, Finding, LINE_RATIO, Machine};
use super::nested;
use super::value::{Node, Value};
use crate::inspection::{Context, Inspection, RESERVED_STEPS};
use crate::payload::{self, Tail};
use crate::source::{Cursor, Source};
use crate::technique;

/// Bytes that are searched for further pickles between and behind the known ones.
const MAX_SEARCH: u64 = 256 << 20;
/// Bytes searched at once, and how far the next piece reaches back.
const CHUNK: usize = 1 << 20;
const OVERLAP: u64 = 256;
/// Starts of pickles that are tried in such bytes.
const MAX_TRIALS: usize = 200_000;
/// Bytes at the end of a source that are searched when the opcodes before it were too many, and starts that are tried.
const TAIL: u64 = 4 << 20;
const TAIL_TRIALS: usize = 1 << 11;
/// Work on a place that looks like a pickle when all else is used up.
const MIN_TRIAL: u64 = 1 << 20;
/// Opcodes that run to tell whether something is a pickle.
const MAX_STEPS: u64 = 1 << 14;
/// The same for pickles that run into each other.
const MAX_STREAMS: usize = 100_000;

/// What the pickles of a source turned out to be.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    /// Complete pickles.
    pub(crate) complete: usize,
    /// Where the last complete one ends.
    pub(crate) end: u64,
    /// The first result is the magic number of torch's format before 1.6.
    pub(crate) torch_legacy: bool,
}

/// Is it an opcode that pickles begin with?
pub(crate) fn opens(byte: u8) -> bool {
    b"\x80(]}cIiLSVUXKNFGJMlt)\x8c\x8f\x95BCTP".contains(&byte)
}

/// Does it begin with a pickle? What that took is paid for; where nothing is left, the first bytes tell.
pub(crate) fn is_pickle(inspection: &mut Inspection, source: &Source) -> bool {
    let Some(head) = source.array::<2>(0).filter(|head| opens(head[0])) else {
        return false;
    };
    if inspection.steps_left == 0 {
        return head[0] == 0x80 && head[1] <= 5;
    }
    let (is_one, machine) = tried(source, true);
    inspection.ran(machine.work());
    is_one
}

/// Does it begin with a pickle that parses to its end, or with a magic number and a few opcodes?
pub(crate) fn looks_like(source: &Source) -> bool {
    let head = source.array::<2>(0);
    head.is_some_and(|head| opens(head[0])) && tried(source, false).0
}

/// The same of what opens like one, with the machine that told.
fn tried(source: &Source, has_long_lines: bool) -> (bool, Machine) {
    let head = source.array::<2>(0).unwrap_or_default();
    let mut machine = Machine::new(Cursor::new(source.clone(), 0));
    if head[0] == 0x80 && head[1] > 5 {
        return (false, machine);
    }
    machine.has_long_lines = has_long_lines;
    // The machine runs for a while: this only tells formats apart.
    machine.steps_left = MAX_STEPS;
    let ended = machine.run();
    let is_one = if head[0] == 0x80 {
        ended == Ended::Stop || machine.opcodes >= 3 || machine.calls > 0
    } else if head[0] == b'P' {
        // Any line that begins so names a persistent object, as any sentence does: what follows must call, or be all.
        match ended {
            Ended::Stop => machine.calls > 0 || is_nothing_behind(&machine.cursor),
            Ended::Budget => machine.calls > 0,
            _ => machine.worst >= Verdict::Suspicious && machine.globals > 0 && machine.calls > 0,
        }
    } else {
        match ended {
            Ended::Stop => {
                let rest = machine.cursor.remaining();
                machine.calls > 0
                    || machine.globals > 0
                    || machine.opcodes >= 5
                    || (rest == 0 && machine.opcodes >= 2)
            }
            // So many opcodes in a row are no accident.
            Ended::Budget => true,
            _ => machine.worst >= Verdict::Suspicious && machine.globals > 0 && machine.calls > 0,
        }
    };
    (is_one, machine)
}

/// What a trial cost, in opcodes.
const fn steps(machine: &Machine) -> u64 {
    machine.opcodes + machine.line_bytes / LINE_RATIO
}

/// Is there nothing behind a pickle but padding?
fn is_nothing_behind(cursor: &Cursor) -> bool {
    skip_padding(cursor.source(), cursor.position()) >= cursor.source().len()
}

/// Inspects all pickles of a source that begins with one.
pub(crate) fn scan(inspection: &mut Inspection, source: &Source) -> Layout {
    let mut layout = Layout::default();
    let mut at = 0;
    let mut streams = 0;
    // One process loads them all: what one registers the next one uses.
    let mut extensions = FxHashMap::default();
    loop {
        let mut machine = Machine::new(Cursor::new(source.clone(), at));
        machine.extensions = std::mem::take(&mut extensions);
        machine.has_long_lines = true;
        bound(&mut machine, inspection);
        machine.work_left = inspection.steps_left;
        machine.reserve = RESERVED_STEPS;
        let ended = machine.run();
        inspection.ran(machine.work());
        inspection.looks_left = machine.looks_left.get();
        extensions = std::mem::take(&mut machine.extensions);
        let is_first = streams == 0;
        streams += 1;
        if is_first {
            layout.torch_legacy = is_torch_magic(&machine, source);
        }
        let plausible = is_first || ended == Ended::Stop || machine.worst >= Verdict::Suspicious;
        if plausible {
            keep(inspection, &machine, ended, is_first);
        }
        for other in std::mem::take(&mut machine.other_readings) {
            try_one(inspection, source, other);
        }
        let end = machine.cursor.position();
        if ended == Ended::Stop {
            layout.complete += 1;
            layout.end = end;
        }
        if ended == Ended::Budget || streams > MAX_STREAMS {
            inspection.report(
                Verdict::Unknown,
                technique::BUDGET,
                end,
                "not read to its end: it has more objects than can be followed",
            );
            if ended == Ended::Budget {
                let from = end.max(source.len().saturating_sub(TAIL));
                search_some(inspection, source, from, TAIL_TRIALS);
            }
            break;
        }
        if ended != Ended::Stop || end >= source.len() {
            if ended != Ended::Stop {
                search(inspection, source, machine.at.max(at + 1));
            }
            break;
        }
        // The next pickle may begin at once, or behind padding.
        let next = skip_padding(source, end);
        if next >= source.len() {
            break;
        }
        if layout.torch_legacy && layout.complete >= 5 {
            // Raw storages follow, and perhaps something else.
            search(inspection, source, next);
            payload::anywhere(inspection, source, next);
            break;
        }
        let opens = source.array::<2>(next).unwrap_or_default();
        if opens[0] == 0x80 && opens[1] <= 5 || looks_like(&source.slice(next, u64::MAX)) {
            at = next;
            continue;
        }
        payload::behind(inspection, source, next, Tail::Data);
        break;
    }
    layout
}

/// Hands on what a machine saw.
fn keep(inspection: &mut Inspection, machine: &Machine, ended: Ended, is_first: bool) {
    for finding in &machine.findings {
        inspection.report_call(
            finding.verdict,
            finding.technique,
            finding.offset,
            finding.message.clone(),
            finding.call.clone(),
        );
    }
    nested::look(inspection, machine);
    if inspection.refused.is_none() && inspection.context != Context::Constant {
        inspection.refused = match (&machine.refused, machine.refused_opcode) {
            (Some(name), _) => Some(name.to_string()),
            (None, Some(byte)) => Some(format!("the opcode {byte:#04x}")),
            (None, None) => None,
        };
    }
    if machine.exhausted {
        inspection.report(
            Verdict::Unknown,
            technique::BUDGET,
            machine.at,
            "it computes more text while it is loaded than is followed",
        );
    }
    if let Some(what) = machine.lost {
        inspection.report(Verdict::Unknown, technique::BUDGET, machine.at, what);
    }
    if machine.looks_left.get() == 0 {
        inspection.report(
            Verdict::Unknown,
            technique::BUDGET,
            machine.at,
            "it hands on more values than are looked at",
        );
    }
    for (key, bytes) in &machine.storages {
        if let Some(stored) = inspection.storages.get(key)
            && stored < bytes
        {
            inspection.report(
                Verdict::Suspicious,
                technique::TORCH_BOUNDS,
                0,
                format!(
                    "the pickle says that storage {key} has {bytes} bytes; the archive has {stored}"
                ),
            );
        }
    }
    let what = match ended {
        Ended::Stop | Ended::Budget => return,
        Ended::Truncated => "it ends before its STOP".to_owned(),
        Ended::UnknownOpcode(byte) => format!("byte {byte:#04x} is no opcode"),
        Ended::Malformed => "an opcode does not find what it needs".to_owned(),
    };
    if machine.worst == Verdict::Malicious {
        inspection.report(
            Verdict::Malicious,
            technique::PICKLE_BROKEN,
            machine.at,
            format!("{what}: a loader fails there, after the calls before it have run"),
        );
    } else if is_first {
        inspection.report(
            Verdict::Unknown,
            technique::PICKLE_TRUNCATED,
            machine.at,
            format!("{what}: what follows was not understood"),
        );
    }
}

/// The next byte that is no padding.
pub(crate) fn skip_padding(source: &Source, mut at: u64) -> u64 {
    loop {
        if source.array::<1>(at) == Some([0]) {
            at = source.run_end(at);
        }
        let chunk = source.read(at, 4096);
        if chunk.is_empty() {
            return at;
        }
        match chunk
            .iter()
            .position(|b| !matches!(b, 0 | 0xff | b' ' | b'\n' | b'\r' | b'\t'))
        {
            Some(skip) => return at + skip as u64,
            None => at += chunk.len() as u64,
        }
    }
}

/// Looks for pickles in bytes that are something else: only what does harm counts there.
pub(crate) fn search(inspection: &mut Inspection, source: &Source, from: u64) {
    search_some(inspection, source, from, MAX_TRIALS);
}

/// The same with so many places that are tried.
fn search_some(inspection: &mut Inspection, source: &Source, from: u64, max_trials: usize) {
    let mut end = source.len().min(from.saturating_add(MAX_SEARCH));
    let mut at = from;
    let mut trials = 0;
    let mut skip_to = from;
    while at < end {
        // A pickle may begin in the last bytes of a run.
        let run_end = source.run_end(at);
        if run_end > at + 2 * OVERLAP {
            end = source.len().min(end.saturating_add(run_end - OVERLAP - at));
            at = run_end - OVERLAP;
        }
        let chunk = source.read(at, CHUNK);
        if chunk.is_empty() {
            break;
        }
        for candidate in candidates(&chunk) {
            let place = at + candidate as u64;
            if place < skip_to {
                continue;
            }
            if trials >= max_trials {
                inspection.report(
                    Verdict::Unknown,
                    technique::BUDGET,
                    place,
                    "more places look like pickles than can be followed",
                );
                return;
            }
            trials += 1;
            skip_to = place.max(try_one(inspection, source, place));
        }
        if chunk.len() < CHUNK {
            break;
        }
        at += CHUNK as u64 - OVERLAP;
    }
    if source.len() > end {
        inspection.report(
            Verdict::Clean,
            technique::PICKLE_SECOND,
            end,
            "bytes behind the pickle were not searched to the end",
        );
    }
}

/// Offsets where a pickle may begin: a protocol mark, or a module and a name on lines of their own.
fn candidates(chunk: &[u8]) -> Vec<usize> {
    let mut found: Vec<usize> = memchr::memchr_iter(0x80, chunk)
        .filter(|at| chunk.get(at + 1).is_some_and(|p| *p <= 5))
        .collect();
    for line_end in memchr::memchr_iter(b'\n', chunk) {
        let name_len = |bytes: &[u8]| {
            bytes
                .iter()
                .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
                .count()
        };
        let before = chunk[..line_end]
            .iter()
            .rev()
            .take(120)
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
            .count();
        let after = name_len(&chunk[line_end + 1..chunk.len().min(line_end + 120)]);
        if before >= 3 && after >= 2 && chunk.get(line_end + 1 + after) == Some(&b'\n') {
            let word = line_end - before;
            // The opcode may be any c or i in the word: the module's name is what follows it.
            for at in word..line_end - 1 {
                if matches!(chunk[at], b'c' | b'i') {
                    let module = &chunk[at + 1..line_end];
                    let known = std::str::from_utf8(module).is_ok_and(crate::names::is_stdlib);
                    if known || at == word {
                        found.push(at);
                        // INST takes its arguments from a mark before it.
                        let back = chunk[..at].iter().rev().take(256).position(|b| *b == b'(');
                        if let Some(back) = back {
                            found.push(at - back - 1);
                        }
                    }
                }
            }
        }
    }
    // Names from the stack need no line: two short texts, and the opcode that joins them.
    for join in memchr::memchr_iter(0x93, chunk) {
        let second = short_text_before(chunk, join);
        if let Some(first) = second.and_then(|second| short_text_before(chunk, second)) {
            found.push(first);
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Where a short text begins that ends right before a place, or before MEMOIZE there.
fn short_text_before(chunk: &[u8], end: usize) -> Option<usize> {
    let end = match chunk.get(..end)?.last() {
        Some(0x94) => end - 1,
        _ => end,
    };
    (1..=64).find_map(|len: usize| {
        let start = end.checked_sub(len + 2)?;
        let is_text = matches!(chunk[start], 0x8c | b'U')
            && usize::from(chunk[start + 1]) == len
            && chunk[start + 2..end]
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'));
        is_text.then_some(start)
    })
}

/// What one pickle of a file may have.
fn bound(machine: &mut Machine, inspection: &Inspection) {
    machine.objects = machine.objects.min(inspection.objects());
    machine.limit(inspection.first_objects(), inspection.memo_entries());
    machine.looks_left.set(inspection.looks_left);
}

/// Runs a pickle that may be none; where it ended if it did harm.
fn try_one(inspection: &mut Inspection, source: &Source, at: u64) -> u64 {
    if inspection.trial_steps_left == 0 {
        return at;
    }
    let mut machine = Machine::new(Cursor::new(source.clone(), at));
    machine.steps_left = inspection.trial_steps_left;
    bound(&mut machine, inspection);
    machine.work_left = inspection.steps_left.max(MIN_TRIAL);
    let ended = machine.run();
    inspection.ran(machine.work());
    inspection.looks_left = machine.looks_left.get();
    inspection.trial_steps_left = inspection
        .trial_steps_left
        .saturating_sub(steps(&machine).max(1));
    if inspection.trial_steps_left == 0 {
        inspection.report(
            Verdict::Unknown,
            technique::BUDGET,
            at,
            "more places look like pickles than can be followed",
        );
    }
    if machine.worst < Verdict::Suspicious || machine.calls == 0 || machine.globals == 0 {
        return at;
    }
    if !machine.findings.iter().any(is_of_a_name) {
        return at;
    }
    if inspection.context == Context::File {
        inspection.format("pickle");
    }
    keep(inspection, &machine, ended, false);
    machine.cursor.position()
}

/// Was something of a name seen? Noise has no names of modules: what cannot be told counts only beside real ones.
pub(super) fn is_of_a_name(finding: &Finding) -> bool {
    finding.verdict >= Verdict::Suspicious
        && ![
            technique::PICKLE_CALL_UNRESOLVED,
            technique::PICKLE_NAME,
            technique::PICKLE_MEMO,
            technique::PICKLE_EXTENSION,
            technique::PICKLE_ITEM,
            technique::PICKLE_FRAME,
            technique::PICKLE_ARRAY,
        ]
        .contains(&finding.technique)
}

/// `0x1950a86a20f9469cfc6c`, as the first pickle of a file by torch before 1.6.
fn is_torch_magic(machine: &Machine, source: &Source) -> bool {
    const MAGIC: &[u8] = &[0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
    let is_number = match machine.result {
        Some(Value::Opaque) => true,
        Some(value) => matches!(machine.get_node(value), Some(Node::Call(_))),
        None => false,
    };
    is_number && {
        let head = source.read(0, 64);
        memchr::memmem::find(&head, MAGIC).is_some()
            || memchr::memmem::find(&head, b"119547037146038801333356").is_some()
    }
}
