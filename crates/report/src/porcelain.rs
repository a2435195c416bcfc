//! Git's own `blame --line-porcelain` format, so that editors and scripts that read it can read ours.
//!
//! Five headers more than git writes (`origin`, `origin-evidence`, `origin-confidence`, `origin-tool`,
//! `origin-model`) stand before `filename`, where readers of the format skip what they do not know.
//! What a blame document does not carry (committer, time zones) the caller reads from the commits.

use std::collections::BTreeMap;
use std::io::Write as _;

use bstr::{BString, ByteSlice as _};
use trueline_facts::blame::{BlameReport, BlameRun};
use trueline_facts::{Author, CommitId, Origin, RepoPath, Timestamp};

use crate::words;

/// What git prints of a commit and a blame document does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PorcelainCommit {
    /// Author.
    pub author: Signature,
    /// Committer.
    pub committer: Signature,
    /// First line of the message, whole.
    pub summary: BString,
    /// It has no parent at all: git calls that a boundary too.
    pub root: bool,
    /// By the path of its lines: the commit and path that blame went on to from here.
    pub previous: BTreeMap<RepoPath, (CommitId, RepoPath)>,
}

/// A name, an address and a moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// Name.
    pub name: BString,
    /// E-mail address without angle brackets.
    pub email: BString,
    /// When.
    pub time: Timestamp,
    /// Minutes east of UTC.
    pub offset_minutes: i32,
}

/// Writes the document. `lines` are the file's lines without their line ends; `commits` holds what is
/// known of each commit: one that is missing is written with the pseudonym of its person.
#[must_use]
pub fn line_porcelain(
    report: &BlameReport,
    lines: &[&[u8]],
    commits: &BTreeMap<CommitId, PorcelainCommit>,
) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, run) in report.runs.iter().enumerate() {
        let group = if index > 0
            && report
                .runs
                .get(index - 1)
                .is_some_and(|p| continues(p, run))
        {
            None
        } else {
            Some(group_len(report.runs.get(index..).unwrap_or_default()))
        };
        for offset in 0..run.len {
            let line = run.start.saturating_add(offset);
            let original = run.original_start.saturating_add(offset);
            // Writing to a Vec cannot fail.
            let _ = write!(out, "{} {original} {line}", run.commit);
            match group {
                Some(len) if offset == 0 => {
                    let _ = writeln!(out, " {len}");
                }
                _ => out.push(b'\n'),
            }
            headers(&mut out, run, commits.get(&run.commit));
            out.push(b'\t');
            out.extend_from_slice(
                lines
                    .get(line.saturating_sub(1) as usize)
                    .unwrap_or(&&b""[..]),
            );
            out.push(b'\n');
        }
    }
    out
}

/// Git starts a group where commit, path or sequence changes; a change of origin alone is none.
fn continues(before: &BlameRun, run: &BlameRun) -> bool {
    before.commit == run.commit
        && before.original_path == run.original_path
        && before.start.checked_add(before.len) == Some(run.start)
        && before.original_start.checked_add(before.len) == Some(run.original_start)
}

fn group_len(runs: &[BlameRun]) -> u64 {
    let mut len = runs.first().map_or(0, |run| u64::from(run.len));
    for pair in runs.windows(2) {
        let [before, run] = pair else { break };
        if !continues(before, run) {
            break;
        }
        len += u64::from(run.len);
    }
    len
}

fn headers(out: &mut Vec<u8>, run: &BlameRun, commit: Option<&PorcelainCommit>) {
    if let Some(commit) = commit {
        signature(out, "author", &commit.author);
        signature(out, "committer", &commit.committer);
        field(out, "summary", &commit.summary);
    } else {
        let stand_in = Signature {
            name: run.person.pseudonym.as_str().into(),
            email: BString::default(),
            time: run.time,
            offset_minutes: 0,
        };
        signature(out, "author", &stand_in);
        signature(out, "committer", &stand_in);
        field(out, "summary", run.summary.as_bytes());
    }
    if run.boundary || commit.is_some_and(|c| c.root) {
        out.extend_from_slice(b"boundary\n");
    }
    origin(out, &run.origin);
    if let Some((id, path)) = commit.and_then(|commit| commit.previous.get(&run.original_path)) {
        let _ = write!(out, "previous {id} ");
        quoted(out, path.as_bytes());
        out.push(b'\n');
    }
    out.extend_from_slice(b"filename ");
    quoted(out, run.original_path.as_bytes());
    out.push(b'\n');
}

fn signature(out: &mut Vec<u8>, role: &str, signature: &Signature) {
    field(out, role, &signature.name);
    let mail = [b"<", signature.email.as_slice(), b">"].concat();
    field(out, &format!("{role}-mail"), &mail);
    let _ = writeln!(out, "{role}-time {}", signature.time.0);
    let minutes = signature.offset_minutes.unsigned_abs();
    let sign = if signature.offset_minutes < 0 {
        '-'
    } else {
        '+'
    };
    let _ = writeln!(
        out,
        "{role}-tz {sign}{:02}{:02}",
        minutes / 60,
        minutes % 60
    );
}

fn origin(out: &mut Vec<u8>, origin: &Origin) {
    let (kind, tool, model) = match &origin.author {
        Author::Ai { tool, model, .. } => ("ai", Some(tool), model.as_ref()),
        Author::Human { .. } => ("human", None, None),
        Author::Unknown => ("unknown", None, None),
    };
    field(out, "origin", kind.as_bytes());
    if let Some(best) = origin.evidence.first() {
        let class = words::evidence_class(best.class).replace(' ', "-");
        field(out, "origin-evidence", class.as_bytes());
    }
    field(
        out,
        "origin-confidence",
        words::confidence(origin.confidence).as_bytes(),
    );
    if let Some(tool) = tool {
        field(out, "origin-tool", tool.as_str().as_bytes());
    }
    if let Some(model) = model {
        field(out, "origin-model", model.as_str().as_bytes());
    }
}

/// One header. A line end in a value would forge headers, so it becomes a blank.
fn field(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.push(b' ');
    out.extend(value.iter().map(|byte| match byte {
        b'\n' | b'\r' | 0 => b' ',
        byte => *byte,
    }));
    out.push(b'\n');
}

/// Git's `quote_c_style` with `core.quotePath` at its default: bytes beyond ASCII are octal.
fn quoted(out: &mut Vec<u8>, path: &[u8]) {
    let plain = |byte: &u8| (0x20..0x7f).contains(byte) && *byte != b'"' && *byte != b'\\';
    if path.iter().all(plain) {
        out.extend_from_slice(path);
        return;
    }
    out.push(b'"');
    for byte in path.as_bstr().bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0x07 => out.extend_from_slice(b"\\a"),
            0x08 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            0x0b => out.extend_from_slice(b"\\v"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            byte if plain(&byte) => out.push(byte),
            byte => {
                let _ = write!(out, "\\{byte:03o}");
            }
        }
    }
    out.push(b'"');
}
