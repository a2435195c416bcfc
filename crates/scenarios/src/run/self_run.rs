//! Without isolation: one's own code, as oneself, in folders made for the trial. What comes of it is practice.
//!
//! A program here shares this machine's loopback, so trials run one after another; it could reach anything that
//! its owner can.

use std::fs::{self, File};
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

use crate::format::Definition;
use crate::tree::Tree;

use super::ground::{GroundError, Places, Program, Setting, Stage, State};

const MOST_OUTPUT: u64 = 1 << 20;

pub(crate) struct SelfRun {
    folder: TempDir,
    places: Places,
    channel: UnixStream,
    tester: Child,
    /// Our own files: tester and shims.
    kit: PathBuf,
    program: Option<Started>,
    wall: Duration,
}

struct Started {
    child: Child,
    since: Instant,
    late: bool,
}

impl SelfRun {
    pub(crate) fn open(setting: &Setting<'_>, kit: &Path) -> Result<Self, GroundError> {
        let system = |what| move |source| GroundError::System { what, source };
        let folder = tempfile::Builder::new()
            .prefix("trueline-self-run-")
            .tempdir()
            .map_err(system("a folder for the trial"))?;
        let below = |name: &str| folder.path().join(name);
        let places = Places {
            tests: below("tests"),
            data: below("app/data"),
            private: below("private"),
            app: below("app"),
        };
        for made in [&places.tests, &places.data, &places.private] {
            fs::create_dir_all(made).map_err(system("a folder for the trial"))?;
        }
        setting
            .program
            .write(&places.app)
            .map_err(system("the program's files"))?;
        setting
            .tests
            .write(&places.tests)
            .map_err(system("the tests"))?;
        let (ours, theirs) = UnixStream::pair().map_err(system("the tester's socket"))?;
        let output = File::create(below("tester-output")).map_err(system("the tester's output"))?;
        let tester = Command::new("python3")
            .args(["-I", "-S"])
            .arg(kit.join("main.py"))
            .arg("0")
            // The socket goes in as standard input: both ways, and closed with the process.
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(output)
            .process_group(0)
            .spawn()
            .map_err(|error| {
                GroundError::Missing(format!("python3 could not be started: {error}"))
            })?;
        Ok(Self {
            folder,
            places,
            channel: ours,
            tester,
            kit: kit.to_owned(),
            program: None,
            wall: setting.wall,
        })
    }
}

impl Stage for SelfRun {
    fn places(&self) -> &Places {
        &self.places
    }

    fn channel(&self) -> &UnixStream {
        &self.channel
    }

    fn start(&mut self, program: &Program) -> Result<(), GroundError> {
        let system = |what| move |source| GroundError::System { what, source };
        self.stop();
        let shim = self.kit.join("shim").display().to_string();
        let argv: Vec<String> = program
            .argv
            .iter()
            .map(|part| part.replace("{shim}", &shim))
            .collect();
        let Some((name, arguments)) = argv.split_first() else {
            return Err(GroundError::Missing("no program is named".to_owned()));
        };
        // Appending: reading what is there so far moves nothing.
        let output = |name| {
            let path = self.folder.path().join(name);
            let emptied =
                File::create(&path).and_then(|_| File::options().append(true).open(&path));
            emptied.map_err(system("the program's output"))
        };
        let child = Command::new(name)
            .args(arguments)
            .current_dir(&self.places.app)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .envs(&program.env)
            .stdin(Stdio::null())
            .stdout(output("stdout")?)
            .stderr(output("stderr")?)
            .process_group(0)
            .spawn()
            .map_err(system("the program"))?;
        self.program = Some(Started {
            child,
            since: Instant::now(),
            late: false,
        });
        Ok(())
    }

    fn state(&mut self) -> State {
        let wall = self.wall;
        let Some(started) = &mut self.program else {
            return State::default();
        };
        if started.since.elapsed() > wall && !started.late {
            started.late = true;
            end(&mut started.child);
        }
        let status = started.child.try_wait().ok().flatten();
        let limits: Vec<String> = started
            .late
            .then(|| "wall".to_owned())
            .into_iter()
            .collect();
        State {
            running: status.is_none(),
            exit: status.map(|s| s.code().unwrap_or_else(|| 128 + s.signal().unwrap_or(0))),
            stdout: read(&self.folder.path().join("stdout")),
            stderr: read(&self.folder.path().join("stderr")),
            limits_hit: limits.clone(),
            killed_by: limits,
        }
    }

    fn stop(&mut self) -> State {
        let mut state = self.state();
        if let Some(mut started) = self.program.take() {
            end(&mut started.child);
            state.running = false;
        }
        state
    }

    fn overflows(&self) -> bool {
        super::exceeds(self.folder.path())
    }

    fn lies_elsewhere(&self) -> bool {
        // Written by seed.py for exploits that read what lies beside the program.
        fs::read_dir(&self.places.private).is_ok_and(|mut files| files.next().is_some())
    }

    fn tester_output(&mut self) -> String {
        read(&self.folder.path().join("tester-output"))
    }
}

impl Drop for SelfRun {
    fn drop(&mut self) {
        self.stop();
        end(&mut self.tester);
    }
}

/// Compiles a tree in a folder of its own.
pub(crate) fn build(
    definition: &Definition,
    tree: &Tree,
) -> Result<Result<Tree, String>, GroundError> {
    let system = |what| move |source| GroundError::System { what, source };
    let folder = tempfile::tempdir().map_err(system("a folder for the build"))?;
    tree.write(folder.path())
        .map_err(system("the program's files"))?;
    let Some((name, arguments)) = definition.build.split_first() else {
        return Ok(Ok(tree.clone()));
    };
    let output = Command::new(name)
        .args(arguments)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| GroundError::Missing(format!("{name} could not be started: {error}")))?;
    if !output.status.success() {
        return Ok(Err(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Ok(Tree::read(folder.path()).map_err(|error| error.to_string()))
}

/// Ends a process with its group: what it started goes with it unless it left the group.
fn end(child: &mut Child) {
    if let Ok(id) = i32::try_from(child.id())
        && let Some(group) = Pid::from_raw(id)
    {
        // A group that is gone already is what is wanted.
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

fn read(path: &Path) -> String {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST_OUTPUT).read_to_end(&mut bytes));
    match read {
        Ok(_) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => format!("(its output cannot be read: {error})"),
    }
}
