//! Gates in Rego, each in a process that can be ended: this very program, started again.
//!
//! The process limits its own memory and processor time before it reads the module, and is killed when
//! it has not answered in time. Whatever a module does there, the verdict is written: its gate is
//! undetermined, and says why.

use std::io::{self, Read, Write};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use trueline_policy::rego::{DEADLINE, RegoAnswer, RegoTask, run_here, set_runner};

/// The word by which the program knows what it was started for.
const ARGUMENT: &str = "__rego";
/// Memory of an evaluation, beyond what the program itself takes.
const MEMORY_BYTES: u64 = 512 << 20;
/// Processor time, for where nobody is left who waits: the clock comes first.
const CPU_S: u64 = 6;
/// How long is waited beyond the interpreter's own deadline, for a machine that is busy.
const GRACE: Duration = Duration::from_secs(2);
/// How often is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(2);
/// Longest answer.
const MAX_BYTES: u64 = 8 << 20;

/// Evaluates and ends, if the program was started for that; else lets modules run so from now on.
pub(crate) fn serve_if_asked() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|first| first != ARGUMENT) {
        set_runner(run_apart);
        return None;
    }
    // Where limits cannot be had, the clock of whoever waits remains.
    let _ = trueline_sandbox::limit_self(CPU_S, MEMORY_BYTES);
    Some(match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

fn serve() -> io::Result<()> {
    let mut task = Vec::new();
    io::stdin().lock().read_to_end(&mut task)?;
    let task: RegoTask = serde_json::from_slice(&task)?;
    let answer: Result<RegoAnswer, String> = run_here(&task);
    io::stdout().lock().write_all(&serde_json::to_vec(&answer)?)
}

/// Runs a task in a process of its own.
fn run_apart(task: &RegoTask) -> Result<RegoAnswer, String> {
    let failed = |error: io::Error| format!("its process could not be run: {}", error.kind());
    let question = serde_json::to_vec(task).map_err(|error| error.to_string())?;
    let program = std::env::current_exe().map_err(failed)?;
    let mut child = Command::new(program)
        .arg(ARGUMENT)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    let to_child = child.stdin.take();
    // A process that has ended reads no more: how it ended says why.
    let writer = thread::spawn(move || {
        if let Some(mut pipe) = to_child {
            let _ = pipe.write_all(&question);
        }
    });
    let from_child = child.stdout.take();
    let reader = thread::spawn(move || {
        let mut answer = Vec::new();
        if let Some(pipe) = from_child {
            // What was read before an error is no answer, and is not taken for one.
            let _ = pipe.take(MAX_BYTES).read_to_end(&mut answer);
        }
        answer
    });
    let ended = wait(&mut child);
    let answer = reader.join().unwrap_or_default();
    // The pipe is closed by now, whatever became of the process.
    let _ = writer.join();
    match ended {
        Ended::Well => serde_json::from_slice(&answer)
            .unwrap_or_else(|_| Err("its process gave no answer that can be read".to_owned())),
        Ended::Badly => Err(format!(
            "it was stopped: it recursed without an end, or wanted more than {} MB of memory",
            MEMORY_BYTES >> 20
        )),
        Ended::Late => Err(format!(
            "it was stopped after {} seconds within one built-in function",
            (DEADLINE + GRACE).as_secs()
        )),
    }
}

enum Ended {
    Well,
    /// By a signal, or by its own limits.
    Badly,
    Late,
}

fn wait(child: &mut Child) -> Ended {
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ended::Well,
            Ok(Some(_)) => return Ended::Badly,
            Ok(None) if started.elapsed() < DEADLINE + GRACE => thread::sleep(LOOK),
            Ok(None) | Err(_) => {
                // It may have ended just now.
                let _ = child.kill();
                let _ = child.wait();
                return Ended::Late;
            }
        }
    }
}
