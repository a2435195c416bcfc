//! The files of a change: what each holds before and after, what it is, and what of it cannot be read.
//!
//! A file without text here is never one without lines: why it has none is kept, and what needs its lines says that
//! they are not known.

use std::collections::BTreeSet;

use bstr::ByteSlice;
use trueline_facts::change::{
    AuthorKind, Change, ChangedFile, EntryKind, FactName, FileClass, FileStatus, NotKnown, ReadBy,
    Size, ZoneId,
};
use trueline_facts::{Diagnostic, Level, RepoPath};
use trueline_history::ObjectId;
use trueline_history::range::{Deltas, Entry, EntryDelta, FileDelta};
use trueline_history::repository::{Gap, Repository};
use trueline_policy::Policy;
use trueline_taint::{FormSecret, FormSecrets, secrets_by_form};

use super::lines::Written;
use super::parts;
use crate::forms::is_no_text;
use crate::languages;

/// Bytes at the head of a file in which git looks for what no text has.
const HEAD: usize = 8_000;
/// Larger files are not looked through for secrets.
const MAX_SEARCHED: u64 = 64 << 20;
/// Files that a sentence names.
const NAMED: usize = 3;

/// A changed file with its contents.
pub(crate) struct Changed {
    pub(crate) delta: FileDelta,
    /// Texts; `None` where there is none to speak of: absent, binary, too large, not here.
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
    pub(crate) class: FileClass,
    /// Why there is no text after, although there is a file.
    pub(crate) unread: Option<Unread>,
    /// Secrets by their form, in what there was and in what there is.
    pub(super) secrets_before: Vec<FormSecret>,
    pub(super) secrets: FormSecrets,
}

/// Why a file has no text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unread {
    Binary,
    TooLarge,
    Absent,
}

impl Unread {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Binary => "it has a NUL byte, as no text has",
            Self::TooLarge => "it is larger than the 5 MB that are read",
            Self::Absent => "its content is not in this repository, or damaged",
        }
    }
}

impl Changed {
    pub(crate) const fn path(&self) -> &RepoPath {
        &self.delta.path
    }

    pub(crate) const fn status(&self) -> FileStatus {
        match (&self.delta.before, &self.delta.after, &self.delta.previous) {
            (None, _, _) => FileStatus::Added,
            (_, None, _) => FileStatus::Deleted,
            (_, _, Some(_)) => FileStatus::Renamed,
            _ => FileStatus::Modified,
        }
    }

    /// The zones that it lies in, and those that it was moved out of.
    pub(super) fn zones(&self, policy: &Policy) -> Vec<ZoneId> {
        let mut zones = policy.zones.ids(self.path());
        if let Some(previous) = &self.delta.previous {
            zones.extend(policy.zones.ids(previous));
            zones.sort();
            zones.dedup();
        }
        zones
    }

    /// Would it have lines that somebody wrote, could it be read?
    fn has_lines(&self) -> bool {
        let is_code = languages::name(self.path()).is_some();
        match self.unread {
            _ if self.class == FileClass::Generated => false,
            Some(Unread::TooLarge) => true,
            Some(Unread::Binary) => is_code || trueline_agents::kind(self.path()).is_some(),
            Some(Unread::Absent) => is_code || self.class != FileClass::Other,
            None => false,
        }
    }
}

/// One side of a file.
#[derive(Default)]
struct Side {
    text: Option<String>,
    unread: Option<Unread>,
    secrets: FormSecrets,
}

impl Side {
    fn of(
        repository: &Repository,
        path: &RepoPath,
        id: Option<ObjectId>,
        content: Option<Result<Vec<u8>, Gap>>,
    ) -> Self {
        let has_nul = |bytes: &[u8]| bytes.iter().take(HEAD).any(|byte| *byte == 0);
        let not_searched = |unread, cut| Self {
            unread: Some(unread),
            secrets: FormSecrets {
                found: Vec::new(),
                cut,
            },
            ..Self::default()
        };
        match content {
            None => Self::default(),
            Some(Ok(bytes)) => {
                let is_binary = has_nul(&bytes);
                Self {
                    secrets: secrets_by_form(path, &bytes),
                    unread: is_binary.then_some(Unread::Binary),
                    text: (!is_binary).then(|| bytes.to_str_lossy().into_owned()),
                }
            }
            Some(Err(Gap::TooLarge)) => {
                let large = id.and_then(|id| repository.large_blob(id, MAX_SEARCHED));
                match large {
                    Some(bytes) => Self {
                        secrets: secrets_by_form(path, &bytes),
                        unread: Some(if has_nul(&bytes) {
                            Unread::Binary
                        } else {
                            Unread::TooLarge
                        }),
                        text: None,
                    },
                    None if is_no_text(path) => not_searched(Unread::Binary, false),
                    None => not_searched(Unread::TooLarge, true),
                }
            }
            Some(Err(Gap::Missing | Gap::Damaged)) => {
                not_searched(Unread::Absent, !is_no_text(path))
            }
        }
    }
}

/// Reads the contents of changed files.
fn contents(repository: &Repository, deltas: Vec<FileDelta>) -> Vec<Changed> {
    let before: Vec<Option<ObjectId>> = deltas.iter().map(|delta| delta.before).collect();
    let after: Vec<Option<ObjectId>> = deltas.iter().map(|delta| delta.after).collect();
    let contents = repository
        .blobs(&before)
        .into_iter()
        .zip(repository.blobs(&after));
    deltas
        .into_iter()
        .zip(contents)
        .map(|(delta, (before, after))| {
            let old_path = delta.previous.as_ref().unwrap_or(&delta.path);
            let before = Side::of(repository, old_path, delta.before, before);
            let after = Side::of(repository, &delta.path, delta.after, after);
            Changed {
                before: before.text,
                after: after.text,
                class: parts::class(&delta.path),
                unread: after.unread,
                secrets_before: before.secrets.found,
                secrets: after.secrets,
                delta,
            }
        })
        .collect()
}

/// Adds files, lines and how many they are. What rules read of them is said later.
pub(super) fn add(
    change: &mut Change,
    files: &[Changed],
    entries: &[EntryDelta],
    written: &Written,
    policy: &Policy,
) {
    change.files = listed(files, entries, written, policy);
    change.size = size(files, written);
    change.repository.languages = languages_of(&change.files);
    change.hunks.clone_from(&written.hunks);
    add_unread_lines(change, files, written.told.is_some());
}

/// The files of the document, links and submodules among them.
fn listed(
    files: &[Changed],
    entries: &[EntryDelta],
    written: &Written,
    policy: &Policy,
) -> Vec<ChangedFile> {
    let mut listed: Vec<ChangedFile> = files
        .iter()
        .map(|file| {
            let (added, removed) = written.counts.get(file.path()).copied().unwrap_or_default();
            ChangedFile {
                path: file.path().clone(),
                previous_path: file.delta.previous.clone(),
                status: file.status(),
                class: file.class,
                entry: EntryKind::File,
                language: languages::name(file.path()).map(str::to_owned),
                read_by: ReadBy::Nothing,
                origin: origin(file, written),
                zones: file.zones(policy),
                added,
                removed,
            }
        })
        .collect();
    for entry in entries {
        let kind = match (entry.after, entry.before) {
            (Some(Entry::Link), _) | (None | Some(Entry::File), Some(Entry::Link)) => {
                EntryKind::Link
            }
            _ => EntryKind::Submodule,
        };
        let status = match (entry.before, entry.after) {
            (None, _) => FileStatus::Added,
            (_, None) => FileStatus::Deleted,
            _ => FileStatus::Modified,
        };
        // What took the place of a file, or gave way to one, is that file's fate.
        if let Some(known) = listed.iter_mut().find(|known| known.path == entry.path) {
            known.entry = kind;
            known.status = status;
            continue;
        }
        listed.push(ChangedFile {
            path: entry.path.clone(),
            previous_path: None,
            status,
            class: parts::class(&entry.path),
            entry: kind,
            language: None,
            read_by: ReadBy::Nothing,
            origin: written.touched.origin(&entry.path),
            zones: policy.zones.ids(&entry.path),
            added: 0,
            removed: 0,
        });
    }
    listed.sort_by(|a, b| a.path.cmp(&b.path));
    listed
}

/// Who changed a file: its lines tell, and where they do not, the commits that touch it.
fn origin(file: &Changed, written: &Written) -> AuthorKind {
    let of_lines: BTreeSet<AuthorKind> = written
        .hunks
        .iter()
        .filter(|hunk| hunk.path == *file.path())
        .map(|hunk| hunk.origin)
        .collect();
    if of_lines.contains(&AuthorKind::Ai) {
        return AuthorKind::Ai;
    }
    if of_lines.iter().eq([&AuthorKind::Human]) {
        return AuthorKind::Human;
    }
    let paths = [Some(file.path()), file.delta.previous.as_ref()];
    let mut origins = paths.into_iter().flatten();
    if origins.any(|path| written.touched.origin(path) == AuthorKind::Ai) {
        AuthorKind::Ai
    } else {
        AuthorKind::Unknown
    }
}

fn size(files: &[Changed], written: &Written) -> Size {
    let mut size = Size::default();
    for file in files {
        let (added, removed) = written.counts.get(file.path()).copied().unwrap_or_default();
        if file.class == FileClass::Generated {
            size.generated += added;
        } else {
            size.files += 1;
            size.removed += removed;
        }
    }
    for hunk in &written.hunks {
        if hunk.class != FileClass::Generated {
            size.added.add(hunk.origin, u64::from(hunk.lines));
        }
    }
    size
}

/// Languages of the changed files.
fn languages_of(files: &[ChangedFile]) -> Vec<String> {
    let known: BTreeSet<&str> = files
        .iter()
        .filter_map(|file| file.language.as_deref())
        .collect();
    known.into_iter().map(str::to_owned).collect()
}

/// Says of which files the lines are not known although a tool may have written them.
fn add_unread_lines(change: &mut Change, files: &[Changed], is_committed: bool) {
    let by_tools = |path: &RepoPath| {
        let mut listed = change.files.iter();
        listed.any(|file| file.path == *path && file.origin == AuthorKind::Ai)
    };
    let gaps: Vec<(RepoPath, String)> = files
        .iter()
        .filter(|file| file.has_lines() && (!is_committed || by_tools(file.path())))
        .filter_map(|file| Some((file.path().clone(), file.unread?.as_str().to_owned())))
        .collect();
    unknown_of(
        change,
        FactName::Origins,
        gaps,
        "lines that cannot be read cannot be counted",
    );
}

/// Says that there are changes of which nothing is known.
pub(super) fn add_cut(change: &mut Change) {
    let facts = [
        FactName::Origins,
        FactName::Findings,
        FactName::Secrets,
        FactName::AgentConfiguration,
        FactName::Workflows,
    ];
    for fact in facts {
        super::unknown(
            change,
            fact,
            "a folder that differs cannot be read whole: it is not in this repository, is damaged, or has a name that git \
             refuses",
        );
    }
}

/// Notes that a fact is missing of some files, each with its reason.
pub(super) fn unknown_of(
    change: &mut Change,
    fact: FactName,
    gaps: Vec<(RepoPath, String)>,
    what: &str,
) {
    if gaps.is_empty() {
        return;
    }
    let named: Vec<String> = gaps
        .iter()
        .take(NAMED)
        .map(|(path, why)| format!("{}: {why}", path.display()))
        .collect();
    let more = gaps.len().saturating_sub(NAMED);
    let more = match more {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    change.not_known.push(NotKnown {
        fact,
        why: format!("{what} ({}{more})", named.join("; ")),
        paths: gaps.into_iter().map(|(path, _)| path).collect(),
    });
}

/// One entry a fact: what is not known of the whole change says more than what is not known of some files.
pub(super) fn settle_unknown(change: &mut Change) {
    change.not_known.sort();
    let mut settled: Vec<NotKnown> = Vec::new();
    for next in std::mem::take(&mut change.not_known) {
        match settled.last_mut().filter(|last| last.fact == next.fact) {
            None => settled.push(next),
            Some(last) if last.paths.is_empty() => {}
            Some(last) if next.paths.is_empty() => *last = next,
            Some(last) => {
                last.why = format!("{}; {}", last.why, next.why);
                last.paths.extend(next.paths);
                last.paths.sort();
                last.paths.dedup();
            }
        }
    }
    change.not_known = settled;
}

/// What gates do not look at although it looks like what they look at.
pub(super) fn gaps(change: &Change) -> Vec<Diagnostic> {
    let gaps = [language_gap(change), generated_gap(change)];
    gaps.into_iter().flatten().collect()
}

/// Says that AI-written source is there whose name says that a program wrote it, or others did.
fn generated_gap(change: &Change) -> Option<Diagnostic> {
    let is_source = |path: &RepoPath| languages::name(path).is_some();
    let lines: u64 = change
        .ai_hunks()
        .filter(|hunk| hunk.class == FileClass::Generated && is_source(&hunk.path))
        .map(|hunk| u64::from(hunk.lines))
        .sum();
    (lines > 0).then(|| {
        Diagnostic::new(
            Level::Note,
            "generated-not-counted",
            format!(
                "{lines} AI-written lines of source are in files that their names call generated or vendored: gates on \
                 size, tests, documents and provenance do not count them"
            ),
        )
    })
}

/// Says that source code is there which no rule reads.
fn language_gap(change: &Change) -> Option<Diagnostic> {
    let stands = |file: &&ChangedFile| {
        file.language.is_some() && file.status != FileStatus::Deleted && file.entry.is_file()
    };
    let all = change.files.iter().filter(stands).count();
    let gap: Vec<&ChangedFile> = change
        .files
        .iter()
        .filter(stands)
        .filter(|file| file.read_by == ReadBy::Forms)
        .collect();
    if gap.is_empty() {
        return None;
    }
    let names: BTreeSet<&str> = gap.iter().filter_map(|f| f.language.as_deref()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    Some(Diagnostic::new(
        Level::Note,
        "language-without-rules",
        format!(
            "{} of {all} changed source files are in languages that no rule reads ({}): nothing is said of weaknesses \
             in them; secrets that are known by their form were looked for",
            gap.len(),
            names.join(", ")
        ),
    ))
}

/// The deltas of a change, apart.
pub(super) fn read(repository: &Repository, deltas: Deltas) -> (Vec<Changed>, Vec<EntryDelta>) {
    (contents(repository, deltas.files), deltas.entries)
}
