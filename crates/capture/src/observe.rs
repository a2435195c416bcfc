//! From an event to a record in the queue: the files that it is about, as they are now.
//!
//! Runs inside a hook: nothing here may fail the agent, wait or take long. What the payload proposes
//! is compared with what is on the disk, and only which lines it explains is kept.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use bstr::ByteSlice;
use rustc_hash::FxHashSet;
use serde_json::Value;
use sha2::{Digest, Sha256};
use trueline_authorship::{note, tools};
use trueline_facts::{ModelId, RepoPath};

use crate::classes::{Classes, SECRETS};
use crate::event::{Action, Change, Edit, Event, Moment, PatchLine, Report, Session, Write};
use crate::exercise;
use crate::lines::{LineKey, texts};
use crate::payload::named_files;
use crate::place::Place;
use crate::queue::{
    Actor, Claim, Commits, FileState, Followed, Record, Seen, StateId, Store, Written,
};
use crate::rest::{self, Ticket};
use crate::settle;
use crate::shell;
use crate::worktree::{self, Content, Look};

/// The end of a transcript in which the model's name is looked for.
const TRANSCRIPT_TAIL: u64 = 64 << 10;

/// Files of one event that are looked at.
const MOST_FILES: usize = 256;

/// A text of up to this many bytes is searched for parts of lines; a longer one by whole lines.
const SEARCHED: usize = 16 << 10;

/// Words of a command line by which other work trees are looked for, and how many of these one command has.
const MOST_WORDS: usize = 64;
const MOST_PLACES: usize = 8;

/// Names that one command copies.
const MOST_COPIED: usize = 64;

/// A queue larger than this is folded when a session ends, without waiting for a commit.
const LARGE_QUEUE: u64 = 512 << 10;

/// Files that one command reads.
const MOST_READ: usize = 32;

/// The beginning of a file that is read in which secrets are looked for.
const SEARCHED_FOR_SECRETS: u64 = 256 << 10;

/// Whether a content, which stands in a file of that path, holds a secret.
pub type Detector = fn(&RepoPath, &[u8]) -> bool;

/// Records what a tool told. Never fails: what goes wrong is noted in the capture folder.
pub fn observe(events: &[Event], holds_secret: Option<Detector>) {
    for event in events {
        // Where it fails there is nobody to tell and no folder of ours to note it in.
        let _ = exercise::observe(event, actor(&event.session, event).call);
        let reading = reading(event);
        for event in std::iter::once(event).chain(&reading) {
            for (place, files) in by_place(event) {
                let store = Store::at(place.capture_dir());
                if let Err(error) = observe_in(event, &place, &store, &files, holds_secret) {
                    store.trouble(&format!("a hook event was lost: {error}"));
                }
            }
        }
    }
}

/// What a command that shows files tells about reading.
fn reading(event: &Event) -> Option<Event> {
    let Moment::Before(Action::Command { text, .. }) = &event.moment else {
        return None;
    };
    let read = shell::read(text).into_iter().take(MOST_READ);
    let files: Vec<PathBuf> = read
        .filter_map(|file| {
            let path = at_home(&file.path);
            (file.of_git || event.absolute(&path).is_file()).then_some(path)
        })
        .collect();
    (!files.is_empty()).then(|| Event {
        moment: Moment::Before(Action::Read(files)),
        ..event.clone()
    })
}

/// A path as a shell makes it of `~` and `$HOME`.
fn at_home(path: &str) -> PathBuf {
    ["~/", "$HOME/", "${HOME}/"]
        .iter()
        .find_map(|home| path.strip_prefix(home))
        .and_then(|rest| Some(std::env::home_dir()?.join(rest)))
        .unwrap_or_else(|| PathBuf::from(path))
}

/// Files of an event: where they are, and their paths in the work tree.
type Files = Vec<(PathBuf, RepoPath)>;

/// The work trees that an event is about, each with the event's files in it.
fn by_place(event: &Event) -> Vec<(Place, Files)> {
    let files: Vec<PathBuf> = match &event.moment {
        Moment::Before(Action::Write(write)) | Moment::After(Action::Write(write)) => {
            write.edits.iter().map(|edit| edit.path.clone()).collect()
        }
        Moment::Before(Action::Read(files)) | Moment::Saved(files) => files.clone(),
        Moment::Before(Action::Command { text, .. })
        | Moment::After(Action::Command { text, .. }) => return around_words(event, text),
        Moment::Ended => {
            return Place::around(&event.absolute(Path::new("")))
                .map(|place| (place, Vec::new()))
                .into_iter()
                .collect();
        }
        Moment::Before(Action::McpCall { arguments, .. } | Action::Other { arguments, .. })
        | Moment::After(Action::McpCall { arguments, .. } | Action::Other { arguments, .. }) => {
            return around_call(event, arguments);
        }
        Moment::After(Action::Read(_)) => return Vec::new(),
    };
    let mut all: BTreeMap<PathBuf, (Place, Files)> = BTreeMap::new();
    for file in files.into_iter().take(MOST_FILES) {
        let absolute = event.absolute(&file);
        let reads = matches!(event.moment, Moment::Before(Action::Read(_)));
        // What is read elsewhere on the machine is read by who works here.
        let elsewhere = || {
            let place = Place::around(&event.absolute(Path::new("")))?;
            let path = <[u8]>::from_path(&absolute)?;
            Some((place, RepoPath::new(path.trim_start_with(|c| c == '/'))))
        };
        let placed = match absolute.parent().and_then(Place::around) {
            Some(place) => place.relative(&absolute).map(|path| (place, path)),
            None if reads => elsewhere(),
            None => None,
        };
        if let Some((place, path)) = placed {
            let known = all
                .entry(place.work_tree.clone())
                .or_insert((place, Vec::new()));
            known.1.push((absolute, path));
        }
    }
    all.into_values().collect()
}

/// The work trees that a call which is not followed may write to: the one it runs in, and those of files that it
/// names.
fn around_call(event: &Event, arguments: &Value) -> Vec<(Place, Files)> {
    let mut all: BTreeMap<PathBuf, (Place, Files)> = BTreeMap::new();
    let named = named_files(arguments).into_iter().take(MOST_FILES);
    for path in std::iter::once(PathBuf::new()).chain(named) {
        if let Some(place) = Place::around(&event.absolute(&path)) {
            let known = all.entry(place.work_tree.clone());
            known.or_insert((place, Vec::new()));
        }
    }
    all.into_values().collect()
}

/// The work trees that a command may write to: the one it runs in, and those within it that its words name (a
/// submodule, a repository in an ignored folder), or beside it where something is captured already.
fn around_words(event: &Event, text: &str) -> Vec<(Place, Files)> {
    let here = Place::around(&event.absolute(Path::new("")));
    let mut folders: Vec<PathBuf> = Vec::new();
    for word in path_words(text).take(MOST_WORDS) {
        let path = event.absolute(Path::new(word));
        // A folder that it names, or the one that a file is in.
        for folder in [Some(path.as_path()), path.parent()].into_iter().flatten() {
            if folder.is_dir() && !folders.iter().any(|known| known == folder) {
                folders.push(folder.to_owned());
            }
        }
    }
    let mut all: Vec<(Place, Files)> = here
        .iter()
        .map(|place| (place.clone(), Vec::new()))
        .collect();
    for folder in folders {
        let Some(place) = Place::around(&folder) else {
            continue;
        };
        let within = here
            .as_ref()
            .is_some_and(|here| place.work_tree.starts_with(&here.work_tree));
        let is_new = !all
            .iter()
            .any(|(known, _)| known.work_tree == place.work_tree);
        if is_new && all.len() < MOST_PLACES && (within || place.capture_dir().is_dir()) {
            all.push((place, Vec::new()));
        }
    }
    all
}

fn observe_in(
    event: &Event,
    place: &Place,
    store: &Store,
    files: &[(PathBuf, RepoPath)],
    holds_secret: Option<Detector>,
) -> std::io::Result<()> {
    let Some(seen) = seen(event, place, store, files, holds_secret)? else {
        return Ok(());
    };
    let mut actor = actor(&event.session, event);
    if matches!(seen, Seen::AfterWrite(_) | Seen::AfterCommand { .. }) && actor.model.is_none() {
        actor.model = event.session.transcript.as_deref().and_then(model_of);
    }
    let ended = matches!(seen, Seen::Ended);
    let record = record(actor, place, seen);
    // Where no hook of git's runs, the end of a turn is the time to see what was committed.
    let behind = ended && settle::is_behind(store, &record.ground.head);
    if !store.append(&record)? {
        store.trouble("the queue is full: commit, or run `trueline hook run settle`");
    }
    if behind || (ended && store.size() > LARGE_QUEUE) {
        settle::settle(place).map_err(std::io::Error::other)?;
    }
    Ok(())
}

/// Milliseconds since the epoch.
pub(crate) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |time| {
        u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
    })
}

/// A record of this moment.
pub(crate) fn record(actor: Actor, place: &Place, seen: Seen) -> Record {
    let time = now();
    // A hook that fires twice shows the same state twice, which says nothing new; only readings are
    // counted, and must not be counted twice. The time tells a repeated command from a repeated line.
    let when = if matches!(seen, Seen::Read(_)) {
        0
    } else {
        time
    };
    let told = serde_json::to_vec(&(&actor.session, actor.call, when, &seen)).unwrap_or_default();
    Record {
        id: number(&Sha256::digest(told)),
        time,
        ground: place.ground(),
        actor,
        seen,
    }
}

/// The data classes of the files that are about to be read, by their names and, for secrets, their beginnings.
fn classes_read(
    place: &Place,
    files: &[(PathBuf, RepoPath)],
    holds_secret: Option<Detector>,
) -> Vec<Box<str>> {
    let classes = Classes::load(&place.work_tree);
    let mut read: Vec<_> = files
        .iter()
        .flat_map(|(_, path)| classes.of(path))
        .collect();
    if let Some(holds_secret) = holds_secret
        && classes.knows(SECRETS)
        && !read.iter().any(|class| **class == *SECRETS)
        && files
            .iter()
            .any(|(file, path)| beginning(file).is_some_and(|content| holds_secret(path, &content)))
    {
        read.push(SECRETS.into());
    }
    read.sort_unstable();
    read.dedup();
    read
}

fn seen(
    event: &Event,
    place: &Place,
    store: &Store,
    files: &[(PathBuf, RepoPath)],
    holds_secret: Option<Detector>,
) -> std::io::Result<Option<Seen>> {
    let now = |files: &[(PathBuf, RepoPath)]| -> std::io::Result<Vec<FileState>> {
        let key = key(store)?;
        let mut states = Vec::new();
        for (file, path) in files {
            let state = match worktree::content(&place.work_tree, file) {
                Content::Text(content) => match key.lines(&content) {
                    Some(lines) => Some(store.keep(&lines)?),
                    None => continue,
                },
                Content::Absent => None,
                Content::Other => continue,
            };
            states.push(FileState {
                path: path.clone(),
                state,
            });
        }
        Ok(states)
    };
    Ok(Some(match &event.moment {
        Moment::Before(Action::Write(_)) => Seen::BeforeWrite(now(files)?),
        Moment::Saved(_) => Seen::Saved(now(files)?),
        Moment::After(Action::Write(write)) => {
            Seen::AfterWrite(written(event, place, store, write)?)
        }
        Moment::Before(Action::Command { text, background }) => {
            let named = words(event, place, text);
            let (Look { files, whole }, rest) = around_command(place, store, &named)?;
            let commits = shell::commits(text).then(|| Commits {
                named,
                copied: copied(event, place, text),
            });
            Seen::BeforeCommand {
                files,
                whole,
                rest,
                followed: followed(*background),
                commits: commits.filter(|_| !*background),
            }
        }
        Moment::After(Action::Command { text, background }) => {
            let looked_at = words(event, place, text);
            let (Look { files, whole }, rest) = around_command(place, store, &looked_at)?;
            let named = names(text, &files);
            Seen::AfterCommand {
                files,
                whole,
                named,
                by_git: shell::moves_content(text),
                copied: copied(event, place, text),
                rest,
                followed: followed(*background),
            }
        }
        Moment::Before(Action::Read(_)) => {
            let read = classes_read(place, files, holds_secret);
            if read.is_empty() {
                return Ok(None);
            }
            store.create()?;
            Seen::Read(read)
        }
        Moment::Ended => {
            // A session that touched nothing here leaves nothing here.
            if store.size() == 0 {
                return Ok(None);
            }
            Seen::Ended
        }
        Moment::Before(Action::McpCall { arguments, .. } | Action::Other { arguments, .. }) => {
            let named = arguments_in(event, place, arguments);
            let (Look { files, whole }, rest) = around_command(place, store, &named)?;
            Seen::BeforeCommand {
                files,
                whole,
                rest,
                followed: Followed::No,
                commits: None,
            }
        }
        Moment::After(Action::McpCall { arguments, .. } | Action::Other { arguments, .. }) => {
            let named = arguments_in(event, place, arguments);
            let (Look { files, whole }, rest) = around_command(place, store, &named)?;
            Seen::AfterCommand {
                files,
                whole,
                named: Vec::new(),
                by_git: false,
                copied: Vec::new(),
                rest,
                followed: Followed::No,
            }
        }
        Moment::After(Action::Read(_)) => return Ok(None),
    }))
}

/// The beginning of a file; `None`: it is none, or cannot be read.
fn beginning(file: &Path) -> Option<Vec<u8>> {
    let is_file = file.metadata().is_ok_and(|meta| meta.is_file());
    let opened = is_file.then(|| File::open(file).ok()).flatten()?;
    let mut content = Vec::new();
    opened
        .take(SEARCHED_FOR_SECRETS)
        .read_to_end(&mut content)
        .ok()?;
    Some(content)
}

/// The paths that a command line gives to programs that copy.
fn copied(event: &Event, place: &Place, text: &str) -> Vec<RepoPath> {
    shell::copied(text)
        .filter_map(|word| place.relative(&event.absolute(Path::new(word))))
        .take(MOST_COPIED)
        .collect()
}

/// Those of the files that a command line names.
fn names(text: &str, files: &[FileState]) -> Vec<RepoPath> {
    files
        .iter()
        .filter(|file| text.as_bytes().contains_str(file.path.file_name()))
        .map(|file| file.path.clone())
        .collect()
}

fn followed(background: bool) -> Followed {
    if background {
        Followed::UntilReported
    } else {
        Followed::Whole
    }
}

/// The paths that a call's arguments name.
fn arguments_in(event: &Event, place: &Place, arguments: &Value) -> Vec<RepoPath> {
    let named = named_files(arguments).into_iter();
    named
        .take(MOST_FILES)
        .filter_map(|path| place.relative(&event.absolute(&path)))
        .collect()
}

/// The words of a command line that may be paths.
fn path_words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '"' | '\'' | '=' | ';' | '&' | '|' | '<' | '>' | '(' | ')'
            )
    });
    let mut before = "";
    words.filter(move |word| {
        let enters = matches!(std::mem::replace(&mut before, word), "cd" | "pushd" | "-C");
        !word.is_empty() && (enters || word.contains(['/', '.']))
    })
}

/// The paths of this work tree that a command line names.
fn words(event: &Event, place: &Place, text: &str) -> Vec<RepoPath> {
    path_words(text)
        .take(MOST_FILES)
        .filter_map(|word| place.relative(&event.absolute(Path::new(word))))
        .collect()
}

/// A look that ends in time, and what is left of it.
fn around_command(
    place: &Place,
    store: &Store,
    named: &[RepoPath],
) -> std::io::Result<(Look, Option<Ticket>)> {
    let (look, task) = worktree::look_in_time(place, store, &key(store)?, named)?;
    let Some(task) = task else {
        return Ok((look, None));
    };
    let ticket = store.leave(&task)?;
    rest::hand_over(place, store, ticket);
    Ok((look, Some(ticket)))
}

/// Everything that differs from HEAD, kept.
pub(crate) fn differing(place: &Place, store: &Store) -> std::io::Result<(Vec<FileState>, bool)> {
    let look = worktree::look(place, store, &key(store)?)?;
    Ok((look.files, look.whole))
}

fn written(
    event: &Event,
    place: &Place,
    store: &Store,
    write: &Write,
) -> std::io::Result<Vec<Written>> {
    let key = key(store)?;
    let mut out = Vec::new();
    for edit in write.edits.iter().take(MOST_FILES) {
        let absolute = event.absolute(&edit.path);
        let Some(path) = place.relative(&absolute) else {
            continue;
        };
        let mut content = match worktree::content(&place.work_tree, &absolute) {
            Content::Text(content) => Some(content),
            Content::Absent => None,
            Content::Other => continue,
        };
        if write.report == Report::Early {
            content = settled(content, &edit.change);
        }
        let before = (write.report == Report::AfterOnly)
            .then(|| undone(content.as_deref()?, &edit.change))
            .flatten();
        let before = match before.and_then(|before| key.lines(&before)) {
            Some(lines) => Some(store.keep(&lines)?),
            None => None,
        };
        let state: Option<StateId> = match &content {
            None => None,
            Some(content) => match key.lines(content) {
                Some(lines) => Some(store.keep(&lines)?),
                None => continue,
            },
        };
        out.push(Written {
            file: FileState { path, state },
            claim: claim(content.as_deref().unwrap_or_default(), edit),
            before,
        });
    }
    Ok(out)
}

/// Says whether a line is explained.
type Explains<'t> = Box<dyn Fn(&[u8]) -> bool + 't>;

/// Which lines of the content the payload explains: those that it proposed, spaces aside, because a
/// formatter may have run already.
fn claim(content: &[u8], edit: &Edit) -> Claim {
    let explains: Explains<'_> = match &edit.change {
        Change::Untold | Change::Sketch(_) => return Claim::Untold,
        Change::Delete => return Claim::Lines(Vec::new()),
        Change::Whole(whole) if texts(whole.as_bytes()).eq(texts(content)) => return Claim::All,
        Change::Whole(whole) => explained_by(&[whole.as_bytes()]),
        Change::Patch(lines) => {
            let added = lines.iter().filter_map(PatchLine::added);
            explained_by(&added.map(str::as_bytes).collect::<Vec<_>>())
        }
        Change::Replace(all) => {
            explained_by(&all.iter().map(|one| one.new.as_bytes()).collect::<Vec<_>>())
        }
    };
    // A replacement within a line: the line holds more than the new text.
    let mut within: Vec<(usize, usize)> = Vec::new();
    if let Change::Replace(all) = &edit.change {
        for one in all.iter().filter(|one| !one.new.is_empty()) {
            let found = content.find_iter(one.new.as_bytes()).take(1_000);
            within.extend(found.map(|at| (at, at + one.new.len())));
        }
        within.sort_unstable();
    }
    let mut runs: Vec<(u32, u32)> = Vec::new();
    let mut start = 0;
    for (at, line) in content.split(|byte| *byte == b'\n').enumerate() {
        let end = start + line.len();
        let touched = within
            .iter()
            .any(|(from, to)| *from <= end && start < (*to).max(from + 1));
        if touched || explains(line) {
            let at = at as u32;
            match runs.last_mut() {
                Some((first, count)) if *first + *count == at => *count += 1,
                _ => runs.push((at, 1)),
            }
        }
        start = end + 1;
    }
    Claim::Lines(runs)
}

/// Whether a line is among the texts, spaces aside: as a part of a short text, as a line of a long one.
fn explained_by<'t>(texts_given: &[&'t [u8]]) -> Explains<'t> {
    let total: usize = texts_given.iter().map(|text| text.len()).sum();
    if total <= SEARCHED {
        // What stands apart is kept apart by a byte that no text line has.
        let joined = texts_given
            .iter()
            .map(|t| tight(t))
            .collect::<Vec<_>>()
            .join(&b'\n');
        return Box::new(move |line| {
            let line = tight(line);
            line.is_empty() || joined.contains_str(&line)
        });
    }
    let lines: FxHashSet<Vec<u8>> = texts_given
        .iter()
        .flat_map(|text| text.split(|byte| *byte == b'\n'))
        .map(tight)
        .collect();
    Box::new(move |line| {
        let line = tight(line);
        line.is_empty() || lines.contains(&line)
    })
}

fn tight(text: &[u8]) -> Vec<u8> {
    text.iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect()
}

/// What a file will hold once a write that was told early is on the disk.
fn settled(content: Option<Vec<u8>>, change: &Change) -> Option<Vec<u8>> {
    match change {
        Change::Whole(whole) => Some(whole.as_bytes().to_vec()),
        Change::Replace(all) => {
            let mut text = content?;
            for one in all {
                let new_is_there = !one.new.is_empty() && text.contains_str(&*one.new);
                if !new_is_there && text.contains_str(&*one.old) && !one.old.is_empty() {
                    text = text.replacen(&*one.old, &*one.new, 1);
                }
            }
            Some(text)
        }
        Change::Patch(_) | Change::Sketch(_) | Change::Delete | Change::Untold => content,
    }
}

/// What a file held before texts in it were replaced, if that is certain: each new text stands in
/// it once.
fn undone(content: &[u8], change: &Change) -> Option<Vec<u8>> {
    let Change::Replace(all) = change else {
        return None;
    };
    let mut text = content.to_vec();
    for one in all.iter().rev() {
        let mut found = text.find_iter(one.new.as_bytes());
        let at = found.next()?;
        if one.new.is_empty() || found.next().is_some() {
            return None;
        }
        text.splice(at..at + one.new.len(), one.old.bytes());
    }
    Some(text)
}

/// The model that a transcript's end names. Nothing else of it is looked at or kept.
fn model_of(transcript: &Path) -> Option<ModelId> {
    const NAME: &[u8] = b"\"model\":";
    let mut file = File::open(transcript).ok()?;
    let len = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(len.saturating_sub(TRANSCRIPT_TAIL)))
        .ok()?;
    let mut tail = Vec::new();
    file.take(TRANSCRIPT_TAIL).read_to_end(&mut tail).ok()?;
    let at = tail.rfind(NAME)? + NAME.len();
    let rest = tail.get(at..)?.trim_start().strip_prefix(b"\"")?;
    let name = rest.get(..rest.find_byte(b'"')?)?;
    tools::model(std::str::from_utf8(name).ok()?)
}

fn actor(session: &Session, event: &Event) -> Actor {
    let key = note::session_key(session.tool.as_str(), &session.conversation);
    let mut digest = Sha256::new();
    digest.update(&key);
    match (&event.call, &event.moment) {
        (Some(call), _) => digest.update(call.as_bytes()),
        (None, Moment::Before(action) | Moment::After(action)) => match action {
            Action::Command { text, .. } => digest.update(text.as_bytes()),
            Action::Write(write) => {
                for edit in &write.edits {
                    digest.update(edit.path.as_os_str().as_encoded_bytes());
                }
            }
            Action::McpCall {
                tool, arguments, ..
            }
            | Action::Other { tool, arguments } => {
                digest.update(tool.as_bytes());
                digest.update(arguments.to_string());
            }
            Action::Read(_) => {}
        },
        (None, Moment::Saved(_) | Moment::Ended) => {}
    }
    Actor {
        tool: session.tool.clone(),
        model: session.model.clone(),
        session: key.into(),
        call: number(&digest.finalize()),
    }
}

fn number(digest: &[u8]) -> u64 {
    digest
        .iter()
        .take(8)
        .fold(0, |all, byte| all << 8 | u64::from(*byte))
}

/// The secret of a capture folder, made when it is first needed.
pub(crate) fn key(store: &Store) -> std::io::Result<LineKey> {
    store.create()?;
    let path = store.folder().join("key");
    if let Ok(bytes) = std::fs::read(&path) {
        if let Ok(key) = <[u8; 16]>::try_from(bytes.as_slice()) {
            return Ok(LineKey(key));
        }
        // Damaged: a new one, with which nothing that was recorded is recognised.
        std::fs::remove_file(&path)?;
    }
    let drawn = Sha256::digest(random());
    let secret = drawn.get(..16).unwrap_or_default();
    // Another hook may be first: then its key is the one.
    crate::queue::write_new(&path, secret)?;
    let bytes = std::fs::read(&path)?;
    <[u8; 16]>::try_from(bytes.as_slice())
        .map(LineKey)
        .map_err(|_| std::io::Error::other("the key of the capture folder is damaged"))
}

/// A number that is drawn.
pub(crate) fn drawn() -> u64 {
    number(&Sha256::digest(random()))
}

/// Bytes that nobody can guess: the system's, through the keys that the standard library draws for
/// its hash tables.
fn random() -> Vec<u8> {
    use std::hash::{BuildHasher, RandomState};
    (0_u8..4)
        .flat_map(|round| RandomState::new().hash_one(round).to_le_bytes())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Replacement;

    fn edit(change: Change) -> Edit {
        Edit {
            path: "a.py".into(),
            change,
        }
    }

    fn replaced(old: &str, new: &str) -> Change {
        Change::Replace(vec![Replacement {
            old: old.into(),
            new: new.into(),
        }])
    }

    #[test]
    fn only_lines_that_the_payload_proposes_are_claimed() {
        let content = b"person\ndef f():\n    return 1\nanother person\n";
        let claim = claim(content, &edit(replaced("x", "def f():\n  return 1")));
        assert_eq!(claim, Claim::Lines(vec![(1, 2), (4, 1)]));
    }

    #[test]
    fn a_replacement_within_a_line_claims_the_line() {
        let claim = claim(b"a = f(1)\nb = 2", &edit(replaced("g", "f")));
        assert_eq!(claim, Claim::Lines(vec![(0, 1)]));
    }

    #[test]
    fn the_whole_content_claims_all() {
        let claim = claim(b"a\r\nb\r\n", &edit(Change::Whole("a\nb".into())));
        assert_eq!(claim, Claim::All);
    }

    #[test]
    fn an_edit_that_was_told_alone_is_undone_when_that_is_certain() {
        assert_eq!(
            undone(b"a\nnew\nb\n", &replaced("old", "new")).unwrap(),
            b"a\nold\nb\n"
        );
        assert_eq!(undone(b"new\nnew\n", &replaced("old", "new")), None);
    }
}
