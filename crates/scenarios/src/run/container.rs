//! With a container engine, where this machine's kernel gives us no isolation: tester and program in two containers
//! that share a network namespace without a way out, and nothing else.
//!
//! The engine (Docker or Podman) isolates, and its own daemon and kernel are trusted for it. Images are never fetched
//! here: what is missing is told.

mod ending;
mod engine;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::format::{Definition, Limits};
use crate::tree::Tree;

use self::ending::{PATIENCE, remove, watch};
pub(crate) use self::engine::missing;
use self::engine::{Access, Invocation};
pub use self::engine::{Engine, image};
use super::ground::{GroundError, Places, Program, Setting, Stage, State};

const MOST_OUTPUT: u64 = 1 << 20;
/// What the tester gets: it is ours.
const TESTER_LIMITS: Limits = Limits {
    cpu_s: 120,
    wall_s: 120,
    mem_mb: 512,
    pids: 256,
};

pub(crate) struct Contained {
    engine: Engine,
    folder: TempDir,
    places: Places,
    channel: UnixStream,
    tester: Child,
    /// The stem of the names of this trial's containers.
    name: String,
    image: &'static str,
    kit: PathBuf,
    tree: Tree,
    limits: Limits,
    wall: Duration,
    started: u32,
    program: Option<Started>,
}

struct Started {
    child: Child,
    name: String,
    since: Instant,
    late: bool,
}

impl Contained {
    pub(crate) fn open(
        engine: Engine,
        setting: &Setting<'_>,
        kit: &Path,
    ) -> Result<Self, GroundError> {
        let folder = tempfile::Builder::new()
            .prefix("trueline-contained-")
            .tempdir()
            .map_err(system("a folder for the trial"))?;
        let below = |name: &str| folder.path().join(name);
        for name in ["tests", "data", "private", "app"] {
            fs::create_dir_all(below(name)).map_err(system("a folder for the trial"))?;
        }
        // Inside another user may be at work: what is to be written is open, in a folder that others cannot enter.
        for name in ["data", "private"] {
            open_to_all(&below(name)).map_err(system("a folder for the trial"))?;
        }
        setting
            .program
            .write(&below("app"))
            .map_err(system("the program's files"))?;
        setting
            .tests
            .write(&below("tests"))
            .map_err(system("the tests"))?;
        readable(folder.path()).map_err(system("the program's files"))?;
        readable(kit).map_err(system("the tester's files"))?;
        let name = format!("trueline-{:016x}", super::random_seed());
        let tester_name = format!("{name}-tester");
        let invocation = Invocation {
            engine,
            user: engine.user(),
            name: &tester_name,
            image: image("python"),
            network: "none".to_owned(),
            limits: TESTER_LIMITS,
            mounts: vec![
                (kit.to_owned(), "/kit", Access::Read),
                (below("tests"), "/tests", Access::Read),
                (below("app"), "/submission", Access::Read),
                (below("data"), "/data", Access::Write),
                (below("private"), "/private", Access::Write),
            ],
            folder: "/",
            env: Vec::new(),
            interactive: true,
            argv: ["python3", "-I", "-S", "/kit/main.py", "stdio"]
                .map(str::to_owned)
                .to_vec(),
        };
        let output = File::create(below("tester-output")).map_err(system("the tester's output"))?;
        let mut tester = Command::new(engine.program())
            .args(invocation.arguments()?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(output)
            .spawn()
            .map_err(|error| GroundError::Missing(format!("{}: {error}", engine.program())))?;
        let channel = match joined(&mut tester) {
            Ok(channel) => channel,
            Err(error) => {
                remove(engine.program(), &tester_name, &mut tester, PATIENCE);
                return Err(system("the tester's pipes")(error));
            }
        };
        let language = setting
            .languages
            .iter()
            .find(|language| **language != "python");
        Ok(Self {
            engine,
            places: Places {
                tests: "/tests".into(),
                data: "/data".into(),
                private: "/private".into(),
                app: "/submission".into(),
            },
            channel,
            tester,
            name,
            image: image(language.copied().unwrap_or("python")),
            kit: kit.to_owned(),
            tree: setting.program.clone(),
            limits: setting.limits,
            wall: setting.wall,
            started: 0,
            program: None,
            folder,
        })
    }

    fn end(&self, started: &mut Started) {
        remove(
            self.engine.program(),
            &started.name,
            &mut started.child,
            PATIENCE,
        );
    }
}

impl Stage for Contained {
    fn places(&self) -> &Places {
        &self.places
    }

    fn channel(&self) -> &UnixStream {
        &self.channel
    }

    fn start(&mut self, program: &Program) -> Result<(), GroundError> {
        self.stop();
        self.started += 1;
        let below = |name: &str| self.folder.path().join(name);
        // A copy of its own for each start: what an earlier one wrote is not there.
        let app = below(&format!("app-{}", self.started));
        self.tree
            .write(&app)
            .map_err(system("the program's files"))?;
        fs::create_dir_all(app.join("data")).map_err(system("the program's files"))?;
        readable(&app).map_err(system("the program's files"))?;
        open_to_all(&app).map_err(system("the program's files"))?;
        let name = format!("{}-program-{}", self.name, self.started);
        let invocation = Invocation {
            engine: self.engine,
            user: self.engine.user(),
            name: &name,
            image: self.image,
            network: format!("container:{}-tester", self.name),
            limits: self.limits,
            mounts: vec![
                (app, "/app", Access::Write),
                (below("data"), "/app/data", Access::Write),
                (below("private"), "/srv/private", Access::Read),
                (self.kit.join("shim"), "/shim", Access::Read),
            ],
            folder: "/app",
            env: program.env.clone().into_iter().collect(),
            interactive: false,
            argv: program
                .argv
                .iter()
                .map(|part| part.replace("{shim}", "/shim"))
                .collect(),
        };
        let output = |name: &str| File::create(below(name)).map_err(system("the program's output"));
        let child = Command::new(self.engine.program())
            .args(invocation.arguments()?)
            .stdin(Stdio::null())
            .stdout(output("stdout")?)
            .stderr(output("stderr")?)
            .spawn()
            .map_err(system("the program"))?;
        self.program = Some(Started {
            child,
            name,
            since: Instant::now(),
            late: false,
        });
        Ok(())
    }

    fn state(&mut self) -> State {
        let Some(mut started) = self.program.take() else {
            return State::default();
        };
        let mut status = started.child.try_wait().ok().flatten();
        if status.is_none() && started.since.elapsed() > self.wall {
            started.late = true;
            self.end(&mut started);
            status = started.child.try_wait().ok().flatten();
        }
        let code = status.map(|s| s.code().unwrap_or_else(|| 128 + s.signal().unwrap_or(0)));
        let mut limits = Vec::new();
        if started.late {
            limits.push("wall".to_owned());
        } else if code == Some(137) {
            // The engine says no more: it is memory, or processor time beyond the hard limit.
            limits.push("memory".to_owned());
        }
        let state = State {
            running: status.is_none(),
            exit: code,
            stdout: read(&self.folder.path().join("stdout")),
            stderr: read(&self.folder.path().join("stderr")),
            limits_hit: limits.clone(),
            killed_by: limits,
        };
        self.program = Some(started);
        state
    }

    fn stop(&mut self) -> State {
        let mut state = self.state();
        if let Some(mut started) = self.program.take() {
            self.end(&mut started);
            state.running = false;
        }
        state
    }

    fn overflows(&self) -> bool {
        super::exceeds(self.folder.path())
    }

    fn lies_elsewhere(&self) -> bool {
        false
    }

    fn tester_output(&mut self) -> String {
        read(&self.folder.path().join("tester-output"))
    }
}

impl Drop for Contained {
    fn drop(&mut self) {
        self.stop();
        let name = format!("{}-tester", self.name);
        remove(self.engine.program(), &name, &mut self.tester, PATIENCE);
    }
}

/// Compiles a tree in a container without a network.
pub(crate) fn build(
    engine: Engine,
    definition: &Definition,
    tree: &Tree,
    languages: &[&'static str],
) -> Result<Result<Tree, String>, GroundError> {
    let folder = tempfile::tempdir().map_err(system("a folder for the build"))?;
    let app = folder.path().join("app");
    tree.write(&app).map_err(system("the program's files"))?;
    readable(&app).map_err(system("the program's files"))?;
    open_to_all(&app).map_err(system("the program's files"))?;
    let language = languages.iter().find(|language| **language != "python");
    let name = format!("trueline-{:016x}-build", super::random_seed());
    let invocation = Invocation {
        engine,
        user: engine.user(),
        name: &name,
        image: image(language.copied().unwrap_or("python")),
        network: "none".to_owned(),
        limits: definition.build_limits(),
        mounts: vec![(app.clone(), "/app", Access::Write)],
        folder: "/app",
        env: [
            ("GOCACHE", "/tmp/go-cache"),
            ("GOFLAGS", "-mod=mod"),
            ("GOPROXY", "off"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec(),
        interactive: false,
        argv: definition.build.clone(),
    };
    let outputs = ["stderr", "stdout"].map(|name| folder.path().join(name));
    let [stderr, stdout] = &outputs;
    let output = |path: &PathBuf| File::create(path).map_err(system("the build's output"));
    let mut child = Command::new(engine.program())
        .args(invocation.arguments()?)
        .stdin(Stdio::null())
        .stdout(output(stdout)?)
        .stderr(output(stderr)?)
        .spawn()
        .map_err(|error| GroundError::Missing(format!("{}: {error}", engine.program())))?;
    let wall = Duration::from_secs(u64::from(invocation.limits.wall_s));
    let limit = watch(&mut child, &outputs, MOST_OUTPUT, wall);
    if limit.is_some() {
        remove(engine.program(), &name, &mut child, PATIENCE);
    }
    let status = child.wait().map_err(system("the build"))?;
    if limit.is_none() && status.success() {
        return Ok(Tree::read(&app).map_err(|error| error.to_string()));
    }
    let mut said: String = outputs.iter().map(|path| read(path)).collect();
    if let Some(limit) = limit {
        if !said.is_empty() {
            said.push('\n');
        }
        said.push_str("ended by: ");
        said.push_str(limit);
    }
    Ok(Err(said))
}

/// A socket whose other end is the standard input and output of a process.
fn joined(child: &mut Child) -> io::Result<UnixStream> {
    let lost = || io::Error::other("the engine has no pipes");
    let (ours, theirs) = UnixStream::pair()?;
    let input = child.stdin.take().ok_or_else(lost)?;
    let output = child.stdout.take().ok_or_else(lost)?;
    let to = theirs.try_clone()?;
    // Both end when one of their ends does.
    std::thread::spawn(move || pump(to, input));
    std::thread::spawn(move || {
        let shut = theirs.try_clone();
        pump(output, theirs);
        if let Ok(shut) = shut {
            let _ = shut.shutdown(std::net::Shutdown::Both);
        }
    });
    Ok(ours)
}

fn pump(mut from: impl Read, mut to: impl Write) {
    let mut part = [0; 16_384];
    while let Ok(size @ 1..) = from.read(&mut part) {
        if to
            .write_all(&part[..size])
            .and_then(|()| to.flush())
            .is_err()
        {
            return;
        }
    }
}

/// Lets anybody read a folder and what is in it: inside another user does.
fn readable(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let meta = fs::symlink_metadata(&path)?;
        let mode = meta.permissions().mode();
        if meta.is_dir() {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode | 0o555))?;
            readable(&path)?;
        } else if meta.is_file() {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode | 0o444))?;
        }
    }
    Ok(())
}

fn open_to_all(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o777))
}

fn read(path: &Path) -> String {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST_OUTPUT).read_to_end(&mut bytes));
    match read {
        Ok(_) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => format!("(its output cannot be read: {error})"),
    }
}

fn system(what: &'static str) -> impl Fn(io::Error) -> GroundError {
    move |source| GroundError::System { what, source }
}

#[cfg(test)]
mod tests;
