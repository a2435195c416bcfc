//! With a container engine, where this machine's kernel gives us no isolation: tester and program in two containers
//! that share a network namespace without a way out, and nothing else.
//!
//! The engine (Docker or Podman) isolates, and its own daemon and kernel are trusted for it. Images are never fetched
//! here: what is missing is told. The command lines are made by pure functions, which tests read word by word.

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

use super::ground::{GroundError, Places, Program, Setting, Stage, State};

const MOST_OUTPUT: u64 = 1 << 20;
/// Nobody, on every system of the images.
const USER: &str = "65534:65534";
/// What the tester gets: it is ours.
const TESTER_LIMITS: Limits = Limits {
    cpu_s: 120,
    wall_s: 120,
    mem_mb: 512,
    pids: 256,
};

/// A container engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    /// `docker`.
    Docker,
    /// `podman`.
    Podman,
}

impl Engine {
    /// Both, in the order in which they are looked for.
    pub const ALL: [Self; 2] = [Self::Docker, Self::Podman];

    /// The name of its program.
    #[must_use]
    pub const fn program(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }

    /// Whether it is here and answers, or why not.
    pub fn answers(self) -> Result<(), String> {
        let name = self.program();
        let asked = Command::new(name)
            .args(["version", "--format", "{{.Client.Version}}"])
            .stdin(Stdio::null())
            .output();
        match asked {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr);
                let first = said.lines().next().unwrap_or("it does not answer");
                Err(format!("{name}: {first}"))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(format!("{name} is not installed"))
            }
            Err(error) => Err(format!("{name} could not be started: {error}")),
        }
    }
}

/// The image that a language runs in: the official one, in a version that scenarios are written for.
#[must_use]
pub fn image(language: &str) -> &'static str {
    match language {
        "node" => "docker.io/library/node:22",
        "java" => "docker.io/library/eclipse-temurin:21",
        "go" => "docker.io/library/golang:1.24",
        "rust" => "docker.io/library/rust:1",
        _ => "docker.io/library/python:3.13",
    }
}

/// The image that is not here of those that a scenario needs, with the command that gets it.
pub(crate) fn missing(engine: Engine, languages: &[&'static str]) -> Option<String> {
    let name = engine.program();
    let mut images: Vec<&str> = languages.iter().map(|language| image(language)).collect();
    images.push(image("python"));
    let is_here = |image: &&str| {
        Command::new(name)
            .args(["image", "inspect", image])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let missing = images.into_iter().find(|image| !is_here(image))?;
    Some(format!(
        "the image {missing} is needed and not here: `{name} pull {missing}` gets it"
    ))
}

/// One command line of an engine.
#[derive(Debug)]
struct Invocation<'a> {
    name: &'a str,
    image: &'a str,
    /// `none`, or the container whose network it joins.
    network: String,
    limits: Limits,
    /// Folder of this machine, place inside, `ro` or `rw`.
    volumes: Vec<(PathBuf, &'a str, &'a str)>,
    folder: &'a str,
    env: Vec<(String, String)>,
    interactive: bool,
    argv: Vec<String>,
}

impl Invocation<'_> {
    /// The arguments of the engine's program, the same for both.
    fn arguments(&self) -> Vec<String> {
        let mut out: Vec<String> = ["run", "--rm", "--pull", "never", "--name", self.name]
            .map(str::to_owned)
            .to_vec();
        if self.interactive {
            out.push("--interactive".to_owned());
        }
        let limits = self.limits;
        let memory = format!("{}m", limits.mem_mb);
        for (option, value) in [
            ("--network", self.network.clone()),
            ("--user", USER.to_owned()),
            ("--cap-drop", "ALL".to_owned()),
            ("--security-opt", "no-new-privileges".to_owned()),
            ("--pids-limit", limits.pids.to_string()),
            ("--memory", memory.clone()),
            // The same as memory: no swap beside it.
            ("--memory-swap", memory),
            ("--ulimit", format!("cpu={0}:{0}", limits.cpu_s)),
            ("--ulimit", "fsize=52428800:52428800".to_owned()),
            ("--ulimit", "nofile=256:256".to_owned()),
            ("--ulimit", "core=0:0".to_owned()),
            ("--tmpfs", "/tmp:rw,nosuid,nodev,size=64m".to_owned()),
            ("--workdir", self.folder.to_owned()),
        ] {
            out.extend([option.to_owned(), value]);
        }
        out.push("--read-only".to_owned());
        for (from, to, mode) in &self.volumes {
            out.extend([
                "--volume".to_owned(),
                format!("{}:{to}:{mode}", from.display()),
            ]);
        }
        for (name, value) in &self.env {
            out.extend(["--env".to_owned(), format!("{name}={value}")]);
        }
        out.push(self.image.to_owned());
        out.extend(self.argv.iter().cloned());
        out
    }
}

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
        // Inside nobody owns anything: what is to be written is open, in a folder that others cannot enter.
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
            name: &tester_name,
            image: image("python"),
            network: "none".to_owned(),
            limits: TESTER_LIMITS,
            volumes: vec![
                (kit.to_owned(), "/kit", "ro"),
                (below("tests"), "/tests", "ro"),
                (below("app"), "/submission", "ro"),
                (below("data"), "/data", "rw"),
                (below("private"), "/private", "rw"),
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
            .args(invocation.arguments())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(output)
            .spawn()
            .map_err(|error| GroundError::Missing(format!("{}: {error}", engine.program())))?;
        let channel = joined(&mut tester).map_err(system("the tester's pipes"))?;
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

    /// Has the engine do something with a container. One that has ended is what is wanted.
    fn ask(&self, what: &str, name: &str) {
        let _ = Command::new(self.engine.program())
            .args([what, name])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
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
            name: &name,
            image: self.image,
            network: format!("container:{}-tester", self.name),
            limits: self.limits,
            volumes: vec![
                (app, "/app", "rw"),
                (below("data"), "/app/data", "rw"),
                (below("private"), "/srv/private", "ro"),
                (self.kit.join("shim"), "/shim", "ro"),
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
            .args(invocation.arguments())
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
        if started.since.elapsed() > self.wall && !started.late {
            started.late = true;
            self.ask("kill", &started.name);
        }
        let status = started.child.try_wait().ok().flatten();
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
            if state.running {
                self.ask("kill", &started.name);
                state.running = false;
            }
            let _ = started.child.wait();
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
        self.ask("kill", &name);
        // The engine's program takes an ended container away; where it does not come to that, we do.
        for _ in 0..60 {
            if !matches!(self.tester.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        self.ask("rm", &name);
        let _ = self.tester.kill();
        let _ = self.tester.wait();
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
        name: &name,
        image: image(language.copied().unwrap_or("python")),
        network: "none".to_owned(),
        limits: definition.build_limits(),
        volumes: vec![(app.clone(), "/app", "rw")],
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
    let output = Command::new(engine.program())
        .args(invocation.arguments())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| GroundError::Missing(format!("{}: {error}", engine.program())))?;
    if output.status.success() {
        return Ok(Tree::read(&app).map_err(|error| error.to_string()));
    }
    Ok(Err(String::from_utf8_lossy(&output.stderr).into_owned()))
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
mod tests {
    use super::*;

    #[test]
    fn a_program_runs_without_rights_and_reaches_nothing_but_its_tester() {
        let invocation = Invocation {
            name: "trueline-1-program-1",
            image: image("node"),
            network: "container:trueline-1-tester".to_owned(),
            limits: Limits {
                cpu_s: 5,
                wall_s: 10,
                mem_mb: 256,
                pids: 64,
            },
            volumes: vec![
                ("/tmp/t/app-1".into(), "/app", "rw"),
                ("/tmp/t/private".into(), "/srv/private", "ro"),
            ],
            folder: "/app",
            env: vec![("SECRET".to_owned(), "a b".to_owned())],
            interactive: false,
            argv: vec!["node".to_owned(), "app.mjs".to_owned()],
        };
        let expected = "run|--rm|--pull|never|--name|trueline-1-program-1|--network|container:trueline-1-tester\
            |--user|65534:65534|--cap-drop|ALL|--security-opt|no-new-privileges|--pids-limit|64|--memory|256m\
            |--memory-swap|256m|--ulimit|cpu=5:5|--ulimit|fsize=52428800:52428800|--ulimit|nofile=256:256\
            |--ulimit|core=0:0|--tmpfs|/tmp:rw,nosuid,nodev,size=64m|--workdir|/app|--read-only\
            |--volume|/tmp/t/app-1:/app:rw|--volume|/tmp/t/private:/srv/private:ro|--env|SECRET=a b\
            |docker.io/library/node:22|node|app.mjs";
        assert_eq!(invocation.arguments().join("|"), expected);
    }

    #[test]
    fn an_engine_that_is_not_there_says_so() {
        let here = |engine: Engine| engine.answers();
        for engine in Engine::ALL {
            if let Err(why) = here(engine) {
                assert!(why.starts_with(engine.program()), "{why}");
            }
        }
    }

    #[test]
    fn what_a_process_prints_comes_out_of_the_socket_and_what_is_sent_goes_in() {
        let mut child = Command::new("cat")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut socket = joined(&mut child).unwrap();
        socket.write_all(b"hello\n").unwrap();
        let mut back = [0; 6];
        socket.read_exact(&mut back).unwrap();
        assert_eq!(&back, b"hello\n");
        child.kill().unwrap();
        child.wait().unwrap();
        // The end of the process is the end of the socket.
        assert_eq!(socket.read(&mut back).unwrap(), 0);
    }
}
