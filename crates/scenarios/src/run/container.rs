//! With a container engine, where this machine's kernel gives us no isolation: tester and program in two containers
//! that share a network namespace without a way out, and nothing else.
//!
//! The engine (Docker or Podman) isolates, and its own daemon and kernel are trusted for it. Images are never fetched
//! here: what is missing is told. The command lines are made by pure functions, which tests read word by word.

mod ending;

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
use super::ground::{GroundError, Places, Program, Setting, Stage, State};

const MOST_OUTPUT: u64 = 1 << 20;
/// Nobody, on every system of the images.
const NOBODY: &str = "65534:65534";
/// What an engine may hand on of this machine's ways out, some of them with a password in them.
const PROXIES: [&str; 4] = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY"];
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
        answers(self.program())
    }

    /// Who its containers run as. With Docker the numbers inside are those outside: as ourselves, we can remove what
    /// they leave. Podman without root maps them, and root is nobody to be.
    fn user(self) -> String {
        let (user, group) = (rustix::process::getuid(), rustix::process::getgid());
        if self == Self::Podman || user.is_root() {
            return NOBODY.to_owned();
        }
        format!("{}:{}", user.as_raw(), group.as_raw())
    }
}

fn answers(name: &str) -> Result<(), String> {
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
    engine: Engine,
    user: String,
    name: &'a str,
    image: &'a str,
    /// `none`, or the container whose network it joins.
    network: String,
    limits: Limits,
    /// Folder of this machine, place inside.
    mounts: Vec<(PathBuf, &'a str, Access)>,
    folder: &'a str,
    env: Vec<(String, String)>,
    interactive: bool,
    argv: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Access {
    Read,
    Write,
}

impl Invocation<'_> {
    /// The arguments of the engine's program.
    fn arguments(&self) -> Result<Vec<String>, GroundError> {
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
            ("--log-driver", "none".to_owned()),
            // Podman asks a program to end and waits ten seconds before it removes it by force.
            ("--stop-signal", "KILL".to_owned()),
            ("--user", self.user.clone()),
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
        for (from, to, access) in &self.mounts {
            out.extend(["--mount".to_owned(), mount(from, to, *access)?]);
        }
        match self.engine {
            Engine::Podman => out.push("--http-proxy=false".to_owned()),
            Engine::Docker => {
                for name in PROXIES {
                    for name in [name.to_owned(), name.to_ascii_lowercase()] {
                        out.extend(["--env".to_owned(), format!("{name}=")]);
                    }
                }
                for name in ["NO_PROXY", "no_proxy"] {
                    out.extend(["--env".to_owned(), format!("{name}=*")]);
                }
            }
        }
        for (name, value) in &self.env {
            out.extend(["--env".to_owned(), format!("{name}={value}")]);
        }
        out.push(self.image.to_owned());
        out.extend(self.argv.iter().cloned());
        Ok(out)
    }
}

/// A folder of this machine as an engine's option. The option is a row of a table of values between commas.
fn mount(from: &Path, to: &str, access: Access) -> Result<String, GroundError> {
    let path = from
        .to_str()
        .filter(|path| !path.contains([',', '"', '\n', '\r']));
    let Some(path) = path else {
        return Err(GroundError::Missing(format!(
            "{} cannot be shown to a container: its name has a comma, a quotation mark, a line break or is no \
             UTF-8; set TMPDIR to another folder",
            from.display()
        )));
    };
    let end = match access {
        Access::Read => ",readonly",
        Access::Write => "",
    };
    Ok(format!("type=bind,src={path},dst={to}{end}"))
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
