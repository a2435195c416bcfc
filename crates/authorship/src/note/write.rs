//! Writes notes in the canonical form: paths quoted where they must be, ranges ascending, disjoint
//! and as few as possible.
//!
//! [`Note::write`] is for notes that we make ourselves. To add to a note that somebody else made
//! use [`merge`]: it keeps every member of the other's metadata, known or not.

use serde_json::{Map, Value, json};

use super::claims::SIGNATURES;
use super::metadata::{CAPTURED, DECLARED, is_supported, problem};
use super::{
    Agent, Entry, FileBlock, Key, LineRange, Metadata, MetadataProblem, Note, NoteError, Record,
    head,
};

impl Note {
    /// The note as bytes. A path that holds both a quote and a line feed cannot be written in this
    /// format and is left out; so are files without attested lines.
    #[must_use]
    pub fn write(&self, base_commit: &str) -> Vec<u8> {
        let mut metadata = Map::new();
        metadata.insert("schema_version".to_owned(), json!("authorship/3.0.0"));
        if let Some(version) = self.metadata.git_ai_version {
            metadata.insert("git_ai_version".to_owned(), json!(version.to_string()));
        }
        metadata.insert("base_commit_sha".to_owned(), json!(base_commit));
        metadata.insert("prompts".to_owned(), json!({}));
        add_metadata(&mut metadata, &self.metadata);
        assemble(&self.files, &Value::Object(metadata))
    }
}

/// Adds attestations to a note that exists. What the note says of a line stays the last word; a
/// record of the same key is not replaced; unknown members survive.
pub fn merge(existing: &[u8], addition: &Note, base_commit: &str) -> Result<Vec<u8>, NoteError> {
    let parsed = head::parse(existing)?;
    let mut files = parsed.files;
    let metadata: Value =
        serde_json::from_slice(parsed.metadata).map_err(|error| problem(&error, parsed.lines))?;
    let Value::Object(mut metadata) = metadata else {
        return Err(wrong(parsed.lines, MetadataProblem::Shape));
    };
    if !metadata
        .get("schema_version")
        .and_then(Value::as_str)
        .is_some_and(is_supported)
    {
        return Err(wrong(parsed.lines, MetadataProblem::Schema));
    }
    for block in &addition.files {
        match files.iter_mut().find(|file| file.path == block.path) {
            Some(file) => merge_block(file, block),
            None => files.push(block.clone()),
        }
    }
    metadata.insert("base_commit_sha".to_owned(), json!(base_commit));
    add_metadata(&mut metadata, &addition.metadata);
    Ok(assemble(&files, &Value::Object(metadata)))
}

/// Puts together a note from attestations that have their records and such that were carried from
/// other notes, whose records are copied as they stand there. A note that exists is added to, as by
/// [`merge`].
pub fn compose(
    existing: Option<&[u8]>,
    addition: &Note,
    carried: &[(Key, Vec<u8>)],
    base_commit: &str,
) -> Result<Vec<u8>, NoteError> {
    let started = match existing {
        Some(existing) => merge(existing, addition, base_commit)?,
        None => addition.write(base_commit),
    };
    if carried.is_empty() {
        return Ok(started);
    }
    let parsed = head::parse(&started)?;
    let mut metadata = members(parsed.metadata, parsed.lines)?;
    for (key, source) in carried {
        let source = head::parse(source)?;
        let theirs = members(source.metadata, source.lines)?;
        let (section, record) = match key {
            Key::Session { session, .. } => ("sessions", session),
            Key::Human(key) => ("humans", key),
            Key::Prompt(key) => ("prompts", key),
            Key::Unknown(_) => continue,
        };
        let found = theirs
            .get(section)
            .and_then(|records| records.get(&**record));
        if let Some(found) = found {
            copy_record(&mut metadata, section, record, found);
        }
    }
    Ok(assemble(&parsed.files, &Value::Object(metadata)))
}

/// The union of two notes on one commit. Where both speak of a line `first` has the last word, so
/// whoever wants the same on every machine gives them in the same order. Members of either survive.
pub fn union(first: &[u8], second: &[u8]) -> Result<Vec<u8>, NoteError> {
    let (one, two) = (head::parse(first)?, head::parse(second)?);
    let mut metadata = members(one.metadata, one.lines)?;
    let theirs = members(two.metadata, two.lines)?;
    let mut files = one.files;
    for block in &two.files {
        match files.iter_mut().find(|file| file.path == block.path) {
            Some(file) => merge_block(file, block),
            None => files.push(block.clone()),
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    for (name, value) in theirs {
        match (name.as_str(), value) {
            ("sessions" | "humans" | "prompts" | SIGNATURES, Value::Object(records)) => {
                for (key, record) in &records {
                    copy_record(&mut metadata, &name, key, record);
                }
            }
            (_, value) => {
                metadata.entry(name).or_insert(value);
            }
        }
    }
    Ok(assemble(&files, &Value::Object(metadata)))
}

pub(super) fn members(json: &[u8], lines_before: usize) -> Result<Map<String, Value>, NoteError> {
    match serde_json::from_slice(json).map_err(|error| problem(&error, lines_before))? {
        Value::Object(members) => Ok(members),
        _ => Err(wrong(lines_before, MetadataProblem::Shape)),
    }
}

fn copy_record(metadata: &mut Map<String, Value>, section: &str, key: &str, record: &Value) {
    let target = metadata.entry(section).or_insert_with(|| json!({}));
    if let Value::Object(target) = target
        && !target.contains_key(key)
    {
        target.insert(key.to_owned(), record.clone());
    }
}

/// The note without what a person declared; `None` where nothing else is in it. Everything that a
/// tool recorded, and every unknown member, survives.
pub fn without_declared(existing: &[u8]) -> Result<Option<Vec<u8>>, NoteError> {
    let parsed = head::parse(existing)?;
    let mut files = parsed.files;
    let mut metadata: Value =
        serde_json::from_slice(parsed.metadata).map_err(|error| problem(&error, parsed.lines))?;
    let Value::Object(members) = &mut metadata else {
        return Err(wrong(parsed.lines, MetadataProblem::Shape));
    };
    let mut gone: Vec<String> = Vec::new();
    for section in ["sessions", "prompts"] {
        if let Some(Value::Object(records)) = members.get_mut(section) {
            records.retain(|key, record| {
                let declared = record["custom_attributes"][DECLARED.0] == DECLARED.1;
                if declared {
                    gone.push(key.clone());
                }
                !declared
            });
        }
    }
    if gone.is_empty() {
        return Ok(Some(existing.to_vec()));
    }
    for file in &mut files {
        file.entries.retain(|entry| {
            let key = match &entry.key {
                Key::Session { session, .. } => session,
                Key::Prompt(key) | Key::Human(key) | Key::Unknown(key) => key,
            };
            !gone.iter().any(|gone| **gone == **key)
        });
    }
    let says_something = files.iter().any(|file| !file.entries.is_empty())
        || ["sessions", "prompts", "humans"].iter().any(|section| {
            let records = members.get(*section).and_then(Value::as_object);
            records.is_some_and(|records| !records.is_empty())
        });
    Ok(says_something.then(|| assemble(&files, &metadata)))
}

const fn wrong(lines_before: usize, problem: MetadataProblem) -> NoteError {
    NoteError::Metadata {
        line: lines_before + 1,
        column: 1,
        problem,
    }
}

/// New keys go to the front: entries are tried from the last, so the older ones keep winning.
fn merge_block(file: &mut FileBlock, addition: &FileBlock) {
    let mut fresh = Vec::new();
    for entry in &addition.entries {
        match file.entries.iter_mut().find(|known| known.key == entry.key) {
            Some(known) => known.ranges.extend_from_slice(&entry.ranges),
            None => fresh.push(entry.clone()),
        }
    }
    file.entries.splice(0..0, fresh);
}

fn add_metadata(object: &mut Map<String, Value>, metadata: &Metadata) {
    add_members(
        object,
        "sessions",
        metadata.sessions.iter().map(|(key, agent)| {
            let mut value = json!({ "agent_id": agent_id(agent) });
            mark(&mut value, agent.record);
            (&**key, value)
        }),
    );
    add_members(
        object,
        "prompts",
        metadata.prompts.iter().map(|(key, prompt)| {
            let mut value = json!({
                "agent_id": agent_id(&prompt.agent),
                "total_additions": 0,
                "total_deletions": 0,
                "accepted_lines": 0,
                "overriden_lines": prompt.overridden_lines,
            });
            mark(&mut value, prompt.agent.record);
            (&**key, value)
        }),
    );
    add_members(
        object,
        "humans",
        metadata
            .humans
            .iter()
            .map(|(key, human)| (&**key, json!({ "author": &*human.author }))),
    );
}

/// How we say in a record how it came to be.
fn mark(value: &mut Value, record: Record) {
    let (name, text) = match record {
        Record::Recorded => return,
        Record::Declared => DECLARED,
        Record::Captured => CAPTURED,
    };
    value["custom_attributes"] = json!({ name: text });
}

fn add_members<'a>(
    object: &mut Map<String, Value>,
    section: &str,
    members: impl Iterator<Item = (&'a str, Value)>,
) {
    let mut members = members.peekable();
    if members.peek().is_none() {
        return;
    }
    let target = object.entry(section).or_insert_with(|| json!({}));
    if !target.is_object() {
        *target = json!({});
    }
    if let Value::Object(target) = target {
        for (key, value) in members {
            target.entry(key).or_insert(value);
        }
    }
}

/// The session key stands in for the conversation id, which is not kept.
fn agent_id(agent: &Agent) -> Value {
    json!({
        "tool": agent.tool.as_str(),
        "id": agent.session.as_str(),
        "model": agent.model.as_ref().map_or("unknown", |model| model.as_str()),
    })
}

pub(super) fn assemble(files: &[FileBlock], metadata: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    for file in files {
        let Some(path) = written_path(file.path.as_bytes()) else {
            continue;
        };
        if file.entries.iter().all(|entry| entry.ranges.is_empty()) {
            continue;
        }
        out.extend_from_slice(&path);
        out.push(b'\n');
        for entry in &file.entries {
            write_entry(&mut out, entry);
        }
    }
    out.extend_from_slice(b"---\n");
    out.extend_from_slice(metadata.to_string().as_bytes());
    out
}

fn write_entry(out: &mut Vec<u8>, entry: &Entry) {
    let ranges = canonical(&entry.ranges);
    if ranges.is_empty() {
        return;
    }
    let ranges: Vec<String> = ranges
        .iter()
        .map(|range| {
            if range.first == range.last {
                range.first.to_string()
            } else {
                format!("{}-{}", range.first, range.last)
            }
        })
        .collect();
    out.extend_from_slice(format!("  {} {}\n", entry.key, ranges.join(",")).as_bytes());
}

/// Ascending, disjoint, neighbours joined.
pub(super) fn canonical(ranges: &[LineRange]) -> Vec<LineRange> {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable();
    let mut out: Vec<LineRange> = Vec::with_capacity(sorted.len());
    for range in sorted {
        match out.last_mut() {
            Some(last) if range.first <= last.last.saturating_add(1) => {
                last.last = last.last.max(range.last);
            }
            _ => out.push(range),
        }
    }
    out
}

fn written_path(path: &[u8]) -> Option<Vec<u8>> {
    if path.is_empty() || (path.contains(&b'"') && path.contains(&b'\n')) {
        return None;
    }
    let must_quote =
        path.iter().any(u8::is_ascii_whitespace) || path.starts_with(b"\"") || path == b"---";
    if !must_quote {
        return Some(path.to_vec());
    }
    let mut quoted = Vec::with_capacity(path.len() + 2);
    quoted.push(b'"');
    quoted.extend_from_slice(path);
    quoted.push(b'"');
    Some(quoted)
}
