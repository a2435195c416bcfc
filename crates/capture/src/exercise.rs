//! Agents in exercises: when one writes a file that a learner is to mend, a witness of it is left in the folder.
//!
//! Exercises are ignored by git and often lie outside of any repository, so the queue does not do. What is left
//! names tool and file; `trueline learn check` reads it and takes the attempt for one with an assistant.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use trueline_facts::exercise::{MARKER, MOST_WITNESSES, Marker, WITNESSES, Witness};

use crate::event::{Action, Event, Moment};
use crate::shell::moves_content;

/// A longer command is credited only with files that it names: a person may have saved meanwhile.
const SHORT_COMMAND: Duration = Duration::from_secs(10);
/// Words of a command line that are looked at as paths.
const MOST_WORDS: usize = 64;
/// Larger files are no answers, and larger markers none of ours.
const LARGEST_FILE: u64 = 1 << 20;
/// What a command found, until it ends: its name ends in the call.
const OPEN: &str = ".trueline-agents-open-";

/// Leaves witnesses of an event in the exercises that it is about.
pub(crate) fn observe(event: &Event, call: u64) -> io::Result<()> {
    match &event.moment {
        Moment::After(Action::Write(write)) => {
            for edit in &write.edits {
                let file = event.absolute(&edit.path);
                if let Some(exercise) = file.parent().and_then(Exercise::around)
                    && let Some(name) = exercise.named(&file)
                {
                    exercise.witness(event, &name)?;
                }
            }
            Ok(())
        }
        Moment::Before(Action::Command { text, .. }) => {
            for exercise in exercises(event, text) {
                let found = serde_json::to_vec(&exercise.digests())?;
                let open = exercise.folder.join(format!("{OPEN}{call:016x}"));
                // A link that stands there leads elsewhere: only a new file is written.
                File::create_new(open)?.write_all(&found)?;
            }
            Ok(())
        }
        Moment::After(Action::Command { text, .. }) => {
            for exercise in exercises(event, text) {
                exercise.after_command(event, text, call)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The exercises that a command may write to: the one it runs in, and those of paths that it names.
fn exercises(event: &Event, text: &str) -> Vec<Exercise> {
    let words = text
        .split(|c: char| c.is_whitespace() || "\"'`;&|()<>=".contains(c))
        .filter(|word| word.contains('/') || word.contains('.'))
        .take(MOST_WORDS)
        .map(|word| event.absolute(Path::new(word)));
    let mut found: Vec<Exercise> = Vec::new();
    for place in std::iter::once(event.absolute(Path::new(""))).chain(words) {
        if let Some(exercise) = Exercise::around(&place)
            && found.iter().all(|known| known.folder != exercise.folder)
        {
            found.push(exercise);
        }
    }
    found
}

struct Exercise {
    folder: PathBuf,
    files: Vec<String>,
}

impl Exercise {
    /// The exercise that a path lies in. The path need not exist.
    fn around(path: &Path) -> Option<Self> {
        path.ancestors().find_map(|folder| {
            let text = read(&folder.join(MARKER)).ok()?;
            let marker: Marker = toml::from_str(std::str::from_utf8(&text).ok()?).ok()?;
            // Whoever wrote the repository wrote the marker too.
            let is_inside = |file: &String| {
                let mut parts = Path::new(file).components();
                !file.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)))
            };
            Some(Self {
                folder: folder.to_owned(),
                files: marker.files.into_iter().filter(is_inside).collect(),
            })
        })
    }

    /// The learner's file that a path is.
    fn named(&self, path: &Path) -> Option<String> {
        let inside = path.strip_prefix(&self.folder).ok()?;
        let inside: Vec<_> = inside.iter().map(|part| part.to_str()).collect();
        let inside = inside.into_iter().collect::<Option<Vec<_>>>()?.join("/");
        self.files.iter().find(|file| **file == inside).cloned()
    }

    /// What the learner's files hold now.
    fn digests(&self) -> Vec<Option<Vec<u8>>> {
        let digest = |file: &String| {
            let content = read(&self.folder.join(file)).ok()?;
            Some(Sha256::digest(content).to_vec())
        };
        self.files.iter().map(digest).collect()
    }

    fn after_command(&self, event: &Event, text: &str, call: u64) -> io::Result<()> {
        let open = self.folder.join(format!("{OPEN}{call:016x}"));
        let Ok(before) = read(&open) else {
            return Ok(());
        };
        let took = fs::metadata(&open)?.modified()?.elapsed();
        fs::remove_file(&open)?;
        let before: Vec<Option<Vec<u8>>> = serde_json::from_slice(&before)?;
        // What git brings back was not written by the agent.
        if moves_content(text) {
            return Ok(());
        }
        let is_short = took.is_ok_and(|took| took <= SHORT_COMMAND);
        for ((file, before), now) in self.files.iter().zip(before).zip(self.digests()) {
            let name = file.rsplit('/').next().unwrap_or(file);
            if before != now && (is_short || text.contains(name)) {
                self.witness(event, file)?;
            }
        }
        Ok(())
    }

    /// Appends a line, unless it is there: one write to a file that only its owner reads.
    fn witness(&self, event: &Event, file: &str) -> io::Result<()> {
        let path = self.folder.join(WITNESSES);
        let witness = Witness {
            tool: event.session.tool.clone(),
            file: file.to_owned(),
        };
        let line = serde_json::to_string(&witness)?;
        let known = match read(&path) {
            Ok(known) => known,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            // A link would have the line written where it leads.
            Err(error) => return Err(error),
        };
        let is_known = known
            .split(|byte| *byte == b'\n')
            .any(|l| l == line.as_bytes());
        if is_known || known.len() as u64 > MOST_WITNESSES {
            return Ok(());
        }
        let mut options = OpenOptions::new();
        if known.is_empty() && !path.exists() {
            options.create_new(true);
        }
        options.append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options
            .open(path)?
            .write_all(format!("\n{line}\n").as_bytes())
    }
}

/// A plain file's content, within bounds; a link leads elsewhere and is not followed.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut content = Vec::new();
    File::open(path)?
        .take(LARGEST_FILE)
        .read_to_end(&mut content)?;
    Ok(content)
}
