//! An assistant that is a command: it gets a folder and a prompt, and what it leaves in the folder is its answer.
//!
//! It is not sandboxed, because it must reach its own service. It gets the folder, the environment that its file names, and
//! no shell. What it prints, how long it takes and what it leaves are bounded; links out of the folder are no answer.

use std::fs;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;
use trueline_facts::bench::Mode;
use trueline_scenarios::Tree;
use trueline_scenarios::learn::folder;

use super::{MOST_TRACE, Pointers, Question, Reply, said};
use crate::flags;
use crate::record::Usage;
use crate::task::{PROMPT_FILE, Prepared, Task};

/// What is filled in for in a command.
pub(super) const FIELDS: &[&str] = &[
    "{workdir}",
    "{prompt_file}",
    "{prompt}",
    "{timeout}",
    "{adapter_dir}",
];
/// Output past this ends the assistant.
const MOST_OUTPUT: u64 = 64 << 20;
const POLL: Duration = Duration::from_millis(20);
/// For what is still in the pipes when the process has ended.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The adapter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Command {
    pub(super) argv: Vec<String>,
    pub(super) version: Vec<String>,
    pub(super) env: Vec<String>,
    pub(super) prompt_on_stdin: bool,
    pub(super) pointers: Pointers,
    pub(super) folder: PathBuf,
}

/// How a process ended.
struct Ended {
    exit: Option<i32>,
    failure: Option<String>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Command {
    pub(super) fn version(&self) -> Option<String> {
        let (program, arguments) = self.version.split_first()?;
        let child = self
            .start(program, arguments, Path::new("."), Stdio::null())
            .ok()?;
        let never = std::sync::atomic::AtomicBool::new(false);
        let ended = wait(child, Vec::new(), Duration::from_secs(20), &never);
        let text = String::from_utf8_lossy(&ended.stdout);
        let line = text.lines().find(|line| !line.trim().is_empty())?;
        Some(line.trim().chars().take(200).collect())
    }

    fn start(
        &self,
        program: &str,
        arguments: &[String],
        folder: &Path,
        stdin: Stdio,
    ) -> std::io::Result<Child> {
        // A path with folders in it is relative to the adapter's file, not to a temporary folder.
        let program = if program.contains('/') {
            self.folder.join(program)
        } else {
            PathBuf::from(program)
        };
        let mut command = std::process::Command::new(program);
        command
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for name in &self.env {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn()
    }

    pub(super) fn ask(&self, question: Question<'_>) -> Reply {
        let place = match trueline_sandbox::Scratch::bench() {
            Ok(place) => place,
            Err(error) => return Reply::failed(format!("no folder to work in: {error}")),
        };
        // The work folder lies below one of ours, so that it cannot be exchanged for a link unseen.
        let workdir = place.path().join("work");
        let prepared = question.prepared;
        let prompt_file = place.path().join(PROMPT_FILE);
        let laid = fs::create_dir(&workdir)
            .and_then(|()| prepared.files.write(&workdir))
            .and_then(|()| fs::write(&prompt_file, &prepared.prompt));
        if let Err(error) = laid {
            return Reply::failed(format!("the files could not be laid out: {error}"));
        }
        let adapter_dir = self.folder.display().to_string();
        let fill = |part: &String| {
            part.replace("{workdir}", &workdir.display().to_string())
                .replace("{prompt_file}", &prompt_file.display().to_string())
                .replace("{timeout}", &question.timeout.as_secs().to_string())
                .replace("{adapter_dir}", &adapter_dir)
                .replace("{prompt}", &prepared.prompt)
        };
        let argv: Vec<String> = self.argv.iter().map(fill).collect();
        let Some((program, arguments)) = argv.split_first() else {
            return Reply::failed("the command is empty");
        };
        let stdin = if self.prompt_on_stdin {
            Stdio::piped()
        } else {
            Stdio::null()
        };
        let child = match self.start(program, arguments, &workdir, stdin) {
            Ok(child) => child,
            Err(error) => {
                return Reply::failed(format!("`{program}` could not be started: {error}"));
            }
        };
        let input = if self.prompt_on_stdin {
            prepared.prompt.clone().into_bytes()
        } else {
            Vec::new()
        };
        let ended = wait(child, input, question.timeout, question.interrupt);
        let said = said::first_line(&ended.stderr, &self.env, &workdir);
        let mut reply = self.reply(question, &workdir, ended);
        reply.said = said.filter(|_| reply.failure.is_some());
        reply
    }

    fn reply(&self, question: Question<'_>, workdir: &Path, ended: Ended) -> Reply {
        let prepared = question.prepared;
        let told = last_object(&ended.stdout);
        let mut trace = ended.stdout;
        if !ended.stderr.is_empty() {
            trace.extend_from_slice(b"\n--- standard error ---\n");
            trace.extend_from_slice(&ended.stderr);
        }
        trace.truncate(MOST_TRACE);
        let mut reply = Reply {
            exit: ended.exit,
            model: pointer(told.as_ref(), self.pointers.model.as_ref())
                .and_then(|value| value.as_str().map(str::to_owned)),
            usage: self.usage(told.as_ref()),
            failure: ended.failure,
            ..Reply::default()
        };
        // It has acted even where it gives no answer.
        let seen = flags::look(workdir, &prepared.files, &prepared.wanted);
        reply.outside_edits = seen.outside_edits;
        reply.obeyed = prepared
            .bait
            .as_ref()
            .map(|bait| seen.holds(bait) || bait.is_in(&trace));
        reply.trace = trace;
        if reply.failure.is_none()
            && let Some(code) = reply.exit.filter(|code| *code != 0)
        {
            reply.failure = Some(format!("it ended with exit status {code}"));
        }
        if reply.failure.is_none() {
            match take_back(question.task, prepared, workdir) {
                Ok(files) => reply.files = files,
                Err(why) => reply.failure = Some(why),
            }
        }
        reply
    }

    fn usage(&self, told: Option<&Value>) -> Usage {
        let number = |place: &Option<String>| pointer(told, place.as_ref());
        Usage {
            input_tokens: number(&self.pointers.input_tokens).and_then(Value::as_u64),
            output_tokens: number(&self.pointers.output_tokens).and_then(Value::as_u64),
            cost_usd: number(&self.pointers.cost_usd)
                .and_then(Value::as_f64)
                .filter(|cost| cost.is_finite() && *cost >= 0.0),
        }
    }
}

/// The files that count, from a folder that a stranger wrote to.
fn take_back(task: &Task<'_>, prepared: &Prepared, workdir: &Path) -> Result<Tree, String> {
    if fs::symlink_metadata(workdir).map_or(true, |meta| !meta.is_dir()) {
        return Err("the work folder is no folder any more".to_owned());
    }
    let files = match task.mode {
        Mode::Review => {
            let file = workdir.join(&prepared.wanted[0]);
            if fs::symlink_metadata(&file).is_err() {
                return Err(format!("it left no {}", prepared.wanted[0]));
            }
            flags::read_plain(&file)
                .map(|content| Tree::from_iter([(prepared.wanted[0].clone(), content)]))
        }
        Mode::Generate | Mode::Repair | Mode::Resist => {
            let editable = &task.scenario.definition.editable;
            if editable
                .iter()
                .all(|file| fs::symlink_metadata(workdir.join(file)).is_err())
            {
                return Err(format!("the assistant wrote no {}", editable.join(", ")));
            }
            folder::answer(task.scenario, workdir).map_err(|error| error.to_string())
        }
    };
    // Its messages name the temporary folder, which says nothing to anybody and differs each time.
    files.map_err(|why| why.replace(&workdir.display().to_string(), "the work folder"))
}

fn pointer<'v>(told: Option<&'v Value>, place: Option<&String>) -> Option<&'v Value> {
    told?.pointer(place?)
}

/// The last line that is a JSON object, or all of it where it is one.
fn last_object(stdout: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(stdout);
    let object = |text: &str| {
        serde_json::from_str::<Value>(text.trim())
            .ok()
            .filter(Value::is_object)
    };
    object(&text).or_else(|| text.lines().rev().find_map(object))
}

/// Reads a pipe to its end, keeps the beginning, counts everything.
fn drain(
    pipe: Option<impl Read + Send + 'static>,
    total: &Arc<AtomicU64>,
) -> Option<JoinHandle<Vec<u8>>> {
    let mut pipe = pipe?;
    let total = Arc::clone(total);
    Some(thread::spawn(move || {
        let mut kept = Vec::new();
        let mut buffer = [0; 16 << 10];
        while let Ok(read) = pipe.read(&mut buffer) {
            if read == 0 {
                break;
            }
            let room = MOST_TRACE.saturating_sub(kept.len());
            kept.extend_from_slice(&buffer[..read.min(room)]);
            if total.fetch_add(read as u64, Ordering::Relaxed) > MOST_OUTPUT {
                break;
            }
        }
        kept
    }))
}

fn wait(
    mut child: Child,
    input: Vec<u8>,
    timeout: Duration,
    interrupt: &std::sync::atomic::AtomicBool,
) -> Ended {
    let total = Arc::new(AtomicU64::new(0));
    let stdout = drain(child.stdout.take(), &total);
    let stderr = drain(child.stderr.take(), &total);
    if let Some(mut stdin) = child.stdin.take() {
        // Who does not read its prompt is not waited for.
        thread::spawn(move || stdin.write_all(&input));
    }
    let started = Instant::now();
    let mut exit = None;
    let failure = loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                exit = status.code();
                break exit
                    .is_none()
                    .then(|| "it was ended by a signal".to_owned());
            }
            Ok(None) => {}
            Err(error) => break Some(format!("it could not be waited for: {error}")),
        }
        if total.load(Ordering::Relaxed) > MOST_OUTPUT {
            break Some("it printed more than 64 MB".to_owned());
        }
        if started.elapsed() > timeout {
            break Some(format!("no answer in {} s", timeout.as_secs()));
        }
        if interrupt.load(Ordering::SeqCst) {
            break Some(super::super::run::INTERRUPTED.to_owned());
        }
        thread::sleep(POLL);
    };
    // What it started may live on: all of its group ends with it.
    end_group(&child);
    if exit.is_none() {
        let _ = child.kill();
        let _ = child.wait();
    }
    let (stdout, stderr) = (join(stdout), join(stderr));
    // A fast writer may have ended by itself before anybody looked.
    let failure = failure.or_else(|| {
        (total.load(Ordering::Relaxed) > MOST_OUTPUT)
            .then(|| "it printed more than 64 MB".to_owned())
    });
    Ended {
        exit,
        failure,
        stdout,
        stderr,
    }
}

/// A process that left its group may hold the pipe open: it is not waited for for long.
fn join(reader: Option<JoinHandle<Vec<u8>>>) -> Vec<u8> {
    let Some(reader) = reader else {
        return Vec::new();
    };
    let started = Instant::now();
    while !reader.is_finished() {
        if started.elapsed() > LAST_WORDS {
            return Vec::new();
        }
        thread::sleep(Duration::from_millis(5));
    }
    reader.join().unwrap_or_default()
}

#[cfg(unix)]
fn end_group(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process_group};

    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // An empty group is what is wanted.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
const fn end_group(_: &Child) {}
